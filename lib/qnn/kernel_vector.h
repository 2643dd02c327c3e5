/* kernel_vector.h - the vectors of *kernels.c, one instruction set's own, of doubles or of floats.
 *
 * `vector` is the compilers' generic vector: one source serves all. (Vectors as long as a block of LANES
 * would be simpler, but gcc 12 splits them badly: with AVX2 that cost a factor of 2 to 3.) Every operation
 * treats all lanes alike, so a point's numbers do not depend on its neighbours.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_KERNEL_VECTOR_H
#define QNNI_KERNEL_VECTOR_H

#include "qnn/kernels.h"

/* qnni_kernels_avx512 and the like: QNNI_TABLE(qnni_kernels_) */
#ifndef QNNI_ISA
#define QNNI_ISA plain
#endif
#define QNNI_JOIN_EXPANDED(a, b) a##b
#define QNNI_JOIN(a, b)          QNNI_JOIN_EXPANDED(a, b)
#define QNNI_TABLE(prefix)       QNNI_JOIN(prefix, QNNI_ISA)

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX2__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif

#ifdef QNNI_SINGLE
typedef float real;
typedef uint32_t word;
#else
typedef double real;
typedef uint64_t word;
#endif

enum { WIDTH = BYTES / sizeof(real) };
typedef real vector __attribute__((vector_size(BYTES), may_alias));
typedef word bits __attribute__((vector_size(BYTES), may_alias));
typedef double wide __attribute__((vector_size(BYTES), may_alias));

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* v with the bits of `mask`, 0 or a double's sign, flipped */
INLINE vector turned(vector v, uint64_t mask)
{
    return (vector)((bits)v ^ (word)(mask >> (64 - 8 * sizeof(real))));
}

/* (-1)^|rep & outside| as a double's sign bit */
INLINE uint64_t outside_sign(size_t rep, uint32_t outside)
{
    return (uint64_t)__builtin_parity((uint32_t)rep & outside) << 63;
}

/* The lanes of a vector as doubles. */
enum { HALVES = sizeof(double) / sizeof(real) };
typedef struct widened {
    wide part[HALVES];
} widened;

INLINE widened widen(vector v)
{
#ifdef QNNI_SINGLE
    typedef float half __attribute__((vector_size(BYTES / 2), may_alias));
    const half *parts = (const half *)&v;
    return (widened){{__builtin_convertvector(parts[0], wide), __builtin_convertvector(parts[1], wide)}};
#else
    return (widened){{v}};
#endif
}

/* sum[lane] += v[lane] */
INLINE void add_widened(double *sum, widened v)
{
    wide *to = (wide *)sum;
    for (int i = 0; i < HALVES; i++)
        to[i] += v.part[i];
}

INLINE void add_wide(double *sum, vector v)
{
    add_widened(sum, widen(v));
}

/* Sums of 2^n terms, each of RUN amplitudes, by pairs, so that their rounding grows like n: partial[i] is the
 * sum of the last 2^i terms still without a partner. */
enum { RUN = 16, MOST_PARTIAL = QNNI_MOST_QUBITS };

/* partial <- with term t; after all 2^n of them partial[n] is the sum. */
INLINE void add_by_pairs(size_t t, vector v, widened *partial)
{
    widened sum = widen(v);
    int i = 0;
    for (; t >> i & 1; i++)
        for (int h = 0; h < HALVES; h++)
            sum.part[h] += partial[i].part[h];
    partial[i] = sum;
}

/* v times factor[lane], as doubles are multiplied */
INLINE vector times_wide(vector v, const double *factor)
{
    const wide *by = (const wide *)factor;
#ifdef QNNI_SINGLE
    typedef float half __attribute__((vector_size(BYTES / 2), may_alias));
    half *parts = (half *)&v;
    parts[0] = __builtin_convertvector(__builtin_convertvector(parts[0], wide) * by[0], half);
    parts[1] = __builtin_convertvector(__builtin_convertvector(parts[1], wide) * by[1], half);
    return v;
#else
    return v * by[0];
#endif
}

#endif
