/* file.c - bytes in a file that is always whole.
 *
 *   (1) lock and empty PATH.new   (2) write, fsync   (3) rename to PATH   (4) fsync the directory
 *
 * rename replaces a file at one moment (POSIX.1-2008); before (2) is done there is nothing to rename, and
 * without (4) the system could lose the new name, but only to the old one. That all of the four are needed, and
 * in this order, is what T. S. Pillai et al. (OSDI 2014, "All File Systems Are Not Created Equal") found in
 * crash tests of programs that left one out.
 *
 * The lock is on the open file, so it ends with its process; what a killed one leaves of PATH.new is emptied
 * by the next.
 *
 * SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".new";
enum { AT_ONCE = 1 << 30 }; /* bytes of one call of the system, which may refuse more than 2^31 */

/* ---- reasons ---------------------------------------------------------------------------------- */

/* In our own words: the system's depend on the locale. */
static const char *reason_of(int error)
{
    static const struct {
        int error;
        const char *reason;
    } rows[] = {{ENOENT, "there is no such file or directory"},
                {EACCES, "permission denied"},
                {EPERM, "permission denied"},
                {ENOTDIR, "a part of the path is not a directory"},
                {EISDIR, "it is a directory"},
                {ELOOP, "it is a symbolic link, or there are too many"},
                {ENAMETOOLONG, "the name is too long"},
                {ENOSPC, "the disk is full"},
                {EDQUOT, "the quota is used up"},
                {EFBIG, "the file would be too large"},
                {EROFS, "the file system is read-only"},
                {EIO, "the disk has an error"},
                {EMFILE, "too many files are open"},
                {ENFILE, "too many files are open"},
                {EWOULDBLOCK, "another call is writing it"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return rows[i].reason;
    return NULL;
}

int32_t moei_file_failed(moe_context *context, const char *what, const char *path, int error)
{
    const char *reason = reason_of(error);
    if (!reason)
        return moei_fail(context, MOE_ERROR_FILE, "cannot %s %.300s: error %d", what, path, error);
    return moei_fail(context, MOE_ERROR_FILE, "cannot %s %.300s: %s", what, path, reason);
}

int32_t moei_need_path(moe_context *context, const char *path, const char *name)
{
    const int32_t status = moei_need(context, path, name);
    if (!status && !*path)
        return moei_fail(context, MOE_ERROR_VALUE, "%s is empty", name);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* 0, or errno. At a position, which terminals and pipes do not have: this cannot print. */
static int write_bytes(int file, const char *bytes, int64_t length)
{
    for (int64_t at = 0; at < length;) {
        const int64_t left = length - at;
        const ssize_t done = pwrite(file, bytes + at, (size_t)(left < AT_ONCE ? left : AT_ONCE), at);
        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0)
            at += done;
    }
    return 0;
}

/* *file <- `name`, empty and locked. Whoever had the lock before may have renamed the file that was opened:
 * then another has the name now. */
static int open_locked(const char *name, int *file)
{
    for (;;) {
        struct stat opened, named;
        *file = open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*file < 0)
            return errno;
        if (flock(*file, LOCK_EX | LOCK_NB) || fstat(*file, &opened))
            return errno;
        if (lstat(name, &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
            return ftruncate(*file, 0) ? errno : 0;
        close(*file);
    }
}

/* The directory of `path`, which `name` has room for. */
static int sync_directory(const char *path, char *name)
{
    const char *last = strrchr(path, '/');
    const size_t length = last ? (size_t)(last - path) + 1 : 0;
    memcpy(name, path, length);
    memcpy(name + length, ".", 2);
    const int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return errno;
    int error = fsync(directory) ? errno : 0;
    close(directory);
    return error == EINVAL ? 0 : error; /* a file system that has nothing to write there */
}

/* `name` has room for the path and the suffix. */
static int32_t write_file(moe_context *context, const char *path, char *name, const void *bytes,
                          int64_t length)
{
    int file = -1;
    memcpy(name, path, strlen(path));
    memcpy(name + strlen(path), suffix, sizeof suffix);
    int error = open_locked(name, &file);
    const bool ours = !error;
    if (!error)
        error = write_bytes(file, bytes, length);
    if (!error && fsync(file))
        error = errno;
    if (!error && rename(name, path))
        error = errno;
    if (error && ours)
        unlink(name);
    if (file >= 0)
        close(file);
    if (error)
        return moei_file_failed(context, "write", path, error);
    error = sync_directory(path, name);
    return error ? moei_file_failed(context, "write the directory of", path, error) : MOE_OK;
}

MOE_PUBLIC int32_t moe_state_write(moe_context *context, const char *path, const void *bytes, int64_t length)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need_path(context, path, "path")) || (status = moei_need(context, bytes, "bytes")) ||
        (status = moei_need_size(context, length, "length")))
        return status;
    char *name = MOEI_NEW(context->core, (int64_t)(strlen(path) + sizeof suffix), char);
    if (!name)
        return moei_out_of_memory(context, "a file's name");
    status = write_file(context, path, name, bytes, length);
    moei_free(context->core, name);
    return status;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int32_t read_bytes(moe_context *context, const char *path, int file, char *bytes, int64_t length)
{
    while (length > 0) {
        const ssize_t done = read(file, bytes, (size_t)(length < AT_ONCE ? length : AT_ONCE));
        if (done < 0 && errno != EINTR)
            return moei_file_failed(context, "read", path, errno);
        if (done == 0)
            return moei_fail(context, MOE_ERROR_FILE, "cannot read %.300s: it changed meanwhile", path);
        if (done > 0) {
            bytes += done;
            length -= done;
        }
    }
    return MOE_OK;
}

static int32_t read_file(moe_context *context, const char *path, int file, void *bytes, int64_t capacity,
                         int64_t *length)
{
    struct stat about;
    if (fstat(file, &about))
        return moei_file_failed(context, "read", path, errno);
    if (!S_ISREG(about.st_mode))
        return moei_fail(context, MOE_ERROR_FILE, "cannot read %.300s: it is not a regular file", path);
    *length = about.st_size;
    if (capacity == 0)
        return MOE_OK;
    if (capacity < *length)
        return moei_fail(context, MOE_ERROR_SIZE, "capacity is %lld; %.300s has %lld bytes",
                         (long long)capacity, path, (long long)*length);
    return read_bytes(context, path, file, bytes, *length);
}

MOE_PUBLIC int32_t moe_state_read(moe_context *context, const char *path, void *bytes, int64_t capacity,
                                  int64_t *length)
{
    if (!context)
        return MOE_ERROR_NULL;
    int32_t status;
    if ((status = moei_need_path(context, path, "path")) ||
        (status = moei_need_capacity(context, bytes, capacity, length)))
        return status;
    /* without waiting for the other end of a pipe */
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return moei_file_failed(context, "read", path, errno);
    status = read_file(context, path, file, bytes, capacity, length);
    close(file);
    return status;
}
