/* qasm_segment.c - runs of gates at the end of a circuit: the inverse, and Pauli rotations in disguise.
 *
 * Files that know rotations about one qubit only write exp(-i a P / 2) for a longer string P as
 * C, exp(-i a Q / 2), D with Clifford gates C and D = C^-1 up to a phase. Then P = C^-1 Q C. Every Clifford
 * gate here is, up to a phase, a product of rotations by k quarter turns, G = exp(-i k (pi / 4) R), and
 *
 *   G^-1 Q G = Q                     if Q and R commute, else
 *              i R Q, -Q, -i R Q     for k = 1, 2, 3.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"
#include "qnn/qasm_reader.h"

#include <math.h>
#include <string.h>

/* More than the canonical form of a string on all qubits has, 2 (30 + 29 + 30) + 1. */
enum { LONGEST = 255 };

/* ---- the inverse ------------------------------------------------------------------------------ */

static void conjugate_transpose(int size, double *u)
{
    for (int i = 0; i < size; i++)
        for (int j = 0; j <= i; j++) {
            double *a = u + 2 * (i * size + j), *b = u + 2 * (j * size + i);
            const double re = a[0], im = a[1];
            a[0] = b[0];
            a[1] = 0 - b[1]; /* 0 stays +0 */
            b[0] = re;
            b[1] = 0 - im;
        }
}

static const char *fixed_name(const qnni_gate *gate)
{
    for (int64_t row = 0;; row++)
        if (qnni_fixed_gate_row(row)->matrix == gate->matrix)
            return qnni_fixed_gate_row(row)->name;
}

/* The fixed gate's inverse, by name; itself if it has no partner. */
static const char *inverse_name(const char *name)
{
    static const char *const pairs[][2] = {{"S", "SDG"}, {"T", "TDG"}};
    for (int i = 0; i < 2; i++)
        for (int side = 0; side < 2; side++)
            if (strcmp(name, pairs[i][side]) == 0)
                return pairs[i][1 - side];
    return name;
}

static void invert(qnni_gate *gate)
{
    if (!gate->matrix) {
        gate->angle.scale = 0 - gate->angle.scale; /* 0 stays +0 */
        gate->angle.shift = 0 - gate->angle.shift;
    } else if (gate->owned)
        conjugate_transpose(1 << gate->qubits, gate->owned);
    else
        gate->matrix = qnni_fixed_gate_named(inverse_name(fixed_name(gate)))->matrix;
}

void qnni_invert_from(qnn_circuit *circuit, int64_t first)
{
    for (int64_t i = first, j = circuit->gate_count - 1; i < j; i++, j--) {
        const qnni_gate gate = circuit->gates[i];
        circuit->gates[i] = circuit->gates[j];
        circuit->gates[j] = gate;
    }
    for (int64_t i = first; i < circuit->gate_count; i++)
        invert(&circuit->gates[i]);
}

/* ---- quarter turns ---------------------------------------------------------------------------- */

typedef struct turn {
    const char *pauli; /* on the gate's qubits */
    int32_t quarters;
} turn;

/* Each Clifford gate as at most three turns that act in turn. */
static const struct {
    const char *name;
    turn turns[3];
} cliffords[] = {
    {"H", {{"Y", 1}, {"X", 2}}},
    {"X", {{"X", 2}}},
    {"Y", {{"Y", 2}}},
    {"Z", {{"Z", 2}}},
    {"S", {{"Z", 1}}},
    {"SDG", {{"Z", 3}}},
    {"CNOT", {{"ZI", 1}, {"IX", 1}, {"ZX", 3}}},
    {"CZ", {{"ZI", 1}, {"IZ", 1}, {"ZZ", 3}}},
    {"SWAP", {{"XX", 1}, {"YY", 1}, {"ZZ", 1}}},
};

static int parity(uint32_t mask)
{
    return __builtin_parity(mask);
}

/* sign * q <- G^-1 q G for the rotation G by `quarters` quarter turns about r. With P = i^y X^x Z^z
 * (pauli.h), R Q = i^(y_R + y_Q - y_RQ) (-1)^|z_R & x_Q| times the string of the masks' sums. */
static void turn_back(qnni_pauli r, int32_t quarters, qnni_pauli *q, double *sign)
{
    if (parity(r.x & q->z) == parity(r.z & q->x))
        return;
    if (quarters == 2) {
        *sign = -*sign;
        return;
    }
    const qnni_pauli product = {r.x ^ q->x, r.z ^ q->z};
    const int power = 1 + qnni_pauli_count_y(r) + qnni_pauli_count_y(*q) - qnni_pauli_count_y(product) +
                      2 * parity(r.z & q->x) + (quarters == 3 ? 2 : 0);
    *sign *= power & 2 ? -1 : 1; /* the power of i is even, the strings not commuting */
    *q = product;
}

/* The string by letters on the gate's qubits. */
static qnni_pauli on_qubits(const char *letters, const qnni_gate *gate)
{
    qnni_pauli p = {0, 0};
    for (int i = 0; letters[i]; i++) {
        p.x |= letters[i] == 'X' || letters[i] == 'Y' ? gate->bit[i] : 0;
        p.z |= letters[i] == 'Z' || letters[i] == 'Y' ? gate->bit[i] : 0;
    }
    return p;
}

/* The quarter turns of a constant rotation, in 0 ... 3; -1 if it is none. */
static int32_t quarters_of(const qnni_gate *gate)
{
    const double quarter = MOEI_PI / 2, turns = round(gate->angle.shift / quarter);
    if (gate->source != QNN_CONSTANT || fabs(turns) > 8 || turns * quarter != gate->angle.shift)
        return -1;
    return (int32_t)turns & 3;
}

/* sign * q <- G^-1 q G; false if the gate is not one of Clifford's that is known here. */
static bool pull_back(const qnni_gate *gate, qnni_pauli *q, double *sign)
{
    if (!gate->matrix) {
        const int32_t quarters = quarters_of(gate);
        if (quarters > 0)
            turn_back(gate->pauli, quarters, q, sign);
        return quarters >= 0;
    }
    const char *name = gate->owned ? "" : fixed_name(gate);
    for (size_t i = 0; i < sizeof cliffords / sizeof cliffords[0]; i++) {
        if (strcmp(cliffords[i].name, name) != 0)
            continue;
        for (int t = 2; t >= 0; t--)
            if (cliffords[i].turns[t].pauli)
                turn_back(on_qubits(cliffords[i].turns[t].pauli, gate), cliffords[i].turns[t].quarters, q,
                          sign);
        return true;
    }
    return false;
}

/* ---- rotations in disguise -------------------------------------------------------------------- */

/* sign * q <- C^-1 q C for C = gates [begin, end); false if they are not all Clifford gates. */
static bool pull_back_through(const qnni_gate *gates, int64_t begin, int64_t end, qnni_pauli *q, double *sign)
{
    for (int64_t i = end - 1; i >= begin; i--)
        if (!pull_back(&gates[i], q, sign))
            return false;
    return true;
}

/* The gates but for the one at `middle` multiply to a phase: they leave every X_q and Z_q as it is. */
static bool cancel(const qnni_gate *gates, int64_t count, int64_t middle, int64_t qubits)
{
    for (int64_t q = 0; q < 2 * qubits; q++) {
        const uint32_t bit = UINT32_C(1) << q / 2;
        const qnni_pauli generator = q % 2 ? (qnni_pauli){bit, 0} : (qnni_pauli){0, bit};
        qnni_pauli image = generator;
        double sign = 1;
        if (!pull_back_through(gates, middle + 1, count, &image, &sign) ||
            !pull_back_through(gates, 0, middle, &image, &sign))
            return false;
        if (image.x != generator.x || image.z != generator.z || sign < 0)
            return false;
    }
    return true;
}

/* The one gate that is not one of Clifford's; if all are, the one rotation among them (by a quarter turn,
 * say); -1 if there is no such one. */
static int64_t find_middle(const qnni_gate *gates, int64_t count)
{
    int64_t others = 0, rotations = 0, other = -1, rotation = -1;
    for (int64_t i = 0; i < count; i++) {
        qnni_pauli q = {0, 0};
        double sign = 1;
        if (!pull_back(&gates[i], &q, &sign)) {
            others++;
            other = i;
        }
        if (!gates[i].matrix) {
            rotations++;
            rotation = i;
        }
    }
    return others == 1 ? other : others == 0 && rotations == 1 ? rotation : -1;
}

void qnni_contract_from(qnn_circuit *circuit, int64_t first, int64_t qubits)
{
    const int64_t count = circuit->gate_count - first;
    if (count < 3 || count > LONGEST)
        return;
    qnni_gate *gates = circuit->gates + first;
    const int64_t middle = find_middle(gates, count);
    if (middle < 0 || gates[middle].matrix || !cancel(gates, count, middle, qubits))
        return;
    qnni_gate contracted = gates[middle];
    double sign = 1;
    pull_back_through(gates, 0, middle, &contracted.pauli, &sign);
    if (sign < 0)
        invert(&contracted);
    gates[0] = contracted; /* none of the gates owns a matrix */
    circuit->gate_count = first + 1;
}
