/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubreport.h"

#include <stdarg.h>
#include <stdio.h>

void svct_pubreport_tell(struct svct_pubreport *report, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    report->count++;
    report->report(report->arg, sentence);
}
