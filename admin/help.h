/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_HELP_H
#define SVCT_ADMIN_HELP_H

/* What the tables of the commands say, for people; on standard output. */

#include "cmd.h"

/* All commands, ends in NULL: each points to a table. */
void svct_help_all(const struct svct_command *const *tables);

/* The commands of one word. */
void svct_help_group(const struct svct_command *table);

void svct_help_command(const struct svct_command *command);

#endif
