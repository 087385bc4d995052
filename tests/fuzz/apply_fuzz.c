/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as a file of wanted state. What is taken is JSON to jansson as
 * well, and has as many objects as it says there; each fault has a line of the
 * file and a path, and repeats nothing that looks like a secret; what is
 * planned of a new object, held against itself, changes nothing.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/applyplan.h"
#include "fuzz.h"

/* The secret in the corpus. */
#define SECRET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
#define NOW INT64_C(1800000000)

static uint64_t lines; /* of the input */

static void report(void *arg, const struct svct_applyplace *place,
                   const struct svct_fault *fault)
{
    (*(uint64_t *)arg)++;
    MUST(place->line >= 1 && place->line <= lines);
    MUST(place->path[0] == '.');
    MUST(fault->code != 0 && fault->what[0] != '\0');
    for (const char *c = fault->what; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
    MUST(strstr(fault->what, SECRET) == NULL);
}

/* ---- what it says, by jansson ---- */

static size_t count_objects(const json_t *list)
{
    size_t count = json_array_size(list);

    for (size_t i = 0; i < json_array_size(list); i++)
        count +=
            json_array_size(json_object_get(json_array_get(list, i), "tokens"));
    return count;
}

static size_t count_of(const json_t *top, enum svct_applypart part)
{
    switch (part) {
    case SVCT_APPLYPART_POLICY:
        return json_object_get(top, "policy") != NULL;
    case SVCT_APPLYPART_ROLES:
        return json_array_size(json_object_get(top, "roles"));
    default:
        return count_objects(json_object_get(top, "accounts"));
    }
}

/* ---- what is planned ---- */

static void plan_role(const struct svct_applywant *want,
                      const struct svct_applyby *by)
{
    static struct svct_line line, again;

    (void)by;
    if (svct_applyplan_role(want, NULL, &line, NULL) != 0)
        return;
    MUST(svct_applyplan_role(want, &line.role, &again, NULL) == 0);
    MUST(!svct_applyplan_differs(&line, &again, NULL, NULL));
}

static void plan_account(const struct svct_applywant *want,
                         const struct svct_applyby *by)
{
    static struct svct_line line, again;

    if (svct_applyplan_account(want, NULL, by, &line, NULL) != 0)
        return;
    MUST(svct_applyplan_account(want, &line.account, by, &again, NULL) == 0);
    MUST(!svct_applyplan_differs(&line, &again, NULL, NULL));
}

static void plan_token(const struct svct_applywant *want,
                       const struct svct_applyby *by)
{
    static struct svct_line line, again;
    static struct svct_account account;
    bool none = false;

    if (svct_applyplan_token(want, &account, NULL, by, &line, &none, NULL) != 0)
        return;
    MUST(none == want->revoked);
    if (none)
        return;
    MUST(svct_line_given(&line, "hash") || want->generate[0] == '/');
    MUST(svct_applyplan_token(want, &account, &line.token, by, &again, &none,
                              NULL) == 0);
    MUST(!none && !svct_applyplan_differs(&line, &again, NULL, NULL));
}

static int see(void *arg, const struct svct_applyplace *place,
               const struct svct_applywant *want)
{
    static const struct svct_applyby by = {NOW, "fuzz"};

    (*(size_t *)arg)++;
    MUST(place->line >= 1 && place->line <= lines);
    if (want->line.kind == SVCT_LINE_ROLE)
        plan_role(want, &by);
    if (want->line.kind == SVCT_LINE_ACCOUNT)
        plan_account(want, &by);
    if (want->line.kind == SVCT_LINE_TOKEN)
        plan_token(want, &by);
    return 0;
}

static void check_taken(const struct svct_applyfile *file, const char *text,
                        size_t size)
{
    json_t *top = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

    MUST(json_is_object(top));
    for (int i = 0; i < SVCT_APPLYPARTS; i++) {
        size_t seen = 0, again = 0;

        MUST(svct_applyfile_walk(file, (enum svct_applypart)i, see, &seen) ==
             0);
        MUST(svct_applyfile_walk(file, (enum svct_applypart)i, see, &again) ==
             0);
        MUST(seen == again);
        MUST(seen == count_of(top, (enum svct_applypart)i));
    }
    MUST(file->accounts == json_array_size(json_object_get(top, "accounts")));
    json_decref(top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct svct_applyfile file;
    uint64_t faults = 0;

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    MUST(svct_applyfile_read(text, size, report, &faults, &file) == 0);
    MUST(faults == file.faults);
    if (faults == 0)
        check_taken(&file, text, size);
    svct_applyfile_done(&file);
    free(text);
    return 0;
}
