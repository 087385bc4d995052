/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "doctor_sample.h"

#include <stdlib.h>
#include <string.h>

#include "rows.h"

struct gathering {
    struct svct_doctor_sample *sample;
    int64_t now;
};

/* Where it belongs; the last one goes where all are taken. */
static int take(struct svct_doctor_sample *sample,
                const struct svct_account *account)
{
    size_t at = sample->count;
    struct svct_account *taken;

    if (at == SVCT_DOCTOR_SAMPLE) {
        if (strcmp(account->name, sample->item[at - 1]->name) > 0)
            return 0;
        taken = sample->item[--at];
    } else {
        taken = malloc(sizeof(*taken));
        if (taken == NULL)
            return SVCT_E_NOMEM;
        sample->count++;
    }
    *taken = *account;
    for (; at > 0 && strcmp(taken->name, sample->item[at - 1]->name) < 0; at--)
        sample->item[at] = sample->item[at - 1];
    sample->item[at] = taken;
    return 0;
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    struct gathering *gathering = arg;
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    (void)key;
    if (r < 0 ||
        svct_account_state(&account, gathering->now) != SVCT_ACCOUNT_ACTIVE)
        return r;
    gathering->sample->active++;
    return take(gathering->sample, &account);
}

const struct svct_doctor_sample *svct_doctor_sample(struct svct_doctor *doctor)
{
    static const struct svct_doctor_sample none = {.count = 0};
    struct gathering gathering = {.now = doctor->call->now};
    struct svct_fault fault = {0};
    int r = 0;

    if (doctor->sample != NULL)
        return doctor->sample;
    gathering.sample = calloc(1, sizeof(*gathering.sample));
    if (gathering.sample == NULL) {
        doctor->findings.nomem = true;
        return &none;
    }
    doctor->sample = gathering.sample;
    if (doctor->snapshot != NULL)
        r = svct_snapshot_each(doctor->snapshot, SVCT_KIND_ACCOUNT, see,
                               &gathering, &fault);
    if (r < 0)
        svct_doctor_db_unread(doctor, r, &fault);
    return doctor->sample;
}

void svct_doctor_sample_free(struct svct_doctor_sample *sample)
{
    if (sample == NULL)
        return;
    for (size_t i = 0; i < sample->count; i++)
        free(sample->item[i]);
    free(sample);
}
