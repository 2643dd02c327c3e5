/* blas.c - the only file that calls BLAS and LAPACK.
 *
 * Debian's OpenBLAS ships no LAPACKE, so the Fortran symbols are declared here: every argument by
 * address, and the hidden length of each character argument at the end, as gfortran passes it.
 *
 * SPDX-License-Identifier: MIT */
#include "base/blas.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <stddef.h>

extern void zheev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                   double *work, const int *lwork, double *rwork, int *info, size_t jobz_length,
                   size_t uplo_length);
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                    double *work, const int *lwork, int *iwork, const int *liwork, int *info,
                    size_t jobz_length, size_t uplo_length);

extern void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *pivots, double *b,
                   const int *ldb, int *info);

void moei_gemv_add(int64_t m, int64_t n, const double *a, const double *x, double *y)
{
    assert(m <= INT_MAX && n <= INT_MAX);
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)m, (int)n, 1, a, (int)n, x, 1, 1, y, 1);
}

void moei_gemm_abt_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c)
{
    assert(m <= INT_MAX && n <= INT_MAX && k <= INT_MAX);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a, (int)k, b, (int)k, 1,
                c, (int)n);
}

void moei_gemm_atb_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c)
{
    assert(m <= INT_MAX && n <= INT_MAX && k <= INT_MAX);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)m, b, (int)n, 1,
                c, (int)n);
}

int32_t moei_hermitian_eigen(int64_t n, double *a, double *values, double *work)
{
    assert(n <= INT_MAX / 4);
    const int size = (int)n, complex_work = 2 * size;
    int info = 0;
    zheev_("V", "U", &size, a, &size, values, work, &complex_work, work + 4 * n, &info, 1, 1);
    return info;
}

int32_t moei_symmetric_eigen(int64_t n, double *a, double *values, double *work, int *counts)
{
    assert(n <= 32766);
    const int size = (int)n, doubles = 1 + 6 * size + 2 * size * size, integers = 3 + 5 * size;
    int info = 0;
    dsyevd_("V", "U", &size, a, &size, values, work, &doubles, counts, &integers, &info, 1, 1);
    return info;
}

/* Row-major a and b are, column by column, a^T and b^T: a^T z^T = b^T is z a = b. */
int32_t moei_solve_right(int64_t n, int64_t rows, double *a, double *b, int *pivots)
{
    assert(n <= INT_MAX && rows <= INT_MAX);
    const int size = (int)n, sides = (int)rows;
    int info = 0;
    dgesv_(&size, &sides, a, &size, pivots, b, &size, &info);
    return info;
}
