/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applysecrets.h"

#include <errno.h>
#include <sys/stat.h>

#include "access.h"
#include "say.h"
#include "write/mint.h"

#define SAID_MAX 20

struct svct_applysecret {
    struct svct_secret text; /* wiped when it is written */
    struct svct_deliver deliver;
    char *path;
    char account[SVCT_LOGIN_MAX + 1];
    char name[SVCT_NAME_MAX + 1];
};

int svct_applysecrets_init(struct svct_applysecrets *secrets,
                           const struct svct_call *call)
{
    *secrets = (struct svct_applysecrets){.call = call};
    secrets->item = calloc(SVCT_APPLYSECRETS_MAX, sizeof(*secrets->item));
    return secrets->item != NULL ? 0 : SVCT_E_NOMEM;
}

void svct_applysecrets_done(struct svct_applysecrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++) {
        struct svct_applysecret *item = &secrets->item[i];

        svct_secret_done(&item->text);
        svct_deliver_done(&item->deliver);
        free(item->path);
    }
    free(secrets->item);
    svct_applysecrets_settled(secrets);
    *secrets = (struct svct_applysecrets){.item = NULL};
}

/* Told at once, and not when all else was looked at. */
static int check_path(const struct svct_applysecrets *secrets, const char *path,
                      struct svct_fault *fault)
{
    struct stat st;

    if (secrets->count == SVCT_APPLYSECRETS_MAX)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                              "at most %d tokens are generated at a time: "
                              "apply the file in parts",
                              SVCT_APPLYSECRETS_MAX);
    for (size_t i = 0; i < secrets->count; i++) {
        const struct svct_applysecret *item = &secrets->item[i];

        if (strcmp(item->path, path) == 0)
            return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                                  "\"generate\" names the same file as for "
                                  "%s/%s",
                                  item->account, item->name);
    }
    if (lstat(path, &st) == 0)
        return svct_fault_set(fault, SVCT_E_EXISTS, 0,
                              "the file that \"generate\" names is there "
                              "already, and stays as it is: name a new one, or "
                              "take it away; if a run left it that was killed, "
                              "the token in it opens nothing");
    return 0;
}

int svct_applysecrets_mint(struct svct_applysecrets *secrets, const char *path,
                           struct svct_token *token, struct svct_fault *fault)
{
    struct svct_applysecret item = {.deliver = SVCT_DELIVER_NONE};
    int r = check_path(secrets, path, fault);

    if (r != 0)
        return r;
    item.path = strdup(path);
    if (item.path == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    r = svct_secret_setup();
    if (r == 0)
        r = svct_mint_token(&item.text, token->id, token->hash);
    if (r != 0) {
        free(item.path);
        return svct_fault_set(fault, r, 0, "can't make a secret: %s",
                              svct_err_text(r));
    }
    memcpy(item.account, token->account, sizeof(item.account));
    memcpy(item.name, token->name, sizeof(item.name));
    secrets->item[secrets->count++] = item;
    return 0;
}

/* ---- to their files ---- */

static int write_one(const struct svct_call *call,
                     struct svct_applysecret *item)
{
    int r = svct_deliver_open(call, "generate", item->path, &item->deliver);

    if (r != SVCT_EXIT_DONE)
        return r == SVCT_EXIT_NO ? SVCT_EXIT_USAGE : r;
    if (!svct_deliver_write(&item->deliver, "", &item->text, "\n") ||
        !svct_deliver_close(&item->deliver))
        return svct_say_cannot(call, "could not write the token to %s: %s",
                               svct_say_quote(item->path).text,
                               strerror(errno));
    svct_secret_done(&item->text);
    item->text = (struct svct_secret){.text = NULL};
    return SVCT_EXIT_DONE;
}

int svct_applysecrets_write(struct svct_applysecrets *secrets)
{
    int r = SVCT_EXIT_DONE;

    if (secrets->count > 0) {
        svct_access_hold_signals(&secrets->signals);
        secrets->held = true;
    }
    for (size_t i = 0; r == SVCT_EXIT_DONE && i < secrets->count; i++)
        r = write_one(secrets->call, &secrets->item[i]);
    if (r != SVCT_EXIT_DONE)
        svct_applysecrets_drop(secrets);
    return r;
}

void svct_applysecrets_settled(struct svct_applysecrets *secrets)
{
    if (secrets->held)
        sigprocmask(SIG_SETMASK, &secrets->signals, NULL);
    secrets->held = false;
}

void svct_applysecrets_drop(struct svct_applysecrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++)
        svct_deliver_drop(&secrets->item[i].deliver);
}

void svct_applysecrets_say(const struct svct_applysecrets *secrets)
{
    for (size_t i = 0; i < secrets->count && i < SAID_MAX; i++)
        svct_say("%s/%s is written to %s", secrets->item[i].account,
                 secrets->item[i].name,
                 svct_say_quote(secrets->item[i].path).text);
    if (secrets->count > SAID_MAX)
        svct_say("... and %zu tokens more to their files",
                 secrets->count - SAID_MAX);
}
