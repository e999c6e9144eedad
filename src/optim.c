/* Handles: create, wrap, destroy, reset. */
#include "engine/engine.h"
#include "handle.h"
#include "schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void optim_body_free(struct body *body) {
    for (size_t i = 0; i < body->ntensors; i++) {
        free(body->tensors[i].name);
        free(body->tensors[i].shape);
    }
    for (size_t i = 0; i < body->nrules; i++)
        free(body->rules[i].pattern);
    for (uint32_t k = 0; k < OPTIM_MAX_SLOTS; k++)
        optim_arena_release(&body->arenas[k], (struct arena_mark){0});
    free(body->tensors);
    free(body->state);
    free(body->names);
    free(body->settings);
    free(body->values);
    free(body->rules);
    free(body->cohorts);
    free(body->measured);
    for (size_t i = 0; i < body->nattached; i++)
        optim_schedule_free(body->attached[i].schedule);
    free(body->attached);
    free(body->spare);
    free(body);
}

/* The next stage of the chain, from its family's tables. */
static struct stage next_stage(const struct body *body, size_t family, const struct optim_preset *preset) {
    struct stage stage = {
        .family = family,
        .type = optim_family_of(body->kernels[0], family),
        .preset = preset,
        .first_param = body->params,
        .first_slot = body->slots,
    };
    while (stage.type->params[stage.params].name)
        stage.params++;
    while (stage.type->slots[stage.slots].name)
        stage.slots++;
    return stage;
}

/*
 * A copy of the body with a stage more, and longer arrays of its own; `choices` are those of the stage's
 * hyperparameters that its preset chooses. False: no memory, and nothing is held.
 */
static bool lengthen(const struct body *body, const struct stage *stage, struct body *longer, uint64_t *choices) {
    const size_t params = body->params + stage->params, slots = body->slots + stage->slots;
    *longer = *body;
    longer->values = malloc((body->settings_capacity * optim_width(params) + 1) * sizeof(*longer->values));
    longer->state = calloc(body->tensor_capacity * slots + 1, sizeof(*longer->state));
    if (!longer->values || !longer->state) {
        free(longer->values);
        free(longer->state);
        return false;
    }
    longer->stages[longer->nstages++] = *stage;
    longer->params = params;
    longer->slots = (uint32_t)slots;
    for (size_t k = 0; k < body->nsettings; k++)
        for (size_t i = 0; i < body->params; i++) {
            optim_values(longer, k)[i] = optim_values(body, k)[i];
            optim_values(longer, k)[params + i] = optim_values(body, k)[body->params + i];
        }
    for (size_t i = 0; i < stage->params; i++) {
        bool chosen = false;
        const double initial = optim_initial(stage->preset, &stage->type->params[i], &chosen);
        for (size_t k = 0; k < body->nsettings; k++) {
            optim_values(longer, k)[body->params + i] = initial;
            optim_values(longer, k)[params + body->params + i] = 0;
        }
        *choices |= (uint64_t)chosen << (body->params + i);
    }
    for (size_t i = 0; i < body->ntensors; i++)
        for (size_t k = 0; k < body->slots; k++)
            longer->state[i * slots + k] = body->state[i * body->slots + k];
    return true;
}

/* Append a stage to the chain, with its state for the tensors there are. All or nothing. */
static bool add_stage(struct body *body, size_t family, const struct optim_preset *preset) {
    const struct stage stage = next_stage(body, family, preset);
    struct body longer;
    bool complete = true;
    uint64_t choices = 0;
    if (!lengthen(body, &stage, &longer, &choices))
        return false;
    optim_state_begin(&longer);
    for (size_t i = 0; complete && i < body->ntensors; i++) {
        const uint32_t needed = optim_needed(&longer, optim_values(&longer, body->tensors[i].settings));
        complete = optim_state_reserve(&longer, i, needed);
    }
    if (!complete)
        optim_state_cancel(&longer);
    for (size_t i = 0; complete && i < body->ntensors; i++)
        optim_state_commit(&longer, i);
    const struct body *useless = complete ? body : &longer;
    free(useless->values);
    free(useless->state);
    if (!complete)
        return false;
    for (size_t i = 0; i < body->nrules; i++)
        if (body->rules[i].place >= body->params) /* a schedule's, behind the hyperparameters */
            body->rules[i].place += stage.params;
    *body = longer;
    for (size_t k = 0; k < body->nsettings; k++) {
        body->settings[k].chosen |= choices;
        optim_settings_update(body, k);
    }
    body->check = true; /* which also looks at what must be measured */
    body->regroup = true;
    return true;
}

static void destroy(optim *opt) {
    if (opt->inner)
        destroy(opt->inner);
    else
        optim_body_free(opt->body);
    free(opt);
}

/* Put another stage, and a handle that owns the inner one, around an optimizer. */
static int wrap(optim **out, size_t family, const struct optim_preset *preset, optim *inner) {
    char name[OPTIM_NAME];
    struct body *body = inner->body;
    optim *opt = calloc(1, sizeof(*opt));
    if (!opt || !add_stage(body, family, preset)) {
        free(opt);
        return optim_fail(body, OPTIM_ERROR_MEMORY, "optim_wrap: no memory for \"%s\"", preset->name);
    }
    snprintf(name, sizeof name, "%s(%.200s)", preset->name, body->name);
    memcpy(body->name, name, sizeof name);
    *opt = (optim){.body = body, .inner = inner};
    inner->owned = true;
    *out = opt;
    return OPTIM_OK;
}

static int create_optimizer(optim **out, size_t family, const struct optim_preset *preset) {
    bool blas = false;
    optim *opt = calloc(1, sizeof(*opt));
    struct body *body = calloc(1, sizeof(*body));
    struct settings *settings = calloc(1, sizeof(*settings));
    if (!opt || !body || !settings) {
        free(opt);
        free(body);
        free(settings);
        return OPTIM_ERROR_MEMORY;
    }
    opt->body = body;
    body->settings = settings;
    body->settings_capacity = body->nsettings = settings->users = 1; /* the one of all tensors without rules */
    int status = optim_read_environment(body, &blas);
    if (status == OPTIM_OK && !(add_stage(body, family, preset) && add_stage(body, OPTIM_COMMON, preset)))
        status = OPTIM_ERROR_MEMORY;
    snprintf(body->name, sizeof body->name, "%s", preset->name);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "blas", &body->blas);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "check_finite", &body->check_finite);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "grad_scale", &body->grad_scale);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "loss_scale", &body->loss_scale);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "save_weights", &body->save_weights);
    if (status == OPTIM_OK)
        status = optim_param_index(body, "optim_create", "load_strict", &body->load_strict);
    if (status == OPTIM_OK)
        optim_values(body, 0)[body->blas] = blas;
    if (status == OPTIM_OK)
        *out = opt;
    else
        destroy(opt);
    return status;
}

/* Let a preset that brings its own optimizer set that one's defaults. There are no tensors and no rules yet. */
static void override_inner(struct body *body, const struct optim_preset *preset) {
    for (size_t param = 0; param < body->stages[body->nstages - 1].first_param; param++) {
        bool chosen = false;
        const double initial = optim_initial(preset, optim_describe(body, param), &chosen);
        if (chosen) {
            body->settings[0].chosen |= UINT64_C(1) << param;
            optim_values(body, 0)[param] = initial;
        }
    }
    optim_settings_update(body, 0);
    snprintf(body->name, sizeof body->name, "%s", preset->name);
}

/* An optimizer, or a preset that brings one. */
static int create_preset(optim **out, const char *algorithm) {
    size_t family, inner_family;
    optim *opt = NULL;
    const struct optim_preset *preset = optim_find(algorithm, &family);
    if (!preset)
        return optim_fail_algorithm(NULL, "optim_create", algorithm);
    const bool wraps = optim_family_of(optim_isa_base()->kernels[0], family)->wraps;
    if (wraps && !preset->inner)
        return optim_fail(NULL, OPTIM_ERROR_NAME,
                          "optim_create: \"%s\" is a wrapper: give it an optimizer with optim_wrap, or say %s(adam)",
                          algorithm, algorithm);
    const struct optim_preset *innermost = preset->inner ? optim_find(preset->inner, &inner_family) : preset;
    int status = create_optimizer(&opt, preset->inner ? inner_family : family, innermost);
    if (status == OPTIM_OK && preset->inner) {
        optim *inner = opt;
        status = wrap(&opt, family, preset, inner);
        if (status != OPTIM_OK)
            destroy(inner);
        else
            override_inner(opt->body, preset);
    }
    if (status == OPTIM_OK)
        *out = opt;
    if (status == OPTIM_ERROR_MEMORY)
        optim_fail(NULL, status, "optim_create: no memory for \"%s\"", algorithm);
    return status;
}

/* Wrap by name, and tell of errors as one tells of them where there is no handle. */
static int create_wrapped(optim **out, const char *wrapper, optim *inner) {
    const int status = optim_wrap(out, wrapper, inner);
    if (status != OPTIM_OK) {
        optim_fail(NULL, status, "%s", inner->body->message);
        destroy(inner);
    }
    return status;
}

int optim_create(optim **out, const char *algorithm) {
    char text[OPTIM_NAME];
    optim *opt = NULL;
    if (!out || !algorithm)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "optim_create: %s is NULL", out ? "the algorithm's name" : "out");
    const size_t length = strlen(algorithm), core = strcspn(algorithm, ")");
    if (length >= sizeof text || strspn(algorithm + core, ")") != length - core)
        return optim_fail(NULL, OPTIM_ERROR_NAME, "optim_create: \"%.80s\": must be a name, or wrapper(name)",
                          algorithm);
    memcpy(text, algorithm, length + 1);
    text[core] = '\0';
    size_t brackets = length - core;
    char *name = strrchr(text, '(') ? strrchr(text, '(') + 1 : text;
    int status = create_preset(&opt, name);
    for (; status == OPTIM_OK && name > text; brackets--) {
        name[-1] = '\0';
        name = strrchr(text, '(') ? strrchr(text, '(') + 1 : text;
        status = create_wrapped(&opt, name, opt);
    }
    if (status == OPTIM_OK && brackets != 0) {
        destroy(opt);
        status = optim_fail(NULL, OPTIM_ERROR_NAME, "optim_create: \"%s\": brackets do not match", algorithm);
    }
    if (status == OPTIM_OK)
        *out = opt;
    return status;
}

int optim_wrap(optim **out, const char *wrapper, optim *inner) {
    size_t family;
    int status = optim_check(inner, "optim_wrap", false);
    if (status != OPTIM_OK)
        return status;
    struct body *body = inner->body;
    const struct optim_preset *preset = optim_find(wrapper, &family);
    if (!out)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "optim_wrap: out is NULL");
    if (!preset)
        return optim_fail_algorithm(body, "optim_wrap", wrapper);
    const struct stage stage = next_stage(body, family, preset);
    if (!stage.type->wraps || preset->inner)
        return optim_fail(body, OPTIM_ERROR_NAME, "optim_wrap: \"%s\" is not a wrapper: make it with optim_create",
                          wrapper);
    const struct stage *outermost = &body->stages[body->nstages - 1];
    if (outermost->type->gathers)
        return optim_fail(body, OPTIM_ERROR_STATE, "optim_wrap: %s must be the outermost wrapper: put it around %s",
                          outermost->preset->name, wrapper);
    if (body->nstages == OPTIM_MAX_STAGES || body->slots + stage.slots > OPTIM_MAX_SLOTS ||
        body->params + stage.params > OPTIM_MAX_PARAMS)
        return optim_fail(body, OPTIM_ERROR_SIZE, "optim_wrap: %s has as many wrappers as there can be", body->name);
    return wrap(out, family, preset, inner);
}

struct body *optim_body_like(const struct body *like) {
    optim *opt = NULL;
    if (optim_create(&opt, like->name) != OPTIM_OK)
        return NULL;
    struct body *const body = opt->body;
    while (opt) {
        optim *const inner = opt->inner;
        free(opt);
        opt = inner;
    }
    memcpy(body->kernels, like->kernels, sizeof body->kernels);
    memcpy(body->light, like->light, sizeof body->light);
    body->threads = like->threads;
    body->all_threads = like->all_threads;
    body->executor = like->executor;
    body->context = like->context;
    return body;
}

void optim_body_replace(struct body *body, struct body *next) {
    for (uint32_t k = 0; k < body->slots; k++)
        optim_arena_join(&next->arenas[k], &body->arenas[k]);
    memcpy(next->message, body->message, sizeof next->message);
    const struct body replaced = *body;
    *body = *next;
    *next = replaced;
    optim_body_free(next);
}

void optim_destroy(optim *opt) {
    if (opt && !opt->owned)
        destroy(opt);
}

int optim_reset(optim *opt) {
    const int status = optim_check(opt, "optim_reset", false);
    if (status != OPTIM_OK)
        return status;
    optim_cohorts_reset(opt->body);
    opt->body->steps = opt->body->epochs = opt->body->skipped = opt->body->good = 0;
    opt->body->norm_known = false;
    for (size_t i = 0; i < opt->body->nattached; i++)
        optim_schedule_forget(opt->body->attached[i].schedule);
    return OPTIM_OK;
}

const char *optim_name(const optim *opt) {
    return opt ? opt->body->name : NULL;
}

uint64_t optim_steps(const optim *opt) {
    return opt ? opt->body->steps : 0;
}
