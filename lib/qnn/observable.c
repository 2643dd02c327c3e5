/* observable.c - sums the strings that move basis states alike into one table.
 *
 * From P |j> = i^y (-1)^|j & z| |j ^ x> (pauli.h):  (P psi)_j = i^y (-1)^|(j ^ x) & z| psi_{j ^ x}. Strings
 * of one output with the same x differ only in a factor for each j, real if y is even, imaginary if y is odd.
 * A diagonal observable is the one group with x = 0.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/observable.h"

static bool odd(const qnni_term *term)
{
    return qnni_pauli_count_y(term->pauli) % 2;
}

static bool belongs(const qnni_term *term, const qnni_group *group)
{
    return term->output == group->output && term->pauli.x == group->flip && odd(term) == group->odd;
}

static bool is_first_of_group(const qnni_term *terms, int64_t i, const qnni_group *group)
{
    for (int64_t k = 0; k < i; k++)
        if (belongs(&terms[k], group))
            return false;
    return true;
}

/* groups <- those of the terms, tables still missing, in order of output; returns how many. */
static int64_t list_groups(const qnni_term *terms, int64_t term_count, qnni_group *groups)
{
    int64_t count = 0;
    for (int64_t i = 0; i < term_count; i++) {
        const qnni_term *term = &terms[i];
        const qnni_group group = {.output = term->output, .flip = term->pauli.x, .odd = odd(term)};
        if (!is_first_of_group(terms, i, &group))
            continue;
        int64_t place = count++;
        for (; place > 0 && groups[place - 1].output > group.output; place--)
            groups[place] = groups[place - 1];
        groups[place] = group;
    }
    return count;
}

/* d[j] += coefficient * i^y' (-1)^|(j ^ x) & z|, y' = y or y - 1, whichever is even. */
static void add_string(const qnni_term *term, uint32_t size, double *d)
{
    const double sign = qnni_pauli_count_y(term->pauli) & 2 ? -1 : 1;
    for (uint32_t j = 0; j < size; j++) {
        const int minus = __builtin_parity((j ^ term->pauli.x) & term->pauli.z);
        d[j] += (minus ? -sign : sign) * term->coefficient;
    }
}

int32_t qnni_group_observables(moe_context *context, const qnni_term *terms, int64_t count,
                               qnni_program *program)
{
    const uint32_t size = UINT32_C(1) << program->qubits;
    program->groups = MOEI_NEW(context->core, count, qnni_group);
    if (!program->groups)
        return moei_out_of_memory(context, "a circuit's observables");
    program->group_count = list_groups(terms, count, program->groups);
    for (int64_t g = 0; g < program->group_count; g++) {
        qnni_group *group = &program->groups[g];
        group->d = MOEI_NEW(context->core, size, double);
        if (!group->d)
            return moei_out_of_memory(context, "the table of an observable");
        for (int64_t i = 0; i < count; i++)
            if (belongs(&terms[i], group))
                add_string(&terms[i], size, group->d);
    }
    return MOE_OK;
}
