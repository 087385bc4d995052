/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entity.h"
#include "auth/lists.h"
#include "auth/role.h"

/* A sealed value and its key, as a database would hold it. */
struct sealed {
    struct svct_key key;
    enum svct_kind kind;
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;
};

static int seal(struct sealed *sealed, struct svct_record_writer *writer,
                enum svct_kind kind, struct svct_key key)
{
    int r;

    sealed->kind = kind;
    sealed->key = key;
    r = svct_record_end(writer, &sealed->key, 0, &sealed->size);
    if (r == 0)
        memcpy(sealed->value, writer->value, sealed->size);
    return r;
}

static struct svct_record opened(const struct sealed *sealed)
{
    struct svct_record record;

    assert_int_equal(svct_record_open(&sealed->key, sealed->kind, sealed->value,
                                      sealed->size, &record),
                     0);
    return record;
}

/* The fields of a sealed record again, without the one of a tag, or with
 * another content for it. */
struct edit {
    unsigned tag;
    bool drop;
    const void *bytes; /* NULL: keep */
    size_t len;
    unsigned append; /* a tag behind all others; 0: none */
};

static struct sealed edited(const struct sealed *sealed,
                            const struct edit *edit)
{
    struct svct_record record = opened(sealed);
    struct svct_record_writer writer;
    struct svct_field field;
    struct sealed result;

    svct_record_begin(&writer, sealed->kind);
    while (svct_record_next(&record, &field)) {
        unsigned tag = field.tag | (field.critical ? SVCT_TAG_CRITICAL : 0);

        if (field.tag == edit->tag && edit->drop)
            continue;
        if (field.tag == edit->tag && edit->bytes != NULL)
            svct_record_put(&writer, tag, edit->bytes, edit->len);
        else
            svct_record_put(&writer, tag, field.data, field.len);
    }
    if (edit->append != 0)
        svct_record_put(&writer, edit->append, "new", 3);
    assert_int_equal(seal(&result, &writer, sealed->kind, sealed->key), 0);
    return result;
}

/* ---- one of each kind, with all that can be in it ---- */

static struct svct_account full_account(void)
{
    struct svct_account account = {
        .name = "deploy",
        .description = "f\xc3\xbcr alles",
        .role = "Editor",
        .disabled = true,
        .expires = INT64_C(1800000000),
        .created = INT64_C(1700000000),
        .created_by = "root",
        .tokens = 77,
        .apikey = true,
    };

    assert_int_equal(svct_sources_add(&account.sources, "192.0.2.0/24"), 0);
    assert_int_equal(svct_sources_add(&account.sources, "2001:db8::/32"), 0);
    assert_int_equal(svct_sources_add(&account.sources, "local"), 0);
    return account;
}

static struct svct_token full_token(void)
{
    struct svct_token token = {
        .id = "4fK2abcXYZ",
        .account = "deploy",
        .name = "ci",
        .comment = "build",
        .created = 1,
        .created_by = "root",
        .not_before = 2,
        .expires = 3,
        .cap = "Viewer",
        .disabled = true,
        .revoked = true,
        .revoked_at = 4,
        .revoked_by = "admin",
        .revoked_reason = "lost",
        .max_uses = 10,
        .slot = 7,
        .rotated = true,
        .former_until = 6,
        .rotated_at = 5,
        .rotated_by = "admin",
    };

    memset(token.hash, 0xa5, sizeof token.hash);
    memset(token.former_hash, 0x5a, sizeof token.former_hash);
    assert_int_equal(svct_sources_add(&token.sources, "10.0.0.0/8"), 0);
    assert_int_equal(svct_globs_add(&token.services, "sshd"), 0);
    assert_int_equal(svct_globs_add(&token.services, "su*"), 0);
    return token;
}

static struct svct_role full_role(void)
{
    struct svct_role role = {
        .name = "Deployer",
        .place = 250,
        .description = "deploys",
        .groups_count = 2,
        .groups = {"www-data", "adm"},
    };

    assert_int_equal(svct_globs_add(&role.allow, "*"), 0);
    assert_int_equal(svct_globs_add(&role.refuse, "sudo*"), 0);
    return role;
}

static struct svct_policy full_policy(void)
{
    return (struct svct_policy){.default_ttl = 100,
                                .max_ttl = 200,
                                .allow_no_expiry = true,
                                .tokens_per_account = 5,
                                .warn_before = 7,
                                .rolelist = true};
}

static struct sealed sealed_account(const struct svct_account *account)
{
    struct svct_record_writer writer;
    struct sealed sealed;

    svct_account_encode(account, &writer);
    assert_int_equal(seal(&sealed, &writer, SVCT_KIND_ACCOUNT,
                          svct_key_account(account->name)),
                     0);
    return sealed;
}

static struct sealed sealed_token(const struct svct_token *token)
{
    struct svct_record_writer writer;
    struct sealed sealed;

    svct_token_encode(token, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_TOKEN, svct_key_token(token->id)), 0);
    return sealed;
}

static struct sealed sealed_role(const struct svct_role *role)
{
    struct svct_record_writer writer;
    struct sealed sealed;

    svct_role_encode(role, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_ROLE, svct_key_role(role->name)), 0);
    return sealed;
}

static struct sealed sealed_policy(const struct svct_policy *policy)
{
    struct svct_record_writer writer;
    struct sealed sealed;

    svct_policy_encode(policy, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_POLICY, svct_key_policy()), 0);
    return sealed;
}

/* All four in one shape, for what holds for each. */
static union {
    struct svct_account account;
    struct svct_token token;
    struct svct_role role;
    struct svct_policy policy;
} decoded;

static int decode(const struct sealed *sealed)
{
    struct svct_record record = opened(sealed);

    memset(&decoded, 0, sizeof decoded);
    switch (sealed->kind) {
    case SVCT_KIND_ACCOUNT:
        return svct_account_decode(&record, &decoded.account);
    case SVCT_KIND_TOKEN:
        return svct_token_decode(&record, &decoded.token);
    case SVCT_KIND_ROLE:
        return svct_role_decode(&record, &decoded.role);
    default:
        return svct_policy_decode(&record, &decoded.policy);
    }
}

static void all_four(struct sealed ret_sealed[4])
{
    struct svct_account account = full_account();
    struct svct_token token = full_token();
    struct svct_role role = full_role();
    struct svct_policy policy = full_policy();

    ret_sealed[0] = sealed_account(&account);
    ret_sealed[1] = sealed_token(&token);
    ret_sealed[2] = sealed_role(&role);
    ret_sealed[3] = sealed_policy(&policy);
}

/* ---- there and back ---- */

/* Encoding what was decoded gives the same bytes: so nothing was lost. */
static void there_and_back(void **state)
{
    struct sealed sealed[4], again;

    (void)state;
    all_four(sealed);
    assert_int_equal(decode(&sealed[0]), 0);
    assert_string_equal(decoded.account.name, "deploy");
    assert_string_equal(decoded.account.role, "Editor");
    assert_true(decoded.account.disabled);
    assert_int_equal(decoded.account.expires, 1800000000);
    assert_int_equal(decoded.account.tokens, 77);
    assert_true(decoded.account.sources.local);
    assert_int_equal(decoded.account.sources.count, 2);
    again = sealed_account(&decoded.account);
    assert_memory_equal(again.value, sealed[0].value, again.size);
    assert_int_equal(decode(&sealed[1]), 0);
    assert_true(decoded.token.revoked);
    assert_int_equal(decoded.token.revoked_at, 4);
    assert_int_equal(decoded.token.not_before, 2);
    assert_int_equal(decoded.token.hash[31], 0xa5);
    assert_string_equal(decoded.token.services.item[1], "su*");
    again = sealed_token(&decoded.token);
    assert_memory_equal(again.value, sealed[1].value, again.size);
    assert_int_equal(decode(&sealed[2]), 0);
    assert_int_equal(decoded.role.place, 250);
    assert_string_equal(decoded.role.groups[1], "adm");
    again = sealed_role(&decoded.role);
    assert_memory_equal(again.value, sealed[2].value, again.size);
    assert_int_equal(decode(&sealed[3]), 0);
    assert_int_equal(decoded.policy.warn_before, 7);
    again = sealed_policy(&decoded.policy);
    assert_memory_equal(again.value, sealed[3].value, again.size);
}

static void builtin_roles_there_and_back(void **state)
{
    struct sealed sealed, again;
    struct svct_role role;

    (void)state;
    for (unsigned i = 0; svct_role_builtin(i, &role); i++) {
        sealed = sealed_role(&role);
        assert_int_equal(decode(&sealed), 0);
        again = sealed_role(&decoded.role);
        assert_memory_equal(again.value, sealed.value, sealed.size);
        assert_int_equal(decoded.role.place, role.place);
    }
}

/* ---- fields that lack ---- */

static void each_field_that_is_needed(void **state)
{
    /* Bit by tag: what may lack, for it restricts nobody, or is written only
     * where it says something. */
    static const uint32_t optional[4] = {1 << 2 | 1 << 7 | 1 << 8 | 1 << 10,
                                         1 << 4 | 1 << 6 | 1 << 7 | 1 << 14 |
                                             1 << 15 | 1 << 16 | 1 << 17 |
                                             1 << 22,
                                         1 << 3 | 1 << 4, 1 << 6};
    static const unsigned last[4] = {10, 22, 7, 6};
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (int kind = 0; kind < 4; kind++)
        for (unsigned tag = 1; tag <= last[kind]; tag++) {
            struct edit edit = {.tag = tag, .drop = true};
            struct sealed lacking = edited(&sealed[kind], &edit);

            assert_int_equal(decode(&lacking),
                             optional[kind] >> tag & 1 ? 0 : SVCT_E_DAMAGED);
        }
}

/* A list of limits that is not there must never read as "no limit". */
static void an_empty_field(void **state)
{
    static const struct {
        int kind;
        unsigned tag;
        int code;
    } cases[] = {
        {0, 1, SVCT_E_DAMAGED},
        {0, 3, SVCT_E_DAMAGED},
        {0, 4, SVCT_E_DAMAGED},
        {0, 5, SVCT_E_DAMAGED},
        {0, 6, SVCT_E_DAMAGED},
        {0, 7, SVCT_E_DAMAGED},
        {0, 9, SVCT_E_DAMAGED},
        {0, 2, 0},
        {1, 1, SVCT_E_DAMAGED},
        {1, 2, SVCT_E_DAMAGED},
        {1, 3, SVCT_E_DAMAGED},
        {1, 5, SVCT_E_DAMAGED},
        {1, 8, SVCT_E_DAMAGED},
        {1, 9, SVCT_E_DAMAGED},
        {1, 11, SVCT_E_DAMAGED},
        {1, 13, SVCT_E_DAMAGED},
        {1, 14, SVCT_E_DAMAGED},
        {1, 10, 0}, /* no cap */
        {1, 12, 0}, /* no list of services */
        {2, 1, SVCT_E_DAMAGED},
        {2, 2, SVCT_E_DAMAGED},
        {2, 5, 0},
        {2, 6, 0},
        {2, 7, 0},
        {3, 1, SVCT_E_DAMAGED},
        {3, 3, SVCT_E_DAMAGED},
        {3, 4, SVCT_E_DAMAGED},
    };
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edit edit = {.tag = cases[i].tag, .bytes = ""};
        struct sealed bad = edited(&sealed[cases[i].kind], &edit);

        assert_int_equal(decode(&bad), cases[i].code);
    }
}

static void contents_that_are_wrong(void **state)
{
    static const struct {
        int kind;
        unsigned tag;
        const char *bytes;
        size_t len;
    } cases[] = {
        {0, 1, "Deploy", 6},
        {0, 1, "de\0loy", 6},
        {0, 1, "abcdefghijklmnopqrstuvwxyz0123456", 33},
        {0, 3, "9th", 3},
        {0, 4, "\2", 1},
        {0, 4, "\0\0", 2},
        {0, 5, "\x80\0\0\0\0\0\0\0", 8},
        {0, 5, "\0\0\0\0\0\0\0", 7},
        {0, 6, "\2", 1},
        {0, 6, "\0\4", 2},
        {0, 6, "\0\4\x20\1\2\3", 6},
        {0, 6, "\0\4\x1f\1\2\3\1", 7},
        {0, 6, "\0\4\0\x80\0\0\0", 7},
        {0, 6, "\0\4\x21\1\2\3\4", 7},
        {0, 6, "\0\0\0\1\2\3\4", 7},
        {0, 6, "\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19},
        {0, 6, "\0\6\x81\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19},
        {0, 9, "\0\0\0\0\0\0\x27\x11", 8}, /* 10 001 tokens */
        {0, 9, "\0\0\0\1\0\0\0\0", 8},
        {1, 1, "4fK2abcXY", 9},
        {1, 1, "4fK2abcXYZ0", 11},
        {1, 1, "4fK2abcXY-", 10},
        {1, 2, "Deploy", 6},
        {1, 3, "-ci", 3},
        {1, 5, "short", 5},
        {1, 10, "9th", 3},
        {1, 12, "\5sshd", 5},
        {1, 12, "\0", 1},
        {1, 12, "\4ss\0d", 5},
        {1, 12, "\4s/hd", 5},
        {1, 12, "\4sshd\1", 6},
        {1, 13, "\3", 1},
        {1, 14, "\xff\xff\xff\xff\xff\xff\xff\xff", 8},
        {1, 17, "\0\0\0\0\0\0\0\0", 8}, /* would be no limit */
        {1, 17, "\0\0\0\1\0\0\0\0", 8},
        {1, 18, "\0\0\0\0\0\0\0\0", 8},
        {1, 18, "\0\0\0\0\1\0\0\1", 8}, /* 16 777 217 */
        {2, 1, "-", 1},
        {2, 2, "\0\0\0\0\0\1\0\0", 8},
        {2, 3, "\2", 1},
        {2, 5, "\1", 1},
        {2, 7, "\0", 1},
        {2, 7, "\3ab", 3},
        {3, 3, "\2", 1},
        {3, 4, "\0\0\0\1\0\0\0\0", 8},
        {3, 1, "\x80\0\0\0\0\0\0\0", 8},
    };
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edit edit = {
            .tag = cases[i].tag, .bytes = cases[i].bytes, .len = cases[i].len};
        struct sealed bad = edited(&sealed[cases[i].kind], &edit);

        assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
    }
}

static void more_items_than_there_is_room_for(void **state)
{
    uint8_t bytes[1200];
    struct edit edit = {.bytes = bytes};
    struct sealed sealed[4], bad;

    (void)state;
    all_four(sealed);
    memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i <= SVCT_SOURCES_MAX; i++)
        bytes[1 + i * 6] = 4;
    edit.tag = 6;
    edit.len = 1 + SVCT_SOURCES_MAX * 6;
    bad = edited(&sealed[0], &edit);
    assert_int_equal(decode(&bad), 0);
    edit.len += 6;
    bad = edited(&sealed[0], &edit);
    assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
    for (size_t i = 0; i < 600; i++) {
        bytes[2 * i] = 1;
        bytes[2 * i + 1] = 'x';
    }
    edit.tag = 12;
    edit.len = 2 * SVCT_GLOBS_MAX;
    bad = edited(&sealed[1], &edit);
    assert_int_equal(decode(&bad), 0);
    edit.len += 2;
    bad = edited(&sealed[1], &edit);
    assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
    edit.tag = 7;
    edit.len = 2 * SVCT_GROUPS_MAX;
    bad = edited(&sealed[2], &edit);
    assert_int_equal(decode(&bad), 0);
    edit.len += 2;
    bad = edited(&sealed[2], &edit);
    assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
}

/* ---- a Unix user, groups of svctoken's own, their range ---- */

static struct svct_account unix_account(void)
{
    struct svct_account account = full_account();

    account.uid = account.gid = 70000;
    snprintf(account.home, sizeof account.home, "/srv/deploy");
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    return account;
}

static struct svct_role role_with_gids(void)
{
    struct svct_role role = full_role();

    role.gids[1] = 70001;
    return role;
}

static struct svct_policy policy_with_range(void)
{
    struct svct_policy policy = full_policy();

    policy.id_min = 65536;
    policy.id_max = 99999;
    policy.id_next = 70002;
    return policy;
}

static void all_three(struct sealed ret_sealed[3])
{
    struct svct_account account = unix_account();
    struct svct_role role = role_with_gids();
    struct svct_policy policy = policy_with_range();

    ret_sealed[0] = sealed_account(&account);
    ret_sealed[1] = sealed_role(&role);
    ret_sealed[2] = sealed_policy(&policy);
}

static void ids_there_and_back(void **state)
{
    struct sealed sealed[3], again;

    (void)state;
    all_three(sealed);
    assert_int_equal(decode(&sealed[0]), 0);
    assert_int_equal(decoded.account.uid, 70000);
    assert_int_equal(decoded.account.gid, 70000);
    assert_string_equal(decoded.account.home, "/srv/deploy");
    assert_string_equal(decoded.account.shell, "/bin/sh");
    again = sealed_account(&decoded.account);
    assert_memory_equal(again.value, sealed[0].value, again.size);
    assert_int_equal(decode(&sealed[1]), 0);
    assert_int_equal(decoded.role.gids[0], 0);
    assert_int_equal(decoded.role.gids[1], 70001);
    again = sealed_role(&decoded.role);
    assert_memory_equal(again.value, sealed[1].value, again.size);
    assert_int_equal(decode(&sealed[2]), 0);
    assert_int_equal(decoded.policy.id_min, 65536);
    assert_int_equal(decoded.policy.id_max, 99999);
    assert_int_equal(decoded.policy.id_next, 70002);
    again = sealed_policy(&decoded.policy);
    assert_memory_equal(again.value, sealed[2].value, again.size);
}

/* Without any of them the record is what it was before there were any. */
static void without_ids_nothing_is_written(void **state)
{
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (int kind = 0; kind < 4; kind++) {
        static const unsigned last[] = {10, 22, 7, 6};
        struct svct_record record = opened(&sealed[kind]);
        struct svct_field field = {0};

        while (svct_record_next(&record, &field))
            ;
        assert_int_equal(field.tag, last[kind]);
    }
}

static void part_of_a_unix_user(void **state)
{
    struct sealed sealed[3];

    (void)state;
    all_three(sealed);
    for (unsigned tag = 11; tag <= 14; tag++) {
        struct edit edit = {.tag = tag, .drop = true};
        struct sealed lacking = edited(&sealed[0], &edit);

        assert_int_equal(decode(&lacking), SVCT_E_DAMAGED);
    }
    for (unsigned tag = 7; tag <= 9; tag++) {
        struct edit edit = {.tag = tag, .drop = true};
        struct sealed lacking = edited(&sealed[2], &edit);

        assert_int_equal(decode(&lacking), tag == 9 ? 0 : SVCT_E_DAMAGED);
    }
}

#define U64(high, low) "\0\0\0" high "\0" low, 8 /* low: 3 bytes */

static void ids_that_are_wrong(void **state)
{
    static const struct {
        int kind;
        unsigned tag;
        const char *bytes;
        size_t len;
        int code;
    } cases[] = {
        {0, 11, U64("\0", "\0\0\0"), SVCT_E_DAMAGED},     /* root */
        {0, 11, U64("\0", "\0\x03\xe7"), SVCT_E_DAMAGED}, /* 999 */
        {0, 11, U64("\0", "\0\x03\xe8"), 0},              /* 1000 */
        {0, 11, U64("\0", "\0\xff\xfd"), 0},              /* 65533 */
        {0, 11, U64("\0", "\0\xff\xfe"), SVCT_E_DAMAGED}, /* nobody */
        {0, 11, U64("\0", "\0\xff\xff"), SVCT_E_DAMAGED},
        {0, 11, U64("\0", "\1\0\0"), 0},
        {0, 11, U64("\1", "\1\0\0"), SVCT_E_DAMAGED}, /* 33 bits */
        {0, 11, "\0\0\0\0\xff\xff\xff\xfd", 8, 0},
        {0, 11, "\0\0\0\0\xff\xff\xff\xfe", 8, SVCT_E_DAMAGED},
        {0, 11, "\0\0\0\0\xff\xff\xff\xff", 8, SVCT_E_DAMAGED},
        {0, 11, "\0\1\0\0", 4, SVCT_E_DAMAGED},
        {0, 12, U64("\0", "\0\0\0"), SVCT_E_DAMAGED},
        {0, 12, U64("\0", "\0\0\1"), 0}, /* the host's are the host's */
        {0, 12, U64("\1", "\0\0\1"), SVCT_E_DAMAGED},
        {0, 12, "\0\0\0\0\xff\xff\xff\xfd", 8, 0},
        {0, 12, "\0\0\0\0\xff\xff\xff\xfe", 8, SVCT_E_DAMAGED},
        {0, 13, "", 0, SVCT_E_DAMAGED},
        {0, 13, "srv/deploy", 10, SVCT_E_DAMAGED},
        {0, 13, "/", 1, 0},
        {0, 13, "/srv:deploy", 11, SVCT_E_DAMAGED},
        {0, 13, "/srv\ndeploy", 11, SVCT_E_DAMAGED},
        {0, 13, "/srv\0deploy", 11, SVCT_E_DAMAGED},
        {0, 13, "/srv\xff", 5, SVCT_E_DAMAGED},
        {0, 14, "", 0, SVCT_E_DAMAGED},
        {0, 14, "sh", 2, SVCT_E_DAMAGED},
        {0, 14, "/bin/s:h", 8, SVCT_E_DAMAGED},
        {0, 14, "/bin/sh\n", 8, SVCT_E_DAMAGED},
        {1, 8, "", 0, SVCT_E_DAMAGED},
        {1, 8, "\0\1\x11\x71", 4, SVCT_E_DAMAGED},
        {1, 8, "\0\0\0\0\0\1\x11", 7, SVCT_E_DAMAGED},
        {1, 8, "\0\0\0\0\0\1\x11\x71\0", 9, SVCT_E_DAMAGED},
        {1, 8, "\0\0\0\0\0\1\x11\x71\0\0\0\0", 12, SVCT_E_DAMAGED},
        {1, 8, "\0\1\x11\x71\0\1\x11\x72", 8, 0},
        {1, 8, "\0\0\0\0\0\0\x03\xe7", 8, SVCT_E_DAMAGED},
        {1, 8, "\0\0\xff\xfe\0\0\0\0", 8, SVCT_E_DAMAGED},
        {1, 8, "\0\0\0\0\xff\xff\xff\xff", 8, SVCT_E_DAMAGED},
        {2, 7, U64("\0", "\0\0\0"), SVCT_E_DAMAGED},
        {2, 7, U64("\0", "\0\x03\xe7"), SVCT_E_DAMAGED},
        {2, 7, U64("\0", "\1\x86\x9f"), 0}, /* 99999, as the highest */
        {2, 7, U64("\0", "\1\x86\xa0"), SVCT_E_DAMAGED},
        {2, 7, U64("\1", "\1\0\0"), SVCT_E_DAMAGED},
        {2, 8, U64("\0", "\0\0\0"), SVCT_E_DAMAGED},
        {2, 8, U64("\0", "\0\xff\xff"), SVCT_E_DAMAGED},
        {2, 8, "\0\0\0\0\xff\xff\xff\xff", 8, SVCT_E_DAMAGED},
        {2, 9, U64("\1", "\1\0\0"), SVCT_E_DAMAGED},
        {2, 9, "", 0, SVCT_E_DAMAGED},
    };
    struct sealed sealed[3];

    (void)state;
    all_three(sealed);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edit edit = {
            .tag = cases[i].tag, .bytes = cases[i].bytes, .len = cases[i].len};
        struct sealed bad = edited(&sealed[cases[i].kind], &edit);
        int r = decode(&bad);

        if (r != cases[i].code)
            print_error("case %zu\n", i);
        assert_int_equal(r, cases[i].code);
    }
}

static void gids_without_groups(void **state)
{
    struct edit edit = {.tag = 7, .bytes = "", .len = 0};
    struct sealed sealed[3], bad;

    (void)state;
    all_three(sealed);
    bad = edited(&sealed[1], &edit);
    assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
    edit.bytes = "\3adm"; /* one group, two gids */
    edit.len = 4;
    bad = edited(&sealed[1], &edit);
    assert_int_equal(decode(&bad), SVCT_E_DAMAGED);
}

static void tags_above_those_of_ids(void **state)
{
    struct sealed sealed[3];

    (void)state;
    all_three(sealed);
    for (int kind = 0; kind < 3; kind++) {
        static const unsigned next[] = {15, 9, 10};
        struct edit edit = {.append = next[kind] | SVCT_TAG_CRITICAL};
        struct sealed newer = edited(&sealed[kind], &edit);

        assert_int_equal(decode(&newer), SVCT_E_VERSION);
        edit.append = next[kind];
        newer = edited(&sealed[kind], &edit);
        assert_int_equal(decode(&newer), 0);
    }
}

/* ---- fields of a newer program ---- */

static void an_unknown_critical_field(void **state)
{
    struct edit edit = {.append = 40 | SVCT_TAG_CRITICAL};
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (int kind = 0; kind < 4; kind++) {
        struct sealed newer = edited(&sealed[kind], &edit);

        assert_int_equal(decode(&newer), SVCT_E_VERSION);
    }
}

static struct sealed rewritten(enum svct_kind kind)
{
    switch (kind) {
    case SVCT_KIND_ACCOUNT:
        decoded.account.disabled = false;
        return sealed_account(&decoded.account);
    case SVCT_KIND_TOKEN:
        decoded.token.disabled = false;
        return sealed_token(&decoded.token);
    case SVCT_KIND_ROLE:
        decoded.role.place = 1;
        return sealed_role(&decoded.role);
    default:
        decoded.policy.max_ttl = 1;
        return sealed_policy(&decoded.policy);
    }
}

static void an_unknown_field_survives_a_rewrite(void **state)
{
    struct edit edit = {.append = 40};
    struct sealed sealed[4];

    (void)state;
    all_four(sealed);
    for (int kind = 0; kind < 4; kind++) {
        struct sealed newer = edited(&sealed[kind], &edit), again;
        struct svct_field field = {0};
        struct svct_record record;

        assert_int_equal(decode(&newer), 0);
        again = rewritten(newer.kind);
        record = opened(&again);
        while (svct_record_next(&record, &field))
            ;
        assert_int_equal(field.tag, 40);
        assert_false(field.critical);
        assert_int_equal(field.len, 3);
        assert_memory_equal(field.data, "new", 3);
    }
}

/* More of them than can be carried along: then hands off. */
static void too_many_unknown_fields(void **state)
{
    struct svct_policy policy = full_policy();
    struct svct_record_writer writer;
    uint8_t bytes[600] = {0};
    struct sealed sealed;

    (void)state;
    for (size_t len = 500; len < 520; len++) {
        svct_policy_encode(&policy, &writer);
        svct_record_put(&writer, 99, bytes, len);
        assert_int_equal(
            seal(&sealed, &writer, SVCT_KIND_POLICY, svct_key_policy()), 0);
        assert_int_equal(decode(&sealed), len + 4 <= sizeof policy.extra.data
                                              ? 0
                                              : SVCT_E_VERSION);
    }
}

/* ---- zeros ---- */

static void zeros_are_no_permission(void **state)
{
    struct svct_account account = {.name = "a", .role = "None"};
    struct sealed sealed = sealed_account(&account);

    (void)state;
    assert_int_equal(decode(&sealed), 0);
    assert_true(decoded.account.expires == 0);
    assert_true(decoded.account.expires != SVCT_TIME_NEVER);
}

static void a_wrong_count_is_not_encoded(void **state)
{
    struct svct_account account = full_account();
    struct svct_token token = full_token();
    struct svct_role role = full_role();
    struct svct_record_writer writer;
    struct svct_page page = {.count = SVCT_PAGE_IDS + 1};
    struct sealed sealed;

    (void)state;
    account.sources.count = SVCT_SOURCES_MAX + 1;
    svct_account_encode(&account, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_ACCOUNT, svct_key_account("deploy")),
        SVCT_E_TOOBIG);
    token.services.count = SVCT_GLOBS_MAX + 1;
    svct_token_encode(&token, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_TOKEN, svct_key_token(token.id)),
        SVCT_E_TOOBIG);
    role.groups_count = SVCT_GROUPS_MAX + 1;
    svct_role_encode(&role, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_ROLE, svct_key_role(role.name)),
        SVCT_E_TOOBIG);
    svct_page_encode(&page, &writer);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_PAGE, svct_key_page("deploy", 0)),
        SVCT_E_TOOBIG);
}

/* ---- pages ---- */

static int page_of(const void *bytes, size_t len, unsigned append,
                   struct svct_page *ret_page)
{
    struct svct_record_writer writer;
    struct svct_record record;
    struct sealed sealed;

    svct_record_begin(&writer, SVCT_KIND_PAGE);
    if (bytes != NULL)
        svct_record_put(&writer, 1 | SVCT_TAG_CRITICAL, bytes, len);
    if (append != 0)
        svct_record_put_u8(&writer, append, 1);
    assert_int_equal(
        seal(&sealed, &writer, SVCT_KIND_PAGE, svct_key_page("deploy", 3)), 0);
    record = opened(&sealed);
    return svct_page_decode(&record, ret_page);
}

static void pages(void **state)
{
    char ids[(SVCT_PAGE_IDS + 1) * SVCT_TOKEN_ID_LEN];
    struct svct_record_writer writer;
    struct svct_page page;

    (void)state;
    for (size_t i = 0; i < sizeof ids; i++)
        ids[i] = (char)('a' + i % 26);
    for (size_t len = 0; len <= sizeof ids; len++) {
        size_t count = len / SVCT_TOKEN_ID_LEN;
        bool right =
            len % SVCT_TOKEN_ID_LEN == 0 && count > 0 && count <= SVCT_PAGE_IDS;

        assert_int_equal(page_of(ids, len, 0, &page),
                         right ? 0 : SVCT_E_DAMAGED);
        if (!right)
            continue;
        assert_int_equal(page.count, count);
        svct_page_encode(&page, &writer);
        assert_memory_equal(writer.value + 8, ids, len);
    }
    assert_int_equal(page_of(NULL, 0, 0, &page), SVCT_E_DAMAGED);
    assert_int_equal(page_of(NULL, 0, 2, &page), SVCT_E_DAMAGED);
    /* What a newer program keeps there could get lost: hands off. */
    assert_int_equal(page_of(ids, 10, 2, &page), SVCT_E_VERSION);
    assert_int_equal(page_of(ids, 10, 2 | SVCT_TAG_CRITICAL, &page),
                     SVCT_E_VERSION);
    ids[3] = '/';
    assert_int_equal(page_of(ids, 10, 0, &page), SVCT_E_DAMAGED);
}

/* ---- keys ---- */

static void keys_of_illegal_names(void **state)
{
    (void)state;
    assert_int_equal(svct_key_account("deploy").len, 15);
    assert_int_equal(svct_key_account("Deploy").len, 0);
    assert_int_equal(svct_key_account("").len, 0);
    assert_int_equal(svct_key_account(NULL).len, 0);
    assert_int_equal(svct_key_role("Editor").len, 15);
    assert_int_equal(svct_key_role("9").len, 0);
    assert_int_equal(svct_key_token("4fK2abcXYZ").len, 11);
    assert_int_equal(svct_key_token("4fK2abcXYZ0").len, 0);
    assert_int_equal(svct_key_token("").len, 0);
    assert_int_equal(svct_key_page("deploy", 1).len, 19);
    assert_int_equal(svct_key_page("Deploy", 1).len, 0);
    assert_int_equal(svct_key_policy().len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(builtin_roles_there_and_back),
        cmocka_unit_test(each_field_that_is_needed),
        cmocka_unit_test(an_empty_field),
        cmocka_unit_test(contents_that_are_wrong),
        cmocka_unit_test(more_items_than_there_is_room_for),
        cmocka_unit_test(ids_there_and_back),
        cmocka_unit_test(without_ids_nothing_is_written),
        cmocka_unit_test(part_of_a_unix_user),
        cmocka_unit_test(ids_that_are_wrong),
        cmocka_unit_test(gids_without_groups),
        cmocka_unit_test(tags_above_those_of_ids),
        cmocka_unit_test(an_unknown_critical_field),
        cmocka_unit_test(an_unknown_field_survives_a_rewrite),
        cmocka_unit_test(too_many_unknown_fields),
        cmocka_unit_test(zeros_are_no_permission),
        cmocka_unit_test(a_wrong_count_is_not_encoded),
        cmocka_unit_test(pages),
        cmocka_unit_test(keys_of_illegal_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
