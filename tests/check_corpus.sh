#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every fuzz target over its corpus. With libFuzzer (--enable-fuzzing)
# -runs=0 makes it replay only; replay_main.c ignores that argument.
set -u
: "${top_srcdir:?run by make check}" "${top_builddir:?run by make check}"
fail=0
for target in ${SVCT_FUZZ_TARGETS:?run by make check}; do
    name=$(basename "$target" _fuzz)
    corpus=$top_srcdir/tests/fuzz/corpus/$name
    if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
        echo "FAIL $name: no corpus in tests/fuzz/corpus/$name"
        fail=1
    elif "$top_builddir/$target" -runs=0 "$corpus"; then
        echo "ok $name"
    else
        echo "FAIL $name: exit $? (output above)"
        fail=1
    fi
done
exit $fail
