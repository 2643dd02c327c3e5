/* qasm_apply.c - what a gate's call appends to the circuit.
 *
 * A known gate is the product of Pauli rotations that qasm_gates.c lists; a definition is read anew from its
 * place in the text, with its own names standing for the caller's angles and qubits. Both end in
 * append_piece.
 *
 * Controls. With n = |1><1| on each control c (|0><0| for negctrl), exp(-i a P / 2) under the controls is
 *
 *   exp(-i a/2 P prod_c n_c) = prod over subsets S of the controls of exp(-i (+-a / 2^m) Z_S P / 2),
 *
 * m the number of controls, because n_c = (1 -+ Z_c) / 2; the sign is (-1)^(number of positive controls in
 * S). The factors commute. A product is controlled factor by factor, so definitions are controlled too.
 *
 * A definition's gates are contracted to one rotation where they are one in disguise (qasm_segment.c).
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"
#include "qnn/qasm_reader.h"

#include <math.h>
#include <string.h>

enum { WORK_OF_A_GATE = 16 }; /* in bytes of text */

/* ---- limits ----------------------------------------------------------------------------------- */

static int32_t spend(qnni_reader *reader, int64_t at, int64_t work)
{
    reader->lexer.work += work;
    if (reader->lexer.work > reader->work_limit)
        return qnni_syntax(&reader->lexer, at, "definitions and powers expand to too many gates");
    return MOE_OK;
}

/* An adder's status: what it refused is said with the place. */
static int32_t placed(const qnni_reader *reader, int64_t at, int32_t status)
{
    if (!status || status == MOE_ERROR_MEMORY)
        return status;
    char sentence[200];
    moe_context *context = reader->lexer.context;
    memcpy(sentence, context->error, sizeof sentence);
    sentence[sizeof sentence - 1] = 0;
    return qnni_syntax(&reader->lexer, at, "%s", sentence);
}

/* ---- known gates ------------------------------------------------------------------------------ */

static int32_t append_rotation(const qnni_reader *reader, int64_t at, qnni_pauli p, const qnni_affine *a)
{
    char letters[QNNI_MOST_QUBITS + 1];
    int64_t qubits[QNNI_MOST_QUBITS];
    int count = 0;
    for (int q = 0; q < QNNI_MOST_QUBITS; q++) {
        const uint32_t x = p.x >> q & 1, z = p.z >> q & 1;
        if (!x && !z)
            continue;
        letters[count] = x ? z ? 'Y' : 'X' : 'Z';
        qubits[count++] = q;
    }
    if (!count) { /* a phase */
        letters[count] = 'I';
        qubits[count++] = 0;
    }
    letters[count] = 0;
    return placed(reader, at,
                  qnn_circuit_rotation(reader->circuit, letters, qubits, a->source, a->angle.index,
                                       a->angle.scale, a->angle.shift));
}

/* exp(-i a P / 2) under the reader's controls. A phase without effect is left out unless it was asked for by
 * name. */
static int32_t append_piece(qnni_reader *reader, int64_t at, bool keep_phase, qnni_pauli p, qnni_affine a)
{
    const uint32_t controls = reader->controls;
    const int count = __builtin_popcount(controls);
    int32_t status = count ? spend(reader, at, (int64_t)WORK_OF_A_GATE << count) : MOE_OK;
    uint32_t subset = 0;
    do {
        const qnni_pauli string = {p.x, p.z | subset};
        qnni_affine part = a;
        const double factor = ldexp(__builtin_parity(subset & ~reader->negative) ? -1 : 1, -count);
        part.angle.scale *= factor;
        part.angle.shift *= factor;
        if (!status && (string.x || string.z || keep_phase))
            status = append_rotation(reader, at, string, &part);
        subset = (subset - controls) & controls; /* the next one */
    } while (subset && !status);
    return status;
}

/* The piece's angle for the gate's angles. */
static int32_t piece_angle(const qnni_reader *reader, int64_t at, const qnni_piece *piece,
                           const qnni_affine *angles, qnni_affine *a)
{
    *a = (qnni_affine){.source = QNN_CONSTANT, .angle = {0, 0, piece->shift}};
    if (piece->parameter == QNNI_NO_PARAMETER)
        return MOE_OK;
    *a = angles[piece->parameter];
    a->angle.scale *= piece->factor;
    a->angle.shift *= piece->factor;
    if (!isfinite(a->angle.scale) || !isfinite(a->angle.shift))
        return qnni_syntax(&reader->lexer, at, "a number is too large");
    return MOE_OK;
}

static int32_t append_pieces(qnni_reader *reader, int64_t at, const qnni_base *base,
                             const qnni_affine *angles, const int64_t *targets)
{
    int32_t status = MOE_OK;
    for (const qnni_piece *piece = base->pieces; piece->pauli && !status; piece++) {
        qnni_pauli p = {0, 0};
        qnni_affine a;
        for (int i = 0; piece->pauli[i]; i++) {
            const char letter = piece->pauli[i];
            p.x |= (uint32_t)(letter == 'X' || letter == 'Y') << targets[i];
            p.z |= (uint32_t)(letter == 'Z' || letter == 'Y') << targets[i];
        }
        status = piece_angle(reader, at, piece, angles, &a);
        const bool idle = a.source == QNN_CONSTANT && a.angle.shift == 0 && base->pieces[1].pauli;
        if (!status && !idle)
            status = append_piece(reader, at, base->targets == 0, p, a);
    }
    return status;
}

/* The fixed gate on `target` under one control, as a matrix. */
static int32_t append_controlled(const qnni_reader *reader, int64_t at, const double *fixed, int64_t control,
                                 bool negative, int64_t target)
{
    double matrix[32] = {0};
    const int on = negative ? 0 : 2, off = 2 - on;
    const int64_t qubits[] = {control, target};
    for (int i = 0; i < 2; i++) {
        matrix[2 * (4 * (off + i) + off + i)] = 1;
        memcpy(matrix + 2 * (4 * (on + i) + on), fixed + (ptrdiff_t)4 * i, 4 * sizeof *matrix);
    }
    return placed(reader, at, qnn_circuit_unitary(reader->circuit, 2, qubits, matrix));
}

/* The base under the reader's controls: as a fixed gate, as a matrix, or as rotations. */
static int32_t append_base(qnni_reader *reader, int64_t at, const qnni_base *base, const qnni_affine *angles,
                           const int64_t *targets)
{
    const uint32_t controls = reader->controls, negative = reader->negative;
    const int count = __builtin_popcount(controls);
    if (count && base->loose)
        return qnni_syntax(&reader->lexer, at,
                           "U is not read under ctrl: its phase differs among versions of OpenQASM; "
                           "write cu, or ctrl with u3 or p");
    if (!count && base->fixed)
        return placed(reader, at, qnn_circuit_gate(reader->circuit, base->fixed, targets));
    if (count == 1 && base->fixed && base->targets == 1) {
        const int64_t pair[] = {__builtin_ctz(controls), targets[0]};
        if (base->controlled && !negative)
            return placed(reader, at, qnn_circuit_gate(reader->circuit, base->controlled, pair));
        return append_controlled(reader, at, qnni_fixed_gate_named(base->fixed)->matrix, pair[0], negative,
                                 pair[1]);
    }
    return append_pieces(reader, at, base, angles, targets);
}

/* ---- definitions ------------------------------------------------------------------------------ */

/* The unitary of the definition's pragma; its numbers were checked where they stand. */
static int32_t append_matrix(qnni_reader *reader, const qnni_callee *to, const int64_t *qubits)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token token = lexer->token;
    const int64_t length = lexer->length;
    double matrix[32];
    int32_t status = MOE_OK;
    lexer->length = to->symbol->matrix_end;
    qnni_jump(lexer, to->symbol->matrix);
    for (int i = 0; i < 2 << (2 * to->qubits) && !status; i++)
        status = qnni_read_signed(reader, &matrix[i]);
    lexer->length = length;
    lexer->token = token;
    if (!status)
        status = placed(reader, to->begin, qnn_circuit_unitary(reader->circuit, to->qubits, qubits, matrix));
    return status;
}

/* "{ gates }" */
static int32_t read_body(qnni_reader *reader)
{
    int32_t status = qnni_expect(&reader->lexer, "{");
    while (!status && !qnni_take(&reader->lexer, "}"))
        status = qnni_at(&reader->lexer, "barrier") ? qnni_read_barrier(reader) : qnni_read_call(reader);
    return status;
}

static int32_t expand(qnni_reader *reader, const qnni_callee *to, const qnni_affine *angles,
                      const int64_t *qubits)
{
    qnni_frame frame;
    const qnni_token token = reader->lexer.token;
    const qnni_frame *outer = reader->frame;
    const int64_t first = reader->circuit->gate_count;
    int32_t status = spend(reader, to->begin, WORK_OF_A_GATE);
    if (!status && reader->depth == QNNI_DEEPEST_CALL)
        status =
            qnni_syntax(&reader->lexer, to->begin, "definitions nested more than %d deep", QNNI_DEEPEST_CALL);
    if (status)
        return status;
    qnni_jump(&reader->lexer, to->symbol->signature);
    status = qnni_read_signature(reader, &frame);
    frame.begin = to->symbol->begin;
    memcpy(frame.parameter, angles, (size_t)to->parameters * sizeof *angles);
    memcpy(frame.qubit, qubits, (size_t)to->qubits * sizeof *qubits);
    reader->frame = &frame;
    reader->depth++;
    if (!status)
        status = read_body(reader);
    reader->depth--;
    reader->frame = outer;
    reader->lexer.token = token;
    if (!status)
        status = spend(reader, to->begin, WORK_OF_A_GATE * (reader->circuit->gate_count - first));
    if (!status)
        qnni_contract_from(reader->circuit, first, reader->qubits);
    return status;
}

/* ---- one application -------------------------------------------------------------------------- */

/* The qubits are new to each other and to the controls around; none has been measured. */
static int32_t take_qubits(qnni_reader *reader, int64_t at, int32_t count, const int64_t *qubits)
{
    uint32_t used = reader->controls;
    for (int32_t i = 0; i < count; i++) {
        const uint32_t bit = UINT32_C(1) << qubits[i];
        if (used & bit)
            return qnni_syntax(&reader->lexer, at, "qubit %lld is named twice", (long long)qubits[i]);
        used |= bit;
    }
    if (used & reader->measured)
        return qnni_syntax(&reader->lexer, at, "a gate on qubit %d, which has been measured",
                           __builtin_ctz(used & reader->measured));
    reader->touched |= used;
    return MOE_OK;
}

int32_t qnni_apply_matrix(qnni_reader *reader, int64_t at, int32_t count, const int64_t *qubits,
                          const double *matrix)
{
    const int32_t status = take_qubits(reader, at, count, qubits);
    return status ? status : placed(reader, at, qnn_circuit_unitary(reader->circuit, count, qubits, matrix));
}

/* The gate once, its controls in force. */
static int32_t apply_once(qnni_reader *reader, const qnni_callee *to, const qnni_affine *angles,
                          const int64_t *qubits)
{
    if (to->known.base)
        return append_base(reader, to->begin, to->known.base, angles, qubits);
    if (to->symbol->matrix && !reader->controls)
        return append_matrix(reader, to, qubits);
    return expand(reader, to, angles, qubits);
}

int32_t qnni_apply(qnni_reader *reader, const qnni_callee *to, const qnni_modifiers *by,
                   const qnni_affine *angles, const int64_t *qubits)
{
    const uint32_t controls = reader->controls, negative = reader->negative;
    const int32_t new_controls = by->controls + to->known.controls;
    const int64_t first = reader->circuit->gate_count;
    int32_t status = take_qubits(reader, to->begin, by->controls + to->qubits, qubits);
    for (int32_t i = 0; i < new_controls; i++) {
        reader->controls |= UINT32_C(1) << qubits[i];
        reader->negative |= (by->negative >> i & 1) << qubits[i];
    }
    if (!status && __builtin_popcount(reader->controls) > QNNI_MOST_CONTROLS)
        status = qnni_syntax(&reader->lexer, to->begin, "more than %d controls", QNNI_MOST_CONTROLS);
    for (int64_t k = 0; k < by->power && !status; k++) {
        if (k)
            status = spend(reader, to->begin, WORK_OF_A_GATE);
        if (!status)
            status = apply_once(reader, to, angles, qubits + new_controls);
    }
    reader->controls = controls;
    reader->negative = negative;
    if (!status && by->inverse)
        qnni_invert_from(reader->circuit, first);
    return status;
}
