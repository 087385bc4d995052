/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "sessfile.h"

#include "auth/secret.h"
#include "reply.h"

/* ---- what the handle knows ---- */

static void id_free(pam_handle_t *pamh, void *data, int error_status)
{
    (void)pamh;
    (void)error_status;
    free(data);
}

static const char *known_id(pam_handle_t *pamh)
{
    const void *data = NULL;

    if (pam_get_data(pamh, SVCT_SESSFILE_DATA, &data) != PAM_SUCCESS)
        return NULL;
    return data;
}

/* That it can't be remembered is no loss: closing looks for the record. */
static void remember(pam_handle_t *pamh, const char *id)
{
    size_t size = strlen(id) + 1;
    char *copy = malloc(size);

    if (copy == NULL)
        return;
    memcpy(copy, id, size);
    if (pam_set_data(pamh, SVCT_SESSFILE_DATA, copy, id_free) != PAM_SUCCESS)
        free(copy);
}

bool svct_sessfile_is_open(pam_handle_t *pamh)
{
    return known_id(pamh) != NULL;
}

/* ---- opening ---- */

static const char *tty_of(pam_handle_t *pamh)
{
    const void *item = NULL;

    return pam_get_item(pamh, PAM_TTY, &item) == PAM_SUCCESS ? item : NULL;
}

static int find_leader(struct svct_session *session, struct svct_fault *fault)
{
    struct svct_procstat stat;
    int err = svct_procstat_get(0, &stat, fault);

    if (err == 0)
        err = svct_procstat_boot(session->boot, fault);
    if (err != 0)
        return err;
    session->pid = stat.pid;
    session->start = stat.start;
    return 0;
}

static void describe(const struct svct_login *login, const char *token_id,
                     const struct svct_terms *terms, int64_t now,
                     struct svct_session *session)
{
    snprintf(session->account, sizeof session->account, "%s", login->user);
    snprintf(session->token_id, sizeof session->token_id, "%s", token_id);
    svct_session_set_word(session->service, login->service);
    svct_session_set_word(session->rhost, login->rhost);
    svct_session_set_word(session->tty, tty_of(login->pamh));
    session->opened = now;
    if (terms == NULL)
        return;
    snprintf(session->token_name, sizeof session->token_name, "%s",
             terms->token_name);
    snprintf(session->role, sizeof session->role, "%s", terms->role);
    session->expires = terms->expires;
}

static int write_record(struct svct_session *session, int64_t now,
                        struct svct_fault *fault)
{
    int err = find_leader(session, fault);

    return err == 0 ? svct_sessiondir_add(SVCT_RUNDIR, session, now, fault)
                    : err;
}

void svct_sessfile_open(const struct svct_login *login, const char *token_id,
                        const struct svct_terms *terms, int64_t now,
                        char ret_id[SVCT_SESSION_ID_MAX + 1])
{
    struct svct_session session = {.id = ""};
    struct svct_fault fault = {0};
    int err = svct_secret_setup();

    if (svct_sessfile_is_open(login->pamh)) /* opened twice, never closed */
        svct_sessfile_close(login);
    ret_id[0] = '\0';
    if (err != 0) {
        svct_reply_warning(login, "no session record", svct_err_text(err));
        return;
    }
    svct_session_draw_id(token_id, session.id);
    memcpy(ret_id, session.id, sizeof session.id);
    describe(login, token_id, terms, now, &session);
    err = write_record(&session, now, &fault);
    if (err != 0)
        svct_reply_warning(login, "no session record", fault.what);
    else
        remember(login->pamh, session.id);
}

/* ---- closing ---- */

struct mine {
    const char *account;
    struct svct_session leader; /* pid, start and boot of this process */
    int64_t opened;             /* of the youngest seen */
    char id[SVCT_SESSION_ID_MAX + 1];
};

static int compare(void *arg, const struct svct_session *session,
                   const char *name, const struct svct_fault *fault)
{
    struct mine *mine = arg;

    (void)name;
    (void)fault;
    if (session == NULL || session->pid != mine->leader.pid ||
        session->start != mine->leader.start ||
        strcmp(session->boot, mine->leader.boot) != 0 ||
        strcmp(session->account, mine->account) != 0 ||
        session->opened < mine->opened)
        return 0;
    mine->opened = session->opened;
    memcpy(mine->id, session->id, sizeof mine->id);
    return 0;
}

/* "" when there is none. */
static int find_mine(const char *account, char ret_id[SVCT_SESSION_ID_MAX + 1],
                     struct svct_fault *fault)
{
    struct mine mine = {.account = account};
    int err = find_leader(&mine.leader, fault);

    if (err == 0)
        err = svct_sessiondir_each(SVCT_RUNDIR, compare, &mine, fault);
    memcpy(ret_id, mine.id, sizeof mine.id);
    return err;
}

void svct_sessfile_close(const struct svct_login *login)
{
    char id[SVCT_SESSION_ID_MAX + 1] = "";
    const char *known = known_id(login->pamh);
    struct svct_fault fault = {0};
    int err = 0;

    if (known != NULL)
        snprintf(id, sizeof id, "%s", known);
    else if (login->user != NULL)
        err = find_mine(login->user, id, &fault);
    if (err == 0 && id[0] != '\0')
        err = svct_sessiondir_remove(SVCT_RUNDIR, id, &fault);
    if (err != 0 && err != SVCT_E_NOTFOUND)
        svct_reply_debug(login, "session record left behind", fault.what);
    if (known != NULL)
        pam_set_data(login->pamh, SVCT_SESSFILE_DATA, NULL, NULL);
}
