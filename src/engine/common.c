/*
 * What every optimizer has in common: the hyperparameters that change the gradient before the update, and weight
 * decay. It stands in the chain like a wrapper right around the optimizer.
 *
 *     g := g / grad_scale;  g := clamp(g, clip_value);  g := -g if maximize
 *     g := g + weight_decay p                decoupled 0
 *     p := p - lr weight_decay p             decoupled 1: Loshchilov & Hutter 2019
 */
#include "kernels.h"
#include "level1.h"

enum { MAXIMIZE, WEIGHT_DECAY, DECOUPLED, CLIP_VALUE, GRAD_SCALE, BLAS, PARAMS };

static const struct optim_param params[] = {
    [MAXIMIZE] = {"maximize", 0, 0, 1, true, "1: climb instead of descending"},
    [WEIGHT_DECAY] = {"weight_decay", 0, 0, INFINITY, false, "how strongly weights are pulled to 0"},
    [DECOUPLED] = {"decoupled", 0, 0, 1, true, "0: weight decay is added to the gradient, 1: taken off the weight"},
    [CLIP_VALUE] = {"clip_value", 0, 0, INFINITY, false, "gradients are clamped to +- this; 0: not at all"},
    [GRAD_SCALE] = {"grad_scale", 1, 1e-30, 1e30, false, "gradients are divided by this first"},
    [BLAS] = {"blas", 0, 0, OPTIM_BLAS, true, "1: compose the step of level-1 BLAS calls where that is possible"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{0}};

struct common_step {
    real scale, clip, decay, shrink;
};

static inline real conditioned(struct common_step c, real g) {
    const real scaled = g * c.scale;
    const real below = scaled > c.clip ? c.clip : scaled;
    return below < -c.clip ? -c.clip : below;
}

/* The gradient may be in scratch already and then changes in place: no element needs another one, hence the simd. */

static void condition(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    const real *g = tile->grad;
    real *out = tile->scratch;
#pragma omp simd
    for (size_t i = 0; i < tile->count; i++)
        out[i] = conditioned(c, g[i]);
    tile->grad = out;
}

static void decay(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    const real *g = tile->grad, *p = tile->param;
    real *out = tile->scratch;
#pragma omp simd
    for (size_t i = 0; i < tile->count; i++)
        out[i] = conditioned(c, g[i]) + c.decay * p[i];
    tile->grad = out;
}

static void decay_blas(const void *constants, struct optim_tile *tile) {
    const struct common_step *c = constants;
    condition(constants, tile);
    level1_axpy(tile->count, c->decay, tile->param, tile->scratch);
}

/* Not p (1 - shrink), one scal: that factor rounded to float is off by a large part of a small shrink. */
static void shrink(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    real *p = tile->param;
    for (size_t i = 0; i < tile->count; i++)
        p[i] -= c.shrink * p[i];
}

static void condition_and_shrink(const void *constants, struct optim_tile *tile) {
    condition(constants, tile);
    shrink(constants, tile);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double scale = (h[MAXIMIZE] != 0 ? -1 : 1) / h[GRAD_SCALE];
    const double weight_decay = h[WEIGHT_DECAY];
    const bool conditions = scale != 1 || h[CLIP_VALUE] != 0;
    const bool shrinks = h[DECOUPLED] != 0 && weight_decay != 0;
    const bool decays = h[DECOUPLED] == 0 && weight_decay != 0;
    *(struct common_step *)constants = (struct common_step){
        .scale = (real)scale, /* clamping is symmetric, so the sign may go first */
        .clip = (real)(h[CLIP_VALUE] != 0 ? h[CLIP_VALUE] : INFINITY),
        .decay = (real)weight_decay,
        .shrink = (real)(now->lr * weight_decay),
    };
    if (decays)
        ops->before = now->blas ? decay_blas : decay;
    else if (conditions && shrinks)
        ops->before = condition_and_shrink;
    else if (conditions)
        ops->before = condition;
    else if (shrinks)
        ops->before = shrink;
}

const struct optim_family OPTIM_CONFIGURED(common) = {
    .wraps = true,
    .presets = (const struct optim_preset[]){{0}},
    .params = params,
    .slots = slots,
    .constants = sizeof(struct common_step),
    .prepare = prepare,
};
