/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "complete.h"

#include <string.h>

/* A command line, read up to a word. */
struct reader {
    const struct svct_command *const *tables;
    struct svct_complete at;
    const struct svct_opt *pending; /* whose value comes next */
    size_t operands;
    bool ended; /* "--" was seen */
    bool help;  /* its first word was "help" */
    bool lost;  /* there is no such command */
};

static const struct svct_command *find_group(
    const struct svct_command *const *tables, const char *word)
{
    for (; *tables != NULL; tables++) {
        if (strcmp((*tables)->group, word) == 0)
            return *tables;
    }
    return NULL;
}

static const struct svct_command *find_name(const struct svct_command *table,
                                            const char *word)
{
    for (; table->group != NULL; table++) {
        if (strcmp(table->name, word) == 0)
            return table;
    }
    return NULL;
}

/* Of the command, once it is known, or of every one; word begins with "--". */
static const struct svct_opt *find_option(const struct svct_command *command,
                                          const char *word)
{
    size_t len = strcspn(word + 2, "=");
    const struct svct_opt *opt =
        svct_opts_find(svct_opts_global, word + 2, len);

    return opt != NULL || command == NULL
               ? opt
               : svct_opts_find(command->options, word + 2, len);
}

/* ---- the words before ---- */

static void read_option(struct reader *reader, const char *word)
{
    const struct svct_opt *opt = find_option(reader->at.command, word);

    if (strcmp(word, "--") == 0)
        reader->ended = true;
    else if (strncmp(word, "--db=", strlen("--db=")) == 0)
        reader->at.db = word + strlen("--db=");
    else if (opt != NULL && opt->value != NULL && strchr(word, '=') == NULL)
        reader->pending = opt;
}

static void read_group(struct reader *reader, const char *word)
{
    struct svct_complete *at = &reader->at;

    if (!reader->help && strcmp(word, "help") == 0) {
        reader->help = true;
        return;
    }
    at->group = find_group(reader->tables, word);
    reader->lost = at->group == NULL;
    if (!reader->lost && at->group->name == NULL)
        at->command = at->group;
}

static void read_word(struct reader *reader, const char *word)
{
    struct svct_complete *at = &reader->at;

    if (reader->pending != NULL) {
        if (strcmp(reader->pending->name, "db") == 0)
            at->db = word;
        reader->pending = NULL;
    } else if (!reader->ended && strncmp(word, "--", 2) == 0) {
        read_option(reader, word);
    } else if (at->group == NULL) {
        read_group(reader, word);
    } else if (at->command == NULL) {
        at->command = find_name(at->group, word);
        reader->lost = at->command == NULL;
    } else {
        reader->operands++;
    }
}

/* ---- the last word ---- */

static void want_value(struct reader *reader, const struct svct_opt *opt,
                       const char *begun)
{
    reader->at.what = SVCT_COMPLETE_VALUE;
    reader->at.opt = opt;
    reader->at.value = opt->value;
    reader->at.begun = begun;
}

static void want_option(struct reader *reader)
{
    const char *word = reader->at.word, *equals = strchr(word, '=');
    const struct svct_opt *opt;

    if (equals == NULL) {
        reader->at.what = SVCT_COMPLETE_OPTION;
        return;
    }
    opt = strncmp(word, "--", 2) == 0 ? find_option(reader->at.command, word)
                                      : NULL;
    if (opt != NULL && opt->value != NULL)
        want_value(reader, opt, equals + 1);
}

static void want_operand(struct reader *reader)
{
    const struct svct_command *command = reader->at.command;

    if (reader->help || reader->operands >= command->most)
        return;
    reader->at.what = SVCT_COMPLETE_VALUE;
    reader->at.value = command->operands;
}

static void want(struct reader *reader)
{
    struct svct_complete *at = &reader->at;

    at->begun = at->word;
    if (reader->lost)
        return;
    if (reader->pending != NULL)
        want_value(reader, reader->pending, at->word);
    else if (!reader->ended && at->word[0] == '-')
        want_option(reader);
    else if (at->group == NULL)
        at->what = SVCT_COMPLETE_GROUP;
    else if (at->command == NULL)
        at->what = SVCT_COMPLETE_NAME;
    else
        want_operand(reader);
}

struct svct_complete svct_complete_words(
    const struct svct_command *const *tables, const char *const *words,
    size_t count)
{
    struct reader reader = {.tables = tables};

    if (count == 0)
        return reader.at;
    for (size_t i = 0; i + 1 < count && !reader.lost; i++)
        read_word(&reader, words[i]);
    reader.at.word = words[count - 1];
    reader.at.before = words;
    reader.at.count = count - 1;
    want(&reader);
    return reader.at;
}

bool svct_complete_may(const struct svct_complete *at,
                       const struct svct_opt *opt)
{
    for (size_t i = 0; i < at->count; i++) {
        const char *word = at->before[i];
        const struct svct_opt *given =
            strncmp(word, "--", 2) == 0 ? find_option(at->command, word) : NULL;

        if (given == NULL)
            continue;
        if (given == opt ? !(opt->flags & SVCT_OPT_MANY)
                         : (given->flags & opt->flags & SVCT_OPT_EITHER) != 0)
            return false;
    }
    return true;
}
