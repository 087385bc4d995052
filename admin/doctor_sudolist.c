/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_sudolist.h"

#include <stdlib.h>
#include <string.h>

/* A word ends at a blank, a comma or the end of its line. */
static bool ends(char c)
{
    return c == '\0' || c == ',' || c == ' ' || c == '\n';
}

/* The first place in the text, before end, where the word begins; whatever is
 * behind it. */
static const char *find_word(const char *text, const char *end,
                             const char *word)
{
    for (const char *at = strstr(text, word); at != NULL && at < end;
         at = strstr(at + 1, word)) {
        if (at == text || ends(at[-1]))
            return at;
    }
    return NULL;
}

/* "timestamp_timeout=0" among the defaults; the last one counts. */
static bool has_ticket(const char *text, const char *end)
{
    static const char name[] = "timestamp_timeout=";
    bool ticket = true;

    for (const char *at = find_word(text, end, name); at != NULL;
         at = find_word(at + 1, end, name))
        ticket = strtod(at + strlen(name), NULL) != 0;
    return ticket;
}

static bool is_unasked(const char *text, const char *end)
{
    const char *at = find_word(text, end, "!authenticate");

    return at != NULL && ends(at[strlen("!authenticate")]);
}

void svct_sudolist_read(const char *text, struct svct_sudolist *ret_list)
{
    struct svct_sudolist list = {0};
    const char *rules = strstr(text, " may run the following commands");

    list.may = rules != NULL;
    list.known =
        list.may || strstr(text, " is not allowed to run sudo") != NULL;
    if (list.may) {
        list.ticket = has_ticket(text, rules);
        list.nopasswd = is_unasked(text, rules) ||
                        find_word(rules, rules + strlen(rules), "NOPASSWD:");
    }
    *ret_list = list;
}
