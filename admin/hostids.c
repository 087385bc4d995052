/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "hostids.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "unixgroup.h"

/* One by one, some three for each account; then enumerating is cheaper. */
#define ASKED_MAX 150
#define LINE_ROOM 1024

void svct_hostids_done(struct svct_hostids *ids)
{
    free(ids->uid);
    free(ids->gid);
    svct_namelist_done(&ids->names);
    *ids = (struct svct_hostids){.asked = 0};
}

/* ---- can it be enumerated? ---- */

static bool enumerates(const char *service)
{
    static const char *const known[] = {"files", "systemd", "svctoken"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(service, known[i]) == 0)
            return true;
    }
    return false;
}

/* "files systemd svctoken", as it stands behind "passwd:". An action in
 * brackets is no service that is known here. */
static bool all_enumerate(char *services)
{
    char *rest = NULL;

    for (char *word = strtok_r(services, " \t\n", &rest); word != NULL;
         word = strtok_r(NULL, " \t\n", &rest)) {
        if (word[0] == '#')
            return true;
        if (!enumerates(word))
            return false;
    }
    return true;
}

/* Both users and groups. That it can't be told is no. */
static bool is_enumerable(void)
{
    FILE *file = fopen("/etc/nsswitch.conf", "re");
    unsigned found = 0;
    char line[LINE_ROOM];

    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strchr(line, '\n') == NULL)
            break; /* too long to tell */
        if (strncmp(line, "passwd:", 7) == 0)
            found += all_enumerate(line + 7) ? 1 : 100;
        if (strncmp(line, "group:", 6) == 0)
            found += all_enumerate(line + 6) ? 1 : 100;
    }
    fclose(file);
    return found == 2;
}

/* ---- enumerating ---- */

static bool add(uint32_t **ids, size_t *count, size_t *room, uint32_t id)
{
    size_t wanted = *room == 0 ? 64 : *room * 2;
    uint32_t *more = *ids;

    if (*count == *room) {
        more = reallocarray(*ids, wanted, sizeof(*more));
        if (more == NULL)
            return false;
        *ids = more;
        *room = wanted;
    }
    more[(*count)++] = id;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void sort(void *items, size_t count, size_t size,
                 int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(items, count, size, compare);
}

/* The first count names are sorted. */
static bool has_name(const struct svct_hostids *ids, size_t count,
                     const char *name)
{
    return count > 0 && bsearch(name, ids->names.name, count,
                                sizeof(*ids->names.name), by_name);
}

/* A name that no account can have is not asked for. */
static bool add_name(struct svct_hostids *ids, const char *name)
{
    return svct_namelist_add(&ids->names, name) != SVCT_E_NOMEM;
}

static void sort_names(struct svct_hostids *ids)
{
    sort(ids->names.name, ids->names.count, sizeof(*ids->names.name), by_name);
}

static bool add_users(struct svct_hostids *ids)
{
    struct passwd *pw;
    bool good = true;

    setpwent();
    while (good && (errno = 0, pw = getpwent()) != NULL)
        good = add(&ids->uid, &ids->uids, &ids->uids_room, pw->pw_uid) &&
               add_name(ids, pw->pw_name);
    good = good && (errno == 0 || errno == ENOENT);
    endpwent();
    sort(ids->uid, ids->uids, sizeof(*ids->uid), by_number);
    sort_names(ids);
    return good;
}

/* Most users have a group of their name. */
static bool add_groups(struct svct_hostids *ids)
{
    size_t users = ids->names.count;
    struct group *group;
    bool good = true;

    setgrent();
    while (good && (errno = 0, group = getgrent()) != NULL)
        good = add(&ids->gid, &ids->gids, &ids->gids_room, group->gr_gid) &&
               (has_name(ids, users, group->gr_name) ||
                add_name(ids, group->gr_name));
    good = good && (errno == 0 || errno == ENOENT);
    endgrent();
    sort(ids->gid, ids->gids, sizeof(*ids->gid), by_number);
    sort_names(ids);
    return good;
}

/* Is all of it here? Counts a question. */
static bool is_whole(struct svct_hostids *ids)
{
    if (ids->looked || ids->asked++ < ASKED_MAX)
        return ids->whole;
    ids->looked = true;
    ids->whole = is_enumerable() && add_users(ids) && add_groups(ids);
    return ids->whole;
}

/* ---- asking ---- */

static bool has(const uint32_t *ids, size_t count, uint32_t id)
{
    return count > 0 && bsearch(&id, ids, count, sizeof(*ids), by_number);
}

/* Whose it is, the host says itself. */
int svct_hostids_owner(struct svct_hostids *ids, uint32_t id, bool user_only,
                       struct svct_unixid *ret_owner, struct svct_fault *fault)
{
    if (!is_whole(ids) || has(ids->uid, ids->uids, id) ||
        (!user_only && has(ids->gid, ids->gids, id)))
        return svct_unixid_owner(id, user_only, ret_owner, fault);
    *ret_owner = (struct svct_unixid){.kind = SVCT_UNIXID_NOBODY};
    return 0;
}

/* Certainly neither a user's nor a group's. */
static bool is_nobodys(struct svct_hostids *ids, const char *name)
{
    return is_whole(ids) && !has_name(ids, ids->names.count, name);
}

int svct_hostids_user(struct svct_hostids *ids, const char *name,
                      struct svct_unixuser *ret_user, struct svct_fault *fault)
{
    if (!is_nobodys(ids, name))
        return svct_unixuser_find(name, ret_user, fault);
    *ret_user = (struct svct_unixuser){.exists = false};
    return 0;
}

int svct_hostids_group(struct svct_hostids *ids, const char *name,
                       uint32_t *ret_gid, struct svct_fault *fault)
{
    return is_nobodys(ids, name) ? SVCT_E_NOTFOUND
                                 : svct_unixgroup_gid(name, ret_gid, fault);
}
