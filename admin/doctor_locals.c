/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <string.h>

#include "auth/lookup.h"
#include "base/publook.h"
#include "doctor_account.h"
#include "doctor_shadow.h"
#include "unixgroup.h"

#define LINES_MAX 100000 /* of each file */

struct locals {
    struct svct_doctor *doctor;
    struct svct_snapshot *public;
    int code; /* what a look into the database returned that is no answer */
};

static struct svct_finding *add(struct locals *locals, int kind,
                                const char *name)
{
    struct svct_finding *finding = svct_findings_of(
        &locals->doctor->findings, &svct_doctor_account_kinds[kind]);

    svct_finding_example(finding, "%s", name);
    return finding;
}

/* Is it an account? */
static bool find_account(struct locals *locals, const char *name,
                         struct svct_account *ret_account)
{
    int r = svct_lookup_account(locals->doctor->snapshot, name, ret_account);

    if (r != 0 && r != SVCT_E_NOTFOUND)
        locals->code = r;
    return r == 0;
}

static bool find_id(struct locals *locals, uint32_t number,
                    struct svct_pubid *ret_id)
{
    int r = svct_publook_id(locals->public, number, ret_id);

    if (r != 0 && r != SVCT_E_NOTFOUND)
        locals->code = r;
    return r == 0;
}

/* ---- passwd ---- */

static void look_at_user(struct locals *locals, const struct passwd *pw)
{
    struct svct_findings *findings = &locals->doctor->findings;
    struct svct_account account;
    struct svct_pubid id;

    if (find_account(locals, pw->pw_name, &account)) {
        if (pw->pw_uid == 0)
            svct_finding_mend(add(locals, ACCOUNT_ROOT, pw->pw_name),
                              "svctoken account delete %s", pw->pw_name);
        else if (account.uid != 0 && account.uid != pw->pw_uid)
            svct_findings_add(
                findings, &svct_doctor_account_kinds[ACCOUNT_OTHER_UID],
                "the account %s has the uid %lu, and the Unix user %s of "
                "/etc/passwd has %lu",
                account.name, (unsigned long)account.uid, account.name,
                (unsigned long)pw->pw_uid);
    }
    if (pw->pw_uid != 0 && find_id(locals, pw->pw_uid, &id) &&
        id.owner == SVCT_PUBID_USER && strcmp(id.name, pw->pw_name) != 0)
        svct_findings_add(findings,
                          &svct_doctor_account_kinds[ACCOUNT_UID_TAKEN],
                          "the account %s and the Unix user %s have the uid "
                          "%lu",
                          id.name, pw->pw_name, (unsigned long)pw->pw_uid);
}

static void look_at_passwd(struct locals *locals, FILE *file)
{
    struct passwd *pw;

    for (size_t i = 0; i < LINES_MAX && (pw = fgetpwent(file)) != NULL; i++)
        look_at_user(locals, pw);
}

/* ---- shadow ---- */

static void look_at_password(struct locals *locals, const struct spwd *line)
{
    const char *refuses =
        svct_doctor_shadow_refuses(line, locals->doctor->call->now);
    struct svct_account account;

    if (!find_account(locals, line->sp_namp, &account))
        return;
    if (svct_doctor_shadow_opens(line))
        svct_finding_mend(add(locals, ACCOUNT_PASSWORD, account.name),
                          "passwd -l %s", account.name);
    if (refuses != NULL)
        svct_finding_mend(
            svct_findings_add(&locals->doctor->findings,
                              &svct_doctor_account_kinds[ACCOUNT_UNIX_EXPIRED],
                              "the Unix user %s %s", account.name, refuses),
            "chage -E -1 -I -1 -M -1 -d \"$(date -u +%%F)\" %s", account.name);
}

static void look_at_shadow(struct locals *locals, FILE *file)
{
    struct spwd *line;

    for (size_t i = 0; i < LINES_MAX && (line = fgetspent(file)) != NULL; i++)
        look_at_password(locals, line);
}

/* ---- group ---- */

static void look_at_number(struct locals *locals, const struct group *group)
{
    struct svct_account account;
    struct svct_pubid id;

    if (group->gr_gid == 0 || !find_id(locals, group->gr_gid, &id) ||
        strcmp(id.name, group->gr_name) == 0)
        return;
    if (id.owner == SVCT_PUBID_USER &&
        (!find_account(locals, id.name, &account) ||
         account.gid != group->gr_gid))
        return; /* its group is another one */
    svct_findings_add(&locals->doctor->findings,
                      &svct_doctor_account_kinds[ACCOUNT_GID_TAKEN],
                      "the group %s of /etc/group and the group %s of svctoken "
                      "have the gid %lu",
                      group->gr_name, id.name, (unsigned long)group->gr_gid);
}

static void look_at_group(struct locals *locals, const struct group *group)
{
    struct svct_account account;

    look_at_number(locals, group);
    if (!svct_unixgroup_is_powerful(group->gr_name))
        return;
    for (char **member = group->gr_mem; *member != NULL; member++) {
        if (find_account(locals, *member, &account))
            svct_finding_mend(
                svct_findings_add(
                    &locals->doctor->findings,
                    &svct_doctor_account_kinds[ACCOUNT_ADMINISTRATOR],
                    "the account %s is in the group %s of /etc/group",
                    account.name, group->gr_name),
                "gpasswd -d %s %s", account.name, group->gr_name);
    }
}

static void look_at_groups(struct locals *locals, FILE *file)
{
    struct group *group;

    for (size_t i = 0; i < LINES_MAX && (group = fgetgrent(file)) != NULL; i++)
        look_at_group(locals, group);
}

/* ---- all of them ---- */

static void look_into(struct locals *locals, const char *path,
                      void (*look)(struct locals *locals, FILE *file))
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        svct_findings_add(&locals->doctor->findings,
                          &svct_doctor_account_kinds[ACCOUNT_UNKNOWN],
                          "%s can't be read: %s", path, strerror(errno));
        return;
    }
    look(locals, file);
    fclose(file);
}

void svct_doctor_locals(struct svct_doctor *doctor)
{
    struct locals locals = {.doctor = doctor};
    struct svct_fault fault = {0};
    int r = svct_snapshot_open(doctor->dir_fd, SVCT_PART_PUBLIC, &locals.public,
                               &fault);

    if (r < 0) {
        svct_doctor_db_unread(doctor, r, &fault);
        return;
    }
    look_into(&locals, "/etc/passwd", look_at_passwd);
    look_into(&locals, "/etc/shadow", look_at_shadow);
    look_into(&locals, "/etc/group", look_at_groups);
    svct_snapshot_free(locals.public);
    if (locals.code != 0)
        svct_doctor_db_unread(doctor, locals.code, &fault);
}
