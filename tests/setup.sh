#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what building and testing svctoken needs, and only what is missing.
# For Debian 12 and its like, as root. Run again, it does and says nothing.
#
#   tests/setup.sh [PACKAGE...]     these as well
#
# No service is started. Exit code: 0 all is there, 3 could not.
set -eu

packages='
    # build
    autoconf automake libtool pkg-config gcc make libc6-dev
    # libraries svctoken stands on
    libpam0g-dev libsodium-dev libgdbm-dev libsmartcols-dev libjansson-dev
    # unit tests; sanitizers, fuzz targets; memory checks
    libcmocka-dev clang libclang-rt-dev valgrind
    # the real parts of the integration tests, and who talks to them
    openssh-server openssh-client sudo pamtester sshpass cron
    # the users it makes: who shows them, who logs them in, who caches them
    libc-bin login passwd nscd
    # another source of users, for tests/bench
    libnss-extrausers
    # the sandbox of those tests: namespaces, its network, a real syslogd, disks
    util-linux iproute2 busybox procps bsdutils e2fsprogs
    # a program that outlives the session it was begun in
    tmux
    # the shells whose completion is tried
    zsh fish
    # the log of changes is rotated by the real one
    logrotate
    # manual pages are checked, JSON output is read
    mandoc jq
    # pages of HTML are read, their style sheet is hashed
    libxml2-utils openssl
    # programs that run at another time
    faketime
    # the example for Ansible is run
    ansible-core
    # Debian packages are made, and looked at; units, by systemd-analyze
    dpkg-dev debhelper po-debconf lintian systemd
    # what packaging/ has for other systems is compiled, or read by its tools
    selinux-policy-dev policycoreutils semodule-utils selinux-utils apparmor rpm
'
more=$*
guard=/usr/sbin/policy-rc.d
mark='svctoken tests/setup.sh: no service starts while packages are installed'

die() {
    printf 'tests/setup.sh: %s\n' "$*" >&2
    exit 3
}

# The packages of the list that are not installed, one a line.
missing() {
    wanted=$(printf '%s\n' "$packages $more" | sed 's/#.*//' | tr -s ' ' '\n')
    # shellcheck disable=SC2086 # one argument a package
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
        $wanted 2>/dev/null | sed -n 's/^installed //p')
    printf '%s\n' "$wanted" | grep -vxF -e '' -e "$installed" || :
}

# invoke-rc.d and deb-systemd-invoke ask this file whether they may start
# a daemon. One that is there already comes back afterwards.
guard_put() {
    if [ -e "$guard" ]; then
        mv "$guard" "$guard.before-svctoken"
    fi
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$guard"
    chmod 755 "$guard"
}

# Also takes away what a killed run has left.
guard_remove() {
    if grep -qsF "$mark" "$guard"; then
        rm -f "$guard"
    fi
    if [ -e "$guard.before-svctoken" ]; then
        mv "$guard.before-svctoken" "$guard"
    fi
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'guard_remove; rm -f "$log"' EXIT
    trap 'exit 3' INT TERM HUP
    guard_put
    # shellcheck disable=SC2086
    if ! { apt-get update && apt-get install -y --no-install-recommends $1
    } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "apt-get could not install the packages (its last words above)"
    fi
}

[ "$(id -u)" = 0 ] || die "must be run as root, for it installs packages"
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    die "this needs Debian 12 or its like (there is no apt-get or dpkg-query)"
fi
guard_remove
todo=$(missing | tr '\n' ' ')
[ -n "$todo" ] || exit 0

echo "installing: $todo"
install_packages "$todo"
todo=$(missing | tr '\n' ' ')
[ -z "$todo" ] || die "still missing: $todo"
