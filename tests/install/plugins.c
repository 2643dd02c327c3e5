/* plugins.c - a host that loads two plugins, each with a libmoefield of its own, again and again.
 *
 *   plugins STATIC.so SHARED.so
 *
 * Both run at once on two threads, with worker threads; in every round they give the same bits; after dlclose no
 * thread is left and memory does not grow; a child made by fork uses the library in a context of its own.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 40 };

typedef double (*runner)(int32_t threads);

struct plugin {
    const char *path;
    void *handle;
    runner run;
    double result;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "plugins: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    exit(1);
}

static void load(struct plugin *plugin)
{
    plugin->handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle)
        fail(plugin->path, dlerror());
    void *symbol = dlsym(plugin->handle, "plugin_run");
    if (!symbol)
        fail(plugin->path, dlerror());
    memcpy(&plugin->run, &symbol, sizeof symbol);
}

static void *go(void *argument)
{
    struct plugin *plugin = argument;
    plugin->result = plugin->run(2);
    return NULL;
}

static int threads_now(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* pages of this process that are in memory */
static long pages_now(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident;
}

/* the child may not use its parent's contexts, and has its own */
static void in_a_child(runner run, double expected)
{
    int state;
    const pid_t child = fork();
    if (child == 0)
        _exit(run(2) != expected);
    if (child < 0 || waitpid(child, &state, 0) != child || !WIFEXITED(state) || WEXITSTATUS(state))
        fail("a child made by fork", "it did not find the same bits");
}

int main(int count, char **words)
{
    double first = 0;
    long settled = 0;
    if (count != 3)
        fail("plugins STATIC.so SHARED.so", NULL);
    const int before = threads_now();
    for (int round = 0; round < ROUNDS; round++) {
        struct plugin plugins[2] = {{.path = words[1]}, {.path = words[2]}};
        pthread_t other;
        for (int i = 0; i < 2; i++)
            load(&plugins[i]);
        if (pthread_create(&other, NULL, go, &plugins[1]))
            fail("pthread_create", NULL);
        go(&plugins[0]);
        pthread_join(other, NULL);
        if (!round)
            first = plugins[0].result;
        if (plugins[0].result != first || plugins[1].result != first)
            fail("the two copies differ", NULL);
        if (round % 10 == 0)
            in_a_child(plugins[round % 20 == 0].run, first);
        for (int i = 0; i < 2; i++)
            dlclose(plugins[i].handle);
        if (round == ROUNDS / 4)
            settled = pages_now();
    }
    if (threads_now() != before)
        fail("threads are left", NULL);
    if (pages_now() > settled + settled / 4 + 256)
        fail("memory grows", NULL);
    printf("plugins: %d rounds, sum %.17g\n", ROUNDS, first);
    return 0;
}
