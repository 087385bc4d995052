#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tokens in a real sshd: who is let in, who is not, by each method of sshd,
# what the log says of it, what the session knows and what the client learns.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
alice='a person, "quoted"'
add_user alice "$alice"
make_key alice

service_account deploy --role Viewer
service_account other --role Viewer
service_account nothing --role None
service_account editor --role Editor
service_account away --role Viewer --source 192.0.2.0/24
service_account off --role Viewer
service_account past --role Viewer --expires +1s
for user in deploy off past nothing away; do
    make_key "$user"
done

new_token old deploy/old --ttl 1s
new_token past past/t --ttl 1h
wait_second
new_token ci deploy/ci --ttl 1h
new_token gone deploy/gone --ttl 1h
new_token here deploy/here --ttl 1h --source 127.0.0.1/32
new_token far deploy/far --ttl 1h --source 192.0.2.0/24 --source 2001:db8::/32
new_token unknown deploy/unknown --ttl 1h
new_token later deploy/later --ttl 1h --not-before +1h
new_token elsewhere deploy/elsewhere --ttl 1h --service sudo
new_token paused deploy/paused --ttl 1h
new_token forever deploy/forever --no-expiry
new_token others other/t --ttl 1h
new_token nothing nothing/t --ttl 1h
new_token editor editor/t --ttl 1h
new_token away away/t --ttl 1h
new_token off off/t --ttl 1h
svctoken token disable deploy/paused >/dev/null 2>&1 || die "disable"
svctoken token revoke deploy/gone >/dev/null 2>&1 || die "revoke"
svctoken account disable off >/dev/null 2>&1 || die "disable"

# Of the right form: another secret of the same id, and the same cut open;
# and a token of no id.
wrong=$(token_like "$ci")
mistyped=${wrong:0:59}${ci:59}
svctoken token delete --yes deploy/unknown >/dev/null 2>&1 || die "delete"
long=$ci$(printf '%02000d' 0)
binary=$'\x01\x80\xfe\xff svct_ \x1b[31m %n%s'

# --- what is refused, by METHOD; tells of each in the log too ---

# LOG: what the line has between "denied " and " service=".
denied() {      # DESCRIPTION USER PASSWORD LOG
    later check "$method: $1 is refused" ssh_denied "ssh_$method" "$2" "$3" id
    denied_log+=("$1|denied $4 service=sshd rhost=127\\.0\\.0\\.1\$")
}

denied_lines() {
    local entry line

    line=$(ours sshd:auth)
    for entry in "${denied_log[@]}"; do
        check_log "$method: ... ${entry%%|*}: the log says why" \
            "$line${entry#*|}"
    done
    refute_log "$method: ... nobody was let in" 'Accepted|session opened'
    refute_log "$method: ... no line tells a name with a wrong token" \
        'token_(wrong_secret|unknown|other_account).* token='
}

refusals() {    # METHOD
    local method=$1
    local denied_log=()

    log_mark
    denied "an expired token" deploy "$old" \
        "reason=token_expired user=deploy token=old id=$(token_id "$old")"
    denied "a revoked token" deploy "$gone" \
        "reason=token_revoked user=deploy token=gone id=$(token_id "$gone")"
    denied "a disabled token" deploy "$paused" \
        "reason=token_disabled user=deploy token=paused\
 id=$(token_id "$paused")"
    denied "a token that has not begun" deploy "$later" \
        "reason=token_not_yet_valid user=deploy token=later\
 id=$(token_id "$later")"
    denied "a token for sudo" deploy "$elsewhere" \
        "reason=token_service user=deploy token=elsewhere\
 id=$(token_id "$elsewhere")"
    denied "a token of another account" deploy "$others" \
        "reason=token_other_account user=deploy id=$(token_id "$others")"
    denied "a token with the wrong source" deploy "$far" \
        "reason=token_source user=deploy token=far id=$(token_id "$far")"
    denied "a disabled account" off "$off" \
        "reason=account_disabled user=off token=t id=$(token_id "$off")"
    denied "an expired account" past "$past" \
        "reason=account_expired user=past token=t id=$(token_id "$past")"
    denied "an account with the wrong source" away "$away" \
        "reason=account_source user=away token=t id=$(token_id "$away")"
    denied "role None" nothing "$nothing" \
        "reason=role_service user=nothing token=t id=$(token_id "$nothing")"
    denied "a truncated token" deploy "${ci:0:64}" \
        "reason=token_malformed user=deploy"
    denied "a mistyped token" deploy "$mistyped" \
        "reason=token_malformed user=deploy"
    denied "a token with a tail" deploy "$ci " \
        "reason=token_malformed user=deploy"
    denied "over-long input" deploy "$long" \
        "reason=token_malformed user=deploy"
    denied "binary input" deploy "$binary" \
        "reason=token_malformed user=deploy"
    denied "an empty answer" deploy "" "reason=token_malformed user=deploy"
    denied "a wrong secret" deploy "$wrong" \
        "reason=token_wrong_secret user=deploy id=$(token_id "$ci")"
    denied "an unknown token" deploy "$unknown" \
        "reason=token_unknown user=deploy id=$(token_id "$unknown")"
    later check "$method: an unknown user is told the same" \
        ssh_denied "ssh_$method" nobody-here "$ci" id
    later check "$method: a person's wrong password too" \
        ssh_denied "ssh_$method" alice "$ci" id
    collect
    denied_lines
    refute_log "$method: ... of a person and a stranger we say nothing" \
        'pam_svctoken.*(alice|nobody-here)'
}

# --- what is let in, by METHOD ---

granted() {     # METHOD
    local method=$1 id

    id=$(token_id "$ci")
    log_mark
    check "$method: a valid token logs in" "ssh_$method" deploy "$ci" \
        'id -un; env'
    check_eq "$method: ... as the account" deploy "${OUT%%$'\n'*}"
    check_eq "$method: ... the session knows account, token and role" \
        "SVCTOKEN_ACCOUNT=deploy SVCTOKEN_ROLE=Viewer SVCTOKEN_TOKEN=ci" \
        "$(printf '%s\n' "$OUT" | grep -E 'SVCTOKEN_(A|R|T)' | sort | xargs)"
    check_log "$method: ... the log says which token" \
        "$(ours sshd:auth)granted user=deploy token=ci id=$id role=Viewer\
 service=sshd rhost=127\\.0\\.0\\.1\$"
    check_log_count "$method: ... in one line" 1 pam_svctoken
    check_log_count "$method: ... no other module has failed" 0 \
        'authentication failure|Failed'

    log_mark
    check "$method: the right source logs in" \
        "ssh_$method" deploy "$here" true
    check "$method: a token without expiry logs in" \
        "ssh_$method" deploy "$forever" true
    check "$method: an Editor logs in" "ssh_$method" editor "$editor" \
        printenv SVCTOKEN_ROLE
    check_eq "$method: ... as Editor" Editor "$OUT"
    check "$method: another account with its own token" \
        "ssh_$method" other "$others" true
    check_log_count "$method: ... four grants" 4 "$(ours sshd:auth)granted"

    log_mark
    check "$method: a person logs in" "ssh_$method" alice "$alice" env
    check_eq "$method: ... and nothing of ours is in the session" "" \
        "$(printf '%s\n' "$OUT" | grep -i svct)"
    refute_log "$method: ... or in the log" 'svctoken[[(:]'
}

start_sshd PasswordAuthentication=yes KbdInteractiveAuthentication=no
granted password
refusals password
stop_sshd
start_sshd PasswordAuthentication=no KbdInteractiveAuthentication=yes
granted kbdint
refusals kbdint
stop_sshd

# --- by key: the account phase is all ---

start_sshd
log_mark
check "key: an enabled account logs in" ssh_key deploy 'id -un; env'
check_eq "... as the account" deploy "${OUT%%$'\n'*}"
check_eq "... the session knows the account and no token" \
    "SVCTOKEN_ACCOUNT=deploy SVCTOKEN_ROLE=Viewer" \
    "$(printf '%s\n' "$OUT" | grep -E 'SVCTOKEN_(A|R|T)' | sort | xargs)"
refute_log "... without a line of ours" pam_svctoken
check "key: a person logs in" ssh_key alice env
check_eq "... and nothing of ours is in the session" "" \
    "$(printf '%s\n' "$OUT" | grep -i svct)"
refute_log "... or in the log" 'svctoken[[(:]'
log_mark
later check "key: a disabled account is refused" ssh_refused ssh_key off id
later check "key: an expired account is refused" ssh_refused ssh_key past id
later check "key: role None is refused" ssh_refused ssh_key nothing id
later check "key: the wrong source is refused" ssh_refused ssh_key away id
collect
for denial in account_disabled=off account_expired=past role_service=nothing \
    account_source=away; do
    check_log "key: ... the log says ${denial%=*}" "$(ours sshd:account)\
denied reason=${denial%=*} phase=account user=${denial#*=} service=sshd rhost="
done
refute_log "key: ... nobody was let in" 'session opened'

# --- what is true of a token changes at once ---

log_mark
# shellcheck disable=SC2016 # for the remote shell
ssh_password deploy "$ci" 'echo in; read -r _; echo still in' \
    < <(wait_for 60 test -e "$T/go" && echo) >"$T/session" 2>&1 &
session=$!
wait_for 10 grep -q '^in' "$T/session" || die "no session"
svctoken account disable deploy >/dev/null 2>&1
later check "an account just disabled is refused" \
    ssh_denied ssh_password deploy "$ci" id
later check "... by keyboard-interactive" ssh_denied ssh_kbdint deploy "$ci" id
later check "... and by key" ssh_refused ssh_key deploy id
collect
svctoken account enable deploy >/dev/null 2>&1
check "... enabled again, it is let in" ssh_password deploy "$ci" true
check "... by key too" ssh_key deploy true
svctoken token disable deploy/ci >/dev/null 2>&1
check "a token just disabled is refused" \
    ssh_denied ssh_password deploy "$ci" id
svctoken token enable deploy/ci >/dev/null 2>&1
check "... enabled again, it is let in" ssh_password deploy "$ci" true
svctoken token revoke deploy/ci >/dev/null 2>&1
later check "a token just revoked is refused" \
    ssh_denied ssh_password deploy "$ci" id
later check "... by keyboard-interactive" ssh_denied ssh_kbdint deploy "$ci" id
collect
touch "$T/go"
check "the session begun before goes on" wait "$session"
check_eq "... to its end" "in still in" "$(xargs <"$T/session")"

# --- a name is no address ---

stop_sshd
start_sshd UseDNS=yes
log_mark
later check "UseDNS: a source limit does not match a name" \
    ssh_denied ssh_password deploy "$here" id
later check "UseDNS: a token without one logs in" \
    ssh_password deploy "$forever" true
collect
check_log "UseDNS: ... sshd had told a name" \
    "denied reason=token_source user=deploy token=here .* rhost=localhost\$"
stop_sshd

# --- another role demanded by the stack ---

PAM_ARGS=role=Editor pam_enable sshd
start_sshd
log_mark
later check "role=Editor on the lines refuses a Viewer" \
    ssh_denied ssh_password deploy "$forever" id
later check "... by keyboard-interactive" \
    ssh_denied ssh_kbdint deploy "$forever" id
later check "... and by key" ssh_refused ssh_key deploy id
later check "... lets an Editor in" ssh_password editor "$editor" true
later check "... and a person" ssh_password alice "$alice" true
collect
check_log_count "... the log says why, of each" 3 \
    'denied reason=role_too_low.* user=deploy'
stop_sshd

# --- what a user puts into the environment is no evidence ---

# The marker as the account phase has it, to be tried again later.
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ -z "$SVCTOKEN_MARK" ] || %s\n' \
    'echo "$SVCTOKEN_MARK" >/run/stolen' >/usr/local/sbin/steal
chmod 755 /usr/local/sbin/steal
PAM_ARGS=debug pam_enable sshd
sed -i -e '/user_readenv=1/d' \
    -e '0,/^session/s/^session/session required pam_env.so user_readenv=1\n&/' \
    -e '/^@include common-account/a \
account optional pam_exec.so /usr/local/sbin/steal' /etc/pam.d/sshd
start_sshd
check "a marker is there in the account phase" \
    ssh_kbdint deploy "$forever" printenv SVCTOKEN_TOKEN
check_eq "... the session knows its token" forever "$OUT"
stolen=$(cat /run/stolen)
check_like "... the marker is stolen" \
    "^$(token_id "$forever"):[0-9]+:[0-9]+:[0-9]+:[0-9a-f]{64}\$" "$stolen"
try_marker() {  # DESCRIPTION MARKER
    printf 'SVCTOKEN_MARK DEFAULT=%s\n' "$2" >/home/deploy/.pam_environment
    log_mark
    check "$1 opens nothing by key" ssh_key deploy env
    check_eq "... the session knows the account, no token" \
        "SVCTOKEN_ACCOUNT=deploy SVCTOKEN_ROLE=Viewer" \
        "$(printf '%s\n' "$OUT" | grep -E 'SVCTOKEN_(A|R|T)' | sort | xargs)"
    check_log "... it was looked at and refused" 'session marker refused'
}
try_marker "a marker seen before" "$stolen"
try_marker "a forged marker" "${stolen%?}$(printf %s "${stolen: -1}" |
    tr 0-9a-f 1-9a-f0)"
try_marker "a senseless marker" "x:$(printf '%0300d' 1)"
printf 'SVCTOKEN_%s DEFAULT=forged\n' ACCOUNT TOKEN ROLE \
    >/home/deploy/.pam_environment
check "variables of ours set by the user" ssh_key deploy env
check_eq "... are replaced by what is true" \
    "SVCTOKEN_ACCOUNT=deploy SVCTOKEN_ROLE=Viewer" \
    "$(printf '%s\n' "$OUT" | grep -E 'SVCTOKEN_(A|R|T)' | sort | xargs)"
stop_sshd

done_testing
