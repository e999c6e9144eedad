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
    real rests; /* the gradient counts as 0 where `agreement` is below this: after a change of sign, or never */
};

static struct factor factor_of(double value) {
    const real nearest = (real)value;
    return (struct factor){nearest, (real)(value - (double)nearest)};
}

/*
 * Above, below or equal to 0 as the product of gradient and predecessor would be, if that of tiny ones did not vanish:
 * the factor takes the smallest normal number above 1, and what becomes infinite keeps its sign.
 */
static inline real agreement(real g, real previous) {
    return previous * (sizeof(real) == sizeof(float) ? (real)0x1p127 : (real)0x1p1023) * g;
}

/* Of size d in the gradient's direction; 0 where that is 0 or no number. */
static inline real towards(real g, real d) {
    return islessgreater(g, 0) ? copysign(d, g) : 0;
}

/* One selection after the other, since gcc makes twice as many instructions of nested ones. */
static inline real resized(struct rprop_step c, real d, real agrees) {
    const real grown = agrees > 0 ? c.plus.nearest : 1, grown_rest = agrees > 0 ? c.plus.rest : 0;
    const real nearest = agrees < 0 ? c.minus.nearest : grown, rest = agrees < 0 ? c.minus.rest : grown_rest;
    const real wanted = d * nearest + d * rest;
    const real above = wanted < c.min ? c.min : wanted;
    return above > c.max ? c.max : above;
}

static inline void rprop(struct rprop_step c, real *p, real g, real *d, real *previous) {
    const real agrees = agreement(g, *previous), used = agrees < c.rests ? 0 : g;
    *d = resized(c, *d, agrees);
    *p -= towards(used, *d);
    *previous = used;
}

static inline void rprop_plus(struct rprop_step c, real *p, real g, real *d, real *previous, real *change) {
    const real agrees = agreement(g, *previous);
    *d = resized(c, *d, agrees);
    *change = agrees < 0 ? -*change : -towards(g, *d);
    *p += *change;
    *previous = agrees < 0 ? 0 : g;
}

static void rprop_tile(const void *constants, struct optim_tile *tile) {
    const struct rprop_step c = *(const struct rprop_step *)constants;
    real *restrict p = tile->param, *restrict d = tile->slot[STEP_SIZE], *restrict previous = tile->slot[PREVIOUS];
    const real *restrict g = tile->grad;
    EACH(tile, i, rprop(c, &p[i], g[i], &d[i], &previous[i]), p, g, d, previous);
}

static void rprop_plus_tile(const void *constants, struct optim_tile *tile) {
    const struct rprop_step c = *(const struct rprop_step *)constants;
    real *restrict p = tile->param, *restrict d = tile->slot[STEP_SIZE], *restrict previous = tile->slot[PREVIOUS];
    real *restrict change = tile->slot[CHANGE];
    const real *restrict g = tile->grad;
    EACH(tile, i, rprop_plus(c, &p[i], g[i], &d[i], &previous[i], &change[i]), p, g, d, previous, change);
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
        .rests = h[VARIANT] == MINUS ? -INFINITY : 0,
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
