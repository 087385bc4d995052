/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "timeline.h"

#include <stdio.h>
#include <string.h>

#include "timescale.h"

#define SPAN 8         /* characters of "3d23h" and the like */
#define LABEL_LEAST 12 /* of the label */
#define LABEL_MOST 48
#define SECTION_LEAST 3 /* of a section of the bar; with less there is none */
#define SECTION_MOST 12

/* ---- how wide ---- */

struct layout {
    int label;
    unsigned section; /* 0: no bar */
};

/* Some for the label, the rest for the bar, in whole sections. Two columns are
 * for the mark at its end, and the last one stays free: some terminals begin a
 * new line behind it. */
static struct layout lay_out(const struct svct_timeline *timeline)
{
    unsigned label = timeline->width * 3 / 10, used;
    struct layout layout = {0};

    label = label > LABEL_MOST ? LABEL_MOST : label;
    label = label < LABEL_LEAST ? LABEL_LEAST : label;
    used = label + 1 + SPAN + 1 + 2 + 1;
    if (timeline->width > used)
        layout.section = (timeline->width - used) / SVCT_TIMESCALE_SECTIONS;
    if (layout.section < SECTION_LEAST)
        layout.section = 0;
    if (layout.section > SECTION_MOST)
        layout.section = SECTION_MOST;
    layout.label = (int)label;
    return layout;
}

/* ---- lines ---- */

struct line {
    char *text;
    size_t len;
};

static void put(struct line *line, const char *text)
{
    size_t len = strlen(text);

    if (line->len + len < SVCT_TIMELINE_ROOM) {
        memcpy(line->text + line->len, text, len + 1);
        line->len += len;
    }
}

/* In so many columns, which are its bytes. */
static void put_cut(struct line *line, const char *text, int columns)
{
    char field[LABEL_MOST + 2];
    bool fits = strlen(text) <= (size_t)columns;

    if (fits)
        snprintf(field, sizeof(field), "%-*s", columns, text);
    else
        snprintf(field, sizeof(field), "%.*s..", columns - 2, text);
    put(line, field);
    put(line, " ");
}

char *svct_timeline_head(const struct svct_timeline *timeline,
                         const char *title, char out[SVCT_TIMELINE_ROOM])
{
    struct layout layout = lay_out(timeline);
    struct line line = {out, 0};

    put_cut(&line, title, layout.label);
    put_cut(&line, "IN", SPAN);
    for (size_t i = 0; layout.section > 0 && i <= SVCT_TIMESCALE_SECTIONS;
         i++) {
        bool last = i == SVCT_TIMESCALE_SECTIONS;
        char field[SECTION_MOST + 2];

        snprintf(field, sizeof(field), "%-*s", last ? 0 : (int)layout.section,
                 svct_timescale_marks[i].label);
        put(&line, field);
    }
    return out;
}

struct pen {
    const char *bar, *end, *beyond, *mark;
};

static const struct pen plain = {"-", "o", ">", "."};
static const struct pen drawn = {"\xe2\x94\x81", "\xe2\x97\x8f", "\xe2\x96\xb6",
                                 "\xc2\xb7"};

static const char *colour_of(int64_t seconds)
{
    if (seconds < 86400)
        return "\033[31m"; /* red */
    return seconds < INT64_C(7) * 86400 ? "\033[33m" : "\033[32m";
}

/* Up to where it ends; behind that only the marks. */
static void put_bar(struct line *line, const struct svct_timeline *timeline,
                    unsigned section, int64_t seconds)
{
    const struct pen *pen = timeline->utf8 ? &drawn : &plain;
    unsigned parts = section * SVCT_TIMESCALE_SECTIONS;
    unsigned place = svct_timescale_place(seconds, parts);

    if (timeline->colour)
        put(line, colour_of(seconds));
    for (unsigned i = 0; i < place; i++)
        put(line, pen->bar);
    put(line, place == parts ? pen->beyond : pen->end);
    if (timeline->colour)
        put(line, "\033[0m");
    for (unsigned i = place + 1; i <= parts; i++)
        put(line, i % section == 0 ? pen->mark : " ");
}

char *svct_timeline_row(const struct svct_timeline *timeline, const char *label,
                        const char *span, int64_t seconds,
                        char out[SVCT_TIMELINE_ROOM])
{
    struct layout layout = lay_out(timeline);
    struct line line = {out, 0};

    put_cut(&line, label, layout.label);
    put_cut(&line, span, SPAN);
    if (layout.section > 0)
        put_bar(&line, timeline, layout.section, seconds);
    return out;
}
