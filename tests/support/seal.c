/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appends the check to the record of a session, for integration tests; built
 * by the script that uses it.
 *
 *     seal FILE
 */
#include <config.h>

#include <stdio.h>

#include "base/crc64.h"

int main(int argc, char **argv)
{
    char text[4096];
    size_t len;
    FILE *file = argc == 2 ? fopen(argv[1], "r+") : NULL;

    if (file == NULL)
        return 1;
    len = fread(text, 1, sizeof text, file);
    fseek(file, 0, SEEK_END);
    fprintf(file, "check %016llx\n",
            (unsigned long long)svct_crc64(0, text, len));
    return fclose(file) == 0 ? 0 : 1;
}
