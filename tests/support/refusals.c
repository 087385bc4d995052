/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The refusals that tests/campaigns/sidechannel counts the instructions of:
 * in one process, with one database, round after round. Not a test.
 *
 *     refusals ROUNDS [ACCOUNTS]
 *
 * ACCOUNTS: how many others there are, so that tokens and accounts lie in
 * buckets and pages apart; else all is in one or two.
 *
 * Prints a line "USER KIND NANOSECONDS" for each call of pam_sm_authenticate in
 * the module, in their order. Each round has tokens of its own; an account has
 * room for those of 14. Exit code 77: it needs root.
 */
#include <config.h>

#include <inttypes.h>
#include <time.h>

#include "../support/pamhost.h"
#include "../support/privdir.h"

#define OURS "daemon"
#define OTHER "bin"
#define WITHOUT_TOKENS "games"

static struct pamhost host;

static int64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void attempt(const char *user, const char *kind,
                    const struct minted *token, bool miswritten)
{
    char text[SVCT_TOKEN_LEN + 1];
    char *last = &text[SVCT_TOKEN_LEN - 1];
    int64_t begin, spent;
    int code;

    dbmake_unmask(token, text);
    if (miswritten)
        *last = *last == 'x' ? 'y' : 'x';
    pamhost_log_clear();
    pamhost_start(&host, "sshd", user);
    host.text = text;
    begin = nanoseconds();
    code = pam_authenticate(host.pamh, 0);
    spent = nanoseconds() - begin;
    if (code == PAM_SUCCESS) {
        fprintf(stderr, "refusals: %s was let in\n", kind);
        exit(1);
    }
    pamhost_end(&host);
    printf("%s %s %" PRId64 "\n", user, kind, spent);
    fflush(stdout);
}

/* A token of the account that is no plain one. */
static struct minted add(const char *account, const char *name, int round,
                         void (*change)(struct svct_token *token))
{
    char both[SVCT_NAME_MAX + 1];
    struct svct_token token;

    snprintf(both, sizeof both, "%s%d", name, round);
    token = dbmake_token(account, both);
    if (change != NULL)
        change(&token);
    return dbmake_add_token(PAMHOST_DB, &token);
}

static void limit(struct svct_token *token)
{
    token->max_uses = 3;
}

static void cap(struct svct_token *token)
{
    snprintf(token->cap, sizeof token->cap, "Viewer");
}

static void disable(struct svct_token *token)
{
    token->disabled = true;
}

static void restrict_all(struct svct_token *token)
{
    for (int i = 0; i < 8; i++) {
        char source[32];

        snprintf(source, sizeof source, "192.0.2.%d/32", i);
        svct_sources_add(&token->sources, source);
    }
}

static void one_round(int round)
{
    struct minted plain = add(OURS, "plain", round, NULL);
    struct minted theirs = add(OTHER, "theirs", round, NULL);
    struct minted rotated = add(OURS, "rotated", round, NULL);
    struct minted revoked = add(OURS, "revoked", round, NULL);
    const struct {
        const char *kind;
        struct minted of; /* another secret of this token */
    } wrong[] = {
        {"wrong-secret", plain},
        {"wrong-secret-rotated", rotated},
        {"wrong-secret-revoked", revoked},
        {"wrong-secret-disabled", add(OURS, "off", round, disable)},
        {"wrong-secret-limited", add(OURS, "limited", round, limit)},
        {"wrong-secret-capped", add(OURS, "capped", round, cap)},
        {"wrong-secret-restricted", add(OURS, "from", round, restrict_all)},
        {"wrong-secret-of-another", theirs},
    };
    struct minted unknown, forged;
    char id[SVCT_TOKEN_ID_LEN + 1];

    dbmake_rotate_token(PAMHOST_DB, rotated.id, 600);
    dbmake_revoke_token(PAMHOST_DB, revoked.id);
    snprintf(id, sizeof id, "Unknown%03u", (unsigned)round % 1000);
    unknown = dbmake_forge(id);
    for (int i = 0; i < 8; i++)
        attempt(OURS, "first-after-changes", &unknown, false);
    attempt(OURS, "unknown-id", &unknown, false);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        forged = dbmake_forge(wrong[i].of.id);
        attempt(OURS, wrong[i].kind, &forged, false);
    }
    attempt(OURS, "token-of-another", &theirs, false);
    attempt(OURS, "wrong-check", &plain, true);
    attempt(WITHOUT_TOKENS, "unknown-id", &unknown, false);
    attempt(WITHOUT_TOKENS, "token-of-another", &theirs, false);
}

static void add_others(int count)
{
    for (int i = 0; i < count; i++) {
        struct svct_account account;
        char name[16];

        snprintf(name, sizeof name, "other%d", i);
        account = dbmake_account(name, "Editor");
        dbmake_add_account(PAMHOST_DB, &account);
    }
}

int main(int argc, char **argv)
{
    static const char *const users[] = {OURS, OTHER, WITHOUT_TOKENS};
    const char *reason = NULL;
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3;
    int others = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        fprintf(stderr, "refusals: %s\n", reason);
        return 77;
    }
    dbmake_init(PAMHOST_DB);
    pamhost_stack("sshd", "");
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        struct svct_account account = dbmake_account(users[i], "Editor");

        dbmake_add_account(PAMHOST_DB, &account);
    }
    add_others(others);
    for (int i = 0; i < rounds; i++)
        one_round(i);
    return 0;
}
