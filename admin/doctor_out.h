/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DOCTOR_OUT_H
#define SVCT_ADMIN_DOCTOR_OUT_H

/*
 * What svctoken doctor says on standard output: its findings as blocks of
 * lines or as JSON, and the list of its codes. Each returns an exit code of
 * its own doing only: whether that could be said.
 */

#include "doctor.h"
#include "out.h"

/* Of a finding, in JSON; "examples" is besides. */
extern const struct svct_column svct_doctor_columns[];

/* ran: the checks that were made; ends in NULL. quiet: without the notes, and
 * nothing at all where there is nothing else. The findings are sorted. */
int svct_doctor_out(const struct svct_doctor *doctor,
                    const struct svct_doctor_check *const *ran, bool quiet);

/* All that these checks can find. */
int svct_doctor_out_kinds(const struct svct_call *call,
                          const struct svct_doctor_check *const *checks);

#endif
