/* table.c - a host's table of functions, of whatever version, taken into this library's.
 *
 * Such a table begins with its struct_size; all that follows the mandatory members is pointers to functions,
 * so a shorter table must end with one of them.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>

int32_t moei_read_table(moe_context *context, const void *ops, size_t least, size_t size, void *table)
{
    size_t theirs;
    memcpy(&theirs, ops, sizeof theirs);
    if (theirs < least || (theirs < size && (theirs - least) % sizeof(void (*)(void))))
        return moei_fail(context, MOE_ERROR_STRUCT_SIZE,
                         "ops->struct_size is %llu; set it to the sizeof of the table, at least %llu, ending "
                         "with a member",
                         (unsigned long long)theirs, (unsigned long long)least);
    const unsigned char *bytes = ops;
    for (size_t i = size; i < theirs; i++)
        if (bytes[i])
            return moei_fail(
                context, MOE_ERROR_STRUCT_SIZE,
                "ops->struct_size is %llu; this library knows %llu, and byte %llu beyond is in use",
                (unsigned long long)theirs, (unsigned long long)size, (unsigned long long)i);
    memset(table, 0, size);
    memcpy(table, ops, theirs < size ? theirs : size);
    memcpy(table, &size, sizeof size);
    return MOE_OK;
}
