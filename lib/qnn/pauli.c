/* pauli.c - reads Pauli strings into masks.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/pauli.h"

#include "base/base.h"

#include <stdio.h>
#include <string.h>

int qnni_pauli_count_y(qnni_pauli string)
{
    return __builtin_popcount(string.x & string.z);
}

int32_t qnni_take_qubit(moe_context *context, int64_t count, int64_t i, const int64_t *qubits, uint32_t *used)
{
    char name[40];
    snprintf(name, sizeof name, "qubits[%lld]", (long long)i);
    const int32_t status = moei_need_index(context, qubits[i], count, name);
    if (status)
        return status;
    const uint32_t bit = UINT32_C(1) << qubits[i];
    if (*used & bit)
        return moei_fail(context, MOE_ERROR_QUBITS, "%s is %lld, which is named before", name,
                         (long long)qubits[i]);
    *used |= bit;
    return MOE_OK;
}

int32_t qnni_pauli_parse(moe_context *context, int64_t count, const char *pauli, const int64_t *qubits,
                         qnni_pauli *string)
{
    const int32_t status = moei_need(context, pauli, "pauli");
    if (status)
        return status;
    const size_t letters = strlen(pauli);
    if (letters == 0 || letters > (size_t)count || (!qubits && letters != (size_t)count))
        return moei_fail(context, MOE_ERROR_PAULI, "pauli is \"%.40s\", of %zu letters; it takes %s%lld",
                         pauli, letters, qubits ? "1 to " : "", (long long)count);
    uint32_t used = 0;
    qnni_pauli read = {0, 0};
    for (size_t i = 0; i < letters; i++) {
        const char letter = pauli[i];
        if (!strchr("IXYZ", letter))
            return moei_fail(context, MOE_ERROR_PAULI,
                             "pauli is \"%.40s\"; letter %zu is '%c', not I, X, Y, Z", pauli, i, letter);
        uint32_t bit = UINT32_C(1) << (i & 31);
        if (qubits) {
            const uint32_t before = used;
            const int32_t taken = qnni_take_qubit(context, count, (int64_t)i, qubits, &used);
            if (taken)
                return taken;
            bit = used ^ before;
        }
        read.x |= letter == 'X' || letter == 'Y' ? bit : 0;
        read.z |= letter == 'Z' || letter == 'Y' ? bit : 0;
    }
    *string = read;
    return MOE_OK;
}
