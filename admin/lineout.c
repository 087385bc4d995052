/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "lineout.h"

#include <sodium.h>

#include "auth/secret.h"
#include "say.h"

struct svct_lineout_digest {
    crypto_generichash_state state;
};

int svct_lineout_open(const struct svct_call *call, const char *path,
                      bool backup, struct svct_lineout *ret_out)
{
    struct svct_lineout out = {.call = call, .backup = backup};
    int r = SVCT_EXIT_DONE;

    out.digest = aligned_alloc(64, (sizeof(*out.digest) + 63) / 64 * 64);
    if (out.digest == NULL)
        return svct_say_fault(call, SVCT_E_NOMEM, NULL);
    if (svct_secret_setup() != 0 ||
        crypto_generichash_init(&out.digest->state, NULL, 0, SVCT_DIGEST_LEN) !=
            0)
        r = svct_say_cannot(call, "libsodium can't be used");
    else
        r = svct_outfile_open(call, path, 0600, false, &out.file);
    if (r != SVCT_EXIT_DONE) {
        svct_lineout_done(&out);
        return r;
    }
    *ret_out = out;
    return SVCT_EXIT_DONE;
}

void svct_lineout_done(struct svct_lineout *out)
{
    svct_outfile_done(&out->file);
    free(out->digest);
    *out = (struct svct_lineout){.call = NULL};
}

int svct_lineout_put(struct svct_lineout *out, const struct svct_line *line)
{
    char text[SVCT_LINE_MAX + 3];
    struct svct_fault fault = {0};
    size_t len;
    int r =
        svct_line_format(line, out->backup, text, sizeof(text), &len, &fault);

    if (r < 0)
        return svct_say_fault(out->call, r, &fault);
    crypto_generichash_update(&out->digest->state, (unsigned char *)text, len);
    out->lines++;
    if (fwrite(text, 1, len, out->file.file) != len)
        return svct_outfile_say(&out->file);
    return SVCT_EXIT_DONE;
}

int svct_lineout_finish(struct svct_lineout *out)
{
    struct svct_line end = {.kind = SVCT_LINE_END, .lines = out->lines};
    int r;

    crypto_generichash_final(&out->digest->state, end.digest,
                             sizeof(end.digest));
    r = svct_lineout_put(out, &end);
    return r == SVCT_EXIT_DONE ? svct_outfile_finish(&out->file) : r;
}
