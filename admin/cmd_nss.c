/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <stdarg.h>
#include <stdlib.h>

#include "hostdb.h"
#include "nscd.h"
#include "nss_enable.h"
#include "nsscheck.h"
#include "nsswitchfile.h"
#include "out.h"
#include "say.h"

/* ---- status ---- */

struct status {
    bool works;
    bool asks[SVCT_NSSWITCH_DATABASES];
    bool has_line[SVCT_NSSWITCH_DATABASES];
    struct svct_nsswitch_words line[SVCT_NSSWITCH_DATABASES];
    bool module;
    bool root;
    bool known; /* the accounts */
    struct svct_nsscheck_accounts accounts;
    bool looked; /* for the first of them */
    bool found;
    bool nscd;
    json_t *problems; /* sentences */
};

static void __attribute__((format(printf, 2, 3)))
problem(struct status *status, const char *format, ...)
{
    char sentence[600];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    status->works = false;
    json_array_append_new(status->problems,
                          json_string(svct_say_bare_long(sentence).text));
}

static void look_at_line(struct status *status,
                         const struct svct_nsswitch_text *text,
                         enum svct_nsswitch_database database)
{
    struct svct_nsswitch_line line;
    struct svct_fault fault = {0};

    if (svct_nsswitch_look(text, database, &line, &fault) < 0) {
        problem(status, "%s", fault.what);
        return;
    }
    status->has_line[database] = line.there;
    status->line[database] = svct_nsswitch_show(text, &line);
    status->asks[database] = line.asks;
    if (!line.there && database == SVCT_NSSWITCH_INITGROUPS)
        status->asks[database] = status->asks[SVCT_NSSWITCH_GROUP];
    else if (line.named && !line.asks)
        problem(status,
                "the line of %s has svctoken where it is not always reached",
                svct_nsswitch_name(database));
    else if (!line.asks)
        problem(status, "svctoken is not asked for %s: \"svctoken nss enable\"",
                svct_nsswitch_name(database));
}

static int look_at_file(const struct svct_call *call, struct status *status)
{
    struct svct_nsswitchfile *file = malloc(sizeof(*file));
    struct svct_fault fault = {0};

    if (file == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    if (svct_nsswitchfile_look(SVCT_NSSWITCH_FOLDER, file, &fault) < 0)
        problem(status, "%s", fault.what);
    for (unsigned i = 0; fault.code == 0 && i < SVCT_NSSWITCH_DATABASES; i++)
        look_at_line(status, &file->text, (enum svct_nsswitch_database)i);
    free(file);
    return SVCT_EXIT_DONE;
}

static void look_at_module(struct status *status)
{
    struct svct_fault fault = {0};

    status->module = svct_nsscheck_module(&fault) == 0;
    if (!status->module)
        problem(status, "%s", fault.what);
    if (status->module && !svct_nsscheck_survives())
        problem(status, "the module ends programs that ask it (\"getent -s "
                        "svctoken passwd svctoken-ask\"): \"svctoken nss "
                        "disable\", and install it anew");
}

static int look_at_accounts(const struct svct_call *call, struct status *status)
{
    struct svct_fault fault = {0};
    int r = svct_nsscheck_accounts(call->db, &status->accounts, &fault);

    if (r == SVCT_E_ACCESS || r == SVCT_E_NOMEM)
        return svct_say_fault(call, r, &fault);
    status->known = r == 0;
    if (r == SVCT_E_NODB)
        problem(status, "there is no database: \"svctoken init\" makes one");
    else if (r < 0)
        problem(status, "the database can't be read: %s", fault.what);
    return SVCT_EXIT_DONE;
}

/* As any program asks. The module reads the host's own database only. */
static void look_up(const struct svct_call *call, struct status *status)
{
    const struct svct_nsscheck_accounts *accounts = &status->accounts;

    status->root = svct_nsscheck_finds("root", 0);
    if (!status->root)
        problem(status, "root is not found");
    status->looked = svct_hostdb_is(call->db) && accounts->first[0] != '\0';
    if (!status->looked)
        return;
    status->found = svct_nsscheck_finds(accounts->first, accounts->first_uid);
    if (!status->found)
        problem(status, "the account %s is not found, or has another uid",
                accounts->first);
}

static void cell_line(const void *row, enum svct_nsswitch_database database,
                      struct svct_cell *cell)
{
    const struct status *status = row;

    cell->null = !status->has_line[database];
    cell->text = cell->null ? "-" : status->line[database].text;
}

static void cell_works(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->works;
}

static void cell_passwd(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->asks[SVCT_NSSWITCH_PASSWD];
}

static void cell_passwd_line(const void *row, struct svct_cell *cell)
{
    cell_line(row, SVCT_NSSWITCH_PASSWD, cell);
}

static void cell_group(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->asks[SVCT_NSSWITCH_GROUP];
}

static void cell_group_line(const void *row, struct svct_cell *cell)
{
    cell_line(row, SVCT_NSSWITCH_GROUP, cell);
}

static void cell_initgroups(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->asks[SVCT_NSSWITCH_INITGROUPS];
}

static void cell_initgroups_line(const void *row, struct svct_cell *cell)
{
    cell_line(row, SVCT_NSSWITCH_INITGROUPS, cell);
}

static void cell_module(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->module;
}

static void cell_root(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->root;
}

static void cell_users(const void *row, struct svct_cell *cell)
{
    const struct status *status = row;

    cell->null = !status->known;
    cell->text = "not known";
    cell->number = (int64_t)status->accounts.alone;
}

static void cell_existing(const void *row, struct svct_cell *cell)
{
    const struct status *status = row;

    cell->null = !status->known;
    cell->text = "not known";
    cell->number = (int64_t)status->accounts.existing;
}

static void cell_looked_up(const void *row, struct svct_cell *cell)
{
    const struct status *status = row;

    cell->null = !status->looked;
    cell->text = cell->null ? "-" : status->accounts.first;
}

static void cell_found(const void *row, struct svct_cell *cell)
{
    const struct status *status = row;

    cell->null = !status->looked;
    cell->text = "-";
    cell->truth = status->found;
}

static void cell_nscd(const void *row, struct svct_cell *cell)
{
    cell->truth = ((const struct status *)row)->nscd;
}

static const struct svct_column status_columns[] = {
    {"works", SVCT_CELL_BOOL, 0, "WORKS", "is all of it as it should be?",
     cell_works},
    {"passwd", SVCT_CELL_BOOL, 0, "PASSWD", "is svctoken asked for users?",
     cell_passwd},
    {"passwd_line", SVCT_CELL_TEXT, 0, "PASSWD LINE", "in nsswitch.conf",
     cell_passwd_line},
    {"group", SVCT_CELL_BOOL, 0, "GROUP", "is it asked for groups?",
     cell_group},
    {"group_line", SVCT_CELL_TEXT, 0, "GROUP LINE", "in nsswitch.conf",
     cell_group_line},
    {"initgroups", SVCT_CELL_BOOL, 0, "INITGROUPS",
     "is it asked for the groups of a user who logs in?", cell_initgroups},
    {"initgroups_line", SVCT_CELL_TEXT, SVCT_COLUMN_QUIET, "INITGROUPS LINE",
     "in nsswitch.conf; null: that of group counts", cell_initgroups_line},
    {"module", SVCT_CELL_BOOL, 0, "MODULE",
     "can libc load " SVCT_NSSCHECK_MODULE "?", cell_module},
    {"root", SVCT_CELL_BOOL, 0, "ROOT FOUND", "is the user root found?",
     cell_root},
    {"users", SVCT_CELL_NUMBER, 0, "BY SVCTOKEN",
     "accounts that are Unix users by svctoken alone", cell_users},
    {"existing", SVCT_CELL_NUMBER, 0, "OF THE HOST",
     "accounts whose Unix user the host has besides", cell_existing},
    {"looked_up", SVCT_CELL_TEXT, SVCT_COLUMN_QUIET, "LOOKED UP",
     "the first of these users, for a try", cell_looked_up},
    {"found", SVCT_CELL_BOOL, SVCT_COLUMN_QUIET, "FOUND",
     "is it found, with its uid?", cell_found},
    {"nscd", SVCT_CELL_BOOL, 0, "NSCD", "does nscd(8) run?", cell_nscd},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static void say_problems(const struct status *status)
{
    size_t index;
    json_t *sentence;

    fflush(stdout); /* these words come after the sheet */
    json_array_foreach(status->problems, index, sentence)
        svct_say("problem: %s", json_string_value(sentence));
}

static int print_status(const struct svct_call *call,
                        const struct status *status)
{
    json_t *object;
    int r;

    if (call->opts.json) {
        object = svct_out_object(call, status_columns, status);
        svct_out_put(&object, "problems", json_incref(status->problems));
        r = svct_out_json(call, object);
    } else {
        r = svct_out_sheet(call, status_columns, status);
        say_problems(status);
    }
    if (r == SVCT_EXIT_DONE && !status->works)
        r = SVCT_EXIT_NO;
    return r;
}

static int status(const struct svct_call *call)
{
    struct status status = {.works = true, .problems = json_array()};
    int r = look_at_file(call, &status);

    if (r == SVCT_EXIT_DONE) {
        look_at_module(&status);
        r = look_at_accounts(call, &status);
    }
    if (r == SVCT_EXIT_DONE) {
        look_up(call, &status);
        status.nscd = svct_nscd_runs();
        r = print_status(call, &status);
    }
    json_decref(status.problems);
    return r;
}

/* ---- the table ---- */

const struct svct_command svct_cmd_nss[] = {
    {.group = "nss",
     .name = "status",
     .summary = "show whether this host knows accounts as Unix users",
     .text = "What /etc/nsswitch.conf says, whether libc can load the module, "
             "and a try: is\n"
             "the first account that is a Unix user by svctoken alone found, "
             "with its uid?\n"
             "\n"
             "Exits with 0 when it is enabled and works, 1 when not; then it "
             "says what is\n"
             "wrong, with --json in \"problems\".\n"
             "\n"
             "  svctoken nss status\n",
     .columns = status_columns,
     .run = status},
    {.group = "nss",
     .name = "enable",
     .summary = "write svctoken into /etc/nsswitch.conf",
     .text = "Behind \"files\" in the lines of passwd and group; into that of "
             "initgroups, if\n"
             "there is one, before all others. All else in the file stays. A "
             "line that is not\n"
             "understood is refused. The file as it was is kept beside it, as\n"
             "nsswitch.conf.svctoken-backup, and put back when root is not "
             "found afterwards.\n"
             "\n"
             "  svctoken nss enable\n",
     .run = svct_nss_enable},
    {.group = "nss",
     .name = "disable",
     .summary = "take it out of /etc/nsswitch.conf",
     .text = "The accounts that are Unix users by svctoken alone are none from "
             "then on. Where\n"
             "there are any, it asks on a terminal; elsewhere it needs "
             "--yes.\n"
             "\n"
             "  svctoken nss disable --yes\n",
     .options = svct_nss_disable_options,
     .run = svct_nss_disable},
    {.group = NULL},
};
