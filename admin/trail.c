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

static const char *list_groups(struct list *list, const struct svct_role *role)
{
    for (size_t i = 0; i < role->groups_count; i++)
        list_add(list, role->groups[i]);
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
