/* f(t) = 1 + (end - 1) min(t / steps, 1) */
#include "../schedule.h"

enum { STEPS, END, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps until it is at the end, where it stays"},
    [END] = {"end", 0, 0, INFINITY, false, "the last factor"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    return schedule_left(t, s->h[STEPS]) + s->h[END] * schedule_progress(t, s->h[STEPS]);
}

const struct optim_schedule_kind optim_schedule_linear = {
    .name = "linear",
    .summary = "goes in equal steps from 1 to the end",
    .params = params,
    .factor = factor,
};
