/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "idrange.h"

#include <stdarg.h>

#include "base/parse.h"

#define SIGNED_MAX UINT32_C(2147483647)
#define LASTLOG_ENTRY 292 /* bytes of /var/log/lastlog for each uid */
#define GIGABYTE UINT64_C(1000000000)

#define LINE_MAX_LEN 1024 /* longer lines of a file are none of a number */

/* ---- reading one ---- */

static int parse_id(const char **pos, const char *end, uint32_t *ret_id)
{
    uint64_t number;
    int r = svct_parse_digits(pos, end, UINT32_MAX, &number);

    if (r == 0)
        *ret_id = (uint32_t)number;
    return r;
}

int svct_idrange_parse(const char *text, struct svct_idrange *ret_range)
{
    const char *pos = text, *end = text + strlen(text);
    struct svct_idrange range;
    int r = parse_id(&pos, end, &range.min);

    if (r == 0 && *pos++ != '-')
        return SVCT_E_SYNTAX;
    if (r == 0)
        r = parse_id(&pos, end, &range.max);
    if (r == 0 && pos != end)
        return SVCT_E_SYNTAX;
    if (r != 0)
        return r;
    if (range.min > range.max)
        return SVCT_E_POLICY;
    if (!svct_id_is_usable(range.min) || !svct_id_is_usable(range.max))
        return SVCT_E_RANGE;
    *ret_range = range;
    return 0;
}

/* ---- numbers in it ---- */

bool svct_idrange_holds(const struct svct_idrange *range, uint32_t id)
{
    return id >= range->min && id <= range->max;
}

static bool meets(const struct svct_idrange *range, uint64_t first,
                  uint64_t last)
{
    return first <= range->max && last >= range->min;
}

uint32_t svct_idrange_left(const struct svct_idrange *range, uint32_t next)
{
    struct svct_idrange rest = *range;
    uint32_t unusable = 0;

    if (next > rest.max)
        return 0;
    if (next > rest.min)
        rest.min = next;
    for (uint32_t id = 65534; id <= 65535; id++)
        unusable += svct_idrange_holds(&rest, id);
    return rest.max - rest.min + 1 - unusable;
}

/* ---- telling ---- */

struct telling {
    svct_idrange_tell_fn *tell;
    void *arg;
};

static void __attribute__((format(printf, 2, 3)))
say(const struct telling *telling, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    telling->tell(telling->arg, text);
}

/* ---- what is the same on each host ---- */

static const struct {
    uint32_t first, last;
    const char *whose;
} fixed[] = {
    {60001, 60513, "the home folders of systemd-homed"},
    {60514, 60577, "users that systemd maps into containers"},
    {61184, 65519, "the dynamic users of systemd's services"},
    {524288, 1879048191, "the containers of systemd-nspawn"},
    {2147352576, 2147418111, "the foreign images of systemd"},
};

void svct_idrange_fixed(const struct svct_idrange *range,
                        svct_idrange_tell_fn *tell, void *arg)
{
    struct telling telling = {tell, arg};
    uint64_t lastlog = ((uint64_t)range->max + 1) * LASTLOG_ENTRY;

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (meets(range, fixed[i].first, fixed[i].last))
            say(&telling, "%lu to %lu are for %s",
                (unsigned long)fixed[i].first, (unsigned long)fixed[i].last,
                fixed[i].whose);
    }
    if (range->max > SIGNED_MAX)
        say(&telling,
            "what is above %lu is a negative number to programs that take "
            "uids for signed ones",
            (unsigned long)SIGNED_MAX);
    if (lastlog > GIGABYTE)
        say(&telling,
            "with the uid %lu the file /var/log/lastlog gets %llu GB long, "
            "nearly all of it a hole: a backup that does not know holes "
            "copies it all",
            (unsigned long)range->max,
            (unsigned long long)(lastlog / GIGABYTE));
}

/* ---- lines of a file ---- */

/* Without its end. False at the end of the file. What is longer than a line is
 * cut, and the rest passed over. */
static bool next_line(FILE *file, char line[LINE_MAX_LEN])
{
    size_t len = 0;
    int c = EOF;

    while (file != NULL && (c = getc(file)) != EOF && c != '\n') {
        if (len + 1 < LINE_MAX_LEN)
            line[len++] = (char)c;
    }
    line[len] = '\0';
    return c != EOF || len > 0;
}

/* Decimal, octal or hexadecimal, as login.defs(5) has it. */
static bool read_number(const char *text, uint64_t *ret_number)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 0);

    if (end == text || (*end != '\0' && strchr(" \t\"", *end) == NULL))
        return false;
    *ret_number = number;
    return true;
}

/* ---- login.defs ---- */

struct span {
    const char *least, *most; /* the keys */
    uint64_t first, last;     /* without them */
    const char *whose;
};

static void read_key(const char *line, const char *key, uint64_t *number)
{
    size_t len = strlen(key);

    line += strspn(line, " \t");
    if (strncmp(line, key, len) == 0 && strchr(" \t", line[len]) != NULL)
        read_number(line + len + strspn(line + len, " \t\""), number);
}

void svct_idrange_defs(FILE *file, const struct svct_idrange *range,
                       svct_idrange_tell_fn *tell, void *arg)
{
    struct span spans[] = {
        {"UID_MIN", "UID_MAX", 1000, 60000, "useradd gives to users"},
        {"GID_MIN", "GID_MAX", 1000, 60000, "groupadd gives to groups"},
        {"SUB_UID_MIN", "SUB_UID_MAX", 100000, 600100000,
         "useradd gives to the containers of users"},
    };
    struct telling telling = {tell, arg};
    char line[LINE_MAX_LEN];

    while (next_line(file, line)) {
        for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
            read_key(line, spans[i].least, &spans[i].first);
            read_key(line, spans[i].most, &spans[i].last);
        }
    }
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (meets(range, spans[i].first, spans[i].last))
            say(&telling, "%llu to %llu are what %s (%s of /etc/login.defs)",
                (unsigned long long)spans[i].first,
                (unsigned long long)spans[i].last, spans[i].whose,
                spans[i].least);
    }
}

/* ---- subordinate ids ---- */

/* "anna:100000:65536" */
static bool read_subid(const char *line, uint64_t *ret_first,
                       uint64_t *ret_last)
{
    const char *pos = strchr(line, ':');
    const char *end = line + strlen(line);
    uint64_t first, count;

    if (pos == NULL || line[0] == '#')
        return false;
    pos++;
    if (svct_parse_digits(&pos, end, UINT32_MAX, &first) != 0 ||
        *pos++ != ':' ||
        svct_parse_digits(&pos, end, UINT32_MAX, &count) != 0 || count == 0)
        return false;
    *ret_first = first;
    *ret_last = first + count - 1;
    return true;
}

/* "first, second, third" of as many as count says. */
static void list_named(const struct svct_idrange_found *found, char *out,
                       size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < found->count && i < SVCT_IDRANGE_NAMED; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s (%lu)",
                                i > 0 ? ", " : "", found->name[i],
                                (unsigned long)found->id[i]);
    if (found->count > SVCT_IDRANGE_NAMED)
        snprintf(out + len, size - len, " and %llu more",
                 (unsigned long long)(found->count - SVCT_IDRANGE_NAMED));
}

static void add(struct svct_idrange_found *found, const char *name,
                size_t name_len, uint32_t id)
{
    if (found->count < SVCT_IDRANGE_NAMED) {
        size_t room = sizeof(found->name[0]) - 1;

        snprintf(found->name[found->count], sizeof(found->name[0]), "%.*s",
                 (int)(name_len < room ? name_len : room), name);
        found->id[found->count] = id;
    }
    found->count++;
}

void svct_idrange_subids(FILE *file, const char *name,
                         const struct svct_idrange *range,
                         svct_idrange_tell_fn *tell, void *arg)
{
    struct svct_idrange_found found = {.count = 0};
    struct telling telling = {tell, arg};
    char line[LINE_MAX_LEN], list[300];
    uint64_t first, last;

    while (next_line(file, line)) {
        if (read_subid(line, &first, &last) && meets(range, first, last))
            add(&found, line, strcspn(line, ":"), (uint32_t)first);
    }
    list_named(&found, list, sizeof(list));
    if (found.count > 0)
        say(&telling, "%s gives numbers of it to the containers of %s", name,
            list);
}

/* ---- users and groups ---- */

void svct_idrange_find(struct svct_idrange_found *found, const char *name,
                       uint32_t id)
{
    add(found, name, strlen(name), id);
}

void svct_idrange_found(const struct svct_idrange_found *found,
                        const char *what, svct_idrange_tell_fn *tell, void *arg)
{
    struct telling telling = {tell, arg};
    char list[300];

    list_named(found, list, sizeof(list));
    if (found->count > 0)
        say(&telling,
            "this host has %ss with such numbers, which are passed over: %s",
            what, list);
}

/* ---- this host ---- */

void svct_idrange_host(const struct svct_idrange *range,
                       svct_idrange_tell_fn *tell, void *arg)
{
    static const char *const subids[] = {"/etc/subuid", "/etc/subgid"};
    FILE *file = fopen("/etc/login.defs", "re");

    svct_idrange_fixed(range, tell, arg);
    svct_idrange_defs(file, range, tell, arg);
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i < sizeof(subids) / sizeof(subids[0]); i++) {
        file = fopen(subids[i], "re");
        if (file == NULL)
            continue;
        svct_idrange_subids(file, subids[i], range, tell, arg);
        fclose(file);
    }
}
