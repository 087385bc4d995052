/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "loginlog.h"

#include <errno.h>
#include <unistd.h>

#include "auth/timefmt.h"
#include "journal.h"
#include "plainfile.h"
#include "say.h"

#define LINE_SIZE 8192 /* of a file; a line of ours is shorter */

/* ---- counting ---- */

const char *svct_loginlog_reason(unsigned reason)
{
    if (reason == SVCT_LOGINLOG_NO_ANSWER)
        return "no_answer";
    if (reason >= SVCT_VERDICT_COUNT)
        return "other";
    return svct_verdict_name((enum svct_verdict)reason);
}

static unsigned find_reason(const char *name)
{
    unsigned reason = SVCT_UNDECIDED;

    while (reason < SVCT_LOGINLOG_OTHER &&
           (reason == SVCT_GRANTED ||
            strcmp(svct_loginlog_reason(reason), name) != 0))
        reason++;
    return reason;
}

/* In its place: those of one second stay as they are in the log. */
static void keep_last(struct svct_loginlog *log,
                      const struct svct_loginline *line)
{
    size_t at = 0;

    while (at < log->last_count &&
           (log->last[at].time > line->time ||
            (log->last[at].time == line->time && log->backwards)))
        at++;
    if (at == SVCT_LOGINLOG_LAST)
        return;
    if (log->last_count < SVCT_LOGINLOG_LAST)
        log->last_count++;
    memmove(log->last + at + 1, log->last + at,
            (log->last_count - at - 1) * sizeof(log->last[0]));
    log->last[at] = *line;
}

void svct_loginlog_count(struct svct_loginlog *log,
                         const struct svct_loginline *line)
{
    unsigned reason;

    if (line->time < log->since || line->kind == SVCT_LOGINLINE_NONE)
        return;
    if (line->kind == SVCT_LOGINLINE_GRANTED) {
        log->granted += line->phase[0] == '\0';
        return;
    }
    reason = find_reason(line->reason);
    log->denied += line->kind == SVCT_LOGINLINE_DENIED;
    log->undecided += line->kind == SVCT_LOGINLINE_UNDECIDED;
    log->reason[reason].count++;
    if (line->time > log->reason[reason].last)
        log->reason[reason].last = line->time;
    keep_last(log, line);
}

/* ---- a file ---- */

/* Lines in their order. The first whose time can be told says from when on the
 * file was seen. */
static void take_line(struct svct_loginlog *log, const char *text, int64_t now,
                      bool *dated)
{
    struct svct_loginline line;
    int64_t time;

    if (!*dated && svct_loginline_time(text, now, &time)) {
        *dated = true;
        log->whole = time <= log->since;
        if (!log->whole)
            log->since = time;
    }
    if (svct_loginline_parse_file(text, now, &line) && line.time <= now)
        svct_loginlog_count(log, &line);
}

/* The next line, without its end. ret_whole: it has one, fits, and is a text;
 * what is no such line is none of ours. false at the end of the file. */
static bool next_line(FILE *file, char text[LINE_SIZE], bool *ret_whole)
{
    size_t len = 0;
    bool good = true;
    int c;

    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        good = good && c != '\0' && len < LINE_SIZE - 1;
        if (good)
            text[len++] = (char)c;
    }
    text[len] = '\0';
    *ret_whole = good && c == '\n';
    return c != EOF;
}

static void read_lines(FILE *file, bool from_start, int64_t now,
                       struct svct_loginlog *log)
{
    char text[LINE_SIZE];
    bool first = !from_start, dated = false, whole;

    while (next_line(file, text, &whole)) {
        if (whole && !first)
            take_line(log, text, now, &dated);
        first = false;
    }
    if (!dated) { /* nothing in it tells what it covers */
        log->since = now;
        log->whole = false;
    }
}

/* Where the last bytes of it begin that are read; 0: at its beginning. */
static off_t find_tail(FILE *file)
{
    off_t size = fseeko(file, 0, SEEK_END) == 0 ? ftello(file) : 0;

    return size > SVCT_LOGINLOG_BYTES ? size - SVCT_LOGINLOG_BYTES : 0;
}

static int read_tail(int fd, int64_t now, struct svct_loginlog *log,
                     struct svct_fault *fault)
{
    FILE *file = fdopen(fd, "r");
    off_t from;
    int r = 0;

    if (file == NULL) {
        close(fd);
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    }
    from = find_tail(file);
    if (fseeko(file, from, SEEK_SET) == 0)
        read_lines(file, from == 0, now, log);
    if (ferror(file))
        r = svct_fault_errno(fault, errno, "can't read it");
    fclose(file);
    return r;
}

static int read_file(const char *path, int64_t now, struct svct_loginlog *log,
                     struct svct_fault *fault)
{
    int fd = -1, r = svct_plainfile_open(path, &fd, fault);

    if (r == 0)
        r = read_tail(fd, now, log, fault);
    if (r < 0)
        return r;
    log->source = SVCT_LOGINLOG_FILE;
    snprintf(log->file, sizeof(log->file), "%s", svct_say_bare(path).text);
    return 0;
}

/* ---- the journal ---- */

struct journal {
    struct svct_loginlog *log;
    int64_t now;
    int64_t oldest; /* entry that was seen; its time, or now */
};

/* The newest comes first. */
static void take_entry(void *arg, int64_t time, const char *message)
{
    struct journal *journal = arg;
    struct svct_loginline line;

    if (time < journal->oldest)
        journal->oldest = time;
    if (!svct_loginline_parse(message, &line) || time > journal->now)
        return;
    line.time = time;
    svct_loginlog_count(journal->log, &line);
}

static int read_journal(int64_t now, struct svct_loginlog *log,
                        struct svct_fault *fault)
{
    struct journal journal = {log, now, now};
    int64_t begins = svct_journal_begins();
    bool whole = false;
    int r;

    log->backwards = true;
    r = svct_journal_read(log->since, SVCT_LOGINLOG_LINES, take_entry, &journal,
                          &whole, fault);
    if (r < 0)
        return r;
    log->source = SVCT_LOGINLOG_JOURNAL;
    log->whole = whole && begins != 0 && begins <= log->since;
    if (!whole)
        log->since = journal.oldest;
    else if (!log->whole)
        log->since = begins != 0 ? begins : journal.oldest;
    return 0;
}

/* ---- which of them ---- */

static int read_host(int64_t now, struct svct_loginlog *log,
                     struct svct_fault *fault)
{
    static const char *const files[] = {"/var/log/auth.log", "/var/log/secure"};
    int r = SVCT_E_NOTFOUND;

    if (svct_journal_is_used())
        return read_journal(now, log, fault);
    for (size_t i = 0; r == SVCT_E_NOTFOUND && i < 2; i++)
        r = read_file(files[i], now, log, fault);
    if (r == SVCT_E_NOTFOUND)
        return svct_fault_set(fault, r, 0,
                              "there is no journal, no %s and no %s: --log "
                              "names another file",
                              files[0], files[1]);
    return r;
}

int svct_loginlog_read(const char *file, int64_t now, int64_t window,
                       struct svct_loginlog *ret_log)
{
    struct svct_loginlog log = {.since = now - window, .whole = true};
    struct svct_fault fault = {0};
    int r = file != NULL ? read_file(file, now, &log, &fault)
                         : read_host(now, &log, &fault);

    if (r < 0)
        log = (struct svct_loginlog){.why = fault, .since = now};
    *ret_log = log;
    return file != NULL ? r : 0;
}
