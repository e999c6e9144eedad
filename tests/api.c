/* What every function says to good and to bad arguments, and that after an error nothing has changed. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t three = 3;

static optim *with_tensor(const char *algorithm, double *param, const double *grad) {
    optim *opt = test_create(algorithm);
    ck_ok(opt, optim_add(opt, "weight", OPTIM_F64, 1, &three, param, grad));
    return opt;
}

START_TEST(version_and_statuses_have_texts) {
    ck_assert_str_eq(optim_version(), OPTIM_VERSION);
    for (int status = OPTIM_OK; status >= OPTIM_ERROR_UNSUPPORTED; status--)
        ck_assert_str_ne(optim_strerror(status), "unknown status");
    ck_assert_str_eq(optim_strerror(1), "unknown status");
    ck_assert_str_eq(optim_strerror(-1000), "unknown status");
    ck_assert_str_eq(optim_strerror(-2147483647 - 1), "unknown status");
    ck_assert_str_eq(optim_strerror(2147483647), "unknown status");
}
END_TEST

START_TEST(create_names_near_algorithms) {
    optim *opt = NULL;
    ck_fails(NULL, OPTIM_ERROR_NAME, "near: adam, adamw", optim_create(&opt, "adm"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "\"\"", optim_create(&opt, ""));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "out is NULL", optim_create(NULL, "adam"));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_create(&opt, NULL));
    ck_fails(NULL, OPTIM_ERROR_NAME, "optim_wrap", optim_create(&opt, "lookahead"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "there are: sgd, momentum", optim_create(&opt, "zzzzzzzz"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "brackets do not match", optim_create(&opt, "lookahead(adam"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "brackets do not match", optim_create(&opt, "adam)"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "must be a name", optim_create(&opt, "ema(adam)x"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "no algorithm \"\"", optim_create(&opt, "ema()"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "no algorithm \"\"", optim_create(&opt, "(adam)"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "not a wrapper", optim_create(&opt, "adam(sgd)"));
    ck_fails(NULL, OPTIM_ERROR_STATE, "outermost", optim_create(&opt, "ema(accumulate(sgd))"));
    ck_assert_ptr_null(opt);
}
END_TEST

START_TEST(create_takes_what_name_says) {
    static const char *const names[] = {"adam", "ranger", "ema(ranger)", "accumulate(ema(lookahead(radam)))"};
    for (int i = 0; i < 4; i++) {
        optim *opt = NULL;
        ck_ok(NULL, optim_create(&opt, names[i]));
        ck_assert_str_eq(optim_name(opt), names[i]);
        optim_destroy(opt);
    }
}
END_TEST

START_TEST(environment_is_checked) {
    optim *opt = NULL;
    setenv("OPTIM_CPU", "mmx", 1);
    ck_fails(NULL, OPTIM_ERROR_UNSUPPORTED, "OPTIM_CPU = mmx", optim_create(&opt, "adam"));
    unsetenv("OPTIM_CPU");
    setenv("OPTIM_KERNELS", "cuda", 1);
    ck_fails(NULL, OPTIM_ERROR_UNSUPPORTED, "OPTIM_KERNELS = cuda", optim_create(&opt, "adam"));
    unsetenv("OPTIM_KERNELS");
    setenv("OPTIM_NUM_THREADS", "0", 1);
    ck_fails(NULL, OPTIM_ERROR_RANGE, "OPTIM_NUM_THREADS = 0", optim_create(&opt, "adam"));
    setenv("OPTIM_NUM_THREADS", "2x", 1);
    ck_fails(NULL, OPTIM_ERROR_RANGE, "OPTIM_NUM_THREADS = 2x", optim_create(&opt, "adam"));
    setenv("OPTIM_NUM_THREADS", "", 1);
    ck_ok(NULL, optim_create(&opt, "adam"));
    optim_destroy(opt);
}
END_TEST

START_TEST(null_handles_are_refused_or_empty) {
    double value;
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_step(NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_reset(NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_swap(NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_set(NULL, "lr", 1));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_get(NULL, "lr", &value));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_set_threads(NULL, 1));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_set_executor(NULL, NULL, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_bind(NULL, 0, NULL, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_state(NULL, 0, "x", NULL, NULL, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_add(NULL, "w", OPTIM_F32, 0, NULL, NULL, NULL));
    optim_destroy(NULL);
    ck_assert_uint_eq(optim_count(NULL), 0);
    ck_assert_uint_eq(optim_steps(NULL), 0);
    ck_assert_ptr_null(optim_name(NULL));
}
END_TEST

START_TEST(add_checks_every_argument) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = with_tensor("adam", param, grad);
    const size_t huge[3] = {SIZE_MAX / 2, 3, 5}, much[1] = {SIZE_MAX / 8}, empty[3] = {SIZE_MAX, 0, SIZE_MAX};
    ck_fails(opt, OPTIM_ERROR_DUPLICATE, "\"weight\"", optim_add(opt, "weight", OPTIM_F64, 1, &three, param, grad));
    ck_fails(opt, OPTIM_ERROR_DTYPE, "dtype = 0", optim_add(opt, "b", 0, 1, &three, param, grad));
    ck_fails(opt, OPTIM_ERROR_DTYPE, "bf16", optim_add(opt, "b", OPTIM_BF16, 1, &three, param, grad));
    ck_fails(opt, OPTIM_ERROR_DTYPE, "f16", optim_add(opt, "b", OPTIM_F16, 1, &three, param, grad));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "shape is NULL", optim_add(opt, "b", OPTIM_F64, 1, NULL, param, grad));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "param is NULL", optim_add(opt, "b", OPTIM_F64, 1, &three, NULL, grad));
    ck_fails(opt, OPTIM_ERROR_SIZE, "more elements", optim_add(opt, "b", OPTIM_F64, 3, huge, param, grad));
    ck_fails(opt, OPTIM_ERROR_SIZE, "more elements", optim_add(opt, "b", OPTIM_F64, 1, much, param, grad));
    ck_fails(opt, OPTIM_ERROR_SIZE, "ndim", optim_add(opt, "b", OPTIM_F64, SIZE_MAX, huge, param, grad));
    ck_fails(opt, OPTIM_ERROR_ALIGNMENT, "param", optim_add(opt, "b", OPTIM_F64, 1, &three, (char *)param + 4, grad));
    ck_fails(opt, OPTIM_ERROR_ALIGNMENT, "grad", optim_add(opt, "b", OPTIM_F32, 1, &three, param, (char *)grad + 1));
    ck_assert_uint_eq(optim_count(opt), 1);
    ck_ok(opt, optim_add(opt, "none", OPTIM_F64, 3, empty, NULL, NULL));
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 0, NULL, (float[1]){0}, NULL));
    ck_fails(opt, OPTIM_ERROR_DUPLICATE, "\"2\"", optim_add(opt, "2", OPTIM_F64, 1, &three, param, grad));
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(optim_count(opt), 3);
    optim_destroy(opt);
}
END_TEST

START_TEST(bind_moves_and_rests_a_tensor) {
    double a[3] = {1, 2, 3}, b[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = with_tensor("sgd", a, NULL);
    ck_ok(opt, optim_step(opt));
    ck_assert(a[0] == 1);
    ck_ok(opt, optim_bind(opt, 0, b, grad));
    ck_ok(opt, optim_step(opt));
    ck_assert(a[0] == 1 && b[0] == 1 - 0.01 && b[2] == 3 - 0.01);
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "tensor = 1", optim_bind(opt, 1, a, grad));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "param is NULL", optim_bind(opt, 0, NULL, grad));
    ck_fails(opt, OPTIM_ERROR_ALIGNMENT, "param", optim_bind(opt, 0, (char *)a + 1, grad));
    ck_ok(opt, optim_step(opt));
    ck_assert(a[0] == 1 && b[0] < 1 - 0.01);
    ck_assert_uint_eq(optim_steps(opt), 3);
    optim_destroy(opt);
}
END_TEST

/* A tensor that rested, or came later, has a step count of its own. */
START_TEST(step_counts_are_each_tensors_own) {
    double a[3] = {1, 2, 3}, late[3] = {1, 2, 3}, rested[3] = {1, 2, 3}, grad[3] = {1, -2, 0.5};
    optim *opt = with_tensor("adam", a, grad);
    ck_ok(opt, optim_add(opt, "rested", OPTIM_F64, 1, &three, rested, NULL));
    ck_ok(opt, optim_step(opt));
    double first[3];
    memcpy(first, a, sizeof a);
    ck_ok(opt, optim_step(opt));
    ck_ok(opt, optim_add(opt, "late", OPTIM_F64, 1, &three, late, grad));
    ck_ok(opt, optim_bind(opt, 1, rested, grad));
    ck_ok(opt, optim_step(opt));
    ck_assert_mem_eq(late, first, sizeof first);
    ck_assert_mem_eq(rested, first, sizeof first);
    optim_destroy(opt);
}
END_TEST

START_TEST(set_checks_name_and_value) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1}, value;
    optim *opt = with_tensor("adam", param, grad);
    ck_fails(opt, OPTIM_ERROR_NAME, "near: beta1, beta2", optim_set(opt, "beta", 0.5));
    ck_fails(opt, OPTIM_ERROR_NAME, "momentum", optim_set(opt, "momentum", 0.5));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "name is NULL", optim_set(opt, NULL, 0.5));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "pattern is NULL", optim_set_for(opt, NULL, "lr", 0.5));
    ck_fails(opt, OPTIM_ERROR_RANGE, "lr = -1", optim_set(opt, "lr", -1));
    ck_fails(opt, OPTIM_ERROR_RANGE, "lr = nan", optim_set(opt, "lr", (double)NAN));
    ck_fails(opt, OPTIM_ERROR_RANGE, "lr = inf", optim_set(opt, "lr", (double)INFINITY));
    ck_fails(opt, OPTIM_ERROR_RANGE, "below 1", optim_set(opt, "beta1", 1));
    ck_fails(opt, OPTIM_ERROR_RANGE, "whole number", optim_set(opt, "amsgrad", 0.5));
    ck_fails(opt, OPTIM_ERROR_RANGE, "from 0 to 1", optim_set(opt, "amsgrad", 2));
    ck_fails(opt, OPTIM_ERROR_RANGE, "eps = 0", optim_set(opt, "eps", 0));
    ck_ok(opt, optim_get(opt, "lr", &value));
    ck_assert(value == 0.001);
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "value is NULL", optim_get(opt, "lr", NULL));
    ck_fails(opt, OPTIM_ERROR_NAME, "\"x\"", optim_get_for(opt, "x", "lr", &value));
    ck_fails(opt, OPTIM_ERROR_NAME, "near: lr", optim_get_for(opt, "weight", "llr", &value));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "tensor is NULL", optim_get_for(opt, NULL, "lr", &value));
    optim_destroy(opt);
}
END_TEST

static double value_for(const optim *opt, const char *tensor, const char *name) {
    double value = -1;
    ck_ok(opt, optim_get_for(opt, tensor, name, &value));
    return value;
}

START_TEST(rules_hold_in_order_and_for_tensors_to_come) {
    double memory[6][3] = {{0}}, value;
    static const char *const names[] = {"layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias"};
    optim *opt = test_create("adamw");
    for (int i = 0; i < 3; i++)
        ck_ok(opt, optim_add(opt, names[i], OPTIM_F64, 1, &three, memory[i], NULL));
    ck_ok(opt, optim_set_for(opt, "*.bias", "weight_decay", 0));
    ck_ok(opt, optim_set_for(opt, "layer1.*", "lr", 0.5));
    ck_ok(opt, optim_set_for(opt, "layer[2-9].*", "lr", 0.25));
    ck_ok(opt, optim_set_for(opt, "layer2.bias", "beta1", 0.75));
    ck_ok(opt, optim_add(opt, names[3], OPTIM_F64, 1, &three, memory[3], NULL));
    ck_assert(value_for(opt, "layer1.bias", "weight_decay") == 0);
    ck_assert(value_for(opt, "layer2.bias", "weight_decay") == 0);
    ck_assert(value_for(opt, "layer2.weight", "weight_decay") == 0.01);
    ck_assert(value_for(opt, "layer1.bias", "lr") == 0.5);
    ck_assert(value_for(opt, "layer2.bias", "lr") == 0.25);
    ck_assert(value_for(opt, "layer2.bias", "beta1") == 0.75);
    ck_assert(value_for(opt, "layer2.weight", "beta1") == 0.9);
    ck_ok(opt, optim_get(opt, "lr", &value));
    ck_assert(value == 0.001);

    ck_ok(opt, optim_set(opt, "lr", 0.125));
    ck_ok(opt, optim_add(opt, "layer1.scale", OPTIM_F64, 1, &three, memory[4], NULL));
    ck_assert(value_for(opt, "layer1.bias", "lr") == 0.125);
    ck_assert(value_for(opt, "layer1.scale", "lr") == 0.125);
    ck_assert(value_for(opt, "layer2.bias", "weight_decay") == 0);
    ck_fails(opt, OPTIM_ERROR_RANGE, "lr = -1", optim_set_for(opt, "layer?.*", "lr", -1));
    ck_assert(value_for(opt, "layer1.bias", "lr") == 0.125);
    optim_destroy(opt);
}
END_TEST

/* Against one that keeps every rule and looks them all up each time. */
START_TEST(rules_agree_with_a_plain_list) {
    static const char *const patterns[] = {"*", "a*", "*b", "?", "ab", "[a-c]?", "b*b"}, *const params[] = {"lr", "eps",
                                                                                                            "beta1"};
    static const char *const names[] = {"a", "b", "ab", "ba", "bb", "cab", "bab", "d"};
    /* matches[p][n] by hand */
    static const bool matches[7][8] = {{1, 1, 1, 1, 1, 1, 1, 1}, {1, 0, 1, 0, 0, 0, 0, 0}, {0, 1, 1, 0, 1, 1, 1, 0},
                                       {1, 1, 0, 0, 0, 0, 0, 1}, {0, 0, 1, 0, 0, 0, 0, 0}, {0, 0, 1, 1, 1, 0, 0, 0},
                                       {0, 0, 0, 0, 1, 0, 1, 0}};
    double expected[8][3], memory[8][3] = {{0}};
    uint64_t random = (uint64_t)_i * 1000;
    optim *opt = test_create("adam");
    for (int n = 0; n < 8; n++)
        for (int k = 0; k < 3; k++)
            ck_ok(opt, optim_get(opt, params[k], &expected[n][k]));
    for (int n = 0, rule = 0; rule < 40; rule++) {
        if (rule % 5 == 0) {
            ck_ok(opt, optim_add(opt, names[n], OPTIM_F64, 1, &three, memory[n], memory[n]));
            n++;
        }
        const int p = (int)(test_random(&random) % 7), k = (int)(test_random(&random) % 3);
        const double value = (double)(test_random(&random) % 100 + 1) / 128;
        ck_ok(opt, optim_set_for(opt, patterns[p], params[k], value));
        for (int i = 0; i < 8; i++)
            if (matches[p][i])
                expected[i][k] = value;
        if (rule % 7 == 0)
            ck_ok(opt, optim_step(opt));
        for (int i = 0; i < n; i++)
            for (int q = 0; q < 3; q++)
                ck_assert_msg(value_for(opt, names[i], params[q]) == expected[i][q], "rule %d: %s of %s", rule,
                              params[q], names[i]);
    }
    optim_destroy(opt);
}
END_TEST

START_TEST(contradictions_name_both_hyperparameters) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1}, value;
    optim *opt = with_tensor("sgd", param, grad);
    /* two that belong together may be set in any order */
    ck_ok(opt, optim_set(opt, "nesterov", 1));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "nesterov = 1 contradicts momentum = 0", optim_step(opt));
    ck_assert(param[0] == 1 && optim_steps(opt) == 0);
    ck_ok(opt, optim_set(opt, "momentum", 0.5));
    ck_ok(opt, optim_step(opt));
    /* two that were both chosen are refused at once, whatever else is still missing */
    optim *other = with_tensor("sgd", param, grad);
    ck_ok(other, optim_set(other, "dampening", 0.5));
    ck_fails(other, OPTIM_ERROR_CONFLICT, "contradicts dampening", optim_set(other, "nesterov", 1));
    optim_destroy(other);
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "nesterov = 1 contradicts dampening = 0.5", optim_set(opt, "dampening", 0.5));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "dampening", optim_set_for(opt, "w*", "dampening", 0.5));
    ck_ok(opt, optim_get(opt, "dampening", &value));
    ck_assert(value == 0);
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);

    opt = with_tensor("nesterov", param, grad);
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "momentum", optim_set(opt, "momentum", 0));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "dampening", optim_set(opt, "dampening", 0.1));
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);
    opt = with_tensor("rprop", param, grad);
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "step_min = 60 contradicts step_max = 50",
             (optim_set(opt, "step_max", 50), optim_set(opt, "step_min", 60)));
    optim_destroy(opt);
}
END_TEST

/* What was chosen for one tensor says nothing about another. */
START_TEST(contradictions_are_each_tensors_own) {
    double a[3] = {1, 2, 3}, b[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = test_create("sgd");
    ck_ok(opt, optim_add(opt, "a", OPTIM_F64, 1, &three, a, grad));
    ck_ok(opt, optim_set_for(opt, "a", "momentum", 0.9));
    ck_ok(opt, optim_set(opt, "nesterov", 1));
    ck_ok(opt, optim_step(opt));
    ck_ok(opt, optim_add(opt, "b", OPTIM_F64, 1, &three, b, grad));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "nesterov = 1 contradicts momentum = 0", optim_step(opt));
    ck_ok(opt, optim_set_for(opt, "b", "nesterov", 0));
    ck_ok(opt, optim_set_for(opt, "b", "dampening", 0.5));
    ck_ok(opt, optim_step(opt));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "nesterov = 1 contradicts dampening", optim_set_for(opt, "b", "nesterov", 1));
    ck_fails(opt, OPTIM_ERROR_CONFLICT, "contradicts dampening", optim_set_for(opt, "a", "dampening", 0.5));
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);

    /* nor does it if the other one comes later */
    opt = test_create("rprop");
    ck_ok(opt, optim_set_for(opt, "a", "step_max", 100));
    ck_ok(opt, optim_set_for(opt, "a", "step_min", 60));
    ck_ok(opt, optim_add(opt, "a", OPTIM_F64, 1, &three, a, grad));
    ck_ok(opt, optim_add(opt, "b", OPTIM_F64, 1, &three, b, grad));
    ck_ok(opt, optim_set(opt, "step_max", 80));
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);
}
END_TEST

START_TEST(wrap_owns_on_success_only) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1}, value;
    optim *inner = with_tensor("adam", param, grad), *outer = NULL;
    ck_fails(inner, OPTIM_ERROR_NAME, "near: lookahead", optim_wrap(&outer, "lookahed", inner));
    ck_fails(inner, OPTIM_ERROR_NAME, "not a wrapper", optim_wrap(&outer, "adam", inner));
    ck_fails(inner, OPTIM_ERROR_NAME, "not a wrapper", optim_wrap(&outer, "ranger", inner));
    ck_fails(inner, OPTIM_ERROR_ARGUMENT, "out is NULL", optim_wrap(NULL, "lookahead", inner));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_wrap(&outer, "lookahead", NULL));
    ck_assert_ptr_null(outer);
    ck_ok(inner, optim_step(inner));
    ck_ok(inner, optim_wrap(&outer, "lookahead", inner));
    ck_assert_str_eq(optim_name(outer), "lookahead(adam)");
    ck_fails(inner, OPTIM_ERROR_STATE, "belongs to lookahead(adam)", optim_step(inner));
    ck_fails(inner, OPTIM_ERROR_STATE, "belongs to", optim_wrap(&outer, "lookahead", inner));
    optim_destroy(inner);
    ck_ok(outer, optim_set(outer, "beta1", 0.5));
    ck_ok(outer, optim_set(outer, "sync_period", 2));
    ck_ok(outer, optim_get(outer, "beta1", &value));
    ck_assert(value == 0.5);
    ck_fails(outer, OPTIM_ERROR_NAME, "lookahead(adam) has no", optim_set(outer, "decay", 0.5));
    ck_assert_uint_eq(optim_count(outer), 1);
    ck_ok(outer, optim_step(outer));
    optim_destroy(outer);
}
END_TEST

START_TEST(wrappers_nest_to_a_limit_and_accumulate_is_outermost) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = with_tensor("sgd", param, grad);
    int wrapped = 0;
    while (optim_wrap(&opt, "ema", opt) == OPTIM_OK)
        wrapped++;
    ck_assert_int_eq(wrapped, 6);
    ck_assert_msg(strstr(optim_errmsg(opt), "as many wrappers"), "%s", optim_errmsg(opt));
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);
    opt = test_create("accumulate(ema(adam))");
    ck_fails(opt, OPTIM_ERROR_STATE, "outermost", optim_wrap(&opt, "lookahead", opt));
    optim_destroy(opt);
}
END_TEST

START_TEST(state_is_a_view_by_name) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 2, 4};
    void *data = NULL;
    int dtype = 0;
    size_t count = 0;
    optim *opt = with_tensor("lookahead(adam)", param, grad);
    ck_ok(opt, optim_state(opt, 0, "exp_avg", &data, &dtype, &count));
    ck_assert(dtype == OPTIM_F64 && count == 3 && ((double *)data)[2] == 0);
    ck_ok(opt, optim_step(opt));
    ck_assert_double_eq_tol(((double *)data)[2], 0.4, 1e-15);
    ck_ok(opt, optim_state(opt, 0, "slow", &data, NULL, NULL));
    ck_assert(((double *)data)[1] == 2);
    ck_fails(opt, OPTIM_ERROR_NAME, "slow, slow_momentum, exp_avg", optim_state(opt, 0, "m", NULL, NULL, NULL));
    ck_fails(opt, OPTIM_ERROR_STATE, "does not use", optim_state(opt, 0, "max_exp_avg_sq", NULL, NULL, NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "tensor = 1", optim_state(opt, 1, "slow", NULL, NULL, NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "slot is NULL", optim_state(opt, 0, NULL, NULL, NULL, NULL));
    ck_ok(opt, optim_set(opt, "amsgrad", 1));
    ck_ok(opt, optim_state(opt, 0, "max_exp_avg_sq", &data, NULL, NULL));
    optim_destroy(opt);
}
END_TEST

START_TEST(introspection_lists_everything) {
    double initial, min, max, value;
    const char *name, *help;
    for (size_t i = 0; i < optim_algorithm_count(); i++) {
        const char *algorithm = optim_algorithm_name(i);
        ck_assert_msg(strlen(optim_algorithm_summary(algorithm)) > 10, "%s", algorithm);
        ck_assert_uint_gt(optim_param_count(algorithm), 0);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(algorithm, optim_algorithm_name(k));
        optim *opt = optim_algorithm_wraps(algorithm) ? NULL : test_create(algorithm);
        for (size_t k = 0; k < optim_param_count(algorithm); k++) {
            ck_ok(NULL, optim_param_info(algorithm, k, &name, &initial, &min, &max, &help));
            ck_assert_msg(min <= initial && initial <= max && strlen(help) > 10, "%s: %s", algorithm, name);
            if (opt) {
                ck_ok(opt, optim_get(opt, name, &value));
                ck_assert_msg(value == initial, "%s: %s is %g, not %g", algorithm, name, value, initial);
                ck_ok(opt, optim_set(opt, name, initial));
            }
        }
        for (size_t k = 0; k < optim_slot_count(algorithm); k++)
            ck_assert_uint_gt(strlen(optim_slot_name(algorithm, k)), 0);
        optim_destroy(opt);
    }
    ck_assert_ptr_null(optim_algorithm_name(optim_algorithm_count()));
    ck_assert_ptr_null(optim_algorithm_summary("nothing"));
    ck_assert_ptr_null(optim_slot_name("adam", 3));
    ck_assert_ptr_null(optim_slot_name(NULL, 0));
    ck_assert_uint_eq(optim_param_count("nothing"), 0);
    ck_assert_uint_eq(optim_slot_count("nothing"), 0);
    ck_fails(NULL, OPTIM_ERROR_NAME, "nothing", optim_algorithm_wraps("nothing"));
    ck_fails(NULL, OPTIM_ERROR_NAME, "nothing", optim_param_info("nothing", 0, NULL, NULL, NULL, NULL, NULL));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "i = 99", optim_param_info("adam", 99, NULL, NULL, NULL, NULL, NULL));
    ck_ok(NULL, optim_param_info("adam", 0, NULL, NULL, NULL, NULL, NULL));
}
END_TEST

START_TEST(swapped_weights_are_read_only) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = with_tensor("ema(sgd)", param, grad), *outer = NULL;
    ck_ok(opt, optim_swap(opt)); /* before the first step there is nothing to exchange */
    ck_assert(param[0] == 1);
    ck_ok(opt, optim_swap(opt));
    ck_ok(opt, optim_set(opt, "decay", 0.5));
    ck_ok(opt, optim_step(opt));
    ck_ok(opt, optim_swap(opt));
    ck_assert_double_eq_tol(param[0], 0.5 * 1 + 0.5 * 0.99, 1e-15);
    ck_fails(opt, OPTIM_ERROR_STATE, "swapped", optim_step(opt));
    ck_fails(opt, OPTIM_ERROR_STATE, "swapped", optim_reset(opt));
    ck_fails(opt, OPTIM_ERROR_STATE, "swapped", optim_bind(opt, 0, param, grad));
    ck_fails(opt, OPTIM_ERROR_STATE, "swapped", optim_wrap(&outer, "ema", opt));
    ck_fails(opt, OPTIM_ERROR_STATE, "swapped", optim_add(opt, "b", OPTIM_F64, 1, &three, param, grad));
    ck_ok(opt, optim_swap(opt));
    ck_assert(param[0] == 0.99);
    ck_ok(opt, optim_step(opt));
    optim_destroy(opt);
    opt = with_tensor("adam", param, grad);
    ck_fails(opt, OPTIM_ERROR_STATE, "no weights of its own", optim_swap(opt));
    optim_destroy(opt);
}
END_TEST

/* After a reset every chain does again what it did at first. */
START_TEST(reset_starts_over) {
    double first[3], param[3], grad[3];
    optim *opt = with_tensor(test_chain((size_t)_i), param, grad);
    test_vary(opt, 2);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++)
            param[i] = test_weight(i);
        for (uint64_t t = 1; t <= 10; t++) {
            for (size_t i = 0; i < 3; i++)
                grad[i] = test_gradient(t, i);
            ck_ok(opt, optim_step(opt));
        }
        if (round == 0)
            memcpy(first, param, sizeof first);
        ck_assert_uint_eq(optim_steps(opt), 10);
        ck_ok(opt, optim_reset(opt));
    }
    ck_assert_mem_eq(param, first, sizeof first);
    optim_destroy(opt);
}
END_TEST

/* Hyperparameters that state depends on change in the middle of what the state is for. */
START_TEST(accumulation_may_end_early) {
    double param[3] = {1, 2, 3}, grad[3] = {1, 1, 1};
    optim *opt = with_tensor("accumulate(sgd)", param, grad);
    ck_ok(opt, optim_set(opt, "lr", 1));
    ck_ok(opt, optim_set(opt, "every", 5));
    ck_ok(opt, optim_step(opt));
    grad[0] = 3;
    ck_ok(opt, optim_step(opt));
    ck_assert(param[0] == 1);
    ck_ok(opt, optim_set(opt, "every", 1));
    ck_ok(opt, optim_set(opt, "clip_norm", 1e9));
    grad[0] = 2;
    ck_ok(opt, optim_step(opt)); /* of the three there are */
    ck_assert(param[0] == -1 && param[1] == 1);
    ck_ok(opt, optim_step(opt));
    ck_assert(param[0] == -3);
    optim_destroy(opt);
}
END_TEST

START_TEST(threads_are_checked) {
    optim *opt = test_create("adam");
    ck_fails(opt, OPTIM_ERROR_RANGE, "threads = -1", optim_set_threads(opt, -1));
    ck_fails(opt, OPTIM_ERROR_RANGE, "threads = 1025", optim_set_threads(opt, 1025));
    ck_ok(opt, optim_set_threads(opt, 1024));
    ck_ok(opt, optim_set_threads(opt, 0));
    ck_ok(opt, optim_step(opt)); /* a handle without tensors */
    optim_destroy(opt);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("api");
    TCase *api = tcase_create("api");
    tcase_set_timeout(api, 0);
    tcase_add_test(api, version_and_statuses_have_texts);
    tcase_add_test(api, create_names_near_algorithms);
    tcase_add_test(api, create_takes_what_name_says);
    tcase_add_test(api, environment_is_checked);
    tcase_add_test(api, null_handles_are_refused_or_empty);
    tcase_add_test(api, add_checks_every_argument);
    tcase_add_test(api, bind_moves_and_rests_a_tensor);
    tcase_add_test(api, step_counts_are_each_tensors_own);
    tcase_add_test(api, set_checks_name_and_value);
    tcase_add_test(api, rules_hold_in_order_and_for_tensors_to_come);
    tcase_add_loop_test(api, rules_agree_with_a_plain_list, 0, 50);
    tcase_add_test(api, contradictions_name_both_hyperparameters);
    tcase_add_test(api, contradictions_are_each_tensors_own);
    tcase_add_test(api, wrap_owns_on_success_only);
    tcase_add_test(api, wrappers_nest_to_a_limit_and_accumulate_is_outermost);
    tcase_add_test(api, state_is_a_view_by_name);
    tcase_add_test(api, introspection_lists_everything);
    tcase_add_test(api, swapped_weights_are_read_only);
    tcase_add_loop_test(api, reset_starts_over, 0, (int)test_chains());
    tcase_add_test(api, accumulation_may_end_early);
    tcase_add_test(api, threads_are_checked);
    suite_add_tcase(suite, api);
    return test_run(suite);
}
