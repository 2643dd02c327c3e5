/* report.c - what a study's replicas say: means, rates held against the theory, and the explicit bound.
 *
 * SPDX-License-Identifier: MIT */
#include "model/model.h"
#include "study/initial.h"
#include "study/study.h"

#include <math.h>
#include <string.h>

/* ---- means ------------------------------------------------------------------------------------ */

int32_t moei_study_need_result(const moe_study *study)
{
    if (!study)
        return MOE_ERROR_NULL;
    if (!study->limit || study->working)
        return moei_fail(study->context, MOE_ERROR_ORDER, "the study has no result%s",
                         study->working ? " while it runs" : "");
    return MOE_OK;
}

static int32_t need_cell(const moe_study *study, int32_t quantity, int64_t t)
{
    int32_t status = moei_study_need_result(study);
    if (!status)
        status = moei_need_index(study->context, quantity, MOE_STUDY_QUANTITIES, "quantity");
    return status ? status : moei_need_index(study->context, t, study->times, "t");
}

moei_rate_cell moei_study_cell_of(const moe_study *study, int32_t quantity, int64_t i, int64_t t,
                                  int64_t count)
{
    const int64_t stride = study->times * MOE_STUDY_QUANTITIES;
    const double *number = study->series[i] + t * MOE_STUDY_QUANTITIES + quantity;
    moei_rate_cell cell = {.experts = (double)study->experts[i]};
    for (int64_t r = 0; r < count; r++)
        if (!isnan(number[r * stride])) {
            cell.mean += number[r * stride];
            cell.replicas++;
        }
    cell.mean /= (double)cell.replicas; /* NAN for none */
    for (int64_t r = 0; r < count && cell.replicas > 1; r++)
        if (!isnan(number[r * stride]))
            cell.variance += pow(number[r * stride] - cell.mean, 2) / (double)(cell.replicas - 1);
    if (quantity == MOE_STUDY_W2 && cell.mean > 0) { /* sqrt(m) varies by s / (2 sqrt(m)) */
        cell.variance /= 4 * cell.mean;
        cell.mean = sqrt(cell.mean);
    }
    return cell;
}

moei_rate_cell moei_study_cell(const moe_study *study, int32_t quantity, int64_t i, int64_t t)
{
    return moei_study_cell_of(study, quantity, i, t, study->replicas[i]);
}

MOE_PUBLIC int32_t moe_study_limit(moe_study *study, moe_limit **limit)
{
    if (limit)
        *limit = NULL;
    int32_t status = moei_study_need_result(study);
    if (!status)
        status = moei_need(study->context, limit, "limit");
    if (!status)
        *limit = study->limit;
    return status;
}

MOE_PUBLIC int32_t moe_study_means(const moe_study *study, int32_t quantity, int64_t t, double *mean,
                                   double *error, int64_t *replicas)
{
    const int32_t status = need_cell(study, quantity, t);
    for (int64_t i = 0; !status && i < study->sizes; i++) {
        const moei_rate_cell cell = moei_study_cell(study, quantity, i, t);
        if (mean)
            mean[i] = cell.mean;
        if (error)
            error[i] = cell.replicas > 1 ? sqrt(cell.variance / (double)cell.replicas) : (double)NAN;
        if (replicas)
            replicas[i] = cell.replicas;
    }
    return status;
}

MOE_PUBLIC int32_t moe_study_bias(const moe_study *study, int64_t i, int64_t t, double *bias, double *error)
{
    int32_t status = need_cell(study, 0, t);
    if (!status)
        status = moei_need_index(study->context, i, study->sizes, "i");
    if (!status)
        status = moei_need(study->context, bias, "bias");
    if (status)
        return status;
    const int64_t width = moei_model_width(study->model);
    const double *sum = study->shifts[i] + t * width, *squares = sum + study->times * width;
    const double N = (double)study->experts[i], R = (double)study->replicas[i];
    for (int64_t j = 0; j < width; j++) {
        const double mean = sum[j] / R; /* NAN for no replicas */
        bias[j] = N * mean;
        if (error)
            error[j] = R > 1 ? N * sqrt(fmax(squares[j] / R - mean * mean, 0) / (R - 1)) : (double)NAN;
    }
    return MOE_OK;
}

/* ---- rates ------------------------------------------------------------------------------------ */

/* The form of a quantity's decay, and *theory, its exponent (study.h). */
static moei_rate_form form_of(const moe_study *study, int32_t quantity, double *theory)
{
    const double d = (double)study->dimension;
    *theory = moei_is_distance(quantity) && d > 2 ? 1 / d : 0.5;
    if (moei_is_distance(quantity) && d > 2)
        return (moei_rate_form){MOEI_RATE_CORRECTED, (d - 2) / d, 0};
    if (quantity == MOE_STUDY_COUPLING_MAX &&
        d > 1) /* N draws get within N^-2/d of a smooth maximum: at last */
        return (moei_rate_form){MOEI_RATE_CORRECTED, 2 / d, fmin(2 / d, 0.25)};
    if (quantity == MOE_STUDY_LOSS) /* linear and quadratic in F_N - F */
        return (moei_rate_form){MOEI_RATE_CORRECTED, 0.5, 0};
    if (quantity ==
        MOE_STUDY_PREDICTION_MAX) /* N^-1/2 (F_N - F) is odd, its correction even, in what is random */
        return (moei_rate_form){MOEI_RATE_CORRECTED, 1, 0};
    return (moei_rate_form){moei_is_distance(quantity) && d == 2 ? MOEI_RATE_LOGARITHMIC : MOEI_RATE_PLAIN, 0,
                            0};
}

/* The cells with a mean that has a logarithm and an error; MOE_ERROR_SIZE if they are less than the form
 * takes. */
static int32_t take_cells(const moe_study *study, int32_t quantity, int64_t t, moei_rate_form form,
                          moei_rate_cell *cells, int64_t *count)
{
    const int64_t needed = moei_rate_parameters(form) + 1;
    *count = 0;
    if (!study->dimension)
        return moei_fail(study->context, MOE_ERROR_VALUE,
                         "every coordinate of the law is a fixed number: mixtures are their limit");
    for (int64_t i = 0; i < study->sizes; i++) {
        const moei_rate_cell cell = moei_study_cell(study, quantity, i, t);
        if (cell.replicas > 1 && cell.mean > 0)
            cells[(*count)++] = cell;
    }
    return *count >= needed
               ? MOE_OK
               : moei_fail(study->context, MOE_ERROR_SIZE,
                           "the quantity was measured for %lld numbers of experts; its rate takes %lld",
                           (long long)*count, (long long)needed);
}

/* The fit in the theory's form, and *theory, its exponent. */
static int32_t fit_theory(const moe_study *study, int32_t quantity, int64_t t, moei_rate_cell *cells,
                          int64_t *count, double *theory, moei_rate *rate)
{
    const moei_rate_form form = form_of(study, quantity, theory);
    const int32_t status = take_cells(study, quantity, t, form, cells, count);
    if (status || moei_rate_fit_tail(form, *count, cells, *theory, rate))
        return status;
    return moei_fail(study->context, MOE_ERROR_VALUE, "the quantity does not determine a rate");
}

/* exponent (3 numbers) and the first 5 of fit, either of which may be NULL. */
static void tell(const moei_rate *rate, const moei_rate_cell *cells, double *exponent, double *fit)
{
    if (exponent) {
        exponent[0] = -rate->value[1];
        exponent[1] = -rate->high;
        exponent[2] = -rate->low;
    }
    if (fit) {
        fit[0] = cells[rate->first].experts;
        fit[1] = rate->chi_squared;
        fit[2] = rate->chi_freedom;
        fit[3] = exp(rate->value[0]);
        fit[4] = rate->value[2];
    }
}

MOE_PUBLIC int32_t moe_study_rate(const moe_study *study, int32_t quantity, int64_t t, double *theory,
                                  double exponent[3], double *probability, double fit[6])
{
    moei_rate_cell cells[MOEI_RATE_CELLS];
    moei_rate rate;
    double expected;
    int64_t count;
    int32_t status = need_cell(study, quantity, t);
    if (!status)
        status = fit_theory(study, quantity, t, cells, &count, &expected, &rate);
    if (status)
        return status;
    if (theory)
        *theory = -expected;
    if (probability)
        *probability = rate.probability;
    tell(&rate, cells, exponent, fit);
    if (fit)
        fit[5] = rate.correction;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_rate_form(const moe_study *study, int32_t quantity, int64_t t, int32_t form,
                                       double exponent[3], double fit[6])
{
    static const moei_rate_kind kinds[] = {MOEI_RATE_PLAIN, MOEI_RATE_LOGARITHMIC, MOEI_RATE_GENERAL,
                                           MOEI_RATE_CORRECTED};
    moei_rate_cell cells[MOEI_RATE_CELLS];
    moei_rate rate;
    double expected;
    int64_t count;
    int32_t status = need_cell(study, quantity, t);
    if (status)
        return status;
    const double d = (double)study->dimension;
    if (form < MOE_RATE_PLAIN || form > MOE_RATE_CORRECTED || (form == MOE_RATE_CORRECTED && d < 3))
        return moei_fail(study->context, MOE_ERROR_VALUE, "form is %d, which is none in dimension %g",
                         (int)form, d);
    if ((status = fit_theory(study, quantity, t, cells, &count, &expected, &rate)))
        return status;
    const moei_rate_form of = {kinds[form], (d - 2) / d, 0};
    const int64_t first = rate.first;
    if ((status = take_cells(study, quantity, t, of, cells, &count)))
        return status;
    if (!moei_rate_fit(of, first, count, cells, expected, &rate))
        return moei_fail(study->context, MOE_ERROR_VALUE, "the quantity does not determine a rate");
    tell(&rate, cells, exponent, fit);
    if (fit)
        fit[5] = rate.chi_held;
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_study_rate_curve(const moe_study *study, int32_t quantity, int64_t t, double exponent,
                                        int64_t count, const double *experts, double *mean)
{
    moei_rate_cell cells[MOEI_RATE_CELLS];
    moei_rate rate;
    double expected;
    int64_t cell_count;
    int32_t status = need_cell(study, quantity, t);
    if (status || (status = moei_need_size(study->context, count, "count")) ||
        (status = moei_need(study->context, experts, "experts")) ||
        (status = moei_need(study->context, mean, "mean")))
        return status;
    for (int64_t i = 0; i < count; i++)
        if (!(experts[i] >= 2) || isinf(experts[i]))
            return moei_fail(study->context, MOE_ERROR_VALUE,
                             "experts[%lld] is %g; it takes a number from 2 on", (long long)i, experts[i]);
    if (isinf(exponent))
        return moei_fail(study->context, MOE_ERROR_VALUE, "exponent is %g; it takes a number, or NAN",
                         exponent);
    if ((status = fit_theory(study, quantity, t, cells, &cell_count, &expected, &rate)))
        return status;
    return moei_rate_curve(form_of(study, quantity, &expected), rate.first, cell_count, cells, -exponent,
                           count, experts, mean)
               ? MOE_OK
               : moei_fail(study->context, MOE_ERROR_VALUE, "no curve of the form has the exponent %g",
                           exponent);
}

MOE_PUBLIC int32_t moe_study_dimension(const moe_study *study, int64_t *random, int64_t *seen)
{
    const int32_t status = moei_study_need_result(study);
    if (status)
        return status;
    if (random)
        *random = study->dimension;
    if (seen)
        *seen = moei_law_random_coordinates(study->limit->reduced);
    return MOE_OK;
}

/* ---- the bound -------------------------------------------------------------------------------- */

enum { LOSS_STEPS = 512 };

static int32_t need_square_loss(const moe_study *study)
{
    const moei_terms *terms = &study->model->terms;
    return terms->loss->kind == &moei_square_loss && !moei_has_potential(terms)
               ? MOE_OK
               : moei_fail(study->context, MOE_ERROR_UNSUPPORTED,
                           "the explicit bound is known for the square loss without a potential only");
}

/* *sum >= int_0^end sqrt(2 E(mu_s)) ds: the loss falls, so its value at a step's beginning is its largest.
 * *first <- sqrt(2 E(mu_0)). */
static int32_t integrate_loss(moe_study *study, double end, double *first, double *sum)
{
    const moe_model *model = study->model;
    moe_field *field = NULL;
    double loss = 0, *f = MOEI_NEW(study->core, model->n * model->expert->K, double);
    int32_t status =
        f ? moe_limit_field(study->limit, &field) : moei_out_of_memory(study->context, "predictions");
    *first = *sum = 0;
    for (int i = 0; i < LOSS_STEPS && !status; i++) {
        moei_field_at(field, end * i / LOSS_STEPS, f);
        status = moei_model_loss_of(study->context, model, f, &loss);
        *sum += sqrt(2 * loss) * end / LOSS_STEPS;
        if (i == 0)
            *first = sqrt(2 * loss);
    }
    moe_field_destroy(field);
    moei_free(study->core, f);
    return status;
}

MOE_PUBLIC int32_t moe_study_bound(moe_study *study, int64_t t, double *a_priori, double *along)
{
    double L1, L2, first, sum;
    int32_t status = need_cell(study, 0, t);
    if (status)
        return status;
    moei_study_hold(study);
    status = need_square_loss(study);
    if (!status)
        status = moe_study_lipschitz(study, &L1, &L2, NULL);
    if (!status)
        status = integrate_loss(study, study->time[t], &first, &sum);
    for (int64_t i = 0; i < study->sizes && !status; i++) {
        const moei_terms *terms = &study->model->terms;
        const double time = study->time[t];
        double initial, mobility = terms->mobility ? 0 : 1;
        for (int64_t a = 0; terms->mobility && a < study->law->d; a++)
            mobility = fmax(mobility, terms->mobility[a]);
        status = moei_initial_bound(study->context, study->law, (double)study->experts[i], &initial);
        if (status)
            break;
        if (a_priori)
            a_priori[i] = exp(mobility * (L2 * first / terms->scale + L1 * L1) * time) * initial;
        if (along)
            along[i] = exp(mobility * (L2 * sum / terms->scale + L1 * L1 * time)) * initial;
    }
    moei_study_let_go(study);
    return moei_public_status(status);
}
