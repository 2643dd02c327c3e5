/* qnn.h - quantum neural networks as experts: circuits, observables, and f(theta, x).
 *
 *   f_k(theta, x) = <0| U(theta, x)^H O_k U(theta, x) |0>   on M qubits.
 *
 * U is the list of gates in the order they were added. A Pauli rotation is exp(-i a P / 2) with the
 * angle a = scale * theta_index + shift, or scale * x_index + shift, or a constant. O_k is a real
 * combination of Pauli strings. Gradients are exact (adjoint differentiation; Jones & Gacon,
 * arXiv 2009.02823).
 *
 * Strings are written by qubit: "ZI" is Z on qubit 0. In the matrix of a several-qubit gate the
 * first qubit named is the high bit of the row and column index.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_QNN_H
#define MOEFIELD_QNN_H

#include <moefield/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a rotation's angle comes from. */
enum {
    QNN_CONSTANT = 0, /* a = shift                          */
    QNN_THETA = 1,    /* a = scale * theta[index] + shift   */
    QNN_INPUT = 2     /* a = scale * x[index] + shift       */
};

/* What an expert computes with. */
enum { QNN_DOUBLE = 0, QNN_SINGLE = 1 };

/* The instruction sets that it may be made for. */
enum {
    QNN_KERNEL_AUTO = 0, /* the fastest that the machine has */
    QNN_KERNEL_PLAIN = 1,
    QNN_KERNEL_AVX2 = 2,
    QNN_KERNEL_AVX512 = 3,
    QNN_KERNEL_NEON = 4
};

/* circuit <- no gates yet, all observables zero.
 *   qubits 1 ... 30, parameters d >= 1, inputs p >= 1, outputs K >= 1
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t qnn_circuit_create(moe_context *context, int64_t qubits, int64_t parameters, int64_t inputs,
                           int64_t outputs, qnn_circuit **circuit);

/* NULL is accepted; experts made from the circuit stay. Since 0.9.0. */
void qnn_circuit_destroy(qnn_circuit *circuit);

/* The adders below append to the circuit, or fail and leave it as it was. All of them return
 * MOE_ERROR_NULL, MOE_ERROR_INDEX (a qubit, parameter, input or output that does not exist),
 * MOE_ERROR_QUBITS (a qubit named twice), MOE_ERROR_MEMORY, and what is named. */

/* Appends exp(-i a P / 2) for the Pauli string P = pauli[0] on qubits[0], pauli[1] on qubits[1], ...
 *   pauli   letters I, X, Y, Z
 *   qubits  as many as letters; NULL: the string has one letter for each qubit of the circuit
 *   source  QNN_THETA, QNN_INPUT, or QNN_CONSTANT (then index and scale must be 0)
 *   scale   not 0 unless constant; angles are in radians. One that leaves the range of doubles makes f NaN
 * MOE_ERROR_PAULI, MOE_ERROR_VALUE, MOE_ERROR_NOT_FINITE. Since 0.9.0. */
int32_t qnn_circuit_rotation(qnn_circuit *circuit, const char *pauli, const int64_t *qubits, int32_t source,
                             int64_t index, double scale, double shift);

/* Appends a fixed gate by name, in capitals: H X Y Z S SDG T TDG on one qubit; CNOT (control, target),
 * CZ, SWAP on two: the name says how many `qubits` are read, and an unknown one reads none. MOE_ERROR_GATE.
 * Since 0.9.0. */
int32_t qnn_circuit_gate(qnn_circuit *circuit, const char *name, const int64_t *qubits);

/* Appends a unitary on count = 1 or 2 qubits.
 *   matrix  2^count x 2^count complex numbers, row-major, real and imaginary part in turn; the first
 *           qubit named is the high bit of the index; |U^H U - 1| <= 1e-10 in every entry
 * MOE_ERROR_SIZE, MOE_ERROR_NOT_FINITE, MOE_ERROR_UNITARY. Since 0.9.0. */
int32_t qnn_circuit_unitary(qnn_circuit *circuit, int64_t count, const int64_t *qubits, const double *matrix);

/* O_output += coefficient * P for the string P of one letter for each qubit ("IZX").
 * MOE_ERROR_PAULI, MOE_ERROR_NOT_FINITE. Since 0.9.0. */
int32_t qnn_circuit_observable(qnn_circuit *circuit, int64_t output, double coefficient, const char *pauli);

/* precision <- QNN_DOUBLE (as created) or QNN_SINGLE, for experts made from now on.
 * In single precision states are floats, in half the memory; 1.5 to 2 times the speed was measured (AVX-512,
 * 4 to 12 qubits). Sums over amplitudes are formed in float piecewise and in double beyond, sums over points
 * and experts in double. Arguments and results stay doubles. With T rotations and O_k of 1-norm |O_k| (of its
 * coefficients)
 *   |error of f_k| <= 2e-7 sqrt(T + 1) |O_k|,   |error of d f_k / d theta_a| the same, times the sum of
 * |scale| over the gates of theta_a in all circuits that were measured; but up to 2e-7 T |O_k| where the same
 * angles recur, and with them their errors.
 * Residuals times coefficients must be in the range of floats, 1e-30 to 1e30 or so. Double precision is used
 * all the same for derivatives along directions, where the mean observable serves the points (no x after a
 * theta, M <= 8, and so many points that it costs less), and for 1 and 2 qubits, 3 with up to 24 points, 4
 * with up to 4, whose experts are computed side by side. MOE_ERROR_NULL, MOE_ERROR_VALUE. Since 0.9.0. */
int32_t qnn_circuit_set_precision(qnn_circuit *circuit, int32_t precision);

/* kernel <- QNN_KERNEL_..., for experts made from now on: to compare them, or to have the same bits on
 * machines with different ones. The circuit stays as it was if the call fails. MOE_ERROR_NULL,
 * MOE_ERROR_VALUE, MOE_ERROR_UNSUPPORTED (this machine has not got it). Since 0.9.0. */
int32_t qnn_circuit_set_kernel(qnn_circuit *circuit, int32_t kernel);

/* The smallest period of f in parameter `index` that follows from its gates: the least common
 * multiple of 2 pi / |scale| over them; 2 pi if no gate uses it; INFINITY if a scale's ratio to the
 * smallest one is not one of integers up to 64; NaN for a bad argument. Since 0.9.0. */
double qnn_circuit_period(const qnn_circuit *circuit, int64_t index);

/* circuit <- the circuit of an OpenQASM 3 text of `length` bytes, which need not end in a NUL; no file is
 * read. What is read, all else being an error that says where it is and what was expected there:
 *
 *   OPENQASM 3.0;   include "stdgates.inc";   // and block comments
 *   qubit[n] q;  qubit q;                      registers one after the other, up to 30 qubits in all
 *   input float[64] name;  input angle name;   input array[float[64], n] name;
 *   const float name = value;                  also angle, int, uint
 *   gate name(a, b) q, r { ... }               expanded where it is called; one that is a Pauli rotation
 *                                              between Clifford gates and their inverse becomes one
 *                                              rotation; definitions stand above known gates
 *   inv @  pow(k) @  ctrl @  negctrl @         k an integer, up to 6 controls; not ctrl of U, whose phase
 *                                              differs among versions of OpenQASM
 *   angles                                     linear in at most one input: numbers, pi, tau, euler,
 *                                              + - * / (of real numbers) and parentheses
 *   barrier, bits, reset of a fresh qubit,     without effect: f is the expectation before them
 *   measurements that no gate follows
 *
 * Gates: those of stdgates.inc, also without the include; cnot ccz cs csdg csx cu1 cu3 iswap rxx ryy rzz
 * rzx sxdg u; Amazon Braket's i si ti v vi cv xx yy zz ccnot phaseshift cphaseshift. A register among the
 * qubits means one gate for each of its own. A gate's phase is dropped, but gphase is kept as a rotation
 * about the string of I.
 *
 * Inputs named x, or x followed by a digit or '_', in capitals too and behind any '_', are inputs x; all
 * others are parameters theta; each kind is numbered in the order of declaration, an array's entries in
 * turn. Where a text has none of a kind, one is added that nothing reads. What OpenQASM has no words for stands in pragmas, one a line:
 *
 *   pragma moefield input NAME                     NAME, declared later, is an input x
 *   pragma moefield theta NAME                     NAME, declared later, is a parameter theta
 *   pragma moefield outputs K                      how many; without it, as many as the strings need
 *   pragma moefield observable K COEFFICIENT ZIX   O_K += COEFFICIENT * string, a letter for each qubit
 *   pragma moefield unitary NAME RE IM RE IM ...   the matrix of the gate NAME, defined later, used in
 *                                                  place of its body (as in qnn_circuit_unitary)
 *   pragma braket unitary([[a, b], ...]) q[0]      Amazon Braket's: a gate on 1 or 2 qubits, here and now
 *
 * Without `outputs` and `observable`, output 0 is Z on qubit 0. Pragmas of others are skipped, as Braket's
 * results are; its noise is an error. Limits: names of 255 bytes, parentheses 200 deep, definitions 32 deep
 * with 32 parameters, and, so that a short text is not endless, what definitions and powers expand to: 16 MiB
 * and 64 times the text, 2^24 parameters and as many inputs, 65536 outputs.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE (length), MOE_ERROR_SYNTAX, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t qnn_circuit_read(moe_context *context, const char *text, int64_t length, qnn_circuit **circuit);

/* text <- the circuit in OpenQASM 3: qnn_circuit_read gives the same gates and observables, bit by bit.
 *
 *   capacity  bytes that text has; NULL and 0 only count
 *   length    <- the bytes of the whole text. A NUL follows it if capacity is more; if capacity is less,
 *             the call fails with MOE_ERROR_SIZE and what text holds is of no use
 *
 * Parameters are named theta0, theta1, ..., inputs x0, x1, ..., the register q. Rotations about several
 * qubits and unitaries have a definition in gates of stdgates.inc, so that other programs can read them; the
 * exact matrix of a unitary is in its pragma.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t qnn_circuit_write(const qnn_circuit *circuit, char *text, int64_t capacity, int64_t *length);

/* expert <- f of the circuit as it stands now (a copy: the circuit may be changed or destroyed).
 *   period  one for each parameter: INFINITY for a real coordinate, or a multiple of 2 pi / |scale|
 *           for every gate that uses it (to 1e-9 of a period); NULL: qnn_circuit_period for each
 * The expert is MOE_EXPERT_THREAD_SAFE and MOE_EXPERT_PURE, and goes wherever a host's own does.
 * MOE_ERROR_NULL, MOE_ERROR_PERIOD, MOE_ERROR_MEMORY. Since 0.9.0. */
int32_t qnn_expert_create(moe_context *context, const qnn_circuit *circuit, const double *period,
                          moe_expert **expert);

#ifdef __cplusplus
}
#endif
#endif
