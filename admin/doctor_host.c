/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "auditlog.h"
#include "auth/sessiondir.h"
#include "base/safefile.h"
#include "doctor.h"
#include "hint.h"
#include "write/generation.h"

#define INODES_FEW 16
#define AUDIT_LARGE (INT64_C(100) << 20) /* bytes */
#define SYSLOG "/dev/log"

enum {
    HOST_READ_ONLY,
    HOST_DISK_FULL,
    HOST_NO_INODES,
    HOST_CLOCK_BEHIND,
    HOST_CLOCK_UNSYNCED,
    HOST_NOLOGIN,
    HOST_AUDIT,
    HOST_AUDIT_LARGE,
    HOST_NO_SYSLOG,
    HOST_RUN,
    HOST_UNKNOWN
};

static const struct svct_finding_kind kinds[] = {
    [HOST_READ_ONLY] = {"host_read_only", SVCT_SEVERITY_ERROR,
                        "Nothing can be changed, so nothing can be revoked; "
                        "tokens with a limit of uses are refused."},
    [HOST_DISK_FULL] = {"host_disk_full", SVCT_SEVERITY_WARNING,
                        "Changes fail, but for those that take rights away, "
                        "which have a reserve."},
    [HOST_NO_INODES] = {"host_no_inodes", SVCT_SEVERITY_WARNING,
                        "Changes fail, but for those that take rights away, "
                        "which have a reserve."},
    [HOST_CLOCK_BEHIND] = {"host_clock_behind", SVCT_SEVERITY_ERROR,
                           "With a clock that is behind, tokens that have "
                           "ended would open something again: all are refused "
                           "(clock_suspect). If the clock is wrong, set it "
                           "right instead."},
    [HOST_CLOCK_UNSYNCED] = {"host_clock_unsynced", SVCT_SEVERITY_NOTE,
                             "Tokens begin and end by this clock."},
    [HOST_NOLOGIN] = {"host_nologin", SVCT_SEVERITY_ERROR,
                      "pam_nologin, where a service has it, refuses everybody "
                      "but root."},
    [HOST_AUDIT] = {"host_audit", SVCT_SEVERITY_WARNING,
                    "Changes are made all the same, and only syslog has them "
                    "then."},
    [HOST_AUDIT_LARGE] = {"host_audit_large", SVCT_SEVERITY_NOTE,
                          "logrotate should have begun a new one: see "
                          "whether it runs, and has "
                          "/etc/logrotate.d/svctoken."},
    [HOST_NO_SYSLOG] = {"host_no_syslog", SVCT_SEVERITY_WARNING,
                        "Who was let in or refused, and why, is written "
                        "nowhere."},
    [HOST_RUN] = {"host_run", SVCT_SEVERITY_WARNING,
                  "Sessions that begin there are not recorded, and a session "
                  "by keyboard-interactive does not end with its token."},
    [HOST_UNKNOWN] = {"host_unknown", SVCT_SEVERITY_UNKNOWN,
                      "Something keeps even root from looking there, as "
                      "SELinux does, or a container."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

/* ---- the disk ---- */

static int open_generation(const struct svct_doctor *doctor)
{
    char name[SVCT_GENERATION_LEN + 1];
    uint64_t sequence;
    int fd;

    if (svct_snapshot_current(doctor->dir_fd, name, &sequence, NULL) < 0 ||
        svct_safefile_open_subdir(doctor->dir_fd, name, &fd, NULL) < 0)
        return -1;
    return fd;
}

static void look_at_room(struct svct_doctor *doctor)
{
    int fd = open_generation(doctor);
    int64_t needed;

    if (fd < 0)
        return; /* it is gone since: the check "db" tells */
    needed = svct_generation_size(fd);
    close(fd);
    if (!svct_generation_room(doctor->dir_fd, needed))
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[HOST_DISK_FULL],
                              "the file system of %s has no room for one more "
                              "generation (%lld bytes)",
                              doctor->call->db, (long long)needed),
            "df -h %s", doctor->call->db);
}

static void look_at_disk(struct svct_doctor *doctor)
{
    const char *db = doctor->call->db;
    struct statvfs disk;

    if (fstatvfs(doctor->dir_fd, &disk) != 0)
        return;
    if (disk.f_flag & ST_RDONLY) {
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[HOST_READ_ONLY],
                              "the file system of %s is mounted read-only", db),
            "mount -o remount,rw \"$(findmnt -n -o TARGET -T %s)\"", db);
        return;
    }
    if (disk.f_files > 0 && disk.f_favail < INODES_FEW)
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[HOST_NO_INODES],
                              "the file system of %s has %llu inodes left", db,
                              (unsigned long long)disk.f_favail),
            "df -i %s", db);
    look_at_room(doctor);
}

/* ---- the clock ---- */

static void look_at_clock(struct svct_doctor *doctor)
{
    int64_t now = doctor->call->now;
    int64_t committed = svct_snapshot_meta(doctor->snapshot)->committed;
    struct timex clock = {.modes = 0};
    char words[400];

    if (svct_hint_clock_suspect(now, committed))
        svct_finding_mend(
            svct_findings_add(
                &doctor->findings, &kinds[HOST_CLOCK_BEHIND], "%s",
                svct_hint_clock(words, sizeof(words), now, committed)),
            "svctoken db accept-clock");
    if (adjtimex(&clock) < 0 || (clock.status & STA_UNSYNC))
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[HOST_CLOCK_UNSYNCED],
                              "nothing keeps the clock right, as far as the "
                              "kernel knows"),
            "timedatectl set-ntp true");
}

/* ---- logs ---- */

/* path: the folder or the file that it is about. */
static void say_audit(struct svct_doctor *doctor, const char *path,
                      const struct svct_fault *fault)
{
    struct svct_finding *finding = svct_findings_add(
        &doctor->findings,
        &kinds[fault->code == SVCT_E_ACCESS ? HOST_UNKNOWN : HOST_AUDIT],
        "the log of changes can't be written to: %s", fault->what);

    if (fault->code == SVCT_E_UNSAFE)
        svct_finding_mend(finding, "chown root %s && chmod go-w %s", path,
                          path);
}

static void look_at_log_file(struct svct_doctor *doctor, int dir_fd,
                             const char *path)
{
    struct svct_fault fault = {0};
    struct stat st;
    int fd,
        r = svct_safefile_open(dir_fd, SVCT_AUDITLOG_FILE, O_RDWR | O_APPEND,
                               SVCT_SAFEFILE_PUBLIC, &fd, &st, &fault);

    if (r == SVCT_E_NOTFOUND || fault.sys_errno == EROFS)
        return; /* the next change makes it; that is said elsewhere */
    if (r < 0) {
        say_audit(doctor, path, &fault);
        return;
    }
    close(fd);
    if (st.st_size > AUDIT_LARGE)
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[HOST_AUDIT_LARGE],
                              "the log of changes, %s, has %lld bytes", path,
                              (long long)st.st_size),
            "logrotate -f /etc/logrotate.d/svctoken");
}

static void look_at_audit(struct svct_doctor *doctor)
{
    const char *folder = svct_auditlog_folder(doctor->call->db);
    char path[SVCT_FINDING_TEXT];
    struct svct_fault fault = {0};
    int fd, r = svct_safefile_open_dir(folder, &fd, &fault);

    snprintf(path, sizeof(path), "%s/%s", folder, SVCT_AUDITLOG_FILE);
    if (r == 0) {
        look_at_log_file(doctor, fd, path);
        close(fd);
    } else if (r != SVCT_E_NODB) { /* the first change makes it */
        say_audit(doctor, folder, &fault);
    }
}

/* As syslog(3) would, but without a message. */
static bool reaches_syslog(void)
{
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSLOG};
    bool reached = false;

    for (size_t i = 0; !reached && i < sizeof(types) / sizeof(types[0]); i++) {
        int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
            continue;
        reached = connect(fd, (const struct sockaddr *)&address,
                          sizeof(address)) == 0 ||
                  errno == EAGAIN;
        close(fd);
    }
    return reached;
}

static void look_at_syslog(struct svct_doctor *doctor)
{
    if (!reaches_syslog())
        svct_finding_mend(svct_findings_add(&doctor->findings,
                                            &kinds[HOST_NO_SYSLOG],
                                            "nobody listens at " SYSLOG),
                          "systemctl start systemd-journald-dev-log.socket");
}

/* ---- /run ---- */

#define MARKER_KEY "marker.key" /* of pam_module/marker.h */
#define MARKER_KEY_LEN 32

static int check_key(int dir_fd, struct svct_fault *fault)
{
    struct stat st;
    int fd, r = svct_safefile_open(dir_fd, MARKER_KEY, O_RDONLY,
                                   SVCT_SAFEFILE_PRIVATE, &fd, &st, fault);

    if (r < 0)
        return r == SVCT_E_NOTFOUND ? 0 : r; /* the next login makes it */
    close(fd);
    if (st.st_size != MARKER_KEY_LEN)
        return svct_fault_set(fault, SVCT_E_DAMAGED, 0,
                              MARKER_KEY " has %lld bytes, and should have %d",
                              (long long)st.st_size, MARKER_KEY_LEN);
    return 0;
}

/* Before the first login there is nothing there. */
static void look_at_run(struct svct_doctor *doctor)
{
    struct svct_findings *findings = &doctor->findings;
    struct svct_fault fault = {0};
    int fd, r = svct_sessiondir_open_top(SVCT_RUNDIR, false, &fd, &fault);

    if (r == SVCT_E_NODB || r == SVCT_E_NOTFOUND)
        return;
    if (r < 0) {
        svct_finding_mend(
            svct_findings_add(findings, &kinds[HOST_RUN], "%s", fault.what),
            "chown root %s && chmod 0700 %s", SVCT_RUNDIR, SVCT_RUNDIR);
        return;
    }
    if (check_key(fd, &fault) < 0)
        svct_finding_mend(
            svct_findings_add(findings, &kinds[HOST_RUN], "%s", fault.what),
            "rm %s/" MARKER_KEY, SVCT_RUNDIR);
    close(fd);
}

/* ---- the check ---- */

static void look_for_nologin(struct svct_doctor *doctor)
{
    static const char *const files[] = {"/etc/nologin", "/run/nologin"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (access(files[i], F_OK) == 0)
            svct_finding_mend(
                svct_findings_add(&doctor->findings, &kinds[HOST_NOLOGIN],
                                  "the file %s is there", files[i]),
                "rm %s", files[i]);
    }
}

static void run(struct svct_doctor *doctor)
{
    if (doctor->dir_fd >= 0)
        look_at_disk(doctor);
    if (doctor->snapshot != NULL)
        look_at_clock(doctor);
    look_for_nologin(doctor);
    look_at_audit(doctor);
    look_at_syslog(doctor);
    look_at_run(doctor);
}

const struct svct_doctor_check svct_doctor_host = {
    .name = "host",
    .summary = "disk, clock, logs and what else of this host counts",
    .kinds = kinds,
    .run = run,
};
