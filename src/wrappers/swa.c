/*
 * Stochastic weight averaging: the mean of the weights along the way, to evaluate with (optim_swap). Izmailov et al.
 * 2018.
 *
 *     after the steps start, start + period, start + 2 period, ..., n of them so far:
 *     a := a + (p - a) / n
 */
#include "../type.h"

enum { START, PERIOD, PARAMS };

static const struct optim_param params[] = {
    [START] = {"start", 1, 1, OPTIM_MAX_WHOLE, true, "the first step whose weights count"},
    [PERIOD] = {"period", 1, 1, OPTIM_MAX_WHOLE, true, "steps from one that counts to the next"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "swa", .start = OPTIM_START_PARAM}, {0}};

struct swa_step {
    struct average mean;
};

static void swa_tile(const void *constants, struct optim_tile *tile) {
    const struct swa_step c = *(const struct swa_step *)constants;
    const real *restrict p = tile->param;
    real *restrict a = tile->slot[0];
    EACH(tile, i, a[i] = average(c.mean, a[i], p[i]), a);
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const uint64_t start = (uint64_t)now->h[START], period = (uint64_t)now->h[PERIOD];
    ops->carried = now->carried;
    if (now->t < start || (now->t - start) % period != 0)
        return;
    ops->carried = now->carried + 1;
    *(struct swa_step *)constants = (struct swa_step){average_of(1 - 1 / ops->carried, 1 / ops->carried)};
    ops->after = swa_tile;
}

static const struct optim_preset presets[] = {
    {.name = "swa", .summary = "the mean of the weights along the way, around any optimizer (Izmailov et al. 2018)"},
    {0},
};

_Static_assert(sizeof(struct swa_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(swa) = {
    .wraps = true,
    .presets = presets,
    .params = params,
    .slots = slots,
    .prepare = prepare,
    .swap = 1,
    .steers = true,
};
