/* A cohort's program: the operations of its stages with this step's constants, and running them on a tile. */
#include "engine.h"

static void add_call(struct program *program, optim_op *op, const void *constants, const struct stage *stage) {
    if (op)
        program->calls[program->ncalls++] = (struct call){op, constants, stage->first_slot};
}

static void prepare_step(struct program *program, const struct body *body, const struct cohort *cohort) {
    struct optim_ops ops[OPTIM_MAX_STAGES] = {{0}};
    const struct stage *stages = body->stages;
    const double *values = optim_values(body, cohort->settings);
    program->used = body->settings[cohort->settings].needed;
    program->fresh = program->used & ~cohort->started;
    for (size_t s = 0; s < body->nstages; s++) {
        const struct optim_now now = {
            .h = values + stages[s].first_param,
            .lr = values[0],
            .t = cohort->t[s] + 1,
            .fresh = program->fresh >> stages[s].first_slot & (uint32_t)((UINT64_C(1) << stages[s].slots) - 1),
            .blas = values[body->blas] != 0,
        };
        const struct optim_family *type = optim_family_of(program->kernels, stages[s].family);
        type->prepare(&now, program->constants[s], &ops[s]);
    }
    for (size_t s = body->nstages; s-- > 0;)
        add_call(program, ops[s].before, program->constants[s], &stages[s]);
    for (size_t s = 0; s < body->nstages; s++)
        add_call(program, ops[s].after, program->constants[s], &stages[s]);
}

/* The outermost stage that has weights of its own, exchanged where they are in use. */
static void prepare_swap(struct program *program, const struct body *body, const struct cohort *cohort) {
    const struct stage *stage = optim_swap_stage(body);
    const uint32_t slot = stage->first_slot + (uint32_t)stage->type->swap - 1;
    program->used = cohort->started & UINT32_C(1) << slot;
    program->fresh = 0;
    if (program->used) {
        const struct stage of_slot = {.first_slot = slot};
        add_call(program, program->kernels->exchange, NULL, &of_slot);
    }
}

void optim_program_prepare(struct program *program, const struct body *body, const struct cohort *cohort,
                           enum optim_purpose purpose) {
    program->cohort = cohort;
    program->kernels = body->kernels[cohort->element];
    program->element_size = optim_element_size(cohort->element);
    program->values = optim_values(body, cohort->settings);
    program->ncalls = 0;
    if (purpose == OPTIM_STEP)
        prepare_step(program, body, cohort);
    else
        prepare_swap(program, body, cohort);
}

/* Give the slots that are used for the first time what they start with. */
static void fill_fresh(const struct program *program, const struct body *body, struct optim_tile *tile,
                       void *const *slot) {
    for (const struct stage *stage = body->stages; stage < body->stages + body->nstages; stage++)
        for (uint32_t k = 0; k < stage->slots; k++) {
            const struct optim_slot *about = &stage->type->slots[k];
            void *to = slot[stage->first_slot + k];
            if (!(program->fresh >> (stage->first_slot + k) & 1))
                continue;
            if (about->start == OPTIM_START_PARAM)
                program->kernels->copy(tile->count, to, tile->param);
            else if (about->start == OPTIM_START_HYPERPARAMETER)
                program->kernels->fill(tile->count, to,
                                       program->values[stage->first_param + (size_t)about->hyperparameter]);
            else
                program->kernels->fill(tile->count, to, 0);
        }
}

void optim_program_run(const struct program *program, const struct body *body, size_t tensor, size_t first,
                       size_t count, void *scratch) {
    const size_t offset = first * program->element_size;
    const struct tensor *t = &body->tensors[tensor];
    void *const *state = body->state + tensor * body->slots;
    void *slot[OPTIM_MAX_SLOTS];
    struct optim_tile tile = {
        .count = count,
        .param = (char *)t->param + offset,
        .grad = (const char *)t->grad + offset,
        .scratch = scratch,
    };
    for (uint32_t k = 0; k < body->slots; k++)
        slot[k] = program->used >> k & 1 ? (char *)state[k] + offset : NULL;
    if (program->fresh)
        fill_fresh(program, body, &tile, slot);
    for (size_t i = 0; i < program->ncalls; i++) {
        tile.slot = slot + program->calls[i].first_slot;
        program->calls[i].op(program->calls[i].constants, &tile);
    }
}
