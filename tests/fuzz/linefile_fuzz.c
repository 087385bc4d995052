/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as the file of an import or a restore: lines, and what holds of the
 * file as a whole. Each full line is given once or told as wrong; a file with a
 * header is only taken with an end that counts its lines, and a backup only
 * with the digest of what stands before that; read again from the start it is
 * the same.
 */

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/linefile.h"
#include "fuzz.h"
#include "memfile.h"

struct seen {
    size_t lines, faults;
    size_t objects; /* lines of the file that were not empty */
    bool backup;    /* the first line is the header of one */
    bool ended;
    size_t altered; /* the line, an end, whose digest is told to be another */
    uint8_t digest[SVCT_DIGEST_LEN];
};

static void check_fault(int r, const struct svct_fault *fault)
{
    MUST(r == SVCT_E_SYNTAX || r == SVCT_E_RANGE || r == SVCT_E_TOOBIG);
    MUST(fault->code == r && fault->what[0] != '\0');
    for (const char *c = fault->what; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
}

static void note(struct seen *seen, const struct svct_line *line)
{
    seen->lines++;
    MUST(!seen->ended);
    if (line->kind == SVCT_LINE_HEADER) {
        MUST(seen->objects == 1);
        seen->backup = strcmp(line->format, SVCT_LINE_BACKUP) == 0;
    }
    if (line->kind != SVCT_LINE_END)
        return;
    MUST(line->lines == seen->objects - 1);
    seen->ended = true;
    memcpy(seen->digest, line->digest, sizeof seen->digest);
}

static struct seen read_all(struct svct_linefile *file)
{
    static struct svct_line line;
    struct seen seen = {0};
    bool got = true;

    for (;;) {
        struct svct_fault fault = {0};
        int r = svct_linefile_next(file, &line, &got, &fault);

        seen.objects = file->objects;
        if (r != 0) {
            check_fault(r, &fault);
            seen.faults++;
            if (strstr(fault.what, "its digest is another") == NULL)
                continue;
            seen.altered = seen.objects;
            memcpy(seen.digest, line.digest, sizeof seen.digest);
        } else if (!got) {
            break;
        } else {
            note(&seen, &line);
        }
    }
    return seen;
}

/* Is it that of the bytes before the last full line, which is the end? */
static bool is_digest(const uint8_t *data, size_t size, const struct seen *seen)
{
    uint8_t right[SVCT_DIGEST_LEN];
    size_t at = size;

    while (at > 0 && memchr("\n\r\t ", data[at - 1], 4) != NULL)
        at--;
    while (at > 0 && data[at - 1] != '\n')
        at--;
    MUST(crypto_generichash(right, sizeof right, data, at, NULL, 0) == 0);
    return memcmp(right, seen->digest, sizeof right) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memfile file;
    struct svct_call call = {.now = 1800000000};
    struct svct_linefile lines;
    struct seen seen, again;

    if (file.path[0] == '\0')
        file = memfile_open();
    memfile_set(&file, data, size);
    MUST(svct_linefile_open(&call, file.path, &lines) == SVCT_EXIT_DONE);
    seen = read_all(&lines);
    MUST(lines.read == size);
    if (seen.faults == 0 && lines.header)
        MUST(seen.ended);
    if (seen.faults == 0 && seen.backup)
        MUST(is_digest(data, size, &seen));
    if (seen.altered == seen.objects && seen.objects > 0)
        MUST(!is_digest(data, size, &seen));
    MUST(svct_linefile_rewind(&lines) == 0);
    again = read_all(&lines);
    MUST(memcmp(&seen, &again, sizeof seen) == 0);
    svct_linefile_done(&lines);
    return 0;
}
