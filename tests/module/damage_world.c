/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "damage_world.h"

#include "../support/privdir.h"
#include "auth/role.h"
#include "auth/verify.h"
#include "damage_files.h"
#include "nss/place.h"
#include "write/change.h"

#define PASSWD_FILE PRIVDIR "/passwd"
#define GROUP_FILE PRIVDIR "/group"
#define FILLING 40 /* accounts, each with so many tokens: */
#define FILLING_TOKENS 8

const char *svct_nss_dir(void)
{
    return PAMHOST_DB;
}

const char *svct_nss_passwd_file(void)
{
    return PASSWD_FILE;
}

const char *svct_nss_group_file(void)
{
    return GROUP_FILE;
}

/* ---- accounts and roles ---- */

static struct svct_account account_of(const char *name, const char *role,
                                      uint32_t uid)
{
    struct svct_account account = dbmake_account(name, role);

    if (uid == 0)
        return account;
    account.uid = account.gid = uid;
    snprintf(account.home, sizeof account.home, "/srv/%s", name);
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    return account;
}

static void add_account(const char *name, const char *role, uint32_t uid)
{
    struct svct_account account = account_of(name, role, uid);

    dbmake_add_account(PAMHOST_DB, &account);
}

static void add_group(struct svct_role *role, const char *group, uint32_t gid)
{
    role->gids[role->groups_count] = gid;
    snprintf(role->groups[role->groups_count++], sizeof role->groups[0], "%s",
             group);
}

static struct svct_role builders(bool before)
{
    struct svct_role role = {.place = 0};

    snprintf(role.name, sizeof role.name, "Builders");
    if (svct_globs_add(&role.allow, "*") != 0)
        abort();
    add_group(&role, DAMAGE_GROUP, DAMAGE_GROUP_GID);
    add_group(&role, DAMAGE_HOST_GROUP, 0);
    if (before)
        add_group(&role, DAMAGE_TAKEN, DAMAGE_TAKEN_GID);
    return role;
}

static void add_accounts(void)
{
    struct svct_role role = builders(true);
    char name[SVCT_LOGIN_MAX + 1];

    dbmake_add_role(PAMHOST_DB, &role, SVCT_ROLE_VIEWER);
    add_account(DAMAGE_EXISTING, SVCT_ROLE_ADMIN, 0);
    add_account(DAMAGE_OWN, "Builders", DAMAGE_OWN_UID);
    add_account(DAMAGE_MOVED, "Builders", DAMAGE_MOVED_UID);
    add_account(DAMAGE_OFF, SVCT_ROLE_ADMIN, 0);
    add_account(DAMAGE_GONE, "Builders", DAMAGE_GONE_UID);
    for (unsigned i = 0; i < FILLING; i++) {
        snprintf(name, sizeof name, "filling%u", i);
        add_account(name, i % 2 == 0 ? "Builders" : SVCT_ROLE_EDITOR,
                    71000 + i);
    }
}

/* ---- tokens ---- */

static void expect(struct damage_world *world, const char *user,
                   struct minted token, enum svct_verdict verdict)
{
    if (world->logins == DAMAGE_LOGINS_MAX)
        abort();
    world->login[world->logins++] = (struct damage_login){user, token, verdict};
}

static struct minted add_token(struct svct_token token)
{
    return dbmake_add_token(PAMHOST_DB, &token);
}

static struct minted add_plain(const char *account, const char *name)
{
    return add_token(dbmake_token(account, name));
}

/* So that the files have several buckets and a directory that says
 * something. */
static void add_filling(void)
{
    char account[SVCT_LOGIN_MAX + 1], name[SVCT_NAME_MAX + 1];

    for (unsigned i = 0; i < FILLING; i++) {
        snprintf(account, sizeof account, "filling%u", i);
        for (unsigned t = 0; t < FILLING_TOKENS; t++) {
            snprintf(name, sizeof name, "t%u", t);
            add_plain(account, name);
        }
    }
}

static void take_a_use(const struct minted *minted)
{
    struct svct_attempt attempt = {.dir = PAMHOST_DB,
                                   .user = DAMAGE_EXISTING,
                                   .service = "sshd",
                                   .now = time(NULL)};
    char text[SVCT_TOKEN_LEN + 1];
    struct svct_outcome outcome;

    dbmake_unmask(minted, text);
    if (svct_verify_token(&attempt, text, SVCT_TOKEN_LEN, &outcome, NULL) !=
            0 ||
        outcome.verdict != SVCT_GRANTED)
        abort();
}

/* What is limited from the beginning. */
static void add_limited(struct damage_world *world)
{
    struct svct_token token = dbmake_token(DAMAGE_EXISTING, "expired");

    token.expires = time(NULL) - 60;
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_TOKEN_EXPIRED);
    token = dbmake_token(DAMAGE_EXISTING, "later");
    token.not_before = time(NULL) + 3000;
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_TOKEN_NOT_YET_VALID);
    token = dbmake_token(DAMAGE_EXISTING, "capped");
    snprintf(token.cap, sizeof token.cap, "Builders");
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_GRANTED);
    token = dbmake_token(DAMAGE_EXISTING, "none");
    snprintf(token.cap, sizeof token.cap, SVCT_ROLE_NONE);
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_ROLE_SERVICE);
    token = dbmake_token(DAMAGE_EXISTING, "elsewhere");
    if (svct_globs_add(&token.services, "cron") != 0)
        abort();
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_TOKEN_SERVICE);
    token = dbmake_token(DAMAGE_EXISTING, "counted");
    token.max_uses = 100;
    expect(world, DAMAGE_EXISTING, add_token(token), SVCT_GRANTED);
}

struct taken {
    struct minted revoked, deleted, rotated, ended, usedup, off, gone;
};

static struct taken add_what_is_taken(void)
{
    struct svct_token token = dbmake_token(DAMAGE_EXISTING, "usedup");
    struct taken taken;

    taken.revoked = add_plain(DAMAGE_EXISTING, "revoked");
    taken.deleted = add_plain(DAMAGE_EXISTING, "deleted");
    taken.rotated = add_plain(DAMAGE_EXISTING, "rotated");
    taken.ended = add_plain(DAMAGE_EXISTING, "ended");
    taken.off = add_plain(DAMAGE_OFF, "off");
    taken.gone = add_plain(DAMAGE_GONE, "gone");
    token.max_uses = 1;
    taken.usedup = add_token(token);
    return taken;
}

static void delete_token(const char *id)
{
    struct svct_txn_options options = {.dir = PAMHOST_DB, .holder = "damage"};
    struct svct_txn *txn;

    if (svct_txn_begin(&options, &txn, NULL) != 0 ||
        svct_change_token_delete(txn, id, NULL) != 0 ||
        svct_txn_commit(txn, time(NULL), NULL, NULL) != 0)
        abort();
    svct_txn_free(txn);
}

/* Each in a generation, of which the older ones are kept. */
static void take(struct damage_world *world, const struct taken *taken)
{
    struct svct_account off = account_of(DAMAGE_OFF, SVCT_ROLE_ADMIN, 0);
    struct svct_account moved =
        account_of(DAMAGE_MOVED, SVCT_ROLE_VIEWER, DAMAGE_MOVED_UID);
    struct svct_role role = builders(false);

    damage_files_keep(PAMHOST_DB);
    take_a_use(&taken->usedup);
    dbmake_delete_account(PAMHOST_DB, DAMAGE_GONE);
    damage_files_keep(PAMHOST_DB);
    delete_token(taken->deleted.id);
    off.disabled = true;
    dbmake_update_account(PAMHOST_DB, &off);
    dbmake_update_account(PAMHOST_DB, &moved);
    damage_files_keep(PAMHOST_DB);
    expect(world, DAMAGE_EXISTING,
           dbmake_rotate_token(PAMHOST_DB, taken->rotated.id, 3000),
           SVCT_GRANTED);
    expect(world, DAMAGE_EXISTING,
           dbmake_rotate_token(PAMHOST_DB, taken->ended.id, 0), SVCT_GRANTED);
    damage_files_keep(PAMHOST_DB);
    dbmake_update_role(PAMHOST_DB, &role);
    damage_files_keep(PAMHOST_DB);
    dbmake_revoke_token(PAMHOST_DB, taken->revoked.id);
}

static void expect_taken(struct damage_world *world, const struct taken *taken)
{
    expect(world, DAMAGE_EXISTING, taken->revoked, SVCT_TOKEN_REVOKED);
    expect(world, DAMAGE_EXISTING, taken->deleted, SVCT_TOKEN_UNKNOWN);
    expect(world, DAMAGE_EXISTING, taken->rotated, SVCT_GRANTED);
    expect(world, DAMAGE_EXISTING, taken->ended, SVCT_TOKEN_SUPERSEDED);
    expect(world, DAMAGE_EXISTING, taken->usedup, SVCT_TOKEN_USED_UP);
    expect(world, DAMAGE_OFF, taken->off, SVCT_ACCOUNT_DISABLED);
    expect(world, DAMAGE_EXISTING, taken->off, SVCT_TOKEN_OTHER_ACCOUNT);
    expect(world, DAMAGE_GONE, taken->gone, SVCT_UNDECIDED);
}

void damage_world_make(struct damage_world *world)
{
    struct minted valid;
    struct taken taken;

    world->logins = 0;
    privdir_write(PASSWD_FILE, "root:x:0:0::/root:/bin/sh\n" DAMAGE_PERSON
                               ":x:1000:1000::/:/bin/sh\n");
    privdir_write(GROUP_FILE, "root:x:0:\n" DAMAGE_HOST_GROUP ":x:998:\n");
    dbmake_init(PAMHOST_DB);
    add_accounts();
    valid = add_plain(DAMAGE_EXISTING, "valid");
    expect(world, DAMAGE_EXISTING, valid, SVCT_GRANTED);
    expect(world, DAMAGE_OWN, add_plain(DAMAGE_OWN, "valid"), SVCT_GRANTED);
    expect(world, DAMAGE_EXISTING, dbmake_forge(valid.id),
           SVCT_TOKEN_WRONG_SECRET);
    expect(world, DAMAGE_PERSON, valid, SVCT_UNDECIDED);
    add_limited(world);
    taken = add_what_is_taken();
    add_filling();
    take(world, &taken);
    expect_taken(world, &taken);
    damage_files_begin(PAMHOST_DB);
}
