/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as a line of an import. What is taken is written so that it reads
 * back as the same, fits its record, and has no more in it than that; a fault
 * repeats nothing that looks like a secret.
 */

#include <stdlib.h>
#include <string.h>

#include "../../admin/line.h"
#include "fuzz.h"

/* The secret in the corpus. */
#define SECRET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"

static void check_refused(int r, const struct svct_fault *fault)
{
    MUST(r == SVCT_E_SYNTAX || r == SVCT_E_RANGE || r == SVCT_E_TOOBIG);
    MUST(fault->code == r && fault->what[0] != '\0');
    for (const char *c = fault->what; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
    MUST(strstr(fault->what, SECRET) == NULL);
}

/* The record of what a line says, if it has one, is whole. */
static void check_record(struct svct_line *line)
{
    struct svct_record_writer writer;
    struct svct_key key;
    size_t len;

    switch (line->kind) {
    case SVCT_LINE_ACCOUNT:
        key = svct_key_account(line->account.name);
        svct_account_encode(&line->account, &writer);
        break;
    case SVCT_LINE_TOKEN:
        key = svct_key_token(line->token.id);
        svct_token_encode(&line->token, &writer);
        break;
    case SVCT_LINE_ROLE:
        key = svct_key_role(line->role.name);
        svct_role_encode(&line->role, &writer);
        break;
    case SVCT_LINE_POLICY:
        key = svct_key_policy();
        svct_policy_encode(&line->policy, &writer);
        break;
    default:
        return;
    }
    MUST(key.len > 0);
    if (line->account.extra.len == 0 && line->token.extra.len == 0 &&
        line->role.extra.len == 0 && line->policy.extra.len == 0)
        MUST(svct_record_end(&writer, &key, 0, &len) == 0);
}

static void check_taken(struct svct_line *line)
{
    static char text[SVCT_LINE_MAX + 3], again[SVCT_LINE_MAX + 3];
    static struct svct_line back;
    size_t len, len_again;

    if (line->kind == SVCT_LINE_TOKEN && !svct_line_given(line, "expires"))
        line->token.expires = SVCT_TIME_NEVER;
    MUST(svct_line_format(line, true, text, sizeof(text), &len, NULL) == 0);
    MUST(svct_line_parse(text, len - 1, &back, NULL) == 0);
    MUST(svct_line_format(&back, true, again, sizeof(again), &len_again,
                          NULL) == 0);
    MUST(len == len_again && memcmp(text, again, len) == 0);
    if (line->token.max_uses == 0 || line->token.slot != 0)
        check_record(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct svct_line line;
    struct svct_fault fault = {0};
    char *text = malloc(size > 0 ? size : 1);
    int r;

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    r = svct_line_parse(text, size, &line, &fault);
    free(text);
    if (r == 0)
        check_taken(&line);
    else
        check_refused(r, &fault);
    return 0;
}
