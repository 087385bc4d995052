#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tokens in a real sudo: roles and caps, without a password, with a ticket, to
# other users, and people as ever.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo sudo-i
alice='a person, "quoted"'
add_user alice "$alice"
add_user target
sudo_rule once 'Defaults passwd_tries=1'

service_account boss --role Admin
service_account editor --role Editor
service_account viewer --role Viewer
service_account nothing --role None
service_account ticket --role Admin
service_account free --role Admin
service_account freed --role Editor
for user in alice boss editor viewer nothing ticket; do
    sudo_rule "$user" "$user ALL=(ALL:ALL) ALL"
done
sudo_rule free 'free ALL=(ALL) NOPASSWD: ALL' 'freed ALL=(ALL) NOPASSWD: ALL'

new_token boss boss/t --ttl 1h
new_token capped boss/capped --ttl 1h --role Viewer
new_token ssh_only boss/ssh --ttl 1h --service sshd
new_token local boss/local --ttl 1h --source local
new_token loopback boss/loopback --ttl 1h --source 127.0.0.0/8
new_token gone boss/gone --ttl 1h
new_token editor editor/t --ttl 1h
new_token viewer viewer/t --ttl 1h
new_token nothing nothing/t --ttl 1h
new_token ticket ticket/t --ttl 1h
new_token free free/t --ttl 1h
svctoken token revoke boss/gone >/dev/null 2>&1 || die "revoke"

# --- with a password ---

log_mark
check "an Admin's token runs sudo" sudo_as boss "$boss" sh -c 'id -un; env'
check_eq "... as root" root "${OUT%%$'\n'*}"
check_eq "... the command knows the token that was used" \
    "SVCTOKEN_ACCOUNT=boss SVCTOKEN_ROLE=Admin SVCTOKEN_TOKEN=t" \
    "$(printf '%s\n' "$OUT" | grep SVCTOKEN | sort | xargs)"
check_log "... the log says which" "$(ours sudo:auth)granted user=boss token=t\
 id=$(token_id "$boss") role=Admin service=sudo rhost=-\$"
check_log_count "... in one line" 1 pam_svctoken
check_log "... sudo says so too" 'sudo: +boss : .*COMMAND='
prompted() {
    printf '%s\n' "$boss" | as_user boss sudo -k -S id -un
}
check "the prompt is one that sudo puts its own in place of" prompted
check_eq "... and nothing but it is shown" "[sudo] password for boss: root" \
    "$OUT"
SUDO_EXTRA=(-k -u target)
check "sudo to another user" sudo_as boss "$boss" id -un
check_eq "... is that user" target "$OUT"
SUDO_EXTRA=(-k -i)
check "sudo -i" sudo_as boss "$boss" id -un
check_eq "... is root" "root" "$OUT"
check_log "... by its own PAM service" "$(ours sudo-i:auth)granted .*=sudo-i "
SUDO_EXTRA=(-k)
check "a token for local use runs sudo" sudo_as boss "$local" true

# DESCRIPTION USER PASSWORD LOG
refused() {
    later refute "$1 is refused" sudo_as "$2" "$3" true
    refused_log+=("$1|denied $4 service=sudo rhost=-\$")
}

refused_log=()
start_sshd
log_mark
later check "a capped token logs in by ssh" ssh_password boss "$capped" true
refused "a token with a cap below sudo" boss "$capped" \
    "reason=role_service user=boss token=capped id=$(token_id "$capped")"
refused "a token for ssh alone" boss "$ssh_only" \
    "reason=token_service user=boss token=ssh id=$(token_id "$ssh_only")"
refused "a token with a remote source" boss "$loopback" \
    "reason=token_source user=boss token=loopback id=$(token_id "$loopback")"
refused "a revoked token" boss "$gone" \
    "reason=token_revoked user=boss token=gone id=$(token_id "$gone")"
refused "an Editor" editor "$editor" \
    "reason=role_service user=editor token=t id=$(token_id "$editor")"
refused "a Viewer" viewer "$viewer" \
    "reason=role_service user=viewer token=t id=$(token_id "$viewer")"
refused "role None" nothing "$nothing" \
    "reason=role_service user=nothing token=t id=$(token_id "$nothing")"
refused "an Admin's token for an Editor" editor "$boss" \
    "reason=token_other_account user=editor id=$(token_id "$boss")"
refused "a truncated token" boss "${boss:0:64}" \
    "reason=token_malformed user=boss"
refused "a token with a tail" boss "$boss$(printf '%0400d' 0)" \
    "reason=token_malformed user=boss"
refused "over-long input" boss "$boss$(printf '%02000d' 0)" \
    "reason=(no_answer|token_malformed) user=boss"
refused "binary input" boss $'\x01\x80\xfe\xff\x1b[31m%n' \
    "reason=token_malformed user=boss"
refused "an empty answer" boss "" "reason=token_malformed user=boss"
collect
for entry in "${refused_log[@]}"; do
    check_log "... ${entry%%|*}: the log says why" \
        "$(ours sudo:auth)${entry#*|}"
done
refute_log "... no command was run" '\(sudo:session\)'

log_mark
sudo_rule once 'Defaults passwd_tries=3'
refute "three wrong answers" sudo_as boss $'no\nno\nno' true
check_eq "... and sudo says what it says to everyone" \
    "Sorry, try again. Sorry, try again. sudo: 3 incorrect password attempts" \
    "$(printf '%s\n' "$OUT" | xargs -d '\n')"
check_log_count "... a line each" 3 "$(ours sudo:auth)denied"
check "a right one after a wrong one" sudo_as boss $'no\n'"$boss" true
sudo_rule once 'Defaults passwd_tries=1'

# --- without one ---

log_mark
check "NOPASSWD: an Admin" sudo_as free - id -un
check_eq "... is root" root "$OUT"
refute_log "... without a line of ours" pam_svctoken
check "... is not asked even if there were an answer" sudo_as free "$free" true
refute "NOPASSWD: an Editor" sudo_as freed - true
check_log "... is refused by the account phase" "$(ours sudo:account)denied\
 reason=role_service phase=account user=freed service=sudo rhost=-\$"
svctoken account disable free >/dev/null 2>&1
refute "NOPASSWD: a disabled account" sudo_as free - true
check_log "... is refused by the account phase" "$(ours sudo:account)denied\
 reason=account_disabled phase=account user=free service=sudo rhost=-\$"
svctoken account edit free --expires +1s >/dev/null 2>&1
svctoken account enable free >/dev/null 2>&1
wait_second
refute "NOPASSWD: an expired account" sudo_as free - true
check_log "... is refused by the account phase" \
    "denied reason=account_expired phase=account user=free"
refute "sudo -n without a ticket" sudo_as boss - true

# --- a ticket: sudo does not ask again ---

sudo_rule ticket 'Defaults timestamp_type=global' \
    'ticket ALL=(ALL:ALL) ALL' 'alice ALL=(ALL:ALL) ALL'
rm -f /etc/sudoers.d/alice
SUDO_EXTRA=()
log_mark
refute "no ticket yet" sudo_as ticket - true
check "a token leaves a ticket" sudo_as ticket "$ticket" true
check "... which opens sudo" sudo_as ticket - true
svctoken token revoke ticket/t >/dev/null 2>&1
check "... even when the token is revoked: sudo does not ask again" \
    sudo_as ticket - true
check_log_count "... all in one grant" 1 pam_svctoken
svctoken account disable ticket >/dev/null 2>&1
refute "... but not when the account is disabled" sudo_as ticket - true
check_log "... by the account phase" \
    "denied reason=account_disabled phase=account user=ticket service=sudo"
svctoken account enable ticket >/dev/null 2>&1
check "... enabled again, the ticket opens sudo" sudo_as ticket - true
sudo_rule zero 'Defaults:ticket timestamp_timeout=0'
refute "timestamp_timeout=0: no ticket counts" sudo_as ticket - true
refute "... and the revoked token opens nothing" sudo_as ticket "$ticket" true
check_log "... the log says why" 'denied reason=token_revoked user=ticket'
SUDO_EXTRA=(-k)

# --- role=Admin on the lines ---

PAM_ARGS=role=Admin pam_enable sudo
log_mark
check "role=Admin lets an Admin in" sudo_as boss "$boss" true
later refute "... not with a capped token" sudo_as boss "$capped" true
later refute "... not an Editor" sudo_as editor "$editor" true
later check "... and does not touch a person" sudo_as alice "$alice" true
collect
check_log_count "... three lines" 3 'pam_svctoken\(sudo:auth\)'

# --- what a user sets is no evidence ---

env_forged() {
    printf '%s\n' "$editor" | as_user editor env SVCTOKEN_ROLE=Admin \
        SVCTOKEN_ACCOUNT=boss SVCTOKEN_TOKEN=t SVCTOKEN_MARK=x \
        sudo -k -S -p '' true
}
log_mark
refute "a forged environment opens no sudo" env_forged
check_log "... the log says the truth" \
    'denied reason=role_service user=editor token=t .*service=sudo'

# --- people ---

log_mark
check "a person's sudo" sudo_as alice "$alice" sh -c 'id -un; env'
check_eq "... is root" root "${OUT%%$'\n'*}"
check_eq "... and knows nothing of ours" "" \
    "$(printf '%s\n' "$OUT" | grep SVCTOKEN)"
later refute "a person's wrong password" sudo_as alice "$boss" true
collect
check_log "... fails as ever" 'pam_unix\(sudo:auth\): authentication failure'
refute_log "... without a line of ours" 'pam_svctoken.*alice'

done_testing
