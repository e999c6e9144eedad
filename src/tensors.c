/* Tensors: what the caller's memory is, and finding one by name. */
#include "engine/engine.h"
#include "engine/tiles.h"
#include "handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t optim_element_size(int element) {
    return element == OPTIM_ELEMENT_F64 ? sizeof(double) : sizeof(float);
}

int optim_dtype(int element) {
    return element == OPTIM_ELEMENT_F64 ? OPTIM_F64 : OPTIM_F32;
}

/* FNV-1a. */
static size_t hash(const char *name) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

/* Where a name is in the table, or would be. */
static uint32_t *name_place(const struct body *body, const char *name) {
    size_t at = hash(name) & (body->names_capacity - 1);
    while (body->names[at] && strcmp(body->tensors[body->names[at] - 1].name, name) != 0)
        at = (at + 1) & (body->names_capacity - 1);
    return &body->names[at];
}

size_t optim_find_tensor(const struct body *body, const char *name) {
    if (body->ntensors == 0)
        return SIZE_MAX;
    const uint32_t number = *name_place(body, name);
    return number ? number - 1 : SIZE_MAX;
}

/* Room for one more name in a table that is at most half full. */
static bool reserve_name(struct body *body) {
    if (2 * (body->ntensors + 1) <= body->names_capacity)
        return true;
    const size_t capacity = body->names_capacity ? 2 * body->names_capacity : 16;
    uint32_t *names = calloc(capacity, sizeof(*names));
    if (!names)
        return false;
    free(body->names);
    body->names = names;
    body->names_capacity = capacity;
    for (size_t i = 0; i < body->ntensors; i++)
        *name_place(body, body->tensors[i].name) = (uint32_t)i + 1;
    return true;
}

/* Grow one of the arrays that have an entry for each tensor. */
static bool reserve_array(const struct body *body, void *array, size_t size) {
    size_t capacity = body->tensor_capacity;
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = optim_grow(old, &capacity, body->ntensors + 1, size);
    if (grown)
        memcpy(array, &grown, sizeof grown);
    return grown != NULL;
}

static bool reserve_tensor(struct body *body) {
    const size_t slots = body->slots ? body->slots : 1;
    if (!reserve_name(body))
        return false;
    if (body->ntensors < body->tensor_capacity)
        return true;
    size_t capacity = body->tensor_capacity;
    if (!reserve_array(body, &body->state, slots * sizeof(*body->state)) ||
        !reserve_array(body, &body->cohorts, sizeof(*body->cohorts)) ||
        !reserve_array(body, &body->spare, sizeof(*body->spare)))
        return false;
    void *tensors = optim_grow(body->tensors, &capacity, body->ntensors + 1, sizeof(*body->tensors));
    if (!tensors)
        return false;
    body->tensors = tensors;
    body->tensor_capacity = capacity;
    return true;
}

static int check_shape(struct body *body, const char *name, size_t ndim, const size_t *shape, size_t element,
                       size_t *count) {
    bool empty = false;
    *count = 1;
    if (ndim != 0 && !shape)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "optim_add: \"%s\": shape is NULL, but ndim = %zu", name, ndim);
    if (ndim > SIZE_MAX / sizeof(*shape) / 2)
        return optim_fail(body, OPTIM_ERROR_SIZE, "optim_add: \"%s\": ndim = %zu is too large", name, ndim);
    for (size_t i = 0; i < ndim; i++)
        empty |= shape[i] == 0;
    for (size_t i = 0; i < ndim && !empty; i++) {
        if (shape[i] > PTRDIFF_MAX / element / *count)
            return optim_fail(body, OPTIM_ERROR_SIZE,
                              "optim_add: \"%s\": its shape has more elements than memory can hold", name);
        *count *= shape[i];
    }
    if (empty)
        *count = 0;
    return OPTIM_OK;
}

static int check_pointers(struct body *body, const char *function, const char *name, size_t count, size_t element,
                          const void *param, const void *grad) {
    if (!param && count != 0)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "%s: \"%s\": param is NULL", function, name);
    if ((uintptr_t)param % element != 0 || (uintptr_t)grad % element != 0)
        return optim_fail(body, OPTIM_ERROR_ALIGNMENT, "%s: \"%s\": %s = %p is not a multiple of %zu", function, name,
                          (uintptr_t)param % element ? "param" : "grad", (uintptr_t)param % element ? param : grad,
                          element);
    return OPTIM_OK;
}

static int element_of(struct body *body, const char *name, int dtype, int *element) {
    if (dtype == OPTIM_BF16 || dtype == OPTIM_F16)
        return optim_fail(body, OPTIM_ERROR_DTYPE, "optim_add: \"%s\": dtype = %d (%s) is not supported yet", name,
                          dtype, dtype == OPTIM_BF16 ? "bf16" : "f16");
    if (dtype != OPTIM_F32 && dtype != OPTIM_F64)
        return optim_fail(body, OPTIM_ERROR_DTYPE,
                          "optim_add: \"%s\": dtype = %d: must be OPTIM_F32 (%d) or OPTIM_F64 (%d)", name, dtype,
                          OPTIM_F32, OPTIM_F64);
    *element = dtype == OPTIM_F64 ? OPTIM_ELEMENT_F64 : OPTIM_ELEMENT_F32;
    return OPTIM_OK;
}

/*
 * Append a tensor whose strings and shape are copied already, with the memory there is for its slots. All or nothing.
 */
static bool append(struct body *body, const struct tensor *like, const struct history *history, void *const *slots) {
    uint32_t k;
    if (!reserve_tensor(body) || optim_settings_for(body, like->name, &k) != OPTIM_OK)
        return false;
    const size_t i = body->ntensors;
    struct tensor *tensor = &body->tensors[i];
    *tensor = *like;
    tensor->settings = k;
    tensor->first_tile = body->ntiles;
    for (uint32_t slot = 0; slot < body->slots; slot++)
        body->state[i * body->slots + slot] = slots ? slots[slot] : NULL;
    const size_t ntiles = body->ntiles + tiling_most(tensor->count, tensor->row);
    optim_state_begin(body);
    if (!optim_measures_reserve(body, body->settings[k].measures, ntiles) ||
        !optim_state_reserve(body, i, body->settings[k].needed | history->started)) {
        optim_state_cancel(body);
        return false;
    }
    body->ntiles = ntiles;
    optim_state_commit(body, i);
    if (k == body->nsettings) {
        body->settings[k].users = 0;
        body->settings[k].cohort = 0;
        body->nsettings++;
    }
    body->settings[k].users++;
    optim_cohort_join(body, i, history);
    *name_place(body, tensor->name) = (uint32_t)i + 1;
    optim_add_work(body, tensor, !tensor->grad);
    body->check = true;
    body->ntensors++;
    return true;
}

/* Append a tensor like this one, whose strings and shape are not the body's. */
static bool append_copy(struct body *body, const struct tensor *like, const struct history *history,
                        void *const *slots) {
    struct tensor tensor = *like;
    tensor.name = strdup(like->name);
    tensor.shape = malloc((like->ndim + 1) * sizeof(*tensor.shape));
    if (tensor.shape && like->ndim)
        memcpy(tensor.shape, like->shape, like->ndim * sizeof(*tensor.shape));
    if (tensor.name && tensor.shape && append(body, &tensor, history, slots))
        return true;
    free(tensor.name);
    free(tensor.shape);
    return false;
}

bool optim_tensor_inherit(struct body *body, const struct body *from, size_t number, const struct history *history) {
    const struct tensor *old = &from->tensors[number];
    const struct tensor like = {
        .param = old->param,
        .grad = old->grad,
        .count = old->count,
        .element = old->element,
        .name = old->name,
        .row = old->row,
        .ndim = old->ndim,
        .shape = old->shape,
    };
    return append_copy(body, &like, history, from->state + number * from->slots);
}

int optim_add(optim *opt, const char *name, int dtype, size_t ndim, const size_t *shape, void *param,
              const void *grad) {
    static const struct history none;
    char number[24];
    int element = 0;
    size_t count = 0;
    int status = optim_check(opt, "optim_add", false);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    snprintf(number, sizeof number, "%zu", body->ntensors);
    name = name ? name : number;
    status = element_of(body, name, dtype, &element);
    if (status == OPTIM_OK)
        status = check_shape(body, name, ndim, shape, optim_element_size(element), &count);
    if (status == OPTIM_OK)
        status = check_pointers(body, "optim_add", name, count, optim_element_size(element), param, grad);
    if (status != OPTIM_OK)
        return status;
    if (optim_find_tensor(body, name) != SIZE_MAX)
        return optim_fail(body, OPTIM_ERROR_DUPLICATE, "optim_add: there is a tensor \"%s\" already", name);
    if (body->ntensors == UINT32_MAX - 1)
        return optim_fail(body, OPTIM_ERROR_SIZE, "optim_add: there can be no more than %zu tensors", body->ntensors);

    const struct tensor like = {
        .param = param,
        .grad = grad,
        .count = count,
        .element = (uint8_t)element,
        .name = (char *)name,
        .row = ndim >= 2 && count ? count / shape[0] : 0,
        .ndim = ndim,
        .shape = (size_t *)shape,
    };
    if (append_copy(body, &like, &none, NULL))
        return OPTIM_OK;
    return optim_fail(body, OPTIM_ERROR_MEMORY, "optim_add: \"%s\": no memory for it and its state", name);
}

int optim_bind(optim *opt, size_t tensor, void *param, const void *grad) {
    int status = optim_check(opt, "optim_bind", false);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    if (tensor >= body->ntensors)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "optim_bind: tensor = %zu: there are %zu, counted from 0", tensor,
                          body->ntensors);
    struct tensor *t = &body->tensors[tensor];
    status = check_pointers(body, "optim_bind", t->name, t->count, optim_element_size(t->element), param, grad);
    if (status != OPTIM_OK)
        return status;
    body->regroup |= !t->grad != !grad;
    t->param = param;
    t->grad = grad;
    return OPTIM_OK;
}

size_t optim_count(const optim *opt) {
    return opt ? opt->body->ntensors : 0;
}
