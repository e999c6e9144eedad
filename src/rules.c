/* Setting hyperparameters: rules by pattern, each an all-or-nothing change. */
#include "engine/blas.h"
#include "handle.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int optim_check_range(struct body *body, const char *function, const struct optim_param *param, double value) {
    const char *kind = param->whole ? "a whole number" : "a number";
    if (param->flags & OPTIM_PARAM_A_SCALE && value > 0 && value < OPTIM_LEAST_SCALE)
        return optim_fail(body, OPTIM_ERROR_RANGE, "%s: %s = %g: must be 0 or a number from %g to %g", function,
                          param->name, value, OPTIM_LEAST_SCALE, param->max);
    if (isfinite(value) && value >= param->min && value <= param->max && !(param->whole && value != floor(value)))
        return OPTIM_OK;
    if (param->max == INFINITY)
        return optim_fail(body, OPTIM_ERROR_RANGE, "%s: %s = %g: must be %s, finite and at least %g", function,
                          param->name, value, kind, param->min);
    if (param->max == OPTIM_BELOW_ONE)
        return optim_fail(body, OPTIM_ERROR_RANGE, "%s: %s = %.17g: must be %s, at least %g and below 1", function,
                          param->name, value, kind, param->min);
    return optim_fail(body, OPTIM_ERROR_RANGE, "%s: %s = %g: must be %s from %g to %g", function, param->name, value,
                      kind, param->min, param->max);
}

/* Mark the tensors the pattern matches, and count them in their settings. */
static void match(struct body *body, const char *pattern) {
    for (size_t k = 0; k < body->nsettings; k++)
        body->settings[k].matched = pattern ? 0 : body->settings[k].users;
    if (!pattern)
        return;
    const bool literal = !strpbrk(pattern, "*?[\\");
    const size_t only = literal ? optim_find_tensor(body, pattern) : SIZE_MAX;
    for (size_t i = 0; i < body->ntensors; i++) {
        struct tensor *tensor = &body->tensors[i];
        tensor->matched = literal ? i == only : fnmatch(pattern, tensor->name, 0) == 0;
        body->settings[tensor->settings].matched += tensor->matched;
    }
}

/* The values as they would be, for every settings vector with a match: after the last one, in the same order. */
static size_t propose(struct body *body, size_t place, double value) {
    size_t proposals = 0;
    for (size_t k = 0; k < body->nsettings; k++) {
        if (body->settings[k].matched == 0)
            continue;
        const size_t proposal = body->nsettings + proposals++;
        double *values = optim_values(body, proposal);
        memcpy(values, optim_values(body, k), optim_set_width(body) * sizeof(double));
        values[place] = value;
        body->settings[k].moved = (uint32_t)proposal;
        body->settings[proposal].chosen = body->settings[k].chosen | optim_choice(body, place);
        optim_settings_update(body, proposal);
    }
    return proposals;
}

/* Refuse a contradiction with something that was chosen; one with an untouched default may be half of a change. */
static int check_conflicts(struct body *body, const char *function, size_t place, size_t proposals) {
    struct optim_conflict conflict;
    for (size_t k = body->nsettings; k < body->nsettings + proposals; k++) {
        if (!optim_conflict(body, optim_values(body, k), &conflict))
            continue;
        const size_t one = (size_t)conflict.one, other = (size_t)conflict.other;
        const uint64_t chosen = body->settings[k].chosen;
        if ((one == place && chosen >> other & 1) || (other == place && chosen >> one & 1))
            return optim_fail_conflict(body, function, optim_values(body, k), &conflict);
    }
    return OPTIM_OK;
}

/* Memory for the state that the change needs and that was not needed before. */
static bool reserve_state(struct body *body, bool *grows) {
    *grows = false;
    for (size_t k = 0; k < body->nsettings; k++) {
        const struct settings *now = &body->settings[k];
        *grows |= now->matched && body->settings[now->moved].needed & ~now->needed;
    }
    for (size_t k = 0; k < body->nsettings; k++)
        if (body->settings[k].matched &&
            !optim_measures_reserve(body, body->settings[body->settings[k].moved].measures, body->ntiles))
            return false;
    optim_state_begin(body);
    for (size_t i = 0; *grows && i < body->ntensors; i++) {
        const struct settings *now = &body->settings[body->tensors[i].settings];
        const bool whole = now->matched == now->users;
        if (!now->matched || !(whole || body->tensors[i].matched))
            continue;
        if (!optim_state_reserve(body, i, body->settings[now->moved].needed)) {
            optim_state_cancel(body);
            return false;
        }
    }
    return true;
}

/* Put the proposals in the place of what they are to replace, or, where only some users of it move, beside it. */
static void commit_values(struct body *body) {
    const size_t before = body->nsettings;
    for (size_t k = 0; k < before; k++) {
        struct settings *from = &body->settings[k];
        if (from->matched == 0)
            continue;
        const bool whole = from->matched == from->users;
        const size_t to = whole ? k : body->nsettings++, proposal = from->moved;
        memmove(optim_values(body, to), optim_values(body, proposal), optim_set_width(body) * sizeof(double));
        body->regroup |= body->settings[to].needed != body->settings[proposal].needed; /* so is the work */
        body->settings[to].needed = body->settings[proposal].needed;
        body->settings[to].measures = body->settings[proposal].measures;
        body->settings[to].chosen = body->settings[proposal].chosen;
        if (!whole) {
            body->settings[to].users = from->matched;
            body->settings[to].cohort = 0;
            from->users -= from->matched;
        }
        from->moved = (uint32_t)to;
    }
}

static void commit_tensors(struct body *body) {
    for (size_t i = 0; i < body->ntensors; i++) {
        struct tensor *tensor = &body->tensors[i];
        const struct settings *now = &body->settings[tensor->settings];
        if (now->matched && tensor->matched)
            tensor->settings = now->moved;
        optim_state_commit(body, i);
    }
    body->regroup = true;
}

/* Drop the rules that this one makes void: of every pattern if it is for all tensors (pattern NULL). */
static void supersede(struct body *body, const char *pattern, size_t place) {
    size_t kept = 0;
    for (size_t i = 0; i < body->nrules; i++) {
        struct rule *rule = &body->rules[i];
        if (rule->place == place && (!pattern || strcmp(rule->pattern, pattern) == 0))
            free(rule->pattern);
        else
            body->rules[kept++] = *rule;
    }
    body->nrules = kept;
}

/* Everything that can fail, then everything that cannot. pattern NULL: all tensors, those to come too. */
static int apply(struct body *body, const char *function, const char *pattern, size_t place, double value) {
    bool grows;
    if (!optim_settings_reserve(body, 2 * body->nsettings))
        return optim_fail(body, OPTIM_ERROR_MEMORY, "%s: no memory for another rule", function);
    match(body, pattern);
    const size_t proposals = propose(body, place, value);
    const int status = check_conflicts(body, function, place, proposals);
    if (status != OPTIM_OK)
        return status;
    if (!reserve_state(body, &grows))
        return optim_fail(body, OPTIM_ERROR_MEMORY, "%s: no memory for the state that %s = %g needs", function,
                          optim_describe(body, place % body->params)->name, value);
    commit_values(body);
    if (pattern || grows)
        commit_tensors(body);
    body->check = true;
    supersede(body, pattern, place);
    return OPTIM_OK;
}

int optim_set_place(struct body *body, const char *function, const char *pattern, size_t place, double value) {
    int status;
    if (strcmp(pattern, "*") == 0)
        return apply(body, function, NULL, place, value);
    char *copy = strdup(pattern);
    void *rules = optim_grow(body->rules, &body->rule_capacity, body->nrules + 1, sizeof(*body->rules));
    if (rules)
        body->rules = rules;
    if (copy && rules)
        status = apply(body, function, pattern, place, value);
    else
        status = optim_fail(body, OPTIM_ERROR_MEMORY, "%s: no memory for another rule", function);
    if (status == OPTIM_OK)
        body->rules[body->nrules++] = (struct rule){copy, place, value};
    else
        free(copy);
    /* cppcheck-suppress memleak; the rule has the copy */
    return status;
}

bool optim_has_rule(const struct body *body, const char *pattern, size_t place) {
    for (size_t i = 0; i < body->nrules; i++)
        if (body->rules[i].place == place && strcmp(body->rules[i].pattern, pattern) == 0)
            return true;
    return false;
}

int optim_check_rule(const optim *opt, const char *function, const char *pattern, const char *name, size_t *param) {
    int status = optim_check(opt, function, true);
    if (status == OPTIM_OK && !pattern)
        status = optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "%s: the pattern is NULL", function);
    if (status == OPTIM_OK)
        status = optim_param_index(opt->body, function, name, param);
    if (status == OPTIM_OK && optim_describe(opt->body, *param)->flags & OPTIM_PARAM_OF_HANDLE &&
        strcmp(pattern, "*") != 0)
        status = optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "%s: %s is one for all tensors: its pattern must be \"*\"",
                            function, name);
    return status;
}

static int set(optim *opt, const char *function, const char *pattern, const char *name, double value) {
    size_t param;
    int status = optim_check_rule(opt, function, pattern, name, &param);
    if (status == OPTIM_OK)
        status = optim_check_range(opt->body, function, optim_describe(opt->body, param), value);
    if (status != OPTIM_OK)
        return status;
    const char *why = param == opt->body->blas && value != 0 ? optim_blas_load() : NULL;
    if (why)
        return optim_fail(opt->body, OPTIM_ERROR_UNSUPPORTED, "%s: blas = 1: %s", function, why);
    status = optim_set_place(opt->body, function, pattern, param, value);
    if (status == OPTIM_OK && param == opt->body->loss_scale)
        opt->body->good = 0;
    return status;
}

int optim_set(optim *opt, const char *name, double value) {
    return set(opt, "optim_set", "*", name, value);
}

int optim_set_for(optim *opt, const char *pattern, const char *name, double value) {
    return set(opt, "optim_set_for", pattern, name, value);
}
