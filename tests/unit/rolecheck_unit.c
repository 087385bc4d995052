/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "svctoken db verify" about roles that do not agree with each other, such as
 * no command makes.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "write/change_role.h"
#include "write/edit.h"

#define DESCRIPTION "found nowhere else in the file"

static struct svct_fault fault;
static struct svct_txn *txn;

static int fresh(void **state)
{
    struct svct_role role = {.name = "Deployer", .description = DESCRIPTION};

    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    testdb_must(svct_change_role_create(txn, &role, "Viewer", &fault), &fault,
                "role");
    return 0;
}

static char said[4096];

/* Its exit code, and what it says. */
static int run_verify(void)
{
    char command[300];
    FILE *pipe;
    size_t len;

    snprintf(command, sizeof command, "exec %s db verify --db %s 2>&1",
             getenv("SVCT_ADMIN"), TESTDB);
    pipe = popen(command, "re");
    assert_non_null(pipe);
    len = fread(said, 1, sizeof said - 1, pipe);
    said[len] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

static int verify(void)
{
    svct_txn_accept_clock(txn); /* that of testdb is ahead: a problem, too */
    testdb_must(svct_txn_commit(txn, time(NULL), NULL, &fault), &fault,
                "commit");
    svct_txn_free(txn);
    return run_verify();
}

static void finds(const char *sentence)
{
    assert_int_equal(verify(), 1);
    if (strstr(said, sentence) == NULL)
        fail_msg("not said: %s\nbut: %s", sentence, said);
}

static void change(const char *name, void (*edit)(struct svct_role *role))
{
    struct svct_role role;

    assert_int_equal(
        svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE), name, &role),
        0);
    edit(&role);
    testdb_must(svct_edit_store_role(txn, &role, &fault), &fault, name);
}

static void store_list(unsigned count, const char *more)
{
    struct svct_rolelist list;

    assert_int_equal(
        svct_lookup_rolelist(svct_txn_view(txn, SVCT_PART_PRIVATE), &list), 0);
    list.count = (uint8_t)count;
    if (more != NULL)
        snprintf(list.name[list.count++], sizeof list.name[0], "%s", more);
    testdb_must(svct_edit_store_rolelist(txn, &list, &fault), &fault, "list");
}

static void all_is_well(void **state)
{
    (void)state;
    if (verify() != 0)
        fail_msg("%s", said);
    assert_non_null(strstr(said, "5 roles"));
}

static void one_that_is_not_listed(void **state)
{
    (void)state;
    store_list(4, NULL);
    finds("the role Deployer is not in the list of roles");
}

static void one_that_is_not_there(void **state)
{
    (void)state;
    store_list(5, "Ghost");
    finds("the role Ghost is listed and is not there");
}

/* As no program stores it. */
static void give_group(const char *name, const char *group, uint32_t gid)
{
    struct svct_key key = svct_key_role(name);
    struct svct_record_writer writer;
    struct svct_role role;

    assert_int_equal(
        svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE), name, &role),
        0);
    snprintf(role.groups[role.groups_count], sizeof role.groups[0], "%s",
             group);
    role.gids[role.groups_count++] = gid;
    svct_role_encode(&role, &writer);
    testdb_must(svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, &fault),
                &fault, name);
}

static void a_group_of_two_gids(void **state)
{
    (void)state;
    give_group("Deployer", "ops", 65540);
    give_group("Editor", "ops", 65541);
    finds("the group ops has the gid ");
}

static void a_group_of_the_host_elsewhere(void **state)
{
    (void)state;
    give_group("Deployer", "ops", 65540);
    give_group("Editor", "ops", 0);
    finds("the group ops has the gid ");
}

static void a_gid_of_two_groups(void **state)
{
    (void)state;
    give_group("Deployer", "ops", 65540);
    give_group("Editor", "web", 65540);
    finds("have the same gid, 65540");
}

static void a_gid_of_two_groups_of_a_role(void **state)
{
    (void)state;
    give_group("Deployer", "ops", 65540);
    give_group("Deployer", "web", 65540);
    finds("have the same gid, 65540");
}

static void to_place_of_viewer(struct svct_role *role)
{
    role->place = 1000;
}

static void the_same_place(void **state)
{
    (void)state;
    change("Deployer", to_place_of_viewer);
    finds("have the same place, 1000");
}

static void to_place_above_all(struct svct_role *role)
{
    role->place = 3001;
}

static void one_above_admin(void **state)
{
    (void)state;
    change("Deployer", to_place_above_all);
    finds("the role Deployer stands above Admin");
}

static void to_other_mark(struct svct_role *role)
{
    role->builtin = !role->builtin;
}

static void marks_that_are_wrong(void **state)
{
    (void)state;
    change("Deployer", to_other_mark);
    change("Editor", to_other_mark);
    finds("the role Deployer says that it is built in");
    assert_non_null(strstr(said, "the role Editor is built in, and its"));
}

static void a_built_in_one_that_was_moved(void **state)
{
    (void)state;
    change("Viewer", to_place_above_all);
    finds("the role Viewer is built in, and its record says place 3001");
}

static void a_built_in_one_that_is_gone(void **state)
{
    struct svct_key key = svct_key_role("Editor");

    (void)state;
    testdb_must(svct_txn_delete(txn, SVCT_PART_PRIVATE, &key, &fault), &fault,
                "Editor");
    finds("the role Editor, which is built in, is not there");
}

/* Every copy of the bytes, also such as gdbm has left behind. */
static void spoil(const char *bytes)
{
    const char *path = testdb_path(TESTDB, SVCT_PART_PRIVATE);
    static char file[1 << 20];
    size_t len = strlen(bytes);
    FILE *stream = fopen(path, "r+e");
    size_t size;
    char *at;

    assert_non_null(stream);
    size = fread(file, 1, sizeof file, stream);
    at = memmem(file, size, bytes, len);
    assert_non_null(at);
    for (; at != NULL; at = memmem(at, (size_t)(file + size - at), bytes, len))
        *at ^= 1;
    rewind(stream);
    assert_int_equal(fwrite(file, 1, size, stream), size);
    fclose(stream);
}

/* The list is the only record that has two names in a row. */
static void records_that_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(verify(), 0);
    spoil(DESCRIPTION);
    assert_int_equal(run_verify(), 1);
    assert_non_null(strstr(said, "the role Deployer: "));
    assert_null(strstr(said, "the list of roles: "));
    spoil("\005Admin\010Deployer");
    assert_int_equal(run_verify(), 1);
    assert_non_null(strstr(said, "the list of roles: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_is_well, fresh),
        cmocka_unit_test_setup(one_that_is_not_listed, fresh),
        cmocka_unit_test_setup(a_group_of_two_gids, fresh),
        cmocka_unit_test_setup(a_group_of_the_host_elsewhere, fresh),
        cmocka_unit_test_setup(a_gid_of_two_groups, fresh),
        cmocka_unit_test_setup(a_gid_of_two_groups_of_a_role, fresh),
        cmocka_unit_test_setup(one_that_is_not_there, fresh),
        cmocka_unit_test_setup(the_same_place, fresh),
        cmocka_unit_test_setup(one_above_admin, fresh),
        cmocka_unit_test_setup(marks_that_are_wrong, fresh),
        cmocka_unit_test_setup(a_built_in_one_that_was_moved, fresh),
        cmocka_unit_test_setup(a_built_in_one_that_is_gone, fresh),
        cmocka_unit_test_setup(records_that_cannot_be_read, fresh),
    };

    if (getenv("SVCT_ADMIN") == NULL) {
        printf("SKIPPED: SVCT_ADMIN does not name the utility\n");
        return 77;
    }
    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
