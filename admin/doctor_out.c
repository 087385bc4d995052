/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_out.h"

#include <stdlib.h>
#include <unistd.h>

#include "out.h"
#include "say.h"
#include "table.h"

/* ---- JSON ---- */

static void cell_check(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_finding *)row)->check;
}

static void cell_severity(const void *row, struct svct_cell *cell)
{
    const struct svct_finding *finding = row;

    cell->text = svct_severity_name(finding->kind->severity);
}

static void cell_code(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_finding *)row)->kind->code;
}

static void cell_what(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_finding *)row)->what;
}

static void cell_why(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_finding *)row)->kind->why;
}

static void cell_command(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct svct_finding *)row)->command;
    cell->null = cell->text[0] == '\0';
}

static void cell_count(const void *row, struct svct_cell *cell)
{
    const struct svct_finding *finding = row;

    cell->null = finding->count == 0;
    cell->number = (int64_t)finding->count;
}

const struct svct_column svct_doctor_columns[] = {
    {"check", SVCT_CELL_TEXT, 0, "CHECK", "which check found it", cell_check},
    {"severity", SVCT_CELL_TEXT, 0, "SEVERITY",
     "error, unknown (it could not be looked at), warning or note",
     cell_severity},
    {"code", SVCT_CELL_TEXT, 0, "CODE", "its name, for ever", cell_code},
    {"what", SVCT_CELL_TEXT, 0, "WHAT", "what is wrong, a sentence", cell_what},
    {"why", SVCT_CELL_TEXT, 0, "WHY", "what comes of it", cell_why},
    {"command", SVCT_CELL_TEXT, 0, "COMMAND",
     "mends it; null: none does, or not one alone", cell_command},
    {"count", SVCT_CELL_NUMBER, 0, "COUNT",
     "how many things it is about; null: no number of them", cell_count},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static json_t *json_examples(const struct svct_finding *finding)
{
    json_t *array = json_array();

    for (size_t i = 0; i < finding->examples; i++)
        json_array_append_new(array, json_string(finding->example[i]));
    return array;
}

static json_t *json_findings(const struct svct_doctor *doctor, bool quiet)
{
    json_t *array = json_array();

    for (size_t i = 0; i < doctor->findings.count; i++) {
        const struct svct_finding *finding = doctor->findings.kept[i];
        json_t *object;

        if (quiet && finding->kind->severity == SVCT_SEVERITY_NOTE)
            continue;
        object = svct_out_object(doctor->call, svct_doctor_columns, finding);
        svct_out_put(&object, "examples", json_examples(finding));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_names(const struct svct_doctor_check *const *checks)
{
    json_t *array = json_array();

    for (; *checks != NULL; checks++)
        json_array_append_new(array, json_string((*checks)->name));
    return array;
}

static int print_json(const struct svct_doctor *doctor,
                      const struct svct_doctor_check *const *ran, bool quiet)
{
    const struct svct_findings *findings = &doctor->findings;
    json_t *object = json_object();

    svct_out_put(&object, "checks", json_names(ran));
    for (int i = SVCT_SEVERITIES - 1; i >= 0; i--) {
        char key[24];

        snprintf(key, sizeof(key), "%s_count",
                 svct_severity_name((enum svct_severity)i));
        svct_out_put(&object, key, json_integer((json_int_t)findings->of[i]));
    }
    svct_out_put(&object, "left_out",
                 json_integer((json_int_t)findings->left_out));
    svct_out_put(&object, "findings", json_findings(doctor, quiet));
    return svct_out_json(doctor->call, object);
}

/* ---- lines ---- */

#define INDENT 9 /* where the text begins */

static size_t find_width(void)
{
    struct libscols_table *table = svct_table_new();
    size_t width = SIZE_MAX;

    if (table != NULL && isatty(STDOUT_FILENO))
        width = scols_table_get_termwidth(table);
    scols_unref_table(table);
    return width < 40 ? 40 : width;
}

static bool shows_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

/* Goes on behind the indent; what is too long for a line goes on in the next
 * one. All of it is printable ASCII. */
static void print_text(const char *text, size_t width)
{
    size_t at = INDENT;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (at > INDENT && at + 1 + len > width) {
            printf("\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)len, text);
        at += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_paragraph(const char *text, size_t width)
{
    printf("%*s", INDENT, "");
    print_text(text, width);
}

static void print_examples(const struct svct_finding *finding, size_t width)
{
    char text[SVCT_FINDING_EXAMPLES * (SVCT_FINDING_EXAMPLE + 2) + 40];
    size_t len = 0;

    if (finding->examples == 0)
        return;
    for (size_t i = 0; i < finding->examples; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
                                i > 0 ? ", " : "", finding->example[i]);
    if (finding->count > finding->examples)
        snprintf(text + len, sizeof(text) - len, " and %llu more",
                 (unsigned long long)(finding->count - finding->examples));
    print_paragraph(text, width);
}

static void print_head(enum svct_severity severity, const char *code)
{
    static const char *const colours[SVCT_SEVERITIES] = {"36", "33", "35",
                                                         "1;31"};
    const char *name = svct_severity_name(severity);

    if (shows_colours())
        printf("\033[%sm%-*s\033[0m%s\n", colours[severity], INDENT, name,
               code);
    else
        printf("%-*s%s\n", INDENT, name, code);
}

/* The command stays on one line, to be copied. */
static void print_finding(const struct svct_finding *finding, size_t width)
{
    print_head(finding->kind->severity, finding->kind->code);
    print_paragraph(finding->what, width);
    print_examples(finding, width);
    print_paragraph(finding->kind->why, width);
    if (finding->command[0] != '\0')
        printf("%*s# %s\n", INDENT, "", finding->command);
    putchar('\n');
}

static void print_count(size_t count, const char *one, const char *many,
                        const char **lead)
{
    if (count == 0)
        return;
    printf("%s%zu %s", *lead, count, count == 1 ? one : many);
    *lead = ", ";
}

static void print_summary(const struct svct_findings *findings, size_t checks)
{
    const char *lead = "";

    print_count(findings->of[SVCT_SEVERITY_ERROR], "error", "errors", &lead);
    print_count(findings->of[SVCT_SEVERITY_UNKNOWN], "thing not known",
                "things not known", &lead);
    print_count(findings->of[SVCT_SEVERITY_WARNING], "warning", "warnings",
                &lead);
    print_count(findings->of[SVCT_SEVERITY_NOTE], "note", "notes", &lead);
    if (lead[0] == '\0')
        printf("nothing found");
    printf(" (%zu check%s", checks, checks == 1 ? "" : "s");
    if (findings->left_out > 0)
        printf("; %zu findings are not shown", findings->left_out);
    printf(")\n");
}

static int print_lines(const struct svct_doctor *doctor,
                       const struct svct_doctor_check *const *ran, bool quiet)
{
    const struct svct_findings *findings = &doctor->findings;
    size_t width = find_width(), checks = 0;

    for (size_t i = 0; i < findings->count; i++) {
        const struct svct_finding *finding = findings->kept[i];

        if (!quiet || finding->kind->severity > SVCT_SEVERITY_NOTE)
            print_finding(finding, width);
    }
    while (ran[checks] != NULL)
        checks++;
    if (!quiet || svct_findings_worst(findings) > SVCT_SEVERITY_NOTE)
        print_summary(findings, checks);
    return SVCT_EXIT_DONE;
}

int svct_doctor_out(const struct svct_doctor *doctor,
                    const struct svct_doctor_check *const *ran, bool quiet)
{
    if (doctor->findings.nomem)
        return svct_say_fault(doctor->call, SVCT_E_NOMEM, NULL);
    return doctor->call->opts.json ? print_json(doctor, ran, quiet)
                                   : print_lines(doctor, ran, quiet);
}

/* ---- the codes ---- */

struct kind_row {
    const struct svct_doctor_check *check;
    const struct svct_finding_kind *kind;
};

static void cell_kind_check(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct kind_row *)row)->check->name;
}

static void cell_kind_code(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct kind_row *)row)->kind->code;
}

static void cell_kind_severity(const void *row, struct svct_cell *cell)
{
    const struct kind_row *kind_row = row;

    cell->text = svct_severity_name(kind_row->kind->severity);
}

static void cell_kind_why(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct kind_row *)row)->kind->why;
}

static const struct svct_column kind_columns[] = {
    {"check", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "CHECK", "", cell_kind_check},
    {"code", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "CODE", "", cell_kind_code},
    {"severity", SVCT_CELL_TEXT, SVCT_COLUMN_LIST, "SEVERITY", "",
     cell_kind_severity},
    {"why", SVCT_CELL_TEXT, SVCT_COLUMN_LIST | SVCT_COLUMN_WRAP, "WHY", "",
     cell_kind_why},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static int walk_kinds(void *arg, svct_out_put_fn *put, void *put_arg)
{
    const struct svct_doctor_check *const *checks = arg;
    int r = SVCT_EXIT_DONE;

    for (; *checks != NULL; checks++) {
        struct kind_row row = {*checks, (*checks)->kinds};

        for (; r == SVCT_EXIT_DONE && row.kind->code != NULL; row.kind++)
            r = put(put_arg, &row);
    }
    return r;
}

int svct_doctor_out_kinds(const struct svct_call *call,
                          const struct svct_doctor_check *const *checks)
{
    return svct_out_walk(call, "codes", kind_columns, walk_kinds,
                         (void *)(uintptr_t)checks);
}
