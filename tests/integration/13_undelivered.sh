#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A token that can't be delivered, and somebody who may write to the folder
# that it was put into.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

install_svctoken
export SVCTOKEN_DB=/var/lib/svctoken
svctoken init 2>/dev/null || die "svctoken init"
useradd -M deploy && svctoken account create deploy 2>/dev/null ||
    die "account create deploy"

# A pipe that takes nothing more, and whose reader reads nothing: descriptor 9.
full_pipe() {   # FIFO
    mkfifo "$1" || die "mkfifo"
    exec 9<>"$1"
    dd if=/dev/zero of="$1" oflag=nonblock bs=4096 count=1000 2>/dev/null
    dd if=/dev/zero of="$1" oflag=nonblock bs=1 count=5000 2>/dev/null
}

# Is it in write()? (1 on x86-64, 64 elsewhere)
is_writing() {  # PID
    grep -qE '^(1|64) ' "/proc/$1/syscall" 2>/dev/null
}

# --- a token that can't be delivered ---

# Standard output of this one is stuck, its file is written; then nobody is
# there any more to read, and what it made is taken back.
undelivered() { # NAME COMMAND...    COMMAND runs while it is stuck
    local pid

    rm -f "$T/answer"
    full_pipe "$T/answer"
    svctoken token create "deploy/$1" --out "$T/secret" --json \
        >"$T/answer" 2>"$T/said" 9>&- &
    pid=$!
    wait_for 10 test -s "$T/secret" || die "no token came"
    wait_for 10 is_writing "$pid" || die "it is not stuck"
    "${@:2}"
    exec 9>&-
    wait "$pid"
    check_eq "... could not" 3 $?
    check_like "... and says so" "deleted deploy/$1 again" "$(cat "$T/said")"
}

swap() {
    mv "$T/secret" "$T/moved" && echo precious >"$T/secret"
}

swap_link() {
    mv "$T/secret" "$T/moved" && ln -s "$T/precious" "$T/secret"
}

undelivered plain true
refute "the file is gone" test -e "$T/secret"

undelivered swapped swap
check_eq "a file put in its place is not removed" precious "$(cat "$T/secret")"
rm -f "$T/secret" "$T/moved"

echo precious >"$T/precious"
undelivered linked swap_link
check "nor a link" test -L "$T/secret"
check_eq "... nor what it points to" precious "$(cat "$T/precious")"
rm -f "$T/secret" "$T/moved"

# The folder itself is another one by then.
mkdir "$T/folder"
swap_whole() {
    mv "$T/folder" "$T/aside" && mkdir "$T/folder" &&
        echo precious >"$T/folder/out"
}
full_pipe "$T/answer2"
svctoken token create deploy/folder --out "$T/folder/out" --json \
    >"$T/answer2" 2>/dev/null 9>&- &
pid=$!
wait_for 10 test -s "$T/folder/out" || die "no token came"
wait_for 10 is_writing "$pid" || die "it is not stuck"
swap_whole
exec 9>&-
wait "$pid"
check_eq "a folder put in its place loses nothing" precious \
    "$(cat "$T/folder/out")"
refute "the file went from where it was made" test -e "$T/aside/out"

# An API key is deleted by its name: not one that was made anew meanwhile.
useradd -M nas
full_pipe "$T/answer3"
svctoken apikey create nas --role Viewer --out "$T/nas" --json \
    >"$T/answer3" 2>"$T/said" 9>&- &
pid=$!
wait_for 10 test -s "$T/nas" || die "no token came"
wait_for 10 is_writing "$pid" || die "it is not stuck"
svctoken apikey delete nas --yes 2>/dev/null || die "apikey delete nas"
svctoken apikey create nas --role Viewer --out "$T/again" 2>/dev/null ||
    die "apikey create nas"
exec 9>&-
wait "$pid"
check_eq "an API key that could not be delivered" 3 $?
check_like "... says what became of it" \
    'the API key nas that was made is gone already' "$(cat "$T/said")"
check_status "... and the one made anew stays" 0 \
    svctoken check --user nas --stdin --rhost 192.0.2.7 <"$T/again"
refute "... its file is gone" test -e "$T/nas"

# A name that is not on the disk is lost with the power.
cat >"$T/sync.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd)
{
    char link[40], path[4096] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    readlink(link, path, sizeof(path) - 1);
    errno = EIO;
    return strcmp(path, FOLDER) == 0 ? -1 : (int)syscall(SYS_fsync, fd);
}
END
mkdir "$T/lost"
cc -shared -fPIC -DFOLDER="\"$T/lost\"" -o "$T/sync.so" "$T/sync.c" ||
    die "no disk"
LD_PRELOAD=$T/sync.so svctoken token create deploy/lost --out "$T/lost/out" \
    2>"$T/said"
check_eq "a folder that can't be put on the disk: no token" 3 $?
check_like "... which is said" 'could not write .*Input/output error' \
    "$(cat "$T/said")"
check_status "... and there is none" 1 svctoken token show deploy/lost
refute "... and no file is left" test -e "$T/lost/out"

for path in "$T/" "$T/none/out"; do
    check_status "no file can be made at $path" 3 \
        svctoken token create deploy/odd --out "$path"
done
done_testing
