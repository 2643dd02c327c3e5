/* progress.h - the line of progress, and Ctrl-C.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_PROGRESS_H
#define PROGRAM_PROGRESS_H

#include "options.h"

/* From now on an interrupt cancels what runs in the context, and its progress is shown as the options say. */
void progress_watch(moe_context *context, const struct options *options);
void progress_unwatch(void);

/* What is being done, and a function that knows the part done better than the library's progress does: NULL,
 * or one that returns a part in [0, 1], and asks by *pause to end the call that runs. */
typedef double (*progress_meter)(void *self, const char *what, double part, bool *pause);
void progress_begin(const char *what, progress_meter meter, void *self);
void progress_end(void);

/* Whether the user asked to end. */
bool interrupted(void);

#endif
