/* Cohorts: tensors that share settings and history, for which a step's constants are the same; and what they cost. */
#include "engine.h"

#include <string.h>

enum { LOOK = 16 }; /* how far to look for a like cohort: two that are alike cost a little time, nothing else */

/* What a tensor costs besides its memory traffic, in bytes of it; more than 0, since threads split it by shares. */
enum { TENSOR_WORK = 1024, RESTING_WORK = 64 };

static bool same_history(const struct cohort *a, const struct cohort *b) {
    return a->element == b->element && a->active == b->active && a->rows == b->rows && a->started == b->started &&
           memcmp(a->t, b->t, sizeof a->t) == 0 && memcmp(a->carried, b->carried, sizeof a->carried) == 0;
}

/* The cohort in `cohorts` that is like this one, appended if there is none near. */
static uint32_t find(struct body *body, struct cohort *cohorts, size_t *ncohorts, const struct cohort *like) {
    struct settings *settings = &body->settings[like->settings];
    uint32_t at = settings->cohort;
    for (int looked = 0; at && looked < LOOK; looked++, at = cohorts[at - 1].next)
        if (same_history(&cohorts[at - 1], like))
            return at - 1;
    at = (uint32_t)(*ncohorts)++;
    cohorts[at] = *like;
    cohorts[at].next = settings->cohort;
    settings->cohort = at + 1;
    return at;
}

void optim_cohort_join(struct body *body, size_t tensor, const struct history *history) {
    struct tensor *t = &body->tensors[tensor];
    struct cohort like = {
        .settings = t->settings,
        .element = t->element,
        .active = t->grad != NULL,
        .rows = t->row != 0,
        .started = history->started,
    };
    memcpy(like.t, history->t, sizeof like.t);
    memcpy(like.carried, history->carried, sizeof like.carried);
    t->cohort = find(body, body->cohorts, &body->ncohorts, &like);
}

/* How often each element's size goes through memory: weight and slots to and fro, the gradient one way. */
static unsigned streams(uint32_t needed) {
    unsigned count = 3;
    for (; needed; needed &= needed - 1)
        count += 2;
    return count;
}

void optim_add_work(struct body *body, struct tensor *tensor, bool rests) {
    const uint64_t bytes = tensor->count * optim_element_size(tensor->element);
    tensor->work_before = body->work;
    body->work += rests ? RESTING_WORK : TENSOR_WORK + streams(body->settings[tensor->settings].needed) * bytes;
}

void optim_count_work(struct body *body, bool resting_too) {
    body->work = 0;
    for (size_t i = 0; i < body->ntensors; i++)
        optim_add_work(body, &body->tensors[i], !resting_too && !body->tensors[i].grad);
}

void optim_cohorts_regroup(struct body *body) {
    struct cohort *const old = body->cohorts, *const grouped = body->spare;
    size_t count = 0;
    for (size_t k = 0; k < body->nsettings; k++)
        body->settings[k].cohort = 0;
    for (size_t i = 0; i < body->ntensors; i++) {
        struct tensor *t = &body->tensors[i];
        struct cohort like = old[t->cohort];
        like.settings = t->settings;
        like.active = t->grad != NULL;
        t->cohort = find(body, grouped, &count, &like);
    }
    body->cohorts = grouped;
    body->spare = old;
    body->ncohorts = count;
    body->regroup = false;
    optim_count_work(body, false);
}

void optim_cohorts_hold(struct body *body) {
    _Alignas(max_align_t) unsigned char constants[OPTIM_MAX_CONSTANTS];
    const size_t outermost = body->nstages - 1;
    struct optim_ops ops;
    if (!body->stages[outermost].type->steers)
        return;
    for (size_t k = 0; k < body->ncohorts; k++) {
        optim_prepare_stage(body, &body->cohorts[k], outermost, OPTIM_STEP, 0, constants, &ops);
        body->cohorts[k].held = ops.hold;
    }
}

/* The stages inside this one start over. */
static void forget(const struct body *body, struct cohort *cohort, size_t stage) {
    const uint32_t slots = stage < body->nstages ? body->stages[stage].first_slot : body->slots;
    cohort->started &= ~(uint32_t)((UINT64_C(1) << slots) - 1);
    for (size_t s = 0; s < stage; s++) {
        cohort->t[s] = 0;
        cohort->carried[s] = 0;
    }
}

static void advance(const struct body *body, struct cohort *cohort) {
    _Alignas(max_align_t) unsigned char constants[OPTIM_MAX_CONSTANTS];
    const uint32_t needed = body->settings[cohort->settings].needed;
    size_t forgets = 0; /* the outermost stage that wants what is inside to forget */
    for (size_t s = body->nstages; s-- > 0;) {
        const struct stage *stage = &body->stages[s];
        struct optim_ops ops = {0};
        if (stage->type->steers)
            optim_prepare_stage(body, cohort, s, OPTIM_STEP, 0, constants, &ops);
        if (ops.forget && !forgets)
            forgets = s;
        cohort->started |= needed & optim_stage_slots(stage);
        cohort->carried[s] = ops.carried;
        cohort->t[s]++;
        if (ops.hold)
            break;
    }
    if (forgets)
        forget(body, cohort, forgets);
}

void optim_cohorts_advance(struct body *body) {
    for (size_t k = 0; k < body->ncohorts; k++)
        if (body->cohorts[k].active)
            advance(body, &body->cohorts[k]);
}

void optim_cohorts_reset(struct body *body) {
    for (size_t k = 0; k < body->ncohorts; k++)
        forget(body, &body->cohorts[k], body->nstages);
    body->regroup = true;
}
