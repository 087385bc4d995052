/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_ADMIN_PAMWALK_H
#define SVCT_ADMIN_PAMWALK_H

/*
 * What becomes of a login in the chains of a PAM service (pamconf.h), as libpam
 * goes through them: is pam_svctoken asked, does its word count, and does a
 * person get in as without it? Pure.
 *
 * All that the other modules could return is followed, a few of them are known:
 * pam_unix and its like never let a service account in, pam_deny nobody. So
 * "may pass by" is told for each way there could be, and "never" only when there
 * is none.
 */

#include "pamconf.h"

#define SVCT_PAMWALK_MODULE "pam_svctoken.so"

enum svct_pamwalk_fault_code {
    SVCT_PAMWALK_GIVES_UP,   /* libpam refuses everybody: where pamconf says */
    SVCT_PAMWALK_BROKEN,     /* a line that libpam does not understand */
    SVCT_PAMWALK_VARIES,     /* a line that another version reads otherwise */
    SVCT_PAMWALK_NO_MODULE,  /* the file of our module is not there */
    SVCT_PAMWALK_OPTIONS,    /* our module does not know an argument */
    SVCT_PAMWALK_UNREACHED,  /* auth: no account ever gets to our line */
    SVCT_PAMWALK_NOT_ENOUGH, /* a right token, or account, does not get in */
    SVCT_PAMWALK_LETS_IN,    /* auth: a wrong token gets in */
    SVCT_PAMWALK_GOES_ON,    /* auth: a wrong token is asked for elsewhere */
    SVCT_PAMWALK_PASSED_BY,  /* some get in without our line */
    SVCT_PAMWALK_MISSING,    /* no line of this type, but one in auth */
    SVCT_PAMWALK_UNHEARD,    /* account: our refusal does not refuse */
    SVCT_PAMWALK_LOCKS_OUT,  /* no person gets in */
    SVCT_PAMWALK_LOCKS_OUT_DATABASE, /* ... when it can't be read */
    SVCT_PAMWALK_LOCKS_OUT_MODULE,   /* ... when the module can't be loaded */
    SVCT_PAMWALK_LATE /* session: behind pam_systemd, which it must tell */
};

struct svct_pamwalk_fault {
    enum svct_pamwalk_fault_code code;
    enum svct_pamconf_type type;
    const struct svct_pamconf_line *line; /* whose fault it is; may be NULL */
    char detail[160];                     /* of OPTIONS: what is wrong */
};

#define SVCT_PAMWALK_FAULTS_MAX 64

struct svct_pamwalk {
    bool asks[SVCT_PAMCONF_TYPES]; /* is there a line of ours? */
    const struct svct_pamconf_line *ours[SVCT_PAMCONF_TYPES]; /* the first */
    size_t faults;
    struct svct_pamwalk_fault fault[SVCT_PAMWALK_FAULTS_MAX];
};

/* Can libpam load that module (as written in a line)? NULL: each. */
typedef bool svct_pamwalk_has_fn(void *arg, const char *module);

/* The conf has to last as long as the answer is used. A service that does not
 * ask us has no fault, but that libpam gives it up. SVCT_E_NOMEM; SVCT_E_TOOBIG: there are too many ways to
 * follow. */
int svct_pamwalk(const struct svct_pamconf *conf, svct_pamwalk_has_fn *has,
                 void *arg, struct svct_pamwalk *ret_walk,
                 struct svct_fault *fault);

/* A sentence, without a full stop, with words of the file as they are: "auth: behind /etc/pam.d/sshd line 4
 * (requisite pam_deny.so) ...". service: its name. Returns out. */
char *svct_pamwalk_say(char *out, size_t size, const char *service,
                       const struct svct_pamconf *conf,
                       const struct svct_pamwalk_fault *fault);

/* Does libpam say PAM_SUCCESS when each module of the chain returns what
 * code_of says of its line? It is asked of those that are called, in order. */
typedef int svct_pamwalk_code_fn(void *arg,
                                 const struct svct_pamconf_line *line);
bool svct_pamwalk_once(const struct svct_pamconf *conf,
                       enum svct_pamconf_type type,
                       svct_pamwalk_code_fn *code_of, void *arg);

/* Where the step i of a chain, passing over n, goes on: the index of the next
 * step, or the length of the chain; *ret_left: how many were not there. */
size_t svct_pamwalk_jump(const struct svct_pamconf *conf,
                         enum svct_pamconf_type type, size_t i, int32_t n,
                         int32_t *ret_left);

#endif
