/* select.c - which kernels this machine can run. kernels.c is compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/kernels.h"

extern const qnni_kernels qnni_kernels_plain;

#if defined(__x86_64__)

extern const qnni_kernels qnni_kernels_avx2, qnni_kernels_avx512;

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const qnni_kernels *qnni_kernels_at(int index)
{
    const qnni_kernels *usable[3];
    int count = 0;
    if (has_avx512())
        usable[count++] = &qnni_kernels_avx512;
    if (has_avx2())
        usable[count++] = &qnni_kernels_avx2;
    usable[count++] = &qnni_kernels_plain;
    return index >= 0 && index < count ? usable[index] : NULL;
}

#elif defined(__aarch64__)

/* Every aarch64 that runs a system has NEON; `plain` is the same without fused multiply-adds. */
extern const qnni_kernels qnni_kernels_neon;

const qnni_kernels *qnni_kernels_at(int index)
{
    return index == 0 ? &qnni_kernels_neon : index == 1 ? &qnni_kernels_plain : NULL;
}

#else

const qnni_kernels *qnni_kernels_at(int index)
{
    return index == 0 ? &qnni_kernels_plain : NULL;
}

#endif
