/* fft.c - Cooley and Tukey's transform of a power of two, in place, radix 2, decimation in time.
 *
 *   Z[j] = sum_k z[k] exp(-2 pi i j k / n): bit-reversed order first, then log2 n rounds of butterflies.
 *
 * The roots come from a table, each by its own sine and cosine, so the error grows with log n only. The
 * construction of lattices needs correlations of real sequences, a few for each coordinate; nothing here is
 * tuned beyond that.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/fft.h"

#include "base/base.h"

#include <math.h>

void moei_fft_roots(int64_t n, double *roots)
{
    for (int64_t k = 0; k < n / 2; k++) {
        const double angle = 2 * MOEI_PI * (double)k / (double)n;
        roots[2 * k] = cos(angle);
        roots[2 * k + 1] = -sin(angle);
    }
}

static void reverse_bits(int64_t n, double *z)
{
    for (int64_t i = 1, j = 0; i < n; i++) {
        int64_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j |= bit;
        if (i < j)
            for (int part = 0; part < 2; part++) {
                const double kept = z[2 * i + part];
                z[2 * i + part] = z[2 * j + part];
                z[2 * j + part] = kept;
            }
    }
}

void moei_fft(int64_t n, int64_t roots_of, const double *roots, double *z)
{
    reverse_bits(n, z);
    for (int64_t half = 1; half < n; half *= 2)
        for (int64_t start = 0; start < n; start += 2 * half)
            for (int64_t k = 0; k < half; k++) {
                const double *root = roots + 2 * k * (roots_of / (2 * half));
                double *a = z + 2 * (start + k), *b = a + 2 * half;
                const double re = b[0] * root[0] - b[1] * root[1], im = b[0] * root[1] + b[1] * root[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
}
