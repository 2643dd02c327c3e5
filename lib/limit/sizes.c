/* sizes.c - the sizes of tensor rules: the least within what each coordinate is allowed, and coarser ones.
 *
 * F(n) are the predictions of the flow from the tensor rule of n_1 x ... x n_d nodes. The sizes are the
 * smallest with  safety sum_k e_k(n_k)  within what is allowed, e_k by the law of axis.c; made pairwise
 * coprime in up to 4 coordinates: a mode of theta_1 - theta_2 is aliased by 9 x 9 nodes from order 9 on, by
 * 9 x 11 from 99.
 *
 * All sizes are odd: even and odd trapezoid rules alias different harmonics, and their errors do not
 * compare. Fixed numbers and samples have the nodes that they have.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>

/* ---- a rule and its flow ---------------------------------------------------------------------- */

int64_t moei_tensor_nodes(const moe_limit *limit, const int64_t *sizes)
{
    int64_t nodes = 1;
    for (int64_t k = 0; k < limit->d; k++)
        nodes = moei_mul(nodes, sizes[k]);
    return nodes < 0 ? INT64_MAX : nodes;
}

int32_t moei_tensor(moe_limit *limit, const int64_t *sizes, moe_measure **rule)
{
    const int32_t status = moei_need_room(limit, moei_tensor_nodes(limit, sizes));
    return status ? status : moe_measure_tensor(limit->context, limit->reduced, sizes, rule);
}

int32_t moei_tensor_run(moei_search *s, const int64_t *sizes, moei_run *run)
{
    moe_measure *rule = NULL;
    int32_t status = moei_tensor(s->limit, sizes, &rule);
    if (!status)
        status = moei_run_flow(s->limit, rule, s->tau, INFINITY, run, NULL);
    moe_measure_destroy(rule);
    return status;
}

/* ---- the least sizes -------------------------------------------------------------------------- */

void moei_set_targets(moei_search *s)
{
    const double all = moei_search_node_share(s) / MOEI_NODE_SAFETY;
    for (int64_t t = 0; t < s->limit->times; t++)
        s->target[t] = all / (double)s->resolved;
}

bool moei_within_target(const moei_search *s, int64_t k, int64_t n)
{
    int64_t t = 0;
    while (t < s->limit->times && moei_axis_error(&s->axis[k], t, n) <= s->target[t])
        t++;
    return t == s->limit->times;
}

static bool coprime(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1;
}

/* Whether n nodes in coordinate k are coprime to those of all resolved coordinates before it. */
static bool coprime_so_far(const moei_search *s, const int64_t *sizes, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < k; i++)
        if (!s->limit->only[i] && !coprime(sizes[i], n))
            return false;
    return true;
}

enum { COPRIME_UP_TO = 4 }; /* coordinates; with more, ever larger sizes cost more than they gain */

void moei_choose_sizes(moei_search *s)
{
    moei_set_targets(s);
    for (int64_t k = 0; k < s->limit->d; k++) {
        s->sizes[k] = s->least[k];
        if (s->limit->only[k])
            continue;
        /* an error that does not fall never is within its target; there is no room for so many nodes */
        while (!moei_within_target(s, k, s->sizes[k]) && s->sizes[k] <= s->limit->most_nodes)
            s->sizes[k] += 2;
        while (s->resolved <= COPRIME_UP_TO && !coprime_so_far(s, s->sizes, k, s->sizes[k]))
            s->sizes[k] += 2;
    }
}

/* ---- coarser sizes ---------------------------------------------------------------------------- */

/* The size that checks n: a quarter less, odd like all sizes. */
static int64_t fewer(int64_t n)
{
    return n - 2 * ((n + 4) / 8 + (n < 4 && n > 1));
}

void moei_shrink_sizes(moei_search *s, const int64_t *sizes)
{
    for (int64_t k = 0; k < s->limit->d; k++) {
        const int64_t n = s->limit->only[k] ? sizes[k] : fewer(sizes[k]);
        s->other[k] = n;
        if (s->limit->only[k])
            continue;
        while (s->resolved <= COPRIME_UP_TO && s->other[k] > 3 &&
               !coprime_so_far(s, s->other, k, s->other[k]))
            s->other[k] -= 2;
        if (!coprime_so_far(s, s->other, k, s->other[k]))
            s->other[k] = n;
    }
}

double moei_scale_of(const moei_search *s, const int64_t *sizes)
{
    double sum = 0;
    for (int64_t k = 0; k < s->limit->d; k++)
        sum += s->limit->only[k] ? 0 : log((double)sizes[k]);
    return exp(sum / (double)s->resolved);
}
