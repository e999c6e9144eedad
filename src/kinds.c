/* What schedules there are, and their parameters, by name. */
#include "handle.h"
#include "schedule.h"

enum { NAMES = 64 };

#define SCHEDULE(name) extern const struct optim_schedule_kind optim_schedule_##name;
#include "schedules.h"
#undef SCHEDULE

#define SCHEDULE(name) &optim_schedule_##name,
static const struct optim_schedule_kind *const kinds[] = {
#include "schedules.h"
};
#undef SCHEDULE

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

/* What every kind that has a clock has. */
static const struct optim_param of_clocks[] = {
    {"per_epoch", 0, 0, 1, true, "0: time is counted in steps, 1: in epochs (optim_epoch)"},
    {0},
};

const struct optim_schedule_kind *optim_schedule_find(const char *name) {
    for (size_t i = 0; name && i < KINDS; i++)
        if (optim_same_name(kinds[i]->name, name))
            return kinds[i];
    return NULL;
}

int optim_fail_kind(const char *function, const char *name) {
    const char *names[NAMES] = {0};
    char near[OPTIM_MESSAGE];
    if (!name)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: the schedule's name is NULL", function);
    for (size_t i = 0; i < KINDS && i < NAMES - 1; i++)
        names[i] = kinds[i]->name;
    return optim_fail(NULL, OPTIM_ERROR_NAME, "%s: there is no schedule \"%s\"%s", function, name,
                      optim_suggest(near, sizeof near, name, names));
}

const struct optim_param *optim_schedule_param(const struct optim_schedule_kind *kind, size_t i) {
    const struct optim_param *param = kind->params;
    for (; param->name && i > 0; i--)
        param++;
    if (!param->name && i == 0 && !kind->observe)
        param = of_clocks;
    return param->name ? param : NULL;
}

size_t optim_schedule_count(void) {
    return KINDS;
}

const char *optim_schedule_name(size_t i) {
    return i < KINDS ? kinds[i]->name : NULL;
}

const char *optim_schedule_summary(const char *kind) {
    const struct optim_schedule_kind *found = optim_schedule_find(kind);
    return found ? found->summary : NULL;
}

int optim_schedule_wraps(const char *kind) {
    const struct optim_schedule_kind *found = optim_schedule_find(kind);
    return found ? found->wraps : optim_fail_kind("optim_schedule_wraps", kind);
}

size_t optim_schedule_param_count(const char *kind) {
    const struct optim_schedule_kind *found = optim_schedule_find(kind);
    size_t count = 0;
    while (found && optim_schedule_param(found, count))
        count++;
    return count;
}

int optim_schedule_param_info(const char *kind, size_t i, const char **name, double *initial, double *min, double *max,
                              const char **help) {
    const struct optim_schedule_kind *found = optim_schedule_find(kind);
    if (!found)
        return optim_fail_kind("optim_schedule_param_info", kind);
    const struct optim_param *param = optim_schedule_param(found, i);
    if (!param)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "optim_schedule_param_info: i = %zu: %s has %zu parameters", i,
                          found->name, optim_schedule_param_count(kind));
    optim_tell_param(param, name, min, max, help);
    if (initial)
        *initial = param->initial;
    return OPTIM_OK;
}
