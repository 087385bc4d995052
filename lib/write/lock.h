/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_LOCK_H
#define SVCT_WRITE_LOCK_H

/*
 * The writers' lock: one writer at a time, a bounded wait for the others.
 * Readers never look at it. An open file description lock on the file "lock":
 * the kernel releases it when the holder dies, however it dies. The holder
 * writes a line about itself into the file, for the one who waits in vain.
 */

#include "base/err.h"

#define SVCT_LOCK_FILE "lock"

/* Waits at most wait_seconds (0: not at all). Makes the file if it is not
 * there. SVCT_E_BUSY, and the fault says who holds it. ret_fd is for
 * svct_lock_release. */
int svct_lock_acquire(int dir_fd, int wait_seconds, const char *holder,
                      int *ret_fd, struct svct_fault *fault);

/* -1 is fine. */
void svct_lock_release(int fd);

#endif
