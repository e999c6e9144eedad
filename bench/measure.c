#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "die.h"

#define TIMING 4e6 /* nanoseconds that a timing takes at least */

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

double measure_median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return quantile(values, count, 0.5);
}

/* So many steps that a timing is long enough, in a multiple; and what it then takes. */
static size_t calibrate(const struct measure_subject *subject, size_t multiple, double *taken) {
    size_t steps = multiple;
    subject->time(subject->context, steps);
    *taken = subject->time(subject->context, steps);
    while (*taken < TIMING) {
        const double factor = *taken < TIMING / 16 ? 16 : TIMING / *taken * 1.1 + 1;
        steps = (size_t)((double)steps * factor) / multiple * multiple;
        *taken = subject->time(subject->context, steps);
    }
    return steps;
}

static size_t repetitions_of(const struct plan *plan, double all) {
    const double fit = plan->seconds * 1e9 / all;
    if (plan->repetitions)
        return plan->repetitions;
    return fit > MOST ? MOST : fit < (double)plan->fewest ? plan->fewest : (size_t)fit;
}

/* Nanoseconds of a step. Short ones begin untimed: by then threads are awake, and caches hold what they hold. */
static double take_turn(const struct measure_subject *subject, size_t steps, size_t multiple) {
    if (steps > multiple)
        subject->time(subject->context, multiple);
    return subject->time(subject->context, steps) / (double)steps;
}

struct measured measure(const struct measure_subject *subjects, size_t count, size_t multiple,
                        const struct plan *plan) {
    struct measured m = {.count = count};
    double all = 0, taken;
    for (size_t k = 0; k < count; k++) {
        m.of[k].name = subjects[k].name;
        m.of[k].steps = calibrate(&subjects[k], multiple, &taken);
        all += taken;
    }
    const size_t n = m.repetitions = repetitions_of(plan, all);
    double *const values = allocate((count + 1) * n, sizeof *values), *const ratios = values + count * n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = count; k-- > 0;)
            values[k * n + i] = take_turn(&subjects[k], m.of[k].steps, multiple);
    for (size_t k = 0; k < count; k++) { /* before any of them is sorted */
        for (size_t i = 0; i < n; i++)
            ratios[i] = values[k * n + i] / values[i];
        m.of[k].times = measure_median(ratios, n);
    }
    for (size_t k = 0; k < count; k++) {
        double *const own = values + k * n;
        m.of[k].ns = measure_median(own, n);
        m.of[k].spread = (quantile(own, n, 0.75) - quantile(own, n, 0.25)) / m.of[k].ns;
    }
    free(values);
    return m;
}

size_t measured_place(const struct measured *measured, const char *name) {
    size_t k = measured->count;
    while (--k > 0 && strcmp(measured->of[k].name, name) != 0)
        continue;
    return k;
}
