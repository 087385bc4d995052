/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <unistd.h>

#include "doctor.h"
#include "doctor_out.h"
#include "hostdb.h"
#include "say.h"
#include "suggest.h"

enum {
    DOCTOR_QUIET,
    DOCTOR_IGNORE,
    DOCTOR_LIST
};

static const struct svct_opt doctor_options[] = {
    [DOCTOR_QUIET] = {"quiet", NULL, SVCT_OPT_EITHER,
                      "no notes, and nothing where there is nothing else: for "
                      "cron"},
    [DOCTOR_IGNORE] = {"ignore", "CODE", SVCT_OPT_MANY,
                       "as if this had not been found: for what is as it "
                       "shall be here"},
    [DOCTOR_LIST] = {"list", NULL, SVCT_OPT_EITHER,
                     "look at nothing; list what can be found"},
    {NULL, NULL, 0, NULL},
};

/* In the order in which they are made. */
static const struct svct_doctor_check *const checks[] = {
    &svct_doctor_pam,     &svct_doctor_sshd,
    &svct_doctor_sudo,    &svct_doctor_nss,
    &svct_doctor_db,      &svct_doctor_role,
    &svct_doctor_account, &svct_doctor_token,
    &svct_doctor_host,    NULL,
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static int unknown_check(const struct svct_call *call, const char *word)
{
    char names[200] = "";
    size_t len = 0;
    struct svct_suggest suggest;

    svct_suggest_init(&suggest, word);
    for (size_t i = 0; checks[i] != NULL; i++) {
        svct_suggest_offer(&suggest, checks[i]->name);
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
                                i > 0 ? ", " : "", checks[i]->name);
    }
    if (suggest.best != NULL)
        return svct_say_usage(call, "there is no check %s; did you mean %s?",
                              svct_say_quote(word).text, suggest.best);
    return svct_say_usage(call, "there is no check %s; there are %s",
                          svct_say_quote(word).text, names);
}

static bool is_wanted(const struct svct_call *call, const char *name)
{
    for (size_t i = 0; i < call->opts.operands; i++) {
        if (strcmp(call->opts.operand[i], name) == 0)
            return true;
    }
    return call->opts.operands == 0;
}

/* ---- what is not to be told ---- */

static bool is_code(const char *code)
{
    for (size_t i = 0; checks[i] != NULL; i++) {
        const struct svct_finding_kind *kind = checks[i]->kinds;

        for (; kind->code != NULL; kind++) {
            if (strcmp(kind->code, code) == 0)
                return true;
        }
    }
    return false;
}

static int check_ignored(const struct svct_call *call)
{
    const char *code;
    size_t pos = 0;

    while ((code = svct_opts_each(&call->opts, DOCTOR_IGNORE, &pos)) != NULL) {
        if (!is_code(code))
            return svct_say_usage(call,
                                  "--ignore: there is no code %s; \"svctoken "
                                  "doctor --list\" has them",
                                  svct_say_quote(code).text);
    }
    return SVCT_EXIT_DONE;
}

static void drop_ignored(const struct svct_call *call,
                         struct svct_findings *findings)
{
    const char *code;
    size_t pos = 0;

    while ((code = svct_opts_each(&call->opts, DOCTOR_IGNORE, &pos)) != NULL)
        svct_findings_drop(findings, code);
}

/* ---- which checks ---- */

/* Each once, in the order of the table. */
static int choose(const struct svct_call *call,
                  const struct svct_doctor_check *ret_chosen[CHECKS])
{
    size_t count = 0;

    for (size_t i = 0; i < call->opts.operands; i++) {
        size_t at = 0;

        while (checks[at] != NULL &&
               strcmp(checks[at]->name, call->opts.operand[i]) != 0)
            at++;
        if (checks[at] == NULL)
            return unknown_check(call, call->opts.operand[i]);
    }
    for (size_t i = 0; checks[i] != NULL; i++) {
        if (is_wanted(call, checks[i]->name))
            ret_chosen[count++] = checks[i];
    }
    ret_chosen[count] = NULL;
    return SVCT_EXIT_DONE;
}

static int exit_code(const struct svct_findings *findings)
{
    static const int codes[SVCT_SEVERITIES] = {
        [SVCT_SEVERITY_NOTE] = SVCT_EXIT_DONE,
        [SVCT_SEVERITY_WARNING] = SVCT_EXIT_NO,
        [SVCT_SEVERITY_UNKNOWN] = SVCT_EXIT_CANNOT,
        [SVCT_SEVERITY_ERROR] = SVCT_EXIT_ERRORS};

    return codes[svct_findings_worst(findings)];
}

/* The commands are about the database that was asked about. */
static void name_database(const struct svct_doctor *doctor)
{
    for (size_t i = 0; i < doctor->findings.count; i++) {
        struct svct_finding *finding = doctor->findings.kept[i];
        char command[SVCT_FINDING_TEXT];

        memcpy(command, finding->command, sizeof(command));
        if (strncmp(command, "svctoken ", 9) == 0)
            svct_finding_mend(finding, "(export SVCTOKEN_DB='%s'; %s)",
                              doctor->call->db, command);
    }
}

static int examine(const struct svct_call *call,
                   const struct svct_doctor_check *const *chosen)
{
    struct svct_doctor doctor = {.call = call,
                                 .here = svct_hostdb_is(call->db)};
    int r;

    svct_doctor_db_open(&doctor);
    for (size_t i = 0; chosen[i] != NULL; i++) {
        doctor.findings.check = chosen[i]->name;
        chosen[i]->run(&doctor);
    }
    drop_ignored(call, &doctor.findings);
    svct_findings_sort(&doctor.findings);
    if (!doctor.here)
        name_database(&doctor);
    r = svct_doctor_out(&doctor, chosen,
                        svct_opts_given(&call->opts, DOCTOR_QUIET));
    if (r == SVCT_EXIT_DONE)
        r = exit_code(&doctor.findings);
    svct_doctor_db_close(&doctor);
    svct_findings_done(&doctor.findings);
    return r;
}

static int run(const struct svct_call *call)
{
    const struct svct_doctor_check *chosen[CHECKS];
    int r = choose(call, chosen);

    if (r == SVCT_EXIT_DONE)
        r = check_ignored(call);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (svct_opts_given(&call->opts, DOCTOR_LIST))
        return svct_doctor_out_kinds(call, chosen);
    if (geteuid() != 0)
        return svct_say_cannot(call, "most of what counts only root may look "
                                     "at: try sudo");
    return examine(call, chosen);
}

const struct svct_command svct_cmd_doctor[] = {
    {.group = "doctor",
     .operands = "[CHECK]...",
     .most = CHECKS,
     .summary = "find what keeps people out, or lets too many in",
     .text =
         "Looks at this host and at the database, changes nothing, and says "
         "of each fault\n"
         "what and why, and the command that mends it; the worst come first. "
         "\"--list\" has\n"
         "the checks and what they can find. With --json a finding has "
         "\"examples\" besides.\n"
         "\n"
         "Exits with 0 when there are notes at most, 1 for warnings, 3 when "
         "something\n"
         "could not be looked at, 4 for errors: the worst of them counts.\n"
         "\n"
         "  svctoken doctor\n"
         "  svctoken doctor nss --json\n"
         "  svctoken doctor --quiet --ignore sshd_no_password\n",
     .options = doctor_options,
     .columns = svct_doctor_columns,
     .run = run},
    {.group = NULL},
};
