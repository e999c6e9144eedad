/* Gradients that are not finite: find them, refuse or skip the step, adapt the loss scale. */
#include "engine.h"

#include <float.h>
#include <math.h>

static double grad_at(const struct tensor *tensor, size_t i) {
    return tensor->element == OPTIM_ELEMENT_F64 ? ((const double *)tensor->grad)[i] : ((const float *)tensor->grad)[i];
}

/* Does the division make a gradient of floats infinite? Only one whose norm is more than a float can be may. */
static bool overflows(const struct body *body, const struct tensor *tensor) {
    const double *h = optim_effective(body, tensor->settings), loss_scale = h[body->loss_scale];
    const double divisor = h[body->grad_scale] * (loss_scale != 0 ? loss_scale : 1);
    if (tensor->element != OPTIM_ELEMENT_F32 || !(tensor->norm > FLT_MAX))
        return false;
    for (size_t i = 0; i < tensor->count; i++)
        if (fabs(grad_at(tensor, i) / divisor) > FLT_MAX)
            return true;
    return false;
}

static bool is_bad(const struct body *body, const struct tensor *tensor) {
    return body->settings[tensor->settings].measures & OPTIM_MEASURE_FINITE &&
           (!tensor->finite || overflows(body, tensor));
}

bool optim_all_finite(const struct body *body) {
    if (body->norm <= FLT_MAX)
        return true;
    for (size_t k = 0; k < body->ntensors; k++)
        if (is_bad(body, &body->tensors[k]))
            return false;
    return true;
}

static int refuse(struct body *body, const struct tensor *tensor) {
    for (size_t i = 0; i < tensor->count; i++)
        if (!isfinite(grad_at(tensor, i)))
            return optim_fail(body, OPTIM_ERROR_NONFINITE,
                              "optim_step: the gradient of \"%.200s\" is %g at index %zu: nothing was changed",
                              tensor->name, grad_at(tensor, i), i);
    return optim_fail(
        body, OPTIM_ERROR_NONFINITE,
        "optim_step: the gradient of \"%.200s\" is not finite once scaled or summed: nothing was changed, "
        "but sums of gradients are dropped",
        tensor->name);
}

/* Is there a sum of gradients that a step is yet to be taken with, of a tensor that has gradients? */
static bool is_gathering(const struct body *body) {
    const size_t outermost = body->nstages - 1;
    for (size_t k = 0; k < body->ncohorts && body->stages[outermost].type->gathers; k++)
        if (body->cohorts[k].active && body->cohorts[k].carried[outermost] != 0)
            return true;
    return false;
}

static void drop_sums(struct body *body) {
    const size_t outermost = body->nstages - 1;
    for (size_t k = 0; k < body->ncohorts && body->stages[outermost].type->gathers; k++)
        body->cohorts[k].carried[outermost] = 0;
}

/* Is it the gradients that were given, and not only what they sum up to, or what division makes of them? */
static bool given_is_bad(const struct body *body) {
    for (size_t k = 0; k < body->ntensors; k++) {
        const struct tensor *tensor = &body->tensors[k];
        const bool look = is_bad(body, tensor);
        for (size_t i = 0; look && i < tensor->count; i++)
            if (!isfinite(grad_at(tensor, i)))
                return true;
    }
    return false;
}

int optim_not_finite(struct body *body) {
    if (!given_is_bad(body))
        drop_sums(body); /* or every step from now on would end here */
    for (size_t k = 0; k < body->ntensors; k++) {
        const struct tensor *tensor = &body->tensors[k];
        if (is_bad(body, tensor) && optim_values(body, tensor->settings)[body->check_finite] == 1)
            return refuse(body, tensor);
    }
    body->skipped++;
    optim_loss_scale_update(body, false);
    return OPTIM_OK;
}

void optim_loss_scale_update(struct body *body, bool finite) {
    const double *h = optim_values(body, 0) + body->loss_scale;
    enum { SCALE, GROWTH, INTERVAL, BACKOFF }; /* in the order of the table in common.c */
    double scale = h[SCALE];
    if (scale == 0)
        return;
    body->good = finite ? body->good + 1 : 0;
    if (!finite)
        scale = fmax(scale * h[BACKOFF], OPTIM_LEAST_SCALE);
    else if ((double)body->good >= h[INTERVAL] && !is_gathering(body)) {
        scale = fmin(scale * h[GROWTH], OPTIM_MOST_SCALE);
        body->good = 0;
    }
    if (scale == h[SCALE])
        return;
    drop_sums(body); /* of gradients of another scale */
    for (size_t k = 0; k < body->nsettings; k++)
        optim_values(body, k)[body->loss_scale] = scale;
    body->check = true;
}

uint64_t optim_skipped(const optim *opt) {
    return opt ? opt->body->skipped : 0;
}

int optim_norm(const optim *opt, double *norm) {
    const int status = optim_check(opt, "optim_norm", true);
    if (status != OPTIM_OK)
        return status;
    if (!norm)
        return optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "optim_norm: norm is NULL");
    if (!opt->body->norm_known)
        return optim_fail(opt->body, OPTIM_ERROR_STATE,
                          "optim_norm: the last step measured no norm: clip_norm, clip_tensor_norm or check_finite do");
    *norm = opt->body->last_norm;
    return OPTIM_OK;
}
