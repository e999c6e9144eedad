/* The factor of every kind of schedule against its equation, alone and in warm-ups. */
#include "schedule_support.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

#define FAR (UINT64_C(1) << 53)

enum { SWEEP = 300 };

/* Times around everything that happens in a schedule. */
static size_t times_of(const char *text, uint64_t times[SWEEP + 16]) {
    static const char *const marks[] = {"steps", "warmup", "decay"};
    size_t count = 0;
    for (uint64_t t = 0; t < SWEEP; t += test_stride(7))
        times[count++] = t;
    for (size_t i = 0; i < 3; i++) {
        const uint64_t mark = (uint64_t)schedule_option(text, marks[i], 1e6);
        times[count++] = mark / 2;
        times[count++] = mark - (mark > 0);
        times[count++] = mark;
        times[count++] = mark + 1;
    }
    times[count++] = FAR - 1;
    times[count++] = FAR;
    return count;
}

START_TEST(every_kind_has_its_closed_form) {
    const char *text = schedule_text((size_t)_i);
    uint64_t times[SWEEP + 16];
    optim_schedule *s = schedule_make(text);
    const size_t count = times_of(text, times);
    for (size_t i = 0; i < count; i++)
        check_near(schedule_factor_at(s, times[i]), schedule_equation(text, times[i]), text, times[i]);
    optim_schedule_destroy(s);
}
END_TEST

/* Numbers that anyone can check, and where a factor must be exact. */
START_TEST(boundaries_are_exact) {
    static const struct {
        const char *text;
        uint64_t t;
        double factor;
    } known[] = {
        {"cosine steps=10", 0, 1},
        {"cosine steps=10", 5, 0.5},
        {"cosine steps=10", 10, 0},
        {"cosine steps=10 floor=0.1", 0, 1},
        {"cosine steps=10 floor=0.1", 10, 0.1},
        {"cosine steps=10 floor=0.1", UINT64_MAX, 0.1},
        {"cosine_restarts steps=10 floor=0.1", 10, 1},
        {"cosine_restarts steps=10 mult=2", 20, 0.5},
        {"cosine_restarts steps=10 mult=2", 30, 1},
        {"cosine_restarts steps=10 mult=2", 70, 1},
        {"exponential r=5", 0, 1},
        {"inverse_sqrt steps=100", 100, 1},
        {"inverse_sqrt steps=100", 400, 0.5},
        {"linear steps=8 end=0.5", 4, 0.75},
        {"linear steps=10 end=0.1", 10, 0.1},
        {"linear steps=10 end=0.1", UINT64_MAX, 0.1},
        {"one_cycle steps=100", 0, 0.04},
        {"one_cycle steps=100", 29, 1},
        {"one_cycle steps=100", 99, 4e-6},
        {"one_cycle steps=100", UINT64_MAX, 4e-6},
        {"one_cycle steps=100 pct_start=1", 99, 1},
        {"one_cycle steps=100 pct_start=1", 100, 1},
        {"piecewise 3:0.5", 2, 1},
        {"piecewise 3:0.5", 3, 0.5},
        {"piecewise 3:0.5", UINT64_MAX, 0.5},
        {"polynomial steps=10 power=2 end=0.1", 0, 1},
        {"polynomial steps=10 power=2 end=0.1", 10, 0.1},
        {"polynomial steps=4 power=2", 2, 0.25},
        {"reciprocal r=10", 10, 0.5},
        {"reciprocal r=10 c=0.7", 0, 1},
        {"warmup_stable_decay steps=20 warmup=4 decay=10 end=0.5", 0, 0.25},
        {"warmup_stable_decay steps=20 warmup=4 decay=10 end=0.5", 3, 1},
        {"warmup_stable_decay steps=20 warmup=4 decay=10 end=0.5", 10, 1},
        {"warmup_stable_decay steps=20 warmup=4 decay=10 end=0.5", 15, 0.75},
        {"warmup_stable_decay steps=20 warmup=4 decay=10 end=0.1", 20, 0.1},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        optim_schedule *s = schedule_make(known[i].text);
        const double got = schedule_factor_at(s, known[i].t);
        /* what is a corner is exact, what lies between may be off by an ulp */
        ck_assert_msg(fabs(got - known[i].factor) <= (known[i].factor == 1 ? 0 : 2e-16), "%s at %lu: %.17g",
                      known[i].text, (unsigned long)known[i].t, got);
        optim_schedule_destroy(s);
    }
}
END_TEST

/* Where 1 + t / r, or 1 - t / steps, would lose what matters: to a relative 1e-12 also where there is not much left. */
START_TEST(nothing_cancels) {
    static const uint64_t steps = 2000000;
    static const double large[] = {1e16, 3e12, 1e9};
    optim_schedule *s = schedule_make("polynomial steps=2000000 power=0.5");
    for (uint64_t left = 1; left <= 1000; left++) {
        const double got = schedule_factor_at(s, steps - left), expected = sqrt((double)left / (double)steps);
        ck_assert_msg(fabs(got - expected) <= 1e-12 * expected, "%lu left: %.17g", (unsigned long)left, got);
    }
    optim_schedule_destroy(s);
    for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
        const double r = large[i];
        s = schedule_make("reciprocal");
        ck_ok(NULL, optim_schedule_set(s, "r", r));
        ck_ok(NULL, optim_schedule_set(s, "c", r));
        for (uint64_t t = 0; t <= 600; t++) {
            const double got = schedule_factor_at(s, t), expected = exp(-r * log1p((double)t / r));
            ck_assert_msg(fabs(got - expected) <= 1e-12 * expected, "r = c = %g at %lu: %.17g", r, (unsigned long)t,
                          got);
        }
        optim_schedule_destroy(s);
    }
    s = schedule_make("polynomial steps=10 power=0");
    for (uint64_t t = 0; t < 30; t++)
        ck_assert(schedule_factor_at(s, t) == 1);
    ck_assert(schedule_factor_at(s, UINT64_MAX) == 1);
    optim_schedule_destroy(s);
}
END_TEST

/* Neither the caller's rounding changes a factor, nor is it changed. */
START_TEST(the_callers_rounding_does_not_matter) {
    const char *text = schedule_text((size_t)_i);
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    uint64_t times[SWEEP + 16];
    optim_schedule *s = schedule_make(text);
    const size_t count = times_of(text, times);
    for (size_t i = 0; i < count; i++) {
        const double expected = schedule_factor_at(s, times[i]);
        for (size_t k = 0; k < 3; k++) {
            double factor = -1;
            fesetround(modes[k]);
            const int status = optim_schedule_factor(s, times[i], &factor), mode = fegetround();
            fesetround(FE_TONEAREST);
            ck_assert_int_eq(status, OPTIM_OK);
            ck_assert_int_eq(mode, modes[k]);
            ck_assert_msg(same_bits(factor, expected), "%s at %lu: %.17g, %.17g", text, (unsigned long)times[i], factor,
                          expected);
        }
    }
    optim_schedule_destroy(s);
}
END_TEST

static double fraction(uint64_t *random) {
    return (double)(test_random(random) >> 11) / 9007199254740992.0;
}

/* A legal value of any magnitude, the limits included; mostly one that makes sense. */
static double random_value(uint64_t *random, double min, double max) {
    const bool wild = test_random(random) % 4 == 0;
    const double low = fmax(min, wild ? 1e-300 : 1e-3), high = fmin(max, wild ? 1e300 : 1e4);
    if (test_random(random) % 8 == 0)
        return min;
    if (test_random(random) % 8 == 0 && max < INFINITY)
        return max;
    return fmin(fmax(exp(log(low) + fraction(random) * (log(high) - log(low))), min), max);
}

/* The kind's parameters at random; those that need not be set, half of the time. */
static void randomize(optim_schedule *s, const char *kind, uint64_t *random) {
    const char *name;
    double initial, min, max;
    for (size_t i = 0; i < optim_schedule_param_count(kind); i++) {
        ck_ok(NULL, optim_schedule_param_info(kind, i, &name, &initial, &min, &max, NULL));
        if (!isnan(initial) && test_random(random) % 2)
            continue;
        const double value = random_value(random, min, max), whole = floor(value);
        if (optim_schedule_set(s, name, value) != OPTIM_OK)
            ck_ok(NULL, optim_schedule_set(s, name, whole));
    }
}

static optim_schedule *random_schedule(const char *kind, uint64_t *random) {
    for (;;) {
        optim_schedule *s = NULL;
        double factor, t = fraction(random) < 0.5 ? 0 : fraction(random) * 100;
        ck_ok(NULL, optim_schedule_create(&s, kind));
        randomize(s, kind, random);
        for (size_t i = strcmp(kind, "piecewise") == 0 ? test_random(random) % 20 : 0; i > 0; i--) {
            ck_ok(NULL, optim_schedule_point(s, t, random_value(random, 0, INFINITY)));
            t = (t + fraction(random)) * (1 + fraction(random));
        }
        const int status = optim_schedule_factor(s, 0, &factor);
        if (status == OPTIM_OK)
            return s;
        /* a warm-up and a decay that are too long together */
        ck_assert_int_eq(status, OPTIM_ERROR_CONFLICT);
        ck_assert_str_eq(kind, "warmup_stable_decay");
        optim_schedule_destroy(s);
    }
}

static void check_sane(const optim_schedule *s, const char *kind, uint64_t *random) {
    const uint64_t times[] = {
        0, 1, test_random(random) % 1000, test_random(random) >> test_random(random) % 64, FAR, UINT64_MAX};
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        const double factor = schedule_factor_at(s, times[i]);
        ck_assert_msg(factor >= 0 && isfinite(factor), "%s at %lu: %g", kind, (unsigned long)times[i], factor);
    }
}

/* Whatever the parameters and the metrics are; half of them in a warm-up. */
START_TEST(factors_are_finite_and_never_negative) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e300};
    const char *kind = optim_schedule_name((size_t)_i);
    uint64_t random = (uint64_t)_i * 1000000;
    if (optim_schedule_wraps(kind) == 1)
        return;
    for (size_t round = 0; round < 2000 / test_stride(10); round++) {
        struct model model;
        optim_schedule *s = random_schedule(kind, &random);
        if (round % 2) {
            s = schedule_around("warmup", s);
            randomize(s, "warmup", &random);
            ck_ok(NULL, optim_schedule_set(s, "delay", (double)(round / 2 % 2)));
        }
        check_sane(s, kind, &random);
        model_scheduled(&model, 0.01, s);
        for (size_t i = 0; i < 30; i++) {
            const uint64_t draw = test_random(&random) % 12;
            model_epoch(&model, draw < 6 ? odd[draw] : fraction(&random) - 0.5);
        }
        check_sane(s, kind, &random);
        optim_destroy(model.opt);
    }
}
END_TEST

/* ---- Warm-up ------------------------------------------------------------------------------------------------- */

/* min(t + 1, W) / W, times what is inside, W later if it waits. */
START_TEST(warmup_multiplies_every_kind) {
    const char *text = schedule_text((size_t)_i);
    static const double lengths[] = {1, 2, 7, 100, 9007199254740992.0};
    uint64_t times[SWEEP + 16];
    const size_t count = times_of(text, times);
    for (size_t k = 0; k < 10; k++) {
        const double length = lengths[k / 2];
        const bool delay = k % 2;
        optim_schedule *s = schedule_around("warmup", schedule_make(text));
        ck_ok(NULL, optim_schedule_set(s, "steps", length));
        ck_ok(NULL, optim_schedule_set(s, "delay", delay));
        for (size_t i = 0; i < count; i++) {
            const uint64_t t = times[i], late = delay ? (uint64_t)length : 0, inner = t > late ? t - late : 0;
            const double rise = fmin((double)t + 1, length) / length;
            check_near(schedule_factor_at(s, t), rise * schedule_equation(text, inner), text, t);
        }
        optim_schedule_destroy(s);
    }
}
END_TEST

/* Each has the clock that its own "per_epoch" says; a delay is of the clock that both have. */
START_TEST(clocks_of_warmup_and_what_is_inside_are_their_own) {
    static const char *const inside[] = {"cosine steps=20 floor=0.1", "exponential r=6", "linear steps=12 end=3",
                                         "piecewise 2:0.5 5:0.25 9:2"};
    uint64_t random = 5;
    for (unsigned k = 0; k < 32; k++) {
        const bool outer_epochs = k & 1, inner_epochs = k >> 1 & 1, delay = k >> 2 & 1;
        struct model model;
        optim_schedule *inner = schedule_make(inside[k >> 3]);
        ck_ok(NULL, optim_schedule_set(inner, "per_epoch", inner_epochs));
        optim_schedule *s = schedule_around(delay ? "warmup steps=4 delay=1" : "warmup steps=4", inner);
        ck_ok(NULL, optim_schedule_set(s, "per_epoch", outer_epochs));
        model_scheduled(&model, 0.01, s);
        for (uint64_t calls = 0; calls < 60; calls++) {
            const uint64_t steps = optim_steps(model.opt), epochs = optim_epochs(model.opt);
            const uint64_t outer_t = outer_epochs ? epochs : steps, t = inner_epochs ? epochs : steps;
            const uint64_t late = delay && outer_epochs == inner_epochs ? 4 : 0;
            const double rise = fmin((double)outer_t + 1, 4) / 4;
            check_near(model_effective(&model, "lr"),
                       0.01 * rise * schedule_equation(inside[k >> 3], t > late ? t - late : 0), inside[k >> 3], calls);
            if (test_random(&random) % 2)
                model_step(&model);
            else
                model_epoch(&model, 0);
        }
        optim_destroy(model.opt);
    }
}
END_TEST

/* Two warm-ups of 3 and 2 steps, each with its delay: what is inside starts after 5. */
START_TEST(warmups_nest) {
    optim_schedule *s = schedule_around("warmup steps=3 delay=1",
                                        schedule_around("warmup steps=2 delay=1", schedule_make("exponential r=4")));
    for (uint64_t t = 0; t < 50; t++) {
        const double now = (double)t, second = fmax(now - 3, 0), third = fmax(now - 5, 0);
        check_near(schedule_factor_at(s, t), fmin(now + 1, 3) / 3 * fmin(second + 1, 2) / 2 * exp(-third / 4), "nested",
                   t);
    }
    optim_schedule_destroy(s);
}
END_TEST

/* ---- Resuming ------------------------------------------------------------------------------------------------ */

/* A closed form needs no past: one made anew has the bits of one that has run. */
START_TEST(a_fresh_schedule_goes_on_where_another_was) {
    const char *text = schedule_text((size_t)_i);
    for (int wrapped = 0; wrapped < 4; wrapped++) {
        const bool epochs = wrapped & 1;
        optim_schedule *runs = schedule_make(text), *fresh = schedule_make(text);
        struct model model;
        ck_ok(NULL, optim_schedule_set(runs, "per_epoch", epochs));
        ck_ok(NULL, optim_schedule_set(fresh, "per_epoch", epochs));
        if (wrapped & 2) {
            runs = schedule_around("warmup steps=30 delay=1", runs);
            fresh = schedule_around("warmup steps=30 delay=1", fresh);
            ck_ok(NULL, optim_schedule_set(runs, "per_epoch", epochs));
            ck_ok(NULL, optim_schedule_set(fresh, "per_epoch", epochs));
        }
        model_scheduled(&model, 1, runs);
        for (uint64_t t = 0; t <= 250; t++) {
            const double lr = model_effective(&model, "lr"), before = model.param;
            ck_assert_msg(same_bits(lr, schedule_factor_at(fresh, t)), "%s at %lu", text, (unsigned long)t);
            model_step(&model);
            ck_assert(same_bits(model.param, before - lr));
            if (epochs)
                model_epoch(&model, NAN);
        }
        optim_schedule_destroy(fresh);
        optim_destroy(model.opt);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("schedule_forms");
    TCase *forms = tcase_create("closed forms"), *warmup = tcase_create("warm-up");
    const int texts = (int)schedule_texts(), kinds = (int)optim_schedule_count();
    tcase_set_timeout(forms, 0);
    tcase_add_loop_test(forms, every_kind_has_its_closed_form, 0, texts);
    tcase_add_test(forms, boundaries_are_exact);
    tcase_add_test(forms, nothing_cancels);
    tcase_add_loop_test(forms, the_callers_rounding_does_not_matter, 0, texts);
    tcase_add_loop_test(forms, factors_are_finite_and_never_negative, 0, kinds);
    tcase_add_loop_test(forms, a_fresh_schedule_goes_on_where_another_was, 0, texts);
    suite_add_tcase(suite, forms);
    tcase_set_timeout(warmup, 0);
    tcase_add_loop_test(warmup, warmup_multiplies_every_kind, 0, texts);
    tcase_add_test(warmup, clocks_of_warmup_and_what_is_inside_are_their_own);
    tcase_add_test(warmup, warmups_nest);
    suite_add_tcase(suite, warmup);
    return test_run(suite);
}
