/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_FINDING_H
#define SVCT_ADMIN_FINDING_H

/*
 * What "svctoken doctor" finds, as a list.
 *
 * A kind is a fault that can be found. It has a code, which is an interface
 * (never renamed, never used for something else), a severity and the reason
 * why anybody should care; a check (doctor.h) has a table of its kinds. A
 * finding is such a fault here and now, in a sentence with names, and the
 * command that mends it:
 *
 *     struct svct_finding *finding =
 *         svct_findings_add(&doctor->findings, &kinds[SSHD_NO_PAM],
 *                           "sshd does without PAM for %s", user);
 *
 *     svct_finding_mend(finding, "svctoken setup sshd");
 *
 * What can be wrong with many things at once (a million tokens) is one finding
 * with their number and the first of them, by name, as examples:
 *
 *     for each of them
 *         svct_finding_example(svct_findings_of(findings, &kinds[X]), "%s", ..)
 *     finding = svct_findings_there(findings, &kinds[X])
 *     if (finding != NULL)
 *         svct_finding_say(finding, "%llu tokens never end", finding->count)
 *
 * Texts are copied, and cut where they are too long; what is no printable ASCII
 * becomes \xNN, so text from outside needs no care. The list has a maximum:
 * what exceeds it is counted and not kept. That memory ran out is remembered in
 * the list; who prints it looks.
 */

#include "base/err.h"

/* The worst of them, in this order, is what svctoken exits with. */
enum svct_severity {
    SVCT_SEVERITY_NOTE,    /* worth knowing; may be as it shall be */
    SVCT_SEVERITY_WARNING, /* weakens something, or will keep somebody out */
    SVCT_SEVERITY_UNKNOWN, /* the check could not be made: nobody knows */
    SVCT_SEVERITY_ERROR    /* keeps somebody out now, or lets too many in */
};
#define SVCT_SEVERITIES 4

/* "note", "warning", "unknown", "error": an interface, too. */
const char *svct_severity_name(enum svct_severity severity);

struct svct_finding_kind {
    const char *code; /* [a-z0-9_], begins as the check; NULL ends a table */
    enum svct_severity severity;
    const char *why; /* one or two sentences with a full stop */
};

#define SVCT_FINDINGS_MAX 200   /* that are kept */
#define SVCT_FINDING_TEXT 512   /* bytes of a sentence or command, with NUL */
#define SVCT_FINDING_EXAMPLES 5 /* of the things that it is about */
#define SVCT_FINDING_EXAMPLE 160

struct svct_finding {
    const char *check; /* its name */
    const struct svct_finding_kind *kind;
    char what[SVCT_FINDING_TEXT]; /* no full stop */
    char
        command[SVCT_FINDING_TEXT]; /* for a shell of root; "": none mends it */
    uint64_t count; /* things that it is about; 0: not of a number of them */
    size_t examples;
    char example[SVCT_FINDING_EXAMPLES][SVCT_FINDING_EXAMPLE];
};

struct svct_findings {
    const char *check; /* of what is added next */
    struct svct_finding *kept[SVCT_FINDINGS_MAX];
    size_t count;               /* of these */
    size_t of[SVCT_SEVERITIES]; /* found, also what is not kept */
    size_t left_out;            /* of these, not kept */
    bool nomem;                 /* it is not all that there is */
    struct svct_finding spare;  /* takes what is not kept */
};

/* A zeroed list is empty and can be filled. Frees what it holds. */
void svct_findings_done(struct svct_findings *findings);

/* Adds one and returns it, for the functions below; never NULL, and the list's
 * to free. The kind lasts for ever. */
struct svct_finding *svct_findings_add(struct svct_findings *findings,
                                       const struct svct_finding_kind *kind,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The one of this kind that is there, or else a new one with nothing in it. */
struct svct_finding *svct_findings_of(struct svct_findings *findings,
                                      const struct svct_finding_kind *kind);

/* The one of this kind that is there, or NULL. */
struct svct_finding *svct_findings_there(const struct svct_findings *findings,
                                         const struct svct_finding_kind *kind);

/* What is wrong, in the place of what was said before. */
void svct_finding_say(struct svct_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The command that mends it, likewise. */
void svct_finding_mend(struct svct_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One more thing that it is about: counts it, and keeps the first few in the
 * order of bytes, whatever order they come in. */
void svct_finding_example(struct svct_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes out those of this code, as if they had not been found. */
void svct_findings_drop(struct svct_findings *findings, const char *code);

/* Worst first; those of one severity stay in the order they came in. */
void svct_findings_sort(struct svct_findings *findings);

/* The worst that was found; a NOTE where nothing was. */
enum svct_severity svct_findings_worst(const struct svct_findings *findings);

#endif
