/* program.c - lowers a circuit's gates to turns.
 *
 * Gates in order of time: a rotation becomes a turn about its string as the frame of the Clifford gates
 * before it shows it (frame.c); a Clifford gate joins the frame; any other matrix becomes turns by constant
 * angles. The frame that is left at the end turns the observables. Rotations of the identity are dropped: a
 * global phase changes neither f nor its gradient. So are, from the last one back, turns that commute with
 * all observables and with all turns kept behind them: f does not depend on their angles.
 *
 * Turns by x or constants that commute with all turns by theta before them come first: their result is the
 * same for all experts.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/program.h"

#include "qnn/decompose.h"
#include "qnn/observable.h"

#include <math.h>
#include <string.h>

void qnni_half_angle(const qnni_angle *angle, const double *v, double tc[2])
{
    const double argument = angle->scale != 0 ? angle->scale * v[angle->index] : 0;
    const double half = 0.5 * (argument + angle->shift), c = cos(half);
    tc[0] = sin(half) / c; /* no double is an odd multiple of pi / 2: c is not 0, |t| < 1e17 */
    tc[1] = c;
}

void qnni_tabulate_angle(const qnni_program *program, const qnni_angle *angle, const double *v, double tc[2])
{
    qnni_half_angle(angle, v, tc);
    if (program->single && fabs(tc[0]) > QNNI_STEEPEST) {
        tc[0] = copysign(QNNI_STEEPEST, tc[0]);
        tc[1] = copysign(1 / QNNI_STEEPEST, tc[1]);
    }
}

void qnni_tangents(int64_t slots, const double *table, size_t bytes, void *tangents)
{
    for (int64_t slot = 0; slot < slots; slot++)
        for (int64_t lane = 0; lane < QNNI_LANES; lane++) {
            const double tangent = table[slot * 2 * QNNI_LANES + lane];
            if (bytes == sizeof(float))
                ((float *)tangents)[slot * QNNI_LANES + lane] = (float)tangent;
            else
                ((double *)tangents)[slot * QNNI_LANES + lane] = tangent;
        }
}

/* Amplitudes whose indices differ by a power of two of 2^LINES or more would share a few lines of the nearest
 * cache: with 8 lanes of doubles 2^LINES of them are 4 KiB. Indices are therefore folded (frame.h). */
enum { LINES = 5 };

/* ---- turns ------------------------------------------------------------------------------------ */

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

static void add_turn(qnni_program *program, const qnni_frame *frame, qnni_pauli pauli, int32_t source,
                     const qnni_angle *angle)
{
    if (!(pauli.x | pauli.z))
        return;
    qnni_turn *turn = &program->turns[program->turn_count++];
    turn->pauli = qnni_frame_image(frame, pauli, &turn->sign);
    turn->source = source;
    turn->slot = slot_of(program, source, angle);
}

static void lower_matrix(qnni_program *program, qnni_frame *frame, const qnni_gate *gate)
{
    qnni_rotation rotations[QNNI_MOST_ROTATIONS];
    if (qnni_frame_absorb(frame, gate))
        return;
    const int count = qnni_decompose(gate, rotations);
    for (int i = 0; i < count; i++)
        add_turn(program, frame, rotations[i].pauli, QNN_CONSTANT,
                 &(qnni_angle){.shift = rotations[i].angle});
}

/* ---- order ------------------------------------------------------------------------------------ */

/* Whether `turn` commutes with turns[begin ... end - 1]. */
static bool commutes_with(const qnni_turn *turn, const qnni_turn *turns, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        if (!qnni_commute(turn->pauli, turns[i].pauli))
            return false;
    return true;
}

static bool observed(const qnni_turn *turn, const qnni_term *terms, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!qnni_commute(turn->pauli, terms[i].pauli))
            return true;
    return false;
}

/* Kept turns are gathered at the end of the list, then moved to its beginning. */
static void drop_unseen(qnni_program *program, const qnni_term *terms, int64_t term_count)
{
    qnni_turn *turns = program->turns;
    const int64_t count = program->turn_count;
    int64_t kept = count;
    for (int64_t i = count - 1; i >= 0; i--)
        if (observed(&turns[i], terms, term_count) || !commutes_with(&turns[i], turns, kept, count))
            turns[--kept] = turns[i];
    program->turn_count = count - kept;
    memmove(turns, turns + kept, (size_t)program->turn_count * sizeof *turns);
}

/* Turns before `first` depend on no theta; what is behind it keeps its order. */
static void bring_forward(qnni_program *program)
{
    qnni_turn *turns = program->turns;
    int64_t first = 0;
    for (int64_t i = 0; i < program->turn_count; i++) {
        const qnni_turn turn = turns[i];
        if (turn.source == QNN_THETA || !commutes_with(&turn, turns, first, i))
            continue;
        memmove(turns + first + 1, turns + first, (size_t)(i - first) * sizeof *turns);
        turns[first++] = turn;
    }
    program->first = first;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* An upper bound for each list. */
static int32_t make_room(moei_core *core, const qnn_circuit *circuit, qnni_program *program)
{
    int64_t rotations[3] = {0}, turns = 0;
    for (int64_t g = 0; g < circuit->gate_count; g++) {
        const qnni_gate *gate = &circuit->gates[g];
        rotations[gate->matrix ? QNN_CONSTANT : gate->source] += gate->matrix ? QNNI_MOST_ROTATIONS : 1;
    }
    for (int source = 0; source < 3; source++)
        turns += rotations[source];
    program->turns = MOEI_NEW(core, turns, qnni_turn);
    const int64_t constants = moei_mul(rotations[QNN_CONSTANT], 2 * QNNI_LANES);
    program->constants = MOEI_NEW(core, constants, double);
    program->constant_tangents = MOEI_NEW(core, moei_mul(rotations[QNN_CONSTANT], QNNI_LANES), double);
    program->constant_singles = MOEI_NEW(core, moei_mul(rotations[QNN_CONSTANT], QNNI_LANES), float);
    bool complete =
        program->turns && program->constants && program->constant_tangents && program->constant_singles;
    for (int source = 0; source < 3 && complete; source++) {
        program->angles[source] = MOEI_NEW(core, rotations[source], qnni_angle);
        complete = program->angles[source];
    }
    return complete ? MOE_OK : MOE_ERROR_MEMORY;
}

static void fill_constants(qnni_program *program)
{
    for (int64_t slot = 0; slot < program->angle_count[QNN_CONSTANT]; slot++) {
        double tc[2], *row = program->constants + slot * 2 * QNNI_LANES;
        qnni_tabulate_angle(program, &program->angles[QNN_CONSTANT][slot], NULL, tc);
        for (int lane = 0; lane < QNNI_LANES; lane++) {
            row[lane] = tc[0];
            row[QNNI_LANES + lane] = tc[1];
        }
    }
    const int64_t slots = program->angle_count[QNN_CONSTANT];
    qnni_tangents(slots, program->constants, sizeof(double), program->constant_tangents);
    qnni_tangents(slots, program->constants, sizeof(float), program->constant_singles);
}

/* terms <- the circuit's, as the frame shows them */
static void turn_terms(const qnn_circuit *circuit, const qnni_frame *frame, qnni_term *terms)
{
    for (int64_t i = 0; i < circuit->term_count; i++) {
        double sign;
        terms[i] = circuit->terms[i];
        terms[i].pauli = qnni_frame_image(frame, circuit->terms[i].pauli, &sign);
        terms[i].coefficient *= sign;
    }
}

int32_t qnni_program_build(moe_context *context, const qnn_circuit *circuit, qnni_program *program)
{
    program->qubits = (int32_t)circuit->qubits;
    program->parameters = circuit->parameters;
    program->inputs = circuit->inputs;
    program->outputs = circuit->outputs;
    program->single = circuit->precision == QNN_SINGLE;
    qnni_term *terms = MOEI_NEW(context->core, circuit->term_count, qnni_term);
    int32_t status = terms ? make_room(context->core, circuit, program) : MOE_ERROR_MEMORY;
    if (!status) {
        qnni_frame frame;
        qnni_frame_open(&frame);
        qnni_frame_fold(program->qubits, LINES, &frame);
        for (int64_t g = 0; g < circuit->gate_count; g++) {
            const qnni_gate *gate = &circuit->gates[g];
            if (gate->matrix)
                lower_matrix(program, &frame, gate);
            else
                add_turn(program, &frame, gate->pauli, gate->source, &gate->angle);
        }
        fill_constants(program);
        turn_terms(circuit, &frame, terms);
        drop_unseen(program, terms, circuit->term_count);
        bring_forward(program);
        status = qnni_schedule(context->core, program);
    }
    if (status)
        moei_out_of_memory(context, "a circuit's program");
    else
        status = qnni_group_observables(context, terms, circuit->term_count, program);
    moei_free(context->core, terms);
    return status;
}

void qnni_program_clear(moei_core *core, qnni_program *program)
{
    for (int64_t g = 0; program->groups && g < program->group_count; g++)
        moei_free(core, program->groups[g].d);
    moei_free(core, program->groups);
    for (int source = 0; source < 3; source++)
        moei_free(core, program->angles[source]);
    void *const lists[] = {program->constants,        program->constant_tangents,
                           program->constant_singles, program->turns,
                           program->passes,           program->steps,
                           program->gradients,        program->phases,
                           program->stepped,          program->norms};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        moei_free(core, lists[i]);
}
