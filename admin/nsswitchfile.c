/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "nsswitchfile.h"

#include <errno.h>

#include "etcfile.h"

static struct svct_etcfile_place place_in(const char *folder)
{
    return (struct svct_etcfile_place){
        .folder = folder,
        .name = SVCT_NSSWITCH_FILE,
        .if_link = ": where authselect keeps it, put svctoken behind files in "
                   "a profile of your own (authselect create-profile)"};
}

typedef int read_fn(const struct svct_etcfile_place *place,
                    struct svct_etcfile *ret_file, struct svct_fault *fault);

static int read_by(read_fn *read_it, const char *folder,
                   struct svct_nsswitchfile *ret_file, struct svct_fault *fault)
{
    struct svct_etcfile_place place = place_in(folder);
    struct svct_etcfile *file = malloc(sizeof(*file));
    int r;

    if (file == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    r = read_it(&place, file, fault);
    if (r == 0) {
        ret_file->st = file->st;
        ret_file->text.len = file->len;
        memcpy(ret_file->text.data, file->data, file->len);
    }
    free(file);
    return r;
}

int svct_nsswitchfile_look(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault)
{
    return read_by(svct_etcfile_look, folder, ret_file, fault);
}

int svct_nsswitchfile_read(const char *folder,
                           struct svct_nsswitchfile *ret_file,
                           struct svct_fault *fault)
{
    return read_by(svct_etcfile_read, folder, ret_file, fault);
}

int svct_nsswitchfile_replace(const char *folder,
                              const struct svct_nsswitchfile *file,
                              const struct svct_nsswitch_text *text,
                              struct svct_fault *fault)
{
    struct svct_etcfile_place place = place_in(folder);
    struct svct_etcfile *was = malloc(sizeof(*was));
    int r;

    if (was == NULL)
        return svct_fault_set(fault, SVCT_E_NOMEM, ENOMEM, "out of memory");
    was->st = file->st;
    was->len = file->text.len;
    memcpy(was->data, file->text.data, file->text.len);
    r = svct_etcfile_replace(&place, was, text->data, text->len, fault);
    free(was);
    return r;
}

int svct_nsswitchfile_put_back(const char *folder,
                               const struct svct_nsswitch_text *text,
                               struct svct_fault *fault)
{
    struct svct_etcfile_place place = place_in(folder);

    return svct_etcfile_put_back(&place, text->data, text->len, fault);
}

/* ---- asking it ---- */

static bool asks(const struct svct_nsswitch_text *text,
                 enum svct_nsswitch_database database)
{
    struct svct_nsswitch_line line;

    if (svct_nsswitch_look(text, database, &line, NULL) < 0)
        return false;
    if (!line.there && database == SVCT_NSSWITCH_INITGROUPS)
        return asks(text, SVCT_NSSWITCH_GROUP);
    return line.asks;
}

bool svct_nsswitchfile_asks(enum svct_nsswitch_database database)
{
    struct svct_nsswitchfile *file = malloc(sizeof(*file));
    bool answer =
        file != NULL &&
        svct_nsswitchfile_look(SVCT_NSSWITCH_FOLDER, file, NULL) == 0 &&
        asks(&file->text, database);

    free(file);
    return answer;
}
