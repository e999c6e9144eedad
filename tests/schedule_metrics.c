/* Schedules that follow a metric: halving, PyTorch's plateau, and what a delayed warm-up keeps from them. */
#include "schedule_support.h"

#include <math.h>

/* After each epoch, how often it has been halved by then. */
START_TEST(halving_begins_once_and_goes_on) {
    static const struct {
        const char *text;
        double metric[8];
        int cuts[8];
    } runs[] = {
        {"halving", {8, 7, 6, 5, 4, 3, 2, 1}, {0, 0, 0, 0, 0, 0, 0, 0}},
        {"halving", {8, 7, 7, 6, 5, 4, -9, -99}, {0, 0, 1, 2, 3, 4, 5, 6}}, /* a tie; improvements come too late */
        {"halving", {8, 7, 7.5, 6, 5, 4, 3, 2}, {0, 0, 1, 2, 3, 4, 5, 6}},
        {"halving", {8, NAN, 7, 6, 5, 4, 3, NAN}, {0, 1, 2, 3, 4, 5, 6, 7}},
        {"halving", {NAN, 7, 6, 5, 4, 3, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}}, /* no improvement on none */
        {"halving", {INFINITY, 7, 6, 5, 4, 3, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"halving", {8, -INFINITY, -INFINITY, 0, 0, 0, 0, 0}, {0, 0, 1, 2, 3, 4, 5, 6}},
        {"halving", {0, -0.0, 1, 1, 1, 1, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7}},
        {"halving threshold=0.5", {8, 7.25, 6.5, 6, 1, 0, 0, 0}, {0, 0, 0, 1, 2, 3, 4, 5}}, /* by 0.5, not more */
        {"halving threshold=0.5", {8, 7.75, 0, 0, 0, 0, 0, 0}, {0, 1, 2, 3, 4, 5, 6, 7}},
        {"halving factor=0.1", {8, 8, 8, 8, 8, 8, 8, 8}, {0, 1, 2, 3, 4, 5, 6, 7}},
        {"halving factor=0", {8, 7, 7, 8, 8, 8, 8, 8}, {0, 0, 1, 2, 3, 4, 5, 6}},
        {"halving factor=1", {8, 7, 7, 8, 8, 8, 8, 8}, {0, 0, 1, 2, 3, 4, 5, 6}},
        {"halving minimize=0", {1, 2, 3, 4, 4, 5, 6, 7}, {0, 0, 0, 0, 1, 2, 3, 4}},
        {"halving minimize=0", {1, 0, 9, 9, 9, 9, 9, 9}, {0, 1, 2, 3, 4, 5, 6, 7}},
        {"halving minimize=0", {-INFINITY, 1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"halving minimize=0 threshold=1", {1, 2.5, 4, 5, 9, 9, 9, 9}, {0, 0, 0, 1, 2, 3, 4, 5}},
    };
    for (size_t k = 0; k < sizeof(runs) / sizeof(*runs); k++) {
        struct model model;
        double expected = 3;
        model_scheduled(&model, 0.125, schedule_make(runs[k].text));
        ck_assert(model_effective(&model, "lr") == 0.125);
        for (size_t i = 0; i < 8; i++) {
            const double lr = 0.125 * pow(schedule_option(runs[k].text, "factor", 0.5), runs[k].cuts[i]);
            model_epoch(&model, runs[k].metric[i]);
            ck_assert_uint_eq(optim_epochs(model.opt), i + 1);
            check_near(model_effective(&model, "lr"), lr, runs[k].text, i);
            ck_assert(model_base(&model, "lr") == 0.125);
            for (size_t steps = 0; steps < 3; steps++) {
                expected -= lr;
                model_step(&model);
                check_near(model.param, expected, runs[k].text, i);
            }
        }
        optim_destroy(model.opt);
    }
}
END_TEST

/* PyTorch's ReduceLROnPlateau with threshold_mode "rel" and eps 0, as in torch/optim/lr_scheduler.py. */
struct on_plateau {
    bool min;
    double factor, threshold, min_lr, best, lr;
    uint64_t patience, cooldown, num_bad_epochs, cooldown_counter;
};

static bool is_better(const struct on_plateau *s, double metric) {
    return s->min ? metric < s->best * (1 - s->threshold) : metric > s->best * (s->threshold + 1);
}

static void plateau_step(struct on_plateau *s, double metric) {
    if (is_better(s, metric)) {
        s->best = metric;
        s->num_bad_epochs = 0;
    } else
        s->num_bad_epochs++;
    if (s->cooldown_counter > 0) {
        s->cooldown_counter--;
        s->num_bad_epochs = 0;
    }
    if (s->num_bad_epochs > s->patience) {
        s->lr = fmax(s->lr * s->factor, s->min_lr);
        s->cooldown_counter = s->cooldown;
        s->num_bad_epochs = 0;
    }
}

START_TEST(plateau_is_pytorchs) {
    static const double factors[] = {0.1, 0.5, 0.9, 1, 0}, thresholds[] = {0, 1e-4, 0.01, 0.3};
    static const double floors[] = {0, 0, 0.05, 1};
    uint64_t random = 4;
    size_t cut = 0;
    for (size_t round = 0; round < 3000 / test_stride(10); round++) {
        struct model model;
        optim_schedule *s = schedule_make("plateau");
        struct on_plateau torch = {
            .min = test_random(&random) % 2,
            .factor = factors[test_random(&random) % 5],
            .threshold = thresholds[test_random(&random) % 4],
            .min_lr = floors[test_random(&random) % 4],
            .lr = 1,
            .patience = test_random(&random) % 5,
            .cooldown = test_random(&random) % 4,
        };
        torch.best = torch.min ? INFINITY : -INFINITY;
        const double settings[] = {torch.factor,           torch.threshold,        torch.min_lr,
                                   (double)torch.patience, (double)torch.cooldown, torch.min};
        static const char *const names[] = {"factor", "threshold", "floor", "patience", "cooldown", "minimize"};
        for (size_t i = 0; i < 6; i++)
            ck_ok(NULL, optim_schedule_set(s, names[i], settings[i]));
        model_scheduled(&model, 1, s);
        /* metrics that improve at first; whole ones, so that there are ties; of either sign */
        const double from = (double)(test_random(&random) % 40) - 10, slope = torch.min ? -1 : 1;
        for (size_t t = 0; t < 80; t++) {
            const double noise = (double)(test_random(&random) % 8), rest = 10 * exp(-(double)t / 10);
            const double metric = test_random(&random) % 16 ? from + slope * (floor(10 - rest) + noise) : (double)NAN;
            plateau_step(&torch, metric);
            model_epoch(&model, metric);
            check_near(model_effective(&model, "lr"), torch.lr, "plateau", t);
        }
        cut += torch.lr < 1;
        optim_destroy(model.opt);
    }
    ck_assert_uint_gt(cut, 1000 / test_stride(10));
}
END_TEST

START_TEST(plateau_by_hand) {
    static const double metric[] = {5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1, 1, 1};
    static const double factor[] = {1, 1, 1, 1, .5, .5, .5, .5, .5, .3, .3, .3, .3, .3};
    struct model model;
    model_scheduled(&model, 1, schedule_make("plateau factor=0.5 patience=2 cooldown=2 floor=0.3"));
    for (size_t i = 0; i < sizeof(metric) / sizeof(*metric); i++) {
        model_epoch(&model, metric[i]);
        ck_assert_msg(model_effective(&model, "lr") == factor[i], "epoch %zu: %g", i + 1,
                      model_effective(&model, "lr"));
    }
    optim_destroy(model.opt);
}
END_TEST

/* A metric counts for what is inside only once its clock has started. */
START_TEST(metrics_of_a_delayed_warmup_are_not_seen) {
    static const char *const warmups[] = {"warmup steps=3 per_epoch=1", "warmup steps=3 per_epoch=1 delay=1",
                                          "warmup steps=7", "warmup steps=7 delay=1"};
    /* with two steps an epoch, 7 steps end in the fourth epoch; the first metric that is seen is the best so far */
    static const uint64_t not_seen[] = {0, 3, 0, 3};
    for (size_t k = 0; k < 4; k++) {
        struct model model;
        model_scheduled(&model, 1, schedule_around(warmups[k], schedule_make("halving")));
        for (uint64_t epochs = 0; epochs < 8; epochs++) {
            const uint64_t seen = epochs > not_seen[k] ? epochs - not_seen[k] : 0;
            const double factor = pow(0.5, seen > 0 ? (double)seen - 1 : 0);
            for (uint64_t steps = 2 * epochs; steps < 2 * epochs + 2; steps++) {
                const double rise = fmin((double)(k < 2 ? epochs : steps) + 1, k < 2 ? 3 : 7) / (k < 2 ? 3 : 7);
                check_near(model_effective(&model, "lr"), rise * factor, warmups[k], steps);
                model_step(&model);
            }
            model_epoch(&model, 1 + (double)epochs); /* never better than the first that is seen */
        }
        optim_destroy(model.opt);
    }
}
END_TEST

/* An epoch that ends together with the warm-up is part of it. */
START_TEST(the_last_epoch_of_a_delayed_warmup_is_not_seen) {
    struct model model;
    model_scheduled(&model, 1, schedule_around("warmup steps=4 delay=1", schedule_make("halving")));
    for (int epochs = 1; epochs <= 4; epochs++) {
        model_step(&model);
        model_step(&model);
        model_epoch(&model, epochs == 2 ? -9 : 9); /* which would be the best */
        ck_assert(model_effective(&model, "lr") == (epochs == 1 ? 0.75 : epochs < 4 ? 1 : 0.5));
    }
    optim_destroy(model.opt);
}
END_TEST

/* Of two, one after the other, neither. */
START_TEST(metrics_of_nested_delayed_warmups_are_not_seen) {
    struct model model;
    optim_schedule *inner = schedule_around("warmup steps=2 per_epoch=1 delay=1", schedule_make("halving"));
    model_scheduled(&model, 1, schedule_around("warmup steps=3 per_epoch=1 delay=1", inner));
    for (uint64_t epochs = 0; epochs < 10; epochs++) {
        const double now = (double)epochs, rise = fmin(now + 1, 3) / 3 * fmin(fmax(now - 3, 0) + 1, 2) / 2;
        check_near(model_effective(&model, "lr"), rise * pow(0.5, fmax(now - 6, 0)), "nested", epochs);
        model_epoch(&model, now); /* the sixth is the first that is seen */
    }
    optim_destroy(model.opt);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("schedule_metrics");
    TCase *metrics = tcase_create("metrics");
    tcase_set_timeout(metrics, 0);
    tcase_add_test(metrics, halving_begins_once_and_goes_on);
    tcase_add_test(metrics, plateau_is_pytorchs);
    tcase_add_test(metrics, plateau_by_hand);
    tcase_add_test(metrics, metrics_of_a_delayed_warmup_are_not_seen);
    tcase_add_test(metrics, the_last_epoch_of_a_delayed_warmup_is_not_seen);
    tcase_add_test(metrics, metrics_of_nested_delayed_warmups_are_not_seen);
    suite_add_tcase(suite, metrics);
    return test_run(suite);
}
