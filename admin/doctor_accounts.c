/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_accounts.h"

#include <stdlib.h>
#include <string.h>

#include "auth/lookup.h"
#include "auth/terms.h"
#include "rows.h"

struct reading {
    struct svct_doctor_accounts *accounts;
    int64_t now;
};

/* ---- all ---- */

static struct svct_doctor_owner *next_owner(
    struct svct_doctor_accounts *accounts)
{
    size_t room = accounts->room == 0 ? 64 : accounts->room * 2;
    struct svct_doctor_owner *more;

    if (accounts->owners < accounts->room)
        return &accounts->owner[accounts->owners++];
    more = reallocarray(accounts->owner, room, sizeof(*more));
    if (more == NULL)
        return NULL;
    accounts->owner = more;
    accounts->room = room;
    return &accounts->owner[accounts->owners++];
}

static uint8_t flags_of(const struct reading *reading,
                        const struct svct_account *account)
{
    unsigned flags = 0;

    if (svct_account_state(account, reading->now) != SVCT_ACCOUNT_ACTIVE)
        flags |= SVCT_DOCTOR_CLOSED;
    if (account->sources.count == 0 && !account->sources.local)
        flags |= SVCT_DOCTOR_ANYWHERE;
    if (account->apikey)
        flags |= SVCT_DOCTOR_APIKEY;
    if (svct_terms_is_ending(account->created, account->expires,
                             reading->accounts->policy.warn_before,
                             reading->now))
        flags |= SVCT_DOCTOR_ENDING;
    if (account->tokens > 0)
        flags |= SVCT_DOCTOR_TOKENS;
    return (uint8_t)flags;
}

static int add_owner(struct reading *reading,
                     const struct svct_account *account)
{
    struct svct_doctor_accounts *accounts = reading->accounts;
    const struct svct_role *role =
        svct_doctor_roles_find(&accounts->roles, account->role);
    struct svct_doctor_owner *owner = next_owner(accounts);

    if (owner == NULL)
        return SVCT_E_NOMEM;
    if (role == NULL)
        return SVCT_E_DAMAGED;
    *owner = (struct svct_doctor_owner){
        .flags = flags_of(reading, account),
        .role = (uint8_t)(role - accounts->roles.item)};
    memcpy(owner->name, account->name, sizeof(owner->name));
    return 0;
}

/* ---- reading ---- */

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct reading *reading = arg;
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r == 0)
        r = add_owner(reading, &account);
    if (r < 0 ||
        svct_account_state(&account, reading->now) != SVCT_ACCOUNT_ACTIVE)
        return r;
    reading->accounts->active++;
    return svct_firstof_add(&reading->accounts->sample, &account);
}

static int owner_by_name(const void *a, const void *b)
{
    return strcmp(((const struct svct_doctor_owner *)a)->name,
                  ((const struct svct_doctor_owner *)b)->name);
}

static int account_by_name(const void *a, const void *b)
{
    return strcmp(((const struct svct_account *)a)->name,
                  ((const struct svct_account *)b)->name);
}

static int read_all(const struct svct_snapshot *snapshot,
                    struct reading *reading, struct svct_fault *fault)
{
    struct svct_doctor_accounts *accounts = reading->accounts;
    int r;

    accounts->sample =
        (struct svct_firstof){.size = sizeof(struct svct_account),
                              .most = SVCT_DOCTOR_SAMPLE,
                              .compare = account_by_name};
    r = svct_lookup_policy(snapshot, &accounts->policy);
    if (r == 0)
        r = svct_doctor_roles_read(snapshot, &accounts->roles);
    if (r == 0)
        r = svct_snapshot_each(snapshot, SVCT_KIND_ACCOUNT, see, reading,
                               fault);
    if (r == 0 && accounts->owners > 1)
        qsort(accounts->owner, accounts->owners, sizeof(*accounts->owner),
              owner_by_name);
    if (r == 0)
        svct_firstof_sort(&accounts->sample);
    return r;
}

const struct svct_doctor_accounts *svct_doctor_accounts(
    struct svct_doctor *doctor)
{
    struct reading reading = {.now = doctor->call->now};
    struct svct_fault fault = {0};
    int r;

    if (doctor->accounts != NULL || doctor->accounts_failed ||
        doctor->snapshot == NULL)
        return doctor->accounts;
    reading.accounts = calloc(1, sizeof(*reading.accounts));
    r = reading.accounts == NULL ? SVCT_E_NOMEM
                                 : read_all(doctor->snapshot, &reading, &fault);
    if (r == 0) {
        doctor->accounts = reading.accounts;
    } else {
        doctor->accounts_failed = true;
        svct_doctor_accounts_free(reading.accounts);
        svct_doctor_db_unread(doctor, r, &fault);
    }
    return doctor->accounts;
}

void svct_doctor_accounts_free(struct svct_doctor_accounts *accounts)
{
    if (accounts == NULL)
        return;
    svct_firstof_done(&accounts->sample);
    free(accounts->owner);
    free(accounts);
}

static int with_name(const void *name, const void *owner)
{
    return strcmp(name, ((const struct svct_doctor_owner *)owner)->name);
}

const struct svct_doctor_owner *svct_doctor_accounts_find(
    const struct svct_doctor_accounts *accounts, const char *name)
{
    if (accounts->owners == 0)
        return NULL;
    return bsearch(name, accounts->owner, accounts->owners,
                   sizeof(*accounts->owner), with_name);
}
