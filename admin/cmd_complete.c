/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "complete.h"
#include "completevalue.h"

#include <stdio.h>
#include <string.h>

/*
 * For the completion of shells: a candidate a line, a tab, and what it is.
 * Whatever can't be read is left out, for a shell can't tell anybody.
 */

static void print(const struct svct_complete *at, const char *candidate,
                  const char *about)
{
    if (candidate[0] == ':')
        printf("%s\t\n", candidate);
    else if (strncmp(candidate, at->begun, strlen(at->begun)) == 0)
        printf("%.*s%s\t%s\n", (int)(at->begun - at->word), at->word, candidate,
               about);
}

static void print_value(void *arg, const char *candidate, const char *about)
{
    print(arg, candidate, about);
}

static void print_groups(const struct svct_complete *at)
{
    for (size_t i = 0; svct_commands[i] != NULL; i++)
        print(at, svct_commands[i]->group,
              svct_commands[i]->name == NULL ? svct_commands[i]->summary : "");
    print(at, "help", "say how a command is used");
}

static void print_names(const struct svct_complete *at)
{
    for (const struct svct_command *c = at->group; c->group != NULL; c++)
        print(at, c->name, c->summary);
}

static void print_options(const struct svct_complete *at,
                          const struct svct_opt *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        char text[40];

        snprintf(text, sizeof(text), "--%s", table->name);
        if (svct_complete_may(at, table))
            print(at, text, table->help);
    }
}

/* From the database that the line names. */
static void print_values(const struct svct_call *call, struct svct_complete *at)
{
    struct svct_call there = *call;

    if (at->db != NULL)
        there.db = at->db;
    svct_completevalue_offer(&there, at, print_value, at);
}

static int complete(const struct svct_call *call)
{
    struct svct_complete at = svct_complete_words(
        svct_commands, call->opts.operand, call->opts.operands);

    if (at.what == SVCT_COMPLETE_GROUP)
        print_groups(&at);
    else if (at.what == SVCT_COMPLETE_NAME)
        print_names(&at);
    else if (at.what == SVCT_COMPLETE_VALUE)
        print_values(call, &at);
    if (at.what == SVCT_COMPLETE_OPTION) {
        if (at.command != NULL)
            print_options(&at, at.command->options);
        print_options(&at, svct_opts_global);
    }
    return SVCT_EXIT_DONE;
}

const struct svct_command svct_cmd_complete[] = {
    {.group = "complete",
     .operands = "-- [WORD]...",
     .most = 1000,
     .summary = "tell a shell how a command line may go on",
     .text = "For the completion of bash, zsh and fish. Each WORD is one "
             "behind \"svctoken\",\n"
             "the last one that which is to be completed. Prints a candidate a "
             "line, a tab,\n"
             "and a few words about it. \":file\", \":dir\", \":user\" and "
             "\":group\" are the host's.\n"
             "\n"
             "  svctoken complete -- token revoke deploy/\n",
     .run = complete},
    {.group = NULL},
};
