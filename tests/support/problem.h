/* problem.h - a context, an expert, its model and its points: what tests of models and flows set up and tear
 * down, in the order in which a host would.
 *
 *   struct problem p;
 *   problem_of_pairs(&p);                     context and expert
 *   problem_model(&p, n, x, y, v);            for p.objective, once problem_objective has made one
 *   problem_points(&p, count, theta, w);      or problem_grid, problem_draws: the law is uniform
 *   moe_flow *flow = problem_flow(&p, method, tolerance);
 *   ...
 *   problem_free(&p);
 *
 * A second model or set of points takes the place of the first. All assert: none for callbacks.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_PROBLEM_H
#define MOE_TEST_PROBLEM_H

#include "support/experts.h"
#include "support/test.h"

struct problem {
    moe_context *context;
    moe_expert *expert;
    moe_objective *objective; /* NULL: the square loss and nothing else */
    moe_model *model;
    moe_law *law; /* of the grid or the draws; NULL for given points */
    moe_measure *mu;
};

/* wave lives as long as the problem */
static inline void problem_of_waves(struct problem *p, struct wave *wave)
{
    *p = (struct problem){0};
    assert_ok(NULL, moe_context_create(NULL, &p->context));
    assert_ok(p->context, wave_expert(p->context, wave, &p->expert));
}

/* so does d */
static inline void problem_of_linear(struct problem *p, int64_t *d)
{
    *p = (struct problem){0};
    assert_ok(NULL, moe_context_create(NULL, &p->context));
    assert_ok(p->context, linear_expert(p->context, d, &p->expert));
}

static inline void problem_of_pairs(struct problem *p)
{
    *p = (struct problem){0};
    assert_ok(NULL, moe_context_create(NULL, &p->context));
    assert_ok(p->context, pair_expert(p->context, &p->expert));
}

/* an expert of the test's own, with one input and one output */
static inline void problem_of_own(struct problem *p, const moe_expert_ops *ops, void *self, int64_t d,
                                  const double *period)
{
    *p = (struct problem){0};
    assert_ok(NULL, moe_context_create(NULL, &p->context));
    assert_ok(p->context, moe_expert_create(p->context, ops, self, d, 1, 1, period, &p->expert));
}

static inline void problem_objective(struct problem *p)
{
    assert_ok(p->context, moe_objective_create(p->context, p->expert, &p->objective));
}

static inline void problem_model(struct problem *p, int64_t n, const double *x, const double *y,
                                 const double *v)
{
    moe_model_destroy(p->model);
    assert_ok(p->context, p->objective ? moe_model_create_for(p->context, p->objective, n, x, y, v, &p->model)
                                       : moe_model_create(p->context, p->expert, n, x, y, v, &p->model));
}

static inline void problem_points(struct problem *p, int64_t count, const double *theta, const double *w)
{
    moe_measure_destroy(p->mu);
    assert_ok(p->context, moe_measure_create(p->context, moe_expert_parameters(p->expert),
                                             moe_expert_period(p->expert), count, theta, w, &p->mu));
}

/* law <- uniform on every circle */
static inline void problem_law(struct problem *p)
{
    moe_law_destroy(p->law);
    assert_ok(p->context, moe_law_create(p->context, moe_expert_parameters(p->expert),
                                         moe_expert_period(p->expert), &p->law));
}

/* the tensor rule of so many nodes in each of at most WAVE_MAX coordinates */
static inline void problem_grid(struct problem *p, int64_t nodes)
{
    const int64_t sizes[WAVE_MAX] = {nodes, nodes, nodes, nodes, nodes, nodes};
    problem_law(p);
    moe_measure_destroy(p->mu);
    assert_ok(p->context, moe_measure_tensor(p->context, p->law, sizes, &p->mu));
}

static inline void problem_draws(struct problem *p, uint64_t seed, int64_t stream, int64_t count)
{
    problem_law(p);
    moe_measure_destroy(p->mu);
    assert_ok(p->context, moe_measure_random(p->context, p->law, seed, stream, 0, count, &p->mu));
}

/* the flow from the points, its absolute tolerance alone */
static inline moe_flow *problem_flow(const struct problem *p, int32_t method, double tolerance)
{
    moe_flow *flow;
    assert_ok(p->context, moe_flow_create(p->context, p->model, p->mu, &flow));
    assert_ok(p->context, moe_flow_set_method(flow, method));
    assert_ok(p->context, moe_flow_set_tolerance(flow, 0, tolerance));
    return flow;
}

/* the limit from the law, to a tolerance, at these times */
static inline moe_limit *problem_limit(const struct problem *p, int64_t count, const double *times,
                                       double tolerance)
{
    moe_limit *limit;
    assert_ok(p->context, moe_limit_create(p->context, p->model, p->law, &limit));
    assert_ok(p->context, moe_limit_set_times(limit, count, times));
    assert_ok(p->context, moe_limit_set_tolerance(limit, tolerance));
    assert_ok(p->context, moe_limit_solve(limit));
    return limit;
}

static inline void problem_free(struct problem *p)
{
    moe_measure_destroy(p->mu);
    moe_law_destroy(p->law);
    moe_model_destroy(p->model);
    moe_objective_destroy(p->objective);
    moe_expert_destroy(p->expert);
    moe_context_destroy(p->context);
    *p = (struct problem){0};
}

#endif
