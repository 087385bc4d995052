/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "phase.h"

#include "facts.h"
#include "memo.h"
#include "notice.h"
#include "reply.h"
#include "runtime.h"
#include "sessfile.h"

#define ENV_ACCOUNT "SVCTOKEN_ACCOUNT"
#define ENV_TOKEN "SVCTOKEN_TOKEN"
#define ENV_ROLE "SVCTOKEN_ROLE"

/* "" removes the variable: what is there is not ours. libpam logs the removal
 * of one that is not there. */
static void put_env(pam_handle_t *pamh, const char *name, const char *value)
{
    char text[sizeof SVCT_SESSION_ENV + SVCT_NAME_MAX + 1];

    if (value[0] != '\0') {
        snprintf(text, sizeof text, "%s=%s", name, value);
        pam_putenv(pamh, text);
    } else if (pam_getenv(pamh, name) != NULL) {
        pam_putenv(pamh, name);
    }
}

/* Whether the token is still good is not asked: that was the account phase,
 * and a session line decides nothing. On failure the terms are zeroed. */
static bool find_terms(const struct svct_login *login, const char *user,
                       const char *token_id, struct svct_terms *terms)
{
    struct svct_fault fault = {0};
    int err =
        svct_terms_find(login->options.dir, user, token_id, terms, &fault);

    if (err != 0)
        svct_reply_warning(login, "session without its terms",
                           fault.what[0] != '\0' ? fault.what
                                                 : svct_err_text(err));
    return err == 0;
}

/* ---- a session of an account ---- */

static void begin(const struct svct_login *login, const char *token_id,
                  const struct svct_terms *terms, int flags)
{
    int64_t now = svct_facts_now();
    char id[SVCT_SESSION_ID_MAX + 1];
    bool again = svct_sessfile_is_open(login->pamh); /* a second line of ours */

    if (terms != NULL && !svct_runtime_limit(login->pamh, terms->expires, now))
        svct_reply_warning(login, "session without its limit",
                           svct_err_text(SVCT_E_NOMEM));
    svct_sessfile_open(login, token_id, terms, now, id);
    put_env(login->pamh, SVCT_SESSION_ENV, id);
    if (terms != NULL && !again && (flags & PAM_SILENT) == 0)
        svct_notice_give(login->pamh, login->user, terms, now);
}

/* Opened by a token of its own, or without one; PAM_USER may be the target of
 * somebody else's sudo, and a service account too. */
static bool is_account(const struct svct_login *login)
{
    return login->ownership.whose == SVCT_WHOSE_OURS ||
           login->ownership.listed ||
           svct_memo_of(login->pamh, login->user) != NULL;
}

static void open_it(const struct svct_login *login,
                    const struct svct_memo *memo, int flags)
{
    const char *user = memo != NULL ? memo->user : login->user;
    const char *token_id = memo != NULL ? memo->token_id : "";
    bool same = memo == NULL || svct_memo_of(login->pamh, login->user) != NULL;
    struct svct_terms terms;
    bool known = find_terms(login, user, token_id, &terms);

    put_env(login->pamh, ENV_ACCOUNT, user);
    put_env(login->pamh, ENV_TOKEN, terms.token_name);
    put_env(login->pamh, ENV_ROLE, terms.role);
    if (!is_account(login)) {
        put_env(login->pamh, SVCT_SESSION_ENV, "");
        return;
    }
    if (!same) {
        token_id = "";
        known = find_terms(login, login->user, token_id, &terms);
    }
    begin(login, token_id, known ? &terms : NULL, flags);
}

/* ---- the phases ---- */

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

int svct_phase_open_session(pam_handle_t *pamh, int flags, int argc,
                            const char **argv)
{
    struct svct_login login;

    svct_facts_begin(&login, pamh, "session", argc, argv);
    /* Whose token opened this login is theirs, whatever can be told now. */
    if (svct_memo_of(pamh, login.user) == NULL)
        svct_facts_ask(&login);
    if (!concerns_us(&login))
        return PAM_IGNORE;
    if (login.options.error[0] != '\0')
        return svct_reply_bad_option(&login);
    open_it(&login, find_memo(&login), flags);
    return PAM_SUCCESS;
}

int svct_phase_close_session(pam_handle_t *pamh, int argc, const char **argv)
{
    struct svct_login login;

    svct_facts_begin(&login, pamh, "session", argc, argv);
    if (!svct_sessfile_is_open(pamh) && svct_memo_get(pamh) == NULL) {
        svct_facts_ask(&login);
        if (!concerns_us(&login))
            return PAM_IGNORE;
    }
    svct_sessfile_close(&login);
    return PAM_SUCCESS;
}
