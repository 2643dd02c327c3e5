/* iris_chaos.c - a mixture of quantum experts learns two kinds of iris, and reaches its mean-field limit.
 *
 *   iris_chaos DATA.csv OUTPUT_DIRECTORY [THREADS]
 *
 * The limit is the same gradient flow as the training of N experts, started from a quadrature of the initial
 * law. For N = 16 ... 4096 experts with random initial angles, in several replicas, this measures
 *   prediction error   mean over flowers of |F_N - F|          theory: N^(-1/2)
 *   coupling           mean over experts of |theta_i - tracer_i|, the tracer being driven by the limit from
 *                      the same start                           theory: N^(-1/2)
 *   W_1                between the N experts and N independent tracers; d = 4: c N^(-1/4) (1 + b N^(-1/2))
 * prints a table, and writes OUTPUT_DIRECTORY/chaos.csv.
 *
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEATURES = 4, ANGLES = 4, MOST_FLOWERS = 100, SIZES = 9, SEED = 2026 };

static const double final_time = 5, limit_tolerance = 1e-8, replica_tolerance = 1e-5;
static const int replica_counts[SIZES] = {64, 64, 64, 64, 64, 64, 32, 24, 16}; /* of N = 16, 32, ... */
static const int most_for_w1 = 4096;

static void fail(const char *sentence)
{
    fprintf(stderr, "iris_chaos: %s\n", sentence);
    exit(1);
}

static void try(moe_context *context, int32_t status)
{
    if (status)
        fail(*moe_context_error(context) ? moe_context_error(context) : moe_status_text(status));
}

static void *array(size_t count, size_t bytes)
{
    void *block = calloc(count, bytes);
    if (!block)
        fail("out of memory");
    return block;
}

/* ---- the flowers ------------------------------------------------------------------------------ */

struct flowers {
    int64_t count;
    double x[MOST_FLOWERS * FEATURES], y[MOST_FLOWERS];
};

/* one number of a line, ended by `end`; what is wrong is said with file, line and column */
static double number(const char *file, int line, const char *start, char **at, char end)
{
    char *after, sentence[300];
    const double value = strtod(*at, &after);
    if (after == *at || *after != end || !isfinite(value)) {
        snprintf(sentence, sizeof sentence, "%s, line %d, column %d: expected a number and %s, of %d fields",
                 file, line, (int)(*at - start) + 1, end == ',' ? "a comma" : "the end of the line",
                 FEATURES + 1);
        fail(sentence);
    }
    *at = after + 1;
    return value;
}

/* versicolor (class 1, y = -1) and virginica (class 2, y = +1) of Fisher's iris */
static struct flowers read_flowers(const char *path)
{
    struct flowers all = {0};
    char line[256], sentence[300];
    int64_t kinds[3] = {0};
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) {
        snprintf(sentence, sizeof sentence, "%s: %s", path,
                 file && feof(file) ? "is empty" : strerror(errno));
        fail(sentence);
    }
    if (strncmp(line, "150,4,", 6) != 0) {
        snprintf(sentence, sizeof sentence, "%s, line 1, column 1: expected the header 150,4,...", path);
        fail(sentence);
    }
    for (int n = 2; fgets(line, sizeof line, file); n++) {
        char *at = line;
        double x[FEATURES];
        line[strcspn(line, "\r\n")] = 0;
        if (!*line)
            continue;
        for (int k = 0; k < FEATURES; k++)
            x[k] = number(path, n, line, &at, ',');
        const double class = number(path, n, line, &at, 0);
        if (class != 0 && class != 1 && class != 2) {
            snprintf(sentence, sizeof sentence, "%s, line %d: class %g is not 0, 1 or 2", path, n, class);
            fail(sentence);
        }
        kinds[(int)class]++;
        if (class == 0 || all.count == MOST_FLOWERS)
            continue;
        memcpy(all.x + FEATURES * all.count, x, sizeof x);
        all.y[all.count++] = class == 1 ? -1 : 1;
    }
    fclose(file);
    if (kinds[1] < 10 || kinds[2] < 10)
        fail("the data hold fewer than 10 flowers of class 1 or of class 2");
    return all;
}

/* features as angles: 0.8 radians for a standard deviation */
static void scale_features(struct flowers *all)
{
    for (int k = 0; k < FEATURES; k++) {
        double mean = 0, square = 0;
        for (int64_t j = 0; j < all->count; j++)
            mean += all->x[FEATURES * j + k] / (double)all->count;
        for (int64_t j = 0; j < all->count; j++)
            square += pow(all->x[FEATURES * j + k] - mean, 2) / (double)all->count;
        if (square == 0)
            fail("a feature is the same for every flower");
        for (int64_t j = 0; j < all->count; j++)
            all->x[FEATURES * j + k] = 0.8 * (all->x[FEATURES * j + k] - mean) / sqrt(square);
    }
}

/* seven flowers in ten to train with, three held out */
static void split(const struct flowers *all, struct flowers *training, struct flowers *held_out)
{
    for (int64_t j = 0; j < all->count; j++) {
        struct flowers *to = j % 10 < 7 ? training : held_out;
        memcpy(to->x + FEATURES * to->count, all->x + FEATURES * j, FEATURES * sizeof(double));
        to->y[to->count++] = all->y[j];
    }
}

/* ---- the model -------------------------------------------------------------------------------- */

/* RY(petal) CZ RX(sepal), then RY(theta) CZ RX(theta), on two qubits; observable Z0 + Z1; 4 angles. The
 * inputs come before the angles, so a mixture costs the library the same for any number of flowers. */
static moe_expert *make_expert(moe_context *context)
{
    static const struct {
        const char *axis;
        int64_t qubit;
        int32_t source;
        int64_t index;
    } layers[4][2] = {
        {{"Y", 0, QNN_INPUT, 2}, {"Y", 1, QNN_INPUT, 3}},
        {{"X", 0, QNN_INPUT, 0}, {"X", 1, QNN_INPUT, 1}},
        {{"Y", 0, QNN_THETA, 0}, {"Y", 1, QNN_THETA, 1}},
        {{"X", 0, QNN_THETA, 2}, {"X", 1, QNN_THETA, 3}},
    };
    const int64_t pair[] = {0, 1};
    qnn_circuit *circuit;
    moe_expert *expert;
    try(context, qnn_circuit_create(context, 2, ANGLES, FEATURES, 1, &circuit));
    for (int l = 0; l < 4; l++) {
        for (int g = 0; g < 2; g++)
            try(context, qnn_circuit_rotation(circuit, layers[l][g].axis, &layers[l][g].qubit,
                                              layers[l][g].source, layers[l][g].index, 1, 0));
        if (l % 2 == 0)
            try(context, qnn_circuit_gate(circuit, "CZ", pair));
    }
    try(context, qnn_circuit_observable(circuit, 0, 1, "ZI"));
    try(context, qnn_circuit_observable(circuit, 0, 1, "IZ"));
    try(context, qnn_expert_create(context, circuit, NULL, &expert));
    qnn_circuit_destroy(circuit);
    return expert;
}

/* ---- the limit -------------------------------------------------------------------------------- */

struct limit {
    moe_field *field;
    double f[MOST_FLOWERS];
};

static double accuracy(int64_t n, const double *f, const double *y)
{
    int64_t right = 0;
    for (int64_t j = 0; j < n; j++)
        right += f[j] * y[j] > 0;
    return (double)right / (double)n;
}

static moe_flow *limit_flow(moe_context *context, const moe_model *model, const moe_law *law, int64_t nodes)
{
    const int64_t sizes[ANGLES] = {nodes, nodes, nodes, nodes};
    moe_measure *mu;
    moe_flow *flow;
    try(context, moe_measure_tensor(context, law, sizes, &mu));
    try(context, moe_flow_create(context, model, mu, &flow));
    try(context, moe_flow_set_tolerance(flow, 0, limit_tolerance));
    moe_measure_destroy(mu);
    return flow;
}

/* the limit from a rule of 16^4 nodes; one of 12^4 says how far it can be trusted */
static struct limit solve_limit(moe_context *context, const moe_model *model, const moe_law *law,
                                const struct flowers *training, const struct flowers *held_out)
{
    struct limit limit;
    double coarse[MOST_FLOWERS], outside[MOST_FLOWERS], loss, error = 0;
    moe_measure *mu;
    moe_flow *flow = limit_flow(context, model, law, 12);
    try(context, moe_flow_advance(flow, final_time));
    try(context, moe_flow_predictions(flow, coarse));
    moe_flow_destroy(flow);
    flow = limit_flow(context, model, law, 16);
    try(context, moe_flow_record(flow));
    try(context, moe_flow_advance(flow, final_time));
    try(context, moe_flow_predictions(flow, limit.f));
    try(context, moe_flow_loss(flow, &loss));
    try(context, moe_flow_field(flow, &limit.field));
    try(context, moe_flow_measure(flow, &mu));
    try(context, moe_model_predict(context, model, mu, held_out->count, held_out->x, outside));
    double held_out_loss = 0;
    for (int64_t j = 0; j < held_out->count; j++)
        held_out_loss += pow(outside[j] - held_out->y[j], 2) / (2 * (double)held_out->count);
    for (int64_t j = 0; j < training->count; j++)
        error = fmax(error, fabs(limit.f[j] - coarse[j]));
    printf("the limit at t = %g, from 16^4 nodes (16^4 and 12^4 differ by %.1e in a prediction):\n",
           final_time, error);
    printf("  %2lld training flowers: loss %.4f, accuracy %5.1f %%\n", (long long)training->count, loss,
           100 * accuracy(training->count, limit.f, training->y));
    printf("  %2lld held-out flowers: loss %.4f, accuracy %5.1f %%\n\n", (long long)held_out->count,
           held_out_loss, 100 * accuracy(held_out->count, outside, held_out->y));
    moe_measure_destroy(mu);
    moe_flow_destroy(flow);
    return limit;
}

/* ---- replicas --------------------------------------------------------------------------------- */

struct statistic {
    int count;
    double sum, squares;
};

static void add(struct statistic *s, double value)
{
    s->count++;
    s->sum += value;
    s->squares += value * value;
}

static double mean(const struct statistic *s)
{
    return s->sum / s->count;
}

static double standard_error(const struct statistic *s)
{
    return sqrt(fmax(0, s->squares / s->count - mean(s) * mean(s)) / (s->count - 1));
}

struct row {
    int64_t n;
    struct statistic prediction, coupling, w1;
};

/* steps far more accurate than what is measured: chaos is of the size 1e-3 or more */
static void to_final_time(moe_context *context, moe_flow *flow)
{
    try(context, moe_flow_set_method(flow, MOE_METHOD_DOPRI5));
    try(context, moe_flow_set_tolerance(flow, 0, replica_tolerance));
    try(context, moe_flow_advance(flow, final_time));
}

/* the points of `count` tracers at the final time, draws 0, 1, ... of a stream */
static moe_flow *tracers_of(moe_context *context, const struct limit *limit, const moe_law *law,
                            int64_t stream, int64_t count)
{
    moe_measure *starts;
    moe_flow *flow;
    try(context, moe_measure_random(context, law, SEED, stream, 0, count, &starts));
    try(context, moe_flow_create_driven(context, limit->field, starts, &flow));
    to_final_time(context, flow);
    moe_measure_destroy(starts);
    return flow;
}

static double distance(moe_context *context, moe_flow *experts, const double *period, int64_t n,
                       const double *points)
{
    double lower, upper;
    moe_measure *mine, *theirs;
    try(context, moe_flow_measure(experts, &mine));
    try(context, moe_measure_create(context, ANGLES, period, n, points, NULL, &theirs));
    try(context, moe_measure_distance(context, mine, theirs, 1, &lower, &upper));
    moe_measure_destroy(mine);
    moe_measure_destroy(theirs);
    return (lower + upper) / 2; /* they agree to 1e-12 */
}

/* all replicas of one N; streams 2k and 2k + 1, so that different N are independent */
static struct row run_replicas(moe_context *context, const moe_model *model, const moe_law *law,
                               const struct limit *limit, const double *period, int k, int64_t n,
                               int replicas)
{
    struct row row = {.n = n};
    double f[MOST_FLOWERS];
    const int64_t points = moe_model_points(model);
    moe_flow *tracers = tracers_of(context, limit, law, 2 * k, n * replicas);
    moe_flow *others = n <= most_for_w1 ? tracers_of(context, limit, law, 2 * k + 1, n * replicas) : NULL;
    for (int r = 0; r < replicas; r++) {
        moe_measure *starts;
        moe_flow *flow;
        try(context, moe_measure_random(context, law, SEED, 2 * k, r * n, n, &starts));
        try(context, moe_flow_create(context, model, starts, &flow));
        to_final_time(context, flow);
        try(context, moe_flow_predictions(flow, f));
        double error = 0, coupling = 0;
        for (int64_t j = 0; j < points; j++)
            error += fabs(f[j] - limit->f[j]) / (double)points;
        const double *mine = moe_flow_points(flow), *its = moe_flow_points(tracers) + r * n * ANGLES;
        for (int64_t i = 0; i < n; i++) {
            double square = 0;
            for (int a = 0; a < ANGLES; a++)
                square += pow(mine[i * ANGLES + a] - its[i * ANGLES + a], 2);
            coupling += sqrt(square) / (double)n;
        }
        add(&row.prediction, error);
        add(&row.coupling, coupling);
        if (others)
            add(&row.w1, distance(context, flow, period, n, moe_flow_points(others) + r * n * ANGLES));
        moe_flow_destroy(flow);
        moe_measure_destroy(starts);
    }
    moe_flow_destroy(tracers);
    moe_flow_destroy(others);
    return row;
}

/* ---- rates ------------------------------------------------------------------------------------ */

/* sums of a weighted least-squares fit y = offset + slope x */
struct line {
    double s, sx, sy, sxx, sxy, syy;
};

static void add_point(struct line *line, double weight, double x, double y)
{
    line->s += weight;
    line->sx += weight * x;
    line->sy += weight * y;
    line->sxx += weight * x * x;
    line->sxy += weight * x * y;
    line->syy += weight * y * y;
}

static double slope_of(const struct line *line)
{
    return (line->s * line->sxy - line->sx * line->sy) / (line->s * line->sxx - line->sx * line->sx);
}

/* slope of log mean against log N over N >= 64, weighted by the standard errors, with its 95 % interval:
 * Student's t of 15 degrees of freedom, those of the N with fewest replicas */
static void print_slope(const char *name, const struct row *rows, size_t offset)
{
    struct line line = {0};
    for (int k = 0; k < SIZES; k++) {
        const struct statistic *q = (const struct statistic *)(const void *)((const char *)&rows[k] + offset);
        if (rows[k].n >= 64)
            add_point(&line, pow(mean(q) / standard_error(q), 2), log((double)rows[k].n), log(mean(q)));
    }
    const double slope = slope_of(&line), height = (line.sy - slope * line.sx) / line.s;
    const double half = 2.131 * sqrt(line.s / (line.s * line.sxx - line.sx * line.sx));
    printf("%-17s slope %.3f, 95 %% interval [%.3f, %.3f]; theory -0.5: %s (chi^2 = %.1f with 5 degrees of "
           "freedom)\n",
           name, slope, slope - half, slope + half,
           fabs(slope + 0.5) <= half ? "consistent" : "NOT consistent",
           line.syy - height * line.sy - slope * line.sxy);
}

/* W_1 N^(1/4) = c + c b N^(-1/2): the rate of d = 4 with its first correction, for N >= 16 */
static void print_w1_curve(const struct row *rows)
{
    struct line line = {0};
    int count = 0;
    for (int k = 0; k < SIZES; k++) {
        const struct statistic *q = &rows[k].w1;
        if (!q->count)
            continue;
        const double root = sqrt((double)rows[k].n);
        add_point(&line, 1 / (pow(standard_error(q), 2) * root), 1 / root, mean(q) * sqrt(root));
        count++;
    }
    const double slope = slope_of(&line), c = (line.sy - slope * line.sx) / line.s;
    const double chi = line.syy - c * line.sy - slope * line.sxy;
    printf("%-17s %.3f N^(-1/4) (1 %+.2f N^(-1/2)), the theory's form for d = 4: chi^2 = %.1f with %d degrees"
           " of freedom\n",
           "W_1", c, slope / c, chi, count - 2);
}

/* ---- output ----------------------------------------------------------------------------------- */

/* opened before the work, so that it is not in vain */
static FILE *open_csv(const char *directory)
{
    char path[4096], sentence[4200];
    snprintf(path, sizeof path, "%s/chaos.csv", directory);
    FILE *file = fopen(path, "w");
    if (!file) {
        snprintf(sentence, sizeof sentence, "%s: %s", path, strerror(errno));
        fail(sentence);
    }
    return file;
}

static void write_csv(FILE *file, const struct row *rows)
{
    fprintf(file, "n,replicas,prediction_error,prediction_error_se,coupling,coupling_se,w1,w1_se\n");
    for (int k = 0; k < SIZES; k++) {
        const struct row *row = &rows[k];
        fprintf(file, "%lld,%d,%.9g,%.3g,%.9g,%.3g,", (long long)row->n, row->prediction.count,
                mean(&row->prediction), standard_error(&row->prediction), mean(&row->coupling),
                standard_error(&row->coupling));
        if (row->w1.count)
            fprintf(file, "%.9g,%.3g\n", mean(&row->w1), standard_error(&row->w1));
        else
            fprintf(file, ",\n");
    }
    if (ferror(file) || fclose(file))
        fail("chaos.csv cannot be written");
}

static void print_row(const struct row *row)
{
    printf("%6lld %9d   %.5f +- %.5f   %.5f +- %.5f", (long long)row->n, row->prediction.count,
           mean(&row->prediction), standard_error(&row->prediction), mean(&row->coupling),
           standard_error(&row->coupling));
    if (row->w1.count)
        printf("   %.5f +- %.5f", mean(&row->w1), standard_error(&row->w1));
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4)
        fail("usage: iris_chaos DATA.csv OUTPUT_DIRECTORY [THREADS]");
    struct flowers all = read_flowers(argv[1]), *training = array(1, sizeof *training),
                   *held_out = array(1, sizeof *held_out);
    FILE *csv = open_csv(argv[2]);
    moe_context *context;
    moe_model *model;
    moe_law *law;
    struct row rows[SIZES];
    scale_features(&all);
    split(&all, training, held_out);
    try(NULL, moe_context_create(NULL, &context));
    try(context, moe_context_set_threads(context, argc > 3 ? atoi(argv[3]) : 2));
    moe_expert *expert = make_expert(context);
    try(context, moe_model_create(context, expert, training->count, training->x, training->y, NULL, &model));
    try(context, moe_law_create(context, ANGLES, moe_expert_period(expert), &law));
    const struct limit limit = solve_limit(context, model, law, training, held_out);
    printf("     N  replicas   prediction error       coupling               W_1\n");
    fflush(stdout);
    for (int k = 0; k < SIZES; k++) {
        const int64_t n = (int64_t)16 << k;
        if (isatty(2))
            fprintf(stderr, "\r%lld experts ...\r", (long long)n);
        rows[k] =
            run_replicas(context, model, law, &limit, moe_expert_period(expert), k, n, replica_counts[k]);
        print_row(&rows[k]);
    }
    printf("\n");
    print_slope("prediction error", rows, offsetof(struct row, prediction));
    print_slope("coupling", rows, offsetof(struct row, coupling));
    print_w1_curve(rows);
    write_csv(csv, rows);
    moe_field_destroy(limit.field);
    moe_law_destroy(law);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
    free(training);
    free(held_out);
    return 0;
}
