#!/bin/sh
# run.sh - runs libFuzzer targets from their corpora, each for a number of seconds, and adds up.
#
#   tests/fuzz/run.sh BUILD SECONDS [NAME ...]        targets BUILD/tests/fuzz/fuzz_NAME; all there are sources of
#
# The corpus of NAME is what tests/fuzz/corpus/NAME has, written by hand, and NAME.tar.gz, found by long runs and
# reduced to what covers the same. The seed is fixed, and what is found goes to a directory that starts empty: two runs
# try the same inputs in the same order, as far as the time reaches. BUILD/found/NAME has the new inputs, BUILD/crashes
# what a target fell over.
# The last line is "N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1 seconds=$2
shift 2
if [ $# -eq 0 ]; then
    set -- $(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_\(.*\)\.c/\1/')
fi

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export OPENBLAS_NUM_THREADS=1
good=0 bad=0
for name; do
    corpus=$build/corpus/$name found=$build/found/$name log=$build/fuzz_$name.log
    rm -rf "$found" "$corpus"
    mkdir -p "$found" "$corpus" "$build/crashes"
    [ ! -d "tests/fuzz/corpus/$name" ] || cp "tests/fuzz/corpus/$name"/* "$corpus"
    [ ! -f "tests/fuzz/corpus/$name.tar.gz" ] || tar -xzf "tests/fuzz/corpus/$name.tar.gz" -C "$corpus"
    words=
    [ ! -f "tests/fuzz/$name.dict" ] || words=-dict=tests/fuzz/$name.dict
    if "$build/tests/fuzz/fuzz_$name" -seed=1 -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/crashes/$name-" $words "$found" "$corpus" \
        >"$log" 2>&1; then
        good=$((good + 1)) word=good
    else
        bad=$((bad + 1)) word="FAILED, see $log"
        grep -m 3 -E 'ERROR|SUMMARY|runtime error|Test unit written' "$log"
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    new=$(ls "$found" | wc -l)
    echo "fuzz_$name: ${runs:-?} inputs, $(ls "$corpus" | wc -l) in the corpus, $new new: $word"
done
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
