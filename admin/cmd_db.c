/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "access.h"
#include "db.h"
#include "db_backup.h"
#include "db_import.h"
#include "db_restore.h"
#include "dbsize.h"
#include "hint.h"
#include "out.h"
#include "say.h"

/* ---- info ---- */

struct info {
    const char *folder;
    struct svct_meta meta;
    int64_t accounts;
    int64_t tokens;
    int64_t roles;
    struct svct_dbsize size;
    bool clock_suspect;
};

static int count(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    struct info *info = arg;

    (void)record;
    info->accounts += key->data[0] == SVCT_KIND_ACCOUNT;
    info->tokens += key->data[0] == SVCT_KIND_TOKEN;
    info->roles += key->data[0] == SVCT_KIND_ROLE;
    return 0;
}

static int load_info(const struct svct_view *view, struct info *info,
                     struct svct_fault *fault)
{
    info->meta = *svct_snapshot_meta(view->snapshot);
    svct_dbsize_look(view->dir_fd, info->meta.sequence, &info->size);
    return svct_snapshot_each(view->snapshot, 0, count, info, fault);
}

static void cell_folder(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct info *)row)->folder;
}

static void cell_format(const void *row, struct svct_cell *cell)
{
    (void)row;
    cell->number = SVCT_RECORD_VERSION;
}

static void cell_sequence(const void *row, struct svct_cell *cell)
{
    cell->number = (int64_t)((const struct info *)row)->meta.sequence;
}

static void cell_committed(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->meta.committed;
}

static void cell_accounts(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->accounts;
}

static void cell_tokens(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->tokens;
}

static void cell_roles(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->roles;
}

static void cell_private(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size.private_file;
}

static void cell_public(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size.public_file;
}

static void cell_roll(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size.roll;
}

static void cell_names(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size.names;
}

static void cell_clock(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct info *)row)->clock_suspect;
}

static const struct svct_column info_columns[] = {
    {"folder", SVCT_CELL_TEXT, 0, "FOLDER", "where it is", cell_folder},
    {"format", SVCT_CELL_NUMBER, 0, "FORMAT", "version of the records",
     cell_format},
    {"sequence", SVCT_CELL_NUMBER, 0, "SEQUENCE", "one more with each change",
     cell_sequence},
    {"committed", SVCT_CELL_TIME, 0, "LAST CHANGE", "when that was",
     cell_committed},
    {"clock_suspect", SVCT_CELL_BOOL, SVCT_COLUMN_QUIET, "CLOCK SUSPECT",
     "is the clock more than five minutes before that? Then every token is "
     "refused",
     cell_clock},
    {"accounts", SVCT_CELL_NUMBER, 0, "ACCOUNTS", "how many", cell_accounts},
    {"tokens", SVCT_CELL_NUMBER, 0, "TOKENS", "how many, of any state",
     cell_tokens},
    {"roles", SVCT_CELL_NUMBER, 0, "ROLES", "how many", cell_roles},
    {"private_bytes", SVCT_CELL_NUMBER, 0, "PRIVATE.GDBM",
     "size of the file, bytes", cell_private},
    {"public_bytes", SVCT_CELL_NUMBER, 0, "PUBLIC.GDBM",
     "size of the file, bytes", cell_public},
    {"roll_bytes", SVCT_CELL_NUMBER, 0, "PRIVATE.ROLL",
     "size of the file, bytes", cell_roll},
    {"names_bytes", SVCT_CELL_NUMBER, 0, "NAMES", "size of the file, bytes",
     cell_names},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static int info(const struct svct_call *call)
{
    struct info all = {.folder = call->db};
    struct svct_fault fault = {0};
    struct svct_view view;
    char words[400];
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = load_info(&view, &all, &fault);
    svct_access_done(&view);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    all.clock_suspect = svct_hint_clock_suspect(call->now, all.meta.committed);
    r = svct_out_one(call, info_columns, &all);
    if (all.clock_suspect) {
        fflush(stdout); /* these words come after the sheet */
        svct_say("%s", svct_hint_clock(words, sizeof(words), call->now,
                                       all.meta.committed));
    }
    return r;
}

/* ---- the table ---- */

const struct svct_command svct_cmd_db[] = {
    {.group = "db",
     .name = "info",
     .summary = "show where the database is and what is in it",
     .text = "  svctoken db info\n",
     .columns = info_columns,
     .run = info},
    {.group = "db",
     .name = "verify",
     .operands = "[GENERATION]",
     .most = 1,
     .summary = "read all of the database and hold it against itself",
     .text = "GENERATION is one that is not the current one: its number, or "
             "the name of its\n"
             "folder.\n"
             "\n"
             "Exits with 0 when all is well, 1 when there are problems (each "
             "is a line) or no\n"
             "such generation, 3 when it could not look. It changes nothing "
             "and makes nobody\n"
             "wait.\n"
             "\n"
             "  svctoken db verify\n"
             "  svctoken db verify 41\n",
     .run = svct_db_verify},
    {.group = "db",
     .name = "accept-clock",
     .summary = "take the clock as right when the last change is ahead of it",
     .text = "As long as the clock is more than five minutes before the last "
             "change, every\n"
             "token is refused (clock_suspect). If the clock was ahead at that "
             "change and is\n"
             "right now, this sets the time of the change back to now. If the "
             "clock is wrong\n"
             "now, set it right instead: with one that is behind, tokens that "
             "have ended\n"
             "would open something again.\n"
             "\n"
             "Asks on a terminal; elsewhere it needs --yes.\n"
             "\n"
             "  svctoken db accept-clock\n",
     .options = svct_db_accept_clock_options,
     .run = svct_db_accept_clock},
    {.group = "db",
     .name = "export",
     .operands = "[FILE]",
     .most = 1,
     .summary = "write all of it as lines of JSON",
     .text = "To standard output, or to a new file, for root alone. No secret "
             "can be in it: it\n"
             "has the hash of a token. svctoken-import(5) says what the lines "
             "mean.\n"
             "\n"
             "  svctoken db export >all.jsonl\n"
             "  svctoken db export /root/all.jsonl\n",
     .run = svct_db_export},
    {.group = "db",
     .name = "import",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "bring accounts, tokens, roles and policy in, all or nothing",
     .text = "FILE has lines of JSON, as svctoken-import(5) describes them; "
             "\"-\" is standard\n"
             "input. A line that is wrong is named, and then nothing is "
             "imported. What is\n"
             "there and is the same stays; what differs is refused without "
             "--update. What is\n"
             "revoked here stays revoked.\n"
             "\n"
             "  svctoken db import --dry-run accounts.jsonl\n"
             "  ssh other svctoken db export | svctoken db import -\n",
     .options = svct_db_import_options,
     .columns = svct_db_import_columns,
     .run = svct_db_import},
    {.group = "db",
     .name = "backup",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "write all of it to a new file, with what was used",
     .text = "One whole generation and how often and when its tokens were "
             "used; read back and\n"
             "checked. No secret is in it: of a token it has the hash.\n"
             "\n"
             "  svctoken db backup /root/svctoken-backup.jsonl\n",
     .columns = svct_db_backup_columns,
     .run = svct_db_backup},
    {.group = "db",
     .name = "restore",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "put a backup in the place of what is there",
     .text =
         "Also where the database is lost or damaged. What is revoked now "
         "stays revoked,\n"
         "and of two counts of uses the higher one stays. It lists what "
         "would open\n"
         "something that opens nothing now, and what would go; then it asks "
         "on a terminal,\n"
         "and needs --yes elsewhere.\n"
         "\n"
         "  svctoken db restore --dry-run /root/svctoken-backup.jsonl\n"
         "  svctoken db restore /root/svctoken-backup.jsonl\n",
     .options = svct_db_restore_options,
     .columns = svct_db_restore_columns,
     .run = svct_db_restore},
    {.group = NULL},
};
