#!/bin/sh
# check_abi.sh - a client built against any version in docs/abi finds in this library what it was built for.
#
#   check_abi.sh libmoefield.so                                 (run at the root of the tree)
#
# New functions are welcome, and tables of functions may grow at their end, since they begin with their size as
# the client compiled it; any other difference is listed by name and fails.
# SPDX-License-Identifier: MIT
set -eu
library=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v abidiff >/dev/null || { echo "check-abi needs abidiff: run 'make deps-ci'" >&2; exit 1; }

# seen_by baseline description: the description without what lies beyond the ends of the baseline's tables
seen_by()
{
    awk -F "'" '
        /<class-decl name=.moe_[a-z]+_ops. size-in-bits=/ {
            if (FNR == NR) size[$2] = $4
            table = $2
            if (table in size && $4 > size[table]) sub("size-in-bits=.[0-9]+.", "size-in-bits=\047" size[table] "\047")
        }
        FNR == NR { next }
        /<data-member/ && table != "" && table in size && $4 >= size[table] { beyond = 1 }
        !beyond { print }
        /<\/data-member>/ { beyond = 0 }
        /<\/class-decl>/ { table = "" }' "$1" "$2"
}

tests/abi/describe.sh "$library" >"$work/now.abi"
count=0
for baseline in docs/abi/*.abi; do
    version=${baseline##*/moefield-}
    seen_by "$baseline" "$work/now.abi" >"$work/seen.abi"
    if ! abidiff --no-added-syms "$baseline" "$work/seen.abi" >"$work/report"; then
        echo "not compatible with ${version%.abi}:" >&2
        sed 's/^/    /' "$work/report" >&2
        exit 1
    fi
    count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "docs/abi holds no baseline" >&2; exit 1; }
echo "compatible with the $count version(s) in docs/abi"
