/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/applyplan.h"
#include "auth/role.h"

/*
 * What is wanted is held against what is there by an oracle that is written
 * another way: field by field, beside a text of JSON that says the same. What
 * the plan gives is what the oracle has, a second plan for it changes nothing,
 * and there is a difference exactly when the records differ.
 */

#define NOW INT64_C(1800000000)
#define ROUNDS 4000

static const struct svct_applyby by = {NOW, "tester"};
static struct svct_fault fault;

/* ---- texts ---- */

struct text {
    char text[4096];
    size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text->text + text->len, sizeof(text->text) - text->len,
                    format, args);
    va_end(args);
    assert_true(len >= 0 && text->len + (size_t)len < sizeof(text->text));
    text->len += (size_t)len;
}

static void not_wrong(void *arg, const struct svct_applyplace *place,
                      const struct svct_fault *wrong)
{
    fail_msg("%s: %s: %s", (const char *)arg, place->path, wrong->what);
}

static int keep(void *arg, const struct svct_applyplace *place,
                const struct svct_applywant *want)
{
    (void)place;
    *(struct svct_applywant *)arg = *want;
    return 0;
}

/* The last object of the part. */
static void read_want(const struct text *text, enum svct_applypart part,
                      struct svct_applywant *ret)
{
    struct svct_applyfile file;

    assert_int_equal(svct_applyfile_read(text->text, text->len, not_wrong,
                                         (void *)(uintptr_t)text->text, &file),
                     0);
    assert_int_equal(svct_applyfile_walk(&file, part, keep, ret), 0);
    svct_applyfile_done(&file);
}

/* ---- choices ---- */

static unsigned seed = 1;

static unsigned choose(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

static const char *const words[] = {"", "one", "two \xc3\xa9", "three"};
static const char *const roles[] = {"None", "Viewer", "Ops", "Admin"};
static const char *const prefixes[] = {"192.0.2.0/24", "2001:db8::/32",
                                       "local"};
static const char *const globs[] = {"sshd", "sudo*", "cron"};
static const int64_t ends[] = {NOW + 100, NOW + 200, SVCT_TIME_NEVER};

static void set_text(char *field, const char *text)
{
    memcpy(field, text, strlen(text) + 1);
}

static const char *end_text(int64_t end)
{
    static char text[40];

    return svct_time_format(text, sizeof(text), end);
}

static struct svct_sources some_sources(void)
{
    struct svct_sources sources = {0};

    for (size_t i = 0; i < 3; i++) {
        if (choose(2))
            assert_int_equal(svct_sources_add(&sources, prefixes[i]), 0);
    }
    return sources;
}

static void add_sources(struct text *text, const struct svct_sources *sources)
{
    char word[SVCT_CIDR_TEXT];

    add(text, ",\"sources\":[");
    for (size_t i = 0; i < sources->count; i++)
        add(text, "%s\"%s\"", i > 0 ? "," : "",
            svct_cidr_format(word, sizeof(word), &sources->item[i]));
    if (sources->local)
        add(text, "%s\"local\"", sources->count > 0 ? "," : "");
    add(text, "]");
}

static struct svct_globs some_globs(void)
{
    struct svct_globs list = {0};

    for (size_t i = 0; i < 3; i++) {
        if (choose(2))
            assert_int_equal(svct_globs_add(&list, globs[i]), 0);
    }
    return list;
}

static void add_globs(struct text *text, const char *key,
                      const struct svct_globs *list)
{
    add(text, ",\"%s\":[", key);
    for (size_t i = 0; i < list->count; i++)
        add(text, "%s\"%s\"", i > 0 ? "," : "", list->item[i]);
    add(text, "]");
}

/* ---- accounts ---- */

static struct svct_account some_account(void)
{
    struct svct_account account = {.disabled = choose(2) == 1,
                                   .expires = ends[choose(3)],
                                   .sources = some_sources(),
                                   .created = NOW - 50,
                                   .tokens = choose(4),
                                   .uid = choose(2) ? 70000 : 0};

    set_text(account.name, "deploy");
    set_text(account.role, roles[choose(4)]);
    set_text(account.description, words[choose(4)]);
    set_text(account.created_by, "somebody");
    if (account.uid != 0) {
        account.gid = account.uid;
        set_text(account.home, "/home/d");
        set_text(account.shell, "/bin/sh");
    }
    return account;
}

/* Chooses some of its keys, and makes the account have them. */
static void want_account(struct text *text, struct svct_account *account)
{
    add(text, "{\"accounts\":[{\"name\":\"deploy\"");
    if (choose(2)) {
        set_text(account->role, roles[choose(4)]);
        add(text, ",\"role\":\"%s\"", account->role);
    }
    if (choose(2)) {
        set_text(account->description, words[choose(4)]);
        add(text, ",\"description\":\"%s\"", account->description);
    }
    if (choose(2)) {
        account->disabled = choose(2) == 1;
        add(text, ",\"disabled\":%s", account->disabled ? "true" : "false");
    }
    if (choose(2)) {
        account->expires = ends[choose(3)];
        if (account->expires == SVCT_TIME_NEVER && choose(2))
            add(text, ",\"expires\":null");
        else
            add(text, ",\"expires\":\"%s\"", end_text(account->expires));
    }
    if (choose(2)) {
        account->sources = some_sources();
        add_sources(text, &account->sources);
    }
    if (account->uid != 0 && choose(2)) {
        set_text(account->shell, choose(2) ? "/bin/sh" : "/bin/bash");
        add(text, ",\"shell\":\"%s\"", account->shell);
    }
    add(text, "}]}");
}

static bool same_accounts(const struct svct_account *a,
                          const struct svct_account *b)
{
    struct svct_record_writer left, right;

    svct_account_encode(a, &left);
    svct_account_encode(b, &right);
    return memcmp(left.value, right.value, sizeof(left.value)) == 0;
}

static bool differs(enum svct_line_kind kind, const void *old,
                    const struct svct_line *line)
{
    static struct svct_line before, after;

    svct_line_put(&before, kind, old);
    svct_line_put(&after, kind,
                  kind == SVCT_LINE_ACCOUNT ? (const void *)&line->account
                  : kind == SVCT_LINE_TOKEN ? (const void *)&line->token
                  : kind == SVCT_LINE_ROLE  ? (const void *)&line->role
                                            : (const void *)&line->policy);
    return svct_applyplan_differs(&before, &after, NULL, NULL);
}

static void accounts_become_as_wanted(void **state)
{
    static struct svct_applywant want;
    static struct svct_line line, again;
    unsigned changed = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct svct_account old = some_account(), right = old;
        struct text text = {.len = 0};

        want_account(&text, &right);
        read_want(&text, SVCT_APPLYPART_ACCOUNTS, &want);
        assert_int_equal(
            svct_applyplan_account(&want, &old, &by, &line, &fault), 0);
        if (!same_accounts(&line.account, &right))
            fail_msg("%s", text.text);
        assert_int_equal(differs(SVCT_LINE_ACCOUNT, &old, &line),
                         !same_accounts(&old, &right));
        changed += !same_accounts(&old, &right);
        assert_int_equal(
            svct_applyplan_account(&want, &line.account, &by, &again, &fault),
            0);
        assert_true(same_accounts(&again.account, &line.account));
        assert_false(differs(SVCT_LINE_ACCOUNT, &line.account, &again));
    }
    assert_in_range(changed, ROUNDS / 4, ROUNDS - 10);
}

/* ---- tokens ---- */

static struct svct_token some_token(void)
{
    struct svct_token token = {.created = NOW - 50,
                               .not_before = choose(2) ? NOW - 20 : 0,
                               .expires = ends[choose(3)],
                               .sources = some_sources(),
                               .services = some_globs(),
                               .disabled = choose(2) == 1,
                               .max_uses = choose(3)};

    set_text(token.id, "4fK2abcXYZ");
    set_text(token.account, "deploy");
    set_text(token.name, "ci");
    set_text(token.comment, words[choose(4)]);
    set_text(token.created_by, "somebody");
    if (choose(2))
        set_text(token.cap, roles[choose(4)]);
    token.slot = token.max_uses > 0 ? 3 : 0;
    token.hash[5] = 9;
    if (choose(4) == 0) {
        token.revoked = true;
        token.revoked_at = NOW - 5;
        set_text(token.revoked_by, "boss");
        set_text(token.revoked_reason, "lost");
    }
    if (choose(3) == 0) {
        token.rotated = true;
        token.former_hash[1] = 1;
        token.former_until = NOW + 3;
        token.rotated_at = NOW - 7;
        set_text(token.rotated_by, "boss");
    }
    return token;
}

static void want_limits(struct text *text, struct svct_token *token)
{
    if (choose(2)) {
        token->expires = ends[choose(3)];
        add(text, ",\"expires\":\"%s\"", end_text(token->expires));
    } else if (choose(2)) {
        add(text, ",\"ttl\":\"9d\""); /* says nothing of one that is there */
    }
    if (choose(2)) {
        token->not_before = choose(2) ? NOW - 30 : 0;
        if (token->not_before == 0)
            add(text, ",\"not_before\":null");
        else
            add(text, ",\"not_before\":\"%s\"", end_text(token->not_before));
    }
    if (choose(2)) {
        memset(token->cap, 0, sizeof(token->cap));
        set_text(token->cap, choose(2) ? roles[choose(4)] : "");
        if (token->cap[0] == '\0')
            add(text, ",\"role_cap\":null");
        else
            add(text, ",\"role_cap\":\"%s\"", token->cap);
    }
    if (choose(2)) {
        token->max_uses = choose(3);
        if (token->max_uses == 0)
            add(text, ",\"max_uses\":null");
        else
            add(text, ",\"max_uses\":%u", (unsigned)token->max_uses);
    }
}

static void want_revoked(struct text *text, struct svct_token *token)
{
    bool reason;

    if (!token->revoked && choose(4) != 0)
        return;
    reason = choose(2) == 1;
    add(text, ",\"revoked\":true%s",
        reason ? ",\"revoked_reason\":\"not needed\"" : "");
    if (token->revoked)
        return;
    token->revoked = true;
    token->revoked_at = NOW;
    set_text(token->revoked_by, "tester");
    set_text(token->revoked_reason, reason ? "not needed" : "");
}

static void want_token(struct text *text, struct svct_token *token)
{
    add(text, "{\"accounts\":[{\"name\":\"deploy\",\"tokens\":[{\"name\":"
              "\"ci\"");
    if (choose(3) == 0)
        add(text, ",\"generate\":\"/root/x\"");
    want_limits(text, token);
    if (choose(2)) {
        token->sources = some_sources();
        add_sources(text, &token->sources);
    }
    if (choose(2)) {
        token->services = some_globs();
        add_globs(text, "services", &token->services);
    }
    if (choose(2)) {
        token->disabled = choose(2) == 1;
        add(text, ",\"disabled\":%s", token->disabled ? "true" : "false");
    }
    if (choose(2)) {
        set_text(token->comment, words[choose(4)]);
        add(text, ",\"comment\":\"%s\"", token->comment);
    }
    want_revoked(text, token);
    add(text, "}]}]}");
}

static bool same_tokens(const struct svct_token *a, const struct svct_token *b)
{
    struct svct_record_writer left, right;
    struct svct_token x = *a, y = *b;

    x.slot = y.slot = x.max_uses > 0 || y.max_uses > 0 ? 3 : 0;
    svct_token_encode(&x, &left);
    svct_token_encode(&y, &right);
    return memcmp(left.value, right.value, sizeof(left.value)) == 0;
}

static void tokens_become_as_wanted(void **state)
{
    static struct svct_applywant want;
    static struct svct_line line, again;
    struct svct_account account = {.name = "deploy"};
    unsigned changed = 0, revoked = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct svct_token old = some_token(), right = old;
        struct text text = {.len = 0};
        bool none = true;

        want_token(&text, &right);
        read_want(&text, SVCT_APPLYPART_ACCOUNTS, &want);
        assert_int_equal(svct_applyplan_token(&want, &account, &old, &by, &line,
                                              &none, &fault),
                         0);
        assert_false(none);
        assert_true(line.ttl == 0);
        if (!same_tokens(&line.token, &right))
            fail_msg("%s", text.text);
        assert_int_equal(differs(SVCT_LINE_TOKEN, &old, &line),
                         !same_tokens(&old, &right));
        changed += !same_tokens(&old, &right);
        revoked += right.revoked && !old.revoked;
        assert_int_equal(svct_applyplan_token(&want, &account, &line.token, &by,
                                              &again, &none, &fault),
                         0);
        assert_true(same_tokens(&again.token, &line.token));
        assert_false(differs(SVCT_LINE_TOKEN, &line.token, &again));
    }
    assert_in_range(changed, ROUNDS / 4, ROUNDS - 10);
    assert_in_range(revoked, 50, ROUNDS / 2);
}

#define TOKEN_TEXT(members)                                                 \
    (&(struct text){.text = "{\"accounts\":[{\"name\":\"deploy\","          \
                            "\"tokens\":[{\"name\":\"ci\"" members "}]}]}", \
                    .len = sizeof("{\"accounts\":[{\"name\":\"deploy\","    \
                                  "\"tokens\":[{\"name\":\"ci\"" members    \
                                  "}]}]}") -                                \
                           1})

static int plan_token(const struct text *text, const struct svct_token *old,
                      struct svct_line *line, bool *none)
{
    static struct svct_applywant want;
    struct svct_account account = {.name = "deploy", .expires = NOW + 9};

    read_want(text, SVCT_APPLYPART_ACCOUNTS, &want);
    account.apikey = strstr(text->text, "apikey") != NULL;
    return svct_applyplan_token(&want, &account, old, &by, line, none, &fault);
}

#define HASH9 "0000000000090000000000000000000000000000000000000000000000000000"
#define HASH8 "0000000000080000000000000000000000000000000000000000000000000000"

static void a_secret_is_never_replaced(void **state)
{
    static struct svct_line line;
    struct svct_token old = some_token();
    bool none;

    (void)state;
    old.revoked = old.rotated = false;
    assert_int_equal(plan_token(TOKEN_TEXT(",\"id\":\"4fK2abcXYZ\",\"hash\":"
                                           "\"" HASH9 "\""),
                                &old, &line, &none),
                     0);
    assert_int_equal(plan_token(TOKEN_TEXT(",\"id\":\"4fK2abcXYZ\",\"hash\":"
                                           "\"" HASH8 "\""),
                                &old, &line, &none),
                     SVCT_E_EXISTS);
    assert_non_null(strstr(fault.what, "token rotate"));
    assert_int_equal(plan_token(TOKEN_TEXT(",\"id\":\"4fK2abcXYY\",\"hash\":"
                                           "\"" HASH9 "\""),
                                &old, &line, &none),
                     SVCT_E_EXISTS);
    old.rotated = true;
    assert_int_equal(plan_token(TOKEN_TEXT(",\"id\":\"4fK2abcXYZ\",\"hash\":"
                                           "\"" HASH8 "\""),
                                &old, &line, &none),
                     SVCT_E_EXISTS);
    assert_non_null(strstr(fault.what, "was rotated here"));
}

static void a_revoked_token_never_comes_back(void **state)
{
    static struct svct_line line;
    struct svct_token old = some_token();
    bool none;

    (void)state;
    old.revoked = true;
    assert_int_equal(plan_token(TOKEN_TEXT(""), &old, &line, &none),
                     SVCT_E_POLICY);
    assert_int_equal(
        plan_token(TOKEN_TEXT(",\"revoked\":false"), &old, &line, &none),
        SVCT_E_POLICY);
    assert_int_equal(
        plan_token(TOKEN_TEXT(",\"generate\":\"/x\""), &old, &line, &none),
        SVCT_E_POLICY);
    assert_int_equal(
        plan_token(TOKEN_TEXT(",\"revoked\":true"), &old, &line, &none), 0);
    assert_int_equal(
        plan_token(TOKEN_TEXT(",\"revoked\":true"), NULL, &line, &none), 0);
    assert_true(none);
}

static void a_new_token_says_where_it_comes_from(void **state)
{
    static struct svct_line line;
    bool none;

    (void)state;
    assert_int_equal(plan_token(TOKEN_TEXT(""), NULL, &line, &none),
                     SVCT_E_SYNTAX);
    assert_int_equal(plan_token(TOKEN_TEXT(",\"generate\":\"/x\",\"ttl\":"
                                           "\"1h\""),
                                NULL, &line, &none),
                     0);
    assert_false(none);
    assert_true(line.ttl == 3600 && !svct_line_given(&line, "expires"));
    assert_string_equal(line.token.account, "deploy");
    assert_string_equal(line.token.name, "ci");
    assert_int_equal(plan_token(TOKEN_TEXT(",\"generate\":\"/x\",\"expires\":"
                                           "\"2020-01-01T00:00:00Z\""),
                                NULL, &line, &none),
                     SVCT_E_RANGE);
    /* That of an API key ends with its account. */
    assert_int_equal(
        plan_token(TOKEN_TEXT(",\"generate\":\"/apikey\""), NULL, &line, &none),
        0);
    assert_true(line.token.expires == NOW + 9 &&
                svct_line_given(&line, "expires"));
}

/* ---- roles and policy ---- */

static void roles_become_as_wanted(void **state)
{
    static struct svct_applywant want;
    static struct svct_line line, again;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct svct_role old = {.place = 1500, .builtin = choose(2) == 1};
        struct svct_role right;
        struct text text = {.len = 0};
        struct svct_record_writer left, other;

        set_text(old.name, "Ops");
        set_text(old.description, words[choose(4)]);
        old.allow = some_globs();
        old.refuse = some_globs();
        old.groups_count = 1;
        set_text(old.groups[0], "ops");
        old.gids[0] = 65540;
        right = old;
        add(&text, "{\"roles\":[{\"name\":\"Ops\",\"above\":\"Viewer\"");
        if (choose(2)) {
            right.allow = some_globs();
            add_globs(&text, "services", &right.allow);
        }
        if (choose(2)) {
            right.refuse = some_globs();
            add_globs(&text, "refused", &right.refuse);
        }
        if (choose(2)) {
            set_text(right.description, words[choose(4)]);
            add(&text, ",\"description\":\"%s\"", right.description);
        }
        if (choose(3) == 0) {
            right.groups_count = 0;
            add(&text, ",\"groups\":[]");
        } else if (choose(3) == 0) {
            set_text(right.groups[0], "web");
            right.gids[0] = 0;
            add(&text, ",\"groups\":[\"web\"],\"gids\":[0]");
        }
        add(&text, "}]}");
        read_want(&text, SVCT_APPLYPART_ROLES, &want);
        assert_int_equal(svct_applyplan_role(&want, &old, &line, &fault), 0);
        svct_role_encode(&line.role, &left);
        svct_role_encode(&right, &other);
        assert_memory_equal(left.value, other.value, sizeof(left.value));
        svct_role_encode(&old, &other);
        assert_int_equal(differs(SVCT_LINE_ROLE, &old, &line),
                         memcmp(left.value, other.value, sizeof(left.value)) !=
                             0);
        assert_int_equal(svct_applyplan_role(&want, &line.role, &again, &fault),
                         0);
        assert_false(differs(SVCT_LINE_ROLE, &line.role, &again));
    }
    /* A new one must know its place. */
    assert_int_equal(svct_applyplan_role(&want, NULL, &line, &fault), 0);
    want.above[0] = '\0';
    assert_int_equal(svct_applyplan_role(&want, NULL, &line, &fault),
                     SVCT_E_SYNTAX);
}

static void read_policy(const char *members, struct svct_applywant *ret)
{
    struct text text = {.len = 0};

    add(&text, "{\"policy\":{%s}}", members);
    read_want(&text, SVCT_APPLYPART_POLICY, ret);
}

static void the_policy_becomes_as_wanted(void **state)
{
    static struct svct_applywant want;
    static struct svct_line line, again;
    struct svct_policy old = {.default_ttl = 100,
                              .allow_no_expiry = true,
                              .tokens_per_account = 7,
                              .warn_before = 60,
                              .id_next = 65540};

    (void)state;
    read_policy("\"tokens_per_account\":8", &want);
    assert_int_equal(svct_applyplan_policy(&want, &old, &line), 0);
    assert_true(line.policy.tokens_per_account == 8 &&
                line.policy.default_ttl == 100 && line.policy.allow_no_expiry &&
                line.policy.warn_before == 60 && line.policy.id_next == 65540);
    assert_true(differs(SVCT_LINE_POLICY, &old, &line));
    assert_int_equal(svct_applyplan_policy(&want, &line.policy, &again), 0);
    assert_false(differs(SVCT_LINE_POLICY, &line.policy, &again));
    /* As "policy set" has it. */
    read_policy("\"max_ttl\":\"1d\"", &want);
    assert_int_equal(svct_applyplan_policy(&want, &old, &line), 0);
    assert_true(line.policy.max_ttl == 86400 && !line.policy.allow_no_expiry);
}

/* ---- what is told of a difference ---- */

static void note_pair(void *arg, const char *key, const char *old,
                      const char *value)
{
    add(arg, "%s %s %s;", key, old != NULL ? old : "-", value);
}

static void a_difference_is_told_by_key(void **state)
{
    static struct svct_line old, line;
    struct text text = {.len = 0};
    struct svct_token token = some_token();

    (void)state;
    memset(&token.sources, 0, sizeof(token.sources));
    token.services.count = 0;
    token.not_before = 0;
    token.max_uses = 2;
    token.revoked = token.disabled = token.rotated = false;
    token.expires = SVCT_TIME_NEVER;
    set_text(token.comment, "");
    set_text(token.cap, "Viewer");
    svct_line_put(&line, SVCT_LINE_TOKEN, &token);
    assert_true(svct_applyplan_differs(NULL, &line, note_pair, &text));
    assert_string_equal(text.text, "id - \"4fK2abcXYZ\";expires - \"never\";"
                                   "role_cap - \"Viewer\";max_uses - 2;");
    old = line;
    set_text(line.token.comment, "say \"hi\"");
    line.token.max_uses = 0;
    line.token.cap[0] = '\0';
    line.token.revoked = true;
    line.token.hash[0]++;
    text.len = 0;
    assert_true(svct_applyplan_differs(&old, &line, note_pair, &text));
    assert_string_equal(text.text,
                        "role_cap \"Viewer\" null;max_uses 2 null;"
                        "comment \"\" \"say \\\"hi\\\"\";revoked false true;");
    assert_null(strstr(text.text, "hash"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_become_as_wanted),
        cmocka_unit_test(tokens_become_as_wanted),
        cmocka_unit_test(a_secret_is_never_replaced),
        cmocka_unit_test(a_revoked_token_never_comes_back),
        cmocka_unit_test(a_new_token_says_where_it_comes_from),
        cmocka_unit_test(roles_become_as_wanted),
        cmocka_unit_test(the_policy_becomes_as_wanted),
        cmocka_unit_test(a_difference_is_told_by_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
