/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "udiff.h"

static const char if_link[] = ": whoever writes that file (authselect, for "
                              "one) has to put the lines there";

const char *svct_setup_state_name(enum svct_setup_state state)
{
    static const char *const names[] = {[SVCT_SETUP_NOT] = "not_set_up",
                                        [SVCT_SETUP_DONE] = "set_up",
                                        [SVCT_SETUP_FAULTY] = "faulty",
                                        [SVCT_SETUP_NO_PLACE] = "no_place",
                                        [SVCT_SETUP_UNKNOWN] =
                                            "not_understood"};

    return names[state];
}

bool svct_setup_is_grave(const struct svct_pamwalk_fault *fault)
{
    switch (fault->code) {
    case SVCT_PAMWALK_GOES_ON:
    case SVCT_PAMWALK_LATE:
    case SVCT_PAMWALK_VARIES:
        return false;
    case SVCT_PAMWALK_MISSING:
        return fault->type != SVCT_PAMCONF_SESSION;
    case SVCT_PAMWALK_PASSED_BY:
        return fault->type == SVCT_PAMCONF_ACCOUNT;
    default:
        return true;
    }
}

/* ---- the file as it is ---- */

static void unknown(struct svct_setup *setup, const char *why)
{
    setup->state = SVCT_SETUP_UNKNOWN;
    snprintf(setup->why, sizeof(setup->why), "%s", why);
}

static int read_conf(struct svct_setup *setup, struct svct_fault *fault)
{
    int r = svct_pamconf_read(setup->service, svct_pamdir_open, NULL,
                              &setup->conf, fault);

    if (r == 0)
        r = svct_pamwalk(setup->conf, svct_pamdir_has, NULL, &setup->walk,
                         fault);
    return r;
}

static bool asks(const struct svct_pamwalk *walk)
{
    return walk->asks[SVCT_PAMCONF_AUTH] || walk->asks[SVCT_PAMCONF_ACCOUNT] ||
           walk->asks[SVCT_PAMCONF_SESSION];
}

static const struct svct_pamwalk_fault *first_grave(
    const struct svct_pamwalk *walk)
{
    for (size_t i = 0; i < walk->faults; i++) {
        if (svct_setup_is_grave(&walk->fault[i]))
            return &walk->fault[i];
    }
    return NULL;
}

static void judge(struct svct_setup *setup)
{
    const struct svct_pamwalk_fault *grave = first_grave(&setup->walk);

    if (!asks(&setup->walk)) {
        setup->state = SVCT_SETUP_NOT;
    } else if (grave != NULL) {
        setup->state = SVCT_SETUP_FAULTY;
        svct_pamwalk_say(setup->why, sizeof(setup->why), setup->service,
                         setup->conf, grave);
    } else if (!setup->walk.asks[SVCT_PAMCONF_AUTH]) {
        setup->state = SVCT_SETUP_FAULTY;
        snprintf(setup->why, sizeof(setup->why),
                 "%s: there is no line of pam_svctoken for auth",
                 setup->service);
    } else {
        setup->state = SVCT_SETUP_DONE;
    }
}

/* ---- as it shall be ---- */

/* The service's own file has the new text; all others are the host's. */
static int open_new(void *arg, const char *name, char **ret_data,
                    size_t *ret_len, char ret_path[SVCT_PAMCONF_PATH_MAX],
                    struct svct_fault *fault)
{
    const struct svct_setup *setup = arg;

    if (strcmp(name, setup->service) != 0)
        return svct_pamdir_open(NULL, name, ret_data, ret_len, ret_path, fault);
    *ret_data = malloc(setup->edit.len + 1);
    if (*ret_data == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    memcpy(*ret_data, setup->edit.text, setup->edit.len);
    *ret_len = setup->edit.len;
    snprintf(ret_path, SVCT_PAMCONF_PATH_MAX, "%s", setup->path);
    return 0;
}

/* What the others of the stack make of it anyway, and what the file has no
 * place for. */
static bool is_bearable(const struct svct_pamwalk_fault *fault)
{
    return (fault->code == SVCT_PAMWALK_PASSED_BY &&
            fault->type == SVCT_PAMCONF_AUTH) ||
           (fault->code == SVCT_PAMWALK_MISSING &&
            fault->type == SVCT_PAMCONF_SESSION) ||
           fault->code == SVCT_PAMWALK_NO_MODULE;
}

static void check_new(struct svct_setup *setup, const struct svct_pamconf *conf,
                      const struct svct_pamwalk *walk)
{
    char words[sizeof(setup->note)];

    for (size_t i = 0; i < walk->faults; i++) {
        svct_pamwalk_say(words, sizeof(words), setup->service, conf,
                         &walk->fault[i]);
        if (!is_bearable(&walk->fault[i])) {
            unknown(setup, words);
            return;
        }
        if (walk->fault[i].code != SVCT_PAMWALK_NO_MODULE)
            memcpy(setup->note, words, sizeof(words));
    }
}

static int walk_new(struct svct_setup *setup, struct svct_fault *fault)
{
    struct svct_pamwalk *walk = malloc(sizeof(*walk));
    struct svct_pamconf *conf = NULL;
    int r = SVCT_E_NOMEM;

    if (walk != NULL)
        r = svct_pamconf_read(setup->service, open_new, setup, &conf, fault);
    if (r == 0)
        r = svct_pamwalk(conf, svct_pamdir_has, NULL, walk, fault);
    if (r == 0)
        check_new(setup, conf, walk);
    svct_pamconf_free(conf);
    free(walk);
    return r;
}

static int make_diff(struct svct_setup *setup)
{
    struct svct_udiff_text old = {setup->path, setup->file.data,
                                  setup->file.len};
    struct svct_udiff_text new = {setup->path, setup->edit.text,
                                  setup->edit.len};

    return svct_udiff(&old, &new, &setup->diff);
}

static int plan(struct svct_setup *setup, struct svct_fault *fault)
{
    struct svct_fault why = {0};
    int r = svct_pamedit(setup->conf, setup->file.data, setup->file.len,
                         &setup->edit, &why);

    if (r < 0) {
        unknown(setup, why.what);
        if (r == SVCT_E_NOTFOUND)
            setup->state = SVCT_SETUP_NO_PLACE;
        return 0;
    }
    r = walk_new(setup, fault);
    return r == 0 ? make_diff(setup) : r;
}

/* ---- the whole ---- */

/* One that is no plain file, or too long: others may read it all the same, and
 * be told by it to ask us. */
static void look_only(struct svct_setup *setup, const char *why)
{
    if (read_conf(setup, NULL) == 0)
        judge(setup);
    if (setup->conf == NULL || setup->state == SVCT_SETUP_NOT)
        unknown(setup, why);
}

static int read_service(struct svct_setup *setup, struct svct_fault *fault)
{
    struct svct_etcfile_place place = {SVCT_PAMDIR_FOLDER, setup->service,
                                       if_link};
    struct svct_fault why = {0};
    int r = svct_etcfile_read(&place, &setup->file, &why);

    if (r == SVCT_E_SYNTAX) {
        look_only(setup, why.what);
        return 0;
    }
    if (r == 0)
        r = read_conf(setup, &why);
    if (r == SVCT_E_TOOBIG || r == SVCT_E_SYNTAX) {
        unknown(setup, why.what);
        return 0;
    }
    if (r < 0 && fault != NULL)
        *fault = why;
    if (r == 0)
        judge(setup);
    return r == 0 && setup->state == SVCT_SETUP_NOT ? plan(setup, fault) : r;
}

/* Words of the file are among it. */
static void make_plain(char *text, size_t size)
{
    struct svct_words_long plain = svct_say_bare_long(text);

    snprintf(text, size, "%.*s", (int)size - 1, plain.text);
}

int svct_setup_look(const char *service, struct svct_setup **ret_setup,
                    struct svct_fault *fault)
{
    struct svct_setup *setup = calloc(1, sizeof(*setup));
    int r;

    if (setup == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    snprintf(setup->service, sizeof(setup->service), "%s", service);
    snprintf(setup->path, sizeof(setup->path), SVCT_PAMDIR_FOLDER "/%s",
             setup->service);
    r = read_service(setup, fault);
    if (r < 0) {
        svct_setup_free(setup);
        return r;
    }
    make_plain(setup->why, sizeof(setup->why));
    make_plain(setup->note, sizeof(setup->note));
    *ret_setup = setup;
    return 0;
}

void svct_setup_free(struct svct_setup *setup)
{
    if (setup == NULL)
        return;
    svct_pamconf_free(setup->conf);
    free(setup->diff);
    free(setup);
}

/* ---- what was left behind ---- */

static bool is_there(const char *service, const char *end)
{
    char path[SVCT_PAMCONF_PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), SVCT_PAMDIR_FOLDER "/%s%s", service, end);
    return lstat(path, &st) == 0;
}

bool svct_setup_leftover(const char *service, char *out, size_t size)
{
    const char *end = is_there(service, SVCT_ETCFILE_NEW) ? SVCT_ETCFILE_NEW
                                                          : SVCT_ETCFILE_BACKUP
                          "-new";

    if (!is_there(service, end))
        return false;
    snprintf(out, size,
             SVCT_PAMDIR_FOLDER
             "/%s%s is what a setup that was killed has left, and nothing "
             "reads it: remove it, or let the next setup do so",
             service, end);
    return true;
}
