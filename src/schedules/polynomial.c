/* f(t) = end + (1 - end) (1 - min(t / steps, 1))^power */
#include "../schedule.h"

enum { STEPS, POWER, END, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps until it is at the end, where it stays"},
    [POWER] = {"power", 1, 0, INFINITY, false, "1: a line; more: falls early; less: falls late"},
    [END] = {"end", 0, 0, 1, false, "the last factor"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double left = schedule_left(t, s->h[STEPS]), power = s->h[POWER];
    const double fallen = power == 1 ? left : optim_pow(left, power);
    return s->h[END] + (1 - s->h[END]) * fallen;
}

const struct optim_schedule_kind optim_schedule_polynomial = {
    .name = "polynomial",
    .summary = "falls as a power of the time that is left",
    .params = params,
    .factor = factor,
};
