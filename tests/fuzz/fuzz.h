/* fuzz.h - what the libFuzzer targets share: the door that libFuzzer calls, and how a broken promise is told.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_FUZZ_H
#define MOE_FUZZ_H

#include <moefield/moefield.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* a promise that does not hold ends the process, which libFuzzer takes for a crash and keeps the input */
#define NEED(promise)                                                                                        \
    do {                                                                                                     \
        if (!(promise)) {                                                                                    \
            fprintf(stderr, "ERROR: %s:%d: broken: %s\n", __FILE__, __LINE__, #promise);                     \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
