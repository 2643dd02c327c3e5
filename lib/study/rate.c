/* rate.c - the weighted fit of a rate, and the error of its exponent.
 *
 * A mean y_i over R_i replicas has the variance kappa_i m_i^2 / R_i about its expectation
 *   m(N) = c N^-a (...)^e,   (...) = 1 + b u(N),
 * kappa being the squared coefficient of variation of one replica: u = N^-g, e = 1, or u = 1 / ln N, e = 1/2
 * or 1 and c N^-a (ln N)^e before it. The fit solves sum_i (R_i / kappa_i) (y_i / m_i - 1) d ln m_i = 0,
 * which is free of the bias of logarithms of means (a quasi-likelihood: Wedderburn, Biometrika 61, 1974), by
 * Gauss-Newton. Weights from measured variances would follow their noise, and with few replicas narrow the
 * intervals by what is not there; so kappa comes from a line through ln kappa_i against ln N_i, and so do the
 * parameters' variances, with as many degrees of freedom as all the sample variances have.
 *
 * The parameters are ln C, a and the correction's share s of the middle,
 *   c (...)^e = C ((1 - s) + s u / u_mid)^e,   b = s / ((1 - s) u_mid),
 * since b goes to infinity where s passes 1, and the minimum is as smooth there as anywhere. Beyond MOST_SHARE
 * the leading term would be lost, and then have the wrong sign: s is held there.
 *
 * Where theory knows only between which exponents g is, CORRECTIONS of them are tried: the best is told, and the
 * interval is that of all together.
 *
 * SPDX-License-Identifier: MIT */
#include "study/rate.h"
#include "study/student.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_STEPS = 100, REWEIGHTED = 3, MOST_HALVINGS = 60, CORRECTIONS = 17 };
static const double MOST_SHARE = 0.999;

typedef struct {
    int64_t count;
    int parameters, free;      /* free: the first ones of `order`, which are fitted */
    int order[MOEI_RATE_MOST]; /* of the parameters: the exponent last, so that it can be held */
    double exponent;           /* e */
    double z[MOEI_RATE_CELLS]; /* ln y, less ln (ln N)^e */
    double smooth[MOEI_RATE_CELLS], root[MOEI_RATE_CELLS]; /* the smoothed variance of z; 1 / its root */
    double freedom;
    double logarithm[MOEI_RATE_CELLS], power[MOEI_RATE_CELLS]; /* ln N, u(N) / middle - 1 */
    double middle;                                             /* u_mid, a geometric mean */
    double gain[MOEI_RATE_MOST][MOEI_RATE_CELLS];              /* d p / d z */
    double residual[MOEI_RATE_CELLS];
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

/* `power` <- u(N) / u_mid - 1 from u(N). */
static void scale_powers(problem *p)
{
    double ln = 0;
    for (int64_t i = 0; i < p->count; i++)
        ln += log(p->power[i]) / (double)p->count;
    p->middle = exp(ln);
    for (int64_t i = 0; i < p->count; i++)
        p->power[i] = p->power[i] / p->middle - 1;
}

static bool prepare(problem *p, moei_rate_form form, int64_t count, const moei_rate_cell *cells)
{
    *p = (problem){.count = count};
    p->parameters = p->free = form.kind == MOEI_RATE_PLAIN ? 2 : 3;
    p->order[1] = p->parameters > 2 ? 2 : 1;
    p->order[2] = 1;
    p->exponent = form.kind == MOEI_RATE_LOGARITHMIC ? 0.5 : 1;
    const bool logarithms = form.kind == MOEI_RATE_LOGARITHMIC || form.kind == MOEI_RATE_GENERAL;
    if (count < p->parameters || count > MOEI_RATE_CELLS)
        return false;
    for (int64_t i = 0; i < count; i++) {
        const moei_rate_cell *c = &cells[i];
        if (!(c->mean > 0) || !isfinite(c->mean) || c->replicas < 2 || !(c->experts >= 1))
            return false;
        if (logarithms && !(c->experts >= 2))
            return false;
        p->logarithm[i] = log(c->experts);
        p->power[i] = logarithms ? 1 / p->logarithm[i] : pow(c->experts, -form.correction);
        p->z[i] = log(c->mean);
        if (logarithms)
            p->z[i] -= p->exponent * log(p->logarithm[i]);
    }
    scale_powers(p);
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
        const double ln = p->z[i] - (value[0] - value[1] * p->logarithm[i] + p->exponent * log(factor));
        p->residual[i] = expm1(ln);
        sum += 2 * (p->residual[i] - ln) / p->smooth[i];
    }
    return sum;
}

/* gain <- the pseudo-inverse of the weighted derivatives at `value`, by Gram and Schmidt; false if they
 * depend on each other. */
static bool differentiate(problem *p, const double *value)
{
    double q[MOEI_RATE_MOST][MOEI_RATE_CELLS], r[MOEI_RATE_MOST][MOEI_RATE_MOST] = {{0}};
    for (int k = 0; k < p->free; k++) {
        double before = 0;
        for (int64_t i = 0; i < p->count; i++) {
            const double factor = p->parameters > 2 ? 1 + value[2] * p->power[i] : 1;
            const double derivative[] = {1, -p->logarithm[i], p->exponent * p->power[i] / factor};
            q[k][i] = p->root[i] * derivative[p->order[k]];
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
        for (int k = p->free - 1; k >= 0; k--) {
            double sum = q[k][i] * p->root[i];
            for (int l = k + 1; l < p->free; l++)
                sum -= r[k][l] * p->gain[p->order[l]][i];
            p->gain[p->order[k]][i] = sum / r[k][k];
        }
    return true;
}

/* One step of Gauss and Newton from `value`, halved until the sum falls; *sum is kept. Whether to go on. */
static bool improve(problem *p, double *value, double *sum)
{
    double step[MOEI_RATE_MOST] = {0}, size = 0;
    for (int l = 0; l < p->free; l++) {
        const int k = p->order[l];
        for (int64_t i = 0; i < p->count; i++)
            step[k] += p->gain[k][i] * p->residual[i];
        size = fmax(size, fabs(step[k]) / (1 + fabs(value[k])));
    }
    for (double part = 1; part > 1e-6; part /= 2) {
        double next[MOEI_RATE_MOST] = {0};
        for (int k = 0; k < MOEI_RATE_MOST; k++)
            next[k] = value[k] + part * step[k];
        const double trial = residuals(p, next);
        if (trial <= *sum) {
            const bool falls = *sum - trial > 1e-13 * (1 + trial); /* a step of 3e-7 standard errors */
            *sum = trial;
            memcpy(value, next, sizeof next);
            return size > 1e-12 && falls;
        }
    }
    residuals(p, value);
    return false;
}

/* value <- the least squares fit of logarithms without b, to start from. */
static bool start(problem *p, double *value)
{
    problem plain = *p;
    plain.parameters = plain.free = 2;
    plain.order[1] = 1;
    memset(value, 0, MOEI_RATE_MOST * sizeof *value);
    if (!differentiate(&plain, value))
        return false;
    for (int64_t i = 0; i < p->count; i++)
        for (int k = 0; k < 2; k++)
            value[k] += plain.gain[k][i] * p->z[i];
    return true;
}

static bool descend(problem *p, double *value, double *sum)
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

/* value, *sum <- the least sum of squares near `value`; the share s is held if it would lose the leading term. */
static bool solve(problem *p, double *value, double *sum)
{
    bool good = descend(p, value, sum);
    if (p->parameters < 3 || value[2] <= MOST_SHARE)
        return good;
    problem held = *p;
    held.order[1] = p->order[2];
    held.free--;
    value[2] = MOST_SHARE;
    good = descend(&held, value, sum);
    memcpy(p->residual, held.residual, sizeof p->residual);
    memcpy(p->gain, held.gain, sizeof p->gain);
    return good;
}

/* ---- the exponent's interval ------------------------------------------------------------------- */

/* at, *sum <- the fit with the exponent held at `a`, from the free one at `value`; *sum is INFINITY if there is
 * none. */
static void hold(const problem *fitted, const double *value, double a, double *at, double *sum)
{
    problem p = *fitted;
    double middle = 0;
    for (int64_t i = 0; i < p.count; i++)
        middle += p.logarithm[i] / (double)p.count;
    memmove(at, value, MOEI_RATE_MOST * sizeof *at);
    at[0] += (a - at[1]) * middle; /* so that the start is near in all cells */
    at[1] = a;
    p.free--;
    if (!solve(&p, at, sum) || !isfinite(*sum))
        *sum = (double)INFINITY;
}

/* The root of the rise in deviance if the exponent is held at `a` and the others follow; about |a - value| in
 * standard errors. */
static double distance_to(const problem *fitted, const double *value, double least, double a)
{
    double at[MOEI_RATE_MOST], sum;
    hold(fitted, value, a, at, &sum);
    return sqrt(fmax(0, sum - least));
}

/* The end of the interval to one side, where that distance is `allowed`: by false position, the distance
 * being nearly linear, and by halves where it is not. */
static double find_end(const problem *p, const double *value, double least, double allowed, double step)
{
    double inside = value[1], outside = value[1] + step, below = -allowed, above;
    while ((above = distance_to(p, value, least, outside) - allowed) <= 0 && fabs(step) < 1e3) {
        inside = outside;
        below = above;
        outside += step *= 2;
    }
    for (int i = 0; i < MOST_HALVINGS && fabs(outside - inside) > 1e-9 * fabs(step); i++) {
        const bool linear = i % 3 < 2 && isfinite(above);
        const double part = linear ? fmin(fmax(below / (below - above), 0.01), 0.99) : 0.5;
        const double middle = inside + part * (outside - inside);
        const double there = distance_to(p, value, least, middle) - allowed;
        if (fabs(there) < 1e-7 * allowed)
            return middle;
        if (there <= 0) {
            inside = middle;
            below = there;
        } else {
            outside = middle;
            above = there;
        }
    }
    return outside;
}

/* ---- the fit ---------------------------------------------------------------------------------- */

/* The fit with one exponent of the correction. */
typedef struct {
    problem p;
    double value[MOEI_RATE_MOST], sum, width; /* the exponent's standard error */
} candidate;

static bool fit_one(moei_rate_form form, int64_t count, const moei_rate_cell *cells, candidate *c)
{
    if (!prepare(&c->p, form, count, cells))
        return false;
    double variance = 0;
    for (int round = 0; round < REWEIGHTED; round++) {
        smooth_weights(&c->p, cells);
        if ((round == 0 && !start(&c->p, c->value)) || !solve(&c->p, c->value, &c->sum))
            return false;
    }
    for (int64_t i = 0; i < count; i++)
        variance += c->p.gain[1][i] * c->p.gain[1][i] * c->p.smooth[i];
    c->width = sqrt(variance);
    return true;
}

int moei_rate_parameters(moei_rate_form form)
{
    const bool between =
        form.kind == MOEI_RATE_CORRECTED && form.slowest > 0 && form.slowest < form.correction;
    return form.kind == MOEI_RATE_PLAIN ? 2 : between ? 4 : 3;
}

/* The form with the k-th of the exponents that its correction may have. */
static moei_rate_form member(moei_rate_form form, int k)
{
    if (k)
        form.correction *= pow(form.slowest / form.correction, k / (double)(CORRECTIONS - 1));
    return form;
}

/* *end of the interval to one side (-1, 1), farther if the candidate's reaches farther. */
static void widen(const candidate *c, double least, double quantile, int side, double *end)
{
    if (c->sum - least >= quantile * quantile ||
        (side * (*end - c->value[1]) > 0 && distance_to(&c->p, c->value, least, *end) >= quantile))
        return;
    const double found = find_end(&c->p, c->value, least, quantile, side * quantile * c->width);
    *end = side * fmax(side * *end, side * found);
}

bool moei_rate_fit(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                   double theory, moei_rate *rate)
{
    const int64_t here = count - first;
    const int members = moei_rate_parameters(form) < 4 ? 1 : CORRECTIONS;
    candidate best = {.sum = (double)INFINITY}, c;
    *rate = (moei_rate){.first = first};
    if (here < moei_rate_parameters(form))
        return false;
    for (int k = 0; k < members; k++)
        if (fit_one(member(form, k), here, cells + first, &c) && c.sum < best.sum) {
            best = c;
            rate->correction = form.kind == MOEI_RATE_CORRECTED ? member(form, k).correction : 0;
        }
    if (!isfinite(best.sum))
        return false;
    const double quantile = moei_student_quantile(0.05, best.p.freedom), share = best.value[2];
    double off = (double)INFINITY;
    rate->low = rate->high = best.value[1];
    for (int k = 0; k < members; k++) {
        if (!fit_one(member(form, k), here, cells + first, &c))
            continue;
        off = fmin(off, distance_to(&c.p, c.value, best.sum, theory));
        widen(&c, best.sum, quantile, -1, &rate->low);
        widen(&c, best.sum, quantile, 1, &rate->high);
    }
    rate->value[0] = best.value[0] + best.p.exponent * log1p(-share);
    rate->value[1] = best.value[1];
    rate->value[2] = best.p.parameters < 3 ? 0 : share / ((1 - share) * best.p.middle);
    rate->probability = moei_student_tail(off, best.p.freedom);
    rate->chi_held = best.sum + off * off;
    rate->chi_squared = best.sum;
    rate->chi_freedom = (double)(here - moei_rate_parameters(form));
    return true;
}

/* The form's value with N experts at the parameters of a candidate. */
static double mean_at(const candidate *c, moei_rate_form form, const double *value, double N)
{
    const double ln = log(N), e = c->p.exponent;
    const bool logarithms = form.kind == MOEI_RATE_LOGARITHMIC || form.kind == MOEI_RATE_GENERAL;
    const double u = logarithms ? 1 / ln : pow(N, -form.correction);
    const double factor = c->p.parameters > 2 ? 1 + value[2] * (u / c->p.middle - 1) : 1;
    return exp(value[0] - value[1] * ln) * pow(factor * (logarithms ? ln : 1), e);
}

bool moei_rate_curve(moei_rate_form form, int64_t first, int64_t count, const moei_rate_cell *cells,
                     double held, int64_t points, const double *N, double *mean)
{
    const int members = moei_rate_parameters(form) < 4 ? 1 : CORRECTIONS;
    double least = (double)INFINITY;
    for (int k = 0; k < members; k++) {
        candidate c;
        if (!fit_one(member(form, k), count - first, cells + first, &c))
            continue;
        if (!isnan(held))
            hold(&c.p, c.value, held, c.value, &c.sum);
        if (!(c.sum < least))
            continue;
        least = c.sum;
        for (int64_t i = 0; i < points; i++)
            mean[i] = mean_at(&c, member(form, k), c.value, N[i]);
    }
    return isfinite(least);
}

bool moei_rate_fit_tail(moei_rate_form form, int64_t count, const moei_rate_cell *cells, double theory,
                        moei_rate *rate)
{
    for (int64_t first = 0; first + moei_rate_parameters(form) < count; first++)
        if (moei_rate_fit(form, first, count, cells, theory, rate) &&
            moei_chi_squared_tail(rate->chi_squared, rate->chi_freedom) >= 0.01)
            return true;
    return moei_rate_fit(form, 0, count, cells, theory, rate);
}
