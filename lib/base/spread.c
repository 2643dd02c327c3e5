/* spread.c - see spread.h.
 *
 * A node of the tree is (start, level): the slabs [start, start + 2^level), as far as there are any. A run of
 * slabs is carried as the list of the largest nodes that cover it, from left to right: at most two of each
 * level. Nodes are pushed from the left; a right child that meets its left sibling becomes their parent, so
 * a list pushed behind its left neighbour's gives that of both runs, with every addition where the tree has
 * it.
 *
 * SPDX-License-Identifier: MIT */
#include "base/spread.h"

#include <string.h>

/* How a message begins: how its ranks fare, the first that failed before the others. */
enum { STATUS, CALLBACK, RANK, HEAD };
enum { SENTENCE = sizeof((moe_context *)NULL)->error };

typedef struct {
    int64_t start;
    int level;
} node;

struct moei_spread {
    moe_context *context;
    int64_t slabs;
    int top; /* 2^top >= slabs: the root's level */
    /* the list; its rows follow the head of the message that it may become */
    int64_t count, width;
    node nodes[2 * 64];
    double *message, *arrived;
};

/* ---- life ------------------------------------------------------------------------------------- */

int64_t moei_spread_first(int64_t slabs, int32_t size, int32_t rank)
{
    const int64_t each = slabs / size, more = slabs % size;
    return rank * each + (rank < more ? rank : more);
}

int32_t moei_spread_create(moe_context *context, int64_t slabs, int64_t width, moei_spread **out)
{
    moei_spread *spread = MOEI_NEW(context->core, 1, moei_spread);
    if (!spread)
        return moei_out_of_memory(context, "sums over ranks");
    spread->context = context;
    spread->slabs = slabs;
    while (slabs > (int64_t)1 << spread->top)
        spread->top++;
    const int64_t rows = 2 * (spread->top + 1);
    spread->message = MOEI_NEW(context->core, moei_mul(rows, width + HEAD), double);
    spread->arrived = MOEI_NEW(context->core, moei_mul(rows, width + HEAD), double);
    if (!spread->message || !spread->arrived) {
        moei_spread_destroy(spread);
        return moei_out_of_memory(context, "sums over ranks");
    }
    *out = spread;
    return MOE_OK;
}

void moei_spread_destroy(moei_spread *spread)
{
    if (!spread)
        return;
    moei_core *core = spread->context->core;
    moei_free(core, spread->message);
    moei_free(core, spread->arrived);
    moei_free(core, spread);
}

/* ---- messages --------------------------------------------------------------------------------- */

/* A communicator that has failed once leaves the ranks out of step: it is not asked again. */
static int32_t lost(moe_context *context, const char *what, int32_t value)
{
    context->lost = true;
    moei_callback_failed(context, what, value);
    return MOE_ERROR_CALLBACK;
}

static int32_t send_to(moe_context *context, int32_t rank, int64_t bytes, const void *data)
{
    const moe_communicator *ranks = &context->communicator;
    if (context->lost)
        return moei_fail(context, MOE_ERROR_CALLBACK, "the communicator has failed before");
    const int32_t value = bytes ? ranks->send(ranks->self, rank, bytes, data) : 0;
    return value ? lost(context, "the communicator's send", value) : MOE_OK;
}

static int32_t receive_from(moe_context *context, int32_t rank, int64_t bytes, void *data)
{
    const moe_communicator *ranks = &context->communicator;
    if (context->lost)
        return moei_fail(context, MOE_ERROR_CALLBACK, "the communicator has failed before");
    const int32_t value = bytes ? ranks->receive(ranks->self, rank, bytes, data) : 0;
    return value ? lost(context, "the communicator's receive", value) : MOE_OK;
}

/* Along a binomial tree. */
int32_t moei_broadcast(moe_context *context, int32_t root, int64_t bytes, void *data)
{
    const int32_t size = context->communicator.size;
    const int32_t self = (context->communicator.rank + size - root) % size; /* counted from the root */
    int32_t step = 1, status = MOE_OK;
    while (step < size && !(self & step))
        step *= 2;
    if (self)
        status = receive_from(context, (self - step + root) % size, bytes, data);
    for (step /= 2; step > 0 && !status; step /= 2)
        if (self + step < size)
            status = send_to(context, (self + step + root) % size, bytes, data);
    return status;
}

int32_t moei_hand_over(moe_context *context, int32_t from, int64_t bytes, void *data)
{
    const int32_t rank = context->communicator.rank;
    return rank == 0      ? receive_from(context, from, bytes, data)
           : rank == from ? send_to(context, 0, bytes, data)
                          : MOE_OK;
}

/* ---- how the ranks fare ----------------------------------------------------------------------- */

static void set_head(const moe_context *context, int32_t status, double *head)
{
    head[STATUS] = status;
    head[CALLBACK] = context->callback_status;
    head[RANK] = context->communicator.rank;
}

static void join_heads(double *head, const double *next)
{
    if (head[STATUS] == 0)
        memcpy(head, next, HEAD * sizeof *head);
}

/* The status that all ranks return; the failed rank's sentence reaches them. */
static int32_t conclude(moe_context *context, const double *head)
{
    char sentence[SENTENCE];
    const int32_t status = (int32_t)head[STATUS], rank = (int32_t)head[RANK];
    if (!status || context->communicator.size == 1)
        return status;
    memcpy(sentence, context->error, SENTENCE);
    const int32_t failed = moei_broadcast(context, rank, SENTENCE, sentence);
    if (failed)
        return failed;
    sentence[SENTENCE - 1] = 0;
    context->callback_status = (int32_t)head[CALLBACK];
    return moei_fail(context, status, "rank %d: %.480s", (int)rank, sentence);
}

int32_t moei_agree(moe_context *context, int32_t status)
{
    const int32_t rank = context->communicator.rank, size = context->communicator.size;
    double head[HEAD], next[HEAD];
    int32_t failed = MOE_OK;
    if (size == 1)
        return status;
    set_head(context, status, head);
    for (int32_t step = 1; step < size && !failed; step *= 2) {
        if (rank & step) {
            failed = send_to(context, rank - step, sizeof head, head);
            break;
        }
        if (rank + step >= size)
            continue;
        failed = receive_from(context, rank + step, sizeof next, next);
        if (!failed)
            join_heads(head, next);
    }
    if (!failed)
        failed = moei_broadcast(context, 0, sizeof head, head);
    return failed ? failed : conclude(context, head);
}

/* ---- lists of nodes --------------------------------------------------------------------------- */

static bool may_rise(const moei_spread *spread, node at)
{
    return at.level < spread->top && at.start % ((int64_t)2 << at.level) == 0;
}

static int64_t end_of(const moei_spread *spread, node at)
{
    const int64_t end = at.start + ((int64_t)1 << at.level);
    return end < spread->slabs ? end : spread->slabs;
}

/* The largest node that begins as `at` does and ends by `end`. */
static node largest(const moei_spread *spread, node at, int64_t end)
{
    node up = {at.start, at.level + 1};
    for (; may_rise(spread, at) && end_of(spread, up) <= end; up.level++)
        at = up;
    return at;
}

static double *row(const moei_spread *spread, int64_t index)
{
    return spread->message + HEAD + index * spread->width;
}

static void push(moei_spread *spread, node at, const double *values)
{
    const int64_t width = spread->width;
    memcpy(row(spread, spread->count), values, (size_t)width * sizeof *values);
    spread->nodes[spread->count++] = at;
    while (spread->count > 1) {
        node *left = &spread->nodes[spread->count - 2];
        const node right = spread->nodes[spread->count - 1];
        if (left->level != right.level || !may_rise(spread, *left))
            break;
        double *into = row(spread, spread->count - 2);
        for (int64_t j = 0; j < width; j++)
            into[j] += into[width + j];
        left->level++;
        *left = largest(spread, *left, end_of(spread, right));
        spread->count--;
    }
}

/* This rank's own run, whose rows come in. */
static void begin(moei_spread *spread, int32_t status, int64_t width, double *rows)
{
    const moe_communicator *ranks = &spread->context->communicator;
    const int64_t first = moei_spread_first(spread->slabs, ranks->size, ranks->rank);
    const int64_t end = moei_spread_first(spread->slabs, ranks->size, ranks->rank + 1);
    spread->count = 0;
    spread->width = width;
    set_head(spread->context, status, spread->message);
    for (int64_t start = first; start < end;) {
        const node at = largest(spread, (node){.start = start}, end);
        const int64_t next = end_of(spread, at);
        double *from = rows + (start - first) * width;
        moei_sum_rows(next - start, width, from);
        push(spread, at, from);
        start = next;
    }
}

/* The list of the ranks [from, to), which follows this one's. */
static int32_t join(moei_spread *spread, int32_t from, int32_t to)
{
    const int32_t size = spread->context->communicator.size;
    const int64_t first = moei_spread_first(spread->slabs, size, from);
    const int64_t end = moei_spread_first(spread->slabs, size, to), width = spread->width;
    int64_t count = 0;
    for (int64_t start = first; start < end; count++)
        start = end_of(spread, largest(spread, (node){.start = start}, end));
    const int32_t status = receive_from(spread->context, from,
                                        (HEAD + count * width) * (int64_t)sizeof(double), spread->arrived);
    if (status)
        return status;
    join_heads(spread->message, spread->arrived);
    const double *values = spread->arrived + HEAD;
    for (int64_t start = first; start < end; values += width) {
        const node at = largest(spread, (node){.start = start}, end);
        push(spread, at, values);
        start = end_of(spread, at);
    }
    return MOE_OK;
}

/* ---- doors ------------------------------------------------------------------------------------ */

int32_t moei_spread_sum(moei_spread *spread, int32_t status, int64_t width, double *rows)
{
    moe_context *context = spread->context;
    const int32_t rank = context->communicator.rank, size = context->communicator.size;
    int32_t failed = MOE_OK;
    begin(spread, status, width, rows);
    for (int32_t step = 1; step < size && !failed; step *= 2) {
        if (rank & step) {
            const int64_t numbers = HEAD + spread->count * width;
            failed = send_to(context, rank - step, numbers * (int64_t)sizeof(double), spread->message);
            break;
        }
        if (rank + step < size)
            failed = join(spread, rank + step, rank + 2 * step < size ? rank + 2 * step : size);
    }
    if (!failed)
        failed = moei_broadcast(context, 0, (HEAD + width) * (int64_t)sizeof(double), spread->message);
    if (failed)
        return failed;
    memcpy(rows, row(spread, 0), (size_t)width * sizeof *rows);
    return conclude(context, spread->message);
}
