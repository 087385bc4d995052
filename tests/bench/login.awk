# SPDX-License-Identifier: GPL-3.0-or-later
#
# What tests/bench/login has measured, as tables in Markdown with the goals at
# their end, and as plots: OUT/login-warm.svg, OUT/login-fresh.svg.
#
#   awk -f login.awk -v least=TOKENS -v most=TOKENS -v out=OUT RESULTS
#
# A line of RESULTS: WHAT TOKENS NAME MODE VALUE [KIB], one for each round.
# Medians are told, and ratios are medians of those within a round: then what
# else the machine did at that time is in both.

{
    key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
    value[key, ++count[key]] = $5
    if ($6 > memory[key])
        memory[key] = $6
    if ($1 == "login") {
        if (!($2 in size_seen)) { size_seen[$2]; sizes[++sizes_count] = $2 }
        if (!($3 in name_seen)) { name_seen[$3]; names[++names_count] = $3 }
    }
    if ($1 == "program" && !($3 in program_seen)) {
        program_seen[$3]
        programs[++programs_count] = $3
    }
}

# --- numbers ---

# Of list[1..n], which gets sorted.
function median_of(list, n,    i, k, x) {
    for (i = 2; i <= n; i++) {
        x = list[i]
        for (k = i - 1; k >= 1 && list[k] > x; k--)
            list[k + 1] = list[k]
        list[k + 1] = x
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function key_of(what, n, name, mode) {
    return what SUBSEP n SUBSEP name SUBSEP mode
}

# -1: was not measured
function median(key,    i, list) {
    if (!count[key])
        return -1
    for (i = 1; i <= count[key]; i++)
        list[i] = value[key, i]
    return median_of(list, count[key])
}

function ratio(a, b,    i, n, list) {
    n = count[a] < count[b] ? count[a] : count[b]
    if (!n)
        return -1
    for (i = 1; i <= n; i++)
        list[i] = value[a, i] / value[b, i]
    return median_of(list, n)
}

function number(x) {
    return x < 0 ? "-" : x < 100 ? sprintf("%.1f", x) : sprintf("%.0f", x)
}

function micro(ns) { return number(ns < 0 ? -1 : ns / 1e3) }
function milli(ns) { return number(ns < 0 ? -1 : ns / 1e6) }

function count_of(n) {
    return n >= 1000000 && n % 1000000 == 0 ? n / 1000000 " M" : \
        n >= 1000 && n % 1000 == 0 ? n / 1000 " k" : n
}

# --- names ---

function title(name) {
    if (name == "svctoken")
        return "**pam_svctoken**"
    if (name == "svctoken-account")
        return "pam_svctoken, with the account phase"
    if (name == "svctoken-unlogged")
        return "pam_svctoken, where no log listens"
    if (name == "google")
        return "pam_google_authenticator, HOTP"
    if (name == "oath")
        return "pam_oath, HOTP"
    if (name == "userdb")
        return "pam_userdb, plain"
    if (name == "permit" || name == "reference")
        return "pam_" name
    sub(/-/, ", ", name)
    return "pam_" name
}

# --- tables ---

function login_table(mode,    i, k, line) {
    line = "| module |"
    for (k = 1; k <= sizes_count; k++)
        line = line " " count_of(sizes[k]) " |"
    print line
    line = "|---|"
    for (k = 1; k <= sizes_count; k++)
        line = line "--:|"
    print line
    for (i = 1; i <= names_count; i++) {
        line = "| " title(names[i]) " |"
        for (k = 1; k <= sizes_count; k++)
            line = line " " micro(median(key_of("login", sizes[k], names[i],
                mode))) " |"
        print line
    }
}

function instruction_table(    i, warm) {
    print "| module | a login in a process that goes on | a process with one |"
    print "|---|--:|--:|"
    for (i = 1; i <= names_count; i++) {
        warm = median(key_of("instructions", least, names[i], "warm"))
        if (warm >= 0)
            printf "| %s | %s | %s |\n", title(names[i]), number(warm / 1000),
                number(median(key_of("instructions", least, names[i],
                    "fresh")) / 1000)
    }
}

function program_table(    i, a, b) {
    print "| program | pam_permit | pam_svctoken | ratio |"
    print "|---|--:|--:|--:|"
    for (i = 1; i <= programs_count; i++) {
        a = key_of("program", least, programs[i], "permit")
        b = key_of("program", least, programs[i], "svctoken")
        printf "| %s | %s | %s | %.2f |\n", programs[i], milli(median(a)),
            milli(median(b)), ratio(b, a)
    }
}

function write_table(    k, n, clone, change, gdbm, import) {
    print "| tokens | clone | `token create` | ratio | gdbm_store |" \
        " `db import` | ratio | its memory, MiB |"
    print "|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (k = 1; k <= sizes_count; k++) {
        n = sizes[k]
        clone = key_of("change", n, "clone", "once")
        change = key_of("change", n, "svctoken", "once")
        gdbm = key_of("import", n, "gdbm", "once")
        import = key_of("import", n, "svctoken", "once")
        printf "| %s | %s | %s | %.2f | %s | %s | %.2f | %.1f |\n",
            count_of(n), milli(median(clone)), milli(median(change)),
            ratio(change, clone), milli(median(gdbm)), milli(median(import)),
            ratio(import, gdbm), memory[import] / 1024
    }
}

# --- goals ---

function goal(words, met, figures) {
    printf "| %s | %s | %s |\n", words, met ? "yes" : "**no**", figures
}

function both(what, goal_ratio, a, b,    warm, fresh) {
    warm = ratio(key_of("login", a[1], a[2], "warm"),
        key_of("login", b[1], b[2], "warm"))
    fresh = ratio(key_of("login", a[1], a[2], "fresh"),
        key_of("login", b[1], b[2], "fresh"))
    goal(what, warm <= goal_ratio && fresh <= goal_ratio,
        sprintf("%.2f in a process that goes on, %.2f in one of its own", warm,
            fresh))
}

# Whoever is faster, at whatever number.
function ahead(    i, k, m, mode, r, ours, faster) {
    for (m = 1; m <= 2; m++)
        for (i = 1; i <= names_count; i++)
            for (k = 1; k <= sizes_count; k++) {
                if (names[i] ~ /^(permit|reference|svctoken)/)
                    continue
                mode = m == 1 ? "warm" : "fresh"
                ours = key_of("login", sizes[k], "svctoken", mode)
                r = ratio(ours, key_of("login", sizes[k], names[i], mode))
                if (r > 1)
                    faster = faster sprintf("%s%s at %s, %s: %.2f",
                        faster == "" ? "" : "; ", title(names[i]),
                        count_of(sizes[k]), mode, r)
            }
    goal("ahead of every module that checks anything", faster == "",
        faster == "" ? "each of them, at each number" : faster)
}

function goals(    a, b, r, import) {
    print "| goal | met | figures |"
    print "|---|---|---|"
    a[1] = b[1] = least; a[2] = "svctoken"; b[2] = "reference"
    both("a login within 1.15 of the reference", 1.15, a, b)
    a[2] = "svctoken-unlogged"
    both("the same where no log listens, for the reference writes no line",
        1.15, a, b)
    a[2] = "svctoken"
    a[1] = most; b[2] = "svctoken"
    both("with " count_of(most) " tokens within 1.10 of " count_of(least),
        1.10, a, b)
    ahead()
    r = ratio(key_of("program", least, "sudo", "svctoken"),
        key_of("program", least, "sudo", "permit"))
    goal("sudo as a whole within 1.10 of pam_permit's", r <= 1.10,
        sprintf("%.2f", r))
    r = ratio(key_of("change", most, "svctoken", "once"),
        key_of("change", most, "clone", "once"))
    goal("a change within 1.5 of the raw clone, " count_of(most) " tokens",
        r <= 1.5, sprintf("%.2f", r))
    import = key_of("import", most, "svctoken", "once")
    r = ratio(import, key_of("import", most, "gdbm", "once"))
    goal("an import of " count_of(most) " tokens within 1.5 of gdbm_store",
        r <= 1.5, sprintf("%.2f", r))
    goal("that import in less than 64 MiB", memory[import] < 65536,
        sprintf("%.1f MiB", memory[import] / 1024))
}

# --- plots: logarithmic both ways ---

function log10(x) { return log(x) / log(10) }

function at_x(n) {
    return 70 + 420 * (sizes_count < 2 ? 0 : (log10(n) - log10(least)) / \
        (log10(most) - log10(least)))
}

function at_y(us) {
    return 380 - 340 * (log10(us) - low) / (high - low)
}

function svg_frame(file, mode,    e, k) {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\"" \
        " height=\"430\" font-family=\"sans-serif\" font-size=\"12\">\n" \
        "<rect width=\"760\" height=\"430\" fill=\"white\"/>\n" \
        "<text x=\"70\" y=\"22\" font-size=\"14\">A login %s," \
        " microseconds, by the number of tokens or users</text>\n",
        mode == "warm" ? "in a process that goes on" : \
        "in a process of its own" >file
    for (e = low; e <= high; e++)
        printf "<path d=\"M70 %.1fH490\" stroke=\"#ddd\"/>" \
            "<text x=\"64\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n",
            at_y(10 ^ e), at_y(10 ^ e) + 4, 10 ^ e >file
    for (k = 1; k <= sizes_count; k++)
        printf "<text x=\"%.1f\" y=\"402\" text-anchor=\"middle\">%s" \
            "</text>\n", at_x(sizes[k]), count_of(sizes[k]) >file
}

function svg_bounds(mode,    i, k, us) {
    low = 9
    high = 0
    for (i = 1; i <= names_count; i++)
        for (k = 1; k <= sizes_count; k++) {
            us = median(key_of("login", sizes[k], names[i], mode)) / 1000
            if (us <= 0)
                continue
            if (log10(us) < low) low = int(log10(us))
            if (log10(us) > high) high = int(log10(us)) + 1
        }
}

function svg_line(file, i, mode,    k, us, points, colour, wide) {
    split("#999 #666 #d00000 #f08080 #f0c0c0 #1f77b4 #17becf #2ca02c #9467bd" \
        " #8c564b #e0a000 #e377c2", colours, " ")
    colour = colours[(i - 1) % 12 + 1]
    wide = names[i] == "svctoken" ? 3 : 1.5
    for (k = 1; k <= sizes_count; k++) {
        us = median(key_of("login", sizes[k], names[i], mode)) / 1000
        if (us <= 0)
            continue
        points = points sprintf("%.1f,%.1f ", at_x(sizes[k]), at_y(us))
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n",
            at_x(sizes[k]), at_y(us), wide + 1, colour >file
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"" \
        " stroke-width=\"%.1f\"/>\n" \
        "<path d=\"M510 %dh20\" stroke=\"%s\" stroke-width=\"%.1f\"/>" \
        "<text x=\"536\" y=\"%d\">%s</text>\n", points, colour, wide,
        50 + 24 * i, colour, wide, 54 + 24 * i, plain(title(names[i])) >file
}

function plain(text) {
    gsub(/\*/, "", text)
    return text
}

function plot(mode,    file, i) {
    file = out "/login-" mode ".svg"
    svg_bounds(mode)
    svg_frame(file, mode)
    for (i = 1; i <= names_count; i++)
        svg_line(file, i, mode)
    print "</svg>" >file
    close(file)
}

END {
    print "A login in a process that goes on, microseconds, by the number of" \
        " tokens or users:\n"
    login_table("warm")
    print "\nA login in a process of its own, from its start to its end," \
        " microseconds:\n"
    login_table("fresh")
    print "\nThousands of instructions, with " count_of(least) ":\n"
    instruction_table()
    print "\nA whole login through a real program, milliseconds:\n"
    program_table()
    print "\nWriting, milliseconds:\n"
    write_table()
    printf "\nListing %s tokens: %s ms, %.1f MiB.\n", count_of(most),
        milli(median(key_of("list", most, "svctoken", "once"))),
        memory[key_of("list", most, "svctoken", "once")] / 1024
    print "\nThe goals:\n"
    goals()
    plot("warm")
    plot("fresh")
}
