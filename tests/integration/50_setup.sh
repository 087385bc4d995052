#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# "svctoken setup" on real service files, with the real sshd and sudo behind
# them: what it shows is what it does, what it does lets tokens in and changes
# nothing for people, and --undo brings the same bytes back. What it does not
# understand, what does not stand the test, a disk that is full or read-only and
# a kill -9 leave the file as it was; of the test itself nothing stays.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2016,SC2119,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

pamd=/etc/pam.d
start_syslog
install_svctoken
alice='a person, "quoted"'
add_user alice "$alice"
make_key alice
sudo_rule rules 'Defaults passwd_tries=1' 'alice ALL=(ALL:ALL) ALL' \
    'deploy ALL=(root) /usr/bin/id'
cp -a $pamd "$T/before"

state() {       # of all that setup could touch
    (cd $pamd && stat -c '%n %i %a %u %g %h %F' -- * &&
        find . -type f -exec sha256sum {} + | sort)
}

bad() {         # DESCRIPTION STATUS PATTERN ARGUMENT...
    no_change "$1" "$2" "$3" setup "${@:4}"
}

is_now() {      # DESCRIPTION SERVICE STATE
    sv setup --json
    json "$1" '.services | any(.service == "'"$2"'" and .state == "'"$3"'")'
}

restore() {     # SERVICE...
    local service

    for service; do
        rm -f "$pamd/$service".svctoken-*
        cp -a "$T/before/$service" "$pamd/$service"
    done
}

# --- what is missing ---

module=$(find /lib/*/security/pam_svctoken.so /lib/security/pam_svctoken.so \
    2>/dev/null | head -n 1)
[ -n "$module" ] || die "the module is not installed"
bad "no database: it can't be tried" 3 'no database yet: "svctoken init"' \
    sshd --yes
svctoken init >"$T/init" 2>&1 || die "svctoken init: $(cat "$T/init")"
mv "$module" "$T/module"
bad "no module" 3 'install the module first' sshd --yes
mv "$T/module" "$module"
bad "no such service" 2 'no service file "sshdd".*did you mean sshd\?' sshdd
bad "no name of a service" 2 'is no name of a service' ../passwd
bad "... nor is that of a backup" 2 'is no name' sshd.svctoken-backup
bad "one that is named twice" 2 'sudo is named twice' sudo sudo
bad "options without a service" 2 'which service' --yes
bad "two that contradict each other" 2 'undo' sshd --undo --untested
bad "nobody to ask" 2 'give --yes' sshd
sv_run as_user alice "$(command -v svctoken)" setup sshd --yes
check_eq "alice may not" 3 "$STATUS"

# --- seen before ---

is_now "sshd is not set up" sshd not_set_up
json "... and asks in no type" '.services[] | select(.service == "sshd") |
    (.auth or .account or .session | not) and .by == null and .why == null'
is_now "a file of another kind" common-password no_place
bad "--dry-run" 0 '^$|sshd' sshd --dry-run
check_eq "... shows three lines, as the manual has them" \
    "$(printf '%s\n' \
        '+auth    [success=done user_unknown=ignore authinfo_unavail=ignore ignore=ignore module_unknown=ignore default=die] pam_svctoken.so' \
        '+account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=die] pam_svctoken.so' \
        '+session optional pam_svctoken.so')" \
    "$(grep '^+[^+]' "$T/answer")"
cp "$T/answer" "$T/diff"

# What sshd itself has to allow is said, and left alone.
config=/etc/ssh/sshd_config
ssh-keygen -A >/dev/null
mkdir -p /run/sshd
cp $config "$T/config"
sshd_says() {   # DESCRIPTION PATTERN LINE...
    local desc=$1 pattern=$2

    printf '%s\n' "${@:3}" >$config
    sv setup sshd --dry-run
    check_like "$desc" "$pattern" "$WORDS."
    check_eq "..." "$(printf '%s\n' "${@:3}")" "$(cat $config)"
}
sshd_says "sshd without PAM" 'put "UsePAM yes" into' 'UsePAM no'
sshd_says "sshd without passwords" 'put "PasswordAuthentication yes" into' \
    'UsePAM yes' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no'
sshd_says "sshd with both" '^\.$' 'UsePAM yes' 'PasswordAuthentication yes'
sshd_says "sshd that can't be asked" 'does not tell how' 'Nonsense'
cp "$T/config" $config

# --- sshd ---

chmod 640 $pamd/sshd
chgrp adm $pamd/sshd
rights=$(stat -c '%a %u %g' $pamd/sshd)
mounts=$(wc -l </proc/self/mounts)
log_mark
good "setup sshd" setup sshd --yes
check_like "... says how often it was tried" 'tried with [0-9]{2} logins' \
    "$WORDS"
check_eq "... does what the dry run showed" "$(cat "$T/diff")" "$ANSWER"
check_eq "... which is the difference" "$(tail -n +3 "$T/diff")" \
    "$(diff -u "$T/before/sshd" $pamd/sshd | tail -n +3)"
check_eq "... keeps the rights" "$rights" "$(stat -c '%a %u %g' $pamd/sshd)"
inode=$(stat -c %i $pamd/sshd.svctoken-backup)
check_eq "... and the file as it was" "$(sha256sum <"$T/before/sshd") $rights 1" \
    "$(sha256sum <$pamd/sshd.svctoken-backup) $(stat -c '%a %u %g %h' \
        $pamd/sshd.svctoken-backup)"
check_log "... is in the log" \
    'svctoken\[[0-9]+\]: setup service=sshd .*tested=yes by=.* uid=0'
sv log --action setup --json
json "... also in the file" '.changes | length == 1'
is_now "it is set up" sshd set_up

# Nothing stays of the test.
refute_log "no login of the test is in the log" 'svct-try'
check_eq "... no user" "" "$(grep -s svct-try /etc/passwd /etc/shadow)"
check_eq "... no account" "" "$(svctoken account list --json | grep svct-try)"
check_eq "... no mount" "$mounts" "$(wc -l </proc/self/mounts)"
check_eq "... no file" "" "$(find /run /tmp /var/lib -name '*svctoken-try*')"
check_eq "... no process" "" "$(pgrep -x svctoken)"

good "again" setup sshd --yes --json
json "... changes nothing" '.changed == false and
    (.services[0] | .changed == false and .diff == null)'
check_like "... and says so" 'sshd is set up already' "$WORDS"

service_account deploy --role Admin
make_key deploy
new_token ci deploy/ci
wrong=$(token_like "$ci")
start_sshd
check "a token" ssh_password deploy "$ci" true
check "... by the other method" ssh_kbdint deploy "$ci" true
check "a key of the account" ssh_key deploy true
check "a person" ssh_password alice "$alice" true
later check "a wrong token is refused" ssh_denied ssh_password deploy "$wrong" true
later check "a person's wrong password" ssh_denied ssh_password alice no true
later check "root's" ssh_denied ssh_password root "$ci" true
collect
check "disable it" svctoken account disable deploy
check "its key is refused" ssh_refused ssh_key deploy true
check "enable it" svctoken account enable deploy

# --- and back ---

bad "undo, with nobody to ask" 2 'give --yes' sshd --undo
bad "undo, dry" 0 '^$' sshd --undo --dry-run
check_like "... shows what goes" '^-session optional pam_svctoken.so' "$ANSWER"
good "undo" setup sshd --undo --yes
check_eq "... the same bytes, and the same file" \
    "$(sha256sum <"$T/before/sshd") $inode" \
    "$(sha256sum <$pamd/sshd) $(stat -c %i $pamd/sshd)"
check_eq "... and nothing else" "" "$(find $pamd -name '*svctoken*')"
check_log "... is in the log" 'setup-undo service=sshd'
bad "undo again" 0 'does not ask svctoken: nothing to do' sshd --undo --yes
check "no token opens it now" ssh_denied ssh_password deploy "$ci" true
check "a person" ssh_password alice "$alice" true
stop_sshd

# --- sudo, su, cron ---

good "three at once" setup sudo su cron --yes --json
json "... are set up" '.changed and ([.services[] | .changed and .tested] |
    length == 3 and all)'
check "a token for sudo" sudo_as deploy "$ci" id
check "a person's sudo" sudo_as alice "$alice" id
check "a token for su" su_as deploy "$ci" true
check "root becomes it without" su deploy -c true
refute "a wrong one" su_as deploy "$wrong" true
check_eq "the line of su is behind pam_rootok" 1 \
    "$(grep -n pam_rootok $pamd/su | head -n 1 | cut -d: -f1 |
        while read -r at; do
            [ "$(grep -n pam_svctoken $pamd/su | head -n 1 | cut -d: -f1)" \
                -gt "$at" ] && echo 1
        done)"
check_eq "su-l has it by su" "$pamd/su" "$(svctoken setup --json |
    jq -r '.services[] | select(.service == "su-l").by')"
bad "undo for two" 2 'one service at a time' sudo su --undo --yes
echo '# a word' >>$pamd/su
bad "undo of what was changed since" 3 'was changed since setup' su --undo --yes
sed -i '$d' $pamd/su
for service in su sudo cron; do
    good "undo $service" setup "$service" --undo --yes
done
check_eq "all is as it was" "$(cd "$T/before" && sha256sum -- *)" \
    "$(cd $pamd && sha256sum -- *)"

# --- what is not understood ---

sudo_is() {
    printf '%s\n' "$@" >$pamd/sudo
}

rest=('@include common-account' '@include common-session')
sudo_is 'auth [sucess=ok] pam_unix.so' "${rest[@]}"
bad "a control that libpam does not know" 3 \
    'sudo stays as it is: /etc/pam.d/sudo line 1: the control is not' sudo --yes
check_like "... it says the lines" '^auth    \[success=done' "$WORDS"
is_now "... status says so, too" sudo not_understood
bad "one of two is not understood: none is changed" 3 'line 1' su sudo --yes
sudo_is '@include common-auth' "${rest[@]}" '@include common-none'
bad "a file that is missing" 3 'line 4: the file that is named there is missing' \
    sudo --yes
sudo_is '@include common-auth' "${rest[@]}" $'# \r'
bad "a carriage return" 3 'line 4' sudo --yes
sudo_is 'auth [success=1 default=ignore] pam_succeed_if.so user = x' \
    'auth required pam_unix.so' 'auth required pam_permit.so' "${rest[@]}"
bad "a jump over the place" 3 'line 1: it passes over the place' sudo --yes
sudo_is 'account sufficient pam_access.so' '@include common-auth' "${rest[@]}"
bad "an account line that passes it by" 3 \
    'account: pam_svctoken may be passed by, because of /etc/pam.d/sudo line 1' \
    sudo --yes
sudo_is '@include common-auth' '@include common-session'
bad "no line for account" 3 'has no line for account' sudo --yes
sudo_is 'auth sufficient pam_svctoken.so' '@include common-auth' "${rest[@]}"
bad "one that was set up in part" 3 'none for account' sudo --yes
is_now "... is faulty" sudo faulty
bad "... there is nothing to undo it by" 3 'no backup of it by setup' \
    sudo --undo --yes
rm -f $pamd/sudo
ln -s su $pamd/sudo
bad "a link" 3 'sudo is a symbolic link to su' sudo --yes
rm -f $pamd/sudo
mkfifo $pamd/sudo
bad "a pipe" 3 'no regular file' sudo --yes
rm -f $pamd/sudo
truncate -s 70000 $pamd/sudo
bad "one that is too long" 3 'longer than 65536' sudo --yes
restore sudo

# By a file that all include it is set up, too.
for type in auth account session; do
    line=$(sed -n "s/^+\($type .*\)/\1/p" "$T/diff")
    sed -i "1i $line" $pamd/common-$type
    [ $type = session ] || continue
    sed -i "1i $line" $pamd/common-session-noninteractive
done
bad "all is set up by common-auth" 0 'sudo is set up already' sshd sudo su --yes
sv setup --json
json "... and status tells by which file" '.services[] |
    select(.service == "sudo") | .state == "set_up" and
    .by == "/etc/pam.d/common-auth"'
restore common-auth common-account common-session common-session-noninteractive

# --- what does not stand the test ---

# Each of these looks well to who only reads it.
sed -i 's/^account.*pam_nologin.so/account required pam_access.so accessfile=\/etc\/security\/try.conf/' \
    $pamd/sshd
printf '%s\n' '+:root alice:ALL' '-:ALL:ALL' >/etc/security/try.conf
bad "a stack that lets in nobody whom it does not know" 3 \
    'tried with it, a service account with its token: account: Permission' \
    sshd --yes
check_like "... it says what may be the reason" 'untested' "$WORDS"
cat >/usr/local/bin/jealous <<'EOF'
#!/bin/sh
! grep -q pam_svctoken /etc/pam.d/sshd
EOF
chmod 755 /usr/local/bin/jealous
restore sshd
echo 'account required pam_exec.so quiet /usr/local/bin/jealous' >>$pamd/sshd
bad "one that treats people otherwise then" 3 \
    'a person with the right password: account: .*; before: let in' sshd --yes
restore sshd
mv "$module" "$T/module"
echo 'int none;' | cc -shared -fPIC -x c -o "$module" - || die "no compiler"
bad "a module that is none" 3 'a service account with its token: auth:' \
    sshd --yes
mv "$T/module" "$module"
sudo_is 'auth required pam_faillock.so preauth deny=2' \
    'auth [success=1 default=bad] pam_unix.so' \
    'auth [default=die] pam_faillock.so authfail deny=2' \
    'auth sufficient pam_faillock.so authsucc deny=2' \
    '@include common-account' '@include common-session'
good "one that counts failures" setup sudo --yes
check_eq "... counted none of the test's" "" "$(ls /run/faillock 2>/dev/null)"
restore sudo
cat >/usr/local/bin/fills <<'EOF'
#!/bin/sh
echo "$PAM_USER" >/var/tmp/was-here || exit 0
EOF
chmod 755 /usr/local/bin/fills
echo 'account optional pam_exec.so quiet /usr/local/bin/fills' >>$pamd/sshd
good "a stack that writes" setup sshd --yes
check_eq "... wrote nothing" "" "$(ls /var/tmp/was-here 2>/dev/null)"
restore sshd

# --- where there is no namespace ---

nobody_has() {
    sv_run setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
        svctoken setup sshd --yes "$@"
}
before=$(state)
nobody_has
check_eq "without a namespace it is refused" "3 $before" "$STATUS $(state)"
check_like "... with what to do" 'gives no mount namespace.*' "$WORDS"
check_like "..." 'give --untested' "$WORDS"
nobody_has --untested --json
json "... --untested does without" '.changed and
    (.services[0].tested == false)'
check_log "... and the log says so" 'setup service=sshd .*tested=no'
is_now "..." sshd set_up
good "undo" setup sshd --undo --yes

# --- disks ---

mount -t tmpfs -o size=128k,mode=0755 small $pamd
cp -a "$T/before/." $pamd
dd if=/dev/zero of=$pamd/zero bs=4k >/dev/null 2>&1
bad "a full disk" 3 'sshd stays as it is: .*No space left' sshd --yes
rm -f $pamd/zero
mount -o remount,ro $pamd
bad "a read-only one" 3 'sshd stays as it is: .*[Rr]ead-only' sshd --yes
umount $pamd

# --- two at a time; killed ---

(
    flock 9 || exit
    exec sleep 30
) 9<$pamd >/dev/null 2>&1 &
pid=$!
wait_for 5 bash -c '! flock -n '$pamd' true'
bad "while another is at work" 3 'another setup is at work' sshd --yes
kill $pid
wait $pid 2>/dev/null
wait_for 5 flock -n $pamd true

killcall=$SVCT_BUILD_DIR/tests/support/killcall
[ -x "$killcall" ] || killcall=
if [ -n "$killcall" ]; then
    old=$(sha256sum <"$T/before/sudo")
    "$killcall" 0 svctoken setup sudo --yes --untested 9>"$T/stops" \
        >/dev/null 2>&1
    new=$(sha256sum <$pamd/sudo)
    restore sudo
    torn=0 news=0 runs=0
    for ((n = 1; n <= $(cat "$T/stops"); n += 1 + RANDOM % 5)); do
        "$killcall" "$n" svctoken setup sudo --yes --untested >/dev/null 2>&1
        now=$(sha256sum <$pamd/sudo)
        runs=$((runs + 1))
        case $now in
        "$old") ;;
        "$new") news=$((news + 1)) ;;
        *) torn=$((torn + 1)) ;;
        esac
        [ "$now" = "$old" ] || restore sudo
    done
    check_eq "killed at any of $runs calls: the old or the new file" 0 $torn
    check_like "... each of them was" '^[1-9]' $news
    restore sudo
else
    skip "killed at any call" "killcall is not built (make check)"
fi
cp $pamd/sudo $pamd/sudo.svctoken-new
sv setup
check_like "what is left behind is explained" \
    'leftover: .*sudo.svctoken-new is what a setup that was killed' "$WORDS"
good "... and gone with the next" setup sudo --yes
check_eq "..." "sudo.svctoken-backup" \
    "$(cd $pamd && ls -d -- *svctoken*)"
restore sudo

# During the test, which takes a while.
sed -i '1i auth optional pam_exec.so quiet /bin/sleep 5' $pamd/sudo
before=$(state)
svctoken setup sudo --yes >/dev/null 2>&1 &
pid=$!
wait_for 10 pgrep -x sleep >/dev/null
kill -9 $pid
wait $pid 2>/dev/null
gone() {
    [ -z "$(pgrep -x svctoken)" ]
}
check "killed while it tries: its processes end" wait_for 5 gone
check_eq "... and nothing has changed" "$before" "$(state)"
restore sudo

done_testing
