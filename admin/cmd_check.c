/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "args.h"
#include "explain.h"
#include "rows.h"
#include "say.h"
#include "tty.h"

enum {
    CHECK_USER,
    CHECK_SERVICE,
    CHECK_RHOST,
    CHECK_AT,
    CHECK_ROLE,
    CHECK_STDIN,
    CHECK_ASK
};

static const struct svct_opt check_options[] = {
    [CHECK_USER] = {"user", "USER", 0,
                    "who logs in; the token's account if not given"},
    [CHECK_SERVICE] = {"service", "NAME", 0,
                       "the PAM service; sshd if not given"},
    [CHECK_RHOST] = {"rhost", "ADDRESS", 0,
                     "where the login comes from (PAM_RHOST); no address if "
                     "not given, as in sudo and cron"},
    [CHECK_AT] = {"at", "WHEN", 0, "the time of the login; now if not given"},
    [CHECK_ROLE] = {"role", "ROLE", 0,
                    "what the PAM stack demands, as its option role="},
    [CHECK_STDIN] = {"stdin", NULL, SVCT_OPT_EITHER,
                     "read a whole token from standard input, as a login "
                     "would be given"},
    [CHECK_ASK] = {"ask", NULL, SVCT_OPT_EITHER,
                   "ask for a whole token on the terminal"},
    {NULL, NULL, 0, NULL},
};

struct checking {
    const struct svct_call *call;
    struct svct_attempt attempt;
    char user[SVCT_LOGIN_MAX + 1];
    bool user_assumed;
    bool presented; /* a whole token is in text */
    struct svct_secret text;
    char token_id[SVCT_TOKEN_ID_LEN + 1]; /* "": none */
    struct svct_account account;
    bool account_known;
    char near[SVCT_LOGIN_MAX + 1]; /* an account of nearly that name; or "" */
    struct svct_token token;
    bool token_known;
    struct svct_outcome outcome;
    struct svct_trace trace;
};

/* ---- what is asked ---- */

static int read_facts(struct checking *checking)
{
    const struct svct_call *call = checking->call;
    struct svct_attempt *attempt = &checking->attempt;
    const char *service = svct_opts_get(&call->opts, CHECK_SERVICE);
    int r;

    attempt->dir = call->db;
    attempt->now = call->now;
    attempt->service = service != NULL ? service : "sshd";
    attempt->rhost = svct_opts_get(&call->opts, CHECK_RHOST);
    attempt->min_role = svct_opts_get(&call->opts, CHECK_ROLE);
    r = svct_args_get_time(call, CHECK_AT, false, &attempt->now);
    if (r == SVCT_EXIT_DONE && attempt->min_role != NULL)
        r = svct_args_role(call, attempt->min_role);
    return r;
}

static int read_secret(struct checking *checking)
{
    const struct svct_call *call = checking->call;
    bool ask = svct_opts_given(&call->opts, CHECK_ASK);
    int r = svct_secret_setup();

    if (!ask && !svct_opts_given(&call->opts, CHECK_STDIN))
        return SVCT_EXIT_DONE;
    if (!ask && svct_tty_is_stdin())
        return svct_say_usage(call, "--stdin: standard input is a terminal, "
                                    "which would show the token: give --ask");
    if (r == 0)
        r = ask ? svct_tty_ask("Token: ", &checking->text)
                : svct_tty_read(&checking->text);
    if (r == SVCT_E_ACCESS)
        return svct_say_usage(call, "--ask: there is no terminal to ask at: "
                                    "give --stdin");
    if (r == SVCT_E_NOTFOUND)
        return svct_say_usage(call, "no token was given");
    if (r == SVCT_E_TOOBIG)
        return svct_say_no(call, "refused: that is far too long for a token "
                                 "(token_malformed)");
    if (r < 0)
        return svct_say_cannot(call, "can't read the token: %s",
                               svct_err_text(r));
    checking->presented = true;
    return SVCT_EXIT_DONE;
}

/* ---- what the database knows of it ---- */

static void set_user(struct checking *checking, const char *name, bool assumed)
{
    snprintf(checking->user, sizeof(checking->user), "%s", name);
    checking->user_assumed = assumed;
}

/* ACCOUNT, ACCOUNT/NAME or an id; a word that is an account is one. */
static int find_operand(struct checking *checking,
                        const struct svct_snapshot *snapshot, const char *word)
{
    const struct svct_call *call = checking->call;
    bool may_be_id = svct_token_is_id(word);
    int r;

    if (strchr(word, '/') == NULL) {
        r = svct_lookup_account(snapshot, word, &checking->account);
        if (r == 0) {
            set_user(checking, word, false);
            return SVCT_EXIT_DONE;
        }
        if (r != SVCT_E_NOTFOUND)
            return svct_say_code(call, r, "the account %s", word);
        if (!may_be_id) { /* the decision says what that means */
            r = svct_args_login(call, word);
            if (r == SVCT_EXIT_DONE)
                set_user(checking, word, false);
            return r;
        }
    }
    if (checking->presented)
        return svct_say_usage(call, "a token is given already: name the "
                                    "account alone");
    r = svct_access_token(call, snapshot, word, &checking->token);
    if (r != SVCT_EXIT_DONE)
        return r;
    memcpy(checking->token_id, checking->token.id, sizeof(checking->token_id));
    set_user(checking, checking->token.account, true);
    return SVCT_EXIT_DONE;
}

/* The user named by --user, by the operand, or by the token. */
static int find_user(struct checking *checking,
                     const struct svct_snapshot *snapshot)
{
    const struct svct_call *call = checking->call;
    const char *user = svct_opts_get(&call->opts, CHECK_USER);

    if (user != NULL) {
        int r = svct_args_login(call, user);

        if (r != SVCT_EXIT_DONE)
            return r;
        if (checking->token_id[0] == '\0' && checking->user[0] != '\0' &&
            strcmp(checking->user, user) != 0)
            return svct_say_usage(call,
                                  "%s and --user %s contradict each "
                                  "other",
                                  checking->user, user);
        set_user(checking, user, false);
    }
    if (checking->presented &&
        svct_token_parse(checking->text.text, checking->text.len,
                         checking->token_id) == 0 &&
        checking->user[0] == '\0' &&
        svct_lookup_token(snapshot, checking->token_id, &checking->token) == 0)
        set_user(checking, checking->token.account, true);
    if (checking->user[0] == '\0' && !checking->presented)
        return svct_say_usage(call, "what shall be checked? Give ACCOUNT, "
                                    "ACCOUNT/NAME, a token id, --user, "
                                    "--stdin or --ask");
    return SVCT_EXIT_DONE;
}

/* For the words only: that something lacks is told by the decision. */
static void load_details(struct checking *checking,
                         const struct svct_snapshot *snapshot)
{
    checking->account_known =
        checking->user[0] != '\0' &&
        svct_lookup_account(snapshot, checking->user, &checking->account) == 0;
    if (!checking->account_known)
        svct_access_near_account(snapshot, checking->user, checking->near);
    checking->token_known =
        checking->token_id[0] != '\0' &&
        svct_lookup_token(snapshot, checking->token_id, &checking->token) == 0;
}

static int find(struct checking *checking)
{
    const struct svct_call *call = checking->call;
    const char *word = svct_opts_operand(&call->opts, 0);
    struct svct_role role;
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (word != NULL)
        r = find_operand(checking, view.snapshot, word);
    if (r == SVCT_EXIT_DONE)
        r = find_user(checking, view.snapshot);
    if (r == SVCT_EXIT_DONE && checking->attempt.min_role != NULL)
        r = svct_access_role(call, view.snapshot, checking->attempt.min_role,
                             &role);
    if (r == SVCT_EXIT_DONE)
        load_details(checking, view.snapshot);
    svct_access_done(&view);
    return r;
}

/* ---- the decision ---- */

/* A token that nobody has, and no user: nothing to decide about. */
static bool decide_unknown(struct checking *checking)
{
    if (checking->user[0] != '\0' || checking->token_id[0] == '\0')
        return false;
    checking->outcome.verdict = SVCT_TOKEN_UNKNOWN;
    checking->trace.count = 1;
    checking->trace.rule[0] = (struct svct_rule){SVCT_TOKEN_UNKNOWN, false};
    return true;
}

static int decide(struct checking *checking)
{
    const char *id = checking->token_id;
    struct svct_fault fault = {0};
    int r;

    if (decide_unknown(checking))
        return SVCT_EXIT_DONE;
    checking->attempt.user = checking->user[0] != '\0' ? checking->user : NULL;
    if (checking->presented)
        r = svct_verify_explain_text(&checking->attempt, checking->text.text,
                                     checking->text.len, &checking->outcome,
                                     &checking->trace, &fault);
    else
        r = svct_verify_explain(&checking->attempt, id[0] != '\0' ? id : NULL,
                                &checking->outcome, &checking->trace, &fault);
    if (r == SVCT_E_NOTFOUND)
        return svct_say_no(
            checking->call,
            "%s is no service account: svctoken has no part in "
            "its logins%s%s%s",
            checking->user, checking->near[0] != '\0' ? "; did you mean " : "",
            checking->near, checking->near[0] != '\0' ? "?" : "");
    return r < 0 ? svct_say_fault(checking->call, r, &fault) : SVCT_EXIT_DONE;
}

/* ---- the answer ---- */

static int exit_code(const struct checking *checking)
{
    return checking->outcome.verdict == SVCT_GRANTED ? SVCT_EXIT_DONE
                                                     : SVCT_EXIT_NO;
}

static void fill_rows(const struct checking *checking,
                      struct svct_explain_row *row, const void **pointer)
{
    struct svct_explain explain = {
        .attempt = &checking->attempt,
        .account = checking->account_known ? &checking->account : NULL,
        .token = checking->token_known ? &checking->token : NULL,
        .outcome = &checking->outcome,
        .role = checking->outcome.role,
        .proven = checking->presented,
        .superseded = checking->outcome.superseded,
        .bare = !checking->presented && checking->token_id[0] == '\0',
    };

    for (size_t i = 0; i < checking->trace.count; i++) {
        svct_explain_rule(&explain, &checking->trace.rule[i], &row[i]);
        pointer[i] = &row[i];
    }
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

/* When the secret ends that was presented, if it is the one from before a
 * rotation. */
static json_t *superseded_until(const struct svct_outcome *outcome)
{
    char time[40];

    if (!outcome->superseded)
        return json_null();
    return json_string(
        svct_time_format(time, sizeof(time), outcome->superseded_until));
}

static json_t *json_facts(const struct checking *checking)
{
    const struct svct_attempt *attempt = &checking->attempt;
    json_t *object = json_object();
    char time[40];

    svct_out_put(&object, "user", text_or_null(checking->user));
    svct_out_put(&object, "service", text_or_null(attempt->service));
    svct_out_put(&object, "rhost", text_or_null(attempt->rhost));
    svct_out_put(
        &object, "at",
        json_string(svct_time_format(time, sizeof(time), attempt->now)));
    svct_out_put(&object, "role", text_or_null(attempt->min_role));
    return object;
}

/* Names of the facts that were not given. */
static json_t *json_assumed(const struct checking *checking)
{
    const struct svct_opts *opts = &checking->call->opts;
    json_t *array = json_array();

    if (checking->user_assumed)
        json_array_append_new(array, json_string("user"));
    if (!svct_opts_given(opts, CHECK_SERVICE))
        json_array_append_new(array, json_string("service"));
    if (!svct_opts_given(opts, CHECK_RHOST))
        json_array_append_new(array, json_string("rhost"));
    if (!svct_opts_given(opts, CHECK_AT))
        json_array_append_new(array, json_string("at"));
    return array;
}

static int print_json(const struct checking *checking, const void *const *rows)
{
    const struct svct_outcome *outcome = &checking->outcome;
    json_t *object = json_object();
    int r;

    svct_out_put(&object, "granted",
                 json_boolean(outcome->verdict == SVCT_GRANTED));
    svct_out_put(&object, "verdict",
                 json_string(svct_verdict_name(outcome->verdict)));
    svct_out_put(&object, "text",
                 json_string(svct_verdict_text(outcome->verdict)));
    svct_out_put(&object, "account", text_or_null(outcome->account));
    svct_out_put(&object, "token_id", text_or_null(outcome->token_id));
    svct_out_put(&object, "token_name", text_or_null(outcome->token_name));
    svct_out_put(&object, "role", text_or_null(outcome->role));
    svct_out_put(&object, "superseded_until", superseded_until(outcome));
    svct_out_put(&object, "facts", json_facts(checking));
    svct_out_put(&object, "assumed", json_assumed(checking));
    svct_out_put(&object, "rules",
                 svct_out_array(checking->call, svct_explain_columns, rows,
                                checking->trace.count));
    r = svct_out_json(checking->call, object);
    return r != SVCT_EXIT_DONE ? r : exit_code(checking);
}

static void print_verdict(const struct checking *checking)
{
    const struct svct_outcome *outcome = &checking->outcome;

    if (outcome->verdict == SVCT_GRANTED)
        printf("granted\n");
    else
        printf("refused: %s (%s)\n", svct_verdict_text(outcome->verdict),
               svct_verdict_name(outcome->verdict));
}

static void print_facts(const struct checking *checking)
{
    const struct svct_opts *opts = &checking->call->opts;
    const struct svct_attempt *attempt = &checking->attempt;
    char time[40];

    printf("user:    %s%s\n", checking->user[0] != '\0' ? checking->user : "-",
           checking->user_assumed ? " (assumed: the token's account)" : "");
    if (checking->token_known)
        printf("token:   %s/%s (id %s)\n", checking->token.account,
               checking->token.name, checking->token.id);
    else if (checking->token_id[0] != '\0')
        printf("token:   id %s\n", checking->token_id);
    else if (!checking->presented)
        printf("token:   none, as with an SSH key, a sudo ticket or cron\n");
    printf("service: %s%s\n", svct_say_bare(attempt->service).text,
           svct_opts_given(opts, CHECK_SERVICE) ? "" : " (assumed)");
    printf("rhost:   %s%s\n",
           attempt->rhost != NULL ? svct_say_bare(attempt->rhost).text
                                  : "no address",
           svct_opts_given(opts, CHECK_RHOST) ? "" : " (assumed)");
    printf("at:      %s%s\n",
           svct_time_format(time, sizeof(time), attempt->now),
           svct_opts_given(opts, CHECK_AT) ? "" : " (now)");
    if (attempt->min_role != NULL)
        printf("demands: role %s\n", attempt->min_role);
}

static int answer(const struct checking *checking)
{
    struct svct_explain_row row[SVCT_VERDICT_COUNT];
    const void *rows[SVCT_VERDICT_COUNT];
    int r;

    fill_rows(checking, row, rows);
    if (checking->call->opts.json)
        return print_json(checking, rows);
    print_verdict(checking);
    putchar('\n');
    print_facts(checking);
    putchar('\n');
    r = svct_out_table(checking->call, svct_explain_columns, rows,
                       checking->trace.count);
    return r != SVCT_EXIT_DONE ? r : exit_code(checking);
}

static int check(const struct svct_call *call)
{
    struct checking checking = {.call = call};
    int r = read_facts(&checking);

    if (r == SVCT_EXIT_DONE)
        r = read_secret(&checking);
    if (r == SVCT_EXIT_DONE)
        r = find(&checking);
    if (r == SVCT_EXIT_DONE)
        r = decide(&checking);
    if (r == SVCT_EXIT_DONE)
        r = answer(&checking);
    svct_secret_done(&checking.text);
    return r;
}

const struct svct_command svct_cmd_check[] = {
    {.group = "check",
     .operands = "[ACCOUNT | ACCOUNT/NAME | ID]",
     .most = 1,
     .summary = "explain whether a login would be let in, rule by rule",
     .text = "A token that is named is judged as if its secret had been "
             "given; with --stdin\n"
             "or --ask a whole token is taken, as a login would. An account "
             "alone is judged as\n"
             "for a login without a token: an SSH key, a sudo ticket, cron.\n"
             "\n"
             "Exits with 0 when it would be granted, 1 when refused, 3 when "
             "that can't be\n"
             "told.\n"
             "\n"
             "  svctoken check deploy/ci\n"
             "  svctoken check deploy/ci --service sudo --role Admin\n"
             "  svctoken check deploy --rhost 192.0.2.7 --at "
             "2027-01-31T12:00:00Z\n"
             "  svctoken check --user deploy --ask\n",
     .options = check_options,
     .run = check},
    {.group = NULL},
};
