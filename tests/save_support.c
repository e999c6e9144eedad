#include "save_support.h"

#include "schedule_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const net_names[NET_TENSORS] = {"layer/weight", "weight", "\"größe\"\n重\\", "empty", "layer/bias", "late"};
static const struct {
    int dtype;
    size_t ndim, shape[3], count;
} about[NET_TENSORS] = {{OPTIM_F32, 2, {3, 5}, 15}, {OPTIM_F64, 0, {0}, 1},       {OPTIM_F64, 2, {2, 2}, 4},
                        {OPTIM_F32, 1, {0}, 0},     {OPTIM_F32, 3, {1, 2, 3}, 6}, {OPTIM_F32, 1, {7}, 7}};

/* ---- Schedules ------------------------------------------------------------------------------------------------ */

static const char *const schedules[] = {"",
                                        "constant factor=0.5",
                                        "piecewise 3:0.5 120.5:0.25 260:2",
                                        "exponential r=0.999",
                                        "reciprocal r=100 c=0.5",
                                        "halving",
                                        "plateau patience=1",
                                        "warmup steps=300",
                                        "cosine steps=400 floor=0.1",
                                        "cosine_restarts steps=30 mult=2",
                                        "linear steps=400 end=0.1",
                                        "polynomial steps=400 power=2",
                                        "inverse_sqrt steps=40",
                                        "warmup_stable_decay steps=450 warmup=20 decay=200",
                                        "one_cycle steps=480",
                                        "exponential r=0.9 per_epoch=1"};

size_t net_schedules(void) {
    return sizeof schedules / sizeof *schedules;
}

const char *net_schedule(size_t i) {
    return i < net_schedules() ? schedules[i] : NULL;
}

/* The schedule of a text; one that wraps goes around another. */
static optim_schedule *schedule_of(const char *text) {
    if (strncmp(text, "warmup ", 7) == 0)
        return schedule_around(text, schedule_make("cosine_restarts steps=70 floor=0.2"));
    return schedule_make(text);
}

size_t net_stride(size_t when_quick, size_t when_sanitized) {
    const char *sanitizer = getenv("TEST_SANITIZER");
    const size_t stride = sanitizer && *sanitizer ? when_sanitized : 1;
    return test_stride(when_quick) > stride ? when_quick : stride;
}

/* ---- The optimizer -------------------------------------------------------------------------------------------- */

static void add(struct net *net, size_t k) {
    net->number[k] = optim_count(net->opt);
    ck_ok(net->opt, optim_add(net->opt, net_names[k], about[k].dtype, about[k].ndim, about[k].shape, net->param[k],
                              net->grad[k]));
}

struct net *net_create(const char *chain, bool late, bool backwards) {
    struct net *net = calloc(1, sizeof *net);
    const size_t count = late ? NET_TENSORS : NET_LATE;
    net->opt = test_create(chain);
    for (size_t k = 0; k < NET_TENSORS; k++)
        for (size_t i = 0; i < about[k].count; i++)
            test_put(about[k].dtype, net->param[k], i, test_weight(i + k));
    for (size_t i = 0; i < count; i++)
        add(net, backwards ? count - 1 - i : i);
    return net;
}

void net_free(struct net *net) {
    optim_destroy(net->opt);
    free(net);
}

void net_configure(struct net *net, const struct plan *plan) {
    optim *opt = net->opt;
    test_vary(opt, plan->variation);
    ck_ok(opt, optim_set_for(opt, "layer/*", "lr", 0.03));
    ck_ok(opt, optim_set_for(opt, "l*e", "weight_decay", 0.05));
    if (plan->clipped) {
        ck_ok(opt, optim_set(opt, "clip_norm", 0.8));
        ck_ok(opt, optim_set(opt, "check_finite", 2));
        ck_ok(opt, optim_set(opt, "loss_scale", 4));
        ck_ok(opt, optim_set(opt, "loss_scale_interval", 40));
    }
    if (*plan->schedule) {
        ck_ok(opt, optim_attach(opt, "lr", schedule_of(plan->schedule)));
        ck_ok(opt, optim_attach_for(opt, "*weight", "weight_decay", schedule_of(plan->schedule)));
    }
}

/* ---- Steps ---------------------------------------------------------------------------------------------------- */

static void gradients(struct net *net, uint64_t t) {
    for (size_t k = 0; k < NET_TENSORS; k++)
        for (size_t i = 0; i < about[k].count; i++)
            test_put(about[k].dtype, net->grad[k], i, test_gradient(t, i + 31 * k));
}

void net_step(struct net *net, uint64_t t) {
    gradients(net, t);
    ck_ok(net->opt, optim_step(net->opt));
}

/* A metric that falls, with some epochs that are worse. */
static double metric_at(uint64_t t) {
    return 100.0 / (double)t + (t % 3 == 0 ? 1 : 0);
}

/* What happens between two steps, at times before, at and after the middle of a run. */
static void change(struct net *net, uint64_t t) {
    optim *opt = net->opt;
    if (t == 100 && optim_count(opt) < NET_TENSORS)
        add(net, NET_LATE);
    if (t == 230)
        (void)!optim_set(opt, "momentum", 0); /* those that have none are none the worse */
    if (t == 280)
        (void)!optim_set(opt, "momentum", 0.7);
    if (t == 240)
        ck_ok(opt, optim_set_for(opt, "layer/bias", "lr", 0.02));
    if (t % 20 == 0)
        ck_ok(opt, optim_epoch(opt, metric_at(t)));
    const size_t rests = t % NET_LATE; /* but for the one that comes late */
    for (size_t k = 0; k < NET_LATE; k++)
        ck_ok(opt, optim_bind(opt, net->number[k], net->param[k], k == rests && t % 3 == 0 ? NULL : net->grad[k]));
}

void net_run(struct net *net, const struct plan *plan, uint64_t from, uint64_t to) {
    for (uint64_t t = from + 1; t <= to; t++) {
        change(net, t);
        gradients(net, t);
        if (plan->clipped && t % 23 == 7)
            test_put(about[0].dtype, net->grad[0], 3, INFINITY); /* skipped */
        ck_ok(net->opt, optim_step(net->opt));
    }
}

void net_copy_weights(struct net *net, const struct net *from) {
    memcpy(net->param, from->param, sizeof net->param);
}

/* ---- Saving --------------------------------------------------------------------------------------------------- */

struct bytes net_save(const struct net *net) {
    struct bytes bytes = {0};
    ck_ok(net->opt, optim_write(net->opt, bytes_append, &bytes));
    return bytes;
}

int net_load(struct net *net, const struct bytes *bytes) {
    struct bytes reading = *bytes;
    reading.at = 0;
    return optim_read(net->opt, bytes_take, &reading);
}

void net_assert_same(const struct net *a, const struct net *b, const char *what) {
    for (size_t k = 0; k < NET_TENSORS; k++)
        ck_assert_msg(memcmp(a->param[k], b->param[k], sizeof a->param[k]) == 0, "%s: weights of %s", what,
                      net_names[k]);
    struct bytes left = net_save(a), right = net_save(b);
    ck_assert_msg(bytes_same(&left, &right), "%s: the states differ", what);
    bytes_free(&left);
    bytes_free(&right);
}
