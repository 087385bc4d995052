/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <sys/stat.h>
#include <unistd.h>

#include "auditlog.h"
#include "auditread.h"
#include "logpick.h"
#include "logrow.h"
#include "rows.h"
#include "say.h"

#define DAMAGED_MAX 10 /* lines that are named */

/* ---- what is found ---- */

/* The newest of them, in a ring: all that is kept of a file however large. */
struct found {
    json_t *entry[SVCT_LOGPICK_MAX];
    uint64_t count;   /* of all that were wanted */
    uint64_t damaged; /* lines */
    uint64_t before;  /* sequence of the line before; 0: not known */
    uint64_t lacking; /* sequences between two lines */
};

static size_t kept(const struct found *found, const struct svct_logpick *pick)
{
    return (size_t)(found->count < pick->last ? found->count : pick->last);
}

/* index 0 is the oldest that is kept. */
static json_t *at(const struct found *found, const struct svct_logpick *pick,
                  size_t index)
{
    uint64_t first = found->count - kept(found, pick);

    return found->entry[(first + index) % pick->last];
}

static void keep(struct found *found, const struct svct_logpick *pick,
                 json_t *entry)
{
    json_t **place = &found->entry[found->count % pick->last];

    json_decref(*place);
    *place = entry;
    found->count++;
}

static void found_free(struct found *found)
{
    for (size_t i = 0; i < SVCT_LOGPICK_MAX; i++)
        json_decref(found->entry[i]);
    free(found);
}

/* The path for words; "-" is standard input. */
static void name_file(const struct svct_call *call, char *out, size_t size)
{
    const char *file = svct_opts_get(&call->opts, SVCT_LOG_FILE);

    if (file == NULL)
        snprintf(out, size, "%s/" SVCT_AUDITLOG_FILE,
                 svct_say_bare(svct_auditlog_folder(call->db)).text);
    else
        snprintf(out, size, "%s",
                 strcmp(file, "-") == 0 ? "standard input"
                                        : svct_say_bare(file).text);
}

static void say_damaged(const struct svct_call *call, struct found *found,
                        uint64_t number, const char *why)
{
    char name[200];

    name_file(call, name, sizeof(name));
    if (++found->damaged <= DAMAGED_MAX)
        svct_say_cannot(call, "line %llu of %s is damaged and left out: %s",
                        (unsigned long long)number, name, why);
}

/* Each change makes the next sequence: what lacks between two lines was made
 * by a program that was killed before it could say so, could not write here, or
 * was taken out. One behind it is of a database that was made anew, or put
 * back. */
static void compare_sequence(struct found *found, const json_t *entry)
{
    json_int_t number = json_integer_value(json_object_get(entry, "sequence"));
    uint64_t sequence = (uint64_t)number;

    if (found->before > 0 && sequence > found->before + 1)
        found->lacking += sequence - found->before - 1;
    found->before = sequence;
}

static int collect(const struct svct_call *call, struct svct_auditread *reader,
                   const struct svct_logpick *pick, struct found *found)
{
    for (;;) {
        struct svct_fault fault = {0};
        json_t *entry = NULL;
        int r = svct_auditread_next(reader, &entry, &fault);

        if (r == SVCT_E_DAMAGED) {
            say_damaged(call, found, reader->number, fault.what);
            found->before = 0;
            continue;
        }
        if (r < 0)
            return svct_say_fault(call, r, &fault);
        if (entry == NULL)
            return SVCT_EXIT_DONE;
        compare_sequence(found, entry);
        if (svct_logpick_wants(pick, entry))
            keep(found, pick, entry);
        else
            json_decref(entry);
    }
}

/* ---- the answer ---- */

static int print_json(const struct svct_call *call, const struct found *found,
                      const struct svct_logpick *pick)
{
    json_t *array = json_array(), *document = json_object();

    for (size_t i = 0; array != NULL && i < kept(found, pick); i++) {
        if (json_array_append_new(
                array, svct_logrow_object(call, at(found, pick, i))) < 0) {
            json_decref(array);
            array = NULL;
        }
    }
    svct_out_put(&document, "changes", array);
    return svct_out_json(call, document);
}

static int print_table(const struct svct_call *call, const struct found *found,
                       const struct svct_logpick *pick)
{
    struct svct_rows rows = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < kept(found, pick); i++) {
        struct svct_logrow row;

        svct_logrow_fill(&row, at(found, pick, i));
        r = svct_rows_add(&rows, &row, sizeof(row));
    }
    if (r < 0)
        r = svct_say_fault(call, r, NULL);
    else if (rows.count == 0)
        svct_say("no changes");
    else
        r = svct_out_table(call, svct_logrow_columns,
                           (const void *const *)rows.row, rows.count);
    svct_rows_done(&rows);
    return r;
}

/* Where the older ones are, as logrotate names them. */
static void say_rotated(const struct svct_call *call)
{
    const char *folder = svct_auditlog_folder(call->db);
    char path[200];
    struct stat st;

    snprintf(path, sizeof(path), "%s/" SVCT_AUDITLOG_FILE ".1", folder);
    if (!svct_opts_given(&call->opts, SVCT_LOG_FILE) && strlen(folder) < 150 &&
        lstat(path, &st) == 0)
        svct_say("older changes are in %s: see --file",
                 svct_say_bare(path).text);
}

/* A part of the answer that could not be read is no whole answer. */
static int say_rest(const struct svct_call *call, const struct found *found)
{
    if (!svct_opts_given(&call->opts, SVCT_LOG_LAST) &&
        found->count > SVCT_LOGPICK_MAX)
        svct_say("only the newest %d of %llu changes are shown: --since and "
                 "--until choose others",
                 SVCT_LOGPICK_MAX, (unsigned long long)found->count);
    say_rotated(call);
    if (found->lacking > 0)
        svct_say("there is no line of %llu change%s: \"sequence\", with "
                 "--json, shows where, and syslog may have more",
                 (unsigned long long)found->lacking,
                 svct_say_s(found->lacking));
    if (found->damaged == 0)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(call, "%llu damaged line%s left out",
                           (unsigned long long)found->damaged,
                           found->damaged == 1 ? " was" : "s were");
}

/* ---- the command ---- */

/* That there is no log yet is no failure. */
static int open_log(const struct svct_call *call,
                    struct svct_auditread *ret_reader)
{
    const char *file = svct_opts_get(&call->opts, SVCT_LOG_FILE);
    struct svct_fault fault = {0};
    char name[200];
    int r = file != NULL ? svct_auditread_open_file(file, ret_reader, &fault)
                         : svct_auditread_open(call->db, ret_reader, &fault);

    if (r == 0 || (r == SVCT_E_NOTFOUND && file == NULL))
        return SVCT_EXIT_DONE;
    if (file == NULL)
        return svct_say_fault(call, r, &fault);
    name_file(call, name, sizeof(name));
    svct_say_cannot(call, "--file: %s: %s", name, fault.what);
    return svct_say_exit(r);
}

static int show(const struct svct_call *call, struct svct_auditread *reader,
                const struct svct_logpick *pick)
{
    struct found *found = calloc(1, sizeof(*found));
    int r;

    if (found == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    r = reader->file != NULL ? collect(call, reader, pick, found)
                             : SVCT_EXIT_DONE;
    if (r == SVCT_EXIT_DONE)
        r = call->opts.json ? print_json(call, found, pick)
                            : print_table(call, found, pick);
    if (r == SVCT_EXIT_DONE) {
        fflush(stdout); /* these words come after the table */
        r = say_rest(call, found);
    }
    found_free(found);
    return r;
}

static int run_log(const struct svct_call *call)
{
    struct svct_auditread reader = {.file = NULL};
    struct svct_logpick pick;
    int r = svct_logpick_read(call, &pick);

    if (r == SVCT_EXIT_DONE)
        r = open_log(call, &reader);
    if (r == SVCT_EXIT_DONE)
        r = show(call, &reader, &pick);
    svct_auditread_done(&reader);
    return r;
}

const struct svct_command svct_cmd_log[] = {
    {.group = "log",
     .summary = "show who changed what",
     .text =
         "The changes of the database in their order, the newest last, each "
         "with old and\n"
         "new values. Needs no database: what was deleted is found, too.\n"
         "\n"
         "Ends with 3 when a line of the log is damaged; the others are "
         "shown.\n"
         "\n"
         "With --json each has \"details\" (an object of texts) and "
         "\"changed\" (by name, an\n"
         "object with \"old\" and \"new\"), too.\n"
         "\n"
         "  svctoken log --last 20\n"
         "  svctoken log --account deploy --since -7d\n"
         "  svctoken log --token 4fK2pQ0aZb --json\n"
         "  zcat /var/log/svctoken/audit.log.2.gz | svctoken log --file -\n",
     .options = svct_logpick_options,
     .columns = svct_logrow_columns,
     .run = run_log},
    {.group = NULL},
};
