/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

const char *svct_severity_name(enum svct_severity severity)
{
    static const char *const names[SVCT_SEVERITIES] = {"note", "warning",
                                                       "unknown", "error"};

    return names[severity];
}

void svct_findings_done(struct svct_findings *findings)
{
    if (findings == NULL)
        return;
    for (size_t i = 0; i < findings->count; i++)
        free(findings->kept[i]);
    *findings = (struct svct_findings){0};
}

/* Text from outside may be in it: sanitized as a whole. */
static void __attribute__((format(printf, 3, 0)))
write_text(char *out, size_t size, const char *format, va_list args)
{
    char text[SVCT_FINDING_TEXT];
    struct svct_words_long words;
    size_t len;

    vsnprintf(text, sizeof(text), format, args);
    words = svct_say_bare_long(text);
    len = strnlen(words.text, size - 1);
    memcpy(out, words.text, len);
    out[len] = '\0';
}

/* Where the next one goes. */
static struct svct_finding *take_room(struct svct_findings *findings)
{
    struct svct_finding *finding = NULL;

    if (findings->count < SVCT_FINDINGS_MAX) {
        finding = malloc(sizeof(*finding));
        findings->nomem = findings->nomem || finding == NULL;
    }
    if (finding == NULL) {
        findings->left_out++;
        return &findings->spare;
    }
    findings->kept[findings->count++] = finding;
    return finding;
}

static struct svct_finding *add(struct svct_findings *findings,
                                const struct svct_finding_kind *kind)
{
    struct svct_finding *finding = take_room(findings);

    *finding = (struct svct_finding){.check = findings->check, .kind = kind};
    findings->of[kind->severity]++;
    return finding;
}

struct svct_finding *svct_findings_add(struct svct_findings *findings,
                                       const struct svct_finding_kind *kind,
                                       const char *format, ...)
{
    struct svct_finding *finding = add(findings, kind);
    va_list args;

    va_start(args, format);
    write_text(finding->what, sizeof(finding->what), format, args);
    va_end(args);
    return finding;
}

struct svct_finding *svct_findings_there(const struct svct_findings *findings,
                                         const struct svct_finding_kind *kind)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->kept[i]->kind == kind)
            return findings->kept[i];
    }
    return NULL;
}

struct svct_finding *svct_findings_of(struct svct_findings *findings,
                                      const struct svct_finding_kind *kind)
{
    struct svct_finding *there = svct_findings_there(findings, kind);

    return there != NULL ? there : add(findings, kind);
}

void svct_finding_say(struct svct_finding *finding, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_text(finding->what, sizeof(finding->what), format, args);
    va_end(args);
}

void svct_finding_mend(struct svct_finding *finding, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_text(finding->command, sizeof(finding->command), format, args);
    va_end(args);
}

/* Puts it where it belongs; the last one goes where all are taken. */
static void insert_example(struct svct_finding *finding, const char *text)
{
    size_t at = finding->examples;

    if (at == SVCT_FINDING_EXAMPLES) {
        at--;
        if (strcmp(text, finding->example[at]) >= 0)
            return;
    } else {
        finding->examples++;
    }
    for (; at > 0 && strcmp(text, finding->example[at - 1]) < 0; at--)
        memcpy(finding->example[at], finding->example[at - 1],
               sizeof(finding->example[at]));
    snprintf(finding->example[at], sizeof(finding->example[at]), "%s", text);
}

void svct_finding_example(struct svct_finding *finding, const char *format, ...)
{
    char text[SVCT_FINDING_EXAMPLE];
    va_list args;

    va_start(args, format);
    write_text(text, sizeof(text), format, args);
    va_end(args);
    finding->count++;
    insert_example(finding, text);
}

void svct_findings_drop(struct svct_findings *findings, const char *code)
{
    size_t stay = 0;

    for (size_t i = 0; i < findings->count; i++) {
        struct svct_finding *finding = findings->kept[i];

        if (strcmp(finding->kind->code, code) != 0) {
            findings->kept[stay++] = finding;
        } else {
            findings->of[finding->kind->severity]--;
            free(finding);
        }
    }
    findings->count = stay;
}

/* By insertion: it is stable, and the list is short. */
void svct_findings_sort(struct svct_findings *findings)
{
    for (size_t i = 1; i < findings->count; i++) {
        struct svct_finding *moved = findings->kept[i];
        size_t at = i;

        for (; at > 0 &&
               findings->kept[at - 1]->kind->severity < moved->kind->severity;
             at--)
            findings->kept[at] = findings->kept[at - 1];
        findings->kept[at] = moved;
    }
}

enum svct_severity svct_findings_worst(const struct svct_findings *findings)
{
    int severity = SVCT_SEVERITY_ERROR;

    while (severity > SVCT_SEVERITY_NOTE && findings->of[severity] == 0)
        severity--;
    return (enum svct_severity)severity;
}
