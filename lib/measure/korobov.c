/* korobov.c - generating vectors by fast component-by-component construction.
 *
 * Of periodic f with norm |f|^2 = sum_h r(h) |f^(h)|^2 <= 1, r(h) = prod_{j: h_j != 0} h_j^2 / gamma_j, the
 * lattice {k z / n} integrates the worst with the error
 *
 *   e^2(z) = -1 + 1/n sum_k prod_j (1 + gamma_j omega({k z_j / n})),  omega(x) = 2 pi^2 (x^2 - x + 1/6),
 *
 * and with a random shift every f with mean square error at most e^2(z) |f|^2 (Sloan & Wozniakowski, J.
 * Complexity 14 (1998); Dick, Kuo & Sloan, Acta Numerica 22 (2013), section 5). Components are chosen one
 * after the other: z_s minimises  S(z) = sum_k p_k omega({k z / n}),  p_k the product over those before,
 * which attains e^2 = O(n^{-2 + eps}) (Kuo, J. Complexity 19 (2003); n not prime: Dick, J.
 * Complexity 20 (2004)).
 *
 * For n = 2^m the odd residues modulo 2^i are +-5^a, a < 2^i / 4, and omega is even; so over the k with
 * gcd(k, n) = n / 2^i, k = (n / 2^i) 5^a, and z = 5^b, the sum is a cyclic correlation
 *   S_i(b) = 2 sum_a p(5^a n / 2^i) omega(5^(a + b) / 2^i)      of length 2^i / 4,
 * done by FFT; S(b) = sum_i S_i(b mod 2^i / 4): O(n log n) a component (Nuyens & Cools, Math. Comp. 75
 * (2006), and J. Complexity 22 (2006) for n not prime). i < 3 adds the same to every z.
 *
 * Choices that tie up to rounding go to the smallest b, so that compilers agree.
 *
 * SPDX-License-Identifier: MIT */
#include "measure/korobov.h"

#include "measure/fft.h"

#include <math.h>

static double omega(double x)
{
    return 2 * MOEI_PI * MOEI_PI * (x * x - x + 1.0 / 6);
}

double moei_korobov_error(int64_t n, int64_t d, const int64_t *z, const double *gamma)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        double product = 1;
        for (int64_t j = 0; j < d; j++)
            product *= 1 + gamma[j] * omega((double)(k * z[j] % n) / (double)n);
        sum += product - 1;
    }
    return sum / (double)n;
}

typedef struct {
    int64_t n;
    double *product; /* n / 2 + 1: p_k = p_{n - k} */
    int64_t *power;  /* n / 4: 5^a mod n */
    double *roots;   /* of n / 4 */
    double *kernel;  /* the transforms of omega(5^a / 2^i), length 2^i / 4 complex, one after the other */
    double *work;    /* n / 4 complex */
    double *sum;     /* n / 4: S(b) */
} construction;

static double *product_at(const construction *c, int64_t k)
{
    return &c->product[k <= c->n / 2 ? k : c->n - k];
}

/* The transform of the sequence for modulus `modulus` begins at number modulus / 4 - 2 of the kernel, since
 * those before have 2 + 4 + ... numbers. */
static double *kernel_of(const construction *c, int64_t modulus)
{
    return c->kernel + 2 * (modulus / 4 - 2);
}

static void prepare(construction *c)
{
    const int64_t n = c->n;
    for (int64_t k = 0; k <= n / 2; k++)
        c->product[k] = 1;
    c->power[0] = 1;
    for (int64_t a = 1; a < n / 4; a++)
        c->power[a] = c->power[a - 1] * 5 % n;
    moei_fft_roots(n / 4, c->roots);
    for (int64_t modulus = 8; modulus <= n; modulus *= 2) {
        double *kernel = kernel_of(c, modulus);
        for (int64_t a = 0; a < modulus / 4; a++) {
            kernel[2 * a] = omega((double)(c->power[a] % modulus) / (double)modulus);
            kernel[2 * a + 1] = 0;
        }
        moei_fft(modulus / 4, n / 4, c->roots, kernel);
    }
}

/* sum[b] += sum_a p(5^a n / modulus) omega(5^(a + b) / modulus): transform, multiply by the conjugate, and
 * back by a second transform of the conjugate. */
static void add_level(const construction *c, int64_t modulus)
{
    const int64_t size = modulus / 4, step = c->n / modulus;
    const double *kernel = kernel_of(c, modulus);
    double *work = c->work;
    for (int64_t a = 0; a < size; a++) {
        work[2 * a] = *product_at(c, c->power[a] % modulus * step);
        work[2 * a + 1] = 0;
    }
    moei_fft(size, c->n / 4, c->roots, work);
    for (int64_t a = 0; a < size; a++) { /* conj(kernel) * work: its transform is the sum, real */
        const double re = work[2 * a] * kernel[2 * a] + work[2 * a + 1] * kernel[2 * a + 1];
        const double im = work[2 * a + 1] * kernel[2 * a] - work[2 * a] * kernel[2 * a + 1];
        work[2 * a] = re;
        work[2 * a + 1] = im;
    }
    moei_fft(size, c->n / 4, c->roots, work);
    for (int64_t b = 0; b < c->n / 4; b++)
        c->sum[b] += work[2 * (b % size)] / (double)size;
}

/* The odd z with the least S(z); of those that rounding cannot tell apart, the one of smallest exponent. */
static int64_t best_component(const construction *c)
{
    const int64_t candidates = c->n / 4;
    double least = (double)INFINITY, size = 0;
    for (int64_t b = 0; b < candidates; b++)
        c->sum[b] = 0;
    for (int64_t modulus = 8; modulus <= c->n; modulus *= 2)
        add_level(c, modulus);
    for (int64_t b = 0; b < candidates; b++) {
        least = fmin(least, c->sum[b]);
        size = fmax(size, fabs(c->sum[b]));
    }
    int64_t b = 0;
    while (b < candidates - 1 && c->sum[b] > least + 1e-12 * size)
        b++;
    return c->power[b];
}

/* p_k *= 1 + gamma omega({k z / n}); then over the largest but p_0, which no choice depends on */
static void multiply(construction *c, int64_t z, double gamma)
{
    double largest = 0;
    for (int64_t k = 1; k <= c->n / 2; k++) {
        c->product[k] *= 1 + gamma * omega((double)(k * z % c->n) / (double)c->n);
        largest = fmax(largest, fabs(c->product[k]));
    }
    for (int64_t k = 1; largest > 0 && k <= c->n / 2; k++)
        c->product[k] /= largest;
}

/* Of the components not yet chosen (0), that of the largest weight. */
static int64_t heaviest(int64_t d, const double *gamma, const int64_t *z)
{
    int64_t best = -1;
    for (int64_t j = 0; j < d; j++)
        if (!z[j] && (best < 0 || gamma[j] > gamma[best]))
            best = j;
    return best;
}

int32_t moei_korobov_vector(moe_context *context, int64_t n, int64_t d, const double *gamma, int64_t *z)
{
    for (int64_t j = 0; j < d; j++)
        z[j] = n < 8; /* there is one candidate up to sign */
    if (n < 8)
        return MOE_OK;
    moei_core *core = context->core;
    construction c = {.n = n,
                      .product = MOEI_NEW(core, n / 2 + 1, double),
                      .power = MOEI_NEW(core, n / 4, int64_t),
                      .roots = MOEI_NEW(core, n / 4, double),
                      .kernel = MOEI_NEW(core, n, double),
                      .work = MOEI_NEW(core, n / 2, double),
                      .sum = MOEI_NEW(core, n / 4, double)};
    const bool memory = c.product && c.power && c.roots && c.kernel && c.work && c.sum;
    if (memory) {
        prepare(&c);
        for (int64_t s = 0; s < d; s++) {
            const int64_t j = heaviest(d, gamma, z);
            z[j] = s ? best_component(&c) : 1;
            multiply(&c, z[j], gamma[j]);
        }
    }
    moei_free(core, c.product);
    moei_free(core, c.power);
    moei_free(core, c.roots);
    moei_free(core, c.kernel);
    moei_free(core, c.work);
    moei_free(core, c.sum);
    return memory ? MOE_OK : moei_out_of_memory(context, "the construction of a lattice");
}
