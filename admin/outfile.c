/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

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

static int open_work(struct svct_outfile *file, mode_t mode)
{
    size_t size = strlen(file->path) + sizeof(".XXXXXX");
    int fd;

    file->work = malloc(size);
    if (file->work == NULL)
        return svct_say_fault(file->call, SVCT_E_NOMEM, NULL);
    snprintf(file->work, size, "%s.XXXXXX", file->path);
    fd = mkostemp(file->work, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        free(file->work);
        file->work = NULL;
        return svct_outfile_say(file);
    }
    file->file = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
    if (file->file == NULL) {
        int r = svct_outfile_say(file);

        close(fd);
        return r;
    }
    return SVCT_EXIT_DONE;
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
    if (file->work != NULL)
        unlink(file->work);
    free(file->work);
    *file = (struct svct_outfile){.path = NULL};
}

/* The name is in a folder, which must be on the disk too. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = strndup(slash == NULL ? "." : path, len);
    int fd =
        folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

    free(folder);
    if (fd >= 0)
        close(fd);
    return good;
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

static int give_name(struct svct_outfile *file)
{
    int r = file->replace ? rename(file->work, file->path) : rename_new(file);

    if (r != 0)
        return errno == EEXIST ? say_there(file) : svct_outfile_say(file);
    free(file->work);
    file->work = NULL;
    return sync_folder(file->path) ? SVCT_EXIT_DONE : svct_outfile_say(file);
}

int svct_outfile_finish(struct svct_outfile *file)
{
    bool good = fflush(file->file) == 0 && !ferror(file->file);

    if (good && file->path != NULL)
        good = fsync(fileno(file->file)) == 0;
    if (!good)
        return svct_outfile_say(file);
    if (file->path == NULL)
        return SVCT_EXIT_DONE;
    good = fclose(file->file) == 0;
    file->file = NULL;
    return good ? give_name(file) : svct_outfile_say(file);
}
