/* What it is measured on. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Print the machine, the compiler and the instruction set, unless that is NULL: it does not matter. */
void machine_print(const char *isa);

/* Bytes that can still be had; INFINITY if that cannot be found out. */
double machine_memory(void);

#endif
