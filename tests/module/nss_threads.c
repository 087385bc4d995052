/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The name service module in many threads at once, while a writer commits.
 *
 * What no commit touches has the same answer every time. The user that comes
 * and goes is there or not. All threads share the two enumerations: each entry
 * is a true one, and they end. The build with the thread sanitizer
 * (tests/run threads) looks at the same for races.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/pubworld.h"
#include "nss_svctoken.h"

#define THREADS 32
#define ROUNDS 60  /* of each thread */
#define COMMITS 20 /* at least */
#define ROOM 16384

#define LATE "late"

static struct shared {
    atomic_bool stop;
    atomic_uint commits;
} * shared;

#define MUST(condition)                                             \
    do {                                                            \
        if (!(condition)) {                                         \
            fprintf(stderr, "nss_threads: line %d: %s\n", __LINE__, \
                    #condition);                                    \
            abort();                                                \
        }                                                           \
    } while (0)

/* ---- the writer, a process of its own ---- */

static void commit_one(bool there)
{
    struct svct_pubuser late = pubdb_user(LATE, 68000, 68000, "Lonely");
    struct svct_key user_key = svct_key_pubuser(LATE);
    struct svct_key id_key = svct_key_pubid(68000);
    struct svct_txn *txn = testdb_begin(TESTDB);

    if (there) {
        pubdb_put_user(txn, &late);
        pubdb_put_id(txn, 68000, SVCT_PUBID_USER, LATE);
    } else {
        pubdb_remove(txn, &user_key);
        pubdb_remove(txn, &id_key);
    }
    testdb_commit(txn);
}

static void write_all(void)
{
    bool there = false;

    while (!atomic_load(&shared->stop)) {
        there = !there;
        commit_one(there);
        atomic_fetch_add(&shared->commits, 1);
    }
    _exit(0);
}

/* ---- the readers ---- */

struct reader {
    pthread_t thread;
    unsigned number;
    char buffer[ROOM];
    struct passwd passwd;
    struct group group;
    int code;
};

static void look_at_users(struct reader *r, unsigned round)
{
    enum nss_status status;
    char name[SVCT_LOGIN_MAX + 1];
    unsigned web = (r->number + round) % PUBWORLD_WEBS;

    snprintf(name, sizeof name, "web%u", web);
    MUST(_nss_svctoken_getpwnam_r(name, &r->passwd, r->buffer, ROOM,
                                  &r->code) == NSS_STATUS_SUCCESS);
    MUST(pubworld_is_true(&r->passwd) && r->passwd.pw_uid == 65536 + web);
    MUST(_nss_svctoken_getpwuid_r(65536 + web, &r->passwd, r->buffer, ROOM,
                                  &r->code) == NSS_STATUS_SUCCESS);
    MUST(strcmp(r->passwd.pw_name, name) == 0);
    MUST(_nss_svctoken_getpwnam_r("alice", &r->passwd, r->buffer, ROOM,
                                  &r->code) == NSS_STATUS_NOTFOUND);
    status =
        _nss_svctoken_getpwuid_r(68000, &r->passwd, r->buffer, ROOM, &r->code);
    MUST(status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND);
}

static void look_at_groups(struct reader *r)
{
    long start = 0, size = 0;
    gid_t *gids = NULL;

    MUST(_nss_svctoken_getgrnam_r("svcadm", &r->group, r->buffer, ROOM,
                                  &r->code) == NSS_STATUS_SUCCESS);
    MUST(r->group.gr_mem[PUBWORLD_WEBS + PUBWORLD_EDS] == NULL);
    MUST(_nss_svctoken_getgrgid_r(70001, &r->group, r->buffer, ROOM,
                                  &r->code) == NSS_STATUS_SUCCESS);
    MUST(r->group.gr_mem[PUBWORLD_EDS] == NULL);
    MUST(_nss_svctoken_initgroups_dyn("web1", 65537, &start, &size, &gids, 0,
                                      &r->code) == NSS_STATUS_SUCCESS);
    MUST(start == 2 && gids[0] == 70000 && gids[1] == 998);
    free(gids);
}

/* Some of the shared enumerations; they begin anew when they end. */
static void look_at_all(struct reader *r)
{
    enum nss_status status;

    for (unsigned i = 0; i < 8; i++) {
        status =
            _nss_svctoken_getpwent_r(&r->passwd, r->buffer, ROOM, &r->code);
        MUST(status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND);
        if (status == NSS_STATUS_NOTFOUND)
            MUST(_nss_svctoken_setpwent(0) == NSS_STATUS_SUCCESS);
        else
            MUST(pubworld_is_true(&r->passwd) ||
                 strcmp(r->passwd.pw_name, LATE) == 0);
        status = _nss_svctoken_getgrent_r(&r->group, r->buffer, ROOM, &r->code);
        MUST(status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND);
        if (status == NSS_STATUS_NOTFOUND)
            MUST(_nss_svctoken_endgrent() == NSS_STATUS_SUCCESS);
    }
}

static void *read_all(void *arg)
{
    struct reader *reader = arg;

    for (unsigned round = 0;
         round < ROUNDS || atomic_load(&shared->commits) < COMMITS; round++) {
        look_at_users(reader, round);
        look_at_groups(reader);
        look_at_all(reader);
    }
    return NULL;
}

int main(void)
{
    static struct reader readers[THREADS];
    unsigned descriptors;
    pid_t writer;
    int status;

    testdb_enter();
    pubworld_make(TESTDB);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED);
    writer = fork();
    MUST(writer >= 0);
    if (writer == 0)
        write_all();
    descriptors = testdb_descriptors();
    for (unsigned i = 0; i < THREADS; i++) {
        readers[i].number = i;
        MUST(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]) ==
             0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        MUST(pthread_join(readers[i].thread, NULL) == 0);
    atomic_store(&shared->stop, true);
    MUST(waitpid(writer, &status, 0) == writer && status == 0);
    _nss_svctoken_endpwent();
    _nss_svctoken_endgrent();
    MUST(testdb_descriptors() == descriptors);
    printf("nss_threads: %u commits\n", atomic_load(&shared->commits));
    return 0;
}
