/* components.c - principal components and scaling, learned from the training rows alone.
 *
 *   C = 1/n sum_j (x_j - m)(x_j - m)^T = sum_k lambda_k u_k u_k^T,    component k of x: u_k . (x - m)
 *
 * by LAPACK's dsyev. The sign of u_k, which is free, is that of its largest entry, so that it does not depend
 * on how LAPACK went about it.
 *
 * SPDX-License-Identifier: MIT */
#include "data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Debian's OpenBLAS has no LAPACKE; gfortran passes the lengths of characters last */
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                   double *work, const int *lwork, int *info, size_t jobz_length, size_t uplo_length);

static int64_t training_rows(int64_t rows, const bool *held_out)
{
    int64_t count = 0;
    for (int64_t j = 0; j < rows; j++)
        count += !held_out[j];
    return count;
}

static void centre(int64_t rows, int64_t width, const bool *held_out, double *features)
{
    const double count = (double)training_rows(rows, held_out);
    for (int64_t c = 0; c < width; c++) {
        double mean = 0;
        for (int64_t j = 0; j < rows; j++)
            mean += held_out[j] ? 0 : features[j * width + c] / count;
        for (int64_t j = 0; j < rows; j++)
            features[j * width + c] -= mean;
    }
}

/* a <- C, of centred features */
static void covariance(int64_t rows, int64_t width, const bool *held_out, const double *features, double *a)
{
    const double count = (double)training_rows(rows, held_out);
    for (int64_t j = 0; j < rows; j++)
        for (int64_t b = 0; b < width && !held_out[j]; b++)
            for (int64_t c = 0; c < width; c++)
                a[b * width + c] += features[j * width + b] * features[j * width + c] / count;
}

/* a's rows <- eigenvectors by ascending value: LAPACK's columns, as it is column-major */
static int eigen(int64_t width, double *a, double *value)
{
    const int n = (int)width, length = 34 * n;
    double *work = room(length, sizeof *work);
    int info = 0;
    dsyev_("V", "U", &n, a, &n, value, work, &length, &info, 1, 1);
    free(work);
    return info ? complain(END_WORK, "--pca: LAPACK's dsyev ended with %d", info) : END_GOOD;
}

static void fix_sign(int64_t width, double *u)
{
    int64_t largest = 0;
    for (int64_t c = 1; c < width; c++)
        if (fabs(u[c]) > fabs(u[largest]))
            largest = c;
    if (u[largest] < 0)
        for (int64_t c = 0; c < width; c++)
            u[c] = -u[c];
}

/* features, rows x width <- rows x k, by the k last rows of u */
static void project(int64_t rows, int64_t width, int64_t k, double *u, double *features)
{
    double *x = room(width, sizeof *x);
    for (int64_t i = 0; i < k; i++)
        fix_sign(width, u + (width - 1 - i) * width);
    for (int64_t j = 0; j < rows; j++) {
        memcpy(x, features + j * width, (size_t)width * sizeof *x);
        for (int64_t i = 0; i < k; i++) {
            double sum = 0;
            for (int64_t c = 0; c < width; c++)
                sum += u[(width - 1 - i) * width + c] * x[c];
            features[j * k + i] = sum; /* j k + i <= j width + i: no row is overwritten before it is read */
        }
    }
    free(x);
}

int principal_components(int64_t rows, int64_t width, const bool *held_out, int64_t k, double *features,
                         double *explained)
{
    if (k > width)
        return complain(END_USE, "--pca takes at most %lld, the number of features, not %lld",
                        (long long)width, (long long)k);
    if (width > 8192)
        return complain(END_USE, "--pca takes at most 8192 features, and there are %lld", (long long)width);
    double *a = room(width * width, sizeof *a), *value = room(width, sizeof *value), all = 0, kept = 0;
    centre(rows, width, held_out, features);
    covariance(rows, width, held_out, features, a);
    int end = eigen(width, a, value);
    for (int64_t c = 0; c < width; c++) {
        all += fmax(value[c], 0);
        kept += c < width - k ? 0 : fmax(value[c], 0);
    }
    if (!end && !(value[width - k] > 1e-12 * value[width - 1]))
        end =
            complain(END_INPUT, "--pca: the training features do not vary in %lld directions", (long long)k);
    if (!end)
        project(rows, width, k, a, features);
    *explained = kept / all;
    free(a);
    free(value);
    return end;
}

int standardise(int64_t rows, int64_t width, const bool *held_out, double deviation, double *features)
{
    const double count = (double)training_rows(rows, held_out);
    centre(rows, width, held_out, features);
    for (int64_t c = 0; c < width; c++) {
        double square = 0;
        for (int64_t j = 0; j < rows; j++)
            square += held_out[j] ? 0 : pow(features[j * width + c], 2) / count;
        if (!(square > 0))
            return complain(
                END_INPUT,
                "feature %lld is the same for every training sample: leave it out by --features, or "
                "take features as they are by --scale 0",
                (long long)c + 1);
        for (int64_t j = 0; j < rows; j++)
            features[j * width + c] *= deviation / sqrt(square);
    }
    return END_GOOD;
}
