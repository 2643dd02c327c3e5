/* fluctuations.c - how mixtures of N experts lie about their limit: covariances and bands.
 *
 * The covariance is computed at ever more points in time, 9, 17, ... 129, by code of its own (collocation.c),
 * until two in a row agree; a band is its diagonal about F and the bias.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"
#include "measure/measure.h"
#include "model/model.h"
#include "study/collocation.h"
#include "study/student.h"

#include <math.h>
#include <moefield/study.h>
#include <string.h>

enum { FIRST_NODES = 9, MOST_NODES = 129 }; /* in time */

/* ---- what is asked for ------------------------------------------------------------------------ */

static int32_t need_times(const moei_fluctuations *of)
{
    int32_t status = moei_need_finite(of->context, of->count, of->times, "times");
    for (int64_t i = 0; i < of->count && !status; i++) {
        const double time = of->times[i];
        if (time < moe_field_begin(of->field) || time > moe_field_end(of->field))
            status =
                moei_fail(of->context, MOE_ERROR_TIME, "times[%lld] is %g, outside the field, from %g to %g",
                          (long long)i, time, moe_field_begin(of->field), moe_field_end(of->field));
        else if (i && !(time > of->times[i - 1]))
            status = moei_fail(of->context, MOE_ERROR_TIME, "times[%lld] is %g, not after times[%lld], %g",
                               (long long)i, time, (long long)(i - 1), of->times[i - 1]);
    }
    return status;
}

static int32_t need_request(const moei_fluctuations *of, const void *output, const char *name)
{
    moe_context *context = of->context;
    int32_t status;
    if ((status = moei_need(context, of->field, "field")) ||
        (status = moei_need(context, of->rule, "rule")) ||
        (status = moei_need(context, of->times, "times")) || (status = moei_need(context, output, name)) ||
        (status = moei_need_size(context, of->count, "count")))
        return status;
    const moe_expert *expert = of->field->model->expert;
    if (of->m < 0 || (of->m && !of->x))
        return of->m < 0 ? moei_need_size(context, of->m, "m") : moei_need(context, of->x, "x");
    if ((status = moei_need_shape(context, "m x p", 2, (const int64_t[]){of->m ? of->m : 1, expert->p})) ||
        (of->m && (status = moei_need_finite(context, of->m * expert->p, of->x, "x"))) ||
        (status = moei_need_domain(context, of->rule, expert->d, expert->period, "rule")))
        return status;
    if (!(of->tolerance >= 1e-12 && of->tolerance <= 1))
        return moei_fail(context, MOE_ERROR_TOLERANCE, "tolerance is %g, not from 1e-12 to 1", of->tolerance);
    return need_times(of);
}

/* ---- the covariance --------------------------------------------------------------------------- */

/* The largest difference of two covariances, in units of the largest entry or 1. */
static double difference(int64_t size, const double *a, const double *b)
{
    double most = 0, largest = 1;
    for (int64_t i = 0; i < size; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
        largest = fmax(largest, fabs(a[i]));
    }
    return most / largest;
}

/* covariance by ever more nodes in time, until two agree */
static int32_t refine(const moei_fluctuations *of, int64_t size, double *covariance)
{
    double *coarse = MOEI_NEW(of->context->core, size, double), change = (double)INFINITY;
    int32_t status = coarse ? moei_fluctuations_collocate(of, FIRST_NODES, covariance)
                            : moei_out_of_memory(of->context, "the covariance of fluctuations");
    for (int64_t q = 2 * FIRST_NODES - 1; !status && !(change <= of->tolerance); q = 2 * q - 1) {
        if (q > MOST_NODES) {
            status = moei_fail(of->context, MOE_ERROR_BUDGET,
                               "with %d nodes in time the covariance still changes by %.2g; shorter times?",
                               MOST_NODES, change);
            break;
        }
        memcpy(coarse, covariance, (size_t)size * sizeof *coarse);
        status = moei_fluctuations_collocate(of, q, covariance);
        change = status ? 0 : difference(size, covariance, coarse);
    }
    moei_free(of->context->core, coarse);
    return status;
}

/* covariance, and mean if it is wanted, of a request that was checked */
static int32_t fluctuate(moei_fluctuations *of, double *covariance)
{
    if (!of->m) {
        of->m = of->model->n;
        of->x = of->model->x;
    }
    const int64_t wanted = moei_mul(of->count, moei_mul(of->m, of->model->expert->K)),
                  size = moei_mul(wanted, wanted);
    if (size < 0)
        return moei_fail(of->context, MOE_ERROR_SIZE,
                         "the covariance of %lld times and %lld inputs has too many entries",
                         (long long)of->count, (long long)of->m);
    return moei_public_status(
        of->times[of->count - 1] == moe_field_begin(of->field)
            ? moei_fluctuations_collocate(of, 0, covariance) /* nothing has happened yet */
            : refine(of, size, covariance));
}

MOE_PUBLIC int32_t moe_field_fluctuations(moe_context *context, const moe_field *field,
                                          const moe_measure *rule, int64_t count, const double *times,
                                          int64_t m, const double *x, double tolerance, double *covariance)
{
    if (!context)
        return MOE_ERROR_NULL;
    moei_fluctuations of = {.context = context,
                            .field = field,
                            .model = field ? field->model : NULL,
                            .rule = rule,
                            .count = count,
                            .m = m,
                            .times = times,
                            .x = x,
                            .tolerance = tolerance};
    const int32_t status = need_request(&of, covariance, "covariance");
    return status ? status : fluctuate(&of, covariance);
}

/* ---- the band of one mixture ------------------------------------------------------------------- */

/* lower holds F: the band about it */
static void widen(const double *bias, double experts, double level, int64_t wanted, const double *covariance,
                  double *lower, double *upper)
{
    const double z = moei_student_quantile(1 - level, (double)INFINITY);
    for (int64_t a = 0; a < wanted; a++) {
        const double middle = lower[a] + (bias ? bias[a] / experts : 0);
        const double half = z * sqrt(fmax(covariance[a * wanted + a], 0) / experts);
        lower[a] = middle - half;
        upper[a] = middle + half;
    }
}

MOE_PUBLIC int32_t moe_field_band(moe_context *context, const moe_field *field, const moe_measure *rule,
                                  int64_t experts, double level, const double *bias, int64_t count,
                                  const double *times, int64_t m, const double *x, double tolerance,
                                  double *lower, double *upper)
{
    if (!context)
        return MOE_ERROR_NULL;
    moei_fluctuations of = {.context = context,
                            .field = field,
                            .model = field ? field->model : NULL,
                            .rule = rule,
                            .count = count,
                            .m = m,
                            .times = times,
                            .x = x,
                            .tolerance = tolerance,
                            .mean = lower};
    int32_t status = need_request(&of, lower, "lower");
    if (status || (status = moei_need(context, upper, "upper")))
        return status;
    if (experts < 1)
        return moei_fail(context, MOE_ERROR_VALUE, "experts is %lld; it takes 1 or more", (long long)experts);
    if (!(level > 0 && level < 1))
        return moei_fail(context, MOE_ERROR_VALUE, "level is %g; it takes a number between 0 and 1", level);
    const int64_t wanted = moei_mul(count, moei_mul(m ? m : of.model->n, of.model->expert->K));
    if (bias && wanted > 0 && (status = moei_need_finite(context, wanted, bias, "bias")))
        return status;
    double *covariance = MOEI_NEW(context->core, moei_mul(wanted, wanted), double);
    status = covariance ? fluctuate(&of, covariance) : moei_out_of_memory(context, "a band's covariance");
    if (!status)
        widen(bias, (double)experts, level, wanted, covariance, lower, upper);
    moei_free(context->core, covariance);
    return status;
}
