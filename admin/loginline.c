/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "loginline.h"

#include "auth/timefmt.h"

/* ---- words of a message ---- */

static bool is_shown(char c)
{
    return c > ' ' && c <= '~';
}

/* As svct_name_escape leaves it. */
static bool is_word(char c)
{
    return is_shown(c) && strchr("\"'`=", c) == NULL;
}

/* Behind the word, or NULL when it does not begin there. */
static const char *skip(const char *at, const char *word)
{
    size_t len = strlen(word);

    return strncmp(at, word, len) == 0 ? at + len : NULL;
}

/* " key=value": moves *at behind it. false: it is not there, or too long. */
static bool take(const char **at, const char *key, char *out, size_t size)
{
    const char *value = skip(*at, key);
    size_t len = 0;

    if (value == NULL)
        return false;
    while (is_word(value[len]))
        len++;
    if (len == 0 || len >= size || (value[len] != '\0' && value[len] != ' '))
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    *at = value + len;
    return true;
}

/* One that may lack; false only when it is there and is none. */
static bool take_if(const char **at, const char *key, char *out, size_t size)
{
    return skip(*at, key) == NULL || take(at, key, out, size);
}

static bool is_reason(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((*text < 'a' || *text > 'z') && *text != '_')
            return false;
    }
    return true;
}

#define TAKE(key, field) take(&at, key, line->field, sizeof(line->field))
#define TAKE_IF(key, field) take_if(&at, key, line->field, sizeof(line->field))

/* Behind "rhost=" may stand ": " and a sentence. */
static void cut_sentence(const char *at, struct svct_loginline *line)
{
    size_t len = strlen(line->rhost);

    if (*at == ' ' && len > 1 && line->rhost[len - 1] == ':')
        line->rhost[len - 1] = '\0';
}

static bool take_where(const char *at, struct svct_loginline *line)
{
    if (!TAKE(" service=", service) || !TAKE(" rhost=", rhost))
        return false;
    if (line->kind != SVCT_LOGINLINE_GRANTED)
        cut_sentence(at, line);
    return true;
}

static bool take_granted(const char *at, struct svct_loginline *line)
{
    char role[SVCT_ROLE_MAX + 1];

    return TAKE_IF(" phase=", phase) && TAKE(" user=", user) &&
           TAKE_IF(" token=", token) && TAKE_IF(" id=", id) &&
           take(&at, " role=", role, sizeof(role)) && take_where(at, line);
}

static bool take_denied(const char *at, struct svct_loginline *line)
{
    return TAKE(" reason=", reason) && is_reason(line->reason) &&
           TAKE_IF(" phase=", phase) && TAKE(" user=", user) &&
           TAKE_IF(" token=", token) && TAKE_IF(" id=", id) &&
           take_where(at, line);
}

static bool take_undecided(const char *at, struct svct_loginline *line)
{
    snprintf(line->reason, sizeof(line->reason), "undecided");
    return TAKE(" phase=", phase) && TAKE(" user=", user) &&
           take_where(at, line);
}

/* Behind "pam_svctoken(sshd:auth): "; NULL: the message is not the module's. */
static const char *skip_module(const char *message)
{
    const char *at = skip(message, "pam_svctoken(");

    while (at != NULL && is_shown(*at) && *at != ')')
        at++;
    return at != NULL ? skip(at, "): ") : NULL;
}

bool svct_loginline_parse(const char *message, struct svct_loginline *ret_line)
{
    static const struct {
        const char *word;
        enum svct_loginline_kind kind;
        bool (*take)(const char *at, struct svct_loginline *line);
    } kinds[] = {
        {"granted", SVCT_LOGINLINE_GRANTED, take_granted},
        {"denied", SVCT_LOGINLINE_DENIED, take_denied},
        {"undecided", SVCT_LOGINLINE_UNDECIDED, take_undecided},
    };
    const char *at = skip_module(message);

    for (size_t i = 0; at != NULL && i < sizeof(kinds) / sizeof(kinds[0]);
         i++) {
        const char *behind = skip(at, kinds[i].word);
        struct svct_loginline line = {.kind = kinds[i].kind};

        if (behind == NULL || !kinds[i].take(behind, &line))
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}

/* ---- lines of a file ---- */

/* Two digits, the first may be a blank; -1: none. */
static int two_digits(const char *at)
{
    int tens = at[0] == ' ' ? 0 : at[0] - '0';

    if (tens < 0 || tens > 9 || at[1] < '0' || at[1] > '9')
        return -1;
    return tens * 10 + at[1] - '0';
}

static int month(const char *at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++) {
        if (strncmp(at, names + i * 3, 3) == 0)
            return i;
    }
    return -1;
}

/* Of this year, or of the last one when that would be more than a day ahead. */
static bool complete_year(struct tm *when, int64_t now, int64_t *ret_time)
{
    time_t clock = (time_t)now, at;
    struct tm today, tried;

    if (localtime_r(&clock, &today) == NULL)
        return false;
    for (int back = 0; back <= 1; back++) {
        tried = *when;
        tried.tm_year = today.tm_year - back;
        tried.tm_isdst = -1;
        at = mktime(&tried);
        if (at == (time_t)-1 || (int64_t)at > now + 86400)
            continue;
        *ret_time = (int64_t)at;
        return true;
    }
    return false;
}

/* "Nov  7 16:53:12 "; returns behind it, or NULL. */
static const char *take_old_time(const char *line, int64_t now,
                                 int64_t *ret_time)
{
    struct tm when = {.tm_mon = month(line)};

    if (strnlen(line, 16) < 16 || when.tm_mon < 0 || line[3] != ' ' ||
        line[6] != ' ' || line[9] != ':' || line[12] != ':' || line[15] != ' ')
        return NULL;
    when.tm_mday = two_digits(line + 4);
    when.tm_hour = two_digits(line + 7);
    when.tm_min = two_digits(line + 10);
    when.tm_sec = two_digits(line + 13);
    if (when.tm_mday < 1 || when.tm_mday > 31 || when.tm_hour < 0 ||
        when.tm_hour > 23 || when.tm_min < 0 || when.tm_min > 59 ||
        when.tm_sec < 0 || when.tm_sec > 60)
        return NULL;
    return complete_year(&when, now, ret_time) ? line + 16 : NULL;
}

/* "2026-11-07T16:53:12.123456+00:00 ", the fraction left out. */
static const char *take_new_time(const char *line, int64_t now,
                                 int64_t *ret_time)
{
    char text[40];
    size_t len = strcspn(line, " "), put = 0;

    if (line[len] != ' ' || len < 20 || len >= sizeof(text) || line[10] != 'T')
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '.')
            i += strspn(line + i + 1, "0123456789");
        else
            text[put++] = line[i];
    }
    text[put] = '\0';
    return svct_time_parse(text, now, ret_time, NULL) == 0 ? line + len + 1
                                                           : NULL;
}

static const char *take_time(const char *line, int64_t now, int64_t *ret_time)
{
    const char *at = take_old_time(line, now, ret_time);

    return at != NULL ? at : take_new_time(line, now, ret_time);
}

bool svct_loginline_time(const char *line, int64_t now, int64_t *ret_time)
{
    return take_time(line, now, ret_time) != NULL;
}

/* A word and the blank behind it; NULL when there is none. */
static const char *skip_word(const char *at)
{
    size_t len = 0;

    while (is_shown(at[len]))
        len++;
    return len > 0 && at[len] == ' ' ? at + len + 1 : NULL;
}

/* "authpriv.notice ", which busybox writes, too. */
static const char *skip_level(const char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t first = strspn(at, letters);
    size_t second =
        first > 0 && at[first] == '.' ? strspn(at + first + 1, letters) : 0;

    return second > 0 && at[first + 1 + second] == ' ' ? at + first + second + 2
                                                       : at;
}

/* "sshd[123]: " or "su: "; NULL when it is not there. */
static const char *skip_program(const char *at)
{
    size_t len = 0;

    while (is_shown(at[len]) && at[len] != '[' && at[len] != ':')
        len++;
    if (len == 0)
        return NULL;
    if (at[len] == '[') {
        size_t digits = strspn(at + len + 1, "0123456789");

        if (digits == 0 || at[len + 1 + digits] != ']')
            return NULL;
        len += digits + 2;
    }
    return skip(at + len, ": ");
}

bool svct_loginline_parse_file(const char *line, int64_t now,
                               struct svct_loginline *ret_line)
{
    int64_t time;
    const char *at = take_time(line, now, &time);

    if (at != NULL)
        at = skip_word(at); /* the host */
    if (at != NULL)
        at = skip_program(skip_level(at));
    if (at == NULL || !svct_loginline_parse(at, ret_line))
        return false;
    ret_line->time = time;
    return true;
}
