/* boxes.c - W_p between points and a product law in d >= 2: finer boxes until the interval is narrow.
 *
 * A stage has a resolution eta, a cost. The law is split into boxes in which a wrong site costs at most eta;
 * the prices are settled at a temperature in proportion to eta (box_prices.c), which makes the shares of the
 * boxes a coupling, an upper bound; the same prices give a lower bound (box_dual.c). Only boxes that two
 * sites or more contend for are split, a layer about the faces of the Laguerre cells (for p = 1, of the
 * Apollonius diagram), so a stage costs boxes in proportion to their area, and errs by eta on a layer as thin
 * as eta: the gap goes with eta^2.
 *
 * The first stage has eta of the order of the largest cost, where every site bids everywhere and the problem
 * is smooth; each stage starts from the prices of the one before (scaling: Kosowsky & Yuille 1994;
 * multiscale: Merigot, Computer Graphics Forum 30 (2011)). Power cells and this dual: Aurenhammer, Hoffmann &
 * Aronov, Algorithmica 20 (1998); p = 1: Hartmann & Schuhmacher, Math. Methods Oper. Res. 92 (2020).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include "transport/continuous.h"
#include "transport/slabs.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Of eta: the temperature, and the mass that the coupling may miss, at the largest cost; of the temperature:
 * the window in which sites keep bidding; of the width asked for: what the curvature of the cost may take; of
 * eta: the resolution of the lower bound, which loses more by a box than the upper one. */
static const double blur_part = 0.25, miss_part = 0.002, window_part = 12, bend_part = 0.25, dual_part = 0.4;

typedef struct {
    moei_boxes boxes;
    moei_mesh mesh;
    double *trial; /* prices while they are being settled */
    moei_bounds bounds;
} worker;

static double root_of(double power, double p)
{
    return !(power > 0) ? 0 : p == 1 ? power : p == 2 ? sqrt(power) : pow(power, 1 / p);
}

/* Meshes and prices until they fit each other. */
static int32_t settle(worker *it, double eta, double bend, double miss)
{
    enum { ROUNDS = 30 };
    moei_boxes *boxes = &it->boxes;
    double window = window_part * blur_part * eta;
    bool settled = false;
    int32_t status = MOE_OK;
    for (int round = 0; round < ROUNDS && !settled && !status; round++) {
        status = moei_mesh_build(&it->mesh, window, eta, bend);
        memcpy(it->trial, boxes->price, (size_t)boxes->count * sizeof *it->trial);
        if (!status)
            status = moei_mesh_settle(&it->mesh, it->trial, blur_part * eta, window / 2, miss, &settled);
        if (!status)
            memcpy(boxes->price, it->trial, (size_t)boxes->count * sizeof *it->trial);
    }
    return status;
}

/* Both bounds with the present prices. *width: how far apart they are but for the mass that the coupling
 * misses. */
static int32_t bound(worker *it, double eta, double bend, double *width)
{
    double cost = INFINITY, charge = 0, lower = 0;
    const double p = it->boxes.p;
    int32_t status = moei_mesh_upper(&it->mesh, it->boxes.price, blur_part * eta, &cost, &charge);
    if (!status)
        status = moei_boxes_lower(&it->boxes, dual_part * eta, bend, &lower);
    if (status)
        return status;
    const double unit = it->boxes.unit;
    moei_bounds found = {unit * root_of(lower, p) * (1 - 1e-13),
                         unit * root_of(cost + charge, p) * (1 + 1e-13), false};
    moei_bounds_widen(&found, it->boxes.tail);
    *width = unit * root_of(cost, p) - found.lower;
    it->bounds.lower = fmax(it->bounds.lower, found.lower);
    it->bounds.upper = fmin(it->bounds.upper, found.upper);
    return MOE_OK;
}

static int32_t refine(worker *it, double gap)
{
    enum { STAGES = 40, IDLE = 4 };
    const double least = fmax(0.05, fmin(0.25, pow(2, -it->boxes.p))); /* about half the length */
    double eta = it->boxes.farthest / 4, width = INFINITY, best = INFINITY;
    int32_t status = MOE_OK;
    for (int stage = 0, idle = 0;
         stage < STAGES && idle < IDLE && eta > 1e-14 * it->boxes.farthest && !status; stage++) {
        const double power = pow(it->bounds.upper / it->boxes.unit, it->boxes.p),
                     wanted = gap * it->boxes.p * power;
        const double bend = fmax(bend_part * wanted, fmin(eta, eta * eta / power));
        const bool early = stage == 0 || width > 30 * gap * it->bounds.upper;
        const double miss = fmax(miss_part * eta / it->boxes.farthest, early ? 1e-3 : 0);
        if ((status = settle(it, eta, bend, miss)) || (status = bound(it, eta, bend, &width)))
            break;
        const double have = it->bounds.upper - it->bounds.lower, goal = gap * it->bounds.upper;
        if (have <= goal)
            return MOE_OK;
        idle = have < 0.99 * best ? 0 : idle + 1;
        best = fmin(best, have);
        eta *= fmin(0.7, fmax(least, 0.8 * sqrt(goal / width)));
    }
    return status ? status
                  : moei_fail(it->boxes.context, MOE_ERROR_CONVERGENCE,
                              "transport: W_%g lies between %.17g and %.17g", it->boxes.p, it->bounds.lower,
                              it->bounds.upper);
}

int32_t moei_distance_boxes(moe_context *context, const moe_measure *measure, const moe_law *law, double p,
                            double gap, moei_bounds *bounds)
{
    if (law->d > MOEI_BOX_DIMENSIONS)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                         "the law has %lld coordinates; this version takes up to %d", (long long)law->d,
                         MOEI_BOX_DIMENSIONS);
    if (measure->count > INT32_MAX)
        return moei_fail(context, MOE_ERROR_UNSUPPORTED,
                         "measure has %lld points; this version takes 2^31 - 1", (long long)measure->count);
    worker it = {.bounds = *bounds};
    int32_t status = moei_boxes_open(context, measure, law, p, &it.boxes);
    it.mesh.boxes = &it.boxes;
    if (!status)
        status = moei_mesh_create(&it.boxes, &it.mesh);
    if (!status && !(it.trial = MOEI_NEW(context->core, it.boxes.count, double)))
        status = moei_out_of_memory(context, "the prices of a distance");
    if (!status)
        status = refine(&it, gap);
    *bounds = it.bounds;
    moei_free(context->core, it.trial);
    moei_mesh_free(&it.mesh);
    moei_boxes_close(&it.boxes);
    return status;
}
