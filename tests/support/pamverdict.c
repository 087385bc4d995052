/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamverdict.h"

static _Thread_local char last[sizeof((struct pamverdict *)NULL)->line];

static void keep(const char *line)
{
    const char *ours = strstr(line, "pam_svctoken(");
    const char *words = ours == line ? strstr(line, "): ") : NULL;

    if (words != NULL)
        snprintf(last, sizeof last, "%s", words + 3);
}

void pamverdict_begin(void)
{
    pamhost_log_to(keep);
}

const char *pamverdict_name(int outcome)
{
    return outcome == PAMVERDICT_PERSON
               ? "person"
               : svct_verdict_name((enum svct_verdict)outcome);
}

/* The word behind "reason=". */
static int denied_because(const char *line)
{
    static const char begin[] = "denied reason=";
    const char *word = line + sizeof begin - 1;
    size_t len;

    if (strncmp(line, begin, sizeof begin - 1) != 0)
        return SVCT_UNDECIDED;
    len = strcspn(word, " ");
    for (int v = SVCT_GRANTED + 1; v < SVCT_VERDICT_COUNT; v++) {
        const char *name = svct_verdict_name((enum svct_verdict)v);

        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return v;
    }
    return SVCT_UNDECIDED;
}

static uint32_t use_of(const char *line)
{
    const char *at = strstr(line, " use=");

    return at == NULL ? 0 : (uint32_t)strtoul(at + 5, NULL, 10);
}

static struct pamverdict verdict_of(int code)
{
    struct pamverdict v = {.outcome = SVCT_UNDECIDED, .code = code};

    memcpy(v.line, last, sizeof v.line);
    return v;
}

struct pamverdict pamverdict_auth(struct pamhost *host, const char *service,
                                  const char *user, const char *text)
{
    struct pamverdict v;

    pamhost_start(host, service, user);
    host->text = text;
    last[0] = '\0';
    v = verdict_of(pam_authenticate(host->pamh, 0));
    if (v.code == PAM_SUCCESS && strncmp(v.line, "granted ", 8) == 0) {
        v.outcome = SVCT_GRANTED;
        v.use = use_of(v.line);
    } else if (v.code == PAM_AUTH_ERR) {
        v.outcome = denied_because(v.line);
    } else if (v.code == PAM_USER_UNKNOWN && v.line[0] == '\0') {
        v.outcome = PAMVERDICT_PERSON;
    }
    return v;
}

struct pamverdict pamverdict_account(struct pamhost *host)
{
    struct pamverdict v;

    last[0] = '\0';
    v = verdict_of(pam_acct_mgmt(host->pamh, 0));
    if (v.code == PAM_SUCCESS && v.line[0] == '\0')
        v.outcome = SVCT_GRANTED;
    else if (v.code == PAM_PERM_DENIED || v.code == PAM_ACCT_EXPIRED)
        v.outcome = denied_because(v.line);
    return v;
}
