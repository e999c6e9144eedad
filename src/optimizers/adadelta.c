/*
 * AdaDelta: the units of the step come from the steps before. Zeiler 2012, Algorithm 1.
 *
 *     s := rho s + (1 - rho) g^2
 *     u := sqrt(d + eps) / sqrt(s + eps) * g
 *     p := p - lr u
 *     d := rho d + (1 - rho) u^2
 */
#include "../type.h"

enum { LR, RHO, EPS, PARAMS };
enum { S, D, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 1, 0, INFINITY, false, "what the step is multiplied by"},
    [RHO] = {"rho", 0.95, 0, OPTIM_BELOW_ONE, false, "decay of both moving averages"},
    [EPS] = {"eps", 1e-6, 1e-30, INFINITY, false, "added under both square roots"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {[S] = {.name = "square_avg"}, [D] = {.name = "acc_delta"}, [SLOTS] = {0}};

struct adadelta_step {
    struct average rho;
    real lr, eps;
};

static inline void remember(struct adadelta_step c, real g, real *s) {
    *s = average(c.rho, *s, g * g);
}

static inline void move(struct adadelta_step c, real *p, real g, real s, real *d) {
    const real u = sqrt(*d + c.eps) / sqrt(s + c.eps) * g;
    *p -= c.lr * u;
    *d = average(c.rho, *d, u * u);
}

static void adadelta_tile(const void *constants, struct optim_tile *tile) {
    const struct adadelta_step c = *(const struct adadelta_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[S], *restrict d = tile->slot[D];
    const real *restrict g = tile->grad;
    IN_BLOCKS(tile, i, remember(c, g[i], &s[i]), move(c, &p[i], g[i], s[i], &d[i]), g, s, p, d);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    *(struct adadelta_step *)constants = (struct adadelta_step){
        .rho = average_of(h[RHO], 1 - h[RHO]),
        .lr = (real)h[LR],
        .eps = (real)h[EPS],
    };
    ops->after = adadelta_tile;
}

static const struct optim_preset presets[] = {
    {.name = "adadelta", .summary = "adaptive steps without a learning rate to choose (Zeiler 2012)"},
    {0},
};

_Static_assert(sizeof(struct adadelta_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(adadelta) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
};
