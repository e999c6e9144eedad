#define _POSIX_C_SOURCE 200809L
#include "die.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void die(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%78s\r", ""); /* over a progress line */
    fputs("digits: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

void *allocate(size_t count, size_t size) {
    void *block = calloc(count > 0 ? count : 1, size);
    if (block == NULL)
        die(FAILED, "out of memory: %zu elements of %zu bytes", count, size);
    return block;
}

void *enlarge(void *block, size_t count, size_t size) {
    void *larger = count > SIZE_MAX / size ? NULL : realloc(block, count * size);
    if (larger == NULL)
        die(FAILED, "out of memory: %zu elements of %zu bytes", count, size);
    return larger;
}
