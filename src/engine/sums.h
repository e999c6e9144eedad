/*
 * Sums in double that have the same bits everywhere: value i goes to lane i modulo LANES, and the lanes are added in
 * order. A vector register of any width holds whole lanes or whole groups of them.
 */
#ifndef OPTIM_ENGINE_SUMS_H
#define OPTIM_ENGINE_SUMS_H

#include "../type.h"

enum { LANES = 32 };

static inline double lanes_sum(const double *lane) {
    double sum = 0;
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

static inline double sum_of(size_t count, const real *x) {
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)x[i + (size_t)k];
    for (int k = 0; i < count; i++, k++)
        lane[k] += (double)x[i];
    return lanes_sum(lane);
}

/* Of (scale x)^2. */
static inline double squares_of(size_t count, const real *x, double scale) {
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double scaled = scale * (double)x[i + (size_t)k];
            lane[k] += scaled * scaled;
        }
    for (int k = 0; i < count; i++, k++) {
        const double scaled = scale * (double)x[i];
        lane[k] += scaled * scaled;
    }
    return lanes_sum(lane);
}

#endif
