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

/* ---- field by field: each is dropped, and given what it can't have ---- */

static struct svct_key key_of(enum svct_kind kind)
{
    switch (kind) {
    case SVCT_KIND_PUBUSER:
        return svct_key_pubuser("deploy");
    case SVCT_KIND_PUBID:
        return svct_key_pubid(70000);
    case SVCT_KIND_PUBROLE:
        return svct_key_pubrole("Editor");
    case SVCT_KIND_PUBPAGE:
        return svct_key_pubpage("Editor", 0);
    default:
        return svct_key_pubgroup("readers");
    }
}

static void put_good(enum svct_kind kind)
{
    static const struct svct_pubid id = {
        .id = 70000, .owner = SVCT_PUBID_GROUP, .name = "readers"};
    static const struct svct_pubrole role = {.name = "Editor",
                                             .members = 65,
                                             .groups_count = 2,
                                             .groups = {"adm", "readers"},
                                             .gids = {0, 70000}};
    static const struct svct_pubpage page = {.count = 2,
                                             .names = {"deploy", "backup"}};
    static const struct svct_pubgroup group = {.name = "readers",
                                               .gid = 70000,
                                               .roles_count = 2,
                                               .roles = {"Editor", "Viewer"}};

    switch (kind) {
    case SVCT_KIND_PUBUSER:
        svct_pubuser_encode(&good_user, &writer);
        break;
    case SVCT_KIND_PUBID:
        svct_pubid_encode(&id, &writer);
        break;
    case SVCT_KIND_PUBROLE:
        svct_pubrole_encode(&role, &writer);
        break;
    case SVCT_KIND_PUBPAGE:
        svct_pubpage_encode(&page, &writer);
        break;
    default:
        svct_pubgroup_encode(&group, &writer);
    }
}

union found {
    struct svct_pubuser user;
    struct svct_pubid id;
    struct svct_pubrole role;
    struct svct_pubpage page;
    struct svct_pubgroup group;
};

static int decode(struct svct_record *record, union found *found)
{
    switch (record->kind) {
    case SVCT_KIND_PUBUSER:
        return svct_pubuser_decode(record, &found->user);
    case SVCT_KIND_PUBID:
        return svct_pubid_decode(record, &found->id);
    case SVCT_KIND_PUBROLE:
        return svct_pubrole_decode(record, &found->role);
    case SVCT_KIND_PUBPAGE:
        return svct_pubpage_decode(record, &found->page);
    default:
        return svct_pubgroup_decode(record, &found->group);
    }
}

/* What decodes it says, with these bytes in the field of the tag (NULL:
 * without it); the output of a failure is untouched. */
static int with_field(enum svct_kind kind, unsigned tag, const char *bytes,
                      size_t len)
{
    static struct svct_record_writer good;
    struct svct_key key = key_of(kind);
    union found found, untouched;
    struct svct_record record;
    struct svct_field field;
    size_t size;
    int r;

    put_good(kind);
    good = writer;
    assert_int_equal(svct_record_end(&good, &key, 0, &size), 0);
    assert_int_equal(svct_record_open(&key, kind, good.value, size, &record),
                     0);
    svct_record_begin(&writer, kind);
    while (svct_record_next(&record, &field)) {
        unsigned as = field.tag | (field.critical ? SVCT_TAG_CRITICAL : 0);

        if (field.tag != tag)
            svct_record_put(&writer, as, field.data, field.len);
        else if (bytes != NULL)
            svct_record_put(&writer, as, bytes, len);
    }
    assert_int_equal(open_record(&key, kind, &record), 0);
    memset(&found, 0x5a, sizeof found);
    memset(&untouched, 0x5a, sizeof untouched);
    r = decode(&record, &found);
    assert_true(r == 0 || memcmp(&found, &untouched, sizeof found) == 0);
    return r;
}

static void each_field_is_needed(void **state)
{
    static const struct {
        enum svct_kind kind;
        unsigned last;
    } kinds[] = {
        {SVCT_KIND_PUBUSER, 8}, {SVCT_KIND_PUBID, 3},    {SVCT_KIND_PUBROLE, 4},
        {SVCT_KIND_PUBPAGE, 1}, {SVCT_KIND_PUBGROUP, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(with_field(kinds[i].kind, 99, NULL, 0), 0);
        for (unsigned tag = 1; tag <= kinds[i].last; tag++)
            assert_int_equal(with_field(kinds[i].kind, tag, NULL, 0),
                             SVCT_E_DAMAGED);
    }
}

#define N8(bytes) "\0\0\0\0" bytes, 8
#define NAME32 "abcdefghijklmnopqrstuvwxyz012345"

static void each_field_is_of_its_form(void **state)
{
    static const struct {
        enum svct_kind kind;
        unsigned tag;
        const char *bytes;
        size_t len;
        int code;
    } cases[] = {
        {SVCT_KIND_PUBPAGE, 1, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\6deploy", 7, 0},
        {SVCT_KIND_PUBPAGE, 1, "\6Deploy", 7, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\6deploy\3a:b", 11, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\6deploy\0", 8, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\6deplo", 6, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\6dep\0oy", 7, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBPAGE, 1, "\x20" NAME32, 33, 0},
        {SVCT_KIND_PUBPAGE, 1, "\x21" NAME32 "6", 34, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 1, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 1, "a b", 3, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 1, "a\0b", 3, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 1, NAME32 "6", 33, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 1, "Readers.x$", 10, 0},
        {SVCT_KIND_PUBGROUP, 2, N8("\0\0\0\0"), 0},
        {SVCT_KIND_PUBGROUP, 2, N8("\0\0\0\1"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 2, N8("\0\0\3\xe7"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 2, N8("\0\0\xff\xfe"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 2, N8("\xff\xff\xff\xff"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 2, "\0\0\0\1\0\1\0\0", 8, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 2, "\0\1\0\0", 4, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 3, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 3, "\6Editor", 7, 0},
        {SVCT_KIND_PUBGROUP, 3, "\6Editor\1-", 9, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBGROUP, 3, "\7Editor", 7, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 1, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 1, "1st", 3, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 2, N8("\xff\xff\xff\xff"), 0},
        {SVCT_KIND_PUBROLE, 2, "\0\0\0\1\0\0\0\0", 8, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 2, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 3, "", 0, SVCT_E_DAMAGED}, /* and two gids */
        {SVCT_KIND_PUBROLE, 3, "\3adm", 4, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 3, "\1a\1b\1c", 6, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 3, "\1a\1:", 4, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 4, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 4, "\0\0\0\0", 4, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBROLE, 4, N8("\0\0\3\xe8"), 0},
        {SVCT_KIND_PUBROLE, 4, N8("\0\0\3\xe7"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBID, 1, N8("\0\0\0\0"), SVCT_E_DAMAGED},
        {SVCT_KIND_PUBID, 1, "\0\0\0\1\0\1\0\0", 8, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBID, 2, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBID, 2, "\2\0", 2, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBID, 3, "", 0, SVCT_E_DAMAGED},
        {SVCT_KIND_PUBUSER, 8, N8("\xff\xff\xff\xff"), 0},
        {SVCT_KIND_PUBUSER, 8, "\0\0\0\1\0\0\0\0", 8, SVCT_E_DAMAGED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int r = with_field(cases[i].kind, cases[i].tag, cases[i].bytes,
                           cases[i].len);

        if (r != cases[i].code)
            print_error("case %zu\n", i);
        assert_int_equal(r, cases[i].code);
    }
}

static void pages_there_and_back(void **state)
{
    struct svct_key key = svct_key_pubpage("Editor", 0);
    struct svct_pubpage page = {.count = 0}, found;
    struct svct_record record;
    size_t size;

    (void)state;
    for (unsigned i = 0; i < SVCT_PUBPAGE_NAMES; i++) {
        snprintf(page.names[i], sizeof page.names[i], "u%031u", i);
        page.count = (uint8_t)(i + 1);
        svct_pubpage_encode(&page, &writer);
        assert_int_equal(open_record(&key, SVCT_KIND_PUBPAGE, &record), 0);
        assert_int_equal(svct_pubpage_decode(&record, &found), 0);
        assert_int_equal(found.count, page.count);
        for (unsigned k = 0; k <= i; k++)
            assert_string_equal(found.names[k], page.names[k]);
    }
    page.count = SVCT_PUBPAGE_NAMES + 1;
    svct_pubpage_encode(&page, &writer);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
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
        cmocka_unit_test(each_field_is_needed),
        cmocka_unit_test(each_field_is_of_its_form),
        cmocka_unit_test(pages_there_and_back),
        cmocka_unit_test(ids),
        cmocka_unit_test(groups),
        cmocka_unit_test(roles),
        cmocka_unit_test(keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
