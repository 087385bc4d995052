/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamtry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pamcall.h"
#include "pamworld.h"

#define LOGIN_SECONDS 30 /* that one login may take */
#define TRIAL_SECONDS 300

/* ---- children ---- */

/* Reads all of size, or fails: at the end of the file, or too late. */
static bool read_within(int fd, void *bytes, size_t size, int seconds)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t at = 0;

    while (at < size) {
        ssize_t got;

        if (poll(&wait, 1, seconds * 1000) <= 0)
            return false;
        got = read(fd, (char *)bytes + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

/* What a child does: its answer goes to bytes. */
typedef void child_fn(void *arg, void *bytes);

static _Noreturn void be_child(child_fn *act, void *arg, int fd, void *bytes,
                               size_t size)
{
    ssize_t put;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    act(arg, bytes);
    put = write(fd, bytes, size); /* less than a pipe takes at once */
    _exit(put == (ssize_t)size ? 0 : 1);
}

/* Its answer, of at most PIPE_BUF bytes; false: it has none. */
static bool ask_child(child_fn *act, void *arg, void *bytes, size_t size,
                      int seconds)
{
    int ends[2];
    bool told;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        be_child(act, arg, ends[1], bytes, size);
    close(ends[1]);
    told = pid > 0 && read_within(ends[0], bytes, size, seconds);
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    return told;
}

/* ---- one login ---- */

struct trial {
    const struct svct_pamtry *request;
    struct svct_pamworld world;
    struct svct_pamtry_report report;
    struct svct_fault fault;
    int code; /* that it could not be tried */
};

static void log_in(void *arg, void *bytes)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
    if (svct_pamworld_alone() == 0)
        svct_pamcall(arg, bytes);
    else
        *(struct svct_pamcall_result *)bytes =
            (struct svct_pamcall_result){.lacks = 'n'};
}

/* Where a login of that service comes from. */
static void set_place(const char *service, struct svct_pamcall *call)
{
    bool remote = strcmp(service, "sshd") == 0;

    call->tty = remote ? "ssh" : "pts/0";
    call->rhost = remote ? "127.0.0.1" : NULL;
}

/* One that crashes or hangs has an answer, too: none like any other. */
static struct svct_pamcall_result try_login(struct trial *trial,
                                            const char *user,
                                            const char *password, uid_t by)
{
    struct svct_pamcall call = {.service = trial->request->service,
                                .user = user,
                                .password = password,
                                .real_uid = by};
    struct svct_pamcall_result result = {0};

    set_place(trial->request->service, &call);
    trial->report.logins++;
    if (!ask_child(log_in, &call, &result, sizeof(result), LOGIN_SECONDS))
        result = (struct svct_pamcall_result){.lacks = 'x'};
    return result;
}

/* ---- what is not as it must be ---- */

static const char *const lacks[SVCT_PAMWORLD_LACKS] = {
    [SVCT_PAMWORLD_WHOLE] = "",
    [SVCT_PAMWORLD_NO_DATABASE] = " without a database",
    [SVCT_PAMWORLD_DAMAGED] = " with a damaged database",
    [SVCT_PAMWORLD_NO_MODULE] = " without the module",
};

static const char *why_lacking(char code)
{
    switch (code) {
    case 's':
        return "libpam did not begin";
    case 'n':
        return "it got no /run of its own";
    default:
        return "the login crashed, or hung";
    }
}

static void say_result(char *out, size_t size,
                       const struct svct_pamcall_result *result)
{
    if (result->lacks != 0)
        snprintf(out, size, "%s", why_lacking(result->lacks));
    else if (svct_pamcall_granted(result))
        snprintf(out, size, "let in after %u prompts", result->prompts);
    else if (result->auth > 0)
        snprintf(out, size, "auth: %s", svct_pamcall_text(result->auth));
    else if (result->account > 0)
        snprintf(out, size, "account: %s", svct_pamcall_text(result->account));
    else
        snprintf(out, size, "credentials: %s", svct_pamcall_text(result->cred));
}

/* The first counts. */
static void fail(struct trial *trial, enum svct_pamworld_lack lack,
                 const char *who, const struct svct_pamcall_result *result,
                 const struct svct_pamcall_result *before)
{
    char is[100], was[100];

    if (trial->report.failed[0] != '\0')
        return;
    say_result(is, sizeof(is), result);
    if (before != NULL)
        say_result(was, sizeof(was), before);
    snprintf(trial->report.failed, sizeof(trial->report.failed),
             before != NULL ? "%s%s: %s; before: %s" : "%s%s: %s", who,
             lacks[lack], is, before != NULL ? was : "");
}

/* ---- people ---- */

enum probe {
    PROBE_RIGHT,
    PROBE_WRONG,
    PROBE_KEY,
    PROBE_ROOT,
    PROBE_NOBODY,
    PROBE_BY_ROOT,
    PROBES
};

static const struct {
    const char *user;
    const char *password;
    const char *who;
} probes[PROBES] = {
    [PROBE_RIGHT] = {SVCT_PAMWORLD_PERSON, SVCT_PAMWORLD_PASSWORD,
                     "a person with the right password"},
    [PROBE_WRONG] = {SVCT_PAMWORLD_PERSON, "svctoken: a wrong one",
                     "a person with a wrong password"},
    [PROBE_KEY] = {SVCT_PAMWORLD_PERSON, NULL,
                   "a person with no password (as with a key)"},
    [PROBE_ROOT] = {"root", "svctoken: a wrong one",
                    "root with a wrong password"},
    [PROBE_NOBODY] = {SVCT_PAMWORLD_NOBODY, "svctoken: a wrong one",
                      "a user whom nobody knows"},
    [PROBE_BY_ROOT] = {SVCT_PAMWORLD_PERSON, "svctoken: a wrong one",
                       "a person that root becomes"},
};

/* Where root passes, the caller is not root but in one probe. */
static uid_t caller(const struct trial *trial, enum probe probe)
{
    return trial->request->root_passes && probe != PROBE_BY_ROOT
               ? trial->world.uid
               : 0;
}

static struct svct_pamcall_result try_probe(struct trial *trial,
                                            enum probe probe)
{
    return try_login(trial, probes[probe].user, probes[probe].password,
                     caller(trial, probe));
}

static bool same_result(const struct svct_pamcall_result *a,
                        const struct svct_pamcall_result *b)
{
    return a->lacks == b->lacks && a->auth == b->auth &&
           a->account == b->account && a->cred == b->cred &&
           a->prompts == b->prompts;
}

static void try_people(struct trial *trial, enum svct_pamworld_lack lack,
                       const struct svct_pamcall_result before[PROBES])
{
    for (unsigned i = 0; i < PROBES; i++) {
        struct svct_pamcall_result now = try_probe(trial, (enum probe)i);

        if (!same_result(&now, &before[i]) || now.lacks != 0)
            fail(trial, lack, probes[i].who, &now, &before[i]);
    }
}

/* ---- service accounts ---- */

static void must(struct trial *trial, enum svct_pamworld_lack lack, bool in,
                 const char *user, const char *password, const char *who)
{
    struct svct_pamcall_result now =
        try_login(trial, user, password, caller(trial, PROBE_RIGHT));

    if (svct_pamcall_granted(&now) != in || now.lacks != 0)
        fail(trial, lack, who, &now, NULL);
}

static void try_accounts(struct trial *trial)
{
    const struct svct_pamworld *world = &trial->world;
    const enum svct_pamworld_lack whole = SVCT_PAMWORLD_WHOLE;

    must(trial, whole, true, SVCT_PAMWORLD_ACCOUNT, world->token.text,
         "a service account with its token");
    must(trial, whole, false, SVCT_PAMWORLD_ACCOUNT, world->forged.text,
         "a service account with a wrong token");
    must(trial, whole, true, SVCT_PAMWORLD_ACCOUNT, NULL,
         "a service account without a token (as with a key)");
    must(trial, whole, false, SVCT_PAMWORLD_DISABLED, world->disabled.text,
         "a disabled service account with its token");
    must(trial, whole, false, SVCT_PAMWORLD_DISABLED, NULL,
         "a disabled service account without a token (as with a key)");
}

/* ---- the whole ---- */

static bool could(struct trial *trial, int code)
{
    if (code < 0 && trial->code == 0)
        trial->code = code;
    return trial->code == 0;
}

static void try_lack(struct trial *trial, enum svct_pamworld_lack lack,
                     const struct svct_pamcall_result before[PROBES])
{
    if (!could(trial, svct_pamworld_begin(&trial->world, lack, &trial->fault)))
        return;
    try_people(trial, lack, before);
    if (lack == SVCT_PAMWORLD_WHOLE)
        try_accounts(trial);
    else
        must(trial, lack, false, SVCT_PAMWORLD_ACCOUNT, trial->world.token.text,
             "a service account with its token");
    could(trial, svct_pamworld_end(&trial->world, lack, &trial->fault));
}

static void try_all(struct trial *trial)
{
    struct svct_pamcall_result before[PROBES];

    for (unsigned i = 0; i < PROBES; i++)
        before[i] = try_probe(trial, (enum probe)i);
    trial->report.person_shut_out = !svct_pamcall_granted(&before[PROBE_RIGHT]);
    if (!could(trial, svct_pamworld_put(&trial->world, &trial->fault)))
        return;
    for (unsigned i = 0; i < SVCT_PAMWORLD_LACKS && trial->code == 0; i++)
        try_lack(trial, (enum svct_pamworld_lack)i, before);
    trial->report.passed = trial->report.failed[0] == '\0';
}

/* What the child answers. */
struct answer {
    int code;
    struct svct_fault fault;
    struct svct_pamtry_report report;
};

static void run_trial(void *arg, void *bytes)
{
    struct trial *trial = arg;
    struct answer *answer = bytes;

    if (could(trial, svct_secret_setup()) &&
        could(trial, svct_pamworld_enter(&trial->world, &trial->fault)))
        try_all(trial);
    answer->code = trial->code;
    answer->fault = trial->fault;
    answer->report = trial->report;
}

int svct_pamtry(const struct svct_pamtry *request,
                struct svct_pamtry_report *ret_report, struct svct_fault *fault)
{
    struct trial trial = {.request = request,
                          .world = {.service_path = request->service_path,
                                    .text = request->text,
                                    .len = request->len,
                                    .module_path = request->module_path,
                                    .now = request->now}};
    struct answer answer = {0};

    if (!ask_child(run_trial, &trial, &answer, sizeof(answer), TRIAL_SECONDS))
        return svct_fault_set(fault, SVCT_E_IO, 0,
                              "the trial ended before it had an answer");
    if (answer.code < 0) {
        if (fault != NULL)
            *fault = answer.fault;
        return answer.code;
    }
    *ret_report = answer.report;
    return 0;
}
