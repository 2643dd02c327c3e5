/* mixture.h - a small mixture of waves with its data, ready to flow: the fixture of the model and flow tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_MIXTURE_H
#define MOE_TEST_MIXTURE_H

#include "support/experts.h"
#include "support/test.h"

enum { MIXTURE_POINTS = 5 };

struct mixture {
    struct wave wave;
    double x[MIXTURE_POINTS], y[MIXTURE_POINTS], v[MIXTURE_POINTS];
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_law *law;
    moe_measure *mu; /* `count` draws */
};

static inline int32_t mixture_make(struct mixture *m, const moe_allocator *allocator, int64_t count)
{
    *m = (struct mixture){.wave = {.d = 2, .c = {0.9, -0.5}, .a = {1, 2}},
                          .x = {-1, -0.2, 0.4, 1.1, 1.9},
                          .y = {0.5, -0.3, 0.2, 0.7, -0.6},
                          .v = {0.1, 0.3, 0.2, 0.25, 0.15}};
    const double turns[] = {2 * PI, 2 * PI};
    int32_t status = moe_context_create(allocator, &m->context);
    if (!status)
        status = wave_expert(m->context, &m->wave, &m->expert);
    if (!status)
        status = moe_model_create(m->context, m->expert, MIXTURE_POINTS, m->x, m->y, m->v, &m->model);
    if (!status)
        status = moe_law_create(m->context, 2, turns, &m->law);
    if (!status)
        status = moe_measure_random(m->context, m->law, 5, 0, 0, count, &m->mu);
    return status;
}

static inline void mixture_free(struct mixture *m)
{
    moe_measure_destroy(m->mu);
    moe_law_destroy(m->law);
    moe_model_destroy(m->model);
    moe_expert_destroy(m->expert);
    moe_context_destroy(m->context);
}

/* The field of the flow of a model in the mixture's context, from mu up to `end`. */
static inline moe_field *mixture_record(struct mixture *m, const moe_model *model, const moe_measure *mu,
                                        double end)
{
    moe_flow *flow;
    moe_field *field;
    assert_ok(m->context, moe_flow_create(m->context, model, mu, &flow));
    assert_ok(m->context, moe_flow_set_tolerance(flow, 0, 1e-12));
    assert_ok(m->context, moe_flow_record(flow));
    assert_ok(m->context, moe_flow_advance(flow, end));
    assert_ok(m->context, moe_flow_field(flow, &field));
    moe_flow_destroy(flow);
    return field;
}

/* That of the mixture's limit, from so many nodes in each coordinate. */
static inline moe_field *mixture_field(struct mixture *m, int64_t nodes, double end)
{
    const int64_t sizes[] = {nodes, nodes};
    moe_measure *mu;
    assert_ok(m->context, moe_measure_tensor(m->context, m->law, sizes, &mu));
    moe_field *field = mixture_record(m, m->model, mu, end);
    moe_measure_destroy(mu);
    return field;
}

#endif
