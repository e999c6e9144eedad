/* What schedules, and attaching them, refuse. */
#include "schedule_support.h"

#include <math.h>
#include <string.h>

START_TEST(kinds_are_found_by_name) {
    optim_schedule *s = NULL, *inner = schedule_make("constant");
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: cosine", optim_schedule_create(&s, "cosin"));
    ck_fails(NULL, OPTIM_ERROR_NAME,
             "optim_schedule_create: there is no schedule \"\"; there are: ", optim_schedule_create(&s, ""));
    ck_fails(NULL, OPTIM_ERROR_NAME, "there are: ", optim_schedule_create(&s, "zzzzzzzzzz"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: warmup", optim_schedule_wrap(&s, "warm", inner));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "out is NULL", optim_schedule_create(NULL, "cosine"));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_schedule_create(&s, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "out is NULL", optim_schedule_wrap(NULL, "warmup", inner));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_schedule_wrap(&s, NULL, inner));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_schedule_wrap(&s, "warmup", NULL));
    ck_fails(NULL, OPTIM_ERROR_NAME, "optim_schedule_wrap", optim_schedule_create(&s, "warmup"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "optim_schedule_create", optim_schedule_wrap(&s, "cosine", inner));
    ck_assert_ptr_null(s);
    ck_ok(NULL, optim_schedule_set(inner, "factor", 2)); /* it is still the caller's */
    ck_ok(NULL, optim_schedule_wrap(&s, "warmup", inner));
    optim_schedule_destroy(s);
    ck_ok(NULL, optim_schedule_create(&s, "cosine-restarts")); /* - is as good as _ */
    optim_schedule_destroy(s);
    ck_assert_str_eq(optim_schedule_summary("warmup-stable-decay"), optim_schedule_summary("warmup_stable_decay"));
    optim_schedule_destroy(NULL);
}
END_TEST

/* Every parameter of every kind: its initial value, its limits, and what is beyond them. */
START_TEST(parameters_have_limits) {
    const char *kind = optim_schedule_name((size_t)_i), *name, *help;
    double initial, min, max, value;
    optim_schedule *s = NULL, *inner = schedule_make("constant");
    if (optim_schedule_wraps(kind) == 1)
        ck_ok(NULL, optim_schedule_wrap(&s, kind, inner));
    else
        ck_ok(NULL, optim_schedule_create(&s, kind));
    for (size_t i = 0; i < optim_schedule_param_count(kind); i++) {
        ck_ok(NULL, optim_schedule_param_info(kind, i, &name, &initial, &min, &max, &help));
        ck_ok(NULL, optim_schedule_param_info(kind, i, NULL, NULL, NULL, NULL, NULL));
        ck_ok(NULL, optim_schedule_get(s, name, &value));
        ck_assert(same_bits(value, initial) || (isnan(value) && isnan(initial)));
        ck_assert(isnan(initial) || (initial >= min && initial <= max));
        ck_assert(min >= 0 && max > min && strlen(help) > 0);
        ck_ok(NULL, optim_schedule_set(s, name, min));
        ck_fails(NULL, OPTIM_ERROR_RANGE, name, optim_schedule_set(s, name, nextafter(min, -1)));
        ck_fails(NULL, OPTIM_ERROR_RANGE, name, optim_schedule_set(s, name, -1));
        ck_fails(NULL, OPTIM_ERROR_RANGE, name, optim_schedule_set(s, name, (double)NAN));
        ck_fails(NULL, OPTIM_ERROR_RANGE, name, optim_schedule_set(s, name, (double)INFINITY));
        if (max < INFINITY)
            ck_fails(NULL, OPTIM_ERROR_RANGE, name, optim_schedule_set(s, name, nextafter(max, INFINITY)));
        ck_ok(NULL, optim_schedule_get(s, name, &value));
        ck_assert(value == min);
        ck_ok(NULL, optim_schedule_set(s, name, fmin(max, 1e300)));
    }
    ck_fails(NULL, OPTIM_ERROR_NAME, "\"learning\"", optim_schedule_set(s, "learning", 1));
    ck_fails(NULL, OPTIM_ERROR_NAME, "\"learning\"", optim_schedule_get(s, "learning", &value));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "i = 99", optim_schedule_param_info(kind, 99, &name, NULL, NULL, NULL, NULL));
    optim_schedule_destroy(s);
    if (optim_schedule_wraps(kind) == 0)
        optim_schedule_destroy(inner);
}
END_TEST

START_TEST(the_registry_ends) {
    const char *name = NULL;
    ck_assert_uint_ge(optim_schedule_count(), schedule_equations());
    ck_assert_ptr_null(optim_schedule_name(optim_schedule_count()));
    ck_assert_ptr_null(optim_schedule_name(SIZE_MAX));
    for (size_t i = 0; i < optim_schedule_count(); i++)
        ck_assert_uint_gt(strlen(optim_schedule_summary(optim_schedule_name(i))), 0);
    ck_assert_ptr_null(optim_schedule_summary("cosin"));
    ck_assert_ptr_null(optim_schedule_summary(NULL));
    ck_assert_uint_eq(optim_schedule_param_count("cosin"), 0);
    ck_assert_uint_eq(optim_schedule_param_count(NULL), 0);
    ck_assert_int_eq(optim_schedule_wraps("cosine"), 0);
    ck_assert_int_eq(optim_schedule_wraps("warmup"), 1);
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: cosine", optim_schedule_wraps("cosin"));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_schedule_wraps(NULL));
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: cosine",
             optim_schedule_param_info("cosin", 0, &name, NULL, NULL, NULL, NULL));
    ck_assert_ptr_null(name);
}
END_TEST

START_TEST(parameters_are_checked) {
    optim_schedule *s = schedule_make("exponential"), *cosines = schedule_make("cosine");
    double value = -1;
    ck_fails(NULL, OPTIM_ERROR_RANGE, "r = 0", optim_schedule_set(s, "r", 0));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "r = -5", optim_schedule_set(s, "r", -5));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "steps = 0", optim_schedule_set(cosines, "steps", 0));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "whole number", optim_schedule_set(cosines, "steps", 2.5));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "steps = nan", optim_schedule_set(cosines, "steps", (double)NAN));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "per_epoch = 0.5", optim_schedule_set(s, "per_epoch", 0.5));
    ck_fails(NULL, OPTIM_ERROR_NAME, "exponential has no parameter \"steps\"", optim_schedule_set(s, "steps", 3));
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: steps", optim_schedule_set(cosines, "step", 3));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_schedule_set(s, NULL, 3));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_schedule_set(NULL, "r", 3));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_schedule_get(NULL, "r", &value));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_schedule_get(s, NULL, &value));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "value is NULL", optim_schedule_get(s, "r", NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_schedule_factor(NULL, 0, &value));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "factor is NULL", optim_schedule_factor(s, 0, NULL));
    ck_assert(value == -1);
    ck_ok(NULL, optim_schedule_get(s, "r", &value));
    ck_assert(isnan(value));
    ck_ok(NULL, optim_schedule_set(s, "r", 3));
    check_near(schedule_factor_at(s, 3), exp(-1), "exponential", 3);
    optim_schedule_destroy(s);
    optim_schedule_destroy(cosines);
}
END_TEST

/* Halving and plateau have no clock, so there is no per_epoch to set in vain. */
START_TEST(what_follows_a_metric_has_no_clock) {
    static const char *const kinds[] = {"halving", "plateau"};
    for (size_t k = 0; k < 2; k++) {
        optim_schedule *s = schedule_make(kinds[k]);
        ck_fails(NULL, OPTIM_ERROR_NAME, "\"per_epoch\"", optim_schedule_set(s, "per_epoch", 1));
        optim_schedule_destroy(s);
    }
}
END_TEST

START_TEST(what_must_be_set_is_missed) {
    struct model model;
    double value = -1;
    optim_schedule *s = schedule_make("cosine"), *outer = NULL;
    model_begin(&model, "sgd");
    ck_fails(NULL, OPTIM_ERROR_STATE, "cosine: \"steps\" must be set", optim_schedule_factor(s, 0, &value));
    ck_fails(NULL, OPTIM_ERROR_STATE, "cosine: \"steps\" must be set", optim_schedule_wrap(&outer, "warmup", s));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "cosine: \"steps\" must be set", optim_attach(model.opt, "lr", s));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "optim_attach_for", optim_attach_for(model.opt, "w*", "lr", s));
    ck_assert(value == -1);
    ck_assert_ptr_null(outer);
    model_step(&model);
    ck_assert(model.param == 3 - 0.01);
    ck_ok(NULL, optim_schedule_set(s, "steps", 4));
    ck_ok(NULL, optim_schedule_wrap(&outer, "warmup", s));
    ck_fails(NULL, OPTIM_ERROR_STATE, "warmup: \"steps\" must be set", optim_schedule_factor(outer, 0, &value));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "warmup: \"steps\" must be set", optim_attach(model.opt, "lr", outer));
    ck_ok(NULL, optim_schedule_set(outer, "steps", 2));
    model_attach(&model, "lr", outer);
    ck_assert(model_effective(&model, "lr") == 0.01 * schedule_factor_at(outer, 1));
    optim_destroy(model.opt);
}
END_TEST

START_TEST(contradictions_are_refused) {
    struct model model;
    double value = -1;
    optim_schedule *s = schedule_make("warmup_stable_decay steps=10 warmup=6 decay=5"), *outer = NULL;
    model_begin(&model, "sgd");
    ck_fails(NULL, OPTIM_ERROR_CONFLICT, "warmup = 6 contradicts", optim_schedule_factor(s, 0, &value));
    ck_fails(NULL, OPTIM_ERROR_CONFLICT, "steps = 10", optim_schedule_wrap(&outer, "warmup", s));
    ck_fails(model.opt, OPTIM_ERROR_CONFLICT, "longer", optim_attach(model.opt, "lr", s));
    ck_ok(NULL, optim_schedule_set(s, "decay", 20));
    ck_ok(NULL, optim_schedule_set(s, "warmup", 0));
    ck_fails(NULL, OPTIM_ERROR_CONFLICT, "decay = 20 contradicts steps = 10", optim_schedule_factor(s, 0, &value));
    ck_ok(NULL, optim_schedule_set(s, "warmup", 6));
    ck_ok(NULL, optim_schedule_set(s, "decay", 4));
    outer = schedule_around("warmup steps=2", s);
    ck_ok(NULL, optim_schedule_set(outer, "warmup", 7)); /* which is the inner one's */
    ck_fails(model.opt, OPTIM_ERROR_CONFLICT, "warmup = 7", optim_attach(model.opt, "lr", outer));
    ck_ok(NULL, optim_schedule_set(outer, "warmup", 6));
    model_attach(&model, "lr", outer);
    model_step(&model);
    optim_destroy(model.opt);
}
END_TEST

START_TEST(points_are_checked) {
    optim_schedule *s = schedule_make("piecewise 5:0.5"), *cosines = schedule_make("cosine steps=10");
    ck_fails(NULL, OPTIM_ERROR_RANGE, "at = 5", optim_schedule_point(s, 5, 0.25));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "which is at 5", optim_schedule_point(s, 4, 0.25));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "at = -1", optim_schedule_point(s, -1, 0.25));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "at = nan", optim_schedule_point(s, (double)NAN, 0.25));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "at = inf", optim_schedule_point(s, (double)INFINITY, 0.25));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "factor = -0.5", optim_schedule_point(s, 6, -0.5));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "factor = nan", optim_schedule_point(s, 6, (double)NAN));
    ck_fails(NULL, OPTIM_ERROR_RANGE, "factor = inf", optim_schedule_point(s, 6, (double)INFINITY));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_schedule_point(NULL, 6, 0.5));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "cosine is not made of points", optim_schedule_point(cosines, 6, 0.5));
    ck_assert(schedule_factor_at(s, 4) == 1 && schedule_factor_at(s, UINT64_MAX) == 0.5);
    optim_schedule *outer = schedule_around("warmup steps=1 7:0.25", s); /* a point of what it wraps */
    ck_assert(schedule_factor_at(outer, 6) == 0.5 && schedule_factor_at(outer, 7) == 0.25);
    optim_schedule_destroy(outer);
    optim_schedule_destroy(cosines);
}
END_TEST

START_TEST(what_is_set_goes_to_the_outermost_that_has_it) {
    optim_schedule *s = schedule_around("warmup steps=3", schedule_make("cosine steps=10"));
    double value = -1;
    ck_ok(NULL, optim_schedule_set(s, "steps", 5));
    ck_ok(NULL, optim_schedule_set(s, "floor", 0.25));
    ck_ok(NULL, optim_schedule_get(s, "steps", &value));
    ck_assert(value == 5);
    ck_ok(NULL, optim_schedule_get(s, "floor", &value));
    ck_assert(value == 0.25);
    ck_assert(schedule_factor_at(s, 10) == 0.25);
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: floor", optim_schedule_set(s, "flor", 0.5));
    optim_schedule_destroy(s);
}
END_TEST

/* An owned one can be read, and nothing else. */
static void check_owned(optim *opt, optim_schedule *s) {
    optim_schedule *outer = NULL;
    double value = -1;
    ck_fails(opt, OPTIM_ERROR_STATE, "belongs to", optim_attach(opt, "lr", s));
    ck_fails(opt, OPTIM_ERROR_STATE, "belongs to", optim_attach_for(opt, "w*", "momentum", s));
    ck_fails(NULL, OPTIM_ERROR_STATE, "belongs to", optim_schedule_wrap(&outer, "warmup", s));
    ck_fails(NULL, OPTIM_ERROR_STATE, "belongs to", optim_schedule_set(s, "per_epoch", 1));
    ck_fails(NULL, OPTIM_ERROR_STATE, "belongs to", optim_schedule_point(s, 100, 0.5));
    ck_assert_ptr_null(outer);
    optim_schedule_destroy(s);
    ck_ok(NULL, optim_schedule_get(s, "per_epoch", &value));
    ck_assert(value == 0);
    ck_assert(schedule_factor_at(s, 2) == 0.5);
}

START_TEST(a_schedule_has_one_owner) {
    struct model model, other;
    optim_schedule *attached = schedule_make("piecewise 1:0.5"), *inner = schedule_make("piecewise 2:0.5");
    model_begin(&model, "sgd");
    model_begin(&other, "sgd");
    model_attach(&model, "weight_decay", attached);
    optim_schedule *outer = schedule_around("warmup steps=2", inner);
    check_owned(model.opt, attached);
    check_owned(other.opt, attached);
    check_owned(model.opt, inner);
    model_attach(&other, "lr", outer);
    check_owned(model.opt, inner);
    check_owned(model.opt, outer);
    model_step(&model);
    model_step(&other);
    ck_assert(model.param == 3 - 0.01 && other.param == 3 - 0.005);
    optim_destroy(model.opt);
    optim_destroy(other.opt);
}
END_TEST

START_TEST(attach_checks_every_argument) {
    static const char *const choices[] = {"nesterov",   "lr_in_momentum", "maximize", "decoupled",
                                          "centralize", "check_finite",   "blas"};
    struct model model;
    model_begin(&model, "sgd");
    optim *opt = model.opt;
    optim_schedule *s = schedule_make("constant factor=0.5");
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_attach(NULL, "lr", s));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_attach_for(NULL, "*", "lr", s));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_detach(NULL, "lr"));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_epoch(NULL, 1));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_attach(opt, NULL, s));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_attach(opt, "lr", NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "pattern is NULL", optim_attach_for(opt, NULL, "lr", s));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "schedule is NULL", optim_attach_for(opt, "w*", "lr", NULL));
    ck_fails(opt, OPTIM_ERROR_NAME, "near: momentum", optim_attach(opt, "momentun", s));
    ck_fails(opt, OPTIM_ERROR_NAME, "\"sync_period\"", optim_attach(opt, "sync_period", s));
    ck_fails(opt, OPTIM_ERROR_NAME, "\"beta1\"", optim_attach_for(opt, "w*", "beta1", s));
    ck_fails(opt, OPTIM_ERROR_NAME, "\"beta1\"", optim_detach(opt, "beta1"));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_detach(opt, NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "\"*\"", optim_attach_for(opt, "w*", "loss_scale", s));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "adapts itself", optim_attach(opt, "loss_scale", s));
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        ck_fails(opt, OPTIM_ERROR_ARGUMENT, choices[i], optim_attach(opt, choices[i], s));
        ck_fails(opt, OPTIM_ERROR_ARGUMENT, "choice", optim_attach_for(opt, "w*", choices[i], s));
    }
    ck_assert(model_effective(&model, "lr") == 0.01);
    model_attach(&model, "lr", s); /* after all of these it is still the caller's */
    model_step(&model);
    ck_assert(model.param == 3 - 0.005);
    optim_destroy(opt);
}
END_TEST

START_TEST(a_hyperparameter_has_one_schedule_for_a_pattern) {
    struct model model;
    optim_schedule *s = schedule_make("constant factor=0.5");
    model_begin(&model, "sgd");
    model_attach(&model, "lr", schedule_make("constant factor=2"));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "lr has a schedule for \"*\" already", optim_attach(model.opt, "lr", s));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "optim_detach", optim_attach_for(model.opt, "*", "lr", s));
    ck_assert(model_effective(&model, "lr") == 0.02);
    ck_ok(model.opt, optim_attach_for(model.opt, "w*", "lr", schedule_make("constant factor=4")));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "lr has a schedule for \"w*\"", optim_attach_for(model.opt, "w*", "lr", s));
    ck_assert(model_effective(&model, "lr") == 0.04);
    ck_ok(model.opt, optim_detach(model.opt, "lr"));
    ck_ok(model.opt, optim_attach_for(model.opt, "w*", "lr", s));
    ck_assert(model_effective(&model, "lr") == 0.005);
    model_attach(&model, "momentum", schedule_make("constant"));
    optim_destroy(model.opt);
}
END_TEST

/* The handle that a wrapper owns takes no schedules any more: they go to the outer one. */
START_TEST(wrapped_handles_take_no_schedules) {
    struct model model;
    optim *outer = NULL;
    optim_schedule *s = schedule_make("constant factor=0.5");
    model_begin(&model, "sgd");
    ck_ok(model.opt, optim_wrap(&outer, "lookahead", model.opt));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "belongs to", optim_attach(model.opt, "lr", s));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "belongs to", optim_detach(model.opt, "lr"));
    ck_fails(model.opt, OPTIM_ERROR_STATE, "belongs to", optim_epoch(model.opt, 1));
    ck_ok(outer, optim_attach(outer, "lr", s));
    ck_ok(outer, optim_step(outer));
    ck_assert(model.param == 3 - 0.005);
    optim_destroy(outer);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("schedule_errors");
    TCase *errors = tcase_create("errors");
    tcase_set_timeout(errors, 0);
    tcase_add_test(errors, kinds_are_found_by_name);
    tcase_add_loop_test(errors, parameters_have_limits, 0, (int)optim_schedule_count());
    tcase_add_test(errors, the_registry_ends);
    tcase_add_test(errors, parameters_are_checked);
    tcase_add_test(errors, what_follows_a_metric_has_no_clock);
    tcase_add_test(errors, what_must_be_set_is_missed);
    tcase_add_test(errors, contradictions_are_refused);
    tcase_add_test(errors, points_are_checked);
    tcase_add_test(errors, what_is_set_goes_to_the_outermost_that_has_it);
    tcase_add_test(errors, a_schedule_has_one_owner);
    tcase_add_test(errors, attach_checks_every_argument);
    tcase_add_test(errors, a_hyperparameter_has_one_schedule_for_a_pattern);
    tcase_add_test(errors, wrapped_handles_take_no_schedules);
    suite_add_tcase(suite, errors);
    return test_run(suite);
}
