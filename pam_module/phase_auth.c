/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "phase.h"

#include "auth/secret.h"
#include "base/buf.h"
#include "facts.h"
#include "groups.h"
#include "memo.h"
#include "prompt.h"
#include "reply.h"

/* What a refused login takes at least, microseconds: as pam_unix asks for. */
#define FAIL_DELAY 2000000

/* Where the memo gets lost on the way to the session (sshd, keyboard-
 * interactive) a session without a marker would keep all groups. So where
 * there are groups to be taken away, the marker must be there. */
static int go_unmarked(const struct svct_login *login,
                       const struct svct_outcome *outcome,
                       struct svct_fault *fault)
{
    struct svct_groups *groups = NULL;
    int err = svct_groups_beyond(login->options.dir, outcome->account,
                                 outcome->token_id, &groups, fault);

    if (err == 0 && groups != NULL)
        err = svct_fault_set(fault, SVCT_E_IO, 0,
                             "no session marker, by which groups beyond the "
                             "token's role are taken away");
    free(groups);
    if (err == 0)
        return PAM_SUCCESS;
    svct_memo_forget(login->pamh);
    return svct_reply_error(login, err, fault);
}

/* A grant that the later phases would not know of is none. */
static int remember(const struct svct_login *login,
                    const struct svct_outcome *outcome, int64_t now)
{
    struct svct_fault fault = {0};
    int err = svct_memo_put(login->pamh, outcome->account, outcome->token_id,
                            outcome->digest);

    if (err != 0)
        return svct_reply_error(login, err, &fault);
    err = svct_memo_mark(login->pamh, SVCT_RUNDIR, now, &fault);
    if (err == 0)
        return PAM_SUCCESS;
    svct_reply_debug(login, "no session marker",
                     fault.what[0] != '\0' ? fault.what : svct_err_text(err));
    return go_unmarked(login, outcome, &fault);
}

/* Clock and database are looked at now, after the answer: su may sit at its
 * prompt for hours, and a revocation meanwhile must count. */
static int check(const struct svct_login *login, const char *text)
{
    struct svct_attempt attempt = svct_facts_attempt(login);
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int code;
    int err = svct_verify_token(&attempt, text, strlen(text), &outcome, &fault);

    svct_secret_wipe_stack();
    if (err != 0)
        return svct_reply_error(login, err, &fault);
    if (outcome.verdict == SVCT_GRANTED) {
        code = remember(login, &outcome, attempt.now);
        svct_secret_wipe(outcome.digest, sizeof outcome.digest);
        if (code != PAM_SUCCESS)
            return code;
    }
    return svct_reply_auth(login, &outcome);
}

/*
 * The program that asks may set user, service and host anew meanwhile, and the
 * former texts are gone then. When it is another user in the end there is no
 * answer: the token of the one shall not open the other.
 */
static int ask(struct svct_login *login, struct svct_answer *ret_answer)
{
    char user[SVCT_LOGIN_MAX + 1];
    int code;

    svct_buf_text(user, sizeof user, login->user);
    code = svct_prompt_get(login->pamh, &login->options, ret_answer);
    svct_facts_renew(login);
    if (code == PAM_SUCCESS &&
        (login->user == NULL || strcmp(login->user, user) != 0))
        return PAM_AUTH_ERR;
    return code;
}

static int ask_and_check(struct svct_login *login)
{
    struct svct_answer answer;
    int code;

    if (login->options.error[0] != '\0')
        return svct_reply_bad_option(login);
    pam_fail_delay(login->pamh, FAIL_DELAY);
    code = ask(login, &answer);
    if (code == PAM_SUCCESS)
        code = check(login, answer.text);
    else if (code == PAM_CONV_AGAIN)
        code = PAM_INCOMPLETE;
    else
        code = svct_reply_no_answer(login);
    svct_prompt_done(&answer);
    return code;
}

static int authenticate(struct svct_login *login)
{
    switch (login->ownership.whose) {
    case SVCT_WHOSE_OURS:
        return ask_and_check(login);
    case SVCT_WHOSE_NOT_OURS:
        return PAM_USER_UNKNOWN;
    case SVCT_WHOSE_UNKNOWN:
    default:
        return svct_reply_unknown(login);
    }
}

int svct_phase_authenticate(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;
    const char *user = NULL;
    int code = pam_get_user(pamh, &user, NULL);

    if (code != PAM_SUCCESS)
        return code == PAM_CONV_AGAIN ? PAM_INCOMPLETE : PAM_USER_UNKNOWN;
    svct_memo_forget(pamh); /* of an earlier attempt in this handle */
    svct_facts_begin(&login, pamh, "auth", argc, argv);
    svct_facts_look(&login);
    code = authenticate(&login);
    svct_facts_done(&login);
    return code;
}

/* The session would have, and nobody would notice, what the token's role has
 * not. The code alone does not prevent that: sshd goes on after a password. */
static int fail_closed(const struct svct_login *login, int error,
                       const struct svct_fault *fault)
{
    struct svct_fault second = {0};
    int code = svct_reply_no_groups(login, error, fault);

    error = svct_groups_leave_all(&second);
    return error == 0 ? code : svct_reply_no_groups(login, error, &second);
}

static int narrow(const struct svct_login *login, const struct svct_memo *memo)
{
    struct svct_groups *groups = NULL;
    struct svct_fault fault = {0};
    size_t left = 0;
    char text[40];
    int err;

    if (memo->token_id[0] == '\0')
        err = svct_fault_set(&fault, SVCT_E_SYNTAX, 0,
                             "the session marker was refused, so it can't be "
                             "told which token this session began with");
    else
        err = svct_groups_beyond(login->options.dir, memo->user, memo->token_id,
                                 &groups, &fault);
    if (err == 0 && groups != NULL)
        err = svct_groups_leave(groups, &left, &fault);
    free(groups);
    if (err != 0)
        return fail_closed(login, err, &fault);
    if (left > 0) {
        snprintf(text, sizeof text, "%zu", left);
        svct_reply_debug(login, "groups beyond the role taken away", text);
    }
    return PAM_SUCCESS;
}

/* A marker on its way to the session: nobody has opened that yet, or could
 * not read the marker, or the stack has no session line of ours. And with a
 * database that can't tell whose it is the session would not learn of its
 * token. */
static bool is_marked(const struct svct_login *login)
{
    return login->ownership.whose != SVCT_WHOSE_NOT_OURS &&
           pam_getenv(login->pamh, SVCT_MEMO_ENV) != NULL;
}

static int narrow_marked(const struct svct_login *login)
{
    const struct svct_memo *memo;
    struct svct_fault fault = {0};
    int err;

    if (login->ownership.whose != SVCT_WHOSE_OURS)
        return fail_closed(login, login->error, &login->fault);
    err = svct_memo_recover(login->pamh, SVCT_RUNDIR, login->user,
                            svct_facts_now(), &fault);
    memo = svct_memo_get(login->pamh);
    return memo != NULL ? narrow(login, memo) : fail_closed(login, err, &fault);
}

int svct_phase_setcred(pam_handle_t *pamh, int flags, int argc,
                       const char **argv)
{
    const struct svct_memo *memo = svct_memo_get(pamh);
    struct svct_login login;

    if (memo != NULL && (flags & PAM_DELETE_CRED) != 0)
        return PAM_SUCCESS;
    svct_facts_begin(&login, pamh, "setcred", argc, argv);
    if (memo != NULL)
        return svct_memo_of(pamh, login.user) != NULL ? narrow(&login, memo)
                                                      : PAM_SUCCESS;
    svct_facts_ask(&login);
    if (is_marked(&login) && (flags & PAM_DELETE_CRED) == 0)
        return narrow_marked(&login);
    if (login.ownership.whose != SVCT_WHOSE_OURS && !login.ownership.listed)
        return PAM_USER_UNKNOWN;
    if (login.options.error[0] != '\0')
        return svct_reply_bad_option(&login);
    return PAM_SUCCESS;
}
