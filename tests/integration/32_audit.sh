#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who changed what: each change leaves one line in syslog and one in the file,
# with old and new values and without a secret; the file is no way in, no way
# to keep a change from happening, is rotated by the real logrotate, and
# "svctoken log" finds things in it.

# Tokens come into variables by new_token; functions are run by check.
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

folder=/var/log/svctoken
file=$folder/audit.log
start_syslog
# shellcheck disable=SC2119 # the default folder is meant
install_svctoken
for user in deploy bot other; do
    add_user $user
done

quietly() {     # the command must succeed; what it says is of no interest
    "$@" >"$T/quiet" 2>&1 || die "$*: $(cat "$T/quiet")"
}

lines() {
    cat "$folder"/audit.log* 2>/dev/null | wc -l
}

lines_of_syslog() {
    log_since | grep -cE ' svctoken\[[0-9]+\]: '
}

# One line in each, of that action and of the generation that it made; in the
# file it is what FILTER says, in syslog like PATTERN (an ERE).
changes() {     # DESCRIPTION ACTION PATTERN FILTER ARGUMENT...
    local desc=$1 action=$2 pattern=$3 filter=$4 before last

    shift 4
    before=$(lines)
    log_mark
    sv "$@"
    check_eq "$desc" "0 1 1" \
        "$STATUS $(lines_of_syslog) $(($(lines) - before))"
    check_like "... in syslog" " svctoken\[[0-9]+\]: $action $pattern" \
        "$(log_since)"
    last=$(tail -n 1 "$file")
    if jq -e --arg action "$action" --argjson sequence "$(sequence)" \
        ".action == \$action and .sequence == \$sequence and
        (.time | test(\"^[-0-9]+T[:0-9]+Z\$\")) and .uid >= 0 and
        (.by | length > 0) and ($filter)" <<<"$last" >/dev/null; then
        ok "... in the file"
    else
        not_ok "... in the file" "not true: $filter" "$last"
    fi
}

changes_nothing() {     # DESCRIPTION ARGUMENT...
    local desc=$1 before

    shift
    before=$(lines)
    log_mark
    sv "$@"
    check_eq "no line: $desc" "0 0" \
        "$(lines_of_syslog) $(($(lines) - before))"
}

# --- each command that changes something ---

changes init init 'db=/var/lib/svctoken by=' \
    '.details.db == "/var/lib/svctoken" and .changed == {}' init
check_eq "the folder and the file are root's alone" \
    "root 700 root 600" "$(stat -c '%U %a' $folder $file | tr '\n' ' ' |
        sed 's/ $//')"
changes "account create" account-create \
    'account=deploy role=Editor expires=never sources=192.0.2.0/24,local .*by=' \
    '.account == "deploy" and .changed == {} and .details == {role: "Editor",
    expires: "never", sources: "192.0.2.0/24,local",
    "unix-uid": "existing", description: "web \u00fc"}' \
    account create deploy --role Editor --source 192.0.2.0/24 --source local \
    --description 'web ü'
changes "account edit" account-edit \
    'account=deploy role=Admin role-was=Editor sources=any sources-was=192.0.2.0/24,local by=' \
    '.account == "deploy" and .changed == {role: {old: "Editor", new: "Admin"},
    sources: {old: "192.0.2.0/24,local", new: "any"}}' \
    account edit deploy --role Admin --source none --description 'web ü'
changes "account edit of times and words" account-edit \
    'account=deploy expires=2999-01-01T00:00:00Z expires-was=never description=x description-was=web.x20' \
    '.changed == {expires: {old: "never", new: "2999-01-01T00:00:00Z"},
    description: {old: "web \u00fc", new: "x"}}' \
    account edit deploy --expires 2999-01-01 --description x
changes "account edit to what it is" account-edit 'account=deploy by=' \
    '.changed == {} and .details == {}' account edit deploy --description x
changes "account disable" account-disable \
    'account=deploy disabled=yes disabled-was=no by=' \
    '.changed == {disabled: {old: "no", new: "yes"}}' account disable deploy
changes "account enable" account-enable \
    'account=deploy disabled=no disabled-was=yes by=' \
    '.changed == {disabled: {old: "yes", new: "no"}}' account enable deploy
changes "token create" token-create \
    'account=deploy token=ci id=.{10} expires=2999-01-01T00:00:00Z .*by=' \
    '.account == "deploy" and .token == "ci" and (.id | length == 10) and
    .details == {expires: "2999-01-01T00:00:00Z", role: "Viewer",
    sources: "any", services: "sshd", comment: "c"}' \
    token create deploy/ci --expires 2999-01-01 --role Viewer --service sshd \
    --comment c
ci=$ANSWER
changes "token disable" token-disable \
    'account=deploy token=ci id=.{10} disabled=yes disabled-was=no by=' \
    '.id == "'"$(token_id "$ci")"'" and
    .changed == {disabled: {old: "no", new: "yes"}}' token disable deploy/ci
changes "token enable" token-enable \
    'account=deploy token=ci id=.{10} disabled=no disabled-was=yes by=' \
    '.changed.disabled.new == "no"' token enable "$(token_id "$ci")"
changes "token revoke" token-revoke \
    'account=deploy token=ci id=.{10} reason=laptop.x20lost state=revoked state-was=active by=' \
    '.details.reason == "laptop lost" and
    .changed == {state: {old: "active", new: "revoked"}}' \
    token revoke deploy/ci --reason 'laptop lost'
changes "token delete" token-delete \
    'account=deploy token=ci id=.{10} state=revoked expires=2999-01-01T00:00:00Z role=Viewer .*by=' \
    '.token == "ci" and .changed == {} and .details == {state: "revoked",
    expires: "2999-01-01T00:00:00Z", role: "Viewer", sources: "any",
    services: "sshd", comment: "c"}' token delete deploy/ci --yes
new_token one deploy/one
new_token two deploy/two
quietly svctoken token delete deploy/one --yes
quietly svctoken token delete deploy/two --yes
changes "account delete" account-delete \
    'account=deploy tokens=0 role=Admin expires=2999-01-01T00:00:00Z .*by=' \
    '.account == "deploy" and .details == {tokens: "0", role: "Admin",
    expires: "2999-01-01T00:00:00Z", sources: "any",
    "unix-uid": "existing", description: "x"}' \
    account delete deploy --yes

# A clock that is ahead for one command.
sv_ahead 86400 account create bot
[ "$STATUS" -eq 0 ] || die "account create: $WORDS"
changes "db accept-clock" clock-accept 'committed=.*Z committed-was=.*Z by=' \
    '.changed.committed.new < .changed.committed.old' db accept-clock --yes
svctoken token create bot/lost >/dev/full 2>&1
check_eq "a token that could not be handed over" \
    "token-create token-delete not-delivered" \
    "$(tail -n 2 $file | jq -r '.action, .details.reason // empty' |
        tr '\n' ' ' | sed 's/ $//')"

changes_nothing "refused" account edit bot --role Nobody
changes_nothing "not there" token revoke bot/none
changes_nothing "there already" account create bot
changes_nothing "so already" account enable bot
changes_nothing "shown" account list
changes_nothing "asked" check bot
changes_nothing "shown itself" log

for token in "$ci" "$one" "$two"; do
    token_secret "$token" && echo
done >"$T/secrets"
check_eq "no secret is in it" "3 0" \
    "$(grep -cxE '[0-9A-Za-z]{43}' "$T/secrets") $(grep -cF -f "$T/secrets" $file)"
refute "nor is anybody else let read it" as_user other cat $file

# --- "svctoken log" ---

listed() {      # DESCRIPTION WANT FILTER OPTION...
    local desc=$1 want=$2 filter=$3

    shift 3
    sv log --json "$@"
    check_eq "log: $desc" "0 $want" \
        "$STATUS $(jq -r "$filter" <<<"$ANSWER" 2>&1)"
}

all=$(lines)
listed "all of it" "$all" '.changes | length'
listed "the newest last" true '[.changes[].sequence] | . == sort'
listed "the keys" "about" '.changes[0] | if keys == (["account", "action", "by",
    "changed", "details", "host", "id", "sequence", "terminal", "time",
    "token", "uid"]) then "about" else keys end'
listed "--last" "2 $(jq .sequence $file | tail -n 1)" \
    '"\(.changes | length) \(.changes[1].sequence)"' --last 2
listed "--last, more than there is" "$all" '.changes | length' --last 10000
listed "--account" "deploy" '[.changes[].account] | unique | .[]' \
    --account deploy
listed "--account, all of these" "$(grep -c '"account":"deploy"' $file)" \
    '.changes | length' --account deploy
listed "--account of one that never was" 0 '.changes | length' --account nobody
listed "--token by name, though it is gone" \
    "token-create token-disable token-enable token-revoke token-delete" \
    '[.changes[].action] | join(" ")' --token deploy/ci
listed "--token by id" 5 '.changes | length' --token "$(token_id "$ci")"
listed "--action" token-revoke '.changes[].action' --action token-revoke
listed "--action, several" "account-delete token-delete" \
    '[.changes[].action] | unique | join(" ")' --action '*-delete'
listed "--by" "$all" '.changes | length' --by "$(jq -r .by $file | head -n 1)"
listed "--by somebody else" 0 '.changes | length' --by nobody
listed "--since" 1 '.changes | length' --since +2h
listed "--until" "$((all - 1))" '.changes | length' --until +2h
listed "--since ago" "$all" '.changes | length' --since -1h
listed "--until ago" 0 '.changes | length' --until -1h
first=$(head -n 1 $file | jq -r .time)
listed "both ends belong to it" true '.changes | length > 0' \
    --since "$first" --until "$first"
listed "several at once" 1 '.changes | length' --account deploy \
    --action 'token-*' --since -1h --last 1

sv log --account deploy
check_like "log: as a table" '^TIME +BY +ACTION +TO +WHAT$' "$ANSWER"
check_like "... old and new" \
    'account-edit +deploy +role: Editor -> Admin, sources: 192.0.2.0/24,local -> any$' \
    "$ANSWER"
check_like "... a token" 'token-revoke +deploy/ci +state: active -> revoked, reason: laptop lost$' \
    "$ANSWER"
sv log --account nobody
check_eq "log: that there is none is no failure" "0 no changes" "$STATUS $WORDS"

refused() {     # PATTERN OPTION...
    local pattern=$1

    shift
    sv log "$@"
    check_eq "refused: log $*" "2 " "$STATUS $ANSWER"
    check_like "... and why" "$pattern" "$WORDS"
}

refused 'no moment' --since yesterday
refused '"8h" is no moment: -8h is that long ago' --since 8h
refused 'no time that long ago' --since -8
refused 'later than' --since now --until -1h
refused 'number from 1 to' --last 0
refused 'number from 1 to' --last 10001
refused 'number from 1 to' --last -1
refused 'login name' --account 'No'
refused 'names no token' --token deploy
refused 'no action' --action 'a b'
refused 'no user' --by ''
refused 'given twice' --last 1 --last 2
refused 'account and --token|token and --account' --account deploy --token deploy/ci
refused 'what is' extra

run as_user other svctoken log
check_eq "log is for root" 3 "$STATUS"
check_like "... and says so" 'for root' "$OUT"

cp $file "$T/whole"
sed '3s/.*/{"time":"20/; 5s/"by":"[a-z0-9-]*"/"by":"\\u001b[31m"/' "$T/whole" \
    >"$T/damaged"
sv log --file "$T/damaged" --json
check_eq "damaged lines: exit code 3, the others are shown" \
    "3 $((all - 2))" "$STATUS $(jq '.changes | length' <<<"$ANSWER")"
check_like "... each by its number" 'line 3 of .*damaged' "$WORDS"
check_like "... each by its number" 'line 5 of .*damaged' "$WORDS"
head -c -20 "$T/whole" >"$T/torn"
sv log --file "$T/torn" --json
check_eq "a torn last line: exit code 3, the others are shown" \
    "3 $((all - 1))" "$STATUS $(jq '.changes | length' <<<"$ANSWER")"
head -c 100000 /dev/urandom >"$T/random"
sv log --file "$T/random"
check_eq "of a file that is no log few lines are named" "3 1" \
    "$STATUS $(($(grep -c 'is damaged' "$T/words") <= 10))"
sv log --file "$T/whole" --json
check_eq "all changes are there" "0 " "$STATUS $WORDS"
sed '4,5d; 9d' "$T/whole" >"$T/less"
sv log --file "$T/less" --last 1 --json
check_eq "changes without a line are counted" \
    '0 there is no line of 3 changes' "$STATUS ${WORDS%%:*}"
sed '4s/^{/x/' "$T/whole" >"$T/damaged"
sv log --file "$T/damaged"
refute "... one that is damaged has a line" grep -q 'no line' "$T/words"
sv log --file "$T/none"
check_eq "a file that is not there" 1 "$STATUS"
sv log --file "$T"
check_eq "a folder is no file" 2 "$STATUS"
gzip -c "$T/whole" >"$T/whole.gz"
from_gzip() {
    zcat "$T/whole.gz" | svctoken log --file - --json | jq '.changes | length'
}
check_eq "log --file - reads what was compressed" "$all" "$(from_gzip)"

# 500 000 lines, in the memory that a few take.
awk '{ line[NR] = $0 } END { for (i = 0; i < 500000; i++)
    print line[i % NR + 1] }' "$T/whole" >"$T/big"
limited() {
    (ulimit -v 131072 && exec svctoken log --file "$T/big" --json "$@")
}
check_eq "a file of $(($(stat -c %s "$T/big") >> 20)) MB in 128 MB of memory: --last" \
    7 "$(limited --last 7 | jq '.changes | length')"
check_eq "... and with no limit the newest 10000" 10000 \
    "$(limited 2>"$T/words" | jq '.changes | length')"
check_like "... which it says" 'only the newest 10000 of 500000' \
    "$(cat "$T/words")"
rm "$T/big"

# --- who, and where from ---

at_a_terminal() {
    script -qec "$1" /dev/null
}
# What sshd writes, for Debian 13 has no utmpdump any more.
cat >"$T/utmp.c" <<'END'
#include <string.h>
#include <unistd.h>
#include <utmpx.h>
int main(void)
{
    struct utmpx login = {.ut_type = USER_PROCESS, .ut_id = "ts/1"};

    login.ut_pid = getppid();
    strncpy(login.ut_line, ttyname(0) + 5, sizeof login.ut_line);
    strncpy(login.ut_user, "alice", sizeof login.ut_user);
    strncpy(login.ut_host, "box.example", sizeof login.ut_host);
    setutxent();
    return pututxline(&login) == NULL;
}
END
cc -o "$T/utmp" "$T/utmp.c" || die "no record of a login"
: >/run/utmp
at_a_terminal "$T/utmp && svctoken account edit bot --description here" \
    >"$T/screen" 2>&1
check_eq "the terminal, and where it was reached from" "pts/0 box.example" \
    "$(tail -n 1 $file | jq -r '.terminal + " " + .host')"
rm -f /run/utmp

# --- interrupted ---

# syslogd takes its time: the change is there by then, the line not yet.
cat >"$T/slow.c" <<'END'
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
void syslog(int priority, const char *format, ...)
{
    close(open(SLOW, O_WRONLY | O_CREAT, 0600));
    usleep(300000);
}
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    syslog(priority, format);
}
void __vsyslog_chk(int priority, int flag, const char *format, va_list args)
{
    syslog(priority, format);
}
END
cc -shared -fPIC -DSLOW="\"$T/slow\"" -o "$T/slow.so" "$T/slow.c" ||
    die "no slow syslogd"
before="$(sequence) $(lines)"
LD_PRELOAD=$T/slow.so env --default-signal=INT \
    svctoken account edit bot --description interrupted >/dev/null 2>&1 &
slow=$!
wait_for 5 test -e "$T/slow" || die "nothing is slow"
kill -INT $slow
wait $slow
check_eq "a change that is interrupted at the end is in the log" \
    "130 $((${before% *} + 1)) $((${before#* } + 1)) interrupted" \
    "$? $(sequence) $(lines) $(tail -n 1 $file |
        jq -r .changed.description.new)"

# --- another database has its own ---

before=$(lines)
quietly svctoken init --db /srv/db
quietly svctoken account create other --db /srv//db/
check_eq "another database: a log in its folder" "init account-create" \
    "$(jq -r .action /srv/db/audit.log | tr '\n' ' ' | sed 's/ $//')"
check_eq "... of the mode 0600" "root 600" \
    "$(stat -c '%U %a' /srv/db/audit.log)"
check_eq "... and none in this one's" "$before" "$(lines)"
cp /srv/db/audit.log /srv/db/audit.log.1
sv db verify --db /srv/db
check_eq "... db verify takes it as a part" "0 " "$STATUS $WORDS"
refute "... and says nothing of it" grep -q audit "$T/answer"
SVCTOKEN_DB=/srv/db sv log --json
check_eq "... log reads it" 2 "$(jq '.changes | length' <<<"$ANSWER")"
check_like "... and says where older ones are" '/srv/db/audit.log.1: see --file' \
    "$WORDS"
sv log --db /srv/none
check_eq "... none there: exit code 3" 3 "$STATUS"
quietly svctoken account edit bot --description slashes --db //var/lib/svctoken/
check_eq "the default one, however written, has the one in /var/log" \
    "slashes" "$(tail -n 1 $file | jq -r .changed.description.new)"

# --- what must not be written to, and what must not keep a change ---

# It is done, in syslog, and said not to be in the file.
without_file() {    # DESCRIPTION PATTERN ARGUMENT...
    local desc=$1 pattern=$2 before

    shift 2
    before=$(sequence)
    log_mark
    sv "$@"
    check_eq "$desc: done all the same" "0 $((before + 1))" \
        "$STATUS $(sequence)"
    check_like "... said" "done and sent to syslog, but not in .*: .*$pattern" \
        "$WORDS"
    check_eq "... in syslog" 1 "$(lines_of_syslog)"
}

echo precious >"$T/precious"
mv $file "$T/kept"
ln -s "$T/precious" $file
without_file "a planted link" 'symbolic link' account disable bot
check_eq "... not followed" precious "$(cat "$T/precious")"
rm $file
mkfifo $file
without_file "a planted fifo" 'not a regular file' account enable bot
rm $file
install -m 666 /dev/null $file
without_file "a file that others can write to" 'writable by others' \
    account disable bot
check_eq "... not written to" 0 "$(stat -c %s $file)"
rm $file
chmod 770 $folder
without_file "a folder that others can write to" 'writable by others' \
    account enable bot
chmod 700 $folder
mv $folder $folder.real
ln -s "$T" $folder
without_file "a planted folder" 'symbolic link' account disable bot
rm $folder
mv $folder.real $folder
mv "$T/kept" $file
rm -rf /srv/gone
mv $folder /srv/gone
changes "the folder comes back when it is gone" account-enable 'account=bot' \
    true account enable bot
check_eq "... as it was" "root 700" "$(stat -c '%U %a' $folder)"
rm -r $folder
mv /srv/gone $folder

new_token first bot/first
new_token second bot/second
cp $file "$T/kept"
mount -t tmpfs -o size=64k,mode=700 log $folder || die "no tmpfs"
cp "$T/kept" $file
# All is full but for 40 bytes behind the last line: the next one is torn.
pad='{"time":"2026-01-01T00:00:00Z","sequence":0,"action":"pad","by":"root",'
pad+='"uid":0,"details":{"pad":"%*s"},"changed":{}}\n'
# shellcheck disable=SC2059 # the format is ours
empty=$(printf "$pad" 0 '' | wc -c)
size=$(stat -c %s $file)
room=$(((size + 1000 + 4095) / 4096 * 4096 - 40 - size))
# shellcheck disable=SC2059
printf "$pad" $((room - empty)) '' >>$file
head -c 100000 /dev/zero >$folder/fill 2>/dev/null
without_file "a full disk" 'No space left' token revoke bot/first
check_eq "... 40 bytes of the line got there" 0 $(($(stat -c %s $file) % 4096))
sv check bot/first
check_eq "... revoked it is" 1 "$STATUS"
rm $folder/fill
sv token revoke bot/second
check_eq "a line after a torn one" "0 second" \
    "$STATUS $(tail -n 1 $file | jq -r .token)"
sv log --json
check_eq "... the torn one is said, and hides none" "3 token-revoke" \
    "$STATUS $(jq -r '.changes[-1].action' <<<"$ANSWER")"
check_eq "... no more than that one" 1 "$(grep -c 'is damaged' "$T/words")"
mount -o remount,ro $folder
without_file "a read-only disk" 'Read-only' account disable bot
umount $folder
changes "the disk is back" account-enable 'account=bot' true account enable bot

# --- many at once, and logrotate meanwhile ---

many() {        # how often, each in a change of its own
    local n

    for ((n = 1; n <= $1; n++)); do
        svctoken account edit bot --description "$2 $n" >/dev/null 2>&1 ||
            echo "failed: $2 $n"
    done
}

whole() {       # the sequences of the rotated files and of the present one
    find $folder -name 'audit.log*' | sort -t . -k 3rn -k 3r |
        while read -r part; do
            case $part in
            *.gz) zcat "$part" ;;
            *) cat "$part" ;;
            esac
        done
}

before=$(lines)
writers=()
for name in a b c; do
    many 10 $name >"$T/many.$name" &
    writers+=($!)
done
wait "${writers[@]}"
check_eq "three at once: each change is there" "30 " \
    "$(($(lines) - before)) $(cat "$T"/many.*)"
sv log --last 31 --json
check_eq "... whole, once, in the order of the changes" "0 true" \
    "$STATUS $(jq '[.changes[].sequence] | . == [range(.[0]; .[0] + 31)]' \
        <<<"$ANSWER")"

check_eq "logrotate's file is installed" "root 644" \
    "$(stat -c '%U %a' /etc/logrotate.d/svctoken)"
rotate() {
    logrotate --force --state "$T/state" /etc/logrotate.d/svctoken
}
before=$(lines)
check "logrotate takes it" rotate
check_eq "... says nothing" "" "$OUT"
check_eq "... renamed, and nothing made" "audit.log.1" \
    "$(cd $folder && echo *)"
sv log
check_eq "log: nothing since" "0 no changes" \
    "$STATUS $(head -n 1 <<<"$WORDS")"
check_like "... and where the older ones are" "$file.1: see --file" "$WORDS"
changes "the next change makes a new file" account-disable 'account=bot' true \
    account disable bot
check_eq "... of the mode 0600" "root 600 root 600" \
    "$(stat -c '%U %a' $file $file.1 | tr '\n' ' ' | sed 's/ $//')"
check_eq "... nothing is lost" $((before + 1)) "$(lines)"
sv log --file $file.1 --json
check_eq "log --file reads the rotated one" "0 $before" \
    "$STATUS $(jq '.changes | length' <<<"$ANSWER")"

before=$(whole | wc -l)
writers=()
for name in d e; do
    many 25 $name >"$T/many.$name" &
    writers+=($!)
done
for _ in 1 2 3 4 5; do
    sleep 0.2
    check "logrotate while others write" rotate
done
wait "${writers[@]}"
whole >"$T/all"
check_eq "nothing is lost" "50 " \
    "$(($(wc -l <"$T/all") - before)) $(cat "$T"/many.[de])"
check_eq "... each line is whole, in its order" "" \
    "$(jq .sequence "$T/all" | tail -n 50 |
        awk 'NR > 1 && $1 != before + 1 { print before, $1 } { before = $1 }')"
check_eq "... the oldest are compressed, all root's alone" "1 root 600" \
    "$(find $folder -name '*.gz' | head -n 1 | wc -l) $(stat -c '%U %a' \
        $folder/* | sort -u)"

# --- what became of a token, by its id ---

add_user nas
changes "apikey create" apikey-create \
    'account=nas token=key id=.{10} role=Viewer expires=2999-01-01T00:00:00Z .*description=n by=' \
    '.account == "nas" and .token == "key" and .details == {role: "Viewer",
    expires: "2999-01-01T00:00:00Z", sources: "local", services: "sshd",
    "unix-uid": "existing", description: "n"}' apikey create nas --role Viewer --source local \
    --expires 2999-01-01 --service sshd --description n
key=$(token_id "$ANSWER")
changes "token rotate" token-rotate \
    "account=nas token=key id=$key superseded-until=.*Z by=" \
    '.changed == {} and (.details | keys == ["superseded-until"])' \
    token rotate nas/key
changes "token rotate with another end" token-rotate \
    "account=nas token=key id=$key superseded-until=.*Z expires=2998-01-01T00:00:00Z expires-was=2999-01-01T00:00:00Z account-expires=2998-.* account-expires-was=2999-.* by=" \
    '.changed | .expires == {old: "2999-01-01T00:00:00Z",
    new: "2998-01-01T00:00:00Z"} and ."account-expires" == .expires' \
    token rotate nas/key --expires 2998-01-01
quietly svctoken account edit nas --expires 2999-01-01
changes "apikey delete" apikey-delete \
    "account=nas token=key id=$key role=Viewer expires=2999-01-01T00:00:00Z .*by=" \
    '.account == "nas" and .token == "key" and .details == {role: "Viewer",
    expires: "2999-01-01T00:00:00Z", sources: "local", services: "sshd",
    "unix-uid": "existing", description: "n"}' apikey delete nas --yes
listed "an API key's token by its id, to its end" "apikey-create token-rotate token-rotate apikey-delete" \
    '[.changes[].action] | join(" ")' --token "$key"

quietly svctoken account create nas
for name in a b c; do
    new_token "$name" nas/$name
    quietly svctoken token revoke nas/$name
done
quietly svctoken token purge --older 0 --account nas --yes
for token in "$a" "$b" "$c"; do
    listed "a token by its id, to the purge that removed it" \
        "token-create token-revoke token-purged" \
        '[.changes[].action] | join(" ")' --token "$(token_id "$token")"
done
new_token d nas/d
new_token e nas/e
quietly svctoken account delete nas --yes
for token in "$d" "$e"; do
    listed "a token by its id, to the end of its account" \
        "token-create account-deleted" \
        '[.changes[].action] | join(" ")' --token "$(token_id "$token")"
done
listed "no part of an id is one" 0 '.changes | length' \
    --token "$(token_id "$a" | cut -c 2-)$(token_id "$b" | cut -c 1)"

quietly svctoken account create some
new_token few some/few --max-uses 3
changes "token delete, of one with a limit of uses" token-delete \
    'account=some token=few id=.{10} .*max-uses=3 .*by=' \
    '.details["max-uses"] == "3"' token delete some/few --yes
done_testing
