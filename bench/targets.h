/* What we want to reach, and what was. */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include "table.h"

/* Take note of a measurement, which may be one that a target is about. */
void targets_note(const struct row *row);

/* The special cases, as they are measured: nanoseconds a step, or times as long as something else. */
enum special_target { TARGET_SMALL, TARGET_MANY, TARGET_TINY, TARGET_RESTED };
void targets_note_special(enum special_target target, const char *algorithm, double value);

/* Each with pass or falls short, and which algorithm is the farthest off. */
void targets_print(void);

#endif
