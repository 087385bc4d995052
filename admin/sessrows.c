/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "sessrows.h"

#include "say.h"

/* ---- columns ---- */

static void cell_optional(struct svct_cell *cell, const char *text)
{
    cell->text = text[0] != '\0' ? text : "-";
    cell->null = text[0] == '\0';
}

static void cell_end(struct svct_cell *cell, int64_t expires)
{
    cell->number = expires;
    cell->null = expires == SVCT_TIME_NEVER || expires == 0;
    cell->text = expires == 0 ? "unknown" : "never";
}

static void cell_left(struct svct_cell *cell, int64_t expires)
{
    cell_end(cell, expires);
    if (cell->null)
        cell->text = "-";
    else
        cell->number = expires - cell->now;
}

#define SESSION_CELL(key, fill)                                         \
    static void session_##key(const void *row_, struct svct_cell *cell) \
    {                                                                   \
        const struct svct_session *row = row_;                          \
        fill;                                                           \
    }

SESSION_CELL(account, cell->text = row->account)
SESSION_CELL(token, cell_optional(cell, row->token_name))
SESSION_CELL(id, cell->text = row->id)
SESSION_CELL(token_id, cell_optional(cell, row->token_id))
SESSION_CELL(role, cell_optional(cell, row->role))
SESSION_CELL(service, cell_optional(cell, row->service))
SESSION_CELL(from, cell_optional(cell, row->rhost))
SESSION_CELL(tty, cell_optional(cell, row->tty))
SESSION_CELL(pid, cell->number = row->pid)
SESSION_CELL(opened, cell->number = row->opened)
SESSION_CELL(expires, cell_end(cell, row->expires))
SESSION_CELL(expires_in, cell_left(cell, row->expires))

#define LIST SVCT_COLUMN_LIST
#define SPARE SVCT_COLUMN_SPARE

const struct svct_column svct_session_columns[] = {
    {"account", SVCT_CELL_TEXT, LIST, "ACCOUNT", "whose session it is",
     session_account},
    {"token", SVCT_CELL_TEXT, LIST, "TOKEN",
     "name of the token that opened it; null: none did (SSH key, cron, root's "
     "su)",
     session_token},
    {"id", SVCT_CELL_TEXT, LIST, "ID",
     "of the session: the token's id, or \"notoken\", and a random part",
     session_id},
    {"token_id", SVCT_CELL_TEXT, 0, "TOKEN ID", "of the token; null: none",
     session_token_id},
    {"role", SVCT_CELL_TEXT, 0, "ROLE",
     "the lower of account and token, as it began; null: not known",
     session_role},
    {"service", SVCT_CELL_TEXT, LIST, "SERVICE", "the PAM service",
     session_service},
    {"from", SVCT_CELL_TEXT, LIST, "FROM", "remote host; null: none",
     session_from},
    {"tty", SVCT_CELL_TEXT, LIST | SPARE, "TTY", "terminal; null: none",
     session_tty},
    {"pid", SVCT_CELL_NUMBER, LIST, "PID", "the process that opened it",
     session_pid},
    {"opened", SVCT_CELL_TIME, LIST | SPARE, "OPENED", "when it began",
     session_opened},
    {"expires", SVCT_CELL_TIME, LIST | SPARE, "EXPIRES",
     "when the token or the account does, as it was when the session began; "
     "null: never, or not known",
     session_expires},
    {"expires_in", SVCT_CELL_SPAN, LIST, "IN",
     "seconds until then; below 0: since then", session_expires_in},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- collecting ---- */

bool svct_sessrows_match(const struct svct_sessrows_filter *filter,
                         const struct svct_session *session)
{
    if (filter->account != NULL &&
        strcmp(filter->account, session->account) != 0)
        return false;
    if (filter->token_id != NULL &&
        strcmp(filter->token_id, session->token_id) != 0)
        return false;
    return filter->session == NULL || strcmp(filter->session, session->id) == 0;
}

struct collection {
    const struct svct_sessrows_filter *filter;
    struct svct_rows *rows;
    size_t doubtful;
    bool quiet;
    char boot[SVCT_BOOT_LEN + 1];
};

static int collect(void *arg, const struct svct_session *session,
                   const char *name, const struct svct_fault *fault)
{
    struct collection *collection = arg;
    int open;

    if (session == NULL) {
        collection->doubtful++;
        if (!collection->quiet)
            svct_say("the record " SVCT_RUNDIR "/" SVCT_SESSIONDIR
                     "/%s is not believed: %s",
                     name, fault->what);
        return 0;
    }
    if (!svct_sessrows_match(collection->filter, session))
        return 0;
    open = svct_session_is_open(session, collection->boot, NULL);
    if (open == 0)
        return 0;
    if (open < 0)
        collection->doubtful++; /* it is shown, it may be open */
    return svct_rows_add(collection->rows, session, sizeof(*session));
}

static int compare(const void *a, const void *b)
{
    const struct svct_session *left = a, *right = b;
    int r = strcmp(left->account, right->account);

    if (r == 0)
        r = strcmp(left->token_name, right->token_name);
    if (r == 0)
        r = (left->opened > right->opened) - (left->opened < right->opened);
    return r != 0 ? r : strcmp(left->id, right->id);
}

int svct_sessrows_collect(const struct svct_call *call,
                          const struct svct_sessrows_filter *filter,
                          struct svct_rows *rows, size_t *ret_doubtful)
{
    struct collection collection = {
        .filter = filter, .rows = rows, .quiet = ret_doubtful == NULL};
    struct svct_fault fault = {0};
    int r = svct_procstat_boot(collection.boot, &fault);

    if (r == 0)
        r = svct_sessiondir_prune(SVCT_RUNDIR, call->now, NULL, &fault);
    if (r == 0)
        r = svct_sessiondir_each(SVCT_RUNDIR, collect, &collection, &fault);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    svct_rows_sort(rows, compare);
    if (ret_doubtful != NULL)
        *ret_doubtful = collection.doubtful;
    return SVCT_EXIT_DONE;
}
