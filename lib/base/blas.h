/* blas.h - the BLAS and LAPACK routines the library uses, with int64_t sizes; the one door to both.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_BLAS_H
#define MOEI_BLAS_H

#include <stdbool.h>
#include <stdint.h>

/* The integer of the BLAS and LAPACK that the library is built for (the Makefile knows by BLAS_PC). */
#ifdef MOEI_BLAS_INT64
typedef int64_t moei_blas_int;
#else
typedef int32_t moei_blas_int;
#endif

/* Whether the BLAS and the LAPACK that were loaded have such integers: another library may have taken the
 * names, of a host that has its own. */
bool moei_blas_fits(void);

/* The file that the loaded LAPACK is in, borrowed from the dynamic linker; NULL if it does not say. */
const char *moei_blas_file(void);

/* y[j] += sum_i x[i] a[i,j]                                    a: m x n row-major, x: m, y: n
 * For workers, as moei_gemm_abt_add_within: BLAS's own threads stay out of it. n >= 1. */
void moei_gemv_add(int64_t m, int64_t n, const double *a, const double *x, double *y);

/* c[i,j] += sum_k a[i,k] b[j,k]           a: m x k, b: n x k, c: m x n, all row-major (A B^T) */
void moei_gemm_abt_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c);
/* For workers. upper: c[i,j] for j >= i, and what is below may be left out. */
void moei_gemm_abt_add_within(int64_t m, int64_t n, int64_t k, const double *a, const double *b, bool upper,
                              double *c);

/* c[i,j] += sum_k a[k,i] b[k,j]           a: k x m, b: k x n, c: m x n, all row-major (A^T B) */
void moei_gemm_atb_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c);

/* Eigenvalues of a Hermitian matrix into values[n], ascending; a holds it as n columns of n complex numbers
 * (on and above the diagonal), and receives the eigenvectors, one a column. work[7n] is overwritten. 0, or
 * LAPACK's info. */
int32_t moei_hermitian_eigen(int64_t n, double *a, double *values, double *work);

/* Eigenvalues of a symmetric matrix into values[n], ascending; row q of a, n x n, becomes the eigenvector of
 * the q-th. work[1 + 6 n + 2 n^2] and counts[3 + 5 n] are overwritten; n <= 32766. 0, or LAPACK's info. */
int32_t moei_symmetric_eigen(int64_t n, double *a, double *values, double *work, moei_blas_int *counts);

/* Rows of b[rows x n] <- rows of b a^-1, all row-major; a[n x n] becomes its factors, pivots[n] theirs. 0, or
 * LAPACK's info (> 0: a is singular). */
int32_t moei_solve_right(int64_t n, int64_t rows, double *a, double *b, moei_blas_int *pivots);

#endif
