/* Cases in which what surrounds the loop counts: small tensors and many of them. */
#ifndef BENCH_SPECIAL_H
#define BENCH_SPECIAL_H

#include <stdio.h>

#include "options.h"
#include "targets.h"

/* Measure and print them for every algorithm. csv may be NULL. */
void special_run(const struct options *options, double reached[TARGETS], FILE *csv);

#endif
