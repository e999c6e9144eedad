/* What handles cost besides steps: adding tensors, and rules over many of them. */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H

/* Measure and print it. */
void setup_run(void);

#endif
