#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Source limits of accounts and tokens as the real programs tell where a login
# comes from: sshd by address and by name, sudo, su and cron not at all.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo su cron
ip addr add 192.0.2.7/32 dev lo
ip addr add 192.0.2.8/32 dev lo
ip addr add 198.51.100.9/32 dev lo
echo '192.0.2.7 client.example' >>/etc/hosts
add_user alice 'a person'
make_key alice

net=192.0.2.0/24
service_account free --role Admin
service_account addr --role Admin --source $net
service_account both --role Admin --source $net --source local
service_account loc --role Admin --source local
for user in free addr both loc alice; do
    make_key "$user"
    sudo_rule "$user" "$user ALL=(ALL:ALL) ALL"
done
sudo_rule once 'Defaults passwd_tries=1'
for user in free addr both loc; do
    new_token "$user" "$user/t" --ttl 1h
done
new_token t_addr free/addr --ttl 1h --source $net
new_token t_both free/both --ttl 1h --source $net --source local
new_token t_loc free/loc --ttl 1h --source local

from() {        # ADDRESS COMMAND...
    local SSH_EXTRA=(-b "$1")

    shift
    "$@"
}

# Who gets in over SSH from there: WANTED, of each account and token.
who_from() {    # DESCRIPTION ADDRESS WANTED
    local user

    for user in free addr both loc; do
        expect "$1" "$2" "$3" "$user" "${!user}" "$user"
    done
    for user in t_addr t_both t_loc; do
        expect "$1" "$2" "$3" free "${!user}" "$user"
    done
    for user in free addr both loc; do
        case " $3 " in
        *" $user "*)
            later check "$1: $user by key" from "$2" ssh_key "$user" true
            ;;
        *)
            later check "$1: not $user by key" \
                ssh_refused from "$2" ssh_key "$user" true
            ;;
        esac
    done
    collect
}

expect() {      # DESCRIPTION ADDRESS WANTED USER TOKEN NAME
    case " $3 " in
    *" $6 "*)
        later check "$1: $6" from "$2" ssh_password "$4" "$5" true
        ;;
    *)
        later check "$1: not $6" \
            ssh_refused from "$2" ssh_password "$4" "$5" true
        ;;
    esac
}

# --- sshd: an address ---

start_sshd UseDNS=no
log_mark
who_from "UseDNS no, from the network" 192.0.2.7 "free addr both t_addr t_both"
check_log "... the address is told" 'granted user=addr .* rhost=192\.0\.2\.7$'
log_mark
who_from "UseDNS no, from elsewhere" 198.51.100.9 "free"
check_log "... of an account" \
    'denied reason=account_source user=both .* rhost=198\.51\.100\.9$'
check_log "... of a token" \
    'denied reason=token_source user=free token=loc .* rhost=198\.51\.100\.9$'
check_log "... in the account phase" "$(ours sshd:account)denied\
 reason=account_source phase=account user=loc .* rhost=198\.51\.100\.9\$"
check "... by keyboard-interactive: in" \
    from 192.0.2.7 ssh_kbdint addr "$addr" true
check "... and not" \
    ssh_refused from 198.51.100.9 ssh_kbdint addr "$addr" true
stop_sshd

# --- sshd: a name ---

start_sshd UseDNS=yes
log_mark
who_from "UseDNS yes, a name" 192.0.2.7 "free"
check_log "... the name is told" \
    'denied reason=account_source user=addr .* rhost=client\.example$'
check_log "... to a token's limit" \
    'denied reason=token_source user=free token=both .* rhost=client\.example$'
check "... a person is let in" from 192.0.2.7 ssh_key alice true
log_mark
who_from "UseDNS yes, without a name" 192.0.2.8 "free addr both t_addr t_both"
check_log "... the address is told" 'granted user=addr .* rhost=192\.0\.2\.8$'
stop_sshd

# --- sudo: no remote host ---

local_ways() {  # WAY: which of the accounts and tokens, by sudo_as or su_as
    local way=$1 user

    log_mark
    for user in free both loc; do
        later check "$way: $user" "${way}_as" "$user" "${!user}" true
    done
    later check "$way: t_both" "${way}_as" free "$t_both" true
    later check "$way: t_loc" "${way}_as" free "$t_loc" true
    later refute "$way: not addr" "${way}_as" addr "$addr" true
    later refute "$way: not t_addr" "${way}_as" free "$t_addr" true
    collect
    check_log "$way: ... the log says why" \
        "denied reason=account_source user=addr .*service=$way rhost=-\$"
    check_log "$way: ... of a token, too" "denied reason=token_source\
 user=free token=addr .*service=$way rhost=-\$"
}

local_ways sudo
for user in addr loc; do
    sudo_rule "$user" "$user ALL=(ALL) NOPASSWD: ALL"
done
log_mark
refute "sudo NOPASSWD: not addr" sudo_as addr - true
check_log "... by the account phase" "$(ours sudo:account)denied\
 reason=account_source phase=account user=addr service=sudo rhost=-\$"
check "sudo NOPASSWD: loc" sudo_as loc - true

# sudo can tell the name of this very host: a name like any other.
sudo_rule rhost 'Defaults pam_rhost'
log_mark
later check "sudo with pam_rhost: free" sudo_as free "$free" true
later refute "sudo with pam_rhost: not even both" sudo_as both "$both" true
later refute "sudo with pam_rhost: nor loc" sudo_as loc - true
collect
check_log "... a name was told" \
    'denied reason=account_source user=both .*service=sudo rhost=svctoken-host$'
rm /etc/sudoers.d/rhost

# --- su ---

local_ways su
log_mark
refute "root's su: not addr" timeout 20 su addr -c true
check_log "... by the account phase" "$(ours su:account)denied\
 reason=account_source phase=account user=addr service=su rhost=-\$"
check "root's su: both" timeout 20 su both -c true

# --- cron: the account phase is all there is ---

service_account viewer --role Viewer
service_account off --role Admin
svctoken account disable off >/dev/null 2>&1 || die "disable"

users='free addr both loc viewer off alice'
# shellcheck disable=SC2086 # a list
cron_jobs $users
log_mark
# shellcheck disable=SC2086
cron_run $users
# shellcheck disable=SC2086
check_eq "cron runs the jobs of" "free both loc alice " "$(cron_ran $users)"
check_eq "... a person with all groups" "alice" "$(cat /tmp/job.alice)"
check_log "cron: not addr: there is no address" "$(ours cron:account)denied\
 reason=account_source phase=account user=addr service=cron rhost=-\$"
check_log "cron: not a Viewer" \
    'denied reason=role_service phase=account user=viewer service=cron'
check_log "cron: not a disabled account" \
    'denied reason=account_disabled phase=account user=off service=cron'
refute_log "cron: of a person we say nothing" 'pam_svctoken.*alice'
svctoken account edit addr --source $net --source local >/dev/null 2>&1
svctoken account edit both --source $net >"$T/words" 2>&1
check_like "the utility says what a limit without local does" \
    'refused in sudo, su and cron' "$(cat "$T/words")"
log_mark
cron_run addr both
check_eq "cron: with local it is run, without it is not" "addr " \
    "$(cron_ran addr both)"
check_log "... the log says why" \
    'denied reason=account_source phase=account user=both service=cron'

# --- and the utility says the same ---

check "check: no address, local" svctoken check addr --service cron
check_status "check: no address, no local" 1 \
    svctoken check both --service cron
check_status "check: a name" 1 \
    svctoken check addr --service sshd --rhost client.example
check "check: the address" \
    svctoken check addr --service sshd --rhost 192.0.2.7

done_testing
