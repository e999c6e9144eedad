/*
 * Lion: the sign of a momentum. Chen et al. 2023, Algorithm 2.
 *
 *     p := p - lr sign(beta1 m + (1 - beta1) g)          sign(0) = 0
 *     m := beta2 m + (1 - beta2) g
 */
#include "../type.h"

enum { LR, BETA1, BETA2, PARAMS };

static const struct optim_param params[] = {
    [LR] = {"lr", 1e-4, 0, INFINITY, false, "learning rate: how far every weight moves"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "share of the momentum in the direction of the step"},
    [BETA2] = {"beta2", 0.99, 0, OPTIM_BELOW_ONE, false, "decay of the momentum"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "exp_avg"}, {0}};

struct lion_step {
    struct average beta1, beta2;
    real lr, shrink;
};

static inline void lion(struct lion_step c, real *p, real g, real *m) {
    const real direction = average(c.beta1, *m, g);
    const real step = islessgreater(direction, 0) ? copysign(c.lr, direction) : direction; /* 0 and NaN stay */
    *p = *p - c.shrink * *p - step;
    *m = average(c.beta2, *m, g);
}

static void lion_tile(const void *constants, struct optim_tile *tile) {
    const struct lion_step c = *(const struct lion_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[0];
    const real *restrict g = tile->grad;
    EACH(tile, i, lion(c, &p[i], g[i], &m[i]), p, g, m);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    *(struct lion_step *)constants = (struct lion_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 1 - h[BETA2]),
        .lr = (real)h[LR],
        .shrink = (real)now->shrink,
    };
    ops->after = lion_tile;
}

static const struct optim_preset presets[] = {
    {.name = "lion",
     .summary = "the sign of a momentum, found by program search (Chen et al. 2023)",
     .override = {{"decoupled", 1}}},
    {0},
};

_Static_assert(sizeof(struct lion_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(lion) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .momentum = 1,
    .shrinks = true,
};
