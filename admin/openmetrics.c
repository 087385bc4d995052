/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "openmetrics.h"

#include "auth/timefmt.h"

#define PREFIX "svctoken_"

/* ---- lines ---- */

void svct_openmetrics_escape(const char *text, FILE *file)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", file);
        else if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else
            fputc(*text, file);
    }
}

static void head(FILE *file, const char *name, const char *help)
{
    fprintf(file,
            "# HELP " PREFIX "%s %s\n"
            "# TYPE " PREFIX "%s gauge\n",
            name, help, name);
}

static void sample(FILE *file, const char *name, int64_t value)
{
    fprintf(file, PREFIX "%s %lld\n", name, (long long)value);
}

static void labelled(FILE *file, const char *name, const char *label,
                     const char *of, int64_t value)
{
    fprintf(file, PREFIX "%s{%s=\"", name, label);
    svct_openmetrics_escape(of, file);
    fprintf(file, "\"} %lld\n", (long long)value);
}

/* A metric with one sample. */
static void single(FILE *file, const char *name, const char *help,
                   int64_t value)
{
    head(file, name, help);
    sample(file, name, value);
}

/* One with a sample for each state. */
static void by_state(FILE *file, const char *name, const char *help,
                     const char *const *states, const uint64_t *count)
{
    head(file, name, help);
    for (size_t i = 0; states[i] != NULL; i++)
        labelled(file, name, "state", states[i], (int64_t)count[i]);
}

/* ---- the database ---- */

static void write_files(FILE *file, const struct svct_dbsize *size)
{
    static const char name[] = "database_file_bytes";

    head(file, name, "Size of the files of the database.");
    labelled(file, name, "file", "private.gdbm", size->private_file);
    labelled(file, name, "file", "public.gdbm", size->public_file);
    labelled(file, name, "file", "private.roll", size->roll);
    labelled(file, name, "file", "names", size->names);
    labelled(file, name, "file", "usage", size->usage);
    single(file, "database_disk_bytes",
           "Size of the disk that the database is on.", size->disk);
    single(file, "database_disk_free_bytes", "What of it is free, for root.",
           size->disk_free);
}

static void write_database(const struct svct_overview *overview, FILE *file)
{
    const struct svct_inventory *inventory = &overview->inventory;

    single(file, "database_up",
           "Could all of the database be read, and is it whole?",
           overview->error == 0);
    if (overview->verified)
        single(file, "database_verify_problems",
               "Problems that db verify finds.",
               (int64_t)overview->verify_problems);
    if (!overview->opened)
        return;
    single(file, "database_generation",
           "Number of the current generation: one more with each change.",
           (int64_t)inventory->meta.sequence);
    single(file, "database_commit_timestamp_seconds", "When that change was.",
           inventory->meta.committed);
    single(file, "database_clock_suspect",
           "Is the clock so far before that change that every token is "
           "refused?",
           inventory->clock_suspect);
    single(file, "database_usage_readable",
           "Can the file with the last use of each token be read?",
           inventory->lastuse.code == 0);
    write_files(file, &inventory->size);
}

/* ---- what is in it ---- */

static void write_roles(const struct svct_inventory *inventory, FILE *file)
{
    head(file, "role_accounts", "Accounts by role.");
    for (size_t i = 0; i < inventory->roles; i++)
        labelled(file, "role_accounts", "role", inventory->role[i].name,
                 (int64_t)inventory->role[i].accounts);
    head(file, "role_tokens",
         "Tokens that open something now or will, by the role they have.");
    for (size_t i = 0; i < inventory->roles; i++)
        labelled(file, "role_tokens", "role", inventory->role[i].name,
                 (int64_t)inventory->role[i].tokens);
}

static void write_ends(const struct svct_inventory *inventory, FILE *file)
{
    const struct svct_inventory_counts *counts = &inventory->counts;
    static const char name[] = "tokens_ending";

    head(file, name,
         "Tokens that open something now or will, and end within that time.");
    labelled(file, name, "within", "1d", (int64_t)counts->within_day);
    labelled(file, name, "within", "7d", (int64_t)counts->within_week);
    labelled(file, name, "within", "30d", (int64_t)counts->within_month);
    head(file, "next_expiry_timestamp_seconds",
         "When the first of these ends; no sample when none does.");
    if (inventory->next.count > 0) {
        const struct svct_inventory_token *first =
            svct_firstof_at(&inventory->next, 0);

        sample(file, "next_expiry_timestamp_seconds", first->ends);
    }
}

static void write_inventory(const struct svct_inventory *inventory, FILE *file)
{
    const struct svct_inventory_counts *counts = &inventory->counts;

    by_state(file, "accounts", "Service accounts by state.",
             svct_account_states, counts->accounts_in);
    single(file, "apikeys", "Of these, those that are API keys.",
           (int64_t)counts->apikeys);
    by_state(file, "tokens", "Tokens by state.", svct_token_states,
             counts->tokens_in);
    single(file, "tokens_live",
           "Tokens that open something now or will: active or not yet valid, "
           "of an active account.",
           (int64_t)counts->live);
    single(file, "tokens_without_end",
           "Of these, those that never end, nor does their account.",
           (int64_t)counts->immortal);
    single(file, "tokens_unused",
           "Of these, active ones that were not used for so long as "
           "svctoken_tokens_unused_after_seconds says.",
           (int64_t)counts->unused);
    single(file, "tokens_unused_after_seconds",
           "Time without a use after which a token counts as unused.",
           inventory->wish.unused);
    write_ends(inventory, file);
    write_roles(inventory, file);
}

/* ---- the log ---- */

static void write_results(const struct svct_loginlog *logins, FILE *file)
{
    static const char name[] = "log_logins";

    head(file, name,
         "Logins of the log from svctoken_log_since_timestamp_seconds on, by "
         "what came of them.");
    labelled(file, name, "result", "granted", (int64_t)logins->granted);
    labelled(file, name, "result", "denied", (int64_t)logins->denied);
    labelled(file, name, "result", "undecided", (int64_t)logins->undecided);
}

/* A series for each reason, so that none begins with its first refusal; but a
 * moment only where there was one. */
static void write_reasons(const struct svct_loginlog *logins, FILE *file)
{
    head(file, "log_denied", "Of these, those that were denied, by reason.");
    for (unsigned i = 0; i < SVCT_LOGINLOG_REASONS; i++) {
        if (i != SVCT_UNDECIDED && i != SVCT_GRANTED)
            labelled(file, "log_denied", "reason", svct_loginlog_reason(i),
                     (int64_t)logins->reason[i].count);
    }
    head(file, "log_last_denied_timestamp_seconds",
         "When the last of these was, by reason.");
    for (unsigned i = 0; i < SVCT_LOGINLOG_REASONS; i++) {
        if (i != SVCT_UNDECIDED && logins->reason[i].last != 0)
            labelled(file, "log_last_denied_timestamp_seconds", "reason",
                     svct_loginlog_reason(i), logins->reason[i].last);
    }
}

static void write_logins(const struct svct_loginlog *logins, FILE *file)
{
    single(file, "log_readable", "Could the log of logins be read?",
           logins->source != SVCT_LOGINLOG_NOTHING);
    if (logins->source == SVCT_LOGINLOG_NOTHING)
        return;
    single(file, "log_since_timestamp_seconds",
           "From when on the log was looked at: a day ago, or later where it "
           "does not go back so far or has too much.",
           logins->since);
    write_results(logins, file);
    write_reasons(logins, file);
}

void svct_openmetrics_write(const struct svct_overview *overview, FILE *file)
{
    head(file, "build_info", "Version of svctoken; always 1.");
    labelled(file, "build_info", "version", PACKAGE_VERSION, 1);
    single(file, "metrics_timestamp_seconds", "When this was written.",
           overview->call->now);
    write_database(overview, file);
    if (overview->error == 0)
        write_inventory(&overview->inventory, file);
    if (overview->logins_wanted)
        write_logins(&overview->logins, file);
    fputs("# EOF\n", file);
}
