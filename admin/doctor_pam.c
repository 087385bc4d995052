/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <dirent.h>
#include <errno.h>

#include "auth/lookup.h"
#include "auth/options.h"
#include "doctor.h"
#include "setup.h"

enum {
    PAM_NOWHERE,
    PAM_UNREAD,
    PAM_GIVES_UP,
    PAM_BROKEN,
    PAM_VARIES,
    PAM_NO_MODULE,
    PAM_OPTIONS,
    PAM_ROLE,
    PAM_UNREACHED,
    PAM_NOT_ENOUGH,
    PAM_LETS_IN,
    PAM_GOES_ON,
    PAM_PASSED_BY,
    PAM_ACCOUNT_PASSED_BY,
    PAM_ACCOUNT_MISSING,
    PAM_SESSION_MISSING,
    PAM_UNHEARD,
    PAM_LOCKS_OUT,
    PAM_LOCKS_OUT_DATABASE,
    PAM_LOCKS_OUT_MODULE,
    PAM_LATE,
    PAM_CRON,
    PAM_LEFTOVER,
    PAM_KINDS
};

static const struct svct_finding_kind kinds[] = {
    [PAM_NOWHERE] = {"pam_nowhere", SVCT_SEVERITY_WARNING,
                     "No program takes a token before pam_svctoken stands in "
                     "its service file."},
    [PAM_UNREAD] = {"pam_unread", SVCT_SEVERITY_UNKNOWN,
                    "Whether tokens are taken there, and nobody is locked "
                    "out, is not known."},
    [PAM_GIVES_UP] = {"pam_gives_up", SVCT_SEVERITY_ERROR,
                      "Whoever logs in by this service is refused."},
    [PAM_BROKEN] = {"pam_broken", SVCT_SEVERITY_ERROR,
                    "libpam has the line fail for everybody, in the type it "
                    "belongs to, or in auth."},
    [PAM_VARIES] = {"pam_varies", SVCT_SEVERITY_WARNING,
                    "What the file does may change when the host gets another "
                    "version of libpam."},
    [PAM_NO_MODULE] = {"pam_no_module", SVCT_SEVERITY_ERROR,
                       "No token opens this service, and nobody is checked "
                       "who comes with an SSH key."},
    [PAM_OPTIONS] = {"pam_options", SVCT_SEVERITY_ERROR,
                     "With an option that it does not know the module refuses "
                     "each service account, lest a demand be switched off by "
                     "a typing error."},
    [PAM_ROLE] = {"pam_role", SVCT_SEVERITY_ERROR,
                  "Who demands a role that is not there refuses each service "
                  "account."},
    [PAM_UNREACHED] = {"pam_unreached", SVCT_SEVERITY_ERROR,
                       "Something before it ends the login of each service "
                       "account, so no token is ever asked for."},
    [PAM_NOT_ENOUGH] = {"pam_not_enough", SVCT_SEVERITY_ERROR,
                        "Another line refuses service accounts, who are none "
                        "of its users, whatever pam_svctoken says."},
    [PAM_LETS_IN] = {"pam_lets_in", SVCT_SEVERITY_ERROR,
                     "When every module refuses, the stack still says yes."},
    [PAM_GOES_ON] = {"pam_goes_on", SVCT_SEVERITY_WARNING,
                     "Other modules see the wrong token, ask once more, and "
                     "log a failure of their own."},
    [PAM_PASSED_BY] = {"pam_passed_by", SVCT_SEVERITY_WARNING,
                       "There is a way to get in, or to begin a session, on "
                       "which pam_svctoken is not asked."},
    [PAM_ACCOUNT_PASSED_BY] = {"pam_account_passed_by", SVCT_SEVERITY_ERROR,
                               "There is a way on which nobody looks whether "
                               "the account is disabled or expired, or may use "
                               "this service: with an SSH key, a sudo ticket, "
                               "a job of cron."},
    [PAM_ACCOUNT_MISSING] = {"pam_account_missing", SVCT_SEVERITY_ERROR,
                             "Nobody looks whether an account is disabled or "
                             "expired, or may use this service, when it comes "
                             "with an SSH key, a sudo ticket, or a job of "
                             "cron."},
    [PAM_SESSION_MISSING] = {"pam_session_missing", SVCT_SEVERITY_NOTE,
                             "Sessions are not listed, and do not end with "
                             "their token."},
    [PAM_UNHEARD] = {"pam_unheard", SVCT_SEVERITY_ERROR,
                     "An account that is disabled or expired, or may not use "
                     "this service, gets in by an SSH key, a sudo ticket, or a "
                     "job of cron."},
    [PAM_LOCKS_OUT] = {"pam_locks_out", SVCT_SEVERITY_ERROR,
                       "People who are no service accounts do not get in by "
                       "this service."},
    [PAM_LOCKS_OUT_DATABASE] = {"pam_locks_out_database", SVCT_SEVERITY_WARNING,
                                "A damaged database would lock everybody out "
                                "of this service, who repairs it among "
                                "them."},
    [PAM_LOCKS_OUT_MODULE] = {"pam_locks_out_module", SVCT_SEVERITY_WARNING,
                              "A package that is half installed, or removed, "
                              "would lock everybody out of this service."},
    [PAM_LATE] = {"pam_session_late", SVCT_SEVERITY_WARNING,
                  "pam_systemd has to be told when the session ends before "
                  "it begins it: it goes on when the token has ended."},
    [PAM_CRON] = {"pam_cron", SVCT_SEVERITY_WARNING,
                  "Their jobs go on when the account is disabled or has "
                  "expired."},
    [PAM_LEFTOVER] = {"pam_leftover", SVCT_SEVERITY_NOTE,
                      "A setup was killed before it was done; the service's "
                      "file itself is whole, the old one or the new one."},
    {NULL, SVCT_SEVERITY_NOTE, NULL},
};

/* ---- what the walk has found ---- */

static int kind_of(const struct svct_pamwalk_fault *fault)
{
    static const int kind[] = {
        [SVCT_PAMWALK_GIVES_UP] = PAM_GIVES_UP,
        [SVCT_PAMWALK_BROKEN] = PAM_BROKEN,
        [SVCT_PAMWALK_VARIES] = PAM_VARIES,
        [SVCT_PAMWALK_NO_MODULE] = PAM_NO_MODULE,
        [SVCT_PAMWALK_OPTIONS] = PAM_OPTIONS,
        [SVCT_PAMWALK_UNREACHED] = PAM_UNREACHED,
        [SVCT_PAMWALK_NOT_ENOUGH] = PAM_NOT_ENOUGH,
        [SVCT_PAMWALK_LETS_IN] = PAM_LETS_IN,
        [SVCT_PAMWALK_GOES_ON] = PAM_GOES_ON,
        [SVCT_PAMWALK_PASSED_BY] = PAM_PASSED_BY,
        [SVCT_PAMWALK_MISSING] = PAM_ACCOUNT_MISSING,
        [SVCT_PAMWALK_UNHEARD] = PAM_UNHEARD,
        [SVCT_PAMWALK_LOCKS_OUT] = PAM_LOCKS_OUT,
        [SVCT_PAMWALK_LOCKS_OUT_DATABASE] = PAM_LOCKS_OUT_DATABASE,
        [SVCT_PAMWALK_LOCKS_OUT_MODULE] = PAM_LOCKS_OUT_MODULE,
        [SVCT_PAMWALK_LATE] = PAM_LATE};

    if (fault->code == SVCT_PAMWALK_PASSED_BY &&
        fault->type == SVCT_PAMCONF_ACCOUNT)
        return PAM_ACCOUNT_PASSED_BY;
    if (fault->code == SVCT_PAMWALK_MISSING &&
        fault->type == SVCT_PAMCONF_SESSION)
        return PAM_SESSION_MISSING;
    return kind[fault->code];
}

/* Do all of our lines stand in the service's own file, each in one line and
 * without an option that would be lost? Then they can be put in anew. */
static bool is_replaceable(const struct svct_setup *setup)
{
    for (unsigned type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; i < setup->conf->count[type]; i++) {
            const struct svct_pamconf_line *line = setup->conf->chain[type][i];

            if (svct_pamconf_is(line, SVCT_PAMWALK_MODULE) &&
                (strcmp(line->file, setup->path) != 0 || line->argc > 0))
                return false;
        }
    }
    return memchr(setup->file.data, '\\', setup->file.len) == NULL;
}

static bool is_mended_by_setup(const struct svct_setup *setup,
                               const struct svct_pamwalk_fault *fault)
{
    switch (fault->code) {
    case SVCT_PAMWALK_GIVES_UP:
    case SVCT_PAMWALK_BROKEN:
    case SVCT_PAMWALK_VARIES:
    case SVCT_PAMWALK_NO_MODULE:
        return false;
    default:
        return is_replaceable(setup);
    }
}

static void mend(const struct svct_setup *setup,
                 const struct svct_pamwalk_fault *fault,
                 struct svct_finding *finding)
{
    const struct svct_pamconf_line *line = fault->line;

    if (is_mended_by_setup(setup, fault))
        svct_finding_mend(finding,
                          "sed -i '/pam_svctoken[.]so/d' %s && svctoken setup "
                          "%s --yes",
                          setup->path, setup->service);
    else if (line != NULL && fault->code != SVCT_PAMWALK_NO_MODULE)
        svct_finding_mend(finding, "${EDITOR:-vi} +%u %s", line->number,
                          line->file);
    else if (fault->code == SVCT_PAMWALK_GIVES_UP &&
             setup->conf->failed_file != NULL)
        svct_finding_mend(finding, "${EDITOR:-vi} +%u %s",
                          setup->conf->failed_number, setup->conf->failed_file);
}

static void tell_fault(struct svct_doctor *doctor,
                       const struct svct_setup *setup,
                       const struct svct_pamwalk_fault *fault)
{
    char what[SVCT_FINDING_TEXT];

    svct_pamwalk_say(what, sizeof(what), setup->service, setup->conf, fault);
    mend(setup, fault,
         svct_findings_add(&doctor->findings, &kinds[kind_of(fault)], "%s",
                           what));
}

/* ---- role= ---- */

static void look_at_role(struct svct_doctor *doctor,
                         const struct svct_setup *setup,
                         const struct svct_pamconf_line *line)
{
    struct svct_options options;
    struct svct_role role;

    if (doctor->snapshot == NULL || !doctor->here ||
        svct_options_parse(line->argc, line->argv, &options) < 0 ||
        options.role == NULL || options.dir_given ||
        svct_lookup_role(doctor->snapshot, options.role, &role) !=
            SVCT_E_NOTFOUND)
        return;
    svct_finding_mend(
        svct_findings_add(&doctor->findings, &kinds[PAM_ROLE],
                          "%s, %s: there is no role %s, which %s line %u "
                          "demands",
                          setup->service, svct_pamconf_type_name(line->type),
                          options.role, line->file, line->number),
        "${EDITOR:-vi} +%u %s", line->number, line->file);
}

static void look_at_roles(struct svct_doctor *doctor,
                          const struct svct_setup *setup)
{
    for (unsigned type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; i < setup->conf->count[type]; i++) {
            const struct svct_pamconf_line *line = setup->conf->chain[type][i];

            if (svct_pamconf_is(line, SVCT_PAMWALK_MODULE))
                look_at_role(doctor, setup, line);
        }
    }
}

/* ---- a service ---- */

static bool asks(const struct svct_setup *setup)
{
    return setup->walk.asks[SVCT_PAMCONF_AUTH] ||
           setup->walk.asks[SVCT_PAMCONF_ACCOUNT] ||
           setup->walk.asks[SVCT_PAMCONF_SESSION];
}

/* The files that others include are no services, and of a service that does not
 * ask us only what nobody can get in by. */
static bool is_of_interest(const struct svct_setup *setup)
{
    return setup->conf != NULL && strncmp(setup->service, "common-", 7) != 0 &&
           (asks(setup) || setup->conf->failed[0] != '\0');
}

static void look_for_leftover(struct svct_doctor *doctor, const char *service)
{
    char words[400];

    if (svct_setup_leftover(service, words, sizeof(words)))
        svct_finding_mend(svct_findings_add(&doctor->findings,
                                            &kinds[PAM_LEFTOVER], "%s", words),
                          "rm -f " SVCT_PAMDIR_FOLDER "/%s" SVCT_ETCFILE_NEW
                          " " SVCT_PAMDIR_FOLDER "/%s" SVCT_ETCFILE_BACKUP
                          "-new",
                          service, service);
}

/* Does cron ask for the account? */
struct seen {
    bool somewhere; /* some service asks */
    bool cron;      /* there is such a service */
    bool cron_asks;
};

static void look_at_service(struct svct_doctor *doctor, const char *service,
                            struct seen *seen)
{
    struct svct_setup *setup = NULL;
    struct svct_fault fault = {0};
    int r = svct_setup_look(service, &setup, &fault);

    look_for_leftover(doctor, service);
    if (r == SVCT_E_NOTFOUND)
        return;
    if (r < 0 || setup->conf == NULL) {
        svct_findings_add(&doctor->findings, &kinds[PAM_UNREAD],
                          "the service %s can't be read: %s", service,
                          r < 0 ? fault.what : setup->why);
        svct_setup_free(setup);
        return;
    }
    seen->somewhere |= setup->walk.asks[SVCT_PAMCONF_AUTH];
    if (strcmp(service, "cron") == 0 || strcmp(service, "crond") == 0) {
        seen->cron = true;
        seen->cron_asks |= setup->walk.asks[SVCT_PAMCONF_ACCOUNT];
    }
    for (size_t i = 0; is_of_interest(setup) && i < setup->walk.faults; i++)
        tell_fault(doctor, setup, &setup->walk.fault[i]);
    look_at_roles(doctor, setup);
    svct_setup_free(setup);
}

/* ---- jobs ---- */

/* Each file there is of a user's jobs. */
static void look_at_jobs(struct svct_doctor *doctor, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct svct_account account;

        if (svct_lookup_account(doctor->snapshot, entry->d_name, &account) == 0)
            svct_finding_example(
                svct_findings_of(&doctor->findings, &kinds[PAM_CRON]), "%s",
                entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static void look_at_cron(struct svct_doctor *doctor, const struct seen *seen)
{
    struct svct_finding *finding;

    if (!seen->cron || seen->cron_asks || doctor->snapshot == NULL ||
        !doctor->here)
        return;
    look_at_jobs(doctor, "/var/spool/cron/crontabs");
    look_at_jobs(doctor, "/var/spool/cron");
    finding = svct_findings_there(&doctor->findings, &kinds[PAM_CRON]);
    if (finding == NULL)
        return;
    svct_finding_say(finding,
                     "cron does not ask pam_svctoken, and runs jobs of %llu "
                     "service account%s",
                     (unsigned long long)finding->count,
                     finding->count == 1 ? "" : "s");
    svct_finding_mend(finding, "svctoken setup cron --yes");
}

/* ---- the whole ---- */

static void look_at_all(struct svct_doctor *doctor,
                        const struct svct_pamdir_names *names)
{
    struct seen seen = {.somewhere = false};

    for (size_t i = 0; i < names->count; i++)
        look_at_service(doctor, names->name[i], &seen);
    if (!seen.somewhere)
        svct_finding_mend(svct_findings_add(&doctor->findings,
                                            &kinds[PAM_NOWHERE],
                                            "no service of " SVCT_PAMDIR_FOLDER
                                            " asks pam_svctoken"),
                          "svctoken setup sshd --yes");
    if (names->more)
        svct_findings_add(&doctor->findings, &kinds[PAM_UNREAD],
                          "there are more than %d files in " SVCT_PAMDIR_FOLDER
                          ": only the first of them were looked at",
                          SVCT_PAMDIR_MAX);
    look_at_cron(doctor, &seen);
}

static void run(struct svct_doctor *doctor)
{
    struct svct_pamdir_names *names = malloc(sizeof(*names));
    struct svct_fault fault = {0};

    if (names == NULL)
        doctor->findings.nomem = true;
    else if (svct_pamdir_list(names, &fault) < 0)
        svct_findings_add(&doctor->findings, &kinds[PAM_UNREAD], "%s",
                          fault.what);
    else
        look_at_all(doctor, names);
    free(names);
}

const struct svct_doctor_check svct_doctor_pam = {
    .name = "pam",
    .summary = "do the service files ask pam_svctoken, and does its word "
               "count?",
    .kinds = kinds,
    .run = run,
};
