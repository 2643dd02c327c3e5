/* file.h - what went wrong with a file, in the library's words.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_FILE_H
#define MOEI_FILE_H

#include "base/base.h"

/* MOE_ERROR_FILE: "cannot <what> <path>: <the reason of an errno>" */
int32_t moei_file_failed(moe_context *context, const char *what, const char *path, int error);

/* MOE_ERROR_NULL, MOE_ERROR_VALUE (empty) */
int32_t moei_need_path(moe_context *context, const char *path, const char *name);

#endif
