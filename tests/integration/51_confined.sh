#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What packaging/ has for SELinux and AppArmor, by their own compilers. No
# kernel is asked: what is held is that it compiles, and that it gives what it
# says and no more. tests/portability policy links it with a whole policy.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2086,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$LIB_DIR/svct.sh"
packaging=$LIB_DIR/../../packaging

# A host with all files that there can be: a database, a user of it, a session.
svct_host sshd
nss_enable
unix_account deploy --role Editor
new_token token deploy/ci --max-uses 3
mkdir -p /home/deploy
printf '%s\n' "$token" |
    pamtester sshd deploy authenticate acct_mgmt open_session \
        >"$T/login" 2>&1 </dev/stdin || die "no login: $(cat "$T/login")"
svctoken token disable deploy/ci >/dev/null 2>&1

# --- SELinux ---

cp "$packaging"/selinux/svctoken.?? "$T"
check "the policy module compiles" \
    make -C "$T" -f /usr/share/selinux/devel/Makefile svctoken.pp
refute "without a warning" grep -iE 'warning|deprecat' <<<"$OUT"
check "and is a module" /usr/libexec/selinux/hll/pp "$T/svctoken.pp" "$T/cil"

# DOMAIN TYPE for each right to files that matches, in the words of CIL.
may() {         # RIGHT TYPE
    sed -nE "s/^ *\(allow ([^ ]+) $2 \(file \((.* )?$1( .*)?\)\)\)/\1/p" \
        "$T/cil" | sort -u | tr '\n' ' '
}

# The attributes of others (nsswitch_domain) stand for their domains.
logins='crond_t init_t local_login_t policykit_auth_t remote_login_t'
logins+=' sshd_session_t sshd_t staff_su_t su_domain_type sudodomain'
logins+=' sysadm_su_t user_su_t xdm_t'
admins='sysadm_t system_cronjob_t'
both=$(printf '%s\n' $logins $admins | sort | tr '\n' ' ')
check_eq "hashes: logins and administrators read them" \
    "$both" "$(may read svctoken_db_t)"
check_eq "... and administrators alone write them" \
    "$admins " "$(may write svctoken_db_t)"
check_eq "usage: logins write it" "$both" "$(may write svctoken_usage_t)"
check_eq "... and administrators alone make it" \
    "$admins " "$(may create svctoken_usage_t)"
check_eq "what is public: whoever resolves names reads it" "$(printf '%s\n' \
    $both chkpwd_t nsswitch_domain systemd_userdbd_t | sort | tr '\n' ' ')" \
    "$(may read svctoken_public_t)"
check_eq "... and administrators alone write it" \
    "$admins " "$(may write svctoken_public_t)"
check_eq "the log of changes: administrators alone" \
    "$admins " "$(may read svctoken_log_t)"
check_eq "nothing is run, mapped or relabelled" "" "$(
    for right in execute entrypoint map relabelto; do
        may "$right" 'svctoken_[a-z]*_t'
    done)"

check "the labels are in the module" semodule_unpackage "$T/svctoken.pp" \
    "$T/mod" "$T/contexts"

# What a file of this host would be labelled: PATH, from / on.
label() {
    local kind=file

    [ ! -d "$1" ] || kind=dir
    [ ! -L "$1" ] || kind=lnk_file
    matchpathcon -n -f "$T/contexts" -m "$kind" "$1" 2>/dev/null |
        sed -E 's/.*:(svctoken_[a-z]+)_t:.*/\1/'
}

labels() {      # FOLDER: each file in it, with generations as one
    find "$1" | while IFS= read -r path; do
        printf '%s %s\n' "$(label "$path")" "$path"
    done | sed -E 's/gen-[0-9]+/gen-N/; s,(marker.key|sessions)[./].*,\1-,' |
        sort -u
}

check_eq "each file of the database has its label" \
"svctoken_db /var/lib/svctoken
svctoken_db /var/lib/svctoken/current
svctoken_db /var/lib/svctoken/gen-N
svctoken_db /var/lib/svctoken/gen-N/private.gdbm
svctoken_db /var/lib/svctoken/gen-N/private.roll
svctoken_db /var/lib/svctoken/lock
svctoken_db /var/lib/svctoken/reserve
svctoken_db /var/lib/svctoken/reserve/current.new
svctoken_db /var/lib/svctoken/reserve/names.stale
svctoken_db /var/lib/svctoken/reserve/private.gdbm
svctoken_db /var/lib/svctoken/reserve/private.roll
svctoken_public /var/lib/svctoken/gen-N/public.gdbm
svctoken_public /var/lib/svctoken/names
svctoken_public /var/lib/svctoken/reserve/public.gdbm
svctoken_usage /var/lib/svctoken/usage" "$(labels /var/lib/svctoken)"
check_eq "each file below /run, too" \
"svctoken_runtime /run/svctoken
svctoken_runtime /run/svctoken/marker.key
svctoken_runtime /run/svctoken/sessions
svctoken_runtime /run/svctoken/sessions-" "$(labels /run/svctoken)"
check_eq "and the log" \
"svctoken_log /var/log/svctoken
svctoken_log /var/log/svctoken/audit.log" "$(labels /var/log/svctoken)"

# By the same names, when they are made and not relabelled.
check_eq "what is made is public by its name, else private" \
    "names names.new public.gdbm usage " "$(sed -nE \
    's/.*typetransition unconfined_domain_type svctoken_db_t file "([^"]*)".*/\1/p' \
    "$T/cil" | sort | tr '\n' ' ')"

# --- AppArmor ---

check "make install-apparmor" make -C "$SVCT_BUILD_DIR" install-apparmor
profile() {     # NAME LINE...
    printf 'abi <abi/3.0>,\ninclude <tunables/global>\nprofile %s /nowhere/%s {\n' \
        "$1" "$1"
    shift
    printf '  %s\n' "$@" '}'
}
profile names 'include <abstractions/base>' \
    'include <abstractions/nameservice>' >"$T/names"
profile login 'include <abstractions/base>' \
    'include <abstractions/authentication>' >"$T/login"
profile chkpwd 'include <abstractions/base>' "include \"$T/unix-chkpwd\"" \
    >"$T/chkpwd"
cp "$packaging/apparmor/unix-chkpwd" "$T"
for name in names login chkpwd; do
    check "a profile with the rules for $name compiles" \
        apparmor_parser -Q -K -W "$T/$name"
    refute "... without a warning" grep -i warning <<<"$OUT"
    apparmor_parser -p -Q -K "$T/$name" >"$T/$name.flat" 2>/dev/null
done
public='/var/lib/svctoken/gen-*/public.gdbm r,'
check "resolving names reads what is public" \
    grep -qF "$public" "$T/names.flat"
refute "... and nothing else but the way there" \
    grep -E 'svctoken/(gen-\*/private|usage|names)|run./svctoken' "$T/names.flat"
check "a login reads hashes" \
    grep -qF '/var/lib/svctoken/gen-*/private.{gdbm,roll} r,' "$T/login.flat"
check "... and counts uses" grep -qF '/var/lib/svctoken/usage rwk,' "$T/login.flat"
check_eq "the helper has what names have" \
    "$(grep -F svctoken/ "$T/names.flat" | grep -v '#' | sort)" \
    "$(grep -F svctoken/ "$T/chkpwd.flat" | grep -v '#' | sort)"
done_testing
