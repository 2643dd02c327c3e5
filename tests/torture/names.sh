#!/bin/sh
# names.sh - every public function is called in some walk.
# SPDX-License-Identifier: MIT
set -eu
missing=$(grep -oE '^ *(moe|qnn)_[a-z0-9_]+;' lib/moefield.map | tr -d ' ;' | while read -r name; do
    grep -qw "$name" tests/torture/*.c || echo "$name"
done)
[ -z "$missing" ] || { echo "no walk of tests/torture calls:"; echo "$missing"; exit 1; }
