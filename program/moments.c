/* moments.c - a model's losses, accuracies and predictions at the times asked for.
 *
 * SPDX-License-Identifier: MIT */
#include "moments.h"

#include <math.h>
#include <stdlib.h>

struct moment *moments_make(const struct problem *problem, int64_t count, const double *times)
{
    const struct data *data = &problem->data;
    struct moment *moments = room(count, sizeof *moments);
    for (int64_t t = 0; t < count; t++) {
        moments[t] = (struct moment){.time = times[t], .error = (double)NAN, .test_error = (double)NAN};
        moments[t].f = room(data->train.count * data->outputs, sizeof(double));
        moments[t].test = room(data->test.count * data->outputs, sizeof(double));
    }
    return moments;
}

void moments_free(struct moment *moments, int64_t count)
{
    for (int64_t t = 0; moments && t < count; t++) {
        free(moments[t].f);
        free(moments[t].test);
    }
    free(moments);
}

double rounding_doubt(const struct options *options)
{
    return 1e-12 * fmax(1, real_option(options, O_OUTPUT_SCALE));
}

void moment_fill(const struct options *options, const struct problem *problem, struct moment *moment)
{
    const struct data *data = &problem->data;
    moment->loss = mean_loss(options, problem, &data->train, moment->f);
    moment->test_loss = mean_loss(options, problem, &data->test, moment->test);
    const double doubt = rounding_doubt(options);
    moment->accuracy = accuracy(data, &data->train, moment->f, fmax(doubt, moment->error));
    moment->test_accuracy = accuracy(data, &data->test, moment->test, fmax(doubt, moment->test_error));
}

/* ---- the limit -------------------------------------------------------------------------------- */

enum { MOST_NODES = 1 << 17 };

/* Nodes for a rule that serves inputs which the limit's own does not: as many in each coordinate, and at
 * least 9 in those that it left out; fewer if they are too many in all. False: lattices. */
static bool rule_sizes(const struct problem *problem, const moe_limit *limit, int64_t *sizes, bool *own)
{
    double product = 1;
    moe_limit_effort(limit, sizes, NULL, NULL);
    *own = true;
    for (int64_t k = 0; k < problem->d; k++) {
        *own &= sizes[k] > 1 || problem->fixed[k];
        sizes[k] = problem->fixed[k] ? 1 : sizes[k] < 9 ? 9 : sizes[k];
        product *= (double)sizes[k];
    }
    while (product > MOST_NODES) {
        int64_t largest = 0;
        for (int64_t k = 1; k < problem->d; k++)
            largest = sizes[k] > sizes[largest] ? k : largest;
        if (sizes[largest] <= 9)
            return false;
        product *= (double)(sizes[largest] - 1) / (double)sizes[largest];
        sizes[largest]--;
    }
    return true;
}

/* the largest difference of a measure's predictions from the limit's, at the training inputs */
static int32_t disagreement(const struct problem *problem, const moe_measure *mu, struct moment *moment)
{
    const int64_t width = problem->data.train.count * problem->data.outputs;
    double *f = room(width, sizeof *f);
    const int32_t status = moe_model_predictions(problem->context, problem->model, mu, f);
    moment->test_error = moment->error;
    for (int64_t j = 0; j < width && !status; j++)
        moment->test_error = fmax(moment->test_error, fabs(f[j] - moment->f[j]));
    free(f);
    return status;
}

static int32_t predict_test(const struct problem *problem, const moe_measure *mu, struct moment *moment)
{
    const struct samples *test = &problem->data.test;
    const int32_t status = disagreement(problem, mu, moment);
    return status || !test->count
               ? status
               : moe_model_predict(problem->context, problem->model, mu, test->count, test->x, moment->test);
}

/* the limit's own rule, where it is one for mu_t in all coordinates */
static int32_t test_by_image(const struct problem *problem, moe_limit *limit, int64_t count,
                             struct moment *moments)
{
    int32_t status = MOE_OK;
    for (int64_t t = 0; t < count && !status; t++) {
        moe_measure *mu = NULL;
        status = moe_limit_measure(limit, t, &mu);
        if (!status)
            status = predict_test(problem, mu, &moments[t]);
        moe_measure_destroy(mu);
    }
    return status;
}

/* a rule of our own, moved by the limit's field */
static int32_t test_by_field(const struct options *options, const struct problem *problem, moe_limit *limit,
                             const int64_t *sizes, int64_t count, struct moment *moments)
{
    moe_context *context = problem->context;
    const uint64_t seed = (uint64_t)integer_option(options, O_SEED);
    const double tolerance = real_option(options, O_TOLERANCE);
    moe_field *field = NULL;
    moe_measure *rule = NULL;
    moe_flow *flow = NULL;
    int32_t status = sizes ? moe_measure_tensor(context, problem->law, sizes, &rule)
                           : moe_measure_lattice(context, problem->law, MOST_NODES, NULL, seed, 0, &rule);
    if (!status && moments[count - 1].time > 0)
        status = moe_limit_field(limit, &field);
    if (!status && field)
        status = moe_flow_create_driven(context, field, rule, &flow);
    if (!status && field)
        status = moe_flow_set_tolerance(flow, 0, tolerance);
    for (int64_t t = 0; t < count && !status; t++) {
        moe_measure *mu = NULL;
        if (field)
            status = moe_flow_advance(flow, moments[t].time);
        if (!status && field)
            status = moe_flow_measure(flow, &mu);
        if (!status)
            status = predict_test(problem, field ? mu : rule, &moments[t]);
        moe_measure_destroy(mu);
    }
    moe_flow_destroy(flow);
    moe_field_destroy(field);
    moe_measure_destroy(rule);
    return status;
}

int limit_moments(const struct options *options, const struct problem *problem, moe_limit *limit,
                  int64_t count, struct moment *moments)
{
    double *error = room(count, sizeof *error);
    int64_t *sizes = room(problem->d, sizeof *sizes);
    bool own;
    int32_t status = moe_limit_errors(limit, error);
    for (int64_t t = 0; t < count && !status; t++) {
        moments[t].error = error[t];
        status = moe_limit_predictions(limit, t, moments[t].f);
    }
    if (!status && problem->data.test.count) {
        const bool tensor = rule_sizes(problem, limit, sizes, &own);
        status = own ? test_by_image(problem, limit, count, moments)
                     : test_by_field(options, problem, limit, tensor ? sizes : NULL, count, moments);
    }
    for (int64_t t = 0; t < count && !status; t++)
        moment_fill(options, problem, &moments[t]);
    free(sizes);
    free(error);
    return library_end(problem->context, status, "the limit's predictions");
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void print_cell(double value, bool percent)
{
    if (isnan(value))
        printf("%12s", "");
    else if (percent)
        printf("%10.2f %%", 100 * value);
    else
        printf("%12.6f", value);
}

void moments_print(const struct problem *problem, int64_t count, const struct moment *moments)
{
    const struct data *data = &problem->data;
    const bool limit = count && !isnan(moments[0].error);
    printf("%lld training and %lld test samples", (long long)data->train.count, (long long)data->test.count);
    for (int64_t k = 0; k < data->classes; k++)
        printf("%s%s", k ? ", " : " of classes ", data->class_name[k]);
    printf("\n%8s%12s%12s%12s%12s%s\n", "time", "loss", data->classes ? "accuracy" : "", "test loss",
           data->classes ? "test acc." : "", limit ? "   error" : "");
    for (int64_t t = 0; t < count; t++) {
        const struct moment *now = &moments[t];
        printf("%8.4g", now->time);
        print_cell(now->loss, false);
        print_cell(now->accuracy, true);
        print_cell(now->test_loss, false);
        print_cell(now->test_accuracy, true);
        if (limit)
            printf("   %.1e", now->error);
        printf("\n");
    }
}

json_t *moments_json(int64_t count, const struct moment *moments)
{
    json_t *list = json_array();
    for (int64_t t = 0; t < count; t++) {
        const struct moment *now = &moments[t];
        json_array_append_new(list,
                              json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "time", now->time, "error",
                                        json_number(now->error), "loss", json_number(now->loss), "accuracy",
                                        json_number(now->accuracy), "test loss", json_number(now->test_loss),
                                        "test accuracy", json_number(now->test_accuracy), "test error",
                                        json_number(now->test_error)));
    }
    return list;
}

static void write_rows(const struct problem *problem, const struct moment *now, const struct samples *set,
                       const char *set_name, const double *f, FILE *file)
{
    const int64_t K = problem->data.outputs;
    for (int64_t j = 0; j < set->count; j++)
        for (int64_t k = 0; k < K; k++) {
            put_number(file, "", now->time);
            fprintf(file, ",%s,%lld,%lld", set_name, (long long)j, (long long)k);
            put_number(file, ",", set->y[j * K + k]);
            put_number(file, ",", f[j * K + k]);
            fputc('\n', file);
        }
}

static int write_predictions(const struct problem *problem, int64_t count, const struct moment *moments,
                             const char *name, struct results *results)
{
    FILE *file = result_begin(results, name);
    if (!file)
        return END_OUTPUT;
    fprintf(file, "time,set,sample,output,target,prediction\n");
    for (int64_t t = 0; t < count; t++) {
        write_rows(problem, &moments[t], &problem->data.train, "train", moments[t].f, file);
        write_rows(problem, &moments[t], &problem->data.test, "test", moments[t].test, file);
    }
    return result_end(results, file, name);
}

static void write_set(const struct problem *problem, const struct samples *set, const char *name, FILE *file)
{
    const struct data *data = &problem->data;
    for (int64_t j = 0; j < set->count; j++) {
        fprintf(file, "%s,%lld", name, (long long)j);
        for (int64_t k = 0; k < data->inputs; k++)
            put_number(file, ",", set->x[j * data->inputs + k]);
        for (int64_t k = 0; k < data->outputs; k++)
            put_number(file, ",", set->y[j * data->outputs + k]);
        fputc('\n', file);
    }
}

/* samples.csv: what the circuit is given, after the split, components and scaling */
static int write_samples(const struct problem *problem, struct results *results)
{
    FILE *file = result_begin(results, "samples.csv");
    if (!file)
        return END_OUTPUT;
    fprintf(file, "set,sample");
    for (int64_t k = 0; k < problem->data.inputs; k++)
        fprintf(file, ",x%lld", (long long)k);
    for (int64_t k = 0; k < problem->data.outputs; k++)
        fprintf(file, ",y%lld", (long long)k);
    fputc('\n', file);
    write_set(problem, &problem->data.train, "train", file);
    write_set(problem, &problem->data.test, "test", file);
    return result_end(results, file, "samples.csv");
}

int moments_write(const struct problem *problem, int64_t count, const struct moment *moments,
                  const char *name, struct results *results)
{
    char *csv = text_of("%s.csv", name), *predictions = text_of("%s-predictions.csv", name);
    FILE *file = result_begin(results, csv);
    int end = file ? END_GOOD : END_OUTPUT;
    if (file) {
        fprintf(file, "time,loss,accuracy,test_loss,test_accuracy,error,test_error\n");
        for (int64_t t = 0; t < count; t++) {
            const struct moment *now = &moments[t];
            put_number(file, "", now->time);
            put_number(file, ",", now->loss);
            put_number(file, ",", now->accuracy);
            put_number(file, ",", now->test_loss);
            put_number(file, ",", now->test_accuracy);
            put_number(file, ",", now->error);
            put_number(file, ",", now->test_error);
            fputc('\n', file);
        }
        end = result_end(results, file, csv);
    }
    if (!end)
        end = write_predictions(problem, count, moments, predictions, results);
    if (!end)
        end = write_samples(problem, results);
    free(csv);
    free(predictions);
    return end;
}
