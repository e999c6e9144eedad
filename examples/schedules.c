/* What every schedule makes of a learning rate of 1 in 1,000 steps, as a table for schedules.gp to draw. */
#include <optim/optim.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: schedules\n"
    "\n"
    "Prints for every schedule a line with its settings and the table of its factor: its name, the steps before, and\n"
    "the factor, as often as a change can be seen. Two empty lines are between two schedules.\n";

enum { STEPS = 1000, EPOCH = 50, SETTINGS = 3 };

#define VISIBLE 0.01 /* a change that is worth a point */

static const char point[] = "from"; /* step `value` on the factor is `factor` */

struct setting {
    const char *name;
    double value, factor;
};

struct row {
    const char *kind;
    struct setting settings[SETTINGS];
    const struct row *inside;
};

static const struct row inside_warmup = {"cosine", {{"steps", 800, 0}}, NULL};

/* Settings with which the shape can be seen. */
static const struct row rows[] = {
    {"constant", {{"factor", 0.5, 0}}, NULL},
    {"piecewise", {{point, 300, 0.5}, {point, 600, 0.2}, {point, 850, 0.05}}, NULL},
    {"exponential", {{"r", 250, 0}}, NULL},
    {"reciprocal", {{"r", 100, 0}}, NULL},
    {"halving", {{"factor", 0.5, 0}}, NULL},
    {"plateau", {{"factor", 0.4, 0}, {"patience", 2, 0}}, NULL},
    {"warmup", {{"steps", 200, 0}, {"delay", 1, 0}}, &inside_warmup},
    {"cosine", {{"steps", 1000, 0}}, NULL},
    {"cosine_restarts", {{"steps", 143, 0}, {"mult", 2, 0}}, NULL},
    {"linear", {{"steps", 800, 0}, {"end", 0.1, 0}}, NULL},
    {"polynomial", {{"steps", 1000, 0}, {"power", 3, 0}}, NULL},
    {"inverse_sqrt", {{"steps", 100, 0}}, NULL},
    {"warmup_stable_decay", {{"steps", 1000, 0}, {"warmup", 100, 0}, {"decay", 300, 0}}, NULL},
    {"one_cycle", {{"steps", 1000, 0}}, NULL},
};

/* A validation loss made up for the schedules that follow one: it does not fall in epochs 9 to 11 and 15 to 17. */
static const double losses[STEPS / EPOCH] = {1.00, 0.80, 0.65, 0.55, 0.48, 0.43, 0.40, 0.39, 0.39, 0.40,
                                             0.40, 0.33, 0.31, 0.30, 0.30, 0.31, 0.30, 0.27, 0.26, 0.26};

static void check(const optim *opt, int status) {
    if (status == OPTIM_OK)
        return;
    fprintf(stderr, "schedules: liboptim: %s\n", optim_errmsg(opt));
    exit(1);
}

static const struct row *find_row(const char *kind) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].kind, kind) == 0)
            return &rows[i];
    fprintf(stderr, "schedules: %s has no settings here: add a row\n", kind);
    exit(1);
}

static optim_schedule *create(const struct row *row) {
    optim_schedule *s, *inside = row->inside ? create(row->inside) : NULL;
    check(NULL, inside ? optim_schedule_wrap(&s, row->kind, inside) : optim_schedule_create(&s, row->kind));
    for (const struct setting *set = row->settings; set < row->settings + SETTINGS && set->name; set++)
        check(NULL, set->name == point ? optim_schedule_point(s, set->value, set->factor)
                                       : optim_schedule_set(s, set->name, set->value));
    return s;
}

static void print_settings(const struct row *row) {
    printf("%s", row->kind);
    for (const struct setting *set = row->settings; set < row->settings + SETTINGS && set->name; set++) {
        printf("%s %s %g", set == row->settings ? "" : ",", set->name, set->value);
        if (set->name == point)
            printf(": %g", set->factor);
    }
    if (row->inside) {
        printf(", around ");
        print_settings(row->inside);
    }
}

/* At the ends of epochs, where it has changed by as much as can be seen, and at both ends of a jump. */
static void print_factors(optim *opt, const char *kind) {
    double shown = NAN, before = NAN;
    int last = 0;
    for (int t = 0; t <= STEPS; t++) {
        double factor;
        check(opt, optim_get_for(opt, "weight", "lr", &factor));
        if (fabs(factor - before) >= VISIBLE && last < t - 1)
            printf("%s %d %.4g\n", kind, t - 1, before);
        if (t % EPOCH == 0 || fabs(factor - shown) >= VISIBLE) {
            printf("%s %d %.4g\n", kind, t, factor);
            shown = factor;
            last = t;
        }
        before = factor;
        check(opt, optim_step(opt));
        if ((t + 1) % EPOCH == 0 && t < STEPS)
            check(opt, optim_epoch(opt, losses[t / EPOCH]));
    }
}

/* Its factor is the learning rate, since that was set to 1. */
static void run(const char *kind) {
    const struct row *row = find_row(kind);
    const double gradient = 1;
    double weight = 0;
    optim *opt;
    printf("# ");
    print_settings(row);
    printf("\n");
    check(NULL, optim_create(&opt, "sgd"));
    check(opt, optim_add(opt, "weight", OPTIM_F64, 0, NULL, &weight, &gradient));
    check(opt, optim_set(opt, "lr", 1));
    check(opt, optim_attach(opt, "lr", create(row)));
    print_factors(opt, kind);
    optim_destroy(opt);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        const bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs(usage, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    for (size_t i = 0; i < optim_schedule_count(); i++) {
        if (i > 0)
            printf("\n\n");
        run(optim_schedule_name(i));
    }
    return 0;
}
