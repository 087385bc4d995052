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
 * line that brings it back and returns SVCT_E_DAMAGED; else returns code, and
 * the fault stays as it is.
 */
int svct_lost_link(const char *dir, int code, struct svct_fault *fault);

/* For making a database: when it is the folder above that lacks, the fault
 * says so. Returns code. */
int svct_lost_parent(const char *dir, int code, struct svct_fault *fault);

/* The sequence number of a folder of that name; 0: it is no generation's. */
uint64_t svct_lost_generation(const char *name);

/* Calls visit for the number of each generation there is, in no order. */
void svct_lost_each(int dir_fd, void (*visit)(void *arg, uint64_t sequence),
                    void *arg);

#endif
