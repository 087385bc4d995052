/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "handover.h"

#include <errno.h>

#include "auth/verify.h"
#include "say.h"
#include "write/mint.h"

void svct_handover_init(struct svct_handover *handover,
                        const struct svct_call *call)
{
    *handover =
        (struct svct_handover){.call = call, .deliver = SVCT_DELIVER_NONE};
    sigprocmask(SIG_BLOCK, NULL, &handover->signals);
}

void svct_handover_done(struct svct_handover *handover)
{
    svct_deliver_done(&handover->deliver);
    svct_secret_done(&handover->text);
    sigprocmask(SIG_SETMASK, &handover->signals, NULL);
}

static int cannot_write(const struct svct_handover *handover)
{
    return svct_say_cannot(handover->call, "could not write the token: %s",
                           strerror(errno));
}

/* ---- before the commit ---- */

int svct_handover_mint(struct svct_handover *handover, struct svct_token *token)
{
    int r = svct_secret_setup();

    if (r == 0)
        r = svct_mint_token(&handover->text, token->id, token->hash);
    return r < 0 ? svct_say_cannot(handover->call, "can't make a secret: %s",
                                   svct_err_text(r))
                 : SVCT_EXIT_DONE;
}

int svct_handover_prepare(struct svct_handover *handover, const char *path)
{
    struct svct_deliver *deliver = &handover->deliver;
    int r;

    svct_access_hold_signals(NULL);
    r = svct_deliver_open(handover->call, "--out", path, deliver);
    if (r != SVCT_EXIT_DONE || path == NULL)
        return r;
    if (svct_deliver_write(deliver, "", &handover->text, "\n") &&
        svct_deliver_close(deliver))
        return SVCT_EXIT_DONE;
    r = cannot_write(handover);
    svct_handover_drop(handover);
    return r;
}

void svct_handover_drop(struct svct_handover *handover)
{
    svct_deliver_drop(&handover->deliver);
}

/* ---- the commit ---- */

int svct_handover_commit(struct svct_handover *handover, struct svct_txn *txn,
                         struct svct_audit *audit)
{
    bool published;
    int r =
        svct_access_publish(handover->call, txn, audit, NULL, NULL, &published);

    if (!published) {
        svct_handover_drop(handover);
        return r;
    }
    handover->exit = r;
    return SVCT_EXIT_DONE;
}

/* ---- after it ---- */

/* Does the database, read anew, know this very token by this very secret? */
static int read_back(const struct svct_handover *handover,
                     const struct svct_token *token)
{
    const struct svct_call *call = handover->call;
    struct svct_attempt attempt = {.dir = call->db,
                                   .user = token->account,
                                   .service = "",
                                   .now = call->now};
    struct svct_fault fault = {0};
    struct svct_outcome outcome;
    struct svct_trace trace = {0};
    int r =
        svct_verify_explain_text(&attempt, handover->text.text,
                                 handover->text.len, &outcome, &trace, &fault);

    if (r < 0)
        return svct_say_fault(call, r, &fault);
    if (strcmp(outcome.token_name, token->name) != 0 ||
        strcmp(outcome.token_id, token->id) != 0 || outcome.superseded)
        return svct_say_cannot(call, "the stored token is not the one that "
                                     "was made");
    return SVCT_EXIT_DONE;
}

/* With a file the object alone: the secret is there. */
static bool write_json(const struct svct_handover *handover,
                       const struct svct_token_row *row)
{
    json_t *object = svct_out_object(handover->call, svct_token_columns, row);
    char *text;
    bool written;

    if (handover->deliver.path == NULL)
        return svct_deliver_json(&handover->deliver, object, &handover->text);
    text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    written = fputs(text, stdout) >= 0 && putchar('\n') != EOF;
    free(text);
    return written;
}

int svct_handover_give(struct svct_handover *handover,
                       const struct svct_token_row *row)
{
    bool done = true;
    int r = read_back(handover, &row->token);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (handover->call->opts.json)
        done = write_json(handover, row) && fflush(stdout) == 0;
    else if (handover->deliver.path == NULL)
        done =
            svct_deliver_write(&handover->deliver, "", &handover->text, "\n");
    return done ? SVCT_EXIT_DONE : cannot_write(handover);
}

/* ---- the words around it ---- */

void svct_handover_say_times(const struct svct_handover *handover,
                             const struct svct_token_row *row,
                             int64_t account_expires)
{
    const struct svct_token *token = &row->token;
    int64_t now = handover->call->now;
    char time[80];

    svct_say("expires: %s",
             svct_out_time(time, sizeof(time), token->expires, now));
    if (row->account_state != SVCT_ACCOUNT_HAS_EXPIRED &&
        account_expires < token->expires)
        svct_say("its account ends before that, and the token with it: %s",
                 svct_out_time(time, sizeof(time), account_expires, now));
    if (token->not_before > now)
        svct_say("valid from: %s",
                 svct_out_time(time, sizeof(time), token->not_before, now));
    if (row->account_state != SVCT_ACCOUNT_ACTIVE)
        svct_say("its account is %s: it opens nothing as long as that "
                 "lasts",
                 svct_account_states[row->account_state]);
}

void svct_handover_say_where(const struct svct_handover *handover)
{
    if (handover->deliver.path != NULL)
        svct_say("written to %s", svct_say_quote(handover->deliver.path).text);
    else
        svct_say("shown once; keep it, it can't be shown again");
}
