/* slabs_law.c - one coordinate of a law as slabs, with a bound on what that changes.
 *
 * A uniform coordinate is one slab, exactly. A normal one is cut into parts of length h, each taken for
 * uniform. Let G on [0, 1] be the distribution within a part, scaled, and |(log G')'| <= kappa = lambda h.
 * G - t vanishes at 0 and 1 and its second derivative is at most kappa G', so, Green's function being at most
 * 1/4,
 *     |G(t) - t| <= kappa / 4     and     |G^-1(u) - u| <= kappa / 4.
 * No mass is farther from its place than lambda h^2 / 4, and
 *     W_p(slabs, law)^p <= sum_i mass_i (lambda_i h^2 / 4)^p.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/certificate.h"
#include "transport/marginal.h"
#include "transport/slabs.h"

#include <float.h>

static void fill(const moei_marginal *law, double p, moei_slabs *slabs)
{
    const int64_t count = slabs->count;
    const double h = (law->high - law->low) / (double)count;
    moei_account sum = {0, 0}, moved = {0, 0};
    slabs->knot[0] = law->low;
    for (int64_t i = 0; i < count; i++) {
        const double a = slabs->knot[i], b = i + 1 < count ? law->low + (double)(i + 1) * h : law->high;
        const double mass = moei_marginal_part(law, a, b).mass;
        moei_account_add(&sum, mass);
        slabs->knot[i + 1] = b;
        slabs->level[i + 1] = moei_account_value(&sum);
        moei_account_add(&moved, mass * pow(fmin(h, moei_marginal_slope(law, a, b) * h * h / 4) / h, p));
    }
    for (int64_t i = 1; i < count; i++)
        slabs->level[i] = fmin(1, slabs->level[i] / slabs->level[count]);
    slabs->level[count] = 1;
    slabs->stray = law->tail + h * pow(moei_account_value(&moved), 1 / p) * (1 + 1e-9);
}

int32_t moei_slabs_of_law(moe_context *context, const moei_law_coordinate *law, double period, double p,
                          int64_t count, moei_slabs *slabs)
{
    moei_marginal marginal;
    moei_marginal_open(law, period, p, &marginal);
    const int32_t status = moei_slabs_create(context, period, marginal.flat ? 1 : count, slabs);
    if (!status)
        fill(&marginal, p, slabs);
    return status;
}
