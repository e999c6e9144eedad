/* f(t) = (1 + t / r)^(-c); c = 1: Robbins & Monro 1951 */
#include "../schedule.h"

enum { R, C, PARAMS };

static const struct optim_param params[] = {
    [R] = {"r", NAN, 1e-300, INFINITY, false, "steps after which it is 2^-c; of the order of the training set"},
    [C] = {"c", 1, 0, INFINITY, false, "how fast it falls in the end: as t^-c"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double x = 1 + t / s->h[R], c = s->h[C];
    if (c == 1)
        return 1 / x;
    return isfinite(x) ? optim_pow(x, -c) : (double)(c == 0);
}

const struct optim_schedule_kind optim_schedule_reciprocal = {
    .name = "reciprocal",
    .summary = "falls as a power of time: (1 + t/r)^(-c) (Robbins & Monro 1951)",
    .params = params,
    .factor = factor,
};
