/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "logind.h"

#include <unistd.h>

#include "base/parse.h"
#include "procscan.h"
#include "proctext.h"
#include "programread.h"

#define PATIENCE 10000 /* milliseconds that loginctl may take */

static const char *find_program(void)
{
    static const char *const paths[] = {"/usr/bin/loginctl", "/bin/loginctl",
                                        NULL};

    return svct_program_find(paths);
}

static bool says(const char *const *argv, char *text, size_t size)
{
    return svct_programread_text(argv, SVCT_PROGRAMREAD_OUTPUT, PATIENCE, text,
                                 size) == 0;
}

/* ---- what it is for ---- */

static bool is_led_by(const char *program, const char *name, int64_t leader)
{
    const char *const argv[] = {program,   "show-session", "--property=Leader",
                                "--value", name,           NULL};
    char text[64];
    uint64_t pid;

    if (!says(argv, text, sizeof(text)))
        return false;
    text[strcspn(text, "\n")] = '\0';
    return svct_parse_number(text, 1, INT32_MAX, &pid) == 0 &&
           (int64_t)pid == leader;
}

static bool is_ours(const char *name)
{
    char ours[SVCT_PROCTEXT_LOGIND + 1];

    return svct_procscan_logind(getpid(), ours, sizeof(ours)) &&
           strcmp(ours, name) == 0;
}

/* Has the process id been given to nobody else? What was read of it before was
 * of this process then. */
static bool is_still(int64_t pid, uint64_t start)
{
    struct svct_procstat stat;

    return svct_procstat_get(pid, &stat, NULL) == 0 && stat.start == start;
}

bool svct_logind_terminate(int64_t leader, uint64_t start)
{
    char name[SVCT_PROCTEXT_LOGIND + 1], text[64];
    const char *program = find_program();
    const char *const argv[] = {program, "terminate-session", name, NULL};

    return program != NULL &&
           svct_procscan_logind(leader, name, sizeof(name)) && !is_ours(name) &&
           is_led_by(program, name, leader) && is_still(leader, start) &&
           says(argv, text, sizeof(text));
}
