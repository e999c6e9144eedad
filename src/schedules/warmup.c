/* f(t) = min(t + 1, steps) / steps, times what is inside: Goyal et al. 2017 */
#include "../schedule.h"

enum { STEPS, DELAY, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps of the warm-up; the last one has factor 1"},
    [DELAY] = {"delay", 0, 0, 1, true, "1: the clock of what is inside starts after the warm-up"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    return schedule_progress(t + 1, s->h[STEPS]);
}

static double delay(const double *h) {
    return h[DELAY] != 0 ? h[STEPS] : 0;
}

const struct optim_schedule_kind optim_schedule_warmup = {
    .name = "warmup",
    .summary = "around another schedule: rises from almost 0 in equal steps at first (Goyal et al. 2017)",
    .params = params,
    .factor = factor,
    .wraps = true,
    .delay = delay,
};
