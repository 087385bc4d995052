/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "../../admin/applyprune.h"
#include "../support/testdb.h"
#include "write/change_role.h"
#include "write/edit.h"

/*
 * A database whose content is known beside it, files that list some of it, and
 * what is not listed told from both without the code that is tested.
 */

#define NOW TESTDB_NOW
#define ACCOUNTS 6
#define TOKENS 5
#define ROLES 3
#define ROUNDS 300

/* What there is: of the token n of account a, ended[a][n]. */
static bool ended[ACCOUNTS][TOKENS];
static const char *const role_names[ROLES] = {"Alpha", "Beta", "Gamma"};
static struct svct_fault fault;
static struct svct_snapshot *snapshot;

static unsigned seed = 7;

static unsigned choose(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

static unsigned long number_of(int a, int n)
{
    return (unsigned long)(a * 100 + n);
}

static void make_token(struct svct_txn *txn, int a, int n)
{
    struct svct_token token;
    unsigned kind = choose(3);
    char name[8];

    snprintf(name, sizeof name, "a%d", a);
    token = testdb_token(name, number_of(a, n));
    token.expires = kind == 0 ? NOW + 1 : SVCT_TIME_NEVER;
    testdb_must(svct_change_token_issue(txn, &token, NULL, &fault), &fault,
                "issue");
    if (kind == 1)
        testdb_must(
            svct_change_token_revoke(txn, token.id, NOW, "x", "y", &fault),
            &fault, "revoke");
    ended[a][n] = kind != 2;
}

static void make_database(void)
{
    struct svct_txn *txn;
    struct svct_role role = {.place = 0};

    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    for (int a = 0; a < ACCOUNTS; a++) {
        char name[8];
        struct svct_account account;

        snprintf(name, sizeof name, "a%d", a);
        account = testdb_account(name, "Viewer");
        testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                    "account");
        for (int n = 0; n < TOKENS; n++)
            make_token(txn, a, n);
    }
    for (int i = 0; i < ROLES; i++) {
        snprintf(role.name, sizeof role.name, "%s", role_names[i]);
        testdb_must(svct_change_role_create(txn, &role, "None", &fault), &fault,
                    "role");
    }
    testdb_commit(txn);
    snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
}

/* ---- a file, and what it leaves out ---- */

struct text {
    char text[8192];
    size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text->len += (size_t)vsnprintf(text->text + text->len,
                                   sizeof text->text - text->len, format, args);
    va_end(args);
    assert_true(text->len < sizeof text->text);
}

/* "a1 a4 ", "0000000101 ", "Beta " */
struct left {
    char accounts[512], ids[512], roles[512];
};

static void append(char list[512], const char *word)
{
    size_t len = strlen(list);

    snprintf(list + len, 512 - len, "%s ", word);
}

static void list_tokens(struct text *text, int a, struct left *left)
{
    bool first = true;

    add(text, ",\"tokens\":[");
    for (int n = 0; n < TOKENS; n++) {
        char id[SVCT_TOKEN_ID_LEN + 1];

        testdb_id(number_of(a, n), id);
        if (choose(2)) {
            add(text, "%s{\"name\":\"t%lu\"}", first ? "" : ",",
                number_of(a, n));
            first = false;
        } else if (!ended[a][n]) {
            append(left->ids, id);
        }
    }
    add(text, "%s{\"name\":\"not-there\"}]", first ? "" : ",");
}

static void list_accounts(struct text *text, struct left *left)
{
    add(text, ",\"accounts\":[{\"name\":\"nobody\",\"tokens\":[]}");
    for (int a = 0; a < ACCOUNTS; a++) {
        char name[8];

        snprintf(name, sizeof name, "a%d", a);
        if (choose(3) == 0) {
            append(left->accounts, name);
            continue;
        }
        add(text, ",{\"name\":\"%s\"", name);
        if (choose(3) != 0)
            list_tokens(text, a, left);
        add(text, "}");
    }
    add(text, "]");
}

static void list_roles(struct text *text, struct left *left)
{
    add(text, ",\"roles\":[{\"name\":\"Viewer\"}");
    for (int i = 0; i < ROLES; i++) {
        if (choose(2))
            add(text, ",{\"name\":\"%s\"}", role_names[i]);
        else
            append(left->roles, role_names[i]);
    }
    add(text, "]");
}

static void make_file(struct text *text, struct left *left)
{
    add(text, "{\"version\":1");
    if (choose(4) != 0)
        list_accounts(text, left);
    if (choose(4) != 0)
        list_roles(text, left);
    add(text, "}");
}

/* ---- held against each other ---- */

static void not_wrong(void *arg, const struct svct_applyplace *place,
                      const struct svct_fault *wrong)
{
    fail_msg("%s: %s: %s", (const char *)arg, place->path, wrong->what);
}

static struct svct_applyprune find(const struct text *text)
{
    struct svct_applyprune prune;
    struct svct_applyfile file;

    assert_int_equal(svct_applyfile_read(text->text, text->len, not_wrong,
                                         (void *)(uintptr_t)text->text, &file),
                     0);
    assert_int_equal(
        svct_applyprune_find(&file, snapshot, NOW + 1, &prune, &fault), 0);
    svct_applyfile_done(&file);
    return prune;
}

static void check(const struct svct_applyprune *prune, const struct left *left)
{
    struct left found = {.accounts = ""};

    for (size_t i = 0; i < prune->accounts.count; i++)
        append(found.accounts, prune->accounts.name[i]);
    for (size_t i = 0; i < prune->ids; i++)
        append(found.ids, prune->id[i]);
    for (size_t i = 0; i < prune->roles; i++)
        append(found.roles, prune->role[i]);
    assert_string_equal(found.accounts, left->accounts);
    assert_string_equal(found.roles, left->roles);
    assert_int_equal(strlen(found.ids), strlen(left->ids));
    for (size_t i = 0; i < prune->ids; i++)
        assert_non_null(strstr(left->ids, prune->id[i]));
}

static void what_is_not_listed_is_found(void **state)
{
    unsigned accounts = 0, tokens = 0, roles = 0, none = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct left left = {.accounts = ""};
        struct text text = {.len = 0};
        struct svct_applyprune prune, again;

        make_file(&text, &left);
        prune = find(&text);
        check(&prune, &left);
        again = find(&text);
        assert_true(svct_applyprune_same(&prune, &again));
        accounts += prune.accounts.count > 0;
        tokens += prune.ids > 0;
        roles += prune.roles > 0;
        none += svct_applyprune_is_empty(&prune);
        svct_applyprune_done(&prune);
        svct_applyprune_done(&again);
    }
    assert_true(accounts > 50 && tokens > 50 && roles > 50 && none > 5);
}

static struct svct_applyprune find_words(const char *words)
{
    struct text text = {.len = 0};

    add(&text, "%s", words);
    return find(&text);
}

static void an_empty_list_is_everything(void **state)
{
    struct svct_applyprune prune = find_words("{\"accounts\":[]}"), other;

    (void)state;
    assert_true(svct_applyprune_is_all(&prune));
    assert_int_equal(prune.accounts.count, ACCOUNTS);
    assert_int_equal(prune.hosts, ACCOUNTS);
    assert_int_equal(prune.roles, 0);
    other = find_words("{\"accounts\":[{\"name\":\"a2\"}]}");
    assert_false(svct_applyprune_is_all(&other));
    assert_false(svct_applyprune_same(&prune, &other));
    svct_applyprune_done(&prune);
    svct_applyprune_done(&other);
    prune = find_words("{}");
    assert_true(svct_applyprune_is_empty(&prune));
    assert_false(svct_applyprune_is_all(&prune));
    other = find_words("{\"roles\":[]}");
    assert_int_equal(other.roles, ROLES);
    svct_applyprune_done(&prune);
    svct_applyprune_done(&other);
}

static struct svct_applyprune find_tokens_of(int a, const char *list)
{
    char words[80];

    snprintf(words, sizeof words,
             "{\"accounts\":[{\"name\":\"a%d\",\"tokens\":[%s]}]}", a, list);
    return find_words(words);
}

/* Tokens, which never come back, go by one empty list, too. */
static void no_token_at_all_is_told(void **state)
{
    bool any = false;

    (void)state;
    for (int a = 0; a < ACCOUNTS; a++) {
        struct svct_applyprune none = find_tokens_of(a, "");
        struct svct_applyprune one = find_tokens_of(a, "{\"name\":\"new\"}");

        any = any || none.ids > 0;
        assert_int_equal(one.ids, none.ids);
        assert_int_equal(svct_applyprune_is_tokenless(&none), none.ids > 0);
        assert_false(svct_applyprune_is_tokenless(&one));
        svct_applyprune_done(&none);
        svct_applyprune_done(&one);
    }
    assert_true(any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_listed_is_found),
        cmocka_unit_test(an_empty_list_is_everything),
        cmocka_unit_test(no_token_at_all_is_told),
    };
    int failed;

    testdb_enter();
    make_database();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    svct_snapshot_free(snapshot);
    return failed;
}
