/* objective.h - the inside of moe_objective, and the part of it that a model keeps.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_OBJECTIVE_H
#define MOEI_OBJECTIVE_H

#include "expert/expert.h"
#include "model/loss.h"
#include "model/potential.h"

/* What is trained for. */
typedef struct moei_terms {
    moei_loss *loss;
    moei_potential potential;
    double *mobility; /* d, or NULL for 1 each */
    double scale;
} moei_terms;

struct moe_objective {
    moe_context *context; /* retained: the setters report there */
    moe_expert *expert;
    moei_terms terms;
};

/* The square loss and nothing else. */
int32_t moei_terms_plain(moe_context *context, moei_terms *terms);
/* On failure, too, `terms` is to be freed. */
int32_t moei_terms_copy(moe_context *context, const moei_terms *from, int64_t d, moei_terms *terms);
void moei_terms_free(moei_core *core, moei_terms *terms);

static inline bool moei_has_potential(const moei_terms *terms)
{
    return terms->potential.decay || terms->potential.own;
}

#endif
