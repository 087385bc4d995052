#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Service accounts that are Unix users by svctoken alone, seen by real programs
# through the real libc: who they are, what they own, how they log in, get
# their home and their groups, run cron jobs; with nscd, too. When they are
# deleted, all of these say that there is no such user. At each step the users
# of the host are as they were.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2012,SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd sudo su login cron
# Where pam_unix refuses a user who is gone, it need not take its two seconds.
sed -i 's/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
alice='a person, "quoted"'
add_user alice "$alice" games
make_key alice
sudo_rule rules 'Defaults passwd_tries=1' 'alice ALL=(ALL:ALL) ALL' \
    '%ops ALL=(root) /usr/bin/id'
echo 'session required pam_mkhomedir.so umask=0077' \
    >>/etc/pam.d/common-session

host_users() {
    getent passwd root daemon alice nobody
    getent group root www-data games
    id alice
    as_user alice id
}
host=$(host_users)
as_ever() {     # AFTER WHAT
    check_eq "$1: the users of the host are as they were" "$host" \
        "$(host_users 2>&1)"
}

# --- they are there ---

nss_enable
as_ever "enabled"
svctoken role edit Admin --group ops --group www-data >"$T/role" 2>&1 ||
    die "role edit: $(cat "$T/role")"
svctoken role create Watcher --above Viewer --allow sshd --allow cron \
    --group watch >"$T/role" 2>&1 || die "role create: $(cat "$T/role")"
unix_account deploy --role Admin --description 'deploys: the shop'
unix_account watcher --role Watcher
unix_account idle --role Admin
as_ever "three accounts"

uid=$(id -u deploy)
ops=$(getent group ops | cut -d : -f 3)
www=$(getent group www-data | cut -d : -f 3)
home=/var/lib/svctoken-home/deploy
entry="deploy:*:$uid:$uid:deploys  the shop:$home:/bin/sh"
check_like "a uid of the range" '^(6553[6-9]|65[6-9]..|6[6-9]...|[7-9]....)$' \
    "$uid"
check_eq "getent passwd NAME" "$entry" "$(getent passwd deploy)"
check_eq "getent passwd NUMBER" "$entry" "$(getent passwd "$uid")"
check_eq "getent passwd: all of them, once" "deploy idle watcher" \
    "$(getent passwd | cut -d : -f 1 | grep -xE 'deploy|idle|watcher' | sort |
        xargs)"
check_eq "getent group NAME" "ops:*:$ops:deploy,idle" \
    "$(getent group ops | sed 's/idle,deploy/deploy,idle/')"
check_eq "getent group NUMBER" ops "$(getent group "$ops" | cut -d : -f 1)"
check_eq "getent group: its own" "deploy:*:$uid:" "$(getent group deploy)"
check_eq "getent group NUMBER: its own" "deploy:*:$uid:" \
    "$(getent group "$uid")"
check_eq "getent group: all of them, once" "deploy idle ops watch watcher" \
    "$(getent group | cut -d : -f 1 |
        grep -xE 'deploy|idle|ops|watch|watcher' | sort | xargs)"
check_eq "getent group: one of the host is the host's" \
    "$(grep ^www-data: /etc/group)" "$(getent group www-data)"
check_eq "getent initgroups" "deploy $(printf '%s\n' "$ops" "$www" | sort -n |
    xargs)" "$(getent initgroups deploy | tr -s ' ' '\n' | sed 1d | sort -n |
    xargs echo deploy)"
check_status "getent shadow: there is none" 2 getent shadow deploy
check_eq "id" "uid=$uid(deploy) gid=$uid(deploy)" \
    "$(id deploy | cut -d ' ' -f 1,2)"
check_eq "id: all groups" "deploy ops www-data" \
    "$(id -Gn deploy | xargs -n 1 | sort | xargs)"
check_status "an unknown user is unknown" 2 getent passwd nobody-here
check_status "... and an unknown number" 2 getent passwd $((uid + 1000))
refute "useradd does not make another one" useradd deploy
refute "... nor groupadd" groupadd ops

# --- they own things ---

file=/srv/file
touch "$file"
check "chown NAME:" chown deploy: "$file"
check_eq "ls -l names user and group" "deploy deploy" \
    "$(ls -l "$file" | cut -d ' ' -f 3,4)"
check "chown NAME:GROUP" chown deploy:ops "$file"
check_eq "stat names both" "deploy ops $uid $ops" \
    "$(stat -c '%U %G %u %g' "$file")"
check "chgrp" chgrp watch "$file"
check_eq "find -user" "$file" "$(find /srv -user deploy)"
check_eq "find -group" "$file" "$(find /srv -group watch)"
check_eq "find -nouser: none" "" "$(find /srv -nouser -o -nogroup)"
mkdir /srv/out
tar -C /srv -cf /srv/file.tar file
check_like "tar lists the names" '^[^ ]+ deploy/watch ' \
    "$(tar -tvf /srv/file.tar)"
check "tar keeps them" tar -C /srv/out -xf /srv/file.tar
check_eq "... and the owner" "deploy watch" "$(stat -c '%U %G' /srv/out/file)"

setpriv --reuid deploy --regid deploy --init-groups sleep 300 &
sleeper=$!
wait_for 10 test "$(stat -c %u /proc/$sleeper)" = "$uid"
check_eq "ps -o user,group" "deploy deploy" \
    "$(ps -o user= -o group= -p "$sleeper" | xargs)"
check_eq "ps -u" "$sleeper" "$(ps -u deploy -o pid= | xargs)"
check_eq "pgrep -u" "$sleeper" "$(pgrep -u deploy)"
kill "$sleeper"

# --- they log in ---

new_token ci deploy/ci --ttl 1h
new_token low deploy/low --ttl 1h --role Viewer
new_token watching watcher/t --ttl 1h
start_sshd

check "there is no home before the first login" test ! -e "$home"
log_mark
check "ssh: a token" ssh_password deploy "$ci" \
    'pwd; id -un; printenv SVCTOKEN_TOKEN; ls -A'
check_like "... the home was made, from /etc/skel" '(^| )\.profile( |$)' \
    "$(xargs <<<"$OUT")"
check_eq "... begins there, by that token" "$home deploy ci" \
    "$(head -n 3 <<<"$OUT" | xargs)"
check_log "... the log says which" \
    "$(ours sshd:auth)granted user=deploy token=ci"
check_eq "the home is the account's" "deploy deploy 700" \
    "$(stat -c '%U %G %a' "$home")"
check_eq "... and all that is in it" "" "$(find "$home" ! -user deploy)"
groups_over_ssh() {     # DESCRIPTION WANTED METHOD USER [TOKEN]
    check "$1" "${@:3}" 'id -Gn'
    check_eq "... has the groups" "$2" "$(xargs -n 1 <<<"$OUT" | sort | xargs)"
}
groups_over_ssh "ssh: password" "deploy ops www-data" \
    ssh_password deploy "$ci"
groups_over_ssh "ssh: keyboard-interactive" "deploy ops www-data" \
    ssh_kbdint deploy "$ci"
groups_over_ssh "ssh: a token with a lower role" "deploy" \
    ssh_password deploy "$low"
groups_over_ssh "ssh: ... by keyboard-interactive" "deploy" \
    ssh_kbdint deploy "$low"
groups_over_ssh "ssh: a role between" "watch watcher" \
    ssh_password watcher "$watching"
make_key deploy
groups_over_ssh "ssh: a key in the home" "deploy ops www-data" ssh_key deploy
as_ever "logged in"

SU_FROM=alice
check "root's su" timeout 20 su deploy -c 'id -un'
check_eq "... is the account" deploy "$OUT"
check "root's su -" timeout 20 su - deploy -c pwd
check_eq "... begins in the home" "$home" "$OUT"
check "a person's su with the token" su_as deploy "$ci" id -un
check_eq "... is the account" "Password: deploy" "$(xargs <<<"$OUT")"
SU_FROM=deploy
check "su from an account to a person" su_as alice "$alice" id -un
check_eq "... is the person" "Password: alice" "$(xargs <<<"$OUT")"
check "su from an account to an account" su_as deploy "$ci" true
SU_FROM=nobody

log_mark
check "sudo by the group of the role" sudo_as deploy "$ci" id -un
check_eq "... is root" root "$OUT"
check_log "... sudo knows its name" 'sudo: +deploy : .*COMMAND=/usr/bin/id'
sudo_list() {
    printf '%s\n' "$2" | as_user "$1" sudo -k -S -p '' -l
}
check "sudo -l" sudo_list deploy "$ci"
check_like "... has the rule of the group" '\(root\) /usr/bin/id' "$OUT"
refute "sudo: another role has no such group" \
    sudo_as watcher "$watching" id -un
refute "sudo: no rule for another command" sudo_as deploy "$ci" true
SUDO_EXTRA=(-k -u deploy)
check "a person's sudo -u NAME" sudo_as alice "$alice" id -un
check_eq "... is the account" deploy "$OUT"
SUDO_EXTRA=(-k -u "#$uid" -g watch)
check "a person's sudo -u #NUMBER -g GROUP" \
    sudo_as alice "$alice" sh -c 'id -un; id -gn'
check_eq "... is both" "deploy watch" "$(xargs <<<"$OUT")"
SUDO_EXTRA=(-k)

# What is typed at a terminal: login asks, and reads what comes afterwards.
at_terminal() { # ANSWER COMMAND...
    local answer=$1 status=0 pid

    shift
    mkfifo "$T/keys.in"
    : >"$T/screen"
    script -qec "$(printf '%q ' "$@")" "$T/screen" <"$T/keys.in" \
        >/dev/null 2>&1 &
    pid=$!
    exec 8>"$T/keys.in"
    rm "$T/keys.in"
    if [ -n "$answer" ]; then
        wait_for 10 grep -q 'Password:' "$T/screen"
        printf '%s\r' "$answer" >&8
    fi
    wait_for 10 grep -qF '$ ' "$T/screen"
    # shellcheck disable=SC2016 # for the shell behind the terminal
    printf 'echo "I am $(id -un) $(tty | tr -d 0-9)"; exit\r' >&8
    wait "$pid" || status=$?
    exec 8>&-
    tr -d '\r' <"$T/screen"
    return "$status"
}
log_mark
check "login with the token" at_terminal "$ci" login deploy
check_like "... is the account" '^I am deploy /dev/pts/$' "$OUT"
check_log "... the log says which" \
    "$(ours login:auth)granted user=deploy token=ci .*service=login"
check "login -f" at_terminal '' login -f deploy
check_like "... is the account" '^I am deploy /dev/pts/$' "$OUT"

check "sg" as_user deploy sg ops -c 'id -gn'
check_eq "... has that group" ops "$OUT"
newgrp_to() {
    echo 'id -gn' | as_user deploy newgrp "$1"
}
check "newgrp" newgrp_to ops
check_eq "... has that group" ops "$OUT"
refute "sg: not to a group of another role" \
    as_user deploy sg watch -c 'id -gn'

# --- cron, and other programs that are somebody else's ---

cron_jobs deploy watcher alice
check_eq "crontab: its file is the account's" deploy \
    "$(stat -c %U /var/spool/cron/crontabs/deploy)"
check "crontab -l by the account itself" as_user deploy crontab -l
check_like "... is its own" '/tmp/job.deploy' "$OUT"
cron_run deploy watcher alice
check_eq "cron runs the jobs of" "deploy watcher alice " \
    "$(cron_ran deploy watcher alice)"
check_eq "... with all groups" "deploy ops www-data" \
    "$(xargs -n 1 </tmp/job.deploy | sort | xargs)"
svctoken account disable deploy >/dev/null 2>&1 || die "disable"
log_mark
cron_run deploy watcher alice
check_eq "a disabled account: cron runs the jobs of" "watcher alice " \
    "$(cron_ran deploy watcher alice)"
check_log "... the log says why" "$(ours cron:account)denied\
 reason=account_disabled phase=account user=deploy service=cron"
check_eq "... it is a Unix user as before" "$entry" "$(getent passwd deploy)"
later check "... ssh with a token is refused" \
    ssh_denied ssh_password deploy "$ci" id
later check "... and with a key" ssh_refused ssh_key deploy id
later refute "... root's su, too" timeout 20 su deploy -c true
collect
svctoken account enable deploy >/dev/null 2>&1 || die "enable"

# --- one that is a user of the host is not touched ---

service_account older --role Admin
check_eq "an account that the host knows gets no groups" older "$(id -Gn older)"
check_like "... and is the host's" '^older:x:1[0-9]{3}:.*:/home/older:' \
    "$(getent passwd older)"
check_eq "... once" 1 "$(getent passwd | grep -c '^older:')"
check_eq "... and is in no group of ours" "" \
    "$(getent group ops | grep -w older)"
as_ever "cron, and an account of the host"

# --- what changes is seen at once ---

svctoken account edit deploy --role Watcher >/dev/null 2>&1 || die "edit"
check_eq "another role, other groups" "deploy watch" \
    "$(id -Gn deploy | xargs -n 1 | sort | xargs)"
svctoken account edit deploy --role Admin --shell /bin/bash \
    >/dev/null 2>&1 || die "edit"
check_eq "another shell" /bin/bash "$(getent passwd deploy | cut -d : -f 7)"
check_eq "and the role back" "deploy ops www-data" \
    "$(id -Gn deploy | xargs -n 1 | sort | xargs)"

# --- and gone ---

crontab -u watcher -r
svctoken account delete deploy --yes >/dev/null 2>&1 || die "delete"
gone() {        # DESCRIPTION PATTERN COMMAND...
    refute "gone: $1" "${@:3}"
    check_like "... says so" "$2" "$OUT"
}
refute "gone: getent passwd NAME" getent passwd deploy
refute "gone: getent passwd NUMBER" getent passwd "$uid"
refute "gone: getent group NAME" getent group deploy
refute "gone: getent group NUMBER" getent group "$uid"
check_eq "gone: getent passwd: no more among all" "" \
    "$(getent passwd | grep ^deploy:)"
check_eq "gone: from its group" idle "$(getent group ops | cut -d : -f 4)"
gone id 'no such user' id deploy
gone chown 'invalid user' chown deploy "$file"
gone "chown NAME:" 'invalid (user|spec)' chown deploy: "$file"
gone su 'does not exist' timeout 20 su deploy -c true
gone "sudo -u" 'unknown user' sudo -u deploy true
gone sg 'does not exist|no such group' sg deploy -c true
gone "crontab -u" 'unknown' crontab -u deploy -l
gone "find -user" 'not the name of a known user|invalid user name' find /srv -user deploy
check_eq "gone: ls -l shows the number" "$uid" \
    "$(ls -l "$file" | cut -d ' ' -f 3)"
check_eq "gone: find -nouser finds what it had" "$file /srv/out/file" \
    "$(find /srv -nouser | sort | xargs)"
check_like "gone: tar shows the number it reads" " $uid/watch " \
    "$(tar -C /srv -cf - file | tar -tvf -)"
log_mark
later check "gone: ssh with a token" ssh_denied ssh_password deploy "$ci" id
later check "gone: ssh with a token by keyboard-interactive" \
    ssh_denied ssh_kbdint deploy "$ci" id
later check "gone: ssh with a key" ssh_refused ssh_key deploy id
collect
check_log "... sshd says so" 'Invalid user deploy from'
refute_log "... nobody was let in" 'Accepted|session opened'
gone_login() {
    timeout 20 script -qec 'login -f deploy' "$T/screen" >/dev/null
}
refute "gone: login -f" gone_login
rm -f /tmp/job.*
cron_run alice
check_eq "gone: cron runs the jobs of" "alice " "$(cron_ran deploy alice)"
as_ever "deleted"

# --- the name comes back as another one ---

unix_account deploy --role Admin
check_eq "a name that comes back is another user" other \
    "$([ "$(id -u deploy)" = "$uid" ] && echo the same || echo other)"
check_eq "... and does not own what that one had" "" "$(find /srv -user deploy)"
stop_sshd

# --- nscd keeps no answer longer than it is true ---

sed -E -i 's/((positive|negative)-time-to-live\s+(passwd|group)\s+).*/\13600/' \
    /etc/nscd.conf
mkdir -p /run/nscd
nscd -F >"$T/nscd" 2>&1 &
nscd_pid=$!
wait_for 10 nscd -g >/dev/null || die "nscd does not start"

groups_are() {  # USER GROUPS
    [ "$(id -Gn "$1" 2>&1 | xargs -n 1 | sort | xargs)" = "$2" ]
}
unknown() {     # MAP KEY
    ! getent "$1" "$2" >/dev/null
}
check "nscd: there is no such user" unknown passwd fresh
check "nscd: ... and no such group" unknown group newgroup
unix_module=$(find /usr/lib /lib -name 'libnss_svctoken.so*' -type f | head -n 1)
svctoken account create fresh --role Admin >"$T/account" 2>&1 ||
    die "account create: $(cat "$T/account")"
check "nscd: a new user is seen at once" wait_for 5 getent passwd fresh
check "nscd: ... with groups" wait_for 5 groups_are fresh "fresh ops www-data"
for n in 1 2 3; do
    svctoken role edit Admin --group ops >/dev/null 2>&1 || die "edit $n"
    check "nscd: a role with less groups, $n" \
        wait_for 5 groups_are fresh "fresh ops"
    svctoken role edit Admin --group ops --group newgroup >/dev/null 2>&1 ||
        die "edit $n"
    check "nscd: ... with a new one, $n" \
        wait_for 5 groups_are fresh "fresh newgroup ops"
done
check "nscd: the group is seen" wait_for 5 getent group newgroup
svctoken account edit fresh --role Watcher >/dev/null 2>&1 || die "edit"
check "nscd: another role" wait_for 5 groups_are fresh "fresh watch"
svctoken account edit fresh --shell /bin/bash >/dev/null 2>&1 || die "edit"
check "nscd: another shell" \
    wait_for 5 eval 'getent passwd fresh | grep -q :/bin/bash'

# It answers by what it has loaded: nobody else can.
mv "$unix_module" "$T/module.so" || die "no module"
check "nscd: without the module, nscd answers" getent passwd fresh
check "... one after another generation" \
    svctoken account create late --role Watcher --uid 70001
check "... with what is new in it" wait_for 5 getent passwd late
check_eq "... also with a number" late "$(getent passwd 70001 | cut -d : -f 1)"
check "... an account goes" svctoken account delete late --yes
check "... and is gone" wait_for 5 unknown passwd late
check "... its number, too" wait_for 5 unknown passwd 70001
kill "$nscd_pid"
wait "$nscd_pid" 2>/dev/null
check "... so that the module was nscd's" unknown passwd fresh
as_ever "without the module"
mv "$T/module.so" "$unix_module"
check "with the module as before" getent passwd fresh
as_ever "at the end"

done_testing
