#include "measure.h"

#include <stdlib.h>
#include <time.h>

#include "die.h"

#define TIMING 1e6 /* nanoseconds that a timing takes at least */

enum { MOST = 1001 }; /* repetitions, unless told */

double measure_now(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        die(FAILED, "there is no monotonic clock");
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values, with linear interpolation. */
static double quantile(const double *sorted, size_t count, double q) {
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return quantile(values, count, 0.5);
}

/* So many steps that a timing is long enough, in a multiple; and what both then take together. */
static size_t calibrate(struct measure_subject ours, struct measure_subject other, size_t multiple, double *both) {
    size_t steps = multiple;
    ours.time(ours.context, steps);
    other.time(other.context, steps);
    double taken = ours.time(ours.context, steps);
    while (taken < TIMING) {
        const double factor = taken < TIMING / 16 ? 16 : TIMING / taken * 1.1 + 1;
        steps = (size_t)((double)steps * factor) / multiple * multiple;
        taken = ours.time(ours.context, steps);
    }
    *both = taken + other.time(other.context, steps);
    return steps;
}

static size_t repetitions_of(const struct plan *plan, double both) {
    const double fit = plan->seconds * 1e9 / both;
    if (plan->repetitions)
        return plan->repetitions;
    return fit > MOST ? MOST : fit < (double)plan->fewest ? plan->fewest : (size_t)fit;
}

struct measured measure(struct measure_subject ours, struct measure_subject other, size_t multiple,
                        const struct plan *plan) {
    double both;
    const size_t steps = calibrate(ours, other, multiple, &both), n = repetitions_of(plan, both);
    double *const values = allocate(3 * n, sizeof *values), *const others = values + n, *const ratios = others + n;
    for (size_t i = 0; i < n; i++) {
        others[i] = other.time(other.context, steps) / (double)steps;
        values[i] = ours.time(ours.context, steps) / (double)steps;
        ratios[i] = others[i] / values[i];
    }
    struct measured m = {.repetitions = n, .steps = steps};
    m.ours = median(values, n);
    m.other = median(others, n);
    m.spread = (quantile(values, n, 0.75) - quantile(values, n, 0.25)) / m.ours;
    m.ratio = m.other / m.ours;
    m.paired = median(ratios, n);
    free(values);
    return m;
}
