/* f(t) = 1 / sqrt(max(t / steps, 1)): Vaswani et al. 2017, Raffel et al. 2020 */
#include "../schedule.h"

enum { STEPS, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps during which it is 1; use as many to warm up"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    return t > s->h[STEPS] ? sqrt(s->h[STEPS] / t) : 1;
}

const struct optim_schedule_kind optim_schedule_inverse_sqrt = {
    .name = "inverse_sqrt",
    .summary = "constant, then falls as 1/sqrt(t) (Vaswani et al. 2017)",
    .params = params,
    .factor = factor,
};
