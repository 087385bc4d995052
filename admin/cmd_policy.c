/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "policy.h"
#include "policyrange.h"
#include "say.h"

/* ---- the values, for people and for programs ---- */

#define POLICY_CELL(key, fill)                                        \
    static void policy_##key(const void *row, struct svct_cell *cell) \
    {                                                                 \
        const struct svct_policy *policy = row;                       \
        fill;                                                         \
    }

static void cell_seconds(struct svct_cell *cell, int64_t seconds)
{
    cell->number = seconds;
    cell->null = seconds == 0;
}

static void cell_words(struct svct_cell *cell, const struct svct_policy *policy,
                       const char *key)
{
    cell->text = svct_policy_value(cell->room, sizeof(cell->room), policy, key);
}

POLICY_CELL(default_ttl, cell_seconds(cell, policy->default_ttl))
POLICY_CELL(max_ttl, cell_seconds(cell, policy->max_ttl))
POLICY_CELL(allow_no_expiry, cell->truth = policy->allow_no_expiry)
POLICY_CELL(tokens_per_account, cell->number = policy->tokens_per_account)
POLICY_CELL(warn_before, cell_seconds(cell, policy->warn_before))
POLICY_CELL(default_ttl_words, cell_words(cell, policy, "default_ttl"))
POLICY_CELL(max_ttl_words, cell_words(cell, policy, "max_ttl"))
POLICY_CELL(warn_before_words, cell_words(cell, policy, "warn_before"))

static void cell_next(struct svct_cell *cell, const struct svct_policy *policy)
{
    uint32_t left;

    cell->number = svct_policyrange_next(policy, &left);
    cell->null = left == 0;
}

static void cell_left(struct svct_cell *cell, const struct svct_policy *policy)
{
    uint32_t left;

    svct_policyrange_next(policy, &left);
    cell->number = left;
}

/* "65540 (34460 left)", "none left" */
static void cell_next_words(struct svct_cell *cell,
                            const struct svct_policy *policy)
{
    uint32_t left, next = svct_policyrange_next(policy, &left);

    if (left > 0)
        snprintf(cell->room, sizeof(cell->room), "%lu (%lu left)",
                 (unsigned long)next, (unsigned long)left);
    else
        snprintf(cell->room, sizeof(cell->room), "none left");
    cell->text = cell->room;
}

POLICY_CELL(uid_min, cell->number = svct_policyrange_get(policy).min)
POLICY_CELL(uid_max, cell->number = svct_policyrange_get(policy).max)
POLICY_CELL(uid_range_words, cell_words(cell, policy, "uid_range"))
POLICY_CELL(uid_next, cell_next(cell, policy))
POLICY_CELL(uids_left, cell_left(cell, policy))
POLICY_CELL(uid_next_words, cell_next_words(cell, policy))

#define JSON SVCT_COLUMN_JSON
#define TEXT SVCT_COLUMN_TEXT

const struct svct_column svct_policy_columns[] = {
    {"default_ttl", SVCT_CELL_NUMBER, JSON, "",
     "seconds a token lives when nothing is said", policy_default_ttl},
    {"default_ttl", SVCT_CELL_TEXT, TEXT, "default_ttl", "",
     policy_default_ttl_words},
    {"max_ttl", SVCT_CELL_NUMBER, JSON, "",
     "seconds a token may live at most; null: any time", policy_max_ttl},
    {"max_ttl", SVCT_CELL_TEXT, TEXT, "max_ttl", "", policy_max_ttl_words},
    {"allow_no_expiry", SVCT_CELL_BOOL, 0, "allow_no_expiry",
     "may a token be made that never ends?", policy_allow_no_expiry},
    {"tokens_per_account", SVCT_CELL_NUMBER, 0, "tokens_per_account",
     "tokens an account may have, of any state", policy_tokens_per_account},
    {"warn_before", SVCT_CELL_NUMBER, JSON, "",
     "seconds before its end from which on a token is about to expire; null: "
     "never",
     policy_warn_before},
    {"warn_before", SVCT_CELL_TEXT, TEXT, "warn_before", "",
     policy_warn_before_words},
    {"uid_min", SVCT_CELL_NUMBER, JSON, "",
     "the lowest uid and gid that is handed out", policy_uid_min},
    {"uid_max", SVCT_CELL_NUMBER, JSON, "", "the highest", policy_uid_max},
    {"uid_range", SVCT_CELL_TEXT, TEXT, "uid_range", "",
     policy_uid_range_words},
    {"uid_next", SVCT_CELL_NUMBER, JSON, "",
     "the next one that is, unless this host knows it; null: none is left",
     policy_uid_next},
    {"uids_left", SVCT_CELL_NUMBER, JSON, "", "how many are left",
     policy_uids_left},
    {"uid_next", SVCT_CELL_TEXT, TEXT, "uid_next", "", policy_uid_next_words},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- show ---- */

static int show(const struct svct_call *call)
{
    struct svct_policy policy;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_policy(view.snapshot, &policy);
    svct_access_done(&view);
    if (r < 0)
        return svct_say_code(call, r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "the policy");
    return svct_out_one(call, svct_policy_columns, &policy);
}

/* ---- the table ---- */

const struct svct_command svct_cmd_policy[] = {
    {.group = "policy",
     .name = "show",
     .summary = "show the rules for tokens on this host",
     .text = "They hold for each token that is made, and for nothing that is "
             "there already.\n"
             "uid_range is for accounts and groups that there are by svctoken "
             "alone; uid_next\n"
             "is the next uid or gid that one gets.\n"
             "\n"
             "  svctoken policy show\n",
     .columns = svct_policy_columns,
     .run = show},
    {.group = "policy",
     .name = "set",
     .operands = "KEY=VALUE...",
     .least = 1,
     .most = 64,
     .summary = "change the rules for tokens on this host",
     .text =
         "  default_ttl         how long a token lives when nothing is "
         "said: 1m to 36600d\n"
         "  max_ttl             how long it may live at most, or none\n"
         "  allow_no_expiry     may it never end? yes or no; a max_ttl "
         "makes it no\n"
         "  tokens_per_account  1 to 10000\n"
         "  warn_before         from when on it is about to expire: up to "
         "366d, or none\n"
         "  uid_range           uids and gids of accounts and groups that "
         "there are by\n"
         "                      svctoken alone, as 65536-99999; none is "
         "handed out twice\n"
         "\n"
         "Several are changed together or not at all. Tokens that are "
         "there already stay\n"
         "as they are; how many the new rules would not allow is said. So "
         "is what else\n"
         "has numbers of a new uid_range.\n"
         "\n"
         "With --json, \"tokens_beyond\" and \"accounts_beyond\" have these "
         "numbers.\n"
         "\n"
         "  svctoken policy set max_ttl=30d default_ttl=8h\n"
         "  svctoken policy set allow_no_expiry=no tokens_per_account=20 "
         "warn_before=3d\n"
         "  svctoken policy set uid_range=2100000000-2139999999\n",
     .columns = svct_policy_columns,
     .run = svct_policy_set},
    {.group = NULL},
};
