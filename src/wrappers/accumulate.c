/*
 * Gradient accumulation: large batches in small pieces. Sums `every` gradients, then what is inside takes one step
 * with their mean, or their sum if mean is 0.
 */
#include "../type.h"

enum { EVERY, MEAN, PARAMS };

static const struct optim_param params[] = {
    [EVERY] = {"every", 1, 1, OPTIM_MAX_WHOLE, true, "gradients that make one step"},
    [MEAN] = {"mean", 1, 0, 1, true, "1: step with their mean, 0: with their sum"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "grad_sum"}, {0}};

struct accumulate_step {
    real scale;
};

static void begin_tile(const void *constants, struct optim_tile *tile) {
    const real *restrict g = tile->grad;
    real *restrict sum = tile->slot[0];
    (void)constants;
    EACH(tile, i, sum[i] = g[i], sum, g);
}

static void add_tile(const void *constants, struct optim_tile *tile) {
    const real *restrict g = tile->grad;
    real *restrict sum = tile->slot[0];
    (void)constants;
    EACH(tile, i, sum[i] += g[i], sum, g);
}

/* The sum itself stays, so that measuring and stepping can both do this. */
static void finish_tile(const void *constants, struct optim_tile *tile) {
    const struct accumulate_step c = *(const struct accumulate_step *)constants;
    const real *restrict g = tile->grad, *restrict sum = tile->slot[0];
    real *restrict out = tile->scratch;
    EACH(tile, i, out[i] = (sum[i] + g[i]) * c.scale, sum, g);
    tile->grad = out;
}

/* carried: how many gradients are in the sum, which is there even if `every` is 1: a schedule may raise that */
static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const bool first = now->carried == 0 || now->fresh, last = now->carried + 1 >= h[EVERY];
    *(struct accumulate_step *)constants = (struct accumulate_step){(real)(h[MEAN] != 0 ? 1 / (now->carried + 1) : 1)};
    ops->hold = !last;
    ops->carried = last ? 0 : now->carried + 1;
    if (last)
        ops->before = first ? NULL : finish_tile;
    else
        ops->before = first ? begin_tile : add_tile;
}

static const struct optim_preset presets[] = {
    {.name = "accumulate", .summary = "one step for several gradients, around any optimizer"},
    {0},
};

_Static_assert(sizeof(struct accumulate_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(accumulate) = {
    .wraps = true,
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .steers = true,
    .gathers = true,
};
