#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A file says what shall be, and it is made so: in one commit, once, with a
# list of what differs; what is wrong is named by line and path and nothing is
# changed; a secret is in its file before it counts, and nowhere else.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

svct_host sshd
start_sshd
add_user deploy
add_user boss '' sudo
add_user alice secret

state() {
    (cd "$svct_db" && readlink current && ls && sha256sum names current/*.gdbm)
}

want() {        # the file, from standard input
    cat >"$T/in"
}

# Refused without an answer.
bad() {         # DESCRIPTION STATUS PATTERN [OPTION...]
    no_change "$1" "$2" "$3" apply "${@:4}" "$T/in"
    [ -z "$ANSWER" ] || not_ok "$1: it answers" "$ANSWER"
}

# It changes nothing, and says so.
same() {        # DESCRIPTION [OPTION...]
    local desc=$1 before

    shift
    before=$(state)
    sv apply --json "$@" "$T/in"
    check_eq "$desc" "0 false 0" "$STATUS $(jq -r '.changed,
        (.changes | length)' "$T/answer" | tr '\n' ' ' | sed 's/ $//')"
    check_eq "... and there is no new generation" "$before" "$(state)"
}

# --- from nothing ---

want <<'END'
{
  "accounts": [
    {
      "tokens": [
        { "name": "ci", "ttl": "30d", "generate": "/root/ci.token",
          "sources": [ "127.0.0.0/8", "local" ], "comment": "h\u00e9" },
        { "name": "spare", "max_uses": 3, "generate": "/root/spare.token" }
      ],
      "name": "deploy", "role": "Ops"
    },
    { "name": "robot", "description": "by svctoken alone" }
  ],
  "roles": [
    { "name": "Ops", "above": "Viewer", "services": [ "sshd", "ops*" ],
      "groups": [ "opsgroup" ] }
  ],
  "policy": { "max_ttl": "90d", "tokens_per_account": 5 }
}
END
before=$(state)
sv apply --dry-run "$T/in"
check_eq "a dry run exits with 1 when something would change" 1 "$STATUS"
check_eq "... and changes nothing" "$before" "$(state)"
check_like "... shows an old value and the new one" \
    '^    max_ttl: 0 -> 7776000$' "$ANSWER"
check_like "... what is new" '^\+ token deploy/ci$' "$ANSWER"
check_like "... and where its secret would go" \
    '^    generate: "/root/ci.token"$' "$ANSWER"
check_like "... and says that it was one" 'a dry run, nothing was changed' \
    "$WORDS"
check_eq "... and writes no secret" '' "$(ls /root/*.token 2>/dev/null)"
sv apply --dry-run --json "$T/in"
check_eq "... likewise with --json" 1 "$STATUS"
json "... which tells the same" '.changed and .dry_run and .created == 5 and
    .updated == 1 and .removed == 0 and
    ([.changes[] | .kind] == ["policy", "role", "account", "token", "token",
        "account"]) and
    (.changes[0].changes.max_ttl == {old: 0, new: 7776000}) and
    (.changes[3] | .account == "deploy" and .name == "ci" and
        .action == "create" and (.changes | has("id") | not))'
log_mark
good "without it, it is done" apply --json "$T/in"
json "... as it was told" '.changed and (.dry_run | not) and .created == 5'
check_eq "... in one commit" 2 "$(sequence)"
good "... and the database is whole" db verify
ci=$(cat /root/ci.token)
check_eq "a secret is for root alone" "600 root" \
    "$(stat -c '%a %U' /root/ci.token)"
check "... and opens sshd" ssh_password deploy "$ci" true
sv token show deploy/ci --json
json "... as the token that was wanted" '.comment == "h\u00e9" and
    .sources == ["127.0.0.0/8", "local"] and .expires_in > 2591900'
check_eq "the account of a user of the host is theirs" true \
    "$(svctoken account show deploy --json | jq .existing)"
check_eq "the other one is a user by svctoken alone" false \
    "$(svctoken account show robot --json | jq .existing)"
check_eq "the role stands where it was put" \
    "$(svctoken role list --json | jq -c '[.roles[].name]')" \
    '["None","Viewer","Ops","Editor","Admin"]'
for line in 'apply created=5 updated=1 removed=0 ' \
    'policy-set max_ttl=90d max_ttl-was=none .*via=apply' \
    'role-create role=Ops .*via=apply' \
    'account-create account=deploy role=Ops .*via=apply' \
    "token-create account=deploy token=ci id=$(token_id "$ci") .*via=apply"
do
    check_log "it is in the log: ${line%% *}" "svctoken.*$line.*by="
done
refute "no secret is in the log or elsewhere" secret_exposed "$ci"
refute "... nor in the file of changes" \
    grep -qF "$(token_secret "$ci")" /var/log/svctoken/audit.log

# --- again ---

same "applied again it changes nothing"
rm /root/ci.token /root/spare.token
same "... also when the secrets were fetched"
same "... or with --prune" --prune
sv apply --dry-run "$T/in"
check_eq "a dry run exits with 0 then" "0 " "$STATUS $ANSWER"

# --- what is absent stays, what is said is made so ---

svctoken account edit robot --source 192.0.2.0/24 2>/dev/null
svctoken token disable deploy/ci 2>/dev/null
same "what somebody added by hand stays"
want <<'END'
{ "accounts": [
    { "name": "robot", "sources": [], "disabled": true },
    { "name": "deploy", "tokens": [
        { "name": "ci", "disabled": false, "services": [ "sshd" ] },
        { "name": "spare", "max_uses": null } ] } ] }
END
log_mark
sv apply "$T/in"
check_eq "lists, limits and states are changed" "0 $(cat <<'END'
~ account robot
    disabled: false -> true
    sources: ["192.0.2.0/24"] -> []
~ token deploy/ci
    services: [] -> ["sshd"]
    disabled: true -> false
~ token deploy/spare
    max_uses: 3 -> null
END
)" "$STATUS $ANSWER"
check_log "... with old and new value in the log" \
    'token-edit account=deploy token=ci .*services=sshd services-was=any disabled=no disabled-was=yes via=apply'
same "... once"
check "... and the token works again" ssh_password deploy "$ci" true

# --- by hash, and revoked ---

svctoken token hash --new --json >"$T/made" 2>/dev/null
far=$(jq -r .token "$T/made")
jq '{accounts: [{name: "deploy", tokens: [{id, hash, name: "far",
    expires: "2026-12-31T00:00:00Z"}]}]}' "$T/made" >"$T/in"
good "a token that was made elsewhere" apply "$T/in"
same "... is there once"
check "... and opens sshd" ssh_password deploy "$far" true
jq '.accounts[0].tokens[0].name = "again"' "$T/in" >"$T/in2"
mv "$T/in2" "$T/in"
bad "its id under another name is refused" 2 'is that of the token deploy/far'
svctoken token hash --new --json 2>/dev/null | jq '{accounts: [{name: "deploy",
    tokens: [{id, hash, name: "far"}]}]}' >"$T/in"
bad "so is another token of its name" 2 'is there with the id'
other=$(jq -r '.accounts[0].tokens[0].hash' "$T/in")
jq --arg hash "$other" '{accounts:
    [{name: "deploy", tokens: [{id, hash: $hash, name: "far"}]}]}' \
    "$T/made" >"$T/in"
bad "and another secret" 2 'no file replaces one'
want <<'END'
{ "accounts": [ { "name": "deploy", "tokens": [
    { "name": "far", "revoked": true, "revoked_reason": "lost" },
    { "name": "never-was", "revoked": true } ] } ] }
END
log_mark
good "a token is revoked" apply "$T/in"
check_eq "... with the reason" lost \
    "$(svctoken token show deploy/far --json | jq -r .revoked_reason)"
check_log "... as the command tells the log" \
    'token-revoke account=deploy token=far id=.* reason=lost state=revoked state-was=active via=apply'
same "... once"
jq '{accounts: [{name: "deploy", tokens: [{id, hash, name: "far"}]}]}' \
    "$T/made" >"$T/in"
bad "a revoked one never comes back" 2 'never comes back'
want <<'END'
{ "accounts": [ { "name": "deploy", "tokens": [
    { "name": "far", "generate": "/root/far.token" } ] } ] }
END
bad "... not by its name either" 2 'never comes back'
check_eq "... and no secret is made" '' "$(ls /root/*.token 2>/dev/null)"

# --- what is not listed ---

svctoken role create Extra --above None 2>/dev/null
svctoken account create old1 2>/dev/null
svctoken token create old1/x >"$T/old" 2>/dev/null
svctoken token create deploy/stray >"$T/stray" 2>/dev/null
want <<'END'
{ "roles": [ { "name": "Ops" } ],
  "accounts": [ { "name": "robot" },
    { "name": "deploy", "tokens": [ { "name": "ci" }, { "name": "spare" } ] } ] }
END
same "what is not listed stays"
sv apply --prune --dry-run "$T/in"
check_eq "a dry run with --prune shows what goes" "1 $(cat <<'END'
- token deploy/stray (is revoked)
- account old1 (1 token; the Unix user goes with it)
- role Extra
END
)" "$STATUS $ANSWER"
log_mark
good "--prune takes it away" apply --prune "$T/in"
same "... once" --prune
sv token show deploy/stray --json
json "... a token is revoked" '.revoked and .revoked_reason == "not listed"'
check_eq "... an account is gone" 1 \
    "$(svctoken account show old1 >/dev/null 2>&1; echo $?)"
check_log "... which the log tells" 'account-delete account=old1 tokens=1 .*via=apply'
check_log "... with the ids of its tokens" \
    "account-deleted ids=$(token_id "$(cat "$T/old")") via=apply"
check_log "... and the role" 'role-delete role=Extra .*via=apply'
check_log "... and the token" \
    'token-revoke account=deploy token=stray .*reason=not.x20listed state=revoked'
printf '{"accounts": []}' >"$T/in"
bad "an empty list would take everything: not without --yes" 2 \
    'none of the 2 accounts .*--yes' --prune
printf '{"accounts": [{"name": "deploy", "tokens": []}, {"name": "robot"}]}' \
    >"$T/in"
bad "so would empty lists of tokens all of these" 2 \
    'would revoke [0-9]+ tokens? for good: give --yes' --prune
sv apply --prune --dry-run "$T/in"
check_eq "... which a dry run shows" 1 "$STATUS"
printf '{}' >"$T/in"
same "what has no list takes nothing" --prune
want <<'END'
{ "roles": [], "accounts": [ { "name": "robot" }, { "name": "deploy" } ] }
END
bad "a role that somebody has can't go" 2 'role.*Ops' --prune
printf '{"accounts": []}' >"$T/in"
cp -a "$svct_db" /var/lib/copy
good "with --yes all of it goes" --db /var/lib/copy apply --prune --yes "$T/in"
check_eq "... and no account is left" 0 \
    "$(svctoken --db /var/lib/copy db info --json | jq .accounts)"


# Types KEY once it has asked.
answer() {      # KEY COMMAND...
    local terminal

    rm -f "$T/keys"
    mkfifo "$T/keys"
    script -qec "$(printf '%q ' "${@:2}")" /dev/null <"$T/keys" \
        >"$T/screen" 2>&1 &
    terminal=$!
    exec 8>"$T/keys"
    wait_for 10 grep -q 'y/N' "$T/screen" || die "no question"
    printf '%s\n' "$1" >&8
    exec 8>&-
    wait $terminal
}

svctoken account create stray2 2>/dev/null
printf '{"accounts": [{"name": "robot"}, {"name": "deploy"}]}' >"$T/in"
before=$(state)
answer n svctoken apply --prune "$T/in"
check_eq "on a terminal it asks, and no is no" "1 $before" "$? $(state)"
check_like "... with what would go" 'Not listed: 1 accounts \(stray2\)' \
    "$(cat "$T/screen")"
answer y svctoken apply --prune "$T/in"
check_eq "... and yes is yes" "0 1" \
    "$? $(svctoken account show stray2 >/dev/null 2>&1; echo $?)"

# --- API keys, groups of the host, a policy that came later ---

svctoken apikey create backup-key --role Viewer >/dev/null 2>&1 || die "apikey"
want <<'END'
{ "roles": [ { "name": "Ops" }, { "name": "Viewer", "groups": [ "games", "opsgroup" ] } ],
  "accounts": [ { "name": "robot" }, { "name": "deploy" },
    { "name": "backup-key", "apikey": true, "disabled": true } ] }
END
sv apply --prune "$T/in"
check_eq "an API key can be listed, and so can a built-in role" "0 $(cat <<'END'
~ role Viewer
    groups: [] -> ["games","opsgroup"]
    gids: [] -> [0,65536]
~ account backup-key
    disabled: false -> true
END
)" "$STATUS $ANSWER"
same "... once" --prune
svctoken token create deploy/long --ttl 80d >"$T/long" 2>/dev/null
want <<'END'
{ "policy": { "max_ttl": "1d", "default_ttl": "1h" },
  "accounts": [ { "name": "deploy", "tokens": [
    { "name": "long", "disabled": true, "comment": "too long" } ] } ] }
END
log_mark
good "a token that lives longer than a new policy likes can be shut" \
    apply "$T/in"
check_log "... and the policy is in the log as the command has it" \
    'policy-set default_ttl=1h default_ttl-was=8h max_ttl=1d max_ttl-was=90d via'
same "... once"
check_eq "... and is" true "$(svctoken token show deploy/long --json |
    jq .disabled)"
svctoken policy set max_ttl=90d 2>/dev/null || die "policy set"

# --- wrong ones ---

want <<'END'
{
  "accounts": [
    { "name": "deploy",
      "tokens": [ { "name": "ci",
                    "expire": "never" } ] },
    { "name": "robot", "expires": "tomorrow",
      "role": 7 }
  ]
}
END
bad "an unknown key is named, with the right one" 2 \
    'line 5: .accounts\[0\].tokens\[0\]: a token has no key "expire"; did you mean "expires"'
check_like "... and all that is wrong, by line and path" \
    'line 6: .accounts\[1\].expires: "expires" must be a time' "$WORDS"
check_like "... each in its line" 'line 7: .accounts\[1\].role: ' "$WORDS"
for text in '' '[]' '{' '{"accounts": [}' '{"accounts": [{}]}' \
    '{"accounts": {}}' '{"accounts": [{"name": "a"},]}' '{"polcy": {}}' \
    '{"accounts": [{"name": "a"}, {"name": "a"}]}' '{} {}' \
    '{"accounts": [{"name": "deploy", "tokens": [{"name": "x"}, {"name": "x"}]}]}' \
    '{"accounts": [{"name": "deploy", "created": "2026-01-01T00:00:00Z"}]}' \
    '{"version": 2}' '{"policy": {"max_ttl": "ages"}}' \
    '{"accounts": [{"name": "new1", "expires": "2020-01-01T00:00:00Z"}]}' \
    '{"accounts": [{"name": "deploy", "tokens": [{"name": "new1"}]}]}' \
    '{"accounts": [{"name": "deploy", "tokens": [{"name": "y", "generate": "y"}]}]}' \
    '{"accounts": [{"name": "deploy", "role": "Nobody"}]}' \
    '{"roles": [{"name": "Lost"}]}' '{"accounts": [{"name": "boss"}]}' \
    '{"accounts": [{"name": "alice"}]}' '{"accounts": [{"name": "root"}]}' \
    '{"accounts": [{"name": "robot", "uid": 70000}]}' \
    '{"accounts": [{"name": "deploy", "tokens": [{"name": "z", "ttl": "100d", "generate": "/root/z.token"}]}]}'
do
    printf '%s' "$text" >"$T/in"
    bad "refused: $text" 2 'line [1-9][0-9]*: \.'
done
check_eq "... and no file is left" '' "$(ls /root/*.token 2>/dev/null)"
sv apply "$T/nothing"
check_eq "a file that is not there" 2 "$STATUS"
printf '{"accounts": [{"name": "deploy", "existing": false}]}' >"$T/in"
bad "a user of the host that the file wants to be none" 2 'stays so: leave "existing"'
printf '{"accounts": [{"name": "boss", "existing": false}]}' >"$T/in"
bad "... nor becomes one" 2 'is a Unix user of the host: say' --convert
printf '{"accounts": [{"name": "robot", "existing": false}]}' >"$T/in"
same "one that is none is none"
printf '{"accounts": [{"name": "boss"}]}' >"$T/in"
good "--convert takes who is in sudo" apply --convert "$T/in"

# --- secrets, when something fails ---

secrets() {     # PATH...: a token for each
    local n=0 path

    for path; do
        n=$((n + 1))
        printf '{"name": "s%d", "generate": "%s"}\n' "$n" "$path"
    done | jq -s '{accounts: [{name: "robot", tokens: .}]}' >"$T/in"
}

secrets /root/a.token /root/b.token
echo mine >/root/b.token
bad "a file that is there stays" 2 'b.token|is there already' --dry-run
bad "... and is refused" 2 'is there already'
check_like "... whatever has left it" 'killed, the token in it opens nothing' \
    "$WORDS"
check_eq "... as it was, and no other is made" "mine /root/b.token" \
    "$(cat /root/*.token) $(ls /root/*.token)"
secrets /root/a.token /root/a.token
rm /root/b.token
bad "one file for two secrets is refused" 2 'the same file as for robot/s1'
secrets /root/a.token /nowhere/b.token
bad "a folder that is not there" 3 'nowhere'
check_eq "... leaves none of the others" '' "$(ls /root/*.token 2>/dev/null)"
mkdir /srv/small
mount -t tmpfs -o size=64k,mode=755 tmpfs /srv/small
dd if=/dev/zero of=/srv/small/fill bs=4k 2>/dev/null
secrets /root/a.token /srv/small/b.token
bad "a full disk: nothing is made" 3 'could not write the token.*No space left'
check_eq "... and no secret is left" '' "$(ls /root/*.token /srv/small/*.token \
    2>/dev/null)"
umount /srv/small
mount -t tmpfs -o size=64k,mode=1777 tmpfs /var/tmp
dd if=/dev/zero of=/var/tmp/fill bs=4k 2>/dev/null
secrets /root/a.token /root/b.token
bad "no room for the list of changes: none is made" 3 \
    "can't write the list of changes: No space left"
check_eq "... and no secret is left" '' "$(ls /root/*.token 2>/dev/null)"
bad "... nor with --json half an answer" 3 'the list of changes' --json
umount /var/tmp
good "and then it can" apply - <"$T/in"
check_eq "... and each has its own" 2 "$(cat /root/?.token | sort -u | wc -l)"
rm /root/?.token

# --- many ---

# Uids are from a range of 34464.
many() {
    jq -n --argjson n "$1" '{accounts: [range($n) | {name: "m\(.)",
        description: "number \(.)", tokens: [{name: "ci", id: (("0000000000" +
        tostring)[-10:]), hash: ("5" * 64), expires: "2026-12-31T00:00:00Z"}]}]}'
}
many 10000 >"$T/in"
SECONDS=0
log_mark
good "10 000 accounts with a token each" apply --json "$T/in"
json "... are made" '.created == 20000 and (.changes | length == 20000)'
echo "# made in $SECONDS s"
SECONDS=0
same "... once"
echo "# looked at again in $SECONDS s"
check "... in bounded memory" bash -c "ulimit -v 300000; svctoken apply '$T/in'"
jq '.accounts[5000].disabled = true' "$T/in" >"$T/in2"
sv apply --json - <"$T/in2"
json "one of them that differs is found" '.updated == 1 and
    .changes[0].name == "m5000" and (.changes | length == 1)'
good "... and the database is whole" db verify

done_testing
