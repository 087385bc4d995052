/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_sshdhost.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- who could log in ---- */

bool svct_sshdhost_groups(const char *user,
                          struct svct_sshdhost_groups *ret_groups)
{
    struct svct_sshdhost_groups groups = {.name = {NULL}};
    gid_t gids[SVCT_SSHDHOST_GROUPS];
    int count = SVCT_SSHDHOST_GROUPS;
    struct passwd *pw = getpwnam(user);
    size_t names = 0;

    if (pw == NULL)
        return false;
    if (getgrouplist(user, pw->pw_gid, gids, &count) < 0)
        count = SVCT_SSHDHOST_GROUPS;
    for (int i = 0; i < count; i++) {
        struct group *group = getgrgid(gids[i]);

        if (group != NULL && (groups.name[names] = strdup(group->gr_name)))
            names++;
    }
    *ret_groups = groups;
    return true;
}

void svct_sshdhost_groups_done(struct svct_sshdhost_groups *groups)
{
    for (size_t i = 0; groups->name[i] != NULL; i++)
        free(groups->name[i]);
    groups->name[0] = NULL;
}

void svct_sshdhost_person(char ret_name[SVCT_LOGIN_MAX + 1])
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *pw;

    snprintf(ret_name, SVCT_LOGIN_MAX + 1, "root");
    while (file != NULL && (pw = fgetpwent(file)) != NULL) {
        if (pw->pw_uid >= 1000 && pw->pw_uid < 60000 &&
            strchr(pw->pw_name, ',') == NULL) {
            snprintf(ret_name, SVCT_LOGIN_MAX + 1, "%s", pw->pw_name);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

/* ---- where a change goes ---- */

/* The unit of systemd is named in two ways. */
const char *svct_sshdhost_reload(void)
{
    static const char *const ssh[] = {"/usr/lib/systemd/system/ssh.service",
                                      "/lib/systemd/system/ssh.service"};

    for (size_t i = 0; i < sizeof(ssh) / sizeof(ssh[0]); i++) {
        if (access(ssh[i], F_OK) == 0)
            return "sshd -t && systemctl reload ssh";
    }
    return "sshd -t && systemctl reload sshd";
}

/* A block that begins with Match ends with its file, or with the next one: a
 * file of its own where sshd_config includes such, else behind all others. */
const char *svct_sshdhost_match_file(void)
{
    static const char config[] = "/etc/ssh/sshd_config";
    FILE *file = fopen(config, "re");
    bool includes = false;
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *word = line + strspn(line, " \t");

        if (strncasecmp(word, "include", 7) == 0 &&
            strstr(word, "/sshd_config.d/") != NULL)
            includes = true;
    }
    if (file != NULL)
        fclose(file);
    return includes ? "/etc/ssh/sshd_config.d/00-svctoken.conf" : config;
}
