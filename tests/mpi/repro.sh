#!/bin/sh
# repro.sh - the same bits, whoever computes them: digests of flows and a study without ranks on 1 to 4 threads, then
# on every mix of 1 to RANKS ranks with 1 to 4 threads.
#
#   tests/mpi/repro.sh build/mpi/MPI [mpirun [ranks]]
#
# The last line is "N passed, N failed" and counts mixes.
# SPDX-License-Identifier: MIT
set -u

digests=$1/digests
start=${2:-mpirun}
most=${3:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0

# mix NAME COMMAND ...: its digests are those of the first
mix()
{
    name=$1
    shift
    if timeout 600 "$@" </dev/null >"$work/out" 2>"$work/err" && sort "$work/out" >"$work/sorted" && [ -s "$work/sorted" ] &&
        { [ -e "$work/first" ] || cp "$work/sorted" "$work/first"; } && diff "$work/first" "$work/sorted" >&2; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name" >&2
        tail -n 20 "$work/err" >&2
    fi
}

for threads in 1 2 3 4; do
    OPENBLAS_NUM_THREADS=$threads mix "$threads threads" "$start" -n 1 "$digests" $threads alone
done
export OPENBLAS_NUM_THREADS=1
for ranks in $(seq "$most"); do
    for threads in 1 2 3 4; do
        mix "$ranks ranks of $threads threads" "$start" -n "$ranks" "$digests" $threads
    done
done
echo "$(wc -l <"$work/first") digests, the same in all mixes"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
