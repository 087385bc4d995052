/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbmake.h"

#include "auth/secret.h"
#include "privdir.h"
#include "write/change.h"
#include "write/change_rotate.h"
#include "write/change_role.h"
#include "write/mint.h"
#include "write/txn.h"

static struct svct_fault fault;

static void must(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "dbmake: %s: %s (%s)\n", what, svct_err_text(err),
            fault.what);
    exit(99);
}

static struct svct_txn_options options_for(const char *dir)
{
    return (struct svct_txn_options){
        .dir = dir, .holder = "dbmake", .wait_seconds = 5};
}

static struct svct_txn *begin(const char *dir)
{
    struct svct_txn_options options = options_for(dir);
    struct svct_txn *txn;

    must(svct_txn_begin(&options, &txn, &fault), "begin");
    return txn;
}

static void commit_at(struct svct_txn *txn, int64_t now)
{
    must(svct_txn_commit(txn, now, NULL, &fault), "commit");
    svct_txn_free(txn);
}

static void commit(struct svct_txn *txn)
{
    commit_at(txn, time(NULL));
}

void dbmake_init(const char *dir)
{
    struct svct_txn_options options = options_for(dir);
    struct svct_txn *txn;

    privdir_remove(dir);
    must(svct_txn_create(&options, &txn, &fault), "create");
    must(svct_change_populate(txn, &fault), "populate");
    commit_at(txn, time(NULL) - 3600);
}

struct svct_account dbmake_account(const char *name, const char *role)
{
    struct svct_account account = {.expires = SVCT_TIME_NEVER};

    snprintf(account.name, sizeof account.name, "%s", name);
    snprintf(account.role, sizeof account.role, "%s", role);
    snprintf(account.created_by, sizeof account.created_by, "dbmake");
    account.created = time(NULL) - 86400;
    return account;
}

void dbmake_add_account(const char *dir, const struct svct_account *account)
{
    struct svct_txn *txn = begin(dir);

    must(svct_change_account_create(txn, account, &fault), "account");
    commit(txn);
}

void dbmake_update_account(const char *dir, const struct svct_account *account)
{
    struct svct_txn *txn = begin(dir);

    must(svct_change_account_update(txn, account, &fault), "update");
    commit(txn);
}

void dbmake_delete_account(const char *dir, const char *name)
{
    struct svct_txn *txn = begin(dir);
    uint32_t tokens;

    must(svct_change_account_delete(txn, name, &tokens, &fault), "delete");
    commit(txn);
}

struct svct_token dbmake_token(const char *account, const char *name)
{
    struct svct_token token = {0};
    int64_t now = time(NULL);

    snprintf(token.account, sizeof token.account, "%s", account);
    snprintf(token.name, sizeof token.name, "%s", name);
    snprintf(token.created_by, sizeof token.created_by, "dbmake");
    token.created = now - 86400;
    token.expires = now + 3600;
    return token;
}

static void mask(struct svct_secret *text, struct minted *minted)
{
    for (int i = 0; i < SVCT_TOKEN_LEN; i++)
        minted->masked[i] = (uint8_t)text->text[i] ^ DBMAKE_MASK;
    svct_secret_done(text);
}

void dbmake_unmask(const struct minted *minted, char *ret_text)
{
    for (int i = 0; i < SVCT_TOKEN_LEN; i++)
        ret_text[i] = (char)(minted->masked[i] ^ DBMAKE_MASK);
    ret_text[SVCT_TOKEN_LEN] = '\0';
}

struct minted dbmake_add_token(const char *dir, struct svct_token *token)
{
    struct svct_txn *txn = begin(dir);
    struct svct_secret text;
    struct minted minted;

    must(svct_mint_token(&text, token->id, token->hash), "mint");
    memcpy(minted.id, token->id, sizeof minted.id);
    mask(&text, &minted);
    must(svct_change_token_issue(txn, token, NULL, &fault), "issue");
    commit(txn);
    return minted;
}

struct minted dbmake_rotate_token(const char *dir, const char *id,
                                  int64_t overlap)
{
    struct svct_rotation rotation = {
        .now = time(NULL), .actor = "dbmake", .overlap = overlap};
    struct svct_txn *txn = begin(dir);
    struct svct_rotated rotated;
    struct svct_secret text;
    struct minted minted;

    must(svct_mint_secret(id, &text, rotation.hash), "mint");
    snprintf(minted.id, sizeof minted.id, "%s", id);
    mask(&text, &minted);
    must(svct_change_token_rotate(txn, id, &rotation, &rotated, &fault),
         "rotate");
    commit(txn);
    return minted;
}

void dbmake_revoke_token(const char *dir, const char *id)
{
    struct svct_txn *txn = begin(dir);

    must(svct_change_token_revoke(txn, id, time(NULL), "dbmake", "", &fault),
         "revoke");
    commit(txn);
}

void dbmake_add_role(const char *dir, const struct svct_role *role,
                     const char *above)
{
    struct svct_txn *txn = begin(dir);

    must(svct_change_role_create(txn, role, above, &fault), "role");
    commit(txn);
}

void dbmake_update_role(const char *dir, const struct svct_role *role)
{
    struct svct_txn *txn = begin(dir);

    must(svct_change_role_update(txn, role, &fault), "update of a role");
    commit(txn);
}

void dbmake_commit_at(const char *dir, int64_t now)
{
    commit_at(begin(dir), now);
}

struct minted dbmake_forge(const char *id)
{
    static const char secret[] = "0123456789012345678901234567890123456789abc";
    struct svct_secret text;
    struct minted minted;

    must(svct_mint_assemble(id, secret, &text), "forge");
    snprintf(minted.id, sizeof minted.id, "%s", id);
    mask(&text, &minted);
    return minted;
}
