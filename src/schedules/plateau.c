/*
 * Times `factor`, but never below `floor`, each time the metric has not improved for more than `patience` epochs; the
 * `cooldown` epochs after that do not count. As PyTorch's ReduceLROnPlateau with its relative threshold.
 */
#include "../schedule.h"

enum { FACTOR, PATIENCE, THRESHOLD, COOLDOWN, FLOOR, MINIMIZE, PARAMS };

static const struct optim_param params[] = {
    [FACTOR] = {"factor", 0.1, 0, 1, false, "what it is multiplied by"},
    [PATIENCE] = {"patience", 10, 0, OPTIM_MAX_WHOLE, true, "epochs without improvement that are put up with"},
    [THRESHOLD] = {"threshold", 1e-4, 0, INFINITY, false, "a metric must be better than the best by this share of it"},
    [COOLDOWN] = {"cooldown", 0, 0, OPTIM_MAX_WHOLE, true, "epochs after a reduction that do not count"},
    [FLOOR] = {"floor", 0, 0, 1, false, "the smallest factor"},
    [MINIMIZE] = {"minimize", 1, 0, 1, true, "1: smaller metrics are better, 0: larger ones"},
    [PARAMS] = {0},
};

static double factor(const struct optim_schedule *s, double t) {
    const double reduced = optim_power(s->h[FACTOR], s->memory.cuts);
    (void)t;
    return reduced > s->h[FLOOR] ? reduced : s->h[FLOOR];
}

static void observe(struct optim_schedule *s, double metric) {
    struct memory *memory = &s->memory;
    const bool minimize = s->h[MINIMIZE] != 0;
    const double best = schedule_best(s, minimize), by = minimize ? -s->h[THRESHOLD] : s->h[THRESHOLD];
    if (schedule_beats(metric, isfinite(best) ? best * (1 + by) : best, minimize)) {
        memory->best = metric;
        memory->bad = 0;
    } else
        memory->bad++;
    if (memory->rest > 0) {
        memory->rest--;
        memory->bad = 0;
    }
    if ((double)memory->bad > s->h[PATIENCE]) {
        memory->cuts++;
        memory->rest = (uint64_t)s->h[COOLDOWN];
        memory->bad = 0;
    }
}

const struct optim_schedule_kind optim_schedule_plateau = {
    .name = "plateau",
    .summary = "reduced whenever the validation metric has not improved for a while",
    .params = params,
    .factor = factor,
    .observe = observe,
};
