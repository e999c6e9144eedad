/* f(t) = floor + (1 - floor) (1 + cos(pi x)) / 2, x = min(t / steps, 1): Loshchilov & Hutter 2017 */
#include "../schedule.h"

enum { STEPS, FLOOR, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps until it is at the floor, where it stays"},
    [FLOOR] = {"floor", 0, 0, 1, false, "the smallest factor"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double floor = s->h[FLOOR];
    return floor + (1 - floor) * schedule_half_cosine(t, s->h[STEPS]);
}

const struct optim_schedule_kind optim_schedule_cosine = {
    .name = "cosine",
    .summary = "falls along half a cosine (Loshchilov & Hutter 2017)",
    .params = params,
    .factor = factor,
};
