/* problem.c - two measures made ready for a solver: points reduced and scaled, masses balanced.
 *
 * Points. On a circle of period 2h a representative is reduced to [-h, h] by the IEEE remainder, which is
 * exact, and kept with its way to the cut, h - |x|. The geodesic distance of x and y is then
 *     min(|x - y|, (h - |x|) + (h - |y|)),
 * with a relative error of eps, 2^-52, also next to the cut: nothing cancels that was rounded before.
 * All lengths are in units of a power of two near the diameter, so that squares and powers neither over- nor
 * underflow where it matters.
 *
 * Masses. Rows w_i, columns w_j S_a / S_b, where S are the sums of the weights. Two uniform measures of na
 * and nb points have nb/g and na/g instead, g the greatest common divisor: integers, whose sums are exact.
 * Points of weight 0 are left out.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/reduce.h"
#include "transport/transport.h"

#include <float.h>
#include <math.h>

/* ---- points ----------------------------------------------------------------------------------- */

/* The lengths that matter for the unit: half the extent of coordinate k, and its largest absolute value. */
static double half_extent(const moe_measure *a, const moe_measure *b, int64_t k, double *largest)
{
    if (isfinite(a->period[k]))
        return a->period[k] / 2;
    double low = INFINITY, high = -INFINITY;
    for (int side = 0; side < 2; side++) {
        const moe_measure *measure = side ? b : a;
        for (int64_t i = 0; i < measure->count; i++) {
            const double x = measure->points[i * measure->d + k] / 2;
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
    }
    *largest = fmax(*largest, fmax(high, -low));
    return high - low;
}

/* The exponent of a power of two near the diameter; larger if the largest coordinate would overflow in that
 * unit. */
static int choose_exponent(const moe_measure *a, const moe_measure *b)
{
    double diameter = 0, largest = 0;
    for (int64_t k = 0; k < a->d; k++)
        diameter = hypot(diameter, half_extent(a, b, k, &largest));
    int exponent = diameter > 0 ? ilogb(fmin(diameter, DBL_MAX)) + 1 : 0;
    if (largest > 0 && exponent < ilogb(largest) - 900)
        exponent = ilogb(largest) - 900;
    return exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent; /* 2^-exponent is a double */
}

static void place(const moe_measure *measure, double unit, const double *half, moei_cloud *cloud)
{
    for (int64_t k = 0; k < measure->d; k++)
        for (int64_t i = 0; i < cloud->count; i++) {
            const double x =
                moei_reduced(measure->points[cloud->index[i] * measure->d + k], measure->period[k] / 2);
            cloud->x[k * cloud->stride + i] = x * unit;
            cloud->cut[k * cloud->stride + i] = half[k] - fabs(x * unit);
        }
}

/* ---- masses ----------------------------------------------------------------------------------- */

/* sum_i w[i], the error of each addition carried along (Neumaier 1974). */
static double total_weight(const moe_measure *measure)
{
    double sum = 0, carry = 0;
    for (int64_t i = 0; i < measure->count; i++) {
        const double w = measure->weights[i], next = sum + w;
        carry += sum >= w ? (sum - next) + w : (w - next) + sum;
        sum = next;
    }
    return sum + carry;
}

static bool is_uniform(const moe_measure *measure)
{
    for (int64_t i = 1; i < measure->count; i++)
        if (measure->weights[i] != measure->weights[0])
            return false;
    return true;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* mass[i] = w[index[i]] factor, or `factor` itself if the measure is uniform and masses are whole. */
static void weigh(const moe_measure *measure, bool whole, double factor, moei_cloud *cloud)
{
    for (int64_t i = 0; i < cloud->count; i++)
        cloud->mass[i] = whole ? factor : measure->weights[cloud->index[i]] * factor;
}

static void balance(const moe_measure *a, const moe_measure *b, moei_problem *problem)
{
    const double limit = 0x1p53;
    const int64_t divisor = common_divisor(a->count, b->count);
    const double row = (double)(b->count / divisor), column = (double)(a->count / divisor);
    problem->whole = row * (double)a->count < limit && is_uniform(a) && is_uniform(b);
    problem->total = problem->whole ? row * (double)a->count : total_weight(a);
    problem->row_factor = problem->whole ? row : 1;
    problem->column_factor = problem->whole ? column : problem->total / total_weight(b);
}

/* ---- both ------------------------------------------------------------------------------------- */

static bool cloud_create(moei_core *core, const moe_measure *measure, bool all, moei_cloud *cloud)
{
    for (int64_t i = 0; i < measure->count; i++)
        cloud->count += all || measure->weights[i] > 0;
    cloud->points = measure->count;
    cloud->stride = (cloud->count + MOEI_BLOCK - 1) / MOEI_BLOCK * MOEI_BLOCK;
    cloud->index = MOEI_NEW(core, cloud->count, int64_t);
    cloud->mass = MOEI_NEW(core, cloud->count, double);
    cloud->x = MOEI_NEW(core, moei_mul(measure->d, cloud->stride), double);
    cloud->cut = MOEI_NEW(core, moei_mul(measure->d, cloud->stride), double);
    if (!cloud->index || !cloud->mass || !cloud->x || !cloud->cut)
        return false;
    for (int64_t i = 0, kept = 0; i < measure->count; i++)
        if (all || measure->weights[i] > 0)
            cloud->index[kept++] = i;
    return true;
}

static void cloud_free(moei_core *core, moei_cloud *cloud)
{
    moei_free(core, cloud->index);
    moei_free(core, cloud->mass);
    moei_free(core, cloud->x);
    moei_free(core, cloud->cut);
}

int32_t moei_problem_open(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                          moei_problem *problem)
{
    *problem = (moei_problem){.context = context, .a = a, .b = b, .d = a->d, .p = p};
    problem->half = MOEI_NEW(context->core, a->d, double);
    if (!problem->half)
        return moei_out_of_memory(context, "the points of a distance");
    problem->exponent = choose_exponent(a, b);
    for (int64_t k = 0; k < a->d; k++)
        problem->half[k] = a->period[k] / 2 * ldexp(1, -problem->exponent);
    balance(a, b, problem);
    return MOE_OK;
}

static int32_t problem_create(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                              bool all, moei_problem *problem)
{
    moei_core *core = context->core;
    const int32_t status = moei_problem_open(context, a, b, p, problem);
    if (status)
        return status;
    if (!cloud_create(core, a, all, &problem->rows) || !cloud_create(core, b, all, &problem->columns))
        return moei_out_of_memory(context, "the points of a distance");
    const double unit = ldexp(1, -problem->exponent);
    place(a, unit, problem->half, &problem->rows);
    place(b, unit, problem->half, &problem->columns);
    weigh(a, problem->whole, problem->row_factor, &problem->rows);
    weigh(b, problem->whole, problem->column_factor, &problem->columns);
    return MOE_OK;
}

int32_t moei_problem_create(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                            moei_problem *problem)
{
    return problem_create(context, a, b, p, false, problem);
}

int32_t moei_problem_create_all(moe_context *context, const moe_measure *a, const moe_measure *b, double p,
                                moei_problem *problem)
{
    return problem_create(context, a, b, p, true, problem);
}

void moei_problem_free(moei_problem *problem)
{
    moei_core *core = problem->context->core;
    moei_free(core, problem->half);
    cloud_free(core, &problem->rows);
    cloud_free(core, &problem->columns);
}

void moei_plan_free(moei_plan *plan)
{
    if (plan->core) {
        moei_free(plan->core, plan->edge);
        moei_free(plan->core, plan->price);
        moei_free(plan->core, plan->row);
        moei_free(plan->core, plan->column);
    }
}
