/*
 * Cycles of length steps, steps mult, steps mult^2, ...; in each f = floor + (1 - floor) (1 + cos(pi x)) / 2, x from 0
 * to 1: Loshchilov & Hutter 2017
 */
#include "../schedule.h"

enum { STEPS, MULT, FLOOR, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps of the first cycle"},
    [MULT] = {"mult", 1, 1, OPTIM_MAX_WHOLE, true, "how many times as long as a cycle the next one is"},
    [FLOOR] = {"floor", 0, 0, 1, false, "the smallest factor"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double mult = s->h[MULT], floor = s->h[FLOOR];
    double length = s->h[STEPS], since = mult == 1 ? fmod(t, length) : t;
    for (; mult > 1 && since >= length; length *= mult)
        since -= length;
    return floor + (1 - floor) * schedule_half_cosine(since, length);
}

const struct optim_schedule_kind optim_schedule_cosine_restarts = {
    .name = "cosine_restarts",
    .summary = "falls along half a cosine, again and again (Loshchilov & Hutter 2017)",
    .params = params,
    .factor = factor,
};
