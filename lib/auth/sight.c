/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/sight.h"

#include <unistd.h>

#include "auth/lookup.h"
#include "base/names.h"
#include "base/safefile.h"

/* Looks at "names" and the database that contradict each other before it is
 * called damage. */
#define LOOKS_MAX 3

void svct_sight_close(struct svct_sight *sight)
{
    svct_snapshot_free(sight->snapshot);
    sight->snapshot = NULL;
    if (sight->dir_fd >= 0)
        close(sight->dir_fd);
    sight->dir_fd = -1;
}

static int find_account(struct svct_sight *sight, const char *user,
                        struct svct_fault *fault)
{
    int err = svct_snapshot_open(sight->dir_fd, SVCT_PART_PRIVATE,
                                 &sight->snapshot, fault);

    if (err != 0)
        return err;
    err = svct_lookup_account(sight->snapshot, user, &sight->account);
    sight->stored = err == 0;
    if (err == 0 || err == SVCT_E_NOTFOUND)
        return 0;
    return svct_fault_set(fault, err, 0, "account %s: %s", user,
                          svct_err_text(err));
}

/* What can be found out is in the sight, whatever is returned. */
static int look_once(struct svct_sight *sight, const char *dir,
                     const char *user, struct svct_fault *fault)
{
    int listed, err;

    err = svct_safefile_look_dir(dir, &sight->dir_fd, &sight->dir, fault);
    if (err != 0) {
        sight->listed = svct_names_listed_anyhow(dir, user);
        return err;
    }
    listed = svct_names_look(sight->dir_fd, user, &sight->names, fault);
    sight->listed = listed > 0;
    err = find_account(sight, user, listed < 0 ? NULL : fault);
    return listed < 0 ? listed : err;
}

static int contradiction(const struct svct_sight *sight, const char *user,
                         struct svct_fault *fault)
{
    if (sight->listed)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "%s is in the file \"names\" but is no account "
                              "(it is being made at this moment, or the "
                              "database is damaged)",
                              user);
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "%s is an account but not in the file \"names\"",
                          user);
}

/* A commit between reading the one and the other lets them disagree too, but
 * then the generation is another one at the next look. */
int svct_sight_open(struct svct_sight *sight, const char *dir, const char *user,
                    struct svct_fault *fault)
{
    uint64_t sequence, former = 0;

    for (int look = 0; look < LOOKS_MAX; look++) {
        int err;

        *sight = (struct svct_sight){.dir_fd = -1};
        err = look_once(sight, dir, user, fault);
        if (err != 0)
            return err;
        if (sight->listed == sight->stored)
            return 0;
        sequence = svct_snapshot_meta(sight->snapshot)->sequence;
        if (look > 0 && sequence == former)
            break;
        former = sequence;
        if (look + 1 < LOOKS_MAX)
            svct_sight_close(sight);
    }
    return contradiction(sight, user, fault);
}

/* ---- leaving it for a while ---- */

void svct_sight_suspend(struct svct_sight *sight)
{
    if (sight->snapshot == NULL || !sight->listed || !sight->stored) {
        svct_sight_close(sight);
        return;
    }
    svct_snapshot_suspend(sight->snapshot);
    close(sight->dir_fd);
    sight->dir_fd = -1;
}

static bool is_as_before(struct svct_sight *sight, const char *dir,
                         const char *user)
{
    return sight->snapshot != NULL && strcmp(sight->account.name, user) == 0 &&
           svct_safefile_reopen_dir(dir, &sight->dir, &sight->dir_fd) &&
           svct_safefile_is_still(sight->dir_fd, SVCT_NAMES_FILE,
                                  &sight->names) &&
           svct_snapshot_resume(sight->snapshot, sight->dir_fd);
}

int svct_sight_resume(struct svct_sight *sight, const char *dir,
                      const char *user, struct svct_fault *fault)
{
    if (is_as_before(sight, dir, user))
        return 0;
    svct_sight_close(sight);
    return svct_sight_open(sight, dir, user, fault);
}
