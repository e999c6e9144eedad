/*
 * Threads: a process's pool in parent and child of a fork, the application's own executor, many handles at once,
 * loading and unloading. (That results do not depend on threads is in same_bits.c.)
 */
#define _GNU_SOURCE /* dlmopen, pthread_setattr_default_np */
#include "test.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LARGE = 3 << 20, STEPS = 3 };

/* As ck_assert, but without Check's lock: a child of a fork has it as another thread held it. */
static void must(bool fine, const optim *opt) {
    if (fine)
        return;
    fprintf(stderr, "train: %s\n", optim_errmsg(opt));
    abort();
}

/* Steps that are large enough for all threads; a digest of the weights. */
static uint64_t train(int threads, optim_executor executor, void *context) {
    const size_t count = LARGE;
    float *param = malloc(count * sizeof(*param)), *grad = malloc(count * sizeof(*grad));
    uint64_t digest = 0;
    optim *opt = NULL;
    must(param && grad, NULL);
    for (size_t i = 0; i < count; i++) {
        param[i] = (float)test_weight(i);
        grad[i] = (float)(i % 13) - 6;
    }
    must(optim_create(&opt, "momentum") == OPTIM_OK, NULL);
    must(optim_add(opt, "weight", OPTIM_F32, 1, &count, param, grad) == OPTIM_OK, opt);
    must(optim_set_threads(opt, threads) == OPTIM_OK, opt);
    must(optim_set_executor(opt, executor, context) == OPTIM_OK, opt);
    for (int t = 0; t < STEPS; t++)
        must(optim_step(opt) == OPTIM_OK, opt);
    optim_destroy(opt);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &param[i], sizeof bits);
        digest = digest * 31 + bits;
    }
    free(param);
    free(grad);
    return digest;
}

/* A child that trains with threads of its own, and its exit status: 0 if its weights are these. */
static int child(uint64_t expected) {
    const pid_t pid = fork();
    if (pid == 0)
        _exit(train(3, NULL, NULL) != expected);
    int status = -1;
    ck_assert(waitpid(pid, &status, 0) == pid);
    return status;
}

START_TEST(fork_keeps_parent_and_child_working) {
    const uint64_t expected = train(1, NULL, NULL);
    ck_assert(child(expected) == 0); /* before there are threads */
    ck_assert(train(3, NULL, NULL) == expected);
    for (int i = 0; i < 3; i++) {
        ck_assert(child(expected) == 0);
        ck_assert(train(3, NULL, NULL) == expected);
    }
}
END_TEST

static void *train_in_thread(void *expected) {
    for (int i = 0; i < 3; i++)
        if (train(1 + i, NULL, NULL) != *(uint64_t *)expected)
            return expected;
    return NULL;
}

START_TEST(many_handles_step_at_once) {
    uint64_t expected = train(1, NULL, NULL);
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        ck_assert(pthread_create(&threads[i], NULL, train_in_thread, &expected) == 0);
    for (int i = 0; i < 6; i++) {
        void *failed;
        ck_assert(pthread_join(threads[i], &failed) == 0);
        ck_assert_ptr_null(failed);
    }
}
END_TEST

/* While another thread steps, this one forks. */
START_TEST(fork_during_a_step_of_another_thread) {
    uint64_t expected = train(1, NULL, NULL);
    pthread_t thread;
    if (getenv("TEST_SANITIZER"))
        train(3, NULL, NULL); /* pthread_once of a sanitizer, unlike the C library's, does not know of forks */
    ck_assert(pthread_create(&thread, NULL, train_in_thread, &expected) == 0);
    for (int i = 0; i < 5; i++)
        ck_assert(child(expected) == 0);
    void *failed;
    ck_assert(pthread_join(thread, &failed) == 0);
    ck_assert_ptr_null(failed);
}
END_TEST

/* A handle whose steps are worth 3 threads, with gradients of 0, for a thread that steps until it is cancelled. */
static optim *to_be_stepped(void) {
    static float param[LARGE], grad[LARGE];
    const size_t count = LARGE;
    optim *opt = test_create("momentum");
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 1, &count, param, grad));
    ck_ok(opt, optim_set_threads(opt, 3));
    return opt;
}

static void *step_on(void *opt) {
    for (;;) {
        must(optim_step(opt) == OPTIM_OK, opt);
        pthread_testcancel();
    }
    return NULL;
}

/* A step is no place to be cancelled in: the pool, and the handle, are as good as before. */
START_TEST(a_cancelled_thread_finishes_its_step) {
    const uint64_t expected = train(1, NULL, NULL);
    for (int i = 0; i < 20; i++) {
        optim *opt = to_be_stepped();
        pthread_t thread;
        void *result;
        ck_assert(pthread_create(&thread, NULL, step_on, opt) == 0);
        usleep(2000 * (unsigned)i);
        ck_assert(pthread_cancel(thread) == 0);
        ck_assert(pthread_join(thread, &result) == 0);
        ck_assert(result == PTHREAD_CANCELED);
        ck_ok(opt, optim_step(opt));
        optim_destroy(opt);
        ck_assert(train(3, NULL, NULL) == expected);
    }
}
END_TEST

/* A process ends although one of its threads steps all the time; if it does not, SIGALRM ends it. */
START_TEST(exit_does_not_wait_for_a_thread_that_steps) {
    optim *opt = to_be_stepped();
    pthread_t thread;
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        must(pthread_create(&thread, NULL, step_on, opt) == 0, NULL);
        usleep(50000);
        exit(0);
    }
    int status = -1;
    ck_assert(waitpid(pid, &status, 0) == pid);
    ck_assert_int_eq(status, 0);
    optim_destroy(opt);
}
END_TEST

struct log {
    size_t calls, most;
};

static void logging_executor(void *context, size_t count, optim_task task, void *job) {
    struct log *log = context;
    log->calls++;
    log->most = count > log->most ? count : log->most;
    for (size_t i = count; i-- > 0;)
        task(job, i);
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    ck_assert(clock_gettime(clock, &now) == 0);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Between steps the threads sleep: in half a second they use less than a fiftieth of that. */
START_TEST(threads_sleep_between_steps) {
    train(3, NULL, NULL);
    const double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    usleep(500000);
    ck_assert_double_le(seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before, 0.01);
}
END_TEST

START_TEST(an_executor_replaces_the_threads) {
    struct log log = {0};
    ck_assert(train(1, NULL, NULL) == train(4, logging_executor, &log));
    ck_assert_uint_eq(log.calls, STEPS);
    ck_assert(log.most > 1 && log.most <= 4);
    log = (struct log){0};
    train(1, logging_executor, &log);
    ck_assert_uint_eq(log.calls, 0); /* one part needs nobody */
}
END_TEST

static void slow_executor(void *context, size_t count, optim_task task, void *job) {
    usleep(100000); /* a step takes a thousandth of that */
    logging_executor(context, count, task, job);
}

/* One tensor, whose steps have up to so many threads of that executor. */
static optim *with_executor(const char *chain, size_t count, float *param, const float *grad, int threads,
                            optim_executor executor, struct log *log) {
    optim *opt = test_create(chain);
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 1, &count, param, grad));
    ck_ok(opt, optim_set_threads(opt, threads));
    ck_ok(opt, optim_set_executor(opt, executor, log));
    return opt;
}

/*
 * Threads that make a step slower are tried, 4 and 2 of them, then left out, and tried again after 64 steps, then
 * after 128.
 */
START_TEST(slow_threads_are_left_out) {
    enum { COUNT = 50000, TRIAL = 8, MANY = 3 * TRIAL + 64 + 2 * TRIAL + 128 };
    static float param[COUNT], grad[COUNT];
    struct log log = {0};
    optim *opt = with_executor("adam", COUNT, param, grad, 4, slow_executor, &log);
    for (int t = 0; t < MANY; t++)
        ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 4 * TRIAL);
    ck_assert(log.most > 1 && log.most <= 4);
    optim_destroy(opt);
}
END_TEST

/* A trial is of 8 steps, and of more where these take no longer than a thread needs to wake up. */
START_TEST(trials_last_until_threads_are_there) {
    enum { COUNT = 40000, TRIAL = 8 };
    static float param[COUNT], grad[COUNT];
    struct log log = {0};
    optim *opt = with_executor("sgd", COUNT, param, grad, 2, logging_executor, &log);
    ck_ok(opt, optim_step(opt));
    const double begin = seconds_of(CLOCK_MONOTONIC);
    for (size_t t = 1; log.calls == t; t++)
        ck_ok(opt, optim_step(opt));
    ck_assert(log.calls >= TRIAL);
    ck_assert_double_ge(seconds_of(CLOCK_MONOTONIC) - begin, 100e-6);
    optim_destroy(opt);
}
END_TEST

/* Steps that alternate between a small and a large tensor: each size is tried, and decided, by itself. */
START_TEST(sizes_of_steps_are_told_apart) {
    enum { SMALL = 50000, MIDDLE = 100000, TRIAL = 8, EACH_SIZE = 3 * TRIAL + 64 };
    static float param[SMALL + MIDDLE], grad[MIDDLE];
    const size_t middle = MIDDLE;
    struct log log = {0};
    optim *opt = with_executor("adam", SMALL, param, NULL, 4, slow_executor, &log);
    ck_ok(opt, optim_add(opt, NULL, OPTIM_F32, 1, &middle, param + SMALL, NULL));
    for (int t = 0; t < 2 * EACH_SIZE; t++) {
        ck_ok(opt, optim_bind(opt, 0, param, t % 2 ? grad : NULL));
        ck_ok(opt, optim_bind(opt, 1, param + SMALL, t % 2 ? NULL : grad));
        ck_ok(opt, optim_step(opt));
    }
    ck_assert_uint_eq(log.calls, 2 * 2 * TRIAL);
    optim_destroy(opt);
}
END_TEST

START_TEST(small_steps_stay_on_the_caller) {
    struct log log = {0};
    float param[1000] = {0}, grad[1000] = {0};
    optim *opt = with_executor("adam", 1000, param, grad, 4, logging_executor, &log);
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 0);
    optim_destroy(opt);
}
END_TEST

/*
 * Steps that have little to do, since a large tensor has no gradient for now, stay on the caller too. To exchange its
 * weights is work all the same.
 */
START_TEST(tensors_without_gradient_are_no_work) {
    struct log log = {0};
    float small[10] = {0}, small_grad[10] = {0};
    float *large = calloc(LARGE, sizeof(*large)), *large_grad = calloc(LARGE, sizeof(*large_grad));
    const size_t few = 10, many = LARGE;
    optim *opt = test_create("ema(adam)");
    ck_assert(large && large_grad);
    ck_ok(opt, optim_add(opt, "large", OPTIM_F32, 1, &many, large, NULL));
    ck_ok(opt, optim_add(opt, "small", OPTIM_F32, 1, &few, small, small_grad));
    ck_ok(opt, optim_set_threads(opt, 4));
    ck_ok(opt, optim_set_executor(opt, logging_executor, &log));
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 0);
    ck_ok(opt, optim_bind(opt, 0, large, large_grad));
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 1);
    ck_assert_uint_eq(log.most, 4);
    ck_ok(opt, optim_bind(opt, 0, large, NULL));
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 1);
    for (size_t swaps = 1; swaps <= 2; swaps++) {
        ck_ok(opt, optim_swap(opt));
        ck_assert_uint_eq(log.calls, 1 + swaps);
    }
    ck_ok(opt, optim_step(opt));
    ck_assert_uint_eq(log.calls, 3);
    optim_destroy(opt);
    free(large);
    free(large_grad);
}
END_TEST

/* How many threads this process has: entries of /proc/self/task. */
static long threads_now(void) {
    char text[4096] = "";
    FILE *file = fopen("/proc/self/status", "r");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    const char *line = strstr(text, "Threads:");
    return line ? strtol(line + 8, NULL, 10) : -1;
}

/* From now on no thread can be started: there is no memory for so large a stack. */
static void have_no_more_threads(void) {
    pthread_attr_t attributes;
    ck_assert(pthread_attr_init(&attributes) == 0);
    ck_assert(pthread_attr_setstacksize(&attributes, (size_t)1 << 50) == 0);
    ck_assert(pthread_setattr_default_np(&attributes) == 0);
}

/* Where the system has no more threads, those that there are do the work. (A process of its own: Check forks.) */
START_TEST(threads_that_cannot_be_started_are_done_without) {
    const uint64_t expected = train(1, NULL, NULL);
    const long others = threads_now();
    if (_i > 0)
        train(1 + _i, NULL, NULL);
    have_no_more_threads();
    ck_assert(train(4, NULL, NULL) == expected);
    ck_assert_int_eq(threads_now(), others + _i);
}
END_TEST

#define LOAD(library, name) const __typeof__(&name) name##_ = (__typeof__(&name))dlsym(library, #name)

/* Loaded by hand, started, unloaded: its threads are gone, and it can be loaded again. */
START_TEST(unloading_joins_the_threads) {
    const char *path = getenv("OPTIM_LIBRARY");
    ck_assert_msg(path != NULL, "OPTIM_LIBRARY is not set");
    const size_t count = LARGE;
    float *param = calloc(count, sizeof(*param)), *grad = calloc(count, sizeof(*grad));
    ck_assert(param && grad);
    for (int round = 0; round < 3; round++) {
        void *library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
        ck_assert_msg(library != NULL, "%s", dlerror());
        LOAD(library, optim_create);
        LOAD(library, optim_add);
        LOAD(library, optim_set_threads);
        LOAD(library, optim_step);
        LOAD(library, optim_destroy);
        optim *opt;
        ck_assert(optim_create_(&opt, "sgd") == OPTIM_OK);
        ck_assert(optim_add_(opt, NULL, OPTIM_F32, 1, &count, param, grad) == OPTIM_OK);
        ck_assert(optim_set_threads_(opt, 4) == OPTIM_OK);
        const long before = threads_now();
        ck_assert(optim_step_(opt) == OPTIM_OK);
        ck_assert_int_eq(threads_now(), before + 3);
        optim_destroy_(opt);
        dlclose(library);
        ck_assert_int_le(threads_now(), before);
    }
    free(param);
    free(grad);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("threads");
    TCase *threads = tcase_create("threads");
    tcase_set_timeout(threads, 0);
    tcase_add_test(threads, fork_keeps_parent_and_child_working);
    tcase_add_test(threads, many_handles_step_at_once);
    const char *sanitizer = getenv("TEST_SANITIZER");    /* its own limits: */
    if (!sanitizer || strcmp(sanitizer, "address") != 0) /* a child gets its allocator's locks as they just were */
        tcase_add_test(threads, fork_during_a_step_of_another_thread);
    if (!sanitizer) /* they have handlers of exit and of threads' ends of their own */
        tcase_add_test(threads, exit_does_not_wait_for_a_thread_that_steps);
    tcase_add_test(threads, a_cancelled_thread_finishes_its_step);
    tcase_add_test(threads, threads_sleep_between_steps);
    tcase_add_test(threads, an_executor_replaces_the_threads);
    tcase_add_test(threads, slow_threads_are_left_out);
    tcase_add_test(threads, trials_last_until_threads_are_there);
    tcase_add_test(threads, sizes_of_steps_are_told_apart);
    tcase_add_test(threads, small_steps_stay_on_the_caller);
    tcase_add_test(threads, tensors_without_gradient_are_no_work);
    if (!sanitizer) { /* they start threads in their own way, and cannot follow a second copy of the library */
        tcase_add_loop_test(threads, threads_that_cannot_be_started_are_done_without, 0, 3);
        tcase_add_test(threads, unloading_joins_the_threads);
    }
    suite_add_tcase(suite, threads);
    return test_run(suite);
}
