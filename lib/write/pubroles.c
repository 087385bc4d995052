/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "write/pubroles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/publook.h"
#include "write/publish.h"

int svct_pubroles_fault(struct svct_fault *fault, int code, const char *what,
                        const char *name)
{
    return svct_fault_set(fault, code, 0, "the public record of the %s %s: %s",
                          what, name, svct_err_text(code));
}

static const struct svct_snapshot *view_of(const struct svct_txn *txn)
{
    return svct_txn_view(txn, SVCT_PART_PUBLIC);
}

/* ---- records ---- */

static int store_page(struct svct_txn *txn, const char *role, uint32_t number,
                      const struct svct_pubpage *page, struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubpage(role, number);
    struct svct_record_writer writer;

    svct_pubpage_encode(page, &writer);
    return svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
}

static int fetch_page(const struct svct_txn *txn, const char *role,
                      uint32_t number, struct svct_pubpage *ret_page,
                      struct svct_fault *fault)
{
    int r = svct_publook_page(view_of(txn), role, number, ret_page);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    return r == 0 ? 0 : svct_pubroles_fault(fault, r, "members of", role);
}

/* One that was in memory alone is not there. */
static int delete_record(struct svct_txn *txn, const struct svct_key *key,
                         struct svct_fault *fault)
{
    int r = svct_txn_delete(txn, SVCT_PART_PUBLIC, key, fault);

    return r == SVCT_E_NOTFOUND ? 0 : r;
}

/* ---- in memory ---- */

static uint32_t last_number(const struct svct_pubrole *role)
{
    return (role->members - 1) / SVCT_PUBPAGE_NAMES;
}

static int store_last(struct svct_txn *txn, struct svct_pubstate *state,
                      struct svct_fault *fault)
{
    int r = 0;

    if (state->page_dirty)
        r = store_page(txn, state->role.name, last_number(&state->role),
                       &state->last, fault);
    if (r == 0)
        state->page_dirty = false;
    return r;
}

static int store_role(struct svct_txn *txn, struct svct_pubstate *state,
                      struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubrole(state->role.name);
    struct svct_record_writer writer;
    int r;

    if (!state->dirty)
        return 0;
    if (state->role.members == 0 && state->role.groups_count == 0) {
        r = delete_record(txn, &key, fault);
    } else {
        svct_pubrole_encode(&state->role, &writer);
        r = svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
    }
    if (r == 0)
        state->dirty = false;
    return r;
}

int svct_pubroles_settle(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_publishwork *work = svct_txn_publish(txn);
    int r = 0;

    for (size_t i = 0; r == 0 && i < work->count; i++) {
        r = store_last(txn, work->state[i], fault);
        if (r == 0)
            r = store_role(txn, work->state[i], fault);
    }
    return r;
}

void svct_pubroles_done(struct svct_publishwork *work)
{
    for (size_t i = 0; i < work->count; i++)
        free(work->state[i]);
    work->count = 0;
}

/* Roles may come and go: there are never more of them at once. */
static int make_room(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_publishwork *work = svct_txn_publish(txn);
    int r;

    if (work->count < SVCT_PUBLISHWORK_ROLES)
        return 0;
    r = svct_pubroles_settle(txn, fault);
    if (r == 0)
        svct_pubroles_done(work);
    return r;
}

static int load(struct svct_txn *txn, const char *name,
                struct svct_pubstate *state, struct svct_fault *fault)
{
    int r = svct_publook_role(view_of(txn), name, &state->role);

    state->stored = r == 0;
    if (r == SVCT_E_NOTFOUND) {
        snprintf(state->role.name, sizeof state->role.name, "%s", name);
        r = 0;
    }
    return r == 0 ? 0 : svct_pubroles_fault(fault, r, "role", name);
}

int svct_pubroles_get(struct svct_txn *txn, const char *name,
                      struct svct_pubstate **ret_state,
                      struct svct_fault *fault)
{
    struct svct_publishwork *work = svct_txn_publish(txn);
    struct svct_pubstate *state;
    int r;

    for (size_t i = 0; i < work->count; i++) {
        if (strcmp(work->state[i]->role.name, name) == 0) {
            *ret_state = work->state[i];
            return 0;
        }
    }
    r = make_room(txn, fault);
    if (r != 0)
        return r;
    state = calloc(1, sizeof *state);
    if (state == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = load(txn, name, state, fault);
    if (r != 0) {
        free(state);
        return r;
    }
    work->state[work->count++] = state;
    *ret_state = state;
    return 0;
}

int svct_pubroles_forget(struct svct_txn *txn, struct svct_pubstate *state,
                         struct svct_fault *fault)
{
    struct svct_publishwork *work = svct_txn_publish(txn);
    int r;

    state->dirty = true;
    r = store_role(txn, state, fault);
    for (size_t i = 0; r == 0 && i < work->count; i++) {
        if (work->state[i] != state)
            continue;
        free(state);
        work->state[i] = work->state[--work->count];
        break;
    }
    return r;
}

/* ---- members ---- */

static int know_last(struct svct_txn *txn, struct svct_pubstate *state,
                     struct svct_fault *fault)
{
    const struct svct_pubrole *role = &state->role;
    struct svct_pubpage page = {.count = 0};
    int r = 0;

    if (state->page_known)
        return 0;
    if (role->members > 0) {
        r = fetch_page(txn, role->name, last_number(role), &page, fault);
        if (r == 0 &&
            page.count != (role->members - 1) % SVCT_PUBPAGE_NAMES + 1)
            r = svct_pubroles_fault(fault, SVCT_E_DAMAGED, "members of",
                                    role->name);
    }
    if (r != 0)
        return r;
    state->last = page;
    state->page_known = true;
    return 0;
}

int svct_pubroles_append(struct svct_txn *txn, struct svct_pubstate *state,
                         const char *name, uint32_t *ret_member,
                         struct svct_fault *fault)
{
    struct svct_pubpage *last = &state->last;
    int r = know_last(txn, state, fault);

    if (r == 0 && last->count == SVCT_PUBPAGE_NAMES)
        r = store_last(txn, state, fault);
    if (r != 0)
        return r;
    if (last->count == SVCT_PUBPAGE_NAMES)
        last->count = 0;
    snprintf(last->names[last->count++], sizeof last->names[0], "%s", name);
    *ret_member = state->role.members++;
    state->dirty = state->page_dirty = true;
    return 0;
}

/* The record of the member that got another place. */
static int move_user(struct svct_txn *txn, const char *name, uint32_t member,
                     struct svct_fault *fault)
{
    struct svct_key key = svct_key_pubuser(name);
    struct svct_record_writer writer;
    struct svct_pubuser user;
    int r = svct_publook_user(view_of(txn), name, &user);

    if (r == SVCT_E_NOTFOUND)
        r = SVCT_E_DAMAGED;
    if (r != 0)
        return svct_pubroles_fault(fault, r, "user", name);
    user.member = member;
    svct_pubuser_encode(&user, &writer);
    return svct_txn_store(txn, SVCT_PART_PUBLIC, &key, &writer, fault);
}

/* Puts the last name, which stays in the last page, in the place as well. */
static int fill_place(struct svct_txn *txn, struct svct_pubstate *state,
                      const char *name, uint32_t member,
                      struct svct_fault *fault)
{
    const char *role = state->role.name;
    const char *filler = state->last.names[state->last.count - 1];
    uint32_t number = member / SVCT_PUBPAGE_NAMES;
    bool in_last = number == last_number(&state->role);
    struct svct_pubpage other, *page = in_last ? &state->last : &other;
    char *place = page->names[member % SVCT_PUBPAGE_NAMES];
    int r = in_last ? 0 : fetch_page(txn, role, number, &other, fault);

    if (r == 0 && strcmp(place, name) != 0)
        r = svct_pubroles_fault(fault, SVCT_E_DAMAGED, "members of", role);
    if (r != 0 || place == filler)
        return r;
    memcpy(place, filler, sizeof page->names[0]);
    if (!in_last)
        r = store_page(txn, role, number, page, fault);
    return r == 0 ? move_user(txn, filler, member, fault) : r;
}

/* The last page has one less; the one before is the last when it is empty. */
static int shorten(struct svct_txn *txn, struct svct_pubstate *state,
                   struct svct_fault *fault)
{
    struct svct_key key =
        svct_key_pubpage(state->role.name, last_number(&state->role));
    int r = 0;

    state->last.count--;
    if (state->last.count == 0)
        r = delete_record(txn, &key, fault);
    state->page_dirty = state->page_known = state->last.count > 0;
    state->role.members--;
    state->dirty = true;
    return r;
}

int svct_pubroles_remove(struct svct_txn *txn, struct svct_pubstate *state,
                         const char *name, uint32_t member,
                         struct svct_fault *fault)
{
    int r;

    if (member >= state->role.members)
        return svct_pubroles_fault(fault, SVCT_E_DAMAGED, "members of",
                                   state->role.name);
    r = know_last(txn, state, fault);
    if (r == 0)
        r = fill_place(txn, state, name, member, fault);
    return r == 0 ? shorten(txn, state, fault) : r;
}
