/* moefield_mpi.h - flows and studies over the ranks of an MPI communicator: libmoefield_mpi.
 *
 *   MPI_Init(&argc, &argv);
 *   moe_context_create(NULL, &context);
 *   moe_mpi_use(context, MPI_COMM_WORLD);
 *   moe_flow_share(context, model, experts, &first, &count);      which experts are this rank's
 *   moe_flow_create_spread(context, model, experts, points, weights, &flow);
 *
 * Built for one MPI, whose mpi.h it includes; moefield_mpi.pc brings it. Nothing else in moefield knows MPI.
 * Messages are MPI_Send and MPI_Recv of bytes on a duplicate of the host's communicator, so they never meet
 * the host's own, on the thread that calls the library: MPI_THREAD_FUNNELED is enough if that is the main one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_MPI_H
#define MOEFIELD_MPI_H

#include <moefield/types.h>
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The context's communicator is from now on a duplicate of `communicator`, an intracommunicator: every rank of
 * it makes this call. The duplicate is freed when the context is done with it (with its last handle, or at
 * another moe_context_set_communicator), which is every rank's business at once, and before MPI_Finalize;
 * after it, nothing is freed and nothing goes wrong. MPI's error handler is not asked for its opinion: a
 * message that fails is MOE_ERROR_CALLBACK, the value MPI's error class.
 * MOE_ERROR_NULL, MOE_ERROR_ORDER (MPI is not initialised or is finalised, or the context has flows that are
 * spread), MOE_ERROR_VALUE (MPI_COMM_NULL, an intercommunicator), MOE_ERROR_CALLBACK, MOE_ERROR_MEMORY; the
 * context's communicator is then as before. Since 0.9.0. */
int32_t moe_mpi_use(moe_context *context, MPI_Comm communicator);

/* The same for a Fortran handle (MPI_Comm_c2f's number), which is what other languages pass. Since 0.9.0. */
int32_t moe_mpi_use_fortran(moe_context *context, int32_t communicator);

/* What MPI_Get_library_version says of the MPI that the process runs with. text: capacity bytes, or NULL with
 * capacity 0 to be told *length, which counts no NUL; one follows where there is room.
 * MOE_ERROR_NULL, MOE_ERROR_SIZE (capacity < *length), MOE_ERROR_CALLBACK. Also before MPI_Init. Since 0.9.0. */
int32_t moe_mpi_info(char *text, int64_t capacity, int64_t *length);

#ifdef __cplusplus
}
#endif
#endif
