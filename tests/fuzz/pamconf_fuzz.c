/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as service files of /etc/pam.d: up to four, parted by a byte 0xfe,
 * named svc, one, two and other. Each step stands in a line that there is. Where
 * our lines are put in, nothing else
 * comes or goes, by a reading of its own; they are found again, and not put in
 * twice; the difference shows these lines and no others.
 */

#include <stdlib.h>
#include <string.h>

#include "../../admin/pamedit.h"
#include "../../admin/pamwalk.h"
#include "../../admin/udiff.h"
#include "fuzz.h"

#define FILES 4
#define PART 0xfe

static const char *const names[FILES] = {"svc", "one", "two", "other"};

struct files {
    const char *data[FILES]; /* NULL: it is not there */
    size_t len[FILES];
};

static int open_file(void *arg, const char *name, char **ret_data,
                     size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                     struct svct_fault *fault)
{
    const struct files *files = arg;

    (void)fault;
    for (int i = 0; i < FILES; i++) {
        if (files->data[i] == NULL || strcmp(names[i], name) != 0)
            continue;
        *ret_data = malloc(files->len[i] + 1);
        MUST(*ret_data != NULL);
        memcpy(*ret_data, files->data[i], files->len[i]);
        *ret_len = files->len[i];
        snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "%s", name);
        return 0;
    }
    return SVCT_E_NOTFOUND;
}

/* ---- what was read ---- */

static unsigned count_feeds(const char *data, size_t len)
{
    unsigned count = 0;

    for (size_t i = 0; i < len; i++)
        count += data[i] == '\n';
    return count;
}

static unsigned lines_of(const struct files *files, const char *path)
{
    for (int i = 0; i < FILES; i++) {
        if (strcmp(names[i], path) == 0)
            return count_feeds(files->data[i], files->len[i]) + 1;
    }
    MUST(path == NULL);
    return 0;
}

static void check_line(const struct files *files,
                       const struct svct_pamconf_line *line)
{
    MUST(line->number >= 1 && line->number <= lines_of(files, line->file));
    MUST(line->other ? line->top == 0
                     : line->top >= 1 && line->top <= lines_of(files, "svc"));
    MUST(line->level <= SVCT_PAMCONF_DEPTH_MAX);
    MUST(line->broken ? line->wrong != NULL && line->module == NULL
                      : line->substack == (line->module == NULL));
    MUST((line->argc > 0) == (line->argv != NULL));
    for (int i = 0; i < line->argc; i++)
        MUST(line->argv[i] != NULL);
    for (int i = 0; i < SVCT_PAMCODES; i++)
        MUST(line->action[i] >= SVCT_PAMCONF_RESET);
}

static void check_conf(const struct files *files,
                       const struct svct_pamconf *conf)
{
    MUST(conf->missing == (conf->path == NULL));
    if (conf->failed_file != NULL)
        MUST(conf->failed_number <= lines_of(files, conf->failed_file));
    for (int type = 0; type < SVCT_PAMCONF_TYPES; type++) {
        for (size_t i = 0; i < conf->count[type]; i++) {
            MUST((int)conf->chain[type][i]->type == type);
            check_line(files, conf->chain[type][i]);
        }
    }
}

static bool has(void *arg, const char *module)
{
    (void)arg;
    return strlen(module) % 2 == 0;
}

/* Bytes of the file may be in it; who shows it makes them plain. */
static void check_sentence(const char *text)
{
    MUST(text[0] != '\0' && strlen(text) < 400);
}

static bool walk(const struct svct_pamconf *conf, struct svct_pamwalk *walk)
{
    struct svct_fault fault = {0};
    char text[400];
    int r = svct_pamwalk(conf, has, NULL, walk, &fault);

    MUST(r == 0 || r == SVCT_E_TOOBIG);
    for (size_t i = 0; r == 0 && i < walk->faults; i++)
        check_sentence(
            svct_pamwalk_say(text, sizeof text, "svc", conf, &walk->fault[i]));
    return r == 0;
}

/* ---- what was put in ---- */

/* The text of before, when the lines that are ours are left out. */
static unsigned check_kept(const char *old, size_t len,
                           const struct svct_pamedit *edit)
{
    size_t at = 0, from = 0;
    unsigned ours = 0;

    while (at < edit->len) {
        const char *line = edit->text + at;
        const char *feed = memchr(line, '\n', edit->len - at);
        size_t size = feed != NULL ? (size_t)(feed - line) + 1 : edit->len - at;
        bool is_ours = false;

        for (int type = 0; type < SVCT_PAMCONF_TYPES; type++)
            is_ours |= edit->put[type] &&
                       size == strlen(svct_pamedit_line[type]) + 1 &&
                       memcmp(line, svct_pamedit_line[type], size - 1) == 0;
        ours += is_ours;
        at += size;
        if (is_ours)
            continue;
        if (from + size == len + 1) /* the last line got an end */
            size--;
        MUST(from + size <= len && memcmp(old + from, line, size) == 0);
        from += size;
    }
    MUST(from == len);
    return ours;
}

static void check_diff(const char *old, size_t len,
                       const struct svct_pamedit *edit, unsigned ours)
{
    struct svct_udiff_text from = {"svc", old, len};
    struct svct_udiff_text to = {"svc", edit->text, edit->len};
    unsigned comes = 0, goes = 0;
    char *diff = NULL;

    MUST(svct_udiff(&from, &to, &diff) == 0);
    for (const char *at = diff; at != NULL && *at != '\0';) {
        comes += at[0] == '+';
        goes += at[0] == '-';
        at = strchr(at, '\n');
        at += at != NULL;
    }
    /* A NUL in it can't be: such a file is refused. The first two are names. */
    MUST(comes - 1 == ours || (len > 0 && old[len - 1] != '\n'));
    MUST(goes - 1 == 0 || (len > 0 && old[len - 1] != '\n'));
    free(diff);
}

static void check_edit(const struct files *files,
                       const struct svct_pamconf *conf)
{
    static struct svct_pamedit edit, again;
    static struct svct_pamwalk walked;
    struct files new = *files;
    struct svct_pamconf *after = NULL;
    struct svct_fault fault = {0};
    int r = svct_pamedit(conf, files->data[0], files->len[0], &edit, &fault);

    if (r < 0) {
        MUST(r == SVCT_E_SYNTAX || r == SVCT_E_NOTFOUND);
        check_sentence(fault.what);
        return;
    }
    MUST(edit.put[SVCT_PAMCONF_AUTH] && edit.put[SVCT_PAMCONF_ACCOUNT]);
    check_diff(files->data[0], files->len[0], &edit,
               check_kept(files->data[0], files->len[0], &edit));
    new.data[0] = edit.text;
    new.len[0] = edit.len;
    if (svct_pamconf_read("svc", open_file, &new, &after, NULL) < 0)
        return; /* three lines too many */
    check_conf(&new, after);
    MUST(after->failed[0] == '\0');
    if (walk(after, &walked)) {
        MUST(walked.asks[SVCT_PAMCONF_AUTH] &&
             walked.asks[SVCT_PAMCONF_ACCOUNT]);
        MUST(walked.asks[SVCT_PAMCONF_SESSION] ==
             edit.put[SVCT_PAMCONF_SESSION]);
    }
    MUST(svct_pamedit(after, edit.text, edit.len, &again, &fault) ==
         SVCT_E_SYNTAX);
    svct_pamconf_free(after);
}

/* ---- the input ---- */

static void part(const uint8_t *data, size_t size, struct files *ret_files)
{
    const char *at = (const char *)data, *end = at + size;

    *ret_files = (struct files){{NULL}, {0}};
    for (int i = 0; i < FILES && at != NULL; i++) {
        const char *next = memchr(at, PART, (size_t)(end - at));

        ret_files->data[i] = at;
        ret_files->len[i] = (size_t)((next != NULL ? next : end) - at);
        at = next != NULL ? next + 1 : NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct svct_pamwalk walked;
    static const uint8_t nothing[1];
    struct svct_pamconf *conf = NULL;
    struct svct_fault fault = {0};
    struct files files;
    int r;

    if (size > SVCT_PAMCONF_FILE_MAX)
        return 0;
    part(size > 0 ? data : nothing, size, &files);
    r = svct_pamconf_read("svc", open_file, &files, &conf, &fault);
    if (r < 0) {
        MUST(r == SVCT_E_TOOBIG);
        check_sentence(fault.what);
        return 0;
    }
    check_conf(&files, conf);
    walk(conf, &walked);
    check_edit(&files, conf);
    svct_pamconf_free(conf);
    return 0;
}
