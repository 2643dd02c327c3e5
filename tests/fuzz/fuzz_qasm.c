/* fuzz_qasm.c - libFuzzer's door to the reader of OpenQASM 3: any bytes give a circuit or a syntax error, and
 * a circuit comes back from its own text.
 *
 *   make fuzz-qasm            builds it with clang; then, for a minute:
 *   build/fuzz/fuzz_qasm -max_total_time=60 -dict=tests/fuzz/qasm.dict CORPUS tests/qasm docs/examples
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void need(int true_one)
{
    if (!true_one)
        abort();
}

static char *text_of(const qnn_circuit *circuit, int64_t *length)
{
    need(qnn_circuit_write(circuit, NULL, 0, length) == MOE_OK);
    char *text = malloc((size_t)*length + 1);
    need(text != NULL);
    need(qnn_circuit_write(circuit, text, *length, length) == MOE_OK);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    moe_context *context;
    qnn_circuit *circuit, *again;
    int64_t length, other;
    need(moe_context_create(NULL, &context) == MOE_OK);
    const int32_t status = qnn_circuit_read(context, (const char *)bytes, (int64_t)size, &circuit);
    need(status == MOE_OK || status == MOE_ERROR_SYNTAX);
    need((circuit == NULL) == (status != MOE_OK));
    if (circuit) {
        char *text = text_of(circuit, &length);
        need(length < 1 << 20 ? qnn_circuit_read(context, text, length, &again) == MOE_OK
                              : (again = NULL, 1));
        if (again) {
            char *back = text_of(again, &other);
            need(length == other && memcmp(text, back, (size_t)length) == 0);
            free(back);
        }
        free(text);
        qnn_circuit_destroy(again);
    }
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return 0;
}
