/* f(t) = e^(-t / r) */
#include "../schedule.h"

enum { R, PARAMS };

static const struct optim_param params[] = {
    [R] = {"r", NAN, 1e-300, INFINITY, false, "steps in which it falls to 1/e; of the order of the training set"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    return optim_exp(-(t / s->h[R]));
}

const struct optim_schedule_kind optim_schedule_exponential = {
    .name = "exponential",
    .summary = "falls by the same share each step: e^(-t/r)",
    .params = params,
    .factor = factor,
};
