/* host.c - a host's expert, loss, potential, law and watchers, each call of which can be the one that fails.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

static const double scale[HOST_K] = {1, 0.7};
const double host_period[HOST_D] = {2 * PI, (double)INFINITY};
const double host_x[HOST_POINTS * HOST_P] = {0.1, -0.4, 0.9, 0.3, -1.2, 0.7};
const double host_y[HOST_POINTS * HOST_K] = {0.3, 0.2, 0.5, 0.1, 0.4, 0.6};

enum { FAILURE = -5, MOMENTS = 4 };

#define MAY_FAIL(self, due)                                                                                  \
    do {                                                                                                     \
        if (host_fails((self), (due)))                                                                       \
            return FAILURE;                                                                                  \
    } while (0)

static void let_go(void *self)
{
    atomic_fetch_sub(&((struct torture *)self)->objects, 1);
}

/* An object of the host's that the library has taken. */
static int32_t taken(struct torture *t, int32_t status)
{
    atomic_fetch_add(&t->objects, status == MOE_OK);
    return status;
}

/* ---- the expert -------------------------------------------------------------------------------- */

static int32_t bind(void *self, int64_t n, const double *x, void **bound)
{
    (void)n, (void)x;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    atomic_fetch_add(&((struct torture *)self)->objects, 1);
    *bound = self;
    return 0;
}

static void unbind(void *self, void *bound)
{
    (void)bound;
    let_go(self);
}

static int64_t workspace(void *self, void *bound, int64_t count)
{
    (void)bound;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    return 8 * count;
}

static int64_t moment_count(void *self, void *bound)
{
    (void)bound;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    return MOMENTS;
}

static int32_t prepare(void *self, void *bound, int64_t n, const double *x, const double *r, void **stage)
{
    (void)n, (void)x, (void)r;
    *stage = bound;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    atomic_fetch_add(&((struct torture *)self)->objects, 1);
    return 0;
}

static void release(void *self, void *bound, void *stage)
{
    (void)bound, (void)stage;
    let_go(self);
}

static int32_t values(void *self, void *bound, int64_t n, const double *x, int64_t count, const double *theta,
                      double *f, void *work)
{
    (void)bound;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    memset(work, 1, (size_t)(8 * count));
    for (int64_t i = 0; i < count; i++, theta += HOST_D)
        for (int64_t j = 0; j < n; j++)
            for (int k = 0; k < HOST_K; k++)
                *f++ =
                    scale[k] * (cos(theta[0] + x[2 * j]) + (k + 1) * theta[1] * sin(theta[0] - x[2 * j + 1]));
    return 0;
}

static int32_t pullback(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                        const double *theta, const double *r, double *g, void *work)
{
    (void)bound, (void)stage;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    memset(work, 1, (size_t)(8 * count));
    for (int64_t i = 0; i < count; i++, theta += HOST_D, g += HOST_D) {
        g[0] = g[1] = 0;
        for (int64_t j = 0; j < n; j++)
            for (int k = 0; k < HOST_K; k++) {
                const double w = r[j * HOST_K + k] * scale[k], b = theta[0] - x[2 * j + 1];
                g[0] += w * (-sin(theta[0] + x[2 * j]) + (k + 1) * theta[1] * cos(b));
                g[1] += w * (k + 1) * sin(b);
            }
    }
    return 0;
}

static int32_t moments(void *self, void *bound, int64_t n, const double *x, int64_t count,
                       const double *theta, const double *w, double *m, void *work)
{
    (void)bound, (void)n, (void)x, (void)work;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t i = 0; i < count; i++, theta += HOST_D) {
        const double c = w[i] * cos(theta[0]), s = w[i] * sin(theta[0]);
        m[0] += c;
        m[1] += s;
        m[2] += theta[1] * c;
        m[3] += theta[1] * s;
    }
    return 0;
}

static int32_t predict(void *self, void *bound, int64_t n, const double *x, const double *m, double *f)
{
    (void)bound;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t j = 0; j < n; j++, x += HOST_P)
        for (int k = 0; k < HOST_K; k++)
            *f++ = scale[k] *
                   (m[0] * cos(x[0]) - m[1] * sin(x[0]) + (k + 1) * (m[3] * cos(x[1]) - m[2] * sin(x[1])));
    return 0;
}

static int32_t bounds(void *self, double *value, double *gradient, double *curvature)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    *value = *gradient = *curvature = 10;
    return 0;
}

/* df of one direction v at one expert, and what it adds to h. */
static void along(int64_t n, const double *x, const double *theta, const double *v, const double *r,
                  double *df, double *h)
{
    for (int64_t j = 0; j < n; j++)
        for (int k = 0; k < HOST_K; k++) {
            const double a = theta[0] + x[2 * j], b = theta[0] - x[2 * j + 1], second = (k + 1) * cos(b);
            const int64_t at = j * HOST_K + k;
            if (df)
                df[at] = scale[k] * ((-sin(a) + theta[1] * second) * v[0] + (k + 1) * sin(b) * v[1]);
            if (h) {
                const double w = r[at] * scale[k];
                h[0] += w * ((-cos(a) - (k + 1) * theta[1] * sin(b)) * v[0] + second * v[1]);
                h[1] += w * second * v[0];
            }
        }
}

static int32_t tangent(void *self, void *bound, void *stage, int64_t n, const double *x, int64_t count,
                       int64_t m, const double *theta, const double *direction, const double *r, double *df,
                       double *h, void *work)
{
    (void)bound, (void)stage, (void)work;
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t l = 0; l < count * m; l++) {
        double *slope = h ? h + l * HOST_D : NULL;
        if (slope)
            slope[0] = slope[1] = 0;
        along(n, x, theta + l / m * HOST_D, direction + l * HOST_D, r, df ? df + l * n * HOST_K : NULL,
              slope);
    }
    return 0;
}

int32_t host_expert(struct torture *t, moe_expert **expert)
{
    const moe_expert_ops ops = {.struct_size = sizeof ops,
                                .flags = MOE_EXPERT_THREAD_SAFE,
                                .values = values,
                                .pullback = pullback,
                                .bind = bind,
                                .unbind = unbind,
                                .workspace = workspace,
                                .moment_count = moment_count,
                                .moments = moments,
                                .predict = predict,
                                .prepare = prepare,
                                .release = release,
                                .destroy = let_go,
                                .bounds = bounds,
                                .tangent = tangent};
    return taken(t, moe_expert_create(t->context, &ops, t, HOST_D, HOST_P, HOST_K, host_period, expert));
}

/* ---- objectives -------------------------------------------------------------------------------- */

static int32_t loss_value(void *self, int64_t n, int64_t K, const double *f, const double *y, double *value)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t j = 0; j < n; j++) {
        value[j] = 0;
        for (int64_t k = j * K; k < (j + 1) * K; k++)
            value[j] += log(cosh(f[k] - y[k]));
    }
    return 0;
}

static int32_t loss_residual(void *self, int64_t n, int64_t K, const double *f, const double *y, double *r)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t k = 0; k < n * K; k++)
        r[k] = tanh(f[k] - y[k]);
    return 0;
}

static int32_t loss_curvature(void *self, int64_t n, int64_t K, const double *f, const double *y,
                              const double *u, double *c)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t k = 0; k < n * K; k++)
        c[k] = u[k] / (cosh(f[k] - y[k]) * cosh(f[k] - y[k]));
    return 0;
}

static int32_t loss_check(void *self, int64_t K, const double *y)
{
    (void)K, (void)y;
    MAY_FAIL(self, MOE_ERROR_VALUE); /* "no labels of one sample" */
    return 0;
}

int32_t host_set_loss(struct torture *t, moe_objective *objective)
{
    const moe_loss_ops ops = {.struct_size = sizeof ops,
                              .value = loss_value,
                              .residual = loss_residual,
                              .curvature = loss_curvature,
                              .check = loss_check,
                              .destroy = let_go};
    return taken(t, moe_objective_set_own_loss(objective, &ops, t));
}

static int32_t potential_value(void *self, int64_t count, int64_t d, const double *theta, double *value)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t i = 0; i < count; i++)
        value[i] = 0.1 * (1 - cos(theta[i * d])) + 0.05 * theta[i * d + 1] * theta[i * d + 1];
    return 0;
}

static int32_t potential_gradient(void *self, int64_t count, int64_t d, const double *theta, double *g)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t i = 0; i < count; i++) {
        g[i * d] = 0.1 * sin(theta[i * d]);
        g[i * d + 1] = 0.1 * theta[i * d + 1];
    }
    return 0;
}

int32_t host_set_potential(struct torture *t, moe_objective *objective)
{
    const moe_potential_ops ops = {.struct_size = sizeof ops,
                                   .flags = MOE_POTENTIAL_THREAD_SAFE,
                                   .value = potential_value,
                                   .gradient = potential_gradient,
                                   .destroy = let_go};
    return taken(t, moe_objective_set_potential(objective, &ops, t));
}

int32_t host_model(struct torture *t, moe_model **model)
{
    moe_expert *expert = NULL;
    *model = NULL;
    TRY(host_expert(t, &expert));
    TRY(moe_model_create(t->context, expert, HOST_POINTS, host_x, host_y, NULL, model));
done:
    moe_expert_destroy(expert);
    return *model ? MOE_OK : MOE_ERROR_ORDER;
}

/* ---- laws -------------------------------------------------------------------------------------- */

int32_t host_law(struct torture *t, moe_law **law)
{
    *law = NULL;
    TRY(moe_law_create(t->context, HOST_D, host_period, law));
    TRY(moe_law_set_normal(*law, 1, 0, 0.3));
done:
    return *law ? MOE_OK : MOE_ERROR_ORDER;
}

int32_t host_measure(struct torture *t, int64_t count, int64_t stream, moe_measure **measure)
{
    moe_law *law = NULL;
    *measure = NULL;
    TRY(host_law(t, &law));
    TRY(moe_measure_random(t->context, law, 5, stream, 0, count, measure));
done:
    moe_law_destroy(law);
    return *measure ? MOE_OK : MOE_ERROR_ORDER;
}

static int32_t quantile(void *self, double u, double *theta)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    *theta = 0.6 * u + 0.1;
    return 0;
}

int32_t host_set_quantile(struct torture *t, moe_law *law, int64_t k)
{
    return taken(t, moe_law_set_quantile(law, k, quantile, t, let_go));
}

/* ---- those who watch and run ------------------------------------------------------------------- */

int32_t host_progress(void *self, const char *what, double part)
{
    (void)what, (void)part;
    return host_fails(self, MOE_ERROR_CANCELLED);
}

int32_t host_observer(void *self, moe_flow *flow)
{
    struct torture *t = self;
    const double time = moe_flow_time(flow);
    torture_note(t, 1, &time);
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    return 0;
}

int32_t host_run(void *self, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    MAY_FAIL(self, MOE_ERROR_CALLBACK);
    for (int64_t i = 0; i < tasks; i++)
        task(argument, i);
    return 0;
}
