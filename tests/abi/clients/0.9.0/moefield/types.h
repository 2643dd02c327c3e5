/* types.h - handles, status codes, version: what every other header of moefield shares.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_TYPES_H
#define MOEFIELD_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque handles. A context and what belongs to it (law, objective, flow, limit, study, transport, circuit)
 * are used by one thread at a time; expert, model, measure and field never change once made and may be shared
 * by any threads.
 */
typedef struct moe_context moe_context;     /* threads, memory, error text, cancel                     */
typedef struct moe_expert moe_expert;       /* f(theta, x): a table of functions, a self and its shape */
typedef struct moe_law moe_law;             /* a product law of initial parameters                     */
typedef struct moe_measure moe_measure;     /* weighted points on a domain                             */
typedef struct moe_model moe_model;         /* expert + training data + objective                      */
typedef struct moe_objective moe_objective; /* loss, potential, mobility and scale of a model          */
typedef struct moe_flow moe_flow;           /* a model's gradient flow from a measure, in time         */
typedef struct moe_field moe_field;         /* a flow's predictions in time: what drives tracers       */
typedef struct moe_limit moe_limit;         /* the mean-field limit of a model to a tolerance          */
typedef struct moe_study moe_study;         /* replicas of mixtures against the limit: rates, bounds   */
typedef struct moe_transport moe_transport; /* the transport problem of two measures, and its solution  */
typedef struct qnn_circuit qnn_circuit;     /* a list of quantum gates and observables                 */

/* Status codes, returned as int32_t. 0 is success, every failure is negative; a number, once given,
 * keeps its meaning for ever. moe_status_name and moe_status_text say them in words. */
enum {
    MOE_OK = 0,
    /* an argument is not what the function takes; nothing has changed */
    MOE_ERROR_NULL = -10,        /* a handle or an array is NULL                                       */
    MOE_ERROR_SIZE = -11,        /* a size is not positive, or too large to be held                    */
    MOE_ERROR_NOT_FINITE = -12,  /* a number is NaN or infinite                                        */
    MOE_ERROR_WEIGHTS = -13,     /* weights are negative or do not sum to 1                            */
    MOE_ERROR_INDEX = -14,       /* an index is out of range                                           */
    MOE_ERROR_VALUE = -15,       /* a value is outside what the argument takes                         */
    MOE_ERROR_PERIOD = -16,      /* a period is not positive, or the circuit does not have it          */
    MOE_ERROR_DOMAIN = -17,      /* dimensions or periods of two things differ                         */
    MOE_ERROR_TIME = -18,        /* time goes backwards, or lies outside what was computed             */
    MOE_ERROR_TOLERANCE = -19,   /* a tolerance is not positive                                        */
    MOE_ERROR_VTABLE = -20,      /* a table of functions lacks a mandatory one                         */
    MOE_ERROR_STRUCT_SIZE = -21, /* a table's struct_size is too small, or its unknown tail in use     */
    MOE_ERROR_QUBITS = -22,      /* a gate names a qubit twice                                         */
    MOE_ERROR_PAULI = -23,       /* a Pauli string has the wrong length or a foreign letter            */
    MOE_ERROR_GATE = -24,        /* no gate has this name                                              */
    MOE_ERROR_UNITARY = -25,     /* a matrix is not unitary                                            */
    MOE_ERROR_UNSUPPORTED = -26, /* well defined, but no method of this version covers it              */
    MOE_ERROR_ORDER = -27,       /* the call does not fit the handle's present state                   */
    MOE_ERROR_SYNTAX = -28,      /* a text is not what is read: with line and column                   */
    /* the work could not be done; handles are as before the call, or as the function's text says */
    MOE_ERROR_MEMORY = -40,      /* the allocator returned NULL                                        */
    MOE_ERROR_THREADS = -41,     /* a thread could not be started                                      */
    MOE_ERROR_LAPACK = -42,      /* a LAPACK routine did not converge                                  */
    MOE_ERROR_BLAS = -43,        /* the BLAS or LAPACK loaded has integers of another width            */
    MOE_ERROR_FILE = -44,        /* a file could not be written or read: the sentence has the reason    */
    MOE_ERROR_CALLBACK = -50,    /* a callback failed: moe_context_callback_status has its value       */
    MOE_ERROR_CHECK = -51,       /* moe_expert_check found a fault                                     */
    MOE_ERROR_CANCELLED = -52,   /* moe_context_cancel or the progress callback stopped it             */
    MOE_ERROR_STEP = -60,        /* no time step is small enough                                       */
    MOE_ERROR_STEP_LIMIT = -61,  /* the allowed number of steps is used up                             */
    MOE_ERROR_CONVERGENCE = -62, /* an iteration did not settle                                        */
    MOE_ERROR_BUDGET = -63       /* nodes, bytes, seconds or digits do not suffice; the best is kept   */
};

/* The status's symbol ("MOE_ERROR_SIZE"; "MOE_UNKNOWN" for an unknown number), or its meaning in a
 * sentence. Static text, never NULL. Any thread. Since 0.9.0. */
const char *moe_status_name(int32_t status);
const char *moe_status_text(int32_t status);

/* The library's version, "MAJOR.MINOR.PATCH". Static text. Any thread. Since 0.9.0. */
const char *moe_version(void);

/* text <- how the library was built and what it runs on, lines of a word and what it stands for:
 *   version 0.9.0
 *   compiler gcc 12.2.0
 *   blas-integers 32
 *   blas-file /usr/lib/x86_64-linux-gnu/libopenblas.so.0          the one that was loaded, if that can be told
 *   capacity  bytes that there is room for; NULL and 0 only count
 *   length    <- the bytes of the text. A NUL follows it if capacity is more; if capacity is less,
 *             MOE_ERROR_SIZE, and nothing is written
 * MOE_ERROR_NULL. Any thread. Since 0.9.0. */
int32_t moe_build_info(char *text, int64_t capacity, int64_t *length);

#ifdef __cplusplus
}
#endif
#endif
