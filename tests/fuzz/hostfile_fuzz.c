/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as files of the host: /etc/group and /etc/passwd, as the name
 * service reads them, login.defs and subuid, of which collisions are told. The
 * gid found is the one of the first line of that name, by a reading of its own;
 * what is told stays in one line.
 */

#include <stdlib.h>
#include <string.h>

#include "../../admin/idrange.h"
#include "../../nss/hostgroup.h"
#include "base/parse.h"
#include "fuzz.h"
#include "memfile.h"

static const char *const names[] = {"docker", "adm", "a", "", "docker"};
#define NAMES (sizeof names / sizeof *names)

/* The gid of "name:password:gid:" if the line is one. */
static bool is_line_of(const char *line, size_t len, const char *name,
                       uint32_t *ret_gid)
{
    const char *colon[3], *pos = line;
    char gid[SVCT_HOSTGROUP_HEAD + 1] = "";
    uint64_t number;

    for (int i = 0; i < 3; i++) {
        colon[i] = memchr(pos, ':', (size_t)(line + len - pos));
        if (colon[i] == NULL)
            return false;
        pos = colon[i] + 1;
    }
    if (colon[2] - line > SVCT_HOSTGROUP_HEAD ||
        memchr(line, '\0', (size_t)(colon[2] - line)) != NULL ||
        (size_t)(colon[0] - line) != strlen(name) ||
        memcmp(line, name, strlen(name)) != 0)
        return false;
    memcpy(gid, colon[1] + 1, (size_t)(colon[2] - colon[1] - 1));
    if (svct_parse_number(gid, 0, UINT32_MAX - 1, &number) != 0)
        return false;
    *ret_gid = (uint32_t)number;
    return true;
}

static bool find(const char *text, size_t size, const char *name,
                 uint32_t *ret_gid)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t len = end != NULL ? (size_t)(end - text) - at : size - at;

        if (is_line_of(text + at, len, name, ret_gid))
            return true;
        at += len + 1;
    }
    return false;
}

static void check_groups(const char *path, const char *text, size_t size)
{
    struct svct_hostgroup groups[NAMES];

    for (size_t i = 0; i < NAMES; i++)
        groups[i] = (struct svct_hostgroup){.name = names[i]};
    MUST(svct_hostgroup_find(path, groups, NAMES) == 0);
    for (size_t i = 0; i < NAMES; i++) {
        uint32_t gid = 0;
        bool there = find(text, size, names[i], &gid);

        MUST(groups[i].settled == there && groups[i].gid == gid);
    }
}

static void tell(void *arg, const char *sentence)
{
    unsigned *told = arg;

    ++*told;
    MUST(sentence[0] != '\0' && strlen(sentence) < 400);
    for (; *sentence != '\0'; sentence++)
        MUST(*sentence != '\n'); /* the rest is escaped where it is said */
}

static void check_ranges(const struct memfile *file, const char *text)
{
    struct svct_idrange range = {65536, 99999};
    struct svct_idrange other;
    unsigned told = 0;
    FILE *lines = fopen(file->path, "re");

    MUST(lines != NULL);
    if (svct_idrange_parse(text, &other) == 0) {
        MUST(other.min > 0 && other.min <= other.max);
        range = other;
    }
    svct_idrange_defs(lines, &range, tell, &told);
    MUST(told <= 3);
    rewind(lines);
    svct_idrange_subids(lines, "/etc/subuid", &range, tell, &told);
    MUST(told <= 4);
    fclose(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memfile file;
    char *text = malloc(size + 1);

    MUST(text != NULL);
    if (file.path[0] == '\0')
        file = memfile_open();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    memfile_set(&file, text, size);
    check_groups(file.path, text, size);
    check_ranges(&file, text);
    free(text);
    return 0;
}
