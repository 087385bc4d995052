#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What name lookups read is gone, damaged, unsafe or never made, or the module
# is: whatever it is, the users of the host are known, log in and use sudo,
# without a word of ours; users of svctoken alone are unknown and log in
# nowhere; svctoken db verify says it. And while commits come one after
# another, no lookup ever fails.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo su
sed -i 's/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
alice='a person, "quoted"'
add_user alice "$alice" games
sudo_rule rules 'Defaults passwd_tries=1' 'alice ALL=(ALL:ALL) ALL'
nss_enable
svctoken role edit Admin --group ops >"$T/role" 2>&1 ||
    die "role edit: $(cat "$T/role")"
unix_account deploy --role Admin
install -d -m 755 /var/lib/svctoken-home
install -d -m 700 -o deploy -g deploy "$(home_of deploy)"
make_key deploy
uid=$(id -u deploy)
ops=$(getent group ops | cut -d : -f 3)
new_token ci deploy/ci --ttl 1h
cp -a "$svct_db" "$T/db" || die "no database"
unix_module=$(find /usr/lib /lib -name 'libnss_svctoken.so*' -type f | head -n 1)
[ -n "$unix_module" ] || die "no module"
cp -p "$unix_module" "$T/module.so"
start_sshd

current=$svct_db/$(readlink "$svct_db/current")
db=$current/public.gdbm
[ -f "$db" ] || die "no $db"

restore() {
    umount "$svct_db" 2>/dev/null
    rm -rf "$svct_db"
    cp -a "$T/db" "$svct_db"
    cp -p "$T/module.so" "$unix_module"
}

# What libc says of users of the host, and all that it says on the way. A
# lookup that waits for anything is ended.
host_users() {
    timeout 10 getent passwd root alice
    timeout 10 getent group root games
    timeout 10 id root
    timeout 10 id alice
    as_user alice id
    timeout 10 getent passwd nobody-here
    printf 'and nobody: %s\n' $?
    timeout 10 getent passwd | grep -E '^(root|alice|nobody):'
}
host=$(host_users 2>&1)

people() {
    log_mark
    check_eq "$1: the users of the host are as they were" "$host" \
        "$(host_users 2>&1)"
    later check "$1: a person logs in" ssh_password alice "$alice" id
    later check "$1: ... and uses sudo" sudo_as alice "$alice" id
}

# As root, who may read anything, and as a person.
unknown() {     # MAP KEY
    local status=0 said

    said=$(timeout 10 getent "$1" "$2" 2>&1) || status=$?
    [ "$status" -eq 2 ] && [ -z "$said" ] || return 1
    status=0
    said=$(as_user alice getent "$1" "$2" 2>&1) || status=$?
    [ "$status" -eq 2 ] && [ -z "$said" ]
}

# What is left of a crash, or a word of the module, which has none to say.
strange() {
    log_since | grep -E 'segfault|signal|core dumped|stack smashing|libnss'
}

broken() {      # DESCRIPTION [PATTERN]: db verify says it in these words
    people "$1"
    check "$1: our user is unknown" unknown passwd deploy
    check "$1: ... and the number" unknown passwd "$uid"
    check "$1: ... and the groups" unknown group ops
    check "$1: ... and their numbers" unknown group "$ops"
    check_status "$1: id says so" 1 timeout 10 id deploy
    later check "$1: a token logs in nowhere" \
        ssh_denied ssh_password deploy "$ci" id
    later check "$1: ... nor by keyboard-interactive" \
        ssh_denied ssh_kbdint deploy "$ci" id
    later check "$1: ... nor a key" ssh_refused ssh_key deploy id
    later refute "$1: ... nor root's su" timeout 20 su deploy -c true
    collect
    refute_log "$1: nobody is granted anything" "$(ours '[^)]*')granted"
    check_eq "$1: nothing crashes" "" \
        "$(strange)"
    if [ $# -gt 1 ]; then
        sv db verify
        check_like "$1: db verify says it" "$2" "$STATUS $ANSWER$WORDS"
    fi
    restore
}

works() {       # DESCRIPTION
    people "$1"
    check_eq "$1: our user is known" "$uid" "$(as_user alice id -u deploy)"
    check_eq "$1: ... with groups" "deploy ops" \
        "$(id -Gn deploy | xargs -n 1 | sort | xargs)"
    later check "$1: the token logs in" ssh_password deploy "$ci" id
    later check "$1: the key logs in" ssh_key deploy id
    collect
    check_eq "$1: nothing crashes" "" \
        "$(strange)"
    restore
}

works healthy
: >"$db"
broken "an empty file" '^[13] .*public'
truncate -s $(($(stat -c %s "$db") / 2)) "$db"
broken "half a file" '^[13] .*public'
head -c 100000 /bin/bash >"$db"
broken "another file" '^[13] .*public'
LC_ALL=C tr '\000\001\002\040-\176' '\001\000\377\041-\176\040' \
    <"$T/db/${db#"$svct_db"/}" >"$db"
broken "bytes flipped all over the file" '^[13] .*public'
truncate -s 1T "$db"
broken "a file of a terabyte" '^[13] .*public'
rm "$db"
broken "no file" '^[13] .*public'
chmod 666 "$db"
broken "a file for all to write" '^[13] .*public'
chown alice "$db"
broken "a file of a person" '^[13] .*public'
rm "$db" && mkfifo -m 644 "$db"
broken "a FIFO" '^[13] .*public'
rm "$db" && mkdir "$db"
broken "a folder in its place" '^[13] .*public'
rm "$db" && ln -s /etc/passwd "$db"
broken "a link in its place" '^[13] .*public'
rm "$svct_db/current"
broken "no current" '^[13] .*current'
ln -sfn gen-0000009999 "$svct_db/current"
broken "current leads nowhere" '^[13] .*gen-0000009999'
ln -sfn ../../etc "$svct_db/current"
broken "current leads elsewhere" '^[13] .*current'
rm -rf "$svct_db"
broken "never set up" '^3 .*(no database|svctoken init)'
rm -rf "$svct_db" && : >"$svct_db"
broken "a file in the place of the folder" '^3 '
chmod o+w "$svct_db"
broken "a folder for all to write" '^3 .*'

# Root may read it; a person is told no more than that there is no such user.
chmod 600 "$db"
people "a file for root alone"
collect
check_status "a file for root alone: a person does not know our user" 2 \
    as_user alice getent passwd deploy
check_eq "... and is told nothing" "" "$OUT"
check_eq "... root does" "$uid" "$(id -u deploy)"
sv db verify
check_like "... db verify says it" '^1 problem: public.gdbm .*mode 0600' \
    "$STATUS $ANSWER$WORDS"
chmod 644 "$db"
chmod 700 "$current"
check_status "a generation for root alone: the same" 2 \
    as_user alice getent passwd deploy
sv db verify
check_like "... db verify says it" '^1 problem: the folder .*mode 0700' \
    "$STATUS $ANSWER$WORDS"
restore

echo 'no module at all' >"$unix_module"
broken "a module that is none"
rm "$unix_module"
broken "no module"
works mended

# --- what is no outage ---

mount -t tmpfs -o size=4M,mode=755 full "$svct_db" || die "no mount"
cp -a "$T/db/." "$svct_db" || die "no room for the database"
head -c 8M /dev/zero >"$svct_db/ballast" 2>/dev/null
refute "the disk is full" cp /bin/bash "$svct_db/more"
works "a full disk"
mount --bind "$svct_db" "$svct_db" || die "no mount"
mount -o remount,bind,ro "$svct_db" || die "no read-only mount"
works "a read-only file system"
umask 077
check "a commit with umask 077" svctoken token create deploy/umask --ttl 1h
umask 022
works "made with umask 077"
stop_sshd

# --- commits and lookups at the same time ---

commits=60
readers=16

ask() {
    getent passwd deploy "$uid"
    getent group ops "$ops" deploy
    id deploy
    getent passwd root
}
answer=$(ask 2>&1)

reader() {      # NUMBER: prints each answer that differs, and how many it had
    local n=0 got

    until [ -e "$T/stop" ]; do
        got=$(ask 2>&1)
        [ "$got" = "$answer" ] || printf 'wrong: %s\n' "$got"
        n=$((n + 1))
    done
    printf '%s\n' "$n" >"$T/looked.$1"
}

pids=()
for ((i = 0; i < readers; i++)); do
    reader "$i" >"$T/reader.$i" 2>&1 &
    pids+=($!)
done
for ((i = 0; i < commits; i++)); do
    svctoken token create "deploy/n$i" --ttl 1h >/dev/null 2>"$T/words" ||
        break
done
touch "$T/stop"
wait "${pids[@]}"
check_eq "$commits commits were made meanwhile" "$commits" "$i"
check_eq "each of $readers readers looked" "$readers" \
    "$(grep -l '[1-9]' "$T"/looked.* | wc -l)"
check_eq "no lookup failed or told anything else" "" \
    "$(cat "$T"/reader.* | head -n 20)"
check "db verify" svctoken db verify

done_testing
