/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamcall.h"

#include <security/pam_appl.h>
#include <unistd.h>

#define PROMPTS_MAX 8 /* then it gives up */

struct talk {
    const struct svct_pamcall *call;
    unsigned prompts;
};

static int answer(struct talk *talk, const struct pam_message *message,
                  struct pam_response *response)
{
    if (message->msg_style == PAM_TEXT_INFO ||
        message->msg_style == PAM_ERROR_MSG)
        return PAM_SUCCESS;
    if (message->msg_style != PAM_PROMPT_ECHO_OFF ||
        ++talk->prompts > PROMPTS_MAX || talk->call->password == NULL)
        return PAM_CONV_ERR;
    response->resp = strdup(talk->call->password);
    return response->resp != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data)
{
    int code = PAM_SUCCESS;
    struct pam_response *all;

    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    all = calloc((size_t)count, sizeof(*all));
    if (all == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count && code == PAM_SUCCESS; i++)
        code = answer(data, messages[i], &all[i]);
    if (code == PAM_SUCCESS) {
        *responses = all;
        return code;
    }
    for (int i = 0; i < count; i++)
        free(all[i].resp);
    free(all);
    return code;
}

/* In the place of waiting. */
static void no_delay(int code, unsigned microseconds, void *data)
{
    (void)code;
    (void)microseconds;
    (void)data;
}

/* An item may be a function, which C does not let be cast. */
static int set_no_delay(pam_handle_t *pamh)
{
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {no_delay};

    return pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
}

static int set_items(pam_handle_t *pamh, const struct svct_pamcall *call)
{
    int code = pam_set_item(pamh, PAM_TTY, call->tty);

    if (code == PAM_SUCCESS && call->rhost != NULL)
        code = pam_set_item(pamh, PAM_RHOST, call->rhost);
    return code == PAM_SUCCESS ? set_no_delay(pamh) : code;
}

static void log_in(pam_handle_t *pamh, const struct svct_pamcall *call,
                   struct svct_pamcall_result *result)
{
    if (call->password != NULL)
        result->auth = pam_authenticate(pamh, 0);
    if (result->auth != PAM_SUCCESS && call->password != NULL)
        return;
    result->account = pam_acct_mgmt(pamh, 0);
    if (result->account != PAM_SUCCESS)
        return;
    result->cred = pam_setcred(pamh, PAM_ESTABLISH_CRED);
    pam_setcred(pamh, PAM_DELETE_CRED);
}

void svct_pamcall(const struct svct_pamcall *call,
                  struct svct_pamcall_result *ret_result)
{
    struct talk talk = {.call = call};
    struct pam_conv conv = {converse, &talk};
    pam_handle_t *pamh = NULL;

    *ret_result = (struct svct_pamcall_result){.auth = SVCT_PAMCALL_NOT,
                                               .account = SVCT_PAMCALL_NOT,
                                               .cred = SVCT_PAMCALL_NOT};
    if (setresuid(call->real_uid, 0, 0) != 0 ||
        pam_start(call->service, call->user, &conv, &pamh) != PAM_SUCCESS ||
        set_items(pamh, call) != PAM_SUCCESS) {
        ret_result->lacks = 's';
        return;
    }
    log_in(pamh, call, ret_result);
    ret_result->prompts = talk.prompts;
    pam_end(pamh, PAM_SUCCESS);
}

bool svct_pamcall_granted(const struct svct_pamcall_result *result)
{
    return result->lacks == 0 &&
           (result->auth == PAM_SUCCESS || result->auth == SVCT_PAMCALL_NOT) &&
           result->account == PAM_SUCCESS && result->cred == PAM_SUCCESS;
}

const char *svct_pamcall_text(int code)
{
    return pam_strerror(NULL, code);
}
