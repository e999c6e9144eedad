/* f(t) = (1 + t / r)^(-c); c = 1: Robbins & Monro 1951 */
#include "../schedule.h"

enum { R, C, PARAMS };

static const struct optim_param params[] = {
    [R] = {"r", NAN, 1e-300, INFINITY, false, "steps after which it is 2^-c; of the order of the training set"},
    [C] = {"c", 1, 0, INFINITY, false, "how fast it falls in the end: as t^-c"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double r = s->h[R], c = s->h[C], u = t / r;
    if (c == 1)
        return 1 / (1 + u);
    return isfinite(u) ? optim_pow_above_one(u, -c) : optim_pow(t, -c) * optim_pow(r, c);
}

const struct optim_schedule_kind optim_schedule_reciprocal = {
    .name = "reciprocal",
    .summary = "falls as a power of time: (1 + t/r)^(-c) (Robbins & Monro 1951)",
    .params = params,
    .factor = factor,
};
