#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Looks at the two modules as built: what they export, what they pull into the
# host process, what they call there, and how they are linked.
# shellcheck disable=SC2086 # lists are meant to be split
set -u
pam_module=${SVCT_MODULE:?set SVCT_MODULE to the built pam_svctoken.so}
nss_module=${SVCT_NSS_MODULE:?set SVCT_NSS_MODULE to the built libnss_svctoken.so.2}
nm=${NM:-nm} # libtool may say "nm -B": not quoted below
readelf=${READELF:-readelf}

pam_entry_points="pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok
pam_sm_close_session pam_sm_open_session pam_sm_setcred"
nss_entry_points="_nss_svctoken_endgrent _nss_svctoken_endpwent
_nss_svctoken_getgrent_r _nss_svctoken_getgrgid_r _nss_svctoken_getgrnam_r
_nss_svctoken_getpwent_r _nss_svctoken_getpwnam_r _nss_svctoken_getpwuid_r
_nss_svctoken_initgroups_dyn _nss_svctoken_setgrent _nss_svctoken_setpwent"

# ld-linux is part of libc: some machines want it for the stack protector.
pam_libraries="libc.so.* libpam.so.* libsodium.so.* ld-linux*"
nss_libraries="libc.so.* ld-linux*"

# Of our own code. The write side is in neither; nothing that decides about a
# login is in a name service.
write_side="svct_audit_* svct_bulk_* svct_change_* svct_issue_* svct_mint_*
svct_publish_* svct_slots_give* svct_txn_*"
auth_side="svct_account_* svct_digest_* svct_policy_* svct_secret_*
svct_session_* svct_sight_* svct_token_* svct_usage_* svct_use_*
svct_verify_*"

# The host is somebody else's process: no exit, no output, no signal, locale,
# umask, environment or child of ours, and no static buffers.
refused="abort __assert_fail exit _exit _Exit quick_exit
__printf_chk printf __fprintf_chk fprintf vprintf __vprintf_chk vfprintf
__vfprintf_chk dprintf __dprintf_chk puts putchar fputs fwrite perror
syslog vsyslog __syslog_chk __vsyslog_chk openlog closelog
alarm kill raise signal sigaction sigprocmask pthread_sigmask
setlocale umask chdir getenv secure_getenv setenv putenv unsetenv clearenv
fork vfork execve execv execvp posix_spawn system popen
getpwnam getpwuid getgrnam getgrgid strerror localtime gmtime strtok"
# A name service that asks the name service comes back to itself.
nss_refused="getpwnam_r getpwuid_r getpwent getpwent_r getgrnam_r getgrgid_r
getgrent getgrent_r getgrouplist initgroups fgetgrent fgetgrent_r dlopen dlsym
pthread_atfork __register_atfork atexit __cxa_atexit"

failed=0
wrong()
{
    echo "check_symbols: ${module##*/} $*" >&2
    failed=1
}

# matches WORD PATTERN...
matches()
{
    word=$1
    shift
    for pattern; do
        # shellcheck disable=SC2254
        case $word in
        $pattern) return 0 ;;
        esac
    done
    return 1
}

for tool in "${nm%% *}" "$readelf"; do
    command -v "$tool" >/dev/null || {
        echo "check_symbols: skipped, no $tool"
        exit 77
    }
done

# check_contents SYMBOL REFUSED: SYMBOL must be in the module, to show that the
# names of REFUSED would be seen; local symbols tell, if not stripped.
check_contents()
{
    all=$($nm "$module" 2>/dev/null | awk '{ print $NF }')
    if [ -z "$all" ]; then
        echo "check_symbols: local symbols not looked at, $module is stripped"
        return
    fi
    matches "$1" $all || wrong "$1 not found: is this the whole module?"
    for symbol in $all; do
        ! matches "$symbol" $2 || wrong "contains $symbol"
    done
}

check_exports()
{
    for symbol in $exported; do
        matches "$symbol" $1 || wrong "exports $symbol"
    done
    for symbol in $1; do
        matches "$symbol" $exported || wrong "does not export $symbol"
    done
}

expect()
{
    printf '%s\n' "$1" | grep -Eq "$2" || wrong "$3"
}

refuse()
{
    ! printf '%s\n' "$1" | grep -Eq "$2" || wrong "$3"
}

check_linking()
{
    expect "$dynamic" 'FLAGS_1.*NODELETE' 'is not linked with -z nodelete'
    expect "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' 'is not linked with -z now'
    expect "$segments" 'GNU_RELRO' 'is not linked with -z relro'
    expect "$segments" 'GNU_STACK.* RW ' 'wants an executable stack'
    refuse "$dynamic" 'TEXTREL' 'has text relocations'
    refuse "$dynamic" '\((RPATH|RUNPATH)\)' 'has a library search path of its own'
}

# check_wants LIBRARIES REFUSED: what it brings along and what it calls.
check_wants()
{
    needed=$(printf '%s\n' "$dynamic" |
        sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
    for library in $needed; do
        matches "$library" $1 || wrong "needs $library"
    done
    for symbol in $wanted_from_host; do
        ! matches "$symbol" $2 || wrong "calls $symbol"
    done
    # The compiler's own start file has one; a second is a constructor.
    refuse "$dynamic" 'INIT_ARRAYSZ\) +(9|[1-9][0-9]+) ' 'has a constructor'
}

# check MODULE ENTRY_POINTS LIBRARIES SYMBOL REFUSED-CONTENTS REFUSED-CALLS
check()
{
    module=$1
    [ -f "$module" ] || {
        wrong "it is not there"
        return
    }
    dynamic=$("$readelf" -dW "$module") || exit 1
    segments=$("$readelf" -lW "$module") || exit 1
    exported=$($nm -D --defined-only "$module" | awk '{ print $NF }') || exit 1
    wanted_from_host=$($nm -D --undefined-only "$module" |
        awk '{ sub(/@.*/, "", $NF); print $NF }') || exit 1
    check_exports "$2"
    check_contents "$4" "$5"
    check_linking
    if [ "${SVCT_INSTRUMENTED:-no}" != no ]; then
        echo "check_symbols: libraries and calls of $module not looked at," \
            "the sanitizers' runtime is among them"
    else
        check_wants "$3" "$6"
    fi
}

set -f # patterns stay patterns
check "$pam_module" "$pam_entry_points" "$pam_libraries" svct_policy_decide \
    "$write_side" "$refused"
check "$nss_module" "$nss_entry_points" "$nss_libraries" svct_publook_user \
    "$write_side $auth_side" "$refused $nss_refused"
# The C library loads it by this name, and the linker knows it by that.
expect "$dynamic" 'SONAME.*\[libnss_svctoken\.so\.2\]' 'has another soname'

exit $failed
