/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "notice.h"

#include <security/pam_ext.h>

char *svct_notice_words(char *out, size_t size, int64_t seconds)
{
    static const struct {
        int64_t length;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t len = 0;

    snprintf(out, size, "0 seconds");
    for (size_t i = 0; i < sizeof units / sizeof *units && len < size; i++) {
        int64_t count = seconds > 0 ? seconds / units[i].length : 0;

        if (count == 0)
            continue;
        seconds -= count * units[i].length;
        len += (size_t)snprintf(out + len, size - len, "%s%lld %s%s",
                                len > 0 ? " " : "", (long long)count,
                                units[i].name, count == 1 ? "" : "s");
    }
    return out;
}

bool svct_notice_is_due(const struct svct_terms *terms, int64_t now)
{
    return svct_terms_is_ending(terms->begun, terms->expires,
                                terms->warn_before, now);
}

void svct_notice_give(pam_handle_t *pamh, const char *account,
                      const struct svct_terms *terms, int64_t now)
{
    char words[96];

    if (!svct_notice_is_due(terms, now))
        return;
    svct_notice_words(words, sizeof words, terms->expires - now);
    if (terms->token_ends)
        pam_info(pamh, "svctoken: the token %s of %s expires in %s",
                 terms->token_name, account, words);
    else
        pam_info(pamh, "svctoken: the service account %s expires in %s",
                 account, words);
}
