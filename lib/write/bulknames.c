/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/bulknames.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc64.h"

/* A power of two, and more than three times what it may hold. */
#define PLACES 32768u

struct svct_bulknames_place {
    uint32_t round;
    uint32_t index; /* in name */
};

void svct_bulknames_done(struct svct_bulknames *names)
{
    free(names->name);
    free(names->place);
    *names = (struct svct_bulknames){.name = NULL};
}

void svct_bulknames_clear(struct svct_bulknames *names)
{
    names->count = 0;
    names->round++;
    if (names->round == 0 && names->place != NULL)
        memset(names->place, 0, PLACES * sizeof *names->place);
}

static int make_room(struct svct_bulknames *names)
{
    size_t room = names->room == 0 ? 128 : names->room * 2;
    void *more;

    if (names->place == NULL) {
        names->place = calloc(PLACES, sizeof *names->place);
        if (names->place == NULL)
            return SVCT_E_NOMEM;
    }
    if (names->count < names->room)
        return 0;
    more = realloc(names->name, room * sizeof *names->name);
    if (more == NULL)
        return SVCT_E_NOMEM;
    names->name = more;
    names->room = room;
    return 0;
}

int svct_bulknames_add(struct svct_bulknames *names, const char *name)
{
    size_t len = strlen(name);
    uint32_t at = (uint32_t)svct_crc64(0, name, len) & (PLACES - 1);

    if (len > SVCT_NAME_MAX || names->count == SVCT_TOKENS_PER_ACCOUNT_MAX)
        return SVCT_E_TOOBIG;
    if (make_room(names) != 0)
        return SVCT_E_NOMEM;
    if (names->round == 0) /* the zeros of a new table are of that round */
        names->round = 1;
    for (; names->place[at].round == names->round; at = (at + 1) & (PLACES - 1))
        if (strcmp(names->name[names->place[at].index], name) == 0)
            return SVCT_E_EXISTS;
    names->place[at] = (struct svct_bulknames_place){
        .round = names->round, .index = (uint32_t)names->count};
    memcpy(names->name[names->count++], name, len + 1);
    return 0;
}
