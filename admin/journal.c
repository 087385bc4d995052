/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "journal.h"

#include <glob.h>
#include <jansson.h>
#include <unistd.h>

#include "base/parse.h"
#include "programread.h"

#define PATIENCE 10000  /* milliseconds that journalctl may take */
#define LINE_SIZE 65536 /* bytes of an entry; those of ours are shorter */

static const char *find_program(void)
{
    static const char *const paths[] = {"/usr/bin/journalctl",
                                        "/bin/journalctl", NULL};

    return svct_program_find(paths);
}

static bool is_there(const char *pattern)
{
    glob_t found = {0};
    bool any = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

    globfree(&found);
    return any;
}

/* A journal of another day does not help where syslogd listens now. */
bool svct_journal_is_used(void)
{
    static const char socket[] = "/run/systemd/journal/";
    char *path = realpath("/dev/log", NULL);
    bool listens = path != NULL && strncmp(path, socket, strlen(socket)) == 0;

    free(path);
    return listens && find_program() != NULL &&
           (is_there("/var/log/journal/*/system.journal") ||
            is_there("/run/log/journal/*/system.journal"));
}

/* ---- entries ---- */

struct reading {
    svct_journal_take_fn *take;
    void *arg;
    unsigned lines; /* that are asked for */
    uint64_t seen;
    bool too_long; /* the line that is read */
    size_t len;
    char line[LINE_SIZE];
};

static void take_entry(struct reading *reading)
{
    json_t *entry = json_loadb(reading->line, reading->len, 0, NULL);
    const char *message = json_string_value(json_object_get(entry, "MESSAGE"));
    const char *stamp =
        json_string_value(json_object_get(entry, "__REALTIME_TIMESTAMP"));
    uint64_t time;

    if (message != NULL && stamp != NULL &&
        svct_parse_number(stamp, 0, INT64_MAX, &time) == 0)
        reading->take(reading->arg, (int64_t)(time / 1000000), message);
    json_decref(entry);
}

static void end_line(struct reading *reading)
{
    if (!reading->too_long && reading->len > 0)
        take_entry(reading);
    reading->seen++;
    reading->len = 0;
    reading->too_long = false;
}

static bool take_bytes(void *arg, const char *bytes, size_t len)
{
    struct reading *reading = arg;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n')
            end_line(reading);
        else if (reading->len < sizeof(reading->line))
            reading->line[reading->len++] = bytes[i];
        else
            reading->too_long = true;
    }
    return reading->seen < reading->lines;
}

/* ---- asking for them ---- */

static struct reading *new_reading(svct_journal_take_fn *take, void *arg,
                                   unsigned lines)
{
    struct reading *reading = calloc(1, sizeof(*reading));

    if (reading != NULL) {
        reading->take = take;
        reading->arg = arg;
        reading->lines = lines;
    }
    return reading;
}

/* Alternatives, each of a facility and of a sender that journald knows by
 * itself. What is no file of the host is nobody's. */
static bool run(const char *program, int64_t since, struct reading *reading)
{
    char from[40], lines[40];
    const char *const argv[] = {
        program,
        "--quiet",
        "--no-pager",
        "--reverse",
        "--output=json",
        "--output-fields=MESSAGE",
        from,
        lines,
        "SYSLOG_FACILITY=10",
        "_UID=0",
        "+",
        "SYSLOG_FACILITY=10",
        "_EXE=/usr/bin/sudo",
        "_EXE=/usr/bin/su",
        "_EXE=/bin/su",
        "_EXE=/usr/bin/doas",
        "_EXE=/usr/bin/pkexec",
        "_EXE=/usr/lib/polkit-1/polkit-agent-helper-1",
        "_EXE=/usr/libexec/polkit-agent-helper-1",
        NULL,
    };

    snprintf(from, sizeof(from), "--since=@%lld", (long long)since);
    snprintf(lines, sizeof(lines), "--lines=%u", reading->lines);
    return svct_programread(argv, SVCT_PROGRAMREAD_OUTPUT, PATIENCE, take_bytes,
                            reading) == 0;
}

static void take_first(void *arg, int64_t time, const char *message)
{
    int64_t *first = arg;

    (void)message;
    if (*first == 0)
        *first = time;
}

/* The oldest comes first; more of them are not waited for. */
int64_t svct_journal_begins(void)
{
    const char *const argv[] = {find_program(),
                                "--quiet",
                                "--no-pager",
                                "--output=json",
                                "--output-fields=MESSAGE",
                                NULL};
    int64_t first = 0;
    struct reading *reading =
        argv[0] != NULL ? new_reading(take_first, &first, 1) : NULL;

    if (reading != NULL)
        svct_programread(argv, SVCT_PROGRAMREAD_OUTPUT, PATIENCE, take_bytes,
                         reading);
    free(reading);
    return first;
}

int svct_journal_read(int64_t since, unsigned lines, svct_journal_take_fn *take,
                      void *arg, bool *ret_whole, struct svct_fault *fault)
{
    const char *program = find_program();
    struct reading *reading;
    bool ended;
    int r = 0;

    if (program == NULL)
        return svct_fault_set(fault, SVCT_E_NOTFOUND, 0,
                              "there is no journalctl");
    reading = new_reading(take, arg, lines);
    if (reading == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    ended = run(program, since, reading);
    if (!ended && reading->seen == 0)
        r = svct_fault_set(fault, SVCT_E_IO, 0,
                           "journalctl fails, or takes too long");
    else
        *ret_whole = ended && reading->seen < lines;
    free(reading);
    return r;
}
