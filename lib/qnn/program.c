/* program.c - lowers a circuit's gates to operations, one for each, in the same order.
 *
 * A rotation of any Pauli string has one of three forms on pairs of basis states (program.h): with
 * P |j> = i^y (-1)^|j & z| |j ^ x> (pauli.h) and j the member of the pair that has the pivot bit clear,
 *
 *   x = 0:  P_jj = v, P_kk = -v           v = (-1)^|j & z|,          k = j ^ pivot, pivot in z
 *   y even: P_kj = P_jk = v               v = i^y (-1)^|j & z|,      k = j ^ x,     pivot in x
 *   y odd:  P_kj = i v, P_jk = -i v       v = i^(y-1) (-1)^|j & z|,  k = j ^ x,     pivot in x
 *
 * The pivot's own bit of z is dropped from the parity, since j has it clear. Rotations of the identity are
 * dropped: a global phase changes neither f nor its gradient.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/program.h"

#include "qnn/gates.h"
#include "qnn/observable.h"

#include <math.h>
#include <string.h>

void qnni_half_angle(const qnni_angle *angle, const double *v, double cs[2])
{
    const double argument = angle->scale != 0 ? angle->scale * v[angle->index] : 0;
    const double half = 0.5 * (argument + angle->shift);
    cs[0] = cos(half);
    cs[1] = sin(half);
}

void qnni_tabulate(const qnni_program *program, int32_t source, const double *v, double *table)
{
    for (int64_t slot = 0; slot < program->angle_count[source]; slot++) {
        double cs[2], *row = table + slot * 2 * QNNI_LANES;
        qnni_half_angle(&program->angles[source][slot], v, cs);
        for (int lane = 0; lane < QNNI_LANES; lane++) {
            row[lane] = cs[0];
            row[QNNI_LANES + lane] = cs[1];
        }
    }
}

/* ---- rotations -------------------------------------------------------------------------------- */

/* The row of `angle` among those of its source; a new one if it has none yet. */
static int64_t slot_of(qnni_program *program, int32_t source, const qnni_angle *angle)
{
    qnni_angle *rows = program->angles[source];
    const int64_t count = program->angle_count[source];
    for (int64_t i = 0; i < count; i++)
        if (rows[i].index == angle->index && rows[i].scale == angle->scale && rows[i].shift == angle->shift)
            return i;
    rows[count] = *angle;
    return program->angle_count[source]++;
}

static uint32_t lowest_bit(uint32_t mask)
{
    return mask & (~mask + 1);
}

static void lower_rotation(qnni_program *program, const qnni_gate *gate)
{
    const uint32_t x = gate->pauli.x, z = gate->pauli.z;
    if (!(x | z))
        return;
    const int y = qnni_pauli_count_y(gate->pauli);
    const uint32_t pivot = lowest_bit(!x ? z : y == 1 ? x & z : x);
    const uint32_t parity = z & ~pivot;
    const qnni_kind kind = !x ? QNNI_Z_PLAIN : y % 2 ? QNNI_Y_PLAIN : QNNI_X_PLAIN;
    program->ops[program->op_count++] = (qnni_op){
        .kind = parity ? kind + 1 : kind,
        .source = gate->source,
        .slot = slot_of(program, gate->source, &gate->angle),
        .low = pivot,
        .flip = x ? x : pivot,
        .parity = parity,
        .sign = y & 2 ? -1 : 1,
    };
}

/* ---- matrices --------------------------------------------------------------------------------- */

/* U then U^H from *end on; returns where U begins. size = 2^qubits. */
static int64_t store_matrix(qnni_program *program, int64_t *end, int64_t size, const double *u)
{
    const int64_t begin = *end, numbers = 2 * size * size;
    double *straight = program->matrices + begin, *adjoint = straight + numbers;
    memcpy(straight, u, (size_t)numbers * sizeof *u);
    for (int64_t r = 0; r < size; r++)
        for (int64_t s = 0; s < size; s++) {
            adjoint[2 * (r * size + s)] = u[2 * (s * size + r)];
            adjoint[2 * (r * size + s) + 1] = -u[2 * (s * size + r) + 1];
        }
    *end = begin + 2 * numbers;
    return begin;
}

/* u then u^*, the last number of the diagonal. */
static int64_t store_phase(qnni_program *program, int64_t *end, int64_t size, const double *matrix)
{
    const double *u = matrix + 2 * (size * size - 1);
    const int64_t begin = *end;
    const double pair[] = {u[0], u[1], u[0], -u[1]};
    memcpy(program->matrices + begin, pair, sizeof pair);
    *end = begin + 4;
    return begin;
}

/* The bits of basis state `row` of a gate's matrix: the first qubit named is its high bit. */
static uint32_t bits_of(const qnni_gate *gate, int64_t row)
{
    const uint32_t high = gate->qubits == 2 && (row & 2) ? gate->bit[0] : 0;
    return high | (row & 1 ? gate->bit[gate->qubits - 1] : 0);
}

/* The two basis states that an exchange moves: the rows whose diagonal entry is 0. */
static void exchanged(const qnni_gate *gate, qnni_op *op)
{
    const int64_t size = INT64_C(1) << gate->qubits;
    uint32_t *next = &op->from;
    for (int64_t row = 0; row < size; row++)
        if (gate->matrix[2 * row * (size + 1)] == 0) {
            *next = bits_of(gate, row);
            next = &op->to;
        }
}

static void lower_matrix(qnni_program *program, const qnni_gate *gate, int64_t *end)
{
    const int64_t size = INT64_C(1) << gate->qubits;
    const uint32_t one = gate->bit[0],
                   other = gate->qubits == 2 ? gate->bit[1] : UINT32_C(1) << program->qubits;
    qnni_op op = {.low = one < other ? one : other, .high = one < other ? other : one};
    if (gate->flags & QNNI_EXCHANGE) {
        op.kind = QNNI_EXCHANGE_OP;
        exchanged(gate, &op);
    } else if (gate->flags & QNNI_PHASE) {
        op.kind = QNNI_PHASE_OP;
        op.to = bits_of(gate, size - 1);
        op.slot = store_phase(program, end, size, gate->matrix);
    } else {
        op.kind = gate->qubits == 2 ? QNNI_MATRIX2 : gate->flags & QNNI_REAL ? QNNI_REAL1 : QNNI_MATRIX1;
        op.from = bits_of(gate, 2);
        op.to = bits_of(gate, 1);
        op.slot = store_matrix(program, end, size, gate->matrix);
    }
    program->ops[program->op_count++] = op;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* An upper bound for each list. */
static int32_t make_room(moei_core *core, const qnn_circuit *circuit, qnni_program *program)
{
    int64_t rotations[3] = {0}, numbers = 0;
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        const qnni_gate *gate = &circuit->gates[g];
        if (gate->matrix)
            numbers += INT64_C(4) << (2 * gate->qubits);
        else
            rotations[gate->source]++;
    }
    program->ops = MOEI_NEW(core, circuit->gate_count, qnni_op);
    program->matrices = MOEI_NEW(core, numbers, double);
    program->constants = MOEI_NEW(core, moei_mul(rotations[QNN_CONSTANT], 2 * QNNI_LANES), double);
    bool complete = program->ops && program->matrices && program->constants;
    for (int source = 0; source < 3 && complete; source++) {
        program->angles[source] = MOEI_NEW(core, rotations[source], qnni_angle);
        complete = program->angles[source];
    }
    return complete ? MOE_OK : MOE_ERROR_MEMORY;
}

/* The first operation whose angle depends on theta, or op_count. */
static int64_t first_theta(const qnni_program *program)
{
    int64_t i = 0;
    while (i < program->op_count && program->ops[i].source != QNN_THETA)
        i++;
    return i;
}

int32_t qnni_program_build(moe_context *context, const qnn_circuit *circuit, qnni_program *program)
{
    program->qubits = (int32_t)circuit->qubits;
    program->parameters = circuit->parameters;
    program->inputs = circuit->inputs;
    program->outputs = circuit->outputs;
    if (make_room(context->core, circuit, program))
        return moei_out_of_memory(context, "a circuit's operations");
    int64_t end = 0;
    for (int64_t g = 0; g < circuit->gate_count; g++)
        if (circuit->gates[g].matrix)
            lower_matrix(program, &circuit->gates[g], &end);
        else
            lower_rotation(program, &circuit->gates[g]);
    qnni_tabulate(program, QNN_CONSTANT, NULL, program->constants);
    program->first = first_theta(program);
    return qnni_group_observables(context, circuit, program);
}

void qnni_program_clear(moei_core *core, qnni_program *program)
{
    for (int64_t g = 0; program->groups && g < program->group_count; g++)
        moei_free(core, program->groups[g].d);
    moei_free(core, program->groups);
    for (int source = 0; source < 3; source++)
        moei_free(core, program->angles[source]);
    moei_free(core, program->constants);
    moei_free(core, program->matrices);
    moei_free(core, program->ops);
}
