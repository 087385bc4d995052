/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "completevalue.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "base/name.h"
#include "base/names.h"
#include "plainfile.h"
#include "policy.h"
#include "rows.h"

#define PAM_FOLDER "/etc/pam.d"

struct offering {
    const struct svct_call *call;
    const struct svct_complete *at;
    svct_completevalue_fn *offer;
    void *arg;
};

static void offer(const struct offering *offering, const char *candidate,
                  const char *about)
{
    offering->offer(offering->arg, candidate, about);
}

static void offer_words(const struct offering *offering,
                        const char *const *words)
{
    for (; *words != NULL; words++)
        offer(offering, *words, "");
}

/* ---- of the database ---- */

static FILE *open_names(const struct offering *offering)
{
    char path[PATH_MAX];
    FILE *file;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", offering->call->db, SVCT_NAMES_FILE);
    if (svct_plainfile_open(path, &fd, NULL) != 0)
        return NULL;
    file = fdopen(fd, "r");
    if (file == NULL)
        close(fd);
    return file;
}

/* What stands behind each, "" or "/". The file is for all to read, and one look
 * at it is quicker than one at each record; but the line may name the folder of
 * somebody else, and the answer goes to a command line. */
static void offer_names(const struct offering *offering, const char *behind)
{
    char line[SVCT_LOGIN_MAX + 2], text[sizeof(line) + 1];
    FILE *file = open_names(offering);

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, sizeof(text), "%s%s", line, behind);
        if (svct_name_check_login(line) == 0)
            offer(offering, text, "account");
    }
    fclose(file);
}

static void offer_accounts(const struct offering *offering)
{
    offer_names(offering, "");
}

static int offer_token(void *arg, const struct svct_token *token)
{
    const struct offering *offering = arg;
    char text[SVCT_LOGIN_MAX + SVCT_NAME_MAX + 2];

    snprintf(text, sizeof(text), "%s/%s", token->account, token->name);
    offer(offering, text, token->revoked ? "revoked" : token->id);
    return 0;
}

/* Accounts first, then the tokens of one. */
static void offer_tokens(const struct offering *offering)
{
    const char *begun = offering->at->begun, *slash = strchr(begun, '/');
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_account account;
    struct svct_view view;

    if (slash == NULL) {
        offer_names(offering, "/");
        return;
    }
    if ((size_t)(slash - begun) >= sizeof(name))
        return;
    snprintf(name, sizeof(name), "%.*s", (int)(slash - begun), begun);
    if (svct_access_read(offering->call, &view) != SVCT_EXIT_DONE)
        return;
    if (svct_lookup_account(view.snapshot, name, &account) == 0)
        svct_lookup_tokens_of(view.snapshot, &account, offer_token,
                              (void *)(uintptr_t)offering);
    svct_access_done(&view);
}

static void offer_roles(const struct offering *offering)
{
    struct svct_rolelist list;
    struct svct_view view;

    if (svct_access_read(offering->call, &view) != SVCT_EXIT_DONE)
        return;
    if (svct_lookup_rolelist(view.snapshot, &list) == 0) {
        for (size_t i = 0; i < list.count; i++)
            offer(offering, list.name[i], "role");
    }
    svct_access_done(&view);
}

/* ---- of the host ---- */

static void offer_services(const struct offering *offering)
{
    DIR *folder = opendir(PAM_FOLDER);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' &&
            strncmp(entry->d_name, "common-", strlen("common-")) != 0)
            offer(offering, entry->d_name, "PAM service");
    }
    if (folder != NULL)
        closedir(folder);
}

/* ---- of the program ---- */

static void offer_settings(const struct offering *offering)
{
    char text[40];

    for (const struct svct_column *c = svct_policy_columns; c->key; c++) {
        snprintf(text, sizeof(text), "%s=", c->key);
        if (!(c->flags & SVCT_COLUMN_TEXT))
            offer(offering, text, "policy");
    }
}

static void offer_states(const struct offering *offering)
{
    bool tokens = strcmp(offering->at->command->group, "token") == 0;

    offer_words(offering, tokens ? svct_token_states : svct_account_states);
}

static void offer_durations(const struct offering *offering)
{
    static const char *const words[] = {"15m", "1h",  "8h",  "1d",
                                        "7d",  "30d", "90d", NULL};

    offer_words(offering, words);
}

static void offer_times(const struct offering *offering)
{
    static const char *const words[] = {"now", "+1h",  "+8h",
                                        "+7d", "+30d", NULL};

    offer_words(offering, words);
}

/* A new one is the caller's to think of. */
static void offer_name(const struct offering *offering)
{
    const struct svct_complete *at = offering->at;
    const char *name = at->command->name;

    if (at->opt != NULL && strcmp(at->opt->name, "service") == 0)
        offer_services(offering);
    else if (at->opt != NULL || name == NULL || strcmp(name, "create") != 0)
        offer_accounts(offering);
}

static void offer_file(const struct offering *offering)
{
    offer(offering, ":file", "");
}

static void offer_folder(const struct offering *offering)
{
    offer(offering, ":dir", "");
}

static void offer_user(const struct offering *offering)
{
    offer(offering, ":user", "");
}

static void offer_group(const struct offering *offering)
{
    offer(offering, ":group", "");
}

static const struct {
    const char *value;
    void (*offer)(const struct offering *offering);
} kinds[] = {
    {"ACCOUNT", offer_accounts}, {"ACCOUNT/NAME", offer_tokens},
    {"DIR", offer_folder},       {"DURATION", offer_durations},
    {"FILE", offer_file},        {"GLOB", offer_services},
    {"GROUP", offer_group},      {"KEY=VALUE", offer_settings},
    {"NAME", offer_name},        {"PATH", offer_file},
    {"ROLE", offer_roles},       {"SERVICE", offer_services},
    {"STATE", offer_states},     {"TOKEN", offer_tokens},
    {"USER", offer_user},        {"WHEN", offer_times},
};

/* One of those between the bars: what it stands for, or itself. */
static void offer_kind(const struct offering *offering, const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kinds[i].value, kind) == 0)
            kinds[i].offer(offering);
    }
    if (islower((unsigned char)kind[0]))
        offer(offering, kind, "");
}

void svct_completevalue_offer(const struct svct_call *call,
                              const struct svct_complete *at,
                              svct_completevalue_fn *fn, void *arg)
{
    const struct offering offering = {call, at, fn, arg};
    char text[80], *save = NULL;

    snprintf(text, sizeof(text), "%s", at->value);
    if (strcmp(text, "ACCOUNT[/NAME]") == 0) { /* the name is a new one */
        offer_names(&offering, "/");
        return;
    }
    for (char *kind = strtok_r(text, "[]| .", &save); kind != NULL;
         kind = strtok_r(NULL, "[]| .", &save))
        offer_kind(&offering, kind);
}
