/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "rows.h"

#include "unixgroup.h"

int svct_role_compare(const void *a, const void *b)
{
    const struct svct_role_row *left = a, *right = b;

    return (left->role.place > right->role.place) -
           (left->role.place < right->role.place);
}

void svct_role_row_look(struct svct_role_row *row)
{
    for (size_t i = 0; i < row->role.groups_count; i++) {
        struct svct_unixgroup group = {.gid = 0};

        row->gids[i] = row->role.gids[i];
        if (row->gids[i] == 0 &&
            svct_unixgroup_find(row->role.groups[i], &group, NULL) == 0)
            row->gids[i] = group.gid;
    }
}

static void cell_groups(struct svct_cell *cell, const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++)
        svct_cell_add(cell, role->groups[i]);
}

static void cell_own(struct svct_cell *cell, const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++) {
        if (role->gids[i] != 0)
            svct_cell_add(cell, role->groups[i]);
    }
}

/* An empty word is null. */
static void cell_gids(struct svct_cell *cell, const struct svct_role_row *row)
{
    char text[16];

    for (size_t i = 0; i < row->role.groups_count; i++) {
        snprintf(text, sizeof(text), "%lu", (unsigned long)row->gids[i]);
        svct_cell_add(cell, row->gids[i] != 0 ? text : "");
    }
}

/* "web (gid 33)", "ops (own, gid 65540)" */
static void cell_words(struct svct_cell *cell, const struct svct_role_row *row)
{
    char text[SVCT_NAME_MAX + 1];

    for (size_t i = 0; i < row->role.groups_count; i++) {
        if (row->gids[i] == 0)
            snprintf(text, sizeof(text), "%s (not on this host)",
                     row->role.groups[i]);
        else
            snprintf(text, sizeof(text), "%s (%sgid %lu)", row->role.groups[i],
                     row->role.gids[i] != 0 ? "own, " : "",
                     (unsigned long)row->gids[i]);
        svct_cell_add(cell, text);
    }
}

#define ROLE_CELL(key, fill)                                         \
    static void role_##key(const void *row_, struct svct_cell *cell) \
    {                                                                \
        const struct svct_role_row *row = row_;                      \
        fill;                                                        \
    }

ROLE_CELL(name, cell->text = row->role.name)
ROLE_CELL(place, cell->number = row->role.place)
ROLE_CELL(services, svct_rows_put_globs(cell, &row->role.allow))
ROLE_CELL(refused, svct_rows_put_globs(cell, &row->role.refuse))
ROLE_CELL(groups, cell_groups(cell, &row->role))
ROLE_CELL(gids, cell_gids(cell, row))
ROLE_CELL(own_groups, cell_own(cell, &row->role))
ROLE_CELL(group_words, cell_words(cell, row))
ROLE_CELL(accounts, cell->number = row->accounts)
ROLE_CELL(tokens, cell->number = row->tokens)
ROLE_CELL(builtin, cell->truth = row->role.builtin)
ROLE_CELL(description, cell->text = row->role.description)

#define LIST SVCT_COLUMN_LIST
#define QUIET SVCT_COLUMN_QUIET
#define WRAP SVCT_COLUMN_WRAP
#define SPARE SVCT_COLUMN_SPARE
#define JSON SVCT_COLUMN_JSON
#define TEXT SVCT_COLUMN_TEXT

const struct svct_column svct_role_columns[] = {
    {"name", SVCT_CELL_TEXT, LIST, "ROLE", "its name", role_name},
    {"place", SVCT_CELL_NUMBER, LIST | SPARE, "PLACE",
     "in the order of the roles; more is more", role_place},
    {"services", SVCT_CELL_LIST, LIST | WRAP, "SERVICES",
     "PAM services it allows (* and ? as in file names)", role_services},
    {"refused", SVCT_CELL_LIST, LIST | WRAP, "REFUSED",
     "services taken out of these", role_refused},
    {"groups", SVCT_CELL_LIST, JSON, "", "its Unix groups", role_groups},
    {"gids", SVCT_CELL_NUMBERS, JSON, "",
     "their gids here, in the same order; null: this host has none of the name",
     role_gids},
    {"own_groups", SVCT_CELL_LIST, JSON, "",
     "those of its groups that there are by svctoken alone", role_own_groups},
    {"groups", SVCT_CELL_LIST, LIST | WRAP | QUIET | TEXT, "GROUPS", "",
     role_group_words},
    {"accounts", SVCT_CELL_NUMBER, LIST, "ACCOUNTS",
     "how many accounts have it", role_accounts},
    {"tokens", SVCT_CELL_NUMBER, LIST, "CAPPED TOKENS",
     "how many tokens are limited to it", role_tokens},
    {"builtin", SVCT_CELL_BOOL, 0, "BUILT IN", "is it one of the four?",
     role_builtin},
    {"description", SVCT_CELL_TEXT, QUIET, "DESCRIPTION", "what it is for",
     role_description},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};
