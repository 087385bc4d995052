/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pubrec.h"

/* What is sealed with a good check, and is not legal all the same. */

static struct svct_record_writer writer;

static int open_record(const struct svct_key *key, enum svct_kind kind,
                       struct svct_record *ret_record)
{
    size_t size;

    assert_int_equal(svct_record_end(&writer, key, 0, &size), 0);
    return svct_record_open(key, kind, writer.value, size, ret_record);
}

static int user_with(const struct svct_pubuser *user, unsigned more_tag)
{
    struct svct_key key = svct_key_pubuser("deploy");
    struct svct_record record;
    struct svct_pubuser found;
    int r;

    svct_pubuser_encode(user, &writer);
    if (more_tag != 0)
        svct_record_put_u8(&writer, more_tag, 1);
    assert_int_equal(open_record(&key, SVCT_KIND_PUBUSER, &record), 0);
    r = svct_pubuser_decode(&record, &found);
    if (r == 0)
        assert_memory_equal(&found, user, sizeof found);
    return r;
}

static const struct svct_pubuser good_user = {
    .name = "deploy",
    .uid = 70000,
    .gid = 70000,
    .gecos = "Deploys things",
    .home = "/srv/deploy",
    .shell = "/bin/sh",
    .role = "Editor",
    .member = 65,
};

#define USER_IS(code, change)                     \
    do {                                          \
        struct svct_pubuser u = good_user;        \
        change;                                   \
        assert_int_equal(user_with(&u, 0), code); \
    } while (0)

static void users(void **state)
{
    (void)state;
    USER_IS(0, (void)0);
    USER_IS(0, u.gid = 1);
    USER_IS(0, memset(u.gecos, 0, sizeof u.gecos));
    USER_IS(SVCT_E_DAMAGED, u.name[0] = 'D');
    USER_IS(SVCT_E_DAMAGED, u.name[0] = '\0');
    USER_IS(SVCT_E_DAMAGED, u.uid = 0);
    USER_IS(SVCT_E_DAMAGED, u.uid = 999);
    USER_IS(SVCT_E_DAMAGED, u.uid = 65534);
    USER_IS(SVCT_E_DAMAGED, u.uid = 65535);
    USER_IS(SVCT_E_DAMAGED, u.uid = UINT32_C(4294967294));
    USER_IS(SVCT_E_DAMAGED, u.gid = 0);
    USER_IS(SVCT_E_DAMAGED, u.gid = UINT32_MAX);
    USER_IS(SVCT_E_DAMAGED, u.gecos[3] = ':');
    USER_IS(SVCT_E_DAMAGED, u.gecos[3] = '\n');
    USER_IS(SVCT_E_DAMAGED, u.gecos[3] = '\x80');
    USER_IS(SVCT_E_DAMAGED, u.home[0] = 's');
    USER_IS(SVCT_E_DAMAGED, u.home[0] = '\0');
    USER_IS(SVCT_E_DAMAGED, u.home[4] = ':');
    USER_IS(SVCT_E_DAMAGED, u.shell[0] = 'b');
    USER_IS(SVCT_E_DAMAGED, u.shell[1] = '\n');
    USER_IS(SVCT_E_DAMAGED, u.role[0] = '0');
}

static void unknown_tags(void **state)
{
    (void)state;
    assert_int_equal(user_with(&good_user, 99), 0);
    assert_int_equal(user_with(&good_user, 99 | SVCT_TAG_CRITICAL),
                     SVCT_E_VERSION);
}

static void fields_that_lack(void **state)
{
    struct svct_key key = svct_key_pubuser("deploy");
    struct svct_record record;
    struct svct_pubuser user;
    struct svct_pubpage page;

    (void)state;
    svct_record_begin(&writer, SVCT_KIND_PUBUSER);
    svct_record_put_text(&writer, 1 | SVCT_TAG_CRITICAL, "deploy");
    assert_int_equal(open_record(&key, SVCT_KIND_PUBUSER, &record), 0);
    assert_int_equal(svct_pubuser_decode(&record, &user), SVCT_E_DAMAGED);
    key = svct_key_pubpage("Editor", 0);
    svct_record_begin(&writer, SVCT_KIND_PUBPAGE);
    assert_int_equal(open_record(&key, SVCT_KIND_PUBPAGE, &record), 0);
    assert_int_equal(svct_pubpage_decode(&record, &page), SVCT_E_DAMAGED);
}

static int id_with(uint32_t number, unsigned owner, const char *name)
{
    struct svct_pubid id = {.id = number, .owner = owner}, found;
    struct svct_key key = svct_key_pubid(70000);
    struct svct_record record;

    snprintf(id.name, sizeof id.name, "%s", name);
    svct_pubid_encode(&id, &writer);
    assert_int_equal(open_record(&key, SVCT_KIND_PUBID, &record), 0);
    return svct_pubid_decode(&record, &found);
}

static void ids(void **state)
{
    (void)state;
    assert_int_equal(id_with(70000, SVCT_PUBID_USER, "deploy"), 0);
    assert_int_equal(id_with(70000, SVCT_PUBID_GROUP, "Readers.x"), 0);
    assert_int_equal(id_with(70000, SVCT_PUBID_USER, "Readers.x"),
                     SVCT_E_DAMAGED);
    assert_int_equal(id_with(70000, SVCT_PUBID_GROUP, "a b"), SVCT_E_DAMAGED);
    assert_int_equal(id_with(70000, 0, "deploy"), SVCT_E_DAMAGED);
    assert_int_equal(id_with(70000, 3, "deploy"), SVCT_E_DAMAGED);
    assert_int_equal(id_with(999, SVCT_PUBID_USER, "deploy"), SVCT_E_DAMAGED);
    assert_int_equal(id_with(65535, SVCT_PUBID_USER, "deploy"), SVCT_E_DAMAGED);
}

static int group_with(uint32_t gid, const char *role, unsigned count)
{
    struct svct_pubgroup group = {.name = "readers", .gid = gid}, found;
    struct svct_key key = svct_key_pubgroup("readers");
    struct svct_record record;

    group.roles_count = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        snprintf(group.roles[i], sizeof group.roles[i], "%s", role);
    svct_pubgroup_encode(&group, &writer);
    assert_int_equal(open_record(&key, SVCT_KIND_PUBGROUP, &record), 0);
    return svct_pubgroup_decode(&record, &found);
}

static void groups(void **state)
{
    (void)state;
    assert_int_equal(group_with(0, "Viewer", 1), 0);
    assert_int_equal(group_with(70000, "Viewer", 64), 0);
    assert_int_equal(group_with(999, "Viewer", 1), SVCT_E_DAMAGED);
    assert_int_equal(group_with(70000, "0", 1), SVCT_E_DAMAGED);
    assert_int_equal(group_with(70000, "Viewer", 0), SVCT_E_DAMAGED);
}

static int role_with(uint32_t gid, const char *group)
{
    struct svct_pubrole role = {
        .name = "Editor", .members = 5, .groups_count = 1, .gids = {gid}};
    struct svct_key key = svct_key_pubrole("Editor");
    struct svct_record record;
    struct svct_pubrole found;

    snprintf(role.groups[0], sizeof role.groups[0], "%s", group);
    svct_pubrole_encode(&role, &writer);
    assert_int_equal(open_record(&key, SVCT_KIND_PUBROLE, &record), 0);
    return svct_pubrole_decode(&record, &found);
}

static void roles(void **state)
{
    (void)state;
    assert_int_equal(role_with(0, "adm"), 0);
    assert_int_equal(role_with(70000, "adm"), 0);
    assert_int_equal(role_with(1, "adm"), SVCT_E_DAMAGED);
    assert_int_equal(role_with(0, "a:b"), SVCT_E_DAMAGED);
}

static void keys(void **state)
{
    (void)state;
    assert_int_equal(svct_key_pubuser("Deploy").len, 0);
    assert_int_equal(svct_key_pubuser("").len, 0);
    assert_int_equal(svct_key_pubrole("0").len, 0);
    assert_int_equal(svct_key_pubpage("0", 1).len, 0);
    assert_int_equal(svct_key_pubgroup("a b").len, 0);
    assert_int_equal(svct_key_pubid(70000).len, 13);
    assert_int_equal(svct_key_pubpage("Editor", 1).len, 13 + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users),
        cmocka_unit_test(unknown_tags),
        cmocka_unit_test(fields_that_lack),
        cmocka_unit_test(ids),
        cmocka_unit_test(groups),
        cmocka_unit_test(roles),
        cmocka_unit_test(keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
