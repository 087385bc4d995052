/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "trail.h"

#include "auth/timefmt.h"

struct list {
    char text[SVCT_AUDIT_MAX];
    size_t len;
};

/* The longest list there can be fits. */
static void list_add(struct list *list, const char *word)
{
    int len;

    if (list->len >= sizeof(list->text))
        return;
    len = snprintf(list->text + list->len, sizeof(list->text) - list->len,
                   "%s%s", list->len > 0 ? "," : "", word);
    list->len += len > 0 ? (size_t)len : 0;
}

void svct_trail_token(struct svct_audit *audit, const char *action,
                      const struct svct_token *token)
{
    svct_audit_begin(audit, action);
    svct_audit_add(audit, "account", token->account);
    svct_audit_add(audit, "token", token->name);
    svct_audit_add(audit, "id", token->id);
}

void svct_trail_time(struct svct_audit *audit, const char *key, int64_t time)
{
    char text[40];

    svct_audit_add(audit, key, svct_time_format(text, sizeof(text), time));
}

/* "192.0.2.0/24,local" */
static const char *list_sources(struct list *list,
                                const struct svct_sources *sources)
{
    char text[SVCT_CIDR_TEXT];

    for (size_t i = 0; i < sources->count; i++)
        list_add(list, svct_cidr_format(text, sizeof(text), &sources->item[i]));
    if (sources->local)
        list_add(list, "local");
    return list->len > 0 ? list->text : "any";
}

void svct_trail_sources(struct svct_audit *audit, const char *key,
                        const struct svct_sources *sources)
{
    struct list list = {.len = 0};

    svct_audit_add(audit, key, list_sources(&list, sources));
}

void svct_trail_services(struct svct_audit *audit, const char *key,
                         const struct svct_globs *services)
{
    struct list list = {.len = 0};

    for (size_t i = 0; i < services->count; i++)
        list_add(&list, services->item[i]);
    svct_audit_add(audit, key, list.len > 0 ? list.text : "any");
}

void svct_trail_limits(struct svct_audit *audit, const struct svct_token *token)
{
    char number[16];

    if (token->cap[0] != '\0')
        svct_audit_add(audit, "role", token->cap);
    svct_trail_sources(audit, "sources", &token->sources);
    svct_trail_services(audit, "services", &token->services);
    if (token->comment[0] != '\0')
        svct_audit_add(audit, "comment", token->comment);
    if (token->max_uses != 0) {
        snprintf(number, sizeof(number), "%lu", (unsigned long)token->max_uses);
        svct_audit_add(audit, "max-uses", number);
    }
}

void svct_trail_new_token(struct svct_audit *audit,
                          const struct svct_token *token)
{
    svct_trail_token(audit, "token-create", token);
    svct_trail_time(audit, "expires", token->expires);
    if (token->not_before != 0)
        svct_trail_time(audit, "not-before", token->not_before);
    svct_trail_limits(audit, token);
}

/* As many as a value of a line holds (SVCT_AUDIT_VALUE_MAX), with commas, and
 * as many values as the line does. */
#define IDS_A_VALUE 20
#define VALUES_A_LINE 3
#define IDS_A_LINE (IDS_A_VALUE * VALUES_A_LINE)

bool svct_trail_ids(struct svct_audit *ret_audit, const char *action,
                    svct_trail_id_fn *id, const void *arg, size_t count,
                    size_t index)
{
    static const char *const keys[VALUES_A_LINE] = {"ids", "ids2", "ids3"};
    size_t from = index * IDS_A_LINE;
    struct list list;

    if (from >= count)
        return false;
    svct_audit_begin(ret_audit, action);
    for (size_t i = from; i < count && i < from + IDS_A_LINE; i++) {
        size_t place = (i - from) % IDS_A_VALUE;

        if (place == 0)
            list.len = 0;
        list_add(&list, id(arg, i));
        if (place + 1 == IDS_A_VALUE || i + 1 == count)
            svct_audit_add(ret_audit, keys[(i - from) / IDS_A_VALUE],
                           list.text);
    }
    return true;
}

size_t svct_trail_ids_lines(size_t count)
{
    return (count + IDS_A_LINE - 1) / IDS_A_LINE;
}

/* ---- changes ---- */

void svct_trail_change_time(struct svct_audit *audit, const char *key,
                            int64_t old, int64_t time)
{
    char was[40], is[40];

    svct_audit_change(audit, key, svct_time_format(was, sizeof(was), old),
                      svct_time_format(is, sizeof(is), time));
}

void svct_trail_change_flag(struct svct_audit *audit, const char *key, bool old,
                            bool flag)
{
    svct_audit_change(audit, key, old ? "yes" : "no", flag ? "yes" : "no");
}

void svct_trail_change_sources(struct svct_audit *audit, const char *key,
                               const struct svct_sources *old,
                               const struct svct_sources *sources)
{
    struct list was = {.len = 0}, is = {.len = 0};

    svct_audit_change(audit, key, list_sources(&was, old),
                      list_sources(&is, sources));
}

static const char *list_globs(struct list *list, const struct svct_globs *globs)
{
    for (size_t i = 0; i < globs->count; i++)
        list_add(list, globs->item[i]);
    return list->len > 0 ? list->text : "none";
}

/* "web,ops:65540": of svctoken's own with its gid */
static const char *list_groups(struct list *list, const struct svct_role *role)
{
    char text[SVCT_GROUP_NAME_MAX + 16];

    for (size_t i = 0; i < role->groups_count; i++) {
        if (role->gids[i] == 0) {
            list_add(list, role->groups[i]);
            continue;
        }
        snprintf(text, sizeof(text), "%s:%lu", role->groups[i],
                 (unsigned long)role->gids[i]);
        list_add(list, text);
    }
    return list->len > 0 ? list->text : "none";
}

void svct_trail_role(struct svct_audit *audit, const struct svct_role *role)
{
    struct list allow = {.len = 0}, refuse = {.len = 0}, groups = {.len = 0};

    svct_audit_add(audit, "allow", list_globs(&allow, &role->allow));
    svct_audit_add(audit, "refuse", list_globs(&refuse, &role->refuse));
    svct_audit_add(audit, "groups", list_groups(&groups, role));
    svct_audit_add(audit, "description", role->description);
}

void svct_trail_change_role(struct svct_audit *audit,
                            const struct svct_role *old,
                            const struct svct_role *role)
{
    struct list was[3] = {{.len = 0}}, is[3] = {{.len = 0}};

    svct_audit_change(audit, "allow", list_globs(&was[0], &old->allow),
                      list_globs(&is[0], &role->allow));
    svct_audit_change(audit, "refuse", list_globs(&was[1], &old->refuse),
                      list_globs(&is[1], &role->refuse));
    svct_audit_change(audit, "groups", list_groups(&was[2], old),
                      list_groups(&is[2], role));
    svct_audit_change(audit, "description", old->description,
                      role->description);
}

/* ---- accounts and tokens as a whole ---- */

static const char *list_number(struct list *list, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof(text), "%lu", (unsigned long)number);
    list_add(list, number != 0 ? text : "existing");
    return list->text;
}

void svct_trail_unix(struct svct_audit *audit,
                     const struct svct_account *account)
{
    struct list uid = {.len = 0}, gid = {.len = 0};

    svct_audit_add(audit, "unix-uid", list_number(&uid, account->uid));
    if (account->uid == 0)
        return;
    svct_audit_add(audit, "unix-gid", list_number(&gid, account->gid));
    svct_audit_add(audit, "home", account->home);
    svct_audit_add(audit, "shell", account->shell);
}

static void change_unix(struct svct_audit *audit,
                        const struct svct_account *old,
                        const struct svct_account *account)
{
    struct list was[2] = {{.len = 0}}, is[2] = {{.len = 0}};

    svct_audit_change(audit, "unix-uid", list_number(&was[0], old->uid),
                      list_number(&is[0], account->uid));
    svct_audit_change(audit, "unix-gid", list_number(&was[1], old->gid),
                      list_number(&is[1], account->gid));
    svct_audit_change(audit, "home", old->home, account->home);
    svct_audit_change(audit, "shell", old->shell, account->shell);
}

void svct_trail_account(struct svct_audit *audit,
                        const struct svct_account *account)
{
    svct_audit_add(audit, "role", account->role);
    svct_trail_time(audit, "expires", account->expires);
    svct_trail_sources(audit, "sources", &account->sources);
    if (account->disabled)
        svct_audit_add(audit, "disabled", "yes");
    svct_trail_unix(audit, account);
    if (account->description[0] != '\0')
        svct_audit_add(audit, "description", account->description);
}

void svct_trail_change_account(struct svct_audit *audit,
                               const struct svct_account *old,
                               const struct svct_account *account)
{
    svct_audit_change(audit, "role", old->role, account->role);
    svct_trail_change_time(audit, "expires", old->expires, account->expires);
    svct_trail_change_sources(audit, "sources", &old->sources,
                              &account->sources);
    svct_trail_change_flag(audit, "disabled", old->disabled, account->disabled);
    change_unix(audit, old, account);
    svct_audit_change(audit, "description", old->description,
                      account->description);
}

static void change_services(struct svct_audit *audit,
                            const struct svct_globs *old,
                            const struct svct_globs *services)
{
    struct list was = {.len = 0}, is = {.len = 0};

    list_globs(&was, old);
    list_globs(&is, services);
    svct_audit_change(audit, "services", was.len > 0 ? was.text : "any",
                      is.len > 0 ? is.text : "any");
}

static void change_uses(struct svct_audit *audit, uint32_t old, uint32_t uses)
{
    char was[24], is[24];

    snprintf(was, sizeof(was), "%lu", (unsigned long)old);
    snprintf(is, sizeof(is), "%lu", (unsigned long)uses);
    svct_audit_change(audit, "max-uses", old != 0 ? was : "any",
                      uses != 0 ? is : "any");
}

void svct_trail_change_token(struct svct_audit *audit,
                             const struct svct_token *old,
                             const struct svct_token *token)
{
    bool other = memcmp(old->hash, token->hash, sizeof(old->hash)) != 0;

    svct_audit_change(audit, "name", old->name, token->name);
    svct_trail_change_time(audit, "expires", old->expires, token->expires);
    svct_trail_change_time(audit, "not-before", old->not_before,
                           token->not_before);
    svct_audit_change(audit, "role", old->cap[0] != '\0' ? old->cap : "none",
                      token->cap[0] != '\0' ? token->cap : "none");
    svct_trail_change_sources(audit, "sources", &old->sources, &token->sources);
    change_services(audit, &old->services, &token->services);
    change_uses(audit, old->max_uses, token->max_uses);
    svct_trail_change_flag(audit, "disabled", old->disabled, token->disabled);
    svct_trail_change_flag(audit, "revoked", old->revoked, token->revoked);
    svct_audit_change(audit, "comment", old->comment, token->comment);
    if (other)
        svct_audit_change(audit, "secret", "the former", "another");
}
