# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What the tests of svctoken itself share; sourced after lib.sh.
#
#   svct_host SERVICE...        syslog, make install, our PAM lines in these
#                               services, an empty database
#   service_account NAME [OPTION...]        a Unix user without a password, and
#                               its service account
#   sv ARGUMENT...              the utility: leaves STATUS, ANSWER (its standard
#                               output) and WORDS (its standard error); the
#                               bytes are in $T/answer and $T/words
#   sv_ahead SECONDS ARGUMENT...    the same by a clock that is so far ahead
#   good DESCRIPTION ARGUMENT...    the same, and it must do it
#   no_change DESCRIPTION STATUS PATTERN ARGUMENT...  that exit code, words like
#                               PATTERN (an ERE), and what state, a function of
#                               the test, prints is as before
#   json DESCRIPTION FILTER     jq finds this true of the last answer
#   sequence                    number of the generation
#   new_token VARIABLE ACCOUNT/NAME [OPTION...]   the token into the variable
#   token_id TOKEN / token_secret TOKEN     its public part; the rest of it
#   token_like TOKEN            another secret for the same id, its check right
#   wait_second                 until the clock shows another second
#   ssh_denied ssh_METHOD USER ...   refused by sshd, and told nothing but that
#   later HOW DESCRIPTION COMMAND...   starts it; HOW: check, refute, ...
#   collect                     waits for all of these, and reports each
#   check_log_count DESCRIPTION NUMBER PATTERN
#   ours METHOD                 pattern: a line of ours, of this PAM phase
#   unix_account NAME [OPTION...]           a service account that is a Unix user
#                               by svctoken alone
#   nss_enable                  svctoken in /etc/nsswitch.conf
#   cron_jobs USER...           each gets a crontab: what cron runs at its start
#   cron_run USER...            starts cron, waits until each job was run or
#                               refused, and ends it
#   cron_ran USER...            whose job it ran; its groups are in /tmp/job.USER
#   watch_setcred SERVICE...    another module behind ours, that logs its calls
#   setcred_count SERVICE USER  how often its setcred was called since the mark

svct_db=/var/lib/svctoken
later_how=()
later_what=()
later_pid=()

svct_host() {
    start_syslog
    install_svctoken
    pam_enable "$@"
    svctoken init >"$T/init" 2>&1 || die "svctoken init: $(cat "$T/init")"
}

service_account() {
    local name=$1

    shift
    add_user "$name"
    svctoken account create "$name" "$@" >"$T/account" 2>&1 ||
        die "account create $name $*: $(cat "$T/account")"
}

unix_account() {
    local name=$1

    svctoken account create "$@" >"$T/account" 2>&1 ||
        die "account create $*: $(cat "$T/account")"
    getent passwd "$name" >/dev/null || die "$name is no Unix user"
}

nss_enable() {
    svctoken nss enable >"$T/nss" 2>&1 || die "nss enable: $(cat "$T/nss")"
}

# --- the utility ---

# A NUL in what it says is none of the shell's.
sv_run() {
    STATUS=0
    "$@" >"$T/answer" 2>"$T/words" || STATUS=$?
    ANSWER=$(tr -d '\0' <"$T/answer")
    WORDS=$(tr -d '\0' <"$T/words")
}

sv() {
    sv_run svctoken "$@"
}

# The program reads the clock once, by time().
make_clock() {
    cat >"$T/ahead.c" <<'END'
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
time_t time(time_t *ret)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    now.tv_sec += atol(getenv("AHEAD"));
    if (ret != NULL)
        *ret = now.tv_sec;
    return now.tv_sec;
}
END
    cc -shared -fPIC -o "$T/ahead.so" "$T/ahead.c" || die "no clock"
}

sv_ahead() {
    [ -e "$T/ahead.so" ] || make_clock
    sv_run env AHEAD="$1" LD_PRELOAD="$T/ahead.so" svctoken "${@:2}"
}

good() {
    local desc=$1

    shift
    sv "$@"
    if [ "$STATUS" -eq 0 ]; then
        ok "$desc"
    else
        not_ok "$desc" "svctoken $*" "exit code $STATUS: $ANSWER$WORDS"
    fi
}

no_change() {
    local desc=$1 want=$2 pattern=$3 before after

    shift 3
    before=$(state 2>&1)
    sv "$@"
    after=$(state 2>&1)
    if [ "$STATUS" -ne "$want" ]; then
        not_ok "$desc" "exit code $STATUS: $ANSWER$WORDS"
    elif ! printf '%s\n' "$WORDS" | grep -qE -e "$pattern"; then
        not_ok "$desc" "expected: $pattern" "got: $WORDS"
    elif [ "$before" != "$after" ]; then
        not_ok "$desc" "it changed something" "before: $before" "now: $after"
    else
        ok "$desc"
    fi
}

json() {        # jq is content with nothing at all
    if [ -n "$ANSWER" ] && jq -e "$2" <"$T/answer" >/dev/null; then
        ok "$1"
    else
        not_ok "$1" "not true: $2" "$ANSWER"
    fi
}

sequence() {
    svctoken db info --json 2>/dev/null | jq .sequence
}

# --- tokens ---

new_token() {
    local variable=$1 text

    shift
    text=$(svctoken token create "$@" 2>"$T/token") ||
        die "token create $*: $(cat "$T/token")"
    printf -v "$variable" %s "$text"
}

token_id() {
    printf '%s' "${1:5:10}"
}

token_secret() {
    printf '%s' "${1:16:43}"
}

# CRC-32 from elsewhere, in base 62, the lowest digit last.
token_like() {
    local digits=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
    local body other=x crc i text=''

    [ "${1:30:1}" != x ] || other=y
    body=${1:0:30}$other${1:31:28}
    crc=$(printf %s "$body" | gzip -c | tail -c 8 | od -A n -t u4 -N 4)
    for ((i = 0; i < 6; i++)); do
        text=${digits:crc % 62:1}$text
        crc=$((crc / 62))
    done
    printf '%s' "$body$text"
}

wait_second() {
    local now

    now=$(date +%s)
    # shellcheck disable=SC2016 # the inner shell looks at the clock
    wait_for 5 bash -c '[ "$(date +%s)" -gt "$0" ]' "$now"
}

ssh_denied() {
    local status=0 said

    said=$("$@" 2>&1) || status=$?
    printf 'exit code %s: %s\n' "$status" "$said"
    [ "$status" -eq 255 ] && [ "${said#*$'\n'}" = "$said" ] &&
        [[ $said =~ ^"$2@127.0.0.1: Permission denied ("[a-z,-]*").".?$ ]]
}

# --- several at a time: a refusal takes about 2 seconds ---

later() {
    local n=${#later_pid[@]}

    later_how+=("$1")
    later_what+=("$2")
    shift 2
    "$@" >"$T/later.$n" 2>&1 &
    later_pid+=($!)
}

later_result() {
    local status=0

    wait "${later_pid[$1]}" || status=$?
    cat "$T/later.$1"
    return "$status"
}

collect() {
    local n

    for n in "${!later_pid[@]}"; do
        "${later_how[n]}" "${later_what[n]}" later_result "$n"
    done
    later_how=()
    later_what=()
    later_pid=()
}

# --- the log ---

check_log_count() {
    check_eq "$1" "$2" "$(log_since | grep -cE -e "$3")"
}

ours() {
    printf 'pam_svctoken\\(%s\\): ' "$1"
}

# --- cron ---

cron_jobs() {
    local user

    for user; do
        printf '@reboot id -Gn >/tmp/job.%s\n' "$user" |
            crontab -u "$user" - || die "no crontab for $user"
    done
}

cron_run() {
    local pid

    rm -f /run/crond.reboot /tmp/job.*
    env --default-signal=INT,QUIT cron -f -L 15 &
    pid=$!
    wait_for 20 cron_done "$@"
    kill "$pid"
    wait "$pid" 2>/dev/null
}

cron_done() {
    local user

    for user; do
        [ -s "/tmp/job.$user" ] ||
            log_has "phase=account user=$user service=cron" || return 1
    done
}

cron_ran() {
    local user

    for user; do
        [ ! -s "/tmp/job.$user" ] || printf '%s ' "$user"
    done
}

# --- other modules of the stack ---

# pam_warn does nothing but to log that it was called.
watch_setcred() {
    local service file

    for service; do
        for file in "/etc/pam.d/$service" "$T/pam.d/$service"; do
            [ ! -e "$file" ] || sed -i \
                '/^@include common-auth/a auth optional pam_warn.so' "$file"
        done
    done
}

# Without those that end a session: sshd makes them when the client has gone.
setcred_count() {
    log_since | grep "pam_warn($1:setcred):.* user=\[$2\]" |
        grep -vc 'flags=0x\(800\)\?4 '
}
