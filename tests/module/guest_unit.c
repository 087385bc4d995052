/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest in somebody's process: many logins through libpam and the module as
 * built leave the process as it was and cost it nothing that stays, and a
 * process that lacks what others have (descriptors, a log, locked memory) is
 * served or refused, and lives on. Needs root; skipped otherwise.
 *
 *     guest_unit [LOGINS]      in one process; 2000 unless told otherwise
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/footprint.h"
#include "../support/pamhost.h"
#include "../support/privdir.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Unix users that every Debian has. */
#define OURS "daemon"
#define PERSON "games"

static struct pamhost host;
static struct minted ci, few, forged; /* of OURS; few: with a limit of uses */
static int logins = 2000;

/* In a child: cmocka's failures are its parent's. */
#define MUST(condition)                                            \
    do {                                                           \
        if (!(condition)) {                                        \
            fprintf(stderr, "guest_unit: line %d: %s\n", __LINE__, \
                    #condition);                                   \
            _exit(1);                                              \
        }                                                          \
    } while (0)

static int before_each(void **state)
{
    struct svct_account ours = dbmake_account(OURS, "Editor");
    struct svct_token token = dbmake_token(OURS, "ci");
    struct svct_token limited = dbmake_token(OURS, "few");

    (void)state;
    umask(022);
    signal(SIGCHLD, SIG_DFL);
    dbmake_init(PAMHOST_DB);
    dbmake_add_account(PAMHOST_DB, &ours);
    ci = dbmake_add_token(PAMHOST_DB, &token);
    limited.max_uses = 1000000;
    few = dbmake_add_token(PAMHOST_DB, &limited);
    forged = dbmake_forge(ci.id);
    pamhost_stack("sshd", "");
    pamhost_stack("broken", "db=/mnt/nowhere");
    pamhost_stack("wrong", "no_such_option");
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    if (host.pamh != NULL)
        pamhost_end(&host);
    return 0;
}

static void start(const char *service, const char *user)
{
    if (host.pamh != NULL)
        pamhost_end(&host);
    pamhost_log_clear();
    pamhost_start(&host, service, user);
}

static int auth_with(const struct minted *token)
{
    host.token = token;
    return pam_authenticate(host.pamh, 0);
}

/* ---- the phases of a login ---- */

static int authenticate(void)
{
    return pam_authenticate(host.pamh, 0);
}

static int account(void)
{
    return pam_acct_mgmt(host.pamh, 0);
}

static int establish(void)
{
    return pam_setcred(host.pamh, PAM_ESTABLISH_CRED);
}

static int open_session(void)
{
    return pam_open_session(host.pamh, 0);
}

static int change_password(void)
{
    return pam_chauthtok(host.pamh, 0);
}

static int close_session(void)
{
    return pam_close_session(host.pamh, 0);
}

static int delete (void)
{
    return pam_setcred(host.pamh, PAM_DELETE_CRED);
}

static const struct {
    const char *name;
    int (*call)(void);
} phases[] = {
    {"auth", authenticate},         {"account", account},
    {"setcred", establish},         {"open_session", open_session},
    {"chauthtok", change_password}, {"close_session", close_session},
    {"setcred, to delete", delete},
};

/* Who comes, and what becomes of it in auth. */
static const struct visitor {
    const char *service, *user;
    const struct minted *token;
    const char *text;
    bool granted;
} visitors[] = {
    {"sshd", OURS, &ci, NULL, true},
    {"sshd", OURS, &few, NULL, true},
    {"sshd", OURS, &forged, NULL, false},
    {"sshd", OURS, NULL, "hunter2", false},
    {"sshd", OURS, NULL, NULL, false}, /* gives up */
    {"sshd", PERSON, NULL, "hunter2", false},
    {"sshd", "root", NULL, "hunter2", false},
    {"sshd", "nobody-has-this-name", NULL, "hunter2", false},
    {"broken", OURS, &ci, NULL, false},
    {"wrong", OURS, &ci, NULL, false},
};

static void arrive(const struct visitor *visitor)
{
    start(visitor->service, visitor->user);
    host.token = visitor->token;
    host.text = visitor->text;
}

static void whole_login(const struct visitor *visitor)
{
    arrive(visitor);
    for (size_t i = 0; i < COUNT(phases); i++) {
        int code = phases[i].call();

        if (i == 0)
            assert_int_equal(code == PAM_SUCCESS, visitor->granted);
    }
    pamhost_end(&host);
}

/* ---- nothing is changed, nothing is kept ---- */

static void each_phase_leaves_the_host_alone(void **state)
{
    (void)state;
    footprint_be_odd();
    for (size_t v = 0; v < COUNT(visitors); v++) {
        char *outside = footprint_take();

        arrive(&visitors[v]);
        for (size_t i = 0; i < COUNT(phases); i++) {
            char *before = footprint_take();
            int code = phases[i].call();

            footprint_same(before, footprint_take(), phases[i].name);
            if (i == 0)
                assert_int_equal(code == PAM_SUCCESS, visitors[v].granted);
        }
        pamhost_end(&host);
        footprint_same(outside, footprint_take(), "a whole login");
    }
}

static void logins_one_after_the_other(int count)
{
    for (int i = 0; i < count; i++)
        whole_login(&visitors[(size_t)i % COUNT(visitors)]);
}

static void many_logins_cost_nothing(void **state)
{
    struct footprint_needs before;

    (void)state;
    logins_one_after_the_other(100);
    before = footprint_needs();
    logins_one_after_the_other(logins);
    footprint_no_growth(&before);
}

/* Somebody reads all users, and has logins meanwhile. */
static void the_hosts_enumeration_goes_on(void **state)
{
    char expected[4][64];

    (void)state;
    setpwent();
    for (size_t i = 0; i < COUNT(expected); i++)
        snprintf(expected[i], sizeof expected[i], "%s", getpwent()->pw_name);
    setpwent();
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_string_equal(getpwent()->pw_name, expected[i]);
        whole_login(&visitors[i]);
    }
    endpwent();
}

/* As libpam does in each login, and without libpam. The module stays mapped
 * when nobody has it open (-z nodelete), once however often it is opened. */
static void loaded_and_unloaded(void **state)
{
    struct footprint_needs before = {0};
    char *outside = NULL;

    (void)state;
    for (int i = 0; i < 1010; i++) {
        void *module = dlopen(PAMHOST_MODULE, RTLD_NOW | RTLD_LOCAL);

        if (module == NULL)
            fail_msg("%s", dlerror());
        assert_non_null(dlsym(module, "pam_sm_authenticate"));
        assert_int_equal(dlclose(module), 0);
        if (i == 9) {
            before = footprint_needs();
            outside = footprint_take();
        }
    }
    footprint_same(outside, footprint_take(), "dlopen and dlclose");
    footprint_no_growth(&before);
    whole_login(&visitors[0]);
}

/* ---- a process that lacks something ---- */

static void in_a_child(void (*life)(void), int expected)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        life();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

/* What has to hold in any process: who may comes in, who may not does not. */
static void must_serve(void)
{
    for (size_t v = 0; v < COUNT(visitors); v++) {
        arrive(&visitors[v]);
        MUST((authenticate() == PAM_SUCCESS) == visitors[v].granted);
        if (!visitors[v].granted)
            continue;
        for (size_t i = 1; i < COUNT(phases); i++)
            MUST((phases[i].call() == PAM_SUCCESS) ==
                 (phases[i].call != change_password));
    }
    pamhost_end(&host);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* Each of the three is open or closed, in every way. */
static void some_are_closed(void)
{
    int kept[3], fd;

    for (fd = 0; fd < 3; fd++)
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    for (unsigned open = 0; open < 8; open++) {
        for (fd = 0; fd < 3; fd++) {
            if ((open >> fd & 1) != 0)
                dup2(kept[fd], fd);
            else
                close(fd);
        }
        must_serve();
        for (fd = 0; fd < 3; fd++)
            MUST(is_open(fd) == ((open >> fd & 1) != 0));
    }
}

static void closed_standard_descriptors(void **state)
{
    (void)state;
    in_a_child(some_are_closed, 0);
}

/* All three are this one. */
static void standard_is(int fd)
{
    for (int i = 0; i < 3; i++)
        MUST(dup2(fd, i) == i);
}

static void pipes_without_a_reader(void)
{
    int ends[2];

    MUST(pipe(ends) == 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL); /* ends whoever writes */
    standard_is(ends[1]);
    must_serve();
}

static void pipes_that_tell(void)
{
    int ends[2];
    char byte;

    MUST(pipe2(ends, O_NONBLOCK) == 0);
    standard_is(ends[1]);
    must_serve();
    MUST(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
}

static void folders(void)
{
    standard_is(open("/", O_RDONLY | O_DIRECTORY));
    must_serve();
}

static void paths(void)
{
    standard_is(open("/etc/passwd", O_PATH));
    must_serve();
}

static void odd_standard_descriptors(void **state)
{
    (void)state;
    in_a_child(pipes_without_a_reader, 0);
    in_a_child(pipes_that_tell, 0);
    in_a_child(folders, 0);
    in_a_child(paths, 0);
}

static void an_empty_dev(void)
{
    MUST(unshare(CLONE_NEWNS) == 0);
    MUST(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
    MUST(access("/dev/log", F_OK) != 0 && access("/dev/urandom", F_OK) != 0);
    pamhost_log_through();
    must_serve();
    MUST(privdir_entries("/dev") == 0);
}

static void without_a_log(void **state)
{
    (void)state;
    in_a_child(an_empty_dev, 0);
}

/* From none that is left to enough: never in with a wrong secret, and from
 * some number on in with the right one. */
static void few_descriptors(void)
{
    struct rlimit limit, few_now;
    int in = 0;

    MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    few_now = limit;
    for (few_now.rlim_cur = 0; few_now.rlim_cur < 24; few_now.rlim_cur++) {
        int right, wrong, opened = privdir_entries("/proc/self/fd");

        start("sshd", OURS);
        account(); /* libpam has loaded the module */
        MUST(setrlimit(RLIMIT_NOFILE, &few_now) == 0);
        wrong = auth_with(&forged);
        right = auth_with(&ci);
        if (right == PAM_SUCCESS)
            right = open_session();
        MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        MUST(wrong != PAM_SUCCESS);
        MUST(in == 0 || right == PAM_SUCCESS);
        in += right == PAM_SUCCESS;
        MUST(auth_with(&forged) == PAM_AUTH_ERR);
        MUST(auth_with(&ci) == PAM_SUCCESS);
        pamhost_end(&host);
        MUST(privdir_entries("/proc/self/fd") == opened);
    }
    MUST(in > 0 && in < 24);
}

static void descriptors_nearly_used_up(void **state)
{
    (void)state;
    in_a_child(few_descriptors, 0);
}

/* ---- locked memory ---- */

static void drop_capability(int number)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    MUST(syscall(SYS_capget, &header, data) == 0);
    data[CAP_TO_INDEX(number)].effective &= ~CAP_TO_MASK(number);
    data[CAP_TO_INDEX(number)].permitted &= ~CAP_TO_MASK(number);
    MUST(syscall(SYS_capset, &header, data) == 0);
}

static void none_may_be_locked(void)
{
    const struct rlimit none = {0, 0};
    char page[64];

    drop_capability(CAP_IPC_LOCK);
    MUST(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
    MUST(syscall(SYS_mlock, page, sizeof page) == -1);
    must_serve();
}

static void a_limit_of_locked_memory(void **state)
{
    (void)state;
    in_a_child(none_may_be_locked, 0);
}

/* These calls fail from now on. */
static void refuse_calls(const unsigned *numbers, size_t count, unsigned error)
{
    struct sock_filter filter[20];
    struct sock_fprog program = {.filter = filter};
    unsigned short at = 0;

    MUST(count + 3 <= COUNT(filter));
    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++)
        filter[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, numbers[i], (uint8_t)(count - i), 0);
    filter[at++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                                SECCOMP_RET_ERRNO | error);
    program.len = at;
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
}

static const unsigned locking[] = {SYS_mlock,   SYS_mlock2,     SYS_mlockall,
                                   SYS_munlock, SYS_munlockall, SYS_madvise};

static void locking_is_not_permitted(void)
{
    refuse_calls(locking, COUNT(locking), EPERM);
    MUST(syscall(SYS_mlock, NULL, 0) == -1 && errno == EPERM);
    must_serve();
}

static void locking_is_not_there(void)
{
    refuse_calls(locking, COUNT(locking), ENOSYS);
    must_serve();
}

static void locking_refused_by_a_filter(void **state)
{
    (void)state;
    in_a_child(locking_is_not_permitted, 0);
    in_a_child(locking_is_not_there, 0);
}

/* ---- randomness ---- */

#define TOKEN_FILE PRIVDIR "/token"
#define FRESH "fresh"

/* A program in which nobody has used libsodium yet. 0: it came in; 1: refused,
 * and the log says why. */
static int fresh_program(void)
{
    char text[SVCT_TOKEN_LEN + 1] = "";
    FILE *in = fopen(TOKEN_FILE, "re");
    int code;

    MUST(in != NULL && fread(text, 1, SVCT_TOKEN_LEN, in) == SVCT_TOKEN_LEN);
    fclose(in);
    pamhost_start(&host, "sshd", OURS);
    host.text = text;
    code = pam_authenticate(host.pamh, 0);
    if (code != PAM_SUCCESS)
        fprintf(stderr, "%s\n", pamhost_log_line(0)->text);
    return code == PAM_SUCCESS ? 0 : 1;
}

static void write_token(void)
{
    char text[SVCT_TOKEN_LEN + 1];

    dbmake_unmask(&ci, text);
    privdir_write(TOKEN_FILE, text);
}

static void run_fresh_program(void)
{
    execl("/proc/self/exe", "guest_unit", FRESH, NULL);
    _exit(127);
}

/* Where libsodium would end the program. */
static void randomness_refused(void)
{
    static const unsigned calls[] = {SYS_getrandom};

    MUST(unshare(CLONE_NEWNS) == 0);
    MUST(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
    refuse_calls(calls, COUNT(calls), ENOSYS);
    run_fresh_program();
}

/* It knows that it had some, and does not look for another source. */
static void randomness_refused_later(void)
{
    static const unsigned calls[] = {SYS_getrandom};

    privdir_remove(SVCT_RUNDIR); /* so that a key has to be drawn */
    refuse_calls(calls, COUNT(calls), EPERM);
    start("sshd", OURS);
    MUST(auth_with(&ci) == PAM_AUTHINFO_UNAVAIL);
    MUST(strstr(pamhost_log_line(0)->text, "libsodium") != NULL);
    MUST(account() == PAM_SUCCESS); /* as after a public key */
    MUST(open_session() == PAM_SUCCESS);
}

static void without_randomness(void **state)
{
    (void)state;
    write_token();
    in_a_child(run_fresh_program, 0);
    in_a_child(randomness_refused, 1);
    in_a_child(randomness_refused_later, 0);
}

int main(int argc, char **argv)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, before_each, after_each)
    const struct CMUnitTest tests[] = {
        CASE(each_phase_leaves_the_host_alone),
        CASE(many_logins_cost_nothing),
        CASE(the_hosts_enumeration_goes_on),
        CASE(loaded_and_unloaded),
        CASE(closed_standard_descriptors),
        CASE(odd_standard_descriptors),
        CASE(without_a_log),
        CASE(descriptors_nearly_used_up),
        CASE(a_limit_of_locked_memory),
        CASE(locking_refused_by_a_filter),
        CASE(without_randomness),
    };
    const char *reason = NULL;

    if (argc > 1 && strcmp(argv[1], FRESH) == 0)
        return fresh_program();
    if (argc > 1)
        logins = (int)strtol(argv[1], NULL, 10);
    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: guest_unit: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
