#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sessions of service accounts in the real sshd and su: their records, the
# limit of their time, the notice, and ending them with all that runs in them
# and nothing else.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

top=$(realpath "$LIB_DIR/../..")
dir=/run/svctoken/sessions
probe=/usr/local/lib/pam_probe.so
mkdir -p /usr/local/lib
cc -shared -fPIC -I"$SVCT_BUILD_DIR" -o "$probe" \
    "$top/tests/support/pam_probe.c" -lpam || die "no pam_probe.so"

cc -I"$SVCT_BUILD_DIR" -I"$top/lib" -o "$T/seal" "$top/tests/support/seal.c" \
    "$top/lib/base/crc64.c" || die "no seal"
cc -I"$SVCT_BUILD_DIR" -I"$top/lib" -o "$T/holdlock" \
    "$top/tests/support/holdlock.c" || die "no holdlock"

svct_host sshd su
# Reads the limit where pam_systemd would: behind ours.
for service in sshd su; do
    sed -i "/^@include common-session/i session required $probe" \
        "/etc/pam.d/$service"
done
alice='a person, "quoted"'
add_user alice "$alice"
service_account deploy --role Editor
service_account other --role Editor
make_key deploy
new_token ci deploy/ci --ttl 1h
new_token two deploy/two --ttl 2h
new_token far deploy/far --ttl 365d
new_token endless deploy/endless --no-expiry
new_token others other/t --ttl 1h
id=$(token_id "$ci")

list() {        # ARGUMENT...: as JSON
    svctoken session list "$@" --json
}

listed() {      # FILTER ARGUMENT...
    local filter=$1

    shift
    list "$@" | jq -r "$filter"
}

count_is() {    # NUMBER ARGUMENT...
    local number=$1

    shift
    [ "$(listed '.sessions | length' "$@")" = "$number" ]
}

lives() {
    [ -n "$(pgrep -x -f "$1")" ]
}

gone() {
    ! lives "$1"
}

# A session that stays: NAME METHOD USER PASSWORD COMMAND; its output in
# $T/NAME; started when that has the word "ready".
begin() {
    local name=$1 method=$2

    shift 2
    rm -f "$T/$name"
    "$method" "$@" >"$T/$name" 2>&1 &
    wait_for 30 grep -qs '^ready' "$T/$name" ||
        die "no session $name: $(cat "$T/$name")"
}

ready='printenv SVCTOKEN_SESSION; echo ready'

# --- what a session is given ---

start_sshd
given() {       # DESCRIPTION LOW HIGH COMMAND...
    local what=$1 low=$2 high=$3 seconds

    shift 3
    check "$what" "$@" printenv PROBE_RUNTIME
    seconds=${OUT#Password: }
    check "... its limit is between $low and $high s, not $seconds" \
        test "$seconds" -ge "$low" -a "$seconds" -le "$high"
}

given "password: a session" 3300 3600 ssh_password deploy "$ci"
given "keyboard-interactive: a session" 3300 3600 ssh_kbdint deploy "$ci"
given "password: by another token" 6900 7200 ssh_password deploy "$two"
given "su: a session" 3300 3600 su_as deploy "$ci"
check "a token without an end" ssh_password deploy "$endless" \
    printenv PROBE_RUNTIME
check_eq "... sets no limit" none "$OUT"
check "by key" ssh_key deploy printenv PROBE_RUNTIME
check_eq "... as the account has no end" none "$OUT"
svctoken account edit deploy --expires +30m >/dev/null 2>&1
given "an account that ends before its token" 1600 1800 \
    ssh_password deploy "$ci"
given "by key to an account that ends" 1600 1800 ssh_key deploy
svctoken account edit deploy --expires never >/dev/null 2>&1
check "a person" ssh_password alice "$alice" 'printenv PROBE_RUNTIME; env'
check_eq "... is set no limit" none "${OUT%%$'\n'*}"
check_eq "... and nothing of ours is in the session" "" \
    "$(printf '%s\n' "$OUT" | grep -i svct)"

# --- the record ---

check_eq "no session is open, and no record is left" 0 \
    "$(find $dir -type f | wc -l)"
begin password ssh_password deploy "$ci" "$ready; sleep 4001"
begin kbdint ssh_kbdint deploy "$ci" "$ready; sleep 4002"
begin key ssh_key deploy "$ready; sleep 4003"
begin others ssh_password other "$others" "$ready; sleep 4004"
begin person ssh_password alice "$alice" 'echo ready; sleep 4005'
check "four sessions are open" count_is 4
check "... three of the account" count_is 3 deploy
check "... two by the token" count_is 2 --token deploy/ci
check "... by its id, too" count_is 2 --token "$id"
check "... none by another" count_is 0 deploy --token deploy/two
check_eq "... by password" "$(head -n 1 "$T/password")" \
    "$(listed '.sessions[] | select(.id == "'"$(head -n 1 "$T/password")"'"
        and .account == "deploy" and .token == "ci" and .token_id == "'"$id"'"
        and .role == "Editor" and .service == "sshd" and .tty == "ssh"
        and .from == "127.0.0.1" and (.expires_in | . > 3000 and . <= 3600)
        and (.opened | fromdate | . > now - 600 and . <= now + 1)
        and (.expires | fromdate | . > now)) | .id')"
check_eq "... by keyboard-interactive, with its token" ci \
    "$(listed '.sessions[] | select(.id == "'"$(head -n 1 "$T/kbdint")"'")
        | .token')"
check_eq "... by key, without a token" null \
    "$(listed '.sessions[] | select(.id == "'"$(head -n 1 "$T/key")"'")
        | .token')"
for pid in $(listed '.sessions[].pid'); do
    check_like "... its process is sshd's" '^sshd(-session)?$' \
        "$(cat "/proc/$pid/comm")"
done
check "session list" svctoken session list
check_like "... is a table" '^ACCOUNT +TOKEN +ID +SERVICE +FROM +TTY +PID +OPEN' \
    "$OUT"
check_like "... with each" "^deploy +ci +$id-[0-9A-Za-z]{12} +sshd +127.0.0.1" \
    "$OUT"
check_like "... also those without a token" \
    '^deploy +- +notoken-[0-9A-Za-z]{12} +sshd' "$OUT"
refute_like() {
    if printf '%s\n' "$3" | grep -qE -e "$2"; then
        not_ok "$1" "expected not to match: $2" "got: $3"
    else
        ok "$1"
    fi
}
refute_like "... a person is not in it" alice "$OUT"
check_eq "the folder is root's alone" '700 0' "$(stat -c '%a %u' $dir)"
check_eq "... and so are the records" '600 0' \
    "$(stat -c '%a %u' $dir/* | sort -u)"

check_status "list: no such account" 1 svctoken session list nobody-here
check_status "list: no account's name" 2 svctoken session list 'No Name'
check_status "list: no such token" 1 svctoken session list --token deploy/none
check_status "list: no token at all" 2 svctoken session list --token none
check_status "list: a token of another account" 2 \
    svctoken session list other --token deploy/ci
check_status "list: not for everybody" 3 as_user alice svctoken session list

# --- stale records, and records that can't be believed ---

check_eq "an account without a session" 0 "$(listed '.sessions | length' \
    deploy --token deploy/two)"
check "... the table says none is there" svctoken session list deploy \
    --token deploy/two
record=$(find $dir -name "$(head -n 1 "$T/key")")
# Somebody else has the process id now: the same with another start.
stale=$dir/notoken-staleStale00
make_record() { # FILE SED_SCRIPT: out of that of the session by key
    (umask 077; sed -e '/^check /d' -e "s/^id .*/id ${1##*/}/" -e "$2" \
        "$record" >"$1")
    "$T/seal" "$1" || die "no seal"
}
make_record "$stale" 's/^start .*/start 1/'
cp -p "$stale" "$T/stale"
check "a stale record is not shown" count_is 3 deploy
check "... and is removed" test ! -e "$stale"
make_record "$stale" 's/^boot \(.\)\(.\)/boot \2\1/; s/^boot \(.\)\1/boot \1f/'
check "one of another boot" count_is 3 deploy
check "... is removed" test ! -e "$stale"
make_record "$stale" 's/^tty .*/tty pts\/9/'
check "one that is true is shown" count_is 4 deploy
rm "$stale"
sed 's/^account .*/account other/' "$record" >"$T/damaged"
install -m 600 "$T/damaged" "$stale"
check "a damaged record is not shown" svctoken session list
check_like "... but said" "$stale is not believed: damaged" "$OUT"
refute_like "... and not in the table" 'notoken-staleStale00 +sshd' "$OUT"
check "... it stays, for somebody to look at" test -e "$stale"
check_status "session end of what may have it" 3 svctoken session end other/t
check_like "... says so" 'not believed may be of an open session' "$OUT"
check "... having ended what it could" gone 'sleep 4004'
install -m 644 "$T/stale" "$stale"
check "an unsafe record" svctoken session list
check_like "... is said" 'open to others than root' "$OUT"
rm "$stale"

# --- ending one session ---

log_mark
one=$(head -n 1 "$T/password")
check "session end --session" svctoken session end --session "$one" --json
check_eq "... says which" "$one" \
    "$(printf '%s\n' "$OUT" | sed -n '/^{/,$p' | jq -r '.ended[]')"
check "... it is over" gone 'sleep 4001'
check "... its record is gone" test ! -e "$dir/$one"
check "... the other one of that token goes on" lives 'sleep 4002'
check "... and the one by key" lives 'sleep 4003'
check_log "... the log says who did it" "svctoken.*: session-end account=deploy\
 token=ci id=$id session=$one processes=[0-9]+ result=ended by="
check_eq "... and so does \"svctoken log\"" \
    "{\"account\":\"deploy\",\"token\":\"ci\",\"id\":\"$id\",\"sequence\":0} $one ended" \
    "$(svctoken log --json --action session-end --last 1 | jq -r '.changes[0] |
        "\({account, token, id, sequence}) \(.details.session) \(.details.result)"')"
check_status "... once" 1 svctoken session end --session "$one"
check_status "session end: no such form" 2 svctoken session end --session x
check_status "session end: of nothing" 2 svctoken session end
check_status "session end: of two things" 2 \
    svctoken session end deploy --session "$one"
check_status "session end: no such account" 1 svctoken session end nobody-here
check_status "session end: no such token" 1 svctoken session end deploy/none
check_status "session end: no such id" 1 svctoken session end 0000000000
check_status "session end: neither" 2 svctoken session end 'x y'
check_status "session end: not for everybody" 3 \
    as_user alice svctoken session end deploy
check "session end of a token without one" svctoken session end deploy/far
check_like "... says so" 'no session of it was open' "$OUT"
check "... and nothing has ended" count_is 2 deploy

# --- with everything that runs in it, and nothing else ---

# All ways out of a session that programs take. The last loses mark and
# parent, but not the audit session, where the kernel has these.
# shellcheck disable=SC2016 # for the remote shell
leave='nohup sleep 5001 >/dev/null 2>&1 &
setsid sleep 5002 >/dev/null 2>&1 </dev/null &
(setsid sh -c "sleep 5003 & exit" >/dev/null 2>&1 </dev/null &)
(trap "" TERM HUP; exec sleep 5004 >/dev/null 2>&1 </dev/null) &
tmux -L "$0$SVCTOKEN_TOKEN" new-session -d "sleep 5005"
(setsid sh -c "kill -STOP \$\$" >/dev/null 2>&1 </dev/null &)
env -i setsid sleep 5006 >/dev/null 2>&1 </dev/null &
(env -i setsid sh -c "sleep 5007 & exit" >/dev/null 2>&1 </dev/null &)
'
leaving() {
    local n

    for n in 5001 5002 5003 5004 5005 5006 5007; do
        wait_for 5 lives "sleep $n" || return 1
    done
    wait_for 5 lives 'sh -c kill -STOP .*' && lives 'tmux .*'
}
begin other_token ssh_password deploy "$two" \
    "$ready; nohup sleep 6001 >/dev/null 2>&1 & sleep 6002"
as_user deploy setsid sleep 6003 &      # no session of ours
as_user alice env SVCTOKEN_SESSION="$(head -n 1 "$T/kbdint")" \
    SVCTOKEN_TOKEN=ci setsid sleep 6004 &
wait_for 5 lives 'sleep 6003' || die "no sleep"
wait_for 5 lives 'sleep 6004' || die "no sleep"
begin all ssh_password deploy "$ci" "$ready; $leave sleep 5000"
check "a session has programs that leave it" leaving
audited=$(cat "/proc/$(pgrep -x -f 'sleep 5007')/sessionid")
log_mark
check "token revoke --end-sessions" \
    svctoken token revoke deploy/ci --end-sessions
for what in 'sleep 5000=of the session' 'sleep 5001=under nohup' \
    'sleep 5002=under setsid' 'sleep 5003=a daemon, forked twice' \
    'sleep 5004=deaf to SIGTERM' 'sleep 5005=in tmux' \
    'sleep 5006=without an environment' 'sh -c kill -STOP .*=stopped' \
    'sleep 4002=of its other session'; do
    check "... ends what runs ${what#*=}" gone "${what%=*}"
done
check "... and tmux itself" gone 'tmux .*'
if [ "${audited:-4294967295}" = 4294967295 ]; then
    skip "... ends what runs without mark and parent" "no audit session here"
    pkill -x -f 'sleep 5007'
else
    check "... ends what runs without mark and parent" gone 'sleep 5007'
fi
for what in 'sleep 6001=of another token, under nohup' \
    'sleep 6002=of another token' 'sleep 6003=of no session' \
    'sleep 6004=of a person, who has the mark' 'sleep 4003=of the key' \
    'sleep 4005=of a person'; do
    check "... not what is ${what#*=}" lives "${what%=*}"
done
check "... nor sshd" sshd_listens
check_log_count "... the log has both" 2 'session-end .*result=ended'
check "... no record of it is left" count_is 0 --token "$id"
check "... two others are" count_is 2 deploy
check_status "revoked again" 1 svctoken token revoke deploy/ci --end-sessions

# --- what sessions that are over have left behind ---

new_token again deploy/again --ttl 1h
left="nohup sleep 7001 >/dev/null 2>&1 </dev/null & echo ready"
ssh_password deploy "$again" "$left" >/dev/null 2>&1
check "a session leaves a process behind" wait_for 5 lives 'sleep 7001'
check "... and is not open" count_is 0 --token deploy/again
check "session end of its token" svctoken session end deploy/again
check_like "... finds that" 'ended 1 process that former sessions' "$OUT"
check "... it is gone" gone 'sleep 7001'
check "... and another token's goes on" lives 'sleep 6001'
ssh_password deploy "$again" "$left" >/dev/null 2>&1
wait_for 5 lives 'sleep 7001' || die "no sleep"
check "token disable --end-sessions" \
    svctoken token disable deploy/again --end-sessions
check "... finds that too" gone 'sleep 7001'
check "... again, though it is disabled already" \
    svctoken token disable deploy/again --end-sessions

# --- another admin at work makes no session live longer ---

new_token held deploy/held --ttl 1h
begin held ssh_password deploy "$held" "$ready; sleep 7201"
mkfifo "$T/hold"
"$T/holdlock" /var/lib/svctoken/lock <"$T/hold" >"$T/locked" &
exec 9>"$T/hold"
wait_for 5 grep -q held "$T/locked" || die "no lock"
log_mark
svctoken session end deploy/held >"$T/words" 2>&1 9>&- &
ending=$!
check "a session ends while somebody else has the lock of changes" \
    wait_for 5 gone 'sleep 7201'
check_log "... and syslog has it" 'session-end .*token=held'
check "... the command waits to write it down" kill -0 "$ending"
exec 9>&-
check "... and does" wait "$ending"
check_eq "... in the log of changes" held \
    "$(svctoken log --json --action session-end --last 1 |
        jq -r '.changes[0].token')"

# --- more processes than descriptors, and new ones all the time ---

new_token many deploy/many --ttl 1h
# shellcheck disable=SC2016 # for the remote shell
begin many ssh_password deploy "$many" "$ready"'
    for i in $(seq 120); do
        (trap "" TERM HUP; exec sleep 7101 >/dev/null 2>&1 </dev/null) &
    done
    while :; do sh -c "trap \"\" TERM HUP; sleep 7102 & sleep 0.01"; done &
    (trap "" TERM HUP; while :; do sleep 0.01; done) & wait'
all_there() {
    [ "$(pgrep -c -x -f 'sleep 7101')" -eq 120 ]
}
check "a session has many processes" wait_for 10 all_there
check "session end with few descriptors" \
    bash -c 'ulimit -n 80; exec svctoken session end deploy/many'
check "... ends them all" gone 'sleep 710[12]'
check "... and what begins new ones" gone '.*sleep 0\.01.*'

# --- a process id that somebody else has now, and records that are wrong ---

sleep 8001 &
victim=$!
make_record "$dir/notoken-victimVictim" \
    "s/^pid .*/pid $victim/; s/^start .*/start 1/"
check "a record with the process id of another one ends nothing" \
    svctoken session end deploy/far
svctoken session end --session notoken-victimVictim >/dev/null 2>&1
check "... it lives" lives 'sleep 8001'
kill "$victim"
make_record "$dir/notoken-kernelKernel" 's/^pid .*/pid 1/'
check_status "... of process 1 neither" 1 \
    svctoken session end --session notoken-kernelKernel

# --- su; and the session one is in ---

begin su su_as deploy "$two" sh -c "$ready; sleep 9001"
check_eq "su: a session is recorded" su \
    "$(listed '.sessions[] | select(.id == "'"$(sed -n \
        '1s/^Password: //p' "$T/su")"'") | .service')"
check "... two by that token" count_is 2 --token deploy/two
check_eq "... and su is its process" su \
    "$(cat "/proc/$(listed '.sessions[] | select(.service == "su") | .pid' |
        head -n 1)/comm")"
sudo_rule deploy 'deploy ALL=(root) NOPASSWD: ALL' \
    'Defaults:deploy !pam_session'
log_mark
check_status "from within a session" 3 su_as deploy "$two" \
    sudo -n svctoken session end deploy/two
check_like "... that one is left alone, and said" \
    'was not ended: this command runs in it' "$OUT"
check "... the others of that token are ended" gone 'sleep 9001'
check "... (in sshd, too)" gone 'sleep 6002'
check "... with what they left" gone 'sleep 6001'
check_log "... the log says that too" 'session-end .*result=failed by='
wait_for 5 count_is 0 --token deploy/two
check "root's su: a session without a token" \
    timeout 20 su deploy -c 'printenv SVCTOKEN_SESSION'
check_like "... has its mark" '^notoken-[0-9A-Za-z]{12}$' "$OUT"

# --- an account ---

begin last ssh_key deploy "$ready; sleep 9101 & sleep 9102"
begin others ssh_password other "$others" "$ready; sleep 9103"
check "account disable --end-sessions" \
    svctoken account disable deploy --end-sessions
check "... ends those by key" gone 'sleep 910[12]'
check "... all" gone 'sleep 4003'
check "... not those of another account" lives 'sleep 9103'
check "... nor processes that are in no session" lives 'sleep 6003'
check "... nothing is listed" count_is 0 deploy
check "... again, though it is disabled already" \
    svctoken account disable deploy --end-sessions
check_like "... finds none" 'no session of it was open' "$OUT"
new_token second other/second --ttl 1h
begin second ssh_password other "$second" "$ready; sleep 9104"
check "token delete --end-sessions" \
    svctoken token delete other/second --yes --end-sessions
check "... ends it" gone 'sleep 9104'
check "... no other" lives 'sleep 9103'
new_token third other/third --ttl 1h
begin third ssh_password other "$third" "$ready; sleep 9105"
svctoken token delete other/third --yes >"$T/words" 2>&1
check_like "without the option the command says what would end it" \
    "\"svctoken session end $(token_id "$third")\" ends them" "$(cat "$T/words")"
check "... and that does, though the token is deleted" \
    svctoken session end "$(token_id "$third")"
check "... it is over" gone 'sleep 9105'
check "account delete --end-sessions" \
    svctoken account delete other --yes --end-sessions
check "... ends all" gone 'sleep 9103'

useradd -m -s /bin/bash robot || die "no user robot"
robot=$(svctoken apikey create robot --role Viewer --ttl 1h 2>/dev/null) ||
    die "no API key"
begin robot ssh_password robot "$robot" "$ready; sleep 9106"
check "apikey delete --end-sessions" \
    svctoken apikey delete robot --yes --end-sessions
check "... ends all" gone 'sleep 9106'

# --- where logind keeps the sessions ---

service_account unit --role Editor
new_token unit unit/t --ttl 1h
begin unit ssh_password unit "$unit" "$ready; sleep 9201"
begin unit2 ssh_password unit "$unit" "$ready; sleep 9202"
# The real one needs systemd; this one ends the process that it leads.
cat >"$T/loginctl" <<END
#!/bin/sh
{ echo "\$@"; env | sort | xargs; } >>$T/asked
case "\$1 \$2 \$3" in
'show-session --property=Leader --value') cat $T/leader.\$4 ;;
terminate-session*) read -r pid <$T/leader.\$2; kill \$pid ;;
esac
END
chmod 755 "$T" "$T/loginctl"
install -m 755 "$T/loginctl" /usr/bin/loginctl
in_scope() {    # PID N: as pam_systemd has it
    printf '0::/user.slice/user-1.slice/session-%s.scope\n' "$2" \
        >"$T/cgroup.$1"
    mount --bind "$T/cgroup.$1" "/proc/$1/cgroup" || die "no cgroup"
}
first=$(listed '.sessions[] | select(.id == "'"$(head -n 1 "$T/unit")"'")|.pid')
other=$(listed '.sessions[] | select(.id == "'"$(head -n 1 "$T/unit2")"'")|.pid')
in_scope "$first" 71
in_scope "$other" 72
echo "$first" >"$T/leader.71"
echo 1 >"$T/leader.72"
check "logind is asked" svctoken session end unit
umount "/proc/$first/cgroup" "/proc/$other/cgroup" 2>/dev/null
check_like "... who leads the session" \
    '^show-session --property=Leader --value 71$' "$(cat "$T/asked")"
check_like "... and to end it" '^terminate-session 71$' "$(cat "$T/asked")"
check_eq "... with a clean environment" 1 \
    "$(grep -v -- '-session' "$T/asked" | sort -u | wc -l)"
refute_like "... one that somebody else leads is not" \
    'terminate-session 72' "$(cat "$T/asked")"
check "... both are ended" gone 'sleep 920[12]'
printf '#!/bin/sh\nexit 1\n' >/usr/bin/loginctl
begin unit ssh_password unit "$unit" "$ready; sleep 9203"
first=$(listed '.sessions[].pid' unit)
in_scope "$first" 71
check "where logind fails" svctoken session end unit
check "... it is ended all the same" gone 'sleep 9203'

# --- the notice ---

# Made a day ago: the warning comes in the last quarter of a life.
soon=$(faketime -f -1d svctoken token create unit/soon \
    --expires "$(date -u -d '+90 minutes' +%Y-%m-%dT%H:%M:%SZ)" 2>/dev/null)
new_token young unit/young --ttl 90m
new_token late unit/late --ttl 365d
# What its shell says; the terminal's echo of it is another.
leaving='echo was in""side; exit'
no_notice() {   # DESCRIPTION OUTPUT: it was in, and was told nothing
    check_like "$1: it is in" 'was inside' "$2"
    refute_like "$1" 'svctoken: ' "$2"
}
in_ssh() {      # METHOD TOKEN: what a login at a terminal says
    SSH_EXTRA=(-tt)
    "ssh_$1" unit "$2" < <(sleep 1; echo "$leaving") 2>&1
    SSH_EXTRA=()
}
for method in password kbdint; do
    check_like "ssh, $method: an end that is near is said" \
        'svctoken: the token soon of unit expires in 1 hour (29|30) minutes' \
        "$(in_ssh "$method" "$soon")"
done
no_notice "... a far one is not" "$(in_ssh password "$late")"
no_notice "... nor one that is young" "$(in_ssh password "$young")"
said() {        # TOKEN: the same in su
    printf '%s\n' "$1" | as_user nobody script -qec "su - unit" /dev/null \
        < <(sleep 1; printf '%s\n' "$1"; sleep 1; echo "$leaving") 2>&1
}
check_like "su: an end that is near is said" \
    'svctoken: the token soon of unit expires in 1 hour (29|30) minutes' \
    "$(said "$soon")"
no_notice "... a far one is not" "$(said "$late")"
check "policy set warn_before" svctoken policy set warn_before=80m
no_notice "... a shorter warning time is kept to" "$(said "$soon")"
check "policy set warn_before" svctoken policy set warn_before=2h
check_like "... a longer one, too" 'svctoken: the token soon of unit expires' \
    "$(said "$soon")"
check "policy set warn_before=none" svctoken policy set warn_before=none
no_notice "... none is none" "$(said "$soon")"
svctoken policy set warn_before=7d >/dev/null 2>&1
check "... nor to programs" ssh_password unit "$soon" true
check_eq "... whose output stays theirs" "" "$OUT"
check "su -c" su_as unit "$soon" true
check_eq "... too" "Password: " "$OUT"
check "a service account without a session leaves no record" \
    test -z "$(find $dir -type f)"

stop_sshd
done_testing
