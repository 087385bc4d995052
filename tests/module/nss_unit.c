/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * The name service module through its entry points, over databases as they
 * should be, and as they should not. All but one lookup is of the core's
 * objects, which look into TESTDB.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/fault.h"
#include "../support/largest.h"
#include "../support/pubworld.h"
#include "base/safefile.h"
#include "members.h"
#include "nss_svctoken.h"

/* What a sanitizer adds to each frame is not counted. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef SANITIZED
#define SMALLEST_STACK ((size_t)1 << 18)
#else
#define SMALLEST_STACK ((size_t)sysconf(_SC_THREAD_STACK_MIN))
#endif

#define MARK 4242 /* an errno that nobody sets */
#define NOBODY 65534

#define SUCCESS NSS_STATUS_SUCCESS
#define NOTFOUND NSS_STATUS_NOTFOUND
#define UNAVAIL NSS_STATUS_UNAVAIL
#define TRYAGAIN NSS_STATUS_TRYAGAIN

/* ---- calling ---- */

static char buffer[1 << 18];
static size_t room = sizeof buffer;
static struct passwd passwd;
static struct group group;
static int code; /* what *errnop was set to; 0: it was not */

static long start, size;
static gid_t *gids;

/* errno stays, and *errnop when there is nothing to tell. */
static enum nss_status checked(enum nss_status status)
{
    assert_int_equal(errno, MARK);
    if (status == SUCCESS || status == NOTFOUND)
        assert_int_equal(code, 0);
    else
        assert_int_not_equal(code, 0);
    return status;
}

static void before(void)
{
    errno = MARK;
    code = 0;
}

static enum nss_status getpwnam_is(const char *name)
{
    before();
    return checked(
        _nss_svctoken_getpwnam_r(name, &passwd, buffer, room, &code));
}

static enum nss_status getpwuid_is(uid_t uid)
{
    before();
    return checked(_nss_svctoken_getpwuid_r(uid, &passwd, buffer, room, &code));
}

static enum nss_status getgrnam_is(const char *name)
{
    before();
    return checked(_nss_svctoken_getgrnam_r(name, &group, buffer, room, &code));
}

static enum nss_status getgrgid_is(gid_t gid)
{
    before();
    return checked(_nss_svctoken_getgrgid_r(gid, &group, buffer, room, &code));
}

static enum nss_status getpwent_is(void)
{
    before();
    return checked(_nss_svctoken_getpwent_r(&passwd, buffer, room, &code));
}

static enum nss_status getgrent_is(void)
{
    before();
    return checked(_nss_svctoken_getgrent_r(&group, buffer, room, &code));
}

/* Over an empty list; free it. */
static enum nss_status initgroups_is(const char *user, gid_t primary)
{
    start = size = 0;
    gids = NULL;
    before();
    return checked(_nss_svctoken_initgroups_dyn(user, primary, &start, &size,
                                                &gids, 0, &code));
}

static enum nss_status only_initgroups(const char *user)
{
    enum nss_status status = initgroups_is(user, 5);

    free(gids);
    return status;
}

static void reset_all(void)
{
    before();
    assert_int_equal(checked(_nss_svctoken_endpwent()), SUCCESS);
    assert_int_equal(checked(_nss_svctoken_endgrent()), SUCCESS);
}

static int fresh(void **state)
{
    (void)state;
    pubworld_look_at(TESTDB, PUBWORLD_GROUP_FILE);
    pubworld_make(TESTDB);
    reset_all();
    room = sizeof buffer;
    return 0;
}

/* Every kind of lookup, of what is there. A walk begins anew. */
static enum nss_status lookup(unsigned kind)
{
    switch (kind) {
    case 0:
        return getpwnam_is("web3");
    case 1:
        return getpwuid_is(65536 + 3);
    case 2:
        return getgrnam_is("svcadm");
    case 3:
        return getgrgid_is(70000);
    case 4:
        return getgrnam_is("web3");
    case 5:
        return getgrgid_is(65536 + 3);
    case 6:
        return getgrnam_is("docker");
    case 7:
        return only_initgroups("web3");
    case 8:
        assert_int_equal(_nss_svctoken_setpwent(0), SUCCESS);
        return getpwent_is();
    default:
        assert_int_equal(_nss_svctoken_setgrent(0), SUCCESS);
        return getgrent_is();
    }
}
#define LOOKUPS 10u

static void all_are(enum nss_status status, int expected)
{
    unsigned descriptors = testdb_descriptors();

    for (unsigned kind = 0; kind < LOOKUPS; kind++) {
        assert_int_equal(lookup(kind), status);
        assert_int_equal(code, expected);
        reset_all();
        assert_int_equal(testdb_descriptors(), descriptors);
    }
}

/* ---- what is there ---- */

static void users_by_name_and_uid(void **state)
{
    unsigned descriptors = testdb_descriptors();

    (void)state;
    assert_int_equal(getpwnam_is("web69"), SUCCESS);
    assert_string_equal(passwd.pw_name, "web69");
    assert_true(pubworld_is_true(&passwd));
    assert_int_equal(getpwuid_is(66001), SUCCESS);
    assert_string_equal(passwd.pw_name, "ed1");
    assert_true(pubworld_is_true(&passwd));
    assert_int_equal(getpwnam_is("lone"), SUCCESS);
    assert_int_equal(passwd.pw_gid, 100);
    assert_true(pubworld_is_true(&passwd));
    assert_int_equal(getpwnam_is("nobody-of-ours"), NOTFOUND);
    assert_int_equal(getpwnam_is("svcadm"), NOTFOUND);
    assert_int_equal(getpwuid_is(65535 + 80), NOTFOUND);
    assert_int_equal(getpwuid_is(70000), NOTFOUND); /* a group's */
    assert_int_equal(testdb_descriptors(), descriptors);
}

static size_t members(void)
{
    size_t count = 0;

    while (group.gr_mem[count] != NULL)
        count++;
    return count;
}

static bool has_member(const char *name)
{
    for (char **member = group.gr_mem; *member != NULL; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

static void is_group(const char *name, gid_t gid, size_t count)
{
    assert_string_equal(group.gr_name, name);
    assert_string_equal(group.gr_passwd, "*");
    assert_int_equal(group.gr_gid, gid);
    assert_int_equal(members(), count);
}

static void groups_by_name_and_gid(void **state)
{
    (void)state;
    assert_int_equal(getgrnam_is("svcadm"), SUCCESS);
    is_group("svcadm", 70000, PUBWORLD_WEBS + PUBWORLD_EDS);
    assert_true(has_member("web0") && has_member("web69") && has_member("ed2"));
    assert_false(has_member("lone"));
    assert_int_equal(getgrgid_is(70001), SUCCESS);
    is_group("edit", 70001, PUBWORLD_EDS);
    assert_int_equal(getgrnam_is("web7"), SUCCESS);
    is_group("web7", 65536 + 7, 0);
    assert_int_equal(getgrgid_is(65536 + 7), SUCCESS);
    is_group("web7", 65536 + 7, 0);
    assert_int_equal(getgrnam_is("lone"), NOTFOUND); /* its gid is the host's */
    assert_int_equal(getgrgid_is(67000), NOTFOUND);
    assert_int_equal(getgrnam_is("users"), NOTFOUND);
    assert_int_equal(getgrgid_is(77777), NOTFOUND);
}

static void groups_of_the_host(void **state)
{
    (void)state;
    assert_int_equal(getgrnam_is("docker"), SUCCESS);
    is_group("docker", 998, PUBWORLD_WEBS);
    assert_int_equal(getgrnam_is("ghost"), NOTFOUND);
    assert_int_equal(getgrnam_is("rootly"), NOTFOUND);
    assert_int_equal(getgrgid_is(998), NOTFOUND);
    privdir_write(PUBWORLD_GROUP_FILE, "docker:x:1998:\nghost:x:1999:\n");
    assert_int_equal(getgrnam_is("docker"), SUCCESS);
    is_group("docker", 1998, PUBWORLD_WEBS);
    assert_int_equal(getgrnam_is("ghost"), SUCCESS);
    assert_int_equal(getgrgid_is(1998), NOTFOUND);
    privdir_remove(PUBWORLD_GROUP_FILE);
    assert_int_equal(getgrnam_is("docker"), NOTFOUND);
    assert_int_equal(getgrnam_is("edit"), SUCCESS);
    pubworld_look_at(TESTDB, PRIVDIR); /* no regular file */
    assert_int_equal(getgrnam_is("docker"), UNAVAIL);
    assert_int_equal(code, EIO);
    assert_int_equal(only_initgroups("web1"), UNAVAIL);
    assert_int_equal(only_initgroups("ed1"), SUCCESS); /* has none of them */
}

static void groups_of_a_user(void **state)
{
    (void)state;
    assert_int_equal(initgroups_is("web0", 65536), SUCCESS);
    assert_int_equal(start, 2);
    assert_int_equal(gids[0], 70000);
    assert_int_equal(gids[1], 998);
    free(gids);
    assert_int_equal(initgroups_is("ed0", 70000), SUCCESS);
    assert_int_equal(start, 1);
    assert_int_equal(gids[0], 70001);
    free(gids);
    assert_int_equal(initgroups_is("lone", 100), SUCCESS);
    assert_int_equal(start, 0);
    free(gids);
    assert_int_equal(initgroups_is("alice", 100), NOTFOUND);
    assert_int_equal(start, 0);
    assert_null(gids);
}

/* libc asks for the groups of a name, whoever has it. */
static void groups_of_a_user_the_host_got_later(void **state)
{
    (void)state;
    privdir_write(PUBWORLD_PASSWD_FILE, "root:x:0:0::/root:/bin/sh\n"
                                        "web2:x:1001:1001::/:/bin/sh\n"
                                        "web3:x:0:0::/:/bin/sh\n");
    assert_int_equal(only_initgroups("web1"), SUCCESS);
    assert_int_equal(only_initgroups("web2"), NOTFOUND);
    assert_int_equal(only_initgroups("web3"), NOTFOUND);
    assert_int_equal(start, 0);
    assert_int_equal(unlink(PUBWORLD_PASSWD_FILE), 0);
    assert_int_equal(only_initgroups("web2"), SUCCESS);
    assert_int_equal(mkdir(PUBWORLD_PASSWD_FILE, 0755), 0);
    assert_int_equal(only_initgroups("web2"), UNAVAIL);
    assert_int_equal(rmdir(PUBWORLD_PASSWD_FILE), 0);
}

static void groups_into_a_list_that_has_some(void **state)
{
    (void)state;
    start = size = 2;
    gids = malloc(2 * sizeof *gids);
    gids[0] = 70001;
    gids[1] = 4;
    assert_int_equal(_nss_svctoken_initgroups_dyn("ed0", 66000, &start, &size,
                                                  &gids, 3, &code),
                     SUCCESS);
    assert_int_equal(start, 3);
    assert_int_equal(size, 3);
    assert_int_equal(gids[2], 70000);
    assert_int_equal(_nss_svctoken_initgroups_dyn("web0", 65536, &start, &size,
                                                  &gids, 3, &code),
                     SUCCESS);
    assert_int_equal(start, 3); /* the limit */
    free(gids);
}

/* No call that could fail is made at all. */
static void opens_nothing(enum nss_status (*call)(const char *name),
                          const char *name)
{
    fault_arm(FAULT_FAIL, true, 1);
    assert_int_equal(call(name), NOTFOUND);
    assert_false(fault_disarm());
}

static void what_can_not_be_ours_opens_nothing(void **state)
{
    static const uint32_t ids[] = {0,     1,     998,        999,
                                   65534, 65535, 4294967294, 4294967295};
    static const char *const names[] = {
        "",           "Root",
        "a b",        "a:b",
        "../etc",     "a\nb",
        "-a",         "0",
        "a.b",        "\xc3\xa4",
        "a$b",        "$",
        "a/b",        "+",
        "+@netgroup", "aaaaaaaaaabbbbbbbbbbccccccccccddd"};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        fault_arm(FAULT_FAIL, true, 1);
        assert_int_equal(getpwuid_is(ids[i]), NOTFOUND);
        assert_int_equal(getgrgid_is(ids[i]), NOTFOUND);
        assert_false(fault_disarm());
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        opens_nothing(getpwnam_is, names[i]);
        opens_nothing(only_initgroups, names[i]);
        if (strcmp(names[i], "Root") != 0 && strcmp(names[i], "a.b") != 0)
            opens_nothing(getgrnam_is, names[i]);
    }
}

/* ---- buffers ---- */

static void every_size_of_the_buffer(void **state)
{
    static const unsigned steps[LOOKUPS] = {1, 1, 7, 7, 1, 1, 7, 0, 1, 1};

    (void)state;
    for (unsigned kind = 0; kind < LOOKUPS; kind++) {
        if (steps[kind] == 0)
            continue; /* has none */
        room = 0;
        while (lookup(kind) != SUCCESS) {
            assert_int_equal(code, ERANGE);
            room += steps[kind];
            assert_true(room < 8192);
        }
        assert_true(room > 10);
        room = sizeof buffer;
    }
}

static void a_small_buffer_loses_no_entry(void **state)
{
    unsigned users = 0, groups = 0;
    char name[40];

    (void)state;
    do {
        room = 12;
        assert_int_equal(getpwent_is(), TRYAGAIN);
        assert_int_equal(code, ERANGE);
        assert_int_equal(getpwent_is(), TRYAGAIN);
        room = sizeof buffer;
        if (getpwent_is() != SUCCESS)
            break;
        assert_true(pubworld_is_true(&passwd));
    } while (++users < PUBWORLD_USERS);
    assert_int_equal(users, PUBWORLD_USERS);
    assert_int_equal(getpwent_is(), NOTFOUND);
    for (groups = 0; groups < PUBWORLD_GROUPS; groups++) {
        room = 9;
        assert_int_equal(getgrent_is(), TRYAGAIN);
        room = sizeof buffer;
        assert_int_equal(getgrent_is(), SUCCESS);
        snprintf(name, sizeof name, "%s", group.gr_name);
    }
    assert_int_equal(getgrent_is(), NOTFOUND);
    reset_all();
}

/* ---- members ---- */

static void make_big(uint32_t first, uint32_t second)
{
    static const char *const big[] = {"big=70002", NULL};
    static const char *const both[] = {"One", "Two", NULL};
    struct svct_txn *txn = testdb_begin(TESTDB);

    pubdb_fill(txn, "One", "one", 80000, first);
    pubdb_fill(txn, "Two", "two", 90000, second);
    pubdb_put_role(txn, "One", first, big);
    pubdb_put_role(txn, "Two", second, big);
    pubdb_put_group(txn, "big", 70002, both);
    pubdb_put_id(txn, 70002, SVCT_PUBID_GROUP, "big");
    testdb_commit(txn);
}

static void a_group_that_is_too_large_lists_none(void **state)
{
    (void)state;
    make_big(SVCT_NSS_MEMBERS_MAX - 100, 100);
    assert_int_equal(getgrnam_is("big"), SUCCESS);
    is_group("big", 70002, SVCT_NSS_MEMBERS_MAX);
    assert_true(has_member("one3995") && has_member("two99"));
    room = 32768;
    assert_int_equal(getgrnam_is("big"), TRYAGAIN);
    room = sizeof buffer;
    make_big(SVCT_NSS_MEMBERS_MAX - 100, 101);
    room = 64;
    assert_int_equal(getgrnam_is("big"), SUCCESS);
    is_group("big", 70002, 0);
    assert_int_equal(getgrgid_is(70002), SUCCESS);
    is_group("big", 70002, 0);
    assert_int_equal(initgroups_is("two100", 90100), SUCCESS);
    assert_int_equal(start, 1);
    assert_int_equal(gids[0], 70002);
    free(gids);
}

/* ---- the largest of everything ---- */

static void is_largest_user(const struct svct_account *account)
{
    assert_string_equal(passwd.pw_name, account->name);
    assert_int_equal(passwd.pw_uid, account->uid);
    assert_int_equal(passwd.pw_gid, account->gid);
    assert_int_equal(strlen(passwd.pw_gecos), SVCT_TEXT_MAX);
    assert_null(strchr(passwd.pw_gecos, ':'));
    assert_string_equal(passwd.pw_dir, account->home);
    assert_string_equal(passwd.pw_shell, account->shell);
}

static void is_in_all_groups(const struct svct_account *account)
{
    svct_word name;
    uint32_t gid;

    assert_int_equal(initgroups_is(account->name, account->gid), SUCCESS);
    assert_int_equal(start, SVCT_GROUPS_MAX);
    for (unsigned i = 0; i < SVCT_GROUPS_MAX; i++) {
        largest_group(i, name, &gid);
        assert_int_equal(gids[i], gid);
    }
    free(gids);
}

/* What the utility can write, everybody can read. */
static void the_largest_that_can_be_written(void **state)
{
    struct svct_txn *txn;
    svct_word name;
    uint32_t gid;

    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    largest_make(txn);
    testdb_commit(txn);
    for (unsigned i = 0; i < LARGEST_ACCOUNTS; i++) {
        struct svct_account account = largest_account(i);

        assert_int_equal(getpwnam_is(account.name), SUCCESS);
        is_largest_user(&account);
        assert_int_equal(getpwuid_is(account.uid), SUCCESS);
        is_largest_user(&account);
        assert_int_equal(getgrnam_is(account.name), SUCCESS);
        is_group(account.name, account.gid, 0);
        is_in_all_groups(&account);
    }
    for (unsigned i = 0; i < SVCT_GROUPS_MAX; i++) {
        largest_group(i, name, &gid);
        assert_int_equal(getgrnam_is(name), SUCCESS);
        is_group(name, gid, LARGEST_ACCOUNTS);
        assert_int_equal(getgrgid_is(gid), SUCCESS);
        is_group(name, gid, LARGEST_ACCOUNTS);
    }
}

/* ---- records that contradict each other ---- */

static void damage_is(enum nss_status status)
{
    assert_int_equal(status, UNAVAIL);
    assert_int_equal(code, EIO);
}

static void an_id_of_somebody_who_lacks_it(void **state)
{
    struct svct_key gone = svct_key_pubuser("web1");
    struct svct_pubuser other = pubdb_user("web2", 65999, 65999, "Admin");
    struct svct_key edit = svct_key_pubgroup("edit");
    static const char *const both[] = {"Admin", "Editor", NULL};
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    pubdb_remove(txn, &gone);
    pubdb_put_user(txn, &other);
    pubdb_remove(txn, &edit);
    pubdb_put_group(txn, "svcadm", 70009, both);
    testdb_commit(txn);
    damage_is(getpwuid_is(65537));
    damage_is(getgrgid_is(65537));
    damage_is(getpwuid_is(65538));
    damage_is(getgrgid_is(65538));
    damage_is(getgrgid_is(70000));
    damage_is(getgrgid_is(70001));
    assert_int_equal(getpwnam_is("web1"), NOTFOUND);
    assert_int_equal(getpwuid_is(65539), SUCCESS);
}

static void pages_that_do_not_hold_what_is_counted(void **state)
{
    static const char *const groups[] = {"svcadm=70000", NULL};
    struct svct_key page = svct_key_pubpage("Admin", 1);
    static const uint32_t counts[] = {0, 1, 63, 64, 69, 71, 128, 4000};

    (void)state;
    for (size_t i = 1; i < sizeof counts / sizeof counts[0]; i++) {
        struct svct_txn *txn = testdb_begin(TESTDB);

        pubdb_put_role(txn, "Admin", counts[i], groups);
        testdb_commit(txn);
        if (counts[i] == 64)
            assert_int_equal(getgrnam_is("svcadm"), SUCCESS);
        else
            damage_is(getgrnam_is("svcadm"));
    }
    fresh(state);
    {
        struct svct_txn *txn = testdb_begin(TESTDB);

        pubdb_remove(txn, &page);
        testdb_commit(txn);
    }
    damage_is(getgrnam_is("svcadm"));
    damage_is(getgrgid_is(70000));
    assert_int_equal(only_initgroups("web1"), SUCCESS);
}

static void a_role_that_lacks(void **state)
{
    struct svct_key role = svct_key_pubrole("Admin");
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    pubdb_remove(txn, &role);
    testdb_commit(txn);
    damage_is(only_initgroups("web1"));
    damage_is(getgrnam_is("svcadm"));
    damage_is(getgrnam_is("docker"));
    assert_int_equal(getpwnam_is("web1"), SUCCESS);
    assert_int_equal(getgrnam_is("edit"), SUCCESS);
}

/* A user, a role or a group of an older generation, whose record is sound. */
static void comes_back_user(const char *name, uint32_t uid, const char *role)
{
    struct svct_pubuser user = pubdb_user(name, uid, uid, role);
    struct svct_txn *txn = testdb_begin(TESTDB);

    pubdb_put_user(txn, &user);
    testdb_commit(txn);
}

static void a_deleted_user_who_comes_back(void **state)
{
    struct svct_txn *txn;

    (void)state;
    comes_back_user("gone", 65000, "Admin");
    damage_is(getpwnam_is("gone"));
    damage_is(getgrnam_is("gone"));
    damage_is(only_initgroups("gone"));
    assert_int_equal(getpwuid_is(65000), NOTFOUND);
    while (getpwent_is() == SUCCESS)
        assert_string_not_equal(passwd.pw_name, "gone");
    damage_is(checked(UNAVAIL));
    txn = testdb_begin(TESTDB);
    pubdb_put_id(txn, 65000, SVCT_PUBID_USER, "web1");
    testdb_commit(txn);
    damage_is(getpwnam_is("gone"));
    txn = testdb_begin(TESTDB);
    pubdb_put_id(txn, 65000, SVCT_PUBID_GROUP, "gone");
    testdb_commit(txn);
    damage_is(getpwnam_is("gone"));
}

static void a_former_role_that_comes_back(void **state)
{
    (void)state;
    comes_back_user("ed1", 66001, "Admin"); /* web0 is in that place */
    damage_is(only_initgroups("ed1"));
    assert_int_equal(getpwnam_is("ed1"), SUCCESS);
    comes_back_user("lone", 67000, "None"); /* has no members */
    damage_is(only_initgroups("lone"));
}

static void former_groups_that_come_back(void **state)
{
    static const char *const more[] = {"svcadm=70000", "edit=70001", NULL};
    static const char *const other_gid[] = {"svcadm=70002", NULL};
    static const char *const nobodys[] = {"svcadm=70000", "old=70003", NULL};
    static const char *const *const groups[] = {more, other_gid, nobodys};
    static const char *const roles[] = {"Editor", "Lonely", NULL};
    struct svct_txn *txn;

    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        txn = testdb_begin(TESTDB);
        pubdb_put_role(txn, "Admin", PUBWORLD_WEBS, groups[i]);
        testdb_commit(txn);
        damage_is(only_initgroups("web1"));
    }
    txn = testdb_begin(TESTDB);
    pubdb_put_group(txn, "edit", 70001, roles); /* and Lonely lacks it */
    testdb_commit(txn);
    damage_is(getgrnam_is("edit"));
    damage_is(getgrgid_is(70001));
}

/* ---- enumerations ---- */

static unsigned count_users(void)
{
    unsigned count = 0;
    enum nss_status status;

    while ((status = getpwent_is()) == SUCCESS) {
        assert_true(pubworld_is_true(&passwd));
        count++;
    }
    assert_int_equal(status, NOTFOUND);
    return count;
}

static void all_users_once(void **state)
{
    bool seen[PUBWORLD_USERS] = {false};
    unsigned descriptors = testdb_descriptors();

    (void)state;
    for (int round = 0; round < 2; round++) {
        memset(seen, 0, sizeof seen);
        for (unsigned i = 0; i < PUBWORLD_USERS; i++) {
            unsigned at;

            assert_int_equal(getpwent_is(), SUCCESS);
            assert_true(pubworld_is_true(&passwd));
            at = passwd.pw_uid < 66000   ? passwd.pw_uid - 65536
                 : passwd.pw_uid < 67000 ? passwd.pw_uid - 66000 + PUBWORLD_WEBS
                                         : PUBWORLD_USERS - 1;
            assert_false(seen[at]);
            seen[at] = true;
        }
        assert_int_equal(getpwent_is(), NOTFOUND);
        /* The end gives back what was open, and stays the end. */
        assert_int_equal(testdb_descriptors(), descriptors);
        assert_int_equal(getpwent_is(), NOTFOUND);
        assert_int_equal(_nss_svctoken_setpwent(1), SUCCESS);
    }
}

static void all_own_groups_once(void **state)
{
    unsigned own = 0, of_roles = 0;

    (void)state;
    while (getgrent_is() == SUCCESS) {
        if (group.gr_gid >= 70000) {
            of_roles++;
            assert_int_equal(members(), group.gr_gid == 70000
                                            ? PUBWORLD_WEBS + PUBWORLD_EDS
                                            : PUBWORLD_EDS);
        } else {
            own++;
            assert_int_equal(members(), 0);
        }
        assert_string_not_equal(group.gr_name, "docker");
        assert_string_not_equal(group.gr_name, "lone");
    }
    assert_int_equal(own, PUBWORLD_WEBS + PUBWORLD_EDS);
    assert_int_equal(of_roles, 2);
    reset_all();
}

static void both_enumerations_at_once(void **state)
{
    unsigned users = 0, groups = 0;

    (void)state;
    while (getpwent_is() == SUCCESS) {
        users++;
        groups += getgrent_is() == SUCCESS;
        assert_int_equal(getpwnam_is("web3"), SUCCESS);
    }
    while (getgrent_is() == SUCCESS)
        groups++;
    assert_int_equal(users, PUBWORLD_USERS);
    assert_int_equal(groups, PUBWORLD_GROUPS);
    reset_all();
}

static void commits(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct svct_pubuser user = pubdb_user("late", 68000, 68000, "Lonely");
        struct svct_txn *txn = testdb_begin(TESTDB);

        pubdb_put_user(txn, &user);
        pubdb_put_id(txn, 68000, SVCT_PUBID_USER, "late");
        testdb_commit(txn);
    }
}

static void a_commit_does_not_disturb_an_enumeration(void **state)
{
    (void)state;
    assert_int_equal(getpwent_is(), SUCCESS);
    commits(8);
    assert_int_equal(1 + count_users(), PUBWORLD_USERS);
    assert_int_equal(getpwnam_is("late"), SUCCESS);
    assert_int_equal(_nss_svctoken_setpwent(0), SUCCESS);
    for (unsigned i = 0; i < PUBWORLD_USERS + 1; i++)
        assert_int_equal(getpwent_is(), SUCCESS);
    assert_int_equal(getpwent_is(), NOTFOUND);
}

/* Runs in a child: a failed assert of cmocka's must not go on from there. */
#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                       \
        }                                                                   \
    } while (0)

static void child_ends_well(pid_t child)
{
    int status;

    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The open public file; -1: none. */
static int public_fd(void)
{
    char path[64], target[256];
    int found = -1;

    for (int fd = 0; fd < 64; fd++) {
        ssize_t len;

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        len = readlink(path, target, sizeof target - 1);
        if (len > 0 && memmem(target, (size_t)len, "public.gdbm", 11) != NULL)
            found = fd;
    }
    return found;
}

static enum nss_status plain_getpwent(void)
{
    return _nss_svctoken_getpwent_r(&passwd, buffer, sizeof buffer, &code);
}

static void a_child_goes_on_for_itself(void **state)
{
    unsigned done;
    off_t offset;
    pid_t child;
    int fd;

    (void)state;
    for (done = 0; done < 10; done++)
        assert_int_equal(getpwent_is(), SUCCESS);
    fd = public_fd();
    assert_true(fd > 2);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    offset = lseek(fd, 0, SEEK_CUR);
    child = fork();
    if (child == 0) {
        unsigned count = done;

        while (plain_getpwent() == SUCCESS) {
            MUST(pubworld_is_true(&passwd));
            count++;
        }
        MUST(count == PUBWORLD_USERS);
        MUST(public_fd() == -1);
        _exit(0);
    }
    child_ends_well(child);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), offset);
    assert_int_equal(done + count_users(), PUBWORLD_USERS);
    reset_all();
}

static void a_child_whose_generation_is_gone(void **state)
{
    pid_t child;

    (void)state;
    assert_int_equal(getpwent_is(), SUCCESS);
    commits(8);
    child = fork();
    if (child == 0) {
        unsigned count = 1;

        while (plain_getpwent() == SUCCESS)
            count++;
        MUST(count == PUBWORLD_USERS);
        MUST(public_fd() == -1);
        _exit(0);
    }
    child_ends_well(child);
    assert_int_equal(1 + count_users(), PUBWORLD_USERS);
    reset_all();
}

static void a_child_ends_it_for_itself(void **state)
{
    pid_t child;

    (void)state;
    assert_int_equal(getpwent_is(), SUCCESS);
    child = fork();
    if (child == 0) {
        MUST(_nss_svctoken_endpwent() == SUCCESS);
        MUST(public_fd() == -1);
        _exit(0);
    }
    child_ends_well(child);
    assert_int_equal(1 + count_users(), PUBWORLD_USERS);
    reset_all();
}

/* ---- databases that can't be read ---- */

static void what_there_is_answers(void **state)
{
    (void)state;
    all_are(SUCCESS, 0);
}

static void no_database(void **state)
{
    (void)state;
    assert_int_equal(unlink(TESTDB "/current"), 0);
    all_are(UNAVAIL, ENOENT);
    privdir_remove(TESTDB);
    all_are(UNAVAIL, ENOENT);
    pubworld_look_at(PRIVDIR "/none/below", PUBWORLD_GROUP_FILE);
    all_are(UNAVAIL, ENOENT);
}

static void an_unsafe_database(void **state)
{
    const char *path = testdb_path(TESTDB, SVCT_PART_PUBLIC);

    (void)state;
    assert_int_equal(chmod(path, 0666), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chown(path, NOBODY, 0), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chmod(TESTDB, 0777), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(chmod(TESTDB, 0755), 0);
    all_are(SUCCESS, 0);
    assert_int_equal(rename(TESTDB, PRIVDIR "/real"), 0);
    assert_int_equal(symlink("real", TESTDB), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(unlink(TESTDB), 0);
    assert_int_equal(rename(PRIVDIR "/real", TESTDB), 0);
}

static void a_damaged_database(void **state)
{
    int fd = pubworld_open_file();
    struct stat st;

    (void)state;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(ftruncate(fd, 0), 0);
    all_are(UNAVAIL, EIO);
    close(fd);
    assert_int_equal(unlink(testdb_path(TESTDB, SVCT_PART_PUBLIC)), 0);
    all_are(UNAVAIL, EIO);
    assert_int_equal(mkfifo(testdb_path(TESTDB, SVCT_PART_PUBLIC), 0644), 0);
    all_are(UNAVAIL, EIO);
}

static void a_newer_programs_record(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    struct svct_pubuser user = pubdb_user("web3", 65539, 65539, "Admin");
    struct svct_key key = svct_key_pubuser("web3");
    struct svct_record_writer writer;

    (void)state;
    svct_pubuser_encode(&user, &writer);
    svct_record_put_u8(&writer, 99 | SVCT_TAG_CRITICAL, 1);
    assert_int_equal(svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, NULL),
                     0);
    testdb_commit(txn);
    damage_is(getpwnam_is("web3"));
    damage_is(getpwuid_is(65539));
    damage_is(only_initgroups("web3"));
    assert_int_equal(getpwnam_is("web4"), SUCCESS);
}

/* ---- the process ---- */

static void no_descriptors(void **state)
{
    struct rlimit limit, few;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    for (few.rlim_cur = 0; few.rlim_cur < 12; few.rlim_cur++) {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        for (unsigned kind = 0; kind < LOOKUPS; kind++) {
            enum nss_status status = lookup(kind);

            assert_true(status == SUCCESS ||
                        (status == TRYAGAIN && code == EAGAIN));
            assert_true(few.rlim_cur > 3 || status == TRYAGAIN);
            reset_all();
        }
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    all_are(SUCCESS, 0);
}

static void closed_standard_descriptors(void **state)
{
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        int fd;

        for (fd = 0; fd < 3; fd++)
            close(fd);
        for (unsigned kind = 0; kind < LOOKUPS; kind++) {
            MUST(lookup(kind) == SUCCESS);
            for (fd = 0; fd < 3; fd++)
                MUST(fcntl(fd, F_GETFD) == -1);
        }
        MUST(public_fd() > 2);
        _exit(0);
    }
    child_ends_well(child);
}

/* ---- small stacks ---- */

static enum nss_status first_user(const char *name)
{
    (void)name;
    return getpwent_is();
}

/* Up to one with members: an own group has none. */
static enum nss_status first_groups(const char *name)
{
    enum nss_status status;

    do
        status = getgrent_is();
    while (status == SUCCESS && strcmp(group.gr_name, name) != 0);
    return status;
}

struct small {
    enum nss_status (*call)(const char *name);
    const char *name;
    enum nss_status status;
};

static void *call_small(void *arg)
{
    struct small *small = arg;

    small->status = small->call(small->name);
    return NULL;
}

/* A stack that is too small ends the program. */
static void in_a_thread_with_the_smallest_stack(void **state)
{
    struct small calls[] = {
        {getpwnam_is, "web1", UNAVAIL},     {getgrnam_is, "svcadm", UNAVAIL},
        {getgrnam_is, "docker", UNAVAIL},   {getgrnam_is, "web1", UNAVAIL},
        {only_initgroups, "web1", UNAVAIL}, {first_user, NULL, UNAVAIL},
        {first_groups, "svcadm", UNAVAIL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        pthread_attr_t attr;
        pthread_t thread;

        assert_int_equal(pthread_attr_init(&attr), 0);
        assert_int_equal(pthread_attr_setstacksize(&attr, SMALLEST_STACK), 0);
        assert_int_equal(pthread_create(&thread, &attr, call_small, &calls[i]),
                         0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(pthread_attr_destroy(&attr), 0);
        assert_int_equal(calls[i].status, SUCCESS);
    }
}

/* ---- threads that are cancelled ---- */

struct cancelled {
    unsigned kind;
    int state; /* of the host's thread, and after the lookup */
    enum nss_status status;
};

static void *look_cancelled(void *arg)
{
    struct cancelled *cancelled = arg;

    pthread_setcancelstate(cancelled->state, NULL);
    pthread_cancel(pthread_self()); /* opening or reading would end it */
    cancelled->status = lookup(cancelled->kind);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancelled->state);
    pthread_testcancel();
    return NULL;
}

/* It ends behind the lookup, not within, where a descriptor would stay open,
 * or the mutex of a walk locked. */
static void look_in_state(int cancel_state)
{
    unsigned descriptors = testdb_descriptors();

    for (unsigned kind = 0; kind < LOOKUPS; kind++) {
        struct cancelled cancelled = {kind, cancel_state, UNAVAIL};
        pthread_t thread;
        void *end = NULL;

        assert_int_equal(
            pthread_create(&thread, NULL, look_cancelled, &cancelled), 0);
        assert_int_equal(pthread_join(thread, &end), 0);
        assert_int_equal(cancelled.status, SUCCESS);
        assert_int_equal(cancelled.state, cancel_state);
        assert_ptr_equal(end, PTHREAD_CANCELED);
        reset_all();
        assert_int_equal(testdb_descriptors(), descriptors);
    }
}

static void in_a_thread_that_is_cancelled(void **state)
{
    (void)state;
    look_in_state(PTHREAD_CANCEL_ENABLE);
    look_in_state(PTHREAD_CANCEL_DISABLE);
}

static void a_user_who_is_not_root(void **state)
{
    pid_t child;

    (void)state;
    assert_int_equal(chmod(testdb_path(TESTDB, SVCT_PART_PUBLIC), 0644), 0);
    child = fork();
    if (child == 0) {
        MUST(setgroups(0, NULL) == 0);
        MUST(setresgid(NOBODY, NOBODY, NOBODY) == 0);
        MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
        for (unsigned kind = 0; kind < LOOKUPS; kind++)
            MUST(lookup(kind) == SUCCESS);
        MUST(getpwnam_is("alice") == NOTFOUND);
        _exit(0);
    }
    child_ends_well(child);
    assert_int_equal(chmod(testdb_path(TESTDB, SVCT_PART_PUBLIC), 0600), 0);
    child = fork();
    if (child == 0) {
        MUST(setresgid(NOBODY, NOBODY, NOBODY) == 0);
        MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
        for (unsigned kind = 0; kind < LOOKUPS; kind++)
            MUST(lookup(kind) == UNAVAIL && code == EIO);
        _exit(0);
    }
    child_ends_well(child);
}

/* ---- calls that fail ---- */

/* The walks among them: what they can't read ahead they need not. */
#define WALKS 8u

/* One call of the lookup fails. It must say so, and give all back. */
static bool fails_once(unsigned kind, enum fault_mode mode, unsigned n)
{
    unsigned descriptors = testdb_descriptors();
    enum nss_status status;
    long held = fault_held();
    bool failed;

    fault_arm(mode, false, n);
    status = lookup(kind);
    failed = fault_disarm();
    if (failed && mode == FAULT_FAIL)
        assert_true(status == UNAVAIL || status == TRYAGAIN ||
                    (kind >= WALKS && status == SUCCESS));
    if (status == TRYAGAIN)
        assert_int_equal(code, EAGAIN);
    if (status == UNAVAIL)
        assert_int_equal(code, EIO);
    if (!failed)
        assert_int_equal(status, SUCCESS);
    reset_all();
    assert_int_equal(fault_held(), held);
    assert_int_equal(testdb_descriptors(), descriptors);
    return failed;
}

static void any_call_fails(void **state)
{
    static const enum fault_mode modes[] = {
        FAULT_FAIL, FAULT_INTERRUPT, FAULT_SHORT, FAULT_END, FAULT_ABSENT};
    unsigned trials = 0;

    (void)state;
    for (unsigned kind = 0; kind < LOOKUPS; kind++)
        for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++)
            for (unsigned n = 1; fails_once(kind, modes[m], n); n++)
                trials++;
    assert_true(trials > 100);
}

/* The second step of an enumeration, where call number n fails. */
static enum nss_status step_that_fails(unsigned n)
{
    enum nss_status status;

    reset_all();
    assert_int_equal(getpwent_is(), SUCCESS);
    fault_arm(FAULT_FAIL, false, n);
    status = getpwent_is();
    assert_true(fault_disarm());
    return status;
}

/* A read that fails ends the enumeration; without memory for the step it is
 * the same entry's turn at the next one. */
static void memory_that_lacks_passes(void **state)
{
    unsigned n = 1;

    (void)state;
    while (step_that_fails(n) != TRYAGAIN)
        n++;
    assert_int_equal(code, EAGAIN);
    assert_int_equal(1 + count_users(), PUBWORLD_USERS);
    reset_all();
}

/* ---- damage ---- */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void put(int fd, off_t at, const void *bytes, size_t len)
{
    assert_int_equal(pwrite(fd, bytes, len, at), len);
}

static void do_damage(int fd, const uint8_t *pristine, size_t len,
                      uint64_t *seed)
{
    static const uint8_t zeros[4096];
    uint64_t r = next_random(seed);
    size_t at = (size_t)(next_random(seed) % (len - 8));
    uint8_t byte;

    switch (r % 8) {
    case 0:
        assert_int_equal(ftruncate(fd, (off_t)at), 0);
        break;
    case 1:
        put(fd, (off_t)(at % (len - 4096)), zeros, sizeof zeros);
        break;
    case 2: /* a number that hurts, in what gdbm believes */
        put(fd, (off_t)(at % 8192 & ~(size_t)7), &r, 8);
        break;
    case 3: /* one block over another */
        put(fd, (off_t)(at / 8192 * 8192 % (len - 8192)),
            pristine + (size_t)(r >> 8) % (len / 8192) * 8192 % (len - 8192),
            8192);
        break;
    default:
        byte = (uint8_t)(pristine[at] ^ (1u << (r >> 8) % 8));
        put(fd, (off_t)at, &byte, 1);
    }
}

static void is_harmless(enum nss_status status)
{
    assert_true(status == SUCCESS || status == NOTFOUND ||
                (status == UNAVAIL && code == EIO));
}

static void look_at_the_damage(void)
{
    unsigned users = 0, groups = 0;

    is_harmless(getpwnam_is("web3"));
    if (getpwnam_is("web3") == SUCCESS)
        assert_true(pubworld_is_true(&passwd));
    if (getpwuid_is(66001) == SUCCESS)
        assert_true(pubworld_is_true(&passwd));
    is_harmless(getgrnam_is("svcadm"));
    is_harmless(getgrgid_is(70000));
    is_harmless(getgrgid_is(65540));
    is_harmless(only_initgroups("web3"));
    assert_int_not_equal(getpwnam_is("root"), SUCCESS);
    is_harmless(getpwnam_is("root"));
    assert_int_not_equal(getpwuid_is(1000), SUCCESS);
    assert_int_not_equal(only_initgroups("root"), SUCCESS);
    while (getpwent_is() == SUCCESS) {
        assert_true(pubworld_is_true(&passwd));
        assert_true(++users <= 200);
    }
    while (getgrent_is() == SUCCESS)
        assert_true(++groups <= 200);
    reset_all();
}

static void damage_does_no_harm(void **state)
{
    uint64_t seed = UINT64_C(0x5eed5eed5eed);
    const char *instrumented = getenv("SVCT_INSTRUMENTED");
    unsigned descriptors = testdb_descriptors();
    int fd = pubworld_open_file();
    struct rlimit limit, less;
    uint8_t *pristine;
    struct stat st;
    size_t len;

    (void)state;
    assert_int_equal(fstat(fd, &st), 0);
    len = (size_t)st.st_size;
    pristine = malloc(len);
    assert_int_equal(pread(fd, pristine, len, 0), len);
    assert_int_equal(getrlimit(RLIMIT_DATA, &limit), 0);
    less = limit;
    if (instrumented != NULL && strcmp(instrumented, "no") == 0)
        less.rlim_cur = 256 << 20;
    assert_int_equal(setrlimit(RLIMIT_DATA, &less), 0);
    for (unsigned round = 0; round < 1500; round++) {
        for (unsigned i = 0; i <= round % 4; i++)
            do_damage(fd, pristine, len, &seed);
        look_at_the_damage();
        assert_int_equal(ftruncate(fd, (off_t)len), 0);
        put(fd, 0, pristine, len);
    }
    assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
    close(fd);
    free(pristine);
    all_are(SUCCESS, 0);
    assert_int_equal(testdb_descriptors(), descriptors);
}

/* ---- the module as built ---- */

typedef enum nss_status getpwnam_fn(const char *, struct passwd *, char *,
                                    size_t, int *);

static void the_module_as_built(void **state)
{
    static const char *const names[] = {
        "getpwnam_r", "getpwuid_r", "setpwent",      "getpwent_r",
        "endpwent",   "getgrnam_r", "getgrgid_r",    "setgrent",
        "getgrent_r", "endgrent",   "initgroups_dyn"};
    const char *path = getenv("SVCT_NSS_MODULE"); /* see tests/Makemodule.am */
    getpwnam_fn *look;
    char symbol[64];
    void *module;

    (void)state;
    assert_non_null(path);
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(module);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(symbol, sizeof symbol, "_nss_svctoken_%s", names[i]);
        assert_non_null(dlsym(module, symbol));
    }
    look = (getpwnam_fn *)dlsym(module, "_nss_svctoken_getpwnam_r");
    assert_ptr_not_equal(look, _nss_svctoken_getpwnam_r);
    if (pubworld_make_hosts()) {
        before();
        assert_int_equal(
            checked(look("web3", &passwd, buffer, sizeof buffer, &code)),
            SUCCESS);
        assert_true(pubworld_is_true(&passwd));
        before();
        assert_int_equal(
            checked(look("root", &passwd, buffer, sizeof buffer, &code)),
            NOTFOUND);
    }
    dlclose(module);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(users_by_name_and_uid),
        FRESH(groups_by_name_and_gid),
        FRESH(groups_of_the_host),
        FRESH(groups_of_a_user),
        FRESH(groups_of_a_user_the_host_got_later),
        FRESH(groups_into_a_list_that_has_some),
        FRESH(what_can_not_be_ours_opens_nothing),
        FRESH(every_size_of_the_buffer),
        FRESH(a_small_buffer_loses_no_entry),
        FRESH(a_group_that_is_too_large_lists_none),
        FRESH(the_largest_that_can_be_written),
        FRESH(an_id_of_somebody_who_lacks_it),
        FRESH(pages_that_do_not_hold_what_is_counted),
        FRESH(a_role_that_lacks),
        FRESH(a_deleted_user_who_comes_back),
        FRESH(a_former_role_that_comes_back),
        FRESH(former_groups_that_come_back),
        FRESH(all_users_once),
        FRESH(all_own_groups_once),
        FRESH(both_enumerations_at_once),
        FRESH(a_commit_does_not_disturb_an_enumeration),
        FRESH(a_child_goes_on_for_itself),
        FRESH(a_child_whose_generation_is_gone),
        FRESH(a_child_ends_it_for_itself),
        FRESH(what_there_is_answers),
        FRESH(no_database),
        FRESH(an_unsafe_database),
        FRESH(a_damaged_database),
        FRESH(a_newer_programs_record),
        FRESH(no_descriptors),
        FRESH(closed_standard_descriptors),
        FRESH(in_a_thread_with_the_smallest_stack),
        FRESH(in_a_thread_that_is_cancelled),
        FRESH(a_user_who_is_not_root),
        FRESH(any_call_fails),
        FRESH(memory_that_lacks_passes),
        FRESH(damage_does_no_harm),
        FRESH(the_module_as_built),
    };

    testdb_enter();
    return cmocka_run_group_tests_name("nss", tests, NULL, NULL);
}
