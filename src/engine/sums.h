/*
 * Sums in double that have the same bits everywhere: value i goes to lane i modulo LANES, and the lanes are added in
 * order: the second half to the first, and so on. A vector register of any width holds whole lanes or groups of them.
 */
#ifndef OPTIM_ENGINE_SUMS_H
#define OPTIM_ENGINE_SUMS_H

#include <string.h>

#include "wide.h"

enum { LANES = 32, WIDES = LANES / WIDE };

/* Or `add` would be called for each register. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* To the lanes of `sum` add what is made of x. */
typedef wide adding(wide sum, wide x, double scale);

static inline wide plus(wide sum, wide x, double scale) {
    (void)scale;
    return sum + x;
}

/*
 * The square of a float is exact as a double, so that it makes no difference whether it is rounded before it is added:
 * where the processor can do both at once, it may.
 */
static inline wide plus_square(wide sum, wide x, double scale) {
    (void)scale;
#if defined(wide_fma)
    if (sizeof(real) == sizeof(float))
        return wide_fma(x, x, sum);
#endif
    return sum + x * x;
}

static inline wide plus_scaled_square(wide sum, wide x, double scale) {
    const wide scaled = scale * x;
    return sum + scaled * scaled;
}

/* Of the lanes: the second half to the first, and so on. */
ALWAYS_INLINE double total_of(wide *sum) {
    double lane[WIDE];
    for (int half = WIDES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            sum[k] += sum[half + k];
    memcpy(lane, sum, sizeof lane);
    for (int half = WIDE / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] += lane[half + k];
    return lane[0];
}

ALWAYS_INLINE double sum_in_lanes(size_t count, const real *x, bool fetches, double scale, adding *add) {
    wide sum[WIDES];
    size_t i = 0;
    /* unrolled, or memory is set to 0 instead of registers */
    _Pragma("GCC unroll 32") for (int k = 0; k < WIDES; k++) sum[k] = (wide){0};
    for (; i + LANES <= count; i += LANES) {
        if (fetches)
            fetch_ahead(x + i, LANES);
        for (int k = 0; k < WIDES; k++)
            sum[k] = add(sum[k], widened(x + i + k * WIDE), scale);
    }
    for (int k = 0; i < count; k++, i += WIDE) {
        const bool whole = count - i >= WIDE;
        real last[WIDE];
        for (int j = 0; j < WIDE; j++)
            last[j] = (real)-0.0; /* which leaves every sum as it is */
        if (!whole)
            memcpy(last, x + i, (count - i) * sizeof *x);
        sum[k] = add(sum[k], widened(whole ? x + i : last), scale);
    }
    return total_of(sum);
}

static inline double sum_of(size_t count, const real *x) {
    return sum_in_lanes(count, x, false, 1, plus);
}

/* Of x^2, which may be fetched ahead. */
static inline double squares_of(size_t count, const real *x, bool fetches) {
    return sum_in_lanes(count, x, fetches, 1, plus_square);
}

/* Of (scale x)^2, where the squares alone are too large or too small. */
static inline double scaled_squares_of(size_t count, const real *x, double scale) {
    return sum_in_lanes(count, x, false, scale, plus_scaled_square);
}

#endif
