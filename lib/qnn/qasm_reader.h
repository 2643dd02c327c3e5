/* qasm_reader.h - what the reader of OpenQASM 3 knows while it walks through a text.
 *
 *   qasm_reader.c       names, statements, the whole
 *   qasm_declaration.c  inputs, registers, measurements, definitions
 *   qasm_pragma.c       sources, observables, matrices
 *   qasm_braket.c       matrices as Amazon Braket writes them
 *   qasm_expression.c   angles
 *   qasm_call.c         gates: modifiers, names, angles, operands
 *   qasm_apply.c        what they append: known gates, definitions, controls
 *   qasm_segment.c      runs of gates: their inverse, and rotations in disguise
 *
 * A definition of a gate is kept as its place in the text and read anew at each call. `lexer.work` counts the
 * bytes walked over, so that definitions that call definitions cannot make a short text endless.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_READER_H
#define QNNI_QASM_READER_H

#include "qnn/circuit.h"
#include "qnn/qasm_gates.h"
#include "qnn/qasm_lexer.h"
#include "qnn/qasm_names.h"

enum {
    QNNI_MOST_QUBITS = 30,
    QNNI_MOST_INPUTS = 1 << 24, /* theta, x: a short text must not ask for all memory */
    QNNI_MOST_OUTPUTS = 1 << 16,
    QNNI_MOST_GATE_PARAMETERS = 32,
    QNNI_MOST_CONTROLS = 6, /* a rotation under m of them becomes 2^m */
    QNNI_DEEPEST_CALL = 32,
    QNNI_DEEPEST_EXPRESSION = 200
};

/* scale * v[index] + shift, v by the source: the value of an expression. A constant has scale 0. */
typedef struct qnni_affine {
    int32_t source;
    qnni_angle angle;
} qnni_affine;

typedef enum qnni_symbol_kind {
    QNNI_ONLY_NAMED, /* by a pragma; its declaration is still to come */
    QNNI_VARIABLE,   /* an input: theta or x                          */
    QNNI_FIXED,      /* a const                                       */
    QNNI_REGISTER,   /* qubits                                        */
    QNNI_BITS,
    QNNI_DEFINITION
} qnni_symbol_kind;

/* What a name stands for. */
typedef struct qnni_symbol {
    qnni_symbol_kind kind;
    int64_t begin; /* where the name is declared, or named by its pragma */
    /* variables, registers, bits */
    int32_t source; /* QNN_THETA or QNN_INPUT, by pragma or by name; QNN_CONSTANT: no pragma yet */
    bool many;      /* takes an index                                                            */
    int64_t first, count;
    /* consts */
    double value;
    /* definitions */
    int32_t parameters, qubits;
    int64_t signature;          /* the byte after the name                                  */
    int64_t matrix, matrix_end; /* the numbers of its pragma `unitary`; 0: it has none */
} qnni_symbol;

/* A call of a definition: its own names and what they stand for. */
typedef struct qnni_frame {
    int64_t begin; /* of the definition; the body sees only what is declared before */
    int32_t parameters, qubits;
    qnni_token parameter_name[QNNI_MOST_GATE_PARAMETERS], qubit_name[QNNI_MOST_QUBITS];
    qnni_affine parameter[QNNI_MOST_GATE_PARAMETERS];
    int64_t qubit[QNNI_MOST_QUBITS];
} qnni_frame;

typedef struct qnni_reader {
    qnni_lexer lexer;
    qnn_circuit *circuit; /* grows with the text; its sizes are set at the end */
    qnni_names names; /* name -> its row in symbols, plus 1; '#' output letters -> its row in terms, plus 1 */
    qnni_symbol *symbols;
    int64_t symbol_count, symbol_room;
    int64_t parameters, inputs, qubits;
    uint32_t touched, measured; /* qubits with a gate, with a measurement */
    /* inside a call */
    const qnni_frame *frame; /* NULL outside definitions */
    int32_t depth;
    int32_t expression_depth;
    uint32_t controls, negative; /* qubits that all gates are controlled by; those that control by |0> */
    int64_t work_limit;
    /* observables */
    int64_t outputs;                    /* by the pragma `outputs`; 0: none yet             */
    int64_t letters, letters_at;        /* of the first string, and where it stands; 0: none */
    int64_t largest_output, largest_at; /* -1: none                                          */
} qnni_reader;

/* The symbol of the name at the token, or NULL. Inside a definition only what stands before it. */
qnni_symbol *qnni_symbol_here(const qnni_reader *reader);

/* The place of the token's name in `names`, -1 if it is not there. */
int32_t qnni_local(const qnni_reader *reader, int32_t count, const qnni_token *names);

/* *symbol <- the row of the name at the token, a new one if it has none, and advances. Valid until the next.
 */
int32_t qnni_name_symbol(qnni_reader *reader, qnni_symbol **symbol);

/* The same for a declaration: the name has none yet, and no pragma has said that it is something else. */
int32_t qnni_declare(qnni_reader *reader, qnni_symbol_kind kind, qnni_symbol **symbol);

/* *term <- the circuit's term of that output and string, with coefficient 0 if it is new. Valid until the
 * next. */
int32_t qnni_term_of(qnni_reader *reader, int64_t output, qnni_pauli p, qnni_term **term);

/* ---- statements: each from the token after its first word ---------------------------------------- */

typedef struct qnni_statement {
    const char *word;
    int32_t (*read)(qnni_reader *reader);
} qnni_statement;

int32_t qnni_read_input(qnni_reader *reader);
int32_t qnni_read_const(qnni_reader *reader);
int32_t qnni_read_qubit(qnni_reader *reader);
int32_t qnni_read_qreg(qnni_reader *reader);
int32_t qnni_read_bit(qnni_reader *reader);
int32_t qnni_read_creg(qnni_reader *reader);
int32_t qnni_read_measure(qnni_reader *reader);
int32_t qnni_read_reset(qnni_reader *reader);
int32_t qnni_read_definition(qnni_reader *reader);
/* "bits = measure qubits;", from its first word on */
int32_t qnni_read_bits(qnni_reader *reader);
/* the token being the pragma */
int32_t qnni_read_pragma(qnni_reader *reader);
/* the token being the word after "braket" */
int32_t qnni_read_braket_pragma(qnni_reader *reader);

/* ---- expressions: the one at the token; then the token is the one after it ---------------------- */

/* value <- linear in at most one input. */
int32_t qnni_read_angle(qnni_reader *reader, qnni_affine *value);
int32_t qnni_read_constant(qnni_reader *reader, double *value);
/* value <- a number, which may have a sign. */
int32_t qnni_read_signed(qnni_reader *reader, double *value);
/* value <- an integer in [least, most]; `what` says of what. */
int32_t qnni_read_integer(qnni_reader *reader, int64_t least, int64_t most, const char *what, int64_t *value);

/* ---- gates ------------------------------------------------------------------------------------- */

/* A register, or one qubit of it, named in a statement. */
typedef struct qnni_operand {
    int64_t begin, first, count;
    bool whole; /* a register without an index */
} qnni_operand;

/* operand <- the one at the token, of qubits or of bits. */
int32_t qnni_read_operand(qnni_reader *reader, qnni_symbol_kind kind, qnni_operand *operand);

/* "inv @", "pow(k) @", "ctrl @", "negctrl @" in front of a gate. They commute. */
typedef struct qnni_modifiers {
    bool inverse;
    int64_t power;
    int32_t controls;
    uint32_t negative; /* bit i: control i is a negctrl */
} qnni_modifiers;

/* What is called. */
typedef struct qnni_callee {
    int64_t begin;         /* of the name */
    qnni_named_gate known; /* base NULL: a definition */
    const qnni_symbol *symbol;
    int32_t parameters, qubits;
} qnni_callee;

/* Appends the gate. qubits: of the modifiers' controls, of the gate's own controls, of its targets. */
int32_t qnni_apply(qnni_reader *reader, const qnni_callee *to, const qnni_modifiers *by,
                   const qnni_affine *angles, const int64_t *qubits);

/* Appends the unitary on these qubits, 1 or 2, named at the offset `at` of the text. */
int32_t qnni_apply_matrix(qnni_reader *reader, int64_t at, int32_t count, const int64_t *qubits,
                          const double *matrix);

/* Reads [modifiers] name [(angles)] qubits; and appends the gate. */
int32_t qnni_read_call(qnni_reader *reader);

/* Reads "barrier ...;", which changes nothing. */
int32_t qnni_read_barrier(qnni_reader *reader);

/* frame <- the names of "[(parameters)] qubits". */
int32_t qnni_read_signature(qnni_reader *reader, qnni_frame *frame);

/* ---- runs of gates ------------------------------------------------------------------------------ */

/* gates [first, end) <- their inverse. */
void qnni_invert_from(qnn_circuit *circuit, int64_t first);

/* gates [first, end) <- one rotation exp(-i a P / 2), if they are C, exp(-i a Q / 2), C^-1 with Clifford
 * gates C and P = C^-1 Q C; else as they are. `qubits`: of the circuit so far. */
void qnni_contract_from(qnn_circuit *circuit, int64_t first, int64_t qubits);

#endif
