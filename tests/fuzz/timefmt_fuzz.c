/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any text as a duration and as a moment, and any number as either. What is
 * taken is within its bounds, and written it reads back as the same.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/timefmt.h"
#include "fuzz.h"

static void check_duration(const char *text)
{
    int64_t seconds = -1;
    int64_t back = -1;
    char out[32];
    char again[32];
    int rc = svct_duration_parse(text, &seconds);

    MUST(rc == 0 || rc == SVCT_E_SYNTAX || rc == SVCT_E_RANGE);
    if (rc < 0) {
        MUST(seconds == -1);
        return;
    }
    MUST(seconds > 0 && seconds <= SVCT_DURATION_MAX);
    svct_duration_format(out, sizeof(out), seconds);
    MUST(svct_duration_parse(out, &back) == 0 && back == seconds);
    MUST(strcmp(svct_duration_format(again, sizeof(again), back), out) == 0);
}

static void check_moment(const char *text, int64_t now)
{
    int64_t time = -1;
    int64_t back = -1;
    bool date_only = false;
    char out[32];
    int rc = svct_time_parse(text, now, &time, &date_only);

    MUST(rc == 0 || rc == SVCT_E_SYNTAX || rc == SVCT_E_RANGE);
    if (rc < 0) {
        MUST(time == -1);
        return;
    }
    MUST(time >= 0 && time <= SVCT_TIME_MAX);
    MUST(!date_only || (strlen(text) == 10 && time % 86400 == 0));
    svct_time_format(out, sizeof(out), time);
    if (date_only)
        MUST(memcmp(out, text, 10) == 0);
    MUST(svct_time_parse(out, now, &back, &date_only) == 0);
    MUST(back == time && !date_only);
}

static void check_number(int64_t number)
{
    char out[32];
    int64_t back = -1;
    int rc;

    svct_time_format(out, sizeof(out), number);
    rc = svct_time_parse(out, 0, &back, NULL);
    if (number >= 0 && number <= SVCT_TIME_MAX)
        MUST(rc == 0 && back == number);
    else
        MUST(rc == SVCT_E_SYNTAX);
    svct_duration_format(out, sizeof(out), number);
    rc = svct_duration_parse(out, &back);
    if (number > 0 && number <= SVCT_DURATION_MAX)
        MUST(rc == 0 && back == number);
    else
        MUST(rc == (number > 0 ? SVCT_E_RANGE : SVCT_E_SYNTAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t number = INT64_C(1800000000);
    char *text = malloc(size + 1);

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (size >= sizeof(number))
        memcpy(&number, data, sizeof(number));
    check_duration(text);
    check_moment(text, INT64_C(1800000000));
    check_moment(text, number);
    check_number(number);
    free(text);
    return 0;
}
