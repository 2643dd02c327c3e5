/* anchor_reupload.c - value and gradient of one circuit, as fast as we know how.
 *
 *   - A vector is `WIDTH` points of one expert; an amplitude is two vectors.
 *   - RX, RY of 2 or 3 neighbouring qubits are one pass over the state, in registers. With t = tan(a/2) a
 *     rotation is one fused multiply-add for each number; the product of all cos(a/2)^2 multiplies the
 * results.
 *   - The RZ of a layer are one table of an expert; the ring of CNOT is a permutation. Both are part of the
 *     loads of the next layer's first pass, on the way back of the stores of its last.
 *   - The first layer starts from a product; the last layer's RZ change nothing, its CNOT permute the
 *     observable.
 *   - The way back reads the states psi_y kept between the RX, RY and the RZ of each layer y, where all its
 *     derivatives are taken: Im <lambda| P |psi>.
 *
 * Compiled once for each kind, named by ANCHOR_ISA and ANCHOR_REAL; the number of qubits is a constant in
 * each of its instances.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/anchor_reupload.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, MOST_LOCAL = 3 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32, MOST_LOCAL = 2 };
#else
enum { VECTOR_BYTES = 16, MOST_LOCAL = 2 };
#endif

typedef ANCHOR_REAL real;
typedef real vector __attribute__((vector_size(VECTOR_BYTES)));

enum {
    WIDTH = VECTOR_BYTES / sizeof(real),
    LAYERS = ANCHOR_LAYERS,
    MOST_QUBITS = 12,
    LOCAL = 3,
    PAGE = 4096
};

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* The points of a block: tan(x/2), and the product of cos(x/2)^2 over all turns. */
typedef struct block_inputs {
    vector t[MOST_QUBITS], norm;
} block_inputs;

/* A layer's own angles: tan(theta/2) of RY; entry j of the table of RZ. */
typedef struct layer {
    real t[MOST_QUBITS], *re, *im;
} layer;

struct anchor {
    int64_t qubits;
    layer layers[LAYERS];
    real norm;            /* the product of cos(theta/2)^2 */
    block_inputs *inputs; /* one for each block            */
    int32_t *source;      /* the ring of CNOT takes amplitude source[j] to j */
    real *observable;     /* by amplitude, before the last ring              */
    vector *psi[LAYERS], *lambda[2];
    vector *sums; /* of a pass's visits */
    vector value, gradient[2 * MOST_QUBITS * LAYERS];
    void (*run[2])(struct anchor *self, int64_t block); /* without, with gradient */
};

/* ---- one visit -------------------------------------------------------------------------------- */

/* RX then RY of `local` qubits, or their inverses in reverse order; a: re, im of 2^local amplitudes */
INLINE void turn_x(int local, bool inverse, const vector *t, vector *a)
{
    UNROLL for (int q = 0; q < local; q++)
    {
        const vector s = inverse ? -t[q] : t[q];
        UNROLL for (int l = 0; l < 1 << local; l++) if (!(l >> q & 1))
        {
            vector *low = a + 2 * l, *high = a + 2 * (l | 1 << q);
            const vector lr = low[0], li = low[1], hr = high[0], hi = high[1];
            low[0] = lr + s * hi;
            low[1] = li - s * hr;
            high[0] = hr + s * li;
            high[1] = hi - s * lr;
        }
    }
}

INLINE void turn_y(int local, bool inverse, const real *t, vector *a)
{
    UNROLL for (int q = 0; q < local; q++)
    {
        const vector s = (inverse ? -t[q] : t[q]) - (vector){0};
        UNROLL for (int l = 0; l < 1 << local; l++) if (!(l >> q & 1))
        {
            vector *low = a + 2 * l, *high = a + 2 * (l | 1 << q);
            const vector lr = low[0], li = low[1], hr = high[0], hi = high[1];
            low[0] = lr - s * hr;
            low[1] = li - s * hi;
            high[0] = hr + s * lr;
            high[1] = hi + s * li;
        }
    }
}

/* (re, im) <- (re, im) d, or times conj(d) */
INLINE void multiply(bool conjugate, real dr, real di, vector *re, vector *im)
{
    const vector r = *re, i = *im;
    *re = conjugate ? r * dr + i * di : r * dr - i * di;
    *im = conjugate ? i * dr - r * di : i * dr + r * di;
}

/* ---- passes ----------------------------------------------------------------------------------- */

/* How many qubits the pass that begins at qubit `first` takes. */
INLINE int pass_size(int qubits, int first)
{
    const int left = qubits - first;
    return left >= MOST_LOCAL && left != MOST_LOCAL + 1 ? MOST_LOCAL : left < 2 ? left : 2;
}

/* What the first pass of a layer does besides on the way forward, the last on the way back: RZ and the ring.
 */
typedef struct crossing {
    const int32_t *source;
    const real *re, *im;
} crossing;

INLINE void forward_pass(int qubits, int first, int local, const crossing *before, const real *ty,
                         const vector *tx, const vector *in, vector *out)
{
    const int64_t size = INT64_C(1) << qubits, step = INT64_C(1) << first;
    for (int64_t high = 0; high < size; high += step << local)
        for (int64_t low = high; low < high + step; low++) {
            vector a[2 << LOCAL];
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                const int64_t to = low + l * step, from = before ? before->source[to] : to;
                a[2 * l] = in[2 * from];
                a[2 * l + 1] = in[2 * from + 1];
                if (before)
                    multiply(false, before->re[from], before->im[from], a + 2 * l, a + 2 * l + 1);
            }
            turn_x(local, false, tx + first, a);
            turn_y(local, false, ty + first, a);
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                out[2 * (low + l * step)] = a[2 * l];
                out[2 * (low + l * step) + 1] = a[2 * l + 1];
            }
        }
}

INLINE void backward_pass(int qubits, int first, int local, const crossing *after, const real *ty,
                          const vector *tx, const vector *in, vector *out)
{
    const int64_t size = INT64_C(1) << qubits, step = INT64_C(1) << first;
    for (int64_t high = 0; high < size; high += step << local)
        for (int64_t low = high; low < high + step; low++) {
            vector a[2 << LOCAL];
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                a[2 * l] = in[2 * (low + l * step)];
                a[2 * l + 1] = in[2 * (low + l * step) + 1];
            }
            turn_y(local, true, ty + first, a);
            turn_x(local, true, tx + first, a);
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                const int64_t from = low + l * step, to = after ? after->source[from] : from;
                if (after)
                    multiply(true, after->re[to], after->im[to], a + 2 * l, a + 2 * l + 1);
                out[2 * to] = a[2 * l];
                out[2 * to + 1] = a[2 * l + 1];
            }
        }
}

/* One constant call for each size of a pass, with and without a crossing. */
INLINE void forward_any(int qubits, int first, const crossing *before, const real *ty, const vector *tx,
                        const vector *in, vector *out)
{
    switch (pass_size(qubits, first) * 2 + !before) {
    case 6:
        forward_pass(qubits, 0, 3, before, ty, tx, in, out);
        break;
    case 7:
        forward_pass(qubits, first, 3, NULL, ty, tx, in, out);
        break;
    case 4:
        forward_pass(qubits, 0, 2, before, ty, tx, in, out);
        break;
    case 5:
        forward_pass(qubits, first, 2, NULL, ty, tx, in, out);
        break;
    }
}

INLINE void backward_any(int qubits, int first, const crossing *after, const real *ty, const vector *tx,
                         const vector *in, vector *out)
{
    switch (pass_size(qubits, first) * 2 + !after) {
    case 6:
        backward_pass(qubits, first, 3, after, ty, tx, in, out);
        break;
    case 7:
        backward_pass(qubits, first, 3, NULL, ty, tx, in, out);
        break;
    case 4:
        backward_pass(qubits, first, 2, after, ty, tx, in, out);
        break;
    case 5:
        backward_pass(qubits, first, 2, NULL, ty, tx, in, out);
        break;
    }
}

/* sums[t] <- the sum over a visit of w = Im conj(lambda) psi; z[q] += the part of qubit q's derivative */
INLINE vector split_sums(int local, vector *w, vector *z)
{
    UNROLL for (int q = 0; q < local; q++)
    {
        UNROLL for (int j = 0; j < 1 << (local - 1 - q); j++)
        {
            z[q] += w[2 * j] - w[2 * j + 1];
            w[j] = w[2 * j] + w[2 * j + 1];
        }
    }
    return w[0];
}

/* The derivatives by RY of a pass's qubits, and by RZ too if sums are wanted (then first = 0). */
INLINE void derive(int qubits, int first, int local, const vector *lambda, const vector *psi, vector *sums,
                   vector *g)
{
    const int64_t size = INT64_C(1) << qubits, step = INT64_C(1) << first;
    vector re[2][LOCAL] = {{{0}}}, im[2][LOCAL] = {{{0}}}, z[LOCAL] = {{0}};
    for (int64_t high = 0; high < size; high += step << local)
        for (int64_t low = high; low < high + step; low++) {
            vector a[2 << LOCAL], w[1 << LOCAL];
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                a[2 * l] = lambda[2 * (low + l * step)];
                a[2 * l + 1] = lambda[2 * (low + l * step) + 1];
            }
            UNROLL for (int l = 0; l < 1 << local; l++)
            {
                const vector r = psi[2 * (low + l * step)], i = psi[2 * (low + l * step) + 1];
                if (sums)
                    w[l] = a[2 * l] * i - a[2 * l + 1] * r;
                UNROLL for (int q = 0; q < local; q++)
                {
                    const vector *other = a + 2 * (l ^ 1 << q);
                    re[l >> q & 1][q] += other[0] * r;
                    im[l >> q & 1][q] += other[1] * i;
                }
            }
            if (sums)
                *sums++ = split_sums(local, w, z);
        }
    UNROLL for (int q = 0; q < local; q++)
    {
        g[2 * (first + q)] = (re[0][q] + im[0][q]) - (re[1][q] + im[1][q]);
        if (sums)
            g[2 * (first + q) + 1] = z[q];
    }
}

/* All qubits, pass by pass. (One body for both sizes of a pass: with a constant call for each, as above, gcc
 * 12 made the way back 4 to 20 % slower.) */
INLINE void derive_all(int qubits, const vector *lambda, const vector *psi, vector *sums, vector *g)
{
    UNROLL for (int first = 0; first < qubits; first += pass_size(qubits, first))
        derive(qubits, first, pass_size(qubits, first), lambda, psi, first ? NULL : sums, g);
}

/* The derivatives by RZ of the qubits from `first` on, from the sums of the visits of the pass before them.
 */
INLINE void derive_rest(int qubits, int first, vector *sums, vector *g)
{
    for (int q = first; q < qubits; q++) {
        vector z = {0};
        for (int64_t j = 0; j < INT64_C(1) << (qubits - 1 - q); j++) {
            z += sums[2 * j] - sums[2 * j + 1];
            sums[j] = sums[2 * j] + sums[2 * j + 1];
        }
        g[2 * q + 1] = z;
    }
}

/* ---- the circuit ------------------------------------------------------------------------------ */

/* RY RX |0> on each qubit */
INLINE void start(int qubits, const layer *y, const block_inputs *x, vector *psi)
{
    const vector one = 1 - (vector){0};
    psi[0] = one;
    psi[1] = (vector){0};
    for (int q = 0; q < qubits; q++) {
        const vector s = x->t[q];
        const vector low[2] = {one, y->t[q] * s}, high[2] = {y->t[q] * one, -s};
        const int64_t size = INT64_C(1) << q;
        for (int64_t j = 0; j < size; j++) {
            vector *a = psi + 2 * j, *b = psi + 2 * (j + size);
            const vector r = a[0], i = a[1];
            b[0] = r * high[0] - i * high[1];
            b[1] = r * high[1] + i * high[0];
            a[0] = r * low[0] - i * low[1];
            a[1] = r * low[1] + i * low[0];
        }
    }
}

INLINE void forward(int qubits, anchor *self, const block_inputs *x)
{
    start(qubits, &self->layers[0], x, self->psi[0]);
    for (int y = 1; y < LAYERS; y++) {
        const crossing ring = {self->source, self->layers[y - 1].re, self->layers[y - 1].im};
        for (int first = 0; first < qubits; first += pass_size(qubits, first))
            forward_any(qubits, first, first ? NULL : &ring, self->layers[y].t, x->t,
                        self->psi[first ? y : y - 1], self->psi[y]);
    }
}

/* value <- <psi| O |psi>; lambda <- O psi */
INLINE void observe(int qubits, anchor *self, vector *lambda)
{
    const vector *psi = self->psi[LAYERS - 1];
    vector re = {0}, im = {0};
    for (int64_t j = 0; j < INT64_C(1) << qubits; j++) {
        const vector r = self->observable[j] * psi[2 * j], i = self->observable[j] * psi[2 * j + 1];
        re += r * psi[2 * j];
        im += i * psi[2 * j + 1];
        if (lambda) {
            lambda[2 * j] = r;
            lambda[2 * j + 1] = i;
        }
    }
    self->value = re + im;
}

INLINE void backward(int qubits, anchor *self, const block_inputs *x)
{
    vector *from = self->lambda[0], *to = self->lambda[1];
    const int last = LAYERS - 1;
    for (int y = last; y >= 0; y--) {
        vector *g = self->gradient + y * 2 * qubits;
        derive_all(qubits, from, self->psi[y], y < last ? self->sums : NULL, g);
        if (y < last)
            derive_rest(qubits, pass_size(qubits, 0), self->sums, g);
        else
            for (int q = 0; q < qubits; q++)
                g[2 * q + 1] = (vector){0};
        if (y == 0)
            return;
        const crossing ring = {self->source, self->layers[y - 1].re, self->layers[y - 1].im};
        for (int first = 0; first < qubits; first += pass_size(qubits, first)) {
            const bool end = first + pass_size(qubits, first) >= qubits;
            backward_any(qubits, first, end ? &ring : NULL, self->layers[y].t, x->t, from, end ? to : from);
        }
        vector *const swap = from;
        from = to;
        to = swap;
    }
}

INLINE void run(int qubits, bool derives, anchor *self, int64_t block)
{
    const block_inputs *x = &self->inputs[block];
    const vector norm = x->norm * self->norm;
    forward(qubits, self, x);
    observe(qubits, self, derives ? self->lambda[0] : NULL);
    self->value *= norm;
    if (!derives)
        return;
    backward(qubits, self, x);
    for (int p = 0; p < 2 * qubits * LAYERS; p++)
        self->gradient[p] *= norm;
}

#define INSTANCE(m)                                                                                          \
    static __attribute__((noinline)) void value_##m(anchor *self, int64_t block)                             \
    {                                                                                                        \
        run(m, false, self, block);                                                                          \
    }                                                                                                        \
    static __attribute__((noinline)) void gradient_##m(anchor *self, int64_t block)                          \
    {                                                                                                        \
        run(m, true, self, block);                                                                           \
    }

INSTANCE(2)
INSTANCE(4)
INSTANCE(6)
INSTANCE(8)
INSTANCE(10)
INSTANCE(12)

/* ---- its data --------------------------------------------------------------------------------- */

static void destroy(anchor *self)
{
    if (!self)
        return;
    for (int y = 0; y < LAYERS; y++) {
        free(self->layers[y].re);
        free(self->layers[y].im);
        free(self->psi[y]);
    }
    free(self->lambda[0]);
    free(self->lambda[1]);
    free(self->sums);
    free(self->inputs);
    free(self->source);
    free(self->observable);
    free(self);
}

static void *pages(size_t bytes)
{
    return aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);
}

/* All arrays; false if memory is out. */
static bool make_room(anchor *self, int64_t blocks)
{
    const size_t size = (size_t)1 << self->qubits, state = 2 * size * sizeof(vector);
    bool complete = true;
    for (int y = 0; y < LAYERS; y++) {
        self->layers[y].re = pages(size * sizeof(real));
        self->layers[y].im = pages(size * sizeof(real));
        self->psi[y] = pages(state);
        complete = complete && self->layers[y].re && self->layers[y].im && self->psi[y];
    }
    self->lambda[0] = pages(state);
    self->lambda[1] = pages(state);
    self->sums = pages(state);
    self->inputs = pages((size_t)blocks * sizeof *self->inputs);
    self->source = pages(size * sizeof *self->source);
    self->observable = pages(size * sizeof *self->observable);
    return complete && self->lambda[0] && self->lambda[1] && self->sums && self->inputs && self->source &&
           self->observable;
}

static void fill_ring(anchor *self)
{
    const int64_t qubits = self->qubits;
    for (int64_t j = 0; j < INT64_C(1) << qubits; j++) {
        int64_t image = j;
        for (int64_t q = 0; q < qubits; q++)
            image ^= (image >> q & 1) << (q + 1) % qubits;
        self->source[image] = (int32_t)j;
        self->observable[j] =
            (real)((double)(qubits - 2 * __builtin_popcountll((uint64_t)image)) / (double)qubits);
    }
}

static void fill_inputs(anchor *self, int64_t n, const double *x)
{
    for (int64_t j = 0; j < n; j++) {
        block_inputs *block = &self->inputs[j / WIDTH];
        double norm = 1;
        for (int64_t q = 0; q < self->qubits; q++) {
            const double half = x[j * self->qubits + q] / 2;
            block->t[q][j % WIDTH] = (real)tan(half);
            norm *= pow(cos(half), 2 * LAYERS);
        }
        block->norm[j % WIDTH] = (real)norm;
    }
}

/* table[j] = prod_q exp(-+i theta_q / 2), doubled qubit after qubit */
static void fill_table(int64_t qubits, const double *theta, layer *y)
{
    double sum = 0;
    for (int64_t q = 0; q < qubits; q++)
        sum += theta[2 * q + 1];
    y->re[0] = (real)cos(-sum / 2);
    y->im[0] = (real)sin(-sum / 2);
    for (int64_t q = 0; q < qubits; q++) {
        const real c = (real)cos(theta[2 * q + 1]), s = (real)sin(theta[2 * q + 1]);
        const int64_t half = INT64_C(1) << q;
        for (int64_t j = 0; j < half; j++) {
            y->re[j + half] = y->re[j] * c - y->im[j] * s;
            y->im[j + half] = y->re[j] * s + y->im[j] * c;
        }
    }
}

static void set(anchor *self, const double *theta)
{
    double norm = 1;
    for (int y = 0; y < LAYERS; y++) {
        const double *own = theta + 2 * self->qubits * y;
        for (int64_t q = 0; q < self->qubits; q++) {
            const double c = cos(own[2 * q] / 2);
            self->layers[y].t[q] = (real)(sin(own[2 * q] / 2) / c);
            norm *= c * c;
        }
        if (y < LAYERS - 1)
            fill_table(self->qubits, own, &self->layers[y]);
    }
    self->norm = (real)norm;
}

static anchor *create(int64_t qubits, int64_t n, const double *x)
{
    static void (*const runs[][2])(anchor *, int64_t) = {{value_2, gradient_2},   {value_4, gradient_4},
                                                         {value_6, gradient_6},   {value_8, gradient_8},
                                                         {value_10, gradient_10}, {value_12, gradient_12}};
    if (qubits < 2 || qubits > MOST_QUBITS || qubits % 2 || n % WIDTH)
        return NULL;
    anchor *self = pages(sizeof *self);
    if (!self)
        return NULL;
    memset(self, 0, sizeof *self);
    self->qubits = qubits;
    memcpy(self->run, runs[qubits / 2 - 1], sizeof self->run);
    if (!make_room(self, n / WIDTH)) {
        destroy(self);
        return NULL;
    }
    fill_ring(self);
    fill_inputs(self, n, x);
    return self;
}

static void value(anchor *self, int64_t block)
{
    self->run[0](self, block);
}

static void gradient(anchor *self, int64_t block)
{
    self->run[1](self, block);
}

static double read_value(const anchor *self, int32_t lane)
{
    return (double)self->value[lane];
}

static double read_gradient(const anchor *self, int64_t parameter, int32_t lane)
{
    return (double)self->gradient[parameter][lane];
}

#define JOIN_EXPANDED(a, b, c) a##b##_##c
#define JOIN(a, b, c)          JOIN_EXPANDED(a, b, c)
#define TEXT_EXPANDED(a)       #a
#define TEXT(a)                TEXT_EXPANDED(a)

extern const anchor_kind JOIN(anchor_, ANCHOR_ISA, ANCHOR_REAL);

const anchor_kind JOIN(anchor_, ANCHOR_ISA, ANCHOR_REAL) = {
    .kernel = TEXT(ANCHOR_ISA),
    .precision = sizeof(real) == sizeof(double) ? "double" : "single",
    .width = WIDTH,
    .create = create,
    .destroy = destroy,
    .set = set,
    .value = value,
    .gradient = gradient,
    .read_value = read_value,
    .read_gradient = read_gradient,
};
