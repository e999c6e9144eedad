/* SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine. */
#ifndef RNG_H
#define RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng) {
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [-1, 1). */
static inline float rng_uniform(struct rng *rng) {
    return (float)(rng_next(rng) >> 40) * 0x1p-23f - 1.0f;
}

/* Fisher-Yates. The modulo's bias is below count / 2^64. */
static inline void rng_shuffle(struct rng *rng, size_t *order, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(rng_next(rng) % i);
        size_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

#endif
