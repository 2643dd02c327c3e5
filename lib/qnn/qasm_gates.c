/* qasm_gates.c - the tables of OpenQASM's gates.
 *
 * Those of stdgates.inc, those of Qiskit's qelib1.inc that live on in files, those of Amazon Braket under its
 * names, and the Pauli rotations of two qubits that exporters use without defining them. A gate G with G^2 =
 * 1 is exp(i pi (1 - G) / 2): a rotation by pi about G, and a phase of pi / 2.
 *
 * U and u: older texts of OpenQASM 3 have U = e^{i (phi + lambda) / 2} RZ(phi) RY(theta) RZ(lambda), later
 * ones a factor e^{i theta / 2} more. u2 and u3 are RZ RY RZ without a phase in all of them, and cu the
 * controlled e^{i gamma} e^{i (phi + lambda) / 2} RZ RY RZ; cu3 is Qiskit's, which is cu with gamma = 0.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_gates.h"

#include "base/base.h"

#include <string.h>

#define PI MOEI_PI

// clang-format off
#define BY(pauli, angle)     {pauli, QNNI_NO_PARAMETER, 0, angle}
#define OF(pauli, k, factor) {pauli, k, factor, 0}

static const qnni_base bases[] = {
    {"id",    NULL,   NULL,   0, 1, false, {{0}}},
    {"x",     "X",    "CNOT", 0, 1, false, {BY("X", PI), BY("", -PI)}},
    {"y",     "Y",    NULL,   0, 1, false, {BY("Y", PI), BY("", -PI)}},
    {"z",     "Z",    "CZ",   0, 1, false, {BY("Z", PI), BY("", -PI)}},
    /* H = RY(pi/4) Z RY(-pi/4) */
    {"h",     "H",    NULL,   0, 1, false, {BY("Y", -PI / 4), BY("Z", PI), BY("", -PI), BY("Y", PI / 4)}},
    {"s",     "S",    NULL,   0, 1, false, {BY("Z", PI / 2), BY("", -PI / 2)}},
    {"sdg",   "SDG",  NULL,   0, 1, false, {BY("Z", -PI / 2), BY("", PI / 2)}},
    {"t",     "T",    NULL,   0, 1, false, {BY("Z", PI / 4), BY("", -PI / 4)}},
    {"tdg",   "TDG",  NULL,   0, 1, false, {BY("Z", -PI / 4), BY("", PI / 4)}},
    {"sx",    NULL,   NULL,   0, 1, false, {BY("X", PI / 2), BY("", -PI / 2)}},
    {"sxdg",  NULL,   NULL,   0, 1, false, {BY("X", -PI / 2), BY("", PI / 2)}},
    /* SWAP = (1 + XX + YY + ZZ) / 2 */
    {"swap",  "SWAP", NULL,   0, 2, false, {BY("XX", PI / 2), BY("YY", PI / 2), BY("ZZ", PI / 2), BY("", -PI / 2)}},
    {"iswap", NULL,   NULL,   0, 2, false, {BY("XX", -PI / 2), BY("YY", -PI / 2)}},
    {"rx",    NULL,   NULL,   1, 1, false, {OF("X", 0, 1)}},
    {"ry",    NULL,   NULL,   1, 1, false, {OF("Y", 0, 1)}},
    {"rz",    NULL,   NULL,   1, 1, false, {OF("Z", 0, 1)}},
    {"rxx",   NULL,   NULL,   1, 2, false, {OF("XX", 0, 1)}},
    {"ryy",   NULL,   NULL,   1, 2, false, {OF("YY", 0, 1)}},
    {"rzz",   NULL,   NULL,   1, 2, false, {OF("ZZ", 0, 1)}},
    {"rzx",   NULL,   NULL,   1, 2, false, {OF("ZX", 0, 1)}},
    {"p",     NULL,   NULL,   1, 1, false, {OF("Z", 0, 1), OF("", 0, -1)}},
    {"u2",    NULL,   NULL,   2, 1, false, {OF("Z", 1, 1), BY("Y", PI / 2), OF("Z", 0, 1)}},
    {"u3",    NULL,   NULL,   3, 1, false, {OF("Z", 2, 1), OF("Y", 0, 1), OF("Z", 1, 1)}},
    {"U",     NULL,   NULL,   3, 1, true,  {OF("Z", 2, 1), OF("Y", 0, 1), OF("Z", 1, 1)}},
    {"gphase", NULL,  NULL,   1, 0, false, {OF("", 0, -2)}},
    /* names that no text can spell */
    {"cu's target",  NULL, NULL, 4, 1, false, {OF("Z", 2, 1), OF("Y", 0, 1), OF("Z", 1, 1),
                                               OF("", 1, -1), OF("", 2, -1), OF("", 3, -2)}},
    {"cu3's target", NULL, NULL, 3, 1, false, {OF("Z", 2, 1), OF("Y", 0, 1), OF("Z", 1, 1),
                                               OF("", 1, -1), OF("", 2, -1)}},
};

static const struct {
    const char *name, *base;
    int32_t controls;
} others[] = {
    {"phase", "p", 0},  {"u1", "p", 0},     {"u", "U", 0},
    {"cx", "x", 1},     {"CX", "x", 1},     {"cnot", "x", 1},   {"ccx", "x", 2},
    {"cy", "y", 1},     {"cz", "z", 1},     {"ccz", "z", 2},    {"ch", "h", 1},
    {"cs", "s", 1},     {"csdg", "sdg", 1}, {"csx", "sx", 1},   {"cswap", "swap", 1},
    {"cp", "p", 1},     {"cphase", "p", 1}, {"cu1", "p", 1},
    {"crx", "rx", 1},   {"cry", "ry", 1},   {"crz", "rz", 1},
    {"cu", "cu's target", 1}, {"cu3", "cu3's target", 1},
    /* Amazon Braket's names */
    {"i", "id", 0},     {"si", "sdg", 0},   {"ti", "tdg", 0},   {"v", "sx", 0},     {"vi", "sxdg", 0},
    {"cv", "sx", 1},    {"xx", "rxx", 0},   {"yy", "ryy", 0},   {"zz", "rzz", 0},   {"ccnot", "x", 2},
    {"phaseshift", "p", 0}, {"cphaseshift", "p", 1},
};
// clang-format on

enum { BASES = sizeof bases / sizeof bases[0], OTHERS = sizeof others / sizeof others[0] };

static bool same(const char *known, const char *name, int64_t length)
{
    return (int64_t)strlen(known) == length && memcmp(known, name, (size_t)length) == 0;
}

bool qnni_named_gate_find(const char *name, int64_t length, qnni_named_gate *gate)
{
    for (int i = 0; i < BASES; i++)
        if (same(bases[i].name, name, length)) {
            *gate = (qnni_named_gate){&bases[i], 0};
            return true;
        }
    for (int i = 0; i < OTHERS; i++)
        if (same(others[i].name, name, length)) {
            qnni_named_gate_find(others[i].base, (int64_t)strlen(others[i].base), gate);
            gate->controls = others[i].controls;
            return true;
        }
    return false;
}

const char *qnni_name_of_fixed(const char *fixed)
{
    for (int i = 0; i < BASES; i++)
        if (bases[i].fixed && strcmp(bases[i].fixed, fixed) == 0)
            return bases[i].name;
    for (int i = 0; i < BASES; i++)
        for (int k = 0; bases[i].controlled && k < OTHERS; k++)
            if (strcmp(bases[i].controlled, fixed) == 0 && others[k].controls == 1 &&
                strcmp(others[k].base, bases[i].name) == 0)
                return others[k].name;
    return NULL;
}
