/* bench_flow_overhead.c - what a step costs besides its right-hand sides.
 *
 * Prints CSV: problem,method,us_rhs,us_step,rhs_per_step,overhead - microseconds of CPU time on one thread;
 * the overhead is us_step / (rhs_per_step us_rhs) - 1. N n = 1e6: 10,000 experts on 100 points, one_qubit
 * with 1 parameter or neurons with 3. Smallest of several runs, right-hand sides and steps in turn.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/flow_problems.h"

#include "flow/flow.h"

#include <time.h>

enum { EXPERTS = 10000, POINTS = 100, RUNS = 15 };

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

static double time_rhs(moe_flow *flow)
{
    double square;
    const double begin = microseconds();
    must(flow->context, moei_flow_slope_now(flow, &square));
    return microseconds() - begin;
}

static double time_step(moe_flow *flow, int64_t *evaluations)
{
    int64_t before, after;
    must(flow->context, moe_flow_counts(flow, NULL, NULL, &before));
    const double begin = microseconds();
    must(flow->context, moe_flow_step(flow, 1e9));
    const double end = microseconds();
    must(flow->context, moe_flow_counts(flow, NULL, NULL, &after));
    *evaluations = after - before;
    return end - begin;
}

static void measure(const char *of, moe_context *context, const moe_model *model, const moe_measure *start,
                    const char *name, int32_t method)
{
    moe_flow *flow;
    double rhs = INFINITY, step = INFINITY, each = 0;
    must(context, moe_flow_create(context, model, start, &flow));
    must(context, moe_flow_set_method(flow, method));
    must(context, moe_flow_set_tolerance(flow, 1e-6, 1e-6));
    must(context, moe_flow_step(flow, 1e9));
    for (int run = 0; run < RUNS; run++) {
        int64_t evaluations;
        rhs = fmin(rhs, time_rhs(flow));
        const double time = time_step(flow, &evaluations);
        if (time / (double)evaluations < step) {
            step = time / (double)evaluations;
            each = (double)evaluations;
        }
    }
    printf("%s,%s,%.1f,%.1f,%g,%.4f\n", of, name, rhs, step * each, each, step / rhs - 1);
    moe_flow_destroy(flow);
}

int main(void)
{
    static const struct {
        const char *name;
        int32_t id;
    } methods[] = {{"dopri5", MOE_METHOD_DOPRI5},
                   {"dop853", MOE_METHOD_DOP853},
                   {"adams", MOE_METHOD_ADAMS},
                   {"rkc", MOE_METHOD_RKC},
                   {"low_storage", MOE_METHOD_LOW_STORAGE}};
    moe_context *context;
    must(NULL, moe_context_create(NULL, &context));
    moe_model *models[] = {sine_model(context, circuit_expert(context, 1, 1, 1), POINTS),
                           sine_model(context, neuron_expert(context), POINTS)};
    moe_measure *starts[] = {angles(context, 1, EXPERTS, true), neurons(context, EXPERTS)};
    static const char *const problems[] = {"one_qubit", "neurons"};
    printf("problem,method,us_rhs,us_step,rhs_per_step,overhead\n");
    for (int p = 0; p < 2; p++) {
        for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
            measure(problems[p], context, models[p], starts[p], methods[m].name, methods[m].id);
        moe_measure_destroy(starts[p]);
        moe_model_destroy(models[p]);
    }
    moe_context_destroy(context);
    return 0;
}
