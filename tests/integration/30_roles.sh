#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Custom roles and groups in the real sshd, su and sudo: what a role lets in,
# what a stack demands, and which Unix groups a session of a capped token has,
# by each way to log in; and the commands about roles.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd su sudo
groupadd web
groupadd ops
groupadd audit
groupadd own
add_user alice 'a person' ops,adm
add_user target '' ops
make_key alice

sv() {      # the utility; leaves OUT, which has both outputs
    svctoken "$@" >"$T/sv" 2>&1 || die "svctoken $*: $(cat "$T/sv")"
}

# --- the commands ---

log_mark
check "role create" svctoken role create High --above Viewer --allow '*' \
    --refuse su-l --group web --group ops --description 'deploys "all"'
check_like "... says that it may raise rights" \
    'High .* may use sudo, sudo-i, doas, polkit-1 now' "$OUT"
check_log "... is in the log" "role-create role=High above=Viewer allow=\*\
 refuse=su-l groups=web,ops description=deploys.x20.x22all.x22 by="
check "role create, below it" svctoken role create Low --above Viewer \
    --allow sshd --allow su --allow sudo --group web
check_eq "role list: their order" "None Viewer Low High Editor Admin" \
    "$(svctoken role list --json | jq -r '.roles[].name' | xargs)"
check_eq "... places in between" "true" \
    "$(svctoken role list --json | jq '[.roles[].place] | . == (sort | unique)
        and .[0] == 0 and .[1] == 1000 and .[4] == 2000 and .[5] == 3000')"
check_like "... in the table, too" \
    '^High +[0-9]+ +\* +su-l +web \(gid [0-9]+\), ops \(gid [0-9]+\) ' \
    "$(svctoken role list)"
log_mark
check "role edit of a built-in role" svctoken role edit Admin --group audit
check_log "... old and new in the log" \
    'role-edit role=Admin groups=audit groups-was=none by='
check "role edit: a list replaces the former one" \
    svctoken role edit Low --allow sshd --allow su --allow sudo --json
check_eq "... and the rest stays" 'sshd su sudo web' \
    "$(svctoken role show Low --json |
        jq -r '(.services + .groups) | join(" ")')"
check "role edit: none clears a list" svctoken role edit High --refuse none
check_eq "... it is empty" '[]' \
    "$(svctoken role show High --json | jq -c .refused)"
check "role edit: an Admin by another name" svctoken role edit Viewer \
    --allow sshd --allow systemd-user --allow sudo
check_like "... is done and said" 'Viewer .* may use sudo now' "$OUT"
sv role edit Viewer --allow sshd --allow systemd-user
check_eq "db verify finds nothing wrong" true \
    "$(svctoken db verify --json | jq .clean)"

refused() { # STATUS PATTERN ARGUMENT...
    local want=$1 pattern=$2 before

    shift 2
    before=$(svctoken db info --json | jq .sequence)
    check_status "refused: role $*" "$want" svctoken role "$@"
    check_like "... says why" "$pattern" "$OUT"
    check_eq "... and nothing is changed" "$before" \
        "$(svctoken db info --json | jq .sequence)"
}
refused 2 'Give --above ROLE' create Other
refused 2 'is no name for a role' create '1st' --above Viewer
refused 2 'is no name for a role' create "$(printf 'x%.0s' {1..33})" \
    --above Viewer
refused 1 'no role "Ghost"' create Other --above Ghost
refused 1 'did you mean High' create Other --above Hihg
refused 2 'no role can stand above Admin' create Other --above Admin
refused 1 'there is a role Low already' create Low --above None
refused 1 'differ in capitals' create LOW --above None
refused 1 'no role can have it' create Other --above Low --group root
refused 2 'is no name of a Unix group' create Other --above Low --group 'a b'
refused 2 'is given twice' create Other --above Low --group web --group web
refused 2 'is given twice' create Other --above Low --allow su --allow su
refused 2 'is no name or pattern' create Other --above Low --allow 's u'
refused 2 'give it alone' create Other --above Low --allow none --allow su
refused 2 'one line of UTF-8' create Other --above Low --description $'a\nb'
mapfile -t many < <(printf -- '--allow=s%d\n' {1..17})
refused 2 'at most 16 of them' create Other --above Low "${many[@]}"
printf 'g%d\n' {1..33} | xargs -n 1 groupadd
mapfile -t many < <(printf -- '--group=g%d\n' {1..33})
refused 2 'at most 32 of them' create Other --above Low "${many[@]}"
refused 2 'nothing to change' edit Low
refused 1 'no role "Ghost"' edit Ghost --allow su
refused 1 'no role can have it' edit Low --group web --group root
refused 2 'give it alone' edit Low --group none --group web
refused 2 'at most 256 bytes' edit Low --description "$(printf '%0257d' 1)"
refused 2 'is built in: it can be edited' delete Viewer --yes
refused 1 'no role "Ghost"' delete Ghost --yes
refused 2 'give --yes' delete Low

# --- the accounts ---

service_account deploy --role High
usermod -a -G web,ops,audit,own deploy
make_key deploy
service_account primary --role High
usermod -g ops -a -G web,audit primary
service_account low --role Low
service_account chief --role Admin
usermod -a -G web,ops,audit,own chief
for user in deploy chief alice; do
    sudo_rule "$user" "$user ALL=(ALL:ALL) ALL"
done
sudo_rule once 'Defaults passwd_tries=1'
new_token bare deploy/bare --ttl 1h
new_token as_low deploy/low --ttl 1h --role Low
new_token as_viewer deploy/viewer --ttl 1h --role Viewer
new_token as_high deploy/high --ttl 1h --role High
new_token primary primary/t --ttl 1h --role Viewer
new_token low low/t --ttl 1h
new_token chief chief/t --ttl 1h
new_token chief_high chief/high --ttl 1h --role High

refused 1 'role High is used by 2 accounts \(.*, .*\), and by 2 tokens \(' \
    delete High --yes
refused 1 'used by 1 account \(low\), and by 1 token \(deploy/low\)' \
    delete Low --yes
check "role show has who uses it" svctoken role show Low --json
check_eq "... accounts and tokens" 'low deploy/low 1 1' "$(jq -r \
    '"\(.account_list[0].name) \(.token_list[0].account)/\(.token_list[0].name)
\(.accounts) \(.tokens)"' <<<"$OUT" | xargs)"
check_status "a token can't have more than its account" 2 \
    svctoken token create low/more --role High
sv role create Unused --above None
log_mark
check "role delete" svctoken role delete Unused --yes
check_log "... is in the log" 'role-delete role=Unused allow=.* by='

# --- who is let in ---

start_sshd
later check "ssh: a custom role that allows it" ssh_password low "$low" true
later check "... above it as well" ssh_password deploy "$bare" true
later check "su: allowed" su_as low "$low" true
later refute "sudo-i: not allowed by the cap" \
    as_user deploy sudo -k -n -i true
collect
PAM_ARGS=role=High pam_enable sudo
log_mark
check "sudo with role=High: the role itself" sudo_as deploy "$bare" id -un
check_eq "... is root" root "$OUT"
check "... one above" sudo_as chief "$chief" true
later refute "... not a cap below" sudo_as deploy "$as_low" true
later refute "... not a lower one still" sudo_as deploy "$as_viewer" true
later check "... a person is not asked for a role" \
    sudo_as alice 'a person' true
collect
check_log "... the log says which demand" \
    'denied reason=role_too_low user=deploy token=low '
check_log "... and of which service" \
    'denied reason=role_service user=deploy token=viewer '
pam_enable sudo

# --- the groups of a session ---

groups_of() {   # DESCRIPTION WANTED COMMAND...
    local desc=$1 want=$2

    shift 2
    check "$desc" "$@" id -Gn
    check_eq "... has the groups" "$want" \
        "$(printf '%s\n' "$OUT" | sed 's/^Password: //' | xargs -n 1 | sort |
            xargs)"
}

log_mark
for way in password kbdint; do
    groups_of "$way: a token without a cap" "audit deploy ops own web" \
        "ssh_$way" deploy "$bare"
    groups_of "$way: capped to Low" "deploy own web" \
        "ssh_$way" deploy "$as_low"
    groups_of "$way: capped to Viewer" "deploy own" \
        "ssh_$way" deploy "$as_viewer"
    groups_of "$way: capped to its own role" "deploy ops own web" \
        "ssh_$way" deploy "$as_high"
    groups_of "$way: an Admin capped to High" "chief own" \
        "ssh_$way" chief "$chief_high"
    groups_of "$way: the primary group stays" "ops" \
        "ssh_$way" primary "$primary"
    check "$way: what is run by sshd's shell and sftp alike" \
        "ssh_$way" deploy "$as_low" 'sh -c "exec sh -c \"id -Gn\""'
    check_eq "... has no more" "deploy own web" \
        "$(xargs -n 1 <<<"$OUT" | sort | xargs)"
done
groups_of "key: no token, no cap" "audit deploy ops own web" ssh_key deploy
groups_of "key: a person" "adm alice ops" ssh_key alice
check_log_count "one line a login" 14 'pam_svctoken'
groups_of "su: without a cap" "audit deploy ops own web" su_as deploy "$bare"
groups_of "su: capped to Low" "deploy own web" su_as deploy "$as_low"
groups_of "sudo: root's groups" "root" sudo_as deploy "$as_low"
sudo_target() {
    local password=$1

    shift
    printf '%s\n' "$password" |
        as_user deploy sudo -k -S -p '' -u target -- "$@"
}
groups_of "sudo -u: the other user's groups" "ops target" \
    sudo_target "$as_low"

# It is a guard against mistakes: the manual says that these bring them back.
way_back() {    # DESCRIPTION COMMAND...
    check "a way back: $1" ssh_password deploy "$as_low" "${@:2}"
    check_like "... has the group again" '(^| )ops( |$)' "$OUT"
}
way_back "sg" "sg ops -c 'id -Gn'"
way_back "newgrp" "echo id -Gn | newgrp ops"
way_back "sudo to oneself" sudo -n -u deploy id -Gn
make_key target # whose key the session may put into place for itself
ssh_password deploy "$as_low" 'cat >.ssh/authorized_keys' \
    <"$T/keys/target.pub" || die "no key"
SSH_KEY=$T/keys/target
way_back_key() {
    ssh_for publickey deploy
    timeout 60 "${SSH[@]}" -i "$SSH_KEY" 127.0.0.1 id -Gn
}
check "a way back: a key that the session left" way_back_key
check_like "... has the group again" '(^| )ops( |$)' "$OUT"

# --- several sessions, one connection ---

mux=$T/mux
SSH_EXTRA=(-o ControlPath="$mux" -o ControlMaster=yes)
ssh_password deploy "$as_low" 'echo in; sleep 30' >"$T/first" 2>&1 &
first=$!
wait_for 10 grep -q '^in' "$T/first" || die "no first session"
SSH_EXTRA=(-o ControlPath="$mux" -o ControlMaster=no)
ssh_second() {
    ssh_for none deploy
    timeout 20 "${SSH[@]}" 127.0.0.1 "$@"
}
groups_of "ssh: a second session of the same connection" "deploy own web" \
    ssh_second
kill "$first" 2>/dev/null
SSH_EXTRA=()

# --- when the groups can't be told, the session has none of them ---

cat >/usr/local/sbin/break <<'END'
#!/bin/sh
[ ! -e /run/break ] || mv -T /var/lib/svctoken/current /var/lib/svctoken/lost
END
chmod 755 /usr/local/sbin/break
for service in sshd su; do
    sed -i '/^@include common-account/a \
account optional pam_exec.so seteuid /usr/local/sbin/break' \
        "/etc/pam.d/$service"
done
broken() {      # COMMAND...: the database breaks behind the account phase
    local status=0

    touch /run/break
    "$@" || status=$?
    rm /run/break
    mv -T "$svct_db/lost" "$svct_db/current" || status=99 # it did not break
    return "$status"
}

# sshd goes on when setcred fails after a password, and not when it does after
# keyboard-interactive.
log_mark
groups_of "password: the database breaks before the session" "deploy" \
    broken ssh_password deploy "$as_low"
check_log "... the log says so" "$(ours sshd:setcred)undecided phase=setcred\
 user=deploy service=sshd rhost=127\\.0\\.0\\.1: "
log_mark
check_status "kbdint: the same" 255 \
    broken ssh_kbdint deploy "$as_low" touch /tmp/ran
check_eq "... nothing was run" "" "$(ls /tmp/ran 2>/dev/null)"
check_log "... the log says so" "$(ours sshd:setcred)undecided phase=setcred"
check_log "... and sshd" 'fatal: PAM: pam_setcred\(\)'
check_status "su: the same" 1 broken su_as deploy "$as_low" touch /tmp/ran
check_eq "... nothing was run" "" "$(ls /tmp/ran 2>/dev/null)"
check_log "... the log says so" "$(ours su:setcred)undecided phase=setcred"
check "... a person is let in meanwhile" broken su_as alice 'a person' true
groups_of "password: as before, when all is well" "deploy own web" \
    ssh_password deploy "$as_low"
stop_sshd

done_testing
