#!/bin/sh
# check_names.sh - docs/symbols-in-versions lists what the headers declare, with the values that constants had
# from the start; and a build of the pinned layout of tables (pinned.c) succeeds.
#
#   check_names.sh cc                                           (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
set -eu
export LC_ALL=C
list=docs/symbols-in-versions
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

# says the first argument and lists the file, if it has lines
none()
{
    if [ -s "$2" ]; then
        echo "$1:" >&2
        sed 's/^/    /' "$2" >&2
        faults=1
    fi
}

tests/abi/names.sh "$1" | sed '/^MOE_STUDY_QUANTITIES /s/ [0-9]*$//' >"$work/now"
grep -v '^#' "$list" | tr '\t' ' ' >"$work/list"
cut -d ' ' -f 1 "$work/list" | sort | uniq -d >"$work/twice"
none "twice in $list" "$work/twice"
awk '$4 == "-" { print $1, $2 ($5 == "" ? "" : " " $5) }' "$work/list" | sort >"$work/then"
awk '$4 != "-" { print $1 }' "$work/list" | sort >"$work/gone"
comm -23 "$work/then" "$work/now" >"$work/only"
none "promised by $list, but not so in the headers" "$work/only"
comm -13 "$work/then" "$work/now" >"$work/only"
none "in the headers, but not so in $list" "$work/only"
cut -d ' ' -f 1 "$work/now" | sort | comm -12 - "$work/gone" >"$work/only"
none "taken away once, and here again" "$work/only"
$1 -std=c11 -Iinclude -fsyntax-only tests/abi/pinned.c 2>"$work/pinned" || none "tables have another layout" "$work/pinned"
[ "$faults" -eq 0 ] || exit 1
echo "$(wc -l <"$work/now") public names are as $list has them"
