/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_POLICYRANGE_H
#define SVCT_ADMIN_POLICYRANGE_H

/* The range of uids of the policy, and what it collides with on this host. */

#include "cmd.h"
#include "idrange.h"

/* The one in force, which may be the default one. */
struct svct_idrange svct_policyrange_get(const struct svct_policy *policy);

/* The number that is handed out next; 0: none is left. *ret_left: how many. */
uint32_t svct_policyrange_next(const struct svct_policy *policy,
                               uint32_t *ret_left);

/* Says the collisions, each in a sentence. Users and groups that there are by
 * svctoken are none, though the name service may tell of them. After the
 * commit: it may take a while. */
void svct_policyrange_warn(const struct svct_call *call,
                           const struct svct_policy *policy);

/* That numbers come into the range which may have had owners: those given by
 * hand outside of it are not remembered (write/ids.h). */
void svct_policyrange_say_more(const struct svct_policy *old,
                               const struct svct_policy *policy);

#endif
