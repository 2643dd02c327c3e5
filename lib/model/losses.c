/* losses.c - the library's losses: value, residual and curvature of one sample at a time.
 *
 * Written so that nothing overflows and nothing small is the difference of large numbers: a residual is
 * accurate to some units in the last place even where it is e^-700.
 *
 * SPDX-License-Identifier: MIT */
#include "model/loss.h"

#include <math.h>

/* ---- square: 1/2 |f - y|^2 -------------------------------------------------------------------- */

static int32_t square_value(void *self, int64_t n, int64_t K, const double *f, const double *y, double *value)
{
    (void)self;
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t k = j * K; k < (j + 1) * K; k++)
            sum += (f[k] - y[k]) * (f[k] - y[k]);
        value[j] = sum / 2;
    }
    return 0;
}

static int32_t square_residual(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r)
{
    (void)self;
    for (int64_t k = 0; k < n * K; k++)
        r[k] = f[k] - y[k];
    return 0;
}

static int32_t square_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                const double *u, double *c)
{
    (void)self, (void)f, (void)y;
    for (int64_t k = 0; k < n * K; k++)
        c[k] = u[k];
    return 0;
}

const moei_loss_kind moei_square_loss = {.ops = {.struct_size = sizeof(moe_loss_ops),
                                                 .value = square_value,
                                                 .residual = square_residual,
                                                 .curvature = square_curvature},
                                         .least_outputs = 1};

/* ---- Huber: r^2 / 2 for |r| <= delta, delta (|r| - delta / 2) beyond --------------------------- */

static int32_t huber_value(void *self, int64_t n, int64_t K, const double *f, const double *y, double *value)
{
    const double delta = *(const double *)self;
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t k = j * K; k < (j + 1) * K; k++) {
            const double r = fabs(f[k] - y[k]);
            sum += r <= delta ? r * r / 2 : delta * (r - delta / 2);
        }
        value[j] = sum;
    }
    return 0;
}

static int32_t huber_residual(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r)
{
    const double delta = *(const double *)self;
    for (int64_t k = 0; k < n * K; k++)
        r[k] = fmin(fmax(f[k] - y[k], -delta), delta);
    return 0;
}

static int32_t huber_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                               const double *u, double *c)
{
    const double delta = *(const double *)self;
    for (int64_t k = 0; k < n * K; k++)
        c[k] = fabs(f[k] - y[k]) <= delta ? u[k] : 0;
    return 0;
}

const moei_loss_kind moei_huber_loss = {.ops = {.struct_size = sizeof(moe_loss_ops),
                                                .value = huber_value,
                                                .residual = huber_residual,
                                                .curvature = huber_curvature},
                                        .least_outputs = 1};

/* ---- logistic: log(1 + e^f) - y f, each output by itself --------------------------------------- */

static double sigmoid(double f)
{
    const double e = exp(-fabs(f));
    return f >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/* (1 - y) max(f, 0) + y max(-f, 0) + log(1 + e^-|f|): no term is negative */
static int32_t logistic_value(void *self, int64_t n, int64_t K, const double *f, const double *y,
                              double *value)
{
    (void)self;
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t k = j * K; k < (j + 1) * K; k++)
            sum += (f[k] > 0 ? 1 - y[k] : y[k]) * fabs(f[k]) + log1p(exp(-fabs(f[k])));
        value[j] = sum;
    }
    return 0;
}

/* sigmoid(f) - y = (1 - y) sigmoid(f) - y sigmoid(-f) */
static int32_t logistic_residual(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                 double *r)
{
    (void)self;
    for (int64_t k = 0; k < n * K; k++)
        r[k] = (1 - y[k]) * sigmoid(f[k]) - y[k] * sigmoid(-f[k]);
    return 0;
}

static int32_t logistic_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                  const double *u, double *c)
{
    (void)self, (void)y;
    for (int64_t k = 0; k < n * K; k++)
        c[k] = sigmoid(f[k]) * sigmoid(-f[k]) * u[k];
    return 0;
}

static int32_t logistic_admit(moe_context *context, int64_t n, int64_t K, double *y)
{
    for (int64_t k = 0; k < n * K; k++)
        if (!(y[k] >= 0 && y[k] <= 1))
            return moei_fail(context, MOE_ERROR_VALUE,
                             "y of sample %lld, output %lld, is %g; the logistic loss takes 0 to 1",
                             (long long)(k / K), (long long)(k % K), y[k]);
    return MOE_OK;
}

const moei_loss_kind moei_logistic_loss = {.ops = {.struct_size = sizeof(moe_loss_ops),
                                                   .value = logistic_value,
                                                   .residual = logistic_residual,
                                                   .curvature = logistic_curvature},
                                           .least_outputs = 1,
                                           .admit = logistic_admit};

/* ---- softmax: log sum_k e^f_k - <y, f> with sum_k y_k = 1 -------------------------------------- */

/* What a sample's probabilities p_k = e^(f_k - top) / (1 + others) are made of: the largest output, its
 * index, and the sum of e^(f_k - top) over the other ones. Only that output can have 1 - p_k small, and there
 * it is others / (1 + others). */
typedef struct {
    double top, others;
    int64_t at;
} softmax;

static softmax softmax_of(int64_t K, const double *f)
{
    softmax s = {.top = f[0]};
    for (int64_t k = 1; k < K; k++)
        if (f[k] > s.top)
            s.top = f[s.at = k];
    for (int64_t k = 0; k < K; k++)
        s.others += k == s.at ? 0 : exp(f[k] - s.top);
    return s;
}

static double probability(const softmax *s, int64_t k, double f)
{
    return (k == s->at ? 1 : exp(f - s->top)) / (1 + s->others);
}

/* sum_k y_k (top - f_k) + log(1 + others): no term is negative */
static int32_t softmax_value(void *self, int64_t n, int64_t K, const double *f, const double *y,
                             double *value)
{
    (void)self;
    for (int64_t j = 0; j < n; j++, f += K, y += K) {
        const softmax s = softmax_of(K, f);
        value[j] = log1p(s.others);
        for (int64_t k = 0; k < K; k++)
            value[j] += y[k] * (s.top - f[k]);
    }
    return 0;
}

/* p_k - y_k = p_k (1 - y_k) - y_k (1 - p_k) */
static int32_t softmax_residual(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r)
{
    (void)self;
    for (int64_t j = 0; j < n; j++, f += K, y += K, r += K) {
        const softmax s = softmax_of(K, f);
        for (int64_t k = 0; k < K; k++) {
            const double p = probability(&s, k, f[k]);
            const double rest = k == s.at ? s.others / (1 + s.others) : 1 - p;
            r[k] = p * (1 - y[k]) - y[k] * rest;
        }
    }
    return 0;
}

/* p_k (u_k - <p, u>) */
static int32_t softmax_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                                 const double *u, double *c)
{
    (void)self, (void)y;
    for (int64_t j = 0; j < n; j++, f += K, u += K, c += K) {
        const softmax s = softmax_of(K, f);
        double mean = 0;
        for (int64_t k = 0; k < K; k++)
            mean += probability(&s, k, f[k]) * u[k];
        for (int64_t k = 0; k < K; k++)
            c[k] = probability(&s, k, f[k]) * (u[k] - mean);
    }
    return 0;
}

/* Each row is divided by its sum, so that the residual is the derivative of the value to the bit's end. */
static int32_t softmax_admit(moe_context *context, int64_t n, int64_t K, double *y)
{
    for (int64_t j = 0; j < n; j++, y += K) {
        double sum = 0;
        for (int64_t k = 0; k < K; k++) {
            if (!(y[k] >= 0))
                return moei_fail(context, MOE_ERROR_VALUE,
                                 "y of sample %lld, output %lld, is %g; the softmax loss takes probabilities",
                                 (long long)j, (long long)k, y[k]);
            sum += y[k];
        }
        if (!(fabs(sum - 1) <= 1e-9))
            return moei_fail(context, MOE_ERROR_VALUE,
                             "y of sample %lld sums to %.17g; the softmax loss takes probabilities",
                             (long long)j, sum);
        for (int64_t k = 0; k < K; k++)
            y[k] /= sum;
    }
    return MOE_OK;
}

const moei_loss_kind moei_softmax_loss = {.ops = {.struct_size = sizeof(moe_loss_ops),
                                                  .value = softmax_value,
                                                  .residual = softmax_residual,
                                                  .curvature = softmax_curvature},
                                          .least_outputs = 2,
                                          .admit = softmax_admit};
