/*
 * The bits of every algorithm's weights after some steps, and of every schedule, against those in tests/bits.txt, which
 * are the same for every processor, instruction set and compiler. A change here is a change of results, and belongs
 * into NEWS.md.
 *
 * usage: test-bits [FILE]: compare with FILE, or print what is to be in it
 */
#include <optim/optim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 17, COLUMNS = 59, COUNT = ROWS * COLUMNS, STEPS = 60, LINE = 128 };

static uint64_t finalize(uint64_t x) {
    uint64_t z = x + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void put(int dtype, void *values, size_t i, double value) {
    if (dtype == OPTIM_F64)
        ((double *)values)[i] = value;
    else
        ((float *)values)[i] = (float)value;
}

static void check(const optim *opt, int status) {
    if (status == OPTIM_OK)
        return;
    fprintf(stderr, "bits: %s\n", optim_errmsg(opt));
    exit(status == OPTIM_ERROR_UNSUPPORTED ? 77 : 1); /* 77: skipped, for want of the instruction set */
}

#define NOTHING UINT64_C(0xcbf29ce484222325)

/* FNV-1a. */
static uint64_t hashed(uint64_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Of the weights. */
static uint64_t digest(const char *chain, int dtype) {
    static double param[COUNT], grad[COUNT];
    const size_t shape[2] = {ROWS, COLUMNS}, size = dtype == OPTIM_F64 ? sizeof(double) : sizeof(float);
    optim *opt;
    check(NULL, optim_create(&opt, chain));
    check(opt, optim_set(opt, "clip_norm", 0.5));
    check(opt, optim_set(opt, "weight_decay", 0.01));
    check(opt, optim_set(opt, "centralize", 1));
    check(opt, optim_add(opt, "weight", dtype, 2, shape, param, grad));
    for (size_t i = 0; i < COUNT; i++)
        put(dtype, param, i, (double)(i % 11) - 5);
    for (uint64_t t = 1; t <= STEPS; t++) {
        for (size_t i = 0; i < COUNT; i++)
            put(dtype, grad, i, (double)(finalize(t * 4096 + i) >> 40) / 8388608 - 1);
        check(opt, optim_step(opt));
    }
    optim_destroy(opt);
    return hashed(NOTHING, param, COUNT * size);
}

/* Of the factors of a schedule, around another one if it wraps. */
static uint64_t schedule_digest(const char *kind) {
    static const struct {
        const char *name;
        double value;
    } sets[] = {{"r", 137}, {"c", 0.75}, {"steps", 700}, {"decay", 90}, {"power", 2.5}, {"end", 0.01}, {"floor", 0.1}};
    optim_schedule *s = NULL;
    uint64_t hash = NOTHING;
    check(NULL, optim_schedule_create(&s, optim_schedule_wraps(kind) == 1 ? "exponential" : kind));
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        (void)optim_schedule_set(s, sets[i].name, sets[i].value); /* it may not have it */
    if (optim_schedule_wraps(kind) == 1) {
        optim_schedule *inner = s;
        check(NULL, optim_schedule_wrap(&s, kind, inner));
        check(NULL, optim_schedule_set(s, "steps", 100));
    }
    for (uint64_t t = 0; t < 1000; t++) {
        double factor;
        check(NULL, optim_schedule_factor(s, t, &factor));
        hash = hashed(hash, &factor, sizeof factor);
    }
    optim_schedule_destroy(s);
    return hash;
}

/* Print a line, or compare it with the file's next one; 1 if they differ. */
static int compare(FILE *file, const char *name, const char *what, uint64_t hash) {
    char expected[LINE] = "", got[LINE];
    snprintf(got, sizeof got, "%s %s %016llx\n", name, what, (unsigned long long)hash);
    if (!file) {
        fputs(got, stdout);
        return 0;
    }
    if (fgets(expected, sizeof expected, file) && strcmp(expected, got) == 0)
        return 0;
    printf("expected: %sgot:      %s", expected, got);
    return 1;
}

int main(int argc, char **argv) {
    int differ = 0, compared = 0;
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (argc > 1 && !file) {
        fprintf(stderr, "bits: %s cannot be read\n", argv[1]);
        return 1;
    }
    for (size_t i = 0; optim_algorithm_name(i); i++)
        for (int dtype = OPTIM_F32; dtype <= OPTIM_F64; dtype++, compared++) {
            const char *name = optim_algorithm_name(i);
            char chain[64];
            snprintf(chain, sizeof chain, optim_algorithm_wraps(name) == 1 ? "%s(adam)" : "%s", name);
            differ += compare(file, chain, dtype == OPTIM_F64 ? "f64" : "f32", digest(chain, dtype));
        }
    for (size_t i = 0; optim_schedule_name(i); i++, compared++)
        differ += compare(file, optim_schedule_name(i), "schedule", schedule_digest(optim_schedule_name(i)));
    if (file)
        fclose(file);
    printf("%s", file && !differ ? "the same bits\n" : "");
    return differ != 0 || compared == 0;
}
