/* build.c - how the library was built, and which BLAS it found.
 *
 * SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "base/blas.h"

#include <stdio.h>

#if defined __clang__
#define COMPILER "clang " __clang_version__
#elif defined __GNUC__
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

static const char format[] = "version " MOEI_VERSION "\ncompiler " COMPILER "\nblas-integers %d\n%s%s%s";

MOE_PUBLIC int32_t moe_build_info(char *text, int64_t capacity, int64_t *length)
{
    const char *file = moei_blas_file();
    const int bits = 8 * (int)sizeof(moei_blas_int);
    const char *before = file ? "blas-file " : "", *after = file ? "\n" : "";
    if (!length)
        return MOE_ERROR_NULL;
    *length = snprintf(NULL, 0, format, bits, before, file ? file : "", after);
    if (!text && capacity == 0)
        return MOE_OK;
    if (!text)
        return MOE_ERROR_NULL;
    if (capacity < *length)
        return MOE_ERROR_SIZE;
    const int64_t room = capacity > *length ? *length + 1 : *length;
    snprintf(text, (size_t)room, format, bits, before, file ? file : "", after);
    text[*length - 1] =
        '\n'; /* the last byte, which snprintf gives up for its NUL where there is no more room */
    return MOE_OK;
}
