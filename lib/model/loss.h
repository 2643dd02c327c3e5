/* loss.h - losses as a table: value and residual per sample. The square loss is the only row so far.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LOSS_H
#define MOEI_LOSS_H

#include <stdint.h>

typedef struct moei_loss {
    const char *name;
    double (*value)(int64_t K, const double *f, const double *y);             /* l(f, y) */
    void (*residual)(int64_t K, const double *f, const double *y, double *r); /* r = dl/df */
} moei_loss;

extern const moei_loss moei_square_loss; /* 1/2 |f - y|^2, f - y */

#endif
