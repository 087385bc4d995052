/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "actor.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>
#include <utmpx.h>

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

/* ---- where ---- */

static void find_terminal(char *ret_name, size_t size)
{
    static const char folder[] = "/dev/";
    char path[64];

    for (int fd = 0; fd <= 2; fd++) {
        if (ttyname_r(fd, path, sizeof(path)) == 0 &&
            strncmp(path, folder, strlen(folder)) == 0 &&
            strlen(path) - strlen(folder) < size) {
            snprintf(ret_name, size, "%s", path + strlen(folder));
            return;
        }
    }
}

/* Neither of the two texts need end in a NUL. */
static void find_host(const char *terminal, char *ret_host, size_t size)
{
    struct utmpx wanted = {.ut_type = USER_PROCESS};
    const struct utmpx *login;

    if (strlen(terminal) > sizeof(wanted.ut_line))
        return;
    memcpy(wanted.ut_line, terminal, strlen(terminal));
    setutxent();
    login = getutxline(&wanted);
    if (login != NULL && login->ut_type == USER_PROCESS)
        snprintf(ret_host, size, "%.*s", (int)sizeof(login->ut_host),
                 login->ut_host);
    endutxent();
}

void svct_actor_find_place(struct svct_actor_place *ret_place)
{
    *ret_place = (struct svct_actor_place){.terminal = ""};
    find_terminal(ret_place->terminal, sizeof(ret_place->terminal));
    if (ret_place->terminal[0] != '\0')
        find_host(ret_place->terminal, ret_place->host,
                  sizeof(ret_place->host));
}
