#!/bin/sh
# scale.sh - rows of build/bench/scale.csv: tests/mpi/scale.sh bench_scale mpirun
#
# Ten thousand quantum experts over 1 and 2 workers, threads or ranks, where 2 should take 1/1.9 of the time; ten thousand for
# each worker; and a right-hand side of next to no work, for what a sum over ranks costs. Rows of more ranks times threads
# than processors say what sharing processors costs, not what the library does.
# SPDX-License-Identifier: MIT
set -eu

export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0
export OPENBLAS_NUM_THREADS=1

echo ranks,threads,experts,seconds_per_rhs,bytes_sent,model
while read -r ranks threads experts model; do
    "$2" -n "$ranks" "$1" "$model" "$experts" "$threads" </dev/null
done <<END
1 1 10000 quantum
1 2 10000 quantum
2 1 10000 quantum
1 2 20000 quantum
2 1 20000 quantum
2 2 40000 quantum
4 1 40000 quantum
1 1 128 wave
2 1 128 wave
4 1 256 wave
1 1 1000000 wave
1 2 1000000 wave
2 1 1000000 wave
END
