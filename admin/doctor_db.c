/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/safefile.h"
#include "doctor.h"
#include "doctor_sample.h"
#include "lost.h"

enum {
    DB_NONE,
    DB_UNSAFE,
    DB_DAMAGED,
    DB_NEWER,
    DB_UNREADABLE
};

static const struct svct_finding_kind kinds[] = {
    [DB_NONE] = {"db_none", SVCT_SEVERITY_ERROR,
                 "Without a database there is no service account, and no "
                 "token opens anything."},
    [DB_UNSAFE] = {"db_unsafe", SVCT_SEVERITY_ERROR,
                   "Whoever may change a folder or file on the way to the "
                   "database could let himself in, so it is not used: no "
                   "token opens anything."},
    [DB_DAMAGED] = {"db_damaged", SVCT_SEVERITY_ERROR,
                    "Damage is never believed: service accounts that it hits "
                    "are refused. svctoken-db(5), RECOVERY, has the ways "
                    "back."},
    [DB_NEWER] = {"db_newer", SVCT_SEVERITY_ERROR,
                  "What this version does not know could be a restriction, so "
                  "nobody is let in by it."},
    [DB_UNREADABLE] = {"db_unreadable", SVCT_SEVERITY_UNKNOWN,
                       "Nothing can be told of accounts and tokens."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

/* ---- opening ---- */

/* The first folder on the way that is not as it must be, if it can be mended
 * by its owner and mode alone. */
static bool find_culprit(const char *path, char *out, size_t size)
{
    size_t len = strlen(path);
    struct stat st;

    if (len >= size)
        return false;
    for (size_t i = 1; i <= len; i++) {
        if (i > 1 && path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(out, size, "%.*s", (int)i, path);
        if (lstat(out, &st) != 0 || !S_ISDIR(st.st_mode))
            return false;
        if (st.st_uid != 0 || (st.st_mode & 022) != 0)
            return true;
    }
    return false;
}

static void say_fault(struct svct_doctor *doctor, int code,
                      const struct svct_fault *fault)
{
    const char *db = doctor->call->db;
    const char *what = fault->code != 0 ? fault->what : svct_err_text(code);
    struct svct_findings *findings = &doctor->findings;
    char culprit[SVCT_FINDING_EXAMPLE];

    if (code == SVCT_E_NODB) {
        svct_finding_mend(svct_findings_add(findings, &kinds[DB_NONE],
                                            "there is no database in %s", db),
                          "svctoken init");
    } else if (code == SVCT_E_UNSAFE) {
        struct svct_finding *finding =
            svct_findings_add(findings, &kinds[DB_UNSAFE], "%s", what);

        if (find_culprit(db, culprit, sizeof(culprit)))
            svct_finding_mend(finding, "chown root %s && chmod go-w %s",
                              culprit, culprit);
    } else if (code == SVCT_E_DAMAGED) {
        svct_finding_mend(
            svct_findings_add(findings, &kinds[DB_DAMAGED], "%s", what),
            "svctoken db verify");
    } else if (code == SVCT_E_VERSION) {
        svct_findings_add(findings, &kinds[DB_NEWER], "%s", what);
    } else {
        svct_findings_add(findings, &kinds[DB_UNREADABLE], "%s", what);
    }
}

void svct_doctor_db_open(struct svct_doctor *doctor)
{
    struct svct_fault fault = {0};
    int r;

    doctor->findings.check = svct_doctor_db.name;
    doctor->dir_fd = -1;
    r = svct_safefile_open_dir(doctor->call->db, &doctor->dir_fd, &fault);
    if (r == 0)
        r = svct_snapshot_open(doctor->dir_fd, SVCT_PART_PRIVATE,
                               &doctor->snapshot, &fault);
    if (r == SVCT_E_NODB)
        r = svct_lost_link(doctor->call->db, r, &fault);
    if (r < 0)
        say_fault(doctor, r, &fault);
}

void svct_doctor_db_close(struct svct_doctor *doctor)
{
    svct_doctor_sample_free(doctor->sample);
    svct_snapshot_free(doctor->snapshot);
    if (doctor->dir_fd >= 0)
        close(doctor->dir_fd);
}

void svct_doctor_db_unread(struct svct_doctor *doctor, int code,
                           const struct svct_fault *fault)
{
    const char *check = doctor->findings.check;

    doctor->findings.check = svct_doctor_db.name;
    if (code == SVCT_E_NOMEM)
        doctor->findings.nomem = true;
    else
        say_fault(doctor, code, fault);
    doctor->findings.check = check;
}

/* ---- the check ---- */

static void run(struct svct_doctor *doctor)
{
    (void)doctor; /* what it finds is said when it is opened */
}

const struct svct_doctor_check svct_doctor_db = {
    .name = "db",
    .summary = "is the database there, whole, and nobody's but root's?",
    .kinds = kinds,
    .run = run,
};
