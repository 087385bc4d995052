/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/pamhost.h"
#include "../support/privdir.h"
#include "auth/token.h"
#include "auth/verify.h"

/*
 * The commands, those of tests/campaigns/crash and some more. After a trial:
 * the exit code and the words fit each other and the state, which is the old or
 * the new one, line by line of a backup; a token of another account opens what
 * it did, through the PAM module; "db verify" is content; the next commit works
 * and leaves nothing over; a token that is shown counts.
 */

#define DB FAULTS_CMD_DB
#define MASTER "/mnt/master"
#define OUT "/mnt/out"
#define ERR "/mnt/err"
#define BACKUP "/mnt/now"
#define TOKEN_FILE "/mnt/token"
#define ARGS_MAX 12
#define TEXT_MAX (64 << 10)

struct command {
    const char *args[ARGS_MAX];
    const char *says; /* when it is done, on either */
    bool shows;       /* a token, on standard output */
    bool writes;      /* one to TOKEN_FILE */
    bool rotates;     /* app/a, which is superseded when it is done */
    char *old, *new;  /* the states */
};

static char key[SVCT_TOKEN_LEN + 1];   /* of the account "bin" */
static char app_a[SVCT_TOKEN_LEN + 1]; /* of the token app/a */
static const char *program;
static const char *words_file;

/* ---- files ---- */

/* All of it, for free(); "" when there is none. */
static char *read_file(const char *path)
{
    char *text = calloc(1, TEXT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got;

    if (text == NULL)
        faults_die("out of memory");
    while (fd >= 0 && len < TEXT_MAX - 1 &&
           (got = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        close(fd);
    return text;
}

static bool is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* ---- running the utility ---- */

static void stand_on(int fd, const char *path, int flags)
{
    int opened = open(path, flags | O_CLOEXEC, 0600);

    if (opened < 0 || dup2(opened, fd) < 0)
        _exit(99);
}

static void be_limited(const struct faults_trial *trial)
{
    struct rlimit limit = {trial->limit, trial->limit};

    if (trial->limited && setrlimit(trial->resource, &limit) != 0)
        _exit(99);
}

/* trial NULL: it is not watched. */
static pid_t run(const char *const *args, const struct faults_trial *trial)
{
    const char *argv[ARGS_MAX + 2] = {program};
    pid_t pid;

    for (size_t i = 0; i < ARGS_MAX; i++)
        argv[i + 1] = args[i];
    fflush(stdout);
    pid = fork();
    if (pid != 0)
        return pid;
    stand_on(0, "/dev/null", O_RDONLY);
    stand_on(1, OUT, O_WRONLY | O_CREAT | O_TRUNC);
    stand_on(2, ERR, O_WRONLY | O_CREAT | O_TRUNC);
    if (trial != NULL)
        be_limited(trial);
    if (trial != NULL && !trial->limited)
        calltrace_me();
    execv(program, (char *const *)argv);
    _exit(98);
}

/* Its exit code. */
static int sv(const char *const *args)
{
    pid_t pid = run(args, NULL);
    int status;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        faults_die("fork: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define SV(...) sv((const char *const[ARGS_MAX]){__VA_ARGS__})

static void must(int code, const char *what)
{
    if (code != 0)
        faults_die("%s: %s%s", what, read_file(OUT), read_file(ERR));
}

/* ---- the database that each command finds ---- */

void faults_copy(const char *from, const char *to)
{
    pid_t pid;
    int status;

    privdir_remove(to);
    pid = fork();
    if (pid == 0) {
        execlp("cp", "cp", "-a", from, to, (char *)NULL);
        _exit(98);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        faults_die("cp %s %s", from, to);
}

static void take_token(char ret_text[SVCT_TOKEN_LEN + 1])
{
    char *out = read_file(OUT);

    snprintf(ret_text, SVCT_TOKEN_LEN + 1, "%s", out);
    free(out);
}

static void make_master(void)
{
    static const char lines[] =
        "{\"kind\":\"account\",\"name\":\"brought\",\"uid\":70010}\n"
        "{\"kind\":\"token\",\"account\":\"brought\",\"name\":\"one\","
        "\"hash\":\"00000000000000000000000000000000"
        "00000000000000000000000000000001\",\"id\":\"abcdefghi1\","
        "\"ttl\":\"1d\"}\n"
        "{\"kind\":\"account\",\"name\":\"brought2\",\"uid\":70011}\n";
    static const char wanted[] =
        "{\"policy\":{\"warn_before\":\"1d\"},\"accounts\":["
        "{\"name\":\"fresh\",\"uid\":70012},{\"name\":\"bin\"},"
        "{\"name\":\"app\",\"tokens\":[{\"name\":\"w\",\"generate\":"
        "\"" TOKEN_FILE "\"}]}]}\n";

    must(SV("init"), "init");
    must(SV("account", "create", "bin", "--existing", "--role", "Editor"),
         "account create");
    must(SV("token", "create", "bin/key", "--ttl", "7d"), "token create");
    take_token(key);
    must(SV("account", "create", "app", "--uid", "70000"), "account create");
    must(SV("account", "create", "gone", "--uid", "70001"), "account create");
    must(SV("token", "create", "app/a", "--ttl", "7d"), "token create");
    take_token(app_a);
    must(SV("token", "create", "app/old"), "token create");
    must(SV("token", "create", "gone/a", "--max-uses", "3"), "token create");
    must(SV("db", "backup", "/mnt/backup"), "db backup");
    must(SV("token", "revoke", "app/old"), "token revoke");
    must(SV("account", "delete", "gone", "--yes"), "account delete");
    privdir_write("/mnt/lines", lines);
    privdir_write("/mnt/wanted", wanted);
}

/* ---- states ---- */

/* Each run has its own of these. */
static const char *const blanked[] = {
    "\"id\":\"",          "\"hash\":\"",
    "\"former_hash\":\"", "\"created\":\"",
    "\"expires\":\"",     "\"revoked_at\":\"",
    "\"rotated_at\":\"",  "\"former_until\":\"",
    "\"created_by\":\"", /* a number when nobody could be asked */
    "\"revoked_by\":\"",  "\"rotated_by\":\"",
};

/* Another one when the file "usage" could not be read. */
static void drop_slot(char *line)
{
    char *at = strstr(line, ",\"slot\":");
    size_t len = at != NULL ? 1 + strcspn(at + 1, ",}") : 0;

    if (at != NULL)
        memmove(at, at + len, strlen(at + len) + 1);
}

static void blank(char *line)
{
    drop_slot(line);
    for (size_t i = 0; i < sizeof blanked / sizeof *blanked; i++) {
        char *at = strstr(line, blanked[i]), *end;

        if (at == NULL)
            continue;
        at += strlen(blanked[i]);
        end = strchr(at, '"');
        memmove(at, end, strlen(end) + 1);
    }
}

static bool is_frame(const char *line)
{
    return strstr(line, "\"kind\":\"header\"") != NULL ||
           strstr(line, "\"kind\":\"end\"") != NULL;
}

/* All that there is, for free(); NULL when it can't be read. */
static char *state_now(void)
{
    char *text, *ret = calloc(1, TEXT_MAX);
    char *save = NULL;
    size_t len = 0;

    privdir_remove(BACKUP);
    if (SV("db", "backup", BACKUP) != 0) {
        free(ret);
        return NULL;
    }
    text = read_file(BACKUP);
    for (char *line = strtok_r(text, "\n", &save); ret != NULL && line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (is_frame(line))
            continue;
        blank(line);
        len += (size_t)snprintf(ret + len, TEXT_MAX - len, "%s\n", line);
    }
    free(text);
    return ret;
}

/* The first line that is another one. */
static const char *difference(const char *state, const char *other)
{
    size_t line = 0;

    for (size_t i = 0; state[i] != '\0' && state[i] == other[i]; i++)
        if (state[i] == '\n')
            line = i + 1;
    return state + line;
}

/* "names" has exactly the accounts, whose lines are in its order. */
static bool names_fit(const char *state)
{
    static const char lead[] = "{\"kind\":\"account\",\"name\":\"";
    char *names = read_file(DB "/names"), *at = names;
    bool fits = true;

    for (const char *line = state; line != NULL && *line != '\0';
         line = strchr(line, '\n') + 1) {
        size_t len;

        if (strncmp(line, lead, strlen(lead)) != 0)
            continue;
        len = strcspn(line + strlen(lead), "\"");
        if (strncmp(at, line + strlen(lead), len) != 0 || at[len] != '\n') {
            fits = false;
            break;
        }
        at += len + 1;
    }
    fits = fits && *at == '\0';
    free(names);
    return fits;
}

/* ---- what it said ---- */

static const char *const nonsense[] = {"Success", "(null)", "Unknown error",
                                       "error 0", "errno 0"};

/* In place of the system's own words for the error. */
static const char *const reasons[] = {
    "out of memory", /* whatever memory was lacking for */
    "Cannot allocate memory",
    "input/output error", /* whatever kept a record from being read */
    "does not read back",
    "can't be used", /* libsodium */
};

static bool has_any(const char *text, const char *const *any, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, any[i]) != NULL)
            return true;
    return false;
}

static bool says_why(const char *err, const struct faults_trial *trial)
{
    int error = trial->call.error;

    if (trial->limited || error == CALLFAIL_HALF)
        return true;
    return strcasestr(err, strerror(error)) != NULL ||
           has_any(err, reasons, sizeof reasons / sizeof *reasons);
}

static void note_words(const struct faults_trial *trial, const char *err)
{
    FILE *file = words_file != NULL ? fopen(words_file, "ae") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%s: %s\n", callfail_error_name(trial->call.error), err);
    fclose(file);
}

static void look_at_words(const struct faults_trial *trial,
                          const struct callfail_run *run, const char *err)
{
    note_words(trial, err);
    if (has_any(err, nonsense, sizeof nonsense / sizeof *nonsense) ||
        (strstr(err, "the change is done") != NULL &&
         strstr(err, "nothing was changed") != NULL))
        faults_bad("it says nonsense: %s", err);
    if (run->said || (trial->limited && trial->resource == RLIMIT_NOFILE &&
                      trial->limit <= 3))
        return;
    if (strstr(err, "svctoken: ") == NULL)
        faults_bad("exit code 3, and it does not say why: %s", err);
    else if (!says_why(err, trial))
        faults_bad("it does not name the error: %s", err);
}

/* The text of a token, or most of one. */
static bool has_token(const char *text)
{
    for (const char *at = strstr(text, SVCT_TOKEN_PREFIX); at != NULL;
         at = strstr(at + 1, SVCT_TOKEN_PREFIX)) {
        size_t len = strspn(at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz_");

        if (len > strlen(SVCT_TOKEN_PREFIX) + SVCT_TOKEN_ID_LEN + 1)
            return true;
    }
    return false;
}

static void look_for_secrets(const char *err)
{
    char *log = read_file(DB "/audit.log");

    if (has_token(err))
        faults_bad("a secret on standard error");
    if (has_token(log))
        faults_bad("a secret in the log of changes");
    free(log);
}

/* ---- tokens ---- */

static bool opens(const char *text)
{
    struct svct_attempt attempt = {
        .dir = DB, .user = "app", .service = "sshd", .now = time(NULL)};
    struct svct_outcome outcome;

    return svct_verify_token(&attempt, text, strlen(text), &outcome, NULL) ==
               0 &&
           outcome.verdict == SVCT_GRANTED;
}

/* The token that came out of it, if a whole one did. */
static void find_shown(const struct command *c, const char *out,
                       char ret_text[SVCT_TOKEN_LEN + 1])
{
    char *file = c->writes ? read_file(TOKEN_FILE) : NULL;
    const char *from = file != NULL ? file : out;

    ret_text[0] = '\0';
    if (strlen(from) >= SVCT_TOKEN_LEN && svct_token_looks_like(from))
        snprintf(ret_text, SVCT_TOKEN_LEN + 1, "%.*s", SVCT_TOKEN_LEN, from);
    free(file);
}

/* Shown is what counts; what counts is shown, or said to be nobody's. */
static void look_at_token(const struct command *c, bool done, const char *out,
                          const char *err)
{
    char shown[SVCT_TOKEN_LEN + 1];
    bool counts;

    find_shown(c, out, shown);
    counts = shown[0] != '\0' && opens(shown);
    if (done && !counts && strstr(err, "nobody has ") == NULL)
        faults_bad("it is made, and the token that came of it opens nothing");
    if (!done && counts)
        faults_bad("the token opens something, and is not there");
    if (!done && shown[0] != '\0' && strstr(err, " again") == NULL &&
        strstr(err, "nobody has ") == NULL)
        faults_bad("a token is shown that does not count: %s", err);
}

static void log_in(void)
{
    struct pamhost host;
    int code;

    pamhost_start(&host, "cmd", "bin");
    host.text = key;
    code = pam_authenticate(host.pamh, 0);
    if (code != PAM_SUCCESS)
        faults_bad("another account's token: %s", pam_strerror(NULL, code));
    pamhost_end(&host);
}

/* ---- the database ---- */

static bool ends_in(const char *text, const char *tail)
{
    size_t len = strlen(text);

    return len >= strlen(tail) && strcmp(text + len - strlen(tail), tail) == 0;
}

/* A name that a deleted account had, as it may be while names.stale is there. */
static bool may_be(const char *problem)
{
    return strncmp(problem, "problem: names: ", 16) == 0 &&
           ends_in(problem, " is listed and is no account") &&
           is_there(DB "/names.stale");
}

static bool is_clean(void)
{
    char *out, *save = NULL;
    bool clean = true, told = false;

    if (SV("db", "verify") == 0)
        return true;
    out = read_file(OUT);
    for (char *line = strtok_r(out, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "problem", 7) != 0)
            continue;
        told = true;
        clean = clean && may_be(line);
    }
    free(out);
    return clean && told;
}

static void look_whether_clean(const char *when)
{
    if (!is_clean())
        faults_bad("%s it is not clean: %s%s", when, read_file(OUT),
                   read_file(ERR));
}

/* What does not belong into the folder, or is too much of it. */
static void look_for_leftovers(void)
{
    static const char *const belong[] = {"current", "lock",  "names",
                                         "reserve", "usage", "audit.log"};
    DIR *dir = opendir(DB);
    struct dirent *entry;
    int generations = 0;

    if (dir == NULL)
        faults_die("%s: %s", DB, strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        bool belongs = entry->d_name[0] == '.' && strlen(entry->d_name) <= 2;

        if (strncmp(entry->d_name, "gen-", 4) == 0 &&
            strlen(entry->d_name) == 14) {
            generations++;
            continue;
        }
        for (size_t i = 0; i < sizeof belong / sizeof *belong; i++)
            belongs = belongs || strcmp(entry->d_name, belong[i]) == 0;
        if (!belongs)
            faults_bad("after the next commit there is %s", entry->d_name);
    }
    closedir(dir);
    if (generations > 3)
        faults_bad("after the next commit there are %d generations",
                   generations);
}

static void look_at_next(const char *state)
{
    if (SV("account", "edit", "bin", "--description", "next") != 0) {
        faults_bad("the next commit: %s", read_file(ERR));
        return;
    }
    look_for_leftovers();
    if (!names_fit(state))
        faults_bad("after the next commit names does not fit");
    look_whether_clean("after the next commit");
}

/* ---- after a trial ---- */

/* It could not be loaded, or ended where it makes sure of its stack, which is
 * the first that it does. */
static bool not_loaded(const struct faults_trial *trial, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return true;
    if (!trial->limited && trial->call.n < trial->begins)
        return WIFSIGNALED(status);
    return trial->limited && trial->resource == RLIMIT_AS &&
           WIFSIGNALED(status) && trial->limit < (5 << 20);
}

static void look_at_end(const struct callfail_run *run,
                        const struct faults_trial *trial)
{
    if (run->late)
        faults_bad("it did not end");
    else if (WIFSIGNALED(run->status) && !not_loaded(trial, run->status))
        faults_bad("it ended by signal %d: %s", WTERMSIG(run->status),
                   read_file(ERR));
}

static bool has_said(const struct command *c, const char *out, const char *err)
{
    return strstr(out, c->says) != NULL || strstr(err, c->says) != NULL ||
           strstr(err, "the change is done") != NULL;
}

static bool is_no_room(int error)
{
    return error == ENOSPC || error == EDQUOT;
}

/* Nothing is published after a sync that failed, nor called done when the one
 * behind the rename did. A later one that is good does not mend the first: the
 * kernel tells an error once, and keeps no page that it could not write. But who
 * finds no room for a generation gives up what was made, makes room, and begins
 * again. */
static void look_at_syncs(const struct callfail_run *run, int code)
{
    if (run->sync_before && run->renamed && !is_no_room(run->trial.error))
        faults_bad("it is published, and a sync before that failed");
    if (run->sync_after && code == 0)
        faults_bad("exit code 0, and the sync behind the rename failed");
}

/* The exit code against the state. */
static void look_at_code(const struct command *c, int code, bool done,
                         const char *out, const char *err)
{
    if (code != 0 && code != 3)
        faults_bad("exit code %d: %s", code, err);
    if (code == 0 && !done)
        faults_bad("exit code 0, and it is not done");
    if (code == 3 && done && !has_said(c, out, err) &&
        strstr(err, "nobody has ") == NULL)
        faults_bad("it is done, and it does not say so: %s", err);
    if (!done && !c->shows && !c->writes && has_said(c, out, err))
        faults_bad("it has said that it is done: %s", err);
}

static void look(const struct faults_target *target,
                 const struct faults_trial *trial,
                 const struct callfail_run *run)
{
    struct command *c = (struct command *)target->arg;
    char *out = read_file(OUT), *err = read_file(ERR), *state;
    int code = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1;
    bool done;

    look_at_end(run, trial);
    look_whether_clean("then");
    state = state_now();
    done = state != NULL && strcmp(state, c->new) == 0;
    if (state == NULL)
        faults_bad("no backup: %s", read_file(ERR));
    else if (!done && strcmp(state, c->old) != 0)
        faults_bad("neither the state before nor the one after: %.300s",
                   difference(state, c->new));
    if (code >= 0 && !not_loaded(trial, run->status))
        look_at_code(c, code, done, out, err);
    else if (done)
        faults_bad("it is done by a program that was not loaded, or ended");
    look_at_syncs(run, code);
    if (code == 3)
        look_at_words(trial, run, err);
    look_for_secrets(err);
    if (c->shows || c->writes)
        look_at_token(c, done, out, err);
    if (c->rotates && opens(app_a) == done)
        faults_bad("the former secret %s", done ? "counts" : "does not count");
    log_in();
    if (state != NULL)
        look_at_next(state);
    faults_came(done);
    free(out);
    free(err);
    free(state);
}

/* ---- the targets ---- */

static void prepare(const struct faults_target *target)
{
    (void)target;
    faults_copy(MASTER, DB);
    privdir_remove(TOKEN_FILE);
}

static pid_t start(const struct faults_target *target,
                   const struct faults_trial *trial)
{
    const struct command *c = target->arg;

    return run(c->args, trial);
}

static struct command commands[] = {
    {.args = {"account", "create", "new", "--uid", "70002"},
     .says = "made the service account"},
    {.args = {"token", "create", "app/b", "--max-uses", "5"},
     .says = "made app/b",
     .shows = true},
    {.args = {"token", "create", "app/c", "--out", TOKEN_FILE},
     .says = "made app/c",
     .writes = true},
    {.args = {"token", "rotate", "app/a"},
     .says = "rotated",
     .shows = true,
     .rotates = true},
    {.args = {"token", "revoke", "app/a"}, .says = "revoked "},
    {.args = {"role", "edit", "Viewer", "--group", "ring"},
     .says = "changed the role"},
    {.args = {"db", "import", "/mnt/lines"}, .says = "Tokens new"},
    {.args = {"db", "restore", "--yes", "/mnt/backup"}, .says = "restored "},
    {.args = {"token", "purge", "--older", "0", "--yes"}, .says = "purged "},
    {.args = {"account", "delete", "app", "--yes"}, .says = "deleted "},
    {.args = {"apply", "--prune", "/mnt/wanted"},
     .says = "done: ",
     .writes = true},
};

#define TARGET(title, at)                                                  \
    {                                                                      \
        .name = title, .limits = true, .prepare = prepare, .start = start, \
        .look = look, .arg = &commands[at],                                \
    }

const struct faults_target faults_cmd_targets[] = {
    TARGET("account", 0), TARGET("token", 1),   TARGET("token-out", 2),
    TARGET("rotate", 3),  TARGET("revoke", 4),  TARGET("role", 5),
    TARGET("import", 6),  TARGET("restore", 7), TARGET("purge", 8),
    TARGET("delete", 9),  TARGET("apply", 10),
};
const size_t faults_cmd_count = sizeof commands / sizeof *commands;

/* What the database is like without it, and with it. */
static void know_states(struct command *c)
{
    prepare(NULL);
    c->old = state_now();
    must(sv(c->args), c->args[1]);
    c->new = state_now();
    if (c->old == NULL || c->new == NULL || strcmp(c->old, c->new) == 0)
        faults_die("%s %s changes nothing", c->args[0], c->args[1]);
}

void faults_cmd_setup(void)
{
    static const char stack[] =
        "auth [success=done default=die] " PAMHOST_MODULE " db=" DB "\n";

    program = getenv("SVCT_ADMIN");
    words_file = getenv("FAULTS_WORDS");
    if (program == NULL || setenv("SVCTOKEN_DB", DB, 1) != 0)
        faults_die("faults: SVCT_ADMIN does not name the utility");
    privdir_write(PAMHOST_CONFDIR "/cmd", stack);
    make_master();
    faults_copy(DB, MASTER);
    for (size_t i = 0; i < faults_cmd_count; i++)
        know_states(&commands[i]);
}
