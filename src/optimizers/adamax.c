/*
 * Adamax: Adam with the infinity norm. Kingma & Ba 2015, Algorithm 2; eps as in PyTorch.
 *
 *     m := beta1 m + (1 - beta1) g            c1 = 1 - beta1^t
 *     u := max(beta2 u, |g| + eps)
 *     p := p - lr / c1 * m / u
 */
#include "../type.h"

enum { LR, BETA1, BETA2, EPS, PARAMS };
enum { M, U, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.002, 0, INFINITY, false, "learning rate"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the gradient's moving average"},
    [BETA2] = {"beta2", 0.999, 0, OPTIM_BELOW_ONE, false, "decay of the largest gradient"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the gradient's magnitude"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {[M] = {.name = "exp_avg"}, [U] = {.name = "exp_inf"}, [SLOTS] = {0}};

struct adamax_step {
    struct average beta1, beta2;
    real step, eps;
};

static inline void remember(struct adamax_step c, real g, real *m, real *u) {
    const real faded = average(c.beta2, *u, 0), now = fabs(g) + c.eps;
    *m = average(c.beta1, *m, g);
    *u = faded > now ? faded : now;
}

static inline void move(struct adamax_step c, real *p, real m, real u) {
    *p -= c.step * (m / u);
}

static void adamax_tile(const void *constants, struct optim_tile *tile) {
    const struct adamax_step c = *(const struct adamax_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict u = tile->slot[U];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &m[i], &u[i]), move(c, &p[i], m[i], u[i]), g, m, u, p);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    *(struct adamax_step *)constants = (struct adamax_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 0),
        .step = (real)(h[LR] / optim_decayed(h[BETA1], now->t)),
        .eps = (real)h[EPS],
    };
    ops->after = adamax_tile;
}

static const struct optim_preset presets[] = {
    {.name = "adamax", .summary = "Adam with the infinity norm (Kingma & Ba 2015, section 7.1)"},
    {0},
};

_Static_assert(sizeof(struct adamax_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(adamax) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .momentum = 1 + M,
};
