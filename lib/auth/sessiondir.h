/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_SESSIONDIR_H
#define SVCT_AUTH_SESSIONDIR_H

/*
 * The folder of open sessions, RUNDIR/sessions: root's alone, one file for
 * each session, its name the session's id. Made by the PAM module as a session
 * begins, removed as it ends, read by the utility.
 *
 * A file appears whole (written under another name, then renamed) and is never
 * changed. Nothing here is needed to let anybody in: what can't be written
 * costs the record.
 *
 * dir is the folder above ("/run/svctoken"). The usual errors of opening and
 * making files; SVCT_E_NODB or SVCT_E_NOTFOUND when a folder is not there.
 */

#include "auth/session.h"

#define SVCT_SESSIONDIR "sessions"
#define SVCT_SESSIONDIR_MAX 4096 /* files in it, when another is added */

/* Opens dir itself; create: makes it when it lacks. */
int svct_sessiondir_open_top(const char *dir, bool create, int *ret_fd,
                             struct svct_fault *fault);

/*
 * Makes the file, and the folders when they lack. SVCT_E_TOOBIG when there
 * are too many, also without those whose process is gone, which are removed
 * then. now: Unix seconds.
 */
int svct_sessiondir_add(const char *dir, const struct svct_session *session,
                        int64_t now, struct svct_fault *fault);

/* SVCT_E_NOTFOUND when it is not there (any more). */
int svct_sessiondir_remove(const char *dir, const char *id,
                           struct svct_fault *fault);

/*
 * Calls visit for each file, in no order: with the session, or, when the file
 * can't be believed, with NULL, its name and a sentence why. Other than 0 ends
 * the walk and is the result. No folder: 0, without a call. Names that are
 * no session's are passed over.
 */
typedef int svct_sessiondir_visit_fn(void *arg,
                                     const struct svct_session *session,
                                     const char *name,
                                     const struct svct_fault *fault);
int svct_sessiondir_each(const char *dir, svct_sessiondir_visit_fn *visit,
                         void *arg, struct svct_fault *fault);

/*
 * Removes the records whose process is gone, and what writers that were killed
 * left behind a minute ago. Damaged ones stay. The number removed to
 * ret_removed, which may be NULL.
 */
int svct_sessiondir_prune(const char *dir, int64_t now, unsigned *ret_removed,
                          struct svct_fault *fault);

#endif
