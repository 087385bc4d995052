/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_words.h"

#include <stdio.h>
#include <string.h>

char *svct_doctor_join(const struct svct_finding *finding,
                       char out[SVCT_DOCTOR_NAMES])
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < finding->examples && len < SVCT_DOCTOR_NAMES; i++)
        len += (size_t)snprintf(out + len, SVCT_DOCTOR_NAMES - len, "%s%s",
                                i > 0 ? "," : "", finding->example[i]);
    return out;
}

const char *svct_doctor_first_line(char *answer)
{
    answer[strcspn(answer, "\r\n")] = '\0';
    return answer[0] != '\0' ? answer : "it says nothing";
}
