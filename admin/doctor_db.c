/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "auth/timefmt.h"
#include "auth/usage.h"
#include "base/names.h"
#include "base/safefile.h"
#include "dbcheck.h"
#include "dbfolder.h"
#include "doctor.h"
#include "doctor_accounts.h"
#include "lost.h"
#include "write/genlist.h"

#define WHOLE_MAX \
    20000       /* records; more are counted, and not read one by one  \
                         */
#define TRIES 3 /* a change under way looks like damage for a moment */

enum {
    DB_NONE,
    DB_UNSAFE,
    DB_DAMAGED,
    DB_NEWER,
    DB_UNREADABLE,
    DB_HIDDEN,
    DB_NO_NAMES,
    DB_NAMES_STALE,
    DB_NO_USAGE,
    DB_USAGE_UNUSABLE,
    DB_NO_RESERVE,
    DB_PUT_BACK,
    DB_GENERATIONS,
    DB_LEFTOVERS,
    DB_ELSEWHERE
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
    [DB_HIDDEN] = {"db_hidden", SVCT_SEVERITY_ERROR,
                   "What is to be known of the Unix users is for everybody. "
                   "To programs that are not root's they are unknown."},
    [DB_NO_NAMES] = {"db_no_names", SVCT_SEVERITY_ERROR,
                     "The file proves who is a service account and who is a "
                     "person. Without it each account is a contradiction, and "
                     "is refused."},
    [DB_NAMES_STALE] = {"db_names_stale", SVCT_SEVERITY_WARNING,
                        "A change was killed, and the file \"names\" may list "
                        "who is no account: such a person would be refused. "
                        "The next change mends it."},
    [DB_NO_USAGE] = {"db_no_usage", SVCT_SEVERITY_WARNING,
                     "Tokens with a limit of uses are refused, and of the "
                     "others nobody learns when they were last used. The next "
                     "change makes it anew."},
    [DB_USAGE_UNUSABLE] = {"db_usage_unusable", SVCT_SEVERITY_WARNING,
                           "Tokens with a limit of uses are refused, and of "
                           "the others nobody learns when they were last "
                           "used."},
    [DB_NO_RESERVE] = {"db_no_reserve", SVCT_SEVERITY_WARNING,
                       "On a full disk nothing can be revoked then. The next "
                       "change makes it anew, where there is room."},
    [DB_PUT_BACK] = {"db_put_back", SVCT_SEVERITY_WARNING,
                     "\"current\" is an older generation: changes made since, "
                     "revocations among them, do not hold. \"svctoken log\" "
                     "has them."},
    [DB_GENERATIONS] = {"db_generations", SVCT_SEVERITY_NOTE,
                        "Old generations could not be removed, or a change on "
                        "a damaged database left them on purpose. They take "
                        "room."},
    [DB_LEFTOVERS] = {"db_leftovers", SVCT_SEVERITY_NOTE,
                      "They are of a change under way, of one that was killed "
                      "(the next change clears up), or somebody else's."},
    [DB_ELSEWHERE] = {"db_elsewhere", SVCT_SEVERITY_NOTE,
                      "The modules of this host read another one, so its "
                      "users were not held against the accounts."},
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
    char culprit[SVCT_FINDING_TEXT];

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
        struct svct_finding *finding =
            svct_findings_of(findings, &kinds[DB_DAMAGED]);

        svct_finding_say(finding, "%s", what); /* the last check that met it */
        svct_finding_mend(finding, "svctoken db verify");
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
    svct_doctor_accounts_free(doctor->accounts);
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

/* ---- who may read it ---- */

/* The first folder on the way that others can't enter, or the file that they
 * can't read. (Another database than the host's nobody has to read.) */
static bool find_hidden(const char *db, char *out, size_t size)
{
    char path[SVCT_FINDING_TEXT];
    struct stat st;
    int all = snprintf(path, sizeof(path), "%s/%s/%s", db, SVCT_CURRENT,
                       svct_part_file(SVCT_PART_PUBLIC));

    if (all < 0 || (size_t)all >= sizeof(path))
        return false;
    for (size_t i = 1; i <= (size_t)all; i++) {
        mode_t needed = i == (size_t)all ? S_IROTH : S_IXOTH;

        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(out, size, "%.*s", (int)i, path);
        if (stat(out, &st) == 0 && (st.st_mode & needed) == 0)
            return true;
    }
    return false;
}

static bool look_for_hidden(struct svct_doctor *doctor)
{
    char path[SVCT_FINDING_TEXT];

    if (!doctor->here || !find_hidden(doctor->call->db, path, sizeof(path)))
        return false;
    svct_finding_mend(svct_findings_add(&doctor->findings, &kinds[DB_HIDDEN],
                                        "%s is closed to others than root",
                                        path),
                      "chmod go+rX %s", path);
    return true;
}

/* ---- the files beside the generations ---- */

static bool is_there(const struct svct_doctor *doctor, const char *name)
{
    struct stat st;

    return fstatat(doctor->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* There and back: each of the two is a change. What is so already is none. */
static void mend_by_change(struct svct_doctor *doctor,
                           struct svct_finding *finding)
{
    struct svct_policy policy;
    char now[40] = "none", other[40];
    int64_t seconds;

    if (svct_lookup_policy(doctor->snapshot, &policy) < 0)
        return; /* damaged: nothing will be changed */
    seconds = policy.warn_before;
    if (seconds > 0)
        svct_duration_format(now, sizeof(now), seconds);
    svct_duration_format(other, sizeof(other),
                         seconds > 1 ? seconds - 1 : seconds + 1);
    svct_finding_mend(finding,
                      "svctoken policy set warn_before=%s && svctoken policy "
                      "set warn_before=%s",
                      other, now);
}

static void look_at_names(struct svct_doctor *doctor)
{
    if (is_there(doctor, "names.stale"))
        mend_by_change(
            doctor,
            svct_findings_add(&doctor->findings, &kinds[DB_NAMES_STALE],
                              "the file \"names\" may not fit the accounts"));
    else if (!is_there(doctor, SVCT_NAMES_FILE))
        mend_by_change(doctor,
                       svct_findings_add(&doctor->findings, &kinds[DB_NO_NAMES],
                                         "the file \"names\" is not there"));
}

/* On a file system that is mounted read-only that is another finding. */
static void look_at_usage(struct svct_doctor *doctor)
{
    struct svct_findings *findings = &doctor->findings;
    struct svct_fault fault = {0};
    struct svct_usage usage;
    int r = svct_usage_open(doctor->dir_fd, O_RDWR, &usage, &fault);

    if (r == 0)
        svct_usage_close(&usage);
    else if (r == SVCT_E_NOTFOUND)
        mend_by_change(doctor,
                       svct_findings_add(findings, &kinds[DB_NO_USAGE],
                                         "the file \"usage\" is not there"));
    else if (fault.sys_errno != EROFS)
        svct_finding_mend(svct_findings_add(findings, &kinds[DB_USAGE_UNUSABLE],
                                            "the file \"usage\": %s",
                                            fault.what),
                          "chown root %s/usage && chmod 0600 %s/usage",
                          doctor->call->db, doctor->call->db);
}

static void look_at_reserve(struct svct_doctor *doctor)
{
    if (!is_there(doctor, "reserve"))
        mend_by_change(
            doctor, svct_findings_add(&doctor->findings, &kinds[DB_NO_RESERVE],
                                      "there is no reserve for a full disk"));
}

/* ---- what else is in the folder ---- */

struct folder {
    struct svct_doctor *doctor;
    uint64_t older;
};

static void see_name(void *arg, const char *name, enum svct_dbfolder_what what)
{
    struct folder *folder = arg;
    struct svct_findings *findings = &folder->doctor->findings;

    if (what == SVCT_DBFOLDER_OLDER)
        folder->older++;
    else if (what == SVCT_DBFOLDER_NEWER)
        svct_finding_example(svct_findings_of(findings, &kinds[DB_PUT_BACK]),
                             "%s", name);
    else if (what != SVCT_DBFOLDER_PART && strcmp(name, "names.stale") != 0)
        svct_finding_example(svct_findings_of(findings, &kinds[DB_LEFTOVERS]),
                             "%s", name);
}

static void look_at_folder(struct svct_doctor *doctor)
{
    struct svct_findings *findings = &doctor->findings;
    struct folder folder = {.doctor = doctor};
    const struct svct_meta *meta = svct_snapshot_meta(doctor->snapshot);
    struct svct_finding *finding;

    svct_dbfolder_each(doctor->call->db, meta->sequence, see_name, &folder);
    finding = svct_findings_there(findings, &kinds[DB_PUT_BACK]);
    if (finding != NULL) {
        svct_finding_say(finding,
                         "generations are there that are newer than the "
                         "current one, %llu",
                         (unsigned long long)meta->sequence);
        svct_finding_mend(finding, "svctoken log");
    }
    finding = svct_findings_there(findings, &kinds[DB_LEFTOVERS]);
    if (finding != NULL) {
        svct_finding_say(finding, "the folder has what is no part of a "
                                  "database");
        svct_finding_mend(finding, "svctoken db verify");
    }
    if (folder.older >= SVCT_GENLIST_KEPT)
        mend_by_change(
            doctor,
            svct_findings_add(findings, &kinds[DB_GENERATIONS],
                              "there are %llu older generations, and %d are "
                              "enough",
                              (unsigned long long)folder.older,
                              SVCT_GENLIST_KEPT - 1));
}

/* ---- is it whole? ---- */

struct damage {
    struct svct_finding said; /* only its examples */
};

static void see_problem(void *arg, const char *sentence)
{
    struct damage *damage = arg;

    svct_finding_example(&damage->said, "%s", sentence);
}

static void say_damage(struct svct_doctor *doctor, const struct damage *damage)
{
    struct svct_finding *finding =
        svct_findings_of(&doctor->findings, &kinds[DB_DAMAGED]);

    svct_finding_say(finding, "the database contradicts itself");
    finding->count = damage->said.count;
    finding->examples = damage->said.examples;
    memcpy(finding->example, damage->said.example, sizeof(finding->example));
    svct_finding_mend(finding, "svctoken db verify");
}

/* Was something of the files beside the generations said, which the whole check
 * would say again? */
static bool said_of_files(const struct svct_doctor *doctor)
{
    static const int about[] = {DB_NO_NAMES, DB_NAMES_STALE, DB_NO_USAGE,
                                DB_USAGE_UNUSABLE};

    for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
        if (svct_findings_there(&doctor->findings, &kinds[about[i]]) != NULL)
            return true;
    }
    return false;
}

/* The clock is for the check "host". */
static void look_at_all(struct svct_doctor *doctor)
{
    const struct svct_meta *meta = svct_snapshot_meta(doctor->snapshot);
    const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    int64_t now = doctor->call->now > meta->committed ? doctor->call->now
                                                      : meta->committed;

    for (int i = 0; i < TRIES; i++) {
        struct damage damage = {.said = {.count = 0}};
        struct svct_dbcheck check = {
            .report = see_problem, .arg = &damage, .now = now};
        struct svct_fault fault = {0};
        int r = svct_dbcheck_run(&check, doctor->call->db, &fault);

        if (r < 0) {
            svct_doctor_db_unread(doctor, r, &fault);
            return;
        }
        if (check.problems == 0 ||
            (check.names_differ && said_of_files(doctor)))
            return;
        if (!check.names_differ || i + 1 == TRIES) {
            say_damage(doctor, &damage);
            return;
        }
        nanosleep(&pause, NULL);
    }
}

static void look_at_counts(struct svct_doctor *doctor)
{
    struct svct_snapshot *public = NULL;
    struct svct_fault fault = {0};
    int r = svct_snapshot_count(doctor->snapshot, &fault);

    if (r == 0)
        r = svct_snapshot_check_roll(doctor->snapshot, &fault);
    if (r == 0)
        r = svct_snapshot_open(doctor->dir_fd, SVCT_PART_PUBLIC, &public,
                               &fault);
    if (r == 0)
        r = svct_snapshot_count(public, &fault);
    svct_snapshot_free(public);
    if (r < 0)
        svct_doctor_db_unread(doctor, r, &fault);
}

/* ---- the check ---- */

static void run(struct svct_doctor *doctor)
{
    if (!doctor->here)
        svct_findings_add(&doctor->findings, &kinds[DB_ELSEWHERE],
                          "%s is not the database of this host",
                          doctor->call->db);
    if (doctor->snapshot == NULL)
        return; /* that was said when it was opened */
    look_at_names(doctor);
    look_at_usage(doctor);
    look_at_reserve(doctor);
    look_at_folder(doctor);
    if (look_for_hidden(doctor))
        return; /* the rest would say so again */
    if (svct_snapshot_meta(doctor->snapshot)->records <= WHOLE_MAX)
        look_at_all(doctor);
    else
        look_at_counts(doctor);
}

const struct svct_doctor_check svct_doctor_db = {
    .name = "db",
    .summary = "is the database there, whole, and nobody's but root's?",
    .kinds = kinds,
    .run = run,
};
