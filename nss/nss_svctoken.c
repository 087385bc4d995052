/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nss_svctoken.h"

#include <errno.h>
#include <pthread.h>

#include "find.h"
#include "grouplist.h"
#include "members.h"
#include "pack.h"
#include "walk.h"

/* ---- around each call ---- */

/* What the host's thread finds again when we are done. It is not cancelled
 * within: a descriptor would stay open, or a mutex locked. */
struct call {
    int saved_errno;
    int cancel;
};

static struct call call_begin(void)
{
    struct call call = {.saved_errno = errno};

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call.cancel);
    return call;
}

static enum nss_status status_of(int r, int *ret_errno)
{
    switch (r) {
    case 0:
        return NSS_STATUS_SUCCESS;
    case SVCT_E_NOTFOUND:
        return NSS_STATUS_NOTFOUND;
    case SVCT_E_RANGE:
        *ret_errno = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    case SVCT_E_NOMEM:
        *ret_errno = EAGAIN;
        return NSS_STATUS_TRYAGAIN;
    case SVCT_E_NODB:
        *ret_errno = ENOENT;
        return NSS_STATUS_UNAVAIL;
    default:
        *ret_errno = EIO;
        return NSS_STATUS_UNAVAIL;
    }
}

/* errnop may point to errno. */
static enum nss_status call_end(const struct call *call, int r, int *errnop)
{
    errno = call->saved_errno;
    pthread_setcancelstate(call->cancel, NULL);
    return status_of(r, errnop);
}

/* ---- users ---- */

static int passwd_by_name(const char *name, struct passwd *result, char *buffer,
                          size_t len)
{
    struct svct_snapshot *snapshot;
    struct svct_pubuser user;
    int r;

    if (!svct_find_may_be_user(name))
        return SVCT_E_NOTFOUND;
    r = svct_find_open(&snapshot);
    if (r != 0)
        return r;
    r = svct_find_user(snapshot, name, &user);
    svct_snapshot_free(snapshot);
    return r == 0 ? svct_pack_passwd(&user, buffer, len, result) : r;
}

enum nss_status _nss_svctoken_getpwnam_r(const char *name,
                                         struct passwd *result, char *buffer,
                                         size_t len, int *errnop)
{
    struct call call = call_begin();

    return call_end(&call, passwd_by_name(name, result, buffer, len), errnop);
}

static int passwd_by_uid(uid_t uid, struct passwd *result, char *buffer,
                         size_t len)
{
    struct svct_snapshot *snapshot;
    struct svct_pubuser user;
    int r;

    if (!svct_id_is_usable(uid))
        return SVCT_E_NOTFOUND;
    r = svct_find_open(&snapshot);
    if (r != 0)
        return r;
    r = svct_find_user_by_uid(snapshot, uid, &user);
    svct_snapshot_free(snapshot);
    return r == 0 ? svct_pack_passwd(&user, buffer, len, result) : r;
}

enum nss_status _nss_svctoken_getpwuid_r(uid_t uid, struct passwd *result,
                                         char *buffer, size_t len, int *errnop)
{
    struct call call = call_begin();

    return call_end(&call, passwd_by_uid(uid, result, buffer, len), errnop);
}

/* ---- groups ---- */

static int group_by_name(const char *name, struct group *result, char *buffer,
                         size_t len)
{
    struct svct_snapshot *snapshot;
    struct svct_pubgroup group;
    int r;

    if (!svct_find_may_be_group(name))
        return SVCT_E_NOTFOUND;
    r = svct_find_open(&snapshot);
    if (r != 0)
        return r;
    r = svct_find_group(snapshot, name, &group);
    if (r == 0)
        r = svct_members_pack(snapshot, &group, buffer, len, result);
    svct_snapshot_free(snapshot);
    return r;
}

enum nss_status _nss_svctoken_getgrnam_r(const char *name, struct group *result,
                                         char *buffer, size_t len, int *errnop)
{
    struct call call = call_begin();

    return call_end(&call, group_by_name(name, result, buffer, len), errnop);
}

static int group_by_gid(gid_t gid, struct group *result, char *buffer,
                        size_t len)
{
    struct svct_snapshot *snapshot;
    struct svct_pubgroup group;
    int r;

    if (!svct_id_is_usable(gid))
        return SVCT_E_NOTFOUND;
    r = svct_find_open(&snapshot);
    if (r != 0)
        return r;
    r = svct_find_group_by_gid(snapshot, gid, &group);
    if (r == 0)
        r = svct_members_pack(snapshot, &group, buffer, len, result);
    svct_snapshot_free(snapshot);
    return r;
}

enum nss_status _nss_svctoken_getgrgid_r(gid_t gid, struct group *result,
                                         char *buffer, size_t len, int *errnop)
{
    struct call call = call_begin();

    return call_end(&call, group_by_gid(gid, result, buffer, len), errnop);
}

/* ---- the groups of a user ---- */

static int groups_of_user(const char *user, gid_t primary,
                          const struct svct_grouplist *list)
{
    uint32_t gids[SVCT_PUBROLE_GROUPS];
    struct svct_snapshot *snapshot;
    size_t count;
    int r;

    if (!svct_find_may_be_user(user))
        return SVCT_E_NOTFOUND;
    r = svct_find_open(&snapshot);
    if (r != 0)
        return r;
    r = svct_find_gids(snapshot, user, gids, &count);
    svct_snapshot_free(snapshot);
    return r == 0 ? svct_grouplist_add(list, primary, gids, count) : r;
}

enum nss_status _nss_svctoken_initgroups_dyn(const char *user, gid_t group,
                                             long *start, long *size,
                                             gid_t **groupsp, long limit,
                                             int *errnop)
{
    struct svct_grouplist list = {groupsp, start, size, limit};
    struct call call = call_begin();

    return call_end(&call, groups_of_user(user, group, &list), errnop);
}

/* ---- all of them ---- */

static struct svct_walk passwd_walk = SVCT_WALK_INIT;
static struct svct_walk group_walk = SVCT_WALK_INIT;

/* Where the caller wants an entry. */
struct target {
    void *result;
    char *buffer;
    size_t len;
};

/* The record that a walk came upon must be there under that key. */
static int promised(int r)
{
    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

static int user_at(const struct svct_snapshot *snapshot,
                   const struct svct_key *key, struct svct_pubuser *ret_user)
{
    char name[SVCT_WORD_MAX + 1];

    if (!svct_find_key_name(key, name))
        return SVCT_E_DAMAGED;
    return promised(svct_find_user(snapshot, name, ret_user));
}

static int take_user(void *arg, const struct svct_snapshot *snapshot,
                     const struct svct_key *key)
{
    const struct target *target = arg;
    struct svct_pubuser user;
    int r;

    if (key->data[0] != SVCT_KIND_PUBUSER)
        return SVCT_E_NOTFOUND;
    r = user_at(snapshot, key, &user);
    if (r != 0)
        return r;
    return svct_pack_passwd(&user, target->buffer, target->len, target->result);
}

static int own_group_at(const struct svct_snapshot *snapshot,
                        const struct svct_key *key,
                        struct svct_pubgroup *ret_group)
{
    struct svct_pubuser user;
    int r = user_at(snapshot, key, &user);

    return r == 0 ? svct_find_own_group(&user, ret_group) : r;
}

/* One of the host's is for the host to list. */
static int role_group_at(const struct svct_snapshot *snapshot,
                         const struct svct_key *key,
                         struct svct_pubgroup *ret_group)
{
    char name[SVCT_WORD_MAX + 1];
    int r;

    if (!svct_find_key_name(key, name))
        return SVCT_E_DAMAGED;
    r = promised(svct_publook_group(snapshot, name, ret_group));
    return r == 0 && ret_group->gid == 0 ? SVCT_E_NOTFOUND : r;
}

static int take_group(void *arg, const struct svct_snapshot *snapshot,
                      const struct svct_key *key)
{
    const struct target *target = arg;
    struct svct_pubgroup group;
    int r = SVCT_E_NOTFOUND;

    if (key->data[0] == SVCT_KIND_PUBGROUP)
        r = role_group_at(snapshot, key, &group);
    else if (key->data[0] == SVCT_KIND_PUBUSER)
        r = own_group_at(snapshot, key, &group);
    if (r != 0)
        return r;
    return svct_members_pack(snapshot, &group, target->buffer, target->len,
                             target->result);
}

static enum nss_status reset(struct svct_walk *walk)
{
    struct call call = call_begin();
    int unused = 0;

    svct_walk_reset(walk);
    return call_end(&call, 0, &unused);
}

enum nss_status _nss_svctoken_setpwent(int stayopen)
{
    (void)stayopen;
    return reset(&passwd_walk);
}

enum nss_status _nss_svctoken_getpwent_r(struct passwd *result, char *buffer,
                                         size_t len, int *errnop)
{
    struct target target = {result, buffer, len};
    struct call call = call_begin();

    return call_end(&call, svct_walk_next(&passwd_walk, take_user, &target),
                    errnop);
}

enum nss_status _nss_svctoken_endpwent(void)
{
    return reset(&passwd_walk);
}

enum nss_status _nss_svctoken_setgrent(int stayopen)
{
    (void)stayopen;
    return reset(&group_walk);
}

enum nss_status _nss_svctoken_getgrent_r(struct group *result, char *buffer,
                                         size_t len, int *errnop)
{
    struct target target = {result, buffer, len};
    struct call call = call_begin();

    return call_end(&call, svct_walk_next(&group_walk, take_group, &target),
                    errnop);
}

enum nss_status _nss_svctoken_endgrent(void)
{
    return reset(&group_walk);
}
