/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_PARSE_H
#define SVCT_BASE_PARSE_H

/*
 * Strict parsing of numbers: decimal digits only. No sign, no white space, no
 * base prefix, no locale, no silent wrap. Leading zeros are allowed up to the
 * length limit of 20 digits.
 */

#include "base/err.h"

/*
 * Reads digits from *pos, at most up to end, and moves *pos behind them.
 * SVCT_E_SYNTAX when there is no digit, SVCT_E_RANGE when the value exceeds
 * max (or has more than 20 digits); then *pos and *ret_value are untouched.
 */
int svct_parse_digits(const char **pos, const char *end, uint64_t max,
                      uint64_t *ret_value);

/* The whole of text is a number from min to max. SVCT_E_SYNTAX, RANGE. */
int svct_parse_number(const char *text, uint64_t min, uint64_t max,
                      uint64_t *ret_value);

#endif
