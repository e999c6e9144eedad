/* What cannot be loaded or saved: the message says what is wrong, and the handle is as if nobody had tried. */
#include "save_support.h"
#include "schedule_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plan plan = {"lookahead(adam)", "plateau patience=1", 2, true};

/* Two handles of the same run: one that errors are tried on, and one that knows nothing of them. */
struct twins {
    struct net *net, *other;
    uint64_t t;
};

static struct twins twins_after(uint64_t t) {
    struct twins twins = {net_create(plan.chain, false, false), net_create(plan.chain, false, false), t};
    net_configure(twins.net, &plan);
    net_configure(twins.other, &plan);
    net_run(twins.net, &plan, 0, t);
    net_run(twins.other, &plan, 0, t);
    return twins;
}

static void twins_compare(struct twins *twins, const char *what) {
    net_assert_same(twins->net, twins->other, what);
    net_run(twins->net, &plan, twins->t, twins->t + 50);
    net_run(twins->other, &plan, twins->t, twins->t + 50);
    net_assert_same(twins->net, twins->other, what);
    net_free(twins->net);
    net_free(twins->other);
}

/* A state of that run, at another time, with the weights. */
static struct bytes state_after(uint64_t t) {
    struct net *net = net_create(plan.chain, false, true);
    net_configure(net, &plan);
    net_run(net, &plan, 0, t);
    ck_ok(net->opt, optim_set(net->opt, "save_weights", 1));
    struct bytes state = net_save(net);
    net_free(net);
    return state;
}

/* ---- The state of something else ------------------------------------------------------------------------------ */

/* A handle with two tensors that has taken a step. */
static optim *two_tensors(const char *chain, const char *first, size_t ndim, const size_t *shape, int dtype) {
    static double values[2][6], grads[2][6];
    static const size_t two = 2;
    optim *opt = test_create(chain);
    ck_ok(opt, optim_add(opt, first, dtype, ndim, shape, values[0], grads[0]));
    ck_ok(opt, optim_add(opt, "b", OPTIM_F32, 1, &two, values[1], grads[1]));
    ck_ok(opt, optim_step(opt));
    return opt;
}

START_TEST(another_optimizers_state_is_refused) {
    static const struct {
        const char *chain, *name;
        size_t ndim, shape[2];
        int dtype;
        const char *message;
    } others[] = {
        {"adam", "a", 2, {3, 2}, OPTIM_F32, "a: file has [3,2], handle has [2,3]"},
        {"adam", "a", 1, {6}, OPTIM_F32, "a: file has [6], handle has [2,3]"},
        {"adam", "a", 2, {2, 3}, OPTIM_F64, "a: file has F64, handle has F32"},
        {"adam", "A", 2, {2, 3}, OPTIM_F32, "A: only the file has it; a: only the handle has it"},
        {"amsgrad", "a", 2, {2, 3}, OPTIM_F32, "the file is of amsgrad, the handle is adam"},
        {"lookahead(adam)", "a", 2, {2, 3}, OPTIM_F32, "the file is of lookahead(adam), the handle is adam"},
        {"lion", "a", 2, {2, 3}, OPTIM_F32, "the file is of lion, the handle is adam"},
    };
    static const size_t shape[2] = {2, 3};
    optim *opt = two_tensors("adam", "a", 2, shape, OPTIM_F32);
    optim *other = two_tensors(others[_i].chain, others[_i].name, others[_i].ndim, others[_i].shape, others[_i].dtype);
    struct bytes before = {0}, after = {0}, state = {0};
    ck_ok(opt, optim_write(opt, bytes_append, &before));
    ck_ok(other, optim_write(other, bytes_append, &state));
    ck_fails(opt, OPTIM_ERROR_MISMATCH, others[_i].message, optim_read(opt, bytes_take, &state));
    ck_ok(opt, optim_set(opt, "load_strict", 0));
    state.at = 0;
    const int lax = optim_read(opt, bytes_take, &state);
    ck_assert_int_eq(lax, strcmp(others[_i].name, "A") == 0 ? OPTIM_OK : OPTIM_ERROR_MISMATCH);
    if (lax != OPTIM_OK) {
        ck_ok(opt, optim_write(opt, bytes_append, &after));
        ck_assert(bytes_same(&before, &after));
    }
    bytes_free(&before);
    bytes_free(&after);
    bytes_free(&state);
    optim_destroy(opt);
    optim_destroy(other);
}
END_TEST

/* All differences in one message, as far as there is room. */
START_TEST(all_differences_are_told) {
    static double values[203];
    optim *opt = test_create("sgd"), *other = test_create("sgd");
    struct bytes state = {0};
    char name[80];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%c", 'x' + i);
        ck_ok(opt, optim_add(opt, name, OPTIM_F64, 0, NULL, &values[i], NULL));
    }
    ck_ok(other, optim_write(other, bytes_append, &state));
    ck_fails(opt, OPTIM_ERROR_MISMATCH,
             "x: only the handle has it; y: only the handle has it; z: only the handle has it",
             optim_read(opt, bytes_take, &state));
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "a tensor of a longer name, so that there are too many: %d", i);
        ck_ok(opt, optim_add(opt, name, OPTIM_F64, 0, NULL, &values[3 + i], NULL));
    }
    state.at = 0;
    ck_fails(opt, OPTIM_ERROR_MISMATCH, "; and more", optim_read(opt, bytes_take, &state));
    bytes_free(&state);
    optim_destroy(opt);
    optim_destroy(other);
}
END_TEST

/* ---- Damaged bytes -------------------------------------------------------------------------------------------- */

/* A byte that is another one is noticed, or it is a space that means nothing. */
START_TEST(every_byte_matters) {
    static const unsigned char flips[] = {0x01, 0x04, 0x20, 0x80, 0xff};
    struct bytes state = state_after(40);
    struct net *right = net_create(plan.chain, false, false);
    ck_ok(right->opt, net_load(right, &state));
    struct twins twins = twins_after(30);
    size_t harmless = 0;
    for (size_t i = 0; i < state.size; i += test_stride(151)) {
        const unsigned char byte = state.data[i];
        state.data[i] ^= flips[_i];
        const int status = net_load(twins.net, &state);
        state.data[i] = byte;
        if (status == OPTIM_OK) { /* then it is what it would have been */
            net_assert_same(twins.net, right, "a byte that means nothing");
            harmless++;
            net_free(twins.net);
            net_free(twins.other);
            twins = twins_after(30);
            continue;
        }
        ck_assert_msg(status == OPTIM_ERROR_FORMAT || status == OPTIM_ERROR_IO, "byte %zu: %d %s", i, status,
                      optim_errmsg(twins.net->opt));
    }
    ck_assert_uint_le(harmless, 8); /* at the end of the header */
    twins_compare(&twins, "damaged bytes");
    bytes_free(&state);
    net_free(right);
}
END_TEST

START_TEST(every_length_is_noticed) {
    struct bytes state = state_after(40);
    const size_t whole = state.size;
    struct twins twins = twins_after(30);
    for (state.size = 0; state.size < whole; state.size += test_stride(71))
        ck_fails(twins.net->opt, OPTIM_ERROR_IO, "could not be read", net_load(twins.net, &state));
    twins_compare(&twins, "cut off files");
    state.size = whole;
    bytes_free(&state);
}
END_TEST

/* ---- Readers and writers that fail ---------------------------------------------------------------------------- */

/* So many calls succeed. */
struct faulty {
    struct bytes bytes;
    long until_failure;
    size_t calls, largest;
};

static int faulty_take(void *context, void *data, size_t size) {
    struct faulty *faulty = context;
    faulty->calls++;
    if (faulty->until_failure-- == 0)
        return 7;
    return bytes_take(&faulty->bytes, data, size);
}

static int faulty_append(void *context, const void *data, size_t size) {
    struct faulty *faulty = context;
    faulty->calls++;
    faulty->largest = size > faulty->largest ? size : faulty->largest;
    if (faulty->until_failure-- == 0)
        return -3;
    return bytes_append(&faulty->bytes, data, size);
}

enum { LARGE = 200000 }; /* more than is read or written at once */
static float large[2][LARGE], large_grad[LARGE];
static double small[2];

static optim *large_one(size_t k) {
    static const size_t count = LARGE;
    optim *opt = test_create("adam");
    for (size_t i = 0; i < LARGE; i++)
        large_grad[i] = (float)test_gradient(k + 1, i);
    ck_ok(opt, optim_add(opt, "large", OPTIM_F32, 1, &count, large[k], large_grad));
    ck_ok(opt, optim_add(opt, "small", OPTIM_F64, 0, NULL, &small[k], NULL));
    ck_ok(opt, optim_step(opt));
    return opt;
}

START_TEST(every_call_of_a_reader_fails_once) {
    optim *from = large_one(0), *opt = large_one(1);
    struct bytes state = {0}, before = {0}, after = {0};
    ck_ok(from, optim_write(from, bytes_append, &state));
    ck_ok(opt, optim_write(opt, bytes_append, &before));
    long failing = 0;
    for (;; failing++) {
        struct faulty faulty = {.bytes = state, .until_failure = failing};
        const int status = optim_read(opt, faulty_take, &faulty);
        if (status == OPTIM_OK)
            break;
        ck_assert_int_eq(status, OPTIM_ERROR_IO);
        ck_assert_ptr_nonnull(strstr(optim_errmsg(opt), "(reader: 7)"));
        after.size = 0;
        ck_ok(opt, optim_write(opt, bytes_append, &after));
        ck_assert(bytes_same(&before, &after));
    }
    ck_assert_int_ge(failing, 4);
    after.size = 0;
    ck_ok(opt, optim_write(opt, bytes_append, &after));
    ck_assert(bytes_same(&state, &after));
    bytes_free(&state);
    bytes_free(&before);
    bytes_free(&after);
    optim_destroy(from);
    optim_destroy(opt);
}
END_TEST

START_TEST(every_call_of_a_writer_fails_once) {
    optim *opt = large_one(0);
    struct bytes state = {0};
    ck_ok(opt, optim_write(opt, bytes_append, &state));
    long failing = 0;
    for (;; failing++) {
        struct faulty faulty = {.until_failure = failing};
        const int status = optim_write(opt, faulty_append, &faulty);
        ck_assert_uint_eq(faulty.calls, (size_t)failing + (status != OPTIM_OK)); /* it is not asked again */
        if (status == OPTIM_OK) {
            ck_assert(bytes_same(&state, &faulty.bytes));
            bytes_free(&faulty.bytes);
            break;
        }
        ck_assert_int_eq(status, OPTIM_ERROR_IO);
        ck_assert_ptr_nonnull(strstr(optim_errmsg(opt), "(writer: -3)"));
        bytes_free(&faulty.bytes);
    }
    ck_assert_int_ge(failing, 2);
    bytes_free(&state);
    optim_destroy(opt);
}
END_TEST

/* Nothing that follows the state is asked for: several can follow each other. */
START_TEST(states_follow_each_other) {
    struct bytes states = state_after(20), second = state_after(30);
    struct net *net = net_create(plan.chain, false, false), *other = net_create(plan.chain, false, false);
    const size_t first = states.size;
    bytes_append(&states, second.data, second.size);
    ck_ok(net->opt, optim_read(net->opt, bytes_take, &states));
    ck_assert_uint_eq(states.at, first);
    ck_assert_uint_gt(optim_steps(net->opt), 10);
    ck_ok(net->opt, optim_read(net->opt, bytes_take, &states));
    ck_assert_uint_eq(states.at, states.size);
    ck_ok(other->opt, net_load(other, &second));
    net_assert_same(net, other, "the second of two");
    bytes_free(&states);
    bytes_free(&second);
    net_free(net);
    net_free(other);
}
END_TEST

/* ---- Calls that make no sense --------------------------------------------------------------------------------- */

START_TEST(arguments_are_checked) {
    struct twins twins = twins_after(30);
    optim *opt = twins.net->opt;
    struct bytes state = {0};
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_write(NULL, bytes_append, &state));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_read(NULL, bytes_take, &state));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_save(NULL, "x"));
    ck_fails(NULL, OPTIM_ERROR_ARGUMENT, "handle is NULL", optim_load(NULL, "x"));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "writer is NULL", optim_write(opt, NULL, &state));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "reader is NULL", optim_read(opt, NULL, &state));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "path is NULL", optim_save(opt, NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "path is NULL", optim_load(opt, NULL));
    ck_fails(opt, OPTIM_ERROR_ARGUMENT, "path is empty", optim_save(opt, ""));
    ck_fails(opt, OPTIM_ERROR_RANGE, "save_weights", optim_set(opt, "save_weights", 2));
    ck_fails(opt, OPTIM_ERROR_RANGE, "load_strict", optim_set(opt, "load_strict", 0.5));
    twins_compare(&twins, "bad arguments");
}
END_TEST

START_TEST(swapped_weights_are_not_saved) {
    struct twins twins = twins_after(30);
    optim *opt = twins.net->opt;
    struct bytes state = state_after(20), none = {0};
    ck_ok(opt, optim_swap(opt));
    ck_fails(opt, OPTIM_ERROR_STATE, "swap", optim_write(opt, bytes_append, &none));
    ck_fails(opt, OPTIM_ERROR_STATE, "swap", optim_save(opt, "x"));
    ck_fails(opt, OPTIM_ERROR_STATE, "swap", net_load(twins.net, &state));
    ck_fails(opt, OPTIM_ERROR_STATE, "swap", optim_load(opt, "x"));
    ck_assert_uint_eq(none.size, 0);
    ck_ok(opt, optim_swap(opt));
    twins_compare(&twins, "while weights are swapped");
    bytes_free(&state);
}
END_TEST

/* Its outside is what is saved; the inner handle is no handle of its own any more. */
START_TEST(what_is_wrapped_is_not_saved_alone) {
    optim *inner = test_create("adam"), *outer = NULL;
    struct bytes none = {0};
    ck_ok(inner, optim_wrap(&outer, "ema", inner));
    ck_fails(inner, OPTIM_ERROR_STATE, "use that one", optim_write(inner, bytes_append, &none));
    ck_fails(inner, OPTIM_ERROR_STATE, "use that one", optim_read(inner, bytes_take, &none));
    ck_ok(outer, optim_write(outer, bytes_append, &none));
    bytes_free(&none);
    optim_destroy(outer);
}
END_TEST

START_TEST(names_must_be_utf_8) {
    static const char *const bad[] = {"\xff", "cut \xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes none = {0};
        double value = 0;
        optim *opt = test_create("adam");
        ck_ok(opt, optim_set_for(opt, bad[i], "lr", 0.5));
        ck_fails(opt, OPTIM_ERROR_ARGUMENT, "UTF-8", optim_write(opt, bytes_append, &none));
        optim_destroy(opt);
        opt = test_create("adam");
        ck_ok(opt, optim_add(opt, bad[i], OPTIM_F64, 0, NULL, &value, NULL));
        ck_fails(opt, OPTIM_ERROR_ARGUMENT, "UTF-8", optim_write(opt, bytes_append, &none));
        ck_assert_uint_eq(none.size, 0);
        optim_destroy(opt);
    }
}
END_TEST

/* Names of 120 MB are more than a header has room for, a pattern of 2 MB is more than a text has. */
START_TEST(more_than_a_header_holds_is_refused) {
    enum { LENGTH = 20 << 20, COUNT = 6, PATTERN = 2 << 20 };
    static double values[COUNT];
    struct bytes none = {0};
    optim *opt = test_create("sgd");
    char *name = malloc(LENGTH + 1);
    memset(name, 'x', LENGTH);
    name[LENGTH] = 0;
    for (int i = 0; i < COUNT; i++) {
        name[0] = (char)('a' + i);
        ck_ok(opt, optim_add(opt, name, OPTIM_F64, 0, NULL, &values[i], NULL));
    }
    ck_fails(opt, OPTIM_ERROR_SIZE, "has room for 100000000", optim_write(opt, bytes_append, &none));
    optim_destroy(opt);
    opt = test_create("sgd");
    name[PATTERN] = 0;
    ck_ok(opt, optim_set_for(opt, name, "weight_decay", 0.5));
    ck_fails(opt, OPTIM_ERROR_SIZE, "there is room for 1048576", optim_write(opt, bytes_append, &none));
    ck_assert_uint_eq(none.size, 0);
    free(name);
    optim_destroy(opt);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("save_errors");
    TCase *others = tcase_create("something else"), *damaged = tcase_create("damaged"), *calls = tcase_create("calls"),
          *arguments = tcase_create("arguments");
    tcase_add_loop_test(others, another_optimizers_state_is_refused, 0, 7);
    tcase_add_test(others, all_differences_are_told);
    tcase_add_loop_test(damaged, every_byte_matters, 0, 5);
    tcase_add_test(damaged, every_length_is_noticed);
    tcase_add_test(calls, every_call_of_a_reader_fails_once);
    tcase_add_test(calls, every_call_of_a_writer_fails_once);
    tcase_add_test(calls, states_follow_each_other);
    tcase_add_test(arguments, arguments_are_checked);
    tcase_add_test(arguments, swapped_weights_are_not_saved);
    tcase_add_test(arguments, what_is_wrapped_is_not_saved_alone);
    tcase_add_test(arguments, names_must_be_utf_8);
    tcase_add_test(arguments, more_than_a_header_holds_is_refused);
    TCase *const cases[] = {others, damaged, calls, arguments};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_set_timeout(cases[i], 600);
        suite_add_tcase(suite, cases[i]);
    }
    return test_run(suite);
}
