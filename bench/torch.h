/* PyTorch's optimizers, in a Python process that is told what to time through a pipe. */
#ifndef BENCH_TORCH_H
#define BENCH_TORCH_H

#include "shape.h"

/* NULL: PyTorch is not here, or does not have the algorithm. */
void *torch_create(const char *algorithm, int dtype, const struct shape *shape, int threads);
void *torch_create_foreach(const char *algorithm, int dtype, const struct shape *shape, int threads);
double torch_time(void *context, size_t steps);
void torch_destroy(void *context);

#endif
