/* Where memory comes from. */
#include "handle.h"

#include <stdlib.h>

enum { LINE = 64, SMALL = 4 * LINE, FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, STAGGERED = 32 << 10 };

struct chunk {
    struct chunk *next;
    size_t used, size; /* of the bytes that follow this */
};

/* What must be skipped for the next bytes to be aligned. */
static size_t gap(const struct chunk *chunk, size_t alignment) {
    const uintptr_t at = (uintptr_t)(chunk + 1) + chunk->used;
    return (alignment - at % alignment) % alignment;
}

/* calloc, since large chunks come from the kernel as zeros that nobody has touched: the thread that steps will. */
static struct chunk *new_chunk(struct arena *arena, size_t bytes, size_t stagger) {
    const size_t twice = arena->newest ? 2 * arena->newest->size : FIRST_CHUNK;
    const size_t usual = twice < LARGEST_CHUNK ? twice : LARGEST_CHUNK;
    const size_t size = bytes + LINE > usual ? bytes + LINE : usual, skipped = size < STAGGERED ? 0 : stagger;
    struct chunk *const chunk = calloc(1, sizeof(*chunk) + skipped + size);
    if (!chunk)
        return NULL;
    chunk->size = skipped + size;
    chunk->used = skipped;
    chunk->next = arena->newest;
    arena->newest = chunk;
    return chunk;
}

void *optim_arena_zeroed(struct arena *arena, size_t bytes, size_t stagger) {
    const size_t alignment = bytes < SMALL ? sizeof(double) : LINE;
    struct chunk *chunk = arena->newest;
    if (bytes > PTRDIFF_MAX - 2 * LINE - stagger)
        return NULL;
    if (!chunk || chunk->used + gap(chunk, alignment) + bytes > chunk->size)
        chunk = new_chunk(arena, bytes, stagger);
    if (!chunk)
        return NULL;
    chunk->used += gap(chunk, alignment) + bytes;
    return (char *)(chunk + 1) + chunk->used - bytes;
}

struct arena_mark optim_arena_mark(const struct arena *arena) {
    return (struct arena_mark){arena->newest, arena->newest ? arena->newest->used : 0};
}

void optim_arena_release(struct arena *arena, struct arena_mark mark) {
    while (arena->newest != mark.newest) {
        struct chunk *const chunk = arena->newest;
        arena->newest = chunk->next;
        free(chunk);
    }
    if (mark.newest)
        mark.newest->used = mark.used;
}

void optim_arena_join(struct arena *to, struct arena *from) {
    struct chunk **oldest = &to->newest;
    while (*oldest)
        oldest = &(*oldest)->next;
    *oldest = from->newest;
    from->newest = NULL;
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
