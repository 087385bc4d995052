#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Nobody reads what svctoken writes: that holds up nobody else.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

install_svctoken
export SVCTOKEN_DB=/var/lib/svctoken
svctoken init 2>/dev/null || die "svctoken init"
for name in deploy other; do
    useradd -M "$name" && svctoken account create "$name" 2>/dev/null ||
        die "account create $name"
done

# A pipe that takes nothing more, and whose reader reads nothing: descriptor 9.
full_pipe() {   # FIFO
    mkfifo "$1" || die "mkfifo"
    exec 9<>"$1"
    dd if=/dev/zero of="$1" oflag=nonblock bs=4096 count=1000 2>/dev/null
    dd if=/dev/zero of="$1" oflag=nonblock bs=1 count=5000 2>/dev/null
}

# Is it in write()? (1 on x86-64, 64 elsewhere)
is_writing() {  # PID
    grep -qE '^(1|64) ' "/proc/$1/syscall" 2>/dev/null
}

# --- words that nobody reads ---

full_pipe "$T/words"
svctoken token disable deploy/nosuch 2>"$T/words" &
stalled=$!
wait_for 10 is_writing "$stalled" || die "the first one is not stuck"
check "a change, while another one's words are not read" \
    timeout 60 svctoken account disable other
check_eq "... did not wait for the lock" "" \
    "$(printf '%s\n' "$OUT" | grep waiting)"
check "the other one is still there" kill -0 "$stalled"
kill "$stalled" && wait "$stalled" 2>/dev/null
exec 9>&-

# Nothing went wrong here, and still there is something to say.
full_pipe "$T/words2"
svctoken account enable deploy 2>"$T/words2" &
stalled=$!
wait_for 10 is_writing "$stalled" || die "the second one is not stuck"
check "a change, while one that had nothing to do is not heard" \
    timeout 60 svctoken account enable other
check_eq "... did not wait for the lock either" "" \
    "$(printf '%s\n' "$OUT" | grep waiting)"
kill "$stalled" && wait "$stalled" 2>/dev/null
exec 9>&-

done_testing
