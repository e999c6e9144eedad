/* f(t) = the factor of the last point with at <= t; 1 before the first */
#include "../schedule.h"

static const struct optim_param params[] = {{0}};

static double factor(const struct optim_schedule *s, double t) {
    size_t reached = 0, end = s->npoints; /* points below `reached` are, those from `end` on are not */
    while (reached < end) {
        const size_t middle = reached + (end - reached) / 2;
        if (s->points[middle].at <= t)
            reached = middle + 1;
        else
            end = middle;
    }
    return reached ? s->points[reached - 1].factor : 1;
}

const struct optim_schedule_kind optim_schedule_piecewise = {
    .name = "piecewise",
    .summary = "constant between points (optim_schedule_point): from each on, its factor; 1 before the first",
    .params = params,
    .points = true,
    .factor = factor,
};
