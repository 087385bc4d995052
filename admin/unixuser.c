/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "unixuser.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <unistd.h>

#include "unixid.h"

#define GROUPS_MAX 65536  /* more than the kernel lets anybody have */
#define NOBODYS_GID 65534 /* a primary gid to ask with: none of telling() */

/* crypt(3) gives none of these first characters. */
static bool is_usable(const char *hash)
{
    return hash == NULL || (hash[0] != '!' && hash[0] != '*');
}

static int find_password(const struct passwd *pw, bool *ret_usable,
                         struct svct_fault *fault)
{
    struct spwd *shadow;
    int r;

    errno = 0;
    shadow = getspnam(pw->pw_name);
    if (shadow != NULL) {
        *ret_usable = is_usable(shadow->sp_pwdp);
        return 0;
    }
    if (errno == EACCES || geteuid() != 0)
        return svct_fault_set(fault, SVCT_E_ACCESS, errno,
                              "can't read the password of %s", pw->pw_name);
    r = svct_unixid_absence(errno, "password of", pw->pw_name, fault);
    if (r != SVCT_E_NOTFOUND)
        return r;
    *ret_usable = strcmp(pw->pw_passwd, "x") != 0 && is_usable(pw->pw_passwd);
    return 0;
}

static bool is_one_of(gid_t gid, const gid_t *groups, int count)
{
    for (int i = 0; i < count; i++) {
        if (groups[i] == gid)
            return true;
    }
    return false;
}

/* The first group of a kind that people who administer hosts are in. */
static const char *telling(const gid_t *groups, int count)
{
    static const char *const names[] = {"sudo", "wheel", "adm"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct group *group = getgrnam(names[i]);

        if (group != NULL && is_one_of(group->gr_gid, groups, count))
            return names[i];
    }
    return NULL;
}

static int find_group(const char *name, gid_t gid, const char **ret_group,
                      struct svct_fault *fault)
{
    gid_t *groups = NULL;
    int count = 64;

    for (;;) {
        int room = count <= GROUPS_MAX ? count : GROUPS_MAX;
        gid_t *more = reallocarray(groups, (size_t)room, sizeof(*groups));

        if (more == NULL)
            break;
        groups = more;
        count = room;
        if (getgrouplist(name, gid, groups, &count) >= 0) {
            *ret_group = telling(groups, count);
            free(groups);
            return 0;
        }
        if (room == GROUPS_MAX)
            break;
        count = count > room ? count : room * 2;
    }
    free(groups);
    return svct_fault_set(fault, SVCT_E_NOMEM, 0, "can't tell the groups of %s",
                          name);
}

void svct_unixuser_each(void (*visit)(void *arg, const char *name, uid_t uid),
                        void *arg)
{
    struct passwd *pw;

    setpwent();
    while ((pw = getpwent()) != NULL)
        visit(arg, pw->pw_name, pw->pw_uid);
    endpwent();
}

int svct_unixuser_uid(const char *name, uid_t *ret_uid)
{
    struct passwd *pw;

    errno = 0;
    pw = getpwnam(name);
    if (pw == NULL)
        return svct_unixid_absence(errno, "user", name, NULL);
    *ret_uid = pw->pw_uid;
    return 0;
}

bool svct_unixuser_lists_shell(const char *shell)
{
    const char *listed;

    setusershell();
    do {
        listed = getusershell();
    } while (listed != NULL && strcmp(listed, shell) != 0);
    endusershell();
    return listed != NULL;
}

int svct_unixuser_find(const char *name, struct svct_unixuser *ret_user,
                       struct svct_fault *fault)
{
    struct svct_unixuser user = {0};
    struct passwd *pw;
    gid_t gid;
    int r;

    errno = 0;
    pw = getpwnam(name);
    if (pw == NULL) {
        r = svct_unixid_absence(errno, "user", name, fault);
        if (r != SVCT_E_NOTFOUND)
            return r;
        *ret_user = user;
        return 0;
    }
    user.exists = true;
    user.uid = pw->pw_uid;
    gid = pw->pw_gid;
    r = user.uid == 0 ? 0 : find_password(pw, &user.password, fault);
    if (r == 0)
        r = find_group(name, gid, &user.group, fault);
    if (r == 0)
        *ret_user = user;
    return r;
}

static int check_group(const char *group, const char *name, bool convert,
                       struct svct_fault *fault)
{
    if (group == NULL || convert)
        return 0;
    return svct_fault_set(fault, SVCT_E_POLICY, 0,
                          "%s is in the group %s, so a person may use it: "
                          "take it out (gpasswd -d %s %s) or give --convert",
                          name, group, name, group);
}

int svct_unixuser_check(const struct svct_unixuser *user, const char *name,
                        bool convert, struct svct_fault *fault)
{
    if (user->uid == 0)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "%s has the uid 0: root can't be a service "
                              "account",
                              name);
    /* Wherever PAM does without the module (a service without its lines, a
     * program short of memory) the password would still open the account. */
    if (user->password)
        return svct_fault_set(fault, SVCT_E_POLICY, 0,
                              "%s has a password, so a person may use it: if "
                              "it shall be a service account, lock the "
                              "password first (passwd -l %s)",
                              name, name);
    return check_group(user->group, name, convert, fault);
}

int svct_unixuser_check_listed(const char *name, bool convert,
                               struct svct_fault *fault)
{
    const char *group;
    int r = find_group(name, NOBODYS_GID, &group, fault);

    return r == 0 ? check_group(group, name, convert, fault) : r;
}

const char *svct_unixuser_person(const char *name)
{
    struct svct_unixuser user;

    if (svct_unixuser_find(name, &user, NULL) != 0)
        return "whether a person uses it here can't be told";
    if (!user.exists)
        return NULL;
    if (user.uid == 0)
        return "has the uid 0 here";
    if (user.password)
        return "has a password here";
    return user.group != NULL ? "is in sudo, wheel or adm here" : NULL;
}
