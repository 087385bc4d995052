/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "restoreids.h"

#include "unixid.h"

static bool changes_hands(const struct svct_present *present, uint32_t id,
                          enum svct_pubid_owner owner, const char *name,
                          char *text)
{
    const char *what = owner == SVCT_PUBID_USER ? "uid" : "gid";
    struct svct_pubid here;
    int r = svct_present_id(present, id, &here);

    if (r == SVCT_E_NOTFOUND)
        return false;
    if (r != 0)
        snprintf(text, SVCT_RESTOREIDS_TEXT,
                 "whose %s %lu is now can't be told: files may be another's",
                 what, (unsigned long)id);
    else if (here.owner != owner || strcmp(here.name, name) != 0)
        snprintf(text, SVCT_RESTOREIDS_TEXT,
                 "%s %lu is %s%s's now and becomes %s's: files of the one are "
                 "then the other's",
                 what, (unsigned long)id,
                 here.owner == SVCT_PUBID_GROUP ? "the group " : "", here.name,
                 name);
    else
        return false;
    return true;
}

static bool is_of_host(uint32_t id, bool user_only, const char *name,
                       char *text)
{
    struct svct_unixid owner;

    if (svct_unixid_owner(id, user_only, &owner, NULL) != 0)
        snprintf(text, SVCT_RESTOREIDS_TEXT,
                 "whether %lu is somebody's on this host can't be told",
                 (unsigned long)id);
    else if (owner.kind != SVCT_UNIXID_NOBODY && strcmp(owner.name, name) != 0)
        snprintf(text, SVCT_RESTOREIDS_TEXT, "%lu is the %s %s on this host",
                 (unsigned long)id, svct_unixid_what(&owner), owner.name);
    else
        return false;
    return true;
}

bool svct_restoreids_account(const struct svct_present *present,
                             const struct svct_account *back, bool is_new,
                             char ret_text[SVCT_RESTOREIDS_TEXT])
{
    if (back->uid == 0)
        return false;
    return changes_hands(present, back->uid, SVCT_PUBID_USER, back->name,
                         ret_text) ||
           (is_new && is_of_host(back->uid, back->gid != back->uid, back->name,
                                 ret_text));
}

bool svct_restoreids_group(const struct svct_present *present,
                           const struct svct_role *back, size_t index,
                           char ret_text[SVCT_RESTOREIDS_TEXT])
{
    const char *name = back->groups[index];
    uint32_t gid = back->gids[index];

    return gid != 0 &&
           (changes_hands(present, gid, SVCT_PUBID_GROUP, name, ret_text) ||
            is_of_host(gid, false, name, ret_text));
}
