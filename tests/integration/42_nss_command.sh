#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# "nss status", "enable" and "disable" on the real /etc/nsswitch.conf, with the
# real libc: what it writes is what libc asks, all else stays, and whatever is
# in the way is refused with the file as it was.

# shellcheck disable=SC2317 # functions are run by check
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

conf=/etc/nsswitch.conf
backup=$conf.svctoken-backup
svct_host sshd

module=$(ldconfig -p | sed -n 's/.*libnss_svctoken\.so\.2.* => //p' | head -n 1)
[ -n "$module" ] ||
    module=$(find /lib/*/libnss_svctoken.so.2 /lib*/libnss_svctoken.so.2 \
        2>/dev/null | head -n 1)
[ -n "$module" ] || die "the module is not installed"

original=$(cat "$conf")

state() {
    (cd /etc && stat -c '%n %i %a %u %g %h' nsswitch.conf* &&
        sha256sum nsswitch.conf*)
}

status_says() { # DESCRIPTION EXIT-CODE FILTER
    sv nss status --json
    check_eq "$1" "$2" "$STATUS"
    json "..." "$3"
}

conf_is() {     # LINE...
    printf '%s\n' "$@" >"$conf"
}

# --- without the module ---

mv "$module" "$T/module"
no_change "no module: enable refuses, and says where it looked" 3 \
    "install the module first: .*libnss_svctoken.so.2.*/lib" nss enable
status_says "... status says so, too" 1 \
    '.works == false and .module == false and .root == true and
    (.problems | any(test("libnss_svctoken.so.2")))'
echo 'int none;' | cc -shared -fPIC -x c -o "$module" - || die "no compiler"
no_change "... nor with one that is no such module" 3 "has no _nss_svctoken_" \
    nss enable
{
    echo '#include <stdlib.h>'
    for entry in getpwnam_r getpwuid_r setpwent getpwent_r endpwent getgrnam_r \
        getgrgid_r setgrent getgrent_r endgrent initgroups_dyn; do
        echo "int _nss_svctoken_$entry(void) { abort(); }"
    done
} | cc -shared -fPIC -x c -o "$module" - || die "no compiler"
no_change "enable with a module that ends programs" 3 \
    'ends programs that ask it .*install it anew' nss enable
status_says "... and status says it" 1 \
    '.works == false and (.problems | any(test("ends programs")))'
mv "$T/module" "$module"

# --- in and out ---

status_says "with it, it is not enabled" 1 \
    '.module and (.passwd or .group or .initgroups | not) and
    (.problems | length == 2)'
chmod 640 "$conf"
chgrp adm "$conf"
rights=$(stat -c '%a %u %g' "$conf")
log_mark
good "enable" nss enable
check_like "... shows the lines" "now: passwd: files svctoken" "$WORDS"
check_like "... and the backup" "$backup" "$WORDS"
check_eq "... writes what is expected" \
    "$(sed -E 's/^((passwd|group):.*files)/\1 svctoken/' <<<"$original")" \
    "$(cat "$conf")"
check_eq "... with its rights" "$rights" "$(stat -c '%a %u %g' "$conf")"
check_eq "... the backup is the old one" "$original $rights" \
    "$(cat "$backup") $(stat -c '%a %u %g' "$backup")"
check_eq "... nothing else is left" 2 "$(find /etc -name 'nsswitch.conf*' | wc -l)"
check_log "... and it is in the log" \
    'nss-enable passwd=files\\x20svctoken.* passwd-was=files.* by=.* uid=0'
sv log --action nss-enable --json
json "... also in the file" '.changes | length == 1 and
    (.[0] | .sequence == 0 and (.changed.group.new | test("^files svctoken")))'
chmod 644 "$conf"
status_says "status: it works" 0 \
    '.works and .passwd and .group and .initgroups and .root and
    .initgroups_line == null and (.passwd_line | test("files svctoken"))'
no_change "enable again: it is so already" 0 "asks svctoken already" nss enable
good "its --json" nss enable --json
json "..." '.changed == false and .backup == null'
good "disable, with no account that needs it" nss disable --json
json "..." '.changed and (.backup | test("backup$"))'
check_eq "... the same bytes as before" "$original" "$(cat "$conf")"
no_change "disable again: nothing to do" 0 "nothing to do" nss disable

# --- libc asks it ---

# A process that runs sees both changes.
# shellcheck disable=SC2016 # perl's variables
looks='$| = 1; getpwnam("root"); print "ready\n";
while (<STDIN>) {
    getpwnam("nobody2");
    open(my $maps, "<", "/proc/self/maps");
    print((grep { /libnss_svctoken/ } <$maps>) ? "asks\n" : "no\n");
}'
mkfifo "$T/in"
perl -e "$looks" <"$T/in" >"$T/seen" &
exec 7>"$T/in"
wait_for 5 grep -qx ready "$T/seen"
echo >&7
wait_for 5 grep -qx no "$T/seen"
good "enable for a process that runs" nss enable
echo >&7
check "... which asks the module at its next look" \
    wait_for 5 grep -qx asks "$T/seen"
exec 7>&-

# --- an account ---

printf '%s\n' \
    '{"kind":"account","name":"robot","role":"Editor","uid":70000,"home":"/var/lib/svctoken-home/robot","shell":"/bin/sh"}' \
    >"$T/robot.jsonl"
svctoken db import "$T/robot.jsonl" >/dev/null 2>"$T/import" ||
    die "import: $(cat "$T/import")"
sv nss status --json
if jq -e '.users == 1' <"$T/answer" >/dev/null; then
    json "status looks for an account, and finds it" \
        '.works and .looked_up == "robot" and .found'
    check_like "... as libc does" '^robot:\*:70000:' "$(getent passwd robot)"
    no_change "disable asks, and there is no terminal" 2 "1 account .*--yes" \
        nss disable
    good "disable --yes" nss disable --yes
    check_status "... the account is unknown" 2 getent passwd robot
    status_says "... status says so" 1 '.found == false and
        (.problems | any(test("robot is not found")))'
    good "enable says nothing of it" nss enable
    mv /var/lib/svctoken/current/public.gdbm "$T"
    status_says "a database that lost a file: status says so" 1 \
        '.passwd and .found == false'
    mv "$T/public.gdbm" /var/lib/svctoken/current/
else
    not_ok "an account that is a Unix user by svctoken alone" "$ANSWER"
fi
sv nss status --json --db /var/lib/other
check_eq "status of no database" 1 "$STATUS"
json "..." '.users == null and .looked_up == null and
    (.problems | any(test("svctoken init")))'
sv nss disable --db /var/lib/other
check_eq "disable without a database needs no yes" 0 "$STATUS"

# --- what is refused ---

conf_is 'passwd: compat' 'group: files'
no_change "compat" 3 'the line of passwd has no "files".*by hand' nss enable
conf_is 'passwd: files [NOTFOUND=return] sss' 'group: files'
no_change "what ends before" 3 'NOTFOUND=return' nss enable
conf_is 'passwd: files [SUCCESS=continue]' 'group: files'
no_change "what loses root" 3 'SUCCESS=continue' nss enable
conf_is 'passwd: files' 'passwd: files' 'group: files'
no_change "two lines" 3 'two lines of passwd' nss enable
conf_is 'group: files'
no_change "no line" 3 'no line of passwd' nss enable
conf_is 'passwd: files [' 'group: files'
no_change "malformed" 3 'does not understand' nss enable
conf_is 'passwd: files' 'group: files svctoken # svctoken'
no_change "disable, what is not understood" 3 'behind a #' nss disable
status_says "... status says it" 1 '.problems | any(test("behind a #"))'
printf 'passwd: files\0\ngroup: files\n' >"$conf"
no_change "a zero byte" 3 'zero byte' nss enable
head -c 70000 /dev/zero | tr '\0' '\n' >"$conf"
no_change "too long" 3 'longer than 65536' nss enable
mv "$conf" "$T/long"
no_change "no file" 3 "there is no $conf" nss enable
printf '%s\n' "$original" >"$T/nsswitch.conf"
ln -s "$T/nsswitch.conf" "$conf"
no_change "a symbolic link" 3 "symbolic link to $T/nsswitch.conf.*authselect" \
    nss enable
check_eq "... what it points to is as it was" "$original" \
    "$(cat "$T/nsswitch.conf")"
printf '%s\n' 'passwd: files svctoken' 'group: files svctoken' \
    >"$T/nsswitch.conf"
check_eq "... status reads it through, as libc does" "true true" \
    "$(svctoken nss status --json | jq -r '"\(.passwd) \(.group)"')"
no_change "... enable: it is so already" 0 "asks svctoken already" nss enable
no_change "... but disable would have to write" 3 \
    "symbolic link to $T/nsswitch.conf" nss disable
printf '%s\n' "$original" >"$T/nsswitch.conf"
no_change "... and where it does not ask, disable has nothing to do" 0 \
    "nothing to do" nss disable
rm "$conf"
printf '%s\n' "$original" >"$conf"

# Root is looked for by a new process: here it finds nobody.
mv /usr/bin/getent "$T"
printf '#!/bin/sh\nexit 2\n' >/usr/bin/getent
chmod 755 /usr/bin/getent
rm -f "$backup"
inode=$(stat -c %i "$conf")
sv nss enable
check_eq "root is not found: that is said" 3 "$STATUS"
check_like "..." "root is not found: .* is again as it was" "$WORDS"
check_eq "... and the old file is back, itself" "$original $inode" \
    "$(cat "$conf") $(stat -c %i "$conf")"
mv "$T/getent" /usr/bin/getent

# --- who may, and what the disk says ---

bad_as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups svctoken nss "$@"
}
check_status "enable is root's" 3 bad_as_nobody enable
check_like "..." "for root: try sudo" "$OUT"
check_eq "... the file is as it was" "$original" "$(cat "$conf")"

cp -a /etc "$T/etc"
mount -t tmpfs -o mode=0755 full /etc
cp -a "$T/etc/." /etc
mount -o remount,size="$(($(df --output=used -k /etc | tail -n 1)))k" /etc
no_change "a full disk" 3 "No space left" nss enable
mount -o remount,size=0,ro /etc
no_change "a read-only one" 3 "Read-only" nss enable
umount /etc

# Killed at some moment, whichever: old or new, whole.
whole=yes
new=$(sed -E 's/^((passwd|group):.*files)/\1 svctoken/' <<<"$original")
for n in {1..30}; do
    printf '%s\n' "$original" >"$conf"
    { (exec timeout -s KILL "$(printf '0.%03d' "$n")" \
        svctoken nss enable >/dev/null); } 2>/dev/null
    case $(cat "$conf") in
    "$original" | "$new") ;;
    *) whole=no ;;
    esac
done
printf '%s\n' "$original" >"$conf"
check_eq "killed: the file is the old one or the new one" yes "$whole"
good "... and the next one does it" nss enable
check_eq "..." "$new" "$(cat "$conf")"
check_eq "... and clears up" 2 "$(find /etc -name 'nsswitch.conf*' | wc -l)"

# --- merged groups, and initgroups ---

conf_is 'passwd: files' 'group: files [SUCCESS=merge] systemd' \
    'initgroups: files [SUCCESS=continue] systemd'
good "enable, groups merged and a line of initgroups" nss enable
check_eq "..." 'passwd: files svctoken
group: files [SUCCESS=merge] svctoken [SUCCESS=merge] systemd
initgroups: svctoken [SUCCESS=continue] files [SUCCESS=continue] systemd' \
    "$(cat "$conf")"
check "... a group of the host is found" getent group daemon
check_eq "... and people keep theirs" "$(id -G root)" "0"
status_says "... it works" 0 '.initgroups and (.initgroups_line != null)'

done_testing
