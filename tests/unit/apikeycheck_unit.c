/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "svctoken db verify" about API keys that are not whole, such as no command
 * makes.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "write/change_apikey.h"
#include "write/edit.h"

static struct svct_fault fault;
static struct svct_txn *txn;

static int fresh(void **state)
{
    struct svct_account account = testdb_account("nas", "Viewer");
    struct svct_token token = testdb_token("nas", 1);

    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    account.apikey = true;
    account.expires = token.expires;
    testdb_must(svct_change_apikey_create(txn, &account, &token, NULL, &fault),
                &fault, "API key");
    return 0;
}

static struct svct_account account_now(void)
{
    struct svct_account account;

    assert_int_equal(svct_lookup_account(svct_edit_view(txn), "nas", &account),
                     0);
    return account;
}

static char said[4096];

/* Commits; the exit code of the check, and what it says. */
static int verify(void)
{
    char command[300];
    FILE *pipe;
    size_t len;

    testdb_commit(txn);
    snprintf(command, sizeof command, "exec %s db verify --json --db %s 2>&1",
             getenv("SVCT_ADMIN"), TESTDB);
    pipe = popen(command, "re");
    assert_non_null(pipe);
    len = fread(said, 1, sizeof said - 1, pipe);
    said[len] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

/* The clock of a test is not that of the machine: of that it may tell. */
static void assert_found(const char *words, bool there)
{
    verify();
    if ((strstr(said, words) != NULL) != there)
        fail_msg("\"%s\" %s in: %s", words, there ? "is not" : "is", said);
}

static void a_whole_one_is_well(void **state)
{
    (void)state;
    assert_found("API key", false);
    assert_non_null(strstr(said, "\"tokens\": 1"));
}

static void one_with_two_ends(void **state)
{
    struct svct_account account = account_now();

    (void)state;
    account.expires++;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
    assert_found("the API key nas and its token end at different times", true);
}

static void one_without_a_token(void **state)
{
    struct svct_account account = account_now();
    char id[SVCT_TOKEN_ID_LEN + 1];

    (void)state;
    account.apikey = false;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
    testdb_id(1, id);
    assert_int_equal(svct_change_token_delete(txn, id, &fault), 0);
    account.apikey = true;
    account.tokens = 0;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
    assert_found("the API key nas must have exactly one token", true);
}

static void one_with_two_tokens(void **state)
{
    struct svct_account account = account_now();
    struct svct_token token = testdb_token("nas", 2);

    (void)state;
    account.apikey = false;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
    account.apikey = true;
    account.tokens = 2;
    assert_int_equal(svct_edit_store_account(txn, &account, &fault), 0);
    assert_found("the API key nas must have exactly one token", true);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_one_is_well, fresh),
        cmocka_unit_test_setup(one_with_two_ends, fresh),
        cmocka_unit_test_setup(one_without_a_token, fresh),
        cmocka_unit_test_setup(one_with_two_tokens, fresh),
    };

    if (getenv("SVCT_ADMIN") == NULL) {
        printf("SKIPPED: apikeycheck_unit: run by make check\n");
        return 77;
    }
    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
