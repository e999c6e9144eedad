#include "schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "die.h"
#include "optimizer.h"

static void check(int status, const char *option, const char *text) {
    if (status != OPTIM_OK)
        die(MISUSE, "%s \"%s\": %s%s", option, text, optim_errmsg(NULL),
            status == OPTIM_ERROR_NAME ? "; --list shows all there are" : "");
}

/* "100=0.1" is a point, "floor=0.1" a parameter. */
static int set(optim_schedule *schedule, const struct setting *setting) {
    char *end;
    double at = strtod(setting->name, &end);
    if (*end == '\0')
        return optim_schedule_point(schedule, at, setting->value);
    return optim_schedule_set(schedule, setting->name, setting->value);
}

optim_schedule *schedule_create(const struct options *options) {
    optim_schedule *schedule = NULL;
    if (options->schedule == NULL && options->warmup == 0)
        return NULL;
    const char *kind = options->schedule != NULL ? options->schedule : "constant";
    check(optim_schedule_create(&schedule, kind), "--schedule", kind);
    (void)optim_schedule_set(schedule, "minimize", 0.0); /* the metric is an accuracy, for those that follow one */
    for (size_t i = 0; i < options->schedule_settings; i++) {
        const struct setting *s = &options->schedule_setting[i];
        check(set(schedule, s), "--schedule-set", s->text);
    }
    return schedule;
}

void schedule_attach(const struct options *options, optim *opt, size_t steps) {
    optim_schedule *schedule = schedule_create(options);
    if (schedule == NULL)
        return;
    double set_already, per_epoch = 0.0;
    (void)optim_schedule_get(schedule, "per_epoch", &per_epoch);
    if (optim_schedule_get(schedule, "steps", &set_already) == OPTIM_OK && isnan(set_already)) {
        double length = per_epoch != 0.0 ? (double)options->epochs : (double)steps;
        check(optim_schedule_set(schedule, "steps", length), "--schedule", options->schedule);
    }
    if (options->warmup > 0) {
        optim_schedule *inner = schedule;
        check(optim_schedule_wrap(&schedule, "warmup", inner), "--schedule",
              options->schedule != NULL ? options->schedule : "constant");
        check(optim_schedule_set(schedule, "steps", (double)options->warmup), "--warmup", "");
    }
    if (optim_attach(opt, "lr", schedule) != OPTIM_OK)
        die(MISUSE, "--schedule \"%s\": %s", options->schedule, optim_errmsg(opt));
}

void schedule_list(void) {
    puts("Schedules, for --schedule NAME (warmup: --warmup N):\n");
    for (size_t i = 0; i < optim_schedule_count(); i++) {
        const char *kind = optim_schedule_name(i);
        printf("%s: %s\n   ", kind, optim_schedule_summary(kind));
        for (size_t k = 0; k < optim_schedule_param_count(kind); k++) {
            const char *name;
            double initial;
            if (optim_schedule_param_info(kind, k, &name, &initial, NULL, NULL, NULL) != OPTIM_OK)
                continue;
            if (isnan(initial))
                printf(" %s=?", name);
            else
                printf(" %s=%g", name, initial);
        }
        puts("");
    }
}
