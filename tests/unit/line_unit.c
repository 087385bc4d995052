/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/line.h"
#include "auth/role.h"

#define HASH "2d325ed6d224bb288f5cc004644efab9698aa3ca3f11035b9904dbad1e9aee2a"
#define TOKEN                                                          \
    "\"kind\":\"token\",\"account\":\"deploy\",\"id\":\"4fK2abcXYZ\"," \
    "\"hash\":\"" HASH "\""
#define ACCOUNT "\"kind\":\"account\",\"name\":\"deploy\""
#define SECRET \
    "svct_4fK2abcXYZ_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0lKbws"

static struct svct_line line;
static struct svct_fault fault;

static int parse(const char *text)
{
    fault = (struct svct_fault){0};
    return svct_line_parse(text, strlen(text), &line, &fault);
}

static void good(const char *text)
{
    int r = parse(text);

    if (r != 0)
        fail_msg("%s: %s", text, fault.what);
}

/* Refused, with these words, and without what was given. */
static void bad(const char *text, int code, const char *words)
{
    struct svct_line before;
    int r;

    memset(&line, 0x5a, sizeof line);
    before = line;
    r = parse(text);
    if (r != code || strstr(fault.what, words) == NULL)
        fail_msg("%s: %d, %s", text, r, fault.what);
    assert_int_equal(fault.code, code);
    assert_memory_equal(&line, &before, sizeof line);
    assert_null(strstr(fault.what, "0123456789ABC"));
}

#define SYNTAX(text, words) bad(text, SVCT_E_SYNTAX, words)
#define RANGE(text, words) bad(text, SVCT_E_RANGE, words)

static void what_is_needed_is_little(void **state)
{
    (void)state;
    good("{" ACCOUNT "}");
    assert_int_equal(line.kind, SVCT_LINE_ACCOUNT);
    assert_string_equal(line.account.name, "deploy");
    assert_string_equal(line.account.role, SVCT_ROLE_VIEWER);
    assert_true(line.account.expires == SVCT_TIME_NEVER);
    assert_false(line.account.disabled);
    assert_false(svct_line_given(&line, "role"));
    good("{" TOKEN "}");
    assert_int_equal(line.kind, SVCT_LINE_TOKEN);
    assert_string_equal(line.token.name, "4fK2abcXYZ");
    assert_int_equal(line.token.hash[0], 0x2d);
    assert_int_equal(line.token.hash[31], 0x2a);
    assert_false(svct_line_given(&line, "expires"));
    assert_true(svct_line_given(&line, "hash"));
    assert_true(line.ttl == 0 && line.token.expires == 0);
    assert_false(line.token.revoked);
}

static void every_key_is_read(void **state)
{
    (void)state;
    good("{" TOKEN ",\"name\":\"ci\",\"expires\":\"2027-01-31T12:00:00Z\","
         "\"not_before\":\"2027-01-30T14:00:00+02:00\","
         "\"role_cap\":\"Viewer\",\"sources\":[\"192.0.2.0/24\",\"local\"],"
         "\"services\":[\"sshd\",\"sudo*\"],\"max_uses\":1,\"disabled\":true,"
         "\"comment\":\"h\\u00e9 \\\"q\\\"\",\"created\":"
         "\"2026-01-01T00:00:00Z\",\"created_by\":\"alice\","
         "\"revoked_at\":\"2026-02-01T00:00:00Z\",\"revoked_by\":\"bob\","
         "\"revoked_reason\":\"lost\",\"former_hash\":\"" HASH "\","
         "\"former_until\":\"2026-03-01T00:00:00Z\",\"rotated_at\":"
         "\"2026-02-28T00:00:00Z\",\"rotated_by\":\"carol\",\"slot\":7,"
         "\"uses\":3,\"last_used\":\"2026-01-02T00:00:00Z\","
         "\"last_service\":\"sshd\",\"last_rhost\":\"192.0.2.7\","
         "\"extra\":\"0017000161\"}");
    assert_string_equal(line.token.name, "ci");
    assert_true(line.token.expires == INT64_C(1801396800));
    assert_true(line.token.not_before == INT64_C(1801310400));
    assert_string_equal(line.token.cap, "Viewer");
    assert_true(line.token.sources.local && line.token.sources.count == 1);
    assert_int_equal(line.token.services.count, 2);
    assert_int_equal(line.token.max_uses, 1);
    assert_true(line.token.disabled && line.token.revoked &&
                line.token.rotated);
    assert_string_equal(line.token.comment, "h\xc3\xa9 \"q\"");
    assert_string_equal(line.token.revoked_reason, "lost");
    assert_string_equal(line.token.rotated_by, "carol");
    assert_int_equal(line.token.slot, 7);
    assert_int_equal(line.usage.uses, 3);
    assert_string_equal(line.usage.rhost, "192.0.2.7");
    assert_int_equal(line.token.extra.len, 5);
    assert_string_equal(svct_line_backup_key(&line), "slot");
    good("{\"kind\":\"role\",\"name\":\"Deployer\",\"place\":1500,"
         "\"services\":[\"sshd\"],\"refused\":[\"sudo\"],\"groups\":"
         "[\"www-data\",\"adm\"],\"description\":\"d\"}");
    assert_int_equal(line.role.place, 1500);
    assert_int_equal(line.role.groups_count, 2);
    assert_null(svct_line_backup_key(&line));
    good("{\"kind\":\"policy\",\"default_ttl\":3600,\"max_ttl\":0,"
         "\"allow_no_expiry\":false,\"tokens_per_account\":5,"
         "\"warn_before\":0}");
    assert_int_equal(line.policy.default_ttl, 3600);
    assert_true(line.policy.id_min == 0 && line.policy.id_next == 0);
    good("{\"kind\":\"header\",\"format\":\"svctoken-export\",\"version\":1}");
    good("{\"kind\":\"end\",\"lines\":0}");
    good("{" TOKEN ",\"ttl\":\"1d12h\"}");
    assert_int_equal(line.ttl, 36 * 3600);
    good("{" ACCOUNT ",\"expires\":\"never\",\"sources\":[]}");
}

#define POLICY                                                \
    "\"kind\":\"policy\",\"default_ttl\":3600,\"max_ttl\":0," \
    "\"allow_no_expiry\":false,\"tokens_per_account\":5,"     \
    "\"warn_before\":0"
#define ROLE "\"kind\":\"role\",\"name\":\"X\",\"place\":1"

static void keys_of_unix_users_are_read(void **state)
{
    (void)state;
    good("{" ACCOUNT ",\"uid\":65536,\"gid\":100,\"home\":\"/srv/h\\u00e9\","
         "\"shell\":\"/bin/bash\"}");
    assert_int_equal(line.account.uid, 65536);
    assert_int_equal(line.account.gid, 100);
    assert_string_equal(line.account.home, "/srv/h\xc3\xa9");
    assert_string_equal(line.account.shell, "/bin/bash");
    assert_false(line.existing);
    good("{" ACCOUNT ",\"existing\":true}");
    assert_true(line.existing && line.account.uid == 0);
    good("{" ACCOUNT ",\"uid\":1000,\"existing\":false}");
    good("{" ACCOUNT ",\"uid\":4294967293,\"gid\":4294967293}");
    assert_true(line.account.gid == SVCT_ID_MOST);
    assert_string_equal(line.account.home, "");
    good("{" ROLE ",\"gids\":[65540,0],\"groups\":[\"web\",\"adm\"]}");
    assert_int_equal(line.role.gids[0], 65540);
    assert_int_equal(line.role.gids[1], 0);
    assert_true(svct_line_given(&line, "gids"));
    good("{" ROLE ",\"groups\":[\"a\",\"b\"],\"gids\":[0,0]}");
    good("{" ROLE ",\"groups\":[\"a\"]}");
    assert_false(svct_line_given(&line, "gids"));
    good("{" POLICY ",\"uid_min\":2000000000,\"uid_max\":2000000001}");
    assert_int_equal(line.policy.id_min, 2000000000);
    assert_int_equal(line.policy.id_max, 2000000001);
    assert_null(svct_line_backup_key(&line));
    good("{" POLICY ",\"uid_next\":4294967294}");
    assert_true(line.policy.id_next == UINT32_C(4294967294));
    assert_string_equal(svct_line_backup_key(&line), "uid_next");
}

static void numbers_of_users_that_are_refused(void **state)
{
    static const char *const uids[] = {"0",          "-1",
                                       "999",        "65534",
                                       "65535",      "4294967294",
                                       "4294967295", "4294967296",
                                       "4295032832", "9223372036854775807"};
    static const char *const gids[] = {"0", "-1", "4294967294", "4294967296",
                                       "4295032832"};
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        snprintf(text, sizeof text, "{" ACCOUNT ",\"uid\":%s}", uids[i]);
        RANGE(text, "\"uid\" must be a whole number from 1000 to 4294967293, "
                    "not 65534 or 65535");
        if (strcmp(uids[i], "0") == 0)
            continue;
        snprintf(text, sizeof text,
                 "{" ROLE ",\"groups\":[\"a\"],\"gids\":[%s]}", uids[i]);
        RANGE(text, "entry 1 of \"gids\" must be");
    }
    for (size_t i = 0; i < sizeof gids / sizeof gids[0]; i++) {
        snprintf(text, sizeof text, "{" ACCOUNT ",\"gid\":%s}", gids[i]);
        RANGE(text, "\"gid\" must be a whole number from 1 to 4294967293");
    }
    SYNTAX("{" ACCOUNT ",\"uid\":\"65536\"}", "\"uid\" must be a whole");
    SYNTAX("{" ACCOUNT ",\"uid\":65536.0}", "\"uid\" must be a whole");
    SYNTAX("{" ACCOUNT ",\"uid\":null}", "\"uid\" must be a whole");
    SYNTAX("{" ROLE ",\"groups\":[\"a\"],\"gids\":65536}", "must be a list");
    SYNTAX("{" ROLE ",\"groups\":[\"a\"],\"gids\":[\"1\"]}", "0 for a group");
    SYNTAX("{" ROLE ",\"groups\":[\"a\",\"b\"],\"gids\":[65536,65536]}",
           "\"gids\" has its entry 2 twice");
    RANGE("{" POLICY ",\"uid_min\":999,\"uid_max\":2000}", "\"uid_min\" must");
    RANGE("{" POLICY ",\"uid_next\":0}", "\"uid_next\" must");
}

static void paths_that_are_refused(void **state)
{
    static const char *const paths[] = {
        "\"\"",       "\"srv\"", "\"/a:b\"", "\"/a\\u0007b\"",
        "\"/a\\nb\"", "1",       "null",     "[]"};
    char text[400], path[300];

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(text, sizeof text, "{" ACCOUNT ",\"home\":%s}", paths[i]);
        SYNTAX(text, "\"home\" must be a path in quotes");
        snprintf(text, sizeof text, "{" ACCOUNT ",\"shell\":%s}", paths[i]);
        SYNTAX(text, "\"shell\" must be a path in quotes");
    }
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[SVCT_PUB_PATH_MAX] = '\0';
    snprintf(text, sizeof text, "{" ACCOUNT ",\"home\":\"%s\"}", path);
    good(text);
    snprintf(text, sizeof text, "{" ACCOUNT ",\"home\":\"%sa\"}", path);
    SYNTAX(text, "at most 256 bytes");
}

static void what_contradicts_about_users(void **state)
{
    (void)state;
    SYNTAX("{" ACCOUNT ",\"existing\":true,\"uid\":65536}",
           "\"existing\" and \"uid\" contradict");
    SYNTAX("{" ACCOUNT ",\"gid\":7,\"existing\":true}",
           "\"existing\" and \"gid\" contradict");
    SYNTAX("{" ACCOUNT ",\"existing\":true,\"home\":\"/\"}",
           "\"existing\" and \"home\" contradict");
    SYNTAX("{" ACCOUNT ",\"existing\":true,\"shell\":\"/bin/sh\"}",
           "\"existing\" and \"shell\" contradict");
    SYNTAX("{" ACCOUNT ",\"existing\":1}", "true or false");
    SYNTAX("{" ROLE ",\"gids\":[65536]}", "as many entries as \"groups\"");
    SYNTAX("{" ROLE ",\"gids\":[],\"groups\":[\"a\"]}", "0 stand there, and 1");
    SYNTAX("{" ROLE ",\"groups\":[\"a\"],\"gids\":[65536,0]}", "as many");
    SYNTAX("{" POLICY ",\"uid_min\":65536}", "go together");
    SYNTAX("{" POLICY ",\"uid_max\":65536}", "go together");
    RANGE("{" POLICY ",\"uid_min\":70000,\"uid_max\":69999}",
          "\"uid_max\" must not be less");
    SYNTAX("{" ACCOUNT ",\"uids\":1}", "did you mean \"uid\"");
    SYNTAX("{" ACCOUNT ",\"uid_next\":1}", "no key \"uid_next\"");
}

static void a_list_of_gids_has_a_most(void **state)
{
    char text[1000], list[600] = "";

    (void)state;
    for (int i = 0; i <= SVCT_GROUPS_MAX; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s0",
                 i > 0 ? "," : "");
    snprintf(text, sizeof text, "{" ROLE ",\"gids\":[%s]}", list);
    bad(text, SVCT_E_TOOBIG, "too many entries");
}

static void what_is_no_object(void **state)
{
    (void)state;
    SYNTAX("", "no JSON object");
    SYNTAX(" ", "no JSON object");
    SYNTAX("{", "no JSON object");
    SYNTAX("[]", "one JSON object");
    SYNTAX("\"text\"", "no JSON object");
    SYNTAX("{" ACCOUNT "} x", "no JSON object");
    SYNTAX("{" ACCOUNT "}{" ACCOUNT "}", "no JSON object");
    SYNTAX("{" ACCOUNT ",}", "no JSON object");
    SYNTAX("{" ACCOUNT ",\"description\":\"\xff\"}", "no JSON object");
    SYNTAX("{" ACCOUNT ",\"description\":\"\\ud800\"}", "no JSON object");
    SYNTAX("{" ACCOUNT ",\"description\":\"a\\u0000b\"}", "no JSON object");
    SYNTAX("{'kind':'account'}", "no JSON object");
    SYNTAX(SECRET, "no JSON object");
    SYNTAX("{\"kind\":\"account\",\"name\":" SECRET "}", "no JSON object");
}

static void kinds_that_are_none(void **state)
{
    (void)state;
    SYNTAX("{}", "\"kind\" must be");
    SYNTAX("{\"name\":\"deploy\"}", "\"kind\" must be");
    SYNTAX("{\"kind\":\"\"}", "\"kind\" must be");
    SYNTAX("{\"kind\":\"Account\"}", "\"kind\" must be");
    SYNTAX("{\"kind\":1}", "\"kind\" must be");
    SYNTAX("{\"kind\":\"" SECRET "\"}", "\"kind\" must be");
}

static void keys_that_are_none(void **state)
{
    (void)state;
    SYNTAX("{" ACCOUNT ",\"rolle\":\"Viewer\"}", "did you mean \"role\"");
    SYNTAX("{" ACCOUNT ",\"source\":[]}", "did you mean \"sources\"");
    SYNTAX("{" ACCOUNT ",\"Disabled\":true}", "did you mean \"disabled\"");
    SYNTAX("{" ACCOUNT ",\"tokens\":1}", "no key \"tokens\"");
    SYNTAX("{" TOKEN ",\"revoked\":true}", "no key \"revoked\"");
    SYNTAX("{" TOKEN ",\"a b\":1}", "no key \"a\\x20b\"");
    SYNTAX("{" TOKEN ",\"\":1}", "no key");
    SYNTAX("{" TOKEN ",\"" SECRET "\":1}", "a token stands where a key");
    SYNTAX("{" ACCOUNT ",\"name\":\"deploy\"}", "given twice");
    SYNTAX("{" ACCOUNT ",\"kind\":\"account\"}", "given twice");
    SYNTAX("{" TOKEN ",\"disabled\":true,\"disabled\":false}", "given twice");
}

static void keys_that_lack(void **state)
{
    (void)state;
    SYNTAX("{\"kind\":\"account\"}", "must have \"name\"");
    SYNTAX("{\"kind\":\"token\",\"account\":\"a\",\"id\":\"4fK2abcXYZ\"}",
           "must have \"hash\"");
    SYNTAX("{\"kind\":\"token\",\"account\":\"a\",\"hash\":\"" HASH "\"}",
           "must have \"id\"");
    SYNTAX("{\"kind\":\"role\",\"name\":\"X\"}", "must have \"place\"");
    SYNTAX("{\"kind\":\"end\"}", "must have \"lines\"");
    SYNTAX("{\"kind\":\"header\",\"version\":1}", "must have \"format\"");
    SYNTAX("{\"kind\":\"policy\",\"default_ttl\":1}", "must have \"max_ttl\"");
    SYNTAX("{" TOKEN ",\"revoked_reason\":\"x\"}", "\"revoked_at\"");
    SYNTAX("{" TOKEN ",\"former_hash\":\"" HASH "\"}", "go together");
    SYNTAX("{" TOKEN ",\"rotated_by\":\"x\"}", "go together");
}

static void texts_that_are_refused(void **state)
{
    static const char *const names[] = {"\"\"",
                                        "\"Deploy\"",
                                        "\"1deploy\"",
                                        "\"-x\"",
                                        "\"a b\"",
                                        "\"a/b\"",
                                        "\"abcdefghijklmnopqrstuvwxyzabcdefg\"",
                                        "1",
                                        "null",
                                        "true",
                                        "[\"a\"]",
                                        "{}"};
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, "{\"kind\":\"account\",\"name\":%s}",
                 names[i]);
        SYNTAX(text, "\"name\" must be a login name");
    }
    SYNTAX("{" ACCOUNT ",\"description\":\"a\\nb\"}", "without control");
    SYNTAX("{" ACCOUNT ",\"description\":\"a\\u0085b\"}", "without control");
    SYNTAX("{" ACCOUNT ",\"created_by\":"
           "\"12345678901234567890123456789012345678901234567890123456789012345"
           "\"}",
           "at most 64 bytes");
    SYNTAX("{" ACCOUNT ",\"role\":\"9\"}", "the name of a role");
    SYNTAX("{" ACCOUNT ",\"role\":null}", "the name of a role");
    SYNTAX("{" TOKEN ",\"name\":\".x\"}", "the name of a token");
    SYNTAX("{" TOKEN ",\"name\":\"" SECRET "\"}", "the name of a token");
    SYNTAX("{\"kind\":\"token\",\"account\":\"a\",\"id\":\"4fK2abcXY\","
           "\"hash\":\"" HASH "\"}",
           "a token id");
    SYNTAX("{\"kind\":\"token\",\"account\":\"a\",\"id\":\"4fK2abcXYZ\","
           "\"hash\":\"" SECRET "\"}",
           "\"hash\" must be");
    SYNTAX("{\"kind\":\"token\",\"account\":\"a\",\"id\":\"4fK2abcXYZ\","
           "\"hash\":\"2D325ED6D224BB288F5CC004644EFAB9698AA3CA3F11035B9904DBAD"
           "1E9AEE2A\"}",
           "\"hash\" must be");
}

static void times_that_are_refused(void **state)
{
    static const char *const times[] = {"\"\"",
                                        "\"now\"",
                                        "\"+8h\"",
                                        "\"2027-01-31\"",
                                        "\"tomorrow\"",
                                        "\"2027-01-31T12:00:00\"",
                                        "\"2027-01-31T12:00:00.5Z\"",
                                        "1801396800",
                                        "null",
                                        "true",
                                        "\" 2027-01-31T12:00:00Z\""};
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        snprintf(text, sizeof text, "{" TOKEN ",\"expires\":%s}", times[i]);
        SYNTAX(text, "\"expires\" must be a time");
    }
    RANGE("{" TOKEN ",\"expires\":\"2027-02-30T12:00:00Z\"}", "\"expires\"");
    SYNTAX("{" TOKEN ",\"not_before\":\"never\"}", "\"not_before\" must be");
    SYNTAX("{" TOKEN ",\"created\":\"never\"}", "\"created\" must be");
    SYNTAX("{" TOKEN ",\"ttl\":\"8\"}", "\"ttl\" must be a duration");
    SYNTAX("{" TOKEN ",\"ttl\":28800}", "\"ttl\" must be a duration");
    SYNTAX("{" TOKEN ",\"ttl\":\"0s\"}", "\"ttl\" must be a duration");
    SYNTAX("{" TOKEN ",\"ttl\":\"8h\",\"expires\":\"never\"}", "contradict");
    RANGE("{" TOKEN ",\"not_before\":\"2027-01-01T00:00:00Z\",\"expires\":"
          "\"2027-01-01T00:00:00Z\"}",
          "before \"expires\"");
}

static void numbers_and_flags_that_are_refused(void **state)
{
    (void)state;
    SYNTAX("{" TOKEN ",\"max_uses\":\"1\"}", "a whole number");
    SYNTAX("{" TOKEN ",\"max_uses\":1.0}", "a whole number");
    SYNTAX("{" TOKEN ",\"max_uses\":null}", "a whole number");
    RANGE("{" TOKEN ",\"max_uses\":0}", "from 1 to 4294967295");
    RANGE("{" TOKEN ",\"max_uses\":-1}", "from 1 to 4294967295");
    RANGE("{" TOKEN ",\"max_uses\":4294967296}", "from 1 to 4294967295");
    SYNTAX("{" TOKEN ",\"max_uses\":99999999999999999999}", "no JSON object");
    SYNTAX("{" TOKEN ",\"disabled\":1}", "true or false");
    SYNTAX("{" TOKEN ",\"disabled\":\"no\"}", "true or false");
    SYNTAX("{" TOKEN ",\"disabled\":null}", "true or false");
    RANGE("{\"kind\":\"role\",\"name\":\"X\",\"place\":65536}", "to 65535");
    RANGE("{\"kind\":\"header\",\"format\":\"svctoken-export\",\"version\":2}",
          "newer svctoken");
    SYNTAX("{\"kind\":\"header\",\"format\":\"other\",\"version\":1}",
           "\"format\" must be");
    SYNTAX("{\"kind\":\"header\",\"format\":\"svctoken-backup\","
           "\"version\":1}",
           "header of a backup");
    SYNTAX("{" TOKEN ",\"extra\":\"00\"}", "fields of a record");
    SYNTAX("{" TOKEN ",\"extra\":\"0017000161ff\"}", "fields of a record");
    SYNTAX("{" TOKEN ",\"extra\":\"8017000161\"}", "fields of a record");
}

static void lists_that_are_refused(void **state)
{
    (void)state;
    SYNTAX("{" TOKEN ",\"sources\":\"192.0.2.7\"}", "a list");
    SYNTAX("{" TOKEN ",\"sources\":null}", "a list");
    SYNTAX("{" TOKEN ",\"sources\":[\"192.0.2.7/24\"]}", "entry 1");
    SYNTAX("{" TOKEN ",\"sources\":[\"local\",\"host.example\"]}", "entry 2");
    SYNTAX("{" TOKEN ",\"sources\":[\"local\",\"local\"]}", "twice");
    SYNTAX("{" TOKEN ",\"sources\":[7]}", "entry 1");
    RANGE("{" TOKEN ",\"sources\":[\"192.0.2.0/33\"]}", "entry 1");
    SYNTAX("{" TOKEN ",\"services\":[\"ss hd\"]}", "entry 1");
    SYNTAX("{" TOKEN ",\"services\":[\"\"]}", "entry 1");
    bad("{" TOKEN ",\"services\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
        "\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]}",
        SVCT_E_TOOBIG, "too many entries");
    SYNTAX("{\"kind\":\"role\",\"name\":\"X\",\"place\":1,\"groups\":"
           "[\"a:b\"]}",
           "a Unix group");
    SYNTAX("{\"kind\":\"role\",\"name\":\"X\",\"place\":1,\"groups\":"
           "[\"adm\",\"adm\"]}",
           "twice");
}

static void a_line_has_a_most(void **state)
{
    static char text[SVCT_LINE_MAX + 2];

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "{" ACCOUNT "}", strlen("{" ACCOUNT "}"));
    assert_int_equal(svct_line_parse(text, SVCT_LINE_MAX, &line, &fault), 0);
    assert_int_equal(svct_line_parse(text, SVCT_LINE_MAX + 1, &line, &fault),
                     SVCT_E_TOOBIG);
}

static void deep_and_strange_things_end(void **state)
{
    static char text[SVCT_LINE_MAX];

    (void)state;
    memset(text, '[', sizeof text);
    assert_int_equal(svct_line_parse(text, sizeof text, &line, &fault),
                     SVCT_E_SYNTAX);
    memset(text, 0, sizeof text);
    assert_int_equal(svct_line_parse(text, sizeof text, &line, &fault),
                     SVCT_E_SYNTAX);
}

/* ---- there and back ---- */

static void comes_back(const struct svct_line *from, bool backup)
{
    char text[SVCT_LINE_MAX + 3], again[SVCT_LINE_MAX + 3];
    size_t len, len_again;

    assert_int_equal(
        svct_line_format(from, backup, text, sizeof text, &len, &fault), 0);
    assert_int_equal(text[len - 1], '\n');
    assert_int_equal(strlen(text), len);
    if (svct_line_parse(text, len - 1, &line, &fault) != 0)
        fail_msg("%s: %s", text, fault.what);
    assert_int_equal(svct_line_format(&line, backup, again, sizeof again,
                                      &len_again, &fault),
                     0);
    assert_string_equal(text, again);
}

static struct svct_line full_token(void)
{
    struct svct_line full = {
        .kind = SVCT_LINE_TOKEN,
        .token = {.id = "4fK2abcXYZ",
                  .account = "deploy",
                  .name = "ci",
                  .comment = "\\ \"x\" \xf0\x9f\x94\x91",
                  .created_by = "alice",
                  .expires = SVCT_TIME_NEVER,
                  .cap = "None",
                  .disabled = true,
                  .revoked = true, /* at 0, as with a clock gone wrong */
                  .rotated = true,
                  .max_uses = UINT32_MAX,
                  .slot = SVCT_SLOT_MAX,
                  .extra = {.len = 4, .data = {0x7f, 0xff, 0, 0}}},
        .usage = {.uses = 1, .service = "sshd"}};

    memset(full.token.comment + 12, '"', SVCT_TEXT_MAX - 12);
    for (int i = 0; i < SVCT_SOURCES_MAX; i++) {
        char text[SVCT_CIDR_TEXT];

        snprintf(text, sizeof text, "2001:db8:1111:2222:3333:4444:5555:%x",
                 i + 0x1000);
        svct_sources_add(&full.token.sources, text);
    }
    for (int i = 0; i < SVCT_GLOBS_MAX; i++) {
        char text[SVCT_GLOB_MAX + 1];

        snprintf(text, sizeof text, "service-with-a-long-name-%02d*", i);
        svct_globs_add(&full.token.services, text);
    }
    return full;
}

static void what_is_written_reads_back(void **state)
{
    struct svct_line from = full_token();
    struct svct_line role = {.kind = SVCT_LINE_ROLE,
                             .role = {.name = "X",
                                      .place = 7,
                                      .groups_count = 2,
                                      .groups = {"adm", "web"},
                                      .gids = {0, 65540}}};
    struct svct_line account = {
        .kind = SVCT_LINE_ACCOUNT,
        .account = {
            .name = "deploy", .role = "Admin", .expires = 77, .apikey = true}};
    struct svct_line user = {.kind = SVCT_LINE_ACCOUNT,
                             .account = {.name = "ci",
                                         .role = "Viewer",
                                         .uid = 65541,
                                         .gid = 100,
                                         .home = "/srv/\"ci\"",
                                         .shell = "/bin/sh"}};
    struct svct_line policy = {.kind = SVCT_LINE_POLICY,
                               .policy = {.default_ttl = 1,
                                          .id_min = 65536,
                                          .id_max = 70000,
                                          .id_next = 65542}};
    struct svct_line end = {.kind = SVCT_LINE_END, .lines = 5};

    (void)state;
    comes_back(&from, true);
    assert_true(line.token.revoked && line.token.revoked_at == 0);
    assert_int_equal(line.token.sources.count, SVCT_SOURCES_MAX);
    assert_string_equal(line.token.comment, from.token.comment);
    assert_int_equal(line.token.extra.len, 4);
    assert_int_equal(line.token.slot, SVCT_SLOT_MAX);
    comes_back(&from, false);
    assert_int_equal(line.token.slot, 0);
    assert_int_equal(line.token.extra.len, 0);
    assert_null(svct_line_backup_key(&line));
    comes_back(&role, true);
    assert_int_equal(line.role.groups_count, 2);
    assert_true(line.role.gids[0] == 0 && line.role.gids[1] == 65540);
    role.role.gids[1] = 0; /* is said, too: what lacks is decided anew */
    comes_back(&role, false);
    assert_true(svct_line_given(&line, "gids"));
    comes_back(&account, false);
    assert_true(line.account.apikey && line.account.expires == 77);
    assert_false(svct_line_given(&line, "existing"));
    account.existing = true;
    comes_back(&account, false);
    assert_true(line.existing);
    assert_false(svct_line_given(&line, "uid"));
    comes_back(&user, false);
    assert_true(line.account.uid == 65541 && line.account.gid == 100);
    assert_string_equal(line.account.home, user.account.home);
    assert_string_equal(line.account.shell, "/bin/sh");
    comes_back(&policy, true);
    assert_true(line.policy.id_min == 65536 && line.policy.id_max == 70000 &&
                line.policy.id_next == 65542);
    comes_back(&policy, false);
    assert_true(line.policy.id_max == 70000 && line.policy.id_next == 0);
    comes_back(&end, true);
}

static void what_can_not_be_written(void **state)
{
    struct svct_line from = full_token();
    char text[SVCT_LINE_MAX + 3];
    size_t len;

    (void)state;
    assert_int_equal(svct_line_format(&from, true, text, 100, &len, &fault),
                     SVCT_E_TOOBIG);
    from.token.comment[0] = '\n';
    assert_int_equal(
        svct_line_format(&from, true, text, sizeof text, &len, &fault),
        SVCT_E_DAMAGED);
    from.token.comment[0] = (char)0xff;
    assert_int_equal(
        svct_line_format(&from, true, text, sizeof text, &len, &fault),
        SVCT_E_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_needed_is_little),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(keys_of_unix_users_are_read),
        cmocka_unit_test(numbers_of_users_that_are_refused),
        cmocka_unit_test(paths_that_are_refused),
        cmocka_unit_test(what_contradicts_about_users),
        cmocka_unit_test(a_list_of_gids_has_a_most),
        cmocka_unit_test(what_is_no_object),
        cmocka_unit_test(kinds_that_are_none),
        cmocka_unit_test(keys_that_are_none),
        cmocka_unit_test(keys_that_lack),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(times_that_are_refused),
        cmocka_unit_test(numbers_and_flags_that_are_refused),
        cmocka_unit_test(lists_that_are_refused),
        cmocka_unit_test(a_line_has_a_most),
        cmocka_unit_test(deep_and_strange_things_end),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_can_not_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
