/* pauli.h - Pauli strings as two bit masks.
 *
 * Qubit q is bit q; x holds the qubits with X or Y, z those with Z or Y. On basis states
 *
 *   P |j> = i^y (-1)^|j & z| |j ^ x>,   y = |x & z| the number of Y,
 *
 * where |m| counts the ones of m.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_PAULI_H
#define QNNI_PAULI_H

#include <moefield/types.h>

typedef struct qnni_pauli {
    uint32_t x, z;
} qnni_pauli;

/* string <- pauli[i] on qubits[i], or on qubit i if qubits is NULL: then one letter for each qubit.
 * MOE_ERROR_NULL, MOE_ERROR_PAULI, MOE_ERROR_INDEX, MOE_ERROR_QUBITS. */
int32_t qnni_pauli_parse(moe_context *context, int64_t count, const char *pauli, const int64_t *qubits,
                         qnni_pauli *string);

/* used |= the bit of qubits[i], unless it is out of range or there already.
 * MOE_ERROR_INDEX, MOE_ERROR_QUBITS. */
int32_t qnni_take_qubit(moe_context *context, int64_t count, int64_t i, const int64_t *qubits,
                        uint32_t *used);

/* y, the number of letters Y. */
int qnni_pauli_count_y(qnni_pauli string);

#endif
