/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "hint.h"

#include "auth/policy.h"
#include "auth/role.h"
#include "say.h"

bool svct_hint_clock_suspect(int64_t now, int64_t committed)
{
    return committed > now && committed - now > SVCT_CLOCK_TOLERANCE;
}

char *svct_hint_clock(char *out, size_t size, int64_t now, int64_t committed)
{
    char clock[40], change[40];

    snprintf(out, size,
             "the clock says %s, and the last change of the database says %s: "
             "until then every token is refused (clock_suspect). If the clock "
             "is right now, \"svctoken db accept-clock\" mends that",
             svct_time_format(clock, sizeof(clock), now),
             svct_time_format(change, sizeof(change), committed));
    return out;
}

bool svct_hint_shuts_sudo(const struct svct_sources *sources,
                          const struct svct_role *role,
                          const struct svct_role *cap,
                          const struct svct_globs *services)
{
    static const char sudo[] = "sudo";

    if (sources->count == 0 || sources->local || !svct_role_allows(role, sudo))
        return false;
    if (cap != NULL && !svct_role_allows(cap, sudo))
        return false;
    return services == NULL || services->count == 0 ||
           svct_globs_match(services, sudo);
}

void svct_hint_local(const char *what)
{
    svct_say("%s will be refused in sudo, su and cron: they have no remote "
             "address, and its sources have no \"local\"; give --source local "
             "as well if it shall be used there",
             what);
}

void svct_hint_sessions(const char *account, const char *token_id)
{
    svct_say("sessions that are open now go on; \"svctoken session end %s\" "
             "ends them",
             token_id != NULL ? token_id : account);
}

void svct_hint_no_user(const char *account)
{
    svct_say("the service account %s has no Unix user: whoever gets a user of "
             "that name gets the account with it; \"svctoken account delete "
             "%s\" prevents that",
             account, account);
}
