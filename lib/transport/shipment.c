/* shipment.c - what is shipped: for each column a chain of rows and masses, in one array that grows.
 *
 * What is left of a mass below 4 eps of it is rounding, and becomes 0: a mass is used up for certain after it
 * was taken in parts.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/search.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* left - taken, or 0 if that is rounding beside `whole`. */
static double rest(double left, double taken, double whole)
{
    const double difference = left - taken;
    return difference > 4 * DBL_EPSILON * whole ? difference : 0;
}

/* Twice as many places, the new ones chained as unused. */
static int32_t grow(moei_search *search)
{
    const int64_t old = search->shipment_room, room = old ? 2 * old : search->rows + search->columns;
    moei_shipment *shipment = MOEI_NEW(search->core, room, moei_shipment);
    if (!shipment)
        return moei_out_of_memory(search->problem->context, "the plan of a distance");
    if (old)
        memcpy(shipment, search->shipment, (size_t)old * sizeof *shipment);
    for (int64_t f = old; f < room; f++)
        shipment[f].next = f + 1 < room ? f + 1 : -1;
    moei_free(search->core, search->shipment);
    search->shipment = shipment;
    search->shipment_room = room;
    search->unused = old;
    return MOE_OK;
}

/* The shipment from row i in column j's chain, or -1. */
static int64_t find(const moei_search *search, int64_t i, int64_t j)
{
    int64_t f = search->first[j];
    while (f >= 0 && search->shipment[f].row != i)
        f = search->shipment[f].next;
    return f;
}

int32_t moei_ship(moei_search *search, int64_t i, int64_t j, double mass)
{
    int64_t f = find(search, i, j);
    if (f < 0 && search->unused < 0) {
        const int32_t status = grow(search);
        if (status)
            return status;
    }
    if (f < 0) {
        f = search->unused;
        search->unused = search->shipment[f].next;
        search->shipment[f] = (moei_shipment){i, search->first[j], 0};
        search->first[j] = f;
    }
    search->shipment[f].mass += mass;
    search->supply[i] = rest(search->supply[i], mass, search->problem->rows.mass[i]);
    search->demand[j] = rest(search->demand[j], mass, search->problem->columns.mass[j]);
    return MOE_OK;
}

void moei_unship(moei_search *search, int64_t j, moei_shipment *shipment, double mass)
{
    const int64_t i = shipment->row;
    const double row_mass = search->problem->rows.mass[i], column_mass = search->problem->columns.mass[j];
    search->supply[i] = fmin(search->supply[i] + mass, row_mass);
    search->demand[j] = fmin(search->demand[j] + mass, column_mass);
    shipment->mass = rest(shipment->mass, mass, fmin(row_mass, column_mass));
}

void moei_sweep_shipments(moei_search *search, int64_t j)
{
    for (int64_t *link = &search->first[j]; *link >= 0;) {
        const int64_t f = *link;
        if (search->shipment[f].mass > 0)
            link = &search->shipment[f].next;
        else {
            *link = search->shipment[f].next;
            search->shipment[f].next = search->unused;
            search->unused = f;
        }
    }
}
