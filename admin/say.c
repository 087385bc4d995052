/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "say.h"

#include <stdarg.h>
#include <unistd.h>

/* Of a stream that is in use, the C library lets this be changed, too. */
void svct_say_hold(const struct svct_call *call)
{
    setvbuf(stderr, call->words, _IOFBF, SVCT_SAY_ROOM);
}

void svct_say_release(void)
{
    fflush(stderr);
    setvbuf(stderr, NULL, _IONBF, 0);
}

/* Standard error is not buffered: a message in pieces could get a token, on
 * its way through the same pipe, into its middle. */
static void __attribute__((format(printf, 2, 0)))
write_line(const char *lead, const char *format, va_list args)
{
    char line[2048];
    size_t len = strlen(lead);

    memcpy(line, lead, len);
    vsnprintf(line + len, sizeof(line) - 1 - len, format, args);
    len = strlen(line);
    line[len] = '\n';
    line[len + 1] = '\0';
    fputs(line, stderr);
}

static void __attribute__((format(printf, 2, 0)))
say(const struct svct_call *call, const char *format, va_list args)
{
    const struct svct_command *command = call != NULL ? call->command : NULL;
    char lead[64] = "svctoken: ";

    if (command != NULL)
        snprintf(lead, sizeof(lead), "svctoken: %s%s%s: ", command->group,
                 command->name != NULL ? " " : "",
                 command->name != NULL ? command->name : "");
    write_line(lead, format, args);
}

void svct_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("", format, args);
    va_end(args);
}

int svct_say_no(const struct svct_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(call, format, args);
    va_end(args);
    return SVCT_EXIT_NO;
}

int svct_say_usage(const struct svct_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(call, format, args);
    va_end(args);
    return SVCT_EXIT_USAGE;
}

int svct_say_cannot(const struct svct_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(call, format, args);
    va_end(args);
    return SVCT_EXIT_CANNOT;
}

const char *svct_say_s(uint64_t count)
{
    return count == 1 ? "" : "s";
}

int svct_say_exit(int code)
{
    switch (code) {
    case 0:
        return SVCT_EXIT_DONE;
    case SVCT_E_NOTFOUND:
    case SVCT_E_EXISTS:
        return SVCT_EXIT_NO;
    case SVCT_E_SYNTAX:
    case SVCT_E_RANGE:
    case SVCT_E_TOOBIG:
    case SVCT_E_POLICY:
        return SVCT_EXIT_USAGE;
    default:
        return SVCT_EXIT_CANNOT;
    }
}

/* What to do about it, where that is not in the sentence. */
static const char *advice(int code, const char *what)
{
    if (strstr(what, "svctoken init") != NULL)
        return "";
    switch (code) {
    case SVCT_E_NODB:
        return "; \"svctoken init\" makes a database";
    case SVCT_E_ACCESS:
        return geteuid() == 0 ? "" : "; svctoken is for root: try sudo";
    case SVCT_E_NOSPACE:
        return "; nothing was changed";
    case SVCT_E_DAMAGED:
        return "; \"svctoken db verify\" says more; svctoken-db(5), RECOVERY";
    default:
        return "";
    }
}

/* The folder, where that helps and is not in the sentence: most faults name
 * the file within it. */
static const char *place(const struct svct_call *call, int code,
                         const char *what)
{
    if (call->db == NULL || strstr(what, call->db) != NULL)
        return "";
    switch (code) {
    case SVCT_E_NODB:
    case SVCT_E_UNSAFE:
    case SVCT_E_DAMAGED:
    case SVCT_E_VERSION:
        return call->db;
    default:
        return "";
    }
}

int svct_say_fault(const struct svct_call *call, int code,
                   const struct svct_fault *fault)
{
    const char *where;
    char what[sizeof(fault->what)];

    snprintf(what, sizeof(what), "%s",
             fault != NULL && fault->code != 0 && fault->what[0] != '\0'
                 ? fault->what
                 : svct_err_text(code));
    for (char *c = what; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    where = place(call, code, what);
    svct_say_cannot(call, "%s%s%s%s", where, where[0] != '\0' ? ": " : "", what,
                    advice(code, what));
    return svct_say_exit(code);
}

int svct_say_code(const struct svct_call *call, int code, const char *format,
                  ...)
{
    struct svct_fault fault = {.code = code};
    size_t len;
    va_list args;

    va_start(args, format);
    vsnprintf(fault.what, sizeof(fault.what), format, args);
    va_end(args);
    len = strlen(fault.what);
    snprintf(fault.what + len, sizeof(fault.what) - len, ": %s",
             svct_err_text(code));
    return svct_say_fault(call, code, &fault);
}

/* Room for "\xNN", "...", a quote and the NUL must be left at each step. */
static void append_safe(struct svct_words *words, size_t len, const char *text)
{
    for (; *text != '\0' && len + 10 < sizeof(words->text); text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= ' ' && byte <= '~')
            words->text[len++] = (char)byte;
        else
            len += (size_t)snprintf(words->text + len, 5, "\\x%02x", byte);
    }
    snprintf(words->text + len, sizeof(words->text) - len, "%s",
             *text != '\0' ? "..." : "");
}

struct svct_words svct_say_bare(const char *text)
{
    struct svct_words words = {""};

    append_safe(&words, 0, text);
    return words;
}

struct svct_words svct_say_quote(const char *text)
{
    struct svct_words words = {"\""};
    size_t len;

    append_safe(&words, 1, text);
    len = strlen(words.text);
    snprintf(words.text + len, sizeof(words.text) - len, "\"");
    return words;
}

/* A sentence of ours, of less than a quarter of that room. */
struct svct_words_long svct_say_bare_long(const char *text)
{
    struct svct_words_long words = {""};
    size_t len = 0;

    for (; *text != '\0' && len + 10 < sizeof(words.text); text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= ' ' && byte <= '~')
            words.text[len++] = (char)byte;
        else
            len += (size_t)snprintf(words.text + len, 5, "\\x%02x", byte);
    }
    return words;
}
