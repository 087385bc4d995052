/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lastuse.h"

#include <fcntl.h>

#include "say.h"

void svct_lastuse_open(struct svct_lastuse *lastuse, int dir_fd)
{
    *lastuse = (struct svct_lastuse){.usage = {.fd = -1}};
    lastuse->code =
        svct_usage_open(dir_fd, O_RDONLY, &lastuse->usage, &lastuse->fault);
}

void svct_lastuse_close(struct svct_lastuse *lastuse)
{
    svct_usage_close(&lastuse->usage);
}

void svct_lastuse_read(struct svct_lastuse *lastuse, struct svct_token_row *row)
{
    const struct svct_token *token = &row->token;
    struct svct_seen seen = {.uses = 0};
    int r;

    row->use_known = false;
    row->seen = seen;
    if (lastuse->code != 0 || token->slot == 0)
        return;
    r = svct_usage_read_own(&lastuse->usage, token, &seen);
    if (r == 0)
        row->seen = seen;
    else if (r != SVCT_E_NOTFOUND || token->max_uses != 0) {
        lastuse->odd++;
        return;
    }
    row->use_known = true;
}

void svct_lastuse_say(const struct svct_lastuse *lastuse)
{
    if (lastuse->code != 0)
        svct_say("when tokens were last used is not known: %s",
                 lastuse->fault.what);
    else if (lastuse->odd > 0)
        svct_say("of %llu token%s it is not known when %s last used: "
                 "\"svctoken db verify\" tells why",
                 (unsigned long long)lastuse->odd, svct_say_s(lastuse->odd),
                 lastuse->odd == 1 ? "it was" : "they were");
}

void svct_lastuse_fill(int dir_fd, struct svct_token_row *row)
{
    struct svct_lastuse lastuse;

    svct_lastuse_open(&lastuse, dir_fd);
    svct_lastuse_read(&lastuse, row);
    svct_lastuse_say(&lastuse);
    svct_lastuse_close(&lastuse);
}

bool svct_lastuse_unused(const struct svct_token_row *row, int64_t now,
                         int64_t seconds)
{
    int64_t since = row->seen.last_used;

    if (!row->use_known)
        return false;
    if (since == 0)
        since = row->token.created;
    return since <= now && now - since >= seconds;
}
