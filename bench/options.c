#include "options.h"

#include <errno.h>
#include <optim/optim.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "limit.h"
#include "subject.h"

enum option {
    ALGORITHMS,
    SIZES,
    THREADS,
    DTYPE,
    ISA,
    REPETITIONS,
    QUICK,
    NO_PEERS,
    NO_SPECIAL,
    SET,
    CSV,
    HELP,
    TABLE_SIZE
};

static const struct {
    const char *name, *argument, *help;
} table[] = {
    [ALGORITHMS] = {"--algorithms", "A,B,...",
                    "adam, lookahead(adam), adamw:clip_norm=1, ... (every one, and some in wrappers)"},
    [SIZES] = {"--sizes", "N,M,...", "elements, or tensors x elements, or gpt2 (1k,16k,256k,4M,64M,1000x1000,gpt2)"},
    [THREADS] = {"--threads", "N,M,...", "threads that a step may use; all: one a processor (1,2,all)"},
    [DTYPE] = {"--dtype", "f32,f64", "element types (f32)"},
    [ISA] = {"--isa", "A,B,...", "instruction sets: sse2, avx2, avx512; neon (the widest)"},
    [REPETITIONS] = {"--repetitions", "N", "of each measurement (as many as fit its time, 0.5 s, and at least 9)"},
    [QUICK] = {"--quick", NULL, "0.05 s for a measurement, at least 5 repetitions, without peers and gpt2"},
    [NO_PEERS] = {"--no-peers", NULL, "leave out what others need for it: a plain loop, level-1 BLAS, PyTorch"},
    [NO_SPECIAL] = {"--no-special", NULL, "leave out the cases of small, of many and of resting tensors"},
    [SET] = {"--set", "NAME=VALUE", "a hyperparameter of all of them, such as clip_value=1; repeatable"},
    [CSV] = {"--csv", "FILE", "write the measurements to FILE as well"},
    [HELP] = {"--help", NULL, "print this"},
};

static void print_help(void) {
    puts("usage: bench [OPTION]...\n\n"
         "Time steps of liboptim against the read-write limit: a loop that only adds, over the same arrays.\n");
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const char *argument = table[i].argument ? table[i].argument : "";
        printf("  %s %-*s %s\n", table[i].name, 22 - (int)strlen(table[i].name), argument, table[i].help);
    }
    puts("\nEnvironment: OPTIM_CPU and OPTIM_KERNELS, as for every program that uses liboptim.\n"
         "Exit status: 0, 1 if something failed, 2 for a wrong option; a missed target is not a failure.");
}

static enum option find(const char *name, size_t length) {
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return (enum option)i;
    die(MISUSE, "%.*s: no such option; --help lists them", (int)length, name);
}

/* What a name in a list is for. */
typedef void taker(struct options *options, const char *name);

/* Every name in "a,b,c", which stay as long as the options. */
static void each(struct options *options, const char *value, taker *take) {
    char *text = allocate(strlen(value) + 1, 1);
    if (options->ntexts == OPTIONS_LIST)
        die(MISUSE, "there are too many options");
    options->text[options->ntexts++] = text;
    strcpy(text, value);
    for (char *name = text; name;) {
        char *const comma = strchr(name, ',');
        if (comma)
            *comma = '\0';
        take(options, name);
        name = comma ? comma + 1 : NULL;
    }
}

static void check_room(enum option option, size_t count) {
    if (count == OPTIONS_LIST)
        die(MISUSE, "%s: no more than %d at once", table[option].name, OPTIONS_LIST);
}

static void take_algorithm(struct options *options, const char *name) {
    check_room(ALGORITHMS, options->nalgorithms);
    subject_check(name);
    options->algorithms[options->nalgorithms++] = name;
}

/* Every algorithm there is, and some combinations that are used. */
static void take_every_algorithm(struct options *options) {
    static const char *const combinations[] = {"lookahead(sgd)", "lookahead(adam)", "ema(ranger):clip_norm=1",
                                               "accumulate(adamw):clip_norm=1:every=4", "sgd:clip_norm=1"};
    const char *name;
    for (size_t i = 0; (name = optim_algorithm_name(i)); i++)
        if (optim_algorithm_wraps(name) == 0)
            take_algorithm(options, name);
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++)
        take_algorithm(options, combinations[i]);
}

static void take_size(struct options *options, const char *name) {
    check_room(SIZES, options->nshapes);
    if (!shape_read(&options->shapes[options->nshapes++], name))
        die(MISUSE, "%s: \"%s\": expected gpt2, or a whole number such as 1000, 16k, 64Mi, or two as in 1000x16",
            table[SIZES].name, name);
}

/* A whole number from 1 to max. */
static size_t number(enum option option, const char *text, size_t max) {
    char *end = NULL;
    errno = 0;
    const unsigned long long n = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    if (!end || *end || errno != 0 || n < 1 || n > max)
        die(MISUSE, "%s: \"%s\": expected a whole number from 1 to %zu", table[option].name, text, max);
    return (size_t)n;
}

static void take_threads(struct options *options, const char *name) {
    const long all = sysconf(_SC_NPROCESSORS_ONLN);
    const int threads = strcmp(name, "all") == 0 ? (int)all : (int)number(THREADS, name, 1024);
    check_room(THREADS, options->nthreads);
    for (size_t i = 0; i < options->nthreads; i++)
        if (options->threads[i] == threads)
            return;
    options->threads[options->nthreads++] = threads;
}

static void take_dtype(struct options *options, const char *name) {
    if (strcmp(name, "f32") != 0 && strcmp(name, "f64") != 0)
        die(MISUSE, "%s: \"%s\": expected f32 or f64", table[DTYPE].name, name);
    if (options->ndtypes < 2)
        options->dtypes[options->ndtypes++] = strcmp(name, "f64") == 0 ? OPTIM_F64 : OPTIM_F32;
}

static void take_isa(struct options *options, const char *name) {
    check_room(ISA, options->nisas);
    setenv("OPTIM_CPU", name, 1);
    subject_check("sgd");
    options->isas[options->nisas++] = name;
}

static void read_setting(struct options *options, const char *value) {
    const char *const equals = strchr(value, '=');
    char *end = NULL;
    check_room(SET, options->nsettings);
    struct setting *setting = &options->settings[options->nsettings];
    const size_t length = equals ? (size_t)(equals - value) : 0;
    setting->value = equals ? strtod(equals + 1, &end) : 0;
    if (length == 0 || length >= sizeof setting->name || end == equals + 1 || *end)
        die(MISUSE, "--set: \"%s\": expected NAME=VALUE", value);
    memcpy(setting->name, value, length); /* which was all 0 */
    options->nsettings++;
}

static void read_option(struct options *options, enum option option, const char *value) {
    switch (option) {
    case ALGORITHMS:
        options->nalgorithms = 0;
        each(options, value, take_algorithm);
        break;
    case SIZES:
        options->nshapes = 0;
        each(options, value, take_size);
        break;
    case THREADS:
        options->nthreads = 0;
        each(options, value, take_threads);
        break;
    case DTYPE:
        options->ndtypes = 0;
        each(options, value, take_dtype);
        break;
    case ISA:
        options->nisas = 0;
        each(options, value, take_isa);
        break;
    case REPETITIONS:
        options->plan.repetitions = number(REPETITIONS, value, 1000000);
        break;
    case QUICK:
        options->quick = true;
        break;
    case NO_PEERS:
        options->peers = false;
        break;
    case NO_SPECIAL:
        options->special = false;
        break;
    case SET:
        read_setting(options, value);
        break;
    case CSV:
        options->csv = value;
        break;
    case HELP:
        print_help();
        exit(0);
    case TABLE_SIZE:
        break;
    }
}

void options_read(struct options *options, int argc, char **argv) {
    *options = (struct options){.special = true, .peers = true};
    for (int i = 1; i < argc; i++) {
        const char *const equals = strchr(argv[i], '=');
        const size_t length = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const enum option option = find(argv[i], length);
        const char *value = equals ? equals + 1 : NULL;
        if (!table[option].argument && value)
            die(MISUSE, "%s takes no value", table[option].name);
        if (table[option].argument && !value)
            value = argv[++i]; /* argv ends with NULL */
        if (table[option].argument && (!value || !*value))
            die(MISUSE, "%s needs a value: %s", table[option].name, table[option].argument);
        read_option(options, option, value);
    }
    options->plan.seconds = options->quick ? 0.05 : 0.5;
    options->plan.fewest = options->quick ? 5 : 9;
    options->peers &= !options->quick;
    if (options->nisas == 0)
        take_isa(options, limit_isa());
    if (options->nalgorithms == 0)
        take_every_algorithm(options);
    if (options->nshapes == 0)
        each(options, options->quick ? "1k,16k,256k,4M,64M,1000x1000" : "1k,16k,256k,4M,64M,1000x1000,gpt2", take_size);
    if (options->nthreads == 0)
        each(options, "1,2,all", take_threads);
    if (options->ndtypes == 0)
        take_dtype(options, "f32");
}

void options_free(struct options *options) {
    for (size_t i = 0; i < options->ntexts; i++)
        free(options->text[i]);
}
