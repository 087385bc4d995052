/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "db_import.h"

#include "access.h"
#include "bringin.h"
#include "db.h"
#include "linefile.h"
#include "out.h"
#include "progress.h"
#include "say.h"
#include "trail.h"
#include "write/bulk.h"

enum {
    IMPORT_DRY_RUN,
    IMPORT_UPDATE,
    IMPORT_CONVERT
};

const struct svct_opt svct_db_import_options[] = {
    [IMPORT_DRY_RUN] = {"dry-run", NULL, 0,
                        "check all of it, say what would be done, and change "
                        "nothing"},
    [IMPORT_UPDATE] = {"update", NULL, 0,
                       "replace what is there and differs, instead of "
                       "refusing that line"},
    [IMPORT_CONVERT] = {"convert", NULL, 0,
                        "also accounts whose Unix user is in the group sudo, "
                        "wheel or adm"},
    {NULL, NULL, 0, NULL},
};

#define FAULTS_SHOWN 20

struct import {
    const struct svct_call *call;
    struct svct_linefile file;
    struct svct_bringin *bringin;
    struct svct_importlog log;
    struct svct_progress progress;
    uint64_t faults;
    bool exists; /* one of them for want of --update */
};

/* ---- the answer ---- */

#define COUNT_CELL(key)                                              \
    static void cell_##key(const void *row, struct svct_cell *cell)  \
    {                                                                \
        cell->number =                                               \
            (int64_t)((const struct svct_bringin_counts *)row)->key; \
    }

COUNT_CELL(accounts_added)
COUNT_CELL(accounts_updated)
COUNT_CELL(accounts_same)
COUNT_CELL(tokens_added)
COUNT_CELL(tokens_updated)
COUNT_CELL(tokens_same)
COUNT_CELL(still_revoked)
COUNT_CELL(roles_added)
COUNT_CELL(roles_updated)
COUNT_CELL(roles_same)
COUNT_CELL(policies_updated)
COUNT_CELL(unix_users)
COUNT_CELL(existing)
COUNT_CELL(without_user)

const struct svct_column svct_db_import_columns[] = {
    {"accounts_added", SVCT_CELL_NUMBER, 0, "ACCOUNTS NEW", "how many",
     cell_accounts_added},
    {"accounts_updated", SVCT_CELL_NUMBER, 0, "ACCOUNTS REPLACED", "how many",
     cell_accounts_updated},
    {"accounts_unchanged", SVCT_CELL_NUMBER, 0, "ACCOUNTS UNCHANGED",
     "how many were there already", cell_accounts_same},
    {"tokens_added", SVCT_CELL_NUMBER, 0, "TOKENS NEW", "how many",
     cell_tokens_added},
    {"tokens_updated", SVCT_CELL_NUMBER, 0, "TOKENS REPLACED", "how many",
     cell_tokens_updated},
    {"tokens_unchanged", SVCT_CELL_NUMBER, 0, "TOKENS UNCHANGED",
     "how many were there already", cell_tokens_same},
    {"tokens_still_revoked", SVCT_CELL_NUMBER, 0, "TOKENS STILL REVOKED",
     "how many are revoked here and not in the file", cell_still_revoked},
    {"roles_added", SVCT_CELL_NUMBER, 0, "ROLES NEW", "how many",
     cell_roles_added},
    {"roles_updated", SVCT_CELL_NUMBER, 0, "ROLES REPLACED", "how many",
     cell_roles_updated},
    {"roles_unchanged", SVCT_CELL_NUMBER, 0, "ROLES UNCHANGED",
     "how many were there already", cell_roles_same},
    {"policies_updated", SVCT_CELL_NUMBER, 0, "POLICIES REPLACED", "0 or 1",
     cell_policies_updated},
    {"unix_users_added", SVCT_CELL_NUMBER, 0, "UNIX USERS NEW",
     "how many new accounts are Unix users by svctoken alone", cell_unix_users},
    {"accounts_existing", SVCT_CELL_NUMBER, 0, "NEW OF THE HOST",
     "how many new accounts are Unix users of the host", cell_existing},
    {"accounts_without_user", SVCT_CELL_NUMBER, 0, "NEW WITHOUT UNIX USER",
     "how many of these the host does not have yet", cell_without_user},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- lines ---- */

static void say_line(struct import *import, int code,
                     const struct svct_fault *fault)
{
    import->exists |= code == SVCT_E_EXISTS;
    if (import->faults++ >= FAULTS_SHOWN)
        return;
    svct_progress_end(&import->progress);
    svct_say_usage(import->call, "line %llu: %s",
                   (unsigned long long)import->file.number,
                   svct_say_bare_long(fault->what).text);
}

static int take(struct import *import, const struct svct_line *line,
                struct svct_fault *fault)
{
    if (line->kind == SVCT_LINE_HEADER &&
        strcmp(line->format, SVCT_LINE_BACKUP) == 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "this is a backup: \"svctoken db restore\" "
                              "takes it");
    return svct_bringin_line(import->bringin, line, fault);
}

/* All lines; 0 also when some are wrong. */
static int read_all(struct import *import, struct svct_fault *fault)
{
    struct svct_line line;
    bool got = true;

    while (got) {
        int r;

        *fault = (struct svct_fault){0};
        r = svct_linefile_next(&import->file, &line, &got, fault);
        if (r == 0 && got)
            r = take(import, &line, fault);
        if (r != 0 && !svct_bulk_is_refusal(r))
            return r;
        if (r != 0)
            say_line(import, r, fault);
        /* Lines of a backup are not those of an import: one word will do. */
        if (r != 0 && import->file.backup)
            return 0;
        svct_progress_at(&import->progress, import->file.read,
                         import->file.number);
    }
    return 0;
}

static int refuse(const struct import *import)
{
    uint64_t hidden =
        import->faults > FAULTS_SHOWN ? import->faults - FAULTS_SHOWN : 0;

    if (hidden > 0)
        svct_say("... and %llu lines more", (unsigned long long)hidden);
    if (import->exists && !svct_opts_given(&import->call->opts, IMPORT_UPDATE))
        svct_say("with --update, what is there and differs is replaced; what "
                 "is revoked stays revoked");
    svct_say("nothing was imported");
    return SVCT_EXIT_USAGE;
}

static int bring_in(struct import *import, struct svct_txn *txn)
{
    const struct svct_call *call = import->call;
    struct svct_bringin_options options = {
        .update = svct_opts_given(&call->opts, IMPORT_UPDATE),
        .dry = svct_opts_given(&call->opts, IMPORT_DRY_RUN),
        .convert = svct_opts_given(&call->opts, IMPORT_CONVERT),
        .log = &import->log};
    struct svct_fault fault = {0};
    int r = svct_bringin_new(call, txn, &options, &import->bringin, &fault);

    if (r == 0) {
        svct_progress_begin(&import->progress, "import", import->file.size);
        r = read_all(import, &fault);
        svct_progress_end(&import->progress);
    }
    if (r == 0 && import->faults == 0) {
        r = svct_bringin_finish(import->bringin, &fault);
        if (svct_bulk_is_refusal(r)) {
            svct_say_usage(call, "%s", svct_say_bare_long(fault.what).text);
            import->faults++;
            r = 0;
        }
    }
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    return import->faults > 0 ? refuse(import) : SVCT_EXIT_DONE;
}

/* ---- the whole ---- */

static void add_count(struct svct_audit *audit, const char *key,
                      uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    svct_audit_add(audit, key, text);
}

static void audit_import(struct svct_audit *audit, const char *file,
                         const struct svct_bringin_counts *counts)
{
    svct_audit_begin(audit, "db-import");
    add_count(audit, "accounts-added", counts->accounts_added);
    add_count(audit, "accounts-updated", counts->accounts_updated);
    add_count(audit, "unix-users-added", counts->unix_users);
    add_count(audit, "tokens-added", counts->tokens_added);
    add_count(audit, "tokens-updated", counts->tokens_updated);
    add_count(audit, "roles-added", counts->roles_added);
    add_count(audit, "roles-updated", counts->roles_updated);
    add_count(audit, "policies-updated", counts->policies_updated);
    svct_audit_add(audit, "file", file);
}

static bool changes_nothing(const struct import *import,
                            const struct svct_bringin_counts *counts)
{
    bool replaced = svct_opts_given(&import->call->opts, IMPORT_UPDATE) &&
                    counts->still_revoked > 0;

    return !replaced && counts->accounts_added == 0 &&
           counts->accounts_updated == 0 && counts->tokens_added == 0 &&
           counts->tokens_updated == 0 && counts->roles_added == 0 &&
           counts->roles_updated == 0 && counts->policies_updated == 0;
}

static int store(struct import *import, struct svct_txn *txn,
                 const struct svct_bringin_counts *counts)
{
    struct svct_audit audit;
    bool published;

    if (svct_opts_given(&import->call->opts, IMPORT_DRY_RUN) ||
        changes_nothing(import, counts)) {
        svct_access_drop(txn);
        return SVCT_EXIT_DONE;
    }
    audit_import(&audit, import->file.name, counts);
    return svct_access_publish(import->call, txn, &audit, svct_importlog_more,
                               &import->log, &published);
}

static void say_imported(const struct import *import,
                         const struct svct_bringin_counts *counts)
{
    bool dry = svct_opts_given(&import->call->opts, IMPORT_DRY_RUN);

    if (dry)
        svct_say("a dry run: nothing was changed");
    else if (changes_nothing(import, counts))
        svct_say("all of it is there already: nothing was changed");
    else if (ferror(stdout)) /* why is said at the end */
        svct_say("the change is done, but what it did can't be told");
    if (counts->still_revoked > 0)
        svct_say("%llu token%s of the file %s revoked here, and %s so",
                 (unsigned long long)counts->still_revoked,
                 svct_say_s(counts->still_revoked),
                 counts->still_revoked == 1 ? "is" : "are",
                 counts->still_revoked == 1 ? "stays" : "stay");
}

static int import_file(struct import *import)
{
    const struct svct_call *call = import->call;
    struct svct_bringin_counts counts;
    struct svct_txn *txn;
    int r = svct_access_begin(call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_importlog_begin(&import->log, call, "db-import");
    if (r == SVCT_EXIT_DONE)
        r = bring_in(import, txn);
    if (r != SVCT_EXIT_DONE) {
        svct_bringin_free(import->bringin);
        svct_access_drop(txn);
        return r;
    }
    counts = *svct_bringin_counts(import->bringin);
    svct_bringin_free(import->bringin);
    r = store(import, txn, &counts);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_out_one(call, svct_db_import_columns, &counts);
    fflush(stdout);
    say_imported(import, &counts);
    svct_bringin_say_users(&counts);
    return r;
}

int svct_db_import(const struct svct_call *call)
{
    struct import import = {.call = call, .log.before.dir_fd = -1};
    int r = svct_linefile_open(call, svct_opts_operand(&call->opts, 0),
                               &import.file);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = import_file(&import);
    svct_importlog_done(&import.log);
    svct_linefile_done(&import.file);
    return r;
}
