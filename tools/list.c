/* optim list: everything there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "text.h"
#include "tool.h"

static bool common(const struct about_param *param) {
    return strcmp(param->of, "common") == 0;
}

static void print_params(const struct about *about, bool those_in_common) {
    struct table table = {.columns = "lll"};
    char initial[64], range[96];
    for (size_t i = 0; i < about->nparams; i++) {
        const struct about_param *param = &about->params[i];
        if (common(param) != those_in_common)
            continue;
        about_initial(param, initial, sizeof initial);
        about_range(param, range, sizeof range);
        table_cell(&table, "%s", param->name);
        table_cell(&table, "%s", initial);
        table_cell(&table, "%s", range);
    }
    table_print(&table, 4);
}

static void print_brief(void) {
    struct table table = {.columns = "lll"};
    struct about about;
    for (size_t i = 0; about_at(&about, i); i++) {
        table_cell(&table, "%s", about.name);
        table_cell(&table, "%s", about_kind(&about));
        table_cell(&table, "%s", about.summary);
    }
    table_print(&table, 0);
}

/* What all optimizers have in common stands once, behind the first kind. */
static void print_all(void) {
    static const char *const titles[ABOUT_KINDS] = {"Optimizers", "Wrappers, around any optimizer", "Schedules"};
    struct about about, one = {.nparams = 0};
    int titled = -1;
    for (size_t i = 0; about_at(&about, i); i++) {
        if ((int)about.kind != titled) {
            if (titled == ABOUT_OPTIMIZER) {
                puts("Every optimizer also has\n");
                print_params(&one, true);
                puts("");
            }
            titled = (int)about.kind;
            printf("%s: name, initial value and range of each parameter\n\n", titles[titled]);
        }
        if (about.kind == ABOUT_OPTIMIZER)
            one = about;
        printf("%s: %s\n", about.name, about.summary);
        print_params(&about, false);
        puts("");
    }
}

int command_list(const struct arguments *arguments) {
    if (arguments->json)
        return about_json_all() ? FINE : FAILED;
    if (arguments->brief)
        print_brief();
    else
        print_all();
    return FINE;
}
