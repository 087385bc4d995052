/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/session.h"

#include <sodium.h>

#include "base/crc64.h"
#include "base/parse.h"

#define FIRST "svctoken-session "
#define FORM "1"
#define NO_TOKEN "notoken"
#define CHECK "check "
#define CHECK_LEN (sizeof CHECK - 1 + 16 + 1) /* of that line */

/* ---- the id ---- */

static bool is_digit62(char c)
{
    return c != '\0' && strchr(svct_token_digits, c) != NULL;
}

/* What stands before the "-": its length, 0 for neither form. */
static size_t first_part(const char *id, char ret_token[SVCT_TOKEN_ID_LEN + 1])
{
    size_t len = strcspn(id, "-");

    ret_token[0] = '\0';
    if (len == sizeof NO_TOKEN - 1 && strncmp(id, NO_TOKEN, len) == 0)
        return len;
    if (len != SVCT_TOKEN_ID_LEN)
        return 0;
    memcpy(ret_token, id, len);
    ret_token[len] = '\0';
    return svct_token_is_id(ret_token) ? len : 0;
}

bool svct_session_is_id(const char *text)
{
    char token[SVCT_TOKEN_ID_LEN + 1];
    size_t len = first_part(text, token);

    if (len == 0 || text[len] != '-' ||
        strlen(text + len + 1) != SVCT_SESSION_RANDOM)
        return false;
    for (const char *p = text + len + 1; *p != '\0'; p++)
        if (!is_digit62(*p))
            return false;
    return true;
}

bool svct_session_is_of_token(const char *id, const char *token_id)
{
    char token[SVCT_TOKEN_ID_LEN + 1];

    return svct_session_is_id(id) && first_part(id, token) > 0 &&
           token[0] != '\0' && strcmp(token, token_id) == 0;
}

void svct_session_draw_id(const char *token_id,
                          char ret_id[SVCT_SESSION_ID_MAX + 1])
{
    bool none = token_id == NULL || token_id[0] == '\0';
    size_t len = (size_t)snprintf(ret_id, SVCT_SESSION_ID_MAX + 1, "%.10s-",
                                  none ? NO_TOKEN : token_id);

    for (int i = 0; i < SVCT_SESSION_RANDOM; i++)
        ret_id[len++] = svct_token_digits[randombytes_uniform(62)];
    ret_id[len] = '\0';
}

/* ---- the words ---- */

void svct_session_set_word(char ret_word[SVCT_SESSION_WORD + 1],
                           const char *text)
{
    svct_name_escape(ret_word, SVCT_SESSION_WORD + 1, text);
    if (strcmp(ret_word, "-") == 0)
        ret_word[0] = '\0';
}

/* What escaping gives: printable, no blank, nothing that it would escape. */
static bool is_word(const char *text)
{
    if (strlen(text) > SVCT_SESSION_WORD || strcmp(text, "-") == 0)
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"'`=", *text) != NULL)
            return false;
    return true;
}

static bool is_legal(const struct svct_session *s)
{
    char token[SVCT_TOKEN_ID_LEN + 1];

    if (!svct_session_is_id(s->id) || svct_name_check_login(s->account) != 0)
        return false;
    first_part(s->id, token);
    if (strcmp(token, s->token_id) != 0)
        return false;
    if (s->token_name[0] != '\0' &&
        (token[0] == '\0' || svct_name_check_token(s->token_name) != 0))
        return false;
    if (s->role[0] != '\0' && svct_name_check_role(s->role) != 0)
        return false;
    if (!is_word(s->service) || !is_word(s->rhost) || !is_word(s->tty))
        return false;
    if (!svct_procstat_is_boot(s->boot) || s->pid <= 0 || s->pid > INT32_MAX ||
        s->start > INT64_MAX)
        return false;
    return s->opened >= 0 && s->opened <= SVCT_TIME_MAX && s->expires >= 0 &&
           (s->expires <= SVCT_TIME_MAX || s->expires == SVCT_TIME_NEVER);
}

/* ---- the text ---- */

static const char *or_none(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static const char *format_expiry(char out[24], int64_t expires)
{
    if (expires == SVCT_TIME_NEVER)
        return "never";
    if (expires == 0)
        return "-";
    snprintf(out, 24, "%lld", (long long)expires);
    return out;
}

int svct_session_format(const struct svct_session *session,
                        char out[SVCT_SESSION_FILE], size_t *ret_len)
{
    const struct svct_session *s = session;
    char expires[24];
    uint64_t check;
    int len;

    if (!is_legal(s))
        return SVCT_E_SYNTAX;
    len = snprintf(
        out, SVCT_SESSION_FILE - CHECK_LEN,
        FIRST FORM "\nid %s\naccount %s\ntoken %s\nname %s\nrole %s\n"
                   "service %s\nrhost %s\ntty %s\npid %lld\nstart %llu\n"
                   "boot %s\nopened %lld\nexpires %s\n",
        s->id, s->account, or_none(s->token_id), or_none(s->token_name),
        or_none(s->role), or_none(s->service), or_none(s->rhost),
        or_none(s->tty), (long long)s->pid, (unsigned long long)s->start,
        s->boot, (long long)s->opened, format_expiry(expires, s->expires));
    if (len < 0 || (size_t)len >= SVCT_SESSION_FILE - CHECK_LEN)
        return SVCT_E_TOOBIG;
    check = svct_crc64(0, out, (size_t)len);
    len += snprintf(out + len, CHECK_LEN + 1, CHECK "%016llx\n",
                    (unsigned long long)check);
    *ret_len = (size_t)len;
    return 0;
}

/* ---- taking it apart ---- */

struct reader {
    const char *pos;
    const char *end;
    bool failed;
};

/* The value of the next line, which must have this key; "-" gives "". */
static void take(struct reader *reader, const char *key, char *out, size_t size)
{
    size_t left = (size_t)(reader->end - reader->pos), len = strlen(key);
    const char *stop = reader->failed ? NULL : memchr(reader->pos, '\n', left);
    size_t line = stop != NULL ? (size_t)(stop - reader->pos) : 0;

    if (line < len + 1 || memcmp(reader->pos, key, len) != 0 ||
        reader->pos[len] != ' ' || line - len - 1 >= size) {
        reader->failed = true;
        return;
    }
    memcpy(out, reader->pos + len + 1, line - len - 1);
    out[line - len - 1] = '\0';
    if (strcmp(out, "-") == 0)
        out[0] = '\0';
    reader->pos = stop + 1;
}

static uint64_t take_number(struct reader *reader, const char *key)
{
    char text[24] = "";
    uint64_t value = 0;

    take(reader, key, text, sizeof text);
    if (!reader->failed && svct_parse_number(text, 0, INT64_MAX, &value) != 0)
        reader->failed = true;
    return value;
}

static int64_t take_expiry(struct reader *reader)
{
    char text[24] = "";
    uint64_t value = 0;

    take(reader, "expires", text, sizeof text);
    if (reader->failed || text[0] == '\0')
        return 0;
    if (strcmp(text, "never") == 0)
        return SVCT_TIME_NEVER;
    if (svct_parse_number(text, 1, INT64_MAX - 1, &value) != 0)
        reader->failed = true;
    return (int64_t)value;
}

static void take_all(struct reader *reader, struct svct_session *s)
{
    take(reader, "id", s->id, sizeof s->id);
    take(reader, "account", s->account, sizeof s->account);
    take(reader, "token", s->token_id, sizeof s->token_id);
    take(reader, "name", s->token_name, sizeof s->token_name);
    take(reader, "role", s->role, sizeof s->role);
    take(reader, "service", s->service, sizeof s->service);
    take(reader, "rhost", s->rhost, sizeof s->rhost);
    take(reader, "tty", s->tty, sizeof s->tty);
    s->pid = (int64_t)take_number(reader, "pid");
    s->start = take_number(reader, "start");
    take(reader, "boot", s->boot, sizeof s->boot);
    s->opened = (int64_t)take_number(reader, "opened");
    s->expires = take_expiry(reader);
}

static bool is_newer(const char *text, size_t len)
{
    const char *pos = text + sizeof FIRST - 1, *end = text + len;
    uint64_t version;

    return len >= sizeof FIRST && memcmp(text, FIRST, sizeof FIRST - 1) == 0 &&
           svct_parse_digits(&pos, end, INT64_MAX, &version) == 0 &&
           pos < end && *pos == '\n' && version > 1;
}

/* What was read is right when writing it gives the same bytes again, the
 * check among them. */
int svct_session_parse(const char *text, size_t len,
                       struct svct_session *ret_session)
{
    struct reader reader = {text, text + len, false};
    struct svct_session session = {.id = ""};
    char version[4] = "", again[SVCT_SESSION_FILE];
    size_t again_len;

    if (is_newer(text, len))
        return SVCT_E_VERSION;
    if (memchr(text, '\0', len) != NULL)
        return SVCT_E_DAMAGED;
    take(&reader, "svctoken-session", version, sizeof version);
    take_all(&reader, &session);
    if (reader.failed || svct_session_format(&session, again, &again_len) != 0)
        return SVCT_E_DAMAGED;
    if (again_len != len || memcmp(again, text, len) != 0)
        return SVCT_E_DAMAGED;
    *ret_session = session;
    return 0;
}

/* ---- is it true? ---- */

int svct_session_is_open(const struct svct_session *session, const char *boot,
                         struct svct_fault *fault)
{
    struct svct_procstat stat;
    int err;

    if (strcmp(session->boot, boot) != 0)
        return 0;
    err = svct_procstat_get(session->pid, &stat, fault);
    if (err == SVCT_E_NOTFOUND)
        return 0;
    if (err != 0)
        return err;
    return stat.start == session->start && !svct_procstat_is_dead(&stat);
}
