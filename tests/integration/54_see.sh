#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# To see how things are: "status" on one screen, "report" as a page that needs
# nothing beside itself, "metrics" for Prometheus; what they count is what
# "token list" lists, what they know of logins is in the real log, and lines
# that somebody else wrote are no logins.

# Tokens come into variables by new_token; functions are run by check; jq has
# variables of its own.
# shellcheck disable=SC2016,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
start_sshd
export LC_ALL=C.UTF-8

# --- what there is to see ---

now=$(date +%s)

at() {          # SECONDS from now, which may be negative
    date -u -d "@$((now + $1))" +%Y-%m-%dT%H:%M:%SZ
}

token_line() {  # ACCOUNT NAME EXPIRES MORE
    printf '{"kind":"token","account":"%s","name":"%s","id":"%s",' \
        "$1" "$2" "$(printf '%s/%s' "$1" "$2" | sha256sum | cut -c 1-10)"
    printf '"hash":"%s","created":"%s","expires":"%s"%s}\n' \
        "$(printf '%s' "$1$2" | sha256sum | cut -d ' ' -f 1)" \
        "$(at -$((200 * 86400)))" "$3" "${4-}"
}

script="<script src='http://x.invalid/a.js'>alert(\\\"1\\\")</script>&amp;"
{
    printf '{"kind":"account","name":"ops","role":"Admin",'
    printf '"description":"%s"}\n' "$script"
    printf '{"kind":"account","name":"shut","role":"Viewer","disabled":true}\n'
    printf '{"kind":"account","name":"brief","role":"Editor",'
    printf '"expires":"%s","description":"\xd7\x90 \xe2\x80\xae gpj"}\n' \
        "$(at 7000)"
    token_line ops hour "$(at 3000)"
    token_line ops week "$(at 500000)" ',"role_cap":"Viewer"'
    token_line ops ever never ',"comment":"</td><b onclick=\"x\">"'
    token_line ops past "$(at -1000)" ',"comment":"a-comment-to-be-damaged"'
    token_line ops off "$(at 500000)" ',"disabled":true'
    token_line ops later "$(at 900000)" ",\"not_before\":\"$(at 5000)\""
    token_line shut one "$(at 500000)"
    token_line shut ever never
    token_line brief ever never
} >"$T/lines"
good "accounts and tokens are brought in" db import "$T/lines"
unset LC_ALL
service_account deploy --role Editor
new_token ci deploy/ci --ttl 8h
new_token lost deploy/lost --ttl 8h
good "one is revoked" token revoke deploy/lost --reason 'laptop lost'

# --- who logged in ---

export LC_ALL=C.UTF-8
log_mark
later check "a login" ssh_password deploy "$ci" true
later check "a login by what is revoked" \
    ssh_denied ssh_password deploy "$lost" true
later check "a login by what is no token" \
    ssh_denied ssh_password deploy nonsense true
collect
logger -p authpriv.notice -t sshd "Invalid user pam_svctoken(sshd:auth): \
denied reason=no_answer user=deploy service=sshd rhost=-"

good "status" status --json
json "... counts the logins of the log" '.logins |
    .source == "file" and .file == "/var/log/auth.log" and .granted == 1 and
    .denied == 2 and .undecided == 0 and
    .reasons == {"token_revoked": 1, "token_malformed": 1}'
json "... says since when, which is not a day" \
    '.logins.whole_day == false and .logins.since > .last_change.time[0:13]'
json "... and tells of the last ones" '.logins.refused |
    length == 2 and ([.[] | .user == "deploy" and .service == "sshd" and
    .rhost == "127.0.0.1"] | all) and ([.[].reason] | sort) ==
    ["token_malformed", "token_revoked"]'
json "... by the token that it was" ".logins.refused |
    [.[] | select(.reason == \"token_revoked\")][0] |
    .id == \"$(token_id "$lost")\""
json "the last change is told" \
    '.last_change.action == "token-revoke" and .last_change.account == "deploy"
    and .last_change.sequence == .database.sequence'
json "the database is up" '.database.up and .problems == []'

# --- what is counted is what is listed ---

cp "$T/answer" "$T/status"
svctoken token list --json >"$T/tokens" 2>/dev/null
svctoken account list --json >"$T/accounts" 2>/dev/null
check "tokens by state are those of token list" jq -e -n \
    --slurpfile s "$T/status" --slurpfile t "$T/tokens" '
    $t[0].tokens as $all | $s[0].tokens as $n | ($all | length) > 10 and
    $n.total == ($all | length) and
    ([["active", "not-yet-valid", "expired", "disabled", "revoked", "used-up"][]
        | . as $state | $n[$state] ==
        ([$all[] | select(.state == $state)] | length)] | all)'
check "accounts by state are those of account list" jq -e -n \
    --slurpfile s "$T/status" --slurpfile a "$T/accounts" '
    $a[0].accounts as $all | $s[0].accounts as $n |
    $n.total == ($all | length) and
    ([["active", "disabled", "expired"][] | . as $state | $n[$state] ==
        ([$all[] | select(.state == $state)] | length)] | all)'
# Live ones, and their end by the account's.
cat >"$T/live.jq" <<'END'
def live: [$t[0].tokens[] | select(.account_state == "active" and
    (.state == "active" or .state == "not-yet-valid"))];
def ends: (($a[0].accounts | map({(.name): .expires}) | add)[.account]) as $last
    | [.expires, $last] | map(select(. != null)) | min;
END
check "live ones are told by state and account" jq -e -n -L "$T" \
    --slurpfile s "$T/status" --slurpfile t "$T/tokens" \
    --slurpfile a "$T/accounts" "$(cat "$T/live.jq")"'
    $s[0].tokens.live == (live | length) and (live | length) == 6 and
    $s[0].tokens.shut_with_account == 2 and
    $s[0].tokens.never_end == ([live[] | select(ends == null)] | length) and
    $s[0].tokens.never_end == 1 and $s[0].tokens.unused == 4'
check "... and by role, with their caps" jq -e -n \
    --slurpfile s "$T/status" --slurpfile t "$T/tokens" \
    --slurpfile a "$T/accounts" "$(cat "$T/live.jq")"'
    ([$s[0].roles[] | .name as $role | .live_tokens ==
        ([live[] | select(.role == $role)] | length)] | all) and
    ([$s[0].roles[].live_tokens] | add) == (live | length)'
check "next are those that end, in their order" jq -e -n \
    --slurpfile s "$T/status" --slurpfile t "$T/tokens" \
    --slurpfile a "$T/accounts" "$(cat "$T/live.jq")"'
    ([live[] | select(ends != null)] |
        sort_by([ends, .account, .name]) | map([.account, .name, ends])) ==
    [$s[0].next[] | [.account, .name, .ends]]'
check "... where the account ends first, when it does" jq -e \
    '[.next[] | select(.account == "brief")][0].ends_in < 7100' "$T/status"

# --- the screen ---

# As a terminal of that size shows it, without what it is told about colours.
screen() {      # COLUMNS [NAME=VALUE...] COMMAND...
    local columns=$1

    shift
    script -qec "stty cols $columns rows 24; $(printf '%q ' env \
        TERM=xterm "$@")" /dev/null </dev/null | tr -d '\r' >"$T/raw"
    sed 's/\x1b\[[0-9;]*m//g' "$T/raw" >"$T/screen"
}

fits() {        # LINES COLUMNS
    local widest

    widest=$(wc -L <"$T/screen")
    echo "$(wc -l <"$T/screen") lines, $widest columns"
    [ "$(wc -l <"$T/screen")" -le "$1" ] && [ "$widest" -le "$2" ] &&
        [ "$widest" -gt $(($2 / 2)) ]
}

for ((i = 0; i < 8; i++)); do
    logger -p authpriv.notice -t sshd "pam_svctoken(sshd:auth): denied \
reason=token_not_yet_valid user=an-account-with-a-very-long-name- \
token=a-token-with-a-long-name id=4fK2pQ0aZb service=sshd \
rhost=2001:db8:1234:5678:9abc:def0:1234:5678"
done
log_mark
screen 80 svctoken status
check "a terminal of 80 by 24 shows all of it" fits 23 79
check_like "... with bars" $'hour +[0-9]+m[0-9s]* +\u2501+\u25cf' \
    "$(cat "$T/screen")"
check_like "... in colour" $'\x1b\\[31m' "$(cat "$T/raw")"
check "... and only what a terminal may be told" bash -c \
    '! sed "s/\x1b\[[0-9]*m//g" "$0" | grep -P "[\x00-\x08\x0b-\x1f\x7f]"' \
    "$T/raw"
screen 132 svctoken status
check "a wide one has longer bars" fits 23 131
screen 40 svctoken status
check "a narrow one has none" fits 23 39
refute "... of whatever kind" grep -q $'\u2501' "$T/screen"
screen 80 LC_ALL=C svctoken status
refute "without UTF-8 it is ASCII" grep -qP '[^\x00-\x7f]' "$T/screen"
check_like "... with bars" 'hour +[0-9]+m[0-9s]* +-+o' "$(cat "$T/screen")"
screen 80 NO_COLOR=1 svctoken status
refute "NO_COLOR is heeded" grep -q $'\x1b' "$T/raw"
screen 80 TERM=dumb svctoken status
refute "... and a terminal that has none" grep -q $'\x1b' "$T/raw"
good "a pipe" status
refute "... gets no colour" grep -q $'\x1b' "$T/answer"

# --- logs ---

cp "$LOG" "$T/other.log"
good "a log that is named" status --json --log "$T/other.log"
json "... is read" ".logins.file == \"$T/other.log\" and .logins.denied == 10"
for log in "1 /nonexistent" "2 /" "2 /dev/null"; do
    sv status --log "${log#* }"
    check_eq "what is no log is refused: ${log#* }" "${log% *} " \
        "$STATUS $ANSWER"
done
mv "$LOG" "$LOG.away"
good "without a log" status --json
json "... nothing is made up" '.logins | .source == null and .denied == null
    and .refused == [] and (.why_not | test("no journal"))'
good "... on the screen" status
check_like "... neither" '^Logins +not known: there is no journal' "$ANSWER"
mv "$LOG.away" "$LOG"

# --- the page ---

page=$T/page.html
good "a report" report --html "$page"
check_eq "... is root's alone" "600 root" "$(stat -c '%a %U' "$page")"
check "... is well-formed as XML" xmllint --noout "$page"
tags() {        # the names of all elements and attributes
    xmllint --xpath '//*/@*' "$page" | sed 's/^ *//; s/=.*//' | sort -u |
        tr '\n' ' '
    xmllint --xpath '//*' "$page" | grep -oE '<[a-z0-9]+' | sort -u | tr '\n' ' '
}
check_eq "... has no script, no link, no image, nothing that loads" "" \
    "$(tags | tr ' ' '\n' | grep -xE -e 'on.*|src.*|style|action|background' \
        -e 'poster|data|xlink:href|<(script|link|img|iframe|object|embed)' \
        -e '<(base|form|input|button|image|use|video|audio|source)')"
check_eq "... and no address but its own sections" "" \
    "$(grep -oE 'href="[^#][^"]*"|url\(|@import' "$page")"
check_eq "... which are there" "" "$(grep -oE 'href="#[a-z]+"' "$page" |
    sed 's/href="#//; s/"//' | while read -r id; do
        grep -q "id=\"$id\"" "$page" || echo "$id"
    done)"
check_eq "... and no two things with one id" "" \
    "$(grep -oE ' id="[^"]*"' "$page" | sort | uniq -d)"
hash=$(xmllint --xpath 'string(//style)' "$page" | head -c -1 |
    openssl dgst -sha256 -binary | base64)
check_eq "... but for the one style that its policy allows" \
    "default-src 'none'; style-src 'sha256-$hash'; base-uri 'none'; form-action 'none'" \
    "$(xmllint --xpath \
        'string(//meta[@http-equiv="Content-Security-Policy"]/@content)' \
        "$page")"
check_eq "descriptions are only text" \
    "<script src='http://x.invalid/a.js'>alert(\"1\")</script>&amp;" \
    "$(xmllint --xpath 'string(//tr[th="ops"]/td[last()])' "$page")"
check_eq "... and what turns the direction is shown" \
    $'\u05d0 \\u{202e} gpj' \
    "$(xmllint --xpath 'string(//tr[th="brief"]/td[last()])' "$page")"
check_eq "comments, too" '</td><b onclick="x">' "$(xmllint --xpath \
    'string((//tr[th="ops/ever"])[1]/td[last()])' "$page")"
check_eq "all tables have heads" "0" \
    "$(xmllint --xpath 'count(//table[not(thead/tr/th[@scope="col"])]) +
        count(//tbody/tr[not(th[@scope="row"])])' "$page")"
check_eq "all tokens are in it" "$(jq '.tokens | length' "$T/tokens")" \
    "$(xmllint --xpath 'count(//section[h2/@id="tokens"]//tbody/tr)' "$page")"
check_eq "no hash is" "0" "$(jq -r '.. | .hash? // empty' "$T/lines" |
    grep -cF -f - "$page")"
refute "... and no token" grep -qF -e "$(token_secret "$ci")" "$page"
cp "$page" "$T/before"
sv report --html "$page"
check_eq "a file that is there is refused" 1 "$STATUS"
check_like "... and says how it would be replaced" \
    'name a new file, or give --replace$' "$WORDS"
check "... and stays" cmp "$T/before" "$page"
good "... but with --replace" report --replace --html "$page" --rows 2
check_like "fewer rows are said to be fewer" \
    'The first 2 of 11: <code>svctoken token list</code>' "$(cat "$page")"
check_eq "... and are" 2 \
    "$(xmllint --xpath 'count(//section[h2/@id="tokens"]//tbody/tr)' "$page")"
good "another time without a use" report --html - --unused 300d
check_like "... finds none" 'used 300d ago.*' "$ANSWER"
check_eq "... in its list" 0 "$(xmllint --xpath \
    'count(//section[h2/@id="unused"]//tbody/tr)' "$T/answer")"
for wrong in "" "--html" "--html=" "--html $T/x --rows 0" \
    "--html $T/x --rows 20001" "--html $T/x --unused 5" "--html $T/x --json" \
    "--html $T/x y" "--html / --replace"; do
    # shellcheck disable=SC2086 # words are meant
    sv report $wrong
    check_eq "refused: report $wrong" "2 " "$STATUS $ANSWER"
done
sv report --html /nonexistent/page.html
check_eq "no folder" 3 "$STATUS"
check_eq "nothing is left" "x* page.html.*" "$(cd "$T" && echo x* page.html.*)"

# As "db export" and "db backup" write theirs: nothing but a whole page is ever
# there under any name.
dir=$T/pages
killcall=$SVCT_BUILD_DIR/tests/support/killcall
if [ -x "$killcall" ]; then
    mkdir "$dir"
    "$killcall" 0 svctoken report --html "$dir/new" 9>"$T/stops" >/dev/null 2>&1
    stops=$(cat "$T/stops") none=0 whole=0 torn=
    for ((n = 1; n <= stops; n += n < stops - 40 ? 20 : 1)); do
        rm -f "$dir"/*
        "$killcall" "$n" svctoken report --html "$dir/new" >/dev/null 2>&1
        case $(ls "$dir") in
        '') none=$((none + 1)) ;;
        new) xmllint --noout "$dir/new" && whole=$((whole + 1)) || torn+=" $n" ;;
        *) torn+=" $n" ;;
        esac
    done
    check_eq "killed at any call it leaves nothing or the page" "" "$torn"
    check_like "... each of them" '^[1-9][0-9]* [1-9]' "$none $whole"
    rm -r "$dir"
else
    skip "killed at any call" "killcall is not built (make check)"
fi

# Asked to end at a call of these names.
cat >"$T/term.c" <<'END'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static void end_at(const char *call)
{
    if (strcmp(getenv("END_AT"), call) == 0)
        raise(SIGTERM);
}
int fsync(int fd)
{
    end_at("fsync");
    return (int)syscall(SYS_fsync, fd);
}
int rename(const char *from, const char *to)
{
    end_at("rename");
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}
END
cc -shared -fPIC -o "$T/term.so" "$T/term.c" || die "no signals"
mkdir "$dir"
echo old >"$dir/page"
sv_run env END_AT=fsync LD_PRELOAD="$T/term.so" \
    svctoken report --replace --html "$dir/page"
check_eq "ended while it is written it leaves what was there" "143 page old" \
    "$STATUS $(ls "$dir") $(cat "$dir/page")"
sv_run env END_AT=rename LD_PRELOAD="$T/term.so" \
    svctoken report --replace --html "$dir/page"
check_eq "ended when it gets its name it has that" "143 page" \
    "$STATUS $(ls "$dir")"
check "... and is whole" xmllint --noout "$dir/page"
echo old >"$dir/page.000000"
good "a name of work that is taken" report --replace --html "$dir/page"
check_eq "... stays so" "page page.000000 old" \
    "$(cd "$dir" && echo *) $(cat "$dir/page.000000")"
# It gets its name by /proc.
check "without /proc" unshare -m sh -c 'mount -t tmpfs none /proc &&
    svctoken report --html "$0" && svctoken report --replace --html "$0"' \
    "$dir/other"
check "... it is whole, too" xmllint --noout "$dir/other"
check_eq "... and alone" "600 other page page.000000" \
    "$(stat -c %a "$dir/other") $(cd "$dir" && echo *)"
sv_run bash -c 'svctoken report --html - >/dev/full'
check_eq "a page that does not arrive is no success" 3 "$STATUS"

# --- numbers ---

# The text format: HELP, TYPE and samples of one name after the other, each
# once, whole numbers, and the end.
cat >"$T/metrics.awk" <<'AWK'
function bad(why) { print FILENAME ":" FNR ": " why ": " $0; wrong = 1 }
ended { bad("behind the end") }
$0 == "# EOF" { ended = 1; next }
/^# HELP svctoken_[a-z_]+ [^ ].*[.?]$/ {
    if ($3 in seen) bad("twice")
    seen[$3] = 1; name = $3; step = 1; next
}
/^# TYPE svctoken_[a-z_]+ gauge$/ {
    if ($3 != name || step != 1) bad("not behind its HELP")
    step = 2; next
}
/^svctoken_[a-z_]+([{][a-z_]+="[^"\\]*"[}])? -?[0-9]+$/ {
    sample = $0; sub(/ -?[0-9]+$/, "", sample)
    own = sample; sub(/[{].*/, "", own)
    if (own != name || step != 2) bad("not behind its TYPE")
    if (sample in samples) bad("twice")
    samples[sample] = 1; next
}
{ bad("no line of metrics") }
END { if (!ended) { print "no end"; wrong = 1 } exit wrong }
AWK

clean() {       # FILE
    awk -f "$T/metrics.awk" "$1" || return
    ! command -v promtool >/dev/null || promtool check metrics <"$1"
}

value() {       # NAME[{LABEL}]
    awk -v name="svctoken_$1" '$1 == name { print $2 }' "$T/answer"
}

good "metrics" metrics
check "... are metrics" clean "$T/answer"
for pair in 'tokens{state="active"}=.tokens.active' \
    'tokens{state="revoked"}=.tokens.revoked' \
    'accounts{state="disabled"}=.accounts.disabled' \
    'tokens_live=.tokens.live' 'tokens_without_end=.tokens.never_end' \
    'tokens_unused=.tokens.unused' \
    'tokens_ending{within="7d"}=.tokens.ending_7d' \
    'database_generation=.database.sequence' \
    'database_commit_timestamp_seconds=(.database.committed | fromdate)' \
    'next_expiry_timestamp_seconds=(.next[0].ends | fromdate)' \
    'role_tokens{role="Viewer"}=(.roles[] | select(.name == "Viewer").live_tokens)'; do
    check_eq "... ${pair%%=.*}" "$(jq "${pair#*=}" <"$T/status" 2>/dev/null ||
        jq "${pair##*\}=}" <"$T/status")" "$(value "${pair%%=[.(]*}")"
done
check_eq "... those refused" "1 1 8 0" "$(for reason in token_revoked \
    token_malformed token_not_yet_valid token_expired; do
    value "log_denied{reason=\"$reason\"}"
done | tr '\n' ' ' | sed 's/ $//')"
check_eq "... each reason of a refusal has its number" \
    "$(($(grep -c '^    \[SVCT_[A-Z_]*\] = {"' \
        "$(dirname "$0")/../../lib/auth/policy.c") - 2 + 2))" \
    "$(grep -c '^svctoken_log_denied{' "$T/answer")"
check_eq "no name is in them" "" \
    "$(grep -E 'ops|brief|deploy|hour' "$T/answer")"
good "with all of the database looked at" metrics --verify
check_eq "... no problem is found" 0 "$(value database_verify_problems)"

out=$T/svctoken.prom
good "a file" metrics --out "$out"
check "... is whole" clean "$out"
check_eq "... for all to read" 644 "$(stat -c %a "$out")"
before=$(stat -c %i "$out")
exec 7<"$out"
good "... is replaced" metrics --out "$out"
check "... by another, whoever is reading the one before" \
    [ "$before" -ne "$(stat -c %i "$out")" ]
cat <&7 >"$T/old.prom"
exec 7<&-
check "... which stays whole" clean "$T/old.prom"
check_eq "... and nothing is beside it" svctoken.prom \
    "$(cd "$T" && echo svctoken.prom*)"
sv metrics --out "$T/numbers"
check_like "a name that is not read is told" '\.prom' "$STATUS $WORDS"
ln -s "$out" "$T/link.prom"
for wrong in "--out -" "--out=" "--out /dev/null" "--out /" \
    "--out $T/link.prom" "--json" "x"; do
    # shellcheck disable=SC2086
    sv metrics $wrong
    check_eq "refused: metrics $wrong" "2 " "$STATUS $ANSWER"
done
check "... and a device stays one" test -c /dev/null
sv metrics --out /nonexistent/x.prom
check_eq "no folder" 3 "$STATUS"

mkdir "$T/full"
mount -t tmpfs -o size=64k none "$T/full"
good "a small disk" metrics --out "$T/full/svctoken.prom"
cp "$T/full/svctoken.prom" "$T/old.prom"
cat /dev/zero >"$T/full/zero" 2>/dev/null
sv metrics --out "$T/full/svctoken.prom"
check_like "... that is full is told" '^3 .*No space left' "$STATUS $WORDS"
check "... the file before stays" cmp "$T/old.prom" "$T/full/svctoken.prom"
check_eq "... and nothing is beside it" "svctoken.prom zero" \
    "$(cd "$T/full" && echo *)"
sv report --html "$T/full/page.html"
check_like "nor is there half a page" '^3 .*No space left' "$STATUS $WORDS"
check_eq "... of any name" "svctoken.prom zero" "$(cd "$T/full" && echo *)"
umount "$T/full"

# --- a database that can't be read ---

sequence_of() { # DATABASE
    svctoken --db "$1" db info --json | jq .sequence
}

down() {        # WHAT PATTERN
    sv status --json
    check_eq "$1: status ends with 3" 3 "$STATUS"
    json "... and says so" "(.database.up | not) and .tokens == null and
        .logins.denied == 10 and (.problems[0] | test(\"$2\"))"
    check_like "... in words, too" "$2" "$WORDS"
    sv status
    check_like "... on the screen" '^Database +DOWN' "$ANSWER"
    sv metrics --out "$out"
    check_eq "$1: metrics end with 3" 3 "$STATUS"
    check "... and are there" clean "$out"
    cp "$out" "$T/answer"
    check_eq "... with what is known" "0  10" "$(value database_up) \
$(value tokens_live) $(awk '/^svctoken_log_denied[{]/ { n += $2 }
        END { print n }' "$out")"
    sv report --html "$T/none.html"
    check_eq "$1: there is no report" "3 " "$STATUS $(ls "$T/none.html"* \
        2>/dev/null)"
}

cp -a "$svct_db" "$T/db"
current=$svct_db/$(readlink "$svct_db/current")
place=$(grep -abo 'a-comment-to-be-damaged' "$current/private.gdbm" |
    tail -n 1 | cut -d : -f 1)
printf X | dd of="$current/private.gdbm" bs=1 seek="$place" conv=notrunc \
    status=none
down "a damaged record" damaged
check_eq "... the generation is known" "$(sequence_of "$T/db")" \
    "$(value database_generation)"
truncate -s 0 "$current/private.gdbm"
down "an empty file" "cut short"
rm -rf "$svct_db"
down "no database" "is not there"
cp -a "$T/db" "$svct_db"
rm -f "$svct_db/usage"
good "when tokens were used is not known" status --json
json "... which is told" '.problems[0] | test("last used is not known")'
good "... and is no use" metrics
check_eq "... nor a lack of it" "0 0" \
    "$(value database_usage_readable) $(value tokens_unused)"
cp -a "$T/db/usage" "$svct_db"

sv_ahead -4000 status --json
json "a clock that is behind is told" \
    '.database.clock_suspect and (.problems[0] | test("clock_suspect"))'

# --- others than root ---

add_user alice
cp -p /usr/sbin/svctoken "$T/tool"
chmod 755 "$T/tool" "$T"
for command in status "status --json" metrics "report --html -"; do
    # shellcheck disable=SC2086
    sv_run as_user alice "$T/tool" $command
    check_eq "not for others: $command" "3 " "$STATUS $ANSWER"
done

# --- the journal ---

# journald wants to see control groups.
start_journald() {
    [ -x /lib/systemd/systemd-journald ] && command -v journalctl >/dev/null ||
        return
    mkdir -p /run/systemd/journal /run/log/journal /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || {
        mount -t tmpfs none /sys && mkdir -p /sys/fs/cgroup &&
            mount -t cgroup2 cgroup2 /sys/fs/cgroup
    } || return
    [ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid \
        >/etc/machine-id
    /lib/systemd/systemd-journald >"$T/journald" 2>&1 &
    wait_for 5 test -S /run/systemd/journal/dev-log || return
    ln -sf /run/systemd/journal/dev-log /dev/log
}

denied_line() { # REASON
    echo "pam_svctoken(sshd:auth): denied reason=$1 user=deploy service=sshd \
rhost=-"
}

journal_has() { # PATTERN
    journalctl --quiet --no-pager --output=cat | grep -q "$1"
}

if start_journald; then
    logger -p authpriv.notice -t sshd "$(denied_line token_expired)"
    as_user alice logger -p authpriv.notice -t 'sshd[1]' \
        "$(denied_line token_revoked)"
    logger -p user.notice -t sshd "$(denied_line token_source)"
    pam_enable sudo
    sudo_rule deploy 'deploy ALL = (ALL) ALL'
    refute "sudo with what is no token" sudo_as deploy nonsense true
    wait_for 5 journal_has 'sudo:auth): denied' || die "no line of sudo"
    good "the journal" status --json
    json "... is asked, for lines of root and of sudo" '.logins |
        .source == "journal" and .granted == 0 and
        .reasons.token_expired == 1 and .reasons.token_malformed == 1'
    json "... not for those of somebody else, or of something else" '.logins |
        .reasons.token_revoked == null and .reasons.token_source == null'
    json "... and tells since when it is there" '.logins |
        .whole_day == false and .since != null'
    good "metrics know it as well" metrics
    check "... and are metrics" clean "$T/answer"
    check_eq "... with the same" "1 0" \
        "$(value 'log_denied{reason="token_expired"}') $(value \
            'log_denied{reason="token_revoked"}')"
else
    skip "the journal" "no journald here"
fi

done_testing
