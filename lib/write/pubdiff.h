/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBDIFF_H
#define SVCT_WRITE_PUBDIFF_H

#include "write/pubreport.h"

/*
 * For pubcheck.c: names the users, numbers and members that differ, with a look
 * into the other file for each of them, which takes long. For when it is known
 * that some do.
 */
int svct_pubdiff_tell(struct svct_pubreport *report, struct svct_fault *fault);

#endif
