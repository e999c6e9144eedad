#include "about.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/handle.h"
#include "../src/schedule.h"
#include "text.h"

const char *about_kind(const struct about *about) {
    static const char *const names[ABOUT_KINDS] = {"optimizer", "wrapper", "schedule"};
    return names[about->kind];
}

/* ---- Algorithms ----------------------------------------------------------------------------------------------- */

static void add_param(struct about *about, const char *of, const struct optim_param *param, double initial) {
    about->params[about->nparams++] =
        (struct about_param){of, param->name, param->help, initial, param->min, param->max, param->whole};
}

static void add_stage(struct about *about, const struct body *body, size_t s) {
    const struct stage *stage = &body->stages[s];
    const char *of = stage->family == OPTIM_COMMON ? "common" : stage->preset->name;
    const double *values = optim_values(body, 0);
    const uint32_t needed = optim_needed(body, values);
    for (size_t i = 0; i < stage->params; i++)
        add_param(about, of, &stage->type->params[i], values[stage->first_param + i]);
    for (uint32_t k = 0; k < stage->slots; k++) {
        const bool used = needed >> (stage->first_slot + k) & 1;
        about->slots[about->nslots++] = (struct about_slot){of, stage->type->slots[k].name, used};
        about->used += used;
    }
}

/* A handle with that alone, or with a wrapper around something. */
static int create(optim **opt, const char *name, bool wraps) {
    optim *inner = NULL;
    if (!wraps)
        return optim_create(opt, name);
    int status = optim_create(&inner, optim_algorithm_name(0));
    if (status == OPTIM_OK && (status = optim_wrap(opt, name, inner)) != OPTIM_OK)
        optim_destroy(inner);
    return status;
}

/* From outside in, and what all have in common last: as optim_param_info counts them. */
static bool describe(struct about *about, const char *name) {
    const bool wraps = optim_algorithm_wraps(name) == 1;
    optim *opt;
    *about = (struct about){.kind = wraps ? ABOUT_WRAPPER : ABOUT_OPTIMIZER, .summary = optim_algorithm_summary(name)};
    if (create(&opt, name, wraps) != OPTIM_OK)
        return false;
    const struct body *body = opt->body;
    for (size_t s = body->nstages; s-- > 0 && !(wraps && s + 1 < body->nstages);)
        if (body->stages[s].family != OPTIM_COMMON)
            add_stage(about, body, s);
    if (!wraps)
        add_stage(about, body, 1);
    about->name = name;
    optim_destroy(opt);
    return true;
}

/* ---- Schedules ------------------------------------------------------------------------------------------------ */

static bool describe_schedule(struct about *about, const char *name) {
    const struct optim_schedule_kind *kind = optim_schedule_find(name);
    const struct optim_param *param;
    if (!kind)
        return false;
    *about = (struct about){
        .kind = ABOUT_SCHEDULE,
        .name = kind->name,
        .summary = kind->summary,
        .wraps = kind->wraps,
        .metric = kind->observe != NULL,
        .points = kind->points,
    };
    for (size_t i = 0; (param = optim_schedule_param(kind, i)); i++)
        add_param(about, kind->name, param, param->initial);
    return true;
}

/* ---- Everything ----------------------------------------------------------------------------------------------- */

static const char *algorithm_at(size_t i, int wraps) {
    for (size_t k = 0; k < optim_algorithm_count(); k++)
        if (optim_algorithm_wraps(optim_algorithm_name(k)) == wraps && i-- == 0)
            return optim_algorithm_name(k);
    return NULL;
}

static const char *name_at(size_t i) {
    const char *name = algorithm_at(i, 0);
    if (name)
        return name;
    size_t optimizers = 0;
    while (algorithm_at(optimizers, 0))
        optimizers++;
    name = algorithm_at(i - optimizers, 1);
    return name ? name : optim_schedule_name(i - optim_algorithm_count());
}

bool about_at(struct about *about, size_t i) {
    const char *name = name_at(i);
    return name && (i < optim_algorithm_count() ? describe(about, name) : describe_schedule(about, name));
}

bool about_find(struct about *about, const char *name) {
    char near[OPTIM_MESSAGE], message[OPTIM_MESSAGE];
    if (describe(about, name))
        return true;
    snprintf(message, sizeof message, "%s", optim_errmsg(NULL));
    if (describe_schedule(about, name))
        return true;
    if (strchr(name, '(')) { /* a chain, of which the library knows what is wrong */
        complain("%s", strchr(message, ' ') ? strchr(message, ' ') + 1 : message);
        return false;
    }
    size_t count = 0;
    while (name_at(count))
        count++;
    const char **names = allocate(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = name_at(i);
    complain("info: there is nothing called \"%.100s\"%s", name, optim_suggest(near, sizeof near, name, names));
    free(names);
    return false;
}

/* ---- Values --------------------------------------------------------------------------------------------------- */

void about_initial(const struct about_param *param, char *text, size_t size) {
    snprintf(text, size, "%s", isnan(param->initial) ? "must be set" : number_text(param->initial).text);
}

void about_range(const struct about_param *param, char *text, size_t size) {
    const char *whole = param->whole ? "whole, " : "";
    const struct number min = number_text(param->min), max = number_text(param->max);
    const bool open = isinf(param->max) || param->max == OPTIM_MAX_WHOLE;
    if (param->whole && param->min == 0 && param->max == 1)
        snprintf(text, size, "0 or 1");
    else if (open)
        snprintf(text, size, "%sat least %s", whole, min.text);
    else if (param->max == OPTIM_BELOW_ONE)
        snprintf(text, size, "%s to below 1", min.text);
    else
        snprintf(text, size, "%s%s to %s", whole, min.text, max.text);
}
