#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipes of README.md, as they stand there but for the addresses, which
# become the loopback's, and what each of them promises.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

readme=$(realpath "$(dirname "$0")/../../README.md")

# The N-th indented block below a heading, without its indent.
block() {       # HEADING N
    heading="### $1" wanted=$2 awk '
        /^##/ { on = $0 == ENVIRON["heading"]; n = 0; inside = 0 }
        !on { next }
        /^    / { if (!inside) n++; inside = 1
            if (n == ENVIRON["wanted"]) print substr($0, 5); next }
        { inside = 0 }' "$readme" |
        sed -E 's/(192\.0\.2|198\.51\.100|203\.0\.113)\.[0-9]+(\/[0-9]+)?/127.0.0.1/g'
}

# Its commands, of which none may fail. LEFT-OUT: for another host.
cook() {        # HEADING [LEFT-OUT]
    block "$1" 1 | grep -v -e "${2-^#}" >"$T/recipe"
    [ -s "$T/recipe" ] || die "README.md has no recipe \"$1\""
    check "$1" bash -eu "$T/recipe"
    [ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | indent
}

eval "$(declare -f sshd_config | sed '1s/sshd_config/plain_config/')"
start_sshd_with() {     # what README.md says, in $T/match
    sshd_config() {
        plain_config
        echo "Subsystem sftp internal-sftp" # as each distribution has it
        cat "$T/match"
    }
    start_sshd
}

# A batch (-b) would never be asked for a password.
sftp_put() {    # TOKEN FILE NAME
    ssh_for password nightly
    printf 'put %s %s\n' "$2" "$3" >"$T/batch"
    timeout 60 sshpass -d 3 sftp -o BatchMode=no -b "$T/batch" \
        -P "$SSH_PORT" "${SSH[@]:8}" nightly@127.0.0.1 3< <(printf '%s\n' "$1")
}

cd "$T" || exit 1
svct_host sshd sudo
nss_enable
start_sshd

cook Ansible ansible-vault
token=$(cat ansible.token)
check "... logs in" ssh_password ansible "$token" true
check_eq "... and is root by sudo" root "$(sudo_as ansible "$token" whoami)"

cook 'A job of a CI'
check "... logs in by the new token" ssh_password ci "$(cat ci-next.token)" true
check "... and by the one before, for an hour" ssh_password ci "$(cat ci.token)" true

cook 'Backups over sftp'
block 'Backups over sftp' 2 >match
grep -q ForceCommand match || die "README.md has no block for sshd_config"
stop_sshd
start_sshd_with
check "... takes a file" sftp_put "$(cat nas.token)" "$readme" copy
check "... which is there" cmp "$readme" /srv/nightly/copy
check_eq "... and runs no command" 'This service allows sftp connections only.' \
    "$(ssh_password nightly "$(cat nas.token)" id 2>/dev/null)"

printf '#!/bin/sh\necho "$*" >>%s\n' "$T/restarted" >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl
cook 'A deployment that sudo lets through'
token=$(cat release.token)
check "... logs in" ssh_password deploy "$token" true
check "... restarts" sudo_as deploy "$token" systemctl restart web
check_eq "... what it may" 'restart web' "$(cat restarted)"
refute "... and nothing else" sudo_as deploy "$token" id
new_token look deploy/look --role Viewer
# shellcheck disable=SC2154 # new_token sets it
check "... a token to look with logs in, too" ssh_password deploy "$look" true
refute "... and opens no sudo" sudo_as deploy "$look" systemctl restart web

block 'One login for a vendor' 1 | sed 's/--ttl 2h/& --out vendor.token/' >"$T/recipe"
check "One login for a vendor" bash -eu "$T/recipe"
check "... logs in" ssh_password vendor "$(cat vendor.token)" true
check "... once" ssh_denied ssh_password vendor "$(cat vendor.token)" true

cook 'Break-glass'
token=$(cat /root/envelope.token)
check "... logs in" ssh_password breakglass "$token" true
check_eq "... and is root" root "$(sudo_as breakglass "$token" whoami)"

done_testing
