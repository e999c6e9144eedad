/* A cohort's program: the operations of its stages with this step's constants, and running them on a tile. */
#include "engine.h"

static bool in_memory(const struct body *body) {
    return body->work > OPTIM_CACHED;
}

static void add_call(struct program *program, optim_op *op, const void *constants, uint32_t first_slot) {
    if (op)
        program->calls[program->ncalls++] = (struct call){op, constants, first_slot};
}

void optim_prepare_stage(const struct body *body, const struct cohort *cohort, size_t s, enum optim_purpose purpose,
                         double shrink, void *constants, struct optim_ops *ops) {
    const struct stage *stage = &body->stages[s];
    const double *values = optim_effective(body, cohort->settings);
    const uint32_t slots = body->settings[cohort->settings].needed & optim_stage_slots(stage);
    const struct optim_now now = {
        .h = values + stage->first_param,
        .lr = values[0],
        .t = cohort->t[s] + 1,
        .slots = slots >> stage->first_slot,
        .fresh = (slots & ~cohort->started) >> stage->first_slot,
        .blas = values[body->blas] != 0,
        .carried = cohort->carried[s],
        .norm = body->norm,
        .rows = cohort->rows,
        .leaves_shrinking = body->stages[0].type->shrinks,
        .shrink = shrink,
    };
    const bool light = purpose != OPTIM_STEP || (stage->type->light && in_memory(body));
    const struct optim_kernels *kernels = (light ? body->light : body->kernels)[cohort->element];
    *ops = (struct optim_ops){0};
    optim_family_of(kernels, stage->family)->prepare(&now, constants, ops);
}

/* The gradient side from outside in, to where a stage holds; then the parameter side from there on outwards. */
static void prepare_step(struct program *program, const struct body *body, const struct cohort *cohort) {
    struct optim_ops ops[OPTIM_MAX_STAGES];
    uint32_t slots = 0;
    double shrink = 0;
    size_t s = body->nstages;
    do {
        s--;
        optim_prepare_stage(body, cohort, s, OPTIM_STEP, shrink, program->constants[s], &ops[s]);
        shrink = ops[s].shrink;
        add_call(program, ops[s].before, program->constants[s], body->stages[s].first_slot);
        slots |= optim_stage_slots(&body->stages[s]);
    } while (s > 0 && !ops[s].hold);
    const bool bare = program->ncalls == 0;
    for (; s < body->nstages; s++)
        add_call(program, ops[s].after, program->constants[s], body->stages[s].first_slot);
    /* BLAS may start threads of its own for long vectors */
    program->alone = bare && program->ncalls == 1 && program->values[body->blas] == 0;
    /* what is no longer needed may still be finished with: the sum of gradients when accumulation ends early */
    program->used = (body->settings[cohort->settings].needed | cohort->started) & slots;
    program->fresh = program->used & ~cohort->started;
}

/* The gradient side from outside in, to the stage that measures; that stage alone if it measures what is given. */
static void prepare_measure(struct program *program, const struct body *body, const struct cohort *cohort,
                            enum optim_purpose purpose) {
    optim_op *measure = NULL;
    program->used = cohort->started;
    program->fresh = 0;
    for (size_t s = body->nstages; s-- > 0 && !measure;) {
        struct optim_ops ops;
        optim_prepare_stage(body, cohort, s, purpose, 0, program->constants[s], &ops);
        measure = purpose == OPTIM_ROWS ? ops.rows : ops.norm;
        if (measure || purpose != OPTIM_GIVEN)
            add_call(program, measure ? measure : ops.before, program->constants[s], body->stages[s].first_slot);
    }
}

/* The weights of the outermost stage that has some, where they are in use. */
static void prepare_swap(struct program *program, const struct body *body, const struct cohort *cohort) {
    const struct stage *stage = optim_swap_stage(body);
    const uint32_t slot = stage->first_slot + (uint32_t)stage->type->swap - 1;
    program->used = cohort->started & UINT32_C(1) << slot;
    program->fresh = 0;
    if (program->used)
        add_call(program, program->kernels->exchange, NULL, slot);
}

void optim_program_prepare(struct program *program, const struct body *body, const struct cohort *cohort,
                           enum optim_purpose purpose) {
    program->cohort = cohort;
    program->kernels = body->kernels[cohort->element];
    program->element_size = optim_element_size(cohort->element);
    program->values = optim_effective(body, cohort->settings);
    program->ncalls = 0;
    program->alone = false;
    if (purpose == OPTIM_STEP)
        prepare_step(program, body, cohort);
    else if (purpose == OPTIM_SWAP)
        prepare_swap(program, body, cohort);
    else
        prepare_measure(program, body, cohort, purpose);
    program->fetches = body->fetches && in_memory(body);
    program->stretch = OPTIM_TILE;
    if (program->alone)
        program->stretch = OPTIM_LONG_STRETCH;
    else if (purpose == OPTIM_STEP && program->ncalls > 1)
        program->stretch = in_memory(body) ? OPTIM_STRETCH : OPTIM_CACHED_STRETCH;
}

/* Give the slots that are used for the first time what they start with. */
static void fill_fresh(const struct program *program, const struct body *body, const struct optim_tile *tile,
                       void *const *slot) {
    for (const struct stage *stage = body->stages; stage < body->stages + body->nstages; stage++)
        for (uint32_t k = 0; k < stage->slots; k++) {
            const struct optim_slot *about = &stage->type->slots[k];
            void *to = slot[stage->first_slot + k];
            double value = 0;
            if (!(program->fresh >> (stage->first_slot + k) & 1))
                continue;
            if (about->start == OPTIM_START_HYPERPARAMETER)
                value = program->values[stage->first_param + (size_t)about->hyperparameter];
            if (about->start == OPTIM_START_PARAM)
                program->kernels->copy(tile->count, to, tile->param);
            else
                program->kernels->fill(tile->count, to, value);
        }
}

/* The next stretch of `count` elements, `bytes` behind the last one. */
static void move_on(struct optim_tile *tile, void **slot, uint32_t slots, size_t bytes) {
    tile->param = (char *)tile->param + bytes;
    for (uint32_t k = 0; k < slots; k++)
        if (slot[k])
            slot[k] = (char *)slot[k] + bytes;
    if (tile->momentum)
        tile->momentum = (char *)tile->momentum + bytes;
}

void optim_program_run(const struct program *program, const struct body *body, const struct tensor *tensor,
                       struct tiling tiling, size_t begin, size_t end, void *scratch) {
    const size_t size = program->element_size, number = (size_t)(tensor - body->tensors);
    const size_t stretch = tiling.row == 0 || program->alone ? program->stretch : OPTIM_TILE;
    void *const *state = body->state + number * body->slots;
    double *measured = body->measured ? body->measured + tensor->first_tile : NULL;
    const int momentum = body->stages[0].type->momentum;
    void *slot[OPTIM_MAX_SLOTS];
    for (uint32_t k = 0; k < body->slots; k++)
        slot[k] = program->used >> k & 1 ? (char *)state[k] + begin * size : NULL;
    struct optim_tile tile = {
        .param = (char *)tensor->param + begin * size,
        .scratch = scratch,
        /* cppcheck-suppress uninitvar; a type with momentum has slots */
        .momentum = momentum ? slot[momentum - 1] : NULL,
        .row = tiling.row,
        .norm = tensor->norm,
        .guard = tensor->guard,
        .measured = measured ? measured + tiling_index(tiling, begin) : NULL,
        .fetches = program->fetches,
    };
    if (tiling_cuts_rows(tiling)) /* the first piece has the sum of all */
        tile.row_sum = measured + begin / tiling.row * tiling_pieces(tiling);
    for (size_t at = begin; at < end; at += tile.count) {
        if (at > begin)
            move_on(&tile, slot, body->slots, tile.count * size);
        tile.count = end - at < stretch ? end - at : stretch;
        tile.grad = tensor->grad ? (const char *)tensor->grad + at * size : NULL; /* it may point to scratch by now */
        if (program->fresh)
            fill_fresh(program, body, &tile, slot);
        for (size_t i = 0; i < program->ncalls; i++) {
            tile.slot = slot + program->calls[i].first_slot;
            program->calls[i].op(program->calls[i].constants, &tile);
        }
    }
}
