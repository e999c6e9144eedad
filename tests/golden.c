/*
 * Golden trajectories: what an independent implementation (tests/oracle) says of every algorithm, against what the
 * library does, in both element types, on every instruction set, fused and composed of BLAS calls.
 */
#include "test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS = 64, LINE = 4096, LINES = 128, STEPS = 1000 };

/* A case as it stands in the file: lines from "case" to "end". */
struct golden {
    char name[128], algorithm[64];
    char lines[LINES][LINE];
    size_t count;
};

static bool read_case(FILE *file, struct golden *golden) {
    char line[LINE];
    golden->count = 0;
    while (fgets(line, sizeof line, file)) {
        ck_assert_msg(strchr(line, '\n') != NULL, "a line longer than %d", LINE);
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "end") == 0)
            return true;
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(golden->count, LINES);
        (void)sscanf(line, "case %127s", golden->name);
        (void)sscanf(line, "algorithm %63s", golden->algorithm);
        snprintf(golden->lines[golden->count++], LINE, "%s", line);
    }
    return false;
}

static bool is_registered(const struct golden *golden) {
    char wrapper[64];
    bool known = optim_algorithm_summary(golden->algorithm) != NULL;
    for (size_t i = 0; i < golden->count; i++)
        if (sscanf(golden->lines[i], "wrap %63s", wrapper) == 1)
            known &= optim_algorithm_summary(wrapper) != NULL;
    return known;
}

/* A run of a case: the tensor, and the largest magnitude each element has had, which errors are measured by. */
struct run {
    const struct golden *golden;
    int dtype;
    double tolerance;
    optim *opt;
    size_t count;
    double param[ELEMENTS], grad[ELEMENTS], largest[ELEMENTS]; /* the first two hold f32 too */
};

static void build(struct run *run, bool blas) {
    const struct golden *golden = run->golden;
    size_t shape[4] = {0}, ndim = 0;
    char word[64];
    double value;
    ck_ok(NULL, optim_create(&run->opt, golden->algorithm));
    for (size_t i = 0; i < golden->count; i++) {
        const char *line = golden->lines[i];
        if (sscanf(line, "wrap %63s", word) == 1)
            ck_ok(run->opt, optim_wrap(&run->opt, word, run->opt));
        if (strncmp(line, "shape ", 6) == 0)
            ndim = (size_t)sscanf(line, "shape %zu %zu %zu %zu", &shape[0], &shape[1], &shape[2], &shape[3]);
        if (sscanf(line, "set %63s %lf", word, &value) == 2)
            ck_ok(run->opt, optim_set(run->opt, word, value));
    }
    run->count = 1;
    for (size_t i = 0; i < ndim; i++)
        run->count *= shape[i];
    ck_assert_uint_le(run->count, ELEMENTS);
    for (size_t i = 0; i < run->count; i++)
        test_put(run->dtype, run->param, i, test_weight(i));
    if (blas)
        ck_ok(run->opt, optim_set(run->opt, "blas", 1));
    ck_ok(run->opt, optim_add(run->opt, "weight", run->dtype, ndim, shape, run->param, run->grad));
}

static void compare(struct run *run, const char *what, uint64_t t, const char *values) {
    for (size_t i = 0; i < run->count; i++) {
        char *end;
        const double expected = strtod(values, &end), got = test_at(run->dtype, run->param, i);
        ck_assert_msg(end != values, "%s: %s %lu: value %zu is missing", run->golden->name, what, (unsigned long)t, i);
        values = end;
        ck_assert_msg(fabs(got - expected) <= run->tolerance * run->largest[i],
                      "%s, %s: %s %lu, element %zu: %.17g, expected %.17g (off by %.3g of %.3g)", run->golden->name,
                      run->dtype == OPTIM_F64 ? "f64" : "f32", what, (unsigned long)t, i, got, expected,
                      fabs(got - expected), run->largest[i]);
    }
}

/* The lines of the case that belong to step t: what to set before it, what to compare after it. */
static void before(struct run *run, uint64_t t) {
    for (size_t i = 0; i < run->golden->count; i++) {
        char word[64];
        unsigned long at;
        double value;
        if (sscanf(run->golden->lines[i], "at %lu set %63s %lf", &at, word, &value) == 3 && at == t)
            ck_ok(run->opt, optim_set(run->opt, word, value));
    }
}

static void after(struct run *run, uint64_t t) {
    for (size_t i = 0; i < run->golden->count; i++) {
        const char *line = run->golden->lines[i];
        unsigned long at;
        int begin = 0;
        if (sscanf(line, "step %lu%n", &at, &begin) == 1 && begin && at == t)
            compare(run, "step", t, line + begin);
        begin = 0;
        if (sscanf(line, "swapped %lu%n", &at, &begin) == 1 && begin && at == t) {
            ck_ok(run->opt, optim_swap(run->opt));
            compare(run, "swapped", t, line + begin);
            ck_ok(run->opt, optim_swap(run->opt));
        }
    }
}

static void replay(const struct golden *golden, int dtype, bool blas) {
    /* blas scales by momentum and decay rounded to f32, which the fused kernels do not */
    struct run run = {.golden = golden, .dtype = dtype, .tolerance = dtype == OPTIM_F64 ? 1e-12 : blas ? 1e-3 : 1e-5};
    build(&run, blas);
    for (size_t i = 0; i < run.count; i++)
        run.largest[i] = fabs(test_weight(i));
    for (uint64_t t = 1; t <= STEPS; t++) {
        before(&run, t);
        for (size_t i = 0; i < run.count; i++)
            test_put(dtype, run.grad, i, test_gradient(t, i));
        ck_ok(run.opt, optim_step(run.opt));
        for (size_t i = 0; i < run.count; i++)
            run.largest[i] = fmax(run.largest[i], fabs(test_at(dtype, run.param, i)));
        after(&run, t);
    }
    optim_destroy(run.opt);
}

typedef void visitor(const struct golden *golden, void *context);

static void visit_mark(const struct golden *golden, void *context) {
    bool *covered = context;
    for (size_t i = 0; i < optim_algorithm_count(); i++) {
        covered[i] |= strcmp(optim_algorithm_name(i), golden->algorithm) == 0;
        for (size_t k = 0; k < golden->count; k++)
            if (strncmp(golden->lines[k], "wrap ", 5) == 0)
                covered[i] |= strcmp(optim_algorithm_name(i), golden->lines[k] + 5) == 0;
    }
}

/* Every case of every file. */
static size_t for_each_case(visitor *visit, void *context) {
    const char *directory = getenv("GOLDEN_DIR");
    size_t count = 0;
    struct golden *golden = malloc(sizeof(*golden));
    ck_assert_msg(directory != NULL, "GOLDEN_DIR is not set");
    DIR *dir = opendir(directory);
    ck_assert_msg(dir != NULL && golden != NULL, "%s cannot be read", directory);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char path[LINE];
        if (!strstr(entry->d_name, ".txt"))
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        FILE *file = fopen(path, "r");
        ck_assert_msg(file != NULL, "%s cannot be read", path);
        for (; read_case(file, golden); count++)
            if (count % test_stride(16) == 0 || visit == visit_mark)
                visit(golden, context);
        fclose(file);
    }
    closedir(dir);
    free(golden);
    return count;
}

struct setup {
    int dtype;
    bool blas;
    size_t skipped;
};

static void visit_replay(const struct golden *golden, void *context) {
    struct setup *setup = context;
    if (is_registered(golden))
        replay(golden, setup->dtype, setup->blas);
    else
        setup->skipped++;
}

static bool has_blas(void) {
    optim *opt;
    ck_ok(NULL, optim_create(&opt, "sgd"));
    const bool has = optim_set(opt, "blas", 1) == OPTIM_OK;
    optim_destroy(opt);
    return has;
}

START_TEST(fused_kernels_follow_the_oracle) {
    struct setup setup = {.dtype = 1 + _i % TEST_DTYPES};
    const char *isa = test_isa((size_t)_i / TEST_DTYPES);
    if (!isa)
        return;
    setenv("OPTIM_CPU", isa, 1);
    ck_assert_uint_gt(for_each_case(visit_replay, &setup), 0);
    ck_assert_msg(setup.skipped == 0, "%zu cases are of algorithms that are not registered", setup.skipped);
}
END_TEST

START_TEST(blas_kernels_follow_the_oracle) {
    struct setup setup = {.dtype = 1 + _i, .blas = true};
    if (has_blas())
        for_each_case(visit_replay, &setup);
}
END_TEST

START_TEST(every_algorithm_has_a_golden_trajectory) {
    bool covered[256] = {0};
    for_each_case(visit_mark, covered);
    for (size_t i = 0; i < optim_algorithm_count(); i++)
        ck_assert_msg(covered[i], "%s has none in tests/golden", optim_algorithm_name(i));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("golden");
    TCase *oracle = tcase_create("oracle");
    tcase_set_timeout(oracle, 0);
    tcase_add_loop_test(oracle, fused_kernels_follow_the_oracle, 0, 3 * TEST_DTYPES);
    tcase_add_loop_test(oracle, blas_kernels_follow_the_oracle, 0, TEST_DTYPES);
    tcase_add_test(oracle, every_algorithm_has_a_golden_trajectory);
    suite_add_tcase(suite, oracle);
    return test_run(suite);
}
