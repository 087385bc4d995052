/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "restorediff.h"

#include "write/ids.h"

/* Another order is told as another list: that is asked once too often. */
static bool same_sources(const struct svct_sources *a,
                         const struct svct_sources *b)
{
    char left[SVCT_CIDR_TEXT], right[SVCT_CIDR_TEXT];

    if (a->count != b->count || a->local != b->local)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(svct_cidr_format(left, sizeof(left), &a->item[i]),
                   svct_cidr_format(right, sizeof(right), &b->item[i])) != 0)
            return false;
    }
    return true;
}

static bool same_globs(const struct svct_globs *a, const struct svct_globs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->item[i], b->item[i]) != 0)
            return false;
    }
    return true;
}

static bool same_groups(const struct svct_role *a, const struct svct_role *b)
{
    if (a->groups_count != b->groups_count)
        return false;
    for (size_t i = 0; i < a->groups_count; i++) {
        if (strcmp(a->groups[i], b->groups[i]) != 0 || a->gids[i] != b->gids[i])
            return false;
    }
    return true;
}

static const char *compare_users(const struct svct_account *here,
                                 const struct svct_account *back)
{
    if (here->uid != back->uid)
        return here->uid == 0   ? "a Unix user of the host here"
               : back->uid == 0 ? "no Unix user of the host here"
                                : "another uid here";
    if (here->uid == 0)
        return NULL;
    if (here->gid != back->gid)
        return "another primary group here";
    if (strcmp(here->home, back->home) != 0)
        return "another home here";
    return strcmp(here->shell, back->shell) != 0 ? "another shell here" : NULL;
}

const char *svct_restorediff_account(const struct svct_account *here,
                                     const struct svct_account *back)
{
    const char *why;

    if (strcmp(here->role, back->role) != 0)
        return "another role here";
    if (!same_sources(&here->sources, &back->sources))
        return "other sources here";
    why = compare_users(here, back);
    if (why != NULL)
        return why;
    return back->expires > here->expires ? "ends earlier here" : NULL;
}

const char *svct_restorediff_token(const struct svct_token *here,
                                   const struct svct_token *back)
{
    if (strcmp(here->cap, back->cap) != 0)
        return "another role here";
    if (!same_sources(&here->sources, &back->sources))
        return "other sources here";
    if (!same_globs(&here->services, &back->services))
        return "other services here";
    if (here->max_uses != 0 &&
        (back->max_uses == 0 || back->max_uses > here->max_uses))
        return "fewer uses here";
    if (back->not_before < here->not_before)
        return "begins later here";
    return back->expires > here->expires ? "ends earlier here" : NULL;
}

const char *svct_restorediff_role(const struct svct_role *here,
                                  const struct svct_role *back)
{
    if (here->place != back->place)
        return "another place here";
    if (!same_globs(&here->allow, &back->allow) ||
        !same_globs(&here->refuse, &back->refuse))
        return "other services here";
    return same_groups(here, back) ? NULL : "other groups here";
}

static bool same_range(const struct svct_policy *a, const struct svct_policy *b)
{
    uint32_t min_a, max_a, min_b, max_b;

    svct_ids_range(a, &min_a, &max_a);
    svct_ids_range(b, &min_b, &max_b);
    return min_a == min_b && max_a == max_b;
}

const char *svct_restorediff_policy(const struct svct_policy *here,
                                    const struct svct_policy *back)
{
    return same_range(here, back) && here->default_ttl == back->default_ttl &&
                   here->max_ttl == back->max_ttl &&
                   here->allow_no_expiry == back->allow_no_expiry &&
                   here->tokens_per_account == back->tokens_per_account
               ? NULL
               : "another one here";
}
