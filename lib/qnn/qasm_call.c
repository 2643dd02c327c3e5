/* qasm_call.c - gates: "inv @ ctrl @ name(angles) qubits;".
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
#include "qnn/qasm_gates.h"
#include "qnn/qasm_number.h"
#include "qnn/qasm_reader.h"

#include <math.h>
#include <string.h>

/* MOST_CONTROLS: a rotation becomes 2^controls of them. WORK_OF_A_GATE, in bytes of text. */
enum { MOST_CONTROLS = 6, MOST_ANGLES = QNNI_MOST_GATE_PARAMETERS, WORK_OF_A_GATE = 16 };

/* "inv @", "pow(k) @", "ctrl @", "negctrl @" in front of a gate. They commute. */
typedef struct modifiers {
    bool inverse;
    int64_t power;
    int32_t controls;
    uint32_t negative; /* bit i: control i is a negctrl */
} modifiers;

/* What is called. */
typedef struct callee {
    int64_t begin;         /* of the name */
    qnni_named_gate known; /* base NULL: a definition */
    const qnni_symbol *symbol;
    int32_t parameters, qubits;
} callee;

/* ---- limits ----------------------------------------------------------------------------------- */

static int32_t spend(qnni_reader *reader, int64_t at, int64_t work)
{
    reader->lexer.work += work;
    if (reader->lexer.work > reader->work_limit)
        return qnni_syntax(&reader->lexer, at, "the definitions expand to too many gates");
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
    if (!count) /* a phase */
        letters[count++] = 'I', qubits[0] = 0;
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
static int32_t append_matrix(qnni_reader *reader, const callee *to, const int64_t *qubits)
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

static int32_t expand(qnni_reader *reader, const callee *to, const qnni_affine *angles, const int64_t *qubits)
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

/* The gate once, its controls in force. */
static int32_t apply_once(qnni_reader *reader, const callee *to, const qnni_affine *angles,
                          const int64_t *qubits)
{
    if (to->known.base)
        return append_base(reader, to->begin, to->known.base, angles, qubits);
    if (to->symbol->matrix && !reader->controls)
        return append_matrix(reader, to, qubits);
    return expand(reader, to, angles, qubits);
}

/* qubits: of the modifiers' controls, of the gate's own controls, of its targets. */
static int32_t apply(qnni_reader *reader, const callee *to, const modifiers *by, const qnni_affine *angles,
                     const int64_t *qubits)
{
    const uint32_t controls = reader->controls, negative = reader->negative;
    const int32_t new_controls = by->controls + to->known.controls;
    const int64_t first = reader->circuit->gate_count;
    int32_t status = take_qubits(reader, to->begin, by->controls + to->qubits, qubits);
    for (int32_t i = 0; i < new_controls; i++) {
        reader->controls |= UINT32_C(1) << qubits[i];
        reader->negative |= (by->negative >> i & 1) << qubits[i];
    }
    if (!status && __builtin_popcount(reader->controls) > MOST_CONTROLS)
        status = qnni_syntax(&reader->lexer, to->begin, "more than %d controls", MOST_CONTROLS);
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

/* ---- reading ---------------------------------------------------------------------------------- */

/* "(k)" of a modifier; 1 if there is none */
static int32_t read_count(qnni_reader *reader, int64_t least, int64_t most, const char *what, int64_t *count)
{
    *count = 1;
    if (!qnni_take(&reader->lexer, "("))
        return MOE_OK;
    const int32_t status = qnni_read_integer(reader, least, most, what, count);
    return status ? status : qnni_expect(&reader->lexer, ")");
}

static int32_t read_power(qnni_reader *reader, modifiers *by)
{
    int64_t power;
    if (!qnni_at(&reader->lexer, "("))
        return qnni_unexpected(&reader->lexer, "'(' and an integer power");
    const int32_t status = read_count(reader, -INT32_MAX, INT32_MAX, "the power", &power);
    if (status)
        return status;
    by->inverse ^= power < 0;
    by->power = moei_mul(by->power, power < 0 ? -power : power);
    if (by->power < 0)
        by->power = INT64_MAX; /* more than the limit on work allows, as the product is */
    return MOE_OK;
}

static int32_t read_controls(qnni_reader *reader, bool negative, modifiers *by)
{
    const int64_t at = reader->lexer.token.begin;
    int64_t count;
    const int32_t status = read_count(reader, 1, MOST_CONTROLS, "the number of controls", &count);
    if (status)
        return status;
    if (by->controls + count > MOST_CONTROLS)
        return qnni_syntax(&reader->lexer, at, "more than %d controls", MOST_CONTROLS);
    for (int64_t i = 0; i < count; i++)
        by->negative |= (uint32_t)negative << by->controls++;
    return MOE_OK;
}

static int32_t read_modifiers(qnni_reader *reader, modifiers *by)
{
    qnni_lexer *lexer = &reader->lexer;
    int32_t status = MOE_OK;
    *by = (modifiers){.power = 1};
    while (!status) {
        const bool negative = qnni_at(lexer, "negctrl");
        if (qnni_take(lexer, "inv"))
            by->inverse = !by->inverse;
        else if (qnni_take(lexer, "pow"))
            status = read_power(reader, by);
        else if (qnni_take(lexer, "ctrl") || qnni_take(lexer, "negctrl"))
            status = read_controls(reader, negative, by);
        else
            break;
        if (!status)
            status = qnni_expect(lexer, "@");
    }
    return status;
}

/* A definition stands above a known gate of the same name. */
static int32_t read_callee(qnni_reader *reader, callee *to)
{
    qnni_lexer *lexer = &reader->lexer;
    const qnni_token token = lexer->token;
    char shown[QNNI_SHOWN];
    *to = (callee){.begin = token.begin};
    if (token.kind != QNNI_NAME)
        return qnni_unexpected(lexer, "a gate");
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    if (symbol && symbol->kind == QNNI_DEFINITION) {
        to->symbol = symbol;
        to->parameters = symbol->parameters;
        to->qubits = symbol->qubits;
    } else if (qnni_named_gate_find(lexer->text + token.begin, token.end - token.begin, &to->known)) {
        to->parameters = to->known.base->parameters;
        to->qubits = to->known.controls + to->known.base->targets;
    } else
        return qnni_syntax(lexer, token.begin, "no gate is named '%s' here", qnni_show(lexer, &token, shown));
    qnni_advance(lexer);
    return MOE_OK;
}

/* "(angle, ...)" or nothing */
static int32_t read_angles(qnni_reader *reader, const callee *to, qnni_affine *angles)
{
    qnni_lexer *lexer = &reader->lexer;
    const int64_t at = lexer->token.begin;
    int32_t count = 0, status = MOE_OK;
    if (qnni_take(lexer, "(") && !qnni_take(lexer, ")")) {
        do {
            qnni_affine spare;
            status = qnni_read_angle(reader, count < to->parameters ? &angles[count] : &spare);
            count++;
        } while (!status && qnni_take(lexer, ","));
        if (!status)
            status = qnni_expect(lexer, ")");
    }
    if (!status && count != to->parameters)
        status = qnni_syntax(lexer, at, "expected %d angles, found %d", (int)to->parameters, (int)count);
    return status;
}

/* The qubit of a definition's own name. */
static int32_t read_local_qubit(qnni_reader *reader, qnni_operand *operand)
{
    const int32_t i = qnni_local(reader, reader->frame->qubits, reader->frame->qubit_name);
    if (reader->lexer.token.kind != QNNI_NAME || i < 0)
        return qnni_unexpected(&reader->lexer, "a qubit of the definition");
    operand->first = reader->frame->qubit[i];
    qnni_advance(&reader->lexer);
    return MOE_OK;
}

int32_t qnni_read_operand(qnni_reader *reader, qnni_symbol_kind kind, qnni_operand *operand)
{
    qnni_lexer *lexer = &reader->lexer;
    *operand = (qnni_operand){.begin = lexer->token.begin, .count = 1};
    if (reader->frame)
        return read_local_qubit(reader, operand);
    const qnni_symbol *symbol = qnni_symbol_here(reader);
    if (!symbol || symbol->kind != kind)
        return qnni_unexpected(lexer, kind == QNNI_REGISTER ? "a qubit" : "a bit");
    const int64_t count = symbol->count;
    operand->first = symbol->first;
    qnni_advance(lexer);
    if (!symbol->many || !qnni_take(lexer, "[")) {
        operand->count = count;
        operand->whole = symbol->many;
        return MOE_OK;
    }
    int64_t index = 0;
    const int32_t status = qnni_read_integer(reader, -count, count - 1, "an index", &index);
    operand->first += index < 0 ? count + index : index; /* q[-1] is the last one */
    return status ? status : qnni_expect(lexer, "]");
}

/* Operands of `count` qubits; *times <- the size of the registers among them, else 1. */
static int32_t read_operands(qnni_reader *reader, int32_t count, qnni_operand *operands, int64_t *times)
{
    int32_t status = MOE_OK;
    bool wide = false;
    *times = 1;
    for (int32_t i = 0; i < count && !status; i++) {
        if (i)
            status = qnni_expect(&reader->lexer, ",");
        if (!status)
            status = qnni_read_operand(reader, QNNI_REGISTER, &operands[i]);
        if (status || !operands[i].whole)
            continue;
        if (wide && operands[i].count != *times)
            return qnni_syntax(&reader->lexer, operands[i].begin,
                               "a register of %lld qubits beside one of %lld", (long long)operands[i].count,
                               (long long)*times);
        wide = true;
        *times = operands[i].count;
    }
    return status ? status : qnni_expect(&reader->lexer, ";");
}

int32_t qnni_read_call(qnni_reader *reader)
{
    modifiers by;
    callee to;
    qnni_affine angles[MOST_ANGLES] = {{0}};
    qnni_operand operands[MOST_CONTROLS + QNNI_MOST_QUBITS];
    int64_t qubits[MOST_CONTROLS + QNNI_MOST_QUBITS], times = 1;
    int32_t status = read_modifiers(reader, &by);
    if (!status)
        status = read_callee(reader, &to);
    if (!status)
        status = read_angles(reader, &to, angles);
    const int32_t count = status ? 0 : by.controls + to.qubits;
    if (!status)
        status = read_operands(reader, count, operands, &times);
    for (int64_t k = 0; k < times && !status; k++) {
        for (int32_t i = 0; i < count; i++)
            qubits[i] = operands[i].first + (operands[i].whole ? k : 0);
        status = apply(reader, &to, &by, angles, qubits);
    }
    return status;
}

int32_t qnni_read_barrier(qnni_reader *reader)
{
    qnni_lexer *lexer = &reader->lexer;
    qnni_operand operand;
    qnni_advance(lexer);
    if (qnni_take(lexer, ";"))
        return MOE_OK;
    int32_t status;
    do
        status = qnni_read_operand(reader, QNNI_REGISTER, &operand);
    while (!status && qnni_take(lexer, ","));
    return status ? status : qnni_expect(lexer, ";");
}
