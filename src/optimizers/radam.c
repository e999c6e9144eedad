/*
 * Rectified Adam: no adaptive step before there is enough to adapt to. Liu et al. 2020, Algorithm 2.
 *
 *     m := beta1 m + (1 - beta1) g            c1 = 1 - beta1^t
 *     v := beta2 v + (1 - beta2) g^2          c2 = 1 - beta2^t
 *     rho_inf = 2 / (1 - beta2) - 1,  rho = rho_inf - 2 t beta2^t / c2
 *     rho > rho_threshold:  r = sqrt((rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho))
 *                           p := p - lr r sqrt(c2) / c1 * m / (sqrt(v) + eps)
 *     else, if unadapted:   p := p - lr / c1 * m
 */
#include "../type.h"

enum { LR, BETA1, BETA2, EPS, RHO_THRESHOLD, UNADAPTED, PARAMS };
enum { M, V, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.001, 0, INFINITY, false, "learning rate"},
    [BETA1] = {"beta1", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the gradient's moving average"},
    [BETA2] = {"beta2", 0.999, 0, OPTIM_BELOW_ONE, false, "decay of the squared gradient's moving average"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [RHO_THRESHOLD] = {"rho_threshold", 4, 4, INFINITY, false, "adaptive once rho is above; PyTorch has 5"},
    [UNADAPTED] = {"unadapted", 1, 0, 1, true, "before that: 1 plain momentum, 0 no move"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {[M] = {.name = "exp_avg"}, [V] = {.name = "exp_avg_sq"}, [SLOTS] = {0}};

struct radam_step {
    struct average beta1, beta2;
    real step, eps;
};

static inline void remember(struct radam_step c, real g, real *m, real *v) {
    *m = average(c.beta1, *m, g);
    *v = average(c.beta2, *v, g * g);
}

static inline void rectified(struct radam_step c, real *p, real m, real v) {
    *p -= c.step * (m / (sqrt(v) + c.eps));
}

static inline void unadapted(struct radam_step c, real *p, real g, real *m, real *v) {
    remember(c, g, m, v);
    *p -= c.step * *m;
}

static void rectified_tile(const void *constants, struct optim_tile *tile) {
    const struct radam_step c = *(const struct radam_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &m[i], &v[i]), rectified(c, &p[i], m[i], v[i]), g, m, v, p);
}

static void unadapted_tile(const void *constants, struct optim_tile *tile) {
    const struct radam_step c = *(const struct radam_step *)constants;
    real *restrict p = tile->param, *restrict m = tile->slot[M], *restrict v = tile->slot[V];
    const real *restrict g = tile->grad;
    EACH(tile, i, unadapted(c, &p[i], g[i], &m[i], &v[i]), p, g, m, v);
}

/*
 * rho is a small difference of large numbers. With q = 1 - beta2, c2 and the lag d = q t - c2 have no cancellation,
 * and neither has rho = 2 t - 1 - 2 d / (q c2) while q t is small; later the definition itself is good.
 */
static double rho_at(double beta2, uint64_t t) {
    const double q = 1 - beta2, n = (double)t;
    double c2, lag;
    optim_lag(beta2, t, &c2, &lag);
    if (q * n < 1)
        return 2 * n - 1 - 2 * lag / (q * c2);
    return 2 / q - 1 - 2 * n * optim_power(beta2, t) / c2;
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double c1 = optim_decayed(h[BETA1], now->t), c2 = optim_decayed(h[BETA2], now->t);
    const double rho_inf = 2 / (1 - h[BETA2]) - 1, rho = rho_at(h[BETA2], now->t);
    const bool adapts = rho > h[RHO_THRESHOLD];
    double step = h[UNADAPTED] != 0 ? h[LR] / c1 : 0;
    if (adapts)
        step = h[LR] * sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) * sqrt(c2) / c1;
    *(struct radam_step *)constants = (struct radam_step){
        .beta1 = average_of(h[BETA1], 1 - h[BETA1]),
        .beta2 = average_of(h[BETA2], 1 - h[BETA2]),
        .step = (real)step,
        .eps = (real)h[EPS],
    };
    ops->after = adapts ? rectified_tile : unadapted_tile;
}

static const struct optim_preset presets[] = {
    {.name = "radam", .summary = "Adam with a rectified warm-up (Liu et al. 2020)"},
    {0},
};

_Static_assert(sizeof(struct radam_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(radam) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .momentum = 1 + M,
};
