/* fingerprint.h - by what a saved state knows its model again.
 *
 * Data are known by checksums, bit by bit. Experts, and the host's losses and potentials, are functions: they
 * are known by what they compute at a few points, their probe. No function of an expert's table is asked for
 * its name, so no expert can forget to have one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FINGERPRINT_H
#define MOEI_FINGERPRINT_H

#include "model/model.h"

/* The probe has the predictions of mu (n K), its energy, and the drift of its points (count d). */
int64_t moei_probe_size(const moe_model *model, int64_t count);
int32_t moei_probe_model(moe_context *context, const moe_model *model, const moe_measure *mu, double *probe);

/* Checksums of a model's data, in the order of moei_data_names. */
enum { MOEI_DATA = 5 };
extern const char *const moei_data_names[MOEI_DATA];
void moei_data_sums(const moe_model *model, uint64_t sums[MOEI_DATA]);

#endif
