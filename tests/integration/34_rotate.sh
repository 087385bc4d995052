#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another secret for a token: in the real sshd and sudo, what the log and
# "check" say of both, what is refused, and what becomes of a secret that could
# not be handed over.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo
sudo_rule rules 'Defaults passwd_tries=1' 'deploy ALL=(ALL) ALL'
service_account deploy --role Admin
service_account other --role Viewer

# It exits with STATUS, says what is wrong like PATTERN, and changes nothing.
bad() {         # STATUS PATTERN ARGUMENT...
    local before

    before=$(sequence)
    sv "${@:3}"
    check_like "refused: ${*:3}" "^$1 $2.* $before\$" \
        "$STATUS $(printf %s "$WORDS" | tr '\n' ' ')$ANSWER $(sequence)"
}

rotate_into() { # VARIABLE TOKEN [OPTION...]
    local text

    text=$(svctoken token rotate "${@:2}" 2>"$T/words") ||
        die "token rotate ${*:2}: $(cat "$T/words")"
    WORDS=$(cat "$T/words")
    printf -v "$1" %s "$text"
}

# What "check" says of this secret.
verdict() {     # TOKEN
    printf '%s\n' "$1" | svctoken check --stdin --json | jq -r .verdict
}

secret_is() {   # DESCRIPTION VERDICT TOKEN
    check_eq "$1" "$2" "$(verdict "$3")"
}

# --- logins: the old secret in its overlap, the new one at once ---

start_sshd
new_token old deploy/ci --ttl 1h --source 127.0.0.0/8 --source local \
    --role Editor --service sshd --service sudo
id=$(token_id "$old")
log_mark
rotate_into new deploy/ci --overlap 10m
check_eq "rotate: the id stays" "$id" "$(token_id "$new")"
check_like "... the answer is a token, and nothing else" \
    '^svct_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$' "$new"
refute "... another one" test "$old" = "$new"
check_like "... the words say how long the old one is taken" \
    'the secret so far is taken until .*Z \(in 10m\)' "$WORDS"
check_log "... the log says who and until when" \
    "svctoken.*: token-rotate account=deploy token=ci id=$id\
 superseded-until=[-0-9]+T[:0-9]+Z by=.* uid="

granted_line="$(ours sshd:auth)granted user=deploy token=ci id=$id\
 role=Editor service=sshd rhost=127\\.0\\.0\\.1"
for method in password kbdint; do
    log_mark
    later check "$method: the new secret logs in" \
        "ssh_$method" deploy "$new" printenv SVCTOKEN_TOKEN
    collect
    check_eq "... the session knows the token" ci "$OUT"
    check_log "... the log has no word of a rotation" "$granted_line\$"
    log_mark
    later check "$method: so does the old one in its overlap" \
        "ssh_$method" deploy "$old" printenv SVCTOKEN_TOKEN SVCTOKEN_ROLE
    collect
    check_eq "... the session knows the same token" "ci Editor" \
        "$(xargs <<<"$OUT")"
    check_log "... the log says superseded, and until when" \
        "$granted_line superseded=yes until=[-0-9]+T[:0-9]+Z\$"
done

# Long enough for a login on a busy machine.
rotate_into third deploy/ci --overlap 5s
check_like "rotate again: the oldest ends, and that is said" \
    'the secret before that, which was to be taken until .* opens nothing' \
    "$WORDS"
log_mark
later check "the second is taken for its overlap" \
    ssh_password deploy "$new" true
later check "the first is as wrong as any" ssh_denied ssh_password \
    deploy "$old" id
collect
check_log "... the log says wrong secret, and no name" \
    "denied reason=token_wrong_secret user=deploy id=$id service=sshd\
 rhost=127\\.0\\.0\\.1\$"
superseded() {
    [ "$(verdict "$new")" = token_superseded ]
}
check "after it the second has ended" wait_for 10 superseded
log_mark
later check "... sshd refuses it" ssh_denied ssh_password deploy "$new" id
later check "... by keyboard-interactive" ssh_denied ssh_kbdint \
    deploy "$new" id
later check "... and takes the third" ssh_password deploy "$third" true
collect
check_log_count "... the log says why" 2 \
    "denied reason=token_superseded user=deploy token=ci id=$id service=sshd\
 rhost=127\\.0\\.0\\.1 superseded=yes until=[-0-9]+T[:0-9]+Z\$"

# Limits stay.
log_mark
rotate_into fourth deploy/ci --overlap 1h
later refute "the role cap holds for the new secret: sudo" \
    sudo_as deploy "$fourth" true
later refute "... and for the old one" sudo_as deploy "$third" true
collect
check_log_count "... the log says why" 2 \
    "denied reason=role_service user=deploy token=ci id=$id service=sudo"
for secret in "$fourth" "$third"; do
    check_eq "the source limit holds, too" token_source \
        "$(printf '%s\n' "$secret" | svctoken check --stdin --json \
            --rhost 192.0.2.7 | jq -r .verdict)"
    check_eq "... and the services" token_service \
        "$(printf '%s\n' "$secret" | svctoken check --stdin --json \
            --rhost 127.0.0.1 --service su | jq -r .verdict)"
done

# Sudo, and many logins while the secret is exchanged.
new_token boss deploy/boss --ttl 8h
rotate_into boss2 deploy/boss --overlap 1h
check "sudo takes the new secret" sudo_as deploy "$boss2" id -un
check "... and the old one in its overlap" sudo_as deploy "$boss" id -un
rotate_into boss3 deploy/boss
refute "... and no more without one" sudo_as deploy "$boss2" id -un
check_log "... the log says why" \
    'denied reason=token_superseded user=deploy token=boss .* service=sudo'
check "... but the newest" sudo_as deploy "$boss3" id -un
log_mark
for n in 1 2 3 4 5 6; do
    later check "login $n while it is rotated" ssh_password deploy "$boss3" true
done
rotate_into boss4 deploy/boss --overlap 1h
later check "... by the new one" ssh_password deploy "$boss4" true
collect
check_log_count "... nobody was refused" 0 'denied reason='
stop_sshd

# --- what is shown ---

good "token show" token show deploy/boss --json
json "... says when, by whom and until when" '.rotated_at != null and
    .rotated_by != "" and (.superseded_until | fromdate) -
    (.rotated_at | fromdate) == 3600'
good "token show" token show deploy/boss
check_like "... to people, too" '^Superseded until: .*\(in [0-9m]+' "$ANSWER"
new_token never deploy/never --ttl 1h
good "token show of one never rotated" token show deploy/never --json
json "... has nulls" '[.rotated_at, .rotated_by, .superseded_until] ==
    [null, null, null]'
printf '%s\n' "$boss3" >"$T/boss3"
sv check --stdin --json <"$T/boss3"
json "check of the old secret: granted, and until when" '.granted and
    .superseded_until != null and
    ([.rules[] | select(.rule == "token_superseded") | .text] |
        .[0] | test("still taken: .*in "))'
sv check --stdin --at +2h <"$T/boss3"
check_eq "check of it two hours later: exit code 1" 1 "$STATUS"
sv check --stdin --at +1h <"$T/boss3"
check_like "... superseded, by rule and with the time" \
    'FAIL +token_superseded +the token has got a new secret since: .*Z \(' \
    "$ANSWER"
printf '%s\n' "$boss4" >"$T/boss4"
sv check --stdin --json <"$T/boss4"
json "check of the new one" '.granted and .superseded_until == null'
good "rotate --json" token rotate "$(token_id "$boss")" --json
json "... has the token and its columns" '(.token | startswith("svct_")) and
    .name == "boss" and .rotated_at == .superseded_until'

# --- ends ---

new_token t deploy/t --ttl 1h
expires() {
    svctoken token show deploy/t --json | jq -r .expires
}
before=$(expires)
rotate_into t deploy/t --overlap 30d
check_eq "rotate: the end stays" "$before" "$(expires)"
check_like "... the old secret ends with the token, which is said" \
    'not longer than the token would have lived' "$WORDS"
good "rotate --ttl" token rotate deploy/t --ttl 2d
check_like "... is a new end" '^expires: .*\(in 2d\)' "$WORDS"
good "rotate --expires" token rotate deploy/t --expires +3h
check_like "... is a new end" '^expires: .*\(in 3h\)' "$WORDS"
good "rotate --no-expiry" token rotate deploy/t --no-expiry
check_like "... is none" '^expires: never' "$WORDS"
new_token brief deploy/brief --ttl 1s
wait_second
wait_second
bad 2 '.*has expired: --ttl or --expires' token rotate deploy/brief
good "rotate of an expired one with a new end" token rotate deploy/brief \
    --ttl 1h --overlap 1h
check_like "... its old secret stays ended" \
    'opens nothing any more: it had ended with the token' "$WORDS"
secret_is "... so it is refused" token_superseded "$brief"
secret_is "... and the new one is taken" granted "$ANSWER"

# --- what is refused ---

bad 2 '.*no duration' token rotate deploy/t --overlap x
bad 2 '.*no duration' token rotate deploy/t --overlap -1h
bad 2 '.*no duration' token rotate deploy/t --overlap 60
bad 2 '.*"31d" is too long: at most 30d' token rotate deploy/t --overlap 31d
bad 2 '.*' token rotate deploy/t --overlap 1h --overlap 2h
bad 2 '.*' token rotate deploy/t --ttl 1h --expires +2h
bad 2 '.*' token rotate deploy/t --ttl 1h --no-expiry
bad 2 '.*--no-expiry' token rotate deploy/t --expires never
bad 2 '.*not in the future' token rotate deploy/t --expires 2020-01-01
bad 2 '.*' token rotate deploy/t --ttl 0s
bad 2 '.*' token rotate deploy/t --role Admin
bad 2 '.*is missing' token rotate
bad 2 '.*is an account' token rotate deploy
bad 1 '.*no token' token rotate deploy/none
bad 1 '.*no token' token rotate 0000000000
bad 2 '.*holds a token' token rotate "$t"
svctoken token disable deploy/t 2>/dev/null
good "rotate of a disabled one" token rotate deploy/t
check_like "... stays so, and says it" 'is disabled, and stays so' "$WORDS"
secret_is "... the new secret is refused" token_disabled "$ANSWER"
svctoken token revoke deploy/t 2>/dev/null
bad 1 '.*is revoked, for good' token rotate deploy/t --ttl 1h
svctoken account disable other 2>/dev/null
new_token theirs other/t --ttl 1h
good "rotate of a token of a disabled account" token rotate other/t
check_like "... says so" 'its account is disabled' "$WORDS"

# --- a secret that can't be handed over ---

new_token kept deploy/kept --ttl 1h
printf '%s\n' "$kept" >"$T/before"
for sink in full closed gone; do
    log_mark
    STATUS=0
    case $sink in
    full) svctoken token rotate deploy/kept >/dev/full 2>"$T/words" ;;
    closed) svctoken token rotate deploy/kept >&- 2>"$T/words" ;;
    gone)
        exec 7> >(exit 0)
        wait $!
        svctoken token rotate deploy/kept --json >&7 2>"$T/words"
        ;;
    esac || STATUS=$?
    check_eq "a secret that can't be handed over ($sink): exit code 3" \
        3 "$STATUS"
    check_like "... says that nothing was rotated" 'was not rotated' \
        "$(cat "$T/words")"
    secret_is "... the one so far is taken again" granted "$kept"
    check_eq "... as if nothing had been" null \
        "$(svctoken token show deploy/kept --json | jq .rotated_at)"
    check_log "... the log has both" 'token-rotate-undo .*not-delivered by='
done
exec 7>&-

# The former secret of before is there again as well, with its time.
rotate_into kept2 deploy/kept --overlap 1h
svctoken token rotate deploy/kept --ttl 9h >/dev/full 2>&1
secret_is "taken back: the present secret" granted "$kept2"
secret_is "... the one before it in its overlap" granted "$kept"
check_like "... and the end" '^(59m|1h$)' "$(svctoken token show deploy/kept |
    sed -n 's/^Expires:.*(in \(.*\))/\1/p')"

mkdir /srv/small
mount -t tmpfs -o size=8k,mode=700 small /srv/small || die "no tmpfs"
dd if=/dev/zero of=/srv/small/fill bs=4k status=none 2>/dev/null
bad 3 '.*could not write the token: No space left' token rotate deploy/kept \
    --out /srv/small/token
refute "a full disk behind --out: no file is left" test -e /srv/small/token
secret_is "... nothing was changed" granted "$kept2"
bad 1 '.*is there already' token rotate deploy/kept --out "$T/before"
rm /srv/small/fill
good "rotate --out" token rotate deploy/kept --out /srv/small/token
check_eq "... nothing on standard output" "" "$ANSWER"
check_eq "... for root alone" 600 "$(stat -c %a /srv/small/token)"
secret_is "... is the new secret" granted "$(cat /srv/small/token)"
secret_is "... the old one has ended" token_superseded "$kept2"
kept3=$(cat /srv/small/token)
STATUS=0
svctoken token rotate deploy/kept --out /srv/small/other --json >/dev/full \
    2>"$T/words" || STATUS=$?
check_eq "--out, and an answer that can't be written: exit code 3" 3 "$STATUS"
refute "... the file is gone" test -e /srv/small/other
secret_is "... the secret so far is taken" granted "$kept3"

# A disk that fails at the very end, or from then on.
cat >"$T/disk.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
static int renamed;
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    int (*real)(int, const char *, int, const char *) =
        dlsym(RTLD_NEXT, "renameat");

    if (strcmp(to, "current") == 0 && renamed++ > 0 &&
        getenv("DISK_FAILS_LATER") != NULL) {
        errno = EIO;
        return -1;
    }
    return real(from_fd, from, to_fd, to);
}
int fsync(int fd)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");

    if (renamed == 1 && getenv("DISK_FAILS_ONCE") != NULL) {
        renamed = 2;
        errno = EIO;
        return -1;
    }
    return real(fd);
}
END
cc -shared -fPIC -o "$T/disk.so" "$T/disk.c" -ldl || die "no disk"
STATUS=0
DISK_FAILS_ONCE=1 LD_PRELOAD=$T/disk.so svctoken token rotate deploy/kept \
    >"$T/answer" 2>"$T/words" || STATUS=$?
check_eq "the disk fails when all is done: exit code 3" 3 "$STATUS"
check_like "... which is said" 'the change is done, but a power failure' \
    "$(cat "$T/words")"
secret_is "... and the secret is handed over, for it counts" granted \
    "$(cat "$T/answer")"
kept4=$(cat "$T/answer")
STATUS=0
DISK_FAILS_LATER=1 LD_PRELOAD=$T/disk.so svctoken token rotate deploy/kept \
    --overlap 1h >/dev/full 2>"$T/words" || STATUS=$?
check_eq "it can't be taken back either: exit code 3" 3 "$STATUS"
check_like "... it is said that nobody has the secret, and what to do" \
    'has a new secret, and nobody has that: "svctoken token rotate' \
    "$(cat "$T/words")"
secret_is "... the old one is taken for its overlap" granted "$kept4"
good "... and rotating again mends it" token rotate deploy/kept
secret_is "... for good" granted "$ANSWER"
good "the database is whole" db verify

for secret in "$old" "$new" "$third" "$fourth" "$boss4" "$kept3" "$kept4"; do
    refute "a secret is nowhere" secret_exposed "$(token_secret "$secret")"
done

done_testing
