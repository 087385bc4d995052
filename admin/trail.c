/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "trail.h"

#include "auth/timefmt.h"

struct list {
    char text[SVCT_AUDIT_MAX];
    size_t len;
};

/* What does not fit is cut: the line would be, too. */
static void list_add(struct list *list, const char *word)
{
    int len;

    if (list->len >= sizeof(list->text))
        return;
    len = snprintf(list->text + list->len, sizeof(list->text) - list->len,
                   "%s%s", list->len > 0 ? "," : "", word);
    list->len += len > 0 ? (size_t)len : 0;
}

void svct_trail_time(struct svct_audit *audit, const char *key, int64_t time)
{
    char text[40];

    svct_audit_add(audit, key, svct_time_format(text, sizeof(text), time));
}

void svct_trail_sources(struct svct_audit *audit, const char *key,
                        const struct svct_sources *sources)
{
    struct list list = {.len = 0};
    char text[SVCT_CIDR_TEXT];

    for (size_t i = 0; i < sources->count; i++)
        list_add(&list,
                 svct_cidr_format(text, sizeof(text), &sources->item[i]));
    if (sources->local)
        list_add(&list, "local");
    svct_audit_add(audit, key, list.len > 0 ? list.text : "any");
}

void svct_trail_services(struct svct_audit *audit, const char *key,
                         const struct svct_globs *services)
{
    struct list list = {.len = 0};

    for (size_t i = 0; i < services->count; i++)
        list_add(&list, services->item[i]);
    svct_audit_add(audit, key, list.len > 0 ? list.text : "any");
}
