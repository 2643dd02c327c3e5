/* search.c - the search for a rule and a tolerance in time: what its parts share, and their order.
 *
 *   1. tau: from a coarse rule, |F(tau) - F(tau/10)| is the error in time, which the nodes hardly change.
 *   2. Up to 4 coordinates: lines (lines.c) tell what a tensor rule takes. If that is at most 2^18 nodes, it
 *      is refined (refine.c) until its estimate meets the request.
 *   3. More coordinates, or more nodes with several of them: shifted lattices (shifts.c), whose error falls
 * whatever the number of coordinates. Where they do not get there either, the tensor rule after all, if it is
 * allowed.
 *
 * Choices depend on predictions and sizes only, hence not on threads.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/limit.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const int64_t few = 4;                       /* coordinates: tensor rules first                */
static const int64_t lines_up_to = 6;               /* coordinates: a line crosses 3^5 nodes          */
static const int64_t modest = (int64_t)1 << 18;     /* nodes of a tensor rule that needs no other     */
static const int64_t first_hope = (int64_t)1 << 17; /* nodes of lattices before lines are looked along */
static const int64_t coarse = 512;                  /* points of the lattice that the time is chosen on */

/* Nodes in each coordinate of the rule where lines cross, by the number of resolved ones; with more, the
 * last. With one its line is all there is; with many a line has to cross few. */
static const int64_t crossing[] = {3, 3, 7, 5, 5, 3};

/* The tolerance in time: no longer than steps whose error follows the law of their order, no shorter than
 * what rounding leaves; how often it is tried, and how much shorter at once. */
static const double longest_tau = 1e-6, shortest_tau = 1e-14, sharpest_cut = 0.02;
enum { MOST_TRIES = 9 };
static const double luck = 0.02; /* an error in time is taken to be at least this part of tau */

static void search_free(moei_search *s)
{
    moei_core *core = s->limit->core;
    moei_run_free(s->limit, &s->now);
    moei_run_free(s->limit, &s->origin);
    moei_run_free(s->limit, &s->line[0]);
    moei_run_free(s->limit, &s->line[1]);
    moe_measure_destroy(s->rule);
    double *blocks[] = {s->errors, s->ray, s->gap, s->time_error, s->target, s->estimate, s->gamma};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        moei_free(core, blocks[i]);
    moei_free(core, s->axis);
    moei_free(core, s->other);
    moei_free(core, s->sizes);
    moei_free(core, s->least);
    moei_free(core, s->base);
}

static int32_t search_create(moe_limit *limit, moei_search *s)
{
    moei_core *core = limit->core;
    const int64_t d = limit->d, times = limit->times;
    *s = (moei_search){.limit = limit,
                       .base = MOEI_NEW(core, d, int64_t),
                       .least = MOEI_NEW(core, d, int64_t),
                       .sizes = MOEI_NEW(core, d, int64_t),
                       .other = MOEI_NEW(core, d, int64_t),
                       .axis = MOEI_NEW(core, d, moei_axis),
                       .errors = MOEI_NEW(core, moei_mul(MOEI_PROBES * d, times), double),
                       .ray = MOEI_NEW(core, moei_mul(3, times), double),
                       .gap = MOEI_NEW(core, times, double),
                       .time_error = MOEI_NEW(core, times, double),
                       .estimate = MOEI_NEW(core, times, double),
                       .target = MOEI_NEW(core, times, double)};
    int32_t status = MOE_OK;
    if (!s->base || !s->least || !s->sizes || !s->other || !s->axis || !s->errors || !s->ray || !s->gap ||
        !s->time_error || !s->target || !s->estimate)
        status = moei_out_of_memory(limit->context, "the search for a limit's nodes");
    if (!status)
        status = moei_run_create(limit, true, &s->now);
    if (!status)
        status = moei_run_create(limit, false, &s->origin);
    for (int i = 0; i < 2 && !status; i++)
        status = moei_run_create(limit, false, &s->line[i]);
    for (int64_t k = 0; !status && k < d; k++) {
        s->resolved += limit->only[k] == 0;
        for (int i = 0; i < MOEI_PROBES; i++)
            s->axis[k].error[i] = s->errors + (MOEI_PROBES * k + i) * times;
    }
    const int64_t most = sizeof crossing / sizeof crossing[0] - 1;
    for (int64_t k = 0; !status && k < d; k++)
        s->least[k] = s->base[k] =
            limit->only[k] ? limit->only[k] : crossing[s->resolved < most ? s->resolved : most];
    return status;
}

/* ---- errors and results ----------------------------------------------------------------------- */

double moei_search_floor(const moei_search *s)
{
    double largest = 1;
    for (int64_t j = 0; j < s->limit->times * s->limit->width; j++)
        largest = fmax(largest, fabs(s->now.prediction[j]));
    return 16 * DBL_EPSILON * largest;
}

double moei_search_worst(const moei_search *s, const double *error)
{
    double most = 0;
    for (int64_t t = 0; t < s->limit->times; t++)
        most = fmax(most, error[t]);
    return most;
}

/* The part of the estimate that more nodes do not change: time, and rounding. */
static double other_error(const moei_search *s)
{
    return fmax(MOEI_TIME_SAFETY * moei_search_worst(s, s->time_error), luck * s->tau) + moei_search_floor(s);
}

double moei_search_node_share(const moei_search *s)
{
    const double tolerance = s->limit->tolerance;
    return fmax(fmin(MOEI_NODE_SHARE * tolerance, tolerance - other_error(s)), MOEI_LEAST_SHARE * tolerance);
}

void moei_search_estimate(moei_search *s, const double *node_error)
{
    const double other = other_error(s);
    for (int64_t t = 0; t < s->limit->times; t++)
        s->estimate[t] = node_error[t] + other;
    s->met = moei_search_worst(s, s->estimate) <= s->limit->tolerance;
}

/* Progress: of the decades between the first estimate and the request, those that are done. */
static void tell_part(moei_search *s)
{
    const double worst = moei_search_worst(s, s->estimate), wanted = s->limit->tolerance;
    if (!isfinite(worst))
        return;
    if (s->first == 0)
        s->first = fmax(worst, 10 * wanted);
    const double part = s->met ? 1 : log(s->first / worst) / log(s->first / wanted);
    s->limit->part = fmax(s->limit->part, fmin(part, s->met ? 1 : 0.99));
}

void moei_search_offer(moei_search *s, const int64_t *sizes)
{
    moe_limit *limit = s->limit;
    tell_part(s);
    if (limit->solved && moei_search_worst(s, limit->error) < moei_search_worst(s, s->estimate))
        return;
    const moei_run old = limit->run;
    limit->run = s->now;
    s->now = old;
    moe_measure_destroy(limit->rule);
    limit->rule = s->rule;
    s->rule = NULL;
    for (int64_t k = 0; k < limit->d; k++)
        limit->sizes[k] = sizes ? sizes[k] : limit->only[k] == 1;
    limit->flow_tolerance = s->tau;
    memcpy(limit->error, s->estimate, (size_t)limit->times * sizeof *limit->error);
    limit->solved = true;
}

/* ---- 1. time ---------------------------------------------------------------------------------- */

/* now <- F(tau), time_error <- |F(tau) - F(tau/10)|, in shorter steps also where both tolerances would take
 * the same ones, from one of the limit's times to the next */
static int32_t measure_time(moei_search *s, double tau)
{
    moe_limit *limit = s->limit;
    const double end = limit->time[limit->times - 1];
    int32_t status = moei_run_flow(limit, s->rule, tau, INFINITY, &s->now, NULL);
    const double longest = end > 0 ? 0.6 * end / (double)s->now.steps : (double)INFINITY;
    if (!status)
        status = moei_run_flow(limit, s->rule, tau / 10, longest, &s->line[0], NULL);
    if (!status)
        moei_run_gap(limit, &s->now, &s->line[0], s->time_error);
    return status;
}

/* tau <- one whose error in time is within its share; the coarse rule's run is the result so far */
static int32_t choose_tau(moei_search *s, const int64_t *sizes)
{
    const double tolerance = s->limit->tolerance;
    const double allowed = fmax(MOEI_TIME_SHARE * tolerance / MOEI_TIME_SAFETY, 32 * DBL_EPSILON);
    const double bearable = (1 - 2 * MOEI_LEAST_SHARE) * tolerance / MOEI_TIME_SAFETY;
    double tau = fmax(fmin(MOEI_TIME_SHARE / 4 * tolerance, longest_tau), shortest_tau);
    for (int tries = 1;; tries++) {
        const int32_t status = measure_time(s, tau);
        const double error = status ? 0 : moei_search_worst(s, s->time_error);
        s->tau = tau;
        if (status)
            return status;
        if (error <= allowed || (tau <= shortest_tau && error <= bearable))
            break;
        if (tries == MOST_TRIES || tau <= shortest_tau)
            return moei_fail(s->limit->context, MOE_ERROR_BUDGET,
                             "tolerance is %g; predictions err by %.1g in time with steps of tolerance %.1g "
                             "and may by %.1g, for the estimate is %g times that; no shorter steps help",
                             tolerance, error, tau, tau <= shortest_tau ? bearable : allowed,
                             MOEI_TIME_SAFETY);
        tau = fmax(tau * fmax(sharpest_cut, 0.5 * allowed / error), shortest_tau);
    }
    for (int64_t t = 0; t < s->limit->times; t++)
        s->gap[t] = s->resolved ? INFINITY : 0;
    moei_search_estimate(s, s->gap);
    moei_search_offer(s, sizes);
    return MOE_OK;
}

/* ---- the order of things ---------------------------------------------------------------------- */

/* Whether a status only says that nodes or bytes do not do, so that another rule may. */
static bool too_large(const moei_search *s, int32_t status)
{
    return status == MOE_ERROR_BUDGET && !s->limit->late;
}

static int32_t search_rule(moei_search *s)
{
    const int64_t most = s->limit->most_nodes;
    int64_t tensor = INT64_MAX;
    int32_t status = s->resolved > few ? moei_shifts(s, first_hope) : MOE_OK;
    if ((!status || too_large(s, status)) && !s->met && s->resolved <= lines_up_to)
        status = moei_lines(s, &tensor);
    if ((!status || too_large(s, status)) && !s->met && tensor > modest && s->resolved > 1)
        status = moei_shifts(s, tensor < most ? tensor : most);
    if ((!status || too_large(s, status)) && !s->met && tensor <= most)
        status = moei_refine(s);
    if (!status && !s->met)
        status = moei_need_room(s->limit, INT64_MAX);
    return s->met ? MOE_OK : status;
}

static int32_t search(moei_search *s)
{
    const bool lattice = s->resolved > few;
    int32_t status = lattice ? moei_shift(s, coarse, 0, &s->rule) : moei_tensor(s->limit, s->base, &s->rule);
    if (!status)
        status = choose_tau(s, lattice ? NULL : s->base);
    if (!status && !s->met)
        status = search_rule(s);
    return status;
}

int32_t moei_limit_search(moe_limit *limit)
{
    moei_search s;
    int32_t status = search_create(limit, &s);
    if (!status)
        status = search(&s);
    search_free(&s);
    return status;
}
