/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "token_hash.h"

#include <errno.h>

#include "auth/digest.h"
#include "auth/token.h"
#include "deliver.h"
#include "out.h"
#include "say.h"
#include "tty.h"
#include "write/mint.h"

enum {
    HASH_NEW,
    HASH_OUT
};

const struct svct_opt svct_token_hash_options[] = {
    [HASH_NEW] = {"new", NULL, 0, "make a token instead of reading one"},
    [HASH_OUT] = {"out", "FILE", 0,
                  "write the new token to a new file, for its owner alone, "
                  "instead of standard output"},
    {NULL, NULL, 0, NULL},
};

struct hashed {
    char id[SVCT_TOKEN_ID_LEN + 1];
    char hash[2 * SVCT_DIGEST_LEN + 1];
};

static void cell_id(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct hashed *)row)->id;
}

static void cell_hash(const void *row, struct svct_cell *cell)
{
    cell->text = ((const struct hashed *)row)->hash;
}

const struct svct_column svct_token_hash_columns[] = {
    {"id", SVCT_CELL_TEXT, 0, "ID", "its public id", cell_id},
    {"hash", SVCT_CELL_TEXT, 0, "HASH",
     "what a database keeps of it; hexadecimal", cell_hash},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

static void write_hash(const uint8_t digest[SVCT_DIGEST_LEN],
                       struct hashed *hashed)
{
    for (size_t i = 0; i < SVCT_DIGEST_LEN; i++)
        snprintf(hashed->hash + 2 * i, 3, "%02x", digest[i]);
}

/* ---- one that there is ---- */

static int say_read(const struct svct_call *call, int code)
{
    if (code == SVCT_E_NOTFOUND)
        return svct_say_usage(call, "no token was given");
    if (code == SVCT_E_TOOBIG)
        return svct_say_usage(call, "that is more than one token: give one");
    return svct_say_code(call, code, "can't read the token");
}

static int hash_text(const struct svct_call *call,
                     const struct svct_secret *text, struct hashed *hashed)
{
    uint8_t digest[SVCT_DIGEST_LEN];

    /* The text is never shown: it may be nearly the token. */
    if (svct_token_parse(text->text, text->len, hashed->id) != 0)
        return svct_say_usage(
            call,
            "that is no whole token: %d characters beginning with %s, as "
            "\"svctoken token create\" printed them, and nothing else",
            SVCT_TOKEN_LEN, SVCT_TOKEN_PREFIX);
    svct_digest_token(text->text, text->len, digest);
    write_hash(digest, hashed);
    return SVCT_EXIT_DONE;
}

static int hash_given(const struct svct_call *call)
{
    struct hashed hashed = {.id = ""};
    struct svct_secret text;
    int r = svct_tty_is_stdin() ? svct_tty_ask("Token: ", &text)
                                : svct_tty_read(&text);

    if (r < 0)
        return say_read(call, r);
    r = hash_text(call, &text, &hashed);
    svct_secret_done(&text);
    return r == SVCT_EXIT_DONE
               ? svct_out_one(call, svct_token_hash_columns, &hashed)
               : r;
}

/* ---- a new one ---- */

/* The token first, then what is no secret. */
static int print_new(const struct svct_call *call, struct svct_deliver *deliver,
                     const struct hashed *hashed,
                     const struct svct_secret *token)
{
    bool file = deliver->path != NULL, done;

    if (file)
        done = svct_deliver_write(deliver, "", token, "\n") &&
               svct_deliver_close(deliver);
    else if (call->opts.json)
        done = svct_deliver_json(
            deliver, svct_out_object(call, svct_token_hash_columns, hashed),
            token);
    else
        done = svct_deliver_write(deliver, "Token: ", token, "\n");
    if (!done) {
        int r = svct_say_cannot(call, "could not write the token: %s",
                                strerror(errno));

        svct_deliver_drop(deliver);
        return r;
    }
    if (file)
        svct_say("the token is in %s", svct_say_quote(deliver->path).text);
    else
        svct_say("shown once; keep it, it can't be shown again");
    if (call->opts.json && !file)
        return SVCT_EXIT_DONE;
    return svct_out_one(call, svct_token_hash_columns, hashed);
}

static int hash_new(const struct svct_call *call)
{
    uint8_t digest[SVCT_DIGEST_LEN];
    struct hashed hashed = {.id = ""};
    struct svct_deliver deliver;
    struct svct_secret token;
    int r = svct_deliver_open(call, "--out",
                              svct_opts_get(&call->opts, HASH_OUT), &deliver);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_mint_token(&token, hashed.id, digest);
    if (r < 0) {
        svct_deliver_drop(&deliver);
        svct_deliver_done(&deliver);
        return svct_say_cannot(call, "can't make a secret: %s",
                               svct_err_text(r));
    }
    write_hash(digest, &hashed);
    r = print_new(call, &deliver, &hashed, &token);
    svct_secret_done(&token);
    svct_deliver_done(&deliver);
    return r;
}

int svct_token_hash(const struct svct_call *call)
{
    bool made = svct_opts_given(&call->opts, HASH_NEW);

    if (!made && svct_opts_given(&call->opts, HASH_OUT))
        return svct_say_usage(call, "--out is for the token that --new makes: "
                                    "give --new too, or neither");
    if (svct_secret_setup() != 0)
        return svct_say_cannot(call, "can't make or hash a secret: no source "
                                     "of random numbers");
    return made ? hash_new(call) : hash_given(call);
}
