/* test_ranks.c - flows whose experts ranks share: the bits of the flow that one rank makes of all, and one
 * status on all ranks whatever goes wrong on one of them.
 *
 * The expert is faulty.h's, with every function that an expert can have, over 500 points: 8 blocks, slabs of
 * one each, for up to 9 ranks, of which the last may have none.
 *
 * SPDX-License-Identifier: MIT */
#include "support/faulty.h"
#include "support/ranks.h"

#include "flow/flow.h"

enum { N = 500, POINTS = 3, STEPS = 6, LOOKS = 3 };

static const double inputs[POINTS * FAULTY_P] = {0.1, -0.4, 0.9, 0.3, -1.2, 0.7};
static const double targets[POINTS * FAULTY_K] = {0.3, -0.2, 0.5, 0.1, -0.4, 0.6};

/* Where one rank misbehaves. */
enum misdeed {
    NONE,
    CALLBACK,  /* a function of its expert fails, for good */
    CURABLE,   /* ... once, so that a shorter step cures it */
    OBSERVER,  /* its observer stops the call */
    PROGRESS,  /* its progress callback does */
    CANCEL,    /* it is cancelled, from its observer */
    ARGUMENTS, /* it gives a NaN for a point */
    OTHERS     /* it asks for another number of experts */
};

struct share {
    int32_t method;
    bool weighted, records, keeps; /* equal weights or not; a field recorded; and fetched */
    enum misdeed misdeed;
    int32_t culprit;
    const char *function; /* of the expert, that fails */
    struct {
        int32_t status, callback;
        int64_t first, count, steps, rejections;
        double time, loss, gradient, dissipated, defect, inside;
        double predictions[POINTS * FAULTY_K], field[POINTS * FAULTY_K];
        double points[N * FAULTY_D], looked[N * FAULTY_D], whole[N * (FAULTY_D + 1)];
        char sentence[512];
    } seen[RANKS_MAX];
};

static void fill_points(double *points, double *weights)
{
    uint64_t seed = 7;
    double total = 0;
    for (int i = 0; i < N; i++) {
        points[2 * i] = 2 * PI * test_uniform(&seed);
        points[2 * i + 1] = test_uniform(&seed) - 0.5;
        weights[i] = test_uniform(&seed);
        total += weights[i];
    }
    for (int i = 0; i < N; i++)
        weights[i] /= total;
}

static int32_t stop_at_third(void *self, moe_flow *flow)
{
    const struct share *share = self;
    int64_t steps = 0;
    moe_flow_counts(flow, &steps, NULL, NULL);
    if (steps < 3)
        return 0;
    if (share->misdeed == CANCEL)
        moe_context_cancel(flow->context);
    return share->misdeed == OBSERVER ? 77 : 0;
}

static int32_t stop_early(void *self, const char *what, double part)
{
    (void)self, (void)what;
    return part > 0.3;
}

/* The culprit's ways, once its flow is there. */
static void misbehave(struct share *share, moe_context *context, moe_flow *flow, struct faulty *faulty)
{
    if (share->misdeed == CALLBACK || share->misdeed == CURABLE) {
        faulty->fail_in = share->function;
        faulty->fail_at = 9;
        faulty->fail_with = share->misdeed == CURABLE ? 5 : -5;
        faulty->seen = 0;
    }
    if (share->misdeed == OBSERVER || share->misdeed == CANCEL)
        moe_flow_set_observer(flow, stop_at_third, share);
    if (share->misdeed == PROGRESS)
        moe_context_set_progress(context, stop_early, NULL);
}

#define SEEN share->seen[rank]

static int32_t make_flow(struct share *share, int32_t rank, moe_context *context, const moe_model *model,
                         moe_flow **flow)
{
    double points[N * FAULTY_D], weights[N];
    const bool wrong = rank == share->culprit;
    fill_points(points, weights);
    int32_t status = moe_flow_share(context, model, N, &SEEN.first, &SEEN.count);
    if (wrong && share->misdeed == ARGUMENTS)
        points[SEEN.first * FAULTY_D] = (double)NAN;
    if (!status)
        status = moe_flow_create_spread(context, model, wrong && share->misdeed == OTHERS ? N - 1 : N,
                                        points + SEEN.first * FAULTY_D,
                                        share->weighted ? weights + SEEN.first : NULL, flow);
    if (!status)
        status = moe_flow_set_method(*flow, share->method);
    if (!status)
        status = moe_flow_set_tolerance(*flow, 1e-7, 1e-7);
    if (!status && share->records)
        status = moe_flow_record(*flow);
    if (status) {
        moe_flow_destroy(*flow);
        *flow = NULL;
    }
    return status;
}

/* What a host can know of a flow. */
static int32_t look(struct share *share, int32_t rank, moe_context *context, moe_flow *flow)
{
    moe_measure *whole = NULL;
    moe_field *field = NULL;
    int32_t status = moe_flow_predictions(flow, SEEN.predictions);
    if (!status)
        status = moe_flow_loss(flow, &SEEN.loss);
    if (!status)
        status = moe_flow_gradient(flow, &SEEN.gradient);
    if (!status)
        status = moe_flow_energy(flow, &SEEN.dissipated, &SEEN.defect);
    SEEN.inside = (moe_flow_previous_time(flow) + 2 * moe_flow_time(flow)) / 3;
    if (!status)
        status = moe_flow_interpolate(flow, SEEN.inside, SEEN.looked);
    int64_t length = 0;
    if (!status)
        status = moe_flow_save(flow, NULL, 0, &length);
    if (!status && share->keeps)
        status = moe_flow_field(flow, &field);
    if (!status && share->keeps)
        status = moe_field_predictions(context, field, SEEN.inside, SEEN.field);
    if (!status)
        status = moe_flow_measure(flow, &whole);
    if (!status) {
        memcpy(SEEN.whole, moe_measure_points(whole), N * FAULTY_D * sizeof(double));
        memcpy(SEEN.whole + N * FAULTY_D, moe_measure_weights(whole), N * sizeof(double));
    }
    memcpy(SEEN.points, moe_flow_points(flow), (size_t)(SEEN.count * FAULTY_D) * sizeof(double));
    SEEN.time = moe_flow_time(flow);
    moe_flow_counts(flow, &SEEN.steps, &SEEN.rejections, NULL);
    moe_field_destroy(field);
    moe_measure_destroy(whole);
    return status;
}

static void train(void *self, int32_t rank, moe_context *context)
{
    struct share *share = self;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(MOE_EXPERT_THREAD_SAFE);
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_flow *flow = NULL;
    int32_t reached;
    int32_t status =
        moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period, &expert);
    if (!status)
        status = moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model);
    if (!status)
        status = make_flow(share, rank, context, model, &flow);
    if (!status && rank == share->culprit)
        misbehave(share, context, flow, &faulty);
    if (!status)
        status = moe_flow_advance(flow, 1.5);
    for (int s = 0; s < 3 && !status; s++)
        status = moe_flow_step(flow, INFINITY);
    if (!status)
        status = moe_flow_advance_until(flow, 6, 0.07, 0, &reached);
    if (!status)
        status = look(share, rank, context, flow);
    SEEN.status = status;
    SEEN.callback = moe_context_callback_status(context);
    snprintf(SEEN.sentence, sizeof SEEN.sentence, "%s", status ? moe_context_error(context) : "");
    if (status && flow && !context->lost) { /* it can go on */
        faulty.fail_in = NULL;
        moe_context_set_progress(context, NULL, NULL);
        moe_flow_set_observer(flow, NULL, NULL);
        const double time = moe_flow_time(flow);
        status = moe_flow_advance(flow, time + 0.2);
        if (!status)
            status = look(share, rank, context, flow);
        if (status || !(SEEN.time > time))
            SEEN.status = -1000;
    }
    moe_flow_destroy(flow);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    if (!faulty_is_clean(&faulty) || faulty.destroyed != (expert != NULL))
        SEEN.status = -1001;
}

/* what every rank saw is what one rank sees that has all experts, bit for bit */
static void compare(const struct share *one, const struct share *many, int32_t size)
{
    for (int32_t rank = 0; rank < size; rank++) {
        const size_t own = (size_t)many->seen[rank].count * FAULTY_D * sizeof(double);
        const int64_t first = many->seen[rank].first * FAULTY_D;
#define SAME(member)                                                                                         \
    assert_memory_equal(&many->seen[rank].member, &one->seen[0].member, sizeof one->seen[0].member)
        assert_status_at(many->seen[rank].status, MOE_OK, many->seen[rank].sentence, __FILE__, __LINE__);
        SAME(steps);
        SAME(rejections);
        SAME(time);
        SAME(loss);
        SAME(gradient);
        SAME(dissipated);
        SAME(defect);
        SAME(inside);
        SAME(predictions);
        SAME(field);
        SAME(whole);
#undef SAME
        assert_memory_equal(many->seen[rank].points, one->seen[0].points + first, own);
        assert_memory_equal(many->seen[rank].looked, one->seen[0].looked + first, own);
    }
}

static struct share one, many;
static const int32_t sizes[2][3] = {{2, 3, 9}, {1, 4, 5}};
static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                  MOE_METHOD_LOW_STORAGE};

static void test_same_bits(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (int variant = 0; variant < 2; variant++) {
            const struct share wanted = {.method = methods[m],
                                         .weighted = variant,
                                         .records = !variant,
                                         .keeps = !variant,
                                         .culprit = -1};
            one = wanted;
            ranks_run(1, 1, train, &one);
            assert_true(one.seen[0].steps > 5 && one.seen[0].time < 6);
            for (int i = 0; i < 3; i++) {
                const int32_t size = sizes[variant][i];
                many = wanted;
                ranks_run(size, 1 + size % 2, train, &many);
                compare(&one, &many, size);
            }
        }
}

/* the same flow without a communicator */
static void test_alone(void **state)
{
    (void)state;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(MOE_EXPERT_THREAD_SAFE);
    double points[N * FAULTY_D], weights[N];
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_measure *mu;
    moe_flow *flow;
    int32_t reached;
    fill_points(points, weights);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period,
                                         &expert));
    assert_ok(context, moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model));
    assert_ok(context, moe_measure_create(context, FAULTY_D, faulty_period, N, points, NULL, &mu));
    assert_ok(context, moe_flow_create(context, model, mu, &flow));
    assert_ok(context, moe_flow_set_method(flow, MOE_METHOD_ADAMS));
    assert_ok(context, moe_flow_set_tolerance(flow, 1e-7, 1e-7));
    assert_ok(context, moe_flow_record(flow));
    assert_ok(context, moe_flow_advance(flow, 1.5));
    for (int s = 0; s < 3; s++)
        assert_ok(context, moe_flow_step(flow, INFINITY));
    assert_ok(context, moe_flow_advance_until(flow, 6, 0.07, 0, &reached));
    many = (struct share){.method = MOE_METHOD_ADAMS, .records = true, .keeps = true, .culprit = -1};
    ranks_run(3, 2, train, &many);
    assert_memory_equal(many.seen[0].whole, moe_flow_points(flow), sizeof points);
    moe_flow_destroy(flow);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

/* one rank of several misbehaves: all return its status, with its number; then the flow can go on */
static void expect(int32_t status, const char *words)
{
    for (int32_t size = 2; size <= 3; size++)
        for (int32_t culprit = 0; culprit < size; culprit++) {
            struct share share = many;
            char whose[16];
            snprintf(whose, sizeof whose, "rank %d: ", (int)culprit);
            share.culprit = culprit;
            ranks_run(size, 1, train, &share);
            for (int32_t rank = 0; rank < size; rank++) {
                assert_status_at(share.seen[rank].status, status, share.seen[rank].sentence, __FILE__,
                                 __LINE__);
                assert_non_null(strstr(share.seen[rank].sentence, words));
                assert_int_equal(strncmp(share.seen[rank].sentence, whose, strlen(whose)), 0);
                if (status == MOE_ERROR_CALLBACK)
                    assert_int_equal(share.seen[rank].callback, many.misdeed == OBSERVER ? 77 : -5);
            }
        }
}

static void test_callback_fails(void **state)
{
    (void)state;
    static const char *const functions[] = {"moments", "predict", "prepare", "pullback"};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (int f = 0; f < 4; f++) {
            many = (struct share){.method = methods[m], .misdeed = CALLBACK, .function = functions[f]};
            expect(MOE_ERROR_CALLBACK, functions[f]);
        }
}

static void test_host_stops(void **state)
{
    (void)state;
    many = (struct share){.method = MOE_METHOD_DOP853, .misdeed = OBSERVER};
    expect(MOE_ERROR_CALLBACK, "observer returned 77");
    many = (struct share){.method = MOE_METHOD_ADAMS, .misdeed = PROGRESS};
    expect(MOE_ERROR_CANCELLED, "progress");
    many = (struct share){.method = MOE_METHOD_RKC, .misdeed = CANCEL};
    expect(MOE_ERROR_CANCELLED, "cancelled");
}

static void test_arguments(void **state)
{
    (void)state;
    many = (struct share){.method = MOE_METHOD_DOP853, .misdeed = ARGUMENTS};
    expect(MOE_ERROR_NOT_FINITE, "points[0] is nan");
}

/* ranks that ask for different flows find out: no rank waits for a sum that will not come */
static void test_unlike(void **state)
{
    (void)state;
    for (int32_t size = 2; size <= 4; size++)
        for (int32_t culprit = 0; culprit < size; culprit++) {
            struct share share = {.method = MOE_METHOD_DOP853, .misdeed = OTHERS, .culprit = culprit};
            ranks_run(size, 1, train, &share);
            for (int32_t rank = 0; rank < size; rank++) {
                assert_int_equal(share.seen[rank].status, MOE_ERROR_VALUE);
                assert_non_null(strstr(share.seen[rank].sentence, "experts: "));
            }
        }
}

/* a failure that a shorter step cures is cured on all ranks alike */
static void test_cured(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        many = (struct share){.method = methods[m], .misdeed = CURABLE, .function = "pullback", .culprit = 1};
        ranks_run(3, 1, train, &many);
        for (int32_t rank = 0; rank < 3; rank++) {
            assert_status_at(many.seen[rank].status, MOE_OK, many.seen[rank].sentence, __FILE__, __LINE__);
            assert_true(many.seen[rank].rejections > 0);
            assert_memory_equal(many.seen[rank].whole, many.seen[0].whole, sizeof many.seen[0].whole);
        }
    }
}

/* one rank's every allocation fails in turn: the same sentence on all ranks, nothing leaked */
static void test_memory(void **state)
{
    (void)state;
    for (int32_t culprit = 0; culprit < 2; culprit++) {
        int64_t failures = 0;
        for (int64_t k = 1;; k++) {
            struct rank_fault faults[2] = {0};
            faults[culprit].fail_allocation = k;
            many = (struct share){.method = MOE_METHOD_DOP853, .records = true, .culprit = -1};
            ranks_run_with(2, 1, faults, train, &many);
            if (many.seen[culprit].status != MOE_ERROR_MEMORY)
                break; /* none failed any more */
            if (many.seen[1 - culprit].status != MOE_ERROR_MEMORY) {
                /* the culprit's own handles, before the ranks had to do with one another */
                assert_int_equal(many.seen[1 - culprit].status, MOE_ERROR_CALLBACK);
                continue;
            }
            failures++;
            assert_non_null(strstr(many.seen[1 - culprit].sentence, culprit ? "rank 1: " : "rank 0: "));
            assert_string_equal(many.seen[0].sentence, many.seen[1].sentence);
        }
        for (int32_t rank = 0; rank < 2; rank++)
            assert_status_at(many.seen[rank].status, MOE_OK, many.seen[rank].sentence, __FILE__, __LINE__);
        assert_true(failures > 20);
    }
}

/* the communicator of flows that live stays; weights and sizes are checked where they can be */
static void test_refusals(void **state)
{
    (void)state;
    struct faulty faulty = {.scale = {1, 0.7}};
    const moe_expert_ops ops = faulty_ops(MOE_EXPERT_THREAD_SAFE);
    double points[N * FAULTY_D], weights[N];
    moe_context *context;
    moe_expert *expert;
    moe_model *model;
    moe_flow *flow;
    int64_t first, own;
    fill_points(points, weights);
    assert_ok(NULL, moe_context_create(NULL, &context));
    assert_ok(context, moe_expert_create(context, &ops, &faulty, FAULTY_D, FAULTY_P, FAULTY_K, faulty_period,
                                         &expert));
    assert_ok(context, moe_model_create(context, expert, POINTS, inputs, targets, NULL, &model));
    assert_ok(context, moe_flow_share(context, model, N, &first, &own));
    assert_int_equal(first, 0);
    assert_int_equal(own, N);
    assert_fails(context, MOE_ERROR_SIZE, "experts", moe_flow_share(context, model, 0, &first, &own));
    assert_fails(context, MOE_ERROR_NULL, "model", moe_flow_share(context, NULL, N, &first, &own));
    assert_fails(context, MOE_ERROR_NULL, "count", moe_flow_share(context, model, N, &first, NULL));
    assert_fails(context, MOE_ERROR_NULL, "flow",
                 moe_flow_create_spread(context, model, N, points, weights, NULL));
    assert_fails(context, MOE_ERROR_NULL, "points",
                 moe_flow_create_spread(context, model, N, NULL, weights, &flow));
    assert_fails(context, MOE_ERROR_SIZE, "experts",
                 moe_flow_create_spread(context, model, -1, points, weights, &flow));
    assert_fails(context, MOE_ERROR_SIZE, "experts x d",
                 moe_flow_create_spread(context, model, INT64_MAX, points, weights, &flow));
    assert_fails(context, MOE_ERROR_SIZE, "experts x d",
                 moe_flow_share(context, model, INT64_MAX / 9, &first, &own));
    weights[17] += 1e-8;
    assert_fails(context, MOE_ERROR_WEIGHTS, "add up to",
                 moe_flow_create_spread(context, model, N, points, weights, &flow));
    weights[17] = -1;
    assert_fails(context, MOE_ERROR_WEIGHTS, "weights[17] is -1",
                 moe_flow_create_spread(context, model, N, points, weights, &flow));
    assert_null(flow);
    assert_ok(context, moe_flow_create_spread(context, model, N, points, NULL, &flow));
    assert_fails(context, MOE_ERROR_ORDER, "in use", moe_context_set_communicator(context, NULL));
    moe_flow_destroy(flow);
    assert_ok(context, moe_context_set_communicator(context, NULL));
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    moe_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),      cmocka_unit_test(test_alone),
        cmocka_unit_test(test_callback_fails), cmocka_unit_test(test_host_stops),
        cmocka_unit_test(test_arguments),      cmocka_unit_test(test_unlike),
        cmocka_unit_test(test_cured),          cmocka_unit_test(test_memory),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
