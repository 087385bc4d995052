/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "args.h"
#include "endsession.h"
#include "say.h"

/* ---- whose ---- */

/* What a word names; "" for what it does not. */
struct whose {
    char account[SVCT_LOGIN_MAX + 1];
    char token_id[SVCT_TOKEN_ID_LEN + 1];
};

static void set_account(struct whose *whose, const char *account)
{
    snprintf(whose->account, sizeof(whose->account), "%s", account);
}

static void set_token(struct whose *whose, const char *account, const char *id)
{
    set_account(whose, account);
    snprintf(whose->token_id, sizeof(whose->token_id), "%s", id);
}

/* Sessions outlive a token or account that was deleted: their records name
 * it still. */
static const struct svct_session *find_open(const struct svct_rows *open,
                                            const char *account,
                                            const char *token_id)
{
    struct svct_sessrows_filter filter = {account, token_id, NULL};

    for (size_t i = 0; i < open->count; i++) {
        if (svct_sessrows_match(&filter, open->row[i]))
            return open->row[i];
    }
    return NULL;
}

static int has_account(const struct svct_call *call,
                       const struct svct_snapshot *snapshot, const char *name,
                       const struct svct_rows *open, struct whose *whose,
                       bool *ret_has)
{
    struct svct_account account;
    int r = svct_lookup_account(snapshot, name, &account);

    if (r < 0 && r != SVCT_E_NOTFOUND)
        return svct_say_code(call, r, "the account %s", name);
    *ret_has = r == 0 || find_open(open, name, NULL) != NULL;
    if (*ret_has)
        set_account(whose, name);
    return SVCT_EXIT_DONE;
}

static int has_token(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *id,
                     const struct svct_rows *open, struct whose *whose,
                     bool *ret_has)
{
    const struct svct_session *session = find_open(open, NULL, id);
    struct svct_token token;
    int r = svct_lookup_token(snapshot, id, &token);

    if (r < 0 && r != SVCT_E_NOTFOUND)
        return svct_say_code(call, r, "the token %s", id);
    *ret_has = r == 0 || session != NULL;
    if (*ret_has)
        set_token(whose, r == 0 ? token.account : session->account, id);
    return SVCT_EXIT_DONE;
}

static int not_found(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *word)
{
    struct svct_account account;

    if (svct_name_check_login(word) == 0 && !svct_token_is_id(word))
        return svct_access_account(call, snapshot, word, &account);
    return svct_say_no(call, "%s is neither a token's id nor an account",
                       svct_say_quote(word).text);
}

/* A word without "/": an account, or a token's id. */
static int read_word(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *word,
                     const struct svct_rows *open, struct whose *whose)
{
    bool account = false, token = false;
    int r = SVCT_EXIT_DONE;

    if (svct_name_check_login(word) == 0)
        r = has_account(call, snapshot, word, open, whose, &account);
    if (r == SVCT_EXIT_DONE && svct_token_is_id(word))
        r = has_token(call, snapshot, word, open, whose, &token);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (account && token)
        return svct_say_usage(call,
                              "%s is an account, and a token's id as well: "
                              "name the token as %s/NAME, or give --session",
                              word, whose->account);
    return account || token ? SVCT_EXIT_DONE : not_found(call, snapshot, word);
}

static int check_word(const struct svct_call *call, const char *word)
{
    if (strchr(word, '/') != NULL || svct_token_is_id(word) ||
        svct_name_check_login(word) == 0)
        return SVCT_EXIT_DONE;
    return svct_say_usage(call,
                          "%s names no session: give an account, a token as "
                          "ACCOUNT/NAME, or a token's id (10 letters and "
                          "digits)",
                          svct_say_quote(word).text);
}

/* TOKEN or ACCOUNT. */
static int read_whose(const struct svct_call *call, const char *word,
                      struct whose *whose)
{
    struct svct_rows open = {.count = 0};
    struct svct_sessrows_filter all = {NULL, NULL, NULL};
    struct svct_token token;
    struct svct_view view;
    int r = check_word(call, word);

    if (r == SVCT_EXIT_DONE)
        r = svct_access_read(call, &view);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (strchr(word, '/') != NULL) {
        r = svct_access_token(call, view.snapshot, word, &token);
        if (r == SVCT_EXIT_DONE)
            set_token(whose, token.account, token.id);
    } else {
        r = svct_sessrows_collect(call, &all, &open, NULL);
        if (r == SVCT_EXIT_DONE)
            r = read_word(call, view.snapshot, word, &open, whose);
    }
    svct_rows_done(&open);
    svct_access_done(&view);
    return r;
}

/* ---- list ---- */

enum {
    LIST_TOKEN
};

static const struct svct_opt list_options[] = {
    [LIST_TOKEN] = {"token", "TOKEN", 0, "only those begun with this token"},
    {NULL, NULL, 0, NULL},
};

/* A token's id alone needs no database: records outlive their token. */
static int read_token(const struct svct_call *call, const char *account,
                      struct whose *whose)
{
    const char *word = svct_opts_get(&call->opts, LIST_TOKEN);
    int r;

    if (word == NULL)
        return SVCT_EXIT_DONE;
    if (svct_token_is_id(word)) {
        set_token(whose, "", word);
        return SVCT_EXIT_DONE;
    }
    if (strchr(word, '/') == NULL)
        return svct_say_usage(call,
                              "--token %s: give ACCOUNT/NAME or a token's id "
                              "(10 letters and digits)",
                              svct_say_quote(word).text);
    r = read_whose(call, word, whose);
    if (r == SVCT_EXIT_DONE && account != NULL &&
        strcmp(account, whose->account) != 0)
        return svct_say_usage(call, "the token is one of %s, not of %s",
                              whose->account, account);
    return r;
}

/* That nothing is found may be a slip in the name. */
static int check_account(const struct svct_call *call, const char *name)
{
    struct svct_account account;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_access_account(call, view.snapshot, name, &account);
    svct_access_done(&view);
    return r;
}

static int list(const struct svct_call *call)
{
    const char *account = svct_opts_operand(&call->opts, 0);
    struct whose whose = {.account = ""};
    struct svct_sessrows_filter filter = {account, NULL, NULL};
    struct svct_rows rows = {.count = 0};
    size_t doubtful;
    int r = SVCT_EXIT_DONE;

    if (account != NULL)
        r = svct_args_login(call, account);
    if (r == SVCT_EXIT_DONE)
        r = read_token(call, account, &whose);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (whose.token_id[0] != '\0')
        filter.token_id = whose.token_id;
    r = svct_sessrows_collect(call, &filter, &rows, &doubtful);
    if (r == SVCT_EXIT_DONE && rows.count == 0 && account != NULL)
        r = check_account(call, account);
    if (r == SVCT_EXIT_DONE)
        r = svct_out_list(call, "sessions", svct_session_columns,
                          (const void *const *)rows.row, rows.count);
    svct_rows_done(&rows);
    return r;
}

/* ---- end ---- */

enum {
    END_SESSION
};

static const struct svct_opt end_options[] = {
    [END_SESSION] = {"session", "ID", 0,
                     "this one session, in place of TOKEN or ACCOUNT"},
    {NULL, NULL, 0, NULL},
};

static int print_ended(const struct svct_call *call,
                       struct svct_endsession *result)
{
    json_t *object;

    if (result->ended == 0 && result->failed == 0)
        svct_say("no session of it was open");
    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "ended", json_incref(result->ended_ids));
    svct_out_put(&object, "not_ended", json_incref(result->failed_ids));
    svct_out_put(&object, "processes",
                 json_integer((json_int_t)result->processes));
    return svct_out_json(call, object);
}

static int end_these(const struct svct_call *call,
                     const struct svct_sessrows_filter *filter)
{
    struct svct_endsession result;
    int printed, r = svct_endsession_run(call, filter, &result);

    printed = print_ended(call, &result);
    svct_endsession_done(&result);
    return r != SVCT_EXIT_DONE ? r : printed;
}

static int end_one(const struct svct_call *call, const char *id)
{
    struct svct_sessrows_filter filter = {NULL, NULL, id};
    struct svct_rows rows = {.count = 0};
    size_t count;
    int r;

    if (!svct_session_is_id(id))
        return svct_say_usage(call,
                              "--session %s: that is no session's id; "
                              "\"svctoken session list\" shows them",
                              svct_say_quote(id).text);
    r = svct_sessrows_collect(call, &filter, &rows, NULL);
    count = rows.count;
    svct_rows_done(&rows);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (count == 0)
        return svct_say_no(call, "no session %s is open", id);
    return end_these(call, &filter);
}

static int end(const struct svct_call *call)
{
    const char *word = svct_opts_operand(&call->opts, 0);
    const char *id = svct_opts_get(&call->opts, END_SESSION);
    struct whose whose = {.account = ""};
    struct svct_sessrows_filter filter = {whose.account, NULL, NULL};
    int r;

    if ((word == NULL) == (id == NULL))
        return svct_say_usage(call, "which session? Give TOKEN, ACCOUNT or "
                                    "--session ID, one of them");
    if (id != NULL)
        return end_one(call, id);
    r = read_whose(call, word, &whose);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (whose.token_id[0] != '\0')
        filter.token_id = whose.token_id;
    return end_these(call, &filter);
}

/* ---- the table ---- */

const struct svct_command svct_cmd_session[] = {
    {.group = "session",
     .name = "list",
     .operands = "[ACCOUNT]",
     .most = 1,
     .summary = "list the open sessions of service accounts",
     .text = "  svctoken session list\n"
             "  svctoken session list deploy --token deploy/ci\n",
     .options = list_options,
     .columns = svct_session_columns,
     .run = list},
    {.group = "session",
     .name = "end",
     .operands = "[TOKEN|ACCOUNT]",
     .most = 1,
     .summary = "end open sessions, and all that runs in them",
     .text = "All sessions that were begun with a token (ACCOUNT/NAME or its "
             "id), all of an\n"
             "account, or one. They can be begun anew: to prevent that, "
             "revoke the token or\n"
             "disable the account, with --end-sessions.\n"
             "\n"
             "With --json, \"ended\" and \"not_ended\" have the ids of the "
             "sessions, and\n"
             "\"processes\" how many processes were in them.\n"
             "\n"
             "  svctoken session end deploy/ci\n"
             "  svctoken session end deploy\n"
             "  svctoken session end --session 4fK2pQ0aZb-3kT9wXbQ7ZpM\n",
     .options = end_options,
     .run = end},
    {.group = NULL},
};
