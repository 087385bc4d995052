/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "rolecheck.h"

#include "auth/lookup.h"
#include "auth/role.h"

/* As many as the list can have, and some that it lacks. */
#define SEEN_MAX (2 * SVCT_ROLES_MAX)

struct seen {
    char name[SVCT_ROLE_MAX + 1];
    uint16_t place;
    bool builtin;
    bool listed;
};

struct state {
    struct svct_dbcheck *check;
    size_t count;
    struct seen seen[SEEN_MAX];
};

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct state *state = arg;
    struct svct_role role;
    struct seen *seen;

    (void)key;
    if (state->count == SEEN_MAX || svct_role_decode(record, &role) != 0)
        return 0; /* the first is told below, the second was before */
    seen = &state->seen[state->count++];
    memcpy(seen->name, role.name, sizeof(seen->name));
    seen->place = role.place;
    seen->builtin = role.builtin;
    return 0;
}

static struct seen *find(struct state *state, const char *name)
{
    for (size_t i = 0; i < state->count; i++) {
        if (strcmp(state->seen[i].name, name) == 0)
            return &state->seen[i];
    }
    return NULL;
}

static void check_list(struct state *state,
                       const struct svct_snapshot *snapshot)
{
    struct svct_rolelist list;
    int r = svct_lookup_rolelist(snapshot, &list);

    if (r < 0) {
        svct_dbcheck_problem(state->check, "the list of roles: %s",
                             svct_err_text(r));
        return;
    }
    for (unsigned i = 0; i < list.count; i++) {
        struct seen *seen = find(state, list.name[i]);

        if (seen == NULL)
            svct_dbcheck_problem(state->check,
                                 "the role %s is listed and is not there",
                                 list.name[i]);
        else
            seen->listed = true;
    }
    for (size_t i = 0; i < state->count; i++) {
        if (!state->seen[i].listed)
            svct_dbcheck_problem(state->check,
                                 "the role %s is not in the list of roles",
                                 state->seen[i].name);
    }
}

static void check_places(struct state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        for (size_t k = i + 1; k < state->count; k++) {
            if (state->seen[i].place == state->seen[k].place)
                svct_dbcheck_problem(
                    state->check, "the roles %s and %s have the same place, %u",
                    state->seen[i].name, state->seen[k].name,
                    (unsigned)state->seen[i].place);
        }
    }
}

/* Their places are as they were made: nothing moves them. */
static void check_builtin(struct state *state)
{
    struct svct_role builtin;

    for (unsigned i = 0; svct_role_builtin(i, &builtin); i++) {
        const struct seen *seen = find(state, builtin.name);

        if (seen == NULL)
            svct_dbcheck_problem(state->check,
                                 "the role %s, which is built in, is not there",
                                 builtin.name);
        else if (seen->place != builtin.place || !seen->builtin)
            svct_dbcheck_problem(
                state->check,
                "the role %s is built in, and its record says place %u%s",
                seen->name, (unsigned)seen->place,
                seen->builtin ? "" : " and that it is not");
    }
}

static bool is_builtin(const char *name, uint16_t *ret_highest)
{
    struct svct_role builtin;
    bool found = false;

    for (unsigned i = 0; svct_role_builtin(i, &builtin); i++) {
        found = found || strcmp(builtin.name, name) == 0;
        *ret_highest = builtin.place;
    }
    return found;
}

static void check_custom(struct state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        const struct seen *seen = &state->seen[i];
        uint16_t highest = 0;

        if (is_builtin(seen->name, &highest))
            continue;
        if (seen->builtin)
            svct_dbcheck_problem(
                state->check,
                "the role %s says that it is built in, and is not", seen->name);
        if (seen->place > highest)
            svct_dbcheck_problem(state->check, "the role %s stands above Admin",
                                 seen->name);
    }
}

/* ---- groups ---- */

static void compare_group(struct state *state, const struct svct_role *a,
                          unsigned i, const struct svct_role *b, unsigned k)
{
    bool same_name = strcmp(a->groups[i], b->groups[k]) == 0;
    bool same_gid = a->gids[i] == b->gids[k];

    if (same_name && !same_gid)
        svct_dbcheck_problem(
            state->check,
            "the group %s has the gid %lu in the role %s, and %lu in %s (0: "
            "one of the host)",
            a->groups[i], (unsigned long)a->gids[i], a->name,
            (unsigned long)b->gids[k], b->name);
    if (!same_name && same_gid && a->gids[i] != 0)
        svct_dbcheck_problem(state->check,
                             "the groups %s of the role %s and %s of %s have "
                             "the same gid, %lu",
                             a->groups[i], a->name, b->groups[k], b->name,
                             (unsigned long)a->gids[i]);
}

static void compare_groups(struct state *state, const struct svct_role *a,
                           const struct svct_role *b)
{
    for (unsigned i = 0; i < a->groups_count; i++) {
        for (unsigned k = a == b ? i + 1 : 0; k < b->groups_count; k++)
            compare_group(state, a, i, b, k);
    }
}

/* Each pair of roles once; of each two such records at a time. */
static void check_groups(struct state *state,
                         const struct svct_snapshot *snapshot)
{
    struct svct_role a, b;

    for (size_t i = 0; i < state->count; i++) {
        if (svct_lookup_role(snapshot, state->seen[i].name, &a) != 0)
            continue; /* told before */
        compare_groups(state, &a, &a);
        for (size_t k = i + 1; a.groups_count > 0 && k < state->count; k++) {
            if (svct_lookup_role(snapshot, state->seen[k].name, &b) == 0)
                compare_groups(state, &a, &b);
        }
    }
}

void svct_rolecheck_run(struct svct_dbcheck *check,
                        const struct svct_snapshot *snapshot)
{
    struct state state = {.check = check};

    if (svct_snapshot_each(snapshot, SVCT_KIND_ROLE, see, &state, NULL) < 0)
        return; /* it was read before, and told */
    if (state.count == SEEN_MAX)
        svct_dbcheck_problem(check,
                             "there are more roles than the %d there can be",
                             SVCT_ROLES_MAX);
    check_list(&state, snapshot);
    check_places(&state);
    check_builtin(&state);
    check_custom(&state);
    check_groups(&state, snapshot);
}
