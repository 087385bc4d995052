/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "setup.h"

#include <errno.h>
#include <unistd.h>

#include "access.h"
#include "out.h"
#include "say.h"
#include "tty.h"
#include "udiff.h"

/* Taking the lines of one service out again. */
struct undo {
    const struct svct_call *call;
    const char *service;
    char path[SVCT_PAMCONF_PATH_MAX];
    char backup[SVCT_PAMDIR_NAME + 20]; /* the name of that file */
    struct svct_etcfile now, before;
    struct svct_pamedit edit; /* what setup makes of the backup */
    char *diff;
    bool changes;
};

/* ---- what is there ---- */

/* The backup as the service's file. */
static int open_backup(void *arg, const char *name, char **ret_data,
                       size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                       struct svct_fault *fault)
{
    const struct undo *undo = arg;

    if (strcmp(name, undo->service) != 0)
        return svct_pamdir_open(NULL, name, ret_data, ret_len, ret_path, fault);
    *ret_data = malloc(undo->before.len + 1);
    if (*ret_data == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    memcpy(*ret_data, undo->before.data, undo->before.len);
    *ret_len = undo->before.len;
    snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "%s", undo->path);
    return 0;
}

/* Is the file what setup makes of its backup? */
static bool is_ours(struct undo *undo)
{
    struct svct_pamconf *conf = NULL;
    bool same =
        svct_pamconf_read(undo->service, open_backup, undo, &conf, NULL) == 0 &&
        svct_pamedit(conf, undo->before.data, undo->before.len, &undo->edit,
                     NULL) == 0 &&
        undo->edit.len == undo->now.len &&
        memcmp(undo->edit.text, undo->now.data, undo->now.len) == 0;

    svct_pamconf_free(conf);
    return same;
}

static bool has_ours(const char *service)
{
    struct svct_setup *setup = NULL;
    bool has = svct_setup_look(service, &setup, NULL) == 0 &&
               (setup->walk.asks[SVCT_PAMCONF_AUTH] ||
                setup->walk.asks[SVCT_PAMCONF_ACCOUNT] ||
                setup->walk.asks[SVCT_PAMCONF_SESSION]);

    svct_setup_free(setup);
    return has;
}

static int by_hand(const struct undo *undo, const char *why)
{
    int r =
        svct_say_cannot(undo->call, "%s stays as it is: %s", undo->path, why);

    svct_say("take the lines with pam_svctoken.so out by hand, and keep a root "
             "shell open until you have tried a login");
    return r;
}

static int make_diff(struct undo *undo)
{
    struct svct_udiff_text old = {undo->path, undo->now.data, undo->now.len};
    struct svct_udiff_text new = {undo->path, undo->before.data,
                                  undo->before.len};

    return svct_udiff(&old, &new, &undo->diff) == 0
               ? SVCT_EXIT_DONE
               : svct_say_fault(undo->call, SVCT_E_NOMEM, NULL);
}

static int look(struct undo *undo)
{
    struct svct_etcfile_place place = {SVCT_PAMDIR_FOLDER, undo->service, NULL};
    struct svct_etcfile_place backup = {SVCT_PAMDIR_FOLDER, undo->backup, NULL};
    struct svct_fault fault = {0};
    int r = svct_etcfile_read(&place, &undo->now, &fault);

    if (r == SVCT_E_NOTFOUND)
        return svct_say_usage(undo->call, "there is no service file %s",
                              undo->path);
    if (r < 0)
        return svct_say_cannot(undo->call, "%s", fault.what);
    if (!has_ours(undo->service)) {
        svct_say("%s does not ask svctoken: nothing to do", undo->service);
        return SVCT_EXIT_DONE;
    }
    r = svct_etcfile_read(&backup, &undo->before, &fault);
    if (r == SVCT_E_NOTFOUND)
        return by_hand(undo, "there is no backup of it by setup");
    if (r < 0)
        return by_hand(undo, fault.what);
    if (!is_ours(undo))
        return by_hand(undo, "it was changed since setup, or was set up in "
                             "another way");
    undo->changes = true;
    return make_diff(undo);
}

/* ---- doing ---- */

static int confirm(const struct undo *undo, bool yes)
{
    if (yes)
        return SVCT_EXIT_DONE;
    if (!svct_tty_present())
        return svct_say_usage(undo->call,
                              "there is no terminal to ask at whether %s shall "
                              "take no tokens any more: give --yes",
                              undo->service);
    if (svct_tty_confirm("Put this back? No token opens it then."))
        return SVCT_EXIT_DONE;
    return svct_say_no(undo->call, "nothing was changed");
}

static int put_back(const struct undo *undo)
{
    struct svct_etcfile_place place = {SVCT_PAMDIR_FOLDER, undo->service, NULL};
    struct svct_fault fault = {0};
    struct svct_audit audit;
    int r;

    svct_access_hold_signals(NULL);
    r = svct_etcfile_put_back(&place, undo->edit.text, undo->edit.len, &fault);
    if (r < 0)
        return svct_say_cannot(undo->call, "%s stays as it is: %s", undo->path,
                               svct_say_bare_long(fault.what).text);
    svct_say("%s is as it was before setup", undo->path);
    svct_audit_begin(&audit, "setup-undo");
    svct_audit_add(&audit, "service", undo->service);
    svct_audit_add(&audit, "file", undo->path);
    return svct_access_note(undo->call, &audit);
}

static int print_result(const struct undo *undo, bool done)
{
    json_t *object;

    if (!undo->call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "service", json_string(undo->service));
    svct_out_put(&object, "changed", json_boolean(done && undo->changes));
    svct_out_put(&object, "diff", svct_setup_diff(undo->diff));
    return svct_out_json(undo->call, object);
}

static int change(const struct undo *undo, bool yes)
{
    int fd = -1, r = confirm(undo, yes);

    if (r == SVCT_EXIT_DONE)
        r = svct_setup_lock(undo->call, &fd);
    if (r == SVCT_EXIT_DONE)
        r = put_back(undo);
    if (fd >= 0)
        close(fd);
    return r;
}

static int run(struct undo *undo, bool yes, bool dry_run)
{
    int r = look(undo);

    if (r == SVCT_EXIT_DONE && undo->diff != NULL)
        svct_setup_show(undo->call, undo->diff, !yes && !dry_run);
    if (r == SVCT_EXIT_DONE && undo->changes && !dry_run)
        r = change(undo, yes);
    return r == SVCT_EXIT_DONE ? print_result(undo, !dry_run) : r;
}

int svct_setup_undo(const struct svct_call *call, bool yes, bool dry_run)
{
    const char *service = svct_opts_operand(&call->opts, 0);
    struct undo *undo;
    int r;

    if (call->opts.operands != 1)
        return svct_say_usage(call, "--undo takes one service at a time");
    if (!svct_pamdir_is_service(service))
        return svct_say_usage(call, "%s is no name of a service",
                              svct_say_quote(service).text);
    undo = calloc(1, sizeof(*undo));
    if (undo == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    undo->call = call;
    undo->service = service;
    snprintf(undo->path, sizeof(undo->path), SVCT_PAMDIR_FOLDER "/%s", service);
    snprintf(undo->backup, sizeof(undo->backup), "%s" SVCT_ETCFILE_BACKUP,
             service);
    r = run(undo, yes, dry_run);
    free(undo->diff);
    free(undo);
    return r;
}
