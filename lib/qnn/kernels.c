/* kernels.c - a program's passes on states, forward and back, and its observables.
 *
 * Compiled once for each instruction set, named by QNNI_ISA, and once more with floats (QNNI_SINGLE); the
 * only file with flags of its own. Its parts: kernel_vector.h, kernel_turns.h, kernel_gradients.h,
 * kernel_phases.h, kernel_passes.h, kernel_observables.h.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/kernel_observables.h"
#include "qnn/kernel_passes.h"

#define TEXT_EXPANDED(a) #a
#define TEXT(a)          TEXT_EXPANDED(a)

#define DOUBLES QNNI_TABLE(qnni_kernels_)
#define FLOATS  QNNI_TABLE(qnni_single_)
#ifdef QNNI_SINGLE
#define TABLE FLOATS
#else
#define TABLE DOUBLES
#endif

extern const qnni_kernels DOUBLES, FLOATS;

const qnni_kernels TABLE = {
    .name = TEXT(QNNI_ISA),
    .width = WIDTH,
    .bytes = sizeof(real),
    .run = {NULL, run_1, run_2, run_3},
    .undo = {NULL, undo_1, undo_2, undo_3},
    .back = {NULL, back_1, back_2, back_3},
    .expect = expect,
    .observe = observe,
    .multiply = multiply,
#ifndef QNNI_SINGLE
    .tabulate = tabulate,
    .single = &FLOATS,
#endif
};
