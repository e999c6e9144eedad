/*
 * Adam and its nearest kin: Kingma & Ba 2015, Algorithm 1; Loshchilov & Hutter 2019 (adamw); Reddi et al. 2018
 * (amsgrad).
 *
 *     m := beta1 m + (1 - beta1) g            c1 = 1 - beta1^t
 *     v := beta2 v + (1 - beta2) g^2          c2 = 1 - beta2^t
 *     p := p - lr / c1 * m / (sqrt(v / c2) + eps)
 *
 * eps_hat         p := p - lr sqrt(c2) / c1 * m / (sqrt(v) + eps): the paper's second form (end of its section 2)
 * amsgrad         v is replaced in the last line by x := max(x, v)
 * max_corrected   and then by x := max(x, v / c2), used as it is
 * bias_correction 0: c1 = c2 = 1
 */
#include "../type.h"

enum { LR, BETA1, BETA2, EPS, AMSGRAD, MAX_CORRECTED, BIAS_CORRECTION, EPS_HAT, PARAMS };
enum { M, V, X, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.001, 0, INFINITY, false, "learning rate"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the gradient's moving average"},
    [BETA2] = {"beta2", 0.999, 0, OPTIM_BELOW_ONE, false, "decay of the squared gradient's moving average"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [AMSGRAD] = {"amsgrad", 0, 0, 1, true, "1: divide by the largest average so far"},
    [MAX_CORRECTED] = {"max_corrected", 0, 0, 1, true, "1: amsgrad takes the largest bias-corrected average"},
    [BIAS_CORRECTION] = {"bias_correction", 1, 0, 1, true, "0: do not correct the averages for starting at 0"},
    [EPS_HAT] = {"eps_hat", 0, 0, 1, true, "1: eps is added before the bias correction"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {
    [M] = {.name = "exp_avg"},
    [V] = {.name = "exp_avg_sq"},
    [X] = {.name = "max_exp_avg_sq"},
    [SLOTS] = {0},
};

struct adam_step {
    struct average beta1, beta2;
    real step, root, eps; /* root: what sqrt is multiplied by, to correct its bias */
    real shrink;          /* decoupled weight decay */
    real largest;         /* what v is multiplied by before the maximum is taken */
};

static inline void remember(struct adam_step c, real g, real *m, real *v) {
    *m = average(c.beta1, *m, g);
    *v = average(c.beta2, *v, g * g);
}

static inline void remember_largest(struct adam_step c, real g, real *m, real *v, real *x) {
    remember(c, g, m, v);
    const real now = *v * c.largest;
    *x = *x > now ? *x : now;
}

static inline void move(struct adam_step c, real *p, real m, real v) {
    *p = *p - c.shrink * *p - c.step * (m / (sqrt(v) * c.root + c.eps));
}

static void adam_tile(const void *constants, struct optim_tile *tile) {
    const struct adam_step c = *(const struct adam_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &m[i], &v[i]), move(c, &p[i], m[i], v[i]), g, m, v, p);
}

static void amsgrad_tile(const void *constants, struct optim_tile *tile) {
    const struct adam_step c = *(const struct adam_step *)constants;
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
    const bool corrects = h[BIAS_CORRECTION] != 0, takes_max = h[AMSGRAD] != 0;
    const bool max_corrected = takes_max && h[MAX_CORRECTED] != 0, eps_hat = h[EPS_HAT] != 0;
    const double c1 = corrects ? optim_decayed(h[BETA1], now->t) : 1;
    const double c2 = corrects ? optim_decayed(h[BETA2], now->t) : 1;
    const double root_c2 = max_corrected ? 1 : sqrt(c2); /* what is still to correct after sqrt */
    const double step = eps_hat ? h[LR] * root_c2 / c1 : h[LR] / c1;
    *(struct adam_step *)constants = (struct adam_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 1 - h[BETA2]),
        .step = (real)step,
        .root = (real)(eps_hat ? 1 : 1 / root_c2),
        .eps = (real)h[EPS],
        .shrink = (real)now->shrink,
        .largest = (real)(max_corrected ? 1 / c2 : 1),
    };
    ops->after = takes_max ? amsgrad_tile : adam_tile;
}

static const struct optim_preset presets[] = {
    {.name = "adam", .summary = "adaptive moment estimation (Kingma & Ba 2015)"},
    {.name = "adamw",
     .summary = "Adam with decoupled weight decay (Loshchilov & Hutter 2019)",
     .override = {{"decoupled", 1}, {"weight_decay", 0.01}}},
    {.name = "amsgrad",
     .summary = "Adam with a denominator that never falls (Reddi, Kale & Kumar 2018)",
     .override = {{"amsgrad", 1}}},
    {0},
};

_Static_assert(sizeof(struct adam_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(adam) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .prepare = prepare,
    .momentum = 1 + M,
    .shrinks = true,
};
