/* mean_kernels.c - products of states with Hermitian matrices, lane by lane.
 *
 *   forms   <psi| O |psi> = 2 Re sum_a conj(psi_a) t_a,   t_a = O_aa psi_a / 2 + sum_{b > a} O_ab psi_b
 *   sums    sum_j w_j psi_ja conj(psi_jb),                a <= b
 *   tile    sum_j conj(v_jp) u_jq
 *
 * A complex product takes 4 fused multiply-adds, and one triangle is enough: half the work of a real matrix
 * product with the four blocks of [A, -B; B, A]. Rows are taken ROWS at a time, so that a tile's sums stay in
 * registers. The lanes of `sums` and `forms` are points, those of `tile` columns.
 *
 * Compiled once for each instruction set, like kernels.c.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/mean_kernels.h"

#include "qnn/kernel_vector.h"

#include <string.h>

/* BATCH: blocks that `sums` reads again and again from a near cache. ROWS: rows whose sums, by two columns,
 * stay in registers. */
enum { ROWS = WIDTH == 8 ? 4 : 2, BATCH = 8 };

INLINE const vector *at(const double *numbers)
{
    return (const vector *)numbers;
}

/* ---- forms ------------------------------------------------------------------------------------ */

/* Rows at a time: D = 2 has no four. */
INLINE int64_t rows_of(int64_t D)
{
    return D < ROWS ? D : ROWS;
}

static void pack(int64_t D, const double *hermitian, double *packed)
{
    const int64_t rows = rows_of(D);
    for (int64_t first = 0; first < D; first += rows)
        for (int64_t b = first; b < D; b++)
            for (int64_t a = first; a < first + rows; a++) {
                *packed++ = a < b ? hermitian[a * D + b] : a == b ? 0.5 * hermitian[a * D + a] : 0;
                *packed++ = a < b ? hermitian[b * D + a] : 0;
            }
}

/* One vector of points. */
INLINE vector form(int rows, int64_t D, const double *packed, const double *psi)
{
    vector sum = {0};
    for (int64_t first = 0; first < D; first += rows) {
        vector re[ROWS] = {{0}}, im[ROWS] = {{0}};
        for (int64_t b = first; b < D; b++, packed += 2 * rows) {
            const vector r = *at(psi + b * 2 * QNNI_BLOCK), i = *at(psi + (b * 2 + 1) * QNNI_BLOCK);
            UNROLL for (int a = 0; a < rows; a++)
            {
                re[a] += packed[2 * a] * r;
                im[a] += packed[2 * a] * i;
                re[a] -= packed[2 * a + 1] * i;
                im[a] += packed[2 * a + 1] * r;
            }
        }
        UNROLL for (int a = 0; a < rows; a++)
        {
            sum += *at(psi + (first + a) * 2 * QNNI_BLOCK) * re[a];
            sum += *at(psi + ((first + a) * 2 + 1) * QNNI_BLOCK) * im[a];
        }
    }
    return 2 * sum;
}

static void forms(int64_t D, int64_t blocks, const double *packed, const double *psi, double *f)
{
    for (int64_t i = 0; i < blocks * QNNI_BLOCK; i += WIDTH) {
        const double *state = psi + i / QNNI_BLOCK * D * 2 * QNNI_BLOCK + i % QNNI_BLOCK;
        *(vector *)(f + i) = D < ROWS ? form(2, D, packed, state) : form(ROWS, D, packed, state);
    }
}

/* ---- sums ------------------------------------------------------------------------------------- */

/* Rows a ... a + rows - 1, columns b, b + 1 of the sums, over some blocks, for the lanes from `lane` on. */
INLINE void add_rows(int rows, int64_t D, int64_t blocks, const double *w, const double *psi, int64_t a,
                     int64_t b, double *sums)
{
    vector re[ROWS][2], im[ROWS][2];
    UNROLL for (int p = 0; p < rows; p++)
    {
        UNROLL for (int q = 0; q < 2; q++)
        {
            const double *from = sums + ((a + p) * D + b + q) * 2 * QNNI_BLOCK;
            re[p][q] = *at(from);
            im[p][q] = *at(from + QNNI_BLOCK);
        }
    }
    for (int64_t block = 0; block < blocks; block++) {
        const double *state = psi + block * D * 2 * QNNI_BLOCK;
        const vector weight = *at(w + block * QNNI_BLOCK);
        vector r[2], i[2];
        UNROLL for (int q = 0; q < 2; q++)
        {
            r[q] = weight * *at(state + (b + q) * 2 * QNNI_BLOCK);
            i[q] = weight * *at(state + ((b + q) * 2 + 1) * QNNI_BLOCK);
        }
        UNROLL for (int p = 0; p < rows; p++)
        {
            const vector x = *at(state + (a + p) * 2 * QNNI_BLOCK);
            const vector y = *at(state + ((a + p) * 2 + 1) * QNNI_BLOCK);
            UNROLL for (int q = 0; q < 2; q++)
            {
                re[p][q] += x * r[q];
                im[p][q] += y * r[q];
                re[p][q] += y * i[q];
                im[p][q] -= x * i[q];
            }
        }
    }
    UNROLL for (int p = 0; p < rows; p++)
    {
        UNROLL for (int q = 0; q < 2; q++)
        {
            double *to = sums + ((a + p) * D + b + q) * 2 * QNNI_BLOCK;
            *(vector *)to = re[p][q];
            *(vector *)(to + QNNI_BLOCK) = im[p][q];
        }
    }
}

static void sums(int64_t D, int64_t blocks, const double *w, const double *psi, double *sums)
{
    const int64_t rows = rows_of(D), state = D * 2 * QNNI_BLOCK;
    memset(sums, 0, (size_t)(D * state) * sizeof *sums);
    for (int64_t first = 0; first < blocks; first += BATCH) {
        const int64_t count = blocks - first < BATCH ? blocks - first : BATCH;
        for (int64_t a = 0; a < D; a += rows)
            for (int64_t b = a; b < D; b += 2)
                for (int64_t lane = 0; lane < QNNI_BLOCK; lane += WIDTH) {
                    const double *weights = w + first * QNNI_BLOCK + lane,
                                 *states = psi + first * state + lane;
                    if (rows < ROWS)
                        add_rows(2, D, count, weights, states, a, b, sums + lane);
                    else
                        add_rows(ROWS, D, count, weights, states, a, b, sums + lane);
                }
    }
}

/* ---- tile ------------------------------------------------------------------------------------- */

/* Lanes p ... p + ROWS - 1 of v. */
INLINE void tile_rows(int64_t D, const double *v, const double *u, int64_t p, double *out)
{
    vector re[ROWS] = {{0}}, im[ROWS] = {{0}};
    for (int64_t j = 0; j < D; j++) {
        const vector r = *at(u + j * 2 * WIDTH), i = *at(u + (j * 2 + 1) * WIDTH);
        UNROLL for (int a = 0; a < ROWS; a++)
        {
            const double x = v[j * 2 * WIDTH + p + a], y = v[(j * 2 + 1) * WIDTH + p + a];
            re[a] += x * r;
            im[a] += x * i;
            re[a] += y * i;
            im[a] -= y * r;
        }
    }
    UNROLL for (int a = 0; a < ROWS; a++)
    {
        *(vector *)(out + (p + a) * 2 * WIDTH) = re[a];
        *(vector *)(out + ((p + a) * 2 + 1) * WIDTH) = im[a];
    }
}

static void tile(int64_t D, const double *v, const double *u, double *tile)
{
    for (int64_t p = 0; p < WIDTH; p += ROWS)
        tile_rows(D, v, u, p, tile);
}

/* ---- the table -------------------------------------------------------------------------------- */

extern const qnni_mean_kernels QNNI_TABLE(qnni_mean_kernels_);

const qnni_mean_kernels QNNI_TABLE(qnni_mean_kernels_) = {pack, forms, sums, tile};
