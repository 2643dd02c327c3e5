/* box_prices.c - prices that give each site its weight, and the coupling that the shares then are.
 *
 * On a mesh of leaves b of mass m_b with costs c_bj, at temperature e (`blur`), maximise the smooth concave
 *     F(psi) = sum_j w_j psi_j + sum_solo m (c - psi) - e sum_b m_b log sum_j exp((psi_j - c_bj) / e).
 * With the shares s_bj = exp((psi_j - c_bj) / e) / sum_k exp((psi_k - c_bk) / e),
 *     grad_j = w_j - solo_j - sum_b m_b s_bj,    -e Hess = sum_b m_b (diag(s_b) - s_b s_b^T).
 * The first steps are Sinkhorn's, psi_j += e log(w_j / mass_j); then Newton's, damped by Armijo's rule (at
 * e = 0: Kitagawa, Merigot & Thibert, J. Eur. Math. Soc. 21 (2019)), the linear systems by conjugate
 * gradients on the leaves, nothing assembled.
 *
 * Where grad = 0 the shares are a coupling of the law with the points: each leaf is spread over its sites in
 * these parts. Its cost is an upper bound of W_p^p whatever the prices; the mass by which it misses its sites
 * is charged at the largest cost there is.
 *
 * A price that has moved farther than the mesh was made for stops the work; the mesh is then made anew.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <math.h>
#include <string.h>

typedef struct {
    moei_mesh *mesh;
    const double *price;
    double blur;
    int64_t n;
    const double *x; /* of a product with the Hessian */
} pass;

typedef struct {
    double *mass, *gradient, *diagonal, *step, *residual, *direction, *image, *trial, *start;
} vectors;

/* ---- passes over the leaves ------------------------------------------------------------------- */

/* row <- sum_b m_b s_bj, and at [n] the sum of -e m_b log sum exp; shares are left in the part. */
static int32_t pass_shares(void *self, int64_t task, int32_t worker)
{
    (void)worker;
    const pass *at = self;
    const moei_mesh_part *part = &at->mesh->part[task];
    double *row = at->mesh->row + task * (at->n + 1);
    memset(row, 0, (size_t)(at->n + 1) * sizeof *row);
    for (int64_t b = 0; b < part->leaves; b++) {
        const int64_t from = part->first[b], to = part->first[b + 1];
        double most = -INFINITY, sum = 0;
        for (int64_t e = from; e < to; e++) {
            part->share[e] = (at->price[part->site[e]] - part->cost[e]) / at->blur;
            most = fmax(most, part->share[e]);
        }
        for (int64_t e = from; e < to; e++)
            sum += part->share[e] = exp(part->share[e] - most);
        for (int64_t e = from; e < to; e++) {
            part->share[e] /= sum;
            row[part->site[e]] += part->mass[b] * part->share[e];
        }
        row[at->n] -= at->blur * part->mass[b] * (most + log(sum));
    }
    return MOE_OK;
}

/* row <- -e Hess x, or its diagonal if x is NULL */
static int32_t pass_hessian(void *self, int64_t task, int32_t worker)
{
    (void)worker;
    const pass *at = self;
    const moei_mesh_part *part = &at->mesh->part[task];
    double *row = at->mesh->row + task * (at->n + 1);
    memset(row, 0, (size_t)(at->n + 1) * sizeof *row);
    for (int64_t b = 0; b < part->leaves; b++) {
        const int64_t from = part->first[b], to = part->first[b + 1];
        double mean = 0;
        for (int64_t e = from; at->x && e < to; e++)
            mean += part->share[e] * at->x[part->site[e]];
        for (int64_t e = from; e < to; e++)
            row[part->site[e]] +=
                part->mass[b] * part->share[e] * (at->x ? at->x[part->site[e]] - mean : 1 - part->share[e]);
    }
    return MOE_OK;
}

/* row <- the mass that each site receives; at [n] the cost */
static int32_t pass_cost(void *self, int64_t task, int32_t worker)
{
    (void)worker;
    const pass *at = self;
    const moei_mesh_part *part = &at->mesh->part[task];
    double *row = at->mesh->row + task * (at->n + 1);
    memset(row, 0, (size_t)(at->n + 1) * sizeof *row);
    for (int64_t b = 0; b < part->leaves; b++)
        for (int64_t e = part->first[b]; e < part->first[b + 1]; e++) {
            row[part->site[e]] += part->mass[b] * part->share[e];
            row[at->n] += part->mass[b] * part->share[e] * part->cost[e];
        }
    return MOE_OK;
}

static int32_t run(const pass *at, moei_task task)
{
    pass copy = *at;
    const moei_boxes *boxes = at->mesh->boxes;
    const int32_t status = moei_parallel(boxes->context, true, boxes->starts, task, &copy);
    moei_sum_rows(boxes->starts, at->n + 1, at->mesh->row);
    return status;
}

/* *value <- F(price), mass <- what the sites get */
static int32_t evaluate(const pass *at, double *value, double *mass)
{
    const moei_boxes *boxes = at->mesh->boxes;
    const int32_t status = run(at, pass_shares);
    double sum = 0;
    for (int64_t j = 0; j < at->n; j++) {
        mass[j] = at->mesh->row[j] + at->mesh->solo[j];
        sum += (boxes->weight[j] - at->mesh->solo[j]) * at->price[j];
    }
    *value = sum + at->mesh->row[at->n] + at->mesh->solo_cost[0];
    return status;
}

/* ---- linear systems --------------------------------------------------------------------------- */

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t j = 0; j < n; j++)
        sum += a[j] * b[j];
    return sum;
}

/* step <- (-Hess + ridge)^-1 gradient by conjugate gradients with the diagonal, to a part `forcing` of the
 * residual. */
static int32_t solve(pass *at, double ridge, double forcing, vectors *v)
{
    enum { ROUNDS = 1000 };
    const int64_t n = at->n;
    const double *weight = at->mesh->boxes->weight;
    double before = 0, goal = 0;
    at->x = NULL;
    int32_t status = run(at, pass_hessian);
    for (int64_t j = 0; j < n; j++) {
        v->diagonal[j] = (at->mesh->row[j] + ridge * weight[j]) / at->blur;
        v->step[j] = 0;
        v->residual[j] = v->gradient[j];
        v->direction[j] = v->residual[j] / v->diagonal[j];
        before += v->residual[j] * v->direction[j];
    }
    goal = forcing * forcing * before;
    at->x = v->direction;
    for (int round = 0; round < ROUNDS && before > goal && !status; round++) {
        status = run(at, pass_hessian);
        for (int64_t j = 0; j < n; j++)
            v->image[j] = (at->mesh->row[j] + ridge * weight[j] * v->direction[j]) / at->blur;
        const double length = before / dot(n, v->direction, v->image);
        double after = 0;
        for (int64_t j = 0; j < n; j++) {
            v->step[j] += length * v->direction[j];
            v->residual[j] -= length * v->image[j];
            after += v->residual[j] * v->residual[j] / v->diagonal[j];
        }
        for (int64_t j = 0; j < n; j++)
            v->direction[j] = v->residual[j] / v->diagonal[j] + after / before * v->direction[j];
        before = after;
    }
    return status;
}

/* ---- steps ------------------------------------------------------------------------------------ */

static double miss_of(const pass *at, vectors *v)
{
    double sum = 0;
    for (int64_t j = 0; j < at->n; j++) {
        v->gradient[j] = at->mesh->boxes->weight[j] - v->mass[j];
        sum += fabs(v->gradient[j]);
    }
    return sum;
}

/* Half the range of price - start: how far the prices are from those of the mesh, up to a constant. */
static double moved(int64_t n, const double *price, const double *start)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t j = 0; j < n; j++) {
        low = fmin(low, price[j] - start[j]);
        high = fmax(high, price[j] - start[j]);
    }
    return (high - low) / 2;
}

static void sinkhorn_step(const pass *at, const vectors *v, double *price)
{
    for (int64_t j = 0; j < at->n; j++) {
        const double ratio = log(at->mesh->boxes->weight[j] / v->mass[j]);
        price[j] += at->blur * fmin(fmax(ratio, -4), 4);
    }
}

/* price <- price + t step for the first t = 1, 1/2, ... that gains enough; *gained = false if none does. */
static int32_t search(pass *at, const vectors *v, double reach, double *price, double *value, bool *gained)
{
    enum { HALVINGS = 12 };
    const double slope = dot(at->n, v->gradient, v->step), start = *value;
    double largest = 0, t = 1;
    int32_t status = MOE_OK;
    for (int64_t j = 0; j < at->n; j++)
        largest = fmax(largest, fabs(v->step[j]));
    t = largest > reach ? reach / largest : 1;
    memcpy(v->trial, price, (size_t)at->n * sizeof *price);
    *gained = false;
    for (int halving = 0; halving < HALVINGS && !*gained && !status; halving++, t /= 2) {
        for (int64_t j = 0; j < at->n; j++)
            price[j] = v->trial[j] + t * v->step[j];
        status = evaluate(at, value, v->mass);
        *gained = *value >= start + 0.1 * t * slope - 1e-14 * fabs(start);
    }
    return status;
}

static int32_t climb(pass *at, vectors *v, double *price, double reach, double miss, bool *settled)
{
    enum { OPENING = 2, ROUNDS = 40 };
    moe_context *context = at->mesh->boxes->context;
    double value, off = 0;
    int32_t status = evaluate(at, &value, v->mass);
    memcpy(v->start, price, (size_t)at->n * sizeof *price);
    *settled = false;
    for (int round = 0; round < ROUNDS && !status; round++) {
        off = miss_of(at, v);
        if (off <= miss) {
            *settled = true;
            break;
        }
        if (moved(at->n, price, v->start) > reach)
            break;
        bool gained = round >= OPENING;
        if (gained)
            status = solve(at, 1e-9, fmax(fmin(0.1, off), 0.3 * miss / off), v);
        if (gained && !status)
            status = search(at, v, reach, price, &value, &gained);
        if (!gained && !status) {
            sinkhorn_step(at, v, price);
            status = evaluate(at, &value, v->mass);
        }
        if (!status)
            status = moei_progress(context, "transport", 0.5);
    }
    return status;
}

int32_t moei_mesh_settle(moei_mesh *mesh, double *price, double blur, double reach, double miss,
                         bool *settled)
{
    moe_context *context = mesh->boxes->context;
    const int64_t n = mesh->boxes->count;
    double *block = MOEI_NEW(context->core, moei_mul(9, n), double);
    if (!block)
        return moei_out_of_memory(context, "the prices of a distance");
    vectors v = {block,         block + n,     block + 2 * n, block + 3 * n, block + 4 * n,
                 block + 5 * n, block + 6 * n, block + 7 * n, block + 8 * n};
    pass at = {mesh, price, blur, n, NULL};
    const int32_t status = climb(&at, &v, price, reach, miss, settled);
    moei_free(context->core, block);
    return status;
}

int32_t moei_mesh_upper(moei_mesh *mesh, const double *price, double blur, double *cost, double *charge)
{
    const moei_boxes *boxes = mesh->boxes;
    const pass at = {mesh, price, blur, boxes->count, NULL};
    double miss = 0;
    int32_t status = run(&at, pass_shares);
    if (!status)
        status = run(&at, pass_cost);
    for (int64_t j = 0; j < at.n; j++)
        miss += fabs(mesh->row[j] + mesh->solo[j] - boxes->weight[j]);
    *cost = (mesh->row[at.n] + mesh->solo_cost[0]) * (1 + 1e-11);
    *charge = (miss / 2 * (1 + 1e-9) + 1e-14) * boxes->farthest;
    return status;
}
