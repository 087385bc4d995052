/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Damage to a generation of the database and to "names". It must be noticed
 * or do no harm: never a crash or a loop, never more memory or larger files;
 * what is found is what was there; nobody is granted what the undamaged
 * database refuses, and no account becomes a person.
 *
 * A gdbm file of this block size compresses badly. So the seed database is
 * made at the start, the same every time (but for padding that gdbm leaves as
 * it is), and an input is a list of changes to its bytes, of five bytes each:
 *
 *     what u8     region in the low half, kind of change in the high one
 *     where u24   position, modulo the size of the region
 *     value u8
 *
 * The last region is the files of the generation before: of private.gdbm, or
 * of its roll with an odd kind, a block comes back from there, of 512 bytes
 * shifted by the value modulo 5.
 *
 * It needs a private tmpfs, and ends with exit code 77 where there can be
 * none.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/privdir.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/verify.h"
#include "base/names.h"
#include "base/safefile.h"
#include "write/change.h"
#include "write/mint.h"
#include "write/txn.h"
#include "fuzz.h"
#include "limits.h"

#define DB PRIVDIR "/db"
#define NOW INT64_C(1700000000) /* the time of the seed database */
#define CHANGE_SIZE 5
#define CHANGES_MAX 64
#define ACCOUNTS 5        /* that fill the file, so that its buckets split */
#define TOKENS_OF_EACH 80 /* and their pages, too */
#define RECORDS_MAX 1024
#define MEMORY_MAX (256 << 20) /* bytes, where it can be bounded */

/* ---- the seed database ---- */

static struct svct_txn *begin(void)
{
    struct svct_txn_options options = {.dir = DB, .holder = "fuzz"};
    struct svct_txn *txn = NULL;
    struct svct_fault fault = {0};
    int r = svct_txn_begin(&options, &txn, &fault);

    if (r == SVCT_E_NODB && svct_txn_create(&options, &txn, &fault) == 0)
        r = svct_change_populate(txn, &fault);
    MUST(r == 0);
    return txn;
}

static void commit(struct svct_txn *txn)
{
    MUST(svct_txn_commit(txn, NOW, NULL, NULL) == 0);
    svct_txn_free(txn);
}

static struct svct_account account_of(const char *name)
{
    struct svct_account account = {.expires = SVCT_TIME_NEVER,
                                   .created = NOW - 10};

    snprintf(account.name, sizeof account.name, "%s", name);
    snprintf(account.role, sizeof account.role, "%s", SVCT_ROLE_EDITOR);
    return account;
}

static void add_account(struct svct_txn *txn, const char *name)
{
    struct svct_account account = account_of(name);

    MUST(svct_change_account_create(txn, &account, NULL) == 0);
}

/* Its secret is its id, again and again. */
static void make_text(const char *id, struct svct_secret *ret_text)
{
    char secret[SVCT_TOKEN_SECRET_LEN + 1] = "";

    for (size_t i = 0; i < SVCT_TOKEN_SECRET_LEN; i++)
        secret[i] = id[i % SVCT_TOKEN_ID_LEN];
    MUST(svct_mint_assemble(id, secret, ret_text) == 0);
}

static void add_token(struct svct_txn *txn, const char *account, const char *id)
{
    struct svct_token token = {.created = NOW - 5, .expires = NOW + 3600};
    struct svct_secret text;

    snprintf(token.id, sizeof token.id, "%s", id);
    snprintf(token.name, sizeof token.name, "%s", id);
    snprintf(token.account, sizeof token.account, "%s", account);
    make_text(id, &text);
    svct_digest_token(text.text, text.len, token.hash);
    svct_secret_done(&text);
    MUST(svct_change_token_issue(txn, &token, NULL, NULL) == 0);
}

static void add_filling(void)
{
    struct svct_txn *txn = begin();
    char name[SVCT_LOGIN_MAX + 1], id[SVCT_TOKEN_ID_LEN + 1];

    for (int i = 0; i < ACCOUNTS; i++) {
        snprintf(name, sizeof name, "filling%d", i);
        add_account(txn, name);
        for (int t = 0; t < TOKENS_OF_EACH; t++) {
            snprintf(id, sizeof id, "Fill%03dx%02d", i, t);
            add_token(txn, name, id);
        }
    }
    commit(txn);
}

/* Rights that were, so that older bytes of them could be in the file. */
static void add_history(void)
{
    struct svct_txn *txn = begin();
    struct svct_account account;
    uint32_t tokens;

    add_account(txn, "deploy");
    add_account(txn, "off");
    add_account(txn, "gone");
    add_token(txn, "deploy", "Valid00000");
    add_token(txn, "deploy", "Revoked000");
    add_token(txn, "deploy", "Deleted000");
    add_token(txn, "off", "Disabled00");
    add_token(txn, "gone", "Gone000000");
    commit(txn);
    add_filling();
    txn = begin();
    MUST(svct_change_token_revoke(txn, "Revoked000", NOW, "fuzz", "", NULL) ==
         0);
    MUST(svct_change_token_delete(txn, "Deleted000", NULL) == 0);
    MUST(svct_change_account_delete(txn, "gone", &tokens, NULL) == 0);
    account = account_of("off");
    account.disabled = true;
    /* Longer than before, so that the record moves. */
    memset(account.description, 'd', sizeof account.description - 1);
    MUST(svct_change_account_update(txn, &account, NULL) == 0);
    commit(txn);
}

/* ---- what it holds ---- */

static struct truth {
    struct svct_key key;
    uint64_t sum;
} truths[RECORDS_MAX];
static size_t truths_count;

static int note_truth(void *arg, const struct svct_key *key,
                      struct svct_record *record)
{
    (void)arg;
    MUST(truths_count < RECORDS_MAX);
    truths[truths_count++] = (struct truth){*key, record->sum};
    return 0;
}

static bool is_true(const struct svct_key *key, uint64_t sum)
{
    for (size_t i = 0; i < truths_count; i++)
        if (truths[i].key.len == key->len &&
            memcmp(truths[i].key.data, key->data, key->len) == 0)
            return truths[i].sum == sum;
    return false;
}

/* ---- the files, and their parts ---- */

enum region {
    REGION_ALL = 0,
    REGION_HEAD,
    REGION_DIRECTORY,
    REGION_BUCKETS,
    REGION_RECORDS,
    REGION_NAMES,
    REGION_ROLL,
    REGION_BEFORE
};
#define REGIONS 8
#define HEAD_SIZE 136 /* header and the first entries of the free list */

static struct file {
    int fd;
    uint8_t *pristine;
    size_t size;
} private_file, names_file, roll_file, private_before, roll_before;

static struct {
    size_t from;
    size_t size;
} regions[REGIONS];
static int db_fd;

static void open_file(struct file *file, const char *path)
{
    struct stat st;

    file->fd = open(path, O_RDWR | O_CLOEXEC);
    MUST(file->fd >= 0 && fstat(file->fd, &st) == 0);
    file->size = (size_t)st.st_size;
    file->pristine = malloc(file->size);
    MUST(file->pristine != NULL);
    MUST(svct_safefile_pread(file->fd, file->pristine, file->size, 0));
}

static int64_t number_at(size_t offset)
{
    int64_t number;

    MUST(offset + sizeof number <= private_file.size);
    memcpy(&number, private_file.pristine + offset, sizeof number);
    return number;
}

/* Where the first value is: behind its key, which is a known one. */
static size_t first_record(void)
{
    const struct svct_key key = svct_key_account("deploy");
    const uint8_t *found =
        memmem(private_file.pristine, private_file.size, key.data, key.len);

    MUST(found != NULL);
    return (size_t)(found - private_file.pristine);
}

static void find_regions(void)
{
    size_t directory = (size_t)number_at(8); /* see snapshot.c */
    int32_t directory_size;

    memcpy(&directory_size, private_file.pristine + 16, sizeof directory_size);
    regions[REGION_ALL].size = private_file.size;
    regions[REGION_HEAD].size = HEAD_SIZE;
    regions[REGION_DIRECTORY].from = directory;
    regions[REGION_DIRECTORY].size = (size_t)directory_size;
    regions[REGION_BUCKETS].from = (size_t)number_at(directory);
    regions[REGION_BUCKETS].size = SVCT_BLOCK_SIZE;
    regions[REGION_RECORDS].from = first_record();
    regions[REGION_RECORDS].size = SVCT_BLOCK_SIZE;
    regions[REGION_NAMES].size = names_file.size;
    regions[REGION_ROLL].size = roll_file.size;
    for (int i = 0; i < REGION_NAMES; i++)
        MUST(regions[i].from + regions[i].size <= private_file.size);
    /* Several buckets, or its directory says nothing. */
    MUST(number_at(directory) !=
         number_at(directory + (size_t)directory_size - 8));
}

static void open_in(struct file *file, uint64_t sequence, const char *name)
{
    char path[200];

    snprintf(path, sizeof path, DB "/" SVCT_GENERATION_FORMAT "/%s",
             (unsigned long long)sequence, name);
    open_file(file, path);
}

static void set_up(void)
{
    char name[SVCT_GENERATION_LEN + 1];
    struct svct_snapshot *snapshot;
    const char *reason;
    uint64_t sequence;

    if (!privdir_enter(&reason)) {
        fprintf(stderr, "snapshot_fuzz: skipped, %s\n", reason);
        _exit(77);
    }
    MUST(svct_secret_setup() == 0);
    add_history();
    MUST(svct_safefile_open_dir(DB, &db_fd, NULL) == 0);
    MUST(svct_snapshot_current(db_fd, name, &sequence, NULL) == 0);
    open_in(&private_file, sequence, "private.gdbm");
    open_in(&roll_file, sequence, SVCT_ROLL_FILE);
    open_in(&private_before, sequence - 1, "private.gdbm");
    open_in(&roll_before, sequence - 1, SVCT_ROLL_FILE);
    open_file(&names_file, DB "/names");
    find_regions();
    MUST(svct_snapshot_open(db_fd, SVCT_PART_PRIVATE, &snapshot, NULL) == 0);
    MUST(svct_snapshot_each(snapshot, 0, note_truth, NULL, NULL) == 0);
    svct_snapshot_free(snapshot);
    MUST(limits_set(4 << 20, MEMORY_MAX));
}

/* ---- doing damage, and undoing it ---- */

enum change {
    CHANGE_XOR = 0,
    CHANGE_SET,
    CHANGE_U32,
    CHANGE_U64,
    CHANGE_COPY_8,
    CHANGE_COPY_24, /* the size of an element of a bucket */
    CHANGE_CUT,
    CHANGE_EXTEND
};
#define CHANGES 8

static struct damage {
    bool private_file;
    bool names;
} damage;

static void put(struct file *file, size_t at, const void *bytes, size_t len)
{
    if (at + len > file->size)
        len = at < file->size ? file->size - at : 0;
    MUST(pwrite(file->fd, bytes, len, (off_t)at) == (ssize_t)len);
}

/* A number that hurts: small, negative, or one with a single bit. */
static int64_t number_for(uint8_t value)
{
    if (value < 64)
        return (int64_t)(UINT64_C(1) << value);
    return value < 192 ? value - 64 : (int64_t)value - 256;
}

static void copy(struct file *file, size_t from, size_t at, size_t len)
{
    if (from + len <= file->size)
        put(file, at, file->pristine + from, len);
}

static void set_size(struct file *file, size_t size)
{
    MUST(ftruncate(file->fd, (off_t)size) == 0);
}

static void do_change(struct file *file, size_t from, size_t at,
                      enum change change, uint8_t value)
{
    int64_t number = number_for(value);
    uint8_t byte = value;

    switch (change) {
    case CHANGE_XOR:
        byte = file->pristine[at] ^ value;
        put(file, at, &byte, 1);
        break;
    case CHANGE_SET:
        put(file, at, &byte, 1);
        break;
    case CHANGE_U32:
        put(file, at & ~(size_t)3, &number, 4); /* the low half */
        break;
    case CHANGE_U64:
        put(file, at & ~(size_t)7, &number, 8);
        break;
    case CHANGE_COPY_8:
        copy(file, from + value * (size_t)8, at & ~(size_t)7, 8);
        break;
    case CHANGE_COPY_24:
        copy(file, from + value * (size_t)24, at, 24);
        break;
    case CHANGE_CUT:
        set_size(file, at);
        break;
    case CHANGE_EXTEND:
    default:
        set_size(file, file->size + (size_t)value * 4096);
    }
}

/* A write that never came to the disk. */
static void bring_back(bool of_roll, size_t where, uint8_t value)
{
    const struct file *from = of_roll ? &roll_before : &private_before;
    struct file *to = of_roll ? &roll_file : &private_file;
    size_t size = (size_t)512 << value % 5;
    size_t at = where % from->size / size * size;
    size_t len = from->size - at < size ? from->size - at : size;

    put(to, at, from->pristine + at, len);
}

static struct file *file_of(unsigned region)
{
    return region == REGION_NAMES  ? &names_file
           : region == REGION_ROLL ? &roll_file
                                   : &private_file;
}

static void take_change(const uint8_t *data)
{
    unsigned region = (data[0] & 0x0f) % REGIONS;
    unsigned change = (data[0] >> 4) % CHANGES;
    size_t where = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    struct file *file = file_of(region);
    size_t from = regions[region].from;

    if (region == REGION_NAMES)
        damage.names = true;
    else
        damage.private_file = true; /* or its roll, which counts as much */
    if (region == REGION_BEFORE) {
        bring_back(change % 2 == 1, where, data[4]);
        return;
    }
    do_change(file, from, from + where % regions[region].size,
              (enum change)change, data[4]);
}

static void mend(struct file *file)
{
    set_size(file, file->size);
    put(file, 0, file->pristine, file->size);
}

/* ---- what may come of it ---- */

/* The codes that damage can give. Not SVCT_E_NOMEM: memory does not grow. */
static bool is_damage(int r)
{
    return r == SVCT_E_DAMAGED || r == SVCT_E_VERSION || r == SVCT_E_IO ||
           r == SVCT_E_TOOBIG;
}

static size_t visited;
static bool misled; /* a visit was told what is not so */
static bool lost;   /* what is there was not found */

/* What it is told is true when the walk has succeeded, not before. */
static int visit(void *arg, const struct svct_key *key,
                 struct svct_record *record)
{
    (void)arg;
    misled = misled || !is_true(key, record->sum);
    MUST(++visited <= RECORDS_MAX);
    return 0;
}

static void fetch_one(const struct svct_snapshot *snapshot,
                      const struct svct_key *key, bool exists)
{
    struct svct_value value;
    int r = svct_snapshot_fetch(snapshot, key, (enum svct_kind)key->data[0],
                                &value);

    MUST(r == 0 || r == SVCT_E_NOTFOUND || is_damage(r));
    MUST(r != SVCT_E_NOTFOUND || !exists);
    lost = lost || (exists && r != 0);
    MUST(r != 0 || (exists && is_true(key, value.record.sum)));
}

static int count_token(void *arg, const struct svct_token *token)
{
    size_t *count = arg;

    (void)token;
    ++*count;
    return 0;
}

static void look_at_pages(const struct svct_snapshot *snapshot)
{
    struct svct_account account;
    size_t count = 0;
    int r = svct_lookup_account(snapshot, "filling1", &account);

    if (r == 0)
        r = svct_lookup_tokens_of(snapshot, &account, count_token, &count);
    MUST(r == 0 || r == SVCT_E_NOTFOUND || is_damage(r));
    MUST(r != 0 || count == TOKENS_OF_EACH);
}

/* A step at a time. */
static void look_at_steps(void)
{
    struct svct_place place = {.seen = 0};
    struct svct_snapshot *snapshot;
    size_t steps = 0;
    int r = svct_snapshot_open(db_fd, SVCT_PART_PRIVATE, &snapshot, NULL);

    MUST(r == 0 || is_damage(r));
    if (r != 0)
        return;
    while ((r = svct_snapshot_next(snapshot, &place)) == 0)
        MUST(++steps <= RECORDS_MAX);
    MUST(r == SVCT_E_NOTFOUND || is_damage(r));
    MUST(r != SVCT_E_NOTFOUND || steps == truths_count);
    svct_snapshot_free(snapshot);
}

static void look_at_records(void)
{
    const struct svct_key deleted = svct_key_token("Deleted000");
    const struct svct_key gone = svct_key_account("gone");
    struct svct_snapshot *snapshot;
    int r = svct_snapshot_open(db_fd, SVCT_PART_PRIVATE, &snapshot, NULL);

    MUST(r == 0 || is_damage(r));
    if (r != 0)
        return;
    lost = false;
    for (size_t i = 0; i < truths_count; i += 7)
        fetch_one(snapshot, &truths[i].key, true);
    fetch_one(snapshot, &deleted, false);
    fetch_one(snapshot, &gone, false);
    look_at_pages(snapshot);
    svct_snapshot_free(snapshot);
    /* Anew: a handle that has met damage gives nothing any more. */
    MUST(svct_snapshot_open(db_fd, SVCT_PART_PRIVATE, &snapshot, NULL) == 0);
    visited = 0;
    misled = false;
    r = svct_snapshot_each(snapshot, 0, visit, NULL, NULL);
    MUST(r == 0 || is_damage(r));
    /* A walk, by which all is verified, finds no more than logins do. */
    MUST(r != 0 || (visited == truths_count && !misled && !lost));
    svct_snapshot_free(snapshot);
}

static void look_at_whose(const char *user, bool ours)
{
    struct svct_ownership o;
    int r = svct_verify_whose(DB, user, &o, NULL);

    MUST(r == 0 || is_damage(r));
    MUST((r != 0) == (o.whose == SVCT_WHOSE_UNKNOWN));
    if (!ours)
        MUST(o.whose != SVCT_WHOSE_OURS);
    else if (!damage.names)
        MUST(o.listed && o.whose != SVCT_WHOSE_NOT_OURS);
    else if (!damage.private_file)
        MUST(o.whose != SVCT_WHOSE_NOT_OURS);
}

/* verdict: of the undamaged database; SVCT_UNDECIDED for SVCT_E_NOTFOUND. */
static void look_at_login(const char *user, const char *id,
                          enum svct_verdict verdict)
{
    struct svct_attempt attempt = {
        .dir = DB, .user = user, .service = "sshd", .now = NOW + 60};
    struct svct_outcome outcome;
    struct svct_secret text;
    int r;

    if (id != NULL) {
        make_text(id, &text);
        r = svct_verify_token(&attempt, text.text, text.len, &outcome, NULL);
        svct_secret_done(&text);
    } else {
        r = svct_verify_explain(&attempt, NULL, &outcome, NULL, NULL);
    }
    MUST(r == 0 || r == SVCT_E_NOTFOUND || is_damage(r));
    MUST(r == 0 || outcome.verdict == SVCT_UNDECIDED);
    MUST(outcome.verdict != SVCT_GRANTED || verdict == SVCT_GRANTED);
    /* That somebody is no account at all is told of nobody who is. */
    if (r == SVCT_E_NOTFOUND)
        MUST(verdict == SVCT_UNDECIDED ||
             (damage.names && damage.private_file));
    if (!damage.names && !damage.private_file)
        MUST(r == 0 ? outcome.verdict == verdict : verdict == SVCT_UNDECIDED);
}

static void look_at_all(void)
{
    look_at_records();
    look_at_steps();
    look_at_whose("deploy", true);
    look_at_whose("off", true);
    look_at_whose("gone", false);
    look_at_whose("alice", false);
    look_at_login("deploy", "Valid00000", SVCT_GRANTED);
    look_at_login("deploy", "Revoked000", SVCT_TOKEN_REVOKED);
    look_at_login("deploy", "Deleted000", SVCT_TOKEN_UNKNOWN);
    look_at_login("deploy", "Disabled00", SVCT_TOKEN_OTHER_ACCOUNT);
    look_at_login("off", "Disabled00", SVCT_ACCOUNT_DISABLED);
    look_at_login("gone", "Gone000000", SVCT_UNDECIDED);
    look_at_login("deploy", NULL, SVCT_GRANTED);
    look_at_login("off", NULL, SVCT_ACCOUNT_DISABLED);
}

static void check_untouched(const struct file *file, off_t size,
                            const struct timespec *written)
{
    struct stat st;

    MUST(fstat(file->fd, &st) == 0);
    MUST(st.st_size == size && st.st_mtim.tv_sec == written->tv_sec &&
         st.st_mtim.tv_nsec == written->tv_nsec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct stat before, roll;
    int entries;

    if (!ready)
        set_up();
    ready = true;
    damage = (struct damage){false, false};
    for (size_t i = 0; i < CHANGES_MAX && (i + 1) * CHANGE_SIZE <= size; i++)
        take_change(data + i * CHANGE_SIZE);
    MUST(fstat(private_file.fd, &before) == 0);
    MUST(fstat(roll_file.fd, &roll) == 0);
    entries = privdir_entries(DB);
    look_at_all();
    check_untouched(&private_file, before.st_size, &before.st_mtim);
    check_untouched(&roll_file, roll.st_size, &roll.st_mtim);
    MUST(privdir_entries(DB) == entries);
    mend(&private_file);
    mend(&roll_file);
    mend(&names_file);
    return 0;
}
