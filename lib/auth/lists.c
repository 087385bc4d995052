/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/lists.h"

#include <string.h>

#include "auth/fields.h"

#define C SVCT_TAG_CRITICAL

/* Tags: doc/FORMAT.md lists them. A number is never used again. */
enum page_tag {
    PAGE_IDS = 1
};

enum rolelist_tag {
    ROLELIST_NAMES = 1
};

enum slots_tag {
    SLOTS_NEXT = 1,
    SLOTS_FREE = 2
};

/* ---- keys ---- */

struct svct_key svct_key_rolelist(void)
{
    return svct_key_single(SVCT_KIND_ROLELIST);
}

struct svct_key svct_key_slots(void)
{
    return svct_key_single(SVCT_KIND_SLOTS);
}

struct svct_key svct_key_page(const char *account, uint32_t number)
{
    if (svct_name_check_login(account) != 0)
        return svct_key_named(SVCT_KIND_PAGE, NULL);
    return svct_key_numbered(SVCT_KIND_PAGE, account, number);
}

/* ---- page ---- */

int svct_page_decode(struct svct_record *record, struct svct_page *ret)
{
    struct svct_page page = {.count = 0};
    struct svct_field field;
    size_t count;

    if (!svct_record_next(record, &field) || field.tag != PAGE_IDS ||
        field.len == 0 || field.len % SVCT_TOKEN_ID_LEN != 0 ||
        field.len > SVCT_PAGE_IDS * SVCT_TOKEN_ID_LEN)
        return SVCT_E_DAMAGED;
    count = field.len / SVCT_TOKEN_ID_LEN;
    for (size_t i = 0; i < count; i++) {
        memcpy(page.id[i], field.data + i * SVCT_TOKEN_ID_LEN,
               SVCT_TOKEN_ID_LEN);
        if (!svct_token_is_id(page.id[i]))
            return SVCT_E_DAMAGED;
    }
    if (svct_record_next(record, &field))
        return SVCT_E_VERSION;
    page.count = (uint8_t)count;
    *ret = page;
    return 0;
}

void svct_page_encode(const struct svct_page *page,
                      struct svct_record_writer *writer)
{
    uint8_t ids[SVCT_PAGE_IDS * SVCT_TOKEN_ID_LEN];

    svct_record_begin(writer, SVCT_KIND_PAGE);
    if (page->count > SVCT_PAGE_IDS) {
        writer->fields.failed = true;
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        memcpy(ids + i * SVCT_TOKEN_ID_LEN, page->id[i], SVCT_TOKEN_ID_LEN);
    svct_record_put(writer, PAGE_IDS | C, ids,
                    page->count * (size_t)SVCT_TOKEN_ID_LEN);
}

/* ---- list of roles ---- */

static bool is_listed(const struct svct_rolelist *list, size_t before,
                      const char *name)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

int svct_rolelist_decode(struct svct_record *record, struct svct_rolelist *ret)
{
    struct svct_rolelist list = {.count = 0};
    struct svct_field field;

    if (!svct_record_next(record, &field) || field.tag != ROLELIST_NAMES ||
        svct_words_get(&field, list.name, SVCT_ROLES_MAX, &list.count) != 0)
        return SVCT_E_DAMAGED;
    for (size_t i = 0; i < list.count; i++)
        if (svct_name_check_role(list.name[i]) != 0 ||
            is_listed(&list, i, list.name[i]))
            return SVCT_E_DAMAGED;
    if (svct_record_next(record, &field))
        return SVCT_E_VERSION;
    *ret = list;
    return 0;
}

void svct_rolelist_encode(const struct svct_rolelist *list,
                          struct svct_record_writer *writer)
{
    svct_record_begin(writer, SVCT_KIND_ROLELIST);
    svct_words_put(writer, ROLELIST_NAMES | C, list->name, SVCT_ROLES_MAX,
                   list->count);
}

/* ---- slots ---- */

static int get_free_slots(const struct svct_field *field,
                          struct svct_slots *slots)
{
    struct svct_cursor cursor;

    if (field->len % 4 != 0 || field->len / 4 > SVCT_SLOTS_FREE_MAX)
        return SVCT_E_DAMAGED;
    svct_cursor_init(&cursor, field->data, field->len);
    slots->free_count = (uint16_t)(field->len / 4);
    for (size_t i = 0; i < slots->free_count; i++) {
        slots->free[i] = svct_cursor_u32(&cursor);
        if (slots->free[i] == 0 || slots->free[i] >= slots->next)
            return SVCT_E_DAMAGED;
    }
    return 0;
}

int svct_slots_decode(struct svct_record *record, struct svct_slots *ret)
{
    struct svct_slots slots = {.next = 0};
    struct svct_field field;

    if (!svct_record_next(record, &field) || field.tag != SLOTS_NEXT ||
        svct_field_u32(&field, &slots.next) != 0 || slots.next == 0 ||
        slots.next > SVCT_SLOT_MAX + 1)
        return SVCT_E_DAMAGED;
    if (!svct_record_next(record, &field) || field.tag != SLOTS_FREE ||
        get_free_slots(&field, &slots) != 0)
        return SVCT_E_DAMAGED;
    if (svct_record_next(record, &field))
        return SVCT_E_VERSION;
    *ret = slots;
    return 0;
}

void svct_slots_encode(const struct svct_slots *slots,
                       struct svct_record_writer *writer)
{
    uint8_t bytes[SVCT_SLOTS_FREE_MAX * 4];
    struct svct_buf buf;

    svct_record_begin(writer, SVCT_KIND_SLOTS);
    if (slots->free_count > SVCT_SLOTS_FREE_MAX) {
        writer->fields.failed = true;
        return;
    }
    svct_buf_init(&buf, bytes, sizeof bytes);
    for (size_t i = 0; i < slots->free_count; i++)
        svct_buf_put_u32(&buf, slots->free[i]);
    svct_record_put_u64(writer, SLOTS_NEXT | C, slots->next);
    svct_record_put(writer, SLOTS_FREE | C, bytes, buf.len);
}
