/* The read-write limit, over the same arrays as the library's step: the machine's own share of the time. */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

enum { LIMIT_STREAMS = 6 }; /* written, at most; each is read too */

/* What a step reads, and what it reads and writes: the parameter, then each state slot that is in use. */
struct streams {
    int dtype;
    size_t count;
    const void *read;
    void *written[LIMIT_STREAMS]; /* those of every step first; unused ones repeat the first */
    int always, all;              /* how many are written in most steps; in each period-th one */
    size_t period;
    bool measured; /* what is read is read once before: for a norm */
};

/* Bytes that a step moves for each element, on average. */
double streams_bytes(const struct streams *streams);

typedef void limit_loop(size_t first, size_t count, const void *read, void *const *written, int streams, double zero);

/* The instruction set that the library chooses here; OPTIM_CPU is set to it. */
const char *limit_isa(void);

/*
 * The fastest loop that this instruction set allows, on this many threads, the calling one included, which share the
 * elements evenly.
 */
struct limit;
struct limit *limit_create(const struct streams *streams, int threads);
void limit_destroy(struct limit *limit);

/* Which instruction set that loop is of. */
const char *limit_loop_isa(const struct limit *limit);

/* Nanoseconds that `steps` passes take. `limit` is a struct limit. */
double limit_time(void *limit, size_t steps);

#endif
