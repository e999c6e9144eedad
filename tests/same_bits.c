/*
 * The same bits: every instruction set against the narrowest one, for every size to 300 and every alignment, in
 * buffers that end at a guard page; every number of threads; every way to divide the parameters into tensors.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGEST = 300, OFFSETS = 16, STEPS = 12 };

/* Memory of whole pages with one behind it that must not be touched. */
struct guarded {
    char *pages;
    size_t size;
};

static struct guarded guarded_new(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (bytes + page - 1) / page * page;
    char *pages = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + size, page, PROT_NONE), 0);
    return (struct guarded){pages, size};
}

static void guarded_free(struct guarded guarded) {
    munmap(guarded.pages, guarded.size + (size_t)sysconf(_SC_PAGESIZE));
}

/* `count` elements that end `gap` elements before the guard page. */
static void *guarded_end(struct guarded guarded, int dtype, size_t count, size_t gap) {
    return guarded.pages + guarded.size - (count + gap) * test_size(dtype);
}

/* Gradients with everything in them that selections could treat differently. */
static double gradient(uint64_t t, size_t i) {
    const double g = test_gradient(t * 13, i);
    return i % 11 == 3 ? -g * 1e-30 : i % 17 == 5 ? -0.0 : g;
}

/* Steps with a tensor whose memory ends `gap` elements before a guard page; the weights and the swapped ones out. */
static void run(const char *chain, int variation, int dtype, size_t count, size_t gap, unsigned char *out) {
    const size_t bytes = count * test_size(dtype),
                 shape[2] = {count % 3 == 0 && count ? 3 : 1, count % 3 == 0 ? count / 3 : count};
    struct guarded params = guarded_new(bytes + 1024), grads = guarded_new(bytes + 1024);
    void *param = guarded_end(params, dtype, count, gap), *grad = guarded_end(grads, dtype, count, gap);
    optim *opt = test_create(chain);
    test_vary(opt, variation);
    for (size_t i = 0; i < count; i++)
        test_put(dtype, param, i, test_weight(i));
    ck_ok(opt, optim_add(opt, "weight", dtype, 2, shape, param, grad));
    for (uint64_t t = 1; t <= STEPS; t++) {
        for (size_t i = 0; i < count; i++)
            test_put(dtype, grad, i, gradient(t, i));
        ck_ok(opt, optim_step(opt));
    }
    memcpy(out, param, bytes);
    if (optim_swap(opt) == OPTIM_OK)
        memcpy(out + bytes, param, bytes);
    optim_destroy(opt);
    guarded_free(params);
    guarded_free(grads);
}

static void compare(const char *chain, int variation, int dtype, size_t count, size_t gap) {
    static unsigned char expected[2 * LARGEST * sizeof(double)], got[sizeof expected];
    memset(expected, 0, sizeof expected);
    memset(got, 0, sizeof got);
    const char *base = test_isa(0);
    setenv("OPTIM_CPU", base, 1);
    run(chain, variation, dtype, count, 0, expected);
    for (size_t k = 0; test_isa(k); k++) {
        const char *isa = test_isa(k);
        setenv("OPTIM_CPU", isa, 1);
        run(chain, variation, dtype, count, gap, got);
        ck_assert_msg(memcmp(expected, got, 2 * count * test_size(dtype)) == 0,
                      "%s, variation %d, dtype %d, n = %zu, %zu before the page's end: %s and %s differ", chain,
                      variation, dtype, count, gap, base, isa);
    }
    unsetenv("OPTIM_CPU");
}

/* Sizes and alignments are crossed for every chain, not for every variation of it: those take turns. */
START_TEST(instruction_sets_agree) {
    const char *chain = test_chain((size_t)_i);
    const bool wrapped = strchr(chain, '(') != NULL;
    for (int dtype = 1; dtype <= TEST_DTYPES; dtype++)
        for (size_t count = 0; count <= LARGEST; count += test_stride(29) * (wrapped ? 7 : 1))
            compare(chain, (int)(count % TEST_VARIATIONS), dtype, count, (count * 5 + (size_t)_i) % OFFSETS);
    for (size_t gap = 0; gap < OFFSETS; gap += test_stride(5))
        for (int variation = 0; variation < TEST_VARIATIONS; variation++)
            compare(chain, variation, OPTIM_F32, 77, gap);
}
END_TEST

/* A model of several tensors, one of them large; its weights after some steps into `out`. */
enum { TENSORS = 5 };
static const size_t shapes[TENSORS][2] = {{3, 5}, {700, 4099}, {64, 1000}, {1, 17}, {129, 3000}};

static size_t model_size(void) {
    size_t size = 0;
    for (int k = 0; k < TENSORS; k++)
        size += shapes[k][0] * shapes[k][1];
    return size;
}

struct settings {
    int threads;
    optim_executor executor;
    bool as_one; /* one flat tensor instead of five */
};

static void train(const char *chain, int variation, struct settings settings, float *param) {
    const size_t size = model_size();
    float *grad = malloc(size * sizeof(*grad));
    ck_assert_ptr_nonnull(grad);
    optim *opt = test_create(chain);
    test_vary(opt, variation);
    ck_ok(opt, optim_set_threads(opt, settings.threads));
    ck_ok(opt, optim_set_executor(opt, settings.executor, NULL));
    for (size_t i = 0; i < size; i++)
        param[i] = (float)test_weight(i % 4096);
    if (settings.as_one)
        ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 1, &size, param, grad));
    for (size_t k = 0, at = 0; k < TENSORS && !settings.as_one; at += shapes[k][0] * shapes[k][1], k++)
        ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 2, shapes[k], param + at, grad + at));
    for (uint64_t t = 1; t <= 4; t++) {
        for (size_t i = 0; i < size; i++)
            grad[i] = (float)test_gradient(t, i % 4096);
        ck_ok(opt, optim_step(opt));
    }
    optim_destroy(opt);
    free(grad);
}

/* Every second task first, and all on this thread. */
static void odd_order(void *context, size_t count, optim_task task, void *job) {
    (void)context;
    for (size_t i = 1; i < count; i += 2)
        task(job, i);
    for (size_t i = 0; i < count; i += 2)
        task(job, i);
}

static const char *const trained[] = {"adam", "momentum", "ranger", "ema(adadelta)", "accumulate(adamw)"};

START_TEST(threads_agree) {
    const char *chain = trained[_i % 5];
    const int variation = _i / 5;
    const size_t size = model_size();
    float *expected = malloc(size * sizeof(*expected)), *got = malloc(size * sizeof(*got));
    ck_assert(expected && got);
    train(chain, variation, (struct settings){.threads = 1}, expected);
    static const int counts[] = {2, 3, 7, 0};
    for (int i = 0; i < 4; i++) {
        train(chain, variation, (struct settings){.threads = counts[i]}, got);
        ck_assert_msg(memcmp(expected, got, size * sizeof(*got)) == 0, "%s: %d threads differ from 1", chain,
                      counts[i]);
    }
    train(chain, variation, (struct settings){.threads = 7, .executor = odd_order}, got);
    ck_assert_msg(memcmp(expected, got, size * sizeof(*got)) == 0, "%s: an executor differs from 1 thread", chain);
    free(expected);
    free(got);
}
END_TEST

/* A step that moves more than caches hold may run other kernels, and fetch ahead. */
static const char *const far[] = {"sgd", "momentum", "nesterov", "lion", "lookahead(sgd)", "adam", "rprop", "adadelta"};
enum { FAR = sizeof far / sizeof *far };

START_TEST(instruction_sets_agree_in_memory) {
    const char *chain = far[_i % FAR];
    const int variation = _i < FAR ? _i % (TEST_VARIATIONS - 1) : TEST_VARIATIONS - 1; /* the last one measures norms */
    const size_t size = model_size();
    float *expected = malloc(size * sizeof(*expected)), *got = malloc(size * sizeof(*got));
    ck_assert(expected && got);
    for (size_t k = 0; test_isa(k); k++) {
        setenv("OPTIM_CPU", test_isa(k), 1);
        train(chain, variation, (struct settings){.threads = 2}, k == 0 ? expected : got);
        ck_assert_msg(k == 0 || memcmp(expected, got, size * sizeof(*got)) == 0,
                      "%s, variation %d, in memory: %s and %s differ", chain, variation, test_isa(0), test_isa(k));
    }
    unsetenv("OPTIM_CPU");
    free(expected);
    free(got);
}
END_TEST

/* Element-wise: no centralization and no norm. */
START_TEST(division_into_tensors_does_not_matter) {
    const size_t size = model_size();
    float *expected = malloc(size * sizeof(*expected)), *got = malloc(size * sizeof(*got));
    ck_assert(expected && got);
    for (int variation = 0; variation < 4; variation++) {
        train(trained[_i], variation, (struct settings){.threads = 2}, expected);
        train(trained[_i], variation, (struct settings){.threads = 2, .as_one = true}, got);
        ck_assert_msg(memcmp(expected, got, size * sizeof(*got)) == 0, "%s as one tensor differs", trained[_i]);
    }
    free(expected);
    free(got);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("same bits");
    TCase *isas = tcase_create("instruction sets"), *threads = tcase_create("threads");
    tcase_set_timeout(isas, 0);
    tcase_set_timeout(threads, 0);
    tcase_add_loop_test(isas, instruction_sets_agree, 0, (int)test_chains());
    tcase_add_loop_test(isas, instruction_sets_agree_in_memory, 0, test_stride(2) == 1 ? 2 * FAR : 1);
    tcase_add_loop_test(threads, threads_agree, 0, 5 * (test_stride(2) == 1 ? TEST_VARIATIONS : 1));
    tcase_add_loop_test(threads, division_into_tensors_does_not_matter, 0, 5);
    suite_add_tcase(suite, isas);
    suite_add_tcase(suite, threads);
    return test_run(suite);
}
