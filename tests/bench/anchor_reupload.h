/* anchor_reupload.h - one circuit, written out by hand: what the library's kernels are measured against.
 *
 * The circuit `reupload`: 4 layers of RX(x_q), RY(theta), RZ(theta) on each qubit q, then CNOT from each
 * qubit to the next, around the ring; observable (1/M) sum Z. Its shape is known to the compiler, and
 * everything that a program for any circuit must look up is a constant here.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ANCHOR_REUPLOAD_H
#define ANCHOR_REUPLOAD_H

#include <stdint.h>

enum { ANCHOR_LAYERS = 4 };

typedef struct anchor anchor;

/* One instruction set and precision. Parameter (layer y, qubit q) is theta[2 (y M + q)] of RY, the next of
 * RZ.
 */
typedef struct anchor_kind {
    const char *kernel, *precision;
    int32_t width; /* points in a block */
    /* M = 2, 4, ... 12 qubits at n points, n a multiple of `width`; NULL: another M, or no memory. x: n x M
     */
    anchor *(*create)(int64_t qubits, int64_t n, const double *x);
    void (*destroy)(anchor *self);
    void (*set)(anchor *self, const double *theta);
    /* The values at the points of one block. */
    void (*value)(anchor *self, int64_t block);
    /* And all derivatives. */
    void (*gradient)(anchor *self, int64_t block);
    /* What the last block left, at one of its points. */
    double (*read_value)(const anchor *self, int32_t lane);
    double (*read_gradient)(const anchor *self, int64_t parameter, int32_t lane);
} anchor_kind;

/* The anchor built for these kernels and precision; NULL if there is none. */
const anchor_kind *anchor_find(const char *kernel, const char *precision);

#endif
