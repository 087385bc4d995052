/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_WORDS_H
#define SVCT_BASE_WORDS_H

/*
 * Fields that are lists: of words, and of 32-bit numbers; doc/FORMAT.md,
 * "Types". Pure.
 *
 * A get returns 0 or SVCT_E_DAMAGED for what does not have its form, and
 * leaves the count alone then. A put that does not fit makes the end of the
 * record fail.
 */

#include "base/record.h"

#define SVCT_WORD_MAX 32  /* bytes of a word */
#define SVCT_WORDS_MAX 64 /* entries of the longest list there is */

typedef char svct_word[SVCT_WORD_MAX + 1];

/* One word, its length before it as one byte: at least 1, and below size. */
bool svct_words_get_one(struct svct_cursor *cursor, char *ret_word,
                        size_t size);
void svct_words_put_one(struct svct_buf *buf, const char *word);

/* A list of at most "most" words. */
int svct_words_get(const struct svct_field *field, svct_word *words,
                   size_t most, uint8_t *ret_count);
void svct_words_put(struct svct_record_writer *writer, unsigned tag,
                    const svct_word *words, size_t most, size_t count);

/* Exactly count numbers, at most SVCT_WORDS_MAX. */
int svct_words_get_u32s(const struct svct_field *field, uint32_t *numbers,
                        size_t count);
void svct_words_put_u32s(struct svct_record_writer *writer, unsigned tag,
                         const uint32_t *numbers, size_t count);

#endif
