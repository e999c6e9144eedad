/*
 * Memory: every allocation of every call fails once, and then nothing has changed and nothing is lost; steps allocate
 * nothing. Linked with the static library, whose calls of malloc and its kin the linker sends here.
 */
#include "test.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

static struct {
    long until_failure; /* this many more succeed; negative: all do */
    long calls;         /* allocations there were */
    long held;          /* blocks not freed yet */
    size_t bytes;       /* in them */
} heap = {.until_failure = -1};

static bool fails(void) {
    heap.calls++;
    return heap.until_failure >= 0 && heap.until_failure-- == 0;
}

static void *count(void *memory) {
    heap.held += memory != NULL;
    heap.bytes += malloc_usable_size(memory);
    return memory;
}

static void uncount(void *memory) {
    heap.held -= memory != NULL;
    heap.bytes -= malloc_usable_size(memory);
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size) {
    return fails() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_realloc(void *memory, size_t size) {
    if (fails())
        return NULL;
    uncount(memory);
    return count(__real_realloc(memory, size));
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : count(__real_strdup(text));
}

void __wrap_free(void *memory) {
    uncount(memory);
    __real_free(memory);
}

enum { TENSORS = 20, COUNT = 50 };
static const size_t shape[2] = {5, 10};
static float params[TENSORS][COUNT], grads[TENSORS][COUNT];

/* A call that allocates, on a handle with some tensors. */
typedef int action(optim **opt);

static int add(optim **opt) {
    const size_t k = optim_count(*opt);
    return optim_add(*opt, NULL, OPTIM_F32, 2, shape, params[k], grads[k]);
}

static int add_with_rule(optim **opt) {
    const size_t k = optim_count(*opt);
    return optim_add(*opt, "rule.weight", OPTIM_F32, 2, shape, params[k], grads[k]);
}

static int set_all(optim **opt) {
    return optim_set(*opt, "lr", 0.125);
}

static int set_some(optim **opt) {
    return optim_set_for(*opt, "[0-3]", "lr", 0.25);
}

static int set_measured(optim **opt) {
    return optim_set(*opt, "clip_norm", 0.5);
}

static int set_stateful(optim **opt) {
    return optim_set_for(*opt, "[2-5]", "amsgrad", 1);
}

static int set_stateful_for_all(optim **opt) {
    return optim_set(*opt, "amsgrad", 1);
}

static int wrap(optim **opt) {
    return optim_wrap(opt, "lookahead", *opt);
}

static optim_schedule *decay(void) {
    optim_schedule *s = NULL, *inner = NULL;
    ck_ok(NULL, optim_schedule_create(&inner, "exponential"));
    ck_ok(NULL, optim_schedule_set(inner, "r", 2));
    ck_ok(NULL, optim_schedule_wrap(&s, "warmup", inner));
    ck_ok(NULL, optim_schedule_set(s, "steps", 3));
    return s;
}

/* Attach a schedule; if that fails it is still the caller's. */
static int attach_to(optim *opt, const char *pattern) {
    const long failing = heap.until_failure;
    heap.until_failure = -1;
    optim_schedule *s = decay();
    heap.until_failure = failing;
    const int status = optim_attach_for(opt, pattern, "lr", s);
    if (status != OPTIM_OK)
        optim_schedule_destroy(s);
    return status;
}

static int attach(optim **opt) {
    return attach_to(*opt, "*");
}

static int attach_some(optim **opt) {
    return attach_to(*opt, "[2-5]");
}

static action *const actions[] = {add,          add_with_rule,        set_all, set_some, set_measured,
                                  set_stateful, set_stateful_for_all, wrap,    attach,   attach_some};
enum { ACTIONS = sizeof(actions) / sizeof(*actions) };

static void step(optim *opt, uint64_t t) {
    for (size_t k = 0; k < TENSORS; k++)
        for (size_t i = 0; i < COUNT; i++)
            grads[k][i] = (float)test_gradient(t + k, i);
    const long before = heap.calls;
    const int status = optim_step(opt);
    const long allocations = heap.calls - before;
    ck_ok(opt, status);
    ck_assert_msg(allocations == 0, "a step allocated %ld times", allocations);
}

/* A handle with `tensors` tensors that has taken two steps. */
static optim *prepared(size_t tensors) {
    optim *opt = test_create("adam");
    for (size_t k = 0; k < TENSORS; k++)
        for (size_t i = 0; i < COUNT; i++)
            params[k][i] = (float)test_weight(i + k);
    ck_ok(opt, optim_set_for(opt, "rule.*", "lr", 0.5));
    ck_ok(opt, optim_set_for(opt, "1*", "beta1", 0.5));
    while (optim_count(opt) < tensors)
        ck_ok(opt, add(&opt));
    step(opt, 1);
    step(opt, 2);
    return opt;
}

/* The weights after the action, if any, and two more steps. */
static void weights_after(action *act, size_t tensors, float weights[TENSORS][COUNT]) {
    optim *opt = prepared(tensors);
    if (act)
        ck_ok(opt, act(&opt));
    step(opt, 3);
    step(opt, 4);
    memcpy(weights, params, sizeof params);
    optim_destroy(opt);
}

START_TEST(a_failed_allocation_changes_nothing) {
    static float without[TENSORS][COUNT], with[TENSORS][COUNT];
    action *act = actions[_i / 2];
    const size_t tensors = _i % 2 ? 8 : 9; /* at the edge of growing arrays, and not */
    weights_after(NULL, tensors, without);
    weights_after(act, tensors, with);
    for (long failing = 0;; failing++) {
        const long held = heap.held;
        optim *opt = prepared(tensors);
        heap.until_failure = failing;
        const int status = act(&opt);
        const bool all_succeeded = heap.until_failure >= 0;
        heap.until_failure = -1;
        if (!all_succeeded) {
            ck_assert_msg(status == OPTIM_ERROR_MEMORY, "allocation %ld: %d %s", failing, status, optim_errmsg(opt));
            ck_assert_ptr_nonnull(strstr(optim_errmsg(opt), "no memory"));
            ck_assert_uint_eq(optim_count(opt), tensors);
        }
        step(opt, 3);
        step(opt, 4);
        ck_assert_msg(memcmp(params, all_succeeded ? with : without, sizeof params) == 0,
                      "after the failure of allocation %ld the weights differ", failing);
        if (!all_succeeded)
            ck_ok(opt, act(&opt));
        optim_destroy(opt);
        ck_assert_int_eq(heap.held, held);
        if (all_succeeded)
            break;
    }
}
END_TEST

START_TEST(a_failed_creation_holds_nothing) {
    static const char *const names[] = {"adam", "ranger"};
    for (long failing = 0;; failing++) {
        optim *opt = NULL;
        const long held = heap.held;
        heap.until_failure = failing;
        const int status = optim_create(&opt, names[_i]);
        const bool all_succeeded = heap.until_failure >= 0;
        heap.until_failure = -1;
        if (all_succeeded) {
            ck_assert_int_eq(status, OPTIM_OK);
            optim_destroy(opt);
            ck_assert_int_eq(heap.held, held);
            break;
        }
        ck_assert_int_eq(status, OPTIM_ERROR_MEMORY);
        ck_assert_ptr_nonnull(strstr(optim_errmsg(NULL), "no memory"));
        ck_assert_ptr_null(opt);
        ck_assert_int_eq(heap.held, held);
    }
}
END_TEST

/* Everything about a schedule that allocates; the first failure's status. */
static int build_schedule(optim_schedule **out) {
    optim_schedule *inner = NULL;
    int status = optim_schedule_create(&inner, "piecewise");
    for (int i = 0; status == OPTIM_OK && i < 40; i++)
        status = optim_schedule_point(inner, i, 1.0 / (i + 1));
    if (status == OPTIM_OK)
        status = optim_schedule_wrap(out, "warmup", inner);
    if (status != OPTIM_OK)
        optim_schedule_destroy(inner);
    return status;
}

START_TEST(a_failed_schedule_holds_nothing) {
    int status = OPTIM_ERROR_MEMORY;
    for (long failing = 0; status != OPTIM_OK; failing++) {
        optim_schedule *s = NULL;
        const long held = heap.held;
        heap.until_failure = failing;
        status = build_schedule(&s);
        heap.until_failure = -1;
        if (status != OPTIM_OK) {
            ck_assert_int_eq(status, OPTIM_ERROR_MEMORY);
            ck_assert_ptr_nonnull(strstr(optim_errmsg(NULL), "no memory"));
            ck_assert_ptr_null(s);
        }
        optim_schedule_destroy(s);
        ck_assert_int_eq(heap.held, held);
    }
}
END_TEST

/* Also when tensors rest and return, which regroups them. */
START_TEST(steps_allocate_nothing) {
    optim *opt = test_create(test_chain((size_t)_i));
    test_vary(opt, TEST_VARIATIONS - 1);
    ck_ok(opt, optim_set(opt, "check_finite", 2));
    ck_ok(opt, optim_attach(opt, "lr", decay()));
    for (size_t k = 0; k < TENSORS; k++)
        ck_ok(opt, add(&opt));
    for (uint64_t t = 1; t <= 10; t++) {
        ck_ok(opt, optim_bind(opt, t, params[t], t % 3 ? NULL : grads[t]));
        step(opt, t);
    }
    if (optim_swap(opt) == OPTIM_OK)
        ck_ok(opt, optim_swap(opt));
    ck_ok(opt, optim_reset(opt));
    step(opt, 1);
    optim_destroy(opt);
}
END_TEST

/* Bytes held with one tensor of so many elements. */
static size_t bytes_with(const char *chain, int dtype, size_t count, size_t *slots) {
    const size_t bytes = heap.bytes, size = dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
    static double any; /* nothing reads or writes it before a step */
    optim *opt = test_create(chain);
    ck_ok(opt, optim_add(opt, "weight", dtype, 1, &count, &any, NULL));
    *slots = 0;
    for (size_t i = 0; optim_algorithm_name(i); i++)
        for (size_t k = 0; k < optim_slot_count(optim_algorithm_name(i)); k++) {
            char part[64];
            void *data;
            snprintf(part, sizeof part, "%.60s", optim_algorithm_name(i));
            const char *at = strstr(chain, part);
            const bool has = at && (at == chain || at[-1] == '(') && strchr("()", at[strlen(part)]);
            *slots += has && optim_state(opt, 0, optim_slot_name(part, k), &data, NULL, NULL) == OPTIM_OK;
        }
    const size_t held = heap.bytes - bytes;
    optim_destroy(opt);
    return held / size;
}

/* State is exactly one value a slot for each element. */
START_TEST(state_is_no_more_than_its_slots) {
    enum { MANY = 1 << 20 };
    const char *chain = test_chain((size_t)_i);
    for (int dtype = OPTIM_F32; dtype <= OPTIM_F64; dtype++) {
        size_t slots, again;
        const size_t one = bytes_with(chain, dtype, MANY, &slots), two = bytes_with(chain, dtype, 2 * MANY, &again);
        ck_assert_uint_eq(slots, again);
        const size_t expected = slots * MANY, pages = expected / 500 + 16; /* which malloc rounds to */
        /* without slots, two may be less than one, by what malloc rounds */
        ck_assert_msg(two + pages >= one + expected && two <= one + expected + pages,
                      "%s: %zd values for %d more elements, in %zu slots", chain, (ssize_t)(two - one), MANY, slots);
    }
}
END_TEST

/* What a tensor costs besides its state: at most 1 KiB, whatever the number of tensors. */
START_TEST(many_tensors_cost_little_each) {
    enum { MANY = 20000 };
    static float one[MANY];
    const long held = heap.held;
    const size_t bytes = heap.bytes;
    optim *opt = test_create("lookahead(adam)");
    for (size_t k = 0; k < MANY; k++)
        ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 0, NULL, &one[k], &one[k]));
    ck_ok(opt, optim_set_for(opt, "*7", "lr", 0.5));
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_le((heap.bytes - bytes) / MANY, 1024);
    optim_destroy(opt);
    ck_assert_int_eq(heap.held, held);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memory");
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 0);
    tcase_add_loop_test(memory, a_failed_allocation_changes_nothing, 0, 2 * ACTIONS);
    tcase_add_loop_test(memory, a_failed_creation_holds_nothing, 0, 2);
    tcase_add_test(memory, a_failed_schedule_holds_nothing);
    tcase_add_loop_test(memory, steps_allocate_nothing, 0, (int)test_chains());
    tcase_add_loop_test(memory, state_is_no_more_than_its_slots, 0, (int)test_chains());
    tcase_add_test(memory, many_tensors_cost_little_each);
    suite_add_tcase(suite, memory);
    return test_run(suite);
}
