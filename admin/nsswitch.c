/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nsswitch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char our_word[] = "svctoken";

static const char *const names[SVCT_NSSWITCH_DATABASES] = {
    [SVCT_NSSWITCH_PASSWD] = "passwd",
    [SVCT_NSSWITCH_GROUP] = "group",
    [SVCT_NSSWITCH_INITGROUPS] = "initgroups",
};

const char *svct_nsswitch_name(enum svct_nsswitch_database database)
{
    return names[database];
}

/* ---- a line as libc reads it ---- */

enum action {
    CONTINUE,
    RETURN,
    MERGE
};

enum status {
    SUCCESS,
    NOTFOUND,
    UNAVAIL,
    TRYAGAIN
};
#define STATUSES 4

struct service {
    const char *name;
    size_t len;
    const char *end; /* behind it and its actions */
    enum action action[STATUSES];
};

/* What is left of a line. */
struct scan {
    const char *pos;
    const char *end;
    const char *database; /* for the faults */
    struct svct_fault *fault;
};

/* isspace() of the C locale. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct scan *scan)
{
    while (scan->pos < scan->end && is_blank(*scan->pos))
        scan->pos++;
}

static bool at_char(const struct scan *scan, char c)
{
    return scan->pos < scan->end && *scan->pos == c;
}

static bool take_char(struct scan *scan, char c)
{
    if (!at_char(scan, c))
        return false;
    scan->pos++;
    return true;
}

/* Up to a blank or one of these. */
static size_t take_word(struct scan *scan, const char *ends,
                        const char **ret_word)
{
    *ret_word = scan->pos;
    while (scan->pos < scan->end && !is_blank(*scan->pos) &&
           strchr(ends, *scan->pos) == NULL)
        scan->pos++;
    return (size_t)(scan->pos - *ret_word);
}

static bool is_word(const char *word, size_t len, const char *wanted)
{
    return len == strlen(wanted) && strncasecmp(word, wanted, len) == 0;
}

/* The place of a word in a list; count: none of them. */
static unsigned take_one_of(struct scan *scan, const char *const *list,
                            unsigned count)
{
    const char *word;
    size_t len = take_word(scan, "=]", &word);
    unsigned i = 0;

    while (i < count && !is_word(word, len, list[i]))
        i++;
    return i;
}

static int bad_actions(const struct scan *scan)
{
    return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                          "the line of %s has actions that libc does not "
                          "understand: they are as [NOTFOUND=continue]",
                          scan->database);
}

static void set_action(struct service *service, bool all_but, unsigned status,
                       enum action action)
{
    for (unsigned i = 0; i < STATUSES; i++) {
        if ((i == status) != all_but)
            service->action[i] = action;
    }
}

/* "STATUS=ACTION" or "!STATUS=ACTION". */
static int take_action(struct scan *scan, struct service *service)
{
    static const char *const statuses[] = {"SUCCESS", "NOTFOUND", "UNAVAIL",
                                           "TRYAGAIN"};
    static const char *const actions[] = {"continue", "return", "merge"};
    bool all_but = take_char(scan, '!');
    unsigned status = take_one_of(scan, statuses, STATUSES), action;

    skip_blanks(scan);
    if (status == STATUSES || !take_char(scan, '='))
        return bad_actions(scan);
    skip_blanks(scan);
    action = take_one_of(scan, actions, 3);
    if (action == 3)
        return bad_actions(scan);
    set_action(service, all_but, status, (enum action)action);
    skip_blanks(scan);
    return 0;
}

/* What stands in brackets behind a service, if anything. */
static int take_actions(struct scan *scan, struct service *service)
{
    int r = 0;

    service->end = scan->pos;
    skip_blanks(scan);
    if (!take_char(scan, '['))
        return 0;
    skip_blanks(scan);
    do {
        r = take_action(scan, service);
    } while (r == 0 && !at_char(scan, ']'));
    if (r < 0)
        return r;
    service->end = ++scan->pos;
    return 0;
}

/* Newer versions of libc take the "#" within a line and what follows for
 * services, older ones for a comment. */
static int check_comment(const struct scan *scan)
{
    size_t len = strlen(our_word);

    for (const char *p = scan->pos; p + len <= scan->end; p++) {
        if (memcmp(p, our_word, len) == 0)
            return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                                  "the line of %s has \"%s\" behind a #, which "
                                  "libc may take for a word: take it away",
                                  scan->database, our_word);
    }
    return 0;
}

/* 1: a service; 0: there are no more; or an error. */
static int next_service(struct scan *scan, struct service *ret_service)
{
    struct service service = {.action = {[SUCCESS] = RETURN}};
    int r;

    skip_blanks(scan);
    if (scan->pos == scan->end)
        return 0;
    if (at_char(scan, '#'))
        return check_comment(scan);
    service.len = take_word(scan, "[#", &service.name);
    if (service.len == 0) /* a second [: libc reads no further */
        return bad_actions(scan);
    if (at_char(scan, '#'))
        return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                              "the line of %s has a # directly behind a word: "
                              "put a blank before it",
                              scan->database);
    r = take_actions(scan, &service);
    if (r < 0)
        return r;
    *ret_service = service;
    return 1;
}

static bool is_service(const struct service *service, const char *name)
{
    return service->len == strlen(name) &&
           memcmp(service->name, name, service->len) == 0;
}

/* ---- the lines of the text ---- */

/* The name of its database, in place; the scan is then behind the colon. */
static size_t take_database(struct scan *scan, const char **ret_name)
{
    size_t len;

    skip_blanks(scan);
    len = take_word(scan, ":", ret_name);
    while (scan->pos < scan->end &&
           (is_blank(*scan->pos) || at_char(scan, ':')))
        scan->pos++;
    return len;
}

static struct scan scan_line(const struct svct_nsswitch_text *text,
                             const struct svct_nsswitch_line *line,
                             enum svct_nsswitch_database database,
                             struct svct_fault *fault)
{
    const char *begin = text->data + line->at, *name;
    struct scan scan = {begin, begin + line->len, names[database], fault};

    take_database(&scan, &name);
    return scan;
}

static bool is_of(const char *begin, size_t len, const char *database)
{
    struct scan scan = {begin, begin + len, database, NULL};
    const char *name;
    size_t name_len = take_database(&scan, &name);

    return name_len == strlen(database) &&
           memcmp(name, database, name_len) == 0;
}

static int find_line(const struct svct_nsswitch_text *text,
                     enum svct_nsswitch_database database,
                     struct svct_nsswitch_line *ret_line,
                     struct svct_fault *fault)
{
    const char *end = text->data + text->len, *next;

    *ret_line = (struct svct_nsswitch_line){.there = false};
    for (const char *begin = text->data; begin < end; begin = next) {
        const char *stop = memchr(begin, '\n', (size_t)(end - begin));
        size_t len = (size_t)((stop != NULL ? stop : end) - begin);

        next = stop != NULL ? stop + 1 : end;
        if (!is_of(begin, len, names[database]))
            continue;
        if (ret_line->there)
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "there are two lines of %s: leave one",
                                  names[database]);
        ret_line->there = true;
        ret_line->at = (size_t)(begin - text->data);
        ret_line->len = len;
    }
    return 0;
}

/* Is what this one does not know asked of the next? In initgroups also what it
 * knows, or groups would be missing. */
static bool passes_on(const struct service *service,
                      enum svct_nsswitch_database database)
{
    return service->action[NOTFOUND] != RETURN &&
           (database != SVCT_NSSWITCH_INITGROUPS ||
            service->action[SUCCESS] != RETURN);
}

static int look_at_services(const struct svct_nsswitch_text *text,
                            enum svct_nsswitch_database database,
                            struct svct_nsswitch_line *line,
                            struct svct_fault *fault)
{
    struct scan scan = scan_line(text, line, database, fault);
    struct service service;
    bool reached = true;
    int r;

    while ((r = next_service(&scan, &service)) > 0) {
        if (is_service(&service, our_word)) {
            if (line->named)
                return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                      "the line of %s has \"%s\" twice: leave "
                                      "one",
                                      names[database], our_word);
            line->named = true;
            line->asks = reached;
        }
        reached = reached && passes_on(&service, database);
    }
    return r;
}

static int check_text(const struct svct_nsswitch_text *text,
                      struct svct_fault *fault)
{
    if (text->len > SVCT_NSSWITCH_MAX)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              SVCT_NSSWITCH_FILE " is longer than %d bytes",
                              SVCT_NSSWITCH_MAX);
    if (memchr(text->data, '\0', text->len) != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              SVCT_NSSWITCH_FILE " has a zero byte: it is no "
                                                 "text");
    return 0;
}

int svct_nsswitch_look(const struct svct_nsswitch_text *text,
                       enum svct_nsswitch_database database,
                       struct svct_nsswitch_line *ret_line,
                       struct svct_fault *fault)
{
    struct svct_nsswitch_line line = {.there = false};
    int r = check_text(text, fault);

    if (r == 0)
        r = find_line(text, database, &line, fault);
    if (r == 0 && line.there)
        r = look_at_services(text, database, &line, fault);
    if (r == 0)
        *ret_line = line;
    return r;
}

static char plain(char c)
{
    return c >= ' ' && c <= '~' ? c : '?';
}

struct svct_nsswitch_words svct_nsswitch_show(
    const struct svct_nsswitch_text *text,
    const struct svct_nsswitch_line *line)
{
    struct svct_nsswitch_words words = {""};
    const char *pos = text->data + line->at, *end = pos + line->len;
    bool blank = false;

    for (size_t len = 0; pos < end && len + 2 < sizeof(words.text); pos++) {
        if (is_blank(*pos)) {
            blank = len > 0;
            continue;
        }
        if (blank)
            words.text[len++] = ' ';
        words.text[len++] = plain(*pos);
        blank = false;
    }
    return words;
}

/* ---- putting it in ---- */

/* What goes where. */
struct edit {
    const char *at; /* NULL: nothing */
    size_t removed;
    const char *added;
};

static int refuse_order(const struct scan *scan, const char *what)
{
    return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                          "the line of %s has %s: write \"%s\" by hand where "
                          "it is reached, or take that away",
                          scan->database, what, our_word);
}

/* Can what stands behind this one be reached, and does nothing that it has
 * found get lost there? A success that is merged goes on. */
static int check_before(const struct scan *scan, const struct service *service,
                        enum svct_nsswitch_database database)
{
    if (service->action[NOTFOUND] == RETURN)
        return refuse_order(scan, "[NOTFOUND=return] up to \"files\", so that "
                                  "nothing behind it is asked");
    if (service->action[SUCCESS] == CONTINUE)
        return refuse_order(scan, "[SUCCESS=continue] up to \"files\", so that "
                                  "what it finds is lost");
    if (service->action[SUCCESS] == MERGE && database != SVCT_NSSWITCH_GROUP)
        return refuse_order(scan, "[SUCCESS=merge], which is for groups only");
    return 0;
}

/* The scan is then behind it. */
static int find_files(struct scan *scan, enum svct_nsswitch_database database,
                      struct service *ret_files)
{
    struct service service;
    int r;

    while ((r = next_service(scan, &service)) > 0) {
        r = check_before(scan, &service, database);
        if (r < 0)
            return r;
        if (is_service(&service, "files")) {
            *ret_files = service;
            return 0;
        }
    }
    return r < 0 ? r
                 : svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                                  "the line of %s has no \"files\": write "
                                  "\"%s\" by hand behind the word that knows "
                                  "root",
                                  scan->database, our_word);
}

/* Groups that "files" merges with those of the next: what ours does not know
 * has to be merged with the one behind it, as before. */
static const char *word_behind(struct scan *scan, const struct service *files)
{
    struct service next;

    return files->action[SUCCESS] == MERGE && next_service(scan, &next) > 0
               ? " svctoken [SUCCESS=merge]"
               : " svctoken";
}

static int edit_behind_files(struct scan *scan,
                             enum svct_nsswitch_database database,
                             struct edit *ret_edit)
{
    struct service files = {.len = 0};
    int r = find_files(scan, database, &files);

    if (r < 0)
        return r;
    if (files.end < scan->end && !is_blank(*files.end))
        return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                              "the line of %s has no blank behind the ] of "
                              "\"files\": put one there",
                              scan->database);
    ret_edit->at = files.end;
    ret_edit->added = word_behind(scan, &files);
    return 0;
}

static int edit_before_all(struct scan *scan, struct edit *ret_edit)
{
    struct service first;
    int r = next_service(scan, &first);

    if (r < 0)
        return r;
    if (r == 0)
        return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                              "the line of %s is empty: take it away",
                              scan->database);
    ret_edit->at = first.name;
    ret_edit->added = "svctoken [SUCCESS=continue] ";
    return 0;
}

static int find_place(const struct svct_nsswitch_text *text,
                      enum svct_nsswitch_database database,
                      const struct svct_nsswitch_line *line,
                      struct edit *ret_edit, struct svct_fault *fault)
{
    struct scan scan = scan_line(text, line, database, fault);

    if (line->asks)
        return 0;
    if (line->named)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the line of %s has \"%s\" where it is not "
                              "always reached: take it away there",
                              names[database], our_word);
    return database == SVCT_NSSWITCH_INITGROUPS
               ? edit_before_all(&scan, ret_edit)
               : edit_behind_files(&scan, database, ret_edit);
}

/* What libc does without a line is the distribution's choice: with one of ours
 * it would be another. */
static int find_edit_in(const struct svct_nsswitch_text *text,
                        enum svct_nsswitch_database database,
                        struct edit *ret_edit, struct svct_fault *fault)
{
    struct svct_nsswitch_line line;
    int r = svct_nsswitch_look(text, database, &line, fault);

    if (r < 0)
        return r;
    if (line.there)
        return find_place(text, database, &line, ret_edit, fault);
    if (database == SVCT_NSSWITCH_INITGROUPS)
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "there is no line of %s, and libc asks what it was "
                          "built for: write one by hand, as \"%s: files %s\"",
                          names[database], names[database], our_word);
}

/* ---- taking it out ---- */

/* With the blank before it, or the one behind it where it is the first. */
static void widen(const struct scan *scan, const char *begin, bool first,
                  struct edit *edit)
{
    const char *end = edit->at + edit->removed;
    bool blank_behind = end == scan->end || is_blank(*end);

    if (first && end < scan->end && is_blank(*end)) {
        edit->removed++;
    } else if (!first && blank_behind && edit->at > begin &&
               is_blank(edit->at[-1])) {
        edit->at--;
        edit->removed++;
    }
}

static int find_word(struct scan *scan, struct edit *ret_edit)
{
    const char *begin = scan->pos;
    struct service service, ours = {.len = 0};
    size_t count = 0, place = 0;
    int r;

    while ((r = next_service(scan, &service)) > 0) {
        if (is_service(&service, our_word)) {
            ours = service;
            place = count;
        }
        count++;
    }
    if (r < 0)
        return r;
    if (count == 1)
        return svct_fault_set(scan->fault, SVCT_E_SYNTAX, 0,
                              "the line of %s has nothing but \"%s\": nobody "
                              "else would be known",
                              scan->database, our_word);
    ret_edit->at = ours.name;
    ret_edit->removed = (size_t)(ours.end - ours.name);
    ret_edit->added = "";
    widen(scan, begin, place == 0, ret_edit);
    return 0;
}

static int find_edit_out(const struct svct_nsswitch_text *text,
                         enum svct_nsswitch_database database,
                         struct edit *ret_edit, struct svct_fault *fault)
{
    struct svct_nsswitch_line line;
    struct scan scan;
    int r = svct_nsswitch_look(text, database, &line, fault);

    if (r < 0 || !line.named)
        return r;
    scan = scan_line(text, &line, database, fault);
    return find_word(&scan, ret_edit);
}

/* ---- the new text ---- */

typedef int find_edit_fn(const struct svct_nsswitch_text *text,
                         enum svct_nsswitch_database database,
                         struct edit *ret_edit, struct svct_fault *fault);

static void append(struct svct_nsswitch_text *text, const char *bytes,
                   size_t len)
{
    memcpy(text->data + text->len, bytes, len);
    text->len += len;
}

/* The one that comes first and is not done yet; or NULL. */
static struct edit *first_edit(struct edit *edits)
{
    struct edit *first = NULL;

    for (size_t i = 0; i < SVCT_NSSWITCH_DATABASES; i++) {
        if (edits[i].at != NULL && (first == NULL || edits[i].at < first->at))
            first = &edits[i];
    }
    return first;
}

/* Each is in another line. */
static void apply(const struct svct_nsswitch_text *text, struct edit *edits,
                  struct svct_nsswitch_text *ret_text)
{
    const char *pos = text->data;
    struct edit *edit;

    ret_text->len = 0;
    while ((edit = first_edit(edits)) != NULL) {
        append(ret_text, pos, (size_t)(edit->at - pos));
        append(ret_text, edit->added, strlen(edit->added));
        pos = edit->at + edit->removed;
        edit->at = NULL;
    }
    append(ret_text, pos, (size_t)(text->data + text->len - pos));
}

static int edit_text(const struct svct_nsswitch_text *text, find_edit_fn *find,
                     struct svct_nsswitch_text *ret_text,
                     struct svct_fault *fault)
{
    struct edit edits[SVCT_NSSWITCH_DATABASES] = {{.at = NULL}};

    for (unsigned i = 0; i < SVCT_NSSWITCH_DATABASES; i++) {
        int r = find(text, (enum svct_nsswitch_database)i, &edits[i], fault);

        if (r < 0)
            return r;
    }
    apply(text, edits, ret_text);
    return 0;
}

int svct_nsswitch_enable(const struct svct_nsswitch_text *text,
                         struct svct_nsswitch_text *ret_text,
                         struct svct_fault *fault)
{
    return edit_text(text, find_edit_in, ret_text, fault);
}

int svct_nsswitch_disable(const struct svct_nsswitch_text *text,
                          struct svct_nsswitch_text *ret_text,
                          struct svct_fault *fault)
{
    return edit_text(text, find_edit_out, ret_text, fault);
}
