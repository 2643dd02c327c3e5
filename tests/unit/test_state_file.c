/* test_state_file.c - files of states: whole, whoever fails or is killed.
 *
 *   test_state_file [kills]
 *
 * A child trains, and after each step saves its flow into one file; it is killed (SIGKILL) at random moments,
 * and the next goes on from the file. After each kill the file has, byte for byte, the state after some step of a
 * run that was never interrupted, and no earlier one than before; the last child ends where that run does.
 *
 * SPDX-License-Identifier: MIT */
#include "support/problem.h"
#include "support/saved.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int kills = 30;
static char directory[64], path[96], fresh[112];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/moe-state-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/flow.state", directory);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    unlink(fresh);
    return rmdir(directory);
}

/* ---- killed --------------------------------------------------------------------------------------- */

enum { EXPERTS = 3000 };
static const double end_time = 1.5, longest_step = 0.01;

static moe_flow *begin(struct problem *p, struct wave *wave)
{
    const double x[] = {0.4, -0.3}, y[] = {0.6, 0.1};
    *wave = (struct wave){.d = 2, .c = {1, 0.5}, .a = {1, 2}};
    problem_of_waves(p, wave);
    problem_model(p, 2, x, y, NULL);
    problem_draws(p, 1, 0, EXPERTS);
    moe_flow *flow = problem_flow(p, MOE_METHOD_ADAMS, 1e-4);
    assert_ok(p->context, moe_flow_set_steps(flow, 0, longest_step));
    return flow;
}

/* The file's bytes; none if there is no file. */
static struct saved read_state(moe_context *context)
{
    struct saved saved = {NULL, 0};
    const int32_t status = moe_state_read(context, path, NULL, 0, &saved.length);
    if (status == MOE_ERROR_FILE)
        return saved;
    assert_ok(context, status);
    saved.bytes = malloc((size_t)saved.length);
    assert_ok(context, moe_state_read(context, path, saved.bytes, saved.length, &saved.length));
    return saved;
}

static moe_flow *go_on(const struct problem *p, const struct saved *saved)
{
    moe_flow *flow;
    int32_t exact = 0;
    assert_ok(p->context, moe_flow_restore(p->context, p->model, saved->bytes, saved->length, &exact, &flow));
    assert_int_equal(exact, 1);
    return flow;
}

/* The child: 0 at the end. */
static int train(void)
{
    struct problem p;
    struct wave wave;
    moe_flow *flow = begin(&p, &wave);
    struct saved saved = read_state(p.context);
    if (saved.bytes) {
        moe_flow_destroy(flow);
        flow = go_on(&p, &saved);
    }
    while (moe_flow_time(flow) < end_time) {
        int64_t length = 0;
        if (moe_flow_step(flow, end_time) || moe_flow_save(flow, NULL, 0, &length))
            return 1;
        uint8_t *bytes = malloc((size_t)length);
        if (moe_flow_save(flow, bytes, length, &length) || moe_state_write(p.context, path, bytes, length))
            return 2;
        free(bytes);
    }
    saved_free(&saved);
    moe_flow_destroy(flow);
    problem_free(&p);
    return 0;
}

/* A child that is killed after so many microseconds, -1: never; whether it came to its end. */
static bool run_child(long microseconds)
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(train());
    if (microseconds >= 0) {
        const struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000};
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return false;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

/* The state of the run that was never interrupted, `steps` on. */
static void check_against(moe_flow *whole, const struct problem *p, const struct saved *saved, int64_t *steps)
{
    int64_t now = 0, then = 0;
    moe_flow *flow = go_on(p, saved);
    moe_flow_counts(flow, &now, NULL, NULL);
    moe_flow_counts(whole, &then, NULL, NULL);
    moe_flow_destroy(flow);
    assert_true(now >= *steps);
    for (; then < now; then++)
        assert_ok(p->context, moe_flow_step(whole, end_time));
    struct saved right = saved_flow(p->context, whole);
    assert_same_state(&right, saved);
    saved_free(&right);
    *steps = now;
}

static void test_killed(void **state)
{
    (void)state;
    struct problem p;
    struct wave wave;
    uint64_t seed = 11;
    int killed = 0, left_over = 0, moved = 0, rounds = 0;
    while (killed < kills) {
        moe_flow *whole = begin(&p, &wave);
        int64_t steps = 0;
        unlink(path);
        for (bool ended = false; !ended && killed < kills;) {
            ended = run_child((long)(2000 + 40000 * test_uniform(&seed)));
            killed += !ended;
            left_over += access(fresh, F_OK) == 0;
            struct saved saved = read_state(p.context);
            const int64_t before = steps;
            if (saved.bytes)
                check_against(whole, &p, &saved, &steps);
            moved += steps > before;
            saved_free(&saved);
        }
        assert_true(run_child(-1));
        struct saved last = read_state(p.context);
        check_against(whole, &p, &last, &steps);
        assert_true(moe_flow_time(whole) == end_time);
        assert_int_not_equal(access(fresh, F_OK), 0); /* the next write took it away */
        saved_free(&last);
        moe_flow_destroy(whole);
        problem_free(&p);
        rounds++;
    }
    print_message("  %d killed in %d runs; %d had come further, %d left a .new behind\n", killed, rounds,
                  moved, left_over);
    assert_true(moved > 0);
}

/* ---- failures ------------------------------------------------------------------------------------- */

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_holds(moe_context *context, const char *text)
{
    char bytes[64] = "";
    int64_t length = 0;
    assert_ok(context, moe_state_read(context, path, bytes, sizeof bytes, &length));
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void test_written_and_read(void **state)
{
    (void)state;
    moe_context *c;
    char bytes[8];
    int64_t length = 0;
    assert_ok(NULL, moe_context_create(NULL, &c));
    unlink(path);
    assert_fails(c, MOE_ERROR_FILE, "no such file", moe_state_read(c, path, NULL, 0, &length));
    assert_ok(c, moe_state_write(c, path, "first", 5));
    assert_holds(c, "first");
    put(fresh, "what a killed process left, longer than what comes");
    assert_ok(c, moe_state_write(c, path, "second", 6));
    assert_holds(c, "second");
    assert_int_not_equal(access(fresh, F_OK), 0);
    assert_fails(c, MOE_ERROR_SIZE, "6 bytes", moe_state_read(c, path, bytes, 5, &length));
    assert_int_equal(length, 6);
    assert_int_equal(chdir(directory), 0); /* a name alone is of this directory */
    assert_ok(c, moe_state_write(c, "flow.state", "third", 5));
    assert_int_equal(chdir("/"), 0);
    assert_holds(c, "third");
    moe_context_destroy(c);
}

static void test_refused(void **state)
{
    (void)state;
    char deep[160];
    moe_context *c;
    int64_t length = 0;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, moe_state_write(c, path, "kept", 4));
    assert_int_equal(moe_state_write(NULL, path, "a", 1), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "path", moe_state_write(c, NULL, "a", 1));
    assert_fails(c, MOE_ERROR_VALUE, "empty", moe_state_write(c, "", "a", 1));
    assert_fails(c, MOE_ERROR_NULL, "bytes", moe_state_write(c, path, NULL, 1));
    assert_fails(c, MOE_ERROR_SIZE, "length", moe_state_write(c, path, "a", 0));
    assert_int_equal(moe_state_read(NULL, path, NULL, 0, &length), MOE_ERROR_NULL);
    assert_fails(c, MOE_ERROR_NULL, "length", moe_state_read(c, path, NULL, 0, NULL));
    assert_fails(c, MOE_ERROR_SIZE, "-3", moe_state_read(c, path, deep, -3, &length));
    snprintf(deep, sizeof deep, "%s/none/flow", directory);
    assert_fails(c, MOE_ERROR_FILE, "no such file or directory", moe_state_write(c, deep, "a", 1));
    snprintf(deep, sizeof deep, "%s/flow", path);
    assert_fails(c, MOE_ERROR_FILE, "not a directory", moe_state_write(c, deep, "a", 1));
    assert_fails(c, MOE_ERROR_FILE, "regular", moe_state_read(c, directory, NULL, 0, &length));
    /* another one at work */
    FILE *other = fopen(fresh, "w");
    assert_non_null(other);
    assert_int_equal(flock(fileno(other), LOCK_EX | LOCK_NB), 0);
    assert_fails(c, MOE_ERROR_FILE, "another call", moe_state_write(c, path, "a", 1));
    fclose(other);
    /* a link in the way leads nowhere */
    unlink(fresh);
    assert_int_equal(symlink(path, fresh), 0);
    assert_fails(c, MOE_ERROR_FILE, "symbolic link", moe_state_write(c, path, "a", 1));
    unlink(fresh);
    assert_holds(c, "kept");
    moe_context_destroy(c);
}

/* A disk that is full, as far as a process can make one for itself. */
static void test_no_space(void **state)
{
    (void)state;
    static char large[1 << 16];
    struct rlimit before, small;
    moe_context *c;
    assert_ok(NULL, moe_context_create(NULL, &c));
    assert_ok(c, moe_state_write(c, path, "kept", 4));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int32_t status = moe_state_write(c, path, large, sizeof large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, MOE_ERROR_FILE);
    assert_non_null(strstr(moe_context_error(c), "too large"));
    assert_holds(c, "kept");
    assert_int_not_equal(access(fresh, F_OK), 0);
    moe_context_destroy(c);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_and_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_space),
        cmocka_unit_test(test_killed),
    };
    if (count > 1)
        kills = atoi(arguments[1]);
    return cmocka_run_group_tests_name("state_file", tests, make_directory, remove_directory);
}
