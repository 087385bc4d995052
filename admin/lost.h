/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_LOST_H
#define SVCT_ADMIN_LOST_H

/*
 * The link "current" that got lost, and the folder that is not there: words
 * that bring them back. The libraries only see that there is no database.
 */

#include "base/err.h"

/*
 * When generations are there and "current" is not, fills the fault with the
 * line that brings it back (it names one that was published and is whole, or
 * says that there is none) and returns SVCT_E_DAMAGED; else returns code, and
 * the fault stays as it is.
 */
int svct_lost_link(const char *dir, int code, struct svct_fault *fault);

/* For making a database: when it is the folder above that lacks, the fault
 * says so. Returns code. */
int svct_lost_parent(const char *dir, int code, struct svct_fault *fault);

#endif
