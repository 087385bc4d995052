/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applydiff.h"

#include <errno.h>

#include "applyplan.h"
#include "base/buf.h"
#include "linefile.h"
#include "linevalue.h"
#include "say.h"

int svct_applydiff_open(const struct svct_call *call,
                        struct svct_applydiff *ret_diff)
{
    struct svct_applydiff diff = {.call = call, .file = svct_linefile_spool()};

    if (diff.file == NULL)
        return svct_say_cannot(call, "can't make a file for the changes: %s",
                               strerror(errno));
    *ret_diff = diff;
    return SVCT_EXIT_DONE;
}

void svct_applydiff_done(struct svct_applydiff *diff)
{
    if (diff->file != NULL)
        fclose(diff->file);
    diff->file = NULL;
}

static void __attribute__((format(printf, 2, 3)))
put(struct svct_applydiff *diff, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vfprintf(diff->file, format, args) < 0 && diff->sys_errno == 0)
        diff->sys_errno = errno;
    va_end(args);
}

/* ---- one change ---- */

struct name {
    enum svct_line_kind kind;
    const char *account; /* of a token; NULL */
    const char *name;    /* NULL with the policy */
};

static struct name name_of(const struct svct_line *line)
{
    switch (line->kind) {
    case SVCT_LINE_ROLE:
        return (struct name){line->kind, NULL, line->role.name};
    case SVCT_LINE_ACCOUNT:
        return (struct name){line->kind, NULL, line->account.name};
    case SVCT_LINE_TOKEN:
        return (struct name){line->kind, line->token.account, line->token.name};
    default:
        return (struct name){line->kind, NULL, NULL};
    }
}

static bool is_first(const struct svct_applydiff *diff)
{
    return diff->created + diff->updated + diff->removed == 1;
}

/* Names are of letters, digits and the like: as they are in JSON, too. The
 * object is left open. */
static void begin_json(struct svct_applydiff *diff, const char *action,
                       const struct name *name)
{
    put(diff, "%s\n    {\"action\": \"%s\", \"kind\": \"%s\"",
        is_first(diff) ? "" : ",", action, svct_line_kind_name(name->kind));
    if (name->account != NULL)
        put(diff, ", \"account\": \"%s\"", name->account);
    if (name->name != NULL)
        put(diff, ", \"name\": \"%s\"", name->name);
}

static void begin(struct svct_applydiff *diff, const char *action, char sign,
                  const struct name *name)
{
    if (diff->call->opts.json) {
        begin_json(diff, action, name);
        return;
    }
    put(diff, "%c %s%s%s%s%s", sign, svct_line_kind_name(name->kind),
        name->name != NULL ? " " : "",
        name->account != NULL ? name->account : "",
        name->account != NULL ? "/" : "", name->name != NULL ? name->name : "");
}

struct values {
    struct svct_applydiff *diff;
    bool any;
};

static void put_value(void *arg, const char *key, const char *old,
                      const char *value)
{
    struct values *values = arg;
    struct svct_applydiff *diff = values->diff;

    if (diff->call->opts.json)
        put(diff, "%s\"%s\": {\"old\": %s, \"new\": %s}",
            values->any ? ", " : "", key, old != NULL ? old : "null", value);
    else if (old != NULL)
        put(diff, "    %s: %s -> %s\n", key, old, value);
    else
        put(diff, "    %s: %s\n", key, value);
    values->any = true;
}

static void put_path(struct values *values, const char *path)
{
    char text[2 * SVCT_APPLYFILE_PATH_MAX + 4];
    struct svct_buf buf;

    svct_buf_init(&buf, text, sizeof(text) - 1);
    svct_linevalue_quote(&buf, path);
    text[buf.len] = '\0';
    put_value(values, "generate", NULL, text);
}

void svct_applydiff_change(struct svct_applydiff *diff,
                           const struct svct_bringin_change *change,
                           const char *generate)
{
    struct name name = name_of(change->line);
    struct values values = {diff, false};
    bool is_new = change->old == NULL;

    diff->created += is_new;
    diff->updated += !is_new;
    begin(diff, is_new ? "create" : "update", is_new ? '+' : '~', &name);
    put(diff, "%s", diff->call->opts.json ? ", \"changes\": {" : "\n");
    svct_applyplan_differs(change->old, change->line, put_value, &values);
    if (generate != NULL)
        put_path(&values, generate);
    put(diff, "%s", diff->call->opts.json ? "}}" : "");
}

/* ---- what goes ---- */

static void end_gone(struct svct_applydiff *diff, const char *words)
{
    if (diff->call->opts.json)
        put(diff, ", \"changes\": {}}");
    else
        put(diff, "%s\n", words);
}

void svct_applydiff_role_gone(struct svct_applydiff *diff, const char *name)
{
    struct name gone = {SVCT_LINE_ROLE, NULL, name};

    diff->removed++;
    begin(diff, "delete", '-', &gone);
    end_gone(diff, "");
}

void svct_applydiff_account_gone(struct svct_applydiff *diff,
                                 const struct svct_account *account)
{
    struct name gone = {SVCT_LINE_ACCOUNT, NULL, account->name};
    char words[120];

    diff->removed++;
    snprintf(words, sizeof(words), " (%u token%s; the Unix user %s)",
             (unsigned)account->tokens, account->tokens == 1 ? "" : "s",
             account->uid != 0 ? "goes with it"
                               : "stays, and is an ordinary one again");
    begin(diff, "delete", '-', &gone);
    end_gone(diff, words);
}

void svct_applydiff_token_revoked(struct svct_applydiff *diff,
                                  const struct svct_token *token)
{
    struct name gone = {SVCT_LINE_TOKEN, token->account, token->name};

    diff->removed++;
    begin(diff, "revoke", '-', &gone);
    end_gone(diff, " (is revoked)");
}

/* ---- printing ---- */

static int fault(const struct svct_applydiff *diff, const char *what,
                 int sys_errno)
{
    return svct_say_cannot(diff->call, "can't %s the list of changes: %s", what,
                           strerror(sys_errno));
}

int svct_applydiff_settle(struct svct_applydiff *diff)
{
    if (fflush(diff->file) != 0 && diff->sys_errno == 0)
        diff->sys_errno = errno;
    return diff->sys_errno == 0 ? SVCT_EXIT_DONE
                                : fault(diff, "write", diff->sys_errno);
}

static int print_all(const struct svct_applydiff *diff)
{
    int c;

    if (fseeko(diff->file, 0, SEEK_SET) != 0)
        return fault(diff, "read", errno);
    while ((c = getc(diff->file)) != EOF)
        putchar(c);
    return ferror(diff->file) ? fault(diff, "read", errno) : SVCT_EXIT_DONE;
}

int svct_applydiff_print(const struct svct_applydiff *diff,
                         const struct svct_column *columns, const void *row)
{
    bool any = diff->created + diff->updated + diff->removed > 0;
    json_t *object;
    char *text;
    int r;

    if (!diff->call->opts.json)
        return print_all(diff);
    object = svct_out_object(diff->call, columns, row);
    text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (text == NULL)
        return svct_say_fault(diff->call, SVCT_E_NOMEM, NULL);
    text[strlen(text) - 2] = '\0'; /* "\n}" */
    printf("%s,\n  \"changes\": [", text);
    free(text);
    r = print_all(diff);
    printf("%s]\n}\n", any ? "\n  " : "");
    return r;
}
