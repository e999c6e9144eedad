/*
 * Saving and loading of a large state against what copying such a file takes: `cp` and one fsync. Each repetition does
 * all three one after the other.
 */
#include <optim/optim.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "machine.h"
#include "measure.h"
#include "resident.h"

enum { TENSOR = 1 << 20, PER_ELEMENT = 2 * sizeof(float) /* of Adam's state */, MOST = 1000 };

#define TARGET_TIMES 1.25
#define TARGET_EXTRA (16.0 * 1048576)

static const char usage[] = "usage: state [OPTION]...\n\n"
                            "Time optim_save and optim_load against `cp` of the same file and one fsync, and see what "
                            "memory they take besides.\n"
                            "The file is new each time, and what is read was just written.\n\n"
                            "  --bytes N          of state (1000000000)\n"
                            "  --directory NAME   where the files are, which are removed at the end (.)\n"
                            "  --repetitions N    of which medians are told (9)\n"
                            "  --help             print this\n";

struct options {
    uint64_t bytes;
    const char *directory;
    size_t repetitions;
};

static uint64_t number(const char *option, const char *value, uint64_t max) {
    char *end;
    errno = 0;
    const unsigned long long n = value && *value >= '0' && *value <= '9' ? strtoull(value, &end, 10) : 0;
    if (n == 0 || errno || *end || n > max)
        die(MISUSE, "%s: expected a whole number from 1 to %llu", option, (unsigned long long)max);
    return n;
}

static struct options read_options(int argc, char **argv) {
    struct options options = {1000000000, ".", 9};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        if (strcmp(argv[i], "--bytes") == 0)
            options.bytes = number(argv[i++], value, UINT64_C(1) << 40);
        else if (strcmp(argv[i], "--repetitions") == 0)
            options.repetitions = (size_t)number(argv[i++], value, MOST);
        else if (strcmp(argv[i], "--directory") == 0 && value)
            options.directory = argv[++i];
        else
            die(MISUSE, "%s: no such option, or its value is missing; --help lists them", argv[i]);
    }
    return options;
}

/* ---- What is timed ----------------------------------------------------------------------------------------------- */

struct subject {
    size_t tensors;
    float *weights, *gradient;
    char path[4096], copy[4096];
};

static void check(const optim *opt, int status) {
    if (status != OPTIM_OK)
        die(FAILED, "%s", optim_errmsg(opt));
}

static optim *create(const struct subject *subject) {
    static const size_t shape[] = {TENSOR};
    optim *opt;
    check(NULL, optim_create(&opt, "adam"));
    for (size_t i = 0; i < subject->tensors; i++)
        check(opt, optim_add(opt, NULL, OPTIM_F32, 1, shape, subject->weights + i * TENSOR, subject->gradient));
    return opt;
}

/* As somebody would by hand. */
static void copy(const struct subject *subject) {
    const pid_t child = fork();
    if (child == 0) {
        execlp("cp", "cp", "--", subject->path, subject->copy, (char *)NULL);
        _exit(127);
    }
    int status, file = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        die(FAILED, "cp failed");
    if ((file = open(subject->copy, O_WRONLY)) < 0 || fsync(file) != 0 || close(file) != 0)
        die(FAILED, "%s: %s", subject->copy, strerror(errno));
}

/* ---- What is found ----------------------------------------------------------------------------------------------- */

enum what { SAVE, LOAD, COPY, WHATS };

struct found {
    double seconds[WHATS][MOST];
    double times[WHATS][MOST]; /* what a copy took in the same repetition */
    double extra[WHATS];       /* bytes, the most in any repetition */
};

static void time_all(const struct subject *subject, const struct options *options, optim *trained,
                     struct found *found) {
    const double state = (double)subject->tensors * TENSOR * PER_ELEMENT;
    for (size_t i = 0; i < options->repetitions; i++) {
        double at[WHATS + 1];
        unlink(subject->path);
        resident_begin();
        at[0] = measure_now();
        check(trained, optim_save(trained, subject->path));
        at[1] = measure_now();
        found->extra[SAVE] = fmax(found->extra[SAVE], resident_grown());

        optim *fresh = create(subject);
        resident_begin();
        const double begin = measure_now();
        check(fresh, optim_load(fresh, subject->path));
        found->seconds[LOAD][i] = (measure_now() - begin) / 1e9;
        found->extra[LOAD] = fmax(found->extra[LOAD], resident_grown() - state);
        optim_destroy(fresh);

        unlink(subject->copy);
        at[2] = measure_now();
        copy(subject);
        at[3] = measure_now();
        found->seconds[SAVE][i] = (at[1] - at[0]) / 1e9;
        found->seconds[COPY][i] = (at[3] - at[2]) / 1e9;
        for (int what = 0; what < WHATS; what++)
            found->times[what][i] = found->seconds[what][i] / found->seconds[COPY][i];
    }
}

static void print(struct found *found, const struct options *options) {
    static const char *const names[WHATS] = {"optim_save", "optim_load", "cp + fsync"};
    const size_t n = options->repetitions;
    bool reached = true;
    printf("\n%-12s %9s %9s %9s %14s\n", "", "seconds", "GB/s", "x copy", "extra MiB");
    for (int what = 0; what < WHATS; what++) {
        const double seconds = measure_median(found->seconds[what], n), times = measure_median(found->times[what], n);
        printf("%-12s %9.3f %9.2f %9.2f ", names[what], seconds, (double)options->bytes / seconds / 1e9, times);
        if (what == COPY)
            printf("%14s\n", "-");
        else
            printf("%14.1f\n", found->extra[what] / 1048576);
        reached &= times <= TARGET_TIMES && found->extra[what] < TARGET_EXTRA;
    }
    printf("\nMedians of %zu; x copy: of the ratios within each repetition; extra: the most resident memory in any of "
           "them\n"
           "beyond what there was before, and beyond the state itself where it is loaded.\n"
           "Target: at most %.2f x a copy, less than %.0f MiB extra: %s\n",
           n, TARGET_TIMES, TARGET_EXTRA / 1048576, reached ? "reached" : "missed");
}

int main(int argc, char **argv) {
    struct options options = read_options(argc, argv);
    struct subject subject = {.tensors = (size_t)((options.bytes + TENSOR * PER_ELEMENT - 1) / (TENSOR * PER_ELEMENT))};
    options.bytes = (uint64_t)subject.tensors * TENSOR * PER_ELEMENT;
    subject.weights = allocate(subject.tensors * TENSOR, sizeof *subject.weights);
    subject.gradient = allocate(TENSOR, sizeof *subject.gradient);
    for (size_t i = 0; i < TENSOR; i++)
        subject.gradient[i] = (float)(i % 1009) / 1009 - 0.5f;
    snprintf(subject.path, sizeof subject.path, "%s/bench-state-%ld", options.directory, (long)getpid());
    snprintf(subject.copy, sizeof subject.copy, "%s/bench-state-%ld-copy", options.directory, (long)getpid());

    optim *trained = create(&subject);
    check(trained, optim_step(trained));
    machine_print(NULL);
    printf("%llu bytes of state in %zu tensors, files in %s\n", (unsigned long long)options.bytes, subject.tensors,
           options.directory);
    struct found *found = allocate(1, sizeof *found);
    time_all(&subject, &options, trained, found);
    print(found, &options);

    unlink(subject.path);
    unlink(subject.copy);
    optim_destroy(trained);
    free(found);
    free(subject.weights);
    free(subject.gradient);
    return 0;
}
