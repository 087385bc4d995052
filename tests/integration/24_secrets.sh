#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A token is nowhere but where it was printed: in no log, however talkative,
# on no command line, in no environment, in no file, while it is used in all
# the ways there are, granted and refused.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

touch -d '1 second ago' "$T/start"
PAM_ARGS=debug svct_host sshd sudo su
printf '@include common-%s\n' auth account session password \
    >/etc/pam.d/backup
PAM_ARGS=debug pam_enable backup
sudo_rule rules 'Defaults passwd_tries=1' 'deploy ALL=(ALL) ALL'
service_account deploy --role Admin
service_account other --role Admin
new_token ci deploy/ci --ttl 1h
new_token gone deploy/gone --ttl 1h
new_token others other/t --ttl 1h
svctoken token revoke deploy/gone >/dev/null 2>&1 || die "revoke"
mistyped=${ci:0:63}-

# The secret parts alone: whatever is around them, they must not be seen.
{
    token_secret "$ci" && echo
    token_secret "$gone" && echo
    token_secret "$others" && echo
} >"$T/secrets"
check_eq "there are three secrets to look for" 3 \
    "$(grep -cxE '[0-9A-Za-z]{43}' "$T/secrets")"

# --- somebody who looks all the time ---

looks() {
    while [ ! -e "$T/enough" ]; do
        grep -lF -f "$T/secrets" /proc/[1-9]*/cmdline /proc/[1-9]*/environ
        echo looked >&2
    done >>"$T/seen" 2>>"$T/looks"
}

looks_since() {     # how often were the processes looked at, by now?
    grep -cx looked "$T/looks"
}

has_looked() {
    [ "$(looks_since)" -ge "$1" ]
}

: >"$T/seen"
: >"$T/looks"
looks &
wait_for 10 has_looked 1 || die "nobody looks"

start_sshd LogLevel=DEBUG3
log_mark
later check "ssh, password" ssh_password deploy "$ci" sleep 2
later check "ssh, keyboard-interactive" ssh_kbdint deploy "$ci" sleep 2
later check "ssh, its environment" ssh_password deploy "$ci" env
later check "sudo" sudo_as deploy "$ci" sleep 2
later check "su" su_as deploy "$ci" sleep 2
pamtester_as() {
    printf '%s\n' "$1" | timeout 60 pamtester backup deploy authenticate \
        acct_mgmt open_session close_session
}
later check "pamtester" pamtester_as "$ci"
stdin() {   # TOKEN COMMAND...
    printf '%s\n' "$1" | "${@:2}"
}
later check "svctoken check" stdin "$ci" svctoken check --stdin \
    --service sshd --rhost 127.0.0.1
for token in "$gone" "$others" "$mistyped"; do
    later check "ssh, refused" ssh_denied ssh_password deploy "$token" id
    later check "ssh, keyboard-interactive, refused" \
        ssh_denied ssh_kbdint deploy "$token" id
    later refute "sudo, refused" sudo_as deploy "$token" true
    later refute "su, refused" su_as deploy "$token" true
    later refute "pamtester, refused" pamtester_as "$token"
done
collect
check_eq "no client was told a secret" "" \
    "$(grep -lF -f "$T/secrets" "$T"/later.*)"

# Logins that are still there.
ssh_password deploy "$ci" sleep 5 &
ssh_kbdint deploy "$ci" sleep 5 &
su_as deploy "$ci" sleep 5 &
sleeps() {
    [ "$(pgrep -cx sleep -u deploy)" -ge 3 ]
}
wait_for 10 sleeps || die "no sessions"
round=$(looks_since)
check "somebody looked at them meanwhile" \
    wait_for 10 has_looked $((round + 2))
check_eq "no secret on a command line or in an environment" "" \
    "$(sort -u "$T/seen")"
pgrep -x sleep -u deploy | xargs kill
wait_for 10 bash -c '! pgrep -x sleep -u deploy >/dev/null'

# Would it have been seen?
(
    export SEEN_IN_ENVIRONMENT=$ci
    exec sleep 30
) &
control=$!
check "... where it would have been seen" wait_for 10 grep -q \
    "/proc/$control/environ" "$T/seen"
kill "$control"
touch "$T/enough"

# --- what stays ---

check_log "the log has grants" 'pam_svctoken.*: granted user=deploy'
check_log "... and denials" 'pam_svctoken.*: denied reason=token_malformed'
check_log "... and what sshd says when it says all" 'debug3'
log_sync
check_eq "... and no secret" "" "$(grep -nF -f "$T/secrets" "$LOG")"
written() {     # what was written to since the start, but the test's own
    find / -xdev \( -path /proc -o -path /sys -o -path "$T" \) -prune -o \
        -type f -newer "$T/start" -print0
    find /run /dev/shm -type f -print0
}
check_eq "nor has any file that was written to" "" \
    "$(written | xargs -0 -r grep -lF -f "$T/secrets")"
check_like "... the database among them" private.gdbm "$(written | tr '\0' ' ')"

modes() {
    stat -c '%U %a %n' "$@" | sed "s,$svct_db/,,"
}
check_eq "hashes are for root alone" \
    "root 600 $(readlink "$svct_db/current")/private.gdbm" \
    "$(modes "$svct_db/$(readlink "$svct_db/current")/private.gdbm")"
check_eq "so are the marker's key and the records of sessions" \
    $'root 700 /run/svctoken\nroot 600 /run/svctoken/marker.key\n'\
'root 700 /run/svctoken/sessions' \
    "$(modes /run/svctoken /run/svctoken/*)"
refute "an account can't read the hashes" as_user deploy cat \
    "$svct_db/current/private.gdbm"
check_like "... for the lack of a right" 'Permission denied' "$OUT"

# --- a token where none belongs ---

run svctoken token show "$others"
check_eq "a whole token as an argument is refused" 2 "$STATUS"
check_eq "... and not echoed" "" \
    "$(printf '%s\n' "$OUT" | grep -F -f "$T/secrets")"
run svctoken token create deploy/out --ttl 1h --out "$T/out.token"
check_eq "--out writes it for root alone" "0 root 600" \
    "$STATUS $(stat -c '%U %a' "$T/out.token")"
out=$(cat "$T/out.token")
check_eq "... and to nowhere else" "" \
    "$(printf '%s\n' "$OUT" | grep -F "$(token_secret "$out")")"
check "... it is a token" ssh_password deploy "$out" true
stop_sshd

done_testing
