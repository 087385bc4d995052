/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/usage.h"
#include "auth/use.h"
#include "base/safefile.h"
#include "nss_svctoken.h"

/*
 * Logins: all phases of a session of a real libpam, with the lines of README.md,
 * in a child of its own. Behind them stands pam_deny for service accounts, and
 * for people pam_permit, which lets in whoever we let out of the way.
 *
 * Lookups: each entry point of the name service module as it was built.
 */

#define DB FAULTS_LOGIN_DB
#define NSS_DB SVCT_DBDIR
#define OURS "daemon"
#define PERSON "games"

/* ---- the child tells here ---- */

static struct {
    bool started, ended;
    int auth, account, cred, session, close;
    int descriptors; /* more than before */
    char log[1024];  /* the first line of ours */
    bool secret;     /* is in the log */
    char lookups[4096];
} * told;

static struct minted tokens[8];

enum expected {
    VALID,      /* granted, or could not decide */
    LIMITED,    /* the same, and it is counted */
    REFUSED,    /* never granted */
    WHO_IS_OUT, /* not a service account: as without us */
    BY_KEY,     /* the account phase alone */
    OFF_BY_KEY,
};

struct login {
    const char *user;
    int token; /* of tokens; -1: another text */
    enum expected expected;
    bool first; /* there is no key of the session marker yet */
};

/* ---- what there is to log in with ---- */

enum {
    T_VALID,
    T_REVOKED,
    T_EXPIRED,
    T_FORGED,
    T_USED,
    T_TEN,
    T_OTHER
};

static void add(int which, const char *account, int64_t expires,
                uint32_t max_uses)
{
    struct svct_token token = dbmake_token(account, "x");

    snprintf(token.name, sizeof token.name, "t%d", which);
    if (expires != 0)
        token.expires = expires;
    token.max_uses = max_uses;
    tokens[which] = dbmake_add_token(DB, &token);
}

static void make_accounts(void)
{
    struct svct_account account = dbmake_account(OURS, "Admin");

    dbmake_add_account(DB, &account);
    account = dbmake_account("bin", "Admin");
    dbmake_add_account(DB, &account);
    account = dbmake_account("sys", "Admin");
    account.disabled = true;
    dbmake_add_account(DB, &account);
}

static void make_tokens(void)
{
    add(T_VALID, OURS, 0, 0);
    add(T_REVOKED, OURS, 0, 0);
    dbmake_revoke_token(DB, tokens[T_REVOKED].id);
    add(T_EXPIRED, OURS, time(NULL) - 60, 0);
    add(T_USED, OURS, 0, 1);
    add(T_TEN, OURS, 0, 10);
    add(T_OTHER, "bin", 0, 0);
    tokens[T_FORGED] = dbmake_forge(tokens[T_VALID].id);
}

static void make_stack(const char *service, const char *behind)
{
    char path[200], text[2000];

    snprintf(path, sizeof path, PAMHOST_CONFDIR "/%s", service);
    snprintf(text, sizeof text,
             "auth [success=done user_unknown=ignore authinfo_unavail=ignore "
             "ignore=ignore module_unknown=ignore default=die] " PAMHOST_MODULE
             " db=" DB "\n"
             "auth required %s\n"
             "account [success=done new_authtok_reqd=done ignore=ignore "
             "module_unknown=ignore default=die] " PAMHOST_MODULE " db=" DB "\n"
             "account required %s\n"
             "session optional " PAMHOST_MODULE " db=" DB "\n"
             "session required pam_permit.so\n",
             behind, behind);
    privdir_write(path, text);
}

/* ---- one login ---- */

static int descriptors(void)
{
    return privdir_entries("/proc/self/fd");
}

static void play(const struct login *login, pam_handle_t *pamh)
{
    bool by_key = login->expected == BY_KEY || login->expected == OFF_BY_KEY;

    if (!by_key)
        told->auth = pam_authenticate(pamh, 0);
    if (!by_key && told->auth != PAM_SUCCESS)
        return;
    told->account = pam_acct_mgmt(pamh, 0);
    if (told->account != PAM_SUCCESS)
        return;
    told->cred = pam_setcred(pamh, PAM_ESTABLISH_CRED);
    told->session = pam_open_session(pamh, 0);
    told->close = pam_close_session(pamh, 0);
}

static bool is_person(const struct login *login)
{
    return login->expected == WHO_IS_OUT;
}

static bool any_token_told(void)
{
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if (tokens[i].id[0] != '\0' && pamhost_log_tells(&tokens[i]))
            return true;
    return false;
}

/* What libpam itself needs to begin is a person's own trouble: for them the
 * calls count once it has. */
static void log_in(const struct login *login)
{
    struct pamhost host;
    int before = descriptors();

    pamhost_log_clear();
    if (!is_person(login))
        callfail_begin();
    pamhost_start(&host, is_person(login) ? "person" : "ours", login->user);
    told->started = true;
    if (login->token >= 0)
        host.token = &tokens[login->token];
    else
        host.text = "a person's password";
    if (is_person(login))
        callfail_begin();
    play(login, host.pamh);
    pamhost_end(&host);
    callfail_end();
    told->descriptors = descriptors() - before;
    snprintf(told->log, sizeof told->log, "%s", pamhost_log_line(0)->text);
    told->secret = any_token_told();
    told->ended = true;
}

/* That libpam can't begin is said there again and again. */
static void stand_apart(void)
{
    if (freopen("/dev/null", "we", stderr) == NULL)
        _exit(98);
}

static pid_t start_login(const struct faults_target *target,
                         const struct faults_trial *trial)
{
    pid_t pid;

    (void)trial;
    fflush(stdout);
    pid = fork();
    if (pid != 0)
        return pid;
    stand_apart();
    calltrace_me();
    log_in(target->arg);
    _exit(0);
}

static uint32_t uses_of(const struct minted *minted)
{
    struct svct_fault fault = {0};
    struct svct_snapshot *snapshot;
    struct svct_token token;
    uint32_t uses = 0;
    int fd;

    if (svct_safefile_open_dir(DB, &fd, &fault) != 0 ||
        svct_snapshot_open(fd, SVCT_PART_PRIVATE, &snapshot, &fault) != 0 ||
        svct_lookup_token(snapshot, minted->id, &token) != 0 ||
        svct_use_count(fd, token.slot, minted->id, &uses, &fault) != 0)
        faults_die("uses: %s", fault.what);
    svct_snapshot_free(snapshot);
    close(fd);
    return uses;
}

/* The slots as they were: a note of a use is due again. */
static struct {
    char bytes[2 * SVCT_USAGE_GROUP * SVCT_USAGE_SLOT];
    size_t len;
} usage;

static void keep_usage(void)
{
    FILE *file = fopen(DB "/usage", "re");

    usage.len =
        file != NULL ? fread(usage.bytes, 1, sizeof usage.bytes, file) : 0;
    if (usage.len == 0)
        faults_die("no usage");
    fclose(file);
}

static void restore_usage(void)
{
    FILE *file = fopen(DB "/usage", "r+e");

    if (file == NULL || fwrite(usage.bytes, 1, usage.len, file) != usage.len ||
        fclose(file) != 0)
        faults_die("usage: %s", strerror(errno));
}

static void prepare_login(const struct faults_target *target)
{
    const struct login *login = target->arg;

    memset(told, 0, sizeof *told);
    told->auth = told->account = told->cred = told->session = told->close = -1;
    if (login->first)
        privdir_remove(SVCT_RUNDIR);
    restore_usage();
}

/* ---- what came of it ---- */

static bool says(const char *words)
{
    return strstr(told->log, words) != NULL;
}

/* Whoever starts the program may be the one who leaves it no memory and no
 * descriptors: then nobody is let out of the way (pam_svctoken(8)). */
static bool is_short(const struct callfail_run *run)
{
    return run->hit &&
           (run->trial.error == ENOMEM || run->trial.error == EMFILE ||
            run->trial.error == ENFILE);
}

static bool all_went_well(void)
{
    return told->account == PAM_SUCCESS && told->cred == PAM_SUCCESS &&
           told->session == PAM_SUCCESS && told->close == PAM_SUCCESS;
}

static void look_at_person(const struct callfail_run *run)
{
    bool good = told->auth == PAM_SUCCESS && all_went_well();

    if (!good && is_short(run) && told->auth == PAM_SUCCESS &&
        told->account == PAM_AUTHINFO_UNAVAIL)
        faults_odd();
    else if (!good)
        faults_bad("a person: auth %d, account %d, setcred %d, session %d, "
                   "%d: %s",
                   told->auth, told->account, told->cred, told->session,
                   told->close, told->log);
    faults_came(good);
}

/* Not decided: ignored (pam_deny's code), or refused for that. And libpam may
 * not have been able to load the module that stands behind. */
static bool is_undecided(int code)
{
    return code == PAM_AUTHINFO_UNAVAIL || code == PAM_AUTH_ERR ||
           code == PAM_MODULE_UNKNOWN;
}

static bool is_closed_well(void)
{
    return (told->session == PAM_SUCCESS && told->close == PAM_SUCCESS) ||
           told->session == PAM_MODULE_UNKNOWN;
}

static void look_at_valid(const struct callfail_run *run, bool limited)
{
    bool granted = told->auth == PAM_SUCCESS;

    if (!granted && !run->hit)
        faults_bad("it is refused: %s", told->log);
    if (!granted && says("denied") &&
        !(limited && says("reason=usage_unavailable")))
        faults_bad("a valid token is denied: %s", told->log);
    if (granted && told->account != PAM_SUCCESS && !is_undecided(told->account))
        faults_bad("then the account phase gives %d: %s", told->account,
                   told->log);
    if (granted && told->account == PAM_SUCCESS && !is_closed_well())
        faults_bad("its session: %d, %d", told->session, told->close);
    if (granted && !run->hit && !all_went_well())
        faults_bad("setcred gives %d", told->cred);
    faults_came(granted);
}

static void look_at_uses(bool granted)
{
    uint32_t uses = uses_of(&tokens[T_TEN]);

    if (uses > 1 || (granted && uses != 1))
        faults_bad("%u uses, and it is %s", (unsigned)uses,
                   granted ? "granted" : "refused");
}

static void look_at_refused(const struct callfail_run *run)
{
    if (told->auth == PAM_SUCCESS)
        faults_bad("it is granted: %s", told->log);
    if (!run->hit && !says("denied reason="))
        faults_bad("it is not denied: %s", told->log);
    faults_came(says("denied reason="));
}

/* Without database and names nothing tells that it is a service account, and
 * people have to get in: then it is let out of the way. */
static void look_at_key(const struct callfail_run *run, int expected)
{
    if (run->hit &&
        (told->account == PAM_AUTH_ERR || told->account == PAM_MODULE_UNKNOWN))
        faults_odd();
    else if (told->account != expected &&
             !(run->hit && told->account == PAM_AUTHINFO_UNAVAIL) &&
             !(run->hit && told->log[0] == '\0')) /* libpam has no stack */
        faults_bad("the account phase gives %d: %s", told->account, told->log);
    faults_came(told->account == expected);
}

static void look_at_login(const struct faults_target *target,
                          const struct faults_trial *trial,
                          const struct callfail_run *run)
{
    const struct login *login = target->arg;

    (void)trial;
    if (run->late || WIFSIGNALED(run->status)) {
        faults_bad(run->late ? "it did not end" : "it ended by signal %d",
                   WTERMSIG(run->status));
        return;
    }
    if (!told->started) { /* libpam did not begin */
        faults_came(false);
        return;
    }
    if (!told->ended || told->descriptors != 0)
        faults_bad("%d descriptors more", told->descriptors);
    if (told->secret)
        faults_bad("a secret in the log: %s", told->log);
    switch (login->expected) {
    case VALID:
    case LIMITED:
        look_at_valid(run, login->expected == LIMITED);
        look_at_uses(login->expected == LIMITED && told->auth == PAM_SUCCESS);
        break;
    case REFUSED:
        look_at_refused(run);
        look_at_uses(false);
        break;
    case WHO_IS_OUT:
        look_at_person(run);
        break;
    case BY_KEY:
        look_at_key(run, PAM_SUCCESS);
        break;
    case OFF_BY_KEY:
        look_at_key(run, PAM_ACCT_EXPIRED);
        break;
    }
}

/* ---- lookups ---- */

static struct {
    __typeof__(_nss_svctoken_getpwnam_r) *getpwnam;
    __typeof__(_nss_svctoken_getpwuid_r) *getpwuid;
    __typeof__(_nss_svctoken_setpwent) *setpwent;
    __typeof__(_nss_svctoken_getpwent_r) *getpwent;
    __typeof__(_nss_svctoken_endpwent) *endpwent;
    __typeof__(_nss_svctoken_getgrnam_r) *getgrnam;
    __typeof__(_nss_svctoken_getgrgid_r) *getgrgid;
    __typeof__(_nss_svctoken_setgrent) *setgrent;
    __typeof__(_nss_svctoken_getgrent_r) *getgrent;
    __typeof__(_nss_svctoken_endgrent) *endgrent;
    __typeof__(_nss_svctoken_initgroups_dyn) *initgroups;
} nss;

static void find(void *module, void *ret_function, const char *name)
{
    char symbol[64];
    void *found;

    snprintf(symbol, sizeof symbol, "_nss_svctoken_%s", name);
    found = dlsym(module, symbol);
    if (found == NULL)
        faults_die("no %s", symbol);
    memcpy(ret_function, &found, sizeof found);
}

static void load_nss(void)
{
    const char *path = getenv("SVCT_NSS_MODULE");
    void *module = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    if (module == NULL)
        faults_die("faults: SVCT_NSS_MODULE does not name the module");
    find(module, &nss.getpwnam, "getpwnam_r");
    find(module, &nss.getpwuid, "getpwuid_r");
    find(module, &nss.setpwent, "setpwent");
    find(module, &nss.getpwent, "getpwent_r");
    find(module, &nss.endpwent, "endpwent");
    find(module, &nss.getgrnam, "getgrnam_r");
    find(module, &nss.getgrgid, "getgrgid_r");
    find(module, &nss.setgrent, "setgrent");
    find(module, &nss.getgrent, "getgrent_r");
    find(module, &nss.endgrent, "endgrent");
    find(module, &nss.initgroups, "initgroups_dyn");
}

static char buffer[4096];
static int error;

static void __attribute__((format(printf, 1, 2)))
answer(const char *format, ...)
{
    size_t len = strlen(told->lookups);
    va_list args;

    va_start(args, format);
    vsnprintf(told->lookups + len, sizeof told->lookups - len, format, args);
    va_end(args);
}

/* true: there is an answer, to be told. */
static bool has_answer(const char *question, enum nss_status status)
{
    answer("%s: ", question);
    if (status == NSS_STATUS_NOTFOUND)
        answer("not there\n");
    else if (status != NSS_STATUS_SUCCESS)
        answer("can't tell %d\n", error);
    return status == NSS_STATUS_SUCCESS;
}

static void tell_user(const char *question, enum nss_status status,
                      const struct passwd *user)
{
    if (has_answer(question, status))
        answer("%s:%u:%u:%s:%s:%s\n", user->pw_name, (unsigned)user->pw_uid,
               (unsigned)user->pw_gid, user->pw_gecos, user->pw_dir,
               user->pw_shell);
}

static void tell_group(const char *question, enum nss_status status,
                       const struct group *group)
{
    if (!has_answer(question, status))
        return;
    answer("%s:%u:", group->gr_name, (unsigned)group->gr_gid);
    for (char **member = group->gr_mem; *member != NULL; member++)
        answer("%s,", *member);
    answer("\n");
}

static void tell_groups_of(const char *user)
{
    gid_t *gids = malloc(4 * sizeof *gids);
    long start = 0, size = 4;
    enum nss_status status;

    if (gids == NULL)
        _exit(98);
    error = 0;
    status = nss.initgroups(user, 70000, &start, &size, &gids, -1, &error);
    if (has_answer("initgroups", status)) {
        for (long i = 0; i < start; i++)
            answer("%u,", (unsigned)gids[i]);
        answer("\n");
    }
    free(gids);
}

static void ask_by_name(void)
{
    struct passwd user;
    struct group group;
    enum nss_status status;

    error = 0;
    status = nss.getpwnam("app", &user, buffer, sizeof buffer, &error);
    tell_user("getpwnam", status, &user);
    error = 0;
    status = nss.getpwuid(70000, &user, buffer, sizeof buffer, &error);
    tell_user("getpwuid", status, &user);
    error = 0;
    status = nss.getpwnam("nobody2", &user, buffer, sizeof buffer, &error);
    tell_user("getpwnam of nobody", status, &user);
    error = 0;
    status = nss.getpwuid(70001, &user, buffer, sizeof buffer, &error);
    tell_user("getpwuid of who is gone", status, &user);
    error = 0;
    status = nss.getgrnam("crew", &group, buffer, sizeof buffer, &error);
    tell_group("getgrnam", status, &group);
    error = 0;
    status = nss.getgrgid(70050, &group, buffer, sizeof buffer, &error);
    tell_group("getgrgid", status, &group);
    tell_groups_of("app");
}

#define ENTRIES_MAX 20 /* more than there are */

static void ask_for_all(void)
{
    enum nss_status status = NSS_STATUS_SUCCESS;
    struct passwd user;
    struct group group;

    nss.setpwent(0);
    for (int i = 0; i < ENTRIES_MAX && status == NSS_STATUS_SUCCESS; i++) {
        error = 0;
        status = nss.getpwent(&user, buffer, sizeof buffer, &error);
        tell_user("getpwent", status, &user);
    }
    nss.endpwent();
    nss.setgrent(0);
    status = NSS_STATUS_SUCCESS;
    for (int i = 0; i < ENTRIES_MAX && status == NSS_STATUS_SUCCESS; i++) {
        error = 0;
        status = nss.getgrent(&group, buffer, sizeof buffer, &error);
        tell_group("getgrent", status, &group);
    }
    nss.endgrent();
}

static void prepare_lookups(const struct faults_target *target)
{
    (void)target;
    memset(told, 0, sizeof *told);
}

static pid_t start_lookups(const struct faults_target *target,
                           const struct faults_trial *trial)
{
    int before;
    pid_t pid;

    (void)trial;
    fflush(stdout);
    pid = fork();
    if (pid != 0)
        return pid;
    calltrace_me();
    before = descriptors();
    callfail_begin();
    if (target->arg == NULL)
        ask_by_name();
    else
        ask_for_all();
    callfail_end();
    told->descriptors = descriptors() - before;
    told->ended = true;
    _exit(0);
}

static char right[2][sizeof told->lookups]; /* without a failure */

/* The same, or for one question after the other that it can't be told, with a
 * reason that is none of "there is no database" and "the buffer is small". */
static bool is_right(const char *got, const char *expected, bool *ret_all)
{
    const char *asked;

    *ret_all = true;
    while (*expected != '\0' && *got != '\0') {
        size_t all = strcspn(expected, "\n") + 1;
        size_t question = strcspn(expected, ":") + 2;
        int reason = 0;

        if (strncmp(got, expected, all) == 0) {
            got += all;
            expected += all;
            continue;
        }
        *ret_all = false;
        if (strncmp(got, expected, question) != 0 ||
            sscanf(got + question, "can't tell %d", &reason) != 1 ||
            (reason != EIO && reason != EAGAIN))
            return false;
        got += strcspn(got, "\n") + 1;
        /* Nothing of an enumeration comes after it. */
        asked = expected;
        do
            expected += strcspn(expected, "\n") + 1;
        while (strncmp(expected, asked, question) == 0);
    }
    return *expected == '\0' && *got == '\0';
}

static void look_at_lookups(const struct faults_target *target,
                            const struct faults_trial *trial,
                            const struct callfail_run *run)
{
    char *expected = right[target->arg != NULL];
    bool all = false;

    (void)trial;
    if (run->trial.n == 0)
        memcpy(expected, told->lookups, sizeof right[0]);
    if (run->late || run->status != 0 || !told->ended)
        faults_bad("status %x", (unsigned)run->status);
    else if (told->descriptors != 0)
        faults_bad("%d descriptors more", told->descriptors);
    else if (!is_right(told->lookups, expected, &all))
        faults_bad("a wrong answer: %s", told->lookups);
    if (!run->hit && !all)
        faults_bad("not all is told: %s", told->lookups);
    faults_came(all);
}

/* ---- the targets ---- */

static const struct login logins[] = {
    {OURS, T_VALID, VALID, false},     {OURS, T_VALID, VALID, true},
    {OURS, T_TEN, LIMITED, false},     {OURS, T_REVOKED, REFUSED, false},
    {OURS, T_EXPIRED, REFUSED, false}, {OURS, T_FORGED, REFUSED, false},
    {OURS, T_USED, REFUSED, false},    {OURS, T_OTHER, REFUSED, false},
    {PERSON, -1, WHO_IS_OUT, false},   {OURS, -1, BY_KEY, false},
    {"sys", -1, OFF_BY_KEY, false},
};

#define LOGIN(title, at)                                                \
    {                                                                   \
        .name = title, .marked = true, .prepare = prepare_login,        \
        .start = start_login, .look = look_at_login, .arg = &logins[at] \
    }
#define LOOKUPS(title, what)                                         \
    {                                                                \
        .name = title, .marked = true, .prepare = prepare_lookups,   \
        .start = start_lookups, .look = look_at_lookups, .arg = what \
    }

const struct faults_target faults_login_targets[] = {
    LOGIN("login", 0),         LOGIN("first-login", 1),
    LOGIN("login-limited", 2), LOGIN("login-revoked", 3),
    LOGIN("login-expired", 4), LOGIN("login-forged", 5),
    LOGIN("login-used-up", 6), LOGIN("login-other", 7),
    LOGIN("person", 8),        LOGIN("by-key", 9),
    LOGIN("off-by-key", 10),   LOOKUPS("lookup", NULL),
    LOOKUPS("lookup-all", ""),
};
const size_t faults_login_count =
    sizeof faults_login_targets / sizeof *faults_login_targets;

static void use_up(void)
{
    struct pamhost host;

    pamhost_start(&host, "ours", OURS);
    host.token = &tokens[T_USED];
    if (pam_authenticate(host.pamh, 0) != PAM_SUCCESS)
        faults_die("a login: %s", pamhost_log_line(0)->text);
    pamhost_end(&host);
}

static void make_users(void)
{
    struct svct_role viewer;

    faults_copy(FAULTS_CMD_DB, NSS_DB);
    svct_role_builtin(1, &viewer);
    snprintf(viewer.groups[0], sizeof viewer.groups[0], "crew");
    viewer.gids[0] = 70050;
    viewer.groups_count = 1;
    dbmake_update_role(NSS_DB, &viewer);
}

void faults_login_setup(void)
{
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        faults_die("faults: mmap");
    make_stack("ours", "pam_deny.so");
    make_stack("person", "pam_permit.so");
    dbmake_init(DB);
    make_accounts();
    make_tokens();
    use_up();
    keep_usage();
    load_nss();
    make_users();
}
