/* select.c - which kernels this machine can run, and which of them a circuit asks for. kernels.c is compiled
 * twice for each instruction set.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/kernels.h"

#include <string.h>

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

int32_t qnni_kernels_for(const qnn_circuit *circuit, const qnni_kernels **kernels)
{
    static const char *const names[] = {NULL, "plain", "avx2", "avx512", "neon"};
    const char *name = names[circuit->kernel];
    *kernels = qnni_kernels_at(0);
    for (int i = 0; name && *kernels && strcmp((*kernels)->name, name); i++)
        *kernels = qnni_kernels_at(i + 1);
    return *kernels ? MOE_OK
                    : moei_fail(circuit->context, MOE_ERROR_UNSUPPORTED,
                                "kernel is %s, which this machine or this library has not got", name);
}
