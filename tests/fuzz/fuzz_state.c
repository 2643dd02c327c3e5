/* fuzz_state.c - libFuzzer's door to the readers of states: bytes change the words of a good state, under a checksum
 * that is made right again, or are a state themselves.
 *
 * The first byte names the state: a flow of each method, a driven one, a study; or raw bytes. Then come changes of
 * 11 bytes: where (2), how (1: replaced, added, cut off from here) and by what (8). Whatever comes out is refused with a
 * sentence, or is a flow that can be asked and run, or a study that can be.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "support/experts.h"
#include "support/restored.h"

#include "base/bytes.h"

enum { FLOWS = 6, STUDY = FLOWS, RAW, KINDS, WORD = 8, CHANGE = 11, EXPERTS = 20, D = 2, POINTS = 3 };

static const double x[POINTS] = {-1, 0.2, 1.1}, y[POINTS] = {0.4, -0.2, 0.3};
static const double period[D] = {6.283185307179586, 6.283185307179586};

static struct wave wave = {.d = D, .c = {1, 0.5}, .a = {1, -2}};
static struct state {
    uint8_t *bytes;
    int64_t length;
} good[KINDS];

/* ---- what is restored ---------------------------------------------------------------------------- */

static void make_model(moe_context *context, moe_model **model)
{
    moe_expert *expert;
    NEED(wave_expert(context, &wave, &expert) == MOE_OK);
    NEED(moe_model_create(context, expert, POINTS, x, y, NULL, model) == MOE_OK);
    moe_expert_destroy(expert);
}

static void make_study(moe_context *context, moe_study **study)
{
    const double times[] = {0.5};
    const int64_t experts[] = {4, 8};
    moe_model *model;
    moe_law *law;
    make_model(context, &model);
    NEED(moe_law_create(context, D, period, &law) == MOE_OK);
    NEED(moe_study_create(context, model, law, study) == MOE_OK);
    NEED(moe_study_set_times(*study, 1, times) == MOE_OK);
    NEED(moe_study_set_experts(*study, 2, experts) == MOE_OK);
    NEED(moe_study_set_replicas(*study, 3, 3, 0) == MOE_OK);
    NEED(moe_study_set_tolerance(*study, 1e-3) == MOE_OK);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

static void save_flow(moe_flow *flow, struct state *state)
{
    NEED(moe_flow_save(flow, NULL, 0, &state->length) == MOE_OK);
    state->bytes = malloc((size_t)state->length);
    NEED(state->bytes && moe_flow_save(flow, state->bytes, state->length, &state->length) == MOE_OK);
}

/* The flows of all methods, with a field and a step that was looked into; and one that the last field drives. */
static void save_flows(moe_context *context)
{
    static const int32_t methods[] = {MOE_METHOD_DOPRI5, MOE_METHOD_DOP853, MOE_METHOD_ADAMS, MOE_METHOD_RKC,
                                      MOE_METHOD_LOW_STORAGE};
    double inside[EXPERTS * D];
    moe_model *model;
    moe_law *law;
    moe_measure *mu;
    moe_flow *flow;
    moe_field *field = NULL;
    make_model(context, &model);
    NEED(moe_law_create(context, D, period, &law) == MOE_OK);
    NEED(moe_measure_random(context, law, 1, 0, 0, EXPERTS, &mu) == MOE_OK);
    for (int i = 0; i < FLOWS; i++) {
        if (i < FLOWS - 1) {
            NEED(moe_flow_create(context, model, mu, &flow) == MOE_OK);
            NEED(moe_flow_set_method(flow, methods[i]) == MOE_OK);
            NEED(moe_flow_record(flow) == MOE_OK);
        } else
            NEED(moe_flow_create_driven(context, field, mu, &flow) == MOE_OK);
        NEED(moe_flow_advance(flow, 0.5) == MOE_OK);
        NEED(moe_flow_interpolate(flow, (moe_flow_previous_time(flow) + 0.5) / 2, inside) == MOE_OK);
        save_flow(flow, &good[i]);
        moe_field_destroy(field);
        field = NULL;
        if (i < FLOWS - 1)
            NEED(moe_flow_field(flow, &field) == MOE_OK);
        moe_flow_destroy(flow);
    }
    moe_measure_destroy(mu);
    moe_law_destroy(law);
    moe_model_destroy(model);
}

static void save_study(moe_context *context, struct state *state)
{
    moe_study *study;
    make_study(context, &study);
    NEED(moe_study_run(study) == MOE_OK);
    NEED(moe_study_save(study, NULL, 0, &state->length) == MOE_OK);
    state->bytes = malloc((size_t)state->length);
    NEED(state->bytes && moe_study_save(study, state->bytes, state->length, &state->length) == MOE_OK);
    moe_study_destroy(study);
}

static void make_states(void)
{
    moe_context *context;
    NEED(moe_context_create(NULL, &context) == MOE_OK);
    save_flows(context);
    save_study(context, &good[STUDY]);
    moe_context_destroy(context);
}

/* ---- what the bytes make of it ------------------------------------------------------------------- */

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < WORD; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static void put_word(uint8_t *bytes, uint64_t word)
{
    for (int i = 0; i < WORD; i++)
        bytes[i] = (uint8_t)(word >> 8 * i);
}

/* One change of the words of bytes[*length]. */
static void change(uint8_t *bytes, int64_t *length, const uint8_t *by)
{
    const int64_t words = *length / WORD, at = (by[0] | by[1] << 8) % words;
    const uint64_t what = word_at(by + 3);
    switch (by[2] % 4) {
    case 0:
        put_word(bytes + at * WORD, what);
        break;
    case 1:
        put_word(bytes + at * WORD, word_at(bytes + at * WORD) + what);
        break;
    case 2:
        put_word(bytes + at * WORD, word_at(bytes + at * WORD) ^ what);
        break;
    default:
        *length = (at + 4 > words ? words : at + 4) * WORD;
    }
}

/* Length and checksum as they have to be: else nothing behind them would be seen. */
static void mend(uint8_t *bytes, int64_t length)
{
    if (length < 4 * WORD)
        return;
    put_word(bytes + 2 * WORD, (uint64_t)length);
    put_word(bytes + length - WORD, moei_checksum(0, length - WORD, bytes));
}

static void try_flow(moe_context *context, const uint8_t *bytes, int64_t length)
{
    moe_model *model;
    make_model(context, &model);
    const int32_t status = restore_bytes(context, model, bytes, length);
    NEED(status <= 0 && (status == MOE_OK || *moe_context_error(context)));
    moe_model_destroy(model);
}

static int32_t stop(void *self, const char *what, double part)
{
    (void)what, (void)part;
    return --*(int *)self < 0;
}

static void try_study(moe_context *context, const uint8_t *bytes, int64_t length)
{
    double mean[2], error[2];
    int64_t room;
    int looks = 20;
    moe_study *study;
    make_study(context, &study);
    const int32_t status = moe_study_restore(study, bytes, length);
    NEED(status <= 0 && (status == MOE_OK || *moe_context_error(context)));
    if (!status) {
        for (int32_t q = 0; q < MOE_STUDY_QUANTITIES; q++)
            moe_study_means(study, q, 0, mean, error, NULL);
        moe_study_save(study, NULL, 0, &room);
        moe_context_set_progress(context, stop, &looks);
        moe_study_run(study);
    }
    moe_study_destroy(study);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    moe_context *context;
    if (!good[0].bytes)
        make_states();
    if (size == 0)
        return 0;
    const int kind = input[0] % KINDS;
    int64_t length = kind == RAW ? (int64_t)size - 1 : good[kind].length;
    uint8_t *bytes = malloc((size_t)length + 1);
    NEED(bytes != NULL);
    memcpy(bytes, kind == RAW ? input + 1 : good[kind].bytes, (size_t)length);
    for (size_t at = 1; kind != RAW && at + CHANGE <= size; at += CHANGE)
        change(bytes, &length, input + at);
    mend(bytes, length);
    uint8_t *exact = malloc((size_t)length + !length); /* of just this size, for the sanitizers */
    NEED(exact != NULL);
    memcpy(exact, bytes, (size_t)length);
    NEED(moe_context_create(NULL, &context) == MOE_OK);
    if (kind != STUDY)
        try_flow(context, exact, length);
    if (kind == STUDY || kind == RAW)
        try_study(context, exact, length);
    moe_context_destroy(context);
    free(exact);
    free(bytes);
    return 0;
}
