/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "line.h"

#include "auth/role.h"
#include "linevalue.h"
#include "suggest.h"

/* ---- which keys there are ---- */

#define AT(member) offsetof(struct svct_line, member), 0
#define TEXT_AT(member) \
    offsetof(struct svct_line, member), sizeof(((struct svct_line *)0)->member)
#define NEEDED SVCT_KEY_NEEDED
#define ALWAYS SVCT_KEY_ALWAYS
#define BACKUP SVCT_KEY_BACKUP

static const struct svct_linekey header_keys[] = {
    {"format", SVCT_VALUE_TEXT, TEXT_AT(format), NEEDED, 0},
    {"version", SVCT_VALUE_U64, AT(version), NEEDED, 1},
    {"sequence", SVCT_VALUE_U64, AT(sequence), BACKUP, 1},
    {"committed", SVCT_VALUE_TIME, AT(committed), BACKUP | ALWAYS, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct svct_linekey policy_keys[] = {
    {"default_ttl", SVCT_VALUE_SECONDS, AT(policy.default_ttl), NEEDED, 1},
    {"max_ttl", SVCT_VALUE_SECONDS, AT(policy.max_ttl), NEEDED, 0},
    {"allow_no_expiry", SVCT_VALUE_FLAG, AT(policy.allow_no_expiry), NEEDED, 0},
    {"tokens_per_account", SVCT_VALUE_U32, AT(policy.tokens_per_account),
     NEEDED, 0},
    {"warn_before", SVCT_VALUE_SECONDS, AT(policy.warn_before), NEEDED, 0},
    {"uid_min", SVCT_VALUE_UID, AT(policy.id_min), 0, 0},
    {"uid_max", SVCT_VALUE_UID, AT(policy.id_max), 0, 0},
    {"uid_next", SVCT_VALUE_U32, AT(policy.id_next), BACKUP, 1},
    {"extra", SVCT_VALUE_EXTRA, AT(policy.extra), BACKUP, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct svct_linekey role_keys[] = {
    {"name", SVCT_VALUE_ROLE, TEXT_AT(role.name), NEEDED, 0},
    {"place", SVCT_VALUE_U16, AT(role.place), NEEDED, 0},
    {"builtin", SVCT_VALUE_FLAG, AT(role.builtin), 0, 0},
    {"description", SVCT_VALUE_TEXT, TEXT_AT(role.description), 0, 0},
    {"services", SVCT_VALUE_GLOBS, AT(role.allow), 0, 0},
    {"refused", SVCT_VALUE_GLOBS, AT(role.refuse), 0, 0},
    {"groups", SVCT_VALUE_GROUPS, AT(role), 0, 0},
    {"gids", SVCT_VALUE_GIDS, AT(role), 0, 0},
    {"extra", SVCT_VALUE_EXTRA, AT(role.extra), BACKUP, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct svct_linekey account_keys[] = {
    {"name", SVCT_VALUE_LOGIN, TEXT_AT(account.name), NEEDED, 0},
    {"role", SVCT_VALUE_ROLE, TEXT_AT(account.role), ALWAYS, 0},
    {"description", SVCT_VALUE_TEXT, TEXT_AT(account.description), 0, 0},
    {"disabled", SVCT_VALUE_FLAG, AT(account.disabled), 0, 0},
    {"expires", SVCT_VALUE_END, AT(account.expires), ALWAYS, 0},
    {"sources", SVCT_VALUE_SOURCES, AT(account.sources), 0, 0},
    {"apikey", SVCT_VALUE_FLAG, AT(account.apikey), 0, 0},
    {"existing", SVCT_VALUE_FLAG, AT(existing), 0, 0},
    {"uid", SVCT_VALUE_UID, AT(account.uid), 0, 0},
    {"gid", SVCT_VALUE_GID, AT(account.gid), 0, 0},
    {"home", SVCT_VALUE_PATH, TEXT_AT(account.home), 0, 0},
    {"shell", SVCT_VALUE_PATH, TEXT_AT(account.shell), 0, 0},
    {"created", SVCT_VALUE_TIME, AT(account.created), ALWAYS, 0},
    {"created_by", SVCT_VALUE_TEXT, TEXT_AT(account.created_by), ALWAYS, 0},
    {"extra", SVCT_VALUE_EXTRA, AT(account.extra), BACKUP, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct svct_linekey token_keys[] = {
    {"account", SVCT_VALUE_LOGIN, TEXT_AT(token.account), NEEDED, 0},
    {"name", SVCT_VALUE_NAME, TEXT_AT(token.name), 0, 0},
    {"id", SVCT_VALUE_ID, TEXT_AT(token.id), NEEDED, 0},
    {"hash", SVCT_VALUE_HASH, AT(token.hash), NEEDED, 0},
    {"ttl", SVCT_VALUE_SPAN, AT(ttl), 0, 0},
    {"expires", SVCT_VALUE_END, AT(token.expires), ALWAYS, 0},
    {"not_before", SVCT_VALUE_TIME, AT(token.not_before), 0, 0},
    {"role_cap", SVCT_VALUE_ROLE, TEXT_AT(token.cap), 0, 0},
    {"sources", SVCT_VALUE_SOURCES, AT(token.sources), 0, 0},
    {"services", SVCT_VALUE_GLOBS, AT(token.services), 0, 0},
    {"max_uses", SVCT_VALUE_U32, AT(token.max_uses), 0, 1},
    {"disabled", SVCT_VALUE_FLAG, AT(token.disabled), 0, 0},
    {"comment", SVCT_VALUE_TEXT, TEXT_AT(token.comment), 0, 0},
    {"created", SVCT_VALUE_TIME, AT(token.created), ALWAYS, 0},
    {"created_by", SVCT_VALUE_TEXT, TEXT_AT(token.created_by), ALWAYS, 0},
    {"revoked_at", SVCT_VALUE_TIME, AT(token.revoked_at), 0, 0},
    {"revoked_by", SVCT_VALUE_TEXT, TEXT_AT(token.revoked_by), 0, 0},
    {"revoked_reason", SVCT_VALUE_TEXT, TEXT_AT(token.revoked_reason), 0, 0},
    {"former_hash", SVCT_VALUE_HASH, AT(token.former_hash), 0, 0},
    {"former_until", SVCT_VALUE_TIME, AT(token.former_until), 0, 0},
    {"rotated_at", SVCT_VALUE_TIME, AT(token.rotated_at), 0, 0},
    {"rotated_by", SVCT_VALUE_TEXT, TEXT_AT(token.rotated_by), 0, 0},
    {"slot", SVCT_VALUE_U32, AT(token.slot), BACKUP, 1},
    {"uses", SVCT_VALUE_U32, AT(usage.uses), BACKUP, 0},
    {"last_used", SVCT_VALUE_TIME, AT(usage.last_used), BACKUP, 0},
    {"last_service", SVCT_VALUE_TEXT, TEXT_AT(usage.service), BACKUP, 0},
    {"last_rhost", SVCT_VALUE_TEXT, TEXT_AT(usage.rhost), BACKUP, 0},
    {"extra", SVCT_VALUE_EXTRA, AT(token.extra), BACKUP, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct svct_linekey end_keys[] = {
    {"lines", SVCT_VALUE_U64, AT(lines), NEEDED | ALWAYS, 0},
    {"digest", SVCT_VALUE_HASH, AT(digest), BACKUP, 0},
    {NULL, SVCT_VALUE_TEXT, 0, 0, 0, 0},
};

static const struct kind {
    const char *name;
    const struct svct_linekey *keys;
} kinds[] = {
    [SVCT_LINE_NONE] = {"", NULL},
    [SVCT_LINE_HEADER] = {"header", header_keys},
    [SVCT_LINE_POLICY] = {"policy", policy_keys},
    [SVCT_LINE_ROLE] = {"role", role_keys},
    [SVCT_LINE_ACCOUNT] = {"account", account_keys},
    [SVCT_LINE_TOKEN] = {"token", token_keys},
    [SVCT_LINE_END] = {"end", end_keys},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- reading ---- */

static int find_kind(const json_t *object, struct svct_line *line,
                     struct svct_fault *fault)
{
    const char *name = json_string_value(json_object_get(object, "kind"));

    for (size_t i = 1; name != NULL && i < KINDS; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            line->kind = (enum svct_line_kind)i;
            return 0;
        }
    }
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "\"kind\" must be \"account\" or \"token\"; in an "
                          "export also \"header\", \"policy\", \"role\" and "
                          "\"end\"");
}

#define KEY_SHOWN 32 /* bytes; what is longer may be anything */

/* What may hold a secret is not repeated. */
static int unknown_key(const char *name, const struct svct_line *line,
                       struct svct_fault *fault)
{
    const struct kind *kind = &kinds[line->kind];
    struct svct_suggest suggest;
    char text[4 * KEY_SHOWN + 8];

    if (strstr(name, SVCT_TOKEN_PREFIX) != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a token stands where a key belongs: revoke it, "
                              "a file is no place for one");
    if (strlen(name) > KEY_SHOWN)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a line of kind \"%s\" has no key of %zu bytes",
                              kind->name, strlen(name));
    svct_suggest_init(&suggest, name);
    for (const struct svct_linekey *key = kind->keys; key->name != NULL; key++)
        svct_suggest_offer(&suggest, key->name);
    svct_name_escape(text, sizeof(text), name);
    if (suggest.best != NULL)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a line of kind \"%s\" has no key \"%s\"; did "
                              "you mean \"%s\"?",
                              kind->name, text, suggest.best);
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "a line of kind \"%s\" has no key \"%s\"", kind->name,
                          text);
}

int svct_line_read(struct svct_line *line, const char *name,
                   const json_t *value, struct svct_fault *fault)
{
    const struct svct_linekey *keys = kinds[line->kind].keys;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            line->given |= UINT64_C(1) << i;
            return svct_linevalue_read(&keys[i], value, line, fault);
        }
    }
    return unknown_key(name, line, fault);
}

static int check_needed(const struct svct_line *line, struct svct_fault *fault)
{
    const struct kind *kind = &kinds[line->kind];

    for (size_t i = 0; kind->keys[i].name != NULL; i++) {
        if ((kind->keys[i].flags & NEEDED) &&
            (line->given >> i & UINT64_C(1)) == 0)
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "a line of kind \"%s\" must have \"%s\"",
                                  kind->name, kind->keys[i].name);
    }
    return 0;
}

bool svct_line_given(const struct svct_line *line, const char *key)
{
    const struct svct_linekey *keys = kinds[line->kind].keys;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if ((line->given >> i & UINT64_C(1)) != 0 &&
            strcmp(keys[i].name, key) == 0)
            return true;
    }
    return false;
}

const struct svct_linekey *svct_line_keys(enum svct_line_kind kind)
{
    return kinds[kind].keys;
}

const char *svct_line_kind_name(enum svct_line_kind kind)
{
    return kinds[kind].name;
}

void svct_line_clear(struct svct_line *line, const char *name)
{
    const struct svct_linekey *keys = kinds[line->kind].keys;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        line->given |= UINT64_C(1) << i;
        svct_linevalue_clear(&keys[i], line);
    }
}

void svct_line_merge(const struct svct_line *line, struct svct_line *onto)
{
    const struct svct_linekey *keys = kinds[line->kind].keys;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if ((line->given >> i & UINT64_C(1)) != 0)
            svct_linevalue_copy(&keys[i], line, onto);
    }
    onto->given = line->given;
}

const char *svct_line_backup_key(const struct svct_line *line)
{
    const struct svct_linekey *keys = kinds[line->kind].keys;

    for (size_t i = 0; keys[i].name != NULL; i++) {
        if ((keys[i].flags & BACKUP) && (line->given >> i & UINT64_C(1)) != 0)
            return keys[i].name;
    }
    return NULL;
}

/* ---- keys that go together ---- */

static int check_revoked(struct svct_line *line, struct svct_fault *fault)
{
    line->token.revoked = svct_line_given(line, "revoked_at");
    if (!line->token.revoked && (svct_line_given(line, "revoked_by") ||
                                 svct_line_given(line, "revoked_reason")))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"revoked_by\" and \"revoked_reason\" belong "
                              "to \"revoked_at\", which lacks");
    return 0;
}

static int check_rotated(struct svct_line *line, struct svct_fault *fault)
{
    bool hash = svct_line_given(line, "former_hash");
    bool until = svct_line_given(line, "former_until");
    bool rotated = svct_line_given(line, "rotated_at");

    line->token.rotated = hash && until && rotated;
    if (line->token.rotated ||
        !(hash || until || rotated || svct_line_given(line, "rotated_by")))
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "\"former_hash\", \"former_until\" and "
                          "\"rotated_at\" go together, and \"rotated_by\" "
                          "belongs to them: one lacks");
}

static int check_token(struct svct_line *line, struct svct_fault *fault)
{
    int r = check_revoked(line, fault);

    if (r == 0)
        r = check_rotated(line, fault);
    if (r != 0)
        return r;
    if (svct_line_given(line, "ttl") && svct_line_given(line, "expires"))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"ttl\" and \"expires\" contradict each "
                              "other: give one");
    if (svct_line_given(line, "expires") &&
        line->token.not_before >= line->token.expires)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "\"not_before\" must be before \"expires\"");
    if (!svct_line_given(line, "name"))
        memcpy(line->token.name, line->token.id, sizeof(line->token.id));
    return 0;
}

/* Those of a Unix user of the host are the host's. */
static int check_account(const struct svct_line *line, struct svct_fault *fault)
{
    static const char *const keys[] = {"uid", "gid", "home", "shell"};

    for (size_t i = 0; line->existing && i < sizeof(keys) / sizeof(*keys);
         i++) {
        if (svct_line_given(line, keys[i]))
            return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                                  "\"existing\" and \"%s\" contradict each "
                                  "other: a Unix user of the host has what "
                                  "the host says; give one",
                                  keys[i]);
    }
    return 0;
}

static int check_policy(const struct svct_line *line, struct svct_fault *fault)
{
    if (svct_line_given(line, "uid_min") != svct_line_given(line, "uid_max"))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"uid_min\" and \"uid_max\" go together: one "
                              "lacks");
    if (line->policy.id_min > line->policy.id_max)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "\"uid_max\" must not be less than \"uid_min\"");
    return 0;
}

/* The list of gids has no length of its own in a role. */
static int check_gids(const struct svct_line *line, size_t gids,
                      struct svct_fault *fault)
{
    if (!svct_line_given(line, "gids") || gids == line->role.groups_count)
        return 0;
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "\"gids\" must have as many entries as \"groups\", "
                          "in the same order: %zu stand there, and %u groups",
                          gids, (unsigned)line->role.groups_count);
}

static int check_header(const struct svct_line *line, struct svct_fault *fault)
{
    bool backup = strcmp(line->format, SVCT_LINE_BACKUP) == 0;

    if (!backup && strcmp(line->format, SVCT_LINE_EXPORT) != 0)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "\"format\" must be \"%s\" or \"%s\"",
                              SVCT_LINE_EXPORT, SVCT_LINE_BACKUP);
    if (line->version != SVCT_LINE_VERSION)
        return svct_fault_set(fault, SVCT_E_RANGE, 0,
                              "\"version\" is %llu, of a newer svctoken: this "
                              "one reads %d",
                              (unsigned long long)line->version,
                              SVCT_LINE_VERSION);
    if (backup && !(svct_line_given(line, "sequence") &&
                    svct_line_given(line, "committed")))
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "the header of a backup must have \"sequence\" "
                              "and \"committed\"");
    return 0;
}

int svct_line_check(struct svct_line *line, size_t gids,
                    struct svct_fault *fault)
{
    switch (line->kind) {
    case SVCT_LINE_HEADER:
        return check_header(line, fault);
    case SVCT_LINE_POLICY:
        return check_policy(line, fault);
    case SVCT_LINE_ROLE:
        return check_gids(line, gids, fault);
    case SVCT_LINE_ACCOUNT:
        return check_account(line, fault);
    case SVCT_LINE_TOKEN:
        return check_token(line, fault);
    default:
        return 0;
    }
}

/* ---- a whole line ---- */

static int read_object(json_t *object, struct svct_line *line,
                       struct svct_fault *fault)
{
    const char *name;
    json_t *value;
    int r = find_kind(object, line, fault);

    if (r != 0)
        return r;
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "kind") == 0)
            continue;
        r = svct_line_read(line, name, value, fault);
        if (r != 0)
            return r;
    }
    r = check_needed(line, fault);
    if (r != 0)
        return r;
    return svct_line_check(
        line, json_array_size(json_object_get(object, "gids")), fault);
}

/* jansson repeats what stands near: "near '...'" is left out. */
static int json_fault(const json_error_t *error, struct svct_fault *fault)
{
    char text[sizeof(error->text)];
    char *near;

    if (json_error_code(error) == json_error_out_of_memory)
        return svct_fault_set(fault, SVCT_E_NOMEM, 0, "out of memory");
    if (json_error_code(error) == json_error_duplicate_key)
        return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                              "a key is given twice, the second time before "
                              "column %d",
                              error->column);
    snprintf(text, sizeof(text), "%s", error->text);
    near = strstr(text, " near ");
    if (near != NULL)
        *near = '\0';
    for (char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                          "that is no JSON object on one line (%s at column "
                          "%d); for example {\"kind\":\"account\","
                          "\"name\":\"deploy\"}",
                          text, error->column);
}

void svct_line_begin(struct svct_line *line, enum svct_line_kind kind)
{
    *line = (struct svct_line){.kind = kind,
                               .account = {.expires = SVCT_TIME_NEVER}};
    memcpy(line->account.role, SVCT_ROLE_VIEWER, sizeof(SVCT_ROLE_VIEWER));
}

int svct_line_parse(const char *text, size_t len, struct svct_line *ret_line,
                    struct svct_fault *fault)
{
    struct svct_line line;
    json_error_t error;
    json_t *object;
    int r;

    if (len > SVCT_LINE_MAX)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0,
                              "the line is too long: %d bytes are the most",
                              SVCT_LINE_MAX);
    object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return json_fault(&error, fault);
    svct_line_begin(&line, SVCT_LINE_NONE);
    if (json_is_object(object))
        r = read_object(object, &line, fault);
    else
        r = svct_fault_set(fault, SVCT_E_SYNTAX, 0,
                           "a line must be one JSON object: {\"kind\":...}");
    json_decref(object);
    if (r == 0)
        *ret_line = line;
    return r;
}

void svct_line_put(struct svct_line *line, enum svct_line_kind kind,
                   const void *record)
{
    svct_line_begin(line, kind);
    switch (kind) {
    case SVCT_LINE_POLICY:
        line->policy = *(const struct svct_policy *)record;
        break;
    case SVCT_LINE_ROLE:
        line->role = *(const struct svct_role *)record;
        break;
    case SVCT_LINE_ACCOUNT:
        line->account = *(const struct svct_account *)record;
        line->existing = line->account.uid == 0;
        break;
    case SVCT_LINE_TOKEN:
        line->token = *(const struct svct_token *)record;
        break;
    default:
        break;
    }
}

/* ---- writing ---- */

static bool is_written(const struct svct_linekey *key,
                       const struct svct_line *line, bool backup)
{
    if ((key->flags & BACKUP) && !backup)
        return false;
    if (line->kind == SVCT_LINE_TOKEN) {
        const char *name = key->name;

        /* That they are there says it, also with a time of 0. */
        if (strcmp(name, "revoked_at") == 0)
            return line->token.revoked;
        if (strcmp(name, "former_hash") == 0 ||
            strcmp(name, "former_until") == 0 ||
            strcmp(name, "rotated_at") == 0)
            return line->token.rotated;
        if (strcmp(name, "ttl") == 0)
            return false;
    }
    return (key->flags & (ALWAYS | NEEDED)) ||
           !svct_linevalue_is_empty(key, line);
}

int svct_line_format(const struct svct_line *line, bool backup, char *out,
                     size_t size, size_t *ret_len, struct svct_fault *fault)
{
    const struct kind *kind = &kinds[line->kind];
    struct svct_buf buf;
    char start[32];
    int r;

    svct_buf_init(&buf, out, size);
    snprintf(start, sizeof(start), "{\"kind\":\"%s\"", kind->name);
    svct_buf_put(&buf, start, strlen(start));
    for (const struct svct_linekey *key = kind->keys; key->name != NULL;
         key++) {
        if (!is_written(key, line, backup))
            continue;
        svct_buf_put_u8(&buf, ',');
        svct_linevalue_quote(&buf, key->name);
        svct_buf_put_u8(&buf, ':');
        r = svct_linevalue_write(key, line, &buf);
        if (r != 0)
            return svct_fault_set(fault, r, 0,
                                  "\"%s\" of a record is no text of UTF-8 "
                                  "without control characters",
                                  key->name);
    }
    svct_buf_put(&buf, "}\n", 3);
    if (buf.failed || buf.len > SVCT_LINE_MAX + 2)
        return svct_fault_set(fault, SVCT_E_TOOBIG, 0, "a line gets too long");
    *ret_len = buf.len - 1;
    return 0;
}
