/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The range of uids: reading one, how much is left of it, and what it collides
 * with, in the words that are said.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/idrange.h"

static void is_range(const char *text, uint32_t min, uint32_t max)
{
    struct svct_idrange range;

    assert_int_equal(svct_idrange_parse(text, &range), 0);
    assert_int_equal(range.min, min);
    assert_int_equal(range.max, max);
}

static void is_none(const char *text, int code)
{
    struct svct_idrange range = {1, 2};

    assert_int_equal(svct_idrange_parse(text, &range), code);
    assert_int_equal(range.min, 1); /* untouched */
}

static void what_is_a_range(void **state)
{
    (void)state;
    is_range("65536-99999", 65536, 99999);
    is_range("1000-1000", 1000, 1000);
    is_range("1000-4294967293", 1000, 4294967293);
    is_range("60000-70000", 60000, 70000); /* nobody is within, and left out */
}

static void what_is_none(void **state)
{
    static const char *const wrong[] = {
        "",      "65536",          "65536-",        "-99999",
        "a-b",   "65536 - 99999",  "65536-99999x",  "65536:99999",
        "1-2-3", "0x10000-0x2000", "+65536-99999",  " 65536-99999",
        "--",    "65536--99999",   "65536-99999\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        is_none(wrong[i], SVCT_E_SYNTAX);
    is_none("999-2000", SVCT_E_RANGE);
    is_none("0-2000", SVCT_E_RANGE);
    is_none("2000-4294967294", SVCT_E_RANGE);
    is_none("2000-4294967296", SVCT_E_RANGE);
    is_none("2000-99999999999999999999999", SVCT_E_RANGE);
    is_none("65534-70000", SVCT_E_RANGE);
    is_none("2000-65535", SVCT_E_RANGE);
    is_none("2001-2000", SVCT_E_POLICY);
    is_none("1000-999", SVCT_E_POLICY);
    is_none("65535-1000", SVCT_E_POLICY);
}

static uint32_t left(uint32_t min, uint32_t max, uint32_t next)
{
    struct svct_idrange range = {min, max};

    return svct_idrange_left(&range, next);
}

static void how_many_are_left(void **state)
{
    (void)state;
    assert_int_equal(left(65536, 99999, 0), 34464);
    assert_int_equal(left(65536, 99999, 65536), 34464);
    assert_int_equal(left(65536, 99999, 65537), 34463);
    assert_int_equal(left(65536, 99999, 99999), 1);
    assert_int_equal(left(65536, 99999, 100000), 0);
    assert_int_equal(left(2000, 2000, 3000), 0);
    assert_int_equal(left(65533, 65536, 0), 2);
    assert_int_equal(left(65533, 65536, 65534), 1);
    assert_int_equal(left(1000, 4294967293, 0), 4294967293 - 999 - 2);
}

/* ---- collisions ---- */

struct told {
    size_t count;
    char text[8][400];
};

static void tell(void *arg, const char *text)
{
    struct told *told = arg;

    assert_in_range(told->count, 0, 7);
    snprintf(told->text[told->count++], sizeof told->text[0], "%s", text);
}

static struct told fixed(uint32_t min, uint32_t max)
{
    struct svct_idrange range = {min, max};
    struct told told = {.count = 0};

    svct_idrange_fixed(&range, tell, &told);
    return told;
}

static void has(const struct told *told, const char *text)
{
    for (size_t i = 0; i < told->count; i++)
        if (strstr(told->text[i], text) != NULL)
            return;
    fail_msg("not told: %s; but %zu: %s", text, told->count, told->text[0]);
}

static void what_systemd_has(void **state)
{
    static const struct {
        uint32_t first, last;
        const char *whose;
    } spans[] = {
        {60001, 60513, "60001 to 60513 are for the home folders of"},
        {60514, 60577, "60514 to 60577 are for users that systemd maps"},
        {61184, 65519, "61184 to 65519 are for the dynamic users"},
        {524288, 1879048191, "524288 to 1879048191 are for the containers"},
        {2147352576, 2147418111,
         "2147352576 to 2147418111 are for the foreign"},
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        told = fixed(spans[i].first, spans[i].first);
        has(&told, spans[i].whose);
        told = fixed(spans[i].last, spans[i].last);
        has(&told, spans[i].whose);
    }
    assert_int_equal(fixed(1000, 60000).count, 0);
    assert_int_equal(fixed(60578, 61183).count, 0);
    assert_int_equal(fixed(65520, 524287).count, 0);
    assert_int_equal(fixed(65536, 99999).count, 0); /* the default */
    assert_int_equal(fixed(60513, 60514).count, 2);
}

static void what_is_high(void **state)
{
    struct told told = fixed(2100000000, 2139999999);

    (void)state;
    assert_int_equal(told.count, 1);
    has(&told, "lastlog gets 624 GB long");
    assert_int_equal(fixed(524000, 524200).count, 0);
    told = fixed(3424656, 3424657); /* 292 bytes more than 1 GB */
    has(&told, "lastlog gets 1 GB long");
    assert_int_equal(fixed(3424650, 3424655).count, 1); /* systemd alone */
    told = fixed(2147483000, 2147483647);
    assert_int_equal(told.count, 1);
    told = fixed(2147483000, 2147483648);
    has(&told, "what is above 2147483647 is a negative number");
    told = fixed(1000, 4294967293);
    assert_int_equal(told.count, 7);
}

static FILE *file_of(const char *text)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(file);
    return file;
}

static struct told defs(const char *text, uint32_t min, uint32_t max)
{
    struct svct_idrange range = {min, max};
    struct told told = {.count = 0};
    FILE *file = text != NULL ? file_of(text) : NULL;

    svct_idrange_defs(file, &range, tell, &told);
    if (file != NULL)
        fclose(file);
    return told;
}

static void what_useradd_gives(void **state)
{
    static const char given[] = "# UID_MIN 1\n"
                                "UID_MIN\t\t  5000\n"
                                "  UID_MAX 70000 # high\n"
                                "SYS_GID_MIN 100\n"
                                "GID_MINIMUM 1\n"
                                "SUB_UID_MIN 0x493e0\n";
    struct told told = defs(NULL, 60000, 60000);

    (void)state;
    assert_int_equal(told.count, 2);
    has(&told, "1000 to 60000 are what useradd gives to users (UID_MIN of");
    has(&told, "1000 to 60000 are what groupadd gives to groups");
    assert_int_equal(defs(NULL, 60001, 99999).count, 0);
    assert_int_equal(defs("x", 60001, 99999).count, 0);
    assert_int_equal(defs(NULL, 60001, 100000).count, 1);
    told = defs(given, 65536, 99999);
    assert_int_equal(told.count, 1);
    has(&told, "5000 to 70000 are what useradd");
    told = defs(given, 1000, 4999);
    assert_int_equal(told.count, 1);
    has(&told, "groupadd");
    assert_int_equal(defs(given, 70001, 299999).count, 0);
    told = defs(given, 70001, 300000);
    has(&told, "300000 to 600100000 are what useradd gives to the containers");
}

static struct told subids(const char *text, uint32_t min, uint32_t max)
{
    struct svct_idrange range = {min, max};
    struct told told = {.count = 0};
    FILE *file = file_of(text);

    svct_idrange_subids(file, "/etc/subuid", &range, tell, &told);
    fclose(file);
    return told;
}

static void what_containers_have(void **state)
{
    static const char lines[] = "anna:100000:65536\n"
                                "# ben:100000:65536\n"
                                "broken\nbroken:x:y\nbroken:100000\n"
                                "none:100000:0\n"
                                "1001:165536:65536\n"
                                "cleo:231072:65536\n"
                                "dora:296608:65536";
    struct told told = subids(lines, 150000, 160000);

    (void)state;
    assert_int_equal(told.count, 1);
    assert_string_equal(told.text[0], "/etc/subuid gives numbers of it to the "
                                      "containers of anna (100000)");
    assert_int_equal(subids(lines, 65536, 99999).count, 0);
    assert_int_equal(subids(lines, 65536, 100000).count, 1);
    assert_int_equal(subids(lines, 362144, 400000).count, 0);
    told = subids(lines, 1000, 400000);
    assert_int_equal(told.count, 1);
    has(&told, "anna (100000), 1001 (165536), cleo (231072) and 1 more");
}

static void what_a_long_line_is(void **state)
{
    static char text[3000];

    (void)state;
    memset(text, 'x', 2000);
    snprintf(text + 2000, sizeof text - 2000, ":70000:1\nanna:70000:1\n");
    has(&(struct told[]){subids(text, 65536, 99999)}[0], "of anna (70000)");
}

/* It ends its own line early, and hides no other. */
static void what_a_zero_byte_hides(void **state)
{
    static const char bytes[] = "x\0y:70000:1\nanna:70000:1\nben:70000:1\n";
    FILE *file = tmpfile();
    struct svct_idrange range = {65536, 99999};
    struct told told = {.count = 0};

    (void)state;
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, sizeof bytes - 1, 1, file), 1);
    rewind(file);
    svct_idrange_subids(file, "/etc/subuid", &range, tell, &told);
    fclose(file);
    assert_int_equal(told.count, 1);
    has(&told, "of anna (70000), ben (70000)");
}

static void whom_the_host_has(void **state)
{
    struct svct_idrange_found found = {.count = 0};
    struct told told = {.count = 0};
    char name[200];

    (void)state;
    svct_idrange_found(&found, "user", tell, &told);
    assert_int_equal(told.count, 0);
    svct_idrange_find(&found, "anna", 65600);
    svct_idrange_found(&found, "user", tell, &told);
    assert_string_equal(told.text[0],
                        "this host has users with such numbers, which are "
                        "passed over: anna (65600)");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (uint32_t i = 1; i < 1000; i++)
        svct_idrange_find(&found, name, 65600 + i);
    svct_idrange_found(&found, "user", tell, &told);
    has(&told, "this host has users with such numbers, which are passed over: "
               "anna (65600), n");
    assert_non_null(strstr(told.text[1], " and 997 more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_range),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(how_many_are_left),
        cmocka_unit_test(what_systemd_has),
        cmocka_unit_test(what_is_high),
        cmocka_unit_test(what_useradd_gives),
        cmocka_unit_test(what_containers_have),
        cmocka_unit_test(what_a_long_line_is),
        cmocka_unit_test(what_a_zero_byte_hides),
        cmocka_unit_test(whom_the_host_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
