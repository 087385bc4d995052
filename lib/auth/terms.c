/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/terms.h"

#include <unistd.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "base/safefile.h"

/* On the heap: it is too much for the stack of somebody else's thread. */
struct records {
    struct svct_account account;
    struct svct_token token;
    struct svct_role role;
    struct svct_role cap;
    struct svct_policy policy;
    bool has_token;
    bool token_gone; /* deleted between the account phase and this */
    bool has_cap;
};

static int load_token(const struct svct_snapshot *snapshot,
                      const char *token_id, struct records *records)
{
    int err;

    if (token_id == NULL || token_id[0] == '\0')
        return 0;
    err = svct_lookup_token(snapshot, token_id, &records->token);
    if (err != 0 && err != SVCT_E_NOTFOUND)
        return err;
    records->has_token =
        err == 0 && strcmp(records->token.account, records->account.name) == 0;
    records->token_gone = !records->has_token;
    if (!records->has_token || records->token.cap[0] == '\0')
        return 0;
    records->has_cap = true;
    return svct_lookup_role(snapshot, records->token.cap, &records->cap);
}

static int load(const struct svct_snapshot *snapshot, const char *user,
                const char *token_id, struct records *records)
{
    int err = svct_lookup_account(snapshot, user, &records->account);

    if (err != 0)
        return err; /* there may be no such account (any more) */
    err = svct_lookup_role(snapshot, records->account.role, &records->role);
    if (err == 0)
        err = load_token(snapshot, token_id, records);
    if (err == 0)
        err = svct_lookup_policy(snapshot, &records->policy);
    return err == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : err;
}

bool svct_terms_is_ending(int64_t begun, int64_t expires, int64_t warn_before,
                          int64_t now)
{
    if (expires == SVCT_TIME_NEVER || begun < 0 || now < 0 || expires <= now ||
        expires <= begun)
        return false;
    return expires - now <= warn_before &&
           expires - now <= (expires - begun + 3) / 4;
}

int64_t svct_terms_begun(const struct svct_token *token)
{
    return token->not_before > token->created ? token->not_before
                                              : token->created;
}

static void fill(const struct records *records, struct svct_terms *terms)
{
    const struct svct_role *cap = records->has_cap ? &records->cap : NULL;

    terms->expires = records->account.expires;
    terms->begun = records->account.created;
    terms->warn_before = records->policy.warn_before;
    snprintf(terms->role, sizeof terms->role, "%s",
             svct_role_lower(&records->role, cap)->name);
    if (records->token_gone)
        terms->expires = 0;
    if (!records->has_token)
        return;
    snprintf(terms->token_name, sizeof terms->token_name, "%s",
             records->token.name);
    terms->token_ends = records->token.expires <= terms->expires;
    if (!terms->token_ends)
        return;
    terms->expires = records->token.expires;
    terms->begun = svct_terms_begun(&records->token);
}

static int look(int dir_fd, const char *user, const char *token_id,
                struct svct_terms *terms, struct svct_fault *fault)
{
    struct records *records = calloc(1, sizeof *records);
    struct svct_snapshot *snapshot = NULL;
    int err;

    if (records == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    err = svct_snapshot_open(dir_fd, SVCT_PART_PRIVATE, &snapshot, fault);
    if (err == 0) {
        err = load(snapshot, user, token_id, records);
        if (err == 0)
            fill(records, terms);
        else
            svct_fault_set(fault, err, 0, "the terms of %s: %s", user,
                           svct_err_text(err));
    }
    svct_snapshot_free(snapshot);
    free(records);
    return err;
}

int svct_terms_find(const char *dir, const char *user, const char *token_id,
                    struct svct_terms *ret_terms, struct svct_fault *fault)
{
    struct svct_terms terms = {.role = ""};
    int dir_fd, err;

    memset(ret_terms, 0, sizeof *ret_terms);
    if (user == NULL || svct_name_check_login(user) != 0)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                              "no service account can have this name");
    err = svct_safefile_open_dir(dir, &dir_fd, fault);
    if (err != 0)
        return err;
    err = look(dir_fd, user, token_id, &terms, fault);
    close(dir_fd);
    if (err == 0)
        *ret_terms = terms;
    return err;
}
