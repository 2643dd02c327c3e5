#!/bin/sh
# pictures.sh - gnuplot's scripts as a C table of names and strings (pictures.h), to standard output.
# SPDX-License-Identifier: MIT
set -eu
printf '#include "pictures.h"\n\nconst struct picture_script picture_scripts[] = {\n'
for script in "$@"; do
    printf '    {"%s",\n' "$(basename "$script" .gp)"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/     "/' -e 's/$/\\n"/' "$script"
    printf '    },\n'
done
printf '    {0, 0}};\n'
