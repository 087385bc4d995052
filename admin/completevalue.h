/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_COMPLETEVALUE_H
#define SVCT_ADMIN_COMPLETEVALUE_H

/*
 * What a value may be, by the name that the help has for it: "ROLE" is the
 * roles there are, "CIDR|local" the word "local". What can't be read is not
 * offered; nothing is said about it but by access.h. The words FILE, DIR, USER
 * and GROUP are the shell's to fill in: ":file", ":dir", ":user", ":group".
 */

#include "complete.h"

/* about: a few words, or "". Candidates that don't fit what was begun are for
 * it to leave out. */
typedef void svct_completevalue_fn(void *arg, const char *candidate,
                                   const char *about);

void svct_completevalue_offer(const struct svct_call *call,
                              const struct svct_complete *at,
                              svct_completevalue_fn *offer, void *arg);

#endif
