/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubsum.h"

#include <stdio.h>

/* As it would be stored in an empty file. */
static void sum_up(struct svct_pubsum *sum, struct svct_record_writer *writer,
                   const struct svct_key *key)
{
    size_t size;

    sum->count++;
    if (svct_record_end(writer, key, 0, &size) == 0)
        sum->total += svct_record_sum(writer->value, size);
}

bool svct_pubsum_equal(const struct svct_pubsum *a, const struct svct_pubsum *b)
{
    return a->count == b->count && a->total == b->total;
}

void svct_pubsum_user(struct svct_pubsum *sum, const struct svct_pubuser *user)
{
    struct svct_key key = svct_key_pubuser(user->name);
    struct svct_pubuser alike = *user;
    struct svct_record_writer writer;

    alike.member = 0; /* follows from no private record */
    svct_pubuser_encode(&alike, &writer);
    sum_up(sum, &writer, &key);
}

void svct_pubsum_id(struct svct_pubsum *sum, uint32_t number,
                    enum svct_pubid_owner owner, const char *name)
{
    struct svct_pubid id = {.id = number, .owner = owner};
    struct svct_key key = svct_key_pubid(number);
    struct svct_record_writer writer;

    snprintf(id.name, sizeof id.name, "%s", name);
    svct_pubid_encode(&id, &writer);
    sum_up(sum, &writer, &key);
}

void svct_pubsum_place(struct svct_pubsum *sum, const char *role,
                       uint32_t member, const char *name)
{
    struct svct_key key = svct_key_pubpage(role, member / SVCT_PUBPAGE_NAMES);
    struct svct_record_writer writer;
    struct svct_pubid place = {.id = member % SVCT_PUBPAGE_NAMES};

    snprintf(place.name, sizeof place.name, "%s", name);
    svct_pubid_encode(&place, &writer);
    sum_up(sum, &writer, &key);
}
