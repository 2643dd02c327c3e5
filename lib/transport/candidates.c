/* candidates.c - for each row the few columns worth looking at, with a bound on all the others.
 *
 * A row's list was made by looking at every column; the bound `outside` on those not listed holds ever after,
 * because prices only rise. A row looks at every column again only when its list, at present prices, no
 * longer decides: in all 2 to 3 times on 4,096 uniform points in 4 dimensions, 8 to 10 times in 2.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/ground.h"
#include "transport/search.h"

/* ---- the smallest values seen: a heap with the largest of them on top ------------------------- */

static void sift_down(moei_ranked *heap, int64_t count, int64_t at)
{
    const moei_ranked moving = heap[at];
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].value > heap[child].value)
            child++;
        if (heap[child].value <= moving.value)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void sift_up(moei_ranked *heap, int64_t at)
{
    const moei_ranked moving = heap[at];
    for (int64_t parent; at > 0 && heap[parent = (at - 1) / 2].value < moving.value; at = parent)
        heap[at] = heap[parent];
    heap[at] = moving;
}

/* Keeps the `limit` smallest; true if the heap is now full, so that its top bounds what may still enter. */
static bool keep(moei_ranked *heap, int64_t *count, int64_t limit, moei_ranked item)
{
    if (*count < limit) {
        heap[(*count)++] = item;
        sift_up(heap, *count - 1);
    } else if (item.value < heap[0].value) {
        heap[0] = item;
        sift_down(heap, *count, 0);
    }
    return *count == limit;
}

/* ---- lists ------------------------------------------------------------------------------------ */

/* The largest value of row i's list, if it has `count` candidates or more: as many are at least as good. */
static double known_bound(const moei_search *search, int64_t i, int64_t count)
{
    const moei_row *row = &search->row[i];
    double bound = 0;
    if (row->count < count)
        return INFINITY;
    for (int64_t t = 0; t < row->count; t++)
        bound = fmax(bound, row->list[t].cost + search->price[row->list[t].column]);
    return nextafter(bound, INFINITY);
}

/* Looks at every column below `bound`; the limit best are left in search->ranked. Returns how many, and the
 * least value that any other column has in *outside. Columns are visited from one that depends on i, so
 * that rows to which many columns are alike do not all list the same ones. */
static int64_t rank_columns(moei_search *search, int64_t i, int64_t limit, double bound, double *outside)
{
    const double p = search->problem->p;
    const int64_t blocks = search->problem->columns.stride / MOEI_BLOCK;
    const int64_t start = (int64_t)((double)i / (double)search->rows * (double)search->columns);
    double squares[MOEI_BLOCK];
    int64_t count = 0;
    for (int64_t visit = 0; visit <= blocks; visit++) { /* the first block in two parts */
        const int64_t block = (start / MOEI_BLOCK + visit) % blocks, offset = start % MOEI_BLOCK;
        const double *price = search->price + block * MOEI_BLOCK;
        moei_ground_squares(search->problem, i, block, squares);
        for (int64_t t = visit == 0 ? offset : 0; t < (visit == blocks ? offset : MOEI_BLOCK); t++) {
            if (!moei_ground_below(squares[t], p, price[t], bound))
                continue;
            const moei_candidate candidate = {block * MOEI_BLOCK + t, moei_ground_cost(squares[t], p)};
            const double value = candidate.cost + price[t];
            if (value < bound && keep(search->ranked, &count, limit, (moei_ranked){value, candidate}))
                bound = search->ranked[0].value;
        }
    }
    *outside = bound;
    return count;
}

static int32_t reserve(moei_search *search, moei_row *row, int64_t count)
{
    if (row->capacity >= count)
        return MOE_OK;
    moei_free(search->core, row->list);
    row->count = row->capacity = 0;
    row->list = MOEI_NEW(search->core, count, moei_candidate);
    if (!row->list)
        return moei_out_of_memory(search->problem->context, "the candidates of a distance");
    row->capacity = count;
    return MOE_OK;
}

int32_t moei_candidates_refresh(moei_search *search, int64_t i, int64_t count)
{
    moei_row *row = &search->row[i];
    const double bound = known_bound(search, i, count);
    int32_t status = reserve(search, row, count);
    if (status)
        return status;
    /* one more than is listed: the worst of them is the bound on the others */
    int64_t kept = rank_columns(search, i, count + 1, bound, &row->outside);
    if (kept > count)
        search->ranked[0] = search->ranked[--kept];
    for (int64_t t = 0; t < kept; t++)
        row->list[t] = search->ranked[t].candidate;
    row->count = kept;
    return moei_meter_add(&search->meter, search->columns);
}

static moei_choice listed_choice(const moei_search *search, int64_t i)
{
    const moei_row *row = &search->row[i];
    moei_choice choice = {-1, INFINITY, INFINITY};
    for (int64_t t = 0; t < row->count; t++) {
        const moei_candidate *candidate = &row->list[t];
        const double value = candidate->cost + search->price[candidate->column];
        if (value < choice.best)
            choice = (moei_choice){candidate->column, value, choice.best};
        else if (value < choice.second)
            choice.second = value;
    }
    return choice;
}

int32_t moei_candidates_choose(moei_search *search, int64_t i, moei_choice *choice)
{
    *choice = listed_choice(search, i);
    if (isfinite(choice->best) && choice->second <= search->row[i].outside)
        return MOE_OK;
    const int32_t status = moei_candidates_refresh(search, i, MOEI_CANDIDATES);
    *choice = listed_choice(search, i);
    if (!status && choice->column < 0)
        return moei_fail(search->problem->context, MOE_ERROR_CONVERGENCE,
                         "transport: no cost of point %lld of a is finite",
                         (long long)search->problem->rows.index[i]);
    return status;
}
