/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gdbm.h>
#include <unistd.h>

#include "../support/pubdb.h"
#include "base/publook.h"

static struct svct_snapshot *snapshot;

/* The output of a look-up that fails is not touched: so each is asked with
 * these bytes in it. */
#define UNTOUCHED 0x5a

union found {
    struct svct_pubuser user;
    struct svct_pubid id;
    struct svct_pubrole role;
    struct svct_pubpage page;
    struct svct_pubgroup group;
};
static union found found, untouched;

static void expect(int code, int r)
{
    if (r != 0)
        assert_memory_equal(&found, &untouched, sizeof found);
    memset(&found, UNTOUCHED, sizeof found);
    assert_int_equal(r, code);
}

#define USER(code, name) \
    expect(code, svct_publook_user(snapshot, name, &found.user))
#define ID(code, number) \
    expect(code, svct_publook_id(snapshot, number, &found.id))
#define ROLE(code, name) \
    expect(code, svct_publook_role(snapshot, name, &found.role))
#define GROUP(code, name) \
    expect(code, svct_publook_group(snapshot, name, &found.group))
#define PAGE(code, role, number) \
    expect(code, svct_publook_page(snapshot, role, number, &found.page))

/* ---- records under the keys of others ---- */

static struct svct_record_writer writer;

static void store(struct svct_txn *txn, struct svct_key key)
{
    struct svct_fault fault = {0};

    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, &fault),
                &fault, "store");
}

static void put_wrong(struct svct_txn *txn)
{
    struct svct_pubuser user = pubdb_user("deploy", 70000, 70000, "Editor");
    struct svct_pubid id = {
        .id = 70000, .owner = SVCT_PUBID_USER, .name = "deploy"};
    struct svct_pubrole role = {.name = "Editor", .members = 1};
    struct svct_pubgroup group = {
        .name = "adm", .roles_count = 1, .roles = {"Editor"}};

    svct_pubuser_encode(&user, &writer);
    store(txn, svct_key_pubuser("other"));
    svct_pubid_encode(&id, &writer);
    store(txn, svct_key_pubid(70009));
    svct_pubrole_encode(&role, &writer);
    store(txn, svct_key_pubrole("Other"));
    svct_pubgroup_encode(&group, &writer);
    store(txn, svct_key_pubgroup("other"));
}

/* Sealed well, but of another kind: no transaction writes that. */
static void put_kind(GDBM_FILE file, struct svct_key key,
                     const struct svct_pubpage *page)
{
    datum name = {(char *)key.data, (int)key.len}, value;
    size_t size;

    svct_pubpage_encode(page, &writer);
    if (key.data[0] == SVCT_KIND_PUBPAGE)
        svct_record_begin(&writer, SVCT_KIND_PUBROLE);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    value = (datum){(char *)writer.value, (int)size};
    assert_int_equal(gdbm_store(file, name, value, GDBM_INSERT), 0);
}

static void put_kinds(void)
{
    struct svct_pubpage page = {.count = 1, .names = {"deploy"}};
    GDBM_FILE file = gdbm_open(testdb_path(TESTDB, SVCT_PART_PUBLIC), 0,
                               GDBM_WRITER, 0, NULL);

    assert_non_null(file);
    put_kind(file, svct_key_pubuser("kind"), &page);
    put_kind(file, svct_key_pubid(70008), &page);
    put_kind(file, svct_key_pubrole("Kind"), &page);
    put_kind(file, svct_key_pubgroup("kind"), &page);
    put_kind(file, svct_key_pubpage("Kind", 0), &page);
    assert_int_equal(gdbm_close(file), 0);
}

/* Of a newer program, or without what must be there. */
static void put_odd(struct svct_txn *txn)
{
    struct svct_pubuser user = pubdb_user("newer", 70001, 70001, "Editor");
    struct svct_pubpage page = {.count = 1, .names = {"deploy"}};

    svct_pubuser_encode(&user, &writer);
    svct_record_put_u8(&writer, 40 | SVCT_TAG_CRITICAL, 1);
    store(txn, svct_key_pubuser("newer"));
    svct_record_begin(&writer, SVCT_KIND_PUBUSER);
    store(txn, svct_key_pubuser("empty"));
    svct_pubpage_encode(&page, &writer);
    svct_record_put_u8(&writer, 40 | SVCT_TAG_CRITICAL, 1);
    store(txn, svct_key_pubpage("Newer", 7));
}

static void open_snapshot(void)
{
    struct svct_fault fault = {0};
    int fd = testdb_open(TESTDB);

    testdb_must(svct_snapshot_open(fd, SVCT_PART_PUBLIC, &snapshot, &fault),
                &fault, "open");
    close(fd);
}

static int make(void **state)
{
    static const char *const groups[] = {"adm=0", NULL};
    static const char *const roles[] = {"Editor", NULL};
    struct svct_txn *txn;

    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    pubdb_fill(txn, "Editor", "ed", 66000, 70);
    pubdb_put_role(txn, "Editor", 70, groups);
    pubdb_put_group(txn, "adm", 0, roles);
    put_wrong(txn);
    put_odd(txn);
    testdb_commit(txn);
    put_kinds();
    open_snapshot();
    memset(&untouched, UNTOUCHED, sizeof untouched);
    memset(&found, UNTOUCHED, sizeof found);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    svct_snapshot_free(snapshot);
    return 0;
}

/* ---- tests ---- */

static void what_there_is(void **state)
{
    (void)state;
    assert_int_equal(svct_publook_user(snapshot, "ed69", &found.user), 0);
    assert_int_equal(found.user.uid, 66069);
    assert_int_equal(found.user.member, 69);
    assert_int_equal(svct_publook_id(snapshot, 66069, &found.id), 0);
    assert_int_equal(found.id.owner, SVCT_PUBID_USER);
    assert_string_equal(found.id.name, "ed69");
    assert_int_equal(svct_publook_page(snapshot, "Editor", 1, &found.page), 0);
    assert_int_equal(found.page.count, 6);
    assert_string_equal(found.page.names[5], "ed69");
    assert_int_equal(svct_publook_role(snapshot, "Editor", &found.role), 0);
    assert_int_equal(found.role.members, 70);
    assert_string_equal(found.role.groups[0], "adm");
    assert_int_equal(svct_publook_group(snapshot, "adm", &found.group), 0);
    assert_string_equal(found.group.roles[0], "Editor");
    memset(&found, UNTOUCHED, sizeof found);
}

static void what_there_is_not(void **state)
{
    (void)state;
    USER(SVCT_E_NOTFOUND, "ed70");
    USER(SVCT_E_NOTFOUND, "Editor");
    ID(SVCT_E_NOTFOUND, 66070);
    ROLE(SVCT_E_NOTFOUND, "Viewer");
    ROLE(SVCT_E_NOTFOUND, "editor");
    GROUP(SVCT_E_NOTFOUND, "ed1"); /* a user's own one has no record */
    PAGE(SVCT_E_NOTFOUND, "Editor", 2);
    PAGE(SVCT_E_NOTFOUND, "Editor", UINT32_MAX);
    PAGE(SVCT_E_NOTFOUND, "Viewer", 0);
}

/* Not damage: whoever is asked for may be anybody. */
static void illegal_names(void **state)
{
    static const char *const names[] = {
        "",      "-",
        "a b",   "a:b",
        "a/b",   "a\nb",
        "\xff",  "0",
        "ed0\n", "a12345678901234567890123456789012", /* 33 bytes */
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        USER(SVCT_E_NOTFOUND, names[i]);
        ROLE(SVCT_E_NOTFOUND, names[i]);
        GROUP(SVCT_E_NOTFOUND, names[i]);
        PAGE(SVCT_E_NOTFOUND, names[i], 0);
    }
    USER(SVCT_E_NOTFOUND, "Ed0");
    ID(SVCT_E_NOTFOUND, 0);
    ID(SVCT_E_NOTFOUND, 999);
    ID(SVCT_E_NOTFOUND, 65534);
    ID(SVCT_E_NOTFOUND, UINT32_MAX);
}

static void records_of_others(void **state)
{
    (void)state;
    USER(SVCT_E_DAMAGED, "other");
    ID(SVCT_E_DAMAGED, 70009);
    ROLE(SVCT_E_DAMAGED, "Other");
    GROUP(SVCT_E_DAMAGED, "other");
}

static void records_of_another_kind(void **state)
{
    (void)state;
    USER(SVCT_E_DAMAGED, "kind");
    ID(SVCT_E_DAMAGED, 70008);
    ROLE(SVCT_E_DAMAGED, "Kind");
    GROUP(SVCT_E_DAMAGED, "kind");
    PAGE(SVCT_E_DAMAGED, "Kind", 0);
}

static void records_that_say_little_or_more(void **state)
{
    (void)state;
    USER(SVCT_E_VERSION, "newer");
    USER(SVCT_E_DAMAGED, "empty");
    PAGE(SVCT_E_VERSION, "Newer", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is),
        cmocka_unit_test(what_there_is_not),
        cmocka_unit_test(illegal_names),
        cmocka_unit_test(records_of_others),
        cmocka_unit_test(records_of_another_kind),
        cmocka_unit_test(records_that_say_little_or_more),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, make, unmake);
}
