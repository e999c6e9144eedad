/*
 * What an algorithm's divisions and square roots alone take, which no kernel can undercut: the loop's own time, over
 * values in the first-level cache, with the widest vectors.
 */
#ifndef BENCH_BOUND_H
#define BENCH_BOUND_H

#include <stddef.h>

/* Divisions and roots of one element's step. */
struct bound_operations {
    int divisions, roots;
};
struct bound_operations bound_operations(const char *algorithm);

/* Nanoseconds for an element; 0: it has neither. */
double bound_time(const char *algorithm, int dtype);

typedef void bound_loop(size_t count, void *values, int divisions, int roots);

/* The loop over values of this type, which must be 1; with the widest vectors. */
bound_loop *bound_find(int dtype);

#endif
