/* companions.c - the kernels of the mean observable and of tangents that go with a circuit's. Their sources
 * are compiled once for each instruction set, like kernels.c.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/mean_kernels.h"
#include "qnn/tangent_kernels.h"

#include <string.h>

#define DECLARE(isa)                                                                                         \
    extern const qnni_mean_kernels qnni_mean_kernels_##isa;                                                  \
    extern const qnni_tangent_kernels qnni_tangent_kernels_##isa;

DECLARE(plain)
#if defined(__x86_64__)
DECLARE(avx2)
DECLARE(avx512)
#elif defined(__aarch64__)
DECLARE(neon)
#endif

typedef struct companions {
    const char *name; /* of the qnni_kernels */
    const qnni_mean_kernels *mean;
    const qnni_tangent_kernels *tangent;
} companions;

static const companions table[] = {
#if defined(__x86_64__)
    {"avx512", &qnni_mean_kernels_avx512, &qnni_tangent_kernels_avx512},
    {"avx2", &qnni_mean_kernels_avx2, &qnni_tangent_kernels_avx2},
#elif defined(__aarch64__)
    {"neon", &qnni_mean_kernels_neon, &qnni_tangent_kernels_neon},
#endif
    {"plain", &qnni_mean_kernels_plain, &qnni_tangent_kernels_plain},
};

/* The last row is what remains. */
static const companions *row_of(const qnni_kernels *kernels)
{
    const companions *row = table;
    while (row < table + sizeof table / sizeof table[0] - 1 && strcmp(row->name, kernels->name))
        row++;
    return row;
}

const qnni_mean_kernels *qnni_mean_kernels_of(const qnni_kernels *kernels)
{
    return row_of(kernels)->mean;
}

const qnni_tangent_kernels *qnni_tangent_kernels_of(const qnni_kernels *kernels)
{
    return row_of(kernels)->tangent;
}
