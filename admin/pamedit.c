/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamedit.h"

#include "pamwalk.h"

const char *const svct_pamedit_line[SVCT_PAMCONF_TYPES] = {
    [SVCT_PAMCONF_AUTH] =
        "auth    [success=done user_unknown=ignore authinfo_unavail=ignore "
        "ignore=ignore module_unknown=ignore default=die] pam_svctoken.so",
    [SVCT_PAMCONF_ACCOUNT] =
        "account [success=ok new_authtok_reqd=ok ignore=ignore "
        "module_unknown=ignore default=die] pam_svctoken.so",
    [SVCT_PAMCONF_SESSION] = "session optional pam_svctoken.so",
};

static int refuse(struct svct_fault *fault, const char *file, unsigned line,
                  const char *why)
{
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s line %u: %s", file, line,
                          why);
}

/* ---- is it understood? ---- */

/* People see what is shown of it. */
static int check_bytes(const struct svct_pamconf *conf, const char *text,
                       size_t len, struct svct_fault *fault)
{
    unsigned line = 1;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f)
            return refuse(fault, conf->path, line,
                          byte == '\r' ? "it ends in a carriage return"
                                       : "there is a control character");
        line += byte == '\n';
    }
    return 0;
}

static int check_line(const struct svct_pamconf_line *line,
                      struct svct_fault *fault)
{
    char why[160];

    if (line->wrong != NULL)
        return refuse(fault, line->file, line->number, line->wrong);
    if (line->varies != NULL) {
        snprintf(why, sizeof(why),
                 "other versions of libpam read otherwise: %s", line->varies);
        return refuse(fault, line->file, line->number, why);
    }
    if (svct_pamconf_is(line, SVCT_PAMWALK_MODULE))
        return refuse(fault, line->file, line->number,
                      "pam_svctoken stands there, but not all of it is as it "
                      "should be");
    return 0;
}

static int check(const struct svct_pamconf *conf, const char *text, size_t len,
                 struct svct_fault *fault)
{
    int r = 0;

    if (conf->missing || conf->path == NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the service has no file of its own");
    if (conf->failed[0] != '\0')
        return refuse(
            fault, conf->failed_file != NULL ? conf->failed_file : conf->path,
            conf->failed_number, conf->failed);
    for (unsigned type = 0; r == 0 && type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; r == 0 && i < conf->count[type]; i++)
            r = check_line(conf->chain[type][i], fault);
    }
    return r == 0 ? check_bytes(conf, text, len, fault) : r;
}

/* ---- where ---- */

/* They decide about root, or about all alike, or about nothing. */
static bool stays_before(const struct svct_pamconf_line *line)
{
    static const char *const modules[] = {
        "pam_rootok.so",   "pam_faildelay.so",  "pam_nologin.so",
        "pam_issue.so",    "pam_env.so",        "pam_securetty.so",
        "pam_shells.so",   "pam_warn.so",       "pam_echo.so",
        "pam_selinux.so",  "pam_access.so",     "pam_wheel.so",
        "pam_sepermit.so", "pam_succeed_if.so", "pam_time.so"};

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        if (svct_pamconf_is(line, modules[i]))
            return true;
    }
    return false;
}

/* Does it come from another file? Then its line in this one names that. */
static bool is_included(const struct svct_pamconf *conf,
                        const struct svct_pamconf_line *line)
{
    return strcmp(line->file, conf->path) != 0;
}

static bool is_place(const struct svct_pamconf *conf,
                     const struct svct_pamconf_line *line)
{
    if (line->type == SVCT_PAMCONF_SESSION)
        return is_included(conf, line) ||
               svct_pamconf_is(line, "pam_systemd.so");
    return is_included(conf, line) || !stays_before(line);
}

static size_t find_place(const struct svct_pamconf *conf,
                         enum svct_pamconf_type type)
{
    size_t i = 0;

    while (i < conf->count[type] && !is_place(conf, conf->chain[type][i]))
        i++;
    return i;
}

/* Does a step before the place go on behind it? Then it would pass over one line
 * more than it was meant to, or over ours. */
static int check_jumps(const struct svct_pamconf *conf,
                       enum svct_pamconf_type type, size_t place,
                       struct svct_fault *fault)
{
    for (size_t i = 0; i < place; i++) {
        const struct svct_pamconf_line *line = conf->chain[type][i];

        for (int code = 0; code < SVCT_PAMCODES; code++) {
            int32_t left;

            if (line->action[code] > 0 &&
                svct_pamwalk_jump(conf, type, i, line->action[code], &left) >
                    place)
                return refuse(fault, line->file, line->number,
                              "it passes over the place where the line of "
                              "pam_svctoken belongs");
        }
    }
    return 0;
}

static bool goes_on(const char *line, size_t len)
{
    if (memchr(line, '#', len) != NULL)
        return false;
    while (len > 0 && strchr(" \t", line[len - 1]) != NULL)
        len--;
    return len > 0 && line[len - 1] == '\\';
}

/* The line behind one that may go on in the next. */
static unsigned line_behind(const char *text, size_t len, unsigned line)
{
    unsigned number = 1;
    size_t at = 0;

    for (; at < len; number++) {
        const char *feed = memchr(text + at, '\n', len - at);
        size_t end = feed != NULL ? (size_t)(feed - text) : len;

        if (number >= line && !goes_on(text + at, end - at))
            return number + 1;
        at = end + 1;
    }
    return number;
}

/* *ret_line: before which line of the text; 0: nowhere. */
static int choose(const struct svct_pamconf *conf, enum svct_pamconf_type type,
                  const char *text, size_t len, unsigned *ret_line,
                  struct svct_fault *fault)
{
    size_t count = conf->count[type], place = find_place(conf, type);

    *ret_line = 0;
    if (count == 0 || conf->chain[type][0]->other) {
        if (type == SVCT_PAMCONF_SESSION)
            return 0;
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                              "%s has no line for %s: those of the service "
                              "\"other\" count, and would not any more",
                              conf->path, svct_pamconf_type_name(type));
    }
    if (place < count)
        *ret_line = conf->chain[type][place]->top;
    else if (type == SVCT_PAMCONF_AUTH)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                              "%s: no line is known to ask for a password",
                              conf->path);
    else
        *ret_line = line_behind(text, len, conf->chain[type][count - 1]->top);
    return check_jumps(conf, type, place, fault);
}

/* ---- the new text ---- */

static void put(struct svct_pamedit *edit, const char *bytes, size_t len)
{
    memcpy(edit->text + edit->len, bytes, len);
    edit->len += len;
}

static void put_ours(struct svct_pamedit *edit, unsigned line)
{
    for (unsigned type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        if (edit->before[type] != line)
            continue;
        if (edit->len > 0 && edit->text[edit->len - 1] != '\n')
            put(edit, "\n", 1);
        put(edit, svct_pamedit_line[type], strlen(svct_pamedit_line[type]));
        put(edit, "\n", 1);
        edit->put[type] = true;
    }
}

/* The three lines and a line feed are less than SVCT_ETCFILE_MORE. */
static void write_text(const char *text, size_t len, struct svct_pamedit *edit)
{
    unsigned line = 1;
    size_t at = 0;

    while (at < len) {
        const char *feed = memchr(text + at, '\n', len - at);
        size_t end = feed != NULL ? (size_t)(feed - text) + 1 : len;

        put_ours(edit, line++);
        put(edit, text + at, end - at);
        at = end;
    }
    put_ours(edit, line);
}

int svct_pamedit(const struct svct_pamconf *conf, const char *text, size_t len,
                 struct svct_pamedit *ret_edit, struct svct_fault *fault)
{
    unsigned before[SVCT_PAMCONF_TYPES] = {0};
    int r = check(conf, text, len, fault);

    if (len > SVCT_ETCFILE_MAX)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "the file is too long");
    for (unsigned type = 0; r == 0 && type < SVCT_PAMCONF_TYPES; type++) {
        if (svct_pamedit_line[type] != NULL)
            r = choose(conf, (enum svct_pamconf_type)type, text, len,
                       &before[type], fault);
    }
    if (r < 0)
        return r;
    memset(ret_edit, 0, sizeof(*ret_edit));
    memcpy(ret_edit->before, before, sizeof(before));
    write_text(text, len, ret_edit);
    return 0;
}
