/* Two things timed alternately, so that what else the machine does hits both alike. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

double measure_now(void); /* nanoseconds */

/* Nanoseconds that `steps` steps take. */
typedef double measure_time(void *context, size_t steps);

struct measure_subject {
    measure_time *time;
    void *context;
};

/* How long to go on. */
struct plan {
    double seconds;     /* about, for both together */
    size_t repetitions; /* exactly; 0: as many as fit the time */
    size_t fewest;      /* at least, whatever the time */
};

/* Nanoseconds a step. */
struct measured {
    double ours, other;        /* medians */
    double spread;             /* of ours: from the first to the third quartile, as a share of the median */
    double ratio;              /* other / ours: of the medians */
    double paired;             /* the median of each repetition's */
    size_t repetitions, steps; /* steps: in each repetition */
};

/* Each timing is of so many steps that the clock does not matter, a multiple of `multiple`. */
struct measured measure(struct measure_subject ours, struct measure_subject other, size_t multiple,
                        const struct plan *plan);

#endif
