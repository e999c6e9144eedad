/*
 * RMSProp: the gradient divided by a running root mean square of itself. Tieleman & Hinton 2012; centered and with
 * momentum: Graves 2013.
 *
 *     s := rho s + (1 - rho) g^2
 *     u := g / (sqrt(s) + eps)
 *     p := p - lr u
 *
 * eps_inside       u := g / sqrt(s + eps)
 * centered         a := rho a + (1 - rho) g, and s - a^2, but not less than 0, for s in u
 * momentum         b := momentum b + u;     p := p - lr b
 * lr_in_momentum   b := momentum b + lr u;  p := p - b
 */
#include "../type.h"

enum { LR, RHO, EPS, MOMENTUM, CENTERED, EPS_INSIDE, LR_IN_MOMENTUM, INITIAL_ACCUMULATOR, PARAMS };
enum { S, A, B, SLOTS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.001, 0, INFINITY, false, "learning rate"},
    [RHO] = {"rho", 0.9, 0, OPTIM_BELOW_ONE, false, "decay of the squared gradient's moving average"},
    [EPS] = {"eps", 1e-8, 1e-30, INFINITY, false, "added to the denominator"},
    [MOMENTUM] = {"momentum", 0, 0, OPTIM_BELOW_ONE, false, "how much of the last move is kept"},
    [CENTERED] = {"centered", 0, 0, 1, true, "1: divide by the standard deviation instead"},
    [EPS_INSIDE] = {"eps_inside", 0, 0, 1, true, "1: eps is added under the square root"},
    [LR_IN_MOMENTUM] = {"lr_in_momentum", 0, 0, 1, true, "1: the momentum remembers lr times the move"},
    [INITIAL_ACCUMULATOR] = {"initial_accumulator", 0, 0, INFINITY, false, "what the average of squares starts with"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {
    [S] = {"square_avg", OPTIM_START_HYPERPARAMETER, INITIAL_ACCUMULATOR},
    [A] = {.name = "grad_avg"},
    [B] = {.name = "momentum_buffer"},
    [SLOTS] = {0},
};

struct rmsprop_step {
    struct average rho, momentum; /* the weight of the latter: what the buffer takes of the move */
    real eps, eps_inside, leaves; /* leaves: what the buffer, or the move, gives to the weight */
};

static inline real root(struct rmsprop_step c, real s) {
    return sqrt(s + c.eps_inside) + c.eps;
}

static inline real plain(struct rmsprop_step c, real g, real *s) {
    *s = average(c.rho, *s, g * g);
    return g / root(c, *s);
}

static inline real centered(struct rmsprop_step c, real g, real *s, real *a) {
    *s = average(c.rho, *s, g * g);
    *a = average(c.rho, *a, g);
    const real variance = *s - *a * *a;
    return g / root(c, variance < 0 ? 0 : variance);
}

static inline void move(struct rmsprop_step c, real *p, real u, real *b) {
    *b = average(c.momentum, *b, u);
    *p -= c.leaves * *b;
}

static void plain_tile(const void *constants, struct optim_tile *tile) {
    const struct rmsprop_step c = *(const struct rmsprop_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[S];
    const real *restrict g = tile->grad;
    EACH(tile, i, p[i] -= c.leaves * plain(c, g[i], &s[i]), p, g, s);
}

static void centered_tile(const void *constants, struct optim_tile *tile) {
    const struct rmsprop_step c = *(const struct rmsprop_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[S], *restrict a = tile->slot[A];
    const real *restrict g = tile->grad;
    EACH(tile, i, p[i] -= c.leaves * centered(c, g[i], &s[i], &a[i]), p, g, s, a);
}

static void momentum_tile(const void *constants, struct optim_tile *tile) {
    const struct rmsprop_step c = *(const struct rmsprop_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[S], *restrict b = tile->slot[B];
    const real *restrict g = tile->grad;
    EACH(tile, i, move(c, &p[i], plain(c, g[i], &s[i]), &b[i]), p, g, s, b);
}

static void centered_momentum_tile(const void *constants, struct optim_tile *tile) {
    const struct rmsprop_step c = *(const struct rmsprop_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[S], *restrict a = tile->slot[A];
    real *restrict b = tile->slot[B];
    const real *restrict g = tile->grad;
    EACH(tile, i, move(c, &p[i], centered(c, g[i], &s[i], &a[i]), &b[i]), p, g, s, a, b);
}

static uint32_t needs(const double *h) {
    return 1u << S | (uint32_t)(h[CENTERED] != 0) << A | (uint32_t)(h[MOMENTUM] != 0) << B;
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const bool remembers = now->slots >> B & 1; /* though a schedule may have it at 0 */
    const bool remembers_lr = h[LR_IN_MOMENTUM] != 0 && remembers;
    *(struct rmsprop_step *)constants = (struct rmsprop_step){
        .rho = average_of(h[RHO], 1 - h[RHO]),
        .eps = (real)(h[EPS_INSIDE] != 0 ? 0 : h[EPS]),
        .eps_inside = (real)(h[EPS_INSIDE] != 0 ? h[EPS] : 0),
        .momentum = average_of(h[MOMENTUM], remembers_lr ? h[LR] : 1),
        .leaves = (real)(remembers_lr ? 1 : h[LR]),
    };
    if (remembers)
        ops->after = h[CENTERED] != 0 ? centered_momentum_tile : momentum_tile;
    else
        ops->after = h[CENTERED] != 0 ? centered_tile : plain_tile;
}

static const struct optim_preset presets[] = {
    {.name = "rmsprop", .summary = "the gradient over its running root mean square (Tieleman & Hinton 2012)"},
    {0},
};

_Static_assert(sizeof(struct rmsprop_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(rmsprop) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .prepare = prepare,
    .momentum = 1 + B,
};
