/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbcheck.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apikeycheck.h"
#include "base/safefile.h"
#include "dbdamage.h"
#include "dbgather.h"
#include "hint.h"
#include "lost.h"
#include "rolecheck.h"
#include "write/namelist.h"
#include "write/pubcheck.h"
#include "write/publish.h"

struct state {
    struct svct_dbcheck *check;
    int generation_fd;
    struct svct_snapshot *part[SVCT_PARTS];
    struct svct_dbgather gather;
};

void svct_dbcheck_problem(struct svct_dbcheck *check, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    check->problems++;
    check->report(check->arg, sentence);
}

/* ---- what must agree ---- */

static void check_roles(struct state *state)
{
    for (size_t i = 0; i < state->gather.named.count; i++) {
        const struct svct_gathered_role *named =
            svct_gathered_at(&state->gather.named, i);

        if (svct_gathered_find(&state->gather.roles, named->name) == NULL)
            svct_dbcheck_problem(
                state->check,
                "the account %s, or a token of its, has the role "
                "%s, which is not there",
                named->user, named->name);
    }
    svct_rolecheck_run(state->check, state->part[SVCT_PART_PRIVATE]);
    if (state->gather.policies != 1)
        svct_dbcheck_problem(state->check,
                             "there are %llu policy records, and should be 1",
                             (unsigned long long)state->gather.policies);
}

static void check_owners(struct state *state)
{
    for (size_t i = 0; i < state->gather.tokens.count; i++) {
        const struct svct_gathered_token *token =
            svct_gathered_at(&state->gather.tokens, i);
        struct svct_gathered_account *account =
            svct_gathered_find(&state->gather.accounts, token->account);

        if (account == NULL)
            svct_dbcheck_problem(
                state->check,
                "the token %s is of the account %s, which is not "
                "there",
                token->id, token->account);
        else
            account->found++;
    }
}

static void check_page(struct state *state,
                       const struct svct_gathered_account *account,
                       const struct svct_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct svct_gathered_token *token =
            svct_gathered_find(&state->gather.tokens, page->id[i]);

        if (token == NULL)
            svct_dbcheck_problem(
                state->check,
                "the account %s lists the token %s, which is not "
                "there",
                account->name, page->id[i]);
        else if (strcmp(token->account, account->name) != 0)
            svct_dbcheck_problem(
                state->check,
                "the account %s lists the token %s, which is of %s",
                account->name, page->id[i], token->account);
        else
            token->paged++;
    }
}

/* Returns how many pages the account should have. */
static uint64_t check_pages(struct state *state,
                            const struct svct_gathered_account *account)
{
    struct svct_account named = {.tokens = account->tokens};
    uint32_t number = 0;

    memcpy(named.name, account->name, sizeof(named.name));
    for (; number * SVCT_PAGE_IDS < account->tokens; number++) {
        struct svct_page page;
        int r = svct_lookup_page(state->part[SVCT_PART_PRIVATE], &named, number,
                                 &page);

        if (r == 0)
            check_page(state, account, &page);
        else
            svct_dbcheck_problem(
                state->check, "the account %s: page %u of its tokens: %s",
                account->name, (unsigned)number, svct_err_text(r));
    }
    return number;
}

static void check_accounts(struct state *state)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < state->gather.accounts.count; i++) {
        const struct svct_gathered_account *account =
            svct_gathered_at(&state->gather.accounts, i);

        if (account->tokens != account->found)
            svct_dbcheck_problem(
                state->check,
                "the account %s says it has %u tokens, and there "
                "are %u",
                account->name, (unsigned)account->tokens,
                (unsigned)account->found);
        pages += check_pages(state, account);
    }
    if (pages != state->check->counts.pages)
        svct_dbcheck_problem(
            state->check, "there are %llu pages of tokens, and should be %llu",
            (unsigned long long)state->check->counts.pages,
            (unsigned long long)pages);
}

static int by_account_and_name(const void *a, const void *b)
{
    const struct svct_gathered_token *left = a, *right = b;
    int r = strcmp(left->account, right->account);

    if (r != 0)
        return r;
    return (left->name > right->name) - (left->name < right->name);
}

static void check_tokens(struct state *state)
{
    svct_gathered_sort(&state->gather.tokens, by_account_and_name);
    for (size_t i = 0; i < state->gather.tokens.count; i++) {
        const struct svct_gathered_token *token =
            svct_gathered_at(&state->gather.tokens, i);
        const struct svct_gathered_token *next =
            i + 1 < state->gather.tokens.count
                ? svct_gathered_at(&state->gather.tokens, i + 1)
                : NULL;

        if (token->paged != 1)
            svct_dbcheck_problem(
                state->check,
                "the token %s is listed %u times in the account "
                "%s, and should be once",
                token->id, (unsigned)token->paged, token->account);
        if (next != NULL && by_account_and_name(token, next) == 0)
            svct_dbcheck_problem(
                state->check, "the tokens %s and %s of %s have the same name",
                token->id, next->id, token->account);
    }
}

static bool is_whole_by_itself(const struct svct_snapshot *snapshot)
{
    struct svct_place place = {.seen = 0};
    struct svct_value value;
    int r;

    while ((r = svct_snapshot_next(snapshot, &place)) == 0) {
        enum svct_kind kind = (enum svct_kind)place.key.data[0];

        r = svct_snapshot_fetch(snapshot, &place.key, kind, &value);
        if (r < 0)
            break;
    }
    return r == SVCT_E_NOTFOUND;
}

/* Records that are damage by the roll alone are those of before. */
static void tell_of_another_time(struct state *state)
{
    struct svct_snapshot *bare;

    if (svct_snapshot_check_roll(state->part[SVCT_PART_PRIVATE], NULL) < 0 ||
        svct_snapshot_open_bare(state->generation_fd, SVCT_PART_PRIVATE, &bare,
                                NULL) < 0)
        return;
    if (is_whole_by_itself(bare))
        svct_dbcheck_problem(
            state->check,
            "private.gdbm: each record is whole, but some are not of this "
            "generation: the disk gave back what was there before, or lost "
            "what was written");
    svct_snapshot_free(bare);
}

/* So that the account or token that is hit can be set right. */
static void name_damaged(struct state *state, int dir_fd, const char *what)
{
    svct_dbcheck_problem(
        state->check, "private.gdbm: %s; so the rest was not compared", what);
    tell_of_another_time(state);
    svct_dbdamage_tell(state->check, state->part[SVCT_PART_PRIVATE], dir_fd,
                       state->check->current);
}

static int check_records(struct state *state, int dir_fd)
{
    struct svct_fault fault = {0};
    int r = svct_dbgather_read(&state->gather, state->part[SVCT_PART_PRIVATE],
                               &fault);

    if (r == SVCT_E_NOMEM)
        return r;
    if (r < 0) {
        name_damaged(state, dir_fd,
                     fault.code != 0 ? fault.what : svct_err_text(r));
        return 0;
    }
    check_roles(state);
    check_owners(state);
    check_accounts(state);
    check_tokens(state);
    svct_apikeycheck_run(state->check, state->part[SVCT_PART_PRIVATE]);
    return 0;
}

/* All of it, as far as records that are not there. */
static void check_roll(struct state *state)
{
    struct svct_fault fault = {0};

    if (svct_snapshot_check_roll(state->part[SVCT_PART_PRIVATE], &fault) < 0)
        svct_dbcheck_problem(state->check, "%s", fault.what);
}

static int take_public(void *arg, const struct svct_key *key,
                       struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

static void check_public(struct state *state)
{
    struct svct_fault fault = {0};
    int r = svct_snapshot_each(state->part[SVCT_PART_PUBLIC], 0, take_public,
                               state, &fault);

    if (r < 0)
        svct_dbcheck_problem(state->check, "public.gdbm: %s",
                             fault.code != 0 ? fault.what : svct_err_text(r));
}

static void tell_published(void *arg, const char *sentence)
{
    svct_dbcheck_problem(arg, "public.gdbm: %s", sentence);
}

/* Does it say what the private file implies? */
static int check_published(struct state *state)
{
    struct svct_fault fault = {0};
    uint64_t count;
    int r = svct_pubcheck_run(state->part[SVCT_PART_PUBLIC],
                              state->part[SVCT_PART_PRIVATE], tell_published,
                              state->check, &count, &fault);

    if (r < 0 && r != SVCT_E_NOMEM) {
        svct_dbcheck_problem(state->check, "%s", fault.what);
        r = 0;
    }
    return r;
}

static void check_metas(struct state *state, uint64_t sequence)
{
    const struct svct_meta *public =
        svct_snapshot_meta(state->part[SVCT_PART_PUBLIC]);
    const struct svct_meta *private =
        svct_snapshot_meta(state->part[SVCT_PART_PRIVATE]);

    state->check->meta = *private;
    if (public->sequence != sequence || private->sequence != sequence)
        svct_dbcheck_problem(
            state->check,
            "the files say they are of the generations %llu and "
            "%llu, and are in %llu",
            (unsigned long long)public->sequence,
            (unsigned long long)private->sequence,
            (unsigned long long)sequence);
    if (public->committed != private->committed)
        svct_dbcheck_problem(state->check,
                             "the files are not of the same time");
}

/* ---- the file "names" ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void compare_names(struct state *state, const struct svct_namelist *list)
{
    uint64_t before = state->check->problems;

    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && strcmp(list->name[i - 1], list->name[i]) >= 0)
            svct_dbcheck_problem(state->check, "names: %s is out of order",
                                 list->name[i]);
        if (svct_gathered_find(&state->gather.accounts, list->name[i]) == NULL)
            svct_dbcheck_problem(state->check,
                                 "names: %s is listed and is no account",
                                 list->name[i]);
    }
    for (size_t i = 0; i < state->gather.accounts.count; i++) {
        const char *name = svct_gathered_at(&state->gather.accounts, i);

        if (list->count == 0 || bsearch(name, list->name, list->count,
                                        sizeof(*list->name), by_text) == NULL)
            svct_dbcheck_problem(state->check,
                                 "names: the account %s is not listed", name);
    }
    state->check->names_differ = state->check->problems != before;
}

static int check_names(struct state *state, int dir_fd)
{
    struct svct_namelist list = {0};
    struct svct_fault fault = {0};
    int r = svct_namelist_read(&list, dir_fd, &fault);

    if (r == 0) {
        state->check->counts.listed = list.count;
        compare_names(state, &list);
    } else if (r != SVCT_E_NOMEM) {
        svct_dbcheck_problem(state->check, "names: %s",
                             fault.code != 0 ? fault.what : svct_err_text(r));
        r = 0;
    }
    svct_namelist_done(&list);
    return r;
}

/* ---- the file "usage" ---- */

static void tell_usage(void *arg, const char *sentence)
{
    svct_dbcheck_problem(arg, "%s", sentence);
}

/* That file goes with the current generation: another commit in between can
 * be why they differ. */
static void check_usage(struct state *state, int dir_fd)
{
    uint64_t before = state->check->problems;
    bool current = state->check->current;

    svct_dbusage_compare(&state->gather.usage, current ? dir_fd : -1,
                         tell_usage, state->check);
    if (current && state->check->problems != before)
        state->check->names_differ = true;
}

/* ---- all of it ---- */

static int open_parts(struct state *state, int generation_fd, bool *ret_both,
                      struct svct_fault *ret_fault)
{
    *ret_both = true;
    for (int i = 0; i < SVCT_PARTS; i++) {
        struct svct_fault fault = {0};
        int r = svct_snapshot_open_generation(generation_fd, (enum svct_part)i,
                                              &state->part[i], &fault);

        if (r == SVCT_E_NOMEM || r == SVCT_E_ACCESS) {
            *ret_fault = fault;
            return r;
        }
        if (r < 0) {
            svct_dbcheck_problem(
                state->check, "%s: %s", svct_part_file((enum svct_part)i),
                fault.code != 0 ? fault.what : svct_err_text(r));
            *ret_both = false;
        }
    }
    return 0;
}

/* Who may look for a user there: everybody. Opening it as root tells nothing.
 * The next change makes both anew. */
static void check_open_to_all(struct svct_dbcheck *check, int generation_fd)
{
    const char *file = svct_part_file(SVCT_PART_PUBLIC);
    struct stat folder, st;

    if (fstat(generation_fd, &folder) != 0 ||
        fstatat(generation_fd, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return; /* it was opened: gone since */
    if ((st.st_mode & S_IROTH) == 0)
        svct_dbcheck_problem(check,
                             "%s can't be read by everybody (mode %04o): to "
                             "others the Unix users of svctoken are unknown; "
                             "it should have the mode 0644",
                             file, (unsigned)st.st_mode & 07777);
    if ((folder.st_mode & S_IXOTH) == 0)
        svct_dbcheck_problem(check,
                             "the folder of %s can't be entered by everybody "
                             "(mode %04o): to others the Unix users of "
                             "svctoken are unknown; it should have the mode "
                             "0755",
                             file, (unsigned)folder.st_mode & 07777);
}

static void check_clock(struct state *state)
{
    const struct svct_dbcheck *check = state->check;
    char words[400];

    if (svct_hint_clock_suspect(check->now, check->meta.committed))
        svct_dbcheck_problem(state->check, "%s",
                             svct_hint_clock(words, sizeof(words), check->now,
                                             check->meta.committed));
}

static int check_generation(struct state *state, int dir_fd, int generation_fd,
                            struct svct_fault *fault)
{
    uint64_t before = state->check->problems;
    bool both;
    int r = open_parts(state, generation_fd, &both, fault);

    state->generation_fd = generation_fd;
    if (r < 0 || !both)
        return r;
    check_metas(state, state->check->sequence);
    check_roll(state);
    check_public(state);
    r = check_records(state, dir_fd);
    if (r == 0 && state->check->problems == before)
        r = check_published(state);
    if (r == 0 && state->check->problems == before && state->check->current)
        r = check_names(state, dir_fd);
    if (r == 0 && state->check->problems == before)
        check_usage(state, dir_fd);
    if (r == 0) {
        check_open_to_all(state->check, generation_fd);
        check_clock(state);
    }
    return r;
}

static int open_current(int dir_fd, int *ret_fd, uint64_t *ret_sequence,
                        struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1];
    int r = 0;

    for (int i = 0; i < 8; i++) { /* it may be pruned in between */
        r = svct_snapshot_current(dir_fd, name, ret_sequence, fault);
        if (r < 0)
            return r;
        r = svct_safefile_open_subdir(dir_fd, name, ret_fd, fault);
        if (r != SVCT_E_NOTFOUND)
            return r;
    }
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                          "the generation %s is not there", name);
}

static int open_wanted(struct svct_dbcheck *check, int dir_fd, int *ret_fd,
                       struct svct_fault *fault)
{
    char name[SVCT_GENERATION_LEN + 1], wanted[40];
    uint64_t sequence = 0;
    int r;

    if (check->wanted == 0) {
        check->current = true;
        return open_current(dir_fd, ret_fd, &check->sequence, fault);
    }
    svct_snapshot_current(dir_fd, name, &sequence, NULL);
    check->current = sequence == check->wanted;
    snprintf(wanted, sizeof(wanted), SVCT_GENERATION_FORMAT,
             (unsigned long long)check->wanted);
    r = svct_safefile_open_subdir(dir_fd, wanted, ret_fd, fault);
    if (r == 0)
        check->sequence = check->wanted;
    return r;
}

static int check_dir(struct state *state, const char *dir, int dir_fd,
                     struct svct_fault *fault)
{
    int generation_fd;
    int r = open_wanted(state->check, dir_fd, &generation_fd, fault);

    if (state->check->wanted == 0)
        r = svct_lost_link(dir, r, fault);
    if (r == SVCT_E_DAMAGED && fault->code != 0) {
        svct_dbcheck_problem(state->check, "%s", fault->what);
        return 0;
    }
    if (r < 0)
        return r;
    state->check->meta.sequence = state->check->sequence;
    r = check_generation(state, dir_fd, generation_fd, fault);
    close(generation_fd);
    return r;
}

static void state_done(struct state *state)
{
    for (int i = 0; i < SVCT_PARTS; i++)
        svct_snapshot_free(state->part[i]);
    svct_dbgather_done(&state->gather);
}

int svct_dbcheck_run(struct svct_dbcheck *check, const char *dir,
                     struct svct_fault *fault)
{
    struct state state = {.check = check};
    int dir_fd, r = svct_safefile_open_dir(dir, &dir_fd, fault);

    if (r < 0)
        return r;
    svct_dbgather_init(&state.gather, check);
    r = check_dir(&state, dir, dir_fd, fault);
    close(dir_fd);
    state_done(&state);
    return r;
}
