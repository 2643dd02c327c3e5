/* batch.h - the replicas that a study runs between two looks at its precision, and the ranks that share them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_BATCH_H
#define MOEI_BATCH_H

#include "study/study.h"

/* One replica: r with experts[i]. */
typedef struct moei_replica {
    int64_t i, r;
    bool distances, done;
    double *shift; /* F_N - F of one that is done */
} moei_replica;

/* Where a replica's numbers are, times x MOE_STUDY_QUANTITIES. */
static inline double *moei_replica_numbers(const moe_study *study, const moei_replica *replica)
{
    return study->series[replica->i] + replica->r * study->times * MOE_STUDY_QUANTITIES;
}

/* MOE_ERROR_VALUE on all ranks of the study's context if one of them runs another study. */
int32_t moei_batch_check_alike(const moe_study *study);

/* Rank r of the study's context has run those of `count` replicas whose index is r modulo the number of ranks,
 * and fared as `status` says. All ranks get what all have done; the same status is returned on all. If it is
 * that of the exchange itself, no replica is `done` any more. */
int32_t moei_batch_share(const moe_study *study, int32_t status, int64_t count, moei_replica *replicas);

#endif
