/* random.h - random numbers as a function of their index: no state, so none to share or to split.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_RANDOM_H
#define MOEI_RANDOM_H

#include <stdint.h>

/* out = Philox4x32-10(counter, key) */
void moei_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The numbers of coordinate a of draw i of stream s under a seed: functions of (seed, s, i, a), of
 * nothing else. Counter: i in words 0 (low) and 1 (high), s in word 2, a in word 3; key: the seed.
 * Uniform on [0, 1), a multiple of 2^-53; standard normal by Box-Muller, |z| < 8.6. The two kinds
 * share bits: of one coordinate, take one or the other. */
double moei_random_uniform(uint64_t seed, uint32_t stream, uint64_t draw, uint32_t coordinate);
double moei_random_normal(uint64_t seed, uint32_t stream, uint64_t draw, uint32_t coordinate);

#endif
