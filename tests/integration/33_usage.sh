#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Last use and uses with the real sshd and sudo: exactly as many logins as a
# token may open, by each method of sshd, one use a login; and what lists and
# "check" say of it.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo
sudo_rule rules 'Defaults passwd_tries=1' 'boss ALL=(ALL:ALL) ALL'
service_account deploy --role Viewer
service_account boss --role Admin
make_key deploy

# key TOKEN KEY: one value of it
key() {
    svctoken token show "$1" --json | jq -r ".$2"
}

names() {   # OPTION...: the names of the tokens that list has
    svctoken token list "$@" --json | jq -r '[.tokens[].name] | join(" ")'
}

# --- making them ---

refusal() {     # DESCRIPTION VALUE
    check_status "--max-uses $1 is refused" 2 \
        svctoken token create deploy/bad --max-uses "$2"
    check_like "... and it is said what would be right" \
        'from 1 to 4294967295' "$OUT"
}

refusal "0" 0
refusal "below 0" -1
refusal "beyond its range" 4294967296
refusal "a word" often
check_status "--max-uses twice is refused" 2 \
    svctoken token create deploy/bad --max-uses 1 --max-uses 2
check_eq "... nothing was made" "" "$(names)"
new_token ci deploy/ci --ttl 1h
new_token once deploy/once --ttl 1h --max-uses 1
check_like "it is said that it opens one login" 'opens one login' \
    "$(cat "$T/token")"
new_token five deploy/five --ttl 1h --max-uses 5
check_like "... or how many" 'opens 5 logins' "$(cat "$T/token")"
new_token most deploy/most --ttl 1h --max-uses 4294967295
new_token boss boss/t --ttl 1h --max-uses 9
check_log "the log of changes has the limit" \
    'token-create .*token="?five"? .*max-uses="?5'
check_eq "JSON has it" 5 "$(key deploy/five max_uses)"
check_eq "... and no use yet" "0 null null null" \
    "$(key deploy/five uses) $(key deploy/five last_used)\
 $(key deploy/five last_used_from) $(key deploy/five last_used_service)"
check_eq "one without a limit has none" null "$(key deploy/ci max_uses)"
check_like "a sheet says so" '^Uses: +0/5$' \
    "$(svctoken token show deploy/five)"
check_like "... and that it was never used" '^Last used: +never$' \
    "$(svctoken token show deploy/five)"
start_sshd

# --- a one-time token ---

id=$(token_id "$once")
log_mark
check "a one-time token logs in" ssh_password deploy "$once" true
check_log "... the log counts it" "$(ours sshd:auth)granted user=deploy\
 token=once id=$id role=Viewer service=sshd rhost=127\\.0\\.0\\.1 use=1/1\$"
check "... and no more" ssh_denied ssh_password deploy "$once" true
check_log "... and says why" "$(ours sshd:auth)denied reason=token_used_up\
 user=deploy token=once id=$id service=sshd rhost=127\\.0\\.0\\.1 use=1/1\$"
check_eq "... list calls it used-up" "once" "$(names --state used-up)"
check_status "... rotating it is refused" 1 svctoken token rotate deploy/once
check_like "... and says why" 'deploy/once is used up, .*make another' "$OUT"
check_eq "... and not active" "ci five most" \
    "$(names deploy --state active)"
check_status "check refuses it" 1 svctoken check deploy/once \
    --rhost 127.0.0.1
check_like "... by that rule, with the numbers" \
    'FAIL +token_used_up +.*: 1 of 1 uses' "$OUT"

# --- exactly so many, by method; the account phase counts nothing ---

log_mark
check "a token of 5 uses logs in by password" ssh_password deploy "$five" true
check_eq "... which is one use" 1 "$(key deploy/five uses)"
check "... by keyboard-interactive" ssh_kbdint deploy "$five" true
check_eq "... which is one use" 2 "$(key deploy/five uses)"
check "a key takes none" ssh_key deploy true
check_eq "... as is seen" 2 "$(key deploy/five uses)"
check_eq "... refusals take none" 2 "$(
    ssh_denied ssh_password deploy "$(token_like "$five")" true >/dev/null
    key deploy/five uses)"
for n in 1 2 3 4 5 6 7 8; do
    ssh_password deploy "$five" true >"$T/five.$n" 2>&1 &
    five_pid[n]=$!
done
in=0
for n in 1 2 3 4 5 6 7 8; do
    if wait "${five_pid[n]}"; then in=$((in + 1)); fi
done
check_eq "of 8 at once the 3 that are left get in" 3 "$in"
check_eq "... and 5 uses are counted" 5 "$(key deploy/five uses)"
check "... by keyboard-interactive none gets in any more" \
    ssh_denied ssh_kbdint deploy "$five" true
check_log_count "... 5 were granted" 5 "$(ours sshd:auth)granted .*token=five"
check_like "... the last as the fifth" 'use=5/5' \
    "$(log_since | grep 'granted .*token=five' | tail -n 1)"

# --- sudo ---

check "an Admin's token logs in" ssh_password boss "$boss" true
check "... and the same runs sudo" sudo_as boss "$boss" true
check_eq "... which is another use" 2 "$(key boss/t uses)"
check_eq "the last use was by sudo" sudo "$(key boss/t last_used_service)"
check_eq "... from nowhere" null "$(key boss/t last_used_from)"

# --- last use ---

check_eq "no login with it: never" "null 0" \
    "$(key deploy/ci last_used) $(key deploy/ci uses)"
before=$(date -u +%FT%TZ)
check "a token without a limit logs in" ssh_password deploy "$ci" true
used=$(key deploy/ci last_used)
check "... its last use is this one" \
    test ! "$used" \< "$before" -a ! "$used" \> "$(date -u +%FT%TZ)"
check_eq "... from there, by that" "127.0.0.1 sshd" \
    "$(key deploy/ci last_used_from) $(key deploy/ci last_used_service)"
check_like "... a sheet tells when" '^Last used: +2[0-9T:-]+Z \(.*\)$' \
    "$(svctoken token show deploy/ci)"
check_like "... from where" '^Last used from: +127\.0\.0\.1$' \
    "$(svctoken token show deploy/ci)"
check_like "... by which service" '^Last used by: +sshd$' \
    "$(svctoken token show deploy/ci)"
check_like "a list has it too" '^deploy +ci .* - +([0-9]+s ago|now)' \
    "$(svctoken token list deploy)"
check_like "... and the uses" '^deploy +five .* used-up .* 5/5 ' \
    "$(svctoken token list deploy)"
on_terminal() {     # WIDTH
    script -qec "stty cols $1; svctoken token list deploy" /dev/null
}
check "on a terminal of 110 characters too" on_terminal 110
check_like "..." 'ROLE +(NOTE +)?USES +LAST USED' "$OUT"
check "... on a narrower one there is no room" on_terminal 109
check_like "..." 'ROLE( +NOTE)?[[:space:]]*$' "$OUT"
check "account show as well" svctoken account show deploy
check_like "..." '^deploy +five .* 5/5 ' "$OUT"
check_eq "unused for an hour is none of them" "" "$(names --unused 1h)"
wait_second
wait_second
check_eq "unused for a second: all" "ci five most once" \
    "$(names deploy --unused 1s)"
check_status "--unused takes a duration" 2 svctoken token list --unused often

# --- the file ---

check "the database is clean" svctoken db verify
check_eq "the file is root's alone" "600 root" \
    "$(stat -c '%a %U' "$svct_db/usage")"
mv "$svct_db/usage" "$T/usage"
log_mark
check "without the file a token without a limit logs in" \
    ssh_password deploy "$ci" true
check "... one with a limit does not" ssh_denied ssh_password boss "$boss" true
check_log "... and why is in the log" \
    'denied reason=usage_unavailable user=boss .*: usage is not there$'
check_eq "... no login made the file" no \
    "$([ -e "$svct_db/usage" ] && echo yes || echo no)"
check "... list goes on" svctoken token list
check_like "... with a word about it" 'last used is not known: usage is not' \
    "$OUT"
check_status "... but for --unused" 3 svctoken token list --unused 1h
check_status "... check refuses" 1 svctoken check boss/t
check_like "... and says why" 'FAIL +usage_unavailable +.*usage is not there' \
    "$OUT"
check_status "... db verify finds it" 1 svctoken db verify
check_like "... and what that means" \
    'problem: usage is not there; 4 tokens with a limit of uses open nothing' \
    "$OUT"
cp -p "$T/usage" "$svct_db/usage"
check "with it, all is as before" svctoken db verify
check "..." sudo_as boss "$boss" true

# A slot of a token with a limit, then the head: one copy of it, then both.
damage_copies() {   # OFFSET COPY...
    local copy

    for copy in "${@:2}"; do
        printf '?' | dd of="$svct_db/usage" bs=1 seek=$(($1 + 65536 * copy)) \
            conv=notrunc 2>/dev/null
    done
}
damage_copies $((128 * 5 + 20)) 1
check_status "a damaged copy of a slot: db verify finds it" 1 svctoken db verify
check_like "... and whose it is" "problem: usage: one of the two copies of the \
slot 5 of the token $(token_id "$boss") is damaged; the other one counts" "$OUT"
check "... the token is let in" sudo_as boss "$boss" true
check "... and it is mended" svctoken db verify
cp -p "$svct_db/usage" "$T/older"
check "a use more" sudo_as boss "$boss" true
uses=$(key boss/t uses)
dd if="$T/older" of="$svct_db/usage" bs=4096 count=1 conv=notrunc 2>/dev/null
check_status "the block of before it: db verify finds it" 1 svctoken db verify
check_like "..." "problem: usage: the two copies of the slot 5 of the token \
$(token_id "$boss") have $((uses - 1)) and $uses uses; the higher" "$OUT"
check_eq "... no use comes back" "$uses" "$(key boss/t uses)"
check "... the next one" sudo_as boss "$boss" true
check_eq "... is counted" $((uses + 1)) "$(key boss/t uses)"
check "... and it is mended" svctoken db verify
damage_copies $((128 * 5 + 20)) 0 1
check_status "a damaged slot: db verify finds it" 1 svctoken db verify
check_like "... and whose it is" \
    "problem: usage: the slot 5 of the token $(token_id "$boss") is damaged" \
    "$OUT"
check "... the token is refused" ssh_denied ssh_password boss "$boss" true
damage_copies 3 1
check_status "a damaged copy of the head: db verify finds it" 1 \
    svctoken db verify
check_like "..." 'problem: usage: one of the two copies of its head ' "$OUT"
check "... a token with a limit can be made" \
    svctoken token create deploy/limited --max-uses 2
check_status "... and that is mended" 1 svctoken db verify
check_eq "... the slot alone is left" 1 "$(grep -c 'problem:' <<<"$OUT")"
check "... and it can be deleted" svctoken token delete --yes deploy/limited
damage_copies 3 0 1
check_status "a damaged head: db verify finds it" 1 svctoken db verify
check_like "..." 'problem: usage: its head: damaged; .*RECOVERY$' "$OUT"
check_status "... no token with a limit can be made" 3 \
    svctoken token create deploy/more --max-uses 2
check_like "... and why" "can't be counted: the head of the file usage" "$OUT"
check "... others can" svctoken token create deploy/more
truncate -s 10 "$svct_db/usage"
check_status "one that is cut off: db verify finds it" 1 svctoken db verify
check_like "... and says where it is told what helps" \
    'problem: usage: its head: cut off; .*RECOVERY$' "$OUT"
cp -p "$T/usage" "$svct_db/usage"
check "a deleted token's slot is given out again" \
    svctoken token delete --yes deploy/once
new_token again deploy/again --ttl 1h --max-uses 1
check "... to one that can be used" ssh_password deploy "$again" true
check "... once" ssh_denied ssh_password deploy "$again" true
check "... and the database is clean" svctoken db verify
for token in "$ci" "$once" "$five" "$most" "$boss" "$again"; do
    refute "no secret is in the log, a command line or an environment" \
        secret_exposed "$(token_secret "$token")"
done
done_testing
