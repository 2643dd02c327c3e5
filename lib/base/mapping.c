/* mapping.c - see mapping.h: a file without a name (O_TMPFILE; or made under one, which it loses), mapped.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/mapping.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* *file <- an open one without a name; 0, or an errno. */
static int open_nameless(const char *directory, int *file)
{
#ifdef O_TMPFILE
    *file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*file >= 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return errno;
#endif
    char name[4096];
    const int length = snprintf(name, sizeof name, "%s/moefield.XXXXXX", directory);
    if (length < 0 || length >= (int)sizeof name)
        return ENAMETOOLONG;
    *file = mkstemp(name);
    if (*file < 0)
        return errno;
    unlink(name);
    return 0;
}

int moei_map_block(const char *directory, size_t bytes, void **block)
{
    int file, error = open_nameless(directory, &file);
    if (error)
        return error;
    do
        error = posix_fallocate(file, 0, (off_t)bytes);
    while (error == EINTR);
    if (!error) {
        *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (*block == MAP_FAILED)
            error = errno;
    }
    close(file);
    return error;
}

void moei_unmap_block(void *block, size_t bytes)
{
    munmap(block, bytes);
}

/* ---- door ------------------------------------------------------------------------------------- */

/* MOE_ERROR_FILE if the directory keeps no block. */
static int32_t try_directory(moe_context *context, const char *directory)
{
    enum { TRIAL = 4096 };
    void *block;
    const int error = moei_map_block(directory, TRIAL, &block);
    if (error)
        return moei_file_failed(context, "keep memory in", directory, error);
    moei_unmap_block(block, TRIAL);
    return MOE_OK;
}

MOE_PUBLIC int32_t moe_context_set_mapping(moe_context *context, const char *directory, int64_t least)
{
    char *mine = NULL;
    int32_t status;
    if (!context)
        return MOE_ERROR_NULL;
    if (context->working || context->calling)
        return moei_fail(context, MOE_ERROR_ORDER, "the mapping cannot be set inside a callback");
    if (directory) {
        if ((status = moei_need_path(context, directory, "directory")) ||
            (status = moei_need_size(context, least, "least")) ||
            (status = try_directory(context, directory)))
            return status;
        const size_t length = strlen(directory) + 1;
        mine = MOEI_NEW(context->core, (int64_t)length, char);
        if (!mine)
            return moei_out_of_memory(context, "a directory's name");
        memcpy(mine, directory, length);
    }
    moei_free(context->core, context->core->directory);
    context->core->directory = mine;
    context->core->mapped_from = least;
    return MOE_OK;
}
