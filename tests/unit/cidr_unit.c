/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/cidr.h"

static struct svct_addr addr_of(const char *text)
{
    struct svct_addr addr = {0};

    assert_int_equal(svct_addr_parse(text, &addr), 0);
    return addr;
}

static struct svct_cidr cidr_of(const char *text)
{
    struct svct_cidr cidr = {0};

    assert_int_equal(svct_cidr_parse(text, &cidr), 0);
    return cidr;
}

static void addresses_read(void **state)
{
    static const uint8_t v4[16] = {192, 0, 2, 1};
    static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    struct svct_addr addr;

    (void)state;
    addr = addr_of("192.0.2.1");
    assert_int_equal(addr.family, 4);
    assert_memory_equal(addr.bytes, v4, 16);
    addr = addr_of("::ffff:192.0.2.1");
    assert_int_equal(addr.family, 4);
    assert_memory_equal(addr.bytes, v4, 16);
    addr = addr_of("::FFFF:c000:201");
    assert_int_equal(addr.family, 4);
    assert_memory_equal(addr.bytes, v4, 16);
    addr = addr_of("2001:DB8::1");
    assert_int_equal(addr.family, 6);
    assert_memory_equal(addr.bytes, v6, 16);
    assert_int_equal(addr_of("::192.0.2.1").family, 6); /* not mapped */
    assert_int_equal(addr_of("::fffe:192.0.2.1").family, 6);
    assert_int_equal(addr_of("1::ffff:192.0.2.1").family, 6);
}

static void addresses_refused(void **state)
{
    static const char *const cases[] = {
        NULL,
        "",
        "localhost",
        "example.net",
        "1",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.01",
        "0300.0.2.1",
        "0xc0.0.2.1",
        "192.0.2.1 ",
        " 192.0.2.1",
        "192.0.2.1.",
        "192.0.2.1/32",
        "192.0.2.1:22",
        "[::1]",
        "::1%lo",
        "fe80::1%eth0",
        ":::",
        "1::2::3",
        "12345::",
        "g::",
        "::ffff:1.2.3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_addr addr = {.family = 9};

        assert_int_equal(svct_addr_parse(cases[i], &addr), SVCT_E_SYNTAX);
        assert_int_equal(addr.family, 9);
    }
}

static void prefixes_read_and_written(void **state)
{
    static const struct {
        const char *text, *formed;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0/24"},
        {"192.0.2.7", "192.0.2.7/32"},
        {"192.0.2.7/32", "192.0.2.7/32"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"128.0.0.0/1", "128.0.0.0/1"},
        {"10.32.0.0/11", "10.32.0.0/11"},
        {"2001:DB8:0:0::/32", "2001:db8::/32"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"::/0", "::/0"},
        {"::/8", "::/8"},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
        {"::ffff:192.0.2.7", "192.0.2.7/32"},
        {"::ffff:192.0.2.7/128", "192.0.2.7/32"},
        {"::ffff:0:0/96", "0.0.0.0/0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_cidr cidr = cidr_of(cases[i].text);
        struct svct_cidr back;
        char out[SVCT_CIDR_TEXT];

        assert_ptr_equal(svct_cidr_format(out, sizeof(out), &cidr), out);
        assert_string_equal(out, cases[i].formed);
        back = cidr_of(out);
        assert_memory_equal(&back, &cidr, sizeof(cidr));
    }
}

static void no_address_has_no_text(void **state)
{
    struct svct_cidr cidr = {0};
    char out[SVCT_CIDR_TEXT];

    (void)state;
    assert_string_equal(svct_cidr_format(out, sizeof(out), &cidr), "-");
    cidr.addr.family = 5;
    assert_string_equal(svct_cidr_format(out, sizeof(out), &cidr), "-");
}

static void prefixes_refused(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {NULL, SVCT_E_SYNTAX},
        {"", SVCT_E_SYNTAX},
        {"/", SVCT_E_SYNTAX},
        {"/24", SVCT_E_SYNTAX},
        {"192.0.2.0/", SVCT_E_SYNTAX},
        {"192.0.2.0/x", SVCT_E_SYNTAX},
        {"192.0.2.0/-1", SVCT_E_SYNTAX},
        {"192.0.2.0/+24", SVCT_E_SYNTAX},
        {"192.0.2.0/24 ", SVCT_E_SYNTAX},
        {"192.0.2.0/ 24", SVCT_E_SYNTAX},
        {"192.0.2.0/024", SVCT_E_SYNTAX},
        {"192.0.2.0/24/24", SVCT_E_SYNTAX},
        {"192.0.2.0/255.255.255.0", SVCT_E_SYNTAX},
        {"192.0.2/24", SVCT_E_SYNTAX},
        {"host.example/24", SVCT_E_SYNTAX},
        {"fe80::1%eth0/64", SVCT_E_SYNTAX},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", SVCT_E_SYNTAX},
        {"192.0.2.0/33", SVCT_E_RANGE},
        {"192.0.2.0/256", SVCT_E_RANGE},
        {"192.0.2.0/18446744073709551640", SVCT_E_RANGE},
        {"2001:db8::/129", SVCT_E_RANGE},
        {"::ffff:0.0.0.0/95", SVCT_E_RANGE},
        {"::ffff:0.0.0.0/24", SVCT_E_RANGE},
        {"::ffff:192.0.2.0/129", SVCT_E_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_cidr cidr = {.prefix = 99};
        int rc = svct_cidr_parse(cases[i].text, &cidr);

        if (rc != cases[i].code)
            fail_msg("\"%s\" gives %d", cases[i].text, rc);
        assert_int_equal(cidr.prefix, 99);
    }
}

static void host_bits_tell_what_was_meant(void **state)
{
    static const struct {
        const char *text, *meant;
    } cases[] = {
        {"192.0.2.7/24", "192.0.2.0/24"},
        {"192.0.2.1/31", "192.0.2.0/31"},
        {"192.0.2.7/0", "0.0.0.0/0"},
        {"255.255.255.255/9", "255.128.0.0/9"},
        {"2001:db8::1/64", "2001:db8::/64"},
        {"::1/127", "::/127"},
        {"::ffff:192.0.2.7/120", "192.0.2.0/24"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct svct_cidr cidr;
        char out[SVCT_CIDR_TEXT];

        assert_int_equal(svct_cidr_parse(cases[i].text, &cidr), SVCT_E_POLICY);
        svct_cidr_format(out, sizeof(out), &cidr);
        assert_string_equal(out, cases[i].meant);
    }
}

/* ---- matching, bit by bit ---- */

static int bit_of(const uint8_t *bytes, unsigned bit)
{
    return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static bool naive_match(const struct svct_cidr *cidr,
                        const struct svct_addr *addr)
{
    for (unsigned bit = 0; bit < cidr->prefix; bit++) {
        if (bit_of(cidr->addr.bytes, bit) != bit_of(addr->bytes, bit))
            return false;
    }
    return true;
}

static struct svct_addr small_v4(unsigned n)
{
    static const uint8_t values[] = {0x00, 0x01, 0x80, 0xff};
    struct svct_addr addr = {.family = 4};

    for (int i = 0; i < 4; i++, n /= 4)
        addr.bytes[i] = values[n % 4];
    return addr;
}

static void matches_as_bits_do(void **state)
{
    size_t yes = 0;

    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        struct svct_cidr cidr = {.addr = small_v4(a)};

        for (unsigned b = 0; b < 256; b++) {
            struct svct_addr addr = small_v4(b);

            for (cidr.prefix = 0; cidr.prefix <= 32; cidr.prefix++) {
                bool match = svct_cidr_match(&cidr, &addr);

                if (match != naive_match(&cidr, &addr))
                    fail_msg("%u %u /%u", a, b, cidr.prefix);
                yes += match;
            }
        }
    }
    assert_true(yes > 256 * 33);
}

/* Every prefix of IPv6 against addresses that differ in one bit. */
static void each_bit_counts_in_v6(void **state)
{
    struct svct_cidr cidr = {.addr = addr_of("2001:db8:5a5a::a5a5")};

    (void)state;
    for (unsigned prefix = 0; prefix <= 128; prefix++) {
        cidr.prefix = (uint8_t)prefix;
        for (unsigned bit = 0; bit < 128; bit++) {
            struct svct_addr addr = cidr.addr;

            addr.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            assert_int_equal(svct_cidr_match(&cidr, &addr), bit >= prefix);
        }
        assert_true(svct_cidr_match(&cidr, &cidr.addr));
    }
}

static void families_do_not_mix(void **state)
{
    struct svct_cidr all4 = cidr_of("0.0.0.0/0");
    struct svct_cidr all6 = cidr_of("::/0");
    struct svct_cidr odd = {.addr.family = 4, .prefix = 33};
    struct svct_cidr none = {0};
    struct svct_addr v4 = addr_of("0.0.0.0");
    struct svct_addr v6 = addr_of("::");
    struct svct_addr nothing = {0};

    (void)state;
    assert_true(svct_cidr_match(&all4, &v4));
    assert_false(svct_cidr_match(&all4, &v6));
    assert_true(svct_cidr_match(&all6, &v6));
    assert_false(svct_cidr_match(&all6, &v4));
    assert_false(svct_cidr_match(&all4, &nothing));
    assert_false(svct_cidr_match(&none, &nothing));
    assert_false(svct_cidr_match(&none, &v4));
    assert_false(svct_cidr_match(&odd, &v4));
}

/* ---- lists ---- */

static void lists_grow(void **state)
{
    struct svct_sources sources = {0};
    char word[SVCT_CIDR_TEXT] = "10.0.0.0";

    (void)state;
    assert_int_equal(svct_sources_add(&sources, "local"), 0);
    assert_int_equal(svct_sources_add(&sources, "local"), SVCT_E_EXISTS);
    assert_int_equal(sources.count, 0);
    assert_int_equal(svct_sources_add(&sources, NULL), SVCT_E_SYNTAX);
    assert_int_equal(svct_sources_add(&sources, "Local"), SVCT_E_SYNTAX);
    assert_int_equal(svct_sources_add(&sources, "10.0.0.1/8"), SVCT_E_POLICY);
    assert_int_equal(svct_sources_add(&sources, "10.0.0.0/64"), SVCT_E_RANGE);
    assert_int_equal(sources.count, 0);
    for (int i = 0; i < SVCT_SOURCES_MAX; i++) {
        word[7] = (char)('0' + i % 8);
        word[5] = (char)('0' + i / 8);
        assert_int_equal(svct_sources_add(&sources, word), 0);
        assert_int_equal(svct_sources_add(&sources, word), SVCT_E_EXISTS);
    }
    assert_int_equal(sources.count, SVCT_SOURCES_MAX);
    assert_int_equal(svct_sources_add(&sources, "192.0.2.1"), SVCT_E_TOOBIG);
    assert_int_equal(svct_sources_add(&sources, "::ffff:10.0.0.0"),
                     SVCT_E_EXISTS);
    assert_true(svct_sources_match(&sources, "10.0.3.7"));
    assert_false(svct_sources_match(&sources, "10.0.3.8"));
}

static void same_address_other_length_is_another(void **state)
{
    struct svct_sources sources = {0};

    (void)state;
    assert_int_equal(svct_sources_add(&sources, "10.0.0.0/8"), 0);
    assert_int_equal(svct_sources_add(&sources, "10.0.0.0/9"), 0);
    assert_int_equal(svct_sources_add(&sources, "::/0"), 0);
    assert_int_equal(svct_sources_add(&sources, "0.0.0.0/0"), 0);
    assert_int_equal(sources.count, 4);
}

static void what_a_limit_lets_in(void **state)
{
    enum {
        NO_LIMIT = 1,
        BY_LOCAL = 2,
        BY_PREFIX = 4,
        BY_BOTH = 8
    };
    static const struct {
        const char *rhost;
        int yes;
    } cases[] = {
        {NULL, NO_LIMIT | BY_LOCAL | BY_BOTH},
        {"", NO_LIMIT | BY_LOCAL | BY_BOTH},
        {"192.0.2.7", NO_LIMIT | BY_PREFIX | BY_BOTH},
        {"::ffff:192.0.2.7", NO_LIMIT | BY_PREFIX | BY_BOTH},
        {"2001:db8::7", NO_LIMIT | BY_PREFIX | BY_BOTH},
        {"192.0.3.7", NO_LIMIT},
        {"2001:db9::7", NO_LIMIT},
        {"127.0.0.1", NO_LIMIT},
        {"localhost", NO_LIMIT},
        {"192.0.2.7 ", NO_LIMIT},
        {"192.0.2.7%eth0", NO_LIMIT},
        {"host.example", NO_LIMIT},
        {"local", NO_LIMIT},
    };
    struct svct_sources none = {0};
    struct svct_sources local = {.local = true};
    struct svct_sources prefix = {0};
    struct svct_sources both;

    (void)state;
    assert_int_equal(svct_sources_add(&prefix, "2001:db8::/32"), 0);
    assert_int_equal(svct_sources_add(&prefix, "192.0.2.0/24"), 0);
    both = prefix;
    both.local = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *rhost = cases[i].rhost;
        int yes = (svct_sources_match(&none, rhost) ? NO_LIMIT : 0) |
                  (svct_sources_match(&local, rhost) ? BY_LOCAL : 0) |
                  (svct_sources_match(&prefix, rhost) ? BY_PREFIX : 0) |
                  (svct_sources_match(&both, rhost) ? BY_BOTH : 0);

        if (yes != cases[i].yes)
            fail_msg("%s: %d", rhost != NULL ? rhost : "NULL", yes);
    }
}

static void a_count_beyond_the_list_refuses(void **state)
{
    struct svct_sources sources = {.count = SVCT_SOURCES_MAX + 1};

    (void)state;
    sources.item[0] = cidr_of("0.0.0.0/0");
    assert_false(svct_sources_match(&sources, "192.0.2.7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_read),
        cmocka_unit_test(addresses_refused),
        cmocka_unit_test(prefixes_read_and_written),
        cmocka_unit_test(no_address_has_no_text),
        cmocka_unit_test(prefixes_refused),
        cmocka_unit_test(host_bits_tell_what_was_meant),
        cmocka_unit_test(matches_as_bits_do),
        cmocka_unit_test(each_bit_counts_in_v6),
        cmocka_unit_test(families_do_not_mix),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(same_address_other_length_is_another),
        cmocka_unit_test(what_a_limit_lets_in),
        cmocka_unit_test(a_count_beyond_the_list_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
