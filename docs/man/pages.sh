#!/bin/sh
# pages.sh - the manual's section 3 from the public headers: a page for each header, and for each of its functions
# a name that leads to it.
#
#   pages.sh version date directory                             (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
set -eu
version=$1
date=$2
into=$3
rm -rf "$into"
mkdir -p "$into"
for header in include/moefield/*.h; do
    page=moe_$(basename "$header" .h)
    [ "$page" != moe_moefield ] || page=moefield
    awk -v version="$version" -v date="$date" -f docs/man/handles.awk "$header" >"$into/$page.3"
    grep -oE '\b(moe|qnn)_[a-z0-9_]+\(' "$header" | tr -d '(' | sort -u | while read -r name; do
        # the declaration, not a mention in another header's comment
        ! grep -qE "^[a-z].*\b$name\(" "$header" || [ "$name" = "$page" ] || echo ".so man3/$page.3" >"$into/$name.3"
    done
done
