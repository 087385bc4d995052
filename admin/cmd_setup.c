/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <limits.h>
#include <unistd.h>

#include "access.h"
#include "hostdb.h"
#include "out.h"
#include "pamtry.h"
#include "say.h"
#include "setup.h"
#include "suggest.h"
#include "tty.h"

#define SERVICES_MAX 32

enum {
    SETUP_DRY_RUN,
    SETUP_UNDO,
    SETUP_UNTESTED,
    SETUP_YES
};

static const struct svct_opt setup_options[] = {
    [SETUP_DRY_RUN] = {"dry-run", NULL, 0, "show what would be done"},
    [SETUP_UNDO] = {"undo", NULL, SVCT_OPT_EITHER,
                    "put the file back as it was before"},
    [SETUP_UNTESTED] = {"untested", NULL, SVCT_OPT_EITHER,
                        "do not try it before: where this host gives no mount "
                        "namespace, or its stack lets in nobody whom it does "
                        "not know"},
    [SETUP_YES] = {"yes", NULL, 0, "do not ask"},
    {NULL, NULL, 0, NULL},
};

struct work {
    const struct svct_call *call;
    struct svct_setup *setup[SERVICES_MAX];
    size_t count;
    size_t changes;        /* how many of them are to be changed */
    char module[PATH_MAX]; /* the file of the module */
};

/* ---- what is named ---- */

static int no_service(const struct svct_call *call, const char *name)
{
    struct svct_pamdir_names *names = malloc(sizeof(*names));
    struct svct_suggest suggest;
    int r;

    svct_suggest_init(&suggest, name);
    if (names != NULL && svct_pamdir_list(names, NULL) == 0) {
        for (size_t i = 0; i < names->count; i++)
            svct_suggest_offer(&suggest, names->name[i]);
    }
    r = svct_say_usage(
        call, "there is no service file %s in " SVCT_PAMDIR_FOLDER "%s%s%s",
        svct_say_quote(name).text,
        suggest.best != NULL ? "; did you mean " : "",
        suggest.best != NULL ? suggest.best : "",
        suggest.best != NULL ? "?" : "");
    free(names);
    return r;
}

static int check_name(const struct svct_call *call, size_t index)
{
    const char *name = svct_opts_operand(&call->opts, index);

    if (!svct_pamdir_is_service(name))
        return svct_say_usage(call,
                              "%s is no name of a service: it is that of a "
                              "file in " SVCT_PAMDIR_FOLDER ", as sshd or sudo",
                              svct_say_quote(name).text);
    for (size_t i = 0; i < index; i++) {
        if (strcmp(svct_opts_operand(&call->opts, i), name) == 0)
            return svct_say_usage(call, "%s is named twice", name);
    }
    return SVCT_EXIT_DONE;
}

static int look_at(struct work *work, const char *name)
{
    struct svct_fault fault = {0};
    int r = svct_setup_look(name, &work->setup[work->count], &fault);

    if (r == SVCT_E_NOTFOUND)
        return no_service(work->call, name);
    if (r < 0) {
        svct_say_fault(work->call, r, &fault);
        return SVCT_EXIT_CANNOT;
    }
    work->count++;
    return SVCT_EXIT_DONE;
}

static int look(struct work *work)
{
    const struct svct_call *call = work->call;
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; i < call->opts.operands && r == SVCT_EXIT_DONE; i++)
        r = check_name(call, i);
    for (size_t i = 0; i < call->opts.operands && r == SVCT_EXIT_DONE; i++)
        r = look_at(work, svct_opts_operand(&call->opts, i));
    return r;
}

/* ---- what can't be ---- */

static void say_lines(void)
{
    svct_say("by hand, these go before the first line of their type that "
             "decides (pam_svctoken(8) says more):\n%s\n%s\n%s",
             svct_pamedit_line[SVCT_PAMCONF_AUTH],
             svct_pamedit_line[SVCT_PAMCONF_ACCOUNT],
             svct_pamedit_line[SVCT_PAMCONF_SESSION]);
}

static int refuse(const struct svct_call *call, const struct svct_setup *setup)
{
    int r =
        svct_say_cannot(call, "%s stays as it is: %s", setup->path, setup->why);

    if (setup->state != SVCT_SETUP_FAULTY)
        say_lines();
    else
        svct_say("mend it by hand; \"svctoken doctor pam\" says more");
    return r;
}

/* All or none. */
static int check(struct work *work)
{
    char leftover[400];

    for (size_t i = 0; i < work->count; i++) {
        const struct svct_setup *setup = work->setup[i];

        if (setup->state == SVCT_SETUP_DONE) {
            svct_say("%s is set up already", setup->service);
        } else if (setup->state != SVCT_SETUP_NOT) {
            return refuse(work->call, setup);
        } else {
            work->changes++;
            if (setup->note[0] != '\0')
                svct_say("note: %s", setup->note);
            if (svct_setup_leftover(setup->service, leftover, sizeof(leftover)))
                svct_say("note: %s", leftover);
        }
    }
    return SVCT_EXIT_DONE;
}

static int find_module(struct work *work)
{
    if (svct_pamdir_find(SVCT_PAMWALK_MODULE, work->module,
                         sizeof(work->module)))
        return SVCT_EXIT_DONE;
    return svct_say_cannot(
        work->call, "install the module first: there is no " SVCT_PAMWALK_MODULE
                    " where libpam looks");
}

/* ---- asking ---- */

static int confirm(const struct work *work)
{
    if (svct_opts_given(&work->call->opts, SETUP_YES))
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(work->call,
                              "there is no terminal to ask at whether this "
                              "shall be done: give --yes");
    if (svct_tty_confirm("Do this?"))
        return SVCT_EXIT_DONE;
    return svct_say_no(work->call, "nothing was changed");
}

static void show(const struct work *work)
{
    bool asks = !svct_opts_given(&work->call->opts, SETUP_YES) &&
                !svct_opts_given(&work->call->opts, SETUP_DRY_RUN);

    for (size_t i = 0; i < work->count; i++) {
        if (work->setup[i]->diff != NULL)
            svct_setup_show(work->call, work->setup[i]->diff, asks);
    }
}

/* ---- trying ---- */

static bool has_rootok(const struct svct_pamconf *conf)
{
    for (size_t i = 0; i < conf->count[SVCT_PAMCONF_AUTH]; i++) {
        if (svct_pamconf_is(conf->chain[SVCT_PAMCONF_AUTH][i], "pam_rootok.so"))
            return true;
    }
    return false;
}

static int not_tried(const struct svct_call *call,
                     const struct svct_setup *setup, int code,
                     const struct svct_fault *fault)
{
    int r = svct_say_cannot(call,
                            "%s stays as it is, for it can't be tried: "
                            "%s",
                            setup->path, svct_say_bare_long(fault->what).text);

    if (code == SVCT_E_ACCESS)
        svct_say("run it on the host itself, or give --untested, with a root "
                 "shell open beside it, and try a login before you close that");
    return r;
}

static int try_one(const struct work *work, struct svct_setup *setup)
{
    struct svct_pamtry request = {.service = setup->service,
                                  .service_path = setup->path,
                                  .text = setup->edit.text,
                                  .len = setup->edit.len,
                                  .module_path = work->module,
                                  .root_passes = has_rootok(setup->conf),
                                  .now = work->call->now};
    struct svct_pamtry_report report;
    struct svct_fault fault = {0};
    int r = svct_pamtry(&request, &report, &fault);

    if (r < 0)
        return not_tried(work->call, setup, r, &fault);
    if (!report.passed) {
        r = svct_say_cannot(work->call, "%s stays as it is: tried with it, %s",
                            setup->path,
                            svct_say_bare_long(report.failed).text);
        if (report.person_shut_out)
            svct_say("this stack lets in no user with a password alone, with "
                     "or without svctoken: other modules of it may refuse "
                     "whom they do not know (--untested passes over the test)");
        return r;
    }
    setup->tested = true;
    setup->logins = report.logins;
    svct_say("%s: tried with %u logins, all went as they must", setup->service,
             report.logins);
    return SVCT_EXIT_DONE;
}

static int try_all(const struct work *work)
{
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; i < work->count && r == SVCT_EXIT_DONE; i++) {
        if (work->setup[i]->state == SVCT_SETUP_NOT)
            r = try_one(work, work->setup[i]);
    }
    return r;
}

/* ---- doing ---- */

static int replace(const struct svct_call *call, const struct svct_setup *setup)
{
    struct svct_etcfile_place place = {SVCT_PAMDIR_FOLDER, setup->service,
                                       NULL};
    struct svct_fault fault = {0};
    int r = svct_etcfile_replace(&place, &setup->file, setup->edit.text,
                                 setup->edit.len, &fault);

    if (r == 0)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(call, "%s stays as it is: %s", setup->path,
                           svct_say_bare_long(fault.what).text);
}

/* Is it, in its place, what it was meant to be? Else it is put back. */
static int check_in_place(const struct svct_call *call,
                          const struct svct_setup *setup)
{
    struct svct_etcfile_place place = {SVCT_PAMDIR_FOLDER, setup->service,
                                       NULL};
    struct svct_setup *now = NULL;
    struct svct_fault fault = {0};
    int r = svct_setup_look(setup->service, &now, &fault);
    bool good = r == 0 && now->state == SVCT_SETUP_DONE;

    svct_setup_free(r == 0 ? now : NULL);
    if (good)
        return SVCT_EXIT_DONE;
    r = svct_etcfile_put_back(&place, setup->edit.text, setup->edit.len,
                              &fault);
    if (r == 0)
        return svct_say_cannot(call,
                               "%s is again as it was: in its place it "
                               "was not what it should be",
                               setup->path);
    return svct_say_cannot(call,
                           "%s is not what it should be, and could not be put "
                           "back: %s; do it at once: mv %s" SVCT_ETCFILE_BACKUP
                           " %s",
                           setup->path, fault.what, setup->path, setup->path);
}

static int do_one(const struct work *work, struct svct_setup *setup)
{
    struct svct_audit audit;
    int r = replace(work->call, setup);

    if (r == SVCT_EXIT_DONE)
        r = check_in_place(work->call, setup);
    if (r != SVCT_EXIT_DONE)
        return r;
    setup->changed = true;
    svct_say("%s is set up; the file as it was is %s" SVCT_ETCFILE_BACKUP
             ", and \"svctoken setup %s --undo\" puts it back",
             setup->service, setup->path, setup->service);
    svct_audit_begin(&audit, "setup");
    svct_audit_add(&audit, "service", setup->service);
    svct_audit_add(&audit, "file", setup->path);
    svct_audit_add(&audit, "tested", setup->tested ? "yes" : "no");
    return svct_access_note(work->call, &audit);
}

static int do_all(const struct work *work)
{
    int r = SVCT_EXIT_DONE;

    svct_access_hold_signals(NULL);
    for (size_t i = 0; i < work->count && r == SVCT_EXIT_DONE; i++) {
        if (work->setup[i]->state == SVCT_SETUP_NOT)
            r = do_one(work, work->setup[i]);
    }
    return r;
}

/* ---- the answer ---- */

static json_t *service_object(const struct svct_setup *setup)
{
    char backup[SVCT_PAMCONF_PATH_MAX + 20];
    json_t *object = json_object();

    snprintf(backup, sizeof(backup), "%s" SVCT_ETCFILE_BACKUP, setup->path);
    svct_out_put(&object, "service", json_string(setup->service));
    svct_out_put(&object, "file", json_string(setup->path));
    svct_out_put(&object, "changed", json_boolean(setup->changed));
    svct_out_put(&object, "tested", json_boolean(setup->tested));
    svct_out_put(&object, "diff", svct_setup_diff(setup->diff));
    svct_out_put(&object, "backup",
                 setup->changed ? json_string(backup) : json_null());
    return object;
}

static int print_result(const struct work *work)
{
    json_t *object, *services;
    bool changed = false;

    if (!work->call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    services = json_array();
    for (size_t i = 0; i < work->count; i++) {
        changed |= work->setup[i]->changed;
        json_array_append_new(services, service_object(work->setup[i]));
    }
    svct_out_put(&object, "changed", json_boolean(changed));
    svct_out_put(&object, "services", services);
    return svct_out_json(work->call, object);
}

static void hint(const struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        if (strcmp(work->setup[i]->service, "sshd") == 0)
            svct_setup_hint_sshd();
    }
}

/* ---- the whole ---- */

static int change(struct work *work)
{
    const struct svct_opts *opts = &work->call->opts;
    int fd = -1, r = confirm(work);

    if (r == SVCT_EXIT_DONE)
        r = svct_setup_lock(work->call, &fd);
    if (r == SVCT_EXIT_DONE && !svct_opts_given(opts, SETUP_UNTESTED))
        r = try_all(work);
    if (r == SVCT_EXIT_DONE)
        r = do_all(work);
    if (fd >= 0)
        close(fd);
    return r;
}

static int set_up(struct work *work)
{
    const struct svct_opts *opts = &work->call->opts;
    int r = look(work);

    if (r == SVCT_EXIT_DONE)
        r = check(work);
    if (r == SVCT_EXIT_DONE && work->changes > 0)
        r = find_module(work);
    if (r != SVCT_EXIT_DONE)
        return r;
    show(work);
    if (work->changes > 0 && !svct_opts_given(opts, SETUP_DRY_RUN))
        r = change(work);
    if (r == SVCT_EXIT_DONE)
        hint(work);
    return r == SVCT_EXIT_DONE ? print_result(work) : r;
}

/* An option has nothing to do without a service. */
static int run(const struct svct_call *call)
{
    const struct svct_opts *opts = &call->opts;
    struct work work = {.call = call};
    int r;

    if (opts->operands == 0 && svct_opts_any(opts))
        return svct_say_usage(call, "which service? Without one it shows all "
                                    "of them, and takes no option");
    if (opts->operands == 0)
        return svct_setup_status(call);
    if (svct_opts_given(opts, SETUP_UNDO))
        return svct_setup_undo(call, svct_opts_given(opts, SETUP_YES),
                               svct_opts_given(opts, SETUP_DRY_RUN));
    r = set_up(&work);
    for (size_t i = 0; i < work.count; i++)
        svct_setup_free(work.setup[i]);
    return r;
}

const struct svct_command svct_cmd_setup[] = {
    {.group = "setup",
     .operands = "[SERVICE]...",
     .most = SERVICES_MAX,
     .summary = "have PAM ask for tokens, in a service of " SVCT_PAMDIR_FOLDER,
     .text =
         "Puts the lines of pam_svctoken into the service's file: shows the "
         "difference,\n"
         "asks, tries the new file with logins in a namespace of its own (a "
         "token opens, a\n"
         "wrong one does not, people get in as before, also without the "
         "database or the\n"
         "module), and only then puts it in place. A file that is not "
         "understood is left\n"
         "alone, and the lines to put there by hand are said. Without a "
         "service: how each\n"
         "is.\n"
         "\n"
         "  svctoken setup sshd sudo\n"
         "  svctoken setup sshd --dry-run\n"
         "  svctoken setup sshd --undo\n"
         "  svctoken setup\n",
     .options = setup_options,
     .columns = svct_setup_columns,
     .run = run},
    {.group = NULL},
};
