#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Looks at the PAM module as built: what it exports, what it pulls into the
# host process, what it calls there, and how it is linked.
# shellcheck disable=SC2086 # lists are meant to be split
set -u
module=${SVCT_MODULE:?set SVCT_MODULE to the built pam_svctoken.so}
nm=${NM:-nm} # libtool may say "nm -B": not quoted below
readelf=${READELF:-readelf}

entry_points="pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok
pam_sm_close_session pam_sm_open_session pam_sm_setcred"

# ld-linux is part of libc: some machines want it for the stack protector.
libraries="libc.so.* libgdbm.so.* libpam.so.* libsodium.so.* ld-linux*"

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

failed=0
wrong()
{
    echo "check_symbols: $*" >&2
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
[ -f "$module" ] || {
    wrong "$module is not there"
    exit 1
}
dynamic=$("$readelf" -dW "$module") || exit 1
segments=$("$readelf" -lW "$module") || exit 1
exported=$($nm -D --defined-only "$module" | awk '{ print $NF }') || exit 1
wanted_from_host=$($nm -D --undefined-only "$module" |
    awk '{ sub(/@.*/, "", $NF); print $NF }') || exit 1

# --- exports ---

set -f
for symbol in $exported; do
    matches "$symbol" $entry_points || wrong "exports $symbol"
done
for symbol in $entry_points; do
    matches "$symbol" $exported || wrong "does not export $symbol"
done

# --- the write side stays out; local symbols tell, if not stripped ---

all=$($nm "$module" 2>/dev/null | awk '{ print $NF }')
if [ -z "$all" ]; then
    echo "check_symbols: local symbols not looked at, $module is stripped"
else
    # Proof that the names below would be seen if they were there.
    matches svct_policy_decide $all ||
        wrong "svct_policy_decide not found: is this the whole module?"
    for symbol in $all; do
        case $symbol in
        svct_audit_* | svct_bulk_* | svct_change_* | svct_issue_* | svct_mint_* | \
            svct_slots_give* | svct_txn_*)
            wrong "contains the write side: $symbol"
            ;;
        esac
    done
fi

# --- linking ---

expect()
{
    printf '%s\n' "$1" | grep -Eq "$2" || wrong "$3"
}

refuse()
{
    ! printf '%s\n' "$1" | grep -Eq "$2" || wrong "$3"
}

expect "$dynamic" 'FLAGS_1.*NODELETE' 'is not linked with -z nodelete'
expect "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' 'is not linked with -z now'
expect "$segments" 'GNU_RELRO' 'is not linked with -z relro'
expect "$segments" 'GNU_STACK.* RW ' 'wants an executable stack'
refuse "$dynamic" 'TEXTREL' 'has text relocations'
refuse "$dynamic" '\((RPATH|RUNPATH)\)' 'has a library search path of its own'

# --- what it brings along and what it calls ---

if [ "${SVCT_INSTRUMENTED:-no}" != no ]; then
    echo "check_symbols: libraries and calls not looked at," \
        "the sanitizers' runtime is among them"
else
    needed=$(printf '%s\n' "$dynamic" |
        sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
    for library in $needed; do
        matches "$library" $libraries || wrong "needs $library"
    done
    for symbol in $wanted_from_host; do
        ! matches "$symbol" $refused || wrong "calls $symbol"
    done
fi

exit $failed
