/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any text as a prefix, an address and a remote host. What is taken is written
 * in one form that reads back as the same; a prefix holds its own address; and
 * no text that is not an address passes a limit.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/cidr.h"
#include "fuzz.h"

static void check_formed(const struct svct_cidr *cidr)
{
    char text[SVCT_CIDR_TEXT];
    char again[SVCT_CIDR_TEXT];
    struct svct_cidr back;

    svct_cidr_format(text, sizeof(text), cidr);
    MUST(strlen(text) + 1 < sizeof(text));
    MUST(svct_cidr_parse(text, &back) == 0);
    MUST(memcmp(&back, cidr, sizeof(back)) == 0);
    MUST(strcmp(svct_cidr_format(again, sizeof(again), &back), text) == 0);
    MUST(svct_cidr_match(cidr, &cidr->addr));
}

static void check_prefix(const char *text)
{
    struct svct_cidr cidr = {0};
    struct svct_sources sources = {0};
    int rc = svct_cidr_parse(text, &cidr);

    MUST(rc == 0 || rc == SVCT_E_SYNTAX || rc == SVCT_E_RANGE ||
         rc == SVCT_E_POLICY);
    if (rc == 0 || rc == SVCT_E_POLICY)
        check_formed(&cidr);
    else
        MUST(cidr.addr.family == 0);
    if (strcmp(text, "local") == 0)
        return;
    MUST(svct_sources_add(&sources, text) == rc);
    MUST(sources.count == (rc == 0 ? 1 : 0) && !sources.local);
    if (rc == 0)
        MUST(svct_sources_add(&sources, text) == SVCT_E_EXISTS);
}

static void check_address(const char *text)
{
    struct svct_sources all = {0};
    struct svct_sources local = {.local = true};
    struct svct_addr addr = {0};
    struct svct_cidr cidr = {0};
    bool good = svct_addr_parse(text, &addr) == 0;

    MUST(svct_sources_add(&all, "0.0.0.0/0") == 0);
    MUST(svct_sources_add(&all, "::/0") == 0);
    MUST(svct_sources_match(&all, text) == good);
    MUST(svct_sources_match(&local, text) == (text[0] == '\0'));
    if (!good)
        return;
    MUST(addr.family == 4 || addr.family == 6);
    MUST(svct_cidr_parse(text, &cidr) == 0);
    MUST(cidr.prefix == (addr.family == 4 ? 32 : 128));
    MUST(memcmp(&cidr.addr, &addr, sizeof(addr)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_prefix(text);
    check_address(text);
    free(text);
    return 0;
}
