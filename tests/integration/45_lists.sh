#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lists of any length: few rows look as they always did, many are one table,
# or one JSON document, and take no more memory.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

# shellcheck disable=SC2119 # no service is asked for
svct_host

# --- few: byte by byte ---

for n in 1 2 3; do
    hash[n]=$(printf '%064x' "$n")
done
made='"created":"2026-01-02T03:04:05Z","created_by":"boss"'
cat >"$T/few" <<EOF
{"kind":"account","name":"few-b","role":"Editor","uid":70001,"description":"nächtliche \"builds\"",$made}
{"kind":"account","name":"few-a","uid":70002,"disabled":true,$made}
{"kind":"token","account":"few-b","name":"second","id":"few0000002","hash":"${hash[2]}","expires":"never","sources":["192.0.2.0/24","local"],"comment":"über",$made}
{"kind":"token","account":"few-b","name":"a-first-one","id":"few0000001","hash":"${hash[1]}","expires":"never","role_cap":"Viewer","max_uses":12,$made}
{"kind":"token","account":"few-a","name":"third","id":"few0000003","hash":"${hash[3]}","expires":"never","disabled":true,$made}
EOF
good "db import" db import "$T/few"

sv token list
check_eq "a few tokens" \
    "ACCOUNT NAME        ID         STATE    EXPIRES IN ROLE   NOTE USES LAST USED
few-a   third       few0000003 disabled never   -  Viewer -    -    never
few-b   a-first-one few0000001 active   never   -  Viewer -    0/12 never
few-b   second      few0000002 active   never   -  Editor -    -    never" \
    "$ANSWER"
sv account list
check_eq "a few accounts" \
    "ACCOUNT ROLE   STATE    TOKENS EXPIRED EXPIRES IN KIND    DESCRIPTION           UID
few-a   Viewer disabled      1       0 never   -  account -                   70002
few-b   Editor active        2       0 never   -  account nächtliche \"builds\" 70001" \
    "$ANSWER"

# As jansson writes a whole document with an indent of two, and so does jq.
laid_out() {    # DESCRIPTION ARGUMENT...
    good "$@"
    check "... laid out as one document" \
        cmp "$T/answer" <(jq --indent 2 . "$T/answer")
}

laid_out "a few tokens as JSON" token list --json
json "... in their order" '[.tokens[].id] ==
    ["few0000003", "few0000001", "few0000002"]'
laid_out "a few accounts as JSON" account list --json
laid_out "none" token list --state revoked --json
check_eq "..." $'{\n  "tokens": []\n}' "$ANSWER"

# --- many ---

# 2500 tokens, more than is kept: most accounts have one, one has 1100.
awk -v made="$made" 'BEGIN {
    for (i = 0; i < 2500; i++) {
        a = i < 1100 ? "many" : "lone" i
        if (i == 0 || i >= 1100)
            printf "{\"kind\":\"account\",\"name\":\"%s\",\"role\":\"%s\"," \
                "\"uid\":%d,\"disabled\":%s,%s}\n", a,
                i % 3 ? "Viewer" : "Editor", 200000 + i,
                i == 1100 || i == 2000 ? "true" : "false", made
        printf "{\"kind\":\"token\",\"account\":\"%s\",\"name\":\"%s%d\"," \
            "\"id\":\"m%09d\",\"hash\":\"%064x\",\"ttl\":\"%s\"," \
            "\"disabled\":%s}\n", a,
            i == 1700 ? "a-name-that-is-longer-than-others-" : "t", i, i,
            i + 4, i % 10 ? "30d" : "300d", i % 2 ? "true" : "false"
    }
}' >"$T/many"
good "policy set" policy set tokens_per_account=2000 max_ttl=none
good "db import" db import "$T/many"

# Each column begins where its heading does, with a blank before it.
aligned() {     # FILE
    awk 'NR == 1 {
        for (i = 2; i <= length; i++)
            if (substr($0, i, 1) != " " && substr($0, i - 1, 1) == " " &&
                substr($0, i) !~ /^USED/)
                at[i] = 1
    }
    {
        for (i in at)
            if (substr($0, i - 1, 1) != " " || substr($0, i, 1) == " ")
                exit 1
    }' "$1"
}

good "many tokens" token list
check_eq "... one heading, and all of them" 2504 "$(wc -l <"$T/answer")"
check_eq "..." 1 "$(grep -c ^ACCOUNT "$T/answer")"
check "... in columns" aligned "$T/answer"
check "... in the order of accounts and names" \
    cmp <(tail -n +2 "$T/answer" | awk '{ print $1, $2 }') \
    <(tail -n +2 "$T/answer" | awk '{ print $1, $2 }' |
        LC_ALL=C sort -k1,1 -k2,2)
check_eq "... closed accounts are told once each" \
    "few-a lone1100 lone2000" \
    "$(sed -n 's/^the service account \(.*\) is disabled: .*/\1/p' \
        "$T/words" | xargs)"
laid_out "... as JSON" token list --json
json "... all of them" '.tokens | length == 2503'
jq -c '.tokens[] | del(.expires_in)' "$T/answer" >"$T/whole"
for account in few-a few-b lone1700 many; do
    sv token list "$account" --json
    check "... as those of $account alone" \
        cmp <(jq -c '.tokens[] | del(.expires_in)' "$T/answer") \
        <(grep "^{\"account\":\"$account\"," "$T/whole")
done
good "... of a state" token list --state disabled --json
json "..." '(.tokens | length == 1251) and
    ([.tokens[].state] | unique == ["disabled"])'
good "... that expire" token list --expiring 40d --json
json "..." '.tokens | length == 2250'
good "... few of many" token list --state disabled --expiring 40d many --json
json "..." '.tokens | length == 550'

good "many accounts" account list
check_eq "... one heading, and all of them" 1404 "$(wc -l <"$T/answer")"
check_eq "..." 1 "$(grep -c ^ACCOUNT "$T/answer")"
laid_out "... as JSON" account list --json
json "..." '(.accounts | length == 1403) and
    ([.accounts[].name] | . == sort) and
    (.accounts[-1] | .name == "many" and .tokens == 1100)'

screen() {      # WIDTH COMMAND: as it comes on a terminal, without colours
    script -qec "stty cols $1; $2" /dev/null | tr -d '\r' |
        sed $'s/\033\\[[0-9;]*m//g' >"$T/screen"
}

screen 90 'svctoken token list 2>/dev/null'
check_eq "on a terminal: one heading" 1 "$(grep -c ^ACCOUNT "$T/screen")"
check_eq "... and it fits" "" "$(awk 'length > 90' "$T/screen")"
check_eq "... every row ends in the same column" 1 \
    "$(awk '$3 ~ /^[a-z]/ { print index($0, $3) }' "$T/screen" | sort -u |
        wc -l)"

STATUS=0
svctoken token list >/dev/full 2>"$T/words" || STATUS=$?
check_eq "nowhere to write: exit code 3" 3 "$STATUS"
STATUS=0
svctoken token list --json >/dev/full 2>"$T/words" || STATUS=$?
check_eq "... JSON" 3 "$STATUS"
check_like "... and it says so, once" '^[^:]*: token list: could not write.*' \
    "$(cat "$T/words")"

# --- and little memory ---

# 20000 tokens were 70 MiB of rows.
awk 'BEGIN {
    for (i = 0; i < 20000; i++) {
        if (i % 100 == 0)
            printf "{\"kind\":\"account\",\"name\":\"bulk%d\"," \
                "\"uid\":%d}\n", i / 100, 300000 + i
        printf "{\"kind\":\"token\",\"account\":\"bulk%d\"," \
            "\"name\":\"t%d\",\"id\":\"b%09d\",\"hash\":\"%064x\"," \
            "\"ttl\":\"30d\"}\n", i / 100, i, i, i + 9000
    }
}' >"$T/bulk"
good "db import" db import "$T/bulk"
for list in "token list" "token list --json" "account list"; do
    # shellcheck disable=SC2086 # words
    check "$list in little memory" prlimit --data=$((20 << 20)) \
        svctoken $list
done

done_testing
