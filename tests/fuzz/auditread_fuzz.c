/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as the log of changes. Each line is an entry of the form that
 * doc/FORMAT.md has, or told by its number; the one after it is read all the
 * same. A first byte 1 stands for a line about as long as one may be, the next
 * byte says how long.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../admin/auditread.h"
#include "fuzz.h"
#include "memfile.h"

static void check_text(const json_t *entry, const char *key, bool optional)
{
    const json_t *value = json_object_get(entry, key);

    if (optional && value == NULL)
        return;
    MUST(json_is_string(value));
    for (const char *c = json_string_value(value); *c != '\0'; c++)
        MUST((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void check_count(const json_t *entry, const char *key)
{
    const json_t *value = json_object_get(entry, key);

    MUST(json_is_integer(value) && json_integer_value(value) >= 0);
}

static void check_entry(const json_t *entry)
{
    MUST(json_is_object(entry));
    check_text(entry, "time", false);
    check_text(entry, "action", false);
    check_text(entry, "by", false);
    check_text(entry, "terminal", true);
    check_text(entry, "host", true);
    check_text(entry, "account", true);
    check_text(entry, "token", true);
    check_text(entry, "id", true);
    check_count(entry, "uid");
    check_count(entry, "sequence");
    MUST(json_is_object(json_object_get(entry, "details")));
    MUST(json_is_object(json_object_get(entry, "changed")));
}

static void check_fault(const struct svct_fault *fault)
{
    MUST(fault->code == SVCT_E_DAMAGED && fault->what[0] != '\0');
    for (const char *c = fault->what; *c != '\0'; c++)
        MUST(*c >= ' ' && *c <= '~');
}

/* Empty lines are counted, and no more. */
static void check_lines(struct svct_auditread *reader, size_t lines,
                        size_t full)
{
    size_t seen = 0;

    for (;;) {
        struct svct_fault fault = {0};
        json_t *entry = NULL;
        int r = svct_auditread_next(reader, &entry, &fault);

        MUST(r == 0 || r == SVCT_E_DAMAGED);
        if (r != 0)
            check_fault(&fault);
        else if (entry == NULL)
            break;
        else
            check_entry(entry);
        json_decref(entry);
        seen++;
    }
    MUST(reader->number == lines && seen == full);
}

/* With a line feed at the end: half a line would be waited for. */
static char *make_text(const uint8_t *data, size_t size, size_t *ret_len)
{
    const bool is_long = size >= 2 && data[0] == 1;
    const size_t front =
        is_long ? SVCT_AUDITREAD_LINE_MAX - 128 + (size_t)data[1] : 0;
    const size_t skipped = is_long ? 2 : 0;
    char *text = malloc(front + size + 1);

    MUST(text != NULL);
    memset(text, 'x', front);
    if (size > skipped)
        memcpy(text + front, data + skipped, size - skipped);
    *ret_len = front + size - skipped + 1;
    text[*ret_len - 1] = '\n';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memfile file;
    struct svct_auditread reader;
    size_t lines = 0, full = 0, len;
    char *text = make_text(data, size, &len);

    if (file.path[0] == '\0')
        file = memfile_open();
    for (size_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
        full += text[i] == '\n' && i > 0 && text[i - 1] != '\n';
    }
    memfile_set(&file, text, len);
    free(text);
    MUST(svct_auditread_open_file(file.path, &reader, NULL) == 0);
    check_lines(&reader, lines, full);
    svct_auditread_done(&reader);
    return 0;
}
