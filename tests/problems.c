#include "problems.h"

#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

static double square(double x) {
    return x * x;
}

static double rosenbrock(const double *x, double *gradient) {
    const double a = 1 - x[0], b = x[1] - square(x[0]);
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    return square(a) + 100 * square(b);
}

static double beale(const double *x, double *gradient) {
    static const double constant[3] = {1.5, 2.25, 2.625};
    double value = 0, power = 1;
    gradient[0] = gradient[1] = 0;
    for (int k = 0; k < 3; k++) {
        const double slope = (k + 1) * power; /* of y^(k + 1) */
        power *= x[1];
        const double r = constant[k] - x[0] + x[0] * power;
        gradient[0] += 2 * r * (power - 1);
        gradient[1] += 2 * r * x[0] * slope;
        value += square(r);
    }
    return value;
}

static double booth(const double *x, double *gradient) {
    const double a = x[0] + 2 * x[1] - 7, b = 2 * x[0] + x[1] - 5;
    gradient[0] = 2 * a + 4 * b;
    gradient[1] = 4 * a + 2 * b;
    return square(a) + square(b);
}

static double himmelblau(const double *x, double *gradient) {
    const double a = square(x[0]) + x[1] - 11, b = x[0] + square(x[1]) - 7;
    gradient[0] = 4 * x[0] * a + 2 * b;
    gradient[1] = 2 * a + 4 * x[1] * b;
    return square(a) + square(b);
}

static double matyas(const double *x, double *gradient) {
    gradient[0] = 0.52 * x[0] - 0.48 * x[1];
    gradient[1] = 0.52 * x[1] - 0.48 * x[0];
    return 0.26 * (square(x[0]) + square(x[1])) - 0.48 * x[0] * x[1];
}

static double three_hump_camel(const double *x, double *gradient) {
    const double s = square(x[0]);
    gradient[0] = x[0] * (4 + s * (s - 4.2)) + x[1];
    gradient[1] = x[0] + 2 * x[1];
    return s * (2 + s * (s / 6 - 1.05)) + x[0] * x[1] + square(x[1]);
}

enum { STYBLINSKI_TANG = 4, QUADRATIC = 20, SPARSE = 40 };

static double styblinski_tang(const double *x, double *gradient) {
    double value = 0;
    for (int i = 0; i < STYBLINSKI_TANG; i++) {
        gradient[i] = 2 * square(x[i]) * x[i] - 16 * x[i] + 2.5;
        value += (square(square(x[i])) - 16 * square(x[i]) + 5 * x[i]) / 2;
    }
    return value;
}

/* The minimum is the tip of a cone. */
static double ackley(const double *x, double *gradient) {
    const double r = sqrt((square(x[0]) + square(x[1])) / 2);
    const double cone = 20 * exp(-0.2 * r), waves = exp((cos(2 * PI * x[0]) + cos(2 * PI * x[1])) / 2);
    for (int i = 0; i < 2; i++)
        gradient[i] = (r > 0 ? cone * 0.1 * x[i] / r : 0) + waves * PI * sin(2 * PI * x[i]);
    return 20 - cone + exp(1) - waves;
}

struct bowl {
    double axis[QUADRATIC][QUADRATIC]; /* the basis of the discrete cosine transform */
    double curvature[QUADRATIC];       /* 0.01 to 100 */
};

static const struct bowl *bowl(void) {
    static struct bowl bowl;
    for (int k = 0; k < QUADRATIC && bowl.curvature[QUADRATIC - 1] == 0; k++) {
        for (int i = 0; i < QUADRATIC; i++)
            bowl.axis[k][i] = cos(PI * (i + 0.5) * k / QUADRATIC) * sqrt((k > 0 ? 2.0 : 1.0) / QUADRATIC);
        bowl.curvature[k] = pow(10, 4.0 * k / (QUADRATIC - 1) - 2);
    }
    return &bowl;
}

/* Condition number 10^4, the minimum at 1, -1, 1, ... */
static double quadratic(const double *x, double *gradient) {
    double value = 0;
    for (int i = 0; i < QUADRATIC; i++)
        gradient[i] = 0;
    for (int k = 0; k < QUADRATIC; k++) {
        const double *axis = bowl()->axis[k], curvature = bowl()->curvature[k];
        double along = 0;
        for (int i = 0; i < QUADRATIC; i++)
            along += axis[i] * (x[i] - (i % 2 ? -1 : 1));
        for (int i = 0; i < QUADRATIC; i++)
            gradient[i] += curvature * along * axis[i];
        value += curvature * square(along) / 2;
    }
    return value;
}

/* A chain of springs of different strength, each unknown at rest at 1, -1, 1, ... */
static double sparse(const double *x, double *gradient) {
    double value = 0;
    for (int i = 0; i < SPARSE; i++)
        gradient[i] = 0;
    for (int i = 0; i < SPARSE; i++) {
        const double strength = 1 + i % 4, d = x[i] - (i % 2 ? -1 : 1);
        gradient[i] += strength * d;
        value += strength * square(d) / 2;
        if (i + 1 == SPARSE)
            break;
        const double apart = d - x[i + 1] + (i % 2 ? 1 : -1);
        gradient[i] += apart;
        gradient[i + 1] -= apart;
        value += square(apart) / 2;
    }
    return value;
}

enum { PIXELS = 64, IMAGES = 400 };

struct images {
    size_t count;
    double pixel[IMAGES][PIXELS]; /* 0..1 */
    double side[IMAGES];          /* 1 for an 8, -1 for a 3 */
};

/* The threes and the eights of the file that the environment names. */
static const struct images *threes_and_eights(void) {
    static struct images images;
    const char *path = getenv("DIGITS_CSV");
    if (images.count > 0)
        return &images;
    ck_assert_msg(path != NULL, "DIGITS_CSV is not set");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "DIGITS_CSV = %s cannot be read", path);
    char line[512];
    while (images.count < IMAGES && fgets(line, sizeof line, file)) {
        char *at = line;
        for (int k = 0; k < PIXELS; k++, at++) /* over the comma */
            images.pixel[images.count][k] = (double)strtol(at, &at, 10) / 16;
        const long digit = strtol(at, NULL, 10);
        images.side[images.count] = digit == 8 ? 1 : -1;
        images.count += digit == 3 || digit == 8;
    }
    fclose(file);
    ck_assert_msg(images.count > 0, "%s has no threes and eights", path);
    return &images;
}

/* Logistic regression with weight decay on all weights; the last one is the bias. */
static double digits(const double *x, double *gradient) {
    static const double decay = 0.01;
    const struct images *images = threes_and_eights();
    double value = 0;
    for (int k = 0; k <= PIXELS; k++) {
        value += decay * square(x[k]) / 2;
        gradient[k] = decay * x[k];
    }
    for (size_t i = 0; i < images->count; i++) {
        double margin = x[PIXELS];
        for (int k = 0; k < PIXELS; k++)
            margin += x[k] * images->pixel[i][k];
        margin *= images->side[i];
        value += log1p(exp(-margin)) / (double)images->count;
        const double slope = -images->side[i] / (1 + exp(margin)) / (double)images->count;
        for (int k = 0; k < PIXELS; k++)
            gradient[k] += slope * images->pixel[i][k];
        gradient[PIXELS] += slope;
    }
    return value;
}

/* clang-format off */
static const struct problem problems[] = {
    {"rosenbrock",       2,               rosenbrock,       {-1.2, 1},  0,                   20000, 1},
    {"beale",            2,               beale,            {1, 1},     0,                   5000,  1},
    {"booth",            2,               booth,            {-5, 5},    0,                   5000,  1},
    {"himmelblau",       2,               himmelblau,       {-1, -1},   0,                   5000,  1},
    {"matyas",           2,               matyas,           {4, -6},    0,                   5000,  1},
    {"three-hump camel", 2,               three_hump_camel, {0.9, 1.5}, 0,                   5000,  1},
    {"styblinski-tang",  STYBLINSKI_TANG, styblinski_tang,  {-0.5, -4}, -156.66466281508565, 5000,  1},
    {"ackley",           2,               ackley,           {0.4, -0.3}, 0,                  5000,  1},
    {"digits",           PIXELS + 1,      digits,           {0, 0},     0.17559409467185177, 1000,  1},
    {"quadratic",        QUADRATIC,       quadratic,        {0.3, 0.7}, 0,                   20000, 1},
    {"sparse",           SPARSE,          sparse,           {3, -4},    0,                   5000,  4},
};
/* clang-format on */

const struct problem *problem_at(size_t i) {
    return i < sizeof problems / sizeof *problems ? &problems[i] : NULL;
}

void problem_start(const struct problem *problem, double *x) {
    for (size_t i = 0; i < problem->unknowns; i++)
        x[i] = problem->start[i % 2];
}

void problem_gradient(const struct problem *problem, uint64_t t, const double *x, double *gradient) {
    (void)problem->function(x, gradient);
    for (size_t i = 0; i < problem->unknowns && problem->one_in > 1; i++) {
        uint64_t state = t * MOST_UNKNOWNS + i;
        if (test_random(&state) % (uint64_t)problem->one_in)
            gradient[i] = 0;
    }
}

double problem_gap(const struct problem *problem, const double *x) {
    double gradient[MOST_UNKNOWNS];
    return problem->function(x, gradient) - problem->minimum;
}
