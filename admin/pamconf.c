/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamconf.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#define BLANKS " \n\t"
#define ANY SVCT_PAMCONF_TYPES
#define UNDEFINED (-6) /* as long as no word has said what is done */

/* ---- names ---- */

static const char *const types[SVCT_PAMCONF_TYPES] = {"auth", "account",
                                                      "session", "password"};

/* In libpam's order: an abbreviation would be found by its first match. */
static const char *const codes[SVCT_PAMCODES + 1] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
    "default",
};

/* Their place, made negative, is the action. */
static const char *const actions[] = {"ignore", "ok",  "done",
                                      "bad",    "die", "reset"};
#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

const char *svct_pamconf_type_name(enum svct_pamconf_type type)
{
    return types[type];
}

const char *svct_pamconf_code_name(unsigned code)
{
    return code < SVCT_PAMCODES ? codes[code] : NULL;
}

bool svct_pamconf_is(const struct svct_pamconf_line *line, const char *module)
{
    const char *slash;

    if (line->module == NULL)
        return false;
    slash = strrchr(line->module, '/');
    return strcmp(slash != NULL ? slash + 1 : line->module, module) == 0;
}

/* ---- the reader's memory ---- */

struct file {
    char name[SVCT_PAMCONF_PATH_MAX]; /* as it was asked for */
    char path[SVCT_PAMCONF_PATH_MAX];
    char *data;
    size_t len;
};

/* A file that is being read. */
struct frame {
    const struct file *file;
    size_t at;       /* the next byte */
    unsigned number; /* of the last line that was read */
    unsigned first;  /* of the one in hand, which may be several */
    unsigned type;   /* only lines of that; or ANY */
    unsigned level;
    const char *control; /* of the line that led here; NULL for @include */
};

struct conf {
    struct svct_pamconf public; /* first, for svct_pamconf_free */
    struct svct_pamconf_line line[SVCT_PAMCONF_LINES_MAX];
    size_t lines;
    struct file file[SVCT_PAMCONF_FILES_MAX];
    size_t files;
    char pool[SVCT_PAMCONF_POOL_MAX];
    size_t pool_len;
    const char *arg[SVCT_PAMCONF_ARGS_MAX];
    size_t args;
};

struct reader {
    struct conf *conf;
    svct_pamconf_open_fn *open_file;
    void *arg;
    struct svct_fault *fault;
    struct frame frame[SVCT_PAMCONF_DEPTH_MAX];
    size_t depth;
    bool other;
    char text[SVCT_PAMCONF_LINE_MAX + 1]; /* the line in hand */
    const char *varies;                   /* of that line */
};

static int too_big(struct reader *reader, const char *what)
{
    return svct_fault_set(reader->fault, SVCT_E_TOOBIG, 0,
                          "%s: the PAM service has too many %s",
                          reader->frame[0].file->path, what);
}

static int keep(struct reader *reader, const char *text, const char **ret_text)
{
    struct conf *conf = reader->conf;
    size_t size = strlen(text) + 1;

    if (size > sizeof(conf->pool) - conf->pool_len)
        return too_big(reader, "words");
    *ret_text = memcpy(conf->pool + conf->pool_len, text, size);
    conf->pool_len += size;
    return 0;
}

/* libpam gives up; the first reason stays. */
static void give_up(struct reader *reader, const char *why)
{
    const struct frame *frame = &reader->frame[reader->depth - 1];
    struct svct_pamconf *conf = &reader->conf->public;

    if (conf->failed[0] != '\0')
        return;
    snprintf(conf->failed, sizeof(conf->failed), "%s", why);
    conf->failed_file = frame->file->path;
    conf->failed_number = frame->first;
    conf->varies |= reader->varies != NULL;
}

/* ---- a line, which may be several ---- */

/* What a further read of libpam's would get: up to the line feed, with it. */
static size_t next_length(const struct frame *frame)
{
    const char *from = frame->file->data + frame->at;
    size_t left = frame->file->len - frame->at;
    const char *feed = memchr(from, '\n', left);

    return feed != NULL ? (size_t)(feed - from) + 1 : left;
}

/* Puts the next line of the file at the end of the one in hand, without what
 * is behind "#". What libpam takes for nothing leaves the text as it was. */
enum part {
    PART_NOTHING,
    PART_END,  /* the line is complete */
    PART_MORE, /* it ends in a backslash */
    PART_TOO_LONG,
    PART_NUL
};

static size_t strip(const char *text, size_t len)
{
    while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
        len--;
    return len;
}

static enum part take_part(struct reader *reader, struct frame *frame,
                           size_t *len)
{
    const char *from = frame->file->data + frame->at;
    size_t size = next_length(frame), last;
    char *to = reader->text + *len, *hash;

    frame->at += size;
    frame->number++;
    if (memchr(from, '\0', size) != NULL)
        return PART_NUL;
    if (size >= sizeof(reader->text) - *len)
        return PART_TOO_LONG;
    memcpy(to, from, size);
    to[size] = '\0';
    if (to[strspn(to, BLANKS)] == '\0' || to[strspn(to, BLANKS)] == '#') {
        *to = '\0';
        return PART_NOTHING;
    }
    hash = strchr(to, '#');
    if (hash != NULL) {
        *hash = '\0';
        *len += (size_t)(hash - to);
        return PART_END;
    }
    last = strip(to, size);
    if (to[last - 1] != '\\') {
        *len += size;
        return PART_END;
    }
    to[last - 1] = ' ';
    to[last] = '\0';
    *len += last;
    return PART_MORE;
}

/* Where brackets were opened and not closed, or NULL. */
static const char *open_brackets(const char *text)
{
    const char *open = NULL;

    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && text[1] == ']')
            text++;
        else if (*text == '[')
            open = text;
        else if (*text == ']')
            open = NULL;
    }
    return open;
}

/* Does an argument in brackets go on in the next line? libpam 1.7 drops the
 * blanks which that begins with, 1.5 keeps them. In a control there is nothing
 * to see of them. */
static bool breaks_argument(const char *text)
{
    const char *open = open_brackets(text), *control;

    control = text + strspn(text, BLANKS);
    control += strcspn(control, BLANKS);
    control += strspn(control, BLANKS);
    return open != NULL && open != control;
}

/* 1: there is a line; 0: the file is at its end; -1: libpam gives it up. */
static int assemble(struct reader *reader, struct frame *frame)
{
    size_t len = 0;
    enum part part = PART_NOTHING;

    reader->varies = NULL;
    while (frame->at < frame->file->len) {
        if (len == 0)
            frame->first = frame->number + 1;
        part = take_part(reader, frame, &len);
        if (part == PART_END)
            return 1;
        if (part == PART_NUL || part == PART_TOO_LONG)
            break;
        if (part == PART_NOTHING && len > 0)
            reader->varies = "a line that goes on behind a comment or an "
                             "empty line";
        if (part == PART_MORE && breaks_argument(reader->text))
            reader->varies = "brackets that go on in the next line";
    }
    if (part == PART_NUL || part == PART_TOO_LONG) {
        reader->varies = "the line";
        give_up(reader, part == PART_NUL ? "there is a NUL in the line"
                                         : "the line is longer than 1023 "
                                           "bytes");
        return -1;
    }
    if (len == 0)
        return 0;
    give_up(reader, "the last line ends in a backslash");
    return -1;
}

/* ---- words of a line ---- */

/* The content of "[...]", where "\]" is a bracket: unescaped in its place. */
static char *take_brackets(char **next)
{
    char *from = *next + 1, *to = from, *end = from;

    for (; *end != '\0' && *end != ']'; to++, end++) {
        if (end[0] == '\\' && end[1] == ']')
            end++;
        *to = *end;
    }
    *next = *end != '\0' ? end + 1 : end;
    *to = '\0';
    return from;
}

/* The next word, ended by a NUL, or NULL; *next: what is behind it. */
static char *take_word(char **next)
{
    char *from = *next + strspn(*next, BLANKS), *end;

    *next = from;
    if (*from == '\0')
        return NULL;
    if (*from == '[')
        return take_brackets(next);
    end = from + strcspn(from, BLANKS);
    *next = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return from;
}

/* ---- the control ---- */

static void set_default(int32_t action[SVCT_PAMCODES], int32_t value)
{
    for (int i = 0; i < SVCT_PAMCODES; i++) {
        if (action[i] == UNDEFINED)
            action[i] = value;
    }
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Which of the words does it begin with? count: none. */
static size_t match(const char *const *words, size_t count, const char **at)
{
    size_t i;

    for (i = 0; i < count; i++) {
        size_t len = strlen(words[i]);

        if (strncmp(words[i], *at, len) == 0) {
            *at += len;
            break;
        }
    }
    return i;
}

/* How many steps to pass over: not 0, and an int. */
static bool take_jump(const char **at, int32_t *ret_value)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++) {
        value = value * 10 + (**at - '0');
        if (value > INT32_MAX)
            return false;
    }
    *ret_value = (int32_t)value;
    return value > 0;
}

/* One "code=action". */
static bool take_pair(const char **at, int32_t action[SVCT_PAMCODES])
{
    size_t code = match(codes, SVCT_PAMCODES + 1, at), word;
    int32_t value;

    if (code > SVCT_PAMCODES || **at == '\0')
        return false;
    *at = skip_space(*at);
    if (**at != '=')
        return false;
    *at = skip_space(*at + 1);
    word = match(actions, ACTIONS, at);
    value = -(int32_t)word;
    if (word == ACTIONS && !take_jump(at, &value))
        return false;
    if (code < SVCT_PAMCODES)
        action[code] = value;
    else
        set_default(action, value);
    return true;
}

/* A list that is not understood makes every result a bad one. */
static bool take_list(const char *text, int32_t action[SVCT_PAMCODES])
{
    const char *at = skip_space(text);

    while (*at != '\0') {
        if (!take_pair(&at, action)) {
            for (int i = 0; i < SVCT_PAMCODES; i++)
                action[i] = SVCT_PAMCONF_BAD;
            return false;
        }
        at = skip_space(at);
    }
    set_default(action, SVCT_PAMCONF_BAD);
    return true;
}

static const struct {
    const char *word;
    int32_t success; /* and new_authtok_reqd */
    bool ignores;    /* PAM_IGNORE */
    int32_t rest;
} controls[] = {
    {"required", SVCT_PAMCONF_OK, true, SVCT_PAMCONF_BAD},
    {"requisite", SVCT_PAMCONF_OK, true, SVCT_PAMCONF_DIE},
    {"optional", SVCT_PAMCONF_OK, false, SVCT_PAMCONF_IGNORE},
    {"sufficient", SVCT_PAMCONF_DONE, false, SVCT_PAMCONF_IGNORE},
};

/* One that is no int: libpam before 1.6 takes another in its place. */
static bool has_long_number(const char *text)
{
    size_t digits = 0;

    for (; *text != '\0' && digits < 10; text++)
        digits = isdigit((unsigned char)*text) ? digits + 1 : 0;
    return digits == 10;
}

static void set_control(struct svct_pamconf_line *line, const char *text)
{
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (strcasecmp(controls[i].word, text) != 0)
            continue;
        line->action[SVCT_PAMCODE_SUCCESS] = controls[i].success;
        line->action[SVCT_PAMCODE_NEW_AUTHTOK_REQD] = controls[i].success;
        if (controls[i].ignores)
            line->action[SVCT_PAMCODE_IGNORE] = SVCT_PAMCONF_IGNORE;
        set_default(line->action, controls[i].rest);
        return;
    }
    if (take_list(text, line->action))
        return;
    line->wrong = "the control is not understood: every result counts as a "
                  "failure";
    if (has_long_number(text))
        line->varies = "the number of lines to pass over";
}

/* ---- steps ---- */

/* The line of the service's own file that led here. */
static unsigned top_of(const struct reader *reader)
{
    return reader->other ? 0 : reader->frame[0].first;
}

static void begin_line(const struct reader *reader, unsigned type,
                       struct svct_pamconf_line *ret_line)
{
    const struct frame *frame = &reader->frame[reader->depth - 1];

    memset(ret_line, 0, sizeof(*ret_line));
    ret_line->type = (enum svct_pamconf_type)type;
    ret_line->other = reader->other;
    ret_line->level = frame->level;
    ret_line->file = frame->file->path;
    ret_line->number = frame->first;
    ret_line->top = top_of(reader);
    ret_line->varies = reader->varies;
    for (int i = 0; i < SVCT_PAMCODES; i++)
        ret_line->action[i] = UNDEFINED;
}

static int add_line(struct reader *reader, const struct svct_pamconf_line *line)
{
    struct conf *conf = reader->conf;

    if (conf->lines == SVCT_PAMCONF_LINES_MAX)
        return too_big(reader, "lines");
    conf->line[conf->lines] = *line;
    set_default(conf->line[conf->lines].action, SVCT_PAMCONF_BAD);
    conf->public.varies |= line->varies != NULL;
    conf->lines++;
    return 0;
}

static int add_broken(struct reader *reader, struct svct_pamconf_line *line,
                      const char *why)
{
    line->broken = true;
    line->module = NULL;
    line->wrong = why;
    return add_line(reader, line);
}

/* ---- files within files ---- */

static const struct file *known_file(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->files; i++) {
        if (strcmp(conf->file[i].name, name) == 0)
            return &conf->file[i];
    }
    return NULL;
}

/* *ret_file: NULL when there is none. */
static int load(struct reader *reader, const char *name,
                const struct file **ret_file)
{
    struct conf *conf = reader->conf;
    struct file *file = &conf->file[conf->files];
    int r;

    *ret_file = known_file(conf, name);
    if (*ret_file != NULL || strlen(name) >= sizeof(file->name))
        return 0;
    if (conf->files == SVCT_PAMCONF_FILES_MAX)
        return too_big(reader, "files");
    r = reader->open_file(reader->arg, name, &file->data, &file->len,
                          file->path, reader->fault);
    if (r == SVCT_E_NOTFOUND)
        return 0;
    if (r < 0)
        return r;
    snprintf(file->name, sizeof(file->name), "%s", name);
    conf->files++;
    *ret_file = file;
    return 0;
}

/* The line that named it: libpam fails there, or gives up where that is of no
 * type. */
static int include_failed(struct reader *reader, unsigned type,
                          const char *control, const char *why)
{
    struct svct_pamconf_line line;

    if (type == ANY) {
        give_up(reader, why);
        return 1;
    }
    begin_line(reader, type, &line);
    line.control = control;
    if (control == NULL) /* @include: what is done about it is left open */
        line.varies = "the line";
    return add_broken(reader, &line, why);
}

static int enter(struct reader *reader, const struct file *file, unsigned type,
                 unsigned level, const char *control)
{
    reader->frame[reader->depth++] = (struct frame){
        .file = file, .type = type, .level = level, .control = control};
    return 0;
}

/* type: of the line, or ANY. */
static int include(struct reader *reader, unsigned type, unsigned level,
                   const char *control, const char *name)
{
    const struct file *file;
    int r = load(reader, name, &file);

    if (r < 0)
        return r;
    if (file == NULL)
        return include_failed(reader, type, control,
                              "the file that is named there is missing");
    if (reader->depth == SVCT_PAMCONF_DEPTH_MAX) {
        reader->conf->public.varies = true;
        return include_failed(reader, type, control,
                              "files name each other, or are 16 deep");
    }
    return enter(reader, file, type, level, control);
}

/* A module, or a file, whose name has nothing behind its last "/" and before
 * its last ".": libpam finds no name for it. */
static bool is_nameless(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t len = dot != NULL ? (size_t)(dot - base) : strlen(base);

    return len == 0 || (len == 1 && base[0] == '?');
}

/* 1: libpam gives up. */
static int take_include(struct reader *reader, struct svct_pamconf_line *line,
                        unsigned type, bool substack, const char *name)
{
    int r = 0;

    if (name == NULL) {
        reader->varies = "the line";
        give_up(reader, "no file is named there, at which libpam of Debian 12 "
                        "ends the program");
        return 1;
    }
    if (substack) {
        if (is_nameless(name)) {
            reader->varies = "the line";
            give_up(reader, "the file that is named there has no name");
            return 1;
        }
        line->substack = true;
        r = add_line(reader, line);
    }
    if (r == 0)
        r = include(reader, type, line->level + substack, line->control, name);
    return r;
}

/* ---- one line ---- */

/* ANY with "@include" where the type is not told; SVCT_PAMCONF_TYPES + 1: not
 * understood. */
#define NO_TYPE (SVCT_PAMCONF_TYPES + 1)
static unsigned find_type(const char *word)
{
    for (unsigned i = 0; i < SVCT_PAMCONF_TYPES; i++) {
        if (strcasecmp(types[i], word) == 0)
            return i;
    }
    return NO_TYPE;
}

static int take_args(struct reader *reader, char *next,
                     struct svct_pamconf_line *line)
{
    struct conf *conf = reader->conf;
    const char *const *first = (const char *const *)&conf->arg[conf->args];
    char *word;
    int r;

    while ((word = take_word(&next)) != NULL) {
        if (conf->args == SVCT_PAMCONF_ARGS_MAX)
            return too_big(reader, "arguments");
        r = keep(reader, word, &conf->arg[conf->args]);
        if (r < 0)
            return r;
        conf->args++;
        line->argc++;
    }
    line->argv = line->argc > 0 ? first : NULL;
    return 0;
}

/* Behind type and control. */
static int take_module(struct reader *reader, char *next,
                       struct svct_pamconf_line *line)
{
    const char *word = take_word(&next);
    int r;

    if (word == NULL)
        return add_broken(reader, line,
                          line->wrong != NULL ? line->wrong
                                              : "no module is named");
    if (is_nameless(word)) {
        reader->varies = "the line"; /* some end the program */
        give_up(reader, "the module that is named there has no name");
        return 1;
    }
    if (line->broken)
        return add_broken(reader, line, line->wrong);
    r = keep(reader, word, &line->module);
    if (r == 0)
        r = take_args(reader, next, line);
    return r == 0 ? add_line(reader, line) : r;
}

static int take_control(struct reader *reader, char *next,
                        struct svct_pamconf_line *line)
{
    char *word = take_word(&next);
    bool substack = word != NULL && strcasecmp(word, "substack") == 0;
    int r;

    if (word == NULL)
        return add_broken(reader, line,
                          line->wrong != NULL ? line->wrong
                                              : "there is no control");
    r = keep(reader, word, &line->control);
    if (r < 0)
        return r;
    if (substack || strcasecmp(word, "include") == 0)
        return take_include(reader, line, line->type, substack,
                            take_word(&next));
    set_control(line, word);
    return take_module(reader, next, line);
}

/* 0; 1: libpam gives up this file; or a code. */
static int take_line(struct reader *reader)
{
    struct frame *frame = &reader->frame[reader->depth - 1];
    struct svct_pamconf_line line;
    char *next = reader->text, *word = take_word(&next);
    bool quiet = word != NULL && word[0] == '-';
    unsigned type;

    if (quiet)
        word++;
    if (word != NULL && strcasecmp(word, "@include") == 0) {
        begin_line(reader, frame->type, &line);
        return take_include(reader, &line, frame->type, false,
                            take_word(&next));
    }
    type = word != NULL ? find_type(word) : NO_TYPE;
    begin_line(reader, type, &line);
    if (type == NO_TYPE) {
        type = frame->type != ANY ? frame->type : SVCT_PAMCONF_AUTH;
        line.type = (enum svct_pamconf_type)type;
        line.broken = true;
        line.wrong = "the line begins with no type (auth, account, session, "
                     "password)";
    }
    line.quiet = quiet;
    if (frame->type != ANY && frame->type != type)
        return 0;
    return take_control(reader, next, &line);
}

/* ---- a file, with those within it ---- */

/* That a file within it failed is no reason to give up the service. */
static void clear_failed(struct svct_pamconf *conf)
{
    conf->failed[0] = '\0';
    conf->failed_file = NULL;
    conf->failed_number = 0;
}

/* The innermost file is given up: so is what named it, by a step that fails,
 * or as a whole. */
static int leave_failed(struct reader *reader)
{
    while (reader->depth > 0) {
        struct frame failed = reader->frame[--reader->depth];

        if (reader->depth == 0)
            return 1;
        if (failed.type == ANY)
            continue;
        clear_failed(&reader->conf->public);
        return include_failed(reader, failed.type, failed.control,
                              "the file that is named there can't be read");
    }
    return 1;
}

static int read_on(struct reader *reader)
{
    while (reader->depth > 0) {
        struct frame *frame = &reader->frame[reader->depth - 1];
        int got = assemble(reader, frame), r = 0;

        if (got == 0) {
            reader->depth--;
            continue;
        }
        if (got > 0)
            r = take_line(reader);
        if (r < 0)
            return r;
        if (got < 0 || r > 0)
            r = leave_failed(reader);
        if (r != 0)
            return r;
    }
    return 0;
}

/* 1: libpam gives up. */
static int read_service(struct reader *reader, const char *name, bool other,
                        bool *ret_missing)
{
    const struct file *file = NULL;
    int r = load(reader, name, &file);

    *ret_missing = file == NULL;
    if (r < 0 || file == NULL)
        return r;
    reader->other = other;
    if (!other)
        reader->conf->public.path = file->path;
    enter(reader, file, ANY, 0, NULL);
    return read_on(reader);
}

/* ---- the whole ---- */

static void add_to_chain(struct svct_pamconf *conf,
                         const struct svct_pamconf_line *line)
{
    conf->chain[line->type][conf->count[line->type]++] = line;
}

/* A type that the service's file does not have is taken from "other". */
static void make_chains(struct conf *conf)
{
    bool own[SVCT_PAMCONF_TYPES] = {false};

    for (size_t i = 0; i < conf->lines; i++) {
        if (conf->line[i].other)
            continue;
        own[conf->line[i].type] = true;
        add_to_chain(&conf->public, &conf->line[i]);
    }
    for (size_t i = 0; i < conf->lines; i++) {
        if (conf->line[i].other && !own[conf->line[i].type])
            add_to_chain(&conf->public, &conf->line[i]);
    }
}

static int read_all(struct reader *reader, const char *service)
{
    struct svct_pamconf *conf = &reader->conf->public;
    bool no_other = false;
    int r = 0;

    conf->missing = true;
    if (strcmp(service, "other") != 0)
        r = read_service(reader, service, false, &conf->missing);
    if (r == 0)
        r = read_service(reader, "other", true, &no_other);
    if (r == 0 && conf->missing && no_other)
        snprintf(conf->failed, sizeof(conf->failed),
                 "neither its file nor \"other\" is there");
    if (r >= 0)
        make_chains(reader->conf);
    return r < 0 ? r : 0;
}

int svct_pamconf_read(const char *service, svct_pamconf_open_fn *open_file,
                      void *arg, struct svct_pamconf **ret_conf,
                      struct svct_fault *fault)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    struct conf *conf = calloc(1, sizeof(*conf));
    int r;

    if (reader == NULL || conf == NULL) {
        r = svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    } else {
        reader->conf = conf;
        reader->open_file = open_file;
        reader->arg = arg;
        reader->fault = fault;
        r = read_all(reader, service);
    }
    free(reader);
    if (r == 0)
        *ret_conf = &conf->public;
    else
        svct_pamconf_free(conf != NULL ? &conf->public : NULL);
    return r;
}

void svct_pamconf_free(struct svct_pamconf *public)
{
    struct conf *conf = (struct conf *)(void *)public;

    if (conf == NULL)
        return;
    for (size_t i = 0; i < conf->files; i++)
        free(conf->file[i].data);
    free(conf);
}
