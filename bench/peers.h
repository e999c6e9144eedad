/* Others that take the same step, measured in the same run: a plain loop, level-1 BLAS, PyTorch. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "measure.h"
#include "shape.h"

enum { PEERS = 4 };

struct peers {
    size_t count;
    struct measure_subject subjects[PEERS];
};

/* The name of the k-th there can be, for a heading. */
const char *peers_name(size_t k);

/* Those that are here and have the algorithm with nothing but its defaults. Memory of their own, everything touched. */
void peers_create(struct peers *peers, const char *algorithm, int dtype, const struct shape *shape, int threads);
void peers_destroy(struct peers *peers);

/* Bytes that they will take at most. */
double peers_bytes(int dtype, const struct shape *shape);

#endif
