/*
 * What the author of a schedule reads: how a kind describes itself, and what is behind a schedule's handle.
 *
 * A schedule is a factor that changes with time. A kind's file in schedules/ says what the factor is at time t; where
 * no metric is involved that is a closed form in t, so there is nothing to save. Time is the number of steps taken
 * before, or of epochs ended with `per_epoch`: which of the two is the engine's business.
 */
#ifndef OPTIM_SCHEDULE_H
#define OPTIM_SCHEDULE_H

#include <math.h>

#include "type.h"

enum { OPTIM_SCHEDULE_PARAMS = 8 };

/* Steps taken and epochs ended. */
struct clock {
    uint64_t steps, epochs;
};

struct point {
    double at, factor;
};

/* What a schedule that follows a metric remembers. */
struct memory {
    double best; /* metric so far; NAN: none */
    uint64_t bad, rest, cuts;
};

struct optim_schedule {
    const struct optim_schedule_kind *kind;
    double h[OPTIM_SCHEDULE_PARAMS]; /* in the order of the kind's table, then the common ones */
    struct point *points;
    size_t npoints, capacity;
    struct memory memory;
    struct optim_schedule *inner; /* what it is wrapped around; NULL: nothing */
    bool owned;
};

struct optim_schedule_kind {
    const char *name, *summary;
    const struct optim_param *params;                   /* ends with one without a name; initial NAN: it must be set */
    bool points;                                        /* is made of them */
    struct optim_conflict (*conflict)(const double *h); /* NULL: none can */
    double (*factor)(const struct optim_schedule *s, double t);
    /* only in those that follow a metric: the end of an epoch; they have no clock */
    void (*observe)(struct optim_schedule *s, double metric);
    /* only in those that wrap another: how much later the clock of what is inside starts */
    bool wraps;
    double (*delay)(const double *h);
};

/* How far along `steps` time t is, from 0 to 1, and what is left: 1 - t / steps would cancel near the end. */

static inline double schedule_progress(double t, double steps) {
    return t < steps ? t / steps : 1;
}

static inline double schedule_left(double t, double steps) {
    return t < steps ? (steps - t) / steps : 0;
}

/* (1 + cos(pi t / steps)) / 2 */
static inline double schedule_half_cosine(double t, double steps) {
    return optim_half_cosine(schedule_progress(t, steps), schedule_left(t, steps));
}

/* The best metric so far: the worst there is before the first. */
static inline double schedule_best(const struct optim_schedule *s, bool minimize) {
    return !isnan(s->memory.best) ? s->memory.best : minimize ? INFINITY : -INFINITY;
}

/* Whether a metric is beyond the bar; a NaN never is. */
static inline bool schedule_beats(double metric, double bar, bool minimize) {
    return minimize ? metric < bar : metric > bar;
}

/* ---- schedule.c ---- */
/* An error, told to this function's caller through `body`, unless it can be used and nobody owns it. */
struct body;
int optim_schedule_check(struct body *body, const char *function, const struct optim_schedule *s);
/* The factor; like all that follows a clock, to be called in the floating-point mode of a step. */
double optim_schedule_at(const struct optim_schedule *s, struct clock now);
/* An epoch has ended: `now` counts it. */
void optim_schedule_observe(struct optim_schedule *s, struct clock now, double metric);
void optim_schedule_forget(struct optim_schedule *s);
void optim_schedule_free(struct optim_schedule *s);

/* Has the schedule itself, not one it wraps, a parameter of that name? */
bool optim_schedule_has(const struct optim_schedule *s, const char *name);

/* ---- kinds.c ---- */
/* The kind of that name; NULL: there is none. */
const struct optim_schedule_kind *optim_schedule_find(const char *name);
/* As OPTIM_ERROR_NAME for an unknown kind. */
int optim_fail_kind(const char *function, const char *name);
/* Parameter i of a kind, common ones included; NULL past the end. */
const struct optim_param *optim_schedule_param(const struct optim_schedule_kind *kind, size_t i);

#endif
