/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "setup.h"

#include "doctor_sshdconf.h"
#include "programread.h"
#include "say.h"

#define ANSWER_MAX 65536
#define PATIENCE 10000 /* milliseconds */

/* Its file of its own, so that nothing of sshd_config is rewritten here. */
#define CONFIG "/etc/ssh/sshd_config"

static void say_what_to_do(const struct svct_sshdconf *conf)
{
    if (!conf->pam)
        svct_say("sshd does not ask PAM yet: put \"UsePAM yes\" into " CONFIG
                 ", try it with \"sshd -t\", and reload sshd");
    else if (svct_sshdconf_password(conf) == SVCT_SSHDCONF_NOT)
        svct_say("sshd does not ask for a password yet, and so for no token: "
                 "put \"PasswordAuthentication yes\" into " CONFIG
                 ", try it with \"sshd -t\", and reload sshd; for service "
                 "accounts alone, behind a \"Match User\" with their names at "
                 "its end");
    else
        return;
    svct_say("\"svctoken doctor sshd\" looks at each account");
}

/* Without -C: what holds for those whom no Match names. */
void svct_setup_hint_sshd(void)
{
    static const char *const paths[] = {"/usr/sbin/sshd", "/usr/bin/sshd",
                                        "/usr/local/sbin/sshd", NULL};
    const char *argv[] = {svct_program_find(paths), "-T", NULL};
    struct svct_sshdconf conf;
    char *answer;

    if (argv[0] == NULL)
        return;
    answer = malloc(ANSWER_MAX);
    if (answer == NULL)
        return;
    if (svct_programread_text(argv, SVCT_PROGRAMREAD_BOTH, PATIENCE, answer,
                              ANSWER_MAX) == 0) {
        svct_sshdconf_read(answer, &conf);
        if (conf.known)
            say_what_to_do(&conf);
    } else {
        svct_say("\"sshd -T\" does not tell how sshd is configured: it needs "
                 "\"UsePAM yes\", and \"PasswordAuthentication yes\" or "
                 "\"KbdInteractiveAuthentication yes\"");
    }
    free(answer);
}
