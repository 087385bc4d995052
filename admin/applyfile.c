/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "applyfile.h"

#include <stdlib.h>

#include "auth/timefmt.h"
#include "linevalue.h"
#include "suggest.h"
#include "write/bulknames.h"

/* ---- which keys there are ---- */

#define LINE 1u   /* a key of a line (line.h), with the same values */
#define NONE 2u   /* may be null */
#define NEEDED 4u /* must be there */
#define SPAN 8u   /* seconds, or a duration as text */

struct key {
    const char *name;
    unsigned flags;
};

static const struct key top_keys[] = {
    {"version", 0}, {"policy", 0}, {"roles", 0}, {"accounts", 0}, {NULL, 0},
};

static const struct key policy_keys[] = {
    {"default_ttl", LINE | SPAN},
    {"max_ttl", LINE | SPAN | NONE},
    {"allow_no_expiry", LINE},
    {"tokens_per_account", LINE},
    {"warn_before", LINE | SPAN | NONE},
    {"uid_min", LINE},
    {"uid_max", LINE},
    {NULL, 0},
};

static const struct key role_keys[] = {
    {"name", LINE | NEEDED},
    {"place", LINE},
    {"above", 0},
    {"builtin", LINE},
    {"description", LINE},
    {"services", LINE},
    {"refused", LINE},
    {"groups", LINE},
    {"gids", LINE},
    {NULL, 0},
};

static const struct key account_keys[] = {
    {"name", LINE | NEEDED},
    {"role", LINE},
    {"description", LINE},
    {"disabled", LINE},
    {"expires", LINE | NONE},
    {"sources", LINE},
    {"apikey", LINE},
    {"existing", LINE},
    {"uid", LINE},
    {"gid", LINE},
    {"home", LINE},
    {"shell", LINE},
    {"tokens", 0},
    {NULL, 0},
};

static const struct key token_keys[] = {
    {"name", LINE | NEEDED},
    {"hash", LINE},
    {"id", LINE},
    {"generate", 0},
    {"expires", LINE | NONE},
    {"ttl", LINE},
    {"not_before", LINE | NONE},
    {"role_cap", LINE | NONE},
    {"sources", LINE},
    {"services", LINE},
    {"max_uses", LINE | NONE},
    {"disabled", LINE},
    {"comment", LINE},
    {"revoked", 0},
    {"revoked_reason", LINE},
    {NULL, 0},
};

static const struct form {
    const char *what; /* for people */
    const struct key *keys;
} forms[] = {
    [SVCT_LINE_NONE] = {"the file", top_keys},
    [SVCT_LINE_POLICY] = {"a policy", policy_keys},
    [SVCT_LINE_ROLE] = {"a role", role_keys},
    [SVCT_LINE_ACCOUNT] = {"an account", account_keys},
    [SVCT_LINE_TOKEN] = {"a token", token_keys},
};

/* ---- at work ---- */

struct reading {
    struct svct_applyscan scan;
    struct svct_applyplace place; /* of the object at work */
    svct_applyfile_report_fn *report;
    svct_applyfile_visit_fn *visit; /* NULL while it is read first */
    void *arg;
    struct svct_applyfile *file;  /* to be filled; NULL in a walk */
    struct svct_bulknames tokens; /* names of one account's */
    struct svct_applywant want;   /* the object at work */
    bool wrong;                   /* something of it was reported */
    bool ended;                   /* no more can be read */
};

/* key: appended to the path; NULL: the object itself. */
static void tell_at(struct reading *reading, uint64_t line, const char *key,
                    const struct svct_fault *fault)
{
    struct svct_applyplace place = reading->place;
    size_t len = strlen(place.path);

    place.line = line;
    if (key != NULL)
        snprintf(place.path + len, sizeof(place.path) - len, ".%s", key);
    if (place.path[0] == '\0')
        place.path[0] = '.';
    reading->wrong = true;
    if (reading->file != NULL)
        reading->file->faults++;
    reading->report(reading->arg, &place, fault);
}

/* What can't be gone on from. */
static int end_at(struct reading *reading, int code,
                  const struct svct_fault *fault)
{
    reading->ended = true;
    if (code == SVCT_E_SYNTAX)
        tell_at(reading, reading->scan.line, NULL, fault);
    return code;
}

/* ---- keys ---- */

#define KEY_SHOWN 32 /* bytes; what is longer may be anything */

static int index_of(const struct key *keys, const char *name)
{
    for (int i = 0; keys[i].name != NULL; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return i;
    }
    return -1;
}

static bool is_line_key(enum svct_line_kind kind, const char *name)
{
    const struct svct_linekey *keys = svct_line_keys(kind);

    for (; keys != NULL && keys->name != NULL; keys++) {
        if (strcmp(keys->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_secret(const char *name)
{
    static const char *const names[] = {"token", "secret", "password"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static int unknown_near(const struct form *form, const char *name,
                        struct svct_fault *fault)
{
    struct svct_suggest suggest;
    char text[4 * KEY_SHOWN + 8];

    svct_suggest_init(&suggest, name);
    for (const struct key *key = form->keys; key->name != NULL; key++)
        svct_suggest_offer(&suggest, key->name);
    svct_name_escape(text, sizeof(text), name);
    if (suggest.best != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "%s has no key \"%s\"; did you mean \"%s\"?",
                              form->what, text, suggest.best);
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s has no key \"%s\"",
                          form->what, text);
}

/* What may hold a secret is not repeated. */
static int unknown_key(enum svct_line_kind kind, const char *name,
                       struct svct_fault *fault)
{
    const struct form *form = &forms[kind];

    if (strstr(name, SVCT_TOKEN_PREFIX) != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a token stands where a key belongs: revoke it, "
                              "a file is no place for one");
    if (strlen(name) > KEY_SHOWN)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "%s has no key of %zu bytes", form->what,
                              strlen(name));
    if (kind == SVCT_LINE_TOKEN && is_secret(name))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a secret has no place in a file: give \"hash\" "
                              "and \"id\", or \"generate\"");
    if (is_line_key(kind, name))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"%s\" is not for a file to say: leave it out",
                              name);
    return unknown_near(form, name, fault);
}

/* ---- values ---- */

static bool has_control(const struct svct_applypiece *piece)
{
    for (size_t i = 0; i < piece->len; i++) {
        if ((unsigned char)piece->text[i] < ' ')
            return true;
    }
    return false;
}

/* Why jansson does not take it, in words that tell what it would take. */
static const char *wrong_json(const struct svct_applypiece *piece,
                              const json_error_t *error)
{
    bool text = piece->len > 0 && piece->text[0] == '"';

    switch (json_error_code(error)) {
    case json_error_numeric_overflow:
        return "that number is too big: at most 9223372036854775807";
    case json_error_invalid_utf8:
        return "that is not UTF-8: save the file so";
    case json_error_null_character:
        return "a text can't hold \\u0000";
    default:
        break;
    }
    if (text && has_control(piece))
        return "a text can't hold a control character as it is: a tab is "
               "\"\\t\"";
    if (text)
        return "behind \"\\\" in a text stands one of \" \\ / b f n r t, or u "
               "and four hexadecimal digits; a \"\\\" itself is \"\\\\\"";
    return "that is no value of JSON: a text in quotes, a number, true, "
           "false, null, or a list";
}

/* A piece as JSON; 0 and NULL when it is none. */
static int decode(const struct svct_applypiece *piece, json_t **ret_value,
                  struct svct_fault *fault)
{
    json_error_t error;

    *ret_value = NULL;
    if (piece->len > SVCT_LINE_MAX)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                              "the value is too long: %d bytes are the most",
                              SVCT_LINE_MAX);
    *ret_value = json_loadb(piece->text, piece->len,
                            JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (*ret_value != NULL)
        return 0;
    if (json_error_code(&error) == json_error_out_of_memory)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0, "%s",
                          wrong_json(piece, &error));
}

/* It is shown, and control characters have no place there. */
static bool is_path(const char *text)
{
    uint32_t point = 0;

    if (text[0] != '/' || strlen(text) > SVCT_APPLYFILE_PATH_MAX)
        return false;
    while (*text != '\0') {
        if (!svct_name_next_point(&text, &point) || svct_name_is_control(point))
            return false;
    }
    return true;
}

static int read_path(const json_t *value, char *path, struct svct_fault *fault)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) != json_string_length(value) ||
        !is_path(text))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"generate\" must be an absolute path in "
                              "quotes, of at most %d bytes and without "
                              "control characters",
                              SVCT_APPLYFILE_PATH_MAX);
    memcpy(path, text, strlen(text) + 1);
    return 0;
}

static int read_above(const json_t *value, char *above,
                      struct svct_fault *fault)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) != json_string_length(value) ||
        svct_name_check_role(text) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"above\" must be the name of a role in "
                              "quotes");
    memcpy(above, text, strlen(text) + 1);
    return 0;
}

static int read_revoked(const json_t *value, struct svct_applywant *want,
                        struct svct_fault *fault)
{
    if (!json_is_boolean(value))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"revoked\" must be true or false");
    want->revoked = json_is_true(value);
    if (want->revoked)
        svct_line_clear(&want->line, "revoked_at");
    return 0;
}

/* "30d", or "none"; the bounds are svct_line_read's to know. */
static int read_duration(const struct key *key, const json_t *value,
                         struct svct_line *line, struct svct_fault *fault)
{
    const char *text = json_string_value(value);
    int64_t seconds = 0;
    json_t *number;
    int r = 0;

    if (!((key->flags & NONE) && strcmp(text, "none") == 0))
        r = svct_duration_parse(text, &seconds);
    if (r != 0)
        return svct_fault_set(fault, r, 0,
                              "\"%s\" must be a whole number of seconds, or a "
                              "duration in quotes, as \"8h\" or \"30d\"%s",
                              key->name,
                              key->flags & NONE ? ", or \"none\"" : "");
    number = json_integer(seconds);
    if (number == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    r = svct_line_read(line, key->name, number, fault);
    json_decref(number);
    return r;
}

static int read_null(const struct key *key, struct svct_line *line)
{
    svct_line_clear(line, key->name);
    if (strcmp(key->name, "expires") != 0)
        return 0;
    line->account.expires = SVCT_TIME_NEVER;
    line->token.expires = SVCT_TIME_NEVER;
    return 0;
}

static int read_value(const struct key *key, const json_t *value,
                      struct svct_applywant *want, struct svct_fault *fault)
{
    if ((key->flags & NONE) && json_is_null(value))
        return read_null(key, &want->line);
    if ((key->flags & SPAN) && json_is_string(value))
        return read_duration(key, value, &want->line, fault);
    if (key->flags & LINE)
        return svct_line_read(&want->line, key->name, value, fault);
    if (strcmp(key->name, "generate") == 0)
        return read_path(value, want->generate, fault);
    if (strcmp(key->name, "above") == 0)
        return read_above(value, want->above, fault);
    return read_revoked(value, want, fault);
}

static int read_version(const json_t *value, struct svct_fault *fault)
{
    if (json_is_integer(value) &&
        json_integer_value(value) == SVCT_APPLYFILE_VERSION)
        return 0;
    return svct_fault_set(fault, SVCT_E_RANGE, 0,
                          "\"version\" must be %d: this svctoken reads no "
                          "other",
                          SVCT_APPLYFILE_VERSION);
}

/* ---- an object ---- */

/* Where what comes in its turn begins: a list of tokens; the parts. */
struct later {
    bool given;
    struct svct_applyscan scan;
};

struct object {
    const struct form *form;
    struct later later[SVCT_APPLYPARTS];
    size_t gids;   /* entries of that key */
    unsigned seen; /* keys, by their place in the form */
};

/* Those that are read later, or -1. */
static int later_index(const struct form *form, const char *name)
{
    static const char *const parts[SVCT_APPLYPARTS] = {
        [SVCT_APPLYPART_POLICY] = "policy",
        [SVCT_APPLYPART_ROLES] = "roles",
        [SVCT_APPLYPART_ACCOUNTS] = "accounts"};

    if (form->keys == account_keys)
        return strcmp(name, "tokens") == 0 ? 0 : -1;
    for (int i = 0; form->keys == top_keys && i < SVCT_APPLYPARTS; i++) {
        if (strcmp(name, parts[i]) == 0)
            return i;
    }
    return -1;
}

static int take_value(struct reading *reading, struct object *object,
                      const struct key *key,
                      const struct svct_applypiece *piece,
                      struct svct_fault *fault)
{
    json_t *value;
    int r = decode(piece, &value, fault);

    if (r != 0)
        return r;
    if (object->form->keys == top_keys)
        r = read_version(value, fault);
    else
        r = read_value(key, value, &reading->want, fault);
    if (strcmp(key->name, "gids") == 0)
        object->gids = json_array_size(value);
    json_decref(value);
    return r;
}

/* One key and its value, which the scan stands before. */
static int take_member(struct reading *reading, struct object *object,
                       enum svct_line_kind kind, const char *name,
                       uint64_t line)
{
    int index = index_of(object->form->keys, name);
    struct svct_fault fault = {0};
    struct svct_applyscan before = reading->scan;
    struct svct_applypiece piece;
    int later, r = svct_applyscan_value(&reading->scan, &piece, &fault);

    if (r != 0)
        return end_at(reading, r, &fault);
    if (index < 0) {
        unknown_key(kind, name, &fault);
        tell_at(reading, line, NULL, &fault);
        return 0;
    }
    if (object->seen >> index & 1) {
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0, "\"%s\" is given twice", name);
        tell_at(reading, line, name, &fault);
        return 0;
    }
    object->seen |= 1u << index;
    later = later_index(object->form, name);
    if (later >= 0) {
        object->later[later] = (struct later){true, before};
        return 0;
    }
    r = take_value(reading, object, &object->form->keys[index], &piece, &fault);
    if (r == SVCT_E_NOMEM)
        return r;
    if (r != 0)
        tell_at(reading, piece.line, name, &fault);
    return 0;
}

static int take_key(struct reading *reading, struct object *object,
                    enum svct_line_kind kind)
{
    struct svct_fault fault = {0};
    struct svct_applypiece piece;
    json_t *name;
    int r = svct_applyscan_key(&reading->scan, &piece, &fault);

    if (r == 0)
        r = decode(&piece, &name, &fault);
    if (r != 0)
        return end_at(reading, r == SVCT_E_NOMEM ? r : SVCT_E_SYNTAX, &fault);
    r = take_member(reading, object, kind, json_string_value(name), piece.line);
    json_decref(name);
    return r;
}

static void check_needed(struct reading *reading, const struct object *object)
{
    const struct key *keys = object->form->keys;
    struct svct_fault fault = {0};

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if (!(keys[i].flags & NEEDED) || (object->seen >> i & 1))
            continue;
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0, "%s must have \"%s\"",
                       object->form->what, keys[i].name);
        tell_at(reading, reading->place.line, NULL, &fault);
    }
}

/* kind: SVCT_LINE_NONE is the whole. Whether something of it is wrong is told
 * by reading->wrong. */
static int read_object(struct reading *reading, enum svct_line_kind kind,
                       struct object *ret_object)
{
    struct object object = {.form = &forms[kind]};
    struct svct_fault fault = {0};
    bool first = true, got = false;
    int r;

    reading->wrong = false;
    reading->want = (struct svct_applywant){.tokens = false};
    svct_line_begin(&reading->want.line, kind);
    svct_applyscan_peek(&reading->scan);
    reading->place.line = reading->scan.line;
    r = svct_applyscan_enter(&reading->scan, '{', &fault);
    if (r != 0)
        return end_at(reading, r, &fault);
    for (;;) {
        r = svct_applyscan_next(&reading->scan, '}', &first, &got, &fault);
        if (r != 0)
            return end_at(reading, r, &fault);
        if (!got)
            break;
        r = take_key(reading, &object, kind);
        if (r != 0)
            return r;
    }
    check_needed(reading, &object);
    *ret_object = object;
    return 0;
}

/* ---- keys that go together ---- */

static int check_token(const struct svct_applywant *want,
                       struct svct_fault *fault)
{
    bool hash = svct_line_given(&want->line, "hash");
    bool id = svct_line_given(&want->line, "id");

    if (hash != id)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"hash\" and \"id\" go together, as "
                              "\"svctoken token hash\" prints them: \"%s\" "
                              "lacks",
                              hash ? "id" : "hash");
    if (hash && want->generate[0] != '\0')
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"hash\" and \"generate\" contradict each "
                              "other: give one");
    if (!want->revoked && svct_line_given(&want->line, "revoked_reason"))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"revoked_reason\" belongs to \"revoked\": "
                              "true, which lacks");
    return 0;
}

static int check_role(const struct svct_applywant *want,
                      struct svct_fault *fault)
{
    if (want->above[0] == '\0' || !svct_line_given(&want->line, "place"))
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "\"place\" and \"above\" contradict each other: "
                          "give one");
}

static void check_object(struct reading *reading, const struct object *object)
{
    struct svct_applywant *want = &reading->want;
    struct svct_fault fault = {0};
    int r = 0;

    if (reading->wrong)
        return;
    if (want->line.kind == SVCT_LINE_TOKEN)
        r = check_token(want, &fault);
    if (want->line.kind == SVCT_LINE_ROLE)
        r = check_role(want, &fault);
    if (r == 0)
        r = svct_line_check(&want->line, object->gids, &fault);
    if (r != 0)
        tell_at(reading, reading->place.line, NULL, &fault);
}

static int visit(struct reading *reading)
{
    return reading->visit == NULL || reading->wrong
               ? 0
               : reading->visit(reading->arg, &reading->place, &reading->want);
}

/* ---- lists ---- */

typedef int element_fn(struct reading *reading, size_t index, void *arg);

/* What is wrong with the list itself, and not within an element. */
static int end_list(struct reading *reading, const char *list, int code,
                    const struct svct_fault *fault)
{
    size_t len = strlen(reading->place.path);

    snprintf(reading->place.path + len, sizeof(reading->place.path) - len,
             ".%s", list);
    return end_at(reading, code, fault);
}

/* Each element of the list of that key that the scan stands before. */
static int read_list(struct reading *reading, const char *list,
                     element_fn *element, void *arg)
{
    struct svct_applyplace place = reading->place;
    struct svct_fault fault = {0};
    bool first = true, got = false;
    int r;

    svct_applyscan_peek(&reading->scan);
    reading->place.line = reading->scan.line;
    r = svct_applyscan_enter(&reading->scan, '[', &fault);
    if (r != 0)
        return end_list(reading, list, r, &fault);
    for (size_t i = 0;; i++) {
        reading->place = place;
        r = svct_applyscan_next(&reading->scan, ']', &first, &got, &fault);
        if (r != 0)
            return end_list(reading, list, r, &fault);
        if (!got)
            return 0;
        r = element(reading, i, arg);
        if (r != 0)
            return r;
    }
}

static void set_path(struct reading *reading, const char *list, size_t index)
{
    size_t len = strlen(reading->place.path);

    snprintf(reading->place.path + len, sizeof(reading->place.path) - len,
             ".%s[%zu]", list, index);
}

/* ---- roles ---- */

/* A name is taken once. */
static int note_role(struct reading *reading)
{
    const char *name = reading->want.line.role.name;
    struct svct_applyfile *file = reading->file;
    struct svct_fault fault = {0};

    if (file == NULL || reading->wrong)
        return 0;
    if (svct_applyfile_has_role(file, name))
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0, "the role %s is given twice",
                       name);
    else if (file->roles == SVCT_ROLES_MAX)
        svct_fault_set(&fault, SVCT_E_TOOBIG, 0, "more than %d roles",
                       SVCT_ROLES_MAX);
    else
        memcpy(file->role[file->roles++], name, strlen(name) + 1);
    if (fault.code != 0)
        tell_at(reading, reading->place.line, NULL, &fault);
    return 0;
}

static int read_role(struct reading *reading, size_t index, void *arg)
{
    struct object object;
    int r;

    (void)arg;
    set_path(reading, "roles", index);
    r = read_object(reading, SVCT_LINE_ROLE, &object);
    if (r != 0)
        return r;
    check_object(reading, &object);
    note_role(reading);
    return visit(reading);
}

/* ---- accounts and tokens ---- */

static int note_token(struct reading *reading)
{
    const char *name = reading->want.line.token.name;
    struct svct_fault fault = {0};
    int r;

    if (reading->file == NULL || reading->wrong)
        return 0;
    r = svct_bulknames_add(&reading->tokens, name);
    if (r == SVCT_E_NOMEM)
        return r;
    if (r == SVCT_E_EXISTS)
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0,
                       "the token %s is given twice in this account", name);
    else if (r != 0)
        svct_fault_set(&fault, SVCT_E_TOOBIG, 0,
                       "more than %d tokens of one account",
                       SVCT_TOKENS_PER_ACCOUNT_MAX);
    if (r != 0)
        tell_at(reading, reading->place.line, NULL, &fault);
    return 0;
}

/* arg: the name of its account; "" when that is not known. */
static int read_token(struct reading *reading, size_t index, void *arg)
{
    const char *account = arg;
    struct object object;
    int r;

    set_path(reading, "tokens", index);
    r = read_object(reading, SVCT_LINE_TOKEN, &object);
    if (r != 0)
        return r;
    memcpy(reading->want.line.token.account, account, strlen(account) + 1);
    check_object(reading, &object);
    r = note_token(reading);
    return r == 0 ? visit(reading) : r;
}

/* Sorted, and held against each other, when all are there. */
static int note_account(struct reading *reading, size_t index)
{
    struct svct_applyfile *file = reading->file;
    struct svct_applyfile_name *more;
    size_t room;

    if (file == NULL || reading->wrong)
        return 0;
    if (file->accounts == file->accounts_room) {
        room = file->accounts_room == 0 ? 64 : file->accounts_room * 2;
        more = reallocarray(file->account, room, sizeof(*more));
        if (more == NULL)
            return SVCT_E_NOMEM;
        file->account = more;
        file->accounts_room = room;
    }
    more = &file->account[file->accounts++];
    *more = (struct svct_applyfile_name){.index = (uint32_t)index,
                                         .line = reading->place.line};
    memcpy(more->name, reading->want.line.account.name, sizeof(more->name));
    return 0;
}

static int read_tokens(struct reading *reading, const struct object *object,
                       char *account)
{
    struct svct_applyscan behind = reading->scan;
    int r;

    if (!object->later[0].given)
        return 0;
    svct_bulknames_clear(&reading->tokens);
    reading->scan = object->later[0].scan;
    r = read_list(reading, "tokens", read_token, account);
    if (r == 0)
        reading->scan = behind;
    return r;
}

static int read_account(struct reading *reading, size_t index, void *arg)
{
    char name[SVCT_LOGIN_MAX + 1];
    struct object object;
    int r;

    (void)arg;
    set_path(reading, "accounts", index);
    r = read_object(reading, SVCT_LINE_ACCOUNT, &object);
    if (r != 0)
        return r;
    reading->want.tokens = object.later[0].given;
    check_object(reading, &object);
    memcpy(name, reading->want.line.account.name, sizeof(name));
    r = note_account(reading, index);
    if (r == 0)
        r = visit(reading);
    return r == 0 ? read_tokens(reading, &object, name) : r;
}

/* ---- the whole ---- */

static int read_part(struct reading *reading, enum svct_applypart part)
{
    struct object object;
    int r;

    switch (part) {
    case SVCT_APPLYPART_POLICY:
        memcpy(reading->place.path, ".policy", sizeof(".policy"));
        r = read_object(reading, SVCT_LINE_POLICY, &object);
        if (r != 0)
            return r;
        check_object(reading, &object);
        return visit(reading);
    case SVCT_APPLYPART_ROLES:
        return read_list(reading, "roles", read_role, NULL);
    case SVCT_APPLYPART_ACCOUNTS:
    default:
        return read_list(reading, "accounts", read_account, NULL);
    }
}

/* Some editors write one, and nobody sees it. */
static bool has_mark(const struct svct_applyscan *scan)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t len = strlen(marks[i]);

        if (scan->len >= len && memcmp(scan->text, marks[i], len) == 0)
            return true;
    }
    return false;
}

/* The object as a whole: where its parts are. */
static int read_top(struct reading *reading)
{
    struct svct_fault fault = {0};
    struct object object;
    int r;

    if (has_mark(&reading->scan)) {
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0,
                       "the file begins with a byte order mark: save it as "
                       "UTF-8 without one");
        return end_at(reading, SVCT_E_SYNTAX, &fault);
    }
    r = read_object(reading, SVCT_LINE_NONE, &object);
    if (r != 0)
        return r;
    if (!svct_applyscan_ended(&reading->scan)) {
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0,
                       "the file must be one object, and something follows "
                       "it");
        return end_at(reading, SVCT_E_SYNTAX, &fault);
    }
    for (int i = 0; i < SVCT_APPLYPARTS; i++) {
        reading->file->part[i] = (struct svct_applyfile_part){
            object.later[i].given, object.later[i].scan};
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct svct_applyfile_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static void sort_accounts(struct reading *reading)
{
    struct svct_applyfile *file = reading->file;
    struct svct_fault fault = {0};

    if (file->accounts > 1)
        qsort(file->account, file->accounts, sizeof(*file->account), by_name);
    for (size_t i = 1; i < file->accounts; i++) {
        const struct svct_applyfile_name *one = &file->account[i];

        if (strcmp(one->name, one[-1].name) != 0)
            continue;
        svct_fault_set(&fault, SVCT_E_SYNTAX, 0,
                       "the account %s is given twice, before in line %llu",
                       one->name, (unsigned long long)one[-1].line);
        reading->place.path[0] = '\0';
        set_path(reading, "accounts", one->index);
        tell_at(reading, one->line, NULL, &fault);
    }
}

static int read_all(struct reading *reading)
{
    int r = read_top(reading);

    for (int i = 0; r == 0 && i < SVCT_APPLYPARTS; i++) {
        if (!reading->file->part[i].given)
            continue;
        reading->scan = reading->file->part[i].scan;
        reading->place = (struct svct_applyplace){.line = 0};
        r = read_part(reading, (enum svct_applypart)i);
    }
    if (r == 0 || r == SVCT_E_SYNTAX)
        sort_accounts(reading);
    return r;
}

int svct_applyfile_read(const char *text, size_t len,
                        svct_applyfile_report_fn *report, void *arg,
                        struct svct_applyfile *ret_file)
{
    struct svct_applyfile file = {.text = text, .len = len};
    struct reading *reading = calloc(1, sizeof(*reading));
    int r;

    if (reading == NULL)
        return SVCT_E_NOMEM;
    reading->report = report;
    reading->arg = arg;
    reading->file = &file;
    svct_applyscan_init(&reading->scan, text, len);
    r = read_all(reading);
    svct_bulknames_done(&reading->tokens);
    free(reading);
    if (r == SVCT_E_NOMEM) {
        svct_applyfile_done(&file);
        return r;
    }
    *ret_file = file; /* what else was wrong was reported */
    return 0;
}

void svct_applyfile_done(struct svct_applyfile *file)
{
    free(file->account);
    *file = (struct svct_applyfile){.text = NULL};
}

/* There is nothing to be reported in a file that was read without. */
static void ignore(void *arg, const struct svct_applyplace *place,
                   const struct svct_fault *fault)
{
    (void)arg;
    (void)place;
    (void)fault;
}

int svct_applyfile_walk(const struct svct_applyfile *file,
                        enum svct_applypart part,
                        svct_applyfile_visit_fn *visitor, void *arg)
{
    struct reading *reading;
    int r;

    if (!file->part[part].given)
        return 0;
    reading = calloc(1, sizeof(*reading));
    if (reading == NULL)
        return SVCT_E_NOMEM;
    reading->report = ignore;
    reading->visit = visitor;
    reading->arg = arg;
    reading->scan = file->part[part].scan;
    r = read_part(reading, part);
    free(reading);
    return r;
}

bool svct_applyfile_has_account(const struct svct_applyfile *file,
                                const char *name)
{
    size_t low = 0, high = file->accounts;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, file->account[middle].name);

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool svct_applyfile_has_role(const struct svct_applyfile *file,
                             const char *name)
{
    for (size_t i = 0; i < file->roles; i++) {
        if (strcmp(file->role[i], name) == 0)
            return true;
    }
    return false;
}
