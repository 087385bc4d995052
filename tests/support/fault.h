/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_FAULT_H
#define SVCT_TESTS_FAULT_H

/*
 * Failing the n-th call on purpose, and counting what is not given back.
 *
 * fault.c defines __wrap_NAME for the functions that the libraries call and
 * that can fail; a program that links it needs -Wl,--wrap=NAME for each
 * (fault_wraps in tests/Makemodule.am). Calls within libgdbm, libsodium,
 * libpam and libc are not caught. One thread only.
 */

#include <stdbool.h>
#include <stddef.h>

/* How a call fails. Each is meant for the calls where it can happen; the
 * others are not counted then. */
enum fault_mode {
    FAULT_FAIL,      /* ENOMEM from an allocation, else EIO */
    FAULT_FULL,      /* ENOSPC from what writes */
    FAULT_INTERRUPT, /* EINTR */
    FAULT_SHORT,     /* half of a read, a write or a copy is done */
    FAULT_END,       /* a read finds the end of the file */
    FAULT_LACK,      /* ENOSYS from what a file system may not have */
    FAULT_ABSENT,    /* gdbm finds no such key, as on a damaged file */
    FAULT_MODES
};

const char *fault_mode_name(enum fault_mode mode);

/* From now on the n-th call (1 ..) that can fail so does; with sticky all
 * later ones, too. Forgets what the last round noted. */
void fault_arm(enum fault_mode mode, bool sticky, unsigned n);

/* No failure any more. Was there one? */
bool fault_disarm(void);

/* How many calls that can fail so there were since the arming. */
unsigned fault_calls(void);

/* The call that failed first, for messages; "-" when none did. */
const char *fault_what(void);

/* Was the file of that name (its last component) opened since the arming? */
bool fault_opened_names(void);

/* Was the call that failed first one that reads, writes or syncs the file of
 * that name, "usage"? */
bool fault_hit_usage(void);

/* The same for "private.roll", opened to be read alone. */
bool fault_hit_roll(void);

/* Lines that pam_syslog would have written since the arming; never more than
 * the last one is kept. */
unsigned fault_log_lines(void);
const char *fault_log_last(void);

/* Memory, files of stdio, folders, gdbm handles that were taken and not given
 * back since the program began. */
long fault_held(void);

/* Names of all wrapped functions that have failed at least once in this
 * program: has this one? */
bool fault_has_failed(const char *name);

#endif
