/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_APPLYDO_H
#define SVCT_ADMIN_APPLYDO_H

/*
 * A file of wanted state into a transaction: policy, roles, accounts with their
 * tokens, those with a uid first; then what is to go. Each object is held
 * against what is there (applyplan.h), and what differs brought in (bringin.h),
 * whose rules are those of the commands.
 */

#include "applydiff.h"
#include "applyprune.h"
#include "applysecrets.h"

struct svct_applydo {
    const struct svct_call *call;
    const struct svct_applyfile *file;
    const struct svct_applyprune *prune; /* what goes; NULL: nothing */
    bool dry;                            /* will not be committed */
    bool convert;                        /* also users in sudo, wheel or adm */
    struct svct_importlog *log;          /* begun, and done by the caller */
    struct svct_applydiff *diff;
    struct svct_applysecrets *secrets;
    struct svct_bringin_counts counts; /* afterwards */
};

/* Says a fault of the file, where it is. */
void svct_applydo_say_fault(const struct svct_call *call,
                            const struct svct_applyplace *place,
                            const struct svct_fault *fault);

/* Faults that are shown; the others are counted. */
#define SVCT_APPLYDO_SHOWN 20

/* An exit code; has said what was wrong. Then the transaction is only good to
 * be dropped. */
int svct_applydo(struct svct_applydo *apply, struct svct_txn *txn);

#endif
