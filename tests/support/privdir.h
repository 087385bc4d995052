/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_TESTS_PRIVDIR_H
#define SVCT_TESTS_PRIVDIR_H

/*
 * A place for files that the rest of the machine never sees: a tmpfs in a
 * mount namespace of this process alone, gone when it ends. Needed because the
 * database is believed only in folders that are root's from / on, which a
 * build tree or /tmp is not.
 */

#include <stdbool.h>

#define PRIVDIR "/mnt"

/* Call it once, at the start. false, with the reason, when this process may
 * not (not root, or namespaces are forbidden): then skip. */
bool privdir_enter(const char **ret_reason);

/* Makes path (absolute) a folder that can be made and written to without
 * anybody noticing: what is there already is hidden. */
bool privdir_cover(const char *path, const char **ret_reason);

/* Removes a file or a whole tree below PRIVDIR or a covered path; none is
 * fine. Ends the test program when it can't. */
void privdir_remove(const char *path);

/* Number of entries in a folder; -1 when it can't be read. */
int privdir_entries(const char *path);

/* Writes a whole file, 0644, replacing what is there. */
void privdir_write(const char *path, const char *text);

#endif
