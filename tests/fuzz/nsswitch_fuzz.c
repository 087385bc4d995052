/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as nsswitch.conf. Nothing but our word and its actions is put in or
 * taken out; what was put in is reached, by a reading of its own, and goes out
 * again; a second time changes nothing.
 */

#include <stdlib.h>
#include <string.h>

#include "../../admin/nsswitch.h"
#include "fuzz.h"

static struct svct_nsswitch_text text, enabled, again, disabled;
static struct svct_fault fault;

static void check_line(const struct svct_nsswitch_text *in,
                       const struct svct_nsswitch_line *line)
{
    struct svct_nsswitch_words words;

    MUST(line->at <= in->len && line->len <= in->len - line->at);
    MUST(memchr(in->data + line->at, '\n', line->len) == NULL);
    MUST(!line->asks || line->named);
    words = svct_nsswitch_show(in, line);
    for (const char *c = words.text; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
}

static void check_refused(int r)
{
    MUST(r == SVCT_E_SYNTAX && fault.code == r && fault.what[0] != '\0');
    for (const char *c = fault.what; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
}

/* Lines, and how many of them have our word. */
static unsigned look(const struct svct_nsswitch_text *in, unsigned *ret_asks)
{
    unsigned named = 0;

    *ret_asks = 0;
    for (int i = 0; i < SVCT_NSSWITCH_DATABASES; i++) {
        struct svct_nsswitch_line line = {.there = false};
        int r = svct_nsswitch_look(in, (enum svct_nsswitch_database)i, &line,
                                   &fault);

        if (r != 0) {
            check_refused(r);
            MUST(!line.there);
        } else if (line.there) {
            check_line(in, &line);
            named += line.named;
            *ret_asks += line.asks;
        }
    }
    return named;
}

static bool is_same(const struct svct_nsswitch_text *a,
                    const struct svct_nsswitch_text *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* The longer one has every byte of the shorter one, in their order, and as many
 * line feeds. */
static void check_kept(const struct svct_nsswitch_text *longer,
                       const struct svct_nsswitch_text *shorter)
{
    size_t at = 0, feeds = 0;

    for (size_t i = 0; i < longer->len; i++) {
        feeds += longer->data[i] == '\n';
        if (at < shorter->len && longer->data[i] == shorter->data[at]) {
            feeds -= longer->data[i] == '\n';
            at++;
        }
    }
    MUST(at == shorter->len && feeds == 0);
}

static void check_enabled(unsigned named)
{
    unsigned asks;

    MUST(enabled.len <= sizeof enabled.data);
    check_kept(&enabled, &text);
    if (enabled.len > SVCT_NSSWITCH_MAX)
        return;
    MUST(look(&enabled, &asks) >= 2 && asks >= 2);
    MUST(svct_nsswitch_enable(&enabled, &again, &fault) == 0);
    MUST(is_same(&enabled, &again));
    if (named == 0)
        MUST(svct_nsswitch_disable(&enabled, &again, &fault) == 0 &&
             is_same(&text, &again));
}

static void check_disabled(void)
{
    unsigned asks;

    check_kept(&text, &disabled);
    MUST(look(&disabled, &asks) == 0);
    MUST(svct_nsswitch_disable(&disabled, &again, &fault) == 0);
    MUST(is_same(&disabled, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned named, asks;
    int r;

    if (size > sizeof text.data)
        return 0;
    memset(&text, 'x', sizeof text);
    text.len = size;
    if (size > 0)
        memcpy(text.data, data, size);
    named = look(&text, &asks);
    r = svct_nsswitch_enable(&text, &enabled, &fault);
    if (r == 0)
        check_enabled(named);
    else
        check_refused(r);
    r = svct_nsswitch_disable(&text, &disabled, &fault);
    if (r == 0)
        check_disabled();
    else
        check_refused(r);
    return 0;
}
