/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "actor.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include "base/parse.h"

#define LOGINUID_UNSET UINT32_MAX

static bool read_loginuid(uid_t *ret_uid)
{
    char text[16];
    ssize_t len;
    uint64_t value;
    int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (svct_parse_number(text, 0, LOGINUID_UNSET - 1, &value) < 0)
        return false;
    *ret_uid = (uid_t)value;
    return true;
}

static bool by_sudo_user(struct svct_actor *ret_actor)
{
    const char *name = getenv("SUDO_USER");
    struct passwd *pw;

    if (name == NULL || strlen(name) > SVCT_ACTOR_MAX)
        return false;
    pw = getpwnam(name);
    if (pw == NULL)
        return false;
    snprintf(ret_actor->name, sizeof(ret_actor->name), "%s", name);
    ret_actor->uid = pw->pw_uid;
    return true;
}

static void by_uid(struct svct_actor *ret_actor, uid_t uid)
{
    struct passwd *pw = getpwuid(uid);

    ret_actor->uid = uid;
    if (pw != NULL && strlen(pw->pw_name) <= SVCT_ACTOR_MAX &&
        svct_name_check_text(pw->pw_name) == 0)
        snprintf(ret_actor->name, sizeof(ret_actor->name), "%s", pw->pw_name);
    else
        snprintf(ret_actor->name, sizeof(ret_actor->name), "uid-%lu",
                 (unsigned long)uid);
}

void svct_actor_find(struct svct_actor *ret_actor)
{
    uid_t uid;

    if (read_loginuid(&uid))
        by_uid(ret_actor, uid);
    else if (getuid() != 0 || !by_sudo_user(ret_actor))
        by_uid(ret_actor, getuid());
}
