/* How much memory of this process is in use at most: what the kernel counts as resident. */
#ifndef BENCH_RESIDENT_H
#define BENCH_RESIDENT_H

/* Count from here. */
void resident_begin(void);

/* Bytes by which it has grown since then, at its largest. */
double resident_grown(void);

#endif
