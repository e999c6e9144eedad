/* FNV-1a (Fowler, Noll, Vo 1991), 64 bits: tells at a glance whether two things are the same bytes. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BEGIN UINT64_C(14695981039346656037)

/* The digest of what was before, and of `size` bytes more. */
static inline uint64_t digest(uint64_t before, const void *data, size_t size) {
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++)
        before = (before ^ byte[i]) * UINT64_C(1099511628211);
    return before;
}

#endif
