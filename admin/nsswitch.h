/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_NSSWITCH_H
#define SVCT_ADMIN_NSSWITCH_H

/*
 * The text of nsswitch.conf(5): does it have libc ask svctoken for users and
 * groups, and the same text with the word put in or taken out. Pure. Every
 * other byte stays.
 *
 * It is read as glibc reads it: no line goes on in the next one, blanks may
 * stand before the name, the colon may lack, "[STATUS=ACTION]" belongs to the
 * word before it. What libc would read otherwise than people, or older
 * versions otherwise than newer ones, is refused.
 */

#include "base/err.h"

#define SVCT_NSSWITCH_FOLDER "/etc"
#define SVCT_NSSWITCH_FILE "nsswitch.conf"
#define SVCT_NSSWITCH_BACKUP "nsswitch.conf.svctoken-backup"

#define SVCT_NSSWITCH_MAX 65536 /* bytes of a file that is taken */
#define SVCT_NSSWITCH_MORE 256  /* bytes that may come to it */

struct svct_nsswitch_text {
    size_t len;
    char data[SVCT_NSSWITCH_MAX + SVCT_NSSWITCH_MORE];
};

enum svct_nsswitch_database {
    SVCT_NSSWITCH_PASSWD,
    SVCT_NSSWITCH_GROUP,
    SVCT_NSSWITCH_INITGROUPS /* without a line, that of group counts */
};
#define SVCT_NSSWITCH_DATABASES 3

/* "passwd". */
const char *svct_nsswitch_name(enum svct_nsswitch_database database);

struct svct_nsswitch_line {
    bool there;
    size_t at;  /* within the text */
    size_t len; /* without its end */
    bool named; /* the word is in it */
    bool asks;  /* and it is reached for whoever is not found before */
};

/* SVCT_E_SYNTAX: it is not understood. */
int svct_nsswitch_look(const struct svct_nsswitch_text *text,
                       enum svct_nsswitch_database database,
                       struct svct_nsswitch_line *ret_line,
                       struct svct_fault *fault);

/* A line for people: blanks between words as one, all else but plain
 * characters as '?', cut where it is too long. "" for none. */
struct svct_nsswitch_words {
    char text[256];
};
struct svct_nsswitch_words svct_nsswitch_show(
    const struct svct_nsswitch_text *text,
    const struct svct_nsswitch_line *line);

/*
 * In passwd and group behind "files". In initgroups, if it has a line, before
 * all others and with [SUCCESS=continue]: there a success ends the search, and
 * "files" has one for each user who is in a group of /etc/group. The same text
 * when it asks already. SVCT_E_SYNTAX: it can't be done safely, and the fault
 * says what to write by hand.
 */
int svct_nsswitch_enable(const struct svct_nsswitch_text *text,
                         struct svct_nsswitch_text *ret_text,
                         struct svct_fault *fault);

/* Takes the word out, with the actions behind it. */
int svct_nsswitch_disable(const struct svct_nsswitch_text *text,
                          struct svct_nsswitch_text *ret_text,
                          struct svct_fault *fault);

#endif
