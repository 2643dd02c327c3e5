/* status.c - the one table of statuses: number, symbol, meaning.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#define ROW(status, text)                                                                                    \
    {                                                                                                        \
        status, #status, text                                                                                \
    }

static const struct {
    int32_t status;
    const char *name, *text;
} rows[] = {
    ROW(MOE_OK, "success"),
    ROW(MOE_ERROR_NULL, "a handle or an array that is needed is NULL"),
    ROW(MOE_ERROR_SIZE, "a size is not positive, or too large to be held"),
    ROW(MOE_ERROR_NOT_FINITE, "a number is NaN or infinite"),
    ROW(MOE_ERROR_WEIGHTS, "weights are negative or do not sum to 1"),
    ROW(MOE_ERROR_INDEX, "an index is out of range"),
    ROW(MOE_ERROR_VALUE, "a value is outside what the argument takes"),
    ROW(MOE_ERROR_PERIOD, "a period is not positive, or the circuit does not have it"),
    ROW(MOE_ERROR_DOMAIN, "the dimensions or the periods of two things differ"),
    ROW(MOE_ERROR_TIME, "a time goes backwards, or lies outside what was computed"),
    ROW(MOE_ERROR_TOLERANCE, "a tolerance is not positive"),
    ROW(MOE_ERROR_VTABLE, "a table of functions lacks a mandatory one"),
    ROW(MOE_ERROR_STRUCT_SIZE, "a table's struct_size is too small, or its unknown tail is not zero"),
    ROW(MOE_ERROR_QUBITS, "a gate names a qubit twice"),
    ROW(MOE_ERROR_PAULI, "a Pauli string has the wrong length or a letter other than I, X, Y, Z"),
    ROW(MOE_ERROR_GATE, "no gate has this name"),
    ROW(MOE_ERROR_UNITARY, "a matrix is not unitary"),
    ROW(MOE_ERROR_UNSUPPORTED, "well defined, but no method of this version covers it"),
    ROW(MOE_ERROR_ORDER, "the call does not fit the present state of the handle"),
    ROW(MOE_ERROR_SYNTAX, "a text does not follow the grammar, or the part of it that is read"),
    ROW(MOE_ERROR_MEMORY, "the allocator has no memory left"),
    ROW(MOE_ERROR_THREADS, "a thread could not be started"),
    ROW(MOE_ERROR_LAPACK, "a LAPACK routine did not converge"),
    ROW(MOE_ERROR_BLAS,
        "the BLAS or LAPACK that was loaded has integers of another width than this library is built for"),
    ROW(MOE_ERROR_FILE, "a file could not be written or read"),
    ROW(MOE_ERROR_CALLBACK, "a callback failed"),
    ROW(MOE_ERROR_CHECK, "the expert does not do what its table promises"),
    ROW(MOE_ERROR_CANCELLED, "the call was cancelled"),
    ROW(MOE_ERROR_STEP, "no time step is small enough"),
    ROW(MOE_ERROR_STEP_LIMIT, "the allowed number of steps is used up"),
    ROW(MOE_ERROR_CONVERGENCE, "an iteration did not settle"),
    ROW(MOE_ERROR_BUDGET, "the nodes, bytes or seconds allowed do not suffice"),
};

enum { COUNT = sizeof rows / sizeof rows[0] };

MOE_PUBLIC const char *moe_status_name(int32_t status)
{
    for (int i = 0; i < COUNT; i++)
        if (rows[i].status == status)
            return rows[i].name;
    return "MOE_UNKNOWN";
}

MOE_PUBLIC const char *moe_status_text(int32_t status)
{
    for (int i = 0; i < COUNT; i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "a status that this version does not know";
}

MOE_PUBLIC const char *moe_version(void)
{
    return MOEI_VERSION;
}
