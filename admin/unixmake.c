/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixmake.h"

#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "args.h"
#include "base/parse.h"
#include "base/publook.h"
#include "freeid.h"
#include "home.h"
#include "hostdb.h"
#include "nsswitchfile.h"
#include "policyrange.h"
#include "say.h"
#include "unixgroup.h"
#include "unixid.h"
#include "unixuser.h"

static bool given(const struct svct_unixmake *make,
                  enum svct_unixmake_option option)
{
    return svct_opts_given(&make->call->opts, make->first + option);
}

/* ---- words ---- */

static int read_uid(struct svct_unixmake *make)
{
    uint64_t uid = 0;
    int r = svct_args_get_count(make->call, make->first + SVCT_UNIXMAKE_OPT_UID,
                                SVCT_ID_MOST, &uid);

    if (r != SVCT_EXIT_DONE || uid == 0)
        return r;
    if (!svct_id_is_usable((uint32_t)uid))
        return svct_say_usage(make->call,
                              "--uid: %lu can't be a uid of svctoken: these "
                              "are %lu to %lu, but not 65534 and 65535",
                              (unsigned long)uid, (unsigned long)SVCT_ID_LEAST,
                              (unsigned long)SVCT_ID_MOST);
    make->uid = (uint32_t)uid;
    return SVCT_EXIT_DONE;
}

static int find_gid(const char *text, uint32_t *ret_gid,
                    struct svct_fault *fault)
{
    uint64_t number;
    int r;

    if (svct_parse_number(text, 0, SVCT_ID_MOST, &number) != 0)
        return svct_unixgroup_gid(text, ret_gid, fault);
    r = svct_unixid_gid((uint32_t)number, fault);
    if (r == 0)
        *ret_gid = (uint32_t)number;
    return r;
}

static int read_gid(struct svct_unixmake *make)
{
    const struct svct_call *call = make->call;
    const char *text =
        svct_opts_get(&call->opts, make->first + SVCT_UNIXMAKE_OPT_GID);
    struct svct_fault fault = {0};
    uint32_t gid;
    int r;

    if (text == NULL)
        return SVCT_EXIT_DONE;
    r = find_gid(text, &gid, &fault);
    if (r == SVCT_E_NOTFOUND)
        return svct_say_no(call, "--gid: there is no group %s on this host",
                           svct_say_quote(text).text);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    if (gid == 0)
        return svct_say_usage(call,
                              "--gid: %s has the gid 0, which is root's "
                              "alone",
                              svct_say_quote(text).text);
    make->gid = gid;
    return SVCT_EXIT_DONE;
}

int svct_unixmake_get_path(const struct svct_call *call, size_t index,
                           char ret_path[SVCT_PUB_PATH_MAX + 1])
{
    const char *path = svct_opts_get(&call->opts, index);
    const char *name = call->opts.table[index].name;

    if (path == NULL)
        return SVCT_EXIT_DONE;
    switch (svct_name_check_path(path)) {
    case 0:
        memcpy(ret_path, path, strlen(path) + 1);
        return SVCT_EXIT_DONE;
    case SVCT_E_TOOBIG:
        return svct_say_usage(call, "--%s is too long: at most %d bytes", name,
                              SVCT_PUB_PATH_MAX);
    default:
        return svct_say_usage(call,
                              "--%s: %s is no path: begin with \"/\", without "
                              "\":\" and control characters",
                              name, svct_say_quote(path).text);
    }
}

_Static_assert(sizeof(SVCT_UNIXMAKE_HOMES "/") + SVCT_LOGIN_MAX <=
                   SVCT_PUB_PATH_MAX + 1,
               "each home fits");

void svct_unixmake_default_home(const char *name,
                                char ret_home[SVCT_PUB_PATH_MAX + 1])
{
    snprintf(ret_home, SVCT_PUB_PATH_MAX + 1, "%s/%s", SVCT_UNIXMAKE_HOMES,
             name);
}

static int read_paths(struct svct_unixmake *make, const char *name)
{
    int r;

    svct_unixmake_default_home(name, make->home);
    snprintf(make->shell, sizeof(make->shell), "%s", SVCT_UNIXMAKE_SHELL);
    r = svct_unixmake_get_path(make->call, make->first + SVCT_UNIXMAKE_OPT_HOME,
                               make->home);
    if (r == SVCT_EXIT_DONE)
        r = svct_unixmake_get_path(
            make->call, make->first + SVCT_UNIXMAKE_OPT_SHELL, make->shell);
    return r;
}

/* The first option that is for a user of our own; or NULL. */
static const char *own_option(const struct svct_unixmake *make)
{
    static const enum svct_unixmake_option own[] = {
        SVCT_UNIXMAKE_OPT_UID, SVCT_UNIXMAKE_OPT_GID, SVCT_UNIXMAKE_OPT_HOME,
        SVCT_UNIXMAKE_OPT_SHELL, SVCT_UNIXMAKE_OPT_CREATE_HOME};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (given(make, own[i]))
            return make->call->opts.table[make->first + own[i]].name;
    }
    return NULL;
}

/* ---- a Unix user of the host ---- */

static int check_absent(const struct svct_call *call,
                        const struct svct_snapshot *snapshot, const char *name)
{
    struct svct_account account;

    if (svct_lookup_account(snapshot, name, &account) != 0)
        return SVCT_EXIT_DONE; /* what is wrong with it others tell */
    return svct_say_no(call, "there is a service account \"%s\" already", name);
}

/* Then the host may know the name by us. */
static int check_new(const struct svct_call *call, const char *name)
{
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = check_absent(call, view.snapshot, name);
    svct_access_done(&view);
    return r;
}

static int take_existing(struct svct_unixmake *make, const char *name,
                         const struct svct_unixuser *user)
{
    const struct svct_call *call = make->call;
    const char *option = own_option(make);
    struct svct_fault fault = {0};
    int r = check_new(call, name);

    if (r != SVCT_EXIT_DONE)
        return r;
    if (option != NULL)
        return svct_say_usage(call,
                              "%s is a Unix user of this host (uid %lu), and "
                              "stays what it is: --%s is for one that svctoken "
                              "makes",
                              name, (unsigned long)user->uid, option);
    if (svct_unixuser_check(user, name, given(make, SVCT_UNIXMAKE_OPT_CONVERT),
                            &fault) != 0)
        return svct_say_usage(call, "%s", fault.what);
    make->existing = true;
    make->host_uid = user->uid;
    return SVCT_EXIT_DONE;
}

/* ---- none ---- */

/* The helper asks the name service, and that the host's own database. */
static int check_create_home(const struct svct_unixmake *make)
{
    const struct svct_call *call = make->call;
    char folder[SVCT_PUB_PATH_MAX + 1];

    if (!make->create_home)
        return SVCT_EXIT_DONE;
    if (!svct_home_is_safe(make->home, folder))
        return svct_say_cannot(call,
                               "--create-home: others than root may write in "
                               "%s, and lead astray what root makes there: "
                               "make the home by hand, or take another",
                               svct_say_bare(folder).text);
    if (!svct_hostdb_is(call->db))
        return svct_say_usage(call,
                              "--create-home: the users of another database "
                              "than %s are none of this host",
                              SVCT_DBDIR);
    if (!svct_nsswitchfile_asks(SVCT_NSSWITCH_PASSWD))
        return svct_say_cannot(call,
                               "--create-home: this host does not ask svctoken "
                               "for users yet; \"svctoken nss enable\" first");
    if (!svct_home_can_make())
        return svct_say_cannot(
            call, "--create-home: there is no mkhomedir_helper(8), "
                  "which Linux-PAM has");
    return SVCT_EXIT_DONE;
}

/* It would be in that group from its first login on. */
static int check_listed(const struct svct_unixmake *make, const char *name)
{
    struct svct_fault fault = {0};
    int r = svct_unixuser_check_listed(
        name, given(make, SVCT_UNIXMAKE_OPT_CONVERT), &fault);

    if (r == SVCT_E_POLICY)
        return svct_say_usage(make->call, "%s", fault.what);
    return r < 0 ? svct_say_fault(make->call, r, &fault) : SVCT_EXIT_DONE;
}

static int take_none(const struct svct_unixmake *make, const char *name)
{
    int r;

    if (given(make, SVCT_UNIXMAKE_OPT_EXISTING))
        return svct_say_no(
            make->call,
            "there is no Unix user %s on this host: \"useradd -r "
            "-m -s /bin/bash %s\" makes one; without --existing "
            "it becomes one by svctoken alone",
            name, name);
    r = check_listed(make, name);
    return r == SVCT_EXIT_DONE ? check_create_home(make) : r;
}

static int find_user(struct svct_unixmake *make, const char *name)
{
    struct svct_fault fault = {0};
    struct svct_unixuser user;
    int r = svct_unixuser_find(name, &user, &fault);

    if (r < 0)
        return svct_say_fault(make->call, r, &fault);
    return user.exists ? take_existing(make, name, &user)
                       : take_none(make, name);
}

int svct_unixmake_read(const struct svct_call *call, size_t first,
                       const char *name, struct svct_unixmake *ret_make)
{
    struct svct_unixmake make = {.call = call, .first = first};
    const char *own = own_option(&make);
    int r;

    make.create_home = given(&make, SVCT_UNIXMAKE_OPT_CREATE_HOME);
    if (own != NULL && given(&make, SVCT_UNIXMAKE_OPT_EXISTING))
        return svct_say_usage(call,
                              "--existing and --%s contradict each other: a "
                              "Unix user of the host stays what it is",
                              own);
    r = read_uid(&make);
    if (r == SVCT_EXIT_DONE)
        r = read_paths(&make, name);
    if (r == SVCT_EXIT_DONE)
        r = read_gid(&make);
    if (r == SVCT_EXIT_DONE)
        r = find_user(&make, name);
    if (r == SVCT_EXIT_DONE)
        *ret_make = make;
    return r;
}

/* ---- numbers ---- */

/* Has a group of ours this gid, so that the host may know it by us? A user of
 * ours has one if its gid is its uid. */
static bool is_ours(const struct svct_txn *txn, uint32_t gid,
                    struct svct_pubid *ret_id)
{
    const struct svct_snapshot *snapshot = svct_txn_view(txn, SVCT_PART_PUBLIC);
    struct svct_pubuser user;

    if (svct_publook_id(snapshot, gid, ret_id) != 0)
        return false;
    return ret_id->owner == SVCT_PUBID_GROUP ||
           svct_publook_user(snapshot, ret_id->name, &user) != 0 ||
           user.gid == gid;
}

static int check_gid(const struct svct_unixmake *make,
                     const struct svct_txn *txn)
{
    struct svct_pubid ours;

    if (make->gid == make->uid)
        return svct_say_usage(
            make->call,
            "--uid and --gid: %lu is a group of the host, and "
            "a user with a gid like its uid has a group of "
            "its own; take another uid",
            (unsigned long)make->gid);
    if (is_ours(txn, make->gid, &ours))
        return svct_say_usage(make->call,
                              "--gid: %s is a group that there is by svctoken "
                              "alone; a primary group is one of the host",
                              ours.name);
    return SVCT_EXIT_DONE;
}

/* Its own group will have its name. */
static int check_group(const struct svct_unixmake *make,
                       const struct svct_txn *txn, const char *name)
{
    struct svct_fault fault = {0};
    struct svct_pubid ours;
    uint32_t gid;
    int r = svct_unixgroup_gid(name, &gid, &fault);

    if (r == SVCT_E_NOTFOUND)
        return SVCT_EXIT_DONE;
    if (r < 0)
        return svct_say_fault(make->call, r, &fault);
    if (is_ours(txn, gid, &ours) && strcmp(ours.name, name) == 0)
        return svct_say_no(make->call,
                           "%s is a group of a role, and the account would get "
                           "one of that name: take another name",
                           name);
    return svct_say_no(make->call,
                       "there is a group %s on this host (gid %lu): --gid %s "
                       "makes it the primary group of the account",
                       name, (unsigned long)gid, name);
}

static int check_uid(const struct svct_unixmake *make)
{
    struct svct_fault fault = {0};
    struct svct_unixid owner;
    int r = svct_unixid_owner(make->uid, make->gid != 0, &owner, &fault);

    if (r < 0)
        return svct_say_fault(make->call, r, &fault);
    if (owner.kind == SVCT_UNIXID_NOBODY)
        return SVCT_EXIT_DONE;
    return svct_say_no(make->call,
                       "--uid: %lu is the %s %s on this host; without --uid "
                       "the account gets a number that is free%s",
                       (unsigned long)make->uid, svct_unixid_what(&owner),
                       svct_say_bare(owner.name).text,
                       owner.kind == SVCT_UNIXID_GROUP
                           ? ", and with --gid no group of its own"
                           : "");
}

static int find_range(struct svct_unixmake *make, const struct svct_txn *txn)
{
    struct svct_policy policy;
    int r = svct_lookup_policy(svct_txn_view(txn, SVCT_PART_PRIVATE), &policy);

    if (r < 0)
        return svct_say_code(make->call,
                             r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "the policy");
    make->range = svct_policyrange_get(&policy);
    return SVCT_EXIT_DONE;
}

static int choose_uid(const struct svct_unixmake *make,
                      const struct svct_txn *txn, uint32_t *ret_uid)
{
    int r;

    if (make->uid == 0)
        return svct_freeid_find(make->call, txn, 0, ret_uid);
    r = check_uid(make);
    if (r == SVCT_EXIT_DONE)
        *ret_uid = make->uid;
    return r;
}

int svct_unixmake_assign(struct svct_unixmake *make, const struct svct_txn *txn,
                         struct svct_account *account)
{
    uint32_t uid = 0;
    int r;

    if (make->existing)
        return SVCT_EXIT_DONE;
    r = check_absent(make->call, svct_txn_view(txn, SVCT_PART_PRIVATE),
                     account->name);
    if (r == SVCT_EXIT_DONE)
        r = make->gid != 0 ? check_gid(make, txn)
                           : check_group(make, txn, account->name);
    if (r == SVCT_EXIT_DONE)
        r = find_range(make, txn);
    if (r == SVCT_EXIT_DONE)
        r = choose_uid(make, txn, &uid);
    if (r != SVCT_EXIT_DONE)
        return r;
    account->uid = uid;
    account->gid = make->gid != 0 ? make->gid : uid;
    memcpy(account->home, make->home, sizeof(account->home));
    memcpy(account->shell, make->shell, sizeof(account->shell));
    return SVCT_EXIT_DONE;
}

/* ---- words about it ---- */

#define FEW_LEFT 1000

static void say_left(const struct svct_unixmake *make, uint32_t uid)
{
    uint32_t left = svct_idrange_left(&make->range, uid + 1);

    if (!svct_idrange_holds(&make->range, uid) || left >= FEW_LEFT)
        return;
    svct_say("%lu number%s left in the range of uids and gids, %lu to %lu, "
             "and none is given twice: \"svctoken policy set "
             "uid_range=MIN-MAX\" with a MAX above it makes more",
             (unsigned long)left, left == 1 ? " is" : "s are",
             (unsigned long)make->range.min, (unsigned long)make->range.max);
}

void svct_unixmake_say_home(const char *home, uint32_t uid)
{
    uid_t owner;

    switch (svct_home_look(home, uid, &owner)) {
    case SVCT_HOME_OTHERS:
        svct_say("the home %s is there already, and is not this user's but "
                 "that of the uid %lu",
                 svct_say_bare(home).text, (unsigned long)owner);
        break;
    case SVCT_HOME_NONE:
        svct_say("the home %s is no folder", svct_say_bare(home).text);
        break;
    default:
        break;
    }
}

/* A folder may be executable, too. */
static bool can_run(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

void svct_unixmake_say_shell(const char *shell)
{
    if (!can_run(shell))
        svct_say("the shell %s can't be run on this host: no login will "
                 "succeed",
                 svct_say_bare(shell).text);
    else if (!svct_unixuser_lists_shell(shell))
        svct_say("the shell %s is not in /etc/shells: some services let nobody "
                 "in who has it",
                 svct_say_bare(shell).text);
}

/* write/ids.h: such a number is the administrator's own to keep. */
static void say_outside(const struct svct_unixmake *make, uint32_t uid)
{
    if (!svct_idrange_holds(&make->range, uid))
        svct_say("the uid %lu is outside of the range of uids and gids: once "
                 "the account is gone it is not remembered, so give it to "
                 "nobody else then",
                 (unsigned long)uid);
}

/* Rules that name a group do not ask where it is from. */
static void say_group(const struct svct_account *account)
{
    const char *name = svct_unixgroup_powerful(account->gid);

    if (account->gid == account->uid)
        name = svct_unixgroup_is_powerful(account->name) ? account->name : NULL;
    if (name != NULL)
        svct_say("its group is %s: who is in that may become root with it, or "
                 "read what root alone should",
                 name);
}

static void say_own(const struct svct_unixmake *make,
                    const struct svct_account *account)
{
    svct_say("%s is a Unix user by svctoken alone: uid %lu, gid %lu, home %s, "
             "shell %s",
             account->name, (unsigned long)account->uid,
             (unsigned long)account->gid, svct_say_bare(account->home).text,
             svct_say_bare(account->shell).text);
    svct_unixmake_say_home(account->home, account->uid);
    svct_unixmake_say_shell(account->shell);
    say_group(account);
    say_left(make, account->uid);
    say_outside(make, account->uid);
    if (svct_hostdb_is(make->call->db) &&
        !svct_nsswitchfile_asks(SVCT_NSSWITCH_PASSWD))
        svct_say("this host does not ask svctoken for users yet: \"svctoken "
                 "nss enable\"");
}

void svct_unixmake_say(const struct svct_unixmake *make,
                       const struct svct_account *account)
{
    if (make->existing)
        svct_say("%s is a Unix user of this host (uid %lu) and stays what it "
                 "is",
                 account->name, (unsigned long)make->host_uid);
    else
        say_own(make, account);
}

/* ---- its home ---- */

int svct_unixmake_home(const struct svct_unixmake *make,
                       const struct svct_account *account)
{
    uid_t owner;

    /* Whose it is was said. */
    if (!make->create_home ||
        svct_home_look(account->home, account->uid, &owner) != SVCT_HOME_ABSENT)
        return SVCT_EXIT_DONE;
    if (svct_home_make(account->name) &&
        svct_home_look(account->home, account->uid, &owner) == SVCT_HOME_THERE)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(make->call,
                           "the account %s is made, and its home %s is not: "
                           "mkhomedir_helper(8) failed; \"mkhomedir_helper %s "
                           "0077\" tries again",
                           account->name, svct_say_bare(account->home).text,
                           account->name);
}
