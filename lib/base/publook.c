/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/publook.h"

#include <string.h>

static int fetch(const struct svct_snapshot *snapshot,
                 const struct svct_key *key, enum svct_kind kind,
                 struct svct_value *ret_value)
{
    if (key->len == 0)
        return SVCT_E_NOTFOUND;
    return svct_snapshot_fetch(snapshot, key, kind, ret_value);
}

int svct_publook_user(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubuser *ret_user)
{
    struct svct_key key = svct_key_pubuser(name);
    struct svct_pubuser user;
    struct svct_value value;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBUSER, &value);

    if (r == 0)
        r = svct_pubuser_decode(&value.record, &user);
    if (r == 0 && strcmp(user.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_user = user;
    return r;
}

int svct_publook_id(const struct svct_snapshot *snapshot, uint32_t number,
                    struct svct_pubid *ret_id)
{
    struct svct_key key = svct_key_pubid(number);
    struct svct_pubid id;
    struct svct_value value;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBID, &value);

    if (r == 0)
        r = svct_pubid_decode(&value.record, &id);
    if (r == 0 && id.id != number)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_id = id;
    return r;
}

int svct_publook_role(const struct svct_snapshot *snapshot, const char *name,
                      struct svct_pubrole *ret_role)
{
    struct svct_key key = svct_key_pubrole(name);
    struct svct_pubrole role;
    struct svct_value value;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBROLE, &value);

    if (r == 0)
        r = svct_pubrole_decode(&value.record, &role);
    if (r == 0 && strcmp(role.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_role = role;
    return r;
}

int svct_publook_group(const struct svct_snapshot *snapshot, const char *name,
                       struct svct_pubgroup *ret_group)
{
    struct svct_key key = svct_key_pubgroup(name);
    struct svct_pubgroup group;
    struct svct_value value;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBGROUP, &value);

    if (r == 0)
        r = svct_pubgroup_decode(&value.record, &group);
    if (r == 0 && strcmp(group.name, name) != 0)
        r = SVCT_E_DAMAGED; /* written wrongly: the check covers the key */
    if (r == 0)
        *ret_group = group;
    return r;
}

int svct_publook_page(const struct svct_snapshot *snapshot, const char *role,
                      uint32_t number, struct svct_pubpage *ret_page)
{
    struct svct_key key = svct_key_pubpage(role, number);
    struct svct_pubpage page;
    struct svct_value value;
    int r = fetch(snapshot, &key, SVCT_KIND_PUBPAGE, &value);

    if (r == 0)
        r = svct_pubpage_decode(&value.record, &page);
    if (r == 0)
        *ret_page = page;
    return r;
}
