/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_PAM_NOTICE_H
#define SVCT_PAM_NOTICE_H

/*
 * A token that is about to expire says so at login.
 *
 *     svctoken: the token ci of deploy expires in 1 hour 59 minutes 3 seconds
 */

#include <security/pam_modules.h>

#include "auth/terms.h"

/* The time in words, exactly: "2 days 1 second"; 0 and less: "0 seconds". At
 * least 96 bytes. Returns out. */
char *svct_notice_words(char *out, size_t size, int64_t seconds);

/* Is it time to say so? Not what has ended already. */
bool svct_notice_is_due(const struct svct_terms *terms, int64_t now);

/* Says so when it is due. account: whose terms they are. */
void svct_notice_give(pam_handle_t *pamh, const char *account,
                      const struct svct_terms *terms, int64_t now);

#endif
