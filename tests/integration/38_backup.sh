#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A backup and what a restore makes of it: what was revoked since stays
# revoked at the real sshd, what comes back is listed and asked about, a file
# that was cut or altered is refused, and a database that is lost or damaged
# comes back.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
start_sshd

state() {
    (cd "${SVCTOKEN_DB:-$svct_db}" && readlink current && ls &&
        sha256sum names current/*.gdbm usage 2>/dev/null)
}

# Types ANSWER on a terminal once it has asked. The file MEANWHILE, if set, is
# written over the last argument before. Leaves STATUS and OUT.
typed() {       # ANSWER COMMAND...
    local answer=$1 terminal

    shift
    rm -f "$T/keys" "$T/screen"
    mkfifo "$T/keys"
    script -qec "$(printf '%q ' "$@")" /dev/null \
        <"$T/keys" >"$T/screen" 2>&1 &
    terminal=$!
    exec 8>"$T/keys"
    wait_for 20 grep -qs '\[y/N\]' "$T/screen" || die "not asked"
    [ -z "${MEANWHILE-}" ] || cat "$MEANWHILE" >"${*: -1}"
    printf '%s\n' "$answer" >&8
    exec 8>&-
    STATUS=0
    wait $terminal || STATUS=$?
    OUT=$(tr -d '\r' <"$T/screen")
}

# --- a backup ---

service_account deploy
service_account bot
service_account gone
new_token ci deploy/ci --ttl 1h
new_token stay deploy/stay --ttl 1h --comment 'h\u00e9 "q"'
new_token del deploy/del --ttl 1h
new_token old bot/old --ttl 1h
new_token last gone/last --ttl 1h
new_token rot deploy/rot --ttl 1h
new_token three deploy/three --ttl 1h --max-uses 3
svctoken token revoke bot/old --reason 'long ago' 2>/dev/null || die "revoke"
uses() {        # what is known of the use of deploy/NAME
    svctoken token show "deploy/$1" --json | jq -r "$2"
}
check "a token for three uses is used" ssh_password deploy "$three" true
check "... twice" ssh_password deploy "$three" true
check "another one is used" ssh_password deploy "$stay" true

good "a backup" db backup "$T/backup"
check_eq "... for root alone" "600 root" "$(stat -c '%a %U' "$T/backup")"
check_eq "... all of it" "1 1 4 3 7 1" "$(jq -rs '[.[].kind] as $k |
    ["header", "policy", "role", "account", "token", "end"] |
    map(. as $w | $k | map(select(. == $w)) | length) | join(" ")' \
    "$T/backup")"
check_eq "... its digest is that of b2sum" \
    "$(sed '$d' "$T/backup" | b2sum -l 256 | cut -d ' ' -f 1)" \
    "$(tail -n 1 "$T/backup" | jq -r .digest)"
check_eq "... it has the uses" '2 sshd 127.0.0.1' \
    "$(jq -r 'select(.name == "three") |
        "\(.uses) \(.last_service) \(.last_rhost)"' "$T/backup")"
check_eq "... no other file is left" "$T/backup" "$(ls "$T"/backup*)"
check_eq "... no secret is in it" 0 "$(grep -c -e "${ci:16:43}" "$T/backup")"
no_change "a file that is there stays" 1 'is there already' \
    db backup "$T/backup"
no_change "not to standard output" 2 'name a file' db backup -
no_change "a folder that lacks" 3 'No such file' db backup /srv/none/backup

# --- what happens since ---

check "the three are used up" ssh_password deploy "$three" true
last_used=$(uses stay .last_used)
svctoken token revoke deploy/ci --reason lost 2>/dev/null || die "revoke ci"
rot2=$(svctoken token rotate deploy/rot 2>/dev/null) || die "rotate"
svctoken token delete deploy/del --yes 2>/dev/null || die "delete del"
svctoken account disable bot 2>/dev/null || die "disable bot"
svctoken account delete gone --yes 2>/dev/null || die "delete gone"
service_account new
new_token newer new/newer --ttl 1h
new_token del2 deploy/del --ttl 1h
svctoken token revoke deploy/del --reason 'again' 2>/dev/null || die "del2"

# --- what would be done ---

before=$(state)
good "a dry run" db restore --dry-run "$T/backup"
check_eq "... changes nothing" "$before" "$(state)"
cp "$T/answer" "$T/listed"
check_eq "... lists what comes back and goes" \
"back: account bot (account disabled here)
back: account gone (deleted here)
back: token deploy/del, id $(token_id "$del") (deleted here)
back: token gone/last, id $(token_id "$last") (deleted here)
gone: account new (not in the backup)
gone: token new/newer, id $(token_id "$newer") (not in the backup)" \
    "$(grep -E '^(back|gone|other):' "$T/listed" | sort)"
check_like "... and what stays revoked" 'Tokens still revoked: +1' "$ANSWER"
good "with --json" db restore --dry-run --json "$T/backup"
check_eq "... it has the numbers" '[2,2,1,1,1,1,0]' "$(jq -c '[.accounts_back,
    .tokens_back, .accounts_gone, .tokens_gone, .tokens_still_revoked,
    .secrets_kept, .tokens_disabled]' "$T/answer")"
no_change "without a terminal it needs --yes" 2 'give --yes' \
    db restore "$T/backup"
before=$(state)
typed n svctoken db restore "$T/backup"
check_eq "who says no: exit code 1" 1 "$STATUS"
check_like "... was asked" '2 accounts and 2 tokens come back' "$OUT"
check_like "... saw the list" 'back: token deploy/del' "$OUT"
check_eq "... and nothing was changed" "$before" "$(state)"

# --- files that are none ---

sed '$d' "$T/backup" >"$T/cut"
no_change "one that was cut" 2 'the file is cut' db restore --yes "$T/cut"
head -c 1000 "$T/backup" >"$T/cut"
no_change "... in a line" 2 'line [0-9]*: ' db restore --yes "$T/cut"
for change in 's/"name":"stay"/"name":"stax"/' 's/"disabled":true,//' \
    's/"revoked_reason":"long ago"/"revoked_reason":"long agp"/' \
    '/"kind":"end"/s/"digest":"./&0/' \
    's/"role":"Viewer"/"role":"Admin" /'; do
    sed "$change" "$T/backup" >"$T/altered"
    cmp -s "$T/backup" "$T/altered" && continue
    no_change "one that was altered: $change" 2 'altered|"digest" must' \
        db restore --yes "$T/altered"
done
sed '/"name":"stay"/d' "$T/backup" >"$T/altered"
no_change "one that lacks a line" 2 'not whole' db restore --yes "$T/altered"
svctoken db export >"$T/export" 2>/dev/null
no_change "an export" 2 'this is an export.*db import' \
    db restore --yes "$T/export"
: >"$T/empty"
no_change "an empty file" 2 'no backup' db restore --yes "$T/empty"
no_change "no file" 1 'no file' db restore --yes "$T/none"

# With a digest that is right: what the rules refuse is refused all the same.
reseal() {      # FILE
    local digest

    digest=$(sed '$d' "$1" | b2sum -l 256 | cut -d ' ' -f 1)
    sed -i '$s/"digest":"[^"]*"/"digest":"'"$digest"'"/' "$1"
}
sed '/"name":"stay"/p; $s/"lines":16/"lines":17/' "$T/backup" >"$T/altered"
reseal "$T/altered"
no_change "a token twice" 2 'is there twice' db restore --yes "$T/altered"
sed 's/"account":"bot"/"account":"bat"/' "$T/backup" >"$T/altered"
reseal "$T/altered"
no_change "a token of nobody" 2 'no service account "bat"' \
    db restore --yes "$T/altered"
sed '/"kind":"policy"/d; $s/"lines":16/"lines":15/' "$T/backup" >"$T/altered"
reseal "$T/altered"
no_change "one without a policy" 2 'no line with the policy' \
    db restore --yes "$T/altered"

# --- done ---

sequence=$(svctoken db info --json | jq .sequence)
log_mark
typed y svctoken db restore "$T/backup"
check_eq "who says yes: exit code 0" 0 "$STATUS"
check_log "... is in the log" 'svctoken.*db-restore backup-sequence=.*by='
check_eq "... it is the next generation" $((sequence + 1)) \
    "$(svctoken db info --json | jq .sequence)"
good "... sound" db verify
check_eq "... names lists its accounts" "bot deploy gone" \
    "$(paste -sd ' ' "$svct_db/names")"
check_eq "... nothing is left behind" "" \
    "$(find "$svct_db" -mindepth 1 -maxdepth 1 -printf '%f\n' |
        grep -vxE 'current|gen-[0-9]{10}|names|lock|reserve.*|usage')"
svctoken token show deploy/ci --json >"$T/answer"
check_eq "what was revoked since is revoked, with its reason" "revoked lost" \
    "$(jq -r '.state + " " + .revoked_reason' "$T/answer")"
check_eq "... also what the backup does not have" "revoked again" \
    "$(svctoken token show "$(token_id "$del2")" --json |
        jq -r '.state + " " + .revoked_reason')"
check_eq "... under another name" "del.$(token_id "$del2")" \
    "$(svctoken token show "$(token_id "$del2")" --json | jq -r .name)"
log_mark
later check "what was there logs in" ssh_password deploy "$stay" true
later check "what came back logs in" ssh_password deploy "$del" true
later check "... of an account that did" ssh_password gone "$last" true
later check "what is revoked does not" \
    ssh_denied ssh_password deploy "$ci" true
later check "... the one that only the present had neither" \
    ssh_denied ssh_password deploy "$del2" true
later check "what was rotated since logs in with its new secret" \
    ssh_password deploy "$rot2" true
later check "... and not with that of the backup" \
    ssh_denied ssh_password deploy "$rot" true
later check "what is used up does not" \
    ssh_denied ssh_password deploy "$three" true
later check "what went does not" ssh_denied ssh_password new "$newer" true
collect
check_log_count "... the log says revoked of both" 2 'denied reason=token_revoked'
check_log "... and used up" 'denied reason=token_used_up'
check_eq "... the count is that of now, not of the backup" 3 "$(uses three .uses)"
good "again" db restore --yes "$T/backup"
check_eq "... nothing comes back and nothing goes" "" \
    "$(grep -E '^(back|gone):' "$T/answer")"
svctoken db backup "$T/second" >/dev/null
plain() {       # FILE: without what it was used for
    sed '1d;$d' "$1" |
        jq -c 'del(.slot, .uses, .last_used, .last_service, .last_rhost)'
}
check_eq "... and the content is the same" "" "$(
    diff <(plain "$T/backup") <(plain "$T/second") | grep '^<' |
        grep -ve "$(token_id "$ci")" -e "$(token_id "$rot")")"
good "a restore of that" db restore --yes "$T/second"
svctoken db backup "$T/third" >/dev/null
check "... gives the same again" cmp <(sed '1d;$d' "$T/second") \
    <(sed '1d;$d' "$T/third")

# --- rights that were taken away while account and token stayed ---

svctoken role create ops --above Viewer --allow sshd --allow cron \
    2>/dev/null || die "role"
svctoken account edit bot --role ops >/dev/null 2>&1 || die "role of bot"
svctoken db backup "$T/wide" >/dev/null
svctoken role edit ops --allow sshd >/dev/null 2>&1 || die "allow"
svctoken account edit bot --role Viewer >/dev/null 2>&1 || die "role of bot"
svctoken account edit deploy --source 192.0.2.0/24 >/dev/null 2>&1 ||
    die "source"
svctoken account edit gone --expires +1d >/dev/null 2>&1 || die "expires"
svctoken policy set max_ttl=90d >/dev/null 2>&1 || die "max_ttl"
good "a dry run" db restore --dry-run "$T/wide"
check_eq "... lists what opens more than now" \
"other: account bot (another role here)
other: account deploy (other sources here)
other: account gone (ends earlier here)
other: policy (another one here)
other: role ops (other services here)" \
    "$(grep -E '^(back|gone|other):' "$T/answer" | sort)"
check_like "... and counts it" 'Others: +5' "$ANSWER"
good "a restore" db restore --yes "$T/wide"
good "... again" db restore --dry-run "$T/wide"
check_eq "... lists nothing" "" \
    "$(grep -E '^(back|gone|other):' "$T/answer")"

# --- Unix users by svctoken: uids come back, and are never given out twice ---

export SVCTOKEN_DB=/srv/users
svctoken init 2>/dev/null || die "no database of users"
import() {      # LINE...
    printf '%s\n' "$@" | svctoken db import --update - >"$T/answer" 2>&1 ||
        die "import: $(cat "$T/answer")"
}
user() {        # NAME UID
    printf '{"kind":"account","name":"%s","uid":%d}' "$1" "$2"
}
kept() {        # FILE KIND FILTER
    jq -r "select(.kind == \"$2\") | $3" "$1"
}
backup() {      # FILE: anew
    rm -f "$1"
    svctoken db backup "$1" >/dev/null || die "no backup"
}
items() {
    grep -E '^(back|gone|other):' "$T/answer" | sort
}
import '{"kind":"role","name":"ops","place":1500,"groups":["adm","web"]}' \
    '{"kind":"account","name":"deploy"}' '{"kind":"account","name":"u1"}' \
    '{"kind":"account","name":"u2","role":"ops","home":"/srv/u2"}' \
    '{"kind":"account","name":"u3","gid":100,"shell":"/bin/bash"}'
backup "$T/users"
check_eq "a backup has uids, gids and what comes next" \
"[0,65536]
true null
null 65537
null 65538
null 65539
65540" "$(kept "$T/users" role 'select(.groups).gids | tojson'
    kept "$T/users" account '"\(.existing) \(.uid)"'
    kept "$T/users" policy .uid_next)"
good "a restore where there is nothing" --db /srv/users2 \
    db restore --yes "$T/users"
good "... sound" --db /srv/users2 db verify
svctoken --db /srv/users2 db backup "$T/users2" >/dev/null || die "no backup"
check "... gives the same" cmp <(sed '1d;$d' "$T/users") \
    <(sed '1d;$d' "$T/users2")

svctoken account delete u1 --yes 2>/dev/null || die "delete u1"
svctoken account delete u2 --yes 2>/dev/null || die "delete u2"
import '{"kind":"account","name":"v1"}' "$(user w1 70000)"
good "a dry run" db restore --dry-run "$T/users"
check_eq "... where all numbers are whose they were" \
"back: account u1 (deleted here)
back: account u2 (deleted here)
gone: account v1 (not in the backup)
gone: account w1 (not in the backup)" "$(items)"
good "a restore" db restore --yes "$T/users"
good "... sound" db verify
backup "$T/users2"
check_eq "... who was there has the same uid" \
    "$(kept "$T/users" account '"\(.name) \(.uid)"')" \
    "$(kept "$T/users2" account '"\(.name) \(.uid)"')"
check_eq "... what was given out since is not given out again" 70001 \
    "$(kept "$T/users2" policy .uid_next)"
import '{"kind":"account","name":"v2"}'
backup "$T/users3"
check_eq "... to a new one neither" 70001 \
    "$(kept "$T/users3" account 'select(.name == "v2").uid')"

# Another one has the number meanwhile, as after a database that was made anew.
rm -rf /srv/users
svctoken init 2>/dev/null || die "no database of users"
import "$(user u3 65538)" "$(user x1 65536)" "$(user u1 65599)" \
    '{"kind":"role","name":"ops","place":1500,"groups":["adm","web"],'\
'"gids":[0,65539]}'
good "a dry run" db restore --dry-run "$T/users"
check_eq "... says whose files become whose" \
"back: account deploy (deleted here)
back: account u2 (deleted here)
gone: account x1 (not in the backup)
other: account u1 (another uid here)
other: account u2 (uid 65538 is u3's now and becomes u2's: files of the one are \
then the other's)
other: account u3 (another uid here)
other: account u3 (uid 65539 is the group web's now and becomes u3's: files of \
the one are then the other's)
other: role ops (gid 65536 is x1's now and becomes web's: files of the one are \
then the other's)
other: role ops (other groups here)" "$(items)"
cp -p /etc/passwd /etc/group "$T"
echo "ahost:x:$(kept "$T/users" account 'select(.name == "u1").uid'):100::/:/bin/sh" \
    >>/etc/passwd
good "a dry run where the host has such numbers" db restore --dry-run "$T/users"
check_like "... says so of an account that is here" \
    'other: account u1 \([0-9]+ is the uid of the user ahost on this host\)' \
    "$(items)"
cp -p "$T/passwd" "$T/group" /etc
good "a restore" db restore --yes "$T/users"
good "... sound" db verify
echo agroup:x:65536: >>/etc/group
good "a dry run where a group of the host has a gid" db restore --dry-run \
    "$T/users"
check_like "... says so" \
    'other: role ops \(65536 is the gid of the group agroup on this host\)' \
    "$(items)"
cp -p "$T/group" /etc
backup "$T/users2"
check_eq "... is exact" "$(kept "$T/users" account '"\(.name) \(.uid)"')" \
    "$(kept "$T/users2" account '"\(.name) \(.uid)"')"
check_eq "... and what was given out stays so" 65600 \
    "$(kept "$T/users2" policy .uid_next)"

# From before there were uids.
sed -E 's/,"(uid|gid|uid_next)":[0-9]*//g; s/,"(home|shell)":"[^"]*"//g
    s/,"existing":true//; s/,"gids":\[[0-9,]*\]//' "$T/users" >"$T/before"
reseal "$T/before"
good "a backup from before there were uids" db restore --yes "$T/before"
good "... sound" db verify
backup "$T/users2"
check_eq "... has Unix users of the host" "true true true true" \
    "$(kept "$T/users2" account .existing | paste -sd ' ')"
check_eq "... and groups of the host" '[0,0]' \
    "$(kept "$T/users2" role 'select(.groups).gids | tojson')"
check_eq "... and forgets no number" 65600 \
    "$(kept "$T/users2" policy .uid_next)"

# The policy, which says what was given out, is damaged; then all of the file.
newcomers() {
    # shellcheck disable=SC2046 # a line each
    import $(printf '{"kind":"account","name":"z%d"}\n' {1..30})
}
flip() {        # FILE OFFSET
    printf X | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null ||
        die "nothing to damage"
}
good "a restore of the users" db restore --yes "$T/users"
newcomers
at=$(LC_ALL=C grep -obUaP 'P\x01P\x00' "$SVCTOKEN_DB/current/private.gdbm" |
    cut -d : -f 1)
flip "$SVCTOKEN_DB/current/private.gdbm" $((at + 12))
good "the policy is damaged" db restore --yes "$T/users"
check_like "... it says so" 'the present database is damaged' "$WORDS"
backup "$T/users2"
check_eq "... what was given out is told from whose it is" 65630 \
    "$(kept "$T/users2" policy .uid_next)"
newcomers
truncate -s 20000 "$SVCTOKEN_DB/current/private.gdbm"
good "the file is cut" db restore --yes "$T/users"
backup "$T/users2"
check_eq "... what was given out is told from public.gdbm" 65660 \
    "$(kept "$T/users2" policy .uid_next)"
good "... sound" db verify

sed 's/,"shell":"[^"]*"//' "$T/users" >"$T/altered"
reseal "$T/altered"
no_change "an account with half of it" 2 \
    'must have "uid", "gid", "home" and "shell"' db restore --yes "$T/altered"
useradd -o -u 65537 -M alien || die "useradd"
good "a dry run on another host" --db /srv/elsewhere db restore --dry-run \
    "$T/users"
check_eq "... tells whose uid it is there" \
    "other: account u1 (65537 is the uid of the user alien on this host)" \
    "$(items | grep ^other)"
userdel alien
unset SVCTOKEN_DB

# --- what is asked about is what is done ---

cp "$T/wide" "$T/asked"
svctoken account disable bot >/dev/null 2>&1 || die "disable"
before=$(state)
MEANWHILE=$T/backup typed y svctoken db restore "$T/asked"
check_eq "a file that is another one when the answer comes" 3 "$STATUS"
check_like "... is not restored" 'was changed meanwhile' "$OUT"
check_eq "... and nothing was changed" "$before" "$(state)"
svctoken account enable bot >/dev/null 2>&1 || die "enable"

# --- a backup of another host, where a name is not a person's ---

svctoken db backup "$T/host" >/dev/null
echo bot:secret | chpasswd || die "chpasswd"
good "a dry run elsewhere" --db /srv/elsewhere db restore --dry-run "$T/host"
check_eq "... tells who may be a person" \
    "other: account bot (has a password here)" \
    "$(grep '^other:' "$T/answer")"
usermod -p '*' bot

# --- lost and damaged ---

cp -a "$svct_db" "$T/good"
rm "$svct_db/current"
good "the link is lost" db restore --yes "$T/backup"
check_like "... it says what it takes as the present" 'the newest' "$WORDS"
check_eq "... what is revoked there stays revoked" revoked \
    "$(svctoken token show deploy/ci --json | jq -r .state)"
good "... sound" db verify

rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
at=$(grep -obUaF 'h\u00e9 "q"' "$svct_db/current/private.gdbm" |
    cut -d : -f 1)
flip "$svct_db/current/private.gdbm" "$at"
good "a record is damaged" db restore --yes --json "$T/backup"
check_like "... it says so" 'the present database is damaged' "$WORDS"
check_eq "... its token may have been revoked: it is disabled" "1 disabled" \
    "$(jq .tokens_disabled "$T/answer") $(uses stay .state)"
check_eq "... what can be read as revoked is" revoked "$(uses ci .state)"
good "... sound" db verify

rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
for at in $(grep -obUaF "$(token_id "$three")" "$svct_db/usage" | cut -d : -f 1)
do
    flip "$svct_db/usage" "$at"
done
good "a count of uses is damaged, both copies" \
    db restore --yes --json "$T/backup"
check_eq "... its token is used up, whatever the backup says" "1 3" \
    "$(jq .tokens_used_up "$T/answer") $(uses three .uses)"
check "... and opens nothing" ssh_denied ssh_password deploy "$three" true
good "... sound" db verify

lose() {        # WHAT: all counts of uses are lost with it
    good "$1: a restore" db restore --yes --json "$T/backup"
    check_eq "... what had a limit is used up" 1 \
        "$(jq .tokens_used_up "$T/answer")"
    check "... and opens nothing" ssh_denied ssh_password deploy "$three" true
    check "... what had none does" ssh_password deploy "$stay" true
    sv db verify
    check_eq "... nothing else is lost" "" "$(grep '^problem' "$T/answer" |
        grep -v '^problem: usage')"
    rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
}
rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
rm "$svct_db/usage"
lose "the file usage alone is lost"
truncate -s 100 "$svct_db/usage"
lose "it is cut"
before=$(state)
chmod 644 "$svct_db/usage"
sv db restore --yes "$T/backup"
check_eq "one that others can read is not lost: exit code 3" 3 "$STATUS"
check_like "... it says why" 'deploy/three: ' "$WORDS"
chmod 600 "$svct_db/usage"
check_eq "... and nothing is changed" "$before" "$(state)"

rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
truncate -s 20000 "$svct_db/current/private.gdbm"
generations=$(cd "$svct_db" && echo gen-*)
good "the file is cut" db restore --yes "$T/backup"
check_like "... it says that revocations may lack" 'may not|not known' "$WORDS"
good "... sound" db verify
check_eq "... and no older generation went" "$generations" \
    "$(cd "$svct_db" && for g in $generations; do ls -d "$g"; done |
        paste -sd ' ')"
later check "... the token logs in" ssh_password deploy "$stay" true
collect

rm -rf "$svct_db"
good "all is lost" db restore --yes "$T/backup"
check_eq "... uses are those of the backup" "2 $last_used" \
    "$(uses three .uses) $(uses stay .last_used)"
check_like "... it says so" 'there is no database here' "$WORDS"
check_eq "... all of it is listed as coming back" 3 \
    "$(grep -c '^back: account' "$T/answer")"
good "... sound" db verify
check_eq "... names is there" "bot deploy gone" \
    "$(paste -sd ' ' "$svct_db/names")"
later check "... the token logs in" ssh_password deploy "$stay" true
collect
check "... the one for three uses has one left" ssh_password deploy "$three" true
check "... one" ssh_denied ssh_password deploy "$three" true
rm -rf "$svct_db"/gen-* "$svct_db/current"
good "all but the file usage is lost" db restore --yes "$T/backup"
check_eq "... what that knows is kept" 3 "$(uses three .uses)"
good "... sound" db verify
new_token more deploy/more --ttl 1h --max-uses 1
check "... a new token gets a slot of its own" ssh_password deploy "$more" true
check_eq "... that takes none from others" 3 "$(uses three .uses)"

rm -rf "$svct_db" && cp -a "$T/good" "$svct_db"
as_user nobody svctoken --db "$svct_db" db restore --yes "$T/backup" \
    >"$T/answer" 2>&1
check_eq "not for anybody: exit code 3" 3 $?

# --- a limit that the database here does not know ---

export SVCTOKEN_DB=/srv/later
svctoken init 2>/dev/null && svctoken account create once 2>/dev/null ||
    die "no other database"
new_token plain once/one --ttl 1h
id=$(svctoken token show once/one --json | jq -r .id)
cp -a "$SVCTOKEN_DB" "$T/unlimited"
svctoken db export 2>/dev/null | jq -c --arg id "$id" \
    'select(.kind == "token" and .id == $id) | .max_uses = 1' >"$T/limit"
good "a token gets a limit" db import --update "$T/limit"
good "... which a backup keeps" db backup "$T/later.backup"
rm -rf "$SVCTOKEN_DB" && cp -a "$T/unlimited" "$SVCTOKEN_DB"
good "... it comes to a database where it has none" \
    db restore --yes "$T/later.backup"
good "... sound" db verify
printf '%s' "$plain" >"$T/plain"
check "... and the token can be used" \
    svctoken check --user once --stdin <"$T/plain"

# --- damaged, and what the disk gave back is of before ---

export SVCTOKEN_DB=/srv/before
svctoken init 2>/dev/null || die "no other database"
private=$SVCTOKEN_DB/current/private.gdbm
bring() {       # NAME: a token for five uses; $T/NAME: the file with it
    {
        printf '{"kind":"account","name":"of"}\n{"kind":"token","account":"of"'
        printf ',"name":"%s","id":"%-10s","max_uses":5,' "$1" "$1" | tr ' ' 0
        printf '"hash":"%064d"}\n' 1
    } >"$T/line"
    svctoken db import "$T/line" >/dev/null 2>&1 || die "no import of $1"
    cp "$private" "$T/$1"
}
number() {      # FILE OFFSET SIZE
    od -An -t"d$3" -j "$2" -N "$3" "$1" | tr -d ' '
}
hashes() {      # FILE: each element of its one bucket, and -1 where none is
    local bucket

    bucket=$(number "$1" "$(number "$1" 8 8)" 8)
    od -An -v -w24 -td4 -j $((bucket + 112)) -N $((336 * 24)) "$1" |
        awk -v at=$((bucket + 112)) '{ print at + (NR - 1) * 24, $1 }'
}
added() {       # OLD NEW: the element that is in NEW alone
    paste -d ' ' <(hashes "$T/$1") <(hashes "$T/$2") |
        awk '$2 == -1 && $4 != -1 { print $3; exit }'
}
put() {         # FILE OFFSET SIZE TO: bytes of it
    dd if="$T/$1" of="$private" iflag=skip_bytes,count_bytes conv=notrunc \
        oflag=seek_bytes bs=64K skip="$2" count="$3" seek="$4" status=none
}
bring other
bring lost
bring stale
svctoken token delete of/stale --yes 2>/dev/null || die "no delete"
bring heir      # to the slot
good "a backup" db backup "$T/stale.backup"
# The record of "stale" once more, in the place of "lost".
lost=$(added other lost)
stale=$(added lost stale)
put stale "$(number "$T/stale" $((stale + 8)) 8)" \
    $(($(number "$T/stale" $((stale + 16)) 4) +
        $(number "$T/stale" $((stale + 20)) 4))) \
    "$(number "$T/lost" $((lost + 8)) 8)"
put stale "$stale" 24 "$stale"
put lost $((lost + 8)) 8 $((stale + 8))
put other "$lost" 4 "$lost"
sv db verify
check_like "a record is of before" 'not of this generation' "$ANSWER$WORDS"
good "... a restore" db restore --yes "$T/stale.backup"
good "... leaves each token its slot" db verify

# --- killed, and a full disk ---

export SVCTOKEN_DB=/srv/many
svctoken init 2>/dev/null || die "no other database"
awk 'BEGIN {
    for (i = 0; i < 100; i++) {
        a = sprintf("many%04d", i)
        printf "{\"kind\":\"account\",\"name\":\"%s\"}\n", a
        for (k = 0; k < 100; k++)
            printf "{\"kind\":\"token\",\"account\":\"%s\",\"name\":" \
                "\"t%d\",\"id\":\"%06dA%03d\",\"hash\":\"%064x\"}\n",
                a, k, i, k, i * 100 + k
    }
}' >"$T/many"
svctoken db import "$T/many" >/dev/null 2>&1 || die "no import"
svctoken db backup "$T/many.backup" >/dev/null || die "no backup of many"
svctoken account delete many0000 --yes 2>/dev/null || die "no delete"
old=$(svctoken db export 2>/dev/null | sha256sum)
killed=0
whole=yes
for delay in 0.05 0.1 0.2 0.3 0.4; do
    svctoken db restore --yes "$T/many.backup" >"$T/answer" 2>&1 &
    restore=$!
    sleep $delay
    kill -9 $restore 2>/dev/null
    wait $restore 2>/dev/null
    [ $? -ne 137 ] || killed=$((killed + 1))
    tokens=$(svctoken db info --json 2>/dev/null | jq .tokens)
    [ "$tokens" != 10000 ] || break
    [ "$(svctoken db export 2>/dev/null | sha256sum)" = "$old" ] ||
        whole="no: $tokens tokens"
    svctoken db verify >/dev/null || whole="no, at $delay s"
done
check_like "a restore was killed at work" '^[1-5]$' "$killed"
check_eq "... and left the old database, whole" yes "$whole"
good "... it can be done then" db restore --yes "$T/many.backup"
good "... sound" db verify

mkdir /srv/full
mount -t tmpfs -o size=3m,mode=755 full /srv/full || die "no tmpfs"
export SVCTOKEN_DB=/srv/full/db
svctoken init 2>/dev/null || die "no database on a small disk"
no_change "one that does not fit" 3 'No space left' \
    db restore --yes "$T/many.backup"
good "... leaves a sound one" db verify
dd if=/dev/zero of=/srv/full/fill bs=64k 2>/dev/null
no_change "a backup that does not fit" 3 'No space left' \
    --db /srv/many db backup /srv/full/backup
check_eq "... leaves no file" "" "$(find /srv/full -name 'backup*')"

done_testing
