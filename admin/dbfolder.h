/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBFOLDER_H
#define SVCT_ADMIN_DBFOLDER_H

/* What the names in the folder of a database are, for who tells what should
 * not be there. */

#include "base/err.h"

enum svct_dbfolder_what {
    SVCT_DBFOLDER_PART,    /* of the database, or "." and ".." */
    SVCT_DBFOLDER_OLDER,   /* a generation before the current one */
    SVCT_DBFOLDER_NEWER,   /* one behind it, which was published */
    SVCT_DBFOLDER_PASSING, /* of a change under way, or of one that was killed */
    SVCT_DBFOLDER_STRANGE  /* no part of a database */
};

/* current: the number of the current generation; pending: the one that is
 * marked as not published yet (genlist.h). Pure. */
enum svct_dbfolder_what svct_dbfolder_tell(const char *name, uint64_t current,
                                           uint64_t pending);

/* Calls visit for each name there is, in no order. What can't be read has no
 * names. */
typedef void svct_dbfolder_visit_fn(void *arg, const char *name,
                                    enum svct_dbfolder_what what);
void svct_dbfolder_each(const char *dir, uint64_t current,
                        svct_dbfolder_visit_fn *visit, void *arg);

#endif
