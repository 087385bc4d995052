/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auditlog.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/safefile.h"
#include "hostdb.h"

/* ---- where ---- */

const char *svct_auditlog_folder(const char *db)
{
    return svct_hostdb_is(db) ? SVCT_LOGDIR : db;
}

static int make_folder(struct svct_fault *fault)
{
    static const char path[] = SVCT_LOGDIR;
    const char *name = strrchr(path, '/') + 1;
    char above[sizeof(path)];
    int fd, r;

    snprintf(above, sizeof(above), "%.*s", (int)(name - path), path);
    r = svct_safefile_open_dir(above, &fd, fault);
    if (r < 0)
        return r;
    if (mkdirat(fd, name, 0700) != 0 && errno != EEXIST)
        r = svct_fault_errno(fault, errno, "can't make %s", path);
    else
        fsync(fd); /* the line is worth more than where it can't be synced */
    close(fd);
    return r;
}

static int open_folder(const char *db, int *ret_fd, struct svct_fault *fault)
{
    const char *path = svct_auditlog_folder(db);
    int r = svct_safefile_open_dir(path, ret_fd, fault);

    if (r != SVCT_E_NODB || path == db)
        return r;
    r = make_folder(fault);
    return r < 0 ? r : svct_safefile_open_dir(path, ret_fd, fault);
}

static int make_file(int dir_fd, int *ret_fd, struct stat *ret_stat,
                     struct svct_fault *fault)
{
    int flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = svct_safefile_raise(
        openat(dir_fd, SVCT_AUDITLOG_FILE, flags, (mode_t)0600));

    if (fd < 0)
        return svct_fault_errno(fault, errno, "can't make it");
    if (fstat(fd, ret_stat) != 0) {
        int r = svct_fault_errno(fault, errno, "can't look at it");

        close(fd);
        return r;
    }
    fsync(dir_fd);
    *ret_fd = fd;
    return 0;
}

/* Others may be let read it; that is root's choice and no reason to lose a
 * line. */
static int open_there(int dir_fd, int *ret_fd, struct stat *ret_stat,
                      struct svct_fault *fault)
{
    return svct_safefile_open(dir_fd, SVCT_AUDITLOG_FILE, O_RDWR | O_APPEND,
                              SVCT_SAFEFILE_PUBLIC, ret_fd, ret_stat, fault);
}

/* Who appends holds the lock of the writers; but that is in the folder of the
 * database, and a folder put in its place has another: somebody else may make
 * the file at the same moment. */
static int open_file(int dir_fd, int *ret_fd, struct stat *ret_stat,
                     struct svct_fault *fault)
{
    struct svct_fault making = {0};
    int r = open_there(dir_fd, ret_fd, ret_stat, fault);

    if (r != SVCT_E_NOTFOUND)
        return r;
    r = make_file(dir_fd, ret_fd, ret_stat, &making);
    if (r < 0 && making.sys_errno == EEXIST)
        return open_there(dir_fd, ret_fd, ret_stat, fault);
    if (r < 0 && fault != NULL)
        *fault = making;
    return r;
}

/* ---- what ---- */

/* A null takes the object along, as svct_out_put does. */
static void put(json_t **object, const char *key, json_t *value)
{
    if (*object == NULL) {
        json_decref(value);
    } else if (json_object_set_new(*object, key, value) < 0) {
        json_decref(*object);
        *object = NULL;
    }
}

static json_t *json_escaped(const char *text)
{
    char word[SVCT_AUDIT_VALUE_MAX + 1];

    return json_string(svct_name_escape(word, sizeof(word), text));
}

/* What is no UTF-8 (a path can be) is escaped. */
static json_t *json_words(const char *text)
{
    json_t *string = json_string(text);

    return string != NULL ? string : json_escaped(text);
}

/* Of the upper level, where a reader refuses control characters: whoever wrote
 * the record of a login may have put some in. */
static json_t *json_name(const char *text)
{
    return svct_name_check_text(text) == 0 ? json_words(text)
                                           : json_escaped(text);
}

/* These say what the change is about; all else is a detail. */
static bool is_object(const char *key)
{
    return strcmp(key, "account") == 0 || strcmp(key, "token") == 0 ||
           strcmp(key, "id") == 0;
}

static json_t *json_change(const struct svct_audit_pair *pair)
{
    json_t *change = json_object();

    put(&change, "old", json_words(pair->old));
    put(&change, "new", json_words(pair->value));
    return change;
}

static void put_pairs(json_t **object, const struct svct_audit *audit)
{
    json_t *details = json_object(), *changed = json_object();
    struct svct_audit_pair pair;

    for (size_t i = 0; svct_audit_pair(audit, i, &pair); i++) {
        if (pair.old != NULL)
            put(&changed, pair.key, json_change(&pair));
        else
            put(is_object(pair.key) ? object : &details, pair.key,
                json_words(pair.value));
    }
    put(object, "details", details);
    put(object, "changed", changed);
}

/* A line without a time would be a damaged one, and with such a clock, too,
 * somebody may have revoked something. */
static int64_t moment(int64_t now)
{
    if (now < 0)
        return 0;
    return now < SVCT_TIME_MAX ? now : SVCT_TIME_MAX;
}

static json_t *json_entry(const struct svct_auditlog_entry *entry)
{
    json_t *object = json_object();
    char time[40];

    svct_time_format(time, sizeof(time), moment(entry->now));
    put(&object, "time", json_string(time));
    put(&object, "sequence", json_integer((json_int_t)entry->sequence));
    put(&object, "action", json_string(svct_audit_action(entry->audit)));
    put(&object, "by", json_name(entry->by));
    put(&object, "uid", json_integer((json_int_t)entry->uid));
    if (entry->terminal[0] != '\0')
        put(&object, "terminal", json_name(entry->terminal));
    if (entry->host[0] != '\0')
        put(&object, "host", json_name(entry->host));
    put_pairs(&object, entry->audit);
    if (entry->audit->left_out)
        put(&object, "left_out", json_true());
    return object;
}

/* The line with its end, and with room for another before it. Plain ASCII, for
 * who reads it on a terminal. */
static char *form_line(const struct svct_auditlog_entry *entry, size_t *ret_len)
{
    json_t *object = json_entry(entry);
    size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
    size_t len = object != NULL ? json_dumpb(object, NULL, 0, flags) : 0;
    char *line = len > 0 ? malloc(len + 2) : NULL;

    if (line != NULL) {
        json_dumpb(object, line + 1, len, flags);
        line[0] = line[len + 1] = '\n';
        *ret_len = len + 2;
    }
    json_decref(object);
    return line;
}

/* ---- how ---- */

/* Of the line before, is there no end? That can't be told: an empty line does
 * no harm. */
static bool is_torn(int fd, const struct stat *st)
{
    char last;

    return st->st_size > 0 &&
           (!svct_safefile_pread(fd, &last, 1, (int64_t)st->st_size - 1) ||
            last != '\n');
}

/* One write, unless the system does less than was asked for: the second then
 * says why. */
static int write_line(int fd, const char *line, size_t len, bool sync,
                      struct svct_fault *fault)
{
    while (len > 0) {
        ssize_t put_bytes = write(fd, line, len);

        if (put_bytes < 0 && errno == EINTR)
            continue;
        if (put_bytes <= 0)
            return svct_fault_errno(fault, put_bytes < 0 ? errno : EIO,
                                    "can't write");
        line += put_bytes;
        len -= (size_t)put_bytes;
    }
    return !sync || fdatasync(fd) == 0
               ? 0
               : svct_fault_errno(fault, errno, "can't sync");
}

static int open_log(struct svct_auditlog *log, bool *ret_torn,
                    struct svct_fault *fault)
{
    struct stat st;
    int dir_fd, r;

    *ret_torn = false;
    if (log->fd >= 0)
        return 0;
    r = open_folder(log->db, &dir_fd, fault);
    if (r < 0)
        return r;
    r = open_file(dir_fd, &log->fd, &st, fault);
    close(dir_fd);
    *ret_torn = r == 0 && is_torn(log->fd, &st);
    return r;
}

/* code: of what was wrong before; the first fault counts. */
static int close_log(struct svct_auditlog *log, int code,
                     struct svct_fault *fault)
{
    if (close(log->fd) != 0 && code == 0)
        code = svct_fault_errno(fault, errno, "can't write");
    log->fd = -1;
    return code;
}

static int append_line(struct svct_auditlog *log, const char *line, size_t len,
                       bool sync, struct svct_fault *fault)
{
    bool torn;
    int r = open_log(log, &torn, fault);

    if (r < 0)
        return r;
    return torn ? write_line(log->fd, line, len, sync, fault)
                : write_line(log->fd, line + 1, len - 1, sync, fault);
}

int svct_auditlog_append(struct svct_auditlog *log,
                         const struct svct_auditlog_entry *entry,
                         struct svct_fault *fault)
{
    struct svct_fault own = {0}; /* that it had to be made is none */
    size_t len = 0;
    char *line = form_line(entry, &len);
    int r;

    if (line == NULL)
        r = svct_fault_set(&own, SVCT_E_NOMEM, ENOMEM, "out of memory");
    else
        r = append_line(log, line, len, !entry->follows, &own);
    free(line);
    if (log->fd >= 0 && (r < 0 || !entry->follows))
        r = close_log(log, r, &own);
    if (r < 0 && fault != NULL)
        *fault = own;
    return r;
}
