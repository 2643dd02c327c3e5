/* gates.c - reads back what qnn_circuit_write wrote: a declaration, definition, gate or pragma a line.
 *
 *   input float[64] theta0;   qubit[2] q;   rx(0.5*theta0 + 1) q[0];   cx q[0], q[1];   gphase(x0);
 *   gate rxz(a) q0, q1 { ... }   pragma moefield observable 0 1 ZI   pragma moefield outputs 1
 *
 * SPDX-License-Identifier: MIT */
#include "gates.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void *more(void *list, int64_t count, size_t bytes)
{
    void *longer = realloc(list, (size_t)(count + 1) * bytes);
    if (!longer)
        exit(complain(END_WORK, "out of memory"));
    return longer;
}

static char *piece_of(const char *from, const char *to)
{
    return text_of("%.*s", (int)(to - from), from);
}

static void read_gate(struct gates *gates, const char *line)
{
    struct gate gate = {0};
    const char *at = line + strcspn(line, "( ;");
    gate.name = piece_of(line, at);
    if (*at == '(') {
        const char *from = at + 1;
        for (int depth = 0; *at; at++) {
            depth += (*at == '(') - (*at == ')');
            if (!depth)
                break;
        }
        gate.angle = piece_of(from, at);
    }
    for (at = strchr(at, '['); at && gate.qubits < MOST_QUBITS; at = strchr(at + 1, '['))
        gate.qubit[gate.qubits++] = atoi(at + 1);
    gates->gate = more(gates->gate, gates->count, sizeof gate);
    gates->gate[gates->count++] = gate;
}

static void read_line(struct gates *gates, const char *line)
{
    struct term term = {0};
    long long output;
    if (!strncmp(line, "input float[64] theta", 21))
        gates->parameters++;
    else if (!strncmp(line, "input float[64] x", 17))
        gates->inputs++;
    else if (!strncmp(line, "qubit[", 6))
        gates->qubits = strtoll(line + 6, NULL, 10);
    else if (!strncmp(line, "pragma moefield outputs ", 24))
        gates->outputs = strtoll(line + 24, NULL, 10);
    else if (sscanf(line, "pragma moefield observable %lld %lf %30s", &output, &term.coefficient,
                    term.string) == 3) {
        term.output = output;
        gates->term = more(gates->term, gates->terms, sizeof term);
        gates->term[gates->terms++] = term;
    } else if (*line && strncmp(line, "OPENQASM", 8) != 0 && strncmp(line, "include", 7) != 0 &&
               strncmp(line, "gate ", 5) != 0 && strncmp(line, "pragma", 6) != 0)
        read_gate(gates, line);
}

int gates_of(moe_context *context, const qnn_circuit *circuit, struct gates *gates, char **text)
{
    int64_t length;
    *gates = (struct gates){0};
    *text = NULL;
    int32_t status = qnn_circuit_write(circuit, NULL, 0, &length);
    if (status == MOE_OK || status == MOE_ERROR_SIZE) {
        *text = room(length + 1, 1);
        status = qnn_circuit_write(circuit, *text, length + 1, &length);
    }
    if (status)
        return library_end(context, status, "writing the circuit");
    char *lines = copy_of(*text), *rest = lines;
    for (char *line; (line = next_word(&rest, '\n'));)
        read_line(gates, line);
    free(lines);
    return END_GOOD;
}

void gates_free(struct gates *gates)
{
    for (int64_t g = 0; g < gates->count; g++) {
        free(gates->gate[g].name);
        free(gates->gate[g].angle);
    }
    free(gates->gate);
    free(gates->term);
    *gates = (struct gates){0};
}
