/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * The whole PAM module, through libpam: any users, items, arguments, flags,
 * answers and session markers, phases in any order, a clock that goes anywhere,
 * and damage to the files it reads. pam_world says what is right: a login is
 * granted only where the right token of the right account was given and nothing
 * forbids it, damage or not; and always then, without damage. A person is let
 * out of the way and never asked; an account is never taken for a person while
 * "names" is whole. And each time: codes of that entry point only, groups are
 * only left, and by setcred; errno, descriptors, folder, umask and signals stay;
 * no typed secret is in the log.
 *
 * An input is a list of steps, of a byte each, with what they need behind them
 * (enum step below). The token texts are random, so an input names them by
 * their place in pam_world, and says what to alter.
 *
 * libpam loads support/pam_relay, which comes back to here (pam_relay below),
 * and from here the module is called. It needs root and a private tmpfs, and
 * ends with exit code 77 where there can be none.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <nss.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../pam_module/marker.h"
#include "../../pam_module/memo.h"
#include "../support/pam_relay.h"
#include "../support/privdir.h"
#include "auth/secret.h"
#include "base/safefile.h"
#include "base/snapshot.h"
#include "pam_world.h"

/* With what the module has logged. */
static void fail(const char *condition)
{
    fprintf(stderr, "not so: %s\n", condition);
    for (int i = 0; i < pamhost_log_count(); i++)
        fprintf(stderr, "log: %s\n", pamhost_log_line(i)->text);
    abort();
}

#define FUZZ_FAIL(condition) fail(condition)
#include "fuzz.h"

#define RELAY PRIVDIR "/relay/pam_svctoken.so" /* named so in the log */
#define STEPS_MAX 24
#define ARGS_MAX 8
#define TEXTS_MAX 128 /* of one input */
#define MARKERS_MAX 64
#define ADM 4    /* the group of Admin */
#define STAFF 50 /* a group of nobody's */

/* ---- the input ---- */

static struct {
    const uint8_t *at;
    size_t left;
} input;

static char *texts[TEXTS_MAX];
static size_t texts_count;

static uint8_t take(void)
{
    if (input.left == 0)
        return 0;
    input.left--;
    return *input.at++;
}

/* size bytes and a NUL, of just that size; gone when the input is. */
static char *new_text(size_t size)
{
    char *text = malloc(size + 1);

    MUST(text != NULL && texts_count < TEXTS_MAX);
    texts[texts_count++] = text;
    text[size] = '\0';
    return text;
}

static const char *new_copy(const char *from)
{
    size_t len = strlen(from);

    return memcpy(new_text(len), from, len + 1);
}

static void free_texts(void)
{
    while (texts_count > 0)
        free(texts[--texts_count]);
}

static const char *const words[] = {
    NULL,
    "",
    "deploy",
    "daemon",
    "off",
    "late",
    "near",
    "root",
    "games",
    "nobody",
    "sshd",
    "sudo",
    "systemd-user",
    "su",
    "polkit-1",
    "192.0.2.7",
    "::ffff:192.0.2.7",
    "198.51.100.1",
    "host.example",
    "pts/7",
    "db=" PAMHOST_DB,
    "db=/mnt//db/",
    "db=/nowhere",
    "db=/mnt",
    "debug",
    "use_first_pass",
    "try_first_pass",
    "role=Admin",
    "role=Editor",
    "role=Viewer",
    "role=None",
    "role=Nope",
};
#define WORDS (sizeof words / sizeof *words)

/* A word of the list, bytes as they come, or many of one. */
static const char *take_text(void)
{
    uint8_t kind = take();
    size_t len;
    char *text;

    if (kind < 0x80)
        return words[kind % WORDS];
    if (kind == 0xff) {
        kind = take();
        len = (size_t)1 << kind % 17;
        text = new_text(len);
        return memset(text, kind == 0 ? 'A' : kind, len);
    }
    len =
        (size_t)(kind - 0x80) < input.left ? (size_t)(kind - 0x80) : input.left;
    text = new_text(len);
    if (len > 0)
        memcpy(text, input.at, len);
    input.at += len;
    input.left -= len;
    return text;
}

static bool typed[WORLD_TEXTS];

static char *take_token(void)
{
    unsigned which = take() % WORLD_TEXTS;
    char *text = new_text(SVCT_TOKEN_LEN + 1);

    typed[which] = true;
    dbmake_unmask(&world_minted[which], text);
    return text;
}

/* What is typed: nothing, a token, one that is nearly right, any text. */
static const char *take_answer(void)
{
    char *text;

    switch (take() % 6) {
    case 0:
        return NULL;
    case 1:
        return take_token();
    case 2:
        text = take_token();
        text[take() % SVCT_TOKEN_LEN] ^= (char)(take() | 1);
        return text;
    case 3:
        text = take_token();
        text[take() % SVCT_TOKEN_LEN] = '\0';
        return text;
    case 4:
        text = take_token();
        text[SVCT_TOKEN_LEN] = (char)take();
        text[SVCT_TOKEN_LEN + 1] = '\0';
        return text;
    default:
        return take_text();
    }
}

/* ---- the files ---- */

enum file {
    FILE_PRIVATE = 0,
    FILE_NAMES,
    FILE_USAGE,
    FILE_KEY,   /* of the markers */
    FILE_PUBLIC /* which a login does not read */
};
#define FILES 5

static struct {
    char path[200];
    int fd;
    mode_t mode;
    uint8_t *bytes;
    size_t size;
    bool damaged;
} files[FILES];

static void open_file(enum file which, const char *folder, const char *name)
{
    struct stat st;
    int fd;

    snprintf(files[which].path, sizeof files[which].path, "%s/%s", folder,
             name);
    fd = open(files[which].path, O_RDWR | O_CLOEXEC);
    MUST(fd >= 0 && fstat(fd, &st) == 0);
    files[which].fd = fd;
    files[which].mode = st.st_mode & 07777;
    files[which].size = (size_t)st.st_size;
    files[which].bytes = malloc(files[which].size);
    MUST(files[which].bytes != NULL);
    MUST(svct_safefile_pread(fd, files[which].bytes, files[which].size, 0));
}

static void open_files(void)
{
    char folder[200], name[SVCT_GENERATION_LEN + 1];
    uint8_t key[SVCT_MARKER_KEY_LEN];
    uint64_t sequence;
    int dir_fd;

    MUST(svct_safefile_open_dir(PAMHOST_DB, &dir_fd, NULL) == 0);
    MUST(svct_snapshot_current(dir_fd, name, &sequence, NULL) == 0);
    close(dir_fd);
    snprintf(folder, sizeof folder, PAMHOST_DB "/%s", name);
    open_file(FILE_PRIVATE, folder, "private.gdbm");
    open_file(FILE_PUBLIC, folder, "public.gdbm");
    open_file(FILE_NAMES, PAMHOST_DB, "names");
    open_file(FILE_USAGE, PAMHOST_DB, "usage");
    MUST(svct_marker_key(SVCT_RUNDIR, true, key, NULL) == 0);
    open_file(FILE_KEY, SVCT_RUNDIR, SVCT_MARKER_KEY_FILE);
}

static void mend(enum file which)
{
    const int fd = files[which].fd;

    MUST(ftruncate(fd, (off_t)files[which].size) == 0);
    MUST(fchmod(fd, files[which].mode) == 0);
    MUST(pwrite(fd, files[which].bytes, files[which].size, 0) ==
         (ssize_t)files[which].size);
    files[which].damaged = false;
}

/* Never the bytes of before: an older count of uses could not be told from a
 * true one. */
static void do_damage(void)
{
    enum file which = (enum file)(take() % FILES);
    uint8_t kind = take();
    size_t where = (size_t)take() << 16 | (size_t)take() << 8 | take();
    uint8_t value = take(), byte = 0;
    const int fd = files[which].fd;

    where %= files[which].size;
    files[which].damaged = true;
    switch (kind % 4) {
    case 0:
        MUST(pread(fd, &byte, 1, (off_t)where) >= 0);
        byte ^= value == 0 ? 1 : value;
        MUST(pwrite(fd, &byte, 1, (off_t)where) == 1);
        break;
    case 1:
        MUST(ftruncate(fd, (off_t)where) == 0);
        break;
    case 2:
        MUST(ftruncate(fd, (off_t)(files[which].size + value)) == 0);
        break;
    default:
        MUST(fchmod(fd, value) == 0);
    }
}

static bool is_damaged(void)
{
    return files[FILE_PRIVATE].damaged || files[FILE_NAMES].damaged ||
           files[FILE_USAGE].damaged || files[FILE_KEY].damaged;
}

/* ---- who uses PAM ---- */

static struct {
    pam_handle_t *pamh;
    struct pam_conv conv;
    const char *args[ARGS_MAX];
    int args_count;
    const char *authtok; /* as a module before would leave it */
    const char *name;    /* answer to the prompt for a name */
    const char *answer;  /* to a prompt for a secret */
    uint8_t behaviour;
    int flags;
    /* of the call at hand */
    bool asked;
    /* of the handle */
    bool granted;
    bool proven; /* that, or a true marker was there for setcred or open */
    bool known;  /* or any: the module has a memo of it */
    enum world_text with; /* the last one granted */
} host;

enum behaviour {
    BEHAVE_ANSWER = 0,
    BEHAVE_FAIL,     /* with an answer that is nobody's */
    BEHAVE_AGAIN,    /* PAM_CONV_AGAIN */
    BEHAVE_NOTHING,  /* no array */
    BEHAVE_NO_MEMORY /* PAM_BUF_ERR */
};
#define BEHAVIOURS 5

static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data)
{
    const bool secret = messages[0]->msg_style == PAM_PROMPT_ECHO_OFF;
    const char *text = secret ? host.answer : host.name;

    (void)data;
    MUST(count == 1 && strlen(messages[0]->msg) < 1024);
    host.asked |= secret;
    *responses = NULL;
    switch (host.behaviour) {
    case BEHAVE_FAIL:
        if (secret) /* of another program: not to be touched */
            *responses = (struct pam_response *)(uintptr_t)8;
        return PAM_CONV_ERR;
    case BEHAVE_AGAIN:
        return PAM_CONV_AGAIN;
    case BEHAVE_NO_MEMORY:
        return PAM_BUF_ERR;
    case BEHAVE_NOTHING:
        return PAM_SUCCESS;
    default:
        break;
    }
    *responses = calloc(1, sizeof **responses);
    MUST(*responses != NULL);
    if (text != NULL)
        (*responses)[0].resp = strdup(text);
    return PAM_SUCCESS;
}

static void no_delay(int code, unsigned microseconds, void *data)
{
    (void)code;
    (void)microseconds;
    (void)data;
}

static void start(const char *service, const char *user)
{
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {no_delay};

    if (host.pamh != NULL)
        pam_end(host.pamh, PAM_SUCCESS);
    host.pamh = NULL;
    host.granted = host.proven = host.known = false;
    host.conv = (struct pam_conv){converse, NULL};
    if (pam_start_confdir(service != NULL ? service : "sshd", user, &host.conv,
                          PAMHOST_CONFDIR, &host.pamh) != PAM_SUCCESS) {
        host.pamh = NULL; /* no name of a service */
        return;
    }
    MUST(pam_set_item(host.pamh, PAM_FAIL_DELAY, delay.item) == PAM_SUCCESS);
}

/* ---- markers ---- */

static struct {
    char text[SVCT_MARKER_TEXT];
    const char *user;
    int64_t made;
    enum world_text of;
} markers[MARKERS_MAX];
static size_t markers_count;

static void note_marker(const char *text, enum world_text of)
{
    if (text == NULL || markers_count == MARKERS_MAX)
        return;
    snprintf(markers[markers_count].text, sizeof markers[0].text, "%s", text);
    markers[markers_count].user = world_account(of);
    markers[markers_count].made = world_clock;
    markers[markers_count++].of = of;
}

/* Does it open a session of this user's with that token, for all that is known
 * of it? */
static bool is_marker(const char *text, const char *user)
{
    for (size_t i = 0; text != NULL && user != NULL && i < markers_count; i++)
        if (strcmp(markers[i].text, text) == 0 &&
            strcmp(markers[i].user, user) == 0 &&
            world_clock / 60 <= markers[i].made / 60 + SVCT_MARKER_MINUTES)
            return true;
    return false;
}

static void put_marker(const char *text)
{
    size_t size;
    char *entry;

    if (text == NULL || host.pamh == NULL)
        return;
    size = sizeof SVCT_MEMO_ENV + strlen(text);
    entry = new_text(size);
    snprintf(entry, size + 1, SVCT_MEMO_ENV "=%s", text);
    pam_putenv(host.pamh, entry);
}

/* One that could be true: of this process or its parent's child, or of
 * somebody else. */
static void make_marker(void)
{
    enum world_text of = (enum world_text)(take() % WORLD_TEXTS);
    uint8_t how = take(), where = take(), value = take();
    struct svct_marker marker = {
        .token_id = world_minted[of].id,
        .user = world_account((how & 8) != 0 ? WORLD_DAEMON : of),
        .now = world_clock,
        .pid = (how & 1) != 0 ? getpid() : getpid() + 1,
        .ppid = (how & 2) != 0 ? getpid() : getpid() + 1};
    char *text = new_text(SVCT_MARKER_TEXT);
    size_t len;

    if (svct_marker_format(&marker, files[FILE_KEY].bytes, text,
                           SVCT_MARKER_TEXT) != 0)
        return;
    len = strlen(text);
    if (value != 0)
        text[where % len] ^= (char)value;
    else if ((how & 3) != 0 && strcmp(marker.user, world_account(of)) == 0)
        note_marker(text, of);
    put_marker(text);
}

/* ---- the module ---- */

typedef int entry_fn(pam_handle_t *pamh, int flags, int argc,
                     const char **argv);
static entry_fn *entries[PAM_RELAY_PHASES];

static const char *item(pam_handle_t *pamh, int type)
{
    const void *found = NULL;

    return pam_get_item(pamh, type, &found) == PAM_SUCCESS ? found : NULL;
}

static bool is_one_of(int code, const int *codes)
{
    while (*codes != -1)
        if (*codes++ == code)
            return true;
    return false;
}

static void check_code(enum pam_relay_phase phase, int code)
{
    static const int known[PAM_RELAY_PHASES][8] = {
        [PAM_RELAY_AUTHENTICATE] = {PAM_SUCCESS, PAM_AUTH_ERR, PAM_USER_UNKNOWN,
                                    PAM_AUTHINFO_UNAVAIL, PAM_SERVICE_ERR,
                                    PAM_INCOMPLETE, -1},
        [PAM_RELAY_SETCRED] = {PAM_SUCCESS, PAM_CRED_ERR, PAM_USER_UNKNOWN,
                               PAM_SERVICE_ERR, -1},
        [PAM_RELAY_ACCOUNT] = {PAM_SUCCESS, PAM_ACCT_EXPIRED, PAM_PERM_DENIED,
                               PAM_IGNORE, PAM_AUTHINFO_UNAVAIL,
                               PAM_SERVICE_ERR, -1},
        [PAM_RELAY_OPEN] = {PAM_SUCCESS, PAM_IGNORE, PAM_SERVICE_ERR, -1},
        [PAM_RELAY_CLOSE] = {PAM_SUCCESS, PAM_IGNORE, -1},
        [PAM_RELAY_CHAUTHTOK] = {PAM_PERM_DENIED, PAM_IGNORE,
                                 PAM_AUTHINFO_UNAVAIL, PAM_SERVICE_ERR, -1},
    };

    MUST(is_one_of(code, known[phase]));
}

/* Without having asked. */
static bool is_granted_unasked(const struct world_login *login)
{
    struct world_login unasked = *login;
    enum world_text with;

    unasked.answer = NULL;
    return world_decide(&unasked, &with) != WORLD_REFUSES;
}

static void check_authenticate(const struct world_login *login, int code)
{
    enum world_text with = WORLD_PLAIN;
    enum world_answer right = world_decide(login, &with);

    MUST(code != PAM_SUCCESS || right != WORLD_REFUSES);
    MUST(code == PAM_SUCCESS || right != WORLD_GRANTS || is_damaged());
    host.granted = code == PAM_SUCCESS;
    if (login->user != NULL) /* what an earlier one has left is gone */
        host.proven = host.known = host.granted;
    if (code != PAM_SUCCESS)
        return;
    MUST(host.asked || is_granted_unasked(login));
    MUST(item(host.pamh, PAM_AUTHTOK) == login->authtok ||
         strcmp(item(host.pamh, PAM_AUTHTOK), login->authtok) == 0);
    host.with = with;
    world_uses += with == WORLD_USED_FEW;
    note_marker(pam_getenv(host.pamh, SVCT_MEMO_ENV), with);
}

/* Somebody who is no account is not asked, and not in the way. */
static void check_person(enum pam_relay_phase phase, int code)
{
    MUST(!host.asked);
    if (phase == PAM_RELAY_AUTHENTICATE)
        MUST(code == PAM_USER_UNKNOWN || code == PAM_AUTHINFO_UNAVAIL ||
             code == PAM_INCOMPLETE);
    else if (phase == PAM_RELAY_SETCRED)
        MUST(code == PAM_USER_UNKNOWN || host.known);
    else if (phase == PAM_RELAY_OPEN)
        MUST(code == PAM_IGNORE || host.known);
    else if (phase != PAM_RELAY_CLOSE)
        MUST(code == PAM_IGNORE);
}

/* An account is not taken for a person. */
static void check_ours(enum pam_relay_phase phase, int code)
{
    if (phase == PAM_RELAY_AUTHENTICATE || phase == PAM_RELAY_SETCRED)
        MUST(code != PAM_USER_UNKNOWN);
    else
        MUST(code != PAM_IGNORE);
}

static void check_whose(enum pam_relay_phase phase, int code,
                        const struct world_login *login)
{
    if (files[FILE_NAMES].damaged)
        return;
    if (!world_is_account(login->user))
        check_person(phase, code);
    else if (world_looks_here(login))
        check_ours(phase, code);
}

/* A marker may be redeemed by either of these. */
static void look_at_marker(enum pam_relay_phase phase, const char *marker,
                           const char *user)
{
    if (phase != PAM_RELAY_SETCRED && phase != PAM_RELAY_OPEN)
        return;
    host.known |= marker != NULL;
    host.proven |= is_marker(marker, user);
}

/* A name of a token is told only where that token was proven. */
static void check_session(void)
{
    if (pam_getenv(host.pamh, "SVCTOKEN_TOKEN") != NULL)
        MUST(host.proven);
}

struct crowd {
    int count;
    gid_t gid[NGROUPS_MAX > 64 ? 64 : NGROUPS_MAX];
};

static struct crowd crowd_now(void)
{
    struct crowd crowd;

    crowd.count = getgroups(64, crowd.gid);
    MUST(crowd.count >= 0);
    return crowd;
}

static bool is_in(const struct crowd *crowd, gid_t gid)
{
    for (int i = 0; i < crowd->count; i++)
        if (crowd->gid[i] == gid)
            return true;
    return false;
}

static void check_groups(enum pam_relay_phase phase, int code,
                         const struct crowd *before,
                         const struct world_login *login)
{
    struct crowd after = crowd_now();

    MUST(after.count == before->count || phase == PAM_RELAY_SETCRED);
    for (int i = 0; i < after.count; i++)
        MUST(is_in(before, after.gid[i]));
    if (phase != PAM_RELAY_SETCRED || code != PAM_SUCCESS || !host.granted ||
        (host.flags & PAM_DELETE_CRED) != 0 || login->user == NULL ||
        strcmp(login->user, world_account(host.with)) != 0)
        return;
    MUST(host.with != WORLD_CAPPED || !is_in(&after, ADM));
    if (host.with == WORLD_PLAIN)
        MUST(after.count == before->count);
}

int pam_relay(pam_handle_t *pamh, enum pam_relay_phase phase, int flags)
{
    struct world_login login = {.argv = host.args, .argc = host.args_count};
    const struct crowd before = crowd_now();
    const char *marker;
    int code;

    (void)flags;
    pam_set_item(pamh, PAM_AUTHTOK, host.authtok);
    login.authtok = item(pamh, PAM_AUTHTOK);
    if (login.authtok != NULL)
        login.authtok = new_copy(login.authtok);
    marker = pam_getenv(pamh, SVCT_MEMO_ENV);
    if (marker != NULL)
        marker = new_copy(marker);
    host.asked = false;
    errno = 4242;
    code = entries[phase](pamh, host.flags, login.argc,
                          login.argc > 0 ? host.args : NULL);
    MUST(errno == 4242);
    login.user = item(pamh, PAM_USER);
    login.service = item(pamh, PAM_SERVICE);
    login.rhost = item(pamh, PAM_RHOST);
    login.answer = host.behaviour == BEHAVE_ANSWER ? host.answer : NULL;
    look_at_marker(phase, marker, login.user);
    check_code(phase, code);
    if (phase == PAM_RELAY_AUTHENTICATE)
        check_authenticate(&login, code);
    else
        MUST(!host.asked);
    check_whose(phase, code, &login);
    if (phase == PAM_RELAY_OPEN && code == PAM_SUCCESS)
        check_session();
    check_groups(phase, code, &before, &login);
    return code;
}

static void run_phase(enum pam_relay_phase phase)
{
    static int (*const calls[])(pam_handle_t *, int) = {
        pam_authenticate, pam_setcred,       pam_acct_mgmt,
        pam_open_session, pam_close_session, pam_chauthtok};

    if (host.pamh != NULL)
        calls[phase](host.pamh, 0);
}

/* ---- the steps ---- */

enum step {
    STEP_PHASE = 0, /* which, flags */
    STEP_START,     /* service, user */
    STEP_ITEM,      /* which, text */
    STEP_AUTHTOK,   /* answer */
    STEP_ARGS,      /* how many, texts */
    STEP_CONV,      /* behaviour, answer, name */
    STEP_MARKER,    /* of what, how, where, value */
    STEP_ENV,       /* text */
    STEP_DAMAGE,    /* file, kind, where (3), value */
    STEP_CLOCK      /* a known time, or eight bytes */
};
#define STEPS 10

static void take_phase(void)
{
    static const int flags[] = {0,
                                (int)PAM_SILENT,
                                PAM_ESTABLISH_CRED,
                                PAM_DELETE_CRED,
                                PAM_REINITIALIZE_CRED,
                                PAM_PRELIM_CHECK,
                                PAM_UPDATE_AUTHTOK};
    unsigned which = take() % PAM_RELAY_PHASES;
    uint8_t kind = take() % 8;

    host.flags = kind < 7
                     ? flags[kind]
                     : (int)((unsigned)take() << 24 | (unsigned)take() << 16 |
                             (unsigned)take() << 8 | take());
    run_phase((enum pam_relay_phase)which);
}

static void take_item(void)
{
    static const int types[] = {PAM_RHOST, PAM_TTY,  PAM_SERVICE,
                                PAM_RUSER, PAM_USER, PAM_USER_PROMPT};
    int type = types[take() % 6];
    const char *text = take_text();

    if (type == PAM_SERVICE && text == NULL)
        text = ""; /* libpam 1.5.2 reads the other through a null pointer */
    if (host.pamh != NULL)
        pam_set_item(host.pamh, type, text);
}

static void take_args(void)
{
    host.args_count = take() % (ARGS_MAX + 1);
    for (int i = 0; i < host.args_count; i++)
        host.args[i] = take_text();
}

static void take_env(void)
{
    put_marker(take_text());
}

static void take_clock(void)
{
    static const int64_t times[] = {0,   60,   99,   100,  599,  600,
                                    999, 1000, 3599, 3600, -300, -301};
    uint8_t kind = take();
    uint64_t any = 0;

    if (kind < 0xf0) {
        world_clock = WORLD_NOW + times[kind % 12];
        return;
    }
    for (int i = 0; i < 8; i++)
        any = any << 8 | take();
    world_clock = (int64_t)any;
}

static void take_step(void)
{
    switch (take() % STEPS) {
    case STEP_PHASE:
        take_phase();
        break;
    case STEP_START: {
        const char *service = take_text();

        start(service, take_text());
        break;
    }
    case STEP_ITEM:
        take_item();
        break;
    case STEP_AUTHTOK:
        host.authtok = take_answer();
        break;
    case STEP_ARGS:
        take_args();
        break;
    case STEP_CONV:
        host.behaviour = take() % BEHAVIOURS;
        host.answer = take_answer();
        host.name = take_text();
        break;
    case STEP_MARKER:
        make_marker();
        break;
    case STEP_ENV:
        take_env();
        break;
    case STEP_DAMAGE:
        do_damage();
        break;
    case STEP_CLOCK:
    default:
        take_clock();
    }
}

/* ---- surroundings ---- */

static void load_entries(void)
{
    static const char *const names[PAM_RELAY_PHASES] = {
        "pam_sm_authenticate", "pam_sm_setcred",       "pam_sm_acct_mgmt",
        "pam_sm_open_session", "pam_sm_close_session", "pam_sm_chauthtok"};
    void *module = dlopen(PAMHOST_MODULE, RTLD_NOW | RTLD_LOCAL);

    MUST(module != NULL);
    for (int i = 0; i < PAM_RELAY_PHASES; i++) {
        *(void **)&entries[i] = dlsym(module, names[i]);
        MUST(entries[i] != NULL);
    }
    /* For good: the fuzzer keeps counters in what is loaded. */
    MUST(dlopen(RELAY, RTLD_NOW | RTLD_LOCAL) != NULL);
}

/* libpam's, of which it takes no for an answer: it would have each remote host
 * looked up. */
int audit_open(void);
int audit_open(void)
{
    errno = EINVAL;
    return -1;
}

/* Beside this program in its build folder. */
static void find_file(const char *below, char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size - 1);

    MUST(len > 0);
    path[len] = '\0';
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = '\0';
    len = (ssize_t)strlen(path);
    snprintf(path + len, size - (size_t)len, "/%s", below);
}

static void set_up(void)
{
    char path[PATH_MAX];
    const char *reason = NULL;

    find_file("pam_module/.libs/pam_svctoken.so", path, sizeof path);
    setenv("SVCT_MODULE", path, 1);
    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !privdir_cover(SVCT_DBDIR, &reason) || !pamhost_setup(&reason)) {
        fprintf(stderr, "pam_fuzz: skipped, %s\n", reason);
        _exit(77);
    }
    find_file("tests/support/.libs/pam_relay.so", path, sizeof path);
    MUST(mkdir(PRIVDIR "/relay", 0755) == 0 && symlink(path, RELAY) == 0);
    privdir_write(PAMHOST_CONFDIR "/other",
                  "auth required " RELAY "\naccount required " RELAY
                  "\nsession required " RELAY "\npassword required " RELAY
                  "\n");
    /* Nobody else's name service: it may ask the network. */
    MUST(__nss_configure_lookup("passwd", "files") == 0);
    MUST(__nss_configure_lookup("group", "files") == 0);
    MUST(svct_secret_setup() == 0);
    world_make();
    open_files();
    load_entries();
}

struct surroundings {
    int descriptors;
    mode_t mask;
    sigset_t signals;
    char folder[PATH_MAX];
};

static void look_around(struct surroundings *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->descriptors = privdir_entries("/proc/self/fd");
    ret->mask = umask(0);
    umask(ret->mask);
    MUST(sigprocmask(SIG_BLOCK, NULL, &ret->signals) == 0);
    MUST(getcwd(ret->folder, sizeof ret->folder) != NULL);
}

static void begin(void)
{
    static const gid_t groups[] = {ADM, STAFF};

    memset(&host, 0, sizeof host);
    memset(typed, 0, sizeof typed);
    host.args[0] = "db=" PAMHOST_DB;
    host.args_count = 1;
    world_clock = WORLD_NOW;
    world_uses = 0;
    markers_count = 0;
    pamhost_log_clear();
    MUST(setgroups(2, groups) == 0);
    start("sshd", "deploy");
}

static void end(void)
{
    if (host.pamh != NULL)
        pam_end(host.pamh, PAM_SUCCESS);
    for (int i = 0; i < WORLD_TEXTS; i++)
        MUST(!typed[i] || !pamhost_log_tells(&world_minted[i]));
    for (int i = 0; i < FILES; i++)
        if (files[i].damaged || i == FILE_USAGE)
            mend((enum file)i);
    if (privdir_entries(SVCT_RUNDIR "/sessions") > 0)
        privdir_remove(SVCT_RUNDIR "/sessions");
    free_texts();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct surroundings before, after;

    if (!ready)
        set_up();
    ready = true;
    look_around(&before);
    input.at = data;
    input.left = size;
    begin();
    for (int i = 0; i < STEPS_MAX && input.left > 0; i++)
        take_step();
    end();
    look_around(&after);
    MUST(memcmp(&before, &after, sizeof before) == 0);
    return 0;
}
