#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An administrator puts the link to an older generation, and a link that is
# lost: nothing that was published is destroyed, and what is named can be used.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

install_svctoken
db=/var/lib/svctoken
export SVCTOKEN_DB=$db
{
    svctoken init
    for name in one two three; do
        useradd -M "$name"
        svctoken account create "$name"
    done
} 2>/dev/null || die "no database"

has() { # ACCOUNT
    svctoken account show "$1" >/dev/null 2>&1
}

put_back() {    # GENERATION, as svctoken-db(5) says
    ln -s "$1" $db/back && mv -T $db/back $db/current && touch $db/names.stale
}

check_eq "three changes after the first" gen-0000000004 \
    "$(readlink $db/current)"
check "going back" put_back gen-0000000003
refute "db verify finds names to be stale" svctoken db verify
check_eq "... and nothing else" "problem: names: three is listed and is no account" \
    "$(grep '^problem' <<<"$OUT")"
check_like "... and says what is newer" \
    '^note: gen-0000000004 is newer than the current' "$OUT"
check "a change" svctoken account disable two
check_eq "... has a number of its own" gen-0000000005 \
    "$(readlink $db/current)"
refute "... does not have what was newer" has three
check "what was newer is whole still" svctoken db verify 4
check "going there again" put_back gen-0000000004
check "... all is there" has three
check "the next change" svctoken account disable one
check_eq "... has the next number" gen-0000000006 "$(readlink $db/current)"
check "... and all is in order" svctoken db verify

# A writer dies: its generation is whole, but was never published.
cp -a $db/gen-0000000005 $db/gen-0000000009
ln -s gen-0000000009 $db/current.new
check "db verify, beside what a writer left" svctoken db verify
check_like "... tells it from what was published" \
    '^note: gen-0000000009 is of a change under way' "$OUT"
rm $db/current
for command in "account list" init "db verify"; do
    # shellcheck disable=SC2086 # words
    refute "$command, with the link lost" svctoken $command
    check_like "... names the newest that was published" \
        "ln -s gen-0000000006 $db/current\"" "$OUT"
done
check "what it names" ln -s gen-0000000006 $db/current
check "... is in order" svctoken db verify
check "a change clears up" svctoken account enable one
refute "... what was left" test -e $db/gen-0000000009
check_eq "... and goes on" gen-0000000007 "$(readlink $db/current)"

# Nothing to name: then nothing is named.
rm $db/current
for folder in $db/gen-*; do
    : >"$folder/private.gdbm"
done
check_status "no generation is whole" 3 svctoken account list
check_like "... is said" 'no generation in .* can be seen to be whole' "$OUT"
check_status "init leaves them alone" 3 svctoken init
check "... all of them" test -e $db/gen-0000000007
done_testing
