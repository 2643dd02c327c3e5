#!/bin/sh
# run.sh - installs, uses what was installed as a host program would, and uninstalls.
#
#   run.sh make build cc cxx blas_pc                            (run at the root of the tree)
#
# Once into a prefix, once staged by DESTDIR into a Debian-like library folder: a client in C11 and one in
# C++17 through pkg-config and CMake, shared and static, with OpenBLAS one that is static as a whole; two plugins in
# one process; each header alone
# in both languages; a manual page for each function; every example; the program, its manual and completion; then
# `make uninstall` must leave no file and no folder of its own.
# SPDX-License-Identifier: MIT
set -eu

make=$1
build=$2
cc=$3
cxx=$4
blas=$5
strict="-Wall -Wextra -Wpedantic -Werror"
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT

for tool in pkg-config "$cxx"; do
    command -v "${tool%% *}" >/dev/null || { echo "check-install needs $tool: run 'make deps-ci'" >&2; exit 1; }
done

# client compiler-and-standard source name: builds it against the shared, then the static library; runs both
client()
{
    $1 $strict "$2" $(pkg-config --cflags --libs moefield) -lm -o "$work/$3-shared"
    LD_LIBRARY_PATH=$libdir "$work/$3-shared" "$version"
    # the archive by its file name, or the linker would take the shared library beside it
    $1 $strict "$2" $(pkg-config --static --cflags moefield) \
        $(pkg-config --static --libs moefield | sed 's/-lmoefield/-l:libmoefield.a/') -o "$work/$3-static"
    if ldd "$work/$3-static" | grep moefield; then
        echo "$3-static uses the shared library" >&2
        exit 1
    fi
    "$work/$3-static" "$version"
}

# whole source: README's line for a program that holds everything, the C library included
whole()
{
    $cc -std=c11 $strict -static "$1" $(pkg-config --static --cflags --libs moefield) -lquadmath -lm \
        -o "$work/whole"
    "$work/whole" "$version"
}

# plugins: two in one process, one with the static library inside, loaded and unloaded again and again
plugins()
{
    $cc -std=c11 $strict -fPIC -shared tests/install/plugin.c $(pkg-config --static --cflags moefield) \
        $(pkg-config --static --libs moefield | sed 's/-lmoefield/-l:libmoefield.a/') -o "$work/static.so"
    $cc -std=c11 $strict -fPIC -shared tests/install/plugin.c $(pkg-config --cflags --libs moefield) -o "$work/shared.so"
    $cc -std=c11 $strict tests/install/plugins.c -ldl -lpthread -o "$work/plugins"
    LD_LIBRARY_PATH=$libdir "$work/plugins" "$work/static.so" "$work/shared.so"
}

# use libdir: everything a host does with an installation
use()
{
    libdir=$1
    export PKG_CONFIG_PATH="$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    version=$(pkg-config --modversion moefield)
    client "$cc -std=c11" tests/install/client.c c
    client "$cxx -std=c++17" tests/install/client.cpp c++
    [ "$blas" != openblas ] || whole tests/install/client.c
    plugins
    for header in include/moefield/*.h; do
        echo "#include <moefield/${header##*/}>" >"$work/alone.c"
        cp "$work/alone.c" "$work/alone.cpp"
        $cc -std=c11 $strict $(pkg-config --cflags moefield) -fsyntax-only "$work/alone.c"
        $cxx -std=c++17 $strict $(pkg-config --cflags moefield) -fsyntax-only "$work/alone.cpp"
    done
    if command -v cmake >/dev/null; then
        rm -rf "$work/cmake"
        cmake -S tests/install/cmake -B "$work/cmake" -DCMAKE_C_COMPILER="${cc%% *}" -DCMAKE_CXX_COMPILER="${cxx%% *}" \
            -Dmoefield_DIR="$libdir/cmake/moefield" >"$work/cmake.log" 2>&1 &&
            cmake --build "$work/cmake" >>"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; exit 1; }
        "$work/cmake/shared" "$version"
        "$work/cmake/static" "$version"
    else
        echo "cmake is not installed: its package is not tried"
    fi
    if pkg-config --exists jansson; then
        "$(find "$root" -path '*bin/moefield')" --version
        test -s "$(find "$root" -name moefield.1)"
        bash -n "$(find "$root" -path '*completions/moefield')"
    fi
    for function in $(nm -D --defined-only "$(find "$root" -name 'libmoefield.so.*.*')" | sed -n 's/.* T \(.*\)@@.*/\1/p'); do
        page=$(find "$root" -path "*man/man3/$function.3")
        grep -q "$function(" "$(dirname "$page")/$(sed -n 's|^.so man3/||p' "$page")" ||
            { echo "no manual page has $function" >&2; exit 1; }
    done
    for example in docs/examples/*.c; do
        [ -e "$example" ] || continue
        $cc -std=c11 -Wall "$example" $(pkg-config --cflags --libs moefield) -lm -o "$work/$(basename "$example" .c)"
    done
    export LD_LIBRARY_PATH="$libdir"
    whole=$("$work/resume" "$work/state" | tail -n 1)
    timeout -s KILL 0.1 "$work/resume" "$work/state" >/dev/null || true
    [ "$("$work/resume" "$work/state" | tail -n 1)" = "$whole" ] || { echo "resume.c came to other digits" >&2; exit 1; }
}

# trial variable=value ...: installs with these variables somewhere under $root
trial()
{
    echo "== make install $*"
    "$make" --no-print-directory install BUILD="$build" BLAS_PC="$blas" "$@" >/dev/null
    (use "$(dirname "$(find "$root" -name libmoefield.a)")")
    "$make" --no-print-directory uninstall BUILD="$build" BLAS_PC="$blas" "$@" >/dev/null
    left=$(find "$root" ! -type d -o -name moefield)
    [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
    rm -rf "$root"
}

trial PREFIX="$root"
trial DESTDIR="$root" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
echo "installed, used and uninstalled"
