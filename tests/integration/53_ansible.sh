#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The example of doc/examples/ansible, with the real ansible-core against the
# real sshd and sudo: it makes accounts and tokens as wanted, tells what it
# would change, does it once, and then works as the service account with its
# token, and as root through sudo.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

command -v ansible-playbook >/dev/null || {
    skip "the example for Ansible" "there is no ansible-playbook"
    done_testing
}
svct_host sshd sudo
nss_enable
start_sshd
mkdir -p /etc/motd.d
add_user alice
make_key alice
sudo_rule alice 'alice ALL=(ALL) NOPASSWD: ALL'

cp -r "$LIB_DIR/../../doc/examples/ansible" "$T/ansible" || die "no example"
cat >"$T/ansible/inventory.ini" <<END
here ansible_host=127.0.0.1 ansible_port=$SSH_PORT
END
(umask 077 && echo 'the password of the vault' >"$T/vault")
export HOME=/root ANSIBLE_HOME="$T/ansible-home" ANSIBLE_NOCOLOR=1 \
    ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_VAULT_PASSWORD_FILE="$T/vault" \
    ANSIBLE_LOCAL_TEMP="$T/ansible-tmp" ANSIBLE_DEPRECATION_WARNINGS=False \
    ANSIBLE_PIPELINING=True ANSIBLE_SSH_CONTROL_PATH_DIR="$T/control"
ssh_args="-F none -o UserKnownHostsFile=/dev/null
    -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster="
secret=$T/ansible/secrets/here.token

# One connection for all plays by alice, which must not be there for those by
# the account.
play() {        # PLAYBOOK OPTION...: leaves STATUS and OUT
    local master=no

    [ $# -eq 1 ] || master='auto -o ControlPersist=60s'
    run env ANSIBLE_SSH_ARGS="$ssh_args$master" timeout 120 ansible-playbook -i "$T/ansible/inventory.ini" \
        "${@:2}" "$T/ansible/$1"
}

recap() {       # KEY: of the last play
    printf '%s\n' "$OUT" | sed -n "s/^here .*$1=\([0-9]*\).*/\1/p"
}

as_alice=(-u alice --private-key "$T/keys/alice"
    -e '{"svctoken_control": ["127.0.0.1"]}')

# --- what would be, and what is ---

before=$(sequence)
play svctoken.yml "${as_alice[@]}" --check
check_eq "a check runs through" "0 0" "$STATUS $(recap failed)"
[ "$STATUS" -eq 0 ] || not_ok "... and says" "$OUT"
check_like "... and tells of what would be changed" '^[2-9]$' "$(recap changed)"
check_eq "... and changes nothing" "$before" "$(sequence)"
play svctoken.yml "${as_alice[@]}"
check_eq "the play runs through" "0 0" "$STATUS $(recap failed)"
[ "$STATUS" -eq 0 ] || not_ok "... and says" "$OUT"
check_eq "the account is there" Admin \
    "$(svctoken account show ansible --json | jq -r .role)"
check_eq "... for the control host and sudo" '["127.0.0.1/32","local"]' \
    "$(svctoken account show ansible --json | jq -c .sources)"
check_eq "the secret came home, encrypted" "600 1" \
    "$(stat -c %a "$secret") $(grep -c '^.ANSIBLE_VAULT' "$secret")"
refute "... and is nowhere else" test -e /root/ansible-control.token
token=$(ansible-vault view "$secret" 2>/dev/null)
check_like "... and it is one" '^svct_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$' "$token"
refute "... that was not told" grep -qF "$token" "$T/out"
refute "... and is in no log" secret_exposed "$token"
sequence=$(sequence)
play svctoken.yml "${as_alice[@]}"
check_eq "once more, it changes nothing" "0 0 $sequence" \
    "$STATUS $(recap changed) $(sequence)"

# --- at work ---

log_mark
play deploy.yml
check_eq "a play as the service account" "0 1" "$STATUS $(recap changed)"
[ "$STATUS" -eq 0 ] || not_ok "... and says" "$OUT"
check_eq "... did what only root can" "root deployed by Ansible" \
    "$(stat -c %U /etc/motd.d/deployed) $(cat /etc/motd.d/deployed)"
for service in sshd sudo; do
    check_log "... let in by its token: $service" \
        "$(ours "$service:auth")granted user=ansible token=control id=$(token_id "$token")"
done
refute "... which was not told" secret_exposed "$token"
svctoken token revoke ansible/control 2>/dev/null || die "revoke"
play deploy.yml
check_eq "with the token revoked it gets nowhere" "4 1" \
    "$STATUS $(recap unreachable)"
play svctoken.yml "${as_alice[@]}"
check_eq "and no play brings a revoked token back" "2 1" \
    "$STATUS $(recap failed)"
check_like "... but says how to get another" 'never comes back' "$OUT"

done_testing
