/* f(t) = factor */
#include "../schedule.h"

enum { FACTOR, PARAMS };

static const struct optim_param params[] = {
    [FACTOR] = {"factor", 1, 0, INFINITY, false, "the factor"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    (void)t;
    return s->h[FACTOR];
}

const struct optim_schedule_kind optim_schedule_constant = {
    .name = "constant",
    .summary = "the same at all times",
    .params = params,
    .factor = factor,
};
