/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_NEWDB_H
#define SVCT_WRITE_NEWDB_H

/*
 * The place for a new database: its folder, and that there is none yet.
 */

#include "base/err.h"

/* Makes the folder, if it is not there; it and those above it must be root's
 * alone. SVCT_E_UNSAFE, ... */
int svct_newdb_make_dir(const char *dir, struct svct_fault *fault);

/*
 * 0 when nothing there would be lost by a new database. SVCT_E_EXISTS: there
 * is one. SVCT_E_DAMAGED: there was one (the fault names the generation that
 * "current" may be put to, if one is whole), or "names" lists accounts. Under
 * the writers' lock.
 */
int svct_newdb_refuse_existing(int dir_fd, struct svct_fault *fault);

#endif
