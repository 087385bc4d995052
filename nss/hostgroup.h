/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_NSS_HOSTGROUP_H
#define SVCT_NSS_HOSTGROUP_H

/*
 * The gids of groups of the host, out of its group(5) file, by their names.
 *
 * getgrnam(3) can't be asked from within the name service: it could come back
 * to ourselves, and wait for ever where the C library holds its lock
 * (doc/decisions/0012). So the file is read once from front to back, in a
 * buffer of fixed size, whatever the length of its lines; members are passed
 * over.
 *
 * The first line of a name counts, as it does for the C library. A line that
 * is not of the form "name:password:gid:members" is none; neither is one whose
 * first three fields are longer than SVCT_HOSTGROUP_HEAD bytes. A passwd(5)
 * file has the same fields there, so whether a name has a line in it
 * ("settled") can be asked, too. A group with
 * the gid 0 is never found: root's is nobody's to get from here.
 */

#include "base/words.h"

#define SVCT_HOSTGROUP_HEAD 512
#define SVCT_HOSTGROUP_FILE (INT64_C(256) << 20) /* bytes; more is not read */

struct svct_hostgroup {
    const char *name;
    uint32_t gid; /* 0: none (yet) */
    bool settled; /* its line was seen */
};

/*
 * Sets the gid of each of the groups, all in one reading. 0, also when some,
 * or the file itself, are not there; SVCT_E_IO (also: no regular file),
 * SVCT_E_TOOBIG, SVCT_E_NOMEM (no descriptor, no memory).
 */
int svct_hostgroup_find(const char *path, struct svct_hostgroup *groups,
                        size_t count);

#endif
