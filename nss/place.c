/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "place.h"

const char *svct_nss_dir(void)
{
    return SVCT_DBDIR;
}

const char *svct_nss_passwd_file(void)
{
    return "/etc/passwd";
}

const char *svct_nss_group_file(void)
{
    return "/etc/group";
}
