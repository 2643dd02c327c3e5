/* kernels.c - a program's passes on states, forward and back, and its observables.
 *
 * One visit of a pass (program.h) reads 2^k amplitudes, k <= 3, into registers, interprets the pass's steps
 * on them - one `switch` for each step; inside a case all indices are constants, so that the array `a` never
 * needs an address - and writes them. A turn takes one fused multiply-add for each real number:
 *
 *   exp(-i a P / 2) = cos(a/2) (1 - i t P),   t = tan(a/2),
 *
 * the factor cos(a/2) left to the end (sweep.c). A component's error is still one rounding of that component,
 * however large t is.
 *
 * In the adjoint pass a turn exp(-i a P / 2) contributes Im <lambda| P |psi>, psi and lambda both taken at
 * the end of its pass, with which it commutes; for a diagonal's strings these are signed sums of
 * w_j = Im conj(lambda_j) psi_j, taken where the pass before the diagonal ends.
 *
 * This file is compiled once for each instruction set, named by QNNI_ISA, and is the only one with flags of
 * its own. `vector` is the compilers' generic vector: one source serves all. Every operation treats all lanes
 * alike, so a point's numbers do not depend on its neighbours.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/kernels.h"

#ifndef QNNI_ISA
#define QNNI_ISA plain
#endif

/* The instruction set's own vector: WIDTH of a block's LANES at a time. (Vectors of all 8 lanes everywhere
 * would be simpler, but gcc 12 splits them badly: with AVX2 that cost a factor of 2 to 3.) */
#if defined(__AVX512F__)
enum { WIDTH = 8 };
#elif defined(__AVX2__)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif
typedef double vector __attribute__((vector_size(8 * WIDTH), may_alias));
typedef uint64_t bits __attribute__((vector_size(8 * WIDTH), may_alias));

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* v with the bits of `mask`, 0 or the sign's, flipped */
INLINE vector turned(vector v, uint64_t mask)
{
    return (vector)((bits)v ^ mask);
}

/* (-1)^|rep & outside| as a sign bit */
INLINE uint64_t outside_sign(size_t rep, uint32_t outside)
{
    return (uint64_t)__builtin_parity((uint32_t)rep & outside) << 63;
}

INLINE vector tangent(const qnni_step *step, const qnni_lanes *lanes, int i)
{
    return *(const vector *)(lanes->angles[step->source[i]] + step->slot[i] * 2 * QNNI_LANES);
}

/* t of a lone step, with the visit's sign and `sense` */
INLINE vector tangent_at(const qnni_step *step, const qnni_lanes *lanes, size_t rep, uint64_t sense)
{
    return turned(tangent(step, lanes, 0), sense ^ outside_sign(rep, step->outside));
}

/* ---- turns of pairs --------------------------------------------------------------------------- */

enum { X, Y };

/* (a, b) <- (1 - i t P)(a, b), P = X or Y */
INLINE void turn_pair(int letter, vector t, vector *a, vector *b)
{
    const vector ar = a[0], ai = a[1], br = b[0], bi = b[1];
    if (letter == X) {
        a[0] = ar + t * bi;
        a[1] = ai - t * br;
        b[0] = br + t * ai;
        b[1] = bi - t * ar;
    } else {
        a[0] = ar - t * br;
        a[1] = ai - t * bi;
        b[0] = br + t * ar;
        b[1] = bi + t * ai;
    }
}

/* plus - minus += Im(lambda_pair^H P psi_pair), P = X or Y */
INLINE void overlap_pair(int letter, const vector *la, const vector *lb, const vector *a, const vector *b,
                         vector *plus, vector *minus)
{
    if (letter == X) {
        *plus += lb[0] * a[1];
        *minus += lb[1] * a[0];
        *plus += la[0] * b[1];
        *minus += la[1] * b[0];
    } else {
        *plus += lb[0] * a[0];
        *minus += la[0] * b[0];
        *plus += lb[1] * a[1];
        *minus += la[1] * b[1];
    }
}

/* All pairs (l, l ^ flip) of n amplitudes, with the signs of each. */
INLINE void turn_pairs(int n, int letter, int flip, const qnni_step *step, vector t, vector *a)
{
    const int pivot = flip & -flip;
    int pair = 0;
    UNROLL for (int l = 0; l < n; l++) if (!(l & pivot))
        turn_pair(letter, turned(t, step->sign[pair++]), a + 2 * l, a + 2 * (l ^ flip));
}

INLINE void turn_all(int k, int letter, const qnni_step *step, const qnni_lanes *lanes, uint64_t sense,
                     vector *a)
{
    UNROLL for (int i = 0; i < k; i++)
    {
        const vector t = turned(tangent(step, lanes, i), step->sign[i] ^ sense);
        UNROLL for (int l = 0; l < 1 << k; l++) if (!(l >> i & 1))
            turn_pair(letter, t, a + 2 * l, a + 2 * (l | 1 << i));
    }
}

INLINE void turn_z(int n, const qnni_step *step, vector t, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const vector s = turned(t, step->sign[l]), re = a[2 * l], im = a[2 * l + 1];
        a[2 * l] = re + s * im;
        a[2 * l + 1] = im - s * re;
    }
}

/* The steps in order, or their inverses in reverse order. */
INLINE void run_steps(int k, bool inverse, const qnni_pass *pass, const qnni_lanes *lanes, size_t rep,
                      vector *a)
{
    const int n = 1 << k;
    const uint64_t sense = inverse ? UINT64_C(1) << 63 : 0;
    for (int64_t i = 0; i < pass->step_count; i++) {
        const qnni_step *step = pass->steps + (inverse ? pass->step_count - 1 - i : i);
        switch (step->code) {
        case QNNI_ALL_X:
            turn_all(k, X, step, lanes, sense, a);
            break;
        case QNNI_ALL_Y:
            turn_all(k, Y, step, lanes, sense, a);
            break;
        case QNNI_ONE_Z:
            turn_z(n, step, tangent_at(step, lanes, rep, sense), a);
            break;
#define TURNS(flip)                                                                                          \
    case QNNI_ONE_X + flip:                                                                                  \
        if (flip < n)                                                                                        \
            turn_pairs(n, X, flip, step, tangent_at(step, lanes, rep, sense), a);                            \
        break;                                                                                               \
    case QNNI_ONE_Y + flip:                                                                                  \
        if (flip < n)                                                                                        \
            turn_pairs(n, Y, flip, step, tangent_at(step, lanes, rep, sense), a);                            \
        break;
            TURNS(1)
            TURNS(2)
            TURNS(3)
            TURNS(4)
            TURNS(5)
            TURNS(6)
            TURNS(7)
#undef TURNS
        }
    }
}

/* ---- gradients -------------------------------------------------------------------------------- */

/* The n amplitudes of a visit, where they lie. */
typedef struct visited {
    size_t at[QNNI_AMPLITUDES]; /* vectors from the state's first */
} visited;

INLINE void locate(int n, const qnni_pass *pass, size_t rep, visited *place)
{
    UNROLL for (int l = 0; l < n; l++) place->at[l] = 2 * (rep ^ pass->comb[l]);
}

INLINE void derive_pairs(int n, int letter, int flip, const qnni_step *step, const visited *place,
                         const vector *psi, const vector *a, vector *sum)
{
    const int pivot = flip & -flip;
    int pair = 0;
    UNROLL for (int l = 0; l < n; l++) if (!(l & pivot))
    {
        vector plus = {0}, minus = {0};
        const int m = l ^ flip;
        overlap_pair(letter, a + 2 * l, a + 2 * m, psi + place->at[l], psi + place->at[m], &plus, &minus);
        *sum += turned(plus - minus, step->sign[pair++]);
    }
}

/* The same for ALL_X, ALL_Y, amplitude after amplitude of psi, so that each is loaded once. */
INLINE void derive_all(int k, int letter, const qnni_step *step, const visited *place, const vector *psi,
                       const vector *a, double *g)
{
    vector plus[QNNI_LOCAL] = {{0}}, minus[QNNI_LOCAL] = {{0}};
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector re = psi[place->at[l]], im = psi[place->at[l] + 1];
        UNROLL for (int i = 0; i < k; i++)
        {
            const vector *other = a + 2 * (l ^ 1 << i);
            if (letter == X) {
                plus[i] += other[0] * im;
                minus[i] += other[1] * re;
            } else if (l >> i & 1) {
                minus[i] += other[0] * re;
                minus[i] += other[1] * im;
            } else {
                plus[i] += other[0] * re;
                plus[i] += other[1] * im;
            }
        }
    }
    UNROLL for (int i = 0; i < k; i++) * (vector *)(g + step->slot[i] * QNNI_LANES) +=
        turned(plus[i] - minus[i], step->sign[i]);
}

/* g[slot] += Im <lambda| P |psi> over this visit, for all gradients of the pass; a: lambda */
INLINE void derive(int k, const qnni_pass *pass, size_t rep, const visited *place, const vector *psi,
                   const vector *a, double *g)
{
    const int n = 1 << k;
    for (int64_t i = 0; i < pass->gradient_count; i++) {
        const qnni_step *step = &pass->gradients[i];
        vector sum = {0};
        switch (step->code) {
        case QNNI_ALL_X:
            derive_all(k, X, step, place, psi, a, g);
            continue;
        case QNNI_ALL_Y:
            derive_all(k, Y, step, place, psi, a, g);
            continue;
#define DERIVATIVES(flip)                                                                                    \
    case QNNI_ONE_X + flip:                                                                                  \
        if (flip < n)                                                                                        \
            derive_pairs(n, X, flip, step, place, psi, a, &sum);                                             \
        break;                                                                                               \
    case QNNI_ONE_Y + flip:                                                                                  \
        if (flip < n)                                                                                        \
            derive_pairs(n, Y, flip, step, place, psi, a, &sum);                                             \
        break;
            DERIVATIVES(1)
            DERIVATIVES(2)
            DERIVATIVES(3)
            DERIVATIVES(4)
            DERIVATIVES(5)
            DERIVATIVES(6)
            DERIVATIVES(7)
#undef DERIVATIVES
        }
        *(vector *)(g + step->slot[0] * QNNI_LANES) += turned(sum, outside_sign(rep, step->outside));
    }
}

/* What the gradients of a diagonal need of w over the visits of a pass: its sum for each l, what it is now;
 * and, with s_t = sum_l w_l of visit t, diff[i] = sum_t (-1)^(bit i of t) s_t, by pairing visits as a binary
 * counter carries: partial[i] is the sum of the last 2^i visits still without a partner. */
typedef struct phase_sums {
    vector w[QNNI_AMPLITUDES], now[QNNI_AMPLITUDES], partial[QNNI_MOST_QUBITS], diff[QNNI_MOST_QUBITS];
} phase_sums;

INLINE void clear_sums(int qubits, phase_sums *sums)
{
    const vector zero = {0};
    for (int l = 0; l < QNNI_AMPLITUDES; l++)
        sums->w[l] = zero;
    for (int i = 0; i < qubits; i++)
        sums->diff[i] = zero;
}

/* w_p <- sum_l (-1)^|l & p| w_l */
INLINE void transform(int n, vector *w)
{
    UNROLL for (int bit = 1; bit < n; bit *= 2)
    {
        UNROLL for (int l = 0; l < n; l++) if (!(l & bit))
        {
            const vector even = w[l], odd = w[l | bit];
            w[l] = even + odd;
            w[l | bit] = even - odd;
        }
    }
}

/* diff, partial <- with s_t = sum */
INLINE void carry_sum(size_t t, vector sum, phase_sums *sums)
{
    int carry = 0;
    for (; t >> carry & 1; carry++) {
        sums->diff[carry] += sums->partial[carry] - sum;
        sum += sums->partial[carry];
    }
    sums->partial[carry] = sum;
}

/* Strings that are neither a matter of l alone nor of one bit of t alone. */
INLINE void derive_mixed(int k, const qnni_pass *pass, size_t rep, vector *w, double *g)
{
    transform(1 << k, w);
    for (int64_t i = 0; i < pass->mixed_count; i++) {
        const qnni_phase *phase = &pass->next[pass->simple_count + i];
        *(vector *)(g + phase->slot * QNNI_LANES) +=
            turned(w[phase->local], phase->sign_bit ^ outside_sign(rep, phase->outside));
    }
}

/* Visit t of a pass with a diagonal behind it; a: lambda, psi: both between the two. */
INLINE void derive_phases(int k, const qnni_pass *pass, size_t t, size_t rep, const visited *place,
                          const vector *psi, const vector *a, phase_sums *sums, double *g)
{
    vector sum = {0};
    UNROLL for (int l = 0; l < 1 << k; l++)
    {
        const vector *amplitude = psi + place->at[l];
        const vector w = a[2 * l] * amplitude[1] - a[2 * l + 1] * amplitude[0];
        sums->w[l] += w;
        sums->now[l] = w;
        sum += w;
    }
    carry_sum(t, sum, sums);
    if (pass->mixed_count)
        derive_mixed(k, pass, rep, sums->now, g);
}

/* g[slot] += what the sums say of the other strings */
INLINE void finish_phases(int k, const qnni_pass *pass, phase_sums *sums, double *g)
{
    transform(1 << k, sums->w);
    for (int64_t i = 0; i < pass->simple_count; i++) {
        const qnni_phase *phase = &pass->next[i];
        const vector sum = phase->carry < 0 ? sums->w[phase->local] : sums->diff[phase->carry];
        *(vector *)(g + phase->slot * QNNI_LANES) += turned(sum, phase->sign_bit);
    }
}

/* ---- visits ----------------------------------------------------------------------------------- */

/* a <- D a or conj(D) a on a visit's amplitudes */
INLINE void multiply_diagonal(int n, bool conjugate, const double *table, size_t size, const visited *place,
                              vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const double *entry = table + place->at[l] / 2;
        const double re = entry[0], im = conjugate ? -entry[size] : entry[size];
        const vector ar = a[2 * l], ai = a[2 * l + 1];
        a[2 * l] = re * ar - im * ai;
        a[2 * l + 1] = re * ai + im * ar;
    }
}

INLINE void load(int n, const visited *place, const vector *in, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        const vector *amplitude = in + place->at[l];
        a[2 * l] = amplitude[0];
        a[2 * l + 1] = amplitude[1];
    }
}

INLINE void store(int n, const visited *place, const vector *a, vector *out)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        vector *amplitude = out + place->at[l];
        amplitude[0] = a[2 * l];
        amplitude[1] = a[2 * l + 1];
    }
}

INLINE void rescale(int n, vector scale, vector *a)
{
    UNROLL for (int l = 0; l < n; l++)
    {
        a[2 * l] *= scale;
        a[2 * l + 1] *= scale;
    }
}

/* Where a visit of a pass reads and writes. */
typedef struct visitor {
    const qnni_pass *pass;
    const qnni_lanes *lanes;
    const double *table; /* the pass's diagonal, `size` entries; NULL if it has none */
    size_t size;
    const double *scale; /* NULL: 1 */
    const vector *psi;   /* after the pass, for gradients */
    const vector *from;
    vector *to;       /* NULL: nothing but the gradients matters          */
    phase_sums *sums; /* NULL: no gradients of a diagonal behind the pass */
    double *g;
} visitor;

INLINE void visit_forward(int k, const visitor *v, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (v->scale)
        rescale(1 << k, *(const vector *)v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, false, v->table, v->size, &place, a);
    run_steps(k, false, v->pass, v->lanes, rep, a);
    store(1 << k, &place, a, v->to);
}

INLINE void visit_back(int k, bool derives, const visitor *v, size_t t, size_t rep)
{
    vector a[2 * QNNI_AMPLITUDES];
    visited place;
    locate(1 << k, v->pass, rep, &place);
    load(1 << k, &place, v->from, a);
    if (derives && v->sums)
        derive_phases(k, v->pass, t, rep, &place, v->psi, a, v->sums, v->g);
    if (derives)
        derive(k, v->pass, rep, &place, v->psi, a, v->g);
    if (!v->to)
        return;
    run_steps(k, true, v->pass, v->lanes, rep, a);
    if (v->scale)
        rescale(1 << k, *(const vector *)v->scale, a);
    if (v->table)
        multiply_diagonal(1 << k, true, v->table, v->size, &place, a);
    store(1 << k, &place, a, v->to);
}

/* ---- passes: the number of local flips a constant --------------------------------------------- */

enum { FORWARD, BACK, DERIVE };

INLINE void visit_all(int k, int mode, int qubits, const visitor *v)
{
    const size_t visits = (size_t)1 << (qubits - k);
    size_t rep = 0;
    for (size_t t = 0;;) {
        if (mode == FORWARD)
            visit_forward(k, v, rep);
        else
            visit_back(k, mode == DERIVE, v, t, rep);
        if (++t == visits)
            return;
        rep ^= v->pass->delta[__builtin_ctzll(t)];
    }
}

INLINE visitor visitor_of(const qnni_program *program, int64_t p, const qnni_lanes *lanes,
                          const double *scales)
{
    const qnni_pass *pass = &program->passes[p];
    const int64_t size = qnni_diagonal_size(program);
    return (visitor){
        .pass = pass,
        .lanes = lanes,
        .table = pass->diagonal < 0 ? NULL : lanes->diagonals + pass->diagonal * size,
        .size = (size_t)size / 2,
        .scale = scales ? scales + p * QNNI_LANES : NULL,
    };
}

INLINE void run_any(int k, const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                    const qnni_range *range, const double *in, double *out)
{
    for (int64_t p = range->begin; p < range->end; p++) {
        visitor v = visitor_of(program, p, lanes, scales);
        v.from = (const vector *)in;
        v.to = (vector *)out;
        visit_all(k, FORWARD, program->qubits, &v);
        in = out;
        out += range->stride;
    }
}

INLINE void undo_any(int k, const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                     int64_t p, const double *in, double *out)
{
    visitor v = visitor_of(program, p, lanes, scales);
    v.from = (const vector *)in;
    v.to = (vector *)out;
    visit_all(k, BACK, program->qubits, &v);
}

INLINE void back_any(int k, const qnni_program *program, const qnni_lanes *lanes, const double *scales,
                     const qnni_range *range, const double *psi, double *lambda, bool leave, double *g)
{
    phase_sums sums;
    for (int64_t p = range->end - 1; p >= range->begin; p--) {
        visitor v = visitor_of(program, p, lanes, scales);
        v.psi = (const vector *)(psi + (p - range->begin) * range->stride);
        v.from = (const vector *)lambda;
        v.to = p > range->begin || !leave ? (vector *)lambda : NULL;
        v.sums = v.pass->simple_count + v.pass->mixed_count ? &sums : NULL;
        v.g = g;
        if (v.sums)
            clear_sums(program->qubits, &sums);
        visit_all(k, DERIVE, program->qubits, &v);
        if (v.sums)
            finish_phases(k, v.pass, &sums, g);
    }
}

#define INSTANCES(k)                                                                                         \
    static void run_##k(const qnni_program *program, const qnni_lanes *lanes, const double *scales,          \
                        const qnni_range *range, const double *in, double *out)                              \
    {                                                                                                        \
        run_any(k, program, lanes, scales, range, in, out);                                                  \
    }                                                                                                        \
    static void undo_##k(const qnni_program *program, const qnni_lanes *lanes, const double *scales,         \
                         int64_t p, const double *in, double *out)                                           \
    {                                                                                                        \
        undo_any(k, program, lanes, scales, p, in, out);                                                     \
    }                                                                                                        \
    static void back_##k(const qnni_program *program, const qnni_lanes *lanes, const double *scales,         \
                         const qnni_range *range, const double *psi, double *lambda, bool leave, double *g)  \
    {                                                                                                        \
        back_any(k, program, lanes, scales, range, psi, lambda, leave, g);                                   \
    }

INSTANCES(1)
INSTANCES(2)
INSTANCES(3)

/* ---- diagonals -------------------------------------------------------------------------------- */

/* Eight entries at a time: |j & z| of the three low bits makes one pattern, the others its sign. */
static void tabulate(const qnni_program *program, const qnni_pass *pass, const double *const angles[3],
                     double *table)
{
    const size_t size = (size_t)qnni_diagonal_size(program) / 2;
    double *re = table, *im = table + size;
    for (size_t j = 0; j < size; j++) {
        re[j] = 1;
        im[j] = 0;
    }
    for (int64_t i = 0; i < pass->phase_count; i++) {
        const qnni_phase *phase = &pass->phases[i];
        const double *row = angles[phase->source] + phase->slot * 2 * QNNI_LANES;
        const double c = row[QNNI_LANES], s = -phase->sign * row[0] * c;
        double pattern[8] __attribute__((aligned(64)));
        for (uint32_t j = 0; j < 8; j++)
            pattern[j] = __builtin_parity(j & phase->z) ? -s : s;
        for (size_t j = 0; j < size; j += WIDTH) {
            vector *x = (vector *)(re + j), *y = (vector *)(im + j);
            const vector sine =
                turned(*(const vector *)(pattern + (j & 7)), outside_sign(j & ~(size_t)7, phase->z));
            const vector old = *x;
            *x = c * old - sine * *y;
            *y = c * *y + sine * old;
        }
    }
}

/* ---- observables ------------------------------------------------------------------------------ */

static void expect(const qnni_program *program, const qnni_group *group, const double *psi, double *f)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector *state = (const vector *)psi;
    vector sum = {0};
    for (size_t j = 0; j < size; j++) {
        const vector *a = state + 2 * j, *b = state + 2 * (j ^ flip);
        sum += group->d[j] * (group->odd ? a[1] * b[0] - a[0] * b[1] : a[0] * b[0] + a[1] * b[1]);
    }
    *(vector *)f += sum;
}

static void observe(const qnni_program *program, const qnni_group *group, bool add, const double *r,
                    const double *psi, double *lambda)
{
    const size_t size = (size_t)1 << program->qubits, flip = group->flip;
    const vector weight = *(const vector *)r, *state = (const vector *)psi;
    vector *to = (vector *)lambda;
    for (size_t j = 0; j < size; j++) {
        const vector *b = state + 2 * (j ^ flip), w = group->d[j] * weight;
        vector re = w * b[0], im = w * b[1];
        if (group->odd) { /* times i */
            const vector swapped = -im;
            im = re;
            re = swapped;
        }
        if (add) {
            re += to[2 * j];
            im += to[2 * j + 1];
        }
        to[2 * j] = re;
        to[2 * j + 1] = im;
    }
}

/* ---- the table -------------------------------------------------------------------------------- */

#define JOIN_EXPANDED(a, b) a##b
#define JOIN(a, b)          JOIN_EXPANDED(a, b)
#define TEXT_EXPANDED(a)    #a
#define TEXT(a)             TEXT_EXPANDED(a)

extern const qnni_kernels JOIN(qnni_kernels_, QNNI_ISA);

const qnni_kernels JOIN(qnni_kernels_, QNNI_ISA) = {
    .name = TEXT(QNNI_ISA),
    .width = WIDTH,
    .run = {NULL, run_1, run_2, run_3},
    .undo = {NULL, undo_1, undo_2, undo_3},
    .back = {NULL, back_1, back_2, back_3},
    .tabulate = tabulate,
    .expect = expect,
    .observe = observe,
};
