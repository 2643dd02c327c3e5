/* study.c - does a small quantum mixture approach its limit at the theory's rate?
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>
#include <stdio.h>
#include <string.h>

static const char circuit_text[] = "OPENQASM 3.0; input float x; input float theta; qubit q;"
                                   "rx(x) q; ry(theta) q; ry(x + 0.3) q;";

static const char *const names[] = {"prediction", "largest error", "coupling",   "largest one",
                                    "loss",       "W_1, above",    "W_1, below", "W_2, above",
                                    "W_2, below", "of two experts"};

int main(void)
{
    const double x[] = {-1, -0.3, 0.4, 1.2}, y[] = {0.4, -0.2, 0.1, 0.5}, time = 2;
    moe_context *context = NULL;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    moe_model *model = NULL;
    moe_law *uniform = NULL;
    moe_study *study = NULL;
    int failed = moe_context_create(NULL, &context) ||
                 qnn_circuit_read(context, circuit_text, (int64_t)strlen(circuit_text), &circuit) ||
                 qnn_expert_create(context, circuit, NULL, &expert) ||
                 moe_model_create(context, expert, 4, x, y, NULL, &model) ||
                 moe_law_create(context, 1, moe_expert_period(expert), &uniform) ||
                 moe_study_create(context, model, uniform, &study) || moe_study_set_times(study, 1, &time) ||
                 moe_study_run(study);
    for (int32_t q = 0; q < MOE_STUDY_QUANTITIES && !failed; q++) {
        double mean[7], theory, exponent[3], probability;
        failed = moe_study_means(study, q, 0, mean, NULL, NULL) ||
                 moe_study_rate(study, q, 0, &theory, exponent, &probability, NULL);
        printf("%-13s N = 16: %.4f, N = 1024: %.4f; N^%.3f [%.3f, %.3f], theory %.1f, p = %.2f\n", names[q],
               mean[0], mean[6], exponent[0], exponent[1], exponent[2], theory, probability);
    }
    if (failed)
        fprintf(stderr, "%s\n", moe_context_error(context));
    moe_study_destroy(study);
    moe_law_destroy(uniform);
    moe_model_destroy(model);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    moe_context_destroy(context);
    return failed;
}
