/* listing.c - for each row the few columns worth looking at, with a bound on all the others.
 *
 * A listing is made by a search of the tree; the bound `outside` holds ever after, because prices only rise.
 * A row searches again when its listing, at present prices, no longer decides. In an auction all prices rise,
 * so that it would search again and again and find the same columns: in a lenient matching the bound is taken
 * to have risen as prices did on average. That is a guess, good enough to bid by; it proves nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <float.h>
#include <math.h>

enum { LOOKS_PER_UPDATE = 32 }; /* the tree is updated after count / 32 searches */

/* What row i pays at most for the columns of a full listing, its own or a neighbour's, slack and rounding
 * added: as many columns are at least as good. Columns that are all alike must stay below it, less slack. */
static double known_bound(const moei_matching *matching, int64_t i)
{
    const bool own = moei_matching_listing(matching, i)->count > 0;
    const int64_t from = own || i == 0 ? i : i - 1;
    const moei_listing *listing = moei_matching_listing(matching, from);
    const int32_t *column = moei_matching_listed(matching, from);
    double bound = 0;
    if (listing->count < matching->room)
        return INFINITY;
    for (int64_t t = 0; t < matching->room; t++) {
        const int32_t j = column[t];
        const double value =
            (own ? listing->cost[t] : moei_matching_cost(matching, i, j)) + matching->columns.price[j];
        bound = t == 0 || value > bound ? value : bound;
    }
    return bound + matching->slack + 16 * DBL_EPSILON * (fabs(bound) + matching->slack);
}

void moei_listing_refresh(moei_matching *matching, int64_t i)
{
    moei_listing *listing = moei_matching_listing(matching, i);
    int32_t *column = moei_matching_listed(matching, i);
    moei_found found[MOEI_LISTED_MOST + 1];
    if (matching->looks++ > matching->count / LOOKS_PER_UPDATE) {
        moei_tree_update(&matching->columns);
        matching->looks = 0;
    }
    double bound = known_bound(matching, i);
    int64_t count;
    for (;; bound = INFINITY) {
        count = moei_tree_search(&matching->columns, matching->x + i * matching->d, matching->p,
                                 matching->room + 1, bound, matching->slack, found, &listing->outside);
        if (count > 1 || isinf(bound))
            break;
    }
    listing->count = (int32_t)count;
    listing->level = (float)matching->rise;
    matching->listings++;
    matching->meter->work += moei_tree_work(&matching->columns);
    for (int64_t t = 0; t < count; t++) {
        column[t] = found[t].place;
        listing->cost[t] = found[t].cost;
    }
}

int32_t moei_listing_create(moei_matching *matching, int64_t room)
{
    const int64_t bytes = (int64_t)sizeof(moei_listing) + room * (int64_t)(sizeof(double) + sizeof(int32_t));
    int32_t status = MOE_OK;
    matching->room = room;
    matching->length = (bytes + (int64_t)sizeof(double) - 1) / (int64_t)sizeof(double);
    matching->listing = MOEI_NEW(matching->core, moei_mul(matching->count, matching->length), double);
    if (!matching->listing)
        return moei_out_of_memory(matching->context, "the listings of a distance");
    for (int64_t i = 0; i < matching->count && !status; i++) {
        moei_listing_refresh(matching, i);
        status = moei_meter_add(matching->meter, 0);
    }
    return status;
}

static moei_choice choose_listed(const moei_matching *matching, int64_t i)
{
    const moei_listing *listing = moei_matching_listing(matching, i);
    const int32_t *column = moei_matching_listed(matching, i);
    moei_choice choice = {-1, INFINITY, INFINITY};
    const double *price = matching->columns.price;
    for (int32_t t = 0; t < listing->count; t++) {
        const double value = listing->cost[t] + price[column[t]];
        if (value < choice.best)
            choice = (moei_choice){column[t], value, choice.best};
        else if (value < choice.second)
            choice.second = value;
    }
    return choice;
}

moei_choice moei_listing_choose(moei_matching *matching, int64_t i)
{
    const moei_listing *listing = moei_matching_listing(matching, i);
    const double risen = matching->lenient ? matching->rise - (double)listing->level : 0;
    moei_choice choice = choose_listed(matching, i);
    if (choice.column < 0 || choice.second > listing->outside + risen + matching->slack) {
        moei_listing_refresh(matching, i);
        choice = choose_listed(matching, i);
    }
    return choice;
}

double moei_listing_width(const moei_matching *matching)
{
    double sum = 0;
    for (int64_t i = 0; i < matching->count; i++) {
        const moei_listing *listing = moei_matching_listing(matching, i);
        const int32_t *column = moei_matching_listed(matching, i);
        const double *price = matching->columns.price;
        const int32_t last = listing->count - 1;
        if (last > 0)
            sum += (listing->cost[last] + price[column[last]]) - (listing->cost[0] + price[column[0]]);
    }
    return sum / (double)matching->count;
}
