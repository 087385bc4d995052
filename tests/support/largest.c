/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "largest.h"

#include <string.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "write/change_role.h"

static struct svct_fault fault;

/* Characters of two bytes, with ":" between them or without; it begins with
 * "first" and is as long as a text may be. */
static void fill_text(char text[SVCT_TEXT_MAX + 1], char first, bool colons)
{
    size_t len = 1;

    text[0] = first;
    while (len + 3 <= SVCT_TEXT_MAX) {
        memcpy(text + len, "\xc3\xbc", 2);
        text[len + 2] = colons ? ':' : 'x';
        len += 3;
    }
    memset(text + len, '-', SVCT_TEXT_MAX - len);
    text[SVCT_TEXT_MAX] = '\0';
}

static void fill_sources(struct svct_sources *sources)
{
    char text[64];

    for (unsigned i = 0; i < SVCT_SOURCES_MAX; i++) {
        snprintf(text, sizeof text, "2001:db8:%x::/48", i);
        testdb_must(svct_sources_add(sources, text), &fault, "source");
    }
}

static void fill_globs(struct svct_globs *globs, char first)
{
    for (unsigned i = 0; i < SVCT_GLOBS_MAX; i++)
        snprintf(globs->item[i], sizeof globs->item[i], "%c%031u", first, i);
    globs->count = SVCT_GLOBS_MAX;
}

/* A field of a newer program, which is carried along. */
static void fill_extra(struct svct_extra *extra)
{
    size_t len = sizeof extra->data - 4;

    memset(extra->data, 'e', sizeof extra->data);
    extra->data[0] = 0;
    extra->data[1] = 99;
    extra->data[2] = (uint8_t)(len >> 8);
    extra->data[3] = (uint8_t)len;
    extra->len = sizeof extra->data;
}

/* ---- roles ---- */

static void role_name(unsigned number, char ret_name[SVCT_ROLE_MAX + 1])
{
    struct svct_role builtin;

    if (svct_role_builtin(number, &builtin))
        memcpy(ret_name, builtin.name, sizeof builtin.name);
    else
        snprintf(ret_name, SVCT_ROLE_MAX + 1, "R%031u", number);
}

void largest_group(unsigned number, svct_word ret_name, uint32_t *ret_gid)
{
    snprintf(ret_name, sizeof(svct_word), "G%030u$", number);
    *ret_gid = SVCT_ID_MOST - number;
}

static void fill_role(struct svct_role *role)
{
    fill_text(role->description, 'd', true);
    fill_globs(&role->allow, 'a');
    fill_globs(&role->refuse, 'r');
    fill_extra(&role->extra);
    for (unsigned i = 0; i < SVCT_GROUPS_MAX; i++)
        largest_group(i, role->groups[i], &role->gids[i]);
    role->groups_count = SVCT_GROUPS_MAX;
}

static void make_role(struct svct_txn *txn, unsigned number)
{
    const struct svct_snapshot *view = svct_txn_view(txn, SVCT_PART_PRIVATE);
    struct svct_role role = {.place = 0};
    char name[SVCT_ROLE_MAX + 1];
    int r;

    role_name(number, name);
    r = svct_lookup_role(view, name, &role);
    memcpy(role.name, name, sizeof name);
    fill_role(&role);
    r = r == 0 ? svct_change_role_update(txn, &role, &fault)
               : svct_change_role_create(txn, &role, "Viewer", &fault);
    testdb_must(r, &fault, "role");
}

/* ---- accounts ---- */

struct svct_account largest_account(unsigned number)
{
    struct svct_account account = testdb_account("", "");

    snprintf(account.name, sizeof account.name, "a%030u$", number);
    role_name(number < SVCT_ROLES_MAX ? number : SVCT_ROLES_MAX - 1,
              account.role);
    fill_text(account.description, 'd', true);
    memset(account.created_by, 'b', SVCT_ACTOR_MAX);
    fill_sources(&account.sources);
    fill_extra(&account.extra);
    account.uid = account.gid = SVCT_ID_MOST - SVCT_GROUPS_MAX - number;
    fill_text(account.home, '/', false);
    fill_text(account.shell, '/', false);
    return account;
}

void largest_make(struct svct_txn *txn)
{
    for (unsigned i = 0; i < SVCT_ROLES_MAX; i++)
        make_role(txn, i);
    for (unsigned i = 0; i < LARGEST_ACCOUNTS; i++) {
        struct svct_account account = largest_account(i);

        testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                    "account");
    }
}
