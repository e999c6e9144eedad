/* optim info: one algorithm, chain or schedule. */
#include <stdio.h>
#include <string.h>

#include "about.h"
#include "text.h"
#include "tool.h"

/* The parameters of one link after the other. */
static void print_params(const struct about *about) {
    static const char *const titles[] = {"name", "initial", "range", ""};
    struct table table = {.columns = "llll", .titles = titles};
    char initial[64], range[96];
    for (size_t i = 0; i < about->nparams; i++) {
        const struct about_param *param = &about->params[i];
        if (i == 0 || strcmp(param->of, about->params[i - 1].of) != 0) {
            table_print(&table, 4);
            const bool common = strcmp(param->of, "common") == 0;
            printf("\nparameters of %s\n", common ? "all optimizers" : param->of);
        }
        about_initial(param, initial, sizeof initial);
        about_range(param, range, sizeof range);
        table_cell(&table, "%s", param->name);
        table_cell(&table, "%s", initial);
        table_cell(&table, "%s", range);
        table_cell(&table, "%s", param->help);
    }
    table_print(&table, 4);
}

static void print_slots(const struct about *about) {
    static const char *const titles[] = {"slot", "of", ""};
    struct table table = {.columns = "lll", .titles = titles};
    puts("\nstate: a value for each parameter of the model");
    for (size_t i = 0; i < about->nslots; i++) {
        table_cell(&table, "%s", about->slots[i].name);
        table_cell(&table, "%s", about->slots[i].of);
        table_cell(&table, "%s", about->slots[i].used ? "" : "not with the initial hyperparameters");
    }
    if (about->nslots == 0)
        puts("    none");
    table_print(&table, 4);
    printf("bytes of state for each parameter of the model: %zu in F32, %zu in F64\n", about->used * sizeof(float),
           about->used * sizeof(double));
}

static void print_schedule(const struct about *about) {
    if (about->wraps)
        puts("Goes around another schedule (optim_schedule_wrap).");
    if (about->metric)
        puts("Follows the metric that optim_epoch is told.");
    if (about->points)
        puts("Is made of points (optim_schedule_point).");
}

int command_info(const struct arguments *arguments) {
    struct about about;
    if (!about_find(&about, arguments->operand[0]))
        return MISUSE;
    if (arguments->json)
        return about_json(&about) ? FINE : FAILED;
    printf("%s (%s)%s%s\n", about.name, about_kind(&about), about.summary ? ": " : "",
           about.summary ? about.summary : "");
    if (about.kind == ABOUT_SCHEDULE)
        print_schedule(&about);
    print_params(&about);
    if (about.kind != ABOUT_SCHEDULE)
        print_slots(&about);
    return FINE;
}
