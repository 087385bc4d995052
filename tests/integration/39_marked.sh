#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which token a session began with, in the real sshd by keyboard-interactive,
# which hands on nothing but the mark in the PAM environment: the groups beyond
# the token's role are gone also where the mark was spoilt, or nobody opens a
# session.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
groupadd ops
groupadd own
svctoken role create Ops --above Viewer --allow sshd --group ops >/dev/null ||
    die "role create"
service_account deploy --role Ops
usermod -a -G ops,own deploy
new_token capped deploy/capped --ttl 1h --role Viewer
new_token bare deploy/bare --ttl 1h

groups_of() {   # DESCRIPTION WANTED TOKEN
    check "$1" ssh_kbdint deploy "$3" id -Gn
    check_eq "... has the groups" "$2" \
        "$(printf '%s\n' "$OUT" | sed 's/^Password: //' | xargs -n 1 | sort |
            xargs)"
}

sed -i '/user_readenv=1/d' /etc/pam.d/sshd
pam_enable sshd
start_sshd
groups_of "all is well" "deploy own" "$capped"
groups_of "... without a cap" "deploy ops own" "$bare"

# The user's own file is read before our line of the session. (optional: pam_env of
# Linux-PAM 1.7 fails over a variable that is set to nothing and was not set.)
sed -i '0,/^session/s/^session/session optional pam_env.so user_readenv=1\n&/' \
    /etc/pam.d/sshd
for mark in x ''; do
    printf 'SVCTOKEN_MARK DEFAULT=%s OVERRIDE=%s\n' "$mark" "$mark" \
        >/home/deploy/.pam_environment
    groups_of "the mark \"$mark\" put there by the user" "deploy own" "$capped"
    groups_of "... without a cap" "deploy ops own" "$bare"
done
rm /home/deploy/.pam_environment

# An administrator's stack without our session line.
sed -i '/^session.*pam_svctoken/d' /etc/pam.d/sshd
refute "no session line is left" grep -q '^session.*pam_svctoken' \
    /etc/pam.d/sshd
groups_of "without a session line" "deploy own" "$capped"
groups_of "... without a cap" "deploy ops own" "$bare"

# The mark can't be told any more: its key went away in the account phase.
sed -i '/^@include common-account/a account optional pam_exec.so /bin/rm -rf /run/svctoken' \
    /etc/pam.d/sshd
log_mark
check_status "a key that is lost: refused" 255 \
    ssh_kbdint deploy "$capped" touch /tmp/ran
check_eq "... nothing was run" "" "$(ls /tmp/ran 2>/dev/null)"
check_log "... the log says why" "undecided phase=setcred user=deploy\
 service=sshd rhost=127\\.0\\.0\\.1: the session marker was refused"
stop_sshd

done_testing
