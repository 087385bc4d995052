/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "auth/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

/* More than any function that sees a secret uses, libsodium's included. */
#define STACK_BYTES 8192

/* EAGAIN: early after a start of the machine, when libsodium waits. */
static bool has_randomness(void)
{
    char byte;

    return getrandom(&byte, sizeof byte, GRND_NONBLOCK) ==
               (ssize_t)sizeof byte ||
           errno == EAGAIN;
}

/*
 * Where the kernel gives no random bytes libsodium ends the process (in
 * sodium_init and wherever it draws some), and this is somebody else's: one
 * with a filter of system calls. So it is asked each time, before.
 */
int svct_secret_setup(void)
{
    if (!has_randomness())
        return SVCT_E_IO;
    return sodium_init() < 0 ? SVCT_E_IO : 0;
}

int svct_secret_init(struct svct_secret *secret, size_t max)
{
    char *text;

    if (max == SIZE_MAX)
        return SVCT_E_NOMEM;
    text = sodium_malloc(max + 1);
    if (text == NULL)
        return SVCT_E_NOMEM;
    sodium_memzero(text, max + 1);
    *secret = (struct svct_secret){.text = text, .size = max + 1};
    return 0;
}

void svct_secret_done(struct svct_secret *secret)
{
    if (secret == NULL)
        return;
    sodium_free(secret->text);
    *secret = (struct svct_secret){0};
}

int svct_secret_append(struct svct_secret *secret, const char *text, size_t len)
{
    if (secret->text == NULL || len > secret->size - 1 - secret->len)
        return SVCT_E_TOOBIG;
    if (len > 0)
        memcpy(secret->text + secret->len, text, len);
    secret->len += len;
    secret->text[secret->len] = '\0';
    return 0;
}

void svct_secret_wipe(void *memory, size_t len)
{
    if (memory != NULL)
        sodium_memzero(memory, len);
}

void svct_secret_wipe_stack(void)
{
    sodium_stackzero(STACK_BYTES);
}
