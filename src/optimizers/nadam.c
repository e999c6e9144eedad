/*
 * NAdam: Adam with Nesterov's momentum. Dozat 2016, with PyTorch's schedule of the momentum.
 *
 *     m := beta1 m + (1 - beta1) g
 *     v := beta2 v + (1 - beta2) g^2          c2 = 1 - beta2^t
 *     mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),  P_t = mu_1 ... mu_t
 *     p := p - lr (mu_(t+1) / (1 - P_(t+1)) m + (1 - mu_t) / (1 - P_t) g) / (sqrt(v / c2) + eps)
 */
#include "../type.h"

enum { LR, BETA1, BETA2, EPS, MOMENTUM_DECAY, PARAMS };
enum { M, V, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.002, 0, INFINITY, false, "learning rate"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the gradient's moving average"},
    [BETA2] = {"beta2", 0.999, 0, OPTIM_BELOW_ONE, false, "decay of the squared gradient's moving average"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [MOMENTUM_DECAY] = {"momentum_decay", 0.004, 0, INFINITY, false, "how fast the momentum rises to beta1"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {[M] = {.name = "exp_avg"}, [V] = {.name = "exp_avg_sq"}, [SLOTS] = {0}};

struct nadam_step {
    struct average beta1, beta2;
    real of_m, of_g, root, eps;
};

static inline void remember(struct nadam_step c, real g, real *m, real *v) {
    *m = average(c.beta1, *m, g);
    *v = average(c.beta2, *v, g * g);
}

static inline void move(struct nadam_step c, real *p, real g, real m, real v) {
    *p -= (c.of_m * m + c.of_g * g) / (sqrt(v) * c.root + c.eps);
}

static void nadam_tile(const void *constants, struct optim_tile *tile) {
    const struct nadam_step c = *(const struct nadam_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &m[i], &v[i]), move(c, &p[i], g[i], m[i], v[i]), g, m, v, p);
}

static double momentum_at(const double *h, uint64_t t) {
    const double ln_096 = -0.040821994520255166;
    return h[BETA1] * (1 - 0.5 * optim_exp(ln_096 * (double)t * h[MOMENTUM_DECAY]));
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double mu = momentum_at(h, now->t), mu_next = momentum_at(h, now->t + 1);
    const double product = (now->t == 1 ? 1 : now->carried) * mu, product_next = product * mu_next;
    const double c2 = optim_decayed(h[BETA2], now->t);
    *(struct nadam_step *)constants = (struct nadam_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 1 - h[BETA2]),
        .of_m = (real)(h[LR] * mu_next / (1 - product_next)),
        .of_g = (real)(h[LR] * (1 - mu) / (1 - product)),
        .root = (real)(1 / sqrt(c2)),
        .eps = (real)h[EPS],
    };
    ops->after = nadam_tile;
    ops->carried = product;
}

static const struct optim_preset presets[] = {
    {.name = "nadam", .summary = "Adam with Nesterov's momentum (Dozat 2016)"},
    {0},
};

_Static_assert(sizeof(struct nadam_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(nadam) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .momentum = 1 + M,
    .steers = true,
};
