/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "rows.h"

#include "auth/role.h"
#include "auth/terms.h"

/* ---- many ---- */

int svct_rows_add(struct svct_rows *rows, const void *row, size_t size)
{
    void *copy;

    if (rows->count == rows->room) {
        size_t room = rows->room == 0 ? 64 : rows->room * 2;
        void **more = reallocarray(rows->row, room, sizeof(*more));

        if (more == NULL)
            return SVCT_E_NOMEM;
        rows->row = more;
        rows->room = room;
    }
    copy = malloc(size);
    if (copy == NULL)
        return SVCT_E_NOMEM;
    memcpy(copy, row, size);
    rows->row[rows->count++] = copy;
    return 0;
}

void svct_rows_done(struct svct_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->row[i]);
    free(rows->row);
    *rows = (struct svct_rows){0};
}

struct order {
    int (*compare)(const void *a, const void *b);
};

static int by_order(const void *a, const void *b, void *arg)
{
    const struct order *order = arg;

    return order->compare(*(void *const *)a, *(void *const *)b);
}

void svct_rows_sort(struct svct_rows *rows,
                    int (*compare)(const void *a, const void *b))
{
    struct order order = {compare};

    if (rows->count > 1)
        qsort_r(rows->row, rows->count, sizeof(*rows->row), by_order, &order);
}

bool svct_rows_expiring(int64_t expires, int64_t now, int64_t within)
{
    return expires > now && expires - now <= within;
}

/* ---- cells that several kinds have ---- */

static void cell_text(struct svct_cell *cell, const char *text, bool there)
{
    cell->text = there ? text : NULL;
    cell->null = !there;
}

static void cell_time(struct svct_cell *cell, int64_t time, bool there)
{
    cell->number = time;
    cell->null = !there;
}

static void cell_expires(struct svct_cell *cell, int64_t expires)
{
    cell->number = expires;
    cell->null = expires == SVCT_TIME_NEVER;
    cell->text = "never";
}

static void cell_span(struct svct_cell *cell, int64_t expires)
{
    cell->null = expires == SVCT_TIME_NEVER;
    if (!cell->null)
        cell->number = expires - cell->now;
}

static void cell_sources(struct svct_cell *cell,
                         const struct svct_sources *sources)
{
    char text[SVCT_CIDR_TEXT];

    for (size_t i = 0; i < sources->count; i++)
        svct_cell_add(cell,
                      svct_cidr_format(text, sizeof(text), &sources->item[i]));
    if (sources->local)
        svct_cell_add(cell, "local");
}

void svct_rows_put_globs(struct svct_cell *cell, const struct svct_globs *globs)
{
    for (size_t i = 0; i < globs->count; i++)
        svct_cell_add(cell, globs->item[i]);
}

/* ---- accounts ---- */

const char *const svct_account_states[] = {"active", "disabled", "expired",
                                           NULL};

enum svct_account_state svct_account_state(const struct svct_account *account,
                                           int64_t now)
{
    if (account->disabled)
        return SVCT_ACCOUNT_IS_DISABLED;
    if (account->expires <= now)
        return SVCT_ACCOUNT_HAS_EXPIRED;
    return SVCT_ACCOUNT_ACTIVE;
}

/* Of a struct svct_account_row, too: it begins with one. */
int svct_account_compare(const void *a, const void *b)
{
    const struct svct_account *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static void cell_account_state(struct svct_cell *cell,
                               const struct svct_account *account)
{
    cell->text = svct_account_states[svct_account_state(account, cell->now)];
}

static void cell_id(struct svct_cell *cell, const struct svct_account *account,
                    uint32_t id)
{
    cell->number = id;
    cell->null = account->uid == 0;
}

static const char *unix_user(const struct svct_account *account)
{
    return account->uid != 0 ? "by svctoken alone" : "of the host";
}

/* Each cell of an account: what goes into "cell". */
#define ACCOUNT_CELL(key, fill)                                        \
    static void account_##key(const void *row, struct svct_cell *cell) \
    {                                                                  \
        const struct svct_account *account = row;                      \
        fill;                                                          \
    }

ACCOUNT_CELL(name, cell->text = account->name)
ACCOUNT_CELL(role, cell->text = account->role)
ACCOUNT_CELL(state, cell_account_state(cell, account))
ACCOUNT_CELL(tokens, cell->number = account->tokens)
ACCOUNT_CELL(expires, cell_expires(cell, account->expires))
ACCOUNT_CELL(expires_in, cell_span(cell, account->expires))
ACCOUNT_CELL(description, cell->text = account->description)
ACCOUNT_CELL(kind, cell->text = account->apikey ? "API key" : "account")
ACCOUNT_CELL(apikey, cell->truth = account->apikey)
ACCOUNT_CELL(disabled, cell->truth = account->disabled)
ACCOUNT_CELL(sources, cell_sources(cell, &account->sources))
ACCOUNT_CELL(unix_user, cell->text = unix_user(account))
ACCOUNT_CELL(existing, cell->truth = account->uid == 0)
ACCOUNT_CELL(uid, cell_id(cell, account, account->uid))
ACCOUNT_CELL(gid, cell_id(cell, account, account->gid))
ACCOUNT_CELL(home, cell_text(cell, account->home, account->uid != 0))
ACCOUNT_CELL(shell, cell_text(cell, account->shell, account->uid != 0))
ACCOUNT_CELL(created, cell->number = account->created)
ACCOUNT_CELL(created_by, cell->text = account->created_by)

#define LIST SVCT_COLUMN_LIST
#define QUIET SVCT_COLUMN_QUIET
#define JSON SVCT_COLUMN_JSON
#define WRAP SVCT_COLUMN_WRAP
#define SPARE SVCT_COLUMN_SPARE
#define TEXT SVCT_COLUMN_TEXT
#define WIDE SVCT_COLUMN_WIDE
#define TABLE (SVCT_COLUMN_JSON | SVCT_COLUMN_TEXT) /* and nowhere else */

const struct svct_column svct_account_columns[] = {
    {"name", SVCT_CELL_TEXT, LIST, "ACCOUNT", "its name, the login name",
     account_name},
    {"role", SVCT_CELL_TEXT, LIST, "ROLE", "its role", account_role},
    {"state", SVCT_CELL_STATE, LIST, "STATE", "active, disabled or expired",
     account_state},
    {"tokens", SVCT_CELL_NUMBER, LIST, "TOKENS",
     "how many tokens it has, of any state", account_tokens},
    {"expires", SVCT_CELL_TIME, LIST | SPARE, "EXPIRES",
     "when it expires; null: never", account_expires},
    {"expires_in", SVCT_CELL_SPAN, LIST, "IN",
     "seconds until then; below 0: since then; null: never",
     account_expires_in},
    {"kind", SVCT_CELL_TEXT, LIST | SPARE | TEXT, "KIND", "", account_kind},
    {"description", SVCT_CELL_TEXT, LIST | WRAP, "DESCRIPTION",
     "what people wrote about it", account_description},
    {"apikey", SVCT_CELL_BOOL, JSON, "API KEY",
     "is it an API key, with one token that ends with it?", account_apikey},
    {"disabled", SVCT_CELL_BOOL, JSON, "DISABLED", "is it disabled?",
     account_disabled},
    {"sources", SVCT_CELL_LIST, QUIET, "SOURCES",
     "where logins may come from; empty: from anywhere", account_sources},
    {"unix_user", SVCT_CELL_TEXT, TEXT, "UNIX USER", "", account_unix_user},
    {"existing", SVCT_CELL_BOOL, JSON, "EXISTING",
     "is it a Unix user of the host, which the next four are null for?",
     account_existing},
    {"uid", SVCT_CELL_NUMBER, LIST | QUIET | WIDE, "UID",
     "its uid, where it is a Unix user by svctoken alone", account_uid},
    {"gid", SVCT_CELL_NUMBER, QUIET, "GID",
     "its primary gid; the uid: a group of its own", account_gid},
    {"home", SVCT_CELL_TEXT, QUIET, "HOME", "its home", account_home},
    {"shell", SVCT_CELL_TEXT, QUIET, "SHELL", "its shell", account_shell},
    {"created", SVCT_CELL_TIME, 0, "CREATED", "when it was made",
     account_created},
    {"created_by", SVCT_CELL_TEXT, 0, "CREATED BY", "who made it",
     account_created_by},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- tokens ---- */

const char *const svct_token_states[] = {"active",   "not-yet-valid", "expired",
                                         "disabled", "revoked",       "used-up",
                                         NULL};

/* What can't be undone comes first. */
enum svct_token_state svct_token_state(const struct svct_token *token,
                                       int64_t now)
{
    if (token->revoked)
        return SVCT_TOKEN_IS_REVOKED;
    if (token->expires <= now)
        return SVCT_TOKEN_HAS_EXPIRED;
    if (token->disabled)
        return SVCT_TOKEN_IS_DISABLED;
    if (token->not_before > now)
        return SVCT_TOKEN_WAITS;
    return SVCT_TOKEN_ACTIVE;
}

static bool is_used_up(const struct svct_token_row *row)
{
    return row->token.max_uses != 0 && row->use_known &&
           row->seen.uses >= row->token.max_uses;
}

enum svct_token_state svct_token_row_state(const struct svct_token_row *row,
                                           int64_t now)
{
    enum svct_token_state state = svct_token_state(&row->token, now);

    if (state == SVCT_TOKEN_IS_REVOKED || state == SVCT_TOKEN_HAS_EXPIRED)
        return state;
    return is_used_up(row) ? SVCT_TOKEN_IS_USED_UP : state;
}

int svct_token_compare(const void *a, const void *b)
{
    const struct svct_token_row *left = a, *right = b;
    int r = strcmp(left->token.account, right->token.account);

    return r != 0 ? r : strcmp(left->token.name, right->token.name);
}

/* Is it about to expire, as the policy has it? */
static int note_end(const struct svct_snapshot *snapshot, int64_t now,
                    struct svct_token_memo *memo, struct svct_token_row *row)
{
    const struct svct_token *token = &row->token;
    int r = 0;

    row->expiring = false;
    if (token->revoked || token->expires <= now ||
        token->expires == SVCT_TIME_NEVER)
        return 0;
    if (!memo->policy_known)
        r = svct_lookup_policy(snapshot, &memo->policy);
    if (r < 0)
        return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
    memo->policy_known = true;
    row->expiring = svct_terms_is_ending(
        svct_terms_begun(token), token->expires, memo->policy.warn_before, now);
    return 0;
}

static int look_up_role(const struct svct_snapshot *snapshot, const char *name,
                        struct svct_role *role)
{
    int r = name[0] != '\0' && strcmp(role->name, name) == 0
                ? 0
                : svct_lookup_role(snapshot, name, role);

    return r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r;
}

int svct_token_row_complete_next(const struct svct_snapshot *snapshot,
                                 const struct svct_account *account,
                                 int64_t now, struct svct_token_memo *memo,
                                 struct svct_token_row *row)
{
    bool capped = row->token.cap[0] != '\0';
    int r = look_up_role(snapshot, account->role, &memo->role);

    if (r == 0 && capped)
        r = look_up_role(snapshot, row->token.cap, &memo->cap);
    if (r < 0)
        return r;
    snprintf(row->role, sizeof(row->role), "%s",
             svct_role_lower(&memo->role, capped ? &memo->cap : NULL)->name);
    row->account_state = svct_account_state(account, now);
    return note_end(snapshot, now, memo, row);
}

int svct_token_row_complete(const struct svct_snapshot *snapshot,
                            const struct svct_account *account, int64_t now,
                            struct svct_token_row *row)
{
    struct svct_token_memo memo = {.policy_known = false};

    return svct_token_row_complete_next(snapshot, account, now, &memo, row);
}

static void cell_token_state(struct svct_cell *cell,
                             const struct svct_token_row *row)
{
    cell->text = svct_token_states[svct_token_row_state(row, cell->now)];
}

/* In a list, "3/10" where they are limited. */
static void cell_uses_short(struct svct_cell *cell,
                            const struct svct_token_row *row)
{
    if (row->token.max_uses == 0)
        return;
    if (row->use_known)
        snprintf(cell->room, sizeof(cell->room), "%lu/%lu",
                 (unsigned long)row->seen.uses,
                 (unsigned long)row->token.max_uses);
    else
        snprintf(cell->room, sizeof(cell->room), "?/%lu",
                 (unsigned long)row->token.max_uses);
    cell->text = cell->room;
}

static void cell_number(struct svct_cell *cell, uint32_t number, bool there)
{
    cell->number = number;
    cell->null = !there;
}

static bool was_used(const struct svct_token_row *row)
{
    return row->use_known && row->seen.last_used != 0;
}

static void cell_last_used(struct svct_cell *cell,
                           const struct svct_token_row *row, int64_t from)
{
    cell->null = !was_used(row);
    cell->number = row->seen.last_used - from;
    if (cell->null)
        cell->text = row->use_known ? "never" : NULL;
}

#define TOKEN_CELL(key, fill)                                         \
    static void token_##key(const void *row_, struct svct_cell *cell) \
    {                                                                 \
        const struct svct_token_row *row = row_;                      \
        fill;                                                         \
    }

TOKEN_CELL(account, cell->text = row->token.account)
TOKEN_CELL(name, cell->text = row->token.name)
TOKEN_CELL(id, cell->text = row->token.id)
TOKEN_CELL(state, cell_token_state(cell, row))
TOKEN_CELL(expires, cell_expires(cell, row->token.expires))
TOKEN_CELL(expires_in, cell_span(cell, row->token.expires))
TOKEN_CELL(expiring, cell->truth = row->expiring)
TOKEN_CELL(note, cell->text = row->expiring ? "expires soon" : "")
TOKEN_CELL(role, cell->text = row->role)
TOKEN_CELL(role_cap, cell_text(cell, row->token.cap, row->token.cap[0] != '\0'))
TOKEN_CELL(account_state, cell->text = svct_account_states[row->account_state])
TOKEN_CELL(not_before,
           cell_time(cell, row->token.not_before, row->token.not_before != 0))
TOKEN_CELL(sources, cell_sources(cell, &row->token.sources))
TOKEN_CELL(services, svct_rows_put_globs(cell, &row->token.services))
TOKEN_CELL(disabled, cell->truth = row->token.disabled)
TOKEN_CELL(revoked, cell->truth = row->token.revoked)
TOKEN_CELL(revoked_at,
           cell_time(cell, row->token.revoked_at, row->token.revoked))
TOKEN_CELL(revoked_by,
           cell_text(cell, row->token.revoked_by, row->token.revoked))
TOKEN_CELL(revoked_reason,
           cell_text(cell, row->token.revoked_reason, row->token.revoked))
TOKEN_CELL(rotated_at,
           cell_time(cell, row->token.rotated_at, row->token.rotated))
TOKEN_CELL(rotated_by,
           cell_text(cell, row->token.rotated_by, row->token.rotated))
TOKEN_CELL(superseded_until,
           cell_time(cell, row->token.former_until, row->token.rotated))
TOKEN_CELL(max_uses,
           cell_number(cell, row->token.max_uses, row->token.max_uses != 0))
TOKEN_CELL(uses, cell_number(cell, row->seen.uses, row->use_known))
TOKEN_CELL(uses_short, cell_uses_short(cell, row))
TOKEN_CELL(last_used, cell_last_used(cell, row, 0))
TOKEN_CELL(last_used_short, cell_last_used(cell, row, cell->now))
TOKEN_CELL(last_used_from,
           cell_text(cell, row->seen.rhost, row->seen.rhost[0] != '\0'))
TOKEN_CELL(last_used_service,
           cell_text(cell, row->seen.service, row->seen.service[0] != '\0'))
TOKEN_CELL(comment, cell->text = row->token.comment)
TOKEN_CELL(created, cell->number = row->token.created)
TOKEN_CELL(created_by, cell->text = row->token.created_by)

const struct svct_column svct_token_columns[] = {
    {"account", SVCT_CELL_TEXT, LIST, "ACCOUNT", "whose it is", token_account},
    {"name", SVCT_CELL_TEXT, LIST | WRAP, "NAME",
     "its name, unique within the account", token_name},
    {"id", SVCT_CELL_TEXT, LIST, "ID", "its public id, as in the log",
     token_id},
    {"state", SVCT_CELL_STATE, LIST, "STATE",
     "active, not-yet-valid, expired, disabled, revoked or used-up",
     token_state},
    {"expires", SVCT_CELL_TIME, LIST | SPARE, "EXPIRES",
     "when it expires; null: never", token_expires},
    {"expires_in", SVCT_CELL_SPAN, LIST, "IN",
     "seconds until then; below 0: since then; null: never", token_expires_in},
    {"role", SVCT_CELL_TEXT, LIST, "ROLE",
     "the lower of its account's role and its own cap", token_role},
    {"note", SVCT_CELL_STATE, LIST | SPARE | TEXT | JSON, "NOTE", "",
     token_note},
    {"expiring", SVCT_CELL_BOOL, QUIET, "EXPIRES SOON",
     "does it end within warn_before of the policy, and in the last quarter of "
     "its life? Not when it is revoked",
     token_expiring},
    {"uses_short", SVCT_CELL_TEXT, LIST | SVCT_COLUMN_TEXT | QUIET | WIDE,
     "USES", "", token_uses_short},
    {"last_used_short", SVCT_CELL_SPAN, LIST | TABLE | WIDE, "LAST USED", "",
     token_last_used_short},
    {"role_cap", SVCT_CELL_TEXT, QUIET, "ROLE CAP",
     "the role it was limited to; null: none", token_role_cap},
    {"account_state", SVCT_CELL_STATE, 0, "ACCOUNT STATE",
     "of its account: active, disabled or expired", token_account_state},
    {"not_before", SVCT_CELL_TIME, QUIET, "NOT BEFORE",
     "when it begins; null: at once", token_not_before},
    {"sources", SVCT_CELL_LIST, QUIET, "SOURCES",
     "where logins may come from; empty: from anywhere", token_sources},
    {"services", SVCT_CELL_LIST, QUIET, "SERVICES",
     "the services it is limited to; empty: all of its role", token_services},
    {"disabled", SVCT_CELL_BOOL, JSON, "DISABLED", "is it disabled?",
     token_disabled},
    {"revoked", SVCT_CELL_BOOL, JSON, "REVOKED", "is it revoked?",
     token_revoked},
    {"revoked_at", SVCT_CELL_TIME, QUIET, "REVOKED AT", "when; null: it is not",
     token_revoked_at},
    {"revoked_by", SVCT_CELL_TEXT, QUIET, "REVOKED BY",
     "who did; null: it is not", token_revoked_by},
    {"revoked_reason", SVCT_CELL_TEXT, QUIET, "REVOKED BECAUSE",
     "why; null: it is not", token_revoked_reason},
    {"rotated_at", SVCT_CELL_TIME, QUIET, "ROTATED AT",
     "when it got its present secret; null: it has its first",
     token_rotated_at},
    {"rotated_by", SVCT_CELL_TEXT, QUIET, "ROTATED BY",
     "who rotated it; null: it has its first secret", token_rotated_by},
    {"superseded_until", SVCT_CELL_TIME, QUIET, "SUPERSEDED UNTIL",
     "when the secret before that ends or has ended; null: there is none",
     token_superseded_until},
    {"max_uses", SVCT_CELL_NUMBER, JSON, "MAX USES",
     "how often it may be used; null: any number of times", token_max_uses},
    {"uses", SVCT_CELL_NUMBER, JSON, "USES",
     "how often it was; without max_uses the minutes in which it was; null: "
     "not known",
     token_uses},
    {"last_used", SVCT_CELL_TIME, 0, "LAST USED",
     "when it was, to the minute; null: never, or not known (as uses)",
     token_last_used},
    {"last_used_from", SVCT_CELL_TEXT, QUIET, "LAST USED FROM",
     "the remote host (PAM_RHOST) then; null: none", token_last_used_from},
    {"last_used_service", SVCT_CELL_TEXT, QUIET, "LAST USED BY",
     "the PAM service then; null: none", token_last_used_service},
    {"comment", SVCT_CELL_TEXT, QUIET, "COMMENT", "what people wrote about it",
     token_comment},
    {"created", SVCT_CELL_TIME, 0, "CREATED", "when it was made",
     token_created},
    {"created_by", SVCT_CELL_TEXT, 0, "CREATED BY", "who made it",
     token_created_by},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};
