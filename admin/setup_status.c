/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "setup.h"

#include "out.h"
#include "say.h"

struct row {
    const struct svct_setup *setup;
    char leftover[400];
};

/* ---- columns ---- */

static void cell_service(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct row *)row)->setup->service;
}

static void cell_file(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct row *)row)->setup->path;
}

static void cell_state(const void *row, struct svct_cell *cell)
{
    cell->text = svct_setup_state_name(((const struct row *)row)->setup->state);
}

static void cell_asks(const void *row, enum svct_pamconf_type type,
                      struct svct_cell *cell)
{
    cell->truth = ((const struct row *)row)->setup->walk.asks[type];
}

static void cell_auth(const void *row, struct svct_cell *cell)
{
    cell_asks(row, SVCT_PAMCONF_AUTH, cell);
}

static void cell_account(const void *row, struct svct_cell *cell)
{
    cell_asks(row, SVCT_PAMCONF_ACCOUNT, cell);
}

static void cell_session(const void *row, struct svct_cell *cell)
{
    cell_asks(row, SVCT_PAMCONF_SESSION, cell);
}

static void cell_by(const void *row, struct svct_cell *cell)
{
    const struct svct_pamwalk *walk = &((const struct row *)row)->setup->walk;
    const struct svct_pamconf_line *line =
        walk->ours[SVCT_PAMCONF_AUTH] != NULL
            ? walk->ours[SVCT_PAMCONF_AUTH]
            : walk->ours[SVCT_PAMCONF_ACCOUNT];

    cell->null = line == NULL;
    cell->text = line != NULL ? line->file : "-";
}

static void cell_why(const void *row, struct svct_cell *cell)
{
    const char *why = ((const struct row *)row)->setup->why;

    cell->null = why[0] == '\0';
    cell->text = cell->null ? "-" : why;
}

static void cell_leftover(const void *row, struct svct_cell *cell)
{
    const char *leftover = ((const struct row *)row)->leftover;

    cell->null = leftover[0] == '\0';
    cell->text = cell->null ? "-" : leftover;
}

const struct svct_column svct_setup_columns[] = {
    {"service", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "SERVICE",
     "a file of " SVCT_PAMDIR_FOLDER, cell_service},
    {"file", SVCT_CELL_TEXT, SVCT_COLUMN_JSON, "FILE", "its path", cell_file},
    {"state", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "STATE",
     "set_up, not_set_up, faulty, no_place or not_understood", cell_state},
    {"auth", SVCT_CELL_BOOL, SVCT_COLUMN_LIST, "AUTH",
     "is pam_svctoken in it for auth: are tokens taken?", cell_auth},
    {"account", SVCT_CELL_BOOL, SVCT_COLUMN_LIST, "ACCOUNT",
     "for account: are keys, tickets and jobs checked?", cell_account},
    {"session", SVCT_CELL_BOOL, SVCT_COLUMN_LIST, "SESSION",
     "for session: do sessions end with the token?", cell_session},
    {"by", SVCT_CELL_TEXT, SVCT_COLUMN_LIST | SVCT_COLUMN_SPARE, "BY",
     "the file that the line is in; null: none", cell_by},
    {"why", SVCT_CELL_TEXT, SVCT_COLUMN_JSON, "WHY",
     "of the last three of these: why; else null", cell_why},
    {"leftover", SVCT_CELL_TEXT, SVCT_COLUMN_JSON, "LEFTOVER",
     "what a setup that was killed left beside it; else null", cell_leftover},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- the list ---- */

struct list {
    const struct svct_call *call;
    struct svct_pamdir_names *names;
};

static int put_one(const struct svct_call *call, const char *service,
                   svct_out_put_fn *put, void *put_arg)
{
    struct svct_setup *setup = NULL;
    struct svct_fault fault = {0};
    struct row row = {.leftover = ""};
    int r = svct_setup_look(service, &setup, &fault);

    if (r == SVCT_E_NOTFOUND) /* it went meanwhile, or leads nowhere */
        return SVCT_EXIT_DONE;
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    row.setup = setup;
    svct_setup_leftover(service, row.leftover, sizeof(row.leftover));
    r = put(put_arg, &row);
    svct_setup_free(setup);
    return r;
}

static int walk(void *arg, svct_out_put_fn *put, void *put_arg)
{
    const struct list *list = arg;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; i < list->names->count && r == SVCT_EXIT_DONE; i++)
        r = put_one(list->call, list->names->name[i], put, put_arg);
    return r;
}

/* Behind the table: what is not as it should be, in sentences. */
static int say_one(void *arg, const void *row)
{
    const struct row *one = row;

    (void)arg;
    if (one->setup->state == SVCT_SETUP_FAULTY)
        svct_say("faulty: %s", svct_say_bare_long(one->setup->why).text);
    if (one->leftover[0] != '\0')
        svct_say("leftover: %s", svct_say_bare_long(one->leftover).text);
    return SVCT_EXIT_DONE;
}

int svct_setup_status(const struct svct_call *call)
{
    struct svct_pamdir_names *names = malloc(sizeof(*names));
    struct list list = {call, names};
    struct svct_fault fault = {0};
    int r;

    if (names == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    r = svct_pamdir_list(names, &fault);
    if (r < 0)
        r = svct_say_fault(call, r, &fault);
    else
        r = svct_out_walk(call, "services", svct_setup_columns, walk, &list);
    if (r == SVCT_EXIT_DONE && !call->opts.json) {
        fflush(stdout);
        r = walk(&list, say_one, NULL);
    }
    if (r == SVCT_EXIT_DONE && names->more)
        svct_say("only the first %d files of " SVCT_PAMDIR_FOLDER
                 " were looked at",
                 SVCT_PAMDIR_MAX);
    free(names);
    return r;
}
