# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the integration tests and the demo share; sourced by bash scripts.
# They run in tests/sandbox only: a script started outside goes there itself.
#
# A PASSWORD is anything asked for at a password prompt, a token too. It goes
# from shell to program through pipes: on no command line, in no environment.
# Whatever waits is bounded. Standard input is /dev/null until redirected.
#
#   start_syslog                      a real syslogd, all into $LOG
#   log_mark                          "since" begins here
#   log_since                         the lines since the mark, complete
#   log_wait PATTERN [SECONDS]        until a line matches (ERE; default 5 s)
#   add_user NAME [PASSWORD] [GROUP,GROUP]  a person; no PASSWORD: none works
#   make_key USER                     an SSH key that USER may log in with
#   sudo_rule NAME RULE...            one line each in /etc/sudoers.d/NAME
#   start_sshd [OPTION=VALUE...]      real sshd on $SSH_PORT, for sshd_config
#   stop_sshd                         new connections only; sessions go on
#   ssh_password USER PASSWORD COMMAND...   by that one method each
#   ssh_kbdint   USER PASSWORD COMMAND...
#   ssh_key      USER COMMAND...
#   ssh_refused  ssh_METHOD...        true when sshd said no (and not when
#                                     there was no sshd, or it hung)
#   as_user USER COMMAND...           as that user, clean environment, no PAM
#   sudo_as USER PASSWORD COMMAND...  USER runs sudo; PASSWORD -: none is given
#   su_as   USER PASSWORD COMMAND...  $SU_FROM runs su USER
#   install_svctoken [BUILD_DIR]      make install; default $SVCT_BUILD_DIR
#   pam_enable SERVICE...             our lines before the @include lines
#   pam_disable [SERVICE...]          as it was; default: all enabled ones
#   secret_exposed PASSWORD           is it in the log, or in the command line
#                                     or environment of any process?
#   wait_for SECONDS COMMAND...       until it succeeds
#
# Reports, in the manner of TAP; each failure shows what came and the log:
#   ok DESCRIPTION / not_ok DESCRIPTION [EXPLANATION...] / skip DESCRIPTION WHY
#   check  DESCRIPTION COMMAND...     it must succeed; OUT holds its output
#   refute DESCRIPTION COMMAND...     it must fail, but by its own decision
#   check_status DESCRIPTION STATUS COMMAND...   that very exit code
#   check_eq DESCRIPTION WANT GOT
#   check_like DESCRIPTION PATTERN GOT           an ERE
#   check_log / refute_log DESCRIPTION PATTERN   in the lines since the mark
#   done_testing                      last; exit code 1 if anything failed
#
# Variables a test may set. Arrays, so never just before a command: SSH_EXTRA
# (options for ssh), SUDO_EXTRA (for sudo; default -k: no ticket is used or
# left). Words: SU_FROM, and for pam_enable PAM_MODULE, PAM_ARGS,
# PAM_AUTH_ARGS, PAM_ACCOUNT_ARGS, PAM_SESSION_ARGS.

LIB_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
if [ "${SVCT_SANDBOX-}" != 1 ] || [ "$(uname -n)" != svctoken-host ]; then
    exec "$LIB_DIR/../sandbox" "$(realpath "$0")" "$@"
fi
set -u
exec </dev/null

# What this machine itself has of svctoken is out of sight here, and stays.
rm -rf /var/lib/svctoken /var/log/svctoken /run/svctoken

LOG=/var/log/auth.log
SSH_PORT=2222
SSH_EXTRA=()
SUDO_EXTRA=(-k)
SU_FROM=nobody
PAM_MODULE=pam_svctoken.so
T=$(mktemp -d /tmp/svct-test.XXXXXX)    # root's alone
OUT=
STATUS=0

syslog_pid=
sshd_pid=
passed=0
failed=0
skipped=0
log_start=0
log_syncs=0

# --- waiting ---

wait_for() {    # SECONDS COMMAND...
    local end=$((SECONDS + $1 + 1))

    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

# --- reports ---

indent() {
    sed 's/^/#   /'
}

ok() {
    passed=$((passed + 1))
    printf 'ok %d - %s\n' $((passed + failed + skipped)) "$1"
}

not_ok() {
    failed=$((failed + 1))
    printf 'not ok %d - %s\n' $((passed + failed + skipped)) "$1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | indent
    if [ -n "$syslog_pid" ]; then
        printf '# the log since the mark (at most 15 lines):\n'
        log_since | tail -n 15 | indent
    fi
}

skip() {
    skipped=$((skipped + 1))
    printf 'ok %d - %s # SKIP %s\n' $((passed + failed + skipped)) "$1" "$2"
}

# In this shell, so that what COMMAND sets stays. Leaves STATUS and OUT.
run() {
    STATUS=0
    "$@" >"$T/out" 2>&1 || STATUS=$?
    OUT=$(tr -d '\0' <"$T/out")
}

check() {
    local desc=$1

    shift
    check_status "$desc" 0 "$@"
}

check_status() {
    local desc=$1 want=$2

    shift 2
    run "$@"
    if [ "$STATUS" -eq "$want" ]; then
        ok "$desc"
    else
        not_ok "$desc" "expected exit code $want of: $1" \
            "got $STATUS and this output:" "$OUT"
    fi
}

# 124 to 127: timed out, or could not be run at all. Above: a signal.
refute() {
    local desc=$1

    shift
    run "$@"
    if [ "$STATUS" -ge 1 ] && [ "$STATUS" -lt 124 ]; then
        ok "$desc"
    else
        not_ok "$desc" "expected a refusal of: $1" \
            "got exit code $STATUS and this output:" "$OUT"
    fi
}

check_eq() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "expected: $2" "got:      $3"
    fi
}

check_like() {
    if printf '%s\n' "$3" | grep -qE -e "$2"; then
        ok "$1"
    else
        not_ok "$1" "expected to match: $2" "got: $3"
    fi
}

check_log() {
    if log_wait "$2"; then
        ok "$1"
    else
        not_ok "$1" "expected a log line like: $2"
    fi
}

refute_log() {
    local lines

    if lines=$(log_since | grep -E -e "$2"); then
        not_ok "$1" "expected no log line like: $2" "got: $lines"
    else
        ok "$1"
    fi
}

done_testing() {
    trap - EXIT
    printf '1..%d\n' $((passed + failed + skipped))
    printf '# %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
    exit
}

trap 'echo "Bail out! the script ended before done_testing"; exit 1' EXIT

# For what must be there before anything can be tested.
die() {
    trap - EXIT
    printf 'Bail out! %s\n' "$*"
    exit 1
}

# --- the log ---

# That of Debian 13 rotates at 200 KB, that of Debian 12 has no -s.
start_syslog() {
    local options=()

    if busybox syslogd --help 2>&1 | grep -q '^[[:space:]]*-s '; then
        options=(-s 0)
    fi
    : >"$LOG"
    busybox syslogd -n "${options[@]}" -O "$LOG" &
    syslog_pid=$!
    wait_for 5 test -S /dev/log || die "syslogd does not start"
    log_mark
}

# syslogd reads in order: when this line is in the file, so is all before it.
log_sync() {
    [ -n "$syslog_pid" ] || die "no start_syslog yet"
    log_syncs=$((log_syncs + 1))
    logger -p user.debug -t svct-test "sync $log_syncs"
    wait_for 5 grep -qF "svct-test: sync $log_syncs" "$LOG" ||
        die "syslogd does not write"
}

log_mark() {
    log_sync
    log_start=$(wc -c <"$LOG")
}

log_since() {
    log_sync
    tail -c "+$((log_start + 1))" "$LOG" | grep -vF 'svct-test: sync'
}

log_has() {
    tail -c "+$((log_start + 1))" "$LOG" | grep -vF 'svct-test: sync' |
        grep -qE -e "$1"
}

log_wait() {
    wait_for "${2-5}" log_has "$1"
}

# Prints where it is; false when it is nowhere.
secret_exposed() {
    local places

    log_sync
    printf '%s\n' "$1" >"$T/secret"
    places=$(grep -lF -f "$T/secret" "$LOG" /proc/[1-9]*/cmdline \
        /proc/[1-9]*/environ 2>/dev/null)
    printf '%s\n' "$places"
    [ -n "$places" ]
}

# --- people ---

# A cheap hash: it is not what is tested, and checked at every login.
add_user() {
    useradd -m -s /bin/bash ${3:+-G "$3"} "$1" || die "no user $1"
    if [ -n "${2-}" ]; then
        printf '%s:%s\n' "$1" "$2" | chpasswd -c SHA512 -s 1000 ||
            die "no password for $1"
    fi
}

home_of() {
    getent passwd "$1" | cut -d: -f6
}

make_key() {
    local home

    home=$(home_of "$1")
    mkdir -p "$T/keys"
    [ -e "$T/keys/$1" ] ||
        ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$T/keys/$1"
    install -d -m 700 -o "$1" -g "$(id -g "$1")" "$home/.ssh"
    install -m 600 -o "$1" -g "$(id -g "$1")" \
        "$T/keys/$1.pub" "$home/.ssh/authorized_keys"
}

sudo_rule() {
    local name=$1

    shift
    printf '%s\n' "$@" >"$T/sudoers"
    visudo -qcf "$T/sudoers" || die "bad sudo rule $name"
    install -m 440 "$T/sudoers" "/etc/sudoers.d/$name"
}

as_user() {
    local user=$1

    shift
    (cd / && exec timeout 60 setpriv --reuid "$user" \
        --regid "$(id -g "$user")" --init-groups env -i \
        HOME="$(home_of "$user")" USER="$user" LOGNAME="$user" \
        SHELL=/bin/bash LC_ALL=C.UTF-8 PATH="$PATH" "$@")
}

# --- sshd and its clients ---

sshd_config() {
    cat <<END
Port $SSH_PORT
ListenAddress 127.0.0.1
HostKey $T/host_key
PidFile none
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
PubkeyAuthentication yes
PermitRootLogin no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 200
END
}

# OpenSSH 9.8 and later: who is refused often is not listened to for a while.
# That is what these tests do. At the top: the file may end in a Match block.
sshd_patience() {
    /usr/sbin/sshd -t -f "$T/sshd_config" -o 'PerSourcePenalties no' \
        2>/dev/null && sed -i '1i PerSourcePenalties no' "$T/sshd_config"
}

sshd_listens() {
    [ -n "$(ss -Hltn "sport = :$SSH_PORT")" ]
}

start_sshd() {
    local option options=()

    for option; do
        options+=(-o "$option")
    done
    mkdir -p /run/sshd
    [ -e "$T/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$T/host_key"
    sshd_config >"$T/sshd_config"
    sshd_patience
    # bash starts background jobs with these two signals ignored
    env --default-signal=INT,QUIT /usr/sbin/sshd -D -f "$T/sshd_config" \
        ${options[@]+"${options[@]}"} &
    sshd_pid=$!
    wait_for 5 sshd_listens || die "sshd does not start"
}

stop_sshd() {
    kill "$sshd_pid" 2>/dev/null
    wait "$sshd_pid" 2>/dev/null
    sshd_pid=
}

# Sets SSH: the client with one METHOD and no configuration of its own.
ssh_for() {     # METHOD USER
    SSH=(ssh -F none -T -p "$SSH_PORT" -l "$2"
        -o "PreferredAuthentications=$1" -o NumberOfPasswordPrompts=1
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
        -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR
        -o IdentitiesOnly=yes -o IdentityAgent=none -o ConnectTimeout=30
        ${SSH_EXTRA[@]+"${SSH_EXTRA[@]}"})
}

# sshpass types at the prompt what it reads from descriptor 3.
ssh_asked() {   # METHOD USER PASSWORD COMMAND...
    local password=$3

    ssh_for "$1" "$2"
    shift 3
    timeout 60 sshpass -d 3 "${SSH[@]}" 127.0.0.1 "$@" \
        3< <(printf '%s\n' "$password")
}

ssh_password() {
    ssh_asked password "$@"
}

ssh_kbdint() {
    ssh_asked keyboard-interactive "$@"
}

ssh_key() {
    local user=$1

    shift
    ssh_for publickey "$user"
    timeout 60 "${SSH[@]}" -i "$T/keys/$user" 127.0.0.1 "$@"
}

# What sshd does to a client it refuses: it says so, or (when the account
# phase refuses) hangs up, which ssh at this log level ends without a word.
ssh_refused() {
    local status=0 said

    said=$("$@" 2>&1) || status=$?
    printf 'exit code %s: %s\n' "$status" "$said"
    case $status:$said in
    255: | 255:*'Permission denied'*) return 0 ;;
    255:*'Too many authentication failures'*) return 0 ;;
    esac
    return 1
}

# --- sudo and su ---

sudo_as() {
    local user=$1 password=$2
    local sudo=(sudo ${SUDO_EXTRA[@]+"${SUDO_EXTRA[@]}"})

    shift 2
    if [ "$password" = - ]; then
        as_user "$user" "${sudo[@]}" -n -- "$@"
    else
        printf '%s\n' "$password" |
            as_user "$user" "${sudo[@]}" -S -p '' -- "$@"
    fi
}

su_as() {
    local user=$1 password=$2

    shift 2
    printf '%s\n' "$password" |
        as_user "$SU_FROM" su "$user" -c "$(printf '%q ' "$@")"
}

# --- svctoken in this machine's PAM ---

install_svctoken() {
    local dir=${1-${SVCT_BUILD_DIR:?names no build folder}}

    make -C "$dir" install >"$T/install.log" 2>&1 ||
        die "make install: $(tail -n 15 "$T/install.log")"
}

# LINE before the @include of its kind; one that has none: at the end.
pam_insert() {  # TYPE LINE, a service file from standard input to output
    line=$2 awk -v wanted="^common-$1" '
        $1 == "@include" && $2 ~ wanted && !done++ { print ENVIRON["line"] }
        { print }
        END { if (!done) print ENVIRON["line"] }'
}

pam_enable() {
    local service module="$PAM_MODULE ${PAM_ARGS-}"
    local go_on='user_unknown=ignore authinfo_unavail=ignore ignore=ignore'
    local auth="[success=done $go_on module_unknown=ignore default=die]"
    local account='[success=ok new_authtok_reqd=ok ignore=ignore'

    account+=' module_unknown=ignore default=die]'
    mkdir -p "$T/pam.d"
    for service; do
        [ -e "$T/pam.d/$service" ] ||
            cp -p "/etc/pam.d/$service" "$T/pam.d/$service" ||
            die "no PAM service $service"
        pam_insert auth "auth $auth $module ${PAM_AUTH_ARGS-}" \
            <"$T/pam.d/$service" |
            pam_insert account \
                "account $account $module ${PAM_ACCOUNT_ARGS-}" |
            pam_insert session \
                "session optional $module ${PAM_SESSION_ARGS-}" \
                >"/etc/pam.d/$service"
    done
}

pam_disable() {
    local service

    [ $# -gt 0 ] || set -- "$T"/pam.d/*
    for service; do
        service=${service##*/}
        [ ! -e "$T/pam.d/$service" ] ||
            mv "$T/pam.d/$service" "/etc/pam.d/$service"
    done
}
