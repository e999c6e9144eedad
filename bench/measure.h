/* Things timed in turn, again and again, so that what else the machine does hits all alike. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

double measure_now(void); /* nanoseconds */

/* It sorts them. */
double measure_median(double *values, size_t count);

/* Nanoseconds that `steps` steps take. */
typedef double measure_time(void *context, size_t steps);

struct measure_subject {
    const char *name;
    measure_time *time;
    void *context;
};

/* How long to go on. */
struct plan {
    double seconds;     /* about, for all together */
    size_t repetitions; /* exactly; 0: as many as fit the time */
    size_t fewest;      /* at least, whatever the time */
};

enum { MEASURE_MOST = 8 }; /* subjects */

/* Of the first subject, which is ours, and the others. */
struct measured {
    size_t count, repetitions;
    struct {
        const char *name;
        double ns;     /* a step, median */
        double spread; /* from the first to the third quartile, as a share of the median */
        double times;  /* median of each repetition's ns, as a multiple of ours */
        size_t steps;  /* in each repetition */
    } of[MEASURE_MOST];
};

/* Each timing is of so many steps that the clock does not matter, a multiple of `multiple`. */
struct measured measure(const struct measure_subject *subjects, size_t count, size_t multiple, const struct plan *plan);

/* The place of that subject; 0, which is ours: it was not measured. */
size_t measured_place(const struct measured *measured, const char *name);

#endif
