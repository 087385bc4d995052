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
cc -I"$SVCT_BUILD_DIR" -I"$top/lib" -o "$T/seal" "$top/tests/support/seal.c" \
    "$top/lib/base/crc64.c" || die "no seal"
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

# --- a session that process 1 leads: it can't be ended ---

sessions=/run/svctoken/sessions
start_of() {    # PID
    sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

make_record() { # ID PID: out of one that is there
    (umask 077; sed -e '/^check /d' -e "s/^id .*/id $1/" -e 's/^token .*/token -/' \
        -e 's/^name .*/name -/' -e "s/^pid .*/pid $2/" \
        -e "s/^start .*/start $(start_of "$2")/" "$T/record" >"$sessions/$1")
    "$T/seal" "$sessions/$1" || die "no seal"
}

begin() {       # NAME COMMAND
    ssh_key deploy "echo ready; $2" >"$T/$1" 2>&1 &
    wait_for 30 grep -qs '^ready' "$T/$1" || die "no session $1"
}

make_key deploy
begin one 'sleep 4101'
find $sessions -type f -name 'notoken-*' -exec cp {} "$T/record" \;
test -s "$T/record" || die "no record"
make_record notoken-firstFirst00 1
check_status "session end of one that process 1 leads" 3 \
    svctoken session end --session notoken-firstFirst00
check_like "... says that it goes on" 'not ended: its process 1 lives still' \
    "$OUT"
check "... and keeps its record" test -e "$sessions/notoken-firstFirst00"
rm "$sessions/notoken-firstFirst00"

# --- a process id that is given away while others are ended ---

# The real loginctl needs systemd. When it is asked for the first session, the
# process of the second one goes, and that of a person gets its id.
begin two 'sleep 4102'
svctoken session list --json >"$T/json" 2>/dev/null
first=$(jq -r '[.sessions[].pid] | first' "$T/json")
second=$(jq -r '[.sessions[].pid] | last' "$T/json")
test "$first" -ne "$second" || die "no two sessions"
for n in 71 72; do
    printf '0::/user.slice/user-1.slice/session-%s.scope\n' $n >"$T/cgroup.$n"
done
cat >"$T/loginctl" <<END
#!/bin/bash
echo "\$@" >>$T/asked
case "\$1 \$4" in
'show-session 71')
    umount /proc/$second/cgroup
    kill -KILL $second
    while pkill -KILL -s $second || pkill -KILL -g $second ||
        [ -e /proc/$second/stat ]; do sleep 0.05; done
    while :; do
        echo $((second - 1)) >/proc/sys/kernel/ns_last_pid
        sleep 4103 >/dev/null 2>&1 </dev/null &
        [ \$! -ne $second ] || break
        kill -KILL \$!
    done
    disown -a
    mount --bind $T/cgroup.72 /proc/$second/cgroup
    echo 1 ;;
'show-session 72') echo $second ;;
'terminate-session '*) kill -KILL $second ;;
esac
END
install -m 755 "$T/loginctl" /usr/bin/loginctl
mount --bind "$T/cgroup.71" "/proc/$first/cgroup"
mount --bind "$T/cgroup.72" "/proc/$second/cgroup"
svctoken session end deploy >"$T/words" 2>&1
check "a process id was given to somebody else meanwhile" \
    grep -q 4103 "/proc/$second/cmdline"
refute "... whose login session is not ended" \
    grep -q '^terminate-session' "$T/asked"
check "... and who lives" pgrep -x -f 'sleep 4103'
check_eq "... while the sessions are over" 0 \
    "$(pgrep -c -x -f 'sleep 410[12]')"
umount "/proc/$first/cgroup" "/proc/$second/cgroup" 2>/dev/null
pkill -x -f 'sleep 4103'

stop_sshd
done_testing
