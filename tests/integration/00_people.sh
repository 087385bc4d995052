#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The harness itself, without svctoken: in the sandbox a person logs in, uses
# sudo and su, is refused with a wrong password, and each leaves its log line.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

wrong='not the password'
# shellcheck disable=SC2016 # the shell is not to look into it
alice='Correct horse, "battery" & `taple`'
bob='tr0ub4dor & 3'

start_syslog

# --- the sandbox ---

check_eq "the only network is loopback" lo "$(ls /sys/class/net)"
check_eq "pid 1 is the sandbox" \
    "$(readlink -f "$BASH")" "$(readlink -f /proc/1/exe)"
check_eq "/ is an overlay" overlayfs "$(stat -f -c %T /)"
check_eq "nothing is left of an earlier start" "" \
    "$(getent passwd alice bob; ls -A /run/sudo /home/alice 2>/dev/null)"

# --- people ---

add_user alice "$alice" games
add_user bob "$bob"
make_key alice
sudo_rule alice 'alice ALL=(ALL:ALL) ALL'
check_like "alice has her groups" '\bgames\b' "$(id -nG alice)"

# --- sshd, each method ---

start_sshd
log_mark
check "alice logs in by password" ssh_password alice "$alice" id -un
check_eq "... and is alice" alice "$OUT"
check_log "... sshd says so" 'sshd(-session)?\[[0-9]+\]: Accepted password for alice from'
check_log "... a session is opened" 'sshd:session\): session opened for .*alice'

log_mark
check "alice logs in by keyboard-interactive" \
    ssh_kbdint alice "$alice" id -un
check_eq "... and is alice" alice "$OUT"
check_log "... sshd says so" 'Accepted keyboard-interactive/pam for alice'

log_mark
check "alice logs in by key" ssh_key alice id -un
check_eq "... and is alice" alice "$OUT"
check_log "... sshd says so" 'Accepted publickey for alice'

check_status "the exit code is the remote command's" 42 ssh_key alice exit 42
check_eq "standard input reaches the remote command" "piped" \
    "$(echo piped | ssh_key alice cat)"
SSH_EXTRA=(-tt)
check "a terminal is there when asked for" ssh_key alice test -t 0
SSH_EXTRA=()

log_mark
check "a wrong password is refused" \
    ssh_refused ssh_password alice "$wrong" true
check_log "... sshd says so" 'Failed password for alice'
check "a wrong password is refused by keyboard-interactive" \
    ssh_refused ssh_kbdint alice "$wrong" true
refute_log "... nobody was let in" 'Accepted|session opened'
cp "$T/keys/alice" "$T/keys/bob"
check "bob, who did not agree to that key, is refused" \
    ssh_refused ssh_key bob true
stop_sshd

start_sshd PasswordAuthentication=no
check "sshd without password logins refuses one" \
    ssh_refused ssh_password alice "$alice" true
check "... but asks in the other way" ssh_kbdint alice "$alice" true
stop_sshd
refute "no sshd is not a refusal" ssh_refused ssh_password alice "$alice" true

# --- sudo ---

log_mark
check "alice runs sudo with her password" sudo_as alice "$alice" id -un
check_eq "... and is root" root "$OUT"
check_log "... sudo says so" 'sudo: +alice : .*USER=root ; COMMAND=/usr/bin/id'
SUDO_EXTRA=(-k -u bob)
check "alice becomes somebody else" sudo_as alice "$alice" id -un
check_eq "... bob" bob "$OUT"
SUDO_EXTRA=(-k)

log_mark
refute "a wrong password opens no sudo" sudo_as alice "$wrong" true
check_log "... sudo says so" 'sudo: +alice : 1 incorrect password attempt'
refute "no password opens no sudo" sudo_as alice - true
refute "bob has no rule" sudo_as bob "$bob" true
sudo_rule bob 'bob ALL=(ALL) NOPASSWD: /usr/bin/id'
check "bob's rule without a password" sudo_as bob - id -un
refute "... for that command only" sudo_as bob - true

# --- su ---

log_mark
check "su to alice with her password" su_as alice "$alice" id -un
check_eq "... and is alice" "Password: alice" "$OUT"
check_log "... su says so" 'su\[[0-9]+\]: \(to alice\) nobody on'
log_mark
refute "su to alice with a wrong password" su_as alice "$wrong" true
check_log "... su says so" 'FAILED SU \(to alice\) nobody on'

# --- PAM files ---

before=$(cat /etc/pam.d/*)
PAM_MODULE=pam_permit.so pam_enable sshd sudo su
check_eq "pam_enable adds three lines a service" "3 3 3" \
    "$(for s in sshd sudo su; do
        diff "$T/pam.d/$s" "/etc/pam.d/$s" | grep -c '^> .*pam_permit.so'
    done | xargs)"
check_like "... in auth before the @include" 'pam_permit.so @include' \
    "$(grep -B1 '^@include common-auth' /etc/pam.d/sshd |
        sed 's/.*\(pam_permit.so\).*/\1/' | xargs)"
check "... they are looked at" su_as alice "$wrong" true
PAM_MODULE=pam_deny.so pam_enable su
refute "... and put in place of earlier ones" su_as alice "$alice" true
PAM_MODULE=pam_not_there.so pam_enable su
check "a module that can't be loaded locks nobody out" \
    su_as alice "$alice" true
pam_disable
check_eq "pam_disable leaves the files as they were" \
    "$before" "$(cat /etc/pam.d/*)"

# --- no secret where anybody could look ---

start_sshd
log_mark
refute "no password is in the log" secret_exposed "$bob"
ssh_password alice "$alice" sleep 10 &
log_wait 'Accepted password for alice'
refute "nor on a command line or in an environment" secret_exposed "$alice"
seen=$wrong bash -c 'read -r _' < <(sleep 10) &
wait_for 5 grep -q seen= "/proc/$!/environ"
check "... where it would be found" secret_exposed "$wrong"
stop_sshd

done_testing
