/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_AUTH_CIDR_H
#define SVCT_AUTH_CIDR_H

/*
 * Addresses and the prefixes they may come from. Pure functions on literal
 * addresses; no name is ever looked up. An IPv4-mapped IPv6 address
 * (::ffff:192.0.2.1) is the IPv4 address, everywhere: normalised when it is
 * parsed. A scope ("%eth0") is refused, and so is a leading zero in a number.
 */

#include "base/err.h"

struct svct_addr {
    uint8_t family;    /* 4 or 6; 0 is no address and matches nothing */
    uint8_t bytes[16]; /* network order; 4 of them for family 4, rest 0 */
};

struct svct_cidr {
    struct svct_addr addr; /* no bit set behind the prefix */
    uint8_t prefix;        /* 0..32 or 0..128 */
};

#define SVCT_CIDR_TEXT 64 /* bytes that hold any of their texts */

/* SVCT_E_SYNTAX for all that is no literal address, NULL and "" too. */
int svct_addr_parse(const char *text, struct svct_addr *ret_addr);

/*
 * "192.0.2.0/24", or an address alone for itself (/32, /128). SVCT_E_SYNTAX;
 * SVCT_E_RANGE for a prefix length that the family does not have; SVCT_E_
 * POLICY for bits set behind the prefix: ret_cidr is then filled with the
 * prefix that was probably meant, for the message. A mapped prefix shorter
 * than /96 is SVCT_E_RANGE.
 */
int svct_cidr_parse(const char *text, struct svct_cidr *ret_cidr);

/* "192.0.2.7/32": always with its length. Parse gives the same back. "-" for
 * no address. SVCT_CIDR_TEXT bytes are enough. Returns out. */
char *svct_cidr_format(char *out, size_t size, const struct svct_cidr *cidr);

/* Another family is no match. */
bool svct_cidr_match(const struct svct_cidr *cidr,
                     const struct svct_addr *addr);

/* What a source limit consists of. No entry and not local: no limit. */
#define SVCT_SOURCES_MAX 32
struct svct_sources {
    uint8_t count;
    bool local; /* the word "local": also where there is no remote address */
    struct svct_cidr item[SVCT_SOURCES_MAX];
};

/* Adds one word: a prefix or "local". As svct_cidr_parse; SVCT_E_TOOBIG when
 * there are too many; SVCT_E_EXISTS when it is there already. */
int svct_sources_add(struct svct_sources *sources, const char *word);

/*
 * Does the limit hold for this remote host, as PAM_RHOST gives it? No limit:
 * yes. No host (NULL or ""): only by "local". A literal address: by a prefix.
 * A host name: never, whatever it may resolve to.
 */
bool svct_sources_match(const struct svct_sources *sources, const char *rhost);

#endif
