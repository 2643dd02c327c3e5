/* lines.c - each coordinate alone: how the error falls with its nodes while the others stay coarse.
 *
 * On a line n_k grows from a coarse b_k by steps of half, twofold while the error is far from what is
 * allowed; the others stay at the base. The difference from one to the next is the error e_k of the smaller,
 * and two or three of them give the law e_k(n) of axis.c. The cost is that of a few lines through the grid,
 * not of the grid.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <math.h>
#include <string.h>

/* The next size on a line: half as much again, odd like all sizes. */
static int64_t more(int64_t n)
{
    return n + 2 * ((n + 3) / 4);
}

/* e_k(n) <- the difference of two neighbours on the line */
static void add_probe(moei_search *s, int64_t k, int64_t n, const moei_run *here, const moei_run *next)
{
    moei_axis *axis = &s->axis[k];
    double *oldest = axis->error[0];
    for (int i = 0; i < MOEI_PROBES - 1; i++) {
        axis->error[i] = axis->error[i + 1];
        axis->size[i] = axis->size[i + 1];
    }
    axis->error[MOEI_PROBES - 1] = oldest;
    axis->size[MOEI_PROBES - 1] = n;
    moei_run_gap(s->limit, here, next, oldest);
}

/* Whether at some time the law's error with n nodes is not yet the square root of its target: at least as
 * many nodes again are then to come. Without a law nobody knows. */
static bool far_from_target(const moei_search *s, int64_t k, int64_t n)
{
    bool far = false;
    for (int64_t t = 0; moei_axis_known(&s->axis[k]) && t < s->limit->times; t++)
        far = far || moei_axis_error(&s->axis[k], t, n) > sqrt(s->target[t]);
    return far;
}

/* run <- F(other). With one coordinate this is a whole rule: its flow keeps images, for offer_run. */
static int32_t run_line(moei_search *s, moei_run *run)
{
    if (s->resolved > 1)
        return moei_tensor_run(s, s->other, run);
    moe_measure_destroy(s->rule);
    s->rule = NULL;
    int32_t status = moei_tensor(s->limit, s->other, &s->rule);
    if (!status)
        status = moei_run_flow(s->limit, s->rule, s->tau, INFINITY, &s->now, NULL);
    if (!status)
        memcpy(run->prediction, s->now.prediction,
               (size_t)(s->limit->times * s->limit->width) * sizeof *run->prediction);
    return status;
}

/* With one coordinate: the result so far, should the budget end here. Its error counts as that of the run
 * before, and the search goes on. */
static void offer_run(moei_search *s, int64_t k)
{
    for (int64_t t = 0; t < s->limit->times; t++)
        s->gap[t] = MOEI_NODE_SAFETY * s->axis[k].error[MOEI_PROBES - 1][t];
    moei_search_estimate(s, s->gap);
    moei_search_offer(s, s->other);
    s->met = false;
}

/* From the base along coordinate k, until the law is within the target one step further on. */
static int32_t follow_line(moei_search *s, int64_t k)
{
    const moei_run *here = &s->origin;
    memset(s->axis[k].size, 0, sizeof s->axis[k].size);
    memcpy(s->other, s->base, (size_t)s->limit->d * sizeof *s->other);
    for (int i = 0;; i = !i) {
        const int64_t n = s->other[k];
        s->other[k] = far_from_target(s, k, n) ? 2 * n + 1 : more(n);
        const int32_t status = run_line(s, &s->line[i]);
        if (status)
            return status;
        add_probe(s, k, n, here, &s->line[i]);
        if (s->resolved == 1)
            offer_run(s, k);
        s->last[i] = s->other[k];
        here = &s->line[i];
        if (moei_axis_known(&s->axis[k]) && moei_within_target(s, k, more(s->other[k])))
            return MOE_OK;
    }
}

int32_t moei_lines(moei_search *s, int64_t *nodes)
{
    int32_t status = moei_tensor_run(s, s->base, &s->origin);
    moei_set_targets(s);
    for (int64_t k = 0; k < s->limit->d && !status; k++)
        if (!s->limit->only[k])
            status = follow_line(s, k);
    if (status)
        return status;
    for (int64_t k = 0; k < s->limit->d; k++) /* beyond the runs that its ray compares with */
        if (s->resolved == 1 && !s->limit->only[k])
            s->least[k] = (s->last[0] > s->last[1] ? s->last[0] : s->last[1]) + 2;
    moei_choose_sizes(s);
    *nodes = moei_tensor_nodes(s->limit, s->sizes);
    return MOE_OK;
}
