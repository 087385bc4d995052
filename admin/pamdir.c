/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamdir.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <sys/stat.h>

#include "etcfile.h"

/* The first that has the file counts. */
static const char *const folders[] = {SVCT_PAMDIR_FOLDER, "/usr/lib/pam.d"};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* ---- service files ---- */

static int take_text(const struct svct_etcfile *file, char **ret_data,
                     size_t *ret_len, struct svct_fault *fault)
{
    char *data = malloc(file->len + 1);

    if (data == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    memcpy(data, file->data, file->len);
    *ret_data = data;
    *ret_len = file->len;
    return 0;
}

static int read_in(const char *folder, const char *name, char **ret_data,
                   size_t *ret_len, struct svct_fault *fault)
{
    struct svct_etcfile_place place = {.folder = folder, .name = name};
    struct svct_etcfile *file = malloc(sizeof(*file));
    int r;

    if (file == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = svct_etcfile_look(&place, file, fault);
    if (r == 0)
        r = take_text(file, ret_data, ret_len, fault);
    free(file);
    return r;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_path(const char *path, char **ret_data, size_t *ret_len,
                     struct svct_fault *fault)
{
    char folder[SVCT_PAMCONF_PATH_MAX], *slash;

    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    *slash = '\0';
    if (slash[1] == '\0' || !is_folder(slash == folder ? "/" : folder))
        return SVCT_E_NOTFOUND;
    return read_in(slash == folder ? "/" : folder, slash + 1, ret_data, ret_len,
                   fault);
}

int svct_pamdir_open(void *arg, const char *name, char **ret_data,
                     size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                     struct svct_fault *fault)
{
    int r = SVCT_E_NOTFOUND;

    (void)arg;
    for (size_t i = 0; i < FOLDERS && r == SVCT_E_NOTFOUND; i++) {
        int len = snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "%s%s%s",
                           name[0] == '/' ? "" : folders[i],
                           name[0] == '/' ? "" : "/", name);

        if (len < 0 || len >= SVCT_PAMCONF_PATH_MAX)
            return SVCT_E_NOTFOUND;
        r = open_path(ret_path, ret_data, ret_len, fault);
    }
    return r;
}

/* ---- modules ---- */

/* libpam was built with one of these; which is not told. */
static const char *const module_folders[] = {
    SVCT_PAM_MODULE_DIR,           "/lib/security",
    "/usr/lib/security",           "/lib64/security",
    "/usr/lib64/security",         "/lib/*-linux-*/security",
    "/usr/lib/*-linux-*/security",
};
#define MODULE_FOLDERS (sizeof(module_folders) / sizeof(module_folders[0]))

static bool resolve(const char *path, char *ret_path, size_t size)
{
    char real[PATH_MAX];
    struct stat st;

    return realpath(path, real) != NULL && stat(real, &st) == 0 &&
           S_ISREG(st.st_mode) &&
           (size_t)snprintf(ret_path, size, "%s", real) < size;
}

static bool find_in(const char *folder, const char *module, char *ret_path,
                    size_t size)
{
    char pattern[PATH_MAX];
    bool found = false;
    glob_t paths;

    if (snprintf(pattern, sizeof(pattern), "%s/%s", folder, module) >=
            (int)sizeof(pattern) ||
        glob(pattern, 0, NULL, &paths) != 0)
        return false;
    for (size_t i = 0; i < paths.gl_pathc && !found; i++)
        found = resolve(paths.gl_pathv[i], ret_path, size);
    globfree(&paths);
    return found;
}

bool svct_pamdir_find(const char *module, char *ret_path, size_t size)
{
    if (module[0] == '/')
        return resolve(module, ret_path, size);
    if (strpbrk(module, "*?[\\") != NULL)
        return false;
    for (size_t i = 0; i < MODULE_FOLDERS; i++) {
        if (find_in(module_folders[i], module, ret_path, size))
            return true;
    }
    return false;
}

bool svct_pamdir_has(void *arg, const char *module)
{
    char path[PATH_MAX];

    (void)arg;
    return svct_pamdir_find(module, path, sizeof(path));
}

/* ---- services ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), more = strlen(end);

    return len > more && strcmp(name + len - more, end) == 0;
}

/* What packages and we put beside a service file. */
static bool is_beside(const char *name)
{
    static const char *const ends[] = {SVCT_ETCFILE_BACKUP,
                                       SVCT_ETCFILE_NEW,
                                       SVCT_ETCFILE_BACKUP "-new",
                                       ".dpkg-dist",
                                       ".dpkg-old",
                                       ".dpkg-new",
                                       ".dpkg-bak",
                                       ".rpmnew",
                                       ".rpmsave",
                                       ".bak",
                                       ".orig",
                                       ".ucf-dist"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (ends_in(name, ends[i]))
            return true;
    }
    return false;
}

bool svct_pamdir_is_service(const char *name)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                "UVWXYZ0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len < SVCT_PAMDIR_NAME && strspn(name, legal) == len &&
           name[0] != '.' && name[0] != '-' && !is_beside(name);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

int svct_pamdir_list(struct svct_pamdir_names *ret_names,
                     struct svct_fault *fault)
{
    DIR *dir = opendir(SVCT_PAMDIR_FOLDER);
    struct dirent *entry;

    ret_names->count = 0;
    ret_names->more = false;
    if (dir == NULL)
        return svct_fault_errno(fault, errno, "can't open " SVCT_PAMDIR_FOLDER);
    while ((entry = readdir(dir)) != NULL) {
        if (!svct_pamdir_is_service(entry->d_name))
            continue;
        if (ret_names->count == SVCT_PAMDIR_MAX) {
            ret_names->more = true;
            break;
        }
        memcpy(ret_names->name[ret_names->count++], entry->d_name,
               strlen(entry->d_name) + 1);
    }
    closedir(dir);
    qsort(ret_names->name, ret_names->count, sizeof(ret_names->name[0]),
          by_bytes);
    return 0;
}
