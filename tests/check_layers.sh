#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds the sources to the drawing in HACKING.md: who may include what, and
# what code that runs in somebody else's process may not call.
# shellcheck disable=SC2086 # lists are meant to be split
set -u
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 1

# --- the rules ---

# Outside headers, and the only files that may include them.
gdbm_users="lib/write/partfile.c"
sodium_users="lib/auth/digest.c lib/auth/secret.c lib/auth/session.c
lib/write/mint.c pam_module/marker.c admin/linefile.c admin/lineout.c"
pam_users="pam_module/* admin/pamcall.c"
jansson_users="admin/*"
smartcols_users="admin/*"
syslog_users="pam_module/* admin/*"
nss_users="nss/*"
pthread_users="nss/*"

# The clock is read here; everybody else is told the time.
clock_users="pam_module/facts.c"

# libc and kernel headers that lib/, nss/ and pam_module/ may include.
libc="arpa/inet.h ctype.h dirent.h endian.h errno.h fcntl.h grp.h inttypes.h
limits.h linux/*.h netinet/in.h pwd.h stdalign.h stdarg.h stdbool.h stddef.h
stdint.h stdio.h stdlib.h string.h strings.h sys/*.h time.h unistd.h"

# Not to be called from lib/, nss/ or pam_module/: these print, log, end or
# change the host process, or keep their answer in a static buffer.
refused="abort assert alarm chdir clearenv closelog dprintf execl execv execve
execvp exit _exit _Exit fork fprintf getenv getgrgid getgrnam getpwnam
getpwuid kill openlog perror popen printf putchar putenv puts quick_exit raise
secure_getenv setenv setlocale sigaction signal sigprocmask strerror syslog
system umask unsetenv vdprintf vfork vfprintf vprintf vsyslog"
clock_calls="clock_gettime gettimeofday time"

# --- the means ---

set -f # patterns stay patterns
failed=0
wrong()
{
    echo "check_layers: $*" >&2
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

# code FILE: the file with comments and strings blanked, lines kept
code()
{
    awk '{
        out = ""
        while ($0 != "") {
            if (comment) {
                end = index($0, "*/")
                if (!end) { $0 = ""; break }
                $0 = substr($0, end + 2); comment = 0
            } else if (match($0, /^"([^"\\]|\\.)*"/) ||
                       match($0, /^\047([^\047\\]|\\.)*\047/)) {
                out = out "\"\""; $0 = substr($0, RLENGTH + 1)
            } else if (substr($0, 1, 2) == "//") {
                $0 = ""
            } else if (substr($0, 1, 2) == "/*") {
                comment = 1; $0 = substr($0, 3); out = out " "
            } else {
                out = out substr($0, 1, 1); $0 = substr($0, 2)
            }
        }
        print out
    }' "$1"
}

# includes FILE: each included name as written, <x.h> or "x.h"
includes()
{
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"][^>"]*[>"]\).*/\1/p' "$1"
}

# calls FILE NAME...: "line: text" of each call
calls()
{
    file=$1
    shift
    code "$file" | grep -nE "(^|[^A-Za-z0-9_.>])($(echo "$@" |
        tr -s ' \n' '||' | sed 's/|$//'))[[:space:]]*\("
}

# --- each file ---

# outside FILE HEADER: a header between < >
outside()
{
    case $2 in
    gdbm.h) matches "$1" $gdbm_users ;;
    sodium.h | sodium/*) matches "$1" $sodium_users ;;
    security/*) matches "$1" $pam_users ;;
    jansson.h) matches "$1" $jansson_users ;;
    libsmartcols/* | libsmartcols.h) matches "$1" $smartcols_users ;;
    syslog.h | sys/syslog.h) matches "$1" $syslog_users ;;
    nss.h) matches "$1" $nss_users ;;
    pthread.h) matches "$1" $pthread_users ;;
    config.h) true ;;
    *) matches "$1" 'admin/*' || matches "$2" $libc ;;
    esac || wrong "$1 may not include <$2>"
}

# ours FILE HEADER: a header between " "
ours()
{
    case $1 in
    lib/base/*) matches "$2" 'base/*' banned.h ;;
    lib/auth/*) matches "$2" 'auth/*' 'base/*' ;;
    lib/write/*) matches "$2" 'write/*' 'auth/*' 'base/*' ;;
    nss/*) matches "$2" 'base/*' || [ -f "nss/$2" ] ;;
    pam_module/*) matches "$2" 'pam_module/*' 'auth/*' 'base/*' ||
        [ -f "pam_module/$2" ] ;;
    admin/*) matches "$2" 'admin/*' 'write/*' 'auth/*' 'base/*' ||
        [ -f "admin/$2" ] ;;
    esac || wrong "$1 may not include \"$2\""
}

check_includes()
{
    for name in $(includes "$1" | tr -d ' '); do
        bare=${name#?}
        bare=${bare%?}
        case $name in
        '<'*) outside "$1" "$bare" ;;
        *) ours "$1" "$bare" ;;
        esac
    done
}

# Own header first: only so is it known to compile by itself.
check_order()
{
    [ "$(includes "$1" | sed -n 1p)" = '<config.h>' ] ||
        wrong "$1: the first include is not <config.h>"
    own=${1%.c}.h
    [ -f "$own" ] || return 0
    case $(includes "$1" | sed -n 2p) in
    "\"${own#lib/}\"" | "\"${own##*/}\"") ;;
    *) wrong "$1: the second include is not its own header" ;;
    esac
}

check_calls()
{
    found=$(code "$1" | grep -nwE 'stdout|stderr')
    [ -z "$found" ] || wrong "$1 may not print: $found"
    found=$(calls "$1" $refused)
    [ -z "$found" ] || wrong "$1 may not call this: $found"
    matches "$1" $clock_users && return
    found=$(calls "$1" $clock_calls)
    [ -z "$found" ] || wrong "$1 may not read the clock: $found"
}

count=0
for file in $(find lib nss pam_module admin -name '*.[ch]' | sort); do
    count=$((count + 1))
    check_includes "$file"
    case $file in
    *.c) check_order "$file" ;;
    esac
    case $file in
    lib/* | nss/* | pam_module/*) check_calls "$file" ;;
    esac
done
[ $count -gt 20 ] || wrong "only $count sources seen: wrong folder?"

for file in $(find lib nss pam_module admin tests -name '*.[ch]' | sort); do
    [ "$(sed -n 1p "$file")" = \
        '/* SPDX-License-Identifier: GPL-3.0-or-later */' ] ||
        wrong "$file: the first line is not the SPDX line"
done

# A file that no list names is not built, not run and not distributed.
for file in $(find lib nss pam_module admin tests -name '*.[ch]' | sort); do
    grep -Eq "(^|[[:space:]])(${file%.c}|$file)([[:space:]]|\$)" \
        "${file%%/*}/Makemodule.am" ||
        wrong "$file is not in ${file%%/*}/Makemodule.am"
done

# Lists are alphabetical, each file once: so that one is found, and merges well.
for file in $(find lib nss pam_module admin man tests -name Makemodule.am | sort); do
    found=$(LC_ALL=C awk '
        !/^\t[a-z_]+\/[A-Za-z0-9_\/]+(\.[ch])?( \\)?$/ { folder = ""; next }
        {
            last_folder = folder; last = name
            name = folder = $1; sub(/[^\/]*$/, "", folder)
            if (folder == last_folder && name <= last)
                print name " behind " last
        }' "$file")
    [ -z "$found" ] || wrong "$file: not alphabetical: $found"
done

for file in $(find tests -name '*.c' | sort); do
    [ "$(includes "$file" | sed -n 1p)" = '<config.h>' ] ||
        wrong "$file: the first include is not <config.h>"
done

exit $failed
