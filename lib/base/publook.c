/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/publook.h"

#include <stdlib.h>
#include <string.h>

/* What a lookup needs, off the stack: the host's thread may have 16 KiB. */
struct look {
    struct svct_value value;
    union {
        struct svct_pubuser user;
        struct svct_pubid id;
        struct svct_pubrole role;
        struct svct_pubpage page;
        struct svct_pubgroup group;
    };
};

/* Free *ret_look, which is NULL after a failure. */
static int fetch(const struct svct_snapshot *snapshot,
                 const struct svct_key *key, enum svct_kind kind,
                 struct look **ret_look)
{
    struct look *look;
    int r;

    *ret_look = NULL;
    if (key->len == 0)
        return SVCT_E_NOTFOUND;
    look = malloc(sizeof *look);
    if (look == NULL)
        return SVCT_E_NOMEM;
    r = svct_snapshot_fetch(snapshot, key, kind, &look->value);
    if (r == 0)
        *ret_look = look;
    else
        free(look);
    return r;
}

int svct_publook_user(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubuser *ret_user)
{
    struct svct_key key = svct_key_pubuser(name);
    struct look *look;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBUSER, &look);

    if (r == 0)
        r = svct_pubuser_decode(&look->value.record, &look->user);
    if (r == 0 && strcmp(look->user.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_user = look->user;
    free(look);
    return r;
}

int svct_publook_id(const struct svct_snapshot *snapshot, uint32_t number,
                    struct svct_pubid *ret_id)
{
    struct svct_key key = svct_key_pubid(number);
    struct look *look;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBID, &look);

    if (r == 0)
        r = svct_pubid_decode(&look->value.record, &look->id);
    if (r == 0 && look->id.id != number)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_id = look->id;
    free(look);
    return r;
}

int svct_publook_role(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubrole *ret_role)
{
    struct svct_key key = svct_key_pubrole(name);
    struct look *look;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBROLE, &look);

    if (r == 0)
        r = svct_pubrole_decode(&look->value.record, &look->role);
    if (r == 0 && strcmp(look->role.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_role = look->role;
    free(look);
    return r;
}

int svct_publook_group(const struct svct_snapshot *snapshot, const char *name,
                       struct svct_pubgroup *ret_group)
{
    struct svct_key key = svct_key_pubgroup(name);
    struct look *look;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBGROUP, &look);

    if (r == 0)
        r = svct_pubgroup_decode(&look->value.record, &look->group);
    if (r == 0 && strcmp(look->group.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_group = look->group;
    free(look);
    return r;
}

int svct_publook_page(const struct svct_snapshot *snapshot, const char *role,
                      uint32_t number, struct svct_pubpage *ret_page)
{
    struct svct_key key = svct_key_pubpage(role, number);
    struct look *look;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBPAGE, &look);

    if (r == 0)
        r = svct_pubpage_decode(&look->value.record, &look->page);
    if (r == 0)
        *ret_page = look->page;
    free(look);
    return r;
}
