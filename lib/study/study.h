/* study.h - the inside of moe_study: the request, the limit, and every replica's numbers.
 *
 * Data walks   law -> limit -> its field -> replicas (run.c, replica.c) -> series -> means, rates, bounds
 * (report.c); and to bytes and back (state.c).
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STUDY_H
#define MOEI_STUDY_H

#include "limit/limit.h"
#include "study/rate.h"

#include <moefield/study.h>

struct moe_study {
    moe_context *context;
    moei_core *core;
    moe_model *model;
    moe_law *law;
    int64_t dimension; /* coordinates that are not fixed numbers */
    /* the request */
    int64_t times, sizes;
    double *time;     /* times */
    int64_t *experts; /* sizes */
    int64_t least, most, most_w1, most_w2, tuple;
    double precision, tolerance;
    uint64_t seed;
    /* the result */
    moe_limit *limit;  /* NULL before the first run */
    int64_t *replicas; /* sizes: whole ones */
    double **shifts;   /* sizes: sums over them of F_N - F, times x n K, then of its squares */
    double **series;   /* sizes: of a replica after the other, times x MOE_STUDY_QUANTITIES; room for most */
    bool working;
    atomic_int readers; /* calls that read it and call the host meanwhile */
};

/* One more, one less of the calls under which the study may not change. */
static inline void moei_study_hold(const moe_study *study)
{
    moei_hold(&study->readers);
}

static inline void moei_study_let_go(const moe_study *study)
{
    moei_let_go((atomic_int *)(uintptr_t)&study->readers);
}

/* MOE_ERROR_ORDER while the study runs or is held; what: for the sentence. */
int32_t moei_study_may_change(moe_study *study, const char *what);
/* MOE_ERROR_ORDER before there is a result. */
int32_t moei_study_need_result(const moe_study *study);
/* No limit and no replicas any more. */
void moei_study_forget(moe_study *study);
/* Room for `most` replicas of each N, none of them there yet. */
int32_t moei_study_make_room(moe_study *study);
/* limit <- that of the request, not solved. */
int32_t moei_study_make_limit(moe_study *study, moe_limit **limit);

/* Adds the replicas that are still wanted. MOE_ERROR_CANCELLED and other failures keep those that are
 * whole. */
int32_t moei_study_run_replicas(moe_study *study);

/* What all replicas have in common. */
typedef struct moei_study_setting {
    const moe_study *study;
    moe_field *field; /* the limit's; NULL if the last time is 0 */
    int64_t nodes;    /* of the flow map of one angle, ... */
    double *node;     /* ... nodes of them; NULL: mu_t is known by draws */
    double *image;    /* times x nodes */
} moei_study_setting;

int32_t moei_study_set_out(const moe_study *study, moei_study_setting *setting);
void moei_study_clear_away(moei_study_setting *setting);

/* numbers[t x quantity] <- replica r with experts[i], in a context that may be another than the study's; NAN
 * for what is not measured, such as distances unless they are asked for. The square for W2.
 * shift[t x jk] <- F_N - F. */
int32_t moei_study_replica(moe_context *context, const moei_study_setting *setting, int64_t i, int64_t r,
                           bool distances, double *numbers, double *shift);

/* Distances have rates of their own. */
static inline bool moei_is_distance(int32_t quantity)
{
    return quantity >= MOE_STUDY_W1 && quantity <= MOE_STUDY_W2_BELOW;
}

/* The mean over those of the first `count` replicas that measured it, and their sample variance; NAN, 0 if
 * none did. */
moei_rate_cell moei_study_cell_of(const moe_study *study, int32_t quantity, int64_t i, int64_t t,
                                  int64_t count);
/* The same of all replicas. */
moei_rate_cell moei_study_cell(const moe_study *study, int32_t quantity, int64_t i, int64_t t);

#endif
