/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "phase.h"

#include "facts.h"
#include "memo.h"
#include "reply.h"

#define ENV_ACCOUNT "SVCTOKEN_ACCOUNT"
#define ENV_TOKEN "SVCTOKEN_TOKEN"
#define ENV_ROLE "SVCTOKEN_ROLE"

/* "" removes the variable: what is there is not ours. libpam logs the removal
 * of one that is not there. */
static void put_env(pam_handle_t *pamh, const char *name, const char *value)
{
    char text[sizeof ENV_ACCOUNT + SVCT_NAME_MAX + 1];

    if (value[0] != '\0') {
        snprintf(text, sizeof text, "%s=%s", name, value);
        pam_putenv(pamh, text);
    } else if (pam_getenv(pamh, name) != NULL) {
        pam_putenv(pamh, name);
    }
}

/* Whether the token is still good is not asked: that was the account phase,
 * and a session line decides nothing. */
static void publish(const struct svct_login *login, const char *user,
                    const char *token_id)
{
    struct svct_attempt attempt = svct_facts_attempt(login);
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int err;

    attempt.user = user;
    attempt.min_role = NULL;
    err = svct_verify_explain(&attempt, token_id, &outcome, NULL, &fault);
    if (err != 0) /* zeroed then: token and role are removed */
        svct_reply_debug(login, "undecided", fault.what);
    put_env(login->pamh, ENV_ACCOUNT, user);
    put_env(login->pamh, ENV_TOKEN, outcome.token_name);
    put_env(login->pamh, ENV_ROLE, outcome.role);
}

/*
 * The memo of the handle, also when PAM_USER is another user by now; else
 * that of a marker. The variable goes in either case.
 */
static const struct svct_memo *find_memo(const struct svct_login *login)
{
    const struct svct_memo *memo = svct_memo_get(login->pamh);
    struct svct_fault fault = {0};
    int err;

    if (memo != NULL) {
        svct_memo_unmark(login->pamh);
        return memo;
    }
    err = svct_memo_recover(login->pamh, SVCT_RUNDIR, login->user,
                            svct_facts_now(), &fault);
    if (err != 0 && err != SVCT_E_NOTFOUND)
        svct_reply_debug(login, "session marker refused",
                         fault.what[0] != '\0' ? fault.what
                                               : svct_err_text(err));
    return svct_memo_get(login->pamh);
}

/* Ours, or opened by a token of ours (sudo: PAM_USER is the target). */
static bool concerns_us(const struct svct_login *login)
{
    return login->ownership.whose == SVCT_WHOSE_OURS ||
           login->ownership.listed || svct_memo_get(login->pamh) != NULL;
}

int svct_phase_open_session(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;
    const struct svct_memo *memo;

    svct_facts_collect(&login, pamh, "session", argc, argv);
    if (!concerns_us(&login))
        return PAM_IGNORE;
    if (login.options.error[0] != '\0')
        return svct_reply_bad_option(&login);
    memo = find_memo(&login);
    if (memo != NULL)
        publish(&login, memo->user,
                memo->token_id[0] != '\0' ? memo->token_id : NULL);
    else
        publish(&login, login.user, NULL);
    return PAM_SUCCESS;
}

int svct_phase_close_session(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;

    svct_facts_collect(&login, pamh, "session", argc, argv);
    return concerns_us(&login) ? PAM_SUCCESS : PAM_IGNORE;
}
