/* batch.c - a batch's replicas over ranks: who has run which, and what all then know.
 *
 * A replica is a draw of its own stream, so it does not matter who runs it. What crosses is a row of doubles a
 * replica: whether it is done, its numbers, its shifts.
 *
 * SPDX-License-Identifier: MIT */
#include "study/batch.h"

#include "base/spread.h"
#include "model/model.h"

#include <string.h>

int32_t moei_batch_check_alike(const moe_study *study)
{
    static const char *const names[] = {
        "sizes",          "times", "least replicas", "most replicas", "experts for W1",
        "experts for W2", "seed",  "points of data", "limits",        "whole replicas"};
    enum { COUNT = sizeof names / sizeof names[0] };
    int64_t wanted[COUNT], whole = 0;
    for (int64_t i = 0; study->replicas && i < study->sizes; i++)
        whole += study->replicas[i];
    const int64_t mine[COUNT] = {study->sizes,         study->times,   study->least,         study->most,
                                 study->most_w1,       study->most_w2, (int64_t)study->seed, study->model->n,
                                 study->limit != NULL, whole};
    memcpy(wanted, mine, sizeof wanted);
    int32_t status = moei_broadcast(study->context, 0, sizeof wanted, wanted);
    for (int i = 0; i < COUNT && !status; i++)
        if (mine[i] != wanted[i])
            status = moei_fail(study->context, MOE_ERROR_VALUE,
                               "a study of another rank: %s %lld; those of rank 0: %lld", names[i],
                               (long long)mine[i], (long long)wanted[i]);
    return moei_agree(study->context, status);
}

/* ---- rows ------------------------------------------------------------------------------------- */

static int64_t numbers_of(const moe_study *study)
{
    return study->times * MOE_STUDY_QUANTITIES;
}

static int64_t shifts_of(const moe_study *study)
{
    return study->times * moei_model_width(study->model);
}

static void pack(const moe_study *study, const moei_replica *replica, double *row)
{
    row[0] = replica->done;
    if (!replica->done)
        return;
    memcpy(row + 1, moei_replica_numbers(study, replica), (size_t)numbers_of(study) * sizeof *row);
    memcpy(row + 1 + numbers_of(study), replica->shift, (size_t)shifts_of(study) * sizeof *row);
}

static void unpack(const moe_study *study, moei_replica *replica, const double *row)
{
    replica->done = row[0] != 0;
    if (!replica->done)
        return;
    memcpy(moei_replica_numbers(study, replica), row + 1, (size_t)numbers_of(study) * sizeof *row);
    memcpy(replica->shift, row + 1 + numbers_of(study), (size_t)shifts_of(study) * sizeof *row);
}

/* ---- the exchange ----------------------------------------------------------------------------- */

/* *rows <- room for any rank's; and room for the shifts of what others have run. */
static int32_t make_room(const moe_study *study, int64_t count, moei_replica *replicas, double **rows)
{
    const int64_t ranks = study->context->communicator.size;
    bool all = true;
    for (int64_t k = 0; k < count; k++) {
        if (!replicas[k].shift)
            replicas[k].shift = MOEI_NEW(study->core, shifts_of(study), double);
        all = all && replicas[k].shift;
    }
    *rows = MOEI_NEW(study->core,
                     moei_mul((count + ranks - 1) / ranks, 1 + numbers_of(study) + shifts_of(study)), double);
    return all && *rows ? MOE_OK : moei_out_of_memory(study->context, "the replicas of all ranks");
}

/* What `rank` has run reaches all. */
static int32_t tell(const moe_study *study, int32_t rank, int64_t count, moei_replica *replicas, double *rows)
{
    const moe_communicator *ranks = &study->context->communicator;
    const int64_t width = 1 + numbers_of(study) + shifts_of(study);
    int64_t row = 0;
    for (int64_t k = rank; k < count && rank == ranks->rank; k += ranks->size)
        pack(study, &replicas[k], rows + width * row++);
    const int64_t theirs = rank < count ? (count - rank + ranks->size - 1) / ranks->size : 0;
    const int32_t status =
        moei_broadcast(study->context, rank, theirs * width * (int64_t)sizeof(double), rows);
    row = 0;
    for (int64_t k = rank; k < count && rank != ranks->rank && !status; k += ranks->size)
        unpack(study, &replicas[k], rows + width * row++);
    return status;
}

int32_t moei_batch_share(const moe_study *study, int32_t status, int64_t count, moei_replica *replicas)
{
    const int32_t size = study->context->communicator.size;
    double *rows = NULL;
    char sentence[sizeof study->context->error];
    if (size == 1)
        return status;
    memcpy(sentence, study->context->error, sizeof sentence); /* of `status` */
    int32_t failed = moei_agree(study->context, make_room(study, count, replicas, &rows));
    for (int32_t rank = 0; rank < size && !failed; rank++)
        failed = tell(study, rank, count, replicas, rows);
    moei_free(study->core, rows);
    for (int64_t k = 0; k < count && failed; k++)
        replicas[k].done = false;
    if (failed)
        return failed;
    memcpy(study->context->error, sentence, sizeof sentence);
    return moei_agree(study->context, status);
}
