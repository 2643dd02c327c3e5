/* box_walk.c - splits the law into boxes until it is clear, in each, which sites matter.
 *
 * With v_j(x) = |x - y_j|^p - psi_j, site b the best at the centre c, and
 *     S_j >= |(v_j - v_b)(x) - (v_j - v_b)(c)|    for all x in the box,
 * site j is the best nowhere in the box if v_j(c) - v_b(c) > S_j, and is dropped if it loses by `window`
 * more. What is left undecided costs at most max_j S_j - (v_j(c) - v_b(c)). With half sides h, half diagonal
 * rho, g = grad |x - y|^p at the centre and M a bound on the second derivative in the box, S_j = sum_k h_k
 * |g_jk - g_bk| + rho^2 (M_j + M_b) / 2, M = p max(1, p - 1) r^(p - 2),    r = |c - y| + rho for p > 2, |c -
 * y| - rho for p < 2, or the sum of the Lipschitz constants times rho where that is less. For p = 2 the
 * difference is linear, and the first term alone is exact.
 *
 * A circle is cut into four before anything else: in a box of half side h <= period / 8 the shorter way to a
 * site is the same for all points unless the site is within h of the antipode of the centre; then both images
 * bid.
 *
 * Invariant: after a box is done the stack of bids is as it was.
 *
 * SPDX-License-Identifier: MIT */
#include "transport/boxes.h"

#include <math.h>
#include <string.h>

/* A leaf need not be split for what is this small a part of the whole. */
static const double negligible = 1e-7;

/* ---- the stack of bids ------------------------------------------------------------------------ */

static bool grow(moei_core *core, int64_t used, int64_t room, double **array)
{
    double *fresh = MOEI_NEW(core, room, double);
    if (!fresh)
        return false;
    if (*array)
        memcpy(fresh, *array, (size_t)used * sizeof *fresh);
    moei_free(core, *array);
    *array = fresh;
    return true;
}

/* Room for `more` bids on top. */
static int32_t make_room(const moei_boxes *boxes, moei_bids *bids, int64_t more)
{
    moei_core *core = boxes->context->core;
    const int64_t need = bids->used + more, room = 2 * need + 64;
    if (need <= bids->room)
        return MOE_OK;
    int32_t *site = MOEI_NEW(core, room, int32_t);
    if (!site)
        return MOE_ERROR_MEMORY;
    if (bids->site)
        memcpy(site, bids->site, (size_t)bids->used * sizeof *site);
    moei_free(core, bids->site);
    bids->site = site;
    if (!grow(core, bids->used * boxes->d, moei_mul(room, boxes->d), &bids->y) ||
        !grow(core, bids->used, room, &bids->price) || !grow(core, bids->used, room, &bids->value) ||
        !grow(core, bids->used, room, &bids->square))
        return MOE_ERROR_MEMORY;
    bids->room = room;
    return MOE_OK;
}

/* ---- boxes ------------------------------------------------------------------------------------ */

static void look_at(const moei_boxes *boxes, const moei_box *box, moei_box_view *view)
{
    double square = 0;
    view->mass = 1;
    view->variance = 0;
    for (int64_t k = 0; k < boxes->d; k++) {
        const moei_ruler *ruler = &boxes->ruler[k];
        const moei_part *part = &ruler->part[((int64_t)1 << box->level[k]) - 1 + box->place[k]];
        const double half = (ruler->law.high - ruler->law.low) / (double)((int64_t)2 << box->level[k]);
        view->half[k] = half;
        view->centre[k] = ruler->law.low + (2 * box->place[k] + 1) * half;
        view->mean[k] = part->mean;
        view->mass *= part->mass;
        view->variance += part->variance;
        square += half * half;
    }
    view->radius = sqrt(square);
}

/* The coordinate to split, or -1 at the bottom of the rulers. */
static int64_t widest_side(const moei_boxes *boxes, const moei_box *box, const moei_box_view *view)
{
    int64_t widest = -1;
    for (int64_t k = 0; k < boxes->d; k++)
        if (box->level[k] < MOEI_BOX_DEPTH && (widest < 0 || view->half[k] > view->half[widest]))
            widest = k;
    return widest;
}

/* ---- pruning ---------------------------------------------------------------------------------- */

/* value[j] <- |centre - y_j|^p - psi_j for the list; returns the best. */
static int64_t value_bids(const moei_boxes *boxes, const moei_box_view *box, moei_bids *bids, int64_t first,
                          int64_t count)
{
    const int64_t d = boxes->d;
    int64_t best = first;
    for (int64_t j = first; j < first + count; j++) {
        const double *y = bids->y + j * d;
        double square = 0;
        for (int64_t k = 0; k < d; k++)
            square += (box->centre[k] - y[k]) * (box->centre[k] - y[k]);
        bids->square[j] = square;
        bids->value[j] = moei_box_power(square, boxes->p) - bids->price[j];
        best = bids->value[j] < bids->value[best] ? j : best;
    }
    return best;
}

/* S_j for p = 2. */
static double linear_spread(const moei_box_view *box, int64_t d, const double *y, const double *best)
{
    double sum = 0;
    for (int64_t k = 0; k < d; k++)
        sum += box->half[k] * fabs(y[k] - best[k]);
    return 2 * sum;
}

/* x^e; whole exponents, those of whole p, by multiplication. */
static double raise_to(double x, double e)
{
    double result = 1;
    if (!(e == floor(e) && e >= 0 && e <= 16))
        return pow(x, e);
    for (int k = (int)e; k > 0; k >>= 1, x *= x)
        result *= k & 1 ? x : 1;
    return result;
}

/* |x - y|^p in the box, r = |centre - y|: its slope there over r, and bounds on its Lipschitz constant and on
 * its second derivative, which for p < 2 has none near y. */
typedef struct {
    double slope, steep, bend;
} shape;

static shape shape_of(double square, double radius, double p)
{
    const double r = sqrt(square), steep = p * raise_to(r + radius, p - 1);
    if (p > 2)
        return (shape){p * raise_to(r, p - 2), steep, p * (p - 1) * raise_to(r + radius, p - 2)};
    if (r > radius)
        return (shape){p == 1 ? 1 / r : p * pow(r, p - 2), steep,
                       p == 1 ? 1 / (r - radius) : p * pow(r - radius, p - 2)};
    return (shape){0, steep, INFINITY};
}

/* S_j for p other than 2. */
static double curved_spread(const moei_box_view *box, int64_t d, const double *y, const shape *own,
                            const double *best, const shape *leader)
{
    const double steep = (own->steep + leader->steep) * box->radius;
    double sum = box->radius * box->radius * (own->bend + leader->bend) / 2;
    if (!(sum < steep))
        return steep;
    for (int64_t k = 0; k < d; k++)
        sum += box->half[k] *
               fabs(own->slope * (box->centre[k] - y[k]) - leader->slope * (box->centre[k] - best[k]));
    return fmin(sum, steep);
}

/* Copies the bids that count in the box to the top of the stack. *open: what is left undecided costs at most.
 */
static int64_t prune(const moei_walk *walk, const moei_box_view *box, moei_bids *bids, int64_t first,
                     int64_t count, double *open)
{
    const moei_boxes *boxes = walk->boxes;
    const int64_t d = boxes->d, best = value_bids(boxes, box, bids, first, count);
    const double *leader = bids->y + best * d, lead = bids->value[best], p = boxes->p;
    const shape lead_shape = p == 2 ? (shape){0, 0, 0} : shape_of(bids->square[best], box->radius, p);
    int64_t top = bids->used;
    *open = 0;
    for (int64_t j = first; j < first + count; j++) {
        const double *y = bids->y + j * d, behind = bids->value[j] - lead;
        double spread;
        if (p == 2)
            spread = linear_spread(box, d, y, leader);
        else {
            const shape own = shape_of(bids->square[j], box->radius, p);
            spread = curved_spread(box, d, y, &own, leader, &lead_shape);
        }
        if (behind > spread + walk->window)
            continue;
        if (j != best)
            *open = fmax(*open, spread - behind);
        memcpy(bids->y + top * d, y, (size_t)d * sizeof *y);
        bids->price[top] = bids->price[j];
        bids->site[top++] = bids->site[j];
    }
    return top - bids->used;
}

/* How far apart the bounds on the mean cost to the best site are: 0 for p = 2. */
static double bent(const moei_boxes *boxes, const moei_box_view *box, const moei_bids *bids, int64_t first,
                   int64_t count)
{
    double least = INFINITY, apart = 0;
    if (boxes->p == 2)
        return 0;
    for (int64_t j = first; j < first + count; j++) {
        double square = 0;
        for (int64_t k = 0; k < boxes->d; k++)
            square += (box->mean[k] - bids->y[j * boxes->d + k]) * (box->mean[k] - bids->y[j * boxes->d + k]);
        const double cost = moei_box_power(square, boxes->p);
        if (cost - bids->price[j] < least) {
            least = cost - bids->price[j];
            apart = moei_box_cost(box, square, boxes->p) - cost - moei_box_convexity(box, square, boxes->p);
        }
    }
    return apart;
}

/* ---- the walk --------------------------------------------------------------------------------- */

static int32_t descend(const moei_walk *walk, int64_t task, moei_bids *bids, const moei_box *box,
                       int64_t first, int64_t count)
{
    moei_box_view view;
    double open;
    look_at(walk->boxes, box, &view);
    if (!(view.mass > 0))
        return MOE_OK;
    int32_t status = make_room(walk->boxes, bids, count);
    if (status)
        return status;
    const int64_t mine = bids->used, kept = prune(walk, &view, bids, first, count, &open);
    const int64_t side = widest_side(walk->boxes, box, &view);
    const double excess = fmax(open / walk->loss, bent(walk->boxes, &view, bids, mine, kept) / walk->bend);
    if (side < 0 || excess <= 1 || excess * view.mass <= negligible)
        return walk->leaf(walk->self, task, &view, bids, mine, kept);
    bids->used += kept;
    for (int half = 0; half < 2 && !status; half++) {
        moei_box child = *box;
        child.level[side]++;
        child.place[side] = 2 * child.place[side] + half;
        status = descend(walk, task, bids, &child, mine, kept);
    }
    bids->used = mine;
    return status;
}

/* Adds site i to the stack: its nearest image, and where the antipode is near, those across. */
static void bid(const moei_boxes *boxes, const moei_box_view *box, int64_t i, moei_bids *bids)
{
    const int64_t d = boxes->d, first = bids->used;
    int64_t images = 1;
    for (int64_t k = 0; k < d; k++) {
        const double period = boxes->ruler[k].law.period, centre = box->centre[k];
        double y = boxes->y[i * d + k], across = 0;
        if (isfinite(period)) {
            y += period * round((centre - y) / period);
            if (fabs(y - centre) >= (period / 2 - box->half[k]) * (1 - 1e-9))
                across = y > centre ? -period : period;
        }
        for (int64_t j = 0; j < images; j++)
            bids->y[(first + j) * d + k] = y;
        for (int64_t j = 0; across != 0 && j < images; j++) {
            memcpy(bids->y + (first + images + j) * d, bids->y + (first + j) * d, (size_t)d * sizeof(double));
            bids->y[(first + images + j) * d + k] += across;
        }
        images <<= across != 0;
    }
    for (int64_t j = 0; j < images; j++) {
        bids->price[first + j] = boxes->price[i];
        bids->site[first + j] = (int32_t)i;
    }
    bids->used += images;
}

static int32_t walk_start(void *self, int64_t task, int32_t worker)
{
    const moei_walk *walk = self;
    const moei_boxes *boxes = walk->boxes;
    moei_bids *bids = &boxes->bids[worker];
    moei_box box = {{0}, {0}};
    moei_box_view view;
    int32_t status = MOE_OK;
    for (int64_t k = 0; k < boxes->d; k++) {
        box.level[k] = MOEI_BOX_START;
        box.place[k] = (int32_t)(task >> (MOEI_BOX_START * k) & ((1 << MOEI_BOX_START) - 1));
    }
    look_at(boxes, &box, &view);
    bids->used = 0;
    for (int64_t i = 0; i < boxes->count && !status; i++) {
        status = make_room(boxes, bids, (int64_t)1 << boxes->d);
        if (!status)
            bid(boxes, &view, i, bids);
    }
    return status ? status : descend(walk, task, bids, &box, 0, bids->used);
}

int32_t moei_walk_boxes(const moei_walk *walk)
{
    moe_context *context = walk->boxes->context;
    moei_walk copy = *walk;
    const int32_t status = moei_parallel(context, true, walk->boxes->starts, walk_start, &copy);
    return status == MOE_ERROR_MEMORY ? moei_out_of_memory(context, "the boxes of a law") : status;
}
