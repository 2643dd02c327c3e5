/* qasm_names.c - see qasm_names.h.
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/qasm_names.h"

#include "qnn/circuit.h"

int64_t qnni_names_get(const qnni_names *names, const void *key, int64_t length)
{
    const unsigned char *byte = key, *end = byte + length;
    int64_t at = names->count ? names->nodes[0].equal : 0;
    while (at) {
        const qnni_name_node *node = &names->nodes[at];
        if (*byte != node->byte)
            at = *byte < node->byte ? node->below : node->above;
        else if (++byte == end)
            return node->value;
        else
            at = node->equal;
    }
    return 0;
}

/* A node for `byte` at the end of the list; 0 if memory is out. */
static int64_t new_node(qnni_names *names, unsigned char byte)
{
    qnni_name_node *nodes =
        qnni_with_room(names->core, names->nodes, names->count, &names->room, sizeof *nodes);
    if (!nodes)
        return 0;
    names->nodes = nodes;
    names->nodes[names->count].byte = byte;
    return names->count++;
}

/* The field of node `at` that leads to the first byte of the rest, as far as the two are known to differ. */
static int64_t *way(qnni_names *names, int64_t at, unsigned char byte)
{
    qnni_name_node *node = &names->nodes[at];
    return byte < node->byte ? &node->below : &node->above;
}

int64_t *qnni_names_slot(qnni_names *names, const void *key, int64_t length)
{
    const unsigned char *byte = key, *end = byte + length;
    if (!names->count)
        new_node(names, 0);
    if (!names->count)
        return NULL;
    int64_t parent = 0;
    bool down = true; /* the way on from the parent is `equal` */
    for (;;) {
        int64_t at = down ? names->nodes[parent].equal : *way(names, parent, *byte);
        if (!at) {
            at = new_node(names, *byte);
            if (!at)
                return NULL;
            *(down ? &names->nodes[parent].equal : way(names, parent, *byte)) = at;
        }
        down = names->nodes[at].byte == *byte;
        if (down && ++byte == end)
            return &names->nodes[at].value;
        parent = at;
    }
}

void qnni_names_clear(qnni_names *names)
{
    moei_free(names->core, names->nodes);
    names->nodes = NULL;
    names->count = names->room = 0;
}
