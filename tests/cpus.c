/* How many threads a process gets: its affinity, and the quotas of its control groups in a tree made here. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "test.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the library's inside: see src/engine/engine.h. */
int optim_quota(const char *self, const char *root);

static char root[] = "/tmp/optim-cpus-XXXXXX";

static void put(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert(fputs(text, file) >= 0 && fclose(file) == 0);
}

static int quota(const char *self) {
    char path[256];
    put("self", self);
    snprintf(path, sizeof path, "%s/self", root);
    return optim_quota(path, root);
}

START_TEST(the_least_quota_around_counts) {
    enum { ANY = 1024 };
    char path[256];
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(optim_quota("/nowhere", root), ANY);
    ck_assert_int_eq(quota("0::/\n"), ANY);
    put("cpu.max", "350000 100000\n");
    ck_assert_int_eq(quota("0::/\n"), 4);
    ck_assert_int_eq(quota("2:cpu:/a\n0::/a/b\n"), 4); /* of folders that are not there */
    snprintf(path, sizeof path, "%s/a", root);
    ck_assert(mkdir(path, 0700) == 0);
    put("a/cpu.max", "200000 100000\n");
    ck_assert_int_eq(quota("2:cpu:/a\n0::/a/b\n"), 2);
    ck_assert_int_eq(quota("0::/b\n"), 4);
    put("a/cpu.max", "max 100000\n");
    ck_assert_int_eq(quota("0::/a\n"), 4);
    put("a/cpu.max", "20000 100000\n");
    ck_assert_int_eq(quota("0::/a\n"), 1);
    put("a/cpu.max", "nonsense");
    ck_assert_int_eq(quota("0::/a\n"), 4);
    put("a/cpu.max", "1 0\n");
    ck_assert_int_eq(quota("0::/a\n"), 4);
    ck_assert_int_eq(quota("nothing of that kind\n"), ANY);
    for (const char *const *name = (const char *const[]){"a/cpu.max", "a", "cpu.max", "self", ".", NULL}; *name;
         name++) {
        snprintf(path, sizeof path, "%s/%s", root, *name);
        ck_assert(remove(path) == 0 || rmdir(root) == 0);
    }
}
END_TEST

static void count_parts(void *context, size_t count, optim_task task, void *job) {
    *(size_t *)context = count;
    for (size_t i = 0; i < count; i++)
        task(job, i);
}

/* Into how many parts a large step is cut in a process that may run on so many of its CPUs. */
static int parts_with(int cpus) {
    static float values[2][8 << 20];
    const size_t size = 8 << 20;
    size_t parts = 1;
    cpu_set_t all, some;
    optim *opt;
    CPU_ZERO(&some);
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return -1;
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&some) < cpus; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &some);
    if (CPU_COUNT(&some) < cpus || sched_setaffinity(0, sizeof some, &some) != 0)
        return -1;
    if (optim_create(&opt, "sgd") || optim_add(opt, NULL, OPTIM_F32, 1, &size, values[0], values[1]) ||
        optim_set_executor(opt, count_parts, &parts) || optim_step(opt))
        return -1;
    optim_destroy(opt);
    return (int)parts;
}

START_TEST(affinity_limits_threads) {
    for (int cpus = 1; cpus <= 2; cpus++) {
        const pid_t child = fork();
        if (child == 0) {
            const int parts = parts_with(cpus);
            _exit(parts > cpus || (parts >= 0 && cpus == 1 && parts != 1));
        }
        int status = -1;
        ck_assert(waitpid(child, &status, 0) == child);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpus");
    TCase *cpus = tcase_create("cpus");
    tcase_add_test(cpus, the_least_quota_around_counts);
    tcase_add_test(cpus, affinity_limits_threads);
    suite_add_tcase(suite, cpus);
    return test_run(suite);
}
