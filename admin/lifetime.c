/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lifetime.h"

#include "args.h"
#include "say.h"

int svct_lifetime_read(const struct svct_call *call,
                       const struct svct_lifetime_options *options,
                       const char *what, struct svct_lifetime *ret_lifetime)
{
    struct svct_lifetime lifetime = {.ttl = 0};
    const char *expires = svct_opts_get(&call->opts, options->expires);
    int r = svct_args_get_duration(call, options->ttl, &lifetime.ttl);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (svct_opts_given(&call->opts, options->no_expiry))
        lifetime.expires = SVCT_TIME_NEVER;
    if (expires != NULL && strcmp(expires, "never") == 0)
        return svct_say_usage(call, "--expires never is --no-expiry for %s",
                              what);
    r = svct_args_get_future(call, options->expires, false, &lifetime.expires);
    if (r == SVCT_EXIT_DONE)
        *ret_lifetime = lifetime;
    return r;
}

/* A database has a policy: that it is not there is damage. */
static int get_default(const struct svct_call *call,
                       const struct svct_snapshot *snapshot, int64_t *ret_ttl)
{
    struct svct_policy policy;
    int r = svct_lookup_policy(snapshot, &policy);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    if (r < 0)
        return svct_say_code(call, r, "the policy");
    *ret_ttl = policy.default_ttl;
    return SVCT_EXIT_DONE;
}

int svct_lifetime_end(const struct svct_call *call,
                      const struct svct_snapshot *snapshot,
                      const struct svct_lifetime *lifetime, int64_t begin,
                      int64_t *ret_expires)
{
    int64_t ttl = lifetime->ttl;
    int r = SVCT_EXIT_DONE;

    if (lifetime->expires != 0) {
        *ret_expires = lifetime->expires;
        return SVCT_EXIT_DONE;
    }
    if (ttl == 0)
        r = get_default(call, snapshot, &ttl);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (ttl > SVCT_TIME_MAX - begin)
        return svct_say_usage(call, "it would end after the year 9999; "
                                    "--no-expiry is for ever");
    *ret_expires = begin + ttl;
    return SVCT_EXIT_DONE;
}
