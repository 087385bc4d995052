/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_OPENMETRICS_H
#define SVCT_ADMIN_OPENMETRICS_H

/*
 * An overview as metrics, in what the text format of Prometheus and OpenMetrics
 * have in common: gauges with HELP and TYPE, and "# EOF" at the end. Names and
 * labels are an interface: never renamed. A moment is a metric as such: what
 * reads it subtracts.
 *
 * What is not known has no sample: svctoken_database_up and
 * svctoken_log_readable tell that.
 */

#include "overview.h"

/* To a stream; whether all of it arrived is the caller's to ask. */
void svct_openmetrics_write(const struct svct_overview *overview, FILE *file);

/* The value of a label, without the quotes around it. */
void svct_openmetrics_escape(const char *text, FILE *file);

#endif
