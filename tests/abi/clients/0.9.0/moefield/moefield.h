/* moefield.h - mixtures of experts, their gradient flow, their mean-field limit, and the distance
 * between the two. Includes every header of the library; read this page of rules first.
 *
 * ARGUMENTS come as: the context or the handle that the call belongs to, inputs, outputs; shapes before
 * the arrays they shape. Arrays are contiguous and row-major: "count x d" has point i's coordinate a
 * at [i*d + a] (a Julia d x count matrix as it is). Reals are double, sizes and indices int64_t counted
 * from 0, choices and statuses int32_t. Angles are in radians. Time is mean-field time, in which one
 * expert moves by -grad Psi; docs/LEARNING_RATE.md relates it to a learning rate.
 *
 * ERRORS are values. A function that can fail returns an int32_t status: MOE_OK (0) or a negative
 * MOE_ERROR_*. moe_context_error has the sentence, which names the argument and the value. A call that
 * fails changes nothing unless its text says otherwise, and leaves an output handle NULL. Every function
 * also returns MOE_ERROR_NULL for a NULL handle or array that it needs. The library never exits, aborts,
 * prints, reads the environment or the locale, handles signals, or keeps global state.
 *
 * OWNERSHIP. Arrays that go in are copied or used up within the call. Arrays that come out are the caller's,
 * who makes room for all of the shape, and overlap neither inputs nor one another unless the text says so.
 * Handles come out through a pointer to a handle and are given back, once, by the destroy function of their kind,
 * in any order, but not from a callback of a call that uses the handle; it accepts NULL. Pointers returned by a
 * getter belong to the handle. Memory comes from the context's allocator.
 *
 * THREADS. A context, and a law, objective, flow, limit, study, transport or circuit, which belong to the
 * context they were made in, are used by one thread at a time; only moe_context_cancel may come from any. An
 * expert, model, measure or field never changes: any number of threads may use it at once, each with its own
 * context, and any thread may destroy its reference. Callbacks come on the calling thread, except those of an
 * expert that says it is MOE_EXPERT_THREAD_SAFE, of a potential that says it is MOE_POTENTIAL_THREAD_SAFE, and
 * of an allocator. An expert, a loss or a potential without such a promise is still called on several threads
 * at once if several of the host's threads use it at once.
 *
 * SAME BITS. One binary on one instruction set with one BLAS setting returns the same bits for every
 * number of threads.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_MOEFIELD_H
#define MOEFIELD_MOEFIELD_H

#include <moefield/context.h>
#include <moefield/expert.h>
#include <moefield/flow.h>
#include <moefield/limit.h>
#include <moefield/measure.h>
#include <moefield/model.h>
#include <moefield/objective.h>
#include <moefield/qnn.h>
#include <moefield/study.h>
#include <moefield/transport.h>
#include <moefield/types.h>

#endif
