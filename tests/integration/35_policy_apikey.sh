#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The policy, and that it binds each way of making a token; API keys, an
# account and its one token that stay together, in the real sshd too; and what
# the lists find.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
for user in deploy nas nightly other ends; do
    add_user $user
done
add_user person secret
add_user admin '' sudo

# It must exit with STATUS, say what is wrong like PATTERN (an ERE) and nothing
# else, and change nothing.
bad() {         # STATUS PATTERN ARGUMENT...
    local want=$1 pattern=$2 before
    local desc

    shift 2
    desc=$(printf '%q ' "$@" | cut -c 1-70)
    before=$(sequence)
    sv "$@"
    if [ "$STATUS" -eq "$want" ] && [ -z "$ANSWER" ] &&
        [[ $WORDS == "svctoken: "* ]] &&
        printf '%s\n' "$WORDS" | grep -qE -e "$pattern" &&
        [ "$before" = "$(sequence)" ]; then
        ok "refused: $desc"
    else
        not_ok "refused: $desc" "expected $want: $pattern" \
            "exit code $STATUS: $ANSWER$WORDS" \
            "sequence $before, then $(sequence)"
    fi
}

# What COMMAND writes to a terminal where ANSWER is typed.
typed() {       # ANSWER COMMAND...
    local answer=$1

    shift
    { sleep 0.5; printf '%s\n' "$answer"; } |
        script -qec "$(printf '%q ' "$@")" /dev/null | tr -d '\r'
}

token_form='^svct_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$'

# --- policy show and set ---

good "policy show" policy show
check_like "... the keys as they are set" '^default_ttl: +8h$' "$ANSWER"
check_like "... no maximum" '^max_ttl: +none$' "$ANSWER"
check_like "... a flag" '^allow_no_expiry: +yes$' "$ANSWER"
check_like "... the range of uids" '^uid_range: +65536-99999$' "$ANSWER"
check_like "... and what is left of it" '^uid_next: +65536 \(34464 left\)$' \
    "$ANSWER"
good "policy show --json" policy show --json
json "... seconds, null for none" '. == {default_ttl: 28800, max_ttl: null,
    allow_no_expiry: true, tokens_per_account: 100, warn_before: 604800,
    uid_min: 65536, uid_max: 99999, uid_next: 65536, uids_left: 34464}'

before=$(sequence)
log_mark
good "policy set of several" policy set max_ttl=30d default_ttl=4h \
    tokens_per_account=3 warn_before=2h
check_eq "... is one commit" $((before + 1)) "$(sequence)"
check_eq "... answers nothing on standard output" "" "$ANSWER"
check_like "... says new and old" 'max_ttl is 30d now, was none' "$WORDS"
check_like "... and what came with it" \
    'allow_no_expiry is no now, was yes: it does not go with a max_ttl' "$WORDS"
check_log "... is in the log with old and new value" \
    'policy-set default_ttl=4h .*max_ttl=30d .*none.*tokens_per_account=3 '
good "policy show --json" policy show --json
json "... has all of it" '. == {default_ttl: 14400, max_ttl: 2592000,
    allow_no_expiry: false, tokens_per_account: 3, warn_before: 7200,
    uid_min: 65536, uid_max: 99999, uid_next: 65536, uids_left: 34464}'
before=$(sequence)
good "policy set of what is so" policy set max_ttl=30d
check_like "... says so" 'so already' "$WORDS"
check_eq "... and changes nothing" "$before" "$(sequence)"

bad 2 'KEY=VALUE... is missing' policy set
bad 2 '"max_ttl" is no KEY=VALUE' policy set max_ttl
bad 2 'is no KEY=VALUE' policy set max_ttl 30d
bad 2 'no key "max_tl"; did you mean max_ttl\?' policy set max_tl=30d
bad 2 'no key "colour"; there are: default_ttl, max_ttl, allow_no_expiry, tokens_per_account, warn_before, uid_range' \
    policy set colour=red
bad 2 'no key ""' policy set =30d
bad 2 'max_ttl is given twice' policy set max_ttl=30d max_ttl=20d
bad 2 'max_ttl: "30" is no duration.*1m to 36600d, or none' policy set max_ttl=30
bad 2 'max_ttl: "" is no duration' policy set max_ttl=
bad 2 'max_ttl: "-1d" is no duration' policy set max_ttl=-1d
bad 2 'max_ttl: "0s" is no duration.*or none' policy set max_ttl=0s
bad 2 'max_ttl: "59s" is out of range: give 1m to 36600d, or none' \
    policy set max_ttl=59s
bad 2 'max_ttl: "36601d" is out of range' policy set max_ttl=36601d
bad 2 'default_ttl: "none" is no duration.*1m to 36600d$' \
    policy set default_ttl=none
bad 2 'default_ttl: "59s" is out of range: give 1m to 36600d$' \
    policy set default_ttl=59s
bad 2 'warn_before: "367d" is out of range: give 1s to 366d, or none' \
    policy set warn_before=367d
bad 2 'tokens_per_account: "0" is out of range: give 1 to 10000' \
    policy set tokens_per_account=0
bad 2 'tokens_per_account: "10001" is out of range' \
    policy set tokens_per_account=10001
bad 2 'tokens_per_account: "many" is no number: give 1 to 10000' \
    policy set tokens_per_account=many
bad 2 'tokens_per_account: "99999999999999999999999" is out of range' \
    policy set tokens_per_account=99999999999999999999999
bad 2 'allow_no_expiry: "true" is neither yes nor no: give yes or no' \
    policy set allow_no_expiry=true
bad 2 'uid_range: "70000" is no range: give MIN-MAX, both from 1000 to 4294967293 and not 65534 or 65535$' \
    policy set uid_range=70000
bad 2 'uid_range: "70000-80000x" is no range' policy set uid_range=70000-80000x
bad 2 'uid_range: "" is no range' policy set uid_range=
bad 2 'uid_range: "500-80000" is out of range: give MIN-MAX, both from 1000' \
    policy set uid_range=500-80000
bad 2 'uid_range: "65535-80000" is out of range' policy set uid_range=65535-80000
bad 2 'uid_range: "70000-4294967294" is out of range' \
    policy set uid_range=70000-4294967294
bad 2 'uid_range: "80000-70000" begins above its end: give MIN-MAX' \
    policy set uid_range=80000-70000
bad 2 'uid_range: "1000-999" begins above its end: give MIN-MAX' \
    policy set uid_range=1000-999
bad 2 'default_ttl \(31d\) must not be longer than max_ttl \(30d\)' \
    policy set default_ttl=31d
bad 2 'default_ttl \(4h\) must not be longer than max_ttl \(1h\)' \
    policy set max_ttl=1h
bad 2 'allow_no_expiry=yes contradicts max_ttl \(30d\)' \
    policy set allow_no_expiry=yes
bad 2 'allow_no_expiry=yes contradicts max_ttl \(20d\)' \
    policy set max_ttl=20d allow_no_expiry=yes
bad 2 'tokens_per_account' policy set warn_before=3h tokens_per_account=x
sv policy set max_ttl=20d --db /srv/none
check_eq "policy set without a database: exit code 3" 3 "$STATUS"

# --- it binds: by create ---

good "an account" account create deploy
good "a token of the default time" token create deploy/default --json
json "... lives as long" '.expires_in == 14400'
good "a token of the maximum" token create deploy/longest --ttl 30d
bad 2 'longest time to live is 30d \(max_ttl' token create deploy/x --ttl 30d1s
bad 2 'longest time to live is 30d' token create deploy/x --expires +31d
bad 2 'longest time to live is 30d' token create deploy/x --not-before +30d \
    --ttl 1h
bad 2 'must expire here: the longest time to live is 30d \(max_ttl' \
    token create deploy/x --no-expiry
good "the last that is allowed" token create deploy/third
bad 2 'has 3 tokens, and more than 3 are not allowed \(tokens_per_account' \
    token create deploy/x
bad 2 'longest time to live is 30d' apikey create nas --role Viewer \
    --ttl 30d1s
bad 2 'longest time to live is 30d' apikey create nas --role Viewer \
    --no-expiry
good "lifting the maximum" policy set max_ttl=none
good "... policy show" policy show --json
json "... does not bring back what it took" '.allow_no_expiry | not'
bad 2 'allow_no_expiry=no' token create deploy/x --no-expiry
bad 2 'allow_no_expiry=no' apikey create nas --role Viewer --no-expiry

# --- what is there stays, and is counted ---

good "allowing all" policy set allow_no_expiry=yes tokens_per_account=100
refute "... nothing is beyond that" grep -qE 'stay|keep' "$T/words"
good "a token without end" token create deploy/ever --no-expiry
good "one that is revoked" token create deploy/gone --no-expiry
good "..." token revoke deploy/gone
good "another account" account create other
good "... with a token" token create other/t --ttl 40d
good "a narrow policy" policy set max_ttl=20d tokens_per_account=4 --json
json "... says how many are beyond" '.tokens_beyond == 3 and
    .accounts_beyond == 1 and .max_ttl == 1728000'
check_like "... in words" '^3 tokens live longer than that and stay as' "$WORDS"
check_like "... of accounts too" '^1 service account has more tokens' "$WORDS"
good "they stay" token show deploy/ever --json
json "... as they are" '.expires == null and .state == "active"'
good "... and are no reason to refuse another change" policy set warn_before=1h
good "one that lives as long as it may" token create other/r --ttl 20d
wait_second
good "... from its new secret on, too" token rotate other/r --ttl 20d
good "a change of the policy" policy set warn_before=2h --json
json "... does not count that one" '.tokens_beyond == 3'
good "..." token delete other/r --yes
good "..." policy set warn_before=1h

# --- API keys: making ---

good "policy set" policy set max_ttl=none allow_no_expiry=yes \
    tokens_per_account=100 default_ttl=4h warn_before=2h
before=$(sequence)
log_mark
good "apikey create" apikey create nas --role Viewer --ttl 1h \
    --description 'Nightly Rsync' --source 127.0.0.0/8 --service 'ssh*'
check_eq "... is one commit" $((before + 1)) "$(sequence)"
check_like "... prints the token" "$token_form" "$ANSWER"
check_eq "... and nothing else" 66 "$(wc -c <"$T/answer")"
check_like "... says when it ends" 'expires: .*Z \(in 1h\)' "$WORDS"
refute "... and not the secret" grep -qF "${ANSWER:16:43}" "$T/words"
nas=$ANSWER
check_log "... is in the log" "apikey-create account=nas token=key \
id=${nas:5:10} role=Viewer expires=.* sources=127.0.0.0/8 services=ssh"
refute "... without the secret" secret_exposed "${nas:16:43}"
good "account show" account show nas --json
json "... tells that it is one" '.apikey and .role == "Viewer" and
    .description == "Nightly Rsync" and .tokens == 1 and
    .sources == ["127.0.0.0/8"]'
json "... both end together" '.token_list[0].expires == .expires and
    .expires != null and .token_list[0].name == "key" and
    .token_list[0].services == ["ssh*"]'
good "account show" account show nas
check_like "... in words" '^Kind: +API key$' "$ANSWER"
good "account show of another" account show other --json
json "... is none" '.apikey == false'
good "apikey create of the default time" apikey create nightly --role Editor \
    --json
json "... has the token" ".account == \"nightly\" and .name == \"key\" and
    .expires_in == 14400 and (.token | test(\"$token_form\"))"
good "apikey delete" apikey delete nightly --yes
good "apikey create --no-expiry --out" apikey create nightly --role Editor \
    --no-expiry --out "$T/nightly" --json
json "... leaves it out of the answer" '(has("token") | not) and
    .expires == null'
check_like "... writes the token" "$token_form" "$(cat "$T/nightly")"
check_eq "... for root alone" "600 66" "$(stat -c '%a %s' "$T/nightly")"
good "apikey create --expires" apikey create ends --role Viewer \
    --expires 2099-01-31
check_like "... a date alone is said to be midnight" 'midnight UTC' "$WORDS"

bad 2 '\-\-role is missing' apikey create person --ttl 1h
bad 2 'NAME is missing' apikey create --role Viewer
bad 1 'no role "Viewr"; did you mean Viewer' apikey create admin --convert \
    --role Viewr
bad 2 'contradict' apikey create admin --role Viewer --ttl 1h --expires +1h
bad 2 'contradict' apikey create admin --role Viewer --ttl 1h --no-expiry
bad 2 'given twice' apikey create admin --role Viewer --role Editor
bad 2 'no duration' apikey create admin --role Viewer --ttl 8
bad 2 'not in the future' apikey create admin --role Viewer --expires now
bad 2 'is --no-expiry' apikey create admin --role Viewer --expires never
bad 2 'no address' apikey create admin --role Viewer --source here
bad 2 'no name or pattern' apikey create admin --role Viewer --service 'a b'
bad 2 'lock the password first' apikey create person --role Viewer --convert
bad 2 'give --convert' apikey create admin --role Viewer
bad 2 'uid 0' apikey create root --role Viewer --convert
bad 1 'no Unix user nobody-here' apikey create nobody-here --role Viewer \
    --existing
bad 2 'no login name' apikey create 'Not A Name' --role Viewer
bad 1 '"deploy" already' apikey create deploy --role Viewer
bad 1 '"nas" already' apikey create nas --role Viewer
bad 1 '"nas" already' account create nas
bad 1 'is there already' apikey create admin --convert --role Viewer \
    --out "$T/nightly"
bad 3 'No such file' apikey create admin --convert --role Viewer \
    --out /nonexistent/token
# shellcheck disable=SC2016 # for the inner shell
check "a token that could not be written" sh -c \
    '! svctoken apikey create admin --convert --role Viewer \
        >/dev/full 2>"$0/full"' "$T"
check_like "... leaves nothing" 'deleted the API key admin again' \
    "$(cat "$T/full")"
bad 1 'no service account "admin"' account show admin

# --- API keys: they stay whole ---

bad 2 '"nas" is an API key: it has one token' token create nas/second
bad 2 '"nas" is an API key.*apikey delete nas' \
    token delete nas/key --yes
bad 2 'no API key: .*account delete deploy' apikey delete deploy --yes
bad 1 'no service account "nass"; did you mean nas' apikey delete nass --yes
bad 2 'give --yes' apikey delete nas
good "account edit of role and end" account edit nas --role Editor \
    --expires +2h
check_like "... says that its token follows" 'its token ends then, too' "$WORDS"
good "account show" account show nas --json
json "... both end then" '.token_list[0].expires == .expires and
    .expires_in > 7190 and .role == "Editor"'
good "policy set" policy set max_ttl=4h
bad 2 'longest time to live is 4h' account edit nas --expires +5h
bad 2 'longest time to live is 4h' account edit nas --expires never
good "an earlier end" account edit nas --expires +1h --role Viewer
good "policy set" policy set max_ttl=none allow_no_expiry=yes
before=$(svctoken account show nas --json | jq -r .expires)
sv db verify
check_eq "db verify" 0 "$STATUS"

good "apikey list" apikey list --json
json "... has those alone" '[.apikeys[].name] == ["ends", "nas", "nightly"]'
json "... with role, state and end of both" '.apikeys[1] |
    .role == "Viewer" and .state == "active" and .token_name == "key" and
    .expires == "'"$before"'" and .id == "'"${nas:5:10}"'" and
    .services == ["ssh*"] and .sources == ["127.0.0.0/8"] and
    (.expiring | not)'
json "... one without end" '.apikeys[2] |
    .expires == null and .expires_in == null and (.expiring | not)'
good "apikey list PATTERN" apikey list RSYNC --json
json "... by description" '[.apikeys[].name] == ["nas"]'
good "apikey list" apikey list
check_like "... as a table" \
    "^nas +Viewer +active +${nas:5:10} .* Nightly" "$ANSWER"
good "apikey list of none" apikey list none-such
check_like "... says so" 'no API keys' "$WORDS"
good "a disabled account" account disable ends
good "a revoked token" token revoke nightly/key
good "apikey list" apikey list --json
json "... has the state of both" '[.apikeys[].state] ==
    ["disabled", "active", "revoked"]'
good "account enable" account enable ends
good "a disabled token" token disable ends/key
good "apikey list" apikey list ends --json
json "... counts as well" '.apikeys[0] | .state == "disabled" and .disabled'
good "token enable" token enable ends/key

# --- API keys: logging in ---

start_sshd
make_key nas
log_mark
check "the token of an API key lets in" ssh_password nas "$nas" id -un
check_eq "... as its user" nas "$OUT"
check_log "... the log names it" \
    "granted user=nas token=key id=${nas:5:10} role=Viewer service=sshd"
check "its SSH key too" ssh_key nas id -un
check "before its end it lets in" ssh_kbdint nas "$nas" id -un
good "it is to end in a moment" account edit nas --expires +2s
end=$(svctoken account show nas --json | jq -r .expires)
# shellcheck disable=SC2016 # for the inner shell
wait_for 10 sh -c '[ "$(date +%s)" -ge "$(date -d "$0" +%s)" ]' "$end"
log_mark
later check "... at its second no more, by password" ssh_denied ssh_password \
    nas "$nas" id
later check "... nor by keyboard-interactive" ssh_denied ssh_kbdint nas \
    "$nas" id
later check "... nor by SSH key" ssh_refused ssh_key nas id
collect
check_log "... the log says why" \
    "denied reason=account_expired user=nas token=key"
check_log "... of the SSH key, too" \
    "denied reason=account_expired phase=account user=nas"
good "apikey list" apikey list nas --json
json "... says so" '.apikeys[0] | .state == "expired" and .expires_in <= 0 and
    (.expiring | not)'

good "a new end, by an edit" account edit nas --expires +1h
check_like "... says which secret counts" \
    'it had ended: the secret that it had counts again; "svctoken token rotate"' \
    "$WORDS"
check "... which it does" ssh_password nas "$nas" true
good "... another one" account edit nas --expires +2h
refute "... of one that had not ended there is nothing to say" \
    grep -q 'had ended' "$T/words"

# --- API keys: deleting ---

OUT=$(typed n svctoken apikey delete nas)
check_like "apikey delete asks" 'Delete the API key nas, account and token' \
    "$OUT"
check_like "... and takes no for no" 'nothing was deleted' "$OUT"
OUT=$(typed y svctoken apikey delete nas)
check_like "... and yes for yes" 'deleted the API key nas' "$OUT"
bad 1 'no service account "nas"' account show nas
bad 1 'no token' token show "${nas:5:10}"
log_mark
good "apikey delete --yes --json" apikey delete nightly --yes --json
json "... answers its name" '. == {deleted: "nightly"}'
check_log "... is in the log" 'apikey-delete account=nightly '
good "account delete of an API key" account delete ends --yes --json
json "... takes its token" '.tokens == 1'
good "apikey list" apikey list --json
json "... is empty" '.apikeys == []'
sv db verify
check_eq "db verify" 0 "$STATUS"

# --- what lists find ---

good "account edit" account edit other --role Admin --expires +3d \
    --description 'Backup of the Archive'
good "account disable" account disable deploy
good "a token that ends at once" token create other/short --ttl 1s
good "an API key" apikey create nas --role Viewer --ttl 10d \
    --description 'rsync'
good "policy set" policy set warn_before=2h
# Made a day ago: a life is short of its end in its last quarter.
check "a token that ends soon" faketime -f -1d svctoken token create \
    deploy/soon --expires "$(date -u -d '+2 hours' +%Y-%m-%dT%H:%M:%SZ)"
good "one that is young" token create deploy/young --ttl 1h
good "one that ends later" token create deploy/late --ttl 3h
good "one that ends soon and is revoked" token create deploy/soonrevoked \
    --ttl 1h
good "..." token revoke deploy/soonrevoked
wait_second
wait_second

found() {       # WANTED ARGUMENT...: account list gives these names
    local want=$1

    shift
    sv account list --json "$@"
    check_eq "account list $*" "$want" \
        "$(jq -r '[.accounts[].name] | join(" ")' <"$T/answer")"
}

found "deploy nas other"
found "nas other" a
found "other" backup
found "other" ARCHIVE
found "nas" nAs --role Viewer
found "nas" 'n*'
found "other" 'Backup of*'
found "" 'backup of*'
found "" 'Backup'\?
found "deploy nas" --role Viewer
found "deploy" --state disabled
found "other" --expiring 7d
found "nas other" --expiring 10d
found "other" --with-expired-tokens
found "" --with-expired-tokens --role Viewer
found "other" --with-expired-tokens --role Admin --state active --expiring 7d \
    archive
found "" --with-expired-tokens --role Admin --state disabled
found "" --expiring soon
bad 1 'no role "Owner"' account list --role Owner
bad 2 'none of active, disabled, expired' account list --state gone
bad 2 'no duration' account list --expiring 7
bad 2 'takes no value' account list --with-expired-tokens=yes
sv account list --json
json "how many tokens have expired" \
    '[.accounts[] | .expired_tokens] == [0, 0, 1] and
    ([.accounts[] | .apikey] == [false, true, false])'
good "account list" account list
check_like "... as a table" '^other +Admin +active +2 +1 .* account +Backup of' \
    "$ANSWER"
check_like "... which is an API key" '^nas .* API key +rsync' "$ANSWER"

good "token list" token list deploy --json
json "a token about to expire" '[.tokens[] | select(.expiring) | .name] ==
    ["soon"]'
json "... its seconds are exact" '.tokens[] | select(.name == "soon") |
    .expires_in > 7100 and .expires_in < 7200'
good "token list of these alone" token list --expiring soon --json
json "... has it, and nobody else" '[.tokens[] | .name] == ["soon"]'
good "... of one account" token list nas --expiring soon --json
json "... that has none" '.tokens == []'
check "an account that ends soon" faketime -f -1d svctoken account create \
    leaving --expires "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
found "leaving" --expiring soon
bad 2 'no duration' token list --expiring Soon
good "token list" token list deploy
check_like "... is marked" '^deploy +soon .* expires soon( .*)?$' "$ANSWER"
refute "... the others are not" grep -E '(late|young|soonrevoked).*expires soon' \
    "$T/answer"
good "token show" token show deploy/soon
check_like "... says so" '^Expires soon: +yes$' "$ANSWER"
good "no warning" policy set warn_before=none
good "token list" token list --json
json "... nothing is about to expire" '[.tokens[] | select(.expiring)] == []'
good "..." token list --expiring soon
check_eq "... and that is said" "no tokens" "$ANSWER$WORDS"
for what in token account; do
    good "... but with --quiet" $what list --expiring soon --quiet
    check_eq "..." "" "$ANSWER$WORDS"
    good "... JSON is an answer" $what list --expiring soon --quiet --json
    json "..." ".${what}s == []"
done

# --- a record that is damaged ---

file=$(readlink -f /var/lib/svctoken/current)/private.gdbm
at=$(grep -abo longest "$file" | head -n 1 | cut -d: -f1)
printf L | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
good "policy set though a token is damaged" policy set warn_before=1h --json
json "... is done, and tells what it can" '.warn_before == 3600 and
    .tokens_beyond == null and .accounts_beyond == null'
check_like "... and what it can't" 'the policy is set; how many .* be told$' \
    "$WORDS"
check_like "... and why" 'damaged; "svctoken db verify" says more' "$WORDS"

done_testing
