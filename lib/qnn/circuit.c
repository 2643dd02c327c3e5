/* circuit.c - builds a circuit gate by gate; all that a host can get wrong is caught here.
 *
 * An adder first checks everything, then makes room, then appends: a failure leaves no trace.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/circuit.h"

#include "qnn/gates.h"
#include "qnn/kernels.h"

#include <math.h>
#include <string.h>

enum { MOST_QUBITS = 30 };
#define UNITARY_TOLERANCE 1e-10

/* ---- life ------------------------------------------------------------------------------------- */

static int32_t need_shape(moe_context *context, int64_t qubits, int64_t parameters, int64_t inputs,
                          int64_t outputs)
{
    const struct {
        const char *name;
        int64_t size;
    } sizes[] = {{"parameters", parameters}, {"inputs", inputs}, {"outputs", outputs}};
    if (qubits < 1 || qubits > MOST_QUBITS)
        return moei_fail(context, MOE_ERROR_SIZE, "qubits is %lld; it takes 1 to %d", (long long)qubits,
                         MOST_QUBITS);
    for (int i = 0; i < 3; i++) {
        int32_t status = moei_need_size(context, sizes[i].size, sizes[i].name);
        if (!status)
            status = moei_need_shape(context, sizes[i].name, 1, &sizes[i].size);
        if (status)
            return status;
    }
    return MOE_OK;
}

MOE_PUBLIC int32_t qnn_circuit_create(moe_context *context, int64_t qubits, int64_t parameters,
                                      int64_t inputs, int64_t outputs, qnn_circuit **circuit)
{
    if (circuit)
        *circuit = NULL;
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status = moei_need(context, circuit, "circuit");
    if (!status)
        status = need_shape(context, qubits, parameters, inputs, outputs);
    if (status)
        return status;
    qnn_circuit *fresh = MOEI_NEW(context->core, 1, qnn_circuit);
    if (!fresh)
        return moei_out_of_memory(context, "a circuit");
    fresh->context = moei_context_retain(context);
    fresh->qubits = qubits;
    fresh->parameters = parameters;
    fresh->inputs = inputs;
    fresh->outputs = outputs;
    *circuit = fresh;
    return MOE_OK;
}

MOE_PUBLIC void qnn_circuit_destroy(qnn_circuit *circuit)
{
    if (!circuit)
        return;
    moe_context *context = circuit->context;
    for (int64_t g = 0; g < circuit->gate_count; g++)
        moei_free(context->core, circuit->gates[g].owned);
    moei_free(context->core, circuit->gates);
    moei_free(context->core, circuit->terms);
    moei_free(context->core, circuit);
    moei_context_release(context);
}

void *qnni_with_room(moei_core *core, void *array, int64_t count, int64_t *room, size_t bytes)
{
    if (count < *room)
        return array;
    const int64_t wider = *room ? moei_mul(*room, 2) : 8;
    void *copy = moei_alloc(core, wider, bytes);
    if (!copy)
        return NULL;
    if (count)
        memcpy(copy, array, (size_t)count * bytes);
    moei_free(core, array);
    *room = wider;
    return copy;
}

static int32_t append(qnn_circuit *circuit, const qnni_gate *gate)
{
    qnni_gate *gates = qnni_with_room(circuit->context->core, circuit->gates, circuit->gate_count,
                                      &circuit->gate_room, sizeof *gates);
    if (!gates)
        return moei_out_of_memory(circuit->context, "a gate");
    circuit->gates = gates;
    gates[circuit->gate_count++] = *gate;
    return MOE_OK;
}

/* ---- rotations -------------------------------------------------------------------------------- */

static int32_t need_angle(const qnn_circuit *circuit, int32_t source, const qnni_angle *angle)
{
    moe_context *context = circuit->context;
    int32_t status = moei_need_number(context, angle->scale, "scale");
    if (!status)
        status = moei_need_number(context, angle->shift, "shift");
    if (status)
        return status;
    if (source == QNN_CONSTANT) {
        if (angle->index != 0 || angle->scale != 0)
            return moei_fail(context, MOE_ERROR_VALUE,
                             "index is %lld and scale %g; a constant angle takes 0 and 0",
                             (long long)angle->index, angle->scale);
        return MOE_OK;
    }
    if (source != QNN_THETA && source != QNN_INPUT)
        return moei_fail(context, MOE_ERROR_VALUE,
                         "source is %d; it takes QNN_CONSTANT, QNN_THETA or QNN_INPUT", (int)source);
    if (angle->scale == 0)
        return moei_fail(context, MOE_ERROR_VALUE, "scale is 0; only a constant angle has that");
    return moei_need_index(context, angle->index, source == QNN_THETA ? circuit->parameters : circuit->inputs,
                           "index");
}

MOE_PUBLIC int32_t qnn_circuit_rotation(qnn_circuit *circuit, const char *pauli, const int64_t *qubits,
                                        int32_t source, int64_t index, double scale, double shift)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    qnni_gate gate = {.source = source, .angle = {index, scale, shift}};
    int32_t status = qnni_pauli_parse(circuit->context, circuit->qubits, pauli, qubits, &gate.pauli);
    if (!status)
        status = need_angle(circuit, source, &gate.angle);
    return status ? status : append(circuit, &gate);
}

/* ---- matrices --------------------------------------------------------------------------------- */

static int32_t place(const qnn_circuit *circuit, int64_t count, const int64_t *qubits, qnni_gate *gate)
{
    int32_t status = moei_need(circuit->context, qubits, "qubits");
    uint32_t used = 0;
    for (int64_t i = 0; i < count && !status; i++) {
        const uint32_t before = used;
        status = qnni_take_qubit(circuit->context, circuit->qubits, i, qubits, &used);
        gate->bit[i] = used ^ before;
    }
    gate->qubits = (int32_t)count;
    return status;
}

MOE_PUBLIC int32_t qnn_circuit_gate(qnn_circuit *circuit, const char *name, const int64_t *qubits)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    int32_t status = moei_need(circuit->context, name, "name");
    if (status)
        return status;
    const qnni_fixed_gate *fixed = qnni_fixed_gate_named(name);
    if (!fixed)
        return moei_fail(
            circuit->context, MOE_ERROR_GATE,
            "name is \"%.40s\"; gates are H X Y Z S SDG T TDG CNOT CZ SWAP (and qnn_circuit_rotation)", name);
    qnni_gate gate = {.matrix = fixed->matrix, .flags = fixed->flags};
    status = place(circuit, fixed->qubits, qubits, &gate);
    return status ? status : append(circuit, &gate);
}

/* An entry of |U^H U - 1| above the tolerance (NaN if it overflows); 0 if there is none. */
static double unitary_error(int64_t size, const double *u)
{
    for (int64_t i = 0; i < size; i++)
        for (int64_t j = 0; j < size; j++) {
            double re = i == j ? -1 : 0, im = 0;
            for (int64_t k = 0; k < size; k++) {
                const double *a = u + 2 * (k * size + i), *b = u + 2 * (k * size + j);
                re += a[0] * b[0] + a[1] * b[1];
                im += a[0] * b[1] - a[1] * b[0];
            }
            const double error = hypot(re, im);
            if (!(error <= UNITARY_TOLERANCE))
                return error;
        }
    return 0;
}

static int32_t need_unitary(moe_context *context, int64_t size, const double *matrix)
{
    int32_t status = moei_need(context, matrix, "matrix");
    if (!status)
        status = moei_need_finite(context, 2 * size * size, matrix, "matrix");
    if (status)
        return status;
    const double error = unitary_error(size, matrix);
    if (error != 0)
        return moei_fail(context, MOE_ERROR_UNITARY, "matrix U is not unitary: U^H U is off 1 by %.3g",
                         error);
    return MOE_OK;
}

MOE_PUBLIC int32_t qnn_circuit_unitary(qnn_circuit *circuit, int64_t count, const int64_t *qubits,
                                       const double *matrix)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    moe_context *context = circuit->context;
    if (count != 1 && count != 2)
        return moei_fail(context, MOE_ERROR_SIZE, "count is %lld; a unitary takes 1 or 2 qubits",
                         (long long)count);
    qnni_gate gate = {0};
    int32_t status = place(circuit, count, qubits, &gate);
    if (!status)
        status = need_unitary(context, INT64_C(1) << count, matrix);
    if (status)
        return status;
    const int64_t numbers = INT64_C(2) << (2 * count);
    gate.owned = MOEI_NEW(context->core, numbers, double);
    if (!gate.owned)
        return moei_out_of_memory(context, "a unitary");
    gate.matrix = memcpy(gate.owned, matrix, (size_t)numbers * sizeof *matrix);
    status = append(circuit, &gate);
    if (status)
        moei_free(context->core, gate.owned);
    return status;
}

/* ---- observables ------------------------------------------------------------------------------ */

static int32_t add_term(qnn_circuit *circuit, const qnni_term *term)
{
    for (int64_t i = 0; i < circuit->term_count; i++) {
        qnni_term *known = &circuit->terms[i];
        if (known->output == term->output && known->pauli.x == term->pauli.x &&
            known->pauli.z == term->pauli.z) {
            const double sum = known->coefficient + term->coefficient;
            if (!isfinite(sum))
                return moei_fail(circuit->context, MOE_ERROR_NOT_FINITE,
                                 "coefficient is %g; added to %g, which the string has, it is %g",
                                 term->coefficient, known->coefficient, sum);
            known->coefficient = sum;
            return MOE_OK;
        }
    }
    qnni_term *terms = qnni_with_room(circuit->context->core, circuit->terms, circuit->term_count,
                                      &circuit->term_room, sizeof *terms);
    if (!terms)
        return moei_out_of_memory(circuit->context, "an observable");
    circuit->terms = terms;
    terms[circuit->term_count++] = *term;
    return MOE_OK;
}

MOE_PUBLIC int32_t qnn_circuit_observable(qnn_circuit *circuit, int64_t output, double coefficient,
                                          const char *pauli)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    qnni_term term = {.output = output, .coefficient = coefficient};
    int32_t status = moei_need_index(circuit->context, output, circuit->outputs, "output");
    if (!status)
        status = moei_need_number(circuit->context, coefficient, "coefficient");
    if (!status)
        status = qnni_pauli_parse(circuit->context, circuit->qubits, pauli, NULL, &term.pauli);
    return status ? status : add_term(circuit, &term);
}

/* ---- how it is computed ----------------------------------------------------------------------- */

MOE_PUBLIC int32_t qnn_circuit_set_precision(qnn_circuit *circuit, int32_t precision)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    if (precision != QNN_DOUBLE && precision != QNN_SINGLE)
        return moei_fail(circuit->context, MOE_ERROR_VALUE, "precision is %d; it is QNN_DOUBLE or QNN_SINGLE",
                         (int)precision);
    circuit->precision = precision;
    return MOE_OK;
}

MOE_PUBLIC int32_t qnn_circuit_set_kernel(qnn_circuit *circuit, int32_t kernel)
{
    if (!circuit)
        return MOE_ERROR_NULL;
    if (kernel < QNN_KERNEL_AUTO || kernel > QNN_KERNEL_NEON)
        return moei_fail(circuit->context, MOE_ERROR_VALUE, "kernel is %d; it is one of QNN_KERNEL_...",
                         (int)kernel);
    const qnni_kernels *kernels;
    const int32_t before = circuit->kernel;
    circuit->kernel = kernel;
    const int32_t status = qnni_kernels_for(circuit, &kernels);
    if (status)
        circuit->kernel = before;
    return status;
}
