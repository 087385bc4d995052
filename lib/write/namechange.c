/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/namechange.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/snapshot.h"

#define NAMES_STALE_FILE "names.stale"

void svct_namechange_done(struct svct_namechange *change)
{
    svct_namelist_done(&change->listed);
    svct_namelist_done(&change->added);
    svct_namelist_done(&change->removed);
}

void svct_namechange_begin_empty(struct svct_namechange *change)
{
    change->known = change->renew = true;
}

static int add_account_name(void *arg, const struct svct_key *key,
                            struct svct_record *record)
{
    struct svct_namelist *list = arg;
    char name[SVCT_LOGIN_MAX + 1];
    size_t len = key->len - 9; /* kind and hash stand before the name */

    (void)record;
    if (key->len < 10 || len >= sizeof name)
        return SVCT_E_DAMAGED;
    memcpy(name, key->data + 9, len);
    name[len] = '\0';
    return svct_namelist_add(list, name) == SVCT_E_NOMEM ? SVCT_E_NOMEM : 0;
}

/* Adds the accounts of the generation that it began from: that one is what
 * readers see, and it holds none of the changes made so far. */
static int list_accounts(struct svct_namechange *change,
                         struct svct_namelist *list, struct svct_fault *fault)
{
    struct svct_snapshot *snapshot;
    int r;

    r = svct_snapshot_open(change->dir_fd, SVCT_PART_PRIVATE, &snapshot, fault);
    if (r != 0)
        return r;
    r = svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, add_account_name, list,
                           fault);
    svct_snapshot_free(snapshot);
    return r;
}

/* Also when that can't be told. */
static bool is_there(const struct svct_namechange *change, const char *name)
{
    return faccessat(change->dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
}

void svct_namechange_mend(struct svct_namechange *change)
{
    struct svct_namelist list = {.count = 0};

    if (!is_there(change, NAMES_STALE_FILE) &&
        is_there(change, SVCT_NAMES_FILE))
        return;
    change->unsure =
        list_accounts(change, &list, NULL) != 0 ||
        svct_namelist_write(&list, NULL, change->dir_fd, NULL) != 0;
    svct_namelist_done(&list);
    if (!change->unsure)
        unlinkat(change->dir_fd, NAMES_STALE_FILE, 0);
}

/* One that is there already needs nothing of a full disk. */
static bool use_spare(struct svct_namechange *change)
{
    return change->spare_fd >= 0 &&
           renameat(change->spare_fd, NAMES_STALE_FILE, change->dir_fd,
                    NAMES_STALE_FILE) == 0;
}

static int mark_names_stale(struct svct_namechange *change,
                            struct svct_fault *fault)
{
    int fd = -1;
    bool good = use_spare(change);

    if (!good) {
        fd = openat(change->dir_fd, NAMES_STALE_FILE,
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        good = fd >= 0;
    }
    if (!good || fsync(change->dir_fd) != 0) {
        int r = svct_fault_errno(fault, errno, "can't make the file %s",
                                 NAMES_STALE_FILE);

        if (fd >= 0)
            close(fd);
        return r;
    }
    if (fd >= 0)
        close(fd);
    return 0;
}

/* What "names" lists now; from the accounts what can't be taken from it. */
static int know_names(struct svct_namechange *change)
{
    int r;

    if (change->known)
        return 0;
    r = svct_namelist_read(&change->listed, change->dir_fd, NULL);
    if (r == SVCT_E_DAMAGED || r == SVCT_E_UNSAFE) {
        svct_namelist_done(&change->listed);
        change->renew = true;
        r = 0;
    }
    if (r == 0 && (change->renew || change->unsure))
        r = list_accounts(change, &change->listed, NULL);
    change->known = r == 0;
    return r;
}

int svct_namechange_begin_anew(struct svct_namechange *change,
                               struct svct_fault *fault)
{
    struct svct_namelist accounts = {.count = 0};
    int r = svct_namelist_read(&change->listed, change->dir_fd, fault);

    if (r == SVCT_E_DAMAGED || r == SVCT_E_UNSAFE) {
        svct_namelist_done(&change->listed);
        r = 0;
    }
    if (r == 0 && list_accounts(change, &accounts, NULL) == 0 &&
        svct_namelist_add_all(&change->listed, &accounts) != 0)
        r = svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    svct_namelist_done(&accounts);
    change->known = change->renew = change->anew = true;
    return r;
}

int svct_namechange_add(struct svct_namechange *change, const char *name)
{
    int r = know_names(change);

    if (r != 0)
        return r;
    svct_namelist_drop(&change->removed, name);
    return svct_namelist_add(&change->added, name);
}

int svct_namechange_remove(struct svct_namechange *change, const char *name)
{
    int r = know_names(change);

    if (r != 0)
        return r;
    svct_namelist_drop(&change->added, name);
    return svct_namelist_add(&change->removed, name);
}

/* Writes what was listed, with the names that are added or without, and
 * without those that are removed or with them. */
static int write_names(struct svct_namechange *change, bool with_added,
                       bool without_removed, struct svct_fault *fault)
{
    struct svct_namelist list = {.count = 0};
    int r = 0;

    if (!change->anew || !without_removed)
        r = svct_namelist_add_all(&list, &change->listed);
    if (r == 0 && with_added)
        r = svct_namelist_add_all(&list, &change->added);
    if (r != 0)
        svct_fault_set(fault, r, 0, "the file names: %s", svct_err_text(r));
    else
        r = svct_namelist_write(&list,
                                without_removed ? &change->removed : NULL,
                                change->dir_fd, fault);
    svct_namelist_done(&list);
    return r;
}

int svct_namechange_before(struct svct_namechange *change,
                           struct svct_fault *fault)
{
    int r;

    if (change->added.count == 0 && change->removed.count == 0 &&
        !change->renew)
        return 0;
    r = mark_names_stale(change, fault);
    if (r != 0)
        return r;
    change->touched = true;
    return change->added.count > 0 ? write_names(change, true, false, fault)
                                   : 0;
}

/* That it can't be written leaves the mark, and the next writer mends it. */
void svct_namechange_after(struct svct_namechange *change, bool published)
{
    bool good = true;

    if (!change->touched)
        return;
    if (!published && change->added.count > 0)
        good = write_names(change, false, false, NULL) == 0;
    if (published && (change->removed.count > 0 || change->renew))
        good = write_names(change, true, true, NULL) == 0;
    if (good && !change->unsure)
        unlinkat(change->dir_fd, NAMES_STALE_FILE, 0);
}
