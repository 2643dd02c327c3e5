/* monotone.c - exact transport in one dimension: the monotone plan on the line, its best shift on the circle.
 *
 * Line. The monotone coupling is optimal for every p >= 1 (for instance Santambrogio, Optimal Transport for
 * Applied Mathematicians, Theorem 2.9): the order is the solution.
 *
 * Circle of period P, after Delon, Salomon & Sobolevski, SIAM J. Appl. Math. 70 (2010). Lift both measures to
 * the line. An optimal plan is the monotone coupling for some shift s of the mass levels of b, and
 *     C(s) = int_0^T |F^-1(t) - G^-1(t - s)|^p dt
 * is convex in s, with its minimum in [-T, T]. When s grows by ds, row x at the level where column j ends
 * receives ds more from y_j and ds less from y_{j+1}:
 *     C'(s+) = sum_j |x - y_j|^p - |x - y_{j+1}|^p,   x = F^-1(level[j + 1] + s).
 *
 *   1. QUANTILES of either measure, one to a point: their best shift, by slopes that cost next to nothing.
 *   2. From there the best shift of all points (shift.c). Equal masses on both sides need no levels: C breaks
 *      at whole shifts only, and a slope is two sums over two arrays. For other masses each slope merges the
 *      levels; rows found at the lower end of the bracket are where the next merge starts from, so that the
 *      last ones hardly search.
 *   3. C is piecewise linear. Once the bracket holds FEW_BREAKS, they are listed in order, and C' followed
 * from one to the next.
 *
 * Time O(n) for the order of spread points (order.c) and for each of the slopes; nothing is assumed of the
 * weights.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ladder.h"
#include "transport/shift.h"
#include "transport/sort.h"

#include <math.h>

enum { QUANTILES = 1 << 14, FEW_BREAKS = 1 << 16, LANES = 8, LAPS = 3 };

/* |s|^p - |t|^p */
static inline double power_difference(double s, double t, double p)
{
    if (p == 1)
        return fabs(s) - fabs(t);
    if (p == 2)
        return (s - t) * (s + t);
    return pow(fabs(s), p) - pow(fabs(t), p);
}

/* ---- equal masses ----------------------------------------------------------------------------- */

/* As many rows as columns, each of mass 1; x and y ascend and lie within one period. */
typedef struct {
    int64_t count;
    const double *x, *y;
    double period, p;
} pairing;

/* sum_t |x[t] + lift - y[t]|^p - |x[t] + lift - y[t + 1]|^p */
static double slope_along(const pairing *pair, const double *x, double lift, const double *y, int64_t count)
{
    double lane[LANES] = {0}, sum = 0;
    const double p = pair->p;
    const int64_t whole = p == 1 || p == 2 ? count - count % LANES : 0;
    for (int64_t t = 0; t < whole && p == 1; t += LANES)
        for (int l = 0; l < LANES; l++) {
            const double at = x[t + l] + lift;
            lane[l] += fabs(at - y[t + l]) - fabs(at - y[t + l + 1]);
        }
    for (int64_t t = 0; t < whole && p == 2; t += LANES)
        for (int l = 0; l < LANES; l++) {
            const double s = x[t + l] + lift - y[t + l], step = y[t + l + 1] - y[t + l];
            lane[l] += step * (s + (s - step));
        }
    for (int64_t t = whole; t < count; t++)
        sum += power_difference(x[t] + lift - y[t], x[t] + lift - y[t + 1], p);
    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

/* Row j + 1 + shift, counted on through the laps, stands where column j ends. */
static moei_probe probe_pairs(void *self, double shift)
{
    const pairing *pair = self;
    const int64_t n = pair->count, first = (int64_t)shift + 1;
    const double turn = floor((double)first / (double)n);
    const int64_t i = first - (int64_t)turn * n, before = n - i < n - 1 ? n - i : n - 1;
    double slope = slope_along(pair, pair->x + i, turn * pair->period, pair->y, before);
    slope += slope_along(pair, pair->x, (turn + 1) * pair->period, pair->y + before, n - 1 - before);
    const double last =
        i == 0 ? pair->x[n - 1] + turn * pair->period : pair->x[i - 1] + (turn + 1) * pair->period;
    slope += power_difference(last - pair->y[n - 1], last - pair->y[0] - pair->period, pair->p);
    return (moei_probe){slope, shift, shift + 1};
}

/* ---- any masses ------------------------------------------------------------------------------- */

/* The row at the end of each column at some shift, laps counted from -LAPS. */
typedef struct {
    uint32_t *row;
    double sum, slope; /* of these; C'(shift+) */
} stand;

typedef struct {
    const moei_problem *problem;
    moei_ladder rows, columns;
    stand low, high, seen; /* at the ends of the bracket, and in the last probe */
    bool has_low, has_high;
    moei_meter meter;
} coupling;

static double column_end(const coupling *pair, int64_t j)
{
    const double *y = pair->columns.order.x;
    return j + 1 < pair->columns.count ? y[j + 1] : y[0] + 2 * pair->problem->half[0];
}

static moei_probe probe_levels(void *self, double shift)
{
    coupling *pair = self;
    const moei_ladder *rows = &pair->rows, *columns = &pair->columns;
    const double total = pair->problem->total, period = 2 * pair->problem->half[0], p = pair->problem->p;
    const double *x = rows->order.x, *y = columns->order.x;
    const uint32_t *low = pair->has_low ? pair->low.row : NULL;
    double turn = floor((moei_ladder_level(columns, 1) + shift) / total), before = total, after = total;
    int64_t lap = ((int64_t)turn + LAPS) * rows->count, i = 0;
    pair->seen.sum = pair->seen.slope = 0;
    for (int64_t j = 0; j < columns->count; j++) {
        const double level = moei_ladder_level(columns, j + 1) + shift;
        double above;
        if (low && (int64_t)low[j] - lap > i)
            i = (int64_t)low[j] - lap;
        for (;; i++) {
            if (i >= rows->count) {
                i -= rows->count;
                lap += rows->count;
                turn++;
            }
            above = moei_ladder_level(rows, i + 1) + turn * total - level;
            if (above > 0)
                break;
        }
        const double below = level - (moei_ladder_level(rows, i) + turn * total);
        const double here = x[i] + turn * period;
        pair->seen.row[j] = (uint32_t)(lap + i);
        pair->seen.sum += (double)(lap + i);
        pair->seen.slope += power_difference(here - y[j], here - column_end(pair, j), p);
        after = above < after ? above : after;
        before = below < before ? below : before;
    }
    return (moei_probe){pair->seen.slope, shift - before, shift + after};
}

static void keep_rows(void *self, int side)
{
    coupling *pair = self;
    stand *end = side < 0 ? &pair->low : &pair->high;
    const stand swap = *end;
    *end = pair->seen;
    pair->seen = swap;
    pair->has_low = pair->has_low || side < 0;
    pair->has_high = pair->has_high || side > 0;
}

/* shift[k], jump[k] <- where rows pass the ends of columns between low and high, and by how much C' jumps. */
static void list_breaks(const coupling *pair, double *shift, double *jump)
{
    const double total = pair->problem->total, period = 2 * pair->problem->half[0], p = pair->problem->p;
    const int64_t n = pair->rows.count;
    const double *x = pair->rows.order.x, *y = pair->columns.order.x;
    int64_t k = 0;
    for (int64_t j = 0; j < pair->columns.count; j++)
        for (int64_t r = pair->low.row[j]; r < pair->high.row[j]; r++) {
            const int64_t i = r % n, lap = r / n - LAPS, wraps = i + 1 == n;
            const double here = x[i] + (double)lap * period, end = column_end(pair, j);
            const double next = x[wraps ? 0 : i + 1] + (double)(lap + wraps) * period;
            shift[k] = moei_ladder_level(&pair->rows, i + 1) + (double)lap * total -
                       moei_ladder_level(&pair->columns, j + 1);
            jump[k++] =
                power_difference(next - y[j], next - end, p) - power_difference(here - y[j], here - end, p);
        }
}

/* The first break after which the slope is not negative. */
static bool finish(void *self, double *shift, int32_t *status)
{
    coupling *pair = self;
    moei_core *core = pair->problem->context->core;
    const double breaks = pair->high.sum - pair->low.sum;
    if (!pair->has_low || !pair->has_high || !(breaks >= 1 && breaks <= FEW_BREAKS))
        return false;
    const int64_t count = (int64_t)breaks;
    double *place = MOEI_NEW(core, 2 * count, double);
    moei_sort_item *item = MOEI_NEW(core, 2 * count, moei_sort_item);
    if (place && item) {
        double slope = pair->low.slope, *jump = place + count;
        list_breaks(pair, place, jump);
        moei_sort(count, place, item, item + count);
        for (int64_t k = 0; k < count && slope < 0; k++) {
            slope += jump[item[k].index];
            *shift = place[item[k].index];
        }
    } else
        *status = moei_out_of_memory(pair->problem->context, "the shift of a distance");
    moei_free(core, item);
    moei_free(core, place);
    return true;
}

/* ---- the shift -------------------------------------------------------------------------------- */

/* quantile[i] <- the point at level (i + 1/2) total / count */
static void take_quantiles(const moei_ladder *ladder, int64_t count, double *quantile)
{
    const double each = ladder->total / (double)count;
    int64_t stride = ladder->count / count + 1, at = 0;
    for (int64_t i = 0; i < count; i++) {
        const double level = ((double)i + 0.5) * each;
        while (stride > 1 && at + stride < ladder->count && moei_ladder_level(ladder, at + stride) <= level)
            at += stride;
        while (at + 1 < ladder->count && moei_ladder_level(ladder, at + 1) <= level)
            at++;
        quantile[i] = ladder->order.x[at];
    }
}

static int32_t guess_shift(coupling *pair, int64_t quantiles, double *guess)
{
    moei_core *core = pair->problem->context->core;
    double *x = MOEI_NEW(core, 2 * quantiles, double), shift = 0;
    int32_t status;
    if (x) {
        pairing few = {quantiles, x, x + quantiles, 2 * pair->problem->half[0], pair->problem->p};
        const moei_slope slope = {
            .at = probe_pairs, .self = &few, .total = (double)quantiles, .whole = true, .work = quantiles};
        take_quantiles(&pair->rows, quantiles, x);
        take_quantiles(&pair->columns, quantiles, x + quantiles);
        status = moei_shift_search(&slope, 0, (double)quantiles / 8, &pair->meter, &shift, guess);
        *guess *= pair->problem->total / (double)quantiles;
    } else
        status = moei_out_of_memory(pair->problem->context, "the shift of a distance");
    moei_free(core, x);
    return status;
}

static int32_t search_pairs(coupling *pair, double guess, double step, double *shift)
{
    const moei_problem *problem = pair->problem;
    const int64_t rows = pair->rows.count;
    pairing all = {rows, pair->rows.order.x, pair->columns.order.x, 2 * problem->half[0], problem->p};
    const moei_slope slope = {
        .at = probe_pairs, .self = &all, .total = problem->total, .whole = true, .work = rows};
    return moei_shift_search(&slope, guess, fmax(1, step), &pair->meter, shift, NULL);
}

static int32_t search_levels(coupling *pair, double guess, double step, double *shift)
{
    const moei_problem *problem = pair->problem;
    moei_core *core = problem->context->core;
    const int64_t rows = pair->rows.count, columns = pair->columns.count;
    const moei_slope slope = {.at = probe_levels,
                              .keep = keep_rows,
                              .finish = finish,
                              .self = pair,
                              .total = problem->total,
                              .narrow = FEW_BREAKS / 4 / (double)rows / (double)columns * problem->total,
                              .whole = problem->whole,
                              .work = 4 * (rows + columns)};
    pair->low.row = MOEI_NEW(core, columns, uint32_t);
    pair->high.row = MOEI_NEW(core, columns, uint32_t);
    pair->seen.row = MOEI_NEW(core, columns, uint32_t);
    const int32_t status = pair->low.row && pair->high.row && pair->seen.row
                               /* from below, so that the rows found first serve the probes that follow */
                               ? moei_shift_search(&slope, guess - step, 2 * step, &pair->meter, shift, NULL)
                               : moei_out_of_memory(problem->context, "the shift of a distance");
    moei_free(core, pair->low.row);
    moei_free(core, pair->high.row);
    moei_free(core, pair->seen.row);
    return status;
}

static int32_t best_shift(coupling *pair, double *shift)
{
    const moei_problem *problem = pair->problem;
    const int64_t points = pair->rows.count + pair->columns.count;
    const int64_t quantiles = points < QUANTILES ? points : QUANTILES;
    double guess = 0;
    const int32_t status = guess_shift(pair, quantiles, &guess);
    if (status)
        return status;
    const double step = problem->total / (double)quantiles / 16;
    return (problem->whole && pair->rows.count == pair->columns.count ? search_pairs : search_levels)(
        pair, guess, step, shift);
}

/* ---- the plan --------------------------------------------------------------------------------- */

static int32_t couple(coupling *pair, bool circle, moei_plan *plan)
{
    const moei_problem *problem = pair->problem;
    double shift = 0;
    int32_t status = moei_progress(problem->context, "transport", 0);
    if (!status)
        status = moei_ladder_create(problem, problem->a, problem->row_factor, &pair->rows);
    if (!status)
        status = moei_progress(problem->context, "transport", pair->meter.part = 0.2);
    if (!status)
        status = moei_ladder_create(problem, problem->b, problem->column_factor, &pair->columns);
    if (!status)
        status = moei_progress(problem->context, "transport", pair->meter.part = 0.4);
    if (!status && circle)
        status = best_shift(pair, &shift);
    if (!status)
        moei_ladder_plan(&pair->rows, &pair->columns, shift, problem, plan);
    return status;
}

static int32_t solve(const moei_problem *problem, bool circle, moei_plan *plan)
{
    moei_core *core = problem->context->core;
    coupling pair = {.problem = problem, .meter = {problem->context, 0, 0}};
    const int32_t status = couple(&pair, circle, plan);
    moei_ladder_free(core, &pair.rows);
    moei_ladder_free(core, &pair.columns);
    return status;
}

int32_t moei_solve_line(const moei_problem *problem, moei_plan *plan)
{
    plan->method = "monotone coupling on the line";
    return solve(problem, false, plan);
}

int32_t moei_solve_circle(const moei_problem *problem, moei_plan *plan)
{
    plan->method = "monotone coupling on the circle, best shift";
    return solve(problem, true, plan);
}
