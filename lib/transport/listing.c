/* listing.c - for each row the few columns worth looking at, with a bound on all the others.
 *
 * A listing is made by a search of the tree; the bound `outside` holds ever after, because prices only rise.
 * A row searches again when its listing, at present prices, no longer decides.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/matching.h"

#include <math.h>

enum { LOOKS_PER_UPDATE = 32 }; /* the tree is updated after count / 32 searches */

/* What row i pays at most for the columns of a full listing, its own or a neighbour's: as many columns are at
 * least as good. */
static double known_bound(const moei_matching *matching, int64_t i)
{
    const bool own = matching->listing[i].count > 0;
    const moei_listing *listing = &matching->listing[own || i == 0 ? i : i - 1];
    double bound = 0;
    if (listing->count < MOEI_LISTED)
        return INFINITY;
    for (int t = 0; t < MOEI_LISTED; t++) {
        const int32_t j = listing->column[t];
        const double value =
            (own ? listing->cost[t] : moei_matching_cost(matching, i, j)) + matching->columns.price[j];
        bound = t == 0 || value > bound ? value : bound;
    }
    return nextafter(bound, INFINITY);
}

void moei_listing_refresh(moei_matching *matching, int64_t i)
{
    moei_listing *listing = &matching->listing[i];
    moei_found found[MOEI_LISTED + 1];
    if (matching->looks++ > matching->count / LOOKS_PER_UPDATE) {
        moei_tree_update(&matching->columns);
        matching->looks = 0;
    }
    const int64_t count = moei_tree_search(&matching->columns, matching->x + i * matching->d, matching->p,
                                           MOEI_LISTED + 1, known_bound(matching, i) + matching->slack,
                                           matching->slack, found, &listing->outside);
    listing->count = (int32_t)count;
    for (int64_t t = 0; t < count; t++) {
        listing->column[t] = found[t].place;
        listing->cost[t] = found[t].cost;
    }
}

static moei_choice choose_listed(const moei_matching *matching, const moei_listing *listing)
{
    moei_choice choice = {-1, INFINITY, INFINITY};
    const double *price = matching->columns.price;
    for (int32_t t = 0; t < listing->count; t++) {
        const double value = listing->cost[t] + price[listing->column[t]];
        if (value < choice.best)
            choice = (moei_choice){listing->column[t], value, choice.best};
        else if (value < choice.second)
            choice.second = value;
    }
    return choice;
}

moei_choice moei_listing_choose(moei_matching *matching, int64_t i)
{
    const moei_listing *listing = &matching->listing[i];
    moei_choice choice = choose_listed(matching, listing);
    if (choice.column < 0 || choice.second > listing->outside + matching->slack) {
        moei_listing_refresh(matching, i);
        choice = choose_listed(matching, listing);
    }
    return choice;
}

double moei_listing_width(const moei_matching *matching)
{
    double sum = 0;
    for (int64_t i = 0; i < matching->count; i++) {
        const moei_listing *listing = &matching->listing[i];
        const double *price = matching->columns.price;
        const int32_t last = listing->count - 1;
        if (last > 0)
            sum += (listing->cost[last] + price[listing->column[last]]) -
                   (listing->cost[0] + price[listing->column[0]]);
    }
    return sum / (double)matching->count;
}
