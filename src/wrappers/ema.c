/*
 * An exponential moving average of the weights, to evaluate with (optim_swap). Polyak & Juditsky 1992 with weights
 * that fade; the average starts as the weights.
 *
 *     e := decay e + (1 - decay) p          after each step
 */
#include "../type.h"

enum { DECAY, PARAMS };

static const struct optim_param params[] = {
    [DECAY] = {"decay", 0.999, 0, 1, false, "how much of the average is kept at each step"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "ema", .start = OPTIM_START_PARAM}, {0}};

struct ema_step {
    struct average decay;
};

static void ema_tile(const void *constants, struct optim_tile *tile) {
    const struct ema_step c = *(const struct ema_step *)constants;
    const real *restrict p = tile->param;
    real *restrict e = tile->slot[0];
    EACH(tile, i, e[i] = average(c.decay, e[i], p[i]), e);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    *(struct ema_step *)constants = (struct ema_step){average_of(now->h[DECAY], 1 - now->h[DECAY])};
    ops->after = ema_tile;
}

static const struct optim_preset presets[] = {
    {.name = "ema",
     .summary = "an exponential moving average of the weights, around any optimizer (Polyak & Juditsky 1992)"},
    {0},
};

_Static_assert(sizeof(struct ema_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(ema) = {
    .wraps = true,
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .swap = 1,
};
