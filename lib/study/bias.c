/* bias.c - the mean error of a mixture's predictions, of order 1/N, from the limit.
 *
 * The predictions are a function Phi of the measure that the flow starts from. For N independent draws it is
 * mu_0 + nu / sqrt(N), nu with the mean 0 and the covariance of one draw, so that
 *   N (E F_N - F)  ->  b = 1/2 E D^2 Phi[nu, nu],
 * which depends on the covariance of nu only: other random measures with the same one have the same b. On the
 * nodes of a rule with weights w, that covariance is diag(w) - w w^T, and
 *   nu = w u,   u_q = s_q w_q^-1/2 - sum_p s_p w_p^1/2,   s_q = +-1 independent,
 * has it. The second derivative is a central second difference,
 *   (Phi(w + e nu) - 2 Phi(w) + Phi(w - e nu)) / (2 e^2),
 * e half of what keeps weights positive: e^2 is then about 1 / (4 Q) with Q nodes, and so is the relative
 * error of the difference, while what the flows err by in time is divided by 2 e^2. Where as many samples are
 * allowed as there are nodes, b is summed over these, 1/2 sum_q w_q D^2 Phi[delta_q - mu_0, delta_q - mu_0].
 *
 * (Derived; the expansion is von Mises's, Ann. Math. Statist. 18, 1947. The O(1/N) of mean-field particles by
 * second derivatives in the measure: Chassagneux, Szpruch and Tse, Ann. Appl. Probab. 32, 2022.)
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "measure/measure.h"
#include "model/model.h"

#include <math.h>
#include <moefield/flow.h>
#include <moefield/study.h>

static const double flow_tolerance = 1e-11;

typedef struct {
    moe_context *context;
    const moe_model *model;
    const moe_measure *rule;
    int64_t count, m;
    const double *times, *x;
    int64_t size;                  /* count m K */
    double *u, *weights;           /* of the rule's nodes */
    double *middle, *plus, *minus; /* size */
    double *sum, *squares;         /* over samples; size */
} sampler;

/* f <- Phi of the rule's nodes with these weights */
static int32_t predict(const sampler *of, const double *weights, double *f)
{
    const moe_measure *rule = of->rule;
    const int64_t width = of->size / of->count;
    moe_measure *start = NULL;
    moe_flow *flow = NULL;
    int32_t status =
        moe_measure_create(of->context, rule->d, rule->period, rule->count, rule->points, weights, &start);
    if (!status)
        status = moe_flow_create(of->context, of->model, start, &flow);
    if (!status)
        status = moe_flow_set_method(flow, MOE_METHOD_ADAMS);
    if (!status)
        status = moe_flow_set_tolerance(flow, flow_tolerance, flow_tolerance);
    for (int64_t t = 0; t < of->count && !status; t++) {
        moe_measure *image = NULL;
        status = moe_flow_advance(flow, of->times[t]);
        if (!status && !of->m)
            status = moe_flow_predictions(flow, f + t * width);
        else if (!status && !(status = moe_flow_measure(flow, &image)))
            status = moe_model_predict(of->context, of->model, image, of->m, of->x, f + t * width);
        moe_measure_destroy(image);
    }
    moe_flow_destroy(flow);
    moe_measure_destroy(start);
    return status;
}

/* u of sample s, and e: of random signs, or the step from mu_0 to node s. 0 if there is no way to go: of a rule
 * of one node, or by equal signs at equal weights, where u is rounding. */
static double draw(sampler *of, int64_t s, uint64_t seed, bool nodes)
{
    const moe_measure *rule = of->rule;
    double sum = 0, most = 0;
    for (int64_t q = 0; q < rule->count; q++) {
        const double root = sqrt(rule->weights[q]);
        const double sign = nodes                                                          ? (q == s) / root
                            : moei_random_uniform(seed, 0, (uint64_t)s, (uint32_t)q) < 0.5 ? -1
                                                                                           : 1;
        of->u[q] = root > 0 ? sign / root : 0;
        sum += root > 0 ? sign * root : 0;
    }
    for (int64_t q = 0; q < rule->count; q++) {
        of->u[q] -= sum;
        most = fmax(most, fabs(of->u[q]));
    }
    return most > 1e-8 ? 0.5 / most : 0;
}

/* Node s counts by its weight, a random sample as one. */
static int32_t add_sample(sampler *of, int64_t s, uint64_t seed, bool nodes)
{
    const double e = draw(of, s, seed, nodes), weight = nodes ? of->rule->weights[s] : 1;
    double *side[] = {of->plus, of->minus};
    int32_t status = MOE_OK;
    if (!(e > 0))
        return MOE_OK;
    for (int i = 0; i < 2 && !status; i++) {
        for (int64_t q = 0; q < of->rule->count; q++)
            of->weights[q] = of->rule->weights[q] * (1 + (i ? -e : e) * of->u[q]);
        status = predict(of, of->weights, side[i]);
    }
    for (int64_t a = 0; a < of->size && !status; a++) {
        const double b = (of->plus[a] - of->middle[a] + (of->minus[a] - of->middle[a])) / (2 * e * e);
        of->sum[a] += weight * b;
        of->squares[a] += b * b;
    }
    return status;
}

static int32_t open(sampler *of)
{
    moei_core *core = of->context->core;
    of->u = MOEI_NEW(core, of->rule->count, double);
    of->weights = MOEI_NEW(core, of->rule->count, double);
    of->middle = MOEI_NEW(core, of->size, double);
    of->plus = MOEI_NEW(core, of->size, double);
    of->minus = MOEI_NEW(core, of->size, double);
    of->sum = MOEI_NEW(core, of->size, double);
    of->squares = MOEI_NEW(core, of->size, double);
    return of->u && of->weights && of->middle && of->plus && of->minus && of->sum && of->squares
               ? MOE_OK
               : moei_out_of_memory(of->context, "the bias");
}

static void close(sampler *of)
{
    double *blocks[] = {of->u, of->weights, of->middle, of->plus, of->minus, of->sum, of->squares};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        moei_free(of->context->core, blocks[i]);
}

static int32_t need_request(const sampler *of, int64_t samples, const void *bias)
{
    moe_context *context = of->context;
    int32_t status;
    if ((status = moei_need_measure(context, of->model, of->rule, bias, "bias")) ||
        (status = moei_need(context, of->times, "times")) ||
        (status = moei_need_size(context, of->count, "count")) ||
        (status = moei_need_finite(context, of->count, of->times, "times")))
        return status;
    const moe_expert *expert = of->model->expert;
    for (int64_t i = 0; i < of->count; i++)
        if (of->times[i] < 0 || (i && !(of->times[i] > of->times[i - 1])))
            return moei_fail(context, MOE_ERROR_TIME, "times[%lld] is %.17g; times are %s", (long long)i,
                             of->times[i], of->times[i] < 0 ? "0 or more" : "in increasing order");
    if (of->m < 0 || (of->m && !of->x))
        return of->m < 0 ? moei_need_size(context, of->m, "m") : moei_need(context, of->x, "x");
    if (samples < 2)
        return moei_fail(context, MOE_ERROR_VALUE, "samples is %lld; it takes 2 or more", (long long)samples);
    const int64_t m = of->m ? of->m : of->model->n;
    if ((status = moei_need_shape(context, "count x m x K", 3, (const int64_t[]){of->count, m, expert->K})) ||
        (status = moei_need_shape(context, "m x p", 2, (const int64_t[]){m, expert->p})))
        return status;
    return of->m ? moei_need_finite(context, of->m * expert->p, of->x, "x") : MOE_OK;
}

MOE_PUBLIC int32_t moe_model_bias(moe_context *context, const moe_model *model, const moe_measure *rule,
                                  int64_t count, const double *times, int64_t m, const double *x,
                                  int64_t samples, uint64_t seed, double *bias, double *error)
{
    if (!context)
        return MOE_ERROR_NULL;
    sampler of = {
        .context = context, .model = model, .rule = rule, .count = count, .m = m, .times = times, .x = x};
    int32_t status = need_request(&of, samples, bias);
    if (status)
        return status;
    const bool nodes = samples >= rule->count;
    const double R = nodes ? 1 : (double)samples;
    const int64_t runs = nodes ? rule->count : samples;
    of.size = count * (m ? m : model->n) * model->expert->K;
    status = open(&of);
    if (!status)
        status = predict(&of, rule->weights, of.middle);
    for (int64_t s = 0; s < runs && !status; s++) {
        status = nodes && !(rule->weights[s] > 0) ? MOE_OK : add_sample(&of, s, seed, nodes);
        if (!status)
            status = moei_progress(context, "bias", (double)(s + 1) / (double)runs);
    }
    for (int64_t a = 0; a < of.size && !status; a++) {
        bias[a] = of.sum[a] / R;
        if (error)
            error[a] = nodes ? 0 : sqrt(fmax(of.squares[a] / R - bias[a] * bias[a], 0) / (R - 1));
    }
    close(&of);
    return moei_public_status(status);
}
