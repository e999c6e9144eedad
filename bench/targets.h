/* What we want to reach. */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

enum targets { TARGET_ONE_THREAD, TARGET_TWO_THREADS, TARGET_SMALL, TARGET_MANY, TARGET_RESTED, TARGETS };

#define TARGET_SIZE ((size_t)64 << 20) /* elements, of the first two */

/* NAN: not measured */
void targets_print(const double reached[TARGETS]);

#endif
