/*
 * "Constant, then exponential": 1 until the first epoch whose metric is no improvement on the best so far by more than
 * `threshold`; then, whatever the metrics are, times `factor` at the end of that epoch and of every later one.
 */
#include "../schedule.h"

enum { FACTOR, THRESHOLD, MINIMIZE, PARAMS };

static const struct optim_param params[] = {
    [FACTOR] = {"factor", 0.5, 0, 1, false, "what it is multiplied by after each epoch, once it has begun"},
    [THRESHOLD] = {"threshold", 0, 0, INFINITY, false, "a metric must be better than the best by more than this"},
    [MINIMIZE] = {"minimize", 1, 0, 1, true, "1: smaller metrics are better, 0: larger ones"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    (void)t;
    return optim_power(s->h[FACTOR], s->memory.cuts);
}

static void observe(struct optim_schedule *s, double metric) {
    const bool minimize = s->h[MINIMIZE] != 0;
    const double best = schedule_best(s, minimize), by = s->h[THRESHOLD];
    if (s->memory.cuts == 0 && schedule_beats(metric, minimize ? best - by : best + by, minimize))
        s->memory.best = metric;
    else
        s->memory.cuts++;
}

const struct optim_schedule_kind optim_schedule_halving = {
    .name = "halving",
    .summary = "constant until the validation metric stops improving, then halved every epoch",
    .params = params,
    .factor = factor,
    .observe = observe,
};
