/*
 * AdaBound: Adam whose step sizes are clamped to bounds that close in on those of SGD. Luo, Xiong, Liu & Sun 2019,
 * Algorithms 2 and 3, with the bounds and the bias correction of the authors' program.
 *
 *     m := beta1 m + (1 - beta1) g            c1 = 1 - beta1^t
 *     v := beta2 v + (1 - beta2) g^2          c2 = 1 - beta2^t
 *     lower = final_lr (1 - 1 / (gamma t + 1))
 *     upper = final_lr (1 + 1 / (gamma t))
 *     p := p - clamp(lr sqrt(c2) / c1 / (sqrt(v) + eps), lower, upper) m
 *
 * amsgrad   x := max(x, v) for v in the last line
 */
#include "../type.h"

enum { LR, BETA1, BETA2, EPS, FINAL_LR, GAMMA, AMSGRAD, PARAMS };
enum { M, V, X, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.001, 0, INFINITY, false, "learning rate"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the gradient's moving average"},
    [BETA2] = {"beta2", 0.999, 0, OPTIM_BELOW_ONE, false, "decay of the squared gradient's moving average"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [FINAL_LR] = {"final_lr", 0.1, 0, INFINITY, false, "the learning rate of SGD that both bounds go to",
                  OPTIM_PARAM_FOLLOWS_LR},
    [GAMMA] = {"gamma", 0.001, 1e-30, INFINITY, false, "how fast they do"},
    [AMSGRAD] = {"amsgrad", 0, 0, 1, true, "1: divide by the largest average so far"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {
    [M] = {.name = "exp_avg"},
    [V] = {.name = "exp_avg_sq"},
    [X] = {.name = "max_exp_avg_sq"},
    [SLOTS] = {0},
};

struct adabound_step {
    struct average beta1, beta2;
    real step, eps, lower, upper;
};

static inline void move(struct adabound_step c, real *p, real m, real v) {
    const real wanted = c.step / (sqrt(v) + c.eps);
    const real above = wanted < c.lower ? c.lower : wanted;
    *p -= (above > c.upper ? c.upper : above) * m;
}

static inline void remember(struct adabound_step c, real g, real *m, real *v) {
    *m = average(c.beta1, *m, g);
    *v = average(c.beta2, *v, g * g);
}

static inline void remember_largest(struct adabound_step c, real g, real *m, real *v, real *x) {
    remember(c, g, m, v);
    *x = *x > *v ? *x : *v;
}

static void adabound_tile(const void *constants, struct optim_tile *tile) {
    const struct adabound_step c = *(const struct adabound_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &m[i], &v[i]), move(c, &p[i], m[i], v[i]), g, m, v, p);
}

static void amsbound_tile(const void *constants, struct optim_tile *tile) {
    const struct adabound_step c = *(const struct adabound_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    real *restrict x = tile->slot[X];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember_largest(c, g[i], &m[i], &v[i], &x[i]), move(c, &p[i], m[i], x[i]), g, m, v, x, p);
}

static uint32_t needs(const double *h) {
    return h[AMSGRAD] != 0 ? 1 << M | 1 << V | 1 << X : 1 << M | 1 << V;
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double c1 = optim_decayed(h[BETA1], now->t), c2 = optim_decayed(h[BETA2], now->t);
    const double elapsed = h[GAMMA] * (double)now->t;
    *(struct adabound_step *)constants = (struct adabound_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 1 - h[BETA2]),
        .step = (real)(h[LR] * sqrt(c2) / c1),
        .eps = (real)h[EPS],
        .lower = (real)(h[FINAL_LR] / (1 + 1 / elapsed)), /* the same as above, also where elapsed is infinite */
        .upper = (real)(h[FINAL_LR] * (1 + 1 / elapsed)),
    };
    ops->after = h[AMSGRAD] != 0 ? amsbound_tile : adabound_tile;
}

static const struct optim_preset presets[] = {
    {.name = "adabound", .summary = "Adam that turns into SGD by bounds on its steps (Luo, Xiong, Liu & Sun 2019)"},
    {.name = "amsbound",
     .summary = "AdaBound with a denominator that never falls (Luo, Xiong, Liu & Sun 2019)",
     .override = {{"amsgrad", 1}}},
    {0},
};

_Static_assert(sizeof(struct adabound_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(adabound) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .prepare = prepare,
    .momentum = 1 + M,
};
