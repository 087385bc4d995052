/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/options.h"

#include <limits.h>

#include "base/name.h"

/* Each returns NULL, or what is wrong with the value. */
typedef const char *take_fn(struct svct_options *options, const char *value);

/* The same form that opening the folder will demand. */
static const char *take_dir(struct svct_options *options, const char *value)
{
    const char *part = value;

    if (value[0] != '/' || strlen(value) >= PATH_MAX)
        return "is not an absolute path";
    while (*part != '\0') {
        size_t len = strcspn(part, "/");

        if ((len == 1 && part[0] == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.'))
            return "must not have \".\" or \"..\" in it";
        part += len;
        part += *part == '/';
    }
    options->dir = value;
    options->dir_given = true;
    return NULL;
}

static const char *take_role(struct svct_options *options, const char *value)
{
    if (svct_name_check_role(value) != 0)
        return "is not the name of a role";
    options->role = value;
    return NULL;
}

static const char *take_debug(struct svct_options *options, const char *value)
{
    (void)value;
    options->debug = true;
    return NULL;
}

static const char *take_use(struct svct_options *options, const char *value)
{
    (void)value;
    options->use_first_pass = true;
    return NULL;
}

static const char *take_try(struct svct_options *options, const char *value)
{
    (void)value;
    options->try_first_pass = true;
    return NULL;
}

static const struct known {
    const char *name; /* with "=" when it takes a value */
    take_fn *take;
} known[] = {
    {"db=", take_dir},
    {"role=", take_role},
    {"debug", take_debug},
    {"use_first_pass", take_use},
    {"try_first_pass", take_try},
};
#define KNOWN_COUNT (sizeof known / sizeof known[0])

/* Which option is it? KNOWN_COUNT for none. */
static size_t find(const char *arg, const char **ret_value)
{
    size_t i;

    for (i = 0; i < KNOWN_COUNT; i++) {
        size_t len = strlen(known[i].name);
        bool valued = known[i].name[len - 1] == '=';

        if (strncmp(arg, known[i].name, len) == 0 &&
            (valued || arg[len] == '\0')) {
            *ret_value = arg + len;
            break;
        }
    }
    return i;
}

static const char *take(struct svct_options *options, const char *arg,
                        unsigned *seen)
{
    const char *value = NULL;
    size_t index = find(arg, &value);

    if (index == KNOWN_COUNT)
        return "is not known";
    if ((*seen & 1u << index) != 0)
        return "is given twice";
    *seen |= 1u << index;
    return known[index].take(options, value);
}

int svct_options_parse(int argc, const char *const *argv,
                       struct svct_options *ret_options)
{
    struct svct_options options = {.dir = SVCT_DBDIR};
    unsigned seen = 0;

    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i] != NULL ? argv[i] : "";
        const char *wrong = take(&options, arg, &seen);
        char shown[SVCT_OPTIONS_ERROR_MAX / 2];

        if (wrong == NULL || options.error[0] != '\0')
            continue;
        snprintf(options.error, sizeof options.error, "option %s %s",
                 svct_name_escape(shown, sizeof shown, arg), wrong);
    }
    *ret_options = options;
    return options.error[0] == '\0' ? 0 : SVCT_E_SYNTAX;
}
