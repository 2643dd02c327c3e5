/* fft.h - the discrete Fourier transform of a power of two.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FFT_H
#define MOEI_FFT_H

#include <stdint.h>

/* roots[k] = exp(-2 pi i k / n), k < n / 2, real and imaginary part in turn; n a power of two. */
void moei_fft_roots(int64_t n, double *roots);

/* z[j] <- sum_k z[k] exp(-2 pi i j k / n) in place: n complex numbers. `roots` are those of any n' >= n; a
 * multiple of it. */
void moei_fft(int64_t n, int64_t roots_of, const double *roots, double *z);

#endif
