/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "proctext.h"

#include "base/parse.h"

#define AUDIT_UNSET UINT32_MAX

bool svct_proctext_environ(const char *text, size_t len, const char *name,
                           char *out, size_t size)
{
    size_t name_len = strlen(name);
    const char *end = text + len;

    while (text < end) {
        const char *stop = memchr(text, '\0', (size_t)(end - text));
        size_t entry = (size_t)((stop != NULL ? stop : end) - text);

        if (entry > name_len && memcmp(text, name, name_len) == 0 &&
            text[name_len] == '=') {
            size_t value = entry - name_len - 1;

            if (value >= size)
                return false;
            memcpy(out, text + name_len + 1, value);
            out[value] = '\0';
            return true;
        }
        if (stop == NULL)
            break;
        text = stop + 1;
    }
    return false;
}

static bool take_uid(const char **pos, const char *end, uid_t *ret_uid)
{
    uint64_t value;

    while (*pos < end && (**pos == '\t' || **pos == ' '))
        ++*pos;
    if (svct_parse_digits(pos, end, UINT32_MAX, &value) != 0)
        return false;
    *ret_uid = (uid_t)value;
    return true;
}

bool svct_proctext_uids(const char *text, size_t len, uid_t *ret_real,
                        uid_t *ret_effective)
{
    static const char mark[] = "\nUid:\t";
    const char *pos = memmem(text, len, mark, sizeof(mark) - 1);
    uid_t real, effective;

    if (pos == NULL)
        return false;
    pos += sizeof(mark) - 1;
    if (!take_uid(&pos, text + len, &real) ||
        !take_uid(&pos, text + len, &effective))
        return false;
    *ret_real = real;
    *ret_effective = effective;
    return true;
}

bool svct_proctext_audit(const char *text, size_t len, uint32_t *ret_session)
{
    const char *pos = text;
    uint64_t value;

    if (svct_parse_digits(&pos, text + len, AUDIT_UNSET - 1, &value) != 0 ||
        (pos != text + len && *pos != '\n') || value == 0)
        return false;
    *ret_session = (uint32_t)value;
    return true;
}

/* ---- login sessions ---- */

static bool is_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* Is this part of a path "session-N.scope"? */
static bool take_scope(const char *part, size_t len,
                       char ret_name[SVCT_PROCTEXT_LOGIND + 1])
{
    static const char begin[] = "session-", finish[] = ".scope";
    const size_t rest = sizeof(begin) - 1 + sizeof(finish) - 1;

    if (len <= rest || len - rest > SVCT_PROCTEXT_LOGIND ||
        memcmp(part, begin, sizeof(begin) - 1) != 0 ||
        memcmp(part + len - (sizeof(finish) - 1), finish, sizeof(finish) - 1) !=
            0)
        return false;
    part += sizeof(begin) - 1;
    for (size_t i = 0; i < len - rest; i++)
        if (!is_letter(part[i]))
            return false;
    memcpy(ret_name, part, len - rest);
    ret_name[len - rest] = '\0';
    return true;
}

static bool take_path(const char *path, size_t len,
                      char ret_name[SVCT_PROCTEXT_LOGIND + 1])
{
    const char *end = path + len;

    while (path < end) {
        const char *stop = memchr(path, '/', (size_t)(end - path));
        size_t part = (size_t)((stop != NULL ? stop : end) - path);

        if (take_scope(path, part, ret_name))
            return true;
        path += part + 1;
    }
    return false;
}

/* "0::/path" of the unified hierarchy, or "N:name=systemd:/path". */
static const char *path_of(const char *line, size_t len)
{
    static const char named[] = ":name=systemd:";
    const char *found;

    if (len > 3 && memcmp(line, "0::", 3) == 0)
        return line + 3;
    found = memmem(line, len, named, sizeof(named) - 1);
    return found != NULL && memchr(line, ':', len) == found
               ? found + sizeof(named) - 1
               : NULL;
}

bool svct_proctext_logind(const char *text, size_t len,
                          char ret_name[SVCT_PROCTEXT_LOGIND + 1])
{
    const char *end = text + len;

    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((stop != NULL ? stop : end) - text);
        const char *path = path_of(text, line);

        if (path != NULL &&
            take_path(path, (size_t)(text + line - path), ret_name))
            return true;
        text += line + 1;
        if (stop == NULL)
            break;
    }
    return false;
}
