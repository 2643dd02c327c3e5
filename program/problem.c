/* problem.c - from the model's options to a model and a law of the library's.
 *
 * SPDX-License-Identifier: MIT */
#include "problem.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- context ---------------------------------------------------------------------------------- */

int context_open(const struct options *options, moe_context **context)
{
    const struct option_value *threads = &options->value[O_THREADS];
    long count = threads->text ? (long)threads->number[0] : sysconf(_SC_NPROCESSORS_ONLN);
    count = count < 1 ? 1 : count > 256 ? 256 : count;
    int32_t status = moe_context_create(NULL, context);
    if (!status)
        status = moe_context_set_threads(*context, (int32_t)count);
    if (!status)
        progress_watch(*context, options);
    return library_end(*context, status, "starting");
}

void context_close(moe_context *context)
{
    progress_unwatch();
    moe_context_destroy(context);
}

/* ---- circuit ---------------------------------------------------------------------------------- */

int circuit_read(moe_context *context, const char *path, qnn_circuit **circuit)
{
    char *text;
    int64_t length;
    *circuit = NULL;
    int end = read_whole(path, MOST_TEXT, &text, &length);
    if (end)
        return end;
    const int32_t status = qnn_circuit_read(context, text, length, circuit);
    if (status)
        end = complain(status == MOE_ERROR_MEMORY ? END_WORK : END_INPUT, "%s: %s", path,
                       moe_context_error(context));
    free(text);
    return end;
}

int periods_read(const struct options *options, int64_t d, double *period)
{
    char *text = copy_of(options->value[O_PERIODS].text), *rest = text;
    int64_t count = 0;
    int end = END_GOOD;
    for (char *word; !end && (word = next_word(&rest, ',')); count++) {
        double number = INFINITY;
        if (strcmp(word, "real") != 0 && (!is_number(word, &number) || number < 1e-12 || number > 1e12))
            end = complain(END_USE, "--periods takes numbers from 1e-12 to 1e12 or real, not \"%s\"", word);
        else if (count < d)
            period[count] = number;
    }
    free(text);
    if (!end && count != 1 && count != d)
        end =
            complain(END_USE, "--periods takes one period or %lld, not %lld", (long long)d, (long long)count);
    for (int64_t k = 1; k < d && count == 1 && !end; k++)
        period[k] = period[0];
    return end;
}

static int make_expert(const struct options *options, struct problem *problem)
{
    qnn_circuit *circuit;
    double *period = NULL;
    int end = circuit_read(problem->context, options->value[O_CIRCUIT].text, &circuit);
    if (end)
        return end;
    int32_t status = qnn_expert_create(problem->context, circuit, NULL, &problem->expert);
    if (!status && options->value[O_PERIODS].text) {
        const int64_t d = moe_expert_parameters(problem->expert);
        moe_expert_destroy(problem->expert);
        problem->expert = NULL;
        period = room(d, sizeof *period);
        end = periods_read(options, d, period);
        if (!end)
            status = qnn_expert_create(problem->context, circuit, period, &problem->expert);
        if (status == MOE_ERROR_PERIOD)
            end = complain(END_USE, "--periods: %s", moe_context_error(problem->context));
    }
    free(period);
    qnn_circuit_destroy(circuit);
    return end ? end : library_end(problem->context, status, options->value[O_CIRCUIT].text);
}

/* ---- law -------------------------------------------------------------------------------------- */

/* of a law's numbers: circuits see angles, and beyond it few digits of an angle are left */
#define MOST_OF_LAW 1e6

static const struct law_row {
    const char *name;
    int numbers;
    const char *form;
} law_rows[] = {{"uniform", 0, "uniform"},
                {"uniform", 2, "uniform:A:B"},
                {"normal", 2, "normal:MEAN:DEVIATION"},
                {"von-mises", 2, "von-mises:MEAN:CONCENTRATION"},
                {"fixed", 1, "fixed:NUMBER"}};

/* the row of a word cut into name and numbers; -1: none */
static int law_of(char *word, double number[2])
{
    const int rows = sizeof law_rows / sizeof *law_rows;
    int count = 0;
    char *rest = word;
    next_word(&rest, ':');
    for (char *at; (at = next_word(&rest, ':'));)
        if (count == 2 || !is_number(at, &number[count]) || fabs(number[count++]) > MOST_OF_LAW)
            return -1;
    for (int i = 0; i < rows; i++)
        if (!strcmp(word, law_rows[i].name) && law_rows[i].numbers == count)
            return i;
    return -1;
}

static int32_t set_law(moe_law *law, int row, int64_t k, const double number[2])
{
    switch (row) {
    case 0:
        return MOE_OK; /* as created: uniform on each circle */
    case 1:
        return moe_law_set_uniform(law, k, number[0], number[1]);
    case 2:
        return moe_law_set_normal(law, k, number[0], number[1]);
    case 3:
        return moe_law_set_von_mises(law, k, number[0], number[1]);
    default:
        return moe_law_set_fixed(law, k, number[0]);
    }
}

static int read_law(const struct options *options, struct problem *problem)
{
    char *text = copy_of(options->value[O_LAW].text), *rest = text;
    const int64_t d = problem->d;
    const double *period = moe_expert_period(problem->expert);
    int64_t k = 0;
    int end = END_GOOD;
    for (char *word; !end && (word = next_word(&rest, ',')); k++) {
        double number[2];
        char *whole = copy_of(word);
        const int row = law_of(word, number);
        const int64_t last = k == 0 && !rest ? d - 1 : k; /* one law serves all */
        if (row < 0)
            end = complain(
                END_USE,
                "--law takes uniform, uniform:A:B, normal:MEAN:DEVIATION, von-mises:MEAN:CONCENTRATION "
                "or fixed:NUMBER, numbers from -1e6 to 1e6, not \"%s\"",
                whole);
        for (int64_t i = k; i <= last && i < d && !end; i++)
            if (row == 0 && isinf(period[i]))
                end = complain(END_USE,
                               "--law: parameter %lld is real, and uniform needs its ends there, as "
                               "uniform:-1:1",
                               (long long)i);
            else if (set_law(problem->law, row, i, number))
                end = complain(END_USE, "--law %s: %s", whole, moe_context_error(problem->context));
            else
                problem->fixed[i] = !strcmp(law_rows[row].name, "fixed");
        k = last;
        free(whole);
    }
    free(text);
    if (!end && k != d)
        end = complain(END_USE, "--law takes one law or %lld, one for each parameter, not %lld", (long long)d,
                       (long long)k);
    return end;
}

/* ---- model ------------------------------------------------------------------------------------ */

static int32_t set_objective(const struct options *options, const struct problem *problem,
                             moe_objective *objective)
{
    static const int32_t losses[] = {MOE_LOSS_SQUARE, MOE_LOSS_LOGISTIC, MOE_LOSS_SOFTMAX};
    const int loss = options->value[O_LOSS].choice;
    const double lambda = real_option(options, O_DECAY);
    double *decay = room(problem->d, sizeof *decay);
    int32_t status = loss == HUBER ? moe_objective_set_huber(objective, real_option(options, O_DELTA))
                                   : moe_objective_set_loss(objective, losses[loss]);
    for (int64_t k = 0; k < problem->d; k++)
        decay[k] = lambda;
    if (!status && lambda > 0)
        status = moe_objective_set_decay(objective, decay);
    if (!status)
        status = moe_objective_set_scale(objective, real_option(options, O_OUTPUT_SCALE));
    free(decay);
    return status;
}

static int make_model(const struct options *options, struct problem *problem)
{
    moe_context *context = problem->context;
    const struct samples *train = &problem->data.train;
    moe_objective *objective = NULL;
    if (options->value[O_LOSS].choice == SOFTMAX && problem->data.outputs == 1)
        return complain(END_USE, "--loss softmax takes a circuit of two outputs or more");
    int32_t status = moe_objective_create(context, problem->expert, &objective);
    if (!status)
        status = set_objective(options, problem, objective);
    if (!status)
        status =
            moe_model_create_for(context, objective, train->count, train->x, train->y, NULL, &problem->model);
    moe_objective_destroy(objective);
    if (status == MOE_ERROR_VALUE)
        return complain(END_INPUT, "%s: %s", options->value[O_DATA].text, moe_context_error(context));
    return library_end(context, status, "making the model");
}

int problem_open(const struct options *options, struct problem *problem)
{
    *problem = (struct problem){0};
    int end = context_open(options, &problem->context);
    if (!end)
        end = make_expert(options, problem);
    if (!end) {
        problem->d = moe_expert_parameters(problem->expert);
        end = data_read(options, problem->context, moe_expert_inputs(problem->expert),
                        moe_expert_outputs(problem->expert), &problem->data);
    }
    if (!end)
        end = make_model(options, problem);
    if (!end)
        end = library_end(
            problem->context,
            moe_law_create(problem->context, problem->d, moe_expert_period(problem->expert), &problem->law),
            "making the law");
    problem->fixed = room(problem->d, sizeof *problem->fixed);
    if (!end)
        end = read_law(options, problem);
    return end;
}

void problem_close(struct problem *problem)
{
    free(problem->fixed);
    moe_law_destroy(problem->law);
    moe_model_destroy(problem->model);
    moe_expert_destroy(problem->expert);
    data_free(&problem->data);
    context_close(problem->context);
}

/* ---- the loss, for samples that the model does not hold ------------------------------------------ */

/* l(f, y) of one sample, as objective.h has it */
static double loss_of(int loss, double delta, int64_t K, const double *f, const double *y)
{
    double sum = 0, most = f[0], exponents = 0;
    for (int64_t k = 1; k < K; k++)
        most = fmax(most, f[k]);
    for (int64_t k = 0; k < K; k++) {
        const double r = fabs(f[k] - y[k]);
        switch (loss) {
        case SQUARE:
            sum += r * r / 2;
            break;
        case LOGISTIC:
            sum += fmax(f[k], 0) + log1p(exp(-fabs(f[k]))) - y[k] * f[k];
            break;
        case SOFTMAX:
            sum -= y[k] * f[k];
            break;
        default:
            sum += r <= delta ? r * r / 2 : delta * (r - delta / 2);
        }
        exponents += exp(f[k] - most);
    }
    return loss == SOFTMAX ? sum + most + log(exponents) : sum;
}

double mean_loss(const struct options *options, const struct problem *problem, const struct samples *samples,
                 const double *f)
{
    const int64_t K = problem->data.outputs;
    double sum = 0;
    for (int64_t j = 0; j < samples->count; j++)
        sum += loss_of(options->value[O_LOSS].choice, real_option(options, O_DELTA), K, f + j * K,
                       samples->y + j * K);
    return samples->count ? sum / (double)samples->count : (double)NAN;
}

int32_t mixture_start(const struct options *options, const struct problem *problem, int64_t N, int32_t method,
                      moe_flow **flow)
{
    const double tolerance = real_option(options, O_TOLERANCE);
    moe_measure *draws = NULL;
    int32_t status =
        moe_measure_random(problem->context, problem->law, (uint64_t)integer_option(options, O_SEED),
                           2 * N % 4294967296, 0, N, &draws);
    if (!status)
        status = moe_flow_create(problem->context, problem->model, draws, flow);
    if (!status)
        status = moe_flow_set_method(*flow, method);
    if (!status)
        status = moe_flow_set_tolerance(*flow, tolerance, tolerance);
    moe_measure_destroy(draws);
    return status;
}
