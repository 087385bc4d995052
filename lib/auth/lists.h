/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_LISTS_H
#define SVCT_AUTH_LISTS_H

/*
 * The records of the private database by which others are found or numbered:
 * pages of token ids, the list of roles, the slots of the file "usage". Pure;
 * doc/FORMAT.md lists the tags. Decoding and encoding as in entity.h; these
 * records carry no field of a newer program (SVCT_E_VERSION).
 */

#include "auth/entity.h"
#include "base/record.h"

/* The ids of an account's tokens, SVCT_PAGE_IDS a page, no gap but behind the
 * last of the last page. */
#define SVCT_PAGE_IDS 64
struct svct_page {
    uint8_t count;
    char id[SVCT_PAGE_IDS][SVCT_TOKEN_ID_LEN + 1];
};

/* The names of all roles, in no order: to find them without a walk through
 * the whole file. A database without one has the four built in. */
#define SVCT_ROLES_MAX 64
struct svct_rolelist {
    uint8_t count;
    char name[SVCT_ROLES_MAX][SVCT_ROLE_MAX + 1];
};

/* Which slots of the file "usage" are taken: those below next that are not
 * listed as free. What does not fit the list is found again when next is at
 * its end (write/slots.c). A database without one has given out none. */
#define SVCT_SLOTS_FREE_MAX 512
struct svct_slots {
    uint32_t next; /* 1 to SVCT_SLOT_MAX + 1 (none left) */
    uint16_t free_count;
    uint32_t free[SVCT_SLOTS_FREE_MAX];
};

/* Keys. An illegal name gives a key of length 0. */
struct svct_key svct_key_page(const char *account, uint32_t number);
struct svct_key svct_key_rolelist(void);
struct svct_key svct_key_slots(void);

int svct_page_decode(struct svct_record *record, struct svct_page *ret);
int svct_rolelist_decode(struct svct_record *record, struct svct_rolelist *ret);
int svct_slots_decode(struct svct_record *record, struct svct_slots *ret);

void svct_page_encode(const struct svct_page *page,
                      struct svct_record_writer *writer);
void svct_rolelist_encode(const struct svct_rolelist *list,
                          struct svct_record_writer *writer);
void svct_slots_encode(const struct svct_slots *slots,
                       struct svct_record_writer *writer);

#endif
