/* test_flow_state.c - a flow saved at any accepted step, destroyed and restored goes on to the same bits.
 *
 * What is compared is the whole state at the end, which has every number that a flow knows, and besides what
 * the public functions say. That the state itself is read and refused rightly is test_flow_state_refused.c's.
 *
 * SPDX-License-Identifier: MIT */
#include "support/failing.h"
#include "support/problem.h"
#include "support/saved.h"

#include <stdbool.h>

enum { EXPERTS = 70, SIZE = 2 * EXPERTS, INPUTS = 3, MOST_STEPS = 200 };

/* ---- cases -------------------------------------------------------------------------------------- */

struct a_case {
    const char *name;
    int32_t method;
    double tolerance;
    bool descent, record, driven, until;
};

static const struct a_case cases[] = {
    {"dopri5", MOE_METHOD_DOPRI5, 1e-5, false, false, false, false},
    {"dopri5 records", MOE_METHOD_DOPRI5, 1e-4, false, true, false, false},
    {"dop853", MOE_METHOD_DOP853, 1e-8, false, false, false, false},
    {"dop853 descends and records", MOE_METHOD_DOP853, 1e-7, true, true, false, false},
    {"adams", MOE_METHOD_ADAMS, 1e-7, false, false, false, false},
    {"adams descends", MOE_METHOD_ADAMS, 1e-2, true, false, false, false},
    {"adams records", MOE_METHOD_ADAMS, 1e-6, false, true, false, false},
    {"rkc", MOE_METHOD_RKC, 1e-5, false, false, false, false},
    {"rkc descends and records", MOE_METHOD_RKC, 1e-4, true, true, false, false},
    {"adams until", MOE_METHOD_ADAMS, 1e-6, false, false, false, true},
    {"dop853 until", MOE_METHOD_DOP853, 1e-6, false, false, false, true},
    {"rkc until", MOE_METHOD_RKC, 1e-4, false, true, false, true},
    {"low storage", MOE_METHOD_LOW_STORAGE, 1e-5, false, false, false, false},
    {"low storage descends and records", MOE_METHOD_LOW_STORAGE, 1e-4, true, true, false, false},
    {"low storage until", MOE_METHOD_LOW_STORAGE, 1e-5, false, true, false, true},
    {"low storage driven", MOE_METHOD_LOW_STORAGE, 1e-5, false, false, true, false},
    {"dopri5 driven", MOE_METHOD_DOPRI5, 1e-5, false, false, true, false},
    {"adams driven", MOE_METHOD_ADAMS, 1e-7, false, false, true, false},
    {"rkc driven", MOE_METHOD_RKC, 1e-5, false, false, true, false},
};
enum { CASES = sizeof cases / sizeof *cases };

static const double end_time = 6, x[INPUTS] = {-0.7, 0.2, 1.1}, y[INPUTS] = {0.5, -0.4, 0.9};

/* The same in any context: context, model and points. */
static void make_problem(struct problem *p, struct wave *wave, int32_t threads)
{
    *wave = (struct wave){.d = 2, .c = {1, 1.3}, .a = {1, 2.5}};
    problem_of_waves(p, wave);
    assert_ok(p->context, moe_context_set_threads(p->context, threads));
    problem_model(p, INPUTS, x, y, NULL);
    problem_draws(p, 3, 0, EXPERTS);
}

static moe_field *make_field(const struct problem *p)
{
    moe_flow *flow = problem_flow(p, MOE_METHOD_DOP853, 1e-6);
    moe_field *field;
    assert_ok(p->context, moe_flow_record(flow));
    assert_ok(p->context, moe_flow_advance(flow, end_time));
    assert_ok(p->context, moe_flow_field(flow, &field));
    moe_flow_destroy(flow);
    return field;
}

static moe_flow *make_flow(const struct problem *p, const struct a_case *c)
{
    moe_flow *flow;
    if (!c->driven)
        flow = problem_flow(p, c->method, c->tolerance);
    else {
        moe_field *field = make_field(p);
        assert_ok(p->context, moe_flow_create_driven(p->context, field, p->mu, &flow));
        moe_field_destroy(field);
        assert_ok(p->context, moe_flow_set_method(flow, c->method));
        assert_ok(p->context, moe_flow_set_tolerance(flow, 0, c->tolerance));
    }
    assert_ok(p->context, moe_flow_set_steps(flow, 0, 0.7));
    if (c->descent)
        assert_ok(p->context, moe_flow_set_descent(flow, 1));
    if (c->record)
        assert_ok(p->context, moe_flow_record(flow));
    return flow;
}

static void run(const struct problem *p, const struct a_case *c, moe_flow *flow)
{
    int32_t reached;
    if (!c->until)
        assert_ok(p->context, moe_flow_advance(flow, end_time));
    else {
        assert_ok(p->context, moe_flow_advance_until(flow, end_time, 0.05, 0.01, &reached));
        assert_int_not_equal(reached, MOE_REACHED_TIME);
    }
}

/* ---- any accepted step -------------------------------------------------------------------------- */

/* The states after every step, as an observer sees them. */
struct diary {
    int64_t count, failures;
    struct saved states[MOST_STEPS];
};

static int32_t write_diary(void *self, moe_flow *flow)
{
    struct diary *diary = self;
    struct saved saved = {NULL, 0};
    if (diary->count == MOST_STEPS)
        return 0;
    diary->failures += moe_flow_save(flow, NULL, 0, &saved.length) != MOE_OK;
    saved.bytes = malloc((size_t)saved.length);
    diary->failures += moe_flow_save(flow, saved.bytes, saved.length, &saved.length) != MOE_OK;
    diary->states[diary->count++] = saved;
    return 0;
}

static void free_diary(struct diary *diary)
{
    for (int64_t i = 0; i < diary->count; i++)
        saved_free(&diary->states[i]);
}

static moe_flow *restored(const struct problem *p, const struct saved *saved)
{
    moe_flow *flow;
    int32_t exact = -1;
    assert_ok(p->context, moe_flow_restore(p->context, p->model, saved->bytes, saved->length, &exact, &flow));
    assert_int_equal(exact, 1);
    return flow;
}

/* What a flow says of itself; its field at some times too. */
enum { SAID = SIZE + 3 * INPUTS + 8 };
static void ask(const struct problem *p, const struct a_case *c, moe_flow *flow, double *said)
{
    int64_t counts[3];
    memset(said, 0, SAID * sizeof *said);
    memcpy(said, moe_flow_points(flow), SIZE * sizeof *said);
    said += SIZE;
    assert_ok(p->context, moe_flow_counts(flow, &counts[0], &counts[1], &counts[2]));
    for (int i = 0; i < 3; i++)
        said[i] = (double)counts[i];
    said[3] = moe_flow_time(flow);
    said[4] = moe_flow_previous_time(flow);
    if (!c->driven)
        assert_ok(p->context, moe_flow_energy(flow, &said[5], &said[6]));
    assert_ok(p->context, moe_flow_loss(flow, &said[7]));
    assert_ok(p->context, moe_flow_predictions(flow, said + 8));
    if (c->record) {
        moe_field *field;
        assert_ok(p->context, moe_flow_field(flow, &field));
        assert_ok(p->context, moe_field_predictions(p->context, field, 0.3, said + 8 + INPUTS));
        assert_ok(p->context, moe_field_predictions(p->context, field, moe_field_end(field) * 0.9,
                                                    said + 8 + 2 * INPUTS));
        moe_field_destroy(field);
    }
}

/* Points within the last step, at three times. */
static void look_inside(const struct problem *p, moe_flow *flow, double *theta)
{
    const double begin = moe_flow_previous_time(flow), end = moe_flow_time(flow);
    for (int i = 0; i < 3; i++)
        assert_ok(p->context,
                  moe_flow_interpolate(flow, begin + (0.1 + 0.4 * i) * (end - begin), theta + i * SIZE));
}

/* An interrupted moe_flow_advance_until evaluates once more; nothing else may differ. */
static void forgive_call(const struct a_case *c, double *said, double of)
{
    if (c->until && said[SIZE + 2] == of + 1)
        said[SIZE + 2] = of;
}

static void check_case(const struct a_case *c)
{
    static struct diary diary, again;
    static double whole[SAID], parts[SAID], inside[2][3 * SIZE];
    struct wave wave[2];
    struct problem p, q;
    make_problem(&p, &wave[0], 1);
    moe_flow *flow = make_flow(&p, c);
    diary.count = diary.failures = 0;
    assert_ok(p.context, moe_flow_set_observer(flow, write_diary, &diary));
    run(&p, c, flow);
    assert_int_equal(diary.failures, 0);
    const int64_t steps = diary.count;
    assert_true(steps > 5 && steps < MOST_STEPS);
    ask(&p, c, flow, whole);
    struct saved last = saved_flow(p.context, flow);
    moe_flow_destroy(flow);
    for (int64_t s = 0; s < steps; s++) {
        make_problem(&q, &wave[1], 1 + (int32_t)(s % 3));
        /* goes on */
        flow = restored(&q, &diary.states[s]);
        struct saved same = saved_flow(q.context, flow);
        assert_same_state(&same, &diary.states[s]);
        saved_free(&same);
        again.count = again.failures = 0;
        assert_ok(q.context, moe_flow_set_observer(flow, write_diary, &again));
        if (s < steps - 1)
            run(&q, c, flow);
        for (int64_t i = 0; i < again.count && !c->until; i++)
            assert_same_state(&again.states[i], &diary.states[s + 1 + i]);
        free_diary(&again);
        ask(&q, c, flow, parts);
        forgive_call(c, parts, whole[SIZE + 2]);
        assert_memory_equal(whole, parts, sizeof whole);
        if (!c->until) {
            struct saved now = saved_flow(q.context, flow);
            assert_same_state(&now, &last);
            saved_free(&now);
        }
        moe_flow_destroy(flow);
        /* is looked into, against a flow that was never saved; both go on to the same */
        if (s % 5 == 1 && !c->until) {
            moe_flow *other = make_flow(&p, c);
            flow = restored(&q, &diary.states[s]);
            for (int64_t i = 0; i <= s; i++)
                assert_ok(p.context, moe_flow_step(other, end_time));
            look_inside(&p, other, inside[0]);
            look_inside(&q, flow, inside[1]);
            assert_memory_equal(inside[0], inside[1], sizeof inside[0]);
            struct saved seen = saved_flow(q.context, flow);
            moe_flow_destroy(flow);
            flow = restored(&q, &seen); /* the extra stages come along */
            look_inside(&q, flow, inside[1]);
            assert_memory_equal(inside[0], inside[1], sizeof inside[0]);
            run(&p, c, other);
            run(&q, c, flow);
            ask(&p, c, other, whole);
            ask(&q, c, flow, parts);
            assert_memory_equal(whole, parts, sizeof whole);
            moe_flow_destroy(other);
            moe_flow_destroy(flow);
            saved_free(&seen);
            flow = restored(&q, &last);
            ask(&q, c, flow, whole);
            moe_flow_destroy(flow);
        }
        problem_free(&q);
    }
    free_diary(&diary);
    saved_free(&last);
    problem_free(&p);
}

static void test_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        print_message("  %s\n", cases[i].name);
        check_case(&cases[i]);
    }
}

/* ---- between steps ------------------------------------------------------------------------------- */

/* Before the first step, with all settings other than they are at first. */
static void test_before_the_first_step(void **state)
{
    (void)state;
    struct wave wave[2];
    struct problem p, q;
    double a[SIZE], b[SIZE];
    make_problem(&p, &wave[0], 1);
    for (int record = 0; record < 2; record++) {
        moe_flow *flow = problem_flow(&p, MOE_METHOD_ADAMS, 1e-5);
        assert_ok(p.context, moe_flow_set_tolerance(flow, 1e-4, 1e-6));
        assert_ok(p.context, moe_flow_set_steps(flow, 1e-3, 0.5));
        assert_ok(p.context, moe_flow_set_step_limit(flow, 7));
        assert_ok(p.context, moe_flow_set_descent(flow, 1));
        if (record)
            assert_ok(p.context, moe_flow_record(flow));
        struct saved saved = saved_flow(p.context, flow);
        make_problem(&q, &wave[1], 2);
        moe_flow *other = restored(&q, &saved);
        assert_fails(p.context, MOE_ERROR_STEP_LIMIT, "7", moe_flow_advance(flow, end_time));
        assert_fails(q.context, MOE_ERROR_STEP_LIMIT, "7", moe_flow_advance(other, end_time));
        assert_true(moe_flow_time(flow) > 0 && moe_flow_time(flow) == moe_flow_time(other));
        memcpy(a, moe_flow_points(flow), sizeof a);
        memcpy(b, moe_flow_points(other), sizeof b);
        assert_memory_equal(a, b, sizeof a);
        struct saved one = saved_flow(p.context, flow), two = saved_flow(q.context, other);
        assert_same_state(&one, &two);
        saved_free(&saved);
        saved_free(&one);
        saved_free(&two);
        moe_flow_destroy(flow);
        moe_flow_destroy(other);
        problem_free(&q);
    }
    problem_free(&p);
}

/* After an attempt that failed, when the slopes of the last step are half overwritten, some with NaN. */
static void test_after_a_failure(void **state)
{
    (void)state;
    static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                      MOE_METHOD_LOW_STORAGE};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (int64_t call = 40; call < 140; call += 9) {
            struct wave wave[2];
            struct problem p, q;
            make_problem(&p, &wave[0], 1);
            moe_flow *flow = problem_flow(&p, methods[m], 1e-5);
            wave[0].fail_from = call;
            wave[0].fail_until = call + 1000000;
            wave[0].fail_with = call % 2 ? -7 : 0; /* 0: NaN */
            int32_t status = moe_flow_advance(flow, 20);
            assert_int_equal(status, call % 2 ? MOE_ERROR_CALLBACK : MOE_ERROR_STEP);
            wave[0].fail_until = 0;
            struct saved saved = saved_flow(p.context, flow);
            make_problem(&q, &wave[1], 2);
            moe_flow *other = restored(&q, &saved);
            status = moe_flow_advance(flow, 20); /* a step that NaN has made too short stays so */
            assert_true(status == MOE_OK || (call % 2 == 0 && status == MOE_ERROR_STEP));
            assert_int_equal(moe_flow_advance(other, 20), status);
            struct saved one = saved_flow(p.context, flow), two = saved_flow(q.context, other);
            assert_same_state(&one, &two);
            saved_free(&saved);
            saved_free(&one);
            saved_free(&two);
            moe_flow_destroy(flow);
            moe_flow_destroy(other);
            problem_free(&q);
            problem_free(&p);
        }
}

/* ---- memory --------------------------------------------------------------------------------------- */

static int32_t save_and_restore(moe_context *context, void *self)
{
    const double theta[] = {0.3, 1.2, 2, -0.4}, w[] = {0.5, 0.5}, turns[] = {2 * PI, 2 * PI};
    struct wave *wave = self;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_measure *mu = NULL;
    moe_flow *flow = NULL, *other = NULL;
    uint8_t bytes[8000];
    int64_t length = 0;
    int32_t status = wave_expert(context, wave, &expert);
    if (!status)
        status = moe_model_create(context, expert, INPUTS, x, y, NULL, &model);
    if (!status)
        status = moe_measure_create(context, 2, turns, 2, theta, w, &mu);
    if (!status)
        status = moe_flow_create(context, model, mu, &flow);
    if (!status)
        status = moe_flow_record(flow);
    if (!status)
        status = moe_flow_step(flow, 0.1);
    if (!status)
        status = moe_flow_save(flow, bytes, sizeof bytes, &length);
    if (!status)
        status = moe_flow_restore(context, model, bytes, length, NULL, &other);
    if (status && other)
        status = MOE_ERROR_CHECK; /* a handle is left although the call failed */
    if (!status)
        status = moe_flow_step(other, 0.2);
    moe_flow_destroy(flow);
    moe_flow_destroy(other);
    moe_measure_destroy(mu);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    struct wave wave = {.d = 2, .c = {1, 1.3}, .a = {1, 2.5}};
    assert_true(failing_sweep(save_and_restore, &wave) > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_before_the_first_step),
        cmocka_unit_test(test_after_a_failure),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("flow_state", tests, NULL, NULL);
}
