/*
 * AdaGrad: each weight's step shrinks with all the gradients it has seen. Duchi, Hazan & Singer 2011.
 *
 *     s := s + g^2                                       s starts as initial_accumulator
 *     p := p - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)
 *
 * eps_inside   g / sqrt(s + eps)
 */
#include "../type.h"

enum { LR, EPS, LR_DECAY, INITIAL_ACCUMULATOR, EPS_INSIDE, PARAMS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.01, 0, INFINITY, false, "learning rate"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [LR_DECAY] = {"lr_decay", 0, 0, INFINITY, false, "the learning rate is divided by 1 + (t - 1) times this"},
    [INITIAL_ACCUMULATOR] = {"initial_accumulator", 0, 0, INFINITY, false, "what the sum of squares starts with"},
    [EPS_INSIDE] = {"eps_inside", 0, 0, 1, true, "1: eps is added under the square root"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{"sum", OPTIM_START_HYPERPARAMETER, INITIAL_ACCUMULATOR}, {0}};

struct adagrad_step {
    real step, eps, eps_inside;
};

static inline void adagrad(struct adagrad_step c, real *p, real g, real *s) {
    *s += g * g;
    *p -= c.step * (g / (sqrt(*s + c.eps_inside) + c.eps));
}

static void adagrad_tile(const void *constants, struct optim_tile *tile) {
    const struct adagrad_step c = *(const struct adagrad_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[0];
    const real *restrict g = tile->grad;
    EACH(tile, i, adagrad(c, &p[i], g[i], &s[i]), p, g, s);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    *(struct adagrad_step *)constants = (struct adagrad_step){
        .step = (real)(h[LR] / (1 + (double)(now->t - 1) * h[LR_DECAY])),
        .eps = (real)(h[EPS_INSIDE] != 0 ? 0 : h[EPS]),
        .eps_inside = (real)(h[EPS_INSIDE] != 0 ? h[EPS] : 0),
    };
    ops->after = adagrad_tile;
}

static const struct optim_preset presets[] = {
    {.name = "adagrad", .summary = "adaptive subgradient method (Duchi, Hazan & Singer 2011)"},
    {0},
};

_Static_assert(sizeof(struct adagrad_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(adagrad) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
};
