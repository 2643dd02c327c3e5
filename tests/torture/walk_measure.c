/* walk_measure.c - laws, measures, their moments, modes and distances, transport.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

static void note_measure(struct torture *t, const moe_measure *mu)
{
    const int64_t count = moe_measure_count(mu), d = moe_measure_dimension(mu);
    torture_note(t, count * d, moe_measure_points(mu));
    torture_note(t, count, moe_measure_weights(mu));
    torture_note(t, d, moe_measure_period(mu));
}

static void laws(struct torture *t)
{
    enum { D = 6, SAMPLES = 4 };
    const double inf = (double)INFINITY, period[D] = {1, 2 * PI, inf, inf, inf, inf};
    const double samples[SAMPLES] = {0.2, -0.4, 0.9, 0.5}, gamma[D] = {1, 1, 0.5, 0.5, 0.25, 0.25};
    const int64_t sizes[D] = {2, 3, 2, 1, 2, SAMPLES};
    moe_law *law = NULL;
    moe_measure *random = NULL, *tensor = NULL, *lattice = NULL;
    TRY(moe_law_create(t->context, D, period, &law));
    TRY(moe_law_set_uniform(law, 0, 0.1, 0.7));
    TRY(moe_law_set_von_mises(law, 1, 0.4, 2));
    TRY(moe_law_set_normal(law, 2, 1, 0.5));
    TRY(moe_law_set_fixed(law, 3, 0.7));
    TRY(host_set_quantile(t, law, 4));
    TRY(moe_law_set_samples(law, 5, 1, SAMPLES, samples));
    TRY(moe_measure_random(t->context, law, 1, 2, 3, 40, &random));
    TRY(moe_measure_tensor(t->context, law, sizes, &tensor));
    TRY(moe_measure_lattice(t->context, law, 64, gamma, 5, 0, &lattice));
    note_measure(t, random);
    note_measure(t, tensor);
    note_measure(t, lattice);
done:
    moe_measure_destroy(lattice);
    moe_measure_destroy(tensor);
    moe_measure_destroy(random);
    moe_law_destroy(law);
}

static void summaries(struct torture *t)
{
    enum { MODES = 2 };
    const double period[2] = {1, 2};
    const int64_t k[MODES * 2] = {1, 0, 2, -1};
    double modes[2 * MODES], mean[HOST_D], covariance[HOST_D * HOST_D], norm[2];
    moe_law *law = NULL;
    moe_measure *mu = NULL, *a = NULL, *b = NULL, *own = NULL;
    TRY(host_measure(t, 100, 1, &mu));
    TRY(moe_measure_moments(t->context, mu, mean, covariance));
    torture_note(t, HOST_D * HOST_D, covariance);
    TRY(moe_law_create(t->context, 2, period, &law));
    TRY(moe_measure_random(t->context, law, 1, 0, 0, 50, &a));
    TRY(moe_measure_random(t->context, law, 1, 1, 0, 60, &b));
    TRY(moe_measure_create(t->context, HOST_D, host_period, 50, moe_measure_points(a), moe_measure_weights(a),
                           &own));
    note_measure(t, own);
    TRY(moe_measure_modes(t->context, a, MODES, k, modes));
    TRY(moe_measure_mode_distance(t->context, a, b, 4, &norm[0], &norm[1]));
    torture_note(t, 2 * MODES, modes);
    torture_note(t, 2, norm);
done:
    moe_measure_destroy(own);
    moe_measure_destroy(b);
    moe_measure_destroy(a);
    moe_measure_destroy(mu);
    moe_law_destroy(law);
}

/* In one, two and three dimensions, of equal and of other masses. */
static void distances(struct torture *t)
{
    static const struct {
        int64_t d, rows, columns;
        double p;
    } cases[] = {{1, 40, 40, 1},   {1, 40, 50, 2}, {2, 60, 60, 1}, {2, 60, 60, 2},
                 {2, 40, 55, 1.5}, {3, 50, 50, 2}, {3, 30, 41, 1}};
    const double period[3] = {1, (double)INFINITY, 2};
    double bounds[2], radius[60];
    moe_law *law = NULL;
    moe_measure *a = NULL, *b = NULL;
    for (int i = 0; i < 60; i++)
        radius[i] = 0.01;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TRY(moe_law_create(t->context, cases[i].d, period, &law));
        if (cases[i].d > 1)
            TRY(moe_law_set_normal(law, 1, 0, 1));
        TRY(moe_measure_random(t->context, law, 1, 0, 0, cases[i].rows, &a));
        TRY(moe_measure_random(t->context, law, 1, 1, 0, cases[i].columns, &b));
        TRY(moe_measure_distance(t->context, a, b, cases[i].p, &bounds[0], &bounds[1]));
        torture_note(t, 2, bounds);
        TRY(moe_measure_distance_cells(t->context, a, b, radius, cases[i].p, &bounds[0], &bounds[1]));
        torture_note(t, 2, bounds);
        moe_measure_destroy(a);
        moe_measure_destroy(b);
        moe_law_destroy(law);
        a = b = NULL;
        law = NULL;
    }
done:
    moe_measure_destroy(b);
    moe_measure_destroy(a);
    moe_law_destroy(law);
}

static void distances_to_laws(struct torture *t)
{
    const double period[2] = {1, 1}, nodes[] = {0, 0.25, 0.5, 0.75}, images[] = {0.1, 0.3, 0.65, 0.8};
    double bounds[2];
    moe_law *line = NULL, *plane = NULL;
    moe_measure *a = NULL, *b = NULL;
    TRY(moe_law_create(t->context, 1, period, &line));
    TRY(moe_law_create(t->context, 2, period, &plane));
    TRY(moe_measure_random(t->context, line, 1, 0, 0, 20, &a));
    TRY(moe_measure_random(t->context, plane, 1, 0, 0, 20, &b));
    TRY(moe_measure_distance_law(t->context, a, line, 1, 0.01, &bounds[0], &bounds[1]));
    torture_note(t, 2, bounds);
    TRY(moe_measure_distance_law(t->context, b, plane, 2, 0.05, &bounds[0], &bounds[1]));
    torture_note(t, 2, bounds);
    TRY(moe_measure_distance_image(t->context, a, line, 4, nodes, images, (double)INFINITY, 1, &bounds[0],
                                   &bounds[1]));
    torture_note(t, 2, bounds);
done:
    moe_measure_destroy(b);
    moe_measure_destroy(a);
    moe_law_destroy(plane);
    moe_law_destroy(line);
}

/* A problem of so many rows and columns in d = 2, watched. */
static void solve(struct torture *t, int64_t rows, int64_t columns, double p)
{
    double bounds[2];
    const double *masses, *phi, *psi, period[2] = {1, 1};
    const int64_t *from, *to;
    int64_t count;
    moe_law *law = NULL;
    moe_measure *a = NULL, *b = NULL;
    moe_transport *transport = NULL;
    TRY(moe_context_set_progress(t->context, host_progress, t));
    TRY(moe_law_create(t->context, 2, period, &law));
    TRY(moe_measure_random(t->context, law, 1, 0, 0, rows, &a));
    TRY(moe_measure_random(t->context, law, 1, 1, 0, columns, &b));
    TRY(moe_transport_create(t->context, a, b, p, &transport));
    TRY(moe_transport_set_gap(transport, 0));
    TRY(moe_transport_solve(transport));
    TRY(moe_transport_bounds(transport, &bounds[0], &bounds[1]));
    torture_note(t, 2, bounds);
    torture_bytes(t, 1, moe_transport_method(transport));
    TRY(moe_transport_plan(transport, &count, &from, &to, &masses));
    torture_note(t, count, masses);
    torture_bytes(t, count * (int64_t)sizeof *from, from);
    torture_bytes(t, count * (int64_t)sizeof *to, to);
    TRY(moe_transport_potentials(transport, &phi, &psi));
    torture_note(t, rows, phi);
    torture_note(t, columns, psi);
done:
    moe_transport_destroy(transport);
    moe_measure_destroy(b);
    moe_measure_destroy(a);
    moe_law_destroy(law);
}

static void matching(struct torture *t)
{
    solve(t, 80, 80, 2);
}

static void simplex(struct torture *t)
{
    solve(t, 50, 70, 1);
}

const struct walks walks_measure[] = {{"laws", laws},
                                      {"summaries", summaries},
                                      {"distances", distances},
                                      {"distances to laws", distances_to_laws},
                                      {"transport, matching", matching},
                                      {"transport, simplex", simplex},
                                      {NULL, NULL}};
