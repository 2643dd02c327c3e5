/* smooth.c - prices from the linearised Monge-Ampere equation.
 *
 * For p = 2 a row at x goes to x - grad price / 2. If that is near, the densities a and b of the clouds, and
 * their mean rho, being near each other, then to first order -div(rho grad price) = 2 (a - b) (Benamou &
 * Brenier, Numer. Math. 84, 2000; Peyre, ESAIM: COCV 24, 2018). Between two clouds of one law this is the
 * leading part of the distance once the densities are smoothed (Ambrosio, Stra & Trevisan, Probab. Theory
 * Relat. Fields 173, 2019); what it leaves to be found is local.
 *
 *   1. Either cloud is deposited on a grid of at most one cell a point, by multilinear weights (cloud in
 * cell). A real coordinate is half of a circle on which the clouds are mirrored: no mass leaves the box.
 *   2. a - b is smoothed by a Gaussian of the width of the points' spacing, below which a density means
 * nothing; rho by a wider one, and held above a floor.
 *   3. Where rho is constant the equation is solved mode by mode, price_k = 2 (a_k - b_k) / (rho |k|^2). Else
 * by conjugate gradients on differences, which that solution preconditions: the number of iterations goes
 * with the root of rho's largest ratio (Concus & Golub, SIAM J. Numer. Anal. 10, 1973).
 *   4. Prices are read off at the columns as the clouds were deposited.
 *
 * The transform is Hartley's, line by line, which is real: a factor that is even in every frequency acts on
 * it as on Fourier's (Bracewell, J. Opt. Soc. Am. 73, 1983).
 *
 * SPDX-License-Identifier: MIT */
#include "transport/smooth.h"

#include "base/base.h"
#include "measure/fft.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS = 30, PAIRS_A_CELL = 4 }; /* what a pass over a cell takes, in pairs of points */
static const double residual_left = 0.02;   /* of the residual, in the norm of the preconditioner     */
static const double density_width = 2;      /* of the Gaussian, in spacings                            */
static const double least_density = 0.02;   /* of the mean                                             */
static const double flat = 0.02;            /* mean (rho - 1)^2 below which rho counts as constant     */

typedef struct {
    int64_t d, cells, longest;
    int64_t size[MOEI_SMOOTH_D];  /* cells along coordinate k, a power of two, with the mirror image */
    double low[MOEI_SMOOTH_D];    /* where the grid begins                                           */
    double length[MOEI_SMOOTH_D]; /* of the circle                                                   */
    bool mirrored[MOEI_SMOOTH_D];
    double images;    /* 2 for each mirrored coordinate                       */
    double spacing;   /* of the points, the box without its images            */
    double *value;    /* cells, the first coordinate the fastest: at work     */
    double *density;  /* cells: rho, in units of its mean                     */
    double *price;    /* cells                                                */
    double *residual; /* cells: of the equation                               */
    double *way;      /* cells: the direction of a step, or the image of one  */
    double *line;     /* 2 longest: two lines as one of complex numbers       */
    double *roots;    /* longest                                              */
    moei_meter *meter;
    int32_t status; /* not 0: the rest is left undone                         */
} grid;

/* Coordinate k of point i of the rows, side 0, or the columns, side 1. */
static double coordinate(const moei_smooth_clouds *clouds, int side, int64_t i, int64_t k)
{
    const int32_t *order = clouds->order[side];
    return clouds->x[side][k * clouds->stride + (order ? order[i] : i)];
}

/* ---- a grid ----------------------------------------------------------------------------------- */

static void find_box(grid *at, int64_t k, const moei_smooth_clouds *clouds)
{
    const double half = clouds->half[k];
    double low = INFINITY, high = -INFINITY;
    at->mirrored[k] = isinf(half);
    at->images *= at->mirrored[k] ? 2 : 1;
    for (int side = 0; side < 2 && at->mirrored[k]; side++)
        for (int64_t i = 0; i < clouds->count; i++) {
            const double x = coordinate(clouds, side, i, k);
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
    at->low[k] = at->mirrored[k] ? low : -half;
    at->length[k] = at->mirrored[k] ? 2 * (high - low) : 2 * half;
}

/* Cells as nearly cubes as powers of two allow, no more than points in the box. */
static void choose_sizes(grid *at, int64_t count)
{
    const double most = (double)count * at->images;
    double volume = 1 / most;
    int wide = 0;
    for (int64_t k = 0; k < at->d; k++)
        if (at->length[k] > 0) {
            volume *= at->length[k];
            wide++;
        }
    at->spacing = wide > 0 ? pow(volume, 1 / (double)wide) : 0;
    at->cells = at->longest = 1;
    for (int64_t k = 0; k < at->d; k++) {
        at->size[k] = 1;
        while (at->length[k] > 0 && 2 * (double)at->size[k] * at->spacing <= at->length[k] &&
               2 * (double)(at->cells * at->size[k]) <= most)
            at->size[k] *= 2;
        at->cells *= at->size[k];
        at->longest = at->size[k] > at->longest ? at->size[k] : at->longest;
    }
}

/* ---- deposit and interpolation ---------------------------------------------------------------- */

/* The corners of the cell of a point and their shares of it. */
typedef struct {
    int64_t cell[1 << MOEI_SMOOTH_D];
    double share[1 << MOEI_SMOOTH_D];
} corners;

static void find_corners(const grid *at, const double *x, corners *near)
{
    int64_t count = 1, step = 1;
    near->cell[0] = 0;
    near->share[0] = 1;
    for (int64_t k = 0; k < at->d; k++) {
        const int64_t size = at->size[k];
        const double place = at->length[k] > 0 ? (x[k] - at->low[k]) / at->length[k] * (double)size : 0;
        const double down = floor(place);
        const int64_t q = (int64_t)down & (size - 1), next = (q + 1) & (size - 1);
        for (int64_t c = 0; c < count; c++) {
            near->cell[count + c] = near->cell[c] + next * step;
            near->share[count + c] = near->share[c] * (place - down);
            near->cell[c] += q * step;
            near->share[c] *= 1 - (place - down);
        }
        count *= 2;
        step *= size;
    }
}

static void find_corners_of(const grid *at, const moei_smooth_clouds *clouds, int side, int64_t i,
                            corners *near)
{
    double point[MOEI_SMOOTH_D];
    for (int64_t k = 0; k < at->d; k++)
        point[k] = coordinate(clouds, side, i, k);
    find_corners(at, point, near);
}

static void deposit(grid *at, const moei_smooth_clouds *clouds, int side, double amount)
{
    corners near;
    for (int64_t i = 0; i < clouds->count && !at->status; i++) {
        at->status = moei_meter_add(at->meter, PAIRS_A_CELL << at->d);
        find_corners_of(at, clouds, side, i, &near);
        for (int c = 0; c < 1 << at->d; c++)
            at->value[near.cell[c]] += amount * near.share[c];
    }
}

static void read_off(grid *at, const moei_smooth_clouds *clouds, double *price)
{
    corners near = {0};
    for (int64_t j = 0; j < clouds->count && !at->status; j++) {
        at->status = moei_meter_add(at->meter, PAIRS_A_CELL << at->d);
        find_corners_of(at, clouds, 1, j, &near);
        price[j] = 0;
        for (int c = 0; c < 1 << at->d; c++)
            price[j] += near.share[c] * at->price[near.cell[c]];
    }
}

/* ---- transform -------------------------------------------------------------------------------- */

/* line[t] <- sum_q line[q] (cos + sin)(2 pi t q / size), real and imaginary parts apart. */
static void hartley(const grid *at, int64_t size)
{
    double *z = at->line;
    moei_fft(size, at->longest, at->roots, z);
    for (int64_t t = 0; 2 * t <= size; t++) {
        double *a = z + 2 * t, *b = z + 2 * ((size - t) & (size - 1));
        const double even[2] = {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2};
        const double odd[2] = {(b[1] - a[1]) / 2, (a[0] - b[0]) / 2}; /* i (a - b) / 2 */
        a[0] = even[0] + odd[0];
        a[1] = even[1] + odd[1];
        b[0] = even[0] - odd[0];
        b[1] = even[1] - odd[1];
    }
}

/* Lines along coordinate k, by twos. */
static void transform_along(grid *at, int64_t k)
{
    int64_t step = 1;
    for (int64_t l = 0; l < k; l++)
        step *= at->size[l];
    const int64_t size = at->size[k], lines = at->cells / size;
    for (int64_t line = 0; line < lines && !at->status; line += 2) {
        at->status = moei_meter_add(at->meter, 2 * PAIRS_A_CELL * size);
        double *first = at->value + line / step * step * size + line % step;
        const int64_t other = line + 1 < lines ? line + 1 : line;
        double *second = at->value + other / step * step * size + other % step;
        for (int64_t q = 0; q < size; q++) {
            at->line[2 * q] = first[q * step];
            at->line[2 * q + 1] = second[q * step];
        }
        hartley(at, size);
        for (int64_t q = 0; q < size; q++) {
            first[q * step] = at->line[2 * q];
            second[q * step] = at->line[2 * q + 1];
        }
    }
}

/* value[q] <- value[q] + value[-q] along the mirrored coordinates. */
static void mirror_along(grid *at, int64_t k)
{
    int64_t step = 1;
    for (int64_t l = 0; l < k; l++)
        step *= at->size[l];
    const int64_t size = at->size[k], lines = at->cells / size;
    for (int64_t line = 0; line < lines; line++) {
        double *value = at->value + line / step * step * size + line % step;
        for (int64_t q = 0; 2 * q <= size; q++) {
            const int64_t image = (size - q) & (size - 1);
            const double sum = value[q * step] + value[image * step];
            value[q * step] = value[image * step] = sum;
        }
    }
}

/* |k|^2 of mode c. */
static double wave_square(const grid *at, int64_t c)
{
    double square = 0;
    for (int64_t k = 0; k < at->d; c /= at->size[k++]) {
        const int64_t t = c & (at->size[k] - 1), mode = 2 * t > at->size[k] ? at->size[k] - t : t;
        const double wave = at->length[k] > 0 ? 2 * MOEI_PI * (double)mode / at->length[k] : 0;
        square += wave * wave;
    }
    return square;
}

/* value <- its convolution with the Gaussian of standard deviation `width`, or of that the solution u of
 * -laplace(u) = value whose mean is 0. */
static void filter(grid *at, double width, bool inverse)
{
    for (int64_t k = 0; k < at->d; k++)
        transform_along(at, k);
    for (int64_t c = 0; c < at->cells; c++) {
        const double square = wave_square(at, c), smooth = width > 0 ? exp(-square * width * width / 2) : 1;
        const double factor = !inverse ? 1 : square > 0 ? 1 / square : 0;
        at->value[c] *= factor * smooth / (double)at->cells;
    }
    for (int64_t k = 0; k < at->d; k++)
        transform_along(at, k);
}

/* ---- equation --------------------------------------------------------------------------------- */

/* image <- -div(density grad u), by differences of neighbouring cells. */
static void apply(const grid *at, const double *u, double *image)
{
    for (int64_t c = 0; c < at->cells; c++)
        image[c] = 0;
    int64_t step = 1;
    for (int64_t k = 0; k < at->d; step *= at->size[k++]) {
        const int64_t size = at->size[k];
        const double wide = at->length[k] / (double)size, factor = size > 1 ? 1 / (2 * wide * wide) : 0;
        for (int64_t c = 0; c < at->cells; c++) {
            const int64_t q = c / step & (size - 1), next = q + 1 < size ? c + step : c - (size - 1) * step;
            const double flux = (at->density[c] + at->density[next]) * (u[c] - u[next]) * factor;
            image[c] += flux;
            image[next] -= flux;
        }
    }
}

static double product(const grid *at, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t c = 0; c < at->cells; c++)
        sum += a[c] * b[c];
    return sum;
}

/* price <- the solution of -div(density grad price) = residual, up to a part of the residual. */
static void descend(grid *at)
{
    double slope = 0, first = 0;
    for (int n = 0; n < ITERATIONS; n++) {
        const double before = slope;
        memcpy(at->value, at->residual, (size_t)at->cells * sizeof *at->value);
        filter(at, 0, true);
        slope = product(at, at->residual, at->value);
        first = n == 0 ? slope : first;
        if (at->status || !(slope > residual_left * residual_left * first))
            return;
        for (int64_t c = 0; c < at->cells; c++)
            at->way[c] = at->value[c] + (n == 0 ? 0 : slope / before * at->way[c]);
        apply(at, at->way, at->value);
        const double length = slope / product(at, at->way, at->value);
        for (int64_t c = 0; c < at->cells; c++) {
            at->price[c] += length * at->way[c];
            at->residual[c] -= length * at->value[c];
        }
    }
}

/* value <- sum of the clouds, each with its amount a point, in units of the mean density. */
static void deposit_both(grid *at, const moei_smooth_clouds *clouds, double row_amount, double column_amount)
{
    const double share = (double)at->cells / ((double)clouds->count * at->images);
    for (int64_t c = 0; c < at->cells; c++)
        at->value[c] = 0;
    deposit(at, clouds, 0, row_amount * share);
    deposit(at, clouds, 1, column_amount * share);
    for (int64_t k = 0; k < at->d; k++)
        if (at->mirrored[k])
            mirror_along(at, k);
}

/* Returns mean (rho - 1)^2. */
static double find_density(grid *at, const moei_smooth_clouds *clouds)
{
    double sum = 0;
    deposit_both(at, clouds, 0.5, 0.5);
    filter(at, density_width * at->spacing, false);
    for (int64_t c = 0; c < at->cells; c++) {
        at->density[c] = fmax(at->value[c], least_density);
        sum += (at->density[c] - 1) * (at->density[c] - 1);
    }
    return sum / (double)at->cells;
}

static void solve(grid *at, const moei_smooth_clouds *clouds, moei_smooth_nearness *near)
{
    moei_fft_roots(at->longest, at->roots);
    near->contrast = find_density(at, clouds);
    deposit_both(at, clouds, 2, -2);
    filter(at, at->spacing, near->contrast < flat);
    for (int64_t c = 0; c < at->cells; c++) {
        at->price[c] = near->contrast < flat ? at->value[c] : 0;
        at->residual[c] = at->value[c];
    }
    if (!(near->contrast < flat))
        descend(at);
    apply(at, at->price, at->way);
    near->square = product(at, at->price, at->way) / 4 / (double)at->cells;
    near->spacing = at->spacing;
}

int32_t moei_smooth_prices(moei_meter *meter, const moei_smooth_clouds *clouds, double *price,
                           moei_smooth_nearness *near)
{
    moei_core *core = meter->context->core;
    grid at = {.d = clouds->d, .images = 1, .meter = meter};
    for (int64_t k = 0; k < at.d; k++)
        find_box(&at, k, clouds);
    choose_sizes(&at, clouds->count);
    at.value = MOEI_NEW(core, at.cells, double);
    at.density = MOEI_NEW(core, at.cells, double);
    at.price = MOEI_NEW(core, at.cells, double);
    at.residual = MOEI_NEW(core, at.cells, double);
    at.way = MOEI_NEW(core, at.cells, double);
    at.line = MOEI_NEW(core, 2 * at.longest, double);
    at.roots = MOEI_NEW(core, at.longest, double);
    const bool enough = at.value && at.density && at.price && at.residual && at.way && at.line && at.roots;
    if (enough) {
        solve(&at, clouds, near);
        read_off(&at, clouds, price);
    }
    moei_free(core, at.roots);
    moei_free(core, at.line);
    moei_free(core, at.way);
    moei_free(core, at.residual);
    moei_free(core, at.price);
    moei_free(core, at.density);
    moei_free(core, at.value);
    return enough ? at.status : moei_out_of_memory(meter->context, "the grid of a distance");
}
