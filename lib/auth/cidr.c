/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define MAPPED_BITS 96 /* of ::ffff:0:0/96, which the IPv4 addresses are in */

/* How many bits an address of the family has; 0 for no family. */
static unsigned family_bits(uint8_t family)
{
    if (family == 4)
        return 32;
    return family == 6 ? 128 : 0;
}

static bool is_mapped(const uint8_t bytes[16])
{
    static const uint8_t lead[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(bytes, lead, sizeof(lead)) == 0;
}

/* Sets *ret_mapped when it was written as an IPv4-mapped IPv6 address. */
static int addr_read(const char *text, struct svct_addr *ret_addr,
                     bool *ret_mapped)
{
    struct svct_addr addr = {0};
    uint8_t wide[16];

    *ret_mapped = false;
    if (text == NULL)
        return SVCT_E_SYNTAX;
    if (inet_pton(AF_INET, text, addr.bytes) == 1) {
        addr.family = 4;
    } else if (inet_pton(AF_INET6, text, wide) != 1) {
        return SVCT_E_SYNTAX;
    } else if (is_mapped(wide)) {
        addr.family = 4;
        memset(addr.bytes, 0, sizeof(addr.bytes));
        memcpy(addr.bytes, wide + 12, 4);
        *ret_mapped = true;
    } else {
        addr.family = 6;
        memcpy(addr.bytes, wide, sizeof(wide));
    }
    *ret_addr = addr;
    return 0;
}

int svct_addr_parse(const char *text, struct svct_addr *ret_addr)
{
    bool mapped;

    return addr_read(text, ret_addr, &mapped);
}

/* Clears what is behind the prefix; was there anything? */
static bool clear_tail(uint8_t bytes[16], unsigned prefix)
{
    bool any = false;

    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = prefix > i * 8 ? prefix - i * 8 : 0;
        uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00u >> kept);

        any = any || (bytes[i] & (uint8_t)~mask) != 0;
        bytes[i] &= mask;
    }
    return any;
}

/* text is what stands behind "/", or NULL. */
static int prefix_read(const char *text, const struct svct_addr *addr,
                       bool mapped, uint8_t *ret_prefix)
{
    unsigned least = mapped ? MAPPED_BITS : 0;
    unsigned most = least + family_bits(addr->family);
    uint64_t bits = most;

    if (text != NULL) {
        int rc = svct_parse_number(text, least, most, &bits);

        if (rc < 0)
            return rc;
        if (text[0] == '0' && text[1] != '\0') /* 010: octal to some */
            return SVCT_E_SYNTAX;
    }
    *ret_prefix = (uint8_t)(bits - least);
    return 0;
}

int svct_cidr_parse(const char *text, struct svct_cidr *ret_cidr)
{
    char addr[INET6_ADDRSTRLEN];
    struct svct_cidr cidr = {0};
    const char *slash;
    size_t len;
    bool mapped;
    bool tail;
    int rc;

    if (text == NULL)
        return SVCT_E_SYNTAX;
    slash = strchr(text, '/');
    len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof(addr))
        return SVCT_E_SYNTAX;
    memcpy(addr, text, len);
    addr[len] = '\0';
    rc = addr_read(addr, &cidr.addr, &mapped);
    if (rc < 0)
        return rc;
    rc = prefix_read(slash != NULL ? slash + 1 : NULL, &cidr.addr, mapped,
                     &cidr.prefix);
    if (rc < 0)
        return rc;
    tail = clear_tail(cidr.addr.bytes, cidr.prefix);
    *ret_cidr = cidr;
    return tail ? SVCT_E_POLICY : 0;
}

char *svct_cidr_format(char *out, size_t size, const struct svct_cidr *cidr)
{
    int family = cidr->addr.family == 4 ? AF_INET : AF_INET6;
    char addr[INET6_ADDRSTRLEN] = "";

    if (family_bits(cidr->addr.family) == 0 ||
        inet_ntop(family, cidr->addr.bytes, addr, sizeof(addr)) == NULL)
        snprintf(out, size, "-");
    else
        snprintf(out, size, "%s/%u", addr, cidr->prefix);
    return out;
}

bool svct_cidr_match(const struct svct_cidr *cidr, const struct svct_addr *addr)
{
    unsigned whole = cidr->prefix / 8;
    unsigned rest = cidr->prefix % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    unsigned bits = family_bits(cidr->addr.family);

    if (bits == 0 || cidr->prefix > bits || addr->family != cidr->addr.family)
        return false;
    if (memcmp(cidr->addr.bytes, addr->bytes, whole) != 0)
        return false;
    return rest == 0 ||
           ((cidr->addr.bytes[whole] ^ addr->bytes[whole]) & mask) == 0;
}

/* ---- lists ---- */

static bool cidr_equal(const struct svct_cidr *a, const struct svct_cidr *b)
{
    return a->addr.family == b->addr.family && a->prefix == b->prefix &&
           memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes)) == 0;
}

int svct_sources_add(struct svct_sources *sources, const char *word)
{
    struct svct_cidr cidr;
    int rc;

    if (word != NULL && strcmp(word, "local") == 0) {
        if (sources->local)
            return SVCT_E_EXISTS;
        sources->local = true;
        return 0;
    }
    rc = svct_cidr_parse(word, &cidr);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < sources->count; i++) {
        if (cidr_equal(&sources->item[i], &cidr))
            return SVCT_E_EXISTS;
    }
    if (sources->count >= SVCT_SOURCES_MAX)
        return SVCT_E_TOOBIG;
    sources->item[sources->count++] = cidr;
    return 0;
}

bool svct_sources_match(const struct svct_sources *sources, const char *rhost)
{
    struct svct_addr addr;

    if (sources->count == 0 && !sources->local)
        return true;
    if (rhost == NULL || rhost[0] == '\0')
        return sources->local;
    if (sources->count > SVCT_SOURCES_MAX || svct_addr_parse(rhost, &addr) < 0)
        return false;
    for (unsigned i = 0; i < sources->count; i++) {
        if (svct_cidr_match(&sources->item[i], &addr))
            return true;
    }
    return false;
}
