#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every fuzz target over its corpus. With libFuzzer (--enable-fuzzing)
# -runs=0 makes it replay only, and a finding gets another exit code than 77,
# "skipped"; replay_main.c ignores these arguments.
set -u
: "${top_srcdir:?run by make check}" "${top_builddir:?run by make check}"
fail=0
for target in ${SVCT_FUZZ_TARGETS:?run by make check}; do
    name=$(basename "$target" _fuzz)
    corpus=$top_srcdir/tests/fuzz/corpus/$name
    if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
        echo "FAIL $name: no corpus in tests/fuzz/corpus/$name"
        fail=1
        continue
    fi
    "$top_builddir/$target" -runs=0 -error_exitcode=1 -timeout_exitcode=1 \
        "$corpus"
    status=$?
    case $status in
    0) echo "ok $name" ;;
    77) echo "SKIPPED $name (output above)" ;;
    *)
        echo "FAIL $name: exit $status (output above)"
        fail=1
        ;;
    esac
done
exit $fail
