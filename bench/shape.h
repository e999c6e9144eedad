/* What is optimized: one tensor, many alike, or those of a real model. */
#ifndef BENCH_SHAPE_H
#define BENCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

enum { SHAPE_NAME = 48, SHAPE_KINDS = 9 };

struct shape {
    char name[SHAPE_NAME]; /* "64Mi", "1000x1000", "gpt2" */
    size_t tensors, elements;
    size_t nkinds;
    struct {
        size_t tensors, count; /* so many tensors of so many elements, one behind the other */
    } kinds[SHAPE_KINDS];
};

/* From its name; false: it is none. */
bool shape_read(struct shape *shape, const char *name);

/* Elements of tensor k. */
size_t shape_count(const struct shape *shape, size_t k);

#endif
