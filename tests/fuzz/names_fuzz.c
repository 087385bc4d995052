/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as the file "names", looked up by a search in the file and read as
 * a whole. In a sound file just the names that it has are found; in any, the
 * search ends, and finds no name that is not one of its lines. It needs a
 * private tmpfs, and ends with exit code 77 where there can be none.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/privdir.h"
#include "base/name.h"
#include "base/names.h"
#include "write/namelist.h"
#include "fuzz.h"

static int dir_fd, file_fd;

static void set_up(void)
{
    const char *reason;

    if (!privdir_enter(&reason)) {
        fprintf(stderr, "names_fuzz: skipped, %s\n", reason);
        _exit(77);
    }
    privdir_write(PRIVDIR "/" SVCT_NAMES_FILE, "");
    dir_fd = open(PRIVDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    file_fd = open(PRIVDIR "/" SVCT_NAMES_FILE, O_RDWR | O_CLOEXEC);
    MUST(dir_fd >= 0 && file_fd >= 0);
}

/* Is it a whole line of the text? */
static bool is_line(const char *text, size_t size, const char *name)
{
    const size_t len = strlen(name);

    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);

        if (end == NULL)
            return false;
        if ((size_t)(end - text) - at == len &&
            memcmp(text + at, name, len) == 0)
            return true;
        at = (size_t)(end - text) + 1;
    }
    return false;
}

static void check_name(const char *text, size_t size, const char *name,
                       bool sound)
{
    const bool there = is_line(text, size, name);
    struct svct_fault fault = {0};
    int r = svct_names_lookup(dir_fd, name, &fault);

    MUST(r == 0 || r == 1 || r == SVCT_E_DAMAGED);
    MUST(r != 1 || there);
    MUST((r < 0) == (fault.code != 0));
    MUST(svct_names_listed_anyhow(PRIVDIR, name) == (r == 1));
    if (sound)
        MUST(r == (there ? 1 : 0));
}

/* Each line a name, and behind the one before. */
static bool is_sound(const char *text, size_t size,
                     const struct svct_namelist *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->count; i++) {
        MUST(svct_name_check_login(list->name[i]) == 0);
        MUST(is_line(text, size, list->name[i]));
        bytes += strlen(list->name[i]) + 1;
        if (i > 0 && strcmp(list->name[i - 1], list->name[i]) >= 0)
            return false;
    }
    MUST(bytes == size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct svct_namelist list = {.count = 0};
    bool sound = false;
    int r;

    if (!ready)
        set_up();
    ready = true;
    MUST(ftruncate(file_fd, 0) == 0);
    MUST(size == 0 || pwrite(file_fd, data, size, 0) == (ssize_t)size);
    r = svct_namelist_read(&list, dir_fd, NULL);
    MUST(r == 0 || r == SVCT_E_DAMAGED);
    if (r == 0)
        sound = is_sound((const char *)data, size, &list);
    for (size_t i = 0; i < list.count && i < 64; i++)
        check_name((const char *)data, size, list.name[i], sound);
    check_name((const char *)data, size, "deploy", sound);
    check_name((const char *)data, size, "a", sound);
    check_name((const char *)data, size, "zz", sound);
    svct_namelist_done(&list);
    return 0;
}
