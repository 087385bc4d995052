#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The profile of authselect, with and without with-svctoken, in the stacks of a
# Fedora (services that include system-auth and password-auth): people, tokens,
# keys, sudo. There is no authselect here: its templates are expanded below, by
# what authselect-profiles(5) says of them.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2016,SC2086,SC2119,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$LIB_DIR/svct.sh"
profile=$T/profile

# render FILE FEATURE...: {include if "F"}, {if "F":WORDS} and {if not "F":WORDS},
# which is all that the profile uses; anything else stays and is seen.
render() {
    awk -v features=" ${*:2} " '
        function on(name) { return index(features, " " name " ") }
        {
            while (match($0, /\{include if "[^"{}]+"\}/)) {
                name = substr($0, RSTART + 13, RLENGTH - 15)
                if (!on(name)) next
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
            }
            while (match($0, /\{if (not )?"[^"{}]+":[^{}|]*\}/)) {
                body = substr($0, RSTART + 4, RLENGTH - 5)
                negate = sub(/^not /, "", body)
                body = substr(body, 2)
                name = substr(body, 1, index(body, "\"") - 1)
                body = substr(body, index(body, "\"") + 2)
                if (negate ? on(name) : !on(name)) body = ""
                $0 = substr($0, 1, RSTART - 1) body substr($0, RSTART + RLENGTH)
            }
            sub(/[ \t]+$/, "")
            print
        }' "$profile/$1"
}

# As authselect does it, with the services of a Fedora around.
select_profile() {      # FEATURE...
    local name

    for name in system-auth password-auth postlogin; do
        render "$name" "$@" >"/etc/pam.d/$name"
    done
    render nsswitch.conf "$@" >/etc/nsswitch.conf
    cat >/etc/pam.d/sshd <<'STACK'
auth       substack     password-auth
auth       include      postlogin
account    required     pam_nologin.so
account    include      password-auth
password   include      password-auth
session    optional     pam_keyinit.so force revoke
session    include      password-auth
session    include      postlogin
STACK
    cat >/etc/pam.d/sudo <<'STACK'
auth       include      system-auth
account    include      system-auth
password   include      system-auth
session    optional     pam_keyinit.so revoke
session    required     pam_limits.so
session    include      system-auth
STACK
}

# --- the templates ---

start_syslog
install_svctoken
check "make install-authselect" make -C "$SVCT_BUILD_DIR" install-authselect \
    DESTDIR="$T/root"
mv "$T/root/usr/share/authselect/vendor/svctoken" "$profile"
check_eq "the first line of README is a name" "Local users and service accounts" \
    "$(head -n 1 "$profile/README")"
check_eq "README tells each feature that the files have" "$(grep -ohE \
    '(if|not) "[^"]+"' "$profile"/* | grep -oE '"[^"]+"' | tr -d '"' | sort -u)" \
    "$(sed -n 's/^\(with[a-z-]*\)::$/\1/p' "$profile/README" | sort)"
for name in system-auth password-auth nsswitch.conf postlogin; do
    check_eq "$name: nothing is left of the template, with all" "" \
        "$(render "$name" with-svctoken with-faillock with-mkhomedir \
            with-pamaccess | grep '[{}]')"
    check_eq "$name: without the feature there is nothing of ours" "" \
        "$(render "$name" | grep svctoken)"
done

# --- a host ---

svctoken init 2>/dev/null || die "no database"
add_user alice alices-password
make_key alice
sudo_rule people 'alice ALL=(root) /usr/bin/id' 'deploy ALL=(root) /usr/bin/id'
select_profile
start_sshd
check "without it: people log in" ssh_password alice alices-password true
good "an account" account create deploy --role Admin --home /srv/deploy \
    --shell /bin/bash
new_token token deploy/ci
refute "without it: there is no such user" getent passwd deploy
check "without it: a token lets nobody in" \
    ssh_refused ssh_password deploy "$token" true

select_profile with-svctoken
install -d -o deploy -g deploy /srv/deploy
good "with it: nss status is content" nss status
check "with it: people log in" ssh_password alice alices-password true
check "... by keyboard-interactive" ssh_kbdint alice alices-password true
check "... by key" ssh_key alice true
check "... and use sudo" sudo_as alice alices-password id -u
check "... and a wrong password is refused" \
    ssh_refused ssh_password alice wrong true
log_mark
check "with it: a token lets the account in" \
    ssh_password deploy "$token" 'echo "$SVCTOKEN_ACCOUNT $SVCTOKEN_TOKEN"'
check_eq "... and the session knows" "deploy ci" "$OUT"
check "... by keyboard-interactive" ssh_kbdint deploy "$token" true
check "... and sudo takes it" sudo_as deploy "$token" id -u
log_mark
check "with it: a wrong token is refused" \
    ssh_refused ssh_password deploy "$(token_like "$token")" true
check_log "... by us" 'denied reason=.* user=deploy'
refute_log "... and pam_unix never saw it" 'pam_unix\(sshd:auth\)'
make_key deploy
check "with it: a key of the account logs in" ssh_key deploy true
svctoken account disable deploy 2>/dev/null
check "... and not when it is disabled" ssh_refused ssh_key deploy true

# --- beside pam_faillock ---

svctoken account enable deploy 2>/dev/null
select_profile with-svctoken with-faillock
for _ in 1 2 3 4; do
    ssh_password deploy "$(token_like "$token")" true >"$T/wrong" 2>&1 &
done
wait $!
check_eq "with-faillock: wrong tokens lock nobody" "" \
    "$(faillock --user deploy | sed 1,2d)"
check "... and the right one is taken" ssh_password deploy "$token" true
done_testing
