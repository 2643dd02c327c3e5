/* crowd_kernels.c - circuits of up to 4 qubits for several experts at one data point.
 *
 * A turn takes one fused multiply-add for each real number as cos(a/2) (1 - i tan(a/2) P), the cosines left
 * to the end (as in kernels.c); where their product is too small for that (half angles next to pi/2), two, as
 * cos(a/2) - i sin(a/2) P. In the adjoint pass a turn contributes Im <lambda| P |psi>, psi as it was behind
 * it, which is kept. One instance for each number of qubits: all indices but the flip's are constants, and
 * the flip is a case, so that states of up to 3 qubits stay in AVX-512's registers.
 *
 * Sines and cosines: a = q pi/2 + r, |r| <= pi/4, by pi/2 in three parts of 33, 33 and 53 bits (exact
 * products for |q| < 2^20), and the polynomials of fdlibm (Sun Microsystems 1993), which err by less than an
 * ulp. Beyond, the C library.
 *
 * Compiled once for each instruction set, like kernels.c. Every operation treats all lanes alike, so an
 * expert's numbers do not depend on its neighbours.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/crowd_kernels.h"

#include <math.h>

#ifndef QNNI_ISA
#define QNNI_ISA plain
#endif

#if defined(__AVX512F__)
enum { WIDTH = 8 };
#elif defined(__AVX2__)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif
typedef double vector __attribute__((vector_size(8 * WIDTH), may_alias));
typedef int64_t integers __attribute__((vector_size(8 * WIDTH), may_alias));

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE vector spread(double value)
{
    return value - (vector){0};
}

/* ---- angles ----------------------------------------------------------------------------------- */

static const double largest = 0x1p19; /* so that q < 2^20 */

INLINE vector polynomial_sin(vector r, vector z)
{
    const vector p =
        ((((1.58969099521155010221e-10 * z - 2.50507602534068634195e-08) * z + 2.75573137070700676789e-06) *
              z -
          1.98412698298579493134e-04) *
             z +
         8.33333333332248946124e-03) *
            z -
        1.66666666666666324348e-01;
    return r + r * z * p;
}

INLINE vector polynomial_cos(vector z)
{
    const vector p =
        ((((-1.13596475577881948265e-11 * z + 2.08757232129817482790e-09) * z - 2.75573143513906633035e-07) *
              z +
          2.48015872894767294178e-05) *
             z -
         1.38888888888741095749e-03) *
            z +
        4.16666666666666019037e-02;
    const vector half = 0.5 * z, w = 1 - half;
    return w + (((1 - w) - half) + z * z * p);
}

/* cos and sin of |a| <= largest */
INLINE void sincos_of(vector a, vector *c, vector *s)
{
    const double shift = 0x1.8p52; /* makes the nearest integer the low bits of a double */
    const vector shifted = a * 6.36619772367581382433e-01 + shift, q = shifted - shift;
    const integers n = (integers)shifted;
    const vector r = ((a - q * 1.57079632673412561417e+00) - q * 6.07710050630396597660e-11) -
                     q * 2.02226624879595063154e-21;
    const vector z = r * r, sine = polynomial_sin(r, z), cosine = polynomial_cos(z);
    const integers odd = -(n & 1);
    const integers sign = (integers)spread(-0.0);
    const integers first = ((integers)sine & ~odd) | ((integers)cosine & odd);
    const integers second = ((integers)cosine & ~odd) | ((integers)sine & odd);
    *s = (vector)(first ^ (-((n >> 1) & 1) & sign));
    *c = (vector)(second ^ (-(((n + 1) >> 1) & 1) & sign));
}

static void tabulate(const qnni_crowd *crowd, int64_t count, const double *theta, double *angles)
{
    const qnni_program *program = crowd->program;
    const int64_t slots = program->angle_count[QNN_THETA];
    vector norm = spread(1);
    for (int64_t slot = 0; slot < slots; slot++) {
        const qnni_angle *angle = &program->angles[QNN_THETA][slot];
        vector half, *to = (vector *)(void *)(angles + slot * 3 * WIDTH);
        bool small = true;
        for (int lane = 0; lane < WIDTH; lane++) {
            const int64_t i = lane < count ? lane : count - 1;
            half[lane] = 0.5 * (angle->scale * theta[i * program->parameters + angle->index] + angle->shift);
            small = small && fabs(half[lane]) <= largest;
        }
        sincos_of(half, &to[0], &to[1]);
        for (int lane = 0; lane < WIDTH && !small; lane++)
            if (!(fabs(half[lane]) <= largest)) {
                to[0][lane] = cos(half[lane]);
                to[1][lane] = sin(half[lane]);
            }
        to[2] = to[1] / to[0];
    }
    for (int64_t i = 0; i < crowd->step_count; i++)
        if (crowd->steps[i].source == QNN_THETA)
            norm *= *(const vector *)(const void *)(angles + crowd->steps[i].slot * 3 * WIDTH);
    *(vector *)(void *)(angles + slots * 3 * WIDTH) = norm;
}

/* The square of the norm that turns by tangents leave out at point j; whether it is safe to leave out. */
INLINE bool squared_norm(const qnni_crowd *crowd, int64_t j, const double *angles, vector *square)
{
    const int64_t slots = crowd->program->angle_count[QNN_THETA];
    const vector norm = *(const vector *)(const void *)(angles + slots * 3 * WIDTH) * crowd->norms[j];
    bool safe = true;
    *square = norm * norm;
    for (int lane = 0; lane < WIDTH; lane++)
        safe = safe && (*square)[lane] >= 0x1p-400;
    return safe;
}

/* What a step multiplies with at point j: c = 1 and s = tan(a/2), or cos(a/2) and sin(a/2). */
INLINE void angle_at(bool tangents, const qnni_crowd *crowd, const qnni_crowd_step *step, int64_t j,
                     const double *angles, vector *c, vector *s)
{
    if (step->source == QNN_THETA) {
        const vector *row = (const vector *)(const void *)(angles + step->slot * 3 * WIDTH);
        *c = tangents ? spread(1) : row[0];
        *s = tangents ? row[2] : row[1];
    } else {
        const double *row =
            step->source == QNN_CONSTANT
                ? crowd->constants + 3 * step->slot
                : crowd->inputs + 3 * (j * crowd->program->angle_count[QNN_INPUT] + step->slot);
        *c = spread(tangents ? 1 : row[0]);
        *s = spread(tangents ? row[2] : row[1]);
    }
}

/* ---- turns ------------------------------------------------------------------------------------ */

/* a[2 j], a[2 j + 1]: real and imaginary parts of amplitude j. */

/* c x, where c is 1 if `one` */
INLINE vector kept(bool one, vector c, vector x)
{
    if (one)
        return x;
    return c * x;
}

INLINE void turn_diagonal(bool tangents, int amplitudes, const double *sign, vector c, vector s, vector *a)
{
    UNROLL for (int j = 0; j < amplitudes; j++)
    {
        const vector v = sign[j] * s, re = a[2 * j], im = a[2 * j + 1];
        a[2 * j] = kept(tangents, c, re) + v * im;
        a[2 * j + 1] = kept(tangents, c, im) - v * re;
    }
}

INLINE void turn_even(bool tangents, int amplitudes, int flip, const double *sign, vector c, vector s,
                      vector *a)
{
    UNROLL for (int j = 0; j < amplitudes; j++) if (j < (j ^ flip))
    {
        const int k = j ^ flip;
        const vector v = sign[j] * s, re = a[2 * j], im = a[2 * j + 1], re_k = a[2 * k], im_k = a[2 * k + 1];
        a[2 * j] = kept(tangents, c, re) + v * im_k;
        a[2 * j + 1] = kept(tangents, c, im) - v * re_k;
        a[2 * k] = kept(tangents, c, re_k) + v * im;
        a[2 * k + 1] = kept(tangents, c, im_k) - v * re;
    }
}

INLINE void turn_odd(bool tangents, int amplitudes, int flip, const double *sign, vector c, vector s,
                     vector *a)
{
    UNROLL for (int j = 0; j < amplitudes; j++) if (j < (j ^ flip))
    {
        const int k = j ^ flip;
        const vector v = sign[j] * s, re = a[2 * j], im = a[2 * j + 1], re_k = a[2 * k], im_k = a[2 * k + 1];
        a[2 * j] = kept(tangents, c, re) + v * re_k;
        a[2 * j + 1] = kept(tangents, c, im) + v * im_k;
        a[2 * k] = kept(tangents, c, re_k) - v * re;
        a[2 * k + 1] = kept(tangents, c, im_k) - v * im;
    }
}

/* Im <lambda| P |psi> */
INLINE vector slope(int amplitudes, int flip, bool odd, const double *sign, const vector *lambda,
                    const vector *psi)
{
    vector sum = {0};
    UNROLL for (int j = 0; j < amplitudes; j++)
    {
        const vector *l = lambda + 2 * j, *p = psi + 2 * (j ^ flip);
        sum += sign[j] * (odd ? l[0] * p[0] + l[1] * p[1] : l[0] * p[1] - l[1] * p[0]);
    }
    return sum;
}

#define FLIPS(CASE)                                                                                          \
    CASE(1)                                                                                                  \
    CASE(2)                                                                                                  \
    CASE(3)                                                                                                  \
    CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15)

/* a <- exp(-i a P / 2) a, but for the norm if `tangents`; s < 0 undoes it */
INLINE void turn(bool tangents, int amplitudes, const qnni_crowd_step *step, vector c, vector s, vector *a)
{
    switch (step->flip * 2 + step->odd) {
    case 0:
        turn_diagonal(tangents, amplitudes, step->sign, c, s, a);
        break;
#define TURN(flip)                                                                                           \
    case 2 * flip:                                                                                           \
        if (flip < amplitudes)                                                                               \
            turn_even(tangents, amplitudes, flip, step->sign, c, s, a);                                      \
        break;                                                                                               \
    case 2 * flip + 1:                                                                                       \
        if (flip < amplitudes)                                                                               \
            turn_odd(tangents, amplitudes, flip, step->sign, c, s, a);                                       \
        break;
        FLIPS(TURN)
#undef TURN
    }
}

INLINE vector slope_of(int amplitudes, const qnni_crowd_step *step, const vector *lambda, const vector *psi)
{
    switch (step->flip * 2 + step->odd) {
#define SLOPE(flip)                                                                                          \
    case 2 * flip:                                                                                           \
        return flip < amplitudes ? slope(amplitudes, flip, false, step->sign, lambda, psi) : *psi;           \
    case 2 * flip + 1:                                                                                       \
        return flip < amplitudes ? slope(amplitudes, flip, true, step->sign, lambda, psi) : *psi;
        FLIPS(SLOPE)
#undef SLOPE
    default:
        return slope(amplitudes, 0, false, step->sign, lambda, psi);
    }
}

/* ---- observables ------------------------------------------------------------------------------ */

/* out += r O psi for one group */
INLINE void observe(int amplitudes, const qnni_group *group, vector r, const vector *psi, vector *out)
{
    for (int j = 0; j < amplitudes; j++) {
        const vector *p = psi + 2 * (j ^ (int)group->flip);
        const vector d = r * group->d[j];
        out[2 * j] += group->odd ? -d * p[1] : d * p[0];
        out[2 * j + 1] += group->odd ? d * p[0] : d * p[1];
    }
}

INLINE vector expect(int amplitudes, const qnni_group *group, const vector *psi)
{
    vector sum = {0};
    for (int j = 0; j < amplitudes; j++) {
        const vector *a = psi + 2 * j, *p = psi + 2 * (j ^ (int)group->flip);
        sum += group->d[j] * (group->odd ? a[1] * p[0] - a[0] * p[1] : a[0] * p[0] + a[1] * p[1]);
    }
    return sum;
}

/* ---- sweeps ----------------------------------------------------------------------------------- */

/* psi <- the state at point j, but for the norm if `tangents`; history, unless NULL: behind each turn by
 * theta */
INLINE void forward(bool tangents, int amplitudes, const qnni_crowd *crowd, int64_t j, const double *angles,
                    vector *psi, vector *history)
{
    const double *start = crowd->starts + j * 2 * amplitudes;
    UNROLL for (int i = 0; i < 2 * amplitudes; i++) psi[i] = spread(start[i]);
    for (int64_t i = 0; i < crowd->step_count; i++) {
        const qnni_crowd_step *step = &crowd->steps[i];
        vector c, s;
        angle_at(tangents, crowd, step, j, angles, &c, &s);
        turn(tangents, amplitudes, step, c, s, psi);
        if (history && step->source == QNN_THETA) {
            UNROLL for (int l = 0; l < 2 * amplitudes; l++) history[l] = psi[l];
            history += 2 * amplitudes;
        }
    }
}

INLINE void add_by(bool tangents, int amplitudes, const qnni_crowd *crowd, int64_t j, const double *angles,
                   vector factor, vector *f)
{
    const qnni_program *program = crowd->program;
    vector psi[2 << QNNI_CROWD_QUBITS];
    forward(tangents, amplitudes, crowd, j, angles, psi, NULL);
    for (int64_t i = 0; i < program->group_count; i++) {
        const vector value = expect(amplitudes, &program->groups[i], psi);
        f[program->groups[i].output] += factor * value;
    }
}

INLINE void add_of(int amplitudes, const qnni_crowd *crowd, int64_t j, const double *angles, const double *w,
                   double *f)
{
    const vector weight = *(const vector *)(const void *)w;
    vector square;
    if (squared_norm(crowd, j, angles, &square))
        add_by(true, amplitudes, crowd, j, angles, weight * square, (vector *)(void *)f);
    else
        add_by(false, amplitudes, crowd, j, angles, weight, (vector *)(void *)f);
}

/* With tangents psi lacks the cosines of the turns before it, lambda those behind it, and the observable's
 * place all of them: their product is the squared norm. */
INLINE void pullback_by(bool tangents, int amplitudes, const qnni_crowd *crowd, int64_t j,
                        const double *angles, vector square, const double *r, vector *history, vector *g)
{
    const qnni_program *program = crowd->program;
    vector psi[2 << QNNI_CROWD_QUBITS], lambda[2 << QNNI_CROWD_QUBITS];
    forward(tangents, amplitudes, crowd, j, angles, psi, history);
    UNROLL for (int i = 0; i < 2 * amplitudes; i++) lambda[i] = spread(0);
    for (int64_t i = 0; i < program->group_count; i++) {
        const vector weight = spread(r[program->groups[i].output]);
        observe(amplitudes, &program->groups[i], kept(!tangents, square, weight), psi, lambda);
    }
    history += crowd->theta_count * 2 * amplitudes;
    for (int64_t i = crowd->step_count - 1, left = crowd->theta_count; left > 0; i--) {
        const qnni_crowd_step *step = &crowd->steps[i];
        vector c, s;
        if (step->source == QNN_THETA) {
            history -= 2 * amplitudes;
            g[step->slot] += slope_of(amplitudes, step, lambda, history);
            left--;
        }
        angle_at(tangents, crowd, step, j, angles, &c, &s);
        turn(tangents, amplitudes, step, c, -s, lambda);
    }
}

INLINE void pullback_of(int amplitudes, const qnni_crowd *crowd, int64_t j, const double *angles,
                        const double *r, double *history, double *g)
{
    vector square, *past = (vector *)(void *)history, *sums = (vector *)(void *)g;
    if (squared_norm(crowd, j, angles, &square))
        pullback_by(true, amplitudes, crowd, j, angles, square, r, past, sums);
    else
        pullback_by(false, amplitudes, crowd, j, angles, square, r, past, sums);
}

static void add(const qnni_crowd *crowd, int64_t j, const double *angles, const double *w, double *f)
{
    switch (crowd->program->qubits) {
    case 1:
        add_of(2, crowd, j, angles, w, f);
        break;
    case 2:
        add_of(4, crowd, j, angles, w, f);
        break;
    case 3:
        add_of(8, crowd, j, angles, w, f);
        break;
    default:
        add_of(16, crowd, j, angles, w, f);
    }
}

static void pullback(const qnni_crowd *crowd, int64_t j, const double *angles, const double *r,
                     double *history, double *g)
{
    switch (crowd->program->qubits) {
    case 1:
        pullback_of(2, crowd, j, angles, r, history, g);
        break;
    case 2:
        pullback_of(4, crowd, j, angles, r, history, g);
        break;
    case 3:
        pullback_of(8, crowd, j, angles, r, history, g);
        break;
    default:
        pullback_of(16, crowd, j, angles, r, history, g);
    }
}

#define NAME_(isa) qnni_crowd_kernels_##isa
#define NAME(isa)  NAME_(isa)
extern const qnni_crowd_kernels NAME(QNNI_ISA);
const qnni_crowd_kernels NAME(QNNI_ISA) = {WIDTH, tabulate, add, pullback};
