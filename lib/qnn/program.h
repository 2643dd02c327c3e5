/* program.h - a circuit made ready for the kernels: flat, immutable lists.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_PROGRAM_H
#define QNNI_PROGRAM_H

#include "qnn/circuit.h"

/* Points of one expert that a kernel treats at once: a "block". A quantity with lanes is LANES doubles. */
enum { QNNI_LANES = 8 };

/* What an operation does to the pairs (j, k = j ^ flip) of basis states, j having bit `low` clear.
 *
 * Rotations exp(-i a P / 2) = c - i s P, c = cos(a/2), s = sin(a/2). With v = sign * (-1)^|j & parity|:
 *   X   psi_j <- c psi_j - i v s psi_k,   psi_k <- c psi_k - i v s psi_j     strings with an even number of Y
 *   Y   psi_j <- c psi_j - v s psi_k,     psi_k <- c psi_k + v s psi_j       odd number of Y
 *   Z   psi_j <- (c - i v s) psi_j,       psi_k <- (c + i v s) psi_k         neither X nor Y
 * PLAIN: parity = 0, as for every rotation of one qubit; STRING: any parity.
 *
 * Matrices on the qubits of bits low < high (one qubit: low, and high = 2^M), for every j with both clear:
 *   EXCHANGE           psi_{j+from} <-> psi_{j+to}
 *   PHASE              psi_{j+to} <- u psi_{j+to}
 *   REAL1, MATRIX1     psi_{j+o_r} <- sum_s U_rs psi_{j+o_s},  o = (0, to)
 *   MATRIX2            the same, o = (0, to, from, from + to)
 */
typedef enum qnni_kind {
    QNNI_X_PLAIN,
    QNNI_X_STRING,
    QNNI_Y_PLAIN,
    QNNI_Y_STRING,
    QNNI_Z_PLAIN,
    QNNI_Z_STRING,
    QNNI_EXCHANGE_OP,
    QNNI_PHASE_OP,
    QNNI_REAL1,
    QNNI_MATRIX1,
    QNNI_MATRIX2
} qnni_kind;

typedef struct qnni_op {
    qnni_kind kind;
    int32_t source; /* of a rotation's angle: QNN_*; QNN_CONSTANT for a matrix                          */
    int64_t slot;   /* a rotation's row in its source's list of angles; a matrix's start in `matrices`  */
    uint32_t low, high, flip, parity, from, to;
    double sign;
} qnni_op;

/* (O_output psi)_j += d[j] psi_{j ^ flip}, times i if `odd`: the strings of one x mask and one parity
 * of y. */
typedef struct qnni_group {
    int64_t output;
    uint32_t flip;
    bool odd;
    double *d; /* 2^M */
} qnni_group;

typedef struct qnni_program {
    int32_t qubits;
    int64_t parameters, inputs, outputs;
    qnni_op *ops;
    int64_t op_count;
    /* The first operation whose angle depends on theta, or op_count: what comes before it is the same for all
     * experts, and the adjoint pass ends there. */
    int64_t first;
    /* By source: each angle once. */
    qnni_angle *angles[3];
    int64_t angle_count[3];
    /* angles[QNN_CONSTANT] x 2 x LANES: cos(a/2), then sin(a/2), in all lanes. */
    double *constants;
    /* Of each matrix U, then U^H: 2^q x 2^q complex numbers; of a phase u, then u^*. */
    double *matrices;
    qnni_group *groups; /* in order of output */
    int64_t group_count;
} qnni_program;

/* program <- circuit, its gates in order and its observables grouped. MOE_ERROR_MEMORY; then, as when it is
 * no longer needed, qnni_program_clear frees what it holds. `program` must be zeroed before. */
int32_t qnni_program_build(moe_context *context, const qnn_circuit *circuit, qnni_program *program);
void qnni_program_clear(moei_core *core, qnni_program *program);

/* cs[0] = cos(a/2), cs[1] = sin(a/2) for a = scale * v[index] + shift. */
void qnni_half_angle(const qnni_angle *angle, const double *v, double cs[2]);

/* table[slot] = cos(a/2), then sin(a/2), each in all lanes, for the angles of a source; v: theta, or NULL for
 * constants.                                                                      table: slot x 2 x LANES */
void qnni_tabulate(const qnni_program *program, int32_t source, const double *v, double *table);

#endif
