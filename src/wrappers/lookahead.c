/*
 * Lookahead: k steps forward, 1 step back. Zhang, Lucas, Hinton & Ba 2019, Algorithm 1.
 *
 *     every sync_period steps of the inner optimizer:
 *     s := s + slow_step (p - s)
 *     p := s
 *
 * The slow weights s start as p.
 */
#include "../engine/level1.h"
#include "../type.h"

enum { SYNC_PERIOD, SLOW_STEP, PARAMS };

static const struct optim_param params[] = {
    [SYNC_PERIOD] = {"sync_period", 5, 1, OPTIM_MAX_WHOLE, true, "steps between two meetings of fast and slow weights"},
    [SLOW_STEP] = {"slow_step", 0.5, 0, 1, false, "how far the slow weights go towards the fast ones"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {{.name = "slow", .start = OPTIM_START_PARAM}, {0}};

struct lookahead_step {
    struct average slow;
};

static inline void meet(struct lookahead_step c, real *p, real *s) {
    *s = average(c.slow, *s, *p);
    *p = *s;
}

static void meet_tile(const void *constants, struct optim_tile *tile) {
    const struct lookahead_step c = *(const struct lookahead_step *)constants;
    real *restrict p = tile->param, *restrict s = tile->slot[0];
    for (size_t i = 0; i < tile->count; i++)
        meet(c, &p[i], &s[i]);
}

static void meet_blas(const void *constants, struct optim_tile *tile) {
    const struct lookahead_step *c = constants;
    level1_scal(tile->count, c->slow.decay, tile->slot[0]);
    level1_axpy(tile->count, c->slow.weight, tile->param, tile->slot[0]);
    level1_copy(tile->count, tile->slot[0], tile->param);
}

/* slow_step 1 is the inner optimizer alone, to the bit: 0 s + p would not keep a p of -0. */
static void follow_tile(const void *constants, struct optim_tile *tile) {
    const real *restrict p = tile->param;
    real *restrict s = tile->slot[0];
    (void)constants;
    for (size_t i = 0; i < tile->count; i++)
        s[i] = p[i];
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const struct lookahead_step c = {average_of(1 - h[SLOW_STEP], h[SLOW_STEP])};
    if (now->t % (uint64_t)h[SYNC_PERIOD] != 0)
        return;
    *(struct lookahead_step *)constants = c;
    if (h[SLOW_STEP] == 1)
        ops->after = follow_tile;
    else
        ops->after = now->blas && c.slow.decay != 0 ? meet_blas : meet_tile;
}

static const struct optim_preset presets[] = {
    {"lookahead",
     "k steps forward, one step back, around any optimizer",
     "Zhang, Lucas, Hinton & Ba 2019",
     NULL,
     {{0}}},
    {0},
};

const struct optim_family OPTIM_CONFIGURED(lookahead) = {
    .wraps = true,
    .presets = presets,
    .params = params,
    .slots = slots,
    .constants = sizeof(struct lookahead_step),
    .prepare = prepare,
    .swap = 1,
};
