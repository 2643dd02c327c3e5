/* walk_base.c - contexts, files, and experts by themselves.
 *
 * SPDX-License-Identifier: MIT */
#include "torture/torture.h"

#include <stdlib.h>
#include <unistd.h>

static int32_t no_message(void *self, int32_t rank, int64_t bytes, const void *data)
{
    (void)self, (void)rank, (void)bytes, (void)data;
    return -1;
}

static int32_t nothing_comes(void *self, int32_t rank, int64_t bytes, void *data)
{
    (void)self, (void)rank, (void)bytes, (void)data;
    return -1;
}

static void settings(struct torture *t)
{
    moe_context *c = t->context;
    const moe_executor executor = {sizeof executor, t, host_run};
    const moe_communicator alone = {sizeof alone, t, 0, 1, no_message, nothing_comes, NULL};
    char text[200];
    int64_t length;
    moe_measure *mu = NULL;
    TRY(moe_build_info(text, sizeof text, &length));
    TRY(moe_context_set_threads(c, 3));
    TRY(moe_context_set_threads(c, 1));
    TRY(moe_context_set_executor(c, &executor, 4));
    TRY(moe_context_set_communicator(c, &alone));
    TRY(moe_context_set_progress(c, host_progress, t));
    TRY(moe_context_set_mapping(c, ".", 4096));
    TRY(host_measure(t, 1000, 0, &mu));
    torture_note(t, 2000, moe_measure_points(mu));
    moe_context_cancel(c);
    const int32_t numbers[] = {moe_context_threads(c),
                               moe_context_rank(c),
                               moe_context_ranks(c),
                               moe_context_callback_status(c),
                               (int32_t)strlen(moe_version()),
                               (int32_t)strlen(moe_status_name(MOE_ERROR_MEMORY)),
                               (int32_t)strlen(moe_status_text(MOE_ERROR_MEMORY)),
                               moe_context_fail(c, MOE_ERROR_VALUE, "said by the host")};
    torture_bytes(t, sizeof numbers, numbers);
done:
    moe_measure_destroy(mu);
}

static void files(struct torture *t)
{
    char directory[] = "torture.XXXXXX", path[40], back[9] = "";
    int64_t length = 0;
    if (!mkdtemp(directory)) {
        torture_report(t, MOE_ERROR_FILE, "mkdtemp", __FILE__, __LINE__);
        return;
    }
    snprintf(path, sizeof path, "%s/state", directory);
    TRY(moe_state_write(t->context, path, "12345678", 8));
    TRY(moe_state_read(t->context, path, NULL, 0, &length));
    TRY(moe_state_read(t->context, path, back, sizeof back, &length));
    torture_bytes(t, length, back);
done:
    unlink(path);
    rmdir(directory);
}

static void experts(struct torture *t)
{
    enum { COUNT = 5, M = 2 };
    const double theta[COUNT * HOST_D] = {0.1, 0.5, 1.2, -0.3, 2.2, 0.1, 3.1, 0.9, 4.5, -0.8};
    double f[COUNT * HOST_POINTS * HOST_K], g[COUNT * HOST_D], direction[COUNT * M * HOST_D];
    double df[COUNT * M * HOST_POINTS * HOST_K], h[COUNT * M * HOST_D], bound[3];
    int32_t exact = 0;
    moe_expert *expert = NULL;
    for (int i = 0; i < COUNT * M * HOST_D; i++)
        direction[i] = cos(i);
    TRY(host_expert(t, &expert));
    TRY(moe_expert_check(t->context, expert, HOST_POINTS, host_x, COUNT, theta));
    TRY(moe_expert_values(t->context, expert, HOST_POINTS, host_x, COUNT, theta, f));
    torture_note(t, COUNT * HOST_POINTS * HOST_K, f);
    TRY(moe_expert_pullback(t->context, expert, HOST_POINTS, host_x, COUNT, theta, host_y, g));
    torture_note(t, COUNT * HOST_D, g);
    TRY(moe_expert_tangent(t->context, expert, HOST_POINTS, host_x, COUNT, theta, M, direction, host_y, df, h,
                           &exact));
    torture_note(t, COUNT * M * HOST_POINTS * HOST_K, df);
    torture_note(t, COUNT * M * HOST_D, h);
    TRY(moe_expert_bounds(t->context, expert, &bound[0], &bound[1], &bound[2]));
    torture_note(t, 3, bound);
    torture_note(t, HOST_D, moe_expert_period(expert));
    const int64_t shape[] = {exact, moe_expert_parameters(expert), moe_expert_inputs(expert),
                             moe_expert_outputs(expert)};
    torture_bytes(t, sizeof shape, shape);
done:
    moe_expert_destroy(expert);
}

const struct walks walks_base[] = {
    {"settings", settings}, {"files", files}, {"experts", experts}, {NULL, NULL}};
