/* qasm_names.h - a set of byte strings, each with a number.
 *
 * A ternary search tree (Bentley & Sedgewick, SODA 1997): looking a key up takes at most 256 steps a byte
 * whatever the keys are, so no choice of names makes it slow, as one can with a hash table.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QNNI_QASM_NAMES_H
#define QNNI_QASM_NAMES_H

#include "base/base.h"

typedef struct qnni_name_node {
    int64_t below, equal,
        above;     /* nodes of a smaller byte here, of the next byte, of a larger one; 0: none */
    int64_t value; /* of the key that ends here; 0: no such key */
    unsigned char byte;
} qnni_name_node;

/* Zeroed at first, but for `core`. */
typedef struct qnni_names {
    moei_core *core;
    qnni_name_node *nodes; /* node 0 is the root's parent: its `equal` is the root */
    int64_t count, room;
} qnni_names;

/* The number of the key, 0 if it is not in the set. length >= 1. */
int64_t qnni_names_get(const qnni_names *names, const void *key, int64_t length);

/* Where the key's number is kept, 0 at first; valid until the next call. NULL if memory is out. */
int64_t *qnni_names_slot(qnni_names *names, const void *key, int64_t length);

void qnni_names_clear(qnni_names *names);

#endif
