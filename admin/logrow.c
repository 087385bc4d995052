/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "logrow.h"

#include "auth/timefmt.h"

/* ---- the words of a row ---- */

struct words {
    char *text;
    size_t size;
    size_t len;
};

/* What does not fit is cut, and ends in dots. */
static void add_words(struct words *words, const char *text)
{
    size_t room = words->size - words->len;
    size_t len = strlen(text);

    if (len < room) {
        memcpy(words->text + words->len, text, len + 1);
        words->len += len;
    } else if (room > 1) {
        snprintf(words->text + words->size - 4, 4, "...");
        words->len = words->size - 1;
    }
}

/* Anything may stand in a file: what is no plain text is escaped. */
static void add_value(struct words *words, const json_t *value)
{
    const char *text = json_string_value(value);
    char safe[SVCT_TEXT_MAX + 1];

    if (text[0] == '\0')
        add_words(words, "-");
    else if (svct_name_check_text(text) == 0)
        add_words(words, text);
    else
        add_words(words, svct_name_escape(safe, sizeof(safe), text));
}

static void add_key(struct words *words, const char *key)
{
    char safe[40];

    if (words->len > 0)
        add_words(words, ", ");
    add_words(words, svct_name_escape(safe, sizeof(safe), key));
    add_words(words, ": ");
}

static void fill_what(struct svct_logrow *row)
{
    struct words words = {row->what, sizeof(row->what), 0};
    const char *key;
    json_t *value;

    row->what[0] = '\0';
    json_object_foreach(json_object_get(row->entry, "changed"), key, value)
    {
        add_key(&words, key);
        add_value(&words, json_object_get(value, "old"));
        add_words(&words, " -> ");
        add_value(&words, json_object_get(value, "new"));
    }
    json_object_foreach(json_object_get(row->entry, "details"), key, value)
    {
        add_key(&words, key);
        add_value(&words, value);
    }
}

/* ---- rows ---- */

/* NULL when it is not there. */
static const char *text_of(const struct svct_logrow *row, const char *key)
{
    return json_string_value(json_object_get(row->entry, key));
}

void svct_logrow_fill(struct svct_logrow *row, json_t *entry)
{
    const char *account, *token;

    *row = (struct svct_logrow){.entry = entry};
    svct_time_parse(text_of(row, "time"), 0, &row->time, NULL);
    account = text_of(row, "account");
    token = text_of(row, "token");
    snprintf(row->about, sizeof(row->about), "%s%s%s",
             account != NULL ? account : "", token != NULL ? "/" : "",
             token != NULL ? token : "");
    fill_what(row);
}

static void cell_text(const void *row, const char *key, struct svct_cell *cell)
{
    cell->text = text_of(row, key);
    cell->null = cell->text == NULL;
}

static void cell_count(const void *row, const char *key, struct svct_cell *cell)
{
    const struct svct_logrow *log = row;

    cell->number = json_integer_value(json_object_get(log->entry, key));
}

static void cell_time(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct svct_logrow *)row)->time;
}

static void cell_sequence(const void *row, struct svct_cell *cell)
{
    cell_count(row, "sequence", cell);
}

static void cell_action(const void *row, struct svct_cell *cell)
{
    cell_text(row, "action", cell);
}

static void cell_by(const void *row, struct svct_cell *cell)
{
    cell_text(row, "by", cell);
}

static void cell_uid(const void *row, struct svct_cell *cell)
{
    cell_count(row, "uid", cell);
}

static void cell_terminal(const void *row, struct svct_cell *cell)
{
    cell_text(row, "terminal", cell);
}

static void cell_host(const void *row, struct svct_cell *cell)
{
    cell_text(row, "host", cell);
}

static void cell_account(const void *row, struct svct_cell *cell)
{
    cell_text(row, "account", cell);
}

static void cell_token(const void *row, struct svct_cell *cell)
{
    cell_text(row, "token", cell);
}

static void cell_id(const void *row, struct svct_cell *cell)
{
    cell_text(row, "id", cell);
}

static void cell_about(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_logrow *)row)->about;
}

static void cell_what(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_logrow *)row)->what;
}

const struct svct_column svct_logrow_columns[] = {
    {"time", SVCT_CELL_TIME, SVCT_COLUMN_LIST, "TIME", "when", cell_time},
    {"sequence", SVCT_CELL_NUMBER, 0, "SEQUENCE",
     "of the database after it: one more with each change", cell_sequence},
    {"by", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "BY", "who did it", cell_by},
    {"uid", SVCT_CELL_NUMBER, 0, "UID", "of that user", cell_uid},
    {"terminal", SVCT_CELL_TEXT, 0, "TERMINAL", "where that user sat",
     cell_terminal},
    {"host", SVCT_CELL_TEXT, 0, "HOST", "from where the terminal was reached",
     cell_host},
    {"action", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "ACTION",
     "what was done, as token-revoke", cell_action},
    {"account", SVCT_CELL_TEXT, 0, "ACCOUNT", "to which account", cell_account},
    {"token", SVCT_CELL_TEXT, 0, "TOKEN", "to which token of it", cell_token},
    {"id", SVCT_CELL_TEXT, 0, "ID", "the token's id", cell_id},
    {"about", SVCT_CELL_TEXT, SVCT_COLUMN_LIST | SVCT_COLUMN_TEXT, "TO",
     "account or token", cell_about},
    {"what", SVCT_CELL_TEXT,
     SVCT_COLUMN_LIST | SVCT_COLUMN_TEXT | SVCT_COLUMN_WRAP, "WHAT",
     "old and new values", cell_what},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

json_t *svct_logrow_object(const struct svct_call *call, json_t *entry)
{
    struct svct_logrow row;
    json_t *object;

    svct_logrow_fill(&row, entry);
    object = svct_out_object(call, svct_logrow_columns, &row);
    svct_out_put(&object, "details",
                 json_incref(json_object_get(entry, "details")));
    svct_out_put(&object, "changed",
                 json_incref(json_object_get(entry, "changed")));
    return object;
}
