/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_LOAD_WRITERS_H
#define SVCT_TESTS_LOAD_WRITERS_H

/*
 * The administrators of tests/module/load: the utility as built (SVCT_ADMIN),
 * one command after the other, each told to the story. Two at once, who wait
 * for each other's lock.
 */

#include "load_story.h"

/* A new database, and the subjects that no command changes. */
void load_make_world(struct story *story);

/* Tokens come, are revoked, rotated, purged; some have a limit of uses. Until
 * the story stops; the number of commands. */
unsigned load_write_tokens(struct story *story);
/* Accounts and tokens are disabled and enabled, edited; imports, backups. */
unsigned load_write_accounts(struct story *story, unsigned import_tokens);

#endif
