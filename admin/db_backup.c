/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "db_backup.h"

#include <errno.h>

#include "access.h"
#include "dump.h"
#include "progress.h"
#include "say.h"
#include "usagekeep.h"

static void cell_file(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_backup_info *)row)->file;
}

static void cell_committed(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct svct_backup_info *)row)->committed;
}

#define NUMBER_CELL(key)                                                     \
    static void cell_##key(const void *row, struct svct_cell *cell)          \
    {                                                                        \
        cell->number = (int64_t)((const struct svct_backup_info *)row)->key; \
    }

NUMBER_CELL(sequence)
NUMBER_CELL(roles)
NUMBER_CELL(accounts)
NUMBER_CELL(tokens)

const struct svct_column svct_db_backup_columns[] = {
    {"file", SVCT_CELL_TEXT, 0, "FILE", "where it is", cell_file},
    {"sequence", SVCT_CELL_NUMBER, 0, "SEQUENCE", "of the generation",
     cell_sequence},
    {"committed", SVCT_CELL_TIME, 0, "LAST CHANGE", "when that was",
     cell_committed},
    {"accounts", SVCT_CELL_NUMBER, 0, "ACCOUNTS", "how many", cell_accounts},
    {"tokens", SVCT_CELL_NUMBER, 0, "TOKENS", "how many, of any state",
     cell_tokens},
    {"roles", SVCT_CELL_NUMBER, 0, "ROLES", "how many", cell_roles},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- reading one ---- */

static int say_wrong(const struct svct_call *call,
                     const struct svct_linefile *file, int code,
                     const struct svct_fault *fault)
{
    if (code == SVCT_E_IO || code == SVCT_E_NOMEM)
        return svct_say_fault(call, code, fault);
    return svct_say_usage(
        call, "%s, line %llu: %s", svct_say_quote(file->name).text,
        (unsigned long long)file->number, svct_say_bare_long(fault->what).text);
}

static int check_first(const struct svct_linefile *file,
                       struct svct_fault *fault)
{
    if (file->backup)
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          file->header ? "this is an export: \"svctoken db "
                                         "import\" takes it"
                                       : "this is no backup: it does not begin "
                                         "with the header of one");
}

static void note(struct svct_backup_info *info, const struct svct_line *line)
{
    info->roles += line->kind == SVCT_LINE_ROLE;
    info->accounts += line->kind == SVCT_LINE_ACCOUNT;
    info->tokens += line->kind == SVCT_LINE_TOKEN;
    if (line->kind == SVCT_LINE_HEADER) {
        info->sequence = line->sequence;
        info->committed = line->committed;
    }
}

/* A backup is complete in each line: what lacks is no default here. But those
 * from before there were uids have none: these are Unix users of the host. */
static int check_unix(const struct svct_line *line, struct svct_fault *fault)
{
    static const char *const keys[] = {"uid", "gid", "home", "shell"};
    bool first = svct_line_given(line, keys[0]);

    for (size_t i = 1; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (svct_line_given(line, keys[i]) != first)
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "an account of a backup must have \"uid\", "
                                  "\"gid\", \"home\" and \"shell\", or none "
                                  "of them");
    }
    return 0;
}

static int check_complete(const struct svct_line *line,
                          struct svct_fault *fault)
{
    static const char *const account[] = {"role", "expires", "created",
                                          "created_by", NULL};
    static const char *const token[] = {"name", "expires", "created",
                                        "created_by", NULL};
    const char *const *key = account + 4;

    if (line->kind == SVCT_LINE_ACCOUNT)
        key = account;
    if (line->kind == SVCT_LINE_TOKEN)
        key = token;
    for (; *key != NULL; key++) {
        if (!svct_line_given(line, *key))
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "a line of a backup must have \"%s\"", *key);
    }
    return line->kind == SVCT_LINE_ACCOUNT ? check_unix(line, fault) : 0;
}

static int check_lines(const struct svct_call *call, struct svct_linefile *file,
                       struct svct_backup_info *info,
                       struct svct_progress *progress)
{
    struct svct_fault fault = {0};
    struct svct_line line;
    bool got = true;

    while (got) {
        int r = svct_linefile_next(file, &line, &got, &fault);

        if (r == 0)
            r = check_first(file, &fault);
        if (r == 0 && got)
            r = check_complete(&line, &fault);
        if (r != 0) {
            svct_progress_end(progress);
            return say_wrong(call, file, r, &fault);
        }
        if (got)
            note(info, &line);
        svct_progress_at(progress, file->read, file->number);
    }
    return SVCT_EXIT_DONE;
}

int svct_backup_check(const struct svct_call *call, struct svct_linefile *file,
                      struct svct_backup_info *ret_info)
{
    struct svct_backup_info info = {.file = file->name};
    struct svct_progress progress;
    int r;

    svct_progress_begin(&progress, "check", file->size);
    r = check_lines(call, file, &info, &progress);
    svct_progress_end(&progress);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (svct_linefile_rewind(file) != 0)
        return svct_say_cannot(call, "can't read %s again: %s",
                               svct_say_quote(file->name).text,
                               strerror(errno));
    memcpy(info.whole, file->whole, sizeof(info.whole));
    *ret_info = info;
    return SVCT_EXIT_DONE;
}

/* ---- making one ---- */

static void add_usage(void *arg, struct svct_line *line)
{
    svct_usagekeep_get(arg, line);
}

static int write_backup(const struct svct_call *call,
                        const struct svct_view *view, const char *path)
{
    struct svct_usagekeep keep;
    struct svct_dump_extra extra = {.arg = &keep, .usage = add_usage};
    struct svct_dump_counts counts;
    struct svct_lineout out;
    int r = svct_lineout_open(call, path, true, &out);

    if (r != SVCT_EXIT_DONE)
        return r;
    svct_usagekeep_open(view->dir_fd, false, &keep);
    r = svct_dump(call, view->snapshot, &out, &extra, &counts);
    if (r == SVCT_EXIT_DONE)
        r = svct_lineout_finish(&out);
    if (r == SVCT_EXIT_DONE && keep.damaged)
        svct_say("how often some tokens with a limit of uses were used can't "
                 "be read: in the backup they are used up");
    svct_usagekeep_done(&keep);
    svct_lineout_done(&out);
    return r;
}

/* As a restore would, before anybody relies on it. */
static int read_back(const struct svct_call *call, const char *path)
{
    struct svct_backup_info info;
    struct svct_linefile file;
    int r = svct_linefile_open(call, path, &file);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_backup_check(call, &file, &info);
    svct_linefile_done(&file);
    if (r != SVCT_EXIT_DONE)
        return svct_say_cannot(call, "%s does not read back: it is no backup",
                               svct_say_quote(path).text);
    info.file = path;
    return svct_out_one(call, svct_db_backup_columns, &info);
}

int svct_db_backup(const struct svct_call *call)
{
    const char *path = svct_opts_operand(&call->opts, 0);
    struct svct_view view;
    int r;

    if (strcmp(path, "-") == 0)
        return svct_say_usage(call, "a backup is read back when it is written: "
                                    "name a file");
    r = svct_access_read(call, &view);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = write_backup(call, &view, path);
    svct_access_done(&view);
    return r == SVCT_EXIT_DONE ? read_back(call, path) : r;
}
