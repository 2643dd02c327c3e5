/* spectral_radius.c - the largest eigenvalue of a flow's Jacobian, by nonlinear power iteration.
 *
 *   v <- (f(theta + delta v / |v|) - f(theta)) / delta,   radius <- |v|,   until it changes by 1 % or less
 *
 * from the vector where the last estimate ended, or a random one; a fifth is added for what is still missing
 * (B. P. Sommeijer, L. F. Shampine, J. G. Verwer, J. Comput. Appl. Math. 88 (1998), section 4). The Jacobian
 * is symmetric in the measure's inner product, so its norm and its eigenvalues are one thing. The right-hand
 * sides are counted with the others.
 *
 * Slots of k: 0 f(theta), 5 f of the moved points, 6 v, which stays for the next time.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"
#include "flow/flow.h"

#include <math.h>

enum { MOVED = 5, VECTOR = 6, MOST_ITERATIONS = 50 };

/* v <- numbers without any pattern that an eigenvector could be orthogonal to */
static void begin_anywhere(moe_flow *flow)
{
    const int64_t first = moei_slab_start(&flow->cut, flow->cut.from) * flow->d; /* the same on any ranks */
    for (int64_t i = 0; i < flow->size; i++)
        flow->k[VECTOR][i] = moei_random_uniform(0, 0, (uint64_t)(first + i), 0) - 0.5;
}

/* One iteration: k[VECTOR] of norm `size` is replaced, and *radius receives its growth. */
static int32_t iterate(moe_flow *flow, double delta, double *size, double *radius)
{
    static const double difference[MOEI_MAX_STAGES] = {[0] = -1, [MOVED] = 1};
    double weights[MOEI_MAX_STAGES] = {0}, square;
    weights[VECTOR] = 1;
    int32_t status = moei_flow_combine(flow, flow->theta, delta / *size, weights, VECTOR + 1, flow->trial);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time, flow->trial, flow->k[MOVED], &square,
                                    flow->trial_prediction);
    if (!status)
        status = moei_flow_combine(flow, NULL, 1, difference, MOVED + 1, flow->k[VECTOR]);
    if (!status)
        status = moei_flow_norm(flow, flow->theta, flow->theta, flow->k[VECTOR], &square);
    if (status)
        return status;
    *size = sqrt(square);
    *radius = *size / delta;
    return MOE_OK;
}

int32_t moei_flow_spectral_radius(moe_flow *flow)
{
    struct moei_chebyshev_state *state = &flow->chebyshev;
    double square = 0, size;
    int32_t status = moei_flow_norm(flow, flow->theta, flow->theta, NULL, &square);
    const double delta = 1e-7 * fmax(sqrt(square), 1);
    state->sharpness = sqrt(fmax(0.01 * sqrt(square), 1));
    if (!status && !(state->radius > 0))
        begin_anywhere(flow);
    if (!status)
        status = moei_flow_norm(flow, flow->theta, flow->theta, flow->k[VECTOR], &square);
    size = sqrt(square);
    double radius = 0, before = -1;
    for (int i = 0; i < MOST_ITERATIONS && !status && size > 0; i++) {
        status = iterate(flow, delta, &size, &radius);
        if (!status && fabs(radius - before) <= 0.01 * radius)
            break;
        before = radius;
    }
    if (status)
        return status;
    state->radius = 1.2 * radius;
    state->since = 0;
    return MOE_OK;
}
