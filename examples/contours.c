/* The ways of all optimizers down two well-known functions, as a table for contours.gp to draw. */
#include <optim/optim.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const char usage[] =
    "usage: contours OPTIMIZER rosenbrock|rastrigin LR\n"
    "       contours --list\n"
    "\n"
    "Prints the way that the optimizer takes with that learning rate: x and y, a line for each step that can be seen.\n"
    "\n"
    "  --list  what scripts/pictures draws: each optimizer, its learning rate for Rosenbrock's function and that for\n"
    "          Rastrigin's\n";

struct function {
    const char *name;
    double start[2];
    int steps;
    void (*gradient)(const double *x, double *gradient);
};

static void rosenbrock(const double *x, double *gradient) {
    const double across = x[1] - x[0] * x[0];
    gradient[0] = -2 * (1 - x[0]) - 400 * x[0] * across;
    gradient[1] = 200 * across;
}

static void rastrigin(const double *x, double *gradient) {
    for (int i = 0; i < 2; i++)
        gradient[i] = 2 * x[i] + 20 * PI * sin(2 * PI * x[i]);
}

static const struct function functions[] = {
    {"rosenbrock", {-1.5, 2}, 2000, rosenbrock},
    {"rastrigin", {-1.2, 2.3}, 300, rastrigin},
};

/* Learning rates with which the way is worth looking at: chosen from many for this start, not to be copied. */
/* clang-format off */
static const struct {
    const char *optimizer;
    double lr[2];
} rates[] = {
    {"sgd",         {0.001,  0.002}},
    {"momentum",    {0.0005, 0.002}},
    {"nesterov",    {0.0005, 0.002}},
    {"rprop",       {0.01,   1.2}},
    {"rprop-plus",  {0.01,   1.2}},
    {"rprop-minus", {0.01,   1.2}},
    {"adagrad",     {0.5,    1.1}},
    {"rmsprop",     {0.007,  0.35}},
    {"adadelta",    {0.3,    1}},
    {"adam",        {0.05,   0.75}},
    {"adamw",       {0.05,   0.75}},
    {"amsgrad",     {0.1,    0.75}},
    {"adabound",    {0.1,    0.75}},
    {"amsbound",    {0.1,    0.75}},
    {"radam",       {0.1,    8.9}},
    {"nadam",       {0.02,   0.75}},
    {"adamax",      {0.1,    0.79}},
    {"lion",        {0.003,  0.02}},
    {"ranger",      {0.15,   6.7}},
};
/* clang-format on */

static void fail(const char *what, const char *why) {
    fprintf(stderr, "contours: %s: %s\n", what, why);
    exit(1);
}

static void check(const optim *opt, int status) {
    if (status != OPTIM_OK)
        fail("liboptim", optim_errmsg(opt));
}

static void descend(const char *optimizer, const struct function *function, double lr) {
    double x[2] = {function->start[0], function->start[1]}, gradient[2];
    const size_t count = 2;
    optim *opt;
    check(NULL, optim_create(&opt, optimizer));
    check(opt, optim_set(opt, "lr", lr));
    if (strstr(optimizer, "bound"))
        check(opt, optim_set(opt, "final_lr", 0.001)); /* 0.1 is too fast for both functions */
    if (strcmp(optimizer, "radam") == 0 || strcmp(optimizer, "ranger") == 0)
        check(opt, optim_set(opt, "unadapted", 0)); /* the first gradients are too large to follow as they are */
    check(opt, optim_add(opt, "x", OPTIM_F64, 1, &count, x, gradient));
    double last[2] = {INFINITY, INFINITY};
    for (int step = 0; step <= function->steps; step++) {
        if (step == function->steps || hypot(x[0] - last[0], x[1] - last[1]) > 0.01) { /* can be seen */
            printf("%.4g %.4g\n", x[0], x[1]);
            memcpy(last, x, sizeof x);
        }
        function->gradient(x, gradient);
        check(opt, optim_step(opt));
    }
    optim_destroy(opt);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
            printf("%s %g %g\n", rates[i].optimizer, rates[i].lr[0], rates[i].lr[1]);
        return 0;
    }
    if (argc != 4) {
        const bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs(usage, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    char *end;
    const double lr = strtod(argv[3], &end);
    if (*end || end == argv[3])
        fail(argv[3], "must be a number");
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, argv[2]) == 0) {
            descend(argv[1], &functions[i], lr);
            return 0;
        }
    fail(argv[2], "must be rosenbrock or rastrigin");
}
