/* objective.c - moe_objective: made, and set term by term.
 *
 * Invariant: decay and mobility are finite and not negative, the scale and its square are positive and
 * finite; a decay of zeros and a mobility of ones are not kept, so that what is there does something.
 *
 * SPDX-License-Identifier: MIT */
#include "model/objective.h"

#include <math.h>
#include <string.h>

/* ---- terms ------------------------------------------------------------------------------------ */

int32_t moei_terms_plain(moe_context *context, moei_terms *terms)
{
    *terms = (moei_terms){.scale = 1};
    return moei_loss_create(context, &moei_square_loss, 0, &terms->loss);
}

/* *to <- d numbers, or NULL */
static int32_t copy_numbers(moe_context *context, int64_t d, const double *from, double **to)
{
    *to = NULL;
    if (!from)
        return MOE_OK;
    *to = MOEI_NEW(context->core, d, double);
    if (!*to)
        return moei_out_of_memory(context, "an objective's numbers");
    memcpy(*to, from, (size_t)d * sizeof *from);
    return MOE_OK;
}

int32_t moei_terms_copy(moe_context *context, const moei_terms *from, int64_t d, moei_terms *terms)
{
    moei_own_potential *own = from->potential.own;
    *terms = (moei_terms){.loss = moei_loss_retain(from->loss), .scale = from->scale};
    terms->potential.own = own ? moei_own_potential_retain(own) : NULL;
    int32_t status = copy_numbers(context, d, from->potential.decay, &terms->potential.decay);
    if (!status)
        status = copy_numbers(context, d, from->mobility, &terms->mobility);
    return status;
}

void moei_terms_free(moei_core *core, moei_terms *terms)
{
    moei_loss_release(terms->loss);
    moei_own_potential_release(terms->potential.own);
    moei_free(core, terms->potential.decay);
    moei_free(core, terms->mobility);
}

/* ---- life ------------------------------------------------------------------------------------- */

MOE_PUBLIC int32_t moe_objective_create(moe_context *context, const moe_expert *expert, moe_objective **out)
{
    if (out)
        *out = NULL;
    if (!context || !out)
        return moei_fail(context, MOE_ERROR_NULL, "objective is NULL");
    int32_t status = moei_need(context, expert, "expert");
    if (status)
        return status;
    moe_objective *objective = MOEI_NEW(context->core, 1, moe_objective);
    if (!objective)
        return moei_out_of_memory(context, "an objective");
    objective->context = moei_context_retain(context);
    objective->expert = moei_expert_retain(expert);
    status = moei_terms_plain(context, &objective->terms);
    if (status) {
        moe_objective_destroy(objective);
        return status;
    }
    *out = objective;
    return MOE_OK;
}

MOE_PUBLIC void moe_objective_destroy(moe_objective *objective)
{
    if (!objective)
        return;
    moe_context *context = objective->context;
    moei_terms_free(context->core, &objective->terms);
    moe_expert_destroy(objective->expert);
    moei_free(context->core, objective);
    moei_context_release(context);
}

/* ---- the loss --------------------------------------------------------------------------------- */

static void set_loss(moe_objective *objective, moei_loss *loss)
{
    moei_loss_release(objective->terms.loss);
    objective->terms.loss = loss;
}

MOE_PUBLIC int32_t moe_objective_set_loss(moe_objective *objective, int32_t number)
{
    static const moei_loss_kind *const kinds[] = {[MOE_LOSS_SQUARE] = &moei_square_loss,
                                                  [MOE_LOSS_LOGISTIC] = &moei_logistic_loss,
                                                  [MOE_LOSS_SOFTMAX] = &moei_softmax_loss};
    if (!objective)
        return MOE_ERROR_NULL;
    if (number < 0 || number >= (int32_t)(sizeof kinds / sizeof kinds[0]))
        return moei_fail(objective->context, MOE_ERROR_VALUE, "loss is %d; it takes a MOE_LOSS_*",
                         (int)number);
    if (objective->expert->K < kinds[number]->least_outputs)
        return moei_fail(objective->context, MOE_ERROR_VALUE,
                         "loss is MOE_LOSS_SOFTMAX; it takes 2 outputs or more, the expert has 1");
    moei_loss *loss = NULL;
    const int32_t status = moei_loss_create(objective->context, kinds[number], 0, &loss);
    if (!status)
        set_loss(objective, loss);
    return status;
}

MOE_PUBLIC int32_t moe_objective_set_huber(moe_objective *objective, double delta)
{
    if (!objective)
        return MOE_ERROR_NULL;
    moei_loss *loss = NULL;
    int32_t status = moei_need_number(objective->context, delta, "delta");
    if (!status)
        status = moei_need_positive(objective->context, MOE_ERROR_VALUE, delta, "delta");
    if (!status)
        status = moei_loss_create(objective->context, &moei_huber_loss, delta, &loss);
    if (!status)
        set_loss(objective, loss);
    return status;
}

MOE_PUBLIC int32_t moe_objective_set_own_loss(moe_objective *objective, const moe_loss_ops *ops, void *self)
{
    if (!objective)
        return MOE_ERROR_NULL;
    moei_loss *loss = NULL;
    int32_t status = moei_need(objective->context, ops, "ops");
    if (!status)
        status = moei_loss_create_own(objective->context, ops, self, &loss);
    if (!status)
        set_loss(objective, loss);
    return status;
}

/* ---- potential, mobility, scale --------------------------------------------------------------- */

/* *kept <- d numbers >= 0; NULL if all are `neutral`, or there are none */
static int32_t set_numbers(moe_objective *objective, const double *numbers, double neutral, const char *name,
                           double **kept)
{
    moe_context *context = objective->context;
    const int64_t d = objective->expert->d;
    bool useful = false;
    double *fresh = NULL;
    for (int64_t a = 0; numbers && a < d; a++) {
        if (!isfinite(numbers[a]))
            return moei_fail(context, MOE_ERROR_NOT_FINITE, "%s[%lld] is %g", name, (long long)a, numbers[a]);
        if (numbers[a] < 0)
            return moei_fail(context, MOE_ERROR_VALUE, "%s[%lld] is %g; it must be at least 0", name,
                             (long long)a, numbers[a]);
        useful = useful || numbers[a] != neutral;
    }
    const int32_t status = copy_numbers(context, d, useful ? numbers : NULL, &fresh);
    if (status)
        return status;
    moei_free(context->core, *kept);
    *kept = fresh;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_objective_set_decay(moe_objective *objective, const double *decay)
{
    if (!objective)
        return MOE_ERROR_NULL;
    return set_numbers(objective, decay, 0, "decay", &objective->terms.potential.decay);
}

MOE_PUBLIC int32_t moe_objective_set_mobility(moe_objective *objective, const double *mobility)
{
    if (!objective)
        return MOE_ERROR_NULL;
    return set_numbers(objective, mobility, 1, "mobility", &objective->terms.mobility);
}

MOE_PUBLIC int32_t moe_objective_set_potential(moe_objective *objective, const moe_potential_ops *ops,
                                               void *self)
{
    if (!objective)
        return MOE_ERROR_NULL;
    moei_own_potential *own = NULL;
    const int32_t status = ops ? moei_own_potential_create(objective->context, ops, self, &own) : MOE_OK;
    if (status)
        return status;
    moei_own_potential_release(objective->terms.potential.own);
    objective->terms.potential.own = own;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_objective_set_scale(moe_objective *objective, double scale)
{
    if (!objective)
        return MOE_ERROR_NULL;
    const int32_t status = moei_need_number(objective->context, scale, "scale");
    if (status)
        return status;
    const double square = scale * scale;
    if (!(scale > 0) || !isfinite(square) || !isfinite(1 / square))
        return moei_fail(objective->context, MOE_ERROR_VALUE,
                         "scale is %g; it must be positive, and its square neither 0 nor infinite", scale);
    objective->terms.scale = scale;
    return MOE_OK;
}
