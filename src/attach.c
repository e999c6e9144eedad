/* Schedules on hyperparameters: the value of a step is what was set, times the factor of its schedule. */
#include "engine/engine.h"
#include "engine/floating.h"
#include "handle.h"
#include "schedule.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct clock now(const struct body *body) {
    return (struct clock){body->steps, body->epochs};
}

/* What was set times a factor: a count stays one, and a limit that falls to 0 stays a limit. */
static double scaled(const struct optim_param *param, double value, double factor) {
    const double product = value * factor;
    if (param->flags & OPTIM_PARAM_OFF_AT_0 && product == 0 && value > 0)
        return DBL_MIN;
    if (!param->whole)
        return product;
    const double below = floor(product), nearest = product - below < 0.5 ? below : below + 1;
    return nearest > param->min ? nearest : param->min;
}

/* The attachment that holds for a hyperparameter with these settings; NULL: none. */
static struct attachment *attachment(const struct body *body, size_t settings, size_t param) {
    const size_t number = (size_t)optim_values(body, settings)[body->params + param];
    return number ? &body->attached[number - 1] : NULL;
}

/* The attachments whose factors a hyperparameter is scaled by. */
static size_t attachments(const struct body *body, size_t settings, size_t param, struct attachment *found[2]) {
    const bool follows = optim_describe(body, param)->flags & OPTIM_PARAM_FOLLOWS_LR;
    size_t count = 0;
    if ((found[count] = attachment(body, settings, param)))
        count++;
    if (follows && (found[count] = attachment(body, settings, 0)))
        count++;
    return count;
}

double optim_effective_value(const struct body *body, size_t settings, size_t param) {
    struct attachment *found[2];
    double factor = 1;
    const size_t count = attachments(body, settings, param, found);
    const floating_mode mode = floating_enter(); /* as in a step */
    for (size_t i = 0; i < count; i++)
        factor *= optim_schedule_at(found[i]->schedule, now(body));
    double value = optim_values(body, settings)[param];
    if (count)
        value = scaled(optim_describe(body, param), value, factor);
    floating_leave(mode);
    return value;
}

static int fail_effective(struct body *body, size_t param, double base, double factor, double value) {
    char function[OPTIM_NAME];
    snprintf(function, sizeof function, "optim_step: %s = %g, times its schedule's %g after %llu steps and %llu epochs",
             optim_describe(body, param)->name, base, factor, (unsigned long long)body->steps,
             (unsigned long long)body->epochs);
    return optim_check_range(body, function, optim_describe(body, param), value);
}

static int update(struct body *body, size_t settings) {
    double *effective = optim_effective(body, settings);
    memcpy(effective, optim_values(body, settings), body->params * sizeof(*effective));
    for (size_t param = 0; body->nattached && param < body->params; param++) {
        struct attachment *found[2];
        const struct optim_param *about = optim_describe(body, param);
        const size_t count = attachments(body, settings, param, found);
        double factor = 1;
        if (count == 0)
            continue;
        for (size_t i = 0; i < count; i++)
            factor *= found[i]->factor;
        const double base = effective[param];
        effective[param] = scaled(about, base, factor);
        if (!(effective[param] >= about->min && effective[param] <= about->max && isfinite(effective[param])))
            return fail_effective(body, param, base, factor, effective[param]);
    }
    return OPTIM_OK;
}

int optim_effective_update(struct body *body) {
    int status = OPTIM_OK;
    for (size_t i = 0; i < body->nattached; i++)
        if (body->attached[i].schedule)
            body->attached[i].factor = optim_schedule_at(body->attached[i].schedule, now(body));
    for (size_t k = 0; k < body->nsettings && status == OPTIM_OK; k++)
        if (optim_settings_in_use(body, k))
            status = update(body, k);
    return status;
}

/* ---- The API ------------------------------------------------------------------------------------------------ */

/* A free number, or one more. */
static bool reserve_attachment(struct body *body, size_t *number) {
    for (*number = 0; *number < body->nattached; ++*number)
        if (!body->attached[*number].schedule)
            return true;
    void *grown = optim_grow(body->attached, &body->attached_capacity, body->nattached + 1, sizeof(*body->attached));
    if (grown)
        body->attached = grown;
    return grown != NULL;
}

int optim_attach_param(struct body *body, const char *function, const char *pattern, size_t param, optim_schedule *s) {
    const struct optim_param *about = optim_describe(body, param);
    const bool all = strcmp(pattern, "*") == 0;
    size_t number;
    int status = optim_schedule_check(body, function, s);
    if (status != OPTIM_OK)
        return status;
    if (about->whole && about->max < OPTIM_MAX_WHOLE)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: %s is a choice from %g to %g: no factor makes sense of it",
                          function, about->name, about->min, about->max);
    if (about->flags & OPTIM_PARAM_OF_HANDLE)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: %s can have no schedule: a loss scale adapts itself",
                          function, about->name);
    if (all ? attachment(body, 0, param) != NULL : optim_has_rule(body, pattern, body->params + param))
        return optim_fail(body, OPTIM_ERROR_STATE, "%s: %s has a schedule for \"%s\" already: optim_detach it first",
                          function, about->name, pattern);
    if (!reserve_attachment(body, &number))
        return optim_fail(body, OPTIM_ERROR_MEMORY, "%s: no memory for another schedule", function);
    status = optim_set_place(body, function, pattern, body->params + param, (double)(number + 1));
    if (status != OPTIM_OK)
        return status;
    body->attached[number] = (struct attachment){s, param, 1};
    if (number == body->nattached)
        body->nattached++;
    s->owned = true;
    return OPTIM_OK;
}

static int attach(optim *opt, const char *function, const char *pattern, const char *hyperparameter,
                  optim_schedule *s) {
    size_t param;
    const int status = optim_check_rule(opt, function, pattern, hyperparameter, &param);
    return status == OPTIM_OK ? optim_attach_param(opt->body, function, pattern, param, s) : status;
}

int optim_attach(optim *opt, const char *hyperparameter, optim_schedule *s) {
    return attach(opt, "optim_attach", "*", hyperparameter, s);
}

int optim_attach_for(optim *opt, const char *pattern, const char *hyperparameter, optim_schedule *s) {
    return attach(opt, "optim_attach_for", pattern, hyperparameter, s);
}

int optim_detach(optim *opt, const char *hyperparameter) {
    static const char function[] = "optim_detach";
    size_t param;
    int status = optim_check_rule(opt, function, "*", hyperparameter, &param);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    status = optim_set_place(body, function, "*", body->params + param, 0);
    for (size_t i = 0; status == OPTIM_OK && i < body->nattached; i++)
        if (body->attached[i].param == param) {
            optim_schedule_free(body->attached[i].schedule);
            body->attached[i].schedule = NULL;
        }
    return status;
}

int optim_epoch(optim *opt, double metric) {
    const int status = optim_check(opt, "optim_epoch", true);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    const floating_mode mode = floating_enter();
    body->epochs++;
    for (size_t i = 0; i < body->nattached; i++)
        optim_schedule_observe(body->attached[i].schedule, now(body), metric);
    floating_leave(mode);
    return OPTIM_OK;
}

uint64_t optim_epochs(const optim *opt) {
    return opt ? opt->body->epochs : 0;
}
