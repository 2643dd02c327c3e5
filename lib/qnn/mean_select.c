/* mean_select.c - the mean observable's kernels that go with a circuit's. mean_kernels.c is compiled once for
 * each instruction set.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/mean_kernels.h"

#include <string.h>

extern const qnni_mean_kernels qnni_mean_kernels_plain;

#if defined(__x86_64__)

extern const qnni_mean_kernels qnni_mean_kernels_avx2, qnni_mean_kernels_avx512;

const qnni_mean_kernels *qnni_mean_kernels_of(const qnni_kernels *kernels)
{
    if (!strcmp(kernels->name, "avx512"))
        return &qnni_mean_kernels_avx512;
    return strcmp(kernels->name, "avx2") ? &qnni_mean_kernels_plain : &qnni_mean_kernels_avx2;
}

#else

const qnni_mean_kernels *qnni_mean_kernels_of(const qnni_kernels *kernels)
{
    (void)kernels;
    return &qnni_mean_kernels_plain;
}

#endif
