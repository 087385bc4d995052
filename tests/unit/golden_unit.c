/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Holds the format of the database to the files in tests/golden, for ever:
 * what a released version has written must be read, and the same values must
 * become the same bytes. doc/FORMAT.md explains these bytes. A file here is
 * never changed; a new encoding gets a new file.
 *
 * "golden_unit write FOLDER" writes the files of the current version.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "auth/secret.h"
#include "auth/usage.h"
#include "auth/token.h"
#include "base/names.h"
#include "base/pubrec.h"
#include "../support/testdb.h"
#include "write/mint.h"

/* ---- the fixed values ---- */

#define TOKEN_ID "4fK2abcXYZ"
#define TOKEN_SECRET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
#define CREATED INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

static struct svct_account fixed_account(void)
{
    struct svct_account account = {
        .name = "deploy",
        .description = "f\xc3\xbcr Auslieferungen",
        .role = "Editor",
        .expires = INT64_C(1798761600), /* 2027-01-01T00:00:00Z */
        .created = CREATED,
        .created_by = "root",
        .tokens = 2,
    };

    svct_sources_add(&account.sources, "192.0.2.0/24");
    svct_sources_add(&account.sources, "2001:db8::/32");
    svct_sources_add(&account.sources, "local");
    return account;
}

static struct svct_token fixed_token(void)
{
    struct svct_token token = {
        .id = TOKEN_ID,
        .account = "deploy",
        .name = "ci",
        .created = CREATED,
        .created_by = "root",
        .expires = CREATED + 8 * 3600,
    };

    for (size_t i = 0; i < sizeof token.hash; i++)
        token.hash[i] = (uint8_t)i;
    return token;
}

static struct svct_token fixed_revoked_token(void)
{
    struct svct_token token = {
        .id = "00000zzzzz",
        .account = "deploy",
        .name = "Old.build_1-a",
        .comment = "of the build host",
        .created = CREATED,
        .created_by = "admin",
        .not_before = CREATED + 60,
        .expires = SVCT_TIME_NEVER,
        .cap = "Viewer",
        .disabled = true,
        .revoked = true,
        .revoked_at = CREATED + 3600,
        .revoked_by = "root",
        .revoked_reason = "lost",
    };

    memset(token.hash, 0xff, sizeof token.hash);
    svct_sources_add(&token.sources, "198.51.100.7");
    svct_globs_add(&token.services, "sshd");
    svct_globs_add(&token.services, "su*");
    return token;
}

static struct svct_role fixed_role(void)
{
    struct svct_role role = {
        .name = "Deployer",
        .place = 250,
        .description = "between Viewer and Editor",
        .groups_count = 2,
        .groups = {"www-data", "adm"},
    };

    svct_globs_add(&role.allow, "sshd");
    svct_globs_add(&role.allow, "vsftpd*");
    svct_globs_add(&role.refuse, "sudo*");
    return role;
}

static struct svct_policy fixed_policy(void)
{
    return (struct svct_policy){
        .default_ttl = 8 * 3600,
        .max_ttl = 90 * 86400,
        .allow_no_expiry = true,
        .tokens_per_account = 100,
        .warn_before = 7 * 86400,
    };
}

static struct svct_page fixed_page(void)
{
    return (struct svct_page){.count = 2, .id = {TOKEN_ID, "00000zzzzz"}};
}

static struct svct_account fixed_apikey(void)
{
    struct svct_account account = {
        .name = "nas",
        .role = "Viewer",
        .expires = CREATED + 3600,
        .created = CREATED,
        .created_by = "root",
        .tokens = 1,
        .apikey = true,
    };

    return account;
}

static struct svct_token fixed_rotated_token(void)
{
    struct svct_token token = fixed_token();

    token.max_uses = 10;
    token.slot = 3;
    token.rotated = true;
    memset(token.former_hash, 0xa5, sizeof token.former_hash);
    token.former_until = CREATED + 900;
    token.rotated_at = CREATED + 600;
    memcpy(token.rotated_by, "admin", 6);
    return token;
}

static struct svct_rolelist fixed_rolelist(void)
{
    return (struct svct_rolelist){
        .count = 5, .name = {"None", "Viewer", "Editor", "Admin", "Deployer"}};
}

static struct svct_slots fixed_slots(void)
{
    return (struct svct_slots){.next = 300, .free_count = 2, .free = {7, 299}};
}

static struct svct_account fixed_unix_account(void)
{
    struct svct_account account = {
        .name = "deploy",
        .description = "builds: nightly",
        .role = "Editor",
        .expires = SVCT_TIME_NEVER,
        .created = CREATED,
        .created_by = "root",
        .uid = 65536,
        .gid = 65536,
        .home = "/var/lib/svctoken-home/deploy",
        .shell = "/bin/sh",
    };

    return account;
}

static struct svct_role fixed_gids_role(void)
{
    struct svct_role role = fixed_role();

    role.gids[0] = 65540; /* and adm is the host's */
    return role;
}

static struct svct_policy fixed_ids_policy(void)
{
    struct svct_policy policy = fixed_policy();

    policy.rolelist = true;
    policy.id_min = 65536;
    policy.id_max = 99999;
    policy.id_next = 65541;
    return policy;
}

static struct svct_pubuser fixed_pubuser(void)
{
    return (struct svct_pubuser){.name = "deploy",
                                 .uid = 65536,
                                 .gid = 65536,
                                 .gecos = "builds  nightly",
                                 .home = "/var/lib/svctoken-home/deploy",
                                 .shell = "/bin/sh",
                                 .role = "Editor",
                                 .member = 65};
}

static struct svct_pubid fixed_pubid(void)
{
    return (struct svct_pubid){
        .id = 65540, .owner = SVCT_PUBID_GROUP, .name = "www-data"};
}

static struct svct_pubrole fixed_pubrole(void)
{
    return (struct svct_pubrole){.name = "Deployer",
                                 .members = 66,
                                 .groups_count = 2,
                                 .groups = {"www-data", "adm"},
                                 .gids = {65540, 0}};
}

static struct svct_pubpage fixed_pubpage(void)
{
    return (struct svct_pubpage){.count = 2, .names = {"backup", "deploy"}};
}

static struct svct_pubgroup fixed_pubgroup(void)
{
    return (struct svct_pubgroup){.name = "www-data",
                                  .gid = 65540,
                                  .roles_count = 2,
                                  .roles = {"Admin", "Deployer"}};
}

static struct svct_meta fixed_meta(void)
{
    return (struct svct_meta){.sequence = 42,
                              .committed = CREATED,
                              .records = 9,
                              .digest = UINT64_C(0x0123456789abcdef)};
}

/* ---- the records ---- */

struct sealed {
    struct svct_key key;
    uint8_t value[SVCT_RECORD_MAX];
    size_t size;
};

static struct sealed seal(struct svct_record_writer *writer,
                          struct svct_key key)
{
    struct sealed sealed = {.key = key};

    if (svct_record_end(writer, &sealed.key, 0, &sealed.size) != 0)
        abort();
    memcpy(sealed.value, writer->value, sealed.size);
    return sealed;
}

static struct sealed seal_account(void)
{
    struct svct_account account = fixed_account();
    struct svct_record_writer writer;

    svct_account_encode(&account, &writer);
    return seal(&writer, svct_key_account(account.name));
}

static struct sealed seal_token(void)
{
    struct svct_token token = fixed_token();
    struct svct_record_writer writer;

    svct_token_encode(&token, &writer);
    return seal(&writer, svct_key_token(token.id));
}

static struct sealed seal_revoked_token(void)
{
    struct svct_token token = fixed_revoked_token();
    struct svct_record_writer writer;

    svct_token_encode(&token, &writer);
    return seal(&writer, svct_key_token(token.id));
}

static struct sealed seal_role(void)
{
    struct svct_role role = fixed_role();
    struct svct_record_writer writer;

    svct_role_encode(&role, &writer);
    return seal(&writer, svct_key_role(role.name));
}

static struct sealed seal_policy(void)
{
    struct svct_policy policy = fixed_policy();
    struct svct_record_writer writer;

    svct_policy_encode(&policy, &writer);
    return seal(&writer, svct_key_policy());
}

static struct sealed seal_policy_roles(void)
{
    struct svct_policy policy = fixed_policy();
    struct svct_record_writer writer;

    policy.rolelist = true;
    svct_policy_encode(&policy, &writer);
    return seal(&writer, svct_key_policy());
}

static struct sealed seal_page(void)
{
    struct svct_page page = fixed_page();
    struct svct_record_writer writer;

    svct_page_encode(&page, &writer);
    return seal(&writer, svct_key_page("deploy", 0));
}

static struct sealed seal_apikey(void)
{
    struct svct_account account = fixed_apikey();
    struct svct_record_writer writer;

    svct_account_encode(&account, &writer);
    return seal(&writer, svct_key_account(account.name));
}

static struct sealed seal_rotated_token(void)
{
    struct svct_token token = fixed_rotated_token();
    struct svct_record_writer writer;

    svct_token_encode(&token, &writer);
    return seal(&writer, svct_key_token(token.id));
}

static struct sealed seal_rolelist(void)
{
    struct svct_rolelist list = fixed_rolelist();
    struct svct_record_writer writer;

    svct_rolelist_encode(&list, &writer);
    return seal(&writer, svct_key_rolelist());
}

static struct sealed seal_slots(void)
{
    struct svct_slots slots = fixed_slots();
    struct svct_record_writer writer;

    svct_slots_encode(&slots, &writer);
    return seal(&writer, svct_key_slots());
}

static struct sealed seal_unix_account(void)
{
    struct svct_account fixed = fixed_unix_account();
    struct svct_record_writer writer;

    svct_account_encode(&fixed, &writer);
    return seal(&writer, svct_key_account("deploy"));
}

static struct sealed seal_gids_role(void)
{
    struct svct_role fixed = fixed_gids_role();
    struct svct_record_writer writer;

    svct_role_encode(&fixed, &writer);
    return seal(&writer, svct_key_role("Deployer"));
}

static struct sealed seal_ids_policy(void)
{
    struct svct_policy fixed = fixed_ids_policy();
    struct svct_record_writer writer;

    svct_policy_encode(&fixed, &writer);
    return seal(&writer, svct_key_policy());
}

static struct sealed seal_pubuser(void)
{
    struct svct_pubuser fixed = fixed_pubuser();
    struct svct_record_writer writer;

    svct_pubuser_encode(&fixed, &writer);
    return seal(&writer, svct_key_pubuser("deploy"));
}

static struct sealed seal_pubid(void)
{
    struct svct_pubid fixed = fixed_pubid();
    struct svct_record_writer writer;

    svct_pubid_encode(&fixed, &writer);
    return seal(&writer, svct_key_pubid(65540));
}

static struct sealed seal_pubrole(void)
{
    struct svct_pubrole fixed = fixed_pubrole();
    struct svct_record_writer writer;

    svct_pubrole_encode(&fixed, &writer);
    return seal(&writer, svct_key_pubrole("Deployer"));
}

static struct sealed seal_pubpage(void)
{
    struct svct_pubpage fixed = fixed_pubpage();
    struct svct_record_writer writer;

    svct_pubpage_encode(&fixed, &writer);
    return seal(&writer, svct_key_pubpage("Deployer", 1));
}

static struct sealed seal_pubgroup(void)
{
    struct svct_pubgroup fixed = fixed_pubgroup();
    struct svct_record_writer writer;

    svct_pubgroup_encode(&fixed, &writer);
    return seal(&writer, svct_key_pubgroup("www-data"));
}

static struct sealed seal_meta(void)
{
    struct svct_meta meta = fixed_meta();
    struct svct_record_writer writer;

    svct_meta_encode(&meta, &writer);
    return seal(&writer, svct_key_single(SVCT_KIND_META));
}

/* ---- decoding, value by value ---- */

static void decode_account(struct svct_record *record)
{
    struct svct_account account;

    assert_int_equal(svct_account_decode(record, &account), 0);
    assert_string_equal(account.name, "deploy");
    assert_string_equal(account.description, "f\xc3\xbcr Auslieferungen");
    assert_string_equal(account.role, "Editor");
    assert_false(account.disabled);
    assert_int_equal(account.expires, 1798761600);
    assert_true(account.sources.local);
    assert_int_equal(account.sources.count, 2);
    assert_int_equal(account.sources.item[0].addr.family, 4);
    assert_int_equal(account.sources.item[0].prefix, 24);
    assert_memory_equal(account.sources.item[0].addr.bytes, "\xc0\0\2\0", 4);
    assert_int_equal(account.sources.item[1].addr.family, 6);
    assert_int_equal(account.sources.item[1].prefix, 32);
    assert_memory_equal(account.sources.item[1].addr.bytes,
                        "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(account.created, CREATED);
    assert_string_equal(account.created_by, "root");
    assert_int_equal(account.tokens, 2);
    assert_false(account.apikey);
    assert_int_equal(account.extra.len, 0);
}

static void decode_token(struct svct_record *record)
{
    struct svct_token token;

    assert_int_equal(svct_token_decode(record, &token), 0);
    assert_string_equal(token.id, TOKEN_ID);
    assert_string_equal(token.account, "deploy");
    assert_string_equal(token.name, "ci");
    assert_string_equal(token.comment, "");
    for (size_t i = 0; i < sizeof token.hash; i++)
        assert_int_equal(token.hash[i], i);
    assert_int_equal(token.created, CREATED);
    assert_string_equal(token.created_by, "root");
    assert_int_equal(token.not_before, 0);
    assert_int_equal(token.expires, CREATED + 8 * 3600);
    assert_string_equal(token.cap, "");
    assert_int_equal(token.sources.count, 0);
    assert_false(token.sources.local);
    assert_int_equal(token.services.count, 0);
    assert_false(token.disabled);
    assert_false(token.revoked);
    assert_int_equal(token.max_uses, 0);
    assert_int_equal(token.slot, 0);
    assert_false(token.rotated);
}

static void decode_revoked_token(struct svct_record *record)
{
    struct svct_token token;

    assert_int_equal(svct_token_decode(record, &token), 0);
    assert_string_equal(token.id, "00000zzzzz");
    assert_string_equal(token.name, "Old.build_1-a");
    assert_string_equal(token.comment, "of the build host");
    assert_int_equal(token.hash[0], 0xff);
    assert_int_equal(token.hash[31], 0xff);
    assert_int_equal(token.not_before, CREATED + 60);
    assert_true(token.expires == SVCT_TIME_NEVER);
    assert_string_equal(token.cap, "Viewer");
    assert_int_equal(token.sources.count, 1);
    assert_int_equal(token.sources.item[0].prefix, 32);
    assert_memory_equal(token.sources.item[0].addr.bytes, "\xc6\x33\x64\7", 4);
    assert_int_equal(token.services.count, 2);
    assert_string_equal(token.services.item[0], "sshd");
    assert_string_equal(token.services.item[1], "su*");
    assert_true(token.disabled);
    assert_true(token.revoked);
    assert_int_equal(token.revoked_at, CREATED + 3600);
    assert_string_equal(token.revoked_by, "root");
    assert_string_equal(token.revoked_reason, "lost");
}

static void decode_role(struct svct_record *record)
{
    struct svct_role role;

    assert_int_equal(svct_role_decode(record, &role), 0);
    assert_string_equal(role.name, "Deployer");
    assert_int_equal(role.place, 250);
    assert_false(role.builtin);
    assert_string_equal(role.description, "between Viewer and Editor");
    assert_int_equal(role.allow.count, 2);
    assert_string_equal(role.allow.item[0], "sshd");
    assert_string_equal(role.allow.item[1], "vsftpd*");
    assert_int_equal(role.refuse.count, 1);
    assert_string_equal(role.refuse.item[0], "sudo*");
    assert_int_equal(role.groups_count, 2);
    assert_string_equal(role.groups[0], "www-data");
    assert_string_equal(role.groups[1], "adm");
}

static void decode_policy(struct svct_record *record)
{
    struct svct_policy policy;

    assert_int_equal(svct_policy_decode(record, &policy), 0);
    assert_int_equal(policy.default_ttl, 8 * 3600);
    assert_int_equal(policy.max_ttl, 90 * 86400);
    assert_true(policy.allow_no_expiry);
    assert_int_equal(policy.tokens_per_account, 100);
    assert_int_equal(policy.warn_before, 7 * 86400);
}

static void decode_policy_roles(struct svct_record *record)
{
    struct svct_policy policy;

    assert_int_equal(svct_policy_decode(record, &policy), 0);
    assert_int_equal(policy.warn_before, 7 * 86400);
    assert_true(policy.rolelist);
}

static void decode_page(struct svct_record *record)
{
    struct svct_page page;

    assert_int_equal(svct_page_decode(record, &page), 0);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.id[0], TOKEN_ID);
    assert_string_equal(page.id[1], "00000zzzzz");
}

static void decode_apikey(struct svct_record *record)
{
    struct svct_account account;

    assert_int_equal(svct_account_decode(record, &account), 0);
    assert_string_equal(account.name, "nas");
    assert_int_equal(account.tokens, 1);
    assert_true(account.apikey);
}

static void decode_rotated_token(struct svct_record *record)
{
    struct svct_token token;

    assert_int_equal(svct_token_decode(record, &token), 0);
    assert_string_equal(token.id, TOKEN_ID);
    assert_int_equal(token.max_uses, 10);
    assert_int_equal(token.slot, 3);
    assert_true(token.rotated);
    assert_int_equal(token.former_hash[0], 0xa5);
    assert_int_equal(token.former_hash[31], 0xa5);
    assert_int_equal(token.former_until, CREATED + 900);
    assert_int_equal(token.rotated_at, CREATED + 600);
    assert_string_equal(token.rotated_by, "admin");
}

static void decode_rolelist(struct svct_record *record)
{
    struct svct_rolelist list;

    assert_int_equal(svct_rolelist_decode(record, &list), 0);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.name[0], "None");
    assert_string_equal(list.name[4], "Deployer");
}

static void decode_slots(struct svct_record *record)
{
    struct svct_slots slots;

    assert_int_equal(svct_slots_decode(record, &slots), 0);
    assert_int_equal(slots.next, 300);
    assert_int_equal(slots.free_count, 2);
    assert_int_equal(slots.free[0], 7);
    assert_int_equal(slots.free[1], 299);
}

static void decode_meta(struct svct_record *record)
{
    struct svct_meta meta;

    assert_int_equal(svct_meta_decode(record, &meta), 0);
    assert_int_equal(meta.sequence, 42);
    assert_int_equal(meta.committed, CREATED);
    assert_int_equal(meta.records, 9);
    assert_true(meta.digest == UINT64_C(0x0123456789abcdef));
}

static void decode_unix_account(struct svct_record *record)
{
    struct svct_account read;

    assert_int_equal(svct_account_decode(record, &read), 0);
    assert_string_equal(read.name, "deploy");
    assert_int_equal(read.uid, 65536);
    assert_int_equal(read.gid, 65536);
    assert_string_equal(read.home, "/var/lib/svctoken-home/deploy");
    assert_string_equal(read.shell, "/bin/sh");
    assert_int_equal(read.extra.len, 0);
}

static void decode_gids_role(struct svct_record *record)
{
    struct svct_role read;

    assert_int_equal(svct_role_decode(record, &read), 0);
    assert_int_equal(read.groups_count, 2);
    assert_int_equal(read.gids[0], 65540);
    assert_int_equal(read.gids[1], 0);
    assert_int_equal(read.extra.len, 0);
}

static void decode_ids_policy(struct svct_record *record)
{
    struct svct_policy read;

    assert_int_equal(svct_policy_decode(record, &read), 0);
    assert_true(read.rolelist);
    assert_int_equal(read.id_min, 65536);
    assert_int_equal(read.id_max, 99999);
    assert_int_equal(read.id_next, 65541);
    assert_int_equal(read.extra.len, 0);
}

static void decode_pubuser(struct svct_record *record)
{
    struct svct_pubuser read;

    assert_int_equal(svct_pubuser_decode(record, &read), 0);
    assert_string_equal(read.name, "deploy");
    assert_int_equal(read.uid, 65536);
    assert_int_equal(read.gid, 65536);
    assert_string_equal(read.gecos, "builds  nightly");
    assert_string_equal(read.home, "/var/lib/svctoken-home/deploy");
    assert_string_equal(read.shell, "/bin/sh");
    assert_string_equal(read.role, "Editor");
    assert_int_equal(read.member, 65);
}

static void decode_pubid(struct svct_record *record)
{
    struct svct_pubid read;

    assert_int_equal(svct_pubid_decode(record, &read), 0);
    assert_int_equal(read.id, 65540);
    assert_int_equal(read.owner, SVCT_PUBID_GROUP);
    assert_string_equal(read.name, "www-data");
}

static void decode_pubrole(struct svct_record *record)
{
    struct svct_pubrole read;

    assert_int_equal(svct_pubrole_decode(record, &read), 0);
    assert_string_equal(read.name, "Deployer");
    assert_int_equal(read.members, 66);
    assert_int_equal(read.groups_count, 2);
    assert_string_equal(read.groups[1], "adm");
    assert_int_equal(read.gids[0], 65540);
    assert_int_equal(read.gids[1], 0);
}

static void decode_pubpage(struct svct_record *record)
{
    struct svct_pubpage read;

    assert_int_equal(svct_pubpage_decode(record, &read), 0);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.names[0], "backup");
    assert_string_equal(read.names[1], "deploy");
}

static void decode_pubgroup(struct svct_record *record)
{
    struct svct_pubgroup read;

    assert_int_equal(svct_pubgroup_decode(record, &read), 0);
    assert_string_equal(read.name, "www-data");
    assert_int_equal(read.gid, 65540);
    assert_int_equal(read.roles_count, 2);
    assert_string_equal(read.roles[1], "Deployer");
}

static const struct golden {
    const char *file;
    enum svct_kind kind;
    struct sealed (*seal)(void);
    void (*decode)(struct svct_record *record);
} goldens[] = {
    {"account.hex", SVCT_KIND_ACCOUNT, seal_account, decode_account},
    {"token.hex", SVCT_KIND_TOKEN, seal_token, decode_token},
    {"token-revoked.hex", SVCT_KIND_TOKEN, seal_revoked_token,
     decode_revoked_token},
    {"role.hex", SVCT_KIND_ROLE, seal_role, decode_role},
    {"policy.hex", SVCT_KIND_POLICY, seal_policy, decode_policy},
    {"policy-roles.hex", SVCT_KIND_POLICY, seal_policy_roles,
     decode_policy_roles},
    {"page.hex", SVCT_KIND_PAGE, seal_page, decode_page},
    {"account-apikey.hex", SVCT_KIND_ACCOUNT, seal_apikey, decode_apikey},
    {"token-rotated.hex", SVCT_KIND_TOKEN, seal_rotated_token,
     decode_rotated_token},
    {"rolelist.hex", SVCT_KIND_ROLELIST, seal_rolelist, decode_rolelist},
    {"slots.hex", SVCT_KIND_SLOTS, seal_slots, decode_slots},
    {"account-unix.hex", SVCT_KIND_ACCOUNT, seal_unix_account,
     decode_unix_account},
    {"role-gids.hex", SVCT_KIND_ROLE, seal_gids_role, decode_gids_role},
    {"policy-ids.hex", SVCT_KIND_POLICY, seal_ids_policy, decode_ids_policy},
    {"public-user.hex", SVCT_KIND_PUBUSER, seal_pubuser, decode_pubuser},
    {"public-id.hex", SVCT_KIND_PUBID, seal_pubid, decode_pubid},
    {"public-role.hex", SVCT_KIND_PUBROLE, seal_pubrole, decode_pubrole},
    {"public-page.hex", SVCT_KIND_PUBPAGE, seal_pubpage, decode_pubpage},
    {"public-group.hex", SVCT_KIND_PUBGROUP, seal_pubgroup, decode_pubgroup},
    {"meta.hex", SVCT_KIND_META, seal_meta, decode_meta},
};
#define GOLDENS (sizeof goldens / sizeof goldens[0])

/* ---- files of hexadecimal digits ---- */

static const char *golden_path(const char *name)
{
    static char path[PATH_MAX];
    const char *top = getenv("top_srcdir");

    snprintf(path, sizeof path, "%s/tests/golden/%s", top != NULL ? top : ".",
             name);
    return path;
}

static size_t hex_of(const char *line, uint8_t *bytes, size_t room)
{
    size_t count = 0;

    for (; line[0] != '\0' && line[0] != '\n'; line += 2) {
        char digits[3] = {line[0], line[1], '\0'};
        char *end;

        assert_true(count < room);
        bytes[count++] = (uint8_t)strtoul(digits, &end, 16);
        assert_ptr_equal(end, digits + 2);
    }
    return count;
}

/* Lines "key HEX" and "value HEX", several of which go on; "#" comments. */
static struct sealed read_golden(const char *name)
{
    struct sealed sealed = {.size = 0};
    FILE *file = fopen(golden_path(name), "r");
    char line[256];

    if (file == NULL)
        fail_msg("%s: %s", golden_path(name), strerror(errno));
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "key ", 4) == 0)
            sealed.key.len =
                hex_of(line + 4, sealed.key.data, sizeof sealed.key.data);
        else if (strncmp(line, "value ", 6) == 0)
            sealed.size += hex_of(line + 6, sealed.value + sealed.size,
                                  sizeof sealed.value - sealed.size);
        else
            assert_true(line[0] == '#');
    }
    fclose(file);
    return sealed;
}

static void each_record_as_ever(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOLDENS; i++) {
        struct sealed golden = read_golden(goldens[i].file);
        struct sealed now = goldens[i].seal();
        struct svct_record record;

        assert_int_equal(golden.key.len, now.key.len);
        assert_memory_equal(golden.key.data, now.key.data, now.key.len);
        assert_int_equal(golden.size, now.size);
        assert_memory_equal(golden.value, now.value, now.size);
        assert_int_equal(svct_record_open(&golden.key, goldens[i].kind,
                                          golden.value, golden.size, &record),
                         0);
        goldens[i].decode(&record);
    }
}

/* ---- the file "usage" ---- */

#define USAGE_SLOTS 4 /* with the head */

static struct svct_seen fixed_seen(void)
{
    return (struct svct_seen){.id = TOKEN_ID,
                              .uses = 3,
                              .last_used = CREATED + 90,
                              .service = "sshd",
                              .rhost = "192.0.2.7"};
}

/* Head, a token that was used, a slot that was not, a token with a limit that
 * was not. */
static void encode_usage(uint8_t bytes[USAGE_SLOTS * SVCT_USAGE_SLOT])
{
    struct svct_seen seen = fixed_seen();
    struct svct_seen limited = {.id = "00000zzzzz"};

    svct_usage_encode_head(bytes);
    svct_usage_encode(1, &seen, bytes + SVCT_USAGE_SLOT);
    memset(bytes + 2 * (size_t)SVCT_USAGE_SLOT, 0, SVCT_USAGE_SLOT);
    svct_usage_encode(3, &limited, bytes + 3 * (size_t)SVCT_USAGE_SLOT);
}

static void the_usage_as_ever(void **state)
{
    struct sealed golden = read_golden("usage.hex");
    uint8_t now[USAGE_SLOTS * SVCT_USAGE_SLOT];
    const uint8_t *at = golden.value;
    struct svct_seen seen;

    (void)state;
    encode_usage(now);
    assert_int_equal(golden.size, sizeof now);
    assert_memory_equal(golden.value, now, sizeof now);
    assert_int_equal(svct_usage_decode_head(at), 0);
    assert_int_equal(svct_usage_decode(1, at += SVCT_USAGE_SLOT, &seen), 0);
    assert_string_equal(seen.id, TOKEN_ID);
    assert_int_equal(seen.uses, 3);
    assert_int_equal(seen.last_used, CREATED + 90);
    assert_string_equal(seen.service, "sshd");
    assert_string_equal(seen.rhost, "192.0.2.7");
    assert_int_equal(svct_usage_decode(2, at += SVCT_USAGE_SLOT, &seen),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_decode(3, at += SVCT_USAGE_SLOT, &seen), 0);
    assert_string_equal(seen.id, "00000zzzzz");
    assert_int_equal(seen.uses, 0);
    assert_int_equal(seen.last_used, 0);
    assert_string_equal(seen.service, "");
    assert_string_equal(seen.rhost, "");
}

/* ---- the roll ---- */

#define ROLL_SEQUENCE 42

/* A page of the first two of the files above, as the only one. */
static void encode_roll(uint8_t page[SVCT_ROLL_PAGE])
{
    struct svct_roll roll = {.bits = 0, .sequence = ROLL_SEQUENCE};
    uint8_t entry[2][SVCT_ROLL_ENTRY];
    size_t first;

    for (size_t i = 0; i < 2; i++) {
        struct sealed sealed = goldens[i].seal();

        svct_roll_make_entry(entry[i], &sealed.key,
                             svct_record_sum(sealed.value, sealed.size));
    }
    first = memcmp(entry[0], entry[1], sizeof entry[0]) < 0 ? 0 : 1;
    memset(page, 0, SVCT_ROLL_PAGE);
    memcpy(page + SVCT_ROLL_FIRST, entry[first], sizeof entry[0]);
    memcpy(page + SVCT_ROLL_FIRST + sizeof entry[0], entry[1 - first],
           sizeof entry[0]);
    svct_roll_seal(&roll, 0, 2, page);
}

static void the_roll_as_ever(void **state)
{
    struct svct_roll roll = {.bits = 0, .sequence = ROLL_SEQUENCE};
    struct sealed golden = read_golden("roll.hex");
    uint8_t now[SVCT_ROLL_PAGE];

    (void)state;
    encode_roll(now);
    assert_int_equal(golden.size, sizeof now);
    assert_memory_equal(golden.value, now, sizeof now);
    assert_int_equal(svct_roll_check(&roll, 0, golden.value), 0);
    assert_int_equal(svct_roll_entries(golden.value), 2);
    assert_int_equal(svct_roll_check(&roll, 1, golden.value), SVCT_E_DAMAGED);
    roll.sequence++;
    assert_int_equal(svct_roll_check(&roll, 0, golden.value), SVCT_E_DAMAGED);
}

/* ---- the text of a token, and what is stored of it ---- */

static void write_token_text(FILE *file)
{
    struct svct_secret text;
    uint8_t digest[SVCT_DIGEST_LEN];

    if (svct_secret_setup() != 0 ||
        svct_mint_assemble(TOKEN_ID, TOKEN_SECRET, &text) != 0)
        abort();
    svct_digest_token(text.text, text.len, digest);
    fprintf(file, "%.*s\n", (int)text.len, text.text);
    for (size_t i = 0; i < sizeof digest; i++)
        fprintf(file, "%02x", digest[i]);
    fputc('\n', file);
    svct_secret_done(&text);
}

static void the_token_text_as_ever(void **state)
{
    char expected[256] = "", found[256] = "";
    FILE *file = fopen(golden_path("token-text.txt"), "r");
    FILE *now = fmemopen(found, sizeof found, "w");

    (void)state;
    assert_non_null(file);
    assert_true(fread(expected, 1, sizeof expected - 1, file) > 0);
    fclose(file);
    write_token_text(now);
    fclose(now);
    assert_string_equal(found, expected);
}

/* ---- a whole database ---- */

#define GENERATION "gen-0000000003"

static void copy_file(const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    char bytes[4096];
    ssize_t len;

    if (in < 0)
        fail_msg("%s: %s", from, strerror(errno));
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    while ((len = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)len), len);
    assert_int_equal(fchmod(out, mode), 0);
    close(in);
    close(out);
}

static int fresh(void **state)
{
    (void)state;
    umask(022);
    privdir_remove(TESTDB);
    assert_int_equal(mkdir(TESTDB, 0755), 0);
    assert_int_equal(mkdir(TESTDB "/" GENERATION, 0755), 0);
    assert_int_equal(symlink(GENERATION, TESTDB "/current"), 0);
    copy_file(golden_path("database/public.gdbm"),
              TESTDB "/" GENERATION "/public.gdbm", 0644);
    copy_file(golden_path("database/private.gdbm"),
              TESTDB "/" GENERATION "/private.gdbm", 0600);
    copy_file(golden_path("database/private.roll"),
              TESTDB "/" GENERATION "/private.roll", 0600);
    copy_file(golden_path("database/names"), TESTDB "/names", 0644);
    return 0;
}

/* 70 tokens of "deploy", so that there are two pages; one of them revoked. */
static void make_database(void)
{
    struct svct_account account = fixed_account();
    struct svct_account other = testdb_account("backup", "Viewer");
    struct svct_token token = fixed_token();
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    testdb_init(TESTDB);
    account.tokens = 0;
    txn = testdb_begin(TESTDB);
    testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                "deploy");
    testdb_must(svct_change_account_create(txn, &other, &fault), &fault,
                "backup");
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    testdb_must(svct_change_token_issue(txn, &token, NULL, &fault), &fault,
                "token");
    for (unsigned long i = 1; i < 70; i++) {
        token = testdb_token("deploy", i);
        testdb_must(svct_change_token_issue(txn, &token, NULL, &fault), &fault,
                    "token");
    }
    testdb_must(svct_change_token_revoke(txn, token.id, CREATED, "root", "lost",
                                         &fault),
                &fault, "revoke");
    testdb_commit(txn);
}

struct seen {
    unsigned tokens;
    unsigned revoked;
};

static int see(void *arg, const struct svct_token *token)
{
    struct seen *seen = arg;

    seen->tokens++;
    seen->revoked += token->revoked;
    return 0;
}

static void the_database_is_readable(void **state)
{
    struct svct_snapshot *snapshot, *public;
    struct svct_account account;
    struct svct_policy policy;
    struct svct_token token;
    struct seen seen = {0};
    int fd;

    (void)state;
    snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    assert_int_equal(svct_snapshot_meta(snapshot)->sequence, 3);
    assert_int_equal(svct_snapshot_meta(snapshot)->committed, TESTDB_NOW);
    /* 4 roles, policy, 2 accounts, 70 tokens, 2 pages */
    assert_int_equal(svct_snapshot_meta(snapshot)->records, 79);
    assert_int_equal(svct_lookup_account(snapshot, "backup", &account), 0);
    assert_int_equal(svct_lookup_account(snapshot, "deploy", &account), 0);
    assert_int_equal(account.expires, fixed_account().expires);
    assert_int_equal(svct_lookup_tokens_of(snapshot, &account, see, &seen), 0);
    assert_int_equal(seen.tokens, 70);
    assert_int_equal(seen.revoked, 1);
    assert_int_equal(svct_lookup_token_named(snapshot, &account, "ci", &token),
                     0);
    assert_string_equal(token.id, TOKEN_ID);
    assert_int_equal(svct_lookup_policy(snapshot, &policy), 0);
    svct_snapshot_free(snapshot);
    public = testdb_sound(TESTDB, SVCT_PART_PUBLIC);
    assert_int_equal(svct_snapshot_meta(public)->sequence, 3);
    svct_snapshot_free(public);
    fd = testdb_open(TESTDB);
    assert_int_equal(svct_names_lookup(fd, "backup", NULL), 1);
    assert_int_equal(svct_names_lookup(fd, "deploy", NULL), 1);
    assert_int_equal(svct_names_lookup(fd, "nobody", NULL), 0);
    close(fd);
}

static void the_database_can_be_changed(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    struct svct_account account;
    uint32_t tokens;

    (void)state;
    assert_int_equal(
        svct_change_token_revoke(txn, TOKEN_ID, TESTDB_NOW, "me", "", NULL), 0);
    assert_int_equal(svct_change_account_delete(txn, "backup", &tokens, NULL),
                     0);
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    assert_int_equal(svct_lookup_account(svct_txn_view(txn, SVCT_PART_PRIVATE),
                                         "deploy", &account),
                     0);
    assert_int_equal(svct_change_account_delete(txn, "deploy", &tokens, NULL),
                     0);
    assert_int_equal(tokens, 70);
    testdb_commit(txn);
    svct_snapshot_free(testdb_sound(TESTDB, SVCT_PART_PRIVATE));
}

/* ---- writing the files ---- */

static FILE *create_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wx");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void write_hex(FILE *file, const char *word, const uint8_t *bytes,
                      size_t len)
{
    for (size_t i = 0; i < len; i += 32) {
        fprintf(file, "%s ", word);
        for (size_t k = i; k < len && k < i + 32; k++)
            fprintf(file, "%02x", bytes[k]);
        fputc('\n', file);
    }
}

static void write_usage(FILE *file)
{
    uint8_t bytes[USAGE_SLOTS * SVCT_USAGE_SLOT];

    encode_usage(bytes);
    fputs("# the file usage, 4 slots; see doc/FORMAT.md\n", file);
    write_hex(file, "value", bytes, sizeof bytes);
}

static void write_roll(FILE *file)
{
    uint8_t page[SVCT_ROLL_PAGE];

    encode_roll(page);
    fputs("# private.roll, one page; see doc/FORMAT.md\n", file);
    write_hex(file, "value", page, sizeof page);
}

static int write_all(const char *folder)
{
    char to[PATH_MAX];
    FILE *file;

    for (size_t i = 0; i < GOLDENS; i++) {
        struct sealed sealed = goldens[i].seal();

        file = create_in(folder, goldens[i].file);
        fprintf(file, "# a record of kind %c; see doc/FORMAT.md\n",
                (char)goldens[i].kind);
        write_hex(file, "key", sealed.key.data, sealed.key.len);
        write_hex(file, "value", sealed.value, sealed.size);
        fclose(file);
    }
    file = create_in(folder, "usage.hex");
    write_usage(file);
    fclose(file);
    file = create_in(folder, "roll.hex");
    write_roll(file);
    fclose(file);
    file = create_in(folder, "token-text.txt");
    write_token_text(file);
    fclose(file);
    testdb_enter();
    make_database();
    snprintf(to, sizeof to, "%s/database", folder);
    mkdir(to, 0755);
    snprintf(to, sizeof to, "%s/database/public.gdbm", folder);
    copy_file(TESTDB "/current/public.gdbm", to, 0644);
    snprintf(to, sizeof to, "%s/database/private.gdbm", folder);
    copy_file(TESTDB "/current/private.gdbm", to, 0644);
    snprintf(to, sizeof to, "%s/database/private.roll", folder);
    copy_file(TESTDB "/current/private.roll", to, 0644);
    snprintf(to, sizeof to, "%s/database/names", folder);
    copy_file(TESTDB "/names", to, 0644);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest records[] = {
        cmocka_unit_test(each_record_as_ever),
        cmocka_unit_test(the_roll_as_ever),
        cmocka_unit_test(the_usage_as_ever),
        cmocka_unit_test(the_token_text_as_ever),
    };
    const struct CMUnitTest database[] = {
        cmocka_unit_test_setup(the_database_is_readable, fresh),
        cmocka_unit_test_setup(the_database_can_be_changed, fresh),
    };
    const uint16_t byte_order = 1;
    const char *reason;
    int failed;

    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_all(argv[2]);
    failed = cmocka_run_group_tests(records, NULL, NULL);
    if (*(const uint8_t *)&byte_order == 0)
        reason = "gdbm files are in the order of the machine";
    else if (privdir_enter(&reason))
        return failed + cmocka_run_group_tests(database, NULL, NULL);
    printf("SKIPPED, of this: the database (%s)\n", reason);
    return failed != 0 ? failed : 77;
}
