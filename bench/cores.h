/*
 * Have two threads a core each? Where processors are virtual, or two of them are halves of one core, that may change
 * from second to second, and bounds what a second thread can gain.
 */
#ifndef BENCH_CORES_H
#define BENCH_CORES_H

/* How much more two threads that only divide do than one: for before and after a measurement on several threads. */
void cores_sample(void);

/* The samples so far, in words; nothing if there are none. */
void cores_print(void);

#endif
