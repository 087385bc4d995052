/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pack.h"

#include <stdalign.h>

/* Neither a password nor a shadow entry: nobody gets in by this, and pam_unix
 * does not look for an entry that is not there. */
#define NO_PASSWORD "*"

/* A copy of the text at the front of the free rest; NULL if it does not fit. */
static char *put_text(char **at, size_t *left, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = *at;

    if (size > *left)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    *left -= size;
    return copy;
}

/* Room for count pointers, where pointers may stand. */
static char **put_list(char **at, size_t *left, size_t count)
{
    size_t gap = -(uintptr_t)*at % alignof(char *);
    void *list;

    if (gap > *left || count > (*left - gap) / sizeof(char *))
        return NULL;
    list = *at + gap;
    *at += gap + count * sizeof(char *);
    *left -= gap + count * sizeof(char *);
    return list;
}

int svct_pack_passwd(const struct svct_pubuser *user, char *buffer, size_t len,
                     struct passwd *ret_passwd)
{
    struct passwd passwd = {.pw_uid = user->uid, .pw_gid = user->gid};

    passwd.pw_name = put_text(&buffer, &len, user->name);
    passwd.pw_passwd = put_text(&buffer, &len, NO_PASSWORD);
    passwd.pw_gecos = put_text(&buffer, &len, user->gecos);
    passwd.pw_dir = put_text(&buffer, &len, user->home);
    passwd.pw_shell = put_text(&buffer, &len, user->shell);
    if (passwd.pw_name == NULL || passwd.pw_passwd == NULL ||
        passwd.pw_gecos == NULL || passwd.pw_dir == NULL ||
        passwd.pw_shell == NULL)
        return SVCT_E_RANGE;
    *ret_passwd = passwd;
    return 0;
}

int svct_pack_group_begin(struct svct_pack_group *pack, const char *name,
                          uint32_t gid, size_t members, char *buffer,
                          size_t len)
{
    *pack = (struct svct_pack_group){
        .at = buffer, .left = len, .group.gr_gid = gid, .members = members};
    pack->group.gr_mem = put_list(&pack->at, &pack->left, members + 1);
    pack->group.gr_name = put_text(&pack->at, &pack->left, name);
    pack->group.gr_passwd = put_text(&pack->at, &pack->left, NO_PASSWORD);
    if (pack->group.gr_mem == NULL || pack->group.gr_name == NULL ||
        pack->group.gr_passwd == NULL)
        return SVCT_E_RANGE;
    pack->group.gr_mem[members] = NULL;
    return 0;
}

int svct_pack_group_add(struct svct_pack_group *pack, const char *member)
{
    char *copy;

    if (pack->added == pack->members)
        return SVCT_E_DAMAGED;
    copy = put_text(&pack->at, &pack->left, member);
    if (copy == NULL)
        return SVCT_E_RANGE;
    pack->group.gr_mem[pack->added++] = copy;
    return 0;
}

int svct_pack_group_end(const struct svct_pack_group *pack,
                        struct group *ret_group)
{
    if (pack->added != pack->members)
        return SVCT_E_DAMAGED;
    *ret_group = pack->group;
    return 0;
}
