#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Clearing away tokens that have ended: which ones, what is asked and said, what
# the log keeps, and what becomes of their logins.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
service_account deploy --role Viewer
service_account night --role Viewer

unchanged() {   # DESCRIPTION: nothing was, since "before" was set
    check_eq "$1" "$before" "$(sequence)"
}

# It exits with STATUS, says what is wrong like PATTERN, and changes nothing.
bad() {         # STATUS PATTERN ARGUMENT...
    local before

    before=$(sequence)
    sv "${@:3}"
    check_like "refused: ${*:3}" "^$1 svctoken: token purge: $2" \
        "$STATUS $(printf %s "$WORDS" | tr '\n' ' ')$ANSWER"
    unchanged "... and nothing is changed"
}

names() {       # what is there, of all accounts
    svctoken token list --json | jq -r '.tokens[].name' | xargs
}

answer() {      # what of the answer
    jq -r "$1" <"$T/answer" | xargs
}

day=86400
new_token gone night/gone --ttl 1s
new_token old deploy/old --ttl 1s
new_token revoked deploy/revoked --no-expiry
new_token valid deploy/valid --ttl 300d
new_token paused deploy/paused --no-expiry
svctoken token revoke deploy/revoked --reason lost 2>/dev/null || die "revoke"
svctoken token disable deploy/paused 2>/dev/null || die "disable"
wait_second
wait_second

# --- what would go ---

before=$(sequence)
sv token purge
check_eq "purge: what has just ended stays for 30 days" \
    "0 purged 0 tokens of 0 accounts" "$STATUS $WORDS"
sv_ahead $((30 * day)) token purge --dry-run --json
check_eq "30 days later they would go" "0 old revoked gone" \
    "$STATUS $(answer '.tokens[].name')"
check_eq "... are counted" "true 3 2 0 0" "$(answer '[.dry_run, .count,
    .accounts, .apikeys_kept, .more] | map(tostring) | join(" ")')"
check_eq "... each says why" "expired revoked expired" \
    "$(answer '.tokens[].state')"
sv_ahead $((29 * day)) token purge --dry-run --json
check_eq "29 days later they would not" 0 "$(answer .count)"
sv token purge --older 0 --dry-run
check_eq "--older 0: all that have ended" 3 \
    "$(grep -cE '^(night|deploy) +' <<<"$ANSWER")"
check_like "... as a table" \
    "^deploy +old +$(token_id "$old") +expired +[0-9T:-]+Z +.*ago" "$ANSWER"
check_like "... and in words, up to when" \
    '^3 tokens of 2 accounts had ended by 20.*Z and would be purged$' "$WORDS"
sv token purge --older 0s --dry-run --json
check_eq "... 0s is the same" 3 "$(answer .count)"
sv token purge --older 0 --account night --dry-run --json
check_eq "--account: of this one" gone "$(answer '.tokens[].name')"
unchanged "a dry run changes nothing"

# --- what is refused ---

bad 2 'there is no terminal to ask at whether 3 tokens shall go: give --yes' \
    token purge --older 0
bad 2 '.*no duration' token purge --older x
bad 2 '.*no duration' token purge --older 30
bad 2 '.*too long' token purge --older 200000d
bad 2 '.*' token purge --yes --dry-run
bad 2 '.*' token purge --older 1d --older 2d
bad 2 '.*what is "deploy"' token purge deploy
bad 1 'no service account' token purge --account nobody1
bad 2 '.*' token purge --account 'a b'
check_eq "... all are there" "old paused revoked valid gone" "$(names)"

# --- on a terminal ---

# Types ANSWER once it has asked. Leaves OUT. "meanwhile" runs before that.
typed() {       # ANSWER COMMAND...
    local terminal

    rm -f "$T/keys"
    mkfifo "$T/keys"
    script -qec "$(printf '%q ' "${@:2}")" /dev/null <"$T/keys" \
        >"$T/screen" 2>&1 &
    terminal=$!
    exec 8>"$T/keys"
    wait_for 10 grep -q 'y/N' "$T/screen" || die "no question"
    meanwhile
    printf '%s\n' "$1" >&8
    exec 8>&-
    wait $terminal
    OUT=$(tr -d '\r' <"$T/screen")
}

meanwhile() {
    :
}
before=$(sequence)
typed n svctoken token purge --older 0
check_like "it asks" \
    'Purge 3 tokens of 2 accounts that had ended by 20.*Z\? \[y/N\]' "$OUT"
check_like "... no is no" 'nothing was purged' "$OUT"
unchanged "... and changes nothing"
meanwhile() {
    new_token more deploy/more --no-expiry
    svctoken token delete deploy/old --yes 2>/dev/null
}
typed y svctoken token purge --older 0
check_like "what was changed while it asked is looked at again" \
    'changed meanwhile: look again' "$OUT"
check_eq "... and nothing was purged" "more paused revoked valid gone" \
    "$(names)"
meanwhile() {
    svctoken account edit night --description 'something else' 2>/dev/null
}
log_mark
typed y svctoken token purge --older 0 --account night
check_like "another change is none of its business" \
    'purged 1 token of 1 account' "$OUT"
check_eq "... yes is yes" "more paused revoked valid" "$(names)"
check_log "... the log says how many" \
    'token-purge account=night count=1 accounts=1 until=20.*Z by=.* uid='
check_log "... and which" "token-purged ids=$(token_id "$gone") by="

# --- done ---

new_token last deploy/last --ttl 1s
wait_second
wait_second
log_mark
sv token purge --older 0 --yes --json
check_eq "purge --yes --json: what went" "last revoked" \
    "$(answer '.tokens[].name')"
check_eq "... the number" "false 2" "$(answer '[.dry_run, .count] |
    map(tostring) | join(" ")')"
check_eq "... the others are there" "more paused valid" "$(names)"
check_log_count "... the ids are in one line" 1 \
    "token-purged ids=[0-9A-Za-z]{10},[0-9A-Za-z]{10} by="
check_eq "... the account has as many" 3 \
    "$(svctoken account show deploy --json | jq .tokens)"
check "the database is whole" svctoken db verify
before=$(sequence)
sv token purge --older 0 --yes
check_eq "nothing left to purge is no failure" \
    "0 purged 0 tokens of 0 accounts" "$STATUS $WORDS"
unchanged "... and no change"

start_sshd
log_mark
later check "a token that was purged is refused" \
    ssh_denied ssh_password deploy "$revoked" id
later check "one that stayed logs in" ssh_password deploy "$valid" true
later check "one that is disabled is refused as that" \
    ssh_denied ssh_password deploy "$paused" id
collect
check_log "... the log says that there is no such token" \
    "denied reason=token_unknown user=deploy id=$(token_id "$revoked") "
check_log "... and of the other that it is disabled" \
    'denied reason=token_disabled user=deploy token=paused '
stop_sshd

# --- many ---

for n in $(seq 1 75); do
    new_token "t$n" "night/t$n" --no-expiry
    svctoken token revoke "night/t$n" 2>/dev/null || die "revoke"
done
log_mark
chmod 666 /var/log/svctoken/audit.log
sv token purge --older 0 --yes
check_eq "many of one account" "purged 75 tokens of 1 account" \
    "$(tail -n +2 "$T/words")"
check_like "... that they are not in the log is said, once" \
    '^svctoken: token purge: the change is done .* but not in .*audit.log: ' \
    "$(head -n 1 "$T/words")"
chmod 600 /var/log/svctoken/audit.log
check_log_count "... sixty ids a line, whole and signed" 2 \
    'token-purged ids=[0-9A-Za-z,]+( ids[23]=[0-9A-Za-z,]+)* by=.* uid='
check_eq "... all of them" 75 "$(log_since |
    sed -n 's/.*token-purged \(.*\) by=.*/\1/p' | grep -oE '[=,][^=, ]{10}\b' |
    sort -u | wc -l)"
check "... the database is whole" svctoken db verify

# --- the clock ---

new_token late deploy/late --ttl 1s
wait_second
wait_second
sv_ahead "$day" account edit deploy --description ahead
[ "$STATUS" -eq 0 ] || die "account edit: $WORDS"
bad 3 'it can.t be told what has ended: the clock says .*accept-clock' \
    token purge --older 0 --yes
bad 3 'it can.t be told what has ended' token purge --older 0 --dry-run
svctoken db accept-clock --yes 2>/dev/null || die "accept-clock"
sv token purge --older 0 --yes
check_eq "with a good clock it goes" "purged 1 token of 1 account" "$WORDS"

done_testing
