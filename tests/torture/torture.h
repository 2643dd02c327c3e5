/* torture.h - a walk through the library in which one thing fails: an allocation, or a call of the host's.
 *
 * A walk is a row of calls, each in TRY. It is gone once undisturbed, which counts its allocations and its calls
 * of the host's functions; then once for each of them, which fails. The call of the library in which that happens
 * has to say so, by the status of what was made to fail; called again, it has to succeed; and all numbers that
 * the walk notes have to be, to the bit, those of the undisturbed one: so nothing was left half done. In the end
 * no block is left, and the host's objects are let go, each once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_TORTURE_H
#define MOE_TEST_TORTURE_H

#include "support/failing.h"
#include "support/test.h"

enum { SENTENCE = 512 };

enum injection { NOTHING, ALLOCATION, CALLBACK };

/* What the library is given by a host that fails once, with how it fared. */
struct torture {
    moe_context *context;
    struct failing memory;
    enum injection injection;
    long fail_at;        /* the allocation or call that fails, from 1 */
    atomic_long calls;   /* of the host's functions */
    _Atomic int32_t due; /* the status that a call of the library has to return; 0: none */
    atomic_long objects; /* of the host's that are not let go */
    atomic_int fired;    /* the call has come: moe_expert_check's number of them depends on its threads */
    int failed;          /* calls of the library that have failed as they should */
    uint64_t digest;     /* of what was noted */
    char told[SENTENCE]; /* the call that has failed as it should */
    char report[SENTENCE + 200]; /* what went wrong; empty: nothing */
};

typedef void (*walk)(struct torture *t);

/* The walks of a file, ended by {NULL, NULL}. */
struct walks {
    const char *name;
    walk walk;
};
extern const struct walks walks_base[], walks_measure[], walks_model[], walks_circuit[], walks_flow[],
    walks_limit[], walks_study[];

/* In every function of the host's: nonzero if this call is the one that fails, with the status that the library has
 * to return for that. */
int host_fails(struct torture *t, int32_t due);

/* status of a call that has failed: whether it had to, so that it is made again; else it is reported. */
int torture_expected(struct torture *t, int32_t status, const char *call);
void torture_report(struct torture *t, int32_t status, const char *call, const char *file, int line);

/* Numbers go into the digest. */
void torture_note(struct torture *t, int64_t count, const double *numbers);
void torture_bytes(struct torture *t, int64_t count, const void *bytes);

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int32_t tried = (call);                                                                              \
        if (tried && torture_expected(t, tried, #call))                                                      \
            tried = (call);                                                                                  \
        if (tried) {                                                                                         \
            torture_report(t, tried, #call, __FILE__, __LINE__);                                             \
            goto done;                                                                                       \
        }                                                                                                    \
    } while (0)

/* ---- what the walks are made of (host.c) ------------------------------------------------------- */

/* f_k(theta, x) = s_k (cos(theta_0 + x_0) + (k + 1) theta_1 sin(theta_0 - x_1)), with every function that an expert
 * can have; theta_0 is periodic, theta_1 is not. HOST_POINTS data points. */
enum { HOST_D = 2, HOST_P = 2, HOST_K = 2, HOST_POINTS = 3 };
extern const double host_period[HOST_D], host_x[HOST_POINTS * HOST_P], host_y[HOST_POINTS * HOST_K];

int32_t host_expert(struct torture *t, moe_expert **expert);
/* The expert's model of the data. */
int32_t host_model(struct torture *t, moe_model **model);
/* uniform x normal(0, 0.3) */
int32_t host_law(struct torture *t, moe_law **law);
/* `count` draws of that law, the same for the same stream. */
int32_t host_measure(struct torture *t, int64_t count, int64_t stream, moe_measure **measure);

int32_t host_set_loss(struct torture *t, moe_objective *objective);
int32_t host_set_potential(struct torture *t, moe_objective *objective);
/* theta_k = 0.6 u + 0.1 */
int32_t host_set_quantile(struct torture *t, moe_law *law, int64_t k);
int32_t host_progress(void *t, const char *what, double part);
int32_t host_observer(void *t, moe_flow *flow);
int32_t host_run(void *t, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

#endif
