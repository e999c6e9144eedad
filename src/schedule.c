/* Schedules: create, wrap, set, evaluate. */
#include "schedule.h"
#include "engine/floating.h"
#include "handle.h"

#include <stdlib.h>
#include <string.h>

static int check_owner(struct body *body, const char *function, const struct optim_schedule *s) {
    if (!s)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: the schedule is NULL", function);
    if (s->owned)
        return optim_fail(body, OPTIM_ERROR_STATE, "%s: this schedule (%s) belongs to an optimizer or another schedule",
                          function, s->kind->name);
    return OPTIM_OK;
}

/* Everything that must be set is, and nothing contradicts itself. */
static int check_complete(struct body *body, const char *function, const struct optim_schedule *s) {
    const struct optim_param *param;
    for (; s; s = s->inner) {
        for (size_t i = 0; (param = optim_schedule_param(s->kind, i)); i++)
            if (isnan(s->h[i]))
                return optim_fail(body, OPTIM_ERROR_STATE, "%s: %s: \"%s\" must be set first: %s", function,
                                  s->kind->name, param->name, param->help);
        const struct optim_conflict conflict = s->kind->conflict ? s->kind->conflict(s->h) : (struct optim_conflict){0};
        if (conflict.why)
            return optim_fail(body, OPTIM_ERROR_CONFLICT, "%s: %s: %s = %g contradicts %s = %g: %s", function,
                              s->kind->name, s->kind->params[conflict.one].name, s->h[conflict.one],
                              s->kind->params[conflict.other].name, s->h[conflict.other], conflict.why);
    }
    return OPTIM_OK;
}

int optim_schedule_check(struct body *body, const char *function, const struct optim_schedule *s) {
    const int status = check_owner(body, function, s);
    return status == OPTIM_OK ? check_complete(body, function, s) : status;
}

static int create(optim_schedule **out, const char *function, const char *kind, bool wraps, optim_schedule *inner) {
    const struct optim_schedule_kind *found = optim_schedule_find(kind);
    const struct optim_param *param;
    if (!out)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: out is NULL", function);
    if (!found)
        return optim_fail_kind(function, kind);
    if (found->wraps != wraps)
        return optim_fail(NULL, OPTIM_ERROR_NAME,
                          wraps ? "%s: \"%s\" goes around no other schedule: make it with optim_schedule_create"
                                : "%s: \"%s\" goes around another schedule: put it there with optim_schedule_wrap",
                          function, found->name);
    optim_schedule *s = calloc(1, sizeof(*s));
    if (!s)
        return optim_fail(NULL, OPTIM_ERROR_MEMORY, "%s: no memory for \"%s\"", function, found->name);
    *s = (optim_schedule){.kind = found, .inner = inner};
    for (size_t i = 0; (param = optim_schedule_param(found, i)); i++)
        s->h[i] = param->initial;
    optim_schedule_forget(s);
    *out = s;
    return OPTIM_OK;
}

int optim_schedule_create(optim_schedule **out, const char *kind) {
    return create(out, "optim_schedule_create", kind, false, NULL);
}

int optim_schedule_wrap(optim_schedule **out, const char *kind, optim_schedule *inner) {
    int status = optim_schedule_check(NULL, "optim_schedule_wrap", inner);
    if (status == OPTIM_OK)
        status = create(out, "optim_schedule_wrap", kind, true, inner);
    if (status == OPTIM_OK)
        inner->owned = true;
    return status;
}

void optim_schedule_free(struct optim_schedule *s) {
    while (s) {
        struct optim_schedule *inner = s->inner;
        free(s->points);
        free(s);
        s = inner;
    }
}

void optim_schedule_destroy(optim_schedule *s) {
    if (s && !s->owned)
        optim_schedule_free(s);
}

/* The schedule of the chain that has a parameter of that name, the outermost if several have; NULL: none has. */
static struct optim_schedule *find_param(struct optim_schedule *s, const char *name, size_t *i) {
    const struct optim_param *param;
    for (; s; s = s->inner)
        for (*i = 0; (param = optim_schedule_param(s->kind, *i)); ++*i)
            if (strcmp(param->name, name) == 0)
                return s;
    return NULL;
}

bool optim_schedule_has(const struct optim_schedule *s, const char *name) {
    size_t i;
    return find_param((struct optim_schedule *)s, name, &i) == s;
}

static int fail_param(const char *function, const struct optim_schedule *s, const char *name) {
    const struct optim_param *param;
    const char *names[4 * OPTIM_SCHEDULE_PARAMS] = {0};
    char near[OPTIM_MESSAGE];
    size_t count = 0;
    for (const struct optim_schedule *at = s; at; at = at->inner)
        for (size_t i = 0; count < sizeof(names) / sizeof(*names) - 1 && (param = optim_schedule_param(at->kind, i));
             i++)
            names[count++] = param->name;
    return optim_fail(NULL, OPTIM_ERROR_NAME, "%s: %s has no parameter \"%s\"%s", function, s->kind->name, name,
                      optim_suggest(near, sizeof near, name, names));
}

int optim_schedule_set(optim_schedule *s, const char *name, double value) {
    static const char function[] = "optim_schedule_set";
    size_t i;
    int status = check_owner(NULL, function, s);
    if (status == OPTIM_OK && !name)
        status = optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: the parameter's name is NULL", function);
    if (status != OPTIM_OK)
        return status;
    struct optim_schedule *found = find_param(s, name, &i);
    if (!found)
        return fail_param(function, s, name);
    status = optim_check_range(NULL, function, optim_schedule_param(found->kind, i), value);
    if (status == OPTIM_OK)
        found->h[i] = value;
    return status;
}

int optim_schedule_get(const optim_schedule *s, const char *name, double *value) {
    static const char function[] = "optim_schedule_get";
    size_t i;
    if (!s || !name || !value)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: %s is NULL", function,
                          !s      ? "the schedule"
                          : !name ? "the parameter's name"
                                  : "value");
    const struct optim_schedule *found = find_param((optim_schedule *)s, name, &i);
    if (!found)
        return fail_param(function, s, name);
    *value = found->h[i];
    return OPTIM_OK;
}

int optim_schedule_point(optim_schedule *s, double at, double factor) {
    static const char function[] = "optim_schedule_point";
    struct optim_schedule *of = s;
    const int status = check_owner(NULL, function, s);
    if (status != OPTIM_OK)
        return status;
    while (of && !of->kind->points)
        of = of->inner;
    if (!of)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: %s is not made of points: piecewise is", function,
                          s->kind->name);
    if (!isfinite(at) || at < 0)
        return optim_fail(NULL, OPTIM_ERROR_RANGE, "%s: at = %g: must be a number, finite and at least 0", function,
                          at);
    if (of->npoints && at <= of->points[of->npoints - 1].at)
        return optim_fail(NULL, OPTIM_ERROR_RANGE, "%s: at = %.17g: must be after the last point, which is at %.17g",
                          function, at, of->points[of->npoints - 1].at);
    if (!isfinite(factor) || factor < 0)
        return optim_fail(NULL, OPTIM_ERROR_RANGE, "%s: factor = %g: must be a number, finite and at least 0", function,
                          factor);
    struct point *points = optim_grow(of->points, &of->capacity, of->npoints + 1, sizeof(*points));
    if (!points)
        return optim_fail(NULL, OPTIM_ERROR_MEMORY, "%s: no memory for another point", function);
    of->points = points;
    of->points[of->npoints++] = (struct point){at, factor};
    return OPTIM_OK;
}

/* ---- Time --------------------------------------------------------------------------------------------------- */

/* Where a schedule's own clock is in the vector of parameters: behind those of its kind. */
static bool per_epoch(const struct optim_schedule *s) {
    size_t i = 0;
    if (s->kind->observe)
        return false;
    while (s->kind->params[i].name)
        i++;
    return s->h[i] != 0;
}

/* The hand of the clock that a schedule runs by. */
static uint64_t *hand(const struct optim_schedule *s, struct clock *now) {
    return per_epoch(s) ? &now->epochs : &now->steps;
}

/* How far the clock of what is inside is behind. */
static uint64_t delay(const struct optim_schedule *s) {
    return s->kind->delay ? (uint64_t)s->kind->delay(s->h) : 0;
}

double optim_schedule_at(const struct optim_schedule *s, struct clock now) {
    double factor = 1;
    for (; s; s = s->inner) {
        uint64_t *time = hand(s, &now);
        const uint64_t late = delay(s);
        factor *= s->kind->factor(s, (double)*time);
        *time = *time > late ? *time - late : 0;
    }
    return factor;
}

void optim_schedule_observe(struct optim_schedule *s, struct clock now, double metric) {
    for (; s; s = s->inner) {
        uint64_t *time = hand(s, &now);
        const uint64_t late = delay(s);
        if (s->kind->observe)
            s->kind->observe(s, metric);
        if (late && *time <= late)
            return; /* the clock of what is inside has not started */
        *time -= late;
    }
}

void optim_schedule_forget(struct optim_schedule *s) {
    for (; s; s = s->inner)
        s->memory = (struct memory){.best = NAN};
}

int optim_schedule_factor(const optim_schedule *s, uint64_t t, double *factor) {
    static const char function[] = "optim_schedule_factor";
    if (!s || !factor)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: %s is NULL", function, s ? "factor" : "the schedule");
    const int status = check_complete(NULL, function, s);
    if (status != OPTIM_OK)
        return status;
    const floating_mode mode = floating_enter(); /* as in a step */
    *factor = optim_schedule_at(s, (struct clock){t, t});
    floating_leave(mode);
    return OPTIM_OK;
}
