#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Lints every manual page, and holds svctoken.8 against the program: the
# commands with their operands and options, the examples, and the reasons of a
# refusal are the same there and here, and the commands that README.md shows are
# commands. The page is compared as it is read, by mandoc, so that no line
# breaks: COMMANDS has "svctoken COMMAND" as list items and its options as items
# below, in the words of "svctoken help".
# No root, no database: the program is asked for its help only.
set -u
: "${SVCT_ADMIN:?run by make check}"
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 1
command -v mandoc >/dev/null || {
    echo "SKIPPED: no mandoc (apt-get install mandoc)"
    exit 77
}
page=man/svctoken.8
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
wrong()
{
    echo "check_man: $*" >&2
    failed=1
}

# same WHAT PROGRAM PAGE: two lists that must be the same, and not empty
same()
{
    [ -s "$2" ] || wrong "$1: nothing found in the program"
    [ -s "$3" ] || wrong "$1: nothing found in $page"
    diff "$2" "$3" >"$work/diff" && return
    wrong "$1: the program has (<), and $page has (>):"
    cat "$work/diff" >&2
}

# --- every page ---

for file in man/*.[1-9]; do
    grep -q '^\.Sh EXAMPLES$' "$file" || wrong "$file has no EXAMPLES"
    mandoc -T lint -W warning "$file" >"$work/lint" && continue
    wrong "mandoc finds fault with $file:"
    cat "$work/lint" >&2
done

# --- what the program says ---

ask()
{
    "$SVCT_ADMIN" help "$@" >"$work/help" || {
        wrong "\"svctoken help $*\" fails"
        return 1
    }
}

# "--name VALUE", indented by so many, cut where the text begins.
entries()
{
    sed -n 's/^'"$1"'\(--[a-z].*\)/\1/; s/  .*//; s/ $//; /^--/p'
}

ask
sed -n '/^Commands:/,/^$/s/^  \([a-z].*\)/\1/p' "$work/help" |
    sed 's/  .*//' >"$work/commands"
sed -n '/^Options of every command:/,$p' "$work/help" | entries '  ' \
    >"$work/global"
while read -r command; do
    case $command in
    help*)
        echo "svctoken $command"
        continue
        ;;
    esac
    # shellcheck disable=SC2086 # one or two words
    ask $command || continue
    sed -n 's/^usage: //p' "$work/help"
    sed '/^Options of every command:/,$d' "$work/help" | entries '  '
done <"$work/commands" >"$work/usage"

# --- what the page says ---

# As one reads it, a paragraph a line. A line of an example that goes on in
# the next becomes one.
mandoc -T ascii -O width=1000 "$page" 2>/dev/null |
    sed -e 's/.'"$(printf '\b')"'//g' |
    sed -e ':more' -e '/\\$/{' -e 'N' -e 's/\\\n */ /' -e 'b more' -e '}' \
        >"$work/text"

section()
{
    sed -n "/^$1\$/,/^[A-Z]/p" "$work/text"
}

section 'GENERAL OPTIONS' | entries '  *' >"$work/page-global"
section COMMANDS | sed -n -e 's/^     \(svctoken .*\)/\1/p' \
    -e '/^      *--[a-z]/{' -e 's/^ *//' -e 's/  .*//' -e 'p' -e '}' \
    >"$work/page-usage"
section 'FINDINGS OF THE DOCTOR' |
    sed -n 's/^     \([a-z_]*\) (\([a-z]*\))\( .*\)\{0,1\}$/\1 \2/p' | sort \
    >"$work/page-findings"
section 'REASONS OF A REFUSAL' | sed -n 's/^     \([a-z_]*\)$/\1/p' \
    >"$work/page-reasons"

# --- the same commands, options and reasons ---

# By command and in no order: "COMMAND: OPTION" for each.
by_command()
{
    awk '/^svctoken / { command = $0; print; next }
        { print command ": " $0 }' "$1" | sort
}

by_command "$work/usage" >"$work/a"
by_command "$work/page-usage" >"$work/b"
same "commands and options" "$work/a" "$work/b"
sort "$work/global" >"$work/a"
sort "$work/page-global" >"$work/b"
same "options of every command" "$work/a" "$work/b"
sed -n 's/.*= {"\([a-z_]*\)",.*/\1/p' lib/auth/policy.c | grep -vx granted \
    >"$work/a"
same "reasons of a refusal" "$work/a" "$work/page-reasons"

"$SVCT_ADMIN" doctor --list --json |
    sed -n -e 's/^ *"code": "\(.*\)",$/\1/p' \
        -e 's/^ *"severity": "\(.*\)",$/\1/p' | paste -d ' ' - - | sort \
        >"$work/a"
same "findings of the doctor" "$work/a" "$work/page-findings"

# --- the keys of the lines of an import ---

sed -n 's/^    {"\([a-z_]*\)", SVCT_VALUE_.*/\1/p' admin/line.c | sort -u \
    >"$work/a"
{
    sed -n 's/^\.It Cm //p' man/svctoken-import.5
    sed -n '/^\.Sh WHOLE FILES/,/^\.Sh TIMES/s/^\.Cm //p' \
        man/svctoken-import.5
} | tr -d ' .:' | tr ',' '\n' | grep -vx -e header -e end -e '' | sort -u >"$work/b"
same "keys of the lines" "$work/a" "$work/b"

# --- the keys of a file of apply ---

grep -oE '\{"[a-z_]+", [0-9A-Z |]+\}' admin/applyfile.c | cut -d'"' -f2 |
    sort -u >"$work/a"
{
    sed -n 's/^\.It Cm //p' man/svctoken-apply.5
    sed -n '/^The keys of the object/,/^All may be/s/^\.Cm //p' \
        man/svctoken-apply.5
} | tr -d ' .:' | tr ',' '\n' | grep -v '^$' | sort -u >"$work/b"
same "keys of apply" "$work/a" "$work/b"

# --- no others in the text ---

cat "$work/usage" "$work/global" | grep -o '^--[a-z-]*' | sort -u >"$work/a"
grep -oE '(^|[^a-z-])--[a-z][a-z-]*' "$work/text" | grep -o -e '--.*' |
    sort -u >"$work/b"
for option in $(comm -13 "$work/a" "$work/b"); do
    wrong "$page names $option, which no command has"
done

# Commands in the text are ".Ic token list" or ".Ic token list , check".
sed -n 's/^\.Ic //p' "$page" | tr ',' '\n' |
    sed 's/[ .;:)]*$//; s/^ *//; /^$/d' >"$work/named"
while read -r name; do
    grep -qE "^$name( \[COMMAND\])?\$" "$work/commands" ||
        wrong "$page names the command \"$name\", which there is not"
done <"$work/named"

# --- the examples: taken by the program, with --help behind ---

# From "svctoken" to where the shell would end the command.
awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 }
    on || /^\.Ql .*svctoken / { sub(/^\.Ql /, ""); print }' "$page" |
    sed -e 's/\\e/\\/g' -e 's/\\&//g' |
    sed -e ':more' -e '/\\$/{' -e 'N' -e 's/\\\n */ /' -e 'b more' -e '}' |
    grep -oE '(^|[ (])svctoken [^|<>();#]*' |
    sed 's/^[ (]*svctoken //' >"$work/examples"
# Those that README.md shows.
{
    grep -oE '`svctoken [a-z][^`]*`' README.md | tr -d '`'
    grep -E '^    (#|\$)? ?svctoken ' README.md | sed 's/^ *[#$]* *//; s/  *#.*//'
} | grep -oE '^svctoken [^|<>();]*' | sed 's/^svctoken //' >>"$work/examples"
while read -r example; do
    # shellcheck disable=SC2016 # for the inner shell to expand
    printf '%s\n' "$example" |
        xargs sh -c '"$0" "$@" --help </dev/null' "$SVCT_ADMIN" \
            >/dev/null 2>"$work/said" ||
        wrong "the example \"svctoken $example\": $(cat "$work/said")"
done <"$work/examples"
while read -r command; do
    command=${command% \[COMMAND\]}
    grep -qE "^$command( |\$)" "$work/examples" ||
        wrong "$page has no example of \"svctoken $command\""
done <"$work/commands"

[ $failed -eq 0 ] && echo "ok: $(wc -l <"$work/commands") commands," \
    "$(grep -c '^--' "$work/usage") options," \
    "$(wc -l <"$work/examples") examples"
exit $failed
