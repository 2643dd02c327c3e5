/* rate.c - the weighted fit of a rate, and the error of its exponent.
 *
 * z_i = ln(mean_i) + s_i^2 / 2, the logarithm of the mean without its bias, s_i^2 = kappa_i / R_i being the
 * variance of ln(mean_i), kappa the squared coefficient of variation of one replica. Least squares of
 *   z_i - logs ln ln N_i = ln c - a ln N_i + ln(1 + b N_i^-g)
 * by Gauss-Newton in (ln c, a, b). Weights from measured variances would follow their noise: with few
 * replicas that narrows intervals by what is not there. So the weights come from a line through ln kappa_i
 * against ln N_i, and the variances of the parameters, sum_i (d p / d z_i)^2 s_i^2, from the measured ones,
 * with the degrees of freedom of Satterthwaite (Biometrics Bulletin 2, 1946).
 *
 * SPDX-License-Identifier: MIT */
#include "study/rate.h"
#include "study/student.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_CELLS = 64, MOST_STEPS = 100, REWEIGHTED = 3 };

typedef struct {
    int64_t count;
    int parameters;
    double z[MOST_CELLS];
    double smooth[MOST_CELLS], root[MOST_CELLS]; /* the smoothed variance of z; 1 / its root */
    double freedom;
    double logarithm[MOST_CELLS], power[MOST_CELLS]; /* ln N, N^-g */
    double gain[MOEI_RATE_MOST][MOST_CELLS];         /* d p / d z */
    double residual[MOST_CELLS];
} problem;

/* ---- weights ---------------------------------------------------------------------------------- */

/* In the first round against the measured mean, then the fitted one, whose noise is another. */
static double kappa_of(const problem *p, const moei_rate_cell *cells, int64_t i)
{
    return cells[i].variance * pow((1 + p->residual[i]) / cells[i].mean, 2);
}

/* ln kappa on a line against ln N; ln of a sample variance has a variance of about 2 / (R - 1). The line is
 * then raised by what logarithms of sample variances lack in the mean. */
static void smooth_weights(problem *p, const moei_rate_cell *cells)
{
    double w = 0, x = 0, y = 0, xx = 0, xy = 0, raise = 0;
    for (int64_t i = 0; i < p->count; i++) {
        const double u = (double)(cells[i].replicas - 1), ln = log(fmax(kappa_of(p, cells, i), DBL_MIN));
        w += u;
        x += u * p->logarithm[i];
        y += u * ln;
        xx += u * p->logarithm[i] * p->logarithm[i];
        xy += u * p->logarithm[i] * ln;
    }
    const double spread = xx - x * x / w, slope = spread > 0 ? (xy - x * y / w) / spread : 0;
    for (int64_t i = 0; i < p->count; i++) {
        p->smooth[i] = exp(y / w + slope * (p->logarithm[i] - x / w));
        raise += (double)(cells[i].replicas - 1) / w * kappa_of(p, cells, i) / p->smooth[i];
    }
    for (int64_t i = 0; i < p->count; i++) {
        p->smooth[i] = fmax(raise * p->smooth[i], DBL_MIN) / (double)cells[i].replicas;
        p->root[i] = 1 / sqrt(p->smooth[i]);
    }
    p->freedom = w;
}

static bool prepare(problem *p, moei_rate_form form, int64_t count, const moei_rate_cell *cells)
{
    p->count = count;
    p->parameters = form.correction > 0 ? 3 : 2;
    if (count < p->parameters || count > MOST_CELLS)
        return false;
    for (int64_t i = 0; i < count; i++) {
        const moei_rate_cell *c = &cells[i];
        if (!(c->mean > 0) || !isfinite(c->mean) || c->replicas < 2 || !(c->experts >= 1))
            return false;
        if (form.logs != 0 && !(c->experts > 1))
            return false;
        p->logarithm[i] = log(c->experts);
        p->power[i] = pow(c->experts, -form.correction);
        p->z[i] = log(c->mean);
        if (form.logs != 0)
            p->z[i] -= form.logs * log(p->logarithm[i]);
    }
    return true;
}

/* ---- least squares ---------------------------------------------------------------------------- */

/* The residuals at `value`, and their weighted sum of squares; INFINITY where the form has no logarithm. */
static double residuals(problem *p, const double *value)
{
    double sum = 0;
    for (int64_t i = 0; i < p->count; i++) {
        const double factor = p->parameters > 2 ? 1 + value[2] * p->power[i] : 1;
        if (!(factor > 0))
            return (double)INFINITY;
        const double ln = p->z[i] - (value[0] - value[1] * p->logarithm[i] + log(factor));
        p->residual[i] = expm1(ln);
        sum += 2 * (p->residual[i] - ln) / p->smooth[i];
    }
    return sum;
}

/* gain <- the pseudo-inverse of the weighted derivatives at `value`, by Gram and Schmidt; false if they
 * depend on each other. */
static bool differentiate(problem *p, const double *value)
{
    double q[MOEI_RATE_MOST][MOST_CELLS], r[MOEI_RATE_MOST][MOEI_RATE_MOST] = {{0}};
    for (int k = 0; k < p->parameters; k++) {
        double before = 0;
        for (int64_t i = 0; i < p->count; i++) {
            const double factor = p->parameters > 2 ? 1 + value[2] * p->power[i] : 1;
            const double derivative = k == 0 ? 1 : k == 1 ? -p->logarithm[i] : p->power[i] / factor;
            q[k][i] = p->root[i] * derivative;
            before += q[k][i] * q[k][i];
        }
        for (int twice = 0; twice < 2; twice++)
            for (int l = 0; l < k; l++) {
                double along = 0;
                for (int64_t i = 0; i < p->count; i++)
                    along += q[l][i] * q[k][i];
                for (int64_t i = 0; i < p->count; i++)
                    q[k][i] -= along * q[l][i];
                r[l][k] += along;
            }
        for (int64_t i = 0; i < p->count; i++)
            r[k][k] += q[k][i] * q[k][i];
        r[k][k] = sqrt(r[k][k]);
        if (!(r[k][k] > 1e-10 * sqrt(before)))
            return false;
        for (int64_t i = 0; i < p->count; i++)
            q[k][i] /= r[k][k];
    }
    for (int64_t i = 0; i < p->count; i++)
        for (int k = p->parameters - 1; k >= 0; k--) {
            double sum = q[k][i] * p->root[i];
            for (int l = k + 1; l < p->parameters; l++)
                sum -= r[k][l] * p->gain[l][i];
            p->gain[k][i] = sum / r[k][k];
        }
    return true;
}

/* One step of Gauss and Newton from `value`, halved until the sum falls; *sum is kept. Whether to go on. */
static bool improve(problem *p, double *value, double *sum)
{
    double step[MOEI_RATE_MOST] = {0}, size = 0;
    for (int k = 0; k < p->parameters; k++) {
        for (int64_t i = 0; i < p->count; i++)
            step[k] += p->gain[k][i] * p->residual[i];
        size = fmax(size, fabs(step[k]) / (1 + fabs(value[k])));
    }
    for (double part = 1; part > 1e-6; part /= 2) {
        double next[MOEI_RATE_MOST] = {0};
        for (int k = 0; k < p->parameters; k++)
            next[k] = value[k] + part * step[k];
        const double trial = residuals(p, next);
        if (trial <= *sum) {
            *sum = trial;
            memcpy(value, next, sizeof next);
            return size > 1e-12;
        }
    }
    residuals(p, value);
    return false;
}

static bool solve(problem *p, double *value, double *sum)
{
    bool more = true;
    *sum = residuals(p, value);
    for (int i = 0; i < MOST_STEPS && more; i++) {
        if (!differentiate(p, value))
            return false;
        more = improve(p, value, sum);
    }
    return differentiate(p, value);
}

bool moei_rate_fit(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                   moei_rate *rate)
{
    problem p = {0};
    *rate = (moei_rate){.first = first};
    if (!prepare(&p, form, count - first, cells + first))
        return false;
    rate->parameters = p.parameters;
    double sum = 0;
    for (int round = 0; round < REWEIGHTED; round++) {
        smooth_weights(&p, cells + first);
        if (!solve(&p, rate->value, &sum))
            return false;
    }
    for (int k = 0; k < p.parameters; k++) {
        double variance = 0;
        for (int64_t i = 0; i < p.count; i++)
            variance += p.gain[k][i] * p.gain[k][i] * p.smooth[i];
        rate->error[k] = sqrt(variance);
        rate->freedom[k] = p.freedom;
    }
    rate->chi_squared = sum;
    rate->chi_freedom = (double)(p.count - p.parameters);
    return true;
}

bool moei_rate_fit_tail(moei_rate_form form, int64_t count, const moei_rate_cell *cells, moei_rate *rate)
{
    const int needed = form.correction > 0 ? 3 : 2;
    for (int64_t first = 0; first + needed < count; first++)
        if (moei_rate_fit(form, first, count, cells, rate) &&
            moei_chi_squared_tail(rate->chi_squared, rate->chi_freedom) >= 0.01)
            return true;
    return moei_rate_fit(form, 0, count, cells, rate);
}

double moei_rate_probability(const moei_rate *rate, int i, double theory)
{
    return moei_student_tail(fabs(rate->value[i] - theory) / rate->error[i], rate->freedom[i]);
}

double moei_rate_width(const moei_rate *rate, int i, double coverage)
{
    return rate->error[i] * moei_student_quantile(1 - coverage, rate->freedom[i]);
}
