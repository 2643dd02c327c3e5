#!/bin/sh
# run.sh - runs cmocka programs one after the other and adds up what they report.
#
#   [RUN="valgrind ..."] tests/run.sh program ...
#
# The last line is "N passed, N failed" and counts tests. A program that ends badly without having
# reported a failure (a crash, a leak found at exit) counts as one more failed test. Fails if any test
# failed, or if none ran.
# SPDX-License-Identifier: MIT
set -u

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# the N of the closing line "[  KIND  ] N test(s)..." in the log
count()
{
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$log" | tail -n 1
}

for program in "$@"; do
    echo "== $program"
    ${RUN:-} "$program" >"$log" 2>&1
    status=$?
    cat "$log"
    good=$(count PASSED)
    bad=$(count FAILED)
    if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then
        echo "$program ended with status $status"
        bad=1
    fi
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-0}))
done

[ $((passed + failed)) -gt 0 ] || echo "no test ran"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
