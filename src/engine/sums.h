/*
 * Sums in double that have the same bits everywhere: value i goes to lane i modulo LANES, and the lanes are added in
 * order: the second half to the first, and so on. A vector register of any width holds whole lanes or groups of them.
 */
#ifndef OPTIM_ENGINE_SUMS_H
#define OPTIM_ENGINE_SUMS_H

#include "../type.h"

enum { LANES = 32 };

static inline double lanes_sum(double *lane) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] += lane[half + k];
    return lane[0];
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

/*
 * To `sum` add x^2. The square of a float is exact as a double, so that it makes no difference whether it is rounded
 * before it is added: where the processor can do both at once, it may.
 */
static inline double with_square(double sum, double x) {
#if defined(__FP_FAST_FMA)
    if (sizeof(real) == sizeof(float))
        return __builtin_fma(x, x, sum);
#endif
    return sum + x * x;
}

/* Of x^2, which may be fetched ahead. */
static inline double squares_of(size_t count, const real *x, bool fetches) {
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        if (fetches)
            fetch_ahead(x + i, LANES);
        for (int k = 0; k < LANES; k++)
            lane[k] = with_square(lane[k], (double)x[i + (size_t)k]);
    }
    for (int k = 0; i < count; i++, k++)
        lane[k] = with_square(lane[k], (double)x[i]);
    return lanes_sum(lane);
}

/* Of (scale x)^2, where the squares alone are too large or too small. */
static inline double scaled_squares_of(size_t count, const real *x, double scale) {
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
