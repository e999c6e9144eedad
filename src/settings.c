/* Hyperparameters: the vectors of values of all stages, and reading them. */
#include "handle.h"

#include <fnmatch.h>
#include <string.h>

enum { NAMES = 128 };

double *optim_values(const struct body *body, size_t settings) {
    return body->values + settings * optim_width(body->params);
}

double *optim_effective(const struct body *body, size_t settings) {
    return optim_values(body, settings) + optim_set_width(body);
}

/* The index of a hyperparameter in the vector, the outermost stage's if several have it; SIZE_MAX: none has. */
static size_t find_param(const struct body *body, const char *name) {
    for (size_t s = body->nstages; s-- > 0;)
        for (size_t i = 0; i < body->stages[s].params; i++)
            if (strcmp(body->stages[s].type->params[i].name, name) == 0)
                return body->stages[s].first_param + i;
    return SIZE_MAX;
}

const struct stage *optim_stage_of(const struct body *body, size_t param) {
    const struct stage *stage = body->stages;
    while (param >= stage->first_param + stage->params)
        stage++;
    return stage;
}

const struct optim_param *optim_describe(const struct body *body, size_t param) {
    const struct stage *stage = optim_stage_of(body, param);
    return &stage->type->params[param - stage->first_param];
}

uint32_t optim_stage_slots(const struct stage *stage) {
    return (uint32_t)((UINT64_C(1) << stage->slots) - 1) << stage->first_slot;
}

uint32_t optim_needed(const struct body *body, const double *values) {
    uint32_t needed = 0;
    for (const struct stage *stage = body->stages; stage < body->stages + body->nstages; stage++) {
        const uint32_t all = optim_stage_slots(stage);
        const double *own = values + stage->first_param;
        needed |= stage->type->needs ? all & stage->type->needs(own) << stage->first_slot : all;
    }
    return needed;
}

static unsigned measures(const struct body *body, const double *values) {
    unsigned measured = 0;
    for (const struct stage *stage = body->stages; stage < body->stages + body->nstages; stage++)
        if (stage->type->measures)
            measured |= stage->type->measures(values + stage->first_param);
    return measured;
}

void optim_settings_update(struct body *body, size_t k) {
    body->settings[k].needed = optim_needed(body, optim_values(body, k));
    body->settings[k].measures = measures(body, optim_values(body, k));
}

bool optim_measures_reserve(struct body *body, unsigned measures, size_t tiles) {
    if (measures == 0 && !body->measured) /* once anything is measured, tensors that do not ask for it are too */
        return true;
    void *grown = optim_grow(body->measured, &body->measured_capacity, tiles, sizeof(*body->measured));
    if (grown)
        body->measured = grown;
    return grown != NULL;
}

bool optim_conflict(const struct body *body, const double *values, struct optim_conflict *conflict) {
    for (const struct stage *stage = body->stages; stage < body->stages + body->nstages; stage++) {
        if (!stage->type->conflict)
            continue;
        *conflict = stage->type->conflict(values + stage->first_param);
        conflict->one += (int)stage->first_param;
        conflict->other += (int)stage->first_param;
        if (conflict->why)
            return true;
    }
    return false;
}

int optim_fail_conflict(struct body *body, const char *function, const double *values,
                        const struct optim_conflict *conflict) {
    return optim_fail(body, OPTIM_ERROR_CONFLICT, "%s: %s: %s = %g contradicts %s = %g: %s", function, body->name,
                      optim_describe(body, (size_t)conflict->one)->name, values[conflict->one],
                      optim_describe(body, (size_t)conflict->other)->name, values[conflict->other], conflict->why);
}

static int fail_param(struct body *body, const char *function, const char *name) {
    const char *names[NAMES] = {0};
    char near[OPTIM_MESSAGE];
    for (size_t i = 0; i < body->params && i < NAMES - 1; i++)
        names[i] = optim_describe(body, i)->name;
    return optim_fail(body, OPTIM_ERROR_NAME, "%s: %s has no hyperparameter \"%s\"%s", function, body->name, name,
                      optim_suggest(near, sizeof near, name, names));
}

int optim_param_index(struct body *body, const char *function, const char *name, size_t *param) {
    if (!name)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: the hyperparameter's name is NULL", function);
    *param = find_param(body, name);
    return *param == SIZE_MAX ? fail_param(body, function, name) : OPTIM_OK;
}

bool optim_settings_reserve(struct body *body, size_t count) {
    size_t capacity = body->settings_capacity;
    void *grown = optim_grow(body->settings, &capacity, count, sizeof(*body->settings));
    if (!grown)
        return false;
    body->settings = grown;
    capacity = body->settings_capacity;
    grown = optim_grow(body->values, &capacity, count, optim_width(body->params) * sizeof(double));
    if (!grown)
        return false;
    body->values = grown;
    body->settings_capacity = capacity;
    return true;
}

static bool same_settings(const struct body *body, size_t a, size_t b) {
    return body->settings[a].chosen == body->settings[b].chosen &&
           memcmp(optim_values(body, a), optim_values(body, b), optim_set_width(body) * sizeof(double)) == 0;
}

int optim_settings_for(struct body *body, const char *tensor, uint32_t *settings) {
    const size_t proposal = body->nsettings;
    if (!optim_settings_reserve(body, proposal + 1))
        return OPTIM_ERROR_MEMORY;
    double *values = optim_values(body, proposal);
    memcpy(values, optim_values(body, 0), optim_set_width(body) * sizeof(double));
    body->settings[proposal].chosen = body->settings[0].chosen;
    for (size_t i = 0; i < body->nrules; i++)
        if (fnmatch(body->rules[i].pattern, tensor, 0) == 0) {
            values[body->rules[i].place] = body->rules[i].value;
            body->settings[proposal].chosen |= optim_choice(body, body->rules[i].place);
        }
    size_t k = 0;
    while (!same_settings(body, k, proposal)) /* it is the same as itself */
        k++;
    optim_settings_update(body, k);
    *settings = (uint32_t)k;
    return OPTIM_OK;
}

int optim_get(const optim *opt, const char *name, double *value) {
    size_t param;
    int status = optim_check(opt, "optim_get", true);
    if (status != OPTIM_OK)
        return status;
    if (!value)
        return optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "optim_get: value is NULL");
    status = optim_param_index(opt->body, "optim_get", name, &param);
    if (status == OPTIM_OK)
        *value = optim_values(opt->body, 0)[param];
    return status;
}

int optim_get_for(const optim *opt, const char *tensor, const char *name, double *value) {
    size_t param;
    int status = optim_check(opt, "optim_get_for", true);
    if (status != OPTIM_OK)
        return status;
    if (!value || !tensor)
        return optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "optim_get_for: %s is NULL", value ? "tensor" : "value");
    status = optim_param_index(opt->body, "optim_get_for", name, &param);
    if (status != OPTIM_OK)
        return status;
    const size_t i = optim_find_tensor(opt->body, tensor);
    if (i == SIZE_MAX)
        return optim_fail(opt->body, OPTIM_ERROR_NAME, "optim_get_for: there is no tensor \"%s\"", tensor);
    *value = optim_effective_value(opt->body, opt->body->tensors[i].settings, param);
    return OPTIM_OK;
}
