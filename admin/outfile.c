/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "say.h"

#define WORK_NAMES 100 /* of files that were killed before */

/* The folder of a path, to be freed; NULL: no memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int svct_outfile_say(const struct svct_outfile *file)
{
    return svct_say_cannot(file->call, "can't write %s: %s",
                           file->path != NULL ? svct_say_quote(file->path).text
                                              : "the answer",
                           strerror(errno));
}

static int say_there(const struct svct_outfile *file)
{
    bool could = svct_opts_find(file->call->command->options, "replace",
                                strlen("replace")) != NULL;

    return svct_say_no(file->call,
                       "%s is there already and stays as it is: name a new "
                       "file%s",
                       svct_say_quote(file->path).text,
                       could ? ", or give --replace" : "");
}

/* May it be made, or replaced? Neither a device nor /dev/stdout, which is a
 * link, must become a file. */
static int check_place(const struct svct_outfile *file)
{
    struct stat st;

    if (lstat(file->path, &st) != 0)
        return SVCT_EXIT_DONE;
    if (!file->replace)
        return say_there(file);
    if (S_ISREG(st.st_mode))
        return SVCT_EXIT_DONE;
    return svct_say_usage(file->call,
                          "%s is no regular file, and is not replaced",
                          svct_say_quote(file->path).text);
}

/* ---- the file while it is written ---- */

static void path_of_fd(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

/* One without a name, which no end of this program leaves behind. -1: it can't
 * be had here, or could not be given a name, which goes by /proc. */
static int open_unnamed(const char *path)
{
    char *folder = folder_of(path), by_fd[32];
    int fd = folder == NULL
                 ? -1
                 : open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    free(folder);
    if (fd < 0)
        return -1;
    path_of_fd(fd, by_fd);
    if (access(by_fd, F_OK) == 0)
        return fd;
    close(fd);
    return -1;
}

/* tail: as long as "XXXXXX". */
static void set_work(struct svct_outfile *file, const char *tail)
{
    snprintf(file->work, strlen(file->path) + sizeof(".XXXXXX"), "%s.%s",
             file->path, tail);
}

static int open_named(struct svct_outfile *file)
{
    int fd;

    set_work(file, "XXXXXX");
    fd = mkostemp(file->work, O_CLOEXEC); /* 0600 */
    file->named = fd >= 0;
    return fd;
}

static int open_work(struct svct_outfile *file, mode_t mode)
{
    int fd;

    file->work = malloc(strlen(file->path) + sizeof(".XXXXXX"));
    if (file->work == NULL)
        return svct_say_fault(file->call, SVCT_E_NOMEM, NULL);
    fd = open_unnamed(file->path);
    if (fd < 0)
        fd = open_named(file);
    if (fd < 0)
        return svct_outfile_say(file);
    file->file = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
    if (file->file == NULL) {
        int r = svct_outfile_say(file);

        close(fd);
        return r;
    }
    return SVCT_EXIT_DONE;
}

static void drop_work(struct svct_outfile *file)
{
    if (file->named)
        unlink(file->work);
    file->named = false;
}

int svct_outfile_open(const struct svct_call *call, const char *path,
                      mode_t mode, bool replace, struct svct_outfile *ret_file)
{
    struct svct_outfile file = {.call = call, .path = path, .replace = replace};
    int r = SVCT_EXIT_DONE;

    if (path == NULL)
        file.file = stdout;
    else
        r = check_place(&file);
    if (r == SVCT_EXIT_DONE && path != NULL)
        r = open_work(&file, mode);
    if (r != SVCT_EXIT_DONE) {
        svct_outfile_done(&file);
        return r;
    }
    *ret_file = file;
    return SVCT_EXIT_DONE;
}

void svct_outfile_done(struct svct_outfile *file)
{
    if (file->file != NULL && file->file != stdout)
        fclose(file->file);
    drop_work(file);
    free(file->work);
    *file = (struct svct_outfile){.path = NULL};
}

/* ---- its name ---- */

/* The name is in a folder, which must be on the disk too. */
static bool sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int fd =
        folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

    free(folder);
    if (fd >= 0)
        close(fd);
    return good;
}

static int link_unnamed(const struct svct_outfile *file, const char *name)
{
    char by_fd[32];

    path_of_fd(fileno(file->file), by_fd);
    return linkat(AT_FDCWD, by_fd, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* A link replaces nothing, only a renaming does: so it gets a name of work. */
static int name_work(struct svct_outfile *file)
{
    char tail[sizeof("000000")];

    errno = EEXIST;
    for (unsigned i = 0; i < WORK_NAMES && errno == EEXIST; i++) {
        snprintf(tail, sizeof(tail), "%06u", i % 1000000);
        set_work(file, tail);
        file->named = link_unnamed(file, file->work) == 0;
        if (file->named)
            return 0;
    }
    return -1;
}

/* EINVAL: the file system can't, or the C library (musl) has no such call. */
static int rename_to_free(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
#else
    (void)from;
    (void)to;
    errno = EINVAL;
    return -1;
#endif
}

static int rename_new(const struct svct_outfile *file)
{
    int r = rename_to_free(file->work, file->path);

    if (r != 0 && errno == EINVAL) {
        r = link(file->work, file->path);
        if (r == 0)
            unlink(file->work);
    }
    return r;
}

static int put_in_place(struct svct_outfile *file)
{
    int r;

    if (!file->named && !file->replace)
        return link_unnamed(file, file->path);
    if (!file->named && name_work(file) != 0)
        return -1;
    r = file->replace ? rename(file->work, file->path) : rename_new(file);
    file->named = r != 0;
    return r;
}

static int give_name(struct svct_outfile *file)
{
    if (put_in_place(file) == 0)
        return sync_folder(file->path) ? SVCT_EXIT_DONE
                                       : svct_outfile_say(file);
    return errno == EEXIST && !file->replace ? say_there(file)
                                             : svct_outfile_say(file);
}

/* Between a name of work and its own, nobody ends the program. */
static int finish_file(struct svct_outfile *file)
{
    sigset_t before;
    int r;

    if (fsync(fileno(file->file)) != 0)
        return svct_outfile_say(file);
    svct_access_hold_signals(&before);
    r = give_name(file);
    drop_work(file);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return r;
}

int svct_outfile_finish(struct svct_outfile *file)
{
    if (fflush(file->file) != 0 || ferror(file->file))
        return svct_outfile_say(file);
    return file->path == NULL ? SVCT_EXIT_DONE : finish_file(file);
}
