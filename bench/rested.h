/* What parameters cost whose gradients have been zero for long, so that their averages have sunk to nothing. */
#ifndef BENCH_RESTED_H
#define BENCH_RESTED_H

#include "options.h"

/* Measure and print it for every algorithm. */
void rested_run(const struct options *options);

#endif
