/* Cases in which what surrounds the loop counts: small tensors and many of them. */
#ifndef BENCH_SPECIAL_H
#define BENCH_SPECIAL_H

#include "options.h"

/* Measure and print them for every algorithm. */
void special_run(const struct options *options);

#endif
