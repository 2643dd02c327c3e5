/* fingerprint.c - checksums of a model's data, and what it computes at a few points.
 *
 * SPDX-License-Identifier: MIT */
#include "model/fingerprint.h"

#include "base/bytes.h"
#include "measure/measure.h"

/* ---- functions -------------------------------------------------------------------------------- */

int64_t moei_probe_size(const moe_model *model, int64_t count)
{
    return moei_model_width(model) + 1 + count * model->expert->d;
}

int32_t moei_probe_model(moe_context *context, const moe_model *model, const moe_measure *mu, double *probe)
{
    double *energy = probe + moei_model_width(model);
    int32_t status = moe_model_predictions(context, model, mu, probe);
    if (!status)
        status = moe_model_energy(context, model, mu, energy);
    if (!status)
        status = moe_model_drift(context, model, mu, energy + 1);
    return status;
}

/* ---- data ------------------------------------------------------------------------------------- */

const char *const moei_data_names[MOEI_DATA] = {"periods", "inputs x", "targets y", "sample weights v",
                                                "objective (loss, decay, potential, mobility or scale)"};

static uint64_t sum_of(int64_t count, const double *numbers)
{
    moei_writer out = {0};
    moei_write_numbers(&out, count, numbers);
    return out.checksum;
}

/* The numbers of the library's losses in files; they never change. 0: the host's. */
static int64_t loss_number(const moei_loss *loss)
{
    static const moei_loss_kind *const kinds[] = {NULL, &moei_square_loss, &moei_logistic_loss,
                                                  &moei_softmax_loss, &moei_huber_loss};
    for (int64_t i = 1; i < (int64_t)(sizeof kinds / sizeof *kinds); i++)
        if (loss->kind == kinds[i])
            return i;
    return 0;
}

static uint64_t sum_of_terms(const moei_terms *terms, int64_t d)
{
    moei_writer out = {0};
    const int64_t there[] = {loss_number(terms->loss), terms->potential.decay != NULL,
                             terms->potential.own != NULL, terms->mobility != NULL};
    moei_write_integers(&out, 4, there);
    moei_write_number(&out, terms->loss->delta);
    moei_write_number(&out, terms->scale);
    if (terms->potential.decay)
        moei_write_numbers(&out, d, terms->potential.decay);
    if (terms->mobility)
        moei_write_numbers(&out, d, terms->mobility);
    return out.checksum;
}

void moei_data_sums(const moe_model *model, uint64_t sums[MOEI_DATA])
{
    const moe_expert *expert = model->expert;
    sums[0] = sum_of(expert->d, expert->period);
    sums[1] = sum_of(model->n * expert->p, model->x);
    sums[2] = sum_of(moei_model_width(model), model->y);
    sums[3] = sum_of(model->n, model->v);
    sums[4] = sum_of_terms(&model->terms, expert->d);
}
