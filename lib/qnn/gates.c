/* gates.c - the table of fixed gates (Nielsen & Chuang, section 4.2), each number as (re, im).
 *
 * SPDX-License-Identifier: MIT */
#include "qnn/gates.h"

#include <string.h>

#define R  0.70710678118654752440 /* 1 / sqrt 2 */
#define O_ 0, 0
#define I_ 1, 0

// clang-format off
static const qnni_fixed_gate table[] = {
    {"H",    1, QNNI_REAL,                 {R, 0, R, 0,
                                            R, 0, -R, 0}},
    {"X",    1, QNNI_EXCHANGE | QNNI_REAL, {O_, I_,
                                            I_, O_}},
    {"Y",    1, 0,                         {O_, 0, -1,
                                            0, 1, O_}},
    {"Z",    1, QNNI_PHASE | QNNI_REAL,    {I_, O_,
                                            O_, -1, 0}},
    {"S",    1, QNNI_PHASE,                {I_, O_,
                                            O_, 0, 1}},
    {"SDG",  1, QNNI_PHASE,                {I_, O_,
                                            O_, 0, -1}},
    {"T",    1, QNNI_PHASE,                {I_, O_,
                                            O_, R, R}},
    {"TDG",  1, QNNI_PHASE,                {I_, O_,
                                            O_, R, -R}},
    {"CNOT", 2, QNNI_EXCHANGE | QNNI_REAL, {I_, O_, O_, O_,
                                            O_, I_, O_, O_,
                                            O_, O_, O_, I_,
                                            O_, O_, I_, O_}},
    {"CZ",   2, QNNI_PHASE | QNNI_REAL,    {I_, O_, O_, O_,
                                            O_, I_, O_, O_,
                                            O_, O_, I_, O_,
                                            O_, O_, O_, -1, 0}},
    {"SWAP", 2, QNNI_EXCHANGE | QNNI_REAL, {I_, O_, O_, O_,
                                            O_, O_, I_, O_,
                                            O_, I_, O_, O_,
                                            O_, O_, O_, I_}},
};
// clang-format on

enum { ROWS = sizeof table / sizeof table[0] };

const qnni_fixed_gate *qnni_fixed_gate_row(int64_t row)
{
    return row >= 0 && row < ROWS ? &table[row] : NULL;
}

const qnni_fixed_gate *qnni_fixed_gate_named(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
