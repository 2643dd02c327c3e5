/* commands.h - the commands, one a file.
 *
 * Each takes its options, leaves results in the directory that is open (or none), and tells how it ended.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_COMMANDS_H
#define PROGRAM_COMMANDS_H

#include "options.h"
#include "results.h"

int study_command(const struct options *options, struct results *results);
int train_command(const struct options *options, struct results *results);
int limit_command(const struct options *options, struct results *results);
int distance_command(const struct options *options, struct results *results);
int circuit_command(const struct options *options, struct results *results);
int rerun_command(const struct options *options, struct results *results);

/* One of them with its results and record, as main and rerun start it. */
int perform(const struct options *options, struct results *results);

#endif
