#!/bin/sh
# run.sh - runs cmocka programs, as many at a time as there are processors, and adds up what they report.
#
#   [RUN="valgrind ..."] [JOBS=1] tests/run.sh program ...
#
# What a program says is shown when it has ended; after an hour it is ended. The last line is "N passed, N failed" and
# counts tests. A program that ends badly without having reported a failure (a crash, a leak found at exit) counts as one
# more failed test. Fails if any test failed, or if none ran.
# SPDX-License-Identifier: MIT
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit=
if command -v timeout >/dev/null; then limit='timeout 3600'; fi
export work limit RUN="${RUN:-}"
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}

# run one program: its words and its counts; one at a time prints
cat >"$work/one.sh" <<'END'
program=$1
name=$(echo "$program" | tr / _)
log=$work/$name.log
$limit $RUN "$program" >"$log" 2>&1
status=$?

# the N of the closing line "[  KIND  ] N test(s)..." in the log
count()
{
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$log" | tail -n 1
}

good=$(count PASSED)
bad=$(count FAILED)
until mkdir "$work/printing" 2>/dev/null; do
    sleep 0.1
done
echo "== $program"
cat "$log"
if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then
    echo "$program ended with status $status"
    bad=1
fi
rmdir "$work/printing"
echo "${good:-0} ${bad:-0}" >"$work/$name.counts"
END

printf '%s\n' "$@" | xargs -P "$jobs" -n 1 sh "$work/one.sh"
set -- $(cat "$work"/*.counts 2>/dev/null | awk '{ good += $1; bad += $2 } END { print good + 0, bad + 0 }')
[ $(($1 + $2)) -gt 0 ] || echo "no test ran"
echo "$1 passed, $2 failed"
[ "$2" -eq 0 ] && [ "$1" -gt 0 ]
