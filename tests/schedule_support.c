#include "schedule_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const char *const closed[] = {
    "constant",
    "constant factor=0",
    "constant factor=2.5",
    "cosine steps=1",
    "cosine steps=7",
    "cosine steps=100 floor=0.1",
    "cosine steps=1000000007 floor=0.75",
    "cosine steps=10 floor=1",
    "cosine_restarts steps=1",
    "cosine_restarts steps=10",
    "cosine_restarts steps=10 floor=0.2",
    "cosine_restarts steps=1 mult=2",
    "cosine_restarts steps=10 mult=2",
    "cosine_restarts steps=3 mult=3 floor=0.05",
    "cosine_restarts steps=4503599627370496 mult=1000",
    "exponential r=0.5",
    "exponential r=1000",
    "exponential r=1e-300",
    "exponential r=1e300",
    "inverse_sqrt steps=1",
    "inverse_sqrt steps=100",
    "linear steps=1",
    "linear steps=10",
    "linear steps=10 end=0.3",
    "linear steps=10 end=2",
    "one_cycle steps=100",
    "one_cycle steps=100 pct_start=0",
    "one_cycle steps=100 pct_start=1",
    "one_cycle steps=100 pct_start=0.01",
    "one_cycle steps=10 pct_start=0.05",
    "one_cycle steps=1",
    "one_cycle steps=1 pct_start=1",
    "one_cycle steps=2",
    "one_cycle steps=50 div_factor=1 final_div_factor=1",
    "one_cycle steps=50 pct_start=0.5 div_factor=4 final_div_factor=10",
    "piecewise",
    "piecewise 0:0.5",
    "piecewise 3:0.5 10:0.25 100:3 1000:0",
    "piecewise 2.5:0.1 2.75:0.2 9007199254740992:7",
    "polynomial steps=1",
    "polynomial steps=10",
    "polynomial steps=10 power=2",
    "polynomial steps=10 power=2 end=0.25",
    "polynomial steps=100 power=0.5 end=0.1",
    "polynomial steps=10 power=17.3",
    "polynomial steps=10 power=0",
    "polynomial steps=2000000 power=0.5",
    "reciprocal r=10",
    "reciprocal r=10 c=0",
    "reciprocal r=10 c=0.5",
    "reciprocal r=0.1 c=3",
    "reciprocal r=1e-300",
    "reciprocal r=1e16 c=1e16",
    "warmup_stable_decay steps=20 decay=5",
    "warmup_stable_decay steps=20 warmup=5 decay=5 end=0.1",
    "warmup_stable_decay steps=20 warmup=15 decay=5",
    "warmup_stable_decay steps=20 warmup=20 decay=0",
    "warmup_stable_decay steps=20 decay=20",
    "warmup_stable_decay steps=20 decay=0 end=0.5",
};

size_t schedule_texts(void) {
    return sizeof(closed) / sizeof(*closed);
}

const char *schedule_text(size_t i) {
    return i < schedule_texts() ? closed[i] : NULL;
}

optim_schedule *schedule_around(const char *text, optim_schedule *inner) {
    optim_schedule *s = NULL;
    char name[64] = {0};
    memcpy(name, text, strcspn(text, " "));
    ck_ok(NULL, inner ? optim_schedule_wrap(&s, name, inner) : optim_schedule_create(&s, name));
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
        char *end;
        const double number = strtod(at + 1, &end);
        const size_t length = strcspn(at + 1, "=");
        if (*end == ':') {
            ck_ok(NULL, optim_schedule_point(s, number, strtod(end + 1, NULL)));
            continue;
        }
        memset(name, 0, sizeof name);
        memcpy(name, at + 1, length);
        ck_ok(NULL, optim_schedule_set(s, name, strtod(at + length + 2, NULL)));
    }
    return s;
}

optim_schedule *schedule_make(const char *text) {
    return schedule_around(text, NULL);
}

double schedule_option(const char *text, const char *name, double otherwise) {
    const size_t length = strlen(name);
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, name, length) == 0 && at[length + 1] == '=')
            return strtod(at + length + 2, NULL);
    return otherwise;
}

static bool is_kind(const char *text, const char *kind) {
    return strlen(kind) == strcspn(text, " ") && strncmp(text, kind, strlen(kind)) == 0;
}

double schedule_factor_at(const optim_schedule *s, uint64_t t) {
    double factor = -1;
    ck_ok(NULL, optim_schedule_factor(s, t, &factor));
    return factor;
}

void check_near(double got, double expected, const char *what, uint64_t t) {
    ck_assert_msg(fabs(got - expected) <= 1e-12 * fabs(expected) + 1e-15, "%s at %lu: %.17g, expected %.17g", what,
                  (unsigned long)t, got, expected);
}

bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- The equations ------------------------------------------------------------------------------------------- */

/* From a to b along half a cosine, x from 0 to 1. */
static double half_wave(double a, double b, double x) {
    return b + (a - b) * (1 + cos(PI * x)) / 2;
}

static double constant(const char *text, uint64_t t) {
    (void)t;
    return schedule_option(text, "factor", 1);
}

static double cosine(const char *text, uint64_t t) {
    return half_wave(1, schedule_option(text, "floor", 0), fmin((double)t / schedule_option(text, "steps", NAN), 1));
}

static double cosine_restarts(const char *text, uint64_t t) {
    uint64_t length = (uint64_t)schedule_option(text, "steps", NAN);
    const uint64_t mult = (uint64_t)schedule_option(text, "mult", 1);
    if (mult == 1)
        t %= length;
    for (; t >= length; length *= mult)
        t -= length;
    return half_wave(1, schedule_option(text, "floor", 0), (double)t / (double)length);
}

static double exponential(const char *text, uint64_t t) {
    return exp(-(double)t / schedule_option(text, "r", NAN));
}

static double inverse_sqrt(const char *text, uint64_t t) {
    return 1 / sqrt(fmax((double)t / schedule_option(text, "steps", NAN), 1));
}

static double linear(const char *text, uint64_t t) {
    return 1 + (schedule_option(text, "end", 0) - 1) * fmin((double)t / schedule_option(text, "steps", NAN), 1);
}

/* PyTorch's OneCycleLR with three_phase false. */
static double one_cycle(const char *text, uint64_t t) {
    const double steps = schedule_option(text, "steps", NAN), last = steps - 1;
    const double top = schedule_option(text, "pct_start", 0.3) * steps - 1;
    const double first = 1 / schedule_option(text, "div_factor", 25);
    const double lowest = first / schedule_option(text, "final_div_factor", 1e4), now = fmin((double)t, last);
    if (now <= top)
        return top > 0 ? half_wave(first, 1, now / top) : 1;
    return half_wave(1, lowest, (now - top) / (last - top));
}

static double piecewise(const char *text, uint64_t t) {
    double factor = 1;
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
        char *colon;
        if ((double)t >= strtod(at + 1, &colon))
            factor = strtod(colon + 1, NULL);
    }
    return factor;
}

static double polynomial(const char *text, uint64_t t) {
    const double steps = schedule_option(text, "steps", NAN), end = schedule_option(text, "end", 0);
    return end + (1 - end) * pow(fmax(steps - (double)t, 0) / steps, schedule_option(text, "power", 1));
}

static double reciprocal(const char *text, uint64_t t) {
    return exp(-schedule_option(text, "c", 1) * log1p((double)t / schedule_option(text, "r", NAN)));
}

static double warmup_stable_decay(const char *text, uint64_t t) {
    const double steps = schedule_option(text, "steps", NAN), decay = schedule_option(text, "decay", NAN);
    const double warmup = schedule_option(text, "warmup", 0), end = schedule_option(text, "end", 0), now = (double)t;
    if (now < warmup)
        return (now + 1) / warmup;
    if (now >= steps)
        return end;
    return now < steps - decay ? 1 : 1 - (1 - end) * (now - (steps - decay)) / decay;
}

static const struct {
    const char *kind;
    double (*at)(const char *text, uint64_t t);
} equations[] = {
    {"constant", constant},
    {"cosine", cosine},
    {"cosine_restarts", cosine_restarts},
    {"exponential", exponential},
    {"inverse_sqrt", inverse_sqrt},
    {"linear", linear},
    {"one_cycle", one_cycle},
    {"piecewise", piecewise},
    {"polynomial", polynomial},
    {"reciprocal", reciprocal},
    {"warmup_stable_decay", warmup_stable_decay},
};

size_t schedule_equations(void) {
    return sizeof(equations) / sizeof(*equations);
}

double schedule_equation(const char *text, uint64_t t) {
    for (size_t i = 0; i < schedule_equations(); i++)
        if (is_kind(text, equations[i].kind))
            return equations[i].at(text, t);
    ck_abort_msg("%s has no equation here", text);
    return NAN;
}

/* ---- On an optimizer ----------------------------------------------------------------------------------------- */

void model_begin(struct model *model, const char *chain) {
    *model = (struct model){.opt = test_create(chain), .param = 3, .grad = 1};
    ck_ok(model->opt, optim_add(model->opt, "weight", OPTIM_F64, 0, NULL, &model->param, &model->grad));
}

void model_scheduled(struct model *model, double lr, optim_schedule *s) {
    model_begin(model, "sgd");
    model_set(model, "lr", lr);
    model_attach(model, "lr", s);
}

void model_set(struct model *model, const char *name, double value) {
    ck_ok(model->opt, optim_set(model->opt, name, value));
}

void model_attach(struct model *model, const char *name, optim_schedule *s) {
    ck_ok(model->opt, optim_attach(model->opt, name, s));
}

void model_step(struct model *model) {
    ck_ok(model->opt, optim_step(model->opt));
}

void model_epoch(struct model *model, double metric) {
    ck_ok(model->opt, optim_epoch(model->opt, metric));
}

double model_effective_for(const struct model *model, const char *tensor, const char *name) {
    double value = -1;
    ck_ok(model->opt, optim_get_for(model->opt, tensor, name, &value));
    return value;
}

double model_effective(const struct model *model, const char *name) {
    return model_effective_for(model, "weight", name);
}

double model_base(const struct model *model, const char *name) {
    double value = -1;
    ck_ok(model->opt, optim_get(model->opt, name, &value));
    return value;
}
