/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pubworld.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include "../../nss/place.h"
#include "base/parse.h"
#include "base/safefile.h"

static const char *dir = TESTDB;
static const char *group_file = PUBWORLD_GROUP_FILE;

const char *svct_nss_dir(void)
{
    return dir;
}

const char *svct_nss_passwd_file(void)
{
    return PUBWORLD_PASSWD_FILE;
}

const char *svct_nss_group_file(void)
{
    return group_file;
}

void pubworld_look_at(const char *new_dir, const char *new_group_file)
{
    dir = new_dir;
    group_file = new_group_file;
}

static void put_roles(struct svct_txn *txn)
{
    static const char *const admin[] = {"svcadm=70000", "docker=0", "ghost=0",
                                        "rootly=0", NULL};
    static const char *const editor[] = {"svcadm=70000", "edit=70001", NULL};
    static const char *const none[] = {NULL};
    struct svct_pubpage page = {.count = 1, .names = {"lone"}};

    pubdb_put_role(txn, "Admin", PUBWORLD_WEBS, admin);
    pubdb_put_role(txn, "Editor", PUBWORLD_EDS, editor);
    pubdb_put_role(txn, "Lonely", 1, none);
    pubdb_put_page(txn, "Lonely", 0, &page);
}

static void put_groups(struct svct_txn *txn)
{
    static const char *const both[] = {"Admin", "Editor", NULL};
    static const char *const admin[] = {"Admin", NULL};
    static const char *const editor[] = {"Editor", NULL};

    pubdb_put_group(txn, "svcadm", 70000, both);
    pubdb_put_id(txn, 70000, SVCT_PUBID_GROUP, "svcadm");
    pubdb_put_group(txn, "edit", 70001, editor);
    pubdb_put_id(txn, 70001, SVCT_PUBID_GROUP, "edit");
    pubdb_put_group(txn, "docker", 0, admin);
    pubdb_put_group(txn, "ghost", 0, admin);
    pubdb_put_group(txn, "rootly", 0, admin);
}

void pubworld_make(const char *where)
{
    struct svct_pubuser lone = pubdb_user("lone", 67000, 100, "Lonely");
    struct svct_txn *txn;

    testdb_init(where);
    txn = testdb_begin(where);
    pubdb_fill(txn, "Admin", "web", 65536, PUBWORLD_WEBS);
    pubdb_fill(txn, "Editor", "ed", 66000, PUBWORLD_EDS);
    pubdb_put_user(txn, &lone);
    pubdb_put_id(txn, 67000, SVCT_PUBID_USER, "lone");
    put_roles(txn);
    put_groups(txn);
    testdb_commit(txn);
    privdir_write(PUBWORLD_PASSWD_FILE, "root:x:0:0::/root:/bin/sh\n"
                                        "alice:x:1000:1000::/:/bin/sh\n");
    privdir_write(PUBWORLD_GROUP_FILE, "root:x:0:\n"
                                       "docker:x:998:alice\n"
                                       "rootly:x:0:\n"
                                       "users:x:100:\n");
}

bool pubworld_make_hosts(void)
{
    char parent[] = SVCT_DBDIR;
    const char *reason = NULL;
    int fd;

    if (!privdir_cover(SVCT_DBDIR, &reason)) {
        printf("no lookup: %s\n", reason);
        return false;
    }
    *strrchr(parent, '/') = '\0';
    if (svct_safefile_open_dir(parent, &fd, NULL) != 0) {
        printf("no lookup: %s is not safe\n", parent);
        return false;
    }
    close(fd);
    pubworld_make(SVCT_DBDIR);
    return true;
}

int pubworld_open_file(void)
{
    int fd = open(testdb_path(TESTDB, SVCT_PART_PUBLIC), O_RDWR | O_CLOEXEC);

    if (fd < 0)
        abort();
    return fd;
}

/* The number behind a prefix, below "most"; most if it is not of that form. */
static uint32_t number_of(const char *name, const char *prefix, uint32_t most)
{
    uint64_t number;

    if (strncmp(name, prefix, strlen(prefix)) != 0 ||
        svct_parse_number(name + strlen(prefix), 0, most - 1, &number) != 0)
        return most;
    return (uint32_t)number;
}

bool pubworld_is_true(const struct passwd *passwd)
{
    uint32_t web = number_of(passwd->pw_name, "web", PUBWORLD_WEBS);
    uint32_t ed = number_of(passwd->pw_name, "ed", PUBWORLD_EDS);
    struct svct_pubuser user;

    if (web < PUBWORLD_WEBS)
        user = pubdb_user(passwd->pw_name, 65536 + web, 65536 + web, "Admin");
    else if (ed < PUBWORLD_EDS)
        user = pubdb_user(passwd->pw_name, 66000 + ed, 66000 + ed, "Editor");
    else if (strcmp(passwd->pw_name, "lone") == 0)
        user = pubdb_user(passwd->pw_name, 67000, 100, "Lonely");
    else
        return false;
    return passwd->pw_uid == user.uid && passwd->pw_gid == user.gid &&
           strcmp(passwd->pw_passwd, "*") == 0 &&
           strcmp(passwd->pw_gecos, user.gecos) == 0 &&
           strcmp(passwd->pw_dir, user.home) == 0 &&
           strcmp(passwd->pw_shell, user.shell) == 0;
}
