/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "damage_ask.h"

#include <stdarg.h>
#include <string.h>

#include "auth/secret.h"
#include "auth/verify.h"
#include "nss_svctoken.h"

#define SERVICE "sshd"
#define ENTRIES_MAX 300 /* more than there are */

static void __attribute__((format(printf, 2, 3)))
say(char *answer, const char *format, ...)
{
    size_t len = strlen(answer);
    va_list args;

    va_start(args, format);
    vsnprintf(answer + len, DAMAGE_ANSWER - len, format, args);
    va_end(args);
}

/* ---- logins, below PAM ---- */

static struct svct_attempt attempt_of(const struct damage_question *question)
{
    return (struct svct_attempt){.dir = PAMHOST_DB,
                                 .user = question->user,
                                 .service = SERVICE,
                                 .now = time(NULL)};
}

/* How often it was used is left out: the questions use it. */
static void tell_outcome(int r, const struct svct_outcome *outcome,
                         char *answer)
{
    if (r != 0)
        say(answer, "undecided");
    else
        say(answer, "%s account=%s token=%s role=%s expires=%lld max=%lu",
            svct_verdict_name(outcome->verdict), outcome->account,
            outcome->token_name, outcome->role, (long long)outcome->expires,
            (unsigned long)outcome->max_uses);
}

static void ask_login(const struct damage_question *question, char *answer)
{
    struct svct_attempt attempt = attempt_of(question);
    char text[SVCT_TOKEN_LEN + 1];
    struct svct_outcome outcome;
    int r;

    dbmake_unmask(&question->login->token, text);
    r = svct_verify_token(&attempt, text, SVCT_TOKEN_LEN, &outcome, NULL);
    tell_outcome(r, &outcome, answer);
}

static void ask_account(const struct damage_question *question, char *answer)
{
    struct svct_attempt attempt = attempt_of(question);
    struct svct_outcome outcome;
    int r = svct_verify_explain(&attempt, NULL, &outcome, NULL, NULL);

    tell_outcome(r, &outcome, answer);
}

static void ask_whose(const struct damage_question *question, char *answer)
{
    struct svct_ownership ownership;

    svct_verify_whose(PAMHOST_DB, question->user, &ownership, NULL);
    if (ownership.whose == SVCT_WHOSE_OURS)
        say(answer, "ours");
    else if (ownership.whose == SVCT_WHOSE_NOT_OURS)
        say(answer, "nobody of ours");
    else
        say(answer, ownership.listed ? "undecided, listed" : "nobody known");
}

/* ---- PAM ---- */

static const char *account_phase(struct pamhost *host)
{
    switch (pam_acct_mgmt(host->pamh, 0)) {
    case PAM_SUCCESS:
        return "granted";
    case IGNORED_ACCOUNT:
        return "nobody";
    default:
        return "refused";
    }
}

static void ask_pam_login(const struct damage_question *question, char *answer)
{
    struct pamhost host;
    int r;

    pamhost_log_clear();
    pamhost_start(&host, SERVICE, question->user);
    host.token = &question->login->token;
    r = pam_authenticate(host.pamh, 0);
    if (r == PAM_SUCCESS)
        say(answer, "granted, then %s", account_phase(&host));
    else if (host.prompts == 0 &&
             (r == PAM_USER_UNKNOWN || r == PAM_AUTHINFO_UNAVAIL))
        say(answer, "%s", account_phase(&host));
    else
        say(answer, "refused");
    if (pamhost_log_tells(&question->login->token))
        say(answer, ", and the log has the secret");
    pamhost_end(&host);
}

static void ask_pam_account(const struct damage_question *question,
                            char *answer)
{
    struct pamhost host;

    pamhost_log_clear();
    pamhost_start(&host, SERVICE, question->user);
    say(answer, "%s", account_phase(&host));
    pamhost_end(&host);
}

bool damage_ask_is_person(const char *answer)
{
    return strncmp(answer, "nobody", 6) == 0;
}

/* ---- the name service ---- */

static char buffer[1 << 17];
static struct passwd passwd;
static struct group group;
static int code;

bool damage_ask_is_silent(const char *answer)
{
    return strcmp(answer, "silent") == 0;
}

static bool found(enum nss_status status, char *answer)
{
    if (status == NSS_STATUS_SUCCESS)
        return true;
    say(answer, status == NSS_STATUS_NOTFOUND || status == NSS_STATUS_UNAVAIL ||
                        status == NSS_STATUS_TRYAGAIN
                    ? "silent"
                    : "no status");
    return false;
}

static void tell_passwd(char *answer)
{
    say(answer, "found %s:%s:%lu:%lu:%s:%s:%s\n", passwd.pw_name,
        passwd.pw_passwd, (unsigned long)passwd.pw_uid,
        (unsigned long)passwd.pw_gid, passwd.pw_gecos, passwd.pw_dir,
        passwd.pw_shell);
}

static void tell_group(char *answer)
{
    say(answer, "found %s:%s:%lu:", group.gr_name, group.gr_passwd,
        (unsigned long)group.gr_gid);
    for (char **member = group.gr_mem; *member != NULL; member++)
        say(answer, "%s,", *member);
    say(answer, "\n");
}

static void ask_pwnam(const struct damage_question *question, char *answer)
{
    if (found(_nss_svctoken_getpwnam_r(question->user, &passwd, buffer,
                                       sizeof buffer, &code),
              answer))
        tell_passwd(answer);
}

static void ask_pwuid(const struct damage_question *question, char *answer)
{
    if (found(_nss_svctoken_getpwuid_r(question->id, &passwd, buffer,
                                       sizeof buffer, &code),
              answer))
        tell_passwd(answer);
}

static void ask_grnam(const struct damage_question *question, char *answer)
{
    if (found(_nss_svctoken_getgrnam_r(question->user, &group, buffer,
                                       sizeof buffer, &code),
              answer))
        tell_group(answer);
}

static void ask_grgid(const struct damage_question *question, char *answer)
{
    if (found(_nss_svctoken_getgrgid_r(question->id, &group, buffer,
                                       sizeof buffer, &code),
              answer))
        tell_group(answer);
}

static void ask_groups(const struct damage_question *question, char *answer)
{
    long start = 0, size = 0;
    gid_t *gids = NULL;

    if (found(_nss_svctoken_initgroups_dyn(question->user, 5, &start, &size,
                                           &gids, 0, &code),
              answer)) {
        say(answer, "found");
        for (long i = 0; i < start; i++)
            say(answer, " %lu", (unsigned long)gids[i]);
    }
    free(gids);
}

static void ask_pwent(const struct damage_question *question, char *answer)
{
    unsigned count = 0;
    char end[DAMAGE_ANSWER] = "";

    (void)question;
    _nss_svctoken_setpwent(0);
    while (
        count++ < ENTRIES_MAX &&
        found(_nss_svctoken_getpwent_r(&passwd, buffer, sizeof buffer, &code),
              end))
        tell_passwd(answer);
    if (count > ENTRIES_MAX)
        say(answer, "no end\n");
    _nss_svctoken_endpwent();
}

static void ask_grent(const struct damage_question *question, char *answer)
{
    unsigned count = 0;
    char end[DAMAGE_ANSWER] = "";

    (void)question;
    _nss_svctoken_setgrent(0);
    while (count++ < ENTRIES_MAX &&
           found(_nss_svctoken_getgrent_r(&group, buffer, sizeof buffer, &code),
                 end))
        tell_group(answer);
    if (count > ENTRIES_MAX)
        say(answer, "no end\n");
    _nss_svctoken_endgrent();
}

/* ---- all of them ---- */

static const char *const users[] = {DAMAGE_EXISTING, DAMAGE_OWN,
                                    DAMAGE_MOVED,    DAMAGE_OFF,
                                    DAMAGE_GONE,     DAMAGE_PERSON};
static const char *const groups[] = {DAMAGE_OWN, DAMAGE_MOVED, DAMAGE_GROUP,
                                     DAMAGE_TAKEN, DAMAGE_HOST_GROUP};
static const uint32_t ids[] = {DAMAGE_OWN_UID,   DAMAGE_MOVED_UID,
                               DAMAGE_GONE_UID,  DAMAGE_GROUP_GID,
                               DAMAGE_TAKEN_GID, 1000};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct damage_question *add_names(struct damage_question *next)
{
    for (size_t i = 0; i < COUNT(users); i++) {
        *next++ = (struct damage_question){DAMAGE_NSS_ONE, users[i], NULL,
                                           ask_pwnam, 0};
        *next++ = (struct damage_question){DAMAGE_NSS_ONE, users[i], NULL,
                                           ask_groups, 0};
    }
    for (size_t i = 0; i < COUNT(groups); i++)
        *next++ = (struct damage_question){DAMAGE_NSS_ONE, groups[i], NULL,
                                           ask_grnam, 0};
    for (size_t i = 0; i < COUNT(ids); i++) {
        *next++ = (struct damage_question){DAMAGE_NSS_ONE, NULL, NULL,
                                           ask_pwuid, ids[i]};
        *next++ = (struct damage_question){DAMAGE_NSS_ONE, NULL, NULL,
                                           ask_grgid, ids[i]};
    }
    *next++ =
        (struct damage_question){DAMAGE_NSS_ALL, NULL, NULL, ask_pwent, 0};
    *next++ =
        (struct damage_question){DAMAGE_NSS_ALL, NULL, NULL, ask_grent, 0};
    return next;
}

size_t damage_ask_list(const struct damage_world *world,
                       struct damage_question *ret_questions)
{
    struct damage_question *next = ret_questions;

    for (size_t i = 0; i < world->logins; i++) {
        const struct damage_login *login = &world->login[i];

        *next++ = (struct damage_question){DAMAGE_LOGIN, login->user, login,
                                           ask_login, 0};
        *next++ = (struct damage_question){DAMAGE_PAM_LOGIN, login->user, login,
                                           ask_pam_login, 0};
    }
    for (size_t i = 0; i < COUNT(users); i++) {
        *next++ = (struct damage_question){DAMAGE_ACCOUNT, users[i], NULL,
                                           ask_account, 0};
        *next++ = (struct damage_question){DAMAGE_WHOSE, users[i], NULL,
                                           ask_whose, 0};
        *next++ = (struct damage_question){DAMAGE_PAM_ACCOUNT, users[i], NULL,
                                           ask_pam_account, 0};
    }
    next = add_names(next);
    return (size_t)(next - ret_questions);
}
