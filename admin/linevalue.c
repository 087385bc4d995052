/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "linevalue.h"

#include "auth/role.h"

static void *into(const struct svct_linekey *key, void *base)
{
    return (char *)base + key->offset;
}

/* ---- from JSON: texts ---- */

static int wrong(const struct svct_linekey *key, struct svct_fault *fault,
                 int code, const char *right)
{
    return svct_fault_set(fault, code, 0, "\"%s\" must be %s", key->name,
                          right);
}

static const char *text_right(enum svct_linevalue_type type)
{
    switch (type) {
    case SVCT_VALUE_LOGIN:
        return "a login name in quotes: at most 32 of a-z 0-9 _ -, not "
               "beginning with a digit or -";
    case SVCT_VALUE_NAME:
        return "the name of a token in quotes: at most 64 of A-Z a-z 0-9 . _ "
               "-, beginning with a letter or digit";
    case SVCT_VALUE_ROLE:
        return "the name of a role in quotes: at most 32 of A-Z a-z 0-9 . _ "
               "-, beginning with a letter";
    case SVCT_VALUE_ID:
        return "a token id in quotes: 10 of 0-9 A-Z a-z, as \"svctoken token "
               "hash\" prints it";
    case SVCT_VALUE_PATH:
        return "a path in quotes: at most 256 bytes, beginning with / and "
               "without : and control characters";
    default:
        return NULL;
    }
}

static int check_text(enum svct_linevalue_type type, const char *text)
{
    switch (type) {
    case SVCT_VALUE_LOGIN:
        return svct_name_check_login(text);
    case SVCT_VALUE_NAME:
        return svct_name_check_token(text);
    case SVCT_VALUE_ROLE:
        return svct_name_check_role(text);
    case SVCT_VALUE_ID:
        return svct_token_is_id(text) ? 0 : SVCT_E_SYNTAX;
    case SVCT_VALUE_PATH:
        return svct_name_check_path(text);
    default:
        return svct_name_check_text(text);
    }
}

/* No longer than it may be, and without a NUL. */
static const char *text_of(const json_t *value, size_t most)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) != json_string_length(value) ||
        strlen(text) > most)
        return NULL;
    return text;
}

static int wrong_text(const struct svct_linekey *key, struct svct_fault *fault)
{
    const char *right = text_right(key->type);
    char words[100];

    snprintf(words, sizeof(words),
             "a text in quotes: at most %zu bytes of UTF-8 without control "
             "characters",
             key->size - 1);
    return wrong(key, fault, SVCT_E_SYNTAX, right != NULL ? right : words);
}

static int read_text(const struct svct_linekey *key, const json_t *value,
                     void *base, struct svct_fault *fault)
{
    const char *text = text_of(value, key->size - 1);

    if (text == NULL || check_text(key->type, text) != 0)
        return wrong_text(key, fault);
    memcpy(into(key, base), text, strlen(text) + 1);
    return 0;
}

/* ---- numbers and times ---- */

static uint64_t number_most(enum svct_linevalue_type type)
{
    switch (type) {
    case SVCT_VALUE_U16:
        return UINT16_MAX;
    case SVCT_VALUE_U32:
        return UINT32_MAX;
    case SVCT_VALUE_SECONDS:
        return SVCT_DURATION_MAX;
    default:
        return INT64_MAX;
    }
}

static int read_number(const struct svct_linekey *key, const json_t *value,
                       void *base, struct svct_fault *fault)
{
    uint64_t most = number_most(key->type), number;
    char words[80];

    snprintf(words, sizeof(words), "a whole number from %llu to %llu",
             (unsigned long long)key->least, (unsigned long long)most);
    if (!json_is_integer(value))
        return wrong(key, fault, SVCT_E_SYNTAX, words);
    number = (uint64_t)json_integer_value(value);
    if (json_integer_value(value) < 0 || number < key->least || number > most)
        return wrong(key, fault, SVCT_E_RANGE, words);
    switch (key->type) {
    case SVCT_VALUE_U16:
        *(uint16_t *)into(key, base) = (uint16_t)number;
        break;
    case SVCT_VALUE_U32:
        *(uint32_t *)into(key, base) = (uint32_t)number;
        break;
    case SVCT_VALUE_U64:
        *(uint64_t *)into(key, base) = number;
        break;
    default:
        *(int64_t *)into(key, base) = (int64_t)number;
    }
    return 0;
}

#define UID_WORDS "a whole number from 1000 to 4294967293, not 65534 or 65535"
#define GID_WORDS "a whole number from 1 to 4294967293"

_Static_assert(SVCT_ID_LEAST == 1000 && SVCT_ID_MOST == 4294967293,
               "as the words say");

static bool is_gid(uint32_t number)
{
    return number >= 1 && number <= SVCT_ID_MOST;
}

/* SVCT_E_SYNTAX: no whole number; SVCT_E_RANGE: none that "is_right" takes. */
static int id_of(const json_t *value, bool (*is_right)(uint32_t number),
                 uint32_t *ret_id)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value))
        return SVCT_E_SYNTAX;
    if (number < 0 || number > UINT32_MAX || !is_right((uint32_t)number))
        return SVCT_E_RANGE;
    *ret_id = (uint32_t)number;
    return 0;
}

static int read_id(const struct svct_linekey *key, const json_t *value,
                   void *base, struct svct_fault *fault)
{
    bool uid = key->type == SVCT_VALUE_UID;
    int r = id_of(value, uid ? svct_id_is_usable : is_gid, into(key, base));

    return r == 0 ? 0 : wrong(key, fault, r, uid ? UID_WORDS : GID_WORDS);
}

#define TIME_WORDS "a time in quotes, as \"2027-01-31T12:00:00Z\""

/* Nothing that depends on when it is read. */
static int read_time(const struct svct_linekey *key, const json_t *value,
                     void *base, struct svct_fault *fault)
{
    const char *text = text_of(value, 40);
    const char *right =
        key->type == SVCT_VALUE_END ? TIME_WORDS ", or \"never\"" : TIME_WORDS;
    bool date_only = false;
    int64_t time;
    int r;

    if (text != NULL && key->type == SVCT_VALUE_END &&
        strcmp(text, "never") == 0) {
        *(int64_t *)into(key, base) = SVCT_TIME_NEVER;
        return 0;
    }
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return wrong(key, fault, SVCT_E_SYNTAX, right);
    r = svct_time_parse(text, 0, &time, &date_only);
    if (r != 0 || date_only)
        return wrong(key, fault, r == SVCT_E_RANGE ? r : SVCT_E_SYNTAX, right);
    *(int64_t *)into(key, base) = time;
    return 0;
}

static int read_span(const struct svct_linekey *key, const json_t *value,
                     void *base, struct svct_fault *fault)
{
    const char *text = text_of(value, 40);
    int r = text == NULL ? SVCT_E_SYNTAX
                         : svct_duration_parse(text, into(key, base));

    return r == 0 ? 0
                  : wrong(key, fault, r,
                          "a duration in quotes, as \"90s\", \"8h\" or "
                          "\"30d\"");
}

static int read_flag(const struct svct_linekey *key, const json_t *value,
                     void *base, struct svct_fault *fault)
{
    if (!json_is_boolean(value))
        return wrong(key, fault, SVCT_E_SYNTAX, "true or false");
    *(bool *)into(key, base) = json_is_true(value);
    return 0;
}

/* ---- bytes ---- */

/* Of a hash nobody foretells whether it is the one or the other: no branch. */
static int digit(char c)
{
    unsigned number = (unsigned)c - '0', letter = (unsigned)c - 'a';
    int value = letter < 6 ? (int)letter + 10 : -1;

    return number < 10 ? (int)number : value;
}

static bool from_hex(const char *text, uint8_t *bytes)
{
    for (size_t i = 0; text[2 * i] != '\0'; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static int read_hash(const struct svct_linekey *key, const json_t *value,
                     void *base, struct svct_fault *fault)
{
    const char *text = text_of(value, 2 * SVCT_DIGEST_LEN);
    uint8_t hash[SVCT_DIGEST_LEN];

    if (text == NULL || strlen(text) != sizeof(hash) * 2 ||
        !from_hex(text, hash))
        return wrong(key, fault, SVCT_E_SYNTAX,
                     "a hash in quotes: 64 of 0-9 a-f, as \"svctoken token "
                     "hash\" prints it");
    memcpy(into(key, base), hash, sizeof(hash));
    return 0;
}

/* Fields of a newer program, which nobody here can look into but for their
 * form: what is no such field would damage the record. */
static bool is_fields(const struct svct_extra *extra)
{
    size_t at_byte = 0;

    while (at_byte < extra->len) {
        const uint8_t *field = extra->data + at_byte;
        size_t left = extra->len - at_byte, len;

        if (left < 4 || (field[0] & 0x80) != 0)
            return false;
        len = (size_t)field[2] << 8 | field[3];
        if (left - 4 < len)
            return false;
        at_byte += 4 + len;
    }
    return true;
}

static int read_extra(const struct svct_linekey *key, const json_t *value,
                      void *base, struct svct_fault *fault)
{
    struct svct_extra extra = {.len = 0};
    const char *text = text_of(value, 2 * sizeof(extra.data));

    if (text != NULL && strlen(text) % 2 == 0 && from_hex(text, extra.data)) {
        extra.len = strlen(text) / 2;
        if (is_fields(&extra)) {
            *(struct svct_extra *)into(key, base) = extra;
            return 0;
        }
    }
    return wrong(key, fault, SVCT_E_SYNTAX,
                 "fields of a record in quotes, hexadecimal");
}

/* ---- lists ---- */

static int add_source(const char *word, void *list)
{
    return svct_sources_add(list, word);
}

static int add_glob(const char *word, void *list)
{
    return svct_globs_add(list, word);
}

static int add_group(const char *word, void *list)
{
    struct svct_role *role = list;

    if (svct_name_check_group(word) != 0)
        return SVCT_E_SYNTAX;
    if (svct_role_has_group(role, word))
        return SVCT_E_EXISTS;
    if (role->groups_count == SVCT_GROUPS_MAX)
        return SVCT_E_TOOBIG;
    memcpy(role->groups[role->groups_count++], word, strlen(word) + 1);
    return 0;
}

static int list_wrong(const struct svct_linekey *key, struct svct_fault *fault,
                      int code, size_t index, const char *right)
{
    if (code == SVCT_E_EXISTS)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"%s\" has its entry %zu twice", key->name,
                              index + 1);
    if (code == SVCT_E_TOOBIG)
        return svct_fault_set(fault, code, 0,
                              "\"%s\" has too many entries, or one that is "
                              "too long, at entry %zu",
                              key->name, index + 1);
    if (code == SVCT_E_POLICY)
        code = SVCT_E_SYNTAX;
    return svct_fault_set(fault, code, 0, "entry %zu of \"%s\" must be %s",
                          index + 1, key->name, right);
}

static int read_list(const struct svct_linekey *key, const json_t *value,
                     void *list, int (*add)(const char *word, void *list),
                     const char *right, struct svct_fault *fault)
{
    if (!json_is_array(value))
        return wrong(key, fault, SVCT_E_SYNTAX, "a list: [\"...\", \"...\"]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = text_of(json_array_get(value, i), SVCT_TEXT_MAX);
        int r = word == NULL ? SVCT_E_SYNTAX : add(word, list);

        if (r != 0)
            return list_wrong(key, fault, r, i, right);
    }
    return 0;
}

static bool is_group_id(uint32_t number)
{
    return number == 0 || svct_id_is_usable(number);
}

/* Two groups have two numbers, but all of the host's have 0 here. */
static int add_gid(const json_t *value, struct svct_role *role, size_t index)
{
    uint32_t gid;
    int r = id_of(value, is_group_id, &gid);

    if (r != 0)
        return r;
    for (size_t i = 0; i < index; i++) {
        if (gid != 0 && role->gids[i] == gid)
            return SVCT_E_EXISTS;
    }
    role->gids[index] = gid;
    return 0;
}

static int read_gids(const struct svct_linekey *key, const json_t *value,
                     struct svct_role *role, struct svct_fault *fault)
{
    if (!json_is_array(value))
        return wrong(key, fault, SVCT_E_SYNTAX, "a list: [65536, 0]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        int r = i < SVCT_GROUPS_MAX ? add_gid(json_array_get(value, i), role, i)
                                    : SVCT_E_TOOBIG;

        if (r != 0)
            return list_wrong(key, fault, r, i,
                              UID_WORDS ", or 0 for a group of the host");
    }
    return 0;
}

int svct_linevalue_read(const struct svct_linekey *key, const json_t *value,
                        void *base, struct svct_fault *fault)
{
    switch (key->type) {
    case SVCT_VALUE_FLAG:
        return read_flag(key, value, base, fault);
    case SVCT_VALUE_U16:
    case SVCT_VALUE_U32:
    case SVCT_VALUE_U64:
    case SVCT_VALUE_SECONDS:
        return read_number(key, value, base, fault);
    case SVCT_VALUE_UID:
    case SVCT_VALUE_GID:
        return read_id(key, value, base, fault);
    case SVCT_VALUE_GIDS:
        return read_gids(key, value, into(key, base), fault);
    case SVCT_VALUE_TIME:
    case SVCT_VALUE_END:
        return read_time(key, value, base, fault);
    case SVCT_VALUE_SPAN:
        return read_span(key, value, base, fault);
    case SVCT_VALUE_HASH:
        return read_hash(key, value, base, fault);
    case SVCT_VALUE_EXTRA:
        return read_extra(key, value, base, fault);
    case SVCT_VALUE_SOURCES:
        return read_list(key, value, into(key, base), add_source,
                         "an address, a prefix as \"192.0.2.0/24\" with no "
                         "bit set behind it, or \"local\"",
                         fault);
    case SVCT_VALUE_GLOBS:
        return read_list(key, value, into(key, base), add_glob,
                         "a PAM service or a pattern: at most 32 of A-Z a-z "
                         "0-9 . _ + - * ?",
                         fault);
    case SVCT_VALUE_GROUPS:
        return read_list(key, value, into(key, base), add_group,
                         "the name of a Unix group", fault);
    default:
        return read_text(key, value, base, fault);
    }
}

/* ---- from one line to another ---- */

/* Of what is one piece of memory, in bytes. */
static size_t size_of(const struct svct_linekey *key)
{
    switch (key->type) {
    case SVCT_VALUE_FLAG:
        return sizeof(bool);
    case SVCT_VALUE_U16:
        return sizeof(uint16_t);
    case SVCT_VALUE_U32:
    case SVCT_VALUE_UID:
    case SVCT_VALUE_GID:
        return sizeof(uint32_t);
    case SVCT_VALUE_U64:
    case SVCT_VALUE_SECONDS:
    case SVCT_VALUE_TIME:
    case SVCT_VALUE_END:
    case SVCT_VALUE_SPAN:
        return sizeof(uint64_t);
    case SVCT_VALUE_HASH:
        return SVCT_DIGEST_LEN;
    case SVCT_VALUE_EXTRA:
        return sizeof(struct svct_extra);
    case SVCT_VALUE_SOURCES:
        return sizeof(struct svct_sources);
    case SVCT_VALUE_GLOBS:
        return sizeof(struct svct_globs);
    default:
        return key->size;
    }
}

static void copy_groups(const struct svct_role *from, struct svct_role *to)
{
    to->groups_count = from->groups_count;
    memcpy(to->groups, from->groups, sizeof(to->groups));
}

void svct_linevalue_copy(const struct svct_linekey *key, const void *base,
                         void *other)
{
    const char *from = (const char *)base + key->offset;

    if (key->type == SVCT_VALUE_GROUPS)
        copy_groups((const void *)from, into(key, other));
    else if (key->type == SVCT_VALUE_GIDS)
        memcpy(((struct svct_role *)into(key, other))->gids,
               ((const struct svct_role *)(const void *)from)->gids,
               sizeof(((struct svct_role *)0)->gids));
    else
        memcpy(into(key, other), from, size_of(key));
}

void svct_linevalue_clear(const struct svct_linekey *key, void *base)
{
    struct svct_role *role = into(key, base);

    if (key->type == SVCT_VALUE_GROUPS)
        role->groups_count = 0;
    else if (key->type == SVCT_VALUE_GIDS)
        memset(role->gids, 0, sizeof(role->gids));
    else
        memset(into(key, base), 0, size_of(key));
}
