/* mapping.h - blocks of memory that are kept in files: vectors of more experts than memory holds.
 *
 * Each has a file of its own, which has no name, so that nothing is left of it when it is unmapped or its process
 * ends. Its bytes are reserved on the disk at once: a full disk is an allocation that fails, not a signal when a
 * page is written.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEI_MAPPING_H
#define MOEI_MAPPING_H

#include <stddef.h>

/* *block <- `bytes` zeros in a file of the directory; 0, or an errno. */
int moei_map_block(const char *directory, size_t bytes, void **block);
void moei_unmap_block(void *block, size_t bytes);

#endif
