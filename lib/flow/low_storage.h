/* low_storage.h - a Runge-Kutta pair of van der Houwen's form as data: a_ij = b_j but next to the diagonal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_LOW_STORAGE_H
#define MOEI_LOW_STORAGE_H

enum { MOEI_LOW_STAGES = 5 };

typedef struct moei_low_storage {
    double a[MOEI_LOW_STAGES - 1]; /* a_{i+1,i} */
    double b[MOEI_LOW_STAGES], low[MOEI_LOW_STAGES];
} moei_low_storage;

extern const moei_low_storage moei_rk43;

#endif
