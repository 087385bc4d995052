/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/largest.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "base/publook.h"
#include "write/bulk.h"
#include "write/change_role.h"
#include "write/edit.h"
#include "write/pubcheck.h"
#include "write/publish.h"

static struct svct_fault fault;
static struct svct_txn *txn;

static void begin(void)
{
    txn = testdb_begin(TESTDB);
}

static void commit(void)
{
    testdb_commit(txn);
    txn = NULL;
}

static int fresh(void **state)
{
    (void)state;
    fault = (struct svct_fault){0};
    testdb_init(TESTDB);
    begin();
    return 0;
}

static int give_up(void **state)
{
    (void)state;
    svct_txn_free(txn);
    txn = NULL;
    return 0;
}

/* ---- the oracle: everything is looked up, one by one ---- */

#define ORACLE_MAX 600

struct oracle {
    struct svct_account account[ORACLE_MAX];
    size_t accounts;
    struct svct_role role[SVCT_ROLES_MAX];
    size_t roles;
};

static int gather(void *arg, const struct svct_key *key,
                  struct svct_record *record)
{
    struct oracle *oracle = arg;

    if (key->data[0] == SVCT_KIND_ACCOUNT) {
        assert_true(oracle->accounts < ORACLE_MAX);
        return svct_account_decode(record,
                                   &oracle->account[oracle->accounts++]);
    }
    if (key->data[0] == SVCT_KIND_ROLE)
        return svct_role_decode(record, &oracle->role[oracle->roles++]);
    return 0;
}

static void expect_user(const struct svct_snapshot *snapshot,
                        const struct svct_account *account)
{
    struct svct_pubuser user;
    struct svct_pubpage page;
    struct svct_pubid id;

    assert_int_equal(svct_publook_user(snapshot, account->name, &user), 0);
    assert_int_equal(user.uid, account->uid);
    assert_int_equal(user.gid, account->gid);
    assert_int_equal(strlen(user.gecos), strlen(account->description));
    for (size_t i = 0; user.gecos[i] != '\0'; i++)
        assert_int_equal(user.gecos[i], account->description[i] == ':'
                                            ? ' '
                                            : account->description[i]);
    assert_string_equal(user.home, account->home);
    assert_string_equal(user.shell, account->shell);
    assert_string_equal(user.role, account->role);
    assert_int_equal(svct_publook_id(snapshot, account->uid, &id), 0);
    assert_int_equal(id.owner, SVCT_PUBID_USER);
    assert_string_equal(id.name, account->name);
    assert_int_equal(
        svct_publook_page(snapshot, user.role, user.member / 64, &page), 0);
    assert_true(user.member % 64 < page.count);
    assert_string_equal(page.names[user.member % 64], user.name);
}

/* Returns how many records it should have, its pages with it. */
static uint64_t expect_role(const struct svct_snapshot *snapshot,
                            const struct oracle *oracle,
                            const struct svct_role *role)
{
    struct svct_pubrole found;
    uint32_t members = 0;
    int r = svct_publook_role(snapshot, role->name, &found);

    for (size_t i = 0; i < oracle->accounts; i++)
        members += oracle->account[i].uid != 0 &&
                   strcmp(oracle->account[i].role, role->name) == 0;
    if (members == 0 && role->groups_count == 0) {
        assert_int_equal(r, SVCT_E_NOTFOUND);
        return 0;
    }
    assert_int_equal(r, 0);
    assert_int_equal(found.members, members);
    assert_int_equal(found.groups_count, role->groups_count);
    for (size_t i = 0; i < role->groups_count; i++) {
        assert_string_equal(found.groups[i], role->groups[i]);
        assert_int_equal(found.gids[i], role->gids[i]);
    }
    return 1 + (members + 63) / 64;
}

static bool has(const struct svct_role *role, const char *group)
{
    for (size_t i = 0; i < role->groups_count; i++)
        if (strcmp(role->groups[i], group) == 0)
            return true;
    return false;
}

/* Returns how many records: of a group that an earlier role has, none. */
static uint64_t expect_group(const struct svct_snapshot *snapshot,
                             const struct oracle *oracle, size_t first,
                             size_t index)
{
    const char *name = oracle->role[first].groups[index];
    uint32_t gid = oracle->role[first].gids[index];
    struct svct_pubgroup group;
    struct svct_pubid id;
    size_t roles = 0;

    for (size_t i = 0; i < first; i++)
        if (has(&oracle->role[i], name))
            return 0;
    assert_int_equal(svct_publook_group(snapshot, name, &group), 0);
    assert_int_equal(group.gid, gid);
    for (size_t i = 0; i < oracle->roles; i++) {
        bool listed = false;

        for (size_t k = 0; k < group.roles_count; k++)
            listed =
                listed || strcmp(group.roles[k], oracle->role[i].name) == 0;
        assert_int_equal(listed, has(&oracle->role[i], name));
        roles += listed;
    }
    assert_int_equal(group.roles_count, roles);
    for (size_t k = 1; k < roles; k++)
        assert_true(strcmp(group.roles[k - 1], group.roles[k]) < 0);
    if (gid == 0)
        return 1;
    assert_int_equal(svct_publook_id(snapshot, gid, &id), 0);
    assert_int_equal(id.owner, SVCT_PUBID_GROUP);
    assert_string_equal(id.name, name);
    return 2;
}

static void tell(void *arg, const char *text)
{
    (void)arg;
    print_error("%s\n", text);
}

static uint64_t differences(svct_pubreport_fn *report)
{
    struct svct_snapshot *public = testdb_sound(TESTDB, SVCT_PART_PUBLIC);
    struct svct_snapshot *private = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    uint64_t count = 99;

    testdb_must(
        svct_pubcheck_run(public, private, report, NULL, &count, &fault),
        &fault, "check");
    svct_snapshot_free(public);
    svct_snapshot_free(private);
    return count;
}

static void assert_true_to_private(void)
{
    struct svct_snapshot *public = testdb_sound(TESTDB, SVCT_PART_PUBLIC);
    struct svct_snapshot *private = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    static struct oracle oracle;
    uint64_t records = 0;

    oracle.accounts = oracle.roles = 0;
    assert_int_equal(svct_snapshot_each(private, 0, gather, &oracle, &fault),
                     0);
    for (size_t i = 0; i < oracle.accounts; i++) {
        if (oracle.account[i].uid == 0)
            continue;
        expect_user(public, &oracle.account[i]);
        records += 2;
    }
    for (size_t i = 0; i < oracle.roles; i++) {
        records += expect_role(public, &oracle, &oracle.role[i]);
        for (size_t k = 0; k < oracle.role[i].groups_count; k++)
            records += expect_group(public, &oracle, i, k);
    }
    assert_true(svct_snapshot_meta(public)->records == records);
    svct_snapshot_free(public);
    svct_snapshot_free(private);
    assert_true(differences(tell) == 0);
}

static void commit_and_compare(void)
{
    commit();
    assert_true_to_private();
    begin();
}

/* ---- changes ---- */

static struct svct_account user(unsigned number, const char *role)
{
    struct svct_account account = testdb_account("", role);

    snprintf(account.name, sizeof account.name, "u%u", number);
    snprintf(account.home, sizeof account.home, "/home/u%u", number);
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    account.uid = account.gid = 100000 + number;
    return account;
}

static void add(unsigned number, const char *role)
{
    struct svct_account account = user(number, role);

    testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                "add");
}

static void move(unsigned number, const char *role)
{
    struct svct_account account = user(number, role);

    testdb_must(svct_change_account_update(txn, &account, &fault), &fault,
                "move");
}

static void drop(unsigned number)
{
    char name[SVCT_LOGIN_MAX + 1];
    uint32_t tokens;

    snprintf(name, sizeof name, "u%u", number);
    testdb_must(svct_change_account_delete(txn, name, &tokens, &fault), &fault,
                "drop");
}

static void set_groups(const char *name, unsigned bits)
{
    static const char *const groups[] = {"docker", "own", "adm", "other"};
    static const uint32_t gids[] = {0, 200001, 0, 200002};
    struct svct_role role;

    assert_int_equal(svct_edit_get_role(txn, name, &role, &fault), 0);
    role.groups_count = 0;
    for (unsigned i = 0; i < 4; i++) {
        if ((bits & (1u << i)) == 0)
            continue;
        snprintf(role.groups[role.groups_count], sizeof role.groups[0], "%s",
                 groups[i]);
        role.gids[role.groups_count++] = gids[i];
    }
    testdb_must(svct_change_role_update(txn, &role, &fault), &fault, "groups");
}

/* ---- tests ---- */

static void borders_of_pages(void **state)
{
    static const unsigned counts[] = {1, 63, 64, 65, 128, 129};
    unsigned made = 0;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        while (made < counts[i])
            add(made++, "Editor");
        commit_and_compare();
    }
    drop(128); /* the last one, alone in its page */
    commit_and_compare();
    drop(0);
    commit_and_compare();
    drop(127); /* which stands where 0 was */
    add(300, "Editor");
    add(301, "Editor");
    commit_and_compare();
    for (unsigned i = 1; i < 127; i++)
        drop(i);
    commit_and_compare();
    drop(300);
    drop(301);
    commit_and_compare();
}

static unsigned long seed;

static unsigned draw(unsigned below)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)((seed >> 33) % below);
}

#define MANY 220

static void one_change(bool *there)
{
    static const char *const roles[] = {"Viewer", "Editor", "Admin", "None"};
    /* Editor has more than a page of them, the others come and go. */
    const char *role = roles[draw(3) == 0 ? draw(4) : 1];
    unsigned number = draw(MANY);

    if (draw(12) == 0) {
        set_groups(roles[draw(4)], draw(16));
    } else if (!there[number]) {
        add(number, role);
        there[number] = true;
    } else if (draw(2) == 0) {
        move(number, role);
    } else {
        drop(number);
        there[number] = false;
    }
}

static void random_changes(void **state)
{
    (void)state;
    for (unsigned long round = 1; round <= 8; round++) {
        bool there[MANY] = {false};

        seed = round;
        svct_txn_free(txn);
        testdb_init(TESTDB);
        begin();
        for (unsigned commits = 0; commits < 30; commits++) {
            for (unsigned i = draw(round * 8) + 1; i > 0; i--)
                one_change(there);
            commit_and_compare();
        }
    }
}

static void by_a_bulk(void **state)
{
    struct svct_bulk_options options = {.now = TESTDB_NOW};
    enum svct_bulk_outcome outcome;
    struct svct_policy policy;
    struct svct_account account;
    struct svct_bulk *bulk;

    (void)state;
    assert_int_equal(svct_bulk_new(txn, &options, &bulk, &fault), 0);
    for (unsigned i = 0; i < 200; i++) {
        account = user(i, i % 3 == 0 ? "Viewer" : "Editor");
        account.uid = account.gid = 66000 - i; /* downwards */
        testdb_must(svct_bulk_account(bulk, &account, &outcome, &fault), &fault,
                    "bulk");
        assert_int_equal(outcome, SVCT_BULK_ADDED);
    }
    testdb_must(svct_bulk_account(bulk, &account, &outcome, &fault), &fault,
                "again");
    assert_int_equal(outcome, SVCT_BULK_SAME);
    account.uid = account.gid = 70000;
    assert_int_equal(svct_bulk_account(bulk, &account, &outcome, &fault),
                     SVCT_E_POLICY);
    account = user(500, "Viewer");
    account.uid = account.gid = 66000;
    assert_int_equal(svct_bulk_account(bulk, &account, &outcome, &fault),
                     SVCT_E_EXISTS);
    testdb_must(svct_bulk_finish(bulk, &fault), &fault, "finish");
    svct_bulk_free(bulk);
    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    assert_int_equal(policy.id_next, 66001);
    commit_and_compare();
}

static void refusals(void **state)
{
    struct svct_account account = user(1, "Viewer");
    struct svct_role role;

    (void)state;
    account.gid = 0;
    assert_int_equal(svct_change_account_create(txn, &account, &fault),
                     SVCT_E_RANGE);
    account = user(1, "Viewer");
    account.home[0] = 'x';
    assert_int_equal(svct_change_account_create(txn, &account, &fault),
                     SVCT_E_SYNTAX);
    add(1, "Viewer");
    account = user(2, "Viewer");
    account.uid = account.gid = 100001;
    assert_int_equal(svct_change_account_create(txn, &account, &fault),
                     SVCT_E_EXISTS);
    account.uid = 100002; /* with the group of the first one */
    assert_int_equal(svct_change_account_create(txn, &account, &fault),
                     SVCT_E_POLICY);
    account = user(1, "Viewer");
    account.uid = 100009;
    assert_int_equal(svct_change_account_update(txn, &account, &fault),
                     SVCT_E_POLICY);
    assert_int_equal(svct_edit_get_role(txn, "Editor", &role, &fault), 0);
    role.groups_count = 1;
    snprintf(role.groups[0], sizeof role.groups[0], "u1");
    role.gids[0] = 100005;
    assert_int_equal(svct_change_role_update(txn, &role, &fault),
                     SVCT_E_EXISTS);
    set_groups("Editor", 2);
    assert_int_equal(svct_edit_get_role(txn, "Viewer", &role, &fault), 0);
    role.groups_count = 1;
    snprintf(role.groups[0], sizeof role.groups[0], "own");
    role.gids[0] = 0;
    assert_int_equal(svct_change_role_update(txn, &role, &fault),
                     SVCT_E_EXISTS);
    account = user(3, "Viewer");
    snprintf(account.name, sizeof account.name, "own");
    assert_int_equal(svct_change_account_create(txn, &account, &fault),
                     SVCT_E_EXISTS);
    commit_and_compare();
}

/* Over nothing, with all that a restore brings; id_next is the higher one. */
static void by_a_restore(void **state)
{
    struct svct_bulk_options options = {
        .now = TESTDB_NOW, .exact = true, .id_next = 80000};
    struct svct_txn_options where = testdb_options(TESTDB);
    enum svct_bulk_outcome outcome;
    struct svct_account account = user(1, "Editor");
    struct svct_policy policy;
    struct svct_role role;
    struct svct_bulk *bulk;

    (void)state;
    svct_txn_free(txn);
    testdb_must(svct_txn_begin_fresh(&where, TESTDB_NOW, &txn, &fault), &fault,
                "fresh");
    assert_int_equal(svct_bulk_new(txn, &options, &bulk, &fault), 0);
    assert_int_equal(svct_bulk_account(bulk, &account, &outcome, &fault),
                     SVCT_E_NOTFOUND); /* before the policy */
    svct_change_default_policy(&policy);
    policy.id_next = 79000;
    testdb_must(svct_bulk_policy(bulk, &policy, &outcome, &fault), &fault,
                "policy");
    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        testdb_must(svct_bulk_role(bulk, &role, &outcome, &fault), &fault,
                    "role");
    account.uid = account.gid = 70000; /* below id_next, and fine here */
    testdb_must(svct_bulk_account(bulk, &account, &outcome, &fault), &fault,
                "account");
    testdb_must(svct_bulk_finish(bulk, &fault), &fault, "finish");
    svct_bulk_free(bulk);
    assert_int_equal(svct_edit_get_policy(txn, &policy, &fault), 0);
    assert_int_equal(policy.id_next, 80000);
    commit_and_compare();
}

/* ---- changes and bulks in turn ---- */

static void bulk_some(bool *there)
{
    static const char *const roles[] = {"Viewer", "Editor", "Admin"};
    struct svct_bulk_options options = {.now = TESTDB_NOW, .update = true};
    enum svct_bulk_outcome outcome;
    struct svct_bulk *bulk;

    assert_int_equal(svct_bulk_new(txn, &options, &bulk, &fault), 0);
    for (unsigned i = draw(90); i > 0; i--) {
        unsigned number = draw(MANY);
        struct svct_account account = user(number, roles[draw(3)]);

        testdb_must(svct_bulk_account(bulk, &account, &outcome, &fault), &fault,
                    "bulk");
        assert_int_equal(outcome == SVCT_BULK_ADDED, !there[number]);
        there[number] = true;
    }
    testdb_must(svct_bulk_finish(bulk, &fault), &fault, "finish");
    svct_bulk_free(bulk);
}

static void random_changes_and_bulks(void **state)
{
    (void)state;
    for (unsigned long round = 1; round <= 4; round++) {
        bool there[MANY] = {false};

        seed = round + 100;
        svct_txn_free(txn);
        testdb_init(TESTDB);
        begin();
        for (unsigned commits = 0; commits < 12; commits++) {
            for (unsigned i = draw(40) + 1; i > 0; i--)
                one_change(there);
            if (draw(3) == 0)
                commit_and_compare();
            bulk_some(there); /* what is settled goes on */
            for (unsigned i = draw(40); i > 0; i--)
                one_change(there);
            commit_and_compare();
        }
    }
}

/* ---- many at once ---- */

static void move_many(void **state)
{
    static const char *const roles[] = {"Viewer", "Editor", "Admin"};
    const unsigned each = 200;

    (void)state;
    for (unsigned i = 0; i < 3 * each; i++)
        add(i, roles[i / each]);
    commit_and_compare();
    for (unsigned i = 0; i < 3 * each; i++)
        move(i, roles[(i / each + 1) % 3]);
    commit_and_compare();
    for (unsigned i = 0; i < 3 * each; i++) /* and each within itself */
        move((i * 7) % (3 * each), roles[i % 3]);
    commit_and_compare();
    for (unsigned i = 0; i < 3 * each; i++)
        move(i, "Editor");
    commit_and_compare();
    for (unsigned i = 0; i < 3 * each; i++)
        drop(3 * each - 1 - i);
    commit_and_compare();
}

/* ---- roles that come and go ---- */

static void make_role(const char *name, const char *group, uint32_t gid)
{
    struct svct_role role = {.groups_count = group != NULL};

    snprintf(role.name, sizeof role.name, "%s", name);
    if (group != NULL) {
        snprintf(role.groups[0], sizeof role.groups[0], "%s", group);
        role.gids[0] = gid;
    }
    testdb_must(svct_change_role_create(txn, &role, "Viewer", &fault), &fault,
                "role");
}

static void drop_role(const char *name)
{
    testdb_must(svct_change_role_delete(txn, name, &fault), &fault,
                "drop role");
}

static void a_role_goes_behind_its_members(void **state)
{
    (void)state;
    make_role("Ops", "ops", 200009);
    for (unsigned i = 0; i < 130; i++)
        add(i, "Ops");
    commit_and_compare();
    assert_int_equal(svct_change_role_delete(txn, "Ops", &fault),
                     SVCT_E_EXISTS);
    for (unsigned i = 0; i < 130; i++) {
        if (i % 2 == 0)
            move(i, "Viewer");
        else
            drop(i);
    }
    drop_role("Ops"); /* in the same transaction */
    commit_and_compare();
    make_role("Ops", NULL, 0); /* and again, as another one */
    for (unsigned i = 0; i < 130; i += 2)
        move(i, "Ops");
    commit_and_compare();
}

/* As many as there can be, all of them in memory at once; half of them go,
 * and others come, before anything is settled. */
static void as_many_roles_as_there_can_be(void **state)
{
    const unsigned made = SVCT_ROLES_MAX - 4;
    char name[SVCT_ROLE_MAX + 1];

    (void)state;
    for (unsigned i = 0; i < made; i++) {
        snprintf(name, sizeof name, "Role%u", i);
        make_role(name, "shared", 200009);
        add(2 * i, name);
        add(2 * i + 1, "Editor");
    }
    for (unsigned i = 0; i < 4; i++) {
        static const char *const builtin[] = {"Viewer", "Editor", "Admin",
                                              "None"};

        add(300 + i, builtin[i]);
        move(2 * i, builtin[i]);
    }
    commit_and_compare();
    for (unsigned i = 0; i < made; i++) {
        snprintf(name, sizeof name, "Role%u", i);
        move(2 * i, "Editor");
        move(2 * i + 1, name);
    }
    for (unsigned i = 0; i < made; i += 2) {
        snprintf(name, sizeof name, "Role%u", i);
        drop(2 * i + 1);
        drop_role(name);
        snprintf(name, sizeof name, "Next%u", i);
        make_role(name, "shared", 200009);
        move(2 * i, name);
    }
    commit_and_compare();
}

/* The largest of everything: into the files, and out of both again. */
static void the_largest_there_can_be(void **state)
{
    struct svct_account account;
    uint32_t tokens;

    (void)state;
    largest_make(txn);
    commit_and_compare();
    for (unsigned i = 0; i < LARGEST_ACCOUNTS; i++) {
        account = largest_account(i);
        account.disabled = true;
        account.description[0] = 'D';
        testdb_must(svct_change_account_update(txn, &account, &fault), &fault,
                    "update");
    }
    commit_and_compare();
    for (unsigned i = 0; i < LARGEST_ACCOUNTS; i++) {
        account = largest_account(i);
        testdb_must(
            svct_change_account_delete(txn, account.name, &tokens, &fault),
            &fault, "delete");
    }
    commit_and_compare();
}

static struct svct_role role_of(const char *name)
{
    struct svct_role role;

    assert_int_equal(svct_edit_get_role(txn, name, &role, &fault), 0);
    return role;
}

static void give_group(const char *name, const char *group, uint32_t gid)
{
    struct svct_role role = role_of(name);

    role.groups_count = group != NULL;
    if (group != NULL) {
        snprintf(role.groups[0], sizeof role.groups[0], "%s", group);
        role.gids[0] = gid;
    }
    testdb_must(svct_change_role_update(txn, &role, &fault), &fault, "group");
}

/* It keeps its gid only while there is a role that has it. */
static void a_group_moves(void **state)
{
    struct svct_role role;

    (void)state;
    give_group("Viewer", "ours", 200009);
    commit_and_compare();
    give_group("Editor", "ours", 200009);
    give_group("Viewer", NULL, 0);
    commit_and_compare();
    give_group("Admin", "ours", 200009);
    role = role_of("Viewer"); /* in none but with its own gid */
    role.groups_count = 1;
    snprintf(role.groups[0], sizeof role.groups[0], "ours");
    role.gids[0] = 200010;
    assert_int_equal(svct_change_role_update(txn, &role, &fault),
                     SVCT_E_EXISTS);
    give_group("Editor", NULL, 0);
    commit_and_compare();
    give_group("Admin", NULL, 0);
    commit_and_compare();
    give_group("Viewer", "ours", 200010); /* it is another group now */
    commit_and_compare();
}

/* ---- a database from before ---- */

/* As one was before there was anything public: accounts of Unix users of the
 * host, a role with groups of the host, and no record in the public file. */
static void make_old(void)
{
    static const char *const gone[] = {"docker", "adm"};
    struct svct_account account = testdb_account("old", "Editor");
    struct svct_key key = svct_key_pubrole("Editor");

    testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                "old");
    set_groups("Editor", 5);
    testdb_must(svct_publish_settle(txn, &fault), &fault, "settle");
    testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault), &fault,
                "delete");
    for (size_t i = 0; i < 2; i++) {
        key = svct_key_pubgroup(gone[i]);
        testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault),
                    &fault, "delete");
    }
    commit();
    assert_true(differences(tell) == 0);
    begin();
    assert_true(
        svct_snapshot_meta(svct_txn_view(txn, SVCT_PART_PUBLIC))->records == 0);
}

static void from_before_by_an_account(void **state)
{
    (void)state;
    make_old();
    add(1, "Editor"); /* its groups are published with it */
    commit_and_compare();
}

static void from_before_by_a_move(void **state)
{
    (void)state;
    make_old();
    add(1, "Viewer");
    commit();
    assert_true(differences(tell) == 0);
    begin();
    move(1, "Editor");
    commit_and_compare();
}

static void from_before_by_the_role(void **state)
{
    (void)state;
    make_old();
    set_groups("Editor", 7);
    commit_and_compare();
}

static void from_before_the_role_loses_its_groups(void **state)
{
    (void)state;
    make_old();
    set_groups("Editor", 0);
    commit_and_compare();
}

/* ---- what the check finds ---- */

/* It is told which record is meant. */
static void count_told(void *arg, const char *text)
{
    (void)arg;
    assert_true(strlen(text) > 10);
    assert_null(strstr(text, "do not agree"));
}

static void check_finds(void **state)
{
    struct svct_pubuser found;
    struct svct_record_writer writer;
    struct svct_key key;

    (void)state;
    for (unsigned i = 0; i < 70; i++)
        add(i, "Editor");
    set_groups("Editor", 3);
    commit_and_compare();
    key = svct_key_pubuser("u7");
    assert_int_equal(
        svct_publook_user(svct_txn_view(txn, SVCT_PART_PUBLIC), "u7", &found),
        0);
    found.member = 8;
    svct_pubuser_encode(&found, &writer);
    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, &fault),
                &fault, "store");
    commit();
    assert_true(differences(count_told) == 1);
    begin();
    found.member = 7;
    found.gid = 5;
    svct_pubuser_encode(&found, &writer);
    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, &fault),
                &fault, "store");
    commit();
    assert_true(differences(count_told) == 1);
    begin();
    found.gid = found.uid;
    svct_pubuser_encode(&found, &writer);
    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, &fault),
                &fault, "store");
    commit_and_compare();
    key = svct_key_pubid(100009);
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault), 0);
    key = svct_key_pubgroup("docker");
    assert_int_equal(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault), 0);
    commit();
    assert_true(differences(count_told) >= 2);
    begin();
}

/* ---- every record, lacking, another one, or one too many ---- */

#define RECORDS_MAX 300

struct stored {
    struct svct_key key;
    struct svct_value value;
};
static struct stored stored[RECORDS_MAX];
static size_t stored_count;

static int gather_stored(void *arg, const struct svct_key *key,
                         struct svct_record *record)
{
    struct svct_snapshot *snapshot = arg;

    assert_true(stored_count < RECORDS_MAX);
    stored[stored_count].key = *key;
    return svct_snapshot_fetch(snapshot, key, record->kind,
                               &stored[stored_count++].value);
}

/* Users in three pages of two roles, and groups of both kinds. */
static void make_all_kinds(void)
{
    struct svct_snapshot *snapshot;

    for (unsigned i = 0; i < 68; i++)
        add(i, "Editor");
    for (unsigned i = 68; i < 71; i++)
        add(i, "Viewer");
    set_groups("Editor", 15);
    set_groups("Viewer", 3);
    commit();
    stored_count = 0;
    snapshot = testdb_sound(TESTDB, SVCT_PART_PUBLIC);
    assert_int_equal(
        svct_snapshot_each(snapshot, 0, gather_stored, snapshot, &fault), 0);
    svct_snapshot_free(snapshot);
    assert_int_equal(stored_count, 71 * 2 + 2 + 3 + 4 + 2);
}

static void put(const struct svct_key *key, struct svct_record_writer *writer)
{
    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, key, writer, &fault),
                &fault, "put");
}

static void put_back(const struct stored *record)
{
    struct svct_record copy = record->value.record;
    struct svct_record_writer writer;
    struct svct_field field;

    svct_record_begin(&writer, copy.kind);
    while (svct_record_next(&copy, &field))
        svct_record_put(&writer,
                        field.tag | (field.critical ? SVCT_TAG_CRITICAL : 0),
                        field.data, field.len);
    put(&record->key, &writer);
}

static void each_record_is_missed(void **state)
{
    (void)state;
    make_all_kinds();
    for (size_t i = 0; i < stored_count; i++) {
        const struct svct_key *key = &stored[i].key;

        begin();
        testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, key, &fault), &fault,
                    "delete");
        commit();
        if (differences(count_told) == 0)
            fail_msg("a record of the kind %c is not missed", key->data[0]);
        begin();
        put_back(&stored[i]);
        commit();
    }
    assert_true(differences(tell) == 0);
    begin();
}

/* The n-th way in which such a record can be wrong, though legal by itself;
 * false: there is no more. */
static bool other_user(struct svct_pubuser *user, unsigned n)
{
    switch (n) {
    case 0:
        user->uid++;
        return true;
    case 1:
        user->gid = 100;
        return true;
    case 2:
        snprintf(user->gecos, sizeof user->gecos, "another");
        return true;
    case 3:
        snprintf(user->home, sizeof user->home, "/root");
        return true;
    case 4:
        snprintf(user->shell, sizeof user->shell, "/bin/bash");
        return true;
    case 5:
        snprintf(user->role, sizeof user->role, "Admin");
        return true;
    case 6:
        user->member++;
        return true;
    case 7:
        user->member += 64;
        return true;
    default:
        return false;
    }
}

static bool other_id(struct svct_pubid *id, unsigned n)
{
    switch (n) {
    case 0:
        id->owner =
            id->owner == SVCT_PUBID_USER ? SVCT_PUBID_GROUP : SVCT_PUBID_USER;
        return true;
    case 1:
        snprintf(id->name, sizeof id->name, "u5000");
        return true;
    default:
        return false;
    }
}

static bool other_role(struct svct_pubrole *role, unsigned n)
{
    switch (n) {
    case 0:
        role->members++;
        return true;
    case 1:
        role->members--;
        return true;
    case 2:
        role->groups_count--;
        return true;
    case 3:
        role->gids[0] = 200077;
        return true;
    case 4:
        snprintf(role->groups[0], sizeof role->groups[0], "wheel");
        return true;
    default:
        return false;
    }
}

static bool other_page(struct svct_pubpage *page, unsigned n)
{
    switch (n) {
    case 0:
        snprintf(page->names[0], sizeof page->names[0], "u5000");
        return true;
    case 1:
        memcpy(page->names[0], page->names[1], sizeof page->names[0]);
        return true;
    case 2:
        page->count--;
        return true;
    default:
        return false;
    }
}

static bool other_group(struct svct_pubgroup *group, unsigned n)
{
    switch (n) {
    case 0:
        group->gid = group->gid == 0 ? 200077 : 0;
        return true;
    case 1:
        snprintf(group->roles[0], sizeof group->roles[0], "Admin");
        return true;
    case 2:
        snprintf(group->roles[group->roles_count++], sizeof group->roles[0],
                 "Zero");
        return true;
    default:
        return false;
    }
}

union public
{
    struct svct_pubuser user;
    struct svct_pubid id;
    struct svct_pubrole role;
    struct svct_pubpage page;
    struct svct_pubgroup group;
};

static bool make_other(const struct stored *from, unsigned n,
                       struct svct_record_writer *writer)
{
    struct svct_record record = from->value.record;
    union public e;
    bool more;

    switch (record.kind) {
    case SVCT_KIND_PUBUSER:
        assert_int_equal(svct_pubuser_decode(&record, &e.user), 0);
        more = other_user(&e.user, n);
        svct_pubuser_encode(&e.user, writer);
        return more;
    case SVCT_KIND_PUBID:
        assert_int_equal(svct_pubid_decode(&record, &e.id), 0);
        more = other_id(&e.id, n);
        svct_pubid_encode(&e.id, writer);
        return more;
    case SVCT_KIND_PUBROLE:
        assert_int_equal(svct_pubrole_decode(&record, &e.role), 0);
        more = other_role(&e.role, n);
        svct_pubrole_encode(&e.role, writer);
        return more;
    case SVCT_KIND_PUBPAGE:
        assert_int_equal(svct_pubpage_decode(&record, &e.page), 0);
        more = other_page(&e.page, n);
        svct_pubpage_encode(&e.page, writer);
        return more;
    default:
        assert_int_equal(svct_pubgroup_decode(&record, &e.group), 0);
        more = other_group(&e.group, n);
        svct_pubgroup_encode(&e.group, writer);
        return more;
    }
}

/* Of the many that are alike some are enough. */
static bool is_passed_over(size_t i)
{
    uint8_t kind = stored[i].key.data[0];

    return (kind == SVCT_KIND_PUBUSER || kind == SVCT_KIND_PUBID) && i % 9 != 0;
}

static void each_field_is_compared(void **state)
{
    struct svct_record_writer writer;

    (void)state;
    make_all_kinds();
    for (size_t i = 0; i < stored_count; i++) {
        for (unsigned n = 0;
             !is_passed_over(i) && make_other(&stored[i], n, &writer); n++) {
            begin();
            put(&stored[i].key, &writer);
            commit();
            if (differences(count_told) == 0)
                fail_msg("kind %c, change %u: not noticed",
                         stored[i].key.data[0], n);
            begin();
            put_back(&stored[i]);
            commit();
        }
    }
    assert_true(differences(tell) == 0);
    begin();
}

static void expect_too_many(struct svct_key key,
                            struct svct_record_writer *writer)
{
    begin();
    put(&key, writer);
    commit();
    if (differences(count_told) == 0)
        fail_msg("one too many of the kind %c is not noticed", key.data[0]);
    begin();
    testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault), &fault,
                "delete");
    commit();
}

static void none_is_too_many(void **state)
{
    struct svct_pubuser user = {.name = "root-too",
                                .uid = 5000,
                                .gid = 5000,
                                .home = "/",
                                .shell = "/bin/sh",
                                .role = "Editor"};
    struct svct_pubid id = {
        .id = 5000, .owner = SVCT_PUBID_USER, .name = "root-too"};
    struct svct_pubrole role = {.name = "Admin"};
    struct svct_pubpage page = {.count = 1, .names = {"u3"}};
    struct svct_pubgroup group = {
        .name = "sudo", .roles_count = 1, .roles = {"Editor"}};
    struct svct_record_writer writer;

    (void)state;
    make_all_kinds();
    svct_pubuser_encode(&user, &writer);
    expect_too_many(svct_key_pubuser(user.name), &writer);
    svct_pubid_encode(&id, &writer);
    expect_too_many(svct_key_pubid(5000), &writer);
    svct_pubrole_encode(&role, &writer);
    expect_too_many(svct_key_pubrole("Admin"), &writer);
    svct_pubpage_encode(&page, &writer);
    expect_too_many(svct_key_pubpage("Editor", 2), &writer);
    svct_pubpage_encode(&page, &writer);
    expect_too_many(svct_key_pubpage("Editor", UINT32_MAX), &writer);
    svct_pubpage_encode(&page, &writer);
    expect_too_many(svct_key_pubpage("Nobody", 0), &writer);
    svct_pubgroup_encode(&group, &writer);
    expect_too_many(svct_key_pubgroup("sudo"), &writer);
    begin();
}

/* ---- public records that contradict each other ---- */

static void lose(struct svct_key key)
{
    testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, &key, &fault), &fault,
                "lose");
}

static void lose_user(void)
{
    lose(svct_key_pubuser("u67"));
}

static void lose_uid(void)
{
    lose(svct_key_pubid(100003));
}

static void lose_role(void)
{
    lose(svct_key_pubrole("Editor"));
}

static void lose_first_page(void)
{
    lose(svct_key_pubpage("Editor", 0));
}

static void lose_last_page(void)
{
    lose(svct_key_pubpage("Editor", 1));
}

static void put_page(uint32_t number, const struct svct_pubpage *page)
{
    struct svct_key key = svct_key_pubpage("Editor", number);
    struct svct_record_writer writer;

    svct_pubpage_encode(page, &writer);
    put(&key, &writer);
}

static void get_page(uint32_t number, struct svct_pubpage *ret_page)
{
    assert_int_equal(svct_publook_page(svct_txn_view(txn, SVCT_PART_PUBLIC),
                                       "Editor", number, ret_page),
                     0);
}

static void shorten_last_page(void)
{
    struct svct_pubpage page;

    get_page(1, &page);
    page.count--;
    put_page(1, &page);
}

static void put_another_in_the_place(void)
{
    struct svct_pubpage page;

    get_page(0, &page);
    snprintf(page.names[3], sizeof page.names[3], "u4");
    put_page(0, &page);
}

static void put_beyond(void)
{
    struct svct_key key = svct_key_pubuser("u3");
    struct svct_record_writer writer;
    struct svct_pubuser found;

    assert_int_equal(
        svct_publook_user(svct_txn_view(txn, SVCT_PART_PUBLIC), "u3", &found),
        0);
    found.member = 68; /* behind the last one */
    svct_pubuser_encode(&found, &writer);
    put(&key, &writer);
}

static void lose_group(void)
{
    lose(svct_key_pubgroup("docker"));
}

static void lose_gid(void)
{
    lose(svct_key_pubid(200002));
}

static int add_one(void)
{
    struct svct_account account = user(500, "Editor");

    return svct_change_account_create(txn, &account, &fault);
}

static int drop_one(void)
{
    uint32_t tokens;

    return svct_change_account_delete(txn, "u3", &tokens, &fault);
}

static int move_one(void)
{
    struct svct_account account = user(3, "Viewer");

    return svct_change_account_update(txn, &account, &fault);
}

static int drop_groups(void)
{
    struct svct_role role;

    assert_int_equal(svct_edit_get_role(txn, "Editor", &role, &fault), 0);
    role.groups_count = 0;
    return svct_change_role_update(txn, &role, &fault);
}

/* Told, and not built upon. */
static void contradictions(void **state)
{
    static const struct {
        void (*spoil)(void);
        int (*change)(void);
    } cases[] = {
        {lose_last_page, add_one},
        {shorten_last_page, add_one},
        {lose_last_page, drop_one},
        {lose_first_page, drop_one},
        {shorten_last_page, move_one},
        {put_another_in_the_place, drop_one},
        {put_another_in_the_place, move_one},
        {put_beyond, drop_one},
        {put_beyond, move_one},
        {lose_user, drop_one}, /* the one who would take the place */
        {lose_uid, drop_one},
        {lose_role, drop_one},
        {lose_group, drop_groups},
        {lose_gid, drop_groups},
    };

    (void)state;
    make_all_kinds();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int r;

        begin();
        cases[i].spoil();
        fault = (struct svct_fault){0};
        r = cases[i].change();
        if (r != SVCT_E_DAMAGED)
            print_error("case %zu: %s\n", i, fault.what);
        assert_int_equal(r, SVCT_E_DAMAGED);
        assert_true(fault.what[0] != '\0');
        svct_txn_free(txn);
    }
    begin();
    assert_int_equal(add_one(), 0);
    assert_int_equal(drop_one(), 0);
    assert_int_equal(drop_groups(), 0);
    commit_and_compare();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(borders_of_pages, fresh, give_up),
        cmocka_unit_test_setup_teardown(random_changes, fresh, give_up),
        cmocka_unit_test_setup_teardown(by_a_bulk, fresh, give_up),
        cmocka_unit_test_setup_teardown(by_a_restore, fresh, give_up),
        cmocka_unit_test_setup_teardown(refusals, fresh, give_up),
        cmocka_unit_test_setup_teardown(random_changes_and_bulks, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(move_many, fresh, give_up),
        cmocka_unit_test_setup_teardown(a_role_goes_behind_its_members, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(the_largest_there_can_be, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(as_many_roles_as_there_can_be, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(a_group_moves, fresh, give_up),
        cmocka_unit_test_setup_teardown(from_before_by_an_account, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(from_before_by_a_move, fresh, give_up),
        cmocka_unit_test_setup_teardown(from_before_by_the_role, fresh,
                                        give_up),
        cmocka_unit_test_setup_teardown(from_before_the_role_loses_its_groups,
                                        fresh, give_up),
        cmocka_unit_test_setup_teardown(check_finds, fresh, give_up),
        cmocka_unit_test_setup_teardown(each_record_is_missed, fresh, give_up),
        cmocka_unit_test_setup_teardown(each_field_is_compared, fresh, give_up),
        cmocka_unit_test_setup_teardown(none_is_too_many, fresh, give_up),
        cmocka_unit_test_setup_teardown(contradictions, fresh, give_up),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
