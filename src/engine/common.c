/*
 * What every optimizer has in common: the hyperparameters that change the gradient before the update, and weight
 * decay. It stands in the chain like a wrapper right around the optimizer.
 *
 *     g := g / grad_scale, and / loss_scale if there is one
 *     g := g min(1, clip_norm / |g|), |g| the norm of the gradients of all tensors: Pascanu et al. 2013
 *     g := g min(1, clip_tensor_norm / |g|), |g| the norm of each tensor's own
 *     g := clamp(g, +- clip_value);  g := -g if maximize
 *     g := g - its mean over all dimensions but the first, if centralize: Yong et al. 2020
 *     g := g + weight_decay p                decoupled 0
 *     p := p - lr weight_decay p             decoupled 1: Loshchilov & Hutter 2019
 */
#include "kernels.h"
#include "level1.h"
#include "sums.h"

enum {
    MAXIMIZE,
    WEIGHT_DECAY,
    DECOUPLED,
    CLIP_VALUE,
    CLIP_NORM,
    CLIP_TENSOR_NORM,
    GRAD_SCALE,
    CENTRALIZE,
    CHECK_FINITE,
    LOSS_SCALE,
    LOSS_SCALE_GROWTH,
    LOSS_SCALE_INTERVAL,
    LOSS_SCALE_BACKOFF,
    BLAS,
    SAVE_WEIGHTS,
    LOAD_STRICT,
    PARAMS
};

static const struct optim_param params[] = {
    [MAXIMIZE] = {"maximize", 0, 0, 1, true, "1: climb instead of descending"},
    [WEIGHT_DECAY] = {"weight_decay", 0, 0, INFINITY, false, "how strongly weights are pulled to 0"},
    [DECOUPLED] = {"decoupled", 0, 0, 1, true, "0: weight decay is added to the gradient, 1: taken off the weight"},
    [CLIP_VALUE] = {"clip_value", 0, 0, INFINITY, false, "gradients are clamped to +- this; 0: not at all",
                    OPTIM_PARAM_OFF_AT_0},
    [CLIP_NORM] = {"clip_norm", 0, 0, INFINITY, false,
                   "the gradients of all tensors together get no longer than this; 0: off", OPTIM_PARAM_OFF_AT_0},
    [CLIP_TENSOR_NORM] = {"clip_tensor_norm", 0, 0, INFINITY, false,
                          "the gradient of each tensor gets no longer than this; 0: off", OPTIM_PARAM_OFF_AT_0},
    [GRAD_SCALE] = {"grad_scale", 1, OPTIM_LEAST_SCALE, OPTIM_MOST_SCALE, false, "gradients are divided by this first"},
    [CENTRALIZE] = {"centralize", 0, 0, 1, true, "1: take the mean off each row of tensors with 2 or more dimensions"},
    [CHECK_FINITE] = {"check_finite", 0, 0, 2, true,
                      "a gradient with an infinity or NaN: 0 is used, 1 is an error, 2 the step is skipped"},
    [LOSS_SCALE] = {"loss_scale", 0, 0, OPTIM_MOST_SCALE, false,
                    "gradients are divided by this, which adapts itself; 0: off; 65536 is usual",
                    OPTIM_PARAM_OF_HANDLE | OPTIM_PARAM_A_SCALE},
    [LOSS_SCALE_GROWTH] = {"loss_scale_growth", 2, 1, 1e30, false, "what it is multiplied by after a while",
                           OPTIM_PARAM_OF_HANDLE},
    [LOSS_SCALE_INTERVAL] = {"loss_scale_interval", 2000, 1, OPTIM_MAX_WHOLE, true,
                             "how many steps in a row must be finite for that", OPTIM_PARAM_OF_HANDLE},
    [LOSS_SCALE_BACKOFF] = {"loss_scale_backoff", 0.5, 1e-30, 1, false,
                            "what it is multiplied by after a step that was not", OPTIM_PARAM_OF_HANDLE},
    [BLAS] = {"blas", 0, 0, OPTIM_BLAS, true, "1: compose the step of level-1 BLAS calls where that is possible",
              OPTIM_PARAM_NOT_SAVED},
    [SAVE_WEIGHTS] = {"save_weights", 0, 0, 1, true, "1: optim_save saves the parameters too",
                      OPTIM_PARAM_OF_HANDLE | OPTIM_PARAM_NOT_SAVED},
    [LOAD_STRICT] = {"load_strict", 1, 0, 1, true,
                     "0: optim_load takes what the file has, 1: it must have exactly the tensors of the handle",
                     OPTIM_PARAM_OF_HANDLE | OPTIM_PARAM_NOT_SAVED},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{0}};

struct common_step {
    real clip, decay, shrink;
    double scale;       /* what gradients are multiplied by, but for what depends on their tensor */
    double tensor_norm; /* what a tensor's norm may be before that; INFINITY: anything */
    double measure;     /* what gradients are multiplied by when their norm is measured */
};

static inline real conditioned(real scale, real clip, real g) {
    const real scaled = g * scale;
    const real below = scaled > clip ? clip : scaled;
    return below < -clip ? -clip : below;
}

/* What is left of gradients of this norm: 1 where they are not too long, not a number where their norm is none. */
static double clip_factor(double most, double norm) {
    return norm <= most ? 1 : most / norm;
}

/* The gradient may be in scratch already and then changes in place. */

/*
 * What to multiply the tile's gradient by. Where that is too large or too small a number for `real`, most of it is done
 * here, and the rest returned.
 */
static real scale_of(const struct common_step *c, struct optim_tile *tile) {
    const double far = 0x1p100;
    double scale = c->tensor_norm == INFINITY ? c->scale : c->scale * clip_factor(c->tensor_norm, tile->norm);
    const double size = fabs(scale);
    if (sizeof(real) == sizeof(double) || scale == 0 || !isfinite(scale) || (size < far && size > 1 / far))
        return (real)scale;
    const double first = size < 1 ? 1 / far : far;
    const real *g = tile->grad, by = (real)first;
    real *out = tile->scratch;
    EACH(tile, i, out[i] = g[i] * by, g);
    tile->grad = out;
    return (real)(scale / first);
}

static void condition(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    const real scale = scale_of(&c, tile), *g = tile->grad;
    real *out = tile->scratch;
    EACH(tile, i, out[i] = conditioned(scale, c.clip, g[i]), g);
    tile->grad = out;
}

static void add_decay(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    const real *restrict p = tile->param;
    real *restrict g = tile->scratch;
    EACH(tile, i, g[i] += c.decay * p[i], p);
}

static void decay(const void *constants, struct optim_tile *tile) {
    const struct common_step c = *(const struct common_step *)constants;
    const real scale = scale_of(&c, tile), *g = tile->grad, *p = tile->param;
    real *out = tile->scratch;
    EACH(tile, i, out[i] = conditioned(scale, c.clip, g[i]) + c.decay * p[i], g, p);
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
    EACH(tile, i, p[i] -= c.shrink * p[i], p);
}

static void condition_and_shrink(const void *constants, struct optim_tile *tile) {
    condition(constants, tile);
    shrink(constants, tile);
}

/* Take its mean off each row of the tile, or of the one row that the tile is a piece of. */
static void centralize(const void *constants, struct optim_tile *tile) {
    const struct common_step *c = constants;
    real *g = tile->scratch;
    condition(constants, tile);
    const size_t length = tile->row_sum ? tile->count : tile->row;
    for (size_t from = 0; from < tile->count && length; from += length) {
        const double sum = tile->row_sum ? *tile->row_sum : sum_of(length, g + from);
        const real mean = (real)(sum / (double)tile->row);
        for (size_t i = from; i < from + length; i++)
            g[i] -= mean;
    }
    if (c->decay != 0)
        add_decay(constants, tile);
    if (c->shrink != 0)
        shrink(constants, tile);
}

static void measure_rows(const void *constants, struct optim_tile *tile) {
    condition(constants, tile);
    *tile->measured = sum_of(tile->count, tile->grad);
}

static void measure_norm(const void *constants, struct optim_tile *tile) {
    const struct common_step *c = constants;
    if (tile->guard == 1)
        *tile->measured = c->measure * c->measure * squares_of(tile->count, tile->grad, tile->fetches);
    else
        *tile->measured = scaled_squares_of(tile->count, tile->grad, c->measure * tile->guard);
}

static unsigned measures(const double *h) {
    const bool finite = h[CHECK_FINITE] != 0 || h[LOSS_SCALE] != 0;
    const bool norm = finite || h[CLIP_NORM] > 0 || h[CLIP_TENSOR_NORM] > 0;
    return (norm ? OPTIM_MEASURE_NORM : 0u) | (finite ? OPTIM_MEASURE_FINITE : 0u) |
           (h[CENTRALIZE] != 0 ? OPTIM_MEASURE_ROWS : 0u);
}

static struct optim_conflict conflict(const double *h) {
    if (h[LOSS_SCALE] != 0 && h[CHECK_FINITE] == 1)
        return (struct optim_conflict){"with a loss scale, steps that are not finite are skipped", LOSS_SCALE,
                                       CHECK_FINITE};
    return (struct optim_conflict){0};
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double clip = h[CLIP_NORM] == 0 ? 1 : clip_factor(h[CLIP_NORM], now->norm);
    const double divisor = h[LOSS_SCALE] == 0 ? h[GRAD_SCALE] : h[GRAD_SCALE] * h[LOSS_SCALE];
    /* clamping is symmetric: the sign may go first */
    const double scale = clip * (h[MAXIMIZE] != 0 ? -1 : 1) / divisor;
    const double weight_decay = h[WEIGHT_DECAY];
    const bool conditions = scale != 1 || h[CLIP_VALUE] != 0 || h[CLIP_TENSOR_NORM] != 0;
    const double shrink_by = h[DECOUPLED] != 0 ? now->lr * weight_decay : 0;
    const bool shrinks = shrink_by != 0 && !now->leaves_shrinking;
    const bool decays = h[DECOUPLED] == 0 && weight_decay != 0;
    *(struct common_step *)constants = (struct common_step){
        .clip = (real)(h[CLIP_VALUE] != 0 ? h[CLIP_VALUE] : INFINITY),
        .decay = (real)(decays ? weight_decay : 0),
        .shrink = (real)(shrinks ? shrink_by : 0),
        .scale = scale,
        .tensor_norm = h[CLIP_TENSOR_NORM] == 0 ? INFINITY : h[CLIP_TENSOR_NORM] / clip,
        .measure = 1 / divisor,
    };
    ops->norm = measure_norm;
    ops->shrink = now->leaves_shrinking ? shrink_by : 0;
    if (h[CENTRALIZE] != 0 && now->rows) {
        ops->before = centralize;
        ops->rows = measure_rows;
    } else if (decays)
        ops->before = now->blas ? decay_blas : decay;
    else if (conditions && shrinks)
        ops->before = condition_and_shrink;
    else if (conditions)
        ops->before = condition;
    else if (shrinks)
        ops->before = shrink;
}

_Static_assert(sizeof(struct common_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(common) = {
    .wraps = true,
    .presets = (const struct optim_preset[]){{0}},
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .measures = measures,
    .conflict = conflict,
};
