/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "present.h"

#include <unistd.h>

#include "base/safefile.h"
#include "say.h"
#include "write/genlist.h"

/* Is it gone or broken, and not just closed to us? */
static bool is_lost(int code)
{
    return code == SVCT_E_NODB || code == SVCT_E_NOTFOUND ||
           code == SVCT_E_DAMAGED;
}

static int open_newest(struct svct_present *present, struct svct_fault *fault)
{
    uint64_t newest = svct_genlist_newest_whole(present->dir_fd);
    char name[SVCT_GENLIST_NAME];
    int r, fd;

    if (newest == 0)
        return SVCT_E_NODB;
    svct_genlist_name(name, newest);
    r = svct_safefile_open_subdir(present->dir_fd, name, &fd, fault);
    if (r != 0)
        return r;
    r = svct_snapshot_open_generation(fd, SVCT_PART_PRIVATE, &present->snapshot,
                                      fault);
    close(fd);
    present->newest = r == 0;
    return r;
}

/* Of the generation whose private part was read. Losing it costs what is said
 * about uids, and nothing else: all of it is in the private part, too. */
static void open_users(struct svct_present *present)
{
    char name[SVCT_GENLIST_NAME];
    int fd;

    svct_genlist_name(name, present->sequence);
    if (svct_safefile_open_subdir(present->dir_fd, name, &fd, NULL) != 0)
        return;
    if (svct_snapshot_open_generation(fd, SVCT_PART_PUBLIC, &present->users,
                                      NULL) != 0)
        present->users = NULL;
    close(fd);
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

static int open_snapshot(struct svct_present *present, struct svct_fault *fault)
{
    int r = svct_snapshot_open(present->dir_fd, SVCT_PART_PRIVATE,
                               &present->snapshot, fault);

    if (is_lost(r)) {
        present->damaged |= r != SVCT_E_NODB;
        r = open_newest(present, fault);
        present->damaged |= present->newest;
    }
    if (r != 0)
        return r;
    present->sequence = svct_snapshot_meta(present->snapshot)->sequence;
    present->committed = svct_snapshot_meta(present->snapshot)->committed;
    open_users(present);
    /* All of it is read: who is asked shall know what may lack. */
    if (svct_snapshot_each(present->snapshot, 0, see, NULL, NULL) != 0)
        present->damaged = true;
    return 0;
}

int svct_present_open(const struct svct_call *call,
                      struct svct_present *ret_present)
{
    struct svct_present present = {.dir_fd = -1};
    struct svct_fault fault = {0};
    int r = svct_safefile_open_dir(call->db, &present.dir_fd, &fault);

    if (r == 0)
        r = open_snapshot(&present, &fault);
    if (r != 0 && !is_lost(r)) {
        svct_present_done(&present);
        return svct_say_fault(call, r, &fault);
    }
    present.damaged |= r == SVCT_E_DAMAGED || r == SVCT_E_NOTFOUND;
    *ret_present = present;
    return SVCT_EXIT_DONE;
}

void svct_present_done(struct svct_present *present)
{
    svct_snapshot_free(present->snapshot);
    svct_snapshot_free(present->users);
    if (present->dir_fd >= 0)
        close(present->dir_fd);
    *present = (struct svct_present){.dir_fd = -1};
}

int svct_present_is_still(const struct svct_present *present, bool *ret_still,
                          struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    uint64_t sequence = 0;
    int r = present->dir_fd < 0 ? SVCT_E_NODB
                                : svct_snapshot_current(present->dir_fd, name,
                                                        &sequence, fault);

    if (r != 0 && !is_lost(r))
        return r;
    if (present->newest || present->snapshot == NULL)
        *ret_still = r != 0 || present->damaged;
    else
        *ret_still = r == 0 && sequence == present->sequence;
    return 0;
}

int svct_present_account(const struct svct_present *present, const char *name,
                         struct svct_account *ret_account)
{
    return present->snapshot == NULL
               ? SVCT_E_NOTFOUND
               : svct_lookup_account(present->snapshot, name, ret_account);
}

int svct_present_token(const struct svct_present *present, const char *id,
                       struct svct_token *ret_token)
{
    return present->snapshot == NULL
               ? SVCT_E_NOTFOUND
               : svct_lookup_token(present->snapshot, id, ret_token);
}

/* ---- uids and gids ---- */

int svct_present_id(const struct svct_present *present, uint32_t id,
                    struct svct_pubid *ret_id)
{
    return present->users == NULL ? SVCT_E_NOTFOUND
                                  : svct_publook_id(present->users, id, ret_id);
}

struct highest {
    uint32_t min, max;
    uint32_t next; /* behind the highest of these; 0: there is none */
};

static void see_number(struct highest *highest, uint32_t id)
{
    if (id >= highest->min && id <= highest->max && id >= highest->next)
        highest->next = id + 1;
}

static void see_owner(struct highest *highest, struct svct_record *record)
{
    struct svct_account account;
    struct svct_role role;
    struct svct_pubid id;

    if (record->kind == SVCT_KIND_ACCOUNT &&
        svct_account_decode(record, &account) == 0)
        see_number(highest, account.uid);
    if (record->kind == SVCT_KIND_PUBID && svct_pubid_decode(record, &id) == 0)
        see_number(highest, id.id);
    if (record->kind == SVCT_KIND_ROLE && svct_role_decode(record, &role) == 0)
        for (size_t i = 0; i < role.groups_count; i++)
            see_number(highest, role.gids[i]);
}

/* Not by svct_snapshot_each, which ends at the first record that is damaged. */
static void see_all(struct highest *highest,
                    const struct svct_snapshot *snapshot)
{
    struct svct_place place = {.seen = 0};
    struct svct_value value;

    if (snapshot == NULL)
        return;
    while (svct_snapshot_next(snapshot, &place) == 0) {
        enum svct_kind kind = (enum svct_kind)place.key.data[0];

        if (svct_snapshot_fetch(snapshot, &place.key, kind, &value) == 0)
            see_owner(highest, &value.record);
    }
}

/* Its public part may be whole where the private one is not. */
static void see_current(struct highest *highest,
                        const struct svct_present *present)
{
    struct svct_snapshot *users;

    if (present->dir_fd < 0 ||
        svct_snapshot_open(present->dir_fd, SVCT_PART_PUBLIC, &users, NULL) !=
            0)
        return;
    see_all(highest, users);
    svct_snapshot_free(users);
}

uint32_t svct_present_id_next(const struct svct_present *present, uint32_t min,
                              uint32_t max)
{
    struct highest highest = {.min = min, .max = max};
    struct svct_policy policy;

    if (present->snapshot != NULL &&
        svct_lookup_policy(present->snapshot, &policy) == 0)
        highest.next = policy.id_next;
    else
        see_all(&highest, present->snapshot);
    if (present->damaged)
        see_current(&highest, present);
    return highest.next;
}
