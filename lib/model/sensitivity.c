/* sensitivity.c - how much the outputs depend on each coordinate, and on pairs of them.
 *
 *   S[a,b] = int sum_j v_j <d_a f(theta, x_j), d_b f(theta, x_j)> dmu(theta)
 *
 * Each input is bound alone, so that the pullback of the unit residual e_k is one row of the Jacobian for
 * every point of mu; with these rows, times sqrt(w_i v_j), as a matrix J, S is the sum of J^T J.
 *
 * For a function on circles with the variance of c_a cos(2 pi theta_a / P_a) in coordinate a, S_aa is
 * (2 pi / P_a)^2 c_a^2 / 2: so (P_a / 2 pi)^2 S_aa measures coordinates of different periods alike, which is
 * what the weights of a lattice want.
 *
 * SPDX-License-Identifier: MIT */
#include "model/sensitivity.h"

#include "base/blas.h"
#include "measure/measure.h"

#include <math.h>
#include <string.h>

static int32_t jacobians_at(moe_context *context, const moei_binding *at, const moe_measure *mu,
                            int64_t input, double *unit, double *rows, moei_take_rows take, void *self)
{
    moei_sweep *sweep = NULL;
    double square;
    const moei_terms of_expert = {.scale = 1};
    const moei_partition cut = moei_sweep_partition(at, mu->count);
    int32_t status = moei_sweep_create(context, at, &of_expert, &cut, &sweep);
    for (int64_t k = 0; !status && k < at->expert->K; k++) {
        unit[k] = 1;
        status = moei_sweep_pullback(context, sweep, mu->points, mu->weights, unit, rows, &square);
        unit[k] = 0;
        if (!status)
            take(self, input, rows);
    }
    moei_sweep_destroy(sweep);
    return status;
}

int32_t moei_model_jacobians(moe_context *context, const moe_model *model, const moe_measure *mu, int64_t n,
                             const double *x, moei_take_rows take, void *self)
{
    const moe_expert *expert = model->expert;
    double *unit = MOEI_NEW(context->core, expert->K, double);
    double *rows = MOEI_NEW(context->core, mu->count * expert->d, double);
    int32_t status = unit && rows ? MOE_OK : moei_out_of_memory(context, "rows of a Jacobian");
    for (int64_t j = 0; !status && j < n; j++) {
        moei_binding at;
        if ((status = moei_bind(context, expert, 1, x + j * expert->p, &at)))
            break;
        status = jacobians_at(context, &at, mu, j, unit, rows, take, self);
        moei_unbind(&at);
    }
    moei_free(context->core, rows);
    moei_free(context->core, unit);
    return moei_public_status(status);
}

typedef struct {
    const moe_model *model;
    const moe_measure *mu;
    double *s;
} sum_of_squares;

static void add_square(void *self, int64_t input, double *rows)
{
    enum { CHUNK = 1 << 16 }; /* a matrix product takes int sizes */
    const sum_of_squares *sum = self;
    const int64_t d = sum->mu->d, count = sum->mu->count;
    for (int64_t i = 0; i < count; i++) {
        const double scale = sqrt(sum->mu->weights[i] * sum->model->v[input]);
        for (int64_t a = 0; a < d; a++)
            rows[i * d + a] *= scale;
    }
    for (int64_t i = 0; i < count; i += CHUNK)
        moei_gemm_atb_add(d, d, count - i < CHUNK ? count - i : CHUNK, rows + i * d, rows + i * d, sum->s);
}

MOE_PUBLIC int32_t moe_model_sensitivity(moe_context *context, const moe_model *model, const moe_measure *mu,
                                         double *s)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need(context, model, "model")) || (status = moei_need(context, mu, "mu")) ||
        (status = moei_need(context, s, "s")) ||
        (status = moei_need_domain(context, mu, model->expert->d, model->expert->period, "mu")))
        return status;
    const int64_t d = mu->d;
    if ((status = moei_need_shape(context, "d x d", 2, (int64_t[]){d, d})))
        return status;
    memset(s, 0, (size_t)(d * d) * sizeof *s);
    sum_of_squares sum = {model, mu, s};
    status = moei_model_jacobians(context, model, mu, model->n, model->x, add_square, &sum);
    for (int64_t a = 0; a < d; a++) /* symmetric up to rounding; made so to the bit */
        for (int64_t b = 0; b < a; b++)
            s[a * d + b] = s[b * d + a];
    return status;
}
