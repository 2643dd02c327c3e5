/* state.c - a study as bytes, from which another one goes on.
 *
 *   "moestudy"  version  length  |  of the model  of the law  |  request  |  limit  |  replicas  |  checksum
 *
 * in little-endian numbers of 8 bytes. The limit is stored, not computed again: it is what a study begins
 * with, and often the costliest part of it. Of model and law, which are the host's functions in part, there
 * are fingerprints: checksums of all that is data, and of what both compute at a few draws, bit by bit; so a
 * study goes on only where it would have come to the same bits.
 *
 * SPDX-License-Identifier: MIT */
#include "limit/state.h"
#include "base/sealed.h"
#include "measure/measure.h"
#include "model/fingerprint.h"
#include "study/study.h"

enum { PROBES = 16 };
static const moei_seal seal = {INT64_C(0x7964757473656f6d), 1, "study"}; /* "moestudy" */

/* ---- fingerprints ----------------------------------------------------------------------------- */

/* Shape and data, and what the model makes of a measure: values, gradients, loss, potential, mobilities. */
static int32_t fingerprint_model(const moe_study *study, const moe_measure *probe, uint64_t *sum)
{
    const moe_model *model = study->model;
    const moe_expert *expert = model->expert;
    const int64_t size = moei_probe_size(model, probe->count);
    const int64_t shape[] = {expert->d, expert->p, expert->K, model->n};
    moei_writer out = {0};
    double *seen = MOEI_NEW(study->core, size, double);
    if (!seen)
        return moei_out_of_memory(study->context, "a model's fingerprint");
    moei_write_integers(&out, 4, shape);
    moei_write_numbers(&out, expert->d, expert->period);
    moei_write_numbers(&out, model->n * expert->p, model->x);
    moei_write_numbers(&out, moei_model_width(model), model->y);
    moei_write_numbers(&out, model->n, model->v);
    moei_write_number(&out, model->terms.scale);
    const int32_t status = moei_probe_model(study->context, model, probe, seen);
    if (!status)
        moei_write_numbers(&out, size, seen);
    moei_free(study->core, seen);
    *sum = out.checksum;
    return status;
}

/* The kinds of its coordinates with their numbers and tables, and some draws. */
static uint64_t fingerprint_law(const moe_law *law, const moe_measure *probe)
{
    moei_writer out = {0};
    moei_write_integer(&out, law->d);
    moei_write_numbers(&out, law->d, law->period);
    for (int64_t k = 0; k < law->d; k++) {
        const moei_law_coordinate *at = &law->coordinate[k];
        moei_write_integer(&out, at->kind);
        moei_write_number(&out, at->a);
        moei_write_number(&out, at->b);
        moei_write_integer(&out, at->first);
        if (at->kind == MOEI_LAW_SAMPLES && at->table)
            moei_write_numbers(&out, at->count * at->width, at->table);
    }
    moei_write_numbers(&out, probe->count * probe->d, probe->points);
    return out.checksum;
}

static int32_t fingerprints(const moe_study *study, uint64_t sums[2])
{
    moe_measure *probe = NULL;
    moei_study_hold(study);
    int32_t status = moe_measure_random(study->context, study->law, 0, 0, 0, PROBES, &probe);
    if (!status)
        status = fingerprint_model(study, probe, &sums[0]);
    if (!status)
        sums[1] = fingerprint_law(study->law, probe);
    moei_study_let_go(study);
    moe_measure_destroy(probe);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void write_request(const moe_study *study, moei_writer *out)
{
    moei_write_integer(out, study->times);
    moei_write_numbers(out, study->times, study->time);
    moei_write_integer(out, study->sizes);
    moei_write_integers(out, study->sizes, study->experts);
    moei_write_integer(out, study->least);
    moei_write_integer(out, study->most);
    moei_write_integer(out, study->most_w1);
    moei_write_integer(out, study->most_w2);
    moei_write_integer(out, study->tuple);
    moei_write_integer(out, (int64_t)study->seed);
    moei_write_number(out, study->precision);
    moei_write_number(out, study->tolerance);
}

struct saved {
    const moe_study *study;
    uint64_t sums[2];
};

static void write_all(void *self, moei_writer *out)
{
    const struct saved *saved = self;
    const moe_study *study = saved->study;
    moei_write_integer(out, (int64_t)saved->sums[0]);
    moei_write_integer(out, (int64_t)saved->sums[1]);
    write_request(study, out);
    moei_limit_write(study->limit, out);
    for (int64_t i = 0; i < study->sizes; i++) {
        moei_write_integer(out, study->replicas[i]);
        moei_write_numbers(out, 2 * study->times * moei_model_width(study->model), study->shifts[i]);
        moei_write_numbers(out, study->replicas[i] * study->times * MOE_STUDY_QUANTITIES, study->series[i]);
    }
}

MOE_PUBLIC int32_t moe_study_save(const moe_study *study, void *bytes, int64_t capacity, int64_t *length)
{
    struct saved saved = {.study = study};
    int32_t status = moei_study_need_result(study);
    if (!status)
        status = moei_need_capacity(study->context, bytes, capacity, length);
    if (!status)
        status = fingerprints(study, saved.sums);
    if (status)
        return moei_public_status(status);
    *length = moei_seal_length(write_all, &saved);
    status = moei_seal_fits(study->context, &seal, capacity, *length);
    if (!status && capacity)
        moei_seal_write(&seal, write_all, &saved, bytes, *length);
    return status;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int32_t refuse(const moe_study *study, const char *reason)
{
    return moei_fail(study->context, MOE_ERROR_VALUE, "bytes are not a saved study: %s", reason);
}

static int32_t of_another(const moe_study *study, const char *what)
{
    return moei_fail(study->context, MOE_ERROR_DOMAIN, "the saved study is one with another %s", what);
}

static int32_t need_same_things(const moe_study *study, moei_reader *in)
{
    uint64_t sums[2] = {0};
    const int32_t status = fingerprints(study, sums);
    if (status)
        return moei_public_status(status);
    const uint64_t model = (uint64_t)moei_read_integer(in), law = (uint64_t)moei_read_integer(in);
    if (law != sums[1])
        return of_another(study, "law");
    if (model != sums[0])
        return of_another(study, "model (expert, data or objective), or its numbers come out otherwise here");
    return MOE_OK;
}

/* The same times, numbers of experts, and options, one by one. */
static int32_t need_same_request(const moe_study *study, moei_reader *in)
{
    bool same = moei_read_integer(in) == study->times;
    for (int64_t t = 0; t < study->times && same; t++)
        same = moei_read_number(in) == study->time[t];
    if (!same)
        return of_another(study, "row of times");
    same = moei_read_integer(in) == study->sizes;
    for (int64_t i = 0; i < study->sizes && same; i++)
        same = moei_read_integer(in) == study->experts[i];
    if (!same)
        return of_another(study, "row of numbers of experts");
    const struct {
        int64_t mine;
        const char *name;
    } integers[] = {{study->least, "least number of replicas"},
                    {study->most, "largest number of replicas"},
                    {study->most_w1, "most_w1"},
                    {study->most_w2, "most_w2"},
                    {study->tuple, "k of its marginals"},
                    {(int64_t)study->seed, "seed"}};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        if (moei_read_integer(in) != integers[i].mine)
            return of_another(study, integers[i].name);
    if (moei_read_number(in) != study->precision)
        return of_another(study, "precision");
    return moei_read_number(in) == study->tolerance ? MOE_OK : of_another(study, "tolerance");
}

static int32_t read_replicas(moe_study *study, moei_reader *in)
{
    for (int64_t i = 0; i < study->sizes; i++) {
        const int64_t count = moei_read_integer(in), width = study->times * MOE_STUDY_QUANTITIES;
        if (count < 0 || count > study->most || !moei_has_numbers(in, moei_mul(count, width)))
            return refuse(study, "there are not as many replicas as they say");
        moei_read_numbers(in, 2 * study->times * moei_model_width(study->model), study->shifts[i]);
        moei_read_numbers(in, count * width, study->series[i]);
        study->replicas[i] = count;
    }
    return in->short_of || in->at != in->length ? refuse(study, "they have another length") : MOE_OK;
}

/* The saved result in place of the one there is, which stays if it cannot be read. */
static int32_t read_result(moe_study *study, moei_reader *in)
{
    moe_study before = *study;
    study->limit = NULL;
    study->series = NULL;
    study->shifts = NULL;
    study->replicas = NULL;
    int32_t status = moei_study_make_room(study);
    if (!status)
        status = moei_study_make_limit(study, &study->limit);
    if (!status)
        status = moei_limit_read(study->limit, in);
    if (!status)
        status = read_replicas(study, in);
    moei_study_forget(status ? study : &before);
    if (status)
        *study = before;
    return status;
}

MOE_PUBLIC int32_t moe_study_restore(moe_study *study, const void *bytes, int64_t length)
{
    int32_t status = moei_study_may_change(study, "its state");
    if (status)
        return status;
    if ((status = moei_need(study->context, bytes, "bytes")) ||
        (status = moei_need_size(study->context, length, "length")))
        return status;
    moei_reader in = {.bytes = bytes, .length = length};
    moei_study_hold(study);
    if (!(status = moei_need_sealed(study->context, &seal, &in)) &&
        !(status = need_same_things(study, &in)) && !(status = need_same_request(study, &in)))
        status = read_result(study, &in);
    moei_study_let_go(study);
    return status;
}
