/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "udiff.h"

#define CONTEXT 3

struct line {
    const char *text;
    size_t len; /* with its line feed, if it has one */
};

struct lines {
    struct line *line;
    size_t count;
};

/* A line of the answer: '+', '-', or ' ' for one of both. */
struct op {
    char sign;
    const struct line *line;
};

struct work {
    struct lines old, new;
    struct op *op;
    size_t ops;
};

/* ---- lines ---- */

static size_t count_lines(const struct svct_udiff_text *text)
{
    size_t count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n' || i + 1 == text->len;
    return count;
}

static bool split(const struct svct_udiff_text *text, struct lines *ret_lines)
{
    const char *at = text->data, *end = text->data + text->len;

    ret_lines->count = count_lines(text);
    ret_lines->line = calloc(ret_lines->count + 1, sizeof(struct line));
    if (ret_lines->line == NULL)
        return false;
    for (size_t i = 0; i < ret_lines->count; i++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *next = feed != NULL ? feed + 1 : end;

        ret_lines->line[i] = (struct line){at, (size_t)(next - at)};
        at = next;
    }
    return true;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* ---- what goes and comes ---- */

static void put(struct work *work, char sign, const struct line *line)
{
    work->op[work->ops++] = (struct op){sign, line};
}

/* All lines of less are in more, in their order: those that are in more alone
 * get the sign. */
static bool match(struct work *work, const struct lines *less,
                  const struct lines *more, char sign)
{
    size_t k = 0;

    work->ops = 0;
    for (size_t i = 0; i < more->count; i++) {
        if (k < less->count && same(&less->line[k], &more->line[i])) {
            put(work, ' ', &more->line[i]);
            k++;
        } else {
            put(work, sign, &more->line[i]);
        }
    }
    return k == less->count;
}

static void replace_all(struct work *work)
{
    work->ops = 0;
    for (size_t i = 0; i < work->old.count; i++)
        put(work, '-', &work->old.line[i]);
    for (size_t i = 0; i < work->new.count; i++)
        put(work, '+', &work->new.line[i]);
}

static bool compare(struct work *work)
{
    work->op = calloc(work->old.count + work->new.count + 1, sizeof(struct op));
    if (work->op == NULL)
        return false;
    if (!match(work, &work->old, &work->new, '+') &&
        !match(work, &work->new, &work->old, '-'))
        replace_all(work);
    return true;
}

/* ---- the answer ---- */

/* "12", "12,3"; a range of no line is told by the one before it. */
static void put_range(FILE *out, size_t first, size_t count)
{
    fprintf(out, "%zu", count > 0 ? first + 1 : first);
    if (count != 1)
        fprintf(out, ",%zu", count);
}

static void put_line(FILE *out, const struct op *op)
{
    fputc(op->sign, out);
    fwrite(op->line->text, 1, op->line->len, out);
    if (op->line->len == 0 || op->line->text[op->line->len - 1] != '\n')
        fputs("\n\\ No newline at end of file\n", out);
}

/* Where the hunk that has a change at i ends: so far behind it that the next
 * change is not within its context. */
static size_t hunk_end(const struct work *work, size_t i)
{
    size_t last = i;

    for (; i < work->ops && i <= last + 2 * CONTEXT + 1; i++) {
        if (work->op[i].sign != ' ')
            last = i;
    }
    return last + CONTEXT < work->ops ? last + CONTEXT + 1 : work->ops;
}

static void put_hunk(FILE *out, const struct work *work, size_t from, size_t to,
                     const size_t before[2])
{
    size_t count[2] = {0, 0};

    for (size_t i = from; i < to; i++) {
        count[0] += work->op[i].sign != '+';
        count[1] += work->op[i].sign != '-';
    }
    fputs("@@ -", out);
    put_range(out, before[0], count[0]);
    fputs(" +", out);
    put_range(out, before[1], count[1]);
    fputs(" @@\n", out);
    for (size_t i = from; i < to; i++)
        put_line(out, &work->op[i]);
}

static void put_hunks(FILE *out, const struct work *work)
{
    size_t before[2] = {0, 0}, done = 0;

    for (size_t i = 0; i < work->ops; i++) {
        size_t from, to;

        if (work->op[i].sign == ' ')
            continue;
        from = i > done + CONTEXT ? i - CONTEXT : done;
        to = hunk_end(work, i);
        for (; done < from; done++) {
            before[0] += work->op[done].sign != '+';
            before[1] += work->op[done].sign != '-';
        }
        put_hunk(out, work, from, to, before);
        for (; done < to; done++) {
            before[0] += work->op[done].sign != '+';
            before[1] += work->op[done].sign != '-';
        }
        i = to - 1;
    }
}

static int write_out(const struct svct_udiff_text *old,
                     const struct svct_udiff_text *new, const struct work *work,
                     char **ret_diff)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return SVCT_E_NOMEM;
    for (size_t i = 0; i < work->ops; i++) {
        if (work->op[i].sign != ' ') {
            fprintf(out, "--- %s\n+++ %s\n", old->name, new->name);
            put_hunks(out, work);
            break;
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return SVCT_E_NOMEM;
    }
    *ret_diff = text;
    return 0;
}

int svct_udiff(const struct svct_udiff_text *old,
               const struct svct_udiff_text *new, char **ret_diff)
{
    struct work work = {.ops = 0};
    int r = SVCT_E_NOMEM;

    if (split(old, &work.old) && split(new, &work.new) && compare(&work))
        r = write_out(old, new, &work, ret_diff);
    free(work.old.line);
    free(work.new.line);
    free(work.op);
    return r;
}
