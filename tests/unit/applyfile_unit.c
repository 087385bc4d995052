/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/applyfile.h"

#define HASH "2d325ed6d224bb288f5cc004644efab9698aa3ca3f11035b9904dbad1e9aee2a"
#define SECRET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
#define TOKEN "svct_4fK2abcXYZ_" SECRET "0lKbws"

/* What was reported, and what a walk gave, a line each. */
static char told[8192], seen[8192];
static struct svct_applyfile file;
static struct svct_applywant last;

static void __attribute__((format(printf, 2, 3)))
add(char *out, const char *format, ...)
{
    size_t len = strlen(out);
    va_list args;

    va_start(args, format);
    vsnprintf(out + len, sizeof(told) - len, format, args);
    va_end(args);
}

static void report(void *arg, const struct svct_applyplace *place,
                   const struct svct_fault *fault)
{
    (void)arg;
    assert_non_null(fault);
    assert_int_not_equal(fault->code, 0);
    assert_null(strstr(fault->what, SECRET));
    add(told, "%llu %s: %s\n", (unsigned long long)place->line, place->path,
        fault->what);
}

static int see(void *arg, const struct svct_applyplace *place,
               const struct svct_applywant *want)
{
    const struct svct_line *line = &want->line;

    (void)arg;
    last = *want;
    add(seen, "%llu %s", (unsigned long long)place->line, place->path);
    if (line->kind == SVCT_LINE_ROLE)
        add(seen, " %s", line->role.name);
    if (line->kind == SVCT_LINE_ACCOUNT)
        add(seen, " %s%s", line->account.name, want->tokens ? " +" : "");
    if (line->kind == SVCT_LINE_TOKEN)
        add(seen, " %s/%s", line->token.account, line->token.name);
    add(seen, "\n");
    return 0;
}

static void read_text(const char *text)
{
    svct_applyfile_done(&file);
    told[0] = seen[0] = '\0';
    assert_int_equal(
        svct_applyfile_read(text, strlen(text), report, NULL, &file), 0);
    assert_int_equal(file.faults == 0, told[0] == '\0');
}

static void walk(enum svct_applypart part)
{
    assert_int_equal(svct_applyfile_walk(&file, part, see, NULL), 0);
}

static void good(const char *text)
{
    read_text(text);
    assert_string_equal(told, "");
}

/* The first that is told begins so. */
static void bad(const char *text, const char *words)
{
    read_text(text);
    if (strstr(told, words) != told)
        fail_msg("%s: %s", text, told);
}

/* The only object of accounts, its only token. */
#define ONE(members) "{\"accounts\":[{\"name\":\"deploy\"," members "}]}"
#define ONE_TOKEN(members) ONE("\"tokens\":[{\"name\":\"ci\"," members "}]")

static void the_order_is_always_the_same(void **state)
{
    (void)state;
    good("{\n"
         " \"accounts\": [\n"
         "  { \"tokens\": [ {\"name\":\"ci\"},\n"
         "      {\"name\":\"x.y\"} ],\n"
         "    \"name\": \"deploy\" },\n"
         "  {\"name\": \"bot\"}\n"
         " ],\n"
         " \"roles\": [ {\"name\":\"Ops\",\"above\":\"Viewer\"} ],\n"
         " \"version\": 1,\n"
         " \"policy\": { \"max_ttl\": \"30d\" } }\n");
    for (int i = 0; i < SVCT_APPLYPARTS; i++)
        walk((enum svct_applypart)i);
    assert_string_equal(seen, "10 .policy\n"
                              "8 .roles[0] Ops\n"
                              "3 .accounts[0] deploy +\n"
                              "3 .accounts[0].tokens[0] deploy/ci\n"
                              "4 .accounts[0].tokens[1] deploy/x.y\n"
                              "6 .accounts[1] bot\n");
    assert_true(svct_applyfile_has_account(&file, "deploy"));
    assert_true(svct_applyfile_has_account(&file, "bot"));
    assert_false(svct_applyfile_has_account(&file, "ops"));
    assert_true(svct_applyfile_has_role(&file, "Ops"));
    assert_false(svct_applyfile_has_role(&file, "ops"));
    good("{}");
    for (int i = 0; i < SVCT_APPLYPARTS; i++) {
        assert_false(file.part[i].given);
        walk((enum svct_applypart)i);
    }
    assert_string_equal(seen, "");
    good(" { \"accounts\" : [ ] , \"roles\" :[]}\n\n");
    assert_true(file.part[SVCT_APPLYPART_ACCOUNTS].given);
    assert_true(file.part[SVCT_APPLYPART_ROLES].given);
    assert_false(file.part[SVCT_APPLYPART_POLICY].given);
}

static void null_is_no_limit(void **state)
{
    const struct svct_line *line = &last.line;

    (void)state;
    good(ONE_TOKEN("\"expires\":null,\"not_before\":null,\"role_cap\":null,"
                   "\"max_uses\":null"));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_true(line->token.expires == SVCT_TIME_NEVER);
    assert_true(line->token.not_before == 0 && line->token.max_uses == 0);
    assert_string_equal(line->token.cap, "");
    assert_true(svct_line_given(line, "expires") &&
                svct_line_given(line, "not_before") &&
                svct_line_given(line, "role_cap") &&
                svct_line_given(line, "max_uses"));
    assert_false(svct_line_given(line, "sources"));
    good(ONE("\"expires\":null"));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_true(line->account.expires == SVCT_TIME_NEVER &&
                svct_line_given(line, "expires"));
    good("{\"policy\":{\"max_ttl\":null,\"warn_before\":\"none\","
         "\"default_ttl\":\"1h\"}}");
    walk(SVCT_APPLYPART_POLICY);
    assert_true(line->policy.max_ttl == 0 && line->policy.warn_before == 0);
    assert_true(line->policy.default_ttl == 3600);
    assert_true(svct_line_given(line, "max_ttl"));
    bad(ONE("\"role\":null"), "1 .accounts[0].role: ");
    bad(ONE("\"sources\":null"), "1 .accounts[0].sources: ");
    bad(ONE("\"disabled\":null"), "1 .accounts[0].disabled: ");
    bad("{\"policy\":{\"default_ttl\":null}}", "1 .policy.default_ttl: ");
    bad("{\"policy\":{\"default_ttl\":\"none\"}}", "1 .policy.default_ttl: ");
    bad("{\"policy\":null}", "1 .policy: an object");
    bad("{\"accounts\":null}", "1 .accounts: a list");
    bad(ONE("\"tokens\":{}"), "1 .accounts[0].tokens: a list");
    bad("{\"roles\":[{\"name\":\"A\"} 1]}", "1 .roles: \",\" or");
}

static void tokens_have_their_own_keys(void **state)
{
    (void)state;
    good(ONE_TOKEN("\"generate\":\"/root/ci \\u00e9.token\",\"ttl\":\"8h\""));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_string_equal(last.generate, "/root/ci \xc3\xa9.token");
    assert_true(last.line.ttl == 28800);
    good(ONE_TOKEN("\"hash\":\"" HASH "\",\"id\":\"4fK2abcXYZ\""));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_int_equal(last.line.token.hash[0], 0x2d);
    assert_false(last.revoked);
    good(ONE_TOKEN("\"revoked\":true,\"revoked_reason\":\"lost\""));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_true(last.revoked);
    assert_string_equal(last.line.token.revoked_reason, "lost");
    good(ONE_TOKEN("\"revoked\":false"));
    walk(SVCT_APPLYPART_ACCOUNTS);
    assert_false(last.revoked || svct_line_given(&last.line, "revoked_at"));
    bad(ONE_TOKEN("\"hash\":\"" HASH "\""),
        "1 .accounts[0].tokens[0]: \"hash\" and \"id\" go together");
    bad(ONE_TOKEN("\"id\":\"4fK2abcXYZ\""), "1 .accounts[0].tokens[0]: ");
    bad(ONE_TOKEN("\"hash\":\"" HASH "\",\"id\":\"4fK2abcXYZ\","
                  "\"generate\":\"/x\""),
        "1 .accounts[0].tokens[0]: \"hash\" and \"generate\" contradict");
    bad(ONE_TOKEN("\"generate\":\"x\""),
        "1 .accounts[0].tokens[0].generate: \"generate\" must be an absolute");
    bad(ONE_TOKEN("\"generate\":\"/a\\nb\""),
        "1 .accounts[0].tokens[0].generate: ");
    bad(ONE_TOKEN("\"generate\":\"/a\\u009b31mb\""),
        "1 .accounts[0].tokens[0].generate: \"generate\" must be an absolute");
    bad(ONE_TOKEN("\"generate\":\"/a\\u0000b\""),
        "1 .accounts[0].tokens[0].generate: ");
    bad(ONE_TOKEN("\"generate\":true"), "1 .accounts[0].tokens[0].generate: ");
    bad(ONE_TOKEN("\"revoked_reason\":\"x\""),
        "1 .accounts[0].tokens[0]: \"revoked_reason\" belongs");
    bad(ONE_TOKEN("\"ttl\":\"8h\",\"expires\":\"never\""),
        "1 .accounts[0].tokens[0]: \"ttl\" and \"expires\" contradict");
    bad(ONE_TOKEN("\"not_before\":\"2027-01-01T00:00:00Z\","
                  "\"expires\":\"2026-01-01T00:00:00Z\""),
        "1 .accounts[0].tokens[0]: \"not_before\" must be before");
    bad(ONE_TOKEN("\"max_uses\":0"), "1 .accounts[0].tokens[0].max_uses: ");
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    bad(ONE("\"existing\":true,\"uid\":70000"),
        "1 .accounts[0]: \"existing\" and \"uid\" contradict");
    bad("{\"policy\":{\"uid_min\":70000}}", "1 .policy: \"uid_min\" and");
    bad("{\"roles\":[{\"name\":\"A\",\"place\":5,\"above\":\"Viewer\"}]}",
        "1 .roles[0]: \"place\" and \"above\" contradict");
    bad("{\"roles\":[{\"name\":\"A\",\"groups\":[\"x\"],\"gids\":[]}]}",
        "1 .roles[0]: \"gids\" must have as many");
    good("{\"roles\":[{\"name\":\"A\",\"groups\":[\"x\"],\"gids\":[0]}]}");
    bad("{\"roles\":[{\"above\":\"Viewer\"}]}",
        "1 .roles[0]: a role must have \"name\"");
    bad("{\"accounts\":[{\"tokens\":[]}]}",
        "1 .accounts[0]: an account must have \"name\"");
    bad(ONE("\"tokens\":[{}]"),
        "1 .accounts[0].tokens[0]: a token must have \"name\"");
}

static void unknown_and_double_keys_are_named(void **state)
{
    (void)state;
    bad("{\"acounts\":[]}", "1 .: the file has no key \"acounts\"; did you "
                            "mean \"accounts\"?");
    bad(ONE("\"sorces\":[]"), "1 .accounts[0]: an account has no key "
                              "\"sorces\"; did you mean \"sources\"?");
    bad(ONE("\"zzz\":[{\"a\":[1,2,{}]}]"),
        "1 .accounts[0]: an account has no key \"zzz\"\n");
    bad(ONE("\"created\":\"2026-01-01T00:00:00Z\""),
        "1 .accounts[0]: \"created\" is not for a file to say");
    bad(ONE_TOKEN("\"former_hash\":\"\""),
        "1 .accounts[0].tokens[0]: \"former_hash\" is not for a file");
    bad(ONE_TOKEN("\"secret\":\"" TOKEN "\""),
        "1 .accounts[0].tokens[0]: a secret has no place in a file");
    bad(ONE_TOKEN("\"token\":\"" TOKEN "\""),
        "1 .accounts[0].tokens[0]: a secret has no place in a file");
    bad(ONE("\"" TOKEN "\":1"), "1 .accounts[0]: a token stands where a key");
    bad(ONE("\"12345678901234567890123456789012345\":1"),
        "1 .accounts[0]: an account has no key of 35 bytes");
    bad(ONE("\"role\":\"Viewer\",\n\"role\":\"Admin\""),
        "2 .accounts[0].role: \"role\" is given twice");
    bad("{\"policy\":{},\"policy\":{}}",
        "1 .policy: \"policy\" is given twice");
    bad(ONE("\"r\\u006fle\":\"Viewer\",\"role\":\"Admin\""),
        "1 .accounts[0].role: \"role\" is given twice");
}

static void what_is_no_json_is_told_plainly(void **state)
{
    (void)state;
    bad("\xef\xbb\xbf{}", "1 .: the file begins with a byte order mark");
    bad("\xff\xfe{", "1 .: the file begins with a byte order mark");
    bad(ONE_TOKEN("\"max_uses\":99999999999999999999"),
        "1 .accounts[0].tokens[0].max_uses: that number is too big");
    bad("{\"policy\":{\"max_ttl\":1e400}}",
        "1 .policy.max_ttl: that number is too big");
    bad(ONE("\"description\":\"h\xe9\""),
        "1 .accounts[0].description: that is not UTF-8");
    bad(ONE("\"description\":\"a\\u0000\""),
        "1 .accounts[0].description: a text can't hold \\u0000");
    bad(ONE("\"description\":\"a\tb\""),
        "1 .accounts[0].description: a text can't hold a control");
    bad(ONE("\"description\":\"C:\\Users\""),
        "1 .accounts[0].description: behind \"\\\" in a text");
    bad(ONE("\"description\":\"\\ud800\""),
        "1 .accounts[0].description: behind \"\\\" in a text");
    bad(ONE("\"disabled\":True"),
        "1 .accounts[0].disabled: that is no value of JSON: a text");
}

static void names_are_given_once(void **state)
{
    (void)state;
    bad("{\"accounts\":[{\"name\":\"b\"},{\"name\":\"a\"},\n{\"name\":\"b\"},"
        "{\"name\":\"c\"}]}",
        "2 .accounts[2]: the account b is given twice, before in line 1\n");
    bad("{\"roles\":[{\"name\":\"A\"},\n{\"name\":\"A\"}]}",
        "2 .roles[1]: the role A is given twice");
    bad(ONE("\"tokens\":[{\"name\":\"a\"},{\"name\":\"b\"},\n{\"name\":\"a\"}]"),
        "2 .accounts[0].tokens[2]: the token a is given twice");
    good("{\"accounts\":[{\"name\":\"a\",\"tokens\":[{\"name\":\"t\"}]},"
         "{\"name\":\"b\",\"tokens\":[{\"name\":\"t\"}]}]}");
}

static void all_that_is_wrong_is_told(void **state)
{
    (void)state;
    read_text("{\"policy\": {\"max_ttl\": []},\n"
              "\"accounts\": [\n"
              "{\"name\":\"9\",\n"
              " \"role\":\"V\",\n"
              " \"expires\":\"soon\"},\n"
              "{\"name\":\"ok\",\"tokens\":[{\"name\":\"-\"}, {\"nam\":1}]},\n"
              "7]}");
    assert_int_equal(file.faults, 7);
    assert_non_null(strstr(told, "1 .policy.max_ttl: "));
    assert_non_null(strstr(told, "3 .accounts[0].name: "));
    assert_non_null(strstr(told, "5 .accounts[0].expires: "));
    assert_non_null(strstr(told, "6 .accounts[1].tokens[0].name: "));
    assert_non_null(strstr(told, "6 .accounts[1].tokens[1]: a token has no"));
    assert_non_null(strstr(told, "6 .accounts[1].tokens[1]: a token must"));
    assert_non_null(strstr(told, "7 .accounts[2]: an object"));
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "null",
        "{",
        "{]",
        "{\"accounts\"}",
        "{\"accounts\":}",
        "{\"accounts\":[}",
        "{\"accounts\":[{\"name\":\"a\"},]}",
        "{\"accounts\":[,{\"name\":\"a\"}]}",
        "{\"accounts\":[{\"name\":\"a\"}{\"name\":\"b\"}]}",
        "{,}",
        "{\"version\":1,}",
        "{\"version\":1 \"policy\":{}}",
        "{\"version\":01}",
        "{\"version\":1.0}",
        "{\"version\":2}",
        "{\"version\":tru}",
        "{'version':1}",
        "{version:1}",
        "{} {}",
        "{}x",
        "{\"accounts\":[]]}",
        "{\"accounts\":[{\"name\":\"a]}",
        "{\"accounts\":[{\"name\":\"a\nb\"}]}",
        "{\"accounts\":[{\"name\":\"\xff\"}]}",
        "{\"accounts\":[{\"name\":\"a\",\"sources\":[\"local\",]}]}",
        "{\"accounts\":[{\"name\":\"a\",\"sources\":[\"local\" \"x\"]}]}",
        "{\"accounts\":[{\"name\":\"a\",\"sources\":[}}]}",
        ("{\"accounts\":[{\"name\":\"a\",\"tokens\":[[[[[[[[[[[[[[[[[[[[[[[[[[["
         "[[[[[[[[[[[[[["),
        "\xef\xbb\xbf{}",
        "/* */{}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_text(texts[i]);
        if (file.faults == 0)
            fail_msg("taken: %s", texts[i]);
    }
    /* A NUL is no blank. */
    assert_int_equal(svct_applyfile_read("{}\0", 3, report, NULL, &file), 0);
    assert_int_equal(file.faults, 1);
}

static int stop(void *arg, const struct svct_applyplace *place,
                const struct svct_applywant *want)
{
    unsigned *left = arg;

    (void)place;
    (void)want;
    return (*left)-- == 0 ? SVCT_E_POLICY : 0;
}

static void a_visit_ends_the_walk(void **state)
{
    unsigned left = 1;

    (void)state;
    good("{\"accounts\":[{\"name\":\"a\",\"tokens\":[{\"name\":\"t\"}]},"
         "{\"name\":\"b\"}]}");
    assert_int_equal(
        svct_applyfile_walk(&file, SVCT_APPLYPART_ACCOUNTS, stop, &left),
        SVCT_E_POLICY);
    assert_int_equal(left, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_always_the_same),
        cmocka_unit_test(null_is_no_limit),
        cmocka_unit_test(tokens_have_their_own_keys),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(unknown_and_double_keys_are_named),
        cmocka_unit_test(what_is_no_json_is_told_plainly),
        cmocka_unit_test(names_are_given_once),
        cmocka_unit_test(all_that_is_wrong_is_told),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(a_visit_ends_the_walk),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    svct_applyfile_done(&file);
    return failed;
}
