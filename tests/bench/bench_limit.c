/* bench_limit.c - the time that moe_limit takes to a tolerance, one thread, from the uniform law.
 *
 * Goals: cosine at t = 16 in 20 ms, at t = 64 in 1 s; four and four_upload to 1e-8 at t = 5 in 5 s; eight to
 * 1e-4 in 60 s.
 *
 *   cosine       f = cos(theta + x) on 9 points, whose law turns into a Poisson kernel of |z| = 0.88 at
 *                t = 16 and 0.99 at 64 (tests/golden)
 *   four         2 qubits, 4 angles, x encoded before them
 *   four_upload  2 qubits, 4 angles in 2 layers, x encoded in each
 *   eight        4 qubits, 8 angles in 2 layers, x encoded in each
 *
 * The last three on 6 points. CSV: problem,time,tolerance,seconds,estimate,nodes,evaluations; seconds of CPU,
 * the median of an odd number of solves.
 *
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "bench/timing.h"

#include <math.h>
#include <moefield/moefield.h>
#include <stdio.h>
#include <string.h>

enum { MOST_POINTS = 9, MOST_SOLVES = 9, MOST_ANGLES = 8 };

typedef struct {
    const char *name, *circuit; /* as OpenQASM */
    double time, tolerance;
    int points, solves;
    const double *x, *y; /* NULL: smooth ones */
} problem;

static const double golden_x[] = {1.0218398804308624, 1.1571733940113393,  -2.017550073280993,
                                  -2.85666711612713,  -2.6066210854894805, 2.7867680409621443,
                                  0.8743281933578011, 2.6814399989604443,  -0.9036938467674265};
static const double golden_y[] = {0.6935533816764563,  0.7381049116063401,  -0.8687220796237031,
                                  -0.8940765946925286, -0.8902538674654092, 0.8931911991199931,
                                  0.6332098552443265,  0.8916020677858165,  -0.6462825424556929};

static const char cosine[] = "OPENQASM 3.0; input float x; input float theta; qubit q; ry(x) q; ry(theta) q;";

#define HEAD(D, M) "OPENQASM 3.0; input float x; input array[float, " #D "] theta; qubit[" #M "] q;"
#define MEAN_OF_2  "\npragma moefield observable 0 0.5 ZI\npragma moefield observable 0 0.5 IZ\n"
#define MEAN_OF_4                                                                                            \
    "\npragma moefield observable 0 0.25 ZIII\npragma moefield observable 0 0.25 IZII\n"                     \
    "pragma moefield observable 0 0.25 IIZI\npragma moefield observable 0 0.25 IIIZ\n"

static const char four[] = HEAD(4, 2) "ry(x) q[0]; rx(0.7*x) q[1]; ry(theta[0]) q[0]; ry(theta[1]) q[1];"
                                      "cz q[0], q[1]; rx(theta[2]) q[0]; rx(theta[3]) q[1];" MEAN_OF_2;
static const char four_upload[] =
    HEAD(4, 2) "rx(x) q; ry(theta[0]) q[0]; ry(theta[1]) q[1]; cx q[0], q[1];"
               "rx(x) q; ry(theta[2]) q[0]; ry(theta[3]) q[1]; cx q[0], q[1];" MEAN_OF_2;
static const char eight[] =
    HEAD(8, 4) "rx(x) q; ry(theta[0]) q[0]; ry(theta[1]) q[1]; ry(theta[2]) q[2]; ry(theta[3]) q[3];"
               "cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3];"
               "rx(x) q; ry(theta[4]) q[0]; ry(theta[5]) q[1]; ry(theta[6]) q[2]; ry(theta[7]) q[3];"
               "cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3];" MEAN_OF_4;

static const problem problems[] = {
    {"cosine", cosine, 16, 1e-8, 9, 9, golden_x, golden_y},
    {"cosine", cosine, 16, 1e-11, 9, 9, golden_x, golden_y},
    {"cosine", cosine, 64, 1e-8, 9, 5, golden_x, golden_y},
    {"cosine", cosine, 64, 1e-11, 9, 5, golden_x, golden_y},
    {"four", four, 5, 1e-8, 6, 3, NULL, NULL},
    {"four_upload", four_upload, 5, 1e-8, 6, 3, NULL, NULL},
    {"eight", eight, 1, 1e-4, 6, 1, NULL, NULL},
    {"eight", eight, 3, 1e-4, 6, 1, NULL, NULL},
};

static void check(moe_context *context, int32_t status)
{
    if (status) {
        fprintf(stderr, "%s\n", moe_context_error(context));
        exit(1);
    }
}

static moe_limit *limit_of(moe_context *context, const moe_expert *expert, const moe_model *model,
                           const problem *p)
{
    moe_law *law;
    moe_limit *limit;
    check(context, moe_law_create(context, moe_expert_parameters(expert), moe_expert_period(expert), &law));
    check(context, moe_limit_create(context, model, law, &limit));
    check(context, moe_limit_set_times(limit, 1, &p->time));
    check(context, moe_limit_set_tolerance(limit, p->tolerance));
    moe_law_destroy(law);
    return limit;
}

static void run(moe_context *context, const problem *p)
{
    double x[MOST_POINTS], y[MOST_POINTS], seconds[MOST_SOLVES], estimate = 0, evaluations = 0;
    qnn_circuit *circuit;
    moe_expert *expert;
    moe_model *model;
    int64_t nodes = 0;
    for (int j = 0; j < p->points; j++) {
        x[j] = p->x ? p->x[j] : -1.5 + 0.6 * j;
        y[j] = p->y ? p->y[j] : 0.5 * sin(2 * x[j]);
    }
    check(context, qnn_circuit_read(context, p->circuit, (int64_t)strlen(p->circuit), &circuit));
    check(context, qnn_expert_create(context, circuit, NULL, &expert));
    check(context, moe_model_create(context, expert, p->points, x, y, NULL, &model));
    for (int i = 0; i < p->solves; i++) {
        moe_measure *image;
        moe_limit *limit = limit_of(context, expert, model, p);
        const double begun = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        check(context, moe_limit_solve(limit));
        seconds[i] = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - begun;
        check(context, moe_limit_errors(limit, &estimate));
        check(context, moe_limit_effort(limit, NULL, NULL, &evaluations));
        check(context, moe_limit_measure(limit, 0, &image));
        nodes = moe_measure_count(image);
        moe_measure_destroy(image);
        moe_limit_destroy(limit);
    }
    printf("%s,%g,%g,%.4f,%.1e,%lld,%.0f\n", p->name, p->time, p->tolerance, median(p->solves, seconds),
           estimate, (long long)nodes, evaluations);
    fflush(stdout);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
}

int main(void)
{
    moe_context *context = NULL;
    check(NULL, moe_context_create(NULL, &context));
    puts("problem,time,tolerance,seconds,estimate,nodes,evaluations");
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        run(context, &problems[i]);
    moe_context_destroy(context);
    return 0;
}
