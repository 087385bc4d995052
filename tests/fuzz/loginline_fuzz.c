/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any text as what a program gave to syslog, and as a line of a file of
 * syslogd. Regular expressions say which of them are ours; what is taken from
 * one is words of it, in bounds.
 */

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/loginline.h"
#include "auth/timefmt.h"
#include "fuzz.h"

#define WORD "[]!#-&(-<>-\\[^_a-~]+"
#define WHERE " service=" WORD " rhost=" WORD "( .*)?$"
#define WHO " user=" WORD "( token=" WORD ")?( id=" WORD ")?"
#define LEAD "^pam_svctoken\\([!-(*-~]*\\): "
#define NOW INT64_C(1795798800)

static const char *const messages[] = {
    LEAD "granted( phase=" WORD ")?" WHO " role=" WORD WHERE,
    LEAD "denied reason=[a-z_]+( phase=" WORD ")?" WHO WHERE,
    LEAD "undecided phase=" WORD " user=" WORD WHERE,
};

/* Up to the message. */
static const char prefix[] =
    "^([A-Z][a-z][a-z] [ 0-9][0-9] [ 0-9][0-9]:[ 0-9][0-9]:[ 0-9][0-9]|"
    "[-0-9]+T[-0-9TtZz:+.]+) [!-~]+ ([a-z0-9]+\\.[a-z0-9]+ )?"
    "[!-9;-Z\\-~]+(\\[[0-9]+])?: $";

static bool matches(regex_t *compiled, const char *text)
{
    return regexec(compiled, text, 0, NULL, 0) == 0;
}

static regex_t ours[3], before_message;

static void compile_once(void)
{
    static bool done;
    const int flags = REG_EXTENDED | REG_NOSUB;

    for (int i = 0; !done && i < 3; i++)
        MUST(regcomp(&ours[i], messages[i], flags) == 0);
    if (!done)
        MUST(regcomp(&before_message, prefix, flags) == 0);
    done = true;
}

/* Behind the name of the module; one that has no room makes a line none of
 * ours. */
static bool has_long_word(const char *text)
{
    text += strcspn(text, " ");
    for (; *text != '\0'; text += strcspn(text, " =") + 1) {
        size_t len = strcspn(text, " =");

        if (len > 15)
            return true;
        if (text[len] == '\0')
            return false;
    }
    return false;
}

static void check_word(const char *word, size_t most, const char *within)
{
    MUST(strlen(word) <= most);
    for (const char *at = word; *at != '\0'; at++)
        MUST(*at > ' ' && *at <= '~');
    MUST(strcmp(word, "undecided") == 0 || strstr(within, word) != NULL);
}

static void check_line(const struct svct_loginline *line, const char *text)
{
    check_word(line->reason, SVCT_LOGINLINE_REASON_MAX, text);
    check_word(line->phase, SVCT_LOGINLINE_REASON_MAX, text);
    check_word(line->user, SVCT_LOGINLINE_WORD_MAX, text);
    check_word(line->token, SVCT_NAME_MAX, text);
    check_word(line->id, sizeof(line->id) - 1, text);
    check_word(line->service, SVCT_LOGINLINE_WORD_MAX, text);
    check_word(line->rhost, SVCT_LOGINLINE_WORD_MAX, text);
    MUST(line->user[0] != '\0' && line->service[0] != '\0');
    MUST(line->rhost[0] != '\0');
    MUST((line->reason[0] == '\0') == (line->kind == SVCT_LOGINLINE_GRANTED));
}

static void check_message(const char *text)
{
    struct svct_loginline line = {.kind = SVCT_LOGINLINE_NONE};
    enum svct_loginline_kind kind = SVCT_LOGINLINE_NONE;
    bool taken = svct_loginline_parse(text, &line);

    for (int i = 0; i < 3; i++) {
        if (matches(&ours[i], text))
            kind = (enum svct_loginline_kind)(SVCT_LOGINLINE_GRANTED + i);
    }
    if (taken) {
        MUST(line.kind == kind);
        check_line(&line, text);
    } else {
        MUST(line.kind == SVCT_LOGINLINE_NONE);
        MUST(kind == SVCT_LOGINLINE_NONE || has_long_word(text));
    }
}

static void check_file(const char *text)
{
    struct svct_loginline line, again;
    const char *message = text;
    char *before;
    int64_t time;

    if (!svct_loginline_parse_file(text, NOW, &line))
        return;
    MUST(svct_loginline_time(text, NOW, &time) && time == line.time);
    while (message != NULL && !svct_loginline_parse(message, &again))
        message = strstr(message + 1, "pam_svctoken(");
    MUST(message != NULL && message > text);
    again.time = line.time;
    MUST(strcmp(again.user, line.user) == 0 && again.kind == line.kind);
    before = strndup(text, (size_t)(message - text));
    MUST(before != NULL && matches(&before_message, before));
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    if (text == NULL)
        return 0;
    compile_once();
    check_message(text);
    check_file(text);
    free(text);
    return 0;
}
