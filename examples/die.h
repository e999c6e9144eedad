/* What a small program does about errors: say what is wrong and exit. */
#ifndef DIE_H
#define DIE_H

#include <stddef.h>

#if defined(__GNUC__)
#define DIE_LIKE_PRINTF __attribute__((noreturn, format(printf, 2, 3)))
#else
#define DIE_LIKE_PRINTF
#endif

#define FAILED 1 /* exit status: a file or the library failed */
#define MISUSE 2 /* exit status: an option or its value is wrong */

/* Print "digits: ..." on stderr and exit with `status`. */
void die(int status, const char *format, ...) DIE_LIKE_PRINTF;

/* `count` zeroed elements of `size` bytes; out of memory is the end. */
void *allocate(size_t count, size_t size);

/* The same block with room for `count` elements. */
void *enlarge(void *block, size_t count, size_t size);

#endif
