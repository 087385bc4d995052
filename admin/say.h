/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_SAY_H
#define SVCT_ADMIN_SAY_H

/*
 * Words to people, on standard error; standard output is for answers only
 * (out.h). What went wrong begins with "svctoken: account create: ", what was
 * done stands alone.
 *
 * Each function that says an error returns the exit code that goes with it, so
 * that a command ends in "return svct_say_no(call, ...)". Text from outside
 * goes through svct_say_quote or svct_say_bare: no control character reaches
 * the terminal.
 */

#include "cmd.h"

/*
 * Standard error may be a pipe that nobody reads. Whoever holds the writers'
 * lock must not wait for it: between hold and release words are kept in
 * call->words, and written after that (or when more than SVCT_SAY_ROOM bytes
 * come together). Both may be called once more than needed; call->words must
 * last until the release.
 */
#define SVCT_SAY_ROOM 65536

void svct_say_hold(const struct svct_call *call);
void svct_say_release(void);

/* What was done, or is good to know. */
void svct_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

int svct_say_no(const struct svct_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int svct_say_usage(const struct svct_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int svct_say_cannot(const struct svct_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The fault of a library call that returned code, and what would help. */
int svct_say_fault(const struct svct_call *call, int code,
                   const struct svct_fault *fault);

/* The same where there is no fault: what it is about, then the error. */
int svct_say_code(const struct svct_call *call, int code, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* The end of a noun behind a number: "" for one, "s" for all else. */
const char *svct_say_s(uint64_t count);

/* The exit code that an error of the libraries stands for. */
int svct_say_exit(int code);

struct svct_words {
    char text[160];
};

/* Printable ASCII as it is, all else as \xNN, cut at its room; in quotes, or
 * without. For one expression: printf("%s", svct_say_quote(s).text). */
struct svct_words svct_say_quote(const char *text);
struct svct_words svct_say_bare(const char *text);

/* The whole of a fault's sentence, bare. */
struct svct_words_long {
    char text[1024];
};
struct svct_words_long svct_say_bare_long(const char *text);

#endif
