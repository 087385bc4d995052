#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion, typed in the real shells: commands, options, values, names of the
# database, files; the same in bash, zsh and fish.

# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=svct.sh
. "$(dirname "$0")/svct.sh"

# shellcheck disable=SC2119 # no service is asked for
svct_host
good "account create" account create deploy --role Editor
good "account create" account create deputy
good "token create" token create deploy/ci
good "token create" token create deploy/nightly
export HOME=$T/home TERM=xterm
mkdir -p "$HOME/folder" && cd "$HOME" || die "no home"
: >"$HOME/lines.jsonl"

# --- what the program answers ---

offers() {      # DESCRIPTION EXPECTED WORD...
    local description=$1 expected=$2

    shift 2
    check_eq "$description" "$expected" \
        "$(svctoken complete -- "$@" 2>/dev/null | cut -f 1 | paste -sd ' ')"
}

offers "first words" "token" tok
offers "... and help" "help" hel
offers "second words" "revoke" token rev
offers "second words for help" "revoke" help token rev
offers "options" "--state" token list --st
offers "... not twice" "" token list --state active --st
offers "... but those that may be" "--source" token create x --source ::1 --so
offers "... nor those that contradict" "" token create x --ttl 8h --no-e
offers "... those of every command first" "--db --json --help --version" --
offers "values" "expired" token list --state exp
offers "... behind =" "--state=expired" token list --state=exp
offers "... the words for none and all" "local none" account edit deploy --source ''
offers "states of accounts are others" "active disabled expired" account list --state ''
offers "accounts" "deploy deputy" account show de
offers "... no name for a new one" "" account create de
offers "accounts of tokens" "deploy/ deputy/" token show de
offers "tokens" "deploy/ci" token show deploy/c
offers "... of no account" "" token show nobody/
offers "roles" "Editor" account create x --role E
offers "settings" "max_ttl=" policy set max
offers "PAM services" "sudo sudo-i" token create x --service sudo
offers "what the shell knows" ":file" db import ''
offers "nothing for what there is not" "" nonsense ''
offers "nothing behind the last operand" "" account show deploy ''
offers "nothing for an option's number" "" token create x --max-uses ''
offers "an operand behind --" "deploy deputy" account show -- de
offers "... and no option" "" account show -- --j
offers "another database" "" --db "$T/none" account show de
mkdir "$T/other"
printf '%s\n' deputy ':user' "\$(id)" 'a;b' $'\e[31m' >"$T/other/names"
offers "... of which names alone are taken, whoever wrote it" "deputy" \
    --db "$T/other" account show ''
rm "$T/other/names"
mkfifo "$T/other/names"
check_status "... and nobody is waited for" 0 \
    timeout 10 svctoken complete -- --db "$T/other" account show ''

refused=$(svctoken complete -- token show svct_4fK2pQ0aZb_ 2>&1)
check_like "a token on the line is refused" "holds a token" "$refused"

# --- the real shells ---

tmux_() {
    tmux -L completion "$@"
}

screen() {
    tmux_ capture-pane -p -t "$1" | sed '/^$/d' | tail -n "${2-1}"
}

shows() {       # SHELL WORDS
    [[ $(screen "$1" 12) == *"$2"* ]]
}

begin() {       # SHELL COMMAND
    tmux_ new-session -d -s "$1" -x 100 -y 30 "$2" || die "no tmux"
    wait_for 20 ends "$1" 'now>' || die "$1 does not begin: $(screen "$1" 9)"
}

# Typed, a tab behind it, and a dot, which shows where the cursor came to; then
# the line is that.
typed() {       # SHELL DESCRIPTION TEXT LINE
    tmux_ send-keys -t "$1" -l "$3"
    tmux_ send-keys -t "$1" Tab
    tmux_ send-keys -t "$1" -l .
    check "$1: $2" wait_for 20 shows "$1" "now> $4."
    [ "$STATUS" -eq 0 ] || screen "$1" 12 | indent
    tmux_ send-keys -t "$1" C-u
    wait_for 20 ends "$1" 'now>'
}

ends() {
    [[ $(screen "$1") == "$2" ]]
}

types_all() {   # SHELL
    typed "$1" "a command" 'svctoken tok' 'svctoken token '
    typed "$1" "its second word" 'svctoken token rev' 'svctoken token revoke '
    typed "$1" "an option" 'svctoken token list --unu' \
        'svctoken token list --unused '
    typed "$1" "its value" 'svctoken token list --state rev' \
        'svctoken token list --state revoked '
    typed "$1" "a value behind =" 'svctoken token list --state=rev' \
        'svctoken token list --state=revoked '
    typed "$1" "an account" 'svctoken account show dep' \
        'svctoken account show dep'
    typed "$1" "a token" 'svctoken token revoke deploy/n' \
        'svctoken token revoke deploy/nightly '
    typed "$1" "its account, and on" 'svctoken token revoke depu' \
        'svctoken token revoke deputy/'
    typed "$1" "a role" 'svctoken account create x --role Edi' \
        'svctoken account create x --role Editor '
    typed "$1" "a file" 'svctoken db import li' \
        'svctoken db import lines.jsonl '
}

share=/usr/share
cat >"$HOME/.bashrc" <<EOF
PS1='now> '
unset PROMPT_COMMAND
. $share/bash-completion/completions/svctoken
EOF
begin bash 'bash --noprofile'
types_all bash

cat >"$HOME/.zshrc" <<EOF
fpath=($share/zsh/site-functions \$fpath)
autoload -U compinit && compinit -u -D
PS1='now> '
EOF
begin zsh 'zsh -d'
types_all zsh

mkdir -p "$HOME/.config/fish"
cat >"$HOME/.config/fish/config.fish" <<'EOF'
set -g fish_greeting
function fish_prompt; echo -n 'now> '; end
set -g fish_autosuggestion_enabled 0
EOF
begin fish 'fish --private'
types_all fish
tmux_ kill-server

done_testing
