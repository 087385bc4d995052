/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "htmlpage.h"

#include <stdarg.h>

#include "auth/timefmt.h"
#include "htmlstyle.h"
#include "htmltext.h"

struct page {
    const struct svct_overview *overview;
    const struct svct_inventory *inventory;
    int64_t now;
    FILE *file;
};

/* ---- pieces ---- */

/* Our own words and numbers only; what is from outside goes by put_text. */
static void __attribute__((format(printf, 2, 3)))
put(const struct page *page, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(page->file, format, args);
    va_end(args);
}

static void put_text(const struct page *page, const char *text)
{
    svct_htmltext_put(text, page->file);
}

/* In a direction of its own, whatever it is written in. */
static void cell_words(const struct page *page, const char *text)
{
    put(page, "<td class=\"text\"><bdi>");
    put_text(page, text);
    put(page, "</bdi></td>");
}

static void cell_name(const struct page *page, const char *name)
{
    put(page, "<td>");
    put_text(page, name);
    put(page, "</td>");
}

static void cell_number(const struct page *page, uint64_t number)
{
    put(page, "<td class=\"number\">%llu</td>", (unsigned long long)number);
}

/* "2027-01-31 12:00:00", which the page says is UTC, and how far that is. */
static void put_time(const struct page *page, int64_t time)
{
    char text[40], shown[40], span[48];
    char *t;

    svct_time_format(text, sizeof(text), time);
    snprintf(shown, sizeof(shown), "%s", text);
    t = strchr(shown, 'T');
    if (t != NULL) {
        *t = ' ';
        shown[strcspn(shown, "Z")] = '\0';
    }
    put(page, "<time datetime=\"%s\">%s</time> <span class=\"muted\">%s</span>",
        text, shown, svct_out_span(span, sizeof(span), time - page->now));
}

static void cell_time(const struct page *page, int64_t time)
{
    put(page, "<td>");
    if (time == SVCT_TIME_NEVER)
        put(page, "never");
    else
        put_time(page, time);
    put(page, "</td>");
}

static void cell_used(const struct page *page,
                      const struct svct_inventory_token *token)
{
    if (token->use_known && token->seen.last_used != 0) {
        cell_time(page, token->seen.last_used);
        return;
    }
    put(page, "<td>%s</td>", token->use_known ? "never" : "not known");
}

static void head_token(const struct page *page,
                       const struct svct_inventory_token *token)
{
    put(page, "<tr><th scope=\"row\">");
    put_text(page, token->account);
    put(page, "/<wbr/>");
    put_text(page, token->name);
    put(page, "</th>");
}

/* What opens nothing is told by its word, and by colour. */
static void cell_state(const struct page *page, const char *state, bool good,
                       const char *also)
{
    put(page, "<td class=\"%s\">%s%s%s</td>", good ? "good" : "warn", state,
        also != NULL ? ", account " : "", also != NULL ? also : "");
}

/* ---- tables ---- */

static void begin_section(const struct page *page, const char *id,
                          const char *title)
{
    put(page, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id,
        id, title);
}

static void end_section(const struct page *page)
{
    put(page, "</section>\n");
}

/* heads: "#" before one of numbers; ends in NULL. caption may be empty. */
static void begin_table(const struct page *page, const char *label,
                        const char *caption, const char *const *heads)
{
    put(page,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
        "aria-labelledby=\"%s\">\n<table>\n",
        label);
    if (caption[0] != '\0')
        put(page, "<caption>%s</caption>\n", caption);
    put(page, "<thead><tr>");
    for (; *heads != NULL; heads++) {
        bool number = (*heads)[0] == '#';

        put(page, "<th scope=\"col\"%s>%s</th>",
            number ? " class=\"number\"" : "", *heads + number);
    }
    put(page, "</tr></thead>\n<tbody>\n");
}

static void end_table(const struct page *page)
{
    put(page, "</tbody>\n</table>\n</div>\n");
}

typedef void row_fn(const struct page *page, const void *item);

/* A list of which the first so many are there. */
static void put_list(const struct page *page, const struct svct_firstof *list,
                     const char *label, const char *command,
                     const char *const *heads, row_fn *row)
{
    char caption[200] = "";

    if (list->seen == 0) {
        put(page, "<p>There are none.</p>\n");
        return;
    }
    if (list->seen > list->count)
        snprintf(caption, sizeof(caption),
                 "The first %zu of %llu: <code>svctoken %s</code> shows all, "
                 "<code>--rows</code> more of them here.",
                 list->count, (unsigned long long)list->seen, command);
    begin_table(page, label, caption, heads);
    for (size_t i = 0; i < list->count; i++)
        row(page, svct_firstof_at(list, i));
    end_table(page);
}

/* ---- the head of the page ---- */

static void put_head(const struct page *page)
{
    put(page,
        "<!DOCTYPE html>\n"
        "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "'none'; style-src 'sha256-" SVCT_HTMLSTYLE_HASH "'; base-uri 'none'; "
        "form-action 'none'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\"/>\n"
        "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
        "<meta name=\"robots\" content=\"noindex\"/>\n"
        "<meta name=\"generator\" content=\"" PACKAGE_STRING "\"/>\n"
        "<title>Service accounts of ");
    put_text(page, page->overview->host);
    put(page, "</title>\n<style>%s</style>\n</head>\n<body>\n", svct_htmlstyle);
}

static void put_header(const struct page *page)
{
    const struct svct_meta *meta = &page->inventory->meta;
    char time[40];

    put(page, "<header>\n<h1>Service accounts of ");
    put_text(page, page->overview->host);
    put(page,
        "</h1>\n<p class=\"muted\">As of <time>%s</time>; generation %llu, of ",
        svct_time_format(time, sizeof(time), page->now),
        (unsigned long long)meta->sequence);
    put_time(page, meta->committed);
    put(page,
        ". All times are UTC.</p>\n"
        "<nav aria-label=\"Sections\"><ul>"
        "<li><a href=\"#timeline\">When tokens end</a></li>"
        "<li><a href=\"#next\">Next to end</a></li>"
        "<li><a href=\"#roles\">By role</a></li>"
        "<li><a href=\"#immortal\">Without an end</a></li>"
        "<li><a href=\"#unused\">Unused</a></li>"
        "<li><a href=\"#accounts\">Accounts</a></li>"
        "<li><a href=\"#tokens\">Tokens</a></li></ul></nav>\n</header>\n");
}

static void put_problems(const struct page *page)
{
    if (page->overview->problems == 0)
        return;
    put(page, "<section aria-labelledby=\"problems\">\n"
              "<h2 id=\"problems\">To look at</h2>\n<ul class=\"problems\">\n");
    for (size_t i = 0; i < page->overview->problems; i++) {
        put(page, "<li>");
        put_text(page, page->overview->problem[i].text);
        put(page, "</li>\n");
    }
    put(page, "</ul>\n</section>\n");
}

/* class: how a number above 0 is coloured. */
static void put_card(const struct page *page, const char *what, uint64_t number,
                     const char *class)
{
    put(page, "<div><dt>%s</dt><dd class=\"%s\">%llu</dd></div>\n", what,
        number > 0 ? class : "plain", (unsigned long long)number);
}

static void put_summary(const struct page *page)
{
    const struct svct_inventory_counts *counts = &page->inventory->counts;
    char unused[64], span[40];

    snprintf(
        unused, sizeof(unused), "Unused for %s",
        svct_duration_format(span, sizeof(span), page->inventory->wish.unused));
    put(page, "<section aria-label=\"Summary\">\n<dl>\n");
    put_card(page, "Accounts", counts->accounts, "plain");
    put_card(page, "Active accounts", counts->accounts_in[SVCT_ACCOUNT_ACTIVE],
             "plain");
    put_card(page, "Tokens", counts->tokens, "plain");
    put_card(page, "Live tokens", counts->live, "plain");
    put_card(page, "Ending in 1d", counts->within_day, "bad");
    put_card(page, "Ending in 7d", counts->within_week, "warn");
    put_card(page, "Never end", counts->immortal, "warn");
    put_card(page, unused, counts->unused, "warn");
    put(page,
        "</dl>\n<p class=\"muted\">A token is live when it opens something now "
        "or will: it is active or not yet valid, and its account is active. It "
        "ends when the first of both does.</p>\n</section>\n");
}

/* ---- when tokens end ---- */

/* Tenths of a percent: so much for the scale, then a gap and what is later. */
#define SCALE 882u
#define LATER 930u
#define LATER_WIDTH 60u
#define TOP 18     /* pixels for the number above the highest bar */
#define HEIGHT 110 /* of that bar */
#define BOTTOM (TOP + HEIGHT)

static const char *urgency(int64_t seconds)
{
    if (seconds < 86400)
        return "bad";
    return seconds < INT64_C(7) * 86400 ? "warn" : "";
}

/* "999", "12k", "1.2M": at most four characters below 10^12. */
static char *short_number(char *out, size_t size, uint64_t number)
{
    static const char units[] = " kMG";
    size_t unit = 0;
    uint64_t tenths = number * 10;

    while (tenths >= 10000 && unit < 3) {
        tenths /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(out, size, "%llu", (unsigned long long)number);
    else if (tenths < 100)
        snprintf(out, size, "%llu.%llu%c", (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10), units[unit]);
    else
        snprintf(out, size, "%llu%c", (unsigned long long)(tenths / 10),
                 units[unit]);
    return out;
}

/* Where a part of the scale begins, seconds. */
static int64_t part_begin(unsigned part)
{
    unsigned each = SVCT_INVENTORY_BARS / SVCT_TIMESCALE_SECTIONS;
    unsigned section = part / each;
    const struct svct_timescale_mark *mark = &svct_timescale_marks[section];

    if (section == SVCT_TIMESCALE_SECTIONS)
        return mark->seconds;
    return mark->seconds +
           (mark[1].seconds - mark->seconds) * (part % each) / each;
}

static uint64_t most_of(const uint64_t *count, size_t size)
{
    uint64_t most = 1;

    for (size_t i = 0; i < size; i++)
        most = count[i] > most ? count[i] : most;
    return most;
}

static void put_bar(const struct page *page, unsigned part, uint64_t most)
{
    bool later = part == SVCT_INVENTORY_BARS;
    uint64_t count = page->inventory->counts.ending[part];
    unsigned width = later ? LATER_WIDTH : SCALE / SVCT_INVENTORY_BARS - 4;
    unsigned x = later ? LATER : part * SCALE / SVCT_INVENTORY_BARS + 2;
    unsigned middle = x + width / 2;
    int height = (int)(count * HEIGHT / most);
    char number[24], from[40], to[40];

    if (count == 0)
        return;
    height = height < 2 ? 2 : height;
    svct_duration_format(from, sizeof(from), part_begin(part));
    svct_duration_format(to, sizeof(to), part_begin(part + !later));
    put(page,
        "<g><title>%llu: in %s%s%s</title>"
        "<rect class=\"fill %s\" x=\"%u.%u%%\" y=\"%d\" width=\"%u.%u%%\" "
        "height=\"%d\"/>"
        "<text class=\"count\" x=\"%u.%u%%\" y=\"%d\" "
        "text-anchor=\"middle\">%s</text></g>\n",
        (unsigned long long)count, from, later ? " or more" : " to ",
        later ? "" : to, urgency(part_begin(part)), x / 10, x % 10,
        BOTTOM - height, width / 10, width % 10, height, middle / 10,
        middle % 10, BOTTOM - height - 4,
        short_number(number, sizeof(number), count));
}

static void put_marks(const struct page *page)
{
    put(page,
        "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" "
        "y2=\"%d\"/>\n",
        BOTTOM, BOTTOM);
    for (unsigned i = 0; i <= SVCT_TIMESCALE_SECTIONS; i++) {
        unsigned x = i * SCALE / SVCT_TIMESCALE_SECTIONS;

        put(page,
            "<line class=\"axis\" x1=\"%u.%u%%\" x2=\"%u.%u%%\" y1=\"%d\" "
            "y2=\"%d\"/><text x=\"%u.%u%%\" y=\"%d\" text-anchor=\"%s\">%s"
            "</text>\n",
            x / 10, x % 10, x / 10, x % 10, BOTTOM, BOTTOM + 5, x / 10, x % 10,
            BOTTOM + 19, i == 0 ? "start" : "middle",
            svct_timescale_marks[i].label);
    }
    put(page, "<text x=\"100%%\" y=\"%d\" text-anchor=\"end\">later</text>\n",
        BOTTOM + 19);
}

/* Of a whole section. */
static uint64_t count_section(const struct page *page, unsigned section)
{
    unsigned each = SVCT_INVENTORY_BARS / SVCT_TIMESCALE_SECTIONS;
    uint64_t count = 0;

    for (unsigned i = 0; i < each; i++)
        count += page->inventory->counts.ending[section * each + i];
    return count;
}

/* For those who can't see the picture. */
static void put_numbers(const struct page *page)
{
    static const char *const heads[] = {"End", "#Tokens", NULL};
    const struct svct_inventory_counts *counts = &page->inventory->counts;

    put(page, "<details>\n<summary>The same in numbers</summary>\n");
    begin_table(page, "timeline", "", heads);
    for (unsigned i = 0; i < SVCT_TIMESCALE_SECTIONS; i++) {
        put(page, "<tr><th scope=\"row\">from %s to %s</th>",
            svct_timescale_marks[i].label, svct_timescale_marks[i + 1].label);
        cell_number(page, count_section(page, i));
        put(page, "</tr>\n");
    }
    put(page, "<tr><th scope=\"row\">later</th>");
    cell_number(page, counts->ending[SVCT_INVENTORY_BARS]);
    put(page, "</tr>\n<tr><th scope=\"row\">never</th>");
    cell_number(page, counts->immortal);
    put(page, "</tr>\n");
    end_table(page);
    put(page, "</details>\n");
}

static void put_timeline(const struct page *page)
{
    const uint64_t *ending = page->inventory->counts.ending;
    uint64_t most = most_of(ending, SVCT_INVENTORY_BARS + 1);

    begin_section(page, "timeline", "When tokens end");
    put(page,
        "<p class=\"muted\">Live tokens by the time that is left. The scale "
        "is not even: each step between two marks is as wide as the "
        "others.</p>\n"
        "<svg width=\"100%%\" height=\"%d\" role=\"img\" "
        "aria-label=\"How many live tokens end when; the numbers are "
        "below.\">\n",
        BOTTOM + 26);
    put_marks(page);
    for (unsigned i = 0; i <= SVCT_INVENTORY_BARS; i++)
        put_bar(page, i, most);
    put(page, "</svg>\n");
    put_numbers(page);
    end_section(page);
}

/* ---- lists of tokens ---- */

#define PARTS 980u /* a multiple of the sections; the dot needs the rest */

static void cell_scale(const struct page *page, int64_t seconds)
{
    unsigned at = 10 + svct_timescale_place(seconds, PARTS);
    char span[48];

    svct_out_span(span, sizeof(span), seconds);
    put(page,
        "<td class=\"scale\"><svg width=\"100%%\" height=\"16\" role=\"img\" "
        "aria-label=\"%s\"><line class=\"axis\" x1=\"1%%\" x2=\"99%%\" "
        "y1=\"8\" y2=\"8\"/><rect class=\"fill %s\" x=\"1%%\" y=\"6\" "
        "width=\"%u.%u%%\" height=\"4\"/><circle class=\"fill %s\" "
        "cx=\"%u.%u%%\" cy=\"8\" r=\"5\"/></svg></td>",
        span, urgency(seconds), (at - 10) / 10, (at - 10) % 10,
        urgency(seconds), at / 10, at % 10);
}

static void row_next(const struct page *page, const void *item)
{
    const struct svct_inventory_token *token = item;

    head_token(page, token);
    cell_name(page, token->role);
    cell_time(page, token->ends);
    cell_scale(page, token->ends - page->now);
    cell_used(page, token);
    put(page, "</tr>\n");
}

static void put_next(const struct page *page)
{
    static const char *const heads[] = {
        "Token", "Role", "Ends", "From now to a year", "Last used", NULL};

    begin_section(page, "next", "Next to end");
    put_list(page, &page->inventory->next, "next", "token list", heads,
             row_next);
    end_section(page);
}

static void row_immortal(const struct page *page, const void *item)
{
    const struct svct_inventory_token *token = item;

    head_token(page, token);
    cell_name(page, token->role);
    cell_time(page, token->created);
    cell_used(page, token);
    cell_words(page, token->comment);
    put(page, "</tr>\n");
}

static void put_immortals(const struct page *page)
{
    static const char *const heads[] = {"Token",     "Role",    "Made",
                                        "Last used", "Comment", NULL};

    begin_section(page, "immortal", "Without an end");
    put(page, "<p class=\"muted\">Live tokens that never end, nor does their "
              "account; the oldest first.</p>\n");
    put_list(page, &page->inventory->immortals, "immortal", "token list", heads,
             row_immortal);
    end_section(page);
}

static void row_unused(const struct page *page, const void *item)
{
    const struct svct_inventory_token *token = item;

    head_token(page, token);
    cell_name(page, token->role);
    cell_used(page, token);
    cell_time(page, token->created);
    cell_time(page, token->ends);
    cell_words(page, token->comment);
    put(page, "</tr>\n");
}

static void put_unused(const struct page *page)
{
    static const char *const heads[] = {"Token", "Role",    "Last used", "Made",
                                        "Ends",  "Comment", NULL};
    char span[40];

    begin_section(page, "unused", "Unused");
    put(page,
        "<p class=\"muted\">Live tokens that were last used %s ago or "
        "earlier, or never and were made that long ago. Nobody may miss "
        "them.</p>\n",
        svct_duration_format(span, sizeof(span), page->inventory->wish.unused));
    put_list(page, &page->inventory->unused_list, "unused",
             "token list --unused", heads, row_unused);
    end_section(page);
}

static void row_token(const struct page *page, const void *item)
{
    const struct svct_inventory_token *token = item;
    bool shut = token->account_state != SVCT_ACCOUNT_ACTIVE;

    head_token(page, token);
    put(page, "<td><code>%s</code></td>", token->id);
    cell_state(page, svct_token_states[token->state],
               token->state == SVCT_TOKEN_ACTIVE && !shut,
               shut ? svct_account_states[token->account_state] : NULL);
    cell_name(page, token->role);
    cell_time(page, token->ends);
    cell_used(page, token);
    cell_words(page, token->comment);
    put(page, "</tr>\n");
}

static void put_tokens(const struct page *page)
{
    static const char *const heads[] = {"Token", "Id",        "State",   "Role",
                                        "Ends",  "Last used", "Comment", NULL};

    begin_section(page, "tokens", "Tokens");
    put_list(page, &page->inventory->tokens, "tokens", "token list", heads,
             row_token);
    end_section(page);
}

/* ---- roles and accounts ---- */

static void put_roles(const struct page *page)
{
    static const char *const heads[] = {
        "Role", "#Accounts", "#Live tokens", "#Never end", "#Unused", NULL};

    begin_section(page, "roles", "By role");
    put(page, "<p class=\"muted\">A token that is limited to a lower role than "
              "its account has counts there.</p>\n");
    begin_table(page, "roles", "", heads);
    for (size_t i = page->inventory->roles; i-- > 0;) {
        const struct svct_inventory_role *role = &page->inventory->role[i];

        put(page, "<tr><th scope=\"row\">");
        put_text(page, role->name);
        put(page, "</th>");
        cell_number(page, role->accounts);
        cell_number(page, role->tokens);
        cell_number(page, role->immortal);
        cell_number(page, role->unused);
        put(page, "</tr>\n");
    }
    end_table(page);
    end_section(page);
}

static void row_account(const struct page *page, const void *item)
{
    const struct svct_inventory_account *account = item;

    put(page, "<tr><th scope=\"row\">");
    put_text(page, account->name);
    put(page, "</th>");
    cell_state(page, svct_account_states[account->state],
               account->state == SVCT_ACCOUNT_ACTIVE, NULL);
    cell_name(page, account->role);
    put(page, "<td>%s</td>", account->apikey ? "API key" : "account");
    cell_number(page, account->live);
    cell_number(page, account->tokens);
    cell_time(page, account->expires);
    cell_words(page, account->description);
    put(page, "</tr>\n");
}

static void put_accounts(const struct page *page)
{
    static const char *const heads[] = {"Account", "State",        "Role",
                                        "Kind",    "#Live tokens", "#Tokens",
                                        "Ends",    "Description",  NULL};

    begin_section(page, "accounts", "Accounts");
    put_list(page, &page->inventory->accounts, "accounts", "account list",
             heads, row_account);
    end_section(page);
}

/* ---- the page ---- */

void svct_htmlpage_write(const struct svct_overview *overview, FILE *file)
{
    struct page page = {.overview = overview,
                        .inventory = &overview->inventory,
                        .now = overview->call->now,
                        .file = file};

    put_head(&page);
    put_header(&page);
    put(&page, "<main>\n");
    put_problems(&page);
    put_summary(&page);
    put_timeline(&page);
    put_next(&page);
    put_roles(&page);
    put_immortals(&page);
    put_unused(&page);
    put_accounts(&page);
    put_tokens(&page);
    put(&page, "</main>\n<footer><p>Written by " PACKAGE_STRING
               ". No secret is in it, and no hash.</p></footer>\n"
               "</body>\n</html>\n");
}
