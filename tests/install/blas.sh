#!/bin/sh
# blas.sh - the library with each BLAS and LAPACK that this system has, each in a process of its own.
#
#   blas.sh 'compile command' 'link command' 'test libraries' build objects...      (run at the root of the tree)
#
# The objects that see integers of the BLAS are compiled anew for each; the others are those of the build. Tests
# that call every routine run, and the program loader is asked which library it took. Then a BLAS with integers
# of the other width is put in front: moe_context_create must refuse.
# SPDX-License-Identifier: MIT
set -eu
compile=$1
link=$2
libraries=$3
build=$4
shift 4
objects=$*
libs=$(dirname "$(find /usr/lib -name 'libblas.so.3' -path '*/blas/*' | head -n 1)" 2>/dev/null || true)
libs=${libs%/blas}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
anew="lib/base/blas lib/base/build lib/base/context lib/model/frozen lib/study/fluctuations lib/study/collocation"
tests="known/test_fluctuations unit/test_frozen unit/test_qnn_mean unit/test_build"

# variant name wide 'cflags' 'libs' path-in-front file-that-must-be-loaded
variant()
{
    name=$1 width=$2 cflags=$3 blas=$4 front=$5 file=$6
    mkdir "$work/$name"
    list=
    for object in $objects; do
        case " $anew " in
        *" $(echo "${object%.o}" | sed "s|^$build/||") "*) ;;
        *) list="$list $object" ;;
        esac
    done
    for source in $anew; do
        $compile $width $cflags -w -c "$source.c" -o "$work/$name/$(basename "$source").o"
        list="$list $work/$name/$(basename "$source").o"
    done
    # -fPIC objects: into the program directly, so that the loader has this BLAS to find and no other
    for test in $tests; do
        $compile $width -Itests -DTEST_SOURCE_DIR='"'"$(pwd)"'"' -w -c "tests/$test.c" -o "$work/$name/test.o"
        $link "$work/$name/test.o" $build/tests/support/*.o $list $libraries $blas -lm -lpthread -o "$work/$name/test"
        LD_LIBRARY_PATH=$front ldd "$work/$name/test" >"$work/loaded"
        grep -q "$file" "$work/loaded" || { echo "$name: $file was not loaded:" >&2; cat "$work/loaded" >&2; exit 1; }
        LD_LIBRARY_PATH=$front "$work/$name/test" >"$work/report" 2>&1 || { cat "$work/report" >&2; exit 1; }
    done
    $compile -w -c tests/install/bits.c -o "$work/$name/bits.o"
    $link "$work/$name/bits.o" $list $blas -lm -lpthread -o "$work/$name/bits"
    $compile -w -c tests/install/asks.c -o "$work/$name/asks.o"
    $link "$work/$name/asks.o" $list $blas -lm -lpthread -o "$work/$name/asks"
    LD_LIBRARY_PATH=$front "$work/$name/asks" >"$work/asked" || { echo "$name: no context" >&2; exit 1; }
    echo "$name: $(sed -n 's/blas-integers //p' "$work/asked")-bit integers, $(sed -n 's/blas-file //p' "$work/asked")"
}

# alike name front: two threads of the library's and 1, 2 or 4 of the BLAS's give the same bits, and OpenMP's do not
# multiply with ours
alike()
{
    for count in 1 2 4; do
        LD_LIBRARY_PATH=$2 OPENBLAS_NUM_THREADS=$count OMP_NUM_THREADS=$count "$work/openblas/bits"
    done >"$work/bits"
    [ "$(cut -d ' ' -f 1 "$work/bits" | sort -u | wc -l)" -eq 1 ] || { echo "$1: bits depend on its threads" >&2; exit 1; }
    echo "$1 with 1, 2, 4 threads of its own and 2 of the library's: the same bits, $(cut -d ' ' -f 2 "$work/bits" | tr '\n' ' ')threads in all"
    [ -z "$2" ] || ! grep -v ' 2$' "$work/bits" || { echo "$1: threads multiply" >&2; exit 1; }
}

# refused name file: the program of a variant with a BLAS of the other width in front
refused()
{
    status=0
    LD_PRELOAD=$2 "$work/$1/asks" >"$work/asked" || status=$?
    [ "$status" -eq 2 ] || { echo "$1 with $2 in front was not refused" >&2; cat "$work/asked" >&2; exit 1; }
    echo "$1 with $2 in front: $(sed -n 's/context //p' "$work/asked")"
}

wide=-DMOEI_BLAS_INT64 # as the Makefile does for a BLAS_PC with 64 in its name
variant openblas "" "$(pkg-config --cflags openblas)" "$(pkg-config --libs openblas)" "" libopenblas.so
alike openblas ""
openmp=$(dirname "$(find /usr/lib -name 'libopenblas.so.0' -path '*openblas-openmp*' | head -n 1)")
[ "$openmp" = . ] || alike openblas-openmp "$openmp"
if [ -n "$libs" ] && [ -e "$libs/lapack/liblapack.so" ]; then # their pkg-config files name no directory
    variant reference "" "$(pkg-config --cflags blas-netlib)" "-L$libs/blas -L$libs/lapack -llapack -lblas" \
        "$libs/blas:$libs/lapack" "$libs/blas/libblas.so"
    if [ -e "$libs/blis-openmp/libblis.so" ]; then
        variant blis "" "" "-L$libs/lapack -llapack -L$libs/blis-openmp -lblis" \
            "$libs/blis-openmp:$libs/lapack" libblis.so
    fi
fi
if pkg-config --exists openblas64; then
    variant openblas64 $wide "$(pkg-config --cflags openblas64)" "$(pkg-config --libs openblas64)" "" libopenblas64.so
    refused openblas "$(ldd "$work/openblas64/asks" | sed -n 's/.*=> \(.*openblas64[^ ]*\).*/\1/p')"
    refused openblas64 "$(ldd "$work/openblas/asks" | sed -n 's/.*=> \(.*openblas\.[^ ]*\).*/\1/p')"
fi
