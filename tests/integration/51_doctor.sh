#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# svctoken doctor on a host with the real sshd, sudo and libc: a healthy one has
# no finding; each fault that it can find is planted, found by its code, mended
# (by the command that the finding names, where that can be done here) and is
# gone then. At the end every code that "--list" has must have been seen.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

top=$(realpath "$(dirname "$0")/../..")
config=/etc/ssh/sshd_config
svct_host sshd sudo
ssh-keygen -A >/dev/null
mkdir -p /run/sshd
printf '%s\n' 'Include /etc/ssh/sshd_config.d/*.conf' 'UsePAM yes' \
    'PasswordAuthentication yes' 'KbdInteractiveAuthentication no' \
    'Subsystem sftp internal-sftp' >$config
rm -f /etc/ssh/sshd_config.d/*
cp $config "$T/sshd_config"
nss_enable
unix_account deploy --role Admin --create-home
new_token ci deploy/ci --source 10.0.0.0/8 --source local
sudo_rule deploy 'deploy ALL=(root) /usr/bin/id' \
    'Defaults:deploy timestamp_timeout=0'
add_user person secret
unset SVCTOKEN_DB

# The kernel's word about the clock is that of this machine: ours instead.
cat >"$T/clock.c" <<'END'
#include <stdlib.h>
#include <sys/timex.h>
int adjtimex(struct timex *clock)
{
    clock->status = getenv("UNSYNCED") != NULL ? STA_UNSYNC : 0;
    return 0;
}
END
cc -shared -fPIC -o "$T/clock.so" "$T/clock.c" || die "no clock"
[ -e "$T/ahead.so" ] || make_clock

# --- asking ---

: >"$T/seen"
ahead=0

# Its exit code must be that of the worst finding.
doctor() {      # ARGUMENT...
    local want

    sv_run env AHEAD=$ahead LD_PRELOAD="$T/clock.so $T/ahead.so" \
        svctoken doctor --json "$@"
    want=$(jq 'if .error_count > 0 then 4 elif .unknown_count > 0 then 3
        elif .warning_count > 0 then 1 else 0 end' <"$T/answer")
    [ "$STATUS" = "$want" ] ||
        not_ok "the exit code of doctor $*" "$STATUS: $ANSWER$WORDS"
    jq -r '.findings[].code' <"$T/answer" >>"$T/seen"
}

# The check finds CODE, as it is in the list, and says all that it should.
finds() {       # DESCRIPTION CODE [JQ-FILTER-OF-THE-FINDING [ARGUMENT...]]
    doctor "${2%%_*}" "${@:4}"
    if jq -e --arg code "$2" '.findings | any(.code == $code and
            (.what | length > 10) and (.why | test("^.{20,}\\.$")) and
            (.what | test("\\.$") | not) and ('"${3:-true}"'))' \
        <"$T/answer" >/dev/null; then
        ok "$1: $2"
    else
        not_ok "$1: $2" "${3-}" "$ANSWER$WORDS"
    fi
}

lacks() {       # DESCRIPTION CODE [ARGUMENT...]
    doctor "${2%%_*}" "${@:3}"
    if jq -e --arg code "$2" '.findings | all(.code != $code)' \
        <"$T/answer" >/dev/null; then
        ok "$1: no $2"
    else
        not_ok "$1: no $2" "$ANSWER$WORDS"
    fi
}

# Runs what the last answer says of CODE, and looks again. No service manager
# is here.
mends() {       # CODE
    local command

    command=$(jq -r --arg code "$1" \
        'first(.findings[] | select(.code == $code)).command' <"$T/answer")
    check "its command: ${command:0:60}" bash -c \
        '[ "${1:-null}" != null ] || exit 1
        systemctl() { :; }
        eval "$1"' - "$command"
    lacks "... mends it" "$1"
}

none() {        # DESCRIPTION [ARGUMENT...]
    doctor "${@:2}"
    if [ "$STATUS" -eq 0 ] && jq -e '.findings == []' <"$T/answer" >/dev/null
    then
        ok "$1"
    else
        not_ok "$1" "$ANSWER$WORDS"
    fi
}

# --- a healthy host ---

checks=$(svctoken doctor --list --json | jq -r '[.codes[].check] | unique[]')
for name in $checks; do
    none "a healthy host: $name" "$name"
done
good "... in words" doctor --ignore host_clock_unsynced
check_like "... one line" '^nothing found \([0-9]+ checks\)$' "$ANSWER"
good "... for cron" doctor --quiet --ignore host_clock_unsynced
check_eq "... no line" "" "$ANSWER$WORDS"

# --- sshd ---

sshd_is() {     # LINE...
    cp "$T/sshd_config" $config
    rm -f /etc/ssh/sshd_config.d/*
    printf '%s\n' "$@" >"$T/lines"
    cat "$T/lines" "$T/sshd_config" >$config
}

mv /usr/sbin/sshd "$T/sshd"
finds "no sshd" sshd_absent '.severity == "note"'
mv "$T/sshd" /usr/sbin/sshd
mv /run/sshd "$T/run-sshd"
finds "sshd can't run" sshd_unknown '.severity == "unknown"'
mends sshd_unknown
sshd_is 'Nonsense yes'
finds "a line that sshd does not know" sshd_bad_config \
    '.severity == "error" and (.what | test("Nonsense"))'
sshd_is 'UsePAM no'
finds "without PAM" sshd_no_pam
mends sshd_no_pam
sshd_is 'PasswordAuthentication no'
finds "without passwords" sshd_no_password \
    '.examples == ["deploy"] and .count == 1'
mends sshd_no_password
sshd_is 'PasswordAuthentication no' 'KbdInteractiveAuthentication yes'
lacks "keyboard-interactive will do" sshd_no_password
sshd_is 'AuthenticationMethods publickey'
finds "with keys alone" sshd_no_password
mends sshd_no_password
sshd_is 'AuthenticationMethods publickey,password publickey'
finds "a key besides" sshd_needs_more '.examples == ["deploy"]'
sshd_is 'AuthenticationMethods publickey,password password'
lacks "... or not" sshd_needs_more
printf '%s\n' 'Match User deploy' 'PasswordAuthentication no' >>$config
finds "a Match block takes them away" sshd_no_password
sshd_is 'PasswordAuthentication no'
printf '%s\n' 'Match Address 10.0.0.0/8' 'PasswordAuthentication yes' >>$config
finds "one for addresses, of tokens" sshd_no_password
good "..." account edit deploy --source 10.0.0.0/8 --source local
lacks "... of the account, does" sshd_no_password
good "..." account edit deploy --source none
sshd_is 'AllowUsers person'
finds "left out of AllowUsers" sshd_shut_out '.what | test("AllowUsers.*deploy")'
mends sshd_shut_out
sshd_is 'AllowUsers d*y@10.0.0.0/8'
lacks "a pattern with hosts" sshd_shut_out
sshd_is 'AllowGroups nogroup'
finds "left out of AllowGroups" sshd_shut_out
mends sshd_shut_out
sshd_is 'DenyUsers dep*'
finds "denied by DenyUsers" sshd_shut_out
sshd_is 'DenyGroups deploy'
finds "denied by DenyGroups" sshd_shut_out
sshd_is 'PermitEmptyPasswords yes'
finds "empty passwords" sshd_empty_passwords '.count == 2'
mends sshd_empty_passwords
sshd_is 'UseDNS yes'
finds "names in the place of addresses" sshd_dns
mends sshd_dns
sshd_is 'MaxAuthTries 1'
finds "a single try" sshd_tries
mends sshd_tries
sshd_is
mv /usr/sbin/sshd "$T/sshd"
# That of OpenSSH 10 tells its own, and the first counts.
printf '#!/bin/sh\necho pamservicename other\nexec %s "$@"\n' "$T/sshd" \
    >/usr/sbin/sshd
chmod +x /usr/sbin/sshd
finds "another service of PAM" sshd_service '.what | test("other")'
mv "$T/sshd" /usr/sbin/sshd

# --- sudo ---

mv /usr/bin/sudo "$T/sudo"
finds "no sudo" sudo_absent '.severity == "note"'
printf '#!/bin/sh\necho "sudo: no" >&2\nexit 1\n' >/usr/bin/sudo
chmod +x /usr/bin/sudo
finds "sudo does not answer" sudo_unknown '.what | test("sudo: no")'
mv "$T/sudo" /usr/bin/sudo
echo nonsense >/etc/sudoers.d/bad
chmod 440 /etc/sudoers.d/bad
finds "a rule that sudo does not know" sudo_bad_config
rm /etc/sudoers.d/bad
sudo_rule deploy 'deploy ALL=(root) NOPASSWD: /usr/bin/id'
finds "without asking" sudo_nopasswd '.examples == ["deploy"]'
sudo_rule deploy 'deploy ALL=(root) /usr/bin/id' 'Defaults:deploy !authenticate'
finds "... by a default" sudo_nopasswd
sudo_rule deploy 'deploy ALL=(root) /usr/bin/id'
finds "remembered for a while" sudo_ticket
mends sudo_ticket
rm /etc/sudoers.d/deploy
none "no rule" sudo

# --- a few of many ---

for n in $(seq 101); do
    printf '{"kind":"account","name":"m%03d","role":"Admin"}\n' "$n"
done >"$T/many"
good "a hundred accounts" db import "$T/many"
finds "sshd is asked about some" sshd_sample '.what | test("16.*102")'
finds "... and sudo" sudo_sample '.what | test("16.*102")'
finds "... and the host about a hundred" account_sample '.what | test("102.*100")'
sudo_rule many 'm015,m016 ALL=(root) NOPASSWD: /usr/bin/id'
finds "... those are the first by name" sudo_nopasswd '.examples == ["m015"]'
rm /etc/sudoers.d/many
for n in $(seq 101); do
    svctoken account delete "$(printf 'm%03d' "$n")" --yes 2>/dev/null
done

# --- the name service ---

nsswitch() {    # LINE-OF-PASSWD
    sed -i "s/^passwd:.*/passwd: $1/" /etc/nsswitch.conf
}

cp /etc/nsswitch.conf "$T/nsswitch.conf"
nsswitch files
finds "not asked" nss_not_asked
mends nss_not_asked
nsswitch 'files [NOTFOUND=return] svctoken'
finds "never reached" nss_not_reached '.command == null'
nsswitch 'files svctoken[NOTFOUND=return'
finds "not understood" nss_not_understood
nsswitch svctoken
finds "root is lost" nss_no_root
cp "$T/nsswitch.conf" /etc/nsswitch.conf
module=$(ldconfig -p | sed -n 's/.*libnss_svctoken\.so\.2.* => //p' | head -n 1)
[ -n "$module" ] ||
    module=$(find /lib/*/libnss_svctoken.so.2 /lib*/libnss_svctoken.so.2 \
        2>/dev/null | head -n 1)
mv "$module" "$T/module"
finds "no module" nss_no_module
{
    echo '#include <stdlib.h>'
    for entry in getpwnam_r getpwuid_r setpwent getpwent_r endpwent getgrnam_r \
        getgrgid_r setgrent getgrent_r endgrent initgroups_dyn; do
        echo "int _nss_svctoken_$entry(void) { abort(); }"
    done
} | cc -shared -fPIC -x c -o "$module" - || die "no compiler"
cp "$T/nsswitch.conf" /etc/nsswitch.conf
sed -i 's/svctoken//' /etc/nsswitch.conf
finds "one that ends programs" nss_module_crashes
rm "$module"
mv "$T/module" "$module"
cp "$T/nsswitch.conf" /etc/nsswitch.conf
none "as before" nss

# --- accounts and users of the host ---

uid=$(id -u deploy)
cp -p /etc/passwd /etc/shadow /etc/group "$T"
restore() {
    cp -p "$T/passwd" "$T/shadow" "$T/group" /etc
}

echo deploy:x:4711:4711::/home/deploy:/bin/sh >>/etc/passwd
finds "a user of that name, another uid" account_other_uid '.what | test("4711")'
finds "... that logins get" nss_account_lost
restore
useradd -o -u "$uid" -g nogroup thief
finds "a user with that uid" account_uid_taken '.what | test("deploy.*thief")'
restore
groupadd -o -g "$uid" thieves
finds "a group with that gid" account_gid_taken '.what | test("thieves.*deploy")'
restore
echo deploy:x:0:0::/root:/bin/sh >>/etc/passwd
finds "a user of that name with uid 0" account_root '.examples == ["deploy"]'
restore
service_account host1
new_token host1 host1/one
none "an account of a Unix user" account
echo host1:secret | chpasswd -c SHA512 -s 1000
finds "... with a password" account_password '.examples == ["host1"]'
mends account_password
usermod -aG sudo host1
finds "... that is an administrator" account_administrator
mends account_administrator
chage -E 1 host1
finds "... that has expired" account_unix_expired '.what | test("has expired")'
mends account_unix_expired
chage -d 2020-01-01 -M 90 host1
finds "... with an old password" account_unix_expired '.what | test("too old")'
mends account_unix_expired
chage -d 0 host1
finds "... that must change it" account_unix_expired '.what | test("must change")'
mends account_unix_expired
usermod -s /no/such host1
finds "... without a shell" account_no_shell '.what | test("/no/such")'
usermod -s /bin/bash host1
make_key host1
finds "... with an SSH key" account_key '.examples == ["host1"]'
rm -r /home/host1/.ssh
userdel host1 2>/dev/null
finds "... that is gone" account_no_user '.examples == ["host1"]'
good "..." account delete host1 --yes
mv /etc/shadow "$T/away"
finds "no /etc/shadow" account_unknown
mv "$T/away" /etc/shadow
unix_account idle --expires +8h
finds "no token" account_no_token '.examples == ["idle"]'
ahead=$((7 * 3600))
finds "an account that ends soon" account_expiring '.examples == ["idle"]'
ahead=$((9 * 3600))
lacks "... has ended" account_expiring
ahead=0
good "..." account delete idle --yes
none "as before" account

# --- roles ---

good "..." role edit Viewer --allow sshd --allow sudo-i
finds "Viewer may raise rights" role_raises '.what | test("Viewer.*sudo-i")'
mends role_raises
good "..." role edit Viewer --group adm
finds "Viewer is an administrator" role_powerful_group '.what | test("adm")'
good "..." role edit Viewer --group none
none "as before" role

# --- tokens ---

good "..." token create deploy/ever --no-expiry --source local --out "$T/ever"
finds "without an end" token_no_expiry '.examples == ["deploy/ever"]'
ahead=$((91 * 86400))
finds "not used for long" token_unused \
    '.examples == ["deploy/ever"] and (.command | test("--unused 90d"))'
finds "ended long ago" token_ended '.examples == ["deploy/ci"]'
ahead=$((7 * 3600))
finds "ends soon" token_expiring '.examples == ["deploy/ci"]'
ahead=0
good "..." token revoke deploy/ever
none "revoked" token
ahead=$((91 * 86400))
finds "revoked long ago" token_ended '.count == 2'
ahead=0
good "..." token delete deploy/ever --yes
new_token any deploy/any
finds "good from everywhere" token_anywhere '.examples == ["deploy/any"]'
good "..." account edit deploy --source 10.0.0.0/8
lacks "... not where the account is not" token_anywhere
good "..." account edit deploy --source none --role Editor
lacks "... nor where it does not open sudo" token_anywhere
good "..." account edit deploy --role Admin
good "..." account disable deploy
finds "of a disabled account" token_of_closed '.count == 2'
lacks "... from where is another matter" token_anywhere
good "..." account enable deploy
good "..." token delete deploy/any --yes
rm $svct_db/usage
finds "nobody knows of uses" token_use_unknown '.severity == "unknown"'

# --- the database ---

lacks "the file usage is gone: that is no damage" db_damaged
finds "..." db_no_usage
mends db_no_usage
chmod 644 $svct_db/usage
finds "... is open to others" db_usage_unusable
mends db_usage_unusable
rm $svct_db/names
lacks "the file names is gone: that is no damage" db_damaged
finds "..." db_no_names
mends db_no_names
touch $svct_db/names.stale
finds "... may not fit" db_names_stale
mends db_names_stale
rm -r $svct_db/reserve
finds "no reserve" db_no_reserve
mends db_no_reserve
cp -a "$(realpath $svct_db/current)" $svct_db/gen-0000000001
finds "too many generations" db_generations
mends db_generations
touch $svct_db/dust
finds "something else" db_leftovers '.examples == ["dust"]'
rm $svct_db/dust
current=$(readlink $svct_db/current)
older=$(cd $svct_db && printf '%s\n' gen-* | tail -n 2 | head -n 1)
ln -sfn "$older" $svct_db/current
finds "put back" db_put_back ".examples == [\"$current\"]"
ln -sfn "$current" $svct_db/current
chmod 700 $svct_db
finds "closed to others" db_hidden
mends db_hidden
chmod 600 $svct_db/current/public.gdbm
finds "... a file in it" db_hidden '.what | test("public.gdbm")'
mends db_hidden
chmod 777 $svct_db
finds "open to others" db_unsafe
mends db_unsafe
chown nobody /var/lib
finds "... a folder above" db_unsafe '.command | test("chown root /var/lib ")'
mends db_unsafe
finds "no database" db_none \
    ".command == \"(export SVCTOKEN_DB='/srv/none'; svctoken init)\"" \
    --db /srv/none
finds "no path" db_unreadable true --db none
none "as before" db
cp -a $svct_db /root/db
finds "another database" db_elsewhere true --db /root/db
rm /root/db/current
finds "the link is lost" db_damaged '.what | test("ln -s gen-")' --db /root/db
ln -s "$current" /root/db/current
good "..." account edit deploy --description damage-me --db /root/db
current=$(readlink /root/db/current)
cp -p "/root/db/$current/private.gdbm" "$T"
at=$(grep -abo damage-me "/root/db/$current/private.gdbm" | head -n 1)
printf x | dd of="/root/db/$current/private.gdbm" bs=1 seek="${at%%:*}" \
    conv=notrunc status=none
finds "a damaged record" db_damaged '.count >= 1' --db /root/db
doctor --db /root/db
json "... is said once" '[.findings[].code] | index("db_damaged") != null and
    (map(select(. == "db_damaged")) | length == 1)'
size=$(stat -c %s "/root/db/$current/private.gdbm")
head -c "$size" /dev/urandom >"/root/db/$current/private.gdbm"
finds "damaged" db_damaged '.severity == "error"' --db /root/db
cc -I"$SVCT_BUILD_DIR" -I"$top/lib" -o "$T/newer" \
    "$top/tests/support/newer.c" "$top/lib/base/crc64.c" || die "no helper"
cp -p "$T/private.gdbm" "/root/db/$current/private.gdbm"
"$T/newer" "/root/db/$current/private.gdbm" || die "no newer database"
finds "of a newer version" db_newer '.what | test("newer")' --db /root/db
rm -rf /root/db

# --- the host ---

on_its_own() {  # OPTIONS
    cp -a $svct_db "$T/db"
    mount -t tmpfs -o "mode=755,$1" full $svct_db || die "no tmpfs"
    cp -a "$T/db/." $svct_db
    rm -rf "$T/db"
}

on_its_own size=64m
dd if=/dev/zero of=$svct_db/fill bs=64k status=none 2>/dev/null
finds "a full disk" host_disk_full '.command | test("^df ")'
umount $svct_db
on_its_own nr_inodes=40
n=0
while : >$svct_db/fill$n; do n=$((n + 1)); done 2>/dev/null
finds "no inodes" host_no_inodes
umount $svct_db
on_its_own size=64m
mount -o remount,ro $svct_db
lacks "read-only is no fault of the file usage" db_usage_unusable
finds "read-only" host_read_only
mends host_read_only
umount $svct_db
ahead=-3600
finds "a clock that is behind" host_clock_behind '.what | test("clock_suspect")'
ahead=0
export UNSYNCED=1
finds "a clock that nobody keeps right" host_clock_unsynced
unset UNSYNCED
touch /etc/nologin
finds "nobody may log in" host_nologin
mends host_nologin
chmod 777 /var/log/svctoken
finds "the log is open to others" host_audit
mends host_audit
chmod 666 /var/log/svctoken/audit.log
finds "... the file" host_audit
mends host_audit
cp -p /var/log/svctoken/audit.log "$T/audit.log"
truncate -s 101M /var/log/svctoken/audit.log
finds "... is large" host_audit_large
cp -p "$T/audit.log" /var/log/svctoken/audit.log
mv /dev/log /dev/away
finds "no syslog" host_no_syslog
mv /dev/away /dev/log
mkdir -p /run/svctoken
chmod 700 /run/svctoken
none "as before" host
chown nobody /run/svctoken
finds "/run/svctoken is not root's" host_run
mends host_run
echo short >/run/svctoken/marker.key
chmod 600 /run/svctoken/marker.key
finds "the key of the marker is none" host_run
mends host_run
chmod 0 /var/log/svctoken
sv_run setpriv --bounding-set=-dac_override,-dac_read_search \
    svctoken doctor --json host
json "root may not look: host_unknown" \
    '.findings | any(.code == "host_unknown" and .severity == "unknown")'
check_eq "... exit code 3" 3 "$STATUS"
jq -r '.findings[].code' <"$T/answer" >>"$T/seen"
chmod 700 /var/log/svctoken

# --- what is said ---

good "..." role edit Viewer --allow sshd --allow sudo --refuse none
new_token any deploy/any
sv doctor role token
check_eq "a warning: exit code 1" 1 "$STATUS"
check_like "... worst first" '^warning +role_raises' "$(head -n 1 "$T/answer")"
check_like "... with the command" '^ +# svctoken role edit Viewer ' "$ANSWER"
check_like "... the last line counts" '^1 warning, 1 note \(2 checks\)$' \
    "$(tail -n 1 "$T/answer")"
sv doctor --quiet role token
refute "--quiet leaves notes out" grep -q token_anywhere "$T/answer"
check_like "... but not the warning" role_raises "$ANSWER"
sv doctor --ignore role_raises role
check_eq "--ignore: exit code 0" 0 "$STATUS"
check_eq "... as if it were not" "nothing found (1 check)" "$ANSWER"
wide() {        # COLUMNS [NAME=VALUE]
    script -qec "stty cols $1; ${2-} svctoken doctor role" /dev/null |
        tr -d '\r'
}
check_like "colours on a terminal" $'^\033\\[33mwarning' "$(wide 60)"
check_like "... not with NO_COLOR" '^warning +role_raises' \
    "$(wide 60 NO_COLOR=1)"
check_eq "... and lines fit, but the command" "" \
    "$(wide 60 NO_COLOR=1 | grep -v '^ *# ' | awk 'length > 60')"
sv doctor sshf
check_eq "an unknown check: exit code 2" 2 "$STATUS"
check_like "... did you mean" 'did you mean sshd\?' "$WORDS"
sv doctor --ignore nothing
check_eq "an unknown code: exit code 2" 2 "$STATUS"
sv_run setpriv --reuid 65534 --clear-groups svctoken doctor
check_eq "not root: exit code 3" 3 "$STATUS"
check_like "... and a word" 'try sudo' "$WORDS"
before=$(find $svct_db /etc /run/svctoken /var/log/svctoken -printf \
    '%p %i %T@ %C@ %m %u\n' | sort)
sv doctor
check_eq "it changes nothing" "$before" "$(find $svct_db /etc /run/svctoken \
    /var/log/svctoken -printf '%p %i %T@ %C@ %m %u\n' | sort)"

# --- every code was seen ---

svctoken doctor --list --json | jq -r '.codes[].code' | sort >"$T/codes"
check_eq "every finding was planted" "" \
    "$(grep -v '^pam_' "$T/codes" | comm -23 - <(sort -u "$T/seen"))"
check_eq "... and is in the list" "" \
    "$(sort -u "$T/seen" | comm -13 "$T/codes" -)"
done_testing
