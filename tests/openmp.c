/* Side by side with OpenMP: handles in its threads, ours between its loops, its threads as executor of steps. */
#include "test.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 3 << 20, STEPS = 4, THREADS = 4 };

struct model {
    float *param, *grad;
    optim *opt;
};

static struct model model(int threads) {
    const size_t count = COUNT;
    struct model m = {malloc(COUNT * sizeof(float)), malloc(COUNT * sizeof(float)), test_create("adam")};
    ck_assert(m.param && m.grad);
    for (size_t i = 0; i < COUNT; i++)
        m.param[i] = (float)test_weight(i);
    ck_ok(m.opt, optim_add(m.opt, "weight", OPTIM_F32, 1, &count, m.param, m.grad));
    ck_ok(m.opt, optim_set_threads(m.opt, threads));
    return m;
}

/* The gradient of a sum of squares, which is computed in a loop of OpenMP's threads if there may be such. */
static int train(struct model *m) {
    int status = OPTIM_OK;
    for (int t = 0; t < STEPS && status == OPTIM_OK; t++) {
#pragma omp parallel for
        for (size_t i = 0; i < COUNT; i++)
            m->grad[i] = 2 * m->param[i];
        status = optim_step(m->opt);
    }
    return status;
}

static void free_model(struct model *m) {
    optim_destroy(m->opt);
    free(m->param);
    free(m->grad);
}

static bool same(const struct model *a, const struct model *b) {
    return memcmp(a->param, b->param, COUNT * sizeof(float)) == 0;
}

static void openmp_executor(void *context, size_t count, optim_task task, void *job) {
    ++*(int *)context;
#pragma omp parallel for
    for (size_t i = 0; i < count; i++)
        task(job, i);
}

START_TEST(steps_between_its_loops) {
    struct model one = model(1), many = model(3);
    ck_ok(one.opt, train(&one));
    ck_ok(many.opt, train(&many));
    ck_assert(same(&one, &many));
    free_model(&one);
    free_model(&many);
}
END_TEST

START_TEST(handles_in_its_threads) {
    struct model models[THREADS];
    int statuses[THREADS];
    for (int i = 0; i < THREADS; i++)
        models[i] = model(1 + i);
#pragma omp parallel for num_threads(THREADS)
    for (int i = 0; i < THREADS; i++)
        statuses[i] = train(&models[i]);
    for (int i = 0; i < THREADS; i++) {
        ck_ok(models[i].opt, statuses[i]);
        ck_assert(same(&models[0], &models[i]));
    }
    for (int i = 0; i < THREADS; i++)
        free_model(&models[i]);
}
END_TEST

START_TEST(its_threads_run_the_step) {
    struct model one = model(1), many = model(4);
    int calls = 0;
    ck_ok(many.opt, optim_set_executor(many.opt, openmp_executor, &calls));
    ck_ok(one.opt, train(&one));
    ck_ok(many.opt, train(&many));
    ck_assert_int_eq(calls, STEPS);
    ck_assert(same(&one, &many));
    free_model(&one);
    free_model(&many);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("openmp");
    TCase *openmp = tcase_create("openmp");
    tcase_set_timeout(openmp, 0);
    tcase_add_test(openmp, steps_between_its_loops);
    tcase_add_test(openmp, handles_in_its_threads);
    tcase_add_test(openmp, its_threads_run_the_step);
    suite_add_tcase(suite, openmp);
    return test_run(suite);
}
