/*
 * Lookahead: k steps forward, 1 step back. Zhang, Lucas, Hinton & Ba 2019, Algorithm 1.
 *
 *     every sync_period steps of the inner optimizer:
 *     s := s + slow_step (p - s)
 *     p := s
 *
 * The slow weights s start as p. What becomes of the inner optimizer's state then (their section 3.1):
 * inner_state 0   nothing
 * inner_state 1   it is forgotten
 * inner_state 2   its momentum is pulled back as the weights are, to slow momentum that starts as 0
 *
 * ranger is Lookahead around RAdam: Wright 2019.
 */
#include "../engine/level1.h"
#include "../type.h"

#include <string.h>

enum { SYNC_PERIOD, SLOW_STEP, INNER_STATE, PARAMS };
enum { SLOW, SLOW_MOMENTUM, SLOTS };
enum { KEEP, FORGET, PULL_BACK };

static const struct optim_param params[] = {
    [SYNC_PERIOD] = {"sync_period", 5, 1, OPTIM_MAX_WHOLE, true, "steps between two meetings of fast and slow weights"},
    [SLOW_STEP] = {"slow_step", 0.5, 0, 1, false, "how far the slow weights go towards the fast ones"},
    [INNER_STATE] = {"inner_state", KEEP, KEEP, PULL_BACK, true,
                     "then the inner state is 0 kept, 1 forgotten, 2 pulled back"},
    [PARAMS] = {0},
};

static const struct optim_slot slots[] = {
    [SLOW] = {.name = "slow", .start = OPTIM_START_PARAM},
    [SLOW_MOMENTUM] = {.name = "slow_momentum"},
    [SLOTS] = {0},
};

struct lookahead_step {
    struct average slow;
    bool pulls_back;
};

static inline void meet(struct lookahead_step c, real *p, real *s) {
    *s = average(c.slow, *s, *p);
    *p = *s;
}

static void meet_with(struct lookahead_step c, const struct optim_tile *tile, real *restrict p, real *restrict s) {
    EACH(tile, i, meet(c, &p[i], &s[i]), s);
}

static void meet_tile(const void *constants, struct optim_tile *tile) {
    const struct lookahead_step *c = constants;
    meet_with(*c, tile, tile->param, tile->slot[SLOW]);
    if (c->pulls_back && tile->momentum)
        meet_with(*c, tile, tile->momentum, tile->slot[SLOW_MOMENTUM]);
}

static void meet_with_blas(struct lookahead_step c, size_t count, real *p, real *s) {
    level1_scal(count, c.slow.decay, s);
    level1_axpy(count, c.slow.weight, p, s);
    level1_copy(count, s, p);
}

static void meet_blas(const void *constants, struct optim_tile *tile) {
    const struct lookahead_step *c = constants;
    meet_with_blas(*c, tile->count, tile->param, tile->slot[SLOW]);
    if (c->pulls_back && tile->momentum)
        meet_with_blas(*c, tile->count, tile->momentum, tile->slot[SLOW_MOMENTUM]);
}

/* slow_step 1 is the inner optimizer alone, to the bit: 0 s + p would not keep a p of -0. */
static void follow_tile(const void *constants, struct optim_tile *tile) {
    const struct lookahead_step *c = constants;
    memcpy(tile->slot[SLOW], tile->param, tile->count * sizeof(real));
    if (c->pulls_back && tile->momentum)
        memcpy(tile->slot[SLOW_MOMENTUM], tile->momentum, tile->count * sizeof(real));
}

static uint32_t needs(const double *h) {
    return h[INNER_STATE] == PULL_BACK ? 1 << SLOW | 1 << SLOW_MOMENTUM : 1 << SLOW;
}

static void prepare(const struct optim_now *now, void *constants, struct optim_ops *ops) {
    const double *h = now->h;
    const struct lookahead_step c = {
        .slow = average_of(1 - h[SLOW_STEP], h[SLOW_STEP]),
        .pulls_back = h[INNER_STATE] == PULL_BACK,
    };
    if (now->t % (uint64_t)h[SYNC_PERIOD] != 0)
        return;
    *(struct lookahead_step *)constants = c;
    ops->forget = h[INNER_STATE] == FORGET;
    if (h[SLOW_STEP] == 1)
        ops->after = follow_tile;
    else
        ops->after = now->blas && c.slow.decay != 0 ? meet_blas : meet_tile;
}

static const struct optim_preset presets[] = {
    {.name = "lookahead",
     .summary = "k steps forward, one step back, around any optimizer (Zhang, Lucas, Hinton & Ba 2019)"},
    {.name = "ranger",
     .summary = "Lookahead around RAdam (Wright 2019)",
     .inner = "radam",
     .override = {{"sync_period", 6}, {"beta1", 0.95}, {"eps", 1e-5}, {"rho_threshold", 5}}},
    {0},
};

_Static_assert(sizeof(struct lookahead_step) <= OPTIM_MAX_CONSTANTS, "the engine has no more room");

const struct optim_family OPTIM_CONFIGURED(lookahead) = {
    .wraps = true,
    .presets = presets,
    .params = params,
    .slots = slots,
    .needs = needs,
    .prepare = prepare,
    .swap = 1 + SLOW,
    .steers = true,
};
