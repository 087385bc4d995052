/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auditread.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "auditlog.h"
#include "auth/timefmt.h"
#include "base/name.h"
#include "base/safefile.h"
#include "plainfile.h"

/* ---- opening ---- */

/* Takes fd over. */
static int begin(int fd, struct svct_auditread *ret_reader,
                 struct svct_fault *fault)
{
    struct svct_auditread reader = {.file = fdopen(fd, "r")};

    if (reader.file == NULL) {
        int saved = errno;

        close(fd);
        return svct_fault_errno(fault, saved, "can't read");
    }
    reader.line = malloc(SVCT_AUDITREAD_LINE_MAX);
    if (reader.line == NULL) {
        svct_auditread_done(&reader);
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    }
    *ret_reader = reader;
    return 0;
}

int svct_auditread_open(const char *db, struct svct_auditread *ret_reader,
                        struct svct_fault *fault)
{
    const char *folder = svct_auditlog_folder(db);
    int dir_fd, fd, r;

    r = svct_safefile_open_dir(folder, &dir_fd, fault);
    if (r == SVCT_E_NODB && folder != db)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, ENOENT, "%s is not there",
                              folder);
    if (r < 0)
        return r;
    r = svct_safefile_open(dir_fd, SVCT_AUDITLOG_FILE, O_RDONLY,
                           SVCT_SAFEFILE_PUBLIC, &fd, NULL, fault);
    close(dir_fd);
    return r < 0 ? r : begin(fd, ret_reader, fault);
}

static int open_named(const char *path, int *ret_fd, struct svct_fault *fault)
{
    int r = svct_plainfile_open(path, ret_fd, fault);

    if (r == SVCT_E_SYNTAX)
        return svct_fault_set(fault, r, 0,
                              "it is no regular file; \"-\" reads standard "
                              "input");
    return r;
}

int svct_auditread_open_file(const char *path,
                             struct svct_auditread *ret_reader,
                             struct svct_fault *fault)
{
    int fd = -1, r = 0;

    if (strcmp(path, "-") != 0)
        r = open_named(path, &fd, fault);
    else if ((fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
        r = svct_fault_errno(fault, errno, "can't read standard input");
    return r < 0 ? r : begin(fd, ret_reader, fault);
}

void svct_auditread_done(struct svct_auditread *reader)
{
    if (reader->file != NULL)
        fclose(reader->file);
    free(reader->line);
    *reader = (struct svct_auditread){.file = NULL};
}

/* ---- an entry ---- */

/* A text that may stand in a table as it is. */
static bool is_text(const json_t *entry, const char *key, bool optional)
{
    const json_t *value = json_object_get(entry, key);

    if (value == NULL)
        return optional;
    return json_is_string(value) &&
           strlen(json_string_value(value)) == json_string_length(value) &&
           svct_name_check_text(json_string_value(value)) == 0;
}

static bool is_count(const json_t *entry, const char *key)
{
    const json_t *value = json_object_get(entry, key);

    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool is_time(const json_t *entry)
{
    int64_t time;

    return is_text(entry, "time", false) &&
           svct_time_parse(json_string_value(json_object_get(entry, "time")), 0,
                           &time, NULL) == 0;
}

static bool are_details(json_t *details)
{
    const char *key;
    json_t *value;

    if (!json_is_object(details))
        return false;
    json_object_foreach(details, key, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return true;
}

static bool are_changes(json_t *changes)
{
    const char *key;
    json_t *value;

    if (!json_is_object(changes))
        return false;
    json_object_foreach(changes, key, value)
    {
        if (!json_is_string(json_object_get(value, "old")) ||
            !json_is_string(json_object_get(value, "new")))
            return false;
    }
    return true;
}

/* What is wrong with it; NULL: nothing. */
static const char *what_lacks(const json_t *entry)
{
    static const char *const optional[] = {"terminal", "host", "account",
                                           "token", "id"};

    if (!json_is_object(entry))
        return "it is no JSON object";
    if (!is_time(entry))
        return "its \"time\" is none";
    if (!is_text(entry, "action", false))
        return "its \"action\" is none";
    if (!is_text(entry, "by", false) || !is_count(entry, "uid"))
        return "it does not say by whom";
    if (!is_count(entry, "sequence"))
        return "its \"sequence\" is no number";
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (!is_text(entry, optional[i], true))
            return "an object that it names is no text";
    }
    if (!are_details(json_object_get(entry, "details")))
        return "its \"details\" are none";
    return are_changes(json_object_get(entry, "changed"))
               ? NULL
               : "its \"changed\" is none";
}

static int damaged(struct svct_fault *fault, const char *why)
{
    return svct_fault_set(fault, SVCT_E_DAMAGED, 0, "%s", why);
}

/* jansson's own words may quote the line, control characters and all. */
static int parse(const char *line, size_t len, json_t **ret_entry,
                 struct svct_fault *fault)
{
    json_t *entry = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    const char *lack;

    if (entry == NULL)
        return damaged(fault, "it is no JSON");
    lack = what_lacks(entry);
    if (lack != NULL) {
        json_decref(entry);
        return damaged(fault, lack);
    }
    *ret_entry = entry;
    return 0;
}

/* ---- lines ---- */

/* Half a line at the end may be one that is being written: its rest comes
 * within no time, or never. */
static int next_byte(FILE *file, bool begun, int *waits)
{
    const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    int c = getc_unlocked(file);

    while (c == EOF && begun && !ferror(file) && (*waits)-- > 0) {
        clearerr(file);
        nanosleep(&moment, NULL);
        c = getc_unlocked(file);
    }
    return c;
}

/* The whole line is read, kept is what there is room for. Its full length to
 * ret_len; false at the end of the file. */
static bool read_line(struct svct_auditread *reader, size_t *ret_len)
{
    size_t len = 0;
    int waits = 50; /* half a second */
    int c;

    while ((c = next_byte(reader->file, len > 0, &waits)) != EOF && c != '\n') {
        if (len < SVCT_AUDITREAD_LINE_MAX)
            reader->line[len] = (char)c;
        len++;
    }
    if (c == EOF && len == 0)
        return false;
    reader->number++;
    *ret_len = len;
    return true;
}

/* Nothing was lost with an empty line. */
static bool read_full_line(struct svct_auditread *reader, size_t *ret_len)
{
    do {
        if (!read_line(reader, ret_len))
            return false;
    } while (*ret_len == 0);
    return true;
}

int svct_auditread_tail(struct svct_auditread *reader, int64_t bytes,
                        struct svct_fault *fault)
{
    int64_t from;
    size_t len;

    if (fseeko(reader->file, 0, SEEK_END) != 0)
        return svct_fault_errno(fault, errno, "can't read");
    from = (int64_t)ftello(reader->file) - bytes - 1;
    if (fseeko(reader->file, from > 0 ? (off_t)from : 0, SEEK_SET) != 0)
        return svct_fault_errno(fault, errno, "can't read");
    if (from > 0)
        read_line(reader, &len); /* the rest of the one before */
    reader->number = 0;
    return 0;
}

int svct_auditread_next(struct svct_auditread *reader, json_t **ret_entry,
                        struct svct_fault *fault)
{
    size_t len;
    bool more;

    errno = 0;
    more = read_full_line(reader, &len);
    if (ferror(reader->file))
        return svct_fault_errno(fault, errno, "can't read");
    if (!more) {
        *ret_entry = NULL;
        return 0;
    }
    if (len > SVCT_AUDITREAD_LINE_MAX)
        return damaged(fault, "it is too long");
    return parse(reader->line, len, ret_entry, fault);
}
