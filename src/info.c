/* What there is: algorithms, their hyperparameters and slots, by name. */
#include "handle.h"

#include <string.h>

enum { NAMES = 128 };

static const struct optim_kernels *kernels(void) {
    return optim_isa_base()->kernels[0];
}

const struct optim_family *optim_family_of(const struct optim_kernels *of, size_t family) {
    return family == OPTIM_COMMON ? of->common : of->families[family];
}

/* The i-th preset of all families; NULL past the end. */
static const struct optim_preset *preset_at(size_t i, size_t *family) {
    const struct optim_family *const *families = kernels()->families;
    for (*family = 0; families[*family]; ++*family)
        for (const struct optim_preset *preset = families[*family]->presets; preset->name; preset++)
            if (i-- == 0)
                return preset;
    return NULL;
}

bool optim_same_name(const char *a, const char *b) {
    while (*a && (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-'))) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct optim_preset *optim_find(const char *name, size_t *family) {
    const struct optim_preset *preset = NULL;
    for (size_t i = 0; name && (preset = preset_at(i, family)); i++)
        if (optim_same_name(preset->name, name))
            return preset;
    return NULL;
}

int optim_fail_algorithm(struct body *body, const char *function, const char *name) {
    const char *names[NAMES] = {0};
    char near[OPTIM_MESSAGE];
    for (size_t i = 0; i < NAMES - 1 && (names[i] = optim_algorithm_name(i)); i++)
        continue;
    if (!name)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: the algorithm's name is NULL", function);
    return optim_fail(body, OPTIM_ERROR_NAME, "%s: there is no algorithm \"%s\"%s", function, name,
                      optim_suggest(near, sizeof near, name, names));
}

double optim_initial(const struct optim_preset *preset, const struct optim_param *param, bool *chosen) {
    const size_t overrides = sizeof(preset->override) / sizeof(*preset->override);
    for (size_t i = 0; i < overrides && preset->override[i].name; i++)
        if (strcmp(preset->override[i].name, param->name) == 0) {
            *chosen = true;
            return preset->override[i].value;
        }
    return param->initial;
}

/* A preset's chain from outside in: its own family, that of its inner preset, and what optimizers have in common. */
struct link {
    const struct optim_preset *preset;
    const struct optim_family *family;
};

enum { LINKS = 4 };

static size_t chain_of(const char *algorithm, struct link chain[LINKS]) {
    size_t links = 0, family;
    bool wraps = true;
    for (const char *name = algorithm; name && links < LINKS - 1; name = chain[links - 1].preset->inner) {
        const struct optim_preset *preset = optim_find(name, &family);
        if (!preset)
            return 0;
        chain[links++] = (struct link){preset, kernels()->families[family]};
        wraps = chain[links - 1].family->wraps;
    }
    if (links && !wraps)
        chain[links++] = (struct link){kernels()->common->presets, kernels()->common};
    return links;
}

const struct optim_param *optim_find_param(const char *algorithm, size_t i, double *initial) {
    struct link chain[LINKS];
    const size_t links = chain_of(algorithm, chain);
    for (size_t k = 0; k < links; k++)
        for (const struct optim_param *param = chain[k].family->params; param->name; param++) {
            if (i-- != 0)
                continue;
            bool chosen = false;
            for (size_t outer = 0; outer < links && !chosen; outer++)
                *initial = optim_initial(chain[outer].preset, param, &chosen);
            return param;
        }
    return NULL;
}

size_t optim_algorithm_count(void) {
    size_t count = 0;
    while (optim_algorithm_name(count))
        count++;
    return count;
}

const char *optim_algorithm_name(size_t i) {
    size_t family;
    const struct optim_preset *preset = preset_at(i, &family);
    return preset ? preset->name : NULL;
}

const char *optim_algorithm_summary(const char *algorithm) {
    size_t family;
    const struct optim_preset *preset = optim_find(algorithm, &family);
    return preset ? preset->summary : NULL;
}

int optim_algorithm_wraps(const char *algorithm) {
    size_t family;
    const struct optim_preset *preset = optim_find(algorithm, &family);
    if (!preset)
        return optim_fail_algorithm(NULL, "optim_algorithm_wraps", algorithm);
    return kernels()->families[family]->wraps && !preset->inner;
}

size_t optim_param_count(const char *algorithm) {
    size_t count = 0;
    double initial;
    while (optim_find_param(algorithm, count, &initial))
        count++;
    return count;
}

void optim_tell_param(const struct optim_param *param, const char **name, double *min, double *max, const char **help) {
    if (name)
        *name = param->name;
    if (min)
        *min = param->min;
    if (max)
        *max = param->max;
    if (help)
        *help = param->help;
}

int optim_param_info(const char *algorithm, size_t i, const char **name, double *initial, double *min, double *max,
                     const char **help) {
    size_t family;
    double value;
    if (!optim_find(algorithm, &family))
        return optim_fail_algorithm(NULL, "optim_param_info", algorithm);
    const struct optim_param *param = optim_find_param(algorithm, i, &value);
    if (!param)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "optim_param_info: i = %zu: %s has hyperparameters 0 to %zu", i,
                          algorithm, optim_param_count(algorithm) - 1);
    optim_tell_param(param, name, min, max, help);
    if (initial)
        *initial = value;
    return OPTIM_OK;
}

size_t optim_slot_count(const char *algorithm) {
    size_t count = 0;
    while (optim_slot_name(algorithm, count))
        count++;
    return count;
}

const char *optim_slot_name(const char *algorithm, size_t i) {
    struct link chain[LINKS];
    const size_t links = chain_of(algorithm, chain);
    for (size_t k = 0; k < links; k++)
        for (const struct optim_slot *slot = chain[k].family->slots; slot->name; slot++)
            if (i-- == 0)
                return slot->name;
    return NULL;
}
