/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The module's options: the input's lines are the arguments. Besides not
 * crashing: the code and the message agree, and what was taken is legal.
 */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "auth/options.h"
#include "base/name.h"
#include "fuzz.h"

#define ARGS_MAX 64

/* Replaces the newlines. */
static int split(char *text, const char *argv[ARGS_MAX])
{
    int argc = 0;

    while (argc < ARGS_MAX) {
        argv[argc++] = text;
        text = strchr(text, '\n');
        if (text == NULL)
            break;
        *text++ = '\0';
    }
    return argc;
}

static void demand(const struct svct_options *options, int err)
{
    size_t len = strlen(options->error);

    MUST(err == 0 || err == SVCT_E_SYNTAX);
    MUST((err == 0) == (len == 0));
    MUST(len < sizeof options->error);
    for (size_t i = 0; i < len; i++)
        MUST(options->error[i] >= ' ' && options->error[i] <= '~');
    MUST(options->dir != NULL && options->dir[0] == '/');
    MUST(options->role == NULL || svct_name_check_role(options->role) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096 + 1];
    const char *argv[ARGS_MAX];
    struct svct_options options;
    int err;

    if (size >= sizeof text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    err = svct_options_parse(split(text, argv), argv, &options);
    demand(&options, err);
    return 0;
}
