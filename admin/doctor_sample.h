/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_SAMPLE_H
#define SVCT_ADMIN_DOCTOR_SAMPLE_H

/*
 * A few accounts for svctoken doctor, for what costs a look or a run of another
 * program for each: the first ones by name, of those that are neither disabled
 * nor expired. What can be told of all of them is told of all of them
 * elsewhere.
 */

#include "auth/entity.h"
#include "doctor.h"

#define SVCT_DOCTOR_SAMPLE 100

struct svct_doctor_sample {
    uint64_t active; /* accounts in all, of which these are the first */
    size_t count;
    struct svct_account *item[SVCT_DOCTOR_SAMPLE]; /* by name */
};

/* Gathers them at the first call. Never NULL: empty without a database; what
 * can't be read is a finding of the check "db". doctor's to free. */
const struct svct_doctor_sample *svct_doctor_sample(struct svct_doctor *doctor);

void svct_doctor_sample_free(struct svct_doctor_sample *sample);

#endif
