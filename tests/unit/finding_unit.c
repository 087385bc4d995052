/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/finding.h"

static const struct svct_finding_kind note = {"x_note", SVCT_SEVERITY_NOTE,
                                              "N."};
static const struct svct_finding_kind warning = {"x_warning",
                                                 SVCT_SEVERITY_WARNING, "W."};
static const struct svct_finding_kind unknown = {"x_unknown",
                                                 SVCT_SEVERITY_UNKNOWN, "U."};
static const struct svct_finding_kind error = {"x_error", SVCT_SEVERITY_ERROR,
                                               "E."};

static void the_worst_counts(void **state)
{
    struct svct_findings findings = {.check = "x"};

    (void)state;
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_NOTE);
    svct_findings_add(&findings, &note, "a");
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_NOTE);
    svct_findings_add(&findings, &warning, "b");
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_WARNING);
    svct_findings_add(&findings, &unknown, "c");
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_UNKNOWN);
    svct_findings_add(&findings, &error, "d");
    svct_findings_add(&findings, &note, "e");
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_ERROR);
    assert_int_equal(findings.of[SVCT_SEVERITY_NOTE], 2);
    svct_findings_done(&findings);
    assert_int_equal(findings.count, 0);
    svct_findings_done(NULL);
}

static void worst_first_and_else_as_they_came(void **state)
{
    static const char *const order[] = {"d", "c", "b", "g", "a", "e", "f"};
    struct svct_findings findings = {.check = "x"};

    (void)state;
    svct_findings_add(&findings, &note, "a");
    svct_findings_add(&findings, &warning, "b");
    svct_findings_add(&findings, &unknown, "c");
    svct_findings_add(&findings, &error, "d");
    svct_findings_add(&findings, &note, "e");
    svct_findings_add(&findings, &note, "f");
    svct_findings_add(&findings, &warning, "g");
    svct_findings_sort(&findings);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(findings.kept[i]->what, order[i]);
    svct_findings_done(&findings);
}

static void each_finding_has_its_check(void **state)
{
    struct svct_findings findings = {.check = "x"};

    (void)state;
    svct_findings_add(&findings, &note, "a");
    findings.check = "y";
    svct_findings_add(&findings, &note, "b");
    assert_string_equal(findings.kept[0]->check, "x");
    assert_string_equal(findings.kept[1]->check, "y");
    assert_ptr_equal(findings.kept[1]->kind, &note);
    svct_findings_done(&findings);
}

/* Names of files and what other programs say come in here. */
static void text_from_outside_is_harmless(void **state)
{
    struct svct_findings findings = {.check = "x"};
    struct svct_finding *finding;

    (void)state;
    finding = svct_findings_add(&findings, &note, "%s", "a\033[31m\nb\xff");
    assert_string_equal(finding->what, "a\\x1b[31m\\x0ab\\xff");
    svct_finding_mend(finding, "rm %s", "\t");
    assert_string_equal(finding->command, "rm \\x09");
    svct_finding_say(finding, "%s", "\x7f");
    assert_string_equal(finding->what, "\\x7f");
    svct_finding_example(finding, "%s", "\r");
    assert_string_equal(finding->example[0], "\\x0d");
    svct_findings_done(&findings);
}

static void what_is_too_long_is_cut(void **state)
{
    struct svct_findings findings = {.check = "x"};
    char text[2000];
    struct svct_finding *finding;

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    finding = svct_findings_add(&findings, &note, "%s", text);
    assert_int_equal(strlen(finding->what), SVCT_FINDING_TEXT - 1);
    svct_finding_example(finding, "%s", text);
    assert_int_equal(strlen(finding->example[0]), SVCT_FINDING_EXAMPLE - 1);
    memset(text, '\n', sizeof text - 1); /* longer when it is escaped */
    svct_finding_say(finding, "%s", text);
    assert_in_range(strlen(finding->what), SVCT_FINDING_TEXT - 8,
                    SVCT_FINDING_TEXT - 1);
    svct_findings_done(&findings);
}

static void the_first_examples_stay(void **state)
{
    static const char *const names[] = {"g", "b", "f", "a", "e", "c", "d", "h"};
    struct svct_findings findings = {.check = "x"};
    const struct svct_finding *finding;

    (void)state;
    assert_null(svct_findings_there(&findings, &note));
    for (size_t i = 0; i < 8; i++)
        svct_finding_example(svct_findings_of(&findings, &note), "%s",
                             names[i]);
    assert_int_equal(findings.count, 1);
    finding = svct_findings_there(&findings, &note);
    assert_non_null(finding);
    assert_null(svct_findings_there(&findings, &error));
    assert_int_equal(finding->count, 8);
    assert_int_equal(finding->examples, SVCT_FINDING_EXAMPLES);
    assert_string_equal(finding->example[0], "a");
    assert_string_equal(finding->example[1], "b");
    assert_string_equal(finding->example[4], "e");
    svct_findings_done(&findings);
}

static void the_list_has_a_maximum(void **state)
{
    struct svct_findings findings = {.check = "x"};
    struct svct_finding *last = NULL;

    (void)state;
    for (int i = 0; i < SVCT_FINDINGS_MAX + 3; i++) {
        last = svct_findings_add(
            &findings, i == SVCT_FINDINGS_MAX ? &error : &note, "%d", i);
        svct_finding_mend(last, "x");
    }
    assert_int_equal(findings.count, SVCT_FINDINGS_MAX);
    assert_int_equal(findings.left_out, 3);
    assert_false(findings.nomem);
    /* One that is not kept counts for the exit code nevertheless. */
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_ERROR);
    svct_findings_done(&findings);
}

static void what_is_dropped_was_never_found(void **state)
{
    struct svct_findings findings = {.check = "x"};

    (void)state;
    svct_findings_add(&findings, &error, "a");
    svct_findings_add(&findings, &note, "b");
    svct_findings_add(&findings, &error, "c");
    svct_findings_drop(&findings, "x_warning");
    assert_int_equal(findings.count, 3);
    svct_findings_drop(&findings, "x_error");
    assert_int_equal(findings.count, 1);
    assert_string_equal(findings.kept[0]->what, "b");
    assert_int_equal(svct_findings_worst(&findings), SVCT_SEVERITY_NOTE);
    svct_findings_done(&findings);
}

static void names_of_severities_are_an_interface(void **state)
{
    (void)state;
    assert_string_equal(svct_severity_name(SVCT_SEVERITY_NOTE), "note");
    assert_string_equal(svct_severity_name(SVCT_SEVERITY_WARNING), "warning");
    assert_string_equal(svct_severity_name(SVCT_SEVERITY_UNKNOWN), "unknown");
    assert_string_equal(svct_severity_name(SVCT_SEVERITY_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_counts),
        cmocka_unit_test(worst_first_and_else_as_they_came),
        cmocka_unit_test(each_finding_has_its_check),
        cmocka_unit_test(text_from_outside_is_harmless),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(the_first_examples_stay),
        cmocka_unit_test(the_list_has_a_maximum),
        cmocka_unit_test(what_is_dropped_was_never_found),
        cmocka_unit_test(names_of_severities_are_an_interface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
