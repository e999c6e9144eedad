/*
 * Stochastic gradient descent, with momentum in the forms that are in use.
 *
 *     b := momentum b + (1 - dampening) g          (b := g at the first step)
 *     p := p - lr b                                 Polyak 1964
 *     p := p - lr (g + momentum b)                  nesterov: Sutskever et al. 2013, as PyTorch rewrites it
 *
 * With lr_in_momentum the learning rate is part of what is remembered, which differs when it changes:
 *
 *     b := momentum b - lr g
 *     p := p + b                                    Rumelhart, Hinton & Williams 1986
 *     p := p + momentum b - lr g                    nesterov
 */
#include "../engine/level1.h"
#include "../type.h"

enum { LR, MOMENTUM, DAMPENING, NESTEROV, LR_IN_MOMENTUM, PARAMS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.01, 0, INFINITY, false, "learning rate"},
    [MOMENTUM] = {"momentum", 0, 0, OPTIM_BELOW_ONE, false, "how much of the last move is kept"},
    [DAMPENING] = {"dampening", 0, 0, 1, false, "the gradient enters the momentum times 1 - this"},
    [NESTEROV] = {"nesterov", 0, 0, 1, true, "1: look ahead along the momentum"},
    [LR_IN_MOMENTUM] = {"lr_in_momentum", 0, 0, 1, true, "1: the momentum remembers lr times the gradient"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "momentum_buffer"}, {0}};

struct sgd_step {
    struct average momentum; /* weight is of the gradient in the buffer */
    real grad, buffer;       /* what of each is added to the parameter */
};

static inline void descend(struct sgd_step c, real *p, real g) {
    *p += c.grad * g;
}

static inline void heavy_ball(struct sgd_step c, real *p, real g, real *b) {
    *b = average(c.momentum, *b, g);
    *p += c.buffer * *b;
}

static inline void nesterov(struct sgd_step c, real *p, real g, real *b) {
    *b = average(c.momentum, *b, g);
    *p += c.grad * g + c.buffer * *b;
}

static void descend_tile(const void *constants, struct optim_tile *tile) {
    const struct sgd_step c = *(const struct sgd_step *)constants;
    real *restrict p = tile->param;
    const real *restrict g = tile->grad;
    EACH(tile, i, descend(c, &p[i], g[i]), p, g);
}

static void heavy_ball_tile(const void *constants, struct optim_tile *tile) {
    const struct sgd_step c = *(const struct sgd_step *)constants;
    real *restrict p = tile->param, *restrict b = tile->slot[0];
    const real *restrict g = tile->grad;
    EACH(tile, i, heavy_ball(c, &p[i], g[i], &b[i]), p, g, b);
}

static void nesterov_tile(const void *constants, struct optim_tile *tile) {
    const struct sgd_step c = *(const struct sgd_step *)constants;
    real *restrict p = tile->param, *restrict b = tile->slot[0];
    const real *restrict g = tile->grad;
    EACH(tile, i, nesterov(c, &p[i], g[i], &b[i]), p, g, b);
}

/* The same three composed of level-1 BLAS. */

static void descend_blas(const void *constants, struct optim_tile *tile) {
    const struct sgd_step *c = constants;
    level1_axpy(tile->count, c->grad, tile->grad, tile->param);
}

static void heavy_ball_blas(const void *constants, struct optim_tile *tile) {
    const struct sgd_step *c = constants;
    level1_scal(tile->count, c->momentum.decay, tile->slot[0]);
    level1_axpy(tile->count, c->momentum.weight, tile->grad, tile->slot[0]);
    level1_axpy(tile->count, c->buffer, tile->slot[0], tile->param);
}

static void nesterov_blas(const void *constants, struct optim_tile *tile) {
    const struct sgd_step *c = constants;
    heavy_ball_blas(constants, tile);
    level1_axpy(tile->count, c->grad, tile->grad, tile->param);
}

static uint32_t needs(const double *h) {
    return h[MOMENTUM] > 0;
}

static struct optim_conflict conflict(const double *h) {
    if (h[NESTEROV] != 0 && h[DAMPENING] != 0)
        return (struct optim_conflict){"Nesterov's form is defined without dampening", NESTEROV, DAMPENING};
    if (h[LR_IN_MOMENTUM] != 0 && h[DAMPENING] != 0)
        return (struct optim_conflict){"this form is defined without dampening", LR_IN_MOMENTUM, DAMPENING};
    if (h[NESTEROV] != 0 && h[MOMENTUM] == 0)
        return (struct optim_conflict){"there is no momentum to look ahead along", NESTEROV, MOMENTUM};
    return (struct optim_conflict){0};
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const double momentum = h[MOMENTUM], lr = h[LR];
    const bool remembers = now->slots != 0; /* though a schedule may have it at 0 */
    const bool classical = h[LR_IN_MOMENTUM] != 0, first = now->fresh != 0;
    /* the classical buffer holds a move, the other one a gradient, which the first step takes whole */
    const double enters = classical ? -lr : first ? 1 : 1 - h[DAMPENING];
    const double leaves = classical ? 1 : -lr;
    const struct sgd_step c = {
        .momentum = average_of(momentum, enters),
        .grad = (real)-lr,
        .buffer = (real)(h[NESTEROV] != 0 ? leaves * momentum : leaves),
    };
    /* BLAS would scale by a momentum that is 0 as a float, and libraries differ in what that does to NaN */
    const bool blas = now->blas && (!remembers || c.momentum.decay != 0);
    *(struct sgd_step *)constants = c;
    if (!remembers)
        ops->after = blas ? descend_blas : descend_tile;
    else if (h[NESTEROV] != 0)
        ops->after = blas ? nesterov_blas : nesterov_tile;
    else
        ops->after = blas ? heavy_ball_blas : heavy_ball_tile;
}

static const struct optim_preset presets[] = {
    {.name = "sgd", .summary = "stochastic gradient descent (Robbins & Monro 1951)"},
    {.name = "momentum",
     .summary = "gradient descent with momentum, the heavy ball (Polyak 1964; Rumelhart, Hinton & Williams 1986)",
     .override = {{"momentum", 0.9}}},
    {.name = "nesterov",
     .summary = "gradient descent with Nesterov's accelerated gradient (Nesterov 1983; Sutskever et al. 2013)",
     .override = {{"momentum", 0.9}, {"nesterov", 1}}},
    {0},
};

_Static_assert(sizeof(struct sgd_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(sgd) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .conflict = conflict,
    .prepare = prepare,
    .light = true,
    .momentum = 1,
};
