/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "policy.h"

#include "access.h"
#include "base/parse.h"
#include "policyrange.h"
#include "say.h"
#include "suggest.h"
#include "write/change_policy.h"

/* ---- keys ---- */

enum kind {
    KIND_SPAN,  /* seconds; as 8h */
    KIND_LIMIT, /* the same, or none, which is 0 */
    KIND_FLAG,
    KIND_COUNT,
    KIND_RANGE /* of uids; both ends in one number */
};

enum {
    DEFAULT_TTL,
    MAX_TTL,
    ALLOW_NO_EXPIRY,
    TOKENS_PER_ACCOUNT,
    WARN_BEFORE,
    UID_RANGE,
    KEYS
};

static const struct {
    const char *name;
    enum kind kind;
    int64_t least;
    int64_t most;
} keys[KEYS] = {
    [DEFAULT_TTL] = {"default_ttl", KIND_SPAN, SVCT_POLICY_TTL_MIN,
                     SVCT_POLICY_TTL_MAX},
    [MAX_TTL] = {"max_ttl", KIND_LIMIT, SVCT_POLICY_TTL_MIN,
                 SVCT_POLICY_TTL_MAX},
    [ALLOW_NO_EXPIRY] = {"allow_no_expiry", KIND_FLAG, 0, 1},
    [TOKENS_PER_ACCOUNT] = {"tokens_per_account", KIND_COUNT,
                            SVCT_POLICY_TOKENS_MIN, SVCT_POLICY_TOKENS_MAX},
    [WARN_BEFORE] = {"warn_before", KIND_LIMIT, 1, SVCT_POLICY_WARN_MAX},
    [UID_RANGE] = {"uid_range", KIND_RANGE, SVCT_ID_LEAST, SVCT_ID_MOST},
};

static int64_t pack(const struct svct_idrange *range)
{
    return (int64_t)((uint64_t)range->min << 32 | range->max);
}

static struct svct_idrange unpack(int64_t value)
{
    return (struct svct_idrange){.min = (uint32_t)((uint64_t)value >> 32),
                                 .max = (uint32_t)value};
}

static int64_t get_range(const struct svct_policy *policy)
{
    struct svct_idrange range = svct_policyrange_get(policy);

    return pack(&range);
}

static void put_range(struct svct_policy *policy, int64_t value)
{
    struct svct_idrange range = unpack(value);

    policy->id_min = range.min;
    policy->id_max = range.max;
}

static int64_t get(const struct svct_policy *policy, size_t key)
{
    switch (key) {
    case DEFAULT_TTL:
        return policy->default_ttl;
    case MAX_TTL:
        return policy->max_ttl;
    case ALLOW_NO_EXPIRY:
        return policy->allow_no_expiry;
    case TOKENS_PER_ACCOUNT:
        return policy->tokens_per_account;
    case UID_RANGE:
        return get_range(policy);
    default:
        return policy->warn_before;
    }
}

static void put(struct svct_policy *policy, size_t key, int64_t value)
{
    switch (key) {
    case DEFAULT_TTL:
        policy->default_ttl = value;
        break;
    case MAX_TTL:
        policy->max_ttl = value;
        break;
    case ALLOW_NO_EXPIRY:
        policy->allow_no_expiry = value != 0;
        break;
    case TOKENS_PER_ACCOUNT:
        policy->tokens_per_account = (uint32_t)value;
        break;
    case UID_RANGE:
        put_range(policy, value);
        break;
    default:
        policy->warn_before = value;
    }
}

/* ---- values as text ---- */

static char *format(char *out, size_t size, size_t key, int64_t value)
{
    if (keys[key].kind == KIND_FLAG)
        snprintf(out, size, "%s", value != 0 ? "yes" : "no");
    else if (keys[key].kind == KIND_RANGE)
        snprintf(out, size, "%lu-%lu", (unsigned long)unpack(value).min,
                 (unsigned long)unpack(value).max);
    else if (keys[key].kind == KIND_COUNT)
        snprintf(out, size, "%lld", (long long)value);
    else if (keys[key].kind == KIND_LIMIT && value == 0)
        snprintf(out, size, "none");
    else
        svct_duration_format(out, size, value);
    return out;
}

char *svct_policy_value(char *out, size_t size,
                        const struct svct_policy *policy, const char *name)
{
    for (size_t key = 0; key < KEYS; key++) {
        if (strcmp(keys[key].name, name) == 0)
            return format(out, size, key, get(policy, key));
    }
    snprintf(out, size, "%s", "");
    return out;
}

/* "1m to 36600d, or none" */
static const char *range(char *out, size_t size, size_t key)
{
    char least[32], most[32];

    if (keys[key].kind == KIND_FLAG)
        snprintf(out, size, "yes or no");
    else if (keys[key].kind == KIND_RANGE)
        snprintf(out, size,
                 "MIN-MAX, both from %lu to %lu and not 65534 or 65535",
                 (unsigned long)SVCT_ID_LEAST, (unsigned long)SVCT_ID_MOST);
    else
        snprintf(out, size, "%s to %s%s",
                 format(least, sizeof(least), key, keys[key].least),
                 format(most, sizeof(most), key, keys[key].most),
                 keys[key].kind == KIND_LIMIT ? ", or none" : "");
    return out;
}

static int parse_value(size_t key, const char *text, int64_t *ret_value)
{
    struct svct_idrange range;
    uint64_t number;
    int r;

    switch (keys[key].kind) {
    case KIND_FLAG:
        *ret_value = strcmp(text, "yes") == 0;
        return *ret_value == 1 || strcmp(text, "no") == 0 ? 0 : SVCT_E_SYNTAX;
    case KIND_COUNT:
        r = svct_parse_number(text, (uint64_t)keys[key].least,
                              (uint64_t)keys[key].most, &number);
        if (r == 0)
            *ret_value = (int64_t)number;
        return r;
    case KIND_RANGE:
        r = svct_idrange_parse(text, &range);
        if (r == 0)
            *ret_value = pack(&range);
        return r;
    default:
        if (keys[key].kind == KIND_LIMIT && strcmp(text, "none") == 0) {
            *ret_value = 0;
            return 0;
        }
        r = svct_duration_parse(text, ret_value);
        if (r == 0 &&
            (*ret_value < keys[key].least || *ret_value > keys[key].most))
            r = SVCT_E_RANGE;
        return r;
    }
}

static int bad_value(const struct svct_call *call, size_t key, const char *text,
                     int code)
{
    static const char *const forms[] = {
        [KIND_SPAN] = "no duration: give as 90m, 8h or 30d,",
        [KIND_LIMIT] = "no duration: give as 90m, 8h or 30d,",
        [KIND_FLAG] = "neither yes nor no: give",
        [KIND_COUNT] = "no number: give",
        [KIND_RANGE] = "no range: give",
    };
    char words[80];

    range(words, sizeof(words), key);
    if (code == SVCT_E_POLICY)
        return svct_say_usage(call, "%s: %s begins above its end: give %s",
                              keys[key].name, svct_say_quote(text).text, words);
    if (code == SVCT_E_RANGE)
        return svct_say_usage(call, "%s: %s is out of range: give %s",
                              keys[key].name, svct_say_quote(text).text, words);
    return svct_say_usage(call, "%s: %s is %s %s", keys[key].name,
                          svct_say_quote(text).text, forms[keys[key].kind],
                          words);
}

/* ---- what is asked for ---- */

struct wish {
    bool given[KEYS];
    int64_t value[KEYS];
};

static int no_key(const struct svct_call *call, const char *name)
{
    char words[100] = "";
    struct svct_suggest suggest;
    size_t len = 0;

    svct_suggest_init(&suggest, name);
    for (size_t key = 0; key < KEYS; key++) {
        svct_suggest_offer(&suggest, keys[key].name);
        len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s",
                                key > 0 ? ", " : "", keys[key].name);
    }
    if (suggest.best != NULL)
        return svct_say_usage(call, "no key %s; did you mean %s?",
                              svct_say_quote(name).text, suggest.best);
    return svct_say_usage(call, "no key %s; there are: %s",
                          svct_say_quote(name).text, words);
}

static int read_word(const struct svct_call *call, const char *word,
                     struct wish *wish)
{
    const char *equals = strchr(word, '=');
    char name[40];
    size_t key;
    int r;

    if (equals == NULL)
        return svct_say_usage(call,
                              "%s is no KEY=VALUE: give as max_ttl=30d, "
                              "without blanks",
                              svct_say_quote(word).text);
    snprintf(name, sizeof(name), "%.*s",
             (int)(equals - word < 39 ? equals - word : 39), word);
    for (key = 0; key < KEYS && strcmp(keys[key].name, name) != 0; key++)
        ;
    if (key == KEYS)
        return no_key(call, name);
    if (wish->given[key])
        return svct_say_usage(call, "%s is given twice", name);
    r = parse_value(key, equals + 1, &wish->value[key]);
    if (r < 0)
        return bad_value(call, key, equals + 1, r);
    wish->given[key] = true;
    return SVCT_EXIT_DONE;
}

static int read_wish(const struct svct_call *call, struct wish *wish)
{
    int r = SVCT_EXIT_DONE;

    for (size_t i = 0; r == SVCT_EXIT_DONE && i < call->opts.operands; i++)
        r = read_word(call, svct_opts_operand(&call->opts, i), wish);
    return r;
}

/* A maximum that tokens without expiry do not have to keep would be none: who
 * has one and says nothing of them has it so. */
static void apply(const struct wish *wish, struct svct_policy *policy)
{
    for (size_t key = 0; key < KEYS; key++) {
        if (wish->given[key])
            put(policy, key, wish->value[key]);
    }
    if (policy->max_ttl > 0 && !wish->given[ALLOW_NO_EXPIRY])
        policy->allow_no_expiry = false;
}

/* ---- what it changes ---- */

static void audit_change(struct svct_audit *audit, size_t key, int64_t old,
                         int64_t value)
{
    char before[40], after[40];

    svct_audit_change(audit, keys[key].name,
                      format(before, sizeof(before), key, old),
                      format(after, sizeof(after), key, value));
}

/* Returns how many values differ. */
static size_t audit_set(struct svct_audit *audit, const struct svct_policy *old,
                        const struct svct_policy *policy)
{
    size_t changes = 0;

    svct_audit_begin(audit, "policy-set");
    for (size_t key = 0; key < KEYS; key++) {
        if (get(old, key) == get(policy, key))
            continue;
        audit_change(audit, key, get(old, key), get(policy, key));
        changes++;
    }
    return changes;
}

static void say_changes(const struct svct_policy *old,
                        const struct svct_policy *policy,
                        const struct wish *wish)
{
    char before[40], after[40];

    for (size_t key = 0; key < KEYS; key++) {
        if (get(old, key) == get(policy, key))
            continue;
        svct_say("%s is %s now, was %s%s", keys[key].name,
                 format(after, sizeof(after), key, get(policy, key)),
                 format(before, sizeof(before), key, get(old, key)),
                 wish->given[key] ? "" : ": it does not go with a max_ttl");
    }
}

/* ---- what is there and would not be allowed any more ---- */

struct beyond {
    const struct svct_policy *policy;
    int64_t now;
    uint64_t tokens;   /* that live longer; ended ones not counted */
    uint64_t accounts; /* that have more tokens */
};

static int count_token(struct beyond *beyond, struct svct_record *record)
{
    struct svct_token token;
    int r = svct_token_decode(record, &token);

    if (r == 0 && !token.revoked && token.expires > beyond->now &&
        svct_change_policy_lifetime(beyond->policy,
                                    svct_change_policy_since(&token),
                                    token.expires, NULL) < 0)
        beyond->tokens++;
    return r;
}

static int count_account(struct beyond *beyond, struct svct_record *record)
{
    struct svct_account account;
    int r = svct_account_decode(record, &account);

    if (r == 0 && account.tokens > beyond->policy->tokens_per_account)
        beyond->accounts++;
    return r;
}

static int count(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    switch (key->data[0]) {
    case SVCT_KIND_ACCOUNT:
        return count_account(arg, record);
    case SVCT_KIND_TOKEN:
        return count_token(arg, record);
    default:
        return 0;
    }
}

/* After the commit: nobody waits for this. The policy is set whatever comes of
 * it. False: it can't be told. */
static bool find_beyond(const struct svct_call *call, struct beyond *beyond)
{
    struct svct_fault fault = {0};
    struct svct_view view;
    int r;

    if (svct_access_read(call, &view) != SVCT_EXIT_DONE)
        return false;
    r = svct_snapshot_each(view.snapshot, 0, count, beyond, &fault);
    svct_access_done(&view);
    if (r < 0)
        svct_say_fault(call, r, &fault);
    return r == 0;
}

static void say_beyond(const struct beyond *beyond)
{
    bool one = beyond->tokens == 1;

    if (beyond->tokens > 0)
        svct_say("%llu token%s live%s longer than that and stay%s as %s; "
                 "revoke %s to end %s",
                 (unsigned long long)beyond->tokens, one ? "" : "s",
                 one ? "s" : "", one ? "s" : "", one ? "it is" : "they are",
                 one ? "it" : "them", one ? "it" : "them");
    one = beyond->accounts == 1;
    if (beyond->accounts > 0)
        svct_say("%llu service account%s %s more tokens than that and keep%s "
                 "them",
                 (unsigned long long)beyond->accounts, one ? "" : "s",
                 one ? "has" : "have", one ? "s" : "");
}

static json_t *json_count(uint64_t count, bool known)
{
    return known ? json_integer((json_int_t)count) : json_null();
}

static int answer(const struct svct_call *call,
                  const struct svct_policy *policy)
{
    struct beyond beyond = {.policy = policy, .now = call->now};
    bool known = find_beyond(call, &beyond);
    json_t *object;

    if (known)
        say_beyond(&beyond);
    else
        svct_say("the policy is set; how many tokens would not be allowed "
                 "any more can't be told");
    if (!call->opts.json)
        return SVCT_EXIT_DONE;
    object = svct_out_object(call, svct_policy_columns, policy);
    svct_out_put(&object, "tokens_beyond", json_count(beyond.tokens, known));
    svct_out_put(&object, "accounts_beyond",
                 json_count(beyond.accounts, known));
    return svct_out_json(call, object);
}

/* ---- set ---- */

static int store(const struct svct_call *call, const struct wish *wish,
                 struct svct_policy *ret_old, struct svct_policy *ret_policy)
{
    struct svct_fault fault = {0};
    struct svct_audit audit;
    struct svct_txn *txn;
    int r = svct_access_begin(call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_lookup_policy(svct_txn_view(txn, SVCT_PART_PRIVATE), ret_old);
    if (r < 0) {
        svct_access_drop(txn);
        return svct_say_code(call, r == SVCT_E_NOTFOUND ? SVCT_E_DAMAGED : r,
                             "the policy");
    }
    *ret_policy = *ret_old;
    apply(wish, ret_policy);
    r = svct_change_policy_set(txn, ret_policy, &fault);
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    if (audit_set(&audit, ret_old, ret_policy) == 0) {
        svct_access_drop(txn);
        svct_say("the policy is so already");
        return SVCT_EXIT_DONE;
    }
    return svct_access_commit(call, txn, &audit);
}

int svct_policy_set(const struct svct_call *call)
{
    struct wish wish = {.given = {false}};
    struct svct_policy old, policy;
    int r = read_wish(call, &wish);

    if (r == SVCT_EXIT_DONE)
        r = store(call, &wish, &old, &policy);
    if (r != SVCT_EXIT_DONE)
        return r;
    say_changes(&old, &policy, &wish);
    if (get_range(&old) != get_range(&policy)) {
        svct_policyrange_say_more(&old, &policy);
        svct_policyrange_warn(call, &policy);
    }
    return answer(call, &policy);
}
