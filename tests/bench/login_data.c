/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of tests/bench/login, and what writing them costs at least. Not a
 * test.
 *
 *     login_data lines N LOGINS
 *
 * prints the lines of an import (svctoken-import(5)) with N tokens, ten to an
 * account "u0000000", "u0000001", ...; writes up to 1000 of them, spread over
 * all, to the file LOGINS as "USER SECRET", shuffled.
 *
 *     login_data store LINES FROM TO
 *
 * stores the same records in the same order with gdbm alone, as gdbm does it
 * when it is told nothing: those of the generation FROM, of the import of
 * LINES, into the file TO. Prints the nanoseconds in gdbm_store, gdbm_sync and
 * gdbm_close.
 *
 *     login_data clone FROM TO SECONDS
 *
 * copies both files of the generation FROM into a new folder TO in the kernel
 * and syncs them and the folder, again and again; prints how often, and the
 * median in nanoseconds.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "base/snapshot.h"
#include "write/generation.h"
#include "write/mint.h"

#define PER_ACCOUNT 10
#define ACCOUNTS_MAX 100
#define LOGINS_MAX (PER_ACCOUNT * ACCOUNTS_MAX)
#define CLONES_MAX 1000

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "login_data: %s: %s\n", what, strerror(errno));
    exit(3);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* --- lines --- */

struct login {
    char user[32];
    char secret[SVCT_TOKEN_LEN + 1];
};

static struct login logins[LOGINS_MAX];

static void print_token(unsigned long i, struct login *ret_login)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    uint8_t digest[SVCT_DIGEST_LEN];
    struct svct_secret text;

    if (svct_mint_token(&text, id, digest) != 0)
        fail("a token");
    snprintf(ret_login->user, sizeof(ret_login->user), "u%07lu",
             i / PER_ACCOUNT);
    if (i % PER_ACCOUNT == 0)
        printf("{\"kind\":\"account\",\"name\":\"%s\",\"role\":\"Admin\"}\n",
               ret_login->user);
    printf("{\"kind\":\"token\",\"account\":\"%s\",\"id\":\"%s\","
           "\"ttl\":\"30d\",\"hash\":\"",
           ret_login->user, id);
    for (int k = 0; k < SVCT_DIGEST_LEN; k++)
        printf("%02x", digest[k]);
    printf("\"}\n");
    memcpy(ret_login->secret, text.text, sizeof(ret_login->secret));
    svct_secret_done(&text);
}

/* xorshift64: the same order in each run. */
static size_t draw(size_t below)
{
    static uint64_t random = 0x9e3779b97f4a7c15;

    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return (size_t)(random % below);
}

static void write_logins(const char *path, size_t count)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        fail(path);
    for (size_t i = 0; i < count; i++) {
        size_t other = i + draw(count - i);
        struct login login = logins[other];

        logins[other] = logins[i];
        fprintf(file, "%s %s\n", login.user, login.secret);
    }
    if (fclose(file) != 0)
        fail(path);
}

static int make_lines(const char *number, const char *path)
{
    unsigned long n = strtoul(number, NULL, 10);
    unsigned long step = n > LOGINS_MAX ? n / LOGINS_MAX : 1; /* of accounts */
    size_t count = 0;
    struct login login;

    if (svct_secret_setup() != 0)
        fail("libsodium");
    for (unsigned long i = 0; i < n; i++) {
        print_token(i, &login);
        if (i / PER_ACCOUNT % step == 0 && count < LOGINS_MAX)
            logins[count++] = login;
    }
    write_logins(path, count);
    return 0;
}

/* --- storing --- */

struct store {
    GDBM_FILE from;
    GDBM_FILE to;
    int64_t spent;
    char account[SVCT_LOGIN_MAX + 1];
};

static void store_one(struct store *store, const struct svct_key *key)
{
    datum name = {(char *)key->data, (int)key->len};
    datum value = gdbm_fetch(store->from, name);
    int64_t begin = now_ns();

    if (value.dptr == NULL || gdbm_store(store->to, name, value, 0) != 0)
        fail("a record");
    store->spent += now_ns() - begin;
    free(value.dptr);
}

/* An account and its page come behind its tokens. */
static void store_account(struct store *store)
{
    struct svct_key key = svct_key_page(store->account, 0);

    if (store->account[0] == '\0')
        return;
    store_one(store, &key);
    key = svct_key_named(SVCT_KIND_ACCOUNT, store->account);
    store_one(store, &key);
}

static void store_line(struct store *store, const char *line)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    const char *at = strstr(line, "\"id\":\"");
    struct svct_key key;

    if (at == NULL) {
        store_account(store);
        sscanf(line, "{\"kind\":\"account\",\"name\":\"%32[^\"]",
               store->account);
        return;
    }
    snprintf(id, sizeof(id), "%s", at + 6);
    key = svct_key_token(id);
    store_one(store, &key);
}

static int store_all(const char *lines, const char *generation, const char *to)
{
    struct store store = {.spent = 0};
    FILE *file = fopen(lines, "re");
    char line[512], path[512];
    int64_t begin;

    snprintf(path, sizeof(path), "%s/%s", generation,
             svct_part_file(SVCT_PART_PRIVATE));
    store.from = gdbm_open(path, 0, GDBM_READER | GDBM_NOLOCK, 0, NULL);
    store.to =
        gdbm_open(to, SVCT_BLOCK_SIZE, GDBM_NEWDB | GDBM_NOLOCK, 0600, NULL);
    if (file == NULL || store.from == NULL || store.to == NULL)
        fail(path);
    while (fgets(line, sizeof(line), file) != NULL)
        store_line(&store, line);
    store_account(&store);
    begin = now_ns();
    if (gdbm_sync(store.to) != 0 || gdbm_close(store.to) != 0)
        fail(to);
    store.spent += now_ns() - begin;
    gdbm_close(store.from);
    fclose(file);
    printf("%" PRId64 "\n", store.spent);
    return 0;
}

/* --- cloning --- */

static void clone_file(const char *from, const char *to, const char *name)
{
    char source[512], target[512];
    struct stat st;
    ssize_t got = 1;
    int in, out;

    snprintf(source, sizeof(source), "%s/%s", from, name);
    snprintf(target, sizeof(target), "%s/%s", to, name);
    in = open(source, O_RDONLY | O_CLOEXEC);
    out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (in < 0 || out < 0 || fstat(in, &st) != 0)
        fail(target);
    while (got > 0)
        got = copy_file_range(in, NULL, out, NULL, (size_t)st.st_size, 0);
    if (got < 0 || fsync(out) != 0)
        fail(target);
    close(in);
    close(out);
}

static void clone_once(const char *from, const char *to)
{
    int folder;

    if (mkdir(to, 0700) != 0)
        fail(to);
    for (int file = 0; file < SVCT_FILES; file++)
        clone_file(from, to, svct_generation_file(file));
    folder = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0)
        fail(to);
    close(folder);
}

static void remove_clone(const char *to)
{
    char path[512];

    for (int file = 0; file < SVCT_FILES; file++) {
        snprintf(path, sizeof(path), "%s/%s", to, svct_generation_file(file));
        unlink(path);
    }
    rmdir(to);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int clone_often(const char *from, const char *to, const char *seconds)
{
    int64_t samples[CLONES_MAX];
    int64_t end = now_ns() + (int64_t)(strtod(seconds, NULL) * 1e9);
    size_t count = 0;

    do {
        int64_t begin = now_ns();

        clone_once(from, to);
        samples[count++] = now_ns() - begin;
        remove_clone(to);
    } while (count < CLONES_MAX && now_ns() < end);
    qsort(samples, count, sizeof(*samples), compare);
    printf("%zu %" PRId64 "\n", count, samples[count / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "lines") == 0)
        return make_lines(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "store") == 0)
        return store_all(argv[2], argv[3], argv[4]);
    if (argc == 5 && strcmp(argv[1], "clone") == 0)
        return clone_often(argv[2], argv[3], argv[4]);
    fprintf(stderr, "login_data: see the head of its source\n");
    return 2;
}
