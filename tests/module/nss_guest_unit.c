/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The name service module as built, a guest in every process that asks who
 * somebody is: many lookups leave the process as it was and cost it nothing
 * that stays, and it can come and go. Needs root; skipped otherwise.
 *
 *     nss_guest_unit [ROUNDS]      of all lookups; 1000 unless told otherwise
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

#include "../support/footprint.h"
#include "../support/pubworld.h"
#include "nss_svctoken.h"

static int rounds = 1000;
static const char *path; /* of the module */

/* Its functions; those of the same name in this program are not asked. */
static struct {
    void *module;
    __typeof__(_nss_svctoken_getpwnam_r) *getpwnam;
    __typeof__(_nss_svctoken_getpwuid_r) *getpwuid;
    __typeof__(_nss_svctoken_setpwent) *setpwent;
    __typeof__(_nss_svctoken_getpwent_r) *getpwent;
    __typeof__(_nss_svctoken_endpwent) *endpwent;
    __typeof__(_nss_svctoken_getgrnam_r) *getgrnam;
    __typeof__(_nss_svctoken_getgrgid_r) *getgrgid;
    __typeof__(_nss_svctoken_setgrent) *setgrent;
    __typeof__(_nss_svctoken_getgrent_r) *getgrent;
    __typeof__(_nss_svctoken_endgrent) *endgrent;
    __typeof__(_nss_svctoken_initgroups_dyn) *initgroups;
} nss;

static void find(void *ret_function, const char *name)
{
    char symbol[64];
    void *found;

    snprintf(symbol, sizeof symbol, "_nss_svctoken_%s", name);
    found = dlsym(nss.module, symbol);
    assert_non_null(found);
    memcpy(ret_function, &found, sizeof found);
}

static void load(void)
{
    nss.module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (nss.module == NULL)
        fail_msg("%s", dlerror());
    find(&nss.getpwnam, "getpwnam_r");
    find(&nss.getpwuid, "getpwuid_r");
    find(&nss.setpwent, "setpwent");
    find(&nss.getpwent, "getpwent_r");
    find(&nss.endpwent, "endpwent");
    find(&nss.getgrnam, "getgrnam_r");
    find(&nss.getgrgid, "getgrgid_r");
    find(&nss.setgrent, "setgrent");
    find(&nss.getgrent, "getgrent_r");
    find(&nss.endgrent, "endgrent");
    find(&nss.initgroups, "initgroups_dyn");
}

static void unload(void)
{
    assert_int_equal(dlclose(nss.module), 0);
}

/* ---- every call there is ---- */

static char buffer[1 << 16];
static struct passwd passwd;
static struct group group;
static int code;

#define SUCCESS NSS_STATUS_SUCCESS
#define NOTFOUND NSS_STATUS_NOTFOUND

static int user_of(const char *name)
{
    return nss.getpwnam(name, &passwd, buffer, sizeof buffer, &code);
}

static int user_of_uid(uid_t uid)
{
    return nss.getpwuid(uid, &passwd, buffer, sizeof buffer, &code);
}

static int group_of(const char *name)
{
    return nss.getgrnam(name, &group, buffer, sizeof buffer, &code);
}

static int group_of_gid(gid_t gid)
{
    return nss.getgrgid(gid, &group, buffer, sizeof buffer, &code);
}

static int groups_of(const char *user)
{
    long begin = 0, size = 0;
    gid_t *gids = NULL;
    int status = nss.initgroups(user, 5, &begin, &size, &gids, 0, &code);

    free(gids);
    return status;
}

static void small_buffers(void)
{
    for (size_t room = 0; room < 24; room += 4)
        assert_int_equal(nss.getpwnam("web1", &passwd, buffer, room, &code),
                         NSS_STATUS_TRYAGAIN);
}

static void some_of_all(void)
{
    assert_int_equal(nss.setpwent(0), SUCCESS);
    assert_int_equal(nss.setgrent(0), SUCCESS);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nss.getpwent(&passwd, buffer, sizeof buffer, &code),
                         SUCCESS);
        assert_int_equal(nss.getgrent(&group, buffer, sizeof buffer, &code),
                         SUCCESS);
    }
    assert_int_equal(nss.endpwent(), SUCCESS);
    assert_int_equal(nss.endgrent(), SUCCESS);
}

static void every_lookup(void)
{
    assert_int_equal(user_of("web1"), SUCCESS);
    assert_true(pubworld_is_true(&passwd));
    assert_int_equal(user_of_uid(66000), SUCCESS);
    assert_int_equal(group_of("svcadm"), SUCCESS);
    assert_int_equal(group_of_gid(70001), SUCCESS);
    assert_int_equal(group_of("web1"), SUCCESS);
    assert_int_equal(groups_of("web1"), SUCCESS);
    assert_int_equal(user_of("root"), NOTFOUND);
    assert_int_equal(user_of("\xff/../"), NOTFOUND);
    assert_int_equal(user_of_uid(0), NOTFOUND);
    assert_int_equal(group_of("nothing"), NOTFOUND);
    assert_int_equal(group_of_gid(4000000000), NOTFOUND);
    assert_int_equal(groups_of("root"), NOTFOUND);
    small_buffers();
    some_of_all();
}

/* ---- what holds of them ---- */

static void lookups_leave_the_host_alone(void **state)
{
    char *before;

    (void)state;
    load();
    before = footprint_take();
    every_lookup();
    footprint_same(before, footprint_take(), "lookups");
    before = footprint_take();
    unload();
    footprint_same(before, footprint_take(), "dlclose");
}

static void many_lookups_cost_nothing(void **state)
{
    struct footprint_needs before;

    (void)state;
    load();
    for (int i = 0; i < 10; i++)
        every_lookup();
    before = footprint_needs();
    for (int i = 0; i < rounds; i++)
        every_lookup();
    footprint_no_growth(&before);
    unload();
}

/* With lookups, and without one. */
static void loaded_and_unloaded(void **state)
{
    struct footprint_needs before = {0};

    (void)state;
    for (int i = 0; i < 1010; i++) {
        load();
        if (i % 2 == 0)
            every_lookup();
        unload();
        if (i == 9)
            before = footprint_needs();
    }
    footprint_no_growth(&before);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookups_leave_the_host_alone),
        cmocka_unit_test(many_lookups_cost_nothing),
        cmocka_unit_test(loaded_and_unloaded),
    };

    if (argc > 1)
        rounds = (int)strtol(argv[1], NULL, 10);
    path = getenv("SVCT_NSS_MODULE");
    testdb_enter();
    if (path == NULL || !pubworld_make_hosts()) {
        printf("SKIPPED: nss_guest_unit: no database where the module looks\n");
        return 77;
    }
    footprint_be_odd();
    return cmocka_run_group_tests_name("nss_guest", tests, NULL, NULL);
}
