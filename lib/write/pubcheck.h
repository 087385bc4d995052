/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_WRITE_PUBCHECK_H
#define SVCT_WRITE_PUBCHECK_H

#include "write/pubreport.h"

/*
 * Do the public records say what the private ones imply, and nothing besides?
 * Reads each file once, in some hundred KiB of memory, and a second time, with
 * a look into the other for each record, when something differs. report is
 * called with a sentence for each difference; *ret_count: how many there were.
 * A role of a database from before may lack: it has no members and no groups
 * but the host's. The private records must be sound (svct_snapshot_each, and
 * each can be decoded): SVCT_E_DAMAGED, ... For svctoken db verify.
 */
int svct_pubcheck_run(const struct svct_snapshot *public_part,
                      const struct svct_snapshot *private_part,
                      svct_pubreport_fn *report, void *arg, uint64_t *ret_count,
                      struct svct_fault *fault);

#endif
