/* Steps that survive bad gradients: clipping by norm, infinities and NaN, the loss scale, denormal numbers. */
#include "test.h"

#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENSORS = 3, MOST = 5000 };

static const char *const names[TENSORS] = {"a", "b", "c"};
static const size_t counts[TENSORS] = {7, MOST, 1};

/* An optimizer with three tensors. */
struct model {
    optim *opt;
    int dtype;
    void *param[TENSORS], *grad[TENSORS];
};

static struct model model_of(const char *chain, int dtype) {
    struct model model = {.opt = test_create(chain), .dtype = dtype};
    for (int k = 0; k < TENSORS; k++) {
        model.param[k] = calloc(counts[k], test_size(dtype));
        model.grad[k] = calloc(counts[k], test_size(dtype));
        for (size_t i = 0; i < counts[k]; i++)
            test_put(dtype, model.param[k], i, test_weight(i + (size_t)k));
        ck_ok(model.opt, optim_add(model.opt, names[k], dtype, 1, &counts[k], model.param[k], model.grad[k]));
    }
    return model;
}

static void model_free(struct model *model) {
    optim_destroy(model->opt);
    for (int k = 0; k < TENSORS; k++) {
        free(model->param[k]);
        free(model->grad[k]);
    }
}

static void gradients(struct model *model, uint64_t t) {
    for (int k = 0; k < TENSORS; k++)
        for (size_t i = 0; i < counts[k]; i++)
            test_put(model->dtype, model->grad[k], i, test_gradient(t, i + 31 * (size_t)k));
}

static void all_gradients(struct model *model, int tensor, double value) {
    for (size_t i = 0; i < counts[tensor]; i++)
        test_put(model->dtype, model->grad[tensor], i, value);
}

static void set(struct model *model, const char *name, double value) {
    ck_ok(model->opt, optim_set(model->opt, name, value));
}

static void step(struct model *model) {
    ck_ok(model->opt, optim_step(model->opt));
}

/* Weights and all state are the same bit for bit. */
static void assert_same(const struct model *a, const struct model *b, const char *what) {
    for (int k = 0; k < TENSORS; k++)
        ck_assert_msg(memcmp(a->param[k], b->param[k], counts[k] * test_size(a->dtype)) == 0, "%s: weights of %s", what,
                      names[k]);
    for (size_t i = 0; i < optim_algorithm_count(); i++)
        for (size_t s = 0; s < optim_slot_count(optim_algorithm_name(i)); s++)
            for (size_t k = 0; k < TENSORS; k++) {
                const char *slot = optim_slot_name(optim_algorithm_name(i), s);
                void *left, *right;
                if (optim_state(a->opt, k, slot, &left, NULL, NULL) != OPTIM_OK)
                    continue;
                ck_ok(b->opt, optim_state(b->opt, k, slot, &right, NULL, NULL));
                ck_assert_msg(memcmp(left, right, counts[k] * test_size(a->dtype)) == 0, "%s: %s of %s", what, slot,
                              names[k]);
            }
}

static void assert_near(double got, double expected, int dtype) {
    const double tolerance = dtype == OPTIM_F64 ? 1e-14 : 1e-6;
    ck_assert_msg(fabs(got - expected) <= tolerance * fabs(expected), "%.17g is not %.17g", got, expected);
}

/* ---- Norms -------------------------------------------------------------------------------------------------- */

START_TEST(each_tensor_is_clipped_by_its_own_norm) {
    const int dtype = _i + 1;
    struct model model = model_of("sgd", dtype);
    set(&model, "lr", 1);
    set(&model, "clip_tensor_norm", 3);
    all_gradients(&model, 0, 2);   /* norm 2 sqrt(7) = 5.29 */
    all_gradients(&model, 1, -1);  /* norm sqrt(5000) = 70.7 */
    all_gradients(&model, 2, 2.5); /* short enough */
    double before[TENSORS];
    for (int k = 0; k < TENSORS; k++)
        before[k] = test_at(dtype, model.param[k], 0);
    step(&model);
    const double moves[TENSORS] = {2 * 3 / (2 * sqrt(7)), -3 / sqrt(MOST), 2.5};
    for (int k = 0; k < TENSORS; k++)
        ck_assert_double_eq_tol(before[k] - test_at(dtype, model.param[k], 0), moves[k], 1e-6);
    double norm;
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    assert_near(norm, sqrt(4 * 7 + MOST + 2.5 * 2.5), OPTIM_F64);
    model_free(&model);
}
END_TEST

START_TEST(all_tensors_are_clipped_before_each) {
    struct model model = model_of("sgd", OPTIM_F64);
    set(&model, "lr", 1);
    set(&model, "grad_scale", 2);
    set(&model, "clip_norm", 5);
    ck_ok(model.opt, optim_set_for(model.opt, "b", "clip_tensor_norm", 1));
    all_gradients(&model, 0, 2);
    all_gradients(&model, 1, 2);
    all_gradients(&model, 2, 2);
    const double first = test_at(OPTIM_F64, model.param[0], 0), second = test_at(OPTIM_F64, model.param[1], 0);
    step(&model);
    const double norm = sqrt(7 + MOST + 1), factor = 5 / norm;
    ck_assert_double_eq_tol(first - test_at(OPTIM_F64, model.param[0], 0), factor, 1e-14);
    ck_assert_double_eq_tol(second - test_at(OPTIM_F64, model.param[1], 0), factor / (factor * sqrt(MOST)), 1e-14);
    model_free(&model);
}
END_TEST

/* Each tensor's norm is right however far apart they are: 1e300, 1e-300 and 1 as doubles; as floats 1e30 and 1e-30. */
START_TEST(norms_reach_every_magnitude) {
    const int dtype = _i + 1;
    const double far = dtype == OPTIM_F64 ? 1e300 : 1e30, sizes[TENSORS] = {far, 1, 1 / far};
    struct model model = model_of("sgd", dtype);
    double norm;
    set(&model, "lr", 1);
    for (int k = 0; k < TENSORS; k++)
        memset(model.param[k], 0, counts[k] * test_size(dtype));
    for (int k = 0; k < TENSORS; k++)
        all_gradients(&model, k, sizes[k]);
    set(&model, "clip_tensor_norm", 1e-3);
    step(&model);
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    assert_near(norm, far * sqrt(7), dtype);
    assert_near(test_at(dtype, model.param[0], 0), -1e-3 / sqrt(7), dtype);
    assert_near(test_at(dtype, model.param[1], 0), -1e-3 / sqrt(MOST), dtype);
    assert_near(test_at(dtype, model.param[2], 0), -1 / far, dtype);

    set(&model, "clip_tensor_norm", 0.01 / far);
    all_gradients(&model, 0, 0);
    step(&model);
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    assert_near(norm, sqrt(MOST), dtype);
    assert_near(test_at(dtype, model.param[2], 0), -1.01 / far, dtype);

    /* finite gradients of which the squares, their sum, and the norm of doubles are more than a double can be */
    set(&model, "clip_tensor_norm", 1e-3);
    set(&model, "check_finite", 1);
    all_gradients(&model, 0, dtype == OPTIM_F64 ? 1.7e308 : 3e38);
    step(&model);
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    ck_assert(dtype == OPTIM_F64 ? isinf(norm) : fabs(norm / (3e38 * sqrt(7)) - 1) < 1e-6);
    model_free(&model);
}
END_TEST

START_TEST(norm_is_told_only_if_it_was_measured) {
    struct model model = model_of("accumulate(adam)", OPTIM_F64);
    double norm = 17;
    ck_fails(model.opt, OPTIM_ERROR_ARGUMENT, "norm is NULL", optim_norm(model.opt, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_norm(NULL, &norm));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "clip_norm", optim_norm(model.opt, &norm));
    set(&model, "every", 2);
    set(&model, "clip_norm", 1e300);
    all_gradients(&model, 2, 3);
    step(&model);
    ck_fails(model.opt, OPTIM_ERROR_STATE, "no norm", optim_norm(model.opt, &norm)); /* nothing was stepped with yet */
    all_gradients(&model, 2, 5);
    step(&model);
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    ck_assert_double_eq(norm, 4); /* of the mean */
    step(&model);
    ck_ok(model.opt, optim_norm(model.opt, &norm));
    ck_assert_double_eq(norm, 4);
    ck_ok(model.opt, optim_reset(model.opt));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "no norm", optim_norm(model.opt, &norm));
    set(&model, "clip_norm", 0);
    step(&model);
    step(&model);
    norm = 17;
    ck_fails(model.opt, OPTIM_ERROR_STATE, "no norm", optim_norm(model.opt, &norm));
    ck_assert_double_eq(norm, 17);
    model_free(&model);
}
END_TEST

/* ---- Infinities and NaN --------------------------------------------------------------------------------------- */

/* A step with a bad gradient leaves everything as it was: what follows has the bits of a run without that step. */
START_TEST(bad_steps_leave_no_trace) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t c = (size_t)_i; c < test_chains(); c += 4 * test_stride(5)) {
        const int dtype = (int)(c / 4 % 2) + 1, check = (int)(c / 8 % 2) + 1;
        struct model a = model_of(test_chain(c), dtype), b = model_of(test_chain(c), dtype);
        uint64_t random = c;
        test_vary(a.opt, (int)(c % TEST_VARIATIONS));
        test_vary(b.opt, (int)(c % TEST_VARIATIONS));
        set(&a, "check_finite", check);
        set(&b, "check_finite", check);
        uint64_t steps = 0, skipped = 0;
        for (uint64_t t = 1; t <= 12; t++) {
            const int k = (int)(test_random(&random) % TENSORS);
            const size_t i = test_random(&random) % counts[k];
            char where[64];
            gradients(&a, t);
            gradients(&b, t);
            test_put(dtype, a.grad[k], i, bad[t % 3]);
            snprintf(where, sizeof where, "\"%s\" is %g at index %zu:", names[k], bad[t % 3], i);
            if (check == 1)
                ck_fails(a.opt, OPTIM_ERROR_NONFINITE, where, optim_step(a.opt));
            else
                step(&a);
            skipped += check == 2;
            ck_assert_uint_eq(optim_steps(a.opt), steps);
            ck_assert_uint_eq(optim_skipped(a.opt), skipped);
            assert_same(&a, &b, test_chain(c));
            gradients(&a, t);
            step(&a);
            step(&b);
            steps++;
            assert_same(&a, &b, test_chain(c));
        }
        ck_ok(a.opt, optim_reset(a.opt));
        ck_assert_uint_eq(optim_skipped(a.opt), 0);
        model_free(&a);
        model_free(&b);
    }
}
END_TEST

START_TEST(only_tensors_that_are_checked_matter) {
    struct model model = model_of("adam", OPTIM_F32);
    ck_ok(model.opt, optim_set_for(model.opt, "a", "check_finite", 1));
    ck_ok(model.opt, optim_set_for(model.opt, "b", "check_finite", 2));
    gradients(&model, 1);
    test_put(OPTIM_F32, model.grad[2], 0, NAN);
    step(&model);
    ck_assert(isnan(test_at(OPTIM_F32, model.param[2], 0)));
    ck_assert(isfinite(test_at(OPTIM_F32, model.param[0], 0)));
    test_put(OPTIM_F32, model.grad[1], MOST - 1, INFINITY);
    step(&model);
    ck_assert_uint_eq(optim_steps(model.opt), 1);
    ck_assert_uint_eq(optim_skipped(model.opt), 1);
    test_put(OPTIM_F32, model.grad[0], 3, NAN);
    ck_fails(model.opt, OPTIM_ERROR_NONFINITE, "\"a\" is nan at index 3", optim_step(model.opt));
    ck_ok(model.opt, optim_bind(model.opt, 0, model.param[0], NULL)); /* a tensor that rests does not matter */
    ck_ok(model.opt, optim_bind(model.opt, 1, model.param[1], NULL));
    step(&model);
    ck_assert_uint_eq(optim_steps(model.opt), 2);
    model_free(&model);
}
END_TEST

/* The largest numbers there are are finite, and what becomes infinite on the way to the step is not. */
START_TEST(finite_is_finite_at_the_edge) {
    const int dtype = _i + 1;
    const double largest = dtype == OPTIM_F64 ? 1.7e308 : 3.4e38;
    struct model model = model_of("accumulate(sgd)", dtype);
    set(&model, "check_finite", 1);
    set(&model, "lr", 1e-30);
    for (int k = 0; k < TENSORS; k++)
        all_gradients(&model, k, k == 1 ? -largest : largest);
    step(&model);
    step(&model);
    set(&model, "every", 2);
    step(&model);
    ck_fails(model.opt, OPTIM_ERROR_NONFINITE, "once scaled or summed", optim_step(model.opt));
    for (int k = 0; k < TENSORS; k++)
        all_gradients(&model, k, 0);
    step(&model);
    ck_assert_uint_eq(optim_steps(model.opt), 4);
    for (int k = 0; k < TENSORS; k++)
        ck_assert(isfinite(test_at(dtype, model.param[k], counts[k] - 1)));
    model_free(&model);
}
END_TEST

/* A sum of gradients that has become infinite is dropped, or no step would ever be taken again. */
START_TEST(a_sum_that_overflows_ends) {
    struct model model = model_of("accumulate(sgd)", OPTIM_F32);
    set(&model, "every", 3);
    set(&model, "lr", 1);
    set(&model, "check_finite", 2);
    all_gradients(&model, 2, 3e38);
    step(&model);
    step(&model); /* the sum is infinite now */
    step(&model);
    ck_assert_uint_eq(optim_skipped(model.opt), 1);
    const double before = test_at(OPTIM_F32, model.param[2], 0);
    all_gradients(&model, 2, 3);
    for (int i = 0; i < 3; i++)
        step(&model);
    ck_assert_double_eq_tol(before - test_at(OPTIM_F32, model.param[2], 0), 3, 1e-6);
    ck_assert_uint_eq(optim_skipped(model.opt), 1);
    model_free(&model);
}
END_TEST

/* Gradients of floats so large, or divided by so little, that what they are multiplied by is no float. */
START_TEST(scales_reach_every_magnitude) {
    struct model model = model_of("sgd", OPTIM_F32);
    set(&model, "lr", 1);
    set(&model, "clip_norm", 1);
    memset(model.param[2], 0, sizeof(float));
    all_gradients(&model, 2, 2e38);
    step(&model);
    ck_assert_double_eq_tol(test_at(OPTIM_F32, model.param[2], 0), -1, 1e-6);
    set(&model, "clip_norm", 0);
    set(&model, "check_finite", 2);
    set(&model, "grad_scale", 1e-30);
    set(&model, "loss_scale", 1e-15);
    all_gradients(&model, 2, 1e-35);
    step(&model);
    ck_assert_double_eq_tol(test_at(OPTIM_F32, model.param[2], 0), -1e10, 1e4);
    ck_assert_double_eq(test_at(OPTIM_F32, model.param[0], 0), test_weight(0)); /* 0 stays 0 */
    all_gradients(&model, 2, 1);                                                /* which divided by 1e-45 is no float */
    step(&model);
    ck_assert_uint_eq(optim_skipped(model.opt), 1);
    model_free(&model);
}
END_TEST

/* Doubles are measured once more, scaled, where their squares vanish: together with such scales too. */
START_TEST(nothing_is_finite_on_every_scale) {
    struct model model = model_of("sgd", OPTIM_F64);
    set(&model, "check_finite", 2);
    set(&model, "grad_scale", 1e-30);
    set(&model, "loss_scale", 1e-30);
    step(&model); /* with gradients of 0 */
    ck_assert_uint_eq(optim_skipped(model.opt), 0);
    model_free(&model);
}
END_TEST

/* ---- The loss scale ------------------------------------------------------------------------------------------- */

/* PyTorch's GradScaler: what it does, written down from its documentation. */
struct scaler {
    double scale, growth, backoff;
    int interval, good;
};

static void scaler_update(struct scaler *scaler, bool finite) {
    if (!finite) {
        scaler->scale *= scaler->backoff;
        scaler->good = 0;
    } else if (++scaler->good == scaler->interval) {
        scaler->scale *= scaler->growth;
        scaler->good = 0;
    }
}

START_TEST(loss_scale_adapts_itself) {
    struct model a = model_of("adam", OPTIM_F32), b = model_of("adam", OPTIM_F32);
    struct scaler scaler = {65536, 2, 0.5, 5, 0};
    uint64_t random = 9, skipped = 0;
    ck_ok(a.opt, optim_set_for(a.opt, "a", "lr", 0.1)); /* more than one kind of settings */
    ck_ok(b.opt, optim_set_for(b.opt, "a", "lr", 0.1));
    set(&a, "loss_scale", scaler.scale);
    set(&a, "loss_scale_interval", scaler.interval);
    for (uint64_t t = 1; t <= 200; t++) {
        const bool bad = test_random(&random) % 6 == 0;
        double scale, scale_of;
        ck_ok(a.opt, optim_get(a.opt, "loss_scale", &scale));
        ck_ok(a.opt, optim_get_for(a.opt, "a", "loss_scale", &scale_of));
        ck_assert_double_eq(scale, scaler.scale);
        ck_assert_double_eq(scale_of, scaler.scale);
        gradients(&b, t);
        for (int k = 0; k < TENSORS; k++)
            for (size_t i = 0; i < counts[k]; i++)
                test_put(OPTIM_F32, a.grad[k], i, scale * test_at(OPTIM_F32, b.grad[k], i));
        if (bad)
            test_put(OPTIM_F32, a.grad[1], t, INFINITY);
        else
            step(&b);
        step(&a);
        skipped += bad;
        scaler_update(&scaler, !bad);
        ck_assert_uint_eq(optim_skipped(a.opt), skipped);
    }
    assert_same(&a, &b, "a power of two changes no bit");
    ck_assert_uint_gt(skipped, 10);
    model_free(&a);
    model_free(&b);
}
END_TEST

START_TEST(loss_scale_has_limits_and_is_one_for_all) {
    struct model model = model_of("sgd", OPTIM_F64);
    double scale;
    ck_fails(model.opt, OPTIM_ERROR_ARGUMENT, "loss_scale is one for all tensors",
             optim_set_for(model.opt, "a", "loss_scale", 8));
    ck_fails(model.opt, OPTIM_ERROR_RANGE, "loss_scale = -1", optim_set(model.opt, "loss_scale", -1));
    set(&model, "check_finite", 1);
    ck_fails(model.opt, OPTIM_ERROR_CONFLICT, "contradicts check_finite = 1", optim_set(model.opt, "loss_scale", 8));
    set(&model, "check_finite", 2);
    set(&model, "loss_scale", 1e29);
    set(&model, "loss_scale_interval", 1);
    for (int i = 0; i < 10; i++)
        step(&model);
    ck_ok(model.opt, optim_get(model.opt, "loss_scale", &scale));
    ck_assert_double_eq(scale, 1e30);
    test_put(OPTIM_F64, model.grad[0], 0, NAN);
    for (int i = 0; i < 300; i++)
        step(&model);
    ck_ok(model.opt, optim_get(model.opt, "loss_scale", &scale));
    ck_assert_double_eq(scale, 1e-30);
    ck_assert_uint_eq(optim_skipped(model.opt), 300);
    set(&model, "loss_scale", 0);
    set(&model, "check_finite", 0);
    step(&model);
    ck_assert_uint_eq(optim_skipped(model.opt), 300);
    ck_assert_uint_eq(optim_skipped(NULL), 0);
    model_free(&model);
}
END_TEST

/* What is summed with one scale is not mixed with another: PyTorch skips a step of several batches if one is bad. */
START_TEST(a_new_loss_scale_begins_a_new_sum) {
    struct model model = model_of("accumulate(sgd)", OPTIM_F64);
    double scale;
    set(&model, "every", 2);
    set(&model, "lr", 1);
    set(&model, "loss_scale", 1024);
    memset(model.param[2], 0, sizeof(double));
    all_gradients(&model, 2, 1024);
    step(&model);
    all_gradients(&model, 2, INFINITY);
    step(&model);
    ck_ok(model.opt, optim_get(model.opt, "loss_scale", &scale));
    ck_assert_double_eq(scale, 512);
    all_gradients(&model, 2, 512);
    step(&model);
    ck_assert_double_eq(test_at(OPTIM_F64, model.param[2], 0), 0);
    step(&model);
    ck_assert_double_eq(test_at(OPTIM_F64, model.param[2], 0), -1);
    set(&model, "loss_scale_interval", 1); /* it may only grow between two sums */
    all_gradients(&model, 2, 512);
    step(&model);
    ck_ok(model.opt, optim_get(model.opt, "loss_scale", &scale));
    ck_assert_double_eq(scale, 512);
    step(&model);
    ck_ok(model.opt, optim_get(model.opt, "loss_scale", &scale));
    ck_assert_double_eq(scale, 1024);
    ck_assert_double_eq(test_at(OPTIM_F64, model.param[2], 0), -2);
    ck_fails(model.opt, OPTIM_ERROR_RANGE, "must be 0 or a number from 1e-30",
             optim_set(model.opt, "loss_scale", 1e-31));
    model_free(&model);
}
END_TEST

/* ---- Denormal numbers ----------------------------------------------------------------------------------------- */

/* Where gradients have been 0 for long, averages are 0 or normal numbers, and the caller's rounding is as it was. */
START_TEST(averages_of_nothing_end) {
    for (size_t c = 0; c < test_chains(); c++) {
        struct model model = model_of(test_chain(c), OPTIM_F32);
        ck_ok(model.opt, optim_bind(model.opt, 1, model.param[1], NULL)); /* the small ones are enough */
        gradients(&model, 1);
        step(&model);
        all_gradients(&model, 0, 0);
        all_gradients(&model, 2, 0);
        fesetround(FE_UPWARD);
        for (int t = 0; t < 3000; t++)
            step(&model);
        ck_assert_int_eq(fegetround(), FE_UPWARD);
        volatile float tiny = 1e-30f;
        ck_assert_msg(tiny * 1e-10f > 0, "the caller's denormals are gone");
        fesetround(FE_TONEAREST);
        for (size_t i = 0; i < optim_algorithm_count(); i++)
            for (size_t s = 0; s < optim_slot_count(optim_algorithm_name(i)); s++) {
                const char *slot = optim_slot_name(optim_algorithm_name(i), s);
                void *state;
                if (optim_state(model.opt, 0, slot, &state, NULL, NULL) == OPTIM_OK)
                    for (size_t k = 0; k < counts[0]; k++)
                        ck_assert_msg(fpclassify((float)test_at(OPTIM_F32, state, k)) != FP_SUBNORMAL, "%s: %s",
                                      test_chain(c), slot);
            }
        model_free(&model);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("safe");
    TCase *norms = tcase_create("norms"), *finite = tcase_create("finite"), *scale = tcase_create("loss scale"),
          *denormal = tcase_create("denormal");
    tcase_add_loop_test(norms, each_tensor_is_clipped_by_its_own_norm, 0, TEST_DTYPES);
    tcase_add_test(norms, all_tensors_are_clipped_before_each);
    tcase_add_loop_test(norms, norms_reach_every_magnitude, 0, TEST_DTYPES);
    tcase_add_test(norms, norm_is_told_only_if_it_was_measured);
    tcase_add_loop_test(finite, bad_steps_leave_no_trace, 0, 4);
    tcase_add_test(finite, only_tensors_that_are_checked_matter);
    tcase_add_loop_test(finite, finite_is_finite_at_the_edge, 0, TEST_DTYPES);
    tcase_add_test(finite, a_sum_that_overflows_ends);
    tcase_add_test(finite, scales_reach_every_magnitude);
    tcase_add_test(finite, nothing_is_finite_on_every_scale);
    tcase_add_test(scale, a_new_loss_scale_begins_a_new_sum);
    tcase_add_test(scale, loss_scale_adapts_itself);
    tcase_add_test(scale, loss_scale_has_limits_and_is_one_for_all);
#if defined(__x86_64__) || defined(__aarch64__)
    if (test_stride(2) == 1) /* valgrind computes with denormal numbers whatever it is told */
        tcase_add_test(denormal, averages_of_nothing_end);
#endif
    TCase *const cases[] = {norms, finite, scale, denormal};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_set_timeout(cases[i], 600);
        suite_add_tcase(suite, cases[i]);
    }
    return test_run(suite);
}
