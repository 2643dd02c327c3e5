/* communicator.c - a moe_communicator that is an MPI communicator.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>
#include <moefield_mpi.h>
#include <stdlib.h>
#include <string.h>

#define MOE_PUBLIC __attribute__((visibility("default")))

enum { TAG = 0x6d6f, PIECE = 1 << 30 }; /* MPI counts in int: longer messages go in pieces */

static int32_t class_of(int error)
{
    int class = error;
    if (error != MPI_SUCCESS)
        MPI_Error_class(error, &class);
    return class;
}

static int32_t send(void *self, int32_t to, int64_t bytes, const void *data)
{
    const MPI_Comm *communicator = self;
    int error = MPI_SUCCESS;
    for (int64_t done = 0; done < bytes && error == MPI_SUCCESS; done += PIECE)
        error = MPI_Send((const char *)data + done, (int)(bytes - done < PIECE ? bytes - done : PIECE),
                         MPI_BYTE, to, TAG, *communicator);
    return class_of(error);
}

static int32_t receive(void *self, int32_t from, int64_t bytes, void *data)
{
    const MPI_Comm *communicator = self;
    int error = MPI_SUCCESS;
    for (int64_t done = 0; done < bytes && error == MPI_SUCCESS; done += PIECE)
        error = MPI_Recv((char *)data + done, (int)(bytes - done < PIECE ? bytes - done : PIECE), MPI_BYTE,
                         from, TAG, *communicator, MPI_STATUS_IGNORE);
    return class_of(error);
}

static int is_running(void)
{
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    return begun && !ended;
}

static void destroy(void *self)
{
    MPI_Comm *communicator = self;
    if (is_running())
        MPI_Comm_free(communicator);
    free(communicator);
}

/* *mine <- a duplicate that reports its errors */
static int duplicate(MPI_Comm communicator, MPI_Comm *mine)
{
    int error = MPI_Comm_dup(communicator, mine);
    if (error != MPI_SUCCESS)
        return error;
    error = MPI_Comm_set_errhandler(*mine, MPI_ERRORS_RETURN);
    if (error != MPI_SUCCESS)
        MPI_Comm_free(mine);
    return error;
}

static int32_t check(moe_context *context, MPI_Comm communicator)
{
    int between = 0;
    if (!context)
        return MOE_ERROR_NULL;
    if (!is_running())
        return moe_context_fail(context, MOE_ERROR_ORDER, "MPI is not initialised, or is finalised already");
    if (communicator == MPI_COMM_NULL)
        return moe_context_fail(context, MOE_ERROR_VALUE, "communicator is MPI_COMM_NULL");
    MPI_Comm_test_inter(communicator, &between);
    if (between)
        return moe_context_fail(context, MOE_ERROR_VALUE,
                                "communicator joins two groups of ranks; it takes one group");
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_mpi_use(moe_context *context, MPI_Comm communicator)
{
    moe_communicator ranks = {
        .struct_size = sizeof ranks, .send = send, .receive = receive, .destroy = destroy};
    int32_t status = check(context, communicator);
    if (status)
        return status;
    MPI_Comm *mine = malloc(sizeof *mine);
    if (!mine)
        return moe_context_fail(context, MOE_ERROR_MEMORY, "out of memory for a communicator");
    if (duplicate(communicator, mine) != MPI_SUCCESS) {
        free(mine);
        return moe_context_fail(context, MOE_ERROR_CALLBACK, "MPI did not duplicate the communicator");
    }
    ranks.self = mine;
    MPI_Comm_rank(*mine, &ranks.rank);
    MPI_Comm_size(*mine, &ranks.size);
    status = moe_context_set_communicator(context, &ranks);
    if (status)
        destroy(mine);
    return status;
}

MOE_PUBLIC int32_t moe_mpi_use_fortran(moe_context *context, int32_t communicator)
{
    return moe_mpi_use(context, is_running() ? MPI_Comm_f2c(communicator) : MPI_COMM_NULL);
}

MOE_PUBLIC int32_t moe_mpi_info(char *text, int64_t capacity, int64_t *length)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int bytes = 0;
    if (!length || (!text && capacity != 0))
        return MOE_ERROR_NULL;
    if (MPI_Get_library_version(version, &bytes) != MPI_SUCCESS)
        return MOE_ERROR_CALLBACK;
    *length = bytes;
    if (!text)
        return MOE_OK;
    if (capacity < bytes)
        return MOE_ERROR_SIZE;
    memcpy(text, version, (size_t)bytes);
    if (capacity > bytes)
        text[bytes] = 0;
    return MOE_OK;
}
