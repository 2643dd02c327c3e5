/* program.h - a circuit made ready for the kernels: flat, immutable lists.
 *
 * A program is a list of turns, rotations exp(-i sign a P / 2) by Pauli strings: all Clifford gates are
 * absorbed (frame.h), all others decomposed (decompose.h). The turns are cut into passes; one pass is one
 * visit of the whole state.
 *
 * A pass has k = min(M, LOCAL) independent flips v_0 ... v_{k-1}; it treats the 2^k amplitudes j = rep ^
 * comb[l], comb[l] = xor of the v_i with bit i in l, at once, for one rep after the other. The reps are the
 * span of M - k masks: rep ^= delta[ctz(t)] for t = 1, 2, ... goes through all of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_PROGRAM_H
#define QNNI_PROGRAM_H

#include "qnn/circuit.h"
#include "qnn/frame.h"

/* LANES: points of one expert in a "block"; a quantity with lanes is LANES doubles.
 * LOCAL: the flips of a pass, such that its amplitudes fit the registers of AVX-512. */
enum { QNNI_LANES = 16, QNNI_LOCAL = 3, QNNI_AMPLITUDES = 1 << QNNI_LOCAL };

/* How many turns a pass may leave to steps: each can multiply the norm by up to 1.7e16 (norms.c). */
enum { QNNI_MOST_STEPS = 8 };

/* exp(-i sign a P / 2), a the angle in row `slot` of its source. */
typedef struct qnni_turn {
    qnni_pauli pauli;
    int32_t source; /* QNN_* */
    int64_t slot;
    double sign;
} qnni_turn;

/* What a step does to the pairs (a, b) of local amplitudes (l, l ^ flip), l with the lowest bit of flip
 * clear, with t = tan(a/2) and the sign v of the pair:
 *   X   a <- a - i v t b,   b <- b - i v t a     strings with an even number of Y
 *   Y   a <- a - v t b,     b <- b + v t a       odd number of Y
 *   Z   a <- (1 - i v t) a                       no flip; for each amplitude
 * The norm is not kept: the missing factor cos(a/2) is put in at the end, for all turns at once.
 * ALL_X, ALL_Y: one turn for each local flip, with signs that do not depend on l or rep; MOST_X, MOST_Y: for
 * each but the last.
 * Else v = sign[of the pair] (-1)^|rep & outside|, and code = ONE_X + flip or ONE_Y + flip.
 */
enum {
    QNNI_ALL_X,
    QNNI_ALL_Y,
    QNNI_MOST_X,
    QNNI_MOST_Y,
    QNNI_ONE_Z,
    QNNI_ONE_X = 8,
    QNNI_ONE_Y = QNNI_ONE_X + QNNI_AMPLITUDES,
};

typedef struct qnni_step {
    int32_t code;
    int32_t source[QNNI_LOCAL]; /* of each turn of ALL_*, MOST_*, or only the first */
    int64_t slot[QNNI_LOCAL];
    uint32_t outside;
    /* The sign bits of doubles, to be flipped: of the turns of ALL_*, MOST_*, else of the pairs or
     * amplitudes. */
    uint64_t sign[QNNI_AMPLITUDES];
} qnni_step;

/* One factor exp(-i sign a Z^z / 2) of a diagonal; in the pass before it, (-1)^|j & z| is (-1)^|l & local|
 * times (-1)^|rep & outside|. */
typedef struct qnni_phase {
    uint32_t z, local, outside;
    int32_t source;
    int64_t slot;
    double sign;
    uint64_t sign_bit; /* of `sign` */
    int32_t carry;     /* i if the string's sign is (-1)^(bit i of t) in visit t; -1: if (-1)^|l & local| */
} qnni_phase;

/* Passes that the kernels know by heart: one step ALL_* or MOST_*, or two of the same, first X, then Y or the
 * other way; and the gradients of the last step, no others. */
enum {
    QNNI_SHAPELESS,
    QNNI_SHAPE_X,
    QNNI_SHAPE_Y,
    QNNI_SHAPE_XY,
    QNNI_SHAPE_YX,
    QNNI_MOST = 4, /* added to a shape of MOST_* */
};

/* First the diagonal, if it has phases; then the steps. Every turn by theta commutes with all later steps of
 * its pass, so that all gradients can be taken where the pass ends: `gradients` are steps too. */
typedef struct qnni_pass {
    uint32_t comb[QNNI_AMPLITUDES], delta[QNNI_MOST_QUBITS];
    const qnni_step *steps, *gradients;
    int64_t step_count, gradient_count;
    int32_t shape;
    const qnni_phase *phases;
    int64_t phase_count;
    /* The phases by theta of the diagonal that the next pass begins with: their gradients are taken where
     * this pass ends. First simple ones, then mixed ones, of both signs or of several bits of t. */
    const qnni_phase *next;
    int64_t simple_count, mixed_count;
    int64_t diagonal; /* the row of the table of diagonals; -1: no phases */
    bool derives;     /* there are gradients to take of it or of `next`   */
} qnni_pass;

/* (O_output psi)_j += d[j] psi_{j ^ flip}, times i if `odd`: the strings of one x mask and one parity of y.
 */
typedef struct qnni_group {
    int64_t output;
    uint32_t flip;
    bool odd;
    double *d; /* 2^M */
} qnni_group;

typedef struct qnni_program {
    int32_t qubits;
    bool single; /* QNN_SINGLE */
    int64_t parameters, inputs, outputs;
    /* In order of time; those that no observable sees are dropped. The first turn that depends on theta, or
     * turn_count: what comes before it is the same for all experts. */
    qnni_turn *turns;
    int64_t turn_count, first;
    /* passes [0, first_pass) do turns [0, first). */
    qnni_pass *passes;
    int64_t pass_count, first_pass, diagonal_count; /* passes[first_pass] has no diagonal */
    /* The first pass that derives, or pass_count; all turns by theta from it to pass `lead` commute with what
     * follows them up to there, so that their gradients can be taken where `lead` ends. */
    int64_t first_derived, lead;
    qnni_step *steps, *gradients;
    qnni_phase *phases;
    /* The turns that the passes leave to steps, and so to the norm: in order of passes. norms[pass] is where
     * a pass begins in it, norms[pass_count] its length. */
    qnni_turn *stepped;
    int64_t *norms;
    /* By source: each angle once. */
    qnni_angle *angles[3];
    int64_t angle_count[3];
    /* angles[QNN_CONSTANT] x 2 x LANES: as qnni_tabulate_angle gives them, in all lanes. */
    double *constants;
    double *constant_tangents; /* angles[QNN_CONSTANT] x LANES */
    float *constant_singles;
    qnni_group *groups; /* in order of output */
    int64_t group_count;
} qnni_program;

/* program <- circuit, scheduled, its observables grouped. MOE_ERROR_MEMORY; then, as when it is no longer
 * needed, qnni_program_clear frees what it holds. `program` must be zeroed before. */
int32_t qnni_program_build(moe_context *context, const qnn_circuit *circuit, qnni_program *program);
void qnni_program_clear(moei_core *core, qnni_program *program);

/* tc[0] = tan(a/2), tc[1] = cos(a/2) for a = scale * v[index] + shift. */
void qnni_half_angle(const qnni_angle *angle, const double *v, double tc[2]);

/* The same, but for single precision with |tan| no more than STEEPEST: that is an angle wrong by 1.2e-7 at
 * most, the rounding of a float. */
#define QNNI_STEEPEST 0x1p24
void qnni_tabulate_angle(const qnni_program *program, const qnni_angle *angle, const double *v, double tc[2]);

/* tangents[slot, lane] <- table[slot, 0, lane] as reals of `bytes` */
void qnni_tangents(int64_t slots, const double *table, size_t bytes, void *tangents);

/* schedule.c: passes, steps, gradients, phases and norms <- the turns. MOE_ERROR_MEMORY. */
int32_t qnni_schedule(moei_core *core, qnni_program *program);

#endif
