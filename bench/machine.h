/* What it is measured on. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* Print the machine, the compiler and the instruction set. */
void machine_print(const char *isa);

/* Bytes that can still be had; INFINITY if that cannot be found out. */
double machine_memory(void);

#endif
