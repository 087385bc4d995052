/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "linefile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/secret.h"
#include "say.h"

#define SPOOL_DIR "/var/tmp" /* /tmp may be memory */

struct svct_linefile_digest {
    crypto_generichash_state state;
};

/* ---- opening ---- */

static int spool_fd(void)
{
    int fd = open(SPOOL_DIR, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    char name[] = SPOOL_DIR "/svctoken.XXXXXX";

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

FILE *svct_linefile_spool(void)
{
    int fd = spool_fd();
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;

    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

static bool copy_all(int from, FILE *to)
{
    char piece[65536];
    ssize_t len;

    for (;;) {
        len = read(from, piece, sizeof(piece));
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            break;
        if (fwrite(piece, 1, (size_t)len, to) != (size_t)len)
            return false;
    }
    return len == 0 && fflush(to) == 0 && fseeko(to, 0, SEEK_SET) == 0;
}

static int spool(const struct svct_call *call, struct svct_linefile *file,
                 int from)
{
    file->file = svct_linefile_spool();
    if (file->file != NULL && copy_all(from, file->file))
        return SVCT_EXIT_DONE;
    return svct_say_cannot(call, "can't copy %s to a file in %s: %s",
                           file->name, SPOOL_DIR, strerror(errno));
}

static int open_path(const struct svct_call *call, const char *path,
                     struct svct_linefile *file)
{
    bool standard = strcmp(path, "-") == 0;
    struct stat st;
    int r = SVCT_EXIT_DONE, fd;

    file->name = standard ? "standard input" : path;
    fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        r = errno == ENOENT
                ? svct_say_no(call, "there is no file %s",
                              svct_say_quote(path).text)
                : svct_say_cannot(call, "can't read %s: %s",
                                  svct_say_quote(path).text, strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        r = svct_say_usage(call, "%s is a folder", svct_say_quote(path).text);
    } else if (!S_ISREG(st.st_mode)) {
        r = spool(call, file, fd);
    } else {
        file->file = fdopen(fd, "r");
        if (file->file == NULL)
            r = svct_say_fault(call, SVCT_E_NOMEM, NULL);
        else
            fd = -1;
    }
    if (fd >= 0)
        close(fd);
    return r;
}

int svct_linefile_open(const struct svct_call *call, const char *path,
                       struct svct_linefile *ret_file)
{
    struct svct_linefile file = {.name = path};
    struct stat st;
    int r = open_path(call, path, &file);

    file.buffer = malloc(SVCT_LINE_MAX + 1);
    file.digest = aligned_alloc(64, (sizeof(*file.digest) + 63) / 64 * 64);
    if (r == SVCT_EXIT_DONE && (file.buffer == NULL || file.digest == NULL))
        r = svct_say_fault(call, SVCT_E_NOMEM, NULL);
    if (r == SVCT_EXIT_DONE && svct_secret_setup() != 0)
        r = svct_say_cannot(call, "libsodium can't be used");
    if (r == SVCT_EXIT_DONE && svct_linefile_rewind(&file) != 0)
        r = svct_say_cannot(call, "can't read %s: %s",
                            svct_say_quote(file.name).text, strerror(errno));
    if (r != SVCT_EXIT_DONE) {
        svct_linefile_done(&file);
        return r;
    }
    if (fstat(fileno(file.file), &st) == 0)
        file.size = (uint64_t)st.st_size;
    *ret_file = file;
    return SVCT_EXIT_DONE;
}

void svct_linefile_done(struct svct_linefile *file)
{
    if (file->file != NULL)
        fclose(file->file);
    free(file->buffer);
    free(file->digest);
    *file = (struct svct_linefile){.file = NULL};
}

int svct_linefile_rewind(struct svct_linefile *file)
{
    file->read = file->number = file->objects = 0;
    file->header = file->backup = file->ended = file->told = false;
    /* Fails for a size that is out of range, and so never. */
    crypto_generichash_init(&file->digest->state, NULL, 0, sizeof(file->whole));
    if (fseeko(file->file, 0, SEEK_SET) != 0)
        return SVCT_E_IO;
    clearerr(file->file);
    return 0;
}

/* ---- a line ---- */

static void digest(struct svct_linefile *file, const char *bytes, size_t len)
{
    crypto_generichash_update(&file->digest->state,
                              (const unsigned char *)bytes, len);
}

/* Up to its end, which is not part of it; what is too long is read over.
 * *ret_len is more than SVCT_LINE_MAX then. *ret_end: had it one? */
static int read_line(struct svct_linefile *file, size_t *ret_len, bool *ret_end,
                     struct svct_fault *fault)
{
    size_t len = 0;
    int c;

    while ((c = getc_unlocked(file->file)) != EOF && c != '\n') {
        if (len < SVCT_LINE_MAX)
            file->buffer[len] = (char)c;
        len += len <= SVCT_LINE_MAX;
        file->read++;
    }
    if (ferror(file->file))
        return svct_fault_errno(fault, errno, "can't read it");
    file->read += c == '\n';
    file->number += c == '\n' || len > 0;
    *ret_end = c == '\n';
    *ret_len = len;
    return 0;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    }
    return true;
}

/* ---- the file as a whole ---- */

static int check_end(struct svct_linefile *file, const struct svct_line *line,
                     struct svct_fault *fault)
{
    uint64_t before = file->objects - 1;

    file->ended = true;
    crypto_generichash_final(&file->digest->state, file->whole,
                             sizeof(file->whole));
    if (line->lines != before)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "there are %llu lines before the end, which "
                              "says %llu: the file is not whole. If that is "
                              "meant, leave out the lines \"header\" and "
                              "\"end\"",
                              (unsigned long long)before,
                              (unsigned long long)line->lines);
    if (!svct_line_given(line, "digest") && !file->backup)
        return 0;
    if (memcmp(line->digest, file->whole, sizeof(file->whole)) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the file was altered, or is damaged: its "
                              "digest is another");
    return 0;
}

static int check_order(struct svct_linefile *file, const struct svct_line *line,
                       struct svct_fault *fault)
{
    if (file->ended)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a line after the line \"end\"");
    if (line->kind == SVCT_LINE_HEADER && file->objects != 1)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the header must be the first line");
    if (line->kind == SVCT_LINE_HEADER) {
        file->header = true;
        file->backup = strcmp(line->format, SVCT_LINE_BACKUP) == 0;
    }
    if (line->kind == SVCT_LINE_END)
        return check_end(file, line, fault);
    return 0;
}

static int at_end(struct svct_linefile *file, bool *ret_got,
                  struct svct_fault *fault)
{
    if (file->header && !file->ended && !file->told) {
        file->told = true;
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the file is cut: it has a header, and no line "
                              "\"end\"");
    }
    *ret_got = false;
    return 0;
}

int svct_linefile_next(struct svct_linefile *file, struct svct_line *ret_line,
                       bool *ret_got, struct svct_fault *fault)
{
    size_t len;
    bool end = false;
    int r;

    do {
        r = read_line(file, &len, &end, fault);
        if (r != 0)
            return r;
        if (len == 0 && !end)
            return at_end(file, ret_got, fault);
        if (is_blank(file->buffer, len > SVCT_LINE_MAX ? 0 : len) &&
            len <= SVCT_LINE_MAX) {
            digest(file, file->buffer, len);
            digest(file, "\n", end);
            len = 0;
        }
    } while (len == 0);
    file->objects++;
    r = svct_line_parse(file->buffer, len, ret_line, fault);
    if (r == 0)
        r = check_order(file, ret_line, fault);
    if (!file->ended) {
        digest(file, file->buffer, len > SVCT_LINE_MAX ? SVCT_LINE_MAX : len);
        digest(file, "\n", end);
    }
    if (r == 0)
        *ret_got = true;
    return r;
}
