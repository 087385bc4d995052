/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "phase.h"

#include "auth/secret.h"
#include "facts.h"
#include "memo.h"
#include "prompt.h"
#include "reply.h"

/* What a refused login takes at least, microseconds: as pam_unix asks for. */
#define FAIL_DELAY 2000000

/* A grant that the later phases would not know of is none. */
static int remember(const struct svct_login *login,
                    const struct svct_outcome *outcome, int64_t now)
{
    struct svct_fault fault = {0};
    int err = svct_memo_put(login->pamh, outcome->account, outcome->token_id);

    if (err != 0)
        return svct_reply_error(login, err, &fault);
    err = svct_memo_mark(login->pamh, SVCT_RUNDIR, now, &fault);
    if (err != 0)
        svct_reply_debug(login, "no session marker",
                         fault.what[0] != '\0' ? fault.what
                                               : svct_err_text(err));
    return PAM_SUCCESS;
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
        if (code != PAM_SUCCESS)
            return code;
    }
    return svct_reply_auth(login, &outcome);
}

static int ask_and_check(const struct svct_login *login)
{
    struct svct_answer answer;
    int code;

    if (login->options.error[0] != '\0')
        return svct_reply_bad_option(login);
    pam_fail_delay(login->pamh, FAIL_DELAY);
    code = svct_prompt_get(login->pamh, &login->options, &answer);
    if (code == PAM_SUCCESS)
        code = check(login, answer.text);
    else if (code == PAM_CONV_AGAIN)
        code = PAM_INCOMPLETE;
    else
        code = svct_reply_no_answer(login);
    svct_prompt_done(&answer);
    return code;
}

int svct_phase_authenticate(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;
    const char *user = NULL;
    int code = pam_get_user(pamh, &user, NULL);

    if (code != PAM_SUCCESS)
        return code == PAM_CONV_AGAIN ? PAM_INCOMPLETE : PAM_USER_UNKNOWN;
    svct_memo_forget(pamh); /* of an earlier attempt in this handle */
    svct_facts_collect(&login, pamh, "auth", argc, argv);
    switch (login.ownership.whose) {
    case SVCT_WHOSE_OURS:
        return ask_and_check(&login);
    case SVCT_WHOSE_NOT_OURS:
        return PAM_USER_UNKNOWN;
    case SVCT_WHOSE_UNKNOWN:
    default:
        return svct_reply_unknown(&login);
    }
}

int svct_phase_setcred(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;

    if (svct_memo_get(pamh) != NULL)
        return PAM_SUCCESS;
    svct_facts_collect(&login, pamh, "setcred", argc, argv);
    if (login.ownership.whose != SVCT_WHOSE_OURS && !login.ownership.listed)
        return PAM_USER_UNKNOWN;
    if (login.options.error[0] != '\0')
        return svct_reply_bad_option(&login);
    return PAM_SUCCESS;
}
