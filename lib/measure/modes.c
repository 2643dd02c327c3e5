/* modes.c - Fourier modes and moments of a measure: sum_i w[i] prod_a e_a(theta[i,a]).
 *
 * Points are taken in blocks. For each coordinate the powers that any mode asks for are tabled once a block:
 * z^k by z^(k-1) z where k - 1 is there too, but every 16th, and each k without a neighbour, anew from the
 * phase k t mod 1, products and quotients split by fma, so that it is right to eps whatever k. A mode is then
 * one product a coordinate and point. Sums of blocks go to the slab's account with their errors carried
 * along, those of slabs over a tree; slabs depend on the number of points only, so the bits do not depend on
 * threads.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/measure.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 64, SLAB = 64 * BLOCK, MOST_SLABS = 64, FRESH = 16, ROUNDS = 8 };
static const int64_t most = (int64_t)1 << 31;

/* The powers of one coordinate that some mode needs, ascending, and where each mode finds its own. */
typedef struct {
    int64_t count;
    int64_t *power; /* count: |k| */
    int64_t *place; /* modes */
} ladder;

typedef struct {
    const moe_measure *measure;
    int64_t count;    /* modes */
    const int64_t *k; /* count x d */
    ladder *ladder;   /* d */
    int64_t room;     /* powers of all coordinates */
    int64_t slabs, first_slab;
    double *sum;   /* slabs x count x 2 */
    double *carry; /* the same */
    double *table; /* workers x (room + 1) x 2 x BLOCK; the last one holds a product */
} plan;

/* ---- tables ----------------------------------------------------------------------------------- */

/* The part of the way round, in [-1/2, 1/2], and what rounding took off it. */
typedef struct {
    double part[BLOCK], rest[BLOCK];
} turns;

/* exp(i 2 pi k t) of point i */
static void circle_power(double k, const turns *t, int i, double *re, double *im)
{
    const double high = k * t->part[i], low = fma(k, t->part[i], -high) + k * t->rest[i];
    const double phase = 2 * MOEI_PI * ((high - rint(high)) + low);
    *re = cos(phase);
    *im = sin(phase);
}

static void table_circle(const ladder *steps, const turns *t, double *re, double *im)
{
    double z_re[BLOCK], z_im[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        circle_power(1, t, i, &z_re[i], &z_im[i]);
    for (int64_t u = 0; u < steps->count; u++) {
        double *x = re + u * BLOCK, *y = im + u * BLOCK;
        if (u % FRESH && steps->power[u] == steps->power[u - 1] + 1)
            for (int i = 0; i < BLOCK; i++) {
                const double before_x = x[i - BLOCK], before_y = y[i - BLOCK];
                x[i] = before_x * z_re[i] - before_y * z_im[i];
                y[i] = before_x * z_im[i] + before_y * z_re[i];
            }
        else
            for (int i = 0; i < BLOCK; i++)
                circle_power((double)steps->power[u], t, i, &x[i], &y[i]);
    }
}

static void table_line(const ladder *steps, const turns *t, double *re, double *im)
{
    for (int64_t u = 0; u < steps->count; u++)
        for (int i = 0; i < BLOCK; i++) {
            re[u * BLOCK + i] = pow(t->part[i], (double)steps->power[u]);
            im[u * BLOCK + i] = 0;
        }
}

/* table <- the powers of all coordinates for the points first ... first + held - 1; beyond them, of 0. */
static void fill_table(const plan *at, int64_t first, int64_t held, double *table)
{
    const moe_measure *measure = at->measure;
    double *re = table, *im = table + at->room * BLOCK;
    for (int64_t a = 0; a < measure->d; a++) {
        const double period = measure->period[a];
        turns t = {{0}, {0}};
        for (int64_t i = 0; i < held; i++) {
            const double x = measure->points[(first + i) * measure->d + a];
            const double way = isinf(period) ? x : remainder(x, period);
            t.part[i] = isinf(period) ? x : way / period;
            t.rest[i] = isinf(period) ? 0 : fma(-t.part[i], period, way) / period;
        }
        (isinf(period) ? table_line : table_circle)(&at->ladder[a], &t, re, im);
        re += at->ladder[a].count * BLOCK;
        im += at->ladder[a].count * BLOCK;
    }
}

/* ---- sums ------------------------------------------------------------------------------------- */

/* x + i y <- (x + i y) (re + i sign im) */
static void multiply(const double *restrict re, const double *restrict im, double sign, double *restrict x,
                     double *restrict y)
{
    for (int i = 0; i < BLOCK; i++) {
        const double before = x[i];
        x[i] = before * re[i] - y[i] * sign * im[i];
        y[i] = before * sign * im[i] + y[i] * re[i];
    }
}

static double sum_of(const double *x)
{
    double lane[8] = {0};
    for (int i = 0; i < BLOCK; i += 8)
        for (int l = 0; l < 8; l++)
            lane[l] += x[i + l];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* *sum += term, the error of the addition to *carry (Neumaier 1974) */
static void account(double term, double *sum, double *carry)
{
    const double next = *sum + term, shadow = next - *sum;
    *carry += (*sum - (next - shadow)) + (term - shadow);
    *sum = next;
}

static void add_block(const plan *at, int64_t first, int64_t held, double *table, double *sum, double *carry)
{
    const int64_t d = at->measure->d;
    double x[BLOCK], y[BLOCK];
    fill_table(at, first, held, table);
    for (int64_t q = 0; q < at->count; q++) {
        int64_t start = 0;
        for (int i = 0; i < BLOCK; i++) {
            x[i] = i < held ? at->measure->weights[first + i] : 0;
            y[i] = 0;
        }
        for (int64_t a = 0; a < d; start += at->ladder[a++].count) {
            const int64_t row = (start + at->ladder[a].place[q]) * BLOCK;
            if (at->k[q * d + a])
                multiply(table + row, table + at->room * BLOCK + row, at->k[q * d + a] < 0 ? -1 : 1, x, y);
        }
        account(sum_of(x), &sum[2 * q], &carry[2 * q]);
        account(sum_of(y), &sum[2 * q + 1], &carry[2 * q + 1]);
    }
}

static int32_t add_slab(void *self, int64_t index, int32_t worker)
{
    const plan *at = self;
    const int64_t slab = at->first_slab + index, n = at->measure->count, width = 2 * at->count;
    const int64_t blocks = (n + BLOCK - 1) / BLOCK;
    double *table = at->table + worker * 2 * at->room * BLOCK;
    double *sum = at->sum + slab * width, *carry = at->carry + slab * width;
    for (int64_t block = slab * blocks / at->slabs; block < (slab + 1) * blocks / at->slabs; block++) {
        const int64_t first = block * BLOCK, held = n - first < BLOCK ? n - first : BLOCK;
        add_block(at, first, held, table, sum, carry);
    }
    for (int64_t q = 0; q < width; q++)
        sum[q] += carry[q];
    return MOE_OK;
}

static int32_t add_all(moe_context *context, plan *at)
{
    int32_t status = MOE_OK;
    for (int64_t round = 0; round < ROUNDS && !status; round++) {
        const int64_t end = (round + 1) * at->slabs / ROUNDS;
        at->first_slab = round * at->slabs / ROUNDS;
        status = moei_progress(context, "modes", (double)round / ROUNDS);
        if (!status)
            status = moei_parallel(context, true, end - at->first_slab, add_slab, at);
    }
    return status == MOE_ERROR_CANCELLED ? moei_fail(context, status, "modes was cancelled") : status;
}

/* ---- the plan --------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool ladder_create(moei_core *core, int64_t count, int64_t d, const int64_t *k, ladder *steps)
{
    steps->power = MOEI_NEW(core, count, int64_t);
    steps->place = MOEI_NEW(core, count, int64_t);
    if (!steps->power || !steps->place)
        return false;
    for (int64_t q = 0; q < count; q++)
        steps->power[q] = llabs(k[q * d]);
    qsort(steps->power, (size_t)count, sizeof *steps->power, ascending);
    for (int64_t q = 0; q < count; q++)
        if (q == 0 || steps->power[q] != steps->power[steps->count - 1])
            steps->power[steps->count++] = steps->power[q];
    for (int64_t q = 0; q < count; q++) {
        const int64_t power = llabs(k[q * d]);
        const int64_t *found = bsearch(&power, steps->power, (size_t)steps->count, sizeof power, ascending);
        steps->place[q] = found - steps->power;
    }
    return true;
}

static bool plan_create(moe_context *context, plan *at)
{
    moei_core *core = context->core;
    const int64_t d = at->measure->d, wanted = (at->measure->count + SLAB - 1) / SLAB;
    at->slabs = wanted < MOST_SLABS ? wanted : MOST_SLABS;
    at->ladder = MOEI_NEW(core, d, ladder);
    bool enough = at->ladder;
    for (int64_t a = 0; enough && a < d; a++) {
        enough = ladder_create(core, at->count, d, at->k + a, &at->ladder[a]);
        at->room += at->ladder[a].count;
    }
    if (!enough)
        return false;
    at->sum = MOEI_NEW(core, moei_mul(at->slabs, 2 * at->count), double);
    at->carry = MOEI_NEW(core, moei_mul(at->slabs, 2 * at->count), double);
    at->table = MOEI_NEW(core, moei_mul(moei_workers(context), moei_mul(2 * BLOCK, at->room)), double);
    return at->sum && at->carry && at->table;
}

static void plan_free(moei_core *core, plan *at)
{
    for (int64_t a = 0; at->ladder && a < at->measure->d; a++) {
        moei_free(core, at->ladder[a].power);
        moei_free(core, at->ladder[a].place);
    }
    moei_free(core, at->ladder);
    moei_free(core, at->sum);
    moei_free(core, at->carry);
    moei_free(core, at->table);
}

static int32_t need_modes(moe_context *context, const moe_measure *measure, int64_t count, const int64_t *k)
{
    const int64_t d = measure->d;
    for (int64_t q = 0; q < count; q++)
        for (int64_t a = 0; a < d; a++) {
            const int64_t value = k[q * d + a];
            if (value > most || value < (isinf(measure->period[a]) ? 0 : -most))
                return moei_fail(context, MOE_ERROR_VALUE,
                                 "k[%lld,%lld] is %lld; it takes %s to 2^31 on coordinate %lld", (long long)q,
                                 (long long)a, (long long)value, isinf(measure->period[a]) ? "0" : "-2^31",
                                 (long long)a);
        }
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_measure_modes(moe_context *context, const moe_measure *measure, int64_t count,
                                     const int64_t *k, double *modes)
{
    int32_t status;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, measure, "measure")) ||
        (status = moei_need_size(context, count, "count")) ||
        (status = moei_need_shape(context, "2 count x d", 3, (const int64_t[]){2, count, measure->d})) ||
        (status = moei_need(context, k, "k")) || (status = moei_need(context, modes, "modes")) ||
        (status = need_modes(context, measure, count, k)))
        return status;
    plan at = {.measure = measure, .count = count, .k = k};
    status = plan_create(context, &at) ? add_all(context, &at) : moei_out_of_memory(context, "the modes");
    if (!status) {
        moei_sum_rows(at.slabs, 2 * count, at.sum);
        for (int64_t q = 0; q < 2 * count; q++)
            modes[q] = at.sum[q];
    }
    plan_free(context->core, &at);
    return status;
}
