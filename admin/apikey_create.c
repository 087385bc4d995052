/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "apikey.h"

#include "access.h"
#include "args.h"
#include "handover.h"
#include "hint.h"
#include "lifetime.h"
#include "rows.h"
#include "say.h"
#include "trail.h"
#include "unixmake.h"
#include "write/change_apikey.h"

enum {
    CREATE_ROLE,
    CREATE_TTL,
    CREATE_EXPIRES,
    CREATE_NO_EXPIRY,
    CREATE_DESCRIPTION,
    CREATE_SOURCE,
    CREATE_SERVICE,
    CREATE_UNIX, /* the first one of unixmake.h */
    CREATE_OUT = CREATE_UNIX + SVCT_UNIXMAKE_OPTS
};

const struct svct_opt svct_apikey_create_options[] = {
    [CREATE_ROLE] = {"role", "ROLE", 0,
                     "what it may do; must be given; see \"svctoken role "
                     "list\""},
    [CREATE_TTL] = {"ttl", "DURATION", SVCT_OPT_EITHER,
                    "how long it lives, as 90s, 15m, 8h, 7d or 2w; 8h if "
                    "nothing is said and the policy was not changed"},
    [CREATE_EXPIRES] = {"expires", "WHEN", SVCT_OPT_EITHER,
                        "when it ends, as 2027-01-31T12:00:00Z or +8h"},
    [CREATE_NO_EXPIRY] = {"no-expiry", NULL, SVCT_OPT_EITHER,
                          "it never ends by itself"},
    [CREATE_DESCRIPTION] = {"description", "TEXT", 0, "what it is for"},
    [CREATE_SOURCE] = {"source", "CIDR|local", SVCT_OPT_MANY,
                       "logins only from there; \"local\": also where there "
                       "is no remote address, as in sudo and cron"},
    [CREATE_SERVICE] = {"service", "GLOB", SVCT_OPT_MANY,
                        "the token only for this PAM service, as sshd or "
                        "\"sudo*\""},
    SVCT_UNIXMAKE_TABLE(CREATE_UNIX),
    [CREATE_OUT] = {"out", "FILE", 0,
                    "write it to a new file, for root alone, instead of "
                    "standard output"},
    {NULL, NULL, 0, NULL},
};

static const struct svct_lifetime_options lifetime_options = {
    CREATE_TTL, CREATE_EXPIRES, CREATE_NO_EXPIRY};

struct making {
    const struct svct_call *call;
    struct svct_account account;
    struct svct_token_row row; /* its token */
    struct svct_lifetime lifetime;
    struct svct_role role; /* known from the database on */
    struct svct_unixmake user;
    struct svct_handover handover;
};

/* ---- what is asked for ---- */

static int read_limits(struct making *making)
{
    const struct svct_call *call = making->call;
    struct svct_account *account = &making->account;
    int r;

    if (!svct_opts_given(&call->opts, CREATE_ROLE))
        return svct_say_usage(call, "--role is missing: say what the API key "
                                    "may do; \"svctoken role list\" shows the "
                                    "roles");
    r = svct_args_get_role(call, CREATE_ROLE, account->role);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_text(call, CREATE_DESCRIPTION, account->description);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_sources(call, CREATE_SOURCE, false,
                                  &account->sources);
    if (r == SVCT_EXIT_DONE)
        r = svct_args_get_services(call, CREATE_SERVICE,
                                   &making->row.token.services);
    return r;
}

static int read_request(struct making *making)
{
    const struct svct_call *call = making->call;
    const char *name = svct_opts_operand(&call->opts, 0);
    struct svct_account *account = &making->account;
    struct svct_token *token = &making->row.token;
    int r = svct_args_login(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    snprintf(account->name, sizeof(account->name), "%s", name);
    snprintf(token->account, sizeof(token->account), "%s", name);
    snprintf(token->name, sizeof(token->name), "%s", SVCT_APIKEY_TOKEN);
    account->apikey = true;
    account->created = token->created = call->now;
    memcpy(account->created_by, call->actor.name, sizeof(call->actor.name));
    memcpy(token->created_by, call->actor.name, sizeof(call->actor.name));
    r = read_limits(making);
    if (r == SVCT_EXIT_DONE)
        r = svct_lifetime_read(call, &lifetime_options, "an API key",
                               &making->lifetime);
    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_read(call, CREATE_UNIX, name, &making->user);
    return r;
}

/* ---- what the database adds ---- */

static int set_end(struct making *making, const struct svct_snapshot *snapshot)
{
    int r = svct_lifetime_end(making->call, snapshot, &making->lifetime,
                              making->call->now, &making->account.expires);

    making->row.token.expires = making->account.expires;
    return r;
}

static int mint(struct making *making, struct svct_txn *txn)
{
    struct svct_fault fault = {0};
    struct svct_token *token = &making->row.token;
    int r = svct_handover_mint(&making->handover, token);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_change_apikey_create(txn, &making->account, token, NULL, &fault);
    return r < 0 ? svct_say_fault(making->call, r, &fault) : SVCT_EXIT_DONE;
}

static int complete(struct making *making, struct svct_txn *txn)
{
    const struct svct_call *call = making->call;
    const struct svct_snapshot *snapshot =
        svct_txn_view(txn, SVCT_PART_PRIVATE);
    int r =
        svct_access_role(call, snapshot, making->account.role, &making->role);

    if (r == SVCT_EXIT_DONE)
        r = set_end(making, snapshot);
    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_assign(&making->user, txn, &making->account);
    if (r == SVCT_EXIT_DONE)
        r = mint(making, txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_token_row_complete(snapshot, &making->account, call->now,
                                &making->row);
    return r < 0
               ? svct_say_code(call, r, "the role of %s", making->account.name)
               : SVCT_EXIT_DONE;
}

/* ---- storing it ---- */

static void audit_create(struct svct_audit *audit, const struct making *making)
{
    const struct svct_account *account = &making->account;

    svct_audit_begin(audit, "apikey-create");
    svct_audit_add(audit, "account", account->name);
    svct_audit_add(audit, "token", making->row.token.name);
    svct_audit_add(audit, "id", making->row.token.id);
    svct_audit_add(audit, "role", account->role);
    svct_trail_time(audit, "expires", account->expires);
    svct_trail_sources(audit, "sources", &account->sources);
    svct_trail_services(audit, "services", &making->row.token.services);
    svct_trail_unix(audit, account);
    if (account->description[0] != '\0')
        svct_audit_add(audit, "description", account->description);
}

static int store(struct making *making)
{
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_access_begin(making->call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = complete(making, txn);
    if (r == SVCT_EXIT_DONE)
        r = svct_handover_prepare(
            &making->handover, svct_opts_get(&making->call->opts, CREATE_OUT));
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    audit_create(&audit, making);
    return svct_handover_commit(&making->handover, txn, &audit);
}

/* ---- handing it over ---- */

/* Somebody may have deleted it since, and made another of that name: only its
 * own token's id tells. (A record that can't be read goes, too.) */
static int undo(const struct making *making, struct svct_txn *txn,
                bool *ret_gone)
{
    const struct svct_call *call = making->call;
    const struct svct_token *made = &making->row.token;
    struct svct_fault fault = {0};
    struct svct_token found;
    struct svct_audit audit;
    int r = svct_lookup_token(svct_txn_view(txn, SVCT_PART_PRIVATE), made->id,
                              &found);

    *ret_gone = r == SVCT_E_NOTFOUND;
    if (*ret_gone) {
        svct_access_drop(txn);
        return SVCT_EXIT_NO;
    }
    svct_audit_begin(&audit, "apikey-delete");
    svct_audit_add(&audit, "account", made->account);
    svct_audit_add(&audit, "token", made->name);
    svct_audit_add(&audit, "id", made->id);
    svct_audit_add(&audit, "reason", "not-delivered");
    r = svct_change_apikey_delete(txn, made->account, &fault);
    return r < 0 ? svct_access_give_up(call, txn, r, &fault)
                 : svct_access_commit(call, txn, &audit);
}

/* It is made and nobody has its token. */
static void take_back(struct making *making)
{
    const char *name = making->account.name;
    bool gone = false;
    struct svct_txn *txn;
    int r = svct_access_begin_again(making->call, true, &txn);

    svct_handover_drop(&making->handover);
    if (r == SVCT_EXIT_DONE)
        r = undo(making, txn, &gone);
    if (r == SVCT_EXIT_DONE)
        svct_say("deleted the API key %s again", name);
    else if (gone)
        svct_say("the API key %s that was made is gone already", name);
    else
        svct_say("the API key %s is there, and nobody has its token: "
                 "\"svctoken apikey delete %s\"",
                 name, name);
}

static void say_made(const struct making *making)
{
    const struct svct_account *account = &making->account;
    const struct svct_token *token = &making->row.token;

    svct_say("made the API key %s (token %s/%s, id %s, role %s)", account->name,
             token->account, token->name, token->id, account->role);
    svct_unixmake_say(&making->user, account);
    svct_handover_say_times(&making->handover, &making->row, account->expires);
    if (svct_hint_shuts_sudo(&account->sources, &making->role, NULL,
                             &token->services))
        svct_hint_local("the API key");
    svct_handover_say_where(&making->handover);
}

int svct_apikey_create(const struct svct_call *call)
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
            r = svct_unixmake_home(&making.user, &making.account);
            if (making.handover.exit != SVCT_EXIT_DONE)
                r = making.handover.exit;
        } else {
            take_back(&making);
        }
    }
    svct_handover_done(&making.handover);
    return r;
}
