/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any bytes as the record of a session, as they are and with a check that is
 * right; and as /proc/PID/stat and the other texts of a process. What is taken
 * for a record is what would be written for it, byte for byte, and has nothing
 * in it that could get out of a line or a path.
 */

#include <stdlib.h>
#include <string.h>

#include "../../admin/proctext.h"
#include "auth/session.h"
#include "base/crc64.h"
#include "fuzz.h"

static void check_word(const char *text)
{
    for (; *text != '\0'; text++)
        MUST(*text > ' ' && *text <= '~');
}

static void check_record(const char *text, size_t len)
{
    struct svct_session session;
    char again[SVCT_SESSION_FILE];
    size_t again_len;
    int err = svct_session_parse(text, len, &session);

    MUST(err == 0 || err == SVCT_E_DAMAGED || err == SVCT_E_VERSION);
    if (err != 0)
        return;
    MUST(svct_session_format(&session, again, &again_len) == 0);
    MUST(again_len == len && memcmp(again, text, len) == 0);
    MUST(svct_session_is_id(session.id) && strchr(session.id, '/') == NULL);
    MUST(session.token_id[0] == '\0' ||
         svct_session_is_of_token(session.id, session.token_id));
    MUST(session.pid > 0 && session.expires >= 0);
    check_word(session.account);
    check_word(session.token_name);
    check_word(session.role);
    check_word(session.service);
    check_word(session.rhost);
    check_word(session.tty);
}

/* With its last line replaced by a right one. */
static void check_mended(const char *text, size_t len)
{
    char mended[SVCT_SESSION_FILE + 32];
    const char *last = len > 1 ? memrchr(text, '\n', len - 1) : NULL;

    if (last == NULL || len > SVCT_SESSION_FILE)
        return;
    len = (size_t)(last + 1 - text);
    memcpy(mended, text, len);
    len +=
        (size_t)snprintf(mended + len, sizeof(mended) - len, "check %016llx\n",
                         (unsigned long long)svct_crc64(0, text, len));
    check_record(mended, len);
}

static void check_process(const char *text, size_t len)
{
    char value[SVCT_SESSION_ID_MAX + 1], name[SVCT_PROCTEXT_LOGIND + 1];
    struct svct_procstat stat;
    uint32_t audit;
    uid_t real, effective;

    if (svct_procstat_parse(text, len, &stat) == 0)
        MUST(stat.pid > 0 && stat.ppid >= 0);
    if (svct_proctext_environ(text, len, SVCT_SESSION_ENV, value,
                              sizeof(value)))
        MUST(strlen(value) < sizeof(value));
    if (svct_proctext_logind(text, len, name))
        MUST(name[0] != '\0' && strpbrk(name, "/-. \n") == NULL);
    if (svct_proctext_audit(text, len, &audit))
        MUST(audit != 0 && audit != UINT32_MAX);
    (void)svct_proctext_uids(text, len, &real, &effective);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of this size, so that a read behind the end is noticed. */
    char *text = malloc(size + (size == 0));

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    check_record(text, size);
    check_mended(text, size);
    check_process(text, size);
    free(text);
    return 0;
}
