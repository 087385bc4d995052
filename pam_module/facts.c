/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <pwd.h>

static const char *item_text(pam_handle_t *pamh, int type)
{
    const void *item = NULL;

    return pam_get_item(pamh, type, &item) == PAM_SUCCESS ? item : NULL;
}

#define PASSWD_MAX (1024 * 1024) /* bytes of one entry */

/*
 * Not by pam_modutil_getpwnam(), which keeps each answer in the handle until
 * its end: screen lockers use one handle for weeks. Who can't be looked up is
 * no superuser here, and the database, which never has one, decides.
 */
static bool is_superuser(const char *user)
{
    struct passwd entry, *found = NULL;
    bool superuser = false;
    int err = ERANGE;

    for (size_t size = 1024; err == ERANGE && size <= PASSWD_MAX; size *= 2) {
        char *buffer = malloc(size);

        if (buffer == NULL)
            break;
        err = getpwnam_r(user, &entry, buffer, size, &found);
        superuser = err == 0 && found != NULL && found->pw_uid == 0;
        free(buffer);
    }
    return superuser;
}

void svct_facts_renew(struct svct_login *login)
{
    login->user = item_text(login->pamh, PAM_USER);
    login->service = item_text(login->pamh, PAM_SERVICE);
    login->rhost = item_text(login->pamh, PAM_RHOST);
}

void svct_facts_begin(struct svct_login *login, pam_handle_t *pamh,
                      const char *phase, int argc, const char **argv)
{
    memset(login, 0, sizeof *login);
    login->pamh = pamh;
    login->phase = phase;
    login->ownership.whose = SVCT_WHOSE_NOT_OURS;
    svct_options_parse(argc, argv, &login->options);
    svct_facts_renew(login);
}

static bool may_be_ours(const char *user)
{
    return user != NULL && svct_name_check_login(user) == 0 &&
           !is_superuser(user);
}

void svct_facts_ask(struct svct_login *login)
{
    if (may_be_ours(login->user))
        login->error = svct_verify_whose(login->options.dir, login->user,
                                         &login->ownership, &login->fault);
}

void svct_facts_look(struct svct_login *login)
{
    if (may_be_ours(login->user))
        login->error =
            svct_verify_look(login->options.dir, login->user, &login->ownership,
                             &login->sight, &login->fault);
}

void svct_facts_done(struct svct_login *login)
{
    svct_verify_end(login->sight);
    login->sight = NULL;
}

void svct_facts_collect(struct svct_login *login, pam_handle_t *pamh,
                        const char *phase, int argc, const char **argv)
{
    svct_facts_begin(login, pamh, phase, argc, argv);
    svct_facts_ask(login);
}

int64_t svct_facts_now(void)
{
    return time(NULL);
}

struct svct_attempt svct_facts_attempt(const struct svct_login *login)
{
    return (struct svct_attempt){
        .sight = login->sight,
        .dir = login->options.dir,
        .user = login->user,
        .service = login->service,
        .rhost = login->rhost,
        .min_role = login->options.role,
        .now = svct_facts_now(),
    };
}
