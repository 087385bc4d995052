/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/namelist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/safefile.h"

#define NEW_FILE SVCT_NAMES_FILE ".new"

void svct_namelist_done(struct svct_namelist *list)
{
    if (list == NULL)
        return;
    free(list->name);
    *list = (struct svct_namelist){.name = NULL};
}

static int grow(struct svct_namelist *list)
{
    size_t room = list->room == 0 ? 16 : list->room * 2;
    void *name = realloc(list->name, room * sizeof *list->name);

    if (name == NULL)
        return SVCT_E_NOMEM;
    list->name = name;
    list->room = room;
    return 0;
}

int svct_namelist_add(struct svct_namelist *list, const char *name)
{
    if (svct_name_check_login(name) != 0)
        return SVCT_E_SYNTAX;
    if (list->count == list->room && grow(list) != 0)
        return SVCT_E_NOMEM;
    memset(list->name[list->count], 0, sizeof list->name[0]);
    memcpy(list->name[list->count], name, strlen(name));
    list->count++;
    return 0;
}

int svct_namelist_add_all(struct svct_namelist *list,
                          const struct svct_namelist *from)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < from->count; i++)
        r = svct_namelist_add(list, from->name[i]);
    return r;
}

void svct_namelist_drop(struct svct_namelist *list, const char *name)
{
    size_t i = 0;

    while (i < list->count)
        if (strcmp(list->name[i], name) != 0)
            i++;
        else if (i != --list->count)
            memcpy(list->name[i], list->name[list->count], sizeof *list->name);
}

static int add_lines(struct svct_namelist *list, char *text, size_t size)
{
    char *line = text, *end;

    while (line < text + size) {
        int r;

        end = memchr(line, '\n', (size_t)(text + size - line));
        if (end == NULL)
            return SVCT_E_DAMAGED;
        *end = '\0';
        /* A NUL within the line would end the name early. */
        r = strlen(line) == (size_t)(end - line) ? svct_namelist_add(list, line)
                                                 : SVCT_E_SYNTAX;
        if (r != 0)
            return r == SVCT_E_SYNTAX ? SVCT_E_DAMAGED : r;
        line = end + 1;
    }
    return 0;
}

static int read_open(struct svct_namelist *list, int fd, int64_t size,
                     struct svct_fault *fault)
{
    char *text;
    int r;

    if (size > SVCT_NAMES_SIZE_MAX)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              "the file names is too large");
    text = malloc((size_t)size + 1);
    if (text == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    if (!svct_safefile_pread(fd, text, (size_t)size, 0))
        r = svct_fault_errno(fault, errno, "can't read the file names");
    else
        r = add_lines(list, text, (size_t)size);
    if (r == SVCT_E_DAMAGED)
        svct_fault_set(fault, r, 0, "the file names is damaged");
    free(text);
    return r;
}

int svct_namelist_read(struct svct_namelist *list, int dir_fd,
                       struct svct_fault *fault)
{
    struct stat st;
    int fd, r;

    r = svct_safefile_open(dir_fd, SVCT_NAMES_FILE, O_RDONLY,
                           SVCT_SAFEFILE_PUBLIC, &fd, &st, fault);
    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r != 0)
        return r;
    r = read_open(list, fd, st.st_size, fault);
    close(fd);
    return r;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void sort(struct svct_namelist *list)
{
    if (list->count > 1)
        qsort(list->name, list->count, sizeof *list->name, by_bytes);
}

static bool has(const struct svct_namelist *sorted, const char *name)
{
    return sorted != NULL && sorted->count > 0 &&
           bsearch(name, sorted->name, sorted->count, sizeof *sorted->name,
                   by_bytes) != NULL;
}

static bool put_lines(FILE *file, const struct svct_namelist *list,
                      const struct svct_namelist *removed)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->name[i];

        if ((i > 0 && strcmp(name, list->name[i - 1]) == 0) ||
            has(removed, name))
            continue;
        if (fputs(name, file) < 0 || fputc('\n', file) == EOF)
            return false;
    }
    return fflush(file) == 0;
}

/* The new file, whole and on the disk, or none. */
static int write_new(const struct svct_namelist *list,
                     const struct svct_namelist *removed, int dir_fd)
{
    FILE *file;
    int saved, fd;
    bool good;

    unlinkat(dir_fd, NEW_FILE, 0);
    fd = openat(dir_fd, NEW_FILE,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        saved = errno;
        if (fd >= 0)
            close(fd);
        errno = saved;
        return -1;
    }
    good = fchmod(fd, 0644) == 0 && put_lines(file, list, removed) &&
           fsync(fd) == 0;
    saved = errno;
    if (fclose(file) != 0 && good) {
        good = false;
        saved = errno;
    }
    errno = saved;
    return good ? 0 : -1;
}

int svct_namelist_write(struct svct_namelist *list,
                        struct svct_namelist *removed, int dir_fd,
                        struct svct_fault *fault)
{
    int saved;

    sort(list);
    if (removed != NULL)
        sort(removed);
    if (write_new(list, removed, dir_fd) == 0 &&
        renameat(dir_fd, NEW_FILE, dir_fd, SVCT_NAMES_FILE) == 0 &&
        fsync(dir_fd) == 0)
        return 0;
    saved = errno;
    unlinkat(dir_fd, NEW_FILE, 0);
    return svct_fault_errno(fault, saved, "can't write the file names");
}
