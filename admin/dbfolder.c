/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbfolder.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "auditlog.h"
#include "base/safefile.h"
#include "write/genlist.h"

static bool is_among(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

enum svct_dbfolder_what svct_dbfolder_tell(const char *name, uint64_t current,
                                           uint64_t pending)
{
    static const char *const lasting[] = {".",     "..",      "current", "lock",
                                          "names", "reserve", "usage",   NULL};
    static const char *const passing[] = {"current.new", "names.new",
                                          "names.stale", NULL};
    uint64_t sequence = svct_genlist_sequence(name);

    if (is_among(name, lasting) || (sequence > 0 && sequence == current) ||
        strncmp(name, SVCT_AUDITLOG_FILE, strlen(SVCT_AUDITLOG_FILE)) == 0)
        return SVCT_DBFOLDER_PART; /* the log as rotated, too: "audit.log.1" */
    if (sequence > 0 && sequence < current)
        return SVCT_DBFOLDER_OLDER;
    if (sequence > current && sequence != pending)
        return SVCT_DBFOLDER_NEWER;
    return is_among(name, passing) || sequence > current
               ? SVCT_DBFOLDER_PASSING
               : SVCT_DBFOLDER_STRANGE;
}

void svct_dbfolder_each(const char *dir, uint64_t current,
                        svct_dbfolder_visit_fn *visit, void *arg)
{
    struct dirent *entry;
    DIR *folder = NULL;
    uint64_t pending;
    int fd;

    if (svct_safefile_open_dir(dir, &fd, NULL) < 0)
        return;
    folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    pending = svct_genlist_pending(fd);
    while ((entry = readdir(folder)) != NULL)
        visit(arg, entry->d_name,
              svct_dbfolder_tell(entry->d_name, current, pending));
    closedir(folder);
}
