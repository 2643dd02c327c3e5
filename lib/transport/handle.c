/* handle.c - moe_transport: a transport problem and what is known of its solution so far.
 *
 * A solve works on a plan and bounds of its own, which take the place of the old ones once they are
 * certified. The arrays that the getters lend are made when first asked for.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <math.h>
#include <moefield/transport.h>

struct moe_transport {
    moe_context *context; /* retained */
    moe_measure *a, *b;   /* retained */
    double p, gap;
    moei_plan plan; /* of the last solve that ended well; without method before */
    moei_bounds bounds;
    const char *method;      /* of `bounds` */
    int64_t *rows, *columns; /* the plan's edges, or NULL      */
    double *masses;          /* the same, scaled to sum 1      */
    double *phi, *psi;       /* the potentials, or NULL        */
};

/* ---- life ------------------------------------------------------------------------------------- */

static void forget_arrays(moe_transport *transport)
{
    moei_core *core = transport->context->core;
    moei_free(core, transport->rows);
    moei_free(core, transport->columns);
    moei_free(core, transport->masses);
    moei_free(core, transport->phi);
    moei_free(core, transport->psi);
    transport->rows = transport->columns = NULL;
    transport->masses = transport->phi = transport->psi = NULL;
}

MOE_PUBLIC int32_t moe_transport_create(moe_context *context, const moe_measure *a, const moe_measure *b,
                                        double p, moe_transport **transport)
{
    int32_t status;
    if (transport)
        *transport = NULL;
    if ((status = moei_need(context, context, "context")) ||
        (status = moei_need(context, transport, "transport")) ||
        (status = moei_need_distance(context, a, b, p)))
        return status;
    moe_transport *fresh = MOEI_NEW(context->core, 1, moe_transport);
    if (!fresh)
        return moei_out_of_memory(context, "a transport problem");
    fresh->context = moei_context_retain(context);
    fresh->a = moei_measure_retain(a);
    fresh->b = moei_measure_retain(b);
    fresh->p = p;
    fresh->bounds = (moei_bounds){0, INFINITY, false};
    fresh->method = "";
    *transport = fresh;
    return MOE_OK;
}

MOE_PUBLIC void moe_transport_destroy(moe_transport *transport)
{
    if (!transport)
        return;
    moe_context *context = transport->context;
    forget_arrays(transport);
    moei_plan_free(&transport->plan);
    moe_measure_destroy(transport->b);
    moe_measure_destroy(transport->a);
    moei_free(context->core, transport);
    moei_context_release(context);
}

/* ---- work ------------------------------------------------------------------------------------- */

MOE_PUBLIC int32_t moe_transport_set_gap(moe_transport *transport, double gap)
{
    if (!transport)
        return MOE_ERROR_NULL;
    if (!(gap >= 0 && isfinite(gap)))
        return moei_fail(transport->context, MOE_ERROR_VALUE, "gap is %g; it takes a number from 0 on", gap);
    transport->gap = gap;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_transport_solve(moe_transport *transport)
{
    if (!transport)
        return MOE_ERROR_NULL;
    moei_plan plan = {0};
    moei_bounds bounds, *known = &transport->bounds;
    const int32_t status = moei_transport_run(transport->context, transport->a, transport->b, transport->p,
                                              transport->gap, &plan, &bounds);
    if (!status) {
        forget_arrays(transport);
        moei_plan_free(&transport->plan);
        transport->plan = plan;
    }
    if (!status || isfinite(bounds.upper) || bounds.lower > 0)
        transport->method = plan.method;
    known->lower = fmax(known->lower, bounds.lower); /* all of them are true */
    known->upper = fmin(known->upper, bounds.upper);
    if (status)
        moei_plan_free(&plan);
    return status;
}

/* ---- what is known ---------------------------------------------------------------------------- */

MOE_PUBLIC int32_t moe_transport_bounds(const moe_transport *transport, double *lower, double *upper)
{
    int32_t status;
    if (!transport)
        return MOE_ERROR_NULL;
    if ((status = moei_need(transport->context, lower, "lower")) ||
        (status = moei_need(transport->context, upper, "upper")))
        return status;
    *lower = transport->bounds.lower;
    *upper = transport->bounds.upper;
    return MOE_OK;
}

MOE_PUBLIC const char *moe_transport_method(const moe_transport *transport)
{
    return transport ? transport->method : "";
}

static int32_t need_plan(const moe_transport *transport)
{
    return transport->plan.method ? MOE_OK
                                  : moei_fail(transport->context, MOE_ERROR_ORDER,
                                              "the transport problem has not been solved yet");
}

/* The plan's edges as three arrays. */
static int32_t spread_plan(moe_transport *transport)
{
    moei_core *core = transport->context->core;
    moei_plan *plan = &transport->plan;
    int32_t status = MOE_OK;
    if (!plan->edge && (status = moei_plan_spell(transport->context, transport->a, transport->b, plan)))
        return status;
    transport->rows = MOEI_NEW(core, plan->count, int64_t);
    transport->columns = MOEI_NEW(core, plan->count, int64_t);
    transport->masses = MOEI_NEW(core, plan->count, double);
    if (!transport->rows || !transport->columns || !transport->masses) {
        forget_arrays(transport);
        return moei_out_of_memory(transport->context, "the plan of a distance");
    }
    for (int64_t e = 0; e < plan->count; e++) {
        transport->rows[e] = plan->edge[e].row;
        transport->columns[e] = plan->edge[e].column;
        transport->masses[e] = plan->edge[e].mass / plan->total;
    }
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_transport_plan(moe_transport *transport, int64_t *count, const int64_t **rows,
                                      const int64_t **columns, const double **masses)
{
    int32_t status;
    if (!transport)
        return MOE_ERROR_NULL;
    moe_context *context = transport->context;
    if ((status = moei_need(context, count, "count")) || (status = moei_need(context, rows, "rows")) ||
        (status = moei_need(context, columns, "columns")) ||
        (status = moei_need(context, masses, "masses")) || (status = need_plan(transport)) ||
        (!transport->rows && (status = spread_plan(transport))))
        return status;
    *count = transport->plan.count;
    *rows = transport->rows;
    *columns = transport->columns;
    *masses = transport->masses;
    return MOE_OK;
}

static int32_t find_potentials(moe_transport *transport)
{
    moe_context *context = transport->context;
    const moei_plan *plan = &transport->plan;
    double *phi = MOEI_NEW(context->core, transport->a->count, double);
    double *psi = MOEI_NEW(context->core, transport->b->count, double);
    int32_t status;
    if (!phi || !psi)
        status = moei_out_of_memory(context, "the potentials of a distance");
    else
        status = (plan->price ? moei_potentials_prices : moei_potentials_order)(
            context, transport->a, transport->b, transport->p, plan, phi, psi);
    if (status) {
        moei_free(context->core, phi);
        moei_free(context->core, psi);
        return status;
    }
    transport->phi = phi;
    transport->psi = psi;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_transport_potentials(moe_transport *transport, const double **phi, const double **psi)
{
    int32_t status;
    if (!transport)
        return MOE_ERROR_NULL;
    if ((status = moei_need(transport->context, phi, "phi")) ||
        (status = moei_need(transport->context, psi, "psi")) || (status = need_plan(transport)) ||
        (!transport->phi && (status = find_potentials(transport))))
        return status;
    *phi = transport->phi;
    *psi = transport->psi;
    return MOE_OK;
}
