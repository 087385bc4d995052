/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nsscheck.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "base/safefile.h"
#include "program.h"

/* ---- the module ---- */

/* The folders that this host's libc has by itself, for a sentence. */
static void list_folders(char *out, size_t size)
{
    void *self = dlopen(NULL, RTLD_LAZY);
    Dl_serinfo head, *all = NULL;
    size_t len = 0;

    out[0] = '\0';
    if (self != NULL && dlinfo(self, RTLD_DI_SERINFOSIZE, &head) == 0)
        all = malloc(head.dls_size);
    if (all != NULL && dlinfo(self, RTLD_DI_SERINFOSIZE, all) == 0 &&
        dlinfo(self, RTLD_DI_SERINFO, all) == 0) {
        for (unsigned i = 0; i < all->dls_cnt && len < size; i++)
            len += (size_t)snprintf(out + len, size - len, ", %s",
                                    all->dls_serpath[i].dls_name);
    }
    free(all);
    if (self != NULL)
        dlclose(self);
}

/* What dlerror says lasts until the next call of its kind. */
static int not_loaded(struct svct_fault *fault)
{
    const char *words = dlerror();
    char why[100], folders[120];

    snprintf(why, sizeof(why), "%s",
             words != NULL ? words : SVCT_NSSCHECK_MODULE);
    list_folders(folders, sizeof(folders));
    return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                          "libc can't load %s (looked for where ldconfig(8) "
                          "has seen it%s)",
                          why, folders);
}

static const char *missing_entry(void *module)
{
    static const char *const entries[] = {
        "getpwnam_r", "getpwuid_r", "setpwent",      "getpwent_r",
        "endpwent",   "getgrnam_r", "getgrgid_r",    "setgrent",
        "getgrent_r", "endgrent",   "initgroups_dyn"};
    char symbol[60];

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        snprintf(symbol, sizeof(symbol), "_nss_svctoken_%s", entries[i]);
        if (dlsym(module, symbol) == NULL)
            return entries[i];
    }
    return NULL;
}

int svct_nsscheck_module(struct svct_fault *fault)
{
    void *module = dlopen(SVCT_NSSCHECK_MODULE, RTLD_NOW | RTLD_LOCAL);
    const char *missing;
    int r = 0;

    if (module == NULL)
        return not_loaded(fault);
    missing = missing_entry(module);
    if (missing != NULL)
        r = svct_fault_set(fault, SVCT_E_VERSION, 0,
                           SVCT_NSSCHECK_MODULE
                           " has no _nss_svctoken_%s: it is another one",
                           missing);
    dlclose(module);
    return r;
}

/* ---- the accounts ---- */

static int count(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    struct svct_nsscheck_accounts *accounts = arg;
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r < 0)
        return r;
    if (account.uid == 0) {
        accounts->existing++;
        return 0;
    }
    accounts->alone++;
    if (accounts->first[0] == '\0' ||
        strcmp(account.name, accounts->first) < 0) {
        snprintf(accounts->first, sizeof(accounts->first), "%s", account.name);
        accounts->first_uid = account.uid;
    }
    return 0;
}

int svct_nsscheck_accounts(const char *db,
                           struct svct_nsscheck_accounts *ret_accounts,
                           struct svct_fault *fault)
{
    struct svct_nsscheck_accounts accounts = {.first = ""};
    struct svct_snapshot *snapshot;
    int dir_fd = -1, r = svct_safefile_open_dir(db, &dir_fd, fault);

    if (r < 0)
        return r;
    r = svct_snapshot_open(dir_fd, SVCT_PART_PRIVATE, &snapshot, fault);
    if (r == 0) {
        r = svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, count, &accounts,
                               fault);
        svct_snapshot_free(snapshot);
    }
    close(dir_fd);
    if (r == 0)
        *ret_accounts = accounts;
    return r;
}

/* ---- a look ---- */

#define RECORD_MAX 65536 /* bytes of a record of passwd */

bool svct_nsscheck_finds(const char *name, uid_t uid)
{
    char *room = malloc(RECORD_MAX);
    struct passwd user, *found = NULL;
    bool finds = room != NULL &&
                 getpwnam_r(name, &user, room, RECORD_MAX, &found) == 0 &&
                 found != NULL && user.pw_uid == uid;

    free(room);
    return finds;
}

/* getent(1) exits with 2 for "not found". */
bool svct_nsscheck_survives(void)
{
    static const char *const paths[] = {"/usr/bin/getent", "/bin/getent", NULL};
    const char *getent = svct_program_find(paths);
    const char *const argv[] = {getent,   "-s",           "svctoken",
                                "passwd", "svctoken-ask", NULL};
    int code = getent != NULL ? svct_program_code(argv) : 0;

    return code == 0 || code == 2;
}

bool svct_nsscheck_finds_anew(const char *name)
{
    static const char *const paths[] = {"/usr/bin/getent", "/bin/getent", NULL};
    const char *getent = svct_program_find(paths);
    const char *const argv[] = {getent, "passwd", name, NULL};

    return getent != NULL && svct_program_run(argv);
}

/* As nss_database.c of glibc does since 2.33. */
bool svct_nsscheck_rereads(void)
{
    return strverscmp(gnu_get_libc_version(), "2.33") >= 0;
}
