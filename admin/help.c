/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "help.h"

#include "out.h"

#define WIDTH 79

/* "--name VALUE", then text broken at blanks and set off by so many. */
static void print_entry(const char *entry, int indent, const char *text)
{
    int at = printf("  %s", entry);

    if (at > indent - 2) {
        putchar('\n');
        at = 0;
    }
    at += printf("%*s", indent - at, "");
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (at + len > WIDTH && at > indent)
            at = printf("\n%*s", indent, "") - 1;
        at += printf("%.*s", len, text);
        text += len;
        if (*text == ' ') {
            text++;
            if (at + 1 + (int)strcspn(text, " ") <= WIDTH) {
                putchar(' ');
                at++;
            } else {
                at = WIDTH;
            }
        }
    }
    putchar('\n');
}

static void print_options(const struct svct_opt *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char entry[48];

        snprintf(entry, sizeof(entry), "--%s%s%s%s", options->name,
                 options->value != NULL ? " " : "",
                 options->value != NULL ? options->value : "",
                 options->flags & SVCT_OPT_MANY ? "..." : "");
        print_entry(entry, 26, options->help);
    }
}

static void print_usage(const struct svct_command *command)
{
    printf("svctoken %s", command->group);
    if (command->name != NULL)
        printf(" %s", command->name);
    if (command->operands != NULL)
        printf(" %s", command->operands);
}

static void print_line(const struct svct_command *command)
{
    char entry[48];

    snprintf(entry, sizeof(entry), "%s%s%s", command->group,
             command->name != NULL ? " " : "",
             command->name != NULL ? command->name : "");
    print_entry(entry, 20, command->summary);
}

void svct_help_all(const struct svct_command *const *tables)
{
    printf("usage: svctoken COMMAND [OPTION]...\n"
           "\n"
           "Service accounts and their tokens: a token is accepted wherever "
           "PAM asks for a\npassword.\n"
           "\n"
           "Commands:\n");
    for (; *tables != NULL; tables++) {
        for (const struct svct_command *c = *tables; c->group != NULL; c++)
            print_line(c);
    }
    print_entry("help [COMMAND]", 20, "say how a command is used");
    printf("\nOptions of every command:\n");
    print_options(svct_opts_global);
    printf("\n"
           "Exit codes: 0 done or granted; 1 the answer is no (refused, not "
           "there, there\nalready); 2 the command line is wrong; 3 could not "
           "(permission, I/O, damage,\nlock); 4 doctor has found "
           "errors.\n");
}

void svct_help_group(const struct svct_command *table)
{
    if (table->name == NULL) {
        svct_help_command(table);
        return;
    }
    printf("usage: svctoken %s COMMAND [OPTION]...\n\nCommands:\n",
           table->group);
    for (const struct svct_command *c = table; c->group != NULL; c++)
        print_line(c);
    printf("\n\"svctoken help %s %s\" tells about one of them.\n", table->group,
           table->name);
}

void svct_help_command(const struct svct_command *command)
{
    const struct svct_column *column = command->columns;

    printf("usage: ");
    print_usage(command);
    printf("%s\n\n%s.\n", command->options != NULL ? " [OPTION]..." : "",
           command->summary);
    if (command->options != NULL) {
        printf("\nOptions:\n");
        print_options(command->options);
    }
    printf("\nOptions of every command:\n");
    print_options(svct_opts_global);
    printf("\n%s", command->text);
    if (column != NULL)
        printf("\nKeys with --json:\n");
    for (; column != NULL && column->key != NULL; column++) {
        if (!(column->flags & SVCT_COLUMN_TEXT))
            print_entry(column->key, 20, column->help);
    }
}
