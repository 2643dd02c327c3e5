#!/bin/sh
# check_symbols.sh - the public headers, lib/moefield.map and the built library name the same functions.
#
#   check_symbols.sh libmoefield.so libmoefield.a cc            (run at the root of the tree)
#
# Held: functions declared in the headers == functions in the map == symbols of the shared library, all
# functions (no data), all of the map's version, all beginning with moe_ or qnn_; every global symbol of
# the static archive begins with moe_, moei_, qnn_ or qnni_; and the library imports nothing that exits,
# prints, reads the environment, handles signals or sets the locale.
# SPDX-License-Identifier: MIT
set -eu
export LC_ALL=C

shared=$1
static=$2
cc=$3
map=lib/moefield.map
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

# the lines in which two sorted lists differ
same()
{
    comm -23 "$work/$1" "$work/$2" >"$work/only"
    none "in the $1 but not in the $2" "$work/only"
    comm -13 "$work/$1" "$work/$2" >"$work/only"
    none "in the $2 but not in the $1" "$work/only"
}

for header in include/moefield/*.h; do
    $cc -E -P -Iinclude "$header"
done | grep -oE '\b(moe|qnn)_[a-zA-Z0-9_]+ *\(' | tr -d ' (' | sort -u >"$work/headers"

sed -n 's/^ *\([a-z][a-zA-Z0-9_]*\);.*/\1/p' "$map" | sort >"$work/map"
uniq -d "$work/map" >"$work/twice"
none "twice in $map" "$work/twice"

node=$(sed -n 's/^\(MOEFIELD_[0-9.]*\) {.*/\1/p' "$map")
nm -D --defined-only "$shared" | awk -v node="$node" '$3 != node { print $2, $3 }' >"$work/defined"
sed 's/.* //; s/@.*//' "$work/defined" | sort >"$work/library"
grep -v '^T ' "$work/defined" >"$work/data" || true
none "exported, but not functions" "$work/data"
grep -v "@@$node\$" "$work/defined" >"$work/unversioned" || true
none "exported without the version $node" "$work/unversioned"
grep -vE '^(moe|qnn)_' "$work/library" >"$work/foreign" || true
none "exported under a foreign prefix" "$work/foreign"

[ -s "$work/headers" ] && [ -s "$work/library" ] || { echo "no function found" >&2; exit 1; }
same headers map
same map library

nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | sort -u >"$work/archive"
grep -vE '^(moei?|qnni?)_' "$work/archive" >"$work/foreign" || true
none "global in $static under a foreign prefix" "$work/foreign"

nm -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$work/imports"
cat >"$work/forbidden" <<'END'
__assert_fail
__fprintf_chk
__printf_chk
__vfprintf_chk
__vprintf_chk
_exit
_Exit
abort
at_quick_exit
atexit
exit
fprintf
fputc
fputs
fwrite
getenv
longjmp
perror
printf
putchar
putenv
puts
quick_exit
raise
rand
random
secure_getenv
setenv
setlocale
sigaction
signal
srand
srandom
stderr
stdout
strerror
syslog
vfprintf
vprintf
write
END
sort -u "$work/forbidden" | comm -12 - "$work/imports" >"$work/found"
none "imported by $shared" "$work/found"

[ "$faults" -eq 0 ] || exit 1
echo "$(wc -l <"$work/library") public functions: headers, map and library agree"
