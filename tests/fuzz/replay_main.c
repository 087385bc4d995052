/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Runs a fuzz target over files, in place of libFuzzer: each file named, and
 * each file in each folder named. Arguments that begin with "-" are libFuzzer's
 * and are passed over. No file at all is a failure: a corpus that is not found
 * would pass for one without a fault.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static void die(const char *path, const char *why)
{
    fprintf(stderr, "replay: %s: %s\n", path, why);
    exit(2);
}

/* An allocation of just the size, so that a byte too far is noticed. */
static void run_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);
    FILE *file = fopen(path, "rb");

    if (data == NULL || file == NULL)
        die(path, strerror(errno));
    if (fread(data, 1, size, file) != size)
        die(path, "cannot read all of it");
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static size_t run_path(const char *path);

static size_t run_folder(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char inner[4096];
    size_t count = 0;

    if (dir == NULL)
        die(path, strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(inner, sizeof(inner), "%s/%s", path,
                             entry->d_name) >= sizeof(inner))
            die(path, "too long");
        count += run_path(inner);
    }
    closedir(dir);
    return count;
}

static size_t run_path(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die(path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return run_folder(path);
    /* The one that fails is the last one named. */
    fprintf(stderr, "replay: %s\n", path);
    run_file(path, (size_t)st.st_size);
    return 1;
}

int main(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            count += run_path(argv[i]);
    }
    if (count == 0) {
        fprintf(stderr, "replay: no file\n");
        return 1;
    }
    printf("replay: %zu files\n", count);
    return 0;
}
