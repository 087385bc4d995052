#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tokens in su and in any other PAM program (pamtester), every PAM function;
# changes of passwords; and people in sshd, sudo, su and passwd as ever, with
# the other modules of their stack called in every phase.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

printf '@include common-%s\n' auth account session password \
    >/etc/pam.d/backup
svct_host sshd sudo su passwd backup
line='password [success=ok ignore=ignore module_unknown=ignore default=die]'
sed -i "/^@include common-password/i $line pam_svctoken.so" \
    /etc/pam.d/passwd /etc/pam.d/backup
alice='a person, "quoted"'
add_user alice "$alice"
make_key alice
sudo_rule alice 'Defaults passwd_tries=1' 'alice ALL=(ALL:ALL) ALL'

service_account boss --role Admin
service_account editor --role Editor
service_account viewer --role Viewer
service_account off --role Admin
new_token boss boss/t --ttl 1h
new_token waiting boss/waiting --ttl 1h
new_token backup boss/backup --ttl 1h --service backup
new_token editor editor/t --ttl 1h
new_token viewer viewer/t --ttl 1h
new_token off off/t --ttl 1h
svctoken account disable off >/dev/null 2>&1 || die "disable"

# --- su ---

log_mark
check "su with a token" su_as boss "$boss" \
    sh -c 'id -un; printenv SVCTOKEN_TOKEN'
check_eq "... is the account, by that token" "Password: boss t" \
    "$(printf '%s\n' "$OUT" | xargs)"
check_log "... the log says which" "$(ours su:auth)granted user=boss token=t\
 id=$(token_id "$boss") role=Admin service=su rhost=-\$"
check "su with an Editor's token" su_as editor "$editor" true

log_mark
later refute "su: a Viewer is refused" su_as viewer "$viewer" true
later refute "su: a disabled account" su_as off "$off" true
later refute "su: another account's token" su_as boss "$editor" true
later refute "su: a token for another service" su_as boss "$backup" true
later refute "su: over-long input" su_as boss "$boss$(printf '%02000d' 0)" true
later refute "su: an empty answer" su_as boss "" true
later refute "su: no answer at all" as_user nobody su boss -c true
later refute "su: a person's wrong password" su_as alice "$boss" true
collect
for reason in 'role_service user=viewer' 'account_disabled user=off' \
    'token_other_account user=boss' 'token_service user=boss' \
    'no_answer user=boss'; do
    check_log "... the log says $reason" "$(ours su:auth)denied reason=$reason"
done
check_log_count "... no token at all, twice" 2 \
    "$(ours su:auth)denied reason=token_malformed user=boss service=su rhost=-"

su_waits() {    # ACCOUNT: su, asked; its answer comes from descriptor 7
    mkfifo "$T/answer"
    as_user nobody su "$1" -c 'id -un' <"$T/answer" >"$T/su" 2>&1 &
    su_pid=$!
    exec 7>"$T/answer"
    rm "$T/answer"
    wait_for 10 grep -q Password: "$T/su" || die "su does not ask"
}

su_answered() { # TOKEN
    printf '%s\n' "$1" >&7
    exec 7>&-
    wait "$su_pid"
}

su_waits boss
check "su asked for a while takes a token" su_answered "$waiting"
su_waits boss
svctoken token revoke boss/waiting >/dev/null 2>&1 || die "revoke"
log_mark
refute "a token revoked while su waits at its prompt is refused" \
    su_answered "$waiting"
check_eq "... nothing was run" "Password: su: Authentication failure" \
    "$(xargs <"$T/su")"
check_log "... the log says why" "$(ours su:auth)denied reason=token_revoked\
 user=boss token=waiting"
su_waits boss
new_token late boss/late --ttl 1h
check "a token made while su waits is taken" su_answered "$late"

log_mark
check "root's su asks nothing" timeout 20 su boss -c 'id -un'
check_eq "... and is the account" boss "$OUT"
refute "root's su to a disabled account" timeout 20 su off -c true
check_log "... is refused by the account phase" \
    "$(ours su:account)denied reason=account_disabled phase=account user=off"

# --- any program: pamtester ---

tester() {      # USER ANSWER OPERATION...
    local user=$1 answer=$2

    shift 2
    printf '%s\n' "$answer" | timeout 60 pamtester -v backup "$user" "$@"
}

log_mark
check "pamtester: every function for an account" tester boss "$boss" \
    authenticate acct_mgmt 'setcred(PAM_ESTABLISH_CRED)' open_session \
    close_session
check_log_count "... in one line" 1 pam_svctoken
check "pamtester: each without authenticate" tester boss "" \
    acct_mgmt 'setcred(PAM_ESTABLISH_CRED)' open_session close_session
check "pamtester: a session alone" tester boss "" open_session close_session
check "pamtester: to close alone" tester boss "" close_session
check_log_count "... without another line" 1 pam_svctoken
check "pamtester: authenticate twice" tester boss "$boss"$'\n'"$boss" \
    authenticate authenticate acct_mgmt
check "pamtester: a token for this service" tester boss "$backup" authenticate
check "pamtester: setcred may be called again" tester boss "$boss" \
    authenticate 'setcred(PAM_ESTABLISH_CRED)' \
    'setcred(PAM_REINITIALIZE_CRED)' 'setcred(PAM_REFRESH_CRED)'
check_refused() {
    refute "$@"
    check_like "... and told as little as anybody" \
        'pamtester: Authentication failure' "$OUT"
}

log_mark
later check_refused "pamtester: a Viewer is refused" \
    tester viewer "$viewer" authenticate
later check_refused "pamtester: a disabled account" \
    tester off "$off" authenticate
collect
refute "pamtester: the account phase of a disabled account" \
    tester off "" acct_mgmt
check_like "... says that it has expired" 'account has expired' "$OUT"
refute "pamtester: the account phase of a Viewer" tester viewer "" acct_mgmt
check_like "... says no" 'Permission denied' "$OUT"
check "pamtester: a person" tester alice "$alice" authenticate acct_mgmt \
    'setcred(PAM_ESTABLISH_CRED)' open_session close_session
check "pamtester: the superuser" tester root "" acct_mgmt open_session \
    close_session
refute "pamtester: a stranger" tester nobody-here "$boss" authenticate
refute_log "... without a line of ours" 'pam_svctoken.*(alice|root|nobody-here)'

# --- passwords ---

managed='svctoken: boss is a service account: its tokens are managed by'
managed+=' svctoken\(8\), there is no password to change'

change() {      # USER ANSWER...
    local user=$1

    shift
    printf '%s\n' "$@" | as_user "$user" passwd
}

refute "an account can't change its password" \
    change boss "$boss" "$alice" "$alice"
check_like "... and is told why" "$managed" "$OUT"
refute "root can't give it one" \
    timeout 20 passwd boss < <(printf '%s\n' "$alice" "$alice")
check_like "... and is told why" "$managed" "$OUT"
check_eq "... it has none" 'boss L' \
    "$(passwd -S boss | cut -d ' ' -f 1,2)"
refute "pamtester: chauthtok" tester boss "$boss" chauthtok
check_like "... the same" "$managed" "$OUT"
new='another, "better" one'
check "a person changes the password" change alice "$alice" "$new" "$new"
check "... and uses it" su_as alice "$new" true
alice=$new
refute "... not with a wrong old one" change alice "$boss" x x

# --- people, and the other modules of their stack ---

person() {      # SERVICE METHOD LEAST COMMAND...
    local calls

    log_mark
    check "$2: a person" "${@:4}"
    calls=$(setcred_count "$1" "$(tail -n 1 <<<"$OUT" | sed 's/.*: //')")
    check "$2: ... another module's setcred is run, $3 times at least" \
        test "$calls" -ge "$3"
    refute_log "$2: ... without a line of ours" 'svctoken[[(:]'
}

watch_setcred sshd sudo su backup
start_sshd PasswordAuthentication=yes KbdInteractiveAuthentication=yes
person sshd "ssh, password" 2 ssh_password alice "$alice" id -un
person sshd "ssh, keyboard-interactive" 2 ssh_kbdint alice "$alice" id -un
person sshd "ssh, key" 2 ssh_key alice id -un
person sudo sudo 1 sudo_as alice "$alice" id -un
person su su 1 su_as alice "$alice" id -un
tester_says() {
    tester "$@" && echo alice
}
person backup pamtester 1 tester_says alice "$alice" authenticate \
    'setcred(PAM_ESTABLISH_CRED)'

log_mark
later check "ssh: a person's wrong password" \
    ssh_denied ssh_password alice "$boss" true
later check "ssh: ... by keyboard-interactive" \
    ssh_denied ssh_kbdint alice "$boss" true
later refute "sudo: a person's wrong password" sudo_as alice "$boss" true
collect
refute_log "no line of ours about a person" 'svctoken[[(:]'
stop_sshd

# A person who is asked by us would be asked twice.
pam_disable su
cp /etc/pam.d/su "$T/su.before"
su_as alice "$alice" true >"$T/without" 2>&1
pam_enable su
su_as alice "$alice" true >"$T/with" 2>&1
check_eq "a person is asked once, as without us" \
    "$(cat "$T/without")" "$(cat "$T/with")"
check_eq "... and that is" "Password: " "$(cat "$T/with")"

done_testing
