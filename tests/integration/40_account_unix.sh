#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Unix user of an account: one of the host, which stays what it is, or one
# by svctoken alone, with numbers that nobody else has; what is refused, what is
# said, what nscd is told; and, where the name service asks svctoken, its home
# and a login.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd

# It must exit with STATUS, say what is wrong like PATTERN (an ERE), and change
# nothing.
bad() {         # STATUS PATTERN ARGUMENT...
    local before

    before=$(sequence)
    sv "${@:3}"
    check_like "refused: ${*:3}" "^$1 svctoken: $3 [a-z]+: .*$2.* $before\$" \
        "$STATUS $(printf %s "$WORDS" | tr '\n' ' ')$ANSWER $(sequence)"
}

last_change() { # JQ FILTER
    tail -n 1 /var/log/svctoken/audit.log | jq -r "$1"
}

user_of() {     # NAME: its numbers, home and shell
    svctoken account show "$1" --json 2>/dev/null |
        jq -r '"\(.existing) \(.uid) \(.gid) \(.home) \(.shell)"'
}

# --- a Unix user of the host ---

add_user host1
add_user host2
add_user person secret
add_user admin '' sudo
host1=$(id -u host1)

good "an account of a Unix user" account create host1
check_like "... which stays what it is" \
    "host1 is a Unix user of this host \(uid $host1\) and stays what it is" \
    "$WORDS"
check_eq "... has no numbers of ours" 'true null null null null' \
    "$(user_of host1)"
check_eq "... and the log says so" existing \
    "$(last_change '.details["unix-uid"]')"
check_eq "... without a home" null "$(last_change .details.home)"
good "account show" account show host1
check_like "... says whose the Unix user is" '^Unix user: +of the host$' \
    "$ANSWER"
check_eq "... and nothing is amiss" "" "$WORDS"
good "--existing" account create host2 --existing --json
json "... answers so" '.existing and .uid == null and .home == null'

bad 1 'no Unix user nobody1 .*useradd .*without --existing' \
    account create nobody1 --existing
for option in '--uid 70000' '--gid users' '--home /x' '--shell /bin/sh' \
    --create-home; do
    # shellcheck disable=SC2086 # two words
    bad 2 "admin is a Unix user of this host .*${option%% *} is for" \
        account create admin --convert $option
    # shellcheck disable=SC2086 # two words
    bad 2 "existing and ${option%% *} contradict" \
        account create admin --existing --convert $option
done
bad 2 'has a password' account create person
bad 2 'has a password' account create person --existing
bad 2 'give --convert' account create admin --existing
bad 2 'uid 0' account create root --existing --convert
bad 1 '"host1" already' account create host1
bad 1 '"host1" already' account create host1 --uid 70000

# As one leaves it who takes a line out of /etc/passwd.
cp -p /etc/group "$T/group"
sed -i '/^sudo:/s/$/,ghost/; /^sudo:.*:,/s/:,/:/' /etc/group
bad 2 'ghost is in the group sudo.*gpasswd -d ghost sudo.*--convert' \
    account create ghost
cp -p "$T/group" /etc/group

# --- one by svctoken alone ---

log_mark
good "an account that is no Unix user" account create deploy \
    --description 'ships: the shop' --json
json "... gets the first uid of the range" \
    '.existing == false and .uid == 65536 and .gid == 65536'
json "... a home and a shell" \
    '.home == "/var/lib/svctoken-home/deploy" and .shell == "/bin/sh"'
check_like "... and says so" 'by svctoken alone: uid 65536, gid 65536, home /' \
    "$WORDS"
check_like "... and that the host does not ask yet" '"svctoken nss enable"' \
    "$WORDS"
check_eq "... nothing is in /etc/passwd" "" "$(grep deploy: /etc/passwd)"
check_log "... the log has it" \
    'account-create account=deploy .*unix-uid=65536 unix-gid=65536 home=/var/lib/svctoken-home/deploy shell=/bin/sh .*by=root uid=0'
check_eq "... the file, too" '65536 65536 /var/lib/svctoken-home/deploy /bin/sh' \
    "$(last_change '.details | "\(.["unix-uid"]) \(.["unix-gid"]) \(.home) \(.shell)"')"
good "account show" account show deploy
check_like "... shows it" '^Uid: +65536$' "$ANSWER"
check_like "... and says why a login would fail" \
    'does not ask svctoken for users yet: nobody can log in' "$WORDS"
good "the next account" account create second
check_eq "... gets the next number" \
    'false 65537 65537 /var/lib/svctoken-home/second /bin/sh' \
    "$(user_of second)"
good "account list" account list
check_eq "... says it once" 1 "$(grep -c 'svctoken nss enable' "$T/words")"
check_like "... of both" '2 of them, as deploy,' "$WORDS"
bad 1 '"deploy" already' account create deploy
bad 1 'no Unix user deploy' account create deploy --existing

# --- what is asked for ---

good "a home and a shell" account create third --home /srv/third \
    --shell /bin/bash
check_eq "... are kept" 'false 65538 65538 /srv/third /bin/bash' \
    "$(user_of third)"
good "a uid outside of the range" account create fourth --uid 50000
check_like "... is told, for nobody remembers it" \
    'the uid 50000 is outside of the range .* not remembered' "$WORDS"
check_eq "... is kept" '50000 50000' \
    "$(user_of fourth | cut -d ' ' -f 2,3)"
groupadd -g 1234 shared
good "a group by name" account create fifth --gid shared
check_eq "... is the primary one" '65539 1234' \
    "$(user_of fifth | cut -d ' ' -f 2,3)"
good "a group by number" account create sixth --gid 1234
check_eq "... too" '65540 1234' "$(user_of sixth | cut -d ' ' -f 2,3)"

bad 2 'no number from 1' account create bad1 --uid 0
bad 2 'no number from 1' account create bad1 --uid x
bad 2 "can't be a uid of svctoken" account create bad1 --uid 999
bad 2 "can't be a uid of svctoken" account create bad1 --uid 65535
bad 2 'no number from 1' account create bad1 --uid 4294967294
bad 1 "--uid: $host1 is the uid of the user host1 on this host" account create bad1 --uid "$host1"
bad 1 "--uid: 1234 is the gid of the group shared on this host" account create bad1 --uid 1234
bad 2 'take another uid' account create bad1 --uid 1234 --gid shared
bad 1 '65536 is the uid of "deploy"' account create bad1 --uid 65536
bad 2 'given twice' account create bad1 --uid 1 --uid 2
good "a uid that is a group's, with another group" account create seventh \
    --uid 1234 --gid users
bad 1 'there is no group "nosuch"' account create bad1 --gid nosuch
bad 1 'there is no group "54321"' account create bad1 --gid 54321
bad 2 "root's alone" account create bad1 --gid root
bad 2 "root's alone" account create bad1 --gid 0
for path in '' x ./x /a:b $'/a\nb'; do
    bad 2 'is no path' account create bad1 --home "$path"
    bad 2 'is no path' account create bad1 --shell "$path"
done
bad 2 'too long: at most 256' account create bad1 \
    --home "/$(printf 'a%.0s' {1..256})"
bad 3 '"svctoken nss enable" first' account create bad1 --create-home

# useradd refuses it, too
groupadd -g 1235 grouped
bad 1 'there is a group grouped on this host \(gid 1235\): --gid grouped' \
    account create grouped
good "... and with it" account create grouped --gid grouped
check_eq "... it is the primary one" 1235 "$(user_of grouped | cut -d ' ' -f 3)"

good "a home that is somebody's" account create eighth --home /root
check_like "... is told" '/root is there already, and is not this' "$WORDS"
good "a home that is none" account create ninth --home /etc/passwd
check_like "... is told" '/etc/passwd is no folder' "$WORDS"
good "a shell that is not listed" account create tenth --shell /usr/sbin/nologin
check_like "... is told" 'is not in /etc/shells' "$WORDS"
good "a shell that is not there" account create eleventh --shell /nosuch
check_like "... is told" "/nosuch can't be run on this host" "$WORDS"
good "a shell that is a folder" account edit eleventh --shell /
check_like "... is told" "the shell / can't be run on this host" "$WORDS"

# --- numbers that the host has ---

next=$(($(svctoken account show eleventh --json 2>/dev/null | jq .uid) + 1))
useradd -M -u $next taken1 2>/dev/null
groupadd -g $((next + 1)) taken2
good "numbers of the host" account create twelfth
check_like "... are passed over, a user's" \
    "^$next is the uid of the user taken1 on this host: passed over\$" "$WORDS"
check_like "... and a group's" \
    "^$((next + 1)) is the gid of the group taken2 on this host: passed over\$" "$WORDS"
check_eq "... to the next one" $((next + 2)) \
    "$(user_of twelfth | cut -d ' ' -f 2)"
for ((i = next + 3; i < next + 12; i++)); do
    groupadd -g $i "g$i"
done
good "many of them" account create thirteenth
check_eq "... are not all named" 5 "$(grep -c 'passed over' "$T/words")"
check_like "... but told" '^and others$' "$WORDS"
check_eq "... to the next one" $((next + 12)) \
    "$(user_of thirteenth | cut -d ' ' -f 2)"

# --- edit ---

good "account edit" account edit deploy --home /srv/deploy --shell /bin/bash \
    --json
json "... home and shell" '.home == "/srv/deploy" and .shell == "/bin/bash"'
json "... nothing else" '.uid == 65536 and .gid == 65536'
check_like "... says what stays" \
    'in its former home /var/lib/svctoken-home/deploy stays there' "$WORDS"
check_eq "... the log has both" \
    '/var/lib/svctoken-home/deploy /srv/deploy /bin/sh /bin/bash' \
    "$(last_change '.changed | "\(.home.old) \(.home.new) \(.shell.old) \(.shell.new)"')"
bad 2 'host1 is a Unix user of this host.*usermod -d DIR host1' \
    account edit host1 --home /x
bad 2 'host1 is a Unix user of this host.*usermod -s PATH host1' \
    account edit host1 --shell /bin/sh
bad 2 'is no path' account edit deploy --home x
bad 2 'unknown option' account edit deploy --uid 70000
bad 2 'unknown option' account edit deploy --gid users

# --- delete: a number comes once ---

good "account delete" account delete second --yes
check_like "... says what stays" \
    'home /var/lib/svctoken-home/second, and any other file of the uid 65537, which the range gives to nobody again' \
    "$WORDS"
check_eq "... the log has its uid" 65537 \
    "$(last_change '.details["unix-uid"]')"
good "an account of that name" account create second
check_eq "... has another number" $((next + 13)) \
    "$(user_of second | cut -d ' ' -f 2)"
bad 2 'handed out before' account create bad1 --uid 65537
good "deleting one of a Unix user" account delete host2 --yes
check_like "... gives it back" 'usermod -L -e 1 host2' "$WORDS"
check "... which is there" id host2

# --- API keys ---

good "apikey create" apikey create key1 --role Viewer --out "$T/key1" \
    --home /srv/key1 --shell /bin/bash
check_eq "... is made the same way" \
    "false $((next + 14)) $((next + 14)) /srv/key1 /bin/bash" \
    "$(user_of key1)"
check_like "... and says so" 'key1 is a Unix user by svctoken alone: uid' \
    "$WORDS"
check_eq "... the log has it" $((next + 14)) \
    "$(last_change '.details["unix-uid"]')"
good "apikey create --existing" apikey create host2 --role Viewer --existing \
    --out "$T/key2"
check_like "... stays what it is" 'host2 is a Unix user of this host' "$WORDS"
bad 1 'no Unix user nobody1' apikey create nobody1 --role Viewer --existing
bad 2 'is no path' apikey create bad1 --role Viewer --home x
bad 1 'there is a group shared' apikey create shared --role Viewer
bad 3 '"svctoken nss enable" first' apikey create bad1 --role Viewer \
    --create-home
good "apikey delete" apikey delete key1 --yes
check_like "... says what stays" 'home /srv/key1, and any other file' "$WORDS"
check_eq "... the log has its home" /srv/key1 "$(last_change .details.home)"

# --- a user of the host of that name, later ---

useradd -M -u 5555 third
good "account show" account show third
check_like "... tells of another uid" \
    'has the uid 65538, and the host has .* the uid 5555: logins get that' \
    "$WORDS"
good "account list" account list third
check_like "... too" 'the host has .* the uid 5555' "$WORDS"
userdel third

# --- another database than the host's ---

svctoken init --db /srv/other 2>/dev/null || die "no other database"
good "an account elsewhere" account create deploy --db /srv/other
refute "... nothing is said of this host's name service" \
    grep -q 'nss enable' "$T/words"
good "... nor when it is shown" account show deploy --db /srv/other
check_eq "... nothing at all" "" "$WORDS"
bad 2 'none of this host' account create bad1 --db /srv/other --create-home

# --- nscd is told ---

mkdir -p /run/nscd
cat >"$T/nscd" <<END
#!/bin/sh
echo "\$*" >>$T/told
exit \$(cat $T/nscd-code)
END
chmod 755 "$T/nscd"
rm -f /usr/sbin/nscd
cp "$T/nscd" /usr/sbin/nscd
echo 0 >"$T/nscd-code"
told() {        # what it was told since
    [ ! -e "$T/told" ] || xargs <"$T/told"
    rm -f "$T/told"
}

good "where it does not run" account create nscd1
check_eq "... it is not called" "" "$(told)"
# shellcheck disable=SC2016 # perl's variables
perl -MIO::Socket::UNIX -e '$socket = IO::Socket::UNIX->new(
    Local => $ARGV[0], Listen => 1) or die; sleep' /run/nscd/socket &
listener=$!
wait_for 10 test -S /run/nscd/socket
good "where it runs" account create nscd2
check_eq "... it forgets users and groups" '-i passwd -i group' "$(told)"
good "account edit" account edit nscd2 --shell /bin/bash
check_eq "... tells it" '-i passwd -i group' "$(told)"
good "a token" token create nscd2/x --out "$T/nscd2"
check_eq "... is nothing to it" "" "$(told)"
good "account disable" account disable nscd2
check_eq "... neither" "" "$(told)"
good "another database" account create nscd3 --db /srv/other
check_eq "... neither" "" "$(told)"
bad 1 '"nscd2" already' account create nscd2
check_eq "what fails neither" "" "$(told)"
echo 1 >"$T/nscd-code"
good "account delete" account delete nscd2 --yes
check_eq "... tells it" '-i passwd -i group' "$(told)"
check_like "... and says that it failed" 'nscd could not be told' "$WORDS"
kill "$listener"
wait "$listener" || :
good "where it ran" account create nscd4
check_eq "... it is not called" "" "$(told)"
rm -f /run/nscd/socket

# --- the end of the range ---

good "a number near the end" account create late --uid 99500
check_like "... says how many are left" \
    '^499 numbers are left in the range of uids and gids, 65536 to 99999' \
    "$WORDS"
good "... and goes on there" account create later1
check_eq "... behind it" 99501 "$(user_of later1 | cut -d ' ' -f 2)"
good "the last but one" account create last1 --uid 99998
check_like "... says that one is left" '^1 number is left in the range' "$WORDS"
good "the last one" account create last --uid 99999
check_like "... says that none is left" '^0 numbers are left' "$WORDS"
bad 2 'is used up' account create bad1
good "outside of it there are others" account create outside --uid 200000

# --- where the name service asks svctoken ---

if ! svctoken help nss >/dev/null 2>&1; then
    skip "homes and logins" "no svctoken nss"
    done_testing
fi
good "svctoken nss enable" nss enable
check_eq "the host knows the account" \
    'deploy:*:65536:65536:ships  the shop:/srv/deploy:/bin/bash' \
    "$(getent passwd deploy)"
good "account list" account list
refute "... has nothing to say of it" \
    grep -qE 'nss enable|has no Unix user|does not know' "$T/words"
bad 1 '"deploy" already' account create deploy
bad 1 '"deploy" already' account create deploy --existing

good "--create-home" account create homely --uid 200001 --create-home
home=/var/lib/svctoken-home/homely
check_eq "... makes its home, for it alone" 'homely 700' \
    "$(stat -c '%U %a' $home)"
check "... with what is in /etc/skel" test -e $home/.profile
check_eq "... in a folder that everybody may pass" 'root 755' \
    "$(stat -c '%U %a' ${home%/*})"
refute "... and does not speak of enabling it" grep -q 'nss enable' "$T/words"
good "one that is there" account create homely2 --uid 200002 --create-home \
    --home /root
check_like "... is left alone" 'is not this user' "$WORDS"
check_eq "... and root's" root "$(stat -c %U /root)"
for path in /tmp/x /tmp/link/x /srv/shared/a/b /srv/owned/x; do
    case $path in
    /tmp/link/*) ln -s /srv /tmp/link ;;
    /srv/shared/*) install -d -g shared -m 775 /srv/shared ;;
    /srv/owned/*) install -d -o host1 /srv/owned ;;
    esac
    bad 3 'create-home: others than root may write in /' \
        account create bad1 --create-home --home "$path"
done
sv account create homely3 --uid 200003 --create-home --home /dev/null/x
check_eq "a home that can't be made" 3 "$STATUS"
check_like "... leaves the account" \
    'homely3 is made, and its home /dev/null/x is not' "$WORDS"
check_eq "... which is there" 200003 "$(id -u homely3)"
good "an API key with a home" apikey create homekey --role Viewer \
    --uid 200004 --create-home --out "$T/homekey"
check_eq "... has one" homekey \
    "$(stat -c %U /var/lib/svctoken-home/homekey)"

homely=
new_token homely homely
start_sshd
check "it logs in" ssh_password homely "$homely" 'id -un; pwd'
check_eq "... and is at home" "homely $home" "$(printf %s "$OUT" | xargs)"

# What it leaves behind by nohup is found by the uid, which nobody knows then.
check "a session leaves a process behind" ssh_password homely "$homely" \
    'nohup sleep 1000 </dev/null >/dev/null 2>&1 &'
check "... which is there" wait_for 5 pgrep -u 200001 -x sleep
good "account delete --end-sessions" account delete homely --yes --end-sessions
refute "... ends it" pgrep -u 200001 -x sleep
check_eq "... its home stays" 200001 "$(stat -c %u $home)"
check_eq "... the user does not" "" "$(getent passwd homely)"
stop_sshd

# --- groups that are as good as root ---

good "the primary group may be a powerful one" account create reader \
    --uid 200005 --gid shadow
check_like "... and that is told" 'its group is shadow: .* become root' "$WORDS"
good "so may the name of its own one" account create docker --uid 200006
check_like "... and that is told, too" 'its group is docker: ' "$WORDS"

done_testing
