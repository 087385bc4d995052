/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "admintool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pamhost.h"

_Noreturn void admintool_be(const char *const *args, int out)
{
    char *argv[ADMINTOOL_ARGS_MAX + 2] = {(char *)(uintptr_t) "svctoken"};
    const char *tool = getenv("SVCT_ADMIN");

    for (int i = 0; i < ADMINTOOL_ARGS_MAX && args[i] != NULL; i++)
        argv[i + 1] = (char *)(uintptr_t)args[i];
    setenv("SVCTOKEN_DB", PAMHOST_DB, 1);
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    if (tool != NULL)
        execv(tool, argv);
    fprintf(stderr, "SVCT_ADMIN names no utility: %s\n", strerror(errno));
    _exit(127);
}

/* Spread as true ones are: by a factor prime to the modulus. */
static uint64_t id_of(unsigned long number)
{
    return number * UINT64_C(7919000017) % UINT64_C(9999999967);
}

void admintool_lines(FILE *file, const struct admintool_lines *lines)
{
    for (unsigned long i = 0; i < lines->tokens; i++) {
        unsigned long number = lines->first + i;
        unsigned long account = number / lines->each;

        if (number % lines->each == 0)
            fprintf(file,
                    "{\"kind\":\"account\",\"name\":\"many%lu\","
                    "\"uid\":%lu}\n",
                    account, lines->uid + account);
        fprintf(file,
                "{\"kind\":\"token\",\"account\":\"many%lu\",\"name\":\"t%lu\","
                "\"id\":\"%010" PRIu64 "\",\"hash\":\"%064lu\","
                "\"ttl\":\"7d\"}\n",
                account, number % lines->each, id_of(number), number);
    }
}
