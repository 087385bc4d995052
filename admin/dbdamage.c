/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "dbdamage.h"

#include <stdarg.h>

#include "auth/lookup.h"
#include "auth/role.h"
#include "write/namelist.h"

struct telling {
    struct svct_dbcheck *check;
    const struct svct_snapshot *snapshot;
    uint64_t told;
};

/* Nothing when code is 0. */
static void __attribute__((format(printf, 3, 4)))
tell(struct telling *telling, int code, const char *format, ...)
{
    char sentence[200];
    size_t len;
    va_list args;

    if (code == 0)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    len = strlen(sentence);
    snprintf(sentence + len, sizeof(sentence) - len, ": %s",
             svct_err_text(code));
    telling->told++;
    telling->check->problems++;
    telling->check->report(telling->check->arg, sentence);
}

static void tell_page(struct telling *telling,
                      const struct svct_account *account, uint32_t number)
{
    struct svct_token token;
    struct svct_page page;
    int r = svct_lookup_page(telling->snapshot, account, number, &page);

    tell(telling, r, "the account %s: page %u of its tokens", account->name,
         (unsigned)number);
    for (size_t i = 0; r == 0 && i < page.count; i++)
        tell(telling, svct_lookup_token(telling->snapshot, page.id[i], &token),
             "the token %s of the account %s", page.id[i], account->name);
}

static void tell_account(struct telling *telling, const char *name,
                         bool current)
{
    struct svct_account account;
    int r = svct_lookup_account(telling->snapshot, name, &account);

    if (r == SVCT_E_NOTFOUND && !current)
        return;
    tell(telling, r, "the account %s", name);
    for (uint32_t i = 0; r == 0 && i * SVCT_PAGE_IDS < account.tokens; i++)
        tell_page(telling, &account, i);
}

static bool is_builtin(const char *name)
{
    struct svct_role role;

    for (unsigned i = 0; svct_role_builtin(i, &role); i++) {
        if (strcmp(role.name, name) == 0)
            return true;
    }
    return false;
}

/* The list itself may be what can't be read. */
static void tell_roles(struct telling *telling)
{
    struct svct_rolelist list = {.count = 0};
    struct svct_role role, found;

    tell(telling, svct_lookup_rolelist(telling->snapshot, &list),
         "the list of roles");
    for (unsigned i = 0; svct_role_builtin(i, &role); i++)
        tell(telling, svct_lookup_role(telling->snapshot, role.name, &found),
             "the role %s", role.name);
    for (unsigned i = 0; i < list.count; i++) {
        if (!is_builtin(list.name[i]))
            tell(telling,
                 svct_lookup_role(telling->snapshot, list.name[i], &found),
                 "the role %s", list.name[i]);
    }
}

static void tell_others(struct telling *telling)
{
    struct svct_policy policy;

    tell_roles(telling);
    tell(telling, svct_lookup_policy(telling->snapshot, &policy), "the policy");
}

void svct_dbdamage_tell(struct svct_dbcheck *check,
                        const struct svct_snapshot *snapshot, int dir_fd,
                        bool current)
{
    struct telling telling = {.check = check, .snapshot = snapshot};
    struct svct_namelist list = {0};

    tell_others(&telling);
    if (svct_namelist_read(&list, dir_fd, NULL) == 0) {
        for (size_t i = 0; i < list.count; i++)
            tell_account(&telling, list.name[i], current);
    }
    svct_namelist_done(&list);
    if (telling.told == 0)
        check->report(check->arg,
                      "private.gdbm: which record that is can't be told");
    check->problems += telling.told == 0;
}
