/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamfiles.h"

#include <stdlib.h>
#include <string.h>

#define FILE_OF(name, text)         \
    {                               \
        name, text, sizeof text - 1 \
    }

const struct pamfiles pamfiles_debian = {{
    FILE_OF("common-auth",
            "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n"
            "auth\trequisite\t\t\tpam_deny.so\n"
            "auth\trequired\t\t\tpam_permit.so\n"
            "auth\toptional\t\t\tpam_cap.so \n"),
    FILE_OF("common-account",
            "account\t[success=1 new_authtok_reqd=done default=ignore]\t"
            "pam_unix.so \n"
            "account\trequisite\t\t\tpam_deny.so\n"
            "account\trequired\t\t\tpam_permit.so\n"),
    FILE_OF("common-session", "session\t[default=1]\t\t\tpam_permit.so\n"
                              "session\trequisite\t\t\tpam_deny.so\n"
                              "session\trequired\t\t\tpam_permit.so\n"
                              "session\trequired\tpam_unix.so \n"
                              "session\toptional\tpam_systemd.so \n"),
    FILE_OF("other", "@include common-auth\n"
                     "@include common-account\n"
                     "@include common-session\n"),
}};

void pamfiles_put(struct pamfiles *files, const char *name, const char *text)
{
    int i = 0;

    while (files->file[i].name != NULL &&
           strcmp(files->file[i].name, name) != 0)
        i++;
    files->file[i].name = name;
    files->file[i].text = text;
    files->file[i].len = strlen(text);
}

int pamfiles_open(void *arg, const char *name, char **ret_data, size_t *ret_len,
                  char ret_path[SVCT_PAMCONF_PATH_MAX],
                  struct svct_fault *fault)
{
    const struct pamfiles *files = arg;
    const char *slash = strrchr(name, '/');

    (void)fault;
    if (slash != NULL)
        name = slash + 1;
    for (int i = 0; i < PAMFILES_MAX && files->file[i].name != NULL; i++) {
        if (strcmp(files->file[i].name, name) != 0)
            continue;
        *ret_len = files->file[i].len;
        *ret_data = malloc(*ret_len + 1);
        if (*ret_data == NULL)
            abort();
        memcpy(*ret_data, files->file[i].text, *ret_len);
        snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "/etc/pam.d/%s", name);
        return 0;
    }
    return SVCT_E_NOTFOUND;
}
