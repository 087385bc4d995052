/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "phase.h"

#include <errno.h>
#include <security/pam_ext.h>

#include "facts.h"
#include "memo.h"
#include "reply.h"

/* With a memo it is the token of the auth phase of this login, which counted
 * its use: not once more here. The secret is asked again as well: it may have
 * been replaced meanwhile. */
static int decide(const struct svct_login *login, const struct svct_memo *memo)
{
    struct svct_attempt attempt = svct_facts_attempt(login);
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int err;

    attempt.use_taken = memo != NULL;
    if (login->options.error[0] != '\0')
        return svct_reply_bad_option(login);
    if (memo != NULL && memo->has_digest)
        err = svct_verify_again(&attempt, memo->token_id, memo->digest,
                                &outcome, &fault);
    else
        err =
            svct_verify_explain(&attempt, memo != NULL ? memo->token_id : NULL,
                                &outcome, NULL, &fault);
    if (err != 0)
        return svct_reply_error(login, err, &fault);
    return svct_reply_account(login, &outcome);
}

/* Out of memory or descriptors: whoever starts the program can arrange that,
 * so it must not open anything, and a second attempt may well succeed. */
static bool is_short_of_resources(const struct svct_login *login)
{
    int sys_errno = login->fault.sys_errno;

    return login->error == SVCT_E_NOMEM || sys_errno == ENOMEM ||
           sys_errno == EMFILE || sys_errno == ENFILE;
}

/* When the database can't tell, only those whom "names" lists are refused. */
static int decide_unknown(const struct svct_login *login)
{
    int code = svct_reply_unknown(login);

    if (login->ownership.listed || is_short_of_resources(login))
        return code;
    return PAM_IGNORE;
}

/* Somebody else's; but an option that is wrong may have led us to the wrong
 * database, and then nobody would ever hear of it. */
static int not_ours(const struct svct_login *login)
{
    if (login->options.error[0] != '\0')
        svct_reply_bad_option(login);
    return PAM_IGNORE;
}

static int decide_without_token(const struct svct_login *login)
{
    switch (login->ownership.whose) {
    case SVCT_WHOSE_OURS:
        return decide(login, NULL);
    case SVCT_WHOSE_NOT_OURS:
        return not_ours(login);
    case SVCT_WHOSE_UNKNOWN:
    default:
        return decide_unknown(login);
    }
}

int svct_phase_account(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;
    const struct svct_memo *memo;
    int code;

    svct_facts_begin(&login, pamh, "account", argc, argv);
    memo = svct_memo_of(pamh, login.user);
    if (memo != NULL && memo->token_id[0] != '\0')
        /* proven ours in auth, whatever can be told now */
        return decide(&login, memo);
    svct_facts_look(&login);
    code = decide_without_token(&login);
    svct_facts_done(&login);
    return code;
}

static int refuse_change(const struct svct_login *login, int flags)
{
    if ((flags & PAM_PRELIM_CHECK) != 0 && (flags & PAM_SILENT) == 0)
        pam_error(login->pamh,
                  "svctoken: %s is a service account: its tokens are managed "
                  "by svctoken(8), there is no password to change",
                  login->user);
    return PAM_PERM_DENIED;
}

int svct_phase_chauthtok(pam_handle_t *pamh, int flags, int argc,
                         const char **argv)
{
    struct svct_login login;

    svct_facts_collect(&login, pamh, "password", argc, argv);
    switch (login.ownership.whose) {
    case SVCT_WHOSE_OURS:
        if (login.options.error[0] != '\0')
            return svct_reply_bad_option(&login);
        return refuse_change(&login, flags);
    case SVCT_WHOSE_NOT_OURS:
        return PAM_IGNORE;
    case SVCT_WHOSE_UNKNOWN:
    default:
        return decide_unknown(&login);
    }
}
