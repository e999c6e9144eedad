#include "options.h"

#include <errno.h>
#include <optim/optim.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "subject.h"

enum option { ALGORITHMS, SIZES, THREADS, DTYPE, REPETITIONS, QUICK, NO_SPECIAL, SET, CSV, HELP, TABLE_SIZE };

static const struct {
    const char *name, *argument, *help;
} table[] = {
    [ALGORITHMS] = {"--algorithms", "A,B,...", "adam, lookahead(adam), ... (every one there is, and lookahead(adam))"},
    [SIZES] = {"--sizes", "N,M,...", "elements; k = 1000, Ki = 1024, M, Mi (1k,16Ki,256Ki,4Mi,64Mi)"},
    [THREADS] = {"--threads", "N,M,...", "threads that a step may use (1,2)"},
    [DTYPE] = {"--dtype", "f32|f64", "element type (f32)"},
    [REPETITIONS] = {"--repetitions", "N", "of each measurement (as many as fit its time, 0.5 s, and at least 15)"},
    [QUICK] = {"--quick", NULL, "0.1 s for a measurement, at least 5 repetitions, and without 64Mi"},
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

/* What a suffix multiplies by; 0: there is no such suffix. */
static size_t scale(const char *suffix, size_t length) {
    static const struct {
        const char *suffix;
        size_t scale;
    } scales[] = {{"", 1}, {"k", 1000}, {"Ki", 1 << 10}, {"M", 1000000}, {"Mi", 1 << 20}};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        if (strlen(scales[i].suffix) == length && memcmp(scales[i].suffix, suffix, length) == 0)
            return scales[i].scale;
    return 0;
}

/* The whole number from 1 to `max` that stands at *text; *text moves behind it and its comma, or to NULL at the end. */
static size_t number(enum option option, const char **text, bool suffixes, size_t max) {
    char *end = NULL;
    errno = 0;
    const unsigned long long n = **text >= '0' && **text <= '9' ? strtoull(*text, &end, 10) : 0;
    const size_t length = end ? strcspn(end, ",") : 0;
    const size_t times = end && (suffixes || length == 0) ? scale(end, length) : 0;
    if (times == 0 || errno != 0 || n < 1 || n > max / times)
        die(MISUSE, "%s: \"%s\": expected %s whole numbers from 1 to %zu", table[option].name, *text,
            option == REPETITIONS ? "one of the" : "a list, separated by commas, of", max);
    *text = end[length] == ',' ? end + length + 1 : NULL;
    return (size_t)n * times;
}

static void check_room(enum option option, size_t count) {
    if (count == OPTIONS_LIST)
        die(MISUSE, "%s: no more than %d at once", table[option].name, OPTIONS_LIST);
}

static void read_algorithms(struct options *options, const char *value) {
    free(options->text);
    options->text = allocate(strlen(value) + 1, 1);
    strcpy(options->text, value);
    options->nalgorithms = 0;
    for (char *name = options->text; name;) {
        char *const comma = strchr(name, ',');
        check_room(ALGORITHMS, options->nalgorithms);
        if (comma)
            *comma = '\0';
        subject_check(name);
        options->algorithms[options->nalgorithms++] = name;
        name = comma ? comma + 1 : NULL;
    }
}

static void take_every_algorithm(struct options *options) {
    const char *name;
    for (size_t i = 0; (name = optim_algorithm_name(i)); i++)
        if (optim_algorithm_wraps(name) == 0) {
            check_room(ALGORITHMS, options->nalgorithms);
            options->algorithms[options->nalgorithms++] = name;
        }
    if (optim_algorithm_wraps("lookahead") == 1) {
        check_room(ALGORITHMS, options->nalgorithms);
        options->algorithms[options->nalgorithms++] = "lookahead(adam)";
    }
}

static void read_sizes(struct options *options, const char *value) {
    options->nsizes = 0;
    while (value) {
        check_room(SIZES, options->nsizes);
        options->sizes[options->nsizes++] = number(SIZES, &value, true, SIZE_MAX / 64);
    }
}

static void read_threads(struct options *options, const char *value) {
    options->nthreads = 0;
    while (value) {
        check_room(THREADS, options->nthreads);
        options->threads[options->nthreads++] = (int)number(THREADS, &value, false, 1024);
    }
}

static int dtype_of(const char *value) {
    if (strcmp(value, "f32") != 0 && strcmp(value, "f64") != 0)
        die(MISUSE, "--dtype: \"%s\": expected f32 or f64", value);
    return strcmp(value, "f64") == 0 ? OPTIM_F64 : OPTIM_F32;
}

static void read_repetitions(struct options *options, const char *value) {
    const char *rest = value;
    options->plan.repetitions = number(REPETITIONS, &rest, false, 1000000);
    if (rest)
        die(MISUSE, "--repetitions: \"%s\": expected one whole number", value);
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
        read_algorithms(options, value);
        break;
    case SIZES:
        read_sizes(options, value);
        break;
    case THREADS:
        read_threads(options, value);
        break;
    case DTYPE:
        options->dtype = dtype_of(value);
        break;
    case REPETITIONS:
        read_repetitions(options, value);
        break;
    case QUICK:
        options->quick = true;
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
    *options = (struct options){.dtype = OPTIM_F32, .special = true};
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
    options->plan.seconds = options->quick ? 0.1 : 0.5;
    options->plan.fewest = options->quick ? 5 : 15;
    if (options->nalgorithms == 0)
        take_every_algorithm(options);
    if (options->nsizes == 0)
        read_sizes(options, options->quick ? "1k,16Ki,256Ki,4Mi" : "1k,16Ki,256Ki,4Mi,64Mi");
    if (options->nthreads == 0)
        read_threads(options, "1,2");
}

void options_free(struct options *options) {
    free(options->text);
}
