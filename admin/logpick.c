/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "logpick.h"

#include "args.h"
#include "auth/glob.h"
#include "base/parse.h"
#include "say.h"

const struct svct_opt svct_logpick_options[] = {
    [SVCT_LOG_SINCE] = {"since", "WHEN", 0,
                        "only changes from then on; -8h is that long ago"},
    [SVCT_LOG_UNTIL] = {"until", "WHEN", 0, "only changes up to then"},
    [SVCT_LOG_ACCOUNT] = {"account", "NAME", SVCT_OPT_EITHER,
                          "only changes of this account and its tokens"},
    [SVCT_LOG_TOKEN] = {"token", "TOKEN", SVCT_OPT_EITHER,
                        "only changes of this token: ACCOUNT/NAME or its id"},
    [SVCT_LOG_ACTION] = {"action", "GLOB", 0,
                         "only such changes, as token-revoke or \"*-delete\""},
    [SVCT_LOG_BY] = {"by", "WHO", 0, "only what this user did"},
    [SVCT_LOG_LAST] = {"last", "N", 0, "only the newest N of these"},
    [SVCT_LOG_FILE] = {"file", "FILE", 0,
                       "read this file, as one that was rotated; -: standard "
                       "input"},
    {NULL, NULL, 0, NULL},
};

/* ---- what is asked for ---- */

/* Here, most moments are past: "-8h" as well. */
static int get_moment(const struct svct_call *call, size_t index,
                      int64_t *ret_time)
{
    const char *text = svct_opts_get(&call->opts, index);
    int64_t ago;

    if (text != NULL && svct_duration_parse(text, &ago) == 0)
        return svct_say_usage(
            call, "--%s: %s is no moment: -%s is that long ago",
            svct_logpick_options[index].name, svct_say_quote(text).text, text);
    if (text == NULL || text[0] != '-')
        return svct_args_get_time(call, index, false, ret_time);
    if (svct_duration_parse(text + 1, &ago) < 0)
        return svct_say_usage(call,
                              "--%s: %s is no time that long ago: give as "
                              "-90s, -15m, -8h or -7d",
                              svct_logpick_options[index].name,
                              svct_say_quote(text).text);
    *ret_time = ago < call->now ? call->now - ago : 0;
    return SVCT_EXIT_DONE;
}

static int read_times(const struct svct_call *call, struct svct_logpick *pick)
{
    int r = get_moment(call, SVCT_LOG_SINCE, &pick->since);

    if (r == SVCT_EXIT_DONE)
        r = get_moment(call, SVCT_LOG_UNTIL, &pick->until);
    if (r == SVCT_EXIT_DONE && pick->since > pick->until)
        r = svct_say_usage(call, "--since is later than --until");
    return r;
}

static int read_token(const struct svct_call *call, struct svct_logpick *pick)
{
    const char *text = svct_opts_get(&call->opts, SVCT_LOG_TOKEN);

    if (text == NULL)
        return SVCT_EXIT_DONE;
    if (strchr(text, '/') != NULL)
        return svct_args_token(call, text, pick->token_account,
                               pick->token_name);
    if (!svct_token_is_id(text))
        return svct_say_usage(call,
                              "--token: %s names no token: give ACCOUNT/NAME "
                              "or a token id (10 letters and digits)",
                              svct_say_quote(text).text);
    pick->token_id = text;
    return SVCT_EXIT_DONE;
}

static int read_words(const struct svct_call *call, struct svct_logpick *pick)
{
    pick->account = svct_opts_get(&call->opts, SVCT_LOG_ACCOUNT);
    pick->action = svct_opts_get(&call->opts, SVCT_LOG_ACTION);
    pick->by = svct_opts_get(&call->opts, SVCT_LOG_BY);
    if (pick->action != NULL && svct_glob_check(pick->action) < 0)
        return svct_say_usage(call,
                              "--action: %s is no action: give as "
                              "token-revoke or \"token-*\"",
                              svct_say_quote(pick->action).text);
    if (pick->by != NULL &&
        (pick->by[0] == '\0' || strlen(pick->by) > SVCT_ACTOR_MAX ||
         svct_name_check_text(pick->by) < 0))
        return svct_say_usage(call,
                              "--by: %s is no user: give a login name of at "
                              "most %d bytes",
                              svct_say_quote(pick->by).text, SVCT_ACTOR_MAX);
    return pick->account != NULL ? svct_args_login(call, pick->account)
                                 : SVCT_EXIT_DONE;
}

static int read_last(const struct svct_call *call, struct svct_logpick *pick)
{
    const char *text = svct_opts_get(&call->opts, SVCT_LOG_LAST);

    pick->last = SVCT_LOGPICK_MAX;
    if (text != NULL &&
        svct_parse_number(text, 1, SVCT_LOGPICK_MAX, &pick->last) < 0)
        return svct_say_usage(call, "--last: %s is no number from 1 to %d",
                              svct_say_quote(text).text, SVCT_LOGPICK_MAX);
    return SVCT_EXIT_DONE;
}

int svct_logpick_read(const struct svct_call *call,
                      struct svct_logpick *ret_pick)
{
    struct svct_logpick pick = {.since = 0, .until = SVCT_TIME_MAX};
    int r = read_times(call, &pick);

    if (r == SVCT_EXIT_DONE)
        r = read_token(call, &pick);
    if (r == SVCT_EXIT_DONE)
        r = read_words(call, &pick);
    if (r == SVCT_EXIT_DONE)
        r = read_last(call, &pick);
    if (r == SVCT_EXIT_DONE)
        *ret_pick = pick;
    return r;
}

/* ---- does an entry fit? ---- */

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));

    return text != NULL ? text : "";
}

/* expected: NULL or "" is any. */
static bool fits(const json_t *entry, const char *key, const char *expected)
{
    return expected == NULL || expected[0] == '\0' ||
           strcmp(text_of(entry, key), expected) == 0;
}

/* In "abc,def" of whole ids? */
static bool lists_id(const char *list, const char *id)
{
    size_t len = strlen(id);

    for (const char *at = list; *at != '\0'; at += strspn(at, ",")) {
        size_t next = strcspn(at, ",");

        if (next == len && memcmp(at, id, len) == 0)
            return true;
        at += next;
    }
    return false;
}

/* A line is about one token, or lists those that a purge removed. */
static bool fits_id(const json_t *entry, const char *id)
{
    const json_t *details = json_object_get(entry, "details");

    return id == NULL || fits(entry, "id", id) ||
           lists_id(text_of(details, "ids"), id) ||
           lists_id(text_of(details, "ids2"), id) ||
           lists_id(text_of(details, "ids3"), id);
}

bool svct_logpick_wants(const struct svct_logpick *pick, const json_t *entry)
{
    int64_t time = 0;

    svct_time_parse(text_of(entry, "time"), 0, &time, NULL);
    return time >= pick->since && time <= pick->until &&
           fits(entry, "account", pick->account) &&
           fits_id(entry, pick->token_id) &&
           fits(entry, "account", pick->token_account) &&
           fits(entry, "token", pick->token_name) &&
           fits(entry, "by", pick->by) &&
           (pick->action == NULL ||
            svct_glob_match(pick->action, text_of(entry, "action")));
}
