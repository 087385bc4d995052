/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "token.h"

#include "access.h"
#include "args.h"
#include "handover.h"
#include "hint.h"
#include "lifetime.h"
#include "rows.h"
#include "say.h"
#include "trail.h"

enum {
    CREATE_TTL,
    CREATE_EXPIRES,
    CREATE_NO_EXPIRY,
    CREATE_NOT_BEFORE,
    CREATE_ROLE,
    CREATE_SOURCE,
    CREATE_SERVICE,
    CREATE_MAX_USES,
    CREATE_COMMENT,
    CREATE_OUT
};

const struct svct_opt svct_token_create_options[] = {
    [CREATE_TTL] = {"ttl", "DURATION", SVCT_OPT_EITHER,
                    "how long it lives, as 90s, 15m, 8h, 7d or 2w; from "
                    "--not-before on if that is given; 8h if nothing is said "
                    "and the policy was not changed"},
    [CREATE_EXPIRES] = {"expires", "WHEN", SVCT_OPT_EITHER,
                        "when it ends, as 2027-01-31T12:00:00Z or +8h"},
    [CREATE_NO_EXPIRY] = {"no-expiry", NULL, SVCT_OPT_EITHER,
                          "it never ends by itself"},
    [CREATE_NOT_BEFORE] = {"not-before", "WHEN", 0, "it is not valid before"},
    [CREATE_ROLE] = {"role", "ROLE", 0,
                     "at most this role; its account's if not given"},
    [CREATE_SOURCE] = {"source", "CIDR|local", SVCT_OPT_MANY,
                       "logins only from there; \"local\": also where there "
                       "is no remote address, as in sudo and cron"},
    [CREATE_SERVICE] = {"service", "GLOB", SVCT_OPT_MANY,
                        "only for this PAM service, as sshd or \"sudo*\""},
    [CREATE_MAX_USES] = {"max-uses", "N", 0,
                         "it opens so many logins and no more, 1 to "
                         "4294967295; 1: a one-time token"},
    [CREATE_COMMENT] = {"comment", "TEXT", 0, "what it is for"},
    [CREATE_OUT] = {"out", "FILE", 0,
                    "write it to a new file, for root alone, instead of "
                    "standard output"},
    {NULL, NULL, 0, NULL},
};

static const struct svct_lifetime_options lifetime_options = {
    CREATE_TTL, CREATE_EXPIRES, CREATE_NO_EXPIRY};

/* What this command works on. */
struct making {
    const struct svct_call *call;
    struct svct_token_row row;
    struct svct_lifetime lifetime;
    int64_t account_expires; /* known when the row is complete */
    bool sudo_shut;          /* its role allows sudo, its sources do not */
    struct svct_handover handover;
};

/* ---- what is asked for ---- */

static int read_limits(const struct svct_call *call, struct svct_token *token)
{
    uint64_t max_uses = 0;
    int r = svct_args_get_role(call, CREATE_ROLE, token->cap);

    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_sources(call, CREATE_SOURCE, false, &token->sources);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_services(call, CREATE_SERVICE, &token->services);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_count(call, CREATE_MAX_USES, UINT32_MAX, &max_uses);
    token->max_uses = (uint32_t)max_uses;
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_text(call, CREATE_COMMENT, token->comment);
    return r;
}

static int read_times(struct making *making)
{
    const struct svct_call *call = making->call;
    int r = svct_args_get_future(call, CREATE_NOT_BEFORE, false,
                                 &making->row.token.not_before);

    if (r == SVCT_EXIT_DONE)
        r = svct_lifetime_read(call, &lifetime_options, "a token",
                               &making->lifetime);
    return r;
}

static int read_request(struct making *making)
{
    const struct svct_call *call = making->call;
    struct svct_token *token = &making->row.token;
    int r = svct_args_token(call, svct_opts_operand(&call->opts, 0),
                            token->account, token->name);

    token->created = call->now;
    memcpy(token->created_by, call->actor.name, sizeof(call->actor.name));
    if (r == SVCT_EXIT_DONE)
        r = read_limits(call, token);
    if (r == SVCT_EXIT_DONE)
        r = read_times(making);
    return r;
}

/* ---- what the database adds ---- */

/* "token-20270131-", and the highest number behind it so far. */
struct naming {
    char lead[24];
    uint64_t highest;
};

static int number_names(void *arg, const struct svct_token *token)
{
    struct naming *naming = arg;
    const char *number = token->name + strlen(naming->lead);
    uint64_t value = 0;

    if (strncmp(token->name, naming->lead, strlen(naming->lead)) != 0 ||
        strlen(number) > 9)
        return 0;
    for (; *number >= '0' && *number <= '9'; number++)
        value = value * 10 + (uint64_t)(*number - '0');
    if (*number == '\0' && value > naming->highest)
        naming->highest = value;
    return 0;
}

static int name_token(struct making *making,
                      const struct svct_snapshot *snapshot,
                      const struct svct_account *account)
{
    struct svct_token *token = &making->row.token;
    struct naming naming = {.highest = 0};
    char day[40];
    int r;

    if (token->name[0] != '\0')
        return SVCT_EXIT_DONE;
    svct_time_format(day, sizeof(day), making->call->now);
    snprintf(naming.lead, sizeof(naming.lead), "token-%.4s%.2s%.2s-", day,
             day + 5, day + 8);
    r = svct_lookup_tokens_of(snapshot, account, number_names, &naming);
    if (r < 0)
        return svct_say_code(making->call, r, "the tokens of %s",
                             account->name);
    snprintf(token->name, sizeof(token->name), "%s%llu", naming.lead,
             (unsigned long long)naming.highest + 1);
    return SVCT_EXIT_DONE;
}

static int set_expiry(struct making *making,
                      const struct svct_snapshot *snapshot)
{
    struct svct_token *token = &making->row.token;
    int64_t begin = token->created;

    if (token->not_before > begin)
        begin = token->not_before;
    return svct_lifetime_end(making->call, snapshot, &making->lifetime, begin,
                             &token->expires);
}

/* Before its account ends, or it would never open anything. */
static int check_begin(const struct making *making,
                       const struct svct_account *account)
{
    int64_t begin = making->row.token.not_before;
    char time[40];

    if (begin == 0 || begin < account->expires)
        return SVCT_EXIT_DONE;
    return svct_say_usage(
        making->call,
        "--not-before: the service account %s ends before "
        "that, at %s: \"svctoken account edit %s --expires "
        "WHEN\" gives it another end",
        account->name, svct_time_format(time, sizeof(time), account->expires),
        account->name);
}

static int note_sudo(struct making *making,
                     const struct svct_snapshot *snapshot,
                     const struct svct_account *account,
                     const struct svct_role *cap)
{
    const struct svct_token *token = &making->row.token;
    struct svct_role role;
    int r = svct_lookup_role(snapshot, account->role, &role);

    if (r < 0)
        return svct_say_code(making->call, r, "the role %s", account->role);
    making->sudo_shut = svct_hint_shuts_sudo(&token->sources, &role,
                                             token->cap[0] != '\0' ? cap : NULL,
                                             &token->services);
    return SVCT_EXIT_DONE;
}

static int complete(struct making *making, const struct svct_snapshot *snapshot)
{
    struct svct_account account;
    struct svct_role cap;
    int r = svct_access_account(making->call, snapshot,
                                making->row.token.account, &account);

    if (r == SVCT_EXIT_DONE && making->row.token.cap[0] != '\0')
        r = svct_access_role(making->call, snapshot, making->row.token.cap,
                             &cap);
    if (r == SVCT_EXIT_DONE)
        r = name_token(making, snapshot, &account);
    if (r == SVCT_EXIT_DONE)
        r = check_begin(making, &account);
    if (r == SVCT_EXIT_DONE)
        r = set_expiry(making, snapshot);
    if (r != SVCT_EXIT_DONE)
        return r;
    making->row.use_known = true; /* never */
    r = svct_token_row_complete(snapshot, &account, making->call->now,
                                &making->row);
    if (r < 0)
        return svct_say_code(making->call, r, "the role of %s", account.name);
    making->account_expires = account.expires;
    return note_sudo(making, snapshot, &account, &cap);
}

static int mint(struct making *making, struct svct_txn *txn)
{
    struct svct_fault fault = {0};
    struct svct_token *token = &making->row.token;
    int r = svct_handover_mint(&making->handover, token);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_change_token_issue(txn, token, NULL, &fault);
    return r < 0 ? svct_say_fault(making->call, r, &fault) : SVCT_EXIT_DONE;
}

/* ---- storing it ---- */

static int store(struct making *making)
{
    const struct svct_call *call = making->call;
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_access_begin(call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = complete(making, svct_txn_view(txn, SVCT_PART_PRIVATE));
    if (r == SVCT_EXIT_DONE)
        r = mint(making, txn);
    if (r == SVCT_EXIT_DONE)
        r = svct_handover_prepare(&making->handover,
                                  svct_opts_get(&call->opts, CREATE_OUT));
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    svct_trail_new_token(&audit, &making->row.token);
    return svct_handover_commit(&making->handover, txn, &audit);
}

/* ---- handing it over ---- */

/* The token is made and nobody has it. */
static void take_back(struct making *making)
{
    const struct svct_call *call = making->call;
    const struct svct_token *token = &making->row.token;
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_access_begin_again(call, true, &txn);

    svct_handover_drop(&making->handover);
    if (r == SVCT_EXIT_DONE) {
        svct_trail_token(&audit, "token-delete", token);
        svct_audit_add(&audit, "reason", "not-delivered");
        r = svct_change_token_delete(txn, token->id, &fault);
        r = r < 0 ? svct_access_give_up(call, txn, r, &fault)
                  : svct_access_commit(call, txn, &audit);
    }
    if (r == SVCT_EXIT_DONE)
        svct_say("deleted %s/%s again", token->account, token->name);
    else
        svct_say("%s/%s is there, and nobody has it: \"svctoken token "
                 "delete %s\"",
                 token->account, token->name, token->id);
}

static void say_made(const struct making *making)
{
    const struct svct_token *token = &making->row.token;

    svct_say("made %s/%s (id %s, role %s)", token->account, token->name,
             token->id, making->row.role);
    svct_handover_say_times(&making->handover, &making->row,
                            making->account_expires);
    if (token->max_uses == 1)
        svct_say("it opens one login: each time that it is given is a use");
    else if (token->max_uses > 1)
        svct_say("it opens %lu logins: each time that it is given is a use",
                 (unsigned long)token->max_uses);
    if (making->sudo_shut)
        svct_hint_local("the token");
    svct_handover_say_where(&making->handover);
}

int svct_token_create(const struct svct_call *call)
{
    struct making making = {.call = call};
    int r;

    svct_handover_init(&making.handover, call);
    r = read_request(&making);
    if (r == SVCT_EXIT_DONE)
        r = store(&making);
    if (r == SVCT_EXIT_DONE) {
        r = svct_handover_give(&making.handover, &making.row);
        if (r == SVCT_EXIT_DONE) {
            say_made(&making);
            r = making.handover.exit;
        } else {
            take_back(&making);
        }
    }
    svct_handover_done(&making.handover);
    return r;
}
