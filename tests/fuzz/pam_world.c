/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pam_world.h"

#include <arpa/inet.h>

#include "auth/role.h"

int64_t world_clock = WORLD_NOW;
struct minted world_minted[WORLD_TEXTS];
unsigned world_uses;

/* In place of the C library's, for libpam and the module too. */
time_t time(time_t *ret)
{
    if (ret != NULL)
        *ret = world_clock;
    return world_clock;
}

static const struct fact {
    const char *account;
    const char *role; /* the lower of role and cap */
    int64_t begins;
    int64_t ends;
    bool never;
    const char *service; /* NULL: any */
} facts[WORLD_TEXTS] = {
    [WORLD_PLAIN] = {"deploy", "Admin", 0, 3600, false, NULL},
    [WORLD_CAPPED] = {"deploy", "Viewer", 0, 3600, false, NULL},
    [WORLD_USED_FEW] = {"deploy", "Admin", 0, 3600, false, NULL},
    [WORLD_REVOKED] = {"deploy", "Admin", 0, 3600, true, NULL},
    [WORLD_LATER] = {"deploy", "Admin", 1000, 3600, false, NULL},
    [WORLD_SOON] = {"deploy", "Admin", 0, 600, false, NULL},
    [WORLD_TURNED] = {"deploy", "Admin", 0, 3600, false, NULL},
    [WORLD_FORMER] = {"deploy", "Admin", 0, 100, false, NULL},
    [WORLD_DAEMON] = {"daemon", "Editor", 0, 3600, false, NULL},
    [WORLD_SSHD] = {"daemon", "Editor", 0, 3600, false, "sshd"},
    [WORLD_OFF] = {"off", "Editor", 0, 3600, true, NULL},
    [WORLD_LATE] = {"late", "Editor", 0, 600, false, NULL},
    [WORLD_NEAR] = {"near", "Editor", 0, 3600, false, NULL},
};

/* ---- making it ---- */

static void add_accounts(void)
{
    struct svct_account deploy = dbmake_account("deploy", "Admin");
    struct svct_account daemon = dbmake_account("daemon", "Editor");
    struct svct_account off = dbmake_account("off", "Editor");
    struct svct_account late = dbmake_account("late", "Editor");
    struct svct_account near = dbmake_account("near", "Editor");

    late.expires = WORLD_NOW + 600;
    if (svct_sources_add(&near.sources, "192.0.2.0/24") != 0 ||
        svct_sources_add(&near.sources, "local") != 0)
        abort();
    dbmake_add_account(PAMHOST_DB, &deploy);
    dbmake_add_account(PAMHOST_DB, &daemon);
    dbmake_add_account(PAMHOST_DB, &off);
    dbmake_add_account(PAMHOST_DB, &late);
    dbmake_add_account(PAMHOST_DB, &near);
    off.disabled = true;
    dbmake_update_account(PAMHOST_DB, &off);
}

static void add_token(enum world_text which, const char *name)
{
    struct svct_token token = dbmake_token(facts[which].account, name);

    if (facts[which].begins != 0)
        token.not_before = WORLD_NOW + facts[which].begins;
    if (which != WORLD_FORMER)
        token.expires = WORLD_NOW + facts[which].ends;
    if (which == WORLD_CAPPED)
        snprintf(token.cap, sizeof token.cap, "%s", facts[which].role);
    if (which == WORLD_USED_FEW)
        token.max_uses = WORLD_FEW;
    if (facts[which].service != NULL &&
        svct_globs_add(&token.services, facts[which].service) != 0)
        abort();
    world_minted[which] = dbmake_add_token(PAMHOST_DB, &token);
}

static void add_tokens(void)
{
    static const char *const names[WORLD_TEXTS] = {
        "plain",  "capped", "few",  "revoked", "later", "soon", NULL,
        "turned", "plain",  "sshd", "plain",   "plain", "plain"};

    for (int i = 0; i < WORLD_TEXTS; i++)
        if (names[i] != NULL)
            add_token((enum world_text)i, names[i]);
    world_minted[WORLD_TURNED] = dbmake_rotate_token(
        PAMHOST_DB, world_minted[WORLD_FORMER].id, facts[WORLD_FORMER].ends);
    dbmake_revoke_token(PAMHOST_DB, world_minted[WORLD_REVOKED].id);
}

/* The last call gives the commit its time: WORLD_NOW. */
void world_make(void)
{
    struct svct_role admin;

    if (!svct_role_builtin(3, &admin))
        abort();
    admin.groups_count = 1;
    snprintf(admin.groups[0], sizeof admin.groups[0], "adm");
    dbmake_init(PAMHOST_DB);
    dbmake_update_role(PAMHOST_DB, &admin);
    add_accounts();
    add_tokens();
}

/* ---- what is right ---- */

const char *world_account(enum world_text text)
{
    return facts[text].account;
}

bool world_is_account(const char *user)
{
    for (int i = 0; user != NULL && i < WORLD_TEXTS; i++)
        if (strcmp(facts[i].account, user) == 0)
            return true;
    return false;
}

/* The arguments. */
struct asked {
    bool wrong;
    bool odd; /* the folder is spelt in another way */
    const char *dir;
    const char *role;
    int debug, use, try, db, roles;
};

static bool is_here(const char *dir)
{
    char plain[sizeof PAMHOST_DB + 2];
    size_t len = 0;

    for (; *dir != '\0'; dir++) {
        if (*dir == '/' && (dir[1] == '/' || dir[1] == '\0'))
            continue;
        if (len + 1 == sizeof plain)
            return false;
        plain[len++] = *dir;
    }
    plain[len] = '\0';
    return strcmp(plain, PAMHOST_DB) == 0;
}

static void look_at(struct asked *asked, const char *arg)
{
    if (arg == NULL) {
        asked->wrong = true;
    } else if (strncmp(arg, "db=", 3) == 0) {
        asked->db++;
        asked->dir = arg + 3;
    } else if (strncmp(arg, "role=", 5) == 0) {
        asked->roles++;
        asked->role = arg + 5;
    } else if (strcmp(arg, "debug") == 0) {
        asked->debug++;
    } else if (strcmp(arg, "use_first_pass") == 0) {
        asked->use++;
    } else if (strcmp(arg, "try_first_pass") == 0) {
        asked->try++;
    } else {
        asked->wrong = true;
    }
}

static struct asked read_arguments(const struct world_login *login)
{
    struct asked asked = {.wrong = false};

    for (int i = 0; i < login->argc; i++)
        look_at(&asked, login->argv[i]);
    asked.wrong |= asked.debug > 1 || asked.use > 1 || asked.try > 1 ||
                   asked.db > 1 || asked.roles > 1;
    asked.odd = asked.dir == NULL || strcmp(asked.dir, PAMHOST_DB) != 0;
    return asked;
}

bool world_looks_here(const struct world_login *login)
{
    struct asked asked = read_arguments(login);

    return asked.db == 1 && !asked.odd;
}

/* No place: -1. */
static int place(const char *role)
{
    static const char *const roles[] = {"None", "Viewer", "Editor", "Admin"};

    for (int i = 0; i < 4; i++)
        if (strcmp(roles[i], role) == 0)
            return i;
    return -1;
}

static bool may_use(const char *role, const char *service)
{
    static const char *const raising[] = {"sudo", "sudo-i", "doas", "polkit-1"};

    if (service == NULL || service[0] == '\0')
        return false;
    if (strcmp(role, "Viewer") == 0)
        return strcmp(service, "sshd") == 0 ||
               strcmp(service, "systemd-user") == 0;
    for (int i = 0; i < 4; i++)
        if (strcmp(role, "Editor") == 0 && strcmp(service, raising[i]) == 0)
            return false;
    return strcmp(role, "None") != 0;
}

static bool is_near(const char *rhost)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t bytes[16];

    if (rhost == NULL || rhost[0] == '\0')
        return true;
    if (inet_pton(AF_INET, rhost, bytes) == 1)
        return memcmp(bytes, "\300\000\002", 3) == 0;
    return inet_pton(AF_INET6, rhost, bytes) == 1 &&
           memcmp(bytes, mapped, 12) == 0 &&
           memcmp(bytes + 12, "\300\000\002", 3) == 0;
}

static bool find_text(const char *text, enum world_text *ret)
{
    char right[SVCT_TOKEN_LEN + 1];

    for (int i = 0; text != NULL && i < WORLD_TEXTS; i++) {
        dbmake_unmask(&world_minted[i], right);
        if (strcmp(text, right) == 0) {
            *ret = (enum world_text)i;
            return true;
        }
    }
    return false;
}

/* What counts of the two texts. With try_first_pass one that was typed before
 * and has a token's form goes before a prompt. */
static const char *presented(const struct world_login *login,
                             const struct asked *asked)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    if (asked->use > 0)
        return login->authtok;
    if (asked->try > 0 && login->authtok != NULL &&
        svct_token_parse(login->authtok, strlen(login->authtok), id) == 0)
        return login->authtok;
    return login->answer;
}

static bool is_allowed(const struct world_login *login, const struct fact *fact,
                       const struct asked *asked)
{
    const int64_t since =
        world_clock > 0 ? world_clock - WORLD_NOW : -WORLD_NOW;
    const char *role = asked->roles > 0 ? asked->role : "None";

    return !fact->never && strcmp(fact->account, login->user) == 0 &&
           since >= -300 && (fact->begins == 0 || since >= fact->begins) &&
           since < fact->ends && may_use(fact->role, login->service) &&
           (fact->service == NULL ||
            strcmp(fact->service, login->service) == 0) &&
           place(role) >= 0 && place(fact->role) >= place(role) &&
           (strcmp(fact->account, "near") != 0 || is_near(login->rhost));
}

enum world_answer world_decide(const struct world_login *login,
                               enum world_text *ret_text)
{
    struct asked asked = read_arguments(login);
    const char *text = presented(login, &asked);

    if (login->user == NULL || asked.wrong || asked.db != 1 ||
        !is_here(asked.dir) || !find_text(text, ret_text) ||
        !is_allowed(login, &facts[*ret_text], &asked))
        return WORLD_REFUSES;
    if (*ret_text == WORLD_USED_FEW && world_uses >= WORLD_FEW)
        return WORLD_REFUSES;
    return !asked.odd ? WORLD_GRANTS : WORLD_MAY_GRANT;
}
