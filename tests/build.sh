# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A build of a copy of this tree, for bash scripts that are started as root on
# the machine itself; sourced by them. They set top, the tree.
#
#   make_work NAME              installs what is missing; work is a folder that
#                               goes when the script ends
#   copy_sources                into $work/src, without what an earlier build
#                               left in the tree
#   build_copy                  that, and configure and make in $work/build
#   quietly WORDS COMMAND...    what takes a while: one line, with its seconds
#
# What fails ends the script with its last words and exit code 3.

# Root's alone, and not below /tmp: a sandbox has its own.
make_work() {
    [ "$(id -u)" = 0 ] || {
        echo "tests/$1: must be run as root (it needs namespaces, and" \
            "packages may have to be installed)" >&2
        exit 3
    }
    # shellcheck disable=SC2154 # top is the caller's
    "$top/tests/setup.sh" || exit 3
    work=$(mktemp -d "/var/tmp/svctoken-$1.XXXXXX") || exit 3
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

quietly() {
    local words=$1 begin=$SECONDS

    shift
    printf '%s ... ' "$words"
    if ! "$@" >"$work/log" 2>&1; then
        printf 'failed\n'
        tail -n 30 "$work/log"
        exit 3
    fi
    printf '%s s\n' $((SECONDS - begin))
}

copy_sources() {
    mkdir "$work/src" || return 1
    if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
        (cd "$top" && git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                if [ -e "$file" ]; then printf '%s\0' "$file"; fi
            done | tar -c --null -T - -f -) | tar -x -C "$work/src"
    else
        cp -a "$top/." "$work/src"
    fi
}

configure_copy() {
    mkdir "$work/build" && (cd "$work/build" &&
        "$work/src/configure" --prefix=/usr --sysconfdir=/etc \
            --localstatedir=/var)
}

build_copy() {
    copy_sources >"$work/log" 2>&1 || {
        cat "$work/log"
        exit 3
    }
    quietly "autogen.sh" bash -c "cd '$work/src' && ./autogen.sh"
    quietly "configure" configure_copy
    quietly "make" make -C "$work/build" -j"$(nproc)"
}
