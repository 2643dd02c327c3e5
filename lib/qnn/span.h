/* span.h - linear algebra over two elements: sets of masks closed under exclusive or.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_SPAN_H
#define QNNI_SPAN_H

#include "qnn/frame.h"

/* vectors[i] are independent; reduced[i] is one of them less those before it: its lowest bit is in no later
 * one. */
typedef struct qnni_span {
    uint32_t vectors[QNNI_MOST_QUBITS], reduced[QNNI_MOST_QUBITS];
    int count;
} qnni_span;

static inline bool qnni_odd(uint32_t mask)
{
    return __builtin_parity(mask);
}

static inline uint32_t qnni_lowest_bit(uint32_t mask)
{
    return mask & (~mask + 1);
}

/* What is left of x outside the span; 0 if it is inside. */
static inline uint32_t qnni_span_rest(const qnni_span *span, uint32_t x)
{
    for (int i = 0; i < span->count; i++)
        if (x & qnni_lowest_bit(span->reduced[i]))
            x ^= span->reduced[i];
    return x;
}

/* span <- span + x; false if x was in it. */
static inline bool qnni_span_add(qnni_span *span, uint32_t x)
{
    const uint32_t rest = qnni_span_rest(span, x);
    if (!rest)
        return false;
    span->vectors[span->count] = x;
    span->reduced[span->count++] = rest;
    return true;
}

#endif
