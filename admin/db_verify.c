/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <stdarg.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/safefile.h"
#include "db.h"
#include "dbcheck.h"
#include "dbfolder.h"
#include "out.h"
#include "say.h"
#include "write/genlist.h"

#define PROBLEMS_MAX 1000 /* that are told; more are counted */

struct sentences {
    json_t *array; /* NULL: out of memory */
    uint64_t more;
};

static void add_sentence(void *arg, const char *sentence)
{
    struct sentences *sentences = arg;

    if (json_array_size(sentences->array) >= PROBLEMS_MAX)
        sentences->more++;
    else
        json_array_append_new(sentences->array, json_string(sentence));
}

static void __attribute__((format(printf, 2, 3)))
note(json_t *notes, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    json_array_append_new(notes, json_string(sentence));
}

static void note_name(void *arg, const char *name, enum svct_dbfolder_what what)
{
    json_t *notes = arg;

    switch (what) {
    case SVCT_DBFOLDER_PART:
    case SVCT_DBFOLDER_OLDER:
        break;
    case SVCT_DBFOLDER_NEWER:
        note(notes,
             "%s is newer than the current generation, which \"current\" was "
             "put back to; it stays until three more changes are made",
             name);
        break;
    case SVCT_DBFOLDER_PASSING:
        note(notes,
             "%s is of a change under way, or of one that was killed; "
             "the next change clears it up",
             name);
        break;
    case SVCT_DBFOLDER_STRANGE:
        note(notes, "%s is no part of a database", svct_say_bare(name).text);
        break;
    }
}

struct others {
    uint64_t but;
    char words[200];
    size_t len;
};

static void add_other(void *arg, uint64_t sequence)
{
    struct others *others = arg;
    size_t room = sizeof(others->words) - others->len;

    if (sequence != others->but && room > 40)
        others->len += (size_t)snprintf(others->words + others->len, room,
                                        " " SVCT_GENERATION_FORMAT,
                                        (unsigned long long)sequence);
}

/* Where to look next. */
static void note_others(json_t *notes, const char *dir, uint64_t but)
{
    struct others others = {.but = but};
    int fd;

    if (svct_safefile_open_dir(dir, &fd, NULL) < 0)
        return;
    svct_genlist_each(fd, add_other, &others);
    close(fd);
    if (others.len > 0)
        note(notes,
             "there are other generations:%s; \"svctoken db verify "
             "GENERATION\" tells whether one is whole",
             others.words);
}

static void note_all(json_t *notes, const struct svct_call *call,
                     const struct svct_dbcheck *check)
{
    if (check->wanted == 0 && check->sequence > 0)
        svct_dbfolder_each(call->db, check->sequence, note_name, notes);
    if (!check->current)
        note(notes, "this is not the current generation; the files \"names\" "
                    "and \"usage\" go with that one and were not compared");
    if (check->problems > 0)
        note_others(notes, call->db, check->sequence);
}

static void print_lines(const char *lead, const json_t *array)
{
    size_t index;
    json_t *sentence;

    json_array_foreach((json_t *)array, index, sentence)
        printf("%s%s\n", lead, json_string_value(sentence));
}

static int print_result(const struct svct_call *call,
                        const struct svct_dbcheck *check,
                        const struct sentences *problems, json_t *notes)
{
    print_lines("problem: ", problems->array);
    if (problems->more > 0)
        printf("problem: and %llu more\n", (unsigned long long)problems->more);
    print_lines("note: ", notes);
    if (check->problems == 0)
        printf("clean: %s, generation %llu: %llu account%s, %llu token%s, "
               "%llu role%s\n",
               svct_say_bare(call->db).text,
               (unsigned long long)check->meta.sequence,
               (unsigned long long)check->counts.accounts,
               svct_say_s(check->counts.accounts),
               (unsigned long long)check->counts.tokens,
               svct_say_s(check->counts.tokens),
               (unsigned long long)check->counts.roles,
               svct_say_s(check->counts.roles));
    else
        printf("%llu problem%s in %s\n", (unsigned long long)check->problems,
               svct_say_s(check->problems), svct_say_bare(call->db).text);
    return SVCT_EXIT_DONE;
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static int print_json(const struct svct_call *call,
                      const struct svct_dbcheck *check,
                      const struct sentences *problems, json_t *notes)
{
    json_t *object = json_object();

    svct_out_put(&object, "clean", json_boolean(check->problems == 0));
    svct_out_put(&object, "folder", json_string(svct_say_bare(call->db).text));
    svct_out_put(&object, "sequence", number(check->meta.sequence));
    svct_out_put(&object, "accounts", number(check->counts.accounts));
    svct_out_put(&object, "tokens", number(check->counts.tokens));
    svct_out_put(&object, "roles", number(check->counts.roles));
    svct_out_put(&object, "problem_count", number(check->problems));
    svct_out_put(&object, "problems", json_incref(problems->array));
    svct_out_put(&object, "notes", json_incref(notes));
    return svct_out_json(call, object);
}

#define TRIES 3

/* A change under way writes "names" and the link one after the other: what
 * differs there is looked at again. */
static int look(const struct svct_call *call, uint64_t wanted,
                struct svct_dbcheck *check, struct sentences *problems,
                struct svct_fault *fault)
{
    const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    int r;

    for (int i = 0;; i++) {
        json_array_clear(problems->array);
        problems->more = 0;
        *check = (struct svct_dbcheck){.report = add_sentence,
                                       .arg = problems,
                                       .now = call->now,
                                       .wanted = wanted};
        r = svct_dbcheck_run(check, call->db, fault);
        if (r < 0 || !check->names_differ || i + 1 == TRIES)
            return r;
        nanosleep(&pause, NULL);
    }
}

/* A number or the name of a folder; 0: none is wanted. */
static int read_wanted(const struct svct_call *call, uint64_t *ret_wanted)
{
    const char *word = svct_opts_operand(&call->opts, 0);

    *ret_wanted = 0;
    if (word == NULL)
        return SVCT_EXIT_DONE;
    *ret_wanted = svct_genlist_sequence(word);
    if (*ret_wanted == 0 &&
        svct_parse_number(word, 1, SVCT_SEQUENCE_MAX, ret_wanted) < 0)
        return svct_say_usage(call,
                              "%s is no generation: give its number, or the "
                              "name of its folder as " SVCT_GENERATION_FORMAT,
                              svct_say_quote(word).text, 42ULL);
    return SVCT_EXIT_DONE;
}

static int could_not(const struct svct_call *call, uint64_t wanted, int code,
                     const struct svct_fault *fault)
{
    if (code == SVCT_E_NOTFOUND && wanted > 0)
        return svct_say_no(call, "%s has no generation %llu",
                           svct_say_bare(call->db).text,
                           (unsigned long long)wanted);
    svct_say_fault(call, code, fault);
    return SVCT_EXIT_CANNOT;
}

int svct_db_verify(const struct svct_call *call)
{
    struct sentences problems = {.array = json_array()};
    json_t *notes = json_array();
    struct svct_dbcheck check;
    struct svct_fault fault = {0};
    uint64_t wanted;
    int r = read_wanted(call, &wanted);

    if (r == SVCT_EXIT_DONE) {
        r = look(call, wanted, &check, &problems, &fault);
        if (r < 0) {
            r = could_not(call, wanted, r, &fault);
        } else {
            note_all(notes, call, &check);
            r = call->opts.json ? print_json(call, &check, &problems, notes)
                                : print_result(call, &check, &problems, notes);
            if (r == SVCT_EXIT_DONE && check.problems > 0)
                r = SVCT_EXIT_NO;
        }
    }
    json_decref(problems.array);
    json_decref(notes);
    return r;
}
