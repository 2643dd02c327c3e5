/* norm.c - the weighted root mean square in which errors are measured.
 *
 *   |v|^2 = sum_i w_i 1/d sum_a (v_ia / (absolute + relative s_ia))^2
 *
 * It is the norm of the measure: splitting a point in two changes nothing. Several vectors, each a linear
 * combination of the slopes, go through in one pass: a chunk of each is formed in the cache, scaled, squared
 * and summed, in the slabs of the sweeps (partition.h), so the bits do not depend on threads or ranks.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

enum { CHUNK = 256, LANES = 8 }; /* numbers of a vector that are formed together; in registers */

typedef struct {
    const moe_flow *flow;
    const double *a, *b;
    int rows, count;
    double weights[MOEI_NORM_ROWS][MOEI_MAX_STAGES];
    const double *vector; /* if count is 0: the one row; NULL: s itself */
} norm_job;

static double size_at(const norm_job *job, int64_t at, int64_t a)
{
    return job->flow->unit[a] > 0 ? job->flow->unit[a] : fmax(fabs(job->a[at]), fabs(job->b[at]));
}

/* inverse[l] = 1 / (absolute + relative s), weight[l] = w_i, at first + l */
static void invert_scales(const norm_job *job, int64_t first, int64_t count, double *inverse, double *weight)
{
    const moe_flow *flow = job->flow;
    int64_t a = first % flow->d, i = first / flow->d;
    for (int64_t l = 0; l < count; l++) {
        inverse[l] = 1 / (flow->absolute + flow->relative * size_at(job, first + l, a));
        weight[l] = flow->weights[i];
        if (++a == flow->d) {
            a = 0;
            i++;
        }
    }
}

/* v = the row at [first, first + count), from the slopes */
static void form(const norm_job *job, int row, int64_t first, int64_t count, double *v)
{
    const double *k[MOEI_MAX_STAGES];
    double weights[MOEI_MAX_STAGES];
    int terms = 0;
    for (int s = 0; s < job->count; s++)
        if (job->weights[row][s] != 0) {
            k[terms] = job->flow->k[s] + first;
            weights[terms++] = job->weights[row][s];
        }
    int64_t l = 0;
    for (; l + LANES <= count; l += LANES) {
        double sum[LANES] = {0};
        for (int t = 0; t < terms; t++) {
            const double *at = k[t] + l, w = weights[t];
            for (int i = 0; i < LANES; i++)
                sum[i] += w * at[i];
        }
        for (int i = 0; i < LANES; i++)
            v[l + i] = sum[i];
    }
    for (; l < count; l++) {
        v[l] = 0;
        for (int t = 0; t < terms; t++)
            v[l] += weights[t] * k[t][l];
    }
}

/* v = the vector at [first, first + count), or s itself */
static void copy(const norm_job *job, int64_t first, int64_t count, double *v)
{
    for (int64_t l = 0; l < count; l++) {
        const int64_t at = first + l;
        v[l] = job->vector ? job->vector[at] : size_at(job, at, at % job->flow->d);
    }
}

/* sum_l weight_l (v_l inverse_l)^2, as LANES sums side by side */
static double weigh(int64_t count, const double *v, const double *inverse, const double *weight)
{
    double sum[LANES] = {0};
    int64_t l = 0;
    for (; l + LANES <= count; l += LANES)
        for (int i = 0; i < LANES; i++) {
            const double scaled = v[l + i] * inverse[l + i];
            sum[i] += weight[l + i] * (scaled * scaled);
        }
    for (; l < count; l++) {
        const double scaled = v[l] * inverse[l];
        sum[l % LANES] += weight[l] * (scaled * scaled);
    }
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

static int32_t norm_of_slab(void *self, int64_t slab, int32_t worker)
{
    (void)worker;
    const norm_job *job = self;
    const moe_flow *flow = job->flow;
    double *sums = flow->error_sums + slab * MOEI_NORM_ROWS;
    const int64_t begin = moei_own_start(&flow->cut, slab) * flow->d;
    const int64_t end = moei_own_start(&flow->cut, slab + 1) * flow->d;
    for (int row = 0; row < MOEI_NORM_ROWS; row++)
        sums[row] = 0;
    for (int64_t first = begin; first < end; first += CHUNK) {
        const int64_t count = end - first < CHUNK ? end - first : CHUNK;
        double inverse[CHUNK], weight[CHUNK], v[CHUNK];
        invert_scales(job, first, count, inverse, weight);
        for (int row = 0; row < job->rows; row++) {
            if (job->count)
                form(job, row, first, count, v);
            else
                copy(job, first, count, v);
            sums[row] += weigh(count, v, inverse, weight);
        }
    }
    return MOE_OK;
}

static int32_t run(moe_flow *flow, norm_job *job, double *squares)
{
    job->flow = flow;
    const bool parallel = flow->size >= 1 << 17;
    int32_t status = moei_parallel(flow->context, parallel, moei_own_slabs(&flow->cut), norm_of_slab, job);
    status = moei_sum_slabs(&flow->cut, status, MOEI_NORM_ROWS, flow->error_sums);
    if (status)
        return status;
    for (int row = 0; row < job->rows; row++)
        squares[row] = flow->error_sums[row] / (double)flow->d;
    return MOE_OK;
}

int32_t moei_flow_norms(moe_flow *flow, const double *a, const double *b, double h, int rows, int count,
                        const double (*weights)[MOEI_MAX_STAGES], double *squares)
{
    norm_job job = {.a = a, .b = b, .rows = rows, .count = count};
    for (int row = 0; row < rows; row++)
        for (int s = 0; s < count; s++)
            job.weights[row][s] = h * weights[row][s];
    return run(flow, &job, squares);
}

int32_t moei_flow_norm(moe_flow *flow, const double *a, const double *b, const double *vector, double *square)
{
    norm_job job = {.a = a, .b = b, .rows = 1, .vector = vector};
    return run(flow, &job, square);
}
