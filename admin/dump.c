/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dump.h"

#include "progress.h"
#include "say.h"
#include "write/ids.h"
#include "write/namelist.h"

struct dump {
    const struct svct_call *call;
    const struct svct_snapshot *snapshot;
    struct svct_lineout *out;
    const struct svct_dump_extra *extra;
    struct svct_namelist names; /* of the accounts */
    uint64_t tokens_there;
    struct svct_dump_counts counts;
    struct svct_progress progress;
    struct svct_line line;
    int exit; /* of the line that could not be written */
};

static int say_lookup(const struct dump *dump, int code, const char *what,
                      const char *name)
{
    return svct_say_code(dump->call,
                         code == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : code,
                         "the record of %s%s", what, name);
}

/* ---- which accounts there are ---- */

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct dump *dump = arg;
    struct svct_account account;
    int r = 0;

    dump->tokens_there += key->data[0] == SVCT_KIND_TOKEN;
    if (key->data[0] == SVCT_KIND_ACCOUNT)
        r = svct_account_decode(record, &account);
    if (r == 0 && key->data[0] == SVCT_KIND_ACCOUNT)
        r = svct_namelist_add(&dump->names, account.name);
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int look(struct dump *dump)
{
    struct svct_fault fault = {0};
    int r = svct_snapshot_each(dump->snapshot, 0, see, dump, &fault);

    if (r < 0)
        return svct_say_fault(dump->call, r, &fault);
    if (dump->names.count > 1)
        qsort(dump->names.name, dump->names.count, sizeof(*dump->names.name),
              by_name);
    return SVCT_EXIT_DONE;
}

/* ---- lines ---- */

static struct svct_line *begin_line(struct dump *dump, enum svct_line_kind kind)
{
    dump->line = (struct svct_line){.kind = kind};
    return &dump->line;
}

static int put_header(struct dump *dump)
{
    const struct svct_meta *meta = svct_snapshot_meta(dump->snapshot);
    struct svct_line *line = begin_line(dump, SVCT_LINE_HEADER);

    snprintf(line->format, sizeof(line->format), "%s",
             dump->out->backup ? SVCT_LINE_BACKUP : SVCT_LINE_EXPORT);
    line->version = SVCT_LINE_VERSION;
    line->sequence = meta->sequence;
    line->committed = meta->committed;
    return svct_lineout_put(dump->out, line);
}

static int put_policy(struct dump *dump)
{
    struct svct_line *line = begin_line(dump, SVCT_LINE_POLICY);
    struct svct_policy *policy = &line->policy;
    int r = svct_lookup_policy(dump->snapshot, policy);

    /* Whoever reads an export may have another range. */
    if (r == 0 && !dump->out->backup)
        svct_ids_range(policy, &policy->id_min, &policy->id_max);
    return r < 0 ? say_lookup(dump, r, "the policy", "")
                 : svct_lineout_put(dump->out, line);
}

/* The role of the lowest place that is above "above". */
static int next_role(struct dump *dump, const struct svct_rolelist *list,
                     int above, struct svct_role *ret_role, bool *ret_found)
{
    struct svct_role role;

    *ret_found = false;
    for (size_t i = 0; i < list->count; i++) {
        int r = svct_lookup_role(dump->snapshot, list->name[i], &role);

        if (r < 0)
            return say_lookup(dump, r, "the role ", list->name[i]);
        if (role.place <= above ||
            (*ret_found && role.place >= ret_role->place))
            continue;
        *ret_role = role;
        *ret_found = true;
    }
    return SVCT_EXIT_DONE;
}

static int put_roles(struct dump *dump)
{
    struct svct_rolelist list;
    bool found = true;
    int above = -1;
    int r = svct_lookup_rolelist(dump->snapshot, &list);

    if (r < 0)
        return say_lookup(dump, r, "the list of roles", "");
    while (r == SVCT_EXIT_DONE) {
        struct svct_line *line = begin_line(dump, SVCT_LINE_ROLE);

        r = next_role(dump, &list, above, &line->role, &found);
        if (r != SVCT_EXIT_DONE || !found)
            break;
        above = line->role.place;
        dump->counts.roles++;
        r = svct_lineout_put(dump->out, line);
    }
    if (r == SVCT_EXIT_DONE && dump->counts.roles != list.count)
        return svct_say_code(dump->call, SVCT_E_DAMAGED,
                             "two roles have the same place");
    return r;
}

static int put_token(void *arg, const struct svct_token *token)
{
    struct dump *dump = arg;
    struct svct_line *line = begin_line(dump, SVCT_LINE_TOKEN);

    line->token = *token;
    if (dump->extra != NULL && dump->extra->usage != NULL)
        dump->extra->usage(dump->extra->arg, line);
    svct_progress_at(&dump->progress, dump->counts.tokens, dump->counts.tokens);
    dump->counts.tokens++;
    dump->exit = svct_lineout_put(dump->out, line);
    return dump->exit == SVCT_EXIT_DONE ? 0 : 1;
}

static int put_account(struct dump *dump, const char *name)
{
    struct svct_line *line = begin_line(dump, SVCT_LINE_ACCOUNT);
    struct svct_account account;
    int r = svct_lookup_account(dump->snapshot, name, &account);

    if (r < 0)
        return say_lookup(dump, r, "the account ", name);
    line->account = account;
    line->existing = account.uid == 0;
    dump->counts.accounts++;
    r = svct_lineout_put(dump->out, line);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_tokens_of(dump->snapshot, &account, put_token, dump);
    if (r < 0)
        return say_lookup(dump, r, "a token of ", name);
    return r == 0 ? SVCT_EXIT_DONE : dump->exit;
}

static int put_all(struct dump *dump)
{
    int r = put_header(dump);

    if (r == SVCT_EXIT_DONE)
        r = put_policy(dump);
    if (r == SVCT_EXIT_DONE)
        r = put_roles(dump);
    for (size_t i = 0; r == SVCT_EXIT_DONE && i < dump->names.count; i++)
        r = put_account(dump, dump->names.name[i]);
    /* A token that no account lists would be left out in silence. */
    if (r == SVCT_EXIT_DONE && dump->counts.tokens != dump->tokens_there)
        r = svct_say_code(dump->call, SVCT_E_DAMAGED,
                          "%llu tokens are listed, and %llu are there",
                          (unsigned long long)dump->counts.tokens,
                          (unsigned long long)dump->tokens_there);
    return r;
}

int svct_dump(const struct svct_call *call,
              const struct svct_snapshot *snapshot, struct svct_lineout *out,
              const struct svct_dump_extra *extra,
              struct svct_dump_counts *ret_counts)
{
    struct dump dump = {
        .call = call, .snapshot = snapshot, .out = out, .extra = extra};
    int r = look(&dump);

    if (r == SVCT_EXIT_DONE) {
        svct_progress_begin(&dump.progress, call->command->name,
                            dump.tokens_there);
        r = put_all(&dump);
        svct_progress_end(&dump.progress);
    }
    svct_namelist_done(&dump.names);
    if (r == SVCT_EXIT_DONE)
        *ret_counts = dump.counts;
    return r;
}
