#!/bin/sh
# check_rooms.sh - no room of lib/ includes a file of a room that comes after it (docs/ARCHITECTURE.md), and the
# program no file of lib/ at all.
# SPDX-License-Identifier: MIT
set -eu
faults=0

# rooms of one level do not see each other
level()
{
    case $1 in
    base) echo 0 ;; expert | measure) echo 1 ;; qnn | model | transport) echo 2 ;; flow) echo 3 ;; limit) echo 4 ;; study) echo 5 ;;
    *) echo "lib/$1 is not a room that docs/ARCHITECTURE.md knows" >&2; exit 1 ;;
    esac
}

for file in lib/*/*.[ch]; do
    room=$(basename "$(dirname "$file")")
    for other in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file" | sort -u); do
        if [ "$other" != "$room" ] && [ "$(level "$other")" -ge "$(level "$room")" ]; then
            echo "$file includes from $other, which does not come before $room" >&2
            faults=1
        fi
    done
done
if grep -n '^#include ".*/' program/*.[ch]; then
    echo "the program includes what is not a public header" >&2
    faults=1
fi
[ "$faults" -eq 0 ] || exit 1
echo "every room includes from earlier rooms only"
