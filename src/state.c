/* The memory of the slots. */
#include "handle.h"

#include <stdio.h>
#include <string.h>

/*
 * Where in a page the slots' large arrays begin differs from slot to slot, and from where malloc has those of the
 * caller begin: processors take a load for one that must wait for a store if both have the same place in their pages.
 */
static size_t stagger(uint32_t slot) {
    enum { APART = 256, PLACES = 7 };
    return APART * (1 + slot % PLACES);
}

void optim_state_begin(struct body *body) {
    for (uint32_t k = 0; k < body->slots; k++)
        body->marks[k] = optim_arena_mark(&body->arenas[k]);
}

bool optim_state_reserve(struct body *body, size_t tensor, uint32_t needed) {
    const struct tensor *t = &body->tensors[tensor];
    const size_t bytes = t->count * optim_element_size(t->element);
    void **slots = body->state + tensor * body->slots;
    for (uint32_t k = 0; k < body->slots; k++) {
        if (!(needed >> k & 1) || slots[k])
            continue;
        slots[k] = optim_arena_zeroed(&body->arenas[k], bytes, stagger(k));
        if (!slots[k])
            return false;
    }
    return true;
}

void optim_state_commit(struct body *body, size_t tensor) {
    void *const *slots = body->state + tensor * body->slots;
    for (uint32_t k = 0; k < body->slots; k++)
        if (slots[k])
            body->tensors[tensor].allocated |= UINT32_C(1) << k;
}

void optim_state_cancel(struct body *body) {
    for (size_t i = 0; i < body->ntensors; i++)
        for (uint32_t k = 0; k < body->slots; k++)
            if (!(body->tensors[i].allocated >> k & 1))
                body->state[i * body->slots + k] = NULL;
    for (uint32_t k = 0; k < body->slots; k++)
        optim_arena_release(&body->arenas[k], body->marks[k]);
}

/* The slot of that name, the outermost stage's if several have it; body->slots: none has. */
static uint32_t find_slot(const struct body *body, const char *name) {
    for (size_t s = body->nstages; s-- > 0;)
        for (uint32_t k = 0; k < body->stages[s].slots; k++)
            if (strcmp(body->stages[s].type->slots[k].name, name) == 0)
                return body->stages[s].first_slot + k;
    return body->slots;
}

static int fail_slot(struct body *body, const char *name) {
    char text[OPTIM_MESSAGE] = "";
    size_t length = 0;
    for (size_t s = body->nstages; s-- > 0;)
        for (uint32_t k = 0; k < body->stages[s].slots && length < sizeof text; k++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "",
                                       body->stages[s].type->slots[k].name);
    return optim_fail(body, OPTIM_ERROR_NAME, "optim_state: %s has no slot \"%s\"; it has: %s", body->name, name,
                      length ? text : "none");
}

int optim_state(const optim *opt, size_t tensor, const char *slot, void **data, int *dtype, size_t *count) {
    const int status = optim_check(opt, "optim_state", true);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    if (tensor >= body->ntensors)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "optim_state: tensor = %zu: there are %zu, counted from 0",
                          tensor, body->ntensors);
    if (!slot)
        return optim_fail(body, OPTIM_ERROR_ARGUMENT, "optim_state: slot is NULL");
    const uint32_t k = find_slot(body, slot);
    if (k == body->slots)
        return fail_slot(body, slot);
    const struct tensor *t = &body->tensors[tensor];
    if (!(t->allocated >> k & 1))
        return optim_fail(body, OPTIM_ERROR_STATE,
                          "optim_state: %s does not use \"%s\" for \"%s\" with its hyperparameters", body->name, slot,
                          t->name);
    if (data)
        *data = body->state[tensor * body->slots + k];
    if (dtype)
        *dtype = optim_dtype(t->element);
    if (count)
        *count = t->count;
    return OPTIM_OK;
}
