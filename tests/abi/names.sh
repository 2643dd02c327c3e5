#!/bin/sh
# names.sh - what the public headers declare, sorted: a name, its kind, and a constant's value.
#
#   names.sh cc                                                 (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

$1 -E -P -Iinclude include/moefield/moefield.h | tr '\n' ' ' >"$work/all" # of others' headers nothing begins with moe_, qnn_

constants()
{
    echo '#include <moefield/moefield.h>'
    echo '#include <stdio.h>'
    echo 'int main(void) {'
    grep -oE '\b(MOE|QNN)_[A-Z0-9_]+\b' "$work/all" | sort -u |
        sed 's/.*/printf("%s constant %lld\\n", "&", (long long)&);/'
    echo 'return 0; }'
}

constants >"$work/constants.c"
$1 -Iinclude "$work/constants.c" -o "$work/constants"
{
    "$work/constants"
    grep -oE '\b(moe|qnn)_[a-z0-9_]+ *\(' "$work/all" | tr -d ' (' | sed 's/$/ function/'
    grep -oE 'typedef struct (moe|qnn)_[a-z_]+' "$work/all" | sed 's/.* \(.*\)/\1 type/'
    grep -oE 'typedef [a-z0-9_]+ \(\*(moe|qnn)_[a-z_]+\)' "$work/all" | sed 's/.*\*\(.*\))/\1 type/'
} | sort -u
