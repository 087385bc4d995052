#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The database on a file system of its own, tmpfs and ext4 of several sizes,
# filled to the last block and the last inode, then mounted for reading only:
# rights can be taken away, other changes say what is wrong and change nothing,
# logins go on; and all works again when there is room.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
rm -rf "$svct_db"
mkdir "$svct_db"
for name in deploy bot old; do
    add_user "$name"
done
log_in() {      # USER TOKEN
    printf '%s\n' "$2" | pamtester sshd "$1" authenticate acct_mgmt
}

# --- file systems ---

make_loops() {
    mknod /dev/loop-control c 10 237
    for n in 0 1 2 3 4 5 6 7; do
        [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n
    done
} 2>/dev/null

# Without journal and blocks for root: its last block is that of everybody.
mount_ext4() {  # SIZE OPTION...
    truncate -s "$1" /srv/image && mkfs.ext4 -q -F -m 0 -N 96 "${@:2}" \
        /srv/image && mount -o loop /srv/image "$svct_db" &&
        chmod 755 "$svct_db" && rmdir "$svct_db/lost+found"
}

mount_tmpfs() { # OPTIONS
    mount -t tmpfs -o "mode=755,$1" full "$svct_db"
}

current() {
    readlink "$svct_db/current"
}

drop_older() {  # No generation is left that could be pruned.
    find "$svct_db" -maxdepth 1 -name 'gen-*' ! -name "$(current)" \
        -exec rm -r {} +
}

fill_blocks() {
    mkdir -p "$svct_db/fill" 2>/dev/null
    for size in 64k 4k 512 1; do
        dd if=/dev/zero of="$svct_db/fill/blocks" bs=$size oflag=append \
            conv=notrunc status=none 2>/dev/null
    done
}

# Every block and every inode.
fill() {
    local n=0

    fill_blocks
    while : 2>/dev/null >"$svct_db/fill/$BASHPID.$n"; do
        n=$((n + 1))
    done
}

is_full() {
    ! : 2>/dev/null >"$svct_db/fill/more" &&
        ! dd if=/dev/zero of="$svct_db/fill/blocks" bs=1 count=1 status=none \
            oflag=append conv=notrunc 2>/dev/null
}

state() {
    rm -f "$T/backup"
    svctoken db backup "$T/backup" >/dev/null 2>&1 || echo "no backup"
    grep -vE '"kind":"(header|end)"' "$T/backup" |
        sed -E 's/"(uses|last_[a-z]*)":("[^"]*"|[0-9]*),?//g'
}

# It says why, and all is as it was.
unchanged() {   # WHAT WHY ARGUMENT...
    local before

    before=$(state)
    sv "${@:3}"
    check_eq "$1: ${*:3:2}: exit code 3" 3 "$STATUS"
    check_like "... and why" "$2" "$WORDS"
    check_eq "... nothing is changed" "$before" "$(state)"
}

none_changes() {    # WHAT WHY
    unchanged "$1" "$2" token create deploy/no --out "$T/no"
    refute "... and there is no file" test -e "$T/no"
    unchanged "$1" "$2" account create games
    unchanged "$1" "$2" token rotate deploy/ci
    unchanged "$1" "$2" role create Fresh --above Viewer
    unchanged "$1" "$2" policy set max_ttl=30d
    unchanged "$1" "$2" db import "$T/lines"
}

# --- one of them ---

read_only() {   # WHAT
    log_mark
    check "$1: a login goes on" log_in deploy "$ci"
    refute "... of a token with a limit does not" log_in deploy "$limited"
    check_log "... for that can't be counted" 'reason=usage_unavailable'
    none_changes "$1" 'Read-only file system'
    unchanged "$1" 'Read-only file system' token revoke deploy/ci
    unchanged "$1" 'Read-only file system' account disable deploy
}

attack() {      # WHAT
    good "$1: init" init
    svctoken account create deploy --role Admin 2>/dev/null
    svctoken account create bot --role Admin 2>/dev/null
    svctoken account create old --role Admin 2>/dev/null
    new_token ci deploy/ci --ttl 1h
    new_token limited deploy/limited --max-uses 3
    new_token lost bot/lost --ttl 1h
    new_token other bot/other --ttl 1h
    good "... a change, which makes a reserve" account edit deploy \
        --description full
    drop_older
    fill
    check "$1: it is full" is_full
    check "... a login goes on" log_in deploy "$ci"
    check "... of a token with a limit, too: its slot is there" \
        log_in deploy "$limited"
    none_changes "$1, full" 'No space left|disk full'
    good "$1, full: a token is revoked" token revoke bot/lost
    refute "... and opens nothing" log_in bot "$lost"
    check "... the others do" log_in bot "$other"
    good "... the database is whole" db verify
    # The reserve is used up; the generation before can be pruned. (It has an
    # inode less than one that is being made.)
    fill_blocks
    good "$1, full again: an account is disabled" account disable bot
    refute "... and its tokens open nothing" log_in bot "$other"
    check "... the others do" log_in deploy "$ci"
    good "... the database is whole" db verify
    good "... an account is deleted" account delete old --yes
    sv db verify
    check_eq "... whose name may stay in names until there is room" "" \
        "$(grep '^problem' "$T/answer" |
            grep -v '^problem: names: old is listed and is no account$')"

    mount -o remount,ro "$svct_db" || die "no remount"
    read_only "$1, mounted again for reading"
    mount -o remount,rw "$svct_db" || die "no remount"
    rm -r "$svct_db/fill"
    good "$1, with room again: a token is made" token create deploy/more
    check "... a token with a limit opens" log_in deploy "$limited"
    check "... there is a reserve" test -e "$svct_db/reserve/names.stale"
    check_eq "... and nothing is left over" "" "$(find "$svct_db" -mindepth 1 \
        -maxdepth 1 ! -name 'gen-*' ! -name current ! -name lock \
        ! -name names ! -name reserve ! -name usage)"
    good "... the database is whole" db verify
}

printf '%s\n' '{"kind":"account","name":"brought","existing":true}' \
    >"$T/lines"
add_user brought

for options in size=3m,nr_inodes=64 size=8m,nr_inodes=64 size=24m,nr_inodes=200
do
    mount_tmpfs $options || die "no tmpfs"
    attack "tmpfs $options"
    mount --bind "$svct_db" "$svct_db" &&
        mount -o remount,bind,ro "$svct_db" || die "no read-only mount"
    read_only "tmpfs $options, for reading from the beginning"
    umount "$svct_db" && umount "$svct_db" || die "no umount"
done

make_loops
for size in 4M 16M; do
    if ! mount_ext4 $size 2>"$T/why"; then
        skip "ext4 of $size" "no loop mount: $(tail -n 1 "$T/why")"
        continue
    fi
    attack "ext4 of $size"
    umount "$svct_db" && mount -o loop,ro /srv/image "$svct_db" ||
        die "no read-only mount"
    read_only "ext4 of $size, for reading from the beginning"
    umount "$svct_db" || die "no umount"
done
done_testing
