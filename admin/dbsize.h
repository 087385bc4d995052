/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_DBSIZE_H
#define SVCT_ADMIN_DBSIZE_H

/* How large the files of a database are, and how much room its disk has. */

#include <stdint.h>

/* Bytes; 0 for a file that is not there. */
struct svct_dbsize {
    int64_t private_file;
    int64_t public_file;
    int64_t roll;
    int64_t names;
    int64_t usage;
    int64_t disk;      /* its size; 0: that can't be told */
    int64_t disk_free; /* of it, for root */
};

/* dir_fd: the database folder; sequence: of the generation. */
void svct_dbsize_look(int dir_fd, uint64_t sequence,
                      struct svct_dbsize *ret_size);

/* What a copy of that generation takes. */
int64_t svct_dbsize_generation(const struct svct_dbsize *size);

#endif
