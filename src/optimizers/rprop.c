/*
 * Resilient backpropagation: only the gradient's sign counts, and every weight has a step size d of its own. For the
 * gradient of all data, not of mini-batches.
 *
 *     d := clamp(d * (eta_plus if g and its predecessor have the same sign, eta_minus if not, 1 if one is 0))
 *     p := p - sign(g) d
 *
 * After a change of sign:
 * variant 0   iRprop-: g := 0, so the weight rests this time           Igel & Huesken 2003
 * variant 1   Rprop-: nothing else                                     Riedmiller 1994
 * variant 2   Rprop+: the last change is taken back, and then g := 0   Riedmiller & Braun 1993
 */
#include "../type.h"

enum { LR, ETA_MINUS, ETA_PLUS, STEP_MIN, STEP_MAX, VARIANT, PARAMS };
enum { STEP_SIZE, PREVIOUS, CHANGE, SLOTS };
enum { IMPROVED, MINUS, PLUS };

static const struct optim_param params[] = {
    [LR] = {"lr", 0.01, 0, INFINITY, false, "the first step size of every weight"},
    [ETA_MINUS] = {"eta_minus", 0.5, 0, 1, false, "what the step size is multiplied by after a change of sign"},
    [ETA_PLUS] = {"eta_plus", 1.2, 1, INFINITY, false, "what it is multiplied by when the sign stays"},
    [STEP_MIN] = {"step_min", 1e-6, 0, INFINITY, false, "smallest step size"},
    [STEP_MAX] = {"step_max", 50, 0, INFINITY, false, "largest step size"},
    [VARIANT] = {"variant", IMPROVED, IMPROVED, PLUS, true, "after a change of sign: 0 rest, 1 go on, 2 take back"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {
    [STEP_SIZE] = {"step_size", OPTIM_START_HYPERPARAMETER, LR},
    [PREVIOUS] = {.name = "prev"},
    [CHANGE] = {.name = "prev_change"},
    [SLOTS] = {0},
};

/* A factor in two parts: the step size is multiplied over and over, and 1.2 rounded to float would drift away. */
struct factor {
    real nearest, rest;
};

struct rprop_step {
    struct factor minus, plus;
    real min, max;
    real kept; /* of the gradient after a change of sign: 1 or 0 */
};

static struct factor factor_of(double value) {
    const real nearest = (real)value;
    return (struct factor){nearest, (real)(value - (double)nearest)};
}

static inline real sign(real x) {
    return (real)(x > 0) - (real)(x < 0); /* compilers make more of this than of selections */
}

static inline real resized(struct rprop_step c, real d, real agrees) {
    const real nearest = agrees > 0 ? c.plus.nearest : agrees < 0 ? c.minus.nearest : 1;
    const real rest = agrees > 0 ? c.plus.rest : agrees < 0 ? c.minus.rest : 0;
    const real wanted = d * nearest + d * rest;
    const real above = wanted < c.min ? c.min : wanted;
    return above > c.max ? c.max : above;
}

static inline void rprop(struct rprop_step c, real *p, real g, real *d, real *previous) {
    /* agrees: 1, -1 or 0, as the product of the signs; that of tiny gradients themselves would vanish */
    const real way = sign(g), agrees = way * sign(*previous), used = agrees < 0 ? c.kept : 1;
    *d = resized(c, *d, agrees);
    *p -= way * used * *d;
    *previous = g * used;
}

static inline void rprop_plus(struct rprop_step c, real *p, real g, real *d, real *previous, real *change) {
    const real way = sign(g), agrees = way * sign(*previous);
    *d = resized(c, *d, agrees);
    *change = agrees < 0 ? -*change : -way * *d;
    *p += *change;
    *previous = agrees < 0 ? 0 : g;
}

static void rprop_tile(const void *constants, struct optim_tile *tile) {
    const struct rprop_step c = *(const struct rprop_step *)constants;
    real *restrict p = tile->param, *restrict d = tile->slot[STEP_SIZE], *restrict previous = tile->slot[PREVIOUS];
    const real *restrict g = tile->grad;
    for (size_t i = 0; i < tile->count; i++)
        rprop(c, &p[i], g[i], &d[i], &previous[i]);
}

static void rprop_plus_tile(const void *constants, struct optim_tile *tile) {
    const struct rprop_step c = *(const struct rprop_step *)constants;
    real *restrict p = tile->param, *restrict d = tile->slot[STEP_SIZE], *restrict previous = tile->slot[PREVIOUS];
    real *restrict change = tile->slot[CHANGE];
    const real *restrict g = tile->grad;
    for (size_t i = 0; i < tile->count; i++)
        rprop_plus(c, &p[i], g[i], &d[i], &previous[i], &change[i]);
}

static uint32_t needs(const double *h) {
    return h[VARIANT] == PLUS ? 1 << STEP_SIZE | 1 << PREVIOUS | 1 << CHANGE : 1 << STEP_SIZE | 1 << PREVIOUS;
}

static struct optim_conflict conflict(const double *h) {
    if (h[STEP_MIN] > h[STEP_MAX])
        return (struct optim_conflict){"the smallest step is larger than the largest", STEP_MIN, STEP_MAX};
    return (struct optim_conflict){0};
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    *(struct rprop_step *)constants = (struct rprop_step){
        .minus = factor_of(h[ETA_MINUS]),
        .plus = factor_of(h[ETA_PLUS]),
        .min = (real)h[STEP_MIN],
        .max = (real)h[STEP_MAX],
        .kept = h[VARIANT] == MINUS,
    };
    ops->after = h[VARIANT] == PLUS ? rprop_plus_tile : rprop_tile;
}

static const struct optim_preset presets[] = {
    {.name = "rprop", .summary = "resilient backpropagation, iRprop- (Igel & Huesken 2003)"},
    {.name = "rprop-plus",
     .summary = "resilient backpropagation that takes back a step too far (Riedmiller & Braun 1993)",
     .override = {{"variant", PLUS}}},
    {.name = "rprop-minus",
     .summary = "resilient backpropagation without backtracking (Riedmiller 1994)",
     .override = {{"variant", MINUS}}},
    {0},
};

_Static_assert(sizeof(struct rprop_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(rprop) = {
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .conflict = conflict,
    .prepare = prepare,
};
