/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "base/names.h"
#include "base/safefile.h"
#include "dbcheck.h"
#include "out.h"
#include "say.h"

/* ---- info ---- */

struct info {
    const char *folder;
    struct svct_meta meta;
    int64_t accounts;
    int64_t tokens;
    int64_t roles;
    int64_t size[SVCT_PARTS]; /* bytes */
    int64_t names_size;
};

static int count(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    struct info *info = arg;

    (void)record;
    info->accounts += key->data[0] == SVCT_KIND_ACCOUNT;
    info->tokens += key->data[0] == SVCT_KIND_TOKEN;
    info->roles += key->data[0] == SVCT_KIND_ROLE;
    return 0;
}

static int64_t size_of(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)st.st_size
               : 0;
}

static int load_info(const struct svct_view *view, struct info *info,
                     struct svct_fault *fault)
{
    char path[SVCT_GENERATION_LEN + 32];

    info->meta = *svct_snapshot_meta(view->snapshot);
    for (int i = 0; i < SVCT_PARTS; i++) {
        snprintf(path, sizeof(path), SVCT_GENERATION_FORMAT "/%s",
                 (unsigned long long)info->meta.sequence,
                 svct_part_file((enum svct_part)i));
        info->size[i] = size_of(view->dir_fd, path);
    }
    info->names_size = size_of(view->dir_fd, SVCT_NAMES_FILE);
    return svct_snapshot_each(view->snapshot, 0, count, info, fault);
}

static void cell_folder(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct info *)row)->folder;
}

static void cell_format(const void *row, struct svct_cell *cell)
{
    (void)row;
    cell->number = SVCT_RECORD_VERSION;
}

static void cell_sequence(const void *row, struct svct_cell *cell)
{
    cell->number = (int64_t)((const struct info *)row)->meta.sequence;
}

static void cell_committed(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->meta.committed;
}

static void cell_accounts(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->accounts;
}

static void cell_tokens(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->tokens;
}

static void cell_roles(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->roles;
}

static void cell_private(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size[SVCT_PART_PRIVATE];
}

static void cell_public(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->size[SVCT_PART_PUBLIC];
}

static void cell_names(const void *row, struct svct_cell *cell)
{
    cell->number = ((const struct info *)row)->names_size;
}

static const struct svct_column info_columns[] = {
    {"folder", SVCT_CELL_TEXT, 0, "FOLDER", "where it is", cell_folder},
    {"format", SVCT_CELL_NUMBER, 0, "FORMAT", "version of the records",
     cell_format},
    {"sequence", SVCT_CELL_NUMBER, 0, "SEQUENCE", "one more with each change",
     cell_sequence},
    {"committed", SVCT_CELL_TIME, 0, "LAST CHANGE", "when that was",
     cell_committed},
    {"accounts", SVCT_CELL_NUMBER, 0, "ACCOUNTS", "how many", cell_accounts},
    {"tokens", SVCT_CELL_NUMBER, 0, "TOKENS", "how many, of any state",
     cell_tokens},
    {"roles", SVCT_CELL_NUMBER, 0, "ROLES", "how many", cell_roles},
    {"private_bytes", SVCT_CELL_NUMBER, 0, "PRIVATE.GDBM",
     "size of the file, bytes", cell_private},
    {"public_bytes", SVCT_CELL_NUMBER, 0, "PUBLIC.GDBM",
     "size of the file, bytes", cell_public},
    {"names_bytes", SVCT_CELL_NUMBER, 0, "NAMES", "size of the file, bytes",
     cell_names},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static int info(const struct svct_call *call)
{
    struct info all = {.folder = call->db};
    struct svct_fault fault = {0};
    struct svct_view view;
    int r = svct_access_read(call, &view);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = load_info(&view, &all, &fault);
    svct_access_done(&view);
    if (r < 0)
        return svct_say_fault(call, r, &fault);
    return svct_out_one(call, info_columns, &all);
}

/* ---- verify ---- */

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

static bool is_among(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* 0: not the name of a generation. */
static uint64_t generation_of(const char *name)
{
    unsigned long long sequence = 0;
    char again[40];

    if (strlen(name) != SVCT_GENERATION_LEN || strncmp(name, "gen-", 4) != 0)
        return 0;
    for (const char *c = name + 4; *c >= '0' && *c <= '9'; c++)
        sequence = sequence * 10 + (unsigned)(*c - '0');
    snprintf(again, sizeof(again), SVCT_GENERATION_FORMAT, sequence);
    return strcmp(again, name) == 0 ? sequence : 0;
}

static void note_file(json_t *notes, const char *name, uint64_t current)
{
    static const char *const lasting[] = {".",     "..",      "current", "lock",
                                          "names", "reserve", "usage",   NULL};
    static const char *const passing[] = {"current.new", "names.new",
                                          "names.stale", NULL};
    uint64_t sequence = generation_of(name);

    if (is_among(name, lasting) || (sequence > 0 && sequence <= current))
        return;
    if (is_among(name, passing) || sequence > current)
        note(notes,
             "%s is of a change under way, or of one that was killed; "
             "the next change clears it up",
             name);
    else
        note(notes, "%s is no part of a database", svct_say_bare(name).text);
}

/* What else is in the folder. */
static void note_leftovers(json_t *notes, const char *dir, uint64_t current)
{
    struct dirent *entry;
    DIR *folder = NULL;
    int fd;

    if (svct_safefile_open_dir(dir, &fd, NULL) < 0)
        return;
    folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    while ((entry = readdir(folder)) != NULL)
        note_file(notes, entry->d_name, current);
    closedir(folder);
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
        printf("clean: %s, generation %llu: %llu accounts, %llu tokens, %llu "
               "roles\n",
               svct_say_bare(call->db).text,
               (unsigned long long)check->meta.sequence,
               (unsigned long long)check->counts.accounts,
               (unsigned long long)check->counts.tokens,
               (unsigned long long)check->counts.roles);
    else
        printf("%llu problem%s in %s\n", (unsigned long long)check->problems,
               check->problems == 1 ? "" : "s", svct_say_bare(call->db).text);
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
static int look(const struct svct_call *call, struct svct_dbcheck *check,
                struct sentences *problems, struct svct_fault *fault)
{
    const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    int r;

    for (int i = 0;; i++) {
        json_array_clear(problems->array);
        problems->more = 0;
        *check = (struct svct_dbcheck){.report = add_sentence, .arg = problems};
        r = svct_dbcheck_run(check, call->db, fault);
        if (r < 0 || !check->names_differ || i + 1 == TRIES)
            return r;
        nanosleep(&pause, NULL);
    }
}

static int verify(const struct svct_call *call)
{
    struct sentences problems = {.array = json_array()};
    json_t *notes = json_array();
    struct svct_dbcheck check;
    struct svct_fault fault = {0};
    int r = look(call, &check, &problems, &fault);

    if (r == 0) {
        note_leftovers(notes, call->db, check.meta.sequence);
        r = call->opts.json ? print_json(call, &check, &problems, notes)
                            : print_result(call, &check, &problems, notes);
        if (r == SVCT_EXIT_DONE && check.problems > 0)
            r = SVCT_EXIT_NO;
    } else {
        svct_say_fault(call, r, &fault);
        r = SVCT_EXIT_CANNOT;
    }
    json_decref(problems.array);
    json_decref(notes);
    return r;
}

const struct svct_command svct_cmd_db[] = {
    {.group = "db",
     .name = "info",
     .summary = "show where the database is and what is in it",
     .text = "  svctoken db info\n",
     .columns = info_columns,
     .run = info},
    {.group = "db",
     .name = "verify",
     .summary = "read all of the database and hold it against itself",
     .text = "Exits with 0 when all is well, 1 when there are problems (each "
             "is a line), 3\n"
             "when it could not look. It changes nothing and makes nobody "
             "wait.\n"
             "\n"
             "  svctoken db verify\n",
     .run = verify},
    {.group = NULL},
};
