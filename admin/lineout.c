/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lineout.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/secret.h"
#include "say.h"

struct svct_lineout_digest {
    crypto_generichash_state state;
};

static int say_write(const struct svct_lineout *out)
{
    return svct_say_cannot(out->call, "can't write %s: %s",
                           out->path != NULL ? svct_say_quote(out->path).text
                                             : "the answer",
                           strerror(errno));
}

static int say_there(const struct svct_lineout *out)
{
    return svct_say_no(out->call,
                       "%s is there already and stays as it is: name a new "
                       "file",
                       svct_say_quote(out->path).text);
}

static int open_work(struct svct_lineout *out)
{
    size_t size = strlen(out->path) + sizeof(".XXXXXX");
    struct stat st;
    int fd;

    if (lstat(out->path, &st) == 0)
        return say_there(out);
    out->work = malloc(size);
    if (out->work == NULL)
        return svct_say_fault(out->call, SVCT_E_NOMEM, NULL);
    snprintf(out->work, size, "%s.XXXXXX", out->path);
    fd = mkostemp(out->work, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        free(out->work);
        out->work = NULL;
        return say_write(out);
    }
    out->file = fdopen(fd, "w");
    if (out->file == NULL) {
        close(fd);
        return say_write(out);
    }
    return SVCT_EXIT_DONE;
}

int svct_lineout_open(const struct svct_call *call, const char *path,
                      bool backup, struct svct_lineout *ret_out)
{
    struct svct_lineout out = {.call = call, .path = path, .backup = backup};
    int r = SVCT_EXIT_DONE;

    out.digest = aligned_alloc(64, (sizeof(*out.digest) + 63) / 64 * 64);
    if (out.digest == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    if (svct_secret_setup() != 0 ||
        crypto_generichash_init(&out.digest->state, NULL, 0, SVCT_DIGEST_LEN) !=
            0)
        r = svct_say_cannot(call, "libsodium can't be used");
    else if (path == NULL)
        out.file = stdout;
    else
        r = open_work(&out);
    if (r != SVCT_EXIT_DONE) {
        svct_lineout_done(&out);
        return r;
    }
    *ret_out = out;
    return SVCT_EXIT_DONE;
}

void svct_lineout_done(struct svct_lineout *out)
{
    if (out->file != NULL && out->file != stdout)
        fclose(out->file);
    if (out->work != NULL)
        unlink(out->work);
    free(out->work);
    free(out->digest);
    *out = (struct svct_lineout){.path = NULL};
}

int svct_lineout_put(struct svct_lineout *out, const struct svct_line *line)
{
    char text[SVCT_LINE_MAX + 3];
    struct svct_fault fault = {0};
    size_t len;
    int r =
        svct_line_format(line, out->backup, text, sizeof(text), &len, &fault);

    if (r < 0)
        return svct_say_fault(out->call, r, &fault);
    crypto_generichash_update(&out->digest->state, (unsigned char *)text, len);
    out->lines++;
    if (fwrite(text, 1, len, out->file) != len)
        return say_write(out);
    return SVCT_EXIT_DONE;
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

/* Never over another file. */
static int give_name(struct svct_lineout *out)
{
    int r = rename_to_free(out->work, out->path);

    if (r != 0 && errno == EINVAL) {
        r = link(out->work, out->path);
        if (r == 0)
            unlink(out->work);
    }
    if (r != 0)
        return errno == EEXIST ? say_there(out) : say_write(out);
    free(out->work);
    out->work = NULL;
    return sync_folder(out->path) ? SVCT_EXIT_DONE : say_write(out);
}

int svct_lineout_finish(struct svct_lineout *out)
{
    struct svct_line end = {.kind = SVCT_LINE_END, .lines = out->lines};
    bool good;
    int r;

    crypto_generichash_final(&out->digest->state, end.digest,
                             sizeof(end.digest));
    r = svct_lineout_put(out, &end);
    if (r != SVCT_EXIT_DONE)
        return r;
    good = fflush(out->file) == 0;
    if (good && out->path != NULL)
        good = fsync(fileno(out->file)) == 0;
    if (!good)
        return say_write(out);
    if (out->path == NULL)
        return SVCT_EXIT_DONE;
    good = fclose(out->file) == 0;
    out->file = NULL;
    return good ? give_name(out) : say_write(out);
}
