/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "args.h"

#include "base/parse.h"
#include "say.h"

/* The option's name, for messages. */
static const char *name_of(const struct svct_call *call, size_t index)
{
    return call->opts.table[index].name;
}

/* ---- names ---- */

int svct_args_login(const struct svct_call *call, const char *name)
{
    switch (svct_name_check_login(name)) {
    case 0:
        return SVCT_EXIT_DONE;
    case SVCT_E_TOOBIG:
        return svct_say_usage(call, "the name %s is too long: at most %d bytes",
                              svct_say_quote(name).text, SVCT_LOGIN_MAX);
    default:
        return svct_say_usage(call,
                              "%s is no login name: a-z or _ first, then a-z, "
                              "0-9, _ and -",
                              svct_say_quote(name).text);
    }
}

int svct_args_role(const struct svct_call *call, const char *name)
{
    if (svct_name_check_role(name) == 0)
        return SVCT_EXIT_DONE;
    return svct_say_usage(call,
                          "%s is no name of a role: \"svctoken role list\" "
                          "shows those there are",
                          svct_say_quote(name).text);
}

static int token_name(const struct svct_call *call, const char *name)
{
    switch (svct_name_check_token(name)) {
    case 0:
        return SVCT_EXIT_DONE;
    case SVCT_E_TOOBIG:
        return svct_say_usage(call,
                              "the token's name %s is too long: at most %d "
                              "bytes",
                              svct_say_quote(name).text, SVCT_NAME_MAX);
    default:
        return svct_say_usage(call,
                              "%s is no name for a token: a letter or digit "
                              "first, then those, . _ and -",
                              svct_say_quote(name).text);
    }
}

int svct_args_token(const struct svct_call *call, const char *text,
                    char ret_account[SVCT_LOGIN_MAX + 1],
                    char ret_name[SVCT_NAME_MAX + 1])
{
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    char account[SVCT_LOGIN_MAX + 2]; /* one more: too long stays so */
    int r;

    snprintf(account, sizeof(account), "%.*s", (int)(len > 99 ? 99 : len),
             text);
    r = svct_args_login(call, account);
    if (r == SVCT_EXIT_DONE && slash != NULL)
        r = token_name(call, slash + 1);
    if (r != SVCT_EXIT_DONE)
        return r;
    memcpy(ret_account, account, len + 1);
    snprintf(ret_name, SVCT_NAME_MAX + 1, "%s", slash != NULL ? slash + 1 : "");
    return SVCT_EXIT_DONE;
}

int svct_args_get_role(const struct svct_call *call, size_t index,
                       char ret_role[SVCT_ROLE_MAX + 1])
{
    const char *name = svct_opts_get(&call->opts, index);
    int r;

    if (name == NULL)
        return SVCT_EXIT_DONE;
    r = svct_args_role(call, name);
    if (r == SVCT_EXIT_DONE)
        memcpy(ret_role, name, strlen(name) + 1);
    return r;
}

int svct_args_get_text(const struct svct_call *call, size_t index,
                       char ret_text[SVCT_TEXT_MAX + 1])
{
    const char *text = svct_opts_get(&call->opts, index);

    if (text == NULL)
        return SVCT_EXIT_DONE;
    switch (svct_name_check_text(text)) {
    case 0:
        memcpy(ret_text, text, strlen(text) + 1);
        return SVCT_EXIT_DONE;
    case SVCT_E_TOOBIG:
        return svct_say_usage(call, "--%s is too long: at most %d bytes",
                              name_of(call, index), SVCT_TEXT_MAX);
    default:
        return svct_say_usage(call,
                              "--%s must be one line of UTF-8 text without "
                              "control characters",
                              name_of(call, index));
    }
}

/* ---- times ---- */

static int bad_time(const struct svct_call *call, size_t index,
                    const char *text, bool never, int code)
{
    if (code == SVCT_E_RANGE)
        return svct_say_usage(call,
                              "--%s: there is no moment %s (1970 to 9999, "
                              "days that exist)",
                              name_of(call, index), svct_say_quote(text).text);
    return svct_say_usage(call,
                          "--%s: %s is no moment: give as "
                          "2027-01-31T12:00:00Z, 2027-01-31, +8h%s or now",
                          name_of(call, index), svct_say_quote(text).text,
                          never ? ", never" : "");
}

static int read_time(const struct svct_call *call, size_t index, bool never,
                     int64_t *ret_time, bool *ret_date_only)
{
    const char *text = svct_opts_get(&call->opts, index);
    int r;

    *ret_date_only = false;
    if (never && strcmp(text, "never") == 0) {
        *ret_time = SVCT_TIME_NEVER;
        return SVCT_EXIT_DONE;
    }
    r = svct_time_parse(text, call->now, ret_time, ret_date_only);
    return r < 0 ? bad_time(call, index, text, never, r) : SVCT_EXIT_DONE;
}

static void say_midnight(const struct svct_call *call, size_t index)
{
    const char *text = svct_opts_get(&call->opts, index);

    svct_say("--%s %s is midnight UTC as that day begins: %sT00:00:00Z",
             name_of(call, index), text, text);
}

int svct_args_get_time(const struct svct_call *call, size_t index, bool never,
                       int64_t *ret_time)
{
    bool date_only;
    int r;

    if (!svct_opts_given(&call->opts, index))
        return SVCT_EXIT_DONE;
    r = read_time(call, index, never, ret_time, &date_only);
    if (r == SVCT_EXIT_DONE && date_only)
        say_midnight(call, index);
    return r;
}

int svct_args_get_future(const struct svct_call *call, size_t index, bool never,
                         int64_t *ret_time)
{
    int64_t time;
    bool date_only;
    int r;

    if (!svct_opts_given(&call->opts, index))
        return SVCT_EXIT_DONE;
    r = read_time(call, index, never, &time, &date_only);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (time <= call->now)
        return svct_say_usage(
            call, "--%s: %s is not in the future", name_of(call, index),
            svct_say_quote(svct_opts_get(&call->opts, index)).text);
    if (date_only)
        say_midnight(call, index);
    *ret_time = time;
    return SVCT_EXIT_DONE;
}

int svct_args_get_duration(const struct svct_call *call, size_t index,
                           int64_t *ret_seconds)
{
    const char *text = svct_opts_get(&call->opts, index);

    if (text == NULL)
        return SVCT_EXIT_DONE;
    switch (svct_duration_parse(text, ret_seconds)) {
    case 0:
        return SVCT_EXIT_DONE;
    case SVCT_E_RANGE:
        return svct_say_usage(call, "--%s: %s is too long: at most 100 years",
                              name_of(call, index), svct_say_quote(text).text);
    default:
        return svct_say_usage(call,
                              "--%s: %s is no duration: give as 90s, 15m, 8h, "
                              "7d, 2w or 1d12h",
                              name_of(call, index), svct_say_quote(text).text);
    }
}

int svct_args_get_span(const struct svct_call *call, size_t index, int64_t most,
                       int64_t *ret_seconds)
{
    const char *text = svct_opts_get(&call->opts, index);
    int64_t seconds = 0;
    char limit[32];
    int r = SVCT_EXIT_DONE;

    if (text == NULL)
        return SVCT_EXIT_DONE;
    if (strcmp(text, "0") != 0 && strcmp(text, "0s") != 0)
        r = svct_args_get_duration(call, index, &seconds);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (seconds > most)
        return svct_say_usage(call, "--%s: %s is too long: at most %s",
                              name_of(call, index), svct_say_quote(text).text,
                              svct_duration_format(limit, sizeof(limit), most));
    *ret_seconds = seconds;
    return SVCT_EXIT_DONE;
}

/* ---- numbers ---- */

int svct_args_get_count(const struct svct_call *call, size_t index,
                        uint64_t most, uint64_t *ret_count)
{
    const char *text = svct_opts_get(&call->opts, index);

    if (text == NULL || svct_parse_number(text, 1, most, ret_count) == 0)
        return SVCT_EXIT_DONE;
    return svct_say_usage(call, "--%s: %s is no number from 1 to %llu",
                          name_of(call, index), svct_say_quote(text).text,
                          (unsigned long long)most);
}

/* ---- lists ---- */

/* The prefix that was meant, when the bits behind it are what is wrong. */
static int host_bits(const struct svct_call *call, size_t index,
                     const char *word)
{
    struct svct_cidr cidr = {0};
    char text[SVCT_CIDR_TEXT];

    svct_cidr_parse(word, &cidr);
    return svct_say_usage(call,
                          "--%s: %s has bits set behind its prefix: did you "
                          "mean %s?",
                          name_of(call, index), svct_say_quote(word).text,
                          svct_cidr_format(text, sizeof(text), &cidr));
}

static int bad_source(const struct svct_call *call, size_t index,
                      const char *word, int code)
{
    const char *name = name_of(call, index);

    switch (code) {
    case SVCT_E_POLICY:
        return host_bits(call, index, word);
    case SVCT_E_RANGE:
        return svct_say_usage(call,
                              "--%s: %s: the prefix length is 0 to 32 for "
                              "IPv4, 0 to 128 for IPv6",
                              name, svct_say_quote(word).text);
    case SVCT_E_EXISTS:
        return svct_say_usage(call, "--%s: %s is given twice", name,
                              svct_say_quote(word).text);
    case SVCT_E_TOOBIG:
        return svct_say_usage(call, "--%s: at most %d of them", name,
                              SVCT_SOURCES_MAX);
    default:
        return svct_say_usage(call,
                              "--%s: %s is no address: give as 192.0.2.0/24, "
                              "192.0.2.7, 2001:db8::/32 or local",
                              name, svct_say_quote(word).text);
    }
}

int svct_args_get_sources(const struct svct_call *call, size_t index, bool none,
                          struct svct_sources *ret_sources)
{
    struct svct_sources sources = {0};
    size_t pos = 0, given = 0;
    const char *word;
    bool cleared = false;

    while ((word = svct_opts_each(&call->opts, index, &pos)) != NULL) {
        int r = 0;

        given++;
        if (none && strcmp(word, "none") == 0)
            cleared = true;
        else
            r = svct_sources_add(&sources, word);
        if (r < 0)
            return bad_source(call, index, word, r);
    }
    if (cleared && given > 1)
        return svct_say_usage(call, "--%s none clears the list: give it alone",
                              name_of(call, index));
    if (given > 0)
        *ret_sources = sources;
    return SVCT_EXIT_DONE;
}

static int bad_service(const struct svct_call *call, size_t index,
                       const char *word, int code)
{
    const char *name = name_of(call, index);

    if (code == SVCT_E_EXISTS)
        return svct_say_usage(call, "--%s: %s is given twice", name,
                              svct_say_quote(word).text);
    if (code == SVCT_E_TOOBIG)
        return svct_say_usage(call,
                              "--%s: at most %d of them, of %d bytes each",
                              name, SVCT_GLOBS_MAX, SVCT_GLOB_MAX);
    return svct_say_usage(call,
                          "--%s: %s is no name or pattern of a PAM service: "
                          "give as sshd or \"sudo*\"",
                          name, svct_say_quote(word).text);
}

int svct_args_get_services(const struct svct_call *call, size_t index,
                           struct svct_globs *ret_services)
{
    struct svct_globs services = {0};
    size_t pos = 0;
    const char *word;

    while ((word = svct_opts_each(&call->opts, index, &pos)) != NULL) {
        int r = svct_globs_add(&services, word);

        if (r < 0)
            return bad_service(call, index, word, r);
    }
    if (services.count > 0)
        *ret_services = services;
    return SVCT_EXIT_DONE;
}

/* ---- words ---- */

int svct_args_get_choice(const struct svct_call *call, size_t index,
                         const char *const *words, size_t *ret_choice)
{
    const char *text = svct_opts_get(&call->opts, index);
    char all[120] = "";
    size_t len = 0;

    if (text == NULL)
        return SVCT_EXIT_DONE;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_choice = i;
            return SVCT_EXIT_DONE;
        }
        if (len < sizeof(all))
            len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
                                    i == 0 ? "" : ", ", words[i]);
    }
    return svct_say_usage(call, "--%s: %s is none of %s", name_of(call, index),
                          svct_say_quote(text).text, all);
}
