/* What a schedule on a hyperparameter does to the step. */
#include "schedule_support.h"

#include <math.h>
#include <string.h>

/* What is set stays what it is; what a step uses is that times the factor at its time. */
START_TEST(a_step_uses_the_scheduled_lr) {
    struct model model;
    double expected = 3;
    model_begin(&model, "sgd");
    model_attach(&model, "lr", schedule_make("exponential r=20"));
    for (uint64_t t = 0; t < 100; t++) {
        const double lr = t < 50 ? 0.5 : 0.25;
        if (t % 50 == 0)
            model_set(&model, "lr", lr);
        ck_assert(model_base(&model, "lr") == lr);
        check_near(model_effective(&model, "lr"), lr * exp(-(double)t / 20), "lr", t);
        expected -= lr * exp(-(double)t / 20);
        model_step(&model);
        check_near(model.param, expected, "weight", t);
    }
    ck_ok(model.opt, optim_detach(model.opt, "lr"));
    ck_assert(model_effective(&model, "lr") == 0.25);
    expected = model.param - 0.25;
    model_step(&model);
    ck_assert(model.param == expected);
    ck_ok(model.opt, optim_detach(model.opt, "lr")); /* there is none any more */
    model_attach(&model, "lr", schedule_make("constant factor=2"));
    ck_assert(model_effective(&model, "lr") == 0.5);
    optim_destroy(model.opt);
}
END_TEST

/* Also at the step at which momentum is 0: the buffer is still there. */
START_TEST(momentum_may_come_and_go) {
    struct model model;
    double buffer = 0, expected = 3;
    model_begin(&model, "sgd");
    model_set(&model, "momentum", 0.9);
    model_set(&model, "lr", 0.1);
    model_attach(&model, "momentum", schedule_make("piecewise 5:0 6:1 9:0 14:0.5"));
    for (uint64_t t = 0; t < 30; t++) {
        const double momentum = t == 5 || (t >= 9 && t < 14) ? 0 : t >= 14 ? 0.45 : 0.9, g = 1 + (double)(t % 3);
        void *data = NULL;
        model.grad = g;
        buffer = momentum * buffer + g;
        expected -= 0.1 * buffer;
        ck_assert(model_effective(&model, "momentum") == momentum);
        model_step(&model);
        check_near(model.param, expected, "weight", t);
        ck_ok(model.opt, optim_state(model.opt, 0, "momentum_buffer", &data, NULL, NULL));
        check_near(*(double *)data, buffer, "momentum_buffer", t);
    }
    optim_destroy(model.opt);
}
END_TEST

/* Where it is 0 at the first step, too, and with Nesterov's form, which contradicts a momentum that was set to 0. */
START_TEST(momentum_may_begin_at_0) {
    struct model model;
    double buffer = 0, expected = 3;
    model_begin(&model, "nesterov");
    model_set(&model, "lr", 0.1);
    model_attach(&model, "momentum", schedule_make("piecewise 0:0 2:1"));
    for (uint64_t t = 0; t < 10; t++) {
        const double momentum = t < 2 ? 0 : 0.9;
        model.grad = 1 + (double)t;
        buffer = momentum * buffer + model.grad;
        expected -= 0.1 * (model.grad + momentum * buffer);
        model_step(&model);
        check_near(model.param, expected, "weight", t);
    }
    optim_destroy(model.opt);
}
END_TEST

/* Of both at once: p := p - lr weight_decay p, and then p := p - lr g. */
START_TEST(weight_decay_has_its_schedule_beside_that_of_lr) {
    struct model model;
    double expected = 3;
    model_scheduled(&model, 0.1, schedule_make("reciprocal r=10"));
    model_set(&model, "weight_decay", 0.5);
    model_set(&model, "decoupled", 1);
    model_attach(&model, "weight_decay", schedule_make("linear steps=20"));
    for (uint64_t t = 0; t < 40; t++) {
        const double lr = 0.1 / (1 + (double)t / 10), decay = 0.5 * fmax(1 - (double)t / 20, 0);
        check_near(model_effective(&model, "weight_decay"), decay, "weight_decay", t);
        expected -= lr * decay * expected;
        expected -= lr;
        model_step(&model);
        check_near(model.param, expected, "weight", t);
    }
    optim_destroy(model.opt);
}
END_TEST

/* Rounded to the nearest, and at least 1; the wrapper goes by it. */
/* Where one gradient made a step, a schedule may ask for several: 1, then the mean of 3, then the mean of 3. */
START_TEST(accumulation_may_begin_later) {
    struct model model;
    model_begin(&model, "accumulate(sgd)");
    model_set(&model, "lr", 1);
    model_attach(&model, "every", schedule_make("piecewise 1:3"));
    const double start = model.param, gradients[] = {1, 1, 2, 3, 4, 5, 6};
    const double moved[] = {1, 1, 1, 3, 3, 3, 8};
    for (int t = 0; t < 7; t++) {
        model.grad = gradients[t];
        model_step(&model);
        ck_assert_double_eq(start - model.param, moved[t]);
    }
    optim_destroy(model.opt);
}
END_TEST

/* At factor 0 a limit of gradients is as small as can be, and not switched off. */
START_TEST(limits_fall_to_almost_nothing) {
    static const char *const limits[] = {"clip_value", "clip_norm", "clip_tensor_norm"};
    struct model model;
    model_begin(&model, "sgd");
    model_set(&model, "lr", 1);
    model_set(&model, limits[_i], 2);
    model_attach(&model, limits[_i], schedule_make("linear steps=2"));
    const double start = model.param;
    model.grad = 100;
    for (int t = 0; t < 4; t++) {
        model_step(&model);
        ck_assert_double_eq(start - model.param, t == 0 ? 2 : 3);
    }
    optim_destroy(model.opt);
}
END_TEST

START_TEST(whole_numbers_stay_whole) {
    static const double factors[] = {1, 0.5, 0.3, 0.29, 0.1, 0.09, 0, 1.1, 7};
    static const double periods[] = {5, 3, 2, 1, 1, 1, 1, 6, 35};
    struct model model;
    optim_schedule *s = schedule_make("piecewise");
    for (size_t i = 0; i < 9; i++)
        ck_ok(NULL, optim_schedule_point(s, 20 * (double)i, factors[i]));
    model_begin(&model, "lookahead(sgd)");
    model_set(&model, "lr", 1);
    model_attach(&model, "sync_period", s);
    double fast = 3, slow = 3;
    for (uint64_t t = 0; t < 200; t++) {
        const double period = periods[t / 20 < 8 ? t / 20 : 8];
        ck_assert_msg(model_effective(&model, "sync_period") == period, "step %lu: %g", (unsigned long)t,
                      model_effective(&model, "sync_period"));
        ck_assert(model_base(&model, "sync_period") == 5);
        fast -= 1;
        if ((t + 1) % (uint64_t)period == 0)
            fast = slow = slow + 0.5 * (fast - slow);
        model_step(&model);
        ck_assert(model.param == fast);
    }
    optim_destroy(model.opt);
}
END_TEST

/* A handle with tensors of several names, gradients 1 and weights 0. */
static const char *const names[] = {"layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias"};

struct layers {
    struct model model;
    double param[4], grad[4];
};

static void add_layer(struct layers *layers, size_t i) {
    ck_ok(layers->model.opt,
          optim_add(layers->model.opt, names[i], OPTIM_F64, 0, NULL, &layers->param[i], &layers->grad[i]));
}

static void begin_layers(struct layers *layers, const char *chain, size_t count) {
    *layers = (struct layers){.model = {.opt = test_create(chain)}, .grad = {1, 1, 1, 1}};
    for (size_t i = 0; i < count; i++)
        add_layer(layers, i);
}

/* Step, and look at what was taken off each weight. */
static void check_layers(struct layers *layers, const double *expected) {
    double before[4];
    memcpy(before, layers->param, sizeof before);
    for (size_t i = 0; i < optim_count(layers->model.opt); i++)
        ck_assert_msg(model_effective_for(&layers->model, names[i], "lr") == expected[i], "%s: %g", names[i],
                      model_effective_for(&layers->model, names[i], "lr"));
    model_step(&layers->model);
    for (size_t i = 0; i < optim_count(layers->model.opt); i++)
        ck_assert_msg(layers->param[i] == before[i] - expected[i], "%s: %.17g", names[i], layers->param[i]);
}

static void attach_for(struct layers *layers, const char *pattern, const char *text) {
    ck_ok(layers->model.opt, optim_attach_for(layers->model.opt, pattern, "lr", schedule_make(text)));
}

/* Base values and schedules are rules of their own, in any order; all powers of 2, so nothing is rounded. */
START_TEST(patterns_choose_schedules_as_they_do_values) {
    struct layers layers;
    double value = -1;
    begin_layers(&layers, "sgd", 3);
    optim *opt = layers.model.opt;
    ck_ok(opt, optim_set(opt, "lr", 1));
    ck_ok(opt, optim_set_for(opt, "layer1.*", "lr", 4));
    check_layers(&layers, (const double[]){4, 4, 1});
    attach_for(&layers, "*.bias", "piecewise 0:0.5 2:0.25");
    check_layers(&layers, (const double[]){4, 2, 1});
    add_layer(&layers, 3); /* its clock is the handle's */
    check_layers(&layers, (const double[]){4, 1, 1, 0.25});
    attach_for(&layers, "layer2.*", "constant factor=8"); /* the later one wins */
    check_layers(&layers, (const double[]){4, 1, 8, 8});
    ck_ok(opt, optim_set_for(opt, "layer2.bias", "lr", 2));
    check_layers(&layers, (const double[]){4, 1, 8, 16});
    ck_ok(opt, optim_attach(opt, "lr", schedule_make("constant factor=0.5"))); /* and over all patterns */
    check_layers(&layers, (const double[]){2, 2, 0.5, 1});
    attach_for(&layers, "*.bias", "constant factor=0"); /* whose old one no longer counts */
    check_layers(&layers, (const double[]){2, 0, 0.5, 0});
    ck_ok(opt, optim_get(opt, "lr", &value));
    ck_assert(value == 1);
    ck_ok(opt, optim_detach(opt, "lr"));
    check_layers(&layers, (const double[]){4, 4, 1, 2});
    optim_destroy(opt);
}
END_TEST

START_TEST(a_pattern_may_wait_for_its_tensors) {
    struct layers layers;
    begin_layers(&layers, "sgd", 0);
    ck_ok(layers.model.opt, optim_set(layers.model.opt, "lr", 1));
    attach_for(&layers, "layer1.*", "constant factor=2");
    attach_for(&layers, "layer[12].bias", "piecewise 1:4");
    model_step(&layers.model);
    for (size_t i = 0; i < 4; i++)
        add_layer(&layers, i);
    check_layers(&layers, (const double[]){2, 4, 1, 4});
    optim_destroy(layers.model.opt);
}
END_TEST

/* With beta1 = 0 and bounds that are equal, AdaBound is SGD with final_lr, which goes by the schedule of lr. */
START_TEST(final_lr_follows_lr) {
    struct model adabound, sgd;
    model_begin(&adabound, "adabound");
    model_begin(&sgd, "sgd");
    model_set(&adabound, "gamma", 1e308);
    model_set(&adabound, "beta1", 0);
    model_set(&sgd, "lr", 0.1);
    model_attach(&adabound, "lr", schedule_make("cosine steps=50"));
    model_attach(&sgd, "lr", schedule_make("cosine steps=50"));
    for (uint64_t t = 0; t < 60; t++) {
        ck_assert(model_base(&adabound, "final_lr") == 0.1);
        ck_assert(model_effective(&adabound, "final_lr") == model_effective(&sgd, "lr"));
        check_near(model_effective(&adabound, "lr"), 0.001 * schedule_equation("cosine steps=50", t), "lr", t);
        model_step(&adabound);
        model_step(&sgd);
        check_near(adabound.param, sgd.param, "weight", t);
    }
    model_attach(&adabound, "final_lr", schedule_make("constant factor=3")); /* of its own besides: both */
    ck_ok(adabound.opt, optim_detach(adabound.opt, "lr"));
    ck_assert(model_effective(&adabound, "final_lr") == 0.1 * 3);
    model_attach(&adabound, "lr", schedule_make("constant factor=0.5"));
    ck_assert(model_effective(&adabound, "final_lr") == 0.1 * 1.5);
    ck_assert(model_effective(&adabound, "lr") == 0.0005);
    optim_destroy(adabound.opt);
    optim_destroy(sgd.opt);
}
END_TEST

/* Lookahead that only follows changes nothing; what it is put around has schedules of every sort. */
START_TEST(wrapping_keeps_schedules) {
    struct layers plain, wrapped;
    begin_layers(&plain, "momentum", 3);
    begin_layers(&wrapped, "momentum", 3);
    for (int k = 0; k < 2; k++) {
        struct layers *layers = k ? &wrapped : &plain;
        model_attach(&layers->model, "lr", schedule_make("cosine steps=40 floor=0.1"));
        attach_for(layers, "*.bias", "halving");
        attach_for(layers, "layer2.*", "exponential r=7");
        model_attach(&layers->model, "momentum",
                     schedule_around("warmup steps=5", schedule_make("linear steps=30 end=0.5")));
    }
    for (uint64_t t = 0; t < 60; t++) {
        if (t == 10) {
            optim *outer = NULL;
            ck_ok(wrapped.model.opt, optim_wrap(&outer, "lookahead", wrapped.model.opt));
            wrapped.model.opt = outer;
            model_set(&wrapped.model, "slow_step", 1);
            model_attach(&wrapped.model, "sync_period", schedule_make("linear steps=50 end=2"));
        }
        if (t == 20)
            for (int k = 0; k < 2; k++)
                add_layer(k ? &wrapped : &plain, 3);
        if (t == 30)
            for (int k = 0; k < 2; k++)
                ck_ok(k ? wrapped.model.opt : plain.model.opt,
                      optim_detach(k ? wrapped.model.opt : plain.model.opt, "momentum"));
        for (size_t i = 0; i < optim_count(plain.model.opt); i++) {
            ck_assert(model_effective_for(&plain.model, names[i], "lr") ==
                      model_effective_for(&wrapped.model, names[i], "lr"));
            ck_assert(model_effective_for(&plain.model, names[i], "momentum") ==
                      model_effective_for(&wrapped.model, names[i], "momentum"));
        }
        model_step(&plain.model);
        model_step(&wrapped.model);
        ck_assert_mem_eq(plain.param, wrapped.param, sizeof plain.param);
        if (t % 5 == 4) {
            model_epoch(&plain.model, fabs((double)t - 25));
            model_epoch(&wrapped.model, fabs((double)t - 25));
        }
    }
    ck_assert(model_effective_for(&wrapped.model, "layer1.bias", "lr") < model_base(&wrapped.model, "lr"));
    optim_destroy(plain.model.opt);
    optim_destroy(wrapped.model.opt);
}
END_TEST

/* Clocks and what was seen of metrics: the second run is the first one. */
START_TEST(reset_begins_anew) {
    static const char *const kinds[] = {"halving", "plateau patience=1 cooldown=1", "exponential r=5",
                                        "linear steps=6 per_epoch=1", "cosine_restarts steps=4 mult=2"};
    static const double metric[] = {5, 4, 6, 3, NAN, 7, 7, 7, 7, 7};
    for (size_t k = 0; k < 10; k++) {
        struct model model;
        double first[20] = {0};
        optim_schedule *s = schedule_make(kinds[k / 2]);
        model_begin(&model, "sgd");
        model_attach(&model, "lr", k % 2 ? schedule_around("warmup steps=3 delay=1", s) : s);
        for (int run = 0; run < 2; run++) {
            model.param = 3;
            ck_assert_uint_eq(optim_epochs(model.opt), 0);
            for (size_t t = 0; t < 20; t++) {
                ck_assert(run == 0 || model_effective(&model, "lr") == first[t]);
                first[t] = model_effective(&model, "lr");
                model_step(&model);
                if (t % 2)
                    model_epoch(&model, metric[t / 2]);
            }
            ck_assert_uint_eq(optim_epochs(model.opt), 10);
            ck_assert(first[19] < 0.01);
            ck_ok(model.opt, optim_reset(model.opt));
        }
        optim_destroy(model.opt);
    }
}
END_TEST

/* While weights are swapped, for an evaluation, is when an epoch ends. */
START_TEST(epochs_end_while_weights_are_swapped) {
    struct model model;
    model_begin(&model, "lookahead(sgd)");
    model_attach(&model, "lr", schedule_make("halving"));
    model_step(&model);
    ck_ok(model.opt, optim_swap(model.opt));
    model_epoch(&model, 1);
    model_epoch(&model, 1);
    ck_ok(model.opt, optim_swap(model.opt));
    ck_assert(model_effective(&model, "lr") == 0.005);
    ck_assert_uint_eq(optim_epochs(model.opt), 2);
    ck_assert_uint_eq(optim_epochs(NULL), 0);
    optim_destroy(model.opt);
}
END_TEST

/* A step that the schedule makes impossible; the one before and the ones after a change are possible. */
START_TEST(a_factor_out_of_range_stops_the_step) {
    struct model model;
    model_begin(&model, "sgd");
    model_set(&model, "momentum", 0.9);
    model_attach(&model, "momentum", schedule_make("linear steps=10 end=2"));
    model_step(&model); /* 0.9 */
    model_step(&model); /* 0.99 */
    const double before = model.param;
    void *data = NULL;
    ck_ok(model.opt, optim_state(model.opt, 0, "momentum_buffer", &data, NULL, NULL));
    const double buffer = *(double *)data;
    for (int tries = 0; tries < 2; tries++) {
        ck_fails(model.opt, OPTIM_ERROR_RANGE, "momentum = 0.9", optim_step(model.opt));
        ck_fails(model.opt, OPTIM_ERROR_RANGE, "1.2 after 2 steps", optim_step(model.opt));
        ck_assert(model.param == before && *(double *)data == buffer);
        ck_assert_uint_eq(optim_steps(model.opt), 2);
    }
    model_set(&model, "momentum", 0.5);
    model_step(&model);
    check_near(model.param, before - 0.01 * (0.5 * 1.2 * buffer + 1), "weight", 2);
    optim_destroy(model.opt);
}
END_TEST

START_TEST(a_product_that_is_not_finite_stops_the_step) {
    struct model model;
    model_scheduled(&model, 1e300, schedule_make("constant factor=1e300"));
    ck_fails(model.opt, OPTIM_ERROR_RANGE, "lr = 1e+300", optim_step(model.opt));
    ck_assert(model.param == 3);
    model_set(&model, "lr", 1e-300);
    model_step(&model);
    ck_assert_double_eq_tol(model.param, 2, 1e-12);
    optim_destroy(model.opt);
}
END_TEST

/* Only what a tensor uses must be in range; what was set for all, 0.9, is not with a factor of 1.5. */
START_TEST(values_that_no_tensor_uses_stop_no_step) {
    optim *opt = test_create("adam");
    double param[] = {3, 3}, grad = 1;
    ck_ok(opt, optim_add(opt, "w", OPTIM_F64, 0, NULL, &param[0], &grad));
    ck_ok(opt, optim_set_for(opt, "w", "beta1", 0.5));
    ck_ok(opt, optim_attach(opt, "beta1", schedule_make("constant factor=1.5")));
    ck_ok(opt, optim_step(opt));
    ck_assert(param[0] < 3);
    ck_ok(opt, optim_add(opt, "other", OPTIM_F64, 0, NULL, &param[1], &grad)); /* which uses it */
    ck_fails(opt, OPTIM_ERROR_RANGE, "beta1 = 0.9", optim_step(opt));
    optim_destroy(opt);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("schedule_attach");
    TCase *attached = tcase_create("attached");
    tcase_set_timeout(attached, 0);
    tcase_add_test(attached, a_step_uses_the_scheduled_lr);
    tcase_add_test(attached, momentum_may_come_and_go);
    tcase_add_test(attached, momentum_may_begin_at_0);
    tcase_add_test(attached, weight_decay_has_its_schedule_beside_that_of_lr);
    tcase_add_test(attached, accumulation_may_begin_later);
    tcase_add_loop_test(attached, limits_fall_to_almost_nothing, 0, 3);
    tcase_add_test(attached, whole_numbers_stay_whole);
    tcase_add_test(attached, patterns_choose_schedules_as_they_do_values);
    tcase_add_test(attached, a_pattern_may_wait_for_its_tensors);
    tcase_add_test(attached, final_lr_follows_lr);
    tcase_add_test(attached, wrapping_keeps_schedules);
    tcase_add_test(attached, reset_begins_anew);
    tcase_add_test(attached, epochs_end_while_weights_are_swapped);
    tcase_add_test(attached, a_factor_out_of_range_stops_the_step);
    tcase_add_test(attached, a_product_that_is_not_finite_stops_the_step);
    tcase_add_test(attached, values_that_no_tensor_uses_stop_no_step);
    suite_add_tcase(suite, attached);
    return test_run(suite);
}
