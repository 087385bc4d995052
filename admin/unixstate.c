/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixstate.h"

#include "hint.h"
#include "hostdb.h"
#include "nsswitchfile.h"
#include "say.h"

void svct_unixstate_look(const char *db, struct svct_unixstate_host *ret_host)
{
    ret_host->here = svct_hostdb_is(db);
    ret_host->asks = svct_nsswitchfile_asks(SVCT_NSSWITCH_PASSWD);
}

enum svct_unixstate svct_unixstate_tell(const struct svct_unixstate_host *host,
                                        const struct svct_account *account,
                                        int looked, uint32_t uid)
{
    bool gone = looked == SVCT_E_NOTFOUND;

    if (account->uid == 0)
        return gone ? SVCT_UNIXSTATE_GONE : SVCT_UNIXSTATE_FINE;
    if (!host->here)
        return SVCT_UNIXSTATE_FINE;
    if (gone)
        return host->asks ? SVCT_UNIXSTATE_UNKNOWN : SVCT_UNIXSTATE_UNASKED;
    return looked == 0 && uid != account->uid ? SVCT_UNIXSTATE_OTHER
                                              : SVCT_UNIXSTATE_FINE;
}

void svct_unixstate_say(enum svct_unixstate state,
                        const struct svct_account *account, uint32_t uid)
{
    const char *name = account->name;

    switch (state) {
    case SVCT_UNIXSTATE_FINE:
        break;
    case SVCT_UNIXSTATE_GONE:
        svct_hint_no_user(name);
        break;
    case SVCT_UNIXSTATE_UNASKED:
        svct_say(
            "the service account %s is a Unix user by svctoken alone, and "
            "this host does not ask svctoken for users yet: nobody can log "
            "in to it before \"svctoken nss enable\"",
            name);
        break;
    case SVCT_UNIXSTATE_UNKNOWN:
        svct_say(
            "the service account %s is a Unix user by svctoken alone, and "
            "the host does not know it though it asks svctoken: nobody can "
            "log in to it; \"svctoken nss status\" tells more",
            name);
        break;
    case SVCT_UNIXSTATE_OTHER:
        svct_say("the service account %s has the uid %lu, and the host has a "
                 "Unix user of that name with the uid %lu: logins get that one",
                 name, (unsigned long)account->uid, (unsigned long)uid);
        break;
    }
}
