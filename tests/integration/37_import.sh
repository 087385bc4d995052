#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Accounts with predefined tokens brought in from lines, and all of it written
# as lines: what is imported opens sshd, what is wrong is named and nothing is
# imported, what is revoked stays revoked, whatever dies or fills up meanwhile.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
start_sshd
for user in deploy bot late1; do
    add_user "$user"
done
userdel -r late1 2>/dev/null
add_user alice secret
add_user boss '' sudo

# All that a database is, but for the lock and the reserve.
state() {
    (cd "${1:-$svct_db}" && readlink current && ls &&
        sha256sum names current/*.gdbm)
}

# And the file usage, of which a change that is given up may have touched slots
# that no token has.
state_usage() {
    state && sha256sum "$svct_db/usage"
}

lines() {       # LINE...: into the file "in"
    printf '%s\n' "$@" >"$T/in"
}

# Refused without an answer.
bad() {         # DESCRIPTION STATUS PATTERN [OPTION...]
    no_change "$1" "$2" "$3" db import "${@:4}" "$T/in"
    [ -z "$ANSWER" ] || not_ok "$1: it answers" "$ANSWER"
}

hash0=2d325ed6d224bb288f5cc004644efab9698aa3ca3f11035b9904dbad1e9aee2a
line() {        # ACCOUNT ID [MORE]: a line with a token
    printf '{"kind":"token","account":"%s","id":"%s","hash":"%s"%s}' \
        "$1" "$2" $hash0 "${3-}"
}

# --- id and hash, anywhere ---

client() {
    as_user nobody env SVCTOKEN_DB=/nowhere svctoken token hash "$@"
}
client --new --json >"$T/made" 2>"$T/words" ||
    not_ok "token hash --new as anybody" "$(cat "$T/words")"
ci=$(jq -r .token "$T/made")
check_like "token hash --new makes a token" \
    '^svct_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$' "$ci"
check_eq "... with its id" "$(token_id "$ci")" "$(jq -r .id "$T/made")"
check_eq "token hash tells the same of it" \
    "$(jq -c '{id, hash}' "$T/made")" \
    "$(printf '%s\n' "$ci" | client --json | jq -c .)"
check_eq "... and without a line's end" "$(jq -r .hash "$T/made")" \
    "$(printf '%s' "$ci" | client | sed -n 's/^Hash: *//p')"
(
    umask 0
    cd "$T" && svctoken token hash --new --out ci2 >hash2 2>/dev/null
)
check_eq "--out writes it for its owner alone" 600 "$(stat -c %a "$T/ci2")"
check_eq "... and standard output has id and hash alone" 'Hash: Id: ' \
    "$(sed 's/:.*/: /' "$T/hash2" | sort | tr -d '\n')"
check_eq "... of that token" "$(sed -n 's/^Id: *//p' "$T/hash2")" \
    "$(token_id "$(cat "$T/ci2")")"
before=$(cat "$T/ci2")
sv token hash --new --out "$T/ci2"
check_eq "--out refuses a file that is there" "1 $before" \
    "$STATUS $(cat "$T/ci2")"
for text in "" "nothing" "${ci:0:64}" "${ci}x" "$ci $ci" "${ci:0:64}-"; do
    STATUS=0
    printf '%s\n' "$text" | client >"$T/answer" 2>"$T/words" || STATUS=$?
    check_eq "token hash refuses what is none" "2  0" \
        "$STATUS $(cat "$T/answer") $(grep -c "${ci:16:43}" "$T/words")"
done
sv token hash --out "$T/never"
check_eq "--out without --new is refused" 2 "$STATUS"
sv token hash "$ci"
check_eq "a token as an argument is refused" 2 "$STATUS"
check_eq "... and not repeated" 0 "$(grep -c "${ci:16:43}" "$T/words")"

# --- in ---

lines '{"kind":"account","name":"deploy","description":"h\u00e9"}' \
    "$(jq -c '{kind: "token", account: "deploy", name: "ci", id, hash}' \
        "$T/made")" '' \
    '{"kind":"account","name":"late1","role":"Editor","existing":true}'
before=$(state)
good "a dry run" db import --dry-run --json "$T/in"
json "... says what would be done" '.accounts_added == 2 and
    .tokens_added == 1 and .accounts_without_user == 1 and
    .accounts_existing == 2 and .unix_users_added == 0'
check_like "... and that it was not" 'a dry run: nothing was changed' "$WORDS"
check_eq "... and changes nothing" "$before" "$(state)"
log_mark
good "an import" db import "$T/in"
check_like "... says which account has no Unix user" 'late1' "$WORDS"
check_log "... is in the log" \
    'svctoken.*db-import accounts-added=2 .*tokens-added=1 .*by='
sv token show deploy/ci --json
json "... what the line does not say is as on the command line" \
    '.role == "Viewer" and (.expires_in > 28700) and (.expires_in <= 28800)'
check_eq "... in one change" 2 "$(svctoken db info --json | jq .sequence)"
good "db verify" db verify
log_mark
check "the imported token logs in" ssh_password deploy "$ci" true
check_log "... as the token that it is" \
    "$(ours sshd:auth)granted user=deploy token=ci id=$(token_id "$ci")"
check "... by keyboard-interactive too" ssh_kbdint deploy "$ci" true
check "another secret of that id does not" \
    ssh_denied ssh_password deploy "$(token_like "$ci")" true
check_log "... and the log says why" 'denied reason=token_wrong_secret'
before=$(state)
good "the same file again" db import --json "$T/in"
json "... changes nothing" '.accounts_unchanged == 2 and
    .tokens_unchanged == 1 and .accounts_added == 0'
check_eq "... at all" "$before" "$(state)"
cp "$T/in" "$T/first"

# --- a limit of uses ---

svctoken token hash --new --json >"$T/once" 2>/dev/null || die "no token"
once=$(jq -r .token "$T/once")
lines "$(jq -c '{kind: "token", account: "deploy", name: "once", id, hash,
    max_uses: 1}' "$T/once")"
good "a token for one use" db import "$T/in"
check "... logs in once" ssh_password deploy "$once" true
log_mark
check "... and not twice" ssh_denied ssh_password deploy "$once" true
check_log "... since it is used up" 'denied reason=token_used_up'
before=$(state_usage)
lines "$(jq -c '{kind: "token", account: "deploy", name: "twice",
    id: "4fK2abcXYz", hash, max_uses: 2}' "$T/once")"
good "a dry run with another" db import --dry-run "$T/in"
check_eq "... changes nothing, not even the file usage" "$before" \
    "$(state_usage)"
good "the token that is used up, again" db import --json <(jq -c '{kind:
    "token", account: "deploy", name: "once", id, hash, max_uses: 1}' \
    "$T/once")
json "... is the same" '.tokens_unchanged == 1'
svctoken token delete deploy/once --yes 2>/dev/null || die "delete once"
lines "$(jq -c '{kind: "token", account: "deploy", name: "free", id, hash}' \
    "$T/once")"
good "one without a limit, never used" db import "$T/in"
lines "$(jq -c '{kind: "token", account: "deploy", name: "free", id, hash,
    max_uses: 1}' "$T/once")"
good "... gets one" db import --update "$T/in"
check "... logs in once" ssh_password deploy "$once" true
check "... and not twice" ssh_denied ssh_password deploy "$once" true
check "... and all is in order" svctoken db verify
svctoken token delete deploy/free --yes 2>/dev/null || die "delete free"

# --- what is wrong ---

lines '{"kind":"account","name":"bot"}' '{"kind":"account","name":"alice"}'
bad "a user with a password" 2 'line 2: alice has a password'
lines '{"kind":"account","name":"boss"}'
bad "a user in sudo" 2 'line 1: boss is in the group sudo.*--convert'
lines '{"kind":"account","name":"root"}'
bad "root" 2 'line 1: root has the uid 0'
bad "root, with --convert" 2 'line 1: root has the uid 0' --convert
lines '{"kind":"account","name":"bot","sorces":["local"]}'
bad "a key that is none" 2 'line 1: .*"sorces"; did you mean "sources"'
lines '{"kind":"account","name":"bot","role":"Viewr"}'
bad "a role that is not there" 2 'line 1: there is no role "Viewr"'
lines '{"kind":"account","name":"bot","name":"bot"}'
bad "a key twice" 2 'line 1: a key is given twice'
lines "$(line bot 4fK2abcXYa)"
bad "a token before its account" 2 'line 1: there is no service account "bot"'
lines '{"kind":"account","name":"bot"}' "$(line bot 4fK2abcXYa)" \
    "$(line bot 4fK2abcXYb ',"name":"4fK2abcXYa"')"
bad "a name twice" 2 'line 3: "bot" has a token "4fK2abcXYa" already'
lines '{"kind":"account","name":"bot"}' "$(line bot "$(token_id "$ci")")"
bad "an id of another account" 2 'line 2: the id .* is that of a token of "dep'
lines '{"kind":"account","name":"bot"}' \
    "$(line bot 4fK2abcXYa ',"role_cap":"Admin"')"
bad "a cap above the account" 2 "line 2: a token can't have more than its"
lines '{"kind":"account","name":"bot","apikey":true}'
bad "an API key without a token" 2 'exactly one token'
lines '{"kind":"account","name":"bot"}' "{\"kind\":\"token\",\"x\":\"$ci\"}" \
    "$ci" "{\"kind\":\"token\",\"$ci\":1}"
bad "tokens where none belong" 2 'line 4: a token stands where a key belongs'
check_eq "... are not repeated" 0 "$(grep -c "${ci:16:43}" "$T/words")"
{
    printf '{"kind":"account","name":"bot","description":"'
    head -c 20000 /dev/zero | tr '\0' x
    printf '"}\n{"kind":"account","name":"x y"}\n'
} >"$T/in"
bad "a line that is too long" 2 'line 1: the line is too long'
check_like "... and the one behind it" 'line 2: "name" must be' "$WORDS"
for ((i = 0; i < 50; i++)); do
    echo '{"kind":"account"}'
done >"$T/in"
bad "many wrong lines" 2 '30 lines more'
check_eq "... of which twenty are shown" 20 \
    "$(grep -c 'line [0-9]*: ' "$T/words")"
head -c 3000 /dev/urandom >"$T/in"
bad "noise" 2 'line 1: '
rm "$T/in"
bad "no file" 1 'there is no file'
sv db import "$T"
check_eq "a folder: exit code 2" 2 "$STATUS"
lines '{"kind":"account","name":"deploy","role":"Editor"}'
bad "what is there and differs" 2 'line 1: .*"deploy" is there already, and diff'
check_like "... and what would replace it" '--update' "$WORDS"
good "--update replaces it" db import --update --json "$T/in"
json "... and says so" '.accounts_updated == 1'
check_eq "... in place" Editor "$(svctoken account show deploy --json |
    jq -r .role)"
check "... and its token is there" ssh_password deploy "$ci" true
lines '{"kind":"account","name":"boss"}'
good "--convert takes a user in sudo" db import --convert "$T/in"

# --- the policy binds ---

policy='"default_ttl":3600,"max_ttl":7200,"allow_no_expiry":false'
lines "{\"kind\":\"policy\",$policy,\"tokens_per_account\":3,\"warn_before\":0}"
bad "another policy without --update" 2 'line 1: the policy here is another'
good "another policy" db import --update "$T/in"
lines "$(line deploy 4fK2abcXYc ',"expires":"never"')"
bad "never, with a maximum" 2 'line 1: a token must expire here'
lines "$(line deploy 4fK2abcXYc ',"ttl":"2h1s"')"
bad "more than the maximum" 2 'line 1: the token would live too long.* 2h'
far=$(date -ud '+1 day' +%FT%TZ)
lines "$(line deploy 4fK2abcXYc \
    ",\"created\":\"$far\",\"expires\":\"$(date -ud '+25 hours' +%FT%TZ)\"")"
bad "more, by a creation to come" 2 'line 1: the token would live too long'
lines "$(line deploy 4fK2abcXYc \
    ",\"created\":\"1970-01-01T00:00:00Z\",\"ttl\":\"1h\"")"
bad "more, by a creation of zero" 2 'line 1: the token would live too long'
old='"created":"2020-01-01T00:00:00Z","expires":"2021-01-01T00:00:00Z"'
lines "$(line deploy 4fK2abcXYc ",$old")"
good "one that has ended, as a record" db import "$T/in"
lines "$(line deploy 4fK2abcXYd)" "$(line deploy 4fK2abcXYe)"
bad "more tokens than allowed" 2 'line 2: "deploy" has 3 tokens'

# --- revoked is revoked ---

svctoken token revoke deploy/ci --reason lost 2>/dev/null || die "revoke"
cp "$T/first" "$T/in"
bad "a token that is revoked here" 2 'line 2: .*deploy/ci is revoked here, and s'
lines "$(jq -c '{kind: "token", account: "deploy", name: "ci", id, hash}' \
    "$T/made")"
good "with --update" db import --update --json "$T/in"
json "... it is counted as still revoked" '.tokens_still_revoked == 1'
sv token show deploy/ci --json
json "... and is, with its reason" \
    '.state == "revoked" and .revoked_reason == "lost"'
svctoken db export >"$T/all" 2>/dev/null || die "no export"
grep -v '"kind":"\(header\|end\)"' "$T/all" |
    sed 's/,"revoked_[a-z]*":"[^"]*"//g' >"$T/in"
good "also without the keys of an export" db import --update "$T/in"
log_mark
check "... no login" ssh_denied ssh_password deploy "$ci" true
check_log "... since it is revoked" 'denied reason=token_revoked'
lines "$(line bot 4fK2abcXYf ',"revoked_at":"2026-01-01T00:00:00Z"')"
sed -i '1i {"kind":"account","name":"bot"}' "$T/in"
good "a revoked token comes in as such" db import "$T/in"
lines "$(line bot 4fK2abcXYf)"
good "... and never becomes active" db import --update "$T/in"
check_eq "... by an import" revoked \
    "$(svctoken token show 4fK2abcXYf --json | jq -r .state)"

# --- Unix users by svctoken, and of the host ---

export SVCTOKEN_DB=/srv/users
svctoken init 2>/dev/null || die "no database of users"
useradd -o -u 65537 -M taken || die "useradd"
groupadd -g 65539 takengroup || die "groupadd"
uids() {        # NAME...: uid gid home shell of each, as an export has them
    svctoken db export 2>/dev/null | jq -r --args 'select(.kind == "account")
        | select(.name | IN($ARGS.positional[]))
        | "\(.name) \(.existing) \(.uid) \(.gid) \(.home) \(.shell)"' "$@"
}
gids() {        # ROLE
    svctoken db export 2>/dev/null | jq -c --arg role "$1" \
        'select(.kind == "role" and .name == $role) | .gids'
}
lines '{"kind":"role","name":"ops","place":1500,"groups":["adm","web","db"]}' \
    '{"kind":"role","name":"dev","place":1400,"groups":["lib9","web"]}' \
    '{"kind":"account","name":"deploy"}' '{"kind":"account","name":"u1"}' \
    '{"kind":"account","name":"u2","role":"ops","shell":"/bin/bash"}' \
    '{"kind":"account","name":"u3","uid":70000,"home":"/srv/u3"}' \
    '{"kind":"account","name":"u4","uid":70001,"gid":100}' \
    '{"kind":"account","name":"bot","uid":70002}'
before=$(state /srv/users)
good "users: a dry run" db import --dry-run --json "$T/in"
json "... says how many become Unix users, and how many are" \
    '.accounts_added == 6 and .unix_users_added == 5 and
    .accounts_existing == 1 and .accounts_without_user == 0'
check_eq "... and changes nothing" "$before" "$(state /srv/users)"
good "... in" db import --json "$T/in"
json "... says the same" '.unix_users_added == 5 and .accounts_existing == 1'
check_like "... what the host has is passed over" \
    '2 numbers of the range are .*as 65537, and were passed over' "$WORDS"
check_like "... that the host's user comes first is said" \
    "1 new account with a uid, as bot, is .* the host's user comes first" \
    "$WORDS"
check_eq "... groups: of the host, and new ones" '[0,65536,65538]' \
    "$(gids ops)"
check_eq "... one that another role has" '[65540,65536]' "$(gids dev)"
check_eq "... accounts: who there is stays, who there is not becomes one" \
"deploy true null null null null
u1 null 65541 65541 /var/lib/svctoken-home/u1 /bin/sh
u2 null 65542 65542 /var/lib/svctoken-home/u2 /bin/bash
u3 null 70000 70000 /srv/u3 /bin/sh
u4 null 70001 100 /var/lib/svctoken-home/u4 /bin/sh" \
    "$(uids deploy u1 u2 u3 u4)"
good "... sound" db verify
before=$(state /srv/users)
good "... again" db import --json "$T/in"
json "... is the same" '.accounts_unchanged == 6 and .roles_unchanged == 2'
check_eq "... at all" "$before" "$(state /srv/users)"
users=$before

# Refused, and nothing of it is there.
users_bad() {   # DESCRIPTION PATTERN LINE
    lines "$3"
    sv db import --update "$T/in"
    check_like "$1" "^2 .*line 1: .*$2" "$STATUS $(tr '\n' ' ' <<<"$WORDS")"
}
users_bad "another uid" '"u3" is .* uid 70000 .* never change: leave "uid" out' \
    '{"kind":"account","name":"u3","uid":70005}'
users_bad "another gid" 'never change: leave "gid" out' \
    '{"kind":"account","name":"u3","gid":100}'
users_bad "no uid any more" 'never change: leave "existing" out' \
    '{"kind":"account","name":"u3","existing":true}'
users_bad "a uid for a user of the host" '"deploy" is a Unix user of the host' \
    '{"kind":"account","name":"deploy","uid":70005}'
users_bad "a uid of another account" '70000 is the uid of "u3"' \
    '{"kind":"account","name":"u9","uid":70000}'
users_bad "a uid of the host" '65537 is the uid of the user taken on this host' \
    '{"kind":"account","name":"u9","uid":65537}'
users_bad "a gid of the host" '65539 is the gid of the group takengroup' \
    '{"kind":"account","name":"u9","uid":65539}'
users_bad "a group of the host" '"gid": 65539 makes it the primary group' \
    '{"kind":"account","name":"takengroup"}'
users_bad "a primary group of svctoken's" 'a primary group is one of the host' \
    '{"kind":"account","name":"u9","gid":70000}'
users_bad "a primary group that nobody has" 'no group of this host has the gid 70008' \
    '{"kind":"account","name":"u9","gid":70008}'
users_bad "a gid that another has" '70000 is the uid of "u3"' \
    '{"kind":"role","name":"r9","place":1,"groups":["g9"],"gids":[70000]}'
users_bad "another gid of a group" 'web.*65536' \
    '{"kind":"role","name":"r9","place":1,"groups":["web"],"gids":[70009]}'
users_bad "a gid of a group of the host" '65539 is the gid of the group takengroup' \
    '{"kind":"role","name":"r9","place":1,"groups":["g9"],"gids":[65539]}'
users_bad "a gid that is a uid of the host" '65537 is the uid of the user taken ' \
    '{"kind":"role","name":"r9","place":1,"groups":["g9"],"gids":[65537]}'
users_bad "a gid for a group of the host" 'group takengroup with the gid 65539' \
    '{"kind":"role","name":"r9","place":1,"groups":["takengroup"],"gids":[70009]}'
check_eq "... nothing was changed" "$users" "$(state /srv/users)"
lines '{"kind":"account","name":"u3","shell":"/bin/bash"}'
good "another shell" db import --update "$T/in"
check_eq "... is taken, all else stays" "u3 null 70000 70000 /srv/u3 /bin/bash" \
    "$(uids u3)"
svctoken db export >"$T/users" 2>/dev/null || die "no export of users"
svctoken --db /srv/users2 init 2>/dev/null || die "no second database of users"
good "an export of them" --db /srv/users2 db import "$T/users"
good "... sound" --db /srv/users2 db verify
svctoken --db /srv/users2 db export >"$T/users2" 2>/dev/null
check "... comes out the same" cmp "$T/users" "$T/users2"
svctoken account delete u3 --yes 2>/dev/null || die "delete u3"
lines '{"kind":"account","name":"u5"}'
good "a new one" db import "$T/in"
check_eq "... gets a new number" "u5 null 70003 70003 \
/var/lib/svctoken-home/u5 /bin/sh" "$(uids u5)"
policy='"max_ttl":0,"allow_no_expiry":true,"tokens_per_account":100'
lines "{\"kind\":\"policy\",\"default_ttl\":3600,$policy,\"warn_before\":0,\
\"uid_min\":80000,\"uid_max\":80001}" '{"kind":"account","name":"u6"}' \
    '{"kind":"account","name":"u7"}' '{"kind":"account","name":"u8"}'
sv db import --update "$T/in"
check_like "a range that is used up" '^2 .*line 4: .* 80000 to 80001, is used up' \
    "$STATUS $WORDS"

# Many questions to the host: it is enumerated where that tells all.
cp /etc/nsswitch.conf "$T/nsswitch"
useradd -o -u 80200 -M late2 || die "useradd"
groupadd -g 80201 late3 || die "groupadd"
# shellcheck disable=SC2015
useradd -M late4 && echo late4:secret | chpasswd || die "useradd"
for services in files 'files systemd' 'files [NOTFOUND=return] systemd'; do
    sed -i "s/^\(passwd\|group\):.*/\1: $services/" /etc/nsswitch.conf
    rm -rf /srv/users
    svctoken init 2>/dev/null || die "no database of users"
    {
        echo "{\"kind\":\"policy\",\"default_ttl\":3600,$policy,\
\"warn_before\":0,\"uid_min\":80000,\"uid_max\":90000}"
        printf '{"kind":"account","name":"m%03d"}\n' {0..299}
    } >"$T/in"
    good "three hundred users, $services" db import --update "$T/in"
    check_like "... what the host has is passed over" \
        '2 numbers of the range .*as 80200, and' "$WORDS"
    check_eq "... the last one" \
        "m299 null 80301 80301 /var/lib/svctoken-home/m299 /bin/sh" \
        "$(uids m299)"
    {
        printf '{"kind":"account","name":"n%03d"}\n' {0..150}
        echo '{"kind":"account","name":"late3"}'
        echo '{"kind":"account","name":"n151","uid":80200}'
        echo '{"kind":"account","name":"n152","uid":80201}'
        echo '{"kind":"account","name":"late4"}'
    } >"$T/in"
    sv db import "$T/in"
    check_eq "... and what a line must not have is found" "2 152 153 154 155" \
        "$STATUS $(grep -o 'line [0-9]*:' "$T/words" | tr -dc '0-9\n' |
            paste -sd ' ')"
    {
        printf '{"kind":"account","name":"n%03d"}\n' {0..150}
        echo '{"kind":"account","name":"late2"}'
    } >"$T/in"
    good "... and of the host's users one" db import --json "$T/in"
    json "... stays the host's" \
        '.unix_users_added == 151 and .accounts_existing == 1'
done
cp "$T/nsswitch" /etc/nsswitch.conf
userdel late4
userdel late2
groupdel late3
userdel taken
groupdel takengroup
unset SVCTOKEN_DB

# --- out, and in elsewhere ---

svctoken db export >"$T/all" 2>/dev/null || die "no export"
svctoken --db /srv/other init 2>/dev/null || die "no other database"
good "an export goes into another database" --db /srv/other db import \
    --update --convert "$T/all"
svctoken --db /srv/other db export >"$T/other" 2>/dev/null
check "... and comes out of it the same" cmp "$T/all" "$T/other"
good "... which is sound" --db /srv/other db verify
good "through a pipe" --db /srv/other db import - <"$T/all"
# shellcheck disable=SC2002 # a pipe is meant
cat "$T/all" | svctoken --db /srv/other db import - >"$T/answer" 2>&1
check_eq "... a real one" 0 $?
good "to a file" db export "$T/file"
check_eq "... for root alone" 600 "$(stat -c %a "$T/file")"
check "... with the same in it" cmp "$T/all" "$T/file"
before=$(sha256sum "$T/file")
sv db export "$T/file"
check_eq "a file that is there stays" "1 $before" \
    "$STATUS $(sha256sum "$T/file")"
check_eq "no other file is left" "$T/file" "$(ls "$T"/file*)"
sv db export /srv/none/file
check_eq "to a folder that lacks: exit code 3" 3 "$STATUS"
svctoken db export >/dev/full 2>"$T/words"
check_eq "to a full disk: exit code 3" 3 $?
sed '$d' "$T/all" >"$T/in"
bad "an export that was cut" 2 'the file is cut'
sed '9d' "$T/all" >"$T/in"
bad "an export that lacks a line" 2 'the file is not whole'
{
    cat "$T/all"
    echo '{"kind":"account","name":"more"}'
} >"$T/in"
bad "an export with more behind it" 2 'a line after the line "end"'
svctoken db backup "$T/backup" >/dev/null || die "no backup"
cp "$T/backup" "$T/in"
bad "a backup is no import" 2 'line 1: this is a backup.*db restore'
check_eq "no secret is anywhere" "" "$(grep -rlF -e "${ci:16:43}" \
    "$svct_db" "$T/all" "$T/backup" "$LOG")"

# --- twenty thousand ---

many() {        # NUMBER: accounts with a hundred tokens each
    awk -v n="$1" 'BEGIN {
        for (i = 0; i < n; i++) {
            a = sprintf("many%04d", i)
            printf "{\"kind\":\"account\",\"name\":\"%s\"}\n", a
            for (k = 0; k < 100; k++)
                printf "{\"kind\":\"token\",\"account\":\"%s\",\"name\":" \
                    "\"t%d\",\"id\":\"%06dA%03d\",\"hash\":\"%064x\"}\n",
                    a, k, i, k, i * 100 + k
        }
    }'
}
export SVCTOKEN_DB=/srv/many
svctoken init 2>/dev/null || die "no database for many"
many 200 >"$T/many"
good "twenty thousand tokens" db import --json "$T/many"
json "... are all there" '.accounts_added == 200 and .tokens_added == 20000'
good "... and sound" db verify
good "... and the same again" db import --json "$T/many"
json "... changes nothing" '.tokens_unchanged == 20000'
shuf --random-source=<(yes) "$T/many" | grep '"token"' >"$T/shuffled"
good "in any order" db import --json "$T/shuffled"
json "... too" '.tokens_unchanged == 20000'
svctoken db export "$T/many.out" 2>/dev/null
check_eq "an export has them" 20000 "$(grep -c '"kind":"token"' "$T/many.out")"

# --- killed ---

export SVCTOKEN_DB=/srv/killed
svctoken init 2>/dev/null || die "no database to be killed"
svctoken db import "$T/first" >/dev/null 2>&1 || die "no first import"
old=$(svctoken db export 2>/dev/null | sha256sum)
killed=0
whole=yes
for delay in 0.02 0.05 0.1 0.2 0.3 0.4; do
    svctoken db import "$T/many" >"$T/answer" 2>&1 &
    import=$!
    sleep $delay
    if kill -9 $import 2>/dev/null; then
        wait $import 2>/dev/null
        [ $? -ne 137 ] || killed=$((killed + 1))
    fi
    now=$(svctoken db export 2>/dev/null | sha256sum)
    tokens=$(svctoken db info --json 2>/dev/null | jq .tokens)
    [ "$now" = "$old" ] || [ "$tokens" = 20001 ] || whole="no: $tokens tokens"
    [ "$tokens" != 20001 ] || break
    svctoken db verify >/dev/null || whole="no, at $delay s"
done
check_like "an import was killed at work" '^[1-6]$' "$killed"
check_eq "... and left the old database, whole" yes "$whole"
good "... which can be changed" account disable deploy
good "... and is sound" db verify

# --- the log of changes: each thing, with old and new value ---

mkdir /srv/logged
export SVCTOKEN_DB=/srv/logged
svctoken init 2>/dev/null || die "no database for the log"
new=4fK2pQ0aZb
old=$(svctoken token hash --new --json --out "$T/old-token" 2>/dev/null)
old_id=$(jq -r .id <<<"$old")
hash=$(jq -r .hash <<<"$old")
{
    printf '{"kind":"role","name":"Ops","place":2500,"services":["sshd"]}\n'
    printf '{"kind":"account","name":"deploy","role":"Viewer"}\n'
    printf '{"kind":"token","account":"deploy","name":"a","id":"%s","hash":"%s","ttl":"1h"}\n' \
        "$old_id" "$hash"
} >"$T/log1"
sed -e 's/"Viewer"/"Editor","description":"more"/' \
    -e 's/"sshd"/"sshd","cron"/' -e 's/"ttl":"1h"/"ttl":"1h","comment":"x"/' \
    "$T/log1" >"$T/log2"
{
    printf '{"kind":"policy","default_ttl":14400,"max_ttl":7776000,'
    printf '"allow_no_expiry":false,"tokens_per_account":7,"warn_before":172800}\n'
    printf '{"kind":"token","account":"deploy","name":"b","id":"%s","hash":"%s","ttl":"1h"}\n' \
        "$new" "${hash//[0-9]/1}"
} >>"$T/log2"
good "an import" db import "$T/log1"
good "another, that replaces" db import "$T/log2" --update
good "log" log --json
json "... each new thing has a line" '[.changes[] | select(.sequence == 2) |
    .action] == ["db-import", "role-create", "account-create", "token-imported"]'
json "... new tokens by id" '.changes[] | select(.sequence == 2 and
    .action == "token-imported") | .details.ids == "'"$old_id"'"'
json "... what was replaced has old and new: the account" '.changes[] |
    select(.action == "account-edit") | .changed ==
    {"role": {"old": "Viewer", "new": "Editor"},
     "description": {"old": "", "new": "more"}} and .details.via == "db-import"'
json "... the role" '.changes[] | select(.action == "role-edit") |
    .changed.allow == {"old": "sshd", "new": "sshd,cron"}'
json "... the token" '.changes[] | select(.action == "token-edit") |
    .id == "'"$old_id"'" and .changed.comment == {"old": "", "new": "x"}'
json "... the policy" '.changes[] | select(.action == "policy-set") |
    .changed.max_ttl == {"old": "none", "new": "90d"} and
    .changed.tokens_per_account == {"old": "100", "new": "7"}'
json "... and the other new token" '.changes[-1] |
    .action == "token-imported" and .details.ids == "'"$new"'"'
refute "... no hash is in it" grep -q "$hash" /srv/logged/audit.log
check_log "... syslog has the same" "account-edit account=deploy role=Editor\
 role-was=Viewer .*via=db-import by="
unset SVCTOKEN_DB

# --- an answer that can't be written ---

export SVCTOKEN_DB=/srv/untold
svctoken init 2>/dev/null || die "no database for an answer that is lost"
echo '{"kind":"account","name":"untold"}' >"$T/in"
untold() {      # OPTION...
    svctoken db import "$@" "$T/in" 2>&1 >/dev/full
    echo "code $?"
}
dry=$(untold --dry-run)
check_like "an answer that can't be written: exit code 3" 'code 3$' "$dry"
check_eq "... of a dry run, that changed nothing" "" \
    "$(grep 'is done' <<<"$dry")"
check_like "... of an import: it is done all the same" 'the change is done' \
    "$(untold)"
check_like "... of one of what is there: nothing was changed" \
    'nothing was changed' "$(untold)"
good "... it is there" account show untold

# --- a full disk ---

mkdir /srv/full
mount -t tmpfs -o size=4m,mode=755 full /srv/full || die "no tmpfs"
export SVCTOKEN_DB=/srv/full/db
svctoken init 2>/dev/null || die "no database on a small disk"
before=$(state /srv/full/db)
sv db import "$T/many"
check_eq "an import that does not fit: exit code 3" 3 "$STATUS"
check_like "... says why" 'No space left' "$WORDS"
check_eq "... and changes nothing" "$before" "$(state /srv/full/db)"
good "... and the database is sound" db verify
good "... and can be changed" db import "$T/first"

done_testing
