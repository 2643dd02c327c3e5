/* tangent_kernels.c - the generators of a pass on states.
 *
 * A visit has the 2^k amplitudes of psi in registers, as in kernels.c; a generator -i c P gives to the pair
 * (a, b) what a turn by the tangent c adds to it.
 *
 * Compiled once for each instruction set, like kernels.c.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/tangent_kernels.h"

#include "qnn/kernel_vector.h"

/* ---- generators ------------------------------------------------------------------------------- */

enum { X, Y };

/* (oa, ob) += -i c P (a, b), P = X or Y */
INLINE void generate_pair(int letter, double c, const vector *a, const vector *b, vector *oa, vector *ob)
{
    if (letter == X) {
        oa[0] += c * b[1];
        oa[1] -= c * b[0];
        ob[0] += c * a[1];
        ob[1] -= c * a[0];
    } else {
        oa[0] -= c * b[0];
        oa[1] -= c * b[1];
        ob[0] += c * a[0];
        ob[1] += c * a[1];
    }
}

INLINE double signed_by(double c, uint64_t sign)
{
    return sign ? -c : c;
}

INLINE void generate_pairs(int n, int letter, int flip, const qnni_step *step, double c, const vector *a,
                           vector *o)
{
    const int pivot = flip & -flip;
    int pair = 0;
    UNROLL for (int l = 0; l < n; l++) if (!(l & pivot))
        generate_pair(letter, signed_by(c, step->sign[pair++]), a + 2 * l, a + 2 * (l ^ flip), o + 2 * l,
                      o + 2 * (l ^ flip));
}

INLINE void generate_joint(int k, int count, int letter, const qnni_step *step, const double *half,
                           const vector *a, vector *o)
{
    UNROLL for (int i = 0; i < count; i++)
    {
        const double c = signed_by(half[step->slot[i]], step->sign[i]);
        UNROLL for (int l = 0; l < 1 << k; l++) if (!(l >> i & 1))
            generate_pair(letter, c, a + 2 * l, a + 2 * (l | 1 << i), o + 2 * l, o + 2 * (l | 1 << i));
    }
}

/* o += G a */
INLINE void generate(int k, const qnni_pass *pass, size_t rep, const double *half, const vector *a, vector *o)
{
    const int n = 1 << k;
    for (int64_t i = 0; i < pass->gradient_count; i++) {
        const qnni_step *step = &pass->gradients[i];
        const double c =
            __builtin_parity((uint32_t)rep & step->outside) ? -half[step->slot[0]] : half[step->slot[0]];
        switch (step->code) {
        case QNNI_ALL_X:
            generate_joint(k, k, X, step, half, a, o);
            break;
        case QNNI_ALL_Y:
            generate_joint(k, k, Y, step, half, a, o);
            break;
        case QNNI_MOST_X:
            generate_joint(k, k - 1, X, step, half, a, o);
            break;
        case QNNI_MOST_Y:
            generate_joint(k, k - 1, Y, step, half, a, o);
            break;
#define GENERATORS(flip)                                                                                     \
    case QNNI_ONE_X + flip:                                                                                  \
        if (flip < n)                                                                                        \
            generate_pairs(n, X, flip, step, c, a, o);                                                       \
        break;                                                                                               \
    case QNNI_ONE_Y + flip:                                                                                  \
        if (flip < n)                                                                                        \
            generate_pairs(n, Y, flip, step, c, a, o);                                                       \
        break;
            GENERATORS(1)
            GENERATORS(2)
            GENERATORS(3)
            GENERATORS(4)
            GENERATORS(5)
            GENERATORS(6)
            GENERATORS(7)
#undef GENERATORS
        }
    }
}

/* ---- visits ----------------------------------------------------------------------------------- */

/* The states of a pass; all but `from` and `out` may be NULL. */
typedef struct visitor {
    const qnni_pass *pass;
    const double *half, *delta;
    const vector *from, *in;
    vector *middle, *out;
} visitor;

/* middle <- in + G from, out <- middle + Z from; or, if back, middle <- G from, out <- in - middle - Z from
 */
INLINE void visit(int k, bool back, const visitor *v, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES], o[2 * QNNI_AMPLITUDES];
    size_t at[QNNI_AMPLITUDES];
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector zero = {0};
        at[l] = rep ^ v->pass->comb[l];
        a[2 * l] = v->from[2 * at[l]];
        a[2 * l + 1] = v->from[2 * at[l] + 1];
        o[2 * l] = back ? zero : v->in[2 * at[l]];
        o[2 * l + 1] = back ? zero : v->in[2 * at[l] + 1];
    }
    generate(k, v->pass, rep, v->half, a, o);
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        vector re = o[2 * l], im = o[2 * l + 1];
        if (v->middle) {
            v->middle[2 * at[l]] = re;
            v->middle[2 * at[l] + 1] = im;
        }
        if (v->delta) {
            re += v->delta[at[l]] * a[2 * l + 1];
            im -= v->delta[at[l]] * a[2 * l];
        }
        if (back) {
            re = v->in[2 * at[l]] - re;
            im = v->in[2 * at[l] + 1] - im;
        }
        v->out[2 * at[l]] = re;
        v->out[2 * at[l] + 1] = im;
    }
}

INLINE void visit_all(int k, bool back, int qubits, const visitor *v)
{
    const size_t visits = (size_t)1 << (qubits - k);
    size_t rep = 0;
    for (size_t t = 0;;) {
        visit(k, back, v, rep);
        if (++t == visits)
            return;
        rep ^= v->pass->delta[__builtin_ctzll(t)];
    }
}

static void advance(int32_t k, const qnni_program *program, const qnni_pass *pass, const double *half,
                    const double *delta, const double *psi, const double *in, double *middle, double *out)
{
    const visitor v = {pass,         half, delta, (const vector *)psi, (const vector *)in, (vector *)middle,
                       (vector *)out};
    if (k == 3)
        visit_all(3, false, program->qubits, &v);
    else if (k == 2)
        visit_all(2, false, program->qubits, &v);
    else
        visit_all(1, false, program->qubits, &v);
}

static void retreat(int32_t k, const qnni_program *program, const qnni_pass *pass, const double *half,
                    const double *delta, const double *lambda, double *turned, double *out)
{
    const visitor v = {
        pass, half, delta, (const vector *)lambda, (const vector *)out, (vector *)turned, (vector *)out};
    if (k == 3)
        visit_all(3, true, program->qubits, &v);
    else if (k == 2)
        visit_all(2, true, program->qubits, &v);
    else
        visit_all(1, true, program->qubits, &v);
}

/* ---- tables and overlaps ---------------------------------------------------------------------- */

/* Eight entries at a time, as in kernels.c. */
static void tabulate(const qnni_program *program, const qnni_pass *pass, const double *half, double *delta)
{
    const size_t size = (size_t)qnni_diagonal_size(program) / 2;
    for (size_t j = 0; j < size; j++)
        delta[j] = 0;
    for (int64_t i = 0; i < pass->simple_count + pass->mixed_count; i++) {
        const qnni_phase *phase = &pass->next[i];
        double pattern[2][8] __attribute__((aligned(64)));
        for (uint32_t j = 0; j < 8; j++) {
            const double c = phase->sign * half[phase->slot];
            pattern[0][j] = __builtin_parity(j & phase->z) ? -c : c;
            pattern[1][j] = -pattern[0][j];
        }
        for (size_t j = 0; j < size; j += WIDTH)
            *(vector *)(delta + j) +=
                *(const vector *)(pattern[__builtin_parity((uint32_t)(j & ~(size_t)7) & phase->z)] + (j & 7));
    }
}

static void overlap(const qnni_program *program, const qnni_group *group, const double *psi,
                    const double *dpsi, double *f)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector *state = (const vector *)psi, *moved = (const vector *)dpsi;
    widened partial[MOST_PARTIAL];
    int last = 0;
    for (size_t begin = 0; begin < size; begin += RUN) {
        vector sum = {0};
        for (size_t j = begin; j < size && j < begin + RUN; j++) {
            const vector *a = moved + 2 * j, *b = state + 2 * (j ^ flip);
            sum += group->d[j] * (group->odd ? a[1] * b[0] - a[0] * b[1] : a[0] * b[0] + a[1] * b[1]);
        }
        add_by_pairs(begin / RUN, 2 * sum, partial);
    }
    while ((size_t)RUN << last < size)
        last++;
    add_widened(f, partial[last]);
}

/* ---- the table -------------------------------------------------------------------------------- */

extern const qnni_tangent_kernels QNNI_TABLE(qnni_tangent_kernels_);

const qnni_tangent_kernels QNNI_TABLE(qnni_tangent_kernels_) = {tabulate, advance, retreat, overlap};
