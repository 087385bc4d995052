/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nsswitch.h"

/* Of one line. */
static bool asks(char *line, const char *database)
{
    char *rest, *word;

    line[strcspn(line, "#\n")] = '\0';
    word = strtok_r(line, " \t:", &rest);
    if (word == NULL || strcmp(word, database) != 0)
        return false;
    while ((word = strtok_r(NULL, " \t:", &rest)) != NULL) {
        if (strcmp(word, "svctoken") == 0)
            return true;
    }
    return false;
}

bool svct_nsswitch_asks(const char *database)
{
    FILE *file = fopen("/etc/nsswitch.conf", "re");
    char line[1024];
    bool found = false;

    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL)
        found = asks(line, database);
    fclose(file);
    return found;
}
