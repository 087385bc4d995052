/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "reply.h"

#include <security/pam_ext.h>
#include <syslog.h>
#include <unistd.h>

/* ---- what all lines have ---- */

/* Room for a login name and a service with every byte escaped; a remote host
 * longer than that is cut. */
struct where {
    char user[SVCT_LOGIN_MAX * 4 + 8];
    char service[136];
    char rhost[136];
};

static void where_fill(struct where *where, const struct svct_login *login)
{
    svct_name_escape(where->user, sizeof where->user, login->user);
    svct_name_escape(where->service, sizeof where->service, login->service);
    svct_name_escape(where->rhost, sizeof where->rhost, login->rhost);
}

/* " token=ci id=4fK2...", as far as known. Names and ids have been checked
 * for their characters when they were read. */
struct which {
    char text[SVCT_NAME_MAX + SVCT_TOKEN_ID_LEN + 16];
};

static void which_fill(struct which *which, const struct svct_outcome *outcome)
{
    bool named = outcome->token_name[0] != '\0';
    bool known = outcome->token_id[0] != '\0';

    snprintf(which->text, sizeof which->text, "%s%s%s%s",
             named ? " token=" : "", outcome->token_name, known ? " id=" : "",
             outcome->token_id);
}

/* " superseded=yes until=2027-01-31T12:00:00Z" for the secret before a
 * rotation: who still uses it has to be found before that. */
struct former {
    char text[64];
};

static void former_fill(struct former *former,
                        const struct svct_outcome *outcome)
{
    char time[32];

    former->text[0] = '\0';
    if (outcome->superseded)
        snprintf(
            former->text, sizeof former->text, " superseded=yes until=%s",
            svct_time_format(time, sizeof time, outcome->superseded_until));
}

/* A sentence may quote what a damaged folder holds. */
struct plain {
    char text[sizeof((struct svct_fault *)NULL)->what];
};

static void plain_fill(struct plain *plain, const char *sentence)
{
    snprintf(plain->text, sizeof plain->text, "%s", sentence);
    for (char *p = plain->text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* " use=3/10" for a token whose uses are counted; and why they could not be. */
struct uses {
    char text[32 + sizeof(struct plain)];
};

static void uses_fill(struct uses *uses, const struct svct_outcome *outcome)
{
    bool unknown = outcome->verdict == SVCT_USAGE_UNAVAILABLE;
    struct plain why;

    uses->text[0] = '\0';
    if (outcome->max_uses == 0)
        return;
    plain_fill(&why, outcome->usage_fault.what);
    if (unknown)
        snprintf(uses->text, sizeof uses->text, ": %s", why.text);
    else if (outcome->uses > 0)
        snprintf(uses->text, sizeof uses->text, " use=%lu/%lu",
                 (unsigned long)outcome->uses,
                 (unsigned long)outcome->max_uses);
}

static void log_granted(const struct svct_login *login, int level,
                        const char *phase, const struct svct_outcome *outcome)
{
    struct where where;
    struct which which;
    struct former former;
    struct uses uses;

    where_fill(&where, login);
    which_fill(&which, outcome);
    former_fill(&former, outcome);
    uses_fill(&uses, outcome);
    pam_syslog(login->pamh, level,
               "granted%s user=%s%s role=%s service=%s rhost=%s%s%s", phase,
               where.user, which.text, outcome->role, where.service,
               where.rhost, former.text, uses.text);
}

static void log_denied(const struct svct_login *login, const char *phase,
                       const char *reason, const struct svct_outcome *outcome)
{
    struct where where;
    struct which which;
    struct former former;
    struct uses uses;

    where_fill(&where, login);
    which_fill(&which, outcome);
    former_fill(&former, outcome);
    uses_fill(&uses, outcome);
    pam_syslog(login->pamh, LOG_NOTICE,
               "denied reason=%s%s user=%s%s service=%s rhost=%s%s%s", reason,
               phase, where.user, which.text, where.service, where.rhost,
               former.text, uses.text);
}

static void log_sentence(const struct svct_login *login, int level,
                         const char *word, const char *sentence)
{
    struct where where;
    struct plain plain;

    where_fill(&where, login);
    plain_fill(&plain, sentence);
    pam_syslog(
        login->pamh, level, "%s phase=%s user=%s service=%s rhost=%s: %s", word,
        login->phase, where.user, where.service, where.rhost, plain.text);
}

/* ---- decisions ---- */

/* That the last use of a token could not be noted is no matter of a login. */
static void debug_note(const struct svct_login *login,
                       const struct svct_outcome *outcome)
{
    if (outcome->usage_fault.code != 0)
        svct_reply_debug(login, "last use not noted",
                         outcome->usage_fault.what);
}

int svct_reply_auth(const struct svct_login *login,
                    const struct svct_outcome *outcome)
{
    if (outcome->verdict == SVCT_GRANTED) {
        log_granted(login, LOG_INFO, "", outcome);
        debug_note(login, outcome);
        return PAM_SUCCESS;
    }
    log_denied(login, "", svct_verdict_name(outcome->verdict), outcome);
    return PAM_AUTH_ERR;
}

int svct_reply_account(const struct svct_login *login,
                       const struct svct_outcome *outcome)
{
    if (outcome->verdict == SVCT_GRANTED) {
        if (login->options.debug)
            log_granted(login, LOG_DEBUG, " phase=account", outcome);
        return PAM_SUCCESS;
    }
    log_denied(login, " phase=account", svct_verdict_name(outcome->verdict),
               outcome);
    if (outcome->verdict == SVCT_ACCOUNT_DISABLED ||
        outcome->verdict == SVCT_ACCOUNT_EXPIRED)
        return PAM_ACCT_EXPIRED;
    return PAM_PERM_DENIED;
}

int svct_reply_no_answer(const struct svct_login *login)
{
    static const struct svct_outcome nothing;

    log_denied(login, "", "no_answer", &nothing);
    return PAM_AUTH_ERR;
}

/* ---- no decision ---- */

static int error_level(int error)
{
    switch (error) {
    case SVCT_E_NOTFOUND: /* the account was deleted at this moment */
        return LOG_NOTICE;
    case SVCT_E_ACCESS:
        return LOG_ERR;
    case SVCT_E_NOMEM:
        return LOG_CRIT;
    default:
        return LOG_ALERT;
    }
}

static const char *error_sentence(int error, const struct svct_fault *fault)
{
    return fault->what[0] != '\0' ? fault->what : svct_err_text(error);
}

int svct_reply_error(const struct svct_login *login, int error,
                     const struct svct_fault *fault)
{
    if (error == SVCT_E_RANGE) {
        log_sentence(login, LOG_ERR, "misconfigured",
                     error_sentence(error, fault));
        return PAM_SERVICE_ERR;
    }
    log_sentence(login, error_level(error), "undecided",
                 error_sentence(error, fault));
    return PAM_AUTHINFO_UNAVAIL;
}

int svct_reply_unknown(const struct svct_login *login)
{
    bool never_set_up =
        login->error == SVCT_E_NODB && !login->options.dir_given;
    bool not_for_us = login->error == SVCT_E_ACCESS && geteuid() != 0;
    bool no_news = !login->ownership.listed && (never_set_up || not_for_us);

    if (!no_news)
        return svct_reply_error(login, login->error, &login->fault);
    svct_reply_debug(login, "undecided",
                     error_sentence(login->error, &login->fault));
    return PAM_AUTHINFO_UNAVAIL;
}

int svct_reply_bad_option(const struct svct_login *login)
{
    log_sentence(login, LOG_ERR, "misconfigured", login->options.error);
    return PAM_SERVICE_ERR;
}

void svct_reply_warning(const struct svct_login *login, const char *what,
                        const char *detail)
{
    if (geteuid() == 0)
        log_sentence(login, LOG_WARNING, what, detail);
    else
        svct_reply_debug(login, what, detail);
}

int svct_reply_no_groups(const struct svct_login *login, int error,
                         const struct svct_fault *fault)
{
    log_sentence(login, error_level(error), "undecided",
                 error_sentence(error, fault));
    return PAM_CRED_ERR;
}

void svct_reply_debug(const struct svct_login *login, const char *what,
                      const char *detail)
{
    if (login->options.debug)
        log_sentence(login, LOG_DEBUG, what, detail);
}
