#!/bin/sh
# run.sh - the programs of this directory over ranks and threads, with each MPI that was built.
#
#   tests/mpi/run.sh build [mpirun [ranks]]     ranks: the most of them, 4
#
# digests prints what every bit of flows and studies adds up to: the same lines without a communicator, over 1 to 4
# ranks, with 1 to 4 threads, with either MPI. failures must end by itself: a rank that waits for ever is a failure.
# The last line is "N passed, N failed" and counts runs.
# SPDX-License-Identifier: MIT
set -u

build=$1
given=${2:-}
most=${3:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# Open MPI: more ranks than processors, as root in a container, and ranks that wait let others run
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0
export OPENBLAS_NUM_THREADS=1

# count what the command says
try()
{
    name=$1
    shift
    if "$@" </dev/null >"$work/out" 2>"$work/err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name" >&2
        tail -n 20 "$work/err" "$work/out" >&2
    fi
}

same()
{
    sort "$work/out" | diff "$work/alone" - >&2 && return
    failed=$((failed + 1))
    echo "FAILED: $1: other bits than without ranks" >&2
}

for mpi in ompi-c mpich; do
    dir=$build/mpi/$mpi
    [ -x "$dir/digests" ] || { echo "$dir/digests is not there: make mpi-tests MPI_PC=$mpi" >&2; exit 1; }
    case $mpi in ompi-c) start=mpirun.openmpi ;; mpich) start=mpirun.mpich ;; esac
    start=${given:-$start}
    if [ ! -e "$work/alone" ]; then
        try "$mpi without ranks" "$start" -n 1 "$dir/digests" 1 alone
        sort "$work/out" >"$work/alone"
    fi
    ranks=1
    while [ "$ranks" -le "$most" ]; do
        threads=$((1 + (ranks + 1) % 4)) # 3, 4, 1, 2
        [ "$mpi" = mpich ] && threads=$((1 + (ranks + 2) % 4))
        try "$mpi, $ranks ranks of $threads threads" timeout 600 "$start" -n "$ranks" "$dir/digests" "$threads"
        same "$mpi, $ranks ranks of $threads threads"
        try "$mpi, $ranks ranks, failures" timeout 120 "$start" -n "$ranks" "$dir/failures"
        ranks=$((ranks + 1))
    done
done
# as a user has it: installed, compiled with what pkg-config says
for mpi in ompi-c mpich; do
    case $mpi in ompi-c) start=mpirun.openmpi ;; mpich) start=mpirun.mpich ;; esac
    root=$work/$mpi
    ${MAKE:-make} --no-print-directory install install-mpi MPI_PC=$mpi PREFIX="$root" LIBDIR="$root/lib" >"$work/install" 2>&1 ||
        { cat "$work/install" >&2; exit 1; }
    flags=$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --cflags --libs moefield_mpi)
    # shellcheck disable=SC2086
    try "$mpi: the example" ${CC:-cc} docs/examples/mpi/train.c $flags -lm -Wl,-rpath,"$root/lib" -o "$root/train"
    for ranks in 1 2; do
        try "$mpi: the example on $ranks ranks" ${given:-$start} -n $ranks "$root/train"
        cp "$work/out" "$work/train-$mpi-$ranks"
        [ "$(wc -l <"$work/out")" -eq 5 ] && cmp "$work/out" "$work/train-ompi-c-1" || failed=$((failed + 1))
    done
    ${MAKE:-make} --no-print-directory uninstall uninstall-mpi MPI_PC=$mpi PREFIX="$root" LIBDIR="$root/lib" >/dev/null 2>&1
    left=$(find "$root" -type f ! -name train)
    [ -z "$left" ] || { echo "FAILED: not uninstalled: $left" >&2; failed=$((failed + 1)); }
done

echo "$(wc -l <"$work/alone") digests, the same on 1 to $most ranks"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
