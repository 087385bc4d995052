/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "opts.h"

#include "say.h"
#include "suggest.h"

enum {
    GLOBAL_DB,
    GLOBAL_JSON,
    GLOBAL_HELP,
    GLOBAL_VERSION
};

const struct svct_opt svct_opts_global[] = {
    [GLOBAL_DB] = {"db", "DIR", 0,
                   "the database folder, instead of " SVCT_DBDIR
                   " and of SVCTOKEN_DB in the environment"},
    [GLOBAL_JSON] = {"json", NULL, 0, "answer as one JSON document"},
    [GLOBAL_HELP] = {"help", NULL, 0, "say how the command is used"},
    [GLOBAL_VERSION] = {"version", NULL, 0, "say which version this is"},
    {NULL, NULL, 0, NULL},
};

int svct_opts_init(struct svct_opts *opts, int argc, char **argv)
{
    size_t room = (size_t)argc + 1;

    *opts = (struct svct_opts){.argv = argv, .argc = argc, .next = 1};
    opts->item = calloc(room, sizeof(*opts->item));
    opts->operand = calloc(room, sizeof(*opts->operand));
    if (opts->item == NULL || opts->operand == NULL) {
        svct_opts_done(opts);
        return SVCT_E_NOMEM;
    }
    return 0;
}

void svct_opts_done(struct svct_opts *opts)
{
    if (opts == NULL)
        return;
    free(opts->item);
    free(opts->operand);
    *opts = (struct svct_opts){0};
}

const struct svct_opt *svct_opts_find(const struct svct_opt *table,
                                      const char *name, size_t len)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strncmp(table->name, name, len) == 0 && table->name[len] == '\0')
            return table;
    }
    return NULL;
}

static void offer_all(struct svct_suggest *suggest,
                      const struct svct_opt *table)
{
    for (; table != NULL && table->name != NULL; table++)
        svct_suggest_offer(suggest, table->name);
}

static int unknown(const struct svct_opts *opts, const char *arg, size_t len,
                   struct svct_fault *fault)
{
    char name[40];
    struct svct_suggest suggest;

    snprintf(name, sizeof(name), "%.*s", (int)(len < 39 ? len : 39), arg);
    svct_suggest_init(&suggest, name);
    offer_all(&suggest, opts->table);
    offer_all(&suggest, svct_opts_global);
    if (suggest.best != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "unknown option --%s; did you mean --%s?",
                              svct_say_bare(name).text, suggest.best);
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "unknown option --%s",
                          svct_say_bare(name).text);
}

/* Given twice, or with one that it contradicts? */
static int check_clash(const struct svct_opts *opts, const struct svct_opt *opt,
                       struct svct_fault *fault)
{
    for (size_t i = 0; i < opts->items; i++) {
        const struct svct_opt *other = opts->item[i].opt;

        if (other == opt && !(opt->flags & SVCT_OPT_MANY))
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "--%s is given twice", opt->name);
        if (other != opt && (other->flags & opt->flags & SVCT_OPT_EITHER))
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "--%s and --%s contradict each other: "
                                  "give one of them",
                                  other->name, opt->name);
    }
    return 0;
}

static int take_value(struct svct_opts *opts, const struct svct_opt *opt,
                      const char *equals, const char **ret_value,
                      struct svct_fault *fault)
{
    const char *following;

    if (equals != NULL) {
        *ret_value = equals + 1;
        return 0;
    }
    following = opts->next < opts->argc ? opts->argv[opts->next] : NULL;
    if (following == NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "--%s needs a value: %s",
                              opt->name, opt->value);
    if (strncmp(following, "--", 2) == 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "--%s needs a value: %s (one that begins with "
                              "\"--\" as --%s=%s)",
                              opt->name, opt->value, opt->name, opt->value);
    opts->next++;
    *ret_value = following;
    return 0;
}

static int take_option(struct svct_opts *opts, const char *arg,
                       struct svct_fault *fault)
{
    const char *equals = strchr(arg, '=');
    size_t len = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
    const struct svct_opt *opt = svct_opts_find(svct_opts_global, arg, len);
    const char *value = NULL;
    int r;

    if (opt == NULL)
        opt = svct_opts_find(opts->table, arg, len);
    if (opt == NULL)
        return unknown(opts, arg, len, fault);
    r = check_clash(opts, opt, fault);
    if (r == 0 && opt->value != NULL)
        r = take_value(opts, opt, equals, &value, fault);
    else if (r == 0 && equals != NULL)
        r = svct_fault_set(fault, SVCT_E_SYNTAX, 0, "--%s takes no value",
                           opt->name);
    if (r < 0)
        return r;
    opts->item[opts->items].opt = opt;
    opts->item[opts->items++].value = value;
    if (opt == &svct_opts_global[GLOBAL_DB])
        opts->db = value;
    opts->json |= opt == &svct_opts_global[GLOBAL_JSON];
    opts->help |= opt == &svct_opts_global[GLOBAL_HELP];
    opts->version |= opt == &svct_opts_global[GLOBAL_VERSION];
    return 0;
}

/* One argument: an option (*ret_word NULL) or a word. */
static int take(struct svct_opts *opts, const char **ret_word,
                struct svct_fault *fault)
{
    const char *arg = opts->argv[opts->next++];

    *ret_word = NULL;
    if (opts->ended || arg[0] != '-' || arg[1] == '\0') {
        *ret_word = arg;
        return 0;
    }
    if (strcmp(arg, "--") == 0) {
        opts->ended = true;
        return 0;
    }
    if (strcmp(arg, "-h") == 0)
        arg = "--help";
    if (arg[1] != '-')
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "unknown option %s: options are words, as "
                              "--json",
                              svct_say_bare(arg).text);
    return take_option(opts, arg + 2, fault);
}

int svct_opts_word(struct svct_opts *opts, const char **ret_word,
                   struct svct_fault *fault)
{
    const char *word = NULL;

    while (word == NULL && opts->next < opts->argc) {
        int r = take(opts, &word, fault);

        if (r < 0)
            return r;
    }
    *ret_word = word;
    return 0;
}

int svct_opts_rest(struct svct_opts *opts, const struct svct_opt *table,
                   struct svct_fault *fault)
{
    opts->table = table;
    for (;;) {
        const char *word;
        int r = svct_opts_word(opts, &word, fault);

        if (r < 0 || word == NULL)
            return r;
        opts->operand[opts->operands++] = word;
    }
}

const char *svct_opts_each(const struct svct_opts *opts, size_t index,
                           size_t *pos)
{
    while (*pos < opts->items) {
        const struct svct_opts_item *item = &opts->item[(*pos)++];

        if (item->opt == &opts->table[index])
            return item->value;
    }
    return NULL;
}

const char *svct_opts_get(const struct svct_opts *opts, size_t index)
{
    size_t pos = 0;

    return svct_opts_each(opts, index, &pos);
}

bool svct_opts_given(const struct svct_opts *opts, size_t index)
{
    for (size_t i = 0; i < opts->items; i++) {
        if (opts->item[i].opt == &opts->table[index])
            return true;
    }
    return false;
}

bool svct_opts_any(const struct svct_opts *opts)
{
    for (size_t i = 0; i < opts->items; i++) {
        if (svct_opts_find(svct_opts_global, opts->item[i].opt->name,
                           strlen(opts->item[i].opt->name)) == NULL)
            return true;
    }
    return false;
}

const char *svct_opts_operand(const struct svct_opts *opts, size_t index)
{
    return index < opts->operands ? opts->operand[index] : NULL;
}
