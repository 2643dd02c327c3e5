/* limit.c - the mean-field limit of a small quantum circuit to a tolerance, with its error.
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>
#include <stdio.h>
#include <string.h>

static const char circuit_text[] = "OPENQASM 3.0; input float x; input array[float, 3] theta; qubit[2] q;"
                                   "ry(x) q; ry(theta[0]) q[0]; ry(theta[1]) q[1];"
                                   "cx q[0], q[1]; ry(theta[2]) q[1];\n"
                                   "pragma moefield observable 0 0.5 ZI\n"
                                   "pragma moefield observable 0 0.5 IZ\n";

int main(void)
{
    const double x[] = {-1, -0.3, 0.4, 1.2}, y[] = {0.4, -0.2, 0.1, 0.5}, times[] = {1, 3, 10};
    moe_context *context = NULL;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *uniform = NULL;
    moe_limit *limit = NULL;
    double f[4], error[3];
    int failed = moe_context_create(NULL, &context) ||
                 qnn_circuit_read(context, circuit_text, (int64_t)strlen(circuit_text), &circuit) ||
                 qnn_expert_create(context, circuit, NULL, &expert) ||
                 moe_model_create(context, expert, 4, x, y, NULL, &model) ||
                 moe_law_create(context, 3, moe_expert_period(expert), &uniform) ||
                 moe_limit_create(context, model, uniform, &limit) || moe_limit_set_times(limit, 3, times) ||
                 moe_limit_set_tolerance(limit, 1e-8) || moe_limit_solve(limit) ||
                 moe_limit_errors(limit, error);
    for (int64_t i = 0; i < 3 && !failed; i++) {
        failed = moe_limit_predictions(limit, i, f);
        printf("t = %2g: %+.8f %+.8f %+.8f %+.8f, error about %.0e\n", times[i], f[0], f[1], f[2], f[3],
               error[i]);
    }
    if (failed)
        fprintf(stderr, "%s\n", moe_context_error(context));
    moe_limit_destroy(limit);
    moe_law_destroy(uniform);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return failed;
}
