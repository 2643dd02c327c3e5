/* norm.c - the weighted root mean square in which errors are measured.
 *
 *   |v|^2 = sum_i w_i 1/d sum_a (v_ia / (absolute + relative s_ia))^2
 *
 * It is the norm of the measure: splitting a point in two changes nothing. Several vectors, each a linear
 * combination of the slopes, go through in one pass: a chunk of each is formed in the cache, scaled, squared
 * and summed. The experts are cut into slabs as everywhere (partition.h), so the bits do not depend on
 * threads.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

enum { CHUNK = 256 }; /* numbers of a vector that are formed at a time */

typedef struct {
    const moe_flow *flow;
    moei_partition cut;
    const double *a, *b;
    int rows, count;
    double weights[MOEI_NORM_ROWS][MOEI_MAX_STAGES];
    const double *vector; /* if count is 0: the one row; NULL: s itself */
} norm_job;

static double size_at(const norm_job *job, int64_t at, int64_t a)
{
    return job->flow->unit[a] > 0 ? job->flow->unit[a] : fmax(fabs(job->a[at]), fabs(job->b[at]));
}

/* inverse[l] = 1 / (absolute + relative s) at first + l */
static void invert_scales(const norm_job *job, int64_t first, int64_t count, double *inverse)
{
    const moe_flow *flow = job->flow;
    int64_t a = first % flow->d;
    for (int64_t l = 0; l < count; l++) {
        inverse[l] = 1 / (flow->absolute + flow->relative * size_at(job, first + l, a));
        a = a + 1 < flow->d ? a + 1 : 0;
    }
}

/* v = the row at [first, first + count) */
static void form(const norm_job *job, int row, int64_t first, int64_t count, double *v)
{
    if (job->count == 0) {
        for (int64_t l = 0; l < count; l++)
            v[l] = job->vector ? job->vector[first + l] : size_at(job, first + l, (first + l) % job->flow->d);
        return;
    }
    for (int l = 0; l < CHUNK; l++)
        v[l] = 0;
    for (int s = 0; s < job->count; s++) {
        const double w = job->weights[row][s], *k = job->flow->k[s] + first;
        if (w == 0)
            continue;
        if (count == CHUNK)
            for (int l = 0; l < CHUNK; l++)
                v[l] += w * k[l];
        else
            for (int64_t l = 0; l < count; l++)
                v[l] += w * k[l];
    }
}

/* sum_l w_i (v_l inverse_l)^2, l in expert i; four sums side by side */
static double weigh(const norm_job *job, int64_t first, int64_t count, const double *v, const double *inverse)
{
    const int64_t d = job->flow->d;
    const double *weights = job->flow->weights;
    double sum[4] = {0, 0, 0, 0};
    int64_t i = first / d, a = first % d;
    for (int64_t l = 0; l < count; l++) {
        const double scaled = v[l] * inverse[l];
        sum[l % 4] += weights[i] * scaled * scaled;
        if (++a == d) {
            a = 0;
            i++;
        }
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static int32_t norm_of_slab(void *self, int64_t slab, int32_t worker)
{
    (void)worker;
    const norm_job *job = self;
    const moe_flow *flow = job->flow;
    double *sums = flow->error_sums + slab * MOEI_NORM_ROWS;
    const int64_t begin = moei_slab_first_block(&job->cut, slab) * job->cut.block * flow->d;
    int64_t end = moei_slab_first_block(&job->cut, slab + 1) * job->cut.block * flow->d;
    if (end > flow->size)
        end = flow->size;
    for (int row = 0; row < MOEI_NORM_ROWS; row++)
        sums[row] = 0;
    for (int64_t first = begin; first < end; first += CHUNK) {
        const int64_t count = end - first < CHUNK ? end - first : CHUNK;
        double inverse[CHUNK], v[CHUNK];
        invert_scales(job, first, count, inverse);
        for (int row = 0; row < job->rows; row++) {
            form(job, row, first, count, v);
            sums[row] += weigh(job, first, count, v, inverse);
        }
    }
    return MOE_OK;
}

static int32_t run(moe_flow *flow, norm_job *job, double *squares)
{
    job->flow = flow;
    job->cut = moei_partition_of(flow->count, 0, 0);
    const bool parallel = flow->size >= 1 << 17;
    const int32_t status = moei_parallel(flow->context, parallel, job->cut.slabs, norm_of_slab, job);
    if (status)
        return status;
    moei_sum_rows(job->cut.slabs, MOEI_NORM_ROWS, flow->error_sums);
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
