#include "die.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

void die(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

void *allocate(size_t count, size_t size) {
    void *block = NULL;
    if (count <= (PTRDIFF_MAX - LINE) / size)
        block = aligned_alloc(LINE, (count * size + LINE) / LINE * LINE);
    if (!block)
        die(FAILED, "out of memory: %zu elements of %zu bytes", count, size);
    memset(block, 0, count * size);
    return block;
}
