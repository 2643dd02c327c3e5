/* fuzz_qasm.c - libFuzzer's door to the reader of OpenQASM 3: any bytes give a circuit, or a syntax error with a
 * sentence; a circuit comes back from its own text, with the same predictions to the bit.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <math.h>

enum {
    LONGEST_READ_AGAIN = 1 << 20,
    LONGEST_EVALUATED = 1 << 14, /* gates are bounded by the text: an input takes milliseconds */
    MOST_QUBITS = 6,
    MOST_NUMBERS = 1 << 10,
    COUNT = 2 /* experts, and inputs */
};

static char *text_of(const qnn_circuit *circuit, int64_t *length)
{
    NEED(qnn_circuit_write(circuit, NULL, 0, length) == MOE_OK);
    char *text = malloc((size_t)*length + 1);
    NEED(text != NULL);
    NEED(qnn_circuit_write(circuit, text, *length + 1, length) == MOE_OK);
    return text;
}

static int64_t qubits_of(const char *text)
{
    const char *declared = strstr(text, "qubit[");
    return declared ? strtoll(declared + 6, NULL, 10) : MOST_QUBITS + 1;
}

/* COUNT x COUNT x K predictions, NULL for an expert that is too large to try; what is no expert gives *status */
static double *predictions(moe_context *context, const qnn_circuit *circuit, int32_t *status,
                           int64_t *numbers)
{
    moe_expert *expert;
    double *f = NULL;
    *status = qnn_expert_create(context, circuit, NULL, &expert);
    NEED((expert == NULL) == (*status != MOE_OK));
    NEED(*status == MOE_OK || *moe_context_error(context));
    const int64_t d = moe_expert_parameters(expert), p = moe_expert_inputs(expert);
    *numbers = COUNT * COUNT * moe_expert_outputs(expert);
    if (expert && d <= MOST_NUMBERS && p <= MOST_NUMBERS && *numbers <= MOST_NUMBERS) {
        double theta[COUNT * MOST_NUMBERS], x[COUNT * MOST_NUMBERS];
        for (int64_t i = 0; i < COUNT * MOST_NUMBERS; i++) {
            theta[i] = sin(1.0 + (double)i);
            x[i] = cos(2.0 * (double)i);
        }
        f = calloc((size_t)*numbers + 1, sizeof *f);
        NEED(f != NULL);
        *status = moe_expert_values(context, expert, COUNT, x, COUNT, theta, f);
        NEED(*status == MOE_OK || *moe_context_error(context));
    }
    moe_expert_destroy(expert);
    return f;
}

static void predict_alike(moe_context *context, const qnn_circuit *circuit, const qnn_circuit *again)
{
    int32_t status, other;
    int64_t numbers, others;
    double *f = predictions(context, circuit, &status, &numbers);
    double *g = predictions(context, again, &other, &others);
    NEED(status == other && numbers == others && (f == NULL) == (g == NULL));
    NEED(!f || status || memcmp(f, g, (size_t)numbers * sizeof *f) == 0);
    free(f);
    free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    moe_context *context;
    qnn_circuit *circuit, *again = NULL;
    int64_t length, other;
    NEED(moe_context_create(NULL, &context) == MOE_OK);
    const int32_t status = qnn_circuit_read(context, (const char *)bytes, (int64_t)size, &circuit);
    NEED(status == MOE_OK || status == MOE_ERROR_SYNTAX);
    NEED((circuit == NULL) == (status != MOE_OK));
    NEED(status == MOE_OK || *moe_context_error(context));
    if (circuit) {
        char *text = text_of(circuit, &length);
        if (length < LONGEST_READ_AGAIN) {
            NEED(qnn_circuit_read(context, text, length, &again) == MOE_OK);
            char *back = text_of(again, &other);
            NEED(length == other && memcmp(text, back, (size_t)length) == 0);
            free(back);
            if (length < LONGEST_EVALUATED && qubits_of(text) <= MOST_QUBITS)
                predict_alike(context, circuit, again);
        }
        free(text);
    }
    qnn_circuit_destroy(again);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return 0;
}
