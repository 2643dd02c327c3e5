/* step.c - one step of an embedded Runge-Kutta pair with error control.
 *
 * Steps: (1) the stages k_1 ... of a trial step h; (2) the weighted RMS norm e of its error estimate; (3)
 * accepted if e <= 1, else shortened; the next h is 0.9 h e^{-(1/q - 3/4 beta)} e_old^{beta}, within
 * bounds (PI control; Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, 2nd ed., II.4;
 * Hairer & Wanner, volume II, IV.2). A failure that a shorter step may cure (a callback's positive status, a
 * NaN) quarters h.
 *
 * Invariant: theta, time, prediction, dissipated and k[0] (or k[S-1], while swap_due) speak of the last
 * accepted step whatever happens; a trial writes trial, trial_prediction and the other stages only.
 *
 * SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <math.h>

static const double safety = 0.9, quarter = 0.25;

/* ---- norms ------------------------------------------------------------------------------------ */

typedef struct {
    const moe_flow *flow;
    moei_partition cut;
    const double *a, *b; /* s_ia is max(|a|, |b|) in a real coordinate, period/(2 pi) in a periodic one */
    enum { OF_ERROR, OF_VECTOR, OF_SCALE } what; /* v = h sum_q e[row][q] k_q, vector, or s itself */
    const double *vector;
    double h;
} norm_job;

/* sums[slab][row] = sum_i w_i sum_a (v_ia / (absolute + relative s_ia))^2 over the slab's experts */
static int32_t norm_of_slab(void *self, int64_t slab, int32_t worker)
{
    (void)worker;
    const norm_job *job = self;
    const moe_flow *flow = job->flow;
    const moei_tableau *tableau = flow->tableau;
    const int rows = job->what == OF_ERROR ? tableau->error_rows : 1;
    double sums[2] = {0, 0};
    const int64_t begin = moei_slab_first_block(&job->cut, slab) * job->cut.block;
    int64_t end = moei_slab_first_block(&job->cut, slab + 1) * job->cut.block;
    if (end > flow->count)
        end = flow->count;
    for (int64_t i = begin; i < end; i++)
        for (int64_t a = 0; a < flow->d; a++) {
            const int64_t at = i * flow->d + a;
            const double s = flow->unit[a] > 0 ? flow->unit[a] : fmax(fabs(job->a[at]), fabs(job->b[at]));
            const double scale = flow->absolute + flow->relative * s;
            for (int row = 0; row < rows; row++) {
                double v = job->what == OF_VECTOR ? job->vector[at] : job->what == OF_SCALE ? s : 0;
                for (int q = 0; job->what == OF_ERROR && q < tableau->stages; q++)
                    if (tableau->e[row][q] != 0)
                        v += job->h * tableau->e[row][q] * flow->k[q][at];
                sums[row] += flow->weights[i] * (v / scale) * (v / scale);
            }
        }
    flow->error_sums[2 * slab] = sums[0];
    flow->error_sums[2 * slab + 1] = sums[1];
    return MOE_OK;
}

/* squares[row] = sum_i w_i 1/d sum_a (v_ia / scale_ia)^2, NaN if anything is */
static int32_t norm_squares(moe_flow *flow, norm_job *job, double squares[2])
{
    job->flow = flow;
    job->cut = moei_partition_of(flow->count, 0, 0);
    const bool parallel = flow->size >= 1 << 17;
    const int32_t status = moei_parallel(flow->context, parallel, job->cut.slabs, norm_of_slab, job);
    if (status)
        return status;
    moei_sum_rows(job->cut.slabs, 2, flow->error_sums);
    squares[0] = flow->error_sums[0] / (double)flow->d;
    squares[1] = flow->error_sums[1] / (double)flow->d;
    return MOE_OK;
}

/* The error of the trial step in units of the tolerance; for two rows, of orders 5 and 3, DOP853's
 * e_5^2 / sqrt(e_5^2 + e_3^2 / 100) (volume I, II.10). */
static int32_t error_norm(moe_flow *flow, double h, double *error)
{
    norm_job job = {.a = flow->theta, .b = flow->trial, .h = h};
    double squares[2];
    const int32_t status = norm_squares(flow, &job, squares);
    if (status)
        return status;
    if (flow->tableau->error_rows == 1)
        *error = sqrt(squares[0]);
    else
        *error = squares[0] == 0 ? 0 : squares[0] / sqrt(squares[0] + 0.01 * squares[1]);
    if (!isfinite(*error))
        return moei_fail(flow->context, MOE_ERROR_NOT_FINITE, "the parameters of an expert are not finite");
    return MOE_OK;
}

/* ---- start ------------------------------------------------------------------------------------ */

static int32_t allocate(moe_flow *flow)
{
    const int64_t slabs = moei_partition_of(flow->count, 0, 0).slabs;
    bool all = moei_flow_have(flow, &flow->previous) && moei_flow_have(flow, &flow->trial);
    for (int s = 0; s < flow->tableau->stages; s++)
        all = all && moei_flow_have(flow, &flow->k[s]);
    if (!flow->error_sums)
        flow->error_sums = MOEI_NEW(flow->core, 2 * slabs, double);
    return all && flow->error_sums ? MOE_OK : moei_out_of_memory(flow->context, "the stages of a flow");
}

/* k[1] = f after an Euler step of length *h, which is quartered while that cures a failure. */
static int32_t try_euler(moe_flow *flow, double *h)
{
    const double one = 1;
    double square;
    for (int tries = 0;; tries++, *h *= quarter) {
        int32_t status = moei_flow_combine(flow, flow->theta, *h, &one, 1, flow->trial);
        if (!status)
            status = moei_flow_evaluate(flow, flow->time + *h, flow->trial, flow->k[1], &square,
                                        flow->trial_prediction);
        if (!moei_curable(status) || tries == 40)
            return status;
    }
}

/* h_0 = 0.01 |theta| / |f|, corrected by the size of the second derivative over an Euler step (Hairer,
 * Norsett & Wanner I, II.4, with the exponent 1/order of their codes). Needs k[0]; uses trial and k[1]. */
static int32_t choose_first_step(moe_flow *flow, double limit, double *first)
{
    norm_job state = {.a = flow->theta, .b = flow->theta, .what = OF_SCALE}, slope = state;
    double size[2], speed[2], bend[2];
    slope.what = OF_VECTOR;
    slope.vector = flow->k[0];
    int32_t status = norm_squares(flow, &state, size);
    if (!status)
        status = norm_squares(flow, &slope, speed);
    if (status)
        return status;
    const double span = fmin(limit - flow->time, flow->longest_step);
    double h = size[0] < 1e-10 || speed[0] < 1e-10 ? 1e-6 : 0.01 * sqrt(size[0] / speed[0]);
    h = fmin(h, span);
    status = try_euler(flow, &h);
    *first = h;
    if (status) /* the step itself will say that nothing is short enough */
        return moei_curable(status) ? MOE_OK : status;
    for (int64_t i = 0; i < flow->size; i++)
        flow->k[1][i] -= flow->k[0][i];
    slope.vector = flow->k[1];
    status = norm_squares(flow, &slope, bend);
    if (status)
        return status;
    const double largest = fmax(sqrt(speed[0]), sqrt(bend[0]) / h);
    const double h1 =
        largest <= 1e-15 ? fmax(1e-6, h * 1e-3) : pow(0.01 / largest, 1.0 / flow->tableau->order);
    *first = fmin(fmin(100 * h, h1), span);
    return MOE_OK;
}

int32_t moei_flow_start(moe_flow *flow, double limit)
{
    int32_t status = allocate(flow);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time, flow->theta, flow->k[0], &flow->square[0],
                                    flow->trial_prediction);
    if (status)
        return status;
    const int64_t nK = flow->model->n * flow->model->expert->K;
    if (!flow->driver) {
        for (int64_t j = 0; j < nK; j++)
            flow->prediction[j] = flow->trial_prediction[j];
        flow->prediction_known = true;
        status = moei_flow_energy_now(flow, &flow->initial_energy);
        if (status)
            return status;
    }
    flow->next_step = flow->first_step;
    if (flow->next_step == 0)
        status = choose_first_step(flow, limit, &flow->next_step);
    flow->last_error = 1e-4;
    flow->started = !status;
    return status;
}

/* ---- a trial ---------------------------------------------------------------------------------- */

static int32_t stage(moe_flow *flow, int s, double h)
{
    const moei_tableau *tableau = flow->tableau;
    int32_t status = moei_flow_combine(flow, flow->theta, h, tableau->a[s], s, flow->trial);
    if (!status)
        status = moei_flow_evaluate(flow, flow->time + tableau->c[s] * h, flow->trial, flow->k[s],
                                    &flow->square[s], flow->trial_prediction);
    return status;
}

/* All stages of a step of length h, and its error; the last stage is evaluated only if it is needed. */
static int32_t try_step(moe_flow *flow, double h, double *error)
{
    const moei_tableau *tableau = flow->tableau;
    const int last = tableau->stages - 1;
    int32_t status = MOE_OK;
    for (int s = 1; s < last && !status; s++)
        status = stage(flow, s, h);
    if (!status && tableau->error_uses_last)
        status = stage(flow, last, h);
    else if (!status)
        status = moei_flow_combine(flow, flow->theta, h, tableau->a[last], last, flow->trial);
    if (!status)
        status = error_norm(flow, h, error);
    if (!status && *error <= 1 && !tableau->error_uses_last)
        status = moei_flow_evaluate(flow, flow->time + h, flow->trial, flow->k[last], &flow->square[last],
                                    flow->trial_prediction);
    if (!status && *error <= 1 && flow->record)
        status = moei_flow_record_step(flow, h);
    return status;
}

static void accept(moe_flow *flow, double h, double end)
{
    const moei_tableau *tableau = flow->tableau;
    const int64_t nK = flow->model->n * flow->model->expert->K;
    double *oldest = flow->previous;
    flow->previous = flow->theta;
    flow->theta = flow->trial;
    flow->trial = oldest;
    for (int s = 0; s < tableau->stages - 1; s++)
        flow->dissipated += h * tableau->a[tableau->stages - 1][s] * flow->square[s];
    flow->prediction_known = !flow->driver;
    if (!flow->driver)
        for (int64_t j = 0; j < nK; j++)
            flow->prediction[j] = flow->trial_prediction[j];
    if (flow->record)
        moei_field_append(flow->record, end);
    flow->previous_time = flow->time;
    flow->time = end;
    flow->steps++;
    flow->dense_known = flow->swap_due = true;
    flow->extra_known = flow->record != NULL;
}

/* k[0] becomes f at the present point, which the last step left in k[S-1]; its other stages are lost */
static void begin_step(moe_flow *flow)
{
    if (flow->swap_due) {
        const int last = flow->tableau->stages - 1;
        double *k = flow->k[0];
        flow->k[0] = flow->k[last];
        flow->k[last] = k;
        flow->square[0] = flow->square[last];
    }
    flow->swap_due = flow->dense_known = flow->extra_known = false;
}

/* the factor by which the step's error suggests to change h */
static double change_of_step(const moe_flow *flow, double error)
{
    const moei_tableau *tableau = flow->tableau;
    const double e = fmax(error, 1e-10), power = 1.0 / tableau->error_exponent - 0.75 * tableau->beta;
    const double factor = safety * pow(e, -power) * (error <= 1 ? pow(flow->last_error, tableau->beta) : 1);
    return fmin(fmax(factor, tableau->shrink), tableau->grow);
}

static int32_t too_short(moe_flow *flow, double h, int32_t cause)
{
    char sentence[256] = "the error estimate stays above the tolerance";
    if (cause)
        for (size_t i = 0; i < sizeof sentence; i++)
            if (!(sentence[i] = i + 1 < sizeof sentence ? flow->context->error[i] : 0))
                break;
    return moei_fail(flow->context, MOE_ERROR_STEP, "at time %.17g a step of %.3g is still too long: %s",
                     flow->time, h, sentence);
}

int32_t moei_flow_accepted_step(moe_flow *flow, double limit, int64_t *attempts)
{
    double h = fmin(flow->next_step, flow->longest_step);
    bool rejected = false;
    for (;;) {
        const double left = limit - flow->time, planned = h;
        const bool lands = 1.01 * h >= left;
        if ((*attempts)-- <= 0)
            return moei_fail(flow->context, MOE_ERROR_STEP_LIMIT,
                             "the limit of %lld attempts at a step is used up at time %.17g",
                             (long long)flow->step_limit, flow->time);
        if (lands)
            h = left;
        else if (flow->time + h == flow->time)
            return moei_fail(flow->context, MOE_ERROR_STEP,
                             "at time %.17g a step of %.3g is lost in rounding", flow->time, h);
        begin_step(flow);
        double error = INFINITY;
        const int32_t status = try_step(flow, h, &error);
        if (status && !moei_curable(status))
            return status;
        if (!status && error <= 1) {
            const double change = change_of_step(flow, error);
            accept(flow, h, lands ? limit : flow->time + h);
            flow->next_step = h * (rejected ? fmin(change, 1) : change);
            if (lands && planned > flow->next_step) /* cut by the landing, not by its error */
                flow->next_step = planned;
            flow->last_error = fmax(error, 1e-4);
            return MOE_OK;
        }
        flow->rejections++;
        rejected = true;
        h *= status ? quarter : change_of_step(flow, error);
        flow->next_step = h;
        if (flow->time + h / 16 == flow->time) /* a step must be some units in the last place of time */
            return too_short(flow, h, status);
    }
}
