/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "load_writers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/admintool.h"
#include "../support/privdir.h"
#include "auth/role.h"
#include "write/mint.h"

#define LINES PRIVDIR "/lines"
#define BACKUP PRIVDIR "/backup"
#define WORDS_MAX 4096
#define USES_MAX 150
#define TOKENS_EACH 50 /* of an account of an import */
#define IMPORT_MAX 100000
#define COUNTED 4 /* accounts of tokens with a limit */
#define ALIVE 4   /* tokens that were made and not revoked yet */

/* ---- the utility ---- */

#define MUST(condition, ...)                                  \
    do {                                                      \
        if (!(condition)) {                                   \
            fprintf(stderr, "load_writers.c:%d: ", __LINE__); \
            fprintf(stderr, __VA_ARGS__);                     \
            fprintf(stderr, "\n");                            \
            exit(1);                                          \
        }                                                     \
    } while (0)

static void read_all(int fd, char words[WORDS_MAX])
{
    size_t len = 0;
    ssize_t got;

    while ((got = read(fd, words + len, WORDS_MAX - 1 - len)) > 0)
        len += (size_t)got;
    words[len] = '\0';
}

/* What it says goes to words; it must succeed. When it ran: to ret_span. */
static void run(const char *const args[], char words[WORDS_MAX],
                struct story_span *ret_span)
{
    int ends[2], status = -1;
    pid_t pid;

    MUST(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    ret_span->begin = story_now();
    pid = fork();
    MUST(pid >= 0, "fork");
    if (pid == 0)
        admintool_be(args, ends[1]);
    close(ends[1]);
    read_all(ends[0], words);
    close(ends[0]);
    MUST(waitpid(pid, &status, 0) == pid, "waitpid");
    ret_span->end = story_now();
    MUST(status == 0, "%s %s: status %x: %s", args[0], args[1],
         (unsigned)status, words);
}

#define TOOL(words, span, ...) \
    run((const char *const[]){__VA_ARGS__, NULL}, words, span)

/* The token among what it said: the one line that begins so. */
static void find_token(const char *words, char ret_text[SVCT_TOKEN_LEN + 1])
{
    const char *at = strstr(words, SVCT_TOKEN_PREFIX);

    MUST(at != NULL && strlen(at) >= SVCT_TOKEN_LEN, "no token in: %s", words);
    memcpy(ret_text, at, SVCT_TOKEN_LEN);
    ret_text[SVCT_TOKEN_LEN] = '\0';
}

/* ---- what no command changes ---- */

static void make_account(const char *name, const char *role, bool disabled)
{
    struct svct_account account = dbmake_account(name, role);

    account.disabled = disabled;
    dbmake_add_account(PAMHOST_DB, &account);
}

static struct svct_token lasting(const char *account, const char *name)
{
    struct svct_token token = dbmake_token(account, name);

    token.expires = SVCT_TIME_NEVER;
    return token;
}

static struct minted make_token(struct svct_token token,
                                char ret_text[SVCT_TOKEN_LEN + 1])
{
    struct minted minted = dbmake_add_token(PAMHOST_DB, &token);

    dbmake_unmask(&minted, ret_text);
    return minted;
}

static void always(struct story *story, const char *user, const char *service,
                   const char *text, int outcome)
{
    story_always(story, story_add(story, user, service, text), outcome);
}

static void make_presented(struct story *story)
{
    char text[SVCT_TOKEN_LEN + 1];
    struct minted minted = make_token(lasting("steady", "valid"), text);

    always(story, "steady", "sshd", text, SVCT_GRANTED);
    always(story, "other", "sshd", text, SVCT_TOKEN_OTHER_ACCOUNT);
    always(story, "closed", "sshd", text, SVCT_TOKEN_OTHER_ACCOUNT);
    always(story, "alice", "sshd", text, PAMVERDICT_PERSON);
    minted = dbmake_forge(minted.id);
    dbmake_unmask(&minted, text);
    always(story, "steady", "sshd", text, SVCT_TOKEN_WRONG_SECRET);
    minted = dbmake_forge("nosuchtokn");
    dbmake_unmask(&minted, text);
    always(story, "steady", "sshd", text, SVCT_TOKEN_UNKNOWN);
    always(story, "steady", "sshd", "swordfish", SVCT_TOKEN_MALFORMED);
}

static void make_limited_by_time_and_role(struct story *story)
{
    char text[SVCT_TOKEN_LEN + 1];
    struct svct_token token = dbmake_token("steady", "expired");
    struct minted minted;

    token.expires = time(NULL) - 60;
    make_token(token, text);
    always(story, "steady", "sshd", text, SVCT_TOKEN_EXPIRED);
    token = lasting("steady", "later");
    token.not_before = time(NULL) + 86400;
    make_token(token, text);
    always(story, "steady", "sshd", text, SVCT_TOKEN_NOT_YET_VALID);
    token = lasting("steady", "capped");
    snprintf(token.cap, sizeof token.cap, "%s", SVCT_ROLE_EDITOR);
    make_token(token, text);
    always(story, "steady", "sshd", text, SVCT_GRANTED);
    always(story, "steady", "sudo", text, SVCT_ROLE_SERVICE);
    make_token(lasting("closed", "valid"), text);
    always(story, "closed", "sshd", text, SVCT_ACCOUNT_DISABLED);
    minted = make_token(lasting("steady", "revoked"), text);
    dbmake_revoke_token(PAMHOST_DB, minted.id);
    always(story, "steady", "sshd", text, SVCT_TOKEN_REVOKED);
}

void load_make_world(struct story *story)
{
    char name[16];

    dbmake_init(PAMHOST_DB);
    for (unsigned i = 0; i < COUNTED; i++) {
        snprintf(name, sizeof name, "counted%u", i);
        make_account(name, SVCT_ROLE_EDITOR, false);
    }
    make_account("steady", SVCT_ROLE_ADMIN, false);
    make_account("other", SVCT_ROLE_EDITOR, false);
    make_account("closed", SVCT_ROLE_EDITOR, true);
    make_account("life", SVCT_ROLE_EDITOR, false);
    make_account("turn", SVCT_ROLE_EDITOR, false);
    make_account("gate", SVCT_ROLE_EDITOR, false);
    make_account("edge", SVCT_ROLE_ADMIN, false);
    make_presented(story);
    make_limited_by_time_and_role(story);
}

/* ---- tokens ---- */

struct life {
    struct story *story;
    unsigned made, revoked, purged; /* tokens of the account "life" */
    struct story_subject *token[STORY_SUBJECTS_MAX];
    unsigned limited;
    unsigned rotations;
    struct story_subject *current, *former; /* secrets of "turn/key" */
};

static bool goes_on(const struct story *story)
{
    return !atomic_load(&story->stop) && !atomic_load(&story->failed);
}

/* What a command has printed, to log in with; granted from then on. */
static struct story_subject *take_secret(struct story *story, const char *user,
                                         const char *words, uint32_t max_uses,
                                         const struct story_span *span)
{
    char text[SVCT_TOKEN_LEN + 1];
    struct story_subject *subject;

    find_token(words, text);
    subject = story_add(story, user, "sshd", text);
    if (subject != NULL) {
        subject->max_uses = max_uses;
        story_tell(story, subject, SVCT_GRANTED, span);
    }
    return subject;
}

static void create_one(struct life *life)
{
    char name[32], words[WORDS_MAX];
    struct story_span span;

    snprintf(name, sizeof name, "life/t%u", life->made);
    TOOL(words, &span, "token", "create", name, "--ttl", "7d");
    life->token[life->made] = take_secret(life->story, "life", words, 0, &span);
    if (life->token[life->made] != NULL)
        life->made++;
}

static void create_limited(struct life *life)
{
    uint32_t uses = 1 + life->limited * 37 % USES_MAX;
    char user[16], name[48], number[16], words[WORDS_MAX];
    struct story_span span;

    snprintf(user, sizeof user, "counted%u", life->limited % COUNTED);
    snprintf(name, sizeof name, "%s/limited%u", user, life->limited++);
    snprintf(number, sizeof number, "%u", (unsigned)uses);
    TOOL(words, &span, "token", "create", name, "--ttl", "7d", "--max-uses",
         number);
    take_secret(life->story, user, words, uses, &span);
}

static void revoke_one(struct life *life)
{
    char name[32], words[WORDS_MAX];
    struct story_span span;

    if (life->made - life->revoked < ALIVE)
        return;
    snprintf(name, sizeof name, "life/t%u", life->revoked);
    TOOL(words, &span, "token", "revoke", name);
    story_tell(life->story, life->token[life->revoked++], SVCT_TOKEN_REVOKED,
               &span);
}

static void purge(struct life *life)
{
    char words[WORDS_MAX];
    struct story_span span;

    TOOL(words, &span, "token", "purge", "--older", "0", "--account", "life",
         "--yes");
    while (life->purged < life->revoked)
        story_tell(life->story, life->token[life->purged++], SVCT_TOKEN_UNKNOWN,
                   &span);
}

/* In turn: the secret so far goes on for an hour, or not for a second. The one
 * before it ends in both cases. */
static void rotate(struct life *life)
{
    bool overlap = life->rotations++ % 2 == 0;
    char words[WORDS_MAX];
    struct story_span span;

    TOOL(words, &span, "token", "rotate", "turn/key", "--overlap",
         overlap ? "1h" : "0");
    if (life->former != NULL)
        story_tell(life->story, life->former, SVCT_TOKEN_WRONG_SECRET, &span);
    if (!overlap)
        story_tell(life->story, life->current, SVCT_TOKEN_SUPERSEDED, &span);
    life->former = life->current;
    life->current = take_secret(life->story, "turn", words, 0, &span);
}

static void begin_rotating(struct life *life)
{
    char words[WORDS_MAX];
    struct story_span span;

    TOOL(words, &span, "token", "create", "turn/key", "--ttl", "7d");
    life->current = take_secret(life->story, "turn", words, 0, &span);
}

unsigned load_write_tokens(struct story *story)
{
    static struct life life;
    unsigned commands = 1;

    life = (struct life){.story = story};
    begin_rotating(&life);
    for (; goes_on(story); commands++) {
        if (commands % 16 == 15)
            purge(&life);
        else if (commands % 8 == 3)
            create_limited(&life);
        else if (commands % 3 == 0)
            create_one(&life);
        else if (commands % 3 == 1)
            revoke_one(&life);
        else
            rotate(&life);
    }
    return commands;
}

/* ---- accounts, and all at once ---- */

struct gates {
    struct story *story;
    struct story_subject *valid, *revoked; /* of "gate" */
    struct story_subject *flipped;
    struct story_subject *by_role, *by_source; /* of "edge" */
    unsigned import_tokens;
    unsigned imports, backups;
};

static struct story_subject *subject_of(struct story *story, const char *user,
                                        const char *service, const char *name,
                                        char ret_id[SVCT_TOKEN_ID_LEN + 1])
{
    char text[SVCT_TOKEN_LEN + 1];
    struct minted minted = make_token(lasting(user, name), text);

    memcpy(ret_id, minted.id, SVCT_TOKEN_ID_LEN + 1);
    return story_add(story, user, service, text);
}

static void begin_gates(struct gates *gates)
{
    struct story *story = gates->story;
    char id[SVCT_TOKEN_ID_LEN + 1];

    gates->valid = subject_of(story, "gate", "sshd", "valid", id);
    story_always(story, gates->valid, SVCT_GRANTED);
    gates->flipped = subject_of(story, "other", "sshd", "flip", id);
    story_always(story, gates->flipped, SVCT_GRANTED);
    gates->by_role = subject_of(story, "edge", "sudo", "role", id);
    story_always(story, gates->by_role, SVCT_GRANTED);
    gates->by_source = subject_of(story, "edge", "sshd", "source", id);
    story_always(story, gates->by_source, SVCT_GRANTED);
    gates->revoked = subject_of(story, "gate", "sshd", "revoked", id);
    dbmake_revoke_token(PAMHOST_DB, id);
    story_always(story, gates->revoked, SVCT_TOKEN_REVOKED);
}

/* The command, and what it makes of a subject: granted, or that. */
static void swing(struct gates *gates, const char *const args[],
                  struct story_subject *subject, bool open, int closed,
                  struct story_span *ret_span)
{
    char words[WORDS_MAX];

    run(args, words, ret_span);
    story_tell(gates->story, subject, open ? SVCT_GRANTED : closed, ret_span);
}

static void swing_account(struct gates *gates, bool open)
{
    const char *args[] = {"account", open ? "enable" : "disable", "gate", NULL};
    struct story_span span;

    swing(gates, args, gates->valid, open, SVCT_ACCOUNT_DISABLED, &span);
    story_tell(gates->story, gates->revoked,
               open ? SVCT_TOKEN_REVOKED : SVCT_ACCOUNT_DISABLED, &span);
}

static void swing_token(struct gates *gates, bool open)
{
    const char *args[] = {"token", open ? "enable" : "disable", "other/flip",
                          NULL};
    struct story_span span;

    swing(gates, args, gates->flipped, open, SVCT_TOKEN_DISABLED, &span);
}

static void edit_role(struct gates *gates, bool open)
{
    const char *args[] = {
        "account", "edit", "edge", "--role", open ? "Admin" : "Editor", NULL};
    struct story_span span;

    swing(gates, args, gates->by_role, open, SVCT_ROLE_SERVICE, &span);
}

/* For the token that asks for sudo as well: the source comes before. */
static void edit_source(struct gates *gates, bool open)
{
    const char *args[] = {
        "account", "edit", "edge", "--source", open ? "none" : "192.0.2.0/24",
        NULL};
    struct story_span span;

    swing(gates, args, gates->by_source, open, SVCT_ACCOUNT_SOURCE, &span);
    story_tell(gates->story, gates->by_role,
               open ? SVCT_GRANTED : SVCT_ACCOUNT_SOURCE, &span);
}

static void print_hash(FILE *file, const uint8_t digest[SVCT_DIGEST_LEN])
{
    for (int i = 0; i < SVCT_DIGEST_LEN; i++)
        fprintf(file, "%02x", digest[i]);
}

/* New accounts, and a token, known to us, of an account that is there. */
static void write_lines(struct gates *gates, const char *id,
                        const uint8_t digest[SVCT_DIGEST_LEN])
{
    const struct admintool_lines lines = {
        .tokens = gates->import_tokens,
        .each = TOKENS_EACH,
        .first = (unsigned long)gates->imports * IMPORT_MAX,
        .uid = 70000,
    };
    FILE *file = fopen(LINES, "we");

    MUST(file != NULL && lines.tokens <= IMPORT_MAX, "%s: %s", LINES,
         strerror(errno));
    admintool_lines(file, &lines);
    fprintf(file,
            "{\"kind\":\"token\",\"account\":\"steady\",\"name\":\"in%u\","
            "\"id\":\"%s\",\"ttl\":\"7d\",\"hash\":\"",
            gates->imports, id);
    print_hash(file, digest);
    fprintf(file, "\"}\n");
    MUST(fclose(file) == 0, "%s: %s", LINES, strerror(errno));
}

static void import_many(struct gates *gates)
{
    uint8_t digest[SVCT_DIGEST_LEN];
    char id[SVCT_TOKEN_ID_LEN + 1], words[WORDS_MAX];
    struct story_subject *subject;
    struct svct_secret secret;
    struct story_span span;

    MUST(svct_mint_token(&secret, id, digest) == 0, "no token");
    subject = story_add(gates->story, "steady", "sshd", secret.text);
    svct_secret_done(&secret);
    if (subject == NULL)
        return;
    story_always(gates->story, subject, SVCT_TOKEN_UNKNOWN);
    write_lines(gates, id, digest);
    TOOL(words, &span, "db", "import", LINES);
    story_tell(gates->story, subject, SVCT_GRANTED, &span);
    gates->imports++;
}

static void backup(struct gates *gates)
{
    char words[WORDS_MAX];
    struct story_span span;

    TOOL(words, &span, "db", "backup", BACKUP);
    MUST(unlink(BACKUP) == 0, "no backup");
    gates->backups++;
}

unsigned load_write_accounts(struct story *story, unsigned import_tokens)
{
    struct gates gates = {.story = story, .import_tokens = import_tokens};
    unsigned commands = 0;

    begin_gates(&gates);
    for (unsigned round = 0; goes_on(story); round++) {
        bool open = round % 2 == 1;

        swing_account(&gates, open);
        swing_token(&gates, open);
        edit_role(&gates, open);
        commands += 3;
        if (open) { /* then it is only the source that refuses */
            edit_source(&gates, false);
            edit_source(&gates, true);
            commands += 2;
        }
        if (round % 8 == 3)
            import_many(&gates);
        else if (round % 8 == 7)
            backup(&gates);
    }
    return commands + gates.imports + gates.backups;
}
