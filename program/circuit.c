/* circuit.c - moefield circuit: draws a circuit and says what is known of it.
 *
 * SPDX-License-Identifier: MIT */
#include "commands.h"
#include "gates.h"
#include "problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct facts {
    double value, gradient, curvature;
    const double *period;
};

static void print_facts(const struct gates *gates, const struct facts *facts, bool ascii)
{
    printf("\n%lld qubit%s, %lld gates, %lld parameters, %lld inputs, %lld output%s\n",
           (long long)gates->qubits, gates->qubits == 1 ? "" : "s", (long long)gates->count,
           (long long)gates->parameters, (long long)gates->inputs, (long long)gates->outputs,
           gates->outputs == 1 ? "" : "s");
    for (int64_t g = 0; g < gates->count; g++)
        if (!gates->gate[g].qubits)
            printf("a phase of all qubits: gphase(%s)\n", gates->gate[g].angle);
    printf("periods:");
    for (int64_t k = 0; k < gates->parameters; k++)
        printf(isinf(facts->period[k]) ? " real" : " %.6g", facts->period[k]);
    printf("\n|f| %s %.6g, |Df| %s %.6g, Lip(Df) %s %.6g\n", ascii ? "<=" : "≤", facts->value,
           ascii ? "<=" : "≤", facts->gradient, ascii ? "<=" : "≤", facts->curvature);
}

static json_t *facts_json(const struct gates *gates, const struct facts *facts)
{
    json_t *list = json_array(), *period = json_array(), *terms = json_array();
    for (int64_t g = 0; g < gates->count; g++) {
        const struct gate *gate = &gates->gate[g];
        json_t *qubits = json_array();
        for (int i = 0; i < gate->qubits; i++)
            json_array_append_new(qubits, json_integer(gate->qubit[i]));
        json_array_append_new(
            list, json_pack("{s:s, s:s?, s:o}", "gate", gate->name, "angle", gate->angle, "qubits", qubits));
    }
    for (int64_t k = 0; k < gates->parameters; k++)
        json_array_append_new(period, json_number(facts->period[k]));
    for (int64_t i = 0; i < gates->terms; i++)
        json_array_append_new(terms, json_pack("{s:I, s:f, s:s}", "output", (json_int_t)gates->term[i].output,
                                               "coefficient", gates->term[i].coefficient, "string",
                                               gates->term[i].string));
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "qubits",
                     (json_int_t)gates->qubits, "parameters", (json_int_t)gates->parameters, "inputs",
                     (json_int_t)gates->inputs, "outputs", (json_int_t)gates->outputs, "gates", list,
                     "observables", terms, "periods", period, "sup |f|", json_number(facts->value),
                     "sup |Df|", json_number(facts->gradient), "Lip Df", json_number(facts->curvature));
}

static int show(const struct options *options, const struct gates *gates, const char *text,
                const struct facts *facts)
{
    const bool ascii = flag_option(options, O_ASCII);
    if (flag_option(options, O_QASM))
        fputs(text, stdout);
    else if (flag_option(options, O_JSON)) {
        json_t *all = facts_json(gates, facts);
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
    } else {
        draw_circuit(gates, ascii, integer_option(options, O_WIDTH));
        putchar('\n');
        draw_observables(gates, ascii);
        if (!flag_option(options, O_QUIET))
            print_facts(gates, facts, ascii);
    }
    return END_GOOD;
}

int circuit_command(const struct options *options, struct results *results)
{
    moe_context *context = NULL;
    qnn_circuit *circuit = NULL;
    moe_expert *expert = NULL;
    struct gates gates = {0};
    struct facts facts;
    char *text = NULL;
    (void)results;
    int end = context_open(options, &context);
    if (!end)
        end = circuit_read(context, options->operand[0], &circuit);
    if (!end)
        end = gates_of(context, circuit, &gates, &text);
    if (!end)
        end = library_end(context, qnn_expert_create(context, circuit, NULL, &expert), options->operand[0]);
    if (!end)
        end = library_end(context,
                          moe_expert_bounds(context, expert, &facts.value, &facts.gradient, &facts.curvature),
                          "bounding the circuit");
    if (!end) {
        facts.period = moe_expert_period(expert);
        end = show(options, &gates, text, &facts);
    }
    free(text);
    gates_free(&gates);
    moe_expert_destroy(expert);
    qnn_circuit_destroy(circuit);
    context_close(context);
    return end;
}
