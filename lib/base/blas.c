/* blas.c - the only file that calls BLAS and LAPACK.
 *
 * Debian's OpenBLAS ships no LAPACKE, so the Fortran symbols are declared here: every argument by
 * address, and the hidden length of each character argument at the end, as gfortran passes it. Integers are of 32
 * or 64 bits by the library's build: nothing in the symbols says which.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr */
#include "base/blas.h"

#include <assert.h>
#include <cblas.h>
#include <dlfcn.h>
#include <stddef.h>

typedef moei_blas_int integer;

#define LARGEST_INTEGER ((int64_t)(sizeof(integer) == 8 ? INT64_MAX : INT32_MAX))

extern integer idamax_(const integer *n, const double *x, const integer *step);
extern void zheev_(const char *jobz, const char *uplo, const integer *n, double *a, const integer *lda,
                   double *w, double *work, const integer *lwork, double *rwork, integer *info,
                   size_t jobz_length, size_t uplo_length);
extern void dsyevd_(const char *jobz, const char *uplo, const integer *n, double *a, const integer *lda,
                    double *w, double *work, const integer *lwork, integer *iwork, const integer *liwork,
                    integer *info, size_t jobz_length, size_t uplo_length);
extern void dgesv_(const integer *n, const integer *nrhs, double *a, const integer *lda, integer *pivots,
                   double *b, const integer *ldb, integer *info);

/* ---- which library this is -------------------------------------------------------------------- */

/* Words of 8 bytes, of which a library of 32-bit integers reads and writes the first half (the low one on all
 * machines that are built for). BLAS: the largest of n = 3 numbers, if n is read as 32 bits; of a negative n
 * there is none. LAPACK: info is written over -1. */
bool moei_blas_fits(void)
{
    const double x[3] = {1, 2, 3};
    const int64_t three = (int64_t)(UINT64_C(0xffffffff00000000) | 3), one = 1, none = 0;
    int64_t info = -1;
    double unused[1] = {0};
    integer pivots[1] = {0};
    const integer found = idamax_((const void *)&three, x, (const void *)&one);
    dgesv_((const void *)&none, (const void *)&none, unused, (const void *)&one, pivots, unused,
           (const void *)&one, (void *)&info);
    const bool wide_blas = (int32_t)found != 3, wide_lapack = info == 0;
    return wide_blas == (sizeof(integer) == 8) && wide_lapack == (sizeof(integer) == 8);
}

const char *moei_blas_file(void)
{
    Dl_info info;
    union {
        void (*function)(const integer *, const integer *, double *, const integer *, integer *, double *,
                         const integer *, integer *);
        void *address;
    } lapack = {.function = dgesv_};
    return dladdr(lapack.address, &info) && info.dli_fname && info.dli_fname[0] ? info.dli_fname : NULL;
}

/* ---- the routines ----------------------------------------------------------------------------- */

/* Products within workers are cut so small that OpenBLAS leaves them to the thread they come on (its interface/gemm.c
 * and gemv.c: up to 262144 and 9216 multiplications), whatever its own number of threads, so that these do not
 * multiply with ours; and the cuts depend on shapes alone, so that bits do not depend on either number. */
enum { TILE = 64, GEMV_MOST = 9215 };

void moei_gemv_add(int64_t m, int64_t n, const double *a, const double *x, double *y)
{
    assert(n <= LARGEST_INTEGER);
    const int64_t columns = n < GEMV_MOST ? n : GEMV_MOST, rows = GEMV_MOST / columns;
    for (int64_t j = 0; j < n; j += columns)
        for (int64_t i = 0; i < m; i += rows)
            cblas_dgemv(CblasRowMajor, CblasTrans, (integer)(m - i < rows ? m - i : rows),
                        (integer)(n - j < columns ? n - j : columns), 1, a + i * n + j, (integer)n, x + i, 1,
                        1, y + j, 1);
}

void moei_gemm_abt_add_within(int64_t m, int64_t n, int64_t k, const double *a, const double *b, bool upper,
                              double *c)
{
    assert(n <= LARGEST_INTEGER && k <= LARGEST_INTEGER);
    for (int64_t i = 0; i < m; i += TILE)
        for (int64_t j = upper ? i : 0; j < n; j += TILE)
            for (int64_t l = 0; l < k; l += TILE) {
                const int64_t rows = m - i < TILE ? m - i : TILE, columns = n - j < TILE ? n - j : TILE;
                cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (integer)rows, (integer)columns,
                            (integer)(k - l < TILE ? k - l : TILE), 1, a + i * k + l, (integer)k,
                            b + j * k + l, (integer)k, 1, c + i * n + j, (integer)n);
            }
}

void moei_gemm_abt_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c)
{
    assert(m <= LARGEST_INTEGER && n <= LARGEST_INTEGER && k <= LARGEST_INTEGER);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (integer)m, (integer)n, (integer)k, 1, a, (integer)k,
                b, (integer)k, 1, c, (integer)n);
}

void moei_gemm_atb_add(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c)
{
    assert(m <= LARGEST_INTEGER && n <= LARGEST_INTEGER && k <= LARGEST_INTEGER);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (integer)m, (integer)n, (integer)k, 1, a, (integer)m,
                b, (integer)n, 1, c, (integer)n);
}

int32_t moei_hermitian_eigen(int64_t n, double *a, double *values, double *work)
{
    assert(n <= LARGEST_INTEGER / 4);
    const integer size = (integer)n, complex_work = 2 * size;
    integer info = 0;
    zheev_("V", "U", &size, a, &size, values, work, &complex_work, work + 4 * n, &info, 1, 1);
    return (int32_t)info;
}

int32_t moei_symmetric_eigen(int64_t n, double *a, double *values, double *work, integer *counts)
{
    assert(n <= 32766);
    const integer size = (integer)n, doubles = 1 + 6 * size + 2 * size * size, integers = 3 + 5 * size;
    integer info = 0;
    dsyevd_("V", "U", &size, a, &size, values, work, &doubles, counts, &integers, &info, 1, 1);
    return (int32_t)info;
}

/* Row-major a and b are, column by column, a^T and b^T: a^T z^T = b^T is z a = b. */
int32_t moei_solve_right(int64_t n, int64_t rows, double *a, double *b, integer *pivots)
{
    assert(n <= LARGEST_INTEGER && rows <= LARGEST_INTEGER);
    const integer size = (integer)n, sides = (integer)rows;
    integer info = 0;
    dgesv_(&size, &sides, a, &size, pivots, b, &size, &info);
    return (int32_t)info;
}
