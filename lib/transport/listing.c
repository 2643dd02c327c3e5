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
    const bool own = matching->listing[i].count > 0;
    const int64_t from = own || i == 0 ? i : i - 1;
    const moei_listed *listed = moei_matching_listed(matching, from);
    double bound = 0;
    if (matching->listing[from].count < matching->room)
        return INFINITY;
    for (int64_t t = 0; t < matching->room; t++) {
        const int32_t j = listed[t].column;
        const double value =
            (own ? listed[t].cost : moei_matching_cost(matching, i, j)) + matching->columns.price[j];
        bound = t == 0 || value > bound ? value : bound;
    }
    return bound + matching->slack + 16 * DBL_EPSILON * (fabs(bound) + matching->slack);
}

void moei_listing_refresh(moei_matching *matching, int64_t i)
{
    moei_listing *listing = &matching->listing[i];
    moei_listed *listed = matching->listed + i * matching->room;
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
    listing->level = matching->rise;
    matching->listings++;
    matching->meter->work += moei_tree_work(&matching->columns);
    for (int64_t t = 0; t < count; t++)
        listed[t] = (moei_listed){found[t].cost, found[t].place};
}

int32_t moei_listing_create(moei_matching *matching, int64_t room)
{
    moei_core *core = matching->core;
    int32_t status = MOE_OK;
    matching->room = room;
    matching->listing = MOEI_NEW(core, matching->count, moei_listing);
    matching->listed = MOEI_NEW(core, moei_mul(matching->count, room), moei_listed);
    if (!matching->listing || !matching->listed)
        return moei_out_of_memory(matching->context, "the listings of a distance");
    for (int64_t i = 0; i < matching->count && !status; i++) {
        moei_listing_refresh(matching, i);
        status = moei_meter_add(matching->meter, 0);
    }
    return status;
}

static moei_choice choose_listed(const moei_matching *matching, int64_t i)
{
    const moei_listed *listed = moei_matching_listed(matching, i);
    moei_choice choice = {-1, INFINITY, INFINITY};
    const double *price = matching->columns.price;
    for (int32_t t = 0; t < matching->listing[i].count; t++) {
        const double value = listed[t].cost + price[listed[t].column];
        if (value < choice.best)
            choice = (moei_choice){listed[t].column, value, choice.best};
        else if (value < choice.second)
            choice.second = value;
    }
    return choice;
}

moei_choice moei_listing_choose(moei_matching *matching, int64_t i)
{
    const moei_listing *listing = &matching->listing[i];
    const double risen = matching->lenient ? matching->rise - listing->level : 0;
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
        const moei_listed *listed = moei_matching_listed(matching, i);
        const double *price = matching->columns.price;
        const int32_t last = matching->listing[i].count - 1;
        if (last > 0)
            sum +=
                (listed[last].cost + price[listed[last].column]) - (listed[0].cost + price[listed[0].column]);
    }
    return sum / (double)matching->count;
}
