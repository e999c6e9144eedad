/* Where memory comes from. */
#include "handle.h"

#include <stdlib.h>

enum { LINE = 64, SMALL = 4 * LINE };

/*
 * calloc, since large blocks come from the kernel as zeros that nobody has touched: the thread that steps will. The
 * block's own address stands before what is handed out, so at least a pointer's size is skipped.
 */
void *optim_zeroed(size_t bytes) {
    const size_t alignment = bytes < SMALL ? sizeof(void *) : LINE;
    if (bytes > PTRDIFF_MAX - LINE)
        return NULL;
    char *const block = calloc(1, bytes + alignment);
    if (!block)
        return NULL;
    char *const aligned = block + alignment - (uintptr_t)block % alignment;
    ((void **)(void *)aligned)[-1] = block;
    return aligned;
}

void optim_free_zeroed(void *memory) {
    if (memory)
        free(((void **)memory)[-1]);
}

void *optim_grow(void *array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity && array)
        return array;
    size_t larger = *capacity < 8 ? 8 : *capacity;
    while (larger < needed)
        larger = larger > SIZE_MAX / 2 ? needed : larger + larger / 2;
    if (larger > PTRDIFF_MAX / size)
        return NULL;
    void *const grown = realloc(array, larger * size);
    if (grown)
        *capacity = larger;
    return grown;
}
