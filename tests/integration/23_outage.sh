#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The database gone, damaged, unsafe or never made, the module missing or
# misconfigured: whatever it is, people log in by password, by keyboard-
# interactive and by key, with the other modules' setcred called as often as
# ever, and use sudo; no token opens anything; nothing crashes.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo
# Where pam_unix refuses in our place, it need not take its two seconds.
sed -i 's/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
alice='a person, "quoted"'
add_user alice "$alice"
make_key alice
service_account deploy --role Admin
service_account bot --role Admin
make_key deploy
sudo_rule rules 'Defaults passwd_tries=1' 'alice ALL=(ALL:ALL) ALL' \
    'deploy ALL=(ALL:ALL) ALL' 'bot ALL=(ALL:ALL) NOPASSWD: ALL'
new_token ci deploy/ci --ttl 1h
cp -a "$svct_db" "$T/db" || die "no database"
module=$(find /usr/lib /lib -name pam_svctoken.so | head -n 1)
[ -n "$module" ] || die "no module"
cp -p "$module" "$T/module.so"
watch_setcred sshd
start_sshd

current=$svct_db/$(readlink "$svct_db/current")
db=$current/private.gdbm
[ -f "$db" ] || die "no $db"

restore() {
    umount "$svct_db" 2>/dev/null
    rm -rf "$svct_db"
    cp -a "$T/db" "$svct_db"
    cp -p "$T/module.so" "$module"
}

people() {
    log_mark
    later check "$1: a person logs in by password" \
        ssh_password alice "$alice" true
    later check "$1: ... by keyboard-interactive" \
        ssh_kbdint alice "$alice" true
    later check "$1: ... by key" ssh_key alice true
    later check "$1: ... and uses sudo" sudo_as alice "$alice" true
}

# --- as it should be ---

people healthy
later check "healthy: the token logs in" ssh_password deploy "$ci" true
later check "healthy: ... by keyboard-interactive" ssh_kbdint deploy "$ci" true
later check "healthy: the account's key logs in" ssh_key deploy true
later check "healthy: the token opens sudo" sudo_as deploy "$ci" true
later check "healthy: NOPASSWD opens sudo" sudo_as bot - true
collect
setcred_often=$(setcred_count sshd alice)
check "healthy: setcred is run by each method, twice at least" \
    test "$setcred_often" -ge 6
refute_log "healthy: nobody is undecided about" 'undecided|misconfigured'

# --- broken ---

# What is left of a crash: sshd tells of a monitor or child that ended early,
# the kernel of a signal. (The account phase's refusal is called fatal too.)
crashes() {
    log_since | grep -E 'segfault|signal|core dumped|fatal:|stack smashing' |
        grep -vE 'fatal: Access denied for user (deploy|bot) by PAM account'
}

# "listed": the account phase knows by "names" whose account it is.
# "unlisted": nothing tells that this user is more than a Unix user, so that
# a key lets in as it would without us. LOG: "" for no line of ours at all.
broken() {      # DESCRIPTION listed|unlisted LOG
    people "$1"
    later check "$1: a token is refused" ssh_denied ssh_password deploy "$ci" id
    later check "$1: ... by keyboard-interactive" \
        ssh_denied ssh_kbdint deploy "$ci" id
    later refute "$1: ... by sudo" sudo_as deploy "$ci" true
    if [ "$2" = listed ]; then
        later check "$1: the account's key is refused" \
            ssh_refused ssh_key deploy id
        later refute "$1: NOPASSWD opens no sudo" sudo_as bot - true
    else
        later check "$1: a key is as for any Unix user" ssh_key deploy true
        later check "$1: NOPASSWD too" sudo_as bot - true
    fi
    collect
    check_eq "$1: other modules' setcred is run as ever" "$setcred_often" \
        "$(setcred_count sshd alice)"
    check_eq "$1: nothing crashes" "" "$(crashes)"
    if [ -n "$3" ]; then
        check_log "$1: the log says it" "$3"
    else
        refute_log "$1: the log has nothing of ours" 'undecided|misconfigured'
    fi
    refute_log "$1: nobody is granted anything" "$(ours '[^)]*')granted"
    restore
}

alert='authpriv\.alert .*pam_svctoken\((sshd|sudo):(auth|account)\): undecided '

rm -rf "$svct_db"
broken "never set up" unlisted ""
rm -rf "${svct_db:?}"/*
broken "an empty folder" unlisted ""
rm "$svct_db/current"
broken "no current" listed "${alert}phase=auth user=deploy service=sshd rhost="
rm -r "$current"
broken "no generation" listed "$alert"
rm "$db"
broken "no file" listed "$alert"
: >"$db"
broken "an empty file" listed "$alert"
truncate -s $(($(stat -c %s "$db") / 2)) "$db"
broken "half a file" listed "$alert"
head -c 100000 /bin/bash >"$db"
broken "another file" listed "$alert"
LC_ALL=C tr '\000\001\002\040-\176' '\001\000\377\041-\176\040' \
    <"$T/db/${db#"$svct_db"/}" >"$db"
broken "bytes flipped all over the file" listed "$alert"
truncate -s 1T "$db"
broken "a file of a terabyte" listed "$alert"
rm "$db" && mkfifo -m 600 "$db"
broken "a FIFO" listed "$alert"
chmod 644 "$db"
broken "a file for all to read" listed "$alert"
chmod 666 "$db"
broken "a file for all to write" listed "$alert"
chown deploy "$db"
broken "a file of another" listed "$alert"
chmod o+w "$svct_db"
broken "a folder for all to write" listed "$alert"
mv "$svct_db" "$svct_db.moved" && ln -s "$svct_db.moved" "$svct_db"
broken "a folder behind a link" listed "$alert"
rm -rf "$svct_db.moved"
rm "$svct_db/names"
broken "no list of names" listed "$alert"
head -c 5000 /bin/bash >"$svct_db/names"
broken "another list of names" listed "$alert"

mv "$module" "$module.away"
broken "no module" unlisted ""
rm -f "$module.away"
echo 'no module at all' >"$module"
broken "a module that is none" unlisted ""
: >"$module"
broken "an empty module" unlisted ""

sodium=$(ldd "$T/module.so" | sed -n 's/.*=> \(.*libsodium[^ ]*\) .*/\1/p')
mv "$sodium" "$sodium.away" || die "no libsodium"
broken "a library that is not there" unlisted ""
mv "$sodium.away" "$sodium"
ssh_password deploy "$ci" true || die "no libsodium any more"

stop_sshd
PAM_ARGS='colour=blue' pam_enable sshd sudo
start_sshd
broken "an unknown option" listed \
    'authpriv.err .*misconfigured phase=auth user=deploy .*colour.*blue'
stop_sshd
PAM_ARGS='role=Emperor' pam_enable sshd sudo
start_sshd
broken "a role that does not exist" listed \
    'authpriv.err .*misconfigured phase=auth user=deploy .*Emperor'
stop_sshd
PAM_ARGS='db=/nowhere/svctoken' pam_enable sshd sudo
start_sshd
broken "a database that does not exist" unlisted "$alert"
stop_sshd
pam_enable sshd sudo
start_sshd

# --- what is no outage ---

works() {       # DESCRIPTION
    people "$1"
    later check "$1: the token logs in" ssh_password deploy "$ci" true
    later check "$1: ... by keyboard-interactive" \
        ssh_kbdint deploy "$ci" true
    later check "$1: ... and opens sudo" sudo_as deploy "$ci" true
    collect
    check_eq "$1: nothing crashes" "" "$(crashes)"
    restore
}

works "mended"
mount --bind "$svct_db" "$svct_db" || die "no mount"
mount -o remount,bind,ro "$svct_db" || die "no read-only mount"
works "a read-only file system"
chmod 0 "$svct_db" "$current" "$db" "$svct_db/names"
works "modes that forbid all, but not root"
rm -rf /run/svctoken
: >/run/svctoken
works "no folder for the markers"
rm -f /run/svctoken

# --- a caller that is not root ---

check_not_root() {
    local status=0

    printf '%s\n' "$ci" |
        as_user nobody pamtester sshd deploy authenticate || status=$?
    [ "$status" -eq 1 ]
}
check "a caller that is not root can't decide, and ends well" \
    check_not_root
stop_sshd

done_testing
