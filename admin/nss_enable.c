/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nss_enable.h"

#include <errno.h>
#include <shadow.h>
#include <stdlib.h>

#include "access.h"
#include "hostdb.h"
#include "nscd.h"
#include "nsscheck.h"
#include "nsswitchfile.h"
#include "out.h"
#include "say.h"
#include "tty.h"

#define FILE_PATH SVCT_NSSWITCH_FOLDER "/" SVCT_NSSWITCH_FILE
#define BACKUP_PATH SVCT_NSSWITCH_FOLDER "/" SVCT_NSSWITCH_BACKUP

/* What was read, and what shall be. */
struct work {
    struct svct_nsswitchfile file;
    struct svct_nsswitch_text text;
};

typedef int edit_fn(const struct svct_nsswitch_text *text,
                    struct svct_nsswitch_text *ret_text,
                    struct svct_fault *fault);

/* That it is not understood is no mistake of the command line. */
static int say_why_not(const struct svct_call *call, int code,
                       const struct svct_fault *fault)
{
    if (code == SVCT_E_SYNTAX || code == SVCT_E_NOTFOUND)
        return svct_say_cannot(call, FILE_PATH " stays as it is: %s",
                               svct_say_bare_long(fault->what).text);
    svct_say_fault(call, code, fault);
    return SVCT_EXIT_CANNOT;
}

/* Each edit adds to the text, or takes from it. */
static bool differs(const struct work *work)
{
    return work->text.len != work->file.text.len;
}

/* What can't be written, as the link that authselect(8) makes, may be as it
 * shall be. */
static bool is_so_already(edit_fn *edit, struct work *work)
{
    return svct_nsswitchfile_look(SVCT_NSSWITCH_FOLDER, &work->file, NULL) ==
               0 &&
           edit(&work->file.text, &work->text, NULL) == 0 && !differs(work);
}

static int plan(const struct svct_call *call, edit_fn *edit, struct work *work,
                bool *ret_changes)
{
    struct svct_fault fault = {0};
    int r = svct_nsswitchfile_read(SVCT_NSSWITCH_FOLDER, &work->file, &fault);

    if (r == 0)
        r = edit(&work->file.text, &work->text, &fault);
    if (r < 0 && !is_so_already(edit, work))
        return say_why_not(call, r, &fault);
    *ret_changes = differs(work);
    return SVCT_EXIT_DONE;
}

/* ---- the change ---- */

/* The lock that useradd(8) and others take. */
static int replace(const struct work *work, struct svct_fault *fault)
{
    int r;

    if (lckpwdf() != 0)
        return svct_fault_errno(fault, errno, "can't lock /etc/.pwd.lock");
    r = svct_nsswitchfile_replace(SVCT_NSSWITCH_FOLDER, &work->file,
                                  &work->text, fault);
    ulckpwdf();
    return r;
}

static struct svct_nsswitch_words words_of(
    const struct svct_nsswitch_text *text, enum svct_nsswitch_database database)
{
    struct svct_nsswitch_line line = {.there = false};

    svct_nsswitch_look(text, database, &line, NULL);
    return svct_nsswitch_show(text, &line);
}

/* Without the name of the database, which the log has in front of it. */
static const char *services_of(const struct svct_nsswitch_words *line)
{
    const char *text = line->text + strcspn(line->text, ": ");

    return text + strspn(text, ": ");
}

/* Each line that is another one now, before and after. */
static void tell_lines(const struct work *work, struct svct_audit *audit)
{
    for (unsigned i = 0; i < SVCT_NSSWITCH_DATABASES; i++) {
        enum svct_nsswitch_database database = (enum svct_nsswitch_database)i;
        struct svct_nsswitch_words before, after;

        before = words_of(&work->file.text, database);
        after = words_of(&work->text, database);
        if (strcmp(before.text, after.text) == 0)
            continue;
        svct_say("was: %s\nnow: %s", before.text, after.text);
        svct_audit_change(audit, svct_nsswitch_name(database),
                          services_of(&before), services_of(&after));
    }
}

static int put_back(const struct svct_call *call, const struct work *work)
{
    struct svct_fault fault = {0};
    int r =
        svct_nsswitchfile_put_back(SVCT_NSSWITCH_FOLDER, &work->text, &fault);

    if (r < 0)
        return svct_say_cannot(
            call,
            "root is not found any more, and the file could "
            "not be put back: %s; do it at once: mv " BACKUP_PATH " " FILE_PATH,
            fault.what);
    return svct_say_cannot(call,
                           "with the new lines root is not found: " FILE_PATH
                           " is again as it was");
}

static void say_done(void)
{
    svct_say("the file as it was is " BACKUP_PATH);
    svct_say(svct_nsscheck_rereads()
                 ? "programs that run see it at their next look"
                 : "programs that run see it at their next start");
    svct_nscd_tell();
}

static int change(const struct svct_call *call, const char *action,
                  const struct work *work)
{
    struct svct_fault fault = {0};
    struct svct_audit audit;
    int r;

    svct_access_hold_signals(NULL);
    r = replace(work, &fault);
    if (r < 0)
        return say_why_not(call, r, &fault);
    if (!svct_nsscheck_finds_anew("root"))
        return put_back(call, work);
    svct_audit_begin(&audit, action);
    tell_lines(work, &audit);
    say_done();
    return svct_access_note(call, &audit);
}

static int print_result(const struct svct_call *call, bool changed)
{
    json_t *object;

    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = json_object();
    svct_out_put(&object, "changed", json_boolean(changed));
    svct_out_put(&object, "backup",
                 changed ? json_string(BACKUP_PATH) : json_null());
    return svct_out_json(call, object);
}

/* ---- enable ---- */

static int check_module(const struct svct_call *call)
{
    struct svct_fault fault = {0};

    if (svct_nsscheck_module(&fault) == 0)
        return svct_nsscheck_survives()
                   ? SVCT_EXIT_DONE
                   : svct_say_cannot(call,
                                     "the module " SVCT_NSSCHECK_MODULE
                                     " ends programs that ask it (\"getent -s "
                                     "svctoken passwd svctoken-ask\"): install "
                                     "it anew first");
    return svct_say_cannot(call, "install the module first: %s",
                           svct_say_bare_long(fault.what).text);
}

/* Of the host's own database: the module reads no other. */
static int check_account(const struct svct_call *call)
{
    struct svct_nsscheck_accounts accounts;

    if (!svct_hostdb_is(call->db) ||
        svct_nsscheck_accounts(call->db, &accounts, NULL) < 0 ||
        accounts.first[0] == '\0' || svct_nsscheck_finds_anew(accounts.first))
        return SVCT_EXIT_DONE;
    return svct_say_cannot(call,
                           "svctoken is asked now, but the account %s is not "
                           "found: \"svctoken nss status\" says more",
                           accounts.first);
}

static int enable(const struct svct_call *call, struct work *work)
{
    bool changes;
    int r = plan(call, svct_nsswitch_enable, work, &changes);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (changes)
        r = change(call, "nss-enable", work);
    else
        svct_say(FILE_PATH " asks svctoken already");
    if (r == SVCT_EXIT_DONE)
        r = check_account(call);
    return r == SVCT_EXIT_DONE ? print_result(call, changes) : r;
}

int svct_nss_enable(const struct svct_call *call)
{
    struct work *work;
    int r = check_module(call);

    if (r != SVCT_EXIT_DONE)
        return r;
    work = malloc(sizeof(*work));
    r = work != NULL ? enable(call, work)
                     : svct_say_fault(call, SVCT_E_NOMEM, NULL);
    free(work);
    return r;
}

/* ---- disable ---- */

enum {
    DISABLE_YES
};

const struct svct_opt svct_nss_disable_options[] = {
    [DISABLE_YES] = {"yes", NULL, 0, "do not ask"},
    {NULL, NULL, 0, NULL},
};

/* Who would be unknown, for a sentence; false: nobody. */
static bool name_losers(const struct svct_call *call, char *out, size_t size)
{
    struct svct_nsscheck_accounts accounts = {.first = ""};
    int r = svct_nsscheck_accounts(call->db, &accounts, NULL);

    if (r < 0)
        snprintf(out, size,
                 "nobody can tell which accounts (the database "
                 "can't be read)");
    else
        snprintf(out, size, "%llu account%s",
                 (unsigned long long)accounts.alone,
                 svct_say_s(accounts.alone));
    return r != SVCT_E_NODB && (r < 0 || accounts.alone > 0);
}

static int confirm(const struct svct_call *call)
{
    char losers[100], question[240];

    if (svct_opts_given(&call->opts, DISABLE_YES) ||
        !name_losers(call, losers, sizeof(losers)))
        return SVCT_EXIT_DONE;
    snprintf(question, sizeof(question),
             "%s will be no Unix user of this host any more: no login, no "
             "sudo, no cron.\nTake svctoken out of " FILE_PATH "?",
             losers);
    if (!svct_tty_present())
        return svct_say_usage(call,
                              "there is no terminal to ask at whether %s shall "
                              "be no Unix user of this host any more: give "
                              "--yes",
                              losers);
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was changed");
}

static int disable(const struct svct_call *call, struct work *work)
{
    bool changes;
    int r = plan(call, svct_nsswitch_disable, work, &changes);

    if (r == SVCT_EXIT_DONE && !changes)
        svct_say(FILE_PATH " does not ask svctoken: nothing to do");
    if (r == SVCT_EXIT_DONE && changes)
        r = confirm(call);
    if (r == SVCT_EXIT_DONE && changes)
        r = change(call, "nss-disable", work);
    return r == SVCT_EXIT_DONE ? print_result(call, changes) : r;
}

int svct_nss_disable(const struct svct_call *call)
{
    struct work *work = malloc(sizeof(*work));
    int r = work != NULL ? disable(call, work)
                         : svct_say_fault(call, SVCT_E_NOMEM, NULL);

    free(work);
    return r;
}
