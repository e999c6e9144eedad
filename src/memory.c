/* Where memory comes from. */
#include "handle.h"

#include <stdlib.h>

enum { LINE = 64 };

/* calloc, since large blocks come from the kernel as zeros that nobody has touched: the thread that steps will. */
void *optim_zeroed(size_t bytes) {
    if (bytes > PTRDIFF_MAX - 2 * LINE)
        return NULL;
    char *const block = calloc(1, bytes + 2 * LINE);
    if (!block)
        return NULL;
    char *const aligned = block + 2 * LINE - (uintptr_t)block % LINE;
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
        larger = larger > SIZE_MAX / 2 ? needed : larger * 2;
    if (larger > PTRDIFF_MAX / size)
        return NULL;
    void *const grown = realloc(array, larger * size);
    if (grown)
        *capacity = larger;
    return grown;
}
