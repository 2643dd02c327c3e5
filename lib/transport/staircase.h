/* staircase.h - the monotone plan of d = 1 as the certificate reads it: from the measures, an order and a
 * cut.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_STAIRCASE_H
#define MOEI_STAIRCASE_H

#include "transport/certificate.h"

/* One side, in order. */
typedef struct moei_flight {
    int64_t count;
    double *x;    /* count, ascending: representatives in [-half, half), scaled */
    double *mass; /* count; NULL: each has `step`                               */
    double step;
} moei_flight;

typedef struct moei_staircase {
    const moei_case *at;
    double half;  /* half the period, scaled; INFINITY on the line              */
    double total; /* of the rows                                                */
    bool exact;   /* masses are whole: levels have no rounding                  */
    bool scaled;  /* masses of the columns were multiplied by S_a / S_b, rounded */
    moei_flight rows, columns;
} moei_staircase;

/* Fetches points and masses in the plan's order. MOE_ERROR_CONVERGENCE if a point of positive weight is
 * missing or comes twice, if one comes that is none, if coordinates fall, or if the cut lies outside its
 * column; MOE_ERROR_MEMORY. Freed by moei_staircase_free, whatever the status. */
int32_t moei_staircase_open(const moei_case *at, moei_staircase *stair);
/* The same for orders in which the points of weight 0 come too. */
int32_t moei_staircase_open_all(const moei_case *at, moei_staircase *stair);
void moei_staircase_free(moei_staircase *stair);

/* A level: a sum of masses and its error. Two of them are compared to 2^-100 of the total. */
typedef moei_account moei_level;

static inline double moei_level_difference(moei_level a, moei_level b)
{
    return (a.high - b.high) + (a.low - b.low);
}

static inline double moei_flight_mass(const moei_flight *side, int64_t i)
{
    return side->mass ? side->mass[i] : side->step;
}

/* x - y - turns P, relative error eps. */
static inline double moei_lifted(double x, double y, int64_t turns, double half)
{
    if (turns == 0)
        return x - y;
    if (turns == 1)
        return -((half - x) + (half + y));
    if (turns == -1)
        return (half + x) + (half - y);
    return x - y - (double)turns * (2 * half);
}

/* |s|^p - |t|^p for s - t = step >= 0, without cancellation; *scale >= its size, to which its error is
 * relative: 2, 3, 5 or p + 8 times eps for p = 1, 2, 3 and others. */
static inline double moei_power_step(double p, double s, double t, double step, double *scale)
{
    const double far_s = fabs(s), far_t = fabs(t), large = far_s > far_t ? far_s : far_t;
    const bool straddles = s > 0 && t < 0;
    if (p == 1) {
        *scale = step;
        return straddles ? s + t : s > 0 || (s == 0 && t > 0) ? step : -step;
    }
    if (p == 2) {
        *scale = (far_s + far_t) * step;
        return step * (s + t);
    }
    if (straddles || large == 0) {
        const double power_s = p == 3 ? far_s * far_s * far_s : pow(far_s, p);
        const double power_t = p == 3 ? far_t * far_t * far_t : pow(far_t, p);
        *scale = power_s + power_t;
        return power_s - power_t;
    }
    *scale =
        p == 3 ? step * (s * s + s * t + t * t) : -pow(large, p) * expm1(p * log1p(-fmin(step / large, 1)));
    return far_s > far_t ? *scale : -*scale;
}

/* |s|^p */
static inline double moei_power(double p, double s)
{
    return p == 1 ? fabs(s) : p == 2 ? s * s : pow(fabs(s), p);
}

/* The walk along the plan whose columns are moved up by `shift` levels from the cut's: edge after edge, each
 * the mass between two successive ends of a row or a column. */
typedef struct moei_walk {
    const moei_staircase *stair;
    int64_t first, first_turns; /* the column at level 0                                        */
    int64_t row, column, turns; /* of the edge; y is lifted by `turns` periods                  */
    int64_t pieces;             /* of columns still to come, this one included                  */
    moei_level rest;            /* of the first column, which comes last; 0 if it comes whole   */
    moei_level level, row_end, column_end;
} moei_walk;

/* What ends with an edge; the walk, with the last row or the last column. */
enum { MOEI_ROW_ENDS = 1, MOEI_COLUMN_ENDS = 2, MOEI_WALK_ENDS = 4 };

void moei_walk_begin(const moei_staircase *stair, double shift, moei_walk *walk);

/* *mass <- the present edge's; what ends with it. */
static inline int moei_walk_edge(moei_walk *walk, double *mass)
{
    const double over = moei_level_difference(walk->row_end, walk->column_end);
    const bool row = over <= 0, column = over >= 0;
    const moei_level end = row ? walk->row_end : walk->column_end;
    const double taken = moei_level_difference(end, walk->level);
    const bool last = (row && walk->row + 1 == walk->stair->rows.count) || (column && walk->pieces == 1);
    *mass = taken > 0 ? taken : 0;
    walk->level = end;
    return (row ? MOEI_ROW_ENDS : 0) | (column ? MOEI_COLUMN_ENDS : 0) | (last ? MOEI_WALK_ENDS : 0);
}

/* On to the next row and column, as the edge's `ends` say; not at the end of the walk. */
static inline void moei_walk_on(moei_walk *walk, int ends)
{
    const moei_staircase *stair = walk->stair;
    if (ends & MOEI_ROW_ENDS)
        moei_account_add(&walk->row_end, moei_flight_mass(&stair->rows, ++walk->row));
    if (ends & MOEI_COLUMN_ENDS) {
        if (++walk->column == stair->columns.count) {
            walk->column = 0;
            walk->turns++;
        }
        if (--walk->pieces == 1 && walk->column == walk->first) {
            moei_account_add(&walk->column_end, walk->rest.high);
            moei_account_add(&walk->column_end, walk->rest.low);
        } else
            moei_account_add(&walk->column_end, moei_flight_mass(&stair->columns, walk->column));
    }
}

/* The mass that one side has left when the walk ends: rounding. */
double moei_walk_missing(const moei_walk *walk);

#endif
