/* test_outputs.c - an output handle is NULL after whatever failure, of a call without a context or handle too.
 *
 * SPDX-License-Identifier: MIT */
#include "support/test.h"

#define NULL_AFTER(type, call)                                                                               \
    do {                                                                                                     \
        type *out = (type *)&out;                                                                            \
        assert_int_equal((call), MOE_ERROR_NULL);                                                            \
        assert_null(out);                                                                                    \
    } while (0)

static void test_without_context(void **state)
{
    (void)state;
    const moe_expert_ops ops = {.struct_size = sizeof ops};
    const double number = 1;
    const int64_t size = 1;
    double form;
    NULL_AFTER(moe_expert, moe_expert_create(NULL, &ops, NULL, 1, 1, 1, &number, &out));
    NULL_AFTER(moe_law, moe_law_create(NULL, 1, &number, &out));
    NULL_AFTER(moe_measure, moe_measure_create(NULL, 1, &number, 1, &number, NULL, &out));
    NULL_AFTER(moe_measure, moe_measure_random(NULL, NULL, 1, 0, 0, 1, &out));
    NULL_AFTER(moe_measure, moe_measure_tensor(NULL, NULL, &size, &out));
    NULL_AFTER(moe_measure, moe_measure_lattice(NULL, NULL, 1, NULL, 0, 0, &out));
    NULL_AFTER(moe_objective, moe_objective_create(NULL, NULL, &out));
    NULL_AFTER(moe_model, moe_model_create(NULL, NULL, 1, &number, &number, NULL, &out));
    NULL_AFTER(moe_model, moe_model_create_for(NULL, NULL, 1, &number, &number, NULL, &out));
    NULL_AFTER(moe_law, moe_model_reduce(NULL, NULL, NULL, 0, NULL, &out, &form));
    NULL_AFTER(moe_transport, moe_transport_create(NULL, NULL, NULL, 1, &out));
    NULL_AFTER(qnn_circuit, qnn_circuit_create(NULL, 1, 1, 1, 1, &out));
    NULL_AFTER(qnn_circuit, qnn_circuit_read(NULL, "", 0, &out));
    NULL_AFTER(moe_expert, qnn_expert_create(NULL, NULL, NULL, &out));
    NULL_AFTER(moe_flow, moe_flow_create(NULL, NULL, NULL, &out));
    NULL_AFTER(moe_flow, moe_flow_create_driven(NULL, NULL, NULL, &out));
    NULL_AFTER(moe_flow, moe_flow_create_spread(NULL, NULL, 1, NULL, NULL, &out));
    NULL_AFTER(moe_flow, moe_flow_restore(NULL, NULL, "", 1, NULL, &out));
    NULL_AFTER(moe_flow, moe_flow_restore_spread(NULL, NULL, "", 1, NULL, &out));
    NULL_AFTER(moe_limit, moe_limit_create(NULL, NULL, NULL, &out));
    NULL_AFTER(moe_study, moe_study_create(NULL, NULL, NULL, &out));
}

static void test_without_handle(void **state)
{
    (void)state;
    NULL_AFTER(moe_measure, moe_flow_measure(NULL, &out));
    NULL_AFTER(moe_field, moe_flow_field(NULL, &out));
    NULL_AFTER(moe_measure, moe_limit_measure(NULL, 0, &out));
    NULL_AFTER(moe_field, moe_limit_field(NULL, &out));
    NULL_AFTER(moe_measure, moe_limit_sample(NULL, 0, 0, 0, 0, 1, &out));
    NULL_AFTER(moe_limit, moe_study_limit(NULL, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_context),
        cmocka_unit_test(test_without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
