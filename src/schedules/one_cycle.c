/*
 * Up from 1 / div_factor to 1 until t = pct_start steps - 1, and down to 1 / (div_factor final_div_factor) until
 * t = steps - 1, each along half a cosine: Smith & Topin 2018, in PyTorch's form
 */
#include "../schedule.h"

enum { STEPS, PCT_START, DIV_FACTOR, FINAL_DIV_FACTOR, PARAMS };

static const struct optim_param params[] = {
    [STEPS] = {"steps", NAN, 1, OPTIM_MAX_WHOLE, true, "steps of the whole cycle; then it stays where it is"},
    [PCT_START] = {"pct_start", 0.3, 0, 1, false, "the share of the steps in which it rises"},
    [DIV_FACTOR] = {"div_factor", 25, 1, INFINITY, false, "how much lower it starts"},
    [FINAL_DIV_FACTOR] = {"final_div_factor", 1e4, 1, INFINITY, false, "how much lower than that it ends"},
    [PARAMS] = {0},
};

/* From `from` to `to` along half a cosine in so many steps. */
static double between(double from, double to, double t, double steps) {
    return to + (from - to) * schedule_half_cosine(t, steps);
}

static double factor(const struct optim_schedule *s, double t) {
    const double *h = s->h, top = h[PCT_START] * h[STEPS] - 1, last = h[STEPS] - 1;
    const double first = 1 / h[DIV_FACTOR], end = first / h[FINAL_DIV_FACTOR];
    if (t <= top)
        return between(first, 1, t, top);
    return t < last ? between(1, end, t - top, last - top) : top >= last ? 1 : end;
}

const struct optim_schedule_kind optim_schedule_one_cycle = {
    .name = "one_cycle",
    .summary = "up to the full value and down to almost nothing (Smith & Topin 2018)",
    .params = params,
    .factor = factor,
};
