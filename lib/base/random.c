/* random.c - counter-based random numbers: Philox4x32-10.
 *
 * Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3: ten
 * rounds of a bijection of the 128-bit counter, keyed by 64 bits. One round, with hi and lo the halves of
 * a 64-bit product:
 *   (c0, c1, c2, c3) -> (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)),
 * and the key moves on by Weyl constants between rounds. Each coordinate of each draw has a counter of
 * its own, so the numbers of one never depend on what else is drawn.
 *
 * Not for cryptography.
 *
 * SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "base/base.h"

#include <math.h>

enum { ROUNDS = 10 };

static const uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u}; /* golden ratio, sqrt(3) - 1 */

void moei_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t even = (uint64_t)multiplier[0] * c0, odd = (uint64_t)multiplier[1] * c2;
        c0 = (uint32_t)(odd >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)odd;
        c2 = (uint32_t)(even >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)even;
        k0 += weyl[0];
        k1 += weyl[1];
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* words[4] of one coordinate of one draw */
static void block(uint64_t seed, uint32_t stream, uint64_t draw, uint32_t coordinate, uint32_t words[4])
{
    const uint32_t counter[4] = {(uint32_t)draw, (uint32_t)(draw >> 32), stream, coordinate};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    moei_philox(counter, key, words);
}

/* The upper 53 of 64 bits as a number in [0, 1). */
static double unit(uint32_t low, uint32_t high)
{
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

double moei_random_uniform(uint64_t seed, uint32_t stream, uint64_t draw, uint32_t coordinate)
{
    uint32_t words[4];
    block(seed, stream, draw, coordinate, words);
    return unit(words[0], words[1]);
}

/* sqrt(-2 log(1 - u)) cos(2 pi v): 1 - u lies in (0, 1], so the logarithm is finite */
double moei_random_normal(uint64_t seed, uint32_t stream, uint64_t draw, uint32_t coordinate)
{
    uint32_t words[4];
    block(seed, stream, draw, coordinate, words);
    const double u = unit(words[0], words[1]), v = unit(words[2], words[3]);
    return sqrt(-2 * log1p(-u)) * cos(2 * MOEI_PI * v);
}
