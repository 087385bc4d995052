#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The utility as an administrator uses it: what each command does, answers and
# exits with, and that nothing changes when something is wrong.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

top=$(realpath "$LIB_DIR/../..")
db=/var/lib/svctoken
start_syslog
# shellcheck disable=SC2119 # the default folder is meant
install_svctoken
helper() {      # NAME SOURCE...
    cc -I"$SVCT_BUILD_DIR" -I"$top/lib" -o "$T/$1" "${@:2}" ||
        die "no helper $1"
}
helper holdlock "$top/tests/support/holdlock.c"
helper newer "$top/tests/support/newer.c" "$top/lib/base/crc64.c"

for user in deploy bot plain; do
    useradd -r -m -s /bin/bash $user || die "no user $user"
done
add_user alice secret
add_user admin '' sudo

# It must exit with STATUS, say what is wrong like PATTERN (an ERE) and nothing
# else, and change nothing.
bad() {         # STATUS PATTERN ARGUMENT...
    local want=$1 pattern=$2 before
    local desc

    shift 2
    desc=$(printf '%q ' "$@" | cut -c 1-60)
    before=$(sequence)
    sv "$@"
    if [ "$STATUS" -ne "$want" ]; then
        not_ok "refused: $desc" "exit code $STATUS: $ANSWER$WORDS"
    elif [ -n "$ANSWER" ]; then
        not_ok "refused: $desc" "no answer expected: $ANSWER"
    elif [[ $WORDS != "svctoken: "* ]] ||
        ! printf '%s\n' "$WORDS" | grep -qE -e "$pattern"; then
        not_ok "refused: $desc" "expected: $pattern" "got: $WORDS"
    elif [ "$before" != "$(sequence)" ]; then
        not_ok "refused: $desc" "the database was changed"
    else
        ok "refused: $desc"
    fi
}

# What COMMAND writes to a terminal, to standard output.
on_terminal() { # COMMAND...
    script -qec "$(printf '%q ' "$@")" /dev/null
}

# Types ANSWER there once it has asked PROMPT. Leaves OUT. Between the two
# "meanwhile" is run, if there is such a function.
typed() {       # PROMPT ANSWER COMMAND...
    local prompt=$1 answer=$2 terminal

    shift 2
    rm -f "$T/keys"
    mkfifo "$T/keys"
    on_terminal "$@" <"$T/keys" >"$T/screen" 2>&1 &
    terminal=$!
    exec 8>"$T/keys"
    wait_for 10 grep -q "$prompt" "$T/screen" || die "no prompt: $prompt"
    if declare -F meanwhile >/dev/null; then
        meanwhile
    fi
    printf '%s\n' "$answer" >&8
    exec 8>&-
    wait $terminal
    OUT=$(tr -d '\r' <"$T/screen")
}

# Who does all this: the login uid stays what it was when root was become.
login=$(cat /proc/self/loginuid 2>/dev/null)
[ "${login:-4294967295}" != 4294967295 ] || login=0
who=$(id -nu "$login" 2>/dev/null) || who=uid-$login
by="by=$who uid=$login"

token_form='^svct_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$'

# --- before there is a database ---

sv account list
check_eq "without a database: exit code 3" 3 "$STATUS"
check_like "... and how to make one" 'svctoken init' "$WORDS"
sv db verify
check_eq "db verify without a database: exit code 3" 3 "$STATUS"

# --- init ---

sv init --db /srv/none/here/db
check_eq "init where the folder above lacks: exit code 3" 3 "$STATUS"
check_like "... says which" 'mkdir -p /srv/none/here"' "$WORDS"
good "init --json" init --db /srv/db --json
json "... says where" '.folder == "/srv/db" and .sequence == 1'
log_mark
good "init" init
check_log "... is in the log" "svctoken\[[0-9]+\]: init .*$by"
check_eq "... the folder" "755 root" "$(stat -c '%a %U' $db)"
check_eq "... the private file" "600 root" \
    "$(stat -c '%a %U' $db/current/private.gdbm)"
check_eq "... the public file" "644 root" \
    "$(stat -c '%a %U' $db/current/public.gdbm)"
bad 1 'already' init
good "db verify of an empty database" db verify
check_like "... counts as people do" ': 0 accounts, 0 tokens, 4 roles$' "$ANSWER"

# --- accounts ---

log_mark
good "account create" account create deploy --role Editor \
    --description 'CI, "quoted" = a\b' --source 192.0.2.0/24 --source local
check_eq "... answers nothing on standard output" "" "$ANSWER"
check_log "... is in the log" "account-create account=deploy role=Editor \
.*sources=192\.0\.2\.0/24,local .*$by"
check_eq "... is in names" deploy "$(cat $db/names)"
good "account create --json" account create bot --disabled \
    --expires 2099-12-31 --json
json "... answers the account" '.name == "bot" and .role == "Viewer" and
    .disabled and .expires == "2099-12-31T00:00:00Z" and
    .state == "disabled" and .created_by == "'"$who"'"'
check_like "... a date alone is said to be midnight" 'midnight UTC' "$WORDS"
bad 2 'lock the password first' account create alice --convert
passwd -q -l alice || die "passwd"
good "account create of one with a locked password" account create alice
good "account create --convert of one in sudo" account create admin --convert
for user in alice admin; do
    good "account delete --yes" account delete $user --yes
done
passwd -q -u alice || die "passwd"

good "account list" account list
check_like "... has a heading" '^ACCOUNT +ROLE +STATE' "$ANSWER"
check_like "... has deploy" '^deploy +Editor +active +0 +0 never' "$ANSWER"
good "account list --json" account list --json
json "... names in order" '[.accounts[].name] == ["bot", "deploy"]'
json "... null for never, lists as arrays" '.accounts[1] |
    .expires == null and .expires_in == null and
    .sources == ["192.0.2.0/24", "local"] and
    .description == "CI, \"quoted\" = a\\b"'
good "account list PATTERN" account list 'b*' --json
json "... as a glob" '[.accounts[].name] == ["bot"]'
good "account list PATTERN" account list plo --json
json "... as a part of the name" '[.accounts[].name] == ["deploy"]'
good "account list --role" account list --role Editor --json
json "... those only" '[.accounts[].name] == ["deploy"]'
good "account list --state" account list --state disabled --json
json "... those only" '[.accounts[].name] == ["bot"]'
good "account list --expiring" account list --expiring 7d --json
json "... none" '.accounts == []'
good "--json before the command" --json account list

log_mark
good "account edit" account edit deploy --role Admin --source none \
    --description ''
check_log "... with old and new value in the log" \
    'account-edit account=deploy role=Admin role-was=Editor sources=any sources-was=192'
good "account show --json" account show deploy --json
json "... is changed" '.role == "Admin" and .sources == [] and
    .description == "" and .token_list == []'
before=$(sequence)
log_mark
SUDO_USER=alice good "account enable" account enable bot
if [ "$who" = root ]; then
    check_log "... by the person behind sudo" 'account-enable .*by=alice uid='
else
    check_log "... by who logged in, whatever sudo says" "account-enable .*$by"
fi
check_eq "... is one change" $((before + 1)) "$(sequence)"
good "account enable again" account enable bot
check_eq "... is none" $((before + 1)) "$(sequence)"
good "account disable" account disable bot --json
json "... is disabled" '.disabled and .state == "disabled"'
good "account show" account show bot
check_like "... says so" '^State: +disabled' "$ANSWER"
good "account enable" account enable bot
good "account disable" account disable bot
check_like "... sessions go on" 'sessions that are open now go on' "$WORDS"

# sudo has no remote address
good "account create of addresses alone" account create plain \
    --source 192.0.2.0/24
refute "... no word of sudo where the role refuses it" grep -q sudo "$T/words"
good "account edit --role Admin" account edit plain --role Admin
check_like "... says that sudo lacks local" 'refused in sudo.*"local"' "$WORDS"
good "account edit --description" account edit plain --description x
refute "... does not say it again" grep -q sudo "$T/words"
good "account edit --source local" account edit plain --source 192.0.2.0/24 \
    --source local
refute "... nor when it is there" grep -q sudo "$T/words"
good "token create of addresses alone" token create plain --source 192.0.2.7
check_like "... says that sudo lacks local" 'refused in sudo.*"local"' "$WORDS"
for limit in '--role Viewer' '--service sshd' '--source local'; do
    # shellcheck disable=SC2086 # two words
    good "token create $limit" token create plain --source 192.0.2.7 $limit
    refute "... does not" grep -q sudo "$T/words"
done

good "account list" account list
refute "... each has its Unix user" grep -q 'no Unix user' "$T/words"
userdel plain 2>/dev/null
for command in list 'show plain'; do
    # shellcheck disable=SC2086 # two words
    good "account $command" account $command
    check_like "... tells of a Unix user that is gone" \
        'service account plain has no Unix user' "$WORDS"
done
check_eq "... of that one alone" 1 "$(wc -l <"$T/words")"
useradd -r -m -s /bin/bash plain 2>/dev/null || die "no user plain"
good "account delete" account delete plain --yes
check_like "... sessions go on" 'sessions that are open now go on' "$WORDS"

# --- roles ---

good "role list --json" role list --json
json "... in their order" \
    '[.roles[].name] == ["None", "Viewer", "Editor", "Admin"]'
json "... with their use" '.roles[3].accounts == 1 and .roles[1].accounts == 1'
good "role show --json" role show Editor --json
json "... what it refuses" '.refused | index("sudo") != null'
good "role show" role show Admin
check_like "... who has it" '^deploy +Admin' "$ANSWER"

# --- tokens ---

log_mark
good "token create" token create deploy/ci --ttl 1h --comment 'für "CI"'
check_like "... prints the token" "$token_form" "$ANSWER"
check_eq "... and nothing else" 66 "$(wc -c <"$T/answer")"
check_like "... the words say when it ends" 'expires: .*Z \(in 1h\)' "$WORDS"
refute "... and do not have it" grep -qF "$ANSWER" "$T/words"
ci=$ANSWER
id=${ci:5:10}
check_log "... is in the log" "token-create account=deploy token=ci id=$id "
refute "... without the secret" secret_exposed "${ci:16:43}"
good "token create without a name" token create deploy
first=$(date -u +token-%Y%m%d)
check_like "... makes one" "deploy/token-[0-9]{8}-1 " "$WORDS"
check_like "... it lives 8 hours" '\(in 8h\)' "$WORDS"
good "token create without a name again" token create deploy --json
json "... makes the next one" '.name | test("^token-[0-9]{8}-[12]$")'
[ "$first" != "$(date -u +token-%Y%m%d)" ] ||
    json "... numbered" '.name | endswith("-2")'
json "... with the token as one key" ".token | test(\"$token_form\")"
good "token create with limits" token create deploy/limited --json \
    --expires +2d --not-before +1d --role Viewer --source 2001:db8::/32 \
    --source local --service sshd --service 'sudo*'
json "... has them" '.role == "Viewer" and .role_cap == "Viewer" and
    .state == "not-yet-valid" and .not_before != null and
    .sources == ["2001:db8::/32", "local"] and .services == ["sshd", "sudo*"]'
good "token create --no-expiry" token create deploy/always --no-expiry --json
json "... never ends" '.expires == null and .expires_in == null'
good "--ttl counts from --not-before" token create deploy/later \
    --not-before 2098-01-01 --ttl 1h --json
json "... and ends an hour later" '.expires == "2098-01-01T01:00:00Z"'

good "token create --out" token create deploy/out --out "$T/token"
check_eq "... prints nothing" "" "$ANSWER"
check_like "... writes the token" "$token_form" "$(cat "$T/token")"
check_eq "... for root alone" "600 66" "$(stat -c '%a %s' "$T/token")"
good "token create --out --json" token create deploy/out2 --json \
    --out "$T/token2"
json "... leaves it out of the answer" 'has("token") | not'
check_like "... writes the token" "$token_form" "$(cat "$T/token2")"
out=$(cat "$T/token")
bad 1 'is there already' token create deploy/out3 --out "$T/token"
check_eq "... and stays as it was" "$out" "$(cat "$T/token")"
ln -s "$T/nowhere" "$T/link"
bad 1 'is there already' token create deploy/out3 --out "$T/link"
refute "... a link is not followed" test -e "$T/nowhere"
bad 3 'No such file' token create deploy/out3 --out /nonexistent/token
bad 2 '"-" is no name for the file; without --out .* standard output' \
    token create deploy/out3 --out -
bad 2 'name the file' token create deploy/out3 --out ''
refute "... and there is none of that name" test -e -
bad 1 'has a token "ci" already' token create deploy/ci --out "$T/ci"
refute "a file of a token that was not made is not there" test -e "$T/ci"

good "token list" token list
check_like "... with state and time left" \
    "^deploy +ci +$id +active +[0-9-]+T[0-9:]+Z +in [0-9hms]+ +Admin" "$ANSWER"
good "token list ACCOUNT --json" token list deploy --json
json "... sorted by name" '[.tokens[].name] | . == sort and length == 8'
good "token list --state" token list --state not-yet-valid --json
json "... those only" '[.tokens[].name] == ["later", "limited"]'
good "token list --expiring" token list --expiring 2h --json
json "... those only" '[.tokens[].name] == ["ci"]'
good "token show by id" token show "$id" --json
json "... is that token" '.name == "ci" and .comment == "für \"CI\""'
refute "nothing shows the secret" grep -qF "${ci:16:43}" "$T/answer"

good "token create --ttl 1s" token create deploy/short --ttl 1s
good "account create --expires +1s" account create plain --expires +1s
# shellcheck disable=SC2317 # wait_for calls it
expired() {     # account|token: is any in the list?
    sv "$1" list --state expired --json
    printf '%s' "$ANSWER" | grep -q '"name"'
}
check "a second later the token has expired" wait_for 10 expired token
json "... that one alone, and since when" '[.tokens[].name] == ["short"] and
    .tokens[0].expires_in <= 0'
check "... and the account" wait_for 10 expired account
json "... that one alone" '[.accounts[].name] == ["plain"]'
good "token delete of an expired one" token delete deploy/short --yes
good "token create for an account that has expired" token create plain/x
check_like "... says so" 'its account is expired' "$WORDS"
good "account delete of an expired one" account delete plain --yes

good "account create that ends" account create plain --expires +2h
good "token create that ends before" token create plain --ttl 1h
refute "... says nothing of that" grep -q 'its account ends' "$T/words"
good "token create that would outlive its account" token create plain
check_like "... says so" 'its account ends before that.*\(in 2h\)' "$WORDS"
good "token create --no-expiry" token create plain --no-expiry
check_like "... too" 'its account ends before that' "$WORDS"
bad 2 'ends before that' token create plain/late --not-before +3h
bad 2 'ends before that' token create plain/late --not-before +2h30m --ttl 1h
bad 2 'no moment|before it begins|not in the future' token create plain/late \
    --not-before 2020-01-01
check_eq "... and no word of midnight" 1 "$(wc -l <"$T/words")"
good "account delete" account delete plain --yes

useradd -r -m -s /bin/bash backupnode || die "no user backupnode"
good "account create of ten letters" account create backupnode
bad 2 'backupnode is an account' token show backupnode
good "account delete" account delete backupnode --yes

good "token disable" token disable deploy/ci --json
json "... is disabled" '.state == "disabled"'
check_like "... sessions go on" 'sessions that are open now go on' "$WORDS"
good "token enable" token enable deploy/ci --json
json "... is active" '.state == "active"'
log_mark
good "token revoke" token revoke "$id" --reason 'laptop lost' --json
json "... is revoked, by whom and why" '.state == "revoked" and
    .revoked_by == "'"$who"'" and .revoked_reason == "laptop lost"'
check_log "... is in the log" "token-revoke .*id=$id reason=laptop.x20lost .*by="
check_like "... sessions go on" 'sessions that are open now go on' "$WORDS"
bad 1 'revoked already' token revoke deploy/ci
good "token enable of a revoked one" token enable deploy/ci
check_like "... says that it stays revoked" 'revoked, and stays so' "$WORDS"
good "token delete --yes" token delete deploy/ci --yes
bad 1 'no token' token show "$id"
good "a name is free again" token create deploy/ci
ci=$ANSWER
id=${ci:5:10}

# --- check ---

good "check of a token" check deploy/ci
check_like "... granted" '^granted$' "$ANSWER"
check_like "... says what it assumed" '^service: sshd \(assumed\)' "$ANSWER"
good "check by id, as JSON" check "$id" --json --service sudo --role Admin \
    --rhost 192.0.2.7
json "... granted" '.granted and .verdict == "granted" and
    .token_id == "'"$id"'" and .role == "Admin"'
json "... all rules pass" '.rules | length > 10 and all(.passed)'
json "... the facts" '.facts.rhost == "192.0.2.7" and .facts.user == "deploy"'
json "... what was assumed" '.assumed == ["user", "at"]'
sv check deploy/ci --json --at 2099-01-01
check_eq "check of a later time: exit code 1" 1 "$STATUS"
json "... expired" '.verdict == "token_expired" and (.granted | not)'
sv check deploy/limited
check_eq "check of one not yet valid" 1 "$STATUS"
check_like "... says so" '^refused: .*\(token_not_yet_valid\)$' "$ANSWER"
check_like "... by rule" '^FAIL +token_not_yet_valid' "$ANSWER"
good "check of an account" check deploy --service cron
sv check bot --json
json "check of a disabled account" '.verdict == "account_disabled"'
check_eq "... exit code 1" 1 "$STATUS"

printf '%s\n' "$ci" >"$T/ci"
sv check --stdin <"$T/ci"
check_eq "check --stdin of a token" "0 granted" "$STATUS ${ANSWER%%$'\n'*}"
sv check bot --stdin --json <"$T/ci"
json "check --stdin of another account's token" \
    '.verdict == "token_other_account"'
printf '%s' "${ci:0:64}" >"$T/cut"
sv check deploy --stdin --json <"$T/cut"
json "check --stdin of a cut one" '.verdict == "token_malformed"'
sv check deploy --stdin --json </dev/null
json "check --stdin of nothing" '.verdict == "token_malformed"'
head -c 5000 /dev/urandom >"$T/noise"
sv check deploy --stdin <"$T/noise"
check_eq "check --stdin of noise: exit code 1" 1 "$STATUS"
typed 'Token: ' "$ci" svctoken check deploy --ask
check_like "check --ask of a token" '^granted$' "$OUT"
refute "... which is not echoed" grep -qF "${ci:16:43}" <<<"$OUT"
refute "nor in the log or a command line" secret_exposed "${ci:16:43}"
bad 1 'plain is no service account' check --user plain
without=$WORDS
bad 1 'plain is no service account' check plain
check_eq "... in the same words" "$without" "$WORDS"
bad 1 'did you mean deploy\?' check deplyo
bad 1 'did you mean deploy\?' check --user deplyo

# --- what is wrong with the command line ---

bad 2 'svctoken help' ''
bad 2 'did you mean account\?' acount list
bad 2 'did you mean "account list"\?' account lst
bad 2 'which command' token
bad 2 'unknown command' frobnicate
bad 2 'did you mean --json\?' account list --jsno
bad 2 'unknown option' account list -j
bad 2 'NAME is missing' account show
bad 2 'what is "b"' account show a b
bad 2 'needs a value' account list --role
bad 2 'needs a value' account list --role --json
bad 2 'takes no value' account list --json=yes
bad 2 'given twice' account list --role Admin --role Viewer
bad 2 'given twice' account list --json --json
bad 2 'contradict' token create deploy --ttl 1h --expires +1h
bad 2 'contradict' token create deploy --ttl 1h --no-expiry
bad 2 'contradict' check deploy --stdin --ask
bad 2 'nothing to change' account edit deploy
bad 2 'give it alone' account edit deploy --source none --source local
for arg in "$ci" "deploy/$ci" "--out=$ci" "${ci:0:40}"; do
    bad 2 'holds a token' token revoke "$arg"
    refute "... and not shown" grep -qF "${ci:16:20}" "$T/words"
done
bad 2 'holds a token' "$ci"

# --- names, users, roles ---

bad 2 'no login name' account create Deploy
bad 2 'no login name' account create 'a b'
bad 2 'no login name' account create ''
bad 2 'no login name' account create -- -x
bad 2 'too long' account create "$(printf 'a%.0s' {1..33})"
bad 2 'uid 0' account create root
bad 2 'uid 0' account create root --convert
bad 1 'no Unix user' account create nobody-here --existing
bad 1 'already' account create deploy
bad 2 'has a password' account create alice
bad 2 'in the group sudo' account create admin
bad 1 'no role "Owner"' account create plain --role Owner
bad 1 'did you mean Admin' account edit deploy --role admin
bad 1 'did you mean deploy' account show deplyo
bad 1 'no role' role show Owner
bad 1 'no service account' token create plain/x
bad 2 'no name for a token' token create deploy/
bad 2 'no name for a token' token create 'deploy/a b'
bad 2 'too long' token create "deploy/$(printf 'a%.0s' {1..65})"
bad 1 'already' token create deploy/ci
bad 2 'is an account' token show deploy
bad 1 'no token' token show deploy/none
bad 1 'no token' token revoke AAAAAAAAAA
bad 2 'names no token' token revoke 'AAAA AAAAA'
bad 2 'control characters' account edit deploy --description $'a\nb'
bad 2 'control characters' account edit deploy --description $'\033[31m'
bad 2 'control characters' token create deploy --comment $'\xff'
bad 2 'too long' token create deploy --comment "$(printf 'a%.0s' {1..257})"
bad 2 'no login name' account show $'\033[31m'
refute "control characters are not shown" grep -q $'\033' "$T/words"

# --- times, addresses, services ---

bad 2 'not in the future' token create deploy --expires 2020-01-01
bad 2 'not in the future' token create deploy --expires now
bad 2 'not in the future' account edit deploy --expires 2020-01-01
bad 2 'not in the future' token create deploy --not-before 2020-01-01
bad 2 'no-expiry' token create deploy --expires never
bad 2 'no moment' token create deploy --expires 2030-02-30
bad 2 'no moment' token create deploy --expires tomorrow
bad 2 'no moment' token create deploy --expires 99999-01-01
bad 2 'before it begins' token create deploy --not-before +2h --expires +1h
bad 2 'no duration' token create deploy --ttl 8
bad 2 'no duration' token create deploy --ttl 0s
bad 2 'no duration' token create deploy --ttl -1h
bad 2 'no duration' token create deploy --ttl 5y
bad 2 'no duration' token create deploy --ttl ''
bad 2 'too long' token create deploy --ttl 101w99999999d
bad 2 'too long' token create deploy --ttl 99999999999999999999999w
bad 2 'did you mean 192\.0\.2\.0/24' token create deploy --source 192.0.2.1/24
bad 2 'prefix length' token create deploy --source 192.0.2.0/33
bad 2 'no address' token create deploy --source host.example
bad 2 'given twice' token create deploy --source local --source local
bad 2 'no address' token create deploy --source none
bad 2 'PAM service' token create deploy --service 'a b'
bad 2 'none of' token list --state lost
bad 2 "than its account" token create bot/x --role Admin

# --- asking ---

bad 2 'give --yes' account delete deploy
bad 2 'give --yes' token delete deploy/ci
before=$(sequence)
typed Delete n svctoken token delete deploy/ci
check_like "delete asks on a terminal" 'Delete the token deploy/ci' "$OUT"
check_eq "... and no is no" "$before" "$(sequence)"
meanwhile() {
    good "while it asks, others can change the database" \
        token create deploy/other
}
typed Delete yes svctoken token delete deploy/ci
unset -f meanwhile
bad 1 'no token' token show deploy/ci

# --- two at a time ---

mkfifo "$T/hold"
hold_lock() {   # until let_go
    : >"$T/held"
    "$T/holdlock" $db/lock <"$T/hold" >"$T/held" &
    holder=$!
    exec 9>"$T/hold"
    wait_for 5 grep -q held "$T/held" || die "no lock"
}
let_go() {
    exec 9>&-
    wait $holder
}
hold_lock
good "reading waits for nobody" account list
svctoken account disable deploy >"$T/second" 2>&1 9>&- &
second=$!
wait_for 5 grep -q 'somebody (pid 1): account edit' "$T/second"
check_like "the second one says whom it waits for" \
    'somebody \(pid 1\): account edit' "$(cat "$T/second")"
check_like "... to take a right away it waits for long" \
    'waiting up to 120 s' "$(cat "$T/second")"
let_go
check "... and goes on when that one is done" wait $second
hold_lock
before=$(sequence)
sv account enable deploy
let_go
check_eq "one that waits too long: exit code 3" 3 "$STATUS"
check_like "... says who holds the lock" \
    'gave up after 10 s: .*somebody \(pid 1\)' "$WORDS"
check_eq "... and changed nothing" "$before" "$(sequence)"
good "account enable" account enable deploy

# --- who may, and where ---

sv_as_alice() {
    STATUS=0
    as_user alice svctoken "$@" >"$T/answer" 2>&1 || STATUS=$?
    ANSWER=$(cat "$T/answer")
}
sv_as_alice account list
check_eq "a user is refused: exit code 3" 3 "$STATUS"
check_like "... and told to be root" 'is for root' "$ANSWER"
sv_as_alice token create deploy
check_eq "... for changes too" 3 "$STATUS"
sv_as_alice db verify
check_eq "... and for db verify" 3 "$STATUS"
check_like "... told to be root" 'is for root' "$ANSWER"

bad 2 'absolute path' account list --db relative
bad 3 'svctoken init' account list --db /nonexistent
chmod 0775 $db
sv token list
check_eq "a folder that others can write: exit code 3" 3 "$STATUS"
check_like "... and why" 'writable by others' "$WORDS"
chmod 0755 $db
sv account list --db "$T/none"
SVCTOKEN_DB=$T/none sv account list
check_eq "SVCTOKEN_DB names another database" 3 "$STATUS"
SVCTOKEN_DB=$T/none sv account list --db $db
check_eq "... and --db overrules it" 0 "$STATUS"

# --- where the answer can't be written ---

for sink in full closed gone; do
    before=$(svctoken token list --json | jq '.tokens | length')
    STATUS=0
    case $sink in
    full) svctoken token create deploy/$sink >/dev/full 2>"$T/words" ;;
    closed) svctoken token create deploy/$sink >&- 2>"$T/words" ;;
    gone)
        # the reader is gone before it begins
        exec 7> >(exit 0)
        wait $!
        svctoken token create deploy/$sink >&7 2>"$T/words"
        ;;
    esac || STATUS=$?
    check_eq "a token that can't be handed over ($sink): exit code 3" \
        3 "$STATUS"
    check_like "... is taken back" 'deleted deploy/.* again' \
        "$(cat "$T/words")"
    check_eq "... and is not there" "$before" \
        "$(svctoken token list --json | jq '.tokens | length')"
done
exec 7>&-
STATUS=0
svctoken token list >/dev/full 2>"$T/words" || STATUS=$?
check_eq "an answer that can't be written: exit code 3" 3 "$STATUS"
check "... of more than a buffer" \
    test "$(svctoken log --json | wc -c)" -gt 8192
STATUS=0
svctoken log --json >/dev/full 2>"$T/words" || STATUS=$?
check_eq "... is told once" "3 1" "$STATUS $(wc -l <"$T/words")"

# --- a full disk ---

mkdir /srv/full
mount -t tmpfs -o size=8m,mode=755 full /srv/full || die "no tmpfs"
export SVCTOKEN_DB=/srv/full/db
good "init elsewhere" init
good "account create" account create deploy
good "token create" token create deploy/one
fill_disk() {   # and leave no older generation to be given back
    local current

    current=$(readlink "$SVCTOKEN_DB/current")
    find "$SVCTOKEN_DB" -maxdepth 1 -name 'gen-*' ! -name "$current" \
        -exec rm -r {} +
    dd if=/dev/zero of=/srv/full/fill bs=4k oflag=append conv=notrunc \
        status=none 2>/dev/null
}
fill_disk
sv token create deploy/no --out "$T/no"
check_eq "on a full disk no token is made: exit code 3" 3 "$STATUS"
check_like "... and it is said why" 'No space left' "$WORDS"
refute "... nor its file" test -e "$T/no"
good "the database is whole" db verify
good "a token can be revoked all the same" token revoke deploy/one
good "... and an account disabled" account disable deploy
good "... or edited" account edit deploy --role None
good "... the database is whole" db verify
rm /srv/full/fill
good "with room again all is well" token create deploy/two

# Users by svctoken alone: what takes rights away changes public.gdbm as well.
many_users() {  # FIRST LAST: both files have grown since the last reserve
    for i in $(seq "$1" "$2"); do
        printf '{"kind":"account","name":"user%d","role":"Editor"}\n' "$i"
    done
}
many_users 1 700 >"$T/users"
good "users by svctoken alone" db import "$T/users"
good "... one of them with a token" token create user1/one
many_users 701 1100 >"$T/users"
good "... some more" db import "$T/users"
for change in 'token revoke user1/one' 'account disable user2' \
    'account edit user3 --role Viewer' 'account delete user4 --yes'; do
    fill_disk
    sv account create late --role None
    check_eq "on a full disk no user is made" 3 "$STATUS"
    # shellcheck disable=SC2086 # words
    good "... but $change works" $change
    good "... and both files agree" db verify
    rm /srv/full/fill
    good "... with room again there is a reserve again" \
        account edit user1 --description "after $change"
done
unset SVCTOKEN_DB

# --- the clock ---

good "a token" token create deploy/clock --no-expiry
bad 1 'is not behind' db accept-clock --yes
bad 1 'is not behind' db accept-clock
sv_ahead 200 account edit deploy --description ahead
check_eq "a change by a clock that is 200 s ahead" 0 "$STATUS"
good "... is within the tolerance" db verify
good "... tokens open" check deploy/clock
good "... and a change says nothing" account edit deploy --description x
check_eq "... but what it did" "changed the service account deploy" "$WORDS"
good "... and it can be mended" db accept-clock --yes
bad 1 'is not behind' db accept-clock --yes

sv_ahead 86400 account edit deploy --description ahead
check_eq "a change by a clock that is a day ahead" 0 "$STATUS"
refute "... says nothing" grep -q clock "$T/words"
sv check deploy/clock --json
check_eq "... refuses every token" "1 clock_suspect" \
    "$STATUS $(jq -r .verdict <<<"$ANSWER")"
good "an account that does not expire is let in" check deploy
check_like "... for it needs no clock" \
    'clock_suspect +no clock is needed: .*does not expire' "$ANSWER"
sv db verify
check_eq "db verify: exit code 1" 1 "$STATUS"
check_like "... says why" '^problem: the clock says .*db accept-clock' "$ANSWER"
check_like "... and no more" '^1 problem in' "$ANSWER"
good "db info" db info
check_like "... shows it" '^Clock suspect: +yes' "$ANSWER"
check_like "... and what mends it" 'db accept-clock' "$WORDS"
good "db info --json" db info --json
json "... too" .clock_suspect
good "a change is done" account edit deploy --description y
check_like "... but first says what is wrong" \
    '^the clock says .*Z, and the last .*Z: until then .*db accept-clock' \
    "${WORDS%%$'\n'*}"
sv check deploy/clock
check_eq "... and it stays so" 1 "$STATUS"
bad 2 'give --yes' db accept-clock
before=$(sequence)
typed 'right now?' n svctoken db accept-clock
check_like "accept-clock asks on a terminal" 'Is the clock right now' "$OUT"
check_eq "... and no is no" "$before" "$(sequence)"
log_mark
good "accept-clock" db accept-clock --yes --json
check_like "... says what it did" 'tokens are taken again' "$WORDS"
json "... both times" '.committed < .old_committed'
check_log "... is in the log" "clock-accept committed=.*Z committed-was=.*Z $by"
good "... tokens open again" check deploy/clock
good "... the database is whole" db verify
good "... the clock is good" db info --json
json "... the clock is good" '.clock_suspect | not'
good "... a change" account edit deploy --description z
refute "... says nothing" grep -q clock "$T/words"
good "token delete" token delete deploy/clock --yes

# --- damage ---

good "db verify" db verify
check_like "... is clean" '^clean: ' "$ANSWER"
older=$(($(sequence) - 1))
for word in $older "$(printf 'gen-%010d' $older)"; do
    good "db verify of an older generation" db verify "$word"
    check_like "... is clean" "^clean: .* generation $older: " "$ANSWER"
    check_like "... says that it is not the current one" '^note: .*not the' \
        "$ANSWER"
done
good "db verify of the current one by number" db verify "$(sequence)"
refute "... is that" grep -q '^note' "$T/answer"
bad 1 'no generation 99999' db verify 99999
bad 2 'is no generation' db verify newest
bad 2 'is no generation' db verify 0
good "db verify --json" db verify --json
json "... is clean" '.clean and .problems == [] and .accounts == 2'
damaged() {     # DESCRIPTION PATTERN: of a database that was spoilt
    sv db verify --db "$T/db"
    check_eq "db verify: $1: exit code 1" 1 "$STATUS"
    check_like "... says so" "^problem: .*$2" "$ANSWER"
    rm -rf "$T/db"
    cp -a $db "$T/db"
}
T_parent=$(dirname "$T")
chmod 755 "$T_parent"   # the folder of a database: writable by root alone
cp -a $db "$T/db"
echo zzz >>"$T/db/names"
damaged "a name too many" 'zzz is listed'
: >"$T/db/names"
damaged "names lost" 'the account bot is not listed'
file=$(readlink $db/current)/private.gdbm
printf XXXX | dd of="$T/db/$file" bs=1 conv=notrunc status=none
damaged "a spoilt header" 'header'
truncate -s 9000 "$T/db/$file"
damaged "a cut file" 'damaged'
rm "$T/db/$file"
damaged "a lost file" 'private.gdbm'
roll=$(readlink $db/current)/private.roll
rm "$T/db/$roll"
damaged "a lost roll" 'private.roll'
printf XXXX | dd of="$T/db/$roll" bs=1 conv=notrunc status=none
damaged "a spoilt roll" 'page 0 of private.roll'
# one of before, of as many records
cp "$T/db/gen-$(printf '%010d' $older)/private.roll" "$T/db/$roll"
damaged "an older roll" 'page 0 of private.roll'
printf XXXX | dd of="$T/db/$roll" bs=1 conv=notrunc status=none
sv account enable bot --db "$T/db"
check_eq "with a spoilt roll nothing is given: exit code 3" 3 "$STATUS"
check_like "... is said" 'private.roll' "$WORDS"
good "... but taken away" account disable deploy --db "$T/db"
good "... which makes it anew" db verify --db "$T/db"
# What the disk had before of that account, and nothing else.
new=$(readlink "$T/db/current")/private.gdbm
at=$(grep -abo 'deploy' "$T/db/$new" | head -n 1 | cut -d: -f1)
dd if="$T/db/$file" of="$T/db/$new" bs=1 skip=$((at - 9)) seek=$((at - 9)) \
    count=300 conv=notrunc status=none
sv account show deploy --db "$T/db"
check_eq "its former record: exit code 3" 3 "$STATUS"
check_like "... is damage" 'damaged' "$WORDS"
for command in 'account enable' 'account disable'; do
    # shellcheck disable=SC2086 # two words
    sv $command deploy --db "$T/db"
    check_eq "... which $command does not take: exit code 3" 3 "$STATUS"
done
damaged "a former record" 'the account deploy: damaged'
# where the account's record is
at=$(grep -abo 'deploy' "$T/db/$file" | head -n 1 | cut -d: -f1)
printf 'D' | dd of="$T/db/$file" bs=1 seek="$at" conv=notrunc status=none
for command in 'token create' 'account show' 'account disable'; do
    # shellcheck disable=SC2086 # two words
    sv $command deploy --db "$T/db"
    check_eq "... $command, and the account is not found: exit code 3" \
        3 "$STATUS"
    check_like "... says what helps" 'db verify" says more; .*RECOVERY' \
        "$WORDS"
done
damaged "a changed byte" 'damaged'
# the same in each account, which all are read
grep -aboE 'deploy|bot' "$T/db/$file" | cut -d: -f1 >"$T/places"
while read -r at; do
    printf 'D' | dd of="$T/db/$file" bs=1 seek="$at" conv=notrunc status=none
done <"$T/places"
sv db verify --db "$T/db"
for account in deploy bot; do
    check_like "db verify names each damaged account: $account" \
        "^problem: the account $account: " "$ANSWER"
done
check_like "... and where to look next" \
    '^note: there are other generations: gen-' "$ANSWER"
good "... of which one is whole" db verify $older --db "$T/db"
rm -rf "$T/db"
cp -a $db "$T/db"

current=$(readlink $db/current)
rm "$T/db/current"
mkdir "$T/db/gen-0000099999"
for command in 'account list' 'account disable deploy' init; do
    # shellcheck disable=SC2086 # words
    sv $command --db "$T/db"
    check_eq "$command with the link lost: exit code 3" 3 "$STATUS"
    check_like "... says how to bring it back" \
        "\"ln -s $current $T/db/current\"" "$WORDS"
    refute "... and not to begin anew" grep -q 'svctoken init"' "$T/words"
done
damaged "the link lost" "ln -s $current"
mkdir "$T/db/gen-0000099999"
sv db verify --db "$T/db"
check_eq "db verify: what a killed one left: exit code 0" 0 "$STATUS"
check_like "... is named" '^note: gen-0000099999' "$ANSWER"

"$T/newer" "$T/db/$file" || die "no newer database"
sv account list --db "$T/db"
check_eq "a database of a newer version: exit code 3" 3 "$STATUS"
check_like "... and why" 'newer svctoken' "$WORDS"
sv account disable deploy --db "$T/db"
check_eq "... is not changed either: exit code 3" 3 "$STATUS"
chmod 1777 "$T_parent"

# --- tables and help ---

OUT=$(on_terminal sh -c 'stty cols 70; svctoken token list' | tr -d '\r')
check_like "a state has its colour on a terminal" $'\033\\[32mactive' "$OUT"
# shellcheck disable=SC2001 # a pattern
check_eq "... and the table fits" "" \
    "$(sed $'s/\033\\[[0-9;]*m//g' <<<"$OUT" | awk 'length > 70')"
good "account edit" account edit bot --description \
    "straßenbahn haltestelle unterwegs $(printf 'x%.0s' {1..50})"
screen=$(on_terminal sh -c 'stty cols 60; svctoken account show bot' | tr -d '\r')
for word in straßenbahn haltestelle unterwegs; do
    check "a narrow table breaks between words: $word" \
        grep -qw "$word" <<<"$screen"
done
check_eq "... and a word that is too wide where it must" 50 \
    "$(tr -dc x <<<"${screen#*unterwegs}" | head -c 50 | wc -c)"
# shellcheck disable=SC2001 # a pattern
check_eq "... and fits" "" \
    "$(sed $'s/\033\\[[0-9;]*m//g' <<<"$screen" | awk 'length > 60')"
OUT=$(NO_COLOR=1 on_terminal svctoken token list)
refute "... no colour with NO_COLOR" grep -q $'\033' <<<"$OUT"
good "no colour elsewhere" token list
refute "... none" grep -q $'\033' "$T/answer"

good "help" help
good "--help" --help
good "--version" --version
check_like "... the version" '^svctoken [0-9]' "$ANSWER"
svctoken help | sed -n 's/^  \([a-z]* [a-z]*\|init\|check\)  .*/\1/p' |
    while read -r command; do
        # shellcheck disable=SC2086 # one or two words
        one=$(svctoken help $command) && two=$(svctoken $command --help) &&
            [ "$one" = "$two" ] && [[ $one == "usage: svctoken $command"* ]] &&
            [ -z "$(awk 'length > 80' <<<"$one")" ] || echo "$command"
    done >"$T/helpless"
check_eq "each command has its help" "" "$(cat "$T/helpless")"

# --- the end of an account ---

before=$(svctoken token list deploy --json | jq '.tokens | length')
log_mark
good "account delete" account delete deploy --yes --json
json "... says how many tokens went" ".tokens == $before and .tokens > 5"
check_log "... is in the log" "account-delete account=deploy tokens=$before .*by="
bad 1 'no service account' account show deploy
good "... the Unix user stays" db verify
check "... the Unix user stays" id deploy
good "token list" token list --json
json "... none is left" '.tokens == []'
check_eq "names has the others" bot "$(cat $db/names)"

done_testing
