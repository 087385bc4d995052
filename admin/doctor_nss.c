/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <stdlib.h>

#include "doctor.h"
#include "nscd.h"
#include "nsscheck.h"
#include "nsswitchfile.h"

enum {
    NSS_NOT_ASKED,
    NSS_NOT_REACHED,
    NSS_NOT_UNDERSTOOD,
    NSS_NO_MODULE,
    NSS_MODULE_CRASHES,
    NSS_NO_ROOT,
    NSS_ACCOUNT_LOST
};

static const struct svct_finding_kind kinds[] = {
    [NSS_NOT_ASKED] = {"nss_not_asked", SVCT_SEVERITY_ERROR,
                       "Accounts that are Unix users by svctoken alone are "
                       "unknown to sshd, sudo and all others: nobody can log "
                       "in to them."},
    [NSS_NOT_REACHED] = {"nss_not_reached", SVCT_SEVERITY_ERROR,
                         "An action before the word, as [NOTFOUND=return], "
                         "ends the search before svctoken is asked. Write the "
                         "word behind \"files\", without an action between "
                         "them."},
    [NSS_NOT_UNDERSTOOD] = {"nss_not_understood", SVCT_SEVERITY_UNKNOWN,
                            "Versions of libc may read the file in different "
                            "ways; \"svctoken nss enable\" refuses it, too."},
    [NSS_NO_MODULE] = {"nss_no_module", SVCT_SEVERITY_ERROR,
                       "libc passes over a module that it can't load: "
                       "accounts that are Unix users by svctoken alone are "
                       "unknown."},
    [NSS_MODULE_CRASHES] = {"nss_module_crashes", SVCT_SEVERITY_ERROR,
                            "Every program that looks up a user ends with "
                            "it."},
    [NSS_NO_ROOT] = {"nss_no_root", SVCT_SEVERITY_ERROR,
                     "The name service of this host does not work; nobody "
                     "can log in."},
    [NSS_ACCOUNT_LOST] = {"nss_account_lost", SVCT_SEVERITY_ERROR,
                          "The host asks svctoken and does not get what the "
                          "database has: nobody can log in to it, or they get "
                          "the uid of somebody else."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

static void look_at_line(struct svct_doctor *doctor,
                         const struct svct_nsswitch_text *text,
                         enum svct_nsswitch_database database)
{
    struct svct_findings *findings = &doctor->findings;
    const char *name = svct_nsswitch_name(database);
    struct svct_nsswitch_line line;
    struct svct_fault fault = {0};

    if (svct_nsswitch_look(text, database, &line, &fault) < 0) {
        svct_findings_add(findings, &kinds[NSS_NOT_UNDERSTOOD], "%s",
                          fault.what);
    } else if (!line.there && database == SVCT_NSSWITCH_INITGROUPS) {
        return; /* that of group counts */
    } else if (line.named && !line.asks) {
        svct_findings_add(findings, &kinds[NSS_NOT_REACHED],
                          "the line of %s in nsswitch.conf has svctoken where "
                          "it is not always reached",
                          name);
    } else if (!line.asks) {
        svct_finding_mend(
            svct_findings_add(findings, &kinds[NSS_NOT_ASKED],
                              "nsswitch.conf does not have svctoken in the "
                              "line of %s",
                              name),
            "svctoken nss enable");
    }
}

static void look_at_file(struct svct_doctor *doctor)
{
    struct svct_nsswitchfile *file = malloc(sizeof(*file));
    struct svct_fault fault = {0};

    if (file == NULL)
        doctor->findings.nomem = true;
    else if (svct_nsswitchfile_look(SVCT_NSSWITCH_FOLDER, file, &fault) < 0)
        svct_findings_add(&doctor->findings, &kinds[NSS_NOT_UNDERSTOOD], "%s",
                          fault.what);
    else
        for (unsigned i = 0; i < SVCT_NSSWITCH_DATABASES; i++)
            look_at_line(doctor, &file->text, (enum svct_nsswitch_database)i);
    free(file);
}

static void look_at_module(struct svct_doctor *doctor)
{
    struct svct_fault fault = {0};

    if (svct_nsscheck_module(&fault) < 0)
        svct_findings_add(&doctor->findings, &kinds[NSS_NO_MODULE], "%s",
                          fault.what);
    else if (!svct_nsscheck_survives())
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[NSS_MODULE_CRASHES],
                              "the module ends programs that ask it (\"getent "
                              "-s svctoken passwd svctoken-ask\")"),
            "svctoken nss disable --yes");
}

/* As any program asks. */
static void look_up(struct svct_doctor *doctor,
                    const struct svct_nsscheck_accounts *accounts)
{
    if (doctor->here &&
        !svct_nsscheck_finds(accounts->first, accounts->first_uid))
        svct_finding_mend(
            svct_findings_add(&doctor->findings, &kinds[NSS_ACCOUNT_LOST],
                              "the account %s is not found as a Unix user "
                              "with the uid %lu",
                              accounts->first,
                              (unsigned long)accounts->first_uid),
            "%s",
            svct_nscd_runs() ? "nscd -i passwd && nscd -i group"
                             : "svctoken nss status");
}

static void look_for_root(struct svct_doctor *doctor)
{
    if (!svct_nsscheck_finds("root", 0))
        svct_findings_add(&doctor->findings, &kinds[NSS_NO_ROOT],
                          "root is not found as the user with the uid 0");
}

/* A host that would ask for no account needs none of it. */
static void run(struct svct_doctor *doctor)
{
    struct svct_nsscheck_accounts accounts;
    struct svct_fault fault = {0};
    int r;

    look_for_root(doctor);
    if (doctor->snapshot == NULL)
        return;
    r = svct_nsscheck_accounts(doctor->call->db, &accounts, &fault);
    if (r < 0) {
        svct_doctor_db_unread(doctor, r, &fault);
    } else if (accounts.alone > 0) {
        look_at_file(doctor);
        look_at_module(doctor);
        look_up(doctor, &accounts);
    }
}

const struct svct_doctor_check svct_doctor_nss = {
    .name = "nss",
    .summary = "are accounts that are Unix users by svctoken alone found?",
    .kinds = kinds,
    .run = run,
};
