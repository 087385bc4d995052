/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"

#include "args.h"
#include "auth/verify.h"
#include "say.h"
#include "suggest.h"

/* The nearest name so far is copied: a record does not outlive its visit. */
struct offer {
    struct svct_suggest *suggest;
    char *near;
};

static void offer_name(struct offer *offer, const char *name)
{
    struct svct_suggest *suggest = offer->suggest;

    svct_suggest_offer(suggest, name);
    if (suggest->best == name) {
        memcpy(offer->near, name, strlen(name) + 1);
        suggest->best = offer->near;
    }
}

static int offer_account(void *arg, const struct svct_key *key,
                         struct svct_record *record)
{
    struct svct_account account;

    (void)key;
    if (svct_account_decode(record, &account) == 0)
        offer_name(arg, account.name);
    return 0;
}

bool svct_access_near_account(const struct svct_snapshot *snapshot,
                              const char *name,
                              char ret_near[SVCT_LOGIN_MAX + 1])
{
    struct svct_suggest suggest;
    char near[SVCT_LOGIN_MAX + 1] = "";
    struct offer offer = {&suggest, near};

    svct_suggest_init(&suggest, name);
    if (svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, offer_account, &offer,
                           NULL) < 0 ||
        near[0] == '\0')
        return false;
    memcpy(ret_near, near, sizeof(near));
    return true;
}

/* That it is not found may be damage: the file "names" knows. */
static int no_account(const struct svct_call *call,
                      const struct svct_snapshot *snapshot, const char *name)
{
    struct svct_ownership ownership;
    struct svct_fault fault = {0};
    char near[SVCT_LOGIN_MAX + 1];

    if (svct_verify_whose(call->db, name, &ownership, &fault) == SVCT_E_DAMAGED)
        return svct_say_fault(call, SVCT_E_DAMAGED, &fault);
    if (svct_access_near_account(snapshot, name, near))
        return svct_say_no(call, "no service account %s; did you mean %s?",
                           svct_say_quote(name).text, near);
    return svct_say_no(call, "no service account %s",
                       svct_say_quote(name).text);
}

int svct_access_account(const struct svct_call *call,
                        const struct svct_snapshot *snapshot, const char *name,
                        struct svct_account *ret_account)
{
    int r = svct_args_login(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_account(snapshot, name, ret_account);
    if (r == SVCT_E_NOTFOUND)
        return no_account(call, snapshot, name);
    return r < 0 ? svct_say_code(call, r, "the account %s", name)
                 : SVCT_EXIT_DONE;
}

static bool is_account(const struct svct_snapshot *snapshot, const char *text)
{
    struct svct_account account;

    return svct_lookup_account(snapshot, text, &account) == 0;
}

static int no_id(const struct svct_call *call,
                 const struct svct_snapshot *snapshot, const char *text)
{
    if (is_account(snapshot, text))
        return svct_say_usage(call,
                              "%s is an account: name a token as %s/NAME; "
                              "\"svctoken token list %s\" shows them",
                              text, text, text);
    return svct_say_usage(call,
                          "%s names no token: give ACCOUNT/NAME or a token id "
                          "(10 letters and digits)",
                          svct_say_quote(text).text);
}

static int token_by_id(const struct svct_call *call,
                       const struct svct_snapshot *snapshot, const char *id,
                       struct svct_token *ret_token)
{
    int r;

    if (!svct_token_is_id(id))
        return no_id(call, snapshot, id);
    r = svct_lookup_token(snapshot, id, ret_token);
    if (r == SVCT_E_NOTFOUND && is_account(snapshot, id))
        return no_id(call, snapshot, id);
    if (r == SVCT_E_NOTFOUND)
        return svct_say_no(call, "no token with the id %s", id);
    return r < 0 ? svct_say_code(call, r, "the token %s", id) : SVCT_EXIT_DONE;
}

static int no_token(const struct svct_call *call,
                    const struct svct_account *account, const char *name)
{
    return svct_say_no(call,
                       "no token %s/%s; \"svctoken token list %s\" "
                       "shows those there are",
                       account->name, name, account->name);
}

int svct_access_token(const struct svct_call *call,
                      const struct svct_snapshot *snapshot, const char *text,
                      struct svct_token *ret_token)
{
    char login[SVCT_LOGIN_MAX + 1], name[SVCT_NAME_MAX + 1];
    struct svct_account account;
    int r;

    if (strchr(text, '/') == NULL)
        return token_by_id(call, snapshot, text, ret_token);
    r = svct_args_token(call, text, login, name);
    if (r == SVCT_EXIT_DONE)
        r = svct_access_account(call, snapshot, login, &account);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_token_named(snapshot, &account, name, ret_token);
    if (r == SVCT_E_NOTFOUND)
        return no_token(call, &account, name);
    return r < 0 ? svct_say_code(call, r, "the token %s", text)
                 : SVCT_EXIT_DONE;
}

static int offer_role(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    struct offer *offer = arg;
    struct svct_role role;

    (void)key;
    if (svct_role_decode(record, &role) == 0)
        offer_name(offer, role.name);
    return 0;
}

int svct_access_role(const struct svct_call *call,
                     const struct svct_snapshot *snapshot, const char *name,
                     struct svct_role *ret_role)
{
    struct svct_suggest suggest;
    char near[SVCT_ROLE_MAX + 1] = "";
    struct offer offer = {&suggest, near};
    int r = svct_args_role(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_role(snapshot, name, ret_role);
    if (r != SVCT_E_NOTFOUND)
        return r < 0 ? svct_say_code(call, r, "the role %s", name)
                     : SVCT_EXIT_DONE;
    svct_suggest_init(&suggest, name);
    svct_snapshot_each(snapshot, SVCT_KIND_ROLE, offer_role, &offer, NULL);
    if (near[0] != '\0')
        return svct_say_no(call, "no role %s; did you mean %s?",
                           svct_say_quote(name).text, near);
    return svct_say_no(call,
                       "no role %s; \"svctoken role list\" shows those "
                       "there are",
                       svct_say_quote(name).text);
}
