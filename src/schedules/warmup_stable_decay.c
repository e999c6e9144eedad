/*
 * f(t) = (t + 1) / warmup                 t < warmup
 *        1                                up to steps - decay
 *        1 - (1 - end) x                  x = (t - (steps - decay)) / decay, up to steps
 *        end                              from then on
 * Zhai et al. 2022; Hu et al. 2024
 */
#include "../schedule.h"

enum { STEPS, WARMUP, DECAY, END, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps of all three together"},
    [WARMUP] = {"warmup", 0, 0, OPTIM_MAX_WHOLE, true, "steps of the warm-up; the last one has factor 1"},
    [DECAY] = {"decay", NAN, 0, OPTIM_MAX_WHOLE, true, "steps of the decay"},
    [END] = {"end", 0, 0, 1, false, "the last factor"},
    [PARAMS] = {0},
};

static struct optim_conflict conflict(const double *h) {
    if (h[DECAY] > h[STEPS])
        return (struct optim_conflict){"it is longer than all steps", DECAY, STEPS};
    if (h[WARMUP] > h[STEPS] - h[DECAY])
        return (struct optim_conflict){"the warm-up and the decay are longer than all steps", WARMUP, STEPS};
    return (struct optim_conflict){0};
}

static double factor(const struct optim_schedule *s, double t) {
    const double *h = s->h, falls = h[STEPS] - h[DECAY];
    if (t < h[WARMUP])
        return (t + 1) / h[WARMUP];
    if (t < falls)
        return 1;
    return schedule_left(t - falls, h[DECAY]) + h[END] * schedule_progress(t - falls, h[DECAY]);
}

const struct optim_schedule_kind optim_schedule_warmup_stable_decay = {
    .name = "warmup_stable_decay",
    .summary = "warms up, stays, and falls in equal steps at the end (Zhai et al. 2022; Hu et al. 2024)",
    .params = params,
    .conflict = conflict,
    .factor = factor,
};
