/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_JOURNAL_H
#define SVCT_ADMIN_JOURNAL_H

/*
 * What programs have given to syslog (facility authpriv) and journald has kept,
 * asked of journalctl(1): lines of processes of root, and of the programs that
 * change users (sudo, su and their like), which journald tells by themselves,
 * whatever the line says.
 */

#include "base/err.h"

/* Does what is given to syslog go to journald here, and does that keep it? */
bool svct_journal_is_used(void);

/* When the oldest entry was written, of whatever; 0: that can't be told. */
int64_t svct_journal_begins(void);

/* message: UTF-8. Lines with other bytes, or too long, are passed over. */
typedef void svct_journal_take_fn(void *arg, int64_t time, const char *message);

/*
 * Lines from since (Unix seconds) on, the newest first, at most so many, and
 * for some seconds. ret_whole: are these all? SVCT_E_NOTFOUND when there is no
 * journalctl, SVCT_E_IO when it failed, SVCT_E_NOMEM.
 */
int svct_journal_read(int64_t since, unsigned lines, svct_journal_take_fn *take,
                      void *arg, bool *ret_whole, struct svct_fault *fault);

#endif
