/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbwhole.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "auth/usage.h"
#include "base/names.h"
#include "base/safefile.h"
#include "write/genlist.h"
#include "write/pubcheck.h"
#include "write/publish.h"

static char sentence[512];

static const char *say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
static const char *say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return sentence;
}

/* ---- the records ---- */

#define SLOTS_SEEN 4096 /* higher ones are not looked at twice */

struct census {
    struct dbwhole *whole;
    size_t tokens;
    size_t pages;
    struct svct_usage *usage; /* fd -1: there is none */
    const char *wrong;
    bool slot_seen[SLOTS_SEEN];
    uint32_t highest; /* slot of a token */
    struct svct_slots slots;
};

/* No two tokens have one slot, and one with a limit of uses has its own. */
static int look_at_slot(struct census *census, const struct svct_token *token)
{
    struct svct_seen seen;
    int r;

    if (token->slot == 0 || token->slot >= SLOTS_SEEN)
        return 0;
    if (census->slot_seen[token->slot])
        census->wrong = say("token %s: slot %u is another's too", token->id,
                            (unsigned)token->slot);
    census->slot_seen[token->slot] = true;
    if (token->slot > census->highest)
        census->highest = token->slot;
    if (token->max_uses == 0)
        return 0;
    r = svct_usage_read_own(census->usage, token, &seen);
    if (r != 0)
        census->wrong = say("token %s: slot %u: %s", token->id,
                            (unsigned)token->slot, svct_err_text(r));
    return 0;
}

static const char *look_at_slots(const struct census *census)
{
    const struct svct_slots *slots = &census->slots;

    if (census->highest >= (slots->next == 0 ? 1 : slots->next))
        return say("slot %u was never given out", (unsigned)census->highest);
    for (size_t i = 0; i < slots->free_count; i++)
        if (slots->free[i] < SLOTS_SEEN && census->slot_seen[slots->free[i]])
            return say("slot %u is free and is not", (unsigned)slots->free[i]);
    return census->wrong;
}

static int look_at_public(struct svct_record *record)
{
    struct svct_pubuser user;
    struct svct_pubid id;
    struct svct_pubrole role;
    struct svct_pubpage page;
    struct svct_pubgroup group;

    switch (record->kind) {
    case SVCT_KIND_PUBUSER:
        return svct_pubuser_decode(record, &user);
    case SVCT_KIND_PUBID:
        return svct_pubid_decode(record, &id);
    case SVCT_KIND_PUBROLE:
        return svct_pubrole_decode(record, &role);
    case SVCT_KIND_PUBPAGE:
        return svct_pubpage_decode(record, &page);
    case SVCT_KIND_PUBGROUP:
        return svct_pubgroup_decode(record, &group);
    default:
        return SVCT_E_DAMAGED;
    }
}

static int count_one(void *arg, const struct svct_key *key,
                     struct svct_record *record)
{
    struct census *census = arg;
    struct svct_account account;
    struct svct_token token;
    struct svct_role role;
    struct svct_policy policy;
    struct svct_rolelist rolelist;
    struct svct_page page;
    int r;

    (void)key;
    switch (record->kind) {
    case SVCT_KIND_ACCOUNT:
        r = svct_account_decode(record, &account);
        if (r == 0 && census->whole->accounts == DBWHOLE_ACCOUNTS)
            return SVCT_E_TOOBIG;
        if (r == 0)
            memcpy(census->whole->account[census->whole->accounts++],
                   account.name, sizeof account.name);
        return r;
    case SVCT_KIND_TOKEN:
        census->tokens++;
        r = svct_token_decode(record, &token);
        return r == 0 ? look_at_slot(census, &token) : r;
    case SVCT_KIND_PAGE:
        census->pages++;
        return svct_page_decode(record, &page);
    case SVCT_KIND_ROLE:
        return svct_role_decode(record, &role);
    case SVCT_KIND_POLICY:
        return svct_policy_decode(record, &policy);
    case SVCT_KIND_ROLELIST:
        return svct_rolelist_decode(record, &rolelist);
    case SVCT_KIND_SLOTS:
        return svct_slots_decode(record, &census->slots);
    default:
        return look_at_public(record);
    }
}

static int count_token(void *arg, const struct svct_token *token)
{
    size_t *count = arg;

    (void)token;
    ++*count;
    return 0;
}

/* What the accounts say they have is what there is. */
static const char *look_at_accounts(const struct svct_snapshot *snapshot,
                                    const struct census *census)
{
    size_t tokens = 0, pages = 0;

    for (size_t i = 0; i < census->whole->accounts; i++) {
        const char *name = census->whole->account[i];
        struct svct_account account;
        struct svct_role role;
        size_t of_account = 0;
        int r = svct_lookup_account(snapshot, name, &account);

        if (r == 0)
            r = svct_lookup_role(snapshot, account.role, &role);
        if (r == 0)
            r = svct_lookup_tokens_of(snapshot, &account, count_token,
                                      &of_account);
        if (r != 0)
            return say("account %s: %s", name, svct_err_text(r));
        if (of_account != account.tokens)
            return say("account %s has %zu tokens and says %u", name,
                       of_account, (unsigned)account.tokens);
        tokens += of_account;
        pages += (of_account + SVCT_PAGE_IDS - 1) / SVCT_PAGE_IDS;
    }
    if (tokens != census->tokens || pages != census->pages)
        return say("%zu tokens and %zu pages, but the accounts have %zu and "
                   "%zu",
                   census->tokens, census->pages, tokens, pages);
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static const char *look_at_part(int dir_fd, enum svct_part part,
                                struct dbwhole *whole)
{
    struct svct_usage usage = {.fd = -1};
    struct census census = {.whole = whole, .usage = &usage};
    struct svct_fault fault = {0};
    struct svct_snapshot *snapshot;
    const struct svct_meta *meta;
    const char *wrong = NULL;
    int r = svct_snapshot_open(dir_fd, part, &snapshot, &fault);

    if (r != 0)
        return say("%s: %s (%s)", svct_part_file(part), svct_err_text(r),
                   fault.what);
    meta = svct_snapshot_meta(snapshot);
    whole->records[part] = meta->records;
    whole->digest[part] = meta->digest;
    if (part > 0 && whole->sequence != meta->sequence)
        wrong = say("two files of two generations");
    whole->sequence = meta->sequence;
    svct_usage_open(dir_fd, O_RDONLY, &usage, NULL);
    r = svct_snapshot_each(snapshot, 0, count_one, &census, &fault);
    svct_usage_close(&usage);
    if (r == 0)
        r = svct_snapshot_check_roll(snapshot, &fault);
    if (r != 0)
        wrong = say("each record of %s: %s (%s)", svct_part_file(part),
                    svct_err_text(r), fault.what);
    if (wrong == NULL && part == SVCT_PART_PRIVATE)
        wrong = look_at_accounts(snapshot, &census);
    if (wrong == NULL)
        wrong = look_at_slots(&census);
    svct_snapshot_free(snapshot);
    return wrong;
}

static void tell_published(void *arg, const char *text)
{
    const char **wrong = arg;

    *wrong = say("public.gdbm: %s", text);
}

/* Do both files agree? */
static const char *look_at_both(int dir_fd)
{
    struct svct_snapshot *part[SVCT_PARTS] = {NULL};
    struct svct_fault fault = {0};
    const char *wrong = NULL;
    uint64_t count;
    int r = 0;

    for (int i = 0; r == 0 && i < SVCT_PARTS; i++)
        r = svct_snapshot_open(dir_fd, (enum svct_part)i, &part[i], &fault);
    if (r == 0)
        r = svct_pubcheck_run(part[SVCT_PART_PUBLIC], part[SVCT_PART_PRIVATE],
                              tell_published, &wrong, &count, &fault);
    for (int i = 0; i < SVCT_PARTS; i++)
        svct_snapshot_free(part[i]);
    return r == 0 ? wrong : say("both files: %s", fault.what);
}

static const char *look_at_names(int dir_fd, const struct dbwhole *whole)
{
    for (size_t i = 0; i < whole->accounts; i++) {
        struct svct_fault fault = {0};
        int r = svct_names_lookup(dir_fd, whole->account[i], &fault);

        if (r != 1)
            return say("names does not list %s: %d (%s)", whole->account[i], r,
                       fault.what);
    }
    return NULL;
}

const char *dbwhole_look(const char *dir, struct dbwhole *ret_whole)
{
    struct svct_fault fault = {0};
    const char *wrong = NULL;
    int dir_fd, r;

    memset(ret_whole, 0, sizeof *ret_whole);
    r = svct_safefile_open_dir(dir, &dir_fd, &fault);
    if (r != 0)
        return say("%s: %s (%s)", dir, svct_err_text(r), fault.what);
    for (int part = 0; wrong == NULL && part < SVCT_PARTS; part++)
        wrong = look_at_part(dir_fd, (enum svct_part)part, ret_whole);
    if (wrong == NULL)
        wrong = look_at_both(dir_fd);
    qsort(ret_whole->account, ret_whole->accounts, sizeof ret_whole->account[0],
          by_bytes);
    if (wrong == NULL)
        wrong = look_at_names(dir_fd, ret_whole);
    close(dir_fd);
    return wrong;
}

bool dbwhole_same(const struct dbwhole *a, const struct dbwhole *b)
{
    return memcmp(a->records, b->records, sizeof a->records) == 0 &&
           memcmp(a->digest, b->digest, sizeof a->digest) == 0 &&
           a->accounts == b->accounts &&
           memcmp(a->account, b->account, sizeof a->account) == 0;
}

/* ---- the folder ---- */

static const char *tidy_names(const char *dir, const struct dbwhole *whole)
{
    char path[512], line[64], expected[64];
    const char *wrong = NULL;
    size_t i = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, SVCT_NAMES_FILE);
    file = fopen(path, "re");
    if (file == NULL)
        return whole->accounts == 0 ? NULL : say("no file names");
    while (wrong == NULL && fgets(line, sizeof line, file) != NULL) {
        snprintf(expected, sizeof expected, "%s\n",
                 i < whole->accounts ? whole->account[i] : "(nothing)");
        if (strcmp(line, expected) != 0)
            wrong = say("line %zu of names is \"%.40s\", not \"%.40s\"", i + 1,
                        line, expected);
        i++;
    }
    fclose(file);
    if (wrong == NULL && i != whole->accounts)
        wrong = say("names has %zu lines for %zu accounts", i, whole->accounts);
    return wrong;
}

static bool belongs(const char *name, uint64_t sequence)
{
    static const char *const fixed[] = {
        ".", "..", SVCT_CURRENT, "names", "lock", "reserve", SVCT_USAGE_FILE};
    char generation[32];

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(name, fixed[i]) == 0)
            return true;
    for (unsigned i = 0; i < SVCT_GENLIST_KEPT && i < sequence; i++) {
        snprintf(generation, sizeof generation, SVCT_GENERATION_FORMAT,
                 (unsigned long long)(sequence - i));
        if (strcmp(name, generation) == 0)
            return true;
    }
    return false;
}

const char *dbwhole_tidy(const char *dir, const struct dbwhole *whole)
{
    const char *wrong = tidy_names(dir, whole);
    DIR *folder = opendir(dir);
    struct dirent *entry;

    if (folder == NULL)
        return say("can't read %s", dir);
    while (wrong == NULL && (entry = readdir(folder)) != NULL)
        if (!belongs(entry->d_name, whole->sequence))
            wrong = say("%s is left over at generation %llu", entry->d_name,
                        (unsigned long long)whole->sequence);
    closedir(folder);
    return wrong;
}
