#include "options.h"

#include <errno.h>
#include <optim/optim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

/* clang-format off */
enum option {
    OPTIMIZER, COMPARE, WRAP, SET, SCHEDULE, SCHEDULE_SET, WARMUP, EPOCHS, BATCH, HIDDEN, SEED, THREADS, DATA, MNIST,
    CSV, SAVE, SAVE_EVERY, RESUME, STOP_AFTER, DIGEST, LIST, HELP, VERSION, TABLE_SIZE
};
/* clang-format on */

static const struct {
    const char *name, *argument, *help;
} table[] = {
    [OPTIMIZER] = {"--optimizer", "NAME", "adam (the default), lookahead(adam), ...: see --list"},
    [COMPARE] = {"--compare", "A,B,...", "train with each of these; all: with every algorithm there is"},
    [WRAP] = {"--wrap", "NAME", "put the wrapper NAME around each optimizer; may be repeated"},
    [SET] = {"--set", "NAME=VALUE", "set a hyperparameter of each optimizer; may be repeated"},
    [SCHEDULE] = {"--schedule", "NAME", "let the learning rate follow cosine, halving, ...: see --list"},
    [SCHEDULE_SET] = {"--schedule-set", "NAME=VALUE",
                      "set a parameter of the schedule; AT=FACTOR: a point of piecewise"},
    [WARMUP] = {"--warmup", "N", "let the learning rate rise for N steps first"},
    [EPOCHS] = {"--epochs", "N", "passes over the training images (20)"},
    [BATCH] = {"--batch", "N", "images a step (32); rprop always takes all"},
    [HIDDEN] = {"--hidden", "N,M,...", "sizes of the hidden layers (128,64)"},
    [SEED] = {"--seed", "N", "of the split, the first weights and the order of the images (1)"},
    [THREADS] = {"--threads", "N", "threads of the optimizer's step (0: one for each CPU)"},
    [DATA] = {"--data", "FILE", "the digits to learn (" DIGITS_CSV ")"},
    [MNIST] = {"--mnist", "DIRECTORY", "learn MNIST instead, from its four unpacked IDX files"},
    [CSV] = {"--csv", "FILE", "write the learning curves to FILE; with --resume, add to them"},
    [SAVE] = {"--save", "FILE", "save the training to FILE, whole at any time: after each epoch and at the end"},
    [SAVE_EVERY] = {"--save-every", "N", "and every N batches"},
    [RESUME] = {"--resume", "FILE",
                "go on with a training that was saved, given the same other options;\n"
                "                                  --epochs may be more, --save may be the same FILE"},
    [STOP_AFTER] = {"--stop-after", "N", "stop when this run has learned N batches, and save"},
    [DIGEST] = {"--digest", NULL, "print a digest of the weights: it differs if a bit does"},
    [LIST] = {"--list", NULL, "list the algorithms, their hyperparameters and defaults"},
    [HELP] = {"--help", NULL, "print this"},
    [VERSION] = {"--version", NULL, "print the version of liboptim"},
};

static void print_help(void) {
    puts("usage: digits [OPTION]...\n\n"
         "Teach a multilayer perceptron to read handwritten digits.\n");
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const char *argument = table[i].argument != NULL ? table[i].argument : "";
        printf("  %s %-*s %s\n", table[i].name, 24 - (int)strlen(table[i].name), argument, table[i].help);
    }
}

static enum option find(const char *name, size_t length) {
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return (enum option)i;
    }
    die(MISUSE, "\"%.*s\": no such option; --help lists them", (int)length, name);
}

/* A whole number at `text` that `end` follows. */
static uint64_t number(enum option option, const char *text, const char *value, char end, uint64_t min, uint64_t max) {
    char *stop = NULL;
    errno = 0;
    unsigned long long n = *text >= '0' && *text <= '9' ? strtoull(text, &stop, 10) : 0;
    if (stop == NULL || (*stop != end && *stop != '\0') || errno != 0 || n < min || n > max) {
        die(MISUSE, "%s \"%s\": expected %s from %llu to %llu", table[option].name, value,
            end == ',' ? "whole numbers separated by commas, each" : "a whole number", (unsigned long long)min,
            (unsigned long long)max);
    }
    return n;
}

static char *copy(const char *text, size_t length) {
    char *result = allocate(length + 1, 1);
    memcpy(result, text, length);
    return result;
}

static void read_hidden(struct options *options, const char *value) {
    const size_t most = sizeof options->hidden / sizeof options->hidden[0];
    options->hiddens = 0;
    for (const char *text = value; text != NULL; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
        if (options->hiddens == most)
            die(MISUSE, "%s \"%s\": at most %zu layers", table[HIDDEN].name, value, most);
        options->hidden[options->hiddens++] = (size_t)number(HIDDEN, text, value, ',', 1, 10000);
    }
}

static void clear_optimizers(struct options *options) {
    for (size_t i = 0; i < options->optimizers; i++)
        free(options->optimizer[i]);
    options->optimizers = 0;
}

static void add_optimizer(struct options *options, const char *name, size_t length) {
    for (size_t i = 0; i < options->optimizers; i++) {
        const char *other = options->optimizer[i];
        if (strlen(other) == length && memcmp(other, name, length) == 0)
            die(MISUSE, "%s: \"%s\" is there twice", options->source, other);
    }
    options->optimizer = enlarge(options->optimizer, options->optimizers + 1, sizeof *options->optimizer);
    options->optimizer[options->optimizers++] = copy(name, length);
}

static void read_optimizers(struct options *options, enum option option, const char *value) {
    clear_optimizers(options);
    options->source = table[option].name;
    if (option == COMPARE && strcmp(value, "all") == 0) {
        for (size_t i = 0; i < optim_algorithm_count(); i++) {
            const char *name = optim_algorithm_name(i);
            if (optim_algorithm_wraps(name) == 0)
                add_optimizer(options, name, strlen(name));
        }
        return;
    }
    for (const char *name = value; name != NULL;) {
        const char *comma = option == COMPARE ? strchr(name, ',') : NULL;
        add_optimizer(options, name, comma != NULL ? (size_t)(comma - name) : strlen(name));
        name = comma != NULL ? comma + 1 : NULL;
    }
}

static void read_setting(struct setting **list, size_t *count, enum option option, const char *value) {
    const char *equals = strchr(value, '=');
    char *stop = NULL;
    double x = equals != NULL ? strtod(equals + 1, &stop) : 0.0;
    if (equals == NULL || equals == value || stop == equals + 1 || *stop != '\0') {
        die(MISUSE, "%s \"%s\": expected NAME=VALUE, the value a number", table[option].name, value);
    }
    *list = enlarge(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = (struct setting){value, copy(value, (size_t)(equals - value)), x};
}

/* "adam" becomes "lookahead(adam)". */
static void wrap_optimizers(struct options *options, const char *wrapper) {
    if (optim_algorithm_wraps(wrapper) != 1)
        die(MISUSE, "%s \"%s\": no such wrapper; --list shows those there are", table[WRAP].name, wrapper);
    for (size_t i = 0; i < options->optimizers; i++) {
        char *inner = options->optimizer[i];
        size_t room = strlen(wrapper) + strlen(inner) + 3;
        options->optimizer[i] = allocate(room, 1);
        snprintf(options->optimizer[i], room, "%s(%s)", wrapper, inner);
        free(inner);
    }
}

static void read_option(struct options *options, enum option option, const char *value) {
    switch (option) {
    case OPTIMIZER:
    case COMPARE:
        read_optimizers(options, option, value);
        break;
    case WRAP:
        break; /* once all optimizers are known */
    case SET:
        read_setting(&options->setting, &options->settings, option, value);
        break;
    case SCHEDULE:
        options->schedule = value;
        break;
    case SCHEDULE_SET:
        read_setting(&options->schedule_setting, &options->schedule_settings, option, value);
        break;
    case WARMUP:
        options->warmup = (size_t)number(option, value, value, '\0', 0, 1000000000);
        break;
    case EPOCHS:
        options->epochs = (size_t)number(option, value, value, '\0', 1, MAX_EPOCHS);
        break;
    case BATCH:
        options->batch = (size_t)number(option, value, value, '\0', 1, 1000000);
        break;
    case HIDDEN:
        read_hidden(options, value);
        break;
    case SEED:
        options->seed = number(option, value, value, '\0', 0, UINT64_MAX);
        break;
    case THREADS:
        options->threads = (int)number(option, value, value, '\0', 0, 1024);
        break;
    case DATA:
        options->data = value;
        options->mnist = NULL;
        break;
    case MNIST:
        options->mnist = value;
        break;
    case CSV:
        options->csv = value;
        break;
    case SAVE:
        options->save = value;
        break;
    case SAVE_EVERY:
        options->save_every = (size_t)number(option, value, value, '\0', 1, 1000000000);
        break;
    case RESUME:
        options->resume = value;
        break;
    case STOP_AFTER:
        options->stop_after = (size_t)number(option, value, value, '\0', 1, 1000000000);
        break;
    case DIGEST:
        options->digest = true;
        break;
    case LIST:
        options->list = true;
        break;
    case HELP:
        print_help();
        exit(0);
    case VERSION:
        printf("digits, with liboptim %s\n", optim_version());
        exit(0);
    case TABLE_SIZE:
        break;
    }
}

static void check_saving(const struct options *options) {
    const enum option one = options->save != NULL ? SAVE : options->resume != NULL ? RESUME : STOP_AFTER;
    const bool saves = options->save != NULL || options->resume != NULL || options->stop_after > 0;
    if (saves && options->optimizers > 1)
        die(MISUSE, "%s: is for one optimizer, and there are %zu", table[one].name, options->optimizers);
    if (options->save == NULL && options->save_every > 0)
        die(MISUSE, "%s: where to? Add %s FILE", table[SAVE_EVERY].name, table[SAVE].name);
}

void options_read(struct options *options, int argc, char **argv) {
    *options =
        (struct options){.epochs = 20, .batch = 32, .hidden = {128, 64}, .hiddens = 2, .seed = 1, .data = DIGITS_CSV};
    read_optimizers(options, OPTIMIZER, "adam");

    const char **wrapper = allocate((size_t)argc, sizeof *wrapper);
    size_t wrappers = 0;
    for (int i = 1; i < argc; i++) {
        size_t length = strcspn(argv[i], "=");
        enum option option = find(argv[i], length);
        const char *value = argv[i][length] == '=' ? argv[i] + length + 1 : NULL;
        if (table[option].argument == NULL && value != NULL) {
            die(MISUSE, "%s: takes no value, but got \"%s\"", table[option].name, value);
        }
        if (table[option].argument != NULL && value == NULL)
            value = argv[++i]; /* argv ends with NULL */
        if (table[option].argument != NULL && value == NULL) {
            die(MISUSE, "%s: needs a value: %s %s", table[option].name, table[option].name, table[option].argument);
        }
        if (option == WRAP)
            wrapper[wrappers++] = value;
        read_option(options, option, value);
    }
    for (size_t i = 0; i < wrappers; i++)
        wrap_optimizers(options, wrapper[i]);
    free(wrapper);
    check_saving(options);
    if (options->schedule == NULL && options->schedule_settings > 0)
        die(MISUSE, "%s \"%s\": which schedule? Add %s NAME", table[SCHEDULE_SET].name,
            options->schedule_setting[0].text, table[SCHEDULE].name);
}

static void free_settings(struct setting *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(list[i].name);
    free(list);
}

void options_free(struct options *options) {
    clear_optimizers(options);
    free(options->optimizer);
    free_settings(options->setting, options->settings);
    free_settings(options->schedule_setting, options->schedule_settings);
}
