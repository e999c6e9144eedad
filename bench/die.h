/* What a small program does about errors: say what is wrong and exit. */
#ifndef BENCH_DIE_H
#define BENCH_DIE_H

#include <stddef.h>

enum { FAILED = 1, MISUSE = 2 }; /* exit status: something failed; an option or its value is wrong */

/* Print "bench: ..." on stderr and exit with `status`. */
__attribute__((noreturn, format(printf, 2, 3))) void die(int status, const char *format, ...);

/* `count` zeroed elements of `size` bytes, aligned to a cache line, for free(); out of memory is the end. */
void *allocate(size_t count, size_t size);

#endif
