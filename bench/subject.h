/* An optimizer and the tensors that it is timed on. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <optim/optim.h>
#include <stddef.h>

#include "limit.h"

/* A hyperparameter that is not at its default. */
struct setting {
    char name[64];
    double value;
};

struct subject {
    optim *opt;
    int dtype;
    size_t tensors, count; /* each of `count` elements, in memory of its own */
    void **params, **grads;
    int threads; /* that a step really uses */
};

/*
 * algorithm "adam", "lookahead(adam)", ...; with these settings; at most so many threads a step. All memory has been
 * touched, and enough steps are taken that later ones cost the same.
 */
void subject_create(struct subject *subject, const char *algorithm, const struct setting *settings, size_t nsettings,
                    int dtype, size_t tensors, size_t count, int threads);
void subject_destroy(struct subject *subject);

/* The arrays behind tensor 0. */
void subject_streams(const struct subject *subject, const char *algorithm, struct streams *streams);

/* Bytes that it will take at most. */
double subject_bytes(const char *algorithm, int dtype, size_t tensors, size_t count);

/* Exit with the library's explanation unless there is such an algorithm. */
void subject_check(const char *algorithm);

/* Nanoseconds that `steps` steps take. `subject` is a struct subject. */
double subject_time(void *subject, size_t steps);

#endif
