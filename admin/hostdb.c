/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "hostdb.h"

/* The next name in a path, without the slashes, however many. */
static size_t next_name(const char **path)
{
    *path += strspn(*path, "/");
    return strcspn(*path, "/");
}

static bool same_path(const char *a, const char *b)
{
    for (;;) {
        size_t len = next_name(&a);

        if (len != next_name(&b) || memcmp(a, b, len) != 0)
            return false;
        if (len == 0)
            return true;
        a += len;
        b += len;
    }
}

bool svct_hostdb_is(const char *db)
{
    return same_path(db, SVCT_DBDIR);
}
