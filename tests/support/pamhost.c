/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "pamhost.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <syslog.h>

#include "privdir.h"

/* ---- the log ---- */

#define LINES_MAX 1024
static struct logline lines[LINES_MAX];
static int lines_count;
static pthread_mutex_t lines_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool through;
static pamhost_line_fn *elsewhere;

static void keep(int priority, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void keep(int priority, const char *format, va_list args)
{
    struct logline *line;
    char text[sizeof line->text];
    va_list again;

    if (elsewhere != NULL) {
        vsnprintf(text, sizeof text, format, args);
        elsewhere(text);
        return;
    }
    if (through) {
        va_copy(again, args);
        vsyslog(priority, format, again);
        va_end(again);
    }
    pthread_mutex_lock(&lines_mutex);
    line = &lines[lines_count % LINES_MAX];
    lines_count++;
    line->level = priority & LOG_PRIMASK;
    vsnprintf(line->text, sizeof line->text, format, args);
    pthread_mutex_unlock(&lines_mutex);
}

/* libpam calls the second where it was built with _FORTIFY_SOURCE; with it
 * the first is a macro here. */
#undef syslog
void syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    keep(priority, format, args);
    va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    keep(priority, format, args);
    va_end(args);
}

void pamhost_log_through(void)
{
    through = true;
}

void pamhost_log_to(pamhost_line_fn *to)
{
    elsewhere = to;
}

void pamhost_log_clear(void)
{
    int kept = lines_count < LINES_MAX ? lines_count : LINES_MAX;

    memset(lines, 0, (size_t)kept * sizeof *lines);
    lines_count = 0;
}

static bool is_ours(const struct logline *line)
{
    return strncmp(line->text, "pam_svctoken(", 13) == 0;
}

int pamhost_log_count(void)
{
    int count = 0;

    for (int i = 0; i < lines_count && i < LINES_MAX; i++)
        count += is_ours(&lines[i]);
    return count;
}

const struct logline *pamhost_log_line(int n)
{
    static struct logline found;

    for (int i = 0; i < lines_count && i < LINES_MAX; i++) {
        if (!is_ours(&lines[i]) || n-- > 0)
            continue;
        found.level = lines[i].level;
        snprintf(found.text, sizeof found.text, "%s",
                 strstr(lines[i].text, "): ") + 3);
        return &found;
    }
    found = (struct logline){-1, ""};
    return &found;
}

#define WINDOW 12
static bool tells(const char *text, const uint8_t *masked)
{
    const size_t len = strlen(text);

    for (size_t at = 0; at + WINDOW <= len; at++) {
        int i = 0;

        while (i < WINDOW && ((uint8_t)text[at + i] ^ DBMAKE_MASK) == masked[i])
            i++;
        if (i == WINDOW)
            return true;
    }
    return false;
}

bool pamhost_log_tells(const struct minted *minted)
{
    const int secret = SVCT_TOKEN_LEN - SVCT_TOKEN_SECRET_LEN - 6;

    for (int i = 0; i < lines_count && i < LINES_MAX; i++)
        for (int at = secret; at + WINDOW <= SVCT_TOKEN_LEN; at++)
            if (tells(lines[i].text, minted->masked + at))
                return true;
    return false;
}

/* ---- the user ---- */

/* The token's text comes into being in the response and nowhere else. */
static char *type(const struct pamhost *host)
{
    const char *text = host->prompts > 1 && host->second_text != NULL
                           ? host->second_text
                           : host->text;
    char *typed;

    if (host->token == NULL)
        return text != NULL ? strdup(text) : NULL;
    typed = malloc(SVCT_TOKEN_LEN + 1);
    if (typed != NULL)
        dbmake_unmask(host->token, typed);
    return typed;
}

static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data)
{
    struct pamhost *host = data;

    *responses = calloc((size_t)count, sizeof **responses);
    if (*responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        switch (messages[i]->msg_style) {
        case PAM_PROMPT_ECHO_ON:
            host->echoed++;
            break;
        case PAM_PROMPT_ECHO_OFF:
            host->prompts++;
            snprintf(host->prompt, sizeof host->prompt, "%s", messages[i]->msg);
            if (host->while_typing != NULL)
                host->while_typing();
            (*responses)[i].resp = type(host);
            break;
        default:
            host->messages++;
            snprintf(host->message, sizeof host->message, "%s",
                     messages[i]->msg);
        }
    }
    if (host->conv_code == PAM_SUCCESS)
        return PAM_SUCCESS;
    free((*responses)[0].resp);
    free(*responses);
    *responses = NULL;
    return host->conv_code;
}

/* Instead of waiting. Called on success too, with what would be waited. */
static void note_delay(int code, unsigned microseconds, void *data)
{
    struct pamhost *host = data;

    if (code != PAM_SUCCESS && microseconds > host->delay)
        host->delay = microseconds;
}

/* ---- the program ---- */

static bool copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    char bytes[65536];
    size_t got;
    bool done = in != NULL && out != NULL;

    while (done && (got = fread(bytes, 1, sizeof bytes, in)) > 0)
        done = fwrite(bytes, 1, got, out) == got;
    if (in != NULL)
        fclose(in);
    if (out != NULL && fclose(out) != 0)
        done = false;
    return done;
}

bool pamhost_setup(const char **ret_reason)
{
    const char *module = getenv("SVCT_MODULE");

    *ret_reason = "SVCT_MODULE does not name the module";
    if (module == NULL || !copy_file(module, PAMHOST_MODULE))
        return false;
    *ret_reason = "the private folder can't be written";
    if (mkdir(PAMHOST_CONFDIR, 0755) != 0)
        return false;
    privdir_write(PAMHOST_CONFDIR "/other", "auth required pam_deny.so\n"
                                            "account required pam_deny.so\n"
                                            "password required pam_deny.so\n"
                                            "session required pam_deny.so\n");
    return true;
}

void pamhost_stack_raw(const char *service, const char *before,
                       const char *arguments)
{
    static const char *const types[] = {"account", "session", "password"};
    char path[256], text[8192];
    int len;

    len = snprintf(text, sizeof text,
                   "%sauth [success=done default=die] " PAMHOST_MODULE " %s\n",
                   before, arguments);
    for (int i = 0; i < 3; i++)
        len += snprintf(
            text + len, sizeof text - (size_t)len,
            "%s [success=done ignore=ignore default=die] " PAMHOST_MODULE
            " %s\n%s required pam_deny.so\n",
            types[i], arguments, types[i]);
    snprintf(path, sizeof path, PAMHOST_CONFDIR "/%s", service);
    privdir_write(path, text);
}

void pamhost_stack(const char *service, const char *arguments)
{
    char all[2048];

    snprintf(all, sizeof all, "db=" PAMHOST_DB " %s", arguments);
    pamhost_stack_raw(service, "", all);
}

void pamhost_start(struct pamhost *host, const char *service, const char *user)
{
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {note_delay};

    memset(host, 0, sizeof *host);
    host->conv = (struct pam_conv){converse, host};
    if (pam_start_confdir(service, user, &host->conv, PAMHOST_CONFDIR,
                          &host->pamh) != PAM_SUCCESS ||
        pam_set_item(host->pamh, PAM_FAIL_DELAY, delay.item) != PAM_SUCCESS) {
        fprintf(stderr, "pamhost: pam_start failed\n");
        exit(99);
    }
}

void pamhost_end(struct pamhost *host)
{
    pam_end(host->pamh, PAM_SUCCESS);
    host->pamh = NULL;
}
