/* Loading: everything is looked at, then the data is read, then nothing can fail any more. */
#include "saved.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a part of the data goes: state that a step has used, and weights, only when all is known to be right. */
struct target {
    void *to, *staged;
    size_t size;
};

struct loading {
    struct body *body, *next; /* as it is, and as it will be */
    struct saved saved;
    struct source source;
    size_t *of; /* for each tensor of the handle, which one of the file it is; SIZE_MAX: none */
    struct target *targets;
    char differences[OPTIM_MESSAGE];
    size_t ndifferences, fresh, ignored;
};

static void differ(struct loading *loading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Note a difference, as long as there is room to tell of it. */
static void differ(struct loading *loading, const char *format, ...) {
    const size_t length = strlen(loading->differences);
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length + strlen(text) + 80 < sizeof loading->differences)
        sprintf(loading->differences + length, "%s%s", length ? "; " : "", text);
    else if (loading->ndifferences++ == 0)
        sprintf(loading->differences + length, "; and more");
}

/* ---- Tensors by name ------------------------------------------------------------------------------------------ */

static void compare(struct loading *loading, const struct tensor *tensor, const struct saved_tensor *with) {
    char *shape = optim_saved_shape(tensor);
    if (with->element != tensor->element)
        differ(loading, "%.60s: file has %s, handle has %s", tensor->name, optim_saved_dtype(with->element),
               optim_saved_dtype(tensor->element));
    else if (shape && strcmp(shape, with->shape) != 0)
        differ(loading, "%.60s: file has %.30s, handle has %.30s", tensor->name, with->shape, shape);
    else if (with->stages != loading->body->nstages)
        differ(loading, "%.60s: file has the steps of %d stages, handle has %zu", tensor->name, with->stages,
               loading->body->nstages);
    free(shape);
}

static int match_tensors(struct loading *loading) {
    const struct body *body = loading->body;
    const struct saved *saved = &loading->saved;
    const bool strict = optim_values(body, 0)[body->load_strict] != 0;
    for (size_t i = 0; i < body->ntensors; i++)
        loading->of[i] = SIZE_MAX;
    for (size_t k = 0; k < saved->ntensors; k++) {
        const size_t i = optim_find_tensor(body, saved->tensors[k].name);
        if (i != SIZE_MAX) {
            loading->of[i] = k;
            compare(loading, &body->tensors[i], &saved->tensors[k]);
            continue;
        }
        loading->ignored++;
        if (strict)
            differ(loading, "%.60s: only the file has it", saved->tensors[k].name);
    }
    for (size_t i = 0; i < body->ntensors; i++)
        if (loading->of[i] == SIZE_MAX) {
            loading->fresh++;
            if (strict)
                differ(loading, "%.60s: only the handle has it", body->tensors[i].name);
        }
    if (*loading->differences)
        return optim_saved_fail(saved, OPTIM_ERROR_MISMATCH, "%s", loading->differences);
    return OPTIM_OK;
}

/* ---- The new body's tensors ----------------------------------------------------------------------------------- */

static uint32_t find_slot(const struct body *body, const char *name) {
    char own[OPTIM_NAME];
    for (uint32_t k = 0; k < body->slots; k++) {
        optim_saved_slot_name(body, k, own, sizeof own);
        if (strcmp(own, name) == 0)
            return k;
    }
    return body->slots;
}

/* What each part of the file is for: which slots have begun. */
static int match_parts(struct loading *loading, struct history *histories, uint32_t *slots) {
    const struct saved *saved = &loading->saved;
    for (size_t i = 0; i < saved->nparts; i++) {
        const struct saved_part *part = &saved->parts[i];
        const bool weight = strcmp(part->slot, "weight") == 0;
        slots[i] = weight ? loading->body->slots : find_slot(loading->body, part->slot);
        if (!weight && slots[i] == loading->body->slots)
            return optim_saved_fail(saved, OPTIM_ERROR_MISMATCH, "the file has \"%.200s\": %s has no such slot",
                                    part->name, loading->body->name);
        if (!weight)
            histories[part->tensor].started |= UINT32_C(1) << slots[i];
    }
    return OPTIM_OK;
}

static int add_tensors(struct loading *loading, struct history *histories) {
    static const struct history none;
    for (size_t k = 0; k < loading->saved.ntensors; k++) {
        memcpy(histories[k].t, loading->saved.tensors[k].t, sizeof histories[k].t);
        memcpy(histories[k].carried, loading->saved.tensors[k].carried, sizeof histories[k].carried);
    }
    for (size_t i = 0; i < loading->body->ntensors; i++) {
        const struct history *history = loading->of[i] == SIZE_MAX ? &none : &histories[loading->of[i]];
        if (!optim_tensor_inherit(loading->next, loading->body, i, history))
            return optim_saved_fail(&loading->saved, OPTIM_ERROR_MEMORY, "no memory for the state");
    }
    return OPTIM_OK;
}

/* Where the data goes. */
static int aim(struct loading *loading, const uint32_t *slots) {
    const struct body *body = loading->body;
    const struct saved *saved = &loading->saved;
    for (size_t i = 0; i < saved->nparts; i++) {
        const struct saved_part *part = &saved->parts[i];
        const size_t tensor = optim_find_tensor(body, saved->tensors[part->tensor].name);
        struct target *target = &loading->targets[i];
        if (tensor == SIZE_MAX)
            continue;
        const struct tensor *of = &body->tensors[tensor];
        const bool weight = slots[i] == body->slots;
        target->to = weight ? of->param : loading->next->state[tensor * body->slots + slots[i]];
        target->size = (size_t)(part->end - part->begin);
        if (target->size == 0 || !(weight || body->cohorts[of->cohort].started >> slots[i] & 1))
            continue;
        target->staged = malloc(target->size);
        if (!target->staged)
            return optim_saved_fail(saved, OPTIM_ERROR_MEMORY,
                                    "no memory to keep the old state until the new one is read");
    }
    return OPTIM_OK;
}

static int read_data(struct loading *loading) {
    const struct saved *saved = &loading->saved;
    int status = OPTIM_OK;
    size_t begun = 0;
    for (; begun < saved->nparts && status == OPTIM_OK; begun++) {
        const struct target *target = &loading->targets[begun];
        status = optim_saved_read_part(saved, &loading->source, &saved->parts[begun],
                                       target->staged ? target->staged : target->to);
    }
    for (size_t i = 0; i < begun && status != OPTIM_OK; i++)
        if (loading->targets[i].size && !loading->targets[i].staged)
            memset(loading->targets[i].to, 0, loading->targets[i].size);
    return status;
}

/* ---- The whole ------------------------------------------------------------------------------------------------ */

static int prepare(struct loading *loading, uint64_t length) {
    struct saved *saved = &loading->saved;
    int status = optim_saved_read(saved, &loading->source);
    if (status == OPTIM_OK && length != UINT64_MAX)
        status = optim_saved_check_length(saved, length);
    if (status == OPTIM_OK)
        status = optim_restore_body(saved, loading->body, &loading->next);
    if (status != OPTIM_OK)
        return status;
    struct history *histories = calloc(saved->ntensors + 1, sizeof(*histories));
    uint32_t *slots = calloc(saved->nparts + 1, sizeof(*slots));
    loading->of = calloc(loading->body->ntensors + 1, sizeof(*loading->of));
    loading->targets = calloc(saved->nparts + 1, sizeof(*loading->targets));
    if (!histories || !slots || !loading->of || !loading->targets)
        status = optim_saved_fail(saved, OPTIM_ERROR_MEMORY, "no memory for what the header says");
    if (status == OPTIM_OK)
        status = match_tensors(loading);
    if (status == OPTIM_OK)
        status = match_parts(loading, histories, slots);
    if (status == OPTIM_OK)
        status = add_tensors(loading, histories);
    if (status == OPTIM_OK)
        status = aim(loading, slots);
    free(histories);
    free(slots);
    return status;
}

static void commit(struct loading *loading) {
    for (size_t i = 0; i < loading->saved.nparts; i++)
        if (loading->targets[i].staged)
            memcpy(loading->targets[i].to, loading->targets[i].staged, loading->targets[i].size);
    loading->next->restored = loading->body->ntensors - loading->fresh;
    loading->next->fresh = loading->fresh;
    loading->next->ignored = loading->ignored;
    optim_body_replace(loading->body, loading->next);
}

int optim_saved_load(optim *opt, const char *function, uint64_t length, optim_reader read, void *context) {
    int status = optim_check(opt, function, false);
    if (status != OPTIM_OK)
        return status;
    struct loading loading = {.body = opt->body, .saved = {.body = opt->body, .function = function}};
    if (!read)
        return optim_saved_fail(&loading.saved, OPTIM_ERROR_ARGUMENT, "the reader is NULL");
    if (optim_source_open(&loading.source, read, context))
        status = prepare(&loading, length);
    else
        status = optim_saved_fail(&loading.saved, OPTIM_ERROR_MEMORY, "no memory to read into");
    if (status == OPTIM_OK)
        status = read_data(&loading);
    if (status == OPTIM_OK)
        commit(&loading);
    else if (loading.next)
        optim_body_free(loading.next);
    for (size_t i = 0; i < loading.saved.nparts && loading.targets; i++)
        free(loading.targets[i].staged);
    free(loading.targets);
    free(loading.of);
    optim_source_close(&loading.source);
    optim_saved_free(&loading.saved);
    return status;
}

int optim_read(optim *opt, optim_reader read, void *context) {
    return optim_saved_load(opt, "optim_read", UINT64_MAX, read, context);
}

int optim_loaded(const optim *opt, size_t *restored, size_t *fresh, size_t *ignored) {
    const int status = optim_check(opt, "optim_loaded", true);
    if (status != OPTIM_OK)
        return status;
    if (restored)
        *restored = opt->body->restored;
    if (fresh)
        *fresh = opt->body->fresh;
    if (ignored)
        *ignored = opt->body->ignored;
    return OPTIM_OK;
}
