/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pubdb.h"

#include "base/parse.h"

static void store(struct svct_txn *txn, const struct svct_key *key,
                  struct svct_record_writer *writer)
{
    struct svct_fault fault = {0};

    testdb_must(svct_txn_store(txn, SVCT_PART_PUBLIC, key, writer, &fault),
                &fault, "store");
}

static void put_name(char *out, size_t size, const char *name, size_t len)
{
    if (len >= size)
        abort();
    memcpy(out, name, len);
    out[len] = '\0';
}

void pubdb_put_user(struct svct_txn *txn, const struct svct_pubuser *user)
{
    struct svct_key key = svct_key_pubuser(user->name);
    struct svct_record_writer writer;

    svct_pubuser_encode(user, &writer);
    store(txn, &key, &writer);
}

void pubdb_put_id(struct svct_txn *txn, uint32_t number,
                  enum svct_pubid_owner owner, const char *name)
{
    struct svct_pubid id = {.id = number, .owner = owner};
    struct svct_key key = svct_key_pubid(number);
    struct svct_record_writer writer;

    put_name(id.name, sizeof id.name, name, strlen(name));
    svct_pubid_encode(&id, &writer);
    store(txn, &key, &writer);
}

void pubdb_put_page(struct svct_txn *txn, const char *role, uint32_t number,
                    const struct svct_pubpage *page)
{
    struct svct_key key = svct_key_pubpage(role, number);
    struct svct_record_writer writer;

    svct_pubpage_encode(page, &writer);
    store(txn, &key, &writer);
}

void pubdb_remove(struct svct_txn *txn, const struct svct_key *key)
{
    struct svct_fault fault = {0};

    testdb_must(svct_txn_delete(txn, SVCT_PART_PUBLIC, key, &fault), &fault,
                "delete");
}

void pubdb_put_role(struct svct_txn *txn, const char *name, uint32_t members,
                    const char *const *groups)
{
    struct svct_pubrole role = {.members = members};
    struct svct_key key = svct_key_pubrole(name);
    struct svct_record_writer writer;
    uint64_t gid;

    put_name(role.name, sizeof role.name, name, strlen(name));
    for (; *groups != NULL; groups++) {
        size_t i = role.groups_count++;
        size_t len = strcspn(*groups, "=");

        put_name(role.groups[i], sizeof role.groups[i], *groups, len);
        if (svct_parse_number(*groups + len + 1, 0, UINT32_MAX, &gid) != 0)
            abort();
        role.gids[i] = (uint32_t)gid;
    }
    svct_pubrole_encode(&role, &writer);
    store(txn, &key, &writer);
}

void pubdb_put_group(struct svct_txn *txn, const char *name, uint32_t gid,
                     const char *const *roles)
{
    struct svct_key key = svct_key_pubgroup(name);
    struct svct_pubgroup group = {.gid = gid};
    struct svct_record_writer writer;

    put_name(group.name, sizeof group.name, name, strlen(name));
    for (; *roles != NULL; roles++)
        put_name(group.roles[group.roles_count++], sizeof group.roles[0],
                 *roles, strlen(*roles));
    svct_pubgroup_encode(&group, &writer);
    store(txn, &key, &writer);
}

struct svct_pubuser pubdb_user(const char *name, uint32_t uid, uint32_t gid,
                               const char *role)
{
    struct svct_pubuser user = {.uid = uid, .gid = gid, .shell = "/bin/sh"};

    put_name(user.name, sizeof user.name, name, strlen(name));
    put_name(user.role, sizeof user.role, role, strlen(role));
    snprintf(user.gecos, sizeof user.gecos, "The %s", user.name);
    snprintf(user.home, sizeof user.home, "/var/lib/svctoken-home/%s",
             user.name);
    return user;
}

static void add_to_page(struct svct_pubpage *page, const char *name)
{
    put_name(page->names[page->count++], sizeof page->names[0], name,
             strlen(name));
}

void pubdb_fill(struct svct_txn *txn, const char *role, const char *prefix,
                uint32_t first_uid, uint32_t count)
{
    struct svct_pubpage page = {.count = 0};
    char name[SVCT_LOGIN_MAX + 1];

    for (uint32_t i = 0; i < count; i++) {
        struct svct_pubuser user;

        snprintf(name, sizeof name, "%s%u", prefix, (unsigned)i);
        user = pubdb_user(name, first_uid + i, first_uid + i, role);
        user.member = i;
        pubdb_put_user(txn, &user);
        pubdb_put_id(txn, user.uid, SVCT_PUBID_USER, name);
        add_to_page(&page, name);
        if (page.count == SVCT_PUBPAGE_NAMES || i + 1 == count) {
            pubdb_put_page(txn, role, i / SVCT_PUBPAGE_NAMES, &page);
            page.count = 0;
        }
    }
}
