/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applyscan.h"

void svct_applyscan_init(struct svct_applyscan *scan, const char *text,
                         size_t len)
{
    *scan = (struct svct_applyscan){.text = text, .len = len, .line = 1};
}

static bool at_end(const struct svct_applyscan *scan)
{
    return scan->at >= scan->len;
}

static char here(const struct svct_applyscan *scan)
{
    return at_end(scan) ? '\0' : scan->text[scan->at];
}

static void step(struct svct_applyscan *scan)
{
    scan->line += scan->text[scan->at] == '\n';
    scan->at++;
}

char svct_applyscan_peek(struct svct_applyscan *scan)
{
    while (!at_end(scan) && (here(scan) == ' ' || here(scan) == '\t' ||
                             here(scan) == '\r' || here(scan) == '\n'))
        step(scan);
    return here(scan);
}

bool svct_applyscan_ended(struct svct_applyscan *scan)
{
    svct_applyscan_peek(scan);
    return at_end(scan);
}

static int expected(struct svct_applyscan *scan, const char *what,
                    struct svct_fault *fault)
{
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s is expected %s", what,
                          at_end(scan) ? "where the file ends" : "here");
}

int svct_applyscan_enter(struct svct_applyscan *scan, char bracket,
                         struct svct_fault *fault)
{
    if (svct_applyscan_peek(scan) != bracket)
        return expected(
            scan, bracket == '{' ? "an object: {...}" : "a list: [...]", fault);
    step(scan);
    return 0;
}

int svct_applyscan_next(struct svct_applyscan *scan, char bracket, bool *first,
                        bool *ret_got, struct svct_fault *fault)
{
    char c = svct_applyscan_peek(scan);

    if (c == bracket) {
        step(scan);
        *ret_got = false;
        return 0;
    }
    *ret_got = true;
    if (*first) {
        *first = false;
        return 0;
    }
    if (c != ',')
        return expected(
            scan, bracket == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"", fault);
    step(scan);
    return 0;
}

/* From the first quote to behind the last one. */
static int read_string(struct svct_applyscan *scan, struct svct_fault *fault)
{
    step(scan);
    while (!at_end(scan) && here(scan) != '"') {
        if (here(scan) == '\n')
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "a text must end on its line: \"...\"");
        if (here(scan) == '\\')
            step(scan);
        if (!at_end(scan))
            step(scan);
    }
    if (at_end(scan))
        return expected(scan, "the end of a text, a quote,", fault);
    step(scan);
    return 0;
}

int svct_applyscan_key(struct svct_applyscan *scan,
                       struct svct_applypiece *ret_key,
                       struct svct_fault *fault)
{
    struct svct_applypiece key;
    int r;

    if (svct_applyscan_peek(scan) != '"')
        return expected(scan, "a key in quotes", fault);
    key = (struct svct_applypiece){.text = scan->text + scan->at,
                                   .line = scan->line};
    r = read_string(scan, fault);
    if (r != 0)
        return r;
    key.len = (size_t)(scan->text + scan->at - key.text);
    if (svct_applyscan_peek(scan) != ':')
        return expected(scan, "a colon behind the key", fault);
    step(scan);
    *ret_key = key;
    return 0;
}

/* ---- values ---- */

static bool is_scalar_end(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ':' || c == '[' ||
           c == '{' || c == '"' || c == ' ' || c == '\t' || c == '\r' ||
           c == '\n';
}

static int read_scalar(struct svct_applyscan *scan, struct svct_fault *fault)
{
    size_t from = scan->at;

    while (!at_end(scan) && !is_scalar_end(here(scan)))
        step(scan);
    return scan->at == from ? expected(scan, "a value", fault) : 0;
}

/* Objects and arrays within each other: kind[i] is the bracket that ends the
 * i-th. */
static int read_nested(struct svct_applyscan *scan, struct svct_fault *fault)
{
    char kind[SVCT_APPLYSCAN_DEEPEST];
    size_t deep = 0;

    do {
        char c = svct_applyscan_peek(scan);
        int r = 0;

        if (at_end(scan))
            return expected(scan, "a closing bracket", fault);
        if (c == '"') {
            r = read_string(scan, fault);
        } else if ((c == '{' || c == '[') && deep == SVCT_APPLYSCAN_DEEPEST) {
            r = svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                               "too many brackets within each other");
        } else if (c == '{' || c == '[') {
            kind[deep++] = c == '{' ? '}' : ']';
            step(scan);
        } else if ((c == '}' || c == ']') && c == kind[deep - 1]) {
            deep--;
            step(scan);
        } else if (c == '}' || c == ']') {
            r = expected(scan, "the other closing bracket", fault);
        } else {
            step(scan);
        }
        if (r != 0)
            return r;
    } while (deep > 0);
    return 0;
}

int svct_applyscan_value(struct svct_applyscan *scan,
                         struct svct_applypiece *ret_value,
                         struct svct_fault *fault)
{
    char c = svct_applyscan_peek(scan);
    struct svct_applypiece value = {.text = scan->text + scan->at,
                                    .line = scan->line};
    int r;

    if (c == '"')
        r = read_string(scan, fault);
    else if (c == '{' || c == '[')
        r = read_nested(scan, fault);
    else
        r = read_scalar(scan, fault);
    if (r != 0)
        return r;
    value.len = (size_t)(scan->text + scan->at - value.text);
    *ret_value = value;
    return 0;
}
