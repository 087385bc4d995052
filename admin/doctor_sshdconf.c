/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_sshdconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines: a name in small letters, a blank, the value ---- */

struct line {
    const char *value;
    size_t len;
};

/* The next line of that name from *at on, which moves behind it. */
static bool next_line(const char **at, const char *name, struct line *ret_line)
{
    size_t name_len = strlen(name);

    while (**at != '\0') {
        const char *line = *at;
        size_t len = strcspn(line, "\n");

        *at = line + len + (line[len] == '\n');
        if (len > name_len && strncmp(line, name, name_len) == 0 &&
            line[name_len] == ' ') {
            *ret_line = (struct line){line + name_len + 1, len - name_len - 1};
            return true;
        }
    }
    return false;
}

/* What is too long for out is not there. */
static bool find_value(const char *text, const char *name, char *out,
                       size_t size)
{
    struct line line;

    if (!next_line(&text, name, &line) || line.len >= size)
        return false;
    snprintf(out, size, "%.*s", (int)line.len, line.value);
    return true;
}

static bool says_yes(const char *text, const char *name)
{
    char value[8];

    return find_value(text, name, value, sizeof(value)) &&
           strcmp(value, "yes") == 0;
}

void svct_sshdconf_read(const char *text, struct svct_sshdconf *ret_conf)
{
    struct svct_sshdconf conf = {0};
    char word[24];

    conf.known = find_value(text, "usepam", word, sizeof(word));
    conf.pam = says_yes(text, "usepam");
    conf.password = says_yes(text, "passwordauthentication");
    conf.kbdint = says_yes(text, "kbdinteractiveauthentication") ||
                  says_yes(text, "challengeresponseauthentication");
    conf.empty = says_yes(text, "permitemptypasswords");
    conf.dns = says_yes(text, "usedns");
    if (find_value(text, "maxauthtries", word, sizeof(word)))
        conf.tries = (unsigned)strtoul(word, NULL, 10);
    find_value(text, "pamservicename", conf.service, sizeof(conf.service));
    find_value(text, "authenticationmethods", conf.methods,
               sizeof(conf.methods));
    if (strcmp(conf.methods, "any") == 0)
        conf.methods[0] = '\0';
    *ret_conf = conf;
}

/* ---- methods ---- */

/* "keyboard-interactive:pam" is that method by that device. */
static bool is_method(const char *word, size_t len, const char *method)
{
    size_t method_len = strlen(method);

    return strncmp(word, method, method_len) == 0 &&
           (len == method_len || (len > method_len && word[method_len] == ':'));
}

static bool takes_password(const struct svct_sshdconf *conf, const char *word,
                           size_t len)
{
    return (conf->password && is_method(word, len, "password")) ||
           (conf->kbdint && is_method(word, len, "keyboard-interactive"));
}

/* Of one list, "publickey,password": all of it is demanded. */
static enum svct_sshdconf_password look_at_list(
    const struct svct_sshdconf *conf, const char *list, size_t len)
{
    bool some = false, all = true;

    for (size_t at = 0; at < len;) {
        size_t end = at;

        while (end < len && list[end] != ',')
            end++;
        if (takes_password(conf, list + at, end - at))
            some = true;
        else
            all = false;
        at = end + 1;
    }
    if (!some)
        return SVCT_SSHDCONF_NOT;
    return all ? SVCT_SSHDCONF_ALONE : SVCT_SSHDCONF_BESIDES;
}

enum svct_sshdconf_password svct_sshdconf_password(
    const struct svct_sshdconf *conf)
{
    enum svct_sshdconf_password best = SVCT_SSHDCONF_NOT;

    if (conf->methods[0] == '\0')
        return conf->password || conf->kbdint ? SVCT_SSHDCONF_ALONE
                                              : SVCT_SSHDCONF_NOT;
    for (const char *at = conf->methods; *at != '\0';) {
        size_t len = strcspn(at, " ");
        enum svct_sshdconf_password one = look_at_list(conf, at, len);

        best = one > best ? one : best;
        at += len;
        at += strspn(at, " ");
    }
    return best;
}

/* ---- lists of users and groups ---- */

/* As sshd does: '*' is anything, '?' one character. */
static bool fits(const char *word, const char *pattern, size_t len)
{
    size_t at = 0, star = SIZE_MAX;
    const char *from = word;

    while (*word != '\0') {
        if (at < len && pattern[at] == '*') {
            star = at++;
            from = word;
        } else if (at < len && (pattern[at] == '?' || pattern[at] == *word)) {
            at++;
            word++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            word = ++from;
        } else {
            return false;
        }
    }
    while (at < len && pattern[at] == '*')
        at++;
    return at == len;
}

/* An entry of AllowUsers or DenyUsers; strict: one with a host does not fit. */
static bool fits_user(const char *user, const struct line *entry, bool strict)
{
    const char *at = memchr(entry->value, '@', entry->len);
    size_t len = at != NULL ? (size_t)(at - entry->value) : entry->len;

    return !(strict && at != NULL) && fits(user, entry->value, len);
}

static bool has_user(const char *text, const char *name, const char *user,
                     bool strict, bool *ret_any)
{
    struct line entry;

    *ret_any = false;
    while (next_line(&text, name, &entry)) {
        *ret_any = true;
        if (fits_user(user, &entry, strict))
            return true;
    }
    return false;
}

/* "!group" takes those in it out, wherever it stands. */
static bool has_group(const char *text, const char *name,
                      const char *const *groups, bool *ret_any)
{
    struct line entry;
    bool has = false, out = false;

    *ret_any = false;
    while (next_line(&text, name, &entry)) {
        bool negated = entry.len > 0 && entry.value[0] == '!';

        *ret_any = true;
        for (const char *const *group = groups; *group != NULL; group++) {
            if (!fits(*group, entry.value + negated, entry.len - negated))
                continue;
            has = has || !negated;
            out = out || negated;
        }
    }
    return has && !out;
}

enum svct_sshdconf_user svct_sshdconf_lets(const char *text, const char *user,
                                           const char *const *groups,
                                           char ret_list[16])
{
    bool any;

    snprintf(ret_list, 16, "DenyUsers");
    if (has_user(text, "denyusers", user, true, &any))
        return SVCT_SSHDCONF_DENIED;
    snprintf(ret_list, 16, "AllowUsers");
    if (!has_user(text, "allowusers", user, false, &any) && any)
        return SVCT_SSHDCONF_LEFT_OUT;
    snprintf(ret_list, 16, "DenyGroups");
    if (has_group(text, "denygroups", groups, &any))
        return SVCT_SSHDCONF_DENIED;
    snprintf(ret_list, 16, "AllowGroups");
    if (!has_group(text, "allowgroups", groups, &any) && any)
        return SVCT_SSHDCONF_LEFT_OUT;
    return SVCT_SSHDCONF_LET;
}
