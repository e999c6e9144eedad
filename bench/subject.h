/* An optimizer and the tensors that it is timed on. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <optim/optim.h>
#include <stddef.h>

#include "limit.h"
#include "shape.h"

/* A hyperparameter that is not at its default. */
struct setting {
    char name[64];
    double value;
};

struct subject {
    optim *opt;
    int dtype;
    const struct shape *shape;
    void *param, *grad;         /* all tensors, one behind the other */
    int allowed, threads;       /* that a step may use, and really uses */
    void *state[LIMIT_STREAMS]; /* memory for the limit loop where that of the library is in pieces */
};

/*
 * algorithm "adam", "lookahead(adam)", ...; with these settings; at most so many threads a step. All memory has been
 * touched, and enough steps are taken that later ones cost the same.
 */
void subject_create(struct subject *subject, const char *algorithm, const struct setting *settings, size_t nsettings,
                    int dtype, const struct shape *shape, int threads);
void subject_destroy(struct subject *subject);

/* What its step reads and writes. */
void subject_streams(struct subject *subject, const char *algorithm, struct streams *streams);

/* Bytes of an element. */
size_t subject_size(int dtype);

/* Values that a gradient may have, as for the library: of either sign and about 1/100. */
void subject_fill(int dtype, size_t count, void *param, void *grad);

/* Bytes that it will take at most. */
double subject_bytes(const char *algorithm, int dtype, const struct shape *shape);

/* Exit with the library's explanation unless there is such an algorithm. */
void subject_check(const char *algorithm);

/* Nanoseconds that `steps` steps take, and on one thread. `subject` is a struct subject. */
double subject_time(void *subject, size_t steps);
double subject_time_alone(void *subject, size_t steps);

#endif
