/* What follows from the mathematics: special cases that equal each other, closed forms, and numbers at the edge. */
#include "test.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 40, STEPS = 300 };

/* An optimizer with one tensor of COUNT elements, and its gradients. */
struct model {
    optim *opt;
    int dtype;
    double param[COUNT], grad[COUNT]; /* or floats in the same memory */
};

static void begin(struct model *model, const char *chain, int dtype) {
    const size_t shape[2] = {4, COUNT / 4};
    model->opt = test_create(chain);
    model->dtype = dtype;
    for (size_t i = 0; i < COUNT; i++)
        test_put(dtype, model->param, i, test_weight(i));
    ck_ok(model->opt, optim_add(model->opt, "weight", dtype, 2, shape, model->param, model->grad));
}

static void set(struct model *model, const char *name, double value) {
    ck_ok(model->opt, optim_set(model->opt, name, value));
}

static void step_with(struct model *model, uint64_t t, double scale) {
    for (size_t i = 0; i < COUNT; i++)
        test_put(model->dtype, model->grad, i, scale * test_gradient(t, i));
    ck_ok(model->opt, optim_step(model->opt));
}

static void step(struct model *model, uint64_t t) {
    step_with(model, t, 1);
}

static void same_weights(const struct model *a, const struct model *b, uint64_t t) {
    ck_assert_msg(memcmp(a->param, b->param, COUNT * test_size(a->dtype)) == 0, "%s and %s differ at step %lu",
                  optim_name(a->opt), optim_name(b->opt), (unsigned long)t);
}

static void *view(struct model *model, const char *slot) {
    void *data = NULL;
    ck_ok(model->opt, optim_state(model->opt, 0, slot, &data, NULL, NULL));
    return data;
}

START_TEST(adam_without_momentum_is_rmsprop_corrected) {
    struct model adam, rmsprop;
    begin(&adam, "adam", OPTIM_F64);
    begin(&rmsprop, "rmsprop", OPTIM_F64);
    set(&adam, "beta1", 0);
    set(&rmsprop, "rho", 0.999);
    for (uint64_t t = 1; t <= STEPS; t++) {
        const double c2 = -expm1((double)t * log1p(-0.001));
        set(&rmsprop, "lr", 0.001 * sqrt(c2));
        set(&rmsprop, "eps", 1e-8 * sqrt(c2));
        step(&adam, t);
        step(&rmsprop, t);
        for (size_t i = 0; i < COUNT; i++)
            ck_assert_double_eq_tol(adam.param[i], rmsprop.param[i], 1e-13);
    }
    optim_destroy(adam.opt);
    optim_destroy(rmsprop.opt);
}
END_TEST

/* Also with weights of -0, which 0 s + 1 p would lose. */
START_TEST(lookahead_that_follows_is_the_inner_optimizer) {
    struct model inner, outer;
    char chain[128] = "lookahead(";
    if (optim_algorithm_wraps(optim_algorithm_name((size_t)_i)) != 0)
        return;
    strcat(strcat(chain, optim_algorithm_name((size_t)_i)), ")");
    for (int dtype = 1; dtype <= TEST_DTYPES; dtype++) {
        begin(&inner, optim_algorithm_name((size_t)_i), dtype);
        begin(&outer, chain, dtype);
        test_put(dtype, inner.param, 4, -0.0);
        test_put(dtype, outer.param, 4, -0.0);
        set(&outer, "slow_step", 1);
        set(&outer, "sync_period", 3);
        for (uint64_t t = 1; t <= STEPS; t++) {
            step(&inner, t);
            step(&outer, t);
            same_weights(&inner, &outer, t);
        }
        optim_destroy(inner.opt);
        optim_destroy(outer.opt);
    }
}
END_TEST

/* Zhang et al.'s algorithm by hand: the inner optimizer subtracts 1. */
START_TEST(lookahead_by_hand) {
    static const double expected[] = {2, 1, 1.5, 0.5, -0.5, 0};
    double param = 3, grad = 1;
    optim *opt = test_create("lookahead(sgd)");
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F64, 0, NULL, &param, &grad));
    ck_ok(opt, optim_set(opt, "lr", 1));
    ck_ok(opt, optim_set(opt, "sync_period", 3));
    for (int t = 0; t < 6; t++) {
        ck_ok(opt, optim_step(opt));
        ck_assert_msg(param == expected[t], "step %d: %g", t + 1, param);
    }
    ck_ok(opt, optim_step(opt));
    ck_ok(opt, optim_swap(opt));
    ck_assert(param == 0);
    ck_ok(opt, optim_swap(opt));
    ck_assert(param == -1);
    optim_destroy(opt);
}
END_TEST

START_TEST(amsgrad_never_divides_by_less) {
    static const char *const names[] = {"amsgrad", "amsbound", "amsgrad"};
    struct model model;
    double largest[COUNT] = {0};
    begin(&model, names[_i], OPTIM_F64);
    if (_i == 2)
        set(&model, "max_corrected", 1);
    const double *x = view(&model, "max_exp_avg_sq");
    for (uint64_t t = 1; t <= STEPS; t++) {
        step_with(&model, t, t < 100 ? 100 : 1);
        for (size_t i = 0; i < COUNT; i++) {
            ck_assert(x[i] >= largest[i]);
            largest[i] = x[i];
        }
    }
    ck_assert(largest[1] > 1e-6);
    optim_destroy(model.opt);
}
END_TEST

START_TEST(adabound_with_equal_bounds_is_sgd) {
    struct model adabound, sgd;
    begin(&adabound, "adabound", OPTIM_F32);
    begin(&sgd, "sgd", OPTIM_F32);
    set(&adabound, "gamma", _i ? 1e308 : 1e30); /* which times t is finite, and not */
    set(&adabound, "beta1", 0);
    set(&sgd, "lr", 0.1);
    for (uint64_t t = 1; t <= STEPS; t++) {
        step(&adabound, t);
        step(&sgd, t);
        same_weights(&adabound, &sgd, t);
    }
    optim_destroy(adabound.opt);
    optim_destroy(sgd.opt);
}
END_TEST

/* With beta2 = 0.999, rho is 3.998 at step 4, 4.996 at step 5, 5.994 at step 6. */
START_TEST(rectification_starts_at_its_step) {
    static const double thresholds[] = {4, 5};
    struct model model;
    begin(&model, "radam", OPTIM_F64);
    set(&model, "unadapted", 0);
    set(&model, "rho_threshold", thresholds[_i]);
    for (uint64_t t = 1; t <= (uint64_t)(5 + _i); t++) {
        const double before = model.param[1];
        step_with(&model, 1, 1);
        ck_assert_msg((model.param[1] != before) == (t == (uint64_t)(5 + _i)), "step %lu", (unsigned long)t);
    }
    optim_destroy(model.opt);
}
END_TEST

START_TEST(accumulation_is_a_step_on_the_mean) {
    struct model pieces, whole;
    begin(&pieces, "accumulate(adam)", OPTIM_F64);
    begin(&whole, "adam", OPTIM_F64);
    set(&pieces, "every", 4);
    for (uint64_t t = 1; t <= STEPS; t++) {
        for (size_t i = 0; i < COUNT; i++)
            whole.grad[i] = 0;
        for (uint64_t piece = 0; piece < 4; piece++) {
            step(&pieces, t * 64 + piece); /* of one scale: sums are exact */
            for (size_t i = 0; i < COUNT; i++)
                whole.grad[i] += pieces.grad[i] / 4;
        }
        ck_ok(whole.opt, optim_step(whole.opt));
        same_weights(&pieces, &whole, t);
    }
    optim_destroy(pieces.opt);
    optim_destroy(whole.opt);
}
END_TEST

/* e after t steps: decay^t p_0 + (1 - decay) sum decay^(t - k) p_k, where p falls by 1 each step. */
START_TEST(ema_has_its_closed_form) {
    double param = 5, grad = 1;
    optim *opt = test_create("ema(sgd)");
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F64, 0, NULL, &param, &grad));
    ck_ok(opt, optim_set(opt, "lr", 1));
    ck_ok(opt, optim_set(opt, "decay", 0.75));
    for (int t = 1; t <= 50; t++) {
        ck_ok(opt, optim_step(opt));
        double expected = pow(0.75, t) * 5;
        for (int k = 1; k <= t; k++)
            expected += 0.25 * pow(0.75, t - k) * (5 - k);
        ck_ok(opt, optim_swap(opt));
        ck_assert_double_eq_tol(param, expected, 1e-12);
        ck_ok(opt, optim_swap(opt));
    }
    optim_destroy(opt);
}
END_TEST

/* 0.9999 as a float is off by 1.7e-4 of 1 - 0.9999; an average that used it alone would be off by as much. */
START_TEST(averages_in_f32_have_the_decay_that_was_set) {
    static const char *const optimizers[] = {"adam", "momentum", "rmsprop"};
    static const char *const decays[] = {"beta2", "momentum", "momentum"};
    static const char *const slots[] = {"exp_avg_sq", "momentum_buffer", "momentum_buffer"};
    float param = 0, grad = 1, *average = NULL;
    void *data = NULL;
    optim *opt = test_create(optimizers[_i]);
    ck_ok(opt, optim_set(opt, decays[_i], 0.9999));
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 0, NULL, &param, &grad));
    ck_ok(opt, optim_state(opt, 0, slots[_i], &data, NULL, NULL));
    average = data;
    double expected = 0, square = 0;
    for (uint64_t t = 1; t <= 50000; t++) {
        grad = (float)(1 + test_gradient(t % 64 + 384, t % 4096) / 2); /* always another rounding */
        const double g = (double)grad;
        square = 0.9 * square + 0.1 * g * g; /* what RMSProp divides by */
        const double taken[] = {(1 - 0.9999) * g * g, g, g / (sqrt(square) + 1e-8)};
        expected = 0.9999 * expected + taken[_i];
        (void)!optim_step(opt);
    }
    ck_assert_msg(fabs((double)*average / expected - 1) < 5e-5, "%.9g, expected %.9g", (double)*average, expected);
    optim_destroy(opt);
}
END_TEST

/* An f32 sum of squares would overflow at 1e19, a double one at 1e154; and small ones would vanish. */
START_TEST(clip_norm_reaches_every_magnitude) {
    static const double scales[] = {1e-300, 1e-160, 1e-30, 1, 1e19, 1e37, 1e155, 1e300};
    for (int dtype = 1; dtype <= TEST_DTYPES; dtype++)
        for (int k = 0; k < 8; k++) {
            struct model model;
            const double scale = scales[k];
            if (dtype == OPTIM_F32 && (scale < 1e-30 || scale > 1e38))
                continue;
            begin(&model, "sgd", dtype);
            set(&model, "clip_norm", scale);
            set(&model, "lr", 1);
            for (size_t i = 0; i < COUNT; i++) {
                test_put(dtype, model.param, i, 0);
                test_put(dtype, model.grad, i, i < 2 ? 1.5 * scale * (double)(i + 1) : 0);
            }
            ck_ok(model.opt, optim_step(model.opt));
            for (size_t i = 0; i < 2; i++) {
                const double expected = -(double)(i + 1) / sqrt(5) * scale, got = test_at(dtype, model.param, i);
                ck_assert_msg(fabs(got / expected - 1) < 1e-6, "scale %g: %g, expected %g", scale, got, expected);
            }
            optim_destroy(model.opt);
        }
}
END_TEST

/* The norm is of all gradients, also of those whose tensors are not clipped. */
START_TEST(clip_norm_by_rule_measures_all) {
    static double small[1], large[100000], small_grad[1] = {3}, large_grad[100000] = {4};
    const size_t one = 1, many = 100000;
    optim *opt = test_create("sgd");
    ck_ok(opt, optim_set(opt, "lr", 1));
    ck_ok(opt, optim_set_for(opt, "small", "clip_norm", 1));
    ck_ok(opt, optim_add(opt, "small", OPTIM_F64, 1, &one, small, small_grad));
    ck_ok(opt, optim_add(opt, "large", OPTIM_F64, 1, &many, large, large_grad));
    ck_ok(opt, optim_step(opt));
    ck_assert_double_eq_tol(small[0], -3.0 / 5, 1e-15);
    ck_assert(large[0] == -4);
    optim_destroy(opt);
}
END_TEST

/* Rows shorter and longer than a tile, and rows that end within one. */
START_TEST(centralized_rows_have_no_mean) {
    static const size_t rows[][2] = {{1, 1}, {3, 7}, {5, 2048}, {4, 2049}, {2, 10000}, {700, 3}, {3, 4096}};
    for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
        const size_t length = rows[k][1], count = rows[k][0] * length;
        double *param = calloc(count, sizeof(*param)), *grad = malloc(count * sizeof(*grad));
        ck_assert(param && grad);
        for (size_t i = 0; i < count; i++)
            grad[i] = test_gradient(i / 4096 + 1, i % 4096) + 3;
        optim *opt = test_create("sgd");
        ck_ok(opt, optim_set(opt, "centralize", 1));
        ck_ok(opt, optim_set(opt, "lr", 1));
        ck_ok(opt, optim_add(opt, "weight", OPTIM_F64, 2, rows[k], param, grad));
        ck_ok(opt, optim_step(opt));
        for (size_t row = 0; row < rows[k][0]; row++) {
            double mean = 0;
            for (size_t i = 0; i < length; i++)
                mean += grad[row * length + i] / (double)length;
            for (size_t i = 0; i < length; i++)
                ck_assert_double_eq_tol(param[row * length + i], mean - grad[row * length + i], 1e-11);
        }
        optim_destroy(opt);
        free(param);
        free(grad);
    }
}
END_TEST

/* The caller's rounding neither changes the result nor is it changed. */
START_TEST(the_callers_rounding_does_not_matter) {
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    struct model plain, rounded;
    for (size_t k = 0; k < 3; k++) {
        begin(&plain, "ranger", OPTIM_F32);
        begin(&rounded, "ranger", OPTIM_F32);
        set(&plain, "clip_norm", 0.5);
        set(&rounded, "clip_norm", 0.5);
        for (uint64_t t = 1; t <= STEPS; t++) {
            step(&plain, t);
            memcpy(rounded.grad, plain.grad, sizeof plain.grad);
            fesetround(modes[k]);
            const int status = optim_step(rounded.opt), mode = fegetround();
            fesetround(FE_TONEAREST);
            ck_assert_int_eq(status, OPTIM_OK);
            ck_assert_int_eq(mode, modes[k]);
            same_weights(&plain, &rounded, t);
        }
        optim_destroy(plain.opt);
        optim_destroy(rounded.opt);
    }
}
END_TEST

/* Clipping a value does not make a number of what is none, and a NaN reaches no other element. */
START_TEST(nan_stays_where_it_is) {
    struct model model;
    if (optim_algorithm_wraps(optim_algorithm_name((size_t)_i)) != 0)
        return;
    begin(&model, optim_algorithm_name((size_t)_i), OPTIM_F32);
    set(&model, "clip_value", 0.5);
    for (uint64_t t = 1; t <= 10; t++) {
        for (size_t i = 0; i < COUNT; i++)
            test_put(OPTIM_F32, model.grad, i, i == 7 ? (double)NAN : test_gradient(t, i));
        ck_ok(model.opt, optim_step(model.opt));
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_msg(i == 7 || isfinite(test_at(OPTIM_F32, model.param, i)), "element %zu", i);
    optim_destroy(model.opt);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("limits");
    TCase *limits = tcase_create("limits");
    const int algorithms = (int)optim_algorithm_count();
    tcase_set_timeout(limits, 0);
    tcase_add_test(limits, adam_without_momentum_is_rmsprop_corrected);
    tcase_add_loop_test(limits, lookahead_that_follows_is_the_inner_optimizer, 0, algorithms);
    tcase_add_test(limits, lookahead_by_hand);
    tcase_add_loop_test(limits, amsgrad_never_divides_by_less, 0, 3);
    tcase_add_loop_test(limits, adabound_with_equal_bounds_is_sgd, 0, 2);
    tcase_add_loop_test(limits, rectification_starts_at_its_step, 0, 2);
    tcase_add_test(limits, accumulation_is_a_step_on_the_mean);
    tcase_add_test(limits, ema_has_its_closed_form);
    tcase_add_loop_test(limits, averages_in_f32_have_the_decay_that_was_set, 0, 3);
    tcase_add_test(limits, clip_norm_reaches_every_magnitude);
    tcase_add_test(limits, clip_norm_by_rule_measures_all);
    tcase_add_test(limits, centralized_rows_have_no_mean);
    tcase_add_test(limits, the_callers_rounding_does_not_matter);
    tcase_add_loop_test(limits, nan_stays_where_it_is, 0, algorithms);
    suite_add_tcase(suite, limits);
    return test_run(suite);
}
