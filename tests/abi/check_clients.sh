#!/bin/sh
# check_clients.sh - a host of every released version, compiled with that version's headers, runs with this library.
#
#   check_clients.sh cc libmoefield.so                          (run at the root of the tree)
#
# tests/abi/clients/VERSION holds client.c and, in moefield/, the headers as they were released: neither is changed
# again. A second program takes the address of every function that these headers declare.
# SPDX-License-Identifier: MIT
set -eu
cc=$1
library=$(dirname "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$library"
count=0

for client in tests/abi/clients/*/; do
    version=$(basename "$client")
    grep -ohE '^[a-z].*\b(moe|qnn)_[a-z0-9_]+\(' "$client"moefield/*.h | grep -oE '(moe|qnn)_[a-z0-9_]+\(' | tr -d '(' |
        sort -u >"$work/functions"
    {
        echo '#include <moefield/moefield.h>'
        echo 'typedef void (*volatile function)(void);'
        echo 'static function all[] = {'
        sed 's/.*/    (function)&,/' "$work/functions"
        echo '};'
        echo 'int main(void)'
        echo '{'
        echo '    int missing = 0;'
        echo '    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)'
        echo '        missing += !all[i];'
        echo '    return missing;'
        echo '}'
    } >"$work/names.c"
    for source in "$client"client.c "$work/names.c"; do
        $cc -std=c11 -Wall -Wextra -Werror -I"$client" "$source" -L"$library" -lmoefield -lm -o "$work/program"
        "$work/program" || { echo "a host of $version does not run: ${source##*/}" >&2; exit 1; }
    done
    count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "tests/abi/clients holds no client" >&2; exit 1; }
echo "hosts of $count released version(s) run, with all the functions of their headers"
