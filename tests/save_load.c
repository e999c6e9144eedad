/* What loading does to a handle and what it leaves alone; which tensors it takes. */
#include "save_support.h"
#include "schedule_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plan plan = {"lookahead(adam)", "plateau patience=1", 2, true};

static struct net *net_after(uint64_t steps) {
    struct net *net = net_create(plan.chain, false, false);
    net_configure(net, &plan);
    net_run(net, &plan, 0, steps);
    return net;
}

static void load(struct net *net, const struct bytes *state) {
    ck_ok(net->opt, net_load(net, state));
}

static void assert_loaded(const struct net *net, size_t restored, size_t fresh, size_t ignored) {
    size_t got[3];
    ck_ok(net->opt, optim_loaded(net->opt, &got[0], &got[1], &got[2]));
    ck_assert_msg(got[0] == restored && got[1] == fresh && got[2] == ignored, "%zu restored, %zu fresh, %zu ignored",
                  got[0], got[1], got[2]);
}

/* ---- What is loaded ------------------------------------------------------------------------------------------- */

/* Bits that are no numbers included. */
START_TEST(weights_are_saved_if_asked) {
    struct net *net = net_after(30), *other = net_create(plan.chain, false, true);
    struct bytes without = net_save(net);
    ck_ok(net->opt, optim_set(net->opt, "save_weights", 1));
    net->param[1][0] = -NAN;
    memset(net->param[0], 0x7f, sizeof(float)); /* a NaN with a payload of its own */
    struct bytes with = net_save(net);
    ck_assert_uint_gt(with.size, without.size + 15 * sizeof(float));
    memset(other->param, 0, sizeof other->param);
    load(other, &without);
    for (size_t k = 0; k < NET_TENSORS; k++)
        ck_assert_double_eq(other->param[k][0], 0);
    load(other, &with);
    ck_assert(memcmp(net->param, other->param, sizeof net->param[0] * NET_LATE) == 0);
    bytes_free(&without);
    bytes_free(&with);
    net_free(net);
    net_free(other);
}
END_TEST

START_TEST(pointers_to_state_stay_valid) {
    static const char *const slots[] = {"exp_avg", "exp_avg_sq", "slow"};
    struct net *net = net_after(40), *new = net_create(plan.chain, false, true);
    struct bytes state = net_save(net);
    void *before[NET_LATE][3], *after, *expected;
    size_t count;
    for (size_t k = 0; k < NET_LATE; k++)
        for (size_t s = 0; s < 3; s++)
            ck_ok(new->opt, optim_state(new->opt, new->number[k], slots[s], &before[k][s], NULL, NULL));
    for (int times = 0; times < 2; times++) {
        load(new, &state);
        for (size_t k = 0; k < NET_LATE; k++)
            for (size_t s = 0; s < 3; s++) {
                int dtype;
                ck_ok(new->opt, optim_state(new->opt, new->number[k], slots[s], &after, &dtype, &count));
                ck_assert_ptr_eq(before[k][s], after);
                ck_ok(net->opt, optim_state(net->opt, net->number[k], slots[s], &expected, NULL, NULL));
                if (count)
                    ck_assert(memcmp(after, expected, count * test_size(dtype)) == 0);
            }
        net_run(new, &plan, 40, 45);
    }
    bytes_free(&state);
    net_free(net);
    net_free(new);
}
END_TEST

/* Once more, after a reset, and into a handle that is at another place of the same run. */
START_TEST(whatever_was_there_before) {
    struct net *net = net_after(60), *other = net_after(95);
    struct bytes state = net_save(net);
    load(other, &state);
    net_copy_weights(other, net);
    load(other, &state);
    ck_ok(other->opt, optim_reset(other->opt));
    load(other, &state);
    ck_assert_uint_eq(optim_steps(other->opt), optim_steps(net->opt));
    ck_assert_uint_eq(optim_epochs(other->opt), 3);
    ck_assert_uint_eq(optim_skipped(other->opt), optim_skipped(net->opt));
    ck_assert_uint_gt(optim_skipped(net->opt), 0);
    double norm[2];
    ck_ok(net->opt, optim_norm(net->opt, &norm[0]));
    ck_ok(other->opt, optim_norm(other->opt, &norm[1]));
    ck_assert_double_eq(norm[0], norm[1]);
    net_run(net, &plan, 60, 160);
    net_run(other, &plan, 60, 99);
    struct bytes later = net_save(other);
    load(other, &later);
    net_run(other, &plan, 99, 160);
    net_assert_same(net, other, "loaded four times");
    bytes_free(&state);
    bytes_free(&later);
    net_free(net);
    net_free(other);
}
END_TEST

static bool contains(const struct bytes *bytes, const char *text) {
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= bytes->size; i++)
        if (memcmp(bytes->data + i, text, length) == 0)
            return true;
    return false;
}

/* What was reset is saved as new. */
START_TEST(what_was_reset_is_new) {
    struct net *net = net_after(60), *other = net_create(plan.chain, false, true);
    ck_ok(net->opt, optim_reset(net->opt));
    struct bytes state = net_save(net);
    ck_assert(!contains(&state, "exp_avg"));
    load(other, &state);
    net_copy_weights(other, net);
    net_run(net, &plan, 0, 70);
    net_run(other, &plan, 0, 70);
    net_assert_same(net, other, "after a reset");
    bytes_free(&state);
    net_free(net);
    net_free(other);
}
END_TEST

static double get(const struct net *net, const char *name) {
    double value;
    ck_ok(net->opt, optim_get(net->opt, name, &value));
    return value;
}

/* Hyperparameters and rules become the file's, and hold for tensors that come later; what is the machine's stays. */
START_TEST(settings_become_the_files) {
    struct net *net = net_after(20), *other = net_create(plan.chain, false, false);
    struct bytes state = net_save(net);
    double value;
    ck_ok(other->opt, optim_set(other->opt, "lr", 7));
    ck_ok(other->opt, optim_set(other->opt, "save_weights", 1));
    ck_ok(other->opt, optim_set_for(other->opt, "late", "beta1", 0.125));
    ck_ok(other->opt, optim_attach(other->opt, "eps", schedule_make("constant factor=3")));
    load(other, &state);
    ck_assert_double_eq(get(other, "lr"), get(net, "lr"));
    ck_assert_double_eq(get(other, "loss_scale"), get(net, "loss_scale"));
    ck_assert_double_eq(get(other, "save_weights"), 1);
    ck_assert_double_eq(get(other, "load_strict"), 1);
    net_run(other, &plan, 99, 100); /* adds the late one */
    ck_ok(other->opt, optim_get_for(other->opt, "late", "beta1", &value));
    ck_assert_double_eq(value, get(net, "beta1"));
    ck_ok(other->opt, optim_get_for(other->opt, "late", "weight_decay", &value));
    ck_assert_double_eq(value, 0.05); /* of the rule "l*e" */
    ck_ok(other->opt, optim_get_for(other->opt, "late", "eps", &value));
    ck_assert_double_eq(value, get(net, "eps"));
    bytes_free(&state);
    net_free(net);
    net_free(other);
}
END_TEST

/* What a contradiction is depends on what somebody chose. */
START_TEST(choices_are_remembered) {
    optim *opt = test_create("nesterov"), *other = test_create("nesterov");
    struct bytes state = {0};
    ck_ok(opt, optim_write(opt, bytes_append, &state));
    ck_ok(other, optim_set(other, "nesterov", 0));
    ck_ok(other, optim_set(other, "dampening", 0.5));
    ck_ok(other, optim_read(other, bytes_take, &state));
    ck_fails(other, OPTIM_ERROR_CONFLICT, "dampening", optim_set(other, "dampening", 0.5));
    bytes_free(&state);
    optim_destroy(opt);
    optim_destroy(other);
}
END_TEST

/* What is about this machine is not the file's; a schedule that was taken off stays off. */
START_TEST(rules_of_this_machine_stay) {
    struct net *net = net_after(20), *other = net_create(plan.chain, false, false);
    double value;
    ck_ok(net->opt, optim_attach_for(net->opt, "layer/*", "eps", schedule_make("constant factor=3")));
    ck_ok(net->opt, optim_detach(net->opt, "eps"));
    const bool blas = optim_set_for(other->opt, "layer/*", "blas", 1) == OPTIM_OK; /* not every build has it */
    struct bytes state = net_save(net);
    load(other, &state);
    ck_ok(other->opt, optim_get_for(other->opt, "layer/bias", "blas", &value));
    ck_assert_double_eq(value, blas);
    ck_ok(other->opt, optim_get_for(other->opt, "layer/bias", "eps", &value));
    ck_assert_double_eq(value, get(net, "eps"));
    struct bytes again = net_save(other);
    ck_assert(bytes_same(&state, &again));
    bytes_free(&state);
    bytes_free(&again);
    net_free(net);
    net_free(other);
}
END_TEST

/* More of everything than fits in a page: rules, points of a schedule, dimensions, names without and with a number. */
START_TEST(much_is_no_trouble) {
    enum { RULES = 3000, POINTS = 2000, MANY = 12000, DIMENSIONS = 200 };
    static double values[MANY], grads[MANY];
    size_t shape[DIMENSIONS];
    optim *handles[2];
    struct bytes states[2] = {{0}, {0}};
    for (size_t i = 0; i < DIMENSIONS; i++)
        shape[i] = 1;
    for (int k = 0; k < 2; k++) {
        optim *opt = handles[k] = test_create("adam");
        char *name = calloc(1, 5001);
        memset(name, 'n', 5000);
        ck_ok(opt, optim_add(opt, name, OPTIM_F64, DIMENSIONS, shape, values, grads));
        for (int i = 1; i < MANY; i++)
            ck_ok(opt, optim_add(opt, NULL, OPTIM_F64, 0, NULL, &values[i], i % 2 ? &grads[i] : NULL));
        free(name);
    }
    optim_schedule *s = schedule_make("piecewise");
    for (int i = 0; i < POINTS; i++)
        ck_ok(NULL, optim_schedule_point(s, i * 1.1, 1.0 / (i + 3)));
    ck_ok(handles[0], optim_attach_for(handles[0], "[0-9]*", "lr", s));
    for (int i = 0; i < RULES; i++) {
        char pattern[32];
        snprintf(pattern, sizeof pattern, "%d*", i);
        ck_ok(handles[0], optim_set_for(handles[0], pattern, "beta1", 1.0 / (i + 2)));
    }
    ck_ok(handles[0], optim_step(handles[0]));
    ck_ok(handles[0], optim_write(handles[0], bytes_append, &states[0]));
    ck_ok(handles[1], optim_read(handles[1], bytes_take, &states[0]));
    ck_ok(handles[1], optim_write(handles[1], bytes_append, &states[1]));
    ck_assert(bytes_same(&states[0], &states[1]));
    for (int k = 0; k < 2; k++) {
        bytes_free(&states[k]);
        optim_destroy(handles[k]);
    }
}
END_TEST

START_TEST(no_tensors_are_fine) {
    for (size_t c = 0; c < test_chains(); c += test_stride(10)) {
        optim *opt = test_create(test_chain(c)), *other = test_create(test_chain(c));
        struct bytes state = {0}, again = {0};
        ck_ok(opt, optim_set_for(opt, "x*", "weight_decay", 0.5));
        ck_ok(opt, optim_step(opt));
        ck_ok(opt, optim_write(opt, bytes_append, &state));
        ck_ok(other, optim_read(other, bytes_take, &state));
        ck_ok(other, optim_write(other, bytes_append, &again));
        ck_assert(bytes_same(&state, &again));
        ck_assert_uint_eq(optim_steps(other), 1);
        bytes_free(&state);
        bytes_free(&again);
        optim_destroy(opt);
        optim_destroy(other);
    }
}
END_TEST

/* ---- Which tensors -------------------------------------------------------------------------------------------- */

/* A tensor that is not in the file starts as one that is added now, in a new handle and in one that has stepped. */
START_TEST(missing_tensors_start_fresh) {
    const uint64_t now = 77, end = 140;
    struct net *whole = net_after(now), *other = net_create(plan.chain, true, false);
    struct bytes state = net_save(whole);
    if (_i == 1) {
        net_configure(other, &plan);
        net_run(other, &plan, 0, 30);
    }
    ck_fails(other->opt, OPTIM_ERROR_MISMATCH, "late: only the handle has it", net_load(other, &state));
    assert_loaded(other, 0, 0, 0);
    ck_ok(other->opt, optim_set(other->opt, "load_strict", 0));
    load(other, &state);
    assert_loaded(other, NET_LATE, 1, 0);
    struct net *late = net_create(plan.chain, false, false);
    load(late, &state);
    net_copy_weights(late, whole);
    memcpy(late->param[NET_LATE], other->param[NET_LATE], sizeof late->param[0]);
    net_copy_weights(other, late);
    for (uint64_t t = 100; t < end; t++) { /* the first step adds the late one */
        net_run(late, &plan, t - 1, t);
        net_run(other, &plan, t - 1, t);
    }
    net_assert_same(late, other, "a tensor that was not in the file");
    bytes_free(&state);
    net_free(whole);
    net_free(other);
    net_free(late);
}
END_TEST

START_TEST(tensors_of_others_are_ignored) {
    struct net *whole = net_after(120), *other = net_create(plan.chain, false, false);
    struct bytes state = net_save(whole);
    ck_fails(other->opt, OPTIM_ERROR_MISMATCH, "late: only the file has it", net_load(other, &state));
    ck_ok(other->opt, optim_set(other->opt, "load_strict", 0));
    load(other, &state);
    assert_loaded(other, NET_LATE, 0, 1);
    size_t ignored = 9;
    ck_ok(other->opt, optim_loaded(other->opt, NULL, NULL, &ignored));
    ck_ok(other->opt, optim_loaded(other->opt, NULL, NULL, NULL));
    ck_assert_uint_eq(ignored, 1);
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_loaded(NULL, &ignored, NULL, NULL));
    net_copy_weights(other, whole);
    ck_ok(whole->opt, optim_bind(whole->opt, whole->number[NET_LATE], whole->param[NET_LATE], NULL));
    ck_ok(whole->opt, optim_set(whole->opt, "clip_norm", 0)); /* which the other one has another part in */
    ck_ok(other->opt, optim_set(other->opt, "clip_norm", 0));
    net_run(whole, &plan, 120, 140);
    net_run(other, &plan, 120, 140);
    for (size_t k = 0; k < NET_LATE; k++)
        ck_assert(memcmp(whole->param[k], other->param[k], sizeof whole->param[k]) == 0);
    bytes_free(&state);
    net_free(whole);
    net_free(other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("save_load");
    TCase *loaded = tcase_create("what is loaded"), *which = tcase_create("which tensors");
    tcase_set_timeout(loaded, 300);
    tcase_set_timeout(which, 300);
    tcase_add_test(loaded, weights_are_saved_if_asked);
    tcase_add_test(loaded, pointers_to_state_stay_valid);
    tcase_add_test(loaded, whatever_was_there_before);
    tcase_add_test(loaded, what_was_reset_is_new);
    tcase_add_test(loaded, settings_become_the_files);
    tcase_add_test(loaded, choices_are_remembered);
    tcase_add_test(loaded, rules_of_this_machine_stay);
    tcase_add_test(loaded, much_is_no_trouble);
    tcase_add_test(loaded, no_tensors_are_fine);
    tcase_add_loop_test(which, missing_tensors_start_fresh, 0, 2);
    tcase_add_test(which, tensors_of_others_are_ignored);
    suite_add_tcase(suite, loaded);
    suite_add_tcase(suite, which);
    return test_run(suite);
}
