/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamwalk.h"

#include <errno.h>

#include "auth/options.h"

#define BIT(code) (UINT32_C(1) << (code))
/* All but "incomplete", with which a program comes again. */
#define ALL (UINT32_MAX & ~BIT(31))
#define GOOD (BIT(SVCT_PAMCODE_SUCCESS) | BIT(SVCT_PAMCODE_NEW_AUTHTOK_REQD))
/* With these a module refuses, and does not keep out of it. */
#define REFUSALS (ALL & ~GOOD & ~BIT(SVCT_PAMCODE_IGNORE))

/* ---- what other modules return ---- */

enum kind {
    KIND_DENY,     /* nobody gets in by it */
    KIND_PERMIT,   /* everybody */
    KIND_PASSWORD, /* asks for one, which a service account has not */
    KIND_ROOT,     /* is for root, who may do all anyway */
    KIND_SERVANT,  /* does something by the way, and lets go on */
    KIND_OTHER     /* anything */
};

static const struct {
    const char *module;
    enum kind kind;
} known[] = {
    {"pam_deny.so", KIND_DENY},         {"pam_permit.so", KIND_PERMIT},
    {"pam_unix.so", KIND_PASSWORD},     {"pam_unix_ng.so", KIND_PASSWORD},
    {"pam_sss.so", KIND_PASSWORD},      {"pam_ldap.so", KIND_PASSWORD},
    {"pam_winbind.so", KIND_PASSWORD},  {"pam_krb5.so", KIND_PASSWORD},
    {"pam_rootok.so", KIND_ROOT},       {"pam_env.so", KIND_SERVANT},
    {"pam_faildelay.so", KIND_SERVANT}, {"pam_echo.so", KIND_SERVANT},
    {"pam_warn.so", KIND_SERVANT},      {"pam_group.so", KIND_SERVANT},
    {"pam_cap.so", KIND_SERVANT},       {"pam_keyinit.so", KIND_SERVANT},
    {"pam_issue.so", KIND_SERVANT},     {"pam_gnome_keyring.so", KIND_SERVANT},
};

/* "pam_succeed_if.so uid = 0": for root, too. */
static bool is_for_root(const struct svct_pamconf_line *line)
{
    for (int i = 0; i + 2 < line->argc; i++) {
        if (strcmp(line->argv[i], "uid") == 0 &&
            (strcmp(line->argv[i + 1], "=") == 0 ||
             strcmp(line->argv[i + 1], "eq") == 0) &&
            strcmp(line->argv[i + 2], "0") == 0)
            return svct_pamconf_is(line, "pam_succeed_if.so");
    }
    return false;
}

static enum kind kind_of(const struct svct_pamconf_line *line)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (svct_pamconf_is(line, known[i].module))
            return known[i].kind;
    }
    return is_for_root(line) ? KIND_ROOT : KIND_OTHER;
}

/* Who logs in, and what the others say. */
enum trial {
    TRIAL_ACCOUNT, /* a service account */
    TRIAL_REFUSED, /* somebody whom no module knows */
    TRIAL_PERSON
};

/* A set of codes. */
static uint32_t codes_of(const struct svct_pamconf_line *line, enum trial trial)
{
    switch (kind_of(line)) {
    case KIND_DENY:
    case KIND_ROOT:
        return REFUSALS;
    case KIND_PERMIT:
        return BIT(SVCT_PAMCODE_SUCCESS);
    case KIND_SERVANT:
        return ALL;
    case KIND_PASSWORD:
        if (line->type == SVCT_PAMCONF_AUTH && trial != TRIAL_PERSON)
            return REFUSALS;
        break;
    case KIND_OTHER:
        break;
    }
    return trial == TRIAL_REFUSED ? ALL & ~GOOD : ALL;
}

/* ---- going through a chain ---- */

#define NO_CODE (-1) /* as if our line were not there */
#define WAYS_MAX 64  /* that arrive at one step */
#define NOWHERE SVCT_PAMCONF_LINES_MAX

enum impression {
    UNDECIDED,
    POSITIVE,
    NEGATIVE
};

/* What libpam keeps; of the code that it will return only whether it is
 * PAM_SUCCESS. */
struct mind {
    uint8_t impression;
    bool success;
};

struct way {
    struct mind now;
    struct mind before[SVCT_PAMCONF_DEPTH_MAX + 1]; /* each substack */
    uint8_t level; /* of the step before this one */
    bool asked;    /* our module */
    /* The step that led past our first line, or ended before it. */
    uint16_t past;
};

struct result {
    bool asked;     /* on some way */
    bool granted;   /* on some way on which it was asked */
    bool missed;    /* on some way on which it was not asked: granted, too */
    size_t past;    /* of that way: the step; NOWHERE: no step is to blame */
    size_t blocked; /* of a way that ended without it: likewise */
};

struct walker {
    const struct svct_pamconf *conf;
    enum svct_pamconf_type type;
    enum trial trial;
    int code;     /* of our module */
    size_t first; /* our first line; the length of the chain: none */
    bool too_many;
    struct result result;
    size_t count[SVCT_PAMCONF_LINES_MAX + 1];
    struct way way[SVCT_PAMCONF_LINES_MAX + 1][WAYS_MAX];
};

static const struct svct_pamconf_line *step(const struct walker *walker,
                                            size_t i)
{
    return walker->conf->chain[walker->type][i];
}

static size_t length(const struct walker *walker)
{
    return walker->conf->count[walker->type];
}

static bool is_ours(const struct svct_pamconf_line *line)
{
    return svct_pamconf_is(line, SVCT_PAMWALK_MODULE);
}

/* Who is to blame makes no other way of it. */
static bool same_way(const struct way *a, const struct way *b)
{
    if (a->level != b->level || a->asked != b->asked ||
        a->now.impression != b->now.impression ||
        a->now.success != b->now.success)
        return false;
    for (size_t i = 0; i <= SVCT_PAMCONF_DEPTH_MAX; i++) {
        if (a->before[i].impression != b->before[i].impression ||
            a->before[i].success != b->before[i].success)
            return false;
    }
    return true;
}

static void arrive(struct walker *walker, size_t i, const struct way *way)
{
    for (size_t k = 0; k < walker->count[i]; k++) {
        if (same_way(&walker->way[i][k], way))
            return;
    }
    if (walker->count[i] == WAYS_MAX) {
        walker->too_many = true;
        return;
    }
    walker->way[i][walker->count[i]++] = *way;
}

size_t svct_pamwalk_jump(const struct svct_pamconf *conf,
                         enum svct_pamconf_type type, size_t i, int32_t n,
                         int32_t *ret_left)
{
    const struct svct_pamconf_line *const *chain = conf->chain[type];
    size_t count = conf->count[type];
    unsigned level = chain[i]->level;

    while (n > 0 && i + 1 < count && chain[i + 1]->level >= level) {
        do {
            i++;
        } while (i + 1 < count && chain[i + 1]->level > level);
        n--;
    }
    *ret_left = n;
    return i + 1;
}

/* Behind the rest of this (sub)stack. */
static size_t end_of_level(const struct svct_pamconf *conf,
                           enum svct_pamconf_type type, size_t i)
{
    unsigned level = conf->chain[type][i]->level;

    do {
        i++;
    } while (i < conf->count[type] && conf->chain[type][i]->level >= level);
    return i;
}

static void take_good(struct way *way, int code)
{
    if (way->now.impression == UNDECIDED ||
        (way->now.impression == POSITIVE && way->now.success)) {
        way->now.impression = POSITIVE;
        way->now.success = code == SVCT_PAMCODE_SUCCESS;
    }
}

static void take_bad(struct way *way, int code)
{
    if (way->now.impression == NEGATIVE)
        return;
    way->now.impression = NEGATIVE;
    way->now.success = code == SVCT_PAMCODE_SUCCESS;
}

static void fail(struct way *way)
{
    way->now.impression = NEGATIVE;
    way->now.success = false;
}

static void enter_level(struct way *way, const struct svct_pamconf_line *line)
{
    if (way->level < line->level)
        way->before[line->level] = way->now;
    way->level = (uint8_t)line->level;
}

/* What becomes of a way when the step i returns that code; where it goes on. */
static size_t take_code(const struct svct_pamconf *conf,
                        enum svct_pamconf_type type, size_t i, int code,
                        struct way *way)
{
    const struct svct_pamconf_line *line = conf->chain[type][i];
    int32_t action = line->action[code], left;
    size_t next = i + 1;

    switch (action) {
    case SVCT_PAMCONF_IGNORE:
        return next;
    case SVCT_PAMCONF_RESET:
        way->now = way->before[line->level];
        return next;
    case SVCT_PAMCONF_OK:
    case SVCT_PAMCONF_DONE:
        take_good(way, code);
        return action == SVCT_PAMCONF_DONE && way->now.impression == POSITIVE
                   ? end_of_level(conf, type, i)
                   : next;
    case SVCT_PAMCONF_BAD:
    case SVCT_PAMCONF_DIE:
        take_bad(way, code);
        return action == SVCT_PAMCONF_DIE ? end_of_level(conf, type, i) : next;
    default:
        next = svct_pamwalk_jump(conf, type, i, action, &left);
        if (left > 0)
            fail(way);
        return next;
    }
}

static void take_step(struct walker *walker, size_t i, const struct way *from,
                      int code)
{
    struct way way = *from;
    size_t next = take_code(walker->conf, walker->type, i, code, &way);

    if (i < walker->first && next > walker->first && way.past == NOWHERE)
        way.past = (uint16_t)i;
    arrive(walker, next, &way);
}

/* The first code of the set that has the same effect as this one. */
static int first_like(const struct svct_pamconf_line *line, uint32_t codes,
                      int code)
{
    int i = 0;

    while (i < code && ((codes & BIT(i)) == 0 || (i == 0) != (code == 0) ||
                        line->action[i] != line->action[code]))
        i++;
    return i;
}

static void take_others(struct walker *walker, size_t i, const struct way *way)
{
    const struct svct_pamconf_line *line = step(walker, i);
    uint32_t codes = line->broken ? BIT(SVCT_PAMCODE_PERM_DENIED)
                                  : codes_of(line, walker->trial);

    for (int code = 0; code < SVCT_PAMCODES; code++) {
        if ((codes & BIT(code)) != 0 && first_like(line, codes, code) == code)
            take_step(walker, i, way, code);
    }
}

static void take_ours(struct walker *walker, size_t i, struct way *way)
{
    if (walker->code == NO_CODE) {
        arrive(walker, i + 1, way);
        return;
    }
    way->asked = true;
    walker->result.asked = true;
    take_step(walker, i, way, walker->code);
}

static void go_on(struct walker *walker, size_t i, struct way *way)
{
    const struct svct_pamconf_line *line = step(walker, i);

    enter_level(way, line);
    if (line->substack) {
        arrive(walker, i + 1, way);
    } else if (!line->broken && is_ours(line)) {
        take_ours(walker, i, way);
    } else {
        take_others(walker, i, way);
    }
}

static void end_way(struct walker *walker, const struct way *way)
{
    struct result *result = &walker->result;
    bool in = way->now.impression == POSITIVE && way->now.success;

    if (way->asked && in)
        result->granted = true;
    if (!way->asked && in && !result->missed) {
        result->missed = true;
        result->past = way->past;
    }
    if (!way->asked && result->blocked == NOWHERE)
        result->blocked = way->past;
}

static struct result go(struct walker *walker, enum svct_pamconf_type type,
                        enum trial trial, int code)
{
    struct way start = {.past = NOWHERE};

    walker->type = type;
    walker->trial = trial;
    walker->code = code;
    walker->first = 0;
    while (walker->first < length(walker) &&
           !is_ours(step(walker, walker->first)))
        walker->first++;
    memset(walker->count, 0, sizeof(walker->count));
    walker->result = (struct result){.past = NOWHERE, .blocked = NOWHERE};
    arrive(walker, 0, &start);
    for (size_t i = 0; i < length(walker); i++) {
        for (size_t k = 0; k < walker->count[i]; k++)
            go_on(walker, i, &walker->way[i][k]);
    }
    for (size_t k = 0; k < walker->count[length(walker)]; k++)
        end_way(walker, &walker->way[length(walker)][k]);
    return walker->result;
}

static bool anybody(const struct result *result)
{
    return result->granted || result->missed;
}

bool svct_pamwalk_once(const struct svct_pamconf *conf,
                       enum svct_pamconf_type type,
                       svct_pamwalk_code_fn *code_of, void *arg)
{
    struct way way = {.level = 0};
    size_t i = 0;

    while (i < conf->count[type]) {
        const struct svct_pamconf_line *line = conf->chain[type][i];

        enter_level(&way, line);
        if (line->substack)
            i++;
        else
            i = take_code(conf, type, i,
                          line->broken ? SVCT_PAMCODE_PERM_DENIED
                                       : code_of(arg, line),
                          &way);
    }
    return way.now.impression == POSITIVE && way.now.success;
}

/* ---- faults ---- */

struct look {
    struct walker *walker;
    const struct svct_pamconf *conf;
    svct_pamwalk_has_fn *has;
    void *arg;
    struct svct_pamwalk *walk;
};

static struct svct_pamwalk_fault *add(struct look *look,
                                      enum svct_pamwalk_fault_code code,
                                      enum svct_pamconf_type type,
                                      const struct svct_pamconf_line *line)
{
    struct svct_pamwalk *walk = look->walk;
    struct svct_pamwalk_fault *fault =
        &walk->fault[walk->faults < SVCT_PAMWALK_FAULTS_MAX
                         ? walk->faults++
                         : SVCT_PAMWALK_FAULTS_MAX - 1];

    *fault =
        (struct svct_pamwalk_fault){.code = code, .type = type, .line = line};
    return fault;
}

static const struct svct_pamconf_line *line_at(const struct look *look,
                                               enum svct_pamconf_type type,
                                               size_t i)
{
    return i < look->conf->count[type] ? look->conf->chain[type][i] : NULL;
}

static struct result try(struct look *look, enum svct_pamconf_type type,
                         enum trial trial, int code)
{
    return go(look->walker, type, trial, code);
}

/* Is there anything in the chain but ours? */
static bool has_others(const struct look *look, enum svct_pamconf_type type)
{
    for (size_t i = 0; i < look->conf->count[type]; i++) {
        if (!is_ours(look->conf->chain[type][i]))
            return true;
    }
    return false;
}

static bool locks_out(struct look *look, enum svct_pamconf_type type, int code)
{
    struct result result = try(look, type, TRIAL_PERSON, code);

    return !anybody(&result);
}

/* Does a person get in where one would without us? */
static void look_at_people(struct look *look, enum svct_pamconf_type type)
{
    static const int nobody[SVCT_PAMCONF_TYPES] = {
        [SVCT_PAMCONF_AUTH] = SVCT_PAMCODE_USER_UNKNOWN,
        [SVCT_PAMCONF_ACCOUNT] = SVCT_PAMCODE_IGNORE,
        [SVCT_PAMCONF_SESSION] = SVCT_PAMCODE_IGNORE};
    const struct svct_pamconf_line *line = look->walk->ours[type];

    if (has_others(look, type) && locks_out(look, type, NO_CODE))
        return;
    if (locks_out(look, type, nobody[type])) {
        add(look, SVCT_PAMWALK_LOCKS_OUT, type, line);
        return;
    }
    if (type == SVCT_PAMCONF_AUTH &&
        locks_out(look, type, SVCT_PAMCODE_AUTHINFO_UNAVAIL))
        add(look, SVCT_PAMWALK_LOCKS_OUT_DATABASE, type, line);
    if (locks_out(look, type, SVCT_PAMCODE_MODULE_UNKNOWN))
        add(look, SVCT_PAMWALK_LOCKS_OUT_MODULE, type, line);
}

static bool goes_on(const struct svct_pamconf_line *line)
{
    return line->action[SVCT_PAMCODE_AUTH_ERR] != SVCT_PAMCONF_DIE;
}

/* A step that refuses service accounts, for the one to blame. */
static const struct svct_pamconf_line *refuser(const struct look *look,
                                               enum svct_pamconf_type type)
{
    for (size_t i = 0; i < look->conf->count[type]; i++) {
        const struct svct_pamconf_line *line = look->conf->chain[type][i];

        if (line->wrong != NULL ||
            (!line->substack && kind_of(line) == KIND_PASSWORD))
            return line;
    }
    return NULL;
}

static void look_at_auth(struct look *look)
{
    const enum svct_pamconf_type type = SVCT_PAMCONF_AUTH;
    const struct svct_pamconf_line *line = look->walk->ours[type];
    struct result right = try(look, type, TRIAL_ACCOUNT, SVCT_PAMCODE_SUCCESS);
    struct result wrong = try(look, type, TRIAL_REFUSED, SVCT_PAMCODE_AUTH_ERR);

    if (!right.asked)
        add(look, SVCT_PAMWALK_UNREACHED, type,
            line_at(look, type, right.blocked));
    else if (!right.granted)
        add(look, SVCT_PAMWALK_NOT_ENOUGH, type, refuser(look, type));
    if (right.missed)
        add(look, SVCT_PAMWALK_PASSED_BY, type,
            line_at(look, type, right.past));
    if (wrong.granted || wrong.missed)
        add(look, SVCT_PAMWALK_LETS_IN, type, line);
    else if (goes_on(line))
        add(look, SVCT_PAMWALK_GOES_ON, type, line);
}

static void look_at_account(struct look *look)
{
    const enum svct_pamconf_type type = SVCT_PAMCONF_ACCOUNT;
    struct result right = try(look, type, TRIAL_ACCOUNT, SVCT_PAMCODE_SUCCESS);
    struct result refused =
        try(look, type, TRIAL_ACCOUNT, SVCT_PAMCODE_PERM_DENIED);
    struct result expired =
        try(look, type, TRIAL_ACCOUNT, SVCT_PAMCODE_ACCT_EXPIRED);

    if (!right.granted)
        add(look, SVCT_PAMWALK_NOT_ENOUGH, type,
            line_at(look, type, right.blocked));
    if (right.missed)
        add(look, SVCT_PAMWALK_PASSED_BY, type,
            line_at(look, type, right.past));
    if (refused.granted || expired.granted)
        add(look, SVCT_PAMWALK_UNHEARD, type, look->walk->ours[type]);
}

static void look_at_session(struct look *look)
{
    const enum svct_pamconf_type type = SVCT_PAMCONF_SESSION;
    struct result right = try(look, type, TRIAL_ACCOUNT, SVCT_PAMCODE_SUCCESS);

    if (right.missed)
        add(look, SVCT_PAMWALK_PASSED_BY, type,
            line_at(look, type, right.past));
    for (size_t i = 0; i < look->conf->count[type]; i++) {
        const struct svct_pamconf_line *line = look->conf->chain[type][i];

        if (line == look->walk->ours[type])
            return;
        if (svct_pamconf_is(line, "pam_systemd.so"))
            add(look, SVCT_PAMWALK_LATE, type, line);
    }
}

/* ---- lines ---- */

static void add_detail(struct look *look, enum svct_pamwalk_fault_code code,
                       const struct svct_pamconf_line *line, const char *detail)
{
    struct svct_pamwalk_fault *fault = add(look, code, line->type, line);

    snprintf(fault->detail, sizeof(fault->detail), "%s", detail);
}

static void look_at_options(struct look *look,
                            const struct svct_pamconf_line *line)
{
    struct svct_options options;

    if (svct_options_parse(line->argc, line->argv, &options) < 0)
        add_detail(look, SVCT_PAMWALK_OPTIONS, line, options.error);
}

static void look_at_line(struct look *look,
                         const struct svct_pamconf_line *line)
{
    if (line->wrong != NULL)
        add_detail(look, SVCT_PAMWALK_BROKEN, line, line->wrong);
    if (line->varies != NULL)
        add_detail(look, SVCT_PAMWALK_VARIES, line, line->varies);
    if (!is_ours(line))
        return;
    look_at_options(look, line);
    if (look->has != NULL && !look->has(look->arg, line->module))
        add(look, SVCT_PAMWALK_NO_MODULE, line->type, line);
}

static void look_at_lines(struct look *look)
{
    for (unsigned type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; i < look->conf->count[type]; i++)
            look_at_line(look, look->conf->chain[type][i]);
    }
}

static void find_ours(struct look *look)
{
    struct svct_pamwalk *walk = look->walk;

    for (unsigned type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; i < look->conf->count[type]; i++) {
            if (walk->ours[type] == NULL && is_ours(look->conf->chain[type][i]))
                walk->ours[type] = look->conf->chain[type][i];
        }
        walk->asks[type] = walk->ours[type] != NULL;
    }
}

static void look_at_chains(struct look *look)
{
    static void (*const looks[])(struct look *) = {
        [SVCT_PAMCONF_AUTH] = look_at_auth,
        [SVCT_PAMCONF_ACCOUNT] = look_at_account,
        [SVCT_PAMCONF_SESSION] = look_at_session};

    for (unsigned i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        enum svct_pamconf_type type = (enum svct_pamconf_type)i;

        if (look->walk->asks[i]) {
            looks[i](look);
            look_at_people(look, type);
        } else if (look->walk->asks[SVCT_PAMCONF_AUTH]) {
            add(look, SVCT_PAMWALK_MISSING, type, NULL);
        }
    }
}

static bool asks_at_all(const struct svct_pamwalk *walk)
{
    return walk->asks[SVCT_PAMCONF_AUTH] || walk->asks[SVCT_PAMCONF_ACCOUNT] ||
           walk->asks[SVCT_PAMCONF_SESSION];
}

int svct_pamwalk(const struct svct_pamconf *conf, svct_pamwalk_has_fn *has,
                 void *arg, struct svct_pamwalk *ret_walk,
                 struct svct_fault *fault)
{
    struct walker *walker = malloc(sizeof(*walker));
    struct look look = {walker, conf, has, arg, ret_walk};
    bool too_many;

    if (walker == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    walker->conf = conf;
    walker->too_many = false;
    memset(ret_walk, 0, sizeof(*ret_walk));
    find_ours(&look);
    if (conf->failed[0] != '\0')
        add(&look, SVCT_PAMWALK_GIVES_UP, SVCT_PAMCONF_AUTH, NULL);
    if (asks_at_all(ret_walk)) {
        look_at_lines(&look);
        if (conf->failed[0] == '\0')
            look_at_chains(&look);
    }
    too_many = walker->too_many;
    free(walker);
    return too_many ? svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                                     "there are too many ways through the "
                                     "service's lines to follow them")
                    : 0;
}

/* ---- sentences ---- */

static const char *short_control(const struct svct_pamconf_line *line)
{
    if (line->control == NULL)
        return "no control";
    return strchr(line->control, '=') != NULL ? "[...]" : line->control;
}

/* "/etc/pam.d/sshd line 4 (requisite pam_deny.so)". */
static void say_line(char *out, size_t size,
                     const struct svct_pamconf_line *line)
{
    if (line == NULL)
        snprintf(out, size, "the other lines");
    else
        snprintf(out, size, "%s line %u (%.20s %.40s)", line->file,
                 line->number, short_control(line),
                 line->module != NULL ? line->module : "and no module");
}

/* %1: the line. */
static const char *const sentences[] = {
    [SVCT_PAMWALK_BROKEN] = "libpam does not understand ",
    [SVCT_PAMWALK_VARIES] = "other versions of libpam read otherwise ",
    [SVCT_PAMWALK_NO_MODULE] = "the module is not there, which stands in ",
    [SVCT_PAMWALK_OPTIONS] = "the module refuses service accounts in ",
    [SVCT_PAMWALK_UNREACHED] =
        "pam_svctoken is never reached by a service account, because of ",
    [SVCT_PAMWALK_NOT_ENOUGH] = "a service account never gets in, because of ",
    [SVCT_PAMWALK_LETS_IN] = "who gives no right token or password gets in, "
                             "also with ",
    [SVCT_PAMWALK_GOES_ON] = "a wrong token goes on to the modules behind ",
    [SVCT_PAMWALK_PASSED_BY] = "pam_svctoken may be passed by, because of ",
    [SVCT_PAMWALK_UNHEARD] = "a refusal of pam_svctoken does not count in ",
    [SVCT_PAMWALK_LOCKS_OUT] = "no person gets in, because of ",
    [SVCT_PAMWALK_LOCKS_OUT_DATABASE] =
        "no person gets in when the database can't be read, because of ",
    [SVCT_PAMWALK_LOCKS_OUT_MODULE] =
        "no person gets in when the module can't be loaded, because of ",
    [SVCT_PAMWALK_LATE] = "pam_svctoken comes too late, behind ",
};

char *svct_pamwalk_say(char *out, size_t size, const char *service,
                       const struct svct_pamconf *conf,
                       const struct svct_pamwalk_fault *fault)
{
    const char *type = svct_pamconf_type_name(fault->type);
    char line[SVCT_PAMCONF_PATH_MAX + 160];

    say_line(line, sizeof(line), fault->line);
    if (fault->code == SVCT_PAMWALK_GIVES_UP)
        snprintf(out, size,
                 "libpam gives up the service %s and refuses everybody: %s%s%s "
                 "line %u",
                 service, conf->failed, conf->failed_file != NULL ? ", " : "",
                 conf->failed_file != NULL ? conf->failed_file : "",
                 conf->failed_number);
    else if (fault->code == SVCT_PAMWALK_MISSING)
        snprintf(out, size,
                 "%s, %s: there is a line of pam_svctoken for auth, and none "
                 "for %s",
                 service, type, type);
    else
        snprintf(out, size, "%s, %s: %s%s%s%s", service, type,
                 sentences[fault->code], line,
                 fault->detail[0] != '\0' ? ": " : "", fault->detail);
    return out;
}
