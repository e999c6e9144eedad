/* The loops that a user would write: one file, -O2, no flags. */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stddef.h>

/* What one of them works on. */
struct plain {
    size_t count;
    long t; /* steps taken */
    void *param, *first, *second;
    const void *grad;
};

typedef void plain_step(struct plain *plain);

/* The loop for an algorithm, in float or double; NULL: nobody wrote one. */
plain_step *plain_float(const char *algorithm), *plain_double(const char *algorithm);

#endif
