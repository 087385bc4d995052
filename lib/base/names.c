/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/safefile.h"

#define LINE_MAX_SIZE (SVCT_LOGIN_MAX + 1) /* with its newline */

/* The last steps of a search are within so many bytes, which are read at once;
 * those before go too far apart for that. */
#define WINDOW 4096

struct names_file {
    int fd;
    int64_t size;
    int64_t from, to; /* bytes of the file that are in the window */
    char window[WINDOW];
};

struct line {
    char name[SVCT_LOGIN_MAX + 1];
    int64_t begin;
    int64_t end; /* behind its newline */
};

/* Reads the bytes from "from" to before "to", and as many on both sides as the
 * window has room for if what is left to search fits in it; none when it has
 * them already. */
static int read_window(struct names_file *file, int64_t from, int64_t to,
                       int64_t left)
{
    int64_t more = left <= WINDOW ? (WINDOW - (to - from)) / 2 : 0;
    int64_t begin = from > more ? from - more : 0;
    int64_t end = to < file->size - more ? to + more : file->size;

    if (from >= file->from && to <= file->to)
        return 0;
    file->from = file->to = 0;
    if (!svct_safefile_pread(file->fd, file->window, (size_t)(end - begin),
                             begin))
        return errno == 0 ? SVCT_E_DAMAGED : SVCT_E_IO;
    file->from = begin;
    file->to = end;
    return 0;
}

/* Finds the whole line around the byte at offset. left: the bytes that are left
 * to search. SVCT_E_DAMAGED when there is none that a name fits in. */
static int line_at(struct names_file *file, int64_t offset, int64_t left,
                   struct line *ret_line)
{
    int64_t from = offset > LINE_MAX_SIZE ? offset - LINE_MAX_SIZE : 0;
    int64_t to = offset + LINE_MAX_SIZE;
    char *window, *at, *begin, *end;
    size_t len;
    int r;

    if (to > file->size)
        to = file->size;
    len = (size_t)(to - from);
    r = read_window(file, from, to, left);
    if (r != 0)
        return r;
    window = file->window + (from - file->from);
    at = window + (offset - from);
    begin = memrchr(window, '\n', (size_t)(at - window));
    if (begin != NULL)
        begin++;
    else if (from == 0)
        begin = window;
    end = memchr(at, '\n', (size_t)(window + len - at));
    if (begin == NULL || end == NULL || end - begin > SVCT_LOGIN_MAX)
        return SVCT_E_DAMAGED;
    memcpy(ret_line->name, begin, (size_t)(end - begin));
    ret_line->name[end - begin] = '\0';
    ret_line->begin = from + (begin - window);
    ret_line->end = from + (end + 1 - window);
    /* A NUL within the line would end the name early. */
    if (strlen(ret_line->name) != (size_t)(end - begin) ||
        svct_name_check_login(ret_line->name) != 0)
        return SVCT_E_DAMAGED;
    return 0;
}

static int search(struct names_file *file, const char *name)
{
    int64_t low = 0, high = file->size;

    while (low < high) {
        struct line line;
        int r = line_at(file, low + (high - low) / 2, high - low, &line);
        int order;

        if (r != 0)
            return r;
        if (line.begin < low || line.end > high)
            return SVCT_E_DAMAGED;
        order = strcmp(name, line.name);
        if (order == 0)
            return 1;
        if (order < 0)
            high = line.begin;
        else
            low = line.end;
    }
    return 0;
}

int svct_names_look(int dir_fd, const char *name, struct stat *ret_stat,
                    struct svct_fault *fault)
{
    struct names_file file = {.fd = -1};
    struct svct_fault why;
    struct stat st;
    int r;

    r = svct_safefile_open(dir_fd, SVCT_NAMES_FILE, O_RDONLY,
                           SVCT_SAFEFILE_PUBLIC, &file.fd, &st, &why);
    if (r == SVCT_E_NOTFOUND)
        return 0; /* an answer, so no fault */
    if (r != 0 && fault != NULL)
        *fault = why;
    if (r != 0)
        return r;
    *ret_stat = st;
    file.size = st.st_size;
    r = file.size <= SVCT_NAMES_SIZE_MAX ? search(&file, name) : SVCT_E_DAMAGED;
    if (r == SVCT_E_DAMAGED)
        svct_fault_set(fault, r, 0,
                       "the file %s is damaged: run "
                       "\"svctoken db verify\"",
                       SVCT_NAMES_FILE);
    else if (r < 0)
        svct_fault_errno(fault, errno, "can't read %s", SVCT_NAMES_FILE);
    close(file.fd);
    return r;
}

int svct_names_lookup(int dir_fd, const char *name, struct svct_fault *fault)
{
    struct stat unused;

    return svct_names_look(dir_fd, name, &unused, fault);
}

bool svct_names_listed_anyhow(const char *dir, const char *name)
{
    struct names_file file = {.fd = -1};
    struct stat st;
    bool listed = false;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0)
        return false;
    file.fd = openat(dir_fd, SVCT_NAMES_FILE,
                     O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file.fd >= 0 && fstat(file.fd, &st) == 0 && S_ISREG(st.st_mode)) {
        file.size = st.st_size;
        listed = file.size <= SVCT_NAMES_SIZE_MAX && search(&file, name) == 1;
    }
    if (file.fd >= 0)
        close(file.fd);
    close(dir_fd);
    return listed;
}
