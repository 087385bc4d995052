#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Programs that do not want to be ended with the session they run in.

# Tokens come into variables by new_token.
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

top=$(realpath "$LIB_DIR/../..")
chmod 755 "$T"
cc -pthread -I"$SVCT_BUILD_DIR" -o "$T/undead" \
    "$top/tests/support/undead.c" || die "no undead"

svct_host sshd su
service_account deploy --role Editor
new_token ci deploy/ci --ttl 1h
start_sshd

# --- one whose first thread has ended: it looks dead, and runs on ---

state_of() {    # PID
    sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

pid_of() {      # FILE
    wait_for 10 test -s "$1" || die "no process: $1"
    read -r pid <"$1"
    wait_for 5 test "$(state_of "$pid")" = Z || die "it does not look dead"
}

out=/home/deploy/pid
ssh_password deploy "$ci" "$T/undead $out >/dev/null 2>&1 </dev/null" \
    >/dev/null 2>&1
pid_of "$out"
check "a process that looks dead was left behind" kill -0 "$pid"
check "session end" svctoken session end deploy/ci
check_like "... finds it by its mark" 'ended 1 process that former' "$OUT"
check "... and ends it" test -z "$(state_of "$pid")"

rm "$out"
ssh_password deploy "$ci" "$T/undead $out </dev/null; echo ready; sleep 4001" \
    >"$T/in" 2>&1 &
wait_for 30 grep -qs ready "$T/in" || die "no session"
pid_of "$out"
check "token revoke --end-sessions" \
    svctoken token revoke deploy/ci --end-sessions
check "... ends one that looks dead" test -z "$(state_of "$pid")"

stop_sshd
done_testing
