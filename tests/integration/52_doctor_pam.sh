#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# "svctoken doctor pam" on the service files of a real host: each fault that it
# can find is planted, found by its code, and where it says a command that mends
# it, that is run and the fault is gone. That what it says of a stack is what the
# real libpam does with it is shown for some: those that lock people out, and
# those that let in.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC1003,SC2016,SC2119,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

pamd=/etc/pam.d
start_syslog
install_svctoken
svctoken init >"$T/init" 2>&1 || die "svctoken init: $(cat "$T/init")"
add_user alice secret
service_account deploy --role Admin
new_token ci deploy/ci
cp -a $pamd "$T/before"
: >"$T/seen"

doctor() {
    sv doctor pam --json
    jq -r '.findings[].code' <"$T/answer" >>"$T/seen"
}

# The whole of what is found: CODE,CODE... in their order.
finds() {       # DESCRIPTION CODES [FILTER-OF-THE-FIRST]
    doctor
    check_eq "$1: $2" "$2" \
        "$(jq -r '[.findings[].code] | unique | join(",")' <"$T/answer")"
    [ $# -lt 3 ] || json "..." ".findings[0] | $3"
}

mends() {
    local command

    command=$(jq -r '.findings[0].command' <"$T/answer")
    check "its command: ${command:0:60}" bash -c "$command"
    finds "... mends it" ""
}

auth='[success=done user_unknown=ignore authinfo_unavail=ignore'
auth="auth $auth ignore=ignore module_unknown=ignore default=die]"
auth="$auth pam_svctoken.so"
account='account [success=ok new_authtok_reqd=ok ignore=ignore'
account="$account module_unknown=ignore default=die] pam_svctoken.so"
session='session optional pam_svctoken.so'

# A service of its own, which pamtester uses.
try_is() {      # LINE...
    printf '%s\n' "$@" >$pamd/try
}

lets() {        # USER PASSWORD
    printf '%s\n' "$2" | timeout 20 pamtester try "$1" authenticate acct_mgmt \
        >/dev/null 2>&1
}

# --- none, and a sound one ---

finds "no service asks" pam_nowhere '.severity == "warning"'
mends
try_is "$auth" '@include common-auth' "$account" '@include common-account' \
    "$session" '@include common-session'
finds "a sound one" ""
check "... lets a token in" lets deploy "$ci"
check "... and a person" lets alice secret

# --- the auth line ---

rest=("$account" '@include common-account' "$session"
    '@include common-session')
try_is '@include common-auth' "$auth" "${rest[@]}"
finds "behind common-auth" pam_unreached \
    '(.what | test("common-auth line [0-9]+ .requisite pam_deny.so"))'
refute "... no token gets in" lets deploy "$ci"
mends
check "... then it does" lets deploy "$ci"
try_is 'auth required pam_unix.so' "$auth" "${rest[@]}"
finds "behind a module that must say yes, too" pam_not_enough
refute "... no token gets in" lets deploy "$ci"
mends
try_is 'auth required pam_svctoken.so' '@include common-auth' "${rest[@]}"
finds "required" pam_goes_on,pam_locks_out,pam_not_enough '.severity == "error"'
refute "... no person gets in" lets alice secret
try_is 'auth sufficient pam_svctoken.so' 'auth sufficient pam_unix.so' \
    'auth required pam_permit.so' "${rest[@]}"
finds "what says yes in the end" pam_lets_in
check "... lets anybody in" lets alice wrong
try_is 'auth sufficient pam_svctoken.so' '@include common-auth' "${rest[@]}"
finds "sufficient" pam_goes_on '.severity == "warning"'
mends
try_is 'auth sufficient pam_localuser.so' "$auth" '@include common-auth' \
    "${rest[@]}"
finds "behind one that is enough" pam_passed_by
check "... which lets in without a token" lets deploy none
try_is 'auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_svctoken.so' \
    '@include common-auth' "${rest[@]}"
finds "a database that can't be read is fatal" pam_locks_out_database
mv $svct_db "$T/db"
refute "... it is" lets alice secret
mv "$T/db" $svct_db
mends
try_is 'auth [success=done user_unknown=ignore authinfo_unavail=ignore default=die] pam_svctoken.so' \
    '@include common-auth' "${rest[@]}"
finds "a module that is not there is fatal" pam_locks_out_module
mends

# --- the account line ---

rest=("$auth" '@include common-auth' "$session" '@include common-session')
try_is "${rest[@]}" '@include common-account'
finds "no account line" pam_account_missing '(.why | test("SSH key"))'
mends
try_is "${rest[@]}" 'account sufficient pam_localuser.so' "$account" \
    '@include common-account'
finds "behind one that is enough" pam_account_passed_by \
    '(.what | test("try line 5 .sufficient pam_localuser.so"))'
try_is "${rest[@]}" 'account optional pam_svctoken.so' \
    '@include common-account'
finds "one that does not count" pam_unheard
mends
try_is "${rest[@]}" "$account"
finds "alone" pam_locks_out
refute "... no person gets in" lets alice secret
try_is "${rest[@]}" "$account" '@include common-account'
finds "as it should be" ""

# --- the session line ---

rest=("$auth" '@include common-auth' "$account" '@include common-account')
try_is "${rest[@]}" '@include common-session'
finds "no session line" pam_session_missing '.severity == "note"'
try_is "${rest[@]}" 'session optional pam_systemd.so' "$session"
finds "behind pam_systemd" pam_session_late
mends

# --- lines ---

try_is "${auth} rol=Admin" '@include common-auth' "$account" \
    '@include common-account' "$session" '@include common-session'
finds "an argument that is none" pam_options '(.what | test("rol"))'
try_is "${auth} role=Adnim" '@include common-auth' "$account" \
    '@include common-account' "$session" '@include common-session'
finds "a role that is none" pam_role \
    '(.what | test("no role Adnim.*try line 1"))'
try_is "${rest[@]}" "$session" '@include common-session' \
    'auht required pam_unix.so'
finds "a line that libpam does not understand" pam_broken
refute "... so no token gets in where it comes first" bash -c \
    'sed -i "1i auht required pam_unix.so" '$pamd'/try
    printf "%s\n" "$0" | timeout 20 pamtester try deploy authenticate' "$ci"
try_is "${rest[@]}" "$session" '@include common-session' \
    'password required \' '# a comment' 'pam_unix.so'
finds "one that versions read otherwise" pam_varies
try_is "${rest[@]}" "$session" '@include common-none'
finds "a file that is missing" pam_gives_up \
    '(.what | test("try line 6")) and (.command | test("\\+6 ./etc/pam.d/try|\\+6 /etc"))'
refute "... nobody gets in" lets alice secret
truncate -s 70000 $pamd/try
finds "one that can't be read" pam_unread '.severity == "unknown"'
rm -f $pamd/try
module=$(find /lib/*/security/pam_svctoken.so /lib/security/pam_svctoken.so \
    2>/dev/null | head -n 1)
mv "$module" "$T/module"
finds "no module" pam_no_module
mv "$T/module" "$module"

# --- around it ---

mkdir -p /var/spool/cron/crontabs
echo '@daily true' >/var/spool/cron/crontabs/deploy
finds "a job of an account, and cron does not ask" pam_cron \
    '.examples == ["deploy"]'
mends
cp $pamd/sudo $pamd/sudo.svctoken-new
finds "what a setup has left" pam_leftover
mends

# --- every code was seen ---

svctoken doctor pam --list --json | jq -r '.codes[].code' | sort >"$T/codes"
check_eq "every finding was planted" "" \
    "$(sort -u "$T/seen" | comm -23 "$T/codes" -)"
check_eq "... and is in the list" "" \
    "$(sort -u "$T/seen" | comm -13 "$T/codes" -)"
done_testing
