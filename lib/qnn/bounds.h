/* bounds.h - what a circuit's gates and observables say of f for all theta and x.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_BOUNDS_H
#define QNNI_BOUNDS_H

#include "qnn/circuit.h"

/* bounds <- (sup |f|, sup |Df|, Lip(Df)), each an upper bound. MOE_ERROR_MEMORY, MOE_ERROR_LAPACK. */
int32_t qnni_bounds_of(moe_context *context, const qnn_circuit *circuit, double bounds[3]);

#endif
