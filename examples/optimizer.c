#include "optimizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

/* What is better for these digits than the library's default. */
static const struct choice {
    const char *algorithm;
    double lr; /* 0: the library's default */
    bool full_batch;
} choices[] = {
    /* clang-format off */
    {"sgd", 0.2, false},
    {"momentum", 0.05, false},
    {"nesterov", 0.05, false},
    {"adagrad", 0.02, false},
    {"lion", 0.0002, false},
    {"ranger", 0.005, false},
    {"rprop", 0, true},
    {"rprop-plus", 0, true},
    {"rprop-minus", 0, true},
    /* clang-format on */
};

static const struct choice *choice_of(const char *name) {
    const char *inner = strrchr(name, '(');
    if (inner != NULL)
        name = inner + 1;
    size_t length = strcspn(name, ")");
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const char *algorithm = choices[i].algorithm;
        if (strlen(algorithm) == length && memcmp(algorithm, name, length) == 0)
            return &choices[i];
    }
    static const struct choice none;
    return &none;
}

static bool sets_lr(const struct options *options) {
    for (size_t i = 0; i < options->settings; i++) {
        if (strcmp(options->setting[i].name, "lr") == 0)
            return true;
    }
    return false;
}

bool optimizer_tuned(const struct options *options, const char *name) {
    return choice_of(name)->lr > 0 && !sets_lr(options);
}

bool optimizer_full_batch(const char *name) {
    return choice_of(name)->full_batch;
}

void optimizer_check(const optim *opt, int status) {
    if (status != OPTIM_OK)
        die(FAILED, "%s: %s", optim_name(opt), optim_errmsg(opt));
}

/* What the user asked for and the library refuses is misuse; anything else is a failure. */
static int blame(int status) {
    return status == OPTIM_ERROR_MEMORY || status == OPTIM_ERROR_UNSUPPORTED ? FAILED : MISUSE;
}

static const char *hint(int status) {
    return status == OPTIM_ERROR_NAME ? "; --list shows all there are" : "";
}

static optim *create(const char *source, const char *name) {
    optim *opt = NULL;
    int status = optim_create(&opt, name);
    if (status != OPTIM_OK)
        die(blame(status), "%s \"%s\": %s%s", source, name, optim_errmsg(NULL), hint(status));
    return opt;
}

optim *optimizer_create(const struct options *options, const char *name) {
    optim *opt = create(options->source, name);
    const double lr = choice_of(name)->lr;
    if (lr > 0)
        optimizer_check(opt, optim_set(opt, "lr", lr));

    for (size_t i = 0; i < options->settings; i++) {
        const struct setting *s = &options->setting[i];
        int status = optim_set(opt, s->name, s->value);
        if (status != OPTIM_OK)
            die(blame(status), "--set \"%s\" for %s: %s%s", s->text, name, optim_errmsg(opt), hint(status));
    }
    /* Decay keeps weights small; a bias may be as large as it likes. */
    optimizer_check(opt, optim_set_for(opt, "*.bias", "weight_decay", 0.0));
    optimizer_check(opt, optim_set_threads(opt, options->threads));
    return opt;
}

static void list_params(const char *algorithm) {
    int column = printf("   ");
    for (size_t i = 0; i < optim_param_count(algorithm); i++) {
        const char *name;
        double initial;
        if (optim_param_info(algorithm, i, &name, &initial, NULL, NULL, NULL) != OPTIM_OK)
            continue;
        if (column > 90)
            column = printf("\n   ");
        column += printf(" %s=%g", name, initial);
    }
    puts("");
}

void optimizer_list(void) {
    for (int wraps = 0; wraps <= 1; wraps++) {
        printf("%s\n\n", wraps ? "Wrappers, for --wrap NAME or NAME(ALGORITHM):" : "Algorithms, for --optimizer NAME:");
        for (size_t i = 0; i < optim_algorithm_count(); i++) {
            const char *name = optim_algorithm_name(i);
            if (optim_algorithm_wraps(name) != wraps)
                continue;
            printf("%s: %s\n", name, optim_algorithm_summary(name));
            list_params(name);
        }
        puts("");
    }
}
