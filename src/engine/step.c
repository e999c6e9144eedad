/* The step, and what else runs over all tensors. */
#include "engine.h"
#include "floating.h"

/* Contradictions that were waiting for a second change, and what the settings in use want measured. */
static int check_settings(struct body *body) {
    struct optim_conflict conflict;
    unsigned measures = 0;
    if (!body->check)
        return OPTIM_OK;
    for (size_t k = 0; k < body->nsettings; k++) {
        const bool in_use = optim_settings_in_use(body, k);
        if (in_use)
            measures |= body->settings[k].measures;
        if (in_use && optim_conflict(body, optim_values(body, k), &conflict))
            return optim_fail_conflict(body, "optim_step", optim_values(body, k), &conflict);
    }
    body->measures = measures;
    return OPTIM_OK;
}

/* Everything that may stop the step, then the step. */
static int step(struct body *body) {
    const int status = body->check || body->nattached ? optim_effective_update(body) : OPTIM_OK;
    if (status != OPTIM_OK)
        return status;
    body->check = false;
    optim_cohorts_hold(body);
    body->parts = optim_pace_begin(body);
    if (!optim_measure(body))
        return optim_not_finite(body);
    optim_pass(body, OPTIM_STEP);
    optim_pace_end(body);
    optim_cohorts_advance(body);
    if (!(body->measures & OPTIM_MEASURE_NORM) || body->norm_tensors) {
        body->norm_known = body->norm_tensors != 0;
        body->last_norm = body->norm;
    }
    body->steps++;
    if (body->measures & OPTIM_MEASURE_FINITE && body->norm_tensors)
        optim_loss_scale_update(body, true);
    return OPTIM_OK;
}

int optim_step(optim *opt) {
    int status = optim_check(opt, "optim_step", false);
    if (status == OPTIM_OK)
        status = check_settings(opt->body);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    if (body->regroup)
        optim_cohorts_regroup(body);
    const floating_mode mode = floating_enter();
    status = step(body);
    floating_leave(mode);
    return status;
}

const struct stage *optim_swap_stage(const struct body *body) {
    for (size_t s = body->nstages; s-- > 0;)
        if (body->stages[s].type->swap)
            return &body->stages[s];
    return NULL;
}

int optim_swap(optim *opt) {
    const int status = optim_check(opt, "optim_swap", true);
    if (status != OPTIM_OK)
        return status;
    struct body *body = opt->body;
    if (!optim_swap_stage(body))
        return optim_fail(body, OPTIM_ERROR_STATE, "optim_swap: %s has no weights of its own to swap with", body->name);
    if (body->regroup)
        optim_cohorts_regroup(body);
    const floating_mode mode = floating_enter();
    optim_count_work(body, true);
    body->parts = optim_pace_begin(body);
    optim_pass(body, OPTIM_SWAP);
    optim_count_work(body, false);
    floating_leave(mode);
    body->swapped = !body->swapped;
    return OPTIM_OK;
}

int optim_set_threads(optim *opt, int threads) {
    const int status = optim_check(opt, "optim_set_threads", true);
    if (status != OPTIM_OK)
        return status;
    if (threads < 0 || threads > OPTIM_MAX_THREADS)
        return optim_fail(opt->body, OPTIM_ERROR_RANGE,
                          "optim_set_threads: threads = %d: must be 1 to %d, or 0 for as many as there are", threads,
                          OPTIM_MAX_THREADS);
    opt->body->threads = threads;
    return OPTIM_OK;
}

int optim_set_executor(optim *opt, optim_executor run, void *context) {
    const int status = optim_check(opt, "optim_set_executor", true);
    if (status != OPTIM_OK)
        return status;
    opt->body->executor = run;
    opt->body->context = context;
    return OPTIM_OK;
}
